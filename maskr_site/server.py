"""The web server: gunicorn with threads, and in embedded mode the worker inside its one process."""

import errno
import fcntl
import logging
import os
import socket
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http import message

from maskr_site import reception
from maskr_site.metrics import folder

logger = logging.getLogger(__name__)

# Prompts travel in the address. Far too many of them deserve the API's own 422, which gunicorn's
# ceiling of 8190 bytes (it caps its own setting by this constant) would never let them have.
_LONGEST_REQUEST_LINE = 1024 * 1024
message.MAX_REQUEST_LINE = _LONGEST_REQUEST_LINE
# What is no HTTP is answered by gunicorn itself, which has no setting for how.
util.write_error = reception.write_error


class AddressInUse(Exception):
    """The port is taken."""


class NotOfThisMachine(Exception):
    """Nothing can listen at the address."""


class AlreadyRunning(Exception):
    """Another embedded server works on the same data folder."""


def is_given_sockets() -> bool:
    """Whether somebody listens for this process already, and goes on when it ends: sd_listen_fds(3).

    gunicorn takes such sockets by itself, in place of an address of its own.
    """
    count, process = (os.environ.get(name, "0") for name in ("LISTEN_FDS", "LISTEN_PID"))
    return process == str(os.getpid()) and count.isdecimal() and int(count) > 0


def check_port(host: str, port: int) -> None:
    """Raises AddressInUse or NotOfThisMachine. Asked before gunicorn, which would retry for seconds."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                raise NotOfThisMachine(f"{host}: {error.strerror}.") from error
            raise AddressInUse(
                f"Port {port} is in use or not allowed ({error.strerror})."
            ) from error


def lock_data_folder(folder: Path) -> IO[str]:
    """One embedded process a folder: its queue is in memory, and recovery takes every open job.

    Held until the file is closed. Raises AlreadyRunning.
    """
    file = (folder / "embedded.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise AlreadyRunning(f"Another server is already running on {folder}.") from error
    return file


def bound(host: str, port: int) -> str:
    """Both in one, as in an address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class ErrorLog(Logger):  # type: ignore[misc]
    """maskr_site.access has told of each request; gunicorn would put a line together for nobody."""

    def access(self, *_args: Any) -> None:
        """Tells nothing."""


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn's gthread worker; a thread may wait for a job, so there are many of them."""

    def __init__(self, host: str, port: int, workers: int) -> None:
        self.bind = bound(host, port)
        self.workers = workers
        super().__init__()

    def load_config(self) -> None:
        values = {
            "bind": self.bind,
            "workers": self.workers,
            "worker_class": "maskr_site.patience.PatientWorker",
            "threads": settings.WEB_THREADS,
            "graceful_timeout": 30,
            "keepalive": 30,
            "limit_request_line": _LONGEST_REQUEST_LINE,
            "control_socket_disable": True,
            # Or whoever comes through a proxy on this machine could name another path than it saw.
            "forwarder_headers": "",
            "logger_class": ErrorLog,
            "post_worker_init": _start_background,
            "worker_exit": _stop_background,
            "child_exit": _forget_gauges,
            # gunicorn keeps its lines to itself unless told: nobody would shape them, or mask what
            # they quote of an address that is no HTTP.
            "logconfig_dict": settings.LOGGING
            | {"loggers": {"gunicorn.error": {"level": "WARNING", "propagate": True}}},
        }
        for name, value in values.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        from maskr_site.wsgi import application  # makes Django ready, which belongs in the child

        return application


def _start_background(worker: Any) -> None:
    """Runs in the serving process, before its first request: engines are warm when it is taken."""
    from maskr_site import database
    from maskr_site.status.recording import Recorder

    database.be_impatient()
    if settings.EMBEDDED:
        _start_working(worker)
    else:
        _start_sweeping(worker)
    worker.maskr_recorder = Recorder()
    worker.maskr_recorder.start()


def _start_sweeping(worker: Any) -> None:
    from services.workers import Errands, Maintenance, companions

    worker.maskr_maintenance = Maintenance(is_worker=False)
    worker.maskr_maintenance.start()
    # Stripe's events come to web processes: what fails there is tried again there.
    worker.maskr_errands = Errands()
    worker.maskr_errands.start()
    worker.maskr_companions = companions()
    for rounds in worker.maskr_companions:
        rounds.start()


def _start_working(worker: Any) -> None:
    import dramatiq

    from services import reaper

    worker.maskr_worker = dramatiq.Worker(
        dramatiq.get_broker(), worker_threads=settings.WORKER_THREADS, worker_timeout=100
    )
    worker.maskr_worker.start()
    if count := reaper.recover_embedded():
        logger.info("took up %d unfinished jobs", count)


def _stop_background(_arbiter: Any, worker: Any) -> None:
    """After the last answer: running jobs are done, waiting ones stay in the database."""
    if running := getattr(worker, "maskr_worker", None):
        running.stop(timeout=30_000)
    for rounds in getattr(worker, "maskr_companions", []):
        rounds.stop()
    for name in ("maskr_errands", "maskr_recorder", "maskr_maintenance"):
        if rounds := getattr(worker, name, None):
            rounds.stop()


def _forget_gauges(_arbiter: Any, worker: Any) -> None:
    """In the main process: what one that was killed was answering is answered no more."""
    folder.forget_process(worker.pid)
