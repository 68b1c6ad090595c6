"""The gradient check as a page: what is right agrees, and a riddle is solved by its pattern."""

from pathlib import Path

import pytest

from engine.analysis.broken_backward import BUGS
from tests.tui.conftest import Open, Stage
from tests.tui.looking import SIZES
from tui.keys import TABS
from tui.panels.inside.gradient_check import GradientCheckPage
from tui.panels.paged import PagedPanel

TAB = str(list(TABS).index("inside") + 1)


async def open_page(stage: Stage) -> GradientCheckPage:
    await stage.press(TAB)
    panel = stage.app._tabs.panels["inside"]
    assert isinstance(panel, PagedPanel)
    panel.open("gradient-check")
    await stage.see("Backpropagation agrees with the difference quotients.")
    page = panel.page
    assert isinstance(page, GradientCheckPage)
    return page


@pytest.mark.parametrize("size", SIZES)
async def test_every_array_agrees_and_is_said_to(
    opened: Open, small_npz: Path, size: tuple[int, int]
) -> None:
    async with opened(size, data=small_npz) as stage:
        page = await open_page(stage)
        assert stage.screen.count("✓ agrees") == 4
        assert "784-128-10" in stage.screen
        assert [part.array for part in page._bars.parts] == ["W", "b", "W", "b"]


async def test_a_riddle_is_answered_and_explained(opened: Open, small_npz: Path) -> None:
    async with opened((80, 24), data=small_npz) as stage:
        page = await open_page(stage)
        page._chance.seed(1)
        await stage.press("b")
        await stage.see("Riddle: someone broke the backward pass. Where?")
        await stage.until(lambda: page._done)
        assert "✗ DIFFERS" in stage.screen
        bug = page._bug
        assert bug is not None
        await stage.press(*["down"] * BUGS.index(bug), "enter")
        await stage.see(f"Right: {bug.title}.")
        assert bug.wrong in stage.screen
        assert "Riddles solved: 1 of 1." in stage.screen
        await stage.press("enter")  # the next one, which is another
        await stage.until(lambda: page._done and page._bug is not bug)
        await stage.press(*(["down"] if page._bug is BUGS[0] else []), "enter")
        await stage.see("Riddles solved: 1 of 2.")
        assert "No: it was" in stage.screen
        await stage.press("w")
        await stage.see("Backpropagation agrees with the difference quotients.")
