"""What surrounds an event: its neighbours on a socket, and what it led to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from socklab.events import AnyEvent, Call, Command, Gauge, State
from socklab.journal import Journal, Kind
from socklab.ui.panes.inspect_around import MOST, STEP, WINDOW, Effects, neighbour
from tests.ui.panes import NOON

events = st.one_of(
    st.builds(Call, t=st.just(0), name=st.sampled_from(("send", "recv")), sock=st.integers(1, 3)),
    st.builds(Gauge, t=st.just(0), sock=st.integers(1, 3)),
    st.builds(Command, t=st.just(0), text=st.just("new"), origin=st.just("form")),
)


def journal_of(told: list[AnyEvent]) -> Journal:
    journal = Journal.create(None)
    for event in told:
        journal.append(event)
    return journal


def no_gauge(kind: Kind) -> bool:
    return kind.type is not Gauge


@given(
    st.lists(events, min_size=1, max_size=30),
    st.data(),
    st.none() | st.integers(1, 3),
    st.booleans(),
)
def test_the_nearest_on_the_socket(
    told: list[AnyEvent], data: st.DataObject, sock: int | None, samples: bool
) -> None:
    n = data.draw(st.integers(0, len(told) - 1))
    fits = [
        event.n
        for event in journal_of(told)
        if sock in (None, getattr(event, "sock", None))
        and (samples or not isinstance(event, Gauge))
    ]
    wanted = None if samples else no_gauge
    journal = journal_of(told)
    before = [number for number in fits if number < n]
    after = [number for number in fits if number > n]
    assert neighbour(journal, n, -1, sock, wanted) == (before[-1] if before else None)
    assert neighbour(journal, n, 1, sock, wanted) == (after[0] if after else None)


def test_the_accept_that_a_socket_came_from_is_its_first_event() -> None:
    accept = Call(t=0, name="accept", sock=1, result=4, new_sock=7)
    journal = journal_of([accept, Call(t=0, name="send", sock=2), Call(t=0, name="recv", sock=7)])
    assert neighbour(journal, 2, -1, 7) == 0
    assert neighbour(journal, 0, 1, 7) == 2


def test_a_neighbour_may_be_far_away() -> None:
    far = [Call(t=0, name="send", sock=2) for _number in range(2 * STEP)]
    journal = journal_of(
        [Call(t=0, name="bind", sock=1), *far, State(t=0, sock=1, old="a", new="b", source="call")]
    )
    last = len(journal) - 1
    assert neighbour(journal, last, -1, 1) == 0
    assert neighbour(journal, 0, 1, 1) == last


def test_what_an_event_led_to_is_found_among_those_behind_it() -> None:
    command = Command(t=NOON, text="serve", origin="form")
    journal = journal_of([command, Call(t=0, name="socket", cause=0), Call(t=0, name="send")])
    effects = Effects(journal, 0)
    assert effects.advance(1.0)
    assert [event.n for event in effects.found] == [1]
    assert not effects.advance(1.0)
    journal.append(Call(t=0, name="bind", cause=0))
    assert effects.advance(1.0)
    assert [event.n for event in effects.found] == [1, 3]


def test_looking_for_what_it_led_to_comes_to_an_end() -> None:
    others = [Call(t=0, name="send") for _number in range(WINDOW + 1)]
    journal = journal_of([Command(t=NOON, text="serve", origin="form"), *others])
    effects = Effects(journal, 0)
    while effects.advance(0.001) or not effects.complete:
        pass
    journal.append(Call(t=0, name="bind", cause=0))
    assert not effects.advance(1.0)
    many = journal_of([Call(t=0, name="recv", cause=0) for _number in range(100)])
    effects = Effects(many, 0)
    effects.advance(1.0)
    assert effects.complete
    assert len(effects.found) >= MOST
