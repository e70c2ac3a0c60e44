"""The states that the wire tells are those of the hosts' kernels: by TCP_INFO and /proc/net/tcp, at
moments in which a held wire makes everything stand still."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from functools import partial

import pytest

from socklab.events import Address
from socklab.kernel.look import look, tcp_table
from socklab.model.wire_end import WireMove
from socklab.model.wire_rules import Rule
from socklab.model.wire_states import WireStates
from socklab.network.private import Forbidden
from tests.oracles.wired import PORT, Wired, wired

_AT_ONCE = struct.pack("ii", 1, 0)

pytestmark = pytest.mark.xdist_group("wired")


class Scene:
    """One connection over the wire, held or not."""

    def __init__(self, stage: Wired) -> None:
        self.stage = stage
        self.open: dict[str, socket.socket] = {}
        self.ends: tuple[Address, Address] = (("", 0), ("", 0))  # the client's and the server's

    def connects(self, caller: socket.socket) -> None:
        """A client begins to connect, and returns; its port is that of the connection."""
        caller.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            caller.connect(self.stage.address("server"))
        self.between(caller.getsockname(), self.stage.address("server"))
        self.open["client"] = caller

    def between(self, client: Address, server: Address) -> None:
        self.ends = client, server

    def end(self, host: str) -> tuple[str, Address, Address]:
        client, server = self.ends
        return (host, client, server) if host == "client" else (host, server, client)

    def by_kernel(self, host: str) -> str:
        """What the host's table says of its end, CLOSE where it has none."""
        _host, local, remote = self.end(host)
        rows = tcp_table(self.stage.host(host).net, {local[1]})
        found = [row.state for row in rows if (row.local, row.remote) == (local, remote)]
        return found[0] if found else "CLOSE"

    def told(self, host: str) -> list[WireMove]:
        """The moves of its end that the wire has told."""
        states = WireStates()
        told = [move for event in self.stage.events() for move in states.apply(event)]
        return [move for move in told if move[:3] == self.end(host)]

    def by_wire(self, host: str, *, proven: bool = False) -> str:
        """The last state that the wire tells."""
        told = [move.new for move in self.told(host) if move.proven or not proven]
        return told[-1] if told else "CLOSE"

    def stands(self, client: str, server: str) -> None:
        """Everything stands still in these states, by the kernels' tables, by TCP_INFO of what a
        descriptor holds, and by the wire."""
        for host, state in (("client", client), ("server", server)):
            self.stage.wait_for(partial(self.agree, host, state))
            one = self.open.get(host)
            if one is not None:
                # TCP_INFO says CLOSE of TIME_WAIT: there the descriptor's socket is no more.
                assert look(one).state == ("CLOSE" if state == "TIME_WAIT" else state)

    def agree(self, host: str, state: str) -> bool:
        return self.by_kernel(host) == self.by_wire(host) == state

    def all_agree(self, client: str, server: str) -> bool:
        return self.agree("client", client) and self.agree("server", server)

    def goes_on(self, client: str, server: str) -> None:
        """The wire lets one held frame after another go on, until all stand so."""

        both = partial(self.all_agree, client, server)
        for _frame in range(20):
            self.stage.wait_for(self.stage.wire.waiting)
            self.stage.wire.step()
            if self.stage.comes_to(both, 0.1):
                break
        self.stands(client, server)


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A wire on which the hosts know each other's hardware address: no ARP is held later."""
    try:
        with wired() as stage, contextlib.ExitStack() as made:
            with stage.connected() as (caller, _served):
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            scene = Scene(stage)
            yield scene
            for one in scene.open.values():
                made.callback(one.close)
    except Forbidden as why:
        pytest.skip(str(why))


@pytest.fixture
def joined(scene: Scene) -> Scene:
    """A connection that is established, and both of its sockets."""
    with scene.stage.listener() as listener:
        scene.connects(scene.stage.open("client"))
        scene.open["server"] = listener.accept()[0]
    scene.stands("ESTABLISHED", "ESTABLISHED")
    return scene


def end_write(scene: Scene, host: str) -> None:
    scene.open[host].shutdown(socket.SHUT_WR)


