"""The wire: `python -m tests.bench.bench_wire [--megabytes N]`.

Joins two private hosts and measures, with every frame journaled to disk: how long the network
takes to come up, how many frames a second cross while one program sends as fast as it can, how
exact a delay is, and how many of 10,000 frames a loss of 10 % takes.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import sqrt
from pathlib import Path

from socklab.events import AnyEvent, Fate, Frame
from socklab.journal import Journal
from socklab.model.frame_kinds import kinds
from socklab.network.private import PrivateNetwork
from socklab.network.wire import Wire
from socklab.network.wire_process import WireProcess

PORT = 9000
DELAY, DELAYED, APART = 0.1, 200, 0.01  # seconds, frames, seconds
LOSS, LOSSY = 0.1, 10_000

_SEND = """
import socket, sys
with socket.socket(fileno=int(sys.argv[1])) as sock:
    left, piece = int(sys.argv[2]), bytes(1 << 16)
    while left > 0:
        left -= sock.send(piece[:left])
    sock.shutdown(socket.SHUT_WR)
    sock.recv(1)
"""
_TAKE = """
import socket, sys
with socket.socket(fileno=int(sys.argv[1])) as sock:
    while sock.recv(1 << 20):
        pass
"""


class Stand:
    """Two hosts on a wire, and the journal of what crosses it."""

    def __init__(self, folder: Path) -> None:
        began = time.perf_counter()
        self.journal = Journal.create(folder / "wire.jsonl")
        self.wire = WireProcess(self.journal, lambda _move: None)
        self.network = PrivateNetwork.up()
        for host in self.network.hosts.values():
            link = self.network.link(host.name)
            self.wire.plug_in(host.name, host.mac, link, self.network.mtu)
        self.wire.do(Wire.start)
        self.took = time.perf_counter() - began

    def close(self) -> None:
        self.wire.close()
        self.network.close()
        self.journal.close()

    def since(self, n: int) -> list[AnyEvent]:
        return self.journal.read(n, len(self.journal))

    def datagrams(self) -> tuple[socket.socket, socket.socket]:
        """One that sends to the other, whose address is known to both hosts already."""
        server, client = self.network.hosts["server"], self.network.hosts["client"]
        taker = server.socket(socket.AF_INET, socket.SOCK_DGRAM)
        taker.bind((server.ipv4, PORT))
        sender = client.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.connect((server.ipv4, PORT))
        sender.send(b"who are you?")
        taker.recv(100)
        return sender, taker


@contextmanager
def stand() -> Iterator[Stand]:
    with tempfile.TemporaryDirectory() as name:
        made = Stand(Path(name))
        try:
            yield made
        finally:
            made.close()


def throughput(on: Stand, size: int) -> tuple[float, float]:
    """Frames and megabytes a second while one connection carries `size` bytes."""
    server, client = on.network.hosts["server"], on.network.hosts["client"]
    with (
        server.socket(socket.AF_INET, socket.SOCK_STREAM) as listener,
        client.socket(socket.AF_INET, socket.SOCK_STREAM) as sender,
    ):
        listener.bind((server.ipv4, PORT))
        listener.listen()
        sender.connect((server.ipv4, PORT))
        taker, _peer = listener.accept()
        with taker:
            first, began = len(on.journal), time.perf_counter()
            running = [
                _child(_TAKE, taker),
                _child(_SEND, sender, str(size)),
            ]
        for child in running:
            child.wait(120)
        took = time.perf_counter() - began
    frames = (len(on.journal) - first) / 2
    return frames / took, size / took / 1e6


def _child(code: str, sock: socket.socket, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", code, str(sock.fileno()), *words]
    return subprocess.Popen(command, pass_fds=[sock.fileno()])


def delays(on: Stand) -> list[float]:
    """What frames that were to take DELAY seconds took, in seconds, at 100 a second."""
    sender, taker = on.datagrams()
    on.wire.do(Wire.impair, ("client", "server"), delay=DELAY)
    first = len(on.journal)
    with sender, taker:
        for _frame in range(DELAYED):
            sender.send(b"tick")
            time.sleep(APART)
        for _frame in range(DELAYED):
            taker.recv(100)
    on.wire.do(Wire.impair, None, delay=0.0)
    events = on.since(first)
    ticks = {e.id for e in events if isinstance(e, Frame) and "udp" in kinds(e.data)}
    return [e.delay / 1e9 for e in events if isinstance(e, Fate) and e.id in ticks]


def losses(on: Stand) -> tuple[int, int]:
    """How many of how many frames were lost."""
    sender, taker = on.datagrams()
    on.wire.do(Wire.impair, ("client", "server"), loss=LOSS)
    first = len(on.journal)
    with sender, taker:
        for number in range(LOSSY):
            sender.send(b"tick")
            if number % 50 == 49:  # not faster than the link's own queue
                time.sleep(0.005)
    time.sleep(0.5)
    on.wire.do(Wire.impair, None, loss=0.0)
    events = on.since(first)
    sent = sum(isinstance(event, Frame) and event.sender == "client" for event in events)
    return sum(isinstance(e, Fate) and e.why == "loss" for e in events), sent


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    options = parser.parse_args()
    ups = []
    for _time in range(5):
        with stand() as on:
            ups.append(on.took)
    with stand() as on:
        frames, megabytes = throughput(on, options.megabytes * 1_000_000)
        lost_by_journal = on.journal.lost
    with stand() as on:
        took = delays(on)
    with stand() as on:
        lost, sent = losses(on)
    off = [abs(delay - DELAY) * 1000 for delay in took]
    margin = 3.291 * sqrt(sent * LOSS * (1 - LOSS))
    rows = [
        ("network up, median of 5", f"{statistics.median(ups) * 1000:.0f} ms", "300 ms"),
        ("frames/s, all journaled", f"{frames:,.0f}", "50,000"),
        ("megabytes/s", f"{megabytes:.0f}", ""),
        ("events not recorded", f"{lost_by_journal}", "0"),
        (
            "delay off by, median and most",
            f"{statistics.median(off):.2f} {max(off):.2f} ms",
            "2 ms",
        ),
        (
            f"lost of {sent:,} at 10 %",
            f"{lost:,}",
            f"{sent * LOSS - margin:,.0f} to {sent * LOSS + margin:,.0f}",
        ),
    ]
    for what, measured, held in rows:
        print(f"{what:34} {measured:>20}   {held}")


if __name__ == "__main__":
    main()
