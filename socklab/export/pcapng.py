"""The frames of a session as pcapng, for Wireshark: with what became of each, and why it was sent.

Every frame is in it, a dropped one as well, on the interface of the host that sent it. What the lab
knows besides stands in comments: the frame's fate, the system calls that caused it, and those that
took what it brought.

The format is https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcapng/. dpkt writes its heads; its
block for a packet gives the bytes that were kept as all there were, so that one is written here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import lru_cache

from dpkt import pcapng

from socklab.events import AnyEvent, Call, Command, Fate, Frame, Header
from socklab.export.fates import PASSED, Fates, fate_text
from socklab.export.record import Record, blocks
from socklab.i18n import _
from socklab.model.causing import Causes
from socklab.model.causing_streams import Calls
from socklab.model.escaping import plain
from socklab.model.notation import call_text, command_text

_ETHERNET = 1  # LINKTYPE_ETHERNET
_NANOSECONDS = b"\x09"  # if_tsresol: 10**-9 of a second
_MOST_BYTES = 262_144  # Wireshark takes no larger frame (WTAP_MAX_PACKET_SIZE_STANDARD)
_MOST_TEXT = 1000
_RECENT = 256
_UINT32, _UINT64 = (1 << 32) - 1, (1 << 64) - 1
_ARRIVED = ("delivered", "duplicated")

_BLOCK = struct.Struct("<IIIIIII")
_OPTION = struct.Struct("<HH")
_LENGTH = struct.Struct("<I")


def write_pcapng(record: Record) -> Iterator[bytes]:
    """The whole file, piece by piece. It takes two walks, and a few bytes of memory for each frame
    and each call."""
    end = len(record)
    yield _section(record.header)
    facts = _Facts(record)
    for events in blocks(record, end):
        facts.learn(events)
        yield b""  # so that whoever writes can give up
    for number, host in enumerate(facts.hosts):
        facts.hosts[host] = number
        yield _interface(host, record.header.snap)
    for events in blocks(record, end):
        yield b"".join(facts.packet(event) for event in events if type(event) is Frame)


def no_frames(record: Record) -> str:
    """What to say of a record with no frame in it; "" if it has one."""
    if any(type(event) is Frame for events in blocks(record) for event in events):
        return ""
    return _(
        "no frame was recorded, so the file is empty: frames come with `network private`, "
        "or on this machine with `wire capture on`"
    )


class _Facts:
    """What must be known of the whole record before a frame can be written. `hosts` are those that
    sent one."""

    def __init__(self, record: Record) -> None:
        self.hosts: dict[str, int] = {}
        self._record = record
        self._causes = Causes()
        self._fates = Fates()
        self._call_said = lru_cache(_RECENT)(self._call_text)

    def learn(self, events: Sequence[AnyEvent]) -> None:
        """Take in what comes next, on the first walk."""
        for event in events:
            self._causes.learn(event)
            if type(event) is Frame:
                self.hosts.setdefault(event.sender, 0)
                self._fates.came(event)
            elif type(event) is Fate:
                self._fates.ended(event)

    def packet(self, frame: Frame) -> bytes:
        """The block for a frame, on the second walk."""
        place = self._fates.last(frame.n)
        last = self._fate(place)
        arrived = place == PASSED or (last is not None and last.verdict in _ARRIVED)
        caused = self._causes.of(frame, arrived)
        said = self._calls_said(caused.by)
        if frame.cause is not None:
            original = self._event(frame.cause)
            if isinstance(original, Frame):
                said.append(_("copy of frame {id}", id=original.id))
        if place != PASSED:
            said.append(self._fate_said(frame, last))
        said += self._calls_said(caused.taken)
        return _packet(self.hosts.get(frame.sender, 0), frame, said)

    def _fate_said(self, frame: Frame, last: Fate | None) -> str:
        held = self._fate(self._fates.held(frame.n))
        causes = [fate.cause for fate in (held, last) if fate is not None]
        command = self._event(next((n for n in causes if n is not None), None))
        asked = command_text(command) if isinstance(command, Command) else ""
        return fate_text(frame, held, last, asked)

    def _calls_said(self, calls: Calls) -> list[str]:
        said = [text for n in calls.numbers if (text := self._call_said(n))]
        if calls.more:
            said.append(_("and {n} more calls", n=calls.more))
        return said

    def _call_text(self, n: int) -> str:
        call = self._event(n)
        if not isinstance(call, Call):
            return ""
        return f"{plain(call.program or '?')}: {call_text(call)}"

    def _fate(self, n: int | None) -> Fate | None:
        event = self._event(n)
        return event if isinstance(event, Fate) else None

    def _event(self, n: int | None) -> AnyEvent | None:
        if n is None or not 0 <= n < len(self._record):
            return None
        found = self._record.read(n, n + 1)
        return found[0] if found and found[0].n == n else None


def _section(header: Header) -> bytes:
    system = plain(f"{header.system} {header.release}".strip())
    options = [_option(pcapng.PCAPNG_OPT_SHB_USERAPPL, "socklab")]
    if system:
        options.insert(0, _option(pcapng.PCAPNG_OPT_SHB_OS, system))
    return bytes(pcapng.SectionHeaderBlockLE(opts=[*options, pcapng.PcapngOptionLE()]))


def _interface(host: str, snap: int) -> bytes:
    options = [
        _option(pcapng.PCAPNG_OPT_IF_NAME, plain(host)),
        pcapng.PcapngOptionLE(code=pcapng.PCAPNG_OPT_IF_TSRESOL, data=_NANOSECONDS),
        pcapng.PcapngOptionLE(),
    ]
    snap = min(max(snap, 0), _MOST_BYTES)
    block = pcapng.InterfaceDescriptionBlockLE(linktype=_ETHERNET, snaplen=snap, opts=options)
    return bytes(block)


def _option(code: int, text: str) -> pcapng.PcapngOptionLE:
    return pcapng.PcapngOptionLE(code=code, data=_encoded(text))


def _encoded(text: str) -> bytes:
    return text[:_MOST_TEXT].encode(errors="replace")


def _packet(interface: int, frame: Frame, comments: Sequence[str]) -> bytes:
    """An Enhanced Packet Block (section 4.3)."""
    data = frame.data[:_MOST_BYTES]
    size = min(max(frame.size, len(data)), _UINT32)
    options = b"".join(_comment(_encoded(text)) for text in comments)
    if options:
        options += _OPTION.pack(pcapng.PCAPNG_OPT_ENDOFOPT, 0)
    padding = bytes(-len(data) % 4)
    length = _BLOCK.size + len(data) + len(padding) + len(options) + _LENGTH.size
    t = min(max(frame.t, 0), _UINT64)
    head = _BLOCK.pack(
        pcapng.PCAPNG_BT_EPB, length, interface, t >> 32, t & _UINT32, len(data), size
    )
    return b"".join((head, data, padding, options, _LENGTH.pack(length)))


def _comment(text: bytes) -> bytes:
    head = _OPTION.pack(pcapng.PCAPNG_OPT_COMMENT, len(text))
    return b"".join((head, text, bytes(-len(text) % 4)))
