"""Makes the product ready to serve: models, tables, a demo account, the pages' static files."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from maskr_site.demo import photo, preparing, server, telling
from maskr_site.demo.account import kept
from maskr_site.demo.steps import DemoFailed, step


class Command(BaseCommand):
    help = __doc__
    # It migrates the database itself; `serve`, which follows, runs the checks.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", default="8000", help="the one that `serve` will listen on")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            self._prepare(server.port_of(options["port"]))
        except DemoFailed as error:
            sys.exit(str(error))
        except KeyboardInterrupt:
            sys.exit("Stopped. Run make up to start again.")

    def _prepare(self, port: int) -> None:
        before = kept(preparing.folder())
        if before and server.is_ours(port, before.api_key):
            raise DemoFailed(
                f"Maskr serves on {server.address(port)} already, with this very data: "
                "use it, or stop it with Ctrl-C where it runs to begin anew."
            )
        server.check_free(port, "make up")
        preparing.models()
        preparing.database()
        account = preparing.account()
        with step(6, "Collecting the pages' static files, making the example of the front page"):
            preparing.static_files()
            preparing.example()
        picture = photo.write_photo(preparing.folder())
        self.stdout.write(f"\n{telling.access(account, port)}\n\n")
        self.stdout.write("A first request, from another terminal:")
        self.stdout.write(f"\n  {telling.curl(account, picture, port)}\n\n")
        self.stdout.write(telling.faster())
        self.stdout.write("[7/7] Starting the server …")
