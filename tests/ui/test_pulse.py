"""When the screen draws, and that in a flood a key need not wait for all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from socklab.ui.pulse import FLOOD, Pulse


class Reading:
    """A follower that reads so many events in each frame, and is then up to date."""

    share = 0.1
    behind = 0

    def __init__(self, events: int) -> None:
        self.position = 0
        self.journal = self
        self._events = events

    def advance(self, _seconds: float) -> None:
        self.position += self._events

    def watch(self, _called: Callable[[], None]) -> None:
        """Nothing more happens."""


class Drawing:
    """Three steps a frame, and what else the loop did between them."""

    def __init__(self, events: int) -> None:
        self.done: list[str] = []
        self.busy = 0.0
        self.pulse = Pulse(Reading(events), self._draw, lambda do: do(), lambda: self.busy)  # type: ignore[arg-type]
        self.in_step: Callable[[int], None] = lambda _step: None

    def _draw(self) -> Iterator[None]:
        for step in range(3):
            self.done.append(f"step {step}")
            asyncio.get_running_loop().call_soon(self.done.append, "a key")
            self.in_step(step)
            yield
        self.done.append("over")

    async def frames(self, count: int) -> list[str]:
        while self.done.count("over") < count:
            await asyncio.sleep(0)
        return self.done


async def test_while_little_happens_a_frame_is_drawn_at_once() -> None:
    drawing = Drawing(FLOOD - 1)
    drawing.pulse.beat()
    assert await drawing.frames(1) == ["step 0", "step 1", "step 2", "over"]


async def test_in_a_flood_a_key_has_its_turn_between_the_steps() -> None:
    drawing = Drawing(FLOOD)
    drawing.pulse.beat()
    frame = await drawing.frames(1)
    assert frame == ["step 0", "a key", "step 1", "a key", "step 2", "a key", "over"]


async def test_in_a_flood_a_frame_gives_way_to_what_comes_of_a_key() -> None:
    drawing = Drawing(FLOOD)

    def press(step: int) -> None:
        drawing.busy = 0.001 if step == 0 else 0.0
        if step == 0:
            asyncio.get_running_loop().call_soon(answer)

    def answer() -> None:
        asyncio.get_running_loop().call_soon(drawing.done.append, "its echo")

    drawing.in_step = press
    drawing.pulse.beat()
    frame = [what for what in await drawing.frames(1) if what != "a key"]
    assert frame == ["step 0", "its echo", "step 1", "step 2", "over"]


async def test_a_key_that_is_held_down_does_not_keep_the_frames_away() -> None:
    drawing = Drawing(FLOOD)
    drawing.busy = 0.001
    for count in (1, 2):
        drawing.pulse.beat()
        assert (await drawing.frames(count)).count("over") == count


async def test_what_is_wanted_during_a_frame_is_another_frame() -> None:
    drawing = Drawing(FLOOD)
    drawing.in_step = lambda step: drawing.pulse.beat() if len(drawing.done) < 3 else None
    drawing.pulse.beat()
    assert (await drawing.frames(2)).count("step 0") == 2


async def test_who_is_in_a_hurry_does_not_wait_for_the_rest_of_a_frame() -> None:
    drawing = Drawing(FLOOD)
    drawing.in_step = lambda step: drawing.pulse.hurry() if len(drawing.done) < 3 else None
    drawing.pulse.beat()
    frame = await drawing.frames(1)
    assert [what for what in frame if what != "a key"] == [
        "step 0",
        "step 0",
        "step 1",
        "step 2",
        "over",
    ]
