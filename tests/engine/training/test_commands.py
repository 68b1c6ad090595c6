import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.commands import ChangeHyperparameter, Command, FetchPredictions, Pause, Resume, Step, Stop
from engine.data.dataset import Dataset
from engine.events import (
    BatchEnded,
    ChangeRejected,
    EpochEnded,
    Event,
    HyperparameterChanged,
    Paused,
    Position,
    Predictions,
    Resumed,
    RunEnded,
)
from engine.hyperparameters import SPECIFICATIONS, Hyperparameters
from engine.training.metrics import confusion_matrix
from engine.training.trainer import Trainer
from tests.runs import BATCHES, follow, matrix_rows, names, of_kind, only, quick

LIVE: dict[str, tuple[dict[str, Any], object]] = {
    "learning_rate": ({}, 0.02),
    "dropout": ({}, 0.5),
    "l2": ({}, 0.1),
    "momentum": ({"optimizer": "momentum"}, 0.1),
    "weight_decay": ({"optimizer": "adamw"}, 5.0),
    "clip_norm": ({}, 0.001),
    "epochs": ({}, 7),
    "early_stopping": ({}, False),
    "patience": ({}, 2),
    "min_delta": ({}, 0.25),
}
"""Each hyperparameter that may change during a run: what it needs to matter, and another value."""
WITHOUT_A_TRACE_IN_THE_NEXT_STEP = ("epochs", "early_stopping", "patience", "min_delta")


def position(event: Position) -> tuple[int, int, int]:
    return event.epoch, event.batch, event.step


def after_step(number: int, *commands: Command, trainer: Trainer) -> Trainer:
    """Let `commands` arrive while mini-batch `number` of the run is being learned."""
    learn = trainer.learner.step

    def step(learning_rate: float) -> None:
        learn(learning_rate)
        if trainer.step + 1 == number:
            for command in commands:
                trainer.commands.put(command)

    trainer.learner.step = step  # type: ignore[method-assign]
    return trainer


def resuming(trainer: Trainer) -> Callable[[Event], None]:
    """Return what lets the run go on as soon as it is paused."""

    def steer(event: Event) -> None:
        if isinstance(event, Paused):
            trainer.commands.put(Resume())

    return steer


@pytest.mark.parametrize(
    ("number", "where"), [(1, (1, 1, 1)), (7, (1, 7, 7)), (BATCHES + 3, (2, 3, BATCHES + 3))]
)
def test_pause_takes_effect_with_the_mini_batch_it_arrives_in(
    small_dataset: Dataset, number: int, where: tuple[int, int, int]
) -> None:
    trainer = after_step(number, Pause(), trainer=Trainer(quick(), small_dataset))
    events = follow(trainer, resuming(trainer))
    assert position(only(events, Paused)) == position(only(events, Resumed)) == where
    assert names(events)[names(events).index("Paused") + 1] == "Resumed"
    assert only(events, RunEnded).reason == "completed"


def test_a_pause_comes_with_figures_of_its_own_mini_batch(small_dataset: Dataset) -> None:
    trainer = after_step(3, Pause(), trainer=Trainer(quick(), small_dataset))
    events = follow(trainer, resuming(trainer))
    before = events[names(events).index("Paused") - 1]
    assert isinstance(before, BatchEnded)
    assert (before.epoch, before.batch, before.step) == position(only(events, Paused))


def test_a_command_in_the_last_mini_batch_of_an_epoch_acts_before_the_next(small_dataset: Dataset) -> None:
    trainer = after_step(BATCHES, Pause(), trainer=Trainer(quick(), small_dataset))
    events = follow(trainer, resuming(trainer))
    assert position(only(events, Paused)) == (2, 0, BATCHES)
    assert names(events).index("EpochEnded") < names(events).index("Paused")


