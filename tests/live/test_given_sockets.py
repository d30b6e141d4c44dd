"""A server whose socket somebody else holds, as systemd does by `maskr-web.socket`."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.live.product import Product, until
from tests.settings import ROOT

pytestmark = pytest.mark.weights

#: sd_listen_fds(3): the socket is number 3, and the process named is the one that serves.
_BEGIN = """
import os, sys
os.dup2(int(sys.argv[1]), 3, inheritable=True)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.executable, [sys.executable, "manage.py", "serve", "--port", sys.argv[2]])
"""


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield held


def begin(product: Product, listener: socket.socket) -> subprocess.Popen[bytes]:
    number, port = listener.fileno(), listener.getsockname()[1]
    product.url = f"http://127.0.0.1:{port}"
    with product.log.open("ab") as log:
        server = subprocess.Popen(
            [sys.executable, "-c", _BEGIN, str(number), str(port)],
            cwd=ROOT,
            env=product.environment,
            pass_fds=(number,),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    product.processes.append(server)
    return server


def test_what_is_asked_during_a_restart_waits_for_it(embedded, listener):
    server = begin(embedded, listener)
    until(lambda: server.poll() is not None or embedded.answers("/health"))
    server.terminate()
    server.wait(60)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(httpx.get, embedded.url + "/health", timeout=60)
        begin(embedded, listener)
        assert asked.result().status_code == 200


def test_sockets_that_another_process_was_given_are_not_taken(embedded):
    embedded.environment |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
    embedded.serve()
    assert embedded.answers("/health")
