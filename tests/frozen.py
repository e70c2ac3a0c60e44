"""Connections that stand still: in a network of their own, with ends that hear nothing.

A socket filter that keeps no byte of any packet (SO_ATTACH_FILTER, `ret #0`) makes one socket deaf:
whatever is sent to it is lost, as on a cut cable, and its peer stays in the state that waits for an
answer. TCP sockets need CAP_NET_ADMIN for it, which a user namespace gives to everybody; a network
namespace besides keeps other programs' sockets out of sight.

Run as a module, inside those namespaces, it plays one scene in a lab and prints what the lab, the
kernel's own tool and TCP_INFO said of every socket at each moment in which all stood still.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import re
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from socklab.events import Address, State
from socklab.lab.lab import Lab
from socklab.model.addresses import address_text
from socklab.model.sockets import SocketTable
from socklab.model.tcp_states import BY_CODE, TcpState
from tests.watching import begin, calls_of, wait_event

Moment = dict[str, dict[str, Any]]
"""What each witness says: the states by the socket's addresses (by its `sock` for TCP_INFO), and
when the kernel will forget it, as the lab has it and between which moments by its own tool."""

_UNSHARE = ("unshare", "--user", "--map-root-user", "--net", "--")
_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27
_TCP_INFO = 11
_SECONDS_LEFT = re.compile(r"timewait,(?:(\d+)min)?(?:(\d+)sec)?")  # it leaves fractions out
_TICK = 10  # milliseconds: the kernel's unit in its tables
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_BY_SS_NAME = {
    **{state.value.replace("_", "-"): state for state in TcpState},
    "ESTAB": TcpState.ESTABLISHED,
    "FIN-WAIT-1": TcpState.FIN_WAIT1,
    "FIN-WAIT-2": TcpState.FIN_WAIT2,
    "UNCONN": TcpState.CLOSE,
}


def why_not() -> str:
    """Why nothing can be made to stand still on this machine; empty where it can."""
    if sys.platform != "linux" or shutil.which("ss") is None or shutil.which("unshare") is None:
        return "needs Linux with ss and unshare"
    tried = subprocess.run([*_UNSHARE, "true"], capture_output=True, text=True, check=False)
    return tried.stderr.strip() if tried.returncode else ""


def play(scene: str) -> dict[str, Any]:
    """Play a scene in namespaces of its own: its `moments` and the lab's `states`, move by move."""
    run = subprocess.run(
        [*_UNSHARE, sys.executable, "-m", __name__, scene],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    assert run.returncode == 0, run.stderr
    played: dict[str, Any] = json.loads(run.stdout)
    return played


class Stage:
    """A lab, and the means to make its sockets deaf."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.moments: list[Moment] = []

    def run(self, *lines: str) -> None:
        """Run lines of the lab's language, each to its return or until its program is blocked."""
        begin(self.lab, *lines)

    def deafen(self, program: str, fd: int) -> None:
        """From now on this socket hears nothing."""
        code = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
        with self._real(program, fd) as sock:
            filters = struct.pack("@HP", 1, ctypes.addressof(code))
            sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, filters)

    def cure(self, program: str, fd: int) -> None:
        """It hears again."""
        with self._real(program, fd) as sock:
            sock.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)

    def still(self, *expected: str) -> None:
        """All stand still once these expectations hold: what does everybody say now?"""
        self.run(*(f"expect {line} within 20" for line in expected))
        shown, forgotten = _ss(self.lab.journal.now)
        self.moments.append(
            {
                "lab": self._recorded(),
                "ss": shown,
                "tcp_info": self._tcp_info(),
                "lab_forgets": self._expiries(),
                "ss_forgets": forgotten,
            }
        )

    def _table(self) -> SocketTable:
        table = SocketTable()
        for event in self.lab.journal:
            table.apply(event)
        return table

    def _recorded(self) -> dict[str, str]:
        table = self._table()
        found = {}
        for row in table.sockets.values():
            if row.local is not None and row.state is not None and row.state != "CLOSE":
                remote = row.remote
                wait = table.now_blocked.get(row.program or "")
                if wait is not None and wait.sock == row.sock and wait.name == "connect":
                    remote = cast(Address, wait.args[0])
                found[_ends(row.local, remote)] = row.state
        return found

    def _expiries(self) -> dict[str, int]:
        return {
            _ends(row.local, row.remote): row.expires
            for row in self._table().sockets.values()
            if row.local is not None and row.expires is not None
        }

    def _tcp_info(self) -> dict[str, str]:
        """Of the sockets that a descriptor holds, beside the state that the lab has recorded."""
        table, said = self._table(), {}
        for program in table.programs.values():
            for fd, number in program.descriptors.items():
                with self._real(program.name, fd) as sock:
                    state = BY_CODE[sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 8)[0]]
                said[str(number)] = f"{state} {table.sockets[number].state}"
        return said

    @contextmanager
    def _real(self, program: str, fd: int) -> Iterator[socket.socket]:
        """The lab's own socket, without a second descriptor that would hold back its FIN."""
        made = [
            event.os_fd if event.name == "socket" else event.new_os_fd
            for event in calls_of(self.lab, program, "socket", "accept")
            if event.result == fd
        ]
        sock = socket.socket(fileno=made[-1])
        try:
            yield sock
        finally:
            sock.detach()


