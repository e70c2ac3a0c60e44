"""The Details pane: everything about one event, its bytes in hex and text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from socklab.events import AnyEvent
from socklab.i18n import _
from socklab.journal import Journal
from socklab.ui.actions import Action, bindings
from socklab.ui.panes.cells import Part
from socklab.ui.panes.chosen import EventSelected
from socklab.ui.panes.details_lines import EventLines
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.panes.tail import NoLines

DETAILS: tuple[Action, ...] = (
    Action(
        "cause",
        "c",
        _("Cause"),
        _("Go to the event that led to this one, such as the command behind a call."),
        "go_to_cause",
        palette=False,
    ),
    Action(
        "previous-event",
        "left,p",
        _("Previous"),
        _("Go to the event before this one."),
        "step(-1)",
        palette=False,
    ),
    Action(
        "next-event",
        "right,n",
        _("Next"),
        _("Go to the event after this one."),
        "step(1)",
        palette=False,
    ),
)
"""What can be done in the Details pane."""


class EventView(VirtualLines):
    """The lines of one event."""

    HAS_CURSOR = False

    def __init__(self) -> None:
        super().__init__(NoLines(), follow=False, id="event-lines")

    def show_event(self, event: AnyEvent, cause: AnyEvent | None) -> None:
        """Show another event from its start."""
        self.show_source(EventLines(event, cause, self.room.width))

    def reflow(self, width: int) -> None:
        """Wrap the texts anew, and put more or fewer bytes in a row."""
        if isinstance(self.source, EventLines):
            self.source.resize(width)

    def text_to_copy(self) -> str:
        """All of it, for a report."""
        return "\n".join(self._line_text(index) for index in range(len(self.source)))

    def nothing(self) -> Sequence[Sequence[Part]]:
        """Says how to choose an event."""
        return [
            [("   " + _("One event, in full: what it means, and its bytes."), "")],
            [],
            [("   Enter ", "accent"), (_("on a line of the Log opens it here"), "dim")],
            [("   ", ""), (_("so does a click"), "dim")],
        ]


class DetailsPane(Vertical):
    """Shows the event that was chosen elsewhere; leads on to its cause."""

    DEFAULT_CSS = """
    DetailsPane { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(DETAILS)

    def __init__(self, journal: Journal) -> None:
        super().__init__(id="details", classes="pane")
        self._journal = journal
        self.event: AnyEvent | None = None
        self.border_title = _("Details")

    def compose(self) -> ComposeResult:
        """One list of lines."""
        yield EventView()

    @property
    def view(self) -> EventView:
        """The lines themselves."""
        return self.query_one(EventView)

    def show_journal(self, journal: Journal) -> None:
        """The lab has begun another journal."""
        self._journal = journal
        self.event = None
        self.border_subtitle = None
        self.view.show_source(NoLines())

    def show(self, n: int) -> None:
        """Show event `n`; one that the journal doesn't have (any more) changes nothing."""
        event = self._event(n)
        if event is None:
            return
        self.event = event
        cause = None if event.cause is None else self._event(event.cause)
        self.view.show_event(event, cause)
        self.border_subtitle = _("event {n}", n=f"{n:,}")

    def _event(self, n: int) -> AnyEvent | None:
        if not self._journal.first <= n < len(self._journal):
            return None
        return next(iter(self._journal.read(n, n + 1)), None)

    def action_go_to_cause(self) -> None:
        """Go to the event that led to this one."""
        if self.event is not None and self.event.cause is not None:
            self.post_message(EventSelected(self.event.cause))

    def action_step(self, by: int) -> None:
        """Go to a neighbour of this event."""
        if self.event is not None and self._event(self.event.n + by) is not None:
            self.post_message(EventSelected(self.event.n + by))

    def on_virtual_lines_chosen(self, message: VirtualLines.Chosen) -> None:
        """A click on the cause leads there."""
        message.stop()
        source = self.view.source
        n = source.goes_to(message.index) if isinstance(source, EventLines) else None
        if n is not None:
            self.post_message(EventSelected(n))
