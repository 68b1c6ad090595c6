"""What lines say: JSON as of this program or of others, and rows of CSV logs."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.dataset import Dataset
from engine.events import (
    BatchEnded,
    ConfusionMatrix,
    EpochEnded,
    EpochFigures,
    Event,
    RunEnded,
    RunFailed,
    WatchedRunBegan,
    to_json,
)
from engine.training.trainer import Trainer
from engine.watching.records import Reader
from tests.runs import quick


def read(*lines: str) -> list[Event]:
    reader = Reader()
    return [event for line in lines for event in reader.read(line)]


def epoch(**fields: object) -> str:
    return json.dumps({"event": "epoch_ended", **fields})


def figures(event: Event) -> dict[str, Any]:
    """Return the figures of an epoch that are told."""
    assert isinstance(event, EpochFigures)
    names = (
        "epoch",
        "train_loss",
        "train_accuracy",
        "validation_loss",
        "validation_accuracy",
        "learning_rate",
    )
    return {name: value for name in names if (value := getattr(event, name)) is not None}


def test_what_this_program_prints_comes_back_as_it_was(small_dataset: Dataset) -> None:
    events = list(Trainer(quick(), small_dataset))
    assert read(*map(to_json, events)) == events


def test_an_epoch_and_one_figure_are_enough_and_unknown_fields_are_left_alone() -> None:
    (event,) = read(epoch(epoch=3, validation_accuracy=0.5, gpu="x", nested={"a": [1]}))
    assert figures(event) == {"epoch": 3, "validation_accuracy": 0.5}
    assert isinstance(event, EpochFigures)
    assert event.is_best
    assert event.early_stopping is None


@pytest.mark.parametrize(
    "line",
    [
        "Downloading …",
        "{",
        "[1]",
        "{}",
        '{"event": 3}',
        epoch(epoch=1),
        epoch(train_loss=1.0),
        epoch(epoch="1", train_loss=1.0),
        epoch(epoch=1.5, train_loss=1.0),
        epoch(epoch=True, train_loss=1.0),
        epoch(epoch=-1, train_loss=1.0),
        epoch(epoch=10**400, train_loss=1.0),
        epoch(epoch=1, train_loss="low"),
        epoch(epoch=1, train_loss=None),
        '{"event": "epoch_ended", "epoch": NaN, "train_loss": 1}',
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_a_broken_line_is_one(line: str) -> None:
    with pytest.raises(ValueError):
        read(line)


def test_another_event_is_left_alone() -> None:
    assert read('{"event": "validation_began"}', '{"event": "batch_ended", "loss": 1}') == []


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", "1" * 5_000, "-1e300", "9" * 400])
def test_a_number_beyond_floats_is_no_figure(value: str) -> None:
    (event,) = read(f'{{"event": "epoch_ended", "epoch": 1, "train_loss": {value}, "validation_loss": 0.5}}')
    assert figures(event) == {"epoch": 1, "validation_loss": 0.5}


def test_an_accuracy_that_is_no_fraction_is_left_out_and_counted() -> None:
    reader = Reader()
    (event,) = reader.read(epoch(epoch=1, validation_accuracy=97.5, train_accuracy=-0.1, train_loss=0.1))
    assert figures(event) == {"epoch": 1, "train_loss": 0.1}
    assert reader.told.beyond == 2


def test_epochs_from_zero_are_counted_from_one_and_a_second_run_is_another() -> None:
    events = read(*(epoch(epoch=number, loss=0.5) for number in (0, 1, 2, 0, 1)))
    assert [event.epoch for event in events if isinstance(event, EpochFigures)] == [1, 2, 3, 1, 2]
    assert [type(event) for event in events].index(WatchedRunBegan) == 3


def test_figures_of_one_epoch_in_several_lines_are_put_together() -> None:
    events = read(
        epoch(epoch=1, train_loss=0.9),
        epoch(epoch=1, validation_accuracy=0.8),
        epoch(epoch=2, validation_accuracy=0.7),
        epoch(epoch=2, validation_accuracy=0.9),
    )
    assert figures(events[1]) == {"epoch": 1, "train_loss": 0.9, "validation_accuracy": 0.8}
    assert [event.is_best for event in events if isinstance(event, EpochFigures)] == [
        False,
        True,
        False,
        True,
    ]


def test_the_best_epoch_is_by_accuracy_or_else_by_loss() -> None:
    events = read(*(epoch(epoch=number, val_loss=loss) for number, loss in ((1, 0.5), (2, 0.4), (3, 0.4))))
    assert [event.is_best for event in events if isinstance(event, EpochFigures)] == [True, True, False]


def test_an_epoch_out_of_order_is_broken() -> None:
    with pytest.raises(ValueError):
        read(epoch(epoch=5, loss=1.0), epoch(epoch=3, loss=1.0))


def test_a_matrix_may_be_told_by_anyone() -> None:
    (event,) = read(epoch(epoch=1, validation_confusion_matrix=[[3, 1], [0, 2]]))
    assert isinstance(event, EpochFigures)
    assert event.validation_confusion_matrix == ConfusionMatrix(2, ((0, 0, 3), (0, 1, 1), (1, 1, 2)))
    for bad in ([[1, 2]], [[1, -1], [0, 0]], [["a"]], {"classes": 2, "cells": [[0, 5, 1]]}, "x", [[1.5]]):
        (event,) = read(epoch(epoch=1, loss=1.0, validation_confusion_matrix=bad))
        assert isinstance(event, EpochFigures)
        assert event.validation_confusion_matrix is None


def test_the_end_is_told_as_far_as_it_is() -> None:
    first, ended = read(
        epoch(epoch=4, val_acc=0.9), '{"event": "run_ended", "reason": "x", "test_accuracy": 0.88}'
    )
    assert isinstance(ended, RunEnded)
    assert (ended.reason, ended.epochs, ended.best_epoch, ended.test_accuracy) == ("completed", 4, 4, 0.88)
    assert ended.test_loss is None
    assert first != ended


def test_control_characters_are_not_passed_on() -> None:
    (event,) = read('{"event": "run_failed", "message": "\\u001b[2Jout of \\u0007memory"}')
    assert isinstance(event, RunFailed)
    assert str(event.message).isprintable()
    assert "memory" in str(event.message)


def test_a_start_that_tells_little_is_one_all_the_same() -> None:
    events = read('{"event": "run_started", "run": "x", "parameters": 5}', epoch(epoch=1, loss=0.3))
    assert isinstance(events[0], WatchedRunBegan)
    assert not any(isinstance(event, BatchEnded | EpochEnded) for event in events)


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (
            [
                "epoch,accuracy,loss,learning_rate,val_accuracy,val_loss",
                "0,0.9,0.3,0.001,0.95,0.2",
                "1,0.95,NA,,,0.1",
            ],
            [
                {"train_accuracy": 0.9, "train_loss": 0.3, "learning_rate": 0.001}
                | {"validation_accuracy": 0.95, "validation_loss": 0.2},
                {"train_accuracy": 0.95, "validation_loss": 0.1},
            ],
        ),
        (
            [
                "epoch,step,train_loss_epoch,train_loss_step,val_acc,lr-SGD",
                "0,49,,0.5,,0.1",
                "0,99,0.4,,0.8,",
            ],
            [
                {"learning_rate": 0.1},
                {"learning_rate": 0.1, "train_loss": 0.4, "validation_accuracy": 0.8},
            ],
        ),
        (
            ["epoch;sparse_categorical_accuracy;val_loss", "0;0.5;nan"],
            [{"train_accuracy": 0.5}],
        ),
        (["val_loss\tEpoch\ttest", "0.5\t7\tx"], [{"validation_loss": 0.5}]),
    ],
    ids=["keras", "lightning", "semicolons", "tabs"],
)
def test_rows_of_csv_logs(lines: list[str], wanted: list[dict[str, float]]) -> None:
    found = [figures(event) for event in read(*lines)]
    for told in found:
        told.pop("epoch")
    assert found == wanted


def test_a_row_of_words_is_broken_and_a_header_may_come_again() -> None:
    reader = Reader()
    assert reader.read("epoch,loss") == []
    with pytest.raises(ValueError):
        reader.read("Epoch 1/5")
    with pytest.raises(ValueError):
        reader.read("1,low")
    assert len(reader.read("1,0.5")) == 1
    assert reader.read("epoch,loss,val_loss") == []
    (event,) = reader.read("2,0.4,0.6")
    assert figures(event) == {"epoch": 2, "train_loss": 0.4, "validation_loss": 0.6}


values: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.lists(st.integers())
)
names = st.sampled_from(
    (
        *(
            "epoch",
            "train_loss",
            "validation_accuracy",
            "hyperparameters",
            "data",
            "epochs",
            "early_stopping",
        ),
        *("validation_confusion_matrix", "reason", "best_epoch", "test_accuracy", "message", "layers"),
    )
)
kinds = st.sampled_from(["run_started", "epoch_ended", "batch_ended", "run_ended", "run_failed", "paused"])
objects = st.builds(
    lambda kind, fields: json.dumps({"event": kind, **fields}), kinds, st.dictionaries(names, values)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=20) | objects, max_size=5))
def test_whatever_is_written_is_read_or_broken(lines: list[str]) -> None:
    reader = Reader()
    for line in lines:
        with contextlib.suppress(ValueError):
            for event in reader.read(line):
                if not isinstance(event, WatchedRunBegan):
                    to_json(event)  # no NaN, no infinity
