"""The app: which message calls what. It decides nothing: that is done in `tui.session` and in the panels."""

import asyncio
import shutil
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import events, work
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import Theme
from textual.timer import Timer

from engine.commands import ExplainPrediction, FetchPredictions, FetchWeights, Query
from engine.data.location import Location, absolute, location_words
from engine.errors import EngineError, HyperparameterError
from engine.events import (
    ChangeRejected,
    DataFailed,
    DataLoaded,
    Diverged,
    Event,
    HyperparameterChanged,
    NumericsChanged,
    RunEnded,
    RunFailed,
    RunStarted,
    StorageFailed,
)
from engine.experiments.events import BestSetting, ExperimentEnded, ExperimentFailed
from engine.hyperparameters import Hyperparameters
from engine.sentences import Sentence
from engine.storage.presets import DEFAULT_PRESET
from engine.workshop.own_network.source import left_out, only_applicable
from tui.app.ascii_filter import PlainLines
from tui.app.keys import BINDINGS
from tui.app.main_screen import MainScreen
from tui.app.palette import Palette, commands
from tui.app.signals import leave_on_signals
from tui.app.themes import DEFAULT_THEME, THEMES
from tui.panels.form_drawer import FormDrawer
from tui.panels.learning_rate_finder import FinderPanel
from tui.panels.local_keys import LocalKey
from tui.panels.messages import (
    DataOpened,
    ExperimentHappened,
    ExplanationWanted,
    FieldsWanted,
    FormWanted,
    Happened,
    HintTaken,
    OwnNetworkWanted,
    PredictionsWanted,
    RunAgain,
    RunOpened,
    RunOverlaid,
    RunResumed,
    WeightsWanted,
    WorkshopOpened,
)
from tui.panels.tabs import Tabs
from tui.session.available_actions import question, refusal
from tui.session.background import BackgroundThread
from tui.session.experiments import Experiments
from tui.session.learning_rate_finder import LearningRateFinder
from tui.session.redraw_pace import RedrawPace
from tui.session.run_state import Phase, RunState
from tui.session.settings import Settings
from tui.session.stored_runs import StoredRuns
from tui.session.training_control import SECONDS_TO_CONFIRM, TrainingControl, WorkerFactory, training_worker
from tui.session.watching import Watching
from tui.session.workshop import Workshop
from tui.text.cell_widths import break_chinese_lines
from tui.text.glyphs import is_ascii
from tui.text.language import LANGUAGES, _, translate, use_language
from tui.text.phrases import proposal, sentence
from tui.widgets.confusion_grid import CellOpened
from tui.widgets.hyperparameter_form import FieldChanged, FieldVaried

if TYPE_CHECKING:
    from engine.watching.sources import Source

SECONDS_TO_REDRAW = 0.05
"""How often it is asked whether something is to be drawn; `RedrawPace` says when."""
SECONDS_TO_ESTIMATE = 0.5
"""After a change of the form, before it is found out how long a run would take."""


