"""The other ends: plain sockets that know nothing of the lab, with a time limit on every call."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from socklab.events import Address

T = TypeVar("T")

PATIENCE = 20.0
_LINGER_0 = struct.pack("ii", 1, 0)


def connect(address: Address) -> socket.socket:
    """A TCP connection to a server."""
    return socket.create_connection(address, timeout=PATIENCE)


def datagrams() -> socket.socket:
    """A UDP socket that is bound to a port of the kernel's choice."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(PATIENCE)
    return sock


def listener(backlog: int = 16, host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """A TCP server that accepts when it is told."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(backlog)
    sock.settimeout(PATIENCE)
    return sock


def address(sock: socket.socket) -> Address:
    """Where a plain socket is bound."""
    host, port = sock.getsockname()[:2]
    return host, port


def read_all(sock: socket.socket) -> bytes:
    """What comes up to the end of the stream."""
    parts = []
    while data := sock.recv(1 << 16):
        parts.append(data)
    return b"".join(parts)


def read(sock: socket.socket, size: int) -> bytes:
    """The next `size` bytes, fewer where the stream ends."""
    data = bytearray()
    while len(data) < size and (part := sock.recv(min(size - len(data), 1 << 20))):
        data += part
    return bytes(data)


def reset(sock: socket.socket) -> None:
    """Close with a RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
    sock.close()


def on_thread(what: Callable[[], T]) -> Future[T]:
    """Do it on a thread of its own."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(what())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future
