"""The function ``simdprep.export``, and what it can export to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args

from ..errors import ConfigError, nearest_hint
from ..transforms.state import State
from .constants import Constants, Lists, constants_of

Target = Literal["numpy", "numba", "torch", "onnx", "lwtnn", "weaver", "salt", "cpp"]

TARGETS: tuple[str, ...] = get_args(Target)

#: The module of each, which has a function ``make``.
_HOMES = {"numpy": "numpy_function", "numba": "numba_function", "cpp": "cpp_header"}


def export(
    state: State | str | Path,
    path: str | Path | None = None,
    *,
    to: Target,
    inputs: Mapping[str, Sequence[str]] | None = None,
    lists: Lists | None = None,
    name: str = "simdprep_inputs",
) -> Any:
    """Give another program the constants of a state: it then computes what ``Loader(transforms=state)`` hands out.

    ==========  ================================================================  =====================================
    ``to``      returns                                                           ``path``
    ==========  ================================================================  =====================================
    ``numpy``   a function of values and masks by object                          none
    ``numba``   compiled functions by object, ``f(values, valid, out)``           none
    ``torch``   a ``torch.nn.Module`` of tensors and masks by object              none
    ``onnx``    an ``onnx.ModelProto``: inputs ``Jet``, ``Jet_valid``, output     the ``.onnx`` file
                ``Jet_normalised``
    ``lwtnn``   the variables file of its converters                              the ``.json`` file
    ``weaver``  what weaver writes as ``preprocess.json``                         the ``.json`` file
    ``salt``    ``norm_dict.yaml`` and ``class_dict.yaml`` of salt and upp,       the folder
                by name
    ``cpp``     a header that needs nothing but the standard library              the ``.hpp`` file
    ==========  ================================================================  =====================================

    All compute in float64 and round to float32 once, but for lwtnn, weaver and salt, which compute as they do. Where
    the loader would raise because a number is not finite (``nonfinite: error``), exports leave NaN.

    Args:
        state: A state, or the file it was saved to.
        path: Where it is written to; ``None`` for nowhere.
        to: What it is for.
        inputs: Fields by object, in the order that the model takes them, as for the loader; ``None`` for all.
        lists: Objects that have slots and a mask, or how many axes of slots each has (``{"tracks": 2}`` for tracks of
            jets of events); ``None`` for those among the state's pads and parents.
        name: Of the graph (onnx) or the namespace (cpp).

    Raises:
        ConfigError: an unknown target, or one that cannot do what a field needs.
        SchemaError: an object or field is not in the state.
        InputError, OutputError: a file cannot be read or written.
    """
    if to not in TARGETS:
        rule = f"{', '.join(TARGETS[:-1])} or {TARGETS[-1]}"
        raise ConfigError("export to", got=repr(to), expected=rule, hint=nearest_hint(str(to), TARGETS))
    if not isinstance(state, State):
        state = State.load(state)
    make: Callable[[State, list[Constants], str], Any]
    make = import_module(f".{_HOMES.get(to, to)}", __package__).make
    made = make(state, constants_of(state, inputs, lists), name)
    if path is not None:
        _write(made, Path(path), to)
    return made


def _write(made: Any, path: Path, to: str) -> None:
    module = import_module(f".{_HOMES.get(to, to)}", __package__)
    if not hasattr(module, "write"):
        rule = "no path: what is returned is used from Python"
        raise ConfigError("path", got=repr(str(path)), expected=rule, where=f"export to {to}")
    module.write(made, path)
