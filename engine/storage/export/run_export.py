"""Exports a stored run to a file, in any of the formats."""

from datetime import datetime
from pathlib import Path

from engine.errors import ExportError
from engine.sentences import N_
from engine.storage import checkpoint
from engine.storage.checkpoint import Checkpoint
from engine.storage.export import KINDS, SUFFIXES, ExportedRun, export
from engine.storage.model_lookup import best_model
from engine.storage.recorder import BEST, NETWORK
from engine.storage.run_record import RunRecord
from engine.storage.runs import RunStore

TEXTS = ("csv", "json", "script", "report")
MAX_DETAILED_EPOCHS = 5_000
"""Epochs up to which an export has every epoch's matrix and layers; of a longer run only the last ones."""


def export_to_file(store: RunStore, record: RunRecord, file: Path, kind: str) -> None:
    """Write a run to a file; one that is there is replaced.

    Raises:
        EngineError: when it cannot be written, or the run has no model.
    """
    export(kind, file, history_of(store, record), _model(store, record, kind))


def kind_of(file: Path, kind: str | None) -> str:
    """Return the kind of an export that goes to `file`.

    Raises:
        ExportError: when it is none that there is.
    """
    kinds = {ending: name for name, ending in SUFFIXES.items()}
    found = kind or kinds.get(file.suffix.lower())
    if found not in KINDS:
        raise ExportError(
            N_(
                "The format of {path} is not known; its ending must be one of {endings}, or --format one "
                "of {kinds}."
            ),
            path=file,
            endings=" ".join(kinds),
            kinds=" ".join(KINDS),
        )
    return found


def history_of(store: RunStore, record: RunRecord) -> ExportedRun:
    """Return all that happened in a run."""
    every = max(1, record.epochs)
    whole = every if every <= MAX_DETAILED_EPOCHS else 200
    return ExportedRun.of(
        store.history(record.id, detailed=whole, limit=every),
        state=record.state,
        created=datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="seconds"),
        name=record.name,
        note=record.note,
        own_text=_own_text(store, record),
    )


def _own_text(store: RunStore, record: RunRecord) -> str:
    """Return the text of a person's own network; empty where it is the engine's, or not to be had."""
    try:
        content = (store.checkpoints(record.id) / NETWORK).read_bytes()
    except OSError:
        return ""
    return content.decode(errors="replace")


def _model(store: RunStore, record: RunRecord, kind: str) -> Checkpoint | None:
    """Return the best weights of a run if an export needs them, None where there are none."""
    best = store.checkpoints(record.id) / BEST
    if kind not in TEXTS and record.started.network is not None:
        return best_model(store, record)
    return checkpoint.load(best) if kind not in TEXTS and best.exists() else None
