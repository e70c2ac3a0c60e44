"""A recording on the screen: the lab's panes as they were at any moment of it, and a time line."""

from __future__ import annotations

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
from socklab.ui.panes.send_form import likely_target
from socklab.ui.panes.status import StatusLine
from socklab.ui.panes.timeline import Timeline
from socklab.ui.playback import Playback
from socklab.ui.pulse import FRAME
from socklab.ui.recording import Moment, Recording
from socklab.ui.screens.lab import LabScreen
from socklab.ui.screens.moment import MomentScreen
from socklab.ui.screens.places import FORMS

LOOKING = 0.004
"""Seconds that a frame may spend on looking for landmarks."""

_ACTING_PLACES = frozenset((*FORMS, "console", "script"))
_ACTING = frozenset(
    ("demo", "pace", "step", "script_line", "script_run", "new", "withdraw", "socket", "network")
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
        self._chosen = False  # a connection has been, by somebody or by default
        self._pointed: int | None = None
        self._looked = False
        super().__init__(recording, self._moment)
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

    @property
    def timeline(self) -> Timeline:
        """The time line."""
        return self.query_one(Timeline)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What acts is neither bound nor offered."""
        if action == "go" and parameters and parameters[0] in _ACTING_PLACES:
            return False
        return action not in _ACTING and super().check_action(action, parameters)

    def _draw(self) -> None:
        super()._draw()
        if not self.is_mounted:
            return
        self._show_last()
        if self._pointed is not None:
            self._inspect.show(self._pointed)
            self._pointed = None
        if not self._landmarks.advance(LOOKING):
            self.beat()
        self.timeline.renew()

    # Going back

    def _begin_anew(self) -> None:
        """Time has gone back: the panes begin anew, and keep to what was chosen in them."""
        log = self.query_one(LogPane)
        choice = log.choice
        super()._begin_anew()
        if choice != Choice():
            log.show_only(choice)

    def _show_last(self) -> None:
        """Where all is closed at the end, show the last connection, as a live lab still does."""
        moment = self._moment
        if self._looked or moment.behind or not moment.whole.indexed:
            return
        self._looked = True
        if not self._chosen and likely_target(moment.table) is None:
            last = next(filter(None, map(likely_target, moment.before_closes())), None)
            if last is not None:
                self.show_socket(last.sock)

    def show_socket(self, sock: int) -> None:
        """Have every view of one connection show that of this socket."""
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
