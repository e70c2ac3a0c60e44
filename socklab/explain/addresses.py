"""Failures that are about an address or a port: who has it, who doesn't listen on it.

Each function yields what it finds in its case, the surest first.
"""

from __future__ import annotations

from collections.abc import Iterator

from socklab.events import Address, Call
from socklab.explain.case import Case, Finding, at, command, ends, named
from socklab.i18n import _
from socklab.model.addresses import overlap, takes, unmapped
from socklab.model.rows import SocketRow
from socklab.model.sockaddr import swapped

_PRIVILEGED = 1024


# EADDRINUSE


def in_use(case: Case) -> Iterator[Finding]:
    """Who holds the address that bind or listen wanted."""
    wanted = case.target or (case.row.local if case.row is not None else None)
    holders = [] if wanted is None else _holders(case, wanted)
    first = holders[0] if holders else None
    mend = _way_out(first)
    proof = None if first is None else first.opened_at
    for note in case.notes:
        # The kernel's own tables were asked at that moment: nothing is surer.
        yield Finding(f"{note.text[:1].upper()}{note.text[1:]}.", proof, mend)
    if first is not None:
        if not case.notes:
            yield Finding(_holds(first), proof, mend)
        yield from _about_reuse(case, first)


def _holders(case: Case, wanted: Address) -> list[SocketRow]:
    """The lab's other sockets that are in the way, those that listen first."""
    row = case.row
    kind = "tcp" if row is None else row.kind
    found = [
        other
        for other in case.table.sockets.values()
        if other.sock != case.call.sock
        and other.kind == kind
        and other.local is not None
        and overlap(other.local, wanted)
    ]
    return sorted(found, key=lambda other: (not other.listening, other.fd is None))


def _holds(row: SocketRow) -> str:
    if row.listening:
        return _("{who} listens on {address}.", who=named(row), address=ends(row))
    if row.remote is None:
        return _("{who} is bound to {address}.", who=named(row), address=ends(row))
    return _(
        "{who} has it for a connection: {ends}, in {state}.",
        who=named(row),
        ends=ends(row),
        state=row.state or "?",
    )


def _way_out(holder: SocketRow | None) -> str:
    if holder is None:
        return ""
    if holder.remote is not None and holder.kind == "tcp":
        return _(
            "Take another port, or wait until the connection is gone: after close that may take a "
            "minute (TIME_WAIT). If every server sets reuseaddr before bind, the old one and the "
            "new, its connections are in nobody's way."
        )
    if holder.fd is None:
        return ""
    return _(
        "Close that one ({command}), or take another port. Two sockets share a port only where "
        "both set reuseport before bind.",
        command=command(holder, "close"),
    )


def _about_reuse(case: Case, holder: SocketRow) -> Iterator[Finding]:
    """Where only a connection is left: which end lacked SO_REUSEADDR."""
    if holder.listening or holder.remote is None:
        return
    origin = holder.listener or holder.sock
    ours, theirs = (case.last_setting("SO_REUSEADDR", sock) for sock in (None, origin))
    if ours is not None and not _is_on(theirs):
        yield Finding(
            _(
                "This socket has set reuseaddr, but the one that the connection came from hadn't, "
                "and a connection inherits the flag: both must have it."
            ),
            ours.n,
        )
    elif _is_on(theirs) and not _is_on(ours):
        yield Finding(
            _("The old server had set reuseaddr, this socket hasn't: both must have it."),
            None if theirs is None else theirs.n,
        )


def _is_on(setting: Call | None) -> bool:
    return setting is not None and bool(setting.args[2])


# ECONNREFUSED


def refused(case: Case) -> Iterator[Finding]:
    """Who listens, and where, if not where the call went."""
    if case.call.name != "connect" or case.target is None:
        yield from _told_late(case)
        return
    wanted = unmapped(case.target)
    found = [
        *_elsewhere(case, wanted),
        *_byte_swapped(case, wanted),
        *_not_listening(case, wanted),
        *_gone(case, wanted),
        *_other_transport(case, wanted),
    ]
    yield from found or _others(case, wanted)


def _elsewhere(case: Case, wanted: Address) -> Iterator[Finding]:
    for row in case.listeners():
        if row.local is None or row.local[1] != wanted[1]:
            continue
        if not takes(row.local, wanted):
            yield Finding(
                _(
                    "{who} listens on port {port}, but at {host} only; the call went to {wanted}.",
                    who=named(row),
                    port=wanted[1],
                    host=row.local[0],
                    wanted=wanted[0],
                ),
                row.opened_at,
                _(
                    "Connect to {address}, or bind the server to `*`, which is every address of "
                    "its machine.",
                    address=at(row.local),
                ),
            )


def _byte_swapped(case: Case, wanted: Address) -> Iterator[Finding]:
    for row in case.listeners():
        if row.local is None or row.local[1] == wanted[1] or swapped(row.local[1]) != wanted[1]:
            continue
        yield Finding(
            _(
                "{who} listens on port {port}, which is {wanted} with its two bytes swapped: "
                "one side has forgotten htons.",
                who=named(row),
                port=row.local[1],
                wanted=wanted[1],
            ),
            row.opened_at,
            _("In C, pass every port through htons on its way into a sockaddr."),
        )


