"""The README names every variable, command and target there is, and none that there is not."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
PACKAGES = ("accounts", "billing", "inference", "maskr_site", "services")


def sources() -> Iterator[str]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            yield path.read_text()


def variables_read(source: str) -> set[str]:
    """First arguments of env.…("X"), those of maskr_site.env, environ.get("X") and getenv("X"); environ["X"]."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        value: ast.expr | None = None
        if isinstance(node, ast.Call) and node.args and reads_environment(node.func):
            value = node.args[0]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            value = node.slice
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            names.add(value.value)
    return {name for name in names if name.isupper()}


def reads_environment(function: ast.expr) -> bool:
    name = ast.unparse(function)
    ours = (
        "secret",
        "listed",
        "rotated",
        "shared",
        "address",
        "database",
        "folder",
        "place",
        "published",
        "site",
        "networks",
        "texts",
        "hosts",
        "sender",
    )
    return name in (*ours, "os.getenv", "os.environ.get") or name.startswith("env.")


def configuration_rows() -> list[str]:
    section = README.split("## Configuration", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| `([A-Z_]+)` \|", section, flags=re.MULTILINE)


def test_every_variable_is_in_the_table():
    read = set().union(*(variables_read(source) for source in sources()))
    assert sorted(read - set(configuration_rows())) == []


def test_every_variable_of_the_table_is_read():
    read = set().union(*(variables_read(source) for source in sources()))
    assert sorted(set(configuration_rows()) - read) == []


def test_no_variable_is_listed_twice():
    rows = configuration_rows()
    assert sorted(rows) == sorted(set(rows))


@pytest.mark.parametrize(
    "source",
    [
        'A = env.int("MASKR_X", 1)',
        'A = env.list(\n    "MASKR_X",\n    [],\n)',
        'A = secret("MASKR_X", folder)',
        'A = os.environ.get("MASKR_X")',
        'A = os.environ["MASKR_X"]',
    ],
)
def test_reading_is_recognised(source):
    assert variables_read(source) == {"MASKR_X"}


def test_every_management_command_is_mentioned():
    files = [
        path for name in PACKAGES for path in (ROOT / name).glob("management/commands/[a-z]*.py")
    ]
    missing = [
        path.stem for path in files if not re.search(rf"`[^`]*\b{path.stem}\b[^`]*`", README)
    ]
    assert missing == []


def test_every_make_target_mentioned_exists():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    mentioned = set(re.findall(r"(?:`|\n|; |[0-9] )make ([a-z]+)", README))
    assert mentioned
    assert mentioned - targets == set()
