"""/health and /health/ready: what a balancer and a person are told."""

import threading
import time
from datetime import timedelta

import pytest
from botocore.exceptions import EndpointConnectionError
from django.db import OperationalError
from django.utils import timezone

from maskr_site.status import checking, parts
from services import engines as engines_module
from services.models import Batch, Job, LiveWorker
from services.workers import Maintenance

PARTS = ["database", "broker", "limits", "storage", "disk", "workers", "models", "queue"]


@pytest.fixture
def live_worker(graphs, transactional_db):
    engines_module.engines().warm()
    maintenance = Maintenance(is_worker=True)
    maintenance.announce()
    return maintenance


def test_says_that_the_process_lives(client):
    assert client.get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/health", "/health/", "/v2/health"])
def test_lives_without_a_database_query(client, django_assert_num_queries, db, path):
    with django_assert_num_queries(0):
        client.get(path)


@pytest.mark.parametrize("path", ["/health", "/health/"])
@pytest.mark.parametrize("name", ["10.0.0.5:8000", "127.0.0.1", "elsewhere.example"])
def test_lives_by_whatever_name_a_balancer_asks(client, settings, path, name):
    settings.ALLOWED_HOSTS = ["maskr.example"]
    assert client.get(path, headers={"Host": name}).json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/health", "/health/ready"])
def test_is_never_cached(client, transactional_db, graphs, path):
    assert "no-store" in client.get(path)["Cache-Control"]


def test_is_ready_when_every_part_is(client, live_worker):
    response = client.get("/health/ready")
    assert (response.status_code, response.json()["status"]) == (200, "ok")


def test_is_as_ready_with_a_slash_at_the_end(client, live_worker):
    assert client.get("/health/ready/").status_code == 200


def test_names_every_part(client, live_worker):
    assert list(client.get("/health/ready").json()["parts"]) == PARTS


def test_says_how_long_each_part_took(client, live_worker):
    parts = client.get("/health/ready").json()["parts"]
    assert all(part["ms"] >= 0 for part in parts.values())


def test_is_not_ready_without_a_worker(client, graphs, transactional_db):
    response = client.get("/health/ready")
    assert (response.status_code, response.json()["parts"]["workers"]["ok"]) == (503, False)


def test_is_not_ready_without_a_network(client, transactional_db, settings, tmp_path):
    settings.MODELS_DIR = tmp_path / "none"
    engines_module.engines.cache_clear()
    Maintenance(is_worker=True).announce()
    parts = client.get("/health/ready").json()["parts"]
    engines_module.engines.cache_clear()
    assert (parts["workers"]["ok"], parts["models"]["ok"]) == (True, False)


def test_is_not_ready_where_the_database_can_only_be_read(client, live_worker, monkeypatch):
    monkeypatch.setattr(parts, "takes_writes", lambda: False)
    response = client.get("/health/ready")
    found = response.json()["parts"]["database"]
    assert (response.status_code, found["ok"], found["error"]) == (503, False, "read-only")


def test_names_a_broken_part_without_telling_where_it_is(client, live_worker, settings):
    settings.EMBEDDED, settings.BROKER_URL = False, "redis://:hush@127.0.0.1:1/0"
    response = client.get("/health/ready")
    part = response.json()["parts"]["broker"]
    assert (part["ok"], part["error"], b"hush" in response.content) == (
        False,
        "ConnectionError",
        False,
    )


