"""Where a run stands, in a file: `last.npz`. Read back, it goes on to the same bits."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine.optimization.schedules import CURVES, Schedule
from engine.storage import archive
from engine.storage.rows import hyperparameters_of
from engine.training.early_stopping import EarlyStopping
from engine.training.snapshot import Best, LearnerState, Snapshot

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
    }
    archive.write(path, description, learner.vectors)


def load(path: Path) -> Snapshot:
    """Read the file.

    Raises:
        CheckpointError: when it cannot be read, is damaged, or is no snapshot.
    """
    description, vectors = archive.read(path)
    try:
        return _snapshot(description, vectors)
    except Exception:  # a field that is missing, or of a kind that only a forger would write
        raise archive.damaged(path) from None


def _snapshot(fields: Mapping[str, Any], vectors: archive.Arrays) -> Snapshot:
    """Return what a description and its vectors say."""
    if fields["format"] != FORMAT or any(vector.dtype != np.float32 for vector in vectors.values()):
        raise ValueError
    learner = LearnerState(**{name: fields["learner"][name] for name in _COUNTED}, vectors=vectors)
    schedule = fields["schedule"]
    origin = schedule["origin"]
    return Snapshot(
        **{name: fields[name] for name in _PLAIN},
        hyperparameters=hyperparameters_of(fields["hyperparameters"]),
        schedule=Schedule(
            curve=_known(schedule["curve"]),
            total_steps=schedule["total_steps"],
            warmup_steps=schedule["warmup_steps"],
            origin=None if origin is None else (origin[0], origin[1]),
        ),
        early_stopping=EarlyStopping(**fields["early_stopping"]),
        best=Best(**fields["best"]) if fields["best"] else None,
        learner=learner,
    )


def _known(curve: str) -> str:
    if curve not in CURVES:
        raise ValueError
    return curve
