"""The coach: networks are trained into each problem and, by the proposed change, out of it."""

import dataclasses
from typing import Any

import pytest

from engine.analysis.coaching.coach import STEADY, Coach
from engine.analysis.coaching.run_history import Hint
from engine.commands import ChangeHyperparameter
from engine.data.dataset import Dataset, load_dataset
from engine.events import EpochEnded, Event, HyperparameterChanged, RunStarted
from engine.hyperparameters import Hyperparameters
from engine.storage.presets import combine, read_preset
from engine.training.trainer import Trainer
from tests.runs import of_kind, quick


@pytest.fixture(scope="module")
def slice_dataset() -> Dataset:
    """The first 2,000 training and 200 test images of MNIST."""
    mnist = load_dataset()
    return dataclasses.replace(
        mnist,
        train_images=mnist.train_images[:2_000],
        train_labels=mnist.train_labels[:2_000],
        test_images=mnist.test_images[:200],
        test_labels=mnist.test_labels[:200],
    )


def plain(**values: Any) -> Hyperparameters:
    """Return a small network that learns the small data set well, unless `values` spoil it."""
    return quick(**({"epochs": 12, "early_stopping": False, "schedule": "constant"} | values))


def coached(
    hyperparameters: Hyperparameters, dataset: Dataset, *, obey: bool = False
) -> tuple[list[Hint], list[Event]]:
    """Train; return the hints that appeared, and all events. `obey`: apply at once what is live."""
    trainer, coach = Trainer(hyperparameters, dataset), Coach()
    hints, events = [], []
    for event in trainer:
        if isinstance(event, EpochEnded):  # whatever else this machine has to do
            event = dataclasses.replace(event, core_wait=None)
        events.append(event)
        hint = coach.process(event)
        if hint is not None:
            hints.append(hint)
            if obey and hint.is_live:
                trainer.commands.put(ChangeHyperparameter(hint.name, hint.new))
    return hints, events


def final(events: list[Event]) -> EpochEnded:
    return of_kind(events, EpochEnded)[-1]


