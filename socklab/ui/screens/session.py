"""What concerns the session as a whole: its pace, its script, saving it, beginning another."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from pathlib import Path

from textual import work
from textual.screen import Screen

from socklab.i18n import _
from socklab.journal import Readable
from socklab.lab.words import LanguageError
from socklab.ui.actions import action
from socklab.ui.demo import BREATH, demo_script
from socklab.ui.engine import Engine, Result, Script
from socklab.ui.follower import Follower
from socklab.ui.panes.script import ScriptPane
from socklab.ui.screens.confirm import ConfirmScreen
from socklab.ui.screens.save import SaveScriptScreen

_NEXT_PACE = {"full": "slow", "slow": "step", "step": "full"}
_SAVE_AS = "session.lab"
_SHORTLY = 0.02  # seconds


class SessionScreen(Screen[None]):
    """Actions on the lab as a whole. Which panes there are is the business of who inherits."""

    def __init__(self, lab: Engine, follower: Follower | None = None) -> None:
        super().__init__()
        self.lab = lab
        self.follower = follower or Follower(lab)
        self._under_way: Future[Result] | None = None
        self._at_hand: tuple[str, Path | None] | None = None
        self._loaded_for: Readable | None = None

    def begun(self) -> None:
        """A script is at hand now; it should be seen."""
        raise NotImplementedError

    def action_go(self, name: str) -> None:
        """Go to a pane."""
        raise NotImplementedError

    def beat(self) -> None:
        """Something has happened that no event tells of."""
        raise NotImplementedError

    # Pace

    def action_pace(self) -> None:
        """To the next of the three paces."""
        pace = _NEXT_PACE[self.lab.pace.mode]
        self.lab.submit(f"pace {pace}", "form")
        self.notify(
            {
                "full": _("Full speed."),
                "slow": _("Slow: a breath before each call of a script or a form."),
                "step": _("Step by step: {key} lets the next call through.", key=_key("step")),
            }[pace],
            timeout=3,
        )

    def action_step(self) -> None:
        """Let the next call through."""
        if self.lab.pace.held is not None:
            self.lab.pace.step()
        elif self.lab.pace.mode != "step":
            self.notify(
                _("Nothing is held: {key} changes the pace to step by step.", key=_key("pace")),
                timeout=4,
            )

    def action_withdraw(self) -> None:
        """Take back the last line that waits."""
        queued = self.lab.queued
        if queued and self.lab.withdraw(queued[-1]):
            self.beat()
        else:
            self.notify(_("No line waits behind a blocked program."), timeout=3)

    # The script at hand

    @property
    def script_pane(self) -> ScriptPane:
        """Where the script is shown."""
        return self.query_one(ScriptPane)

    def load(self, text: str, base: Path | None = None) -> Script | None:
        """Put a script at hand; one with a mistake is shown with it."""
        self._at_hand = (text, base)
        self._loaded_for = self.lab.journal
        self.script_pane.show_script(text, self._read(text, base))
        self.begun()
        if self.script_pane.mistake is not None:
            self._tell_mistake()
        return self.script_pane.script

    def reload(self) -> None:
        """Another lab has begun: the script at hand is to run in it, from its first line on."""
        if self._at_hand is not None and self._loaded_for is not self.lab.journal:
            self._loaded_for = self.lab.journal
            self.script_pane.show_script(self._at_hand[0], self._read(*self._at_hand))

    def _read(self, text: str, base: Path | None) -> Script | LanguageError:
        try:
            return self.lab.script(text, base)
        except LanguageError as error:
            return error

    def action_script_line(self) -> None:
        """Run the next line."""
        script = self._ready()
        if script is not None:
            self._follow(script, self.lab.step(script))

    def action_script_run(self) -> None:
        """Run all lines that are left."""
        script = self._ready()
        if script is not None:
            self._follow(script, self.lab.run(script))

    def _tell_mistake(self) -> None:
        self.notify(
            str(self.script_pane.mistake),
            title=_("The script has a mistake"),
            severity="error",
        )

    def tell_there_is_no_script(self) -> None:
        """Say how one would be at hand."""
        self.notify(_("No script is at hand: start with `socklab FILE`."), timeout=4)

    def _ready(self) -> Script | None:
        script = self.script_pane.script
        if self.script_pane.mistake is not None:
            self._tell_mistake()
        elif script is None:
            self.tell_there_is_no_script()
        elif script.done:
            self.notify(_("The script has ended."), timeout=3)
        elif self._under_way is not None and not self._under_way.done():
            self.app.bell()
        else:
            return script
        return None

    @work(group="script")
    async def _follow(self, script: Script, running: Future[Result]) -> None:
        await self._watch(script, running)

    async def _watch(self, script: Script, running: Future[Result]) -> None:
        """Wait until the script, or its next line, has run; say so if that stopped it. One that had
        to make room for another lab or another script says nothing."""
        self._under_way = running
        result = await asyncio.shield(asyncio.wrap_future(running))
        self.beat()
        at_hand = script is self.script_pane.script and not script.cut
        if at_hand and result in ("failed", "senseless"):
            self.notify(script.failure or "", title=_("The script stopped"), severity="error")

    @work(group="session")
    async def action_demo(self) -> None:
        """Begin afresh and run the handshake, slowly; the ladder draws it."""
        if not await self._fresh(_("The demonstration begins a new lab."), _("Watch it")):
            return
        script = self.load(demo_script(self.lab.free_port(reusing=False)))
        if script is None:
            return
        self.action_go("ladder")
        self.lab.submit(f"pace slow {BREATH:g}", "form")
        running = self.lab.run(script)
        await self._watch(script, running)
        if self._under_way is running and self.lab.pace.mode == "slow":
            self.lab.submit("pace full", "form")

    # The network

    @work(group="session")
    async def action_network(self) -> None:
        """To private hosts, or back to this machine; after asking, if programs have to stop."""
        to = "machine" if self.lab.hosts else "private"
        programs = self.follower.table.programs
        running = [name for name, row in programs.items() if row.running and row.descriptors]
        if running:
            said = _(
                "The network can't change under open sockets.\n\nStop {programs} first?",
                programs=", ".join(running),
            )
            if not await self.app.push_screen_wait(ConfirmScreen(said, _("Stop and change"))):
                return
        for line in (*(f"{name}: stop" for name in running), f"network {to}"):
            ticket = self.lab.submit(line, "form")
            while ticket is not None and ticket.status in ("queued", "running"):
                await asyncio.sleep(_SHORTLY)
            if ticket is not None and ticket.why:
                self.notify(ticket.why, severity="error", timeout=8)
                return
        if to == "private":
            hosts = ", ".join(self.lab.hosts)
            said = _(
                "Private network: {hosts}. You are the wire: {key} shows it.",
                hosts=hosts,
                key=_key("pane-8"),
            )
            self.notify(said, timeout=5)
        self.beat()

    @work(group="session")
    async def action_arrange(self, what: str) -> None:
        """Ask for a host more, a program's place, a knob or a rule, in a dialog."""
        if not self.lab.hosts:
            self.notify(
                _("First bring the private network up: {key}.", key=_key("network")), timeout=4
            )
            return
        from socklab.ui.screens.network import NetworkDialog

        await self.app.push_screen_wait(NetworkDialog(what, self.lab, self.post_message))

    # Beginning and keeping

    @work(group="session")
    async def action_new(self) -> None:
        """Stop everything and begin a fresh journal."""
        await self._fresh(_("Begin a new lab?"), _("New lab"))

    async def _fresh(self, question: str, yes: str) -> bool:
        """Begin another lab, after asking if there is something to lose."""
        if len(self.lab.journal) == 0:
            return True
        what = _("What runs now is stopped.")
        if self.lab.hosts:
            what = _("What runs now is stopped, and the private network goes.")
        said = f"{question}\n\n{what} {_('What happened stays in its journal.')}"
        if not await self.app.push_screen_wait(ConfirmScreen(said, yes)):
            return False
        await asyncio.to_thread(self.lab.new)
        self.beat()
        return True

    @work(group="session")
    async def action_save(self) -> None:
        """Write the commands of this session as a script."""
        path = await self.app.push_screen_wait(SaveScriptScreen(self.lab.journal, _SAVE_AS))
        if path is not None:
            self.notify(_("Saved as {path}", path=path))

    @work(group="session")
    async def action_export(self) -> None:
        """Write the journal in another format."""
        from socklab.ui.screens.export import ExportScreen

        path = await self.app.push_screen_wait(ExportScreen(self.lab.journal))
        if path is not None:
            self.notify(_("Written to {path}", path=path))


def _key(id: str) -> str:
    return action(id).key
