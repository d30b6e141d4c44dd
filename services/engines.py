"""The engines of this process, made once from the settings."""

from functools import cache
from typing import cast

from django.conf import settings

from inference.arrays import Precision, Quality
from inference.config import InferenceConfig
from inference.engines.registry import Engines


@cache
def engines() -> Engines:
    return Engines(inference_config())


def inference_config() -> InferenceConfig:
    return InferenceConfig(
        models_dir=settings.MODELS_DIR,
        max_pixels=settings.MAX_PIXELS,
        providers=tuple(settings.ORT_PROVIDERS),
        threads=settings.ORT_THREADS,
        streams=settings.STREAMS,
        precision=cast(Precision, settings.PRECISION),
        default_quality=cast(Quality, settings.QUALITY),
    )
