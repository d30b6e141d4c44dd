"""Networks over small graphs, with what was measured of them."""

import hashlib
from typing import cast

import pytest

from inference import optimised
from inference.arrays import Precision
from inference.config import InferenceConfig
from inference.engines.opening import Machine, Opener
from inference.engines.processor import Processor
from inference.optimised import Measured, Report
from tests.graphs import install_graphs, write_saliency_graph

EVERYTHING = Machine(Processor("x", True, True, True, True), has_openvino=True)
PLAIN = Measured(1.0, 1.0, 0.0, 230)
GOOD_INT8 = Measured(0.995, 0.98, 0.001, 70)


@pytest.fixture
def models(tmp_path):
    return tmp_path / "models"


@pytest.fixture
def catalogue(models):
    return install_graphs(models, "u2netp", "isnet")


@pytest.fixture
def choose(models, catalogue):
    def call(name="u2netp", machine=EVERYTHING, **fields):
        config = InferenceConfig(models, catalogue=catalogue, **fields)
        return Opener(config, lambda: machine).choices(catalogue[name])

    return call


@pytest.fixture
def measured(models, catalogue):
    """Install a report, and an int8 graph, as `models optimise` does."""

    def call(name="u2netp", on=EVERYTHING, **precisions: Measured):
        graph = write_saliency_graph(optimised.folder(models) / f"{name}.int8.onnx")
        digest = hashlib.sha256(graph.read_bytes()).hexdigest()
        report = Report(
            catalogue[name].sha256,
            str(on.processor),
            "tests",
            cast(dict[Precision, Measured], {"fp32": PLAIN} | precisions),
            {"int8": graph.name},
            {graph.name: digest},
            optimised.edition_of(name),
        )
        optimised.write(catalogue[name], models, report)
        return graph

    return call


def precisions(choices):
    return [choice.precision for choice in choices]


@pytest.fixture
def opener(models, catalogue):
    config = InferenceConfig(models, catalogue=catalogue, threads=2)
    return Opener(config, lambda: EVERYTHING)


def opened(opener, models, catalogue):
    return opener("u2netp", models / catalogue["u2netp"].file_name)
