"""Failures that are about the socket itself: what it is, what was done to it, what it has room for.

Each function yields what it finds in its case, the surest first.
"""

from __future__ import annotations

from collections.abc import Iterator

from socklab.events import Call
from socklab.explain.case import Case, Finding, at, command, ends, named
from socklab.i18n import _
from socklab.model.escaping import plain
from socklab.model.rows import SocketRow
from socklab.model.transfers import SENDS
from socklab.model.units import duration_text, size_text

_MOST_UDP = {"ipv4": 65507, "ipv6": 65527}
_NAMED_AT_MOST = 6  # descriptors that a sentence lists


# Descriptors


def no_descriptor(case: Case) -> Iterator[Finding]:
    """EBADF: when the descriptor was closed, if ever it was one."""
    call = case.call
    if call.program is None or call.fd is None:
        return
    closed = case.past.last(
        ("close",),
        program=call.program,
        fits=lambda earlier: earlier.fd == call.fd and earlier.error != "EBADF",
    )
    said: dict[str, object] = {"program": plain(call.program), "fd": call.fd}
    if closed is not None:
        text = _("{program} closed descriptor {fd} {when}.", **said, when=case.since(closed))
        was = case.table.latest(call.program, call.fd)
        if was is not None and was.remote is not None and was.sock == closed.sock:
            text += " " + _("It was its connection {ends}.", ends=ends(was))
        yield Finding(text, closed.n)
    elif case.past.complete:
        yield Finding(_("{program} never had a descriptor {fd}.", **said))
    yield Finding(_what_is_open(case, call.program), explains=False)
    for other in case.table.programs.values():
        if other.name != call.program and closed is None and call.fd in other.descriptors:
            yield Finding(
                _(
                    "{other} has a descriptor {fd}, but each program has a table of its own.",
                    other=plain(other.name),
                    fd=call.fd,
                )
            )


def _what_is_open(case: Case, program: str) -> str:
    row = case.table.programs.get(program)
    numbers = sorted(row.descriptors) if row is not None else []
    if not numbers:
        return _("It has no socket open now.")
    return _("Open now: {descriptors}.", descriptors=_listed(numbers))


def _listed(numbers: list[int]) -> str:
    more = ", ..." if len(numbers) > _NAMED_AT_MOST else ""
    return ", ".join(map(str, numbers[:_NAMED_AT_MOST])) + more


def no_descriptor_left(case: Case) -> Iterator[Finding]:
    """EMFILE: what a program keeps open, and how much of that is over."""
    program = case.table.programs.get(case.call.program or "")
    if program is None:
        return
    rows = [case.table.sockets.get(sock) for sock in program.descriptors.values()]
    left = [row for row in rows if row is not None and row.state == "CLOSE_WAIT"]
    text = _("{program} has {n} sockets open.", program=plain(program.name), n=len(rows))
    if left:
        text += " " + _(
            "Of {n} of them the peer has gone (CLOSE_WAIT): nobody needs them.", n=len(left)
        )
    first = min(left, key=lambda row: row.fd or 0, default=None)
    mend = "" if first is None else _close_those(first)
    yield Finding(text, None, mend)


def _close_those(first: SocketRow) -> str:
    return _(
        "Close what is in CLOSE_WAIT, {command} to begin with. A server must close a connection "
        "when its recv returns 0.",
        command=command(first, "close"),
    )


# Waiting


def would_wait(case: Case) -> Iterator[Finding]:
    """EAGAIN, EINPROGRESS, EALREADY: why the call doesn't wait, and what it would wait for."""
    yield from _why_not_waiting(case)
    row = case.row
    if row is None:
        return
    if case.call.name == "accept":
        half = sum(1 for one in case.table.waiting(row.sock) if one.state == "SYN_RECV")
        if half:
            yield Finding(
                _("{n} handshakes are under way (SYN_RECV): accept can't take those.", n=half)
            )
    elif case.call.name in SENDS and row.kind == "tcp":
        yield from _full(case, row)


def _why_not_waiting(case: Case) -> Iterator[Finding]:
    call = case.call
    if any("MSG_DONTWAIT" in str(arg) for arg in call.args):
        yield Finding(_("The call itself said dontwait."))
        return
    symbol, name = ("SO_RCVTIMEO", "rcvtimeo")
    if call.name in (*SENDS, "connect"):
        symbol, name = ("SO_SNDTIMEO", "sndtimeo")
    limit = case.last_setting(symbol)
    mode = case.last("ioctl", fits=lambda one: "FIONBIO" in one.args and one.error is None)
    if mode is not None and mode.args[1]:
        yield Finding(_("The socket is non-blocking {when}.", when=_since(mode)), mode.n)
    elif limit is not None and limit.args[2]:
        yield Finding(
            _(
                "{name} is {limit} s {when}, and the call waited {waited}.",
                name=name,
                limit=limit.args[2],
                when=_since(limit),
                waited=duration_text(call.duration),
            ),
            limit.n,
        )


def _since(event: Call) -> str:
    return _("since event {n}", n=f"{event.n:,}")


def _full(case: Case, row: SocketRow) -> Iterator[Finding]:
    """Where the bytes are that don't go away."""
    peer = case.table.peer_of(row.sock)
    other = None if peer is None else case.table.sockets.get(peer)
    if row.send_queue:
        yield Finding(
            _(
                "{size} of this socket's wait in its send buffer.",
                size=size_text(row.send_queue),
            )
        )
    if other is not None and other.recv_queue:
        yield Finding(
            _("{who} has {size} unread.", who=named(other), size=size_text(other.recv_queue)),
            None,
            _("Let the peer read: {command}.", command=command(other, "recv"))
            if other.fd is not None
            else "",
        )


# The order of calls


