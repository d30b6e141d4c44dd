"""`make test`: the suite on SQLite with the queue in memory, then on PostgreSQL with Redis.

    python -m tests.site.legs [arguments for pytest]

Where a service does not answer the second leg is skipped with a reason; with CI=true that fails.
"""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import redis

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"
REDIS = "redis://127.0.0.1:6379/13"
# What touches neither database nor queue, starts its own, or looks at pages needs no second look.
# Dialects are thin, and ask the database what the services do: of them all vendors' common tests are.
ONLY_ONCE = (
    *(f"--ignore=tests/{name}" for name in ("inference", "site", "live", "pages", "deploy")),
    *(
        f"--ignore=tests/{name}"
        for name in (
            "clients",
            "faults",
            "stripe_server",
            "test_queueing.py",
            "services/fetch",
            "services/studio",
            # Other pictures than those of background removal: the same statements.
            "services/test_object_extraction.py",
            "services/test_object_extraction_batches.py",
            "services/test_object_extraction_refusals.py",
            "services/test_object_removal.py",
            "services/test_image_segmentation.py",
            "services/test_options.py",
            "services/test_operations.py",
            "services/test_prompts.py",
        )
    ),
    "--ignore-glob=tests/services/dialects/test_[!e]*.py",
    *("-m", "not browser"),
)


def main() -> int:
    in_ci = os.environ.get("CI", "").lower() == "true"
    database = os.environ.get("DATABASE_URL") or POSTGRES
    broker = os.environ.get("BROKER_URL") or REDIS
    base = os.environ | {
        "MASKR_VAR_DIR": str(ROOT / ".cache" / "test-var"),
        "MODELS_DIR": os.environ.get("MODELS_DIR") or str(ROOT / "var" / "models"),
    }
    for name in ("DATABASE_URL", "BROKER_URL", "STORAGE_URL", "MASKR_REDIS_URL", "PUBLIC_URL"):
        base.pop(name, None)
    arguments = sys.argv[1:]
    first = run("SQLite, queue in memory", arguments, base)
    if away := silent(database, broker):
        print(f"\n== PostgreSQL and Redis: skipped, {away}", flush=True)
        if in_ci:
            print("In CI the services are required: start them and run the tests again.")
        return 1 if in_ci else first
    # The long sequences of the first leg test arithmetic; here a part shows that it is kept.
    services = {"DATABASE_URL": database, "BROKER_URL": broker, "MASKR_MACHINE_RUNS": "100"}
    second = run("PostgreSQL and Redis", [*ONLY_ONCE, *arguments], base | services)
    return first or second


def run(name: str, arguments: list[str], environment: dict[str, str]) -> int:
    print(f"\n== {name}", flush=True)
    # Neighbours stay together, so that what a module starts is started once or twice.
    workers = ("-n", "2", "--dist", "worksteal")
    command = [sys.executable, "-m", "pytest", *workers, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def silent(database: str, broker: str) -> str:
    """Why the second leg cannot run; empty when both services answer."""
    try:
        psycopg.connect(database, connect_timeout=3).close()
    except psycopg.Error as error:
        return f"PostgreSQL does not answer: {str(error).strip().splitlines()[0]}"
    try:
        with redis.Redis.from_url(broker, socket_timeout=3, socket_connect_timeout=3) as client:
            client.ping()
    except redis.RedisError as error:
        return f"Redis does not answer: {error}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
