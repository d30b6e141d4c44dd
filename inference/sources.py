"""The three kinds of places a weights file can come from, as data. `downloads` fetches from them.

Package sources name no registry: the address comes from the user's own pip or npm configuration.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class HttpsSource:
    """The file itself at a public address."""

    url: str

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class WheelSource:
    """A member of a Python wheel. The wheel is opened as an archive and never installed."""

    package: str
    version: str
    member: str

    def __str__(self) -> str:
        return f"the Python package {self.package} {self.version}"


@dataclass(frozen=True, slots=True)
class NpmSource:
    """A member of an npm tarball, or a file cut into chunks. The package's code is never run.

    Paths are those inside the tarball's `package/` folder. With `resource`, `member` is a JSON
    index {resource: {"chunks": [{"hash": name beside the index}, ...]}} and the chunks are
    concatenated in that order.
    """

    package: str
    version: str
    member: str
    resource: str | None = None

    def __str__(self) -> str:
        return f"the npm package {self.package} {self.version}"


Source: TypeAlias = HttpsSource | WheelSource | NpmSource
