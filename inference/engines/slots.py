"""The place of one matting network in a process: not loaded, loaded and timed, or known to be broken."""

import logging
import threading
import time
from typing import Any

import numpy as np

from inference import weights
from inference.config import InferenceConfig
from inference.engines.onnx import OpenSession
from inference.engines.saliency import RECIPES, SaliencyEngine
from inference.errors import InferenceError
from inference.timing import Clock

logger = logging.getLogger(__name__)

_TOO_SLOW_TO_REPEAT = 5


class Slot:
    """Loads its engine once, under a lock; a failure is remembered until the file changes.

    `run_ms` is one run of the bare network on this machine, measured when it was loaded.
    """

    def __init__(self, name: str, config: InferenceConfig, open_session: OpenSession) -> None:
        self.name = name
        self.run_ms: float | None = None
        self._config = config
        self._open_session = open_session
        self._lock = threading.Lock()
        self._engine: SaliencyEngine | None = None
        self._problem: str | None = None
        self._failed_file: tuple[int, int] | None = None

    def is_installed(self) -> bool:
        return weights.is_installed(self.name, self._config.models_dir, self._config.catalogue)

    def is_usable(self) -> bool:
        """Tell whether the engine is loaded or may load. Cheap: neither loads nor reads the file."""
        return self._engine is not None or (self.is_installed() and self.problem() is None)

    def problem(self) -> str | None:
        """Say in a sentence why the file that is there now cannot be used, if that is known."""
        is_known = self._failed_file is not None and self._failed_file == self._file_identity()
        return self._problem if is_known else None

    def engine(self) -> SaliencyEngine:
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
            "run_ms": None if self.run_ms is None else round(self.run_ms, 1),
            "problem": self.problem(),
        }

    def _load_or_remember(self) -> SaliencyEngine:
        # Taken before reading, so that a file replaced meanwhile is tried again.
        identity = self._file_identity()
        try:
            return self._load()
        except InferenceError as error:
            self._problem, self._failed_file = str(error), identity
            raise

    def _load(self) -> SaliencyEngine:
        path = weights.verify(self.name, self._config.models_dir, self._config.catalogue)
        start = time.perf_counter()
        engine = SaliencyEngine(self.name, self._open_session(path), RECIPES[self.name])
        loaded_ms = (time.perf_counter() - start) * 1000
        self.run_ms = self._measure(engine)
        logger.info("%s loaded in %.0f ms, one run %.0f ms", self.name, loaded_ms, self.run_ms)
        return engine

    def _measure(self, engine: SaliencyEngine) -> float:
        """Run twice and keep the second time: the first run also allocates its memory."""
        grey = np.full((engine.input_side, engine.input_side, 3), 128, np.uint8)
        run_ms = 0.0
        for _ in range(2):
            clock = Clock()
            engine.matte(grey, clock)
            run_ms = clock.milliseconds["network"]
            if run_ms > _TOO_SLOW_TO_REPEAT * self._config.auto_limit_ms:
                break
        return run_ms

    def _file_identity(self) -> tuple[int, int] | None:
        path = weights.path_of(self.name, self._config.models_dir, self._config.catalogue)
        try:
            found = path.stat()
        except OSError:
            return None
        return found.st_size, found.st_mtime_ns
