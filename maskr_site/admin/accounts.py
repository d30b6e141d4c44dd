"""Accounts in the admin: balance, plan, limits and use; suspended, opened, looked at, given credits."""

import tempfile
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import localize
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from accounts import erasure, notices, suspension
from accounts.backoffice import audit, impersonation
from accounts.backoffice.actions import ActionsOnPage, Failed, Refused, Request, reasoned
from accounts.backoffice.forms import QUESTIONS, ReasonedAdmin, ReasonedModelForm, ReasonForm
from accounts.backoffice.long_tables import ShortPaginator
from accounts.models import ApiKey, User
from billing import plans
from billing.amounts import to_text
from billing.models import Subscription
from maskr_site.admin import searches, usage_chart
from maskr_site.admin.grants import GrantForm, grant

if TYPE_CHECKING:
    _UserAdmin = StockUserAdmin[User]
    _CreationForm = AdminUserCreationForm[User]
    _PasswordForm = AdminPasswordChangeForm[User]
else:
    # Generic for the type checker only.
    _UserAdmin, _CreationForm = StockUserAdmin, AdminUserCreationForm
    _PasswordForm = AdminPasswordChangeForm

#: Only a superuser gives rights: whoever may change accounts could else make themselves one.
_RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class NewUserForm(_CreationForm):
    reason = ReasonForm.base_fields["reason"]

    class Meta:
        model = User
        fields = ["email"]


class PasswordForm(_PasswordForm):
    def save(self, commit: bool = True) -> User:
        user = super().save(commit)
        notices.password_set(user)
        return user