class MlpApp(App[None], inherit_bindings=False):
    """The terminal app. It paints first; form, data and NumPy follow.

    state: the run that is shown; training: the training process; background: the thread that computes;
    stored_runs: the runs on the disk; finder: the learning-rate finder; main_screen: all that is seen;
    pace: when that is drawn
    """

    TITLE = "mlp-tui"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    AUTO_FOCUS = None
    ALLOW_SELECT = False  # Textual 8.2.8 fails on a click at a widget that has just been taken away
    BINDINGS = BINDINGS

    def __init__(
        self,
        hyperparameters: Hyperparameters | None = None,
        *,
        preset: str = DEFAULT_PRESET,
        data: Location | None = None,
        log: Path | None = None,
        home: Path | None = None,
        settings: Settings | None = None,
        workshop: Path | None = None,
        source: "Source | None" = None,
        worker_factory: WorkerFactory | None = None,
    ) -> None:
        """Open on these hyperparameters, which began with `preset`.

        The worker reads `data`, writes what it prints to `log` and keeps its runs at `home`, if anywhere. It
        starts with the first run where a `source` is watched. With a folder `workshop` the app opens there,
        in the workshop.
        """
        super().__init__()
        break_chinese_lines()
        self.settings = settings or Settings()
        for theme in THEMES:
            self.register_theme(theme)
        chosen = self.settings.theme
        self.theme = chosen if chosen in self.available_themes else DEFAULT_THEME
        self.animation_level = "none"  # a key answers at once, and little crosses an SSH connection
        self.background = BackgroundThread(data)
        self.stored_runs = StoredRuns(home, self.background)
        self.finder = LearningRateFinder(self.background)
        folder = workshop or (Path(self.settings.workshop) if self.settings.workshop else None)
        self.workshop = Workshop(home, folder)
        opened: tuple[str, dict[str, str]] = ("learn", {"learn": "workshop"}) if workshop else ("train", {})
        self.state = RunState(look_up=self.stored_runs.look_up)
        self.training = TrainingControl(
            self.state, worker_factory or training_worker(data, log, home), self._post_event
        )
        self.experiments = Experiments(home, self._post_experiment)
        self.experiments.form = lambda: self.main_screen.drawer.committed
        self.main_screen = MainScreen(
            self.state,
            FormDrawer(hyperparameters or Hyperparameters(), preset).set_class(source is not None, "-closed"),
            Tabs(
                *(self.stored_runs, self.background, self.settings, self.workshop, self.experiments), *opened
            ),
            shutil.get_terminal_size(),
        )
        self.watching = Watching(source) if source is not None else None
        self.pace = RedrawPace()
        self._estimate_due: Timer | None = None
        self.is_outdated = True
        self._switching = asyncio.Lock()

    # The screen

    def get_default_screen(self) -> Screen[None]:
        """Return the screen that the app opens with."""
        return self.main_screen

    @property
    def default_screen(self) -> Screen[None]:
        """The screen that queries of the app go to; Textual's own is the one that it opened with."""
        return self.main_screen

    def on_mount(self) -> None:
        """Show the empty panels, then mount the rest."""
        leave_on_signals(lambda status: self.exit(return_code=status), self.training.close)
        self.theme_changed_signal.subscribe(self, self._save_theme)
        self.app_suspend_signal.subscribe(self, lambda _app: self.training.suspend())
        self.app_resume_signal.subscribe(self, lambda _app: self.training.wake())
        self.set_interval(SECONDS_TO_REDRAW, self.redraw_if_due)
        self.redraw()
        if self.workshop.folder is not None and str(self.workshop.folder) != self.settings.workshop:
            self._save(workshop=str(self.workshop.folder))
        if self.settings.complaint is not None:
            self._warn(translate(self.settings.complaint))
        self.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        """Start the worker, or watch; then mount what the first paint could do without."""
        if self.watching is None:
            self.training.start()
        else:
            self.watching.start()
        await self.main_screen.mount_rest()
        if self.settings.experiment and self.watching is None:
            self.experiments.go_on(self.settings.experiment)
            self.notify(_("The experiment of before goes on; tab Runs, page Experiments."), markup=False)

    def on_unmount(self) -> None:
        """Leave no process and no open file behind."""
        self._stop_watching()
        self.training.close()
        self.experiments.close()
        self.stored_runs.close()
        self.background.close()
        self.workshop.close()

    async def on_event(self, event: events.Event) -> None:
        """Let a key come before what the run has to show."""
        if isinstance(event, events.InputEvent):
            self.pace.press()
        await super().on_event(event)

    def redraw_if_due(self) -> None:
        """Draw what has happened since the last time, and measure what that takes of the main thread."""
        self._take_what_is_watched()
        if self.is_outdated and self.pace.is_due:
            self.pace.begin()
            began = time.thread_time()
            self.redraw()
            self.call_after_refresh(lambda: self.pace.end(time.thread_time() - began))

    def _take_what_is_watched(self) -> None:
        """Take what has come of a run that another program trains."""
        before = self.state.phase
        if self.watching is not None and self.watching.take_into(self.state):
            self.is_outdated = True
            if self.state.phase is not before:
                self._redraw_with_keys()

    def _watch(self, source: "Source") -> None:
        """Watch another source from here on."""
        self._stop_watching()
        self.state.replace_with(RunState())
        self.watching = Watching(source)
        self.watching.start()

    def _stop_watching(self) -> None:
        """Watch no more; what has come stays."""
        if self.watching is not None:
            self.watching.close()
            self.watching = self.state.watched = None

    def redraw(self) -> None:
        """Show the state in what can be seen of it."""
        self.is_outdated = not self.main_screen.draw()

    def _redraw_with_keys(self) -> None:
        self.redraw()
        self.refresh_bindings()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what lines go through on their way to the terminal."""
        return [*super().get_line_filters(), *([PlainLines()] if is_ascii() else [])]

    def get_key_display(self, binding: Binding) -> str:
        """Return what a key is called: by its name where its sign cannot be drawn."""
        display = super().get_key_display(binding)
        return display if display.isascii() or not is_ascii() else binding.key

    def _warn(self, text: str) -> None:
        self.notify(text, severity="warning", markup=False)

    def _complain(self, text: str) -> None:
        self.notify(text, severity="error", timeout=10, markup=False)

    # Events of the worker

    def _post_event(self, event: Event) -> None:
        """Take an event from the worker's thread; never wait for the screen there."""
        self.post_message(Happened(event))

    def on_happened(self, message: Happened) -> None:
        """Take an event into the state, and tell a person what must not be missed."""
        event, before = message.event, (self.state.phase, self.state.starting)
        self.state.fold(event)
        self.is_outdated = True
        match event:
            case DataLoaded():
                self._remember_data()
                if self.training.run_wanted:
                    self._run()
                self._estimate_soon()
            case RunStarted():
                self.main_screen.drawer.uncover()
                self.main_screen.tabs.uncover()
            case NumericsChanged():
                self._warn(sentence(event))
            case RunEnded() | HyperparameterChanged() if not self.main_screen.shows_train:
                self.notify(sentence(event), markup=False)
            case ChangeRejected(name=name) | RunFailed(name=str() as name):
                self._complain(sentence(event))
                self.main_screen.drawer.show_error(name, event.message)
            case Diverged() if not self.main_screen.shows_train:
                self._complain(sentence(event))
            case DataFailed() | StorageFailed():
                self._complain(sentence(event))
            case RunFailed() if self.state.phase is Phase.FAILED:
                self.training.run_wanted = False
                self._complain(sentence(event))
        if (self.state.phase, self.state.starting) != before:
            self.experiments.hold(self.state.active)
            self._redraw_with_keys()

    # The run

    def _possible(self, action: str) -> bool:
        """Whether `action` can do something now; if not, say why."""
        reason = refusal(action, self.state)
        if reason is not None:
            self._warn(reason)
        return reason is None

    def action_run(self) -> None:
        """ctrl+r: start a run."""
        self._start()

    def train_own_network(self, network: str) -> None:
        """Start a run of a person's own network, `FILE.py` or `FILE.py:CLASS`, with what the form says."""
        self._start(network)

    async def on_own_network_wanted(self, message: OwnNetworkWanted) -> None:
        """Train a person's own network, and show how."""
        self.train_own_network(message.network)
        if self.state.starting or self.training.run_wanted:
            await self._show_train()

    def _start(self, network: str | None = None) -> None:
        """Start a run, at once or as soon as the data is there."""
        if not self._possible("run"):
            return
        loss = question("run", self.state)
        if not self.training.is_confirmed(loss):
            self.notify(loss or "", severity="warning", timeout=SECONDS_TO_CONFIRM, markup=False)
            return
        self._stop_watching()
        self.training.start()
        self.training.network_wanted = network
        if self.state.phase is Phase.LOADING:
            self.training.run_wanted = True
            self.notify(_("The run starts as soon as the data is there."), markup=False)
            self.redraw()
        else:
            self._run()

    def _run(self) -> None:
        """Start a run with the values of the form, unless one of them is not valid."""
        self.training.run_wanted = False
        hyperparameters = self.main_screen.drawer.hyperparameters()
        if hyperparameters is None:
            self._complain(_("The run does not start: a field of the form is not valid."))
            return
        network = self.training.network_wanted
        if network is not None and not self._network_takes(hyperparameters):
            return
        self.training.run(hyperparameters, network)
        self._redraw_with_keys()

    def _network_takes(self, hyperparameters: Hyperparameters) -> bool:
        """Return whether a person's own network can be trained with these; say what does not apply to it."""
        try:
            only_applicable(hyperparameters)
        except HyperparameterError as error:
            self._complain(translate(error))
            self.main_screen.drawer.show_error(error.name, error.sentence)
            return False
        if names := left_out(hyperparameters):
            text = _("Your network's own code decides these, whatever the form says: {names}.")
            self._warn(text.format(names=", ".join(names)))
        return True

    def action_pause_or_resume(self) -> None:
        """f3: pause the run, or let it go on."""
        if self._possible("pause_or_resume"):
            self.training.pause_or_resume()

    def action_stop(self) -> None:
        """f4: end the run; the best weights are tested."""
        if self._possible("stop"):
            self.training.stop()

    def action_step(self) -> None:
        """f5: learn one mini-batch, then wait."""
        if self._possible("step"):
            self.training.step()

    def on_field_changed(self, message: FieldChanged) -> None:
        """Pass a change on to a run that can take it; else find out how long a run would take now."""
        self.training.change(message.name, message.value)
        self._estimate_soon()

    def _estimate_soon(self) -> None:
        """Find out how long a run would take, unless the form changes again or a run starts."""
        if self._estimate_due is not None:
            self._estimate_due.stop()
        self._estimate_due = self.set_timer(SECONDS_TO_ESTIMATE, self._estimate)

    def _estimate(self) -> None:
        self.training.estimate(self.main_screen.drawer.committed)

    def on_hint_taken(self, message: HintTaken) -> None:
        """Put what a hint proposes into the form; a run that is active and can take it has it at once."""
        hint, run, drawer = message.hint, self.state.hyperparameters, self.main_screen.drawer
        if self.state.stored is not None and run is not None:
            drawer.put(run.changed(hint.name, hint.new))
        else:
            drawer.change({hint.name: hint.new})
        if not (self.state.active and hint.is_live):
            text = _("{change} is in the form for the next run; ctrl+z there takes it back.")
            self.notify(text.format(change=proposal(hint)), markup=False)

    # The data

    async def action_open_data(self) -> None:
        """Ask for another data set, in the Data tab."""
        if self._possible("open_data"):
            await self.main_screen.tabs.ask_for_data(self.state)

    def on_data_opened(self, message: DataOpened) -> None:
        """Have the next run learn from other data; the run that is shown makes way for them."""
        if self._possible("open_data"):
            self.state.await_data()
            self._use_data(message.place)
            text = _("{found} The next run learns from it.")
            self.notify(text.format(found=sentence(DataLoaded(message.data))), markup=False)
            self._redraw_with_keys()

    def _use_data(self, place: Location | None) -> None:
        self.background.data = place
        self.training.use_data(place)

    def _remember_data(self) -> None:
        """Keep where the data are, to be offered the next time."""
        if (place := absolute(self.background.data)) is not None:
            self._warn_if(self.settings.remember_data(" ".join(location_words(place))))

    # Questions to the run that is shown, active or stored

    def on_predictions_wanted(self, message: PredictionsWanted) -> None:
        """Ask for the predictions behind a confusion matrix."""
        self._ask(FetchPredictions(message.epoch, message.split))

    def on_explanation_wanted(self, message: ExplanationWanted) -> None:
        """Ask why an image is predicted as it is."""
        self._ask(ExplainPrediction(message.split, message.index, message.other))

    def on_weights_wanted(self, message: WeightsWanted) -> None:
        """Ask for the newest weights, once."""
        if self.state.request_weights():
            self._ask(FetchWeights())

    def _ask(self, question: Query) -> None:
        if self.state.why_no_images is not None:
            return
        if self.state.stored is None:
            self.training.ask(question)
        else:
            self._run_newest(question, partial(self._ask_stored, question))

    async def _ask_stored(self, question: Query) -> None:
        answer = await self.stored_runs.answer_for(self.state, question)
        self.is_outdated = True
        if answer is not None:
            self.post_message(Happened(answer))

    def _run_newest(self, request: object, task: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a task that nobody waits for; of each kind of request only the newest is wanted."""
        group = type(request).__name__
        self.run_worker(task, group=group, exclusive=True)  # type: ignore[arg-type]  # mypy sees two readings

    # Experiments

    def _post_experiment(self, event: Event) -> None:
        """Take an event from the thread of an experiment."""
        self.post_message(ExperimentHappened(event))

    def on_experiment_happened(self, message: ExperimentHappened) -> None:
        """Take an event in, tell a person what must not be missed, and keep what goes on the next time."""
        event = message.event
        self.experiments.fold(event)
        self.is_outdated = True
        match event:
            case ExperimentEnded(best=BestSetting(values=values, mean=mean)):
                from tui.text.experiment_phrases import ended_text  # loads NumPy

                self.notify(ended_text(values, mean), markup=False)
            case ExperimentFailed():
                self._complain(translate(event.message))
        self._keep_experiment()
        self.refresh_bindings()

    def _keep_experiment(self) -> None:
        """Keep which experiment is to go on when the app is opened again."""
        if (self.settings.experiment or "") != (self.experiments.wanted or ""):
            self._save(experiment=self.experiments.wanted or "")

    def on_experiment_wanted(self) -> None:
        """Begin the experiment that is planned, unless a field of the form is not valid."""
        hyperparameters = self.main_screen.drawer.hyperparameters()
        if self.experiments.is_busy:
            self._warn(_("Another experiment is being computed; stop that first."))
        elif hyperparameters is None:
            self._complain(_("The experiment does not begin: a field of the form is not valid."))
        else:
            try:
                self.experiments.begin(self.experiments.draft.plan(hyperparameters), self.background.data)
            except HyperparameterError as error:
                self._complain(translate(error))

    async def on_field_varied(self, message: FieldVaried) -> None:
        """Ask, on the page of experiments, over which values a field is to vary."""
        self.main_screen.drawer.leave()
        await self.main_screen.tabs.vary(message.name, message.value, self.state)

    # Stored runs

    async def on_run_opened(self, message: RunOpened) -> None:
        """Show a stored run in all panels, unless one is active."""
        shown = self.state.started
        if shown is not None and shown.run == message.run and self.state.stored is None:
            await self._show_train()  # it is on the screen, more of it than is kept
        elif self._possible("open_run"):
            self._run_newest(message, partial(self._open_run, message.run))

    async def _open_run(self, run: str) -> None:
        await self._show_run(run)
        await self._check_data()

    async def _show_run(self, run: str) -> None:
        """Read a stored run and show it, or say why that cannot be done."""
        try:
            replayed = await self.stored_runs.replay(run)
        except EngineError as error:
            self._warn(translate(error))
            return
        if self._possible("open_run"):  # one may have started meanwhile
            self._stop_watching()
            self.state.replace_with(replayed)
            if replayed.stored is not None and replayed.stored.record.state == "running":
                await self._watch_stored(run)
            await self._show_train()
            self.refresh_bindings()

    async def _check_data(self) -> bool:
        """Say where the data of the stored run that is shown are gone or have changed; return whether not."""
        stored = self.state.stored
        problem = await self.stored_runs.data_problem(stored.record) if stored is not None else None
        if problem is not None and self.state.stored is stored:
            self._warn(translate(problem))
        return problem is None

    async def _watch_stored(self, run: str) -> None:
        """Follow a stored run that another process trains at this moment."""
        from engine.watching.sources import StoredRunSource

        try:
            self._watch(await self.stored_runs.ask(lambda store: StoredRunSource(store.folder, run)))
        except EngineError as error:
            self._warn(translate(error))

    async def _show_train(self) -> None:
        self.redraw()
        await self.main_screen.show_tab("train")

    async def on_run_resumed(self, message: RunResumed) -> None:
        """Show a stored run, then go on with it."""
        if self._possible("run"):
            self._run_newest(message, partial(self._resume, message))

    async def _resume(self, message: RunResumed) -> None:
        """Resume a run, on its own data; where they are not to be had, say so."""
        if self.state.started is None or self.state.started.run != message.run:
            await self._show_run(message.run)
        is_there = await self._check_data()
        started, stored = self.state.started, self.state.stored
        if not is_there or started is None or started.run != message.run or not self._possible("run"):
            return
        if stored is not None and stored.record.data != absolute(self.background.data):
            self._use_data(stored.record.data)
        self.training.start()
        self.training.go_on(message.run, message.epochs)
        await self.main_screen.show_tab("train")

    async def on_run_again(self, message: RunAgain) -> None:
        """Put the settings of a stored run into the form, and start."""
        if self._possible("run"):
            self.main_screen.drawer.put(message.hyperparameters)
            self._start(message.network)

    def on_run_overlaid(self, message: RunOverlaid) -> None:
        """Overlay the curves of a stored run on those that are shown, or remove them."""
        left = tuple(overlay for overlay in self.state.overlays if overlay.run != message.run)
        if len(left) < len(self.state.overlays):
            self.state.overlays = left
            self.redraw()
        else:
            self._overlay(message.run)

    @work
    async def _overlay(self, run: str) -> None:
        try:
            overlays = await self.stored_runs.overlaid(run, self.state)
        except EngineError as error:
            self._warn(translate(error))
            return
        self.state.overlays = overlays
        self.redraw()

    def on_form_wanted(self, message: FormWanted) -> None:
        """Put other hyperparameters into the form, where ctrl+z brings the old ones back."""
        self.main_screen.drawer.put(message.hyperparameters)
        self.main_screen.drawer.hide(message.hidden)
        self.main_screen.drawer.open()

    def on_fields_wanted(self, message: FieldsWanted) -> None:
        """Put values into the form, where ctrl+z brings the old ones back."""
        self.main_screen.drawer.change(message.values)
        self.notify(_("They are in the form; ctrl+z there takes them back."), markup=False)

    def on_workshop_opened(self, message: WorkshopOpened) -> None:
        """Open this folder the next time, too."""
        self._save(workshop=str(message.folder))

    def on_all_fields_wanted(self) -> None:
        """Show all fields of the form again."""
        self.main_screen.drawer.hide(())

    async def on_cell_opened(self, message: CellOpened) -> None:
        """Show the images of a cell of the confusion matrix."""
        with self.batch_update():
            await self.main_screen.tabs.open_cell(message, self.state)

    # The learning-rate finder

    async def action_find_learning_rate(self) -> None:
        """Open the finder and try rates; close it, if it is open."""
        if self.main_screen.tabs.above is not None:
            self.main_screen.tabs.uncover()
        else:
            await self._find(FinderPanel(self.finder))

    async def on_finder_panel_again(self, message: FinderPanel.Again) -> None:
        """Try once more."""
        await self._find(message.panel)

    async def _find(self, panel: FinderPanel) -> None:
        """Try learning rates, unless a field of the form is not valid."""
        hyperparameters = self.main_screen.drawer.hyperparameters()
        if hyperparameters is None:
            self._complain(_("No learning rate is tried: a field of the form is not valid."))
            return
        if not panel.is_attached:
            self.main_screen.drawer.uncover()
            await self.main_screen.tabs.cover(panel)
        panel.find(hyperparameters, in_run=self.state.active)

    def on_finder_panel_taken(self, message: FinderPanel.Taken) -> None:
        """Put the suggestion into the form; a run that is active has it at once."""
        self.main_screen.drawer.change({"learning_rate": message.learning_rate})
        self.main_screen.tabs.uncover()
        text = _("learning_rate is {rate:g} in the form; ctrl+z there takes it back.")
        self.notify(text.format(rate=message.learning_rate), markup=False)

    def on_finder_panel_closed(self) -> None:
        """Show the open tab again."""
        self.main_screen.tabs.uncover()

    # Where to look

    async def action_show_tab(self, tab: str) -> None:
        """Show a tab."""
        await self.main_screen.show_tab(tab)

    def action_form(self) -> None:
        """Go to the form; from there, or where it covers the tabs, close it."""
        self.main_screen.drawer.toggle()

    async def action_help(self) -> None:
        """Open or close the help; where the guide or the palette hides it, close that."""
        if self.screen is self.main_screen:
            await self.main_screen.toggle_help()
        else:
            await self._close_topmost()

    async def _close_topmost(self) -> None:
        """Close the guide or the palette, whose search for commands fails when it outlives it."""
        self.workers.cancel_node(self.screen)
        await self.pop_screen()

    def action_guide(self) -> None:
        """Open the guide."""
        from tui.panels.guide import Guide  # Textual's Markdown is loaded when it is needed

        if not isinstance(self.screen, Guide):
            self.push_screen(Guide())

    async def action_leave(self) -> None:
        """Close the help; without it, leave the form."""
        if self.main_screen.help.is_open:
            await self.main_screen.toggle_help()
        else:
            self.main_screen.drawer.leave()

    def action_help_quit(self) -> None:
        """Say how to leave to someone who pressed ctrl+c."""
        self.notify(_("ctrl+q leaves."), markup=False)

    def action_suspend_process(self) -> None:
        """Go back to the shell, where there is one."""
        if self._driver is None or not self._driver.can_suspend:
            self._warn(_("There is no shell here to go back to."))
            return
        with self.batch_update():  # suspending while something is drawn can deadlock (Textual 8.2.8)
            super().action_suspend_process()

    # Keys and palette

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave letters and digits to a field that has the focus."""
        return not (action in ("unless_typing", "show_tab") and self.main_screen.drawer.contains_focus)

    async def action_unless_typing(self, action: str) -> None:
        """Do what a letter stands for."""
        await self.run_action(action)

    def local_keys(self) -> list[LocalKey]:
        """Return the keys of what has the focus, then of the tab that is open."""
        return self.main_screen.local_keys()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Return every action of the keys, then what Textual has to offer."""
        yield from commands(self, self.local_keys(), super().get_system_commands(screen))
        yield from self.main_screen.drawer.commands()
        if self.main_screen.tabs.active != "data":  # where its key is among those above
            help_text = _("Open another data set for the next run")
            yield SystemCommand(_("Open data"), help_text, self.action_open_data)
        for tab, page, title in self.main_screen.tabs.pages():
            yield SystemCommand(title, _("Page"), partial(self.main_screen.show_page, tab, page))
        for code, name in LANGUAGES.items():
            title = _("Language: {name}").format(name=name)
            yield SystemCommand(title, f"--lang {code}", partial(self.switch_language, code))

    def action_command_palette(self) -> None:
        """Open the palette."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    # Choices that are kept

    async def switch_language(self, language: str) -> None:
        """Go on in another language, and keep the choice; a run notices nothing."""
        use_language(language)
        await self.replace_screen()
        self._save(language=language)

    async def replace_screen(self) -> None:
        """Go on from the state on another main screen, in the language in use; the palette is closed."""
        async with self._switching:
            finder_was_open = self.main_screen.tabs.above is not None
            while self.screen is not self.main_screen:
                await self._close_topmost()
            self.main_screen = self.main_screen.recreate()
            await self.switch_screen(self.main_screen)
            await self.main_screen.mount_rest()
            if finder_was_open:
                await self.action_find_learning_rate()
            self._redraw_with_keys()

    def _save_theme(self, theme: Theme) -> None:
        """Keep the choice for the next time."""
        if theme.name != (self.settings.theme or DEFAULT_THEME):
            self._save(theme=theme.name)

    def _save(self, **choices: str) -> None:
        self._warn_if(self.settings.keep(**choices))

    def _warn_if(self, complaint: Sentence | None) -> None:
        if complaint is not None:
            self._warn(translate(complaint))
