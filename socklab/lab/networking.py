"""Where a session's programs run: on this machine, or on private hosts joined by a wire.

What the commands `network`, `host`, `place`, `sysctl` and `wire` do, in the order of the engine;
the hosts and the wire themselves are socklab.network's. Its methods wait for the kernel, so the
engine has them run beside its loop.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Callable, Collection
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from socklab.events import Level
from socklab.i18n import _
from socklab.journal import Journal
from socklab.lab import network_commands as commands
from socklab.lab.host_wire import HostWire
from socklab.lab.refusal import Refusal
from socklab.model.wire_end import WireMove
from socklab.model.wire_rules import Rule
from socklab.network.host import Host
from socklab.network.wire import NotOnTheWire, Wire

if TYPE_CHECKING:
    from socklab.network.capture import Capture
    from socklab.network.private import PrivateHost, PrivateNetwork
    from socklab.network.wire_process import WireProcess

P = ParamSpec("P")
T = TypeVar("T")

_HOSTS = ("client", "server")
_SUBNETS = (ipaddress.ip_network("10.0.0.0/24"), ipaddress.ip_network("fd00::/64"))
_LAST = 8  # the last part of a private host's address, at most

Say = Callable[[str, Level, int], object]
"""Takes a text, its level, and the `n` of the command that it belongs to."""

Began = Callable[[str], Host | None]
"""The host on which a program has begun; None where no such program runs."""


class Networking:
    """The network of one session: this machine's until `network private`."""

    def __init__(self, journal: Journal, machine: Host, say: Say, began: Began) -> None:
        self._journal = journal
        self._machine = machine
        self._say = say
        self._began = began
        self._places: dict[str, str] = {}
        self._next_frame = 1
        self._capture: Capture | None = None
        self._ends: dict[str, HostWire] = {}
        self.private: PrivateNetwork | None = None
        self.wire: WireProcess | None = None

    def close(self) -> None:
        """Take the private network down, if there is one; or capture no more."""
        self._end_capture()
        wire, private = self.wire, self.private
        self.wire = self.private = None
        self._places.clear()
        self._ends = {}
        if wire is not None:
            wire.close()
            self._next_frame = wire.next
        if private is not None:
            private.close()

    # What programs ask.

    @property
    def name(self) -> str:
        """The network as the screen calls it."""
        return self._machine.name if self.private is None else _("private network")

    @property
    def hosts(self) -> list[str]:
        """The names of the private hosts; none on this machine."""
        return [host.name for host in self._all()]

    def host_of(self, program: str) -> Host:
        """Where a program runs: where it began; one that has yet to begin where it was placed,
        else on the host with whose name its own begins, else on the first."""
        began = self._began(program)
        if began is not None:
            return began
        private = self.private
        if private is None:
            return self._machine
        hosts = private.hosts
        placed = self._places.get(program)
        if placed is None:
            like = [name for name in hosts if program.startswith(name)]
            placed = max(like, key=len, default=next(iter(hosts)))
        return hosts[placed]

    def addresses_of(self, name: str) -> tuple[str, str] | None:
        """The IPv4 and the IPv6 address of a private host; None where there is none so called."""
        private = self.private
        host = None if private is None else private.hosts.get(name)
        return None if host is None else (host.ipv4, host.ipv6)

    def reached_at(self, program: str) -> tuple[str, str] | None:
        """Those of the private host on which a program runs; None on this machine."""
        host = self.host_of(program)
        return None if host is self._machine else self.addresses_of(host.name)

    def end_of(self, host: str) -> HostWire:
        """That private host's end of the wire."""
        return self._ends[host]

    def check(self, address: str) -> None:
        """An address of a private host is for those who are among them. Raises Refusal."""
        if self.private is None and _is_private_hosts(address):
            raise Refusal(
                _(
                    "{address} is for a private host, and this is this machine's own network: "
                    "say `network private` first",
                    address=address,
                )
            )

    # What people ask.

    @singledispatchmethod
    def carry_out(self, command: commands.NetworkCommand, n: int, in_use: Collection[str]) -> None:
        """Do it; `n` is the command's event, `in_use` the programs that have descriptors.

        Raises Refusal, whose text says why it can't be done.
        """
        raise AssertionError(command)

    @carry_out.register
    def _(self, command: commands.SetNetwork, n: int, in_use: Collection[str]) -> None:
        if command.private == (self.private is not None):
            return
        if in_use:
            raise Refusal(
                _(
                    "the network can't change while {programs} have open sockets: stop them first",
                    programs=", ".join(sorted(in_use)),
                )
            )
        if command.private:
            self._up(n)
        else:
            self.close()
            self._say(_("this machine's own network again"), "info", n)

    def _up(self, n: int) -> None:
        from socklab.network.child import NotStarted
        from socklab.network.private import Forbidden, PrivateNetwork, require_linux
        from socklab.network.wire_process import WireProcess

        self._end_capture()
        ends = self._ends

        def told(move: WireMove) -> None:
            ends[move.host].told(move)

        try:
            require_linux()
            # Before the network, so that both processes begin at the same time.
            self.wire = WireProcess(self._journal, told, first=self._next_frame)
            self.private = PrivateNetwork.up(_HOSTS)
            for host in self.private.hosts.values():
                self._plug_in(host)
            self.wire.do(Wire.start)
        except (Forbidden, NotStarted) as why:
            self.close()
            raise Refusal(str(why)) from None
        except OSError as error:
            self.close()
            raise Refusal(_("no private network: {why}", why=error.strerror or error)) from None
        self._say(
            _("private network: {hosts}", hosts=", ".join(map(_introduce, self._all()))), "info", n
        )

    def _all(self) -> list[PrivateHost]:
        private = self.private
        return [] if private is None else list(private.hosts.values())

    def _plug_in(self, host: PrivateHost) -> None:
        private, wire = self._both()
        link = private.link(host.name)
        self._ends[host.name] = HostWire(wire.settle)
        try:
            wire.plug_in(host.name, host.mac, link, private.mtu)
        except OSError:
            del self._ends[host.name]
            raise

    def _both(self) -> tuple[PrivateNetwork, WireProcess]:
        if self.private is None or self.wire is None:
            raise Refusal(_("there is no private network: say `network private` first"))
        return self.private, self.wire

    def _do(self, what: Callable[Concatenate[Wire, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Have the wire do it; what it can't is refused in its own words."""
        from socklab.network.wire_process import WireGone

        try:
            return self._both()[1].do(what, *args, **named)
        except (NotOnTheWire, WireGone) as why:
            raise Refusal(str(why)) from None

    @carry_out.register
    def _(self, command: commands.AddHost, n: int, in_use: Collection[str]) -> None:
        private, _wire = self._both()
        host = private.hosts.get(command.name)
        try:
            if host is None or host.name in self._ends:
                host = private.add(command.name)
            self._plug_in(host)
        except ValueError as why:
            raise Refusal(str(why)) from None
        except OSError as error:
            raise Refusal(error.strerror or str(error)) from None
        self._say(_("a host more: {host}", host=_introduce(host)), "info", n)

    @carry_out.register
    def _(self, command: commands.PlaceProgram, n: int, in_use: Collection[str]) -> None:
        private, _wire = self._both()
        if command.host not in private.hosts:
            raise Refusal(self._no_such(command.host))
        if command.program in in_use:
            raise Refusal(_("{program} has open sockets: stop it first", program=command.program))
        self._places[command.program] = command.host

    def _no_such(self, host: str) -> str:
        return _(
            "there is no host {host}: there are {hosts}", host=host, hosts=", ".join(self.hosts)
        )

    @carry_out.register
    def _(self, command: commands.SysCtl, n: int, in_use: Collection[str]) -> None:
        private, _wire = self._both()
        if command.host not in private.hosts:
            raise Refusal(self._no_such(command.host))
        try:
            value = private.sysctl(command.host, command.knob, command.value)
        except OSError as error:
            raise Refusal(
                _("{knob}: {why}", knob=command.knob, why=error.strerror or error)
            ) from None
        if command.knob.endswith("syncookies"):
            self._ends[command.host].only_cookies = value == "2"
        self._say(f"{command.host}: {command.knob} = {value}", "info", n)

    @carry_out.register
    def _(self, command: commands.WireSet, n: int, in_use: Collection[str]) -> None:
        private, _wire = self._both()
        if command.mtu is not None:
            if command.pair is not None:
                raise Refusal(_("an MTU is that of the whole wire: leave FROM>TO out"))
            try:
                private.set_mtu(command.mtu)
                self._do(Wire.fit, command.mtu)
            except ValueError as why:
                raise Refusal(str(why)) from None
            except OSError as error:
                raise Refusal(error.strerror or str(error)) from None
        if command.seed is not None:
            self._do(Wire.reseed, command.seed)
        if command.settings:
            self._do(Wire.impair, command.pair, **dict(command.settings))

    @carry_out.register
    def _(self, command: commands.WirePlug, n: int, in_use: Collection[str]) -> None:
        self._do(Wire.plug, command.host, command.plugged)

    @carry_out.register
    def _(self, command: commands.WireHold, n: int, in_use: Collection[str]) -> None:
        self._do(Wire.hold, command.holding)

    @carry_out.register
    def _(self, command: commands.WireStep, n: int, in_use: Collection[str]) -> None:
        self._do(Wire.step, command.count)

    @carry_out.register
    def _(self, command: commands.WireFrame, n: int, in_use: Collection[str]) -> None:
        done = {"deliver": Wire.deliver, "drop": Wire.drop, "duplicate": Wire.duplicate}
        self._do(done[command.action], command.id)

    @carry_out.register
    def _(self, command: commands.WireSwap, n: int, in_use: Collection[str]) -> None:
        self._do(Wire.swap, command.one, command.other)

    @carry_out.register
    def _(self, command: commands.WireNext, n: int, in_use: Collection[str]) -> None:
        rule = Rule(command.action, command.kind, command.nth, command.sender, command.delay, n)
        self._do(Wire.next, rule)

    @carry_out.register
    def _(self, command: commands.WireStatus, n: int, in_use: Collection[str]) -> None:
        if self.private is None:
            self._say(self._machine_status(), "info", n)
            return
        private, _wire = self._both()
        lines = [_("mtu {mtu}", mtu=private.mtu), *self._do(Wire.status)]
        self._say("; ".join(lines), "info", n)

    def _machine_status(self) -> str:
        if self._capture is not None and self._capture.running:
            return _("this machine's own network, and no wire: the lab's frames are captured")
        return _(
            "this machine's own network, and no wire: nothing is captured (`wire capture on`); "
            "`network private` makes a wire"
        )

    @carry_out.register
    def _(self, command: commands.WireCapture, n: int, in_use: Collection[str]) -> None:
        if self.private is not None:
            raise Refusal(_("the private network's wire records every frame: nothing to capture"))
        running = self._capture is not None and self._capture.running
        if command.capturing != running:
            self._end_capture()
            if command.capturing:
                self._begin_capture(n)

    def _begin_capture(self, n: int) -> None:
        if sys.platform != "linux":
            raise Refusal(_("capturing needs Linux"))
        from socklab.network.capture import Capture

        try:
            self._capture = Capture(self._journal, self._next_frame, self._machine.name, n)
        except PermissionError:
            raise Refusal(
                _(
                    "this user may not capture frames (socklab doctor says how to allow it): say "
                    "`network private`, where the wire sees them all without any privilege"
                )
            ) from None
        except OSError as error:
            raise Refusal(
                _("frames can't be captured here: {why}", why=error.strerror or error)
            ) from None
        self._capture.start()
        self._say(
            _(
                "the lab's frames on loopback are recorded. There the kernel makes segments of up "
                "to 64 KiB, more than a real network carries, and computes no checksums"
            ),
            "info",
            n,
        )

    def _end_capture(self) -> None:
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.close()
            self._next_frame = capture.next


def _introduce(host: PrivateHost) -> str:
    return f"{host.name} {host.ipv4} {host.ipv6}"


def _is_private_hosts(address: str) -> bool:
    try:
        number = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(number, ipaddress.IPv6Address) and number.ipv4_mapped is not None:
        number = number.ipv4_mapped
    return any(
        number.version == subnet.version and number in subnet and 0 < int(number) & 0xFF <= _LAST
        for subnet in _SUBNETS
    )
