"""The themes: readable on a projector, whatever one's colour vision (WCAG 2.1, 1.4.3)."""

from __future__ import annotations

import pytest
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import Theme

from socklab.ui.themes import DARK, LIGHT

READABLE = 4.5
GROUNDS = ("background", "panel", "field", "field-focus", "block-cursor-background")
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


def in_256_colours(color: Color) -> Color:
    """As a terminal without COLORTERM=truecolor has it: macOS' own, or tmux as it comes."""
    shown = color.rich_color.downgrade(ColorSystem.EIGHT_BIT).get_truecolor()
    return Color(*shown)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_with_256_colours_it_is_as_readable(theme: Theme) -> None:
    made = {**theme.to_color_system().generate(), **theme.variables}
    shown = {name: in_256_colours(Color.parse(made[name])) for name in (*GROUNDS, "foreground")}
    for name in TEXTS:
        text = in_256_colours(Color.parse(made[f"text-{name}"]))
        for ground in ("background", "panel"):
            assert contrast(text, shown[ground]) >= READABLE, (name, ground)
    for ground in GROUNDS:
        assert contrast(shown["foreground"], shown[ground]) >= READABLE, ground
    for ground in ("background", "panel", "field"):  # none of them turns blue
        assert max(shown[ground].rgb) - min(shown[ground].rgb) <= 8, ground


def test_with_256_colours_a_field_is_told_from_its_ground() -> None:
    for theme in (DARK, LIGHT):
        made = {**theme.to_color_system().generate(), **theme.variables}
        grounds = [in_256_colours(Color.parse(made[name])).rgb for name in GROUNDS]
        assert len(set(grounds)) == len(grounds), theme.name
