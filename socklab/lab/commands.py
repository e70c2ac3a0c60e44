"""The commands of the language as pure data: what a line says, once it has been understood.

One class a verb. Where `fd` is None the line left it out, and the program's only fitting
descriptor is meant. Nothing here knows how a line is written (`language`) or carried out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from socklab.lab.network_commands import ExpectWire, NetworkCommand

Transport = Literal["tcp", "udp"]
How = Literal["in", "out", "both"]

BACKLOG = 128
"""Of listen(2) where the line doesn't say."""


@dataclass(frozen=True, slots=True)
class HostPort:
    """A host (a name, a numeric address, or `*` for any address) and a port."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class AddressOf:
    """`@PROGRAM` or `@PROGRAM.FD`: the address that this socket is bound to."""

    program: str
    fd: int | None = None


@dataclass(frozen=True, slots=True)
class Peer:
    """`peer`: the sender of the descriptor's last datagram."""


Place = HostPort | AddressOf
Destination = HostPort | AddressOf | Peer


@dataclass(frozen=True, slots=True)
class Literally:
    """Bytes that stand in the line itself: quoted text or `hex:`."""

    data: bytes


@dataclass(frozen=True, slots=True)
class FileBytes:
    """`file:PATH`: the content of a file, relative to the script."""

    path: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """`bytes:N`: N bytes 0, 1, ..., 255, 0, ..."""

    size: int


Data = Literally | FileBytes | Pattern


@dataclass(frozen=True, slots=True)
class Socket:
    transport: Transport
    ipv6: bool = False


@dataclass(frozen=True, slots=True)
class Bind:
    fd: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class Listen:
    fd: int | None
    backlog: int = BACKLOG


@dataclass(frozen=True, slots=True)
class Accept:
    fd: int | None


@dataclass(frozen=True, slots=True)
class Connect:
    fd: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class GetSockName:
    fd: int | None


@dataclass(frozen=True, slots=True)
class GetPeerName:
    fd: int | None


@dataclass(frozen=True, slots=True)
class Send:
    """`flags` are the line's words: `oob`, `dontwait`."""

    fd: int | None
    data: Data
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SendTo:
    fd: int | None
    place: Destination
    data: Data


@dataclass(frozen=True, slots=True)
class Recv:
    """`size` in bytes; `flags`: `peek`, `oob`, `waitall`, `trunc`, `dontwait`."""

    fd: int | None
    size: int = 4096
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RecvFrom:
    fd: int | None
    size: int = 4096
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Shutdown:
    fd: int | None
    how: How


@dataclass(frozen=True, slots=True)
class Close:
    fd: int | None


@dataclass(frozen=True, slots=True)
class SetSockOpt:
    """`value` as `options` understood it: int for numbers and switches, float for seconds,
    None for `linger off`, text words for memberships (group, interface address)."""

    fd: int | None
    option: str
    value: int | float | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class GetSockOpt:
    fd: int | None
    option: str


@dataclass(frozen=True, slots=True)
class NonBlock:
    fd: int | None
    on: bool


@dataclass(frozen=True, slots=True)
class Poll:
    """`seconds` None: wait without limit."""

    fd: int | None
    wants: frozenset[str]
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    fd: int | None


@dataclass(frozen=True, slots=True)
class Serve:
    """`timeout` in seconds of silence after which a client is closed.

    Of TCP only: it, `backlog`, `manual_accept` and `max_clients`.
    """

    transport: Transport
    place: HostPort
    behaviour: str = "echo"
    backlog: int = BACKLOG
    manual_accept: bool = False
    manual_read: bool = False
    max_clients: int | None = None
    timeout: float | None = None
    v6only: bool | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """`timeout` in seconds for each address that is tried."""

    transport: Transport
    place: Place
    timeout: float | None = None
    automatic_read: bool = False


@dataclass(frozen=True, slots=True)
class Forward:
    """`delay` in seconds and `rate` in bytes per second are for each way.

    Of TCP only: `rate`, `slice`, the most bytes that go on in one send, and `reset_after`, how many
    bytes a client's two connections carry before they are reset. Of UDP only: the shares from 0 to
    1, and `seed`, what all chance comes from.
    """

    transport: Transport
    place: HostPort
    target: Place
    delay: float = 0.0
    slice: int | None = None
    rate: float | None = None
    reset_after: int | None = None
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    seed: int = 0
    max_clients: int | None = None


@dataclass(frozen=True, slots=True)
class Every:
    """`times` None: until the program stops. `command` is the repeated command's own text."""

    seconds: float
    times: int | None
    command: ProgramCommand
    text: str


@dataclass(frozen=True, slots=True)
class Stop:
    pass


ProgramCommand = (
    Socket
    | Bind
    | Listen
    | Accept
    | Connect
    | GetSockName
    | GetPeerName
    | Send
    | SendTo
    | Recv
    | RecvFrom
    | Shutdown
    | Close
    | SetSockOpt
    | GetSockOpt
    | NonBlock
    | Poll
    | Reset
    | Serve
    | Client
    | Forward
    | Every
    | Stop
)
"""What a program carries out."""


@dataclass(frozen=True, slots=True)
class SetPace:
    """`breath`: seconds before each call at the slow pace, None for as it was."""

    mode: Literal["full", "slow", "step"]
    breath: float | None = None


@dataclass(frozen=True, slots=True)
class Sleep:
    seconds: float


@dataclass(frozen=True, slots=True)
class NoteText:
    text: str


@dataclass(frozen=True, slots=True)
class New:
    pass


@dataclass(frozen=True, slots=True)
class Number:
    """What a call's result or a queue's depth is compared with; `value` None matches any result."""

    relation: Literal["=", "<", ">"]
    value: int | None


@dataclass(frozen=True, slots=True)
class ExpectCall:
    """`error` excludes `result`; `data` with `prefix` need only begin so. `within` in seconds."""

    program: str
    call: str
    fd: int | None
    result: Number | None
    error: str | None
    data: bytes | None = None
    prefix: bool = False
    within: float = 2.0


@dataclass(frozen=True, slots=True)
class ExpectState:
    program: str
    fd: int
    state: str
    within: float = 2.0


@dataclass(frozen=True, slots=True)
class ExpectQueue:
    program: str
    fd: int
    queue: Literal["recv_queue", "send_queue", "accept_queue"]
    depth: Number
    within: float = 2.0


LabCommand = SetPace | Sleep | NoteText | New | ExpectCall | ExpectState | ExpectQueue | ExpectWire
"""What the lab itself carries out, or a script waits for."""

AnyCommand = ProgramCommand | LabCommand | NetworkCommand


@dataclass(frozen=True, slots=True)
class Line:
    """One understood line. `program` is None for the commands of the lab."""

    text: str
    program: str | None
    command: AnyCommand
