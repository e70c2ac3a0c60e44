"""How the wire is, in one line below its drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from socklab.i18n import _
from socklab.lab.network_commands import Pair
from socklab.model.wire_rules import rule_text
from socklab.ui.panes.cells import Part, harmless
from socklab.ui.panes.wire_settings import MTU, impairments_words
from socklab.ui.panes.wire_state import WireState

_GAP: Part = ("   ", "")


def words(state: WireState, pair: Pair, refusal: str, more: Sequence[Part] = ()) -> list[Part]:
    """What is set between two hosts, what waits, and `more`; or why something could not be done."""
    if refusal:
        return [("✗ " + harmless(refusal), "error")]
    said = list(_said(state, pair))
    if more:
        said.append(list(more))
    if not said:
        said = [[(_("The wire lets every frame through as it comes."), "dim")]]
    line: list[Part] = []
    for place, parts in enumerate(said):
        line += [_GAP] * (place > 0) + parts
    return line


def _said(state: WireState, pair: Pair) -> Iterator[list[Part]]:
    settings = state.settings
    if state.held:
        yield [(_("{n} held", n=f"{len(state.held):,}"), "warning")]
    elif settings.holding:
        yield [(_("every frame will be held"), "warning")]
    late = len(state.under_way)
    if late:
        yield [(_("{n} under way", n=f"{late:,}"), "accent")]
    for host in settings.hosts:
        if host in settings.unplugged:
            yield [("╳ " + _("{host} is unplugged", host=host), "error")]
    forth = impairments_words(settings.impairments(*pair))
    back = impairments_words(settings.impairments(pair[1], pair[0]))
    if forth == back and forth:
        yield [("⇄ ", "strong"), (forth, "")]
    else:
        for sign, bad, style in (("▶ ", forth, "accent"), ("◀ ", back, "second")):
            if bad:
                yield [(sign, style), (bad, "")]
    if settings.mtu != MTU:
        yield [(_("MTU {n}", n=settings.mtu), "")]
    for rule in state.rules.values():
        said = rule_text(rule.action, rule.kind, rule.nth, rule.sender, rule.delay)
        yield [(_("next: "), "dim"), (said, "warning")]
    others = [host for host in settings.hosts if host not in pair]
    if others:
        yield [(_("also: "), "dim"), (" ".join(others), "")]
