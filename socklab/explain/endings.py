"""Failures that are about the end of a connection: who ended it, when, and how.

Each function yields what it finds in its case, the surest first.
"""

from __future__ import annotations

from collections.abc import Iterator

from socklab.events import Call
from socklab.explain.case import Case, Finding, at, named
from socklab.i18n import _
from socklab.model.addresses import takes, unmapped

_FOR_WRITING = ("SHUT_WR", "SHUT_RDWR")


def nobody_receives(case: Case) -> Iterator[Finding]:
    """EPIPE: never connected, shut down by this side, or closed by the other."""
    row = case.row
    if row is None:
        return
    if row.listening:
        yield Finding(
            _("{who} listens: it has no peer to send to.", who=named(row)),
            row.opened_at,
            _("Send on the descriptor that accept returned."),
        )
    elif (shut := case.last("shutdown", fits=_for_writing)) is not None:
        yield Finding(
            _(
                "{program} shut down its own sending {when}.",
                program=shut.program or "?",
                when=case.since(shut),
            ),
            shut.n,
            _("Send everything before `shutdown out`: it can't be taken back."),
        )
    elif row.remote is None:
        yield from _never_connected(case)
    else:
        yield from _closed_by_peer(case)


def _for_writing(call: Call) -> bool:
    return call.error is None and call.args[:1] != () and call.args[0] in _FOR_WRITING


def _never_connected(case: Case) -> Iterator[Finding]:
    text = _("This socket was never connected. Books promise ENOTCONN for that; Linux says EPIPE.")
    failed = case.last("connect")
    if failed is not None and failed.error is not None:
        text += " " + _(
            "Its connect failed with {error} {when}.", error=failed.error, when=case.since(failed)
        )
    yield Finding(text, None if failed is None else failed.n, _("Connect it first."))


def _closed_by_peer(case: Case) -> Iterator[Finding]:
    refused = case.last("connect", "recv", "send", "getsockopt", fits=_was_refused)
    if refused is not None:
        text = _("There never was a connection: it was refused {when}.", when=case.since(refused))
        yield Finding(text, refused.n)
        return
    reset = case.last("send", "recv", "recvfrom", fits=lambda call: call.error == "ECONNRESET")
    if reset is not None:
        yield Finding(
            _("The connection was reset, as this socket was told {when}.", when=case.since(reset)),
            reset.n,
            _over(),
        )
    closed = _end_of_peer(case)
    if closed is None:
        if reset is None:
            yield from _outside(case)
        return
    text = _(
        "{program} closed its end {when}.", program=closed.program or "?", when=case.since(closed)
    )
    sent = case.last("send", fits=lambda call: call.error is None and call.n > closed.n)
    if sent is not None:
        text += " " + _(
            "The send after that {when} still succeeded, and was answered with RST.",
            when=case.since(sent),
        )
    yield Finding(text, closed.n, _over())


def _over() -> str:
    return _(
        "Close the socket, and connect again if there is more to say. That the peer has read "
        "what was sent, only an answer from it can tell."
    )


def _was_refused(call: Call) -> bool:
    return "ECONNREFUSED" in (call.error, call.value)


def was_reset(case: Case) -> Iterator[Finding]:
    """ECONNRESET: which end sent the RST, and why."""
    row = case.row
    if row is None or row.remote is None or row.kind != "tcp":
        return
    peer = case.peer()
    closed = _end_of_peer(case, peer)
    if closed is not None and peer is not None:
        yield Finding(_how_it_closed(case, closed, peer), closed.n)
        return
    listener = _closed_listener(case) if peer is None or closed is None else None
    if listener is not None:
        yield Finding(
            _(
                "{program} closed its listening socket {when}: connections that still waited for "
                "accept were reset.",
                program=listener.program or "?",
                when=case.since(listener),
            ),
            listener.n,
            _("Accept every connection before closing the listening socket, or connect again."),
        )
    elif peer is None:
        yield from _outside(case)


def _how_it_closed(case: Case, closed: Call, peer: int) -> str:
    said = {"program": closed.program or "?", "when": case.since(closed)}
    linger = case.last_setting("SO_LINGER", peer)
    if linger is not None and linger.args[2] == 0:
        return _(
            "{program} closed its end with linger 0 {when}: that sends RST at once and throws "
            "away what is on its way.",
            **said,
        )
    return _(
        "{program} closed its end {when} while bytes sent to it were still unread: the kernel "
        "then sends RST instead of FIN.",
        **said,
    )


def _end_of_peer(case: Case, peer: int | None = None) -> Call | None:
    """The close (or, failing that, the shutdown) by which the other end of the lab ended it."""
    peer = case.peer() if peer is None else peer
    if peer is None:
        return None
    closed = case.past.last(("close",), sock=peer)
    return closed or case.past.last(("shutdown",), sock=peer, fits=_for_writing)


def _closed_listener(case: Case) -> Call | None:
    """The close of the listening socket that this connection was waiting at."""
    row = case.row
    there = None if row is None or row.remote is None else unmapped(row.remote)
    if there is None:
        return None
    bound = case.past.last(
        ("bind",), fits=lambda call: call.local is not None and bool(takes(call.local, there))
    )
    if bound is None or bound.sock is None:
        return None
    return case.past.last(("close",), sock=bound.sock)


def _outside(case: Case) -> Iterator[Finding]:
    row = case.row
    if row is not None and row.remote is not None and case.past.complete:
        yield Finding(
            _(
                "The other end, {address}, is no program of this lab: why it ended the "
                "connection only it knows.",
                address=at(row.remote),
            ),
            explains=False,
        )
