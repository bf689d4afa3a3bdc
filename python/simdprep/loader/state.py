"""State: where a loader stands, as JSON can hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ConfigError
from .argument import check_integer

VERSION = 2


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


def make_state(identity: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Return what it takes to go on with the same batches; ``identity`` tells these from others."""
    return {"simdprep_loader": VERSION, **identity, "epoch": progress.epoch, "step": progress.step}


def read_state(state: object, identity: Mapping[str, Any]) -> tuple[int, int]:
    """Return the epoch and the step that a state holds.

    Raises:
        ConfigError: it is no such state, or that of another stream of batches.
    """
    if not isinstance(state, Mapping) or state.get("simdprep_loader") != VERSION:
        rule = f"what state_dict() of version {VERSION} returned"
        raise ConfigError("state of a loader", got=repr(state)[:80], expected=rule, where="load_state_dict")
    for name, here in identity.items():
        if name not in state or state[name] != here:
            raise ConfigError(
                f"{name} in the state",
                got=repr(state.get(name)),
                expected=f"{here!r}, as in this loader",
                where="load_state_dict",
                hint="the files, rows=, sample=, bucket= and other arguments it was saved with",
            )
    for name in ("epoch", "step"):
        check_integer(f"{name} in the state", state.get(name), least=0, where="load_state_dict")
    return int(state["epoch"]), int(state["step"])
