"""A session as one page that any browser shows, today and in ten years, with no network.

Everything is in the page and nothing is fetched; a policy in its head forbids it to be. What came
from programs and peers is text in it and never markup. A long session is shown by its first and its
last rows, and the page says what it leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from socklab.events import AnyEvent
from socklab.export.html_ladder import ladder_section
from socklab.export.html_log import Shown, log_section
from socklab.export.html_states import Connections, states_section
from socklab.export.html_summary import summary_section
from socklab.export.markup import Markup, joined, tag
from socklab.export.record import Record, blocks
from socklab.export.template import filled, template
from socklab.export.totals import Totals
from socklab.i18n import _
from socklab.journal.times import over
from socklab.model.hints import Hint, HintFinder
from socklab.model.units import date_text, duration_text

MOST_ROWS = 1_000
"""Rows of the log and of the ladder from the beginning, and as many again from the end."""

MOST_TOTALS = 500
"""Programs, and sockets, in the summary."""


def write_html(record: Record) -> Iterator[str]:
    """The whole page, in one piece."""
    page = _Page(record)
    values = {"TITLE": page.title, "HEADER": page.header(), "SECTIONS": page.sections()}
    yield filled(template("page.html"), frozenset(), values)


class _Page:
    """What one walk through a record has found, and the page made of it."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._totals = Totals(MOST_TOTALS)
        self._connections = Connections()
        self._hints = HintFinder(complete=record.first == 0)
        self._count = 0
        self._begin = self._end = record.header.started
        for events in blocks(record):
            self._take(events)
        self._hints.tick(self._end)
        # One that was recorded meanwhile is in none of the sections.
        self._last = record.first + self._count

    def _take(self, events: Sequence[AnyEvent]) -> None:
        folds = (self._totals.apply, self._connections.apply, self._hints.apply)
        for event in events:
            for fold in folds:
                fold(event)
        if events and not self._count:
            self._begin = self._end = events[0].t
        self._end = max([self._end, *map(over, events)])
        self._count += len(events)

    @property
    def title(self) -> Markup:
        """What the window is called."""
        return joined([_("socklab session of {date}", date=date_text(self._record.header.started))])

    def header(self) -> Markup:
        """When, under which system, how long; and where to find what."""
        header = self._record.header
        python = f"Python {header.python}" if header.python else ""
        system = " ".join(part for part in (header.system, header.release) if part)
        lasted = _(
            "{count} events in {duration}",
            count=f"{self._count:,}",
            duration=duration_text(max(0, self._end - self._begin)),
        )
        said = [part for part in (lasted, system, python) if part]
        if self._record.first:
            gone = _("the first {n} events are no longer in memory", n=f"{self._record.first:,}")
            said.append(gone)
        links = [tag("a", name, href=f"#{id}") for id, name in _SECTIONS.items()]
        return tag(
            "header",
            tag("h1", self.title),
            tag("p", " · ".join(said), class_="quiet"),
            tag("nav", joined(links, " ")),
        )

    def sections(self) -> Markup:
        """All of them."""
        shown = self._shown()
        made = {
            "summary": summary_section(self._totals),
            "ladder": ladder_section(self._record, MOST_ROWS, shown),
            "states": states_section(self._connections, shown),
            "hints": self._hint_list(shown),
            "log": log_section(self._record, self._totals.programs, shown),
        }
        titles = {id: tag("h2", title) for id, title in _SECTIONS.items()}
        sections = (tag("section", titles[id], made[id], id=id) for id in made)
        return joined(sections, "\n")

    def _shown(self) -> Shown:
        """The numbers of the events in the log: the first ones, and the last."""
        first, last = self._record.first, self._last
        if last - first <= 2 * MOST_ROWS:
            return Shown(range(first, last), range(last, last))
        return Shown(range(first, first + MOST_ROWS), range(last - MOST_ROWS, last))

    def _hint_list(self, shown: Shown) -> Markup:
        finder = self._hints
        if not finder.hints:
            return tag("p", _("Nothing in this session that people usually trip over."))
        items = joined(_hint_item(hint, shown) for hint in finder.hints)
        earlier = finder.found - len(finder.hints)
        if not earlier:
            return tag("ol", items, class_="hints")
        said = _("{n} earlier ones were too many to keep.", n=f"{earlier:,}")
        return joined([tag("p", said, class_="left-out"), tag("ol", items, class_="hints")])


_SECTIONS = {
    "summary": _("Summary"),
    "ladder": _("Ladder"),
    "states": _("States"),
    "hints": _("Hints"),
    "log": _("Log"),
}


def _hint_item(hint: Hint, shown: Shown) -> Markup:
    one, other = (shown.link(n, f"{n:,}") for n in hint.events)
    links = tag("span", _("events"), " ", one, ", ", other, class_="quiet")
    return tag("li", hint.text, " (", links, ")")
