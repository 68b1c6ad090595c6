"""What a line says: JSON as `mlp-tui train --json` prints it, or a row of a CSV log of Keras or Lightning."""

import contextlib
import csv
import json
from collections.abc import Mapping
from typing import Any

from engine.errors import EngineError
from engine.events import (
    BatchEnded,
    Diverged,
    EarlyStoppingStatus,
    EpochEnded,
    EpochFigures,
    Event,
    HyperparameterChanged,
    LayerStatistics,
    Paused,
    Resumed,
    RunEnded,
    RunFailed,
    RunStarted,
    StoppedEarly,
    WatchedRunBegan,
    event_name,
)
from engine.hyperparameters import specification_of
from engine.sentences import Sentence
from engine.specification import printable
from engine.storage.serialization import started_from_json
from engine.storage.validation import checked_dataclass
from engine.watching.figures import EpochsTold, figure_named, matrix_of, number, whole

AS_THEY_ARE: dict[str, type[Event]] = {
    event_name(kind): kind
    for kind in (BatchEnded, Paused, Resumed, StoppedEarly, Diverged, HyperparameterChanged)
}
"""Events that are taken over only where all of them is right, and left alone otherwise."""
ENDINGS = ("completed", "stopped_early", "stopped", "diverged", "interrupted")
MAX_DIGITS = 15
"""Digits of a whole number; one with more is taken as a float."""
SEPARATORS = ",;\t"
MAX_COLUMNS = 1_000


class Reader:
    """Reads one line after the other: objects of JSON, a CSV header, and the rows after it.

    told: the epochs of the run as far as they are told
    """

    def __init__(self) -> None:
        self.told = EpochsTold()
        self._columns: dict[int, str] | None = None
        self._separator, self._width = ",", 0
        self._started: RunStarted | None = None
        self._epochs: int | None = None

    def read(self, line: str) -> list[Event]:
        """Return the events of a line, none where it tells nothing of a run.

        Raises:
            ValueError: when it is broken.
        """
        if line.startswith("{"):
            return self._object(_parsed(line))
        if (columns := _header(line)) is not None:
            self._columns, self._separator = columns
            self._width = line.count(self._separator) + 1
            return []
        if self._columns is None:
            raise ValueError
        return self._row(line, self._columns)

    # CSV

    def is_row(self, line: str) -> bool:
        """Whether a line without an end has all columns of the CSV log, the epoch whole."""
        if self._columns is None or line.startswith("{"):
            return False
        separators = line.count(self._separator)
        return separators == self._width - 1 and self._columns.get(separators) != "epoch"

    def _row(self, line: str, columns: Mapping[int, str]) -> list[Event]:
        cells = next(csv.reader([line], delimiter=self._separator))
        given: dict[str, float | None] = {}
        for place, name in columns.items():
            cell = cells[place].strip() if place < len(cells) else ""
            if cell and cell.upper() not in ("NA", "N/A", "NULL", "NONE"):
                given[name] = float(cell) if name == "epoch" else number(float(cell))
        if "epoch" not in given:
            raise ValueError
        epoch = whole(given.pop("epoch"))
        return self.told.take(epoch, given) if given else []

    # JSON

    def _object(self, fields: dict[str, Any]) -> list[Event]:
        kind = fields.pop("event", None)
        if not isinstance(kind, str):
            raise ValueError
        match kind:
            case "epoch_ended":
                return self._epoch(fields)
            case "run_started":
                return self._begin(fields)
            case "run_ended":
                return [_ended(fields, self._epochs or 0, self.told.best_epoch)]
            case "run_failed":
                text = printable(str(fields.get("message") or ""), 500)
                return [RunFailed(Sentence("{failure}", {"failure": text}))]
            case _ if kind in AS_THEY_ARE and self._started is not None:
                return _as_it_is(AS_THEY_ARE[kind], fields)
        return []

    def _begin(self, fields: dict[str, Any]) -> list[Event]:
        self.told.begin()
        self._epochs = None
        try:
            known = {name: fields[name] for name in RunStarted.__dataclass_fields__ if name in fields}
            data = known["data"]
            data["class_names"] = [printable(str(name)) for name in data.get("class_names", ())]
            data["name"] = printable(str(data["name"]))
            self._started = started_from_json(json.dumps(known, allow_nan=False))
        except Exception:  # of another program, which tells less, or of a version that tells otherwise
            self._started = None
            return [WatchedRunBegan()]
        return [self._started]

    def _epoch(self, fields: dict[str, Any]) -> list[Event]:
        epoch = whole(fields.get("epoch"))
        given: dict[str, float | None] = {}
        for name, value in fields.items():
            figure = figure_named(name)
            if figure is not None and value is not None:
                with contextlib.suppress(ValueError):  # a word where a number belongs: the others count
                    given[figure] = number(value)
        matrix = matrix_of(fields.get("validation_confusion_matrix"))
        if not given and matrix is None:
            raise ValueError
        events = self.told.take(epoch, given, matrix)
        told = events[-1]
        assert isinstance(told, EpochFigures)
        self._epochs = told.epoch
        if self._started is not None and len(events) == 1 and (whole_event := _whole_epoch(told, fields)):
            return [whole_event]
        if len(events) > 1:
            self._started = None
        return events


