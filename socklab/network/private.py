"""A private network: hosts with kernels' stacks of their own, without any privilege.

Their sockets are handed over by a helper process (helper.py) and are used like the lab's own. What
crosses between the hosts is the wire's business (wire.py).
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from socklab.i18n import _
from socklab.network.child import Child, NotStarted

LARGEST = 65536
MOST_HOSTS = 8
LEAST_MTU, MOST_MTU = 68, 65535
"""RFC 791: every host takes 68 bytes whole; IPv6 needs 1280 (RFC 8200, section 5)."""

_PATIENCE = 10.0  # seconds for an answer of the helper's


class Forbidden(Exception):
    """There can be no private network; the text says why and what to do, in a sentence."""


class _Gone(OSError):
    """The helper has ended, or says nothing."""


@dataclass(frozen=True, slots=True)
class PrivateHost:
    """A host of the private network; `index` is 1 for the first. See `Host`."""

    name: str
    index: int
    net: Path
    network: PrivateNetwork

    @property
    def ipv4(self) -> str:
        """Its IPv4 address."""
        return f"10.0.0.{self.index}"

    @property
    def ipv6(self) -> str:
        """Its IPv6 address."""
        return f"fd00::{self.index}"

    @property
    def addresses(self) -> tuple[str, ...]:
        """Both."""
        return self.ipv4, self.ipv6

    @property
    def mac(self) -> str:
        """Its Ethernet address, locally administered."""
        return f"02:00:00:00:00:{self.index:02x}"

    def socket(self, family: socket.AddressFamily, kind: socket.SocketKind) -> socket.socket:
        """A new blocking socket in this host's stack. Raises OSError."""
        return self.network.open_socket(self.name, family, kind)

    def interface_index(self, interface: str) -> int:
        """The number of an interface of this host's. See `Host`."""
        return self.network.interface_index(self.name, interface)


def require_linux() -> None:
    """Raises Forbidden elsewhere."""
    if sys.platform != "linux":
        raise Forbidden(_("A private network needs Linux's namespaces: stay on this machine."))


