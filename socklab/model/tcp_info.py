"""The layout of Linux's `struct tcp_info`, as one literal table, and what its bytes say.

getsockopt(2) TCP_INFO fills it in; <linux/tcp.h> declares it. Each kernel may add fields at the
end and never moves one, so the size of what came tells which fields are there: a shorter struct
is an older kernel's, and what lies beyond this table a newer one's, which is passed over.

Knows numbers and the C names of constants; what they mean to people is `tcp_figures`' to say.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from socklab.model.tcp_states import BY_CODE

SIZE_ASKED = 512
"""Bytes to offer getsockopt: more than any kernel's struct has so far (280 in Linux 6.18)."""

NO_THRESHOLD = 0x7FFFFFFF
"""`snd_ssthresh` of a connection that hasn't lost anything yet (TCP_INFINITE_SSTHRESH)."""

NO_RATE_LIMIT = 2**64 - 1
"""`max_pacing_rate` where no program has set one."""


class Unit(Enum):
    """What a field counts."""

    NUMBER = auto()
    BYTES = auto()
    SEGMENTS = auto()
    MICROSECONDS = auto()
    MILLISECONDS = auto()
    BYTES_PER_SECOND = auto()
    SCALE = auto()
    """A window is to be shifted left by so many bits."""
    SYMBOL = auto()
    """A constant or a set of flags, to be shown by name."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its C name without `tcpi_`, where it lies (`offset` and `size` in bytes), and the
    Linux version that added it. `bits`, for a bit field, are the first bit as a little-endian
    machine counts them and the width.

    `sampled`: it is part of an `info` event.
    """

    name: str
    offset: int
    size: int
    unit: Unit
    since: str = "2.6"
    sampled: bool = False
    bits: tuple[int, int] | None = None

    @property
    def end(self) -> int:
        """The size (bytes) that a struct must have to hold the field."""
        return self.offset + self.size


_NUMBER, _BYTES, _SEGMENTS = Unit.NUMBER, Unit.BYTES, Unit.SEGMENTS
_US, _MS, _RATE = Unit.MICROSECONDS, Unit.MILLISECONDS, Unit.BYTES_PER_SECOND
_SCALE, _SYMBOL = Unit.SCALE, Unit.SYMBOL