TROUBLES: dict[str, tuple[str, dict[str, Any], str, object]] = {
    "divergence": ("Learning rate too high", {"learning_rate": 10_000.0}, "learning_rate", 0.1),
    "explosion": ("Learning rate too high", {"learning_rate": 2.0}, "learning_rate", 0.1),
    "oscillation": (
        "Learning rate too high",
        {"learning_rate": 1.0, "activation": "tanh", "optimizer": "momentum"},
        "learning_rate",
        0.05,
    ),
    "oscillation near the default": ("Learning rate too high", {"hidden": (32,) * 10}, "learning_rate", 0.03),
    "slow": ("Learning rate too low", {"learning_rate": 0.001}, "learning_rate", 0.1),
    "slow Adam": (
        "Learning rate too low",
        {"learning_rate": 1e-5, "optimizer": "adam"},
        "learning_rate",
        0.001,
    ),
    "slow to the end of a schedule": (
        "Learning rate too low",
        {"learning_rate": 0.001, "schedule": "cosine"},
        "learning_rate",
        0.1,
    ),
    "dead units": ("Dead ReLUs", {"learning_rate": 0.7}, "learning_rate", 0.1),
    "vanishing gradients": (
        "Vanishing gradients",
        {"hidden": (32,) * 6, "activation": "sigmoid", "initializer": "xavier_normal"},
        "activation",
        "tanh",
    ),
    "zeros": ("Equal initial weights", {"initializer": "zeros"}, "initializer", "he_normal"),
    "zeros, tanh": (
        "Equal initial weights",
        {"initializer": "zeros", "activation": "tanh"},
        "initializer",
        "xavier_normal",
    ),
    "large weights": ("Initial weights too large", {"initializer": "large"}, "initializer", "he_normal"),
    "large weights that diverge": (
        "Initial weights too large",
        {"initializer": "large", "hidden": (64, 64)},
        "initializer",
        "he_normal",
    ),
    "exploding gradients": (
        "Exploding gradients",
        {"initializer": "large", "hidden": (64,) * 6, "activation": "tanh", "optimizer": "adam"},
        "initializer",
        "xavier_normal",
    ),
    "saturated tanh": (
        "Saturated units",
        {"activation": "tanh", "optimizer": "adam", "learning_rate": 0.05},
        "learning_rate",
        0.001,
    ),
    "saturated sigmoid": (
        "Saturated units",
        {"activation": "sigmoid", "optimizer": "adam", "learning_rate": 0.2, "initializer": "xavier_normal"},
        "learning_rate",
        0.001,
    ),
    "too small a network": ("Underfitting", {"hidden": (2,), "epochs": 15}, "hidden", (32,)),
    "too much L2": ("Too much L2", {"l2": 0.5, "hidden": (64,), "epochs": 15}, "l2", 0.005),
    "too much dropout": ("Too much dropout", {"dropout": 0.8, "hidden": (64,), "epochs": 15}, "dropout", 0.2),
    "one step an epoch": ("Batch too large", {"batch_size": 540}, "batch_size", 16),
    "little patience": (
        "Stopped too soon",
        {"early_stopping": True, "patience": 1, "learning_rate": 0.02, "epochs": 30},
        "patience",
        5,
    ),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_network_gets_into_trouble_and_out_of_it_by_the_proposed_change(
    trouble: str, small_dataset: Dataset
) -> None:
    rule, values, name, new = TROUBLES[trouble]
    bad = plain(**values)
    hints, events = coached(bad, small_dataset)
    hint = hints[-1]
    assert (hint.rule, hint.name, hint.new) == (rule, name, new)
    assert hint.old == getattr(bad.resolved(), name)
    assert str(hint.evidence) and "{" not in str(hint.evidence)  # every figure is there
    again, better_events = coached(bad.changed(hint.name, hint.new), small_dataset)
    assert rule not in [hint.rule for hint in again]
    epochs = of_kind(events, EpochEnded)
    reached = epochs[-1].validation_accuracy if epochs else 0.0
    assert final(better_events).validation_accuracy > reached + 0.04


@pytest.mark.parametrize("trouble", ["slow", "slow Adam", "too much L2", "too much dropout"])
def test_a_live_change_helps_the_run_itself(trouble: str, small_dataset: Dataset) -> None:
    bad = plain(**TROUBLES[trouble][1])
    left_alone = final(coached(bad, small_dataset)[1])
    hints, events = coached(bad, small_dataset, obey=True)
    assert [hint.rule for hint in hints] == [TROUBLES[trouble][0]]  # it went, and did not come back
    assert final(events).train_accuracy > left_alone.train_accuracy + 0.1


def test_flat_outputs_that_go_with_learning_well_are_no_trouble(small_dataset: Dataset) -> None:
    brisk = plain(activation="tanh", optimizer="momentum", learning_rate=0.1, epochs=6)
    hints, events = coached(brisk, small_dataset)
    assert max(layer.saturated or 0.0 for layer in final(events).layers) > 0.85
    assert hints == []


def test_a_plateau_is_left_by_shorter_steps(slice_dataset: Dataset) -> None:
    circling = plain(optimizer="momentum", learning_rate=0.25, batch_size=10, activation="gelu")
    hints, events = coached(circling, slice_dataset)
    assert (hints[0].rule, hints[0].name, hints[0].new) == ("Plateau", "learning_rate", 0.03)
    hints, settled = coached(circling.changed("learning_rate", 0.03), slice_dataset)
    assert "Plateau" not in [hint.rule for hint in hints]
    assert final(settled).train_accuracy > final(events).train_accuracy + 0.1


@pytest.mark.parametrize("live", [True, False])
def test_overfitting_is_checked_by_l2(live: bool, small_dataset: Dataset) -> None:
    eager = plain(hidden=(128,), batch_size=16, epochs=30, optimizer="adam")
    hints, events = coached(eager, small_dataset)
    assert [(hint.rule, hint.name, hint.new) for hint in hints] == [("Overfitting", "l2", 0.003)]
    if live:
        hints, checked = coached(eager, small_dataset, obey=True)
        assert len(hints) == 1
    else:
        hints, checked = coached(eager.changed("l2", 0.003), small_dataset)
        assert hints == []
    now, before = final(checked).validation_loss, final(events).validation_loss
    assert now is not None and before is not None and now < 0.95 * before


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"activation": "tanh"},
        {"schedule": "cosine"},
        {"hidden": ()},
        {"hidden": (), "initializer": "zeros"},  # without hidden units there is nothing to part
        {"hidden": (64, 32)},
        {"optimizer": "adam", "epochs": 20},
    ],
)
def test_a_healthy_network_gets_no_hint(values: dict[str, Any], small_dataset: Dataset) -> None:
    assert coached(plain(**values), small_dataset)[0] == []


@pytest.mark.parametrize("preset", ["textbook", "adam", "tiny", "deep"])
def test_a_good_preset_gets_no_hint(preset: str, slice_dataset: Dataset) -> None:
    assert coached(combine(read_preset(preset)), slice_dataset)[0] == []


