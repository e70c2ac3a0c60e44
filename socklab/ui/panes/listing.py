"""A list that doesn't grow at its end like a log."""

from __future__ import annotations

from socklab.ui.panes.lines import VirtualLines
from socklab.ui.panes.tail import LineSource


class Listing(VirtualLines):
    """Lines with a cursor, from the first one on. What comes at its end is not news."""

    def __init__(self, source: LineSource, *, id: str) -> None:
        super().__init__(source, follow=False, id=id)

    def badge(self) -> str:
        """None: it would hide what the last line says, and the scroll bar tells of more."""
        return ""