FIELDS: tuple[Field, ...] = (
    Field("state", 0, 1, _SYMBOL),
    Field("ca_state", 1, 1, _SYMBOL, sampled=True),
    Field("retransmits", 2, 1, _NUMBER, sampled=True),
    Field("probes", 3, 1, _NUMBER, sampled=True),
    Field("backoff", 4, 1, _NUMBER, sampled=True),
    Field("options", 5, 1, _SYMBOL, sampled=True),
    Field("snd_wscale", 6, 1, _SCALE, sampled=True, bits=(0, 4)),
    Field("rcv_wscale", 6, 1, _SCALE, sampled=True, bits=(4, 4)),
    Field("delivery_rate_app_limited", 7, 1, _NUMBER, "4.9", bits=(0, 1)),
    Field("fastopen_client_fail", 7, 1, _NUMBER, "5.5", bits=(1, 2)),
    Field("rto", 8, 4, _US, sampled=True),
    Field("ato", 12, 4, _US, sampled=True),
    Field("snd_mss", 16, 4, _BYTES, sampled=True),
    Field("rcv_mss", 20, 4, _BYTES, sampled=True),
    Field("unacked", 24, 4, _SEGMENTS, sampled=True),
    Field("sacked", 28, 4, _SEGMENTS, sampled=True),
    Field("lost", 32, 4, _SEGMENTS, sampled=True),
    Field("retrans", 36, 4, _SEGMENTS, sampled=True),
    Field("fackets", 40, 4, _SEGMENTS),
    Field("last_data_sent", 44, 4, _MS, sampled=True),
    Field("last_ack_sent", 48, 4, _MS),
    Field("last_data_recv", 52, 4, _MS, sampled=True),
    Field("last_ack_recv", 56, 4, _MS, sampled=True),
    Field("pmtu", 60, 4, _BYTES, sampled=True),
    Field("rcv_ssthresh", 64, 4, _BYTES, sampled=True),
    Field("rtt", 68, 4, _US, sampled=True),
    Field("rttvar", 72, 4, _US, sampled=True),
    Field("snd_ssthresh", 76, 4, _SEGMENTS, sampled=True),
    Field("snd_cwnd", 80, 4, _SEGMENTS, sampled=True),
    Field("advmss", 84, 4, _BYTES, sampled=True),
    Field("reordering", 88, 4, _SEGMENTS, sampled=True),
    Field("rcv_rtt", 92, 4, _US, sampled=True),
    Field("rcv_space", 96, 4, _BYTES, sampled=True),
    Field("total_retrans", 100, 4, _SEGMENTS, sampled=True),
    Field("pacing_rate", 104, 8, _RATE, "3.15", sampled=True),
    Field("max_pacing_rate", 112, 8, _RATE, "3.15"),
    Field("bytes_acked", 120, 8, _BYTES, "4.1", sampled=True),
    Field("bytes_received", 128, 8, _BYTES, "4.1", sampled=True),
    Field("segs_out", 136, 4, _SEGMENTS, "4.2", sampled=True),
    Field("segs_in", 140, 4, _SEGMENTS, "4.2", sampled=True),
    Field("notsent_bytes", 144, 4, _BYTES, "4.6", sampled=True),
    Field("min_rtt", 148, 4, _US, "4.6", sampled=True),
    Field("data_segs_in", 152, 4, _SEGMENTS, "4.6", sampled=True),
    Field("data_segs_out", 156, 4, _SEGMENTS, "4.6", sampled=True),
    Field("delivery_rate", 160, 8, _RATE, "4.9", sampled=True),
    Field("busy_time", 168, 8, _US, "4.10", sampled=True),
    Field("rwnd_limited", 176, 8, _US, "4.10", sampled=True),
    Field("sndbuf_limited", 184, 8, _US, "4.10", sampled=True),
    Field("delivered", 192, 4, _SEGMENTS, "4.18"),
    Field("delivered_ce", 196, 4, _SEGMENTS, "4.18"),
    Field("bytes_sent", 200, 8, _BYTES, "4.19", sampled=True),
    Field("bytes_retrans", 208, 8, _BYTES, "4.19", sampled=True),
    Field("dsack_dups", 216, 4, _SEGMENTS, "4.19", sampled=True),
    Field("reord_seen", 220, 4, _NUMBER, "4.19"),
    Field("rcv_ooopack", 224, 4, _SEGMENTS, "5.4", sampled=True),
    Field("snd_wnd", 228, 4, _BYTES, "5.4", sampled=True),
    Field("rcv_wnd", 232, 4, _BYTES, "6.2", sampled=True),
    Field("rehash", 236, 4, _NUMBER, "6.2"),
    Field("total_rto", 240, 2, _NUMBER, "6.7"),
    Field("total_rto_recoveries", 242, 2, _NUMBER, "6.7"),
    Field("total_rto_time", 244, 4, _MS, "6.7"),
    Field("received_ce", 248, 4, _SEGMENTS, "6.18"),
    Field("delivered_e1_bytes", 252, 4, _BYTES, "6.18"),
    Field("delivered_e0_bytes", 256, 4, _BYTES, "6.18"),
    Field("delivered_ce_bytes", 260, 4, _BYTES, "6.18"),
    Field("received_e1_bytes", 264, 4, _BYTES, "6.18"),
    Field("received_e0_bytes", 268, 4, _BYTES, "6.18"),
    Field("received_ce_bytes", 272, 4, _BYTES, "6.18"),
    Field("accecn_fail_mode", 276, 2, _NUMBER, "6.18"),
    Field("accecn_opt_seen", 278, 2, _NUMBER, "6.18"),
)
"""In the order in which they lie in memory."""

BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}

SAMPLED: tuple[Field, ...] = tuple(field for field in FIELDS if field.sampled)

RUNNING = frozenset(
    {
        "last_data_sent",
        "last_data_recv",
        "last_ack_recv",
        "busy_time",
        "rwnd_limited",
        "sndbuf_limited",
    }
)
"""Clocks: they go on by themselves, so that they change says nothing new."""

