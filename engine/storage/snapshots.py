"""Saves and loads a snapshot of a run (`last.npz`), from which it resumes to the same bits."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine.optimization.schedules import CURVES, Schedule
from engine.storage import array_file
from engine.storage.serialization import hyperparameters_from_mapping
from engine.storage.validation import checked_dataclass
from engine.training.early_stopping import EarlyStopping
from engine.training.snapshot import BestEpoch, LearnerState, Snapshot

FORMAT = "mlp-tui snapshot 1"
_PLAIN = ("run", "name", "data_fingerprint", "epoch", "step", "seconds", "epoch_seconds", "ended")
_COUNTED = ("position", "loss_sum", "correct", "order_rng", "dropout_rng", "steps")


def save(path: Path, snapshot: Snapshot) -> None:
    """Write the file, whole or not at all.

    Raises:
        OSError: when it cannot be written.
    """
    learner = snapshot.learner
    description = {
        "format": FORMAT,
        **{name: getattr(snapshot, name) for name in _PLAIN},
        "hyperparameters": snapshot.hyperparameters.to_mapping(),
        "schedule": dataclasses.asdict(snapshot.schedule),
        "early_stopping": dataclasses.asdict(snapshot.early_stopping),
        "best": dataclasses.asdict(snapshot.best) if snapshot.best else None,
        "learner": {name: getattr(learner, name) for name in _COUNTED},
        "numerics": snapshot.numerics,
    }
    array_file.write(path, description, learner.vectors)


def load(path: Path) -> Snapshot:
    """Read the file.

    Raises:
        CheckpointError: when it cannot be read, is damaged, or is no snapshot.
    """
    description, vectors = array_file.read(path)
    try:
        return _snapshot(description, vectors)
    except Exception:  # a field that is missing, or of a kind that only a forger would write
        raise array_file.damaged_error(path) from None


def _snapshot(fields: Mapping[str, Any], vectors: array_file.Arrays) -> Snapshot:
    """Return what a description and its vectors say."""
    if fields["format"] != FORMAT or any(vector.dtype != np.float32 for vector in vectors.values()):
        raise ValueError
    learner = {name: fields["learner"][name] for name in _COUNTED}
    hyperparameters = hyperparameters_from_mapping(fields["hyperparameters"])
    stopping = checked_dataclass(EarlyStopping, fields["early_stopping"])
    snapshot = checked_dataclass(
        Snapshot,
        {
            **{name: fields[name] for name in _PLAIN},
            "hyperparameters": hyperparameters,
            "schedule": _schedule(fields["schedule"]),
            "early_stopping": stopping,
            "best": checked_dataclass(BestEpoch, fields["best"]) if fields["best"] else None,
            "learner": checked_dataclass(LearnerState, {**learner, "vectors": vectors}),
            "numerics": fields.get("numerics", 1),
        },
    )
    counts = snapshot.step, snapshot.seconds, snapshot.epoch_seconds, learner["position"], learner["steps"]
    if (
        min(counts) < 0
        or not 1 <= snapshot.epoch <= hyperparameters.epochs
        or stopping.monitor != hyperparameters.monitor
    ):
        raise ValueError
    return snapshot


def _schedule(fields: Mapping[str, Any]) -> Schedule:
    """Return a stored schedule."""
    origin = fields["origin"]
    schedule = checked_dataclass(Schedule, {**fields, "origin": None if origin is None else tuple(origin)})
    if schedule.curve not in CURVES:
        raise ValueError
    if schedule.origin is not None:
        step, progress = schedule.origin
        if not (isinstance(step, int) and isinstance(progress, float | int) and 0 <= progress <= 1):
            raise ValueError
    return schedule
