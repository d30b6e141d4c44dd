"""The product's settings, with a folder and a Redis database for each test process."""

import os
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")

os.environ.setdefault("MODELS_DIR", str(ROOT / "var" / "models"))
os.environ.setdefault("MASKR_VAR_DIR", str(ROOT / ".cache" / "test-var"))
os.environ["MASKR_LOG_LEVEL"] = "INFO"
if _WORKER:
    os.environ["MASKR_VAR_DIR"] += f"-{_WORKER}"
    # A worker of one test process must not take the messages of another: two databases for each.
    _broker = urlsplit(os.environ.get("BROKER_URL", ""))
    if _broker.scheme == "redis":
        number = 2 + 2 * int(_WORKER.removeprefix("gw"))
        os.environ["BROKER_URL"] = _broker._replace(path=f"/{number}").geturl()

from maskr_site.settings import *  # noqa: E402, F403  # only now: it reads the environment

# The live server of the client tests is not told otherwise, as the tests' own clients are.
Path(os.environ["MASKR_VAR_DIR"], "static").mkdir(parents=True, exist_ok=True)
