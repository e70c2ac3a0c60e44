"""The names that a filter of frames knows, and what can be compared with each.

They are Wireshark's, as the decoder gives them to its fields (`model.frames`), with those that
Wireshark works out from more than one frame (`tcp.analysis.*`), and of our own only `wire.*`.
"""

from __future__ import annotations

from enum import Enum, auto

from socklab.model.analysis_remarks import Kind
from socklab.model.frames.names import PORTS


class Form(Enum):
    """What a field's values are: numbers, seconds, addresses, text, bytes, or nothing at all."""

    NUMBER = auto()
    TIME = auto()
    IPV4 = auto()
    IPV6 = auto()
    MAC = auto()
    TEXT = auto()
    BYTES = auto()
    NOTHING = auto()


PROTOCOLS = {
    "eth": "Ethernet",
    "arp": "ARP",
    "ip": "IPv4",
    "ipv6": "IPv6",
    "icmp": "ICMP",
    "icmpv6": "ICMPv6",
    "udp": "UDP",
    "tcp": "TCP",
    "data": "Data",
}
"""Wireshark's names of protocols, with those of the decoder's layers."""

SAME_PROTOCOL = {"ether": "eth", "ip6": "ipv6", "icmp6": "icmpv6"}
"""What tcpdump calls them otherwise."""

ANALYSIS = tuple(kind.value for kind in Kind)
"""What the analysis of a connection may say of a segment (`tcp.analysis.NAME`)."""

_NUMBERS = """
frame.number frame.len frame.cap_len
eth.type eth.len eth.dst.lg eth.dst.ig eth.src.lg eth.src.ig
arp.hw.type arp.proto.type arp.hw.size arp.proto.size arp.opcode
ip.version ip.hdr_len ip.dsfield ip.dsfield.dscp ip.dsfield.ecn ip.len ip.id ip.flags ip.flags.rb
ip.flags.df ip.flags.mf ip.frag_offset ip.ttl ip.proto ip.checksum ip.checksum.status
ip.opt.type ip.opt.type.copy ip.opt.type.class ip.opt.type.number ip.opt.len ip.opt.ptr
ip.opt.overflow ip.opt.flag ip.opt.time_stamp ip.opt.ra
ipv6.version ipv6.tclass ipv6.tclass.dscp ipv6.tclass.ecn ipv6.flow ipv6.plen ipv6.nxt ipv6.hlim
ipv6.fraghdr.nxt ipv6.fraghdr.reserved_octet ipv6.fraghdr.offset ipv6.fraghdr.reserved_bits
ipv6.fraghdr.more ipv6.fraghdr.ident ipv6.opt.type ipv6.opt.type.action ipv6.opt.type.change
ipv6.opt.type.rest ipv6.opt.length ipv6.opt.router_alert ipv6.opt.jumbo
ipv6.hopopts.nxt ipv6.hopopts.len ipv6.hopopts.len_oct
ipv6.dstopts.nxt ipv6.dstopts.len ipv6.dstopts.len_oct
ipv6.routing.nxt ipv6.routing.len ipv6.routing.len_oct ipv6.routing.type ipv6.routing.segleft
icmp.type icmp.code icmp.checksum icmp.checksum.status icmp.ident icmp.seq icmp.mtu icmp.pointer
icmp.originate_timestamp icmp.receive_timestamp icmp.transmit_timestamp
icmpv6.type icmpv6.code icmpv6.checksum icmpv6.checksum.status icmpv6.mtu icmpv6.pointer
icmpv6.echo.identifier icmpv6.echo.sequence_number
icmpv6.nd.na.flag icmpv6.nd.na.flag.r icmpv6.nd.na.flag.s icmpv6.nd.na.flag.o icmpv6.nd.na.flag.rsv
icmpv6.nd.ra.cur_hop_limit icmpv6.nd.ra.flag icmpv6.nd.ra.flag.m icmpv6.nd.ra.flag.o
icmpv6.nd.ra.flag.h icmpv6.nd.ra.flag.prf icmpv6.nd.ra.flag.p icmpv6.nd.ra.flag.rsv
icmpv6.nd.ra.router_lifetime icmpv6.nd.ra.reachable_time icmpv6.nd.ra.retrans_timer
icmpv6.opt.type icmpv6.opt.length icmpv6.opt.mtu icmpv6.opt.prefix.length icmpv6.opt.prefix.flag
icmpv6.opt.prefix.flag.l icmpv6.opt.prefix.flag.a icmpv6.opt.prefix.flag.r
icmpv6.opt.prefix.flag.reserved icmpv6.opt.prefix.valid_lifetime
icmpv6.opt.prefix.preferred_lifetime icmpv6.opt.rdnss.lifetime
icmpv6.mld.maximum_response_code icmpv6.mld.maximum_response_delay icmpv6.mld.flag
icmpv6.mld.flag.s icmpv6.mld.flag.qrv icmpv6.mld.flag.reserved icmpv6.mld.qqi
icmpv6.mld.nb_sources icmpv6.mldr.nb_mcast_records icmpv6.mldr.mar.record_type
icmpv6.mldr.mar.aux_data_len icmpv6.mldr.mar.nb_sources
udp.srcport udp.dstport udp.port udp.length udp.checksum udp.checksum.status
tcp.srcport tcp.dstport tcp.port tcp.stream tcp.len tcp.seq tcp.seq_raw tcp.nxtseq tcp.ack
tcp.ack_raw tcp.hdr_len tcp.flags tcp.flags.res tcp.flags.ae tcp.flags.cwr tcp.flags.ece
tcp.flags.urg tcp.flags.ack tcp.flags.push tcp.flags.reset tcp.flags.syn tcp.flags.fin
tcp.window_size_value tcp.window_size tcp.checksum tcp.checksum.status
tcp.urgent_pointer tcp.option_kind tcp.option_len tcp.options.mss_val tcp.options.wscale.shift
tcp.options.wscale.multiplier tcp.options.timestamp.tsval tcp.options.timestamp.tsecr
tcp.options.sack_le tcp.options.sack_re tcp.options.sack.count tcp.options.sack.dsack_le
tcp.options.sack.dsack_re tcp.options.user_to_granularity
tcp.options.user_to_val tcp.options.experimental.exid
tcp.analysis.duplicate_ack_num data.len
""".split()  # noqa: SIM905

