"""Where the time of a job went, as parts of a bar."""

from dataclasses import dataclass

from services.models import Job
from services.stages import in_order

_WIDTH = 1000
#: Below this share of a job's time, what no stage explains is not worth telling.
_REST = 0.02


@dataclass(frozen=True)
class Part:
    """One stage; x and width are thousandths of the whole bar."""

    stage: str
    ms: float
    x: int
    width: int


def of(job: Job) -> list[Part]:
    """In the order in which the stages happened, with what lay between them at the end."""
    stages = {str(stage): float(ms) for stage, ms in in_order(job.timings).items()}
    rest = (job.processing_time_ms or 0) - sum(ms for name, ms in stages.items() if name != "queue")
    total = sum(stages.values()) + max(rest, 0)
    if rest > total * _REST:
        stages["files and bookkeeping"] = rest
    whole = sum(stages.values())
    parts: list[Part] = []
    x = 0
    for stage, ms in stages.items() if whole else ():
        width = round(_WIDTH * ms / whole)
        parts.append(Part(stage, ms, x, width))
        x += width
    return parts
