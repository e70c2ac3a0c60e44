"""What a pane says when somebody is at an event in it, or has chosen one."""

from __future__ import annotations

from textual.message import Message


class EventPointed(Message):
    """The cursor is on event `n` now, moved there by hand: the other panes may go along."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n


class ConnectionChosen(Message):
    """The connection of socket `sock` is to be shown, by every pane that shows one."""

    def __init__(self, sock: int) -> None:
        super().__init__()
        self.sock = sock


class EventSelected(Message):
    """The details of event `n` are asked for."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n
