"""State: where a loader stands, as JSON can hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ConfigError
from .argument import check_integer
from .order import RowOrder

VERSION = 1


@dataclass
class Progress:
    """How far a pass has come.

    Attributes:
        epoch: Its epoch.
        step: Batches handed out, over all ranks.
        begun: A pass has taken it up.
    """

    epoch: int = 0
    step: int = 0
    begun: bool = False

    def complete(self) -> None:
        """All batches were handed out: the next pass is that of the next epoch."""
        self.epoch, self.step, self.begun = self.epoch + 1, 0, False

    def next_pass(self) -> Progress:
        """Return the progress of a new pass: this one where none has begun, else that of the next epoch."""
        if self.begun:
            return Progress(self.epoch + 1, begun=True)
        return Progress(self.epoch, self.step, begun=True)


def make_state(order: RowOrder, batch_size: int, progress: Progress) -> dict[str, Any]:
    """Return what it takes to go on with the same batches."""
    return {
        "simdprep_loader": VERSION,
        **_identity(order, batch_size),
        "epoch": progress.epoch,
        "step": progress.step,
    }


def read_state(state: object, order: RowOrder, batch_size: int, num_batches: int) -> Progress:
    """Return the progress a state holds.

    Raises:
        ConfigError: it is no such state, or that of another stream of batches.
    """
    if not isinstance(state, Mapping) or state.get("simdprep_loader") != VERSION:
        rule = f"what state_dict() of version {VERSION} returned"
        raise ConfigError("state of a loader", got=repr(state)[:80], expected=rule, where="load_state_dict")
    for name, here in _identity(order, batch_size).items():
        if name not in state or state[name] != here:
            raise ConfigError(
                f"{name} in the state",
                got=repr(state.get(name)),
                expected=f"{here!r}, as in this loader",
                where="load_state_dict",
                hint="the dataset and arguments it was saved with",
            )
    for name in ("epoch", "step"):
        check_integer(f"{name} in the state", state.get(name), least=0, where="load_state_dict")
    if state["step"] > num_batches:
        rule = f"at most {num_batches}, the batches of an epoch"
        raise ConfigError("step in the state", got=state["step"], expected=rule, where="load_state_dict")
    return Progress(state["epoch"], state["step"])


def _identity(order: RowOrder, batch_size: int) -> dict[str, Any]:
    """What decides which rows are in which batch."""
    return {
        "fingerprint": order.fingerprint,
        "shuffle": order.shuffle,
        "seed": order.seed,
        "batch_size": batch_size,
        "num_pools": order.num_pools if order.shuffle == "block" else None,
    }
