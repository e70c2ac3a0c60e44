"""Sessions between two hosts of a private network, for the frames that real kernels send.

Each is a few dozen frames, carried by the test itself, which keeps a copy of every one.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from threading import Event, Thread

from socklab.network.private import PrivateNetwork
from tests.model.frames import build

_TCP_FASTOPEN = 23
_SO_NO_CHECK = 11
_LINGER_AT_ONCE = struct.pack("ii", 1, 0)
_PATIENCE = 5.0
_ANY_INTERFACE = bytes(4)
_FIVE_SECONDS = struct.pack("ll", 5, 0)


class Carrier:
    """Carries what two hosts send, each frame as often as `copies` says, and keeps one of each."""

    def __init__(self, network: PrivateNetwork) -> None:
        self.frames: list[bytes] = []
        self.copies: Callable[[bytes], int] = once
        self.seen = Event()
        self._until: Callable[[bytes], bool] = lambda frame: False
        self._ends = [network.link("client"), network.link("server")]
        self._stop, self._stopped = socket.socketpair()
        self._thread = Thread(target=self._carry, daemon=True)
        self._thread.start()

    def _carry(self) -> None:
        while True:
            ready = select.select([*self._ends, self._stopped], [], [])[0]
            if self._stopped in ready:
                return
            for end in ready:
                frame = end.recv(70_000)
                self.frames.append(frame)
                other = self._ends[1 - self._ends.index(end)]
                for _copy in range(self.copies(frame)):
                    with contextlib.suppress(OSError):
                        other.send(frame)
                if self._until(frame):
                    self.seen.set()

    def put(self, host: int, frame: bytes, until: Callable[[bytes], bool]) -> None:
        """The host (0 client, 1 server) receives a frame made by hand; waits for its answer."""
        self.frames.append(frame)
        self.wait_for(until, lambda: self._ends[host].send(frame))

    def wait_for(self, until: Callable[[bytes], bool], do: Callable[[], object]) -> None:
        """Does something, and waits until such a frame has come."""
        self.seen.clear()
        self._until = until
        do()
        assert self.seen.wait(_PATIENCE), "the frame didn't come"
        self._until = lambda frame: False

    def close(self) -> None:
        self._stop.send(b"x")
        self._thread.join()
        for end in (*self._ends, self._stop, self._stopped):
            end.close()


@contextlib.contextmanager
def joined() -> Iterator[tuple[PrivateNetwork, Carrier]]:
    """A network of two hosts that can reach each other. Raises Forbidden."""
    network = PrivateNetwork.up()
    try:
        carrier = Carrier(network)
        try:
            yield network, carrier
        finally:
            carrier.close()
    finally:
        network.close()


def addresses(network: PrivateNetwork, family: socket.AddressFamily) -> tuple[str, str]:
    hosts = network.hosts["client"], network.hosts["server"]
    one, two = (host.ipv4 if family == socket.AF_INET else host.ipv6 for host in hosts)
    return one, two


@contextlib.contextmanager
def connected(
    network: PrivateNetwork, family: socket.AddressFamily, port: int
) -> Iterator[tuple[socket.socket, socket.socket]]:
    """The two ends of a new TCP connection."""
    address = addresses(network, family)[1], port
    with network.hosts["server"].socket(family, socket.SOCK_STREAM) as listener:
        listener.bind(address)
        listener.listen()
        listener.settimeout(_PATIENCE)
        caller = network.hosts["client"].socket(family, socket.SOCK_STREAM)
        caller.settimeout(_PATIENCE)
        with caller:
            caller.connect(address)
            served = listener.accept()[0]
            with served:
                served.settimeout(_PATIENCE)
                yield caller, served


def receive(end: socket.socket, size: int) -> None:
    while size:
        size -= len(end.recv(size))


def tcp(network: PrivateNetwork, carrier: Carrier, family: socket.AddressFamily) -> None:
    """Handshake, data, losses and a double (and so SACK), an end in order, a reset, a refusal."""
    for host in network.hosts:
        network.sysctl(host, "ecn", "1")
    with connected(network, family, 41_000) as (caller, served):
        caller.sendall(b"hello")
        receive(served, 5)
        carrier.copies = uneven({3: 0, 5: 0, 6: 0, 12: 2})
        served.sendall(bytes(range(250)) * 120)
        receive(caller, 30_000)
        carrier.copies = once
        caller.shutdown(socket.SHUT_WR)
        assert served.recv(1) == b""
    with connected(network, family, 41_001) as (caller, served):
        caller.send(b"!", socket.MSG_OOB)
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_AT_ONCE)
        carrier.wait_for(is_reset, caller.close)
    with network.hosts["client"].socket(family, socket.SOCK_STREAM) as caller:
        caller.settimeout(_PATIENCE)
        with contextlib.suppress(ConnectionRefusedError):
            caller.connect((addresses(network, family)[1], 41_002))


def ipv4_tcp(network: PrivateNetwork, carrier: Carrier) -> None:
    """TCP over IPv4, and Fast Open: a cookie asked for and given, and used for data in a SYN."""
    tcp(network, carrier, socket.AF_INET)
    for host in network.hosts:
        network.sysctl(host, "fastopen", "3")
    address = network.hosts["server"].ipv4, 41_003
    with network.hosts["server"].socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(address)
        listener.setsockopt(socket.IPPROTO_TCP, _TCP_FASTOPEN, 5)
        listener.listen()
        listener.settimeout(_PATIENCE)
        for _turn in range(2):
            with network.hosts["client"].socket(socket.AF_INET, socket.SOCK_STREAM) as caller:
                # Blocking, or the first would only begin to connect: EINPROGRESS.
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _FIVE_SECONDS)
                caller.sendto(b"early", socket.MSG_FASTOPEN, address)
                with listener.accept()[0] as served:
                    served.settimeout(_PATIENCE)
                    receive(served, 5)


def ipv6_tcp(network: PrivateNetwork, carrier: Carrier) -> None:
    """TCP over IPv6."""
    tcp(network, carrier, socket.AF_INET6)


def datagrams(network: PrivateNetwork, carrier: Carrier) -> None:
    """UDP over both: empty, small, and so large that it goes in fragments; one without checksum."""
    for family in (socket.AF_INET, socket.AF_INET6):
        address = addresses(network, family)[1], 41_000
        server, client = network.hosts["server"], network.hosts["client"]
        with (
            server.socket(family, socket.SOCK_DGRAM) as receiver,
            client.socket(family, socket.SOCK_DGRAM) as sender,
        ):
            receiver.bind(address)
            receiver.settimeout(_PATIENCE)
            for data in (b"", b"hello", b"z" * 4000):
                sender.sendto(data, address)
                assert receiver.recv(5000) == data
            if family == socket.AF_INET:
                sender.setsockopt(socket.SOL_SOCKET, _SO_NO_CHECK, 1)
                sender.sendto(b"unsure", address)
                assert receiver.recv(100) == b"unsure"


def errors(network: PrivateNetwork, carrier: Carrier) -> None:
    """What kernels answer: to a ping, to a port that nobody has, to a protocol that nobody knows,
    and to a header that makes no sense."""
    for family in (socket.AF_INET, socket.AF_INET6):
        with network.hosts["client"].socket(family, socket.SOCK_DGRAM) as sender:
            sender.settimeout(_PATIENCE)
            sender.connect((addresses(network, family)[1], 41_009))
            sender.send(b"nobody is there")
            with contextlib.suppress(ConnectionRefusedError):
                sender.recv(1)
    ping, stamp = b"\x12\x34\x00\x01" + bytes(range(40)), b"\x12\x34\x00\x02" + bytes(12)
    for packet, protocol, kind in (
        (build.ipv4(build.icmp(8, 0, ping), 1), 1, 0),
        (build.ipv4(build.icmp(13, 0, stamp), 1), 1, 14),
        (build.ipv4(b"what is this?", 253), 1, 3),
        (build.ipv4(build.udp(b"x"), 17, options=bytes.fromhex("44040300")), 1, 12),
        (build.ipv6(build.icmpv6(128, 0, ping), 58), 58, 129),
        (build.ipv6(b"what is this?", 253), 58, 4),
        (build.ipv6(bytes.fromhex("3b00800400000000"), 60), 58, 4),
    ):
        answer = partial(answers, protocol=protocol, kind=kind)
        carrier.put(1, build.ethernet(packet), answer)


def neighbours(network: PrivateNetwork, carrier: Carrier) -> None:
    """Who has this address? Asked of one who has it, and of nobody; and who listens to a group."""
    for family, asks in ((socket.AF_INET, is_arp), (socket.AF_INET6, is_solicitation)):
        here, there = addresses(network, family)
        with network.hosts["client"].socket(family, socket.SOCK_DGRAM) as sender:
            for host, seen in ((there, is_udp), (here[:-1] + "9", asks)):
                carrier.wait_for(seen, partial(sender.sendto, b"where?", (host, 41_000)))
    with network.hosts["client"].socket(socket.AF_INET6, socket.SOCK_DGRAM) as member:
        group = socket.inet_pton(socket.AF_INET6, "ff02::4242") + _ANY_INTERFACE
        join = partial(member.setsockopt, socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        carrier.wait_for(is_listener_report, join)


def once(frame: bytes) -> int:
    return 1


def uneven(numbers: Mapping[int, int]) -> Callable[[bytes], int]:
    """So many copies of the full segments with these numbers, counted from 1."""
    count = 0

    def copies(frame: bytes) -> int:
        nonlocal count
        if len(frame) < 1000:
            return 1
        count += 1
        return numbers.get(count, 1)

    return copies


def carried(frame: bytes) -> tuple[int, bytes]:
    """The number of what an IP packet carries, and that; of headers as Linux makes them."""
    if frame[12:14] == b"\x08\x00":
        return frame[23], frame[34:]
    if frame[12:14] == b"\x86\xdd":
        return frame[20], frame[54:]
    return -1, b""


def is_reset(frame: bytes) -> bool:
    protocol, segment = carried(frame)
    return protocol == 6 and segment[13] & 4 != 0


def answers(frame: bytes, protocol: int, kind: int) -> bool:
    """Whether it is an ICMP (protocol 1) or ICMPv6 (58) message of that type."""
    found, message = carried(frame)
    return found == protocol and message[0] == kind


def is_udp(frame: bytes) -> bool:
    return carried(frame)[0] == 17


def is_arp(frame: bytes) -> bool:
    return frame[12:14] == b"\x08\x06"


def is_solicitation(frame: bytes) -> bool:
    return answers(frame, 58, 135)


def is_listener_report(frame: bytes) -> bool:
    protocol, options = carried(frame)
    return protocol == 0 and options[8:9] == b"\x8f"


SESSIONS = {
    session.__name__: session for session in (ipv4_tcp, ipv6_tcp, datagrams, errors, neighbours)
}


def play(name: str) -> list[bytes]:
    """Every frame of a session. Raises Forbidden where there can be no private network."""
    with joined() as (network, carrier):
        SESSIONS[name](network, carrier)
    return carrier.frames
