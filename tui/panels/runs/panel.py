"""The Runs tab: a table of all stored runs, what can be done with one of them, and two side by side."""

import time
from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from engine.errors import EngineError
from engine.sentences import N_
from engine.specification import printable
from engine.storage.run_record import RunRecord
from engine.storage.runs import RunStore
from tui.panels.messages import RunAgain, RunOpened, RunOverlaid
from tui.panels.page import Page
from tui.panels.runs import phrases
from tui.panels.runs.columns import COLUMNS, Row, in_order
from tui.panels.runs.comparison import ComparisonView
from tui.panels.runs.editing import RunEditor
from tui.panels.runs.keys import KEYS
from tui.panels.runs.table import RunTable
from tui.panels.runs.text_prompt import TextPrompt
from tui.session.background import BackgroundThread
from tui.session.run_state import RunState
from tui.session.stored_runs import StoredRuns
from tui.text.command_line import command_line
from tui.text.language import _, translate
from tui.text.phrases import NO_MEMORY, run_label
from tui.widgets.live_text import FixedText, LiveText
from tui.widgets.option_line import OptionLine

MAX_FILTER_LENGTH = 200
BETWEEN_READINGS = 1.0
"""Seconds after which the run that is active is read again."""
WHEN = next(number for number, column in enumerate(COLUMNS) if column.name == "when")
READING, READING_ONE, COMPARING = "reading", "reading-one", "comparing"
"""Groups of work in which only the newest is wanted."""


