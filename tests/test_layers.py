"""Imports go one way: maskr_site -> services -> billing -> accounts, and services -> inference."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Each package and those of ours that it may import.
MAY_IMPORT = {
    "maskr_site": {"services", "billing", "accounts", "inference"},
    "services": {"billing", "accounts", "inference"},
    "billing": {"accounts"},
    "accounts": set(),
    "inference": set(),
}
WITHOUT_A_SUBJECT = {"services", "utils", "helpers", "common", "misc"}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def wrong_imports(package: str, source: str) -> list[str]:
    forbidden = set(MAY_IMPORT) - MAY_IMPORT[package] - {package}
    if package == "inference":
        forbidden |= {"django", "rest_framework", "dramatiq"}
    return [name for name in imported(source) if name.split(".")[0] in forbidden | {"tests"}]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_only_from_below(package):
    found = {
        str(path.relative_to(ROOT)): wrong
        for path in modules(package)
        if (wrong := wrong_imports(package, path.read_text()))
    }
    assert found == {}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_every_package_is_looked_at(package):
    assert modules(package)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_modules_are_named_after_a_subject(package):
    assert [path for path in modules(package) if path.stem in WITHOUT_A_SUBJECT] == []


def test_an_import_from_above_is_found():
    assert wrong_imports("accounts", "from billing.credits import grant") == ["billing.credits"]


def test_an_import_inside_a_function_is_found():
    source = "def late():\n    import services.jobs"
    assert wrong_imports("billing", source) == ["services.jobs"]


def test_django_in_inference_is_found():
    assert wrong_imports("inference", "from django.conf import settings") == ["django.conf"]


def test_an_import_from_below_is_allowed():
    assert wrong_imports("services", "from billing import credits\nimport inference") == []
