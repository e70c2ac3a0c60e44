"""The themes: readable on a projector, whatever one's colour vision (WCAG 2.1, 1.4.3)."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from socklab.ui.themes import DARK, LIGHT

READABLE = 4.5
TEXTS = ("primary", "secondary", "accent", "warning", "error", "success")


def luminance(color: Color) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b)


def contrast(one: Color, other: Color) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("ground", ["background", "panel", "field", "block-cursor-background"])
def test_every_text_is_readable_on_every_ground(theme: Theme, ground: str) -> None:
    made = {**theme.to_color_system().generate(), **theme.variables}
    behind = Color.parse(made[ground])
    for name in TEXTS:
        assert contrast(Color.parse(made[f"text-{name}"]), behind) >= READABLE, name
    assert contrast(Color.parse(made["foreground"]), behind) >= READABLE
