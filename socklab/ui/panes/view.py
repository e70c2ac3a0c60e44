"""What the panes that show one connection have in common."""

from __future__ import annotations

from collections.abc import Callable

from textual.containers import Vertical

from socklab.journal import Readable
from socklab.model.sockets import SocketTable
from socklab.ui.panes.chosen import ConnectionChosen


class ConnectionView(Vertical):
    """Shows the connection of the socket that was chosen elsewhere, as the journal has it.

    Such a pane calls no other. It says what was chosen in it by `EventPointed`, `EventSelected`,
    `ConnectionChosen`. `_sock` is the socket that was chosen, `_table` gives the sockets of now.
    """

    _sock: int | None
    _table: Callable[[], SocketTable]

    def show_journal(self, journal: Readable) -> None:
        """Another journal has begun: forget what was shown. What there is in it comes with the next
        frame."""
        raise NotImplementedError

    def show(self, sock: int) -> None:
        """Show the connection of this socket."""
        raise NotImplementedError

    def action_other(self, step: int) -> None:
        """Have all panes show the connection before or after this one."""
        found = self._table().connections()
        if found:
            here = [at for at, ends in enumerate(found) if self._sock in ends]
            other = found[(here[0] + step if here else 0) % len(found)]
            self.post_message(ConnectionChosen(other.sock))

    def renew(self) -> None:
        """Take in what is new, in a few milliseconds; called with each frame."""
        raise NotImplementedError
