"""What the Log lets through, as a person chooses it, and how that is said in a few words."""

from __future__ import annotations

from dataclasses import dataclass

from socklab.i18n import _

KINDS = ("call", "wait", "state", "command", "note", "program", "gauge", "info", "frame", "fate")
"""The kinds of events that there are, as the journal names their types."""

_FRAMES = frozenset({"frame", "fate"})
_SAMPLES = frozenset({"gauge", "info"})

USUAL_KINDS = frozenset(KINDS) - _SAMPLES - _FRAMES
"""Queues and TCP's numbers change with every call, and each call may send many frames, which the
Wire pane lists and the Ladder draws: here they would drown what people did."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What to show: None means any. `text` is looked for in the line, whatever the case."""

    kinds: frozenset[str] = USUAL_KINDS
    program: str | None = None
    sock: int | None = None
    call: str | None = None
    errors: bool = False
    text: str = ""

    @property
    def shows_all(self) -> bool:
        """Whether nothing but the usual is left out."""
        return self == Choice()

    def summary(self, sock_name: str = "") -> str:
        """The choice in words: `all`, `server · send · errors`."""
        words = [self.program or "", sock_name if self.sock is not None else "", self.call or ""]
        if self.errors:
            words.append(_("errors"))
        if self.text:
            words.append(f'"{self.text}"')
        if self.kinds != USUAL_KINDS:
            words.append(self._kinds_in_words())
        return " · ".join(word for word in words if word) or _("all")

    def _kinds_in_words(self) -> str:
        if self.kinds == USUAL_KINDS | {"gauge"}:
            return _("with gauges")
        if self.kinds == USUAL_KINDS | _SAMPLES:
            return _("with all samples")
        if self.kinds == USUAL_KINDS | _FRAMES:
            return _("with frames")
        if self.kinds == frozenset(KINDS):
            return _("with everything")
        names = kind_names()
        if not self.kinds:
            return _("no kind of event")
        return " ".join(names[kind] for kind in KINDS if kind in self.kinds)


def together(kind: str) -> frozenset[str]:
    """The kinds that are chosen with this one: a frame, and what became of it."""
    return _FRAMES if kind in _FRAMES else frozenset({kind})


def kind_names() -> dict[str, str]:
    """What the kinds are called, in the plural."""
    return {
        "call": _("calls"),
        "wait": _("waits"),
        "state": _("states"),
        "command": _("commands"),
        "note": _("notes"),
        "program": _("programs"),
        "gauge": _("gauges"),
        "info": _("info"),
        "frame": _("frames"),
        "fate": _("fates"),
    }
