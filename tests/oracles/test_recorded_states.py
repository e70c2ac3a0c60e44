"""What a lab on a private network records of its sockets' states is what the hosts' kernels have,
wherever everything stands still: random sessions over a wire that is worked by hand."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from socklab.events import Address, State
from socklab.kernel.look import tcp_table
from socklab.lab.lab import Lab
from socklab.model.addresses import unmapped
from socklab.model.tcp_machine import CLOSE, moves
from socklab.network.wire import Wire
from tests.network.test_private import private_network_or_skip
from tests.watching import begin, calls_of, comes_to, events_of

SESSIONS = 4
ACTS = 18

Ends = dict[int, tuple[Address, Address]]

pytestmark = pytest.mark.xdist_group("wired")


class Session:
    """A server that listens, clients that come and go, and somebody at the wire."""

    def __init__(self, lab: Lab, seed: int) -> None:
        self.lab = lab
        self.chance = random.Random(seed)
        self.descriptors: dict[str, list[int]] = {"client": [], "client-2": [], "server": []}
        self.holds = False
        family, anywhere = self.chance.choice([("", "*"), (" ipv6", "::")])
        begin(
            lab,
            "network private",
            "early: socket udp",
            'early: sendto 3 server 53 "so that no SYN waits for ARP"',
            "expect wire udp = delivered",
            f"server: socket tcp{family}",
            f"server: bind 3 {anywhere} 8080",
            f"server: listen 3 {self.chance.choice([1, 2, 5])}",
            "server: nonblock 3 on",
        )
        self.connect()

    def act(self) -> None:
        acts = [self.wire, self.wire, self.connect, self.accept, self.use, self.use]
        self.chance.choice(acts)()

    def wire(self) -> None:
        wire = self.lab._session.network.wire
        held = [] if wire is None else [one for one in wire.do(Wire.waiting) if not one.due]
        if not held or self.chance.random() < 0.2:
            self.holds = not self.holds
            begin(self.lab, f"wire hold {'on' if self.holds else 'off'}")
        else:
            number = self.chance.choice(held).id
            begin(self.lab, self.chance.choice(["wire step", f"wire drop {number}"]))

    def connect(self) -> None:
        program = self.chance.choice(["client", "client-2"])
        fd = 3 + len(self.descriptors[program])
        self.descriptors[program].append(fd)
        port = self.chance.choice([8080, 8080, 8080, 81])
        made = (f"{program}: socket tcp", f"{program}: nonblock {fd} on")
        begin(self.lab, *made, f"{program}: connect {fd} server {port}")

    def accept(self) -> None:
        begin(self.lab, "server: accept 3")
        taken = [call.result for call in calls_of(self.lab, "server", "accept")]
        self.descriptors["server"] = [fd for fd in taken if fd is not None]

    def use(self) -> None:
        program = self.chance.choice([*self.descriptors])
        if self.descriptors[program]:
            fd = self.chance.choice(self.descriptors[program])
            what = self.chance.choice(
                ["send {} bytes:3000", "recv {} 9999", "shutdown {} out", "close {}", "reset {}"]
            )
            begin(self.lab, f"{program}: nonblock {fd} on", f"{program}: {what.format(fd)}")

    def agrees(self) -> bool:
        """Whether the last state recorded of each socket is what its host's table shows."""
        for observer in self.lab._session.observers:
            observer.look_now()
        recorded = {event.sock: event.new for event in events_of(self.lab, State)}
        known = self.known()
        table = self.table({local[1] for local, _remote in known.values()})
        return all(recorded.get(sock) == table.get(ends, CLOSE) for sock, ends in known.items())

    def known(self) -> Ends:
        """The connections of which the lab knows both ends, by their sockets' numbers."""
        found: Ends = {}
        for env in self.lab._session._on_hosts.values():
            for sock in env.registry.open_sockets():
                if sock.local is not None and sock.remote is not None:
                    found[sock.number] = unmapped(sock.local), unmapped(sock.remote)
            for one in env.registry.unowned():
                found[one.number] = unmapped(one.pair[0]), unmapped(one.pair[1])
        return found

    def table(self, ports: set[int]) -> dict[tuple[Address, Address], str]:
        private = self.lab._session.network.private
        assert private is not None
        rows = [row for host in private.hosts.values() for row in tcp_table(host.net, ports)]
        return {(unmapped(row.local), unmapped(row.remote)): row.state for row in rows}


@pytest.mark.parametrize("seed", range(SESSIONS))
def test_a_session_by_chance(lab: Lab, seed: int) -> None:
    private_network_or_skip().close()
    session = Session(lab, seed)
    for _act in range(ACTS):
        session.act()
        assert comes_to(lab, session.agrees)
    for sock in {event.sock for event in events_of(lab, State)}:
        story = events_of(lab, State, sock=sock)
        assert all(moves(event.old, event.new) for event in story)
        assert all(one.new == two.old and one.t <= two.t for one, two in pairwise(story))
    assert events_of(lab, State, source="wire")
