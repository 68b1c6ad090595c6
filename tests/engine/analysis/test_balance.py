"""The coach on classes of very different sizes: it speaks where accuracy hides something."""

import numpy as np
import pytest

from engine.analysis.coaching.coach import Coach
from engine.analysis.coaching.run_history import Hint
from engine.data.dataset import Dataset
from engine.training.trainer import Trainer
from tests.runs import quick

NAMES = "oak", "elm", "ash"


def hint_about(counts: tuple[int, ...], noise: float, monitor: str = "validation_accuracy") -> Hint | None:
    """Return what the coach says at the end of a run on so many images of each class."""
    rng = np.random.default_rng(0)
    patterns = rng.integers(0, 200, (len(counts), 8, 8))
    labels = np.repeat(np.arange(len(counts)), counts)
    images = np.clip(patterns[labels] + rng.normal(0, noise, (len(labels), 8, 8)), 0, 255).astype(np.uint8)
    data = Dataset("trees", "here", images, labels, images, labels, NAMES)
    coach = Coach()
    for event in Trainer(quick(monitor=monitor, epochs=6, validation_size=0.2), data):
        coach.process(event)
    return coach.hint


def test_it_speaks_of_one_class_that_is_most_of_the_data() -> None:
    hint = hint_about((20, 10, 470), 400)
    assert hint is not None
    assert hint.rule == "One class is most of the data"
    assert str(hint.evidence).startswith("ash is 94.0% of the validation images; accuracy is ")
    assert (hint.name, hint.old, hint.new) == ("monitor", "validation_accuracy", "validation_loss")


@pytest.mark.parametrize(
    ("counts", "noise", "monitor"),
    [
        ((20, 10, 470), 10, "validation_accuracy"),  # the small ones are recognised, too
        ((170, 160, 170), 400, "validation_accuracy"),
        ((20, 10, 470), 400, "validation_loss"),
    ],
)
def test_it_says_nothing_of_it_elsewhere(counts: tuple[int, ...], noise: float, monitor: str) -> None:
    hint = hint_about(counts, noise, monitor)
    assert hint is None or hint.rule != "One class is most of the data"
