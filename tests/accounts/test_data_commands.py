"""`export_account` and `erase_account`."""

import io
import json
import stat
import zipfile

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from accounts import erasure
from accounts.models import User


def run(*arguments) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_exports_an_account(alice, tmp_path):
    file = tmp_path / "alice.zip"
    run("export_account", "Alice@Example.com", str(file))
    with zipfile.ZipFile(file) as archive:
        [profile] = json.loads(archive.read("profile.json"))
    assert profile["email"] == "alice@example.com"


def test_an_export_is_for_its_writer_only(alice, tmp_path):
    run("export_account", alice.email, str(tmp_path / "a.zip"))
    assert stat.S_IMODE((tmp_path / "a.zip").stat().st_mode) == 0o600


def test_an_export_overwrites_nothing(alice, tmp_path):
    (tmp_path / "a.zip").write_text("precious")
    with pytest.raises(CommandError, match="File exists"):
        run("export_account", alice.email, str(tmp_path / "a.zip"))


class GoingAway:
    """A part of an account whose database goes away in the middle."""

    def export(self, _user):
        yield "numbers", [{"number": 1}]
        raise OperationalError("gone")


def test_an_export_that_fails_leaves_nothing_behind(alice, tmp_path, monkeypatch):
    monkeypatch.setattr(erasure, "_holdings", [*erasure._holdings, GoingAway()])
    with pytest.raises(OperationalError):
        run("export_account", alice.email, str(tmp_path / "a.zip"))
    assert list(tmp_path.iterdir()) == []


def test_an_export_leaves_its_file_alone(alice, tmp_path):
    run("export_account", alice.email, str(tmp_path / "a.zip"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_an_export_into_no_folder_is_told_in_a_sentence(alice, tmp_path):
    with pytest.raises(CommandError, match="No such file or directory"):
        run("export_account", alice.email, str(tmp_path / "nowhere" / "a.zip"))


@pytest.mark.parametrize(
    "command",
    [["export_account", "x@y.example", "f"], ["erase_account", "x@y.example"]],
    ids=["export", "erase"],
)
def test_an_unknown_account_is_told_in_a_sentence(db, command):
    with pytest.raises(CommandError, match="There is no account x@y.example"):
        run(*command)


def test_erases_an_account(alice):
    run("erase_account", alice.email, "--yes")
    assert not User.objects.filter(email="alice@example.com").exists()


@pytest.mark.parametrize(
    ("answer", "is_erased"),
    [("alice@example.com", True), ("yes", False), ("", False)],
    ids=["address", "yes", "nothing"],
)
def test_erases_only_who_is_named_again(alice, monkeypatch, answer, is_erased):
    monkeypatch.setattr("builtins.input", lambda _: answer)
    try:
        run("erase_account", alice.email)
    except CommandError as error:
        assert "Nothing was erased" in str(error)
    assert User.objects.filter(email="alice@example.com").exists() is not is_erased


def test_erases_nobody_where_nobody_can_be_asked(alice, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CommandError, match="--yes"):
        run("erase_account", alice.email)
