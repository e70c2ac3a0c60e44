"""The Inspect pane: what one event means, why it failed if it did, and what surrounds it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from socklab.events import AnyEvent, Gauge, Info
from socklab.explain.past import JournalPast
from socklab.i18n import _
from socklab.journal import Kind, Readable, whole
from socklab.ui.actions import Action, bindings
from socklab.ui.panes.background import Background
from socklab.ui.panes.cells import Part
from socklab.ui.panes.chosen import EventSelected
from socklab.ui.panes.inspect_around import Around, Effects, look_around, neighbour, read_one
from socklab.ui.panes.inspect_events import sections_of
from socklab.ui.panes.inspect_lines import EventLines
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.panes.tail import NoLines
from socklab.ui.tables import Tables

FRAME, IDLE_FRAME = 0.003, 0.012
"""Seconds spent on reading the journal in each frame, and at a time between two."""

INSPECT: tuple[Action, ...] = (
    Action(
        "cause",
        "c",
        _("Cause"),
        _("Go to the event that led to this one, such as the command behind a call."),
        "go_to_cause",
        palette=False,
    ),
    Action(
        "previous-of-socket",
        "left",
        _("Previous"),
        _("Go to the event before this one on the same socket; samples are passed over."),
        "step_on_socket(-1)",
        palette=False,
    ),
    Action(
        "next-of-socket",
        "right",
        _("Next"),
        _("Go to the event after this one on the same socket; samples are passed over."),
        "step_on_socket(1)",
        palette=False,
    ),
    Action(
        "previous-event",
        "p",
        _("Previous of all"),
        _("Go to the event before this one, whatever it belongs to."),
        "step(-1)",
        palette=False,
    ),
    Action(
        "next-event",
        "n",
        _("Next of all"),
        _("Go to the event after this one, whatever it belongs to."),
        "step(1)",
        palette=False,
    ),
    Action(
        "next-section",
        "s",
        _("Section"),
        _("Scroll to the next heading, and from the last one back to the top."),
        "next_section",
        palette=False,
    ),
)
"""What can be done in the Inspect pane."""

Hints = Callable[[int], Sequence[str]]
"""The sentences of the hints that rest on event `n`."""


class EventView(VirtualLines):
    """The lines of one event."""

    HAS_CURSOR = False

    def __init__(self) -> None:
        super().__init__(NoLines(), follow=False, id="event-lines")

    def show_lines(self, lines: EventLines, *, anew: bool) -> None:
        """Show an event: `anew` from its start, else more of the one that is shown."""
        top = 0 if anew else self.scroll_offset.y
        self.show_source(lines)
        if top:
            self._scroll(min(top, self.max_scroll_y))

    def reflow(self, width: int) -> None:
        """Wrap the texts anew, and put more or fewer bytes in a row."""
        if isinstance(self.source, EventLines):
            self.source.resize(width)

    def next_section(self) -> None:
        """Scroll to the next heading that isn't at the top yet."""
        if isinstance(self.source, EventLines):
            top = self.scroll_offset.y
            heading = self.source.next_heading(top)
            at_end = top >= self.max_scroll_y
            self._scroll(0 if at_end else min(heading, self.max_scroll_y))

    def text_to_copy(self) -> str:
        """All of it, for a report."""
        return "\n".join(self._line_text(index) for index in range(len(self.source)))

    def nothing(self) -> Sequence[Sequence[Part]]:
        """Says how to choose an event."""
        return [
            [("   " + _("One event, in full: what it means, why it failed, its bytes."), "")],
            [],
            [("   Enter ", "accent"), (_("on a line of the Log or the Ladder opens it"), "dim")],
            [("   ", ""), (_("so does a click"), "dim")],
        ]


