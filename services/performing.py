"""Runs a job's operation in a worker: storage in, inference through, nothing written."""

from django.conf import settings

from inference import pipelines
from inference.pipelines import Result
from inference.rendering.pipeline import render_cut_out
from services import operations, storing, suspects
from services.engines import engines
from services.models import Job
from services.operations import (
    ExtractObject,
    Operation,
    RemoveBackground,
    RemoveObject,
    RenderCutOut,
    SegmentImage,
)


def run(job: Job) -> Result:
    """Raises inference's errors, or FileNotFoundError when an upload is gone."""
    operation = operations.from_json(job.operation)
    with suspects.one_by_one(job):
        return _run(job, operation)


def _run(job: Job, operation: Operation) -> Result:
    data = storing.read(job.input_name)  # and no connection is kept while the networks run
    match operation:
        case RemoveBackground():
            return _remove_background(data, operation)
        case RenderCutOut():
            return _render_cut_out(data, operation, job)
        case SegmentImage():
            return _segment_image(data, operation)
        case ExtractObject():
            return _extract_object(data, operation, job)
        case RemoveObject():
            return _remove_object(data, operation, job)


def _remove_background(data: bytes, operation: RemoveBackground) -> Result:
    return pipelines.remove_background(
        data,
        engines=engines(),
        quality=operation.quality,
        edges=operation.edges,
        max_side=operation.max_side,
        max_pixels=settings.MAX_PIXELS,
    )


def _render_cut_out(data: bytes, operation: RenderCutOut, job: Job) -> Result:
    return render_cut_out(
        data,
        operation.options,
        storing.read(job.companion_name) if job.companion_name else None,
        engines=engines(),
        quality=operation.quality,
        edges=operation.edges,
        keeps_transparent=operation.keeps_transparent,
        drops_alpha=operation.drops_alpha,
        max_pixels=settings.MAX_PIXELS,
    )


def _segment_image(data: bytes, operation: SegmentImage) -> Result:
    return pipelines.segment_image(
        data,
        operation.prompts,
        engines=engines(),
        edges=operation.edges,
        max_side=operation.max_side,
        max_pixels=settings.MAX_PIXELS,
    )


def _extract_object(data: bytes, operation: ExtractObject, job: Job) -> Result:
    return pipelines.extract_object(
        data,
        operation.prompts or storing.read(job.companion_name),
        engines=engines(),
        feather=operation.feather,
        output_format=operation.output_format,
        edges=operation.edges,
        inverts=operation.invert,
        max_side=operation.max_side,
        max_pixels=settings.MAX_PIXELS,
    )


def _remove_object(data: bytes, operation: RemoveObject, job: Job) -> Result:
    return pipelines.remove_object(
        data,
        operation.prompts or storing.read(job.companion_name),
        engines=engines(),
        quality=operation.quality,
        output_format=operation.output_format,
        max_side=operation.max_side,
        max_pixels=settings.MAX_PIXELS,
    )
