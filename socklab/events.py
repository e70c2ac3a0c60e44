"""What can happen in a lab, as pure data: the events, and nothing that does I/O.

A journal is a sequence of these facts. Every view (the log, the socket table, an export, an
`expect`) is a fold over them, so whatever a view needs to know must be in here. The names of the
fields are those of the journal's JSON lines: a new field may be added, none changes its meaning.

Units: every `t` and `duration` is in nanoseconds, every size in bytes. `t` counts from the Unix
epoch: the wall clock at the journal's start plus the monotonic clock since, so that durations and
differences are right even where the wall clock is set meanwhile.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Address = tuple[str, int]
"""Host (a numeric address) and port, as getsockname(2) gave them."""

Arg = str | int | float | bool | None | tuple[str, int]
"""One argument of a call: symbolic where the man page is (`"SOCK_STREAM"`, `"MSG_PEEK"`)."""

Origin = Literal["form", "console", "script", "lesson"]
Source = Literal["kernel", "wire", "call"]
Level = Literal["info", "warning", "error"]
Verdict = Literal["delivered", "dropped", "held", "duplicated", "corrupted"]

UNNUMBERED = -1
"""`n` of an event that no journal has taken in yet."""


class Event(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    gc=False,
    tag=str.lower,
    tag_field="type",
    kw_only=True,
):
    """What every event has.

    `n` numbers a journal's events 0, 1, 2, ... in the order in which they were completed; the
    journal gives it. `t` is when it began, so it isn't monotone in `n`. `program` is the actor and
    `cause` the `n` of the event that led to this one, where there is one.
    """

    n: int = UNNUMBERED
    t: int
    program: str | None = None
    cause: int | None = None


class Command(Event, frozen=True, kw_only=True):
    """Somebody asked for this: one line of the command language."""

    text: str
    origin: Origin


class Program(Event, frozen=True, kw_only=True):
    """A program came, went or was frozen; `host` names the network stack it runs in."""

    change: Literal["started", "stopped", "frozen", "thawed"]
    host: str


class Call(Event, frozen=True, kw_only=True):
    """A system call returned.

    `name` is its POSIX name, `fd` the descriptor that the program named and `os_fd` this process's
    own number for it (-1 where the program's descriptor names nothing). `args` are the arguments
    without descriptor and without data, symbolic as in strace. `result` is what the call returned,
    null with `error` (errno's symbolic name) where it failed. `duration` is what the program saw.

    `socket` bears the new `fd` and `sock`; `accept` the listener's, with the new descriptor as
    `result`, the new socket as `new_sock` and this process's descriptor as `new_os_fd`.

    `data` is what was sent or received, at most the snap length; `size` the true number of bytes:
    what was handed over for a send (`result` says how many the kernel took), what came for a
    receive. `local` and `remote` are given when they change; `peer` is the other side of this one
    datagram. `value` is what a call gave besides its number: an option's value, poll's events.
    `cut` marks a call that the lab ended, whose result says nothing about the network.
    """

    name: str
    sock: int | None = None
    fd: int | None = None
    args: tuple[Arg, ...] = ()
    result: int | None = None
    error: str | None = None
    duration: int = 0
    os_fd: int | None = None
    local: Address | None = None
    remote: Address | None = None
    peer: Address | None = None
    data: bytes | None = None
    size: int | None = None
    value: Arg = None
    new_sock: int | None = None
    new_os_fd: int | None = None
    cut: bool = False


class Wait(Event, frozen=True, kw_only=True):
    """A call was entered and hasn't returned at once: its program is blocked in it.

    The call's own event follows when it returns, with the same `t` and the whole duration.
    """

    name: str
    sock: int | None = None
    fd: int | None = None
    args: tuple[Arg, ...] = ()


class State(Event, frozen=True, kw_only=True):
    """A socket's TCP state changed, and how that is known.

    States have the names of /proc/net/tcp and ss with underscores (`ESTABLISHED`, `FIN_WAIT2`).
    `fd` is null when no descriptor holds the socket. `local` and `remote` are given on the first
    sight of a socket that no call of the lab's made: one that waits to be accepted.
    """

    sock: int
    fd: int | None = None
    old: str
    new: str
    source: Source
    local: Address | None = None
    remote: Address | None = None


class Gauge(Event, frozen=True, kw_only=True):
    """The depth of a socket's queues, sampled, recorded only when one changed.

    Queues in bytes; `accept_queue` and `backlog` in connections (of a listening socket, for which
    the byte queues are null); `drops` in datagrams since the socket was made.
    """

    sock: int
    fd: int | None = None
    recv_queue: int | None = None
    send_queue: int | None = None
    accept_queue: int | None = None
    backlog: int | None = None
    drops: int | None = None


class Frame(Event, frozen=True, kw_only=True):
    """A frame came onto the wire, from one host to another."""

    id: int
    sender: str
    receiver: str
    size: int
    data: bytes


class Fate(Event, frozen=True, kw_only=True):
    """What became of a frame, and after how long (`delay`, ns)."""

    id: int
    verdict: Verdict
    delay: int = 0


class Note(Event, frozen=True, kw_only=True):
    """What the lab itself has to say."""

    text: str
    level: Level = "info"


AnyEvent = Command | Program | Call | Wait | State | Gauge | Frame | Fate | Note
EVENT_TYPES: tuple[type[Event], ...] = (
    Command,
    Program,
    Call,
    Wait,
    State,
    Gauge,
    Frame,
    Fate,
    Note,
)


class Header(msgspec.Struct, frozen=True, tag_field="type", tag="socklab-journal", kw_only=True):
    """A journal's first line: what this file is and the clock that its times count by.

    `started` is the wall clock at `n` = 0 (ns since the epoch); `snap` the most bytes of data that
    an event keeps; `system` and `release` the kernel that judged the calls.
    """

    version: int = 1
    started: int
    snap: int = 4096
    system: str = ""
    release: str = ""
    python: str = ""
