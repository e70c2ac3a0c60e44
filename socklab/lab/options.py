"""The socket options by name: what each is called in C, what it takes and what it gives.

One table for the language, its completion, the forms and the calls. No call is made here. Levels
are named as POSIX and the man pages do (IPPROTO_TCP, where strace writes SOL_TCP).
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass

from socklab.events import Arg
from socklab.i18n import _
from socklab.lab import option_values
from socklab.lab.errnos import errno_name
from socklab.lab.option_values import Interfaces, Kind, OptionMismatch, Raw
from socklab.lab.refusal import Refusal

__all__ = [
    "OPTIONS",
    "Kind",
    "Option",
    "OptionMismatch",
    "OptionUnavailable",
    "Query",
    "Setting",
    "constant",
]


class OptionUnavailable(Refusal):
    """This system has no such option."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setsockopt call: what Python is given, and how the log names it."""

    level: int
    number: int
    raw: Raw
    args: tuple[str, str, Arg]


@dataclass(frozen=True, slots=True)
class Query:
    """One getsockopt call: `length` is the buffer's, in bytes, 0 for an int."""

    option: Option
    level: int
    number: int
    length: int
    args: tuple[str, str]

    def decode(self, raw: Raw) -> Arg:
        """What the call gave, for the log."""
        return self.option.decode(raw)


@dataclass(frozen=True, slots=True)
class Option:
    """A socket option.

    `ipv6` are level and symbol of the same thing on an IPv6 socket, where they differ. `settable`
    and `gettable` say what a form offers; what else a line asks for, the kernel judges.
    """

    name: str
    level: str
    symbol: str
    kind: Kind
    summary: str
    ipv6: tuple[str, str] | None = None
    settable: bool = True
    gettable: bool = True

    def setting(self, family: int, value: object, interfaces: Interfaces) -> Setting:
        """The call that gives a socket of `family` the value of a `SetSockOpt`.

        `interfaces` knows those of the socket's host. Raises OptionUnavailable, OptionMismatch, or
        what `interfaces` raises; all are Refusals.
        """
        six = option_values.wants_ipv6(self.kind, value, family == socket.AF_INET6)
        level, symbol = self.names(six)
        raw = self.encode(value, six, interfaces)
        args = (level, symbol, option_values.argument(self.kind, value))
        return Setting(constant(level), constant(symbol), raw, args)

    def query(self, family: int) -> Query:
        """The call that reads it from a socket of `family`. Raises OptionUnavailable."""
        six = family == socket.AF_INET6
        level, symbol = self.names(six)
        length = option_values.length(self.kind, six)
        return Query(self, constant(level), constant(symbol), length, (level, symbol))

    def names(self, ipv6: bool) -> tuple[str, str]:
        """Level and symbol as C writes them."""
        return self.ipv6 if ipv6 and self.ipv6 else (self.level, self.symbol)

    def encode(self, value: object, ipv6: bool, interfaces: Interfaces) -> Raw:
        """What Python's setsockopt takes for `value`. Raises as `setting` does."""
        return option_values.encode(self.kind, value, ipv6, interfaces)

    def decode(self, raw: Raw) -> Arg:
        """What Python's getsockopt gave, for the log: numbers in the unit of the option's kind,
        `off` for no linger, constants and errnos by name (`0` for no error)."""
        if self.kind is Kind.SYMBOL and isinstance(raw, int):
            return _SYMBOLS[self.name](raw)
        return option_values.decode(self.kind, raw)


_LINUX = {
    # Constants of <linux/in.h> and <linux/in6.h> that Python doesn't name.
    "IP_RECVERR": 11,
    "IP_MULTICAST_ALL": 49,
    "IPV6_RECVERR": 25,
    "IPV6_MULTICAST_ALL": 29,
}


_LINUX_LAYOUT = frozenset({"TCP_INFO"})
"""What other systems have too, but fill in in another way."""


def constant(symbol: str) -> int:
    """The number that `symbol` has on this system. Raises OptionUnavailable."""
    linux = sys.platform == "linux"
    number = getattr(socket, symbol, _LINUX.get(symbol) if linux else None)
    if symbol in _LINUX_LAYOUT and not linux:
        number = None
    if number is None:
        raise OptionUnavailable(_("this system has no {symbol}", symbol=symbol))
    return int(number)


