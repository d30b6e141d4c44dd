"""Serves the product until stopped; with BROKER_URL=stub:// it works the jobs as well."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from maskr_site import arguments, demo_payments, tables
from maskr_site.demo import wares
from maskr_site.env import env
from maskr_site.metrics import folder
from maskr_site.server import (
    AddressInUse,
    AlreadyRunning,
    NotOfThisMachine,
    Server,
    bound,
    check_port,
    is_given_sockets,
    lock_data_folder,
)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=arguments.port, default=os.environ.get("PORT") or 8000)
        parser.add_argument(
            "--workers",
            type=arguments.from_1,
            default=1,
            help="web processes; embedded mode has one",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        host, port, workers = options["host"], options["port"], options["workers"]
        if settings.EMBEDDED and workers != 1:
            raise CommandError("Embedded mode is one process; set BROKER_URL=redis://… for more.")
        _check_tables()
        try:
            lock = lock_data_folder(settings.VAR_DIR) if settings.EMBEDDED else None
            if not is_given_sockets():
                check_port(host, port)
        except AddressInUse as error:
            raise CommandError(f"{error} Choose another one: PORT={port + 1}.") from error
        except NotOfThisMachine as error:
            raise CommandError(f"--host {error}") from error
        except AlreadyRunning as error:
            raise CommandError(f"{error} Stop it first, or set MASKR_VAR_DIR.") from error
        # Not before it is certain that no other server counts there: it would count for nobody then.
        if workers > 1 and not folder.is_shared():
            folder.prepare(settings.VAR_DIR, f"serve-{port}")
            folder.begin_anew()  # so that the processes to come count into that folder
        if not (settings.STATIC_ROOT / "staticfiles.json").exists():
            call_command("collectstatic", verbosity=0, interactive=False)
        if env.bool("MASKR_DEMO_PAYMENTS", False):
            self._begin_demo_payments(host, port)
        self.stdout.write(f"Serving on http://{bound(host, port)} (stop with Ctrl-C)")
        self.stdout.flush()
        try:
            Server(host, port, workers).run()
        finally:
            if lock:
                lock.close()

    def _begin_demo_payments(self, host: str, port: int) -> None:
        """Does not return: the server is begun anew, with payments."""
        try:
            demo_payments.refuse_unless_harmless()
            wares.put_on_sale()
            connection.close()
            address = demo_payments.begin(host, port)
        except demo_payments.DemoPaymentsRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Demonstration payments on {address}: no bank is asked, no money moves")
        self.stdout.flush()
        demo_payments.begin_anew()


def _leave_database() -> None:
    """Before the fork: children that shared a connection would read each other's answers."""
    connection.close()
    if close_pool := getattr(connection, "close_pool", None):  # PostgreSQL's alone
        close_pool()  # closing only returns the connection to the pool


def _check_tables() -> None:
    """Raises CommandError now rather than an error at the first request."""
    missing = tables.missing()
    _leave_database()
    if missing:
        raise CommandError(missing)