def test_a_handshake_segment_by_segment(scene: Scene) -> None:
    with scene.stage.listener():
        scene.stage.wire.hold(True)
        scene.connects(scene.stage.open("client"))
        scene.stands("SYN_SENT", "CLOSE")
        scene.goes_on("SYN_SENT", "SYN_RECV")
        scene.goes_on("ESTABLISHED", "SYN_RECV")
        scene.goes_on("ESTABLISHED", "ESTABLISHED")


def test_a_handshake_that_loses_a_segment_of_each_sort(scene: Scene) -> None:
    scene.stage.wire.next(Rule("drop", "syn-ack"))
    scene.stage.wire.next(Rule("drop", "ack", sender="client"))
    with scene.stage.listener():
        scene.connects(scene.stage.open("client"))
        scene.stands("SYN_SENT", "SYN_RECV")
        scene.stands("ESTABLISHED", "ESTABLISHED")
    assert [move.new for move in scene.told("server") if move.proven][:1] == ["SYN_RECV"]


def test_nobody_listens(scene: Scene) -> None:
    scene.stage.wire.hold(True)
    scene.connects(scene.stage.open("client"))
    scene.stands("SYN_SENT", "CLOSE")
    scene.goes_on("CLOSE", "CLOSE")


def test_both_open_at_once(scene: Scene) -> None:
    one, other = scene.stage.open("client"), scene.stage.open("server")
    scene.open.update(client=one, server=other)
    client, server = (scene.stage.address(host) for host in ("client", "server"))
    scene.between(client, server)
    scene.stage.wire.hold(True)
    for caller, here, there in ((one, client, server), (other, server, client)):
        caller.setblocking(False)
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # an earlier test's TIME_WAIT
        caller.bind(here)
        with contextlib.suppress(BlockingIOError):
            caller.connect(there)
    scene.stands("SYN_SENT", "SYN_SENT")
    scene.goes_on("SYN_SENT", "SYN_RECV")
    scene.goes_on("SYN_RECV", "SYN_RECV")
    scene.stage.wire.hold(False)
    scene.stands("ESTABLISHED", "ESTABLISHED")


def test_an_accept_queue_that_is_full(scene: Scene) -> None:
    """One of two clients is let in, and the other knows nothing of it: facts that only the kernel
    can tell, and the wire doesn't claim to."""
    stage = scene.stage
    stage.network.sysctl("server", "syncookies", "0")
    with stage.listener(backlog=2), contextlib.ExitStack() as made:
        for _waiting in range(2):
            made.enter_context(stage.open("client")).connect(stage.address("server"))
        stage.wire.hold(True)
        late = [Scene(stage), Scene(stage)]
        for one in late:
            one.connects(made.enter_context(stage.open("client")))
            one.stands("SYN_SENT", "CLOSE")
        for one in late:
            one.goes_on("SYN_SENT", "SYN_RECV")
        for one in late:
            one.goes_on("ESTABLISHED", "SYN_RECV")
        stage.wire.hold(False)
        stage.wait_for(lambda: all(one.by_wire("server") == "ESTABLISHED" for one in late))
        assert sorted(one.by_kernel("server") for one in late) == ["ESTABLISHED", "SYN_RECV"]
        assert [one.by_wire("server", proven=True) for one in late] == ["SYN_RECV", "SYN_RECV"]


def test_a_server_that_waits_for_data(scene: Scene) -> None:
    """TCP_DEFER_ACCEPT: the handshake's last ACK changes nothing."""
    with scene.stage.listener() as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 5)
        scene.connects(scene.stage.open("client"))
        scene.stage.wait_for(lambda: scene.by_wire("server") == "ESTABLISHED")
        assert scene.by_kernel("server") == "SYN_RECV"
        assert scene.by_wire("server", proven=True) == "SYN_RECV"
        scene.open["client"].send(b"here it is")
        scene.stage.wait_for(lambda: scene.by_wire("server", proven=True) == "ESTABLISHED")
        scene.stands("ESTABLISHED", "ESTABLISHED")


