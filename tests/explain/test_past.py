"""Looking back for a call: the newest that fits, however long the journal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Call, Gauge
from socklab.explain import past
from socklab.explain.past import JournalPast
from socklab.journal import Journal

NAMES, PROGRAMS = ("bind", "close", "send"), ("server", "client")

calls = st.builds(
    Call,
    t=st.just(0),
    name=st.sampled_from(NAMES),
    program=st.sampled_from(PROGRAMS),
    sock=st.integers(1, 3),
    result=st.integers(0, 2),
)
events = calls | st.builds(Gauge, t=st.just(0), sock=st.integers(1, 3))


@given(
    st.lists(events, max_size=40),
    st.integers(0, 40),
    st.sets(st.sampled_from(NAMES)),
    st.none() | st.integers(1, 3),
    st.none() | st.sampled_from(PROGRAMS),
)
def test_it_finds_the_newest_that_fits(
    told: list[Call | Gauge], before: int, names: set[str], sock: int | None, program: str | None
) -> None:
    journal = Journal.create(None)
    for event in told:
        journal.append(event)
    wanted = [
        event
        for event in told[:before]
        if isinstance(event, Call)
        and event.name in names
        and sock in (None, event.sock)
        and program in (None, event.program)
        and event.result == 1
    ]
    looking = JournalPast(journal, before, seconds=60)
    found = looking.last(names, sock=sock, program=program, fits=lambda call: call.result == 1)
    assert found == (wanted[-1] if wanted else None)
    assert looking.complete


def test_it_goes_as_far_back_as_there_is_time() -> None:
    journal = Journal.create(None)
    first = journal.append(Call(t=0, name="bind", result=0))
    for _number in range(2 * past.STEP):
        journal.append(Call(t=0, name="send", result=5))
    patient = JournalPast(journal, len(journal), seconds=60)
    found = patient.last(("bind",))
    assert found is not None
    assert found.n == first
    assert patient.complete
    hasty = JournalPast(journal, len(journal), seconds=0)
    assert hasty.last(("bind",)) is None
    assert not hasty.complete


def test_what_memory_has_let_go_of_is_not_denied() -> None:
    journal = Journal.create(None, keep=10)
    for _number in range(20_000):
        journal.append(Call(t=0, name="send", result=5))
    assert not JournalPast(journal, len(journal)).complete
