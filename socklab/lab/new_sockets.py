"""How a socket that the kernel has just made becomes a program's: its descriptor, its number, its
addresses."""

from __future__ import annotations

import socket

from socklab.events import Address
from socklab.lab.descriptors import Descriptors
from socklab.lab.environment import Environment
from socklab.lab.traced import TracedSocket
from socklab.model.tcp_life import TcpLife
from socklab.model.tcp_machine import LISTEN

_ANY = ("0.0.0.0", "::")


def created(
    env: Environment, descriptors: Descriptors, program: str, real: socket.socket
) -> TracedSocket:
    """What socket(2) gave."""
    number = env.registry.number()
    sock = TracedSocket(number, program, descriptors.take(), real)
    env.registry.opened(sock)
    descriptors.name(sock)
    return sock


def accepted(
    env: Environment,
    descriptors: Descriptors,
    listener: TracedSocket,
    real: socket.socket,
    peer: Address | None,
) -> TracedSocket:
    """What accept(2) on `listener` gave; the connection may have been seen waiting. The registry
    has it once the observer is told of the call."""
    sock = TracedSocket(0, listener.program, descriptors.take(), real)
    local = listener.local
    if local is None or local[0] in _ANY:
        local = env.observer.names(sock)[0]
    sock.local, sock.remote = local, peer
    if local is not None and peer is not None:
        sock.number, sock.life = env.registry.adopt(local, peer)
    else:  # the connection was reset and is gone before its names could be asked
        sock.number, sock.life = env.registry.number(), TcpLife(LISTEN)
    descriptors.name(sock)
    return sock
