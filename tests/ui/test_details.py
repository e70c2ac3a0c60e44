"""The Details pane: one event in full."""

from __future__ import annotations

import pytest

from socklab.events import (
    AnyEvent,
    Call,
    Command,
    Fate,
    Frame,
    Gauge,
    Note,
    Program,
    State,
    Wait,
)
from socklab.journal import Journal
from socklab.ui.panes.details import DetailsPane
from tests.ui.panes import HERE, NOON, PaneApp, Told, said, shown

WIDE, NARROW = (120, 40), (80, 40)


async def details(event: AnyEvent, size: tuple[int, int] = WIDE) -> str:
    """What the pane says of one event."""
    journal = Journal.create(None)
    pane = DetailsPane(journal)
    async with PaneApp(pane).run_test(size=size):
        pane.show(journal.append(event))
        return said(pane.view)


async def test_a_failed_call_is_explained() -> None:
    text = await details(
        Call(
            t=NOON,
            program="client",
            name="connect",
            args=(("127.0.0.1", 8081),),
            sock=2,
            fd=3,
            os_fd=9,
            error="ECONNREFUSED",
            duration=88_000,
        )
    )
    assert "connect(3, 127.0.0.1:8081) = -1 ECONNREFUSED" in text
    assert "nobody listens on that port" in text
    assert "Is the server running" in text
    assert "88 µs" in text
    assert "(9 in this process)" in text
    assert "connect(2)" in text


async def test_arguments_have_the_names_of_the_man_page() -> None:
    text = await details(
        Call(
            t=NOON,
            program="server",
            name="setsockopt",
            args=("SOL_SOCKET", "SO_REUSEADDR", 1),
            fd=3,
            sock=1,
            result=0,
        )
    )
    lines = [line.split() for line in text.splitlines()]
    assert ["level", "SOL_SOCKET"] in lines
    assert ["optname", "SO_REUSEADDR"] in lines
    assert ["optval", "1"] in lines


async def test_a_partial_send_and_what_was_kept_of_it() -> None:
    data = bytes(4096)
    text = await details(
        Call(t=NOON, name="send", args=("0",), data=data, size=8_000_000, result=3_919_467, fd=3)
    )
    assert "3,919,467 of 8,000,000 bytes taken" in text
    assert "4,096 of 8,000,000 bytes kept" in text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"name": "recv", "args": (100, "0"), "result": 0, "data": b"", "size": 0},
            "end of stream",
        ),
        (
            {
                "name": "recvfrom",
                "args": (100, "0"),
                "result": 0,
                "data": b"",
                "size": 0,
                "peer": HERE,
            },
            "empty datagram",
        ),
        (
            {"name": "recv", "args": (100, "MSG_PEEK"), "result": 2, "data": b"ab", "size": 2},
            "stay in the queue",
        ),
        (
            {"name": "recvfrom", "args": (4, "MSG_TRUNC"), "result": 9, "data": b"abcd", "size": 4},
            "4 bytes were copied",
        ),
        ({"name": "accept", "result": 4, "remote": HERE}, "4: the new descriptor"),
        ({"name": "poll", "args": ("POLLIN", 100), "result": 0}, "nothing happened"),
        ({"name": "recv", "error": "EINTR", "cut": True}, "says nothing about the network"),
    ],
)
async def test_results_in_words(fields: dict[str, object], words: str) -> None:
    text = await details(Call(t=NOON, fd=3, sock=1, **fields))  # type: ignore[arg-type]
    assert words in text


async def test_bytes_stand_in_hex_and_text() -> None:
    told = Told()
    told.send(bytes(range(65, 97)))
    pane = DetailsPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        pane.show(0)
        assert "41 42 43 44 45 46 47 48  49 4a 4b 4c 4d 4e 4f 50  ABCDEFGHIJKLMNOP" in said(
            pane.view
        )
        await pilot.resize_terminal(70, 40)
        await pilot.pause()
        assert "0018  59 5a 5b 5c 5d 5e 5f 60  YZ[\\]^_`" in said(pane.view)


