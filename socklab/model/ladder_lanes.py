"""Whose lifelines a ladder has, and which of them an event belongs to.

A ladder of one connection has a lane for each end, the one that opened it on the left. A ladder of
a whole lab has a lane for each program, clients on the left of servers; programs for which there
is no room share one lane with whoever isn't of this lab.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from socklab.events import Address, AnyEvent, Call, State, Wait
from socklab.i18n import _
from socklab.model.ladder_moment import Moment
from socklab.model.stacks import Stack

_TAKING = frozenset({"listen", "accept"})

Side = Literal["left", "right", "rest"]
"""How a lane looks: as whoever opens connections, as whoever takes them, or as all the others."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the top of a lane: a name, and what else there is to say of it."""

    name: str
    side: Side
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes from left to right, and who goes where.

    `socks` go before `programs`: both ends of a connection may be of one program. `rest` is the
    lane of all that have none of their own. `single`: one connection is shown, so that a state
    need not say whose it is. `ends` are the lanes of its addresses, as the wire has them. `stacks`
    are those of the hosts that the programs run on.
    """

    heads: tuple[Head, ...]
    socks: Mapping[int, int] = field(default_factory=dict)
    programs: Mapping[str, int] = field(default_factory=dict)
    rest: int | None = None
    single: bool = False
    ends: Mapping[Address, int] = field(default_factory=dict)
    stacks: Mapping[str, Stack] = field(default_factory=dict)

    def of(self, event: AnyEvent, moment: Moment) -> int | None:
        """The lane of an event; None if it has none."""
        if not isinstance(event, Call | Wait | State):
            return None
        if event.sock is not None:
            lane = self.of_sock(event.sock, moment)
            if lane is not None and (lane != self.rest or event.program is None):
                return lane
        return self.of_program(event.program)

    def of_sock(self, sock: int, moment: Moment) -> int | None:
        """The lane of a socket."""
        lane = self.socks.get(sock)
        return self.of_program(moment.program(sock)) if lane is None else lane

    def of_program(self, program: str | None) -> int | None:
        """The lane of a program, or of those that have none."""
        return self.rest if program is None else self.programs.get(program, self.rest)

    def on_host(self, host: str) -> frozenset[str]:
        """The programs that run on this host."""
        return frozenset(name for name, stack in self.stacks.items() if stack.name == host)

    def style(self, lane: int) -> Side:
        """How a lane looks."""
        return self.heads[lane].side


def of_connection(opener: Head, other: Head, left: Iterable[int], right: Iterable[int]) -> Lanes:
    """The two lanes of one connection: `left` and `right` are the sockets at each end."""
    socks = dict.fromkeys(right, 1) | dict.fromkeys(left, 0)
    return Lanes((opener, other), socks=socks, rest=1, single=True)


def of_programs(
    programs: Iterable[str], servers: Iterable[str], most: int, first: Iterable[str] = ()
) -> Lanes:
    """A lane for each program, as far as `most` lanes go: those in `first` before the others, else
    in the order given. `servers` are those that take connections or datagrams.

    Where they aren't all there, one more lane of the `most` is for the rest. There is one lane at
    least: a journal that somebody else wrote may name no program.
    """
    known = list(dict.fromkeys(programs)) or ["?"]
    wanted = [*dict.fromkeys([*(name for name in first if name in known), *known])]
    shown = wanted if len(wanted) <= most else wanted[: max(1, most - 1)]
    serving = frozenset(servers)
    left = [name for name in known if name in shown and name not in serving]
    right = [name for name in known if name in shown and name in serving]
    heads = [Head(name, "left") for name in left]
    rest = None
    if len(shown) < len(wanted):
        rest = len(heads)
        heads.append(Head(_("{n} others", n=len(wanted) - len(shown)), "rest"))
    lanes = {name: lane for lane, name in enumerate(left)}
    for name in right:
        lanes[name] = len(heads)
        heads.append(Head(name, "right"))
    return Lanes(tuple(heads), programs=lanes, rest=rest)


def servers(calls: Iterable[tuple[str | None, str | None]]) -> frozenset[str]:
    """Of programs and the calls that they made, the programs that wait for others: they listen, or
    bind an address and connect to none."""
    made: dict[str, set[str]] = {}
    for program, call in calls:
        if program is not None and call is not None:
            made.setdefault(program, set()).add(call)
    return frozenset(
        program
        for program, names in made.items()
        if not names.isdisjoint(_TAKING) or ("bind" in names and "connect" not in names)
    )
