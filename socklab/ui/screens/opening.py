"""What stands on the screen while the rest of the program is loaded: for a moment, but at once."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from socklab.i18n import _


class OpeningScreen(Screen[None]):
    """The name, and that it's coming. It knows nothing of the lab, so that it needs nothing."""

    DEFAULT_CSS = """
    OpeningScreen {
        background: $background;
        #opening { width: 100%; height: 1; background: $panel; }
        #coming { width: 100%; height: 1fr; content-align: center middle; color: $text-muted; }
    }
    """

    def compose(self) -> ComposeResult:
        """A title line, a word, the footer."""
        yield Static(Content.styled(" socklab ", "bold $primary"), id="opening")
        yield Static(_("opening the lab …"), id="coming", markup=False)
        yield Footer()
