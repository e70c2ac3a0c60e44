"""A TCP connection that the engine's loop drives: what a behaviour answers goes back on it.

The program's hottest path: an echo is two system calls, two events, and as little as possible
besides. Back-pressure: while a peer doesn't take what is owed to it, nothing more is read from it.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic_ns

from socklab.events import Arg, Call
from socklab.lab.behaviours import Answer, Behaviour
from socklab.lab.descriptors import Descriptors
from socklab.lab.driven import CHUNK, RECV, DrivenSocket
from socklab.lab.environment import Environment
from socklab.lab.errnos import error_name
from socklab.lab.traced import Driven, TracedSocket

_SEND: tuple[Arg, ...] = ("0",)
_OWED_MOST = 1 << 18  # bytes a chat's slow listener may owe before it is let go
_FAREWELL = 2.0  # seconds that a closing server waits for its peer's FIN


class Connection(DrivenSocket):
    """A TCP connection on which a behaviour answers. `active` is when something last went either
    way (monotonic, ns)."""

    def __init__(
        self,
        env: Environment,
        descriptors: Descriptors,
        sock: TracedSocket,
        behaviour: Behaviour,
        relay: Callable[[Connection, bytes], None],
        ended: Callable[[Connection], None],
        cause: int | None,
    ) -> None:
        super().__init__(env, descriptors, sock, Driven.SERVING, cause)
        self.behaviour = behaviour
        self._relay = relay
        self._ended = ended
        self._pulls = type(behaviour).more is not Behaviour.more
        self._owed = bytearray()
        self._closing = False
        self._finished = False
        self.active = monotonic_ns()
        self._came = (b"", 0)
        self._ahead = env.journal.ahead
        self._afterwards = env.poller.afterwards
        self._received = behaviour.received
        self._recv = sock.real.recv
        self._send = sock.real.send
        self._watched = (False, False)

    def begin(self) -> None:
        """Greet, and serve from now on."""
        self.answer(self.behaviour.opened())
        self._watch()

    def writable(self) -> None:
        self._write_owed()
        self._watch()

    def readable(self) -> None:
        sock = self.sock
        began = monotonic_ns()
        try:
            data = self._recv(CHUNK)
        except OSError as error:
            self.record("recv", self._ahead + began, RECV, error=error)
            if not isinstance(error, BlockingIOError):
                self.close()
            return
        duration = monotonic_ns() - began
        self.active = began
        size = len(data)
        call = Call(
            t=self._ahead + began,
            program=sock.program,
            cause=self.cause,
            name="recv",
            sock=sock.number,
            fd=sock.fd,
            os_fd=sock.os_fd,
            args=RECV,
            result=size,
            duration=duration,
            data=data if size <= self.snap else data[: self.snap],
            size=size,
        )
        n = self.append(call)
        if not size:
            self._finished = True
            sock.tell(n, call)
            self.env.observer.nudge(sock)
            self.answer(self.behaviour.finished(), n)
            self._watch()
        elif not self._closing:
            self._came = data, n
            self._afterwards(self._answer_it)
        else:
            self._watch()

    def _answer_it(self) -> None:
        data, n = self._came
        reply = self._received(data)
        if type(reply) is not bytes:
            self.answer(reply, n)
        elif reply:
            self.send(reply, n)
        if self._owed:
            self._watch()

    def answer(self, reply: bytes | Answer, cause: int | None = None) -> None:
        """Send a reply, as far as the kernel takes it now; the rest is owed."""
        if isinstance(reply, Answer):
            if reply.others:
                self._relay(self, reply.others)
            if reply.data:
                self.send(reply.data, cause)
            if reply.close:
                self._closing = True
                self._close_when_paid()
        elif reply:
            self.send(reply, cause)

    def send(self, data: bytes, cause: int | None = None) -> None:
        """Send these bytes after those that are owed already."""
        if self._owed:
            self._owed += data
        elif (taken := self._send_now(data, cause)) < len(data):
            self._owed += memoryview(data)[taken:]

    def _send_now(self, data: bytes, cause: int | None) -> int:
        """One send(2): how many bytes need no more care (all, where it failed and ended the
        connection)."""
        sock = self.sock
        if sock.closed or sock.driven is None:
            return len(data)
        taken: int | None = None
        error: str | None = None
        began = monotonic_ns()
        try:
            taken = self._send(data)
        except OSError as failure:
            error = error_name(failure)
        duration = monotonic_ns() - began
        size = len(data)
        call = Call(
            t=self._ahead + began,
            program=sock.program,
            cause=cause if cause is not None else self.cause,
            name="send",
            sock=sock.number,
            fd=sock.fd,
            os_fd=sock.os_fd,
            args=_SEND,
            result=taken,
            error=error,
            duration=duration,
            data=data if size <= self.snap else data[: self.snap],
            size=size,
        )
        n = self.append(call)
        if taken is not None:
            return taken
        if error == "EAGAIN":
            return 0
        sock.tell(n, call)
        self.close()
        return size

    def _write_owed(self) -> None:
        if self._owed:
            taken = self._send_now(bytes(self._owed[:_OWED_MOST]), None)
            del self._owed[:taken]
            self.active = monotonic_ns()
        elif self._pulls and not self._closing:
            self.send(self.behaviour.more())
            self.active = monotonic_ns()
        self._close_when_paid()

    def _close_when_paid(self) -> None:
        """End the connection once nothing is owed: at once where the peer has finished too, else
        after its FIN, so that what it still sends doesn't turn our close into a reset."""
        if not self._closing or self._owed or self.over:
            return
        if self._finished:
            self.close()
        elif not self._farewell_said:
            self._farewell_said = True
            self.shutdown()
            self.env.loop.call_later(_FAREWELL, self.close)

    _farewell_said = False

    @property
    def overdue(self) -> bool:
        """It owes more than a listener that doesn't listen may."""
        return len(self._owed) > _OWED_MOST

    def _watch(self) -> None:
        if self.over:
            return
        owed = bool(self._owed)
        pulls = self._pulls and not self._closing
        wanted = (not self._finished and (not owed or self._pulls), owed or pulls)
        if wanted != self._watched:
            self._watched = wanted
            self.watch(read=wanted[0], write=wanted[1])

    def relayed(self, data: bytes) -> None:
        """Send what another connection said."""
        self.send(data)
        self._watch()

    def close(self) -> None:
        was_open = not self.over
        super().close()
        if was_open:
            self._ended(self)
