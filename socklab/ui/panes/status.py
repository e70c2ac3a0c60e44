"""The line at the top: where, at what pace, and whether everything is being recorded."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from socklab.i18n import _
from socklab.journal import Readable
from socklab.ui.actions import action
from socklab.ui.engine import Engine, Pace
from socklab.ui.panes.painting import literal


class StatusLine(Widget):
    """One line; what doesn't fit is left out, the record's state last."""

    ALLOW_SELECT = False

    def __init__(self, lab: Engine) -> None:
        super().__init__(id="status")
        self._lab = lab
        self._shown: tuple[str, str, str] = ("", "", "")

    def renew(self) -> None:
        """Show how things are now."""
        shown = self.texts()
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def glance(self) -> None:
        """Show the pace and the held call as they are now, which no event tells of."""
        if self.texts()[:2] != self._shown[:2]:
            self.renew()

    def texts(self) -> tuple[str, str, str]:
        """What stands at the left, after it, and at the right."""
        return (
            f"{self._lab.host} · {pace_text(self._lab.pace)}",
            held_text(self._lab.pace),
            record_text(self._lab.journal),
        )

    def render(self) -> Content:
        """Name and pace at the left, the held call after them, the record at the right."""
        self._shown = where, held, record = self.texts()
        left = Content.assemble((" socklab ", "bold $primary"), literal(f" {where}"))
        if held:
            left = Content.assemble(left, "   ", literal(f" {held} ", "bold reverse"))
        failing = record.startswith("▲")
        right = literal(f"{record} ", "bold $text-error" if failing else "")
        room = self.size.width - left.cell_length - right.cell_length
        if room < 1 and held and not failing:
            # The call that waits for a key matters more than how many there have been.
            right = literal(f"{record.partition(' · ')[0]} ")
            room = self.size.width - left.cell_length - right.cell_length
        if room < 1:
            left = left.truncate(max(0, self.size.width - right.cell_length - 1), ellipsis=True)
            room = self.size.width - left.cell_length - right.cell_length
        return Content.assemble(left, " " * max(1, room), right)


def pace_text(pace: Pace) -> str:
    """The pace, in words."""
    if pace.mode == "slow":
        return _("slow, {seconds} s a call", seconds=f"{pace.breath:g}")
    return {"full": _("full speed"), "step": _("step by step")}[pace.mode]


def held_text(pace: Pace) -> str:
    """What waits for a step, and the key that lets it through."""
    if pace.mode != "step" or pace.held is None:
        return ""
    return _("{key} lets through: {call}", key=action("step").key, call=pace.held)


def record_text(journal: Readable) -> str:
    """Whether all is recorded: never by a colour alone."""
    said = {
        "recording": _("● recording"),
        "memory": _("○ in memory only"),
        "full": _("▲ not recorded: the journal is full"),
        "failed": _("▲ not recorded"),
    }[journal.recording]
    count, lost = f"{len(journal):,}", f"{journal.lost:,}"
    return f"{said} · " + _("{count} events · {lost} lost", count=count, lost=lost)
