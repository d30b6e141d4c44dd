"""Graphs made and measured: of a small graph for the way they go, and of the real network."""

import importlib.util
import os
from pathlib import Path

import pytest

from inference import optimised
from inference.config import InferenceConfig
from inference.engines.opening import machine
from inference.engines.registry import Engines
from inference.errors import UnknownWeights, WeightsMissing
from inference.optimising import making
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
