"""CutFlow: how many events and entries went in, came out, and why the others did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class ObjectFlow:
    """Entries of one object.

    Attributes:
        read: Entries in the input.
        dropped: Entries dropped, by reason: ``select``, ``select of <parent>``, ``event select``.
    """

    read: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def kept(self) -> int:
        """Entries that came out."""
        return self.read - sum(self.dropped.values())


@dataclass
class CutFlow:
    """What a selection dropped. Flows of chunks add up with ``+``.

    Attributes:
        events_read: Events in the input.
        events_kept: Events that came out.
        objects: Flow of each list object, by name.
    """

    events_read: int = 0
    events_kept: int = 0
    objects: dict[str, ObjectFlow] = field(default_factory=dict)

    @property
    def events_dropped(self) -> int:
        """Events that the event select dropped."""
        return self.events_read - self.events_kept

    def __add__(self, other: CutFlow) -> CutFlow:
        if not isinstance(other, CutFlow):
            return NotImplemented
        objects: dict[str, ObjectFlow] = {}
        for name in dict.fromkeys((*self.objects, *other.objects)):
            one, two = self.objects.get(name, ObjectFlow()), other.objects.get(name, ObjectFlow())
            objects[name] = ObjectFlow(one.read + two.read, one.dropped + two.dropped)
        return CutFlow(self.events_read + other.events_read, self.events_kept + other.events_kept, objects)

    def drop(self, reason: str, sizes: Mapping[str, int]) -> None:
        """Note that only ``sizes`` entries of each object are left, for ``reason``."""
        for name, size in sizes.items():
            flow = self.objects[name]
            if flow.kept > size:
                flow.dropped[reason] += flow.kept - size
