"""Who of the staff did what, to what, and why: one line in the history of the object."""

import json
import re
from collections.abc import Callable, Iterable
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet

from accounts.models import ApiKey, User


def note(actor: User, subject: Model, what: str, why: str = "") -> None:
    message = f"{what} Reason: {why}" if why else what
    LogEntry.objects.log_actions(actor.pk, [subject], CHANGE, message, single_object=True)


def make_nameless(user: User, nobody: str, no_key: str) -> None:
    """Lines still say who did what and when, but no longer to whom; before the addresses go."""
    # By their ids: the account may have had another address when such a line was written.
    _lines_about(User, [user.pk]).update(object_repr=nobody)
    _lines_about(ApiKey, user.api_keys.values_list("pk", flat=True)).update(object_repr=no_key)
    for address in addresses_of(user):
        _replace(address, nobody)


def addresses_of(user: User) -> set[str]:
    """What names somebody in free text; to be asked before the account is erased."""
    return {user.email, *_addresses(user)}


def without(addresses: Iterable[str], text: str, nobody: str) -> str:
    """What one of the staff wrote, with `nobody` in place of the addresses."""
    return _cleaner(set(addresses), nobody)(text)


def _addresses(user: User) -> list[str]:
    return list(EmailAddress.objects.filter(user=user).values_list("email", flat=True))


def _lines_about(model: type[Model], ids: Iterable[int | UUID]) -> QuerySet[LogEntry]:
    kind = ContentType.objects.get_for_model(model)
    return LogEntry.objects.filter(content_type=kind, object_id__in=[str(pk) for pk in ids])


def _replace(address: str, nobody: str) -> None:
    # Messages of Django's own are JSON, where letters beyond ASCII are spelt out.
    spellings = {address, json.dumps(address)[1:-1]}
    clean = _cleaner(spellings, nobody)
    naming = Q()
    for spelling in spellings:
        naming |= Q(object_repr__icontains=spelling) | Q(change_message__icontains=spelling)
    for line in LogEntry.objects.filter(naming):
        line.object_repr = clean(line.object_repr)[:200]
        line.change_message = clean(line.change_message)
        line.save(update_fields=["object_repr", "change_message"])


def _cleaner(spellings: set[str], nobody: str) -> Callable[[str], str]:
    """Puts `nobody` for an address, but not for the end or the start of somebody else's."""
    either = "|".join(map(re.escape, spellings))
    pattern = re.compile(rf"(?<![\w.+%-])(?:{either})(?![\w-]|\.\w)", re.IGNORECASE)
    return lambda text: pattern.sub(nobody, text)
