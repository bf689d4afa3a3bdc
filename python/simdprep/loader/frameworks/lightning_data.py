"""LightningData: loaders for Lightning's Trainer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..loader import Loader

#: A loader, or what makes one in the process of each rank: then the loader finds its rank by itself.
Source = "Loader | Callable[[], Loader]"


def lightning_data(train: Any = None, validate: Any = None, test: Any = None, predict: Any = None) -> Any:
    """Return a ``LightningDataModule`` that hands out the batches of loaders.

    Checkpoints of the Trainer hold the state of the training loader, so that a run that was cut off
    goes on with the batch behind the last one.

    Args:
        train: A :class:`~simdprep.Loader`, or a function that makes one. With several ranks it must
            be a function: it is called where the ranks are known.
        validate: The same, for validation.
        test: The same, for the test.
        predict: The same, for predictions.

    Raises:
        ConfigError: Lightning is not installed.
    """
    base = _module().LightningDataModule

    class LoaderData(base):  # type: ignore[misc, valid-type]
        """Loaders of the stages, made when they are first asked for."""

        def __init__(self) -> None:
            super().__init__()
            self._sources = {"train": train, "validate": validate, "test": test, "predict": predict}
            self._loaders: dict[str, Loader] = {}
            self._state: Mapping[str, Any] | None = None

        def train_dataloader(self) -> Loader:
            loader = self._loader("train")
            if self._state is not None:
                loader.load_state_dict(self._state)
                self._state = None
            return loader

        def val_dataloader(self) -> Loader | list[Any]:
            return self._loader("validate") if validate is not None else []

        def test_dataloader(self) -> Loader:
            return self._loader("test")

        def predict_dataloader(self) -> Loader:
            return self._loader("predict")

        def state_dict(self) -> dict[str, Any]:
            """Return the state of the training loader, if there is one."""
            return self._loaders["train"].state_dict() if "train" in self._loaders else {}

        def load_state_dict(self, state: Mapping[str, Any]) -> None:
            """Let the training loader go on there when it is made."""
            self._state = state or None

        def _loader(self, stage: str) -> Loader:
            if stage not in self._loaders:
                source = self._sources[stage]
                self._loaders[stage] = source() if callable(source) else source
            return self._loaders[stage]

    return LoaderData()


def _module() -> Any:
    from ...errors import ConfigError

    try:
        import lightning
    except ImportError as error:
        rule, hint = "lightning installed", "pip install lightning, the extra [lightning]"
        raise ConfigError("lightning_data", got="no lightning", expected=rule, where="Loader", hint=hint) from error
    return lightning
