"""Fills an account with made-up jobs that ended, to see and measure its pages; only under DEBUG."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import User
from services import operations, usage
from services.models import Job
from services.operations import RemoveBackground
from services.pages.words import SERVICES

_AT_ONCE = 2000
_DAYS = 60
_FAILED = 0.03


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("count", type=int)
        parser.add_argument("--email", required=True)

    def handle(self, *_args: Any, count: int, email: str, **_options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Made-up jobs have no place beside real ones: set DEBUG=1.")
        if count < 1:
            raise CommandError(f"{count} jobs cannot be made.")
        user = User.objects.filter(email=email.lower()).first()
        if user is None:
            raise CommandError(f"There is no account {email}.")
        chance = random.Random(f"{email} {count}")  # noqa: S311  # the same jobs each time
        key, now = user.api_keys.values_list("pk", flat=True).first(), timezone.now()
        made = (_job(user, key, now, chance) for _ in range(count))
        Job.objects.bulk_create(made, batch_size=_AT_ONCE)
        usage.recount()
        self.stdout.write(f"{count} jobs made for {email}")


def _job(user: User, key: UUID | None, now: datetime, chance: random.Random) -> Job:
    """Free, as the books would miss their charge, and without files, as if these were deleted."""
    created_at = now - timedelta(seconds=chance.uniform(0, _DAYS * 86_400))
    work_ms, network_ms = chance.lognormvariate(6, 0.5), chance.uniform(50, 200)
    ended_at = created_at + timedelta(milliseconds=work_ms)
    has_failed = chance.random() < _FAILED
    return Job(
        id=uuid4(),  # not by chance: asked again, it makes as many more
        owner=user,
        api_key_id=key if chance.random() < 0.9 else None,
        service=chance.choice(list(SERVICES)),
        operation=operations.to_json(RemoveBackground()),
        request_id=f"req_{chance.getrandbits(96):024x}",
        state=Job.State.FAILED if has_failed else Job.State.COMPLETED,
        attempts=1,
        price=0,
        error="The image is damaged or incomplete." if has_failed else "",
        error_code="unreadable_image" if has_failed else "",
        input_filename=f"photo-{chance.randrange(10_000)}.jpg",
        result_extension="" if has_failed else "png",
        result_bytes=0 if has_failed else 200_000,
        engine="" if has_failed else "u2netp",
        timings={} if has_failed else {"queue": 3.1, "network": round(network_ms, 1)},
        processing_time_ms=round(work_ms, 1),
        original_width=1920,
        original_height=1080,
        created_at=created_at,
        started_at=created_at,
        ended_at=ended_at,
        purge_at=ended_at,
        purged_at=ended_at,
    )
