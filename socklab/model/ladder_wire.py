"""What a ladder knows of the wire: which ends talk over it, and what each segment is."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from socklab.events import Address, Event, Fate, Frame
from socklab.model.addresses import is_any, unmapped
from socklab.model.analysis import Analysis, Seen
from socklab.model.frames.outline import Outline, outline

MOST_PAIRS = 1024
MOST_SEQS = 512
_A_STREAM = 128
"""What is kept of a stream's last segments."""

_CARRIERS = frozenset({"tcp", "udp"})

Pair = tuple[Address, Address]


class Traffic:
    """The wire after the frames applied so far."""

    def __init__(self) -> None:
        self._analysis = Analysis()
        self._pairs: dict[Pair, None] = {}  # both ways round
        self._streams: set[int] = set()  # whose pair is known
        self._looks: dict[int, Outline] = {}  # of the frames that come next
        self._seqs: dict[int, int] = {}  # of the last segments, by the frames' numbers

    def copy(self) -> Traffic:
        """One that is the same, and goes on by itself."""
        other = Traffic()
        other._analysis = self._analysis.copy()
        other._pairs = dict(self._pairs)
        other._streams = set(self._streams)
        other._seqs = dict(self._seqs)
        return other

    def weight(self) -> int:
        """How many entries a copy has, about."""
        return len(self._pairs) + len(self._seqs) + _A_STREAM * len(self._streams)

    def look(self, frame: Frame) -> Outline:
        """The frame at a glance."""
        known = self._looks.get(frame.n)
        return outline(frame.data, frame.size) if known is None else known

    def seq(self, frame: Frame) -> int | None:
        """The number of the first byte of a segment that came not long ago, in its connection."""
        return self._seqs.get(frame.id)

    def carries(self, local: Address | None, remote: Address) -> bool:
        """Whether frames between these ends were seen; from any to `remote` where nobody knows
        `local`."""
        remote = unmapped(remote)
        if local is not None and not is_any(local):
            return (unmapped(local), remote) in self._pairs
        port = None if local is None else local[1]
        return any(there == remote and port in (None, here[1]) for here, there in self._pairs)

    def foresee(self, events: Iterable[Event]) -> None:
        """These come next: whoever is seen then talks over the wire now."""
        self._looks.clear()
        for event in events:
            if type(event) is Frame:
                look = self._looks[event.n] = outline(event.data, event.size)
                self._meet(look)

    def apply(self, event: Frame | Fate) -> Seen | None:
        """Take in the next frame or fate; what there is to say of a segment."""
        seen = self._analysis.apply(event)
        if seen is not None:
            self._seqs[event.id] = seen.seq
            if len(self._seqs) > MOST_SEQS:
                del self._seqs[next(iter(self._seqs))]
        if type(event) is Frame and (seen is None or seen.stream not in self._streams):
            self._meet(self.look(event))
            if seen is not None:
                self._remember(seen.stream)
        return seen

    def _remember(self, stream: int) -> None:
        if len(self._streams) >= MOST_PAIRS:
            self._streams.clear()
        self._streams.add(stream)

    def _meet(self, look: Outline) -> None:
        if look.kind not in _CARRIERS or (look.source, look.destination) in self._pairs:
            return
        self._pairs[look.source, look.destination] = None
        self._pairs[look.destination, look.source] = None
        surplus = len(self._pairs) - 2 * MOST_PAIRS
        for pair in [*islice(self._pairs, max(surplus, 0))]:
            del self._pairs[pair]
