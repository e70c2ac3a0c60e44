"""An export is a file when it is whole, and costs nobody what was there before."""

from __future__ import annotations

import os
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from socklab.export.files import write_out
from socklab.export.record import AnyExporter, BytesExporter, Exporter, FolderExporter, Piece
from socklab.journal import Journal


def texts(*pieces: str, breaks: bool = False) -> Exporter:
    def write(_record: object) -> Iterator[str]:
        yield from pieces
        if breaks:
            raise OSError(28, "No space left on device")

    return Exporter("text", "", ".txt", write)


def bytes_of(exporter: Exporter) -> BytesExporter:
    def write(_record: object) -> Iterator[bytes]:
        return (text.encode() for text in exporter.write(Journal.create()))

    return BytesExporter("bytes", "", ".bin", write, lambda _record: "")


def folder(*pieces: Piece, breaks: bool = False) -> FolderExporter:
    def write(_record: object) -> Iterator[Piece]:
        yield from pieces
        if breaks:
            raise OSError(28, "No space left on device")

    return FolderExporter("folder", "", write)


def written(exporter: AnyExporter, path: Path) -> None:
    write_out(exporter, Journal.create(), path)


def names(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


@pytest.mark.parametrize(
    "broken",
    [
        texts("new", breaks=True),
        bytes_of(texts("new", breaks=True)),
        folder(Piece("it", "new"), Piece("other", "new"), breaks=True),
    ],
)
def test_what_fails_leaves_everything_as_it_was(tmp_path: Path, broken: AnyExporter) -> None:
    (tmp_path / "it").write_text("mine")
    place = tmp_path if isinstance(broken, FolderExporter) else tmp_path / "it"
    with pytest.raises(OSError, match="No space left"):
        written(broken, place)
    assert names(tmp_path) == ["it"]
    assert (tmp_path / "it").read_text() == "mine"


def test_who_gives_up_leaves_nothing(tmp_path: Path) -> None:
    def enough(_size: int) -> None:
        raise InterruptedError("given up")

    for exporter, name in ((texts("a", "b"), "it"), (folder(Piece("it", "a")), "folder")):
        with pytest.raises(InterruptedError):
            write_out(exporter, Journal.create(), tmp_path / name, enough)
    assert names(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_a_new_file_is_private_and_a_known_one_stays_what_it_was(tmp_path: Path) -> None:
    known, new = tmp_path / "known", tmp_path / "new"
    known.write_text("mine")
    known.chmod(0o644)
    for path in (known, new):
        written(texts("text"), path)
        assert path.read_text() == "text"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (known, new)] == [0o644, 0o600]


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_what_is_to_run_may_be_run(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("mine")
    (tmp_path / "run.sh").chmod(0o644)
    written(folder(Piece("run.sh", "#!", runs=True), Piece("it.c", "int")), tmp_path)
    assert os.access(tmp_path / "run.sh", os.X_OK)
    assert names(tmp_path) == ["it.c", "run.sh"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_goes_on_leading_where_it_led(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "target"
    link.symlink_to(target)
    for text in ("first", "second"):
        written(texts(text), link)
        assert link.is_symlink()
        assert target.read_text() == text
    assert names(tmp_path) == ["link", "target"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX's")
def test_into_a_pipe_is_written_straight(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=written, args=(texts("a", "b"), pipe))
    writing.start()
    assert pipe.read_text() == "ab"
    writing.join()
    assert names(tmp_path) == ["pipe"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("exporter", [texts("a"), bytes_of(texts("a"))])
def test_a_full_disk_is_noticed_though_it_comes_with_the_last_bytes(exporter: AnyExporter) -> None:
    with pytest.raises(OSError, match="No space left"):
        written(exporter, Path("/dev/full"))


@pytest.mark.parametrize(
    ("where", "why"), [("no/such/it", FileNotFoundError), (".", IsADirectoryError)]
)
def test_a_path_that_cannot_be_leaves_nothing(
    tmp_path: Path, where: str, why: type[OSError]
) -> None:
    with pytest.raises(why):
        written(texts("a"), tmp_path / where)
    assert names(tmp_path) == []
