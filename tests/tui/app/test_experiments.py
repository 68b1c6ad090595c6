"""An experiment beside the rest of the app: begun and told."""

import threading
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine.data.dataset import Dataset
from engine.experiments.rung import Task
from tests.engine.experiments.pools import SameProcess
from tests.runs import quick
from tests.tui.conftest import Open, Stage
from tui.app import app
from tui.panels.messages import ExperimentWanted
from tui.session.experiments import Experiments


class WaitsForAWord(SameProcess):
    """Computes nothing before `may_begin` is set."""

    may_begin = threading.Event()

    def submit(self, task: Task) -> "Future[Any]":
        self.may_begin.wait(60)
        return super().submit(task)


async def want(stage: Stage, **varied: str) -> None:
    """Ask for an experiment, as the page does."""
    stage.app.experiments.draft.varied = varied
    stage.app.experiments.draft.seeds = 1
    stage.app.post_message(ExperimentWanted())
    await stage.pilot.pause()


async def hear(stage: Stage, text: str) -> None:
    """Wait until it is told."""
    await stage.until(lambda: any(text in told for told in stage.told))


async def test_one_is_computed_at_a_time_and_its_end_is_told(
    opened: Open, small_npz: Path, small_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pool = partial(WaitsForAWord, small_dataset)
    monkeypatch.setattr(app, "Experiments", partial(Experiments, make_pool=make_pool))
    async with opened(hyperparameters=quick(), home=tmp_path, data=small_npz) as stage:
        await want(stage, learning_rate="0.01,0.1")
        assert stage.app.experiments.is_busy
        await want(stage, learning_rate="0.01,0.1")
        assert stage.told == ["Another experiment is being computed; stop that first."]
        WaitsForAWord.may_begin.set()
        await hear(stage, "The experiment has ended. Best: learning_rate 0.1, mean validation accuracy")
        await stage.until(lambda: not stage.app.experiments.is_busy)


async def test_one_that_cannot_begin_says_why(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await want(stage, learning_rate="0.01,fast")
        assert "learning_rate is “fast”" in stage.told[-1]
        await stage.press("f2", "x")
        await want(stage, learning_rate="0.01,0.1")
        assert stage.told[-1] == "The experiment does not begin: a field of the form is not valid."
        await stage.press("ctrl+d")
        await want(stage, learning_rate="0.01,0.1")
        await hear(stage, "No experiment can be kept here: the app was opened without a folder.")
