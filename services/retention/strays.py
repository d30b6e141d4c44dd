"""Files that no row names, and rows whose files are gone: what a crash at a bad moment leaves.

A file is a stray when it is an hour old and no row of its kind names it: uploads are written before
their row. How old, the database's clock tells, as one process whose own is ahead would take the young.
A row whose result is gone is marked as purged, so that its link answers 410. Where most of them would
go, it is the storage or the database that is a wrong one, and nothing is swept.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from botocore.exceptions import ClientError
from django.core.files.storage import default_storage
from django.db.models.functions import Now
from django.utils import timezone

from services import clock, files
from services.models import Job
from services.retention import training
from services.retention.models import TrainingSample

logger = logging.getLogger(__name__)
GRACE = timedelta(hours=1)
#: Of so few, any share may be missing: that says nothing about the storage yet.
_TOO_FEW = 3
_JOB_FOLDERS = ("inputs", "results")
_AT_ONCE = 500
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DATED = re.compile(r"(?:inputs|results)/(\d{4})/(\d{2})/(\d{2})")
_ENDED = (Job.State.COMPLETED, Job.State.FAILED)


class MostAreMissing(Exception):
    """A volume that is not mounted looks so, or another database, and nothing is to be swept then."""


@dataclass
class Strays:
    """What was found: names of files, ids of jobs and of samples; and among how many of each."""

    files: list[str] = field(default_factory=list)
    jobs: list[UUID] = field(default_factory=list)
    samples: list[UUID] = field(default_factory=list)
    looked_at: Counter[str] = field(default_factory=Counter, compare=False)

    def check(self) -> None:
        """Raises MostAreMissing."""
        for kind, found, lack in (
            ("finished jobs", self.jobs, "no file"),
            ("training samples", self.samples, "no file"),
            ("files", self.files, "no row"),
        ):
            total = self.looked_at[kind]
            if total > _TOO_FEW and len(found) > total / 2:
                raise MostAreMissing(f"{len(found)} of {total} {kind} have {lack}")


def find() -> Strays:
    """Changes nothing."""
    found = Strays()
    for folder in (*_JOB_FOLDERS, training.PREFIX):
        for names in _batches(_walk(folder)):
            found.looked_at["files"] += len(names)
            found.files += _unnamed(names)
    for job in _old_jobs():
        found.looked_at["finished jobs"] += 1
        if not default_storage.exists(job.result_name):
            found.jobs.append(job.pk)
    for sample in TrainingSample.objects.iterator():
        found.looked_at["training samples"] += 1
        if not all(default_storage.exists(name) for name in sample.file_names):
            found.samples.append(sample.pk)
    return found


def sweep(*, even_if_most_are_missing: bool = False) -> Strays:
    """Deletes the files and marks the rows; harmless beside others who do so.

    Raises MostAreMissing, unless told not to, and has changed nothing then.
    """
    found = find()
    if not even_if_most_are_missing:
        found.check()
    for name in found.files:
        default_storage.delete(name)
    for job in Job.objects.filter(pk__in=found.jobs, purged_at=None):
        logger.error("the result of job %s is gone from storage", job.pk)
        files.purge(job)
    for sample in TrainingSample.objects.filter(pk__in=found.samples):
        training.delete(sample)
    for folder in _JOB_FOLDERS:
        _prune(folder)
    return found


def _unnamed(names: list[str]) -> Iterator[str]:
    ids = {match[0] for name in names if (match := _UUID.search(name))}
    rows: list[Job | TrainingSample] = [
        *Job.objects.filter(pk__in=ids, purged_at=None),
        *TrainingSample.objects.filter(pk__in=ids),
    ]
    known = {name for row in rows for name in row.file_names}
    limit = clock.now() - GRACE
    return (name for name in names if name not in known and _is_older(name, limit))


def _is_older(name: str, limit: datetime) -> bool:
    try:
        return default_storage.get_modified_time(name) < limit
    except (FileNotFoundError, ClientError):
        if default_storage.exists(name):
            raise
        return False  # somebody else deleted it meanwhile


def _old_jobs() -> Iterator[Job]:
    old = Job.objects.filter(purged_at=None, state=Job.State.COMPLETED)
    rows = old.filter(ended_at__lt=Now() - GRACE).exclude(result_name="")
    return rows.only("id", "result_name").iterator()


def _walk(folder: str) -> Iterator[str]:
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in names)
    for inner in folders:
        yield from _walk(f"{folder}/{inner}")


def _prune(folder: str) -> bool:
    """Removes empty folders of days gone by, to which nobody writes any more. True if it went."""
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return False
    kept = [inner for inner in folders if not _prune(f"{folder}/{inner}")]
    match = _DATED.fullmatch(folder)
    if kept or names or match is None:
        return False
    day = datetime(*map(int, match.groups()), tzinfo=timezone.get_current_timezone())  # type: ignore[misc, arg-type]
    if day > clock.now() - timedelta(days=2):
        return False
    default_storage.delete(folder)
    return True


def _batches(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while batch := list(islice(rest, _AT_ONCE)):
        yield batch
