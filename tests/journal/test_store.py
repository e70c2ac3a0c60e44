"""Where journals go, and which of the old ones are removed."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from socklab.journal import Journal, directory, new_path, store
from tests.journal.samples import call

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs POSIX modes and locks")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    return tmp_path


def old_journals(folder: Path, count: int, size: int = 10) -> list[Path]:
    """Journals in the folder, the oldest first, of `size` bytes each."""
    made = []
    for i in range(count):
        path = folder / f"2026-01-01T{i:06}-77.jsonl"
        path.touch()
        os.truncate(path, size)
        os.utime(path, (1_000_000 + i, 1_000_000 + i))
        made.append(path)
    return made


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("linux", ".local/state/socklab/journals"),
        ("darwin", "Library/Application Support/socklab/journals"),
        ("win32", "AppData/Local/socklab/journals"),
    ],
)
def test_each_system_has_its_place(
    home: Path, monkeypatch: pytest.MonkeyPatch, platform: str, expected: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert directory() == home / expected


def test_the_environment_names_the_place(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    assert directory() == home / "state/socklab/journals"
    monkeypatch.setenv("XDG_STATE_HOME", "relative/state")
    assert directory() == home / ".local/state/socklab/journals"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(home / "local"))
    assert directory() == home / "local/socklab/journals"


def test_a_user_without_a_home_has_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert directory().is_absolute()


@posix_only
def test_the_folder_is_private(home: Path) -> None:
    path = new_path()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.name.endswith(f"-{os.getpid()}.jsonl")
    assert store._NAME.fullmatch(path.name)
    assert not path.exists()


def test_two_in_one_second_get_two_names(home: Path) -> None:
    paths = set()
    for _ in range(5):
        path = new_path()
        path.touch()
        paths.add(path)
        assert store._NAME.fullmatch(path.name)
    assert len(paths) == 5


def test_a_place_that_cannot_be_made_is_told_by_the_journal(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").touch()
    monkeypatch.setattr(store, "_state_home", lambda: home / "file")
    journal = Journal.create(new_path())
    assert journal.recording == "failed"
    journal.close()


def test_the_newest_stay(tmp_path: Path) -> None:
    old = old_journals(tmp_path, 30)
    store.prune(tmp_path)
    assert sorted(tmp_path.iterdir()) == old[-19:]  # with the new one they are twenty


def test_not_too_many_bytes_stay(tmp_path: Path) -> None:
    old = old_journals(tmp_path, 5, size=300 << 20)  # sparse
    store.prune(tmp_path)
    assert sorted(tmp_path.iterdir()) == old[-3:]
    store.prune(tmp_path, room=(2 << 30) - (400 << 20))
    assert sorted(tmp_path.iterdir()) == old[-1:]


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "lecture-3.jsonl"
    mine.touch()
    os.utime(mine, (1, 1))
    old_journals(tmp_path, 30)
    store.prune(tmp_path)
    assert mine.exists()


@posix_only
def test_a_journal_that_is_still_written_stays(tmp_path: Path) -> None:
    live_path = tmp_path / "2025-01-01T000000-1.jsonl"
    live = Journal.create(live_path)
    live.append(call(0))
    live.flush()
    os.utime(live_path, (1, 1))
    old_journals(tmp_path, 30)
    store.prune(tmp_path)
    assert live_path.exists()
    live.close()
    os.utime(live_path, (1, 1))
    store.prune(tmp_path)
    assert not live_path.exists()


def test_without_locks_a_fresh_file_counts_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = old_journals(tmp_path, 30)
    for path in old:
        os.utime(path)
    monkeypatch.setattr(os, "name", "nt")
    store.prune(tmp_path)
    monkeypatch.undo()
    assert len(list(tmp_path.iterdir())) == 30
