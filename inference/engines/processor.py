"""What this machine's processor computes with, told by the operating system."""

import math
import os
import platform
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_GROUPS, _GROUP_FILES = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")
_BF16 = frozenset(("avx512_bf16", "amx_bf16"))
_VNNI = frozenset(("avx512_vnni", "avx_vnni"))


@dataclass(frozen=True, slots=True)
class Processor:
    """`has_vnni`: dot products of 8-bit integers in one instruction.

    With AVX2 alone they take three, whose sums of 16 bits may overflow: an int8 graph is then faster
    than 32 bits as well, and not always as close.
    """

    name: str
    is_x86_64: bool
    has_bf16: bool
    has_vnni: bool
    has_avx2: bool

    def __str__(self) -> str:
        """Return the name and what decides how networks compute: clouds give many processors one name."""
        having = {"bfloat16": self.has_bf16, "VNNI": self.has_vnni, "AVX2": self.has_avx2}
        found = ", ".join(name for name, has in having.items() if has)
        return f"{self.name} ({found})" if found else self.name


@cache
def processor() -> Processor:
    """Return this machine's. Only Linux tells the instructions; elsewhere none are assumed."""
    text = _CPUINFO.read_text() if _CPUINFO.is_file() else ""
    return described(text, platform.machine())


def available_cores() -> int:
    """Count the cores this process may keep busy.

    A container's CPU set narrows them, and so does its share of time (`docker run --cpus=2`, a limit in
    Kubernetes, CPUQuota of systemd): with more threads than that they all stand still for a part of
    every tenth of a second.
    """
    cores = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    told = _GROUPS.read_text() if _GROUPS.is_file() else ""
    return max(1, min(cores, math.ceil(min(share_of_time(told, _GROUP_FILES), cores))))


def share_of_time(groups: str, mounted: Path) -> float:
    """Read from the text of /proc/self/cgroup and its files how many cores' time is allowed.

    The least of a group and those above it; infinite where nothing is said. A container may see its
    own group as the topmost.
    """
    found = [math.inf]
    for line in groups.splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        tree = mounted / "cpu" if controllers else mounted
        place = tree / path.lstrip("/")
        found += [_cores_of(each) for each in (place, *place.parents) if each.is_relative_to(tree)]
    return min(found)


def _cores_of(group: Path) -> float:
    """Of both versions of cgroups; in both a word or a number below 0 is no limit."""
    try:
        if (group / "cpu.max").is_file():
            quota, period = (group / "cpu.max").read_text().split()
        else:
            quota, period = (
                (group / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period")
            )
        return int(quota) / int(period) if int(quota) > 0 else math.inf
    except (OSError, ValueError):
        return math.inf


def described(cpuinfo: str, machine: str) -> Processor:
    """Read the text of /proc/cpuinfo."""
    flags = frozenset(_value(cpuinfo, "flags").split())
    name = _value(cpuinfo, "model name") or machine
    is_x86_64 = machine in ("x86_64", "AMD64")
    return Processor(
        name, is_x86_64, bool(flags & _BF16), bool(flags & _VNNI), has_avx2="avx2" in flags
    )


def _value(cpuinfo: str, field: str) -> str:
    found = re.search(rf"^{field}\s*: (.*)$", cpuinfo, re.MULTILINE)
    return found.group(1) if found else ""
