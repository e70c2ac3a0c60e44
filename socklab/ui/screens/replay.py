"""A recording on the screen: the lab's panes as they were at any moment of it, and a time line."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from time import monotonic
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer

from socklab.i18n import _
from socklab.model.units import clock_text
from socklab.ui.actions import REPLAY, SCREEN, Action, bindings
from socklab.ui.landmarks import Landmarks, after, before
from socklab.ui.panes.ladder import LadderPane
from socklab.ui.panes.log import LogPane
from socklab.ui.panes.log_filter import Choice
from socklab.ui.panes.log_source import LogSource
from socklab.ui.panes.send_form import likely_target, likely_view
from socklab.ui.panes.status import StatusLine
from socklab.ui.panes.timeline import Timeline
from socklab.ui.panes.view import ConnectionView
from socklab.ui.playback import Playback
from socklab.ui.pulse import FRAME
from socklab.ui.recording import Moment, Recording
from socklab.ui.screens.lab import LabScreen
from socklab.ui.screens.moment import MomentScreen
from socklab.ui.screens.places import FORMS

LOOKING = 0.004
"""Seconds that a frame may spend on looking for landmarks."""

READING, AGAIN = 0.008, 0.016
"""Seconds for which the recording is read between two frames, and until the next time: so long a
key may wait."""

GATHERING = 3
"""Turns of the loop that it takes from a change in a pane until its screen hears of it."""

REST = 2.0
"""Seconds after all has been read."""

_ACTING_PLACES = frozenset((*FORMS, "console", "script"))
_ACTING = frozenset(
    (
        *("demo", "pace", "step", "script_line", "script_run", "new", "withdraw"),
        *("socket", "network", "arrange"),
    )
)


class ReplayStatus(StatusLine):
    """The line at the top: which recording, and which moment of it."""

    def __init__(self, recording: Recording, moment: Moment) -> None:
        super().__init__(recording)
        self._moment = moment

    def texts(self) -> tuple[str, str, str]:
        """Name, moment, and how much there is."""
        journal, moment = self._lab.journal, self._moment
        name = journal.path.name if journal.path is not None else self._lab.host
        n = moment.count - 1
        if moment.at_end:
            when = _("at its end")
        elif n < journal.first:
            when = _("before its first event")
        else:
            when = _("at event {n}, {time}", n=f"{n:,}", time=clock_text(moment.now))
        said = _("{count} events", count=f"{len(journal):,}")
        if moment.behind or not journal.indexed:
            said += " · " + _("reading")
        if journal.damage is not None:
            said = f"▲ {journal.damage} · {said}"
        return f"{_('recording')} {name} · {when}", "", said


def _set_aside() -> None:
    """What has been read stays. Python need not look through it whenever it tidies up, which would
    take longer than a frame."""
    gc.collect()
    gc.freeze()


class ReplayScreen(LabScreen):
    """The lab's screen without what acts, and with a time line instead of the console."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(REPLAY)
    AUTO_FOCUS = "#timeline"
    ALLOW_IN_MAXIMIZED_VIEW = "StatusLine, Timeline, #footer"

    own_actions: ClassVar[tuple[Action, ...]] = (*SCREEN, *REPLAY)

    def __init__(self, recording: Recording) -> None:
        self._moment = Moment(recording)
        self._playback = Playback(self._moment.times)
        self._landmarks = Landmarks(recording.journal)
        self._player: Timer | None = None
        self._reader: Timer | None = None
        self._chosen = False  # a connection, by somebody
        self._target: int | None = None  # what one could send on, for want of a choice
        self._pointed: int | None = None
        self._looked = False
        self._outdated: set[ConnectionView] = set()
        super().__init__(recording, self._moment)
        self._inspect.tables = self._moment.tables
        self.add_class("-replay")

    def status_line(self) -> StatusLine:
        """Says which moment is shown."""
        assert isinstance(self.lab, Recording)
        return ReplayStatus(self.lab, self._moment)

    def compose(self) -> ComposeResult:
        """The lab's panes, and the time line where the console would be."""
        yield from super().compose()
        yield Timeline(self._moment, self._playback, self._landmarks)

    def on_mount(self) -> None:
        """Nothing plays yet."""
        self._player = self.set_interval(FRAME, self._play_on, pause=True)
        self._reader = self.set_interval(AGAIN, self._read_on)

    def _read_on(self) -> None:
        """Between two frames, as long as there is anything left to read."""
        self._moment.read_on(READING)
        if self._reader is not None and not self._reads:
            self._reader.stop()
            self.set_timer(REST, _set_aside)

    @property
    def timeline(self) -> Timeline:
        """The time line."""
        return self.query_one(Timeline)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What acts is neither bound nor offered."""
        if action == "go" and parameters and parameters[0] in _ACTING_PLACES:
            return False
        return action not in _ACTING and super().check_action(action, parameters)

    def _draw(self) -> Iterator[None]:
        yield from super()._draw()
        if not self.is_mounted:
            return
        self._show_last()
        if self._pointed is not None:
            self._inspect.show(self._pointed)
            self._pointed = None
        if not self._landmarks.advance(LOOKING):
            self.beat()
        self.timeline.renew()
        self.call_next(self._gather)

    async def _gather(self) -> None:
        """Let every pane say what it has to draw before any is drawn: else the screen draws the
        first of them at once, and the others with its next turn (Textual 8.2's timers)."""
        for _turn in range(GATHERING):
            await asyncio.sleep(0)

    # Going back

    def _begin_anew(self) -> None:
        """Time has gone back: the panes begin anew, and keep to what was chosen in them."""
        log = self.query_one(LogPane)
        choice = log.choice
        super()._begin_anew()
        if choice != Choice():
            log.show_only(choice)

    def _show_journal_in(self, view: ConnectionView) -> None:
        """At once in the one that is on the screen, in the others when they come to it."""
        if view.display:
            self._outdated.discard(view)
            super()._show_journal_in(view)
        else:
            self._outdated.add(view)

    def show_pane(self, name: str) -> None:
        """Bring a pane to the screen, as it is at this moment."""
        for view in [view for view in self._outdated if view.id == name]:
            self._outdated.remove(view)
            super()._show_journal_in(view)
        super().show_pane(name)

    # Which connection is shown

    @property
    def _reads(self) -> bool:
        return bool(self._moment.behind) or not self._moment.whole.indexed

    def _renew_forms(self) -> None:
        """Nobody sees any; but the views go along with what one could send on, unless somebody has
        chosen a connection. While the recording is still being read, many pass that are none of its
        end."""
        if self._chosen or (self._reads and self._target is not None):
            return
        target = likely_view(self._moment.table)
        if target is not None and target.sock != self._target:
            self._target = target.sock
            super().show_socket(target.sock)

    def show_target(self, sock: int) -> None:
        """A form that nobody sees has it."""

    def _show_last(self) -> None:
        """Once all is read, show what a live lab does: the connection that one would send on; where
        all is closed at the end, the last one."""
        if self._looked or self._reads:
            return
        self._looked = True
        self._renew_forms()
        if not self._chosen and likely_target(self._moment.table) is None:
            last = next(filter(None, map(likely_target, self._moment.before_closes())), None)
            if last is not None:
                super().show_socket(last.sock)

    def show_socket(self, sock: int) -> None:
        """Somebody has chosen a socket: have every view of one connection show that of it."""
        self._chosen = True
        super().show_socket(sock)

    # Playing

    def action_play(self) -> None:
        """Go on, or hold; from the beginning, if this is the end."""
        if self._playback.playing:
            self._hold()
            return
        moment = self._moment
        if moment.wanted >= len(moment.whole):
            moment.go_to(0)
            self._playback.play(0, moment.times.begin, monotonic())
        else:
            self._playback.play(moment.wanted, moment.wanted_time, monotonic())
        self._say_playing()

    def _hold(self) -> None:
        self._playback.playing = False
        self._say_playing()

    def _say_playing(self) -> None:
        if self._player is not None:
            (self._player.resume if self._playback.playing else self._player.pause)()
        self.timeline.renew()
        self.beat()

    def _play_on(self) -> None:
        count, time = self._playback.moment(monotonic())
        moment = self._moment
        if count >= len(moment.whole) and moment.whole.indexed:
            moment.go_to_end()
            self._hold()
        else:
            moment.go_to(count, time)
        self.beat()

    def action_speed(self, steps: int) -> None:
        """So many steps faster."""
        self._playback.faster(steps, monotonic())
        self.timeline.renew()

    def action_pauses(self) -> None:
        """Cut the pauses, or let them last again."""
        self._playback.cut_pauses(not self._playback.scale.brief, monotonic())
        self.timeline.renew()

    # Going somewhere

    def action_by_event(self, by: int) -> None:
        """So many events on."""
        self._seek(self._moment.wanted + by)

    def action_seek_start(self) -> None:
        """To before the first event."""
        self._seek(0)

    def action_seek_end(self) -> None:
        """To the end."""
        self._seek(len(self._moment.whole))

    def action_landmark(self, kind: str, direction: int) -> None:
        """To the next error or change of state, or to the one before."""
        landmarks = self._landmarks.errors if kind == "errors" else self._landmarks.states
        here = self._moment.wanted
        n = after(landmarks, here) if direction > 0 else before(landmarks, here - 1)
        if n is None:
            self.notify(_NONE[kind, direction > 0], timeout=3)
        else:
            self._seek(n + 1)

    def action_here(self) -> None:
        """To the moment of the log's line under the cursor."""
        lines = self.query_one(LogPane).lines
        source, cursor = lines.source, lines.cursor
        if isinstance(source, LogSource) and cursor is not None and len(source):
            self._seek(source.numbers[cursor] + 1)
        else:
            self.notify(_("First put the cursor on a line of the log."), timeout=3)

    def action_ask(self) -> None:
        """To where somebody says."""
        asked = MomentScreen(self._moment.times, len(self._moment.whole))
        self.app.push_screen(asked, self._seek_answer)

    def _seek_answer(self, answer: tuple[int, int | None] | None) -> None:
        if answer is not None:
            self._seek(*answer)

    @on(Timeline.Sought)
    def _sought(self, message: Timeline.Sought) -> None:
        message.stop()
        playing, moment = self._playback.playing, self._moment
        self._seek(message.count, message.at)
        if playing and moment.wanted < len(moment.whole):
            self._playback.play(moment.wanted, moment.wanted_time, monotonic())
            self._say_playing()

    def _seek(self, count: int, time: int | None = None) -> None:
        """Show this moment, which is at the tail of every list, and stay there; its last event is
        at hand in Inspect."""
        if self._playback.playing:
            self._hold()
        self._moment.go_to(count, time)
        self._pointed = self._moment.wanted - 1
        for pane in (self.query_one(LogPane), self.query_one(LadderPane)):
            pane.lines.action_tail()
        self.beat()


_NONE = {
    ("errors", True): _("No error comes after this."),
    ("errors", False): _("No error comes before this."),
    ("states", True): _("No change of state comes after this."),
    ("states", False): _("No change of state comes before this."),
}
