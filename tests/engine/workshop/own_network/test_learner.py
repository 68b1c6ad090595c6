"""Runs of a person's own network: its events, what is stored of it, and how it is stopped."""

import contextlib
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest

from engine.commands import (
    ChangeHyperparameter,
    Command,
    ExplainPrediction,
    FetchPredictions,
    FetchWeights,
    Stop,
)
from engine.data.dataset import Dataset
from engine.errors import EngineError, HyperparameterError, StoreError
from engine.events import (
    ChangeRejected,
    EpochEnded,
    Event,
    Explanation,
    HyperparameterChanged,
    Predictions,
    RunEnded,
    RunStarted,
    Weights,
)
from engine.hyperparameters import OWN_NETWORK, SPECIFICATIONS, Hyperparameters
from engine.storage.model_lookup import best_model
from engine.storage.recorder import record_run
from engine.storage.resuming import trainer_for
from engine.storage.runs import RunStore
from engine.training.trainer import Trainer
from engine.workshop.own_network import process
from engine.workshop.own_network.learner import own_trainer
from engine.workshop.own_network.source import (
    OwnNetworkError,
    Source,
    left_out,
    only_applicable,
    read_source,
)
from engine.workshop.texts import solution
from tests.runs import names, only, quick


class Own:
    """A trainer of a person's own network, and what was printed."""

    def __init__(self, dataset: Dataset, folder: Path, text: str, **changes: Any) -> None:
        self.printed: list[str] = []
        self.commands: SimpleQueue[Command] = SimpleQueue()
        source = Source(folder, "mine.py", "MLP", text)
        self.trainer: Trainer = own_trainer(
            source, quick(**changes), dataset, self.commands, self.printed.append
        )


def test_a_run_is_like_any_other_and_its_text_and_weights_are_kept(
    small_dataset: Dataset, tmp_path: Path
) -> None:
    own = Own(small_dataset, tmp_path, solution(1))
    trainer, home, answers = own.trainer, tmp_path / "home", []
    events: list[Event] = []
    for event in record_run(trainer, home):
        events.append(event)
        if isinstance(event, EpochEnded) and event.epoch == 1:
            answers += [trainer.answer(q) for q in (FetchWeights(), ExplainPrediction("validation", 5, 0))]
            own.commands.put(ChangeHyperparameter("dropout", 0.5))
            own.commands.put(ChangeHyperparameter("learning_rate", 0.05))
    kinds = [name for name in names(events) if name != "BatchEnded"]
    assert kinds[:2] == ["RunStarted", "EpochEnded"]
    assert kinds[-2:] == ["EpochEnded", "RunEnded"]
    assert only(events, ChangeRejected).name == "dropout"
    assert only(events, HyperparameterChanged).name == "learning_rate"
    started, ended = only(events, RunStarted), only(events, RunEnded)
    assert started.network is not None
    assert (started.network.file, started.network.class_name) == ("mine.py", "MLP")
    assert (started.name, started.network.differs) == ("mine.py", "")
    epochs = [event for event in events if isinstance(event, EpochEnded)]
    assert len(epochs) == 3
    assert epochs[-1].train_accuracy > epochs[0].train_accuracy
    assert [layer.name for layer in epochs[0].layers] == ["hidden 1", "output"]
    assert epochs[0].layers[0].dead_units is not None
    assert isinstance(answers[0], Weights)
    assert isinstance(answers[1], Explanation)
    assert isinstance(trainer.answer(FetchPredictions(None, "test")), Predictions)
    assert not trainer.learner._process.is_alive  # type: ignore[attr-defined]
    with contextlib.closing(RunStore(home)) as store:
        record = store.record(trainer.run)
        assert record.started == started
        found = best_model(store, record).test_evaluation(small_dataset)
        assert np.mean(found.predicted == small_dataset.test_labels) == ended.test_accuracy
        assert found.loss == pytest.approx(ended.test_loss, rel=1e-4)
        assert (store.checkpoints(trainer.run) / "network.py").read_text("utf-8") == solution(1)
        with pytest.raises(StoreError, match="cannot be resumed"):
            trainer_for(store, record, small_dataset)