def test_stop_takes_effect_with_the_mini_batch_it_arrives_in(small_dataset: Dataset) -> None:
    trainer = after_step(BATCHES + 4, Stop(), trainer=Trainer(quick(), small_dataset))
    ended = only(follow(trainer), RunEnded)
    assert (ended.reason, ended.epochs) == ("stopped", 1)
    assert trainer.step == BATCHES + 4


def test_stop_ends_a_paused_run(small_dataset: Dataset) -> None:
    trainer = after_step(4, Pause(), Stop(), trainer=Trainer(quick(), small_dataset))
    events = follow(trainer)
    assert names(events)[-2:] == ["Paused", "RunEnded"]
    assert (only(events, RunEnded).reason, trainer.step) == ("stopped", 4)


def test_a_step_is_one_mini_batch_then_a_pause(small_dataset: Dataset) -> None:
    """From a running run, through the end of an epoch, until the run is let go."""
    trainer = after_step(BATCHES - 1, Step(), trainer=Trainer(quick(epochs=2), small_dataset))
    steps = [Step(), Step(), Resume()]

    def steer(event: Event) -> None:
        if isinstance(event, Paused):
            trainer.commands.put(steps.pop(0))

    events = follow(trainer, steer)
    asked = [
        event for event in events if not isinstance(event, BatchEnded) or BATCHES <= event.step <= BATCHES + 2
    ]
    assert names(asked[1:9]) == [
        *("BatchEnded", "EpochEnded", "Paused"),
        *("BatchEnded", "Paused"),
        *("BatchEnded", "Paused"),
        "Resumed",
    ]
    assert [position(event) for event in of_kind(asked, Paused)] == [
        (2, 0, BATCHES),
        (2, 1, BATCHES + 1),
        (2, 2, BATCHES + 2),
    ]
    told = [(event.epoch, event.batch, event.step) for event in of_kind(asked, BatchEnded)]
    assert told == [(1, BATCHES, BATCHES), (2, 1, BATCHES + 1), (2, 2, BATCHES + 2)]


def test_pause_and_resume_are_answered_also_when_they_change_nothing(small_dataset: Dataset) -> None:
    commands = (Resume(), Pause(), Pause(), Resume(), Resume())
    events = follow(after_step(3, *commands, trainer=Trainer(quick(epochs=1), small_dataset)))
    answers = [event for event in events if isinstance(event, Position)]
    assert names(answers) == ["Resumed", "Paused", "Paused", "Resumed", "Resumed"]
    assert {position(answer) for answer in answers} == {(1, 3, 3)}


def test_the_live_hyperparameters_are_all_tried_here() -> None:
    """But for the number of threads, which changes nothing that is computed: `test_threads.py`."""
    live = {name for name, specification in SPECIFICATIONS.items() if specification.live}
    assert {*LIVE, "threads"} == live


def weights_after_steps(
    hyperparameters: Hyperparameters, dataset: Dataset, change: ChangeHyperparameter | None
) -> Any:
    """Learn three mini-batches, `change` a hyperparameter after the second; return weights and events."""
    trainer = Trainer(hyperparameters, dataset)
    trainer.commands.put(Step())
    weights: list[NDArray[np.floating]] = []

    def steer(event: Event) -> None:
        if isinstance(event, Paused):
            weights.append(trainer.learner.network.parameters.copy())
            if len(weights) == 2 and change is not None:
                trainer.commands.put(change)
            trainer.commands.put(Step() if len(weights) < 3 else Stop())

    events = follow(trainer, steer)
    return weights, events, trainer


@pytest.mark.parametrize("name", LIVE)
def test_a_change_takes_effect_with_the_next_mini_batch(small_dataset: Dataset, name: str) -> None:
    needs, new = LIVE[name]
    hyperparameters = quick(**needs)
    old = getattr(hyperparameters.resolved(), name)
    before, _, _ = weights_after_steps(hyperparameters, small_dataset, None)
    after, events, trainer = weights_after_steps(
        hyperparameters, small_dataset, ChangeHyperparameter(name, new)
    )
    changed = only(events, HyperparameterChanged)
    assert position(changed) == (1, 2, 2)
    assert (changed.name, changed.old, changed.new) == (name, old, new)
    assert getattr(trainer.hyperparameters, name) == new
    np.testing.assert_array_equal(before[1], after[1])
    differs = not np.array_equal(before[2], after[2])
    assert differs == (name not in WITHOUT_A_TRACE_IN_THE_NEXT_STEP)


