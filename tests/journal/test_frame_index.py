"""Which events a frame has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Fate, Frame, Note, Verdict
from socklab.journal import FrameIndex, Journal
from socklab.journal.frame_index import AHEAD, PIECE

WHAT: tuple[Verdict | None, ...] = (None, "held", "delivered")
"""What is told of a frame: that it came, or a fate."""


def frame(id: int) -> Frame:
    return Frame(t=0, id=id, sender="a", receiver="b", size=1, data=b"x")


def fate(id: int, verdict: Verdict = "delivered") -> Fate:
    return Fate(t=0, id=id, verdict=verdict)


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(WHAT))))
def test_all_that_is_near(told: list[tuple[int, Verdict | None]]) -> None:
    journal = Journal.create(None)
    index = FrameIndex(journal)
    for id, what in told:
        journal.append(frame(id) if what is None else fate(id, what))
    for n, (id, _what) in enumerate(told):
        frames = [at for at, one in enumerate(told[:n]) if one == (id, None)]
        assert index.frame(id, before=n) == (frames[-1] if frames else None)
        later = [(at, one[1]) for at, one in enumerate(told) if at > n and one[0] == id]
        ends = [at for at, what in later if what == "delivered"]
        found = index.fates(id, after=n)
        assert found == [at for at, what in later if what is not None][: len(found)]
        assert not ends or ends[0] in found


def test_far_apart() -> None:
    journal = Journal.create(None)
    index = FrameIndex(journal)
    first = journal.append(frame(7))
    held = journal.append(fate(7, "held"))
    assert index.fates(7, after=first) == [held]
    for _number in range(PIECE + 5):
        journal.append(Note(t=0, text="no frame"))
    end = journal.append(fate(7))
    assert index.fates(7, after=first) == [held, end]
    assert index.soon([first, held]) == {first: [held, end]}
    assert index.frame(7, before=end) == first
    for _number in range(AHEAD):
        journal.append(Note(t=0, text="no frame"))
    late = journal.append(fate(7))
    assert late not in index.fates(7, after=first)
    assert index.frame(7, before=late) == first
