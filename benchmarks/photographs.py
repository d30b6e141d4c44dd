"""The photograph of the benchmarks."""

import io

from PIL import Image
from skimage import data


def photograph(width: int, height: int) -> bytes:
    """Return a real photograph (scikit-image's astronaut) scaled to the size, as JPEG."""
    buffer = io.BytesIO()
    scaled = Image.fromarray(data.astronaut()).resize((width, height), Image.Resampling.LANCZOS)
    scaled.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
