"""The lines that were handed in, and what became of each: how clicking teaches the language."""

from __future__ import annotations

from collections import deque

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from socklab.i18n import _
from socklab.ui.actions import action
from socklab.ui.engine import Ticket

KEPT = 50


class Echo(Widget):
    """The last lines handed in, the newest below. A click on a queued one withdraws it."""

    ALLOW_SELECT = False

    class Withdrawn(Message):
        """Somebody wants a queued line back."""

        def __init__(self, ticket: Ticket) -> None:
            super().__init__()
            self.ticket = ticket

    def __init__(self) -> None:
        super().__init__(id="echo")
        self._tickets: deque[Ticket] = deque(maxlen=KEPT)
        self._seen: list[tuple[str, str]] = []

    def add(self, ticket: Ticket) -> None:
        """A line was handed in."""
        self._tickets.append(ticket)
        self.refresh()

    def renew(self) -> None:
        """Draw anew if a line stands otherwise than when it was drawn."""
        if self._standing(self._in_sight()) != self._seen:
            self.refresh()

    def clear(self) -> None:
        """Forget everything: another lab has begun."""
        self._tickets.clear()
        self.refresh()

    def _in_sight(self) -> list[Ticket]:
        return list(self._tickets)[-self.size.height :] if self.size.height else []

    def _standing(self, tickets: list[Ticket]) -> list[tuple[str, str]]:
        return [(ticket.text, ticket.status) for ticket in tickets]

    def render(self) -> Content:
        """One line each."""
        shown = self._in_sight()
        self._seen = self._standing(shown)
        if not shown:
            return Content.styled(_("What you do appears here as the command it was."), "dim")
        blank = [Content("")] * (self.size.height - len(shown))
        return Content("\n").join([*blank, *(_drawn(ticket, self.size.width) for ticket in shown)])

    def on_click(self, event: events.Click) -> None:
        """Take a queued line back."""
        shown = self._in_sight()
        at = event.y - (self.size.height - len(shown))
        if 0 <= at < len(shown) and shown[at].status == "queued":
            self.post_message(self.Withdrawn(shown[at]))


def _drawn(ticket: Ticket, width: int) -> Content:
    status = ticket.status
    mark, style = _MARKS.get(status, ("·", "dim"))
    said = ticket.why or _said(status)
    text = (ticket.text, "dim" if status == "done" else "")
    line = Content.assemble((f"{mark} ", style), text)
    if said:
        line = Content.assemble(line, "  ", (said, style))
    return line.truncate(width, ellipsis=True)


_MARKS = {
    "queued": ("◷", "$text-secondary"),
    "running": ("▸", "$text-primary"),
    "blocked": ("■", "$text-warning"),
    "done": ("✓", "$text-success"),
    "refused": ("✗", "bold $text-error"),
    "failed": ("✗", "bold $text-error"),
    "withdrawn": ("–", "dim"),
}


def _said(status: str) -> str:
    return {
        "queued": _("queued: click, or {key}, to withdraw it", key=action("withdraw").key),
        "blocked": _("blocked"),
        "withdrawn": _("withdrawn"),
    }.get(status, "")