def _ends(local: Address, remote: Address | None) -> str:
    return f"{address_text(local)} {address_text(remote) if remote else '0.0.0.0:*'}"


def _ss(now: Callable[[], int]) -> tuple[dict[str, str], dict[str, tuple[int, int]]]:
    """The states of all sockets, and when those in TIME_WAIT will be over, in nanoseconds: not
    before the one moment and not after the other."""
    before = now()
    shown = subprocess.run(["ss", "-tanoH"], capture_output=True, text=True, check=True).stdout
    after = now()
    states: dict[str, str] = {}
    forgotten = {}
    for line in shown.splitlines():
        state, _recv, _send, local, peer, *more = line.split()
        states[f"{local} {peer}"] = _BY_SS_NAME[state]
        if (left := _SECONDS_LEFT.search(" ".join(more))) is not None:
            seconds = 60 * int(left[1] or 0) + int(left[2] or 0)
            least = before + (seconds * 1000 - _TICK) * 1_000_000
            most = after + ((seconds + 1) * 1000 + _TICK) * 1_000_000
            forgotten[f"{local} {peer}"] = (least, most)
    return states, forgotten


# The scenes.

CONNECTED = (
    "server: socket tcp",
    "server: bind 3 127.0.0.1 8080",
    "server: listen 3 5",
    "client: socket tcp",
    "client: connect 3 @server",
    "server: accept 3",
)


def handshake(on: Stage) -> None:
    """CLOSE, LISTEN, SYN_SENT, SYN_RECV and ESTABLISHED, one after another."""
    on.run(*CONNECTED[:2], "client: socket tcp", "client: bind 3 127.0.0.1 9090")
    on.still()
    on.run(CONNECTED[2])
    on.still("server 3 LISTEN")
    on.deafen("server", 3)
    on.run("client: nonblock 3 on", "client: connect 3 @server")
    on.still("client 3 SYN_SENT")
    on.deafen("client", 3)
    on.cure("server", 3)  # takes the next SYN, and its answer is lost
    wait_event(on.lab, State, new="SYN_RECV")
    on.still("client 3 SYN_SENT")
    on.cure("client", 3)
    on.still("client 3 ESTABLISHED", "server 3 accept_queue = 1")
    on.run("server: accept 3")
    on.still("server 4 ESTABLISHED")


def blocked_connect(on: Stage) -> None:
    """SYN_SENT of a program that is blocked in connect(2), until it is stopped."""
    on.run(*CONNECTED[:3])
    on.deafen("server", 3)
    on.run("client: socket tcp", "client: bind 3 127.0.0.1 9090", "client: connect 3 @server")
    on.still("client 3 SYN_SENT")
    on.run("client: stop")
    on.still("client 3 CLOSE")


def active_close(on: Stage) -> None:
    """FIN_WAIT1, then FIN_WAIT2 and CLOSE_WAIT, LAST_ACK, TIME_WAIT, and nothing."""
    on.run(*CONNECTED)
    on.deafen("server", 4)
    on.run("client: shutdown 3 out")
    on.still("client 3 FIN_WAIT1", "server 4 ESTABLISHED")
    on.cure("server", 4)
    on.still("client 3 FIN_WAIT2", "server 4 CLOSE_WAIT")
    on.deafen("client", 3)
    on.run("server: shutdown 4 out")
    on.still("client 3 FIN_WAIT2", "server 4 LAST_ACK")
    on.cure("client", 3)
    on.still("client 3 TIME_WAIT", "server 4 CLOSE")


