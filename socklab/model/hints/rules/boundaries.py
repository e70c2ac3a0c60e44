"""Receives that don't match the sends: TCP is a stream of bytes (facts E31, E32)."""

from __future__ import annotations

from socklab.events import Call
from socklab.i18n import _
from socklab.model.hints.hint import RECEIVED, SENT, Hint, Rule
from socklab.model.hints.scene import Scene
from socklab.model.hints.story import Story
from socklab.model.hints.stream import Match
from socklab.model.units import size_text


def merged(call: Call, story: Story, scene: Scene) -> Hint | None:
    """One receive gave the bytes of several sends."""
    match = next((match for match in scene.matches if _joins(match)), None)
    if match is None:
        return None
    got = match.got
    text = _(
        "{call}({fd}) = {size} gave the bytes of {n} sends at once: TCP is a stream and keeps no "
        "message boundaries.",
        call=got.name,
        fd=got.fd,
        size=got.size,
        n=len(match.sent),
    )
    return scene.hint("merged", text, match.sent[0].n, got.n, _reader(call, story, scene))


def split(call: Call, story: Story, scene: Scene) -> Hint | None:
    """A receive ended in the middle of what one send had handed over."""
    match = next((match for match in scene.matches if _cut(match)), None)
    if match is None:
        return None
    got, send = match.got, match.sent[-1]
    text = _(
        "{call}({fd}) = {size} took only a part of one send of {whole}: TCP keeps no boundaries, "
        "so read until all is there.",
        call=got.name,
        fd=got.fd,
        size=got.size,
        whole=size_text(send.size),
    )
    return scene.hint("split", text, send.n, got.n, _reader(call, story, scene))


def _joins(match: Match) -> bool:
    return len(match.sent) > 1 and not match.got.waitall


def _cut(match: Match) -> bool:
    # One that waits for all it asked for was ended by something else: a reset, for instance.
    return bool(match.sent) and match.sent[-1].end > match.got.end and not match.got.waitall


def _reader(call: Call, story: Story, scene: Scene) -> Story:
    """The receiving end: the call may be the send, where that was told of later."""
    peer = scene.peer(story)
    return story if call.name.startswith("recv") or peer is None else peer


RULES = (Rule(merged, (SENT, RECEIVED)), Rule(split, (SENT, RECEIVED)))
