"""The app: who hears of what. What is shown stands in the panels, what is known in `RunState`."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from textual.app import SystemCommand
from textual.screen import Screen

from engine.events import (
    ChangeRejected,
    DataFailed,
    DataLoaded,
    Diverged,
    Event,
    HyperparameterChanged,
    RunEnded,
    RunFailed,
    RunStarted,
    StorageFailed,
)
from engine.hyperparameters import Hyperparameters
from engine.storage.presets import DEFAULT_PRESET
from tui.app.finder_desk import FinderDesk
from tui.app.palette import Palette, commands
from tui.app.signals import leave_on_signals
from tui.panels.keys import BINDINGS, question, refusal
from tui.panels.messages import (
    CellOpened,
    ExplanationWanted,
    FieldChanged,
    Happened,
    HintTaken,
    PredictionsWanted,
    RunResumed,
    WeightsWanted,
)
from tui.session.run_state import Phase
from tui.session.settings import Settings
from tui.session.training_control import Steering, WorkerFactory, training_worker
from tui.text.language import LANGUAGES, _, translate
from tui.text.phrases import proposal, sentence
from tui.widgets.tab_bar import TabBar

REDRAWS_PER_SECOND = 5
SECONDS_TO_AGREE = 10


class MlpApp(FinderDesk, inherit_bindings=False):
    """The terminal app. It paints first; form, data and NumPy follow."""

    BINDINGS = BINDINGS

    def __init__(
        self,
        hyperparameters: Hyperparameters | None = None,
        *,
        preset: str = DEFAULT_PRESET,
        data: Path | None = None,
        log: Path | None = None,
        home: Path | None = None,
        settings: Settings | None = None,
        worker_factory: WorkerFactory | None = None,
    ) -> None:
        """Open on these hyperparameters, which began with `preset`.

        The worker reads `data`, writes what it prints to `log` and keeps its runs at `home`, if anywhere.
        """
        super().__init__(hyperparameters or Hyperparameters(), preset, settings or Settings(), home, data)
        make_worker = worker_factory or training_worker(data, log, home)
        self._steering = Steering(self.state, make_worker, self._hear)
        self._agreed_to_lose: str | None = None

    # What is on the screen

    def on_mount(self) -> None:
        """Show the empty panels, then furnish the rest."""
        leave_on_signals(lambda status: self.exit(return_code=status), self._steering.close)
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        self.set_interval(1 / REDRAWS_PER_SECOND, self._redraw_if_dirty)
        self._redraw()
        if self.settings.complaint is not None:
            self.notify(translate(self.settings.complaint), severity="warning", markup=False)
        self.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        """Start the worker, then do what the first paint could do without."""
        self._steering.start()
        await self._furnish()

    def on_unmount(self) -> None:
        """Leave no process behind."""
        self._steering.close()

    def on_tab_bar_chosen(self, message: TabBar.Chosen) -> None:
        """Show the tab that was clicked."""
        self.action_show_tab(message.tab)

    # What the worker says

    def _hear(self, event: Event) -> None:
        """Take an event from the worker's thread; never wait for the screen there."""
        self.post_message(Happened(event))

    def on_happened(self, message: Happened) -> None:
        """Take an event into the state, and tell a person what must not be missed."""
        event, before = message.event, (self.state.phase, self.state.starting)
        self.state.fold(event)
        self._dirty = True
        match event:
            case DataLoaded() if self._steering.run_wanted:
                self._run()
            case RunStarted():
                self._drawer.uncover()
                self._tabs.uncover()
            case RunEnded() | HyperparameterChanged() if not self._train_is_in_view:
                self.notify(sentence(event), markup=False)
            case ChangeRejected(name=name) | RunFailed(name=str() as name):
                self._complain(sentence(event))
                self._drawer.show_error(name, event.message)
            case Diverged() if not self._train_is_in_view:
                self._complain(sentence(event))
            case DataFailed() | StorageFailed():
                self._complain(sentence(event))
            case RunFailed() if self.state.phase is Phase.FAILED:
                self._steering.run_wanted = False
                self._complain(sentence(event))
        if (self.state.phase, self.state.starting) != before:
            self._redraw()
            self.refresh_bindings()

    @property
    def _train_is_in_view(self) -> bool:
        """Whether "What happened" is seen, so that a notification would only repeat it over a chart."""
        return self._tabs.active == "train" and not (self._drawer.covers_tabs or self._tabs.above)

    def _complain(self, words: str) -> None:
        self.notify(words, severity="error", timeout=10, markup=False)

    # What a person asks for

    def _possible(self, action: str) -> bool:
        """Whether `action` can do something now; if not, say why."""
        why = refusal(action, self.state)
        if why is not None:
            self.notify(why, severity="warning", markup=False)
        return why is None

    def _agreed(self, action: str) -> bool:
        """Whether nothing is lost by `action`, or it was asked for again after being told what."""
        words, run = question(action, self.state), self.state.started.run if self.state.started else None
        if words is None or run == self._agreed_to_lose:
            return True
        self._agreed_to_lose = run
        self.set_timer(SECONDS_TO_AGREE, self._disagree)
        self.notify(words, severity="warning", timeout=SECONDS_TO_AGREE, markup=False)
        return False

    def _disagree(self) -> None:
        self._agreed_to_lose = None

    def action_run(self) -> None:
        """Start a run, at once or as soon as the data is there."""
        if self._possible("run") and self._agreed("run"):
            self._steering.start()
            if self.state.phase is Phase.LOADING:
                self._steering.run_wanted = True
                self.notify(_("The run starts as soon as the data is there."), markup=False)
                self._redraw()
            else:
                self._run()

    def _run(self) -> None:
        """Start a run with what the form says, unless a field of it is not valid."""
        self._steering.run_wanted = False
        hyperparameters = self._drawer.hyperparameters()
        if hyperparameters is None:
            self._complain(_("The run does not start: a field of the form is not valid."))
            return
        self._steering.run(hyperparameters)
        self._redraw()
        self.refresh_bindings()

    def action_pause_or_resume(self) -> None:
        """Pause the run, or let it go on."""
        if self._possible("pause_or_resume"):
            self._steering.pause_or_resume()

    def action_stop(self) -> None:
        """End the run; the best weights are tested."""
        if self._possible("stop"):
            self._steering.stop()

    def action_step(self) -> None:
        """Learn one mini-batch, then wait."""
        if self._possible("step"):
            self._steering.step()

    async def on_run_resumed(self, message: RunResumed) -> None:
        """Show a stored run, then go on with it."""
        if not self._possible("run"):
            return
        if self.state.started is None or self.state.started.run != message.run:
            await self._show_run(message.run)
        if self.state.started is not None and self.state.started.run == message.run:
            self._steering.start()
            self._steering.go_on(message.run, message.epochs)
            self.action_show_tab("train")

    def on_field_changed(self, message: FieldChanged) -> None:
        """Pass a change on to a run that can take it."""
        self._steering.change(message.name, message.value)

    def on_hint_taken(self, message: HintTaken) -> None:
        """Put what a hint proposes into the form; a run that is active and can take it has it at once."""
        hint, run = message.hint, self.state.hyperparameters
        if self.state.stored is not None and run is not None:
            self._drawer.put(run.changed(hint.name, hint.new))
        else:
            self._drawer.change({hint.name: hint.new})
        if not (self.state.active and hint.is_live):
            words = _("{change} is in the form for the next run; ctrl+z there takes it back.")
            self.notify(words.format(change=proposal(hint)), markup=False)

    def on_predictions_wanted(self, message: PredictionsWanted) -> None:
        """Ask for the predictions behind a matrix; those of a stored run are `ArchiveDesk`'s."""
        if self.state.stored is None:
            self._steering.fetch_predictions(message.split, message.epoch)

    def on_explanation_wanted(self, message: ExplanationWanted) -> None:
        """Ask why an image is read as it is."""
        if self.state.stored is None:
            self._steering.explain(message.split, message.index, message.other)

    def on_weights_wanted(self, message: WeightsWanted) -> None:
        """Ask for the newest weights, once."""
        if self.state.stored is None and self.state.weights_asked != self.state.moment:
            self.state.weights_asked = self.state.moment
            self._steering.fetch_weights()

    def on_cell_opened(self, message: CellOpened) -> None:
        """Show the images of a cell of the confusion matrix."""
        if self._is_standing:
            with self.batch_update():
                self._tabs.open_cell(message, self.state)

    # Where to look

    def action_form(self) -> None:
        """Go to the form; from there, or where it covers the tabs, close it."""
        self._drawer.toggle()

    def on_field_entered(self) -> None:
        """Let the help follow the field that has the keys."""
        self._show_help()

    def on_descendant_focus(self) -> None:
        """Let the help follow the focus."""
        self._show_help()

    def on_descendant_blur(self) -> None:
        """Give the keys back to the tab when nothing else has them."""
        cramped = self.default_screen.has_class("-cramped")  # the focus comes back when there is room
        if self.app_focus and self.default_screen.focused is None and not cramped:
            self._tabs.take_keys()

    async def action_leave(self) -> None:
        """Close the help; without it, leave the form."""
        if self._help.is_open:
            await self.action_help()
        else:
            self._drawer.leave()

    # Keys, footer, palette

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave letters and digits to a field that has the focus."""
        return not (action in ("unless_typing", "show_tab") and self._drawer.has_keys)

    async def action_unless_typing(self, action: str) -> None:
        """Do what a letter stands for."""
        await self.run_action(action)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Return every action of the keys, then what Textual has to offer."""
        yield from commands(self, self.local_keys(), super().get_system_commands(screen))
        yield from self._drawer.commands()
        for tab, page, words in self._tabs.pages():
            yield SystemCommand(words, _("Page"), partial(self.open_page, tab, page))
        for code, name in LANGUAGES.items():
            yield SystemCommand(name, _("Language"), partial(self.speak, code))

    def action_command_palette(self) -> None:
        """Open the palette."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def action_help_quit(self) -> None:
        """Say how to leave to someone who pressed ctrl+c."""
        self.notify(_("ctrl+q leaves."), markup=False)
