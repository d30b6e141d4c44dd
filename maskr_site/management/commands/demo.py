"""Shows the product at work: one real photo through the HTTP API, from nothing to a cut-out."""

import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import User
from billing import credits
from billing.amounts import to_text
from maskr_site.demo import photo, preparing, server, telling
from maskr_site.demo.account import DemoAccount, kept
from maskr_site.demo.photo import Shown
from maskr_site.demo.steps import DemoFailed, step


class Command(BaseCommand):
    help = __doc__
    # It migrates the database itself, and the checks would load every page: a second and a half.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", default="8000")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            self._show(server.port_of(options["port"]))
        except DemoFailed as error:
            sys.exit(str(error))
        except KeyboardInterrupt:
            sys.exit("Stopped. Run make demo to start again.")

    def _show(self, port: int) -> None:
        before = kept(preparing.folder())
        runs_already = before is not None and server.is_ours(port, before.api_key)
        if not runs_already:
            server.check_free(port, "make demo")
        preparing.models(preparing.TO_CUT_OUT)
        preparing.database()
        account = preparing.account()
        shown = _send_to_running(port, account) if runs_already else _serve_and_send(port, account)
        balance = to_text(credits.balance(User.objects.get(email=account.email)))
        self.stdout.write(telling.files_and_costs(shown, balance))
        self.stdout.write(telling.access(account, port))
        self.stdout.write("")
        if runs_already:
            self.stdout.write("The server that was running already runs on. The same by hand:")
        else:
            start = "make up" if port == 8000 else f"PORT={port} make up"
            self.stdout.write("The demo's own server has stopped. Start it again, for good, with:")
            self.stdout.write(f"\n  {start}\n\n")
            self.stdout.write("The dashboard opens then, and this does the same by hand:")
        self.stdout.write(f"\n  {telling.curl(account, shown.photo, port)}\n\n")
        self.stdout.write("Add -F quality=best for the finest edges, which take longer.")
        if offer := telling.faster():
            self.stdout.write(f"\n{offer}")


def _send_to_running(port: int, account: DemoAccount) -> Shown:
    with step(6, f"Using the server that already runs on port {port}"):
        pass
    return _send(port, account)


def _serve_and_send(port: int, account: DemoAccount) -> Shown:
    log = preparing.folder() / "server.log"
    with ExitStack() as running:
        with step(6, f"Starting the server on port {port}") as starting:
            running.enter_context(server.serving(port, log, starting.note))
        return _send(port, account)


def _send(port: int, account: DemoAccount) -> Shown:
    with step(7, "Sending a photo"):
        path = photo.write_photo(preparing.folder())
        with server.client(port, account.api_key) as http:
            return photo.send(http, path)
