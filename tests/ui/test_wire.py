"""The Wire pane: what is on the wire, what can be done to it, and its frames."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from textual import on
from textual.pilot import Pilot
from textual.widgets import Input, Static

from socklab.events import Command, Fate, Level, Note
from socklab.journal import Excerpt
from socklab.lab.lab import Lab
from socklab.lab.refusal import Refusal
from socklab.lab.words import LanguageError
from socklab.ui.actions import action
from socklab.ui.asking import Asked
from socklab.ui.engine import Ticket
from socklab.ui.panes import wire, wire_list, wire_state
from socklab.ui.panes.chosen import EventPointed
from socklab.ui.panes.wire import WirePane
from socklab.ui.panes.wire_bar import Setting, WireBar
from socklab.ui.panes.wire_filter_bar import WireFilterBar
from socklab.ui.panes.wire_hex import HexLines
from socklab.ui.panes.wire_tree import TreeLines
from tests.model.frames.build import arp, ethernet, icmpv6, ipv4, ipv6, udp
from tests.ui.panes import PaneApp, Told, said, shown
from tests.ui.paper import until
from tests.ui.wires import (
    ACK,
    FIN_ACK,
    MS,
    PSH_ACK,
    SYN,
    SYN_ACK,
    WireTold,
    handshake,
    segment,
)
from tests.watching import events_of

WIDE, MIDDLE, NARROW = (119, 30), (71, 18), (79, 12)


class WireApp(PaneApp):
    """Keeps what was asked for, and where the cursor has been."""

    def __init__(self, pane: WirePane, acts: bool = True) -> None:
        super().__init__(pane)
        self.asked: list[str] = []
        self.pointed: list[int] = []
        self.acts = acts

    @on(Asked)
    def keep_asked(self, message: Asked) -> None:
        self.asked.append(message.line)
        message.asker.taken(message.line, None)

    @on(EventPointed)
    def keep_pointed(self, message: EventPointed) -> None:
        self.pointed.append(message.n)


def pane_of(told: Told) -> WirePane:
    return WirePane(told.journal, told.table)


def text_of(pane: WirePane, id: str) -> str:
    return str(pane.query_one(f"#{id}", Static).content)


async def drawn(pane: WirePane, pilot: Pilot[None]) -> str:
    """The wire's picture, after another frame of the screen."""
    pane.renew()
    await pilot.pause()
    return text_of(pane, "wire-view")


def linked(told: WireTold) -> WireTold:
    """The network is up, and a connection stands."""
    told.up()
    handshake(told)
    return told


# In a flood


async def test_what_is_on_the_wire_is_followed_between_two_frames(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "FRAME", 0.0)
    monkeypatch.setattr(wire_state, "STEP", 100)
    told = linked(WireTold())
    pane = pane_of(told)

    def flood(frames: int) -> None:
        for _frame in range(frames):
            told.passes(segment(PSH_ACK, b"x", seq=1001, ack=5001))

    async with WireApp(pane).run_test(size=MIDDLE) as pilot:
        pane.renew()
        flood(1000)
        pane.renew()
        behind = len(told.journal)
        assert pane.state.position < behind

        def caught_up() -> bool:
            flood(15)  # it goes on, and nothing else has the pane look
            return pane.state.position >= behind

        await until(pilot, caught_up)


# Without a wire


async def test_on_this_machine_it_says_how_to_get_a_wire() -> None:
    told = WireTold()
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        text = said(pane.lines)
        assert "private network" in text
        assert f"{action('network').key} " in text
        assert not pane.query_one("#wire-view").display


async def test_the_network_is_drawn_once_it_is_up() -> None:
    told = WireTold()
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=MIDDLE) as pilot:
        told.command("network private", why_not="the kernel forbids it")
        assert await drawn(pane, pilot) == ""
        told.up()
        picture = await drawn(pane, pilot)
        top, middle, bottom = picture.splitlines()
        assert {len(top), len(middle), len(bottom)} == {MIDDLE[0]}
        assert middle.startswith("│  client  ╞═══")
        assert middle.endswith("═══╡  server  │")
        assert "10.0.0.1" in bottom
        assert "10.0.0.2" in bottom
        assert "Nothing has crossed" in said(pane.lines)
        told.command("network machine", said="this machine's own network again")
        pane.renew()
        await pilot.pause()
        assert not pane.query_one("#wire-view").display


