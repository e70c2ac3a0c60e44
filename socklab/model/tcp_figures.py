"""The numbers of TCP_INFO as people read them: with their unit, and names for what is no number."""

from __future__ import annotations

from collections.abc import Callable

from socklab.i18n import _
from socklab.model.tcp_info import (
    BY_NAME,
    CONGESTION_STATES,
    NO_RATE_LIMIT,
    NO_THRESHOLD,
    Unit,
    option_names,
)
from socklab.model.tcp_states import BY_CODE
from socklab.model.units import duration_text, size_text

_NEVER_MEASURED = 2**32 - 1  # min_rtt before the first measurement

_UNTOLD = "—"


def figure(name: str, number: int | None) -> str:
    """What the field `name` (without `tcpi_`) says: `25 µs`, `10 segments`, `65,536 B`.

    A dash where the kernel doesn't say. Raises KeyError for a name that the struct doesn't have.
    """
    if number is None:
        return _UNTOLD
    special = _SPECIAL.get(name)
    said = special(number) if special is not None else ""
    return said or in_unit(number, BY_NAME[name].unit)


def in_unit(number: int, unit: Unit) -> str:
    """A number with its unit."""
    return _UNITS[unit](number)


def _segments(number: int) -> str:
    return _("1 segment") if number == 1 else _("{n} segments", n=f"{number:,}")


def _rate(number: int) -> str:
    return _("no limit") if number == NO_RATE_LIMIT else _("{size}/s", size=size_text(number))


def _bytes(number: int) -> str:
    return _("{n} B", n=f"{number:,}")


def _scale(bits: int) -> str:
    return _("{bits} bits: × {factor}", bits=bits, factor=f"{1 << bits:,}")


_UNITS: dict[Unit, Callable[[int], str]] = {
    Unit.NUMBER: "{:,}".format,
    Unit.BYTES: _bytes,
    Unit.SEGMENTS: _segments,
    Unit.MICROSECONDS: lambda number: duration_text(number * 1_000) if number else _("0 µs"),
    Unit.MILLISECONDS: lambda number: duration_text(number * 1_000_000) if number else _("0 ms"),
    Unit.BYTES_PER_SECOND: _rate,
    Unit.SCALE: _scale,
    Unit.SYMBOL: str,
}


def _option_words(flags: int) -> str:
    words = {
        "TIMESTAMPS": _("timestamps"),
        "SACK": "SACK",
        "WSCALE": _("window scaling"),
        "ECN": "ECN",
        "ECN_SEEN": _("ECN seen"),
        "SYN_DATA": _("data in SYN"),
        "USEC_TS": _("µs timestamps"),
        "TFO_CHILD": "Fast Open",
    }
    return " ".join(words[name] for name in option_names(flags)) or _("none")


def _congestion_state(number: int) -> str:
    return CONGESTION_STATES[number] if number < len(CONGESTION_STATES) else ""


def _threshold(number: int) -> str:
    return _("none yet") if number >= NO_THRESHOLD else ""


def _measured(number: int) -> str:
    return _("not measured") if number in (0, _NEVER_MEASURED) else ""


_SPECIAL: dict[str, Callable[[int], str]] = {
    "state": lambda number: str(BY_CODE.get(number, "")),
    "ca_state": _congestion_state,
    "options": _option_words,
    "snd_ssthresh": _threshold,
    "rtt": _measured,
    "min_rtt": _measured,
    "rcv_rtt": _measured,
}
