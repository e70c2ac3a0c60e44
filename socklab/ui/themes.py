"""The two themes, on the Okabe-Ito colours, which people with any colour vision can tell apart.

Okabe & Ito, "Color Universal Design", 2008. On dark grounds sky blue, yellow and vermillion carry
meaning; on light grounds, where yellow and sky blue are too faint, blue and vermillion do.
"""

from __future__ import annotations

from textual.theme import Theme

SKY = "#56B4E9"
YELLOW = "#F0E442"
VERMILLION = "#D55E00"
BLUE = "#0072B2"
GREEN = "#009E73"
ORANGE = "#E69F00"

DARK = Theme(
    name="socklab-dark",
    dark=True,
    primary=SKY,
    secondary=ORANGE,
    accent=YELLOW,
    warning=YELLOW,
    error=VERMILLION,
    success=GREEN,
    foreground="#E6E9ED",
    background="#0E1318",
    surface="#161D24",
    panel="#1C2630",
    variables={
        "border": SKY,
        "border-blurred": "#3A4856",
        "text-primary": "#7CC8F2",
        "text-secondary": "#F0B340",
        "text-accent": YELLOW,
        "text-warning": YELLOW,
        "text-error": "#FF8A3D",
        "text-success": "#3FCBA3",
        "block-cursor-background": "#1A4058",
        "block-cursor-foreground": "#FFFFFF",
        "block-cursor-blurred-background": "#22323F",
        "footer-background": "#1C2630",
        "footer-key-foreground": YELLOW,
        "input-selection-background": "#2A5D7E",
        "scrollbar": "#3A4856",
        "scrollbar-background": "#161D24",
        "button-color-foreground": "#0E1318",
        "field": "#25313D",
        "field-focus": "#2F4354",
    },
)

LIGHT = Theme(
    name="socklab-light",
    dark=False,
    primary=BLUE,
    secondary="#8A5A00",
    accent=BLUE,
    warning=VERMILLION,
    error=VERMILLION,
    success="#00734F",
    foreground="#14191F",
    background="#FBFBF9",
    surface="#F2F3F0",
    panel="#E4E8E6",
    variables={
        "border": BLUE,
        "border-blurred": "#9AA5AE",
        "text-primary": "#005F96",
        "text-secondary": "#7A4F00",
        "text-accent": "#005F96",
        "text-warning": "#9A4000",
        "text-error": "#9A4000",
        "text-success": "#00654A",
        "block-cursor-background": "#BFDDF0",
        "block-cursor-foreground": "#0B0F13",
        "block-cursor-blurred-background": "#DCE7EC",
        "footer-background": "#E4E8E6",
        "footer-key-foreground": "#005F96",
        "input-selection-background": "#BFDDF0",
        "scrollbar": "#9AA5AE",
        "scrollbar-background": "#E9ECEA",
        "button-color-foreground": "#FFFFFF",
        "field": "#E0E6E9",
        "field-focus": "#CFE1EC",
    },
)
