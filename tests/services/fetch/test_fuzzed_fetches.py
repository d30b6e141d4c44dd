"""Whatever the URL, the look-up and the server say: bytes, or FetchFailed, and no forbidden dial."""

import socket
from ipaddress import ip_address

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.fetch import FetchFailed, fetch
from services.fetch.errors import Refused
from services.fetch.policies import FETCH_PORTS
from services.fetch.urls import MAX_LENGTH, Target, parse, redirected
from tests.services.fetch.internet import PUBLIC
from tests.services.fetch.refused import TABLE

LIMIT = 2000
quick = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PARTS = st.sampled_from(
    [
        *("http", "https", "ftp", ":", "/", "//", "://", "?", "#", "@", ":80", ":8080", ":22"),
        *("pictures", "example", ".", "localhost", "127.0.0.1", "0x7f", "[::1]", "[", "]", "%2e"),
        *(
            "\\",
            " ",
            "\t",
            "\n",
            "\x00",
            "%",
            "。",
            "ü",
            "１",
            "xn--",
            "-",
            "_",
            "\u200d",
            "\ud800",
        ),
    ]
)
urls = st.one_of(
    st.text(),
    st.text().map("http://".__add__),
    st.text().map("http://pictures.example/{}".format),
    st.text().map("http://{}.example/".format),
    st.lists(PARTS).map("".join),
    st.lists(PARTS).map("".join).map("http://".__add__),
    st.ip_addresses().map(lambda a: f"http://[{a}]/" if a.version == 6 else f"http://{a}/"),
)
LINES = st.sampled_from(
    [
        *(b"HTTP/1.1 200 OK", b"HTTP/1.0 200 OK", b"HTTP/1.1 100 Continue", b"HTTP/1.1 302 Found"),
        *(
            b"Content-Length: 5",
            b"Content-Length: 99",
            b"Transfer-Encoding: chunked",
            b"",
            b"",
            b"",
        ),
        *(b"Location: /", b"Location: //x", b"Content-Encoding: gzip", b"5", b"abcde", b"0", b"-1"),
        *(b"5;a=b", b"ffffffffffffffff", b": ", b" folded", b"\x00", b"\xff\xfe", b"X: y\rZ: w"),
    ]
)
answers = st.one_of(
    st.binary(),
    st.binary().map(b"HTTP/1.1 200 OK\r\n\r\n".__add__),
    st.binary().map(b"HTTP/1.1 200 OK\r\n".__add__),
    st.binary().map(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".__add__),
    st.binary().map(b"HTTP/1.1 302 Found\r\nLocation: ".__add__),
    st.lists(LINES).map(b"\r\n".join),
    st.lists(LINES).map(b"\r\n".join).map(b"HTTP/1.1 200 OK\r\n".__add__),
)


def outcome(url: str) -> bytes | None:
    try:
        return fetch(url, max_bytes=LIMIT, deadline_s=2)
    except FetchFailed:
        return None


@quick
@given(url=urls)
def test_any_url_is_asked_or_refused_and_only_public_addresses_are_dialled(net, url):
    net.dials.clear()
    outcome(url)
    for address, port in net.dials:
        assert ip_address(address).is_global
        assert port in FETCH_PORTS


@quick
@given(url=urls)
def test_a_url_that_passes_is_sent_as_plain_ascii_and_passes_again(url):
    try:
        target = parse(url)
    except Refused:
        return
    sent = target.path + target.authority
    assert sent.isascii() and sent.isprintable() and not set(' \\"<>@') & set(target.authority)
    assert target.path.startswith("/") and len(target.path) <= MAX_LENGTH
    assert parse(target.origin + target.path) == target


@quick
@given(location=st.one_of(urls, st.lists(PARTS).map("".join)))
def test_a_location_leads_to_a_public_url_or_nowhere(location):
    before = Target("https", "pictures.example", None, 443, "/dir/a.png")
    try:
        after = redirected(before, location.encode("utf-8", "replace").decode("latin-1"))
    except Refused:
        return
    assert parse(after.origin + after.path) == after
    assert after.scheme == "https"


@quick
@given(answer=answers)
@example(answer=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc")
@example(answer=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-9\r\nabc")
def test_any_answer_is_a_body_or_a_failure(net, answer):
    if (PUBLIC, 80) not in net.served:
        net.serve(lambda talk: talk.send(net.payload))
    net.payload = answer
    body = outcome("http://pictures.example/")
    assert body is None or len(body) <= LIMIT
    assert set(net.dials) == {(PUBLIC, 80)}


SOCKADDRS = st.one_of(
    st.tuples(
        st.one_of(st.text(), st.integers(), st.none(), st.ip_addresses().map(str)), st.just(80)
    ),
    st.tuples(),
    st.none(),
)


@quick
@given(
    found=st.one_of(
        st.none(),
        st.lists(st.tuples(st.just(2), st.just(1), st.just(6), st.just(""), SOCKADDRS), max_size=4),
    )
)
def test_any_answer_of_the_look_up_is_judged(net, monkeypatch, found):
    net.dials.clear()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: found)
    outcome("http://pictures.example/")
    assert all(ip_address(address).is_global for address, _ in net.dials)


@pytest.mark.parametrize("kind", TABLE)
def test_a_refused_url_stays_refused_with_a_path_query_and_fragment(net, kind):
    for url in TABLE[kind]:
        if url.startswith("http://") and url.endswith("/"):
            outcome(f"{url}a.png?b=c#d")
            outcome(f"{url}http://pictures.example/")
    assert net.dials == []
