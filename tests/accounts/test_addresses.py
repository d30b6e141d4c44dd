import pytest

from accounts.addresses import client_ip, is_within, network_of


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 192.0.2.7", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "203.0.113.9,", "192.0.2.1"),
        (1, "203.0.113.9:51234", "203.0.113.9"),
        (1, "[2001:db8::9]:51234", "2001:db8::9"),
        (1, "[2001:db8::9]", "2001:db8::9"),
        (1, "2001:db8::9", "2001:db8::9"),
        (2, "203.0.113.9:51234, 192.0.2.7:443", "203.0.113.9"),
    ],
)
def test_counts_trusted_proxies_from_the_right(rf, settings, proxies, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    request = rf.get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="192.0.2.1")
    assert client_ip(request) == expected


def test_takes_the_peer_where_nothing_was_forwarded(rf, settings):
    settings.TRUSTED_PROXIES = 1
    assert client_ip(rf.get("/", REMOTE_ADDR="192.0.2.1")) == "192.0.2.1"


def test_finds_no_text_within_a_network():
    assert not is_within("unknown", ["0.0.0.0/0"])


def test_does_not_mix_up_the_two_kinds_of_address():
    assert not is_within("2001:db8::1", ["0.0.0.0/0"])


def test_names_the_network_of_a_mapped_address():
    assert network_of("::ffff:203.0.113.9") == "203.0.113.0/24"
