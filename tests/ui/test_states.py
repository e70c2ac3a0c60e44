"""The States pane: the diagram, the steps, and who must act."""

from __future__ import annotations

from typing import Any

import pytest
from textual import on
from textual.widgets import Static

from socklab.events import Gauge, State, Wait
from socklab.journal import Excerpt, Journal
from socklab.model.sockets import SocketTable
from socklab.model.state_forms import FORMS, LARGE, MEDIUM, SMALL
from socklab.model.step_words import cause_text
from socklab.model.walks import KEEP, Walk
from socklab.ui.panes import states as states_module
from socklab.ui.panes.chosen import EventPointed
from socklab.ui.panes.states import StatesPane
from socklab.ui.panes.states_lines import StepReader, draw_step
from socklab.ui.panes.states_view import DiagramView, arrangement
from tests.ui.panes import HERE, NOON, THERE, PaneApp, Told, said, shown
from tests.ui.paper import until

WIDE, USUAL, NARROW = (120, 36), (71, 18), (80, 12)
SECOND = 1_000_000_000


class Life(Told):
    """A connection's story with its states. `clock` is the journal's time."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = NOON
        self.journal.now = lambda: self.clock  # type: ignore[method-assign]

    def state(self, sock: int, old: str, new: str, **fields: Any) -> int:
        program = {1: "server", 2: "client", 3: "server"}[sock]
        known: dict[str, Any] = {"t": self.now(), "source": "kernel", "program": program}
        return self.journal.append(State(sock=sock, old=old, new=new, **(known | fields)))

    def opened(self, *, accepted: bool = True) -> None:
        """Both ends are ESTABLISHED."""
        self.connection()
        self.state(1, "CLOSE", "LISTEN", fd=3, cause=2)
        self.state(2, "CLOSE", "SYN_SENT", fd=3, cause=4, source="call")
        self.state(2, "SYN_SENT", "ESTABLISHED", fd=3, cause=4)
        self.state(3, "LISTEN", "SYN_RECV", source="call", program=None, local=HERE, remote=THERE)
        self.state(3, "SYN_RECV", "ESTABLISHED", program=None)
        if accepted:
            self.accept()

    def half_closed(self) -> None:
        """The client has closed, the server hasn't."""
        n = self.call("client", "close", sock=2, fd=3)
        self.state(2, "ESTABLISHED", "FIN_WAIT1", source="call", cause=n)
        self.state(2, "FIN_WAIT1", "FIN_WAIT2", expires=NOON + 60 * SECOND)
        self.state(3, "ESTABLISHED", "CLOSE_WAIT", fd=4)

    def over(self) -> None:
        """The server has closed too."""
        n = self.call("server", "close", sock=3, fd=4)
        self.state(3, "CLOSE_WAIT", "LAST_ACK", source="call", cause=n)
        self.state(2, "FIN_WAIT2", "TIME_WAIT", expires=NOON + 42 * SECOND)
        self.state(3, "LAST_ACK", "CLOSE")


class StatesApp(PaneApp):
    """Keeps what was pointed at as well."""

    def __init__(self, pane: StatesPane) -> None:
        super().__init__(pane)
        self.pointed: list[int] = []

    @on(EventPointed)
    def keep_pointed(self, message: EventPointed) -> None:
        self.pointed.append(message.n)


def pane_of(life: Told) -> StatesPane:
    return StatesPane(life.journal, life.table)


def text_of(pane: StatesPane, id: str) -> str:
    return str(pane.query_one(id, Static).content)


def drawn(pane: StatesPane) -> str:
    """The diagram as it is on the screen, "" where it isn't."""
    view = pane.query_one(DiagramView)
    return str(view.content) if view.display else ""


async def test_a_connection_with_both_ends() -> None:
    life = Life()
    life.opened()
    life.half_closed()
    pane = pane_of(life)
    async with StatesApp(pane).run_test(size=WIDE) as pilot:
        pane.show(2)
        await pilot.pause()
        head, duty = text_of(pane, "#states-head"), text_of(pane, "#states-duty")
        steps, diagram = shown(pane.lines), drawn(pane)
    assert head == "● client 3 127.0.0.1:41822  ⇄  ◆ server 4 127.0.0.1:8080"
    assert duty.splitlines() == [
        "▶ server must close(4): it holds the connection in CLOSE_WAIT",
        "… client waits for the FIN of server, 60 s at most: it has closed",
    ]
    assert [line.split()[:2] for line in steps[:7]] == [
        ["○1", "SYN_SENT"],
        ["●2", "ESTABLISHED"],
        ["◇1", "SYN_RECV"],
        ["◆2", "ESTABLISHED"],
        ["○3", "FIN_WAIT1"],
        ["●4", "FIN_WAIT2"],
        ["◆3", "CLOSE_WAIT"],
    ]
    assert "connect(3)" in steps[0]
    assert "inferred" in steps[0]
    assert "rcv SYN,ACK" in steps[1]
    assert "inferred" not in steps[1]
    for sign in ("○1", "●2", "◇1", "◆2", "●4", "◆3", "●FIN_WAIT2", "CLOSE_WAIT◆"):
        assert sign in diagram


