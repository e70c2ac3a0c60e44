"""Finds hints, as a fold over the events.

It folds a socket table of its own: rules ask how things were when an event happened, and so the
same fold serves a screen, a recording and an export, and nobody has to keep two in step. What costs
are the events that change sockets; a send or a receive costs a few look-ups, and two once its
socket is no longer watched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from socklab.events import Call, Event
from socklab.model.hints.hint import RECEIVED, SENT, Hint, Judge, Later, Rule
from socklab.model.hints.rules import RULES
from socklab.model.hints.scene import Scene
from socklab.model.hints.story import Story
from socklab.model.transfers import MOVES, SENDS

MOST_HINTS = 256
"""Hints that are kept; older ones are only counted."""

_MOST_SAID = 16_384
_MOST_DUE = 1024
_NEVER = 1 << 80


class HintFinder:
    """`hints` are the newest found, oldest first; `counts` how many of each rule there were.

    `complete`: the first event applied is the first of its lab.
    """

    def __init__(self, complete: bool = True) -> None:
        self.hints: list[Hint] = []
        self.counts: dict[str, int] = {}
        self._scene = Scene(complete)
        self._said: dict[tuple[str, int], None] = {}
        self._due: list[tuple[int, int, Judge, Event]] = []
        self._next = _NEVER
        self._asked = 0

    def copy(self) -> HintFinder:
        """One that has found the same and goes on by itself."""
        other = HintFinder()
        other.hints = list(self.hints)
        other.counts = dict(self.counts)
        other._scene = self._scene.copy()
        other._said = dict(self._said)
        other._due = list(self._due)
        other._next, other._asked = self._next, self._asked
        return other

    @property
    def found(self) -> int:
        """How many hints there were so far, those no longer kept too."""
        return sum(self.counts.values())

    def apply(self, event: Event) -> None:
        """Take in the journal's next event."""
        if event.t >= self._next:
            self.tick(event.t)
        if type(event) is Call:
            ended = event.t + event.duration
            if ended > self._scene.now:
                self._scene.now = ended
            if event.error is None and event.name in MOVES:
                self._move(event)
                return
        elif event.t > self._scene.now:
            self._scene.now = event.t
        story = self._scene.take(event)
        if story is not None:
            self._ask(_judges(event), event, story)

    def tick(self, now: int) -> None:
        """It is `now` (ns since the epoch): what only time could show is shown by it."""
        while self._due and self._due[0][0] <= now:
            due, _order, judge, event = heappop(self._due)
            self._scene.now = max(self._scene.now, due)
            story = self._scene.story(getattr(event, "sock", None))
            if story is not None:
                self._ask((judge,), event, story)
        self._next = self._due[0][0] if self._due else _NEVER

    # For whoever can't read every send and receive of a flood.

    @property
    def blind(self) -> bool:
        """Whether sends and receives are being passed over: those of sockets that appear
        meanwhile are not followed."""
        return self._scene.blind

    @blind.setter
    def blind(self, blind: bool) -> None:
        self._scene.blind = blind

    def watches(self, sock: int) -> bool:
        """Whether the socket's sends and receives are of use."""
        story = self._scene.stories.get(sock)
        return story is not None and story.watched

    def waits(self, program: str | None, call: str | None) -> bool:
        """Whether the program is blocked in that call: its return is of use."""
        wait = self._scene.table.now_blocked.get(program or "")
        return wait is not None and wait.name == call

    def miss(self, socks: Iterable[int]) -> None:
        """Sends and receives of these sockets are passed over, and no later ones are of use."""
        for sock in socks:
            story = self._scene.stories.get(sock)
            if story is not None and story.watched:
                self._scene.miss(story)

    def lose(self) -> None:
        """Events of all sorts are passed over: only what begins after them is known again."""
        self._scene = Scene(complete=False)
        self._due.clear()
        self._next = _NEVER

    # Asking the rules.

    def _move(self, call: Call) -> None:
        story = self._scene.move(call)
        if story is None:
            return
        if call.name in SENDS:
            self._ask(_ON[SENT], call, story)
            story.last_sent = call.n
        else:
            self._ask(_ON[RECEIVED], call, story)
            story.received(call)

    def _ask(self, judges: Iterable[Judge], event: Event, story: Story) -> None:
        for judge in judges:
            answer = judge(event, story, self._scene)
            if answer is None:
                continue
            if isinstance(answer, Hint):
                self._say(answer)
            elif isinstance(answer, Later) and len(self._due) < _MOST_DUE:
                self._asked += 1
                heappush(self._due, (answer.t, self._asked, judge, event))
                self._next = self._due[0][0]

    def _say(self, hint: Hint) -> None:
        key = (hint.rule, hint.connection)
        if key in self._said:
            return
        self._said[key] = None
        if len(self._said) > _MOST_SAID:
            del self._said[next(iter(self._said))]
        self.counts[hint.rule] = self.counts.get(hint.rule, 0) + 1
        self.hints.append(hint)
        if len(self.hints) >= 2 * MOST_HINTS:
            del self.hints[:MOST_HINTS]


def _judges(event: Event) -> Iterator[Judge]:
    yield from _ON.get(type(event), ())
    if isinstance(event, Call):
        if event.name not in MOVES:
            yield from _ON.get(event.name, ())
        if event.error is not None:
            yield from _ON.get(event.error, ())


def _by_sort(rules: Iterable[Rule]) -> dict[type[Event] | str, tuple[Judge, ...]]:
    table: dict[type[Event] | str, tuple[Judge, ...]] = {SENT: (), RECEIVED: ()}
    for rule in rules:
        for sort in rule.on:
            table[sort] = (*table.get(sort, ()), rule.judge)
    return table


_ON = _by_sort(RULES)
