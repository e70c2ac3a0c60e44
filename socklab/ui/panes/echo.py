"""The lines that were handed in, and what became of each: how clicking teaches the language."""

from __future__ import annotations

from collections import deque

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from socklab.events import Call, Note
from socklab.explain import errno_advice
from socklab.i18n import _
from socklab.ui.actions import action
from socklab.ui.engine import Ticket
from socklab.ui.follower import Follower
from socklab.ui.panes.painting import literal

KEPT = 50


class Echo(Widget):
    """The last lines handed in, the newest below. A click on a queued one withdraws it."""

    ALLOW_SELECT = False

    class Withdrawn(Message):
        """Somebody wants a queued line back."""

        def __init__(self, ticket: Ticket) -> None:
            super().__init__()
            self.ticket = ticket

    def __init__(self, follower: Follower) -> None:
        super().__init__(id="echo")
        self._follower = follower
        self._tickets: deque[Ticket] = deque(maxlen=KEPT)
        self._seen: list[tuple[str, str, str]] = []

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

    def _standing(self, tickets: list[Ticket]) -> list[tuple[str, str, str]]:
        return [(ticket.text, *self._outcome(ticket)) for ticket in tickets]

    def _outcome(self, ticket: Ticket) -> tuple[str, str]:
        """How it stands with a line, and what there is to say of that."""
        failure = self._follower.failures.get(ticket.n)
        if failure is not None and ticket.status == "done":
            return "failed", _why(failure)
        return ticket.status, ticket.why or _said(ticket.status)

    def render(self) -> Content:
        """One line each."""
        shown = self._in_sight()
        self._seen = self._standing(shown)
        if not shown:
            return Content.styled(_("What you do appears here as the command it was."), "dim")
        blank = [Content("")] * (self.size.height - len(shown))
        drawn = [_drawn(*line, self.size.width) for line in self._seen]
        return Content("\n").join([*blank, *drawn])

    def on_click(self, event: events.Click) -> None:
        """Take a queued line back."""
        shown = self._in_sight()
        at = event.y - (self.size.height - len(shown))
        if 0 <= at < len(shown) and shown[at].status == "queued":
            self.post_message(self.Withdrawn(shown[at]))


def _drawn(text: str, status: str, said: str, width: int) -> Content:
    mark, style = _MARKS.get(status, ("·", "dim"))
    done = "dim" if status == "done" else ""
    line = Content.assemble((f"{mark} ", style), literal(text, done))
    if said:
        line = Content.assemble(line, "  ", literal(said, style))
    return line.truncate(width, ellipsis=True)


def _why(failure: Call | Note) -> str:
    if isinstance(failure, Note):
        return failure.text
    meaning = errno_advice(failure.error or "", failure.name).meaning
    return f"{failure.name}: {failure.error}: {meaning}"


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
