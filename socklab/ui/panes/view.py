"""What the panes that show one connection have in common."""

from __future__ import annotations

from textual.containers import Vertical

from socklab.journal import Readable


class ConnectionView(Vertical):
    """Shows the connection of the socket that was chosen elsewhere, as the journal has it.

    Such a pane calls no other. It says what was chosen in it by `EventPointed`, `EventSelected`.
    """

    def show_journal(self, journal: Readable) -> None:
        """Another journal has begun: forget what was shown."""
        raise NotImplementedError

    def show(self, sock: int) -> None:
        """Show the connection of this socket."""
        raise NotImplementedError

    def renew(self) -> None:
        """Take in what is new, in a few milliseconds; called with each frame."""
        raise NotImplementedError
