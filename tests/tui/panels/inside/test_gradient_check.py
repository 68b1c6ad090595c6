"""The gradient check as a page: what is right agrees, and a puzzle is solved by its pattern."""

from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from engine.analysis.broken_backward import BUGS
from engine.analysis.gradient_check import GradientCheck
from engine.events import RunStarted
from engine.hyperparameters import Hyperparameters
from tests.runs import TrainedRun
from tests.tui.conftest import Open, Stage
from tui.panels.inside.gradient_check import GradientCheckPage
from tui.panels.paged_panel import PagedPanel
from tui.panels.tab_titles import TABS

TAB = str(list(TABS).index("inside") + 1)


async def open_page(stage: Stage) -> GradientCheckPage:
    await stage.press(TAB)
    panel = stage.app.main_screen.tabs.panels["inside"]
    assert isinstance(panel, PagedPanel)
    panel.open("gradient-check")
    await stage.see("Backpropagation agrees with the difference quotients.")
    page = panel.page
    assert isinstance(page, GradientCheckPage)
    return page


async def test_every_array_agrees_and_is_said_to(opened: Open, small_npz: Path) -> None:
    async with opened((80, 24), data=small_npz) as stage:
        page = await open_page(stage)
        assert stage.screen.count("✓ agrees") == 4
        assert "784-128-10" in stage.screen
        assert [part.array for part in page._bars.parts] == ["W", "b", "W", "b"]


async def test_a_puzzle_is_answered_and_explained(opened: Open, small_npz: Path) -> None:
    async with opened((80, 24), data=small_npz) as stage:
        page = await open_page(stage)
        page._chance.seed(1)
        await stage.press("b")
        await stage.see("Puzzle: the backward pass has a bug. Where?")
        await stage.until(lambda: page._done)
        assert "✗ DIFFERS" in stage.screen
        bug = page._bug
        assert bug is not None
        await stage.press(*["down"] * BUGS.index(bug), "enter")
        await stage.see(f"Right: {bug.title}.")
        assert bug.wrong in stage.screen
        assert "Puzzles solved: 1 of 1." in stage.screen
        await stage.press("enter")  # the next one, which is another
        await stage.until(lambda: page._done and page._bug is not bug)
        await stage.press(*(["down"] if page._bug is BUGS[0] else []), "enter")
        await stage.see("Puzzles solved: 1 of 2.")
        assert "No: it was" in stage.screen
        await stage.press("w")
        await stage.see("Backpropagation agrees with the difference quotients.")


DEEP = Hyperparameters(hidden=(32,) * 10, activation="sigmoid")


async def test_what_cannot_be_told_is_said_and_every_layer_is_reached(
    opened: Open, small_npz: Path, trained_run: TrainedRun
) -> None:
    async with opened((80, 24), data=small_npz) as stage:
        await stage.trained(trained_run)
        await open_page(stage)
        started = trained_run.events[0]
        assert isinstance(started, RunStarted)
        await stage.happen(replace(started, run="deep", hyperparameters=DEEP))
        await stage.see("agrees with the difference quotients where they can tell.")
        assert "? too small to tell" in stage.screen
        assert "output b" not in stage.screen
        await stage.press(*["pagedown"] * 5)
        await stage.see("output b")


async def test_another_run_is_checked_anew(opened: Open, small_npz: Path, trained_run: TrainedRun) -> None:
    async with opened((80, 24), data=small_npz) as stage:
        await stage.trained(trained_run)
        await open_page(stage)
        assert "784-16-12-10" in stage.screen
        started = trained_run.events[0]
        assert isinstance(started, RunStarted)
        other = replace(started.hyperparameters, hidden=(5,))
        await stage.happen(replace(started, run="another", hyperparameters=other))
        await stage.see("784-5-10")


async def test_a_network_beyond_memory_is_said_to_be(
    opened: Open, small_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object) -> NoReturn:
        raise MemoryError

    async with opened((80, 24), data=small_npz) as stage:
        await open_page(stage)
        with monkeypatch.context() as patched:
            patched.setattr(GradientCheck, "on_data", fail)
            await stage.press("enter")
            await stage.see("There is not enough memory for this.")
        await stage.press("enter")
        await stage.see("Backpropagation agrees with the difference quotients.")
