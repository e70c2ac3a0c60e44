"""Names of the numbers that more than one protocol's fields are made of.

Sources: IANA's registries of Ethernet types, protocol numbers, ports and DSCP values, of which only
what a student is likely to meet is here.
"""

from __future__ import annotations

from socklab.i18n import _

ETHER_TYPES = {
    0x0800: "IPv4",
    0x0806: "ARP",
    0x8100: "VLAN",
    0x86DD: "IPv6",
    0x88CC: "LLDP",
}

PROTOCOLS = {
    0: _("hop-by-hop options"),
    1: "ICMP",
    2: "IGMP",
    4: "IPv4",
    6: "TCP",
    17: "UDP",
    41: "IPv6",
    43: _("routing header"),
    44: _("fragment header"),
    47: "GRE",
    50: "ESP",
    51: "AH",
    58: "ICMPv6",
    59: _("nothing follows"),
    60: _("destination options"),
    132: "SCTP",
}

PORTS = {
    7: "echo",
    9: "discard",
    13: "daytime",
    19: "chargen",
    21: "FTP",
    22: "SSH",
    23: "Telnet",
    25: "SMTP",
    53: "DNS",
    67: "DHCP",
    68: "DHCP",
    69: "TFTP",
    80: "HTTP",
    110: "POP3",
    123: "NTP",
    143: "IMAP",
    443: "HTTPS",
    5353: "mDNS",
    8080: "HTTP",
}

_EPHEMERAL = range(32768, 61000)
"""What Linux chooses from where a program has bound no port (ip(7): ip_local_port_range)."""


def port_meaning(port: int) -> str:
    """What a port tells."""
    if port in PORTS:
        return _("the usual port of {service}", service=PORTS[port])
    if port in _EPHEMERAL:
        return _("probably one that the kernel chose, for a program that asked for none")
    return _("the number by which the kernel finds the socket")


def dscp_text(value: int) -> str:
    """RFC 2474 and 2597: the classes' names."""
    high, low = divmod(value, 8)
    if value == 46:
        return f"EF ({value})"
    if low == 0:
        return f"CS{high} ({value})"
    if 1 <= high <= 4 and low in (2, 4, 6):
        return f"AF{high}{low // 2} ({value})"
    return str(value)


ECN = {
    0: _("not ECN-capable"),
    1: _("ECN-capable, ECT(1)"),
    2: _("ECN-capable, ECT(0)"),
    3: _("congestion experienced"),
}
"""RFC 3168, section 5."""

DSCP_MEANING = _("a class that routers may treat differently (RFC 2474)")
ECN_MEANING = _("a router that is full can say so here instead of dropping (RFC 3168)")
