"""Whoever waits in the studio holds a thread as customers of the API do, and no more of them may."""

import pytest

from services import waiting
from services.models import Job
from services.studio.free import BackgroundTryView, PreviewView
from tests.racing import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_worker"),
    pytest.mark.in_process("holds requests within the process"),
]
TRY = "/studio/try/background-removal"
PREVIEW = "/studio/preview?points=[[32,32]]"


@pytest.fixture(autouse=True)
def _four_threads(settings, monkeypatch) -> None:
    """Of which one account may wait in three; soon nobody does any more."""
    settings.WEB_THREADS = 4
    settings.VISITOR_TRIES = 8
    settings.SYNC_TIMEOUT_S = 3.0
    for view in (BackgroundTryView, PreviewView):
        monkeypatch.setattr(view, "timeout_s", 3.0)


@pytest.mark.parametrize("path", [TRY, PREVIEW])
def test_of_many_tries_at_once_no_more_are_placed_than_may_wait(open_studio, path):
    pages = [open_studio() for _ in range(8)]
    at_once(lambda page: page.send(path), pages)
    assert (Job.objects.count(), waiting.waiters()) == (3, 0)


def test_who_finds_no_thread_loses_no_try(open_studio):
    pages = [open_studio() for _ in range(8)]
    at_once(lambda page: page.send(TRY), pages)
    assert pages[0].client.get("/studio/balance").json() == {"tries": 5}


def test_of_many_plain_forms_at_once_no_more_are_placed_than_may_wait(open_studio, alice):
    pages = [open_studio(alice.user) for _ in range(8)]
    answers = at_once(lambda page: page.submit(), pages)
    assert (Job.objects.count(), waiting.waiters()) == (3, 0)
    assert all(answer["Retry-After"] for answer in answers if answer.status_code == 503)
