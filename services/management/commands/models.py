"""Lists, fetches and checks the networks' weights in MODELS_DIR."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from inference import downloads, weights
from inference.errors import InferenceError


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="what there is and what is installed")
        for name, help_text in (
            ("pull", "fetch, by default everything the product serves with"),
            ("verify", "compare installed files with the catalogue; exit status 1 if one differs"),
        ):
            actions.add_parser(name, help=help_text).add_argument("names", nargs="*")

    def handle(self, *_args: Any, **options: Any) -> None:
        console = Console()
        match options["action"]:
            case "list":
                _list(console)
            case "pull":
                _pull(options["names"], console)
            case "verify":
                _verify(options["names"], console)


def _list(console: Console) -> None:
    table = Table("name", "task", "MB", "installed", "licence", "origin")
    for row in weights.list_models(settings.MODELS_DIR):
        entry = row.entry
        table.add_row(
            entry.name,
            entry.task,
            f"{entry.size_bytes / 1e6:.1f}",
            "yes" if row.is_installed else "damaged" if row.is_present else "no",
            entry.licence,
            entry.origin,
        )
    console.print(table)


def _pull(names: list[str], console: Console) -> None:
    try:
        downloads.pull(names, models_dir=settings.MODELS_DIR, console=console)
    except InferenceError as error:
        raise CommandError(str(error)) from error


def _verify(names: list[str], console: Console) -> None:
    present = [row.entry.name for row in weights.list_models(settings.MODELS_DIR) if row.is_present]
    if not (names or present):
        raise CommandError("No model is installed. Fetch them with: manage.py models pull")
    bad = 0
    for name in names or present:
        try:
            weights.verify(name, settings.MODELS_DIR)
        except InferenceError as error:
            bad += 1
            console.print(f"{name}: {error}", style="red")
        else:
            console.print(f"{name}: ok")
    if bad:
        sys.exit(1)
