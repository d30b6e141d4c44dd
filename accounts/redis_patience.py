"""How long anybody waits for Redis: a request is rather refused, or not counted, soon than late.

A request may ask it three times (counting, queueing, waking), and must be answered within 5 seconds
also while Redis hangs.
"""

from typing import Any

from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Broken
from redis.retry import Retry

#: For what is asked and answered at once.
QUICK_S = 1.0


def options(answer_s: float = QUICK_S) -> dict[str, Any]:
    """For a client of redis-py that gives up after so many seconds, a blocking pop's included."""
    return {
        "socket_timeout": answer_s,
        "socket_connect_timeout": QUICK_S,
        # Once more for a connection that Redis closed while idle, and never for a silence: the
        # default of several would hold the caller for many times as long.
        "retry": Retry(NoBackoff(), 1, (Broken,)),
    }