def _parsed(line: str) -> dict[str, Any]:
    """Return an object of JSON; whole numbers that are too long are floats, and may be infinite."""
    try:
        fields = json.loads(
            line, parse_int=lambda text: int(text) if len(text) <= MAX_DIGITS else float(text)
        )
    except RecursionError:
        raise ValueError from None
    if not isinstance(fields, dict):
        raise ValueError
    return fields


def _header(line: str) -> tuple[dict[int, str], str] | None:
    """Return the columns of a CSV header that are known, and what separates them; None where it is none."""
    if "epoch" not in line.lower() or len(line) > 100_000:
        return None
    for separator in SEPARATORS:
        names = [name.strip() for name in next(csv.reader([line], delimiter=separator), [])]
        lowered = [name.lower() for name in names]
        if len(names) < 2 or len(names) > MAX_COLUMNS or "epoch" not in lowered:
            continue
        columns: dict[int, str] = {}
        for place, name in enumerate(lowered):
            figure = "epoch" if name == "epoch" else figure_named(name)
            if figure is not None and (figure not in columns.values() or name.endswith("_epoch")):
                columns = {at: known for at, known in columns.items() if known != figure} | {place: figure}
        return columns, separator
    return None


def _whole_epoch(told: EpochFigures, fields: dict[str, Any]) -> EpochEnded | None:
    """Return an epoch of which all is told, as this program tells it; None where something is missing."""
    try:
        known = {name: fields[name] for name in EpochEnded.__dataclass_fields__ if name in fields}
        known |= {
            "early_stopping": checked_dataclass(EarlyStoppingStatus, known["early_stopping"]),
            "layers": tuple(checked_dataclass(LayerStatistics, layer) for layer in known["layers"]),
            "validation_confusion_matrix": told.validation_confusion_matrix,
        }
        found = checked_dataclass(EpochEnded, known)
    except Exception:
        return None
    is_same = found.epoch == told.epoch and all(
        getattr(found, name) == getattr(told, name)
        for name in (
            "train_loss",
            "train_accuracy",
            "validation_loss",
            "validation_accuracy",
            "learning_rate",
        )
    )
    return found if is_same and 0 <= found.epochs <= 10**9 and found.step >= 0 else None


def _as_it_is(kind: type[Event], fields: dict[str, Any]) -> list[Event]:
    """Return an event as this program tells it, or nothing."""
    try:
        event = checked_dataclass(
            kind, {name: fields[name] for name in kind.__dataclass_fields__ if name in fields}
        )
        if isinstance(event, HyperparameterChanged):
            specification = specification_of(event.name)
            specification.parse(event.old)
            specification.parse(event.new)
        if isinstance(event, BatchEnded) and not (event.epoch > 0 and 0 <= event.batch <= event.batches):
            return []
    except (EngineError, ValueError, TypeError, KeyError):
        return []
    return [event]


def _ended(fields: dict[str, Any], epochs: int, best_epoch: int | None) -> RunEnded:
    """Return how a run ended, as far as that is told; otherwise after so many epochs, with this best one."""

    def figure(name: str, *, is_share: bool = False) -> float | None:
        try:
            value = number(fields.get(name))
        except ValueError:
            return None
        return None if value is None or (is_share and not 0.0 <= value <= 1.0) else value

    def count(name: str) -> int | None:
        try:
            return whole(fields.get(name))
        except ValueError:
            return None

    reason = fields.get("reason")
    return RunEnded(
        reason=reason if isinstance(reason, str) and reason in ENDINGS else "completed",
        epochs=count("epochs") or epochs,
        best_epoch=count("best_epoch") or best_epoch,
        best_validation_accuracy=figure("best_validation_accuracy", is_share=True),
        best_validation_loss=figure("best_validation_loss"),
        test_accuracy=figure("test_accuracy", is_share=True),
        test_loss=figure("test_loss"),
        confusion_matrix=matrix_of(fields.get("confusion_matrix")),
        seconds=max(0.0, figure("seconds") or 0.0),
        test_looks=count("test_looks"),
        plain_test_loss=figure("plain_test_loss"),
    )
