"""What a lab's journal makes a hint finder say."""

from __future__ import annotations

from collections.abc import Iterable

from socklab.events import Event
from socklab.lab.lab import Lab
from socklab.model.hints import Hint, HintFinder
from socklab.model.notation import event_text

CONNECTED = (
    "server: socket tcp",
    "server: bind 3 127.0.0.1 0",
    "server: listen 3 5",
    "client: socket tcp",
    "client: connect 3 @server",
    "server: accept 3",
)
UDP_PAIR = (
    "one: socket udp",
    "one: bind 3 127.0.0.1 0",
    "two: socket udp",
    "two: bind 3 127.0.0.1 0",
)


def finder_of(events: Iterable[Event], later: float = 0.0) -> HintFinder:
    """All that the events say, and what time shows `later` seconds after the last of them."""
    finder = HintFinder()
    t = 0
    for event in events:
        finder.apply(event)
        t = max(t, event.t)
    finder.tick(t + int(later * 1e9))
    return finder


def hints(lab: Lab, later: float = 0.0) -> dict[str, Hint]:
    """The first hint of each rule."""
    found: dict[str, Hint] = {}
    for hint in finder_of(lab.journal, later).hints:
        assert len(hint.text) <= 110  # two lines of the strip
        found.setdefault(hint.rule, hint)
    return found


def proof(lab: Lab, rule: str, later: float = 0.0) -> list[str]:
    """The two events that prove the hint of that rule, each with its program; [] for no hint."""
    hint = hints(lab, later).get(rule)
    if hint is None:
        return []
    assert hint.events[0] < hint.events[1]
    return [_told(lab.journal[n]) for n in hint.events]


def _told(event: Event) -> str:
    return f"{event.program}: {event_text(event)}"
