"""How `forward` is written, and what a relay can't do: of each transport something else."""

from __future__ import annotations

from socklab.i18n import _
from socklab.lab import arguments, quantities
from socklab.lab.commands import Forward
from socklab.lab.composites import Options, Refused, clients, options
from socklab.lab.named_values import behind, count, delay, share
from socklab.lab.reader import Reader
from socklab.lab.words import Word

_OFFERED: dict[str, dict[str, str]] = {
    "tcp": {
        "delay=": _("seconds that each byte takes, each way (or 100ms)"),
        "slice=": _("the most bytes that go on in one send"),
        "rate=": _("bytes per second, each way: 100k"),
        "reset-after=": _("a RST both ways after so many bytes of a client"),
        "max-clients=": _("how many clients are served at a time"),
    },
    "udp": {
        "delay=": _("seconds that each datagram takes, each way (or 100ms)"),
        "loss=": _("the share that is lost: 10% or 0.1"),
        "duplicate=": _("the share that comes twice"),
        "reorder=": _("the share that others overtake"),
        "seed=": _("what all chance comes from"),
        "max-clients=": _("how many clients are served at a time"),
    },
}
_IMPOSSIBLE: dict[str, Refused] = {
    "tcp": {
        "loss": _(
            "a relay of TCP can't drop a segment: it has two connections of its own, whose kernels"
            " send again what is lost; use the private network's wire"
        ),
        "duplicate": _(
            "a relay of TCP can't duplicate a segment: it has two connections of its own, and what"
            " it sends twice arrives twice; use the private network's wire"
        ),
        "reorder": _(
            "a relay of TCP can't reorder segments: it has two connections of its own, and sees"
            " nothing but their streams; use the private network's wire"
        ),
        "seed": _("a relay of TCP leaves nothing to chance: it needs no seed"),
    },
    "udp": {
        "slice": _("a relay of UDP can't slice: a datagram goes on whole, or not at all"),
        "rate": _(
            "a relay of UDP can't slow a sender down, for nothing holds it up: what comes too fast"
            " could only be lost, and that is loss="
        ),
        "reset-after": _("a relay of UDP can't reset: there is no connection"),
    },
}


def forward(words: Reader) -> Forward:
    """What follows the verb."""
    transport = arguments.transport(words)
    place, target = arguments.host_port(words), arguments.place(words)
    return Forward(
        transport,
        place,
        target,
        **options(words, _OFFERED[transport], _KNOWN[transport], _IMPOSSIBLE[transport]),
    )


def _rate(words: Reader, word: Word, value: str) -> float:
    rate = quantities.rate(value)
    if rate is None or rate < 1:
        raise words.error(_("bytes per second, at least 1"), behind(word, value))
    return rate


def _bytes(words: Reader, word: Word, value: str) -> int:
    return count(words, word, value, _("a number of bytes, at least 1"), 1)


_KNOWN: dict[str, Options] = {
    "tcp": {
        "delay": ("delay", delay),
        "slice": ("slice", _bytes),
        "rate": ("rate", _rate),
        "reset-after": ("reset_after", _bytes),
        "max-clients": ("max_clients", clients),
    },
    "udp": {
        "delay": ("delay", delay),
        "loss": ("loss", share),
        "duplicate": ("duplicate", share),
        "reorder": ("reorder", share),
        "seed": ("seed", count),
        "max-clients": ("max_clients", clients),
    },
}
