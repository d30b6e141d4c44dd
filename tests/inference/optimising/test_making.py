"""Graphs made and measured: of a small graph for the way they go, and of the real network."""

import dataclasses
import importlib.util
import itertools
import os
import shutil
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference import optimised
from inference.config import InferenceConfig
from inference.engines.opening import machine
from inference.engines.registry import Engines
from inference.errors import UnknownWeights, WeightsDamaged, WeightsMissing
from inference.optimising import making
from inference.optimising.pictures import Scene
from inference.timing import Clock
from inference.weights import CATALOGUE
from tests.graphs import install_graphs

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("nncf") is None, reason="NNCF is made for x86-64 only"
)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The outcome for a graph whose answer is the brightness, its folder and its catalogue."""
    models = tmp_path_factory.mktemp("models")
    catalogue = install_graphs(models)
    seen: list[int] = []
    outcome = making.optimise("u2netp", models, seen.append, catalogue)
    return outcome, models, catalogue, sum(seen)


def test_a_graph_as_good_as_32_bits_is_installed(small):
    outcome, models, *_ = small
    assert (optimised.folder(models) / outcome.report.graphs["int8"]).is_file()


def test_the_report_is_found_again(small):
    outcome, models, catalogue, _ = small
    assert optimised.read(catalogue["u2netp"], models) == outcome.report


def test_progress_reaches_its_end(small):
    assert small[3] == making.steps("u2netp")


def test_nothing_is_left_lying_about(small):
    outcome, models, *_ = small
    expected = {*outcome.report.files, "u2netp.json"}
    assert {path.name for path in optimised.folder(models).iterdir()} == expected


def test_it_is_up_to_date_afterwards(small):
    _, models, catalogue, _ = small
    assert making.is_up_to_date("u2netp", models, catalogue)


@pytest.fixture
def copied(small, tmp_path):
    """What was made, to be spoilt."""
    _, models, catalogue, _ = small
    shutil.copytree(models, tmp_path, dirs_exist_ok=True)
    return tmp_path, catalogue


@pytest.mark.parametrize("name", ["u2netp.fp32.onnx", "u2netp.int8.xml", "u2netp.int8.bin"])
def test_a_graph_that_was_altered_is_not_up_to_date(copied, name):
    models, catalogue = copied
    path = optimised.folder(models) / name
    path.write_bytes(bytes(len(path.read_bytes())))
    assert not making.is_up_to_date("u2netp", models, catalogue)


@pytest.mark.parametrize("name", ["u2netp.fp32.onnx", "u2netp.int8.xml", "u2netp.int8.bin"])
def test_a_graph_that_is_gone_is_not_up_to_date(copied, name):
    models, catalogue = copied
    (optimised.folder(models) / name).unlink()
    assert not making.is_up_to_date("u2netp", models, catalogue)


@pytest.mark.parametrize("field", ["processor", "made_with"])
def test_what_another_processor_or_other_tools_made_is_not_up_to_date(copied, field):
    models, catalogue = copied
    entry = catalogue["u2netp"]
    report = optimised.read(entry, models)
    assert report
    other: dict[str, Any] = {field: "another"}
    optimised.write(entry, models, dataclasses.replace(report, **other))
    assert not making.is_up_to_date("u2netp", models, catalogue)


def test_a_damaged_network_cannot_be_optimised(copied):
    models, catalogue = copied
    path = models / catalogue["u2netp"].file_name
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(WeightsDamaged):
        making.optimise("u2netp", models, print, catalogue)


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """The outcome where no precision is good enough, and its folder."""
    models = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimised, "IOU_BAR", 1.1)
        outcome = making.optimise("u2netp", models, lambda _: None, install_graphs(models))
    return outcome, models


def test_a_graph_that_is_not_good_enough_is_not_installed(refused):
    _, models = refused
    found = {path.name for path in optimised.folder(models).iterdir()}
    assert found == {"u2netp.fp32.onnx", "u2netp.json"}


def test_a_graph_that_is_not_good_enough_is_named(refused):
    outcome, _ = refused
    assert ("int8" in outcome.refused, "int8" in outcome.report.graphs) == (True, False)


class Answering:
    """A network that answers with the brightness, or with nothing at all."""

    input_names, output_names, runtime = ("input",), ("output",), "tests"

    def __init__(self, factor):
        self.factor = factor

    def run(self, outputs, feeds):
        brightness = feeds["input"].mean(axis=1, keepdims=True)
        return [brightness * np.float32(self.factor)]


class Telling(Clock):
    """Takes the time that it is told for each stage."""

    def __init__(self, milliseconds):
        super().__init__()
        self.told = milliseconds

    def measure(self, stage):
        self.milliseconds[stage] = self.told
        return nullcontext()


@pytest.fixture
def measured():
    return making._measure("u2netp", {"fp32": Answering(1), "int8": Answering(0)}, lambda _: None)


def test_what_loses_the_boundary_has_lost_by_it(measured):
    assert measured["int8"].boundary_loss > 0 == measured["fp32"].boundary_loss


def test_what_answers_otherwise_is_not_close(measured):
    assert measured["int8"].iou < 1 == measured["fp32"].iou


class Turning(Answering):
    """Answers with the brightness, or with the opposite where half of the picture is bright."""

    def run(self, outputs, feeds):
        (answer,) = super().run(outputs, feeds)
        return [answer if answer.mean() < answer.max() / 2 else -answer]


def test_objects_that_32_bits_do_not_find_judge_nobody(monkeypatch):
    bright, dark = np.zeros((64, 64), np.uint8), np.full((64, 64), 255, np.uint8)
    bright[16:32, 16:32], dark[16:32, 16:32] = 255, 0
    grey = [np.repeat(plane[..., np.newaxis], 3, axis=2) for plane in (bright, dark)]
    # Of the second one the dark part is the object, and the network answers with the bright one.
    scenes = [Scene(grey[0], bright), Scene(grey[1], 255 - dark)]
    monkeypatch.setattr(making, "judged_scenes", lambda: scenes)
    found = making._measure("u2netp", {"fp32": Answering(1), "int8": Turning(1)}, lambda _: None)
    assert found["int8"].iou == 1


def test_the_time_is_that_of_the_quickest_run(monkeypatch):
    times = itertools.cycle((5.0, 3.0, 9.0))
    monkeypatch.setattr(making, "Clock", lambda: Telling(next(times)))
    found = making._measure("u2netp", {"fp32": Answering(1)}, lambda _: None)
    assert found["fp32"].ms == 3


def test_nothing_made_is_not_up_to_date(tmp_path):
    assert not making.is_up_to_date("u2netp", tmp_path)


def test_a_network_that_is_not_there_cannot_be_optimised(tmp_path):
    with pytest.raises(WeightsMissing):
        making.optimise("isnet", tmp_path, print)


def test_a_network_that_is_no_matting_network_cannot_be_optimised():
    with pytest.raises(UnknownWeights):
        making.steps("migan")


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    models = tmp_path_factory.mktemp("models")
    name = CATALOGUE["u2netp"].file_name
    (models / name).symlink_to(Path(os.environ["MODELS_DIR"]).resolve() / name)
    return making.optimise("u2netp", models, lambda _: None), models


@pytest.mark.weights
@pytest.mark.timeout(300)
def test_u2netp_in_int8_is_as_good_as_in_32_bits(real):
    outcome, _ = real
    assert outcome.report.measured["int8"].is_close


@pytest.mark.weights
@pytest.mark.timeout(300)
@pytest.mark.skipif(machine().lacks("int8") is not None, reason="the processor has no VNNI")
def test_u2netp_in_int8_is_what_serves_then(real):
    _, models = real
    engines = Engines(InferenceConfig(models))
    engines.matting("fast")
    assert engines.status()["models"]["u2netp"]["runtime"] == "OpenVINO int8"


@pytest.mark.weights
@pytest.mark.timeout(300)
def test_what_int8_leaves_in_floats_keeps_32_bits(real):
    outcome, models = real
    described = (optimised.folder(models) / outcome.report.graphs["int8"]).read_text()
    assert "f16" not in described.lower() and "f32" in described.lower()
