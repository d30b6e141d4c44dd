"""What must not be asked: not a single dial, and one text whatever the reason."""

import contextlib
import logging
import re
from ipaddress import ip_address

import pytest

from services.fetch import FetchFailed, fetch
from services.fetch.addresses import may_be_dialled
from tests.services.fetch.internet import OTHER, PUBLIC, PUBLIC_V6, Answers
from tests.services.fetch.refused import TABLE
from tests.services.fetch.test_working import WHOLE, redirect

NEIGHBOURS = """
1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1
168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.0.1
192.0.1.1 192.0.3.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255
203.0.112.255 203.0.114.0 223.255.255.255 2000::1 2001:200::1 2001:4860:4860::8888
2001:db7::1 2001:db9::1 2003::1 2606:4700:4700::1111 2a00:1450:4001:81b::200e 3ffd::1
2606:4700::5eff:1.1.1.1 2606:4700::1:5efe:1.1.1.1
"""
URLS = [(kind, url) for kind, urls in TABLE.items() for url in urls]


class AnyName(dict[str, Answers]):
    """Every name exists, so that nothing is refused for want of an answer."""

    def get(self, name, default=None):
        return super().get(name, [OTHER])


def addresses() -> list[str]:
    """The refused addresses of the table."""
    found = set()
    for _, url in URLS:
        host = re.match(r"http://(?:\[([0-9a-f]*:[0-9a-f:.]+)\]|([0-9.]+))/", url)
        with contextlib.suppress(ValueError):
            found.add(str(ip_address(host[1] or host[2]) if host else ""))
    return sorted(found - {"", PUBLIC})


def test_the_table_is_long_enough_and_says_nothing_twice():
    urls = [url for _, url in URLS]
    assert len(urls) >= 500
    assert len(urls) == len(set(urls))
    assert len(addresses()) >= 140


@pytest.mark.parametrize("kind", TABLE)
def test_a_url_of_this_kind_is_neither_looked_up_nor_dialled(net, kind):
    net.names = AnyName()
    for url in TABLE[kind]:
        with pytest.raises(FetchFailed):
            print(repr(url[:200]).encode("ascii", "backslashreplace"))  # shown if it fails
            fetch(url, max_bytes=100)
    assert (net.lookups, net.dials) == ([], [])


@pytest.mark.parametrize("kind", TABLE)
def test_a_redirect_to_a_url_of_this_kind_is_not_followed(net, kind):
    net.names = AnyName({"pictures.example": [PUBLIC]})
    # Others are relative, or would end the line.
    locations = [u for u in TABLE[kind] if re.fullmatch(r"[a-zA-Z+]+:[^\r\n\ud800]*", u)]
    locations = [u for u in locations if u.strip() == u]
    net.serve(lambda talk: talk.send(redirect(locations[len(net.requests) - 1])))
    for _ in locations:
        with pytest.raises(FetchFailed):
            fetch("http://pictures.example/", max_bytes=100)
    assert len(locations) > 10
    assert net.dials == [(PUBLIC, 80)] * len(locations)
    assert set(net.lookups) == {"pictures.example"}


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(lambda bad: [bad], id="alone"),
        pytest.param(lambda bad: [bad, PUBLIC], id="before a public one"),
        pytest.param(lambda bad: [PUBLIC, bad], id="behind a public one"),
        pytest.param(lambda bad: [PUBLIC_V6, PUBLIC, OTHER, OTHER, OTHER, bad], id="last of many"),
    ],
)
def test_a_name_with_a_refused_address_is_not_dialled(net, answers):
    for bad in addresses():
        net.names["pictures.example"] = answers(bad)
        with pytest.raises(FetchFailed):
            print(bad)  # shown if it fails
            fetch("http://pictures.example/", max_bytes=100)
    assert net.dials == []


@pytest.mark.parametrize("bad", ["fe80::1%lo", "2606:4700::1%1", "127.1", "", "x", "0177.0.0.1"])
def test_an_answer_that_is_no_plain_address_refuses_all(net, bad):
    net.names["pictures.example"] = [PUBLIC, bad]
    with pytest.raises(FetchFailed):
        fetch("http://pictures.example/", max_bytes=100)
    assert net.dials == []


