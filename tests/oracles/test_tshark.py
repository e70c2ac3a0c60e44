"""The decoder says what Wireshark says, field by field: name, bytes, bits and value.

Of the frames of five sessions between real kernels, and of frames made by hand for the rest.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from socklab.model.frames import ALIASES, Field, decode
from socklab.network.private import Forbidden
from tests.model.frames.samples import LYING, SOUND
from tests.oracles import tshark, wire_sessions
from tests.oracles.tshark import Frame, Said

WHY_NOT = tshark.why_not()
pytestmark = [
    pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT),
    pytest.mark.xdist_group("tshark"),  # each session is played once
]

COMPARED = frozenset(
    """
    arp.dst.hw_mac arp.dst.proto_ipv4 arp.hw.size arp.hw.type arp.opcode arp.proto.size
    arp.proto.type arp.src.hw_mac arp.src.proto_ipv4
    data.data data.len
    eth.dst eth.dst.ig eth.dst.lg eth.padding eth.src eth.src.ig eth.src.lg eth.type
    icmp.checksum icmp.checksum.status icmp.code icmp.ident icmp.mtu icmp.originate_timestamp
    icmp.pointer icmp.receive_timestamp icmp.redir_gw icmp.seq icmp.transmit_timestamp icmp.type
    icmp.unused
    icmpv6.checksum icmpv6.checksum.status icmpv6.code icmpv6.data icmpv6.echo.identifier
    icmpv6.echo.sequence_number icmpv6.mld.flag icmpv6.mld.flag.qrv icmpv6.mld.flag.reserved
    icmpv6.mld.flag.s icmpv6.mld.maximum_response_code icmpv6.mld.maximum_response_delay
    icmpv6.mld.multicast_address icmpv6.mld.nb_sources icmpv6.mld.qqi icmpv6.mld.source_address
    icmpv6.mldr.mar icmpv6.mldr.mar.aux_data_len icmpv6.mldr.mar.multicast_address
    icmpv6.mldr.mar.nb_sources icmpv6.mldr.mar.record_type icmpv6.mldr.mar.source_address
    icmpv6.mldr.nb_mcast_records icmpv6.mtu icmpv6.nd.na.flag icmpv6.nd.na.flag.o
    icmpv6.nd.na.flag.r icmpv6.nd.na.flag.rsv icmpv6.nd.na.flag.s icmpv6.nd.na.target_address
    icmpv6.nd.ns.target_address icmpv6.nd.ra.cur_hop_limit icmpv6.nd.ra.flag icmpv6.nd.ra.flag.h
    icmpv6.nd.ra.flag.m icmpv6.nd.ra.flag.o icmpv6.nd.ra.flag.p icmpv6.nd.ra.flag.prf
    icmpv6.nd.ra.flag.rsv icmpv6.nd.ra.reachable_time icmpv6.nd.ra.retrans_timer
    icmpv6.nd.ra.router_lifetime icmpv6.nd.rd.target_address icmpv6.opt icmpv6.opt.length
    icmpv6.opt.linkaddr icmpv6.opt.mtu icmpv6.opt.nonce icmpv6.opt.prefix icmpv6.opt.prefix.flag
    icmpv6.opt.prefix.flag.a icmpv6.opt.prefix.flag.l icmpv6.opt.prefix.flag.r
    icmpv6.opt.prefix.flag.reserved icmpv6.opt.prefix.length
    icmpv6.opt.prefix.preferred_lifetime icmpv6.opt.prefix.valid_lifetime icmpv6.opt.rdnss
    icmpv6.opt.rdnss.lifetime icmpv6.opt.redirected_packet icmpv6.opt.reserved icmpv6.opt.type
    icmpv6.pointer icmpv6.rd.na.destination_address icmpv6.reserved icmpv6.type
    ip.checksum ip.checksum.status ip.dsfield ip.dsfield.dscp ip.dsfield.ecn ip.dst ip.empty_rt
    ip.flags ip.flags.df ip.flags.mf ip.flags.rb ip.frag_offset ip.hdr_len ip.id ip.len
    ip.opt.flag ip.opt.len ip.opt.overflow ip.opt.ptr ip.opt.ra ip.opt.time_stamp
    ip.opt.time_stamp_addr ip.opt.type ip.opt.type.class ip.opt.type.copy ip.opt.type.number
    ip.options.eol ip.options.nop ip.options.record_route ip.options.routeralert
    ip.options.source_route ip.options.timestamp ip.proto ip.rec_rt ip.src ip.ttl ip.version
    ipv6.dst ipv6.dstopts ipv6.dstopts.len ipv6.dstopts.len_oct ipv6.dstopts.nxt ipv6.flow
    ipv6.fraghdr ipv6.fraghdr.ident ipv6.fraghdr.more ipv6.fraghdr.nxt ipv6.fraghdr.offset
    ipv6.fraghdr.reserved_bits ipv6.fraghdr.reserved_octet ipv6.hlim ipv6.hopopts
    ipv6.hopopts.len ipv6.hopopts.len_oct ipv6.hopopts.nxt ipv6.nxt ipv6.opt ipv6.opt.length
    ipv6.opt.pad1 ipv6.opt.padn ipv6.opt.router_alert ipv6.opt.type ipv6.opt.type.action
    ipv6.opt.type.change ipv6.opt.type.rest ipv6.opt.unknown ipv6.plen ipv6.routing
    ipv6.routing.len ipv6.routing.len_oct ipv6.routing.nxt ipv6.routing.segleft
    ipv6.routing.src.addr ipv6.routing.src.reserved ipv6.routing.type ipv6.src ipv6.tclass
    ipv6.tclass.dscp ipv6.tclass.ecn ipv6.version
    tcp.ack_raw tcp.checksum tcp.checksum.status tcp.dstport tcp.flags tcp.flags.ack
    tcp.flags.ae tcp.flags.cwr tcp.flags.ece tcp.flags.fin tcp.flags.push tcp.flags.res
    tcp.flags.reset tcp.flags.syn tcp.flags.urg tcp.hdr_len tcp.len tcp.option_kind
    tcp.option_len tcp.options tcp.options.eol tcp.options.experimental
    tcp.options.experimental.data tcp.options.experimental.exid tcp.options.md5
    tcp.options.md5.digest tcp.options.mss tcp.options.mss_val tcp.options.nop tcp.options.sack
    tcp.options.sack.count tcp.options.sack.dsack_le tcp.options.sack.dsack_re
    tcp.options.sack_le tcp.options.sack_perm tcp.options.sack_re tcp.options.tfo
    tcp.options.tfo.cookie tcp.options.timestamp tcp.options.timestamp.tsecr
    tcp.options.timestamp.tsval tcp.options.unknown tcp.options.unknown.payload
    tcp.options.user_to tcp.options.user_to_granularity tcp.options.user_to_val
    tcp.options.wscale tcp.options.wscale.multiplier tcp.options.wscale.shift tcp.payload
    tcp.seq_raw tcp.srcport tcp.urgent_pointer tcp.window_size_value
    udp.checksum udp.checksum.status udp.dstport udp.length udp.payload udp.srcport
    arp.dst.hw arp.src.hw eth.len eth.trailer ip.options.route ipv6.opt.jumbo
    """.split()  # noqa: SIM905
)
"""Every field that the decoder has, and each is compared in some frame."""

NOT_OURS = {
    r"(eth|arp|ip|ipv6|icmp|icmpv6|udp|tcp|data)": "a layer; where it begins is compared",
    r"(ip|ipv6|tcp|udp)\.(addr|port)|eth\.addr": "an alias; compared by itself",
    r"eth\.(lg|ig)|ip\.version": "an alias: of both addresses' bits, of IPv6's version",
    r"icmpv6\.opt\.(src|target)_linkaddr": "an alias of icmpv6.opt.linkaddr",
    r"(ip|ipv6)\.(.*_)?host|eth\..*(_resolved|oui)": "a name that an address has: we show numbers",
    r"icmp\.(ident|seq)_le": "the same number as a little-endian machine would misread it",
    r"tcp\.(stream|completeness|nxtseq|window_size(_scalefactor)?|time_.*)": "the analysis's",
    r"tcp\.analysis(\..*)?|tcp\.connection\..*|udp\.(stream|time_.*)": "the analysis's",
    r"icmp(v6)?\.(resp_to|resptime)": "needs another frame, too",
    r"(ip|ipv6|eth)\.stream|(tcp|udp)\.stream\.pnum": "the analysis's; from Wireshark 4.2 on",
    r"tcp\.(seq|ack)": "the analysis's relative numbers; here told to be raw: compared as *_raw",
    r".*\.checksum_calculated": "stands in the meaning of a checksum that is wrong",
    r"tcp\.flags\.str": "the text of tcp.flags in another form",
    r"tcp\.options\.tfo\.request": "has no bytes of its own: the text of tcp.options.tfo says so",
    r"tcp\.reset_cause": "the same bytes as tcp.payload, if it is a RST that carries them",
    r"_ws\..*|.*\.expert": "an expert's opinion: ours are the problems",
    r"tcp\.options\.(mss\.absent|mss\.present|sack\.dsack|wscale\.shift\.invalid)": "likewise",
    r"udp\.checksum\.(bad|zero)": "likewise",
    r"ipv6\.(routing\.deprecated|opt\.jumbo\.prohibited)|icmpv6\.undecoded\..*": "likewise",
    r"llc(\..*)?": "a protocol that isn't decoded",
    r"tcp\.(option\.len\.invalid|short_segment|non_zero_bytes_after_eol)": "likewise",
}
"""Fields that Wireshark has and the decoder doesn't, and why."""

