"""Exported frames as Wireshark's own tools read them: without a complaint, with every comment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from socklab.events import AnyEvent, Call, Fate, Frame
from socklab.export import FORMATS
from socklab.export.files import write_out
from socklab.lab.lab import Lab
from socklab.model.notation import call_text
from tests.network.test_private import private_network_or_skip

SESSION = """\
network private
server: socket tcp
server: bind 3 * 80
server: listen 3 5
client: socket tcp
wire next drop syn
client: connect 3 server 80
expect client connect 3 = 0 within 20
server: accept 3
client: send 3 "one"
client: send 3 bytes:5000
expect wire data from=client = delivered x5
server: recv 4 5003 waitall
expect server recv 4 = 5003
wire hold on
server: send 4 "held"
expect wire data from=server = held
wire hold off
client: recv 3 4 waitall
expect client recv 3 = 4
client: shutdown 3 out
server: recv 4
expect server recv 4 = 0
server: reset 4
client-2: socket udp ipv6
server-2: socket udp ipv6
server-2: bind 3 * 53
client-2: sendto 3 server 53 "café"
server-2: recvfrom 3
expect server-2 recvfrom 3 = 5
wire set mtu=1280
client-2: sendto 3 server 53 bytes:3000
server-2: recvfrom 3
expect server-2 recvfrom 3 = 3000
client-3: socket tcp
client-3: connect 3 server 81
expect client-3 connect = ECONNREFUSED
client: stop
client-2: stop
client-3: stop
server: stop
server-2: stop
network machine
"""
_SEPARATOR = "\x1f"


class Told(NamedTuple):
    """What tshark says of a frame."""

    interface: str
    seconds: str
    size: int
    comments: list[str]


@pytest.fixture(scope="module")
def tools() -> None:
    for tool in ("tshark", "capinfos"):
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool}: apt-get install tshark")
    private_network_or_skip().close()


def run(*command: str | Path) -> str:
    """What a tool says, having found nothing to complain of."""
    home = {"HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        command, capture_output=True, text=True, env=home, timeout=60, check=False
    )
    complaints = [
        line for line in done.stderr.splitlines() if not line.startswith("Running as user")
    ]
    assert (done.returncode, complaints) == (0, [])
    return done.stdout


def tshark(path: Path) -> list[Told]:
    fields = ("frame.interface_name", "frame.time_epoch", "frame.len", "frame.comment")
    asked = [word for field in fields for word in ("-e", field)]
    style = ("-E", f"aggregator={_SEPARATOR}", "-E", "separator=/t")
    said = run("tshark", "-n", "-r", path, "-T", "fields", *style, *asked)
    found = []
    for line in said.splitlines():
        interface, seconds, size, comments = line.split("\t")
        texts = comments.split(_SEPARATOR) if comments else []
        found.append(Told(interface, seconds, int(size), texts))
    return found


@pytest.mark.usefixtures("tools")
def test_wireshark_reads_what_was_exported(lab: Lab, tmp_path: Path) -> None:
    script = lab.script(SESSION)
    lab.run(script).result(60)
    assert script.failure is None
    path = tmp_path / "session.pcapng"
    write_out(FORMATS["pcapng"], lab.journal, path)
    events = list(lab.journal)
    frames = [event for event in events if isinstance(event, Frame)]
    told = tshark(path)
    assert [one.interface for one in told] == [frame.sender for frame in frames]
    assert [one.size for one in told] == [frame.size for frame in frames]
    assert [one.seconds for one in told] == [
        f"{frame.t // 10**9}.{frame.t % 10**9:09}" for frame in frames
    ]
    _check_comments(told, events)
    assert f"Number of packets:   {len(frames)}" in run("capinfos", "-M", path)


def _check_comments(told: list[Told], events: Sequence[AnyEvent]) -> None:
    """Every call that sends is on some frame, and every frame that was lost says so."""
    calls = [event for event in events if isinstance(event, Call)]
    sending = [
        call
        for call in calls
        if call.name in ("send", "sendto", "connect", "recv", "recvfrom", "shutdown")
        and (call.name, call.result) != ("recv", 0)
    ]
    said = {text for one in told for text in one.comments}
    for call in [*sending, *(c for c in calls if c.name == "close" and c.fd == 4)]:
        assert f"{call.program}: {call_text(call)}" in said
    dropped = [event for event in events if isinstance(event, Fate) and event.verdict == "dropped"]
    assert len(dropped) == 1
    assert "dropped by rule (`wire next drop syn`)" in said
    assert any(text.startswith("held ") and text.endswith(" by hand") for text in said)


@pytest.mark.usefixtures("tools")
def test_an_empty_file_is_a_sound_one(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "empty.pcapng"
    write_out(FORMATS["pcapng"], lab.journal, path)
    assert run("tshark", "-r", path) == ""
    assert "Number of packets:   0" in run("capinfos", "-M", path)


@pytest.mark.usefixtures("tools")
def test_from_the_command_line(tmp_path: Path) -> None:
    journal, path = tmp_path / "journal", tmp_path / "session.pcapng"
    socklab = [sys.executable, "-m", "socklab"]
    lines = ["network private", "client: socket udp", 'client: sendto 3 server 53 "x"']
    words = [word for line in [*lines, "expect wire udp = delivered"] for word in ("-c", line)]
    subprocess.run([*socklab, "run", *words, "--journal", str(journal)], check=True, timeout=60)
    export = [*socklab, "export", str(journal), "--to", "pcapng"]
    piped = subprocess.run(export, capture_output=True, check=True, timeout=60)
    assert piped.stderr == b""
    path.write_bytes(piped.stdout)
    texts = [text for one in tshark(path) for text in one.comments]
    assert 'client: sendto(3, "x", 10.0.0.2:53) = 1' in texts
