"""The system calls that a program makes by hand: how each is made, and what it teaches.

A call on a descriptor that names nothing goes to the kernel too, with -1, and EBADF is its answer.

Python's methods are thin enough to make just the call of their name (facts: `accept` adds a
getsockname(2); `sendall`, `settimeout` and `create_connection` would not do).
"""

from __future__ import annotations

import mmap
import os
import select
import socket as sockets
from dataclasses import dataclass
from functools import partial

from socklab.events import Address
from socklab.lab.caller import Caller, Named, Outcome
from socklab.lab.descriptors import Descriptors
from socklab.lab.environment import Environment
from socklab.lab.errnos import begun_name
from socklab.lab.interfaces import index_of
from socklab.lab.masks import HOW, message_flags, poll_mask, poll_text
from socklab.lab.new_sockets import accepted, created
from socklab.lab.option_values import Raw
from socklab.lab.options import Option, Query
from socklab.lab.scopes import raw_address, scope_of, scoped, unscoped
from socklab.lab.traced import address
from socklab.model.tcp_life import BEGUN

_NO_DESCRIPTOR = 0x7FFFFFFF  # poll(2) passes over negative numbers; this one it calls invalid
_SETS = ("writefds", "exceptfds")  # select(2)


@dataclass(slots=True)
class Calls:
    """The calls of one program on its `descriptors`, which `caller` makes."""

    caller: Caller
    descriptors: Descriptors

    @property
    def env(self) -> Environment:
        return self.caller.env

    def socket(self, family: sockets.AddressFamily, kind: sockets.SocketKind) -> Outcome:
        """socket(2); the new descriptor is the lowest free one."""

        def invoke() -> Outcome:
            real = self.env.host.socket(family, kind)
            made = created(self.env, self.descriptors, self.caller.program, real)
            return Outcome(made.fd, made=made)

        return self.caller.make("socket", None, (family.name, kind.name, 0), invoke)

    def bind(self, at: Named, place: Address) -> Outcome:
        """bind(2). A port of 0 lets the kernel choose."""

        def invoke() -> Outcome:
            self._real(at).bind(raw_address(place))
            return Outcome(0)

        def learn(outcome: Outcome) -> None:
            local = unscoped(place) if place[1] else self._names(at)[0]
            outcome.local = _now_local(at, local)
            if at.sock is not None:
                at.sock.scope = scope_of(place)

        return self.caller.make("bind", at, (place,), invoke, learn)

    def listen(self, at: Named, backlog: int) -> Outcome:
        """listen(2)."""

        def invoke() -> Outcome:
            self._real(at).listen(backlog)
            return Outcome(0)

        def learn(outcome: Outcome) -> None:
            if at.sock is not None:
                at.sock.listening, at.sock.backlog = True, backlog
                # A port that the kernel chose is gone again with a connect(2) that failed.
                outcome.local = _now_local(at, self._names(at)[0])

        return self.caller.make("listen", at, (backlog,), invoke, learn)

    def accept(self, at: Named) -> Outcome:
        """accept(2); `made` is the new socket."""

        def invoke() -> Outcome:
            real, peer = self._real(at).accept()
            assert at.sock is not None  # accept(2) on nothing fails
            made = accepted(self.env, self.descriptors, at.sock, real, address(peer))
            return Outcome(made.fd, local=made.local, remote=made.remote, made=made)

        return self.caller.make("accept", at, (), invoke, blocks=True)

    def connect(self, at: Named, place: Address) -> Outcome:
        """connect(2). Non-blocking it fails with EINPROGRESS and goes on in the kernel."""

        def invoke() -> Outcome:
            try:
                self._real(at).connect(raw_address(place))
            except BlockingIOError as error:
                return Outcome(error=begun_name(error))
            return Outcome(0)

        def learn(outcome: Outcome) -> None:
            if at.sock is None or outcome.error not in (None, *BEGUN):
                return
            local, remote = self._names(at)
            outcome.local = _now_local(at, local)
            outcome.remote = at.sock.remote = remote or unscoped(place)

        return self.caller.make("connect", at, (place,), invoke, learn, blocks=True)

    def getsockname(self, at: Named) -> Outcome:
        """getsockname(2)."""
        return self.caller.make(
            "getsockname", at, (), lambda: Outcome(0, value=address(self._real(at).getsockname()))
        )

    def getpeername(self, at: Named) -> Outcome:
        """getpeername(2)."""
        return self.caller.make(
            "getpeername", at, (), lambda: Outcome(0, value=address(self._real(at).getpeername()))
        )

    def send(self, at: Named, data: bytes, flags: frozenset[str] = frozenset()) -> Outcome:
        """send(2)."""
        text, number = message_flags(flags)
        return self.caller.make(
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
            if at.sock is not None and at.sock.local is None:
                outcome.local = _now_local(at, self._names(at)[0])

        return self.caller.make("sendto", at, ("0", place), invoke, learn, blocks=True, data=data)

    def recv(self, at: Named, size: int, flags: frozenset[str] = frozenset()) -> Outcome:
        """recv(2) of at most `size` bytes."""
        text, number = message_flags(flags)

        def invoke() -> Outcome:
            if "trunc" not in flags:
                data = self._real(at).recv(size, number)
                return Outcome(len(data), data=data, size=len(data))
            buffer = _room(size)
            true = self._real(at).recv_into(buffer, size, number)
            copied = _copied(at, true, size)
            return Outcome(true, data=bytes(buffer[:copied]), size=copied)

        return self.caller.make("recv", at, (size, text), invoke, blocks=True)

    def recvfrom(self, at: Named, size: int, flags: frozenset[str] = frozenset()) -> Outcome:
        """recvfrom(2) of at most `size` bytes; `peer` sent them (over TCP nobody is named)."""
        text, number = message_flags(flags)

        def invoke() -> Outcome:
            if "trunc" in flags:
                buffer = _room(size)
                true, sender = self._real(at).recvfrom_into(buffer, size, number)
                data = bytes(buffer[: _copied(at, true, size)])
            else:
                data, sender = self._real(at).recvfrom(size, number)
                true = len(data)
            peer = address(sender)
            if at.sock is not None and peer is not None:
                at.sock.peer = scoped(sender)
            return Outcome(true, data=data, size=len(data), peer=peer)

        return self.caller.make("recvfrom", at, (size, text), invoke, blocks=True)

    def shutdown(self, at: Named, how: str) -> Outcome:
        """shutdown(2); `how` is in, out or both."""

        def invoke() -> Outcome:
            self._real(at).shutdown(getattr(sockets, HOW[how]))
            return Outcome(0)

        return self.caller.make("shutdown", at, (HOW[how],), invoke)

    def close(self, at: Named) -> Outcome:
        """close(2). With SO_LINGER set it may block."""

        def invoke() -> Outcome:
            if at.sock is None:
                os.close(-1)
            else:
                at.sock.close()
            return Outcome(0)

        outcome = self.caller.make("close", at, (), invoke, blocks=True)
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

        return self.caller.make("setsockopt", at, setting.args, invoke)

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

        return self.caller.make("getsockopt", at, query.args, invoke, learn)

    def nonblock(self, at: Named, on: bool) -> Outcome:
        """ioctl(2) FIONBIO."""

        def invoke() -> Outcome:
            self._real(at).setblocking(not on)
            return Outcome(0)

        return self.caller.make("ioctl", at, ("FIONBIO", int(on)), invoke)

    def poll(self, at: Named, wants: frozenset[str], seconds: float | None) -> Outcome:
        """poll(2) of one descriptor; `value` names the events that it reported."""
        asked = poll_mask(wants)
        limit = -1 if seconds is None else round(seconds * 1000)

        def invoke() -> Outcome:
            poller = select.poll()
            poller.register(at.sock.os_fd if at.sock else _NO_DESCRIPTOR, asked)
            ready = poller.poll(None if seconds is None else limit)
            return Outcome(len(ready), value=poll_text(ready[0][1]) if ready else None)

        return self.caller.make("poll", at, (poll_text(asked), limit), invoke, blocks=True)

    def select(self, at: Named, seconds: float) -> Outcome:
        """select(2) until one descriptor can be written or has failed, for a system without
        poll(2); `value` names the sets that it is in. Windows tells a failed connect only by the
        set of exceptions."""

        def invoke() -> Outcome:
            asked = [at.sock.os_fd if at.sock else _NO_DESCRIPTOR]
            _read, written, failed = select.select([], asked, asked, seconds)
            names = [name for name, found in zip(_SETS, (written, failed), strict=True) if found]
            return Outcome(len(names), value="|".join(names) or None)

        return self.caller.make("select", at, ("|".join(_SETS), seconds), invoke, blocks=True)

    def cut(self) -> None:
        """End the call that the program is in, by shutdown(2) of its socket (closing doesn't wake
        a blocked call)."""
        entered = self.caller.doom()
        if entered is not None and entered.at is not None and entered.at.sock is not None:
            beside = Caller(self.env, self.caller.program, cause=self.caller.cause)
            Calls(beside, self.descriptors).shutdown(entered.at, "both")

    def _real(self, at: Named) -> sockets.socket:
        return at.sock.real if at.sock is not None else self.env.nothing

    def _names(self, at: Named) -> tuple[Address | None, Address | None]:
        return self.env.observer.names(at.sock) if at.sock else (None, None)


def _now_local(at: Named, local: Address | None) -> Address | None:
    """Remember the local address; what of it is news."""
    if at.sock is None or local is None or local == at.sock.local:
        return None
    at.sock.local = local
    return local


def _copied(at: Named, true: int, size: int) -> int:
    """How much was copied where MSG_TRUNC returned `true`: of a datagram as much as there was room
    for, of a stream nothing."""
    return min(true, size) if at.sock and not at.sock.is_tcp else 0


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
