"""Ports that the kernel chose and that somebody named afterwards.

A program that is run anew gets another port from the kernel than it had in the session, so whoever
connects to it must be told. `run.sh` sees the new one in the kernel's tables as soon as the socket
stands there: a UDP socket once it is bound, a TCP socket once it listens or connects. A TCP socket
that others name before that (one that is only bound) has to ask for the number that it had.

Who asks for a number has to wait where a connection of the session, or of an earlier run, is still
in TIME_WAIT with it (facts E24).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from socklab.events import Address, Call, Command, Program
from socklab.export.asked import asked
from socklab.export.private_hosts import PrivateHosts
from socklab.export.record import Record, blocks

_SEEN_AFTER = frozenset({"listen", "connect"})
_REUSES = ("setsockopt", "SO_REUSEADDR", 1)


def named_address(call: Call) -> Address | None:
    """The address among a call's arguments."""
    return next((arg for arg in call.args if isinstance(arg, tuple)), None)


@dataclass(slots=True)
class ChosenPorts:
    """A fold over the calls: which ports the kernel has chosen, and for which socket (by number).

    `owners` keeps a port after its socket is closed: it can be named still. `seen` are the ports
    that have stood in the kernel's tables.
    """

    owners: dict[int, int] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    _unseen: dict[int, int] = field(default_factory=dict)
    _datagrams: set[int] = field(default_factory=set)

    def take(self, call: Call) -> int | None:
        """The port that the kernel chose for the call's socket, if the kernel's tables show it
        since this call."""
        sock = call.sock
        if sock is None:
            return None
        if call.name == "socket" and "SOCK_DGRAM" in call.args:
            self._datagrams.add(sock)
        self._learn(call, sock)
        if call.name == "close":
            self._datagrams.discard(sock)
            self._unseen.pop(sock, None)
        shows = sock in self._datagrams or call.name in _SEEN_AFTER
        if not shows or call.error not in (None, "EINPROGRESS"):
            return None
        port = self._unseen.pop(sock, None)
        if port is not None:
            self.seen.add(port)
        return port

    def _learn(self, call: Call, sock: int) -> None:
        if call.local is None or call.name == "accept":
            return  # what accept gives has its listener's port
        place = named_address(call)
        if call.name == "bind" and place is not None and place[1]:
            return
        port = call.local[1]
        self._unseen[sock] = port
        self.owners[port] = sock
        self.seen.discard(port)


@dataclass(slots=True)
class NamedPorts:
    """What a whole session named. `users`: of each port that the kernel chose, the programs that
    name it; `pinned`: the sockets that must be bound to the port that they had; `local`: every
    port that a socket of the lab had; `hosts`: where its programs ran, if not on this machine."""

    users: dict[int, set[str]] = field(default_factory=dict)
    pinned: set[int] = field(default_factory=set)
    local: set[int] = field(default_factory=set)
    hosts: PrivateHosts = field(default_factory=PrivateHosts)

    @classmethod
    def of(cls, record: Record) -> NamedPorts:
        """Those of a journal, read once from end to end."""
        named, chosen, to_peer = cls(), ChosenPorts(), set[int]()
        heard: dict[int | None, int] = {}
        for events in blocks(record):
            for event in events:
                if isinstance(event, Call):
                    if event.name == "recvfrom":
                        heard[event.sock] = event.n
                    # An answer knows its address from what it answers.
                    if event.cause not in to_peer and event.cause != heard.get(event.sock, -1):
                        named._name(event, chosen)
                    if event.local is not None:
                        named.local.add(event.local[1])
                    chosen.take(event)
                elif isinstance(event, Program):
                    named.hosts.take(event)
                elif isinstance(event, Command) and asked(event.text).to_peer:
                    to_peer.add(event.n)
        return named

    def _name(self, call: Call, chosen: ChosenPorts) -> None:
        place = named_address(call)
        owner = chosen.owners.get(place[1]) if place is not None else None
        if owner is None or place is None:
            return
        self.users.setdefault(place[1], set()).add(call.program or "")
        if place[1] not in chosen.seen:
            self.pinned.add(owner)


@dataclass(slots=True)
class AskedPorts:
    """A fold over the calls: `ports` are those that TCP sockets asked for and got, without
    SO_REUSEADDR, so that nothing may be left of an earlier connection."""

    ports: dict[int, None] = field(default_factory=dict)
    _strict: set[int] = field(default_factory=set)

    def take(self, call: Call, pinned: bool) -> None:
        """`pinned`: its bind asks for the port that it had."""
        sock = call.sock
        if sock is None or call.error is not None:
            return
        if call.name == "socket" and "SOCK_STREAM" in call.args:
            self._strict.add(sock)
        elif call.name == "close" or (call.name, *call.args[1:3]) == _REUSES:
            self._strict.discard(sock)
        elif call.name == "bind" and sock in self._strict:
            place = named_address(call)
            port = call.local[1] if pinned and call.local else place[1] if place else 0
            if port:
                self.ports[port] = None
