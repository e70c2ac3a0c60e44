"""A session as programs of their own: what each does in its turn, and what its event loop does.

The journal tells who made which call and when; here it becomes a sequence of turns. Calls by hand
are a program's steps. What the lab's loop did on driven sockets is left to the program's own loop,
and only waited for, so that the order comes out as it was; where nothing tells what the loop was to
do, its calls are steps too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from socklab.events import Call, Command, Wait
from socklab.export.asked import Asked, Content, FileBytes, Kept, Pattern, Serving, asked
from socklab.export.causal import Returned as Back
from socklab.export.causal import causal
from socklab.export.ports import ChosenPorts, NamedPorts, named_address
from socklab.export.record import Record
from socklab.export.steps import (
    Beside,
    Entered,
    Held,
    Item,
    Learned,
    Looped,
    Made,
    Owing,
    Part,
    Paused,
    Place,
    Released,
    Remarked,
    Returned,
    Step,
)
from socklab.i18n import _
from socklab.model.transfers import RECEIVES, SENDS

_REMEMBERED = 10_000
"""Commands whose calls may still come."""


@dataclass(slots=True)
class _Socket:
    """`cause`: of the loop's calls on it; `heard`: its last receive, which answers come from;
    `done`: there was a reason to close it; `owes`: bytes that the loop still has to send on it."""

    tcp: bool = True
    serving: Serving | None = None
    accepted: int | None = None
    by_loop: bool = False
    connected: bool = False
    inside: bool = False
    driven: bool = False
    cause: int | None = None
    heard: int | None = None
    done: bool = False
    owes: int = 0


@dataclass(slots=True)
class _Program:
    name: str
    count: int = 0
    table: dict[int, Held] = field(default_factory=dict)
    waiting: Wait | None = None
    number: int = 0
    beside: list[Step | Released] = field(default_factory=list)
    looped: bool = False
    owing: bool = False
    driven: set[int] = field(default_factory=set)
    outside: bool = False

    def next(self) -> int:
        self.count += 1
        return self.count


def items(record: Record, named: NamedPorts) -> Iterator[Item]:
    """What happened, in causal order, as turns. Holds what is open, not what is past."""
    fold = _Fold(named)
    for happening in causal(record):
        if isinstance(happening, Command):
            yield from fold.command(happening)
        elif isinstance(happening, Wait):
            yield from fold.wait(happening)
        else:
            yield from fold.call(happening)
    yield from fold.end()


class _Fold:
    def __init__(self, named: NamedPorts) -> None:
        self._named = named
        self._chosen = ChosenPorts()
        self._programs: dict[str, _Program] = {}
        self._sockets: dict[int, _Socket] = {}
        self._asked: dict[int, Asked] = {}
        self._last = 0

    # What happens.

    def command(self, command: Command) -> Iterator[Item]:
        line = asked(command.text)
        if line.verb == "sleep":
            yield Paused(line.seconds)
        elif line.verb == "note":
            yield Remarked(line.text)
        elif line.verb == "stop" and command.program is not None:
            yield from self._release(self._program(command.program))
        elif line.content or line.serving or line.to_peer or line.verb in ("client", "accept"):
            self._asked[command.n] = line
            if len(self._asked) > _REMEMBERED:
                del self._asked[next(iter(self._asked))]
        self._last = command.t

    def wait(self, wait: Wait) -> Iterator[Item]:
        if wait.program is None:
            return
        program = self._program(wait.program)
        sock = self._sockets.get(wait.sock) if wait.sock is not None else None
        if sock is not None and self._by_loop(wait, sock):
            return
        if program.waiting is None:
            program.waiting, program.number = wait, program.next()
            yield Entered(program.name, program.number)

    def call(self, back: Back) -> Iterator[Item]:
        call = self._named.hosts.with_interface(back.call)
        if call.program is None:
            return
        program = self._program(call.program)
        sock = self._sockets.get(call.sock) if call.sock is not None else None
        yield from self._strangers(program, call)
        if sock is not None and self._by_loop(call, sock):
            yield from self._looped(program, call, sock)
        else:
            if call.cause is None and call.name in ("close", "shutdown"):
                yield from self._release_all()
            yield from self._stepped(program, call, sock, back.waited)
        port = self._chosen.take(call)
        if port in self._named.users and call.sock not in self._named.pinned:
            users = frozenset(self._named.users[port])
            yield Learned(port, program.name, -1 if call.fd is None else call.fd, users)
        self._last = call.t + call.duration

    def end(self) -> Iterator[Item]:
        """What is still blocked never returned."""
        for program in self._programs.values():
            wait = program.waiting
            if wait is not None:
                yield self._returned(program, self._unfinished(program, wait), 0.0)

    def _strangers(self, program: _Program, call: Call) -> Iterator[Item]:
        """Who isn't of the lab can't be among the programs: that is said once."""
        peer = call.remote if call.name == "accept" else None
        if peer is None or program.outside or peer[1] in self._named.local:
            return
        program.outside = True
        yield Remarked(
            _(
                "{program} had clients from outside the lab: they aren't among these programs",
                program=program.name,
            )
        )

    # Calls by the loop.

    def _by_loop(self, call: Call | Wait, sock: _Socket) -> bool:
        if sock.driven:
            return call.cause is not None and call.cause in (sock.cause, sock.heard)
        return sock.by_loop and _makes_nonblocking(call) and call.cause == sock.accepted

    def _looped(self, program: _Program, call: Call, sock: _Socket) -> Iterator[Item]:
        if not sock.driven:
            self._drive(program, call, sock)
        peer = call.remote or call.peer
        if call.name == "accept":
            self._accept(program, call, sock, Held.LOOP)
        elif call.name in RECEIVES:
            sock.heard = call.n
        late = call.name == "close" and not sock.done
        sock.done |= (call.name == "recv" and not call.result) or call.error is not None
        if call.name == "close":
            self._closed(program, call)
        counted = not _owed(call, sock)
        inside = sock.inside if peer is None else peer[1] in self._named.local
        # Nobody came where it failed: it was shut.
        inside |= call.name in ("accept", "recvfrom") and call.error is not None
        program.looped = program.waiting is not None
        if inside and counted:
            program.owing = False
            yield Looped(program.name, max(0, call.t - self._last) / 1e9, late)
        elif inside and not program.owing:
            program.owing = True
            yield Owing(program.name)

    def _drive(self, program: _Program, call: Call, sock: _Socket) -> None:
        sock.driven, sock.cause = True, call.cause
        if call.sock is not None:
            program.driven.add(call.sock)

    # Calls by hand.

    def _stepped(
        self, program: _Program, call: Call, sock: _Socket | None, waited: bool
    ) -> Iterator[Item]:
        back = waited and program.waiting is not None and program.waiting.t == call.t
        number = program.number if back else program.next()
        step = self._step(program, call, sock, number, back)
        self._learn(program, call, sock)
        if back:
            idle = max(0, call.t + call.duration - max(self._last, call.t)) / 1e9
            yield self._returned(program, step, idle)
        elif program.waiting is not None:
            program.beside.append(step)
            yield Beside(step)
        else:
            yield Made(step)

    def _step(
        self, program: _Program, call: Call, sock: _Socket | None, number: int, blocked: bool
    ) -> Step:
        drives = self._begins(call, sock)
        if drives is not None and sock is not None:
            self._drive(program, call, sock)
        return Step(
            program=program.name,
            number=number,
            call=call,
            held=self._held(program, call),
            content=self._content(call),
            place=self._place(call),
            drives=drives,
            driven=sock is not None and sock.driven and drives is None,
            pinned=call.name == "bind" and call.sock in self._named.pinned,
            blocked=blocked,
        )

    def _returned(self, program: _Program, step: Step, seconds: float) -> Returned:
        returned = Returned(step, tuple(program.beside), program.looped, seconds)
        program.waiting, program.beside, program.looped = None, [], False
        return returned

    def _unfinished(self, program: _Program, wait: Wait) -> Step:
        call = Call(
            t=wait.t,
            program=wait.program,
            cause=wait.cause,
            name=wait.name,
            sock=wait.sock,
            fd=wait.fd,
            args=wait.args,
        )
        return Step(
            program=program.name,
            number=program.number,
            call=call,
            held=self._held(program, call),
            content=self._content(call),
            place=self._place(call),
            blocked=True,
            over=False,
        )

    def _begins(self, call: Call, sock: _Socket | None) -> tuple[Part, Serving] | None:
        """What the loop is given by this call: `serve` and `client` end with an `ioctl` for it."""
        line = self._line(call)
        if sock is None or line is None or not _makes_nonblocking(call):
            return None
        if line.verb == "serve" and line.serving is not None:
            return "listener" if sock.tcp else "datagrams", line.serving
        if line.verb == "accept" and sock.serving is not None:
            return "connection", sock.serving
        if line.verb == "client" and sock.connected:
            return "reader" if sock.tcp else "udp_reader", Serving()
        return None

    def _held(self, program: _Program, call: Call) -> Held:
        if call.name == "socket":
            return Held.OWN
        if call.fd is None or call.fd < 0:
            return Held.NOTHING
        # Of a journal whose beginning is lost not every descriptor's origin is known.
        unknown = Held.NOTHING if call.os_fd == -1 else Held.OWN
        return program.table.get(call.fd, unknown)

    def _line(self, call: Call) -> Asked | None:
        """What the command asked for that the call comes from. One that is repeated stays known."""
        line = self._asked.pop(call.cause, None) if call.cause is not None else None
        if line is not None and call.cause is not None:
            self._asked[call.cause] = line
        return line

    def _content(self, call: Call) -> Content:
        data = call.data or b""
        size = max(call.size or 0, len(data))
        if call.name not in SENDS:
            return Kept(b"", 0)
        line = self._line(call)
        made = line.content if line is not None else None
        unknown = call.size is None and call.data is None
        match made:
            case FileBytes():
                return FileBytes(made.path, size)
            case Pattern() if made.size == size or unknown:
                return made
            case Kept() if made.size == size or unknown:
                return made
        return Kept(data, size)

    def _place(self, call: Call) -> Place | None:
        address = named_address(call)
        if address is None:
            return None
        line = self._line(call)
        owner = self._chosen.owners.get(address[1])
        return Place(
            self._named.hosts.here(address),
            moves=owner is not None and owner not in self._named.pinned,
            peer=line is not None and line.to_peer,
            then=address,
        )

    # What a call taught.

    def _program(self, name: str) -> _Program:
        return self._programs.setdefault(name, _Program(name))

    def _learn(self, program: _Program, call: Call, sock: _Socket | None) -> None:
        if call.name == "close":
            self._closed(program, call)
        if sock is not None and call.name == "connect":
            sock.inside = call.remote is not None and call.remote[1] in self._named.local
        if call.error is not None:
            if sock is not None and call.error == "EINPROGRESS":
                sock.connected = False
            return
        if call.name == "socket" and call.sock is not None and call.fd is not None:
            line = self._line(call)
            serving = line.serving if line is not None else None
            self._sockets[call.sock] = _Socket("SOCK_DGRAM" not in call.args, serving)
            program.table[call.fd] = Held.OWN
        elif call.name == "accept" and sock is not None:
            self._accept(program, call, sock, Held.OWN)
        elif call.name == "connect" and sock is not None:
            sock.connected = True
        elif call.name == "ioctl" and sock is not None and not call.args[-1]:
            sock.connected = True  # the end of a connect with a time limit

    def _accept(self, program: _Program, call: Call, listener: _Socket, held: Held) -> None:
        if call.new_sock is None or call.result is None:
            return
        self._sockets[call.new_sock] = _Socket(
            serving=listener.serving,
            accepted=call.n,
            by_loop=held is Held.LOOP and not (listener.serving and listener.serving.manual),
            inside=call.remote is not None and call.remote[1] in self._named.local,
        )
        program.table[call.result] = held

    def _closed(self, program: _Program, call: Call) -> None:
        if call.sock is not None and self._sockets.pop(call.sock, None) is not None:
            program.driven.discard(call.sock)
        if call.fd is not None and call.fd in program.table:
            own = program.table[call.fd] in (Held.OWN, Held.CLOSED)
            program.table[call.fd] = Held.CLOSED if own else Held.NOTHING

    # The end of the loop's work.

    def _release(self, program: _Program) -> Iterator[Item]:
        """At once, also where the program is blocked: else its loop would go on as the others end,
        with calls that are steps from here on."""
        if not program.driven:
            return
        for number in program.driven:
            if (sock := self._sockets.get(number)) is not None:
                sock.driven = False
        program.driven.clear()
        released = Released(program.name, program.next(), beside=program.waiting is not None)
        if released.beside:
            program.beside.append(released)
        yield released

    def _release_all(self) -> Iterator[Item]:
        for program in self._programs.values():
            yield from self._release(program)


def _owed(call: Call, sock: _Socket) -> bool:
    """Whether a send of the loop's is one that follows when the peer can take more: how many there
    are is chance, unless it fails."""
    if call.name != "send":
        return False
    sent, size = call.result or 0, call.size or 0
    follows = sock.owes > 0 or (sock.serving is not None and sock.serving.behaviour == "chargen")
    sock.owes = max(0, sock.owes - sent) if sock.owes else size - sent
    return follows and call.error in (None, "EAGAIN")


def _makes_nonblocking(call: Call | Wait) -> bool:
    return call.name == "ioctl" and call.args == ("FIONBIO", 1)