async def test_capture_is_offered_to_whom_it_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    for allowed in (True, False):
        monkeypatch.setattr(wire_list, "has_capability", lambda _number, may=allowed: may)
        told = WireTold()
        pane = pane_of(told)
        app = WireApp(pane)
        async with app.run_test(size=MIDDLE) as pilot:
            await drawn(pane, pilot)
            text = said(pane.lines)
            assert ("records the lab's frames on this machine" in text) is allowed
            assert f"{action('network').key} " in text
            assert f"{action('relay').key} " in text
            await pilot.press("c")  # who may not is told why
            assert app.asked == ["wire capture on"]


async def test_capturing_on_this_machine_says_so_and_can_be_stopped() -> None:
    told = WireTold()
    told.command("wire capture on", said="the lab's frames on loopback are recorded")
    pane = pane_of(told)
    app = WireApp(pane)
    async with app.run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        assert "Nothing has crossed yet" in said(pane.lines)
        told.frame(segment(SYN), "this machine", "this machine")
        told.fate(1)
        await drawn(pane, pilot)
        (line,) = filter(None, shown(pane.lines))
        assert "[SYN]" in line
        assert "machine" not in line
        assert not pane.query_one("#wire-view").display
        assert text_of(pane, "wire-keys") == "c stop capturing  / filter  f follow"
        await pilot.press("c", "h")  # there is no wire to be held
        assert app.asked == ["wire capture off"]


@pytest.mark.parametrize("level", ["warning", "error"])
async def test_a_capture_that_ended_or_never_began_is_not_said_to_run(level: Level) -> None:
    told = WireTold()
    n = told.command("wire capture on")
    told.journal.append(Note(t=told.now(), cause=n, level=level, text="too much, or not allowed"))
    pane = pane_of(told)
    app = WireApp(pane)
    async with app.run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        assert "A private network has two hosts" in said(pane.lines)
        await pilot.press("c")
        assert app.asked == ["wire capture on"]


async def test_what_cannot_be_captured_is_said() -> None:
    told = WireTold()
    pane = pane_of(told)
    app = WireApp(pane)
    async with app.run_test(size=MIDDLE, notifications=True) as pilot:
        await drawn(pane, pilot)
        ticket = Ticket(None, "form", None)  # type: ignore[arg-type]
        pane.taken("wire capture on", ticket)  # the engine gives it its number only later
        ticket.n = told.command("wire capture on", why_not="this user may not capture frames")
        await drawn(pane, pilot)
        await until(pilot, lambda: [note.message for note in app._notifications])
        assert [note.message for note in app._notifications] == ["this user may not capture frames"]


async def test_a_click_on_what_a_key_would_do_does_it() -> None:
    told = WireTold()
    told.up()
    pane = pane_of(told)
    app = WireApp(pane)
    async with app.run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        row = next(y for y, line in enumerate(shown(pane.lines)) if "holds every frame" in line)
        await pilot.click(pane.lines, offset=(5, row))
        await until(pilot, lambda: app.asked == ["wire hold on"])
        await pilot.click(pane.lines, offset=(5, 0))
        assert app.asked == ["wire hold on"]


async def test_of_the_keys_none_is_cut() -> None:
    told = linked(WireTold())
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=WIDE) as pilot:
        await drawn(pane, pilot)
        assert text_of(pane, "wire-keys").endswith("a host  k knobs  m place")
        await pilot.resize_terminal(60, 18)
        await until(pilot, lambda: text_of(pane, "wire-keys").endswith("/ filter  f follow"))


async def test_what_is_said_of_the_chosen_frame_has_the_line_to_itself() -> None:
    told = linked(WireTold())
    told.passes(segment(PSH_ACK, b"hello", seq=1001, ack=5001), verdict="dropped", why="loss")
    told.passes(segment(PSH_ACK, b"hello", seq=1001, ack=5001))
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=NARROW) as pilot:
        await drawn(pane, pilot)
        await until(pilot, lambda: "retransmitted" in said(pane.lines))
        await pilot.press("up")
        await drawn(pane, pilot)
        assert text_of(pane, "wire-words").startswith("5: retransmitted")


async def test_the_bar_forgets_what_the_wire_did_not_take() -> None:
    told = linked(WireTold())
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        await pilot.press("i", *"200%", "escape", "i")
        fields = {field.setting: field for field in pane.query(Setting)}
        assert fields["delay"].value == "0"


# What waits