class RunsPanel(Page, can_focus=False):
    """The runs as they are in the store: read when the tab is opened and when a run starts or ends."""

    TITLE = N_("Runs")
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    DEFAULT_CSS = """
    RunsPanel {
        padding: 0 1;
        & > .runs--top { height: 1; }
        & .runs--heading { height: 1; width: 1fr; }
        & .runs--view { width: 34; }
        & > .runs--nothing { display: none; height: 1fr; content-align: center middle; text-align: center;
                             color: $text-muted; }
        & > .runs--details { height: 4; border-top: solid $foreground 20%;
                             text-wrap: nowrap; text-overflow: ellipsis; }
        &.-empty > .runs--nothing { display: block; }
        &.-empty > RunTable, &.-empty > .runs--details { display: none; }
        &.-comparing > * { display: none; }
        &.-comparing > ComparisonView { display: block; }
    }
    """

    def __init__(self, background: BackgroundThread, stored_runs: StoredRuns) -> None:
        """Show the runs of `stored_runs`."""
        super().__init__(background)
        self._stored_runs = stored_runs
        self._prompt = TextPrompt(closed=self._prompt_closed)
        self._editor = RunEditor(stored_runs, self._prompt, self, self._read, self._forget)
        self._sought = ""
        self._state = RunState()
        self._seen: tuple[object, ...] = ()
        self._read_at, self._epochs_read = 0.0, 0
        self._rows: list[Row] | None = None
        self._complaint, self._damaged = "", 0
        self._column, self._turned = WHEN, False
        self._marked: RunRecord | None = None
        self._heading = FixedText(classes="runs--heading", markup=False)
        self._view_options = OptionLine(classes="runs--view")
        self._choices = OptionLine()
        self._nothing = LiveText(classes="runs--nothing", markup=False)
        self._nothing.can_focus = True  # for the keys that work without a run, such as undo
        self._table = RunTable()
        self._details = FixedText(classes="runs--details", markup=False)
        self._comparison = ComparisonView()

    def compose(self) -> ComposeResult:
        """Yield the parts."""
        with Horizontal(classes="runs--top"):
            yield self._heading
            yield self._view_options
        yield self._choices
        yield self._nothing
        yield self._table
        yield self._details
        yield self._prompt
        yield self._comparison

    # What is shown

    def on_show(self) -> None:
        """Read the store: other programs may have written to it."""
        self._read()

    def show(self, state: RunState) -> None:
        """Take note of where the run stands that is active."""
        self._state = state
        seen = (state.started.run if state.started else None, state.phase.active, state.ended is not None)
        if seen != self._seen:
            self._seen = seen
            self._read()
        elif state.phase.active and state.epochs_done > self._epochs_read:
            self._read_active(state)
        self._mark()

    def _read(self) -> None:
        """Read all runs."""
        self._epochs_read = self._state.epochs_done
        self._read_all()

    @work(group=READING, exclusive=True)
    async def _read_all(self) -> None:
        try:
            self._rows, self._damaged = await self._stored_runs.ask(_all_rows)
            self._complaint = ""
        except EngineError as error:
            self._rows, self._complaint = [], translate(error)
        self._draw()

    def _read_active(self, state: RunState) -> None:
        """Read the one run that goes on, not too often."""
        now = time.monotonic()
        if state.started is not None and now - self._read_at >= BETWEEN_READINGS:
            self._read_at, self._epochs_read = now, state.epochs_done
            self._read_one(state.started.run)

    @work(group=READING_ONE, exclusive=True)
    async def _read_one(self, run: str) -> None:
        try:
            row = await self._stored_runs.ask(lambda store: Row.of(store.record(run)))
        except EngineError:
            return  # it is not kept, which was said when it began
        self._rows = [row if there.record.id == run else there for there in self._rows or ()]
        self._draw()

    def _draw(self) -> None:
        """Show the rows that are wanted, as they are to be sorted."""
        if not self.is_attached:
            return
        rows, column = self._rows or [], COLUMNS[self._column]
        sought = self._sought.casefold().split()
        found = [row for row in rows if row.fits(sought)]
        shown = in_order(found, column, turned=self._turned)
        self._table.show(shown, self._column, falling=column.falling is not self._turned)
        show_message = (
            ""
            if shown
            else phrases.show_message(
                self._complaint, len(rows), self._sought, is_read=self._rows is not None
            )
        )
        self.set_class(bool(show_message), "-empty")
        self._nothing.set_text(show_message)
        self._heading.set_text(phrases.heading(len(shown), len(rows), self._sought, self._damaged))
        self._mark()
        self._describe()
        if (
            self.has_focus_within or (self.screen.focused is None and self.display)
        ) and not self._prompt.is_open:
            self._take_keys()

    def _take_keys(self) -> None:
        """Give the keys to what is seen."""
        if self._is_comparing:
            self.screen.set_focus(self._comparison)
        else:
            self.screen.set_focus(self._nothing if self.has_class("-empty") else self._table)

    def _mark(self) -> None:
        overlaid = {overlay.run: overlay.number for overlay in self._state.overlays}
        self._table.mark(overlaid, self._marked.id if self._marked else None)
        self._offer()

    def _describe(self) -> None:
        """Say what the run under the cursor is."""
        record = self._here
        self._details.set_text(phrases.details(record) if record else "")
        self._offer()
        self.refresh_bindings()

    def _offer(self) -> None:
        record, marked = self._here, self._marked
        is_there = bool(self._rows)
        self._view_options.show(
            phrases.view_options(self._column, turned=self._turned, sought=self._sought) if is_there else ()
        )
        self._choices.show(
            phrases.options(
                record,
                is_marked=marked is not None and record is not None and marked.id == record.id,
                waits=marked is not None,
                is_overlaid=any(record and overlay.run == record.id for overlay in self._state.overlays),
                undo=bool(self._stored_runs.deleted),
            )
        )

    @property
    def _here(self) -> RunRecord | None:
        row = self._table.here
        return row.record if row else None

    # Keys and mouse

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what would do something."""
        if self._prompt.is_open:
            return False
        if action == "back":
            return self._is_comparing or bool(self._sought) or self._marked is not None
        if self._is_comparing:
            return False
        if action == "undo":
            return bool(self._stored_runs.deleted)
        if action in ("filter", "sort", "turn"):
            return bool(self._rows)
        return self._here is not None

    def on_mouse_down(self) -> None:
        """Take the keys when the tab is clicked anywhere: a click on an offered key presses it."""
        if not self.has_focus_within:
            self._take_keys()

    def on_run_table_moved(self) -> None:
        """Say what the run is that the cursor has come to."""
        self._describe()

    def on_run_table_entered(self) -> None:
        """Open the run that was clicked twice."""
        self.action_open()

    def on_run_table_sorted(self, message: RunTable.Sorted) -> None:
        """Sort by the column that was clicked; if it is that already, the other way round."""
        self._turned = message.column == self._column and not self._turned
        self._column = message.column
        self._draw()

    def action_sort(self, by: int) -> None:
        """Sort by another column."""
        self._column, self._turned = (self._column + by) % len(COLUMNS), False
        self._draw()

    def action_turn(self) -> None:
        """Sort the other way round."""
        self._turned = not self._turned
        self._draw()

    def action_filter(self) -> None:
        """Show only the runs in which some words are found, as they are typed."""
        title = _("Filter: enter keeps it, escape shows all")
        self._prompt.ask(title, self._sought, MAX_FILTER_LENGTH, typed=self._seek)
        self.refresh_bindings()

    def _seek(self, text: str) -> None:
        self._sought = text
        self._draw()

    def _prompt_closed(self) -> None:
        self._take_keys()
        self.refresh_bindings()

    def action_rename(self) -> None:
        """Ask for another name."""
        self._edit(self._editor.rename)

    def action_note(self) -> None:
        """Ask for a note."""
        self._edit(self._editor.annotate)

    def action_resume(self) -> None:
        """Resume the run."""
        self._edit(self._editor.resume)

    def action_export(self) -> None:
        """Write the run into a file."""
        self._edit(self._editor.export)

    def action_delete(self) -> None:
        """Put the run aside."""
        self._edit(self._editor.delete)

    def _edit(self, change: Callable[[RunRecord], None]) -> None:
        if self._here:
            change(self._here)
            self.refresh_bindings()

    def action_undo(self) -> None:
        """Restore the run that was deleted last."""
        self._editor.undo()

    def action_open(self) -> None:
        """Show the run in all tabs."""
        if self._here:
            self.post_message(RunOpened(self._here.id))

    def action_overlay(self) -> None:
        """Overlay its curves on the charts, or remove them."""
        if self._here:
            self.post_message(RunOverlaid(self._here.id))

    def action_again(self) -> None:
        """Start another run with the settings that this one began with."""
        if self._here:
            started = self._here.started
            self.post_message(
                RunAgain(started.hyperparameters, started.network.source if started.network else None)
            )

    def action_copy(self) -> None:
        """Copy the command that trains the same."""
        if self._here:
            started = self._here.started
            command = command_line(started.hyperparameters, self._here.data, started.network)
            self.app.copy_to_clipboard(command)
            self.notify(_("Copied: {command}").format(command=printable(command, 500)), markup=False)

    def action_back(self) -> None:
        """Go back to the table; there, show all runs again; then drop the mark."""
        if self._is_comparing:
            self._show_comparison(False)
        elif self._sought:
            self._sought = ""
        else:
            self._marked = None
        self._draw()

    def _forget(self, run: str) -> None:
        """Take a run off the charts, and out of a comparison."""
        if any(overlay.run == run for overlay in self._state.overlays):
            self.post_message(RunOverlaid(run))
        if self._marked is not None and self._marked.id == run:
            self._marked = None

    # Two runs

    @property
    def _is_comparing(self) -> bool:
        return self.has_class("-comparing")

    def action_compare(self) -> None:
        """Mark a run; compare the next one with it."""
        here = self._here
        if here is None:
            return
        if self._marked is None or self._marked.id == here.id:
            self._marked = here if self._marked is None else None
            self._mark()
            self.refresh_bindings()
            return
        first, self._marked = self._marked, None
        self._comparison.wait(run_label(first), run_label(here))
        self._show_comparison(True)
        self._compare(first, here)

    @work(group=COMPARING, exclusive=True)
    async def _compare(self, first: RunRecord, second: RunRecord) -> None:
        try:
            self._comparison.show(await self._stored_runs.compare(first, second))
        except EngineError as error:
            self._comparison.complain(translate(error))
        except MemoryError:
            self._comparison.complain(translate(NO_MEMORY))

    def _show_comparison(self, wanted: bool) -> None:
        self.set_class(wanted, "-comparing")
        self._mark()
        self._take_keys()
        self.refresh_bindings()


def _all_rows(store: RunStore) -> tuple[list[Row], int]:
    """Return a row for each run, and of how many runs there can be none."""
    return [Row.of(record) for record in store.records()], store.unreadable
