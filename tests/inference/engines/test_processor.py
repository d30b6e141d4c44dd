"""Reading what Linux tells about the processor."""

from inference.engines.processor import Processor, described

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
