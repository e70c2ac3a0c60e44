"""How the commands for the network and its wire are written: `network`, `host`, `place`, `sysctl`,
`wire` and `expect wire`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal, cast, get_args

from socklab.events import Verdict
from socklab.i18n import _
from socklab.lab import arguments, named_values, network_commands, quantities
from socklab.lab.network_commands import ExpectWire, Pair, WireCommand, WireNext, WireSet
from socklab.lab.reader import INT_MAX, Reader, Slot, whole
from socklab.lab.words import Word
from socklab.model.frame_kinds import FrameKind
from socklab.model.wire_rules import RuleAction

HOST_NAME = re.compile(r"[a-z][a-z0-9-]{0,14}")
_KNOB = re.compile(r"[a-z][a-z0-9_.]*")
_TIMES = re.compile(r"x([0-9]+)")

_NETWORKS = {
    "private": _("hosts of their own, joined by a wire that you operate"),
    "machine": _("this machine's own network"),
}
KINDS: dict[str, str] = {
    "any": _("every frame"),
    "arp": _("who has this address?"),
    "icmp": _("ICMP and ICMPv6"),
    "udp": _("a datagram"),
    "syn": _("the first segment of a handshake"),
    "syn-ack": _("the second one"),
    "ack": _("a segment with nothing but its acknowledgement"),
    "data": _("a segment with data"),
    "fin": _("a segment with FIN"),
    "rst": _("a segment with RST"),
}
_SETTINGS = {
    "delay=": _("seconds that each frame takes (or 100ms)"),
    "jitter=": _("so much more or less"),
    "loss=": _("the share that is lost: 10% or 0.1"),
    "duplicate=": _("the share that comes twice"),
    "reorder=": _("the share that others overtake"),
    "corrupt=": _("the share with a bit changed"),
    "rate=": _("bits per second: 1M; off for no limit"),
    "queue=": _("the most frames that wait for the rate; off for no limit"),
    "mtu=": _("the largest packet, in bytes"),
    "seed=": _("what all chance comes from"),
}
_RULES = {
    "drop": _("it is lost"),
    "hold": _("it waits for your hand"),
    "duplicate": _("it comes twice"),
    "delay=": _("it takes so many seconds more"),
}
_WHICH = {"nth=": _("not the first one, but the Nth"), "from=": _("only of this host")}
_VERDICTS = dict.fromkeys(get_args(Verdict), "")


def network(words: Reader) -> network_commands.SetNetwork:
    """What follows `network`."""
    return network_commands.SetNetwork(words.choice(_NETWORKS) == "private")


def host(words: Reader) -> network_commands.AddHost:
    """What follows `host`."""
    return network_commands.AddHost(_host(words))


def place(words: Reader) -> network_commands.PlaceProgram:
    """What follows `place`."""
    return network_commands.PlaceProgram(arguments.program(words), _host(words))


def sysctl(words: Reader) -> network_commands.SysCtl:
    """What follows `sysctl`: a host, a knob, and what to set it to, if anything."""
    name = _host(words)
    expected = _("a knob's name, such as syn_retries")
    word = words.plain(expected)
    if not _KNOB.fullmatch(word.text):
        raise words.error(expected, word)
    return network_commands.SysCtl(name, word.text, words.rest() or None)


def wire(words: Reader) -> WireCommand:
    """What follows `wire`."""
    return _WIRE[words.choice(_VERBS)](words)


def expect_wire(words: Reader) -> ExpectWire:
    """What follows `expect wire`."""
    kind = cast(FrameKind, words.choice(KINDS, _("a kind of frame")))
    sender = None
    if words.peek_plain({"from=": _WHICH["from="]}).startswith("from="):
        sender = _which(words)[1].get("sender")
    words.choice({"=": ""})
    verdict = cast(Verdict, words.choice(_VERDICTS))
    times = 1
    match = _TIMES.fullmatch(words.peek_plain({"x2": _("so many of them")}))
    if match is not None:
        words.plain("")
        times = int(match[1][:9])
    return ExpectWire(kind, sender, verdict, times, arguments.within(words))


def _host(words: Reader) -> str:
    expected = _("a host's name: lower-case letters, digits and -")
    word = words.plain(expected, Slot.HOST)
    if not HOST_NAME.fullmatch(word.text):
        raise words.error(expected, word)
    return word.text


def _set(words: Reader) -> WireSet:
    pair: Pair | None = None
    if ">" in words.peek_plain(Slot.DIRECTION, _SETTINGS):
        pair = _pair(words)
    settings: dict[str, float | None] = {}
    mtu = seed = None
    if words.peek(_SETTINGS) is None:
        raise words.error(_("a setting, such as loss=10%"))
    while words.peek(_SETTINGS) is not None:
        word = words.plain(_("a setting or the line's end"))
        name, equals, value = word.text.partition("=")
        if not equals or f"{name}=" not in _SETTINGS:
            raise words.error(_("a setting, such as loss=10%"), word, known=_SETTINGS)
        if name == "mtu":
            mtu = named_values.count(words, word, value)
        elif name == "seed":
            seed = named_values.count(words, word, value)
        else:
            settings[name] = _amount(words, word, name, value)
    return WireSet(pair, tuple(settings.items()), mtu, seed)


def _pair(words: Reader) -> Pair:
    expected = _("FROM>TO, two hosts' names")
    word = words.plain(expected)
    sender, _arrow, receiver = word.text.partition(">")
    if not (HOST_NAME.fullmatch(sender) and HOST_NAME.fullmatch(receiver)):
        raise words.error(expected, word)
    return sender, receiver


def _amount(words: Reader, word: Word, name: str, value: str) -> float | None:
    if name in ("delay", "jitter"):
        return named_values.delay(words, word, value)
    if name not in ("rate", "queue"):
        return named_values.share(words, word, value)
    if value == "off":
        return None
    amount = quantities.rate(value) if name == "rate" else whole(value)
    if amount is None or amount < 0:
        raise words.error(_("a number above 0, or off"), named_values.behind(word, value))
    return amount


def _plug(words: Reader) -> network_commands.WirePlug:
    return network_commands.WirePlug(_host_or_all(words), True)


def _unplug(words: Reader) -> network_commands.WirePlug:
    return network_commands.WirePlug(_host_or_all(words), False)


def _host_or_all(words: Reader) -> str | None:
    return None if words.peek(Slot.HOST) is None else _host(words)


def _hold(words: Reader) -> network_commands.WireHold:
    return network_commands.WireHold(arguments.switch(words))


def _step(words: Reader) -> network_commands.WireStep:
    if words.peek() is None:
        return network_commands.WireStep()
    return network_commands.WireStep(words.whole(_("how many frames"), 1, INT_MAX))


def _by_hand(action: Literal["deliver", "drop", "duplicate"]) -> Callable[[Reader], WireCommand]:
    return lambda words: network_commands.WireFrame(action, _frame(words))


def _swap(words: Reader) -> network_commands.WireSwap:
    return network_commands.WireSwap(_frame(words), _frame(words))


def _frame(words: Reader) -> int:
    return words.whole(_("a frame's number"), 1, INT_MAX)


def _next(words: Reader) -> WireNext:
    action, delay = _action(words)
    kind = cast(FrameKind, words.choice(KINDS, _("a kind of frame")))
    which: dict[str, Any] = {}
    while words.peek(_WHICH) is not None:
        word, found = _which(words)
        if which.keys() & found.keys():
            raise words.error(_("each option only once"), word)
        which.update(found)
    return WireNext(action, kind, delay=delay, **which)


def _action(words: Reader) -> tuple[RuleAction, float]:
    expected = _("drop, hold, duplicate or delay=S")
    word = words.plain(expected, _RULES)
    name, equals, value = word.text.partition("=")
    if name == "delay" and equals:
        return "delay", named_values.delay(words, word, value)
    if word.text not in ("drop", "hold", "duplicate"):
        raise words.error(expected, word, known=_RULES)
    return cast(RuleAction, word.text), 0.0


def _which(words: Reader) -> tuple[Word, dict[str, Any]]:
    word = words.plain(_("nth=N or from=HOST"))
    name, _equals, value = word.text.partition("=")
    if name == "nth":
        return word, {"nth": named_values.count(words, word, value, _("a number from 1"), 1)}
    if name != "from":
        raise words.error(_("nth=N or from=HOST"), word, known=_WHICH)
    if not HOST_NAME.fullmatch(value):
        raise words.error(_("a host's name"), named_values.behind(word, value))
    return word, {"sender": value}


def _status(words: Reader) -> network_commands.WireStatus:
    return network_commands.WireStatus()


def _capture(words: Reader) -> network_commands.WireCapture:
    return network_commands.WireCapture(arguments.switch(words))


_WIRE: dict[str, Callable[[Reader], WireCommand]] = {
    "set": _set,
    "plug": _plug,
    "unplug": _unplug,
    "hold": _hold,
    "step": _step,
    "deliver": _by_hand("deliver"),
    "drop": _by_hand("drop"),
    "duplicate": _by_hand("duplicate"),
    "swap": _swap,
    "next": _next,
    "status": _status,
    "capture": _capture,
}
_VERBS = {
    "set": _("delay, loss and the like"),
    "plug": _("plug a host in again"),
    "unplug": _("nothing comes from it or to it"),
    "hold": _("hold every frame"),
    "step": _("let the oldest held frame go on"),
    "deliver": _("let a held frame go on"),
    "drop": _("lose a held frame"),
    "duplicate": _("let a held frame go on twice"),
    "swap": _("two held frames change places"),
    "next": _("do it to a frame to come"),
    "status": _("how the wire is"),
    "capture": _("record the lab's frames on this machine"),
}
