"""A command that was understood but can't be put into a call here and now."""

from __future__ import annotations


class Refusal(Exception):
    """Why the lab won't make the call, in a sentence for the user."""


class Unresolved(Refusal):
    """A name has no address: the network's answer, not the line's mistake, so the lab goes on."""
