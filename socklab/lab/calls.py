"""The system calls that a program makes by hand: each is made once, for real, and recorded once.

A call runs on its program's own thread and blocks there for as long as the kernel lets it: what
blocks, for how long, and what it returns in the end is the kernel's doing. A call on a descriptor
that names nothing goes to the kernel too, with -1, and EBADF is its answer.

Python's methods are thin enough to make just the call of their name (facts: `accept` adds a
getsockname(2); `sendall`, `settimeout` and `create_connection` would not do).
"""

from __future__ import annotations

import mmap
import os
import select
import socket as sockets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from socklab.events import Address, Arg, Call, Wait
from socklab.lab.descriptors import Descriptors
from socklab.lab.environment import Environment
from socklab.lab.errnos import errno_name
from socklab.lab.holders import tell_holders
from socklab.lab.interfaces import index_of
from socklab.lab.option_values import Raw
from socklab.lab.options import Option, Query
from socklab.lab.scopes import raw_address, scope_of, scoped, unscoped
from socklab.lab.traced import TracedSocket, address
from socklab.model.tcp_life import BEGUN, TcpLife
from socklab.model.tcp_machine import LISTEN

_CHANGING = frozenset({"connect", "listen", "shutdown", "close"})
"""The calls that change their socket's TCP state themselves."""

_NO_DESCRIPTOR = 0x7FFFFFFF  # poll(2) passes over negative numbers; this one it calls invalid
_ANY = ("0.0.0.0", "::")
_SETS = ("writefds", "exceptfds")  # select(2)

FLAGS = {
    "oob": "MSG_OOB",
    "dontwait": "MSG_DONTWAIT",
    "peek": "MSG_PEEK",
    "waitall": "MSG_WAITALL",
    "trunc": "MSG_TRUNC",
}
HOW = {"in": "SHUT_RD", "out": "SHUT_WR", "both": "SHUT_RDWR"}


class Named(NamedTuple):
    """A descriptor as the program named it, and what it names (None: nothing)."""

    fd: int
    sock: TracedSocket | None


def named(sock: TracedSocket) -> Named:
    """The descriptor of this socket."""
    return Named(sock.fd, sock)


@dataclass(slots=True)
class Outcome:
    """What a call gave. The fields are those of the `call` event."""

    result: int | None = None
    error: str | None = None
    local: Address | None = None
    remote: Address | None = None
    peer: Address | None = None
    data: bytes | None = None
    size: int | None = None
    value: Arg = None
    made: TracedSocket | None = None

    @property
    def ok(self) -> bool:
        return self.error is None


@dataclass(slots=True)
class Entered:
    """A call that a program is in. `waited`: the journal has its `wait` event; `cut`: the lab has
    ended it; `over`: it has returned."""

    name: str
    at: Named
    args: tuple[Arg, ...]
    t: int
    cause: int | None
    waited: bool = False
    cut: bool = False
    over: bool = False


def error_name(error: OSError) -> str:
    """errno's symbolic name."""
    return errno_name(error.errno or 0)


