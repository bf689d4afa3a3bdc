"""The constants as an ONNX graph, to run by itself or to be merged before a model's graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import ConfigError
from ..transforms.state import KEY, State
from ..transforms.text_file import write_bytes
from .constants import Constants

#: Known to every runtime of the last years; nothing newer is needed.
OPSET = 17
IR_VERSION = 8


class _Graph:
    """Nodes and constants of a graph, with names of their own for each object."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(values, f"{self.prefix}/{name}"))
        return f"{self.prefix}/{name}"

    def node(self, operation: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        from onnx import helper

        output = output or f"{self.prefix}/{operation}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, list(inputs), [output], name=output, **attributes))
        return output


def make(state: State, constants: list[Constants], name: str) -> Any:
    """Return the model. It has the text of the state among its properties.

    Raises:
        ConfigError: onnx is not installed.
    """
    try:
        from onnx import TensorProto, checker, helper
    except ImportError as error:
        hint = "pip install 'simdprep[onnx]'"
        raise ConfigError("export to onnx", expected="the package onnx", hint=hint) from error
    inputs, outputs, nodes, initializers = [], [], [], []
    for entry in constants:
        axes = ["rows", *(f"{entry.name}_slots{'_of_list' * inner}" for inner in range(entry.axes))]
        shape: list[Any] = [*axes, len(entry.fields)]
        inputs.append(helper.make_tensor_value_info(entry.name, TensorProto.FLOAT, shape))
        if entry.is_list:
            inputs.append(helper.make_tensor_value_info(f"{entry.name}_valid", TensorProto.BOOL, axes))
        outputs.append(helper.make_tensor_value_info(f"{entry.name}_normalised", TensorProto.FLOAT, shape))
        graph = _graph_of(entry)
        nodes += graph.nodes
        initializers += graph.constants
    model = helper.make_model(
        helper.make_graph(nodes, name, inputs, outputs, initializers),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="simdprep",
        producer_version=_core.__version__,
    )
    properties = {KEY: state.to_json(), **{f"{entry.name}_fields": ",".join(entry.fields) for entry in constants}}
    helper.set_model_props(model, properties)
    checker.check_model(model)
    return model


def write(model: Any, path: Path) -> None:
    """Write the file."""
    write_bytes(path, model.SerializeToString(), what="graph")


def _graph_of(entry: Constants) -> _Graph:
    from onnx import TensorProto

    graph = _Graph(f"{entry.name}_normalise")
    zero = graph.constant("zero", np.array(0.0))
    value = graph.node("Cast", entry.name, to=TensorProto.DOUBLE)
    if entry.takes_log.any():
        logarithm = graph.node("Log", graph.node("Add", value, graph.constant("offset", entry.offset)))
        value = graph.node("Where", graph.constant("takes_log", entry.takes_log), logarithm, value)
    value = graph.node("Sub", value, graph.constant("centre", entry.centre))
    value = graph.node("Div", value, graph.constant("scale", entry.scale))
    odd = graph.node("Or", graph.node("IsNaN", value), graph.node("IsInf", value))
    for name, compare, bound in (("low", "Less", entry.low), ("high", "Greater", entry.high)):
        if np.isfinite(bound).any():
            limit = graph.constant(name, bound)
            value = graph.node("Where", graph.node(compare, value, limit), limit, value)
    for name, which, replacement in (("zeroes", entry.zeroes, 0.0), ("refuses", entry.refuses, np.nan)):
        if which.any():
            replaced = graph.node("And", odd, graph.constant(name, which))
            value = graph.node("Where", replaced, graph.constant(f"{name}_by", np.array(replacement)), value)
    if entry.is_list:
        axis = graph.constant("axis", np.array([-1], np.int64))
        value = graph.node("Where", graph.node("Unsqueeze", f"{entry.name}_valid", axis), value, zero)
    graph.node("Cast", value, to=TensorProto.FLOAT, output=f"{entry.name}_normalised")
    return graph
