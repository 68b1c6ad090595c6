"""A page gets the weights of the run that is shown, says why it has none, and is one of several."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from textual import work
from textual.app import ComposeResult

from engine.commands import FetchWeights
from tests.runs import TrainedRun
from tests.tui.conftest import Open, Stage
from tests.tui.screen_text import lines
from tui.panels.page import Page, weights_text
from tui.panels.paged_panel import PagedPanel
from tui.panels.tab_titles import TABS
from tui.panels.tabs import Panel, Tabs
from tui.widgets.live_text import LiveText


class Accuracy(Page):
    """Says how many test images are predicted correctly."""

    TITLE = "Accuracy"

    def contents(self) -> ComposeResult:
        self.text = LiveText()
        yield self.text

    @work(exclusive=True)
    async def compute(self) -> None:
        if trained := await self.trained_network():
            images = np.arange(len(trained.dataset.test_labels))
            made = await self.background.run(lambda: trained.learner.evaluate(trained.learner.test, images))
            right = int(np.sum(made.predicted == trained.dataset.test_labels))
            self.text.set_text(f"{right} right with the {weights_text(trained)}")


class Images(Page):
    """Counts the images, for which it needs no network."""

    TITLE = "Images"
    NEEDS_WEIGHTS: ClassVar[bool] = False

    def contents(self) -> ComposeResult:
        self.text = LiveText()
        yield self.text

    @work(exclusive=True)
    async def compute(self) -> None:
        if dataset := await self.dataset():
            self.text.set_text(f"{len(dataset.train_labels)} to learn from")


@pytest.fixture(autouse=True)
def two_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the app a tab of two pages."""
    others = Tabs._later

    def later(tabs: Tabs) -> Iterator[tuple[str, Panel]]:
        yield from others(tabs)
        pages = {"accuracy": Accuracy(tabs._background), "images": Images(tabs._background)}
        yield "try", PagedPanel(pages, tabs._pages.get("try"), id="try")

    monkeypatch.setattr(Tabs, "_later", later)
    monkeypatch.setitem(TABS, "try", "Try")


async def open_try(stage: Stage) -> PagedPanel:
    await stage.until(lambda: "try" in stage.app.main_screen.tabs.panels)
    await stage.app.action_show_tab("try")
    await stage.pilot.pause()
    panel = stage.app.main_screen.tabs.panels["try"]
    assert isinstance(panel, PagedPanel)
    return panel


async def test_a_page_computes_with_the_weights_of_the_run(
    opened: Open, trained_run: TrainedRun, small_npz: Path
) -> None:
    async with opened((80, 24), data=small_npz) as stage:
        await open_try(stage)
        await stage.see("ctrl+r starts a run.")
        await stage.trained(trained_run)
        matrix = trained_run.events[-1].confusion_matrix  # type: ignore[attr-defined]
        right = sum(count for true, predicted, count in matrix.cells if true == predicted)
        await stage.see(f"{right} right with the weights of epoch {trained_run.weights.epoch}")
        assert sum(isinstance(command, FetchWeights) for command in stage.sent) == 1


async def test_pages_are_turned_by_keys_and_clicks_and_stay_open_in_another_language(
    opened: Open, trained_run: TrainedRun, small_npz: Path
) -> None:
    async with opened(data=small_npz) as stage:
        panel = await open_try(stage)
        assert {"accuracy"} == {str(page.id) for page in panel.query(Page)}  # the other is not there yet
        await stage.press("full_stop")
        await stage.see("600 to learn from")
        assert panel.page.has_focus
        await stage.press("comma")
        assert panel.active == "accuracy"
        row = next(i for i, line in enumerate(lines(stage.app)) if "Accuracy" in line and "Images" in line)
        await stage.pilot.click(offset=(lines(stage.app)[row].index("Images"), row))
        await stage.see("600 to learn from")
        await stage.app.switch_language("zh")
        await stage.until(lambda: "try" in stage.app.main_screen.tabs.panels)
        await stage.see("600 to learn from")


async def test_the_palette_opens_any_page(opened: Open, trained_run: TrainedRun, small_npz: Path) -> None:
    async with opened(data=small_npz) as stage:
        await stage.trained(trained_run, ended=False)
        commands = {command.title: command for command in stage.app.get_system_commands(stage.app.screen)}
        assert {"Inside: What if", "Evaluate: Map", "Data: Pixels"} <= set(commands)
        stage.app.call_later(commands["Inside: What if"].callback)
        await stage.see("prune the smallest")
        assert stage.app.main_screen.tabs.active == "inside"


async def test_data_that_have_changed_are_told(
    opened: Open, trained_run: TrainedRun, small_npz: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.npz"
    with np.load(small_npz) as arrays:
        np.savez(other, **{name: array[::-1] for name, array in arrays.items()})
    async with opened(data=other) as stage:
        await open_try(stage)
        await stage.trained(trained_run)
        await stage.see("is not the data set that the run was trained on.")
