"""What became of how many frames, by kind: what `expect wire` asks."""

from __future__ import annotations

from collections import Counter

from socklab.events import AnyEvent, Fate, Frame
from socklab.i18n import _
from socklab.lab.network_commands import ExpectWire
from socklab.model.frame_kinds import FrameKind, kinds

_UNDER_WAY = 100_000  # frames remembered at most, until their fate is known

_Key = tuple[FrameKind, str | None, str]


class WireTally:
    """A fold over the journal. What an expectation has counted, no later one counts again."""

    def __init__(self) -> None:
        self._frames: dict[int, tuple[frozenset[FrameKind], str]] = {}
        self._fates: Counter[_Key] = Counter()
        self._used: Counter[_Key] = Counter()

    def apply(self, event: AnyEvent) -> None:
        """Take in the journal's next event."""
        if isinstance(event, Frame):
            self._frames[event.id] = kinds(event.data), event.sender
            if len(self._frames) > _UNDER_WAY:
                del self._frames[next(iter(self._frames))]
        elif isinstance(event, Fate) and event.id in self._frames:
            found, sender = self._frames[event.id]
            if event.verdict != "held":
                del self._frames[event.id]
            for kind in found:
                self._fates[kind, sender, event.verdict] += 1
                self._fates[kind, None, event.verdict] += 1

    def take(self, expected: ExpectWire) -> bool:
        """Whether there have been so many; they are used up then."""
        key = (expected.kind, expected.sender, expected.verdict)
        if self._fates[key] - self._used[key] < expected.times:
            return False
        self._used[key] += expected.times
        return True

    def instead(self, expected: ExpectWire) -> str:
        """What there was, where it wasn't that."""
        kind, sender = expected.kind, expected.sender
        found = [
            f"{verdict} x{count}"
            for (of_kind, of_sender, verdict), count in sorted(self._fates.items(), key=str)
            if (of_kind, of_sender) == (kind, sender)
        ]
        if not found:
            return _("no such frame came onto the wire")
        return ", ".join(found)
