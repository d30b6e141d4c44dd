import io
import json

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command

from accounts import keys
from accounts.models import User
from billing import credits
from billing.models import CreditAccount


def run(*arguments):
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def falsified(rich):
    CreditAccount.objects.update(balance=9_999)


def test_the_audit_passes_right_books(rich):
    assert run("audit_credits") == "1 accounts with entries, 0 without, 0 discrepancies\n"


def test_the_audit_counts_apart_whose_books_are_empty(rich, poor):
    CreditAccount.objects.create(user=poor)
    assert run("audit_credits") == "1 accounts with entries, 1 without, 0 discrepancies\n"


def test_the_audit_as_json(rich):
    right = {"accounts": 1, "without_entries": 0, "discrepancies": []}
    assert json.loads(run("audit_credits", "--json")) == right


def test_the_audit_as_json_counts_apart_whose_books_are_empty(rich, poor):
    CreditAccount.objects.create(user=poor)
    told = json.loads(run("audit_credits", "--json"))
    assert (told["accounts"], told["without_entries"]) == (2, 1)


def test_the_audit_ends_with_status_1_for_false_books(falsified):
    with pytest.raises(SystemExit) as stopped:
        run("audit_credits")
    assert stopped.value.code == 1


def test_the_audit_names_account_and_amounts(falsified, capsys):
    with pytest.raises(SystemExit):
        call_command("audit_credits")
    told = "balance = sum of the ledger: rich@example.com has 99.99, not 100"
    assert told in capsys.readouterr().out


def test_the_audit_as_json_names_the_difference(falsified, capsys):
    with pytest.raises(SystemExit):
        call_command("audit_credits", "--json")
    (row,) = json.loads(capsys.readouterr().out)["discrepancies"]
    assert (row["subject"], row["expected"], row["found"]) == ("rich@example.com", 10_000, 9_999)


def created(*arguments):
    return json.loads(run("create_account", "new@example.com", "--json", *arguments))


@pytest.mark.django_db
class TestCreateAccount:
    def test_tells_what_is_needed_to_begin(self):
        assert list(created()) == ["email", "password", "api_key", "credits"]

    def test_tells_a_key_that_works(self):
        assert keys.find(created()["api_key"])

    def test_tells_a_password_that_works(self):
        password = created()["password"]
        assert User.objects.get().check_password(password)

    def test_takes_a_password(self):
        created("--password", "chosen by me")
        assert User.objects.get().check_password("chosen by me")

    def test_grants_credits(self):
        assert created("--credits", "2.5")["credits"] == 2.5

    def test_says_whole_credits_as_an_integer(self):
        assert '"credits": 100}' in run(
            "create_account", "new@example.com", "--json", "--credits", "100"
        )

    def test_writes_lines_for_people(self):
        assert "email     new@example.com" in run("create_account", "new@example.com")

    def test_makes_a_login_that_needs_no_confirmation(self):
        created()
        assert EmailAddress.objects.get(user=User.objects.get()).verified

    def test_makes_ordinary_people_by_default(self):
        created()
        assert not User.objects.get().is_staff

    def test_makes_staff_when_asked(self):
        created("--staff")
        assert User.objects.get().is_superuser

    def test_lifts_the_rate_limit_when_asked(self):
        created("--unlimited")
        assert User.objects.get().rate_factor == 0

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["no address"], "is not an email address"),
            (["a@example.com", "--credits", "many"], "is not a number of credits"),
            (["a@example.com", "--credits", "0.001"], "is not a number of credits"),
            (["a@example.com", "--credits", "-1"], "cannot be negative"),
            (["a@example.com", "--credits", "NaN"], "is not a number of credits"),
            (["a@example.com", "--credits", "Infinity"], "is not a number of credits"),
            (["a@example.com", "--credits", "1e30"], "more than an account can have"),
            (["a" * 250 + "@example.com"], "is not an email address"),
        ],
    )
    def test_says_what_is_wrong(self, arguments, sentence):
        with pytest.raises(CommandError, match=sentence):
            run("create_account", *arguments)

    def test_refuses_an_address_that_has_an_account_in_any_case(self, rich):
        with pytest.raises(CommandError, match="already an account"):
            run("create_account", "RICH@example.com")

    def test_keeps_nothing_of_a_refused_account(self):
        with pytest.raises(CommandError):
            run("create_account", "new@example.com", "--credits", "-1")
        assert not User.objects.exists()


def test_the_command_and_the_ledger_agree(db):
    created("--credits", "7")
    assert credits.balance(User.objects.get()) == 700
