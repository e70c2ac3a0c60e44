"""What a journal comes to: each program and each socket with what was done with it, as a fold."""

from __future__ import annotations

from dataclasses import dataclass

from socklab.events import Address, Call, Event, Program, State
from socklab.model.logline import NOT_YET
from socklab.model.transfers import RECEIVES, SENDS


@dataclass(slots=True)
class ProgramTotal:
    """A program: where it ran, whether it still does, its calls and those that failed."""

    name: str
    host: str = ""
    running: bool = True
    calls: int = 0
    failed: int = 0


@dataclass(slots=True)
class SocketTotal:
    """A socket: who had it as which descriptor, its ends, its last state (None for UDP and where
    none was seen), and the bytes that its calls sent and received."""

    sock: int
    program: str = ""
    fd: int | None = None
    kind: str = "TCP"
    local: Address | None = None
    remote: Address | None = None
    state: str | None = None
    sent: int = 0
    received: int = 0


class Totals:
    """`programs` by name and `sockets` by `sock`, in the order in which they appeared.

    At most `most` of each; `more_programs` and `more_sockets` tell whether there were others.
    """

    def __init__(self, most: int) -> None:
        self.programs: dict[str, ProgramTotal] = {}
        self.sockets: dict[int, SocketTotal] = {}
        self._most = most
        self.more_programs = self.more_sockets = False

    def apply(self, event: Event) -> None:
        """Take in the journal's next event."""
        if type(event) is Call:
            self._call(event)
        elif type(event) is State:
            self._state(event)
        elif type(event) is Program:
            program = self._program(event.program)
            if program is not None:
                program.host = event.host
                program.running = event.change != "stopped"

    def _call(self, call: Call) -> None:
        program = self._program(call.program)
        if program is not None:
            program.calls += 1
            program.failed += call.error is not None and call.error not in NOT_YET
        socket = self._socket(call.sock)
        if socket is not None:
            self._used(socket, call)
        if call.name == "accept" and call.error is None:
            accepted = self._socket(call.new_sock)
            if accepted is not None:
                accepted.program, accepted.fd = call.program or "", call.result
                accepted.local, accepted.remote = call.local, call.remote

    def _used(self, socket: SocketTotal, call: Call) -> None:
        moved = call.result if call.error is None and call.result else 0
        if call.name in SENDS:
            socket.sent += max(0, moved)
        elif call.name in RECEIVES:
            if "MSG_PEEK" not in str(call.args[1:2]):
                socket.received += max(0, moved)
        elif call.name == "socket":
            socket.program, socket.fd = call.program or "", call.fd
            socket.kind = "UDP" if "SOCK_DGRAM" in call.args else "TCP"
        if call.name != "accept":
            socket.local = call.local or socket.local
            socket.remote = call.remote or socket.remote

    def _state(self, state: State) -> None:
        socket = self._socket(state.sock)
        if socket is not None:
            socket.state = state.new
            socket.local = socket.local or state.local
            socket.remote = socket.remote or state.remote

    def _program(self, name: str | None) -> ProgramTotal | None:
        if name is None:
            return None
        found = self.programs.get(name)
        if found is None and len(self.programs) < self._most:
            found = self.programs[name] = ProgramTotal(name)
        elif found is None:
            self.more_programs = True
        return found

    def _socket(self, sock: int | None) -> SocketTotal | None:
        if sock is None:
            return None
        found = self.sockets.get(sock)
        if found is None and len(self.sockets) < self._most:
            found = self.sockets[sock] = SocketTotal(sock)
        elif found is None:
            self.more_sockets = True
        return found
