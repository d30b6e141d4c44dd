"""Node's clients of remove.bg and Picsart, installed by npm, as their own processes."""

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.npm import installed
from tests.pictures import opened

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("worker", "books"),
]

SCRIPTS = Path(__file__).parent / "node"
PACKAGES = (
    "remove.bg@1.3.0",
    "removebg-wrapper@1.0.3",
    "@picsart/n8n-nodes-picsart-creative-apis@5.4.8",
)


@pytest.fixture(scope="session")
def packages() -> Path:
    return installed("node-clients", PACKAGES)


@pytest.fixture
def node(packages, live_server, tmp_path):
    """Runs one of our scripts beside the packages; answers with the JSON it prints, if any."""

    def run(script: str, *arguments: str, key: str = "") -> Any:
        environment = {
            "PATH": os.environ["PATH"],
            "NODE_PATH": str(packages),
            "MASKR_URL": live_server.url,
            "MASKR_KEY": key,
        }
        preload = ["node", "-r", str(SCRIPTS / "redirect.js"), str(SCRIPTS / script)]
        done = subprocess.run(
            [*preload, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    return run


def picture_of(outcome: Any) -> Any:
    return opened(base64.b64decode(outcome["resolved"]["base64img"]))


@pytest.fixture
def options(alice, photo) -> dict[str, Any]:
    return {"apiKey": alice.plaintext, "path": str(photo), "size": "full"}


def test_removebg_cuts_a_file_out(node, options):
    outcome = node("removebg.js", "removeBackgroundFromImageFile", json.dumps(options))
    assert picture_of(outcome).mode == "RGBA"


def test_removebg_cuts_base64_out(node, options, photo):
    options["base64img"] = base64.b64encode(photo.read_bytes()).decode()
    outcome = node("removebg.js", "removeBackgroundFromImageBase64", json.dumps(options))
    assert picture_of(outcome).size == (300, 200)


def test_removebg_reads_every_header(node, options):
    outcome = node("removebg.js", "removeBackgroundFromImageFile", json.dumps(options))
    read = {name: value for name, value in outcome["resolved"].items() if name != "base64img"}
    expected = {
        "creditsCharged": "1",
        "detectedType": "other",
        "resultWidth": "300",
        "resultHeight": "200",
        "rateLimit": "60",
        "rateLimitRemaining": "59",
    }
    assert expected.items() <= read.items()


def test_removebg_rejects_with_the_list_of_errors(node, options):
    options["apiKey"] = "sk-live-wrong"
    outcome = node("removebg.js", "removeBackgroundFromImageFile", json.dumps(options))
    assert outcome["rejected"][0]["title"] == "API Key invalid"


def test_removebg_rejects_an_address_that_leads_nowhere(node, options):
    options["url"] = "http://127.0.0.1/a.png"
    outcome = node("removebg.js", "removeBackgroundFromImageUrl", json.dumps(options))
    assert outcome["rejected"][0]["code"] == "failed_image_download"


def test_removebg_wrapper_saves_a_file(node, alice, photo, tmp_path):
    node("wrapper.js", str(photo), alice.plaintext)
    assert opened((tmp_path / "output.png").read_bytes()).size == (300, 200)


PARAMETERS = {"resource": "DATA", "inputBinaryField": "data", "format": "PNG"}


def test_picsart_cuts_a_file_out_and_downloads_it(node, alice, photo):
    outcome = node("picsart.js", json.dumps(PARAMETERS), str(photo), key=alice.plaintext)
    assert opened(base64.b64decode(outcome["resolved"]["binary"]["data"])).mode == "RGBA"


def test_picsart_puts_a_colour_behind(node, alice, photo):
    wanted = json.dumps(PARAMETERS | {"backgroundColor": "#00FF00", "format": "JPG"})
    outcome = node("picsart.js", wanted, str(photo), key=alice.plaintext)
    shown = opened(base64.b64decode(outcome["resolved"]["binary"]["data"]))
    assert shown.format == "JPEG"


def test_picsart_tells_of_an_address_that_leads_nowhere(node, alice):
    wanted = {"resource": "Image URL", "image_url": "http://127.0.0.1/a.png", "format": "PNG"}
    outcome = node("picsart.js", json.dumps(wanted), key=alice.plaintext)
    assert "could be fetched" in outcome["rejected"]


def test_picsart_tells_of_a_wrong_key(node, transactional_db, photo):
    outcome = node("picsart.js", json.dumps(PARAMETERS), str(photo), key="sk-live-wrong")
    assert "API key" in outcome["rejected"] or "Unauthorized" in outcome["rejected"]
