"""Values of socket options: between what a line says, C's bytes, and what the log shows.

Pure conversions. Sources: socket(7), tcp(7), ip(7), ipv6(7), RFC 3493 section 5.2.
"""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Callable
from enum import Enum, auto
from ipaddress import IPv4Address, IPv6Address, ip_address

from socklab.events import Arg
from socklab.i18n import _
from socklab.lab.refusal import Refusal
from socklab.model.option_forms import timeval
from socklab.model.tcp_info import SIZE_ASKED, struct_text

Raw = int | bytes
"""What Python's setsockopt takes and its getsockopt gives."""

Interfaces = Callable[[str], int]
"""From an interface's name, number or IPv6 address to its number; raises Refusal."""


class Kind(Enum):
    """What an option's value is, and how a line's `SetSockOpt.value` holds it."""

    SWITCH = auto()
    """on or off: 1 or 0."""

    NUMBER = auto()
    """A number in the man page's unit: an int."""

    MILLISECONDS = auto()
    """A whole number of milliseconds: an int."""

    SECONDS = auto()
    """A struct timeval: seconds as a float, 0.0 for no limit."""

    LINGER = auto()
    """A struct linger: whole seconds, None for off."""

    ADDRESS = auto()
    """An IPv4 address, or an interface by name, number or IPv6 address: one text."""

    TEXT = auto()
    """A name: one text."""

    MEMBERSHIP = auto()
    """A group's address and, if said, an interface as in ADDRESS: one or two texts."""

    SYMBOL = auto()
    """A constant, shown by its name; an int where a line sets it."""

    TCP_INFO = auto()
    """A struct tcp_info of Linux, shown as strace(1) would; an int where a line sets it."""


class OptionMismatch(Refusal):
    """The value can't be put into this option of this socket."""


_LINGER = "hh" if sys.platform == "win32" else "ii"
_TIMEVAL = "ll"
_MREQN = "4s4si"  # struct ip_mreqn: group, address, interface
_MOST_NAME = 16  # TCP_CA_NAME_MAX

_LENGTHS = {
    Kind.LINGER: struct.calcsize(_LINGER),
    Kind.SECONDS: 0 if sys.platform == "win32" else struct.calcsize(_TIMEVAL),
    Kind.TEXT: _MOST_NAME,
    Kind.ADDRESS: 4,
    Kind.TCP_INFO: SIZE_ASKED,
}


def length(kind: Kind, ipv6: bool) -> int:
    """The size in bytes of the buffer that getsockopt needs, 0 where it gives an int."""
    return 0 if ipv6 and kind is Kind.ADDRESS else _LENGTHS.get(kind, 0)


def wants_ipv6(kind: Kind, value: object, ipv6: bool) -> bool:
    """Whether the option's IPv6 twin takes `value` on a socket that is `ipv6` or not.

    An address says so itself: Linux lets an IPv6 socket join an IPv4 group, and for the reverse
    the kernel has its answer.
    """
    if kind in (Kind.ADDRESS, Kind.MEMBERSHIP) and isinstance(value, tuple):
        address = numeric_address(str(value[0]))
        if address is not None:
            return address.version == 6
    return ipv6


def encode(kind: Kind, value: object, ipv6: bool, interfaces: Interfaces) -> Raw:
    """What setsockopt takes for `value`; `ipv6` chooses between IPv4's and IPv6's layout.

    Raises OptionMismatch, or what `interfaces` raises.
    """
    match kind, value:
        case Kind.SECONDS, int() | float():
            return _timeval(value)
        case Kind.LINGER, int() | None:
            return struct.pack(_LINGER, value is not None, value or 0)
        case Kind.TEXT, (str(text),):
            return text.encode()
        case Kind.ADDRESS, (str(interface),):
            return _interface(interface, ipv6, interfaces)
        case Kind.MEMBERSHIP, (str(group), *rest):
            return _membership(group, str(rest[0]) if rest else None, interfaces)
        case Kind.SWITCH | Kind.NUMBER | Kind.MILLISECONDS | Kind.SYMBOL | Kind.TCP_INFO, int():
            return value
    raise OptionMismatch(_("this option can't take {value}", value=value))


def decode(kind: Kind, raw: Raw) -> Arg:
    """What getsockopt gave, in the unit of `kind`; `off` for no linger."""
    if isinstance(raw, int):
        return raw / 1000 if kind is Kind.SECONDS else raw  # milliseconds on Windows
    match kind:
        case Kind.SECONDS:
            whole, micro = struct.unpack(_TIMEVAL, raw)
            return float(whole + micro / 1_000_000)
        case Kind.LINGER:
            on, time = struct.unpack(_LINGER, raw)
            return int(time) if on else "off"
        case Kind.ADDRESS:
            return socket.inet_ntop(socket.AF_INET, raw)
        case Kind.TCP_INFO:
            return struct_text(raw)
        case _:
            return raw.split(b"\0")[0].decode(errors="backslashreplace")


def argument(kind: Kind, value: object) -> Arg:
    """How the log shows what a line sets."""
    if kind is Kind.LINGER and value is None:
        return "off"
    if isinstance(value, tuple):
        return " ".join(value)
    return value if isinstance(value, int | float) else str(value)


def numeric_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address that `text` writes, None for any other text."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _timeval(seconds: float) -> Raw:
    """A struct timeval; on Windows milliseconds, rounded up as well."""
    whole, micro = timeval(seconds)
    if sys.platform == "win32":
        return whole * 1000 - (-micro // 1000)
    return struct.pack(_TIMEVAL, whole, micro)


def _interface(interface: str, ipv6: bool, interfaces: Interfaces) -> Raw:
    """IPV6_MULTICAST_IF takes a number, IP_MULTICAST_IF a struct in_addr or ip_mreqn."""
    if ipv6:
        return interfaces(interface)
    address = numeric_address(interface)
    if isinstance(address, IPv4Address):
        return address.packed
    return struct.pack(_MREQN, b"", b"", interfaces(interface))


def _membership(group: str, interface: str | None, interfaces: Interfaces) -> bytes:
    """struct ip_mreq or ip_mreqn, or struct ipv6_mreq."""
    address = numeric_address(group)
    if address is None:
        raise OptionMismatch(_("{group} is no address of a group", group=group))
    if isinstance(address, IPv6Address):
        return address.packed + struct.pack("I", interfaces(interface) if interface else 0)
    if interface is None:
        return address.packed + bytes(4)
    on = numeric_address(interface)
    if isinstance(on, IPv4Address):
        return address.packed + on.packed
    return struct.pack(_MREQN, address.packed, b"", interfaces(interface))
