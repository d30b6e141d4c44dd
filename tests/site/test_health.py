"""/health and /health/ready: what a balancer and a person are told."""

import pytest
from django.utils import timezone

from services import engines as engines_module
from services.models import LiveWorker
from services.workers import Maintenance

PARTS = ["database", "broker", "storage", "workers", "models", "queue"]


@pytest.fixture
def live_worker(graphs, db):
    engines_module.engines().warm()
    maintenance = Maintenance(is_worker=True)
    maintenance.announce()
    return maintenance


def test_says_that_the_process_lives(client):
    assert client.get("/health").json() == {"status": "ok"}


def test_lives_without_a_database_query(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        client.get("/health")


@pytest.mark.parametrize("path", ["/health", "/health/ready"])
def test_is_never_cached(client, db, graphs, path):
    assert "no-store" in client.get(path)["Cache-Control"]


def test_is_ready_when_every_part_is(client, live_worker):
    response = client.get("/health/ready")
    assert (response.status_code, response.json()["status"]) == (200, "ok")


def test_names_every_part(client, live_worker):
    assert list(client.get("/health/ready").json()["parts"]) == PARTS


def test_says_how_long_each_part_took(client, live_worker):
    parts = client.get("/health/ready").json()["parts"]
    assert all(part["ms"] >= 0 for part in parts.values())


def test_is_not_ready_without_a_worker(client, graphs, db):
    response = client.get("/health/ready")
    assert (response.status_code, response.json()["parts"]["workers"]["ok"]) == (503, False)


def test_is_not_ready_without_a_network(client, db, settings, tmp_path):
    settings.MODELS_DIR = tmp_path / "none"
    engines_module.engines.cache_clear()
    Maintenance(is_worker=True).announce()
    parts = client.get("/health/ready").json()["parts"]
    engines_module.engines.cache_clear()
    assert (parts["workers"]["ok"], parts["models"]["ok"]) == (True, False)


def test_names_a_broken_part_without_telling_where_it_is(client, live_worker, settings):
    settings.EMBEDDED, settings.BROKER_URL = False, "redis://:hush@127.0.0.1:1/0"
    response = client.get("/health/ready")
    part = response.json()["parts"]["broker"]
    assert (part["ok"], part["error"], b"hush" in response.content) == (
        False,
        "ConnectionError",
        False,
    )


def test_tells_of_the_newest_workers_models_when_workers_are_elsewhere(
    client, live_worker, settings
):
    settings.EMBEDDED, settings.BROKER_URL = False, "redis://127.0.0.1:1/0"
    LiveWorker.objects.create(host="b", pid=1, engines={"ready": False}, seen_at=timezone.now())
    assert client.get("/health/ready").json()["parts"]["models"]["ok"] is False


def test_does_not_take_posts(client):
    assert client.post("/health").status_code == 405


def test_the_front_door_is_json_for_programs(client):
    assert client.get("/").json() == {"status": "ok"}


def test_the_front_door_leads_people_to_their_keys(client):
    response = client.get("/", headers={"accept": "text/html"})
    assert (response.status_code, response["Location"]) == (302, "/account/keys/")
