"""Converts events to and from what the database stores, checking everything that is read."""

import dataclasses
import json
import math
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from engine.data.location import Location, ReadingOptions, location, parts
from engine.events import (
    ConfusionMatrix,
    DataSummary,
    Diverged,
    EarlyStoppingStatus,
    Environment,
    EpochEnded,
    Event,
    HyperparameterChanged,
    LayerStatistics,
    OwnNetwork,
    RunEnded,
    RunStarted,
    StoppedEarly,
)
from engine.hyperparameters import Hyperparameters, available_cores
from engine.storage.validation import checked_dataclass, column_has_type


class EpochMetrics(NamedTuple):
    """The figures of an epoch that curves are drawn from: the columns of its row, as in `EpochEnded`."""

    epoch: int
    step: int
    train_loss: float | None
    train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float
    learning_rate: float
    seconds: float
    samples_per_second: float
    is_best: bool


EPOCH_COLUMNS = EpochMetrics._fields
OTHER_EVENTS: dict[str, type[Event]] = {
    kind.__name__: kind for kind in (HyperparameterChanged, StoppedEarly, Diverged)
}
"""What else is kept of a run, in order."""
_MAX_BYTES = 64 * 1024**2


def to_compressed_json(value: object) -> bytes:
    """Return plain values as compressed JSON."""
    return zlib.compress(json.dumps(value, allow_nan=False, separators=(",", ":")).encode(), 1)


def from_compressed_json(content: bytes) -> Any:
    """Return the values that `to_compressed_json` was given, or raise ValueError."""
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(content, _MAX_BYTES)
    except zlib.error:
        raise ValueError from None
    if not unpacker.eof:
        raise ValueError
    return json.loads(text)


def started_to_json(event: RunStarted) -> str:
    """Return how a run started, as JSON."""
    fields = dataclasses.asdict(event) | {"hyperparameters": event.hyperparameters.to_mapping()}
    return json.dumps(fields, allow_nan=False)


def started_from_json(text: str) -> RunStarted:
    """Return how a run started."""
    fields = json.loads(text)
    fields["hyperparameters"] = hyperparameters_from_mapping(fields["hyperparameters"])
    fields["layer_sizes"] = tuple(map(_whole, fields["layer_sizes"]))
    data = fields["data"]
    names = tuple(map(_word, data.get("class_names", ())))
    fields["data"] = checked_dataclass(DataSummary, data | {"class_names": names})
    if len(names) not in (0, data["classes"]):
        raise ValueError
    fields["environment"] = checked_dataclass(Environment, fields["environment"])
    if (network := fields.get("network")) is not None:
        fields["network"] = checked_dataclass(OwnNetwork, network)
    return checked_dataclass(RunStarted, fields)


def location_to_bytes(data: Location | None) -> bytes | None:
    """Return where data are: the path, and behind a zero byte, which no path holds, its options as JSON."""
    if data is None:
        return None
    path, options = parts(data)
    place = os.fsencode(path.absolute())
    if options == ReadingOptions():
        return place
    return place + b"\0" + json.dumps(dataclasses.asdict(options)).encode()


def location_from_bytes(content: bytes | str | None) -> Location | None:
    """Return where data are; raises ValueError."""
    if not content:
        return None
    place, _zero, text = os.fsencode(content).partition(b"\0")
    options = json.loads(text) if text else {}
    if (shape := options.get("shape")) is not None:
        height, width = map(_whole, shape)
        options["shape"] = height, width
    return location(Path(os.fsdecode(place)), checked_dataclass(ReadingOptions, options))


def hyperparameters_to_json(hyperparameters: Hyperparameters) -> str:
    """Return hyperparameters as JSON."""
    return json.dumps(hyperparameters.to_mapping(), allow_nan=False)


def hyperparameters_from_json(text: str) -> Hyperparameters:
    """Return hyperparameters from JSON."""
    return hyperparameters_from_mapping(json.loads(text))


def hyperparameters_from_mapping(values: Mapping[str, Any]) -> Hyperparameters:
    """Return stored hyperparameters; their threads are no more than this machine has cores."""
    threads = values.get("threads")
    if threads is not None:
        values = {**values, "threads": min(threads, available_cores())}
    return Hyperparameters.from_mapping(values)