async def test_held_frames_wait_on_the_wire_for_their_receiver() -> None:
    told = linked(WireTold())
    told.command("wire hold on")
    told.held(segment(PSH_ACK, b"hello", seq=1001, ack=5001))
    told.held(segment(ACK, back=True, seq=5001, ack=1006))
    told.held(segment(FIN_ACK, seq=1006, ack=5001))
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=MIDDLE) as pilot:
        above, wire, below = (await drawn(pane, pilot)).splitlines()
        assert above.rstrip("╭╮─ ").endswith("[6 FIN,ACK ▶] [4 5 B ▶]")
        assert "╡ ‖ hold ‖ ╞" in wire
        assert below.split("╯")[1].startswith(" [◀ 5 ACK] ")
        assert text_of(pane, "wire-words").startswith("3 held")
        told.fate(4, why="by hand", delay=1000 * MS)
        assert "[4 5 B ▶]" not in await drawn(pane, pilot)
        assert shown(pane.lines)[3].endswith("✓ 1.00 s")


async def test_keys_ask_for_what_is_done_to_the_chosen_frame() -> None:
    told = linked(WireTold())
    told.command("wire hold on")
    for data in (b"a", b"b", b"c"):
        told.held(segment(PSH_ACK, data, seq=1001, ack=5001))
    pane = pane_of(told)
    app = WireApp(pane)
    async with app.run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        await pilot.press("space", "n", "d", "x", "N", "u", "n", "w", "h")
        assert app.asked == [
            "wire step",
            "wire deliver 5",  # the next one is chosen then
            "wire drop 6",  # and after the last the first
            "wire duplicate 6",
            "wire swap 5 6",
            "wire hold off",
        ]


async def test_the_cursor_chooses_a_held_frame_and_a_click_does() -> None:
    told = linked(WireTold())
    for data in (b"a", b"b"):
        told.held(segment(PSH_ACK, data, seq=1001, ack=5001))
    pane = pane_of(told)
    app = WireApp(pane)
    async with app.run_test(size=MIDDLE) as pilot:
        above = (await drawn(pane, pilot)).splitlines()[0]
        assert shown(pane.lines)[3].startswith("▸")
        await pilot.press("up", "x")
        assert app.asked == ["wire drop 5"]
        assert len(app.pointed) == 1
        await pilot.click("#wire-view", offset=(above.index("[4 1 B") + 3, 0))
        await pilot.press("x")
        assert app.asked[-1] == "wire drop 4"


async def test_the_keys_below_the_wire_can_be_clicked() -> None:
    told = linked(WireTold())
    pane = pane_of(told)
    app = WireApp(pane)
    async with app.run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        keys = text_of(pane, "wire-keys")
        assert keys == "h hold all  i impair  r rule  p unplug  / filter  f follow  a host"
        await pilot.click("#wire-keys", offset=(keys.index("unplug") + 1, 0))
        assert app.asked == ["wire unplug server"]
        told.held(segment(SYN))
        await drawn(pane, pilot)
        assert text_of(pane, "wire-keys").startswith("Space step  d deliver  x drop  u duplicate")


async def test_with_nothing_held_it_says_so() -> None:
    told = linked(WireTold())
    pane = pane_of(told)
    app = WireApp(pane)
    async with app.run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        for key in ("space", "d", "x", "u", "w", "n"):
            await pilot.press(key)
            assert text_of(pane, "wire-words").startswith("✗ no frame is held")
        assert app.asked == []
        told.held(segment(SYN))
        await drawn(pane, pilot)
        await pilot.press("w")
        assert "no frame waits behind 4" in text_of(pane, "wire-words")


async def test_five_hundred_held_frames() -> None:
    told = linked(WireTold())
    for number in range(500):
        told.held(segment(PSH_ACK, b"x", seq=1001 + number, ack=5001))
    pane = pane_of(told)
    app = WireApp(pane)
    async with app.run_test(size=MIDDLE) as pilot:
        picture = await drawn(pane, pilot)
        drawn_of_them = picture.count("▶]")
        assert drawn_of_them >= 2
        assert f"+{500 - drawn_of_them} more" in picture
        assert text_of(pane, "wire-words").startswith("500 held")
        await pilot.press("end")
        pane.lines.point_to(400)
        await pilot.pause()
        assert f"[{401} 1 B ▶]" in text_of(pane, "wire-view")


async def test_swapped_frames_change_places_and_released_ones_go() -> None:
    told = linked(WireTold())
    for data in (b"a", b"bb"):
        told.held(segment(PSH_ACK, data, seq=1001, ack=5001))
    told.command("wire swap 4 5")
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=MIDDLE) as pilot:
        assert "[4 1 B ▶] [5 2 B ▶]" in await drawn(pane, pilot)


