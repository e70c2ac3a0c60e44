"""Which C type each socket option's value has, for whoever sets, reads or writes down one.

An option that isn't named here is an int. Sources: socket(7), tcp(7), ip(7), ipv6(7).
"""

from __future__ import annotations

import math
from enum import Enum, auto

from socklab.events import Arg


class Form(Enum):
    """The type that setsockopt and getsockopt pass."""

    INT = auto()
    LINGER = auto()
    """struct linger."""
    TIMEVAL = auto()
    """struct timeval."""
    TEXT = auto()
    """Letters without a zero at their end."""
    INTERFACE = auto()
    """struct in_addr; with an interface's number struct ip_mreqn."""
    MEMBERSHIP = auto()
    """struct ip_mreq, with an interface's number ip_mreqn; for IPv6 struct ipv6_mreq."""
    INFO = auto()
    """struct tcp_info."""


FORMS: dict[str, Form] = {
    "SO_LINGER": Form.LINGER,
    "SO_RCVTIMEO": Form.TIMEVAL,
    "SO_SNDTIMEO": Form.TIMEVAL,
    "TCP_CONGESTION": Form.TEXT,
    "TCP_INFO": Form.INFO,
    "IP_MULTICAST_IF": Form.INTERFACE,
    "IP_ADD_MEMBERSHIP": Form.MEMBERSHIP,
    "IP_DROP_MEMBERSHIP": Form.MEMBERSHIP,
    "IPV6_JOIN_GROUP": Form.MEMBERSHIP,
    "IPV6_LEAVE_GROUP": Form.MEMBERSHIP,
}


def form(symbol: str) -> Form:
    """The form of the option that C calls `symbol`."""
    return FORMS.get(symbol, Form.INT)


def timeval(value: Arg) -> tuple[int, int]:
    """The tv_sec and tv_usec of a struct timeval of so many seconds. Rounded up: a very short time
    must not become 0, which means no limit. Raises ValueError or OverflowError for what is no
    number of seconds."""
    return divmod(math.ceil(round(float(str(value)) * 1_000_000, 3)), 1_000_000)


def linger(value: Arg) -> tuple[int, int]:
    """The l_onoff and l_linger of a struct linger of so many whole seconds, or of `off`. Raises
    ValueError for anything else."""
    return (0, 0) if value == "off" else (1, int(str(value)))
