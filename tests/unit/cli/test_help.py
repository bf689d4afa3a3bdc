"""What the command line says of itself, and of a command line that does not parse."""

import pytest

import simdprep as sp
from tests.unit.cli.command_line import assert_one_error, own_process, simdprep

VERBS = (
    "convert", "prepare", "plan", "run-task", "commit", "inspect", "info", "verify", "merge", "repair", "bench",
    "config",
)  # fmt: skip


def test_help_lists_the_verbs():
    done = simdprep("--help")
    assert done.code == 0
    assert [verb for verb in VERBS if f"  {verb} " not in done.out] == []


def test_without_arguments_help_is_shown():
    done = own_process()
    assert done.code == 0
    assert done.out.startswith("Usage: simdprep ")
    assert done.err == ""


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_verb_has_help(verb, option):
    done = simdprep(verb, option)
    assert done.code == 0
    assert done.out.startswith(f"Usage: simdprep {verb} ")


def test_options_of_convert_are_those_of_the_interface():
    shown = simdprep("convert", "--help").out
    for option in (
        "-o, --output", "-c, --config", "--set KEY=VALUE", "--tree", "--objects", "--rows", "--pad", "--layout",
        "--compression", "--entries START:STOP", "--overwrite", "--skip-bad-files", "--quiet", "--verbose",
        "--jobs N", "--dask ADDRESS", "--resume", "--update",
    ):  # fmt: skip
        assert option in shown


def test_version():
    assert simdprep("--version") == (0, f"{sp.__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (
            ["convrt"],
            [
                "verb: got 'convrt', expected one of convert, ",
                "try convert",
            ],
        ),
        (["zzz"], ["verb: got 'zzz'", "try simdprep --help"]),
        (["convert", "a.root"], ["missing option '--output'", "try simdprep convert --help"]),
        (["convert", "a.root", "--overwrit"], ["option: got '--overwrit'", "simdprep convert", "try --overwrite"]),
        (["convert", "a.root", "-o"], ["'-o' requires an argument"]),
        (["convert", "a.root", "--quiet=3", "-o", "b.h5"], ["--quiet"]),
        (["inspect"], ["missing argument 'INPUT'"]),
        (["info", "a", "b"], ["unexpected extra argument"]),
        (["--verson"], ["option: got '--verson'", "try --version"]),
    ],
)
def test_what_does_not_parse_is_one_error(arguments, parts):
    done = simdprep(*arguments)
    text = done.err.lower()
    assert_one_error(done._replace(err=text), *(part.lower() for part in parts))


def test_as_a_module_in_its_own_process():
    done = own_process("convrt")
    assert_one_error(done, "verb: got 'convrt'")
    assert done.out == ""
