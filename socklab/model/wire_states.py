"""The TCP states of both ends of each connection, at their true moment, by what the wire saw.

A frame leaves its sender when its event comes, and arrives when its fate says so; what that means
to an end is `wire_end`'s to tell. Times that run out leave no trace on the wire, so the end of
TIME_WAIT isn't told, nor a connection given up; nor what began before the journal did.

Made to run on the wire's own thread, for every frame: it reads no more of one than it must.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

from socklab.events import Address, AnyEvent, Fate, Frame
from socklab.model.fates import arrived
from socklab.model.frames.sequence import MODULUS
from socklab.model.frames.tcp import ACK, FIN, SYN
from socklab.model.frames.values import ipv4, ipv6
from socklab.model.wire_end import End, Segment, WireMove

MOST_CONNECTIONS = 4096
MOST_FRAMES = 65_536
"""Frames under way that are waited for."""

_TRIES = 8
"""Connections that are looked at to find one that is over, before one is forgotten that isn't."""

_TCP = 6
_IPV4, _IPV6 = b"\x08\x00", b"\x86\xdd"
_LEAST = 54  # bytes of a frame with a segment in it
_NO_OPTIONS = 0x45  # IPv4 with a header of 20 bytes
_COUNTED = SYN | FIN  # they have a number, as a byte has
_PLAIN = Struct("!2sBxHxxHxBxx12sIIH")
"""From the Ethernet type on, where IPv4 has no options and TCP follows: the addresses and the ports
are one piece."""

_NUMBERS = Struct("!IIH")
_NUMBER = Struct("!H")
_NONE: tuple[WireMove, ...] = ()

_Key = bytes
"""Both addresses and both ports as a segment has them, its sender's first."""


class WireStates:
    """A fold over frames and their fates. Of one thread."""

    def __init__(self) -> None:
        self._ends: dict[_Key, tuple[End, End]] = {}  # a segment's sender and its receiver
        self._passing: dict[int, tuple[End, Segment]] = {}  # to which end

    def apply(self, event: AnyEvent) -> Sequence[WireMove]:
        """Take in the journal's next event: the moves that it shows, in order."""
        if isinstance(event, Frame):
            return self._came(event)
        if isinstance(event, Fate) and event.verdict != "held":
            return self._ended(event)
        return _NONE

    def _came(self, event: Frame) -> Sequence[WireMove]:
        found = _read(event.data)
        if found is None:
            return _NONE
        key, segment = found
        ends = self._ends.get(key)
        if ends is None:
            if segment.flags & (SYN | ACK) != SYN:
                return _NONE
            ends = self._begin(key, event)
        sender, receiver = ends
        self._passing[event.id] = receiver, segment
        if len(self._passing) > MOST_FRAMES:
            del self._passing[next(iter(self._passing))]
        if event.cause is not None:  # the wire made it: nothing leaves its sender again
            return _NONE
        return sender.leaves(segment, event.t, event.n)

    def _begin(self, key: _Key, event: Frame) -> tuple[End, End]:
        there, here = _addresses(key)
        sender = End(event.sender, there, here)
        receiver = End(event.receiver, here, there)
        self._ends[_reversed(key)] = receiver, sender
        self._ends[key] = ends = sender, receiver
        if len(self._ends) > 2 * MOST_CONNECTIONS:
            self._make_room()
        return ends

    def _make_room(self) -> None:
        """Forget the oldest connection, if it may be one that is over."""
        for _try in range(_TRIES):
            key, ends = next(iter(self._ends.items()))
            del self._ends[key]
            other = self._ends.pop(_reversed(key), None)
            if ends[0].over and ends[1].over:
                return
            self._ends[key] = ends
            if other is not None:
                self._ends[_reversed(key)] = other
        key = next(iter(self._ends))
        del self._ends[key]
        self._ends.pop(_reversed(key), None)

    def _ended(self, fate: Fate) -> Sequence[WireMove]:
        passing = self._passing.pop(fate.id, None)
        if passing is None or not arrived(fate):
            return _NONE
        receiver, segment = passing
        return receiver.comes(segment, fate.t, fate.n)


def _read(data: bytes) -> tuple[_Key, Segment] | None:
    """Whose segment a frame carries, and its numbers; None for any other. Never raises."""
    if len(data) < _LEAST:
        return None
    link, version, total, fragment, protocol, key, seq, ack, first = _PLAIN.unpack_from(data, 12)
    if link == _IPV4 and version == _NO_OPTIONS and protocol == _TCP and not fragment & 0x3FFF:
        size = total - 20 - (first >> 12) * 4  # as nearly all
    else:
        found = _find(data)
        if found is None:
            return None
        addresses, at, stop = found
        key = addresses + data[at : at + 4]
        seq, ack, first = _NUMBERS.unpack_from(data, at + 4)
        size = stop - at - (first >> 12) * 4
    end = seq + size if size > 0 else seq
    if first & _COUNTED:
        end += 1
    return key, Segment(seq, end % MODULUS, ack, first & 0x3F)


def _find(data: bytes) -> tuple[bytes, int, int] | None:
    """The addresses of a TCP segment, and where it begins and ends; None where there is none."""
    link = data[12:14]
    if link == _IPV4 and data[23] == _TCP:
        if data[20] & 0x3F or data[21]:  # a fragment
            return None
        at, addresses = 14 + (data[14] & 15) * 4, data[26:34]
        stop = 14 + _NUMBER.unpack_from(data, 16)[0]
    elif link == _IPV6 and data[20] == _TCP:
        at, addresses = 54, data[22:54]
        stop = 54 + _NUMBER.unpack_from(data, 18)[0]
    else:
        return None
    return (addresses, at, stop) if len(data) >= at + 20 else None


def _reversed(key: _Key) -> _Key:
    size = (len(key) - 4) // 2
    return key[size:-4] + key[:size] + key[-2:] + key[-4:-2]


def _addresses(key: _Key) -> tuple[Address, Address]:
    size = (len(key) - 4) // 2
    text = ipv4 if size == 4 else ipv6
    here, there = int.from_bytes(key[-4:-2]), int.from_bytes(key[-2:])
    return (text(key[:size]), here), (text(key[size:-4]), there)
