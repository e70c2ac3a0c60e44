"""Every frame that a host sends comes onto the wire, at its time: on real links."""

from __future__ import annotations

import contextlib
import select
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from socklab.events import Fate, Frame, Note
from socklab.journal import Journal
from socklab.model.frame_kinds import kinds
from socklab.network import links
from socklab.network.links import End, link_end
from socklab.network.private import PrivateNetwork
from socklab.network.wire import Wire
from tests.network.test_private import private_network_or_skip
from tests.network.wire_in_here import recorded_in

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")

PORT = 9000
BURST = 3000  # frames: far more than a socket's own buffer takes, within what TCP has on its way
PATIENCE = 5.0


@dataclass
class Stand:
    """A wire that carries only when `settle` is called, or once it is started."""

    network: PrivateNetwork
    wire: Wire
    journal: Journal
    ends: list[End]
    closing: contextlib.ExitStack

    def sockets(self) -> tuple[socket.socket, socket.socket]:
        """One on each host that sends to the other, both of whom know where that is."""
        server, client = self.network.hosts["server"], self.network.hosts["client"]
        one = client.socket(socket.AF_INET, socket.SOCK_DGRAM)
        other = server.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind((client.ipv4, PORT))
        other.bind((server.ipv4, PORT))
        for sock, there in ((one, server), (other, client)):
            self.closing.enter_context(sock)
            sock.connect((there.ipv4, PORT))
        one.send(b"who are you?")
        self.until(other)
        other.send(b"and you?")
        self.until(one)
        return one, other

    def until(self, taker: socket.socket) -> bytes:
        """Carries until a datagram comes."""
        either: list[socket.socket | End] = [taker, *self.ends]
        while ready := select.select(either, [], [], PATIENCE)[0]:
            if taker in ready:
                return taker.recv(70_000)
            self.wire.settle()
        raise TimeoutError

    def datagrams(self, start: int) -> list[Frame]:
        """The frames with data that came since."""
        events = self.journal.read(start, len(self.journal))
        return [e for e in events if isinstance(e, Frame) and "udp" in kinds(e.data)]


@pytest.fixture
def stand() -> Iterator[Stand]:
    network = private_network_or_skip()
    journal = Journal.create()
    wire = Wire(recorded_in(journal))
    ends = [link_end(network.link(name), network.mtu) for name in network.hosts]
    for host, end in zip(network.hosts.values(), ends, strict=True):
        wire.plug_in(host.name, host.mac, end)
    with contextlib.ExitStack() as closing:
        yield Stand(network, wire, journal, ends, closing)
    wire.close()
    network.close()
    journal.close()


def test_a_burst_comes_whole_and_in_order(stand: Stand) -> None:
    one, _other = stand.sockets()
    start = len(stand.journal)
    for number in range(BURST):
        one.send(b"%05d" % number)
    stand.wire.settle()
    came = [frame.data[-5:] for frame in stand.datagrams(start)]
    assert came == [b"%05d" % number for number in range(BURST)]


def test_frames_of_both_hosts_come_in_the_order_in_which_they_were_sent(stand: Stand) -> None:
    ends = stand.sockets()
    start = len(stand.journal)
    for number in range(10):
        ends[number % 2].send(b"%d" % number)
    stand.wire.settle()
    frames = stand.datagrams(start)
    assert [frame.data[42:43] for frame in frames] == [b"%d" % number for number in range(10)]
    assert [frame.sender for frame in frames] == ["client", "server"] * 5
    assert [frame.t for frame in frames] == sorted(frame.t for frame in frames)


def test_what_was_sent_before_a_person_acts_crosses_as_it_was_before(stand: Stand) -> None:
    one, _other = stand.sockets()
    start = len(stand.journal)
    one.send(b"before")
    stand.wire.hold(True)
    one.send(b"held")
    stand.wire.drop(stand.datagrams(start)[-1].id + 1)
    events = stand.journal.read(start, len(stand.journal))
    verdicts = [event.verdict for event in events if isinstance(event, Fate)]
    assert verdicts == ["delivered", "held", "dropped"]


def test_what_a_person_had_the_wire_take_in_goes_on_in_its_time(stand: Stand) -> None:
    one, other = stand.sockets()
    stand.wire.impair(None, delay=0.001)
    stand.wire.start()
    other.settimeout(PATIENCE)
    for _time in range(100):
        one.send(b"late")
        stand.wire.reseed(1)
        assert other.recv(100) == b"late"


def test_a_frame_bears_the_time_at_which_it_was_sent(stand: Stand) -> None:
    one, _other = stand.sockets()
    start = len(stand.journal)
    before = stand.journal.now()
    one.send(b"now")
    after = stand.journal.now()
    time.sleep(0.05)  # the wire does something else
    stand.wire.settle()
    (frame,) = stand.datagrams(start)
    slack = 5_000_000  # ns: two clocks were compared
    assert before - slack < frame.t < after + slack


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_a_clock_that_is_set_meanwhile_holds_no_frame_up(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    one, other = stand.sockets()
    start = len(stand.journal)
    one.send(b"before")
    true = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: true() + seconds * 1_000_000_000)
    assert stand.until(other) == b"before"
    monkeypatch.undo()
    one.send(b"after")
    assert stand.until(other) == b"after"
    frames = stand.datagrams(start)
    assert [frame.t for frame in frames] == sorted(frame.t for frame in frames)
    fates = [e for e in stand.journal.read(start, len(stand.journal)) if isinstance(e, Fate)]
    assert all(fate.delay is not None and fate.delay >= 0 for fate in fates)


def test_what_the_wire_has_no_room_for_is_counted_and_said(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(links, "_RING", 1 << 16)
    stand: Stand = request.getfixturevalue("stand")
    one, _other = stand.sockets()
    start = len(stand.journal)
    for _number in range(BURST):
        one.send(b"x")
    stand.wire.start()
    notes: list[Note] = []
    more = threading.Event()
    while not notes:
        stand.journal.watch(more.set)
        notes = [e for e in stand.journal.read(0, len(stand.journal)) if isinstance(e, Note)]
        assert notes or more.wait(PATIENCE), "nothing was said"
        more.clear()
    lost = BURST - len(stand.datagrams(start))
    assert lost > 0
    assert [note.text for note in notes] == [
        f"{lost:,} frames came faster than the wire could take them, and were lost before it: they "
        "are in no list"
    ]


@pytest.mark.parametrize("mtu", [576, 1500, 9000, 65535])
def test_the_largest_packet_of_any_mtu_comes_whole(stand: Stand, mtu: int) -> None:
    one, other = stand.sockets()
    stand.network.set_mtu(mtu)
    stand.wire.fit(mtu)
    start = len(stand.journal)
    data = bytes(range(256)) * 256
    for _time in range(3):
        one.send(data[: mtu - 28])
        assert stand.until(other) == data[: mtu - 28]
    assert [frame.size for frame in stand.datagrams(start)] == [mtu + 14] * 3
