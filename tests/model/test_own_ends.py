"""Whose a frame is that crosses this machine's loopback."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Address, AnyEvent, Call, State, Wait
from socklab.model.frames import Outline
from socklab.model.own_ends import LINGER, OwnEnds, flow_of
from tests.journal.samples import any_event

SYN, ACK = 2, 16
HTTP: Address = ("127.0.0.1", 8080)
CALLER: Address = ("127.0.0.1", 41_822)
OTHER: Address = ("127.0.0.1", 41_824)
S = 1_000_000_000


def segment(source: Address, destination: Address, flags: int = ACK) -> Outline:
    return Outline("tcp", source, destination, flags=flags)


def datagram(source: Address, destination: Address) -> Outline:
    return Outline("udp", source, destination)


def call(name: str, t: int, sock: int = 1, **fields: object) -> Call:
    values: dict[str, object] = {"result": 0, "duration": S, **fields}
    return Call(t=t, name=name, sock=sock, **values)  # type: ignore[arg-type]


def opened(sock: int = 1, kind: str = "SOCK_STREAM") -> Call:
    return call("socket", 0, sock, args=("AF_INET", kind, 0))


def own(*events: AnyEvent) -> OwnEnds:
    ends = OwnEnds()
    for event in events:
        ends.learn(event)
    return ends


SERVER = (
    opened(),
    call("bind", 10 * S, args=(("0.0.0.0", 8080),), local=("0.0.0.0", 8080)),
    call("listen", 12 * S, args=(5,)),
)
CONNECT = call("connect", 20 * S, args=(HTTP,), local=CALLER, remote=HTTP)


def test_what_goes_to_and_from_a_listening_socket() -> None:
    ends = own(*SERVER)
    assert ends.has(segment(CALLER, HTTP, SYN), 15 * S)
    assert ends.has(segment(HTTP, CALLER, SYN | ACK), 15 * S)
    assert not ends.has(segment(CALLER, ("127.0.0.1", 8081), SYN), 15 * S)
    assert not ends.has(segment(CALLER, ("::1", 8080), SYN), 15 * S)  # it is bound to IPv4's
    assert not ends.has(datagram(CALLER, HTTP), 15 * S)
    assert not ends.has(segment(CALLER, HTTP, SYN), 9 * S)  # another's, before


def test_an_ipv6_socket_has_ipv4_calls_too() -> None:
    ends = own(opened(), call("bind", S, args=(("::", 8080),), local=("::", 8080)))
    assert ends.has(segment(CALLER, HTTP, SYN), 5 * S)
    assert ends.has(segment(("::1", 9), ("::1", 8080), SYN), 5 * S)


def test_once_it_is_closed_its_port_may_be_anothers() -> None:
    ends = own(*SERVER, call("close", 30 * S))
    assert ends.has(segment(HTTP, CALLER), 31 * S)  # a reset, in the middle of close(2)
    assert not ends.has(segment(CALLER, HTTP, SYN), 32 * S)


def test_a_connection_goes_on_after_close_until_its_addresses_begin_anew() -> None:
    ends = own(opened(), CONNECT, call("close", 30 * S))
    late = 31 * S + LINGER
    assert ends.has(segment(CALLER, HTTP), late)
    assert ends.has(segment(HTTP, CALLER), late)
    assert not ends.has(segment(CALLER, HTTP), late + 1)
    assert not ends.has(segment(CALLER, HTTP, SYN), 40 * S)


def test_an_accepted_connection_outlives_its_listener() -> None:
    accepted = call("accept", 21 * S, result=4, new_sock=2, local=HTTP, remote=CALLER)
    ends = own(*SERVER, accepted, call("close", 30 * S))
    assert ends.has(segment(CALLER, HTTP), 40 * S)
    assert not ends.has(segment(OTHER, HTTP), 40 * S)


def test_what_the_kernel_lent_goes_back_when_the_connection_ends() -> None:
    over = State(t=30 * S, sock=1, old="ESTABLISHED", new="CLOSE", source="kernel")
    ends = own(opened(), CONNECT, over)
    assert ends.has(segment(CALLER, HTTP), 29 * S)
    assert not ends.has(segment(CALLER, ("127.0.0.1", 9), SYN), 31 * S)
    kept = own(opened(), call("bind", S, args=(CALLER,), local=CALLER), CONNECT, over)
    assert kept.has(segment(CALLER, ("127.0.0.1", 9), SYN), 31 * S)


def test_the_first_syn_to_its_target_is_that_of_a_refused_connect() -> None:
    refused = call("connect", 20 * S, args=(HTTP,), result=None, error="ECONNREFUSED")
    ends = own(opened(), refused)
    assert not ends.has(segment(CALLER, HTTP, SYN), 19 * S)
    assert ends.has(segment(CALLER, HTTP, SYN), 20 * S + 5)
    assert ends.has(segment(HTTP, CALLER), 20 * S + 9)
    assert not ends.has(segment(OTHER, HTTP, SYN), 20 * S + 10)
    assert not ends.has(segment(OTHER, HTTP, SYN), 30 * S)


def test_so_is_it_that_of_one_that_blocks() -> None:
    ends = own(opened(), Wait(t=20 * S, name="connect", sock=1, args=(HTTP,)))
    assert ends.has(segment(CALLER, HTTP, SYN), 25 * S)
    assert not ends.has(segment(OTHER, HTTP, SYN), 26 * S)


def test_when_it_returns_it_says_which_one_it_was() -> None:
    ends = own(opened(), Wait(t=20 * S, name="connect", sock=1, args=(HTTP,)))
    assert ends.has(segment(OTHER, HTTP, SYN), 20 * S)
    ends.learn(CONNECT)
    assert ends.has(segment(CALLER, HTTP), 21 * S)
    assert not ends.has(segment(OTHER, HTTP), 21 * S)


def test_a_udp_socket_is_bound_by_its_first_sendto() -> None:
    dns = ("127.0.0.1", 53)
    sent = call("sendto", 5 * S, args=("0", dns), local=("0.0.0.0", 40_000), peer=dns)
    ends = own(opened(1, "SOCK_DGRAM"))
    look = datagram(("127.0.0.1", 40_000), dns)
    assert not ends.has(look, 5 * S)
    before = ends.revision
    ends.learn(sent)
    assert ends.revision > before
    assert ends.has(look, 5 * S)
    nobody = Outline("icmp", ("127.0.0.1", 0), ("127.0.0.1", 0), type=3, code=3, about=look)
    assert ends.has(nobody, 5 * S)
    assert flow_of(nobody) == flow_of(look) == flow_of(datagram(look.destination, look.source))


@pytest.mark.parametrize("kind", ["arp", "icmp", "ip", "other"])
def test_what_has_no_port_is_nobodys(kind: str) -> None:
    look = Outline(kind, ("127.0.0.1", 0), ("127.0.0.1", 0))  # type: ignore[arg-type]
    assert not own(*SERVER).has(look, 15 * S)


def test_it_forgets() -> None:
    ends = OwnEnds()
    for number in range(1, 1000):
        place = ("127.0.0.1", number)
        t = number * S
        ends.learn(opened(number))
        ends.learn(call("connect", t, number, args=(HTTP,), local=place, remote=HTTP))
        ends.learn(call("close", t, number))
    assert len(ends._flows) == len(ends._bound) <= LINGER // S + 2
    assert not ends._sockets


@given(st.lists(any_event, max_size=30))
def test_it_never_fails(events: Sequence[AnyEvent]) -> None:
    ends = own(*events)
    assert not ends.has(segment(CALLER, OTHER), 5)