CONGESTION_STATES = ("Open", "Disorder", "CWR", "Recovery", "Loss")
"""By their number (`enum tcp_ca_state`)."""

OPTION_FLAGS = (
    "TIMESTAMPS",
    "SACK",
    "WSCALE",
    "ECN",
    "ECN_SEEN",
    "SYN_DATA",
    "USEC_TS",
    "TFO_CHILD",
)
"""What each bit of `options` stands for, the lowest first (TCPI_OPT_...)."""


_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_PLACES = {offset: place for place, offset in enumerate(sorted({f.offset for f in FIELDS}))}
_WHOLE = struct.Struct("=" + "".join({f.offset: _CODES[f.size] for f in FIELDS}.values()))


class Decoder:
    """Reads some of the fields: called with a struct's bytes, gives the numbers by name of those
    that a struct of this size holds."""

    def __init__(self, fields: tuple[Field, ...]) -> None:
        self._fields = fields
        self._plans: dict[int, _Plan] = {}

    def __call__(self, raw: bytes) -> dict[str, int]:
        plan = self._plans.get(len(raw)) or self._plan(len(raw))
        numbers = _WHOLE.unpack(raw[: _WHOLE.size].ljust(_WHOLE.size, b"\0"))
        said = dict(zip(plan.names, map(numbers.__getitem__, plan.places), strict=True))
        for name, shift, mask in plan.in_bits:
            said[name] = said[name] >> shift & mask
        return said

    def _plan(self, size: int) -> _Plan:
        held = [field for field in self._fields if field.end <= size]
        in_bits = [
            (field.name, _shift(*field.bits), (1 << field.bits[1]) - 1)
            for field in held
            if field.bits
        ]
        places = [_PLACES[field.offset] for field in held]
        plan = self._plans[size] = _Plan([field.name for field in held], places, in_bits)
        return plan


class _Plan(NamedTuple):
    """Names and places of the fields that are there; name, shift and mask of the bit fields."""

    names: list[str]
    places: list[int]
    in_bits: list[tuple[str, int, int]]


decode = Decoder(FIELDS)
decode_sampled = Decoder(SAMPLED)


def _spans() -> list[slice]:
    """Where the sampled fields lie that are no clocks, neighbours in one piece."""
    spans: list[slice] = []
    for field in SAMPLED:
        if field.name in RUNNING:
            continue
        if spans and field.offset <= spans[-1].stop:
            spans[-1] = slice(spans[-1].start, field.end)
        else:
            spans.append(slice(field.offset, field.end))
    return spans


_NEWS = _spans()


def news(raw: bytes) -> bytes:
    """What of a struct makes a new sample: two with the same news differ in their clocks only, or
    in what isn't sampled."""
    return b"".join([raw[span] for span in _NEWS])


def _shift(first: int, width: int) -> int:
    # A big-endian machine fills a byte with bit fields from its highest bit on.
    return first if sys.byteorder == "little" else 8 - first - width


def struct_text(raw: bytes) -> str:
    """The struct as strace(1) writes structs, without the fields that are 0:
    `{tcpi_state=TCP_ESTABLISHED, tcpi_rto=204000, tcpi_snd_mss=32768, ...}`."""
    said = decode(raw)
    named = {name: _symbols(name, number) for name, number in said.items()}
    shown = (f"tcpi_{name}={named[name]}" for name, number in said.items() if number)
    return "{" + ", ".join(shown) + "}"


def _symbols(name: str, number: int) -> str:
    if name == "state" and number in BY_CODE:
        return f"TCP_{BY_CODE[number]}"
    if name == "ca_state" and number < len(CONGESTION_STATES):
        return f"TCP_CA_{CONGESTION_STATES[number]}"
    if name == "options":
        return "|".join(f"TCPI_OPT_{flag}" for flag in option_names(number)) or "0"
    return str(number)


def option_names(flags: int) -> list[str]:
    """The names of the flags that are set in `options`."""
    return [name for bit, name in enumerate(OPTION_FLAGS) if flags >> bit & 1]
