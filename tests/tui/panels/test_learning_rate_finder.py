"""The learning-rate finder in the app: opened, looked at, taken, left, and no run disturbed."""

from pathlib import Path

from engine.commands import ChangeHyperparameter
from engine.hyperparameters import Hyperparameters
from tests.runs import quick
from tests.tui.conftest import Open, Stage
from tests.tui.screen_text import lines, started
from tui.panels.learning_rate_finder import FinderPanel

TITLE = "Learning-rate finder"


def said(stage: Stage) -> str:
    """Return what stands below the plot, however its lines are broken."""
    finder = stage.app.main_screen.tabs.above
    return " ".join(str(finder._found.content).split()) if isinstance(finder, FinderPanel) else ""


async def until_said(stage: Stage, text: str) -> None:
    await stage.until(lambda: text in said(stage))
    await stage.pilot.pause()


async def test_what_is_found_goes_into_the_form(opened: Open, small_npz: Path) -> None:
    async with opened((80, 24), quick(), data=small_npz) as stage:
        await stage.press("f6")
        await stage.see("Suggested learning rate: ")
        finder = stage.app.main_screen.tabs.above
        assert isinstance(finder, FinderPanel)
        assert finder._finding is not None
        rate = finder._finding.suggestion
        assert rate is not None
        assert f"┆ suggested: {rate:g}" in stage.screen
        assert said(stage).endswith("the suggestion is that divided by 4. The form has 0.1.")
        await stage.see("⏎ Into the form")
        assert "· of a mini-batch ● smoothed" in stage.screen
        await stage.press("enter")
        assert stage.app.main_screen.drawer.hyperparameters() == quick(learning_rate=rate)
        assert stage.told == [f"learning_rate is {rate:g} in the form; ctrl+z there takes it back."]
        assert TITLE not in stage.screen
        await stage.press("f2", "ctrl+z")
        assert stage.app.main_screen.drawer.hyperparameters() == quick()


async def test_during_a_run_it_works_on_a_network_of_its_own(opened: Open, small_npz: Path) -> None:
    async with opened((80, 24), quick(), data=small_npz) as stage:
        await stage.happen(started())
        await stage.press("f6")
        await stage.see("enter puts it into the form")  # the footer has no room for it
        assert said(stage).endswith("A run that is active takes a new rate at once.")
        before = list(stage.sent)
        await stage.press("f6")  # closes it
        assert TITLE not in stage.screen
        assert stage.sent == before
        await stage.press("f6")
        await stage.see("enter puts it into the form")
        await stage.press("enter")
        assert any(
            isinstance(command, ChangeHyperparameter) for command in stage.sent
        )  # live, as the form would be


async def test_every_way_of_leaving_it(opened: Open, small_npz: Path) -> None:
    """A key that shows something else takes it off; nothing happens out of sight."""
    async with opened(hyperparameters=quick(), data=small_npz) as stage:
        for keys in (("escape",), ("2",), ("f2", "escape", "escape"), ("f6",)):
            await stage.press("f6")
            assert TITLE in stage.screen
            await stage.press(*keys)
            assert TITLE not in stage.screen, keys
        assert stage.app.main_screen.tabs.active == "confusion"
        for _press in range(5):  # faster than it can be taken away
            await stage.app.action_find_learning_rate()
        assert isinstance(stage.app.main_screen.tabs.above, FinderPanel)
        stage.app.main_screen.tabs.uncover()
        await stage.press("f6")
        row = next(i for i, line in enumerate(lines(stage.app)) if TITLE in line)
        await stage.pilot.click(offset=(80, row + 12))  # the keys stay with it
        assert isinstance(stage.app.focused, FinderPanel)
        await stage.happen(started())
        assert TITLE not in stage.screen


async def test_the_form_decides_and_is_asked_again(opened: Open, small_npz: Path) -> None:
    hopeless = Hyperparameters(hidden=(16, 16), initializer="zeros")
    async with opened(hyperparameters=hopeless, data=small_npz) as stage:
        await stage.press("f6")
        await until_said(stage, "learned almost nothing at any learning rate")
        assert "nto the form" not in stage.screen
        stage.app.main_screen.drawer.put(quick(optimizer="adam"))
        await stage.press("r")
        await until_said(stage, "the suggestion is that divided by 8. The form has 0.001.")
        await stage.app.switch_language("zh")
        await stage.until(lambda: isinstance(stage.app.main_screen.tabs.above, FinderPanel))
        await stage.press("f6")
        form = stage.app.main_screen.drawer._form
        assert form is not None
        form.field("batch_size").set_text("many")
        await stage.press("f6")
        assert stage.app.main_screen.tabs.above is None
        assert len(stage.told) == 1


async def test_data_that_are_not_to_be_had_are_told(opened: Open, tmp_path: Path) -> None:
    async with opened((80, 24), data=tmp_path / "nowhere") as stage:
        await stage.press("f6")
        await stage.see("exist; name a folder")
        await stage.press("escape")
        assert TITLE not in stage.screen
