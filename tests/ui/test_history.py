"""Going through what was typed before."""

from __future__ import annotations

from socklab.ui.history import History


def test_back_and_forth_keeps_what_was_being_typed() -> None:
    history = History()
    for line in ("one", "two"):
        history.add(line)
    assert history.older("thr") == "two"
    assert history.older("two") == "one"
    assert history.older("one") is None
    assert history.newer() == "two"
    assert history.newer() == "thr"
    assert history.newer() is None


def test_the_same_line_twice_in_a_row_is_kept_once() -> None:
    history = History()
    for line in ("one", "one"):
        history.add(line)
    assert history.older("") == "one"
    assert history.older("one") is None


def test_a_line_handed_in_begins_again_at_the_newest() -> None:
    history = History()
    history.add("one")
    history.older("")
    history.add("two")
    assert history.older("") == "two"
