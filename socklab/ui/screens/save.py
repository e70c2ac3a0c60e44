"""Where to save what was done."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from socklab.export import EXPORTERS
from socklab.export.files import write_out
from socklab.export.record import Record
from socklab.i18n import _
from socklab.ui.panes.painting import literal


class SaveScreen(ModalScreen[Path]):
    """Asks for a path and has `keep` write there; says in place why it couldn't.

    What is there already is replaced only by a second press.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", _("Cancel"))]

    def __init__(self, heading: str, name: str) -> None:
        super().__init__()
        self._heading = heading
        self._name = name
        self._replace: Path | None = None

    def question(self) -> ComposeResult:
        """What else is asked, above the path."""
        yield from ()

    def replaces(self, path: Path) -> bool:
        """Whether something would be lost. Raises OSError where that can't be found out."""
        return path.exists() and not path.is_dir()

    def keep(self, path: Path) -> None:
        """Write there, and go. Raises OSError or ValueError where that can't be done."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """A path, and what is wrong with it."""
        with Vertical(classes="dialog"):
            yield Static(self._heading)
            yield from self.question()
            yield Input(self._name, id="path", placeholder=_("a path"))
            yield Static("", classes="message")
            with HorizontalGroup(classes="answers"):
                yield Button(_("Save"), variant="primary", id="save")
                yield Button(_("Cancel"), id="cancel")

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one("#path", Input).focus()

    @on(Input.Changed)
    def _changed(self) -> None:
        self._replace = None
        self.say("")

    @on(Input.Submitted)
    @on(Button.Pressed, "#save")
    def _save(self) -> None:
        said = self.query_one("#path", Input).value.strip()
        if not said:
            self.say(_("A path, please."))
            return
        try:
            path = _path(said)
            if self.replaces(path) and self._replace != path:
                self._replace = path
                self.say(_("{path} is there already: press Save again to replace it.", path=path))
                return
            self.keep(path)
        except (OSError, ValueError) as error:
            self.say(why_not(said, error))

    def say(self, text: str) -> None:
        """What is wrong, or how far it is."""
        self.query_one(".message", Static).update(literal(text))

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Write nothing."""
        self.dismiss(None)


class SaveScriptScreen(SaveScreen):
    """Writes the commands of a record as a script."""

    def __init__(self, record: Record, name: str) -> None:
        super().__init__(_("Save what was done as a script that socklab can run again."), name)
        self._record = record

    def keep(self, path: Path) -> None:
        """Scripts are short: at once."""
        write_out(EXPORTERS["lab"], self._record, path)
        self.dismiss(path)


def _path(said: str) -> Path:
    """The path that somebody typed; ~ is their home. Raises ValueError where there is none."""
    try:
        return Path(said).expanduser()
    except RuntimeError:
        raise ValueError(_("nobody has that name here")) from None


def why_not(path: Path | str, error: OSError | ValueError) -> str:
    """Why nothing could be written there; ValueError is a NUL in the path, or nobody's home."""
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return _("Can't write {path}: {why}.", path=path, why=why)
