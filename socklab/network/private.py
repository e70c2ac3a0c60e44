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
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from socklab.i18n import _

LARGEST = 65536
MOST_HOSTS = 8
LEAST_MTU, MOST_MTU = 68, 65535
"""RFC 791: every host takes 68 bytes whole; IPv6 needs 1280 (RFC 8200, section 5)."""

_PATIENCE = 10.0  # seconds for an answer of the helper's


class Forbidden(Exception):
    """The kernel forbids a private network; the text says so and what to do, in a sentence."""


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
    def mac(self) -> str:
        """Its Ethernet address, locally administered."""
        return f"02:00:00:00:00:{self.index:02x}"

    def socket(self, family: socket.AddressFamily, kind: socket.SocketKind) -> socket.socket:
        """A new blocking socket in this host's stack. Raises OSError."""
        return self.network.open_socket(self.name, family, kind)


class PrivateNetwork:
    """The hosts by name, in order. `up` makes one; any thread may ask."""

    def __init__(self, helper: subprocess.Popen[bytes], control: socket.socket, mtu: int) -> None:
        self.hosts: dict[str, PrivateHost] = {}
        self.mtu = mtu
        self._helper = helper
        self._control = control
        self._turn = threading.Lock()

    @classmethod
    def up(cls, hosts: tuple[str, ...] = ("client", "server"), mtu: int = 1500) -> PrivateNetwork:
        """A network of these hosts. Raises Forbidden where it can't be."""
        if sys.platform != "linux":
            raise Forbidden(_("A private network needs Linux's namespaces: stay on this machine."))
        network = cls(*_start(), mtu)
        try:
            network._ask("up", mtu=mtu)
            for name in hosts:
                network.add(name)
        except OSError as error:
            network.close()
            raise Forbidden(_why(error)) from None
        return network

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
        try:
            self._helper.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._helper.kill()
            self._helper.wait()

    def _ask(self, do: str, **what: object) -> Any:
        """What the helper answers: a value, or a descriptor. Raises OSError."""
        with self._turn:
            try:
                self._control.send(json.dumps({"do": do, **what}).encode())
                said, descriptors, _flags, _address = socket.recv_fds(self._control, LARGEST, 1)
            except TimeoutError:
                raise OSError(errno.ETIMEDOUT, "the helper of the network doesn't answer") from None
        if not said:
            raise OSError(errno.EPIPE, "the helper of the network has ended")
        answer = json.loads(said)
        if "why" in answer:
            raise OSError(answer["errno"] or errno.EIO, answer["why"])
        if descriptors:
            os.set_inheritable(descriptors[0], False)
            return descriptors[0]
        return answer["given"]


def _start() -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(_PATIENCE)
    with theirs:
        helper = subprocess.Popen(
            [sys.executable, "-m", "socklab.network.helper", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    return helper, ours


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
