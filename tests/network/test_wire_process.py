"""The wire in a process of its own: what happens on it is in the journal, in its place."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import AnyEvent, Fate, Frame, Note
from socklab.journal import Journal
from socklab.model.frame_kinds import kinds
from socklab.model.wire_end import WireMove
from socklab.model.wire_rules import Rule
from socklab.network import child, wire_process
from socklab.network.private import PrivateNetwork
from socklab.network.wire import NotOnTheWire, Wire
from socklab.network.wire_intake import WireIntake
from socklab.network.wire_messages import Channel
from socklab.network.wire_process import WireGone, WireProcess
from socklab.network.wire_record import Portion
from tests.network.test_private import private_network_or_skip, wait_until_gone

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")

PORT = 9000
PATIENCE = 5.0


@dataclass
class Stand:
    """Two hosts on a wire that carries."""

    network: PrivateNetwork
    wire: WireProcess
    journal: Journal
    moves: list[WireMove]
    closing: contextlib.ExitStack

    def open(self, host: str, kind: socket.SocketKind) -> socket.socket:
        made = self.network.hosts[host].socket(socket.AF_INET, kind)
        made.settimeout(PATIENCE)
        return self.closing.enter_context(made)

    def datagrams(self) -> tuple[socket.socket, socket.socket]:
        """One that sends to the other, which has had one already."""
        sender, taker = (self.open(name, socket.SOCK_DGRAM) for name in ("client", "server"))
        there = (self.network.hosts["server"].ipv4, PORT)
        taker.bind(there)
        sender.connect(there)
        sender.send(b"who are you?")
        taker.recv(100)
        self.wire.settle()
        return sender, taker

    def events(self, start: int) -> list[AnyEvent]:
        return self.journal.read(start, len(self.journal))

    def frames(self, start: int) -> list[Frame]:
        found = [event for event in self.events(start) if isinstance(event, Frame)]
        return [frame for frame in found if "udp" in kinds(frame.data)]

    def fates(self, start: int) -> list[tuple[int, str]]:
        found = [event for event in self.events(start) if isinstance(event, Fate)]
        return [(fate.id, fate.verdict) for fate in found]

    def wait_for(self, kind: type[AnyEvent], start: int) -> None:
        """Until there is such an event since."""
        while not any(isinstance(event, kind) for event in self.events(start)):
            more = threading.Event()
            size = len(self.journal)
            self.journal.watch(more.set)
            assert len(self.journal) > size or more.wait(PATIENCE), "it didn't happen"


@pytest.fixture
def stand() -> Iterator[Stand]:
    network = private_network_or_skip()
    journal = Journal.create()
    moves: list[WireMove] = []
    wire = WireProcess(journal, moves.append)
    for host in network.hosts.values():
        wire.plug_in(host.name, host.mac, network.link(host.name), network.mtu)
    wire.do(Wire.start)
    with contextlib.ExitStack() as closing:
        yield Stand(network, wire, journal, moves, closing)
    wire.close()
    network.close()
    journal.close()


@linux
def test_what_was_asked_has_happened_and_is_recorded(stand: Stand) -> None:
    sender, taker = stand.datagrams()
    stand.wire.do(Wire.hold, True)
    start = len(stand.journal)
    for number in range(3):
        sender.send(b"%d" % number)
    stand.wire.settle()
    first, second, third = (frame.id for frame in stand.frames(start))
    stand.wire.do(Wire.drop, second)
    stand.wire.do(Wire.deliver, third)
    assert taker.recv(100) == b"2"
    assert [held.id for held in stand.wire.do(Wire.waiting)] == [first]
    assert stand.fates(start) == [
        (first, "held"),
        (second, "held"),
        (third, "held"),
        (second, "dropped"),
        (third, "delivered"),
    ]
    assert stand.wire.next == third + 1


@linux
def test_what_it_cant_do_is_said_as_by_the_wire(stand: Stand) -> None:
    with pytest.raises(NotOnTheWire, match="no frame 77 is held"):
        stand.wire.do(Wire.drop, 77)
    with pytest.raises(NotOnTheWire, match="no host nobody"):
        stand.wire.do(Wire.next, Rule("drop", "any", sender="nobody"))


@linux
def test_a_copy_names_its_frame_by_the_journals_number(stand: Stand) -> None:
    sender, _taker = stand.datagrams()
    stand.wire.do(Wire.hold, True)
    sender.send(b"once")
    stand.wire.settle()
    (held,) = stand.wire.do(Wire.waiting)
    for number in range(3):  # others have their say in between
        stand.journal.append(Note(t=stand.journal.now(), text=str(number)))
    start = len(stand.journal)
    stand.wire.do(Wire.duplicate, held.id)
    (copy,) = stand.frames(start)
    assert copy.cause is not None
    original = stand.journal[copy.cause]
    assert isinstance(original, Frame)
    assert original.id == held.id


@linux
def test_a_moves_cause_is_in_the_journal_when_it_is_told(stand: Stand) -> None:
    listener, caller = (stand.open(name, socket.SOCK_STREAM) for name in ("server", "client"))
    there = (stand.network.hosts["server"].ipv4, PORT)
    listener.bind(there)
    listener.listen()
    caller.connect(there)
    stand.wire.settle()
    of_client = [move for move in stand.moves if move.host == "client"]
    assert [(move.old, move.new) for move in of_client] == [
        ("CLOSE", "SYN_SENT"),
        ("SYN_SENT", "ESTABLISHED"),
    ]
    left, came = (stand.journal[move.cause] for move in of_client)
    assert isinstance(left, Frame)
    assert "syn" in kinds(left.data)
    assert isinstance(came, Fate)
    assert [move.t for move in of_client] == [left.t, came.t]


@linux
def test_a_wire_that_is_killed_is_said_to_be_gone(stand: Stand) -> None:
    start = len(stand.journal)
    os.kill(stand.wire._child.pid, signal.SIGKILL)
    stand.wait_for(Note, start)
    (note,) = stand.events(start)
    assert isinstance(note, Note)
    assert note.level == "error"
    assert note.text.startswith("the wire, a process of its own, has ended")
    with pytest.raises(WireGone):
        stand.wire.do(Wire.status)
    stand.wire.settle()


@linux
def test_a_wire_that_cannot_begin_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no module named so-and-so >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    journal = Journal.create()
    wire = WireProcess(journal, lambda _move: None)
    with pytest.raises(WireGone, match=r"has ended \(no module named so-and-so\)"):
        wire.do(Wire.start)
    wire.close()
    assert len(journal) == 0  # nobody had a wire yet


@linux
def test_a_wire_that_stands_still_is_closed_all_the_same(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_process, "_PATIENCE", 0.2)
    monkeypatch.setattr(child, "_PATIENCE", 0.2)
    process = stand.wire._child.pid
    os.kill(process, signal.SIGSTOP)
    with pytest.raises(WireGone, match="doesn't answer"):
        stand.wire.do(Wire.status)
    stand.wire.settle()
    stand.wire.close()
    wait_until_gone([process])


@linux
def test_what_cannot_be_taken_in_ends_the_wire_and_nobody_waits(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_portion: Portion) -> None:
        raise KeyError("nobody")

    sender, _taker = stand.datagrams()
    monkeypatch.setattr(stand.wire._intake, "take", fails)
    start = len(stand.journal)
    sender.send(b"once more")
    stand.wait_for(Note, start)
    (note,) = stand.events(start)
    assert isinstance(note, Note)
    assert "has ended (KeyError: 'nobody')" in note.text
    with pytest.raises(WireGone):
        stand.wire.do(Wire.status)


@linux
def test_a_person_need_not_wait_until_all_has_settled(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, done = threading.Event(), threading.Event()
    told = stand.wire._settled.say

    def say(what: object) -> None:
        told(what)
        asked.set()
        done.wait(PATIENCE)  # the answer isn't read yet

    monkeypatch.setattr(stand.wire._settled, "say", say)
    settling = threading.Thread(target=stand.wire.settle)
    settling.start()
    assert asked.wait(PATIENCE)
    assert stand.wire.do(Wire.status)
    assert settling.is_alive()
    done.set()
    settling.join(PATIENCE)
    assert not settling.is_alive()


@linux
def test_nothing_is_left_of_a_wire_whose_lab_was_killed() -> None:
    code = (
        "import signal\n"
        "from socklab.journal import Journal\n"
        "from socklab.network.wire import Wire\n"
        "from socklab.network.wire_process import WireProcess\n"
        "wire = WireProcess(Journal.create(), print)\n"
        "wire.do(Wire.start)\n"
        "print(wire._child.pid, flush=True)\n"
        "signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as lab:
        assert lab.stdout is not None
        process = int(lab.stdout.readline())
        os.kill(lab.pid, signal.SIGKILL)
    wait_until_gone([process])


def test_a_message_of_any_size_comes_whole() -> None:
    one, other = (Channel(end) for end in socket.socketpair())
    messages = [b"", b"x", bytes(range(256)) * 20_000, b"last"]
    received: list[bytes] = []

    def receive() -> None:
        with contextlib.suppress(EOFError):
            while True:
                received.append(other.receive())

    reader = threading.Thread(target=receive)
    reader.start()
    for message in messages:
        one.send(message)
    one.close()
    reader.join(PATIENCE)
    other.close()
    assert received == messages


@given(st.data())
def test_every_cause_is_found_among_the_events_of_others(data: st.DataObject) -> None:
    journal = Journal.create()
    moves: list[WireMove] = []
    intake = WireIntake(journal, moves.append)
    causes: list[int] = []  # of each of the wire's events, -1 for none
    told: list[int] = []
    for size in data.draw(st.lists(st.integers(1, 5), max_size=8)):
        for _event in range(data.draw(st.integers(0, 2))):
            journal.append(Note(t=0, text="of somebody else"))
        portion = Portion(len(causes), [], [], [])
        for place in range(size):
            n = len(causes)
            cause = data.draw(st.none() | st.integers(0, n - 1)) if n else None
            if cause is not None:
                portion.copies.append(place)
            portion.events.append(
                Frame(t=0, id=100 + n, sender="a", receiver="b", size=0, data=b"", cause=cause)
            )
            causes.append(-1 if cause is None else cause)
        for n in data.draw(st.lists(st.integers(0, len(causes) - 1), max_size=3)):
            portion.moves.append(WireMove("a", ("a", 1), ("b", 2), "CLOSE", "SYN_SENT", 0, n))
            told.append(n)
        intake.take(portion)
    frames = [event for event in journal if isinstance(event, Frame)]
    assert [frame.id for frame in frames] == [100 + n for n in range(len(causes))]
    for frame, cause in zip(frames, causes, strict=True):
        if cause < 0:
            assert frame.cause is None
        else:
            assert frame.cause == frames[cause].n
    assert [move.cause for move in moves] == [frames[n].n for n in told]
    assert intake.next == (100 + len(causes) if causes else 1)
