"""The demo account is made once, stays usable, and never runs out of credits."""

import json
import stat

import pytest
from allauth.account.models import EmailAddress

from accounts import keys
from accounts.models import ApiKey, User
from billing import credits
from maskr_site.demo.account import EMAIL, demo_account

pytestmark = pytest.mark.django_db


def test_makes_an_account_whose_key_and_password_work(tmp_path):
    account = demo_account(tmp_path)
    key = keys.find(account.api_key)
    assert key is not None
    assert key.user.email == EMAIL
    assert key.user.check_password(account.password)


def test_keeps_it_in_a_file_only_its_owner_may_read(tmp_path):
    account = demo_account(tmp_path)
    file = tmp_path / "account.json"
    assert json.loads(file.read_text())["api_key"] == account.api_key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_uses_the_same_account_again(tmp_path):
    assert demo_account(tmp_path) == demo_account(tmp_path)
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("content", [None, "", "[]", '{"email": 1}', "{"])
def test_makes_a_new_key_when_the_file_is_lost_or_damaged(tmp_path, content):
    first = demo_account(tmp_path)
    file = tmp_path / "account.json"
    file.unlink() if content is None else file.write_text(content)
    second = demo_account(tmp_path)
    assert second.api_key != first.api_key
    assert keys.find(second.api_key) is not None
    assert User.objects.get(email=EMAIL).check_password(second.password)


def test_makes_a_new_key_when_the_old_one_was_revoked(tmp_path):
    first = demo_account(tmp_path)
    keys.revoke(ApiKey.objects.get())
    assert keys.find(demo_account(tmp_path).api_key) is not None
    assert keys.find(first.api_key) is None


def test_makes_the_account_anew_in_another_database(tmp_path):
    first = demo_account(tmp_path)
    EmailAddress.objects.all().delete()
    User.objects.update(email="other@maskr.localhost")  # as good as another database
    second = demo_account(tmp_path)
    assert second.api_key != first.api_key
    assert User.objects.get(email=EMAIL).check_password(second.password)


def test_tops_up_when_credits_run_low(tmp_path):
    demo_account(tmp_path)
    user = User.objects.get(email=EMAIL)
    credits.grant(user, -credits.balance(user) + 100, reason="spent in the test")
    demo_account(tmp_path)
    assert credits.balance(user) == 100_100


def test_does_not_top_up_a_full_account(tmp_path):
    demo_account(tmp_path)
    demo_account(tmp_path)
    assert credits.balance(User.objects.get(email=EMAIL)) == 100_000
