"""Secrets and signatures, also as the snippets of the documents verify them."""

import re
import shutil
import subprocess
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from services.outgoing import endpoints, signing
from services.outgoing.models import WebhookEndpoint
from tests.needs import need
from tests.settings import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
BODY = '{"id": "evt_1", "data": {"name": "Übung"}}'.encode()


def values(header: str) -> list[str]:
    return re.findall(r"v1=([0-9a-f]{64})", header)


def test_a_secret_has_its_shape(endpoint):
    assert re.fullmatch(r"whsec_[0-9A-Za-z_-]{43}", signing.secret_of(endpoint))


def test_a_secret_is_the_same_each_time(endpoint):
    again = WebhookEndpoint.objects.get()
    assert signing.secret_of(endpoint) == signing.secret_of(again)


def test_no_two_endpoints_have_the_same(alice, endpoint):
    other = endpoints.create(alice.user, endpoint.url, ["job.failed"])
    assert signing.secret_of(endpoint) != signing.secret_of(other)


def test_another_key_of_the_server_makes_another_secret(endpoint, settings):
    before = signing.secret_of(endpoint)
    settings.WEBHOOK_KEYS = ["another"]
    assert signing.secret_of(endpoint) != before


def test_rolling_makes_another_secret(endpoint):
    before = signing.secret_of(endpoint)
    endpoints.roll_secret(endpoint, timedelta(hours=1))
    assert signing.secret_of(endpoint) != before


def test_one_secret_signs_once(endpoint):
    assert len(values(signing.signature(endpoint, BODY))) == 1


def test_both_secrets_sign_while_one_is_rolled(endpoint):
    old = values(signing.signature(endpoint, BODY, at=5))
    endpoints.roll_secret(endpoint, timedelta(hours=1))
    both = values(signing.signature(endpoint, BODY, at=5))
    assert (len(both), old[0] in both) == (2, True)


def test_the_old_secret_stops_signing_after_the_overlap(endpoint):
    endpoints.roll_secret(endpoint, timedelta(hours=1))
    endpoint.previous_secret_until = timezone.now() - timedelta(seconds=1)
    assert len(values(signing.signature(endpoint, BODY))) == 1


def test_a_roll_without_overlap_leaves_one_secret(endpoint):
    endpoints.roll_secret(endpoint, timedelta(0))
    assert len(values(signing.signature(endpoint, BODY))) == 1


@pytest.mark.parametrize(
    "overlap", [timedelta(hours=73), timedelta(seconds=-1)], ids=["long", "past"]
)
def test_no_other_overlap_is_possible(endpoint, overlap):
    with pytest.raises(ValueError, match="72 hours"):
        endpoints.roll_secret(endpoint, overlap)


def test_of_two_rolls_at_once_one_wins(endpoint):
    stale = WebhookEndpoint.objects.get()
    endpoints.roll_secret(endpoint, timedelta(0))
    assert not endpoints.roll_secret(stale, timedelta(0))


def test_all_keys_of_the_server_sign_while_one_is_changed(endpoint, settings):
    old = values(signing.signature(endpoint, BODY, at=5))[0]
    settings.WEBHOOK_KEYS = ["new", *settings.WEBHOOK_KEYS]
    assert old in values(signing.signature(endpoint, BODY, at=5))


PAGE = (ROOT / "docs" / "site" / "webhooks.md").read_text()
PYTHON, NODE = (
    re.search(rf"```{language} run\n(.*?)```", PAGE, re.DOTALL)[1]  # type: ignore[index]
    for language in ("python", "javascript")
)


def in_python(body: bytes, header: str, secret: str) -> bool:
    names: dict[str, Any] = {}
    exec(PYTHON, names)  # noqa: S102  # the snippet itself is under test
    return bool(names["is_from_maskr"](secret, header, body))


def in_node(body: bytes, header: str, secret: str) -> bool:
    if not shutil.which("node"):
        need("Node.js", "it is not installed")
    call = f"{NODE}\nconst [h, s, b] = process.argv.slice(1);"
    call += "process.stdout.write(String(isFromMaskr(s, h, Buffer.from(b, 'hex'))));"
    command = ["node", "--input-type=module", "-e", call, header, secret, body.hex()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout == "true"


@pytest.fixture(params=[in_python, in_node], ids=["python", "node"])
def verify(request):
    return request.param


def test_the_snippet_accepts_what_we_sign(endpoint, verify):
    assert verify(BODY, signing.signature(endpoint, BODY), signing.secret_of(endpoint))


def test_the_snippet_accepts_the_old_secret_while_it_is_rolled(endpoint, verify):
    old = signing.secret_of(endpoint)
    endpoints.roll_secret(endpoint, timedelta(hours=1))
    assert verify(BODY, signing.signature(endpoint, BODY), old)


def test_the_snippet_refuses_another_body(endpoint, verify):
    assert not verify(BODY + b" ", signing.signature(endpoint, BODY), signing.secret_of(endpoint))


def test_the_snippet_refuses_an_old_signature(endpoint, verify):
    assert not verify(BODY, signing.signature(endpoint, BODY, at=5), signing.secret_of(endpoint))
