"""A frame in one line, as lists show it."""

from __future__ import annotations

from typing import NamedTuple

from socklab.i18n import _
from socklab.model.addresses import address_text
from socklab.model.frames import arp, icmp, icmpv6, icmpv6_neighbours
from socklab.model.frames.names import ETHER_TYPES, PROTOCOLS
from socklab.model.frames.outline import Outline, tcp_options
from socklab.model.frames.tcp import ACK, SYN, flag_names
from socklab.model.frames.values import in_bytes

_SEQUENCE = 2**32
_MOST_SHIFT = 14


class Relative(NamedTuple):
    """From where a connection's numbers are counted, seen from a segment's sender: its own initial
    sequence number, its peer's, and by how many bits its window is shifted. None: not known."""

    seq: int | None = None
    ack: int | None = None
    scale: int | None = None


RAW = Relative()


def frame_line(outline: Outline, relative: Relative = RAW) -> str:
    """`41822 → 8080 [SYN] seq=0 win=65495 mss=65495`; the numbers are the segment's own where
    nothing is known to count them from."""
    line = _LINES[outline.kind](outline) if outline.kind != "tcp" else _tcp(outline, relative)
    if outline.fragment is None:
        return line
    ident = f"0x{outline.fragment.ident:04x}"
    if outline.kind == "ip":
        first = outline.fragment.offset
        what = _(
            "fragment {ident} of {protocol}: bytes {first}-{last}",
            ident=ident,
            protocol=_protocol(outline.protocol),
            first=first,
            last=first + max(outline.length - 1, 0),
        )
        return _("{fragment}, more follow", fragment=what) if outline.fragment.more else what
    return _("{line} (first fragment, {ident})", line=line, ident=ident)


def _tcp(outline: Outline, relative: Relative) -> str:
    flags = outline.flags
    said = [
        _ports(outline),
        f"[{flag_names(flags) or _('none')}]",
        f"seq={_from(outline.seq, relative.seq)}",
    ]
    if flags & ACK:
        said.append(f"ack={_from(outline.ack, relative.ack)}")
    # The window of a segment with SYN is never scaled: RFC 7323, section 2.2.
    shift = 0 if flags & SYN else min(relative.scale or 0, _MOST_SHIFT)
    said.append(f"win={outline.window << shift}")
    if outline.length:
        said.append(f"len={outline.length}")
    if outline.options:
        said += _options(outline.options, relative)
    return " ".join(said)


def _options(data: bytes, relative: Relative) -> list[str]:
    options = tcp_options(data)
    said = []
    if options.mss is not None:
        said.append(f"mss={options.mss}")
    if options.sack_permitted:
        said.append("sack-permitted")
    if options.scale is not None:
        said.append(f"scale={options.scale}")
    if options.fast_open is not None:
        said.append(f"fast-open={options.fast_open.hex()}" if options.fast_open else "fast-open")
    if options.sack:
        blocks = (
            f"{_from(left, relative.ack)}-{_from(right, relative.ack)}"
            for left, right in options.sack
        )
        said.append(f"sack={','.join(blocks)}")
    if options.timestamps is not None:
        said.append(f"ts={options.timestamps[0]}/{options.timestamps[1]}")
    return said


def _from(number: int, initial: int | None) -> int:
    return number if initial is None else (number - initial) % _SEQUENCE


def _ports(outline: Outline) -> str:
    return f"{outline.source[1]} → {outline.destination[1]}"


def _udp(outline: Outline) -> str:
    return f"{_ports(outline)} len={outline.length}"


def _arp(outline: Outline) -> str:
    return arp.said(outline.type, outline.source[0], outline.destination[0], outline.mac)


def _icmp(outline: Outline) -> str:
    said = icmp.said(outline.type, outline.code)
    return _message(outline, said, outline.type in (icmp.ECHO_REQUEST, icmp.ECHO_REPLY))


def _icmpv6(outline: Outline) -> str:
    if outline.target and outline.type == icmpv6_neighbours.SOLICITATION:
        return _("who has {target}? Tell {sender}", target=outline.target, sender=outline.source[0])
    if outline.target and outline.mac:
        return _("{address} is at {mac}", address=outline.target, mac=outline.mac)
    said = icmpv6.said(outline.type, outline.code)
    return _message(outline, said, outline.type in (icmpv6.ECHO_REQUEST, icmpv6.ECHO_REPLY))


def _message(outline: Outline, said: str, is_echo: bool) -> str:
    if is_echo:
        return f"{said} id={outline.ident} seq={outline.seq} len={outline.length}"
    if outline.mtu:
        said = f"{said} mtu={outline.mtu}"
    about = outline.about
    if about is None:
        return said
    if about.kind in ("tcp", "udp"):
        ends = f"{address_text(about.source)} → {address_text(about.destination)}"
    else:
        ends = f"{about.source[0]} → {about.destination[0]}"
    return f"{said}: {_protocol(about.protocol)} {ends}"


def _protocol(number: int) -> str:
    return PROTOCOLS.get(number) or _("protocol {number}", number=number)


def _ip(outline: Outline) -> str:
    return f"{_protocol(outline.protocol)} {in_bytes(outline.length)}"


def _other(outline: Outline) -> str:
    kind = ETHER_TYPES.get(outline.protocol, f"0x{outline.protocol:04x}")
    return _("Ethernet {kind}, {size}", kind=kind, size=in_bytes(outline.length))


_LINES = {
    "udp": _udp,
    "arp": _arp,
    "icmp": _icmp,
    "icmpv6": _icmpv6,
    "ip": _ip,
    "other": _other,
}
