"""A relay of UDP (`forward udp`): one socket for all clients, and one towards the target for each.

UDP knows no connection: who sent what, the relay has to remember by itself, and it forgets who has
been silent for long. Here it can lose, duplicate and reorder as the wire does: what becomes of a
datagram is decided by the wire's own `Direction`, one each way for each client, all from one seed.

All on the engine's thread.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from typing import NamedTuple

from socklab.events import Address
from socklab.i18n import _
from socklab.lab.caller import Caller, named
from socklab.lab.calls import Calls
from socklab.lab.commands import Forward
from socklab.lab.driven import CHUNK, RECV, DatagramSocket, DrivenSocket
from socklab.lab.environment import Environment
from socklab.lab.relay import Terms
from socklab.lab.traced import Driven, TracedSocket
from socklab.model.addresses import address_text
from socklab.model.impairments import Direction, Impairments

IDLE = 60.0
"""Seconds of silence, both ways, after which a client's socket is closed."""

_SECOND = 1_000_000_000
_WAITING_MOST = 4 << 20  # bytes of datagrams on their way at a time
_EACH = 256  # bytes that one takes there besides its data


class DatagramRelay(DatagramSocket):
    """The socket that the clients send to."""

    def __init__(self, terms: Terms, sock: TracedSocket, cause: int) -> None:
        super().__init__(terms.env, terms.descriptors, sock, Driven.RELAYING, cause)
        self._terms = terms
        self._underway = _Underway(terms.env)
        self._clients: dict[Address, _Client] = {}
        self._numbers = itertools.count(1)
        terms.on_close[sock.number] = self._end

    def begin(self) -> None:
        """Relay from now on."""
        super().begin()
        self.env.loop.call_later(IDLE / 4, self._close_idle)

    def came(self, data: bytes, peer: Address, n: int) -> None:
        client = self._clients.get(peer) or self._welcome(peer, n)
        if client is not None:
            self._pass_on(client, client.there, data, n, lambda one: client.send(one, n))

    def answered(self, client: _Client, data: bytes, n: int) -> None:
        """The target's datagram for this client came, by event `n`."""
        self._pass_on(client, client.back, data, n, lambda one: self._answer(client, one, n))

    def _answer(self, client: _Client, data: bytes, n: int) -> None:
        if not self.over:
            self.send_to(client.peer, data, n)

    def _pass_on(
        self,
        client: _Client,
        way: Direction,
        data: bytes,
        n: int,
        send: Callable[[bytes], None],
    ) -> None:
        now = client.active = self.now()
        for at, _verdict, kept, why, _share in way.decide(data, now):
            if kept is None:
                self._lost(client, data, why, n)
            elif not self._underway.add(at, kept, send):
                self._lost(client, data, _("too many on their way"), n)
        self._underway.send_due()

    def _lost(self, client: _Client, data: bytes, why: str, n: int) -> None:
        text = _(
            "dropped, a datagram of {size} B between {client} and the target: {why}",
            size=len(data),
            client=address_text(client.peer),
            why=why,
        )
        self.env.note(text, program=self.sock.program, cause=n)

    # Who the clients are.

    def _welcome(self, peer: Address, n: int) -> _Client | None:
        most = self._terms.command.max_clients
        if most is not None and len(self._clients) >= most:
            text = _(
                "{client} is turned away: this relay takes {most} clients at once",
                client=address_text(peer),
                most=most,
            )
            self.env.note(text, level="warning", program=self.sock.program, cause=n)
            return None
        family, target = self._terms.targets[0]
        calls = Calls(Caller(self.env, self.sock.program, cause=n), self.descriptors)
        made = calls.socket(family, self.sock.kind).made
        if made is None:
            return None
        client = _Client(self, self._terms, made, peer, next(self._numbers), n)
        client.start()
        if not calls.connect(named(made), target).ok:
            client.close()
            return None
        self._clients[peer] = client
        self._terms.on_close[made.number] = lambda: self._forget(client)
        return client

    def _forget(self, client: _Client) -> None:
        client.close()
        self._terms.on_close.pop(client.sock.number, None)
        self._clients.pop(client.peer, None)

    def _close_idle(self) -> None:
        if self.over:
            return
        for client in tuple(self._clients.values()):
            if self.now() - client.active >= IDLE * _SECOND:
                text = _(
                    "{client} was silent for {seconds:g} s: its socket is closed",
                    client=address_text(client.peer),
                    seconds=IDLE,
                )
                self.env.note(text, program=self.sock.program)
                self._forget(client)
        self.env.loop.call_later(IDLE / 4, self._close_idle)

    def _end(self) -> None:
        """Somebody has closed it by hand."""
        for client in tuple(self._clients.values()):
            self._forget(client)


