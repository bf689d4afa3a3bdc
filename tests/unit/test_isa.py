"""Which instruction set is in use, and the variable that decides it."""

import os
import subprocess
import sys

import pytest

from simdprep import _core

ASK = "from simdprep import _core; print(_core.isa())"
ORDER = ["scalar", "avx2", "avx512"]


def asked(value: str | None, code: str = ASK) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if name != "SIMDPREP_ISA"}
    if value is not None:
        environment["SIMDPREP_ISA"] = value
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)


def test_the_best_is_taken():
    assert _core.best_isa() in ORDER
    assert asked(None).stdout.strip() == _core.best_isa()


@pytest.mark.parametrize("name", ORDER)
def test_the_variable_chooses_what_the_cpu_has(name):
    if ORDER.index(name) <= ORDER.index(_core.best_isa()):
        assert asked(name).stdout.strip() == name
    else:
        assert f"SIMDPREP_ISA: got {name}" in asked(name).stderr


@pytest.mark.parametrize("value", ["", "sse2", "AVX2"])
def test_another_word_is_one_line(value):
    code = f"import simdprep\ntry:\n    {ASK}\nexcept simdprep.errors.SimdprepError as error:\n    print(error)"
    told = asked(value, code.replace("; ", "\n    "))
    assert told.stderr == ""
    assert told.stdout.startswith(f"SIMDPREP_ISA: got {value or 'an empty text'}, expected scalar")
    assert told.stdout.count("\n") == 1
