"""Events and the header as JSON lines: the format of a journal, and no file.

Knows what a line looks like and what to make of one that it can't read, so that the events keep
their numbers: a kind of event that this version doesn't know, or that can't be read back, stands
as a note in its place. Doesn't know where lines come from or go to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from socklab.events import EVENT_TYPES, AnyEvent, Event, Header, Note
from socklab.i18n import _
from socklab.journal.errors import JournalError

BLOCK = 256
"""Events per block: the unit in which old events are found and decoded."""

VERSION = 1
"""The newest version of the format that this program reads."""

TYPES: dict[str, type[Event]] = {kind.__name__.lower(): kind for kind in EVENT_TYPES}
"""The event classes by the name that they bear in a line (`type`)."""

_Number = Annotated[int, msgspec.Meta(ge=-1, lt=2**31)]


class Outline(msgspec.Struct, gc=False, frozen=True):
    """What a filter asks of an event, read from its line without decoding the rest."""

    n: int
    type: str
    t: int = 0
    program: str | None = None
    duration: int = 0
    name: str | None = None
    error: str | None = None
    level: str | None = None
    sock: _Number | None = None
    new_sock: _Number | None = None
    id: int | None = None
    verdict: str | None = None


class _Stranger(msgspec.Struct, gc=False, frozen=True):
    """The least that a line of an unknown type must have."""

    n: int
    type: str
    t: int = 0


_encoder = msgspec.json.Encoder()
_events = msgspec.json.Decoder(AnyEvent)
_outlines = msgspec.json.Decoder(Outline)
_strangers = msgspec.json.Decoder(_Stranger)
_header = msgspec.json.Decoder(Header)

# msgspec reports most mistakes as its own error, but text that isn't UTF-8 as Python's.
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_UNWRITABLE = (msgspec.MsgspecError, UnicodeEncodeError, TypeError, OverflowError, RecursionError)


def encode_header(header: Header) -> bytes:
    """The journal's first line."""
    return _encoder.encode(header) + b"\n"


def decode_header(line: bytes, name: str) -> Header:
    """The header in a file's first line; `name` is what to call the file.

    Raises JournalError for anything but a journal of a version that this program reads.
    """
    try:
        header = _header.decode(line)
    except _UNREADABLE:
        raise JournalError(
            _("{name} isn't a socklab journal: give a file that socklab recorded", name=name)
        ) from None
    if header.version > VERSION:
        raise JournalError(
            _(
                "{name} was recorded by a newer socklab (format {version}): update socklab",
                name=name,
                version=header.version,
            )
        )
    return header


def encode(events: Sequence[AnyEvent]) -> bytes:
    """One line per event. An event that can't be written leaves a note in its place."""
    try:
        return _encoder.encode_lines(events)
    except _UNWRITABLE:
        return b"".join(map(_encode_one, events))


def _encode_one(event: AnyEvent) -> bytes:
    try:
        return _encoder.encode(event) + b"\n"
    except _UNWRITABLE:
        note = Note(n=event.n, t=event.t, level="warning", text=_("an event that can't be written"))
        return _encoder.encode(note) + b"\n"


def decode(lines: bytes, start: int, count: int) -> list[AnyEvent]:
    """The `count` events from number `start` on that `lines` hold.

    There are always as many as asked for: what can't be read is a note that says so.
    """
    try:
        events = _events.decode_lines(lines)
    except _UNREADABLE:
        events = []
    if len(events) == count:
        return events
    found = lines.split(b"\n")[:-1][:count]
    return [_decode_one(line, n) for n, line in enumerate(found, start)] + unreadable(
        start + len(found), start + count
    )


def decode_some(lines: bytes, start: int, numbers: Sequence[int]) -> list[AnyEvent]:
    """The events with these numbers of those that `lines` hold, which begin with number `start`."""
    found = lines.split(b"\n")
    chosen = [found[n - start] if n - start < len(found) else b"" for n in numbers]
    try:
        events = _events.decode_lines(b"\n".join(chosen))
    except _UNREADABLE:
        events = []
    if len(events) == len(numbers):
        return events
    return [_decode_one(line, n) for line, n in zip(chosen, numbers, strict=True)]


def _decode_one(line: bytes, n: int) -> AnyEvent:
    try:
        event: AnyEvent = _events.decode(line)
        return event
    except _UNREADABLE:
        pass
    try:
        stranger = _strangers.decode(line)
    except _UNREADABLE:
        return unreadable(n, n + 1)[0]
    if stranger.type in TYPES:
        return Note(
            n=n,
            t=stranger.t,
            level="warning",
            text=_("an event that can't be read: damaged, or of a newer version"),
        )
    return Note(
        n=n,
        t=stranger.t,
        level="info",
        text=_("an event of a kind that this version doesn't know"),
    )


def unreadable(start: int, stop: int) -> list[AnyEvent]:
    """Notes in the place of events that the file no longer gives back."""
    text = _("an event that can't be read back from the file")
    return [Note(n=n, t=0, level="warning", text=text) for n in range(start, stop)]


def outlines(lines: bytes, start: int) -> list[Outline]:
    """The outlines of the whole lines in `lines`, as far as they are numbered from `start` on.

    Fewer than there are lines means that the one after the last is damaged.
    """
    count = lines.count(b"\n")
    try:
        found = _outlines.decode_lines(lines)
    except _UNREADABLE:
        found = []
    if [o.n for o in found] == list(range(start, start + count)):
        return found
    return _outlines_one_by_one(lines, start)


def _outlines_one_by_one(lines: bytes, start: int) -> list[Outline]:
    found: list[Outline] = []
    for n, line in enumerate(lines.split(b"\n")[:-1], start):
        outline = _outline(line)
        if outline is None or outline.n != n:
            break
        found.append(outline)
    return found


def _outline(line: bytes) -> Outline | None:
    try:
        return _outlines.decode(line)
    except _UNREADABLE:
        pass
    try:
        stranger = _strangers.decode(line)
    except _UNREADABLE:
        return None
    # Fields of a kind to come may bear our names and mean something else.
    if stranger.type in TYPES:
        return None
    return Outline(n=stranger.n, t=stranger.t, type=stranger.type)
