"""One image is walked through: every number on the screen is one of the network's own."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from textual.widget import Widget

from engine.network.losses import softmax
from engine.training.trained_network import TrainedNetwork
from tests.runs import TrainedRun
from tests.tui.conftest import Open, Stage
from tests.tui.panels.inside.conftest import walk_to, walking
from tests.tui.screen_text import lines
from tui.panels.inside.one_image import OneImagePage
from tui.text.glyphs import use_ascii
from tui.widgets.number_grid import NumberGrid
from tui.widgets.step_list import StepList


def page(stage: Stage) -> OneImagePage:
    return stage.app.query_one(OneImagePage)


def misclassified(trained: TrainedNetwork) -> list[int]:
    images = np.arange(len(trained.dataset.test_labels))
    made = trained.learner.evaluate(trained.learner.test, images)
    return np.flatnonzero(made.predicted != trained.dataset.test_labels).tolist()


async def test_a_person_walks_forward_and_backward(
    opened: Open, trained_run: TrainedRun, trained: TrainedNetwork, small_npz: Path
) -> None:
    async with opened((80, 24), data=small_npz) as stage:
        view = await walking(stage, trained_run)
        label = trained.dataset.test_labels[0]
        await stage.see(f"Test image 1 of 200 · class {label}, predicted")
        assert f"weights of epoch {trained_run.weights.epoch}" in stage.screen
        assert "self._rows.take(indices" in stage.screen
        await stage.press("down", "down")
        assert "Hidden 1: Weighted sum" in stage.screen
        assert "np.dot(X, self.W, out=self.Y)" in stage.screen

        X = trained.learner.test.gather(np.array([0]))[0].copy()
        sums = (X @ trained.network.dense[0].W)[0]
        unit = int(abs(sums).argmax())
        assert f"unit {unit}: {sums[unit]:.4g}" in stage.screen
        products = X[0] * trained.network.dense[0].W[:, unit]
        pixel = int(abs(products).argmax())
        first = next(line for line in lines(stage.app) if "{},{} ".format(*divmod(pixel, 28)) in line)
        assert float(first.split("=")[-1].split()[0]) == pytest.approx(products[pixel], rel=5e-3)

        await stage.press("end")
        assert view.stage is not None
        assert (view.stage.title, str(view.stage.group)) == ("dX", "Hidden 1")
        assert "pixel in row" in stage.screen


async def test_the_cursor_goes_into_the_numbers_and_stays_with_a_unit(
    opened: Open, trained_run: TrainedRun, trained: TrainedNetwork, small_npz: Path
) -> None:
    async with opened(data=small_npz) as stage:
        view = await walking(stage, trained_run)
        await stage.press("down", "down", "enter")
        assert isinstance(stage.app.focused, NumberGrid)
        cells = stage.app.query_one(NumberGrid)
        await stage.press("pageup", "down", "down", "down")
        assert cells.cursor == (3,)
        await stage.press("escape", "down", "down")
        assert isinstance(stage.app.focused, StepList)
        logits = trained.network.forward(trained.learner.test.gather(np.array([0]))[0])
        assert f"unit 3: {trained.network.layers[1].Y[0, 3]:.4g}" in stage.screen
        await walk_to(stage, view, "Logits")
        await stage.press("enter", "pageup", "down", "down")
        assert f"class 2: {logits[0, 2]:.4g}" in stage.screen
        await stage.press("escape", "down")
        assert "class 2: " in stage.screen  # in the next step still


async def test_images_are_turned_and_misread_ones_found(
    opened: Open, trained_run: TrainedRun, trained: TrainedNetwork, small_npz: Path
) -> None:
    first, second, *_rest = misclassified(trained)
    async with opened(data=small_npz) as stage:
        await walking(stage, trained_run)
        await stage.press("left_square_bracket")
        await stage.see("Test image 200 of 200")
        await stage.press("w")
        await stage.see(f"Test image {first + 1} of 200")
        assert f"class {trained.dataset.test_labels[first]}, predicted" in stage.screen
        await stage.press("w")
        await stage.see(f"Test image {second + 1} of 200")
        await stage.press("right_square_bracket")
        await stage.see(f"Test image {second + 2} of 200")


async def test_the_temperature_changes_probabilities_at_the_softmax_alone(
    opened: Open, trained_run: TrainedRun, trained: TrainedNetwork, small_npz: Path
) -> None:
    logits = trained.network.forward(trained.learner.test.gather(np.array([0]))[0]).copy()
    async with opened(data=small_npz) as stage:
        view = await walking(stage, trained_run)
        await stage.press("plus")
        assert "temperature 2" not in stage.screen
        await walk_to(stage, view, "Probabilities")
        top = softmax(logits).max()
        assert f"{top:.4g}" in stage.screen
        await stage.press("plus", "plus")
        assert "temperature 4" in stage.screen
        assert f"{softmax(logits, 4.0).max():.4g}" in stage.screen
        await stage.press("minus", "minus", "minus")
        assert f"{softmax(logits, 0.5).max():.4g}" in stage.screen


async def test_during_a_run_validation_images_are_walked_with_newer_weights(
    opened: Open, trained_run: TrainedRun, trained: TrainedNetwork, small_npz: Path
) -> None:
    async with opened(data=small_npz) as stage:
        await walking(stage, trained_run, ended=False)
        index = trained.learner.split.validation[0]
        await stage.see(f"Validation image 1 of 60 · class {trained.dataset.train_labels[index]}")
        await stage.press("right_square_bracket")
        await stage.see("Validation image 2 of 60")
        stage.worker.weights = replace(trained_run.weights)  # the best ones, fetched anew
        await stage.happen(trained_run.events[-1])
        await stage.see("Test image 1 of 200")


async def test_ascii_alone_is_drawn_where_no_more_is_wanted(
    opened: Open, trained_run: TrainedRun, small_npz: Path
) -> None:
    use_ascii(True)
    try:
        async with opened((80, 24), data=small_npz) as stage:
            view = await walking(stage, trained_run)
            for at in range(len(view._stages)):
                stage.app.query_one(StepList).at = at
                await stage.pilot.pause()
                inside = "".join(line for line in lines(stage.app)[3:])
                assert inside.isascii(), [sign for sign in inside if not sign.isascii()]
            clicked: Widget = stage.app.query_one(StepList)
            assert await stage.pilot.click(clicked, offset=(4, 2))
    finally:
        use_ascii(False)
