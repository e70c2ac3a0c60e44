"""In which order the engine's loop serves the sockets that are ready."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable

import pytest

from socklab.lab.poller import LoopPoller, Poller, poller

POLLERS: list[Callable[[asyncio.AbstractEventLoop], Poller]] = [LoopPoller]
if sys.platform == "linux":
    POLLERS.append(poller)


class Echo:
    """Reads one message of `name`, and answers afterwards; what it does is added to `done`."""

    def __init__(self, name: str, poller: Poller, done: list[str], over: asyncio.Event) -> None:
        self.here, self.there = socket.socketpair()
        self._name = name
        self._poller = poller
        self._done = done
        self._over = over
        self.here.setblocking(False)
        poller.watch(self.here.fileno(), self, read=True, write=False)

    def readable(self) -> None:
        self.here.recv(100)
        self._done.append(f"read {self._name}")
        self._poller.afterwards(self._answer)

    def writable(self) -> None:
        raise AssertionError

    def _answer(self) -> None:
        self._done.append(f"answer {self._name}")
        if self._name == "a":
            raise ValueError
        self._over.set()

    def close(self) -> None:
        self._poller.forget(self.here.fileno())
        self.here.close()
        self.there.close()


@pytest.mark.parametrize("make", POLLERS)
async def test_all_that_are_ready_are_read_before_the_first_is_answered(
    make: Callable[[asyncio.AbstractEventLoop], Poller],
) -> None:
    """And one whose answer fails keeps the others from nothing."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, _context: None)
    poller = make(loop)
    done: list[str] = []
    over = asyncio.Event()
    echoes = [Echo(name, poller, done, over) for name in "ab"]
    for echo in echoes:
        echo.there.send(b"hello")
    await asyncio.wait_for(over.wait(), 5)
    for echo in echoes:
        echo.there.send(b"again")
    over.clear()
    await asyncio.wait_for(over.wait(), 5)
    assert [set(done[i : i + 2]) for i in range(0, len(done), 2)] == [
        {"read a", "read b"},
        {"answer a", "answer b"},
    ] * 2
    for echo in echoes:
        echo.close()
    poller.close()
