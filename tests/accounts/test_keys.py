import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts import keys
from accounts.models import ApiKey

# Customers' own checkers rely on the format: this key must stay well formed for ever.
SPECIMEN = "sk-live-0123456789ABCDEFGHIJKLMNOPQRSTUV08TrIC"
HOUR = timedelta(hours=1)


def test_has_the_published_form(plaintext):
    assert re.fullmatch(r"sk-(live|test)-[0-9A-Za-z]{38}", plaintext)


def test_leaves_no_character_to_be_known(alice):
    made = [keys.create(alice, "many")[1][8:-6] for _ in range(60)]
    assert [len(made[0]), *(len(set(place)) > 10 for place in zip(*made, strict=True))] == [
        32,
        *[True] * 32,
    ]


def test_says_test_in_a_test_key(alice):
    _, plaintext = keys.create(alice, "CI", "test")
    assert plaintext.startswith("sk-test-")


def test_refuses_an_unknown_mode(alice):
    with pytest.raises(ValueError, match="admin"):
        keys.create(alice, "root", "admin")


def test_keeps_the_published_checksum():
    assert keys.is_well_formed(SPECIMEN)


# No database in these two: a query would be an error.
@given(position=st.integers(0, len(SPECIMEN) - 1), character=st.characters())
def test_refuses_any_changed_character_without_a_query(position, character):
    assume(character != SPECIMEN[position])
    changed = SPECIMEN[:position] + character + SPECIMEN[position + 1 :]
    assert keys.find(changed) is None


@given(st.text() | st.from_regex(r"sk-(live|test)-[0-9A-Za-z]{0,60}\s*", fullmatch=True))
def test_refuses_any_text_without_a_query(text):
    assume(text != SPECIMEN)
    assert not keys.is_well_formed(text)


def test_finds_a_key(key, plaintext):
    assert keys.find(plaintext) == key


def test_finds_key_and_user_in_one_query(key, plaintext, alice, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = keys.find(plaintext)
        assert found and found.user == alice


def test_does_not_find_a_key_that_was_never_made(db):
    assert keys.find(SPECIMEN) is None


def test_does_not_find_an_expired_key(alice):
    _, plaintext = keys.create(alice, "old", expires_at=timezone.now())
    assert keys.find(plaintext) is None


def test_does_not_find_a_key_under_another_pepper(key, plaintext, settings):
    settings.KEY_PEPPERS = ["another"]
    assert keys.find(plaintext) is None


def test_finds_a_key_while_its_pepper_is_being_replaced(key, plaintext, settings):
    settings.KEY_PEPPERS = ["another", *settings.KEY_PEPPERS]
    assert keys.find(plaintext) == key


def test_a_key_that_was_used_meanwhile_outlives_its_old_pepper(key, plaintext, settings):
    settings.KEY_PEPPERS = ["another", *settings.KEY_PEPPERS]
    keys.find(plaintext)
    settings.KEY_PEPPERS = ["another"]
    assert keys.find(plaintext) == key


def test_a_key_keeps_its_fingerprint_under_a_new_pepper(key, plaintext, settings):
    settings.KEY_PEPPERS = ["another", *settings.KEY_PEPPERS]
    keys.find(plaintext)
    found = keys.find(plaintext)
    assert found and found.fingerprint == key.fingerprint


def test_stores_neither_the_key_nor_its_secret(key, plaintext):
    stored = str(ApiKey.objects.filter(pk=key.pk).values().get())
    assert plaintext not in stored and plaintext[12:-4] not in stored


def test_gives_a_fingerprint_unlike_the_digest(key):
    assert re.fullmatch(r"tok_fp_[0-9a-f]{12}", key.fingerprint)
    assert key.fingerprint[7:] not in key.digest


def test_revokes_at_once(key, plaintext):
    keys.revoke(key)
    assert keys.find(plaintext) is None


@pytest.fixture
def other(alice) -> ApiKey:
    return keys.create(alice, "other")[0]


ENDINGS = {"revoked": keys.revoke, "rolled": lambda key: keys.roll(key, timedelta(0))}


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)
def test_when_one_key_is_ended_another_works_on(key, other, end):
    end(key)
    other.refresh_from_db()
    assert other.is_usable


