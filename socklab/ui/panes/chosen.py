"""What a pane says when somebody has chosen an event in it."""

from __future__ import annotations

from textual.message import Message


class EventSelected(Message):
    """The details of event `n` are asked for."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n
