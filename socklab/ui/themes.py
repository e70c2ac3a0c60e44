"""The two themes, on the Okabe-Ito colours, which people with any colour vision can tell apart.

Okabe & Ito, "Color Universal Design", 2008. On dark grounds sky blue, yellow and vermillion carry
meaning; on light grounds, where yellow and sky blue are too faint, blue and vermillion do.

Grounds are close to grey: a terminal of 256 colours then shows them as greys, where a stronger tint
would become a dark blue or a teal.
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
    background="#121417",
    surface="#1A1D21",
    panel="#21262B",
    variables={
        "border": SKY,
        "border-blurred": "#424A52",
        "text-primary": "#7CC8F2",
        "text-secondary": "#F0B340",
        "text-accent": YELLOW,
        "text-warning": YELLOW,
        "text-error": "#FF8A3D",
        "text-success": "#3FCBA3",
        "block-cursor-background": "#1A4058",
        "block-cursor-foreground": "#FFFFFF",
        "block-cursor-blurred-background": "#2B3238",
        "footer-background": "#21262B",
        "footer-key-foreground": YELLOW,
        "input-selection-background": "#2A5D7E",
        "scrollbar": "#424A52",
        "scrollbar-background": "#1A1D21",
        "button-color-foreground": "#121417",
        "field": "#2B3239",
        "field-focus": "#363E46",
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
