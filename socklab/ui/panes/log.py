"""The Log pane: everything that has happened, a line each, followed, filtered and searched.

The pane puts its parts together and decides nothing else: which events match is log_source's, how
a line looks log_format's, scrolling VirtualLines', searching log_finder's business.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import ClassVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from socklab.i18n import _
from socklab.journal import Readable
from socklab.ui.actions import bindings
from socklab.ui.panes.background import Background
from socklab.ui.panes.chosen import EventPointed, EventSelected
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.panes.log_filter import Choice
from socklab.ui.panes.log_filter_bar import FilterBar, Options
from socklab.ui.panes.log_finder import Finder
from socklab.ui.panes.log_format import LogFormat
from socklab.ui.panes.log_lines import LOG, LogLines
from socklab.ui.panes.log_search import SearchBar
from socklab.ui.panes.log_source import LogSource
from socklab.ui.panes.painting import literal

FRAME, FIRST_FRAME = 0.004, 0.08
"""Seconds spent on finding lines: in each frame, and at once when the filter has changed."""

IDLE_FRAME = 0.012
"""Seconds spent on the past at a time, between two frames."""

_SOCKS_OFFERED = 100
_EVENTS_ASKED = 20_000


class LogPane(Vertical):
    """The log of a journal. `renew` is to be called each frame, whatever has come."""

    DEFAULT_CSS = """
    LogPane { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(LOG)

    def __init__(self, journal: Readable, name_of_sock: Callable[[int], str] | None = None) -> None:
        super().__init__(id="log", classes="pane")
        self._journal = journal
        self._name_of_sock = name_of_sock or (lambda sock: _("socket {sock}", sock=sock))
        self._format = LogFormat()
        self._source = LogSource(journal, Choice(), self._format)
        self._finder: Finder | None = None
        self._said = ""
        self._past = Background(self, self._read_back)
        self.border_title = _("Log")

    def compose(self) -> ComposeResult:
        """The bars are hidden until they are asked for."""
        yield FilterBar()
        yield LogLines(self._source, id="log-lines")
        yield SearchBar()

    @property
    def lines(self) -> LogLines:
        """The lines themselves."""
        return self.query_one(LogLines)

    @property
    def choice(self) -> Choice:
        """What is shown."""
        return self._source.choice

    def on_mount(self) -> None:
        """Show what has happened before."""
        self._show_choice(Choice())
        self._said = ""  # the title is said again with the next frame: a screen may touch it up

    # Each frame

    def renew(self) -> None:
        """Take in what is new, spending no more than a few milliseconds."""
        self._go_on(FRAME)

    def _go_on(self, seconds: float) -> None:
        if not self.lines.is_on_screen:
            return  # in a hidden tab
        self._source.advance(seconds)
        self.lines.sync()
        self._seek_on(seconds)
        self._tell()
        if self._unfinished:
            self._past.later()

    @property
    def _unfinished(self) -> bool:
        """Whether there is more to do although nothing new happens."""
        seeking = self._finder is not None and not self._finder.over
        return self._source.reading or seeking

    def _read_back(self) -> None:
        self._go_on(IDLE_FRAME)

    def on_show(self) -> None:
        """Back from a hidden tab: what is newest comes first."""
        last = self._source.numbers[-1] if len(self._source) else 0
        if len(self._journal) - last > _EVENTS_ASKED and self.lines.following:
            self._show_choice(self.choice)
        self.renew()

    def _tell(self) -> None:
        said = _("filter: {summary}", summary=self.choice.summary(self._sock_name()))
        if self._source.reading:
            said += " · " + _("still reading")
        if said != self._said:
            self._said = said
            self.border_title = literal(f" {_('Log')} · {said} ")

    def _sock_name(self) -> str:
        return "" if self.choice.sock is None else self._name_of_sock(self.choice.sock)

    # What is shown

    def show_journal(self, journal: Readable) -> None:
        """The lab has begun another journal."""
        self._journal = journal
        self._format = LogFormat()
        self._end_search()
        self._show_choice(Choice())

    def show_only(self, choice: Choice) -> None:
        """Show what `choice` lets through, as if it had been chosen in the bar."""
        self._show_choice(choice)

    def reveal(self, n: int) -> None:
        """Put the cursor on event `n`, or on the next one that is shown."""
        if len(self._source):
            self.lines.go_to(self._source.numbers.index(n))

    def _show_choice(self, choice: Choice) -> None:
        self._source = LogSource(self._journal, choice, self._format)
        self._source.advance(FIRST_FRAME, rows=max(60, self.lines.size.height))
        self.lines.show_source(self._source)
        self.query_one(FilterBar).show(choice)
        self._said = ""
        self._tell()

    # Filter

    def action_filter(self) -> None:
        """Open the bar with the filter."""
        columns = self._journal.columns
        programs = [(name, name) for name in columns.programs()]
        calls = [(name, name) for name in sorted(columns.calls())]
        self.query_one(FilterBar).open(programs, self._socks(), calls)

    def _socks(self) -> Options:
        columns = self._journal.columns
        start = max(columns.first, columns.count - _EVENTS_ASKED)
        recent = dict.fromkeys(reversed(columns.slice(start, columns.count)[2]))
        known = sorted(islice((sock for sock in recent if sock >= 0), _SOCKS_OFFERED))
        return [(self._name_of_sock(sock), str(sock)) for sock in known]

    def action_errors_only(self) -> None:
        """Show only what failed, or everything again."""
        choice = self.choice
        kinds, errors = choice.kinds, not choice.errors
        self._show_choice(
            Choice(kinds, choice.program, choice.sock, choice.call, errors, choice.text)
        )

    @on(FilterBar.Chosen)
    def _filter_chosen(self, message: FilterBar.Chosen) -> None:
        message.stop()
        self._show_choice(message.choice)

    @on(FilterBar.Left)
    def _filter_left(self, message: FilterBar.Left) -> None:
        message.stop()
        self.lines.focus()

    def action_clear(self) -> None:
        """End the search; if there is none, clear the filter; else leave it to the screen."""
        if self.query_one(SearchBar).has_class("-open"):
            self._end_search()
        elif self.choice != Choice():
            self._show_choice(Choice())
        else:
            raise SkipAction

    # Search

    def action_search(self) -> None:
        """Open the line in which to type what to look for."""
        bar = self.query_one(SearchBar)
        bar.open()
        # Whoever brought the log to the screen may have asked for the focus on its lines.
        self.screen.call_after_refresh(bar.keep_focus)

    def action_seek(self, direction: int) -> None:
        """Go to the next match below (1) or above (-1)."""
        needle = self._finder.needle if self._finder is not None else ""
        if not needle:
            return
        lines = self.lines
        here = len(self._source) - 1 if lines.cursor is None else lines.cursor
        self._look_for(needle, here + direction, direction)

    @on(SearchBar.Typed)
    def _search_typed(self, message: SearchBar.Typed) -> None:
        message.stop()
        self.lines.mark(message.text)
        here = self.lines.cursor
        if here is None:
            self._look_for(message.text, len(self._source) - 1, -1)
        else:
            self._look_for(message.text, here, 1)

    @on(SearchBar.Asked)
    def _search_asked(self, message: SearchBar.Asked) -> None:
        message.stop()
        self.action_seek(message.direction)

    @on(SearchBar.Left)
    def _search_left(self, message: SearchBar.Left) -> None:
        message.stop()
        if message.dropped or self._finder is None:
            self._end_search()
        self.lines.focus()

    def _end_search(self) -> None:
        self._finder = None
        self.lines.mark("")
        self.query_one(SearchBar).close()

    def _look_for(self, needle: str, start: int, direction: int) -> None:
        if not needle:
            self._finder = None
            self.query_one(SearchBar).say("")
            return
        start = max(-1, min(start, len(self._source)))
        self._finder = Finder(self._source, needle, start, direction)
        self._seek_on(FRAME)

    def _seek_on(self, seconds: float) -> None:
        """Go on with a search that has not found anything yet."""
        finder = self._finder
        if finder is None or finder.over:
            return
        finder.advance(seconds)
        bar = self.query_one(SearchBar)
        if finder.found is not None:
            self.lines.go_to(finder.found - self._source.origin)
            bar.say(_("n next · N previous"))
        elif finder.over:
            bar.say(_("not found"))
        else:
            bar.say(_("{percent} % searched", percent=int(100 * finder.share_done)))

    # Choosing

    @on(VirtualLines.Pointed)
    def _line_pointed(self, message: VirtualLines.Pointed) -> None:
        message.stop()
        self.post_message(EventPointed(self._source.numbers[message.index]))

    @on(VirtualLines.Chosen)
    def _line_chosen(self, message: VirtualLines.Chosen) -> None:
        message.stop()
        self.post_message(EventSelected(self._source.numbers[message.index]))
