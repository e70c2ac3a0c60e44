"""A one-line field that hands in its text with Enter at once."""

from __future__ import annotations

from textual import events
from textual.widgets import Input


class Entry(Input):
    """Textual lets a key that is bound travel up to the application before it acts; what was typed
    behind it (or pasted, or sent by a script) gets there first. Enter may not be overtaken so."""

    def on_key(self, event: events.Key) -> None:
        """Enter hands in what stands here now."""
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.hand_in()

    def hand_in(self) -> None:
        """Say that this is the text."""
        self.post_message(self.Submitted(self, self.value))
