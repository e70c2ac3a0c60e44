from __future__ import annotations

import pytest

from socklab.events import Address
from socklab.model.addresses import address_text, overlap, takes, unmapped


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (("127.0.0.1", 80), "127.0.0.1:80"),
        (("::1", 80), "[::1]:80"),
        (("fe80::1%eth0", 80), "[fe80::1%eth0]:80"),
        (("::ffff:127.0.0.1", 80), "[::ffff:127.0.0.1]:80"),
        (("evil\x1b[2J", 80), r"evil\x1b[2J:80"),
    ],
)
def test_address_text(address: Address, shown: str) -> None:
    assert address_text(address) == shown


def test_only_mapped_addresses_are_unmapped() -> None:
    assert unmapped(("::ffff:10.0.0.1", 5)) == ("10.0.0.1", 5)
    assert unmapped(("::1", 5)) == ("::1", 5)
    assert unmapped(("10.0.0.1", 5)) == ("10.0.0.1", 5)


@pytest.mark.parametrize(
    ("bound", "to", "fit"),
    [
        ("127.0.0.1", "127.0.0.1", 3),
        ("127.0.0.1", "127.0.0.2", 0),
        ("0.0.0.0", "127.0.0.2", 2),
        ("0.0.0.0", "::1", 0),
        ("::", "::1", 2),
        ("::", "::ffff:127.0.0.1", 1),
        ("::", "127.0.0.1", 1),
        ("::1", "127.0.0.1", 0),
    ],
)
def test_the_closest_bound_address_takes_it(bound: str, to: str, fit: int) -> None:
    assert takes((bound, 80), (to, 80)) == fit
    assert takes((bound, 81), (to, 80)) == 0


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("127.0.0.1", 80), ("127.0.0.1", 80), True),
        (("127.0.0.1", 80), ("127.0.0.2", 80), False),
        (("127.0.0.1", 80), ("127.0.0.1", 81), False),
        (("0.0.0.0", 80), ("127.0.0.1", 80), True),
        (("127.0.0.1", 80), ("0.0.0.0", 80), True),
        (("::", 80), ("127.0.0.1", 80), True),
        (("::", 80), ("0.0.0.0", 80), True),
        (("0.0.0.0", 80), ("::1", 80), False),
        (("::ffff:127.0.0.1", 80), ("127.0.0.1", 80), True),
        (("::1", 80), ("127.0.0.1", 80), False),
    ],
)
def test_which_bound_sockets_are_in_each_other_s_way(
    one: Address, other: Address, expected: bool
) -> None:
    assert overlap(one, other) is expected
    assert overlap(other, one) is expected
