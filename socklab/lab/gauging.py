"""Which looks at a socket's queues are recorded: the `gauge` events."""

from __future__ import annotations

from socklab.events import Gauge
from socklab.journal import Journal
from socklab.kernel.look import Look


class Gauging:
    """Keeps the last look recorded of each socket. Any thread may call."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._recorded: dict[int, Look] = {}

    @property
    def somebody_waits(self) -> bool:
        """Whether there was a connection in an accept queue at the last look."""
        return any(look.accept_queue for look in list(self._recorded.values()))

    def saw(self, number: int, program: str | None, fd: int | None, seen: Look) -> None:
        """A look at the queues of the socket `number`, recorded where something changed."""
        if not _differs(seen, self._recorded.get(number)):
            return
        self._recorded[number] = seen
        self._journal.append(
            Gauge(
                t=self._journal.now(),
                program=program,
                sock=number,
                fd=fd,
                recv_queue=seen.recv_queue,
                send_queue=seen.send_queue,
                accept_queue=seen.accept_queue,
                backlog=seen.backlog,
                drops=seen.drops,
                recv_limit=seen.recv_limit,
                send_limit=seen.send_limit,
            )
        )

    def forget(self, number: int) -> None:
        """There is no such socket any more."""
        self._recorded.pop(number, None)


_EMPTY = Look()


def _differs(seen: Look, before: Look | None) -> bool:
    """A buffer's size is news only of a socket that had news: an idle one says nothing."""
    if _depths(seen) != _depths(before or _EMPTY):
        return True
    limits = (seen.recv_limit, seen.send_limit)
    known = (before.recv_limit, before.send_limit) if before else limits
    return limits not in ((None, None), known)


def _depths(seen: Look) -> tuple[int | None, ...]:
    # A queue that doesn't exist (yet) is as empty as one with nothing in it.
    queues = (seen.recv_queue, seen.send_queue, seen.accept_queue, seen.drops)
    return (*(depth or 0 for depth in queues), seen.backlog)
