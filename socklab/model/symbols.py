"""The numbers behind the symbols of a call, as Linux's headers have them.

For showing only: what the lab passes it takes from its own system (<linux/in.h>, <bits/socket.h>,
<bits/poll.h>, <asm-generic/socket.h>, <linux/tcp.h>, <linux/in6.h>).
"""

from __future__ import annotations

from socklab.events import Arg

_SHARED = {
    "AF_INET": 2, "AF_INET6": 10,
    "SOCK_STREAM": 1, "SOCK_DGRAM": 2,
    "IPPROTO_TCP": 6, "IPPROTO_UDP": 17, "IPPROTO_IP": 0, "IPPROTO_IPV6": 41, "SOL_SOCKET": 1,
    "SHUT_RD": 0, "SHUT_WR": 1, "SHUT_RDWR": 2,
    "MSG_OOB": 0x01, "MSG_PEEK": 0x02, "MSG_TRUNC": 0x20, "MSG_DONTWAIT": 0x40,
    "MSG_WAITALL": 0x100,
    "POLLIN": 0x01, "POLLPRI": 0x02, "POLLOUT": 0x04, "POLLERR": 0x08, "POLLHUP": 0x10,
    "POLLNVAL": 0x20, "POLLRDHUP": 0x2000,
    "FIONBIO": 0x5421, "FIONREAD": 0x541B,
}  # fmt: skip

_OPTIONS = {
    "SO_REUSEADDR": 2, "SO_TYPE": 3, "SO_ERROR": 4, "SO_BROADCAST": 6, "SO_SNDBUF": 7,
    "SO_RCVBUF": 8, "SO_KEEPALIVE": 9, "SO_OOBINLINE": 10, "SO_LINGER": 13, "SO_REUSEPORT": 15,
    "SO_RCVLOWAT": 18, "SO_RCVTIMEO": 20, "SO_SNDTIMEO": 21, "SO_ACCEPTCONN": 30,
    "SO_PROTOCOL": 38, "SO_DOMAIN": 39,
    "TCP_NODELAY": 1, "TCP_MAXSEG": 2, "TCP_CORK": 3, "TCP_KEEPIDLE": 4, "TCP_KEEPINTVL": 5,
    "TCP_KEEPCNT": 6, "TCP_SYNCNT": 7, "TCP_LINGER2": 8, "TCP_DEFER_ACCEPT": 9, "TCP_INFO": 11,
    "TCP_QUICKACK": 12, "TCP_CONGESTION": 13, "TCP_USER_TIMEOUT": 18,
    "IP_TOS": 1, "IP_TTL": 2, "IP_RECVERR": 11, "IP_MULTICAST_IF": 32, "IP_MULTICAST_TTL": 33,
    "IP_MULTICAST_LOOP": 34, "IP_ADD_MEMBERSHIP": 35, "IP_DROP_MEMBERSHIP": 36,
    "IP_MULTICAST_ALL": 49,
    "IPV6_UNICAST_HOPS": 16, "IPV6_MULTICAST_IF": 17, "IPV6_MULTICAST_HOPS": 18,
    "IPV6_MULTICAST_LOOP": 19, "IPV6_JOIN_GROUP": 20, "IPV6_LEAVE_GROUP": 21, "IPV6_RECVERR": 25,
    "IPV6_V6ONLY": 26, "IPV6_MULTICAST_ALL": 29, "IPV6_TCLASS": 67,
}  # fmt: skip

NUMBERS: dict[str, int] = {**_SHARED, **_OPTIONS}
"""The number of every symbol that a call of the lab may have."""

_IN_BITS = ("MSG_", "POLL")


def with_number(arg: Arg) -> str | None:
    """`SO_REUSEADDR = 2`, `POLLIN|POLLOUT = 0x5`: a symbol, or several joined by `|`, with its
    number. None for what is no symbol that is known here."""
    if not isinstance(arg, str):
        return None
    names = arg.split("|")
    if not all(name in NUMBERS for name in names):
        return None
    number = 0
    for name in names:
        number |= NUMBERS[name]
    shown = f"{number:#x}" if arg.startswith(_IN_BITS) or number > 0xFFF else str(number)
    return f"{arg} = {shown}"
