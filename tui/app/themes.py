"""The themes of our own, beside those that Textual brings."""

from textual.theme import Theme

DEFAULT_THEME = "midnight"

MIDNIGHT = Theme(
    name="midnight",
    primary="#7aa2ff",
    secondary="#5ec4c9",
    accent="#d59bff",
    warning="#ffb454",
    error="#ff6e7f",
    success="#7fd99a",
    foreground="#d8deec",
    background="#10131b",
    surface="#171b26",
    panel="#222838",
    variables={
        "footer-background": "#171b26",
        "footer-key-foreground": "#7aa2ff",
        "block-cursor-foreground": "#10131b",
        "button-color-foreground": "#10131b",
    },
)
"""Dark and calm: blue for what is learned from, amber for what it is held against."""

COLOUR_BLIND = Theme(
    name="colour-blind",
    primary="#56b4e9",
    secondary="#0072b2",
    accent="#cc79a7",
    warning="#e69f00",
    error="#d55e00",
    success="#009e73",
    foreground="#f0f0f0",
    background="#121212",
    surface="#1c1c1c",
    panel="#2a2a2a",
    variables={
        "footer-background": "#1c1c1c",
        "footer-key-foreground": "#56b4e9",
        "block-cursor-foreground": "#121212",
        "button-color-foreground": "#121212",
    },
)
"""Okabe and Ito's colours (2008, "Color Universal Design"), which people who see no red, green or blue tell
apart as well."""

THEMES = (MIDNIGHT, COLOUR_BLIND)
