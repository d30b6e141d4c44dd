"""What a real process writes down: enough to follow a request, and nothing to steal."""

import re

import httpx
import pytest

pytestmark = pytest.mark.weights
SIGNATURE = re.compile(r"sig=[0-9a-f]{8}")


@pytest.fixture
def used(embedded):
    """The log of a server that has served a picture, a download and two refusals; and the key."""
    server = embedded.serve()
    key = embedded.account(3)
    link = embedded.send(key).json()["result"]["output_url"]
    httpx.get(link)
    httpx.get(f"{link}0")
    embedded.send(key[:-1] + "0")
    server.terminate()
    server.wait(timeout=40)
    return embedded.log.read_text(), key


def test_requests_are_written_without_key_and_signature(used):
    log, key = used
    has_requests = log.count("request_finished") >= 4
    assert (has_requests, key[:20] in log, SIGNATURE.search(log)) == (True, False, None)