@pytest.mark.parametrize(
    ("preset", "rule"),
    [
        ("bad_learning_rate", "Learning rate too high"),
        ("bad_zeros", "Equal initial weights"),
        ("bad_sigmoid", "Vanishing gradients"),
    ],
)
def test_a_bad_preset_gets_the_hint_that_it_is_there_for(
    preset: str, rule: str, slice_dataset: Dataset
) -> None:
    hyperparameters = combine(read_preset(preset), {"epochs": 4})
    assert [hint.rule for hint in coached(hyperparameters, slice_dataset)[0]] == [rule]


@pytest.fixture(scope="module")
def slow_run(small_dataset: Dataset) -> list[Event]:
    return coached(plain(learning_rate=0.001), small_dataset)[1]


def epochs_from(events: list[Event], *, slow: bool) -> list[EpochEnded]:
    """Return the epochs of a run, as they were or as if each had moved the weights far."""
    epochs = of_kind(events, EpochEnded)
    if slow:
        return epochs
    far = [dataclasses.replace(layer, update_ratio=1.0) for layer in epochs[0].layers]
    return [dataclasses.replace(epoch, layers=tuple(far)) for epoch in epochs]


def test_a_hint_comes_and_goes_only_when_it_is_steady(slow_run: list[Event]) -> None:
    slow, far = epochs_from(slow_run, slow=True), epochs_from(slow_run, slow=False)
    coach = Coach()
    coach.process(of_kind(slow_run, RunStarted)[0])
    shown = []
    for number, kind in enumerate("ssFsFss" + "FsFF"):  # it needs two epochs to be compared at all
        coach.process((slow if kind == "s" else far)[number])
        shown.append(coach.hint is not None)
    assert STEADY == 2
    assert shown == [False] * 6 + [True] * 4 + [False]


def test_the_figures_of_a_hint_stay_up_to_date(slow_run: list[Event]) -> None:
    coach, said = Coach(), []
    for event in slow_run:
        coach.process(event)
        if isinstance(event, EpochEnded) and coach.hint is not None:
            said.append(str(coach.hint.evidence))
            assert f"to {event.train_loss:.3f}" in said[-1]
    assert len(said) == len(set(said)) > 5


def test_a_hint_goes_with_the_change_that_it_proposes_and_with_a_new_run(slow_run: list[Event]) -> None:
    coach = Coach()
    for event in slow_run:
        coach.process(event)
    hint = coach.hint
    assert hint is not None and hint.rule == "Learning rate too low"
    coach.process(HyperparameterChanged(12, 11, 132, "dropout", 0.0, 0.1))
    assert coach.hint is hint
    coach.process(HyperparameterChanged(12, 11, 132, "learning_rate", 0.001, 0.1))
    assert coach.hint is None
    for event in slow_run:
        coach.process(event)
    assert coach.hint is not None
    coach.process(slow_run[0])
    assert coach.hint is None


def test_epochs_without_figures_of_layers_are_taken_too(slow_run: list[Event]) -> None:
    coach = Coach()
    for event in slow_run:
        bare = dataclasses.replace(event, layers=()) if isinstance(event, EpochEnded) else event
        assert coach.process(bare) is None


def test_an_epoch_without_a_loss_is_passed_over(slow_run: list[Event]) -> None:
    coach = Coach()
    for event in slow_run:
        lost = dataclasses.replace(event, validation_loss=None) if isinstance(event, EpochEnded) else event
        assert coach.process(lost) is None


def test_epochs_that_do_not_follow_each_other_are_not_compared(slow_run: list[Event]) -> None:
    coach = Coach()
    for event in slow_run:
        if not isinstance(event, EpochEnded) or event.epoch % 2:  # as a long run is read from the store
            assert coach.process(event) is None


def test_threads_that_wait_for_cores_are_one_too_many(slice_dataset: Dataset) -> None:
    """Nothing else is wrong with the run; quiet epochs are not spoken of, and one thread waits for none."""
    events = list(Trainer(plain(epochs=4, threads=1), slice_dataset))
    for threads, core_wait, spoken in ((2, 0.8, True), (2, 0.05, False), (1, None, False)):
        coach, hints = Coach(), []
        for event in events:
            if isinstance(event, RunStarted):
                many = dataclasses.replace(event.hyperparameters, threads=threads)
                event = dataclasses.replace(event, hyperparameters=many)
            if isinstance(event, EpochEnded):
                event = dataclasses.replace(event, core_wait=core_wait)
            hints.append(coach.process(event))
        told = [hint for hint in hints if hint is not None]
        assert bool(told) == spoken
        for hint in told:
            assert (hint.rule, hint.name, hint.old, hint.new) == ("Threads without cores", "threads", 2, 1)
            assert hint.is_live
            assert "each of 2 threads waited for a core in 40% of the time" in str(hint.evidence)
