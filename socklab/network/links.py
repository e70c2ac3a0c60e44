"""The wire's ends of the hosts' links: frames are read from them and written to them, each to the
host that it names, as by a switch."""

from __future__ import annotations

import os
import select
import socket
from collections import deque
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import NamedTuple, Protocol

from socklab.network.kernel_time import ahead_of_kernel
from socklab.network.packet_ring import PacketRing, Seen

_RING = 8 << 20
"""Bytes for the frames of one link: more than TCP, whose windows are a few MiB, has on its way."""

_ETHERNET = 14  # bytes of a frame before its packet
_EVERYBODY = 1  # the first byte's lowest bit: broadcast and multicast (IEEE 802.3)

Carry = Callable[[str, str, int, bytes], None]
"""Takes a frame with its sender and its receiver, two hosts' names, and when (ns) it came."""


class End(Protocol):
    """One end of a link."""

    def fileno(self) -> int:
        """Readable while there are frames."""

    def read(self) -> Sequence[Seen]:
        """The frames that have come, in order."""

    def keep(self, most: int) -> None:
        """Read frames of so many bytes whole from now on. Raises OSError."""

    def send(self, data: bytes, /) -> object:
        """A frame goes out. Raises OSError."""

    def lost(self) -> int:
        """How many had no room since this was last asked."""

    def close(self) -> None:
        """Nothing is read or sent any more."""


def link_end(end: socket.socket, mtu: int) -> End:
    """A packet socket at the wire's end of a link, which holds what comes until it is read. Raises
    OSError."""
    return PacketRing(end, _ETHERNET + mtu, _RING)


class _Link(NamedTuple):
    host: str
    mac: bytes
    end: End


class Links:
    """All links, of which a thread can wait for one with frames. `carry` gets each frame that is
    read, once for each host that it is for. `ends` are by the hosts' names; times are `now`'s.
    `carried` counts the frames that were carried.

    Only `wait` and `rouse` may be called while another thread is in here.
    """

    def __init__(self, now: Callable[[], int], carry: Carry) -> None:
        self.ends: dict[str, End] = {}
        self._now = now
        self._carry = carry
        self._links: dict[bytes, _Link] = {}
        self._come: deque[tuple[int, _Link, bytes]] = deque()
        self.carried = 0
        self._latest = 0  # when the last one came (ns)
        self._cut = 0
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def add(self, host: str, mac: str, end: End) -> None:
        """Another host's, which is closed with the others."""
        link = _Link(host, bytes.fromhex(mac.replace(":", "")), end)
        self._links[link.mac] = link
        self.ends[host] = end
        self.rouse()  # who waits doesn't know of it

    def close(self) -> None:
        """Close all; nobody may wait any more."""
        for end in self.ends.values():
            end.close()
        os.close(self._wake)

    def wait(self, seconds: float | None) -> None:
        """Until there are frames, or somebody rouses who waits (None: however long it takes)."""
        # select(2), whose time isn't in milliseconds: a delay is to be what was asked.
        patience = 0.0 if self._come else seconds
        watched: list[int | End] = [self._wake, *self.ends.values()]
        ready, _write, _error = select.select(watched, [], [], patience)
        if self._wake in ready:
            os.eventfd_read(self._wake)

    def fit(self, mtu: int) -> None:
        """Read packets of so many bytes whole from now on. Raises OSError."""
        self.read()
        for end in self.ends.values():
            end.keep(_ETHERNET + mtu)

    def rouse(self) -> None:
        """Who waits, waits no more."""
        os.eventfd_write(self._wake, 1)

    def read(self) -> int:
        """Take in what has come, of all links in the order in which it came. Returns what `carried`
        will be when the last of it was."""
        ahead = ahead_of_kernel(self._now)
        come: list[tuple[int, _Link, bytes]] = []
        for link in self._links.values():
            for t, size, data in link.end.read():
                if size == len(data):
                    come.append((t + ahead, link, data))
                else:  # the MTU had just been raised
                    self._cut += 1
        now, latest = self._now(), self._latest
        for t, link, data in sorted(come, key=itemgetter(0)):
            # The clocks are compared anew each time, to a microsecond; and somebody may set one.
            if latest < t:
                latest = t if t < now else now
            self._come.append((latest, link, data))
        self._latest = latest
        return self.carried + len(self._come)

    def carry(self, most: int) -> bool:
        """Carry so many of those that were taken in; whether there are more."""
        come = self._come
        for _frame in range(min(most, len(come))):
            self.carried += 1
            self._came(*come.popleft())
        return bool(come)

    def lost(self) -> int:
        """How many frames no link had room for since this was last asked."""
        cut, self._cut = self._cut, 0
        return cut + sum(end.lost() for end in self.ends.values())

    def _came(self, t: int, link: _Link, data: bytes) -> None:
        """A frame from one host: to the one that it names, or to all others."""
        if not data[0] & _EVERYBODY:
            other = self._links.get(data[:6])
            if other is not None and other is not link:
                self._carry(link.host, other.host, t, data)
                return
        for other in list(self._links.values()):
            if other is not link:
                self._carry(link.host, other.host, t, data)
