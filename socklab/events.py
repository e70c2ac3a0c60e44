"""What can happen in a lab, as pure data: the events, and nothing that does I/O.

A journal is a sequence of these facts. Every view (the log, the socket table, an export, an
`expect`) is a fold over them, so whatever a view needs to know must be in here. The names of the
fields are those of the journal's JSON lines: a new field may be added, none changes its meaning.

Units: every `t` and `duration` is in nanoseconds, every size in bytes. `t` counts from the Unix
epoch: the wall clock at the journal's start plus the monotonic clock since, so that durations and
differences are right even where the wall clock is set meanwhile.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Address = tuple[str, int]
"""Host (a numeric address) and port, as getsockname(2) gave them."""

Arg = str | int | float | bool | None | tuple[str, int]
"""One argument of a call: symbolic where the man page is (`"SOCK_STREAM"`, `"MSG_PEEK"`)."""

Origin = Literal["form", "console", "script", "lesson"]
Source = Literal["kernel", "wire", "call"]
Level = Literal["info", "warning", "error"]
Verdict = Literal["delivered", "dropped", "held", "duplicated", "corrupted"]

StateName = Annotated[
    str,
    msgspec.Meta(
        pattern="^(CLOSE|LISTEN|SYN_SENT|SYN_RECV|ESTABLISHED|FIN_WAIT1|FIN_WAIT2"
        "|CLOSING|TIME_WAIT|CLOSE_WAIT|LAST_ACK)$"
    ),
]
"""A state as /proc/net/tcp and ss(8) call it; a journal's line with any other is damaged."""

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
    """A program came, went or was frozen; `host` names the network stack it runs in. `addresses`
    are those of a private host: nobody else has them."""

    change: Literal["started", "stopped", "frozen", "thawed"]
    host: str
    addresses: tuple[str, ...] = ()


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

    States have the names of /proc/net/tcp and ss with underscores (`ESTABLISHED`, `FIN_WAIT2`);
    `old` to `new` is one move of `model.tcp_machine`. `source` is `kernel` where a look found the
    socket in `new`, `wire` where a segment that left or came shows it, `call` where nobody saw it
    there and it must have been there all the same. `t` is when it happened as far as that is known,
    else when it was seen; `cause` the program's call that did it, where one is known to have, or
    the `fate` of the segment that came.

    `fd` is null when no descriptor holds the socket; `held` is then the last one that did, null for
    a connection that nobody has accepted yet. `local` and `remote` are given on the first
    sight of a socket that no call of the lab's made: one that waits to be accepted; and of one that
    is in connect(2), where its SYN was seen: no call has told them yet. `expires` (ns
    since the epoch) is when the kernel will forget a socket that only waits for its time to be
    over: in TIME_WAIT, or in FIN_WAIT2 with no descriptor left.
    """

    sock: int
    fd: int | None = None
    held: int | None = None
    old: StateName
    new: StateName
    source: Source
    local: Address | None = None
    remote: Address | None = None
    expires: int | None = None


class Gauge(Event, frozen=True, kw_only=True):
    """The depth of a socket's queues, sampled, recorded only when one changed.

    Queues in bytes; `accept_queue` and `backlog` in connections (of a listening socket, for which
    the byte queues are null); `drops` in datagrams since the socket was made. `recv_limit` and
    `send_limit` are the sizes of the buffers (SO_RCVBUF and SO_SNDBUF as getsockopt(2) gives them,
    in bytes): the kernel's overhead counts in them too, so a TCP queue is full before it is there.
    `expires` (ns since the epoch) is when the kernel will forget a socket that a table shows in a
    state whose `state` event couldn't tell: an ownerless FIN_WAIT2 that was seen on the wire, or
    that had an owner at first.
    """

    sock: int
    fd: int | None = None
    recv_queue: int | None = None
    send_queue: int | None = None
    accept_queue: int | None = None
    backlog: int | None = None
    drops: int | None = None
    recv_limit: int | None = None
    send_limit: int | None = None
    expires: int | None = None


class Info(Event, frozen=True, kw_only=True):
    """How a TCP connection is doing, from the kernel's TCP_INFO: sampled for sockets in view, at
    most ten times a second and only when something other than its clocks has changed; once as well
    when it is established, and as it was when it was last looked at before its close.

    Fields are those of `struct tcp_info` in <linux/tcp.h>, without `tcpi_` (model/tcp_info.py has
    their meaning): `rtt`, `rttvar`, `rto`, `ato`, `rcv_rtt`, `min_rtt` and the `_time` and
    `_limited` ones in microseconds; `last_` in milliseconds before `t`; `snd_cwnd`, `snd_ssthresh`,
    `unacked`, `lost`, `segs_` in segments; `bytes_`, `mss`, `wnd`, `rcv_space`, `rcv_ssthresh` in
    bytes; rates in bytes per second. Null where an older kernel doesn't say.
    """

    sock: int
    fd: int | None = None
    ca_state: int = 0
    retransmits: int = 0
    probes: int = 0
    backoff: int = 0
    options: int = 0
    snd_wscale: int = 0
    rcv_wscale: int = 0
    rto: int = 0
    ato: int = 0
    snd_mss: int = 0
    rcv_mss: int = 0
    unacked: int = 0
    sacked: int = 0
    lost: int = 0
    retrans: int = 0
    last_data_sent: int = 0
    last_data_recv: int = 0
    last_ack_recv: int = 0
    pmtu: int = 0
    rcv_ssthresh: int = 0
    rtt: int = 0
    rttvar: int = 0
    snd_ssthresh: int = 0
    snd_cwnd: int = 0
    advmss: int = 0
    reordering: int = 0
    rcv_rtt: int = 0
    rcv_space: int = 0
    total_retrans: int = 0
    pacing_rate: int | None = None
    bytes_acked: int | None = None
    bytes_received: int | None = None
    segs_out: int | None = None
    segs_in: int | None = None
    notsent_bytes: int | None = None
    min_rtt: int | None = None
    data_segs_in: int | None = None
    data_segs_out: int | None = None
    delivery_rate: int | None = None
    busy_time: int | None = None
    rwnd_limited: int | None = None
    sndbuf_limited: int | None = None
    bytes_sent: int | None = None
    bytes_retrans: int | None = None
    dsack_dups: int | None = None
    rcv_ooopack: int | None = None
    snd_wnd: int | None = None
    rcv_wnd: int | None = None


class Frame(Event, frozen=True, kw_only=True):
    """A frame came onto the wire, from one host to another.

    The wire tells what has happened a moment later, several frames together: a call that one of
    them ended may have the lower `n`. `t` is true of each.
    """

    id: int
    sender: str
    receiver: str
    size: int
    data: bytes


class Fate(Event, frozen=True, kw_only=True):
    """What became of a frame, and after how long (`delay`, ns).

    "held" isn't the end of it: another fate follows. A "duplicated" frame was delivered, and its
    copy is a frame of its own, whose `cause` is this one's `n`; a "corrupted" one was delivered as
    `data`. `why` says by what it came: "loss", "by hand", the rule; for "loss", `share` is how much
    was to be lost (0 to 1).
    """

    id: int
    verdict: Verdict
    delay: int = 0
    why: str | None = None
    data: bytes | None = None
    share: float | None = None


class Note(Event, frozen=True, kw_only=True):
    """What the lab itself has to say.

    `waits` is what its program is blocked in though it is no system call (`getaddrinfo("name")`),
    until the program's next note with the same `cause`.
    """

    text: str
    level: Level = "info"
    waits: str | None = None


AnyEvent = Command | Program | Call | Wait | State | Gauge | Info | Frame | Fate | Note
EVENT_TYPES: tuple[type[Event], ...] = (
    Command,
    Program,
    Call,
    Wait,
    State,
    Gauge,
    Info,
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
