"""What changes a stored run in the tab: a name, a note, more epochs, an export, deletion and undo."""

from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path

from textual.widget import Widget

from engine.errors import EngineError, HyperparameterError
from engine.specification import printable
from engine.storage.files import new_file
from engine.storage.run_record import MAX_NAME_LENGTH, RunRecord
from engine.storage.runs import MAX_NOTE_LENGTH, RunStore
from tui.panels.messages import RunResumed
from tui.panels.runs.text_prompt import TextPrompt
from tui.session.stored_runs import StoredRuns
from tui.text.language import _, translate
from tui.text.phrases import run_label

MAX_NUMBER_LENGTH, MAX_PATH_LENGTH = 20, 4_000


class RunEditor:
    """Asks for what is needed, changes one run in the store, and says what went wrong."""

    def __init__(
        self,
        stored_runs: StoredRuns,
        prompt: TextPrompt,
        panel: Widget,
        changed: Callable[[], object],
        deleted: Callable[[str], object],
    ) -> None:
        """Change the runs of `stored_runs`, ask with `prompt`, and speak and work as `panel`.

        changed: is called when the store holds something else; deleted: takes the id of a run before that
        """
        self._stored_runs = stored_runs
        self._prompt = prompt
        self._panel = panel
        self._changed = changed
        self._deleted = deleted

    def rename(self, record: RunRecord) -> None:
        """Ask for another name."""
        title = _("Rename {name}: enter keeps it, escape leaves it").format(name=run_label(record))
        name = printable(record.name, MAX_NAME_LENGTH)
        self._prompt.ask(title, name, MAX_NAME_LENGTH, self._changing(record, name, RunStore.rename))

    def annotate(self, record: RunRecord) -> None:
        """Ask for a note."""
        title = _("Note for {name}: enter keeps it, escape leaves it").format(name=run_label(record))
        note = printable(record.note, MAX_NOTE_LENGTH)
        self._prompt.ask(title, note, MAX_NOTE_LENGTH, self._changing(record, note, RunStore.annotate))

    def _changing(
        self, record: RunRecord, before: str, change: Callable[[RunStore, str, str], None]
    ) -> Callable[[str], None]:
        """Return what writes a text into the store, if it is another than before."""

        def keep(text: str) -> None:
            if text != before:
                self._work(self._write(lambda store: change(store, record.id, text)))

        return keep

    def resume(self, record: RunRecord) -> None:
        """Resume the run; of one that is done, ask for how many epochs in all."""
        if record.state in ("completed", "stopped_early"):
            title = _("Resume {name} up to which epoch? enter starts, escape leaves it")
            text = str(2 * record.epochs)
            self._prompt.ask(
                title.format(name=run_label(record)), text, MAX_NUMBER_LENGTH, partial(self._resume, record)
            )
        else:
            self._panel.post_message(RunResumed(record.id))

    def _resume(self, record: RunRecord, text: str) -> None:
        try:
            epochs = record.hyperparameters.changed("epochs", text).epochs
        except HyperparameterError as error:
            self._warn(translate(error))
        else:
            self._panel.post_message(RunResumed(record.id, epochs))

    def export(self, record: RunRecord) -> None:
        """Ask for a file, whose ending says what it will hold."""
        title = _("Export {name} to which file? .html .csv .json .npz .onnx .safetensors .py")
        self._prompt.ask(
            title.format(name=run_label(record)),
            f"{record.id}.html",
            MAX_PATH_LENGTH,
            lambda text: self._work(self._export(record, text)),
        )

    async def _export(self, record: RunRecord, text: str) -> None:
        from engine.storage.export.run_export import export_to_file, kind_of

        try:
            kind = kind_of(Path(text), None)
            file = new_file(text)
            await self._stored_runs.ask(lambda store: export_to_file(store, record, file, kind))
        except EngineError as error:
            self._warn(translate(error))
        else:
            message = _("{path} holds the run {run}.").format(path=file.absolute(), run=run_label(record))
            self._panel.notify(message, markup=False)

    def delete(self, record: RunRecord) -> None:
        """Put the run aside."""
        self._work(self._delete(record))

    async def _delete(self, record: RunRecord) -> None:
        try:
            await self._stored_runs.ask(lambda store: store.delete(record.id))
        except EngineError as error:
            self._warn(translate(error))
            return
        self._stored_runs.deleted.append(record.id)
        self._deleted(record.id)
        text = _("{name} is deleted; u restores it.").format(name=run_label(record))
        self._panel.notify(text, markup=False)
        self._changed()

    def undo(self) -> None:
        """Restore the run that was deleted last."""
        if self._stored_runs.deleted:
            run = self._stored_runs.deleted.pop()
            self._work(self._write(lambda store: store.restore(run)))

    async def _write(self, change: Callable[[RunStore], None]) -> None:
        try:
            await self._stored_runs.ask(change)
        except EngineError as error:
            self._warn(translate(error))
        self._changed()

    def _work(self, task: Coroutine[None, None, None]) -> None:
        self._panel.run_worker(task)

    def _warn(self, text: str) -> None:
        self._panel.notify(text, severity="warning", markup=False)
