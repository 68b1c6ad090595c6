"""Events as JSON and across a process border: the contract that every front end relies on."""

import dataclasses
import json
import math
import pickle
import types
import typing
from typing import Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import commands, events
from engine.commands import Command
from engine.events import (
    BatchEnded,
    ChangeRejected,
    CheckpointSaved,
    ConfusionMatrix,
    DataFailed,
    DataLoaded,
    DataSummary,
    Diverged,
    DurationEstimated,
    EarlyStoppingStatus,
    Environment,
    EpochEnded,
    EpochFigures,
    Event,
    Explanation,
    HyperparameterChanged,
    LayerStatistics,
    NumericsChanged,
    Paused,
    Position,
    Predictions,
    Printed,
    Resumed,
    RunEnded,
    RunFailed,
    RunStarted,
    SourceRead,
    StoppedEarly,
    StorageFailed,
    WatchedRunBegan,
    Weights,
    event_name,
    finite,
    to_json,
)
from engine.hyperparameters import SPECIFICATIONS, Hyperparameters
from engine.sentences import Sentence

MATRIX = ConfusionMatrix(3, ((0, 0, 4), (1, 2, 1), (2, 2, 5)))
ROWS = [[4, 0, 0], [0, 0, 1], [0, 0, 5]]
STATUS = EarlyStoppingStatus(True, "validation_loss", 1, 0.5, 0.499, 0, 5)
DATA = DataSummary("MNIST", "embedded", "abc", 28, 28, 10, 60_000, 10_000)
SENTENCE = Sentence("{name} is too “large”.", {"name": Sentence("batch {n}", {"n": 3})})

EXAMPLES: tuple[Event, ...] = (
    DataLoaded(DATA),
    StorageFailed(SENTENCE),
    NumericsChanged(("schedule", "scaling"), SENTENCE),
    DataFailed(SENTENCE),
    RunStarted(
        run="r1",
        name="第一",
        hyperparameters=Hyperparameters(hidden=(64, 32)).resolved(),
        layer_sizes=(784, 64, 32, 10),
        parameters=52_650,
        training_images=54_000,
        validation_images=6_000,
        batches_per_epoch=844,
        data=DATA,
        environment=Environment("2.4", "OpenBLAS", 1, "Linux x86_64"),
    ),
    BatchEnded(1, 2, 844, 2, 2.25, 2.3, 0.125, 0.1, None, 0.5, 256.0),
    EpochEnded(
        epoch=1,
        epochs=10,
        step=844,
        train_loss=0.75,
        train_accuracy=0.8,
        validation_loss=None,
        validation_accuracy=0.9,
        learning_rate=0.1,
        seconds=0.2,
        samples_per_second=270_000.0,
        is_best=True,
        early_stopping=STATUS,
        layers=(
            LayerStatistics("hidden 1", 0.5, 12.0, 0.001, 0.0),
            LayerStatistics("output", 0.5, 4.0, None, None),
        ),
        validation_confusion_matrix=MATRIX,
    ),
    Paused(1, 2, 2),
    Resumed(1, 2, 2),
    HyperparameterChanged(1, 2, 2, "dropout", 0.0, 0.5),
    ChangeRejected(1, 2, 2, "hidden", SENTENCE),
    CheckpointSaved(3, "/somewhere/best.npz"),
    StoppedEarly(9, 4, "validation_accuracy", 0.98, 5, 5, 0.98, 0.001),
    Diverged(2, 7, 851, "loss", None),
    RunEnded(
        reason="completed",
        epochs=10,
        best_epoch=8,
        best_validation_accuracy=0.98,
        best_validation_loss=0.07,
        test_accuracy=0.978,
        test_loss=0.08,
        confusion_matrix=MATRIX,
        seconds=2.5,
    ),
    RunFailed(SENTENCE, "batch_size"),
)

NAMES = {
    "data_loaded",
    "data_failed",
    "run_started",
    "batch_ended",
    "epoch_ended",
    "paused",
    "resumed",
    "hyperparameter_changed",
    "change_rejected",
    "numerics_changed",
    "checkpoint_saved",
    "stopped_early",
    "storage_failed",
    "diverged",
    "run_ended",
    "run_failed",
}