# What crosses


async def test_frames_are_seen_to_cross() -> None:
    told = linked(WireTold())
    told.command("wire set client>server delay=2")
    under_way = told.frame(segment(PSH_ACK, b"hello", seq=1001, ack=5001))
    lost = told.passes(segment(ACK, seq=1006, ack=5001), verdict="dropped", why="loss")
    now = told.now()
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=MIDDLE) as pilot:
        places = []
        for later in (600, 850, 1100):
            told.time = now + later * MS
            wire = (await drawn(pane, pilot)).splitlines()[1]
            places.append(wire.index(f"{under_way} 5 B▶"))
        assert places == sorted(set(places))
        assert f"✗{lost} ACK▶" in wire
        assert "under way" in said(pane.lines)
        assert "1 under way" in text_of(pane, "wire-words")
        told.time = now + 3600_000 * MS
        wire = (await drawn(pane, pilot)).splitlines()[1]
        assert f"{under_way} 5 B▶" in wire
        assert "✗" not in wire


async def test_too_many_frames_to_draw_are_counted() -> None:
    told = linked(WireTold())
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        for _number in range(450):
            told.passes(segment(ACK, seq=1001, ack=5001))
        assert "frames/s" in (await drawn(pane, pilot)).splitlines()[1]


# How it is set


async def test_settings_are_said_in_words() -> None:
    told = linked(WireTold())
    told.command("wire set client>server delay=100ms jitter=20ms loss=10%")
    told.command("wire set rate=1M")
    told.command("wire set loss=50%", why_not="not now")
    told.command("wire set mtu=600")
    told.command("wire unplug server")
    rule = told.command("wire next drop syn nth=2 from=client")
    told.command("wire next hold data", why_not="no")
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=(160, 30)) as pilot:
        picture = await drawn(pane, pilot)
        words = text_of(pane, "wire-words")
        assert "▶ delay 100 ms ± 20 ms · loss 10% · 1 Mbit/s" in words
        assert "◀ 1 Mbit/s" in words
        assert "MTU 600" in words
        assert "server is unplugged" in words
        assert "next: drop syn nth=2 from=client" in words
        assert "hold data" not in words
        assert "╳   │" in picture
        told.command("wire plug")
        told.passes(segment(SYN), verdict="dropped", why="rule", cause=rule)
        picture = await drawn(pane, pilot)
        assert "╳" not in picture
        assert "next" not in text_of(pane, "wire-words")


async def test_what_is_refused_is_said_below_the_wire() -> None:
    told = linked(WireTold())
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        n = told.command("wire step", why_not="no frame is held [red]\x1b[31m")
        pane.taken("wire step", Ticket(None, "form", None, n=n))  # type: ignore[arg-type]
        await drawn(pane, pilot)
        assert text_of(pane, "wire-words") == r"✗ no frame is held [red]\x1b[31m"
        await pilot.press("h")
        await drawn(pane, pilot)
        assert "✗" not in text_of(pane, "wire-words")


async def test_the_bar_sets_the_wire_step_by_step() -> None:
    told = linked(WireTold())
    told.command("wire set loss=5%")
    told.command("wire set client>server delay=70ms")
    pane = pane_of(told)
    app = WireApp(pane)
    async with app.run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        await pilot.press("i")
        fields = {field.setting: field for field in pane.query(Setting)}
        assert fields["loss"].value == "5%"
        assert fields["delay"].value == ""  # not the same in both directions
        assert fields["rate"].value == "off"
        assert fields["mtu"].value == "1500"
        fields["loss"].focus()
        await pilot.press("up")
        assert app.asked == ["wire set loss=10%"]
        told.command("wire set loss=10%")
        await drawn(pane, pilot)
        await pilot.press("down", "down")
        assert app.asked[1:] == ["wire set loss=5%", "wire set loss=1%"]
        fields["corrupt"].focus()
        fields["corrupt"].value = "3%"
        await pilot.press("enter")
        assert app.asked[-1] == "wire set corrupt=3%"
        await pilot.press("escape")
        assert not pane.query_one(WireBar).is_open
        assert app.focused is pane.lines


async def test_the_bar_sets_one_direction() -> None:
    told = linked(WireTold())
    told.command("wire set client>server delay=70ms")
    pane = pane_of(told)
    app = WireApp(pane)
    async with app.run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        await pilot.press("i")
        pane.query_one("#wire-direction").value = "client>server"  # type: ignore[attr-defined]
        await pilot.pause()
        delay = pane.query_one("#wire-delay", Setting)
        assert delay.value == "70ms"
        await pilot.press("up")
        assert app.asked == ["wire set client>server delay=100ms"]


