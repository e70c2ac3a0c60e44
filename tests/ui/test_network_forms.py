"""The dialogs for the private network: by the Wire pane's keys, by a click and by the palette."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from textual.app import App
from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input, Static

from socklab.events import Command, Note
from socklab.lab.lab import Lab
from socklab.ui.app import SocklabApp
from socklab.ui.panes.form import Form
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.screens.confirm import ConfirmScreen
from socklab.ui.screens.network import NetworkDialog
from tests.network.test_private import private_network_or_skip
from tests.ui.panes import shown
from tests.ui.paper import NARROW, WIDE, PaperLab, conversation, lab_screen, started, text_of, until
from tests.ui.test_forms import choose, put
from tests.ui.wires import WireTold


class WiredLab(PaperLab):
    """Its private network is up."""

    def __init__(self) -> None:
        told = WireTold()
        told.up()
        super().__init__(told)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Two."""
        return ("client", "server")


def dialog(app: App[None]) -> NetworkDialog:
    assert isinstance(app.screen, NetworkDialog)
    return app.screen


async def opened(app: SocklabApp, pilot: Pilot[None], key: str) -> Form:
    """The dialog that this key of the Wire pane opens."""
    await started(app, pilot)
    await pilot.press("8", key)
    await until(pilot, lambda: isinstance(app.screen, NetworkDialog) and app.screen.focused)
    return dialog(app).query_one(Form)


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("a", "host host-3"),
        ("m", "place alice client"),
        ("k", "sysctl client syn_retries"),
        ("r", "wire next drop syn"),
    ],
)
async def test_the_defaults_make_a_command(size: tuple[int, int], key: str, line: str) -> None:
    lab = WiredLab()
    app = SocklabApp(lab)
    async with app.run_test(size=size) as pilot:
        form = await opened(app, pilot, key)
        await pilot.click(form.query_one("#do"))
        await until(pilot, lambda: lab.lines == [line])


async def test_it_goes_when_it_is_done_and_escape_asks_for_nothing() -> None:
    lab = WiredLab()
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, "a")
        await pilot.press(*"proxy", "enter")
        await until(pilot, lambda: not isinstance(app.screen, NetworkDialog))
        assert lab.lines == ["host proxy"]
        await opened(app, pilot, "a")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, NetworkDialog))
        assert lab.lines == ["host proxy"]


async def test_every_field_of_a_rule_is_in_its_command() -> None:
    app = SocklabApp(WiredLab())
    async with app.run_test(size=WIDE) as pilot:
        form = await opened(app, pilot, "r")
        for id, value in {"action": "delay", "kind": "data", "sender": "client"}.items():
            choose(form, id, value)
        put(form, "seconds", "200ms")
        put(form, "nth", "3")
        assert form.command() == "wire next delay=200ms data nth=3 from=client"
        await until(pilot, lambda: form.query_one("#seconds").region.width > 0)


@pytest.mark.parametrize(
    ("key", "id", "value", "said"),
    [
        ("a", "name", "Proxy!", "lower-case letters"),
        ("m", "program", "a b", "lower-case letters"),
        ("r", "nth", "0", "which one: from 1"),
    ],
)
async def test_what_is_wrong_is_said(key: str, id: str, value: str, said: str) -> None:
    lab = WiredLab()
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        form = await opened(app, pilot, key)
        put(form, id, value)
        await until(pilot, lambda: said in message(form))
        await pilot.click(form.query_one("#do"))
        await pilot.pause()
        assert lab.lines == []


def message(form: Form) -> str:
    return str(form.query_one(".message", Static).content)


async def test_without_a_private_network_there_is_nothing_to_ask_for() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("8", *"amkr")
        await pilot.pause()
        assert app.screen is lab_screen(app)


async def test_the_palette_has_them_and_the_wire_comes_to_the_screen() -> None:
    app = SocklabApp(WiredLab())
    async with app.run_test(size=NARROW) as pilot:
        await started(app, pilot)
        commands = {command.title: command for command in app.get_system_commands(app.screen)}
        assert {"Relay", "Private network", "Add a host", "Place a program"} <= commands.keys()
        assert {"Kernel knobs (sysctl)", "Rule for a frame", "Hold the wire"} <= commands.keys()
        assert "Capture on this machine" not in commands
        await pilot.press("ctrl+p", *"sysctl", "enter")
        await until(pilot, lambda: isinstance(app.screen, NetworkDialog))
        assert lab_screen(app).shown == "wire"


async def test_the_palette_holds_the_wire() -> None:
    lab = WiredLab()
    app = SocklabApp(lab)
    async with app.run_test(size=NARROW) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+p", *("space" if c == " " else c for c in "hold the wire"), "enter")
        await until(pilot, lambda: lab.lines == ["wire hold on"])
        assert lab_screen(app).shown == "wire"


