"""An experiment, uninterrupted, killed at every step, and with workers that die."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.data.dataset import Dataset
from engine.errors import CheckpointError, EngineError, HyperparameterError, RunIsBusyError
from engine.events import Event, RunEnded
from engine.experiments import driver as module
from engine.experiments.driver import Driver
from engine.experiments.events import ExperimentEnded, ExperimentStarted, TrialEnded
from engine.experiments.plan import Plan
from engine.experiments.space import parse_space
from engine.experiments.stored_experiment import StoredExperiment, new_experiment, read_experiment
from engine.storage import checkpoint
from engine.storage.database import Database
from engine.storage.experiments import ExperimentStore
from engine.storage.recorder import BEST, record_run
from engine.storage.runs import RunStore
from engine.training.trainer import Trainer
from tests.engine.experiments.pools import SameProcess
from tests.runs import of_kind, only, quick


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ExperimentStore]:
    with contextlib.closing(RunStore(tmp_path)) as runs:
        yield ExperimentStore(runs)


@pytest.fixture(autouse=True)
def epoch_by_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS_A_RUNG", 0.0)


def begun(
    store: ExperimentStore, dataset: Dataset, *vary: str, base: dict[str, Any] | None = None, **options: Any
) -> str:
    plan = Plan.of(quick(hidden=(8,), **(base or {})), parse_space(vary), **options)
    return new_experiment(store, plan, dataset, name="E")


def followed(store: ExperimentStore, experiment: str, pool: SameProcess) -> list[Event]:
    return list(Driver(store, experiment, pool.dataset, pool))


def read(store: ExperimentStore, experiment: str) -> StoredExperiment:
    return read_experiment(store, store.record(experiment))


def figures(store: ExperimentStore, experiment: str) -> object:
    """Return everything that an experiment came to, but for times and ids."""
    found = read(store, experiment)
    trials = []
    for trial in found.trials:
        rows = store.runs.epoch_metrics(trial.run)
        ended = store.runs.ended(trial.run)
        assert ended is not None
        model = checkpoint.load(store.runs.checkpoints(trial.run) / BEST)
        trials.append(
            (
                *(trial.number, trial.setting, trial.seed, dict(trial.values), trial.state, trial.epochs),
                *(model.fingerprint, ended.reason, ended.best_epoch, ended.test_accuracy),
                [(row.epoch, row.train_loss, row.validation_loss, row.is_best) for row in rows],
            )
        )
    result = dict(found.record.result or {})
    return trials, result, found.record.state


def test_each_setting_is_trained_with_each_seed_and_the_winner_alone_is_tested(
    store: ExperimentStore, small_dataset: Dataset, tmp_path: Path
) -> None:
    experiment = begun(store, small_dataset, "learning_rate=0.001,0.1", seeds=2)
    events = followed(store, experiment, SameProcess(small_dataset))
    assert only(events, ExperimentStarted) == ExperimentStarted(experiment, 4, 0)
    assert (type(events[0]), type(events[-1])) == (ExperimentStarted, ExperimentEnded)
    trials, ended = of_kind(events, TrialEnded), only(events, ExperimentEnded)
    assert [(t.trial, t.values, t.seed) for t in trials] == [
        (1, {"learning_rate": 0.001}, 0),
        (2, {"learning_rate": 0.001}, 1),
        (3, {"learning_rate": 0.1}, 0),
        (4, {"learning_rate": 0.1}, 1),
    ]
    assert not any(t.pruned for t in trials)
    assert trials[-1].share == 1.0
    a, b = (t.best_validation_accuracy for t in trials[2:])
    assert a is not None
    assert b is not None
    assert ended.best is not None
    assert ended.best.values == {"learning_rate": 0.1}
    assert ended.best.mean == pytest.approx((a + b) / 2)
    assert ended.best.std == pytest.approx(abs(a - b) / 2**0.5)
    assert store.runs.test_evaluation_count(small_dataset) == ended.test_looks == 2
    tested = [store.runs.record(t.run).test_accuracy for t in trials]
    assert tested[:2] == [None, None]
    assert tuple(tested[2:]) == ended.test_accuracy

    alone = Trainer(quick(hidden=(8,), learning_rate=0.1, seed=1), small_dataset)
    run_ended = only(record_run(alone, tmp_path / "other"), RunEnded)
    assert run_ended.test_accuracy == ended.test_accuracy[1]
    model = checkpoint.load(store.runs.checkpoints(trials[3].run) / BEST)
    assert model.parameters.tobytes() == alone.learner.best[0].tobytes()
    assert [row.train_loss for row in store.runs.epoch_metrics(trials[3].run)] == [
        row.train_loss for row in RunStore(tmp_path / "other").epoch_metrics(alone.run)
    ]
    record = store.runs.record(trials[3].run)
    assert (record.state, record.name, record.hyperparameters.threads) == ("completed", "E #4", 1)


HALVED = ("learning_rate=0.001,0.003,0.1,0.3", "batch_size=25,50")


@pytest.fixture(scope="module")
def halved(small_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> object:
    """What an experiment with halving comes to that nothing interrupts."""
    with contextlib.closing(RunStore(tmp_path_factory.mktemp("whole"))) as runs:
        store = ExperimentStore(runs)
        experiment = begun(store, small_dataset, *HALVED, halving=True)
        followed(store, experiment, SameProcess(small_dataset))
        return figures(store, experiment)


def test_only_the_better_half_goes_on_whoever_is_quicker(
    store: ExperimentStore, small_dataset: Dataset, halved: Any
) -> None:
    epochs = sorted(trial[5] for trial in halved[0])
    assert epochs == [1, 1, 1, 1, 2, 2, 3, 3]
    assert {trial[5] for trial in halved[0] if trial[4] == "pruned"} == {1, 2}
    experiment = begun(store, small_dataset, *HALVED, halving=True)
    events = followed(store, experiment, SameProcess(small_dataset, workers=5))
    assert figures(store, experiment) == halved
    assert sorted(t.epochs for t in of_kind(events, TrialEnded)) == epochs
    assert sum(t.pruned for t in of_kind(events, TrialEnded)) == 6
    assert {s.dropped_after for s in read(store, experiment).summaries} == {None, 1, 2}


class KilledError(BaseException):
    """The program is killed."""


def test_killed_again_and_again_it_comes_to_the_same(
    store: ExperimentStore, small_dataset: Dataset, halved: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time a few writes succeed; then nothing can be written any more, as if the program were gone."""
    experiment = begun(store, small_dataset, *HALVED, halving=True)
    writing = Database.write_transaction
    left = [0]

    def failing(database: Database) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        left[0] -= 1
        if left[0] < 0:
            raise KilledError
        return writing(database)

    monkeypatch.setattr(Database, "write_transaction", failing)
    kills = 0
    seen: list[TrialEnded] = []
    while True:
        left[0] = 5 + kills % 3
        pool = SameProcess(small_dataset)
        try:
            for event in Driver(store, experiment, small_dataset, pool):
                seen += of_kind([event], TrialEnded)
        except KilledError:
            assert pool.is_closed
            kills += 1
            assert kills < 100
            continue
        break
    assert kills > 10
    assert figures(store, experiment) == halved
    assert sorted(event.trial for event in seen) == list(range(1, 9))
    assert store.runs.test_evaluation_count(small_dataset) == 1


