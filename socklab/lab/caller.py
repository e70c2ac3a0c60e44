"""A program as the kernel's caller: what all of its calls by hand have in common.

A call is entered, made once, timed, and recorded once. It runs on its program's own thread and
blocks there for as long as the kernel lets it; meanwhile the engine may record that the program
waits in it, or mark it as ended by the lab. Which calls there are, `calls` knows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from socklab.events import Address, Arg, Call, Wait
from socklab.lab.environment import Environment
from socklab.lab.errnos import error_name
from socklab.lab.holders import tell_holders
from socklab.lab.traced import TracedSocket

_CHANGING = frozenset({"connect", "listen", "shutdown", "close"})
"""The calls that change their socket's TCP state themselves."""


class Named(NamedTuple):
    """A descriptor as the program named it, and what it names (None: nothing)."""

    fd: int
    sock: TracedSocket | None


def named(sock: TracedSocket) -> Named:
    """The descriptor of this socket."""
    return Named(sock.fd, sock)


@dataclass(slots=True)
class Outcome:
    """What a call gave. The fields are those of the `call` event, but `data` is whole."""

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
    """A call that a program is in. `at` is the descriptor that it is on, None where it makes one.
    `waited`: the journal has its `wait` event; `cut`: the lab has ended it; `over`: it has
    returned."""

    name: str
    at: Named | None
    args: tuple[Arg, ...]
    t: int
    cause: int | None
    waited: bool = False
    cut: bool = False
    over: bool = False

    @property
    def sock(self) -> TracedSocket | None:
        """The socket that it is on."""
        return self.at.sock if self.at else None


@dataclass(slots=True)
class Caller:
    """Makes a program's calls, one at a time. `cause` is the event that they come of; `gate` lets
    each of them pass, or raises.

    `entered` is the call that may block and that the program is in now; `lock` guards it against
    the engine, which records that the program is blocked (`block`) or marks the call as one that
    the lab ends (`doom`).
    """

    env: Environment
    program: str
    on_enter: Callable[[Entered], None] = lambda _entered: None
    on_return: Callable[[], None] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)
    entered: Entered | None = None
    cause: int | None = None
    gate: Callable[[str], None] | None = None

    def make(
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
        """Make the call by `invoke`, whose OSError is the call's own, and record its return.

        `learn` adds to the outcome, once the call's time is taken, what else is known now; it isn't
        asked where the call failed, but for connect. `blocks`: it may; `data` is what it sends.
        What else `invoke` or the gate raises goes on from here, and then nothing is recorded.
        """
        journal, sock = self.env.journal, at.sock if at else None
        if self.gate is not None:
            self.gate(f"{self.program}: {name}")
        entered = Entered(name, at, args, journal.now(), self.cause)
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
        duration = journal.now() - entered.t
        if learn is not None and (outcome.ok or name == "connect"):
            learn(outcome)
        if data is not None:
            outcome.data, outcome.size = data, len(data)
        n, call = self._record(entered, outcome, duration)
        self._tell(n, call, entered, entry, outcome.made)
        return outcome

    def _enter(self, entered: Entered) -> None:
        with self.lock:
            self.entered = entered
        self.on_enter(entered)

    def _leave(self, entered: Entered) -> None:
        with self.lock:
            entered.over = True
            self.entered = None
        if entered.sock is not None:
            entered.sock.leave(id(entered))

    def _record(self, entered: Entered, outcome: Outcome, duration: int) -> tuple[int, Call]:
        """The call has returned: its event."""
        name, at, made = entered.name, entered.at, outcome.made
        subject = made if name == "socket" and made else entered.sock
        accepted = made if name == "accept" else None
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
                args=entered.args,
                result=outcome.result,
                error=outcome.error,
                duration=duration,
                local=outcome.local,
                remote=outcome.remote,
                peer=outcome.peer,
                data=self._kept(outcome.data),
                size=outcome.size,
                value=outcome.value,
                new_sock=accepted.number if accepted else None,
                new_os_fd=accepted.os_fd if accepted else None,
                cut=entered.cut,
            )
            return self.env.journal.append(call), call

    def _kept(self, data: bytes | None) -> bytes | None:
        """As much of it as the journal keeps."""
        return None if data is None else data[: self.env.journal.header.snap]

    def _tell(
        self, n: int, call: Call, entered: Entered, entry: int, made: TracedSocket | None
    ) -> None:
        """Tell of the call, which is event `n`, whoever is to know of it."""
        env, sock = self.env, entered.sock
        if call.error == "EADDRINUSE" and call.name in ("bind", "listen") and sock is not None:
            tell_holders(env, sock, call.args, n)
        if entered.waited:
            self.on_return()
        if sock is not None:
            sock.tell(n, call, entry)
            sock.leave(id(entered))
            if not sock.closed:
                env.observer.nudge(sock)
        if made is not None and call.name == "accept":
            env.observer.accepted(n, call, made)

    # What the engine does to a call that blocks.

    def block(self, entered: Entered) -> bool:
        """The call hasn't returned at once: record that its program waits in it."""
        sock = entered.sock
        with self.lock:
            if entered.over or entered.waited:
                return False
            entered.waited = True
            wait = Wait(
                t=entered.t,
                program=self.program,
                cause=entered.cause,
                name=entered.name,
                sock=sock.number if sock else None,
                fd=entered.at.fd if entered.at else None,
                args=entered.args,
            )
            n = self.env.journal.append(wait)
            if sock is not None:
                sock.wait(id(entered), n, wait)
        if sock is not None:
            self.env.observer.nudge(sock)
        return True

    def doom(self) -> Entered | None:
        """Mark the call that the program is in as one that the lab ends, before anything that the
        lab does can make it return. None where it is in none, or in one that nothing wakes."""
        with self.lock:
            entered = self.entered
            # A close has let go of its descriptor already.
            if entered is None or entered.over or entered.name == "close":
                return None
            entered.cut = True
            return entered
