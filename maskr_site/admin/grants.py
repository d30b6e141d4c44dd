"""Credits given to an account, or taken from it, from its own page."""

from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError

from accounts.backoffice.actions import Refused, Request
from accounts.backoffice.forms import ReasonForm
from accounts.models import User
from billing import credits
from billing.amounts import to_text
from billing.errors import InsufficientCredits, MovedAlready
from billing.fields import CreditsField


class GrantForm(ReasonForm):
    credits = CreditsField(
        max_digits=12,
        help_text="For example 100, or -2.50 to take credits back.",
    )
    # Sent twice, by a double click, it is one grant.
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def clean_credits(self) -> int:
        amount: int = self.cleaned_data["credits"]
        if amount == 0:
            raise ValidationError("Give an amount other than zero.")
        return amount


def grant(user: User, request: Request) -> str:
    amount: int = request.fields["credits"]
    form: UUID = request.fields["key"]
    try:
        credits.check_not_sent(user, form)  # by whatever sign: a corrected form is a new one
        credits.grant_by_hand(user, amount, reason=request.reason, form=form, actor=request.actor)
    except MovedAlready as error:
        raise Refused(f"{user}: {error}") from error
    except InsufficientCredits as error:
        held = to_text(credits.balance(user))
        raise Refused(f"{user} holds only {held} credits.") from error
    verb = "granted to" if amount > 0 else "taken from"
    return f"{to_text(abs(amount))} credits {verb} {user}."
