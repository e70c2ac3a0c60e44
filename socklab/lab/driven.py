"""Sockets that the engine's loop drives: listeners, UDP servers, readers, and what is common to
them and to served connections (`connection`).

Everything runs on the engine's thread. A socket is non-blocking and level-triggered, and gets one
call each time it's ready, so the log isn't full of EAGAIN.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from socklab.events import Address, Arg, Call
from socklab.i18n import _
from socklab.lab.behaviours import Answer, Behaviour
from socklab.lab.descriptors import Descriptors
from socklab.lab.environment import Environment
from socklab.lab.errnos import error_name
from socklab.lab.new_sockets import accepted
from socklab.lab.scopes import raw_address, scoped, unscoped
from socklab.lab.traced import Driven, TracedSocket, address

CHUNK = 65536  # bytes asked of each recv
RECV: tuple[Arg, ...] = (CHUNK, "0")
_KNOWN_PEERS = 1024  # senders that a UDP chat remembers
_NO_ROOM = ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM")
_EMPTY_MOST = 3  # times in a row that a socket may be readable with nothing there


def release(env: Environment, sock: TracedSocket) -> None:
    """Take a driven socket from the loop, for its program to close it. On the engine's thread."""
    env.poller.forget(sock.os_fd)
    sock.driven = None


class DrivenSocket:
    """What all driven sockets share: one call, one event, and how they end."""

    def __init__(
        self,
        env: Environment,
        descriptors: Descriptors,
        sock: TracedSocket,
        what: Driven,
        cause: int | None,
    ) -> None:
        self.env = env
        self.descriptors = descriptors
        self.sock = sock
        self.cause = cause
        self.snap = env.journal.header.snap
        self.now = env.journal.now
        self.append = env.journal.append
        self._empty = 0
        sock.driven = what

    def start(self) -> None:
        """Make the socket non-blocking (ioctl(2) FIONBIO) and serve it from now on."""
        t = self.now()
        self.sock.real.setblocking(False)
        self.record("ioctl", t, ("FIONBIO", 1), 0)
        self.begin()

    def begin(self) -> None:
        """The socket is non-blocking: begin."""
        self.watch(read=True)

    def watch(self, *, read: bool, write: bool = False) -> None:
        """Be told from now on when the socket is readable, or writable."""
        self.env.poller.watch(self.sock.os_fd, self, read=read, write=write)

    def readable(self) -> None:
        """The socket can be read, or is broken."""

    def writable(self) -> None:
        """The socket can be written."""

    def record(
        self,
        name: str,
        t: int,
        args: tuple[Arg, ...] = (),
        result: int | None = None,
        error: OSError | None = None,
        cause: int | None = None,
        **more: object,
    ) -> int:
        """The event of a call that began at `t` and has just returned."""
        sock = self.sock
        call = Call(
            t=t,
            program=sock.program,
            cause=self.cause if cause is None else cause,
            name=name,
            sock=sock.number,
            fd=sock.fd,
            os_fd=sock.os_fd,
            args=args,
            result=result,
            error=error_name(error) if error else None,
            duration=self.now() - t,
            **more,  # type: ignore[arg-type]
        )
        n = self.append(call)
        sock.tell(n, call)
        return n

    def shutdown(self) -> None:
        """Send our FIN (shutdown(2) SHUT_WR)."""
        t = self.now()
        # A look in between would find what this call does before the observer has been told.
        with self.sock.still:
            try:
                self.sock.real.shutdown(socket.SHUT_WR)
            except OSError as error:
                self.record("shutdown", t, ("SHUT_WR",), error=error)
            else:
                self.record("shutdown", t, ("SHUT_WR",), 0)
        self.env.observer.nudge(self.sock)

    @property
    def over(self) -> bool:
        """It isn't the loop's any more: closed, or about to be by its program."""
        return self.sock.closed or self.sock.driven is None

    def let_go(self) -> None:
        """The loop serves it no more; it stays open."""
        self.env.poller.forget(self.sock.os_fd)

    def nothing_there(self) -> None:
        """It was readable and gave EAGAIN. Once that is the kernel's habit (a datagram with a bad
        checksum, select(2)); a UDP socket that was shut by hand stays so for ever."""
        self._empty += 1
        if self._empty == _EMPTY_MOST:
            self.let_go()
            self.env.note(
                _("descriptor {fd} is shut: nothing more is read from it", fd=self.sock.fd),
                program=self.sock.program,
            )

    def close(self) -> None:
        """close(2), and everything that goes with it."""
        if self.over:
            return
        self.let_go()
        t = self.now()
        try:
            self.sock.close()
        except OSError as error:
            self.record("close", t, error=error)
        else:
            self.record("close", t, (), 0)
        self.descriptors.free(self.sock)
        self.env.observer.closed(self.sock)


