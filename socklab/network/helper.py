"""The process that makes private hosts and hands out sockets in them.

`python -m socklab.network.helper FD` serves one lab over the socket FD (SOCK_SEQPACKET): a request
is a JSON object, its answer one too, with a descriptor by SCM_RIGHTS where one was asked for
(unix(7)). It is the lab's parent in nothing and its child in everything: it ends, and the kernel
takes all that it made, when the lab closes the socket or dies.

A network namespace lives as long as somebody is in it. So each host has a process of its own that
only sleeps; its /proc/PID/net is also where the lab reads that host's tables.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute

from socklab.network import interfaces
from socklab.network.namespaces import (
    CLONE_NEWNET,
    die_with_parent,
    inside,
    own_network,
    unshare,
)
from socklab.network.offload import switch_off

LARGEST = 65536
"""Bytes of a request or an answer."""

INTERFACE = "eth0"
_FIRST_END = 101
"""The interface number of the first link's end here, far from those that a host gives its own. The
kernel takes an interface whose number is that of its other end for one with no other end, and then
lets up to a second go by until it notices that the link is up."""

_FIRST_WORD = 0.25
"""Seconds that a host has, at most, to say what it says when it comes up."""

_ETH_P_ALL = 3
_SOL_PACKET, _PACKET_IGNORE_OUTGOING = 263, 23
_NODAD = 0x02
_LEAST_OF_IPV6 = 1280  # bytes (RFC 8200, section 5)
_KNOB = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_PREFIXES = ("net/ipv4/tcp_", "net/ipv4/", "net/ipv4/udp_", "net/core/", "net/ipv6/", "")

# What a host would otherwise say on its own: the wire is to carry what the student's programs do.
_QUIET = {
    "net/ipv6/conf/all/accept_ra": "0",
    "net/ipv6/conf/default/accept_ra": "0",
    "net/ipv6/conf/default/accept_dad": "0",
    "net/ipv6/conf/default/addr_gen_mode": "1",
    "net/ipv6/conf/default/router_solicitations": "0",
    # Milliseconds in which to say which multicast groups it is in: some day.
    "net/ipv6/conf/default/mldv1_unsolicited_report_interval": "1000000000",
    "net/ipv6/conf/default/mldv2_unsolicited_report_interval": "1000000000",
    # A port below 1024 asks for a capability that the lab has not in here.
    "net/ipv4/ip_unprivileged_port_start": "0",
}


@dataclass(frozen=True, slots=True)
class _Host:
    """`namespace` is a descriptor of its stack, `keeper` the process that keeps it."""

    index: int
    namespace: int
    keeper: int
    ipv4: str
    ipv6: str


class Helper:
    """The hosts, and the end of every link to one, which is here."""

    def __init__(self) -> None:
        self._hosts: dict[str, _Host] = {}
        self._fresh: dict[str, socket.socket] = {}
        self._mtu = 1500

    def serve(self, control: socket.socket) -> None:
        """Answer until nobody asks any more."""
        while request := control.recv(LARGEST):
            answer: dict[str, Any] = {}
            descriptors: list[int] = []
            try:
                asked = json.loads(request)
                given = getattr(self, f"do_{asked.pop('do')}")(**asked)
                if isinstance(given, socket.socket):
                    descriptors.append(given.detach())
                else:
                    answer["given"] = given
            except OSError as error:
                answer["errno"], answer["why"] = error.errno, error.strerror or str(error)
            except Exception as error:  # pyroute2's own, whose code is an errno
                answer["errno"], answer["why"] = getattr(error, "code", 0), str(error)
            socket.send_fds(control, [json.dumps(answer).encode()], descriptors)
            for descriptor in descriptors:
                os.close(descriptor)

    def do_up(self, mtu: int) -> None:
        """The namespace in which the wire's ends are."""
        self._mtu = mtu
        own_network()
        _write("net/ipv6/conf/all/disable_ipv6", "1")
        _write("net/ipv6/conf/default/disable_ipv6", "1")

    def do_add(self, name: str, index: int, mac: str, ipv4: str, ipv6: str) -> int:
        """Another host, joined to the wire. Returns the number of its keeper."""
        keeper = _fork_keeper()
        try:
            return self._join(name, keeper, index, mac, ipv4, ipv6)
        except BaseException:
            _end_keeper(keeper)
            raise

    def _join(self, name: str, keeper: int, index: int, mac: str, ipv4: str, ipv6: str) -> int:
        namespace = os.open(f"/proc/{keeper}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        host = _Host(index, namespace, keeper, ipv4, ipv6)
        with inside(namespace):
            for knob, value in _QUIET.items():
                _write(knob, value)
        with IPRoute() as here:
            peer = {"ifname": INTERFACE, "net_ns_fd": namespace, "address": mac, "mtu": self._mtu}
            number = _FIRST_END + index
            here.link(
                "add", index=number, ifname=_end(index), kind="veth", peer=peer, mtu=self._mtu
            )
            here.link("set", index=number, state="up")
        end = _open_end(index)
        with inside(namespace):
            speaks = _set_up_inside(host)
        if speaks:
            self._fresh[name] = end
        else:
            end.close()
        self._hosts[name] = host
        return keeper

    def do_socket(self, host: str, family: int, kind: int) -> socket.socket:
        """A socket in that host's stack."""
        with inside(self._hosts[host].namespace):
            return socket.socket(family, kind)

    def do_interface(self, host: str, interface: str) -> int:
        """The number of an interface of that host's."""
        with inside(self._hosts[host].namespace):
            return interfaces.index_of(interface)

    def do_link(self, host: str) -> socket.socket:
        """The wire's end of that host's link: every frame that the host sends can be read, and what
        is written the host receives (packet(7)).

        What the host says of itself when it comes up is not among them: so that the first frame
        that a class sees is one of its own programs'.
        """
        end = self._fresh.pop(host, None)
        if end is None:
            return _open_end(self._hosts[host].index)
        _hear_out(end)
        return end

    def do_sysctl(self, host: str, knob: str, value: str | None) -> str:
        """What a kernel knob of that host stands at, after setting it where a value is given."""
        with inside(self._hosts[host].namespace):
            path = _knob(knob)
            if value is not None:
                path.write_text(value)
            return " ".join(path.read_text().split())

    def do_mtu(self, mtu: int) -> None:
        """The largest packet of every link, in bytes."""
        before, self._mtu = self._mtu, mtu
        for host in self._hosts.values():
            with IPRoute() as here:
                here.link("set", index=_FIRST_END + host.index, mtu=mtu)
            with inside(host.namespace), IPRoute() as there:
                there.link("set", index=socket.if_nametoindex(INTERFACE), mtu=mtu)
                if before < _LEAST_OF_IPV6 <= mtu:  # below it the kernel took the address away
                    _address_ipv6(there, host)

    def close(self) -> None:
        """End the hosts, and wait until they have ended."""
        for host in self._hosts.values():
            _end_keeper(host.keeper)


def _end_keeper(keeper: int) -> None:
    os.kill(keeper, signal.SIGKILL)
    os.waitpid(keeper, 0)


def _end(index: int) -> str:
    return f"wire{index}"


def _open_end(index: int) -> socket.socket:
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    end.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    end.bind((_end(index), _ETH_P_ALL))
    return end


def _hear_out(end: socket.socket) -> None:
    """Pass over what a host says when it comes up: which multicast group its IPv6 address is in
    (RFC 3810, section 6.1), once, some milliseconds later. No knob keeps it from that; the later
    repetitions `_QUIET` puts off."""
    if select.select([end], [], [], _FIRST_WORD)[0]:
        with contextlib.suppress(BlockingIOError):
            while True:
                end.recv(1, socket.MSG_DONTWAIT)


def _set_up_inside(host: _Host) -> bool:
    """In a host's own namespace: its link and its addresses. Returns whether it has IPv6."""
    with socket.socket() as any_socket:
        switch_off(any_socket.fileno(), INTERFACE)
    with IPRoute() as there:
        there.link("set", index=1, state="up")  # loopback
        number = socket.if_nametoindex(INTERFACE)
        there.addr("add", index=number, address=host.ipv4, prefixlen=24)
        there.link("set", index=number, state="up")
        return _address_ipv6(there, host)


def _address_ipv6(there: IPRoute, host: _Host) -> bool:
    number = socket.if_nametoindex(INTERFACE)
    try:
        there.addr("add", index=number, address=host.ipv6, prefixlen=64, flags=_NODAD)
    except Exception:  # a kernel without IPv6, or an MTU too small for it
        return False
    return True


def _fork_keeper() -> int:
    """A process in a network namespace of its own that does nothing, as long as this one lives."""
    ready, done = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            die_with_parent(parent)
            unshare(CLONE_NEWNET)
            os.write(done, b"1")
            while True:
                signal.pause()
        finally:
            os._exit(1)
    os.close(done)
    with open(ready, "rb") as told:
        if not told.read(1):
            raise OSError("a network namespace can't be made")
    return child


def _knob(name: str) -> Path:
    """The file of a kernel knob, by its name as in ip(7) and tcp(7), whole or in short."""
    if not _KNOB.fullmatch(name):
        raise FileNotFoundError(2, "no such knob", name)
    path = name.replace(".", "/")
    for prefix in _PREFIXES:
        found = Path("/proc/sys") / (prefix + path)
        if found.is_file() and (prefix or path.startswith("net/")):
            return found
    raise FileNotFoundError(2, "no such knob", name)


def _write(knob: str, value: str) -> None:
    """Where this kernel has such a knob."""
    with contextlib.suppress(FileNotFoundError):
        (Path("/proc/sys") / knob).write_text(value)


def main() -> None:
    """Serve the lab that started this."""
    parent = os.getppid()
    die_with_parent(parent)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTSTP):
        signal.signal(number, signal.SIG_IGN)  # a key in the terminal is meant for the lab
    with socket.socket(fileno=int(sys.argv[1])) as control, contextlib.suppress(OSError):
        helper = Helper()
        helper.serve(control)
        helper.close()
    os._exit(0)  # a keeper that is left dies with its parent


if __name__ == "__main__":
    main()
