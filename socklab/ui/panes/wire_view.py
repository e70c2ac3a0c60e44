"""What is on the wire now, as the drawing shows it: from the state of the wire to a scene."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Literal

from textual import events
from textual.message import Message
from textual.widgets import Static

from socklab.events import Frame
from socklab.i18n import _
from socklab.journal import Readable
from socklab.lab.network_commands import Pair
from socklab.model.frames import outline
from socklab.ui.panes.lately import Lately
from socklab.ui.panes.painting import as_content
from socklab.ui.panes.wire_drawing import LOW, Drawing, Moving, Scene, Token, draw, short_name
from socklab.ui.panes.wire_fates import Fates, Outcome, frame_at
from socklab.ui.panes.wire_settings import address_of
from socklab.ui.panes.wire_state import WireState

MOST_HELD, MOST_MOVING = 32, 12
"""Frames that are drawn at most."""

SEEN_FOR = 800_000_000
"""Nanoseconds for which a frame is seen to cross at least, however quick it was."""

LOST_FOR = 1_500_000_000
"""For which one is seen that was lost on the way, a part of them crossing half of it."""

_SECOND = 1_000_000_000
_MANY = 100  # frames per second from which they aren't drawn one by one
_LONGEST = 0.97  # of the way, while it isn't known that it has arrived
_SIGNS = {
    "delivered": ("✓", ""),
    "dropped": ("✗", "error"),
    "duplicated": ("⧉", ""),
    "corrupted": ("≈", "warning"),
}


class Traffic:
    """Finds what of the wire is to be drawn at some moment."""

    def __init__(self, journal: Readable, state: WireState, fates: Fates) -> None:
        self._journal = journal
        self._state = state
        self._fates = fates
        self._tokens: Lately[int, tuple[Token, Frame]] = Lately(256)
        self._counted: deque[tuple[int, int]] = deque(maxlen=8)
        self._rate = ""

    def scene(self, pair: Pair, now: int, chosen: int | None) -> Scene:
        """The wire between two hosts at `now` (ns); `chosen` is the event of a held frame."""
        state = self._state
        held = list(self._held(pair, chosen))
        rate = self.rate(now)
        moving = [] if rate else list(self._moving(pair, now))
        return Scene(
            pair,
            (address_of(pair[0], state.settings), address_of(pair[1], state.settings)),
            state.settings.unplugged,
            state.settings.holding,
            held,
            max(0, len(state.held) - MOST_HELD) if len(state.settings.hosts) < 3 else 0,
            moving,
            chosen,
            rate,
        )

    def _held(self, pair: Pair, chosen: int | None) -> Iterator[Token]:
        """Those nearest to their receivers, and the chosen one with those before and behind it."""
        numbers = self._state.held.values()
        begin = 0
        if chosen not in list(islice(numbers, MOST_HELD // 8)):
            begin = max(0, next((at for at, n in enumerate(numbers) if n == chosen), 1) - 1)
        for n in islice(numbers, begin, begin + MOST_HELD):
            found = self.token(n, pair)
            if found is not None:
                yield found[0]

    def token(self, n: int, pair: Pair) -> tuple[Token, Frame] | None:
        """A frame between these hosts, and how it is drawn."""
        known = self._tokens.get(n)
        if known is None:
            frame = frame_at(self._journal, n)
            if frame is None:
                return None
            name = f"{frame.id} {short_name(outline(frame.data, frame.size))}"
            known = self._tokens[n] = Token(n, name, True), frame
        token, frame = known
        sender, receiver = frame.sender, frame.receiver
        if sender == pair[0] and receiver in (pair[1], "*"):
            return token, frame
        if sender == pair[1] and receiver in (pair[0], "*"):
            return Token(n, token.name, False), frame
        return None

    # What moves

    def rate(self, now: int) -> str:
        """How many frames a second there are, where they are too many to be drawn."""
        counted, count = self._counted, self._state.frames
        if counted and (now < counted[-1][0] or count < counted[-1][1]):
            counted.clear()
        if counted and now - counted[-1][0] < _SECOND // 4:
            return self._rate
        counted.append((now, count))
        begin, before = next((t, n) for t, n in counted if now - t <= _SECOND)
        a_second = (count - before) * _SECOND / max(now - begin, _SECOND // 4)
        self._rate = _("{n} frames/s", n=_rounded(a_second)) if a_second >= _MANY else ""
        return self._rate

    def _moving(self, pair: Pair, now: int) -> Iterator[Moving]:
        state = self._state
        late = islice(state.under_way.values(), MOST_MOVING)
        seen = list(dict.fromkeys([*late, *reversed(state.recent), *state.released]))
        for n in sorted(seen[: 2 * MOST_MOVING]):
            found = self.token(n, pair)
            if found is not None:
                moving = self._move(*found, now)
                if moving is not None:
                    yield moving

    def _move(self, token: Token, frame: Frame, now: int) -> Moving | None:
        """Where the frame is; None if it isn't seen any more, or waits."""
        outcome = self._fates.of(frame.n)
        begin = _set_out(frame, outcome)
        if begin is None:
            return None
        age, last = now - begin, outcome.last
        if last is None:
            bad = self._state.settings.impairments(frame.sender, frame.receiver)
            expected = max(SEEN_FOR, round(bad.delay * _SECOND))
            return Moving(token, min(age / expected, _LONGEST))
        sign, style = _SIGNS.get(last.verdict, ("", ""))
        if last.verdict == "dropped":
            if age >= LOST_FOR:
                return None
            return Moving(token, min(age / SEEN_FOR, 0.5), sign, style)
        place = age / max(SEEN_FOR, last.t - begin)
        return Moving(token, place, sign, style) if place < 1 else None


def _rounded(number: float) -> str:
    """In two digits: nobody can read more of what changes all the time."""
    power = 10 ** max(0, len(f"{number:.0f}") - 2)
    return f"{round(number / power) * power:,}"


def _set_out(frame: Frame, outcome: Outcome) -> int | None:
    """When it set out on its way (ns): when it came, or when it was let go; None while it waits."""
    if outcome.held is None:
        return frame.t
    return None if outcome.last is None else outcome.last.t


class WireView(Static):
    """The drawing. A click on a frame chooses it."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    WireView { height: 3; width: 1fr; text-wrap: nowrap; }
    WireView.-high { height: 5; }
    """

    class Clicked(Message):
        """Somebody means this frame (its event's number), or the holding of all."""

        def __init__(self, what: int | Literal["hold"]) -> None:
            super().__init__()
            self.what = what

    def __init__(self) -> None:
        super().__init__("", id="wire-view")
        self._drawing = Drawing([], [])
        self._scene: Scene | None = None
        self._drawn: tuple[object, ...] = ()

    def show(self, scene: Scene) -> None:
        """Draw it, unless it is there already."""
        self._scene = scene
        size = self.size
        if size.width <= 0 or (scene, size) == self._drawn:
            return
        self._drawn = (scene, size)
        self._drawing = draw(scene, size.width, max(size.height, LOW))
        self.update(as_content(self._drawing.rows), layout=False)

    def on_resize(self) -> None:
        """The same in another width."""
        if self._scene is not None:
            self.show(self._scene)

    def on_click(self, event: events.Click) -> None:
        """Say what was meant."""
        what = self._drawing.at(event.x, event.y)
        if what is not None:
            self.post_message(self.Clicked(what))