DIFFERENT = {
    "ipv6.opt.padn": "of no bytes at all: we show nothing",
    "udp.checksum.status": "of one that isn't there: Wireshark gives it the checksum's bytes",
    "data.data": "of retransmissions and in a RST Wireshark shows none, and of LLC less",
    "data.len": "likewise",
    "tcp.payload": "in a RST: see tcp.reset_cause",
}
"""Fields that don't stand in every frame alike, and why; where both have one it is the same."""

DIFFERENT_VALUES = {"tcp.flags.res": "three bits, which Wireshark takes for one"}

CUT = {
    "data.len": "Wireshark says how many bytes were kept, we how many there were",
    "icmpv6.mld.maximum_response_delay": "of a query whose version isn't told by what was kept",
    "icmpv6.opt.reserved": "Wireshark shows a piece of one, we only what is all there",
    "ipv6.opt": "see PAD1",
}
LIED = {
    "ip.len": "of 0: Wireshark says how long the packet is in truth, we what stands there",
    "tcp.checksum.status": "if the packet is shorter than it says: Wireshark takes what is there",
    "udp.checksum.status": "likewise",
}
"""Fields that are different where a frame was cut, or lies about its lengths."""

PAD1 = "Wireshark's ipv6.opt for one byte of padding has two bytes more than the option"


