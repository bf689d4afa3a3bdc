"""The constants as a torch module: the first layer of a model, on any device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ..transforms.state import State
from .constants import Constants


class NormaliseObject(nn.Module):
    """Normalises the fields of one object; it has no parameters, and its constants stay float64.

    Args:
        constants: Of the object.
    """

    takes_log: Tensor
    offset: Tensor
    centre: Tensor
    scale: Tensor
    low: Tensor
    high: Tensor
    zeroes: Tensor
    refuses: Tensor

    def __init__(self, constants: Constants) -> None:
        super().__init__()
        self.fields = constants.fields
        self._wide = {
            "offset": constants.offset,
            "centre": constants.centre,
            "scale": constants.scale,
            "low": constants.low,
            "high": constants.high,
        }
        for name, values in self._wide.items():
            self.register_buffer(name, torch.from_numpy(values.copy()))
        for name in ("takes_log", "zeroes", "refuses"):
            self.register_buffer(name, torch.from_numpy(getattr(constants, name).copy()))

    def forward(self, values: Tensor, valid: Tensor | None = None) -> Tensor:
        """Return the normalised values, float32.

        Args:
            values: (..., n_fields).
            valid: (...) bool; ``None`` for all. What is not valid becomes 0.
        """
        wide = values.to(torch.float32).to(torch.float64)
        wide = torch.where(self.takes_log, torch.log(wide + self.offset), wide)
        wide = (wide - self.centre) / self.scale
        odd = ~torch.isfinite(wide)
        wide = torch.where(wide < self.low, self.low, wide)
        wide = torch.where(wide > self.high, self.high, wide)
        wide = torch.where(odd & self.zeroes, 0.0, wide)
        wide = torch.where(odd & self.refuses, torch.nan, wide)
        if valid is not None:
            wide = torch.where(valid.unsqueeze(-1), wide, 0.0)
        return wide.to(torch.float32)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> NormaliseObject:
        """Move to a device, but not to fewer digits: ``model.half()`` would otherwise round the constants."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        for name, values in self._wide.items():
            place = getattr(self, name).device
            setattr(self, name, torch.from_numpy(values.copy()).to(place))
        return self


class NormaliseInputs(nn.Module):
    """Normalises the objects of a batch.

    Args:
        constants: Of the objects.
    """

    def __init__(self, constants: list[Constants]) -> None:
        super().__init__()
        self.names = [entry.name for entry in constants]
        self.objects = nn.ModuleList([NormaliseObject(entry) for entry in constants])

    def forward(self, values: dict[str, Tensor], valid: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Return the normalised values by object, float32.

        Args:
            values: (..., n_fields), by object.
            valid: (...) bool, by object; all entries of an object without mask are valid.
        """
        masks = valid or {}
        return {
            name: module(values[name], masks.get(name)) for name, module in zip(self.names, self.objects, strict=True)
        }


def make(state: State, constants: list[Constants], name: str) -> Any:
    """Return the module."""
    return NormaliseInputs(constants)
