"""The simulated queue behind docs/scaling.md, against what is known of queues."""

import math

import numpy as np
import pytest

from benchmarks import queueing
from benchmarks.queueing import KINDS, exponential, machines, p95_s, sojourns

NOTHING = np.zeros(3)


def erlang_c(load: float, servers: int) -> float:
    """The chance that an arrival waits in M/M/c (Erlang 1917); `load` in erlangs."""
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    return last / (sum(load**k / math.factorial(k) for k in range(servers)) + last)


def test_with_a_server_each_nobody_waits():
    assert sojourns(NOTHING, np.array([3.0, 1.0, 2.0]), 3).tolist() == [3, 1, 2]


def test_one_server_serves_one_after_another():
    assert sojourns(NOTHING, np.array([3.0, 1.0, 2.0]), 1).tolist() == [3, 4, 6]


def test_who_comes_later_waits_less():
    assert sojourns(np.array([0.0, 2.0]), np.array([3.0, 1.0]), 1).tolist() == [3, 2]


@pytest.mark.parametrize(("load", "servers"), [(1.4, 2), (6.0, 8), (14.0, 16)])
def test_the_mean_wait_is_erlangs(load, servers):
    chance = np.random.default_rng(1)
    arrivals = np.cumsum(chance.exponential(1 / load, 200_000))
    times = chance.exponential(1.0, 200_000)
    waited = (sojourns(arrivals, times, servers) - times)[20_000:].mean()
    assert waited == pytest.approx(erlang_c(load, servers) / (servers - load), rel=0.1)


def test_one_servers_95th_percentile_is_the_exact_one():
    """Time in M/M/1 is exponential with rate mu - lambda."""
    exact = -math.log(0.05) / (1 - 0.7)
    assert p95_s(0.7, exponential(1.0), 1, pictures=300_000) == pytest.approx(exact, rel=0.08)


def test_more_servers_wait_less():
    times = KINDS[0].times
    assert p95_s(20.0, times, 8) < p95_s(20.0, times, 4)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_target_holds_with_a_tenth_of_the_machines_away(kind):
    count = machines(100, kind, 2.0)
    left = count - max(1, round(count / 10))
    assert p95_s(100, kind.times, left * kind.cores) <= 2.0


def test_a_picture_that_takes_longer_than_the_target_is_an_error():
    with pytest.raises(ValueError, match="longer than 0.5 s"):
        machines(1, KINDS[1], 0.5)


def test_the_tables_of_the_document_are_those_of_the_model():
    from tests.settings import ROOT

    text = (ROOT / "docs" / "scaling.md").read_text()
    assert [row for row in queueing.rows() if row not in text] == []
