import math
import time
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.commands import Pause, Resume, Stop
from engine.data.batches import Distort
from engine.data.dataset import Dataset
from engine.errors import HyperparameterError
from engine.events import BatchEnded, EpochEnded, Event, Paused, RunEnded, RunStarted, StoppedEarly
from engine.training.trainer import Trainer
from tests.runs import (
    BATCHES,
    cross_entropy,
    follow,
    matrix_rows,
    names,
    of_kind,
    only,
    quick,
    relu_logits,
    standardized,
)


class Clock:
    """A clock that goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "perf_counter", clock)
    return clock


def timed(trainer: Trainer, clock: Clock, seconds: float) -> Trainer:
    """Let each mini-batch of `trainer` take so long."""
    learn = trainer.learner.step

    def step(learning_rate: float) -> None:
        learn(learning_rate)
        clock.now += seconds

    trainer.learner.step = step  # type: ignore[method-assign]
    return trainer


def test_a_run_is_told_from_its_start_to_its_end(small_dataset: Dataset) -> None:
    events = follow(Trainer(quick(), small_dataset, name="first"))
    assert [name for name in names(events) if name != "BatchEnded"] == [
        "RunStarted",
        "EpochEnded",
        "EpochEnded",
        "EpochEnded",
        "RunEnded",
    ]
    started, ended = only(events, RunStarted), only(events, RunEnded)
    assert started.name == "first"
    assert started.layer_sizes == (784, 16, 10)
    assert started.parameters == 784 * 16 + 16 + 16 * 10 + 10
    assert (started.training_images, started.validation_images) == (540, 60)
    assert started.batches_per_epoch == BATCHES
    assert started.data == small_dataset.summary()
    assert started.hyperparameters == quick(learning_rate=0.1)  # the default of sgd is filled in
    assert [epoch.epoch for epoch in of_kind(events, EpochEnded)] == [1, 2, 3]
    assert [epoch.step for epoch in of_kind(events, EpochEnded)] == [BATCHES, 2 * BATCHES, 3 * BATCHES]
    assert (ended.reason, ended.epochs) == ("completed", 3)


def test_two_runs_have_different_names_of_their_own(small_dataset: Dataset) -> None:
    assert Trainer(quick(), small_dataset).run != Trainer(quick(), small_dataset).run


def test_every_image_is_seen_once_an_epoch_in_a_new_order(small_dataset: Dataset) -> None:
    trainer = Trainer(quick(epochs=2, early_stopping=False), small_dataset)
    split = trainer.learner.split
    gathered: list[NDArray[np.int64]] = []
    gather = trainer.learner.training.gather

    def remember(
        indices: NDArray[np.int64], distort: Distort | None = None
    ) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
        if not np.isin(indices, split.validation).any():
            gathered.append(indices.copy())
        return gather(indices, distort)

    trainer.learner.training.gather = remember  # type: ignore[method-assign]
    follow(trainer)
    assert [len(batch) for batch in gathered] == 2 * ([50] * 10 + [40])
    first, second = np.concatenate(gathered[:BATCHES]), np.concatenate(gathered[BATCHES:])
    everything = np.setdiff1d(np.arange(600), split.validation)
    np.testing.assert_array_equal(np.sort(first), everything)
    np.testing.assert_array_equal(np.sort(second), everything)
    assert not np.array_equal(first, second)


def test_figures_are_those_of_a_recomputation_by_hand(small_dataset: Dataset) -> None:
    """Running training figures batch by batch, validation figures and the matrix, all in float64."""
    trainer = Trainer(quick(epochs=2), small_dataset)
    learner, sizes = trainer.learner, trainer.learner.network.sizes
    before: list[tuple[NDArray[np.int64], NDArray[np.floating]]] = []
    learn = learner.step

    def step(learning_rate: float) -> None:
        chosen = learner.order[learner.position : learner.position + learner.batch_size]
        before.append((chosen.copy(), learner.network.parameters.copy()))
        learn(learning_rate)

    learner.step = step  # type: ignore[method-assign]
    after: list[NDArray[np.floating]] = []

    def remember(event: Event) -> None:
        if isinstance(event, EpochEnded):
            after.append(learner.network.parameters.copy())

    events = follow(trainer, remember)
    X = standardized(small_dataset, learner.split.training, small_dataset.train_images)
    labels = small_dataset.train_labels
    held_out = learner.split.validation
    for number, epoch in enumerate(of_kind(events, EpochEnded)):
        loss = correct = 0.0
        for chosen, parameters in before[number * BATCHES : (number + 1) * BATCHES]:
            logits = relu_logits(parameters, sizes, X[chosen])
            loss += cross_entropy(logits, labels[chosen]) * len(chosen)
            correct += np.count_nonzero(logits.argmax(axis=1) == labels[chosen])
        assert epoch.train_loss == pytest.approx(loss / 540, rel=1e-5)
        assert epoch.train_accuracy == pytest.approx(correct / 540)
        logits = relu_logits(after[number], sizes, X[held_out])
        matrix = np.zeros((10, 10), int)
        np.add.at(matrix, (labels[held_out], logits.argmax(axis=1)), 1)
        assert epoch.validation_loss == pytest.approx(cross_entropy(logits, labels[held_out]), rel=1e-5)
        assert epoch.validation_accuracy == pytest.approx(np.trace(matrix) / 60)
        assert matrix_rows(epoch) == matrix.tolist()


def test_running_figures_cover_the_epoch_so_far(small_dataset: Dataset, clock: Clock) -> None:
    """With a pace of one mini-batch every 0.06 s each is told; the last agrees with the epoch's figures."""
    trainer = timed(Trainer(quick(epochs=1), small_dataset), clock, 0.06)
    events = follow(trainer)
    batches, epoch = of_kind(events, BatchEnded), only(events, EpochEnded)
    assert [batch.batch for batch in batches] == list(range(1, BATCHES + 1))
    assert all(batch.batches == BATCHES for batch in batches)
    assert (batches[-1].train_loss, batches[-1].train_accuracy) == (epoch.train_loss, epoch.train_accuracy)
    weighted = [(batch.loss or 0.0) * (50 if batch.batch < BATCHES else 40) for batch in batches]
    assert epoch.train_loss == pytest.approx(sum(weighted) / 540)
    assert batches[0].train_loss == batches[0].loss


