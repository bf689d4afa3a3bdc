"""HepMC3's text format, as much of it as the example writes, read without HepMC3."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class GeneratedEvent:
    """An event: its number and weight, momenta (px, py, pz, E in GeV) and ids of its final particles."""

    number: int
    weight: float = 1.0
    momenta: list[tuple[float, float, float, float]] = field(default_factory=list)
    identities: list[int] = field(default_factory=list)


def read_events(path: Path) -> list[GeneratedEvent]:
    """Return all events of a file."""
    events: list[GeneratedEvent] = []
    for line in path.read_text().splitlines():
        kind, _, rest = line.partition(" ")
        words = rest.split()
        if kind == "E":
            events.append(GeneratedEvent(int(words[0])))
        elif kind == "W" and events:
            events[-1].weight = float(words[0])
        elif kind == "P" and int(words[-1]) == 1:  # P number parent id px py pz e m status
            events[-1].momenta.append((float(words[3]), float(words[4]), float(words[5]), float(words[6])))
            events[-1].identities.append(int(words[2]))
    return events