async def test_it_is_the_same_from_either_end() -> None:
    life = Life()
    life.opened()
    pane = pane_of(life)
    async with StatesApp(pane).run_test(size=USUAL):
        pane.show(2)
        from_client = said(pane.lines), drawn(pane)
        pane.show(1)
        assert said(pane.lines) != from_client[0]
        pane.show(3)
        assert (said(pane.lines), drawn(pane)) == from_client


async def test_it_follows_what_happens() -> None:
    life = Life()
    life.opened(accepted=False)
    pane = pane_of(life)
    async with StatesApp(pane).run_test(size=USUAL) as pilot:
        pane.show(2)
        assert text_of(pane, "#states-duty").startswith("▶ server must accept()")
        assert "waits to be accepted" in text_of(pane, "#states-head")
        life.accept()
        life.half_closed()
        pane.renew()
        await pilot.pause()
        assert "◆3 CLOSE_WAIT" in said(pane.lines)
        assert "server 4" in text_of(pane, "#states-head")
        life.over()
        pane.renew()
        await pilot.pause()
        assert "◆5 CLOSE" in said(pane.lines)
        assert "ACK of FIN" in shown(pane.lines)[9]
        assert "● TIME_WAIT" in drawn(pane)


async def test_time_wait_counts_down_without_any_event() -> None:
    life = Life()
    life.opened()
    life.half_closed()
    life.over()
    pane = pane_of(life)
    async with StatesApp(pane).run_test(size=WIDE):
        pane.show(2)
        assert "TIME_WAIT ends in 42 s" in text_of(pane, "#states-duty")
        life.clock += 10 * SECOND
        pane.renew()
        assert "TIME_WAIT ends in 32 s" in text_of(pane, "#states-duty")


async def test_who_is_gone_is_still_shown() -> None:
    life = Life()
    life.opened()
    life.half_closed()
    life.over()
    pane = pane_of(life)
    assert 3 not in life.table().sockets
    async with StatesApp(pane).run_test(size=WIDE):
        for sock in (2, 3):
            pane.show(sock)
            assert text_of(pane, "#states-head").startswith("● client 3")
            assert "◆5 CLOSE" in said(pane.lines)


async def test_a_socket_of_which_only_its_steps_are_left() -> None:
    life = Life()
    life.state(2, "CLOSE", "SYN_SENT", fd=3)
    life.state(2, "SYN_SENT", "CLOSE", fd=3)
    pane = StatesPane(life.journal, SocketTable)
    async with StatesApp(pane).run_test(size=WIDE):
        pane.show(2)
        assert text_of(pane, "#states-head") == "● client 3"
        assert "●2 CLOSE" in said(pane.lines)
        pane.show(77)
        assert "No step of it is recorded" in said(pane.lines)
        assert "●" not in drawn(pane).splitlines()[0]


async def test_a_listener_and_who_waits_in_it() -> None:
    life = Life()
    life.opened(accepted=False)
    life.journal.append(Gauge(t=life.now(), sock=1, fd=3, accept_queue=1, backlog=5))
    life.journal.append(
        State(
            t=life.now(),
            sock=8,
            old="LISTEN",
            new="SYN_RECV",
            source="kernel",
            local=HERE,
            remote=("127.0.0.1", 41900),
        )
    )
    pane = pane_of(life)
    async with StatesApp(pane).run_test(size=WIDE):
        pane.show(1)
        duty = text_of(pane, "#states-duty").splitlines()
        assert duty == [
            "▶ server must accept(): 1 of 6 places in its accept queue are taken",
            "accept queue ■□□□□ 1/5",
            "half open, in SYN_RECV: 1",
        ]
        assert "┃●  LISTEN" in drawn(pane)
        assert "listen(3)" in said(pane.lines)


async def test_a_server_that_waits_in_accept() -> None:
    life = Life()
    life.connection()
    life.state(1, "CLOSE", "LISTEN", fd=3, cause=2)
    life.journal.append(Wait(t=life.now(), program="server", name="accept", sock=1, fd=3))
    pane = pane_of(life)
    async with StatesApp(pane).run_test(size=WIDE):
        pane.show(1)
        assert "server waits in accept()" in text_of(pane, "#states-duty")


