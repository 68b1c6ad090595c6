"""Runs, Experiments: a plan or an experiment, its outcome in a chart, and a table of all settings."""

import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType

from engine.errors import EngineError, HyperparameterError
from engine.hyperparameters import SPECIFICATIONS, Hyperparameters
from engine.sentences import N_
from engine.specification import Integer, Sizes
from engine.storage.files import new_file
from tui.panels.experiments import phrases
from tui.panels.experiments.keys import KEYS
from tui.panels.experiments.reading import Reading, curves, read
from tui.panels.experiments.table import ExperimentTable
from tui.panels.messages import ExperimentWanted, FieldsWanted, RunOpened, RunOverlaid
from tui.panels.page import Page
from tui.panels.runs.text_prompt import TextPrompt
from tui.session.run_state import RunState
from tui.text.language import _, translate
from tui.widgets.chart import Chart
from tui.widgets.chart_series import OTHERS, Curve, Drawing, other_symbol
from tui.widgets.live_text import FixedText, LiveText
from tui.widgets.option_line import OptionLine
from tui.widgets.outcome_chart import OutcomeChart

if TYPE_CHECKING:
    from engine.experiments.stored_experiment import StoredExperiment
    from tui.session.background import BackgroundThread
    from tui.session.experiments import Experiments
    from tui.session.stored_runs import StoredRuns

BETWEEN_READINGS = 1.0
"""Seconds after which an experiment that goes on is read again."""
MAX_LENGTH, MAX_SEEDS = 500, 1000
PLAN = "plan"
TALL = 28
"""Rows from which there is room for all that follows from an experiment."""


