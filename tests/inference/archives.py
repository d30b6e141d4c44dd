"""Wheels and npm tarballs made in the tests."""

import io
import json
import tarfile
import zipfile


def write_wheel(folder, members, name="tiny_weights", version="1.0"):
    """Write a wheel that pip accepts; returns its path."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    with zipfile.ZipFile(path, "w") as wheel:
        for member, data in members.items():
            wheel.writestr(member, data)
        wheel.writestr(f"{info}/METADATA", head)
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return path


def tarball(members):
    """Return the bytes of an npm tarball with these members, in this order."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def chunked_members(chunks, resource="/models/medium"):
    """Lay chunks out as the packager of IS-Net does, the index last and the chunks reversed."""
    names = [f"chunk{position}" for position in range(len(chunks))]
    members = {f"dist/{name}": chunk for name, chunk in zip(names, chunks, strict=True)}
    index = {resource: {"chunks": [{"hash": name} for name in names]}}
    shuffled = dict(reversed(list(members.items())))
    return shuffled | {"dist/resources.json": json.dumps(index).encode()}
