"""What a real process writes down: enough to follow a request, and nothing to steal."""

import json
import re

import httpx
import pytest

from tests.live.product import until

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
    has_requests = log.count("status=") >= 4
    assert (has_requests, key[:20] in log, SIGNATURE.search(log)) == (True, False, None)


def test_a_request_and_its_job_are_found_by_one_id(embedded):
    embedded.environment["MASKR_LOG_FORMAT"] = "json"
    embedded.serve()
    answer = embedded.send(embedded.account(3), None, **{"X-Request-ID": "find-me"})
    until(lambda: '"event": "request"' in embedded.log.read_text().rpartition("find-me")[0])
    lines = [
        json.loads(line) for line in embedded.log.read_text().splitlines() if "find-me" in line
    ]
    found = {line["event"]: line for line in lines}
    job_ids = {found[event]["job_id"] for event in ("request", "job_ended")}
    accounts = {found[event]["account_id"] for event in ("request", "job_ended")}
    assert (job_ids, len(accounts)) == ({answer.json()["job_id"]}, 1)
    assert found["request"]["key"].startswith("tok_fp_")