class Listener(DrivenSocket):
    """Accepts whoever comes and hands the new socket on."""

    def __init__(
        self,
        env: Environment,
        descriptors: Descriptors,
        sock: TracedSocket,
        took: Callable[[TracedSocket, int], None],
        cause: int | None,
    ) -> None:
        super().__init__(env, descriptors, sock, Driven.ACCEPTING, cause)
        self._took = took
        self._told = False

    def readable(self) -> None:
        t = self.now()
        try:
            real, peer = self.sock.real.accept()
        except OSError as error:
            self.record("accept", t, (), error=error)
            self._failed(error_name(error))
            return
        took = self.now() - t
        new = accepted(self.env, self.descriptors, self.sock, real, address(peer))
        call = Call(
            t=t,
            program=self.sock.program,
            cause=self.cause,
            name="accept",
            sock=self.sock.number,
            fd=self.sock.fd,
            os_fd=self.sock.os_fd,
            result=new.fd,
            duration=took,
            local=new.local,
            remote=new.remote,
            new_sock=new.number,
            new_os_fd=new.os_fd,
        )
        n = self.append(call)
        self.env.observer.accepted(n, call, new)
        self._took(new, n)

    def _failed(self, error: str) -> None:
        if error in _NO_ROOM:
            # The listener stays readable: without a pause the loop would spin on it (facts E28).
            self.let_go()
            self.env.loop.call_later(1.0, self._resume)
            if not self._told:
                self._told = True
                self.env.note(
                    _(
                        "accept failed with {error}: out of descriptors; trying again each second"
                        " until one is closed",
                        error=error,
                    ),
                    level="warning",
                    program=self.sock.program,
                )
        elif error == "EINVAL":
            # Shut by hand it listens no more, and stays readable for ever.
            self.let_go()
            self.env.note(
                _("descriptor {fd} listens no more: nobody is accepted", fd=self.sock.fd),
                program=self.sock.program,
            )

    def _resume(self) -> None:
        if not self.over:
            self.watch(read=True)


class DatagramSocket(DrivenSocket):
    """A UDP socket to which anybody may send."""

    def came(self, data: bytes, peer: Address, n: int) -> None:
        """A datagram came from `peer`, by event `n`."""
        raise NotImplementedError

    def readable(self) -> None:
        t = self.now()
        try:
            data, sender = self.sock.real.recvfrom(CHUNK)
        except OSError as error:
            self.record("recvfrom", t, RECV, error=error)
            if isinstance(error, BlockingIOError):
                self.nothing_there()
            return
        self._empty = 0
        peer = scoped(sender)
        n = self.record(
            "recvfrom",
            t,
            RECV,
            len(data),
            peer=address(sender),
            data=data[: self.snap],
            size=len(data),
        )
        if peer is not None:
            self.sock.peer = peer
            self.came(data, peer, n)

    def send_to(self, peer: Address, data: bytes, cause: int) -> None:
        """Send a datagram, because of event `cause`."""
        t = self.now()
        taken: int | None = None
        failed: OSError | None = None
        try:
            taken = self.sock.real.sendto(data, raw_address(peer))
        except OSError as error:
            failed = error
        self.record(
            "sendto",
            t,
            ("0", peer),
            taken,
            failed,
            cause,
            peer=unscoped(peer),
            data=data[: self.snap],
            size=len(data),
        )


class DatagramServer(DatagramSocket):
    """A UDP socket on which a behaviour answers each datagram."""

    def __init__(
        self,
        env: Environment,
        descriptors: Descriptors,
        sock: TracedSocket,
        behaviour: Behaviour,
        cause: int | None,
    ) -> None:
        super().__init__(env, descriptors, sock, Driven.SERVING, cause)
        self._behaviour = behaviour
        self._peers: dict[Address, None] = {}

    def came(self, data: bytes, peer: Address, n: int) -> None:
        reply = self._behaviour.datagram(data)
        if isinstance(reply, Answer):
            self._peers.pop(peer, None)
            for other in tuple(self._peers) if reply.others else ():
                self.send_to(other, reply.others, n)
            self._peers[peer] = None
            if len(self._peers) > _KNOWN_PEERS:
                del self._peers[next(iter(self._peers))]
            if reply.data:
                self.send_to(peer, reply.data, n)
        elif reply is not None:
            self.send_to(peer, reply, n)


class AutomaticReader(DrivenSocket):
    """A client's socket that is read as soon as something comes; sending stays in the hand."""

    def readable(self) -> None:
        t = self.now()
        try:
            data = self.sock.real.recv(CHUNK)
        except OSError as error:
            self.record("recv", t, RECV, error=error)
            self.env.observer.nudge(self.sock)
            if isinstance(error, BlockingIOError):
                self.nothing_there()
            elif self.sock.is_tcp:
                self.let_go()
            return
        self._empty = 0
        self.record("recv", t, RECV, len(data), data=data[: self.snap], size=len(data))
        if not data and self.sock.is_tcp:
            self.let_go()
            self.env.observer.nudge(self.sock)