class PrivateNetwork:
    """The hosts by name, in order. `up` makes one; any thread may ask."""

    def __init__(self) -> None:
        self.hosts: dict[str, PrivateHost] = {}
        self.mtu = 0
        self._turn = threading.Lock()
        self._helper = Child(
            "socklab.network.helper", _("The network's helper"), socket.SOCK_SEQPACKET
        )
        (self._control,) = self._helper.ends
        self._control.settimeout(_PATIENCE)

    @classmethod
    def up(cls, hosts: tuple[str, ...] = ("client", "server"), mtu: int = 1500) -> PrivateNetwork:
        """A network of these hosts. Raises Forbidden where it can't be."""
        require_linux()
        try:
            network = cls()
        except NotStarted as error:
            raise Forbidden(str(error)) from None
        try:
            network._ask("up", mtu=mtu)
            network.mtu = mtu
            for name in hosts:
                network.add(name)
        except OSError as error:
            why = network._why_gone(error) if isinstance(error, _Gone) else _why(error)
            network.close()
            raise Forbidden(why) from None
        return network

    def _why_gone(self, error: _Gone) -> str:
        """What the helper has complained about last, or how it ended; or that it doesn't answer."""
        self._control.close()
        late = error.errno == errno.ETIMEDOUT
        why = error.strerror if late else self._helper.why_ended()
        return _("The network's helper, a process of its own, failed: {why}", why=why)

    def add(self, name: str) -> PrivateHost:
        """One more host. Raises ValueError for a name that is taken or one too many, OSError."""
        if name in self.hosts:
            raise ValueError(_("there is a host {name} already", name=name))
        if len(self.hosts) >= MOST_HOSTS:
            raise ValueError(_("{n} hosts are the most", n=MOST_HOSTS))
        host = PrivateHost(name, len(self.hosts) + 1, Path(), self)
        keeper = self._ask(
            "add", name=name, index=host.index, mac=host.mac, ipv4=host.ipv4, ipv6=host.ipv6
        )
        host = PrivateHost(name, host.index, Path(f"/proc/{keeper}/net"), self)
        self.hosts[name] = host
        return host

    def open_socket(
        self, host: str, family: socket.AddressFamily, kind: socket.SocketKind
    ) -> socket.socket:
        """A new blocking socket in that host's stack. Raises OSError."""
        descriptor = self._ask("socket", host=host, family=int(family), kind=int(kind))
        # All three are said, or Python would ask the kernel for them: calls of nobody's.
        return socket.socket(family, kind, 0, fileno=descriptor)

    def interface_index(self, host: str, interface: str) -> int:
        """The number of an interface of that host's. Raises OSError, ENODEV where it has none."""
        return int(self._ask("interface", host=host, interface=interface))

    def link(self, host: str) -> socket.socket:
        """The wire's end of that host's link, a packet socket. Raises OSError."""
        descriptor = self._ask("link", host=host)
        return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0, fileno=descriptor)

    def sysctl(self, host: str, knob: str, value: str | None = None) -> str:
        """What a kernel knob of that host stands at; set first, where a value is given.

        `knob` is a name as in tcp(7) and ip(7), whole (`net.ipv4.tcp_sack`) or in short (`sack`).
        Raises OSError: ENOENT for one that isn't, EINVAL for a value that can't be, EACCES or EPERM
        for what only the machine's root may set.
        """
        return str(self._ask("sysctl", host=host, knob=knob, value=value))

    def set_mtu(self, mtu: int) -> None:
        """The largest packet of every link (bytes). Raises ValueError, OSError."""
        if not LEAST_MTU <= mtu <= MOST_MTU:
            raise ValueError(
                _("an MTU is from {least} to {most} bytes", least=LEAST_MTU, most=MOST_MTU)
            )
        self._ask("mtu", mtu=mtu)
        self.mtu = mtu

    def close(self) -> None:
        """Everything goes: the helper, the hosts, the links. Sockets that are still open keep their
        stack until they are closed."""
        self._control.close()
        self._helper.close()

    def _ask(self, do: str, **what: object) -> Any:
        """What the helper answers: a value, or a descriptor. Raises OSError."""
        with self._turn:
            try:
                self._control.send(json.dumps({"do": do, **what}).encode())
                said, descriptors, flags, _address = socket.recv_fds(self._control, LARGEST, 1)
            except TimeoutError:
                self._control.close()  # an answer that comes late would be taken for the next one's
                raise _Gone(errno.ETIMEDOUT, _("the network's helper doesn't answer")) from None
            except OSError:
                said, flags = b"", 0
        if not said:
            raise _Gone(errno.EPIPE, _("the network's helper has ended"))
        if flags & socket.MSG_CTRUNC:  # the descriptor came, and this process has no room for it
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        answer = json.loads(said)
        if "why" in answer:
            raise OSError(answer["errno"] or errno.EIO, answer["why"])
        if descriptors:
            os.set_inheritable(descriptors[0], False)
            return descriptors[0]
        return answer["given"]


def _why(error: OSError) -> str:
    """Why there can be no private network here, and what to do, in one sentence."""
    if error.errno == errno.ENOSPC or _setting("user/max_user_namespaces") == "0":
        return _("This kernel allows no user namespaces (user.max_user_namespaces is 0).")
    if _setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return _(
            "AppArmor keeps users from namespaces of their own here: "
            "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0` allows them."
        )
    if _setting("kernel/unprivileged_userns_clone") == "0":
        return _(
            "This kernel keeps users from namespaces of their own: "
            "`sudo sysctl kernel.unprivileged_userns_clone=1` allows them."
        )
    return _(
        "The kernel forbids a private network here ({why}): a container may have to be started "
        "with more rights.",
        why=error.strerror or error,
    )


def _setting(knob: str) -> str | None:
    with contextlib.suppress(OSError):
        return (Path("/proc/sys") / knob).read_text().strip()
    return None
