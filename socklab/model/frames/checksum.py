"""The Internet's checksum: RFC 1071."""

from __future__ import annotations

from enum import IntEnum

_MOST = 0xFFFF


class Status(IntEnum):
    """What can be said of a checksum; numbered as Wireshark does."""

    BAD = 0
    GOOD = 1
    UNVERIFIED = 2
    ABSENT = 3


def checksum(data: bytes) -> int:
    """The complement of the ones' complement sum of the 16-bit words, a last odd byte being the
    high half of one.

    65536 is 1 modulo 65535, so the sum of the words is the whole as one number, modulo 65535. Of
    ones' complement's two zeros a sum is the negative one (65535), unless all words are 0.
    """
    total = int.from_bytes(data)
    if len(data) % 2:
        total <<= 8
    rest = total % _MOST
    if rest == 0 and total:
        rest = _MOST
    return _MOST - rest


def begun(pseudo: bytes) -> bytes:
    """What Linux puts where a checksum belongs that is to be computed later: the sum over the
    pseudo-header, not complemented."""
    return (_MOST - checksum(pseudo)).to_bytes(2)


def verify(data: bytes, at: int) -> tuple[Status, int]:
    """Whether the checksum that lies at `at` fits `data`, and what it should be."""
    expected = checksum(data[:at] + b"\0\0" + data[at + 2 :])
    good = int.from_bytes(data[at : at + 2]) % _MOST == expected % _MOST  # 0 is 0xFFFF
    return (Status.GOOD if good else Status.BAD), expected
