"""The strip that says a hint: what somebody has just tripped over, and the two events that show it.

Two lines, in sight from the first hint on until the last is dismissed. A new hint takes the strip
over unless somebody is in it; one of a rule that was shown before waits its turn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.strip import Strip
from textual.widget import Widget

from socklab.i18n import _
from socklab.journal import Readable
from socklab.model.hints import Hint
from socklab.model.sockets import SocketTable
from socklab.ui.actions import Action, bindings
from socklab.ui.panes.background import Background
from socklab.ui.panes.cells import harmless
from socklab.ui.panes.chosen import EventSelected
from socklab.ui.panes.hint_lines import LINES, Piece, Saying, event_label, lay_out, role_at
from socklab.ui.panes.hint_reader import FLOOD, HintReader
from socklab.ui.panes.painting import literal

FRAME = 0.002
"""Seconds spent on reading in each frame."""

IDLE_FRAME = 0.008
"""Seconds spent on the past at a time, between two frames."""

HINTS: tuple[Action, ...] = (
    Action(
        "hint-previous",
        "left_square_bracket,p",
        _("Previous"),
        _("Show the hint before this one."),
        "turn(-1)",
        palette=False,
    ),
    Action(
        "hint-next",
        "right_square_bracket,n",
        _("Next"),
        _("Show the hint after this one."),
        "turn(1)",
        palette=False,
    ),
    Action(
        "hint-first-event",
        "left",
        _("First event"),
        _("Choose the first of the two events that prove it."),
        "choose(0)",
        palette=False,
    ),
    Action(
        "hint-second-event",
        "right",
        _("Second event"),
        _("Choose the second of the two events that prove it."),
        "choose(1)",
        palette=False,
    ),
    Action(
        "hint-open",
        "enter",
        _("Open"),
        _("Explain the chosen event."),
        "open",
        palette=False,
    ),
    Action(
        "hint-dismiss",
        "x",
        _("Dismiss"),
        _("Show this hint no more; its like only for the connection that you look at."),
        "dismiss",
        palette=False,
    ),
    Action(
        "hint-dismiss-all",
        "X",
        _("Dismiss all"),
        _("Show none of these hints any more."),
        "dismiss_all",
        palette=False,
    ),
    Action(
        "hint-copy",
        "y",
        _("Copy"),
        _("Copy the hint's sentence."),
        "copy",
        palette=False,
    ),
)
"""What can be done in the strip."""

_STYLES = {
    "mark": "hints--mark",
    "rest": "hints--rest",
    "one": "hints--link",
    "other": "hints--link",
    "previous": "hints--button",
    "next": "hints--button",
    "dismiss": "hints--button",
}


class HintStrip(Widget, can_focus=True):
    """Shows the newest hint that nobody has dismissed. `renew` is to be called each frame.

    `table` gives the sockets as they are now: who is at the other end of the connection in view.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "hints--mark",
        "hints--rest",
        "hints--link",
        "hints--chosen",
        "hints--button",
    }
    DEFAULT_CSS = """
    HintStrip {
        height: 2;
        display: none;
        background: $panel;
        pointer: pointer;
        &.-shown { display: block; }
        &:focus { background: $block-cursor-blurred-background; }
        & > .hints--mark { color: $text-warning; text-style: bold; }
        & > .hints--rest { color: $foreground 70%; }
        & > .hints--link { color: $text-primary; text-style: underline; }
        & > .hints--chosen { text-style: bold reverse; }
        & > .hints--button { color: $text-primary; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(HINTS)

    def __init__(self, journal: Readable, table: Callable[[], SocketTable] | None = None) -> None:
        super().__init__(id="hints")
        self._journal = journal
        self._reader = HintReader(journal)
        self._table = table or SocketTable
        self._view: frozenset[int] = frozenset()
        self._past = Background(self, self._read_back)
        self._forget()

    def _forget(self) -> None:
        self._hints: list[Hint] = []
        self._basis: object = None  # what they were last worked out from
        self._current: Hint | None = None
        self._dismissed: set[Hint] = set()
        self._tired_of: set[str] = set()
        self._rules_shown: set[str] = set()
        self._link = 1
        self._labels: tuple[Hint | None, tuple[str, str]] = (None, ("", ""))

    # What is shown

    @property
    def current(self) -> Hint | None:
        """The hint that the strip says now."""
        return self._current

    @property
    def hints(self) -> tuple[Hint, ...]:
        """Those that can be turned to, oldest first."""
        return tuple(self._hints)

    def show_journal(self, journal: Readable) -> None:
        """Another journal has begun; another moment of the same recording goes on."""
        self._journal = journal
        if not self._reader.show(journal):
            self._reader = HintReader(journal)
            self._view = frozenset()
            self._forget()
            self._turn_to(None)
        self._settle()

    def show(self, sock: int) -> None:
        """This socket was chosen: a hint about its connection comes first."""
        self._view = self._connection(sock)
        self._settle()
        here = [hint for hint in self._hints if self._in_view(hint)]
        if here and (self._current is None or not self._in_view(self._current)):
            self._turn_to(here[-1])

    def renew(self) -> None:
        """Take in what is new, spending no more than a few milliseconds; a long past can wait."""
        if self._reader.has_past and self._reader.behind > FLOOD:
            self._settle()
            self._past.later()
        else:
            self._go_on(FRAME)

    def _go_on(self, seconds: float) -> None:
        self._reader.advance(seconds)
        self._settle()
        if self._reader.has_past:
            self._past.later()

    def _read_back(self) -> None:
        self._go_on(IDLE_FRAME)

    def _connection(self, sock: int) -> frozenset[int]:
        """The socket, its peer, and the listening socket that the connection came by."""
        table = self._table()
        ends = {sock, table.peer_of(sock)}
        rows = (table.sockets.get(end) for end in ends if end is not None)
        listeners = {row.listener for row in rows if row is not None}
        return frozenset(number for number in ends | listeners if number is not None)

    def _in_view(self, hint: Hint) -> bool:
        return hint.sock in self._view or hint.peer in self._view

    def _shows(self, hint: Hint) -> bool:
        return hint not in self._dismissed and (
            hint.rule not in self._tired_of or self._in_view(hint)
        )

    def _settle(self) -> None:
        """Which hint stands there, after something has changed."""
        reader = self._reader
        basis = (reader.found, reader.moment, self._view, len(self._dismissed))
        if basis == self._basis:
            return
        self._basis = basis
        before, self._hints = self._hints, list(filter(self._shows, reader.hints(self._current)))
        if self._hints == before:
            return
        known = set(before)
        news = [hint for hint in self._hints if hint not in known]
        fresh = [hint for hint in news if hint.rule not in self._rules_shown]
        if self._current not in self._hints:
            self._turn_to(self._best(self._hints))
        elif fresh and not self.has_focus:
            self._turn_to(self._best(fresh))
        else:
            self.refresh()  # their number has changed

    def _best(self, hints: list[Hint]) -> Hint | None:
        here = [hint for hint in hints if self._in_view(hint)]
        return next(reversed(here or hints), None)

    def _turn_to(self, hint: Hint | None) -> None:
        self._current, self._link = hint, 1
        if hint is not None:
            self._rules_shown.add(hint.rule)
            self.tooltip = literal(hint.text)
        elif self.has_focus:
            self.screen.focus_previous()
        self.set_class(hint is not None, "-shown")
        self.refresh()

    # What is done to it

    def action_turn(self, step: int) -> None:
        """Show the hint before or after this one."""
        if self._current in self._hints:
            at = self._hints.index(self._current) + step
            self._turn_to(self._hints[at % len(self._hints)])

    def action_choose(self, link: int) -> None:
        """Choose one of the two events."""
        self._link = link
        self.refresh()

    def action_open(self) -> None:
        """Explain the chosen event."""
        if self._current is not None:
            self.post_message(EventSelected(self._current.events[self._link]))

    def action_dismiss(self) -> None:
        """Show this hint no more."""
        gone = self._current
        if gone is None:
            return
        at = self._hints.index(gone) if gone in self._hints else 0
        self._dismiss([gone])
        if self._hints:
            self._turn_to(self._hints[min(max(at - 1, 0), len(self._hints) - 1)])

    def action_dismiss_all(self) -> None:
        """Show none of these hints any more."""
        self._dismiss(self._hints)

    def _dismiss(self, hints: list[Hint]) -> None:
        self._dismissed.update(hints)
        self._tired_of.update(hint.rule for hint in hints)
        self._settle()

    def action_copy(self) -> None:
        """Copy the hint's sentence."""
        if self._current is not None:
            self.app.copy_to_clipboard(self._current.text)
            self.notify(_("copied"), timeout=1.5)

    def on_click(self, event: events.Click) -> None:
        """A click on an event opens it, one on ‹ › ✕ does what they say."""
        role = role_at(self._lines(), event.x, event.y)
        if role in ("one", "other"):
            self.action_choose(int(role == "other"))
            self.action_open()
        elif role in ("previous", "next"):
            self.action_turn(1 if role == "next" else -1)
        elif role == "dismiss":
            self.action_dismiss()

    # Drawing

    def _lines(self) -> list[list[Piece]]:
        hint = self._current
        if hint is None:
            return [[] for _line in range(LINES)]
        place = self._hints.index(hint) + 1 if hint in self._hints else 1
        saying = Saying(hint.text, self._events(hint), place, len(self._hints))
        return lay_out(saying, self.size.width)

    def _events(self, hint: Hint) -> tuple[str, str]:
        known, labels = self._labels
        if known is not hint:
            one, other = (
                event_label(n, next(iter(self._journal.read(n, n + 1)), None)) for n in hint.events
            )
            labels = (one, other)
            self._labels = (hint, labels)
        return labels

    def render_line(self, y: int) -> Strip:
        """The sentence, its events, and where among the others it stands."""
        width, base = self.size.width, self.rich_style
        line = self._lines()[y] if y < LINES else []
        segments = [Segment(harmless(text), base + self._style(role)) for text, role in line]
        return Strip(segments).adjust_cell_length(width, base)

    def _style(self, role: str) -> Style:
        chosen = self.has_focus and role == ("one", "other")[self._link]
        name = "hints--chosen" if chosen else _STYLES.get(role)
        return Style() if name is None else self.get_component_rich_style(name, partial=True)