def test_the_use_of_one_key_is_noted_of_no_other(key, other):
    keys.touch(key, "192.0.2.1")
    other.refresh_from_db()
    assert other.last_used_at is None


def test_keeps_the_time_of_the_first_revocation(key):
    keys.revoke(key)
    first = key.revoked_at
    keys.revoke(key)
    assert key.revoked_at == first


def test_keeps_the_old_key_alive_while_the_roll_overlaps(key, plaintext):
    _, new_plaintext = keys.roll(key, 24 * HOUR)
    assert keys.find(plaintext) and keys.find(new_plaintext)


def test_ends_the_old_key_after_the_overlap(key, plaintext):
    keys.roll(key, 24 * HOUR)
    assert timedelta(hours=23.9) < key.revoked_at - timezone.now() <= 24 * HOUR


def test_ends_the_old_key_at_once_without_an_overlap(key, plaintext):
    keys.roll(key, timedelta(0))
    assert keys.find(plaintext) is None


def test_hands_every_right_to_the_new_key(alice):
    rights: dict[str, Any] = {
        "scopes": ["account:read"],
        "allowed_ips": ["203.0.113.0/24"],
        "expires_at": timezone.now() + HOUR,
        "monthly_credit_cap_hundredths": 500,
    }
    old, _ = keys.create(alice, "CI", "test", **rights)
    new, _ = keys.roll(old, HOUR)
    assert (new.name, new.mode, new.user) == ("CI", "test", alice)
    assert {name: getattr(new, name) for name in rights} == rights


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(hours=72, seconds=1)])
def test_refuses_to_roll_with_another_overlap(key, overlap):
    with pytest.raises(ValueError, match="72 hours"):
        keys.roll(key, overlap)


def test_refuses_to_roll_twice(key):
    keys.roll(key, HOUR)
    with pytest.raises(ValueError, match="rolled"):
        keys.roll(key, HOUR)


def test_refuses_to_roll_an_expired_key(alice):
    key, _ = keys.create(alice, "old", expires_at=timezone.now())
    with pytest.raises(ValueError, match="ended"):
        keys.roll(key, HOUR)


def test_revokes_a_rolled_key_before_its_end(key, plaintext):
    keys.roll(key, HOUR)
    keys.revoke(key)
    assert keys.find(plaintext) is None


@pytest.mark.django_db(transaction=True)
def test_lets_one_of_many_simultaneous_rolls_win(key):
    def roll(_):
        try:
            return keys.roll(ApiKey.objects.get(pk=key.pk), HOUR)
        except ValueError:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        won = [new for new in pool.map(roll, range(8)) if new]
    assert len(won) == 1


@pytest.mark.parametrize(
    ("ip", "network"),
    [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("unix", "")],
)
def test_notes_the_network_of_its_last_use_only(key, ip, network):
    keys.touch(key, ip)
    key.refresh_from_db()
    assert key.last_used_ip == network


def test_writes_its_last_use_once_a_minute(key, django_assert_num_queries):
    keys.touch(key, "203.0.113.7")
    key.refresh_from_db()
    with django_assert_num_queries(0):
        keys.touch(key, "198.51.100.7")


def test_writes_its_last_use_once_though_others_read_it_before(key):
    stale = ApiKey.objects.get(pk=key.pk)
    keys.touch(key, "203.0.113.7")
    keys.touch(stale, "198.51.100.7")
    key.refresh_from_db()
    assert key.last_used_ip == "203.0.113.0/24"


def test_writes_its_last_use_again_after_a_minute(key):
    key.last_used_at = timezone.now() - timedelta(seconds=61)
    key.save()
    keys.touch(key, "203.0.113.7")
    key.refresh_from_db()
    assert timezone.now() - key.last_used_at < timedelta(seconds=30)
