"""How many machines a load needs: a simulated queue with many servers, fed by measured times.

    python -m benchmarks.queueing        prints the tables of docs/scaling.md

Pictures arrive at random (Poisson), wait in one queue, and take one core for a time that depends on
their size. That is M/G/c, for which no formula of the 95th percentile exists; with exponential
times it is Erlang's M/M/c, which the tests compare it with.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

SEED = 20_261_121
#: Simulated pictures: the 95th percentile then varies by some hundredths from seed to seed.
PICTURES = 60_000
HOURS_A_MONTH = 730

Times = Callable[[np.random.Generator, int], np.ndarray]


@dataclass(frozen=True)
class Kind:
    """A kind of machine: core-seconds of a 1080p and of a 12-megapixel mask, cores, price an hour."""

    name: str
    small_s: float
    large_s: float
    cores: int
    dollars_an_hour: float

    def times(self, chance: np.random.Generator, count: int, *, large: float = 0.2) -> np.ndarray:
        """(count,) float64 seconds of one core each: pictures of two sizes, ten percent of scatter."""
        base = np.where(chance.random(count) < large, self.large_s, self.small_s)
        return base * chance.lognormal(0.0, 0.1, count)

    @property
    def mean_s(self) -> float:
        return 0.8 * self.small_s + 0.2 * self.large_s

    @property
    def pictures_a_second(self) -> float:
        """The most that one machine does, with every core busy."""
        return self.cores / self.mean_s


#: Core-seconds from docs/performance.md (a request at saturation); prices are public list prices of
#: 2026 in the order of magnitude, to be replaced by one's own.
KINDS = (
    Kind("8 cores with VNNI, U2-Netp int8", 0.160, 0.240, 8, 0.34),
    Kind("8 cores with VNNI, IS-Net int8", 0.860, 0.980, 8, 0.34),
    Kind("8 cores with AVX2 only, U2-Netp fp32", 0.620, 0.700, 8, 0.34),
)


def sojourns(arrivals: np.ndarray, times: np.ndarray, servers: int) -> np.ndarray:
    """(n,) float64 seconds from arrival to end, first come first served over equal servers."""
    free = [0.0] * servers
    ends = np.empty_like(times)
    for index, (arrival, time) in enumerate(zip(arrivals, times, strict=True)):
        begin = max(arrival, heapq.heappop(free))
        ends[index] = begin + time
        heapq.heappush(free, ends[index])
    return ends - arrivals


def p95_s(rate: float, times: Times, servers: int, *, pictures: int = PICTURES) -> float:
    """The 95th percentile of waiting and work together at `rate` arrivals a second."""
    chance = np.random.default_rng(SEED)
    arrivals = np.cumsum(chance.exponential(1 / rate, pictures))
    warm = pictures // 10  # the queue begins empty, which is not its usual state
    return float(np.percentile(sojourns(arrivals, times(chance, pictures), servers)[warm:], 95))


def machines(rate: float, kind: Kind, target_s: float) -> int:
    """The fewest machines that keep the 95th percentile within `target_s` with a tenth of them away.

    One at least may be away: machines are replaced, and fail. Raises ValueError where one picture alone takes longer than that.
    """
    if p95_s(1e-3, kind.times, kind.cores, pictures=2_000) > target_s:
        raise ValueError(f"{kind.name}: one picture takes longer than {target_s} s")
    count = max(1, int(np.ceil(rate / kind.pictures_a_second)))
    # Enough pictures to fill every core many times over, whatever the rate.
    pictures = max(PICTURES, int(rate * kind.mean_s * 40))
    while p95_s(rate, kind.times, count * kind.cores, pictures=pictures) > target_s:
        count += 1
    return count + max(1, round(count / 9))


def rows(target_s: float = 2.0) -> Iterator[str]:
    for kind in KINDS:
        needed = [machines(rate, kind, target_s) for rate in (1, 100, 10_000)]
        best = kind.dollars_an_hour / (kind.pictures_a_second * 3.6)
        at_100 = needed[1] * kind.dollars_an_hour / 360
        cells = [kind.name, f"{kind.pictures_a_second:.1f}", *(f"{n:,}" for n in needed)]
        yield "| " + " | ".join([*cells, f"{at_100:.4f}", f"{best:.4f}"]) + " |"


def curve(kind: Kind, servers: int, shares: tuple[float, ...]) -> Iterator[str]:
    """How the 95th percentile grows with the load, as share of what `servers` cores can do."""
    for share in shares:
        rate = share * servers / kind.mean_s
        yield f"| {share:.0%} | {p95_s(rate, kind.times, servers):.2f} |"


def exponential(mean_s: float) -> Times:
    return partial(_exponential, mean_s)


def _exponential(mean_s: float, chance: np.random.Generator, count: int) -> np.ndarray:
    return chance.exponential(mean_s, count)


if __name__ == "__main__":
    print("\n".join(rows()))
    for servers in (2, 16):
        print(f"\n{servers} cores")
        print("\n".join(curve(KINDS[0], servers, (0.5, 0.7, 0.8, 0.9, 0.95))))