_BYTES = """
frame eth.padding eth.trailer data data.data udp.payload tcp.payload tcp.options tcp.options.mss
tcp.options.wscale tcp.options.sack_perm tcp.options.sack tcp.options.timestamp tcp.options.nop
tcp.options.eol tcp.options.md5 tcp.options.md5.digest tcp.options.tfo tcp.options.tfo.cookie
tcp.options.user_to tcp.options.experimental tcp.options.unknown tcp.options.unknown.payload
arp.src.hw arp.dst.hw arp.src.proto arp.dst.proto
ip.options.eol ip.options.nop ip.options.record_route ip.options.route ip.options.routeralert
ip.options.source_route ip.options.timestamp
ipv6.fraghdr ipv6.hopopts ipv6.hopopts.data ipv6.dstopts ipv6.dstopts.data ipv6.routing
ipv6.routing.data ipv6.routing.src.reserved ipv6.opt ipv6.opt.padn ipv6.opt.unknown
icmp.unused icmpv6.data icmpv6.reserved icmpv6.opt icmpv6.opt.nonce icmpv6.opt.reserved
icmpv6.opt.redirected_packet icmpv6.mldr.mar tcp.options.experimental.data ipv6.opt.pad1
""".split()  # noqa: SIM905

_OTHERS = {
    Form.TIME: "frame.time_relative",
    Form.IPV4: """ip.src ip.dst ip.addr arp.src.proto_ipv4 arp.dst.proto_ipv4 ip.rec_rt ip.src_rt
        ip.empty_rt ip.opt.time_stamp_addr icmp.redir_gw""",
    Form.IPV6: """ipv6.src ipv6.dst ipv6.addr ipv6.routing.src.addr icmpv6.nd.ns.target_address
        icmpv6.nd.na.target_address icmpv6.nd.rd.target_address
        icmpv6.rd.na.destination_address icmpv6.opt.prefix icmpv6.opt.rdnss
        icmpv6.mld.multicast_address
        icmpv6.mld.source_address icmpv6.mldr.mar.multicast_address
        icmpv6.mldr.mar.source_address""",
    Form.MAC: "eth.src eth.dst eth.addr arp.src.hw_mac arp.dst.hw_mac icmpv6.opt.linkaddr",
    Form.TEXT: "wire.from wire.to wire.host",
}

FIELDS: dict[str, Form] = {
    **dict.fromkeys(PROTOCOLS, Form.NOTHING),
    **dict.fromkeys(_NUMBERS, Form.NUMBER),
    **dict.fromkeys(_BYTES, Form.BYTES),
    **{name: form for form, names in _OTHERS.items() for name in names.split()},
    **{f"tcp.analysis.{name}": Form.NOTHING for name in ANALYSIS},
    "tcp.analysis.flags": Form.NOTHING,  # any of them
}
"""Every name, with the form of its values."""

SERVICES = {name.lower(): port for port, name in sorted(PORTS.items(), reverse=True)}
"""Ports by the names of their services, as tcpdump takes them: the lowest, where there are two."""
SERVICES["domain"] = SERVICES["dns"]

FLAGS = {
    f"tcp-{name}": 1 << bit
    for bit, name in enumerate(("fin", "syn", "rst", "push", "ack", "urg", "ece", "cwr"))
}
"""What tcpdump calls the flags of TCP."""
