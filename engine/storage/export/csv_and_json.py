"""Exports the metrics of a run: its epochs as CSV, everything as JSON."""

import csv
import io
import json
from typing import Any

from engine.events import Event, to_json
from engine.storage.export.exported_run import ExportedRun

COLUMNS = (
    "epoch",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "learning_rate",
    "seconds",
    "samples_per_second",
    "step",
    "is_best",
)
"""Fields of `EpochEnded`. Losses in nats, accuracies as fractions; `is_best` is 1 or 0."""


def to_csv(history: ExportedRun) -> str:
    """Return one row an epoch, under a row of names; a figure that does not exist is an empty cell."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for epoch in history.epochs:
        cells = (getattr(epoch, name) for name in COLUMNS)
        rows.writerow(int(cell) if isinstance(cell, bool) else cell for cell in cells)
    return text.getvalue()


def to_document(history: ExportedRun) -> str:
    """Return the whole run as one JSON object: its start, live changes, epochs with their layers, result."""
    started = _fields(history.started)
    document = {
        **{name: started.pop(name) for name in ("run", "name", "hyperparameters", "environment", "data")},
        "state": history.state,
        "created": history.created,
        "note": history.note,
        "network": started,
        "changes": [_fields(change) for change in history.changes],
        "epochs": [_fields(epoch) for epoch in history.epochs],
        "result": _fields(history.ended) if history.ended else None,
    }
    return json.dumps(document, allow_nan=False, indent=1) + "\n"


def _fields(event: Event) -> dict[str, Any]:
    """Return an event's fields as JSON knows them, the same as on the command line."""
    fields: dict[str, Any] = json.loads(to_json(event))
    del fields["event"]
    return fields
