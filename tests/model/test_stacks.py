"""Whose an address is."""

from __future__ import annotations

import pytest

from socklab.events import Call, Program
from socklab.model.sockets import SocketTable
from socklab.model.stacks import Stack

MACHINE = Stack("this machine")
CLIENT = Stack("client", ("10.0.0.1", "fd00::1"))
SERVER = Stack("server", ("10.0.0.2", "fd00::2"))


@pytest.mark.parametrize(
    ("sender", "receiver", "host", "reaches"),
    [
        (CLIENT, SERVER, "10.0.0.2", True),
        (CLIENT, SERVER, "::ffff:10.0.0.2", True),
        (CLIENT, SERVER, "fd00::2", True),
        (CLIENT, SERVER, "10.0.0.1", False),
        (CLIENT, CLIENT, "10.0.0.1", True),
        (CLIENT, CLIENT, "10.0.0.2", False),
        (CLIENT, SERVER, "127.0.0.1", False),
        (CLIENT, SERVER, "::1", False),
        (CLIENT, SERVER, "0.0.0.0", False),
        (CLIENT, CLIENT, "127.0.0.1", True),
        (CLIENT, MACHINE, "192.0.2.1", False),
        (MACHINE, MACHINE, "192.0.2.1", True),
        (MACHINE, MACHINE, "a-name", True),
        (Stack(), MACHINE, "127.0.0.1", True),
    ],
)
def test_what_is_sent_comes_to_who_has_the_address(
    sender: Stack, receiver: Stack, host: str, reaches: bool
) -> None:
    assert sender.reaches(receiver, (host, 80)) is reaches


def test_a_connected_udp_socket_has_its_peer_on_the_host_that_was_meant() -> None:
    table = SocketTable()
    for sock, stack in enumerate((Stack("proxy", ("10.0.0.3",)), SERVER, CLIENT), start=1):
        name, addresses = stack
        table.apply(Program(t=0, program=name, change="started", host=name, addresses=addresses))
        udp = ("AF_INET", "SOCK_DGRAM", 0)
        table.apply(Call(t=0, program=name, name="socket", sock=sock, fd=3, result=3, args=udp))
    for sock, name in ((1, "proxy"), (2, "server")):
        bound = Call(t=0, program=name, name="bind", sock=sock, fd=3, local=("0.0.0.0", 53))
        table.apply(bound)
    ends = {"local": ("10.0.0.1", 4000), "remote": ("10.0.0.2", 53)}
    table.apply(Call(t=0, program="client", name="connect", sock=3, fd=3, result=0, **ends))  # type: ignore[arg-type]
    assert table.peer_of(3) == 2
