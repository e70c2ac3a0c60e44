"""The forms for what is done to the private network now and then: a host more, a program on
another host, a knob of a host's kernel, a rule for a frame to come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.css.query import NoMatches
from textual.widgets import Input, Static

from socklab.i18n import _
from socklab.lab import quantities
from socklab.lab.wiring import HOST_NAME, KINDS
from socklab.ui.panes.form import Form, choice, field, label, words
from socklab.ui.values import FieldError, whole_number

_ANYBODY = "*"

KNOBS = {
    "syn_retries": _("how often a SYN is sent again before connect gives up"),
    "synack_retries": _("how often a SYN,ACK is sent again"),
    "retries2": _("how often data is sent again before the connection is given up"),
    "fin_timeout": _("seconds in FIN_WAIT2 without a program"),
    "timestamps": _("the timestamps option: 1 or 0"),
    "sack": _("selective acknowledgements: 1 or 0"),
    "window_scaling": _("windows above 64 KiB: 1 or 0"),
    "congestion_control": _("reno, cubic, ..."),
    "syncookies": _("answer SYNs although the queue is full: 1 or 0"),
    "abort_on_overflow": _("a RST where the accept queue is full: 1 or 0"),
    "somaxconn": _("the longest accept queue"),
    "tcp_rmem": _("the receive buffer: least, default, most bytes"),
    "tcp_wmem": _("the send buffer: least, default, most bytes"),
    "slow_start_after_idle": _("a small window again after a pause: 1 or 0"),
    "keepalive_time": _("seconds of silence before keep-alive asks"),
    "ip_default_ttl": _("the TTL of what is sent"),
}
"""Those that a teacher asks for by name; the console takes any."""


class HostForm(Form):
    """One host more."""

    submit = _("Add")

    def __init__(self, hosts: Sequence[str]) -> None:
        super().__init__("host-form", _("A host more"))
        self._hosts = hosts

    def rows(self) -> ComposeResult:
        """Its name."""
        with HorizontalGroup(classes="row"):
            yield label(_("name"))
            yield field(
                "name",
                f"host-{len(self._hosts) + 1}",
                tooltip=_("programs whose names begin with it run there"),
            )

    def command(self) -> str:
        """`host proxy`."""
        name = self.text("name").strip()
        if not HOST_NAME.fullmatch(name):
            raise FieldError("name", _("name: lower-case letters, digits and -, at most 15"))
        return f"host {name}"


class PlaceForm(Form):
    """A program on a host that its name doesn't say."""

    submit = _("Place")

    def __init__(self, hosts: Sequence[str]) -> None:
        super().__init__("place-form", _("A program on another host"))
        self._hosts = hosts

    def rows(self) -> ComposeResult:
        """Which program, and where."""
        with HorizontalGroup(classes="row"):
            yield label(_("program"))
            told = _("a program's name, also of one that is yet to begin")
            yield field("program", "alice", tooltip=told)
            yield label(_("on"))
            yield choice("on", words(*self._hosts), tooltip=_("the host"))

    def command(self) -> str:
        """`place alice server`."""
        name = self.text("program").strip()
        if not name.isascii() or not name.replace("-", "a").isalnum() or not name[:1].islower():
            raise FieldError("program", _("program: lower-case letters, digits and -"))
        return f"place {name} {self.chosen('on')}"


class KnobForm(Form):
    """A knob of one host's kernel, read or set."""

    submit = _("Read or set")

    def __init__(self, hosts: Sequence[str]) -> None:
        super().__init__("knob-form", _("A knob of a host's kernel"))
        self._hosts = hosts
        self._knob = ""

    def rows(self) -> ComposeResult:
        """Whose, which, and its value."""
        with HorizontalGroup(classes="row"):
            yield choice("on", words(*self._hosts), tooltip=_("the host"))
            yield choice("knob", words(*KNOBS), tooltip=_("the knob; the console takes any"))
            yield label("=")
            yield field("value", placeholder=_("as it is"), tooltip=_("empty: only read it"))
        yield Static("", id="about")

    def command(self) -> str:
        """`sysctl client syn_retries 2`."""
        return f"sysctl {self.chosen('on')} {self.chosen('knob')} {self.text('value')}".strip()

    def check(self) -> str | None:
        """Say what the knob is for, too; another one has another value."""
        with suppress(NoMatches):  # not all fields are there yet
            knob = self.chosen("knob")
            if knob != self._knob:
                self._knob = knob
                self.query_one("#value", Input).value = ""
                self.query_one("#about", Static).update(Content(f"{knob}: {KNOBS.get(knob, '')}"))
        return super().check()


class RuleForm(Form):
    """What is to be done to one frame that is still to come."""

    submit = _("Add")

    def __init__(self, hosts: Sequence[str]) -> None:
        super().__init__("rule-form", _("A rule for a frame to come"))
        self._hosts = hosts

    def rows(self) -> ComposeResult:
        """What, to which frame."""
        with HorizontalGroup(classes="row"):
            actions = [*words("drop", "hold", "duplicate", "delay")]
            yield choice("action", actions, tooltip=_("what is done to it, once"))
            yield field("seconds", "1", tooltip=_("how much longer it takes: 0.2, or 200ms"))
            yield choice("kind", words(*_KINDS), tooltip=_("which kind of frame"))
            yield label(_("number"))
            yield field("nth", "1", tooltip=_("which one from now on: 1 is the next"))
            yield label(_("from"))
            sender = [(_("any host"), _ANYBODY), *words(*self._hosts)]
            yield choice("sender", sender, tooltip=_("whose frame"))

    def command(self) -> str:
        """`wire next drop data nth=3 from=client`."""
        action, delay = self.chosen("action"), self.text("seconds").strip()
        if action == "delay":
            if quantities.delay(delay) is None:
                raise FieldError("seconds", _("delay: from 0 to 60 seconds, or 200ms"))
            action = f"delay={delay}"
        said = f"wire next {action} {self.chosen('kind')}"
        nth = whole_number("nth", self.text("nth"), 1, 1 << 20, _("which one"))
        said += f" nth={nth}" if nth > 1 else ""
        sender = self.chosen("sender")
        return said if sender == _ANYBODY else f"{said} from={sender}"

    def check(self) -> str | None:
        """A delay is of some length."""
        with suppress(NoMatches):  # not all fields are there yet
            self.set_class(self.chosen("action") == "delay", "-delay")
        return super().check()


_KINDS = ("syn", *(kind for kind in KINDS if kind != "syn"))


class Sort(NamedTuple):
    """One of them: `make` gives it for these hosts; `stays`: more of the same may follow."""

    make: Callable[[Sequence[str]], Form]
    first: str
    stays: bool = False


SORTS = {
    "host": Sort(HostForm, "name"),
    "place": Sort(PlaceForm, "program"),
    "knob": Sort(KnobForm, "value", stays=True),
    "rule": Sort(RuleForm, "action"),
}
"""The forms, and the field that is filled in first."""
