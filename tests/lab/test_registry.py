"""Which number a socket has, from when it's first seen until the kernel has forgotten it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from socklab.events import Address
from socklab.lab.registry import Registry
from socklab.lab.traced import TracedSocket
from socklab.model.tcp_life import TcpLife

LOCAL: Address = ("127.0.0.1", 8080)
REMOTE: Address = ("127.0.0.1", 40000)


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def sock(registry: Registry) -> Iterator[TracedSocket]:
    """A connected socket, as far as the registry can tell."""
    with socket.socket() as real:
        made = TracedSocket(registry.number(), "main", 3, real)
        made.local, made.remote, made.life = LOCAL, REMOTE, TcpLife("ESTABLISHED")
        registry.opened(made)
        yield made


def test_numbers_are_never_given_again(registry: Registry) -> None:
    assert [registry.number() for _ in range(4)] == [1, 2, 3, 4]


def test_an_open_socket_is_known(registry: Registry, sock: TracedSocket) -> None:
    assert registry.open_sockets() == [sock]


def test_one_that_waits_gives_its_number_to_accept(registry: Registry) -> None:
    seen = registry.appeared((LOCAL, REMOTE))
    assert seen is not None
    assert seen.waiting
    assert registry.adopt(LOCAL, REMOTE) == (seen.number, seen.life)
    assert registry.unowned() == []


def test_one_that_was_never_seen_gets_a_new_number_from_accept(registry: Registry) -> None:
    assert registry.adopt(LOCAL, REMOTE)[0] == 1
    assert registry.adopt(LOCAL, ("127.0.0.1", 40001))[0] == 2


def test_one_appears_only_once(registry: Registry) -> None:
    assert registry.appeared((LOCAL, REMOTE)) is not None
    assert registry.appeared((LOCAL, REMOTE)) is None


def test_an_old_table_does_not_bring_back_what_was_accepted(registry: Registry) -> None:
    registry.adopt(LOCAL, REMOTE)
    assert registry.appeared((LOCAL, REMOTE)) is None


def test_a_closed_socket_stays_known_by_its_number(registry: Registry, sock: TracedSocket) -> None:
    left = registry.closed(sock)
    assert left is not None
    assert (left.number, left.pair, left.program) == (sock.number, (LOCAL, REMOTE), "main")
    assert not left.waiting
    assert registry.open_sockets() == []
    assert registry.unowned() == [left]
    registry.gone(left)
    assert registry.unowned() == []


def test_what_was_never_connected_is_forgotten_at_once(
    registry: Registry, sock: TracedSocket
) -> None:
    sock.remote = None
    assert registry.closed(sock) is None
    assert registry.unowned() == []


def test_the_same_addresses_may_wait_again_after_the_first_was_accepted_and_closed(
    registry: Registry, sock: TracedSocket
) -> None:
    registry.adopt(LOCAL, REMOTE)
    left = registry.closed(sock)
    assert left is not None
    registry.gone(left)
    again = registry.appeared((LOCAL, REMOTE))
    assert again is not None
    assert again.number not in (left.number, sock.number)


def test_a_socket_in_time_wait_is_not_taken_for_one_that_waits(
    registry: Registry, sock: TracedSocket
) -> None:
    sock.life = TcpLife("TIME_WAIT")
    left = registry.closed(sock)
    assert left is not None
    number, life = registry.adopt(LOCAL, REMOTE)
    assert number != left.number
    assert life is not sock.life


def test_gone_takes_only_the_one_that_is_meant(registry: Registry, sock: TracedSocket) -> None:
    old = registry.closed(sock)
    new = registry.closed(sock)
    assert old is not None
    assert new is not None
    registry.gone(old)
    assert registry.unowned() == [new]
