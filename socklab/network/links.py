"""The wire's ends of the hosts' links: frames are read from them and written to them, each to the
host that it names, as by a switch."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable
from typing import NamedTuple

_MOST_BYTES = 70_000
_BATCH = 64
"""Frames read from one link before the others have their turn."""

_EVERYBODY = 1  # the first byte's lowest bit: broadcast and multicast (IEEE 802.3)

Carry = Callable[[str, str, bytes], None]
"""Takes a frame with its sender and its receiver, two hosts' names."""


class _Link(NamedTuple):
    host: str
    mac: bytes
    end: socket.socket


class Links:
    """All links, of which a thread can wait for one with frames. `carry` gets each frame that is
    read, once for each host that it is for. `ends` are the sockets, by the hosts' names.

    Only `wait` and `rouse` may be called while another thread is in here.
    """

    def __init__(self, carry: Carry) -> None:
        self.ends: dict[str, socket.socket] = {}
        self._carry = carry
        self._links: dict[int, _Link] = {}
        self._poll = select.epoll()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll.register(self._wake, select.EPOLLIN)

    def add(self, host: str, mac: str, end: socket.socket) -> None:
        """Another host's, at the packet socket `end`, which is closed with the others."""
        end.setblocking(False)
        link = _Link(host, bytes.fromhex(mac.replace(":", "")), end)
        self._links[end.fileno()] = link
        self.ends[host] = end
        self._poll.register(end, select.EPOLLIN)

    def close(self) -> None:
        """Close all; nobody may wait any more."""
        for link in self._links.values():
            link.end.close()
        self._poll.close()
        os.close(self._wake)

    def wait(self, seconds: float) -> list[int]:
        """The descriptors at which there is something, once there is (-1 s: however long it
        takes)."""
        return [descriptor for descriptor, _events in self._poll.poll(seconds)]

    def rouse(self) -> None:
        """Who waits, waits no more."""
        os.eventfd_write(self._wake, 1)

    def read(self, descriptors: list[int]) -> None:
        """The frames that are there, not more of each link than is fair."""
        for descriptor in descriptors:
            if descriptor == self._wake:
                os.eventfd_read(self._wake)
            else:
                self._read(self._links[descriptor])

    def read_all(self) -> None:
        """Those of every link."""
        for link in self._links.values():
            self._read(link)

    def _read(self, link: _Link) -> None:
        receive = link.end.recv
        for _frame in range(_BATCH):
            try:
                data = receive(_MOST_BYTES)
            except BlockingIOError:
                return
            except OSError:  # the link is being made or has gone
                return
            self._came(link, data)

    def _came(self, link: _Link, data: bytes) -> None:
        """A frame from one host: to the one that it names, or to all others."""
        if not data[0] & _EVERYBODY:
            destination = data[:6]
            for other in self._links.values():
                if other.mac == destination and other is not link:
                    self._carry(link.host, other.host, data)
                    return
        for other in list(self._links.values()):
            if other is not link:
                self._carry(link.host, other.host, data)
