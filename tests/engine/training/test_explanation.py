"""An explanation against difference quotients and against a search through every image, on real digits."""

from typing import Any

import numpy as np
import pytest

from engine.commands import ExplainPrediction
from engine.data.dataset import Dataset
from engine.events import EpochEnded, Explanation
from engine.hyperparameters import Hyperparameters
from engine.network.mlp import MLP
from engine.training import explanation as room
from engine.training.explanation import margin_gradient, nearest_of_class
from engine.training.trainer import Trainer
from tests.engine.network.numerical import assert_agree, difference_quotients, switches_of
from tests.runs import follow, of_kind, only, quick, relu_logits, standardized


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden": ()},
        {"hidden": (12, 8)},
        {"hidden": (12, 8), "activation": "tanh", "batch_norm": True, "dropout": 0.5},
    ],
)
def test_the_gradient_is_that_of_the_margin(changes: dict[str, Any]) -> None:
    rng = np.random.default_rng(1)
    network = MLP.of(Hyperparameters(**changes), 9, 4, dtype=np.float64, rng=rng)
    network.forward(rng.normal(size=(16, 9)), training=True)  # gives batch normalisation figures of its own
    X = rng.normal(size=(1, 9))

    def margin() -> float:
        logits = network.forward(X)[0]
        return float(logits[3] - logits[1])

    quotients = difference_quotients(margin, X, lambda: switches_of(network.layers))
    logits, gradient = margin_gradient(network, X, true=1, other=3)
    assert margin() == logits[3] - logits[1]
    # it is handed on as float32, which rounds the eighth digit
    assert assert_agree(gradient.astype(np.float64)[None], quotients, tolerance=1e-6) == 9


@pytest.mark.parametrize("at_once", [1, 784 * 7, room.PIXELS_AT_ONCE])
def test_neighbours_are_those_that_a_search_through_all_finds(
    at_once: int, small_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "PIXELS_AT_ONCE", at_once)
    image, among = small_dataset.test_images[3], np.arange(0, 600, 2)
    found = nearest_of_class(image, small_dataset.train_images, small_dataset.train_labels, among, 7)
    every = sorted(
        (int(((small_dataset.train_images[place].astype(int) - image) ** 2).sum()), int(place))
        for place in among
        if small_dataset.train_labels[place] == 7
    )
    pairs = zip(found.distances.tolist(), found.indices.tolist(), strict=True)
    assert list(pairs) == every[:3]
    np.testing.assert_array_equal(found.images, small_dataset.train_images[found.indices])


def test_an_image_is_its_own_nearest_and_a_class_without_images_has_none(small_dataset: Dataset) -> None:
    label = int(small_dataset.train_labels[8])
    found = nearest_of_class(
        small_dataset.train_images[8],
        small_dataset.train_images,
        small_dataset.train_labels,
        np.arange(20),
        label,
    )
    assert (found.indices[0], found.distances[0]) == (8, 0)
    nobody = nearest_of_class(
        small_dataset.train_images[8],
        small_dataset.train_images,
        small_dataset.train_labels,
        np.arange(0),
        label,
    )
    assert nobody.images.shape == (0, 28, 28)


def test_after_a_run_it_is_of_the_best_weights(small_dataset: Dataset) -> None:
    trainer = Trainer(quick(), small_dataset)
    follow(trainer)
    true = int(small_dataset.test_labels[0])
    other = (true + 1) % 10
    why = trainer.answer(ExplainPrediction("test", 0, other))
    assert isinstance(why, Explanation)
    network, learned = trainer.learner.network, trainer.learner.split.training
    X = standardized(small_dataset, learned, small_dataset.test_images[:1])
    logits = relu_logits(network.parameters, network.sizes, X)[0]
    assert why.margin == pytest.approx(logits[other] - logits[true], rel=1e-4)
    assert why.predicted == logits.argmax()
    assert trainer.early_stopping.best_epoch == why.epoch
    assert why.batch is None
    assert why.gradient is not None
    assert why.gradient.shape == (28, 28)
    for neighbours, label in zip(why.neighbours, (other, true), strict=True):
        assert neighbours.label == label
        assert set(small_dataset.train_labels[neighbours.indices]) == {label}
        assert set(neighbours.indices) <= set(learned)


def test_in_a_run_it_says_which_weights_it_is_of(small_dataset: Dataset) -> None:
    trainer = Trainer(quick(epochs=2), small_dataset)
    index = int(trainer.learner.split.validation[0])
    true = int(small_dataset.train_labels[index])

    def ask(event: object) -> None:
        if isinstance(event, EpochEnded) and event.epoch == 1:
            trainer.commands.put(ExplainPrediction("validation", index, 9 - true if true != 9 - true else 0))

    why = only(follow(trainer, ask), Explanation)
    assert (why.split, why.index, why.true) == ("validation", index, true)
    assert (why.epoch, why.batch) == (2, 0)
    assert not any((neighbours.distances == 0).any() for neighbours in why.neighbours)


@pytest.mark.parametrize("asked", [("test", 200, 3), ("test", -1, 3), ("test", 0, 10), ("test", 0, -1)])
def test_what_is_not_there_is_not_explained(asked: tuple[str, int, int], small_dataset: Dataset) -> None:
    trainer = Trainer(quick(epochs=1), small_dataset)
    trainer.commands.put(ExplainPrediction(*asked))
    trainer.commands.put(ExplainPrediction("test", 0, int(small_dataset.test_labels[0])))
    assert not of_kind(follow(trainer), Explanation)
    assert trainer.early_stopping.best_epoch == 1


def test_weights_beyond_all_measure_have_neighbours_but_no_gradient(small_dataset: Dataset) -> None:
    trainer = Trainer(quick(), small_dataset)
    parameters = trainer.learner.network.parameters
    parameters[:] = np.random.default_rng(0).choice([-3e38, 3e38], len(parameters))
    other = 0 if small_dataset.test_labels[0] else 1
    why = trainer.answer(ExplainPrediction("test", 0, other))
    assert isinstance(why, Explanation)
    assert why.gradient is None
    assert why.margin is None
    assert len(why.neighbours[0].images) == 3
