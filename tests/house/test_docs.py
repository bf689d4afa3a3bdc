"""What README.md and docs/ show is executed: python blocks, the console lines that call simdprep, other programs."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SIMDPREP = [sys.executable, "-c", "from simdprep.cli import main; main()"]

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> list[tuple[int, str]]:
    """Return the blocks of a language: the line each starts at, and its text."""
    text = page.read_text()
    return [
        (text.count("\n", 0, match.start(2)) + 1, match[2]) for match in BLOCK.finditer(text) if match[1] == language
    ]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder that looks like a fresh checkout to what is executed in it."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_runs(page, folder):
    namespace = {"__name__": page.stem}
    steps = [(line, "python", text) for line, text in blocks(page, "python")]
    steps += [(line, "console", text) for line, text in blocks(page, "console")]
    steps += [(line, "sh", text) for line, text in blocks(page, "sh") if shutil.which(text.split()[0])]
    for line, language, text in sorted(steps):
        if language == "python":
            # blank lines in front, so that a traceback names the line of the page
            exec(compile("\n" * (line - 1) + text, str(page), "exec"), namespace)
            continue
        if language == "sh":
            done = subprocess.run(["sh", "-e", "-c", text], capture_output=True, text=True, check=True)
            assert "(0,0): " in done.stdout, f"{page.name}:{line}"  # of too large a selection h5dump shows nothing
            continue
        for command in re.findall(r"^\$ simdprep (.*)", text, re.MULTILINE):
            done = subprocess.run([*SIMDPREP, *shlex.split(command)], capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{page.name}:{line}: simdprep {command}\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.name)
def test_the_readme_lists_every_page(page):
    assert f"[{page.name}](docs/{page.name})" in PAGES[0].read_text()


def test_the_readme_shows_the_quickstart():
    shown = "".join(text for _, text in blocks(ROOT / "README.md", "python"))
    for name in ("sp.convert(", "sp.open(", "sp.Loader("):
        assert name in shown
