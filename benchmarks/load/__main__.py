"""`python -m benchmarks.load [--only NAME,…]`: what was required, what was measured."""

import argparse
import signal
import sys
import time
from collections.abc import Callable

from benchmarks.load import closed, cores, fair, overload, slow, soak
from benchmarks.load.rows import Row, machine, table, write

#: By name: what it takes, and how long by default, in seconds of measuring a step.
SUITES: dict[str, tuple[Callable[[float], list[Row]], float]] = {
    "closed": (closed.measure, 10),
    "overload": (overload.measure, 60),
    "slow": (slow.measure, 20),
    "fair": (fair.measure, 15),
    "cores": (cores.measure, 0),
    "soak": (soak.measure, 300),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="load", description=__doc__)
    parser.add_argument("--only", default="", help=f"of {', '.join(SUITES)}, separated by commas")
    parser.add_argument("--seconds", type=float, help="for each step, instead of its own")
    parser.add_argument("--minutes", type=float, help="for the soak: 30 is what is required")
    options = parser.parse_args()
    wanted = list(filter(None, options.only.split(","))) or list(SUITES)
    if unknown := set(wanted) - set(SUITES):
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was begun is ended and removed
    where, began, rows = machine(), time.monotonic(), []
    for name in wanted:
        measure, seconds = SUITES[name]
        if name == "soak" and options.minutes:
            seconds = options.minutes * 60
        found = measure(options.seconds or seconds)
        print(f"\n{table(found)}\n", flush=True)
        rows += found
    _conclude(rows, where | {"wanted": wanted, "took_s": round(time.monotonic() - began)})
    return 0


def _conclude(rows: list[Row], where: dict[str, object]) -> None:
    print(f"\n{where['processor']}, {where['cores']} cores; load average {where['load_average']}")
    print("2 web processes and 1 worker, and the clients, PostgreSQL and Redis on the same cores\n")
    print(table(rows))
    failed = sum(row.kept is False for row in rows)
    print(f"\n{failed} not kept; written to {write(rows, where)}")


if __name__ == "__main__":
    sys.exit(main())
