"""Second factors in the admin: who has which, and away with one that was lost. Never its secret."""

from typing import Any

# Imported so that they have registered their pages before these are taken away again.
from allauth.mfa import admin as _of_factors  # noqa: F401
from allauth.mfa.base.internal.flows import delete_dangling_recovery_codes
from allauth.mfa.models import Authenticator
from allauth.usersessions import admin as _of_sessions  # noqa: F401
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import notices
from accounts.backoffice.facts import FactAdmin

# Their own pages would show secrets, and let staff write sessions by hand.
admin.site.unregister([Authenticator, UserSession])


@admin.register(Authenticator)
class FactorAdmin(FactAdmin):
    list_display = ["user", "type", "created_at", "last_used_at"]
    list_select_related = ["user"]
    list_filter = ["type"]
    search_fields = ["user__email"]
    fields = ["user", "type", "created_at", "last_used_at"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By superusers: taking a second factor away is half of taking an account over."""
        return bool(request.user.is_superuser)

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        """With the recovery codes of an app that is gone, as where its owner switches it off."""
        obj.delete()
        delete_dangling_recovery_codes(obj.user)
        if obj.type != Authenticator.Type.RECOVERY_CODES:
            notices.second_factor_removed(obj.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Authenticator]) -> None:
        for factor in queryset.select_related("user"):
            self.delete_model(request, factor)