def test_a_change_is_the_value_that_the_run_would_have_started_with(small_dataset: Dataset) -> None:
    """Changed before the first mini-batch, everything live makes the run that was begun with it."""
    values = {"learning_rate": 0.02, "dropout": 0.3, "l2": 0.01, "clip_norm": 0.5, "momentum": 0.5}
    begun = Trainer(quick(optimizer="momentum", **values), small_dataset)
    changed = Trainer(quick(optimizer="momentum"), small_dataset)
    for name, value in values.items():
        changed.commands.put(ChangeHyperparameter(name, value))
    ours, theirs = follow(changed), follow(begun)
    np.testing.assert_array_equal(changed.learner.network.parameters, begun.learner.network.parameters)
    assert only(ours, RunEnded).test_loss == only(theirs, RunEnded).test_loss
    assert changed.hyperparameters == begun.hyperparameters


def test_text_from_a_field_is_read_as_a_value(small_dataset: Dataset) -> None:
    trainer = after_step(
        1,
        ChangeHyperparameter("early_stopping", "off"),
        ChangeHyperparameter("epochs", " 2 "),
        trainer=Trainer(quick(), small_dataset),
    )
    events = follow(trainer)
    assert [change.new for change in of_kind(events, HyperparameterChanged)] == [False, 2]
    assert len(of_kind(events, EpochEnded)) == 2


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("batch_size", 32, "batch_size cannot change during a run"),
        ("hidden", (8,), "hidden cannot change during a run"),
        ("seed", 1, "seed cannot change during a run"),
        ("learning_rat", 0.1, "learning_rat"),
        ("__class__", 0.1, "__class__"),
        ("learning_rate", -1.0, "-1.0"),
        ("learning_rate", 0, "above 0"),
        ("learning_rate", "nan", "nan"),
        ("learning_rate", math.inf, "inf"),
        ("learning_rate", "", "“”"),
        ("dropout", 1.0, "1.0"),
        ("dropout", True, "True"),
        ("epochs", 0, "0"),
        ("epochs", 2.5, "2.5"),
        ("epochs", 10**9, "1000000000"),
        ("early_stopping", "maybe", "maybe"),
        ("patience", [1], "[1]"),
        ("min_delta", "much\nmore", "much"),
    ],
)
def test_a_change_that_cannot_be_is_rejected_in_a_sentence(
    small_dataset: Dataset, name: str, value: object, says: str
) -> None:
    trainer = Trainer(quick(epochs=2, learning_rate=0.1), small_dataset)
    before = trainer.hyperparameters
    events = follow(after_step(5, ChangeHyperparameter(name, value), trainer=trainer))
    rejected = only(events, ChangeRejected)
    assert position(rejected) == (1, 5, 5)
    assert rejected.name == name
    message = str(rejected.message)
    assert says in message
    assert message.endswith(".")
    assert "\n" not in message
    assert trainer.hyperparameters == before
    assert not of_kind(events, HyperparameterChanged)
    undisturbed = Trainer(quick(epochs=2, learning_rate=0.1), small_dataset)
    follow(undisturbed)
    np.testing.assert_array_equal(trainer.learner.network.parameters, undisturbed.learner.network.parameters)


def test_no_learning_rate_is_the_one_of_the_optimizer(small_dataset: Dataset) -> None:
    trainer = Trainer(quick(learning_rate=0.3, optimizer="adam"), small_dataset)
    changed = only(
        follow(after_step(5, ChangeHyperparameter("learning_rate", None), trainer=trainer)),
        HyperparameterChanged,
    )
    assert (changed.old, changed.new) == (0.3, 0.001)


