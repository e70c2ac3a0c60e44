"""The Wire pane: the wire of the private network in the student's hand, and below it its frames:
listed, filtered, and one of them taken apart."""

from __future__ import annotations

from collections.abc import Callable

from textual import events, on
from textual.actions import SkipAction
from textual.app import ComposeResult

from socklab.i18n import _
from socklab.journal import Readable, whole
from socklab.model.frame_filter import Test
from socklab.model.frame_filter_reader import read_filter
from socklab.model.frames import outline
from socklab.model.sockets import SocketTable
from socklab.ui.panes.background import PAUSE, Background
from socklab.ui.panes.cells import Part
from socklab.ui.panes.chosen import EventPointed
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.panes.wire_analysis import WireAnalysis
from socklab.ui.panes.wire_bar import WireBar
from socklab.ui.panes.wire_details import WireDetails
from socklab.ui.panes.wire_filter_bar import WireFilterBar
from socklab.ui.panes.wire_hand import WireHand
from socklab.ui.panes.wire_lines import EVERYTHING, FrameLines
from socklab.ui.panes.wire_list import FrameList, Why
from socklab.ui.panes.wire_streams import filter_of, filter_of_sock

FRAME, FIRST_FRAME = 0.004, 0.03
"""Seconds spent on reading: in each frame of the screen, and at once for something else."""

IDLE_FRAME, MEANWHILE = 0.01, 0.05
"""Seconds spent on the past at a time, between two frames; and, while too much happens for that,
seconds from one look at what is on the wire to the next."""

FLOOD = 1000
"""Events, more than which are a flood: since the last frame of the screen, or in a second."""

_LATE = 0.25  # seconds until the newest frame is taken apart, if nobody has chosen one
_BESIDE_FROM, _BYTES_WIDE_FROM = (100, 22), 110
"""Cells from which list and details have room at once, and long rows of bytes."""

_HIGH_FROM, _ROOMY_FROM = 26, 16
"""Rows from which the drawing, and what a field means, may take more than the least."""


