"""Reading what Linux tells about the processor."""

import math

import pytest

from inference.engines.processor import Processor, described, share_of_time

CPUINFO = """processor\t: 0
model name\t: AMD EPYC 9R14
flags\t\t: fpu sse2 avx2 avx512f avx512_bf16 avx512_vnni
bugs\t\t: none
"""


def test_the_name_is_told():
    assert described(CPUINFO, "x86_64").name == "AMD EPYC 9R14"


def test_bfloat16_and_vnni_are_found_among_the_flags():
    found = described(CPUINFO, "x86_64")
    assert found.has_bf16 and found.has_vnni


def test_a_flag_that_only_begins_alike_is_another_one():
    found = described(CPUINFO.replace("avx512_vnni", "avx512_vnni_not"), "x86_64")
    assert not found.has_vnni


def test_a_system_that_tells_nothing_has_nothing():
    found = described("", "arm64")
    assert found == Processor("arm64", False, False, False, False)


def test_two_processors_of_one_name_are_told_apart_by_what_they_compute_with():
    older = described("model name\t: AMD EPYC\nflags\t\t: sse2 avx2\n", "x86_64")
    newer = described("model name\t: AMD EPYC\nflags\t\t: sse2 avx2 avx512_vnni\n", "x86_64")
    assert (str(older), str(newer)) == ("AMD EPYC (AVX2)", "AMD EPYC (VNNI, AVX2)")


def grouped(mounted, files):
    for name, text in files.items():
        (mounted / name).parent.mkdir(parents=True, exist_ok=True)
        (mounted / name).write_text(text)


TWO = "200000 100000\n"
SHARES = {
    "a container": ("0::/\n", {"cpu.max": TWO}, 2),
    "half a core": ("0::/\n", {"cpu.max": "50000 100000\n"}, 0.5),
    "a unit": ("0::/system.slice/maskr.service\n", {"system.slice/maskr.service/cpu.max": TWO}, 2),
    "a slice above": ("0::/a/b\n", {"a/cpu.max": TWO, "a/b/cpu.max": "max 100000\n"}, 2),
    "the least": ("0::/a/b\n", {"a/cpu.max": TWO, "a/b/cpu.max": "100000 100000\n"}, 1),
    "no limit": ("0::/\n", {"cpu.max": "max 100000\n"}, math.inf),
    "nothing said": ("0::/\n", {}, math.inf),
    "the older kind": (
        "4:memory:/x\n1:cpu,cpuacct:/docker/1\n",
        {"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"},
        3,
    ),
    "the older kind without one": (
        "1:cpu:/\n",
        {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"},
        math.inf,
    ),
    "no Linux": ("", {}, math.inf),
}


@pytest.mark.parametrize(("groups", "files", "cores"), SHARES.values(), ids=SHARES)
def test_a_share_of_time_counts_as_so_many_cores(tmp_path, groups, files, cores):
    grouped(tmp_path, files)
    assert share_of_time(groups, tmp_path) == cores
