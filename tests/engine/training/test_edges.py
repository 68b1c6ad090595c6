"""Runs at the edge: what diverges, what cannot learn, and data that nobody would choose."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.commands import ChangeHyperparameter, Step
from engine.data.dataset import Dataset
from engine.events import BatchEnded, Diverged, EpochEnded, Event, Paused, RunEnded, RunStarted
from engine.training.trainer import Trainer
from tests.runs import BATCHES, follow, names, of_kind, only, quick


def made(
    training: NDArray[np.uint8], labels: list[int], test: NDArray[np.uint8], test_labels: list[int]
) -> Dataset:
    """Return a data set of these images and labels."""
    return Dataset(
        "made", "a test", training, np.array(labels, np.int64), test, np.array(test_labels, np.int64)
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"learning_rate": 100.0, "hidden": (128,)},
        {"learning_rate": 100.0, "hidden": (64, 64)},
        {"learning_rate": 1e30},
        {"learning_rate": 1e308},
        {"learning_rate": 1e308, "optimizer": "adam", "schedule": "one_cycle"},
        {"learning_rate": 1e308, "optimizer": "adamw", "weight_decay": 1e308},
        {"l2": 1e308},
        {"initializer": "large", "hidden": (32,) * 20},
    ],
    ids=str,
)
def test_a_run_without_bounds_diverges_in_its_first_epoch(
    small_dataset: Dataset, changes: dict[str, Any]
) -> None:
    """It ends at once, with figures that do not exist, and without a warning."""
    events = follow(Trainer(quick(**changes), small_dataset))
    diverged, ended = only(events, Diverged), only(events, RunEnded)
    assert names(events)[-2:] == ["Diverged", "RunEnded"]
    assert diverged.cause in ("loss", "gradient_norm")
    assert diverged.epoch == 1
    assert diverged.batch == diverged.step < BATCHES
    assert (ended.reason, ended.epochs) == ("diverged", 0)
    assert ended.best_epoch is ended.test_accuracy is ended.test_loss is None
    assert ended.confusion_matrix is None


def test_divergence_leaves_the_weights_as_they_were(small_dataset: Dataset) -> None:
    """The mini-batch that shows it takes no step."""
    trainer = Trainer(quick(initializer="large", hidden=(32,) * 8), small_dataset)
    before = trainer.learner.network.parameters.copy()
    events = follow(trainer)
    assert only(events, Diverged).step == 0
    assert only(events, Diverged).cause == "gradient_norm"
    assert (only(events, Diverged).value or 0.0) > 1e6
    np.testing.assert_array_equal(trainer.learner.network.parameters, before)


def test_a_run_that_diverges_later_keeps_its_best_weights(small_dataset: Dataset) -> None:
    trainer = Trainer(quick(), small_dataset)
    after = {}

    def steer(event: Event) -> None:
        if isinstance(event, EpochEnded):
            after[event.epoch] = trainer.learner.network.parameters.copy()
            if event.epoch == 2:
                trainer.commands.put(ChangeHyperparameter("learning_rate", 1e20))

    events = follow(trainer, steer)
    ended = only(events, RunEnded)
    assert only(events, Diverged).epoch == 3
    assert (ended.reason, ended.epochs) == ("diverged", 2)
    assert ended.best_epoch in (1, 2)
    np.testing.assert_array_equal(trainer.learner.network.parameters, after[ended.best_epoch])
    assert ended.test_accuracy is not None
    assert ended.test_loss is not None


@pytest.mark.parametrize("monitor", ["validation_accuracy", "validation_loss"])
def test_divergence_in_the_last_step_of_an_epoch_is_found_by_validation(
    small_dataset: Dataset, monitor: str
) -> None:
    """The weights of such an epoch are never the best, and no run completes with them."""
    trainer = Trainer(quick(epochs=1, batch_size=540, learning_rate=1e300, monitor=monitor), small_dataset)
    events = follow(trainer)
    epoch, ended = only(events, EpochEnded), only(events, RunEnded)
    assert epoch.validation_loss is None
    assert not epoch.is_best
    assert only(events, Diverged).cause == "loss"
    assert (ended.reason, ended.best_epoch, ended.test_accuracy) == ("diverged", None, None)
    assert trainer.predictions() is None


def test_a_warm_up_longer_than_any_run(small_dataset: Dataset) -> None:
    events = follow(Trainer(quick(warmup_epochs=1e308), small_dataset))
    assert only(events, RunEnded).reason == "completed"
    assert 0.0 < of_kind(events, EpochEnded)[-1].learning_rate < 1e-10


def test_units_that_begin_equal_stay_equal(small_dataset: Dataset) -> None:
    """What the zeros are here to show: with tanh nothing moves but the last biases."""
    trainer = Trainer(quick(initializer="zeros", activation="sigmoid"), small_dataset)
    events = follow(trainer)
    W = trainer.learner.network.dense[0].W
    assert W.any()
    np.testing.assert_allclose(W, W[:, :1].repeat(16, axis=1), rtol=0, atol=1e-6)
    assert only(events, RunEnded).reason == "completed"
    dead = Trainer(quick(initializer="zeros", activation="relu", epochs=1), small_dataset)
    layers = only(follow(dead), EpochEnded).layers
    assert (layers[0].dead_units, layers[0].weight_norm, layers[0].update_ratio) == (1.0, 0.0, None)


@pytest.mark.parametrize(
    ("changes", "sizes"),
    [
        ({"hidden": (8,) * 10}, (784, *(8,) * 10, 10)),
        ({"hidden": ()}, (784, 10)),
        ({"hidden": (1,)}, (784, 1, 10)),
        ({"batch_size": 540}, (784, 16, 10)),
        ({"batch_size": 539}, (784, 16, 10)),
        ({"batch_size": 1, "epochs": 1}, (784, 16, 10)),
        ({"dropout": 0.5, "batch_norm": True, "activation": "gelu"}, (784, 16, 10)),
        ({"batch_norm": True, "batch_size": 539}, (784, 16, 10)),
        ({"validation_size": 0.99, "batch_size": 5}, (784, 16, 10)),
        ({"dropout": 0.999, "label_smoothing": 0.999}, (784, 16, 10)),
    ],
    ids=str,
)
def test_an_unusual_network_or_batch_runs_to_its_end(
    small_dataset: Dataset, changes: dict[str, Any], sizes: tuple[int, ...]
) -> None:
    """The suite turns NumPy's warnings into errors: there is none of them either."""
    hyperparameters = quick(**changes)
    events = follow(Trainer(hyperparameters, small_dataset))
    started, ended = only(events, RunStarted), only(events, RunEnded)
    assert started.layer_sizes == sizes
    assert started.batches_per_epoch == -(-started.training_images // hyperparameters.batch_size)
    assert ended.reason == "completed"
    assert ended.confusion_matrix is not None
    assert sum(map(sum, ended.confusion_matrix.rows())) == 200
    for epoch in of_kind(events, EpochEnded):
        assert epoch.train_loss is not None
        assert epoch.validation_loss is not None
        assert len(epoch.layers) == len(sizes) - 1
        assert [layer.name for layer in epoch.layers][-1] == "output"


def test_a_class_that_is_missing_from_training(small_dataset: Dataset) -> None:
    """There is no 3 to learn from; the test set has some, and the matrix its row."""
    kept = small_dataset.train_labels != 3
    dataset = Dataset(
        "without threes",
        "a test",
        small_dataset.train_images[kept],
        small_dataset.train_labels[kept],
        small_dataset.test_images,
        small_dataset.test_labels,
    )
    ended = only(follow(Trainer(quick(), dataset)), RunEnded)
    assert ended.confusion_matrix is not None
    rows = ended.confusion_matrix.rows()
    assert sum(rows[3]) == np.count_nonzero(small_dataset.test_labels == 3) > 0
    assert rows[3][3] == 0


@pytest.mark.parametrize("grey", [0, 7, 255])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_images_that_are_all_alike(grey: int, batch_norm: bool) -> None:
    """Nothing can be learned but how frequent the classes are; nothing is divided by zero."""
    images = np.full((40, 5, 4), grey, np.uint8)
    dataset = made(images, [0, 1, 1, 1] * 10, images[:8], [0, 1, 1, 1] * 2)
    events = follow(Trainer(quick(batch_size=7, batch_norm=batch_norm), dataset))
    ended = only(events, RunEnded)
    assert (ended.reason, ended.test_accuracy) == ("completed", 0.75)


def test_the_smallest_data_set_there_is() -> None:
    """Two images of one pixel, one to learn from and one for validation; one class."""
    pixels = np.array([[[0]], [[255]]], np.uint8)
    hyperparameters = quick(batch_size=1, validation_size=0.5, batch_norm=True, dropout=0.5)
    ended = only(follow(Trainer(hyperparameters, made(pixels, [0, 0], pixels[:1], [0]))), RunEnded)
    assert (ended.reason, ended.test_accuracy, ended.test_loss) == ("completed", 1.0, 0.0)


def test_more_than_a_hundred_classes_are_told_sparsely() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (300, 3, 3), np.uint8)
    labels = np.arange(300) % 150
    events = follow(Trainer(quick(), made(images, labels.tolist(), images, labels.tolist())))
    assert only(events, RunStarted).layer_sizes == (9, 16, 150)
    assert only(events, RunEnded).reason == "completed"


def test_a_run_of_steps_alone_can_diverge(small_dataset: Dataset) -> None:
    trainer = Trainer(quick(learning_rate=1e30), small_dataset)

    def steer(event: Event) -> None:
        if isinstance(event, RunStarted | Paused):
            trainer.commands.put(Step())

    events = follow(trainer, steer)
    assert only(events, RunEnded).reason == "diverged"
    assert len(of_kind(events, BatchEnded)) == only(events, Diverged).step
