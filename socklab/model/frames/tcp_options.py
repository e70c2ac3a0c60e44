"""What may stand behind a TCP header's 20 bytes.

RFC 9293, section 3.2 (end, no operation, MSS), RFC 7323 (window scale, timestamps), RFC 2018 and
2883 (SACK), RFC 7413 (Fast Open), RFC 5482 (user timeout), RFC 2385 (MD5), RFC 6994 (experiments).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from socklab.i18n import _
from socklab.model.frames.reading import Reading, Row
from socklab.model.frames.sequence import before
from socklab.model.frames.values import hexadecimal, in_bytes, in_hex, named, number, raw

END, NOTHING, MSS, SCALE, SACK_PERMITTED, SACK, TIMESTAMPS = 0, 1, 2, 3, 4, 5, 8
MD5, USER_TIMEOUT, FAST_OPEN = 19, 28, 34
EXPERIMENTS = (253, 254)
_FAST_OPEN_EXPERIMENT = 0xF989  # before RFC 7413 gave it a number of its own
_MOST_SHIFT = 14  # RFC 7323, section 2.3

NAMES = {
    END: _("end of options"),
    NOTHING: _("no operation"),
    MSS: _("maximum segment size"),
    SCALE: _("window scale"),
    SACK_PERMITTED: _("SACK permitted"),
    SACK: "SACK",
    TIMESTAMPS: _("timestamps"),
    MD5: _("MD5 signature"),
    USER_TIMEOUT: _("user timeout"),
    29: _("authentication (TCP-AO)"),
    30: _("Multipath TCP"),
    FAST_OPEN: _("Fast Open"),
    253: _("experiment"),
    254: _("experiment"),
}


@dataclass(frozen=True, slots=True)
class _Form:
    """An option of a fixed form. `size` is its length in bytes; `text` writes it, given its data
    (what stands behind kind and length)."""

    name: str
    label: str
    meaning: str
    size: int
    rows: tuple[Row, ...] = ()
    text: Callable[[bytes], str] = in_hex


def _scale_meaning(shift: int) -> str:
    if shift > _MOST_SHIFT:
        return _("more than 14 can't be: 14 is used")
    return _("the window is to be multiplied by {factor}", factor=f"{1 << shift:,}")


def _granularity(value: int) -> str:
    return _("minutes") if value else _("seconds")


def _timeout(data: bytes) -> str:
    value = number(data)
    return f"{value & 0x7FFF} {_granularity(value >> 15)}"


def _pair(data: bytes) -> str:
    return f"{number(data[:4])}, {number(data[4:])}"


# fmt: off
_HEAD = (
    Row("tcp.option_kind", _("Kind"), 0, 1, text=named(NAMES)),
    Row("tcp.option_len", _("Length"), 1, 1, _("of the whole option"), text=in_bytes),
)
_FORMS = {
    MSS: _Form("tcp.options.mss", _("Maximum segment size"),
        _("the most bytes of data that its sender will take in a segment: its MTU less the "
          "headers'"), 4,
        (Row("tcp.options.mss_val", _("MSS"), 2, 2, text=in_bytes),),
        lambda data: in_bytes(number(data))),
    SCALE: _Form("tcp.options.wscale", _("Window scale"),
        _("16 bits are too few for a window: it counts in larger units. Only if both SYNs have it"),
        3,
        (Row("tcp.options.wscale.shift", _("Shift"), 2, 1, _scale_meaning),
         Row("tcp.options.wscale.multiplier", _("Factor"), 2, 1,
             read=lambda data: 1 << min(data[0], _MOST_SHIFT))),
        lambda data: _("× {factor}", factor=f"{1 << min(number(data), _MOST_SHIFT):,}")),
    SACK_PERMITTED: _Form("tcp.options.sack_perm", _("SACK permitted"),
        _("its sender understands SACK: being told what has come behind a gap"), 2, (), str),
    TIMESTAMPS: _Form("tcp.options.timestamp", _("Timestamps"),
        _("to measure the round trip with every segment, and to know old ones"), 10,
        (Row("tcp.options.timestamp.tsval", _("Value"), 2, 4,
             _("its sender's clock, in ticks that mean nothing to others")),
         Row("tcp.options.timestamp.tsecr", _("Echo reply"), 6, 4,
             _("the last value that came from the other side"))),
        _pair),
    MD5: _Form("tcp.options.md5", _("MD5 signature"),
        _("proves that the sender knows a secret; BGP's routers use it"), 18,
        (Row("tcp.options.md5.digest", _("Digest"), 2, 16, read=raw, text=in_hex),)),
    USER_TIMEOUT: _Form("tcp.options.user_to", _("User timeout"),
        _("how long its sender will go on without an acknowledgment"), 4,
        (Row("tcp.options.user_to_granularity", _("Unit"), 2, 2, bits=(0, 0), text=_granularity),
         Row("tcp.options.user_to_val", _("Timeout"), 2, 2, bits=(1, 15))),
        _timeout),
}
_SINGLE = {
    END: _Form("tcp.options.eol", _("End of options"), _("what follows only fills up"), 1),
    NOTHING: _Form("tcp.options.nop", _("No operation"), _("fills up to a whole word"), 1),
}
_EDGES = (
    Row("tcp.options.sack_le", _("Left edge"), 0, 4, _("the first byte that has come")),
    Row("tcp.options.sack_re", _("Right edge"), 4, 4, _("the byte behind the last that has come")),
)
_AGAIN = (
    Row("tcp.options.sack.dsack_le", _("Left edge of what came twice"), 0, 4,
        _("these bytes were there already (D-SACK): sent once too often, or doubled")),
    Row("tcp.options.sack.dsack_re", _("Right edge of what came twice"), 4, 4,
        _("the byte behind the last that came twice")),
)
_EXPERIMENT = Row("tcp.options.experimental.exid", _("Experiment"), 2, 2,
    text=lambda value: _("Fast Open (0xf989)") if value == _FAST_OPEN_EXPERIMENT
    else hexadecimal(4)(value))
# fmt: on


def read(reading: Reading, start: int, stop: int) -> None:
    """The options, as fields."""
    stop = min(stop, reading.part.stop)
    if start >= stop:
        return
    meaning = _("agreed on in the two SYNs, or said with each segment")
    reading.piece("tcp.options", _("Options"), start, stop, meaning, in_hex)
    at = start
    while at < min(stop, reading.have):
        kind = reading.data[at]
        if kind in _SINGLE:
            form = _SINGLE[kind]
            reading.piece(form.name, form.label, at, at + 1, form.meaning, in_hex, depth=1)
            reading.table(_HEAD[:1], at, depth=2)
            at += 1
            if kind == END and any(reading.data[at:stop]):
                reading.problems.append(_("there is something behind the end of the options"))
                return
            continue
        size = reading.data[at + 1] if at + 1 < reading.have else 0
        if not 2 <= size <= stop - at:
            if reading.have >= stop:
                reading.problems.append(
                    _("the length of the option {name} can't be", name=NAMES.get(kind, str(kind)))
                )
            return
        _option(reading, kind, at, at + size)
        at += size


def _option(reading: Reading, kind: int, start: int, stop: int) -> None:
    """One option that has a length, with what is in it."""
    form = _FORMS.get(kind)
    if form is not None:
        _fixed(reading, form, start, stop)
    elif kind == SACK:
        _sack(reading, start, stop)
    elif kind == FAST_OPEN:
        meaning = _("a cookie with which a next connection may send data in its SYN")
        text: Any = in_hex(reading.data[start + 2 : stop]) or _("asks for a cookie")
        _named(reading, "tcp.options.tfo", _("Fast Open"), start, stop, meaning, text)
        reading.piece("tcp.options.tfo.cookie", _("Cookie"), start + 2, stop, "", in_hex, depth=2)
    elif kind in EXPERIMENTS and stop - start >= 4:
        _experiment(reading, start, stop)
    else:
        label = NAMES.get(kind) or _("unknown option {kind}", kind=kind)
        _named(reading, "tcp.options.unknown", label, start, stop)
        name = "tcp.options.unknown.payload"
        reading.piece(name, _("Data"), start + 2, stop, "", in_hex, depth=2)


def _named(
    reading: Reading,
    name: str,
    label: str,
    start: int,
    stop: int,
    meaning: str = "",
    text: str | Callable[[bytes], str] = in_hex,
) -> None:
    reading.piece(name, label, start, stop, meaning, text, depth=1)
    reading.table(_HEAD, start, depth=2)


def _fixed(reading: Reading, form: _Form, start: int, stop: int) -> None:
    fits = stop - start == form.size
    text = form.text(reading.data[start + 2 : stop]) if fits and stop <= reading.have else in_hex
    _named(reading, form.name, form.label, start, stop, form.meaning, text)
    if not fits:
        reading.problems.append(
            _("the option {name} should have {size}", name=form.label, size=in_bytes(form.size))
        )
    else:
        reading.table(form.rows, start, depth=2)


def _sack(reading: Reading, start: int, stop: int) -> None:
    meaning = _("these bytes have come too, behind a gap: only the gap needs to be sent again")
    blocks = [
        (number(reading.data[at : at + 4]), number(reading.data[at + 4 : at + 8]))
        for at in range(start + 2, min(stop, reading.have) - 7, 8)
    ]
    text = ", ".join(f"{left}-{right}" for left, right in blocks)
    _named(reading, "tcp.options.sack", "SACK", start, stop, meaning, text)
    acknowledged = number(reading.data[reading.start + 8 : reading.start + 12])
    again = is_duplicate(acknowledged, blocks)
    for place, at in enumerate(range(start + 2, stop - 7, 8)):
        rows = (*_EDGES, *_AGAIN) if again and place == 0 else _EDGES
        if not reading.table(rows, at, depth=2):
            return
    reading.worked_out(
        "tcp.options.sack.count", _("Blocks"), len(blocks), str(len(blocks)), at=start, depth=2
    )
    if (stop - start - 2) % 8:
        reading.problems.append(_("the option {name} has a piece of a block", name="SACK"))


def is_duplicate(acknowledged: int, blocks: Sequence[tuple[int, int]]) -> bool:
    """Whether the first block tells of bytes that came twice: it is acknowledged already, or lies
    within the second block (RFC 2883, section 4)."""
    if not blocks:
        return False
    (left, right), *others = blocks
    if before(left, acknowledged) and not before(acknowledged, right):
        return True
    return bool(others) and not before(left, others[0][0]) and not before(others[0][1], right)


def _experiment(reading: Reading, start: int, stop: int) -> None:
    name, label = "tcp.options.experimental", _("Experiment")
    _named(reading, name, label, start, stop, _("a number that isn't given out yet"))
    reading.table([_EXPERIMENT], start, depth=2)
    if number(reading.data[start + 2 : start + 4]) == _FAST_OPEN_EXPERIMENT:
        reading.piece("tcp.options.tfo.cookie", _("Cookie"), start + 4, stop, "", in_hex, depth=2)
    else:
        reading.piece(f"{name}.data", _("Data"), start + 4, stop, "", in_hex, depth=2)