def test_mini_batches_are_told_20_times_a_second_at_most(small_dataset: Dataset, clock: Clock) -> None:
    said: list[float] = []

    def listen(event: Event) -> None:
        if isinstance(event, BatchEnded):
            said.append(clock.now)

    pace = 1 / 64  # four of them are the first that make 0.05 s
    trainer = timed(Trainer(quick(epochs=10, early_stopping=False), small_dataset), clock, pace)
    follow(trainer, listen)
    assert len(said) > 20
    np.testing.assert_array_equal(np.diff(said), 4 * pace)


def test_a_slow_listener_does_not_slow_the_run_down(small_dataset: Dataset, clock: Clock) -> None:
    """Between two events there are 0.05 s of training, however long the listener took."""

    def listen(event: Event) -> None:
        clock.now += 60.0

    trainer = timed(Trainer(quick(epochs=1), small_dataset), clock, 1 / 64)
    events = follow(trainer, listen)
    assert [batch.batch for batch in of_kind(events, BatchEnded)] == [1, 5, 9]


def test_seconds_are_of_training_alone(small_dataset: Dataset, clock: Clock) -> None:
    """Neither a slow listener nor a pause nor evaluation counts."""
    trainer = timed(Trainer(quick(epochs=2), small_dataset), clock, 0.01)
    evaluate = trainer.learner.evaluate

    def slow_evaluation(*arguments: object) -> object:
        clock.now += 30.0
        return evaluate(*arguments)  # type: ignore[arg-type]

    trainer.learner.evaluate = slow_evaluation  # type: ignore

    def steer(event: Event) -> None:
        clock.now += 60.0
        if isinstance(event, BatchEnded) and event.step == 1:
            trainer.commands.put(Pause())
        if isinstance(event, Paused):
            trainer.commands.put(Resume())

    events = follow(trainer, steer)
    assert len(of_kind(events, Paused)) == 1
    for epoch in of_kind(events, EpochEnded):
        assert epoch.seconds == pytest.approx(0.01 * BATCHES)
        assert epoch.samples_per_second == pytest.approx(540 / (0.01 * BATCHES))
    assert only(events, RunEnded).seconds == pytest.approx(0.02 * BATCHES)


