"""A file server on this machine that knows ranges, can break off, and remembers what was asked."""

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer:
    """`files` maps paths to bytes. `break_after` cuts the next answer off after so many bytes.

    `skips` are bytes left out at the beginning of a range that is asked for; without
    `tells_length` an answer ends with its connection.
    """

    def __init__(self, port):
        self.files = {}
        self.ranges = []
        self.sent_bytes = 0
        self.knows_ranges = True
        self.break_after = None
        self.skips = 0
        self.tells_length = True
        self.encodings = []
        self._port = port

    def address(self, path):
        return f"http://127.0.0.1:{self._port}{path}"

    def answer(self, handler):
        data = self.files.get(handler.path)
        asked = handler.headers.get("Range")
        self.ranges.append(asked)
        self.encodings.append(handler.headers.get("Accept-Encoding"))
        if data is None:
            return handler.send_error(404)
        asked_from = re.fullmatch(r"bytes=(\d+)-", asked or "")
        start = int(asked_from[1]) if asked_from and self.knows_ranges else 0
        start += self.skips if start else 0
        if start and start >= len(data):
            return _head(handler, 416, 0, f"bytes */{len(data)}")
        whole = f"bytes {start}-{len(data) - 1}/{len(data)}"
        length = len(data) - start if self.tells_length else None
        _head(handler, 206 if start else 200, length, whole if start else None)
        limit, self.break_after = self.break_after, None
        body = data[start:] if limit is None else data[start : start + limit]
        self.sent_bytes += len(body)  # first: who has read the last byte may look at once
        handler.wfile.write(body)
        return None


def _head(handler, status, length, content_range):
    handler.send_response(status)
    if length is not None:
        handler.send_header("Content-Length", str(length))
    if content_range:
        handler.send_header("Content-Range", content_range)
    handler.end_headers()


@contextmanager
def serve_files():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            files.answer(self)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        files = FileServer(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield files
        finally:
            server.shutdown()
            thread.join()
