"""To which moment of a recording to go."""

from __future__ import annotations

import re
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from socklab.i18n import _
from socklab.journal import Times
from socklab.ui.panes.entry import Entry
from socklab.ui.panes.timeline_bar import elapsed_text

_SECOND = 1_000_000_000
# No recording needs more digits than these, and Python's int() takes no more than 4300.
_NUMBER = re.compile(r"\d[\d,]{0,19}", re.ASCII)
_TIME = re.compile(r"(?:(?:(\d{1,9}):)?(\d{1,9}):)?(\d{1,9})(\.\d*)?(\s*s)?", re.ASCII)


class MomentError(ValueError):
    """What was typed names no moment of the recording; the text says why."""


def read_moment(text: str, times: Times, size: int) -> tuple[int, int | None]:
    """The moment that `text` names in a recording of `size` events: how many events there are, and
    at what time (ns since the epoch; None for when the last of them was over).

    An event's number (`1234`, `1,234`), or the time since the first event (`0:12.5`, `12.5 s`).
    Raises MomentError.
    """
    said = text.strip()
    if _NUMBER.fullmatch(said):
        return _event(int(said.replace(",", "")), size), None
    found = _TIME.fullmatch(said)
    if found is None or not (":" in said or "." in said or found[5]):
        raise MomentError(_("An event's number, or a time such as 0:12.5 or 12.5 s, please."))
    hours, minutes, seconds = (int(part or 0) for part in found.group(1, 2, 3))
    fraction = int((found[4] or ".")[1:10].ljust(9, "0"))
    passed = ((hours * 60 + minutes) * 60 + seconds) * _SECOND + fraction
    if times.begin + passed > times.end:
        lasts = elapsed_text(max(0, times.end - times.begin))
        raise MomentError(_("The recording lasts {duration} only.", duration=lasts))
    return times.count(times.begin + passed), times.begin + passed


def _event(n: int, size: int) -> int:
    if n < size:
        return n + 1
    if not size:
        raise MomentError(_("There are no events."))
    raise MomentError(
        _("There is no event {n}: the last one is {last}.", n=f"{n:,}", last=f"{size - 1:,}")
    )


class MomentScreen(ModalScreen[tuple[int, int | None]]):
    """Asks for an event's number or a time; says in place what is wrong with it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", _("Cancel"))]

    def __init__(self, times: Times, count: int) -> None:
        super().__init__()
        self._times = times
        self._count = count

    def compose(self) -> ComposeResult:
        """A field, and what is wrong with what it holds."""
        with Vertical(classes="dialog"):
            yield Static(_("Go to an event, by its number or the time since the first one."))
            yield Entry(id="moment", placeholder=_("1234 or 0:12.5"))
            yield Static("", classes="message")
            with HorizontalGroup(classes="answers"):
                yield Button(_("Go"), variant="primary", id="go")
                yield Button(_("Cancel"), id="cancel")

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _changed(self) -> None:
        self._say("")

    @on(Input.Submitted)
    @on(Button.Pressed, "#go")
    def _go(self) -> None:
        try:
            self.dismiss(read_moment(self.query_one(Input).value, self._times, self._count))
        except MomentError as error:
            self._say(str(error))

    def _say(self, text: str) -> None:
        self.query_one(".message", Static).update(Content(text))

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Stay where one is."""
        self.dismiss(None)
