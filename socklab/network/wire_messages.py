"""What the lab and the wire's process say to each other, and how it gets there."""

from __future__ import annotations

import errno
import os
import pickle
import select
import socket
import struct
from typing import Any, NamedTuple

_SIZE = struct.Struct("=I")

_AHEAD = 1 << 20
"""Bytes that are read at once where so many have come: each time somebody reads, others have a turn
of the interpreter, and may keep it for milliseconds."""


class Beginning(NamedTuple):
    """What a wire begins with: see `WireRecord` and `Wire`."""

    snap: int
    ahead: int
    seed: int
    first: int


class PlugIn(NamedTuple):
    """Another host. The end of its link has been handed over before, on the channel that tells what
    happens."""

    host: str
    mac: str
    mtu: int


class Asked(NamedTuple):
    """A method of `Wire` by its name, and what to call it with."""

    name: str
    args: tuple[Any, ...]
    named: dict[str, Any]


class Answer(NamedTuple):
    """What it gave or raised, and how many events there were by then."""

    given: Any
    raised: Exception | None
    events: int


class Channel:
    """One end of a stream between two processes of the lab's own, on which messages of any size
    go: four bytes that say how many follow, and those.

    All that it does raises OSError, what waits for the other end EOFError once nothing more comes
    from there, and ValueError once it is closed here.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._stream = sock.makefile("rb", _AHEAD)

    def send(self, message: bytes) -> None:
        """The whole message goes out."""
        self._sock.sendall(_SIZE.pack(len(message)) + message)

    def receive(self) -> bytes:
        """The next message."""
        return self._read(*_SIZE.unpack(self._read(_SIZE.size)))

    def _read(self, size: int) -> bytes:
        data: bytes = self._stream.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def say(self, what: object) -> None:
        """What the other end `hear`s: it is a socklab too, so anything may go."""
        self.send(pickle.dumps(what))

    def hear(self) -> Any:
        """What the other end says."""
        return pickle.loads(self.receive())

    def comes(self, seconds: float) -> bool:
        """Whether the other end says something before the time is over, where nothing of it has
        been read yet."""
        poll = select.poll()  # select(2) takes no descriptor above 1023, and the lab may have many
        poll.register(self._sock, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def hand_over(self, end: socket.socket) -> None:
        """The other end `take_over`s this socket, on a channel that has no messages that way."""
        socket.send_fds(self._sock, [b"."], [end.fileno()])

    def take_over(self) -> socket.socket:
        """A packet socket of the other end's."""
        _data, descriptors, _flags, _address = socket.recv_fds(self._sock, 1, 1)
        if not descriptors:  # it came, and this process has no room for it
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0, fileno=descriptors[0])

    def close(self) -> None:
        """Nothing goes any more."""
        self._stream.close()
        self._sock.close()
