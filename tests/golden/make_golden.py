"""Makes the golden files of a new format version, and adds the hashes of this deflate library.

Run from the checkout: ``python -m tests.golden.make_golden``. Files that are there are kept: what an
earlier simdprep wrote must stay readable.
"""

import json
import tempfile
from pathlib import Path

from simdprep import _core
from tests.golden.golden_events import CASES, write_golden
from tests.golden.stored_bytes import stored_sha256

FOLDER = Path(__file__).resolve().parent
HASHES = FOLDER / "hashes.json"


def main() -> None:
    """Write what is missing."""
    folder = FOLDER / f"format-{_core.format_version}"
    folder.mkdir(exist_ok=True)
    hashes = json.loads(HASHES.read_text()) if HASHES.exists() else {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in CASES:
            made = Path(scratch) / f"{name}.h5"
            write_golden(made, name)
            if not (folder / made.name).exists():
                (folder / made.name).write_bytes(made.read_bytes())
            hashes.setdefault(_core.deflate_backend, {})[name] = stored_sha256(made)
    HASHES.write_text(json.dumps(hashes, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
