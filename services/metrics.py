"""What is counted about jobs, in whichever process they are worked or ended.

Labels come from the code (services, outcomes, stages, engines), never from a request.
"""

from prometheus_client import Counter, Histogram

from inference.pipelines import Result
from services.engines import engines
from services.models import Job

_WAITS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_RUNS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_STAGES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

JOBS_ENDED = Counter(
    "maskr_jobs_ended", "Jobs that ended: completed, or the code of their failure.",
    ["service", "outcome"],
)  # fmt: skip
WAIT = Histogram(
    "maskr_job_wait_seconds", "From the order to a worker's first claim.", ["queue"], buckets=_WAITS
)
DURATION = Histogram(
    "maskr_job_duration_seconds", "From the claim to the stored result.", ["service"], buckets=_RUNS
)
INFERENCE = Histogram(
    "maskr_inference_seconds", "Runs of networks, by job.", ["engine", "precision"], buckets=_RUNS
)
STAGE = Histogram(
    "maskr_stage_seconds", "What a job does beside its networks.", ["stage"], buckets=_STAGES
)
CREDITS_SETTLED = Counter("maskr_credits_settled", "Credits charged for completed jobs.")
REPAIRS = Counter("maskr_repairs", "What sweeps put right or cleared away.", ["kind"])
WEBHOOK_DELIVERIES = Counter(
    "maskr_webhook_deliveries", "Attempts to deliver a customer's webhook.", ["outcome"]
)
for _outcome in ("delivered", "failed", "given_up"):
    WEBHOOK_DELIVERIES.labels(_outcome)


def job_claimed(job: Job) -> None:
    """A second attempt waited for a lease to end, which says nothing about the queue."""
    if job.attempts == 1 and job.started_at:
        queue = "batch" if job.batch_id else "interactive"
        WAIT.labels(queue).observe(max(0.0, (job.started_at - job.created_at).total_seconds()))


def job_completed(job: Job, result: Result) -> None:
    JOBS_ENDED.labels(job.service, "completed").inc()
    if job.started_at and job.ended_at:
        DURATION.labels(job.service).observe((job.ended_at - job.started_at).total_seconds())
    CREDITS_SETTLED.inc(job.price / 100)
    for stage, ms in result.timings.items():
        if stage == "network":
            precision = engines().precision(result.engine)
            INFERENCE.labels(result.engine, precision).observe(ms / 1000)
        else:
            STAGE.labels(stage).observe(ms / 1000)


def job_failed(job: Job, code: str) -> None:
    JOBS_ENDED.labels(job.service, code).inc()


def swept(done: dict[str, int]) -> None:
    for kind, count in done.items():
        REPAIRS.labels(kind).inc(count)  # also by zero: an increase needs a zero to rise from
