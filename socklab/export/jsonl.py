"""The journal itself: its header and its events, a JSON object a line, as they are recorded."""

from __future__ import annotations

from collections.abc import Iterator

from socklab.events import AnyEvent, Header
from socklab.export.record import Record, blocks
from socklab.journal import codec


def write_jsonl(record: Record) -> Iterator[str]:
    """The header's line, then each event's."""
    yield codec.encode_header(record.header).decode()
    for events in blocks(record):
        yield codec.encode(events).decode()


def header_line(header: Header) -> str:
    """The journal's first line, without its newline."""
    return codec.encode_header(header).decode().rstrip("\n")


def event_line(event: AnyEvent) -> str:
    """An event's line, without its newline."""
    return codec.encode([event]).decode().rstrip("\n")
