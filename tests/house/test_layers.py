"""Who may import whom, and which outside library has which door."""

import pytest

from tests.house.tree import Import, imports, modules

BASE = {"errors", "lazy_names", "_core", "__version__", "schema", "thread_pool"}
ROOMS = BASE | {"readers", "padding", "storage", "transforms"}
UPPER = ROOMS | {"loader", "convert", "prepare", "export", "report"}

#: What each room may import beside itself.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "lazy_names": set(),
    "thread_pool": {"_core"},
    "schema": {"errors", "lazy_names", "_core"},
    "readers": BASE,
    "padding": BASE,
    "storage": BASE,
    "transforms": BASE,
    "loader": ROOMS,
    "convert": ROOMS,
    "prepare": ROOMS | {"convert", "export"},
    "export": ROOMS,
    "report": ROOMS,
    "cli": UPPER,
    "__main__": {"cli"},
    "testing": {"errors", "schema", "padding"},
}

#: The rooms or files that may import an outside library; those not named may be imported anywhere.
DOORS: dict[str, tuple[str, ...]] = {
    "dask": ("convert/",),
    "distributed": ("convert/",),
    "h5py": ("storage/",),
    "hypothesis": ("testing/strategies.py",),
    "jax": ("loader/frameworks/",),
    "lightning": ("loader/frameworks/",),
    "numba": ("transforms/",),
    "particle": ("transforms/features/particles.py",),
    "onnx": ("export/onnx",),
    "pyarrow": ("readers/", "export/"),
    "pydantic": ("schema/",),
    "torch": ("loader/frameworks/", "export/torch"),
    "typer": ("cli/",),
    "uproot": ("readers/",),
}

INNER = [module for module in modules() if module.as_posix() != "__init__.py"]


@pytest.mark.parametrize("module", INNER, ids=str)
def test_a_module_imports_only_from_below(module):
    wrong = [str(entry) for entry in imports(module) if entry.target.startswith("simdprep") and not _from_below(entry)]
    assert wrong == []


def _from_below(entry: Import) -> bool:
    _, _, rest = entry.target.partition(".")
    room = rest.partition(".")[0]
    return room == entry.room or room in MAY_IMPORT[entry.room]


def test_every_room_has_a_layer():
    assert {module.parts[0].removesuffix(".py") for module in INNER} <= set(MAY_IMPORT)


@pytest.mark.parametrize("module", modules(), ids=str)
def test_an_outside_library_enters_by_its_door(module):
    wrong = []
    for entry in imports(module):
        doors = DOORS.get(entry.target.partition(".")[0])
        if doors is not None and not entry.module.as_posix().startswith(doors):
            wrong.append(f"{entry}, whose door is {' or '.join(doors)}")
    assert wrong == []


def test_a_lazy_import_is_seen():
    # schema.schema imports from_awkward within a method
    targets = {entry.target for module in modules() if module.parts[0] == "schema" for entry in imports(module)}
    assert "simdprep.schema.from_awkward" in targets
    assert "awkward" in targets