def test_what_is_done_is_not_done_again(store: ExperimentStore, small_dataset: Dataset) -> None:
    experiment = begun(store, small_dataset, "learning_rate=0.01,0.1")
    first = SameProcess(small_dataset)
    driver = Driver(store, experiment, small_dataset, first)
    for event in driver:
        if isinstance(event, TrialEnded):
            driver.stop()
    assert store.record(experiment).state == "interrupted"
    again = SameProcess(small_dataset)
    events = followed(store, experiment, again)
    assert first.rungs + again.rungs == [(f"{experiment}-{n}", e, e + 1) for n in (1, 2) for e in range(3)]
    assert only(events, ExperimentStarted).done == 1
    assert [t.trial for t in of_kind(events, TrialEnded)] == [2]
    third = SameProcess(small_dataset)
    assert followed(store, experiment, third)[-1] == events[-1]
    assert not third.tasks
    assert store.record(experiment).state == "completed"


def test_a_lost_worker_has_its_rung_done_again(
    store: ExperimentStore, small_dataset: Dataset, halved: Any
) -> None:
    experiment = begun(store, small_dataset, *HALVED, halving=True)
    lossy = SameProcess(small_dataset, workers=2, lost=(0, 1, 5, 9, 10))
    followed(store, experiment, lossy)
    assert figures(store, experiment) == halved
    hopeless = SameProcess(small_dataset, lost=tuple(range(9)))
    experiment = begun(store, small_dataset, "learning_rate=0.01,0.1")
    with pytest.raises(EngineError, match="trial 1 has died 3 times"):
        followed(store, experiment, hopeless)
    assert store.record(experiment).state == "failed"
    assert only(followed(store, experiment, SameProcess(small_dataset)), ExperimentEnded).best is not None