class ExperimentsPage(Page, can_focus=False):
    """Shows the plan, or one of the stored experiments; it is read again while it is computed."""

    TITLE = N_("Experiments")
    NEEDS_WEIGHTS: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    DEFAULT_CSS = """
    ExperimentsPage {
        & > .experiments--heading { height: 1; }
        & > OutcomeChart, & > Chart { height: 2fr; }
        & > ExperimentTable { height: 3fr; }
        & > .experiments--plan { height: 1fr; }
        & > .experiments--verdict { height: auto; color: $text-muted; }
        & > Chart, & > .experiments--plan { display: none; }
        &.-curves > Chart { display: block; }
        &.-curves > OutcomeChart { display: none; }
        &.-plan > .experiments--plan { display: block; }
        &.-plan > OutcomeChart, &.-plan > Chart, &.-plan > ExperimentTable, &.-plan > .experiments--verdict {
            display: none;
        }
    }
    """

    def __init__(
        self,
        background: "BackgroundThread",
        stored_runs: "StoredRuns",
        experiments: "Experiments",
    ) -> None:
        super().__init__(background)
        self._stored_runs, self._experiments = stored_runs, experiments
        self._heading = FixedText(classes="experiments--heading", markup=False)
        self._choices = OptionLine()
        self._outcome = OutcomeChart()
        self._curves = Chart(_("Validation accuracy"), percent=True)
        self._table = ExperimentTable()
        self._plan = LiveText(classes="experiments--plan", markup=False)
        self._plan.can_focus = True
        self._verdict = LiveText(classes="experiments--verdict", markup=False)
        self._prompt = TextPrompt(closed=self._prompt_closed)
        self._reading: Reading | None = None
        self._wanted: str | None = PLAN if experiments.draft.varied else None
        self._axis, self._shows_trials = 0, False
        self._marked: list[int] | None = None
        self._read_at, self._changes = 0.0, -1

    def contents(self) -> ComposeResult:
        """Yield the parts."""
        yield self._heading
        yield self._choices
        yield self._plan
        yield self._outcome
        yield self._curves
        yield self._table
        yield self._verdict
        yield self._prompt

    # What is shown

    def on_mount(self) -> None:
        """Read the store."""
        self.show_message(_("Reading the experiments …"))
        self._read()

    def on_resize(self) -> None:
        """Leave the table its room where there is little."""
        self._verdict.styles.max_height = 2 if self.size.height < TALL else 7

    def on_show(self) -> None:
        """Read the store: other programs may have written to it."""
        self._read()

    def show(self, state: RunState) -> None:
        """Read again, if something has happened, and not too often."""
        self.state = state
        if self._changes != self._experiments.changes:
            wait = self._read_at + BETWEEN_READINGS - time.monotonic()
            if wait <= 0:
                self._read()
            else:
                self.set_timer(wait, self._read)

    def _read(self) -> None:
        if self.is_attached and self.display:
            self._read_at, self._changes = time.monotonic(), self._experiments.changes
            self._read_store()

    @work(exclusive=True, group="reading")
    async def _read_store(self) -> None:
        wanted = self._wanted or self._experiments.running
        try:
            self._reading = await self._stored_runs.ask(lambda store: read(store, wanted))
        except EngineError as error:
            self.show_message(translate(error))
            return
        self.draw()

    @property
    def _is_plan(self) -> bool:
        """Whether the plan is shown."""
        has_plan = bool(self._experiments.draft.varied)
        return has_plan and (self._wanted == PLAN or self._reading is None or not self._reading.ids)

    @property
    def _shown(self) -> "StoredExperiment | None":
        return self._reading.shown if self._reading is not None and not self._is_plan else None

    def draw(self) -> None:
        """Show the plan or the experiment."""
        if not self.is_attached:
            return
        is_plan, shown = self._is_plan, self._shown
        self.set_class(is_plan, "-plan")
        if not is_plan and shown is None:
            self.show_message(phrases.nothing_planned())
            return
        self.show_message(None)
        if shown is None:
            self._draw_plan()
        else:
            self._draw_experiment(shown)
        curves = self.has_class("-curves")
        self._choices.show(
            phrases.options(
                self._experiments, shown, is_plan=is_plan, curves=curves, trials=self._shows_trials
            )
        )
        self.refresh_bindings()
        has_keys = self.screen.focused is None or self.has_focus_within
        if has_keys and not self._prompt.is_open and self.display:
            self.screen.set_focus(self._plan if is_plan else self._table)

    def _draw_plan(self) -> None:
        draft = self._experiments.draft
        self._heading.set_text(_("What will be tried"))
        try:
            plan = draft.plan(self._experiments.form())
        except HyperparameterError as error:
            self._plan.set_text(
                "\n".join([*(f"{n}={v}" for n, v in draft.varied.items()), "", translate(error)])
            )
            return
        seconds = self._reading.seconds_an_epoch if self._reading is not None else None
        self._plan.set_text("\n".join(phrases.plan_lines(draft, plan, seconds)))

    def _draw_experiment(self, shown: "StoredExperiment") -> None:
        from engine.experiments.outcomes import outcomes_over
        from tui.text.experiment_phrases import verdict

        assert self._reading is not None
        place, count = self._reading.ids.index(shown.record.id), len(self._reading.ids)
        self._heading.set_text(phrases.heading(shown, self._experiments, place, count))
        space = shown.plan.space
        nothing = _("The first trial has not ended yet.")
        self._outcome.show(outcomes_over(space[self._axis % len(space)], shown.trials), nothing)
        marked = self._drawn_settings(shown)
        drawn = tuple(
            Curve(
                phrases.setting_label(shown.settings[setting]),
                curves(shown, setting),
                other_symbol(at),
                f"other-{at}",
            )
            for at, setting in enumerate(marked)
        )
        self._curves.show(Drawing(drawn, shown.plan.base.epochs), nothing)
        if self._shows_trials:
            self._table.fill(*phrases.trials_table(shown))
        else:
            self._table.fill(*phrases.settings_table(shown, marked if self.has_class("-curves") else ()))
        self._verdict.set_text("\n".join(verdict(shown)))

    def _drawn_settings(self, shown: "StoredExperiment") -> list[int]:
        """Return the settings whose curves are drawn: those that were marked, at first the best."""
        from engine.experiments.statistics import in_order

        if self._marked is None:
            known = [s.number for s in in_order(shown.summaries) if curves(shown, s.number)]
            return known[: len(OTHERS)]
        return [number for number in self._marked if number < len(shown.settings)]

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what would do something."""
        if self._prompt.is_open:
            return False
        shown = self._shown
        if action == "turn":
            return self._reading is not None and bool(self._reading.ids)
        if action == "cores":
            return self._experiments.is_busy or self._experiments.wanted is not None
        if action in ("go", "seeds", "halving", "vary"):
            return self._is_plan
        if action == "delete":
            return self._is_plan or shown is not None
        if action == "mark":
            return shown is not None and self.has_class("-curves")
        return shown is not None

    def vary(self, name: str, value: object) -> None:
        """Ask over which values a hyperparameter is to vary; `value` is the one that it has."""
        self._wanted = PLAN
        self.show_message(None)
        varied = self._experiments.draft.varied
        title = phrases.question(name)
        self._prompt.ask(
            title,
            varied.get(name) or suggested(name, value),
            MAX_LENGTH,
            lambda text: self._varied(name, text),
        )

    def _varied(self, name: str, text: str) -> None:
        from engine.experiments.space import parse_dimension

        varied = self._experiments.draft.varied
        if not text.strip():
            varied.pop(name, None)
            return
        try:
            parse_dimension(f"{name}={text}")
        except HyperparameterError as error:
            self.notify(translate(error), severity="warning", markup=False)
        else:
            varied[name] = text.strip()

    def _prompt_closed(self) -> None:
        self.screen.set_focus(None)
        self.draw()

    def action_vary(self) -> None:
        """Ask again for what varies: the first of them, whose name may be typed as well."""
        draft = self._experiments.draft
        title = _("What varies, separated by spaces: learning_rate=0.01,0.1 hidden=64;128")
        text = " ".join(f"{name}={values.replace(' ', '')}" for name, values in draft.varied.items())
        self._prompt.ask(title, text, MAX_LENGTH, self._vary_all)

    def _vary_all(self, text: str) -> None:
        from engine.experiments.space import parse_space

        try:
            space = parse_space(text.split())
        except HyperparameterError as error:
            self.notify(translate(error), severity="warning", markup=False)
            return
        values = [word.partition("=")[2] for word in text.split()]
        self._experiments.draft.varied = {d.name: v for d, v in zip(space, values, strict=True)}

    def action_seeds(self) -> None:
        """Ask with how many seeds each setting is repeated."""
        self._prompt.ask(_("With how many seeds?"), str(self._experiments.draft.seeds), 4, self._set_seeds)

    def _set_seeds(self, text: str) -> None:
        try:
            self._experiments.draft.seeds = Integer(1, MAX_SEEDS).parse(text)
        except ValueError:
            allowed = translate(Integer(1, MAX_SEEDS).allowed())
            self.notify(allowed, severity="warning", markup=False)

    def action_halving(self) -> None:
        """Have only the better half go on, or all."""
        self._experiments.draft.halving = not self._experiments.draft.halving
        self.draw()

    def action_go(self) -> None:
        """Begin the experiment."""
        self._wanted = None
        self.post_message(ExperimentWanted())

    def action_stop_or_go_on(self) -> None:
        """Stop the experiment, or go on with it."""
        shown = self._shown
        if shown is None:
            return
        if self._experiments.running == shown.record.id:
            self._experiments.stop()
        elif self._experiments.is_busy:
            text = _("Another experiment is being computed; stop that first.")
            self.notify(text, severity="warning", markup=False)
        else:
            self._experiments.go_on(shown.record.id)

    def action_cores(self) -> None:
        """Go on beside a run, or wait for its end."""
        self._experiments.share_cores(not self._experiments.shares_cores)
        self.draw()

    def action_turn(self, by: int) -> None:
        """Show the next experiment, from the plan over the newest to the oldest."""
        assert self._reading is not None
        places = [*([PLAN] if self._experiments.draft.varied else []), *self._reading.ids]
        shown = self._reading.shown
        here = PLAN if self._is_plan or shown is None else shown.record.id
        at = places.index(here) + by if here in places else 0
        self._wanted = places[min(max(at, 0), len(places) - 1)]
        self._marked, self._axis = None, 0
        self._read()

    def action_parameter(self) -> None:
        """Show the outcome over the next hyperparameter."""
        self._axis += 1
        self.remove_class("-curves")
        self.draw()

    def action_curves(self) -> None:
        """Show curves over the epochs, or the outcome."""
        self.toggle_class("-curves")
        self.draw()

    def action_trials(self) -> None:
        """List every trial, or the settings."""
        self._shows_trials = not self._shows_trials
        self.draw()

    def action_mark(self) -> None:
        """Draw the curve of the setting under the cursor, or not."""
        shown, trial = self._shown, self._here
        if shown is None or trial is None:
            return
        marked = self._drawn_settings(shown)
        setting = trial.setting
        if setting in marked:
            marked.remove(setting)
        elif len(marked) < len(OTHERS):
            marked.append(setting)
        else:
            text = _("There are {count} curves, the most that can be told apart; m removes one.")
            self.notify(text.format(count=len(marked)), severity="warning", markup=False)
        self._marked = marked
        self.draw()

    @property
    def _here(self) -> Any:
        """The trial under the cursor; of a setting its first."""
        shown, number = self._shown, self._table.here
        if shown is None or number is None:
            return None
        return shown.trials[number - 1] if self._shows_trials else shown.trials_of(number)[0]

    def action_use(self) -> None:
        """Put the setting under the cursor into the form."""
        if trial := self._here:
            self.post_message(FieldsWanted(dict(trial.values)))

    def action_open(self) -> None:
        """Show the run of a trial in all tabs."""
        if (trial := self._here) and self._has_run(trial):
            self.post_message(RunOpened(trial.run))

    def action_overlay(self) -> None:
        """Overlay the curves of a trial on the charts of Train, or remove them."""
        if (trial := self._here) and self._has_run(trial):
            self.post_message(RunOverlaid(trial.run))
            self.notify(_("Its curves are on the charts of Train; o again removes them."), markup=False)

    def _has_run(self, trial: Any) -> bool:
        if not trial.epochs:
            text = _("This trial has not completed an epoch yet.")
            self.notify(text, severity="warning", markup=False)
        return bool(trial.epochs)

    def on_experiment_table_entered(self) -> None:
        """Open what was clicked twice."""
        self.action_open()

    def action_delete(self) -> None:
        """Forget the plan, or delete the experiment."""
        if self._is_plan:
            self._experiments.draft.varied.clear()
            self._wanted = None
            self._read()
        elif (shown := self._shown) is not None:
            from engine.storage.experiments import ExperimentStore

            experiment = shown.record.id
            text = _("The experiment is deleted; `mlp-tui runs restore` has its runs back for a day.")
            self._change(lambda: self._ask(lambda store: ExperimentStore(store).delete(experiment)), text)

    def action_export(self) -> None:
        """Ask for a file, whose ending says what it will hold."""
        shown = self._shown
        if shown is not None:
            title = _("Export it to which file? .html (page), .csv (trials), .json (all)")
            name = f"experiment-{shown.record.id}.html"
            self._prompt.ask(title, name, MAX_LENGTH, lambda text: self._export(shown, text))

    def _export(self, shown: "StoredExperiment", text: str) -> None:
        from engine.experiments.export import export_experiment

        try:
            file = new_file(text)
        except EngineError as error:
            self.notify(translate(error), severity="warning", markup=False)
            return

        async def write() -> None:
            await self.background.run(lambda: export_experiment(shown, file))

        said = _("{path} holds the experiment {experiment}.")
        self._change(write, said.format(path=file.absolute(), experiment=shown.record.id))

    async def _ask(self, question: Callable[[Any], object]) -> None:
        await self._stored_runs.ask(question)

    @work(group="changing")
    async def _change(self, change: Callable[[], Coroutine[Any, Any, None]], said: str) -> None:
        """Change something, say so, and read again."""
        try:
            await change()
        except EngineError as error:
            self.notify(translate(error), severity="warning", markup=False)
        else:
            self.notify(said, markup=False)
        self._read()


def suggested(name: str, value: object) -> str:
    """Return values to vary a hyperparameter over: its own, and those of its field beside it."""
    specification = SPECIFICATIONS[name]
    if value is None:
        value = getattr(Hyperparameters().resolved(), name)
    if isinstance(specification.kind, Sizes) or value is None:
        return specification.format(value)
    beside = [specification.next_value(value, up=False), value, specification.next_value(value, up=True)]
    known: list[object] = []
    for one in beside:
        try:
            known.append(specification.parse(one))
        except HyperparameterError:
            continue
    return ",".join(specification.format(one) for one in dict.fromkeys(known))
