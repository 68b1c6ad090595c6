"""What takes a stored run onto the screen: opened in all panels, laid over the charts, asked, run again."""

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import work

from engine.commands import Explain, FetchWeights, Inspect, Question
from engine.errors import EngineError
from tui.app.shell import Shell
from tui.panels.keys import refusal
from tui.panels.messages import (
    ExplanationWanted,
    FieldsWanted,
    FormWanted,
    Happened,
    PredictionsWanted,
    RunAgain,
    RunOpened,
    RunOverlaid,
    WeightsWanted,
)
from tui.session.run_state import RunState
from tui.text.language import _, plural, translate
from tui.text.phrases import NO_MEMORY

if TYPE_CHECKING:
    from engine.storage.run_record import RunRecord
    from engine.storage.runs import RunStore
    from tui.session.overlays import Overlay

OPENING, LOOKING, EXPLAINING, FETCHING = "opening", "looking", "explaining", "fetching"
"""Work of which only the newest is wanted."""


class ArchiveDesk(Shell, inherit_bindings=False):
    """An app that shows stored runs as it shows a live one. What the live one does is `MlpApp`'s."""

    def on_unmount(self) -> None:
        """Let go of the store."""
        self._archive.close()
        self._laboratory.close()

    def _warn(self, words: str) -> None:
        self.notify(words, severity="warning", markup=False)

    # Opened

    def on_run_opened(self, message: RunOpened) -> None:
        """Show a stored run in all panels, unless one is active."""
        shown = self.state.started
        if shown is not None and shown.run == message.run and self.state.stored is None:
            self._show_train()  # it is on the screen, more of it than is kept
        elif words := refusal("open_run", self.state):
            self._warn(words)
        else:
            self._open(message.run)

    @work(group=OPENING, exclusive=True)
    async def _open(self, run: str) -> None:
        await self._show_run(run)

    async def _show_run(self, run: str) -> None:
        """Read a stored run and show it, or say why that cannot be done."""
        try:
            replayed = await self._archive.ask(lambda store: _replayed(store, run))
        except EngineError as error:
            self._warn(translate(error))
            return
        if words := refusal("open_run", self.state):  # one has started meanwhile
            self._warn(words)
            return
        self.state.become(replayed)
        self._show_train()
        self.refresh_bindings()

    def _show_train(self) -> None:
        self._redraw()
        if self._is_standing:
            with self.batch_update():
                self._tabs.open("train", self.state)

    # Asked

    def on_predictions_wanted(self, message: PredictionsWanted) -> None:
        """Have the weights of a stored run say what they make of the images."""
        if self.state.stored is not None:
            self._look(Inspect(message.epoch, message.split), self.state.stored.record)

    def on_explanation_wanted(self, message: ExplanationWanted) -> None:
        """Have the weights of a stored run say why."""
        if self.state.stored is not None:
            self._explain(Explain(message.split, message.index, message.other), self.state.stored.record)

    def on_weights_wanted(self, message: WeightsWanted) -> None:
        """Hand over the weights of a stored run, unless they were asked for."""
        state = self.state
        if state.stored is not None and state.weights_asked != state.moment:
            state.weights_asked = state.moment
            self._fetch(state.stored.record)

    @work(group=FETCHING, exclusive=True)
    async def _fetch(self, record: "RunRecord") -> None:
        await self._answer(FetchWeights(), record)

    @work(group=LOOKING, exclusive=True)
    async def _look(self, question: Inspect, record: "RunRecord") -> None:
        await self._answer(question, record)

    @work(group=EXPLAINING, exclusive=True)
    async def _explain(self, question: Explain, record: "RunRecord") -> None:
        await self._answer(question, record)

    async def _answer(self, question: Question, record: "RunRecord") -> None:
        missing, answer = None, None
        try:
            answer = await self._archive.answer(record, question)
        except EngineError as error:
            missing = error.sentence
        except MemoryError:
            missing = NO_MEMORY
        stored = self.state.stored
        if stored is None or stored.record is not record:
            return  # another run is shown by now
        if answer is not None:
            self.post_message(Happened(answer))
        elif missing is not None:
            self.state.stored = replace(stored, missing=missing)
            self._dirty = True

    # Laid over

    def on_run_overlaid(self, message: RunOverlaid) -> None:
        """Lay the curves of a stored run over those that are shown, or take them off again."""
        left = tuple(overlay for overlay in self.state.overlays if overlay.run != message.run)
        if len(left) < len(self.state.overlays):
            self._overlay(left)
        else:
            self._lay_over(message.run)

    @work
    async def _lay_over(self, run: str) -> None:
        from tui.session.overlays import free_number, overlay_of

        try:
            overlay = await self._archive.ask(lambda store: overlay_of(store, store.record(run)))
        except EngineError as error:
            self._warn(translate(error))
            return
        there, number = self.state.overlays, free_number(self.state.overlays)
        if any(other.run == run for other in there):
            return  # the key was pressed again before it was read
        if not overlay.epochs:
            self._warn(_("{name} has no curve: none of its epochs ended.").format(name=overlay.label))
        elif number is None:
            words = plural(
                "{count} run lies over the charts, and no more can.",
                "{count} runs lie over the charts, and no more can.",
                len(there),
            )
            self._warn(words + " " + _("o takes one off."))
        else:
            self._overlay((*there, replace(overlay, number=number)))

    def _overlay(self, overlays: "tuple[Overlay, ...]") -> None:
        self.state.overlays = overlays
        self._redraw()

    def on_form_wanted(self, message: FormWanted) -> None:
        """Put other hyperparameters into the form, where ctrl+z brings the old ones back."""
        self._drawer.put(message.hyperparameters)
        self._drawer.hide(message.hidden)
        self._drawer.open()

    def on_fields_wanted(self, message: FieldsWanted) -> None:
        """Put values into the form, where ctrl+z brings the old ones back."""
        self._drawer.change(message.values)
        self.notify(_("They are in the form; ctrl+z there takes them back."), markup=False)

    def on_all_fields_wanted(self) -> None:
        """Leave nothing out of the form any more."""
        self._drawer.hide(())

    # Run again

    async def on_run_again(self, message: RunAgain) -> None:
        """Put the settings of a stored run into the form, and start."""
        if words := refusal("run", self.state):
            self._warn(words)
            return
        self._drawer.put(message.hyperparameters)
        await self.run_action("run")


def _replayed(store: "RunStore", run: str) -> RunState:
    """Return what a run looked like at its end."""
    state = RunState()
    for event in store.history(run):
        state.fold(event)
    state.shelve(store.record(run))
    return state
