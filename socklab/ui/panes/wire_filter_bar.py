"""The line in which one says which frames the list is to show."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from socklab.i18n import _
from socklab.model.frame_filter import Test
from socklab.model.frame_filter_names import FIELDS
from socklab.model.frame_filter_reader import FilterError, read_filter
from socklab.ui.panes.entry import Entry
from socklab.ui.panes.painting import pointed

_OFTEN = """tcp udp arp icmp tcp.port tcp.flags.syn tcp.flags.fin tcp.flags.reset tcp.len ip.addr
    tcp.analysis.retransmission tcp.analysis.duplicate_ack tcp.analysis.zero_window udp.port
    frame.number tcp.stream""".split()  # noqa: SIM905


class _Names(Suggester):
    """Offers the rest of a field's name."""

    async def get_suggestion(self, value: str) -> str | None:
        """The whole line with the name completed that it ends with."""
        start = max(value.rfind(mark) for mark in " (!&|") + 1
        begun = value[start:]
        if len(begun) < 2:
            return None
        for name in (*_OFTEN, *FIELDS):
            if name.startswith(begun) and name != begun:
                return value[:start] + name
        return None


class WireFilterBar(VerticalGroup):
    """A field, beside it how many frames it lets through, below it what is wrong with it.

    It stays as long as there is a filter.
    """

    DEFAULT_CSS = """
    WireFilterBar {
        background: $panel; padding: 0 1; height: auto; display: none;
        &.-open { display: block; }
        & > HorizontalGroup { height: 1; }
        & .sign { width: auto; color: $text-accent; margin-right: 1; }
        & Input { width: 1fr; }
        & .status { width: auto; margin-left: 1; color: $foreground 80%; }
        & .problem { height: auto; max-height: 3; display: none; }
        &.-wrong .problem { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", _("Clear the filter"), show=False),
        Binding("down", "leave", _("Back to the frames"), show=False),
        Binding("tab", "complete", _("Complete"), show=False),
    ]

    class Changed(Message):
        """Another filter that makes sense."""

        def __init__(self, test: Test, text: str) -> None:
            super().__init__()
            self.test = test
            self.text = text

    class Left(Message):
        """Nobody types here any more."""

    def __init__(self) -> None:
        super().__init__(id="wire-filter")
        self._said = ""

    def compose(self) -> ComposeResult:
        """The field and what is said of it."""
        with HorizontalGroup():
            yield Static(_("filter"), classes="sign")
            yield Entry(
                placeholder=_("tcp.flags.syn == 1 · udp port 53 · host 10.0.0.1 · not arp"),
                compact=True,
                id="wire-filter-text",
                classes="field",
                suggester=_Names(use_cache=False),
            )
            yield Static("", classes="status")
        yield Static("", classes="problem")

    @property
    def entry(self) -> Entry:
        """Where the filter is typed."""
        return self.query_one(Entry)

    def open(self) -> None:
        """Show the bar and type into it."""
        self.add_class("-open")
        self.entry.disabled = False
        self.entry.focus()

    def put(self, text: str) -> None:
        """Show a filter that was chosen elsewhere; no bar for none."""
        with self.prevent(Input.Changed):
            self.entry.value = text
        self.set_class(bool(text), "-open")
        self.remove_class("-wrong")
        self.say("")

    def say(self, text: str) -> None:
        """How many frames it lets through."""
        if text != self._said:
            self._said = text
            self.query_one(".status", Static).update(Content(text))

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        message.stop()
        text = message.value
        try:
            test = read_filter(text)
        except FilterError as error:
            self._point(error)
            return
        self.remove_class("-wrong")
        self.say("")
        self.post_message(self.Changed(test, text))

    def _point(self, error: FilterError) -> None:
        """Say what is wrong, and below where."""
        problem = self.query_one(".problem", Static)
        room = problem.size.width or self.size.width - 2
        at = self.entry.region.x - self.region.x - 1 + error.column - 1
        problem.update(pointed(error.problem, at, room, below=True))
        self.add_class("-wrong")

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        if not self.has_class("-wrong"):  # else there is something to mend here
            self.action_leave()

    def action_leave(self) -> None:
        """Back to the frames; the filter stays."""
        if not self.entry.value.strip():
            self.put("")
        self.post_message(self.Left())

    def action_drop(self) -> None:
        """All frames again."""
        self.put("")
        self.post_message(self.Changed(read_filter(""), ""))
        self.post_message(self.Left())

    def action_complete(self) -> None:
        """Take what is offered, as → at the line's end does."""
        self.entry.action_cursor_right()
