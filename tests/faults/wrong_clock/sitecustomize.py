"""Python reads this as it starts, with this folder in PYTHONPATH: the process's clock is wrong.

The clock that the product looks at is moved, and the one that time-outs are measured by is not.
libfaketime would do it for whole processes, but its version 0.9.10 makes Python 3.11's sleep fail.
"""

import os
import time
from datetime import datetime, timedelta

from django.utils import timezone

_AHEAD_S = float(os.environ["WRONG_CLOCK_S"])
_time, _now = time.time, timezone.now


def _wrong_time() -> float:
    return _time() + _AHEAD_S


def _wrong_now() -> datetime:
    return _now() + timedelta(seconds=_AHEAD_S)


time.time, timezone.now = _wrong_time, _wrong_now
