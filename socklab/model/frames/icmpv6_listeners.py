"""Who listens to which multicast group: MLD, RFC 2710 and RFC 3810.

A host reports here the groups that its own addresses make it join: it is what a Linux host says
first of all.
"""

from __future__ import annotations

from socklab.i18n import _
from socklab.model.frames.reading import Reading, Row
from socklab.model.frames.values import hexadecimal, in_hex, ipv6, is_set, named, number, raw

QUERY, REPORT, DONE, REPORT_2 = 130, 131, 132, 143

TYPES = {
    QUERY: _("multicast listener query"),
    REPORT: _("multicast listener report"),
    DONE: _("multicast listener done"),
    REPORT_2: _("multicast listener report"),
}
MEANINGS = {
    QUERY: _("a router asks who listens to which multicast groups"),
    REPORT: _("I listen to this multicast group"),
    DONE: _("I don't listen any more"),
    REPORT_2: _("I listen to these multicast groups: a host's own addresses belong to some"),
}
_RECORDS = {
    1: _("these sources"),
    2: _("all but these sources"),
    3: _("now these sources"),
    4: _("now all but these sources"),
    5: _("these sources besides"),
    6: _("no more these sources"),
}
_SECOND_QUERY = 28
"""Bytes that a query of the second version has at least (RFC 3810, section 8.1)."""

# fmt: off
_GROUP = (
    Row("icmpv6.reserved", _("Reserved"), 6, 2, read=raw, text=in_hex),
    Row("icmpv6.mld.multicast_address", _("Group"), 8, 16, read=ipv6),
)
_FIRST = (
    Row("icmpv6.mld.maximum_response_delay", _("Answer within"), 4, 2, _("ms")),
    *_GROUP,
)
_SECOND = (
    Row("icmpv6.mld.maximum_response_code", _("Answer within"), 4, 2, _("ms")),
    *_GROUP,
    Row("icmpv6.mld.flag", _("Flags"), 24, 1, text=hexadecimal(2)),
    Row("icmpv6.mld.flag.s", _("Suppress"), 24, 1, bits=(4, 4), text=is_set, depth=1),
    Row("icmpv6.mld.flag.qrv", _("Robustness"), 24, 1, bits=(5, 7), depth=1),
    Row("icmpv6.mld.flag.reserved", _("Reserved"), 24, 1, bits=(0, 3), depth=1),
    Row("icmpv6.mld.qqi", _("Query interval"), 25, 1, _("seconds")),
    Row("icmpv6.mld.nb_sources", _("Sources"), 26, 2),
)
_SOURCE = Row("icmpv6.mld.source_address", _("Source"), 0, 16, read=ipv6)
_REPORT = (
    Row("icmpv6.reserved", _("Reserved"), 4, 2, read=raw, text=in_hex),
    Row("icmpv6.mldr.nb_mcast_records", _("Groups"), 6, 2, _("how many records follow")),
)
_RECORD = (
    Row("icmpv6.mldr.mar.record_type", _("Record type"), 0, 1, text=named(_RECORDS), depth=1),
    Row("icmpv6.mldr.mar.aux_data_len", _("Auxiliary data"), 1, 1, _("words of 4 bytes"), depth=1),
    Row("icmpv6.mldr.mar.nb_sources", _("Sources"), 2, 2, _("how many follow"), depth=1),
    Row("icmpv6.mldr.mar.multicast_address", _("Group"), 4, 16, read=ipv6, depth=1),
)
_RECORD_SOURCE = Row("icmpv6.mldr.mar.source_address", _("Source"), 0, 16, read=ipv6, depth=1)
# fmt: on


def read(reading: Reading, kind: int) -> None:
    """What stands behind the checksum."""
    if kind == REPORT_2:
        _report(reading)
        return
    start = reading.start
    second = kind == QUERY and reading.part.stop - start >= _SECOND_QUERY
    if reading.table(_SECOND if second else _FIRST) and second:
        sources = number(reading.data[start + 26 : start + 28])
        for at in range(start + 28, start + 28 + 16 * sources, 16):
            if not reading.table([_SOURCE], at):
                return


def _report(reading: Reading) -> None:
    if not reading.table(_REPORT):
        return
    start = reading.start
    at = start + 8
    for _record in range(number(reading.data[start + 6 : start + 8])):
        end = _record_end(reading, at)
        reading.piece("icmpv6.mldr.mar", _("Group"), at, end, "", _record_text)
        if not reading.table(_RECORD, at):
            return
        sources = number(reading.data[at + 2 : at + 4])
        for source in range(at + 20, at + 20 + 16 * sources, 16):
            if not reading.table([_RECORD_SOURCE], source):
                return
        at = end


def _record_end(reading: Reading, at: int) -> int:
    head = reading.data[at : at + 4]
    if len(head) < 4:
        return at + 20
    return at + 20 + 16 * number(head[2:]) + 4 * head[1]


def _record_text(record: bytes) -> str:
    return ipv6(record[4:20]) if len(record) >= 20 else in_hex(record)
