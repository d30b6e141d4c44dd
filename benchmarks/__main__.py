"""`python -m benchmarks [--only NAME,…]`: prints tables, then one line `figure NAME VALUE` each."""

import argparse
import sys

from benchmarks import (
    cutouts,
    extraction,
    prompts,
    rembg_server,
    removal,
    removal_quality,
    rendering,
    requests,
)

SUITES = {
    requests.FIGURES: requests.measure,
    extraction.FIGURES: extraction.measure,
    cutouts.FIGURES: cutouts.measure,
    prompts.FIGURES: prompts.measure,
    removal.FIGURES: removal.measure,
    removal_quality.FIGURES: removal_quality.measure,
    rendering.FIGURES: rendering.measure,
    rembg_server.FIGURES: rembg_server.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help="figure names, separated by commas")
    wanted = set(filter(None, parser.parse_args().only.split(",")))
    known = {name for names in SUITES for name in names}
    if unknown := wanted - known:
        print(
            f"no such figure: {', '.join(sorted(unknown))}; there are: {', '.join(sorted(known))}"
        )
        return 2
    figures: dict[str, float] = {}
    for names, measure in SUITES.items():
        if not wanted or wanted & set(names):
            figures |= measure()
    for name, value in figures.items():
        if not wanted or name in wanted:
            print(f"figure {name} {value:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
