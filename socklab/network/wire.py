"""The wire: carries every frame between the private hosts, and lets a person in between.

It takes what comes from the hosts' links (`links`), and says what is to become of it: by a rule, by
hand, or as its direction decides (`course`). One thread carries; any thread may ask.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from socklab.events import Note
from socklab.i18n import _
from socklab.model.frame_kinds import kinds
from socklab.model.impairments import PERFECT, Direction, Impairments, impairments_text
from socklab.model.wire_rules import Rule
from socklab.model.wire_waiting import Passing
from socklab.network.course import Course
from socklab.network.links import End, Links
from socklab.network.wire_record import WireRecord

_SECOND = 1_000_000_000

_BATCH = 64
"""Frames carried before others have their turn."""


class NotOnTheWire(ValueError):
    """No such host or frame, or nothing is held; the text says which."""


class Held(NamedTuple):
    """A frame that waits on the wire: `since` when (ns), `due` when it goes on by itself (ns), None
    for one that waits for a hand."""

    id: int
    sender: str
    receiver: str
    since: int
    due: int | None
    data: bytes


class Wire:
    """Carries frames from `start` on until `close`.

    What happens is in `record`, which hands it on before anybody else has a turn; `first` numbers
    the first frame.
    """

    def __init__(self, record: WireRecord, seed: int = 1, first: int = 1) -> None:
        self._record = record
        self._seed = seed
        self._lock = threading.Lock()
        self._links = Links(record.now, self._carry)
        self._course = Course(record, self._links.ends, itertools.count(first))
        self._directions = self._course.directions
        self._waiting = self._course.waiting
        self._unplugged: set[str] = set()
        self._rules: list[Rule] = []
        self._holding = False
        self._ended = False
        self._lost = 0  # frames of which nobody has been told yet
        self._told = 0  # when somebody was (ns)
        self._thread = threading.Thread(target=self._run, name="wire", daemon=True)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            finally:
                self._record.hand_on()

    @contextmanager
    def _act(self) -> Iterator[None]:
        """Of a person: what has come by then came before it, read or not."""
        with self._turn():
            self._links.read()
            while self._links.carry(_BATCH):
                pass
            self._see_to_what_waits()
            yield

    def start(self) -> None:
        """Carry."""
        self._thread.start()

    def plug_in(self, host: str, mac: str, end: End) -> None:
        """Another host, at the end of its link, which is the wire's from now on."""
        with self._turn():
            for other in self._links.ends:
                for pair in ((host, other), (other, host)):
                    self._directions[pair] = self._direction(*pair)
            self._links.add(host, mac, end)

    def _direction(self, sender: str, receiver: str, bad: Impairments = PERFECT) -> Direction:
        return Direction(f"{self._seed} {sender}>{receiver}", bad)

    def fit(self, mtu: int) -> None:
        """Carry packets of so many bytes from now on. Raises OSError."""
        with self._turn():
            self._links.fit(mtu)

    def close(self) -> None:
        """Carry no more; what is under way is lost."""
        with self._turn():
            self._ended = True
        self._links.rouse()
        if self._thread.is_alive():
            self._thread.join()
        self._links.close()

    # What a person does.

    def impair(self, pair: tuple[str, str] | None, /, **settings: float | None) -> None:
        """Set some of `Impairments`' fields, for one direction (sender, receiver) or for all.

        Raises NotOnTheWire for hosts that aren't there.
        """
        with self._act():
            for direction in self._chosen(pair):
                changed = replace(direction.impairments, **settings)  # type: ignore[arg-type]
                # The very object that says "perfect" is what a frame is quickly let through by.
                direction.impairments = PERFECT if changed == PERFECT else changed

    def _chosen(self, pair: tuple[str, str] | None) -> Iterable[Direction]:
        if pair is None:
            return self._directions.values()
        if pair not in self._directions:
            raise NotOnTheWire(_("there is no wire from {} to {}").format(*pair))
        return [self._directions[pair]]

    def reseed(self, seed: int) -> None:
        """Begin all chance anew."""
        with self._act():
            self._seed = seed
            for pair, direction in self._directions.items():
                self._directions[pair] = self._direction(*pair, direction.impairments)

    def plug(self, host: str | None, plugged: bool) -> None:
        """Plug a host (all, for None) in or out. Raises NotOnTheWire."""
        with self._act():
            hosts = set(self._links.ends) if host is None else {self._known(host)}
            self._unplugged = self._unplugged - hosts if plugged else self._unplugged | hosts

    def _known(self, host: str) -> str:
        if host not in self._links.ends:
            raise NotOnTheWire(_("there is no host {host} on the wire", host=host))
        return host

    def hold(self, holding: bool) -> None:
        """Hold every frame that comes from now on; or let all that is held go on, in order."""
        with self._act():
            self._holding = holding
            if not holding:
                for passing in list(self._waiting.held.values()):
                    self._release(passing)

    def step(self, count: int = 1) -> None:
        """Let the oldest `count` held frames go on. Raises NotOnTheWire where none is held."""
        with self._act():
            for passing in [*self._oldest()][:count]:
                self._release(passing)

    def _oldest(self) -> Iterable[Passing]:
        if not self._waiting.held:
            raise NotOnTheWire(_("no frame is held: say `wire hold on` first"))
        return self._waiting.held.values()

    def deliver(self, id: int) -> None:
        """Let a held frame go on. Raises NotOnTheWire."""
        with self._act():
            self._release(self._held_one(id))

    def drop(self, id: int) -> None:
        """Drop a held frame. Raises NotOnTheWire."""
        with self._act():
            passing = self._held_one(id)
            self._waiting.take(passing)
            self._course.drop(passing, "by hand")

    def duplicate(self, id: int) -> None:
        """Let a held frame go on twice. Raises NotOnTheWire."""
        with self._act():
            passing = self._held_one(id)
            self._waiting.take(passing)
            self._course.go_on_twice(passing, "by hand")

    def swap(self, one: int, other: int) -> None:
        """Two held frames change places. Raises NotOnTheWire."""
        with self._act():
            self._waiting.swap(self._held_one(one), self._held_one(other))

    def _held_one(self, id: int) -> Passing:
        passing = self._waiting.held.get(id)
        if passing is None:
            raise NotOnTheWire(_("no frame {id} is held", id=id))
        return passing

    def _release(self, passing: Passing) -> None:
        self._waiting.take(passing)
        self._course.go_on(passing, self._record.now())
        self._links.rouse()

    def next(self, rule: Rule) -> None:
        """Add a rule for a frame to come. Raises NotOnTheWire."""
        with self._act():
            if rule.sender is not None:
                self._known(rule.sender)
            self._rules.append(rule)

    # What it says.

    def waiting(self) -> list[Held]:
        """What is on the wire now: held frames in their order, then those that are under way."""
        with self._turn():
            held = [_shown(passing, None) for passing in self._waiting.held.values()]
            return held + [_shown(due.passing, due.at) for due in self._waiting.put_off_so_far]

    def status(self) -> list[str]:
        """How the wire is, line by line."""
        with self._turn():
            lines = [
                _("{pair}: {how}", pair=f"{one}>{other}", how=impairments_text(way.impairments))
                for (one, other), way in self._directions.items()
            ]
            lines.extend(_("{host} is unplugged", host=host) for host in sorted(self._unplugged))
            lines.extend(_("next: {rule}", rule=str(rule)) for rule in self._rules)
            held = len(self._waiting.held)
            if held or self._holding:
                lines.append(_("every frame is held") if self._holding else _("some are held"))
                lines.append(_("{n} held", n=held))
            return lines

    @property
    def holding(self) -> bool:
        """Whether every frame is held."""
        return self._holding

    # The thread.

    def _run(self) -> None:
        while True:
            self._links.wait(self._patience())
            with self._turn():
                if self._ended:
                    return
                if not self._links.carry(_BATCH):
                    self._links.read()
                    self._links.carry(_BATCH)
                self._course.go_on_when_due()
                self._say_what_was_lost()

    def settle(self) -> None:
        """Carry what has come by now: when this returns, what it has changed is recorded."""
        upto: int | None = None
        while upto is None or self._links.carried < upto:
            with self._turn():
                if self._ended:
                    return
                if upto is None:
                    upto = self._links.read()
                self._links.carry(_BATCH)
                self._course.go_on_when_due()
                self._see_to_what_waits()

    def _see_to_what_waits(self) -> None:
        """Another thread than the wire's has taken something in: how long may that one sleep?"""
        if self._waiting.next_at is not None:
            self._links.rouse()

    def _say_what_was_lost(self) -> None:
        """That more came than it could take, at most once a second."""
        self._lost += self._links.lost()
        now = self._record.now()
        if self._lost and now >= self._told + _SECOND:
            text = _(
                "{count} frames came faster than the wire could take them, and were lost before "
                "it: they are in no list",
                count=f"{self._lost:,}",
            )
            self._record.append(Note(t=now, level="warning", text=text))
            self._lost, self._told = 0, now

    def _patience(self) -> float | None:
        with self._turn():
            at = self._waiting.next_at
            if self._lost:
                said_at = self._told + _SECOND
                at = said_at if at is None else min(at, said_at)
            return None if at is None else max(0.0, (at - self._record.now()) / _SECOND)

    def _carry(self, sender: str, receiver: str, t: int, data: bytes) -> None:
        course = self._course
        if not (self._unplugged or self._rules or self._holding):
            course.go_through(sender, receiver, t, data)
            return
        passing = course.appear(sender, receiver, t, data)
        if sender in self._unplugged or receiver in self._unplugged:
            course.drop(passing, "unplugged")
            return
        rule = self._rule_for(passing) if self._rules else None
        if rule is not None and rule.action == "delay":
            self._delay(passing, rule)
        if rule is not None and rule.action != "delay":
            self._by_rule(passing, rule)
        elif self._holding:
            course.hold(passing, "by hand")
        else:
            course.go_on(passing, t, 0.0 if rule is None else rule.delay)

    def _rule_for(self, passing: Passing) -> Rule | None:
        found = kinds(passing.data)
        # Every rule sees every frame, so that each counts by itself.
        taking = [rule for rule in self._rules if rule.takes(found, passing.sender)]
        if not taking:
            return None
        self._rules = [rule for rule in self._rules if rule not in taking]
        return taking[0]

    def _by_rule(self, passing: Passing, rule: Rule) -> None:
        if rule.action == "drop":
            self._course.drop(passing, "rule", rule.cause)
        elif rule.action == "hold":
            self._course.hold(passing, "rule", rule.cause)
        else:
            self._course.go_on_twice(passing, "rule", rule.cause)

    def _delay(self, passing: Passing, rule: Rule) -> None:
        """Its fate comes later: that the rule has had its frame is told now."""
        passing.cause = rule.cause
        if rule.cause is not None:
            text = _("`wire next {rule}` has its frame: {id}", rule=str(rule), id=passing.id)
            self._record.append(Note(t=self._record.now(), cause=rule.cause, text=text))


def _shown(passing: Passing, due: int | None) -> Held:
    return Held(passing.id, passing.sender, passing.receiver, passing.t, due, passing.data)
