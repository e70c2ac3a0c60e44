"""A relay of TCP (`forward tcp`): for each client two connections, its own and one to the target.

What comes on the one goes on on the other, later, slower or in smaller pieces; so do the FIN, each
way for itself, and the RST. But a relay only ever has what TCP has delivered to it: it sees no
segment, so it can't lose one, and the target's peer is the relay and not the client.

A client is connected, by the kernel, before anybody has asked the target: where nobody takes the
connection there, the client sees the end of the stream and no refusal.

All on the engine's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from socklab.events import Address
from socklab.i18n import _
from socklab.lab.caller import Caller, named
from socklab.lab.calls import Calls
from socklab.lab.commands import Forward
from socklab.lab.connection import Connection
from socklab.lab.descriptors import Descriptors
from socklab.lab.environment import Environment
from socklab.lab.options import OPTIONS
from socklab.lab.refusal import Refusal
from socklab.lab.relay_ends import Dialling, End
from socklab.lab.relay_flow import Flow
from socklab.lab.resolve import Found
from socklab.lab.service import TurnedAway
from socklab.lab.traced import TracedSocket
from socklab.model.addresses import address_text, is_any, takes


@dataclass(frozen=True, slots=True)
class Terms:
    """What `forward` asked for, where. `targets` are tried in their order; `on_close` is where the
    program finds, by a socket's number, what to do once it has closed it by hand."""

    env: Environment
    descriptors: Descriptors
    command: Forward
    targets: Sequence[Found]
    on_close: dict[int, Callable[[], None]]


def check_for_circle(place: Address, targets: Sequence[Found]) -> None:
    """Raises Refusal for a relay at `place` that would relay to itself, until no descriptor is
    left."""
    for _family, target in targets:
        near = not is_any(place) or is_any(target) or ip_address(target[0]).is_loopback
        if place[1] and near and takes(place, target):
            raise Refusal(_("a relay to its own address would be its own client for ever"))


class Relay:
    """What `forward tcp` set up, and whom it has for clients."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.pairs: set[Pair] = set()

    def took(self, sock: TracedSocket, cause: int) -> None:
        """accept(2) gave this socket: connect to the target for it, or turn it away."""
        most = self.terms.command.max_clients
        if most is not None and len(self.pairs) >= most:
            text = _(
                "{client} is turned away: this relay takes {most} clients at once",
                client=_text(sock.remote),
                most=most,
            )
            self._dismiss(sock, text, cause)
            return
        pair = Pair(self, sock, cause)
        self.pairs.add(pair)
        pair.dial()

    def unreachable(self, sock: TracedSocket, error: str, cause: int) -> None:
        """No target takes a connection for this client, the last one for that `error`."""
        text = _(
            "{target} can't be reached ({error}): {client} is connected all the same, to the relay,"
            " and now sees the end of the stream",
            target=address_text(self.terms.targets[0][1]),
            error=error,
            client=_text(sock.remote),
        )
        self._dismiss(sock, text, cause)

    def _dismiss(self, sock: TracedSocket, why: str, cause: int) -> None:
        env = self.terms.env
        env.note(why, level="warning", program=sock.program, cause=cause)
        farewell = Connection(
            env,
            self.terms.descriptors,
            sock,
            TurnedAway(b""),
            lambda _sender, _data: None,
            lambda _connection: None,
            cause,
        )
        farewell.start()


class Pair:
    """One client of a relay, which event `cause` brought, and the connection to the target for
    it."""

    def __init__(self, relay: Relay, client: TracedSocket, cause: int) -> None:
        self._relay = relay
        self._terms = terms = relay.terms
        self._cause = cause
        caller = Caller(terms.env, client.program, cause=cause)
        self._calls = Calls(caller, terms.descriptors)
        self._targets = iter(terms.targets)
        self._error = ""  # of the last one
        self._until_reset = terms.command.reset_after  # bytes
        self._target: Dialling | End | None = None
        self._client = self._end(client)

    # Before there are two.

    def dial(self) -> None:
        """Connect to the target: to the first of its addresses, or else to the next one.

        In the loop's next turn: in this one a descriptor that is used again could get the readiness
        of the one that had its number before, and seem to be connected.
        """
        self._terms.env.loop.call_soon(self._dial)

    def _dial(self) -> None:
        if self._client.over:
            return
        terms, client = self._terms, self._client.sock
        found = next(self._targets, None)
        if found is None:
            self._forget()
            self._relay.unreachable(client, self._error, self._cause)
            return
        family, address = found
        outcome = self._calls.socket(family, client.kind)
        if outcome.made is None:
            self._error = outcome.error or ""
            self.dial()
            return
        terms.on_close[outcome.made.number] = self._close
        self._target = Dialling(
            terms.env, terms.descriptors, outcome.made, address, self._calls, self._decided
        )
        self._target.start()

    def _decided(self, error: str) -> None:
        assert self._target is not None
        if error == "0":
            self._connected(self._target.sock)
            return
        self._error = error
        self._target.close()
        self._terms.on_close.pop(self._target.sock.number)
        self.dial()

    def _connected(self, sock: TracedSocket) -> None:
        """The target has taken the connection: relay from now on."""
        client, target = self._client, self._end(sock)
        self._target = client.other = target
        target.other = client
        if self._terms.command.slice is not None:
            # Else Nagle's algorithm would put slices together again.
            for end in (client, target):
                self._calls.setsockopt(named(end.sock), OPTIONS["nodelay"], 1)
        target.begin()
        client.start()

    def _end(self, sock: TracedSocket) -> End:
        terms, asked = self._terms, self._terms.command
        terms.on_close[sock.number] = self._close
        flow = Flow(asked.delay, asked.rate, asked.slice)
        return End(terms.env, terms.descriptors, sock, flow, self, self._cause)

    # While there are two.

    def allowed(self, piece: memoryview) -> memoryview:
        """As much of what is due as may go before the reset."""
        return piece if self._until_reset is None else piece[: self._until_reset]

    def carried(self, size: int) -> None:
        """So many bytes went on, one way or the other."""
        if self._until_reset is None:
            return
        self._until_reset -= size
        if not self._until_reset:
            text = _("reset, after {count} bytes", count=self._terms.command.reset_after)
            self._terms.env.note(text, program=self._client.sock.program, cause=self._cause)
            self._reset(self._client)
            self._reset(self._client.other)

    def broke(self, end: End) -> None:
        """This end was reset, or is dead: the other one is reset, when it may hear of it."""
        end.close()
        if self._terms.command.delay:
            self._terms.env.loop.call_later(self._terms.command.delay, self._reset, end.other)
        else:
            self._reset(end.other)

    def _reset(self, end: End) -> None:
        if not end.over:
            self._calls.setsockopt(named(end.sock), OPTIONS["linger"], 0)
        end.close()
        self._forget()

    def shut(self) -> None:
        """An end has sent its FIN, as the other one has received one."""
        if self._client.shut and self._client.other.shut:
            self._close()

    def _close(self) -> None:
        """It is over; or somebody has closed one of the two by hand."""
        self._client.close()
        if self._target is not None:
            self._target.close()
        self._forget()

    def _forget(self) -> None:
        for side in (self._client, self._target):
            if side is not None:
                self._terms.on_close.pop(side.sock.number, None)
        self._relay.pairs.discard(self)


def _text(peer: Address | None) -> str:
    return address_text(peer) if peer else "?"
