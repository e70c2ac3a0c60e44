"""The wire in a process of its own, so that it and the lab don't wait for each other's turn of the
interpreter: frames cross while the screen is drawn, and the screen is drawn while frames cross."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from socklab.events import Note
from socklab.i18n import _
from socklab.journal import Journal
from socklab.model.wire_end import WireMove
from socklab.network.child import Child, NotStarted
from socklab.network.wire import Wire
from socklab.network.wire_intake import WireIntake
from socklab.network.wire_messages import Answer, Asked, Beginning, Channel, PlugIn
from socklab.network.wire_record import Portion

P = ParamSpec("P")
T = TypeVar("T")

_PATIENCE = 10.0  # seconds for an answer

_UNDER_WAY = 1 << 20
"""Bytes of what happens that may be on their way to the lab, if the kernel allows it: while there
is no room for more, nothing is carried."""


class WireGone(OSError):
    """The wire's process has ended, or says nothing."""


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
        self._turn = threading.Lock()
        self._over = False
        self._closed = False
        (ours, asked), (hears, tells) = socket.socketpair(), socket.socketpair()
        ours.settimeout(_PATIENCE)
        tells.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNDER_WAY)
        self._asks, self._hears = Channel(ours), Channel(hears)
        try:
            self._child = Child("socklab.network.wire_worker", _("The wire"), asked, tells)
        except NotStarted:
            self._asks.close()
            self._hears.close()
            raise
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
        with end:
            self._ask(PlugIn(host, mac, mtu), end)

    def do(self, what: Callable[Concatenate[Wire, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Have the wire do it: `do(Wire.step, 3)`. What happens by that is in the journal then.
        Raises what it raises, and WireGone."""
        given: T = self._ask(Asked(what.__name__, args, named))
        return given

    def settle(self) -> None:
        """As `Wire.settle`; where there is no wire any more, nothing comes."""
        with contextlib.suppress(WireGone):
            self.do(Wire.settle)

    def close(self) -> None:
        """Carry no more; what is under way is lost."""
        self._closed = True
        with contextlib.suppress(WireGone):
            self.do(Wire.close)
        with self._turn:
            self._asks.close()
        self._thread.join()
        self._child.end()

    def _ask(self, request: Asked | PlugIn, end: socket.socket | None = None) -> Any:
        with self._turn:
            try:
                self._asks.say(request)
                if end is not None:
                    self._hears.hand_over(end)
                answer: Answer = self._asks.hear()
            except (EOFError, OSError, ValueError):  # the last for one that is closed
                self._asks.close()  # an answer that comes late would be taken for the next one's
                raise WireGone(_("the wire has ended")) from None
        with self._taking:
            self._taking.wait_for(lambda: self._over or self._taken >= answer.events)
        if answer.raised is not None:
            raise answer.raised
        return answer.given

    # The thread.

    def _take_in(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            self._take_in_all()
        self._hears.close()
        with self._taking:
            self._over = True
            self._taking.notify_all()
        if not self._closed:
            self._journal.append(Note(t=self._journal.now(), level="error", text=self._why_gone()))

    def _take_in_all(self) -> None:
        decoder = msgspec.msgpack.Decoder(Portion)
        while True:
            portion = decoder.decode(self._hears.receive())
            self._intake.take(portion)
            with self._taking:
                self._taken = portion.first + len(portion.events)
                self._taking.notify_all()

    def _why_gone(self) -> str:
        return _(
            "the wire, a process of its own, has ended ({why}): nothing crosses any more. `network "
            "machine` and then `network private` make a new one",
            why=self._child.last_words() or _("nobody knows why"),
        )
