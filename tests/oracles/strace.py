"""What strace saw, read back: one `Seen` a system call, in the order in which they were entered.

The mapping between Python's calls and the kernel's, which is the only exception to "the journal
holds what strace shows" (facts E02):

- accept(2) is accept4(2), send(2) and recv(2) are sendto(2) and recvfrom(2) without an address.
- After each accept4 Python asks getsockname(2) of the new descriptor, to learn its family.
- The observer thread's looks are not the program's calls; it is told by its name, `observer`.
- The lab's own descriptors (its loop's socketpair and epoll sets, its files, the resolver's
  sockets) are not the student's sockets: a descriptor counts from the socket(2) or accept(2) that
  the journal has until its close(2). The resolver's are made in the program's thread, with
  SOCK_NONBLOCK, as Python makes none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

OPTIONS = ("-f", "-Y", "-e", "trace=network,desc")
OBSERVER = "observer"
LOOP = "engine"

_LINE = re.compile(r"(?P<tid>\d+)(<(?P<thread>[^>]*)>)? +(?P<rest>.*)")
_CALL = re.compile(r"(?P<name>\w+)\((?P<args>.*)\)\s+= (?P<result>-?\d+|\?)(?: (?P<error>E\w+))?")
_UNFINISHED = re.compile(r"(?P<start>\w+\(.*?)\s*<unfinished \.\.\.>")
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>(?P<end>.*)")
_FIRST_NUMBER = re.compile(r"(?:\[\{fd=)?(-?\d+)")

_NAMES = {
    "socket", "bind", "listen", "accept", "accept4", "connect", "getsockname", "getpeername",
    "sendto", "recvfrom", "shutdown", "close", "setsockopt", "getsockopt", "ioctl", "poll",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """A call as strace saw it; `fd` is its first argument, None for socket(2)."""

    thread: str
    name: str
    fd: int | None
    result: int | None
    error: str | None


def calls(lines: Iterable[str]) -> list[Seen]:
    """The socket calls in an strace log, but for the observer's.

    By entry, as the journal's `t`: a shutdown(2) and the accept(2) that it wakes return in two
    threads, in either order.
    """
    begun: dict[str, tuple[int, str]] = {}
    found: list[tuple[int, Seen]] = []
    for number, line in enumerate(lines):
        match = _LINE.match(line)
        if match is None:
            continue
        tid, rest, entered = match["tid"], match["rest"], number
        if unfinished := _UNFINISHED.fullmatch(rest):
            begun[tid] = (number, unfinished["start"])
            continue
        if resumed := _RESUMED.match(rest):
            entered, start = begun.pop(tid, (number, ""))
            rest = start + resumed["end"]
        seen = _seen(match["thread"] or "", rest)
        if seen is not None and seen.thread != OBSERVER:
            found.append((entered, seen))
    return [seen for _entered, seen in sorted(found, key=lambda one: one[0])]


def _seen(thread: str, text: str) -> Seen | None:
    match = _CALL.match(text)
    if match is None or match["name"] not in _NAMES or match["result"] == "?":
        return None
    args = match["args"]
    name = _posix_name(match["name"], args)
    if name is None:
        return None
    first = _FIRST_NUMBER.match(args)
    fd = int(first[1]) if first and name != "socket" else None
    failed = match["error"] is not None
    return Seen(thread, name, fd, None if failed else int(match["result"]), match["error"])


def _posix_name(name: str, args: str) -> str | None:
    if name == "accept4":
        return "accept"
    if name == "socket":
        inet = args.startswith(("AF_INET", "AF_INET6"))
        return name if inet and "SOCK_NONBLOCK" not in args else None
    if name == "ioctl":
        return name if ", FIONBIO," in args else None
    if name == "sendto":
        return "send" if args.endswith("NULL, 0") else name
    if name == "recvfrom":
        return "recv" if args.endswith("NULL, NULL") else name
    return name