async def test_udp_says_why_it_has_no_states() -> None:
    told = Told()
    told.call("client", "socket", "AF_INET", "SOCK_DGRAM", 0, sock=2, result=3)
    pane = pane_of(told)
    async with StatesApp(pane).run_test(size=USUAL) as pilot:
        pane.show(2)
        await pilot.pause()
        assert "a UDP socket has no states" in said(pane.lines)
        assert drawn(pane) == ""
        assert text_of(pane, "#states-head").startswith("client 3")


async def test_a_new_socket_and_one_without_recorded_states() -> None:
    told = Told()
    told.connection()
    told.accept()
    told.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=9, fd=5, result=5)
    pane = pane_of(told)
    async with StatesApp(pane).run_test(size=USUAL):
        pane.show(9)
        assert "a new socket is in CLOSE" in " ".join(said(pane.lines).split())
        assert drawn(pane).splitlines()[0].count("●") == 1
        pane.show(3)
        assert "●" not in drawn(pane)[: -len("●◆ seen  ○◇ inferred  ✗ by RST, timeout")]


class HeldReader(StepReader):
    """Finds nothing before it may."""

    may = False

    def advance(self, seconds: float) -> bool:
        return self.may and super().advance(seconds)


async def test_before_its_steps_are_found_it_claims_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(states_module, "StepReader", HeldReader)
    life = Life()
    life.opened()
    pane = pane_of(life)
    async with StatesApp(pane).run_test(size=USUAL) as pilot:
        pane.show(2)
        await pilot.pause()
        assert "Looking for its steps" in said(pane.lines)
        monkeypatch.setattr(HeldReader, "may", True)
        pane.renew()
        await pilot.pause()
        assert "○1 SYN_SENT" in said(pane.lines)


async def test_with_nothing_chosen_it_says_what_it_is_for() -> None:
    pane = pane_of(Life())
    async with StatesApp(pane).run_test(size=USUAL) as pilot:
        await pilot.pause()
        text = " ".join(said(pane.lines).split())
        assert "The states of a TCP connection" in text
        assert "F3 opens a connection" in text
        assert "ESTABLISHED" in drawn(pane)
        assert not pane.query_one("#states-head").display


async def test_another_journal_is_another_lab() -> None:
    life = Life()
    life.opened()
    pane = pane_of(life)
    async with StatesApp(pane).run_test(size=USUAL):
        pane.show(2)
        pane.show_journal(Journal.create())
        assert "SYN_SENT" not in said(pane.lines)
        assert "opens a connection" in said(pane.lines)


async def test_another_moment_of_a_recording() -> None:
    life = Life()
    life.opened()
    life.half_closed()
    tables: list[SocketTable] = [life.table()]
    pane = StatesPane(Excerpt(life.journal, len(life.journal)), lambda: tables[0])
    async with StatesApp(pane).run_test(size=USUAL) as pilot:
        pane.show(2)
        await until(pilot, lambda: "●4 FIN_WAIT2" in said(pane.lines))
        earlier = Excerpt(life.journal, 8)
        tables[0] = SocketTable()
        for event in earlier:
            tables[0].apply(event)
        pane.show_journal(earlier)
        pane.renew()
        await until(pilot, lambda: "●2 ESTABLISHED" in said(pane.lines))
        assert "FIN_WAIT" not in said(pane.lines)
        earlier.extend(len(life.journal))
        tables[0] = life.table()
        pane.renew()
        await until(pilot, lambda: "●4 FIN_WAIT2" in said(pane.lines))


async def test_the_keys() -> None:
    life = Life()
    life.opened()
    pane = pane_of(life)
    app = StatesApp(pane)
    async with app.run_test(size=USUAL) as pilot:
        pane.show(2)
        await pilot.press("home", "down")
        first, second = (one.step.n for one in pane.lines.source.steps[:2])  # type: ignore[attr-defined]
        assert app.pointed == [first, second]
        await pilot.press("enter")
        assert app.chosen == [second]
        await pilot.press("Y")
        copied = app.clipboard
        assert "client 3 127.0.0.1:41822" in copied
        assert "┃" in copied
        assert "●2 ESTABLISHED" in copied
        await pilot.press("left")
        assert pane._sock == 2


async def test_the_cursor_stays_on_its_step() -> None:
    life = Life()
    life.opened()
    pane = pane_of(life)
    app = StatesApp(pane)
    async with app.run_test(size=USUAL) as pilot:
        pane.show(2)
        await pilot.press("home", "down", "down")
        # Seen late, happened early: it stands before the step that the cursor is on.
        life.state(3, "SYN_RECV", "ESTABLISHED", t=NOON)
        pane.renew()
        await pilot.press("enter")
        assert app.chosen == app.pointed[-1:]


async def test_a_click_opens_the_event() -> None:
    life = Life()
    life.opened()
    pane = pane_of(life)
    app = StatesApp(pane)
    async with app.run_test(size=USUAL) as pilot:
        pane.show(2)
        await pilot.pause()
        await pilot.click(pane.lines, offset=(4, 1))
        assert app.chosen == [pane.lines.source.steps[1].step.n]  # type: ignore[attr-defined]


