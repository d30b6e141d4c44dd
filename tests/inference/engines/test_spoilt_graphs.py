"""Graphs that are altered, cannot be loaded or fail: 32 bits serve, and nothing else is claimed."""

import dataclasses
from unittest import TestCase

import pytest

from inference import optimised
from tests.graphs import write_graph_that_fails
from tests.inference.engines.conftest import GOOD_INT8, opened, precisions


@pytest.fixture
def altered(measured):
    """An int8 graph that would serve, and holds other bytes than were made."""
    graph = measured(int8=GOOD_INT8)
    graph.write_bytes(graph.read_bytes()[::-1])


@pytest.fixture
def unreadable(measured, models, catalogue):
    """An int8 graph that is as it was made, and that no runtime can load."""
    graph = measured(int8=GOOD_INT8)
    graph.write_bytes(b"no graph")
    take_for_whole(graph, models, catalogue)


@pytest.fixture
def unusable(measured, models, catalogue):
    """An int8 graph that is as it was made, can be loaded, and fails when it is run."""
    graph = measured(int8=GOOD_INT8)
    write_graph_that_fails(graph)
    take_for_whole(graph, models, catalogue)


def take_for_whole(graph, models, catalogue):
    report = optimised.read(catalogue["u2netp"], models)
    assert report
    files = {graph.name: optimised.digest_of(graph)}
    optimised.write(catalogue["u2netp"], models, dataclasses.replace(report, files=files))


@pytest.mark.parametrize("spoilt", ["altered", "unreadable", "unusable"])
def test_where_a_graph_cannot_be_loaded_32_bits_serve(request, opener, models, catalogue, spoilt):
    request.getfixturevalue(spoilt)
    assert opened(opener, models, catalogue).runtime.startswith("ONNX Runtime")


@pytest.mark.parametrize("spoilt", ["altered", "unreadable", "unusable"])
def test_the_log_names_a_graph_that_cannot_be_loaded(request, opener, models, catalogue, spoilt):
    request.getfixturevalue(spoilt)
    with TestCase().assertLogs("inference.engines.opening", "ERROR") as log:
        opened(opener, models, catalogue)
    (line,) = log.output
    assert "u2netp in int8: u2netp.int8.onnx" in line


def test_a_graph_that_was_altered_is_not_claimed(choose, altered):
    (only,) = choose()
    assert (only.precision, "int8 not: u2netp.int8.onnx is not what was" in only.why) == (
        "fp32",
        True,
    )


def test_a_graph_that_was_altered_and_is_asked_for_is_not_claimed(choose, altered):
    assert precisions(choose(precision="int8")) == ["fp32"]


def test_a_graph_that_was_put_back_is_claimed_again(choose, measured, altered):
    before = precisions(choose())
    measured(int8=GOOD_INT8)
    assert (before, precisions(choose())) == (["fp32"], ["int8", "fp32"])


def test_a_graph_without_a_digest_is_not_claimed(choose, measured, models, catalogue):
    measured(int8=GOOD_INT8)
    report = optimised.read(catalogue["u2netp"], models)
    assert report
    optimised.write(catalogue["u2netp"], models, dataclasses.replace(report, files={}))
    assert precisions(choose()) == ["fp32"]


def test_what_could_not_be_loaded_is_not_claimed_once_something_else_serves(
    opener, models, catalogue, unreadable
):
    opened(opener, models, catalogue)
    served = opener.serving(catalogue["u2netp"])
    assert (served.precision, "int8 not: u2netp.int8.onnx could not be" in served.why) == (
        "fp32",
        True,
    )


def test_what_is_made_while_something_serves_is_not_claimed(opener, models, catalogue, measured):
    opened(opener, models, catalogue)
    measured(int8=GOOD_INT8)
    assert opener.serving(catalogue["u2netp"]).precision == "fp32"


def test_what_will_serve_is_told_before_anything_does(opener, catalogue, measured):
    measured(int8=GOOD_INT8)
    assert opener.serving(catalogue["u2netp"]).precision == "int8"
