"""The place of one engine in a process: not loaded, loaded and timed, or known to be broken."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from inference import weights
from inference.config import InferenceConfig
from inference.engines.sessions import OpenSession, Session
from inference.errors import InferenceError
from inference.timing import Clock

logger = logging.getLogger(__name__)

_TOO_SLOW_TO_REPEAT = 5

E = TypeVar("E")
Identity = tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class Plan(Generic[E]):
    """How an engine is made of its files (rows of the catalogue), and run once to be timed."""

    name: str
    files: tuple[str, ...]
    make: Callable[[list[Session]], E]
    run_once: Callable[[E, Clock], object]


class Slot(Generic[E]):
    """Loads its engine once, under a lock; a failure is remembered until a file changes.

    `run_ms` is one run of the bare network on this machine, measured when it was loaded.
    """

    def __init__(self, plan: Plan[E], config: InferenceConfig, open_session: OpenSession) -> None:
        self.name = plan.name
        self.files = plan.files
        self.run_ms: float | None = None
        self.runtime: str | None = None
        self._plan = plan
        self._config = config
        self._open_session = open_session
        self._lock = threading.Lock()
        self._engine: E | None = None
        self._problem: str | None = None
        self._failed_files: Identity | None = None

    def is_installed(self) -> bool:
        config = self._config
        return all(
            weights.is_installed(file, config.models_dir, config.catalogue)
            for file in self._plan.files
        )

    def is_usable(self) -> bool:
        """Tell whether the engine is loaded or may load. Cheap: neither loads nor reads a file."""
        return self._engine is not None or (self.is_installed() and self.problem() is None)

    def problem(self) -> str | None:
        """Say in a sentence why what is there now cannot be used, if that is known."""
        is_known = self._failed_files is not None and self._failed_files == self._identity()
        return self._problem if is_known else None

    def engine(self) -> E:
        """Return the engine, loading it first if need be; raises InferenceError."""
        if self._engine is None:
            with self._lock:
                if self._engine is None:
                    self._engine = self._load_or_remember()
        return self._engine

    def status(self) -> dict[str, Any]:
        return {
            "installed": self.is_installed(),
            "loaded": self._engine is not None,
            "runtime": self.runtime,
            "run_ms": None if self.run_ms is None else round(self.run_ms, 1),
            "problem": self.problem(),
        }

    def _load_or_remember(self) -> E:
        # Taken before reading, so that a file replaced meanwhile is tried again.
        identity = self._identity()
        try:
            return self._load()
        except InferenceError as error:
            self._problem, self._failed_files = str(error), identity
            raise

    def _load(self) -> E:
        config = self._config
        paths = {
            file: weights.verify(file, config.models_dir, config.catalogue)
            for file in self._plan.files
        }
        start = time.perf_counter()
        sessions = [self._open_session(file, path) for file, path in paths.items()]
        engine = self._plan.make(sessions)
        loaded_ms = (time.perf_counter() - start) * 1000
        self.run_ms = self._measure(engine)
        self.runtime = sessions[0].runtime
        logger.info(
            "%s loaded with %s in %.0f ms, one run %.0f ms",
            *(self.name, self.runtime, loaded_ms, self.run_ms),
        )
        return engine

    def _measure(self, engine: E) -> float:
        """Run twice and keep the second time: the first run also allocates its memory."""
        run_ms = 0.0
        for _ in range(2):
            clock = Clock()
            self._plan.run_once(engine, clock)
            run_ms = clock.milliseconds["network"]
            if run_ms > _TOO_SLOW_TO_REPEAT * self._config.auto_limit_ms:
                break
        return run_ms

    def _identity(self) -> Identity:
        return tuple(self._stamp(file) for file in self._plan.files)

    def _stamp(self, file: str) -> tuple[int, int] | None:
        path = weights.path_of(file, self._config.models_dir, self._config.catalogue)
        try:
            found = path.stat()
        except OSError:
            return None
        return found.st_size, found.st_mtime_ns