def _name(number: int, *symbols: str) -> str:
    """Which of `symbols` the number is, itself where it is none of them."""
    named = (symbol for symbol in symbols if getattr(socket, symbol, None) == number)
    return next(named, str(number))


_SYMBOLS: dict[str, Callable[[int], str]] = {
    "error": lambda number: errno_name(number) if number else "0",
    "type": lambda number: _name(number, "SOCK_STREAM", "SOCK_DGRAM"),
    "domain": lambda number: _name(number, "AF_INET", "AF_INET6"),
    "protocol": lambda number: _name(number, "IPPROTO_TCP", "IPPROTO_UDP"),
}

_TCP = "IPPROTO_TCP"
_IP = "IPPROTO_IP"
_IPV6 = "IPPROTO_IPV6"
_SOL = "SOL_SOCKET"

_OPTIONS = (
    Option(
        "reuseaddr",
        _SOL,
        "SO_REUSEADDR",
        Kind.SWITCH,
        _("bind even where the address still has connections in TIME_WAIT"),
    ),
    Option(
        "reuseport",
        _SOL,
        "SO_REUSEPORT",
        Kind.SWITCH,
        _("let several sockets share one address, the kernel spreads the load"),
    ),
    Option(
        "nodelay",
        _TCP,
        "TCP_NODELAY",
        Kind.SWITCH,
        _("send small segments at once, without Nagle's waiting"),
    ),
    Option(
        "cork",
        _TCP,
        "TCP_CORK",
        Kind.SWITCH,
        _("hold back partial segments until it is switched off"),
    ),
    Option(
        "quickack",
        _TCP,
        "TCP_QUICKACK",
        Kind.SWITCH,
        _("acknowledge at once instead of waiting a little; not permanent"),
    ),
    Option(
        "keepalive",
        _SOL,
        "SO_KEEPALIVE",
        Kind.SWITCH,
        _("probe a silent peer to see whether it still lives"),
    ),
    Option(
        "keepidle",
        _TCP,
        "TCP_KEEPIDLE",
        Kind.NUMBER,
        _("seconds of silence before the first keepalive probe"),
    ),
    Option(
        "keepintvl", _TCP, "TCP_KEEPINTVL", Kind.NUMBER, _("seconds between two keepalive probes")
    ),
    Option(
        "keepcnt",
        _TCP,
        "TCP_KEEPCNT",
        Kind.NUMBER,
        _("keepalive probes without an answer before the connection is given up"),
    ),
    Option(
        "linger",
        _SOL,
        "SO_LINGER",
        Kind.LINGER,
        _("seconds that close waits for unsent data; 0 aborts with a RST"),
    ),
    Option(
        "linger2",
        _TCP,
        "TCP_LINGER2",
        Kind.NUMBER,
        _("seconds that a closed socket stays in FIN_WAIT2"),
    ),
    Option(
        "rcvbuf",
        _SOL,
        "SO_RCVBUF",
        Kind.NUMBER,
        _("the receive buffer in bytes; Linux doubles what it is given"),
    ),
    Option(
        "sndbuf",
        _SOL,
        "SO_SNDBUF",
        Kind.NUMBER,
        _("the send buffer in bytes; Linux doubles what it is given"),
    ),
    Option(
        "rcvlowat",
        _SOL,
        "SO_RCVLOWAT",
        Kind.NUMBER,
        _("bytes that must be there before a receive returns"),
    ),
    Option(
        "rcvtimeo",
        _SOL,
        "SO_RCVTIMEO",
        Kind.SECONDS,
        _("seconds after which a blocked receive or accept gives up; 0 for never"),
    ),
    Option(
        "sndtimeo",
        _SOL,
        "SO_SNDTIMEO",
        Kind.SECONDS,
        _("seconds after which a blocked send or connect gives up; 0 for never"),
    ),
    Option(
        "broadcast", _SOL, "SO_BROADCAST", Kind.SWITCH, _("allow sending to a broadcast address")
    ),
    Option(
        "v6only", _IPV6, "IPV6_V6ONLY", Kind.SWITCH, _("whether an IPv6 socket refuses IPv4 peers")
    ),
    Option(
        "user_timeout",
        _TCP,
        "TCP_USER_TIMEOUT",
        Kind.MILLISECONDS,
        _("milliseconds that sent data may stay unacknowledged"),
    ),
    Option(
        "syncnt",
        _TCP,
        "TCP_SYNCNT",
        Kind.NUMBER,
        _("how often connect sends its SYN again before it gives up"),
    ),
    Option(
        "defer_accept",
        _TCP,
        "TCP_DEFER_ACCEPT",
        Kind.NUMBER,
        _("seconds to wait for a client's first data before accept sees it"),
    ),
    Option(
        "recverr",
        _IP,
        "IP_RECVERR",
        Kind.SWITCH,
        _("tell also an unconnected UDP socket of the network's errors"),
        ipv6=(_IPV6, "IPV6_RECVERR"),
    ),
    Option(
        "ttl",
        _IP,
        "IP_TTL",
        Kind.NUMBER,
        _("how many routers a packet may pass"),
        ipv6=(_IPV6, "IPV6_UNICAST_HOPS"),
    ),
    Option(
        "tos",
        _IP,
        "IP_TOS",
        Kind.NUMBER,
        _("the DSCP and ECN byte of the packets"),
        ipv6=(_IPV6, "IPV6_TCLASS"),
    ),
    Option("maxseg", _TCP, "TCP_MAXSEG", Kind.NUMBER, _("the most bytes of data in one segment")),
    Option("oobinline", _SOL, "SO_OOBINLINE", Kind.SWITCH, _("leave urgent data in the stream")),
    Option(
        "congestion",
        _TCP,
        "TCP_CONGESTION",
        Kind.TEXT,
        _("the congestion control algorithm: cubic, reno, bbr, ..."),
    ),
    Option(
        "join",
        _IP,
        "IP_ADD_MEMBERSHIP",
        Kind.MEMBERSHIP,
        _("receive what is sent to a multicast group"),
        ipv6=(_IPV6, "IPV6_JOIN_GROUP"),
        gettable=False,
    ),
    Option(
        "leave",
        _IP,
        "IP_DROP_MEMBERSHIP",
        Kind.MEMBERSHIP,
        _("leave a multicast group again"),
        ipv6=(_IPV6, "IPV6_LEAVE_GROUP"),
        gettable=False,
    ),
    Option(
        "multicast_if",
        _IP,
        "IP_MULTICAST_IF",
        Kind.ADDRESS,
        _("the interface through which multicast is sent"),
        ipv6=(_IPV6, "IPV6_MULTICAST_IF"),
    ),
    Option(
        "multicast_ttl",
        _IP,
        "IP_MULTICAST_TTL",
        Kind.NUMBER,
        _("how many routers a multicast packet may pass"),
        ipv6=(_IPV6, "IPV6_MULTICAST_HOPS"),
    ),
    Option(
        "multicast_loop",
        _IP,
        "IP_MULTICAST_LOOP",
        Kind.SWITCH,
        _("whether this machine hears its own multicast"),
        ipv6=(_IPV6, "IPV6_MULTICAST_LOOP"),
    ),
    Option(
        "multicast_all",
        _IP,
        "IP_MULTICAST_ALL",
        Kind.SWITCH,
        _("whether the socket also gets groups that only others have joined"),
        ipv6=(_IPV6, "IPV6_MULTICAST_ALL"),
    ),
    Option(
        "error",
        _SOL,
        "SO_ERROR",
        Kind.SYMBOL,
        _("the error that waits to be told, which reading it clears"),
        settable=False,
    ),
    Option("type", _SOL, "SO_TYPE", Kind.SYMBOL, _("stream or datagram"), settable=False),
    Option("domain", _SOL, "SO_DOMAIN", Kind.SYMBOL, _("IPv4 or IPv6"), settable=False),
    Option("protocol", _SOL, "SO_PROTOCOL", Kind.SYMBOL, _("TCP or UDP"), settable=False),
    Option(
        "acceptconn",
        _SOL,
        "SO_ACCEPTCONN",
        Kind.SWITCH,
        _("whether the socket is listening"),
        settable=False,
    ),
    Option(
        "tcp_info",
        _TCP,
        "TCP_INFO",
        Kind.TCP_INFO,
        _("all that the kernel knows of a connection: rtt, cwnd, retransmits, windows, ..."),
        settable=False,
    ),
)

OPTIONS: dict[str, Option] = {option.name: option for option in _OPTIONS}
"""In the order in which a form offers them."""
