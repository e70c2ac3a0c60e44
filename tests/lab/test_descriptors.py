"""A descriptor table: from 3, the lowest free number, as POSIX says."""

from __future__ import annotations

import socket

from hypothesis import given
from hypothesis import strategies as st

from socklab.lab.descriptors import Descriptors
from socklab.lab.traced import TracedSocket


def opened(table: Descriptors, real: socket.socket) -> TracedSocket:
    sock = TracedSocket(1, "main", table.take(), real)
    table.name(sock)
    return sock


@given(st.lists(st.one_of(st.none(), st.integers(0, 30)), max_size=60))
def test_always_the_lowest_free_number(steps: list[int | None]) -> None:
    """None opens a socket, a number closes that one of the open ones."""
    with socket.socket() as real:
        table = Descriptors()
        held: list[TracedSocket] = []
        for step in steps:
            taken = {sock.fd for sock in held}
            if step is None:
                held.append(opened(table, real))
                assert held[-1].fd == min(set(range(3, 100)) - taken)
            elif held:
                table.free(held.pop(step % len(held)))
        assert [sock.fd for sock in table] == sorted(sock.fd for sock in held)
        assert len(table) == len(held)


def test_a_number_names_its_socket_until_it_is_free() -> None:
    with socket.socket() as real:
        table = Descriptors()
        sock = opened(table, real)
        assert table.get(3) is sock
        assert table.get(4) is None
        assert table.fitting(lambda one: one.fd == 3) == [sock]
        table.free(sock)
        assert table.get(3) is None


def test_a_number_that_was_taken_but_names_nothing_yet_is_not_given_twice() -> None:
    table = Descriptors()
    assert (table.take(), table.take()) == (3, 4)
    assert table.get(3) is None


def test_freeing_twice_does_not_free_the_next_owner() -> None:
    with socket.socket() as real:
        table = Descriptors()
        first = opened(table, real)
        table.free(first)
        second = opened(table, real)
        table.free(first)
        assert table.get(3) is second
        assert opened(table, real).fd == 4
