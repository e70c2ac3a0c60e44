"""What is kept of what was made lately."""

from __future__ import annotations

import gc
import weakref

import pytest

from socklab.ui.panes.lately import Lately


class Made:
    """Something that can be watched."""


def test_what_nobody_has_asked_for_longest_goes_first() -> None:
    kept: Lately[int, str] = Lately(2)
    kept[1], kept[2] = "one", "two"
    assert kept.get(1) == "one"
    kept[3] = "three"
    assert (kept.get(1), kept.get(2), kept[3]) == ("one", None, "three")
    kept[1] = "uno"
    kept[4] = "four"
    assert (len(kept), kept[1], kept.get(3)) == (2, "uno", None)
    with pytest.raises(KeyError):
        kept[3]


def test_what_goes_is_freed_at_once() -> None:
    kept: Lately[int, Made] = Lately(1)
    gc.disable()
    try:
        kept[1] = Made()
        first = weakref.ref(kept[1])
        kept[2] = Made()
        second = weakref.ref(kept[2])
        assert first() is None
        kept.clear()
        assert second() is None
    finally:
        gc.enable()
