"""A frame as a filter sees it: its fields by name, each looked for only if it is asked for.

What most filters ask stands in the frame's outline, which takes a few microseconds; the rest is
the decoder's, which takes a hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from socklab.events import Frame
from socklab.model.analysis import Seen
from socklab.model.frame_filter import Value
from socklab.model.frame_filter_names import PROTOCOLS
from socklab.model.frames import Layer, Outline, decode, outline

Analysed = Callable[[str], Sequence[Value]]
"""What the analysis of its connection says of a frame, by the field's name."""

ANALYSED: dict[str, Callable[[Seen], Value | None]] = {
    "tcp.stream": lambda seen: seen.stream,
    "tcp.seq": lambda seen: seen.seq,
    "tcp.nxtseq": lambda seen: seen.end,
    "tcp.ack": lambda seen: seen.ack,
    "tcp.window_size": lambda seen: seen.window,
}
"""Fields that are no field of a single frame's; so are all `tcp.analysis.`"""

_SECOND = 1_000_000_000
_FLAGS = ("fin", "syn", "reset", "push", "ack", "urg", "ece", "cwr", "ae")
_BITS = {f"tcp.flags.{name}": bit for bit, name in enumerate(_FLAGS)}


def is_analysed(name: str) -> bool:
    """Whether that field is the analysis' to tell."""
    return name in ANALYSED or name.startswith("tcp.analysis.")


def nothing_analysed(name: str) -> Sequence[Value]:
    """Where nobody has analysed anything."""
    return ()


def analysed(seen: Seen | None) -> Analysed:
    """What was said of a segment, as fields."""
    if seen is None:
        return nothing_analysed

    def values(name: str) -> Sequence[Value]:
        if name in ANALYSED:
            value = ANALYSED[name](seen)
            return () if value is None else (value,)
        if name == "tcp.analysis.duplicate_ack_num":
            return [remark.nth for remark in seen.remarks if remark.nth]
        if name == "tcp.analysis.flags":
            return (1,) if seen.remarks else ()
        return [1 for remark in seen.remarks if name in remark.kind.fields]

    return values


class FrameFacts:
    """`frame`, whose time is counted from `begin` (ns since the epoch)."""

    def __init__(self, frame: Frame, begin: int = 0, analysed: Analysed = nothing_analysed) -> None:
        self._frame = frame
        self._begin = begin
        self._analysed = analysed

    @cached_property
    def outline(self) -> Outline:
        """The frame at a glance."""
        return outline(self._frame.data, self._frame.size)

    @cached_property
    def _layers(self) -> Layer:
        return decode(self._frame.data, self._frame.size)

    def values(self, name: str) -> Sequence[Value]:
        """The values of the field, see `frame_filter.Facts`."""
        told = _OWN.get(name)
        if told is not None:
            return told(self._frame)
        if name == "frame.time_relative":
            return ((self._frame.t - self._begin) / _SECOND,)
        if is_analysed(name):
            return self._analysed(name)
        seen = self._at_a_glance(name)
        return self._decoded(name) if seen is None else seen

    def _at_a_glance(self, name: str) -> Sequence[Value] | None:
        """From the outline; None for what doesn't stand there."""
        seen = self.outline
        if seen.kind not in ("tcp", "udp") or seen.fragment is not None:
            return None
        internet = "ipv6" if ":" in seen.source[0] else "ip"
        protocol, _dot, field = name.partition(".")
        if protocol not in ("eth", internet, seen.kind, "data"):
            return ()
        if not field:
            return None if protocol == "data" else (1,)
        if protocol == internet:
            return _ends(field, seen.source[0], seen.destination[0])
        if protocol != seen.kind:
            return None
        if field.endswith("port"):
            return _ends(_PORTS.get(field, field), seen.source[1], seen.destination[1])
        return _segment(name, seen) if protocol == "tcp" else None

    def _decoded(self, name: str) -> Sequence[Value]:
        layer = PROTOCOLS.get(name)
        if layer is None:
            return [field.value for field in self._layers.find(name)]
        if layer == "Data":
            return [field.value for field in self._layers.find("data.data")]
        return [1 for found in self._layers.chain() if found.name == layer]


_PORTS = {"srcport": "src", "dstport": "dst", "port": "addr"}

_OWN: dict[str, Callable[[Frame], Sequence[Value]]] = {
    "frame": lambda frame: (frame.data,),
    "frame.number": lambda frame: (frame.id,),
    "frame.len": lambda frame: (frame.size,),
    "frame.cap_len": lambda frame: (len(frame.data),),
    "wire.from": lambda frame: (frame.sender,),
    "wire.to": lambda frame: (frame.receiver,),
    "wire.host": lambda frame: (frame.sender, frame.receiver),
}


def _ends(field: str, source: Value, destination: Value) -> Sequence[Value] | None:
    if field == "addr":
        return source, destination
    return {"src": (source,), "dst": (destination,)}.get(field)


def _segment(name: str, seen: Outline) -> Sequence[Value] | None:
    if name == "tcp.flags":
        return (seen.flags,)
    if name == "tcp.len":
        return (seen.length,)
    bit = _BITS.get(name)
    return None if bit is None else (seen.flags >> bit & 1,)