every_event = pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event_name(type(event)))


def read(event: Event) -> dict[str, Any]:
    """Return the line of JSON as an object; what is no JSON fails."""

    def refuse(constant: str) -> NoReturn:
        raise AssertionError(constant)

    line = to_json(event)
    assert "\n" not in line
    fields = json.loads(line, parse_constant=refuse)
    assert isinstance(fields, dict)
    return fields


def example(kind: type[Event]) -> Any:
    return next(event for event in EXAMPLES if type(event) is kind)


# --- every event


def test_every_event_has_an_example() -> None:
    kinds = {
        kind
        for kind in vars(events).values()
        if isinstance(kind, type) and issubclass(kind, Event) and kind not in (Event, Position)
    }
    of_another_program = {EpochFigures, WatchedRunBegan, SourceRead}
    for_the_screen_alone = of_another_program | {
        DurationEstimated,
        Printed,
        Predictions,
        Explanation,
        Weights,
    }
    assert kinds - {type(event) for event in EXAMPLES} == for_the_screen_alone


def test_names_are_in_snake_case() -> None:
    assert {read(event)["event"] for event in EXAMPLES} == NAMES


@every_event
def test_a_line_has_the_name_first_and_then_every_field(event: Event) -> None:
    fields = read(event)
    assert list(fields) == ["event", *(field.name for field in json_fields(event))]
    assert fields["event"] == event_name(type(event))


@every_event
def test_an_event_is_frozen_and_crosses_a_process_border_unchanged(event: Event) -> None:
    name = dataclasses.fields(event)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(event, name, None)
    back = pickle.loads(pickle.dumps(event))
    assert back == event
    assert to_json(back) == to_json(event)


def float_fields(event: Event) -> list[str]:
    """Return the fields that hold a float, or a float or None."""
    hints = typing.get_type_hints(type(event))
    names = (field.name for field in json_fields(event))
    return [name for name in names if float in (hints[name], *typing.get_args(hints[name]))]


