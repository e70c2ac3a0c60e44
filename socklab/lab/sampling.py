"""Which looks at a connection's TCP_INFO are recorded: the `info` events.

The observer hands in what it has seen anyway; nothing is asked of the kernel here. A connection in
view is sampled up to ten times a second, any other once when it is established, and each as it was
at the last look before its close; always only if something other than its clocks has changed.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from socklab.events import Info
from socklab.journal import Journal
from socklab.kernel.look import Look
from socklab.lab.traced import TracedSocket
from socklab.model.tcp_info import decode_sampled, news
from socklab.model.tcp_states import TcpState

_TURN = 100_000_000  # ns; at most one sample of a socket in each
_OPENING = frozenset({TcpState.SYN_SENT, TcpState.SYN_RECV})


@dataclass(slots=True)
class _Seen:
    """The latest look at a connection and when it was, and what the last sample said."""

    info: bytes = b""
    t: int = 0
    turn: int = -1
    said: bytes = b""
    established: bool = False


class Sampling:
    """Keeps the latest look at each open connection. Any thread may call."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = threading.Lock()
        self._seen: dict[int, _Seen] = {}

    def saw(self, sock: TracedSocket, look: Look, *, in_view: bool) -> None:
        """The observer has looked at this socket just now."""
        if not look.info:
            return
        now = self._journal.now()
        with self._lock:
            if sock.closed:
                return  # since the look; `closed` may have been here already
            seen = self._seen.get(sock.number)
            if seen is None:
                seen = self._seen[sock.number] = _Seen()
            seen.info, seen.t = look.info, now
            begins = not seen.established and look.state not in _OPENING
            seen.established = seen.established or begins
            if begins or (in_view and now // _TURN != seen.turn):
                self._record(sock, seen)

    def closed(self, sock: TracedSocket) -> None:
        """Its program has closed it: the last look at it is the last that there can be."""
        with self._lock:
            seen = self._seen.pop(sock.number, None)
            if seen is not None:
                self._record(sock, seen)

    def _record(self, sock: TracedSocket, seen: _Seen) -> None:
        says = news(seen.info)
        if says == seen.said:
            return
        seen.said, seen.turn = says, seen.t // _TURN
        self._journal.append(
            Info(
                t=seen.t,
                program=sock.program,
                sock=sock.number,
                fd=sock.fd,
                **decode_sampled(seen.info),
            )
        )
