"""Which network serves which quality, and what happens when one is missing or broken."""

import json
from concurrent.futures import ThreadPoolExecutor
from unittest import TestCase

import numpy as np
import pytest

from inference.config import InferenceConfig
from inference.engines.registry import QUALITIES, Engines
from inference.errors import EngineFailed, WeightsMissing
from tests.graphs import NAMES, describe, install_graphs, write_saliency_graph

ALWAYS_MS, NEVER_MS = 1e9, 0.0


class CountingSessions:
    """Opens sessions that answer with their input, and counts how often that happens."""

    input_names, output_names = ("input",), ("output",)

    def __init__(self, failing=()):
        self.opened = []
        self.runs = 0
        self.failing = failing

    runtime = "counting"

    def __call__(self, name, path):
        self.opened.append(path.stem)
        if path.stem in self.failing:
            raise EngineFailed(f"{path.name} could not be loaded.")
        return self

    def run(self, outputs, feeds):
        self.runs += 1
        return [feeds["input"][:, :1].astype(np.float32)]


def _engines(models_dir, *names, limit_ms=NEVER_MS, open_session=None):
    catalogue = install_graphs(models_dir, *names)
    config = InferenceConfig(models_dir, auto_limit_ms=limit_ms, catalogue=catalogue)
    return Engines(config, open_session)


def _empty(models_dir):
    return Engines(InferenceConfig(models_dir))


@pytest.mark.parametrize(
    ("quality", "limit_ms", "expected"),
    [
        ("fast", ALWAYS_MS, "u2netp"),
        ("best", NEVER_MS, "isnet"),
        ("auto", ALWAYS_MS, "isnet"),
        ("auto", NEVER_MS, "u2netp"),
    ],
)
def test_quality_chooses_the_network(tmp_path, quality, limit_ms, expected):
    engines = _engines(tmp_path, "u2netp", "isnet", limit_ms=limit_ms)
    engines.warm()
    assert engines.matting(quality).name == expected


def test_auto_does_not_wait_for_a_network_that_was_never_measured(tmp_path):
    engines = _engines(tmp_path, "u2netp", "isnet", limit_ms=ALWAYS_MS)
    assert engines.matting("auto").name == "u2netp"


@pytest.mark.parametrize("only", ["u2netp", "isnet", "isnet-u8"])
@pytest.mark.parametrize("quality", QUALITIES)
def test_the_only_network_serves_everything(tmp_path, only, quality):
    assert _engines(tmp_path, only).matting(quality).name == only


def test_the_configured_quality_is_the_default(tmp_path):
    catalogue = install_graphs(tmp_path, "u2netp", "isnet")
    config = InferenceConfig(tmp_path, default_quality="best", catalogue=catalogue)
    assert Engines(config).matting().name == "isnet"


def test_without_any_network_the_sentence_says_what_to_do(tmp_path):
    with pytest.raises(WeightsMissing, match="models pull u2netp"):
        _empty(tmp_path).matting("auto")


def test_has_no_matting_without_a_network(tmp_path):
    assert _empty(tmp_path).has_matting() is False


def test_has_matting_once_a_network_is_installed(tmp_path):
    engines = _engines(tmp_path)
    path = tmp_path / "u2netp.onnx"
    path.rename(tmp_path / "elsewhere")
    before = engines.has_matting()
    (tmp_path / "elsewhere").rename(path)
    assert (before, engines.has_matting()) == (False, True)


def test_asking_for_matting_loads_nothing(tmp_path):
    sessions = CountingSessions()
    engines = _engines(tmp_path, open_session=sessions)
    engines.has_matting(), engines.status()
    assert sessions.opened == []


def test_warming_without_any_network_is_no_error(tmp_path):
    _empty(tmp_path).warm()


def test_loads_a_network_once_for_all_threads(tmp_path):
    sessions = CountingSessions()
    engines = _engines(tmp_path, open_session=sessions)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(engines.matting, ["fast"] * 16))
    assert sessions.opened == ["u2netp"]


@pytest.mark.parametrize(("limit_ms", "runs"), [(ALWAYS_MS, 2), (NEVER_MS, 1)])
def test_a_network_that_is_far_too_slow_is_not_run_again(tmp_path, limit_ms, runs):
    sessions = CountingSessions()
    _engines(tmp_path, limit_ms=limit_ms, open_session=sessions).warm()
    assert sessions.runs == runs


