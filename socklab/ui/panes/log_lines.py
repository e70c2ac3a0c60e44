"""The Log's lines, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence

from socklab.i18n import _
from socklab.ui.actions import Action
from socklab.ui.panes.cells import Part
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.panes.log_source import LogSource

LOG: tuple[Action, ...] = (
    Action(
        "log-filter",
        "f",
        _("Filter"),
        _("Choose what the log shows: a program, a socket, a call, a text, kinds of events."),
        "filter",
    ),
    Action(
        "log-errors",
        "e",
        _("Errors only"),
        _("Show only what failed, or everything again."),
        "errors_only",
    ),
    Action(
        "log-search",
        "slash",
        _("Search"),
        _("Look for a text in the log."),
        "search",
        palette=False,
    ),
    Action(
        "log-next",
        "n",
        _("Next match"),
        _("Go down to the next line that has the text."),
        "seek(1)",
        palette=False,
    ),
    Action(
        "log-previous",
        "N",
        _("Previous match"),
        _("Go up to the previous line that has the text."),
        "seek(-1)",
        palette=False,
    ),
    Action(
        "log-clear",
        "escape",
        _("Clear"),
        _("End the search; then clear the filter."),
        "clear",
        palette=False,
    ),
)
"""What can be done in the Log."""


class LogLines(VirtualLines):
    """The lines of the Log."""

    def nothing(self) -> Sequence[Sequence[Part]]:
        """Says what the log is for, or that the filter lets nothing through."""
        source = self.source
        if isinstance(source, LogSource) and not source.choice.shows_all and len(source.journal):
            return [
                [("   " + _("Nothing that has happened matches the filter."), "")],
                [("   Esc ", "accent"), (_("clears the filter"), "dim")],
            ]
        return [
            [("   " + _("Every system call appears here as it happens, with its result."), "")],
            *self.ways(("server", _("starts a server")), ("demo", _("shows how it goes"))),
        ]

    def text_to_copy(self) -> str:
        """The line under the cursor, whole."""
        source, index = self.source, self.cursor
        if not isinstance(source, LogSource) or not len(source):
            return ""
        return source.copied(self._last_in_view if index is None else index)
