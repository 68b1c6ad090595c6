"""What the tab Evaluate says of classes: their signs on the map, and the mean of their recalls."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from engine.analysis.evaluation_sample import EvaluationSample
from engine.events import ConfusionMatrix
from engine.training.trained_network import TrainedNetwork
from tests.tui.screen_text import run_ended, running
from tui.panels.evaluate.map import signs_of
from tui.panels.evaluation_page import EvaluationCounter, EvaluationPage
from tui.session.background import BackgroundThread
from tui.session.stored_runs import StoredRuns


@pytest.mark.parametrize(
    ("names", "sign_of_last", "legend"),
    [
        (tuple("0123456789"), "9", ""),
        (tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"), "m", ""),
        (("马", "T-shirt/top", "a name that is long"), "2", "0=马  1=T-shirt/top  2=a name that i…"),
        (("1", "10"), "1", "0=1  1=10"),
        (tuple(f"c{number}" for number in range(40)), "z", "0=c0 … y=c34  z=…"),
    ],
)
def test_a_class_has_its_own_letter_or_one_that_is_explained(
    names: tuple[str, ...], sign_of_last: str, legend: str
) -> None:
    signs, said = signs_of(names)
    assert signs[min(len(names), len(signs)) - 1] == sign_of_last
    start, _dots, end = legend.partition(" … ")
    assert said.startswith(start)
    assert said.endswith(end)


def test_the_mean_of_the_recalls_stands_over_figures_of_the_same_network() -> None:
    background = BackgroundThread()
    page = EvaluationPage(background, EvaluationCounter(StoredRuns(None, background)))
    page.state = running()
    matrix = ConfusionMatrix(2, ((0, 0, 90), (1, 0, 5), (1, 1, 5)))
    page.state.fold(run_ended(matrix, best_epoch=3))
    places = np.arange(100)
    sample = EvaluationSample("test", np.zeros((100, 2, 2), np.uint8), places, places)
    for epoch, wanted in ((3, " The classes differ in size: mean of the classes' recalls 75.00%."), (2, "")):
        trained = cast(TrainedNetwork, SimpleNamespace(epoch=epoch, batch=None))
        assert page.what(trained, sample) == f"100 test images, weights of epoch {epoch}{wanted}"
    background.close()
