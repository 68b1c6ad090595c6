"""What is typed about runs in the tab, and what changes them: names, notes, more epochs, deletion, undo."""

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from pathlib import Path

from textual import on, work
from textual.containers import Vertical

from engine.errors import EngineError, ExportError, HyperparameterError
from engine.sentences import N_
from engine.specification import printable
from engine.storage.run_record import MAX_NAME_LENGTH, RunRecord
from engine.storage.runs import MAX_NOTE_LENGTH, RunStore
from tui.panels.messages import RunResumed
from tui.panels.runs.text_prompt import TextPrompt
from tui.session.stored_runs import StoredRuns
from tui.text.language import _, translate
from tui.text.phrases import run_label

LONGEST_FILTER, LONGEST_NUMBER, LONGEST_PATH = 200, 20, 4_000


class RunEditing(Vertical):
    """Runs that can be changed; how they are shown is `RunsPanel`'s."""

    def __init__(self, stored_runs: StoredRuns, *, id: str | None = None) -> None:  # noqa: A002
        """Change the runs of `stored_runs`."""
        super().__init__(id=id)
        self._stored_runs = stored_runs
        self._line = TextPrompt()
        self._sought = ""
        self._typing: Callable[[str], object] | None = None

    @property
    @abstractmethod
    def _here(self) -> RunRecord | None:
        """The run under the cursor."""

    @abstractmethod
    def _read(self) -> None:
        """Read all runs."""

    @abstractmethod
    def _draw(self) -> None:
        """Show the runs that are wanted."""

    @abstractmethod
    def _take_keys(self) -> None:
        """Give the keys to what is seen."""

    @abstractmethod
    def _forget(self, run: str) -> None:
        """Take a run off the charts, and out of a comparison."""

    # What is typed

    def action_filter(self) -> None:
        """Show only the runs in which some words are found, as they are typed."""
        self._type(_("Filter: enter keeps it, escape shows all"), self._sought, LONGEST_FILTER, None)

    def action_rename(self) -> None:
        """Ask for another name."""
        if record := self._here:
            title = _("Rename {name}: enter keeps it, escape leaves it").format(name=run_label(record))
            name = printable(record.name, MAX_NAME_LENGTH)
            self._type(title, name, MAX_NAME_LENGTH, self._changing(record, name, RunStore.rename))

    def action_note(self) -> None:
        """Ask for a note."""
        if record := self._here:
            title = _("Note for {name}: enter keeps it, escape leaves it").format(name=run_label(record))
            note = printable(record.note, MAX_NOTE_LENGTH)
            self._type(title, note, MAX_NOTE_LENGTH, self._changing(record, note, RunStore.annotate))

    def action_resume(self) -> None:
        """Go on with the run; of one that is done, ask for how many epochs in all."""
        if (record := self._here) is None:
            return
        if record.state in ("completed", "stopped_early"):
            title = _("Resume {name} up to which epoch? enter starts, escape leaves it")
            then = partial(self._resume, record)
            self._type(title.format(name=run_label(record)), str(2 * record.epochs), LONGEST_NUMBER, then)
        else:
            self.post_message(RunResumed(record.id))

    def _resume(self, record: RunRecord, text: str) -> None:
        try:
            epochs = record.hyperparameters.changed("epochs", text).epochs
        except HyperparameterError as error:
            self.notify(translate(error), severity="warning", markup=False)
        else:
            self.post_message(RunResumed(record.id, epochs))

    def action_export(self) -> None:
        """Ask for a file, whose ending says what it will hold."""
        if record := self._here:
            title = _("Export {name} to which file? .html .csv .json .npz .onnx .safetensors .py")
            then = partial(self._export, record)
            self._type(title.format(name=run_label(record)), f"{record.id}.html", LONGEST_PATH, then)

    @work
    async def _export(self, record: RunRecord, text: str) -> None:
        from engine.storage.export.run_export import export_to_file, kind_of

        file = Path(text)
        try:
            file = file.expanduser()
            kind = kind_of(file, None)
            if file.exists():
                raise ExportError(N_("{path} is there already; choose another name."), path=file)
            await self._stored_runs.ask(lambda store: export_to_file(store, record, file, kind))
        except (EngineError, OSError, RuntimeError) as error:  # a home folder that nobody knows, too
            message = translate(error) if isinstance(error, EngineError) else str(error)
            self.notify(message, severity="warning", markup=False)
        else:
            message = _("{path} holds the run {run}.").format(path=file.absolute(), run=run_label(record))
            self.notify(message, markup=False)

    def _changing(
        self, record: RunRecord, before: str, change: Callable[[RunStore, str, str], None]
    ) -> Callable[[str], None]:
        """Return what writes a text into the store, if it is another than before."""

        def keep(text: str) -> None:
            if text != before:
                self._write(lambda store: change(store, record.id, text))

        return keep

    def _type(self, title: str, text: str, limit: int, then: Callable[[str], object] | None) -> None:
        """Open the line; `then` takes the text that is entered, None for a filter."""
        self._typing = then
        self._line.open(title, text, limit)
        self.refresh_bindings()

    @on(TextPrompt.Typed)
    def _typed(self, message: TextPrompt.Typed) -> None:
        if self._typing is None:
            self._sought = message.text
            self._draw()

    @on(TextPrompt.Entered)
    def _entered(self, message: TextPrompt.Entered) -> None:
        if self._typing is not None:
            self._typing(message.text)
        self._close_line()

    @on(TextPrompt.GivenUp)
    def _given_up(self) -> None:
        if self._typing is None:
            self._sought = ""
            self._draw()
        self._close_line()

    def _close_line(self) -> None:
        self._line.close()
        self._take_keys()
        self.refresh_bindings()

    # What is written

    def action_delete(self) -> None:
        """Put the run aside."""
        if record := self._here:
            self._delete(record)

    @work
    async def _delete(self, record: RunRecord) -> None:
        try:
            await self._stored_runs.ask(lambda store: store.delete(record.id))
        except EngineError as error:
            self.notify(translate(error), severity="warning", markup=False)
            return
        self._stored_runs.deleted.append(record.id)
        self._forget(record.id)
        self.notify(_("{name} is deleted; u has it back.").format(name=run_label(record)), markup=False)
        self._read()

    def action_undo(self) -> None:
        """Have the run back that was deleted last."""
        if self._stored_runs.deleted:
            run = self._stored_runs.deleted.pop()
            self._write(lambda store: store.restore(run))

    def _write(self, change: Callable[[RunStore], None]) -> None:
        """Change something in the store, and show what it holds then."""
        self._change(change)

    @work
    async def _change(self, change: Callable[[RunStore], None]) -> None:
        try:
            await self._stored_runs.ask(change)
        except EngineError as error:
            self.notify(translate(error), severity="warning", markup=False)
        self._read()
