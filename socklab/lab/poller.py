"""Readiness of the driven sockets, for the engine's loop.

On Linux all driven sockets stand in one epoll(7) set of our own, which the asyncio loop watches as
a single descriptor: a hundred ready sockets then cost one turn of asyncio and not a hundred, and
no library makes calls on a student's socket behind the lab's back. Elsewhere each socket is
watched by the asyncio loop itself.

Only the engine's thread may call.
"""

from __future__ import annotations

import asyncio
import select
import sys
import time
from collections.abc import Callable
from typing import Protocol

Ready = Callable[[bool], None]
"""Called with True when the socket is readable (or broken), with False when it is writable."""

_BURST = 0.004  # seconds of driven work before the loop looks at its other duties
_LINGER = 0.0005  # seconds to wait for more before that: a turn of asyncio costs far more than one
# of ours, and under load the next socket is ready by then


class Poller(Protocol):
    """Tells handlers that their socket is ready, level-triggered."""

    def watch(self, os_fd: int, ready: Ready, *, read: bool, write: bool) -> None:
        """Watch a descriptor, or change what it's watched for."""

    def forget(self, os_fd: int) -> None:
        """Watch it no more; call it before the descriptor is closed."""

    def close(self) -> None:
        """Watch nothing any more."""


def poller(loop: asyncio.AbstractEventLoop) -> Poller:
    """The best that this system has."""
    return EpollPoller(loop) if sys.platform == "linux" else LoopPoller(loop)


if sys.platform == "linux":
    _READABLE = select.EPOLLIN | select.EPOLLERR | select.EPOLLHUP | select.EPOLLRDHUP
    _IN, _OUT = select.EPOLLIN, select.EPOLLOUT

    class EpollPoller:
        """One epoll set inside the asyncio loop's own."""

        def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
            self._loop = loop
            self._epoll = select.epoll()
            self._handlers: dict[int, Ready] = {}
            self._masks: dict[int, int] = {}
            loop.add_reader(self._epoll.fileno(), self._serve)

        def watch(self, os_fd: int, ready: Ready, *, read: bool, write: bool) -> None:
            mask = (_IN if read else 0) | (_OUT if write else 0)
            self._handlers[os_fd] = ready
            known = self._masks.get(os_fd)
            if known is None:
                self._epoll.register(os_fd, mask)
            elif known != mask:
                self._epoll.modify(os_fd, mask)
            self._masks[os_fd] = mask

        def forget(self, os_fd: int) -> None:
            if self._masks.pop(os_fd, None) is not None:
                self._handlers.pop(os_fd, None)
                self._epoll.unregister(os_fd)

        def close(self) -> None:
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()

        def _serve(self) -> None:
            poll, handlers = self._epoll.poll, self._handlers
            until = time.monotonic() + _BURST
            while ready := poll(_LINGER, 512):
                for os_fd, events in ready:
                    # Asked for again each time: a handler may have closed the next one.
                    if events & _READABLE and (handler := handlers.get(os_fd)):
                        handler(True)
                    if events & _OUT and (handler := handlers.get(os_fd)):
                        handler(False)
                if time.monotonic() > until:
                    return


class LoopPoller:
    """Each socket in the asyncio loop, where there is no epoll."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watched: set[int] = set()

    def watch(self, os_fd: int, ready: Ready, *, read: bool, write: bool) -> None:
        self.forget(os_fd)
        self._watched.add(os_fd)
        if read:
            self._loop.add_reader(os_fd, ready, True)
        if write:
            self._loop.add_writer(os_fd, ready, False)

    def forget(self, os_fd: int) -> None:
        if os_fd in self._watched:
            self._watched.discard(os_fd)
            self._loop.remove_reader(os_fd)
            self._loop.remove_writer(os_fd)

    def close(self) -> None:
        for os_fd in tuple(self._watched):
            self.forget(os_fd)
