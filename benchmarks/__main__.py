"""`python -m benchmarks [--only NAME,…]`: prints tables, then one line `figure NAME VALUE` each."""

import argparse
import json
import platform
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from benchmarks import (
    cutouts,
    edges,
    extraction,
    prompts,
    quality,
    rembg_server,
    removal,
    removal_quality,
    rendering,
    requests,
    saturation,
    speed,
)
from inference.engines.processor import available_cores, processor

_RESULTS = Path(__file__).parent / "results"
_PACKAGES = ("onnxruntime", "openvino", "numpy", "opencv-python-headless", "pillow")
SUITES = {
    requests.FIGURES: requests.measure,
    speed.FIGURES: speed.measure,
    saturation.FIGURES: saturation.measure,
    extraction.FIGURES: extraction.measure,
    cutouts.FIGURES: cutouts.measure,
    edges.FIGURES: edges.measure,
    quality.FIGURES: quality.measure,
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
    print(f"written to {_write(figures)}")
    return 0


def _write(figures: dict[str, float]) -> Path:
    """Keep the figures of this run, with what they were measured on and with."""
    _RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    path = _RESULTS / f"{now:%Y%m%d-%H%M%S}.json"
    known = {
        "measured_at": now.isoformat(timespec="seconds"),
        "processor": processor().name,
        "cores": available_cores(),
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in _PACKAGES},
    }
    path.write_text(json.dumps(known | {"figures": figures}, indent=2) + "\n")
    return path.relative_to(_RESULTS.parent.parent)


if __name__ == "__main__":
    sys.exit(main())