# The list


async def test_each_frame_is_a_line_with_its_verdict() -> None:
    told = linked(WireTold())
    told.passes(ethernet(arp(), 0x0806), verdict="dropped", why="by hand")
    copied = told.passes(ethernet(ipv4(udp(b"hi", target_port=53), 17)), verdict="duplicated")
    told.passes(segment(ACK), verdict="corrupted", data=segment(ACK)[:-1] + b"\xff")
    told.passes(segment(ACK), delay=120 * MS)
    told.frame(segment(FIN_ACK))
    told.held(segment(FIN_ACK))
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=WIDE) as pilot:
        await drawn(pane, pilot)
        lines = [line for line in shown(pane.lines) if line]
        assert "client → server TCP    41822 → 80 [SYN] seq=0 win=65495" in lines[0]
        assert lines[0].endswith(" ✓ delivered")
        assert "server → client TCP    80 → 41822 [SYN,ACK] seq=0 ack=1" in lines[1]
        assert "ARP    who has 10.0.0.2? Tell 10.0.0.1" in lines[3]
        assert lines[3].endswith(" ✗ dropped (by hand)")
        assert f" {copied} " in lines[4]
        assert "UDP " in lines[4]
        assert lines[4].endswith(" ⧉ duplicated")
        assert lines[5].endswith(" ≈ corrupted")
        assert lines[6].endswith(" ✓ delivered after 120 ms")
        assert lines[7].endswith(" under way")
        assert lines[8].endswith(" ‖ held")


async def test_a_retransmission_says_why() -> None:
    told = linked(WireTold())
    lost = told.passes(segment(PSH_ACK, b"hi", seq=1001, ack=5001), verdict="dropped", why="rule")
    again = told.passes(segment(PSH_ACK, b"hi", seq=1001, ack=5001))
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=WIDE) as pilot:
        await drawn(pane, pilot)
        line = next(line for line in shown(pane.lines) if f" {again} " in line)
        assert "retransmi" in line
        assert f"dropped frame {lost}" in line
        await typed(pane, pilot, "tcp.analysis.retransmission")
        await until(pilot, lambda: len(pane.lines.source) == 1)
        assert f" {again} " in shown(pane.lines)[0]


async def typed(pane: WirePane, pilot: Pilot[None], text: str) -> None:
    """Type a filter."""
    await pilot.press("slash")
    pane.query_one(WireFilterBar).query_one(Input).value = text
    await pilot.pause()


async def test_a_filter_is_applied_as_it_is_typed() -> None:
    told = linked(WireTold())
    told.passes(ethernet(arp(), 0x0806))
    pane = pane_of(told)
    app = WireApp(pane)
    async with app.run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        await typed(pane, pilot, "tcp.flags.syn == 1")
        assert len(pane.lines.source) == 2
        assert "2 of 4" in str(pane.query_one("#wire-filter .status", Static).content)
        told.passes(segment(SYN, port=5))
        told.passes(segment(ACK, port=5))
        pane.renew()
        assert len(pane.lines.source) == 3
        await typed(pane, pilot, "tcp.flags.sin == 1")
        problem = str(pane.query_one("#wire-filter .problem", Static).content)
        assert "did you mean 'tcp.flags.syn'" in problem
        assert len(pane.lines.source) == 3  # the last that made sense
        await typed(pane, pilot, "udp")
        assert "No frame matches the filter." in said(pane.lines)
        await pilot.press("enter")
        assert app.focused is pane.lines
        await pilot.press("escape")
        assert len(pane.lines.source) == 6
        assert not app.went_home
        await pilot.press("escape")
        assert app.went_home


async def test_a_mistake_in_a_filter_is_told_whole() -> None:
    pane = pane_of(linked(WireTold()))
    async with WireApp(pane).run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        await typed(pane, pilot, "tcp.flags.syn == 1 and")
        await until(pilot, lambda: pane.query_one(".problem", Static).region.height)
        problem = pane.query_one(".problem", Static)
        rows = [problem.render_line(y).text for y in range(problem.region.height)]
        assert " ".join(" ".join(rows).split()).endswith("ends here")


