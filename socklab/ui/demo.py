"""The demonstration: a server and a client shake hands, one call after another."""

from __future__ import annotations

from importlib import resources

PORT = "8080"
BREATH = 1.5
"""Seconds before each call."""


def demo_script(port: int) -> str:
    """The script, for a port that is free."""
    text = resources.files(__package__).joinpath("handshake.lab").read_text(encoding="utf-8")
    return text.replace(PORT, str(port))
