"""Times and sizes in the units that people read."""

from __future__ import annotations

import time

from socklab.i18n import _

_MICROSECOND = 1_000
_MILLISECOND = 1_000_000
_SECOND = 1_000_000_000
_EXACT_BYTES = 10_000
"""Below this a size is shown to the byte: students compare it with what they sent."""


def duration_text(ns: int) -> str:
    """A duration (ns) with two or three digits: `850 ns`, `12 µs`, `1.3 ms`, `3.07 s`, `134.5 s`.

    From ten minutes on minutes and seconds: `12 min 5 s`.
    """
    if ns < _MICROSECOND:
        return _("{n} ns", n=ns)
    if (micro := round(ns / _MICROSECOND)) < 1000:
        return _("{n} µs", n=micro)
    milli = ns / _MILLISECOND
    if round(milli, 1) < 10:
        return _("{n} ms", n=f"{milli:.1f}")
    if round(milli) < 1000:
        return _("{n} ms", n=round(milli))
    return _seconds_text(ns / _SECOND)


def _seconds_text(seconds: float) -> str:
    if round(seconds, 2) < 10:
        return _("{n} s", n=f"{seconds:.2f}")
    if round(seconds, 1) < 600:
        return _("{n} s", n=f"{seconds:.1f}")
    minutes, rest = divmod(round(seconds), 60)
    return _("{minutes} min {seconds} s", minutes=minutes, seconds=rest)


def clock_text(t: int) -> str:
    """The local time of day at `t` (ns since the epoch), to the microsecond: `12:00:01.123 456`."""
    seconds, ns = divmod(t, _SECOND)
    milli, micro = divmod(ns // _MICROSECOND, 1000)
    return f"{_time_of_day(seconds)}.{milli:03} {micro:03}"


def date_text(t: int) -> str:
    """The local date and time at `t` (ns since the epoch): `2026-03-01 12:00:01 +0900`."""
    local = _local(t // _SECOND)
    return time.strftime("%Y-%m-%d %H:%M:%S %z", local) if local else "?"


def size_text(size: int) -> str:
    """A number of bytes: `12 B`, `9999 B`, `9.8 KiB`, `128 KiB`, `3.7 MiB`."""
    if abs(size) < _EXACT_BYTES:
        return _("{n} B", n=size)
    amount = float(size)
    for unit in ("KiB", "MiB"):
        amount /= 1024
        if round(amount) < 1024:
            return f"{_digits(amount)} {unit}"
    return f"{_digits(amount / 1024)} GiB"


def _digits(amount: float) -> str:
    return f"{amount:.1f}" if round(amount, 1) < 100 else f"{amount:.0f}"


def _time_of_day(seconds: int) -> str:
    local = _local(seconds)
    return f"{local.tm_hour:02}:{local.tm_min:02}:{local.tm_sec:02}" if local else "--:--:--"


def _local(seconds: int) -> time.struct_time | None:
    try:
        return time.localtime(seconds)
    except (OverflowError, OSError, ValueError):  # a damaged journal may hold any number
        return None