class _Client(DrivenSocket):
    """The socket that speaks to the target for one client, which event `cause` brought.

    `active` is when a datagram last came for it or from it (ns since the epoch).
    """

    def __init__(
        self,
        relay: DatagramRelay,
        terms: Terms,
        sock: TracedSocket,
        peer: Address,
        number: int,
        cause: int,
    ) -> None:
        super().__init__(terms.env, terms.descriptors, sock, Driven.RELAYING, cause)
        bad = _impairments(terms.command)
        self.there = Direction(f"{terms.command.seed} {number} there", bad)
        self.back = Direction(f"{terms.command.seed} {number} back", bad)
        self.peer = peer
        self.active = 0
        self._relay = relay
        self._told = False

    def readable(self) -> None:
        t = self.now()
        try:
            data = self.sock.real.recv(CHUNK)
        except OSError as error:
            self.record("recv", t, RECV, error=error)
            if isinstance(error, BlockingIOError):
                self.nothing_there()
            else:
                self._nobody_there()
            return
        self._empty = 0
        n = self.record("recv", t, RECV, len(data), data=data[: self.snap], size=len(data))
        self._relay.answered(self, data, n)

    def _nobody_there(self) -> None:
        if not self._told:
            self._told = True
            text = _(
                "nobody receives at the target: the relay is told, and {client} never hears of it",
                client=address_text(self.peer),
            )
            self.env.note(text, level="warning", program=self.sock.program, cause=self.cause)

    def send(self, data: bytes, n: int) -> None:
        """Send to the target what came by event `n`."""
        if self.over:
            return
        t = self.now()
        taken: int | None = None
        failed: OSError | None = None
        try:
            taken = self.sock.real.send(data)
        except OSError as error:
            failed = error
        self.record("send", t, ("0",), taken, failed, n, data=data[: self.snap], size=len(data))


def _impairments(asked: Forward) -> Impairments:
    return Impairments(
        delay=asked.delay, loss=asked.loss, duplicate=asked.duplicate, reorder=asked.reorder
    )


class _Waiting(NamedTuple):
    """A datagram until `at`; those of one moment are told apart, and ordered, by `number`."""

    at: int
    number: int
    data: bytes
    send: Callable[[bytes], None]


class _Underway:
    """The datagrams that are delayed, in bounded memory."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._waiting: list[_Waiting] = []
        self._numbers = itertools.count()
        self._held = 0
        self._alarm: asyncio.TimerHandle | None = None

    def add(self, at: int, data: bytes, send: Callable[[bytes], None]) -> bool:
        """Have it sent at `at`; False where there are too many already."""
        size = len(data) + _EACH
        if self._held + size > _WAITING_MOST:
            return False
        self._held += size
        heapq.heappush(self._waiting, _Waiting(at, next(self._numbers), data, send))
        return True

    def send_due(self) -> None:
        """Send those whose time has come, and see to it that the others follow."""
        now = self._env.journal.now
        while self._waiting and self._waiting[0].at <= now():
            _at, _number, data, send = heapq.heappop(self._waiting)
            self._held -= len(data) + _EACH
            send(data)
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._waiting:
            left = (self._waiting[0].at - now()) / _SECOND
            self._alarm = self._env.loop.call_later(max(0.0, left), self.send_due)
