"""What a person sees: the screen as text, and events to put on it."""

import numpy as np
from textual.app import App

from engine.events import (
    ConfusionMatrix,
    DataLoaded,
    DataSummary,
    EarlyStoppingStatus,
    Environment,
    EpochEnded,
    Explanation,
    Neighbours,
    Predictions,
    RunEnded,
    RunStarted,
)
from engine.hyperparameters import Hyperparameters
from engine.training.metrics import confusion_matrix
from tests.digits import mnist
from tui.session.run_state import RunState

SIZES = ((80, 24), (120, 40))
MNIST = DataSummary("MNIST", "assets", "abc", 28, 28, 10, 60_000, 10_000)


def lines(app: App[None]) -> list[str]:
    """Return the lines of the screen as they are drawn."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


def seen(app: App[None]) -> str:
    """Return all that is on the screen, words that were wrapped or spaced out put together again."""
    return " ".join(" ".join(lines(app)).split())


def predictions(
    misclassified: dict[int, tuple[int, float]], *, split: str = "test", epoch: int = 9, images: int = 500
) -> Predictions:
    """Return predictions that are right and 90 % sure, apart from the positions in `misclassified`.

    misclassified: position to the class that it is read as and its probability
    """
    pictures, labels = mnist()
    pictures, labels = pictures[:images], labels[:images]
    probabilities = np.full((images, 10), 0.1 / 9, np.float32)
    probabilities[np.arange(images), labels] = 0.9
    for position, (read_as, probability) in misclassified.items():
        probabilities[position] = (1 - probability) / 9
        probabilities[position, read_as] = probability
    return Predictions(
        split, epoch, pictures, labels, np.arange(images) + 1000, probabilities.argmax(axis=1), probabilities
    )


def explanation(
    index: int, other: int, *, split: str = "test", batch: int | None = None, predicted: int | None = None
) -> Explanation:
    """Return why the image `index`, numbered as in `predictions`, is read as `other`.

    More ink in the upper half of the image speaks for `other`, in the lower half for its own class.
    """
    pictures, labels = mnist()
    true = int(labels[index - 1000])
    gradient = np.where(np.arange(28)[:, None] < 14, 1.0, -1.0).repeat(28, axis=1).astype(np.float32)
    neighbours = tuple(
        Neighbours(label, places, np.array([255**2, 4 * 255**2, 9 * 255**2]) * scale, pictures[places])
        for label, scale in ((other, 1), (true, 16))
        for places in (np.flatnonzero(labels == label)[:3],)
    )
    read = other if predicted is None else predicted
    return Explanation(
        split, index, true, other, 9, batch, read, 1.5, gradient, (neighbours[0], neighbours[1])
    )


def matrix_of(made: Predictions) -> ConfusionMatrix:
    """Return the confusion matrix of predictions."""
    return confusion_matrix(made.labels, made.probabilities.argmax(axis=1), 10)


def ready() -> RunState:
    """Return the state before a run, with the data there."""
    state = RunState()
    state.fold(DataLoaded(MNIST))
    return state


def running(run: str = "r1") -> RunState:
    """Return the state just after a run has started."""
    state = ready()
    state.fold(started(run))
    return state


def started(run: str = "r1") -> RunStarted:
    """Return the first event of a run."""
    circumstances = Environment("2.4", "blas", 1, "here")
    hyperparameters = Hyperparameters().resolved()
    sizes = (784, 128, 10)
    return RunStarted(run, "", hyperparameters, sizes, 101_770, 54_000, 6_000, 844, MNIST, circumstances)


def epoch_ended(epoch: int, matrix: ConfusionMatrix) -> EpochEnded:
    """Return the end of an epoch with this validation matrix."""
    status = EarlyStoppingStatus(True, "validation_accuracy", epoch, 0.96, 0.961, 0, 5)
    return EpochEnded(
        epoch, 10, 844 * epoch, 0.1, 0.97, 0.1, 0.96, 0.1, 1.0, 54_000.0, True, status, (), matrix
    )


def run_ended(matrix: ConfusionMatrix | None, best_epoch: int | None = 9) -> RunEnded:
    """Return the end of a run with this test matrix."""
    return RunEnded("completed", 10, best_epoch, 0.96, 0.1, 0.97, 0.1, matrix, 10.0)
