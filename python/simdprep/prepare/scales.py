"""Scales: what the weights of each sample are multiplied by, from cross section, luminosity and generated weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..transforms import sample_scale
from .expressions import prepare_of

if TYPE_CHECKING:
    from ..schema.config import Config
    from ..schema.sample_section import SampleConfig


def scales_of(config: Config, samples: Sequence[SampleConfig], sums: Sequence[float | None]) -> list[float]:
    """Return one factor per sample.

    Args:
        config: The luminosity.
        samples: Their cross sections and scales.
        sums: The generated weights of each; ``None`` divides by nothing.

    Raises:
        ConfigError: a sum that is not positive, or that lacks where there are a cross section and a luminosity.
    """
    luminosity = prepare_of(config).luminosity
    for sample, total in zip(samples, sums, strict=True):
        if luminosity is not None and sample.cross_section is not None and total is None:
            where = config.where("input", "samples", sample.name)
            rule = "the weights of all generated events, as there are a cross section and a luminosity"
            raise ConfigError("sum_of_weights", got="none", expected=rule, where=where, hint="sum_of_weights: auto")
    return [
        sample_scale(
            cross_section=sample.cross_section,
            luminosity=luminosity if sample.cross_section is not None else None,
            sum_of_weights=total,
            efficiency=sample.scale,
            where=config.where("input", "samples", sample.name),
        )
        for sample, total in zip(samples, sums, strict=True)
    ]
