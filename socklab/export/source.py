"""What the source of a program has in common, whatever its language: its steps one after another,
each with a comment, equal ones in a row as a loop; and how what is sent stands in it.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from socklab.events import Call
from socklab.export.asked import FileBytes, Kept
from socklab.export.steps import Held, Item, Made, Released, Returned, Step
from socklab.export.text import errno_meaning
from socklab.i18n import _
from socklab.model.escaping import plain
from socklab.model.notation import call_text
from socklab.model.transfers import RECEIVES
from socklab.model.units import date_text

NUMBER = "\0"
"""Stands in a block's code where the step's number goes."""

LONG = 60
"""Bytes that still stand in the call's own line."""

_LEAST = 3
"""Equal steps in a row that become a loop."""
_LINE = 64
"""Bytes of a long literal in one line."""
_PATTERN = bytes(range(256))
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(slots=True)
class Block:
    """The code of one step, or of `count` equal ones, from step `first` on. `comment` are its
    lines, `before` what must stand in front of the function that the block stands in."""

    first: int
    comment: tuple[str, ...]
    code: tuple[str, ...]
    before: tuple[str, ...] = ()
    count: int = 1

    @property
    def last(self) -> int:
        return self.first + self.count - 1

    def lines(self, number: str = "") -> list[str]:
        """Its code where `number` stands for the step's number, as a rule the first one's."""
        return [line.replace(NUMBER, number or str(self.first)) for line in self.code]

    def goes_on(self, other: Block) -> bool:
        """Whether `other` is the same once more."""
        same = self.code == other.code and self.comment == other.comment
        return same and not self.before and other.first == self.last + 1


@dataclass(slots=True)
class Profile:
    """What a program's source needs to know of all its steps before it begins."""

    uses: set[str] = field(default_factory=set)
    descriptors: set[int] = field(default_factory=set)
    peers: set[int] = field(default_factory=set)
    steps: int = 0
    room: int = 1

    def note(self, step: Step) -> None:
        """Take the step's descriptors and sizes into account."""
        call = step.call
        if call.name in RECEIVES:
            self.room = max([self.room, *(arg for arg in call.args[:1] if isinstance(arg, int))])
        if call.name == "recvfrom" and call.fd is not None and call.fd >= 0:
            self.peers.add(call.fd)
        if step.held in (Held.OWN, Held.CLOSED) and call.fd is not None and call.name != "socket":
            self.descriptors.add(call.fd)
        if step.made is not None:
            self.descriptors.add(step.made)


class Source(ABC):
    """The source of one program. `began` is when the session did (ns since the epoch).

    `profile` is filled by a first time through the steps, with a source that is only `learning`:
    it writes nothing.
    """

    def __init__(self, program: str, profile: Profile, began: int, learning: bool = False) -> None:
        self.program = program
        self.profile = profile
        self.began = began
        self.learning = learning
        self._pending: Block | None = None
        self._serves = False

    @property
    def goes_on(self) -> bool:
        """The loop still serves when the steps are over."""
        return self._serves

    def take(self, item: Item) -> str:
        """The text that is ready once `item` has been taken."""
        block = self._block(item)
        if block is None:
            return ""
        if self.learning:
            self.profile.steps = max(self.profile.steps, block.first)
            return ""
        if self._pending is not None and self._pending.goes_on(block):
            self._pending.count += 1
            return ""
        text = self._flush()
        self._pending = block
        return text

    def _flush(self) -> str:
        block, self._pending = self._pending, None
        if block is None:
            return ""
        if block.count >= _LEAST:
            return self.repeated(block)
        singles = (
            Block(block.first + more, block.comment, block.code, block.before)
            for more in range(block.count)
        )
        return "".join(map(self.single, singles))

    def end(self) -> str:
        """What is left, and the program's end."""
        return self._flush() + self.tail()

    def _block(self, item: Item) -> Block | None:
        match item:
            case Made(step):
                self._serves |= step.drives is not None
                return self.step(step)
            case Returned():
                return self.blocked(item)
            case Released():
                self._serves = False
                return None if item.beside else self.released(item)
        return None

    def step(self, step: Step) -> Block:
        """The code of a step."""
        self.profile.note(step)
        return Block(step.number, self.comments(step), tuple(self.code(step)))

    def beside(self, item: Step | Released) -> Block:
        """The code of what happens while another step waits."""
        return self.released(item) if isinstance(item, Released) else self.step(item)

    @property
    def title(self) -> str:
        date = date_text(self.began)
        return _("{program}, as in the session of {date}", program=self.program, date=date)

    def comments(self, step: Step) -> tuple[str, ...]:
        """The lines of comment for a step."""
        return () if self.learning else tuple(comments(step))

    @abstractmethod
    def head(self) -> str:
        """All that stands before the first step."""

    @abstractmethod
    def tail(self) -> str:
        """All that stands behind the last step."""

    @abstractmethod
    def code(self, step: Step) -> list[str]:
        """The lines of a step, with its turn."""

    @abstractmethod
    def blocked(self, returned: Returned) -> Block:
        """The code of a step that waits, with what happens meanwhile."""

    @abstractmethod
    def released(self, released: Released) -> Block:
        """The code that ends the loop."""

    @abstractmethod
    def single(self, block: Block) -> str:
        """The text of a step."""

    @abstractmethod
    def repeated(self, block: Block) -> str:
        """The text of equal steps: a loop."""