@dataclass(slots=True)
class Calls:
    """One program's calls. `entered` is the one that it is in now; `lock` guards it against the
    engine, which records that the program is blocked (`block`) or ends the call (`cut`)."""

    env: Environment
    program: str
    descriptors: Descriptors
    on_enter: Callable[[Entered], None] = lambda _entered: None
    on_return: Callable[[], None] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)
    entered: Entered | None = None
    cause: int | None = None
    gate: Callable[[str], None] | None = None

    def socket(self, family: sockets.AddressFamily, kind: sockets.SocketKind) -> Outcome:
        """socket(2); the new descriptor is the lowest free one."""

        def invoke() -> Outcome:
            return self._adopt(self.env.host.socket(family, kind), self.env.registry.number())

        return self._make("socket", None, (family.name, kind.name, 0), invoke)

    def bind(self, at: Named, place: Address) -> Outcome:
        """bind(2). A port of 0 lets the kernel choose."""

        def invoke() -> Outcome:
            self._real(at).bind(raw_address(place))
            return Outcome(0)

        def learn(outcome: Outcome) -> None:
            local = unscoped(place) if place[1] else self._names(at)[0]
            outcome.local = self._now_local(at, local)
            if at.sock is not None:
                at.sock.scope = scope_of(place)

        return self._make("bind", at, (place,), invoke, learn)

    def listen(self, at: Named, backlog: int) -> Outcome:
        """listen(2)."""

        def invoke() -> Outcome:
            self._real(at).listen(backlog)
            return Outcome(0)

        def learn(outcome: Outcome) -> None:
            if at.sock is not None:
                at.sock.listening, at.sock.backlog = True, backlog
                # A port that the kernel chose is gone again with a connect(2) that failed.
                outcome.local = self._now_local(at, self._names(at)[0])

        return self._make("listen", at, (backlog,), invoke, learn)

    def accept(self, at: Named) -> Outcome:
        """accept(2); `made` is the new socket."""

        def invoke() -> Outcome:
            real, peer = self._real(at).accept()
            return self._accepted(at, real, address(peer))

        return self._make("accept", at, (), invoke, blocks=True)

    def connect(self, at: Named, place: Address) -> Outcome:
        """connect(2). Non-blocking it fails with EINPROGRESS (on Windows WSAEWOULDBLOCK) and goes
        on in the kernel."""

        def invoke() -> Outcome:
            try:
                self._real(at).connect(raw_address(place))
            except BlockingIOError as error:
                return Outcome(error=error_name(error))
            return Outcome(0)

        def learn(outcome: Outcome) -> None:
            if at.sock is None or outcome.error not in (None, *BEGUN):
                return
            local, remote = self._names(at)
            outcome.local = self._now_local(at, local)
            outcome.remote = at.sock.remote = remote or unscoped(place)

        return self._make("connect", at, (place,), invoke, learn, blocks=True)

    def getsockname(self, at: Named) -> Outcome:
        """getsockname(2)."""
        return self._make(
            "getsockname", at, (), lambda: Outcome(0, value=address(self._real(at).getsockname()))
        )

    def getpeername(self, at: Named) -> Outcome:
        """getpeername(2)."""
        return self._make(
            "getpeername", at, (), lambda: Outcome(0, value=address(self._real(at).getpeername()))
        )

    def send(self, at: Named, data: bytes, flags: frozenset[str] = frozenset()) -> Outcome:
        """send(2)."""
        text, number = _flags(flags)
        return self._make(
            "send",
            at,
            (text,),
            lambda: Outcome(self._real(at).send(data, number)),
            blocks=True,
            data=data,
        )

    def sendto(self, at: Named, place: Address, data: bytes) -> Outcome:
        """sendto(2). The first one binds an unbound UDP socket."""

        def invoke() -> Outcome:
            sent = self._real(at).sendto(data, 0, raw_address(place))
            return Outcome(sent, peer=unscoped(place))

        def learn(outcome: Outcome) -> None:
            self._learn_local(at, outcome)

        return self._make("sendto", at, ("0", place), invoke, learn, blocks=True, data=data)

    def recv(self, at: Named, size: int, flags: frozenset[str] = frozenset()) -> Outcome:
        """recv(2) of at most `size` bytes."""
        text, number = _flags(flags)

        def invoke() -> Outcome:
            if "trunc" not in flags:
                data = self._real(at).recv(size, number)
                return Outcome(len(data), data=self._kept(data), size=len(data))
            buffer = _room(size)
            true = self._real(at).recv_into(buffer, size, number)
            copied = self._copied(at, true, size)
            return Outcome(true, data=self._kept(bytes(buffer[:copied])), size=copied)

        return self._make("recv", at, (size, text), invoke, blocks=True)

    def recvfrom(self, at: Named, size: int, flags: frozenset[str] = frozenset()) -> Outcome:
        """recvfrom(2) of at most `size` bytes; `peer` sent them (over TCP nobody is named)."""
        text, number = _flags(flags)

        def invoke() -> Outcome:
            if "trunc" in flags:
                buffer = _room(size)
                true, sender = self._real(at).recvfrom_into(buffer, size, number)
                data = bytes(buffer[: self._copied(at, true, size)])
            else:
                data, sender = self._real(at).recvfrom(size, number)
                true = len(data)
            peer = address(sender)
            if at.sock is not None and peer is not None:
                at.sock.peer = scoped(sender)
            return Outcome(true, data=self._kept(data), size=len(data), peer=peer)

        return self._make("recvfrom", at, (size, text), invoke, blocks=True)

    def shutdown(self, at: Named, how: str) -> Outcome:
        """shutdown(2); `how` is in, out or both."""

        def invoke() -> Outcome:
            self._real(at).shutdown(getattr(sockets, HOW[how]))
            return Outcome(0)

        return self._make("shutdown", at, (HOW[how],), invoke)

    def close(self, at: Named) -> Outcome:
        """close(2). With SO_LINGER set it may block."""

        def invoke() -> Outcome:
            if at.sock is None:
                os.close(-1)
            else:
                at.sock.close()
            return Outcome(0)

        outcome = self._make("close", at, (), invoke, blocks=True)
        if at.sock is not None:
            self.descriptors.free(at.sock)
            self.env.observer.closed(at.sock)
        return outcome

    def setsockopt(self, at: Named, option: Option, value: object) -> Outcome:
        """setsockopt(2). Raises Refusal where this system lacks the option."""
        real = self._real(at)
        setting = option.setting(real.family, value, partial(index_of, self.env.host))

        def invoke() -> Outcome:
            real.setsockopt(setting.level, setting.number, setting.raw)
            return Outcome(0)

        return self._make("setsockopt", at, setting.args, invoke)

    def getsockopt(self, at: Named, option: Option) -> Outcome:
        """getsockopt(2); `value` is what it gave, in the option's own terms."""
        real = self._real(at)
        query = option.query(real.family)
        got: list[Raw] = []

        def invoke() -> Outcome:
            got.append(_ask(real, query))
            return Outcome(0)

        def learn(outcome: Outcome) -> None:
            outcome.value = query.decode(got[0])  # a struct takes longer to read than to get

        return self._make("getsockopt", at, query.args, invoke, learn)

    def nonblock(self, at: Named, on: bool) -> Outcome:
        """ioctl(2) FIONBIO."""

        def invoke() -> Outcome:
            self._real(at).setblocking(not on)
            return Outcome(0)

        return self._make("ioctl", at, ("FIONBIO", int(on)), invoke)

    def poll(self, at: Named, wants: frozenset[str], seconds: float | None) -> Outcome:
        """poll(2) of one descriptor; `value` names the events that it reported."""
        asked = _poll_mask(wants)
        limit = -1 if seconds is None else round(seconds * 1000)

        def invoke() -> Outcome:
            poller = select.poll()
            poller.register(at.sock.os_fd if at.sock else _NO_DESCRIPTOR, asked)
            ready = poller.poll(None if seconds is None else limit)
            return Outcome(len(ready), value=_poll_text(ready[0][1]) if ready else None)

        return self._make("poll", at, (_poll_text(asked), limit), invoke, blocks=True)

    def select(self, at: Named, seconds: float) -> Outcome:
        """select(2) until one descriptor can be written or has failed, for a system without
        poll(2); `value` names the sets that it is in. Windows tells a failed connect only by the
        set of exceptions."""

        def invoke() -> Outcome:
            asked = [at.sock.os_fd if at.sock else _NO_DESCRIPTOR]
            _read, written, failed = select.select([], asked, asked, seconds)
            names = [name for name, found in zip(_SETS, (written, failed), strict=True) if found]
            return Outcome(len(names), value="|".join(names) or None)

        return self._make("select", at, ("|".join(_SETS), seconds), invoke, blocks=True)

    # What the engine does to a call that blocks.

    def block(self, entered: Entered) -> bool:
        """The call hasn't returned at once: record that its program waits in it."""
        with self.lock:
            if entered.over or entered.waited:
                return False
            entered.waited = True
            at = entered.at
            wait = Wait(
                t=entered.t,
                program=self.program,
                cause=entered.cause,
                name=entered.name,
                sock=at.sock.number if at.sock else None,
                fd=at.fd,
                args=entered.args,
            )
            n = self.env.journal.append(wait)
            if at.sock is not None:
                at.sock.wait(id(entered), n, wait)
        if at.sock is not None:
            self.env.observer.nudge(at.sock)
        return True

    def doom(self) -> None:
        """Mark the call that the program is in as one that the lab ends, before anything that the
        lab does can make it return."""
        with self.lock:
            entered = self.entered
            # A close has let go of its descriptor already: nothing wakes it.
            if entered is not None and not entered.over and entered.name != "close":
                entered.cut = True

    def cut(self) -> Entered | None:
        """End the call that the program is in, by shutdown(2) of its socket (closing doesn't wake
        a blocked call). Returns that call, None if it is in none."""
        self.doom()
        with self.lock:
            entered = self.entered
            if entered is None or entered.over:
                return None
        if entered.at.sock is not None and entered.cut:
            waker = Calls(self.env, self.program, self.descriptors, cause=self.cause)
            waker.shutdown(entered.at, "both")
        return entered

    # The one place where a call is made.

    def _make(
        self,
        name: str,
        at: Named | None,
        args: tuple[Arg, ...],
        invoke: Callable[[], Outcome],
        learn: Callable[[Outcome], None] | None = None,
        *,
        blocks: bool = False,
        data: bytes | None = None,
    ) -> Outcome:
        env, sock = self.env, at.sock if at else None
        if self.gate is not None:
            self.gate(f"{self.program}: {name}")
        entered = Entered(name, at or Named(-1, None), args, env.journal.now(), self.cause)
        entry = sock.enter(id(entered), name in _CHANGING) if sock else 0
        if blocks:
            self._enter(entered)
        try:
            outcome = invoke()
        except OSError as error:
            outcome = Outcome(error=error_name(error))
        except BaseException:
            self._leave(entered)
            raise
        duration = env.journal.now() - entered.t
        if learn is not None and (outcome.ok or name == "connect"):
            learn(outcome)
        if data is not None:
            outcome.data, outcome.size = self._kept(data), len(data)
        made = outcome.made
        subject = made if name == "socket" and made else sock
        with self.lock:
            entered.over = True
            self.entered = None
            call = Call(
                t=entered.t,
                program=self.program,
                cause=self.cause,
                name=name,
                sock=subject.number if subject else None,
                fd=subject.fd if subject else (at.fd if at else None),
                os_fd=subject.os_fd if subject else (-1 if at else None),
                args=args,
                result=outcome.result,
                error=outcome.error,
                duration=duration,
                local=outcome.local,
                remote=outcome.remote,
                peer=outcome.peer,
                data=outcome.data,
                size=outcome.size,
                value=outcome.value,
                new_sock=made.number if made and name == "accept" else None,
                new_os_fd=made.os_fd if made and name == "accept" else None,
                cut=entered.cut,
            )
            n = env.journal.append(call)
        if outcome.error == "EADDRINUSE" and name in ("bind", "listen") and sock is not None:
            tell_holders(env, sock, args, n)
        if entered.waited:
            self.on_return()
        if sock is not None:
            sock.tell(n, call, entry)
            sock.leave(id(entered))
            if not sock.closed:
                env.observer.nudge(sock)
        if made is not None and name == "accept":
            env.observer.accepted(n, call, made)
        return outcome

    def _enter(self, entered: Entered) -> None:
        with self.lock:
            self.entered = entered
        self.on_enter(entered)

    def _leave(self, entered: Entered) -> None:
        with self.lock:
            entered.over = True
            self.entered = None
        if entered.at.sock is not None:
            entered.at.sock.leave(id(entered))

    # What a call taught.

    def _adopt(self, real: sockets.socket, number: int) -> Outcome:
        sock = TracedSocket(number, self.program, self.descriptors.take(), real)
        self.env.registry.opened(sock)
        self.descriptors.name(sock)
        return Outcome(sock.fd, made=sock)

    def _accepted(self, at: Named, real: sockets.socket, peer: Address | None) -> Outcome:
        listener = at.sock
        assert listener is not None  # accept(2) on nothing fails
        return accepted(self.env, self.descriptors, listener, real, peer)

    def _real(self, at: Named) -> sockets.socket:
        return at.sock.real if at.sock is not None else self.env.nothing

    def _kept(self, data: bytes) -> bytes:
        snap = self.env.journal.header.snap
        return data if len(data) <= snap else data[:snap]

    def _copied(self, at: Named, true: int, size: int) -> int:
        """How much was copied where MSG_TRUNC returned `true`: of a datagram as much as there was
        room for, of a stream nothing."""
        return min(true, size) if at.sock and not at.sock.is_tcp else 0

    def _names(self, at: Named) -> tuple[Address | None, Address | None]:
        return self.env.observer.names(at.sock) if at.sock else (None, None)

    def _now_local(self, at: Named, local: Address | None) -> Address | None:
        """Remember the local address; what of it is news."""
        if at.sock is None or local is None or local == at.sock.local:
            return None
        at.sock.local = local
        return local

    def _learn_local(self, at: Named, outcome: Outcome) -> None:
        if at.sock is not None and at.sock.local is None:
            outcome.local = self._now_local(at, self._names(at)[0])


