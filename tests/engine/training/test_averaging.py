"""The average of the weights: what it is, and that it is what a run validates, tests and keeps."""

import dataclasses

import numpy as np
import pytest

from engine.commands import FetchWeights
from engine.data.dataset import Dataset
from engine.events import EpochEnded, RunEnded, Weights
from engine.hyperparameters import Hyperparameters
from engine.optimization.optimizers import BLOCK
from engine.storage.checkpoint import Checkpoint
from engine.training.averaging import WeightAverage
from engine.training.learner import Learner
from engine.training.trainer import Trainer
from tests.runs import digest, follow, of_kind, only, quick

AVERAGED = quick(hidden=(24, 12), batch_norm=True, weight_average=0.9, learning_rate=0.5)


def test_it_is_what_its_formula_says() -> None:
    rng = np.random.default_rng(0)
    weights = rng.standard_normal(2 * BLOCK + 5).astype(np.float32)
    average = WeightAverage(0.7, (weights,))
    expected = weights.astype(np.float64)
    for steps in range(1, 40):
        weights += rng.standard_normal(weights.size).astype(np.float32)
        average.update(steps)
        if steps <= 4 or steps % 4 == 0:
            keeps = min(0.7, (1 + steps) / (10 + steps)) ** (1 if steps <= 4 else 4)
            expected = keeps * expected + (1 - keeps) * weights
    np.testing.assert_allclose(average.vectors[0], expected, atol=1e-4)


def learned(hyperparameters: Hyperparameters, dataset: Dataset, steps: int) -> Learner:
    learner = Learner(hyperparameters, dataset)
    for _step in range(steps):
        learner.step(0.5)
    return learner


def test_learning_goes_on_with_the_weights_themselves(small_dataset: Dataset) -> None:
    plain = learned(dataclasses.replace(AVERAGED, weight_average=0.0), small_dataset, 9)
    averaged = Learner(AVERAGED, small_dataset)
    for _step in range(9):
        averaged.step(0.5)
        with averaged.with_averaged_weights():
            averaged.evaluate(averaged.training, averaged.split.validation)
    np.testing.assert_array_equal(averaged.network.parameters, plain.network.parameters)
    np.testing.assert_array_equal(averaged.network.statistics, plain.network.statistics)


def test_what_is_evaluated_and_kept_is_the_average(small_dataset: Dataset) -> None:
    learner = learned(AVERAGED, small_dataset, 5)
    own = learner.network.parameters.copy(), learner.network.statistics.copy()
    average = learner.state().vectors["average.parameters"].copy()
    statistics = learner.state().vectors["average.statistics"].copy()
    assert not np.array_equal(average, own[0])
    assert not np.array_equal(statistics, own[1])
    with learner.with_averaged_weights():
        np.testing.assert_array_equal(learner.network.parameters, average)
        np.testing.assert_array_equal(learner.network.statistics, statistics)
    np.testing.assert_array_equal(learner.network.parameters, own[0])
    learner.keep_as_best()
    learner.restore_best()
    np.testing.assert_array_equal(learner.network.parameters, average)
    with learner.with_averaged_weights():  # the best of them, not the newest
        np.testing.assert_array_equal(learner.network.parameters, average)
    np.testing.assert_array_equal(learner.state().vectors["parameters"], own[0])


@pytest.mark.parametrize("epochs", [1, 3])
def test_the_figures_of_a_run_are_those_of_the_averaged_network(small_dataset: Dataset, epochs: int) -> None:
    trainer = Trainer(dataclasses.replace(AVERAGED, epochs=epochs, early_stopping=False), small_dataset)
    events = []
    for event in trainer:
        events.append(event)
        if isinstance(event, EpochEnded):
            weights = trainer.answer(FetchWeights())
            assert isinstance(weights, Weights)
            check = Learner(AVERAGED, small_dataset)
            check.network.parameters[:], check.network.statistics[:] = weights.parameters, weights.statistics
            labels = small_dataset.train_labels[check.split.validation]
            predicted = check.evaluate(check.training, check.split.validation).predicted
            assert event.validation_accuracy == np.mean(predicted == labels)
            if event.is_best:
                kept = Checkpoint.of(trainer, event.epoch)  # what is written while the run is under way
                np.testing.assert_array_equal(kept.parameters, weights.parameters)
                np.testing.assert_array_equal(kept.statistics, weights.statistics)
    ended = only(events, RunEnded)
    predicted = trainer.learner.evaluate(trainer.learner.test, np.arange(200)).predicted
    assert ended.test_accuracy == np.mean(predicted == small_dataset.test_labels)


def test_it_steadies_a_run_whose_steps_are_far_too_long(small_dataset: Dataset) -> None:
    jumpy = quick(hidden=(), learning_rate=0.1, batch_size=4, schedule="constant", epochs=4, seed=0)
    losses = [
        [e.validation_loss or 0.0 for e in of_kind(follow(Trainer(h, small_dataset)), EpochEnded)]
        for h in (jumpy, dataclasses.replace(jumpy, weight_average=0.99))
    ]
    assert np.mean(losses[1]) < 0.9 * np.mean(losses[0])


def test_without_it_a_run_is_as_it_ever_was(small_dataset: Dataset) -> None:
    trainer = Trainer(quick(), small_dataset)
    digest(trainer, follow(trainer))
    assert not any(name.startswith("average") for name in trainer.learner.state().vectors)
