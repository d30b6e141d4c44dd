"""Accounts and keys in the stock admin. Keys are shown and revoked there, never made or edited."""

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import pluralize

from accounts import keys
from accounts.models import ApiKey, User

if TYPE_CHECKING:
    _KeyAdmin = admin.ModelAdmin[ApiKey]
    _UserAdmin = StockUserAdmin[User]
    _CreationForm = AdminUserCreationForm[User]
else:
    # Generic for the type checker only.
    _KeyAdmin, _UserAdmin = admin.ModelAdmin, StockUserAdmin
    _CreationForm = AdminUserCreationForm


class NewUserForm(_CreationForm):
    class Meta:
        model = User
        fields = ["email"]


@admin.register(User)
class UserAdmin(_UserAdmin):
    add_form = NewUserForm
    ordering = ["email"]
    list_display = ["email", "is_active", "is_staff", "rate_factor", "date_joined", "last_login"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email"]
    readonly_fields = ["date_joined", "last_login"]
    fieldsets = [
        (None, {"fields": ["email", "password", "is_active"]}),
        ("Use", {"fields": ["rate_factor", "training_opt_in"]}),
        (
            "Rights",
            {
                "fields": ["is_staff", "is_superuser", "groups", "user_permissions"],
                "classes": ["collapse"],
            },
        ),
        ("Times", {"fields": ["date_joined", "last_login"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "usable_password", "password1", "password2"]})]


@admin.register(ApiKey)
class ApiKeyAdmin(_KeyAdmin):
    list_display = ["masked", "name", "user", "mode", "state", "created_at", "last_used_at"]
    list_filter = ["mode"]
    list_select_related = ["user"]
    search_fields = ["name", "user__email", "fingerprint", "prefix", "last4"]
    search_help_text = "Name, email, fingerprint, first 12 or last 4 characters"
    actions = ["revoke"]
    fields = [
        "masked", "fingerprint", "name", "user", "mode", "state", "scopes", "allowed_ips",
        "monthly_credit_cap_hundredths", "created_at", "expires_at", "revoked_at",
        "last_used_at", "last_used_ip",
    ]  # fmt: skip

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        count = len(queryset)
        for key in queryset:
            keys.revoke(key)
            self.log_change(request, key, "Revoked.")
        self.message_user(request, f"{count} key{pluralize(count)} revoked.", messages.SUCCESS)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_apikey")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: ApiKey | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: ApiKey | None = None) -> bool:
        # The ledger names keys; one that must not work any more is revoked.
        return False
