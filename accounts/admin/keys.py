"""Keys in the admin: shown by beginning, end and fingerprint, revoked, never made or edited."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts import keys
from accounts.addresses import network_of
from accounts.backoffice.actions import ActionsOnPage, Refused, Request, reasoned
from accounts.backoffice.facts import FactAdmin
from accounts.backoffice.links import link
from accounts.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(ActionsOnPage, FactAdmin):
    list_display = ["masked", "name", "user", "mode", "state", "created_at", "last_used_at"]
    list_filter = ["mode"]
    list_select_related = ["user"]
    search_fields = ["name", "user__email", "fingerprint", "prefix", "last4"]
    search_help_text = (
        "Name, email, fingerprint, first 12 or last 4 characters, or both as pages show them; "
        "a whole key; the address or network that used it last"
    )
    actions = ["revoke"]
    fields = [
        "masked", "fingerprint", "name", "account", "mode", "state", "may", "networks",
        "monthly_cap", "created_at", "expires_at", "revoked_at",
        "last_used_at", "last_used_ip",
    ]  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ApiKey], search_term: str
    ) -> tuple[QuerySet[ApiKey], bool]:
        """What owners copy from their pages has dots between a key's beginning and its end.

        A whole one was found in public; an address stands in an abuse report, and keys hold its network.
        """
        told = search_term.strip()
        if key := keys.known(told):
            return queryset.filter(pk=key.pk), False
        if network := network_of(told.partition("/")[0]):
            return queryset.filter(last_used_ip=network), False
        words = search_term.replace("…", " ").replace("...", " ")
        return super().get_search_results(request, queryset, words)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        key, links = kwargs.get("obj"), []
        if isinstance(key, ApiKey) and request.user.has_perm("services.view_job"):
            jobs = f"{reverse('admin:services_job_changelist')}?api_key__id__exact={key.pk}"
            links.append({"text": "Jobs", "url": jobs})
        return super().render_change_form(request, context | {"page_links": links}, *args, **kwargs)

    @admin.display(description="account")
    def account(self, key: ApiKey) -> SafeString:
        return link("accounts_user", key.user_id, str(key.user))

    @admin.display(description="scopes")
    def may(self, key: ApiKey) -> str:
        return ", ".join(key.scopes) or "all"

    @admin.display(description="allowed addresses")
    def networks(self, key: ApiKey) -> str:
        return ", ".join(key.allowed_ips) or "any"

    @admin.display(description="credits a month")
    def monthly_cap(self, key: ApiKey) -> str:
        cap = key.monthly_credit_cap_hundredths
        return "no limit" if cap is None else f"{Decimal(cap) / 100:.2f}"

    @reasoned(
        "Revoke", permission="revoke", note="Requests with it are refused from now on, for good."
    )
    def revoke(self, _request: Request, key: ApiKey) -> str:
        # The ledger names keys, so none is deleted: one that must not work any more is revoked.
        if key.is_revoked:
            raise Refused(f"{key} is revoked already.")
        keys.revoke(key)
        return f"{key} revoked."

    def offers(self, action: str, subject: Any) -> bool:
        return isinstance(subject, ApiKey) and not subject.is_revoked

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_apikey")
