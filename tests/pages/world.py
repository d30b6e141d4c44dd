"""What the pages show: an account with a history, one without, one behind TOTP, one of the staff."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts import keys
from accounts.models import ApiKey, User
from billing import credits
from billing.models import CreditPack, Plan
from services import operations, usage
from services.models import Job
from services.operations import RemoveBackground
from services.outgoing import endpoints
from services.outgoing.models import WebhookDelivery, WebhookEvent
from tests.pages.catalogue import GUARDED, MEMBER, NEWCOMER, STAFF
from tests.pictures import picture

PASSWORD = "a long enough phrase"


@dataclass
class World:
    """The visitors by name, and the ids that stand in the addresses of pages."""

    users: dict[str, User]
    ids: dict[str, str] = field(default_factory=dict)


def build() -> World:
    users = {name: _user(name) for name in (MEMBER, NEWCOMER, GUARDED, STAFF)}
    User.objects.filter(pk=users[STAFF].pk).update(is_staff=True, is_superuser=True)
    TOTP.activate(users[GUARDED], generate_totp_secret())
    RecoveryCodes.activate(users[GUARDED])
    world = World(users)
    world.ids["key"] = str(_keys(users[MEMBER]).pk)
    world.ids["endpoint"], world.ids["delivery"] = _webhooks(users[MEMBER])
    _wares()
    world.ids["job"] = str(_history(users[MEMBER]).pk)
    return world


def _user(name: str) -> User:
    user = User.objects.create_user(f"{name}@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _keys(user: User) -> ApiKey:
    """One with every limit, one rolled, one revoked; the first is returned."""
    now = timezone.now()
    limited, _ = keys.create(
        user,
        "shop backend",
        scopes=["background-removal", "account:read"],
        expires_at=now + timedelta(days=40),
        allowed_ips=["203.0.113.0/24"],
        monthly_credit_cap_hundredths=50_000,
    )
    keys.touch(limited, "203.0.113.9")
    keys.roll(keys.create(user, "importer", "test")[0], timedelta(hours=24))
    keys.revoke(keys.create(user, "the old server")[0])
    return limited


def _webhooks(user: User) -> tuple[str, str]:
    """One that works and one that we switched off; the ids of the first and of a delivery to it."""
    endpoint = endpoints.create(
        user, "https://shop.example/hooks/maskr", ["job.completed"], description="shop"
    )
    other = endpoints.create(user, "https://old.example/hooks", ["balance.low", "job.failed"])
    endpoints.switch_off(other, "It answered 410 Gone.", tells=True)
    log = [
        {
            "at": "2026-01-01T10:00:00+00:00",
            "status": None,
            "error": "it took too long",
            "ms": 10000,
        },
        {"at": "2026-01-01T10:00:10+00:00", "status": 200, "error": "", "ms": 31},
    ]
    states = {"delivered": 200, "pending": 503, "given_up": 404}
    for state, status in states.items():
        event = WebhookEvent.objects.create(
            owner=user, type="webhook.test", key=state, payload={"message": "This is a test."}
        )
        WebhookDelivery.objects.create(
            event=event,
            endpoint=endpoint,
            state=state,
            attempts=2,
            log=log,
            last_status=status,
            next_at=timezone.now() + timedelta(days=1),
        )
    return str(endpoint.pk), str(WebhookDelivery.objects.get(state="delivered").pk)


def _wares() -> None:
    CreditPack.objects.create(name="Starter", credits=10_000, price_minor=900, currency="usd")
    Plan.objects.create(
        name="Monthly",
        kind=Plan.Kind.SUBSCRIPTION,
        stripe_price="price_1",
        included_credits=100_000,
        price_note="19.00 $ a month",
    )


def _history(user: User) -> Job:
    """Pictures done, failed and waiting; the first done one is returned."""
    credits.grant(user, 123_400, reason="welcome")
    done = _job(user, state="completed", charged=300, original_width=96, original_height=64)
    _job(user, state="failed", error="The picture could not be read.", error_code="unreadable")
    _job(user, state="pending", ended_at=None)
    return done


def _job(user: User, **fields: Any) -> Job:
    now = timezone.now()
    pk = uuid4()
    credits.reserve(user, 300, job=pk, service=RemoveBackground.service)
    name = default_storage.save(f"inputs/{pk}", ContentFile(picture()))
    ended = {"ended_at": now, "started_at": now, "purge_at": now + timedelta(hours=24)} | fields
    job = Job.objects.create(
        id=pk,
        owner=user,
        service=RemoveBackground.service,
        operation=operations.to_json(RemoveBackground()),
        price=300,
        input_filename="shoe.png",
        input_name=name,
        **ended,
    )
    if job.state == Job.State.COMPLETED:
        job.result_name = default_storage.save(f"results/{pk}.png", ContentFile(picture()))
        job.result_extension, job.output_width, job.output_height = "png", 96, 64
        job.timings, job.processing_time_ms = {"queue": 3.0, "network": 81.5}, 92.0
        job.save()
    if job.state == Job.State.FAILED:
        credits.release(job.pk)
    if job.has_ended:
        usage.note_ended(job, now, charged=job.charged or None)
    return job
