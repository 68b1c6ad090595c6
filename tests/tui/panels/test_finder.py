"""The learning-rate finder in the app: opened, looked at, taken, left, and no run disturbed."""

from pathlib import Path

import pytest

from engine.events import Change
from engine.hyperparameters import Hyperparameters
from tests.runs import quick
from tests.tui.conftest import Open
from tests.tui.looking import SIZES, started


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_found_goes_into_the_form(opened: Open, small_npz: Path, size: tuple[int, int]) -> None:
    async with opened(size, quick(), data=small_npz) as stage:
        await stage.press("f6")
        await stage.see("Begin with about half of it")
        assert "┆ suggestion" in stage.screen
        assert "⏎ Into the form" in stage.screen
        await stage.press("enter")
        rate = stage.app._drawer.hyperparameters().learning_rate  # type: ignore[union-attr]
        assert rate is not None
        assert f"learning_rate is {rate:g} in the form" in stage.told[-1]
        assert "Learning-rate finder" not in stage.screen
        await stage.press("f2")
        await stage.press("ctrl+z")
        assert stage.app._drawer.hyperparameters() == quick()


async def test_during_a_run_it_works_on_a_network_of_its_own(opened: Open, small_npz: Path) -> None:
    async with opened((80, 24), quick(), data=small_npz) as stage:
        await stage.happen(started())
        await stage.press("f6")
        await stage.see("Begin with about half of it")
        await stage.see("enter puts it into the form")  # the footer has no room for it
        before = list(stage.sent)
        await stage.press("f6")  # closes it
        assert "Learning-rate finder" not in stage.screen
        assert stage.sent == before
        await stage.press("f6")
        await stage.see("Begin with about half of it")
        await stage.press("enter")
        assert any(isinstance(command, Change) for command in stage.sent)  # live, as the form would be


async def test_why_nothing_was_found_is_told(opened: Open, small_npz: Path, tmp_path: Path) -> None:
    hopeless = Hyperparameters(hidden=(16, 16), initializer="zeros")
    async with opened((80, 24), hopeless, data=small_npz) as stage:
        await stage.press("f6")
        await stage.see("does not fall at any learning rate")
        assert "nto the form" not in stage.screen
        await stage.press("escape")
        assert "Learning-rate finder" not in stage.screen
    async with opened((80, 24), data=tmp_path / "nowhere") as stage:
        await stage.press("f6")
        await stage.see("exist; name a folder")
        await stage.press("escape")
