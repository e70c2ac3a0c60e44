"""Sessions to draw ladders of, and ladders as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from socklab.events import Address, AnyEvent, Arg, Call, Source, State, Wait
from socklab.model.cells import width_of
from socklab.model.ladder import Row, rows
from socklab.model.ladder_lanes import Head, Lanes, of_connection, of_programs
from socklab.model.ladder_layout import grid, row_line
from socklab.model.ladder_moment import Moment
from socklab.model.ladder_order import in_order

SERVER: Address = ("127.0.0.1", 8080)
CLIENT: Address = ("127.0.0.1", 41822)
MS = 1_000_000

PROGRAMS = of_programs(["client", "server"], ["server"], most=4)
CONNECTION = of_connection(Head("client 3", "left"), Head("server 4", "right"), {2}, {1, 3})


class Session:
    """Events in the order in which they were recorded, a millisecond from one to the next unless
    `t` (ms) says otherwise."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []

    def tell(self, event: AnyEvent) -> int:
        self.events.append(replace(event, n=len(self.events)))
        return len(self.events) - 1

    def _time(self, t: float | None) -> int:
        return round((len(self.events) if t is None else t) * MS)

    def call(
        self, program: str, name: str, *args: Arg, t: float | None = None, **fields: Any
    ) -> int:
        """A call that returned 0 after 10 µs, unless `fields` say otherwise."""
        known = {"sock": 1, "fd": 3, "duration": 10_000, **fields}
        if "error" not in known:
            known.setdefault("result", 0)
        return self.tell(Call(t=self._time(t), program=program, name=name, args=args, **known))

    def wait(self, program: str, name: str, t: float | None = None, **fields: Any) -> int:
        return self.tell(Wait(t=self._time(t), program=program, name=name, **fields))

    def state(
        self,
        sock: int,
        old: str,
        new: str,
        source: Source = "kernel",
        t: float | None = None,
        **fields: Any,
    ) -> int:
        return self.tell(
            State(t=self._time(t), sock=sock, old=old, new=new, source=source, **fields)
        )

    def listen(self) -> None:
        """The server's socket 1 listens."""
        self.call("server", "socket", "AF_INET", "SOCK_STREAM", 0, result=3)
        self.call("server", "bind", SERVER, local=SERVER)
        n = self.call("server", "listen", 5)
        self.state(1, "CLOSE", "LISTEN", fd=3, program="server", cause=n)

    def connect(self) -> None:
        """The client's socket 2 connects; the other end, socket 3, is seen late."""
        self.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=2, result=3)
        n = self.call("client", "connect", SERVER, sock=2, local=CLIENT, remote=SERVER)
        self.state(2, "CLOSE", "SYN_SENT", "call", t=n, fd=3, program="client", cause=n)
        self.state(2, "SYN_SENT", "ESTABLISHED", t=n + 0.2, fd=3, program="client", cause=n)
        late = n + 7
        self.state(3, "LISTEN", "SYN_RECV", "call", t=late, local=SERVER, remote=CLIENT)
        self.state(3, "SYN_RECV", "ESTABLISHED", t=late)

    def accept(self) -> None:
        """The server takes it as its descriptor 4."""
        self.call("server", "accept", t=20, result=4, new_sock=3, local=SERVER, remote=CLIENT)

    def send(self, size: int, t: float | None = None, sock: int = 2, **fields: Any) -> int:
        data = b"x" * min(size, 8)
        program, fd = ("client", 3) if sock == 2 else ("server", 4)
        known = {"sock": sock, "fd": fd, "data": data, "size": size, "result": size, **fields}
        return self.call(program, "send", "0", t=t, **known)

    def recv(self, size: int, t: float | None = None, sock: int = 3, **fields: Any) -> int:
        data = b"x" * min(size, 8)
        program, fd = ("client", 3) if sock == 2 else ("server", 4)
        known = {"sock": sock, "fd": fd, "data": data, "size": size, "result": size, **fields}
        return self.call(program, "recv", 100, "0", t=t, **known)


def connected() -> Session:
    """A client and a server, connected and accepted."""
    session = Session()
    session.listen()
    session.connect()
    session.accept()
    return session


def ladder(session: Session, lanes: Lanes = CONNECTION, moment: Moment | None = None) -> list[Row]:
    """The rows, after those that `moment` has seen."""
    moment = Moment() if moment is None else moment
    return list(rows(in_order(session.events, moment.peer), moment, lanes))


def crossings(drawn: Sequence[Row]) -> list[tuple[str, int, int]]:
    """The arrows: what they are in few words, from which lane to which."""
    return [
        (row.arrow.labels[-1], row.arrow.source, row.arrow.target)
        for row in drawn
        if row.arrow is not None
    ]


def picture(session: Session, lanes: Lanes = CONNECTION, width: int = 70) -> list[str]:
    """The ladder as text."""
    where = grid(lanes, width, width_of)
    return [
        "".join(text for text, _style in row_line(row, where)).rstrip()
        for row in ladder(session, lanes)
    ]