def test_a_close_from_one_side_and_then_from_the_other(joined: Scene) -> None:
    joined.stage.wire.hold(True)
    end_write(joined, "client")
    joined.stands("FIN_WAIT1", "ESTABLISHED")
    joined.goes_on("FIN_WAIT1", "CLOSE_WAIT")
    joined.goes_on("FIN_WAIT2", "CLOSE_WAIT")
    joined.open["server"].send(b"still here")
    joined.stage.wire.hold(False)
    joined.open["client"].setblocking(True)
    assert joined.open["client"].recv(100) == b"still here"
    joined.stands("FIN_WAIT2", "CLOSE_WAIT")
    joined.stage.wire.hold(True)
    joined.open.pop("server").close()
    joined.stands("FIN_WAIT2", "LAST_ACK")
    joined.goes_on("TIME_WAIT", "LAST_ACK")
    joined.goes_on("TIME_WAIT", "CLOSE")
    assert [move.new for move in joined.told("client") if move.proven] == [
        "SYN_SENT",
        "ESTABLISHED",
        "FIN_WAIT1",
        "FIN_WAIT2",
        "TIME_WAIT",
    ]


def test_both_close_at_once(joined: Scene) -> None:
    joined.stage.wire.hold(True)
    end_write(joined, "client")
    end_write(joined, "server")
    joined.stands("FIN_WAIT1", "FIN_WAIT1")
    joined.goes_on("FIN_WAIT1", "CLOSING")
    joined.goes_on("CLOSING", "CLOSING")
    joined.goes_on("TIME_WAIT", "CLOSING")
    joined.goes_on("TIME_WAIT", "TIME_WAIT")


def test_a_fin_that_is_lost_and_one_that_comes_before_data(joined: Scene) -> None:
    joined.stage.wire.next(Rule("drop", "data", sender="client"))
    joined.stage.wire.next(Rule("drop", "fin", sender="server"))
    joined.open["client"].send(b"first")
    end_write(joined, "client")
    joined.stands("FIN_WAIT2", "CLOSE_WAIT")
    end_write(joined, "server")
    joined.stands("FIN_WAIT2", "LAST_ACK")
    joined.stands("TIME_WAIT", "CLOSE")


def test_a_reset(joined: Scene) -> None:
    joined.stage.wire.hold(True)
    joined.open["client"].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    joined.open.pop("client").close()
    joined.stands("CLOSE", "ESTABLISHED")
    joined.goes_on("CLOSE", "CLOSE")


def test_a_window_that_closes_and_data_that_nobody_reads(joined: Scene) -> None:
    """Full, the connection is as established as before; to close it with data unread resets it."""
    joined.open["server"].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with contextlib.suppress(BlockingIOError):
        while joined.open["client"].send(bytes(100_000)):
            pass
    joined.stands("ESTABLISHED", "ESTABLISHED")
    joined.stage.wire.hold(True)
    joined.open.pop("server").close()
    joined.stands("ESTABLISHED", "CLOSE")
    joined.goes_on("CLOSE", "CLOSE")


def test_data_after_close(joined: Scene) -> None:
    """The kernel of an end that nobody holds any more answers data with a reset."""
    joined.open.pop("client").close()
    joined.stands("FIN_WAIT2", "CLOSE_WAIT")
    joined.open["server"].send(b"anybody there?")
    joined.stands("CLOSE", "CLOSE")


def test_over_a_bad_wire_it_comes_to_the_same(scene: Scene) -> None:
    scene.stage.wire.impair(None, loss=0.1, duplicate=0.1, reorder=0.1, corrupt=0.1, delay=0.002)
    with scene.stage.listener() as listener:
        scene.connects(scene.stage.open("client"))
        scene.open["server"] = listener.accept()[0]
    caller, served = scene.open["client"], scene.open["server"]
    left, missing = 60_000, 60_000
    while missing:
        with contextlib.suppress(BlockingIOError):
            left -= caller.send(bytes(left)) if left else 0
        missing -= len(served.recv(missing))
    scene.stands("ESTABLISHED", "ESTABLISHED")
    end_write(scene, "client")
    scene.stands("FIN_WAIT2", "CLOSE_WAIT")
    scene.open.pop("server").close()
    scene.stands("TIME_WAIT", "CLOSE")
    assert scene.ends[1][1] == PORT