async def test_a_mistake_in_a_filter_is_pointed_at_and_stays_to_be_mended() -> None:
    pane = pane_of(linked(WireTold()))
    app = WireApp(pane)
    async with app.run_test(size=NARROW) as pilot:
        await drawn(pane, pilot)
        await typed(pane, pilot, "tcp.flags.syn == 1 && foo")
        problem, bar = pane.query_one(".problem", Static), pane.query_one(WireFilterBar)
        await until(pilot, lambda: problem.region.height)
        caret = problem.region.x + problem.render_line(0).text.index("^")
        assert caret == bar.entry.region.x + len("tcp.flags.syn == 1 && ")
        await pilot.press("enter")
        await pilot.pause()
        assert app.focused is bar.entry
        assert bar.entry.value.endswith("foo")


async def test_times_count_from_the_first_event_with_a_filter_and_without() -> None:
    told = WireTold()
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        told.up()
        handshake(told)
        await drawn(pane, pilot)
        await until(pilot, lambda: len(pane.lines.source) == 3)
        first = shown(pane.lines)[0]
        assert " 0.002 client" in first
        await typed(pane, pilot, "tcp")
        assert shown(pane.lines)[0] == first


async def test_what_was_sent_again_is_named_before_why() -> None:
    told = WireTold()
    told.up()
    for data in (segment(SYN), segment(SYN), segment(PSH_ACK, b"hello", seq=1001)):
        told.held(data)
    told.held(segment(PSH_ACK, b"hello", seq=1001))
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        await until(pilot, lambda: "because frame 3" in said(pane.lines))
        lines = [" ".join(line.split()) for line in shown(pane.lines)]
        assert "client ▶ SYN retransmitted because frame 1" in lines[1]
        assert "client ▶ 5 B retransmitted because frame 3" in lines[3]


async def test_follow_lists_one_connection() -> None:
    told = linked(WireTold())
    for port in (7, 41822, 7):
        told.passes(segment(SYN, port=port))
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        await pilot.press("end", "f")
        assert len(pane.lines.source) == 2
        shown_filter = pane.query_one("#wire-filter Input", Input).value
        assert shown_filter == "tcp port 7 and tcp port 80 and host 10.0.0.1 and host 10.0.0.2"
        await pilot.press("f")
        assert len(pane.lines.source) == 6


async def test_the_chosen_sockets_connection_is_followed() -> None:
    told = linked(WireTold())
    there, here = ("10.0.0.2", 80), ("10.0.0.1", 41822)
    for sock, port in ((1, 41822), (2, 7)):
        local = (here[0], port)
        told.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=sock, fd=sock + 2)
        told.call("client", "connect", there, sock=sock, fd=sock + 2, local=local, remote=there)
    told.passes(segment(SYN, port=7))
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        pane.show(2)
        assert len(pane.lines.source) == 4  # nobody has asked to follow
        await pilot.press("right")
        assert len(pane.lines.source) == 3
        await pilot.press("right")
        assert len(pane.lines.source) == 1
        await pilot.press("left")
        assert len(pane.lines.source) == 3
        pane.show(2)
        assert len(pane.lines.source) == 1


# One frame


async def test_a_frame_is_taken_apart_in_the_place_of_the_list() -> None:
    told = linked(WireTold())
    pane = pane_of(told)
    app = WireApp(pane)
    async with app.run_test(size=NARROW) as pilot:
        await drawn(pane, pilot)
        await pilot.press("home", "enter")
        await until(pilot, lambda: app.focused is pane.details.fields)
        assert not pane.lines.display
        assert pane.details.border_title is not None
        assert "Frame 1" in str(pane.details.border_title)
        text = said(pane.details.fields)
        assert "Source port: 41822" in text
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is pane.lines)
        assert pane.lines.display
        assert not app.went_home


async def test_a_click_points_at_a_frame_and_another_takes_it_apart() -> None:
    told = linked(WireTold())
    pane = pane_of(told)
    app = WireApp(pane)
    async with app.run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        await pilot.click("#wire-frames", offset=(20, 1))
        assert pane.lines.cursor == 1
        assert app.pointed == [pane.journal.read(0, 99)[4].n]
        assert not pane.details.display
        await pilot.click("#wire-frames", offset=(20, 1))
        await until(pilot, lambda: app.focused is pane.details.fields)
        assert "Frame 2" in str(pane.details.border_title)