def name_in_text(call: Call) -> str:
    """The call's name, whatever a journal says it is, as it may stand between quotes."""
    return "".join(letter for letter in call.name if letter.isalnum() or letter == "_")


def without_texts(code: str) -> str:
    """`code` with nothing in its literals: what stands there isn't code."""
    return _TEXT.sub('""', code)


def is_pattern(data: bytes) -> bool:
    """Whether `data` are the numbers from 0 to 255 over and over, as many as all of them at
    least."""
    size = len(_PATTERN)
    return len(data) >= size and data == (_PATTERN * (len(data) // size + 1))[: len(data)]


def lines_of(data: bytes) -> list[bytes]:
    """What stands in each line of a long literal."""
    return [data[at : at + _LINE] for at in range(0, len(data), _LINE)]


def comments(step: Step) -> list[str]:
    """What is to be known of a step: the call as strace writes it, and what isn't plain from it."""
    call = step.call
    if not step.over:
        said = [call_text(call).rpartition(" = ")[0], _("It never returned.")]
    else:
        said = [call_text(call)]
    if call.cut:
        said.append(_("The lab ended it: that answer isn't the network's."))
    elif step.blocked and step.over:
        said.append(_("It waits here while the others go on."))
    if call.error is not None and (meaning := errno_meaning(call.error, call.name)):
        said.append(f"{plain(call.error)}: {plain(meaning)}")
    return said + _of_place(step) + _of_content(step)


def _of_place(step: Step) -> list[str]:
    said = []
    place = step.place
    if place is not None and place.then is not None and place.then != place.address:
        there, here = plain(place.then[0]), place.address[0]
        said.append(_("{there} is a private host's: {here} stands for it.", there=there, here=here))
    if step.pinned:
        said.append(
            _("In the session the kernel chose this port; others name it before it listens.")
        )
    elif place is not None and place.moves:
        said.append(_("The kernel chooses this port each time: run.sh tells which one it is now."))
    elif step.held is Held.NOTHING and step.call.name != "socket":
        said.append(_("Descriptor {fd} names nothing.", fd=step.call.fd))
    return said


def _of_content(step: Step) -> list[str]:
    content = step.content
    if isinstance(content, FileBytes):
        return [_("The file as it is now, made as long as it was then.")]
    if isinstance(content, Kept) and len(content.data) < content.size:
        kept = _(
            "The journal kept {kept} of the {size} bytes: the rest is filler.",
            kept=len(content.data),
            size=content.size,
        )
        return [kept]
    return []


def numbers(block: Block) -> str:
    """`7`, or `7 to 12`."""
    if block.count == 1:
        return str(block.first)
    return _("{first} to {last}", first=block.first, last=block.last)
