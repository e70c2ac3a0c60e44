"""The log as text: one line an event, calls as strace(1) writes them."""

from __future__ import annotations

from collections.abc import Iterator

from socklab.explain.texts import errno_advice
from socklab.export.hints import hint_lines
from socklab.export.record import Record, blocks
from socklab.i18n import _
from socklab.model.escaping import plain
from socklab.model.hints import HintFinder
from socklab.model.logline import Meaning, log_row, row_text
from socklab.model.units import date_text


def errno_meaning(error: str, call: str) -> str:
    """What the texts say that `error` means where `call` gave it, in a few words."""
    return errno_advice(error, call).meaning


def write_text(record: Record, meaning: Meaning = errno_meaning) -> Iterator[str]:
    """Comment lines that say when and under which system, the log's rows, and then the hints."""
    yield header_text(record)
    finder = HintFinder(complete=record.first == 0)
    for events in blocks(record):
        for event in events:
            finder.apply(event)
        yield "".join(f"{row_text(log_row(event, meaning))}\n" for event in events)
    yield from hint_lines(finder)


def header_text(record: Record) -> str:
    """The lines, each behind a `#`, that begin the log of this record."""
    header = record.header
    system = " ".join(part for part in (header.system, header.release) if part)
    python = f"Python {header.python}" if header.python else ""
    lines = [
        _("socklab journal, begun {date}", date=date_text(header.started)),
        ", ".join(part for part in (system, python) if part),
    ]
    if record.first:
        lines.append(_("the first {n} events are no longer in memory", n=record.first))
    return "".join(f"# {plain(line)}\n" for line in lines if line)
