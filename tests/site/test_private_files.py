"""Who else works on a machine cannot read the database of SQLite."""

import stat

import pytest
from django.db.utils import ConnectionHandler


@pytest.fixture
def written(tmp_path, django_db_blocker):
    """A database that is in use, as the settings open one; called with what its file allows before."""
    handlers = []

    def write(mode=None):
        path = tmp_path / "maskr.sqlite3"
        if mode is not None:
            path.touch()
            path.chmod(mode)
        entry = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(path),
            "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL;"},
        }
        handler = ConnectionHandler({"default": entry})
        handlers.append(handler)
        with django_db_blocker.unblock(), handler["default"].cursor() as cursor:
            cursor.execute("CREATE TABLE held (a)")
        return {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}

    yield write
    with django_db_blocker.unblock():
        for handler in handlers:
            handler["default"].close()


def test_a_new_database_is_closed_to_others(written):
    assert {mode & 0o007 for mode in written().values()} == {0}


def test_what_is_in_use_beside_it_is_closed_too(written):
    assert {"maskr.sqlite3", "maskr.sqlite3-wal", "maskr.sqlite3-shm"} == written().keys()


def test_a_database_that_was_open_to_others_is_closed(written):
    assert written(0o644)["maskr.sqlite3"] == 0o640


def test_what_a_group_may_is_left(written):
    assert written(0o660)["maskr.sqlite3"] == 0o660