def test_another_network_has_its_figures_and_no_weights(small_dataset: Dataset, tmp_path: Path) -> None:
    text = (
        solution(1)
        .replace("self.W1", "self.V1")
        .replace("        self.X = X\n", "        self.X = X\n        print(7)\n")
    )
    own = Own(small_dataset, tmp_path, text, epochs=1)
    trainer, home = own.trainer, tmp_path / "home"
    events = list(record_run(trainer, home))
    ended = only(events, RunEnded)
    assert ended.test_accuracy is not None
    assert ended.test_looks == 1
    assert only(events, EpochEnded).layers == ()
    assert trainer.answer(FetchWeights()) is None
    assert "".join(own.printed).startswith("7\n7\n")
    with contextlib.closing(RunStore(home)) as store, pytest.raises(StoreError, match="has no array W1"):
        best_model(store, store.record(trainer.run))


LOOP = solution(1).replace(
    "        self.X = X\n",
    "        self.X, self.n = X, getattr(self, 'n', 0) + (len(X) == 50)\n        while self.n > 20: pass\n",
)


def test_an_endless_loop_is_left_when_the_run_is_to_stop(
    small_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "PATIENCE", 0.0)
    own = Own(small_dataset, tmp_path, LOOP)
    events = []
    for event in own.trainer:
        events.append(event)
        if isinstance(event, EpochEnded):
            own.trainer._train_until_due = _loop(own)  # type: ignore[method-assign]
    ended = only(events, RunEnded)
    assert (ended.reason, ended.epochs, ended.best_epoch) == ("stopped", 1, 1)
    assert ended.test_accuracy is not None  # its weights are here: they are the textbook's


def _loop(own: Own) -> Any:
    """Return a training of mini-batches during which a command to stop comes."""

    def train(*, once: bool) -> None:
        own.commands.put(Stop())
        while True:
            own.trainer.learner.begin_epoch()
            own.trainer.learner.step(0.1)

    return train


def test_an_endless_loop_is_told_with_its_line(
    small_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "SECONDS", 0.5)
    text = solution(1).replace("        self.X = X\n", "        while True:\n            pass\n")
    with pytest.raises(
        OwnNetworkError, match=r"it was at mine\.py, line 2[45]: does a loop there ever end\?"
    ):
        Own(small_dataset, tmp_path, text)


def test_a_network_that_ends_the_process_fails_the_run(small_dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(OwnNetworkError, match=r"It ended the process \(exit status 4\)\."):
        Own(small_dataset, tmp_path, "import os\nos._exit(4)\n")


# --- the file, and what it is trained with


def test_a_file_and_its_class(tmp_path: Path) -> None:
    path = tmp_path / "a:b.py"
    path.write_text("x = 1\n", "utf-8-sig")
    plain, named = read_source(str(path)), read_source(f"{path}:Net")
    assert (plain.path, plain.class_name, plain.text) == (path, "MLP", "x = 1\n")
    assert (named.path, named.class_name) == (path, "Net")


@pytest.mark.parametrize("given", ["", ":MLP", "x.py:", "x.py:1", "x.py:a b"])
def test_what_names_no_network_is_refused(given: str) -> None:
    with pytest.raises(HyperparameterError, match=r"is not a network; FILE\.py or FILE\.py:CLASS is\."):
        read_source(given)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.py").write_bytes(b"\xe9\xe8")
    (tmp_path / "long.py").write_bytes(b"#" * 1_100_000)
    for name, says in (
        ("none.py", "No such file"),
        ("latin.py", "UTF-8"),
        ("long.py", "megabyte"),
        ("", "dir"),
    ):
        with pytest.raises(EngineError, match=says):
            read_source(str(tmp_path / name))


def test_what_does_not_apply_is_refused_when_asked_for_and_left_out_otherwise() -> None:
    given = Hyperparameters(hidden=(32,), optimizer="adam", dropout=0.5, epochs=7, learning_rate=0.01)
    taken = only_applicable(given)
    assert taken == Hyperparameters(hidden=(32,), epochs=7, learning_rate=0.01)
    assert left_out(given) == ["optimizer", "dropout"]
    for name in SPECIFICATIONS:
        if name in OWN_NETWORK:
            only_applicable(given, [name])
        else:
            with pytest.raises(HyperparameterError, match=f"^{name} does not apply"):
                only_applicable(given, [name])


@pytest.mark.parametrize("hidden", [(), (32, 16)])
def test_there_is_one_hidden_layer(hidden: tuple[int, ...]) -> None:
    with pytest.raises(HyperparameterError, match="one hidden size"):
        only_applicable(Hyperparameters(hidden=hidden))
