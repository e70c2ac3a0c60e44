"""The log as a table of the page, and the form that filters it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from socklab.events import AnyEvent
from socklab.export.markup import Markup, joined, tag, void
from socklab.export.record import Record
from socklab.export.text import errno_meaning
from socklab.i18n import _
from socklab.model.escaping import plain
from socklab.model.logline import log_row

_SIGNS = {"error": "✗ ", "warning": "! ", "info": ""}


class Shown(NamedTuple):
    """The numbers of the events that have a row in the log: the first ones, and the last."""

    first: range
    last: range

    def has(self, n: int) -> bool:
        """Whether event `n` has one."""
        return n in self.first or n in self.last

    def link(self, n: int, text: str) -> Markup:
        """`text` as a link to the row of event `n`, if it has one."""
        return tag("a", text, href=f"#e{n}") if self.has(n) else tag("span", text)


def log_section(record: Record, programs: Iterable[str], shown: Shown) -> Markup:
    """The rows of these events, the first ones and the last; what lies between is counted."""
    heads = (_("event"), _("time"), _("program"), _("what happened"), _("duration"))
    top = tag("thead", tag("tr", joined(tag("th", head, scope="col") for head in heads)))
    body = tag("tbody", joined(_rows(record, shown, len(heads)), "\n"))
    table = tag("table", top, body, class_="log")
    return joined([_filter(programs), tag("div", table, class_="scroll")])


def _rows(record: Record, shown: Shown, columns: int) -> Iterator[Markup]:
    first, last = shown
    yield from map(_row, record.read(first.start, first.stop))
    if last:
        said = left_out(last.start - first.stop, _("--to text has them all"))
        yield tag("tr", tag("td", said, colspan=str(columns), class_="left-out"))
        yield from map(_row, record.read(last.start, last.stop))


def left_out(count: int, where: str) -> str:
    """That there are so many more, and which export has them."""
    return _("… {n} events are left out here; {where} …", n=f"{count:,}", where=where)


def _row(event: AnyEvent) -> Markup:
    row = log_row(event, errno_meaning)
    said: list[str | Markup] = [_SIGNS[row.level] + row.text]
    if row.meaning:
        said += ["  ", tag("span", row.meaning, class_="meaning")]
    return tag(
        "tr",
        tag("td", f"{event.n:,}", class_="quiet"),
        tag("td", row.clock, class_="quiet"),
        tag("td", row.program),
        tag("td", *said, class_=f"said {row.level}"),
        tag("td", row.duration, class_="quiet"),
        id=f"e{event.n}",
        data_program=row.program,
        data_level=row.level,
    )


def _filter(programs: Iterable[str]) -> Markup:
    """Shown by the page's script, without which it would do nothing."""
    every = tag("option", _("all programs"), value="")
    choice = [every, *(tag("option", plain(name)) for name in programs)]
    return tag(
        "form",
        tag("label", _("search"), " ", void("input", type="search", name="text")),
        tag("label", _("program"), " ", tag("select", *choice, name="program")),
        tag("label", void("input", type="checkbox", name="errors"), " ", _("errors only")),
        tag("output", name="count", class_="quiet"),
        id="filter",
        hidden=True,
        data_said=_("# of # events"),
    )
