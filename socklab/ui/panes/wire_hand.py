"""What is done by hand to the wire of the private network: the upper part of the Wire pane.

It touches no wire. What is done here is asked for as a command, and what is shown comes from the
journal, so that a recording looks the same.
"""

from __future__ import annotations

from functools import partial
from itertools import permutations
from typing import ClassVar

from textual import on
from textual.actions import parse
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from socklab.events import Frame
from socklab.i18n import _
from socklab.journal import Readable
from socklab.lab.network_commands import Pair
from socklab.ui.actions import Action, bindings
from socklab.ui.asking import Asked
from socklab.ui.engine import Ticket
from socklab.ui.panes.cells import Part
from socklab.ui.panes.chosen import EventPointed
from socklab.ui.panes.painting import as_content
from socklab.ui.panes.view import ConnectionView
from socklab.ui.panes.wire_actions import ACTING, ON_THE_WIRE, WIRE
from socklab.ui.panes.wire_bar import WireBar
from socklab.ui.panes.wire_fates import Fates, frame_at
from socklab.ui.panes.wire_keys import LOOKING, WireKeys, keys_for
from socklab.ui.panes.wire_state import WireStates
from socklab.ui.panes.wire_view import Traffic, WireView
from socklab.ui.panes.wire_words import words

_MOVE = 1 / 12  # seconds between two pictures of what moves
_RECOUNT = 0.5  # seconds until the frames are counted again
_REFUSAL_LASTS = 10.0  # seconds