async def test_a_field_lights_up_its_bytes_and_a_byte_its_field() -> None:
    told = linked(WireTold())
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=WIDE) as pilot:
        await drawn(pane, pilot)
        await pilot.press("home", "enter")
        await pilot.pause()
        lines = pane.details.fields.source
        assert isinstance(lines, TreeLines)
        await pilot.press("down", "down")
        dump = pane.details.dump.source
        assert isinstance(dump, HexLines)
        assert list(dump.lit) == [36, 37]
        assert "tcp.dstport · bytes 36–37" in text_of(pane, "wire-meaning")
        # The flags' byte, in the third row: 0x2f.
        await pilot.click("#wire-hex", offset=(6 + 15 * 3 + 1, 2))
        index = pane.details.fields.cursor
        assert index is not None
        node = lines.node(index)
        assert node.name.startswith("tcp.flags")
        assert 47 in dump.lit
        # The text beside it: the first byte of the addresses.
        await pilot.click("#wire-hex", offset=(6 + 50 + 10, 1))
        index = pane.details.fields.cursor
        assert index is not None
        assert lines.node(index).name == "ip.src"


async def test_branches_open_and_close_and_stay_so() -> None:
    told = linked(WireTold())
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=WIDE) as pilot:
        await drawn(pane, pilot)
        await pilot.press("home", "enter")
        await pilot.pause()
        fields = pane.details.fields
        assert "▸ IPv4" in said(fields)
        await pilot.press("left")
        assert "▸ TCP" in said(fields)
        await pilot.press("up", "right")
        assert "▾ IPv4" in said(fields)
        assert "Total length: 40 bytes" in said(fields)
        pane.lines.focus()
        await pilot.press("down")
        await until(pilot, lambda: "Frame 2" in str(pane.details.border_title))
        assert "Total length: 40 bytes" in said(fields)


async def test_a_corrupted_frame_shows_what_arrived() -> None:
    told = linked(WireTold())
    sent = segment(PSH_ACK, b"hello", seq=1001, ack=5001)
    told.passes(sent, verdict="corrupted", data=sent[:-1] + b"\xef")
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=WIDE) as pilot:
        await drawn(pane, pilot)
        await pilot.press("up", "enter", "home", "right")
        assert f"byte {len(sent) - 1} arrived as ef, not 6f" in said(pane.details.fields)


async def test_foreign_bytes_do_nothing() -> None:
    told = WireTold()
    told.up()
    told.frame(segment(PSH_ACK, b"[bold red]\x1b[31m\x07"), sender="[b]x\x1b", receiver="server")
    told.frame(b"\x1b[2J", sender="client", receiver="[/]")
    told.frame(b"", sender="client", receiver="server")
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=WIDE) as pilot:
        await drawn(pane, pilot)
        for _number in range(3):
            await pilot.press("enter")
            await pilot.pause()
            texts = [said(pane.lines), said(pane.details.fields), said(pane.details.dump)]
            texts += [text_of(pane, "wire-view").replace("\n", ""), text_of(pane, "wire-meaning")]
            for text in texts:
                assert all(line.isprintable() for line in text.splitlines())
            await pilot.press("escape", "up")


# Other moments


async def test_a_recording_is_shown_as_it_was_and_nothing_acts() -> None:
    told = linked(WireTold())
    told.command("wire hold on")
    told.held(segment(SYN, port=9))
    before = len(told.journal)
    told.fate(4, why="by hand")
    told.command("wire hold off")
    pane = pane_of(told)
    app = WireApp(pane)
    app_check = app.check_action

    async with app.run_test(size=MIDDLE) as pilot:
        screen = app.screen
        screen.check_action = (  # type: ignore[method-assign]
            lambda action, parameters: action != "network" and app_check(action, parameters)
        )
        pane.show_journal(Excerpt(told.journal, before))
        picture = await drawn(pane, pilot)
        assert "[4 SYN ▶]" in picture
        assert "hold" in picture
        await pilot.press("space", "d", "x", "h", "p", "i")
        assert app.asked == []
        assert text_of(pane, "wire-keys").startswith("/ filter")
        pane.show_journal(Excerpt(told.journal, len(told.journal)))
        assert "[4 SYN ▶]" not in await drawn(pane, pilot)
        assert "hold" not in text_of(pane, "wire-view")


async def test_another_journal_begins_anew() -> None:
    told = linked(WireTold())
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=MIDDLE) as pilot:
        await drawn(pane, pilot)
        await typed(pane, pilot, "syn")
        pane.show_journal(WireTold().journal)
        await drawn(pane, pilot)
        assert not pane.query_one("#wire-view").display
        assert not pane.query_one(WireFilterBar).display
        assert "private network" in said(pane.lines)


