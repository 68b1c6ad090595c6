"""Exports a stored run: metrics as CSV or JSON, the model, a training script, an HTML report."""

from collections.abc import Callable
from pathlib import Path

from engine.errors import ExportError
from engine.sentences import N_
from engine.storage import checkpoint
from engine.storage.checkpoint import Checkpoint, replacing_file
from engine.storage.export.csv_and_json import to_csv, to_document
from engine.storage.export.exported_run import ExportedRun
from engine.storage.export.loading import load_model
from engine.storage.export.models import to_onnx, to_safetensors
from engine.storage.export.report import to_html
from engine.storage.export.script import to_script
from engine.storage.files import atomic_write

__all__ = ["KINDS", "SUFFIXES", "ExportedRun", "export", "load_model"]

SUFFIXES = {
    "csv": ".csv",
    "json": ".json",
    "npz": ".npz",
    "safetensors": ".safetensors",
    "onnx": ".onnx",
    "script": ".py",
    "report": ".html",
}
"""The file name suffix of each format."""

KINDS = tuple(SUFFIXES)

_TEXTS: dict[str, Callable[[ExportedRun], str]] = {
    "csv": to_csv,
    "json": to_document,
    "script": to_script,
    "report": to_html,
}
_MODELS: dict[str, Callable[[Checkpoint], bytes]] = {"safetensors": to_safetensors, "onnx": to_onnx}


def export(kind: str, path: Path, history: ExportedRun, model: Checkpoint | None) -> None:
    """Write a run to a file, atomically; an existing file is replaced.

    kind: one of `KINDS`
    model: the best weights, None where no epoch was finished

    Raises:
        ExportError: when the kind is unknown, there is no model and it needs one, or an extra is missing.
        CheckpointError: when the file cannot be written.
    """
    if kind not in KINDS:
        raise ExportError(
            N_("There is no export format {kind}; there are: {kinds}."),
            kind=ascii(kind),
            kinds=", ".join(KINDS),
        )
    if kind in _TEXTS:
        content = _TEXTS[kind](history).encode("utf-8", "replace")  # a lone surrogate is no text
    elif model is None:
        raise ExportError(
            N_("The run has finished no epoch, so it has no model; its metrics can be exported.")
        )
    elif kind == "npz":
        checkpoint.save(path, model)
        return
    else:
        content = _MODELS[kind](model)
    with replacing_file(path), atomic_write(path) as file:
        file.write(content)
