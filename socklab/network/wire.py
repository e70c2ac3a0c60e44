"""The wire: carries every frame between the private hosts, and lets a person in between.

It reads each host's link, decides (impairments, rules, what is held by hand), records what comes
and what becomes of it, and writes to the link of the host that a frame is for, as a switch would.
One thread carries; any thread may ask.
"""

from __future__ import annotations

import itertools
import os
import select
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from socklab.events import Fate, Frame, Note, Verdict
from socklab.i18n import _
from socklab.journal import Journal
from socklab.network.frame_kinds import kinds
from socklab.network.impairments import FULL, PERFECT, Delivery, Direction, Impairments
from socklab.network.rules import Rule
from socklab.network.waiting import Passing, Waiting

_MOST_BYTES = 70_000
_BATCH = 64
"""Frames read from one link before the others have their turn."""

_SECOND = 1_000_000_000
_EVERYBODY = 1  # the first byte's lowest bit: broadcast and multicast (IEEE 802.3)


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


class _Link(NamedTuple):
    host: str
    mac: bytes
    end: socket.socket


class Wire:
    """Carries frames from `start` on until `close`.

    `ids` numbers them; `witness` is called with each event of the wire's right after it is
    recorded, while nothing else can cross.
    """

    def __init__(
        self,
        journal: Journal,
        seed: int = 1,
        ids: Iterator[int] | None = None,
        witness: Callable[[Frame | Fate], None] | None = None,
    ) -> None:
        self._journal = journal
        self._witness = witness
        self._snap = journal.header.snap
        self._seed = seed
        self._lock = threading.Lock()
        self._links: dict[int, _Link] = {}
        self._by_host: dict[str, _Link] = {}
        self._directions: dict[tuple[str, str], Direction] = {}
        self._unplugged: set[str] = set()
        self._rules: list[Rule] = []
        self._holding = False
        self._waiting = Waiting()
        self._ids = ids or itertools.count(1)
        self._poll = select.epoll()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll.register(self._wake, select.EPOLLIN)
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="wire", daemon=True)

    def start(self) -> None:
        """Carry."""
        self._thread.start()

    def plug_in(self, host: str, mac: str, end: socket.socket) -> None:
        """Another host, at the packet socket `end`, which is the wire's from now on."""
        end.setblocking(False)
        link = _Link(host, bytes.fromhex(mac.replace(":", "")), end)
        with self._lock:
            for other in self._by_host:
                for pair in ((host, other), (other, host)):
                    self._directions[pair] = self._direction(*pair)
            self._links[end.fileno()] = self._by_host[host] = link
        self._poll.register(end, select.EPOLLIN)

    def _direction(self, sender: str, receiver: str, bad: Impairments = PERFECT) -> Direction:
        return Direction(f"{self._seed} {sender}>{receiver}", bad)

    def close(self) -> None:
        """Carry no more; what is under way is lost."""
        with self._lock:
            self._ended = True
        self._rouse()
        if self._thread.is_alive():
            self._thread.join()
        for link in self._links.values():
            link.end.close()
        self._poll.close()
        os.close(self._wake)

    # What a person does.

    def impair(self, pair: tuple[str, str] | None, **settings: float | None) -> None:
        """Set some of `Impairments`' fields, for one direction (sender, receiver) or for all.

        Raises NotOnTheWire for hosts that aren't there.
        """
        with self._lock:
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
        with self._lock:
            self._seed = seed
            for pair, direction in self._directions.items():
                self._directions[pair] = self._direction(*pair, direction.impairments)

    def plug(self, host: str | None, plugged: bool) -> None:
        """Plug a host (all, for None) in or out. Raises NotOnTheWire."""
        with self._lock:
            hosts = set(self._by_host) if host is None else {self._known(host)}
            self._unplugged = self._unplugged - hosts if plugged else self._unplugged | hosts

    def _known(self, host: str) -> str:
        if host not in self._by_host:
            raise NotOnTheWire(_("there is no host {host} on the wire", host=host))
        return host

    def hold(self, holding: bool) -> None:
        """Hold every frame that comes from now on; or let all that is held go on, in order."""
        with self._lock:
            self._holding = holding
            if not holding:
                for passing in list(self._waiting.held.values()):
                    self._release(passing)

    def step(self, count: int = 1) -> None:
        """Let the oldest `count` held frames go on. Raises NotOnTheWire where none is held."""
        with self._lock:
            for passing in [*self._oldest()][:count]:
                self._release(passing)

    def _oldest(self) -> Iterable[Passing]:
        if not self._waiting.held:
            raise NotOnTheWire(_("no frame is held: say `wire hold on` first"))
        return self._waiting.held.values()

    def deliver(self, id: int) -> None:
        """Let a held frame go on. Raises NotOnTheWire."""
        with self._lock:
            self._release(self._held_one(id))

    def drop(self, id: int) -> None:
        """Drop a held frame. Raises NotOnTheWire."""
        with self._lock:
            passing = self._held_one(id)
            self._waiting.take(passing)
            self._fate(passing, "dropped", "by hand")

    def duplicate(self, id: int) -> None:
        """Let a held frame go on twice. Raises NotOnTheWire."""
        with self._lock:
            passing = self._held_one(id)
            self._waiting.take(passing)
            self._twice(passing, "by hand")

    def swap(self, one: int, other: int) -> None:
        """Two held frames change places. Raises NotOnTheWire."""
        with self._lock:
            self._waiting.swap(self._held_one(one), self._held_one(other))

    def _held_one(self, id: int) -> Passing:
        passing = self._waiting.held.get(id)
        if passing is None:
            raise NotOnTheWire(_("no frame {id} is held", id=id))
        return passing

    def next(self, rule: Rule) -> None:
        """Add a rule for a frame to come. Raises NotOnTheWire."""
        with self._lock:
            if rule.sender is not None:
                self._known(rule.sender)
            self._rules.append(rule)

    # What it says.

    def waiting(self) -> list[Held]:
        """What is on the wire now: held frames in their order, then those that are under way."""
        with self._lock:
            held = [_shown(passing, None) for passing in self._waiting.held.values()]
            return held + [_shown(due.passing, due.at) for due in self._waiting.put_off_so_far]

    def status(self) -> list[str]:
        """How the wire is, line by line."""
        with self._lock:
            lines = [
                _("{pair}: {how}", pair=f"{sender}>{receiver}", how=impairments_text(direction))
                for (sender, receiver), direction in self._directions.items()
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
            ready = self._poll.poll(self._patience())
            with self._lock:
                if self._ended:
                    return
                for descriptor, _events in ready:
                    if descriptor == self._wake:
                        os.eventfd_read(self._wake)
                    else:
                        self._read(self._links[descriptor])
                self._send_due()

    def settle(self) -> None:
        """Carry what has come by now: when this returns, what it has changed is recorded."""
        with self._lock:
            if self._ended:
                return
            for link in self._links.values():
                self._read(link)
            self._send_due()
            if self._waiting.next_at is not None:
                self._rouse()

    def _patience(self) -> float:
        with self._lock:
            at = self._waiting.next_at
            return -1 if at is None else max(0.0, (at - self._journal.now()) / _SECOND)

    def _rouse(self) -> None:
        os.eventfd_write(self._wake, 1)

    def _read(self, link: _Link) -> None:
        receive = link.end.recv
        for _frame in range(_BATCH):
            try:
                data = receive(_MOST_BYTES)
            except BlockingIOError:
                return
            except OSError:  # the link is being made or has gone
                return
            self._came(link, data)

    def _came(self, link: _Link, data: bytes) -> None:
        """A frame from one host: to the one that it names, or to all others."""
        if not data[0] & _EVERYBODY:
            destination = data[:6]
            for other in self._links.values():
                if other.mac == destination and other is not link:
                    self._carry(link.host, other.host, data)
                    return
        for other in list(self._links.values()):
            if other is not link:
                self._carry(link.host, other.host, data)

    def _carry(self, sender: str, receiver: str, data: bytes) -> None:
        passing = self._appear(sender, receiver, data)
        if sender in self._unplugged or receiver in self._unplugged:
            self._fate(passing, "dropped", "unplugged")
            return
        rule = self._rule_for(passing) if self._rules else None
        if rule is not None and rule.action == "delay":
            self._delay(passing, rule)
        if rule is not None and rule.action != "delay":
            self._by_rule(passing, rule)
        elif self._holding:
            self._hold(passing, "by hand")
        else:
            self._decide(passing, 0.0 if rule is None else rule.delay)

    def _appear(self, sender: str, receiver: str, data: bytes, cause: int | None = None) -> Passing:
        t = self._journal.now()
        passing = Passing(next(self._ids), 0, t, sender, receiver, data)
        passing.n = self._record(
            Frame(
                t=t,
                id=passing.id,
                sender=sender,
                receiver=receiver,
                size=len(data),
                data=data[: self._snap],
                cause=cause,
            )
        )
        return passing

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
            self._fate(passing, "dropped", "rule", cause=rule.cause)
        elif rule.action == "hold":
            self._hold(passing, "rule", rule.cause)
        else:
            self._twice(passing, "rule", rule.cause)

    def _delay(self, passing: Passing, rule: Rule) -> None:
        """Its fate comes later: that the rule has had its frame is told now."""
        passing.cause = rule.cause
        if rule.cause is not None:
            text = _("`wire next {rule}` has its frame: {id}", rule=str(rule), id=passing.id)
            self._journal.append(Note(t=self._journal.now(), cause=rule.cause, text=text))

    def _hold(self, passing: Passing, why: str, cause: int | None = None) -> None:
        if self._waiting.hold(passing):
            self._fate(passing, "held", why, cause=cause)
        else:
            self._fate(passing, "dropped", FULL, cause=cause)

    def _release(self, passing: Passing) -> None:
        self._waiting.take(passing)
        self._decide(passing, 0.0)
        self._rouse()

    def _twice(self, passing: Passing, why: str, cause: int | None = None) -> None:
        self._send(passing, passing.data, "duplicated", why, cause)
        copy = self._appear(passing.sender, passing.receiver, passing.data, passing.n)
        self._send(copy, passing.data, "delivered", "")

    def _decide(self, passing: Passing, later: float) -> None:
        direction = self._directions[passing.sender, passing.receiver]
        now = self._journal.now()
        room = self._waiting.has_room(passing)
        for times, delivery in enumerate(direction.decide(passing.data, now, room)):
            at = delivery.at + round(later * _SECOND)
            if at <= now:
                self._done(passing, delivery, times > 0)
            elif not self._waiting.put_off(at, passing, delivery, times > 0):
                self._done(passing, Delivery(now, "dropped", None, FULL), times > 0)
                return

    def _send_due(self) -> None:
        for due in self._waiting.due_by(self._journal.now()):
            self._done(due.passing, due.delivery, due.copy)

    def _done(self, passing: Passing, delivery: Delivery, copy: bool) -> None:
        if copy:
            passing = self._appear(passing.sender, passing.receiver, passing.data, passing.n)
        cause = passing.cause
        why = delivery.why or ("rule" if cause is not None else "")
        if delivery.data is None:
            self._fate(passing, delivery.verdict, why, cause=cause)
        else:
            self._send(passing, delivery.data, delivery.verdict, why, cause)

    def _send(
        self, passing: Passing, data: bytes, verdict: Verdict, why: str, cause: int | None = None
    ) -> None:
        t = self._journal.now()  # before its receiver can have done anything with it
        try:
            self._by_host[passing.receiver].end.send(data)
        except OSError as error:  # the host's own queue is full, or its link has another MTU by now
            self._fate(passing, "dropped", error.strerror or "link")
            return
        changed = data if verdict == "corrupted" else None
        self._fate(passing, verdict, why, changed, cause, t)

    def _fate(
        self,
        passing: Passing,
        verdict: Verdict,
        why: str,
        data: bytes | None = None,
        cause: int | None = None,
        t: int | None = None,
    ) -> None:
        t = self._journal.now() if t is None else t
        self._record(
            Fate(
                t=t,
                id=passing.id,
                verdict=verdict,
                delay=t - passing.t,
                why=why or None,
                data=None if data is None else data[: self._snap],
                cause=cause,
            )
        )

    def _record(self, event: Frame | Fate) -> int:
        n = self._journal.append(event)
        if self._witness is not None:
            self._witness(event)
        return n


def _shown(passing: Passing, due: int | None) -> Held:
    return Held(passing.id, passing.sender, passing.receiver, passing.t, due, passing.data)


def impairments_text(direction: Direction) -> str:
    """As the command has them: `delay=0.1 loss=10%`, or that nothing is wrong."""
    bad = direction.impairments
    if bad is PERFECT:
        return _("as it comes")
    words = [f"{name}={getattr(bad, name):g}" for name in ("delay", "jitter") if getattr(bad, name)]
    shares = ("loss", "duplicate", "reorder", "corrupt")
    words += [f"{name}={getattr(bad, name) * 100:g}%" for name in shares if getattr(bad, name)]
    words += [f"{name}={getattr(bad, name):g}" for name in ("rate", "queue") if getattr(bad, name)]
    return " ".join(words)
