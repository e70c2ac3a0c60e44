"""The terminal application: themes, the palette, and the ways to end it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from time import monotonic
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from socklab.i18n import _
from socklab.ui.actions import APP, SCREEN, SOCKETS, Action, bindings
from socklab.ui.engine import Engine
from socklab.ui.screens.lab import LabScreen
from socklab.ui.themes import DARK, LIGHT

_TWICE = 2.0  # seconds within which Ctrl+C twice quits


class SocklabApp(App[None], inherit_bindings=False):
    """A lab on the screen, with a script at hand if one was given. The lab is closed by whoever
    made it."""

    TITLE = "socklab"
    CSS_PATH = "socklab.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(APP),
        Binding("ctrl+c", "interrupt", show=False, system=True),
    ]

    def __init__(self, lab: Engine, script: Path | None = None) -> None:
        super().__init__()
        self._lab = lab
        self._script = script
        self._script_text = script.read_text(encoding="utf-8") if script is not None else None
        self._interrupted = -_TWICE
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = DARK.name

    def get_default_screen(self) -> Screen[None]:
        """The lab's screen is the first."""
        return LabScreen(self._lab)

    def on_mount(self) -> None:
        """End by signal as by key, so that the terminal is always left as it was."""
        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGHUP", "SIGINT"):
            number = getattr(signal, name, None)
            if number is not None:
                # Not on Windows' loop, and not where the screen is drawn outside the main thread.
                with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
                    loop.add_signal_handler(number, self.exit)

    def on_ready(self) -> None:
        """Put the script at hand."""
        if self._script is not None and self._script_text is not None:
            screen = self.screen
            assert isinstance(screen, LabScreen)
            screen.load(self._script.name, self._script_text, self._script.parent)

    def action_next_theme(self) -> None:
        """Dark to light and back."""
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name

    def action_interrupt(self) -> None:
        """Ctrl+C has copied nothing: the second time within two seconds it quits."""
        now = monotonic()
        if now - self._interrupted < _TWICE:
            self.exit()
            return
        self._interrupted = now
        self.notify(_("Ctrl+C once more quits, as Ctrl+Q does."), timeout=_TWICE)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: every action that has an entry."""
        yield from (_entry(action, partial(self.run_action, action.run)) for action in APP if action.palette)
        if isinstance(screen, LabScreen):
            for action in (*SCREEN, *SOCKETS):
                if action.palette:
                    yield _entry(action, partial(self.run_action, action.run, screen))


def _entry(action: Action, run: partial[object]) -> SystemCommand:
    return SystemCommand(action.label, f"{action.help}  {action.key}", run)


def run_app(lab: Engine, script: Path | None = None) -> int:
    """Show a lab until somebody leaves, and return the exit code. `script` is put at hand.

    Raises OSError or UnicodeError if the script can't be read. The lab is still open afterwards.
    """
    app = SocklabApp(lab, script)
    app.run()
    return app.return_code or 0
