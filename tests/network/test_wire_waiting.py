"""A wire on which more comes than goes on keeps only so much of it."""

from __future__ import annotations

import contextlib
import socket
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from socklab.events import Fate
from socklab.journal import Journal
from socklab.model import wire_waiting
from socklab.model.wire_rules import Rule
from socklab.network.packet_ring import Seen
from socklab.network.wire import Wire
from tests.network.wire_in_here import recorded_in

ONE, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"
SIZE = 1000
ROOM = 5  # frames of that size


class Pair:
    """A link's end that is a socket of a pair."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self.fileno, self.send, self.close = end.fileno, end.send, end.close

    def read(self) -> list[Seen]:
        seen = []
        with contextlib.suppress(BlockingIOError):
            while data := self._end.recv(70_000):
                seen.append(Seen(time.time_ns(), len(data), data))
        return seen

    def keep(self, most: int) -> None:
        """All are whole."""

    def lost(self) -> int:
        return 0


@dataclass
class Stand:
    """A wire between two sockets that stand for the hosts' links. Nothing is carried but by
    `settle`."""

    wire: Wire
    journal: Journal
    sender: socket.socket
    receiver: socket.socket

    def send(self, count: int, size: int = SIZE) -> list[tuple[str, str | None]]:
        """So many frames come onto the wire; all that has become of any frame since."""
        start = len(self.journal)
        head = bytes.fromhex((OTHER + ONE).replace(":", "")) + b"\x08\x00"
        for _frame in range(count):
            self.sender.send(head.ljust(size, b"\0"))
            self.wire.settle()
        return self.fates(start)

    def fates(self, start: int = 0) -> list[tuple[str, str | None]]:
        events = self.journal.read(start, len(self.journal))
        return [(event.verdict, event.why) for event in events if isinstance(event, Fate)]

    def came(self) -> int:
        """How many frames have come to the other host."""
        count = 0
        while True:
            try:
                self.receiver.recv(70_000)
            except BlockingIOError:
                return count
            count += 1


@pytest.fixture
def stand() -> Iterator[Stand]:
    journal = Journal.create()
    wire = Wire(recorded_in(journal))
    ends = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _host in range(2)]
    for (name, mac), (_host, end) in zip((("client", ONE), ("server", OTHER)), ends, strict=True):
        wire.plug_in(name, mac, Pair(end))
    (sender, _), (receiver, _) = ends
    receiver.setblocking(False)
    yield Stand(wire, journal, sender, receiver)
    wire.close()
    journal.close()
    for host, _end in ends:
        host.close()


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is only so much room, and the fewest bytes more of it."""
    monkeypatch.setattr(wire_waiting, "MOST", ROOM * (SIZE + wire_waiting.EACH))


HELD, DROPPED, DELIVERED = ("held", "by hand"), ("dropped", "queue full"), ("delivered", None)


@pytest.mark.usefixtures("little")
def test_what_is_held_by_hand(stand: Stand) -> None:
    stand.wire.hold(True)
    assert stand.send(ROOM + 2) == [HELD] * ROOM + [DROPPED] * 2
    assert len(stand.wire.waiting()) == ROOM
    stand.wire.step()
    assert stand.send(2) == [HELD, DROPPED]
    first, second, third, *_rest = stand.wire.waiting()
    stand.wire.drop(first.id)
    stand.wire.duplicate(second.id)
    stand.wire.deliver(third.id)
    assert stand.send(4) == [HELD] * 3 + [DROPPED]
    stand.came()
    stand.wire.hold(False)
    assert (stand.came(), stand.wire.waiting()) == (ROOM, [])
    assert stand.send(ROOM + 2) == [DELIVERED] * (ROOM + 2)


@pytest.mark.usefixtures("little")
def test_what_a_rule_holds(stand: Stand) -> None:
    for nth in range(1, ROOM + 2):
        stand.wire.next(Rule("hold", "any", nth))
    assert stand.send(ROOM + 2) == [("held", "rule")] * ROOM + [DROPPED, DELIVERED]


@pytest.mark.usefixtures("little")
def test_what_waits_for_the_rate(stand: Stand) -> None:
    stand.wire.impair(None, rate=1000.0)  # eight seconds for each frame
    assert stand.send(ROOM + 50) == [DROPPED] * 50
    queued = stand.wire.waiting()
    assert len(queued) == ROOM
    # What was dropped has taken none of the time of those that come later.
    [due] = [one.due for one in queued[-1:]]
    assert due is not None
    assert due - queued[0].since < 2 * ROOM * 8_192_000_000


@pytest.mark.usefixtures("little")
def test_what_is_delayed(stand: Stand) -> None:
    stand.wire.impair(None, delay=60.0)
    assert stand.send(ROOM + 3) == [DROPPED] * 3
    stand.wire.impair(None, delay=0.0)
    assert stand.send(3) == [DELIVERED] * 3  # that needs no room


@pytest.mark.usefixtures("little")
def test_a_copy_that_finds_no_room_is_dropped_alone(stand: Stand) -> None:
    stand.wire.impair(None, delay=60.0, duplicate=1.0)
    assert stand.send(ROOM // 2 + 1) == [DROPPED]
    assert len(stand.wire.waiting()) == ROOM


def test_what_is_counted_for_a_frame_is_more_than_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire_waiting, "MOST", 1 << 20)
    kept = wire_waiting.Waiting()
    tracemalloc.start()
    try:
        for number in range(10_000):
            data = bytes(60 + number % 2)  # no two of them the same object
            kept.hold(wire_waiting.Passing(number, number, number, "client", "server", data))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(kept.held) < 10_000
    assert most < 1 << 20
