"""From what a line names (a host, `*`, `@server`) to the address that goes into the call."""

from __future__ import annotations

import encodings.idna  # noqa: F401  socket would load it with the first name: see ui.provisions
import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from socklab.events import Address
from socklab.i18n import _
from socklab.lab.commands import AddressOf, HostPort, Place
from socklab.lab.refusal import Refusal, Unresolved
from socklab.lab.scopes import scoped
from socklab.lab.traced import TracedSocket

_ANY = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}
_LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}

Found = tuple[socket.AddressFamily, Address]


def family_of(host: str) -> socket.AddressFamily | None:
    """The family of a numeric address; None for a name."""
    for family, number in (
        (socket.AF_INET, host),
        (socket.AF_INET6, host.partition("%")[0]),
    ):
        try:
            socket.inet_pton(family, number)
        except OSError:
            continue
        return family
    return None


class Names(Protocol):
    """Which names and addresses are those of private hosts."""

    def addresses_of(self, name: str) -> Sequence[str] | None:
        """The addresses of the private host so called; None where there is none."""

    def reached_at(self, program: str) -> Sequence[str] | None:
        """The addresses of the private host on which a program runs; None on this machine."""

    def check(self, address: str) -> None:
        """Raises Refusal for an address that can't be named here."""


class Asker(Protocol):
    """Who wants an address, and hears what is found."""

    def interface(self, name: str) -> int:
        """The number of an interface of its host's. Raises Refusal."""

    def say(self, text: str, failed: bool = False) -> None:
        """What a look-up found, or that it failed."""

    def waiting(self, what: str) -> AbstractContextManager[None]:
        """In here it waits for an answer that may take seconds."""


def addresses(
    place: HostPort,
    kind: socket.SocketKind,
    names: Names,
    asker: Asker,
    family: socket.AddressFamily | None = None,
) -> list[Found]:
    """Every address that `place` stands for: those of a private host, or else in the resolver's
    order (getaddrinfo(3)).

    A numeric address asks nobody. `*` is the any-address of `family` (IPv4 if open). Raises
    Refusal where nothing fits, Unresolved for a name without an address.
    """
    if place.host == "*":
        chosen = family or socket.AF_INET
        return [(chosen, (_ANY[chosen], place.port))]
    numeric = family_of(place.host)
    if numeric is not None:
        if family not in (None, numeric):
            raise Refusal(_mismatch(place.host, family))
        names.check(place.host)
        return [(numeric, (_as_kernel_writes(place.host, numeric, asker), place.port))]
    if "%" in place.host:
        raise Refusal(
            _("{host}: a % and an interface stand behind IPv6 addresses only", host=place.host)
        )
    private = names.addresses_of(place.host)
    if private is not None:
        return _of_host(place, private, asker, family)
    return _look_up(place, kind, asker, family)


def _of_host(
    place: HostPort, known: Sequence[str], asker: Asker, family: socket.AddressFamily | None
) -> list[Found]:
    found: list[Found] = []
    for address in known:
        its = family_of(address)
        if its is not None and family in (None, its):
            found.append((its, (address, place.port)))
    said = ", ".join(address for _family, (address, _port) in found)
    asker.say(_("{host} is a private host: {addresses}", host=place.host, addresses=said))
    return found


def _as_kernel_writes(host: str, family: socket.AddressFamily, asker: Asker) -> str:
    """A numeric address in the one way in which the kernel's tables and getsockname(2) have it, and
    a scope as the number that the call takes."""
    number, percent, scope = host.partition("%")
    text = socket.inet_ntop(family, socket.inet_pton(family, number))
    if not percent:
        return text
    if not scope:
        raise Refusal(_("{host}: an interface's name or number stands behind the %", host=host))
    index = asker.interface(scope)
    return f"{text}%{index}" if index else text


def _look_up(
    place: HostPort, kind: socket.SocketKind, asker: Asker, family: socket.AddressFamily | None
) -> list[Found]:
    asked = f'getaddrinfo("{place.host}")'
    try:
        with asker.waiting(asked):
            answers = socket.getaddrinfo(place.host, place.port, family or socket.AF_UNSPEC, kind)
    except (OSError, UnicodeError) as error:
        asker.say(f"{asked} = {_resolver_error(error)}", failed=True)
        raise Unresolved(
            _(
                "{host} doesn't resolve: check the name's spelling, or use an address",
                host=place.host,
            )
        ) from None
    found: list[Found] = []
    for answer_family, _kind, _protocol, _name, raw in answers:
        address = scoped(raw)
        if address is None:
            continue
        one = (socket.AddressFamily(answer_family), address)
        if one not in found:
            found.append(one)
    asker.say(f"{asked} = {', '.join(address[0] for _family, address in found)}")
    return found


def _resolver_error(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        names = {getattr(socket, name): name for name in dir(socket) if name.startswith("EAI_")}
        return f"{names.get(error.errno, error.errno)} ({error.strerror})"
    return str(error)


def bound_address(
    sock: TracedSocket, names: Names, family: socket.AddressFamily | None = None
) -> Address:
    """The address at which `sock` can be called: its own; for any-address its private host's, or
    loopback.

    With `family`, as a socket of that family has to name it. Raises Refusal where it can't.
    """
    assert sock.local is not None
    host, port = sock.local
    if host == "::":
        # A dual-stack socket answers on the loopback of either family.
        return _own(sock, names, family or sock.family), port
    if host == "0.0.0.0":
        host = _own(sock, names, socket.AF_INET)
    if host.startswith("::ffff:") and family == socket.AF_INET:
        host = host.removeprefix("::ffff:")
    if family is not None and family_of(host) != family:
        raise Refusal(_mismatch(host, family))
    return host + sock.scope, port


def _own(sock: TracedSocket, names: Names, family: socket.AddressFamily) -> str:
    known = names.reached_at(sock.program) or ()
    return next((host for host in known if family_of(host) == family), _LOOPBACK[family])


def _mismatch(host: str, family: socket.AddressFamily | None) -> str:
    if family == socket.AF_INET:
        return _("{host} is no IPv4 address, as this socket needs: make one with `ipv6`", host=host)
    return _("{host} is no IPv6 address, as this socket needs", host=host)


def to_address(
    place: Place,
    sock: TracedSocket | None,
    names: Names,
    find: Callable[[str, int | None], TracedSocket],
    asker: Asker,
) -> Address:
    """The one address for a call on `sock`. Raises Refusal."""
    family = sock.family if sock else socket.AF_INET
    if isinstance(place, AddressOf):
        return bound_address(find(place.program, place.fd), names, family)
    kind = sock.kind if sock else socket.SOCK_STREAM
    return addresses(place, kind, names, asker, family)[0][1]
