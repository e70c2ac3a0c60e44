"""The list of TCP_INFO's fields, with a cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from socklab.i18n import _
from socklab.ui.panes.cells import Part, wrap
from socklab.ui.panes.listing import Listing
from socklab.ui.panes.number_lines import NumberLines
from socklab.ui.panes.tail import NoLines

_MARGIN = 3


class FieldList(Listing):
    """The table of fields, and which one the cursor is on."""

    def __init__(self, pointed: Callable[[], None], nothing: Callable[[], str]) -> None:
        super().__init__(NoLines(), id="number-lines")
        self._pointed = pointed
        self._why = nothing

    @property
    def field(self) -> str:
        """The field under the cursor, "" on a title or without a table."""
        source, index = self.source, self.cursor
        if not isinstance(source, NumberLines) or index is None:
            return ""
        return source.field(index)

    def go_to(self, index: int) -> None:
        """Put the cursor on line `index`."""
        super().go_to(index)
        self._pointed()

    def nothing(self) -> Sequence[Sequence[Part]]:
        """Says why there is nothing, or how to get something."""
        room = max(20, self.room.width - 2 * _MARGIN)
        return [
            *([(" " * _MARGIN + line, "")] for line in wrap(self._why(), room)),
            [],
            *self.ways(("client", _("opens a connection"))),
            [("       ", ""), (_("select one in Sockets to see its numbers"), "dim")],
        ]