def accepted(
    env: Environment,
    descriptors: Descriptors,
    listener: TracedSocket,
    real: sockets.socket,
    peer: Address | None,
) -> Outcome:
    """The new socket that accept(2) gave gets its descriptor, its addresses and its number."""
    sock = TracedSocket(0, listener.program, descriptors.take(), real)
    local = listener.local
    if local is None or local[0] in _ANY:
        local = env.observer.names(sock)[0]
    sock.local, sock.remote = local, peer
    if local is not None and peer is not None:
        sock.number, sock.life = env.registry.adopt(local, peer)
    else:  # the connection was reset and is gone before its names could be asked
        sock.number, sock.life = env.registry.number(), TcpLife(LISTEN)
    descriptors.name(sock)
    return Outcome(sock.fd, local=local, remote=peer, made=sock)


def _ask(real: sockets.socket, query: Query) -> int | bytes:
    if query.length:
        return real.getsockopt(query.level, query.number, query.length)
    return real.getsockopt(query.level, query.number)


def _room(size: int) -> mmap.mmap:
    """A buffer of `size` bytes (at least 1) whose pages cost memory only once something is written
    to them; a bytearray's are written at once, with zeros. Raises MemoryError."""
    try:
        return mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as error:  # which would pass for the call's own
        raise MemoryError from error


def _flags(words: frozenset[str]) -> tuple[str, int]:
    names = [FLAGS[word] for word in FLAGS if word in words]
    number = 0
    for name in names:
        number |= getattr(sockets, name)
    return "|".join(names) or "0", number


_POLL_NAMES = ("POLLIN", "POLLPRI", "POLLOUT", "POLLRDHUP", "POLLERR", "POLLHUP", "POLLNVAL")


def _poll_mask(wants: frozenset[str]) -> int:
    return (select.POLLIN if "in" in wants else 0) | (select.POLLOUT if "out" in wants else 0)


def _poll_text(events: int) -> str:
    return "|".join(name for name in _POLL_NAMES if events & getattr(select, name, 0))