def json_fields(event: Event) -> list[dataclasses.Field[typing.Any]]:
    """Return the fields that stand in a line of JSON."""
    return [field for field in dataclasses.fields(event) if field.metadata.get("json", True)]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("event", "name"),
    [(event, name) for event in EXAMPLES for name in float_fields(event)],
    ids=lambda part: part if isinstance(part, str) else event_name(type(part)),
)
def test_a_number_that_is_not_finite_never_gets_out(event: Event, name: str, bad: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_json(dataclasses.replace(event, **{name: bad}))


def test_nor_does_one_that_stands_deeper() -> None:
    status = dataclasses.replace(STATUS, best_value=math.nan)
    with pytest.raises(ValueError, match="JSON"):
        to_json(dataclasses.replace(example(EpochEnded), early_stopping=status))


def test_what_would_not_be_finite_is_optional_where_training_can_make_it_so() -> None:
    """A loss or a norm may fail to exist; a fraction, a rate or a time cannot."""
    always = {"train_accuracy", "validation_accuracy", "learning_rate", "seconds", "samples_per_second"}
    for event in EXAMPLES:
        hints = typing.get_type_hints(type(event))
        for name, hint in ((field.name, hints[field.name]) for field in json_fields(event)):
            if hint is float:
                assert name in always
            elif isinstance(hint, types.UnionType) and float in typing.get_args(hint):
                assert type(None) in typing.get_args(hint)
                assert read(dataclasses.replace(event, **{name: None}))[name] is None


def test_commands_cross_a_process_border_unchanged() -> None:
    kinds = [kind for kind in vars(commands).values() if isinstance(kind, type) and issubclass(kind, Command)]
    assert {kind.__name__ for kind in kinds} == {
        "Command",
        "StartRun",
        "ResumeStoredRun",
        "Pause",
        "Resume",
        "Step",
        "Stop",
        "ChangeHyperparameter",
        "FetchPredictions",
        "ExplainPrediction",
        "FetchWeights",
        "EstimateDuration",
    }
    given = {
        "StartRun": (Hyperparameters(),),
        "EstimateDuration": (Hyperparameters(),),
        "ResumeStoredRun": ("r1",),
        "ChangeHyperparameter": ("dropout", 0.5),
        "ExplainPrediction": ("test", 7, 3),
    }
    for kind in kinds:
        command = kind(*given.get(kind.__name__, ()))
        assert pickle.loads(pickle.dumps(command)) == command


# --- the contract's fields


def test_run_started() -> None:
    fields = read(example(RunStarted))
    assert (fields["run"], fields["parameters"]) == ("r1", 52_650)
    assert fields["layer_sizes"] == [784, 64, 32, 10]
    assert fields["hyperparameters"]["hidden"] == [64, 32]
    assert fields["hyperparameters"]["learning_rate"] == 0.1
    assert set(SPECIFICATIONS) - set(fields["hyperparameters"]) == {"threads"}
    assert fields["data"]["fingerprint"] == "abc"
    assert fields["environment"] == {
        "numpy": "2.4",
        "blas": "OpenBLAS",
        "threads": 1,
        "machine": "Linux x86_64",
    }


def test_epoch_ended() -> None:
    fields = read(example(EpochEnded))
    contract = {
        "epoch": 1,
        "train_loss": 0.75,
        "train_accuracy": 0.8,
        "validation_loss": None,
        "validation_accuracy": 0.9,
        "learning_rate": 0.1,
        "seconds": 0.2,
        "samples_per_second": 270_000.0,
    }
    assert {name: fields[name] for name in contract} == contract
    assert fields["layers"][1] == {
        "name": "output",
        "gradient_norm": 0.5,
        "weight_norm": 4.0,
        "update_ratio": None,
        "dead_units": None,
        "saturated": None,
    }
    assert fields["early_stopping"] == dataclasses.asdict(STATUS)


@pytest.mark.parametrize("reason", ["completed", "stopped_early", "stopped", "diverged"])
def test_run_ended(reason: str) -> None:
    fields = read(dataclasses.replace(example(RunEnded), reason=reason))
    contract = {
        "reason": reason,
        "best_epoch": 8,
        "test_accuracy": 0.978,
        "test_loss": 0.08,
        "confusion_matrix": ROWS,
    }
    assert {name: fields[name] for name in contract} == contract


def test_a_run_without_an_epoch_ends_with_nulls() -> None:
    fields = read(RunEnded("diverged", 0, None, None, None, None, None, None, 0.0))
    for name in ("best_epoch", "test_accuracy", "test_loss", "confusion_matrix"):
        assert fields[name] is None


def test_sentences_are_text_and_text_is_not_escaped() -> None:
    assert read(example(RunFailed))["message"] == "batch 3 is too “large”."
    assert "第一" in to_json(example(RunStarted))


# --- the confusion matrix


def test_rows_are_true_and_columns_predicted() -> None:
    assert MATRIX.rows() == ROWS
    assert ConfusionMatrix(2, ()).rows() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("classes", [2, 100])
def test_up_to_100_classes_an_epochs_matrix_is_dense(classes: int) -> None:
    matrix = ConfusionMatrix(classes, ((0, classes - 1, 7),))
    written = read(dataclasses.replace(example(EpochEnded), validation_confusion_matrix=matrix))
    assert written["validation_confusion_matrix"] == matrix.rows()


@pytest.mark.parametrize("classes", [101, 1000])
def test_above_100_classes_it_is_sparse_but_a_runs_is_not(classes: int) -> None:
    matrix = ConfusionMatrix(classes, ((0, classes - 1, 7), (3, 3, 1)))
    written = read(dataclasses.replace(example(EpochEnded), validation_confusion_matrix=matrix))
    assert written["validation_confusion_matrix"] == {
        "classes": classes,
        "cells": [[0, classes - 1, 7], [3, 3, 1]],
    }
    ended = read(dataclasses.replace(example(RunEnded), confusion_matrix=matrix))
    assert ended["confusion_matrix"] == matrix.rows()


# --- what is finite


@settings(deadline=None)
@given(value=st.floats())
def test_finite_is_the_number_or_none(value: float) -> None:
    assert finite(value) == (value if math.isfinite(value) else None)


def test_finite_returns_a_plain_float() -> None:
    numpy = pytest.importorskip("numpy")
    assert type(finite(numpy.float32(0.5))) is float
    assert finite(numpy.float32("inf")) is None
