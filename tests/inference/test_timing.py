"""The clock of a request."""

import pytest

from inference.timing import Clock


def test_adds_up_a_stage_that_is_measured_twice():
    clock = Clock()
    with clock.measure("network"):
        pass
    first = clock.milliseconds["network"]
    with clock.measure("network"):
        pass
    assert clock.milliseconds["network"] > first


def test_counts_a_stage_that_fails():
    clock = Clock()
    with pytest.raises(ValueError), clock.measure("decode"):
        raise ValueError
    assert "decode" in clock.milliseconds
