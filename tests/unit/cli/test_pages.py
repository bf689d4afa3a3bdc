"""The output that README.md and docs/ show is what the command line prints."""

import fnmatch
import re
import shlex

import pytest

from simdprep import errors
from simdprep.schema.config_sections import FieldConfig, InputConfig, ObjectConfig, OutputConfig
from simdprep.schema.section import known_keys
from simdprep.transforms.functions import FUNCTIONS
from tests.house.test_docs import PAGES, blocks
from tests.house.tree import ROOT
from tests.unit.cli.command_line import simdprep

#: What differs from machine to machine: times, rates, and sizes, which depend on the deflate library.
VARIES = re.compile(r"[\d.]+ (kB|MB)|[\d.]+ s, [\d,]+ rows/s")


def plain(text):
    return "\n".join(VARIES.sub("#", line).rstrip() for line in text.splitlines())


def pattern(expected):
    """What is shown as a pattern: a line ``...`` stands for any lines, all else for itself."""
    return re.sub(r"([\[\]*?])", r"[\1]", plain(expected)).replace("\n...", "*")


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "console")], ids=lambda page: page.name)
def test_shown_output(page, folder):
    (folder / "examples").symlink_to(ROOT / "examples")
    namespace = {"__name__": page.stem}
    steps = [(*block, language) for language in ("python", "console") for block in blocks(page, language)]
    for _, text, language in sorted(steps):
        if language == "python":
            exec(compile(text, str(page), "exec"), namespace)
            continue
        for part in re.split(r"^\$ simdprep ", text, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            done = simdprep(*shlex.split(command))
            assert done.code == 0, done.err
            if expected.strip():
                match = fnmatch.fnmatchcase(plain(done.out), pattern(expected))
                assert match, f"{page.name}: simdprep {command}\n{done.out}\nshown:\n{expected}"


def page_text(name):
    return (ROOT / name).read_text()


def test_the_yaml_of_the_readme_converts(sample, folder):
    ((_, text),) = blocks(ROOT / "README.md", "yaml")
    (folder / "readme.yaml").write_text(text)
    assert simdprep("convert", sample, "-c", "readme.yaml", "-o", "out.h5").code == 0


def test_every_key_of_the_config_is_documented():
    text = page_text("docs/config.md")
    keys = [*known_keys(ObjectConfig), *known_keys(FieldConfig), "rows", "select", "objects"]
    keys += [f"input.{key}" for key in known_keys(InputConfig)] + [f"output.{key}" for key in known_keys(OutputConfig)]
    assert [key for key in keys if f"`{key}`" not in text] == []


def test_every_function_of_expressions_is_documented():
    words = set(re.findall(r"\w+", page_text("docs/expressions.md")))
    assert set(FUNCTIONS) - words == set()


def test_every_attribute_of_the_format_is_documented():
    names = re.findall(r'"(simdprep_\w+|unit|description)"', page_text("cpp/include/simdprep/format.hpp"))
    text = page_text("docs/format.md")
    assert len(names) >= 8
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_kind_of_error_is_documented():
    kinds = [name for name, kind in vars(errors).items() if isinstance(kind, type) and name.endswith("Error")]
    assert [name for name in kinds if f"{name}`" not in page_text("docs/errors.md")] == []


def test_links_lead_somewhere():
    for page in PAGES:
        prose = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#:]+)\)", prose):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
