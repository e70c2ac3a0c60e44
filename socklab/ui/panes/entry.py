"""A one-line field that hands in its text with Enter at once."""

from __future__ import annotations

from textual import events
from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Input


class Entry(Input):
    """Textual lets a key that is bound travel up to the application before it acts; what was typed
    behind it (or pasted, or sent by a script) gets there first. Enter may not be overtaken so."""

    # Of a size that its row gives it: a letter more is no reason to lay out the whole screen.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0))

    def on_key(self, event: events.Key) -> None:
        """Enter hands in what stands here now."""
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.hand_in()

    def hand_in(self) -> None:
        """Say that this is the text."""
        self.post_message(self.Submitted(self, self.value))