def test_a_run_cannot_end_before_the_epoch_that_has_begun(small_dataset: Dataset) -> None:
    number = BATCHES + 1
    commands = (ChangeHyperparameter("epochs", 1), ChangeHyperparameter("epochs", 2))
    events = follow(after_step(number, *commands, trainer=Trainer(quick(), small_dataset)))
    rejected = only(events, ChangeRejected)
    assert position(rejected) == (2, 1, number)
    assert "epoch 2 has begun" in str(rejected.message)
    assert only(events, HyperparameterChanged).new == 2
    assert (only(events, RunEnded).reason, only(events, RunEnded).epochs) == ("completed", 2)


def rates_of(trainer: Trainer) -> list[float]:
    """Run `trainer`; return the learning rate of every step."""
    rates: list[float] = []
    learn = trainer.learner.step

    def step(learning_rate: float) -> None:
        rates.append(learning_rate)
        learn(learning_rate)

    trainer.learner.step = step  # type: ignore[method-assign]
    follow(trainer)
    return rates


def test_other_epochs_stretch_the_rest_of_the_schedule(small_dataset: Dataset) -> None:
    """What is left of the cosine is spread over the steps that are left, to half as many and to more."""
    for epochs in (2, 5):
        number = BATCHES + 5
        trainer = Trainer(quick(epochs=4, early_stopping=False), small_dataset)
        rates = rates_of(after_step(number, ChangeHyperparameter("epochs", epochs), trainer=trainer))
        old, new = 4 * BATCHES, epochs * BATCHES
        assert len(rates) == new
        reached = number / old
        expected = [n / old for n in range(number)]
        expected += [reached + (1 - reached) * (n - number) / (new - number) for n in range(number, new)]
        cosine = [0.1 * 0.5 * (1 + math.cos(math.pi * progress)) for progress in expected]
        np.testing.assert_allclose(rates, cosine, rtol=1e-12)


def test_another_learning_rate_multiplies_the_rest_of_the_schedule(small_dataset: Dataset) -> None:
    number = 15
    plain = rates_of(Trainer(quick(), small_dataset))
    trainer = after_step(
        number, ChangeHyperparameter("learning_rate", 0.3), trainer=Trainer(quick(), small_dataset)
    )
    changed = rates_of(trainer)
    assert changed[:number] == plain[:number]
    np.testing.assert_allclose(changed[number:], [3 * rate for rate in plain[number:]], rtol=1e-12)


def test_patience_changed_during_a_run_decides_its_end(small_dataset: Dataset) -> None:
    trainer = Trainer(quick(epochs=30, min_delta=1.0, patience=20), small_dataset)
    events = follow(after_step(2 * BATCHES + 1, ChangeHyperparameter("patience", 2), trainer=trainer))
    assert (only(events, RunEnded).reason, only(events, RunEnded).epochs) == ("stopped_early", 3)


def test_min_delta_changed_during_a_run_moves_what_is_waited_for(small_dataset: Dataset) -> None:
    trainer = Trainer(quick(epochs=30, min_delta=0.0, patience=1), small_dataset)
    events = follow(after_step(1, ChangeHyperparameter("min_delta", 1.0), trainer=trainer))
    first = of_kind(events, EpochEnded)[0]
    assert first.early_stopping.target == pytest.approx(first.validation_accuracy + 1.0)
    assert (only(events, RunEnded).reason, only(events, RunEnded).epochs) == ("stopped_early", 2)


def test_early_stopping_can_be_switched_off_and_on_during_a_run(small_dataset: Dataset) -> None:
    """Its memory goes on all the while: switched on again, it ends the run with the epoch."""
    hyperparameters = quick(epochs=6, min_delta=1.0, patience=2)
    trainer = after_step(
        1, ChangeHyperparameter("early_stopping", False), trainer=Trainer(hyperparameters, small_dataset)
    )
    events = follow(
        after_step(4 * BATCHES + 1, ChangeHyperparameter("early_stopping", True), trainer=trainer)
    )
    enabled = [epoch.early_stopping.enabled for epoch in of_kind(events, EpochEnded)]
    assert enabled == [False, False, False, False, True]
    assert only(events, RunEnded).reason == "stopped_early"


