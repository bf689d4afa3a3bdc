"""Anatomy: where the bytes of one chunk go, drawn for docs/codec.md.

    python -m benchmarks.anatomy

takes a chunk of toy tracks (one float32 field of 2,048 jets in 40 slots), deflates it in several ways, reads
every stream symbol by symbol, and writes docs/codec.svg and the table beneath it.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simdprep import _core

from .baselines.awkward_pad import pad_events
from .bench_codec import default_level
from .cases import toy_tracks
from .figures import CODEC_PAGE, replaced
from .inflater import inflate

PICTURE = CODEC_PAGE.with_suffix(".svg")
BEGIN, END = "<!-- anatomy -->", "<!-- /anatomy -->"

ROWS, FIELD = 2048, "d0"

#: What bits are spent on, in the order of the picture, and its colours.
PARTS = {
    "sign, exponent": "#1f5a96",
    "mantissa, high byte": "#4c8fd0",
    "mantissa, middle byte": "#8fbce6",
    "mantissa, low byte": "#c6dff5",
    "padding": "#e39b3c",
    "codes and headers": "#888888",
}
_PLANES = list(PARTS)[:4]


@dataclass(frozen=True)
class Anatomy:
    """Bytes of a stream by what they are spent on; all of them together are the stream."""

    name: str
    parts: Mapping[str, float]

    @property
    def size(self) -> float:
        """Bytes of the stream."""
        return sum(self.parts.values())


def chunk() -> NDArray[np.float32]:
    """Return the chunk that is dissected, (2048, 40)."""
    case = toy_tracks("quick")
    arrays = pad_events(case.events(), case.pad)
    return np.ascontiguousarray(arrays["tracks"][FIELD][:ROWS])


def dissect(name: str, stream: bytes, raw: NDArray[np.float32]) -> Anatomy:
    """Attribute every bit of a stream of the shuffled chunk: byte plane 3 of little-endian floats comes last.

    Raises:
        AssertionError: the stream holds something else.
    """
    out, pieces = inflate(stream)
    planes = raw.view(np.uint8).reshape(-1, 4).T
    assert out == planes.tobytes(), name
    fill = np.isnan(raw.reshape(-1))
    parts = dict.fromkeys(PARTS, 0.0)
    for piece in pieces:
        if piece.kind == "codes":
            parts["codes and headers"] += piece.bits / 8
            continue
        # a match may reach over both kinds: each byte takes its share
        where = np.arange(piece.begin, piece.end)
        share = piece.bits / 8 / len(where)
        is_fill = fill[where % raw.size]
        parts["padding"] += share * int(is_fill.sum())
        for plane, count in enumerate(np.bincount(where[~is_fill] // raw.size, minlength=4)):
            parts[_PLANES[3 - plane]] += share * int(count)
    return Anatomy(name, parts)


def anatomies(raw: NDArray[np.float32]) -> list[Anatomy]:
    """Dissect what zlib and simdprep make of a chunk."""
    shuffled = np.ascontiguousarray(raw.view(np.uint8).reshape(-1, 4).T).tobytes()
    found = [dissect(f"shuffle + gzip {level}", zlib.compress(shuffled, level), raw) for level in (4, 9)]
    stored, mask = _core.encode_chunk(
        raw.reshape(-1).view(np.uint8), shuffle_size=4, deflate_level=default_level(), fletcher=False
    )
    assert mask == 0, "the chunk was not shuffled or not deflated"
    return [*found, dissect("simdprep", stored, raw)]


def picture(found: list[Anatomy], raw_bytes: int) -> str:
    """Return the bars as SVG, the raw chunk scaled to the width of the first."""
    left, width, bar, gap = 150, 540, 30, 18
    scale = width / max(entry.size for entry in found)
    lines = []
    for row, entry in enumerate(found):
        y, x = 14 + row * (bar + gap), float(left)
        lines.append(_text(left - 8, y + bar / 2 + 4, entry.name, "end"))
        for part, size in entry.parts.items():
            lines.append(f'<rect x="{x:.1f}" y="{y}" width="{size * scale:.1f}" height="{bar}" fill="{PARTS[part]}"/>')
            x += size * scale
        lines.append(_text(x + 6, y + bar / 2 + 4, f"{entry.size / raw_bytes:.1%}"))
    top = 14 + len(found) * (bar + gap) + 8
    for index, (part, colour) in enumerate(PARTS.items()):
        x, y = left + 190 * (index % 3), top + 22 * (index // 3)
        lines.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{colour}"/>')
        lines.append(_text(x + 18, y + 11, part))
    height = top + 50
    style = 'font-family="sans-serif" font-size="13"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {height}" width="760" height="{height}" {style}>'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *lines, "</svg>", ""])


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{text}</text>'


def table(found: list[Anatomy], raw_bytes: int) -> str:
    """Return the same as Markdown, in % of the raw chunk."""
    lines = [f"| in % of {raw_bytes:,} bytes | {' | '.join(entry.name for entry in found)} |", "|---" * 4 + "|"]
    for part in PARTS:
        lines.append(f"| {part} | {' | '.join(f'{entry.parts[part] / raw_bytes:.2%}' for entry in found)} |")
    lines.append(f"| **all** | {' | '.join(f'**{entry.size / raw_bytes:.2%}**' for entry in found)} |")
    return "\n".join(lines)


def main() -> None:
    """Write the picture and the table."""
    raw = chunk()
    found = anatomies(raw)
    PICTURE.write_text(picture(found, raw.nbytes))
    CODEC_PAGE.write_text(replaced(CODEC_PAGE.read_text(), table(found, raw.nbytes), begin=BEGIN, end=END))
    print(table(found, raw.nbytes))


if __name__ == "__main__":
    main()