class InspectPane(Vertical):
    """Shows the event that was chosen elsewhere; leads on to its cause and to its neighbours.

    `hints` gives what is to be said of an event besides. `tables` has the sockets before it.
    `renew` is to be called each frame.
    """

    DEFAULT_CSS = """
    InspectPane { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(INSPECT)

    def __init__(
        self,
        journal: Readable,
        hints: Hints | None = None,
    ) -> None:
        super().__init__(id="inspect", classes="pane")
        self._journal = journal
        self._hints: Hints = hints or (lambda _n: ())
        self.tables = Tables(journal)
        self._around = Around()
        self._effects: Effects | None = None
        self._sock: int | None = None
        self._step_to: int | None = None
        self._past = Background(self, self._read_on)
        self.event: AnyEvent | None = None
        self.border_title = _("Inspect")

    def compose(self) -> ComposeResult:
        """One list of lines."""
        yield EventView()

    @property
    def view(self) -> EventView:
        """The lines themselves."""
        return self.query_one(EventView)

    # What is shown

    def show_journal(self, journal: Readable) -> None:
        """The lab has begun another journal; or a replay has gone back, where the event that is
        shown may still be in what there is then."""
        before, self._journal = self._journal, journal
        event = self.event
        if whole(before) is whole(journal) and event is not None and event.n < len(journal):
            self._effects = None
            self.show(event.n)
            return
        if whole(before) is not whole(journal):
            self.tables = Tables(journal)
        self.event = self._effects = self._sock = None
        self.border_subtitle = None
        self.view.show_source(NoLines())

    def show(self, n: int) -> None:
        """Show event `n`; one that the journal doesn't have (any more) changes nothing."""
        event = read_one(self._journal, n)
        if event is None:
            return
        if n != self._step_to:
            self._sock = getattr(event, "sock", None)
        self._step_to = None
        self.event = event
        self._effects = None
        self.border_subtitle = _("event {n}", n=f"{n:,}")
        if self.view.is_on_screen:
            self._begin(event)

    def _begin(self, event: AnyEvent) -> None:
        """Find out what surrounds the event, as far as that is quickly done, and show it."""
        self._effects = Effects(self._journal, event.n)
        self._effects.advance(FRAME)
        self._around = look_around(self._journal, event)
        self.tables.advance(FRAME, event.n)
        self._complete()
        self._draw(anew=True)
        self._go_on_later()

    def _complete(self) -> bool:
        """Take over what has been found around the event; whether that is anything new."""
        event, effects = self.event, self._effects
        if event is None or effects is None:
            return False
        known = self._around
        before = self.tables.known(event.n) if known.before is None else known.before
        self._around = replace(
            known,
            effects=tuple(effects.found),
            before=before,
            reading=before is None,
            hints=tuple(self._hints(event.n)),
        )
        shown = (known.effects, known.before is None, known.hints)
        return shown != (self._around.effects, before is None, self._around.hints)

    def _draw(self, *, anew: bool) -> None:
        if self.event is not None:
            past = JournalPast(self._journal, self.event.n)
            sections = sections_of(self.event, replace(self._around, past=past))
            self.view.show_lines(EventLines(self.event, sections, self.view.room.width), anew=anew)

    # Each frame

    def renew(self) -> None:
        """Take in what is new around the event, spending no more than a few milliseconds."""
        self._go_on(FRAME)

    def _go_on(self, seconds: float) -> None:
        event, effects = self.event, self._effects
        if event is None or not self.view.is_on_screen:
            return
        if effects is None:
            self._begin(event)  # chosen while this was hidden
            return
        effects.advance(seconds)
        if self._around.before is None:
            self.tables.advance(seconds, event.n)
        if self._complete():
            self._draw(anew=False)
        self._go_on_later()

    def _go_on_later(self) -> None:
        """Go on between frames while there is a past to read."""
        if self._around.reading:
            self._past.later()

    def _read_on(self) -> None:
        self._go_on(IDLE_FRAME)

    def on_show(self) -> None:
        """Back from a hidden tab."""
        self.renew()

    # Leading on

    def action_go_to_cause(self) -> None:
        """Go to the event that led to this one."""
        if self.event is not None and self.event.cause is not None:
            self.post_message(EventSelected(self.event.cause))

    def action_step(self, by: int) -> None:
        """Go to a neighbour of this event."""
        if self.event is not None and read_one(self._journal, self.event.n + by) is not None:
            self.post_message(EventSelected(self.event.n + by))

    def action_step_on_socket(self, by: int) -> None:
        """Go to the neighbour of this event on its socket; to any where it has none."""
        if self.event is None:
            return
        if self._sock is None:
            self.action_step(by)
            return
        n = neighbour(self._journal, self.event.n, by, self._sock, _no_sample)
        if n is not None:
            self._step_to = n
            self.post_message(EventSelected(n))

    def action_next_section(self) -> None:
        """Scroll to the next heading."""
        self.view.next_section()

    def on_virtual_lines_chosen(self, message: VirtualLines.Chosen) -> None:
        """A click on what names another event leads there."""
        message.stop()
        source = self.view.source
        n = source.goes_to(message.index) if isinstance(source, EventLines) else None
        if n is not None:
            self.post_message(EventSelected(n))


def _no_sample(kind: Kind) -> bool:
    return kind.type not in (Gauge, Info)
