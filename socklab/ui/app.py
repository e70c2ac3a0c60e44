"""The terminal application: themes, the palette, and the ways to begin and to end it.

The panes and the engine are loaded only when the first frame stands: half of the start is loading.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import Screen

from socklab.i18n import _
from socklab.ui.actions import APP, SOCKETS, Action, bindings
from socklab.ui.screens.opening import OpeningScreen
from socklab.ui.terminal import Lasting
from socklab.ui.themes import DARK, LIGHT

if TYPE_CHECKING:
    from socklab.journal import Journal
    from socklab.ui.engine import Engine

_TWICE = 2.0  # seconds within which Ctrl+C twice quits


class SocklabApp(App[None], inherit_bindings=False):
    """A lab on the screen, with a script at hand if one was given.

    `lab` is one that runs; or a function that makes it, which is called after the first frame.
    Whoever made the lab closes it.
    """

    TITLE = "socklab"
    CSS_PATH = "socklab.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(APP),
        Binding("ctrl+c", "interrupt", show=False, system=True),
    ]

    def __init__(
        self, lab: Engine | Callable[[], Engine], script: tuple[Path, str] | None = None
    ) -> None:
        super().__init__()
        self._lab = lab
        self._script_at_hand = script
        self._interrupted = -_TWICE
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = DARK.name

    def get_default_screen(self) -> Screen[None]:
        """The lab's screen where there is a lab already, else one that comes before it."""
        return OpeningScreen() if callable(self._lab) else _screen(self._lab)

    def on_mount(self) -> None:
        """End by signal as by key, so that the terminal is always left as it was."""
        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGHUP", "SIGINT"):
            number = getattr(signal, name, None)
            if number is not None:
                # Not on Windows' loop, and not where the screen is drawn outside the main thread.
                with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
                    loop.add_signal_handler(number, self.exit)

    async def on_ready(self) -> None:
        """Put the script at hand; where there is no lab yet, have it made."""
        if callable(self._lab):
            self.call_after_refresh(self._open, self._lab)
        else:
            self._put_script_at_hand()

    async def _open(self, make: Callable[[], Engine]) -> None:
        self._lab = make()
        # Not switched: the first screen can't be (Textual 8.2 has no result to take from it).
        await self.push_screen(_screen(self._lab))
        # What is loaded now stays: no collection need ever look at it again.
        gc.freeze()
        self._put_script_at_hand()

    def _put_script_at_hand(self) -> None:
        from socklab.ui.screens.lab import LabScreen

        if self._script_at_hand is not None and isinstance(self.screen, LabScreen):
            path, text = self._script_at_hand
            self.screen.load(text, path.parent)

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
        yield from (
            _entry(action, partial(self.run_action, action.run)) for action in APP if action.palette
        )
        for action, node in _offers(screen):
            yield _entry(action, partial(self.run_action, action.run, node))


def _screen(lab: Engine) -> Screen[None]:
    """The screen for a lab that runs, or for a recorded one."""
    from socklab.ui.recording import Recording
    from socklab.ui.screens.lab import LabScreen
    from socklab.ui.screens.replay import ReplayScreen

    return ReplayScreen(lab) if isinstance(lab, Recording) else LabScreen(lab)


def _offers(screen: Screen[object]) -> Iterable[tuple[Action, DOMNode]]:
    """What the palette has on this screen, and where each is done."""
    from socklab.ui.panes.log import LogPane
    from socklab.ui.panes.log_lines import LOG
    from socklab.ui.screens.lab import LabScreen

    if not isinstance(screen, LabScreen):
        return
    for action in (*screen.own_actions, *SOCKETS):
        if action.palette and screen.offers(action):
            yield action, screen
    log = screen.query_one(LogPane)
    for action in LOG:
        if action.palette:
            yield action, log


def _entry(action: Action, run: Callable[[], Awaitable[bool]]) -> SystemCommand:
    return SystemCommand(action.label, f"{action.help}  {action.key}", run)


def run_app(make_journal: Callable[[], Journal], script: tuple[Path, str] | None = None) -> int:
    """Show a lab until somebody leaves, then end it; the process's exit status.

    `make_journal` makes the journal of each session; `script`, a path and its text, is put at hand.
    """
    with contextlib.ExitStack() as stack:

        def make() -> Engine:
            from socklab.lab.lab import Lab

            return stack.enter_context(Lab(make_journal))

        return _run(SocklabApp(make, script))


def replay_app(journal: Journal) -> int:
    """Show a recorded journal until somebody leaves; the process's exit status."""
    from socklab.ui.recording import Recording

    try:
        return _run(SocklabApp(Recording(journal)))
    finally:
        journal.close()


def _run(app: SocklabApp) -> int:
    # Textual reads stdin and draws on stderr; stdout can be anything.
    if not all(stream and stream.isatty() for stream in (sys.__stdin__, sys.__stderr__)):
        print(_("socklab: the screen needs a terminal; `socklab run` needs none"), file=sys.stderr)
        return 2
    assert sys.__stderr__ is not None
    terminal = sys.__stderr__
    sys.__stderr__ = Lasting(terminal)  # type: ignore[misc, assignment]
    try:
        app.run()
    finally:
        sys.__stderr__ = terminal  # type: ignore[misc]
    return app.return_code or 0
