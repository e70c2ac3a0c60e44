"""The socket table: UDP sockets, which have addresses and queues, and no state."""

from __future__ import annotations

from socklab.model.sockets import Connection
from tests.model.story import Story

SERVER = ("127.0.0.1", 5000)
CLIENT = ("127.0.0.1", 40000)


def bound() -> Story:
    story = Story()
    story.socket("server", 3, 1, kind="udp")
    story.bind("server", 3, 1, SERVER)
    story.socket("client", 3, 2, kind="udp")
    return story


def test_udp_has_no_state() -> None:
    row = bound().table.sockets[1]
    assert (row.kind, row.state, row.local) == ("udp", None, SERVER)


def test_the_first_sendto_binds() -> None:
    story = bound()
    story.call(
        "client", "sendto", 3, 2, args=("0", SERVER), data=b"A", size=1, result=1, local=CLIENT
    )
    assert story.table.sockets[2].local == CLIENT
    assert story.table.sockets[2].remote is None


def test_a_connected_socket_finds_the_one_bound_there() -> None:
    story = bound()
    story.call("client", "connect", 3, 2, args=(SERVER,), local=CLIENT, remote=SERVER)
    assert story.table.peer_of(2) == 1
    assert story.table.peer_of(1) is None  # it talks to anybody
    assert story.table.connections() == [Connection(2, 1)]


def test_two_connected_to_each_other() -> None:
    story = bound()
    story.call("client", "connect", 3, 2, args=(SERVER,), local=CLIENT, remote=SERVER)
    story.call("server", "connect", 3, 1, args=(CLIENT,), remote=CLIENT)
    assert (story.table.peer_of(1), story.table.peer_of(2)) == (2, 1)
    assert story.table.connections() == [Connection(1, 2)]


def test_a_wildcard_address_takes_datagrams_and_tcp_ones_do_not() -> None:
    story = Story()
    story.socket("server", 3, 1)
    story.bind("server", 3, 1, SERVER)
    story.socket("server", 4, 2, kind="udp")
    story.bind("server", 4, 2, ("0.0.0.0", 5000))
    story.socket("client", 3, 3, kind="udp")
    story.call("client", "connect", 3, 3, args=(SERVER,), local=CLIENT, remote=SERVER)
    assert story.table.peer_of(3) == 2


def test_drops_are_counted() -> None:
    story = bound()
    story.gauge(1, recv_queue=2304, send_queue=0, drops=4)
    assert story.table.sockets[1].drops == 4


def test_close_forgets_it_at_once() -> None:
    story = bound()
    story.call("client", "connect", 3, 2, args=(SERVER,), local=CLIENT, remote=SERVER)
    story.close("client", 3, 2)
    assert list(story.table.sockets) == [1]
    gone = story.table.latest("client", 3)
    assert gone is not None
    assert (gone.kind, gone.forgotten, gone.state) == ("udp", True, None)