@pytest.mark.parametrize("error", [OSError, UnicodeError, ValueError, RuntimeError, MemoryError])
def test_a_look_up_that_fails_is_a_failure_like_any_other(net, error):
    def answer():
        raise error

    net.names["pictures.example"] = answer
    with pytest.raises(FetchFailed):
        fetch("http://pictures.example/", max_bytes=100)


def test_a_name_that_changes_its_address_is_dialled_where_it_was_judged(net):
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    net.names["pictures.example"] = lambda: next(answers)
    net.serve(WHOLE)
    fetch("http://pictures.example/", max_bytes=len(WHOLE))
    assert (net.dials, len(net.lookups)) == ([(PUBLIC, 80)], 1)


def test_a_name_that_changes_its_address_before_a_redirect_is_judged_again(net):
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    net.names["pictures.example"] = lambda: next(answers)
    net.serve(redirect("http://pictures.example/b.png"))
    with pytest.raises(FetchFailed):
        fetch("http://pictures.example/", max_bytes=len(WHOLE))
    assert (net.dials, len(net.lookups)) == ([(PUBLIC, 80)], 2)


@pytest.mark.parametrize(
    "location",
    [
        "",
        " ",
        "///other.example/",
        "//127.0.0.1/",
        "//user@other.example/",
        "//other.example:22/",
        "/\\other.example/",
        "\\\\other.example\\",
        "\t//127.0.0.1/",
        "/a b",
        "/a\tb",
        "http:/b.png",
        "http:b.png",
        "http:",
        "https:",
        "a:b",
        "/" + "a" * 2083,
        "?" + "ü" * 500,
    ],
)
def test_a_location_that_parsers_repair_is_not_followed(net, location):
    net.names = AnyName({"pictures.example": [PUBLIC]})
    net.serve(redirect(location))
    with pytest.raises(FetchFailed):
        fetch("http://pictures.example/dir/a.png", max_bytes=100)
    assert net.dials == [(PUBLIC, 80)]


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"Location: http://other.example/\r\nLocation: http://127.0.0.1/\r\n",
        b"Location: http://other.example/\r\n @127.0.0.1/\r\n",
        b"Location: /\xff\r\n",
        b"Refresh: 0; url=http://other.example/\r\n",
    ],
)
def test_a_redirect_to_nowhere_or_to_two_places_is_not_followed(net, head):
    net.serve(b"HTTP/1.1 302 Found\r\n" + head + b"\r\n")
    with pytest.raises(FetchFailed):
        fetch("http://pictures.example/", max_bytes=100)
    assert net.dials == [(PUBLIC, 80)]


@pytest.mark.parametrize("status", [300, 304, 305, 306, 309, 399, 201, 404])
def test_another_status_with_a_location_is_not_followed(net, status):
    net.serve(redirect("http://other.example/", status))
    with pytest.raises(FetchFailed):
        fetch("http://pictures.example/", max_bytes=100)
    assert net.dials == [(PUBLIC, 80)]


@pytest.mark.parametrize("url", [None, 7, b"http://pictures.example/", [], object()])
def test_what_is_no_text_is_a_failure_like_any_other(net, url):
    with pytest.raises(FetchFailed):
        fetch(url, max_bytes=100)
    assert net.dials == []


@pytest.mark.parametrize("address", NEIGHBOURS.split())
def test_the_neighbours_of_refused_ranges_may_be_dialled(address):
    assert may_be_dialled(ip_address(address))


def test_the_text_does_not_tell_a_refusal_from_a_dead_server(net):
    texts = set()
    for url in ("http://127.0.0.1/", "http://pictures.example/", "http://none.example/", "x"):
        with pytest.raises(FetchFailed) as caught:
            fetch(url, max_bytes=100)
        texts.add((str(caught.value), caught.value.__context__))
    assert texts == {("The image could not be fetched from this address.", None)}


def test_the_log_has_the_reason_and_no_secrets(net, caplog):
    caplog.set_level(logging.INFO, logger="services.fetch")
    net.serve(redirect("http://u:hidden@other.example/hidden?hidden"))
    for url in (
        "http://pictures.example/a?token=hidden#hidden",
        "http://u:hidden@a.example/hidden",
    ):
        with pytest.raises(FetchFailed):
            fetch(url, max_bytes=100)
    assert [record.getMessage() for record in caplog.records] == [
        "no image fetched from http://pictures.example: a user name",
        "no image fetched from an address that was not asked: a user name",
    ]