async def test_hidden_it_does_nothing_and_catches_up_when_shown() -> None:
    life = Life()
    life.opened()
    pane = pane_of(life)
    async with StatesApp(pane).run_test(size=USUAL) as pilot:
        pane.display = False
        await pilot.pause()
        pane.show(2)
        pane.renew()
        assert pane._reader is None
        pane.display = True
        await pilot.pause()
        await pilot.pause()
        assert "●2 ESTABLISHED" in said(pane.lines)


async def test_it_lays_out_for_the_size_there_is() -> None:
    life = Life()
    life.opened()
    pane = pane_of(life)
    async with StatesApp(pane).run_test(size=WIDE) as pilot:
        pane.show(2)
        sizes = {}
        for size in (WIDE, USUAL, NARROW, (80, 40), (60, 8)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            sizes[size] = drawn(pane).count("\n") + 1 if drawn(pane) else 0
            assert pane.lines.size.height >= 4
            assert "ESTABLISHED" in said(pane.lines)
    with_legend = 2
    assert sizes[WIDE] == LARGE.height + with_legend
    assert sizes[USUAL] == MEDIUM.height
    assert sizes[NARROW] == SMALL.height
    assert sizes[80, 40] == LARGE.height
    assert sizes[60, 8] == 0


@pytest.mark.parametrize(("width", "height"), [(60, 10), (71, 18), (80, 11), (118, 33), (300, 90)])
def test_whatever_the_size_the_diagram_and_the_steps_fit(width: int, height: int) -> None:
    form, beside = arrangement(width, height)
    if form is None:
        assert height < SMALL.height or width < SMALL.width
        return
    assert form in FORMS
    assert form.height <= height
    assert form.width + (24 if beside else 0) <= width
    assert beside or form.height + 4 <= height


async def test_a_socket_that_tried_again_and_again() -> None:
    life = Life()
    life.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=2, result=3)
    for _try in range(600):
        life.state(2, "CLOSE", "SYN_SENT", fd=3)
        life.state(2, "SYN_SENT", "CLOSE", fd=3)
    pane = pane_of(life)
    async with StatesApp(pane).run_test(size=WIDE) as pilot:
        pane.show(2)
        while pane._reader is None or pane._reader.reading:
            await pilot.pause()
        assert KEEP <= len(pane.lines.source) <= 2 * KEEP
        life.state(2, "CLOSE", "SYN_SENT", fd=3)
        pane.renew()
        assert shown(pane.lines)[-1].split()[1] == "SYN_SENT"


# A step's line


def step_of(old: str, new: str, **fields: Any) -> Walk:
    made = Walk(2)
    made.add(State(n=1, t=NOON, sock=2, old=old, new=new, **({"source": "kernel"} | fields)))
    return made


@pytest.mark.parametrize(
    ("old", "new", "room", "words"),
    [
        ("SYN_SENT", "ESTABLISHED", 30, "rcv SYN,ACK, snd ACK"),
        ("SYN_SENT", "ESTABLISHED", 12, "rcv SYN,ACK"),
        ("SYN_SENT", "ESTABLISHED", 10, "SYN,ACK"),
        ("FIN_WAIT1", "FIN_WAIT2", 10, "ACK of FIN"),
        ("ESTABLISHED", "FIN_WAIT1", 40, "close() or shutdown(), snd FIN"),
        ("LAST_ACK", "CLOSE", 40, "rcv ACK of FIN or rcv RST, …"),
        ("CLOSE", "ESTABLISHED", 40, "not seen how"),
        ("LAST_ACK", "CLOSE", 5, "ACK …"),
    ],
)
def test_the_longest_wording_that_fits(old: str, new: str, room: int, words: str) -> None:
    (step,) = step_of(old, new)
    assert cause_text(step, None, room) == words


def test_what_was_inferred_is_said() -> None:
    (step,) = step_of("CLOSE", "SYN_SENT", source="call")
    assert cause_text(step, None, 60) == "connect(), snd SYN · inferred"
    assert cause_text(step, None, 10) == "connect()"
    parts = draw_step(0, step, None, 60, NOON)
    assert parts[0][0].startswith("○1")
    assert parts[1][1] == "dim"
    assert draw_step(1, step, None, 60, NOON)[0] == ("◇1 ", "second")


@pytest.mark.parametrize("width", [20, 25, 36, 42, 80])
def test_a_steps_line_fills_its_width(width: int) -> None:
    (step,) = step_of("SYN_SENT", "ESTABLISHED")
    line = draw_step(0, step, None, width, NOON - 1_300_000)
    assert sum(len(text) for text, _style in line) == width
    assert (line[-1][0].strip() == "+1.3 ms") == (width >= 42)
