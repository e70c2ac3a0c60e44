"""What the programs of a lab on one host share: the record, the sockets, the observer, the pace,
the loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass

from socklab.events import Level, Note
from socklab.journal import Journal
from socklab.lab.networking import Networking
from socklab.lab.observer import Observer
from socklab.lab.pace import Pace
from socklab.lab.poller import Poller
from socklab.lab.registry import Registry
from socklab.lab.traced import TracedSocket
from socklab.network.host import Host


@dataclass(frozen=True, slots=True)
class Environment:
    """`find` gives the socket that `@PROGRAM` or `@PROGRAM.FD` means; it raises Refusal.
    `nothing` is a closed socket: a call on it goes to the kernel with descriptor -1."""

    journal: Journal
    registry: Registry
    observer: Observer
    pace: Pace
    host: Host
    network: Networking
    loop: asyncio.AbstractEventLoop
    poller: Poller
    find: Callable[[str, int | None], TracedSocket]
    nothing: socket.socket

    def note(
        self,
        text: str,
        *,
        level: Level = "info",
        program: str | None,
        cause: int | None = None,
        waits: str | None = None,
    ) -> int:
        """Say something in the journal."""
        t = self.journal.now()
        return self.journal.append(
            Note(t=t, program=program, cause=cause, text=text, level=level, waits=waits)
        )
