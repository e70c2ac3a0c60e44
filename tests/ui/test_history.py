"""Going through what was typed before."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from socklab.ui.history import MOST, History, HistoryFile


def test_back_and_forth_keeps_what_was_being_typed() -> None:
    history: History[str] = History()
    for line in ("one", "two"):
        history.add(line)
    assert history.older("thr") == "two"
    assert history.older("two") == "one"
    assert history.older("one") is None
    assert history.newer() == "two"
    assert history.newer() == "thr"
    assert history.newer() is None


def test_the_same_line_twice_in_a_row_is_kept_once() -> None:
    history: History[str] = History()
    for line in ("one", "one"):
        history.add(line)
    assert history.older("") == "one"
    assert history.older("one") is None


def test_a_line_handed_in_begins_again_at_the_newest() -> None:
    history: History[str] = History()
    history.add("one")
    history.older("")
    history.add("two")
    assert history.older("") == "two"


def test_what_was_typed_is_there_at_the_next_start(tmp_path: Path) -> None:
    kept = HistoryFile(tmp_path / "state" / "history")
    first = History(kept.lines(), kept.add)
    for line in ("socket tcp", 'send 3 "é→ \\r\\n"', "close 3", "close 3"):
        first.add(line)
    second = History(kept.lines(), kept.add)
    assert second.older("") == "close 3"
    assert second.older("close 3") == 'send 3 "é→ \\r\\n"'
    assert second.older("") == "socket tcp"
    assert second.older("") is None


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_only_its_user_can_read_the_file(tmp_path: Path) -> None:
    kept = HistoryFile(tmp_path / "state" / "history")
    kept.add("socket tcp")
    assert stat.S_IMODE((tmp_path / "state" / "history").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_the_file_stays_bounded_and_keeps_the_last_lines(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_text("".join(f"note {i}\n" for i in range(2 * MOST + 1)), encoding="utf-8")
    assert HistoryFile(path).lines() == [f"note {i}" for i in range(MOST + 1, 2 * MOST + 1)]
    assert len(path.read_bytes().splitlines()) == MOST
    assert [one.name for one in tmp_path.iterdir()] == ["history"]
    HistoryFile(path).add("x" * 1_000_000)  # something pasted by mistake
    assert path.stat().st_size < 50_000


def test_a_file_that_cannot_be_read_or_written_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "history", Path("/dev/full")):
        kept = HistoryFile(path)
        kept.add("socket tcp")
        assert kept.lines() == []


def test_bytes_that_are_no_text_cost_only_themselves(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_bytes(b"socket tcp\n\xff\xfe\nclose 3\n")
    lines = HistoryFile(path).lines()
    assert (lines[0], lines[-1]) == ("socket tcp", "close 3")
