"""The numbers of symbols, beside those of this system's headers."""

from __future__ import annotations

import select
import socket
import sys

import pytest

from socklab.lab.options import OPTIONS, constant
from socklab.model.symbols import NUMBERS, with_number


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other numbers")
@pytest.mark.parametrize("symbol", sorted(NUMBERS))
def test_numbers_are_the_system_s(symbol: str) -> None:
    known = getattr(socket, symbol, None) or getattr(select, symbol, None)
    if symbol.startswith("FION"):
        termios = pytest.importorskip("termios")
        known = getattr(termios, symbol)
    assert NUMBERS[symbol] == (constant(symbol) if known is None else known)


def test_every_option_has_its_number() -> None:
    for option in OPTIONS.values():
        for ipv6 in (False, True):
            assert set(option.names(ipv6)) <= NUMBERS.keys()


@pytest.mark.parametrize(
    ("arg", "text"),
    [
        ("AF_INET", "AF_INET = 2"),
        ("MSG_PEEK|MSG_WAITALL", "MSG_PEEK|MSG_WAITALL = 0x102"),
        ("POLLIN", "POLLIN = 0x1"),
        ("FIONBIO", "FIONBIO = 0x5421"),
        ("SO_REUSEADDR", "SO_REUSEADDR = 2"),
        ("0", None),
        ("MSG_PEEK|nonsense", None),
        (5, None),
        (("127.0.0.1", 1), None),
    ],
)
def test_a_symbol_is_shown_with_its_number(arg: object, text: str | None) -> None:
    assert with_number(arg) == text  # type: ignore[arg-type]
