"""From what a line names (a host, `*`, `@server`) to the address that goes into the call."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Protocol

from socklab.events import Address
from socklab.i18n import _
from socklab.lab.commands import AddressOf, HostPort, Place
from socklab.lab.refusal import Refusal, Unresolved
from socklab.lab.traced import TracedSocket

_ANY = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}
_LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}

Say = Callable[[str, bool], None]
"""Takes what a look-up found, and whether it failed."""

Found = tuple[socket.AddressFamily, Address]


def family_of(host: str) -> socket.AddressFamily | None:
    """The family of a numeric address; None for a name."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host.partition("%")[0])
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


def addresses(
    place: HostPort,
    kind: socket.SocketKind,
    names: Names,
    say: Say,
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
        return [(numeric, (_as_kernel_writes(place.host, numeric), place.port))]
    private = names.addresses_of(place.host)
    if private is not None:
        return _of_host(place, private, say, family)
    return _look_up(place, kind, say, family)


def _of_host(
    place: HostPort, known: Sequence[str], say: Say, family: socket.AddressFamily | None
) -> list[Found]:
    found: list[Found] = []
    for address in known:
        its = family_of(address)
        if its is not None and family in (None, its):
            found.append((its, (address, place.port)))
    said = ", ".join(address for _family, (address, _port) in found)
    say(_("{host} is a private host: {addresses}", host=place.host, addresses=said), False)
    return found


def _as_kernel_writes(host: str, family: socket.AddressFamily) -> str:
    """A numeric address in the one way in which the kernel's tables and getsockname(2) have it."""
    number, percent, scope = host.partition("%")
    return socket.inet_ntop(family, socket.inet_pton(family, number)) + percent + scope


def _look_up(
    place: HostPort, kind: socket.SocketKind, say: Say, family: socket.AddressFamily | None
) -> list[Found]:
    try:
        answers = socket.getaddrinfo(place.host, place.port, family or socket.AF_UNSPEC, kind)
    except (OSError, UnicodeError) as error:
        code = _resolver_error(error)
        say(f'getaddrinfo("{place.host}") = {code}', True)
        raise Unresolved(
            _(
                "the name {host} doesn't resolve: check its spelling, or use an address",
                host=place.host,
            )
        ) from None
    found: list[Found] = []
    for answer_family, _kind, _protocol, _name, raw in answers:
        one = (socket.AddressFamily(answer_family), (str(raw[0]), place.port))
        if one not in found:
            found.append(one)
    say(
        f'getaddrinfo("{place.host}") = {", ".join(address[0] for _family, address in found)}',
        False,
    )
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
    return host, port


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
    say: Say,
) -> Address:
    """The one address for a call on `sock`. Raises Refusal."""
    family = sock.family if sock else socket.AF_INET
    if isinstance(place, AddressOf):
        return bound_address(find(place.program, place.fd), names, family)
    kind = sock.kind if sock else socket.SOCK_STREAM
    return addresses(place, kind, names, say, family)[0][1]