class WireHand(ConnectionView):
    """The drawing of the wire, how it is set, and what its keys ask for. What is below, whoever
    inherits adds.

    `state` is the wire as far as the journal has been read.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(WIRE)

    class Wanted(Message):
        """One of the forms for the network is wanted (see network_forms.py)."""

        def __init__(self, form: str) -> None:
            super().__init__()
            self.form = form

    def __init__(self, journal: Readable) -> None:
        super().__init__(id="wire", classes="pane -nothing -empty")
        self.states = WireStates(journal)
        self.take_up(journal)
        self.view = WireView()
        self.words = Static("", id="wire-words")
        self.keys = WireKeys(self)
        self.bar = WireBar()
        self.busy = False  # more frames cross than anybody could see
        self._ticket: Ticket | None = None
        self._now = 0
        self._recounts = False
        self._set: object = None
        self._keys_drawn: tuple[object, ...] = ()
        self._said = Content()

    def take_up(self, journal: Readable) -> None:
        """Another journal has begun, or another moment of a recording is to be shown."""
        self.journal = journal
        self.states.show(journal)
        self.state = self.states.state
        self.fates = Fates(journal, self.state)
        self._traffic = Traffic(journal, self.state, self.fates)
        self._pair: Pair | None = None
        self._chosen: int | None = None
        self._refusal = ""

    def on_mount(self) -> None:
        """Nothing moves yet."""
        self._clock = self.set_interval(_MOVE, self._move_on, pause=True)

    # What whoever inherits does

    def held_chosen_anew(self) -> None:
        """Another held frame is the chosen one."""

    def reveal(self, n: int) -> None:
        """Put the cursor on the frame of event `n`."""

    def more_words(self) -> list[Part]:
        """What else there is to say in the line below the drawing."""
        return []

    # The wire

    def draw(self) -> None:
        """The wire as it is at this moment."""
        settings = self.state.settings
        if not settings.hosts:
            self._clock.pause()
            self._offer_keys(None)
            return
        now = self.journal.now()
        chosen = self.held_chosen()
        scene = self._traffic.scene(self._pair_shown(), now, chosen)
        self.view.show(scene)
        self._tell(scene.hosts)
        if settings is not self._set:
            self._set = settings
            self.bar.show(settings, list(permutations(settings.hosts, 2)))
        passes, self._now = now != self._now, now
        (self._clock.resume if scene.moving and passes else self._clock.pause)()
        self.busy = bool(scene.rate)
        if self.busy and passes and not self._recounts:
            self._recounts = True
            self.set_timer(_RECOUNT, self._count_again)

    def _move_on(self) -> None:
        if self.is_on_screen:
            self.draw()
        else:
            self._clock.pause()

    def _count_again(self) -> None:
        """How many frames a second there are changes when there are none as well."""
        self._recounts = False
        self._move_on()

    def _tell(self, pair: Pair) -> None:
        held = self.frame(self.held_chosen())
        more = [] if self._refusal else self.more_words()
        said: list[Part] = words(self.state, pair, self._refusal, more)
        content = as_content([said])
        if content != self._said:
            self._said = content
            self.words.update(content, layout=False)
        self._offer_keys(held)

    def _offer_keys(self, held: Frame | None) -> None:
        state = (held and held.id, self.state.settings, len(self.state.held) > 1, self.acts)
        if state != self._keys_drawn:
            self._keys_drawn = state
            keys = keys_for(self.state, held is not None) if self.acts else LOOKING
            self.keys.offer(keys)

    def _pair_shown(self) -> Pair:
        """The hosts left and right: those that were chosen, else those that the chosen frame waits
        between, else the first two."""
        hosts = self.state.settings.hosts
        if self._pair is not None and set(self._pair) <= set(hosts):
            return self._pair
        frame = self.frame(self.held_chosen()) if len(hosts) > 2 else None
        if frame is not None and {frame.sender, frame.receiver} <= set(hosts):
            one, other = sorted((frame.sender, frame.receiver), key=hosts.index)
            return one, other
        return (hosts[0], hosts[1]) if len(hosts) > 1 else (hosts[0], "")

    @property
    def acts(self) -> bool:
        """Whether anything can be done: not in a recording."""
        return self.screen.check_action("network", ()) is not False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What does something isn't for a recording; what is done to a wire needs one, and where
        there is one nothing is captured."""
        if not self.is_mounted:
            return super().check_action(action, parameters)
        if action in ACTING and not self.acts:
            return False
        # Not on the screen it doesn't follow the journal.
        wired = bool(self.state.settings.hosts or getattr(self.screen, "wired", False))
        if (action in ON_THE_WIRE and not wired) or (action == "capture" and wired):
            return False
        return super().check_action(action, parameters)

    def offers(self, action: Action) -> bool:
        """Whether the action makes sense now."""
        _namespace, name, parameters = parse(action.run)
        return bool(self.check_action(name, parameters))

    # What waits

    def held_chosen(self) -> int | None:
        """The event of the held frame that the keys act on: the chosen one, else the oldest."""
        held = self.state.held
        if self._chosen is not None and self.holds(self._chosen):
            return self._chosen
        return next(iter(held.values()), None)

    def holds(self, n: int) -> bool:
        """Whether the frame of event `n` waits."""
        code = self.journal.columns.slice(n, n + 1)[2]
        return bool(code) and self.state.held.get(code[0]) == n

    def frame(self, n: int | None) -> Frame | None:
        """The frame of event `n`; None if the journal has let go of it."""
        return None if n is None else frame_at(self.journal, n)

    def choose_held(self, n: int) -> None:
        """The keys act on the held frame of event `n` from now on."""
        self._chosen = n
        self._pair = None
        self.draw()
        self.held_chosen_anew()

    def action_choose_held(self, by: int) -> None:
        """The next held frame, or the one before."""
        held = list(self.state.held.values())
        here = self.held_chosen()
        if here in held:
            self.choose_held(held[(held.index(here) + by) % len(held)])
            self.reveal(self.held_chosen() or 0)
        else:
            self._nothing_held()

    def action_step(self) -> None:
        """Let the oldest go on."""
        if self.state.held:
            self._ask("wire step")
        else:
            self._nothing_held()

    def action_do(self, what: str) -> None:
        """Deliver, drop or duplicate the chosen held frame."""
        frame = self.frame(self.held_chosen())
        if frame is None:
            self._nothing_held()
            return
        self._choose_after(frame.n)
        self._ask(f"wire {what} {frame.id}")

    def _choose_after(self, n: int) -> None:
        """The one behind it is chosen next; the first, if it was the last."""
        held = list(self.state.held.values())
        later = held[held.index(n) + 1 :] if n in held else []
        self._chosen = later[0] if later else None

    def action_swap(self) -> None:
        """Swap the chosen held frame with the next one that goes the same way."""
        one = self.frame(self.held_chosen())
        if one is None:
            self._nothing_held()
            return
        held = list(self.state.held.values())
        behind = held[held.index(one.n) + 1 :]
        for n in behind:
            other = self.frame(n)
            if other and (other.sender, other.receiver) == (one.sender, one.receiver):
                self._chosen = one.n
                self._ask(f"wire swap {one.id} {other.id}")
                return
        self._say_refused(_("no frame waits behind {id} that goes the same way", id=one.id))

    def _nothing_held(self) -> None:
        self._say_refused(_("no frame is held: press h first, and then send something"))

    def action_hold(self) -> None:
        """Hold all, or let all go on."""
        self._ask(f"wire hold {'off' if self.state.settings.holding else 'on'}")

    def action_plug(self) -> None:
        """The plug of the host on the right."""
        if not self.state.settings.hosts:
            return
        unplugged = self.state.settings.unplugged
        out = [host for host in self._pair_shown() if host in unplugged]
        host = out[0] if out else self._pair_shown()[1]
        self._ask(f"wire {'plug' if out else 'unplug'} {host}")

    def action_pair(self) -> None:
        """Draw two other hosts."""
        hosts = self.state.settings.hosts
        pairs = [(a, b) for at, a in enumerate(hosts) for b in hosts[at + 1 :]]
        if pairs:
            shown = self._pair_shown()
            here = pairs.index(shown) if shown in pairs else -1
            self._pair = pairs[(here + 1) % len(pairs)]
            self.draw()

    @on(WireView.Clicked)
    def _wire_clicked(self, message: WireView.Clicked) -> None:
        message.stop()
        what = message.what
        if what == "hold":
            self.action_hold()
        elif self.holds(what):
            self.choose_held(what)
            self.reveal(what)
        else:
            self.reveal(what)
            self.post_message(EventPointed(what))

    def action_capture(self) -> None:
        """Record the lab's frames on this machine, or no more."""
        self._ask(f"wire capture {'off' if self.state.settings.capturing else 'on'}")

    def action_want(self, form: str) -> None:
        """Have somebody ask for what takes more than a key."""
        self.post_message(self.Wanted(form))

    # Asking for commands

    def _ask(self, line: str) -> None:
        if not self.acts:
            return
        self._refusal = ""
        self.post_message(Asked(self, line, "form"))

    def taken(self, line: str, ticket: Ticket | None) -> None:
        """The lab has the command."""
        self._ticket = ticket
        self._refusal = ""

    def refused(self, line: str, why: str, column: int | None) -> None:
        """The command makes no sense."""
        self._say_refused(why)

    def hear(self) -> None:
        """Say it if what was asked for last could not be done."""
        refused = self.state.refused
        if refused is not None and self._ticket is not None and refused[0] == self._ticket.n:
            self._ticket = None
            self._say_refused(refused[1])

    def _say_refused(self, why: str) -> None:
        self._refusal = why
        self.app.bell()
        self.set_timer(_REFUSAL_LASTS, partial(self._forget_refusal, why))
        if self.state.settings.hosts:
            self._tell(self._pair_shown())
        else:
            self.notify(why, severity="error", markup=False)

    def _forget_refusal(self, why: str) -> None:
        if self._refusal == why:
            self._refusal = ""
            self.draw()

    # Settings

    def action_impair(self) -> None:
        """Open the bar with the settings, or close it."""
        if self.bar.is_open:
            self.bar.action_leave()
        elif self.state.settings.hosts:
            self.bar.open()

    @on(WireBar.Asked)
    def _setting_asked(self, message: WireBar.Asked) -> None:
        message.stop()
        self._ask(message.line)
