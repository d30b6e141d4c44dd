"""python -m tests.stripe_server --port N --webhook-url URL [--webhook-secret S] [--key K]"""

import argparse
import signal
import sys
import threading
from pathlib import Path

from tests.stripe_server import catalogue_of_the_demo
from tests.stripe_server.server import KEY, WEBHOOK_SECRET, StripeServer

# Slow enough to see in the demonstration that a webhook came late, quick enough to wait for.
_GAPS = (0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.stripe_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--webhook-url", default="", help="where events are sent")
    parser.add_argument("--webhook-secret", default=WEBHOOK_SECRET)
    parser.add_argument("--key", default=KEY)
    parser.add_argument("--state", type=Path, help="file that keeps everything between runs")
    parser.add_argument("--with-catalogue", action="store_true", help="prices to try plans with")
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="stop when the starting process is gone"
    )
    options = parser.parse_args()
    server = StripeServer(
        options.webhook_url,
        options.webhook_secret,
        options.key,
        options.port,
        _GAPS,
        options.state,
    )
    if options.with_catalogue:
        catalogue_of_the_demo.stock(server.world)
    server.start()
    print(f"Listening on {server.url}", flush=True)
    _wait(options.until_stdin_closes)
    server.stop()
    return 0


def _wait(until_stdin_closes: bool) -> None:
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())

    def watch() -> None:
        sys.stdin.read()
        over.set()

    if until_stdin_closes:
        threading.Thread(target=watch, daemon=True).start()
    over.wait()


if __name__ == "__main__":
    sys.exit(main())
