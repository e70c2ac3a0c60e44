"""Two hosts of a private network and the real wire between them, with everything in a journal."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

from socklab.events import AnyEvent
from socklab.journal import Journal
from socklab.network.links import link_end
from socklab.network.private import PrivateHost, PrivateNetwork
from socklab.network.wire import Wire
from tests.network.wire_in_here import recorded_in

PORT = 48_080
PATIENCE = 10.0


class Wired:
    """The hosts, by name, and the wire."""

    def __init__(self, network: PrivateNetwork, wire: Wire, journal: Journal) -> None:
        self.network = network
        self.wire = wire
        self.journal = journal

    def host(self, name: str) -> PrivateHost:
        return self.network.hosts[name]

    def events(self) -> list[AnyEvent]:
        """Everything so far."""
        return list(self.journal.read(self.journal.first, len(self.journal)))

    def open(self, host: str, family: int = socket.AF_INET) -> socket.socket:
        """A new TCP socket on a host, which waits so long and no longer."""
        made = self.host(host).socket(socket.AddressFamily(family), socket.SOCK_STREAM)
        made.settimeout(PATIENCE)
        return made

    def address(self, host: str, family: int = socket.AF_INET) -> tuple[str, int]:
        one = self.host(host)
        return (one.ipv4 if family == socket.AF_INET else one.ipv6), PORT

    def listener(self, backlog: int = 5, family: int = socket.AF_INET) -> socket.socket:
        """A socket that listens on the server."""
        made = self.open("server", family)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(self.address("server", family))
        made.listen(backlog)
        return made

    @contextlib.contextmanager
    def connected(self, family: int = socket.AF_INET) -> Iterator[tuple[socket.socket, ...]]:
        """Both ends of a new connection, the client's first."""
        with self.listener(family=family) as listener, self.open("client", family) as caller:
            caller.connect(self.address("server", family))
            with listener.accept()[0] as served:
                served.settimeout(PATIENCE)
                yield caller, served

    def wait_for(self, what: Callable[[], object]) -> None:
        """Waits until it is so."""
        assert self.comes_to(what, PATIENCE), "it didn't come to that"

    def comes_to(self, what: Callable[[], object], seconds: float) -> bool:
        """Whether it is so before the time is over. Most of it shows in the journal; what only the
        kernel's tables tell is asked for again and again."""
        deadline = time.monotonic() + seconds
        while not what():
            if time.monotonic() > deadline:
                return False
            more = threading.Event()
            self.journal.watch(more.set)
            more.wait(0.01)
        return True


@contextlib.contextmanager
def wired(seed: int = 1) -> Iterator[Wired]:
    """A network of a client and a server, and its wire. Raises Forbidden."""
    network = PrivateNetwork.up()
    journal = Journal.create()
    wire = Wire(recorded_in(journal), seed)
    try:
        for host in network.hosts.values():
            wire.plug_in(host.name, host.mac, link_end(network.link(host.name), network.mtu))
        wire.start()
        yield Wired(network, wire, journal)
    finally:
        wire.close()
        network.close()
        journal.close()
