"""A bucket of the test's own on a server that speaks S3, which the product stores its files in.

from tests.buckets import bucket, s3

__all__ = ["bucket", "s3"]
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from maskr_site.storages import storage_entry

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
#: What becomes of a request, given the server that it was sent to.
Treatment = Callable[[Application, dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Gate:
    """Stands before the server, and does with some requests what a test says."""

    def __init__(self, server: Application) -> None:
        self._server = server
        self._treated: list[tuple[str, str, Treatment]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        for method, part, treatment in tuple(self._treated):
            if environ["REQUEST_METHOD"] == method and part in environ["PATH_INFO"]:
                return treatment(self._server, environ, start_response)
        return self._server(environ, start_response)

    @contextmanager
    def meanwhile(self, method: str, part: str, treatment: Treatment) -> Iterator[None]:
        """For requests by this method, for paths with this part."""
        entry = method, part, treatment
        self._treated.append(entry)
        try:
            yield
        finally:
            self._treated.remove(entry)

    @contextmanager
    def holding(self, method: str, part: str, most: int = 100) -> Iterator["Hold"]:
        """The first of such requests wait until they are let go, at the end at the latest."""
        hold = Hold(most)
        with self.meanwhile(method, part, hold):
            try:
                yield hold
            finally:
                hold.let_go()


class Hold:
    def __init__(self, most: int) -> None:
        self.has_come = threading.Event()
        self._left = most
        self._is_let_go = threading.Event()

    def __call__(
        self, server: Application, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        self._left -= 1
        if self._left >= 0:
            self.has_come.set()
            self._is_let_go.wait(60)
        return server(environ, start_response)

    def let_go(self) -> None:
        self._is_let_go.set()


def refuse(
    _server: Application, _environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    start_response("503 Slow Down", [("Content-Length", "0")])
    return [b""]


def break_off(
    server: Application, environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """Half of the answer, and no more."""
    answer = b"".join(server(environ, start_response))
    return [answer[: len(answer) // 2]]


def refusing(status: str, code: str) -> Treatment:
    """With one of S3's own errors."""

    def refuse(
        _server: Application, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        told = f"<Error><Code>{code}</Code><Message>-</Message></Error>".encode()
        body = b"" if environ["REQUEST_METHOD"] == "HEAD" else told
        start_response(
            status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
        )
        return [body]

    return refuse


def lose_answer() -> Treatment:
    """The first of such requests is done, and an error in front of the server answers."""
    is_lost = threading.Event()

    def lose(
        server: Application, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if is_lost.is_set():
            return server(environ, start_response)
        is_lost.set()
        b"".join(server(environ, lambda *_: None))
        return refusing("500 Internal Server Error", "InternalError")(
            server, environ, start_response
        )

    return lose


#: Before each server, by its address.
_gates: dict[str, Gate] = {}


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server without buckets."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    assert server._server is not None
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    server._server.app = _gates[address] = Gate(server._server.app)
    try:
        yield address
    finally:
        del _gates[address]
        server.stop()


@contextmanager
def storage() -> Iterator[str]:
    """The STORAGE_URL of a bucket of its own, for products that run as processes."""
    with serving() as address:
        boto3.client(
            "s3", endpoint_url=address, region_name="us-east-1",
            aws_access_key_id="k", aws_secret_access_key="s",
        ).create_bucket(Bucket="maskr")  # fmt: skip
        yield f"s3://k:s@maskr/files?region=us-east-1&endpoint_url={address}"


def gate_of(storage_url: str) -> Gate:
    return _gates[storage_url.rpartition("endpoint_url=")[2]]


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with serving() as address:
        yield address


@pytest.fixture
def gate(s3: str) -> Gate:
    """Before the bucket."""
    return gate_of(s3)


@pytest.fixture
def bucket(s3, settings, tmp_path) -> Any:
    name = f"maskr-{tmp_path.name.replace('_', '-').lower()[:40].strip('-')}"
    resource = boto3.resource(
        "s3",
        endpoint_url=s3,
        region_name="us-east-1",
        aws_access_key_id="k",
        aws_secret_access_key="s",
    )
    entry = storage_entry(f"s3://k:s@{name}/maskr?region=us-east-1&endpoint_url={s3}")
    settings.STORAGES = {**settings.STORAGES, "default": entry}
    return resource.create_bucket(Bucket=name)
