"""Which precision a network gets, by what was asked for, what the machine has and what was measured."""

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from inference import optimised
from inference.config import InferenceConfig
from inference.engines.opening import Machine, Opener
from inference.engines.processor import Processor
from inference.errors import EngineFailed
from inference.optimised import Measured
from inference.weights import CATALOGUE
from tests.inference.engines.conftest import EVERYTHING, GOOD_INT8, PLAIN, opened, precisions

AVX2_ALONE = Machine(Processor("x", True, False, False, has_avx2=True), has_openvino=True)
GOOD_BF16 = Measured(0.999, 0.99, 0.0, 110)


def test_what_was_never_measured_runs_in_32_bits(choose):
    assert precisions(choose()) == ["fp32"]


def test_a_network_known_to_bear_bfloat16_gets_it_unmeasured(choose):
    assert precisions(choose("isnet")) == ["bf16", "fp32"]


def test_the_fastest_that_is_as_good_comes_first(choose, measured):
    measured(int8=GOOD_INT8, bf16=GOOD_BF16)
    assert precisions(choose()) == ["int8", "bf16", "fp32"]


def test_time_decides_not_the_name(choose, measured):
    measured(int8=dataclasses.replace(GOOD_INT8, ms=150), bf16=GOOD_BF16)
    assert precisions(choose()) == ["bf16", "int8", "fp32"]


def test_what_is_slower_than_32_bits_is_not_chosen(choose, measured):
    measured(int8=dataclasses.replace(GOOD_INT8, ms=300))
    assert precisions(choose()) == ["fp32"]


def test_what_is_close_needs_no_time_of_32_bits(choose, measured, models, catalogue):
    measured(int8=GOOD_INT8)
    report = optimised.read(catalogue["u2netp"], models)
    assert report
    alone = dataclasses.replace(report, measured={"int8": GOOD_INT8})
    optimised.write(catalogue["u2netp"], models, alone)
    assert precisions(choose()) == ["int8", "fp32"]


def test_what_is_as_slow_as_32_bits_is_not_chosen(choose, measured):
    measured(int8=dataclasses.replace(GOOD_INT8, ms=PLAIN.ms))
    assert precisions(choose()) == ["fp32"]


@pytest.mark.parametrize("bad", [{"iou": 0.98}, {"boundary_loss": 0.02}], ids=str)
def test_what_is_not_as_good_is_not_chosen(choose, measured, bad):
    measured(int8=dataclasses.replace(GOOD_INT8, **bad))
    assert precisions(choose()) == ["fp32"]


def test_the_reason_names_the_measurement(choose, measured):
    measured(int8=dataclasses.replace(GOOD_INT8, iou=0.98))
    assert "int8 not: IoU 0.9800 of 0.985" in choose()[0].why


def test_a_precision_that_is_asked_for_needs_not_be_as_good(choose, measured):
    measured(int8=dataclasses.replace(GOOD_INT8, iou=0.9))
    assert precisions(choose(precision="int8")) == ["int8", "fp32"]


def test_32_bits_are_what_they_are_when_asked_for(choose, measured):
    measured(int8=GOOD_INT8)
    assert precisions(choose(precision="fp32")) == ["fp32"]


def test_int8_without_a_graph_says_how_to_make_one(choose):
    (only,) = choose(precision="int8")
    assert "models optimise" in only.why


def test_a_report_on_another_file_counts_for_nothing(choose, measured, catalogue):
    measured(int8=GOOD_INT8)
    catalogue["u2netp"] = CATALOGUE["u2netp"]
    assert precisions(choose()) == ["fp32"]


@pytest.mark.parametrize(
    ("processor", "has_openvino", "lacking"),
    [
        (Processor("x", True, has_bf16=False, has_vnni=True, has_avx2=True), True, "bf16"),
        (Processor("x", True, has_bf16=True, has_vnni=False, has_avx2=False), True, "int8"),
        (Processor("x", False, has_bf16=True, has_vnni=True, has_avx2=True), True, "bf16"),
        (Processor("x", True, has_bf16=True, has_vnni=True, has_avx2=True), False, "int8"),
    ],
)
def test_what_the_machine_lacks_is_not_chosen(choose, measured, processor, has_openvino, lacking):
    measured(int8=GOOD_INT8, bf16=GOOD_BF16)
    assert lacking not in precisions(choose(machine=Machine(processor, has_openvino)))


def test_int8_is_chosen_without_vnni_where_it_was_measured_on_such_a_processor(choose, measured):
    measured(on=AVX2_ALONE, int8=GOOD_INT8)
    assert precisions(choose(machine=AVX2_ALONE)) == ["int8", "fp32"]


def test_what_vnni_computed_says_nothing_of_int8_without_it(choose, measured):
    measured(on=EVERYTHING, int8=GOOD_INT8)
    assert "on another processor" in choose(machine=AVX2_ALONE)[0].why


def test_int8_that_is_asked_for_needs_not_be_measured_on_this_processor(choose, measured):
    measured(on=EVERYTHING, int8=GOOD_INT8)
    assert precisions(choose(machine=AVX2_ALONE, precision="int8")) == ["int8", "fp32"]


def test_a_graph_that_was_refused_is_not_said_to_be_unmade(choose, measured, models, catalogue):
    measured(int8=dataclasses.replace(GOOD_INT8, boundary_loss=0.02))
    report = optimised.read(catalogue["u2netp"], models)
    assert report
    assert report
    optimised.write(catalogue["u2netp"], models, dataclasses.replace(report, graphs={}))
    assert "int8 not: boundary IoU lost 0.0200 of 0.01" in choose()[0].why


def test_another_execution_provider_keeps_the_original_graph(choose, measured):
    measured(int8=GOOD_INT8)
    providers = ("CUDAExecutionProvider", "CPUExecutionProvider")
    assert precisions(choose(providers=providers)) == ["fp32"]


def test_other_networks_have_no_other_graph(choose, catalogue):
    assert precisions(choose("migan")) == ["fp32"]


def test_a_session_is_opened_on_the_graph_that_was_chosen(models, catalogue, measured):
    measured(int8=GOOD_INT8)
    opener = Opener(InferenceConfig(models, catalogue=catalogue), lambda: EVERYTHING)
    session = opener("u2netp", models / catalogue["u2netp"].file_name)
    assert session.runtime == "OpenVINO int8"


@pytest.fixture
def as_large(catalogue):
    """The catalogue says that the network is a large one; its graph is as small as ever."""
    catalogue["u2netp"] = dataclasses.replace(catalogue["u2netp"], size_bytes=88_000_000)
    return catalogue


def test_runs_of_a_large_network_take_turns(opener, models, as_large, monkeypatch):
    session = opened(opener, models, as_large)
    both = threading.Barrier(2)
    # Both would get through it only if they ran at once.
    monkeypatch.setattr(session, "_session", SimpleNamespace(run=lambda *_: [both.wait(0.5)]))
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(session.run, ["1959"], {}) for _ in range(2)]
    assert all(isinstance(run.exception(), EngineFailed) for run in runs)


@pytest.mark.parametrize(("rows", "shares"), [("catalogue", True), ("as_large", False)])
def test_a_small_network_alone_runs_on_a_core_each(request, models, measured, rows, shares):
    measured(int8=GOOD_INT8)
    rows = request.getfixturevalue(rows)
    config = InferenceConfig(models, catalogue=rows, threads=2)
    session = opened(Opener(config, lambda: EVERYTHING), models, rows)
    assert (session._narrow is not session._wide) == shares