def epoch_to_columns(event: EpochEnded) -> tuple[object, ...]:
    """Return the values of an epoch's columns."""
    return tuple(getattr(event, name) for name in EPOCH_COLUMNS)


def epoch_to_details(event: EpochEnded) -> bytes:
    """Return the rest of an epoch."""
    return to_compressed_json(
        {
            "epochs": event.epochs,
            "early_stopping": dataclasses.asdict(event.early_stopping),
            "layers": [dataclasses.asdict(layer) for layer in event.layers],
            "matrix": _matrix_fields(event.validation_confusion_matrix),
        }
    )


def epoch_from_row(row: sqlite3.Row, content: bytes) -> EpochEnded:
    """Return an epoch from its columns and its details."""
    details = from_compressed_json(content)
    columns = {name: row[name] for name in EPOCH_COLUMNS}
    return checked_dataclass(
        EpochEnded,
        {
            **columns,
            "is_best": bool(columns["is_best"]),
            "epochs": details["epochs"],
            "early_stopping": checked_dataclass(EarlyStoppingStatus, details["early_stopping"]),
            "layers": tuple(checked_dataclass(LayerStatistics, layer) for layer in details["layers"]),
            "validation_confusion_matrix": _matrix_of(details["matrix"]),
        },
    )


def epoch_metrics_from_rows(rows: list[sqlite3.Row]) -> list[EpochMetrics]:
    """Return what curves are drawn from, the first columns of the rows, or raise ValueError."""
    wanted = get_type_hints(EpochMetrics).values()
    if not all(map(column_has_type, zip(*rows, strict=True), wanted)):
        raise ValueError
    last = len(EPOCH_COLUMNS) - 1
    return [EpochMetrics._make((*row[:last], bool(row[last]))) for row in rows]


def epoch_without_details(figures: EpochMetrics, epochs: int, status: EarlyStoppingStatus) -> EpochEnded:
    """Return an epoch of which only the columns were read."""
    return EpochEnded(
        **figures._replace(is_best=bool(figures.is_best))._asdict(),
        epochs=epochs,
        early_stopping=status,
        layers=(),
        validation_confusion_matrix=None,
    )


def event_to_json(event: Event) -> str:
    """Return a happening as JSON."""
    return json.dumps(dataclasses.asdict(event), allow_nan=False)


def event_from_json(kind: str, text: str) -> Event:
    """Return a happening."""
    return checked_dataclass(OTHER_EVENTS[kind], json.loads(text))


def ended_to_bytes(event: RunEnded) -> bytes:
    """Return how a run ended."""
    fields = dataclasses.asdict(event)
    matrix = event.confusion_matrix
    return to_compressed_json(fields | {"confusion_matrix": _matrix_fields(matrix)})


def ended_from_bytes(content: bytes) -> RunEnded:
    """Return how a run ended."""
    fields = from_compressed_json(content)
    matrix = fields["confusion_matrix"]
    return checked_dataclass(RunEnded, fields | {"confusion_matrix": _matrix_of(matrix) if matrix else None})


def in_order(epochs: Iterator[EpochEnded], other_events: list[Event]) -> Iterator[Event]:
    """Yield epochs and other events in the order of their steps; at the same step the epoch comes first."""
    waiting = list(reversed(other_events))
    for epoch in epochs:
        while waiting and getattr(waiting[-1], "step", math.inf) < epoch.step:
            yield waiting.pop()
        yield epoch
    yield from reversed(waiting)


def _matrix_fields(matrix: ConfusionMatrix | None) -> dict[str, object] | None:
    return None if matrix is None else {"classes": matrix.classes, "cells": matrix.cells}


def _matrix_of(fields: Mapping[str, Any]) -> ConfusionMatrix:
    classes = _whole(fields["classes"])
    cells = tuple((_whole(t), _whole(p), _whole(n)) for t, p, n in fields["cells"])
    if any(not (0 <= t < classes and 0 <= p < classes and n > 0) for t, p, n in cells):
        raise ValueError
    return ConfusionMatrix(classes, cells)


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError
    return value