Told = list[tuple[Frame, list[Said]]]
Place = tuple[str, int, int]

LAYERS = {
    "Ethernet": "eth",
    "ARP": "arp",
    "IPv4": "ip",
    "IPv6": "ipv6",
    "ICMP": "icmp",
    "ICMPv6": "icmpv6",
    "UDP": "udp",
    "TCP": "tcp",
}


def told(frames: Iterable[Frame]) -> Told:
    """The frames with what tshark says of them."""
    known = list(frames)
    with TemporaryDirectory() as folder:
        return list(zip(known, tshark.dissect(known, Path(folder)), strict=True))


@cache
def of_session(name: str) -> Told:
    """A session's frames. Raises Forbidden."""
    return told((frame, len(frame)) for frame in wire_sessions.play(name))


@cache
def of_samples() -> Told:
    return told((frame, len(frame)) for frame in SOUND.values())


@pytest.fixture(params=[*wire_sessions.SESSIONS, "made by hand"])
def frames(request: pytest.FixtureRequest) -> Told:
    """The frames of each session, and those that Linux doesn't send."""
    if request.param == "made by hand":
        return of_samples()
    try:
        return of_session(request.param)
    except Forbidden as why:
        pytest.skip(str(why))


def ours(frame: Frame) -> list[Field]:
    return [field for layer in decode(*frame).chain() for field in layer.fields if field.name]


