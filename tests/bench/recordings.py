"""Long journals to look at: told by a formula, as a lab would have recorded them, and written.

The first end of every connection is the client's, which opened it; the server echoes. Each message
bears its number, so that what is on the screen tells which moment that is.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from socklab.events import (
    Address,
    AnyEvent,
    Call,
    Command,
    Fate,
    Frame,
    Gauge,
    Info,
    Note,
    Program,
    State,
)
from socklab.journal import Journal
from tests.model.frames.build import CLIENT_MAC, SERVER_MAC, ethernet, ipv4, tcp

BEGIN = 1_790_000_000_000_000_000
APART = 7_000
"""Nanoseconds from one event to the next."""

SNAP = 64
HERE, CLIENT, SERVER = ("127.0.0.1", 8080), "10.0.0.1", "10.0.0.2"
_TCP = ("AF_INET", "SOCK_STREAM", 0)
_AT_ONCE = 10_000
"""Connections from this number on come one after the other, and so have the same descriptor."""

_LIFE = 30
"""Events of such a connection."""

Tale = Iterator[Callable[..., AnyEvent]]
"""Makes event after event, each for its time `t`."""


def write(path: Path, tale: Tale, events: int) -> None:
    """The first so many events of a tale, as a recorded journal."""
    journal = Journal.create(path, snap=SNAP, limit=1 << 40)
    for t, make in zip(range(BEGIN, BEGIN + events * APART, APART), tale, strict=False):
        journal.append(make(t=t))
    journal.close()
    assert not journal.lost


def talk(connections: int) -> Tale:
    """So many connections at once, whose ends say something to each other in turn."""
    yield from _listener(HERE, "here", "here")
    for number in range(connections):
        yield from _opening(number, HERE)
    for turn in count():
        yield from _said(turn % connections, b"message %d" % turn)
        if turn % 25 == 0:
            yield from _looked_at(turn // 25 % connections, turn)
        if turn % 250 == 0:
            own = _end(turn % connections, 0)
            yield partial(Call, name="recv", args=(1, "0"), error="EAGAIN", **own)


def passing(connections: int) -> Tale:
    """So many connections one after the other, each with a few messages and its whole life."""
    yield from _listener(HERE, "here", "here")
    for number in range(_AT_ONCE, _AT_ONCE + connections):
        yield from _opening(number, HERE)
        for turn in range(3):
            yield from _said(number, b"message %d of %d" % (turn, number))
        yield from _closing(number)


def frames() -> Tale:
    """Two hosts on the wire: two connections, each message a frame each way and its ACK."""
    there = (SERVER, HERE[1])
    yield partial(Command, text="network private", origin="console")
    yield partial(Note, cause=0, text="private network: client 10.0.0.1, server 10.0.0.2")
    yield from _listener(there, "client", "server")
    for number in range(2):
        yield from _opening(number, there)
    ids = count(1)
    for turn in count():
        yield from _crossed(turn % 2, turn // 2, b"message %08d" % turn, ids)


# What the programs do. A connection's end 0 is the client's, its end 1 the server's.


def _end(number: int, end: int) -> dict[str, Any]:
    """Who has an end, and as what."""
    fd = 4 + (number if number < _AT_ONCE else 0)
    return {"program": ("client", "server")[end], "sock": 2 * number + 1 + end, "fd": fd}


def _address(number: int, there: Address) -> Address:
    host = CLIENT if there[0] == SERVER else there[0]
    return host, 10_000 + number % 50_000


def _listener(there: Address, *hosts: str) -> Tale:
    for program, host in zip(("client", "server"), hosts, strict=True):
        yield partial(Program, program=program, change="started", host=host)
    own: dict[str, Any] = {"program": "server", "sock": 0, "fd": 3}
    yield partial(Call, name="socket", args=_TCP, result=3, **own)
    yield partial(Call, name="bind", args=(there,), result=0, local=there, **own)
    yield partial(Call, name="listen", args=(50,), result=0, **own)
    yield partial(State, old="CLOSE", new="LISTEN", source="kernel", **own)


def _opening(number: int, there: Address) -> Tale:
    own, its, here = _end(number, 0), _end(number, 1), _address(number, there)
    fd = own["fd"]
    yield partial(Call, name="socket", args=_TCP, result=fd, **own)
    yield partial(State, old="CLOSE", new="SYN_SENT", source="call", **own)
    yield partial(Call, name="connect", args=(there,), result=0, local=here, remote=there, **own)
    yield partial(State, old="SYN_SENT", new="ESTABLISHED", source="kernel", **own)
    accepted: dict[str, Any] = {
        "result": fd,
        "new_sock": its["sock"],
        "local": there,
        "remote": here,
    }
    yield partial(Call, program="server", name="accept", sock=0, fd=3, **accepted)
    yield partial(State, old="LISTEN", new="SYN_RECV", source="call", **its)
    yield partial(State, old="SYN_RECV", new="ESTABLISHED", source="kernel", **its)
    for end in (own, its):
        yield partial(Info, snd_cwnd=10, rtt=30, snd_mss=32_768, **end)


def _said(number: int, data: bytes) -> Tale:
    """Said by the client, and echoed."""
    for end, name in ((0, "send"), (1, "recv"), (1, "send"), (0, "recv")):
        args = ("0",) if name == "send" else (4096, "0")
        moved: dict[str, Any] = {
            "result": len(data),
            "size": len(data),
            "data": data,
            "duration": 5_000,
        }
        yield partial(Call, name=name, args=args, **moved, **_end(number, end))


def _looked_at(number: int, turn: int) -> Tale:
    for own in (_end(number, 0), _end(number, 1)):
        yield partial(Gauge, recv_queue=turn % 4096, send_queue=0, **own)
        numbers: dict[str, Any] = {
            "snd_cwnd": 10 + turn % 90,
            "rtt": 30 + turn % 50,
            "segs_out": turn,
        }
        yield partial(Info, snd_mss=32_768, **numbers, **own)


_CLOSING = (
    (0, "ESTABLISHED", "FIN_WAIT1"),
    (1, "ESTABLISHED", "CLOSE_WAIT"),
    (0, "FIN_WAIT1", "FIN_WAIT2"),
    (1, "CLOSE_WAIT", "LAST_ACK"),
    (0, "FIN_WAIT2", "TIME_WAIT"),
    (1, "LAST_ACK", "CLOSE"),
    (0, "TIME_WAIT", "CLOSE"),
)


def _closing(number: int) -> Tale:
    for end in (0, 1):
        yield partial(Call, name="close", result=0, **_end(number, end))
    for end, old, new in _CLOSING:
        sock = _end(number, end)["sock"]
        yield partial(State, sock=sock, old=old, new=new, source="kernel")


# What crosses the wire.


def _crossed(number: int, turn: int, data: bytes, ids: Iterator[int]) -> Tale:
    """A message and its echo: the calls, and each frame with its fate."""
    size = len(data)
    sent, back = 1 + turn * size, 5001 + turn * size
    send, take, answer, hear = _said(number, data)
    yield send
    yield from _frame(_segment(number, 0, _PUSH, sent, back, data), 0, next(ids))
    yield from _frame(_segment(number, 1, _ACK, back, sent + size, b""), 1, next(ids))
    yield take
    yield answer
    yield from _frame(_segment(number, 1, _PUSH, back, sent + size, data), 1, next(ids))
    yield from _frame(_segment(number, 0, _ACK, sent + size, back + size, b""), 0, next(ids))
    yield hear


def _frame(data: bytes, end: int, id: int) -> Tale:
    hosts = ("client", "server")
    ends: dict[str, Any] = {"sender": hosts[end], "receiver": hosts[1 - end]}
    yield partial(Frame, id=id, size=len(data), data=data, **ends)
    yield partial(Fate, id=id, verdict="delivered", delay=APART)


_ACK, _PUSH = 0x10, 0x18
_HEADERS: dict[tuple[int, int, int, int], tuple[bytes, int]] = {}
"""What comes before the numbers in a segment of each kind, and the sum of it all but them."""


def _segment(number: int, end: int, flags: int, seq: int, ack: int, data: bytes) -> bytes:
    """Made from one of its kind, of which only the numbers and the data differ."""
    kind = (number, end, flags, len(data))
    if kind not in _HEADERS:
        _HEADERS[kind] = _header(*kind)
    head, total = _HEADERS[kind]
    numbers = struct.pack("!II", seq, ack)
    total += sum(struct.unpack(f"!{4 + len(data) // 2}H", numbers + data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    rest = struct.pack("!HHHH", 5 << 12 | flags, 65495, total ^ 0xFFFF, 0)
    return head + numbers + rest + data


def _header(number: int, end: int, flags: int, size: int) -> tuple[bytes, int]:
    turn = 1 if end == 0 else -1
    here, there = ((CLIENT, 10_000 + number), (SERVER, HERE[1]))[::turn]
    source, target = (CLIENT_MAC, SERVER_MAC)[::turn]
    ports: dict[str, Any] = {"source_port": here[1], "target_port": there[1]}
    made = tcp(bytes(size), flags, seq=0, **ports, ends=(here[0], there[0]))
    frame = ethernet(ipv4(made, source=here[0], target=there[0]), source=source, target=target)
    return frame[:38], 0xFFFF ^ int.from_bytes(frame[50:52])


TALES: dict[str, Callable[[int], Tale]] = {
    "50 connections": lambda _events: talk(50),
    "2,000 connections": lambda _events: talk(2000),
    "one connection": lambda _events: talk(1),
    "they come and go": lambda events: passing(events // _LIFE),
    "mostly frames": lambda _events: frames(),
}
"""By what they are about, for about so many events."""
