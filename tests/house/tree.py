"""The files of the checkout, and what its Python modules import."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "python" / "simdprep"

#: Functions that import what their first argument names.
IMPORTERS = {"import_module", "importlib.import_module", "__import__"}


@cache
def files() -> tuple[Path, ...]:
    """Return the tracked files and those about to be, relative to the checkout; all files where there is no git."""
    listing = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode == 0:
        names = [Path(name) for name in listing.stdout.split("\0") if name]
    else:
        made = {
            "build",
            "dist",
            "__pycache__",
            ".git",
            ".venv",
            ".hypothesis",
            ".mypy_cache",
            ".pytest_cache",
            ".ruff_cache",
        }
        names = [path.relative_to(ROOT) for path in ROOT.rglob("*")]
        names = [name for name in names if not made.intersection(name.parts) and name.suffix != ".so"]
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


def modules() -> list[Path]:
    """Return the modules of the package, relative to it."""
    return sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


@dataclass(frozen=True)
class Import:
    """One import of a module, at its top or within a function.

    Attributes:
        module: File of the importing module, relative to the package.
        line: Its line.
        target: What it imports: an absolute dotted name.
    """

    module: Path
    line: int
    target: str

    @property
    def room(self) -> str:
        """Room of the package that imports, such as ``storage``."""
        return self.module.parts[0].removesuffix(".py")

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def imports(module: Path) -> Iterator[Import]:
    """Yield all imports of a module of the package, those for type checkers and those by string included."""
    package = ["simdprep", *module.parent.parts]
    for node in ast.walk(ast.parse((PACKAGE / module).read_text())):
        targets: list[str] = []
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = [*base, *(node.module.split(".") if node.module else [])]
            # `from .. import storage` names modules; `from ..storage import Dataset` what is in one.
            names = [alias.name for alias in node.names] if source == ["simdprep"] else [""]
            targets = [".".join([*source, name]).rstrip(".") for name in names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in IMPORTERS:
            targets = [str(entry.value) for entry in node.args[:1] if isinstance(entry, ast.Constant)]
        for target in targets:
            yield Import(module, node.lineno, target)
