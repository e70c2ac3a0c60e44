"""The summary as a part of the page: who took part, and what became of every socket."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from socklab.export.markup import Markup, joined, tag
from socklab.export.totals import ProgramTotal, SocketTotal, Totals
from socklab.i18n import _
from socklab.model.addresses import address_text
from socklab.model.units import size_text


def summary_section(totals: Totals) -> Markup:
    """A table of the programs and one of the sockets."""
    if not totals.programs and not totals.sockets:
        return tag("p", _("No program did anything."))
    programs = _table(
        (_("program"), _("on"), _("at the end"), _("#calls"), _("#failed")),
        map(_program_cells, totals.programs.values()),
    )
    sockets = _table(
        (
            *(_("socket"), _("program"), _("descriptor"), _("kind"), _("local"), _("remote")),
            *(_("last state"), _("#sent"), _("#received")),
        ),
        map(_socket_cells, totals.sockets.values()),
    )
    more = tag("p", _("There were more than these."), class_="left-out")
    return joined(
        [
            tag("h3", _("Programs")),
            programs,
            more if totals.more_programs else "",
            tag("h3", _("Sockets")),
            sockets,
            more if totals.more_sockets else "",
        ]
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """A table; columns whose heads begin with # hold numbers."""
    looks = ["number" if head.startswith("#") else None for head in heads]
    top = joined(
        tag("th", head.lstrip("#"), scope="col", class_=look)
        for head, look in zip(heads, looks, strict=True)
    )
    body = joined(tag("tr", _cells(row, looks)) for row in rows)
    table = tag("table", tag("thead", tag("tr", top)), tag("tbody", body))
    return tag("div", table, class_="scroll")


def _cells(row: Sequence[str], looks: Sequence[str | None]) -> Markup:
    return joined(tag("td", cell, class_=look) for cell, look in zip(row, looks, strict=True))


def _program_cells(program: ProgramTotal) -> Sequence[str]:
    ended = _("running") if program.running else _("stopped")
    return program.name, program.host, ended, f"{program.calls:,}", f"{program.failed:,}"


def _socket_cells(socket: SocketTotal) -> Sequence[str]:
    return (
        str(socket.sock),
        socket.program or _("never accepted"),
        "" if socket.fd is None else str(socket.fd),
        socket.kind,
        "" if socket.local is None else address_text(socket.local),
        "" if socket.remote is None else address_text(socket.remote),
        socket.state or "",
        size_text(socket.sent),
        size_text(socket.received),
    )
