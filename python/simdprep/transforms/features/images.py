"""Images: jets as pictures of where their momentum goes.

L. de Oliveira, M. Kagan, L. Mackey, B. Nachman, A. Schwartzman, Jet-images: deep learning edition, arXiv:1511.05190,
and G. Kasieczka, T. Plehn, M. Russell, T. Schell, Deep-learning top taggers, arXiv:1701.08784. In this order:

- centred: eta and phi are taken from the centroid, the mean weighted by pT (phi from the hardest particle first, so
  that no jet is torn at the end of phi);
- rotated: by the angle that brings the axis of the largest spread, of the second moments weighted by pT, upright: along
  the second index, phi;
- flipped: so that more of the pT has positive eta, then more has positive phi;
- pixelated: the pT of all particles of a pixel is added; what lies outside is left out.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError, SchemaError
from ..threads import over_rows
from .momenta import Valid, Values


def jet_images(
    constituents: Values,
    valid: Valid = None,
    *,
    pixels: int = 40,
    width: float = 2.0,
    centre: bool = True,
    rotate: bool = False,
    flip: bool = False,
    normalise: bool = False,
    engine: Literal["numpy", "numba"] = "numba",
    threads: int | None = None,
) -> NDArray[np.float32]:
    """Return the images, float32 (B, pixels, pixels): eta along the first, phi along the second axis of an image.

    Args:
        constituents: ``pt, eta, phi`` (B, P, 3); without ``centre``, eta and phi from the axis of the jet.
        valid: True where a slot has a particle (B, P).
        pixels: On each side.
        width: Of the image, in eta and phi; its middle is the centre.
        centre: Take eta and phi from the centroid.
        rotate: Turn the axis of the largest spread upright.
        flip: Bring the harder half to positive eta and phi.
        normalise: Divide by the sum of the pixels.
        engine: ``numba``, or the plain form in ``numpy``.
        threads: At most so many; ``None`` for one per usable core.

    Raises:
        SchemaError: the shapes are others.
        ConfigError: ``pixels`` or ``width`` is not positive.
    """
    values = np.asarray(constituents, np.float64)
    if values.ndim != 3 or values.shape[2] != 3:
        rule = "(batch, slots, 3): pt, eta, phi"
        raise SchemaError("constituents", got=f"shape {values.shape}", expected=rule)
    if pixels < 1 or not width > 0:
        got = f"{pixels} pixels of a width of {width}"
        raise ConfigError("image", got=got, expected="at least one pixel, and a positive width")
    mask = np.ones(values.shape[:2], np.bool_) if valid is None else np.ascontiguousarray(valid, np.bool_)
    if mask.shape != values.shape[:2]:
        raise SchemaError("valid", got=f"shape {mask.shape}", expected=f"{values.shape[:2]}, as the constituents")
    out = np.zeros((len(values), pixels, pixels), np.float64)
    if engine == "numpy":
        for row, image in enumerate(out):
            pt, eta, phi = values[row][mask[row]].T
            with np.errstate(invalid="ignore"):  # NaN lies in no pixel
                _plain(pt, eta, phi, image, width, centre, rotate, flip)
    else:
        from .images_kernel import paint

        values = np.ascontiguousarray(values)

        def work(begin: int, end: int) -> None:
            paint(values[begin:end], mask[begin:end], width, centre, rotate, flip, out[begin:end])

        over_rows(work, len(values), threads)
    if normalise:
        total = out.sum(axis=(1, 2), keepdims=True)
        out /= np.where(total == 0, 1, total)
    return out.astype(np.float32)


def _plain(
    pt: Values, eta: Values, phi: Values, image: Values, width: float, centre: bool, rotate: bool, flip: bool
) -> None:
    """Add one jet to its image."""
    total = pt.sum()
    if total <= 0:
        return
    if centre:
        hardest = int(np.argmax(pt))
        phi = np.mod(phi - phi[hardest] + np.pi, 2 * np.pi) - np.pi
        eta, phi = eta - (pt * eta).sum() / total, phi - (pt * phi).sum() / total
    if rotate:
        angle = 0.5 * np.arctan2(2 * (pt * eta * phi).sum(), (pt * eta * eta).sum() - (pt * phi * phi).sum())
        turn = np.pi / 2 - angle
        eta, phi = eta * np.cos(turn) - phi * np.sin(turn), eta * np.sin(turn) + phi * np.cos(turn)
    if flip:
        eta = -eta if pt[eta < 0].sum() > pt[eta > 0].sum() else eta
        phi = -phi if pt[phi < 0].sum() > pt[phi > 0].sum() else phi
    pixels = len(image)
    rows = np.floor((eta + width / 2) * (pixels / width)).astype(np.int64)
    columns = np.floor((phi + width / 2) * (pixels / width)).astype(np.int64)
    inside = (rows >= 0) & (rows < pixels) & (columns >= 0) & (columns < pixels)
    np.add.at(image, (rows[inside], columns[inside]), pt[inside])
