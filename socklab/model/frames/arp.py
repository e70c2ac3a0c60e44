"""ARP: RFC 826."""

from __future__ import annotations

from collections.abc import Iterator

from socklab.i18n import _
from socklab.model.frames.ethernet import type_text
from socklab.model.frames.reading import Part, Reading, Row
from socklab.model.frames.values import in_bytes, in_hex, ipv4, mac, named, number, raw

_HARDWARE = {1: "Ethernet", 6: "IEEE 802"}
_IPV4 = 0x0800
REQUEST, REPLY = 1, 2
OPERATIONS = {REQUEST: _("request"), REPLY: _("reply")}


def _operation_meaning(value: int) -> str:
    if value == REQUEST:
        return _("a question to everybody: who has the target's address?")
    return _("an answer, to the one who asked") if value == REPLY else ""


# fmt: off
_HEADER = (
    Row("arp.hw.type", _("Hardware type"), 0, 2, _("what kind of address is asked for"),
        text=named(_HARDWARE)),
    Row("arp.proto.type", _("Protocol type"), 2, 2, _("for what kind of address"), text=type_text),
    Row("arp.hw.size", _("Hardware size"), 4, 1, _("of a hardware address"), text=in_bytes),
    Row("arp.proto.size", _("Protocol size"), 5, 1, _("of a protocol address"), text=in_bytes),
    Row("arp.opcode", _("Operation"), 6, 2, _operation_meaning, text=named(OPERATIONS)),
)
_ENDS = (
    ("src", _("Sender hardware address"), _("who says this"),
            _("Sender protocol address"), _("the address that it has, for all who hear to note")),
    ("dst", _("Target hardware address"), _("zeros in a request: it is what is asked for"),
            _("Target protocol address"), _("whose hardware address is asked for, or who asked")),
)
# fmt: on


def read(part: Part) -> tuple[Reading, Part | None]:
    """Who has this address? It is here."""
    reading = Reading(part)
    if reading.table(_HEADER):
        at = part.start
        kind, protocol = number(part.data[at : at + 2]), number(part.data[at + 2 : at + 4])
        hardware_size, protocol_size = part.data[at + 4], part.data[at + 5]
        ethernet = kind in _HARDWARE and hardware_size == 6
        internet = protocol == _IPV4 and protocol_size == 4
        reading.table(_addresses(hardware_size, protocol_size, ethernet, internet))
        reading.summary = _summary(reading)
    return reading, None


def _addresses(
    hardware_size: int, protocol_size: int, ethernet: bool, internet: bool
) -> Iterator[Row]:
    """The sender's pair and the target's; Wireshark names those of Ethernet and IPv4 apart."""
    at = 8
    for who, hardware, hardware_meaning, protocol, protocol_meaning in _ENDS:
        if ethernet:
            yield Row(f"arp.{who}.hw_mac", hardware, at, 6, hardware_meaning, read=mac)
        elif hardware_size:
            name = f"arp.{who}.hw"
            yield Row(name, hardware, at, hardware_size, hardware_meaning, read=raw, text=in_hex)
        at += hardware_size
        if internet:
            yield Row(f"arp.{who}.proto_ipv4", protocol, at, 4, protocol_meaning, read=ipv4)
        elif protocol_size:
            name = f"arp.{who}.proto"
            yield Row(name, protocol, at, protocol_size, protocol_meaning, read=raw, text=in_hex)
        at += protocol_size


def _summary(reading: Reading) -> str:
    found = {field.name: field.text for field in reading.fields}
    sender, target = found.get("arp.src.proto_ipv4"), found.get("arp.dst.proto_ipv4")
    operation = reading.fields[4].value
    if sender and target and isinstance(operation, int):
        return said(operation, sender, target, found.get("arp.src.hw_mac", ""))
    return reading.fields[4].text


def said(operation: int, sender: str, target: str, mac: str) -> str:
    """What it says in a sentence; `mac` is the sender's."""
    if operation == REQUEST:
        return _("who has {target}? Tell {sender}", target=target, sender=sender)
    if operation == REPLY:
        return _("{address} is at {mac}", address=sender, mac=mac)
    return _("ARP operation {number}", number=operation)
