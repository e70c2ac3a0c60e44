"""A recording on the screen: the state of the sockets at whatever line of the log one is at."""

from __future__ import annotations

from socklab.i18n import _
from socklab.model.units import clock_text
from socklab.ui.panes.log import LogPane
from socklab.ui.panes.log_source import LogSource
from socklab.ui.panes.status import StatusLine
from socklab.ui.recording import Moment, Recording
from socklab.ui.screens.lab import LabScreen

LOOK = 0.1
"""Seconds between two looks at where in the log one is."""

_PLACES = ("sockets", "messages", "details", "log")
_ACTING = frozenset(
    ("demo", "pace", "step", "script_line", "script_run", "new", "withdraw", "socket")
)


class ReplayStatus(StatusLine):
    """The line at the top: which recording, and which moment of it."""

    def __init__(self, recording: Recording, moment: Moment) -> None:
        super().__init__(recording)
        self._moment = moment

    def texts(self) -> tuple[str, str, str]:
        """Name, moment, and how much there is."""
        journal, n = self._lab.journal, self._moment.n
        name = journal.path.name if journal.path is not None else self._lab.host
        if n is None or not journal.first <= n < len(journal):
            when = _("at its end")
        else:
            when = _("at event {n}, {time}", n=f"{n:,}", time=clock_text(journal[n].t))
        said = _("{count} events", count=f"{len(journal):,}")
        if self._moment.behind or not journal.indexed:
            said += " · " + _("reading")
        if journal.damage is not None:
            said = f"▲ {journal.damage} · {said}"
        return f"{_('recording')} {name} · {when}", "", said


class ReplayScreen(LabScreen):
    """The lab's screen without what acts: forms and console."""

    AUTO_FOCUS = "#log-lines"

    def __init__(self, recording: Recording) -> None:
        self._moment = Moment(recording)
        super().__init__(recording, self._moment)
        self.add_class("-replay")

    def status_line(self) -> StatusLine:
        """Says which moment is shown."""
        assert isinstance(self.lab, Recording)
        return ReplayStatus(self.lab, self._moment)

    def on_mount(self) -> None:
        """Follow where in the log one is."""
        self.set_interval(LOOK, self._look)

    def _look(self) -> None:
        lines = self.query_one(LogPane).lines
        source, cursor = lines.source, lines.cursor
        n = source.numbers[cursor] if isinstance(source, LogSource) and cursor is not None else None
        if n != self._moment.n:
            self._moment.go_to(n)
            self.beat()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What acts is neither bound nor offered."""
        if action == "go":
            return bool(parameters) and parameters[0] in _PLACES
        return action not in _ACTING and super().check_action(action, parameters)
