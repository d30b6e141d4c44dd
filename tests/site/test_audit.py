"""`make audit`: what of pip-audit's report is a failure, and what is said of it."""

import json

import pytest

from tests.site import audit

SOUND = {"name": "django", "version": "5.2.9", "vulns": []}
HOLE = {"id": "PYSEC-2026-1", "fix_versions": ["5.2.10"], "aliases": [], "description": ""}
HOLED = {"name": "django", "version": "5.2.9", "vulns": [HOLE]}
UNKNOWN = {"name": "pillow", "skip_reason": "not found"}


@pytest.fixture
def audited(monkeypatch, tmp_path, capsys):
    """Return the exit status and the words for a report of these packages."""

    def run(*packages, forgiving=False, report=None):
        said = json.dumps({"dependencies": packages, "fixes": []}) if report is None else report
        (tmp_path / "pip_audit.py").write_text(f"print({said!r})")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setattr("sys.argv", ["audit", *["--where-it-answers"][:forgiving]])
        return audit.main(), capsys.readouterr().out

    return run


def test_packages_without_holes_pass(audited):
    assert audited(SOUND) == (0, "1 packages audited, 0 known holes.\n")


@pytest.mark.parametrize("forgiving", [False, True])
def test_a_known_hole_fails(audited, forgiving):
    assert audited(HOLED, UNKNOWN, forgiving=forgiving)[0] == 1


def test_a_known_hole_is_named_with_the_version_that_mends_it(audited):
    assert "django 5.2.9: PYSEC-2026-1, mended in 5.2.10" in audited(HOLED)[1]


def test_a_package_that_the_database_does_not_know_is_named(audited):
    assert "Not known to the database: pillow." in audited(SOUND, UNKNOWN)[1]


@pytest.mark.parametrize(("forgiving", "status"), [(False, 1), (True, 0)])
def test_a_database_that_knows_nothing_is_no_audit(audited, forgiving, status):
    told = "Not audited: the database knows none of the 1 packages here.\n"
    assert audited(UNKNOWN, forgiving=forgiving) == (status, told)


@pytest.mark.parametrize(("forgiving", "status"), [(False, 1), (True, 0)])
def test_a_database_that_does_not_answer_is_no_audit(audited, forgiving, status):
    assert audited(report="", forgiving=forgiving) == (
        status,
        "Not audited: pip-audit said nothing\n",
    )
