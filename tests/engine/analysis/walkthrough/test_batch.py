"""A traced step is the step that training would have taken."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.analysis.walkthrough import BatchTracer, BatchWalkthrough
from engine.data.dataset import Dataset
from engine.optimization.catalogue import OPTIMIZERS
from engine.training.learner import Learner
from engine.training.trained_network import TrainedNetwork
from tests.engine.analysis.walkthrough.calculation import found, value_of
from tests.runs import TrainedRun

SOURCES = Path(engine.__file__).parent


def walked(each_network: TrainedNetwork, number: int = 1, learning_rate: float = 0.1) -> BatchWalkthrough:
    *between, walk = BatchTracer(each_network).trace(number, learning_rate)
    assert set(between) == {None}
    assert walk is not None
    return walk


@pytest.fixture(scope="module", params=[*OPTIMIZERS, "l2 and clipping"])
def stepping(request: pytest.FixtureRequest, small_images: Dataset) -> TrainedNetwork:
    """A network of each optimizer, and one whose gradient is penalised and clipped."""
    if request.param == "l2 and clipping":
        changes: dict[str, Any] = {"l2": 0.01, "clip_norm": 0.05, "optimizer": "sgd"}
    else:
        changes = {"optimizer": request.param}
    run = TrainedRun.of(small_images, epochs=1, **changes)
    return TrainedNetwork.of(run.weights, run.dataset)


def test_the_step_is_that_of_training(stepping: TrainedNetwork) -> None:
    """A learner with the same weights learns the same images; its optimizer is new as well."""
    walk = walked(stepping, learning_rate=0.03)
    learner = Learner(stepping.hyperparameters, stepping.dataset)
    np.copyto(learner.network.parameters, stepping.network.parameters)
    learner.order, learner.position = walk.indices, 0
    learner.step(0.03)
    assert walk.loss_before == learner.last_loss
    for number, dense in enumerate(learner.network.dense):
        group = "Output" if number == len(learner.network.dense) - 1 else f"Hidden {number + 1}"
        change = dense.W - stepping.network.dense[number].W
        assert found(walk.stages, group, "Change of weights").values == pytest.approx(change, abs=2e-6)
        assert abs(change).max() > 1e-5


def test_losses_are_those_of_the_network(each_network: TrainedNetwork) -> None:
    walk = walked(each_network)
    losses = found(walk.stages, "Loss", "Each image's loss").values
    change = found(walk.stages, "Afterwards", "Change of the loss").values
    assert losses.mean() == pytest.approx(walk.loss_before, rel=1e-5)
    assert (losses + change).mean() == pytest.approx(walk.loss_after, rel=1e-5)
    evaluated = each_network.learner.evaluate(
        each_network.learner.training, each_network.learner.split.validation
    )
    assert walk.validation_before.loss == pytest.approx(evaluated.loss, rel=1e-5)
    truth = each_network.dataset.train_labels[each_network.learner.split.validation]
    assert walk.validation_before.accuracy == pytest.approx(np.mean(evaluated.predicted == truth))


def each_number_is_what_is_written_beside_it(walk: BatchWalkthrough) -> None:
    rng = np.random.default_rng(1)
    for stage in walk.stages:
        every = list(itertools.product(*map(range, stage.values.shape)))
        largest = float(abs(stage.values).max())
        for at in (every[i] for i in rng.integers(len(every), size=12)):
            calculation = stage.work(*at)
            assert calculation.result == stage.values[at]
            if calculation.expression or calculation.terms:
                expected = pytest.approx(calculation.result, abs=1e-4 * largest + 1e-6)
                assert value_of(calculation) == expected, stage.title


def test_what_is_written_beside_a_number_comes_to_that_number(each_network: TrainedNetwork) -> None:
    each_number_is_what_is_written_beside_it(walked(each_network))


def test_so_it_does_in_the_step_of_each_optimizer(stepping: TrainedNetwork) -> None:
    each_number_is_what_is_written_beside_it(walked(stepping))


def test_each_station_shows_lines_that_stand_in_the_engine(stepping: TrainedNetwork) -> None:
    folders = (SOURCES / "network", SOURCES / "data", SOURCES / "optimization", SOURCES / "training")
    code = "\n".join(path.read_text() for folder in folders for path in folder.glob("*.py"))
    for stage in walked(stepping).stages:
        for line in stage.code.splitlines():
            assert line in code, line


def test_a_small_step_lowers_the_loss_and_a_huge_one_overshoots(trained: TrainedNetwork) -> None:
    small, huge = walked(trained, 0, 0.05), walked(trained, 0, 100.0)
    assert small.loss_after < small.loss_before == huge.loss_before
    assert huge.loss_after > huge.loss_before
    assert huge.validation_after.accuracy < small.validation_after.accuracy


def test_a_walker_starts_each_step_from_the_same_weights(each_network: TrainedNetwork) -> None:
    """And nothing of the subject changes by it: not its weights, not its running figures."""
    network = each_network.network
    before = network.parameters.copy(), network.statistics.copy()
    walker = BatchTracer(each_network)
    first, *_others, again = (list(walker.trace(0, rate))[-1] for rate in (0.1, 1000.0, 0.1))
    assert first is not None
    assert again is not None
    assert again.loss_after == first.loss_after
    assert again.validation_before == first.validation_before
    assert np.array_equal(network.parameters, before[0])
    assert np.array_equal(network.statistics, before[1])


def test_mini_batches_take_each_training_image_once(trained: TrainedNetwork) -> None:
    walker = BatchTracer(trained)
    parts = [walked(trained, number).indices for number in range(walker.batches)]
    assert len(parts[-1]) == 40
    assert np.array_equal(np.sort(np.concatenate(parts)), trained.learner.split.training)


def test_dropout_has_the_same_units_off_before_and_after(small_images: Dataset) -> None:
    run = TrainedRun.of(small_images, epochs=1, dropout=0.5)
    walk = walked(TrainedNetwork.of(run.weights, run.dataset), learning_rate=1e-30)
    assert walk.loss_after == walk.loss_before


def test_images_that_training_moves_are_moved(small_images: Dataset) -> None:
    run = TrainedRun.of(small_images, epochs=1, adversarial=0.5)
    trained = TrainedNetwork.of(run.weights, run.dataset)
    walk = walked(trained, 0)
    learner = Learner(trained.hyperparameters, trained.dataset)
    np.copyto(learner.network.parameters, trained.network.parameters)
    learner.order, learner.position = walk.indices, 0
    learner.step(0.1)
    assert walk.loss_before == learner.last_loss
    line = "self.adversary.perturb(X, labels, network, self.loss)"
    assert [line in walked(trained, number).stages[0].code for number in (0, 1)] == [True, False]


def test_steps_that_are_not_finite_are_walked_through_all_the_same(diverged: TrainedNetwork) -> None:
    walk = walked(diverged)
    for stage in walk.stages:
        stage.work(*(0 for _ in stage.values.shape))
    assert not np.isfinite(walk.loss_after)


def test_a_walk_that_is_given_up_leaves_numpy_as_it_was(trained: TrainedNetwork) -> None:
    before = np.geterr()
    walk = BatchTracer(trained).trace(0, 0.1)
    assert next(walk) is None
    assert np.geterr() == before
