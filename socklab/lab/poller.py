"""Readiness of the driven sockets, for the engine's loop.

All that are ready are read before the first is answered: an answer wakes whoever waits for it, and
to wake one peer again and again costs more than to answer it.

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
from collections import deque
from collections.abc import Callable
from typing import Protocol

_MOST = 64  # sockets that are read before they are answered
_BURST = 0.004  # seconds of driven work before the loop looks at its other duties
_LINGER = 0.0005  # seconds to wait for more before that: a turn of asyncio costs far more than one
# of ours, and under load the next socket is ready by then


class Served(Protocol):
    """What is told that its socket is ready."""

    def readable(self) -> None:
        """It can be read, or is broken."""

    def writable(self) -> None:
        """It can be written."""


class Poller(Protocol):
    """Tells whose socket is ready, level-triggered."""

    def watch(self, os_fd: int, served: Served, *, read: bool, write: bool) -> None:
        """Watch a descriptor, or change what it's watched for."""

    def afterwards(self, answer: Callable[[], None]) -> None:
        """For who has just read: do this once all that are ready have been read."""

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
            self._served: dict[int, Served] = {}
            self._masks: dict[int, int] = {}
            self._answers: deque[Callable[[], None]] = deque()
            loop.add_reader(self._epoll.fileno(), self._serve)

        def watch(self, os_fd: int, served: Served, *, read: bool, write: bool) -> None:
            mask = (_IN if read else 0) | (_OUT if write else 0)
            self._served[os_fd] = served
            known = self._masks.get(os_fd)
            if known is None:
                self._epoll.register(os_fd, mask)
            elif known != mask:
                self._epoll.modify(os_fd, mask)
            self._masks[os_fd] = mask

        def forget(self, os_fd: int) -> None:
            if self._masks.pop(os_fd, None) is not None:
                self._served.pop(os_fd, None)
                self._epoll.unregister(os_fd)

        def afterwards(self, answer: Callable[[], None]) -> None:
            self._answers.append(answer)

        def close(self) -> None:
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()

        def _serve(self) -> None:
            poll, served = self._epoll.poll, self._served
            until = time.monotonic() + _BURST
            while ready := poll(_LINGER, _MOST):
                try:
                    for os_fd, events in ready:
                        # Asked for again each time: who is served may have closed the next one.
                        if events & _READABLE and (one := served.get(os_fd)):
                            one.readable()
                        if events & _OUT and (one := served.get(os_fd)):
                            one.writable()
                finally:
                    self._answer()
                if time.monotonic() > until:
                    return

        def _answer(self) -> None:
            answers = self._answers
            try:
                while answers:
                    answers.popleft()()
            finally:
                if answers:  # one has failed: that keeps the others from nothing
                    self._loop.call_soon(self._answer)


class LoopPoller:
    """Each socket in the asyncio loop, where there is no epoll."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watched: set[int] = set()

    def watch(self, os_fd: int, served: Served, *, read: bool, write: bool) -> None:
        self.forget(os_fd)
        self._watched.add(os_fd)
        if read:
            self._loop.add_reader(os_fd, served.readable)
        if write:
            self._loop.add_writer(os_fd, served.writable)

    def afterwards(self, answer: Callable[[], None]) -> None:
        self._loop.call_soon(answer)

    def forget(self, os_fd: int) -> None:
        if os_fd in self._watched:
            self._watched.discard(os_fd)
            self._loop.remove_reader(os_fd)
            self._loop.remove_writer(os_fd)

    def close(self) -> None:
        for os_fd in tuple(self._watched):
            self.forget(os_fd)
