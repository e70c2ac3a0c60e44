"""Where to save what was done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from socklab.i18n import _


class SaveScreen(ModalScreen[Path]):
    """Asks for a path and writes the text there; says in place why it couldn't.

    A file that is there already is replaced only by a second press.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", _("Cancel"))]

    def __init__(self, text: Callable[[], Iterable[str]], name: str) -> None:
        super().__init__()
        self._text = text
        self._name = name
        self._replace: Path | None = None

    def compose(self) -> ComposeResult:
        """A path, and what is wrong with it."""
        with Vertical(classes="dialog"):
            yield Static(_("Save what was done as a script that socklab can run again."))
            yield Input(self._name, id="path", placeholder=_("a path"))
            yield Static("", classes="message")
            with HorizontalGroup(classes="answers"):
                yield Button(_("Save"), variant="primary", id="save")
                yield Button(_("Cancel"), id="cancel")

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _changed(self) -> None:
        self._replace = None
        self._say("")

    @on(Input.Submitted)
    @on(Button.Pressed, "#save")
    def _save(self) -> None:
        said = self.query_one(Input).value.strip()
        if not said:
            self._say(_("A path, please."))
            return
        path = Path(said).expanduser()
        if path.exists() and not path.is_dir() and self._replace != path:
            self._replace = path
            self._say(_("{path} is there already: press Save again to replace it.", path=path))
            return
        try:
            path.write_text("".join(self._text()), encoding="utf-8")
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._say(_("Can't write {path}: {why}.", path=path, why=why))
            return
        self.dismiss(path)

    def _say(self, text: str) -> None:
        self.query_one(".message", Static).update(Content(text))

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Write nothing."""
        self.dismiss(None)
