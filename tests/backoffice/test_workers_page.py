"""The page of workers and models, and the check of the files' digests."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from services.models import LiveWorker

PAGE = "/admin/services/liveworker/"
TOLD = {
    "ready": True,
    "serves": {"fast": "u2netp", "best": "isnet", "auto": None},
    "segmentation": "mobilesam",
    "inpainting": {"fast": "migan"},
    "models": {
        "isnet": {
            "installed": True, "loaded": True, "precision": "bf16", "runtime": "OpenVINO",
            "run_ms": 410.2, "problem": None, "why": "this processor has it",
        },
        "lama": {"installed": False, "loaded": False, "problem": "lama.onnx differs"},
    },
    "notes": ["isnet takes 410 ms a run (the limit is 300 ms); u2netp serves quality=auto."],
}  # fmt: skip


@pytest.fixture
def worker_row(db, settings) -> LiveWorker:
    settings.EMBEDDED = False
    return LiveWorker.objects.create(host="gpu-1", pid=77, engines=TOLD, seen_at=timezone.now())


@pytest.mark.parametrize(
    "text",
    ["gpu-1, process 77", "alive", "bf16", "OpenVINO", "410.2", "lama.onnx differs", "410 ms"],
)
def test_it_tells_of_each_worker_and_model(support, worker_row, text):
    assert text in support.get(PAGE)


def test_a_silent_worker_is_told(support, worker_row):
    LiveWorker.objects.update(seen_at=timezone.now() - timedelta(seconds=90))
    assert re.search(r"silent for (9|10|11)\d s", support.get(PAGE))


def test_without_workers_it_says_how_to_start_one(support, db):
    assert "manage.py worker" in support.get(PAGE)


def test_in_one_process_it_tells_of_its_own_engines(support, graphs, worker_row, settings):
    settings.EMBEDDED = True
    assert "migan" in support.get(PAGE)


def test_a_damaged_file_is_found(support, graphs, db, settings, tmp_path):
    settings.MODELS_DIR = tmp_path
    (tmp_path / "u2netp.onnx").write_bytes(b"something else")
    html = support.client.post(f"{PAGE}verify/", follow=True).content.decode()
    assert "u2netp.onnx has 14 bytes instead of 4,574,861." in html


def test_looking_does_not_read_the_files(support, db):
    assert support.client.get(f"{PAGE}verify/").status_code == 405


def test_staff_without_the_right_verify_nothing(staff):
    assert staff().client.post(f"{PAGE}verify/").status_code == 403