async def test_all_of_4096_bytes_can_be_reached() -> None:
    told = Told()
    told.recv(bytes(range(256)) * 16)
    pane = DetailsPane(told.journal)
    async with PaneApp(pane).run_test(size=(80, 24)) as pilot:
        pane.show(0)
        await pilot.press("end")
        assert shown(pane.view)[-1].startswith(" 0ff0  f0 f1")
        await pilot.press("up", "home")
        assert shown(pane.view)[0].startswith(" recv(4")


async def test_the_cause_is_a_step_away() -> None:
    told = Told()
    cause = told.journal.append(Command(t=NOON, program="client", text="close 3", origin="console"))
    n = told.call("client", "close", sock=2, cause=cause)
    pane = DetailsPane(told.journal)
    app = PaneApp(pane)
    async with app.run_test(size=WIDE) as pilot:
        pane.show(n)
        row = next(at for at, line in enumerate(shown(pane.view)) if "client: close 3" in line)
        await pilot.click(pane.view, offset=(20, row))
        await pilot.press("c", "left", "right")
        assert app.chosen == [cause, cause, cause]


async def test_y_copies_all_of_it() -> None:
    told = Told()
    told.send(b"hello")
    pane = DetailsPane(told.journal)
    app = PaneApp(pane)
    async with app.run_test(size=WIDE) as pilot:
        pane.show(0)
        await pilot.press("y")
        assert app.clipboard.startswith(' send(3, "hello") = 5\n')
        assert app.clipboard.endswith("68 65 6c 6c 6f                                    hello")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Command(t=NOON, program="a", text="socket tcp", origin="form"), "a form"),
        (Program(t=NOON, program="a", change="started", host="this machine"), "this machine"),
        (Wait(t=NOON, program="a", name="accept", fd=3, sock=1), "blocked in this call"),
        (
            State(t=NOON, sock=1, old="SYN_SENT", new="ESTABLISHED", source="wire"),
            "seen on the wire",
        ),
        (Gauge(t=NOON, sock=1, fd=3, recv_queue=1234), "1,234 B in the receive queue"),
        (Frame(t=NOON, id=7, sender="a", receiver="b", size=3, data=b"abc"), "61 62 63"),
        (Fate(t=NOON, id=7, verdict="dropped"), "dropped"),
        (Note(t=NOON, text="the disk is full", level="warning"), "the disk is full"),
        (Call(t=NOON, name="gettimeofday", result=0), "gettimeofday() = 0"),
    ],
)
async def test_every_kind_of_event_has_its_details(event: AnyEvent, words: str) -> None:
    assert words in await details(event)


async def test_what_comes_from_outside_is_only_text() -> None:
    text = await details(Note(t=NOON, program="[red]x", text="\x1b[2J [bold]b[/bold]\u202e"))
    assert r"\x1b[2J [bold]b[/bold]" in text
    assert "[red]x" in text
    assert text.replace("\n", "").isprintable()


async def test_what_was_chosen_while_hidden_fits_once_it_is_seen() -> None:
    told = Told()
    told.call("client", "connect", HERE, sock=2, error="ETIMEDOUT")
    pane = DetailsPane(told.journal)
    pane.display = False
    async with PaneApp(pane).run_test(size=(60, 40)) as pilot:
        pane.show(0)
        pane.display = True
        await pilot.pause()
        assert "…" not in said(pane.view)
        assert "ETIMEDOUT" in said(pane.view)


async def test_nothing_chosen_says_how_to_choose() -> None:
    pane = DetailsPane(Journal.create(None))
    async with PaneApp(pane).run_test(size=NARROW):
        assert "Enter" in said(pane.view)
        pane.show(12)
        assert "Enter" in said(pane.view)


async def test_another_journal_empties_the_pane() -> None:
    told = Told()
    told.send(b"old")
    pane = DetailsPane(told.journal)
    async with PaneApp(pane).run_test(size=NARROW):
        pane.show(0)
        pane.show_journal(Journal.create(None))
        assert "old" not in said(pane.view)
        assert "Enter" in said(pane.view)
