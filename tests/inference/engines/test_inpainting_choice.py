"""Which engine removes objects at which quality."""

import pytest

from inference.config import InferenceConfig
from inference.engines.registry import Engines
from inference.weights import CATALOGUE
from tests.graphs import describe
from tests.inpainting_graphs import write_lama_graph, write_migan_graph

WRITERS = {"migan": write_migan_graph, "lama": write_lama_graph}
ALWAYS_MS, NEVER_MS = 1e9, 0.0


def engines(models_dir, *names, limit_ms=NEVER_MS):
    rows = dict(CATALOGUE)
    models_dir.mkdir(exist_ok=True)
    for name in names:
        path = WRITERS[name](models_dir / CATALOGUE[name].file_name)
        rows[name] = describe(path, CATALOGUE[name])
    config = InferenceConfig(models_dir, auto_inpainting_limit_ms=limit_ms, catalogue=rows)
    return Engines(config)


@pytest.mark.parametrize(
    ("installed", "quality", "limit_ms", "expected"),
    [
        (("migan", "lama"), "fast", ALWAYS_MS, "migan"),
        (("migan", "lama"), "best", NEVER_MS, "lama"),
        (("migan", "lama"), "auto", ALWAYS_MS, "lama"),
        (("migan", "lama"), "auto", NEVER_MS, "migan"),
        (("migan",), "best", NEVER_MS, "migan"),
        (("lama",), "fast", NEVER_MS, "lama"),
        ((), "best", NEVER_MS, "patchmatch"),
    ],
)
def test_quality_chooses_the_engine(tmp_path, installed, quality, limit_ms, expected):
    chosen = engines(tmp_path, *installed, limit_ms=limit_ms)
    chosen.warm()
    assert chosen.inpainting(quality).name == expected


def test_the_status_names_what_serves_each_quality(tmp_path):
    chosen = engines(tmp_path, "migan", "lama")
    chosen.warm()
    served = chosen.status()["inpainting"]
    assert served == {"fast": "migan", "best": "lama", "auto": "migan"}


def test_a_damaged_network_leaves_its_place_to_the_next(tmp_path):
    chosen = engines(tmp_path, "migan", "lama")
    path = tmp_path / CATALOGUE["lama"].file_name
    path.write_bytes(bytes(len(path.read_bytes())))
    assert chosen.inpainting("best").name == "migan"
