"""MASKR_DEMO_PAYMENTS=1: `manage.py serve` with payments that only look real.

A stand-in for Stripe runs as a process of its own, with a checkout page, and the server is begun
anew with STRIPE_… set to it. It imports nothing of the product, nor the product anything of it.
"""

import os
import secrets
import socket
import subprocess  # noqa: S404
import sys
from pathlib import Path
from typing import NoReturn

from django.conf import settings

from maskr_site.server import AddressInUse, check_port

_HOST = "127.0.0.1"
_OWN = ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS", "STRIPE_API_BASE")
_WEBHOOK_PATH = "/billing/stripe/webhook"


class DemoPaymentsRefused(Exception):
    """Why there are no demonstration payments, and what to do."""


def refuse_unless_harmless() -> None:
    """Raises DemoPaymentsRefused: whoever has the page's address buys credits for nothing."""
    if not settings.DEBUG:
        raise DemoPaymentsRefused(
            "MASKR_DEMO_PAYMENTS=1 gives credits away to whoever clicks: it needs DEBUG=1, on a "
            "machine of your own. Unset it to serve without payments."
        )
    if given := [name for name in _OWN if _is_set(name)]:
        raise DemoPaymentsRefused(
            f"{given[0]} is set, and MASKR_DEMO_PAYMENTS=1 makes one up: unset one of the two."
        )


def _is_set(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def begin(host: str, port: int) -> str:
    """Starts the stand-in and returns its address; STRIPE_… in the environment point to it.

    It ends when the pipe to it closes, and so with this process however that ends.
    """
    key, secret = (f"{kind}_{secrets.token_hex(16)}" for kind in ("sk_test", "whsec"))
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)  # beyond the exec of the server
    command = _command(key, secret, _url(host, port), _port_near(port))
    process = subprocess.Popen(  # noqa: S603  # a fixed program, no shell
        command,
        cwd=settings.BASE_DIR,
        stdin=reading,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the server, whose end it awaits
        text=True,
    )
    os.close(reading)
    address = _address_told_by(process)
    os.environ.update(zip(_OWN, (key, secret, address), strict=True))
    return address


def _command(key: str, secret: str, url: str, port: int) -> list[str]:
    state = Path(settings.VAR_DIR) / "demo-payments.json"
    return [
        *(sys.executable, "-m", "tests.stripe_server", "--port", str(port)),
        *("--key", key, "--webhook-secret", secret, "--webhook-url", url + _WEBHOOK_PATH),
        *("--state", str(state), "--with-catalogue", "--until-stdin-closes"),
    ]


def _url(host: str, port: int) -> str:
    """Where the server can be reached from this machine, also if it listens on all addresses."""
    name = {"0.0.0.0": _HOST, "::": "::1"}.get(host, host)  # noqa: S104  # compared, not bound
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _port_near(port: int) -> int:
    """The same one each time if it is free: receipts that were bought before keep their links."""
    try:
        check_port(_HOST, port + 1)
    except (AddressInUse, OverflowError):
        with socket.socket() as probe:
            probe.bind((_HOST, 0))
            return int(probe.getsockname()[1])
    return port + 1


def _address_told_by(process: "subprocess.Popen[str]") -> str:
    """Raises DemoPaymentsRefused if it ended without telling one; its reason is on the terminal."""
    line = process.stdout.readline() if process.stdout else ""
    if not line.startswith("Listening on "):
        raise DemoPaymentsRefused(
            f"The demonstration payments did not start (exit status {process.wait()})."
        )
    return line.split()[-1]


def begin_anew() -> NoReturn:
    """The settings were read already: the same command again, in this process, reads the new."""
    os.environ.pop("MASKR_DEMO_PAYMENTS")
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # our own command