async def test_numbers_begin_anew_with_another_network() -> None:
    told = linked(WireTold())
    told.held(segment(SYN))
    told.command("network machine", said="this machine's own network again")
    told.up()
    told.frames = 0
    told.passes(segment(SYN, port=3))
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=MIDDLE) as pilot:
        picture = await drawn(pane, pilot)
        assert "[" not in picture
        lines = [line for line in shown(pane.lines) if line]
        assert lines[3].endswith("‖ held")
        assert lines[4].endswith("✓")


# On a real wire


class LabApp(WireApp):
    """A pane beside a lab: what is asked for is carried out, what happens is shown."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(WirePane(lab.journal, Told().table))
        self.lab = lab

    @property
    def pane(self) -> WirePane:
        return self.query_one(WirePane)

    def on_mount(self) -> None:
        self.set_interval(0.02, self.pane.renew)

    @on(Asked)
    def carry_out(self, message: Asked) -> None:
        try:
            ticket = self.lab.submit(message.line, message.origin)
        except (LanguageError, Refusal) as error:
            message.asker.refused(message.line, str(error), None)
        else:
            message.asker.taken(message.line, ticket)


def newest(pane: WirePane, text: str) -> int:
    """The line of the newest frame of which that is said."""
    lines, source = pane.lines, pane.lines.source
    said_of_each = ["".join(t for t, _s in source.parts(at, 119)) for at in range(len(source))]
    assert lines.source is source
    return max(at for at, line in enumerate(said_of_each) if text in line)


def dropped_by_hand(lab: Lab) -> int:
    """The frame's id."""
    return events_of(lab, Fate, verdict="dropped")[0].id


async def test_a_syn_is_held_dropped_and_stepped_by_hand() -> None:
    with Lab() as lab:
        app = LabApp(lab)
        async with app.run_test(size=MIDDLE) as pilot:
            pane = app.pane

            async def sees(what: Callable[[], bool]) -> None:
                await until(pilot, what)

            def on_wire(text: str) -> Callable[[], bool]:
                return lambda: text in text_of(pane, "wire-view")

            # ARP first, so that only the handshake is left to be held.
            lab.submit("network private", "console")
            lab.submit("server: serve tcp * 80 echo", "console")
            lab.submit("client: client tcp server 80", "console")
            await sees(lambda: "[SYN,ACK]" in said(pane.lines))
            await pilot.press("h")
            await sees(on_wire("hold"))
            lab.submit("other: client tcp server 80", "console")
            await sees(on_wire("SYN ▶]"))
            pane.lines.point_to(newest(pane, "[SYN]"))
            await pilot.press("x")
            await sees(lambda: "dropped (by hand)" in said(pane.lines))
            await sees(on_wire("SYN ▶]"))  # the kernel sends it again, after a second
            assert "your rule" not in said(pane.lines)
            assert "retransmitted because you dropped f" in said(pane.lines)
            while "SYN,ACK]" not in text_of(pane, "wire-view"):
                await pilot.press("space")  # other frames may wait before it
                await pilot.pause(0.05)
            await pilot.press("h")
            await sees(lambda: "held" not in text_of(pane, "wire-words"))
            assert [event.text for event in events_of(lab, Command, origin="form")][:2] == [
                "wire hold on",
                f"wire drop {dropped_by_hand(lab)}",
            ]
            await asyncio.to_thread(lab.new)


@pytest.mark.parametrize("size", [WIDE, MIDDLE, NARROW])
async def test_it_fits(size: tuple[int, int]) -> None:
    told = linked(WireTold())
    told.held(segment(SYN_ACK, back=True))
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=size) as pilot:
        picture = await drawn(pane, pilot)
        assert {len(line) for line in picture.splitlines()} == {size[0]}
        assert pane.lines.size.height >= 4
        await pilot.press("enter")
        await pilot.pause()
        assert pane.details.fields.size.height >= 4
        assert pane.details.dump.size.width >= 39


async def test_what_is_said_of_frames_stands_in_one_column() -> None:
    told = linked(WireTold())
    asked = told.frame(ethernet(ipv6(icmpv6(128, 0, bytes(4)), 58)))
    told.fate(asked)
    pane = pane_of(told)
    async with WireApp(pane).run_test(size=NARROW) as pilot:
        await drawn(pane, pilot)
        lines = list(filter(None, shown(pane.lines)))
        echo = next(line for line in lines if "ICMP" in line)
        syn = next(line for line in lines if "[SYN]" in line)
        kind = syn.index("TCP")
        assert (echo[kind:][:4], syn[kind:][:4]) == ("ICMP", "TCP ")
        assert echo[kind + 4] == " " != echo[kind + 5]
