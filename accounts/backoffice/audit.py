"""Who of the staff did what, to what, and why: one line in the history of the object."""

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model

from accounts.models import User


def note(actor: User, subject: Model, what: str, why: str = "") -> None:
    message = f"{what} Reason: {why}" if why else what
    LogEntry.objects.log_actions(actor.pk, [subject], CHANGE, message, single_object=True)
