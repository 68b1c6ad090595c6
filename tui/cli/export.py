"""`mlp-tui runs export`: a stored run, into files or to stdout."""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from engine.errors import ExportError
from engine.sentences import N_
from tui.session.paths import home
from tui.text.language import _


def export_to_files(
    text: str, files: Sequence[Path], kind: str | None, *, force: bool, as_json: bool
) -> None:
    """Write a run to files, each of the kind that is given, or that its ending says.

    Raises:
        EngineError: when there is no such run or kind, a file is there, or it cannot be written.
    """
    from engine.storage.export.run_export import export_to_file, kind_of
    from engine.storage.model_lookup import open_store
    from tui.cli.runs import tell_of_damage

    kinds = [kind_of(file, kind) for file in files]
    check_free(files, force=force)
    with open_store(home()) as store:
        record = store.find(text)
        for file, wanted in zip(files, kinds, strict=True):
            export_to_file(store, record, file, wanted)
            tell_of_damage(store)
            if as_json:
                click.echo(json.dumps({"run": record.id, "format": wanted, "path": str(file)}))
            else:
                click.echo(_("{path} holds the run {run}.").format(path=file, run=record.id), err=True)


def check_free(files: Sequence[Path], *, force: bool) -> None:
    """Check that no file is there that is not to be replaced.

    Raises:
        ExportError: when there is one.
    """
    for file in files:
        if file.exists() and not force:
            raise ExportError(N_("{path} is there already; --force replaces it."), path=file)


def export_to_stdout(text: str, kind: str | None) -> None:
    """Print a run as a text.

    Raises:
        EngineError: when there is no such run, or the kind is no text.
    """
    from engine.storage.export import export
    from engine.storage.export.run_export import TEXTS, history_of
    from engine.storage.model_lookup import open_store
    from tui.cli.runs import tell_of_damage

    if kind not in TEXTS:
        raise ExportError(
            N_("Name a file to export to; without one, --format is one of {kinds}, which go to stdout."),
            kinds=", ".join(TEXTS),
        )
    with open_store(home()) as store, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "export"
        export(kind, file, history_of(store, store.find(text)), None)
        tell_of_damage(store)
        sys.stdout.buffer.write(file.read_bytes())
