"""What the package needs to know from outside, handed in once by whoever uses it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from inference.arrays import Precision, Quality
from inference.weights import CATALOGUE, Catalogue

DEFAULT_MAX_PIXELS = 50_000_000


@dataclass(frozen=True, slots=True)
class InferenceConfig:
    """`threads` are those of one network run; None means one for each core this process may use.

    A finer network serves quality "auto" if one run of it takes at most `auto_limit_ms` here: the
    rest of a request takes less than 50 ms, so that 150 keeps it below 200.
    `auto_inpainting_limit_ms` is the same for removal: below 3 s in all.
    `precision` is what matting networks compute with: "auto" is the fastest that is as good as 32
    bits here. Of `streams` runs at once each gets one core, and a lone run gets `threads`; None
    means as many as those.
    `catalogue` says which files are accepted; tests hand in one that holds their own graphs.
    """

    models_dir: Path
    max_pixels: int = DEFAULT_MAX_PIXELS
    providers: tuple[str, ...] = ("CPUExecutionProvider",)
    threads: int | None = None
    streams: int | None = None
    precision: Precision | Literal["auto"] = "auto"
    default_quality: Quality = "auto"
    auto_limit_ms: float = 150.0
    auto_inpainting_limit_ms: float = 2000.0
    catalogue: Catalogue = field(default_factory=lambda: CATALOGUE)
