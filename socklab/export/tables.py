"""The journal as a table for spreadsheets and data frames: CSV (RFC 4180), one row an event."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from socklab.events import EVENT_TYPES, Event
from socklab.export.record import Record, blocks
from socklab.model.escaping import escape, plain
from socklab.model.notation import argument_text
from socklab.model.tcp_info import SAMPLED

COLUMNS = (
    "n",
    "time",
    "t",
    "type",
    "program",
    "cause",
    "name",
    "sock",
    "fd",
    "args",
    "result",
    "error",
    "duration",
    "data",
    "size",
    "value",
    "local",
    "remote",
    "peer",
    "new_sock",
    "os_fd",
    "new_os_fd",
    "cut",
    "old",
    "new",
    "source",
    "held",
    "expires",
    "recv_queue",
    "send_queue",
    "accept_queue",
    "backlog",
    "drops",
    "recv_limit",
    "send_limit",
    "text",
    "origin",
    "level",
    "waits",
    "change",
    "host",
    "addresses",
    "id",
    "sender",
    "receiver",
    "verdict",
    "delay",
    "why",
    "share",
    *(field.name for field in SAMPLED),
)
"""The columns, in order: an event's fields under their own names, and `time`, its `t` in UTC to
the microsecond. `t`, `duration` and `delay` are in nanoseconds; `data` is escaped text. Last come
the numbers of TCP_INFO, in the units of the `info` event."""

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_GUARD = "'"
_PLACES = {
    kind: [(COLUMNS.index(field), field) for field in kind.__struct_fields__]
    for kind in EVENT_TYPES
}
_TIME, _TYPE = COLUMNS.index("time"), COLUMNS.index("type")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_csv(record: Record) -> Iterator[str]:
    """The line of column names, then one line an event; empty cells where a field doesn't apply.

    A text that a spreadsheet would run as a formula has a `'` before it, and so has one that
    begins with `'` itself: taking one leading `'` away gives the text back.
    """
    yield _lines([list(COLUMNS)])
    for events in blocks(record):
        yield _lines([_cells(event) for event in events])


def _lines(rows: list[list[str | int]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def _cells(event: Event) -> list[str | int]:
    cells: list[str | int] = [""] * len(COLUMNS)
    for place, column in _PLACES[type(event)]:
        cells[place] = _cell(column, getattr(event, column))
    cells[_TIME], cells[_TYPE] = _time(event.t), type(event).__name__.lower()
    return cells


def _cell(column: str, value: Any) -> str | int:
    if value is None:
        return ""
    if isinstance(value, int):
        return int(value)  # True and False as 1 and 0
    return _guarded(_text(column, value))


def _text(column: str, value: Any) -> str:
    if isinstance(value, bytes):
        return escape(value)
    if column in ("args", "addresses"):
        return ", ".join(argument_text(arg) for arg in value)
    return plain(argument_text(value))


def _guarded(text: str) -> str:
    return _GUARD + text if text.startswith((*_FORMULA, _GUARD)) else text


def _time(t: int) -> str:
    when = _EPOCH + timedelta(microseconds=t // 1000)
    return when.isoformat(timespec="microseconds").replace("+00:00", "Z")
