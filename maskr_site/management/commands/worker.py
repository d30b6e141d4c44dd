"""Works the jobs of a broker, Redis or RabbitMQ. Replaces itself by Dramatiq's own command."""

import contextlib
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from maskr_site import arguments, tables
from maskr_site.metrics import folder, worker_port
from maskr_site.server import AddressInUse, check_port


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--processes", type=arguments.from_1, default=1, help="each loads the models"
        )
        parser.add_argument("--threads", type=arguments.from_1, default=settings.WORKER_THREADS)
        parser.add_argument(
            "--queues", nargs="*", choices=("interactive", "batch"), help="default: both"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.EMBEDDED:
            raise CommandError(
                "BROKER_URL is stub://: `manage.py serve` works the jobs itself. "
                "Set BROKER_URL=redis://host:6379/0 to run workers of their own."
            )
        _check_tables()
        # One job fetched for each thread: a fetched job behind a long one would wait needlessly.
        os.environ["dramatiq_queue_prefetch"] = str(options["threads"])  # noqa: SIM112
        command = [
            sys.executable,
            *("-m", "dramatiq", "maskr_site.worker"),
            *("--processes", str(options["processes"])),
            *("--threads", str(options["threads"])),
            *("--worker-shutdown-timeout", "60000"),
            "--skip-logging",
        ]
        if settings.METRICS_PORT:
            self._tell_metrics()
            command += ["--fork-function", "maskr_site.metrics.worker_port:serve"]
        if options["queues"]:
            command += ["--queues", *options["queues"]]
        os.execv(sys.executable, command)  # noqa: S606  # no shell, fixed program

    def _tell_metrics(self) -> None:
        """The variable that is set here reaches Dramatiq's processes, which are begun anew."""
        port = settings.METRICS_PORT
        try:
            check_port(worker_port.HOST, port)
        except AddressInUse as error:
            raise CommandError(f"MASKR_METRICS_PORT: {error}") from error
        folder.prepare(settings.VAR_DIR, f"worker-{port}")


def _check_tables() -> None:
    """Raises CommandError now rather than an error every few seconds, and at each job.

    A database that is away is waited for: it may be back before there is anything to do.
    """
    with contextlib.suppress(OperationalError):
        if missing := tables.missing():
            raise CommandError(missing)