def is_ours(name: str) -> bool:
    return not any(re.fullmatch(pattern, name) for pattern in NOT_OURS)


def place(field: Field | Said) -> Place:
    return field.name, field.start, field.stop


def places(fields: Iterable[Field | Said]) -> Counter[Place]:
    return Counter(place(field) for field in fields if is_ours(field.name))


def unlisted(found: Counter[Place]) -> list[Place]:
    return [where for where in found if where[0] not in DIFFERENT]


def value_as(like: int | str | bytes, show: str) -> int | str | bytes:
    """What tshark shows, as a value of the kind that ours is."""
    if isinstance(like, bytes):
        return bytes.fromhex(show.replace(":", ""))
    if isinstance(like, int):
        return show == "True" if show in ("True", "False") else int(show, 0)
    return show


def bits(field: Field) -> tuple[int, int] | None:
    """As tshark draws them: counted from the last bit of the field."""
    if field.bits is None:
        return None
    last = (field.stop - field.start) * 8 - 1
    return last - field.bits[0], last - field.bits[1]


def same_values(
    frame: Frame, said: list[Said], but: Mapping[str, str] = DIFFERENT_VALUES
) -> set[str]:
    """Of the fields that both have. Returns the names that were compared."""
    theirs: dict[Place, list[Said]] = {}
    for one in said:
        theirs.setdefault(place(one), []).append(one)
    compared = set()
    for field in ours(frame):
        others = theirs.get(place(field))
        if not others:
            continue
        other = others.pop(0)
        what = f"{place(field)} of {frame[0].hex()}"
        if other.show and field.name not in but:  # what only has parts shows nothing
            assert field.value == value_as(field.value, other.show), what
        if other.bits is not None:
            width = (field.stop - field.start) * 8
            # Some are drawn in more bits than the field's bytes have: tcp.flags.res.
            assert bits(field) == tuple(bit % width for bit in other.bits), what
        compared.add(field.name)
    return compared


def test_every_field_is_the_same(frames: Told) -> None:
    for frame, said in frames:
        here, there = places(ours(frame)), places(said)
        if frame[0] == SOUND["IPv6, padding of one byte"]:
            continue  # see PAD1
        assert not unlisted(here - there), frame[0].hex()
        assert not unlisted(there - here), frame[0].hex()
        same_values(frame, said)


def test_all_that_is_listed_was_compared() -> None:
    compared = set()
    for frame, said in of_samples():
        compared |= same_values(frame, said)
    assert compared == COMPARED


def test_the_layers_begin_at_the_same_bytes(frames: Told) -> None:
    for frame, said in frames:
        here = [
            (LAYERS[layer.name], layer.start)
            for layer in decode(*frame).chain()
            if layer.name in LAYERS
        ]
        there = [(field.name, field.start) for field in said if field.name in LAYERS.values()]
        assert here == there, frame[0].hex()


def test_an_alias_finds_what_it_finds_in_wireshark(frames: Told) -> None:
    for frame, said in frames:
        layer = decode(*frame)
        for alias in ALIASES:
            here = sorted((field.start, field.stop, field.text) for field in layer.find(alias))
            there = sorted(
                (field.start, field.stop, field.show) for field in said if field.name == alias
            )
            assert here == there, alias


def test_a_frame_cut_short_has_the_fields_that_are_there() -> None:
    kept = (16, 30, 40, 50, 58, 66, 80, 100)
    for frame, said in told(
        (frame[:most], len(frame)) for frame in SOUND.values() for most in kept
    ):
        missing = places(said) - places(ours(frame))
        assert not [where for where in unlisted(missing) if where[0] not in CUT], frame[0].hex()
        same_values(frame, said, but=DIFFERENT_VALUES | CUT)


def test_a_frame_that_lies_about_its_lengths_has_the_same_values() -> None:
    for frame, said in told((frame, len(frame)) for frame in LYING.values()):
        same_values(frame, said, but=DIFFERENT_VALUES | LIED)
