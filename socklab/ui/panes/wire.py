"""The Wire pane: the wire of the private network, held in the student's hand, and its frames.

It touches no wire. What is done here is asked for as a command, and what is shown comes from the
journal, so that a recording looks the same.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import ClassVar

from textual import events, on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from socklab.events import Frame
from socklab.i18n import _
from socklab.journal import Readable
from socklab.lab.network_commands import Pair
from socklab.model.frame_filter import Test
from socklab.model.frame_filter_reader import read_filter
from socklab.model.frames import outline
from socklab.model.sockets import SocketTable
from socklab.ui.actions import bindings
from socklab.ui.asking import Asked
from socklab.ui.engine import Ticket
from socklab.ui.panes.cells import Part
from socklab.ui.panes.chosen import EventPointed
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.panes.painting import as_content
from socklab.ui.panes.view import ConnectionView
from socklab.ui.panes.wire_actions import ACTING, WIRE
from socklab.ui.panes.wire_analysis import WireAnalysis
from socklab.ui.panes.wire_bar import WireBar
from socklab.ui.panes.wire_details import WireDetails
from socklab.ui.panes.wire_fates import Fates
from socklab.ui.panes.wire_filter_bar import WireFilterBar
from socklab.ui.panes.wire_keys import LOOKING, WireKeys, keys_for
from socklab.ui.panes.wire_lines import EVERYTHING, FrameLines
from socklab.ui.panes.wire_list import FrameList
from socklab.ui.panes.wire_state import WireState
from socklab.ui.panes.wire_streams import filter_of, filter_of_sock
from socklab.ui.panes.wire_view import Traffic, WireView
from socklab.ui.panes.wire_words import words

FRAME, FIRST_FRAME = 0.002, 0.03
"""Seconds spent on reading: in each frame of the screen, and at once for something else."""

IDLE_FRAME, AGAIN, LATER = 0.01, 0.02, 0.25
"""While nothing new happens: seconds spent on the past, and seconds until the next look at it; and
until it is seen again whether nothing happens."""

FLOOD = 1000
"""Events, more than which are a flood: since the last frame of the screen, or in a second."""

_MOVE = 1 / 12  # seconds between two pictures of what moves
_RECOUNT = 0.5  # seconds until the frames are counted again
_LATE = 0.25  # seconds until the newest frame is taken apart, if nobody has chosen one
_BESIDE_FROM = (100, 22)
"""Cells from which list and details have room at once."""
_HIGH_FROM, _ROOMY_FROM = 26, 16
"""Rows from which the drawing, and what a field means, may take more than the least."""


class WirePane(ConnectionView):
    """The wire of a journal. `renew` is to be called each frame.

    `table` gives the sockets as they are now: whose connection is to be followed.
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
        &.-nothing #wire-view, &.-nothing #wire-words, &.-nothing #wire-keys { display: none; }
        &.-empty #wire-details { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(WIRE)

    def __init__(self, journal: Readable, table: Callable[[], SocketTable]) -> None:
        super().__init__(id="wire", classes="pane -nothing -empty")
        self._journal = journal
        self._table = table
        self._sock: int | None = None
        self._pair: Pair | None = None
        self._chosen: int | None = None
        self._follows = False
        self._ticket: int | None = None
        self._refusal = ""
        self._now = 0
        self._waits = self._late = self._recounts = False
        self._grown = 0
        self._set: object = None
        self._keys_drawn: tuple[object, ...] = ()
        self._said = Content()
        self._begin(journal)
        self.border_title = _("Wire")

    def _begin(self, journal: Readable) -> None:
        analysis = getattr(self, "_analysis", None)
        self._journal = journal
        self._state = WireState(journal)
        self._fates = Fates(journal, self._state)
        self._traffic = Traffic(journal, self._state, self._fates)
        new = WireAnalysis(journal)
        if isinstance(analysis, WireAnalysis) and analysis.whole is new.whole:
            analysis.show(journal)  # another moment of the same recording
            new = analysis
        self._analysis = new
        self._source = FrameLines(journal, self._fates, new)

    def compose(self) -> ComposeResult:
        """The wire, how it is, what can be done; the frames; one of them taken apart."""
        yield WireView()
        yield Static("", id="wire-words")
        yield WireKeys(self)
        yield WireBar()
        yield FrameList(self._source, self._why_nothing)
        yield WireFilterBar()
        yield WireDetails()

    def on_mount(self) -> None:
        """Nothing moves yet."""
        self._clock = self.set_interval(_MOVE, self._move_on, pause=True)

    @property
    def lines(self) -> FrameList:
        """The frames."""
        return self.query_one(FrameList)

    @property
    def details(self) -> WireDetails:
        """The frame that is taken apart."""
        return self.query_one(WireDetails)

    def on_resize(self, event: events.Resize) -> None:
        """What has room."""
        width, height = event.size
        beside = width >= _BESIDE_FROM[0] and height >= _BESIDE_FROM[1]
        self.set_class(beside, "-beside")
        self.set_class(not beside, "-single")
        self.query_one(WireView).set_class(height >= _HIGH_FROM, "-high")
        self.details.set_class(width >= 110, "-wide")
        self.details.set_class(height >= _ROOMY_FROM, "-roomy")
        self.call_after_refresh(self.renew)

    # What is shown

    def show_journal(self, journal: Readable) -> None:
        """Another journal has begun. Where it is another moment of the same recording, the filter
        stays."""
        same = journal.header == self._journal.header
        test, text = (self._source.test, self._source.text) if same else (EVERYTHING, "")
        if not same:
            self._sock = self._pair = None
            self._follows = False
            self.query_one(WireFilterBar).put("")
        self._chosen = None
        self._refusal = ""
        self._begin(journal)
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
        self._source = FrameLines(self._journal, self._fates, self._analysis, test, text)
        self._state.advance(FIRST_FRAME)
        self._analysis.advance(FRAME)
        self._source.advance(FIRST_FRAME, rows=2 * self.lines.room.height + 1)
        self.lines.show_source(self._source)
        self._go_on(FRAME, 0.0)

    def _put_filter(self, text: str) -> None:
        self.query_one(WireFilterBar).put(text)
        self._filter(read_filter(text), text)

    # Each frame

    def renew(self) -> None:
        """Take in what is new, spending no more than a few milliseconds."""
        grown, self._grown = len(self._journal) - self._grown, len(self._journal)
        # To say what each segment is takes longer than the wire to carry it: in a flood that waits.
        self._go_on(FRAME, 0.0 if grown > FLOOD else FRAME)

    def on_show(self) -> None:
        """Back from a hidden tab."""
        self.renew()

    def _go_on(self, seconds: float, analysing: float) -> None:
        if not self.is_on_screen:
            return
        caught_up = self._state.advance(seconds)
        analysed = bool(analysing) and self._analysis.advance(analysing)
        self._source.hosts = self._state.settings.hosts
        self._source.advance(seconds)
        self._hear()
        self._draw()
        self._list()
        if not (caught_up and analysed and not self._source.reading) and not self._waits:
            self._waits = True
            self.set_timer(AGAIN, self._again)

    def _again(self) -> None:
        """Go on with the past, unless so much happens that the present takes all there is."""
        self._waits = False
        grown, self._grown = len(self._journal) - self._grown, len(self._journal)
        if grown <= FLOOD * AGAIN:
            self._go_on(IDLE_FRAME, IDLE_FRAME)
        else:
            self._waits = True
            self.set_timer(LATER, self._again)

    def _list(self) -> None:
        lines, source = self.lines, self._source
        self.set_class(not self._state.settings.hosts, "-nothing")
        self.set_class(not len(source), "-empty")
        source.chosen = self._held_chosen()
        lines.sync()
        lines.look_again()
        if source.text:
            self.query_one(WireFilterBar).say(self._count())
        self._take_apart()

    def _count(self) -> str:
        listed = _("{n} of {all}", n=f"{len(self._source):,}", all=f"{self._state.frames:,}")
        return f"{listed} · {_('still reading')}" if self._source.reading else listed

    # The wire

    def _draw(self) -> None:
        """The wire as it is at this moment."""
        settings = self._state.settings
        if not settings.hosts:
            self._clock.pause()
            return
        now = self._journal.now()
        chosen = self._held_chosen()
        scene = self._traffic.scene(self._pair_shown(), now, chosen)
        self.query_one(WireView).show(scene)
        self._tell(scene.hosts)
        if settings is not self._set:
            self._set = settings
            self.query_one(WireBar).show(settings, list(permutations(settings.hosts, 2)))
        passes, self._now = now != self._now, now
        (self._clock.resume if scene.moving and passes else self._clock.pause)()
        if scene.rate and passes and not self._recounts:
            self._recounts = True
            self.set_timer(_RECOUNT, self._count_again)

    def _move_on(self) -> None:
        if self.is_on_screen:
            self._draw()
        else:
            self._clock.pause()

    def _count_again(self) -> None:
        """How many frames a second there are changes when there are none as well."""
        self._recounts = False
        self._move_on()

    def _tell(self, pair: Pair) -> None:
        held = self._frame(self._held_chosen())
        said: list[Part] = words(self._state, pair, self._refusal)
        if not self._refusal and self.has_class("-single"):
            said += self._remarks()
        content = as_content([said])
        if content != self._said:
            self._said = content
            self.query_one("#wire-words", Static).update(content, layout=False)
        state = (held and held.id, self._state.settings, len(self._state.held) > 1, self._acts)
        if state != self._keys_drawn:
            self._keys_drawn = state
            keys = keys_for(self._state, held is not None) if self._acts else LOOKING
            self.query_one(WireKeys).offer(keys)

    def _remarks(self) -> list[Part]:
        """What there is to say of the frame under the cursor: its line has little room for it."""
        index = self.lines.cursor
        if index is None or not len(self._source):
            return []
        n = self._source.numbers[index]
        frame, seen = self._frame(n), self._analysis.seen(n)
        if frame is None or seen is None or not seen.remarks:
            return []
        text = ", ".join(remark.text for remark in seen.remarks)
        return [("   ", ""), (f"{frame.id}: {text}", "warning")]

    def _pair_shown(self) -> Pair:
        """The hosts left and right: those that were chosen, else those that the chosen frame waits
        between, else the first two."""
        hosts = self._state.settings.hosts
        if self._pair is not None and set(self._pair) <= set(hosts):
            return self._pair
        frame = self._frame(self._held_chosen()) if len(hosts) > 2 else None
        if frame is not None and {frame.sender, frame.receiver} <= set(hosts):
            one, other = sorted((frame.sender, frame.receiver), key=hosts.index)
            return one, other
        return (hosts[0], hosts[1]) if len(hosts) > 1 else (hosts[0], "")

    @property
    def _acts(self) -> bool:
        """Whether anything can be done: not in a recording."""
        return self.screen.check_action("network", ()) is not False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What does something isn't for a recording."""
        if action in ACTING and self.is_mounted and not self._acts:
            return False
        return super().check_action(action, parameters)

    # What waits

    def _held_chosen(self) -> int | None:
        """The event of the held frame that the keys act on: the chosen one, else the oldest."""
        held = self._state.held
        if self._chosen is not None and self._holds(self._chosen):
            return self._chosen
        return next(iter(held.values()), None)

    def _holds(self, n: int) -> bool:
        """Whether the frame of event `n` waits."""
        code = self._journal.columns.slice(n, n + 1)[2]
        return bool(code) and self._state.held.get(code[0]) == n

    def _frame(self, n: int | None) -> Frame | None:
        if n is None:
            return None
        event = next(iter(self._journal.read(n, n + 1)), None)
        return event if isinstance(event, Frame) else None

    def _choose_held(self, n: int) -> None:
        self._chosen = n
        self._pair = None
        self._draw()
        self._list()

    def action_choose_held(self, by: int) -> None:
        """The next held frame, or the one before."""
        held = list(self._state.held.values())
        here = self._held_chosen()
        if here in held:
            self._choose_held(held[(held.index(here) + by) % len(held)])
            self.reveal(self._held_chosen() or 0)
        else:
            self._nothing_held()

    def action_step(self) -> None:
        """Let the oldest go on."""
        if self._state.held:
            self._ask("wire step")
        else:
            self._nothing_held()

    def action_do(self, what: str) -> None:
        """Deliver, drop or duplicate the chosen held frame."""
        frame = self._frame(self._held_chosen())
        if frame is None:
            self._nothing_held()
            return
        self._choose_after(frame.n)
        self._ask(f"wire {what} {frame.id}")

    def _choose_after(self, n: int) -> None:
        """The one behind it is chosen next; the first, if it was the last."""
        held = list(self._state.held.values())
        later = held[held.index(n) + 1 :] if n in held else []
        self._chosen = later[0] if later else None

    def action_swap(self) -> None:
        """Swap the chosen held frame with the next one that goes the same way."""
        one = self._frame(self._held_chosen())
        if one is None:
            self._nothing_held()
            return
        held = list(self._state.held.values())
        behind = held[held.index(one.n) + 1 :]
        for n in behind:
            other = self._frame(n)
            if other and (other.sender, other.receiver) == (one.sender, one.receiver):
                self._chosen = one.n
                self._ask(f"wire swap {one.id} {other.id}")
                return
        self._say_refused(_("no frame waits behind {id} that goes the same way", id=one.id))

    def _nothing_held(self) -> None:
        self._say_refused(_("no frame is held: press h first, and then send something"))

    def action_hold(self) -> None:
        """Hold all, or let all go on."""
        self._ask(f"wire hold {'off' if self._state.settings.holding else 'on'}")

    def action_plug(self) -> None:
        """The plug of the host on the right."""
        if not self._state.settings.hosts:
            return
        unplugged = self._state.settings.unplugged
        out = [host for host in self._pair_shown() if host in unplugged]
        host = out[0] if out else self._pair_shown()[1]
        self._ask(f"wire {'plug' if out else 'unplug'} {host}")

    def action_pair(self) -> None:
        """Draw two other hosts."""
        hosts = self._state.settings.hosts
        pairs = [(a, b) for at, a in enumerate(hosts) for b in hosts[at + 1 :]]
        if pairs:
            shown = self._pair_shown()
            here = pairs.index(shown) if shown in pairs else -1
            self._pair = pairs[(here + 1) % len(pairs)]
            self._draw()

    @on(WireView.Clicked)
    def _wire_clicked(self, message: WireView.Clicked) -> None:
        message.stop()
        what = message.what
        if what == "hold":
            self.action_hold()
        elif self._holds(what):
            self._choose_held(what)
            self.reveal(what)
        else:
            self.reveal(what)
            self.post_message(EventPointed(what))

    # Asking for commands

    def _ask(self, line: str) -> None:
        if not self._acts:
            return
        if not self._state.settings.hosts:
            self._say_refused(_("there is no private network"))
            return
        self._refusal = ""
        self.post_message(Asked(self, line, "form"))

    def taken(self, line: str, ticket: Ticket | None) -> None:
        """The lab has the command."""
        self._ticket = None if ticket is None else ticket.n
        self._refusal = ""

    def refused(self, line: str, why: str, column: int | None) -> None:
        """The command makes no sense."""
        self._say_refused(why)

    def _hear(self) -> None:
        """Say it if what was asked for last could not be done."""
        refused = self._state.refused
        if refused is not None and refused[0] == self._ticket:
            self._ticket = None
            self._refusal = refused[1]

    def _say_refused(self, why: str) -> None:
        self._refusal = why
        self.app.bell()
        if self._state.settings.hosts:
            self._tell(self._pair_shown())

    # Settings

    def action_impair(self) -> None:
        """Open the bar with the settings, or close it."""
        bar = self.query_one(WireBar)
        if bar.is_open:
            bar.action_leave()
        elif self._state.settings.hosts:
            bar.open()

    @on(WireBar.Asked)
    def _setting_asked(self, message: WireBar.Asked) -> None:
        message.stop()
        self._ask(message.line)

    @on(WireBar.Left)
    @on(WireFilterBar.Left)
    def _bar_left(self, message: WireBar.Left | WireFilterBar.Left) -> None:
        message.stop()
        self.lines.focus()

    # The list

    def action_filter(self) -> None:
        """Open the line for the filter."""
        self.query_one(WireFilterBar).open()

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
        """Follow the connection before or after this one."""
        found = self._table().connections()
        if found:
            here = [at for at, ends in enumerate(found) if self._sock in ends]
            self._follows = True
            self.show(found[(here[0] + step if here else 0) % len(found)].sock)

    @on(VirtualLines.Pointed, "#wire-frames")
    def _pointed(self, message: VirtualLines.Pointed) -> None:
        message.stop()
        n = self._source.numbers[message.index]
        if self._holds(n):
            self._choose_held(n)
        self._take_apart()
        self._draw()
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
        if self.query_one(WireBar).is_open:
            self.query_one(WireBar).action_leave()
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
        self._take_apart_now()

    def _take_apart_now(self) -> None:
        frame = self.lines.frame()
        if frame is None:
            self.details.show(None, self._fates.of(0), None)
        else:
            self.details.show(frame, self._fates.of(frame.n), self._analysis.seen(frame.n))

    def _why_nothing(self) -> tuple[bool, bool, bool]:
        """Whether a filter lets nothing through, there is a wire, and something can be done."""
        return bool(self._source.text), bool(self._state.settings.hosts), self._acts
