"""Journals written by hand: a story is told call by call, and its events are numbered."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from socklab.events import Address, Call, Event, Gauge, Note, Program, Source, State, Wait
from socklab.model.sockets import SocketTable

SERVER: Address = ("127.0.0.1", 8080)
CLIENT: Address = ("127.0.0.1", 41822)


class Story:
    """Events in the order told; `table` is the socket table after the last of them."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.table = SocketTable()

    def tell(self, event: Event) -> None:
        """The next event, whichever it is."""
        numbered = replace(event, n=len(self.events))
        self.events.append(numbered)
        self.table.apply(numbered)

    def call(self, program: str, name: str, fd: int, sock: int, **fields: Any) -> None:
        """A call that returned 0, unless `fields` say otherwise."""
        result = None if "error" in fields else 0
        fields = {"result": result, "t": 1000 * len(self.events), **fields}
        self.tell(Call(program=program, name=name, fd=fd, sock=sock, **fields))

    def socket(
        self, program: str, fd: int, sock: int, kind: str = "tcp", ipv6: bool = False
    ) -> None:
        family = "AF_INET6" if ipv6 else "AF_INET"
        args = (family, "SOCK_STREAM" if kind == "tcp" else "SOCK_DGRAM", 0)
        self.call(program, "socket", fd, sock, args=args, result=fd)

    def bind(self, program: str, fd: int, sock: int, local: Address) -> None:
        self.call(program, "bind", fd, sock, args=(local,), local=local)

    def listen(self, program: str, fd: int, sock: int, backlog: int = 5) -> None:
        self.call(program, "listen", fd, sock, args=(backlog,))
        self.state(sock, "CLOSE", "LISTEN", fd=fd, program=program)

    def connect(self, program: str, fd: int, sock: int, local: Address, remote: Address) -> None:
        self.call(program, "connect", fd, sock, args=(remote,), local=local, remote=remote)
        self.state(sock, "CLOSE", "ESTABLISHED", fd=fd, program=program)

    def accept(
        self,
        program: str,
        fd: int,
        sock: int,
        new_fd: int,
        new_sock: int,
        local: Address = SERVER,
        remote: Address = CLIENT,
    ) -> None:
        self.call(
            program,
            "accept",
            fd,
            sock,
            result=new_fd,
            new_sock=new_sock,
            local=local,
            remote=remote,
        )

    def close(self, program: str, fd: int, sock: int) -> None:
        self.call(program, "close", fd, sock)

    def wait(self, program: str, name: str, fd: int, sock: int, t: int) -> None:
        self.tell(Wait(t=t, program=program, name=name, fd=fd, sock=sock))

    def state(self, sock: int, old: str, new: str, source: Source = "kernel", **more: Any) -> None:
        self.tell(
            State(t=1000 * len(self.events), sock=sock, old=old, new=new, source=source, **more)
        )

    def gauge(self, sock: int, **queues: Any) -> None:
        self.tell(Gauge(t=1000 * len(self.events), sock=sock, **queues))

    def program(self, name: str, change: Any = "started", addresses: tuple[str, ...] = ()) -> None:
        t = 1000 * len(self.events)
        self.tell(Program(t=t, program=name, change=change, host="here", addresses=addresses))

    def note(self, text: str) -> None:
        self.tell(Note(t=1000 * len(self.events), text=text))


def listening() -> Story:
    """A server whose socket 1 (descriptor 3) listens at 127.0.0.1:8080."""
    story = Story()
    story.program("server")
    story.socket("server", 3, 1)
    story.bind("server", 3, 1, SERVER)
    story.listen("server", 3, 1)
    return story


def queued() -> Story:
    """The same with a client (socket 2, its descriptor 3) that waits to be accepted (socket 7)."""
    story = listening()
    story.program("client")
    story.socket("client", 3, 2)
    story.connect("client", 3, 2, CLIENT, SERVER)
    story.state(7, "CLOSE", "ESTABLISHED", local=SERVER, remote=CLIENT)
    story.gauge(1, accept_queue=1, backlog=5)
    return story


def connected() -> Story:
    """The same, accepted as the server's descriptor 4."""
    story = queued()
    story.accept("server", 3, 1, 4, 7)
    story.gauge(1, accept_queue=0, backlog=5)
    return story
