"""Which tests could only hold in one process, and why."""

from collections.abc import Iterator

import pytest

#: What a test, or a fixture of its own, asks for, and what it does with it.
_BY_FIXTURE = {
    "settings": "changes settings of the process",
    "monkeypatch": "replaces parts of the process",
    "tmp_path": "looks into a folder of the process",
    "django_assert_num_queries": "counts queries of the process",
    "django_assert_max_num_queries": "counts queries of the process",
}
_ROLLED_BACK = "keeps its rows in a transaction that it rolls back"
_NO_DATABASE = "asks nothing of the API"


def reason(item: pytest.Function) -> str:
    """Empty for one that can run over HTTP."""
    if marker := item.get_closest_marker("in_process"):
        return str(marker.args[0])
    asked = set(_asked_for(item))
    for name, words in _BY_FIXTURE.items():
        if name in asked:
            return words
    return _of_the_database(item)


def _of_the_database(item: pytest.Function) -> str:
    marker = item.get_closest_marker("django_db")
    if "transactional_db" in item.fixturenames or (marker and marker.kwargs.get("transaction")):
        return ""
    return _ROLLED_BACK if marker or "db" in item.fixturenames else _NO_DATABASE


def _asked_for(item: pytest.Function) -> Iterator[str]:
    """Names of fixtures; of what plugins and tests/conftest.py make, not what that is made of."""
    found = item._fixtureinfo.name2fixturedefs
    waiting, seen = list(item._fixtureinfo.initialnames), set()
    while waiting:
        name = waiting.pop()
        yield name
        if name in seen or name not in found or found[name][-1].baseid in ("", "tests"):
            continue
        seen.add(name)
        waiting += found[name][-1].argnames
