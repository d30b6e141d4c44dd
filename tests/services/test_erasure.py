"""What is held about a person is given to them, and is gone when they go."""

import io
import json
import os
import zipfile
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone

from accounts import erasure, keys
from accounts.models import User
from billing import balance_alerts
from services import jobs, performing
from services.models import Batch, IdempotentRequest, Job
from services.outgoing import endpoints, signing
from services.outgoing.models import WebhookEndpoint, WebhookEvent
from tests.conftest import SERVICE
from tests.pictures import picture

pytestmark = pytest.mark.usefixtures("books")
_SIGNING_IN: list[Any] = [EmailAddress, Authenticator, UserSession]


def archive_of(user: User) -> dict[str, Any]:
    file = io.BytesIO()
    erasure.write_archive(user, file)
    with zipfile.ZipFile(file) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


@pytest.fixture
def served(alice, worker) -> Job:
    """Alice's one picture, done."""
    answer = alice.post(**{"Idempotency-Key": "once"})
    assert answer.status_code == 200, answer.content
    return Job.objects.get()


@pytest.fixture
def waiting(alice, no_worker) -> Job:
    alice.post(Prefer="respond-async")
    return Job.objects.get()


def test_an_export_says_who_one_is(alice):
    assert archive_of(alice.user)["profile.json"][0]["email"] == "alice@example.com"


def test_an_export_lists_keys_without_what_they_could_be_used_by(alice):
    [key] = archive_of(alice.user)["keys.json"]
    assert key["name"] == "tests" and alice.plaintext[12:-4] not in str(key)
    assert alice.key.digest not in str(key)


def test_an_export_lists_webhook_endpoints_without_their_secrets(alice):
    endpoint = endpoints.create(alice.user, "https://shop.example/", ["job.failed"])
    [row] = archive_of(alice.user)["webhook_endpoints.json"]
    assert row["url"] == "https://shop.example/"
    assert signing.secret_of(endpoint) not in str(row)


def test_an_erased_account_has_no_webhooks(alice, waiting):
    endpoints.create(alice.user, "https://shop.example/", ["job.failed"])
    erasure.erase(alice.user)
    assert not WebhookEndpoint.objects.exists() and not WebhookEvent.objects.exists()


def test_an_export_lists_jobs_and_the_links_of_their_files(alice, served):
    archive = archive_of(alice.user)
    assert [job["input_filename"] for job in archive["jobs.json"]] == ["photo.png"]
    assert [file["kind"] for file in archive["files.json"]] == ["upload", "result"]


def test_a_link_of_an_export_works(alice, served):
    result = archive_of(alice.user)["files.json"][1]
    assert len(alice.download({"output_url": result["link"]})) == result["bytes"]


def test_an_export_holds_every_movement_of_credits(alice, served):
    amounts = [row["credits"] for row in archive_of(alice.user)["ledger.json"]]
    assert amounts == ["100", "-3"]


def test_an_export_names_the_files_of_a_batch_that_were_refused(alice):
    refused = [{"index": 0, "filename": "me.jpg", "error": "Insufficient credits"}]
    batch = Batch.objects.create(owner=alice.user, service="x", total_files=1, refused=refused)
    [row] = archive_of(alice.user)["batches.json"]
    assert (row["id"], row["refused"]) == (str(batch.pk), refused)


def test_an_export_tells_what_webhooks_were_to_tell_and_what_became_of_that(alice, waiting):
    endpoint = endpoints.create(alice.user, "https://shop.example/", ["job.failed"])
    jobs.cancel(waiting, error="too late")
    archive = archive_of(alice.user)
    [event], [delivery] = archive["webhook_events.json"], archive["webhook_deliveries.json"]
    assert (event["type"], event["subject"]) == ("job.failed", str(waiting.pk))
    assert (delivery["event"], delivery["endpoint"]) == (event["id"], str(endpoint.pk))


def test_an_export_tells_the_balance_and_below_what_one_wants_to_be_told(alice):
    balance_alerts.set_threshold(alice.user, 500)
    [row] = archive_of(alice.user)["credits.json"]
    assert (row["balance"], row["tell_when_below"]) == ("100", "5")


def test_an_export_holds_nothing_of_anyone_else(alice, bob, served):
    endpoints.create(alice.user, "https://shop.example/", ["job.completed"])
    Batch.objects.create(owner=alice.user, service="x", total_files=1)
    archive = archive_of(bob.user)
    rows = {name: rows for name, rows in archive.items() if rows}
    assert rows.keys() <= {"profile.json", "keys.json", "credits.json"}


def test_erasing_leaves_no_file(alice, served):
    names = served.file_names
    erasure.erase(alice.user)
    assert names and not any(default_storage.exists(name) for name in names)


def test_erasing_leaves_no_file_of_those_who_opted_in_to_training(alice, served):
    User.objects.update(training_opt_in=True)
    erasure.erase(alice.user)
    assert not any(default_storage.exists(name) for name in served.file_names)


def test_erasing_leaves_nothing_of_a_job_but_its_figures(alice, served):
    erasure.erase(alice.user)
    job = Job.objects.get()
    assert (job.input_filename, job.operation, job.details) == ("", {}, {})
    assert (job.charged, job.state) == (300, "completed")


def test_erasing_leaves_no_answer_to_repeat(alice, served):
    assert IdempotentRequest.objects.exists()
    erasure.erase(alice.user)
    assert not IdempotentRequest.objects.exists()


