"""run.sh deals out turns, and hears what comes of them."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from socklab.export.c_source import write_c
from socklab.export.python_source import write_python
from socklab.export.record import Piece, Record
from socklab.export.turns import run_script
from tests.export.calls import Story, folder

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or any(shutil.which(tool) is None for tool in ("bash", "cc")),
    reason="there is no bash or no C compiler, or no Linux",
)

HALTING = """\
printf 'a pid %d\\n' $$
read -r turn
printf 'a 1 re'
sleep 0.1
printf 'cv = 0\\n'
read -r turn
"""


def run(folder: Path, files: dict[str, str], complaint: str = "") -> list[str]:
    """What run.sh says, besides a complaint."""
    for name, text in files.items():
        (folder / name).write_text(text)
    done = subprocess.run(
        ["bash", folder / "run.sh"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, complaint), done.stdout
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_a_report_that_comes_in_two_pieces_is_heard_whole(tmp_path: Path) -> None:
    """As one does when the time that is waited for it is over in the middle of it."""
    script = run_script("A test.", {"a": False}, [], ['start a bash "$here/a.sh"'], 10)
    turns = "blocks a 1\nreturns a 1 1\n"
    said = run(tmp_path, {"a.sh": HALTING, "turns.txt": turns, "run.sh": script})
    assert said == ["a 1 recv = 0"]


@pytest.mark.parametrize("language", [write_python, write_c])
def test_a_loop_is_not_ahead_of_the_session(
    language: Callable[[Record], Iterator[Piece]], tmp_path: Path
) -> None:
    """The server's loop came to read when the client had already sent its reset."""
    story = Story()
    serve = story.command("server", "server: serve tcp 127.0.0.1 0 echo")
    home, at = ("127.0.0.1", 40_001), ("127.0.0.1", 50_000)
    story.socket("server", cause=serve)
    story.call("server", "bind", ("127.0.0.1", 0), cause=serve, local=home)
    story.call("server", "listen", 128, cause=serve)
    story.call("server", "ioctl", "FIONBIO", 1, cause=serve)
    story.socket("client")
    story.call("client", "connect", home, local=at, remote=home)
    accepted = story.call("server", "accept", cause=serve, result=4, new_sock=77, remote=at)
    story.call("server", "ioctl", "FIONBIO", 1, fd=4, sock=77, cause=accepted)
    story.call("client", "send", "0", data=b"hi", size=2, result=2)
    story.call("client", "setsockopt", "SOL_SOCKET", "SO_LINGER", "0")
    story.call("client", "close", cause=story.command("client", "client: close 3"))
    there, size = {"fd": 4, "sock": 77}, 65536
    heard = story.call("server", "recv", size, "0", cause=accepted, result=2, **there)
    story.call("server", "send", "0", cause=heard, size=2, error="ECONNRESET", **there)
    story.call("server", "close", cause=accepted, **there)
    said = run(tmp_path, folder(language, story.journal))
    assert [line.split(" = ")[0] for line in said[-6:]] == [
        *("client 3 send", "client 4 setsockopt", "client 5 close"),
        *("server recv", "server send", "server close"),
    ]
    assert " = -1 " in said[-2]


def test_a_port_that_is_not_free_yet_is_waited_for(tmp_path: Path) -> None:
    """As in TIME_WAIT: here the kernel keeps what has been closed for a second in FIN_WAIT2."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        home = listener.getsockname()
        client.connect(home)
        served = listener.accept()[0]
        served.setsockopt(socket.IPPROTO_TCP, socket.TCP_LINGER2, 1)
        served.close()
        listener.close()
        story = Story()
        story.socket("server")
        story.call("server", "bind", home, local=home)
        files = folder(write_python, story.journal)
        complaint = "run.sh: a port is still in TIME_WAIT, from before: that is waited for\n"
        assert run(tmp_path, files, complaint) == ["server 1 socket = 3", "server 2 bind = 0"]


def test_a_port_is_not_waited_for_where_nothing_can_be_in_its_way(tmp_path: Path) -> None:
    story = Story()
    story.socket("reuses")
    story.call("reuses", "setsockopt", "SOL_SOCKET", "SO_REUSEADDR", 1)
    story.call("reuses", "bind", ("127.0.0.1", 8080))
    story.socket("datagrams", kind="SOCK_DGRAM")
    story.call("datagrams", "bind", ("127.0.0.1", 8081))
    story.socket("any")
    story.call("any", "bind", ("127.0.0.1", 0), local=("127.0.0.1", 40_001))
    story.socket("taken")
    story.call("taken", "bind", ("127.0.0.1", 8082), error="EADDRINUSE")
    assert "until_free" not in folder(write_python, story.journal)["run.sh"]
