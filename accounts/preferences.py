"""The settings of an account: what its owner wants, a copy of everything, and leaving."""

from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

from allauth.account.decorators import reauthentication_required
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import erasure, notices
from accounts.forms_alone import form_of, signed_in
from accounts.models import User
from accounts.views import OwnerRequest

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[User]
else:
    _ModelForm = forms.ModelForm  # generic for the type checker only

_IN_MEMORY = 4 * 2**20
_page = require_http_methods(["GET", "HEAD", "POST"])


class SettingsForm(_ModelForm):
    class Meta:
        model = User
        fields = ["notify_by_mail", "training_opt_in"]
        labels = {
            "notify_by_mail": "Mail me about my keys",
            "training_opt_in": "My pictures may be used to improve the models",
        }
        help_texts = {
            "notify_by_mail": "When one is made, rolled, revoked, or ends within a week. "
            "Changes of your password and of two-factor authentication are always mailed.",
        }


class DeletionForm(forms.Form):
    email = forms.CharField(
        label="Type your email address to confirm",
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, user: User, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict
        self.user = user

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip().lower()
        if email != self.user.email:
            raise ValidationError("This is not the email address of this account.")
        return email


@_page
@never_cache
@signed_in
def settings_page(request: OwnerRequest) -> HttpResponse:
    # An empty form is a wish, too: everything off.
    data = request.POST if request.method == "POST" else None
    form = SettingsForm(data, instance=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("accounts:settings")
    context = {"form": form, "retention_hours": settings.RETENTION_HOURS}
    return render(request, "accounts/settings.html", context)


@form_of("accounts:settings")
def export_everything(request: OwnerRequest) -> FileResponse:
    file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # the response closes it
    erasure.write_archive(request.user, file)
    file.seek(0)
    name = f"maskr-account-{timezone.now():%Y-%m-%d}.zip"
    response = FileResponse(file, as_attachment=True, filename=name)
    response["Cache-Control"] = "no-store"
    return response


@_page
@never_cache
@signed_in
@reauthentication_required  # type: ignore[untyped-decorator]
def delete_account(request: OwnerRequest) -> HttpResponse:
    form = DeletionForm(request.user, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "accounts/delete.html", {"form": form})
    email = request.user.email
    try:
        erasure.erase(request.user)
    except erasure.CannotErase as error:
        messages.error(request, str(error))
        return redirect("accounts:settings")
    notices.account_deleted(email)
    logout(request)
    return redirect("accounts:deleted")


@never_cache
def deleted(request: OwnerRequest) -> HttpResponse:
    return render(request, "accounts/deleted.html")