def test_is_not_ready_without_what_counts_requests_beside_rabbitmq(client, live_worker, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/1"
    response = client.get("/health/ready")
    part = response.json()["parts"]["limits"]
    assert (response.status_code, part["error"]) == (503, "ConnectionError")


def test_tells_of_the_newest_workers_models_when_workers_are_elsewhere(
    client, live_worker, settings
):
    settings.EMBEDDED, settings.BROKER_URL = False, "redis://127.0.0.1:1/0"
    LiveWorker.objects.create(host="b", pid=1, engines={"ready": False}, seen_at=timezone.now())
    assert client.get("/health/ready").json()["parts"]["models"]["ok"] is False


@pytest.fixture
def replace(monkeypatch):
    """Another check in the place of a part's own."""

    def replace(group, name, check):
        checks = parts.GROUPS[group] | {name: check}
        monkeypatch.setitem(parts.GROUPS, group, checks)

    return replace


@pytest.fixture
def hanging(replace, monkeypatch):
    """The storage does not answer until the test is over."""
    is_over = threading.Event()
    monkeypatch.setattr(checking, "DEADLINE_S", 0.5)
    asked = []

    def hang():
        asked.append(1)
        is_over.wait(30)
        return {"ok": True}

    replace("storage", "storage", hang)
    yield asked
    is_over.set()
    checking._running["storage"].join(10)


def test_answers_in_time_when_a_part_hangs(client, live_worker, hanging):
    started = time.monotonic()
    found = client.get("/health/ready").json()["parts"]["storage"]
    assert (found["error"], time.monotonic() - started < 10) == ("no answer in time", True)


def test_the_answer_comes_within_three_seconds_by_default():
    assert checking.DEADLINE_S < 3


def test_a_part_that_hangs_leaves_the_others_their_answer(client, live_worker, hanging):
    found = client.get("/health/ready").json()["parts"]
    assert [name for name, part in found.items() if not part["ok"]] == ["storage"]


def test_a_part_that_hangs_is_not_asked_again_and_again(client, live_worker, hanging):
    for _ in range(3):
        client.get("/health/ready")
    assert len(hanging) == 1


def raise_(error):
    raise error


TROUBLE = {
    "the database": ("database", "database", OperationalError("at db.internal")),
    "a bucket": ("storage", "storage", EndpointConnectionError(endpoint_url="http://s3.internal")),
    "a disk": ("disk", "disk", PermissionError("/srv/internal")),
}


@pytest.mark.parametrize(("group", "name", "error"), TROUBLE.values(), ids=TROUBLE)
def test_trouble_is_told_by_its_kind_alone(client, live_worker, replace, group, name, error):
    replace(group, name, lambda: raise_(error))
    response = client.get("/health/ready")
    assert response.json()["parts"][name]["error"] == type(error).__name__
    assert (response.status_code, b"internal" in response.content) == (503, False)


def test_the_storage_is_written_to_and_left_clean(client, live_worker, tmp_path):
    assert client.get("/health/ready").json()["parts"]["storage"]["ok"] is True
    assert list((tmp_path / "files" / "health").iterdir()) == []


def test_a_storage_that_cannot_be_written_to_is_told(client, live_worker, tmp_path):
    (tmp_path / "files").write_text("a file where the folder should be")
    assert client.get("/health/ready").json()["parts"]["storage"]["ok"] is False


def test_is_not_ready_when_the_disk_is_full(client, live_worker, settings):
    settings.MIN_FREE_MB = 10**9
    found = client.get("/health/ready").json()["parts"]
    assert [name for name, part in found.items() if not part["ok"]] == ["disk"]


@pytest.fixture
def wait(live_worker, django_user_model):
    """Puts a picture in line that has waited for so many seconds."""
    owner = django_user_model.objects.create_user("carol@example.com")

    def wait(seconds, **fields):
        created = timezone.now() - timedelta(seconds=seconds)
        Job.objects.create(
            owner=owner, service="x", operation={}, price=1, created_at=created, **fields
        )

    wait.owner = owner  # type: ignore[attr-defined]
    return wait


@pytest.mark.parametrize(("seconds", "status"), [(10, 200), (90, 503)])
def test_is_not_ready_when_pictures_wait_too_long(client, wait, seconds, status):
    wait(seconds)
    response = client.get("/health/ready")
    assert response.status_code == status
    assert response.json()["parts"]["queue"]["oldest_s"] == pytest.approx(seconds, abs=5)


def test_the_limit_can_be_set(client, wait, settings):
    settings.READY_QUEUE_AGE_S = 5
    wait(10)
    assert client.get("/health/ready").status_code == 503


def test_batches_may_wait(client, wait):
    wait(500, batch=Batch.objects.create(owner=wait.owner, service="x", total_files=1))
    response = client.get("/health/ready")
    found = response.json()["parts"]["queue"]["oldest_in_batch_s"]
    assert (response.status_code, found) == (200, pytest.approx(500, abs=5))


@pytest.mark.parametrize("path", ["/health", "/v2/health", "/v2/health/"])
def test_every_address_of_it_has_the_same_shape(client, path):
    assert client.get(path).json() == {"status": "ok"}


def test_does_not_take_posts(client):
    assert client.post("/health").status_code == 405
