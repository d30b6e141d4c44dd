"""Downloads one file over HTTP, going on where an interrupted download stopped.

Trusts nothing it receives: whoever calls it compares digests.
"""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import httpx

from inference.errors import DownloadFailed

Report: TypeAlias = Callable[[int, int | None], None]
"""Called with the bytes that are there and, if known, the bytes of the whole file."""

MAX_ARTIFACT_BYTES = 1 << 30
_ATTEMPTS = 5
_TIMEOUT = httpx.Timeout(60, connect=20)


def fetch(url: str, part: Path, *, report: Report, max_bytes: int = MAX_ARTIFACT_BYTES) -> None:
    """Bring the file at `url` to `part`, which may hold its beginning already.

    A broken connection is taken up again, up to five times and as long as something changes. Raises
    DownloadFailed with a sentence; `part` then keeps what has come. The system's certificates and
    the proxies of the environment apply.
    """
    with _client() as client:
        for attempt in range(_ATTEMPTS):
            before = size_of(part)
            try:
                _fetch_rest(client, url, part, report, max_bytes)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                is_stuck = size_of(part) == before
                if is_stuck or attempt == _ATTEMPTS - 1:
                    raise DownloadFailed(f"the download broke off ({_reason(error)})") from error
            else:
                break


def _client() -> httpx.Client:
    try:
        return httpx.Client(
            verify=ssl.create_default_context(),
            follow_redirects=True,
            timeout=_TIMEOUT,
            # Compression would make byte counts and resuming meaningless.
            headers={"Accept-Encoding": "identity"},
        )
    # One for SOCKS wants another package; others have no address that makes sense.
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        what = "the proxy of the environment cannot be used"
        raise DownloadFailed(f"{what} ({_reason(error)})") from error


def size_of(path: Path) -> int:
    """Return the file's bytes, 0 if there is none."""
    return path.stat().st_size if path.exists() else 0


def _fetch_rest(client: httpx.Client, url: str, part: Path, report: Report, max_bytes: int) -> None:
    start = size_of(part)
    headers = {"Range": f"bytes={start}-"} if start else {}
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            # Nothing comes after what is there: it is all of the file, or never belonged to it.
            if _whole_size(response) == start:
                return
            part.unlink()
            raise httpx.ReadError("an unfinished download did not belong to this file")
        if not response.is_success:
            raise DownloadFailed(f"the server answered {response.status_code}")
        # A server may ignore the range and send everything again.
        start = _range_start(response)
        if start not in (0, size_of(part)):
            raise DownloadFailed("the server sent another part than the one asked for")
        _write(response, part, start, report, max_bytes)


def _write(
    response: httpx.Response, part: Path, start: int, report: Report, max_bytes: int
) -> None:
    length = response.headers.get("Content-Length", "")
    total = start + int(length) if length.isdigit() else None
    if total is not None and total > max_bytes:
        raise DownloadFailed(f"the file has {total:,} bytes, more than expected")
    done = start
    with part.open("ab" if start else "wb") as file:
        # As it comes in: collected into larger blocks, a break would lose the last one.
        for chunk in response.iter_raw():
            done += len(chunk)
            if done > max_bytes:
                raise DownloadFailed(f"the file has more than the expected {max_bytes:,} bytes")
            file.write(chunk)
            report(done, total)


def _range_start(response: httpx.Response) -> int:
    """Read where the answer begins: `Content-Range: bytes 5-9/10` (RFC 9110, 14.4)."""
    if response.status_code != httpx.codes.PARTIAL_CONTENT:
        return 0
    first = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    return int(first) if first.isdigit() else -1


def _whole_size(response: httpx.Response) -> int | None:
    """Read the size from the `Content-Range: bytes */10` of a refused range (RFC 9110, 15.5.17)."""
    size = response.headers.get("Content-Range", "").rpartition("/")[2]
    return int(size) if size.isdigit() else None


def _reason(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__
