"""Every theme draws every tab; our own can be read, and one by people who see fewer colours."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from tests.tui.conftest import Open
from tests.tui.screen_text import epoch_ended, lines, matrix_of, predictions, run_ended, started
from tui.app.themes import COLOUR_BLIND, THEMES

TEST = predictions({0: (3, 0.8), 1: (8, 0.7)})

SEEN = {
    "protan": [[0.1522, 1.0525, -0.2048], [0.1145, 0.7862, 0.0992], [-0.0038, -0.0481, 1.0519]],
    "deutan": [[0.3673, 0.8606, -0.2279], [0.2800, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9688]],
    "tritan": [[1.2555, -0.0767, -0.1787], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6913, 0.3039]],
}  # fmt: skip
"""What is seen without one kind of cone, in linear RGB: Machado, Oliveira and Fernandes 2009, severity 1."""


def linear(color: str) -> NDArray[np.float64]:
    shares = np.array(Color.parse(color).rgb) / 255
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def luminance(color: str) -> float:
    return float(linear(color) @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    """Return the contrast of WCAG 2, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a colour of linear RGB in CIE L*a*b*, where distances are as large as they are seen."""
    to_xyz = np.array([[0.4124, 0.3575, 0.1804], [0.2126, 0.7151, 0.0721], [0.0193, 0.1191, 0.9503]])
    x, y, z = np.cbrt(np.clip(to_xyz @ np.clip(rgb, 0, 1) / [0.95047, 1, 1.08883], 0.0088, None))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_our_themes_can_be_read(theme: Theme) -> None:
    for background in (theme.background, theme.surface, theme.panel):
        assert contrast(theme.foreground or "", background or "") > 7
    for color in (theme.primary, theme.warning, theme.error, theme.success):
        assert contrast(color or "", theme.background or "") > 4.5


@pytest.mark.parametrize("kind", SEEN)
def test_one_theme_is_safe_for_people_who_see_fewer_colours(kind: str) -> None:
    theme = COLOUR_BLIND
    told_apart = (theme.primary, theme.warning, theme.error, theme.success)
    colors = [lab(np.array(SEEN[kind]) @ linear(color or "")) for color in told_apart]
    assert min(float(np.linalg.norm(one - other)) for one, other in combinations(colors, 2)) > 15


async def test_every_theme_draws_every_tab(opened: Open) -> None:
    """The text is the same in each: nothing is told by colour alone, nothing fails for want of one.

    Textual's own themes differ in colours alone, of which all have the same names: one light, one dark and
    one of the terminal's colours draw every tab, the others the first.
    """
    texts: dict[str, list[str]] = {}
    everywhere = {"nord", "textual-light", "ansi-dark", *(theme.name for theme in THEMES)}
    async with opened((80, 24)) as stage:
        await stage.happen(started(), epoch_ended(1, matrix_of(TEST)), run_ended(matrix_of(TEST)), TEST)
        stage.app.clear_notifications()
        for theme in [*BUILTIN_THEMES, *(theme.name for theme in THEMES)]:
            stage.app.theme = theme
            texts[theme] = []
            for key in "123" if theme in everywhere else "1":
                await stage.press(key)
                texts[theme] += lines(stage.app)
    assert "Test set" in " ".join(texts["nord"])
    assert all(text == texts["nord"][: len(text)] for text in texts.values())
    assert everywhere <= texts.keys()
