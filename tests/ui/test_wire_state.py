"""The state of the wire, folded from the columns, against the same said plainly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socklab.events import Fate, Frame, Note, Verdict
from socklab.journal import Excerpt, Journal, of_frame
from socklab.model.impairments import PERFECT, Impairments
from socklab.ui.panes import wire_state
from socklab.ui.panes.wire_fates import Fates
from socklab.ui.panes.wire_settings import impairments_words, value_word
from socklab.ui.panes.wire_state import WireState, WireStates
from tests.ui.wires import WireTold

VERDICTS: tuple[Verdict, ...] = ("delivered", "dropped", "duplicated", "corrupted")


def state_of(told: WireTold) -> WireState:
    state = WireState(told.journal)
    catch_up(state)
    return state


def catch_up(state: WireState) -> None:
    while not state.step():
        pass


class Plain:
    """Frames one after the other, as anybody would keep them."""

    def __init__(self) -> None:
        self.held: list[int] = []
        self.under_way: list[int] = []

    def came(self, id: int) -> None:
        self.under_way.append(id)

    def fate(self, id: int, verdict: str) -> None:
        if id in self.under_way:
            self.under_way.remove(id)
        if id in self.held:
            self.held.remove(id)
        if verdict == "held":
            self.held.append(id)

    def swap(self, one: int, other: int) -> None:
        if one in self.held and other in self.held:
            a, b = self.held.index(one), self.held.index(other)
            self.held[a], self.held[b] = other, one


step = st.tuples(
    st.sampled_from(["frame", "hold", "fate", "swap", "note", "network"]),
    st.integers(0, 7),
    st.integers(0, 7),
    st.sampled_from(VERDICTS),
)


@settings(deadline=None)
@given(st.lists(step, max_size=60), st.integers(1, 5))
def test_it_is_what_a_plain_fold_says(
    steps: list[tuple[str, int, int, Verdict]], piece: int
) -> None:
    told, plain = WireTold(), Plain()
    told.up()
    for what, a, b, verdict in steps:
        open_frames = [*plain.held, *plain.under_way]
        if what == "frame":
            plain.came(told.frame(b"x"))
        elif what == "hold" and plain.under_way:
            id = plain.under_way[a % len(plain.under_way)]
            told.fate(id, "held")
            plain.fate(id, "held")
        elif what == "fate" and open_frames:
            id = open_frames[a % len(open_frames)]
            told.fate(id, verdict)
            plain.fate(id, verdict)
        elif what == "swap" and len(plain.held) > 1:
            one, other = plain.held[a % len(plain.held)], plain.held[b % len(plain.held)]
            told.command(f"wire swap {one} {other}")
            plain.swap(one, other)
        elif what == "note":
            told.command("note nothing")
        elif what == "network" and a == 0:
            told.command("network machine", said="again")
            told.up()
            told.frames = 0  # numbers begin anew
            plain = Plain()
    before, wire_state.STEP = wire_state.STEP, piece
    try:
        state = state_of(told)
    finally:
        wire_state.STEP = before
    assert list(state.held) == [of_frame(id) for id in plain.held]
    assert set(state.under_way) == {of_frame(id) for id in plain.under_way}
    for n in (*state.held.values(), *state.under_way.values()):
        assert isinstance(told.journal[n], Frame)
    fates = Fates(told.journal, state)
    for event in told.journal:
        if isinstance(event, Frame):
            assert fates.of(event.n).last == last_fate(told.journal, event)


def last_fate(journal: Journal, frame: Frame) -> Fate | None:
    """The fate that ended it, before another frame had its number."""
    for event in journal.read(frame.n + 1, len(journal)):
        if isinstance(event, Frame) and event.id == frame.id:
            return None
        if isinstance(event, Fate) and event.id == frame.id and event.verdict != "held":
            return event
    return None


def test_a_fate_far_behind_its_frame_is_found_when_it_comes() -> None:
    told = WireTold()
    told.up()
    first = told.frame(b"x")
    n = len(told.journal) - 1
    state = WireState(told.journal)
    fates = Fates(told.journal, state)
    catch_up(state)
    assert fates.of(n).last is None
    for _number in range(500):
        told.passes(b"y" * 60)
    catch_up(state)
    assert fates.of(n).last is None
    told.fate(first, "dropped", why="loss")
    assert fates.of(n).last is None  # not before the state has come to it
    catch_up(state)
    last = fates.of(n).last
    assert last is not None
    assert last.why == "loss"


def test_at_an_earlier_moment_less_is_known() -> None:
    told = WireTold()
    told.up()
    id = told.held(b"x" * 60)
    before = len(told.journal)
    told.fate(id, why="by hand")
    excerpt = Excerpt(told.journal, before)
    state = WireState(excerpt)
    catch_up(state)
    assert list(state.held) == [of_frame(id)]
    excerpt.extend(len(told.journal))
    catch_up(state)
    assert not state.held


def test_going_back_and_on_in_a_recording_is_as_coming_there_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire_state, "_SPACING", 20)
    monkeypatch.setattr(wire_state, "STEP", 7)
    told = WireTold()
    told.up()
    for number in range(60):
        told.command(f"wire set delay={number}")
        id = told.held(b"x" * 60)
        told.frame(b"y" * 60)
        if number % 3:
            told.fate(id, why="by hand")
    size = len(told.journal)
    states = WireStates(Excerpt(told.journal, size))
    while not states.advance(0):
        pass
    for end in (size, 5, 100, 57, 58, 3, size):
        states.show(Excerpt(told.journal, end))
        while not states.advance(0):
            pass
        anew = WireState(Excerpt(told.journal, end))
        catch_up(anew)
        state = states.state
        assert (state.position, state.held, state.under_way) == (end, anew.held, anew.under_way)
        assert (state.settings, state.frames) == (anew.settings, anew.frames)
        assert list(state.recent) == list(anew.recent)


def test_a_rule_that_delays_is_over_once_it_has_its_frame() -> None:
    told = WireTold()
    told.up()
    told.command("wire next drop syn")
    n = told.command("wire next delay=2 data")
    told.frame(b"x" * 60)
    assert [rule.action for rule in state_of(told).rules.values()] == ["drop", "delay"]
    told.journal.append(Note(t=told.now(), cause=n, text="`wire next delay=2 data` has its frame"))
    state = state_of(told)
    assert [rule.action for rule in state.rules.values()] == ["drop"]
    assert len(state.under_way) == 1


def test_a_refused_command_changes_nothing_and_the_others_stay() -> None:
    told = WireTold()
    told.up()
    told.command("host router")
    told.command("host router", why_not="there is one")
    told.command("wire set loss=10%")
    told.command("wire set client>nobody loss=99%", why_not="no such host")
    told.command("wire set client>server delay=2")
    told.command("wire hold on", why_not="no")
    state = state_of(told)
    assert state.settings.hosts == ("client", "server", "router")
    assert not state.settings.holding
    assert state.settings.impairments("client", "server") == Impairments(delay=2, loss=0.1)
    assert state.settings.impairments("router", "server") == Impairments(loss=0.1)
    assert state.settings.impairments("client", "nobody") == PERFECT


def test_a_host_that_comes_later_has_a_perfect_wire() -> None:
    told = WireTold()
    told.up()
    told.command("wire set loss=10%")
    told.command("host router")
    state = state_of(told)
    assert state.settings.impairments("router", "client") == PERFECT


def test_a_rule_ends_with_its_frame() -> None:
    told = WireTold()
    told.up()
    first = told.command("wire next drop syn")
    second = told.command("wire next hold any")
    told.passes(b"x" * 60, verdict="dropped", why="loss")
    assert list(state_of(told).rules) == [first, second]
    told.passes(b"x" * 60, verdict="dropped", why="rule", cause=first)
    assert list(state_of(told).rules) == [second]


def test_each_setting_is_said_as_it_is_typed() -> None:
    bad = Impairments(0.07, 1.5, 0.125, rate=2_500_000, queue=7)
    said: dict[str, Any] = {name: value_word(bad, name) for name in ("delay", "jitter", "loss")}
    said |= {name: value_word(bad, name) for name in ("corrupt", "rate", "queue")}
    assert said == {
        "delay": "70ms",
        "jitter": "1.5",
        "loss": "12.5%",
        "corrupt": "0%",
        "rate": "2.5M",
        "queue": "7",
    }
    assert value_word(PERFECT, "rate") == "off"
    told = WireTold()
    told.up()
    told.command("wire set " + " ".join(f"{name}={word}" for name, word in said.items()))
    assert state_of(told).settings.impairments("client", "server") == bad
    assert impairments_words(bad) == "delay 70 ms ± 1.50 s · loss 12.5% · 2.5 Mbit/s · queue 7"
    assert impairments_words(PERFECT) == ""