def test_learning_makes_the_figures_better(small_dataset: Dataset) -> None:
    events = follow(Trainer(quick(epochs=10), small_dataset))
    first, *_, last = of_kind(events, EpochEnded)
    assert first.train_loss is not None
    assert last.train_loss is not None
    assert last.train_loss < first.train_loss / 4
    assert last.train_accuracy > 0.95
    assert (only(events, RunEnded).test_accuracy or 0.0) > 0.75


@pytest.mark.parametrize("monitor", ["validation_accuracy", "validation_loss"])
def test_early_stopping_ends_with_the_best_weights(small_dataset: Dataset, monitor: str) -> None:
    """A run that overfits: the best epoch is not the last. Its test figures are recomputed by hand."""
    hyperparameters = quick(
        epochs=50, hidden=(32,), learning_rate=0.5, schedule="constant", monitor=monitor, patience=4
    )
    trainer = Trainer(hyperparameters, small_dataset)
    network = trainer.learner.network
    after: dict[int, NDArray[np.floating]] = {}

    def remember(event: Event) -> None:
        if isinstance(event, EpochEnded):
            after[event.epoch] = network.parameters.copy()

    events = follow(trainer, remember)
    epochs, ended = of_kind(events, EpochEnded), only(events, RunEnded)
    stopped = only(events, StoppedEarly)
    assert names(events)[-3:] == ["EpochEnded", "StoppedEarly", "RunEnded"]
    assert ended.reason == "stopped_early"
    assert ended.epochs == stopped.epoch == len(epochs) < 50
    assert epochs[-1].early_stopping.epochs_without_improvement == stopped.patience == 4

    values = [getattr(epoch, monitor) for epoch in epochs]
    best = int(np.argmax(values) if monitor == "validation_accuracy" else np.argmin(values)) + 1
    assert best < len(epochs)
    assert ended.best_epoch == stopped.best_epoch == best
    assert stopped.best_value == values[best - 1]
    sign = 1.0 if monitor == "validation_accuracy" else -1.0
    assert stopped.min_delta == hyperparameters.min_delta
    assert stopped.reference in values[:-4]
    assert stopped.epochs_without_improvement == 4
    assert all(sign * (value - stopped.reference) <= stopped.min_delta for value in values[-4:])
    assert ended.best_validation_accuracy == epochs[best - 1].validation_accuracy
    assert ended.best_validation_loss == epochs[best - 1].validation_loss
    assert [e.epoch for e in epochs if e.is_best][-1] == best

    np.testing.assert_array_equal(network.parameters, after[best])
    X = standardized(small_dataset, trainer.learner.split.training, small_dataset.test_images)
    logits = relu_logits(after[best], network.sizes, X)
    labels = small_dataset.test_labels
    assert ended.test_accuracy == pytest.approx(np.mean(logits.argmax(axis=1) == labels))
    assert ended.test_loss == pytest.approx(cross_entropy(logits, labels), rel=1e-5)
    assert ended.confusion_matrix is not None
    rows = np.array(ended.confusion_matrix.rows())
    assert rows.sum() == 200
    assert np.trace(rows) / 200 == ended.test_accuracy


def test_the_test_loss_of_smoothed_labels_stands_beside_the_plain_one(small_dataset: Dataset) -> None:
    """Both recomputed by hand (Szegedy et al. 2016, section 7): plain + s * (mean over classes - plain)."""
    trainer = Trainer(quick(epochs=4, label_smoothing=0.1), small_dataset)
    ended = only(follow(trainer), RunEnded)
    network = trainer.learner.network
    X = standardized(small_dataset, trainer.learner.split.training, small_dataset.test_images)
    logits = relu_logits(network.parameters, network.sizes, X)
    labels = small_dataset.test_labels
    evenly = np.mean([cross_entropy(logits, np.full_like(labels, other)) for other in range(10)])
    plain = cross_entropy(logits, labels)
    assert ended.plain_test_loss == pytest.approx(plain, rel=1e-5)
    assert ended.test_loss == pytest.approx(0.9 * plain + 0.1 * evenly, rel=1e-5)
    unsmoothed = only(follow(Trainer(quick(), small_dataset)), RunEnded)
    assert unsmoothed.plain_test_loss == unsmoothed.test_loss