def test_a_changed_file_is_not_loaded(tmp_path):
    sessions = CountingSessions()
    engines = _engines(tmp_path, "u2netp", "isnet", open_session=sessions)
    _change_a_byte(tmp_path / "isnet.onnx")
    assert (engines.matting("best").name, sessions.opened) == ("u2netp", ["u2netp"])


def test_a_network_that_does_not_load_makes_room_for_the_next(tmp_path):
    sessions = CountingSessions(failing=["isnet"])
    engines = _engines(tmp_path, "u2netp", "isnet", open_session=sessions)
    assert engines.matting("best").name == "u2netp"


def test_a_network_that_fails_its_first_run_makes_room_for_the_next(tmp_path):
    catalogue = dict(install_graphs(tmp_path, "u2netp"))
    # A graph of the wrong input size loads, but cannot be run.
    wrong = install_graphs(tmp_path, "isnet")["isnet"]
    write_saliency_graph(tmp_path / wrong.file_name, 512, NAMES["isnet"])
    catalogue["isnet"] = describe(tmp_path / wrong.file_name, wrong)
    engines = Engines(InferenceConfig(tmp_path, catalogue=catalogue))
    assert engines.matting("best").name == "u2netp"


def test_a_broken_network_is_tried_once(tmp_path):
    sessions = CountingSessions(failing=["isnet"])
    engines = _engines(tmp_path, "u2netp", "isnet", open_session=sessions)
    for _ in range(3):
        engines.matting("best")
    assert sessions.opened == ["isnet", "u2netp"]


def test_a_network_that_was_repaired_is_tried_again(tmp_path):
    engines = _engines(tmp_path, "u2netp", "isnet")
    whole = (tmp_path / "isnet.onnx").read_bytes()
    _change_a_byte(tmp_path / "isnet.onnx")
    engines.matting("best")
    (tmp_path / "isnet.onnx").write_bytes(whole)
    assert engines.matting("best").name == "isnet"


def test_has_no_matting_when_the_only_network_is_broken(tmp_path):
    engines = _engines(tmp_path, open_session=CountingSessions(failing=["u2netp"]))
    engines.warm()
    assert engines.has_matting() is False


def test_status_is_json(tmp_path):
    status = _engines(tmp_path, "u2netp", "isnet").status()
    assert json.loads(json.dumps(status)) == status


def test_status_is_ready_when_a_network_can_serve(tmp_path):
    assert _engines(tmp_path).status()["ready"] is True


def test_status_is_not_ready_without_a_network(tmp_path):
    assert _empty(tmp_path).status()["ready"] is False


def test_status_says_what_serves(tmp_path):
    serves = _engines(tmp_path).status()["serves"]
    assert serves == {"fast": "u2netp", "best": "u2netp", "auto": "u2netp"}


def test_status_says_that_a_network_is_not_installed(tmp_path):
    notes = _engines(tmp_path).status()["notes"]
    assert notes == ["isnet is not installed; u2netp serves quality=best."]


def test_status_names_a_provider_that_is_not_there(tmp_path):
    engines = Engines(InferenceConfig(tmp_path, providers=("CudaExecutionProvider",)))
    assert engines.status()["notes"][0].startswith("CudaExecutionProvider of ORT_PROVIDERS")


def test_the_log_tells_of_a_provider_that_is_not_there_what_status_does(tmp_path):
    engines = Engines(InferenceConfig(tmp_path, providers=("CudaExecutionProvider",)))
    with TestCase().assertLogs("inference.engines.registry", "WARNING") as log:
        engines.warm()
    assert engines.status()["notes"][0] in [record.getMessage() for record in log.records]


def test_status_says_that_a_network_is_too_slow(tmp_path):
    engines = _engines(tmp_path, "u2netp", "isnet")
    engines.warm()
    assert engines.status()["notes"][0].endswith("(the limit is 0 ms); u2netp serves quality=auto.")


def test_status_says_why_a_network_is_broken(tmp_path):
    engines = _engines(tmp_path, "u2netp", "isnet")
    _change_a_byte(tmp_path / "isnet.onnx")
    engines.warm()
    assert "differs from the file in the catalogue" in engines.status()["notes"][0]


def test_status_gives_the_time_of_a_run(tmp_path):
    engines = _engines(tmp_path)
    engines.warm()
    assert engines.status()["models"]["u2netp"]["run_ms"] >= 0


def _change_a_byte(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