def orphans(on: Stage) -> None:
    """The same with no descriptor left: only the tables tell."""
    on.run(*CONNECTED)
    on.deafen("server", 4)
    on.run("client: close 3")
    on.still("client 3 FIN_WAIT1", "server 4 ESTABLISHED")
    on.cure("server", 4)
    on.still("client 3 FIN_WAIT2", "server 4 CLOSE_WAIT")
    on.run("server: close 4")
    on.still("client 3 TIME_WAIT", "server 4 CLOSE")


def last_ack_without_descriptor(on: Stage) -> None:
    """LAST_ACK after close: the other end keeps its descriptor, and hears nothing."""
    on.run(*CONNECTED, "client: shutdown 3 out", "server: recv 4")
    on.still("client 3 FIN_WAIT2", "server 4 CLOSE_WAIT")
    on.deafen("client", 3)
    on.run("server: close 4")
    on.still("client 3 FIN_WAIT2", "server 4 LAST_ACK")
    on.cure("client", 3)
    on.still("client 3 TIME_WAIT", "server 4 CLOSE")


def simultaneous_close(on: Stage) -> None:
    """Both FINs cross: FIN_WAIT1 twice, CLOSING with a descriptor and without, TIME_WAIT."""
    on.run(*CONNECTED)
    on.deafen("server", 4)
    on.deafen("client", 3)
    on.run("client: shutdown 3 out", "server: shutdown 4 out")
    on.still("client 3 FIN_WAIT1", "server 4 FIN_WAIT1")
    on.cure("server", 4)
    on.still("client 3 FIN_WAIT1", "server 4 CLOSING")
    on.run("server: close 4")
    on.still("client 3 FIN_WAIT1", "server 4 CLOSING")
    on.cure("client", 3)
    on.still("client 3 TIME_WAIT", "server 4 TIME_WAIT")


def simultaneous_open(on: Stage) -> None:
    """Nobody listens: SYN_SENT, SYN_RECV with a descriptor, ESTABLISHED at both ends."""
    for program, port in (("one", 7001), ("two", 7002)):
        on.run(f"{program}: socket tcp", f"{program}: bind 3 127.0.0.1 {port}")
        on.run(f"{program}: nonblock 3 on")
        on.deafen(program, 3)
    on.run("one: connect 3 @two")  # the RST of a port that nobody listens on isn't heard
    on.still("one 3 SYN_SENT")
    on.cure("one", 3)
    on.run("two: connect 3 @one")
    on.still("one 3 SYN_RECV", "two 3 SYN_SENT")
    on.cure("two", 3)
    on.still("one 3 ESTABLISHED", "two 3 ESTABLISHED")


def connected_to_itself(on: Stage) -> None:
    """One socket is both ends."""
    on.run("self: socket tcp", "self: bind 3 127.0.0.1 7001", "self: connect 3 @self")
    on.still("self 3 ESTABLISHED")
    on.run("self: shutdown 3 out")
    on.still("self 3 TIME_WAIT")


def reset(on: Stage) -> None:
    """An abort, and what it leaves at the other end."""
    on.run(*CONNECTED)
    on.still("client 3 ESTABLISHED", "server 4 ESTABLISHED")
    on.run("client: reset 3")
    on.still("client 3 CLOSE", "server 4 CLOSE")


def left_waiting(on: Stage) -> None:
    """Connections that nobody accepts: one whose peer has closed, one in a closed listener."""
    on.run(*CONNECTED[:5], "client-2: socket tcp", "client-2: connect 3 @server")
    on.run("client-2: close 3")
    on.still("client 3 ESTABLISHED", "client-2 3 FIN_WAIT2", "server 3 accept_queue = 2")
    on.run("server: close 3")
    on.still("client 3 CLOSE", "client-2 3 CLOSE")


SCENES: dict[str, Callable[[Stage], None]] = {
    scene.__name__: scene
    for scene in (
        handshake,
        blocked_connect,
        active_close,
        orphans,
        last_ack_without_descriptor,
        simultaneous_close,
        simultaneous_open,
        connected_to_itself,
        reset,
        left_waiting,
    )
}


def main(name: str) -> None:
    """Play the scene here."""
    with socket.socket() as any_socket:
        flags = struct.pack("16sh22x", b"lo", _IFF_UP)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, flags)
    with Lab() as lab:
        stage = Stage(lab)
        SCENES[name](stage)
    states = [
        {field: getattr(event, field) for field in State.__struct_fields__}
        for event in lab.journal
        if isinstance(event, State)
    ]
    json.dump({"moments": stage.moments, "states": states}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