def test_inspect_shows_what_is_behind_the_newest_matrix(small_dataset: Dataset) -> None:
    """Before the first epoch's end there is nothing; then validation, and after the run the test set."""
    trainer = Trainer(quick(epochs=2), small_dataset)
    events = []
    for event in after_step(BATCHES + 3, FetchPredictions(), trainer=trainer):
        events.append(event)
        if isinstance(event, EpochEnded):
            trainer.commands.put(FetchPredictions())
    first, _ = of_kind(events, EpochEnded)
    seen = of_kind(events, Predictions)
    assert len(seen) == 2  # asked for after the second epoch, the run is over
    for epoch, predictions in ((first, seen[0]), (first, seen[1])):
        assert (predictions.split, predictions.epoch) == ("validation", epoch.epoch)
        np.testing.assert_array_equal(predictions.indices, trainer.learner.split.validation)
        agrees_with(predictions, matrix_rows(epoch))
        np.testing.assert_array_equal(predictions.images, small_dataset.train_images[predictions.indices])

    ended, last = only(events, RunEnded), trainer.predictions()
    assert last is not None
    assert ended.confusion_matrix is not None
    assert (last.split, last.epoch) == ("test", ended.best_epoch)
    agrees_with(last, ended.confusion_matrix.rows())
    np.testing.assert_array_equal(last.images, small_dataset.test_images)


def agrees_with(predictions: Predictions, matrix: list[list[int]]) -> None:
    """Check each cell of the matrix, and that probabilities are some."""
    assert confusion_matrix(predictions.labels, predictions.predicted, 10).rows() == matrix
    np.testing.assert_array_equal(predictions.probabilities.argmax(axis=1), predictions.predicted)
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1.0, rtol=1e-5)


def test_an_epoch_that_has_gone_by_can_be_inspected(small_dataset: Dataset) -> None:
    """As long as memory allows; one that is not kept is answered with the newest."""
    trainer = Trainer(quick(epochs=4, early_stopping=False), small_dataset)
    shown: list[Predictions | None] = []

    def look(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch == 4:
            shown.extend(trainer.predictions(epoch) for epoch in (1, 2, 3, 4, 99))

    epochs = of_kind(follow(trainer, look), EpochEnded)
    assert [predictions.epoch for predictions in shown if predictions] == [1, 2, 3, 4, 4]
    for predictions, epoch in zip(shown, epochs, strict=False):
        assert predictions is not None
        agrees_with(predictions, matrix_rows(epoch))

    after = trainer.predictions(1, "validation")
    assert after is not None
    assert (after.split, after.epoch) == ("validation", 1)  # after the run as well
    agrees_with(after, matrix_rows(epochs[0]))
    best = [trainer.predictions(ended.epoch) for ended in epochs if ended.is_best][-1]
    assert best is not None
    assert best.split == "test"  # the newest of the two matrices of this epoch


def test_evaluations_of_long_ago_are_forgotten(
    small_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.training.predictions.MAX_CACHED_BYTES", 3 * 60 * 10 * 4)
    trainer = Trainer(quick(epochs=5, early_stopping=False), small_dataset)
    kept: list[int] = []

    def look(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch == 5:
            kept.extend(shown.epoch for epoch in range(1, 6) if (shown := trainer.predictions(epoch)))

    follow(trainer, look)
    assert kept == [5, 5, 3, 4, 5]


def test_there_is_nothing_to_inspect_before_the_first_epoch_has_ended(small_dataset: Dataset) -> None:
    trainer = after_step(3, FetchPredictions(), Stop(), trainer=Trainer(quick(), small_dataset))
    assert not of_kind(follow(trainer), Predictions)
    assert trainer.predictions() is None
