"""Where the real files lie that some tests convert, and what is known of them."""

import json
import os
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

#: Set to 1, a missing folder is a failure and not a reason to skip.
REQUIRE = "SIMDPREP_REQUIRE_DATA"
#: Names the folder, which else is looked for beside the checkout.
FOLDER = "SIMDPREP_TEST_DATA"

#: Start of the reason of every test skipped for want of these files.
MISSING = "real files missing"


def folder() -> Path:
    """Return the folder, which need not exist."""
    return Path(os.environ.get(FOLDER) or ROOT.parent / "shared" / "data")


def required() -> bool:
    """Return True where the tests on real files must run."""
    return os.environ.get(REQUIRE) == "1"


def reason() -> str:
    """Return in one line why the tests on real files do not run."""
    return f"{MISSING}: got no folder {folder()}, expected the one that {FOLDER} names or ../shared/data"


def facts() -> dict[str, Any]:
    """Return facts.json, empty where the folder is missing.

    Its form: {file: {trees: {name;cycle: {entries, branches: {name: {...}}}}}}.
    """
    path = folder() / "facts.json"
    return json.loads(path.read_text()) if path.is_file() else {}