def test_epochs_that_all_improve_by_too_little_end_the_run(small_dataset: Dataset) -> None:
    """What is said of it names the value that no epoch passed by enough, not epochs without improvement."""
    hyperparameters = quick(
        epochs=20, learning_rate=0.01, min_delta=0.6, patience=2, monitor="validation_loss"
    )
    events = follow(Trainer(hyperparameters, small_dataset))
    losses = [epoch.validation_loss or 0.0 for epoch in of_kind(events, EpochEnded)]
    stopped = only(events, StoppedEarly)
    assert losses == sorted(losses, reverse=True)
    assert (stopped.reference, stopped.min_delta, stopped.best_epoch) == (losses[0], 0.6, 3)
    assert stopped.epochs_without_improvement == 2


def test_the_learning_rate_of_an_epoch_is_its_last_steps(small_dataset: Dataset) -> None:
    hyperparameters = quick(epochs=2, schedule="cosine", learning_rate=0.5)
    epochs = of_kind(follow(Trainer(hyperparameters, small_dataset)), EpochEnded)
    last, steps = 2 * BATCHES, 2 * BATCHES
    for epoch, step in zip(epochs, (last // 2 - 1, last - 1), strict=True):
        assert epoch.learning_rate == pytest.approx(0.25 * (1 + math.cos(math.pi * step / steps)))


def test_without_early_stopping_all_epochs_are_learned(small_dataset: Dataset) -> None:
    """The figures that it would go by are told all the same, and the best weights are restored."""
    hyperparameters = quick(epochs=6, min_delta=1.0, patience=1, early_stopping=False)
    trainer = Trainer(hyperparameters, small_dataset)
    events = follow(trainer)
    status = of_kind(events, EpochEnded)[-1].early_stopping
    assert not status.enabled
    assert status.epochs_without_improvement == 5
    assert only(events, RunEnded).reason == "completed"
    assert not of_kind(events, StoppedEarly)
    stopping = follow(Trainer(replace(hyperparameters, early_stopping=True), small_dataset))
    assert only(stopping, RunEnded).reason == "stopped_early"
    assert only(stopping, RunEnded).epochs == 2


def test_a_run_that_stops_before_its_first_epoch_has_no_figures(small_dataset: Dataset) -> None:
    trainer = Trainer(quick(), small_dataset)
    trainer.commands.put(Stop())
    events = follow(trainer)
    assert names(events) == ["RunStarted", "RunEnded"]
    ended = only(events, RunEnded)
    assert (ended.reason, ended.epochs, ended.seconds) == ("stopped", 0, 0.0)
    assert ended.best_epoch is ended.best_validation_accuracy is ended.best_validation_loss is None
    assert ended.test_accuracy is ended.test_loss is None
    assert ended.confusion_matrix is None


def test_a_run_that_stops_later_is_tested_with_its_best_weights(small_dataset: Dataset) -> None:
    trainer = Trainer(quick(), small_dataset)
    after = {}

    def steer(event: Event) -> None:
        if isinstance(event, EpochEnded):
            after[event.epoch] = trainer.learner.network.parameters.copy()
        if isinstance(event, EpochEnded) and event.epoch == 2:
            trainer.commands.put(Stop())

    ended = only(follow(trainer, steer), RunEnded)
    assert (ended.reason, ended.epochs) == ("stopped", 2)
    assert ended.best_epoch is not None
    np.testing.assert_array_equal(trainer.learner.network.parameters, after[ended.best_epoch])
    assert ended.test_accuracy is not None


def test_hyperparameters_that_do_not_fit_the_data_are_refused_before_the_run(small_dataset: Dataset) -> None:
    with pytest.raises(HyperparameterError, match="541") as refused:
        Trainer(quick(batch_size=541), small_dataset)
    assert refused.value.name == "batch_size"
    with pytest.raises(HyperparameterError) as refused:
        Trainer(quick(validation_size=0.9999), small_dataset)
    assert refused.value.name == "validation_size"
