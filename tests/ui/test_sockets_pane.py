"""The list of sockets on the screen: its cursor, what it offers, and how much it can hold."""

from __future__ import annotations

import pytest

from socklab.events import Call, State, Wait
from socklab.ui.app import SocklabApp
from socklab.ui.panes.offers import Offers
from socklab.ui.panes.sockets import SocketList, SocketsPane
from tests.ui.panes import HERE, Told
from tests.ui.paper import (
    NARROW,
    WIDE,
    PaperLab,
    conversation,
    lab_screen,
    rows,
    started,
    the,
    until,
)

LIST = "#socket-list"


def offered(app: SocklabApp) -> str:
    return str(the(app, SocketsPane).query_one(Offers).content)


async def test_an_empty_list_says_which_keys_fill_it() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        said = list(rows(app, LIST))
        assert "No program runs yet." in said
        assert "F2 starts a server" in said
        assert "F5 shows how it goes" in said


async def test_the_first_focus_is_on_the_list_and_on_no_input() -> None:
    app = SocklabApp(PaperLab(conversation()))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        assert lab_screen(app).focused is the(app, SocketList)


async def test_each_kind_of_row_offers_what_makes_sense_there() -> None:
    app = SocklabApp(PaperLab(conversation()))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await until(pilot, lambda: offered(app) == "a accept  c close")
        await pilot.press("down")
        await until(pilot, lambda: offered(app) == "r recv  w send  s shutdown  c close  x reset")
        await pilot.press("down")
        await until(pilot, lambda: offered(app) == "t stop program")


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (["a"], "server: accept 3"),
        (["c"], "server: close 3"),
        (["down", "r"], "server: recv 4"),
        (["down", "s"], "server: shutdown 4 out"),
        (["down", "x"], "server: reset 4"),
        (["down", "down", "t"], "client: stop"),
        (["down", "down", "r"], "client: recv"),
        (["t"], "server: stop"),
    ],
)
async def test_a_letter_acts_on_the_selected_row(keys: list[str], line: str) -> None:
    lab = PaperLab(conversation())
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press(*keys)
        await until(pilot, lambda: lab.submitted)
        assert lab.submitted == [(line, "form")]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_a_click_selects_and_a_click_on_an_offer_acts(size: tuple[int, int]) -> None:
    lab = PaperLab(conversation())
    app = SocklabApp(lab)
    async with app.run_test(size=size) as pilot:
        await started(app, pilot)
        client = list(rows(app, LIST)).index("client")
        await pilot.click(LIST, offset=(8, client + 1))
        await until(pilot, lambda: "reset" in offered(app))
        await pilot.pause()
        assert lab_screen(app).focused is the(app, SocketList)
        assert lab_screen(app).shown == "sockets"
        await pilot.click("#sockets .offers", offset=(offered(app).index("close") + 1, 0))
        await until(pilot, lambda: lab.lines == ["client: close 3"])


async def test_w_goes_to_the_send_form_for_this_socket() -> None:
    lab = PaperLab(conversation())
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("down", "w", "enter")
        await until(pilot, lambda: lab.submitted)
        assert lab.lines == [r'server: send 4 "hello\n"']


async def test_the_cursor_stays_with_its_socket_while_others_come_and_go() -> None:
    lab = PaperLab(conversation())
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("down")
        pane = the(app, SocketsPane)
        await until(pilot, lambda: pane.row is not None and pane.row.sock == 3)
        lab.told.call("server", "close", sock=1, fd=3)
        await until(pilot, lambda: lab_screen(app).follower.table.at("server", 3) is None)
        await until(pilot, lambda: "LISTEN" not in " ".join(rows(app, LIST)))
        assert pane.row is not None
        assert pane.row.sock == 3


async def test_what_is_on_the_screen_is_looked_at_often() -> None:
    lab = PaperLab(conversation())
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await until(pilot, lambda: {1, 2, 3} <= set(lab.shown))


def crowd(count: int) -> Told:
    """A server with many accepted connections."""
    told = conversation()
    for number in range(count):
        sock = 100 + number
        told.call(
            "server",
            "accept",
            result=5 + number,
            new_sock=sock,
            local=HERE,
            remote=("127.0.0.1", 10_000 + number),
        )
        told.journal.append(
            State(
                t=told.now(),
                sock=sock,
                fd=5 + number,
                old="CLOSE",
                new="ESTABLISHED",
                source="kernel",
            )
        )
    return told


async def test_two_thousand_sockets_and_only_those_in_sight_are_drawn() -> None:
    lab = PaperLab(crowd(2000))
    app = SocklabApp(lab)
    async with app.run_test(size=NARROW) as pilot:
        await started(app, pilot)
        sockets = the(app, SocketList)
        await until(pilot, lambda: len(sockets.source) > 2000)
        assert len(lab.shown) <= sockets.size.height
        await pilot.press("end")
        await until(pilot, lambda: any("client" in row for row in rows(app, LIST)))
        assert len(lab.shown) <= sockets.size.height


async def test_a_program_that_is_woken_is_seen_to_go_on() -> None:
    told = conversation()
    lab = PaperLab(told)
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        began = told.now()
        told.journal.append(Wait(t=began, program="server", name="recv", sock=3, fd=4))
        await until(pilot, lambda: "blocked in recv(4)" in next(rows(app, LIST)))
        told.journal.append(Call(t=began, program="server", name="recv", sock=3, fd=4, result=1))
        await until(pilot, lambda: next(rows(app, LIST)) == "server")
