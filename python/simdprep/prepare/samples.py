"""Samples: named inputs, and the files they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..readers import expand_inputs

if TYPE_CHECKING:
    from ..schema.config import Config
    from ..schema.sample_section import SampleConfig

#: What rows are called that belong to no sample, because the config names none.
ALL = "all"


@dataclass(frozen=True)
class Feed:
    """Files that are read together: those of one sample, or of several that ``select`` tells apart.

    Attributes:
        paths: Sorted.
        samples: Numbers of the samples their rows may belong to.
    """

    paths: tuple[str, ...]
    samples: tuple[int, ...]


def samples_of(config: Config) -> list[SampleConfig]:
    """Return the samples of a config; one called ``all`` where it names none."""
    from ..schema.sample_section import SampleConfig

    return list(config.input.samples) or [SampleConfig(name=ALL, files=list(config.input.files))]


def feeds_of(config: Config, samples: Sequence[SampleConfig]) -> list[Feed]:
    """Expand the files of the samples and put those together that belong to the same ones.

    Raises:
        ConfigError: a sample has no files, or shares some with others and nothing tells its rows apart.
        InputError: a file is missing, or a glob matches nothing.
    """
    owners: dict[str, list[int]] = {}
    for number, sample in enumerate(samples):
        files = sample.files or config.input.files
        if not files:
            where = config.where("input", "samples")
            rule = "at least one"
            raise ConfigError(f"files of sample {sample.name}", got="none", expected=rule, where=where, hint="files")
        for path in expand_inputs(files):
            owners.setdefault(path, []).append(number)
    for path, numbers in owners.items():
        if len(numbers) > 1 and any(samples[number].select is None for number in numbers):
            names = " and ".join(samples[number].name for number in numbers)
            where = config.where("input", "samples")
            rule, hint = "a select that tells their rows apart", 'select: sample_name == "..."'
            raise ConfigError(
                "file of several samples", got=f"{path} in {names}", expected=rule, where=where, hint=hint
            )
    feeds: dict[tuple[int, ...], list[str]] = {}
    for path, numbers in owners.items():
        feeds.setdefault(tuple(numbers), []).append(path)
    return [Feed(tuple(sorted(paths)), numbers) for numbers, paths in sorted(feeds.items())]
