"""`mlp-tui runs export`: a stored run, into files or to stdout."""

import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from engine.errors import ExportError
from engine.sentences import N_
from engine.storage import checkpoint
from engine.storage.checkpoint import Checkpoint
from engine.storage.export import ENDINGS, KINDS, History, export
from engine.storage.model_lookup import open_store
from engine.storage.recorder import BEST
from engine.storage.run_record import RunRecord
from engine.storage.runs import RunStore
from tui.text.language import _

TEXTS = ("csv", "json", "script", "report")
MOST_WHOLE = 5_000
"""Epochs up to which an export has every epoch's matrix and layers; of a longer run only the last ones."""


def export_to_files(
    words: str, files: Sequence[Path], kind: str | None, *, force: bool, as_json: bool
) -> None:
    """Write a run to files, each of the kind that is given, or that its ending says.

    Raises:
        EngineError: when there is no such run or kind, a file is there, or it cannot be written.
    """
    kinds = [kind_of(file, kind) for file in files]
    for file in files:
        if file.exists() and not force:
            raise ExportError(N_("{path} is there already; --force replaces it."), path=file)
    with open_store() as store:
        record = store.find(words)
        for file, wanted in zip(files, kinds, strict=True):
            export_to_file(store, record, file, wanted)
            if as_json:
                click.echo(json.dumps({"run": record.id, "format": wanted, "path": str(file)}))
            else:
                click.echo(_("{path} holds the run {run}.").format(path=file, run=record.id), err=True)


def export_to_file(store: RunStore, record: RunRecord, file: Path, kind: str) -> None:
    """Write a run to a file; one that is there is replaced.

    Raises:
        EngineError: when it cannot be written, or the run has no model.
    """
    export(kind, file, history_of(store, record), _model(store, record, kind))


def export_to_stdout(words: str, kind: str | None) -> None:
    """Print a run as a text.

    Raises:
        EngineError: when there is no such run, or the kind is no text.
    """
    if kind not in TEXTS:
        raise ExportError(
            N_("Name a file to export to; without one, --format is one of {kinds}, which go to stdout."),
            kinds=", ".join(TEXTS),
        )
    with open_store() as store, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "export"
        export(kind, file, history_of(store, store.find(words)), None)
        sys.stdout.buffer.write(file.read_bytes())


def kind_of(file: Path, kind: str | None) -> str:
    """Return the kind of an export that goes to `file`.

    Raises:
        ExportError: when it is none that there is.
    """
    kinds = {ending: name for name, ending in ENDINGS.items()}
    found = kind or kinds.get(file.suffix.lower())
    if found not in KINDS:
        raise ExportError(
            N_("What to write into {path}? Its ending is one of {endings}, or --format is one of {kinds}."),
            path=file,
            endings=" ".join(kinds),
            kinds=" ".join(KINDS),
        )
    return found


def history_of(store: RunStore, record: RunRecord) -> History:
    """Return all that happened in a run."""
    every = max(1, record.epochs)
    whole = every if every <= MOST_WHOLE else 200
    return History.of(
        store.history(record.id, whole=whole, most=every),
        state=record.state,
        created=datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="seconds"),
        name=record.name,
        note=record.note,
    )


def _model(store: RunStore, record: RunRecord, kind: str) -> Checkpoint | None:
    """Return the best weights of a run if an export needs them, None where there are none."""
    best = store.checkpoints(record.id) / BEST
    return checkpoint.load(best) if kind not in TEXTS and best.exists() else None
