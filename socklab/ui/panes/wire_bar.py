"""The bar in which the wire is made bad: delay, loss and the like, for one direction or all.

A change of a field is a `wire set` at once: with Enter, by leaving the field, or step by step with
↑ and ↓, while everything goes on.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup
from textual.message import Message
from textual.widgets import Input, Label

from socklab.i18n import _
from socklab.lab import quantities
from socklab.lab.network_commands import Pair
from socklab.ui.panes.drop_down import DropDown
from socklab.ui.panes.entry import Entry
from socklab.ui.panes.wire_settings import WireSettings, value_word

_TIMES = ("0", "10ms", "50ms", "100ms", "200ms", "500ms", "1", "2")
_SHARES = ("0%", "1%", "5%", "10%", "20%", "30%", "50%", "100%")
_RATES = ("10k", "100k", "1M", "10M", "100M", "off")
_QUEUES = ("1", "5", "10", "50", "100", "off")
_MTUS = ("576", "1000", "1280", "1500")

FIELDS: dict[str, tuple[str, ...]] = {
    "delay": _TIMES,
    "jitter": _TIMES,
    "loss": _SHARES,
    "rate": _RATES,
    "duplicate": _SHARES,
    "reorder": _SHARES,
    "corrupt": _SHARES,
    "queue": _QUEUES,
    "mtu": _MTUS,
}
"""What can be set, and the steps that ↑ and ↓ take."""

_ROWS = (("delay", "jitter", "loss", "rate"), ("duplicate", "reorder", "corrupt", "queue", "mtu"))
_BOTH = "*"
_TELLING = {
    "delay": _("seconds that each frame takes (or 100ms)"),
    "jitter": _("so much more or less"),
    "loss": _("the share that is lost"),
    "duplicate": _("the share that comes twice"),
    "reorder": _("the share that others overtake"),
    "corrupt": _("the share with a bit changed"),
    "rate": _("bits per second: 1M; off for no limit"),
    "queue": _("the most frames that wait for the rate; off for no limit"),
    "mtu": _("the largest packet in bytes, of the whole wire"),
}


class Setting(Entry):
    """One field. ↑ and ↓ go through its steps."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "by(1)", _("More"), show=False),
        Binding("down", "by(-1)", _("Less"), show=False),
    ]

    class Meant(Message):
        """Somebody wants this value."""

        def __init__(self, setting: Setting) -> None:
            super().__init__()
            self.setting = setting

    def __init__(self, name: str) -> None:
        super().__init__(compact=True, id=f"wire-{name}", classes="field")
        self.setting = name
        self.holds = ""  # what the wire has
        self.tooltip = _("{what}; ↑ and ↓ change it at once", what=_TELLING[name])

    def put(self, value: str) -> None:
        """The wire has another value; what somebody is typing stays."""
        if self.has_focus and self.value != self.holds:
            self.holds = value
            return
        self.holds = value
        with self.prevent(Input.Changed):
            self.value = value

    def hand_in(self) -> None:
        """Enter."""
        if self.value.strip() != self.holds:
            self.post_message(self.Meant(self))

    def on_blur(self) -> None:
        """Leaving the field says that it is meant."""
        self.hand_in()

    def action_by(self, steps: int) -> None:
        """The next step that is more, or less."""
        self.value = step(self.setting, self.value, steps)
        self.cursor_position = len(self.value)
        self.hand_in()


def step(name: str, value: str, by: int) -> str:
    """The next of the field's steps above the value, or below it; the end stays."""
    steps = FIELDS[name]
    amounts = [_amount(name, word) for word in steps]
    amount = _amount(name, value.strip())
    if amount is None:
        return steps[0 if steps[-1] != "off" else -1]
    known = [number for number in amounts if number is not None]
    place = bisect_right(known, amount) if by > 0 else bisect_left(known, amount) - 1
    return steps[max(0, min(place, len(steps) - 1))]


def _amount(name: str, word: str) -> float | None:
    if word == "off":
        return float("inf")
    if name in ("delay", "jitter"):
        return quantities.delay(word)
    if name == "rate":
        return quantities.rate(word)
    if name in ("queue", "mtu"):
        return float(word) if word.isdecimal() else None
    return quantities.share(word)


class WireBar(VerticalGroup):
    """All fields, in two rows, and for which direction they hold."""

    DEFAULT_CSS = """
    WireBar {
        background: $panel; padding: 0 1; height: auto; display: none;
        &.-open { display: block; }
        & HorizontalGroup { height: 1; }
        & Label { margin: 0 1 0 1; color: $foreground 75%; }
        & DropDown { width: 20; }
        & Setting { width: 1fr; max-width: 8; }
        & .label { width: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", _("Back to the frames"), show=False),
    ]

    class Asked(Message):
        """This command is to be carried out."""

        def __init__(self, line: str) -> None:
            super().__init__()
            self.line = line

    class Left(Message):
        """Escape was pressed in the bar."""

    def __init__(self) -> None:
        super().__init__(id="wire-bar")
        self._settings = WireSettings()
        self._pairs: tuple[Pair, ...] = ()

    def compose(self) -> ComposeResult:
        """Two rows, so that it fits 70 cells."""
        for number, names in enumerate(_ROWS):
            with HorizontalGroup():
                if number == 0:
                    yield DropDown(
                        [(_("both directions"), _BOTH)],
                        id="wire-direction",
                        tooltip=_("which direction is set"),
                    )
                for name in names:
                    yield Label(name, markup=False, classes="label")
                    yield Setting(name)

    def open(self) -> None:
        """Show the bar, as the wire is, and go to its first field."""
        self._put()
        self.add_class("-open")
        self.query(Setting).first().focus()

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return self.has_class("-open")

    def show(self, settings: WireSettings, pairs: Sequence[Pair]) -> None:
        """The wire is so now; `pairs` are the directions that can be chosen."""
        self._settings = settings
        if tuple(pairs) != self._pairs:
            self._pairs = tuple(pairs)
            self._offer()
        self._put()

    def _offer(self) -> None:
        every = _("both directions") if len(self._pairs) == 2 else _("all directions")
        options = [(every, _BOTH)]
        options += [(f"{one} ▶ {other}", f"{one}>{other}") for one, other in self._pairs]
        direction = self.query_one(DropDown)
        with direction.prevent(DropDown.Changed):
            direction.offer(options)

    def _put(self) -> None:
        pairs = [self._pair] if self._pair else list(self._pairs)
        for setting in self.query(Setting):
            if setting.setting == "mtu":
                setting.put(str(self._settings.mtu))
                continue
            words = {
                value_word(self._settings.impairments(*pair), setting.setting) for pair in pairs
            }
            setting.put(words.pop() if len(words) == 1 else "")

    @property
    def _pair(self) -> Pair | None:
        sender, arrow, receiver = str(self.query_one(DropDown).value).partition(">")
        return (sender, receiver) if arrow else None

    @on(DropDown.Changed)
    def _direction_chosen(self, message: DropDown.Changed) -> None:
        message.stop()
        self._put()

    @on(Setting.Meant)
    def _meant(self, message: Setting.Meant) -> None:
        message.stop()
        setting = message.setting
        value = setting.value.strip()
        pair = None if setting.setting == "mtu" else self._pair
        where = f"{pair[0]}>{pair[1]} " if pair else ""
        if value:
            self.post_message(self.Asked(f"wire set {where}{setting.setting}={value}"))
        else:
            setting.value = setting.holds

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        message.stop()

    def action_leave(self) -> None:
        """Back to the frames."""
        self.remove_class("-open")
        self.post_message(self.Left())
