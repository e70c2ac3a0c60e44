"""A dialog with one of the forms for the private network."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Static

from socklab.events import Note
from socklab.i18n import _
from socklab.ui.asking import Asked, Asker
from socklab.ui.engine import Engine, Ticket
from socklab.ui.panes.network_forms import SORTS
from socklab.ui.panes.painting import literal

_GLANCE = 0.02  # seconds


class NetworkDialog(ModalScreen[None]):
    """Asks for one command, hands it in by `ask`, and goes once it has been carried out; says in
    place why it couldn't. Escape goes at once."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", _("Back"))]

    def __init__(self, sort: str, lab: Engine, ask: Callable[[Asked], object]) -> None:
        super().__init__()
        self._sort = SORTS[sort]
        self._lab = lab
        self._ask = ask
        self._form = self._sort.make(lab.hosts)
        self._watch: Timer | None = None

    def compose(self) -> ComposeResult:
        """The form, what came of it, and how to leave."""
        with Vertical(classes="dialog arrange") as dialog:
            dialog.border_title = self._form.border_title
            dialog.border_subtitle = _("Esc closes")
            yield self._form
            yield Static("", classes="outcome")

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(f"#{self._sort.first}").focus()

    @on(Asked)
    def _asked(self, message: Asked) -> None:
        message.stop()
        if self._watch is None:
            self._ask(Asked(_Heard(message.asker, self._taken), message.line, message.origin))

    def _taken(self, ticket: Ticket | None) -> None:
        if ticket is None:
            return

        def look() -> None:
            if ticket.status not in ("queued", "running"):
                self._over(ticket)

        self._watch = self.set_interval(_GLANCE, look)

    def _over(self, ticket: Ticket) -> None:
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
        if ticket.why:
            self._form.failed(ticket.why)
        elif not self._sort.stays:
            self.action_leave()
        else:
            self.query_one(".outcome", Static).update(literal(f"✓ {self._said(ticket.n)}"))

    def _said(self, n: int) -> str:
        """What the lab said of the command of event `n`."""
        journal = self._lab.journal
        events = journal.read(max(n, journal.first), len(journal))
        notes = (event.text for event in events if isinstance(event, Note) and event.cause == n)
        return next(notes, _("done"))

    def action_leave(self) -> None:
        """Nothing more is asked. Somebody may press Escape just when it is done."""
        if self.is_active:
            self.dismiss()


class _Heard:
    """Whoever asked, and somebody who hears that the line was taken."""

    def __init__(self, asker: Asker, heard: Callable[[Ticket | None], None]) -> None:
        self._asker = asker
        self._heard = heard

    def taken(self, line: str, ticket: Ticket | None) -> None:
        """The line was handed in."""
        self._asker.taken(line, ticket)
        self._heard(ticket)

    def refused(self, line: str, why: str, column: int | None) -> None:
        """The line makes no sense."""
        self._asker.refused(line, why, column)
