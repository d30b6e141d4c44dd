"""Pages of the admin that other packages bring, asked for as carefully as our own."""

# Imported so that they have registered their pages before ours take their place.
from allauth.account.admin import EmailAddressAdmin
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group

from accounts.backoffice.lists import CheckedAdmin

admin.site.unregister([EmailAddress, Group])


@admin.register(Group)
class CheckedGroupAdmin(CheckedAdmin, GroupAdmin):
    pass


@admin.register(EmailAddress)
class CheckedAddressAdmin(CheckedAdmin, EmailAddressAdmin):  # type: ignore[misc]  # allauth is untyped here
    pass