def wrong_order(case: Case) -> Iterator[Finding]:
    """EINVAL: the state that the socket is in already."""
    row, name = case.row, case.call.name
    if row is None:
        return
    if name == "bind" and row.local is not None:
        bound = case.last("bind", "connect", "listen", fits=lambda call: call.local is not None)
        text = _("{who} is bound to {address} already", who=named(row), address=at(row.local))
        when = "" if bound is None else f" {case.since(bound)}"
        yield Finding(f"{text}{when}.", row.opened_at if bound is None else bound.n)
    elif name in ("listen", "accept") and row.remote is not None:
        yield _is_a_connection(case, row)
    elif name == "accept":
        yield from _does_not_listen(case, row)
    elif name == "setsockopt" and "IPV6_V6ONLY" in case.call.args and row.local is not None:
        yield Finding(_("{who} is bound already.", who=named(row)), row.opened_at)
    elif name in SENDS and case.target is not None and case.target[1] == 0:
        yield Finding(_("The destination's port is 0."))


def _is_a_connection(case: Case, row: SocketRow) -> Finding:
    listening = [
        other
        for other in case.table.sockets.values()
        if other.listening and other.program == row.program and other.fd is not None
    ]
    text = _("{who} is a connection: {ends}.", who=named(row), ends=ends(row))
    if not listening or case.call.name != "accept":
        return Finding(text, row.opened_at)
    mend = _("The listening socket is another: {command}.", command=command(listening[0], "accept"))
    return Finding(text, row.opened_at, mend)


def _does_not_listen(case: Case, row: SocketRow) -> Iterator[Finding]:
    shut = case.last("shutdown", fits=lambda call: call.error is None)
    listened = case.last("listen", fits=lambda call: call.error is None)
    if shut is not None and listened is not None:
        yield Finding(
            _("It listened until the shutdown {when}.", when=case.since(shut)),
            shut.n,
            _("Call listen again: {command}.", command=command(row, "listen")),
        )
    elif listened is None and case.past.complete:
        yield Finding(
            _("listen was never called on {who}.", who=named(row)),
            row.opened_at,
            _("Call it first: {command}.", command=command(row, "listen")),
        )


def already_connected(case: Case) -> Iterator[Finding]:
    """EISCONN: with whom, and since when."""
    row = case.row
    if row is None:
        return
    if row.listening:
        yield Finding(_("{who} listens on {at}.", who=named(row), at=ends(row)), row.opened_at)
    elif row.remote is not None:
        made = case.last("connect", fits=lambda call: call.remote is not None)
        when = "" if made is None else f" {case.since(made)}"
        text = _("{who} is connected to {peer}", who=named(row), peer=at(row.remote))
        yield Finding(f"{text}{when}.", row.opened_at if made is None else made.n)


def not_connected(case: Case) -> Iterator[Finding]:
    """ENOTCONN: listening, never connected, or over."""
    row = case.row
    if row is None:
        return
    if row.listening:
        yield from _listens(case, row)
    elif row.remote is None:
        yield from _never_connected(case, row)
    elif case.call.name in ("getpeername", "shutdown"):
        yield Finding(
            _("The connection {ends} is over.", ends=ends(row)),
            row.opened_at,
        )


def _listens(case: Case, row: SocketRow) -> Iterator[Finding]:
    taken = sorted(
        other.fd
        for other in case.table.sockets.values()
        if other.listener == row.sock and other.program == row.program and other.fd is not None
    )
    text = _("{who} listens: it takes connections and is none itself.", who=named(row))
    if taken:
        text += " " + _("accept has returned {descriptors}.", descriptors=_listed(taken))
        mend = _("Use the connection's own descriptor, {fd} for instance.", fd=taken[0])
    else:
        mend = _("First take a connection: {command}.", command=command(row, "accept"))
    yield Finding(text, row.opened_at, mend)


def _never_connected(case: Case, row: SocketRow) -> Iterator[Finding]:
    failed = case.last("connect")
    if failed is not None and failed.error is not None:
        text = _(
            "Its connect failed with {error} {when}.", error=failed.error, when=case.since(failed)
        )
        yield Finding(text, failed.n)
    elif failed is None and case.past.complete:
        yield Finding(_("connect was never called on {who}.", who=named(row)), row.opened_at)


# What kind of socket it is


def no_destination(case: Case) -> Iterator[Finding]:
    """EDESTADDRREQ: a UDP socket without a peer."""
    row = case.row
    if row is not None:
        yield Finding(
            _("{who} is a UDP socket that was never connected.", who=named(row)), row.opened_at
        )


def other_kind(case: Case) -> Iterator[Finding]:
    """EOPNOTSUPP, ENOPROTOOPT: the call or the option belongs to the other transport."""
    row = case.row
    if row is None:
        return
    symbol = str(case.call.args[1]) if len(case.call.args) > 1 else ""
    of_tcp = symbol.startswith("TCP_") or case.call.name in ("listen", "accept")
    urgent = any("MSG_OOB" in str(arg) for arg in case.call.args)
    if row.kind == "udp" and (of_tcp or urgent):
        yield Finding(_("{who} is a UDP socket.", who=named(row)), row.opened_at)
    elif row.family == "ipv4" and symbol.startswith("IPV6_"):
        yield Finding(_("{who} is an IPv4 socket.", who=named(row)), row.opened_at)


def too_big(case: Case) -> Iterator[Finding]:
    """EMSGSIZE: by how much."""
    row, size = case.row, case.call.size
    most = _MOST_UDP["ipv4" if row is None else row.family]
    if size is not None and size > most:
        yield Finding(
            _(
                "{size} bytes were handed over, and one datagram carries at most {most}.",
                size=f"{size:,}",
                most=f"{most:,}",
            )
        )
