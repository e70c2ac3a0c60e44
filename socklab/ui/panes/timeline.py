"""The time line of a recording: where one is, what there is to find, and the buttons to go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from socklab.i18n import _
from socklab.model.units import duration_text
from socklab.ui.actions import Action, action, bindings
from socklab.ui.landmarks import Landmarks, after
from socklab.ui.panes.timeline_bar import Bar, Mark, elapsed_text
from socklab.ui.playback import Playback
from socklab.ui.recording import Moment

TIMELINE: tuple[Action, ...] = (
    Action(
        "line-back", "left", _("Back"), _("One event back."), "screen.by_event(-1)", palette=False
    ),
    Action("line-on", "right", _("On"), _("One event on."), "screen.by_event(1)", palette=False),
    Action(
        "line-start",
        "home",
        _("Beginning"),
        _("Go to before the first event."),
        "screen.seek_start",
        palette=False,
    ),
    Action("line-end", "end", _("End"), _("Go to the end."), "screen.seek_end", palette=False),
)
"""What can be done on the time line itself."""

_SECOND = 1_000_000_000
_GAP = 2
"""Cells at least between the buttons and what the marks mean."""

_TICKS_FROM = 4
"""Rows from which on the bar has a scale below it."""

_GLYPHS: dict[Mark, str] = {"": " ", "state": "┃", "error": "▲"}
_LOOKS: dict[Mark, str] = {"": "", "state": "$text-success", "error": "bold $text-error"}


class _Button(NamedTuple):
    """Something to read, and what a click on it does ("" for nothing)."""

    text: str
    look: str
    run: str = ""


class Timeline(Widget, can_focus=True):
    """A bar over the recording's time with its landmarks, and below it the buttons."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Timeline { height: 5; padding: 0 1; pointer: pointer; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(TIMELINE)

    class Sought(Message):
        """Somebody wants to see this moment: so many events, at this time (ns since the epoch;
        None for when the last of them was over)."""

        def __init__(self, count: int, at: int | None) -> None:
            super().__init__()
            self.count = count
            self.at = at

    def __init__(self, moment: Moment, playback: Playback, landmarks: Landmarks) -> None:
        super().__init__(id="timeline", classes="pane")
        self.border_title = _("Time line")
        self._moment = moment
        self._playback = playback
        self._landmarks = landmarks
        self._shown: tuple[object, ...] = ()
        self._marks: list[Mark] = []
        self._marks_of: tuple[object, ...] = ()

    def renew(self) -> None:
        """Show how things are now."""
        moment, playback = self._moment, self._playback
        shown = (
            *(moment.count, moment.now, moment.times.ready, len(moment.whole), moment.behind),
            *(playback.playing, playback.speed, playback.scale.brief, self._landmarks.found),
        )
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    # Drawing

    def render(self) -> Content:
        """Marks, bar, scale where there is room for it, buttons."""
        bar = self._bar
        lines = [self._mark_line(bar), self._bar_line(bar)]
        if self.size.height >= _TICKS_FROM:
            lines.append(_tick_line(bar))
        return Content("\n").join([*lines, self._button_line()])

    @property
    def _bar(self) -> Bar:
        return Bar(self._moment.times, self._playback.scale, self.size.width)

    def _mark_line(self, bar: Bar) -> Content:
        found = (bar.width, self._landmarks.found, self._moment.times.ready, self._playback.scale)
        if found != self._marks_of:
            self._marks_of = found
            self._marks = bar.marks(self._landmarks)
        return Content.assemble(*((_GLYPHS[mark], _LOOKS[mark]) for mark in self._marks))

    def _bar_line(self, bar: Bar) -> Content:
        here = bar.cell(self._moment.now) if self._moment.count else 0
        return Content.assemble(
            ("━" * here, "$text-primary"),
            ("●", "bold $text-accent"),
            ("─" * (bar.width - here - 1), "$foreground 50%"),
        )

    def _button_line(self) -> Content:
        left, right = _line(self._buttons()), _line(_legend())
        room = self.size.width - left.cell_length - right.cell_length
        return Content.assemble(left, " " * room, right) if room >= _GAP else left

    def _button_at(self, x: int) -> str:
        """What a click on that cell of the buttons' line does."""
        buttons, legend = self._buttons(), _legend()
        used, needed = _line(buttons).cell_length, _line(legend).cell_length
        if used + needed + _GAP <= self.size.width and x >= self.size.width - needed:
            buttons, x = legend, x - (self.size.width - needed)
        for button in buttons:
            x -= Content(button.text).cell_length
            if x < 0:
                return button.run
        return ""

    def _buttons(self) -> Sequence[_Button]:
        playback = self._playback
        key, quiet = "bold $text-accent", "$foreground 75%"
        return (
            _Button("│◂ ", key, "seek_start"),
            _Button(" ◂ ", key, "by_event(-1)"),
            _Button(" ▮▮ " if playback.playing else " ▶  ", key, "play"),
            _Button(" ▸ ", key, "by_event(1)"),
            _Button(" ▸│", key, "seek_end"),
            _Button("  - ", key, "speed(-1)"),
            _Button(playback.speed.label, ""),
            _Button(" + ", key, "speed(1)"),
            _Button(f"  {self._event_text()}", "bold", "ask"),
            _Button(f" · {self._time_text()}", ""),
            _Button(f"  {self._state_text()}", quiet),
        )

    def _event_text(self) -> str:
        count, size = self._moment.count, len(self._moment.whole)
        if not size:
            return _("no events")
        if not count:
            return _("before event 0")
        return _("event {n} / {last}", n=f"{count - 1:,}", last=f"{size - 1:,}")

    def _time_text(self) -> str:
        times = self._moment.times
        length = max(0, times.end - times.begin)
        passed = max(0, min(self._moment.now - times.begin, length))
        text = duration_text if length < _SECOND else elapsed_text
        return f"{text(passed)} / {text(length)}"

    def _state_text(self) -> str:
        if self._moment.behind or not self._moment.whole.indexed:
            return _("reading …")
        if self._playback.playing:
            said = _("playing")
        else:
            said = _("at its end") if self._moment.at_end else _("paused")
        return said + (" · " + _("pauses cut") if self._playback.scale.brief else "")

    # The mouse

    async def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press a button, or take hold of the bar."""
        place = event.get_content_offset(self)
        if place is None:
            return
        if place.y < self.size.height - 1:
            self.capture_mouse()
            self._seek(place.x, to_mark=True)
            return
        run = self._button_at(place.x)
        if run:
            await self.screen.run_action(run)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Draw the thumb along."""
        if self.app.mouse_captured is self:
            self._seek(event.x - self.gutter.left, to_mark=False)

    def on_mouse_up(self) -> None:
        """Let go of it."""
        self.release_mouse()

    def _seek(self, cell: int, *, to_mark: bool) -> None:
        """Go to what a cell stands for: to the landmark in it, if there is one."""
        bar = self._bar
        cell = max(0, min(cell, bar.width - 1))
        found = self._landmark(bar.events(cell)) if to_mark else None
        if found is not None:
            self.post_message(self.Sought(found + 1, None))
        elif cell == bar.width - 1:
            self.post_message(self.Sought(len(self._moment.whole), None))
        else:
            time = bar.time(cell)
            self.post_message(self.Sought(self._moment.times.count(time), time))

    def _landmark(self, numbers: range) -> int | None:
        """The first error among these events, or else the first change of state."""
        for landmarks in (self._landmarks.errors, self._landmarks.states):
            n = after(landmarks, numbers.start)
            if n is not None and n in numbers:
                return n
        return None


def _tick_line(bar: Bar) -> Content:
    line = ""
    for cell, label in bar.ticks():
        line = line.ljust(cell) + label
    return Content.styled(line.ljust(bar.width), "$foreground 62%")


def _legend() -> Sequence[_Button]:
    """What the marks mean, and the keys that lead to the next."""
    buttons: list[_Button] = []
    marks: tuple[tuple[Mark, str, str], ...] = (
        ("state", "replay-state", _("state")),
        ("error", "replay-error", _("error")),
    )
    for mark, id, name in marks:
        run = action(id).run
        buttons += [
            _Button(_GLYPHS[mark], _LOOKS[mark], run),
            _Button(f" {name} ", "$foreground 75%", run),
            _Button(f"{action(id).key}  ", "bold $text-accent", run),
        ]
    return buttons


def _line(buttons: Sequence[_Button]) -> Content:
    return Content.assemble(*((button.text, button.look) for button in buttons))