def _not_listening(case: Case, wanted: Address) -> Iterator[Finding]:
    for row in case.table.sockets.values():
        if row.kind != "tcp" or row.listening or row.remote is not None or row.local is None:
            continue
        if row.sock != case.call.sock and takes(row.local, wanted):
            yield Finding(
                _(
                    "{who} is bound to {address} but doesn't listen.",
                    who=named(row),
                    address=at(row.local),
                ),
                row.opened_at,
                _("Call listen on it: {command}.", command=command(row, "listen")),
            )


def _other_transport(case: Case, wanted: Address) -> Iterator[Finding]:
    for row in case.table.sockets.values():
        if row.kind == "udp" and row.local is not None and takes(row.local, wanted):
            yield Finding(
                _(
                    "{who} is a UDP socket on {address}; TCP's ports are others, even where they "
                    "have the same numbers.",
                    who=named(row),
                    address=at(row.local),
                ),
                row.opened_at,
                _("Call it with a UDP socket: `socket udp`."),
            )


def _gone(case: Case, wanted: Address) -> Iterator[Finding]:
    """A server that was there and has closed."""

    def was_there(call: Call) -> bool:
        here = call.local is not None and bool(takes(call.local, wanted))
        return here and call.sock not in case.table.sockets

    bound = case.past.last(("bind",), fits=was_there)
    if bound is None or bound.sock is None:
        return
    listened = case.past.last(("listen",), sock=bound.sock, fits=_succeeded)
    closed = case.past.last(("close",), sock=bound.sock)
    if listened is not None and closed is not None:
        yield Finding(
            _(
                "{program} listened there until it closed descriptor {fd} {when}.",
                program=closed.program or "?",
                fd=closed.fd,
                when=case.since(closed),
            ),
            closed.n,
            _("Start the server again."),
        )


def _succeeded(call: Call) -> bool:
    return call.error is None


def _others(case: Case, wanted: Address) -> Iterator[Finding]:
    text = _("No program of this lab listens on port {port}.", port=wanted[1])
    places = [at(row.local) for row in case.listeners() if row.local is not None]
    if places:
        text += " " + _("Its servers listen on {places}.", places=", ".join(places[:4]))
    yield Finding(text, explains=False)


def _told_late(case: Case) -> Iterator[Finding]:
    """The refusal of an earlier call: UDP's ICMP error, or that of a non-blocking connect."""
    row = case.row
    names = ("connect",) if row is None or row.kind == "tcp" else ("send", "sendto")
    earlier = case.last(*names, fits=lambda call: call.error in (None, "EINPROGRESS"))
    if earlier is None:
        return
    there = earlier.peer or earlier.remote or (None if row is None else row.remote)
    if earlier.name == "connect":
        text = _("It is the answer to connect {when}.", when=case.since(earlier))
    else:
        text = _(
            "The datagram {when} found nobody on {address}.",
            when=case.since(earlier),
            address="?" if there is None else at(there),
        )
    yield Finding(text, earlier.n)


# The others


def no_answer(case: Case) -> Iterator[Finding]:
    """Why nothing at all came back."""
    wanted = case.target
    if case.call.name != "connect" or wanted is None:
        for symbol, name in (("TCP_USER_TIMEOUT", "user_timeout"), ("SO_KEEPALIVE", "keepalive")):
            setting = case.last_setting(symbol)
            if setting is not None and setting.args[2]:
                yield Finding(
                    _("{name} was set {when}.", name=name, when=case.since(setting)), setting.n
                )
        return
    for row in case.listeners():
        full = row.accept_queue is not None and row.accept_queue > (row.backlog or 0)
        if row.local is not None and takes(row.local, wanted) and full:
            yield Finding(
                _(
                    "{who} listens there, but its accept queue is full: {waiting} wait, and its "
                    "backlog is {backlog}.",
                    who=named(row),
                    waiting=row.accept_queue,
                    backlog=row.backlog,
                ),
                row.opened_at,
                _(
                    "Accept what waits ({command}), or listen with a larger backlog.",
                    command=command(row, "accept"),
                ),
            )


def not_available(case: Case) -> Iterator[Finding]:
    """Which connection already has these two addresses."""
    row, wanted = case.row, case.target
    if case.call.name != "connect" or row is None or row.local is None or wanted is None:
        return
    for other in case.table.sockets.values():
        same = other.local == row.local and other.remote == wanted
        if same and other.sock != row.sock:
            yield Finding(_holds(other), other.opened_at)


def not_allowed(case: Case) -> Iterator[Finding]:
    """A port for which one needs rights, an address for which one needs SO_BROADCAST."""
    wanted = case.target or (case.row.remote if case.row is not None else None)
    if wanted is None:
        return
    if case.call.name == "bind":
        if 0 < wanted[1] < _PRIVILEGED:
            yield Finding(_("Port {port} is below 1024.", port=wanted[1]))
    elif wanted[0].endswith(".255") and not _is_on(case.last_setting("SO_BROADCAST")):
        yield Finding(
            _(
                "{host} looks like a broadcast address, which needs `setsockopt FD broadcast on`.",
                host=wanted[0],
            ),
        )


def other_family(case: Case) -> Iterator[Finding]:
    """The socket is of one family and the address of the other."""
    row, wanted = case.row, case.target
    if row is None or wanted is None:
        return
    six = ":" in wanted[0]
    if six != (row.family == "ipv6"):
        yield Finding(
            _(
                "{who} is an {family} socket, and {address} is an {other} address.",
                who=named(row),
                family="IPv4" if six else "IPv6",
                address=at(wanted),
                other="IPv6" if six else "IPv4",
            ),
            row.opened_at,
        )
