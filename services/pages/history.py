"""The list of an account's jobs: what it may be filtered by, and one page of it.

Pages are found by the job they begin after, not by their number: a page costs the same however
far back it lies, and its address shows the same jobs when new ones have come.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet

from accounts.models import User
from services.models import Batch, Job
from services.pages.words import SERVICES

ON_A_PAGE = 25
NO_KEY = "none"


class HistoryForm(forms.Form):
    """Filters and place in the list, from the query of the address."""

    state = forms.ChoiceField(required=False, choices=[("", "any"), *Job.State.choices])
    service = forms.ChoiceField(required=False, choices=[("", "any"), *SERVICES.items()])
    key = forms.ChoiceField(required=False)
    since = forms.DateField(
        required=False, label="From", widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    until = forms.DateField(
        required=False, label="To", widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    search = forms.CharField(required=False, max_length=80, label="Id of a job, batch or request")
    batch = forms.UUIDField(required=False, widget=forms.HiddenInput)
    older = forms.UUIDField(required=False, widget=forms.HiddenInput)
    newer = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, user: User, data: Any) -> None:
        super().__init__(data, auto_id="filter-%s", label_suffix="")
        keys = [(str(key.pk), str(key)) for key in user.api_keys.all()]
        choices = [("", "any"), *keys, (NO_KEY, "no key: from these pages")]
        self.fields["key"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", "The last day lies before the first.")
        if cleaned.get("older") and cleaned.get("newer"):
            self.add_error(None, "A page is older or newer than a job, not both.")
        return cleaned

    @property
    def is_filtered(self) -> bool:
        places = ("older", "newer")
        return any(value for name, value in self.cleaned_data.items() if name not in places)


@dataclass(frozen=True)
class Page:
    """Jobs, newest first, and the jobs that the pages beside it begin after."""

    jobs: list[Job]
    newer: UUID | None = None
    older: UUID | None = None


def page(user: User, wishes: dict[str, Any]) -> Page:
    """Raises Job.DoesNotExist when the job that a page was to begin after is not the user's."""
    rows = _filtered(user, wishes)
    if wishes.get("newer"):
        after = user.jobs.get(pk=wishes["newer"])
        ids = _ids(_beside(rows, after, is_newer=True).order_by("created_at", "pk"))
        if len(ids) > ON_A_PAGE:
            shown = _jobs(ids[:ON_A_PAGE][::-1])
            return Page(shown, newer=shown[0].pk, older=shown[-1].pk)
        # The first page may not be shorter than others.
        wishes = {**wishes, "older": None}
    rows = rows.order_by("-created_at", "-pk")
    if wishes.get("older"):
        rows = _beside(rows, user.jobs.get(pk=wishes["older"]), is_newer=False)
    ids = _ids(rows)
    shown = _jobs(ids[:ON_A_PAGE])
    newer = shown[0].pk if shown and wishes.get("older") else None
    return Page(shown, newer=newer, older=shown[-1].pk if len(ids) > ON_A_PAGE else None)


def latest(user: User, count: int) -> list[Job]:
    return _jobs(_ids(user.jobs.order_by("-created_at", "-pk"))[:count])


def _filtered(user: User, wishes: dict[str, Any]) -> QuerySet[Job]:
    rows = _sought(user, wishes)
    for name in ("state", "service"):
        if wishes.get(name):
            rows = rows.filter(**{name: wishes[name]})
    if key := wishes.get("key"):
        rows = rows.filter(api_key=None if key == NO_KEY else key)
    if wishes.get("since"):
        rows = rows.filter(created_at__gte=_moment(wishes["since"], time.min))
    if wishes.get("until"):
        # Not the midnight after it: the last day that there is, in the year 9999, has none.
        rows = rows.filter(created_at__lte=_moment(wishes["until"], time.max))
    return rows


def _sought(user: User, wishes: dict[str, Any]) -> QuerySet[Job]:
    """The user's jobs, by the one index that finds those with an id: a guess could take another."""
    search = wishes.get("search") or ""
    batch = wishes.get("batch") or _uuid(search)
    if batch and (found := Batch.objects.filter(pk=batch, owner=user).first()):
        return found.jobs.all()  # all of one owner, as the batch
    if wishes.get("batch"):
        return Job.objects.none()
    if (job := _uuid(search)) and user.jobs.filter(pk=job).exists():
        return Job.objects.filter(pk=job)
    return user.jobs.filter(request_id=search) if search else user.jobs.all()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _beside(rows: QuerySet[Job], job: Job, *, is_newer: bool) -> QuerySet[Job]:
    """In the order of time and, within the same microsecond, of id."""
    direction, same = ("gte", "lte") if is_newer else ("lte", "gte")
    rows = rows.filter(**{f"created_at__{direction}": job.created_at})
    return rows.exclude(**{"created_at": job.created_at, f"pk__{same}": job.pk})


def _ids(rows: QuerySet[Job]) -> list[UUID]:
    """One more than fits: read from the index alone, however many rows the filters pass over."""
    return list(rows.values_list("pk", flat=True)[: ON_A_PAGE + 1])


def _jobs(ids: list[UUID]) -> list[Job]:
    return list(
        Job.objects.filter(pk__in=ids).select_related("api_key").order_by("-created_at", "-pk")
    )


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=UTC)
