"""What a bad wire decides: by chance from a seed, and in time."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.model.impairments import Delivery, Direction, Impairments

FRAME = bytes(range(60))
MS = 1_000_000
SECOND = 1_000_000_000

shares = st.floats(0, 1)
impairments = st.builds(
    Impairments,
    delay=st.floats(0, 2),
    jitter=st.floats(0, 1),
    loss=shares,
    duplicate=shares,
    reorder=shares,
    corrupt=shares,
    rate=st.none() | st.floats(100, 1e9),
    queue=st.none() | st.integers(0, 10),
)


def run(bad: Impairments, count: int, *, seed: str = "1", every: int = MS) -> list[list[Delivery]]:
    direction = Direction(seed, bad)
    return [direction.decide(FRAME, number * every) for number in range(count)]


def test_a_good_wire_lets_everything_through_at_once() -> None:
    assert run(Impairments(), 3) == [[Delivery(n * MS, "delivered", FRAME)] for n in range(3)]


@given(bad=impairments, seed=st.text())
def test_a_run_repeats(bad: Impairments, seed: str) -> None:
    assert run(bad, 20, seed=seed) == run(bad, 20, seed=seed)


@given(bad=impairments)
def test_every_frame_has_a_fate_and_none_comes_before_it_was_sent(bad: Impairments) -> None:
    for number, deliveries in enumerate(run(bad, 30)):
        assert 1 <= len(deliveries) <= 2
        for delivery in deliveries:
            assert delivery.at >= number * MS or delivery.verdict == "dropped"
            assert (delivery.data is None) == (delivery.verdict == "dropped")


@given(bad=impairments)
def test_only_reordering_reorders(bad: Impairments) -> None:
    came = [d.at for ds in run(replace(bad, reorder=0), 50) for d in ds if d.data is not None]
    assert came == sorted(came)


def test_a_setting_changes_nothing_else() -> None:
    lost = [not ds[0].data for ds in run(Impairments(loss=0.3), 200)]
    also_late = [not ds[0].data for ds in run(Impairments(loss=0.3, delay=1, corrupt=0.2), 200)]
    assert lost == also_late


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_as_many_are_lost_as_chance_has_it(share: float) -> None:
    count = 10_000
    lost = sum(ds[0].verdict == "dropped" for ds in run(Impairments(loss=share), count))
    # The 99.9 % interval of the binomial distribution, by its normal approximation.
    assert abs(lost - count * share) <= 3.291 * sqrt(count * share * (1 - share)) + 1


def test_a_delay_is_exact_and_jitter_stays_around_it() -> None:
    assert run(Impairments(delay=0.1), 1)[0][0].at == 100 * MS
    came = [ds[0].at - n * SECOND for n, ds in enumerate(run(_jittery, 200, every=SECOND))]
    assert 50 * MS <= min(came) < 70 * MS
    assert 130 * MS < max(came) <= 150 * MS


_jittery = Impairments(delay=0.1, jitter=0.05)


def test_a_rate_spaces_the_frames_and_a_full_queue_drops() -> None:
    bad = Impairments(rate=(60 + 24) * 8 * 10, queue=2)  # ten frames a second
    fates = [ds[0] for ds in run(bad, 4, every=0)]
    assert [fate.verdict for fate in fates] == ["delivered"] * 3 + ["dropped"]
    assert [fate.at for fate in fates[:3]] == [100 * MS, 200 * MS, 300 * MS]
    assert fates[3].why == "queue full"


def test_a_frame_that_may_not_wait_for_the_rate_takes_none_of_it() -> None:
    direction = Direction("1", Impairments(rate=(60 + 24) * 8 * 10))
    [refused] = direction.decide(FRAME, 0, room=False)
    assert (refused.verdict, refused.why) == ("dropped", "queue full")
    [sent] = direction.decide(FRAME, 0)
    assert sent.at == 100 * MS


class Compared(int):
    """A moment that counts how often it is compared."""

    times = 0

    def _counted(self, other: int, how: Callable[[int, int], bool]) -> bool:
        Compared.times += 1
        return how(int(self), int(other))

    def __lt__(self, other: int) -> bool:
        return self._counted(other, operator.lt)

    def __le__(self, other: int) -> bool:
        return self._counted(other, operator.le)

    def __gt__(self, other: int) -> bool:
        return self._counted(other, operator.gt)

    def __ge__(self, other: int) -> bool:
        return self._counted(other, operator.ge)


def test_a_frame_costs_the_same_however_many_wait() -> None:
    direction = Direction("1", Impairments(rate=1000))
    costs = []
    for _frame in range(1000):
        before = Compared.times
        direction.decide(FRAME, Compared(0))
        costs.append(Compared.times - before)
    assert costs[-1] == costs[1] < 10


def test_frames_that_came_while_nothing_was_set_use_up_no_chance() -> None:
    lossy = Impairments(loss=0.5)
    direction = Direction("1")
    for _frame in range(7):
        direction.decide(FRAME, 0)
    direction.impairments = lossy
    fates = [direction.decide(FRAME, n * MS)[0].verdict for n in range(50)]
    assert fates == [deliveries[0].verdict for deliveries in run(lossy, 50)]


@given(frame=st.binary(min_size=15, max_size=2000), seed=st.text())
def test_a_corrupted_frame_differs_in_one_bit_behind_the_ethernet_header(
    frame: bytes, seed: str
) -> None:
    [fate] = Direction(seed, Impairments(corrupt=1)).decide(frame, 0)
    assert fate.data is not None
    changed = int.from_bytes(frame) ^ int.from_bytes(fate.data)
    assert changed.bit_count() == 1
    assert fate.data[:14] == frame[:14]


def test_a_duplicated_frame_comes_twice() -> None:
    [deliveries] = run(Impairments(duplicate=1), 1)
    assert [fate.verdict for fate in deliveries] == ["duplicated", "delivered"]
