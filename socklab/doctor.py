"""`socklab doctor`: what this machine can do for the lab, and what to do where it can't."""

from __future__ import annotations

import os
import platform
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from socklab.i18n import _
from socklab.journal import directory
from socklab.kernel.look import KNOWS_STATES, look
from socklab.network.privilege import CAP_NET_RAW, has_capability

_FEW_DESCRIPTORS = 4096


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked into. `mend` says what to do where it isn't well; `needed` that the lab
    isn't itself without it."""

    what: str
    well: bool
    found: str
    mend: str = ""
    needed: bool = False


def examine() -> Iterator[Finding]:
    """Look into everything, one after another."""
    yield Finding(
        _("system"), True, f"{platform.system()} {platform.release()}, Python {_python()}"
    )
    yield _loopback(_("IPv4 loopback"), socket.AF_INET, "127.0.0.1", needed=True)
    yield _loopback(_("IPv6 loopback"), socket.AF_INET6, "::1")
    yield _states()
    yield _tables()
    yield _descriptors()
    yield _journals()
    yield _low_ports()
    yield _private_network()
    yield _capture()


def report() -> int:
    """Print the findings; 1 where something that the lab needs is missing, else 0."""
    missing = False
    for finding in examine():
        mark = "✓" if finding.well else ("✗" if finding.needed else "–")
        print(f"{mark} {finding.what + ':':22} {finding.found}")
        if not finding.well and finding.mend:
            print(f"  {'':22} → {finding.mend}")
        missing = missing or (finding.needed and not finding.well)
    return int(missing)


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _loopback(what: str, family: int, host: str, *, needed: bool = False) -> Finding:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((host, 0))
    except OSError as error:
        mend = _("bring the loopback interface up, or go without this family")
        return Finding(what, False, str(error.strerror), mend, needed)
    return Finding(what, True, _("{host} can be bound", host=host))


def _states() -> Finding:
    what = _("TCP states")
    with socket.socket() as probe:
        state = look(probe).state
    if state is not None:
        return Finding(what, True, _("the kernel tells them (TCP_INFO)"))
    return Finding(
        what,
        False,
        _("this system doesn't tell: states are those that follow from the calls"),
        _("Linux shows every state of the kernel"),
    )


def _tables() -> Finding:
    what = _("socket tables")
    table = Path("/proc/net/tcp")
    if os.access(table, os.R_OK):
        return Finding(what, True, _("{table} can be read", table=table))
    return Finding(
        what,
        False,
        _("{table} can't be read: sockets without descriptor stay unseen", table=table),
        _("TIME_WAIT and the accept queue's connections need it (Linux)") if KNOWS_STATES else "",
    )


def _descriptors() -> Finding:
    what = _("descriptor limit")
    try:
        import resource
    except ImportError:
        return Finding(what, True, _("none that can be asked"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = _("{soft} now, {hard} at most; the lab raises it at its start", soft=soft, hard=hard)
    enough = hard == resource.RLIM_INFINITY or hard >= _FEW_DESCRIPTORS
    return Finding(
        what, enough, found, _("for thousands of clients at once: ulimit -Hn 65536, as root")
    )


def _journals() -> Finding:
    folder = directory()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    return Finding(
        _("journals"),
        os.access(nearest, os.W_OK),
        str(folder),
        _("make it writable, or set XDG_STATE_HOME to a folder that is"),
    )


def _low_ports() -> Finding:
    what = _("ports below 1024")
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    except (OSError, ValueError):
        first = 1024
    if first <= 80 or (hasattr(os, "geteuid") and os.geteuid() == 0):
        return Finding(what, True, _("can be bound"))
    return Finding(
        what,
        False,
        _("bind gives EACCES below port {first}", first=first),
        _("use a port from {first} on (8080 is the custom)", first=first),
    )


def _private_network() -> Finding:
    what = _("private network")
    if sys.platform != "linux":
        return Finding(what, False, _("needs Linux"), _("use a Linux machine or a virtual one"))
    from socklab.network.private import Forbidden, PrivateNetwork

    begun = monotonic()
    try:
        network = PrivateNetwork.up()
    except Forbidden as why:
        return Finding(what, False, _("not for this user"), str(why))
    took = round((monotonic() - begun) * 1000)
    network.close()
    return Finding(what, True, _("possible: two hosts were up in {took} ms", took=took))


def _capture() -> Finding:
    what = _("capture")
    if sys.platform != "linux":
        return Finding(what, False, _("needs Linux"), _("use a Linux machine or a virtual one"))
    if has_capability(CAP_NET_RAW):
        return Finding(what, True, _("possible: this user may open packet sockets (CAP_NET_RAW)"))
    return Finding(
        what,
        False,
        _("not on this machine, for this user; `network private` shows every frame without it"),
        _(
            "run as root; or for every program in this Python: sudo setcap cap_net_raw=ep {python}",
            python=os.path.realpath(sys.executable),
        ),
    )
