"""The strip that says hints."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Call, Gauge, Note, State, Wait
from socklab.ui.panes.cells import width_of
from socklab.ui.panes.hint_lines import LINES, Saying, event_label, lay_out, role_at
from socklab.ui.panes.hints import HintStrip
from tests.ui.panes import PaneApp, Told
from tests.ui.paper import until
from tests.ui.test_hint_reader import again, connected, merged

SIZE = (71, 18)


def lines_of(strip: HintStrip) -> list[str]:
    """What stands in the strip."""
    return [strip.render_line(y).text.rstrip() for y in range(strip.size.height)]


def strip_of(told: Told) -> HintStrip:
    """A strip that knows the sockets of the story."""
    return HintStrip(told.journal, told.table)


def epipe(told: Told) -> None:
    """The server closes, the client sends all the same."""
    told.call("client", "recv", 9, "0", sock=2, size=0, result=0)
    told.call("client", "send", "0", sock=2, error="EPIPE")


def place(strip: HintStrip, part: str) -> tuple[int, int]:
    """Where in the strip a text stands."""
    y = next(y for y, line in enumerate(lines_of(strip)) if part in line)
    return lines_of(strip)[y].index(part), y


async def test_it_takes_no_room_until_there_is_something_to_say() -> None:
    told = connected()
    strip = strip_of(told)
    async with PaneApp(strip).run_test(size=SIZE) as pilot:
        strip.renew()
        await pilot.pause()
        assert not strip.display
        merged(told)
        strip.renew()
        await pilot.pause()
        first, second = lines_of(strip)
    assert first.startswith("✱ recv(4) = 4 gave the bytes of 2 sends at once")
    assert second.split("boundaries.")[1].split() == ["6", "send", "·", "8", "recv", "✕"]


async def test_its_events_can_be_opened() -> None:
    told = connected()
    merged(told)
    strip = strip_of(told)
    app = PaneApp(strip)
    async with app.run_test(size=SIZE) as pilot:
        strip.renew()
        await pilot.pause()
        await pilot.click(strip, offset=place(strip, "6 send"))
        await pilot.click(strip, offset=place(strip, "8 recv"))
        strip.focus()
        await pilot.press("left", "enter", "right", "enter")
        await pilot.click(strip, offset=(10, 0))  # the sentence itself leads nowhere
    assert app.chosen == [6, 8, 6, 8]


async def test_turning_to_the_others() -> None:
    told = connected()
    merged(told)
    epipe(told)
    strip = strip_of(told)
    async with PaneApp(strip).run_test(size=SIZE) as pilot:
        strip.renew()
        await pilot.pause()
        assert strip.current is not None
        assert strip.current.rule == "epipe"
        assert "2 of 2" in lines_of(strip)[1]
        await pilot.click(strip, offset=place(strip, "‹"))
        assert strip.current == strip.hints[0]
        assert "1 of 2" in lines_of(strip)[1]
        strip.focus()
        await pilot.press("n")
        assert strip.current == strip.hints[1]
        await pilot.press("right_square_bracket")
        assert strip.current == strip.hints[0]
        await pilot.press("p", "left_square_bracket")
        assert strip.current == strip.hints[0]


async def test_a_new_hint_takes_over_but_not_one_of_its_like() -> None:
    told = connected()
    merged(told)
    strip = strip_of(told)
    async with PaneApp(strip).run_test(size=SIZE):
        strip.renew()
        (first,) = strip.hints
        again(told, 10)
        strip.renew()
        assert (strip.current, len(strip.hints)) == (first, 2)
        epipe(told)
        strip.renew()
        assert strip.current == strip.hints[2]


async def test_whoever_is_in_the_strip_is_not_disturbed() -> None:
    told = connected()
    merged(told)
    strip = strip_of(told)
    async with PaneApp(strip).run_test(size=SIZE) as pilot:
        strip.renew()
        await pilot.pause()
        strip.focus()
        await pilot.pause()
        epipe(told)
        strip.renew()
        assert strip.current == strip.hints[0]
        assert "1 of 2" in lines_of(strip)[1]


async def test_the_connection_in_view_comes_first() -> None:
    told = connected()
    merged(told)
    again(told, 10)
    strip = strip_of(told)
    async with PaneApp(strip).run_test(size=SIZE):
        strip.renew()
        first, second = strip.hints
        assert strip.current == second
        strip.show(2)
        assert strip.current == first
        strip.show(11)
        assert strip.current == second
        strip.show(99)
        assert strip.current == second


async def test_a_hint_can_be_dismissed() -> None:
    told = connected()
    merged(told)
    epipe(told)
    strip = strip_of(told)
    async with PaneApp(strip).run_test(size=SIZE) as pilot:
        strip.renew()
        await pilot.pause()
        await pilot.click(strip, offset=place(strip, "✕"))
        assert [hint.rule for hint in strip.hints] == ["merged"]
        strip.focus()
        await pilot.press("x")
        await pilot.pause()
        assert not strip.display
        again(told, 10)  # of a rule that was dismissed
        strip.renew()
        assert not strip.has_class("-shown")
        strip.show(10)
        assert strip.current is not None
        assert strip.current.sock == 11


async def test_all_can_be_dismissed_at_once() -> None:
    told = connected()
    merged(told)
    epipe(told)
    strip = strip_of(told)
    async with PaneApp(strip).run_test(size=SIZE) as pilot:
        strip.renew()
        await pilot.pause()
        strip.focus()
        await pilot.press("X")
        assert not strip.hints
        assert not strip.has_class("-shown")


async def test_another_journal() -> None:
    told, other = connected(), connected()
    merged(told)
    epipe(other)
    strip = strip_of(told)
    async with PaneApp(strip).run_test(size=SIZE):
        strip.renew()
        strip.action_dismiss_all()
        strip.show_journal(other.journal)
        assert not strip.hints
        strip.renew()
        assert [hint.rule for hint in strip.hints] == ["epipe"]


async def test_in_a_new_lab_nothing_of_the_old_one_stands_there() -> None:
    told = connected()
    merged(told)
    strip = strip_of(told)
    async with PaneApp(strip).run_test(size=SIZE):
        strip.renew()
        assert strip.has_class("-shown")
        strip.show_journal(connected().journal)
        assert not strip.has_class("-shown")
        assert strip.current is None


async def test_a_long_past_is_read_by_and_by() -> None:
    told = connected()
    for sock in range(10, 2000, 2):
        again(told, sock)
    strip = strip_of(told)
    async with PaneApp(strip).run_test(size=SIZE) as pilot:
        strip.renew()
        first = strip.current
        await until(pilot, lambda: strip.hints and strip.hints[-1].sock == 1999)
    assert first is not None
    assert strip.current == strip.hints[0] == first  # nobody had the time to read it
    assert len(strip.hints) < 300


async def test_the_sentence_can_be_copied() -> None:
    told = connected()
    merged(told)
    strip = strip_of(told)
    app = PaneApp(strip)
    async with app.run_test(size=SIZE) as pilot:
        strip.renew()
        await pilot.pause()
        strip.focus()
        await pilot.press("y")
        assert strip.current is not None
        assert app.clipboard == strip.current.text


@given(st.text(st.characters(codec="utf-8"), max_size=200), st.integers(1, 130), st.integers(1, 99))
def test_two_lines_whatever_the_width(text: str, width: int, total: int) -> None:
    lines = lay_out(Saying(text, ("123 send", "4567 recv"), 1, total), width)
    assert len(lines) == LINES
    if width >= 40:
        for y, line in enumerate(lines):
            assert sum(width_of(piece.text) for piece in line) <= width
            assert role_at(lines, width, y) == ""
        roles = {role_at(lines, x, 1) for x in range(width)}
        assert {"one", "other", "dismiss"} <= roles
        assert ("next" in roles) == (total > 1)


def test_where_room_is_short_the_numbers_stay() -> None:
    text = "word " * 25
    wide, narrow = (
        "".join(piece.text for piece in lay_out(Saying(text, ("12 a", "34 b"), 1, 1), width)[1])
        for width in (90, 72)
    )
    assert "12 a · 34 b" in wide
    assert "12 · 34" in narrow


def test_what_a_link_says() -> None:
    events = [
        (Call(t=0, name="recv"), "7 recv"),
        (Wait(t=0, name="recv"), "7 recv …"),
        (State(t=0, sock=1, old="CLOSE", new="LISTEN", source="kernel"), "7 LISTEN"),
        (Gauge(t=0, sock=1), "7 queue"),
        (Note(t=0, text="x"), "7 event"),
        (None, "7 event"),
    ]
    for event, label in events:
        assert event_label(7, event) == label
