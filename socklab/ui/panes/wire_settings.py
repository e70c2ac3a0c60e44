"""How the wire is set, as the commands in the journal have it, and how that is said.

There is no event for it: what was asked for and not refused holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import singledispatch
from itertools import permutations
from typing import Any

from socklab.i18n import _
from socklab.lab.network_commands import (
    AddHost,
    Pair,
    SetNetwork,
    WireCapture,
    WireHold,
    WirePlug,
    WireSet,
)
from socklab.model.impairments import PERFECT, Impairments
from socklab.model.units import duration_text

FIRST_HOSTS = ("client", "server")
MTU = 1500

_SECOND = 1_000_000_000
_RATES = ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"))


@dataclass(frozen=True, slots=True)
class WireSettings:
    """The private network: none without `hosts`, which stand in the order of their addresses.
    `capturing`: where there is none, this machine's frames are recorded.

    `impaired` are the directions (sender, receiver) that aren't as they come.
    """

    hosts: tuple[str, ...] = ()
    impaired: Mapping[Pair, Impairments] = field(default_factory=dict)
    unplugged: frozenset[str] = frozenset()
    holding: bool = False
    mtu: int = MTU
    capturing: bool = False

    def impairments(self, sender: str, receiver: str) -> Impairments:
        """How one direction is."""
        return self.impaired.get((sender, receiver), PERFECT)


NO_WIRE = WireSettings()


@singledispatch
def changed(command: object, settings: WireSettings) -> WireSettings:
    """The settings once `command` has been carried out; most change nothing."""
    return settings


@changed.register
def _network(command: SetNetwork, settings: WireSettings) -> WireSettings:
    if not command.private:
        return NO_WIRE
    return settings if settings.hosts else WireSettings(FIRST_HOSTS)


@changed.register
def _host(command: AddHost, settings: WireSettings) -> WireSettings:
    if not settings.hosts or command.name in settings.hosts:
        return settings
    return replace(settings, hosts=(*settings.hosts, command.name))


@changed.register
def _set(command: WireSet, settings: WireSettings) -> WireSettings:
    impaired = dict(settings.impaired)
    wanted: dict[str, Any] = dict(command.settings)
    for pair in permutations(settings.hosts, 2) if command.pair is None else [command.pair]:
        impaired[pair] = replace(settings.impairments(*pair), **wanted)
    return replace(settings, impaired=impaired, mtu=command.mtu or settings.mtu)


@changed.register
def _plug(command: WirePlug, settings: WireSettings) -> WireSettings:
    hosts = frozenset(settings.hosts if command.host is None else (command.host,))
    unplugged = settings.unplugged - hosts if command.plugged else settings.unplugged | hosts
    return replace(settings, unplugged=unplugged)


@changed.register
def _hold(command: WireHold, settings: WireSettings) -> WireSettings:
    return replace(settings, holding=command.holding)


@changed.register
def _capture(command: WireCapture, settings: WireSettings) -> WireSettings:
    return settings if settings.hosts else replace(settings, capturing=command.capturing)


MATTERS = (SetNetwork, AddHost, WireSet, WirePlug, WireHold, WireCapture)
"""The commands that change a setting."""


def address_of(host: str, settings: WireSettings) -> str:
    """The host's IPv4 address, which its place among the hosts gives."""
    return f"10.0.0.{settings.hosts.index(host) + 1}" if host in settings.hosts else ""


# In words


def impairments_words(bad: Impairments) -> str:
    """`delay 100 ms ± 20 ms · loss 10%`; "" for a direction that is as it comes."""
    said = []
    if bad.delay or bad.jitter:
        jitter = f" ± {_time(bad.jitter)}" if bad.jitter else ""
        said.append(_("delay {time}", time=_time(bad.delay)) + jitter)
    for name, word in _SHARES.items():
        share = getattr(bad, name)
        if share:
            said.append(f"{word} {share * 100:g}%")
    if bad.rate is not None:
        said.append(_rate(bad.rate))
    if bad.queue is not None:
        said.append(_("queue {n}", n=bad.queue))
    return " · ".join(said)


_SHARES = {
    "loss": _("loss"),
    "duplicate": _("duplicate"),
    "reorder": _("reorder"),
    "corrupt": _("corrupt"),
}


def _time(seconds: float) -> str:
    return duration_text(round(seconds * _SECOND))


def _rate(bits: float) -> str:
    for unit, name in _RATES:
        if bits >= unit:
            return f"{bits / unit:g} {name}"
    return f"{bits:g} bit/s"


def value_word(bad: Impairments, name: str) -> str:
    """One setting as `wire set` takes it: `100ms`, `10%`, `1M`, `off`."""
    value = getattr(bad, name)
    if value is None:
        return "off"
    if name in _SHARES:
        return f"{value * 100:g}%"
    if name == "rate":
        unit, letter = next(
            (pair for pair in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if value >= pair[0]), (1, "")
        )
        return f"{value / unit:g}{letter}"
    if name == "queue":
        return str(value)
    return f"{value * 1000:g}ms" if 0 < value < 1 else f"{value:g}"