@contextmanager
def private() -> Iterator[Lab]:
    private_network_or_skip().close()
    with Lab() as lab:
        ticket = lab.submit("network private", "console")
        assert ticket is not None
        yield lab


async def test_a_knob_is_read_and_set_and_what_it_cannot_be_is_said() -> None:
    with private() as lab:
        app = SocklabApp(lab)
        async with app.run_test(size=WIDE) as pilot:
            await until(pilot, lambda: lab.hosts)
            form = await opened(app, pilot, "k")
            outcome = dialog(app).query_one(".outcome", Static)
            await pilot.press("2", "enter")
            await until(pilot, lambda: "client: syn_retries = 2" in str(outcome.content))
            form.query_one("#value", Input).value = "many"
            await pilot.press("enter")
            await until(pilot, lambda: "Invalid argument" in message(form))
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is lab_screen(app))
        lines = [event.text for event in lab.journal if isinstance(event, Command)]
        assert lines[-1] == "sysctl client syn_retries many"


async def test_a_host_that_there_is_already_is_refused_in_place() -> None:
    with private() as lab:
        app = SocklabApp(lab)
        async with app.run_test(size=WIDE) as pilot:
            await until(pilot, lambda: lab.hosts)
            form = await opened(app, pilot, "a")
            await pilot.press(*"server", "enter")
            await until(pilot, lambda: "there is a host server already" in message(form))
            put(form, "name", "proxy")
            await pilot.press("enter")
            await until(pilot, lambda: app.screen is lab_screen(app))
            assert lab.hosts == ["client", "server", "proxy"]
        assert any("proxy 10.0.0.3" in e.text for e in lab.journal if isinstance(e, Note))


async def test_a_click_in_the_empty_pane_brings_the_network_up() -> None:
    lab = PaperLab()
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("8")
        lines = lab_screen(app).query_one("#wire-frames", VirtualLines)
        row = next(y for y, line in enumerate(shown(lines)) if "private network up" in line)
        await pilot.click(lines, offset=(10, row))
        await until(pilot, lambda: lab.lines == ["network private"])


async def test_the_empty_ladder_says_what_draws_real_segments() -> None:
    for lab, offered in ((PaperLab(), True), (WiredLab(), False)):
        app = SocklabApp(lab)
        async with app.run_test(size=WIDE) as pilot:
            await started(app, pilot)
            lines = lab_screen(app).query_one("#ladder-lines", VirtualLines)
            text = "\n".join(shown(lines))
            assert ("a private network: its real segments" in text) is offered


async def test_the_ladder_no_longer_offers_a_network_that_is_up() -> None:
    class Growing(PaperLab):
        grown = False

        @property
        def hosts(self) -> tuple[str, ...]:
            return ("client", "server") if self.grown else ()

    lab = Growing()
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        lines = lab_screen(app).query_one("#ladder-lines", VirtualLines)
        painted: list[bool] = []
        draw = lines.render_lines

        def listening(crop: Region) -> list[Strip]:
            strips = draw(crop)
            painted.append(any("a private network: its real" in strip.text for strip in strips))
            return strips

        lines.render_lines = listening  # type: ignore[method-assign]
        await pilot.pause()  # the first frames are over
        painted.clear()
        lab.grown = True
        await until(pilot, lambda: "tcp *" in text_of(app, "#server .message"))
        await until(pilot, lambda: painted)
        assert not painted[-1]


async def test_a_server_of_a_private_host_gets_a_port_that_the_lab_has_free() -> None:
    lab = WiredLab()
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("f2", "enter")
        await until(pilot, lambda: lab.lines)
        lab.told.connection()  # with a server at port 8080
        await until(pilot, lambda: lab_screen(app).follower.behind == 0)
        await pilot.press("f3", "f2", "enter")
        await until(pilot, lambda: len(lab.lines) == 2)
        # The command is what the form says, not a warning of others: nobody else is there.
        assert lab.lines[0] == "server: serve tcp * 8080 echo"
        assert lab.lines[1] == "server-2: serve tcp * 8081 echo"
        assert text_of(app, "#server .message").startswith("server-3: serve tcp * ")


async def test_a_client_has_time_for_a_wire_that_is_stepped_by_hand() -> None:
    lab = WiredLab()
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("f3", "enter")
        await until(pilot, lambda: lab.lines)
        assert lab.lines == ["client: client tcp server 8080 timeout=60 read=auto"]


@pytest.mark.parametrize(("lab", "goes"), [(WiredLab(), True), (PaperLab(conversation()), False)])
async def test_who_begins_a_new_lab_is_told_whether_the_network_goes(
    lab: PaperLab, goes: bool
) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        lab_screen(app).action_new()
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        said = " ".join(str(each.render()) for each in app.screen.query(Static))
        assert ("the private network goes" in said) is goes
        await pilot.press("escape")
