import numpy as np
import pytest

from engine.events import Predictions
from engine.training.metrics import confusion_matrix
from tests.tui.panels.mistakes.hosting import (
    Host,
    after_the_run,
    in_epoch,
)
from tests.tui.screen_text import (
    explanation,
    run_ended,
    seen,
)


@pytest.mark.parametrize("size", [(20, 6), (1, 1), (60, 12), (250, 70)])
async def test_it_lives_in_any_room(size: tuple[int, int]) -> None:
    app = Host(after_the_run())
    async with app.run_test(size=size) as pilot:
        await pilot.press("v", "w")
        app.state.fold(explanation(1006, 9))
        app.panel.show(app.state)
        await pilot.press("g", "down", "pagedown", "v", "g", "t", "o", "c")
        await pilot.resize_terminal(80, 24)
        assert "predicted correctly" in seen(app) or "predicted" in seen(app)


@pytest.mark.parametrize(("side", "classes"), [(8, 2), (32, 26), (100, 1000)])
async def test_other_sizes_and_numbers_of_classes(side: int, classes: int) -> None:
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(0, classes, 40), rng.integers(0, classes, 40)
    labels[0], predicted[0] = 0, classes - 1
    probabilities = np.full((40, classes), 0.1 / classes, np.float32)
    probabilities[np.arange(40), predicted] = 0.9
    images = rng.integers(0, 256, (40, side, side), np.uint8)
    made = Predictions("test", 9, images, labels, np.arange(40), predicted, probabilities)
    state = in_epoch(9)
    state.fold(run_ended(confusion_matrix(labels, predicted, classes)))
    state.fold(made)
    app = Host(state)
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.show_cell(0, classes - 1)
        for key in ("v", "v", "v", "v", "g", "w"):
            await pilot.press(key)
            await pilot.pause()
            assert f"0, predicted {classes - 1}" in seen(app)
