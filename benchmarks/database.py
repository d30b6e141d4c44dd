"""What one picture costs PostgreSQL and Redis: processor time, bytes written, commands.

    DATABASE_URL=postgres://…/scratch BROKER_URL=redis://… python -m benchmarks.database [--pictures N]

Pictures are placed and performed by the product's own code; only the networks' answer is made up.
Give it a migrated database of its own, on a server that nobody else uses meanwhile.
"""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maskr_site.settings")


def server_seconds() -> float:
    """Processor time of PostgreSQL's processes that serve this database."""
    from django.db import connection

    database = str(connection.settings_dict["NAME"])
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            title = (process / "cmdline").read_text()
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended between the look and the read
        if title.startswith("postgres:") and f" {database} " in title:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def work(pictures: int) -> None:
    """Places and performs so many pictures, one after another."""
    from django.core.files.base import File

    from accounts import keys
    from accounts.models import User
    from billing import credits
    from services import jobs, placing
    from services.jobs import Customer
    from services.operations import RemoveBackground
    from services.orders import Order, Upload

    user = User.objects.create_user(f"bench{time.time_ns()}@example.com")
    key, _ = keys.create(user, "bench")
    credits.grant(user, pictures * 1000, reason="bench")
    customer = Customer(user, key, "req_bench")
    for _ in range(pictures):
        upload = Upload(File(BytesIO(b"picture")), "photo.jpg")
        job = placing.place(Order(upload, RemoveBackground()), customer, lambda _: None)
        jobs.perform(job.pk)


@contextmanager
def without_pixels() -> Iterator[None]:
    """The networks' answer made up, storage in memory, the engines there."""
    from django.core.files.storage import InMemoryStorage

    from inference.pipelines import Result
    from services import deposits, jobs, performing, placing

    made_up = Result(b"x" * 100, "image/png", "png", 1920, 1080, 1920, 1080, "u2netp")
    memory = InMemoryStorage()
    with (
        patch.object(performing, "run", lambda _job: made_up),
        patch.object(placing, "check_engines", lambda _operation: None),
        patch.object(deposits, "default_storage", memory),
        patch.object(jobs, "default_storage", memory),
    ):
        yield


def redis_commands() -> int:
    import redis
    from django.conf import settings

    with redis.Redis.from_url(settings.BROKER_URL) as client:
        info: Any = client.info("stats")
    return int(info["total_commands_processed"])


def wal_bytes() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn() - '0/0'")
        return int(cursor.fetchone()[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=2000)
    pictures = parser.parse_args().pictures
    django.setup()
    with without_pixels():
        work(50)  # plans, caches and rows of the day are there
        began, processor = time.perf_counter(), server_seconds()
        own, wal, commands = time.process_time(), wal_bytes(), redis_commands()
        work(pictures)
        each = 1000 / pictures
        print(f"PostgreSQL  {(server_seconds() - processor) * each:6.2f} ms of processor time")
        print(f"WAL         {(wal_bytes() - wal) / pictures / 1024:6.2f} KiB")
        print(f"Redis       {(redis_commands() - commands) / pictures:6.2f} commands")
        print(f"Python      {(time.process_time() - own) * each:6.2f} ms of processor time")
        print(f"by the clock{(time.perf_counter() - began) * each:6.2f} ms, one after another")


if __name__ == "__main__":
    main()