def test_erasing_leaves_no_names_of_refused_files(alice):
    Batch.objects.create(
        owner=alice.user, service="x", total_files=1, refused=[{"filename": "me.jpg"}]
    )
    erasure.erase(alice.user)
    assert Batch.objects.get().refused == []


def test_erasing_ends_what_waits_and_gives_its_credits_back_first(alice, waiting):
    erasure.erase(alice.user)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.charged, alice.balance) == ("failed", 0, 0)


def test_a_result_that_comes_after_the_erasure_is_dropped(alice, waiting, monkeypatch):
    run = performing.run

    def erased_meanwhile(job):
        result = run(job)
        erasure.erase(alice.user)
        return result

    monkeypatch.setattr(performing, "run", erased_meanwhile)
    jobs.perform(waiting.pk)
    assert Job.objects.get().state == "failed"
    assert files_in_storage() == []


def files_in_storage() -> list[str]:
    found = []
    for top in ("inputs", "results"):
        for folder, _, names in os.walk(default_storage.path(top)):
            found += [f"{folder}/{name}" for name in names]
    return found


def test_erasing_forfeits_what_is_left_in_the_ledger(alice):
    erasure.erase(alice.user)
    last = alice.user.credit_account.entries.order_by("-pk")[0]
    assert (alice.balance, last.amount, last.kind) == (0, -10_000, "expiry")


def test_erasing_ends_keys(alice):
    erasure.erase(alice.user)
    assert keys.find(alice.plaintext) is None
    assert alice.post().status_code == 401


def test_erasing_leaves_the_address_nowhere(alice, served, capsys):
    EmailAddress.objects.create(user=alice.user, email=alice.user.email)
    LogEntry.objects.create(
        user=alice.user,
        action_flag=CHANGE,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(alice.user.pk),
        object_repr=str(alice.user),
    )
    erasure.erase(alice.user)
    call_command("dumpdata")
    dump = capsys.readouterr().out
    assert "erased.invalid" in dump and "alice@" not in dump


def test_the_address_can_sign_up_again(alice):
    erasure.erase(alice.user)
    assert User.objects.create_user("alice@example.com").pk != alice.user.pk


def test_erasing_touches_nobody_else(alice, bob, served):
    erasure.erase(bob.user)
    served.refresh_from_db()
    assert served.input_filename == "photo.png" and keys.find(alice.plaintext)


def test_erasing_leaves_others_their_second_factor_and_their_sign_ins(alice, bob):
    mine = {"user": alice.user}
    EmailAddress.objects.create(email=alice.user.email, verified=True, **mine)
    Authenticator.objects.create(type=Authenticator.Type.TOTP, data={}, **mine)
    UserSession.objects.create(ip="192.0.2.1", session_key="x", **mine)
    erasure.erase(bob.user)
    kept = [rows.objects.filter(**mine).count() for rows in _SIGNING_IN]
    assert kept == [1, 1, 1]


def test_erasing_leaves_others_their_answers_to_repeat(alice, bob, served):
    erasure.erase(bob.user)
    assert IdempotentRequest.objects.filter(owner=alice.user).exists()


def test_erasing_leaves_others_the_names_of_refused_files(alice, bob):
    refused = [{"index": 0, "filename": "a.png", "error": "Insufficient credits"}]
    Batch.objects.create(owner=alice.user, service="x", total_files=1, refused=refused)
    erasure.erase(bob.user)
    assert Batch.objects.get().refused == refused


def test_what_stopped_halfway_goes_on(alice, served, monkeypatch):
    monkeypatch.setattr(default_storage, "delete", _broken)
    with pytest.raises(OSError):
        erasure.erase(alice.user)
    monkeypatch.undo()
    assert (alice.post().status_code, erasure.resume()) == (403, 1)
    assert User.objects.get(pk=alice.user.pk).erased_at and files_in_storage() == []


def test_one_that_cannot_be_ended_keeps_no_other_from_its_end(alice, bob, monkeypatch):
    class Stuck:
        def forget(self, user):
            if user == alice.user:
                raise OSError("this one's file cannot be deleted")

    for person in (alice, bob):
        User.objects.filter(pk=person.user.pk).update(erasure_asked_at=timezone.now())
    monkeypatch.setattr(erasure, "_holdings", [*erasure._holdings, Stuck()])
    assert erasure.resume() == 1
    assert User.objects.get(pk=bob.user.pk).erased_at


def _broken(_name: str) -> None:
    raise OSError("the disk is gone")


def test_nothing_goes_on_where_nothing_stopped(alice):
    erasure.erase(alice.user)
    assert erasure.resume() == 0


def test_a_refusal_changes_nothing(alice, monkeypatch):
    class Stubborn:
        def prepare(self, _user):
            raise erasure.CannotErase("no")

    monkeypatch.setattr(erasure, "_holdings", [*erasure._holdings, Stubborn()])
    with pytest.raises(erasure.CannotErase):
        erasure.erase(alice.user)
    assert keys.find(alice.plaintext) and alice.balance == 10_000


def test_erasing_twice_is_as_erasing_once(alice, served):
    erasure.erase(alice.user)
    erasure.erase(alice.user)
    assert User.objects.get(pk=alice.user.pk).erased_at


def test_pictures_asked_for_in_that_moment_are_refused(alice, worker, monkeypatch):
    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    answer = alice.send(SERVICE, {"file": picture()})
    assert (answer.status_code, Job.objects.count()) == (403, 0)
