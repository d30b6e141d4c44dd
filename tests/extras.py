"""What pyproject.toml names for those who want more than is always installed."""

import tomllib

from tests.settings import ROOT


def extra(name: str) -> list[str]:
    """The requirements of one extra, without what they say of processors."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted: list[str] = project["optional-dependencies"][name]
    return [line.partition(";")[0] for line in wanted]
