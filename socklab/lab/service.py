"""An automatic server as a whole: its behaviour, its clients, and who may come.

All on the engine's thread, but for what a program does by hand: its thread makes the service, with
read=manual it sends the replies, and it says which socket it has closed. What both threads touch
are dictionaries, one step at a time.
"""

from __future__ import annotations

from time import monotonic_ns

from socklab.events import Address
from socklab.i18n import _
from socklab.lab.behaviours import Answer, Behaviour
from socklab.lab.caller import Caller, Named, named
from socklab.lab.calls import Calls
from socklab.lab.connection import Connection
from socklab.lab.descriptors import Descriptors
from socklab.lab.environment import Environment
from socklab.lab.traced import TracedSocket


class Service:
    """What `serve tcp` set up. `timeout` in seconds of silence, `most` clients at once; `services`
    is where the program finds the service of a socket, by the socket's number."""

    def __init__(
        self,
        env: Environment,
        descriptors: Descriptors,
        behaviour: type[Behaviour],
        listener: TracedSocket,
        services: dict[int, Service],
        *,
        manual_read: bool,
        most: int | None,
        timeout: float | None,
    ) -> None:
        self._env = env
        self._descriptors = descriptors
        self._behaviour = behaviour
        self._listener = listener
        self._services = services
        services[listener.number] = self
        self._manual_read = manual_read
        self._most = most
        self._timeout = timeout
        self._connections: dict[int, Connection] = {}
        self._by_hand: dict[int, tuple[TracedSocket, Behaviour]] = {}

    def begin(self) -> None:
        """Look after the clients from now on."""
        if self._timeout is not None:
            self._env.loop.call_later(self._timeout / 4, self._close_idle)

    def took(self, sock: TracedSocket, cause: int) -> None:
        """accept(2) gave this socket: serve it, leave it to the hand, or turn it away."""
        if self._most is not None and self._clients >= self._most:
            self._turn_away(sock, cause)
            return
        self._services[sock.number] = self
        if self._manual_read:
            self._leave_to_the_hand(sock, self._behaviour(), cause)
        else:
            self._serve(sock, self._behaviour(), cause)

    @property
    def _clients(self) -> int:
        return len(self._connections) + len(self._by_hand)

    def lost(self, sock: TracedSocket) -> None:
        """This socket is closed, whoever did it."""
        self._services.pop(sock.number, None)
        self._connections.pop(sock.number, None)
        self._by_hand.pop(sock.number, None)

    def _serve(self, sock: TracedSocket, behaviour: Behaviour, cause: int) -> None:
        connection = Connection(
            self._env,
            self._descriptors,
            sock,
            behaviour,
            self._relay,
            lambda connection: self.lost(connection.sock),
            cause,
        )
        self._connections[sock.number] = connection
        connection.start()

    def _turn_away(self, sock: TracedSocket, cause: int) -> None:
        self._env.note(
            _(
                "{peer} is turned away: this server takes {most} clients at once",
                peer=_peer_text(sock.remote),
                most=self._most,
            ),
            level="warning",
            program=sock.program,
            cause=cause,
        )
        farewell = Connection(
            self._env,
            self._descriptors,
            sock,
            TurnedAway(self._behaviour.refusal),
            self._relay,
            lambda _connection: None,
            cause,
        )
        farewell.start()

    def _relay(self, sender: Connection, data: bytes) -> None:
        for connection in tuple(self._connections.values()):
            if connection is sender:
                continue
            if connection.overdue:
                self._env.note(
                    _(
                        "{peer} doesn't read what the others say: it is let go",
                        peer=_peer_text(connection.sock.remote),
                    ),
                    level="warning",
                    program=connection.sock.program,
                )
                connection.close()
            else:
                connection.relayed(data)

    def _close_idle(self) -> None:
        assert self._timeout is not None
        if self._listener.closed and all(one.over for one in self._connections.values()):
            return
        now = monotonic_ns()
        for connection in tuple(self._connections.values()):
            if now - connection.active >= self._timeout * 1e9:
                self._env.note(
                    _(
                        "{peer} said nothing for {seconds:g} s: it is closed",
                        peer=_peer_text(connection.sock.remote),
                        seconds=self._timeout,
                    ),
                    program=connection.sock.program,
                )
                connection.close()
        self._env.loop.call_later(min(self._timeout / 4, 1.0), self._close_idle)

    # read=manual: the program receives when it is told, and then does what the server does.

    def answer_by_hand(self, calls: Calls, at: Named, data: bytes) -> None:
        """The program received `data` (b"": end of stream) by hand: send the reply by hand too."""
        if at.sock is None or at.sock.number not in self._by_hand:
            return
        behaviour = self._by_hand[at.sock.number][1]
        self._reply(calls, at, behaviour.received(data) if data else behaviour.finished())

    def _leave_to_the_hand(self, sock: TracedSocket, behaviour: Behaviour, cause: int) -> None:
        self._by_hand[sock.number] = (sock, behaviour)
        # The greeting can't block: nothing is in the way of a connection's first few bytes.
        calls = Calls(Caller(self._env, sock.program, cause=cause), self._descriptors)
        self._reply(calls, named(sock), behaviour.opened())

    def _reply(self, calls: Calls, at: Named, reply: bytes | Answer) -> None:
        assert at.sock is not None
        answer = reply if isinstance(reply, Answer) else Answer(reply)
        if answer.others:
            for sock, _behaviour in list(self._by_hand.values()):
                if sock is not at.sock and not sock.closed:
                    calls.send(named(sock), answer.others)
        if answer.data:
            calls.send(at, answer.data)
        if answer.close:
            calls.close(at)
            self.lost(at.sock)


class TurnedAway(Behaviour):
    """Says why (if anything) and goes, politely: it hears the client out."""

    def __init__(self, farewell: bytes) -> None:
        super().__init__()
        self._farewell = farewell

    def opened(self) -> Answer:
        return Answer(self._farewell, close=True)


def _peer_text(peer: Address | None) -> str:
    return f"{peer[0]}:{peer[1]}" if peer else "?"
