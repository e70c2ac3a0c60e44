"""The value of a socket option as the bytes that setsockopt passes and getsockopt fills in.

Values are those of the `call` events: what the log shows. Sources: socket(7), ip(7), ipv6(7),
tcp(7). Numbers lie in the machine's own byte order; only addresses are in network order.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

from socklab.events import Arg
from socklab.i18n import _
from socklab.model.layout import HOST_ORDER, ByteOrder, Layout, Part, lay_out, number
from socklab.model.option_forms import Form, form, linger, timeval
from socklab.model.symbols import NUMBERS

_MOST_NAME = 16  # TCP_CA_NAME_MAX

_Layer = Callable[[Arg, ByteOrder], "Layout | None"]


def option_bytes(symbol: str, value: Arg, order: ByteOrder = HOST_ORDER) -> Layout | None:
    """The bytes of `value` for the option `symbol` ("SO_LINGER").

    None where the event doesn't say enough to know them: an interface given by its name, a value
    that somebody else's journal writes otherwise.
    """
    layer = _error if symbol == "SO_ERROR" else _LAYERS.get(form(symbol))
    if layer is None:
        return None
    try:
        return layer(value, order)
    except (ValueError, OverflowError, TypeError):
        return None


def _int(value: Arg, order: ByteOrder) -> Layout | None:
    if isinstance(value, str) and value in NUMBERS:
        known = NUMBERS[value]
        return _integer(known, f"{value} = {known}", order)
    if isinstance(value, float):
        return None
    known = int(value)  # type: ignore[arg-type]  # what is no number is a TypeError
    return _integer(known, str(known), order)


def _integer(value: int, said: str, order: ByteOrder) -> Layout:
    meaning = _("in this machine's own byte order")
    return lay_out("int", ("optval", 4, number(value, 4, order), said, meaning))


def _error(value: Arg, order: ByteOrder) -> Layout | None:
    if value in ("0", 0):
        return _integer(0, "0", order)
    known = getattr(errno, str(value), None)
    return _integer(known, f"{value} = {known}", order) if isinstance(known, int) else None


def _linger(value: Arg, order: ByteOrder) -> Layout | None:
    on, seconds = linger(value)
    return lay_out(
        "struct linger",
        ("l_onoff", 4, number(on, 4, order), str(on), _("whether close lingers at all")),
        ("l_linger", 4, number(seconds, 4, order), str(seconds), _linger_meaning(on, seconds)),
    )


def _linger_meaning(on: int, seconds: int) -> str:
    if not on:
        return _("not looked at")
    if not seconds:
        return _("0: close throws away what is unsent and sends RST")
    return _("seconds that close may wait")


def _timeval(value: Arg, order: ByteOrder) -> Layout | None:
    seconds, micro = timeval(value)
    none = "" if seconds or micro else _("both 0: no limit")
    return lay_out(
        "struct timeval",
        ("tv_sec", 8, number(seconds, 8, order), str(seconds), _("seconds")),
        ("tv_usec", 8, number(micro, 8, order), str(micro), none or _("and microseconds")),
    )


def _membership(value: Arg, order: ByteOrder) -> Layout | None:
    group, *interface = str(value).split(" ")
    address = ip_address(group)
    if isinstance(address, IPv6Address):
        return lay_out(
            "struct ipv6_mreq", _group("ipv6mr_multiaddr", address), _index(interface, order)
        )
    on = ip_address(interface[0]) if interface else IPv4Address(0)
    if not isinstance(on, IPv4Address):
        return None
    return lay_out(
        "struct ip_mreq",
        _group("imr_multiaddr", address),
        ("imr_interface", 4, on.packed, str(on), _interface_meaning(on)),
    )


def _group(name: str, address: IPv4Address | IPv6Address) -> Part:
    return name, len(address.packed), address.packed, str(address), _("the group")


def _index(interface: list[str], order: ByteOrder) -> Part:
    said = interface[0] if interface else "0"
    data = number(int(said), 4, order) if said.isascii() and said.isdecimal() else b""
    meaning = (
        _("0: the kernel chooses the interface") if said == "0" else _("the interface's number")
    )
    return "ipv6mr_interface", 4, data, said, meaning


def _interface_meaning(address: IPv4Address) -> str:
    if address.is_unspecified:
        return _("any: the kernel chooses the interface")
    return _("an address of the interface to use")


def _interface(value: Arg, _order: ByteOrder) -> Layout | None:
    address = IPv4Address(str(value))
    meaning = _interface_meaning(address)
    return lay_out("struct in_addr", ("s_addr", 4, address.packed, str(address), meaning))


def _text(value: Arg, _order: ByteOrder) -> Layout | None:
    data = str(value).encode()[:_MOST_NAME]
    return lay_out("char[]", ("optval", len(data), data, f'"{value}"', _("the name's letters")))


_LAYERS: dict[Form, _Layer] = {
    Form.INT: _int,
    Form.LINGER: _linger,
    Form.TIMEVAL: _timeval,
    Form.TEXT: _text,
    Form.INTERFACE: _interface,
    Form.MEMBERSHIP: _membership,
}
"""Who lays out which form of value; a struct tcp_info isn't laid out here."""