def test_a_snapshot_that_cannot_be_used_means_that_the_trial_starts_over(
    store: ExperimentStore, small_dataset: Dataset
) -> None:
    experiment = begun(store, small_dataset, "learning_rate=0.01,0.1")
    followed(store, experiment, SameProcess(small_dataset))
    expected = figures(store, experiment)
    other = begun(store, small_dataset, "learning_rate=0.01,0.1")
    driver = Driver(store, other, small_dataset, SameProcess(small_dataset))
    events = iter(driver)
    next(events)
    next(events)
    events.close()
    (store.runs.checkpoints(f"{other}-1") / "last.npz").write_bytes(b"damaged")
    again = SameProcess(small_dataset)
    followed(store, other, again)
    assert again.rungs[0] == (f"{other}-1", 0, 1)
    assert figures(store, other) == expected


def test_tpe_tries_the_same_after_an_interruption(store: ExperimentStore, small_dataset: Dataset) -> None:
    options: dict[str, Any] = {"search": "tpe", "settings": 5, "seeds": 2, "base": {"epochs": 1}}
    experiment = begun(store, small_dataset, "learning_rate=0.001..1", **options)
    followed(store, experiment, SameProcess(small_dataset))
    other = begun(store, small_dataset, "learning_rate=0.001..1", **options)
    for _ in range(3):
        driver = Driver(store, other, small_dataset, SameProcess(small_dataset, workers=2))
        for event in driver:
            if isinstance(event, TrialEnded):
                driver.stop()
    followed(store, other, SameProcess(small_dataset))
    assert figures(store, other) == figures(store, experiment)
    assert len(read(store, other).settings) == 5


def test_who_may_not_go_on_with_it(store: ExperimentStore, small_dataset: Dataset) -> None:
    with pytest.raises(HyperparameterError, match="batch_size is 541"):
        begun(store, small_dataset, "batch_size=16..541")
    assert store.records() == []
    experiment = begun(store, small_dataset, "dropout=0,0.5")
    with store.lock(experiment), pytest.raises(RunIsBusyError, match="is under way in another program"):
        followed(store, experiment, SameProcess(small_dataset))
    others = Dataset(
        "others",
        "",
        *(small_dataset.train_images[1:], small_dataset.train_labels[1:]),
        *(small_dataset.test_images, small_dataset.test_labels),
    )
    with pytest.raises(CheckpointError, match="is of a data set with the fingerprint"):
        Driver(store, experiment, others, SameProcess(others))
