"""The keys page: list, create, change, roll, revoke. A new key is on the answer to its POST, nowhere else."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import keys, notices
from accounts.addresses import site_of
from accounts.forms import ChangeForm, KeyForm, RollForm
from accounts.forms_alone import signed_in
from accounts.models import ApiKey, User

_ALREADY_MADE = "This key is made already, and was shown once. If you have not stored it, revoke it and make another."
_page = require_http_methods(["GET", "HEAD", "POST"])


class OwnerRequest(HttpRequest):
    """What `signed_in` lets through."""

    user: User


@_page
@never_cache
@signed_in
def keys_page(request: OwnerRequest) -> HttpResponse:
    form = KeyForm(request.POST or None)
    if form.is_valid():
        try:
            key, plaintext = keys.create(request.user, **form.wishes())
        except keys.AlreadyMade:
            messages.error(request, _ALREADY_MADE)
            return redirect("accounts:keys")
        notices.key_made(key)
        return _show_once(request, key, plaintext)
    every = list(request.user.api_keys.all())
    context = {
        "form": form,
        "usable": [key for key in every if key.is_usable],
        "ended": [key for key in every if not key.is_usable],
    }
    return render(request, "accounts/keys.html", context)


@_page
@never_cache
@signed_in
def change_key(request: OwnerRequest, key_id: UUID) -> HttpResponse:
    key = _own_key(request, key_id)
    form = ChangeForm(request.POST or None, initial=ChangeForm.initial_of(key))
    if form.is_valid():
        try:
            keys.change(key, **form.wishes())
        except ValueError:
            messages.error(request, f"{key.name} has ended. Make a new key.")
        else:
            messages.success(request, f"{key.name} is changed, from its next request on.")
        return redirect("accounts:keys")
    return render(request, "accounts/key_change.html", {"form": form, "key": key})


@_page
@never_cache
@signed_in
def roll_key(request: OwnerRequest, key_id: UUID) -> HttpResponse:
    key = _own_key(request, key_id)
    form = RollForm(request.POST or None)
    if form.is_valid():
        try:
            new, plaintext = keys.roll(key, form.overlap)
        except ValueError:
            messages.error(request, f"{key.name} has already been rolled or has ended.")
            return redirect("accounts:keys")
        notices.key_rolled(key, new)
        return _show_once(request, new, plaintext, replaces=key)
    return render(request, "accounts/key_roll.html", {"form": form, "key": key})


@_page
@never_cache
@signed_in
def revoke_key(request: OwnerRequest, key_id: UUID) -> HttpResponse:
    key = _own_key(request, key_id)
    if request.method != "POST":
        return render(request, "accounts/key_revoke.html", {"key": key})
    keys.revoke(key)
    notices.key_revoked(key)
    messages.success(request, f"{key.name} is revoked. Requests with it are now refused.")
    return redirect("accounts:keys")


def _own_key(request: OwnerRequest, key_id: UUID) -> ApiKey:
    return get_object_or_404(request.user.api_keys, pk=key_id)


def _show_once(
    request: OwnerRequest, key: ApiKey, plaintext: str, replaces: ApiKey | None = None
) -> HttpResponse:
    context = {
        "key": key,
        "plaintext": plaintext,
        "replaces": replaces,
        "site": site_of(request),
    }
    return render(request, "accounts/key_created.html", context)