@admin.register(User)
class AccountAdmin(ActionsOnPage, ReasonedAdmin, _UserAdmin):
    form = ReasonedModelForm
    add_form = NewUserForm
    change_password_form = PasswordForm
    ordering = ["email"]
    paginator = ShortPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_display = [
        "email", "standing", "balance", "plan", "rate_factor", "last_used", "date_joined",
    ]  # fmt: skip
    sortable_by = ["email", "date_joined"]
    list_filter = ["is_active", "is_staff"]
    list_select_related = ["credit_account"]
    list_per_page = 50
    search_fields = ["email"]
    search_help_text = (
        "Email address, number of an account, or id of a customer or subscription of Stripe's"
    )
    actions = ["grant_credits", "suspend", "reopen", "erase", "export"]
    filter_horizontal = ["groups", "user_permissions"]
    fieldsets = [
        (None, {"fields": ["email", "standing", "balance", "plan", "usage"]}),
        ("Use", {"fields": ["rate_factor", "training_opt_in", "last_used"]}),
        ("Rights", {"fields": [*_RIGHTS], "classes": ["collapse"]}),
        ("Times", {"fields": ["date_joined", "last_login"]}),
        ("Why", {"fields": [*QUESTIONS]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "usable_password", "password1", "password2", "reason"]})
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With plan and last use by an index each, for the rows of a page only."""
        held = Subscription.objects.filter(user=OuterRef("pk"), status__in=plans.HELD)
        newest = held.order_by("-told_at").values("plan__name")[:1]
        keys = ApiKey.objects.filter(user=OuterRef("pk")).order_by().values("user")
        used = keys.annotate(last=Max("last_used_at")).values("last")
        rows: QuerySet[User] = super().get_queryset(request)
        return rows.annotate(plan_name=Subquery(newest), used_at=Subquery(used))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        found = searches.by_number_or_stripe(queryset, search_term.strip())
        if found is not None:
            return found, False
        return super().get_search_results(request, queryset, search_term)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user_permissions":
            # Each names its model: asked one by one that would be a query for each of them.
            kwargs["queryset"] = Permission.objects.select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description="state")
    def standing(self, user: User) -> str:
        state = "active" if user.is_active else "suspended"
        return f"{state}, staff" if user.is_staff else state

    @admin.display(description="credits")
    def balance(self, user: User) -> str:
        account = getattr(user, "credit_account", None)
        if account is None:
            return "0"
        return f"{to_text(account.balance)}" + (
            f" (owes {to_text(account.debt)})" if account.debt else ""
        )

    @admin.display(description="plan")
    def plan(self, user: Any) -> str:
        return str(user.plan_name or "Prepaid")

    @admin.display(description="key last used")
    def last_used(self, user: Any) -> str:
        return localize(localtime(user.used_at)) if user.used_at else "never"

    @admin.display(description="usage")
    def usage(self, user: User) -> SafeString:
        return usage_chart.chart(user)

    @reasoned(
        "Grant or take credits",
        permission="grant",
        form=GrantForm,
        note="The customer reads the reason in the statement.",
    )
    def grant_credits(self, request: Request, user: User) -> str:
        return grant(user, request)

    @reasoned(
        "Suspend",
        permission="suspend",
        note="Sessions end at once, and requests with a key of the account are answered 403.",
    )
    def suspend(self, _request: Request, user: User) -> str:
        try:
            suspension.suspend(user)
        except suspension.CannotSuspend as error:
            raise Refused(str(error)) from error
        return f"The account {user} is suspended."

    @reasoned("Open again", permission="suspend", note="Log-in and keys work again at once.")
    def reopen(self, _request: Request, user: User) -> str:
        try:
            suspension.reopen(user)
        except suspension.CannotSuspend as error:
            raise Refused(str(error)) from error
        return f"The account {user} is open again."

    @reasoned(
        "Erase for good",
        permission="erase",
        note="Files, names and keys go, plans end at Stripe; only the anonymous books stay.",
    )
    def erase(self, request: Request, user: User) -> str:
        if user.is_above_others:
            raise Refused(f"{user} is staff; take that right away first.")
        if user.erased_at:
            raise Refused(f"{user} is erased already.")
        addresses = audit.addresses_of(user)
        try:
            erasure.erase(user)
        except erasure.CannotErase as error:
            raise Failed(f"Nothing was erased. {error}") from error
        # It goes into the history after all older lines have forgotten the address.
        request.fields["reason"] = audit.without(addresses, request.reason, nobody=user.email)
        return f"Account {user.pk} erased."

    @admin.action(description="Export everything held about one account", permissions=["erase"])
    def export(self, request: HttpRequest, chosen: QuerySet[User]) -> HttpResponseBase | None:
        users = list(chosen[:2])  # of all that there are, at most, when all are chosen
        if len(users) != 1:
            self.message_user(request, "Choose one account.", messages.ERROR)
            return None
        user = users[0]
        if user.is_above_others and not request.user.is_superuser:
            self.message_user(
                request, f"{user} is staff: for superusers to export.", messages.ERROR
            )
            return None
        file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
        erasure.write_archive(user, file)
        file.seek(0)
        audit.note(request.user, user, "Exported everything held.")  # type: ignore[arg-type]
        return FileResponse(file, as_attachment=True, filename=f"account-{user.pk}.zip")

    def offers(self, action: str, subject: Any) -> bool:
        if not isinstance(subject, User):
            return False
        fits = {
            "suspend": subject.is_active and not subject.is_above_others,
            "reopen": not subject.is_active and subject.erasure_asked_at is None,
            "erase": not subject.is_above_others and subject.erased_at is None,
        }
        return fits.get(action, True)

    def has_grant_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.add_ledgerentry")

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.delete_user")

    def has_suspend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.suspend_user")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Staff are changed by superusers only: a new password would be a way to their rights."""
        is_above = obj is not None and obj.is_above_others
        if is_above and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # the ledger names accounts; one that must go is erased, not deleted

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        always = ["standing", "balance", "plan", "usage", "last_used", "date_joined", "last_login"]
        if obj is not None:
            # Its owner's to change: one has to be confirmed, the other is a consent.
            always += ["email", "training_opt_in"]
        return always if request.user.is_superuser else [*always, *_RIGHTS]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the question for a reason where nothing can be changed."""
        sets = super().get_fieldsets(request, obj)
        can_change = obj is None or self.has_change_permission(request, obj)
        return sets if can_change else [row for row in sets if row[0] != "Why"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.impersonate)
        own = path("<int:user_id>/impersonate/", view, name="accounts_user_impersonate")
        return [own, *super().get_urls()]

    def impersonate(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Asks for the reason; hijack's own address then does it."""
        may_know = request.user.has_perm("accounts.impersonate_user")
        if not (may_know or self.has_view_permission(request)):
            raise PermissionDenied  # whose account it is, the page tells in any case
        user = get_object_or_404(User, pk=user_id)
        context = self.admin_site.each_context(request) | {
            "title": f"Look at the pages of {user}",
            "opts": self.model._meta,
            "account": user,
            "form": ReasonForm(),
            "may": impersonation.may_impersonate(hijacker=request.user, hijacked=user),  # type: ignore[arg-type]
        }
        return TemplateResponse(request, "admin/impersonate.html", context)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        user = kwargs.get("obj")
        links = _links(request, user) if isinstance(user, User) else []
        if isinstance(user, User) and self.has_change_permission(request, user):
            url = reverse("admin:auth_user_password_change", args=[user.pk])
            links.append({"text": "Set a password", "url": url})
        return super().render_change_form(request, context | {"page_links": links}, *args, **kwargs)


def _links(request: HttpRequest, user: User) -> list[dict[str, str]]:
    account: Any = getattr(user, "credit_account", None)
    lists = [
        ("Jobs", "services_job", "owner__id__exact", user.pk),
        ("Keys", "accounts_apikey", "user__id__exact", user.pk),
    ]
    if account:
        lists += [
            ("Ledger", "billing_ledgerentry", "account__id__exact", account.pk),
            ("Purchases", "billing_purchase", "account__id__exact", account.pk),
        ]
    links = [
        {"text": text, "url": f"{reverse(f'admin:{name}_changelist')}?{lookup}={pk}"}
        for text, name, lookup, pk in lists
    ]
    if impersonation.may_impersonate(hijacker=request.user, hijacked=user):  # type: ignore[arg-type]
        url = reverse("admin:accounts_user_impersonate", args=[user.pk])
        links.append({"text": "Look as its owner", "url": url})
    return links