class WirePane(WireHand):
    """The wire of a journal. `renew` is to be called each frame.

    `table` gives the sockets as they are now: whose connection is to be followed. `lines` are the
    frames, `details` the one that is taken apart.
    """

    DEFAULT_CSS = """
    WirePane {
        height: 1fr;
        & #wire-words { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & #wire-frames { height: 1fr; }
        & #wire-details { height: 1fr; display: none; }
        &.-beside #wire-details { display: block; }
        &.-taken-apart #wire-details { display: block; }
        &.-taken-apart.-single #wire-frames { display: none; }
        &.-nothing #wire-view, &.-nothing #wire-words { display: none; }
        &.-nothing.-empty #wire-keys { display: none; }
        &.-empty #wire-details { display: none; }
    }
    """

    def __init__(self, journal: Readable, table: Callable[[], SocketTable]) -> None:
        self._table = table
        self._analysis = WireAnalysis(journal)
        super().__init__(journal)
        self._sock: int | None = None
        self._follows = False
        self._late = False
        self._past = Background(self, self._read_back)
        self._grown = 0
        self._filter_bar = WireFilterBar()
        self.lines = FrameList(self._source, self._why_nothing)
        self.details = WireDetails()
        self.border_title = _("Wire")

    def take_up(self, journal: Readable) -> None:
        """Another journal, or another moment: what was said of the frames of a recording stays."""
        super().take_up(journal)
        if self._analysis.whole is whole(journal):
            self._analysis.show(journal)
        else:
            self._analysis = WireAnalysis(journal)
        self._source = FrameLines(journal, self.fates, self._analysis)

    def compose(self) -> ComposeResult:
        """The wire, how it is, what can be done; the frames; one of them taken apart."""
        yield self.view
        yield self.words
        yield self.keys
        yield self.bar
        yield self.lines
        yield self._filter_bar
        yield self.details

    def on_resize(self, event: events.Resize) -> None:
        """What has room."""
        width, height = event.size
        beside = width >= _BESIDE_FROM[0] and height >= _BESIDE_FROM[1]
        self.set_class(beside, "-beside")
        self.set_class(not beside, "-single")
        self.view.set_class(height >= _HIGH_FROM, "-high")
        self.details.set_class(width >= _BYTES_WIDE_FROM, "-wide")
        self.details.set_class(height >= _ROOMY_FROM, "-roomy")
        self.call_after_refresh(self.renew)

    # What is shown

    def show_journal(self, journal: Readable) -> None:
        """Another journal has begun. Where it is another moment of the same recording, the filter
        stays."""
        same = journal.header == self.journal.header
        test, text = (self._source.test, self._source.text) if same else (EVERYTHING, "")
        if not same:
            self._sock = None
            self._follows = False
            self._filter_bar.put("")
        self.take_up(journal)
        self._filter(test, text)

    def show(self, sock: int) -> None:
        """This socket was chosen; if a connection is followed, it is its from now on."""
        row = self._table().sockets.get(sock)
        if row is None or row.listening:
            return
        self._sock = sock
        text = filter_of_sock(self._table(), sock) if self._follows else ""
        if text:
            self._put_filter(text)

    def reveal(self, n: int) -> None:
        """Put the cursor on the frame of event `n`, or on the next one that is listed."""
        if len(self._source):
            self.lines.go_to(self._source.numbers.index(n))

    def _filter(self, test: Test, text: str) -> None:
        """List the frames for which `test` holds."""
        self._source = FrameLines(self.journal, self.fates, self._analysis, test, text)
        self.states.advance(FIRST_FRAME)
        self._analysis.advance(FRAME)
        self._source.advance(FIRST_FRAME, rows=2 * self.lines.room.height + 1)
        self.lines.show_source(self._source)
        self._go_on(FRAME, 0.0)

    def _put_filter(self, text: str) -> None:
        self._filter_bar.put(text)
        self._filter(read_filter(text), text)

    # Each frame

    def renew(self) -> None:
        """Take in what is new, spending no more than a few milliseconds."""
        grown, self._grown = len(self.journal) - self._grown, len(self.journal)
        # To say what each segment is takes longer than the wire to carry it: in a flood that waits.
        self._go_on(FRAME, 0.0 if grown > FLOOD else FRAME)

    def on_show(self) -> None:
        """Back from a hidden tab."""
        self.renew()

    def _go_on(self, seconds: float, analysing: float) -> None:
        if not self.is_on_screen:
            return
        self._source.advance(seconds)
        caught_up = self.states.advance(seconds)  # last: what became of the newest in the list too
        analysed = bool(analysing) and self._analysis.advance(analysing)
        self._source.hosts = self.state.settings.hosts
        self.hear()
        self.draw()
        self._renew_list()
        if not (caught_up and analysed and not self._source.reading):
            self._past.later()

    def _read_back(self) -> None:
        """Go on with the past, unless so much happens that the present takes all there is: then
        only with what is on the wire, which else would be said later and later."""
        if not self.is_on_screen:
            return
        grown, self._grown = len(self.journal) - self._grown, len(self.journal)
        if grown <= FLOOD * PAUSE:
            self._go_on(IDLE_FRAME, IDLE_FRAME)
        else:
            self.states.advance(FRAME)
            self._past.later(MEANWHILE)

    def _renew_list(self) -> None:
        lines, source = self.lines, self._source
        self.set_class(not self.state.settings.hosts, "-nothing")
        self.set_class(not len(source), "-empty")
        source.chosen = self.held_chosen()
        lines.sync()
        lines.look_again()
        if source.text:
            self._filter_bar.say(self._count())
        self._take_apart()

    def _count(self) -> str:
        listed = _("{n} of {all}", n=f"{len(self._source):,}", all=f"{self.state.frames:,}")
        return f"{listed} · {_('still reading')}" if self._source.reading else listed

    def more_words(self) -> list[Part]:
        """What there is to say of the frame under the cursor, whose line has little room for it."""
        index = self.lines.cursor
        if index is None or not len(self._source) or not self.has_class("-single"):
            return []
        n = self._source.numbers[index]
        frame, seen = self.frame(n), self._analysis.seen(n)
        if frame is None or seen is None or not seen.remarks:
            return []
        text = ", ".join(remark.text for remark in seen.remarks)
        return [(f"{frame.id}: {text}", "warning")]

    def held_chosen_anew(self) -> None:
        """Mark its line."""
        self._renew_list()

    @on(WireBar.Left)
    @on(WireFilterBar.Left)
    def _bar_left(self, message: WireBar.Left | WireFilterBar.Left) -> None:
        message.stop()
        self.lines.focus()

    # The list

    def action_filter(self) -> None:
        """Open the line for the filter."""
        self._filter_bar.open()

    @on(WireFilterBar.Changed)
    def _filter_changed(self, message: WireFilterBar.Changed) -> None:
        message.stop()
        self._follows = False
        self._filter(message.test, message.text)

    def action_follow(self) -> None:
        """List the frames of one connection, or all."""
        if self._follows:
            self._follows = False
            self._put_filter("")
            return
        frame = self.lines.frame()
        text = filter_of(outline(frame.data, frame.size)) if frame is not None else ""
        if not text and self._sock is not None:
            text = filter_of_sock(self._table(), self._sock)
        if text:
            self._follows = True
            self._put_filter(text)
        else:
            self.notify(_("First choose a frame of a connection."), timeout=3)

    def action_other(self, step: int) -> None:
        """Have all panes show it, and follow it here."""
        self._follows = self._follows or bool(self._table().connections())
        super().action_other(step)

    @on(VirtualLines.Pointed, "#wire-frames")
    def _pointed(self, message: VirtualLines.Pointed) -> None:
        message.stop()
        n = self._source.numbers[message.index]
        if self.holds(n):
            self.choose_held(n)
        self._take_apart()
        self.draw()
        self.post_message(EventPointed(n))

    @on(VirtualLines.Chosen, "#wire-frames")
    def _line_chosen(self, message: VirtualLines.Chosen) -> None:
        message.stop()
        self.lines.go_to(message.index)
        self.add_class("-taken-apart")
        self._take_apart()
        self.call_after_refresh(self.details.fields.focus)

    def action_back(self) -> None:
        """Close what is open; then clear the filter; else it is the screen's."""
        if self.bar.is_open:
            self.bar.action_leave()
        elif self.details.has_focus_within or self.has_class("-taken-apart"):
            self.remove_class("-taken-apart")
            self.call_after_refresh(self.lines.focus)
        elif self._source.text:
            self._follows = False
            self._put_filter("")
        else:
            raise SkipAction

    def _take_apart(self) -> None:
        """Show the frame under the cursor; if there is none the newest, once it is quiet."""
        if not (self.has_class("-beside") or self.has_class("-taken-apart")):
            return
        if self.lines.cursor is None and len(self._source):
            if not self._late:
                self._late = True
                self.set_timer(_LATE, self._take_apart_late)
            return
        self._take_apart_now()

    def _take_apart_late(self) -> None:
        self._late = False
        if not self.busy:
            self._take_apart_now()

    def _take_apart_now(self) -> None:
        frame = self.lines.frame()
        if frame is None:
            self.details.show(None, self.fates.of(0), None)
        else:
            self.details.show(frame, self.fates.of(frame.n), self._analysis.seen(frame.n))

    def _why_nothing(self) -> Why:
        settings = self.state.settings
        filtered = bool(self._source.text)
        return Why(filtered, bool(settings.hosts), settings.capturing, self.acts)
