"""A share of the fuzzing at a fixed seed: all of it takes `pytest -m long`, or the scripts themselves."""

import subprocess

import pytest

from tests.fuzz import codec

#: What the encoder must have been through before anybody believes in it.
MANY = 1_000_000


@pytest.fixture(scope="module", params=["auto", pytest.param("zlib", marks=pytest.mark.long)])
def programs(request):
    with codec.built(f"cpp-fuzz-{request.param}", f"SIMDPREP_DEFLATE={request.param}") as folder:
        yield folder


def check(folder, cases, **options):
    """Every stream is read by everybody, and is the same from every instruction set."""
    found = [codec.run(folder, isa, cases=cases, **options) for isa in codec.isas()]
    print(*(f"{entry.isa}: {entry.text}" for entry in found), sep="\n")
    assert [entry.cases for entry in found] == [cases] * len(found)
    assert len({entry.digest for entry in found}) == 1


def test_a_share_of_the_cases(programs):
    check(programs, 2000, max_size=2_000_000, threads=2)


def test_the_digest_sees_another_case(programs):
    first, second = (codec.run(programs, "scalar", cases=10, seed=seed, threads=1) for seed in (1, 2))
    again = codec.run(programs, "scalar", cases=10, threads=2)
    assert first.digest == again.digest != second.digest


def test_a_failure_says_how_it_is_repeated(programs):
    with pytest.raises(AssertionError, match=r"--cases 10 --seed 1 .*\n.*SIMDPREP_ISA"):
        codec.run(programs, "mmx", cases=10, threads=1)


@pytest.mark.long
def test_many_cases():
    with codec.built() as folder:
        check(folder, MANY, seed=2)


@pytest.mark.long
@pytest.mark.parametrize("target", ["decode_chunk", "chunk_reader"])
def test_many_hostile_inputs(programs, target):
    done = subprocess.run([programs / f"replay_{target}", "20000"], capture_output=True, text=True, check=True)
    assert "inputs survived" in done.stdout
