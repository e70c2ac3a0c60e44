"""What calls in C need besides: headers, and parts of the program around them, by the features that
the templates know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from socklab.export.source import without_texts

_ALWAYS = (
    "arpa/inet.h", "errno.h", "netinet/in.h", "signal.h", "stdint.h", "stdio.h", "string.h",
    "sys/socket.h", "unistd.h",
)  # fmt: skip
_HEADERS = {
    "beside": ("pthread.h",),
    "poll": ("limits.h", "poll.h"),
    "ioctl": ("sys/ioctl.h",),
    "ipv6": ("net/if.h", "stdlib.h"),
    "interface": ("net/if.h",),
    "timeval": ("sys/time.h",),
    "tcp": ("netinet/tcp.h",),
    "loop": ("fcntl.h", "sys/epoll.h", "sys/ioctl.h"),
    "deadline": ("sys/stat.h", "time.h"),
    "daytime": ("time.h",),
    "udp_daytime": ("time.h",),
    "udp_chargen": ("stdlib.h",),
    "http": ("strings.h", "time.h"),
    "memory": ("stdlib.h",),
}
_WORDS = {
    "if_nametoindex": "interface",
    "struct timeval": "timeval",
    "struct tcp_info": "misc",
    "IPPROTO_TCP": "tcp",
    "SO_DOMAIN": "misc",
    "SO_PROTOCOL": "misc",
    "SO_REUSEPORT": "misc",
    "IPPROTO_IP": "misc",
    "ip_mreq": "misc",
    "ipv6(": "ipv6",
    "poll(": "poll",
    "ioctl(": "ioctl",
    "buffer": "buffer",
}
_ALLOCATES = frozenset({"pattern", "filler", "file", "owes"})
_FORGETS = frozenset({"connection", "listener", "datagrams", "reader", "udp_reader", "release"})


def features_of(code: str) -> Iterator[str]:
    """The features that a call's code needs."""
    code = without_texts(code)
    return (feature for word, feature in _WORDS.items() if word in code)


def implied(features: Set[str]) -> Iterator[str]:
    """The features that these need."""
    if not features.isdisjoint(_ALLOCATES):
        yield "memory"
    if not features.isdisjoint(_FORGETS):
        yield "forget"


def headers(features: Iterable[str]) -> list[str]:
    """The headers of a program with these features, in their order."""
    return sorted({*_ALWAYS, *(name for one in features for name in _HEADERS.get(one, ()))})
