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

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.notifications import SeverityLevel
from textual.screen import Screen

from socklab.i18n import _
from socklab.process import ended_by
from socklab.ui.actions import APP, SOCKETS, Action, bindings
from socklab.ui.screens.opening import OpeningScreen
from socklab.ui.terminal import Lasting
from socklab.ui.themes import DARK, LIGHT

if TYPE_CHECKING:
    from rich.console import RenderableType

    from socklab.journal import Journal
    from socklab.ui.engine import Engine
    from socklab.ui.history import History

_TWICE = 2.0  # seconds within which Ctrl+C twice quits


class SocklabApp(App[None], inherit_bindings=False):
    """A lab on the screen, with a script at hand if one was given.

    `lab` is one that runs; or a function that makes it, which is called after the first frame.
    Whoever made the lab closes it. `recall` gives the lines that were typed in earlier ones.
    `heard` is when somebody has last pressed something (monotonic, seconds).
    """

    TITLE = "socklab"
    CSS_PATH = "socklab.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(APP),
        Binding("ctrl+c", "interrupt", show=False, system=True),
    ]

    def __init__(
        self,
        lab: Engine | Callable[[], Engine],
        script: tuple[Path, str] | None = None,
        recall: Callable[[], History[str] | None] = lambda: None,
    ) -> None:
        super().__init__()
        self._lab = lab
        self._recall = recall
        self._script_at_hand = script
        self.heard = 0.0
        self._interrupted = -_TWICE
        self._opening = True
        self._ending: int | None = None
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = DARK.name

    def get_default_screen(self) -> Screen[None]:
        """The lab's screen where there is a lab already, else one that comes before it."""
        return OpeningScreen() if callable(self._lab) else self._screen_for(self._lab)

    def on_load(self) -> None:
        """End by signal as by key, from before the terminal changes, so that it is always left as
        it was."""
        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGHUP", "SIGINT"):
            number = getattr(signal, name, None)
            if number is not None:
                # Not on Windows' loop, and not where the screen is drawn outside the main thread.
                with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
                    loop.add_signal_handler(number, self.exit, None, ended_by(number))

    def exit(
        self, result: None = None, return_code: int = 0, message: RenderableType | None = None
    ) -> None:
        """Leave. Panes that are half there can't go: until the first screen stands, the end waits
        for it."""
        if self._opening:
            self._ending = return_code
        else:
            super().exit(result, return_code, message)

    async def on_ready(self) -> None:
        """Put the script at hand; where there is no lab yet, have it made."""
        if callable(self._lab) and self._ending is None:
            self.call_after_refresh(self._open, self._lab)
        else:
            self._opened()

    def _opened(self) -> None:
        from socklab.ui.provisions import lay_in

        lay_in()
        self._opening = False
        if not gc.isenabled():  # nor has it been since the beginning, see `_run`
            # What is loaded now stays: no collection need ever look at it.
            gc.freeze()
            # And to look at what has come since takes as long as a key may: seldom, then, and not
            # at much of it. A frame makes some thousand objects, few of which need a collection to
            # go.
            gc.set_threshold(10_000, 3, 300)
            gc.enable()
        if self._ending is not None:
            self.exit(return_code=self._ending)
        else:
            self._put_script_at_hand()

    async def _open(self, make: Callable[[], Engine]) -> None:
        self._lab = make()
        # Not switched: the first screen can't be (Textual 8.2 has no result to take from it).
        await self.push_screen(self._screen_for(self._lab))
        self._opened()

    def _screen_for(self, lab: Engine) -> Screen[None]:
        """The screen for a lab that runs, or for a recorded one."""
        from socklab.ui.recording import Recording
        from socklab.ui.screens.lab import LabScreen
        from socklab.ui.screens.replay import ReplayScreen

        if isinstance(lab, Recording):
            return ReplayScreen(lab)
        return LabScreen(lab, history=self._recall())

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

    async def on_event(self, event: events.Event) -> None:
        """What is pasted is text that one sees: control characters, but for tabs, as the escapes of
        the forms and the command language."""
        if isinstance(event, (events.Key, events.MouseDown, events.Paste)):
            self.heard = monotonic()
        if isinstance(event, events.Paste) and not event.is_forwarded:
            from socklab.ui.panes.cells import harmless

            pieces = (line.split("\t") for line in event.text.splitlines())
            event = events.Paste("\n".join("\t".join(map(harmless, piece)) for piece in pieces))
        await super().on_event(event)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Say something in passing. Paths, scripts and refusals are in it: nothing is markup, and
        nothing acts in the terminal."""
        from socklab.ui.panes.cells import harmless

        super().notify(
            harmless(message),
            title=harmless(title),
            severity=severity,
            timeout=timeout,
            markup=False,
        )

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: every action that has an entry."""
        yield from (
            _entry(action, partial(self.run_action, action.run)) for action in APP if action.palette
        )
        for action, node in _offers(screen):
            yield _entry(action, partial(self._run_there, action, node))

    async def _run_there(self, action: Action, node: DOMNode) -> None:
        """Carry an action out where it is done; the Wire pane first comes to the screen."""
        from socklab.ui.panes.wire import WirePane
        from socklab.ui.screens.lab import LabScreen

        if isinstance(node, WirePane) and isinstance(node.screen, LabScreen):
            node.screen.action_go("wire")
            node.call_after_refresh(self.run_action, action.run, node)
        else:
            await self.run_action(action.run, node)


def _offers(screen: Screen[object]) -> Iterable[tuple[Action, DOMNode]]:
    """What the palette has on this screen, and where each is done."""
    from socklab.ui.panes.log import LogPane
    from socklab.ui.panes.log_lines import LOG
    from socklab.ui.panes.wire import WirePane
    from socklab.ui.panes.wire_actions import WIRE
    from socklab.ui.screens.lab import LabScreen

    if not isinstance(screen, LabScreen):
        return
    for action in (*screen.own_actions, *SOCKETS):
        if action.palette and screen.offers(action):
            yield action, screen
    wire = screen.query_one(WirePane)
    for action in WIRE:
        if action.palette and wire.offers(action):
            yield action, wire
    log = screen.query_one(LogPane)
    for action in LOG:
        if action.palette:
            yield action, log


def _entry(action: Action, run: Callable[[], Awaitable[object]]) -> SystemCommand:
    return SystemCommand(action.title or action.label, f"{action.help}  {action.key}", run)


def run_app(make_journal: Callable[[], Journal], script: tuple[Path, str] | None = None) -> int:
    """Show a lab until somebody leaves, then end it; the process's exit status.

    `make_journal` makes the journal of each session; `script`, a path and its text, is put at hand.
    """
    with contextlib.ExitStack() as stack:

        def make() -> Engine:
            from socklab.lab.lab import Lab

            return stack.enter_context(Lab(make_journal))

        return _run(SocklabApp(make, script, _console_history))


def _console_history() -> History[str]:
    from socklab.journal import directory
    from socklab.ui.history import History, HistoryFile

    kept = HistoryFile(directory().with_name("console-history"))
    return History(kept.lines(), kept.add)


def replay_app(journal: Journal) -> int:
    """Show a recorded journal until somebody leaves; the process's exit status."""

    def make() -> Engine:
        from socklab.ui.recording import Recording

        return Recording(journal)

    try:
        return _run(SocklabApp(make))
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
    gc.disable()  # until the screen stands: nothing goes of what is loaded and made for it
    try:
        app.run()
    finally:
        gc.enable()
        sys.__stderr__ = terminal  # type: ignore[misc]
    return app.return_code or 0
