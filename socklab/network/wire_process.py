"""The wire in a process of its own, so that it and the lab don't wait for each other's turn of the
interpreter: frames cross while the screen is drawn, and the screen is drawn while frames cross."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar

import msgspec

from socklab.events import Note
from socklab.i18n import _
from socklab.journal import Journal
from socklab.model.wire_end import WireMove
from socklab.network.child import Child
from socklab.network.wire import Wire
from socklab.network.wire_intake import WireIntake
from socklab.network.wire_messages import Answer, Asked, Beginning, Channel, PlugIn
from socklab.network.wire_record import Portion

P = ParamSpec("P")
T = TypeVar("T")

_PATIENCE = 10.0  # seconds for an answer, or for anything else to happen


class WireGone(OSError):
    """The wire's process has ended, or says nothing; the text says so, and why."""


class WireProcess:
    """A `Wire`, of which `do` asks something. Any thread may.

    What happens on it is in `journal`, and `told` is called with each move that it shows, on a
    thread of its own. `first` numbers the first frame. Raises NotStarted.
    """

    def __init__(
        self, journal: Journal, told: Callable[[WireMove], None], *, seed: int = 1, first: int = 1
    ) -> None:
        self._journal = journal
        self._intake = WireIntake(journal, told, first)
        self._taken = 0
        self._taking = threading.Condition()
        self._turn, self._settling = threading.Lock(), threading.Lock()
        self._settles = 0
        self._over = False
        self._in_use = False
        self._child = Child("socklab.network.wire_worker", _("The wire"), *[socket.SOCK_STREAM] * 3)
        self._asks, self._settled, self._hears = map(Channel, self._child.ends)
        self._thread = threading.Thread(target=self._take_in, name="wire", daemon=True)
        self._thread.start()
        with contextlib.suppress(OSError):  # it has ended: the first to ask something is told
            self._asks.say(Beginning(journal.header.snap, journal.ahead, seed, first))

    @property
    def next(self) -> int:
        """The number that the next frame will have."""
        return self._intake.next

    def plug_in(self, host: str, mac: str, end: socket.socket, mtu: int) -> None:
        """Another host, at the end of its link, which is the wire's from now on. Raises OSError."""
        with end, self._turn:
            answer = self._ask(self._asks, PlugIn(host, mac, mtu), end)
        self._given(answer)
        self._in_use = True

    def do(self, what: Callable[Concatenate[Wire, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Have the wire do it: `do(Wire.step, 3)`. What happens by that is in the journal then.
        Raises what it raises, and WireGone."""
        with self._turn:
            answer = self._ask(self._asks, Asked(what.__name__, args, named))
        given: T = self._given(answer)
        return given

    def settle(self) -> None:
        """As `Wire.settle`; where there is no wire any more, nothing comes."""
        before = self._settles
        with self._settling:
            if self._settles != before:  # another began after this was asked for: it will do
                return
            self._settles += 1
            with contextlib.suppress(OSError):
                self._given(self._ask(self._settled, Asked(Wire.settle.__name__, (), {})))

    def close(self) -> None:
        """Carry no more; what is under way is lost."""
        self._in_use = False
        with contextlib.suppress(OSError):
            self.do(Wire.close)
        with self._turn, self._settling:
            self._asks.close()
            self._settled.close()
        self._child.wait()
        self._thread.join()
        self._child.close()

    def _ask(
        self, channel: Channel, request: Asked | PlugIn, end: socket.socket | None = None
    ) -> Answer:
        """Of one thread at a time on each channel."""
        try:
            if end is not None:
                self._hears.hand_over(end)
            channel.say(request)
            taken = self._taken
            while not channel.comes(_PATIENCE):
                if self._taken == taken:
                    raise TimeoutError
                taken = self._taken
            answer: Answer = channel.hear()
        except TimeoutError:
            channel.close()  # an answer that comes late would be taken for the next one's
            raise WireGone(_("the wire, a process of its own, doesn't answer")) from None
        except (EOFError, OSError, ValueError):  # the last for a channel that is closed
            channel.close()
            raise WireGone(self._why_gone()) from None
        return answer

    def _given(self, answer: Answer) -> Any:
        """What it gave, once what had happened by then is in the journal."""
        with self._taking:
            self._taking.wait_for(lambda: self._over or self._taken >= answer.events)
        if self._over:
            raise WireGone(self._why_gone())
        if answer.raised is not None:
            raise answer.raised
        return answer.given

    # The thread.

    def _take_in(self) -> None:
        try:
            self._take_in_all()
        except (EOFError, OSError):
            why = None
        except Exception as error:  # else somebody would wait for ever for what isn't taken in
            why = f"{type(error).__name__}: {error}"
        self._hears.close()  # there is no wire that nobody hears of
        with self._taking:
            self._over = True
            self._taking.notify_all()
        if self._in_use:
            text = _(
                "{gone}: nothing crosses any more. `network machine` and then `network private` "
                "make a new one",
                gone=self._why_gone(why),
            )
            self._journal.append(Note(t=self._journal.now(), level="error", text=text))

    def _take_in_all(self) -> NoReturn:
        decoder = msgspec.msgpack.Decoder(Portion)
        while True:
            portion = decoder.decode(self._hears.receive())
            self._intake.take(portion)
            with self._taking:
                self._taken = portion.first + len(portion.events)
                self._taking.notify_all()

    def _why_gone(self, why: str | None = None) -> str:
        return _(
            "the wire, a process of its own, has ended ({why})",
            why=why or self._child.why_ended(),
        )
