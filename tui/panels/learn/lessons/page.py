"""Learn, Lessons: a goal, a prediction, a real experiment, and one question about it."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from engine.errors import EngineError
from engine.lessons.catalogue import lesson_names, read_lesson, user_lessons
from engine.lessons.experiments import run
from engine.lessons.grading import Attempt, attempt
from engine.lessons.lesson import Lesson
from engine.sentences import N_
from engine.storage.marks import Marks
from tui.panels.learn.lessons import phrases
from tui.panels.learn.lessons.progress import LessonProgress, Step
from tui.panels.learn.links import STEPS_OF, StepWanted
from tui.panels.messages import AllFieldsWanted, FormWanted
from tui.panels.page import Page
from tui.session.background import BackgroundThread
from tui.text.language import _, language, translate
from tui.text.phrases import NO_MEMORY
from tui.widgets.chart_axes import epoch_ticks
from tui.widgets.graph import Graph
from tui.widgets.graph_figure import Curve, Figure
from tui.widgets.live_text import FixedText, LiveText

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

ROOM_FOR_GRAPH = 28
"""Lines from which the curves of the experiments are drawn while something is said below them."""


class LessonsPage(Page):
    """The list of lessons, or one of them step by step. Experiments leave a run that is under way alone."""

    TITLE = N_("Lessons")
    NEEDS_WEIGHTS = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", N_("Go on"), tooltip=N_("Open the lesson, take its next step, or answer")),
        Binding("up", "choose(-1)", N_("Choose"), key_display="↑↓", tooltip=N_("The line before")),
        Binding("down", "choose(1)", N_("Choose"), show=False, tooltip=N_("The next line")),
        Binding(
            "backspace", "go_back", N_("Back"), tooltip=N_("Go back a step, and from the first to the list")
        ),
        Binding("w", "workshop", N_("Workshop"), tooltip=N_("Go to the steps that the lesson prepares")),
        Binding("r", "fill_form", N_("Into the form"), tooltip=N_("Put the lesson's settings into the form")),
        Binding("escape", "leave_lesson", N_("All lessons"), show=False, tooltip=N_("Go back to the list")),
    ]
    DEFAULT_CSS = """
    LessonsPage {
        & > .lessons--heading { height: 1; text-style: bold; }
        & > .lessons--words { height: 1fr; margin-top: 1; overflow-y: auto; }
        & > Graph { display: none; height: 40%; }
        &.-curves > Graph { display: block; }
        & > .lessons--keys { height: auto; max-height: 3; color: $text-muted; }
    }
    """

    def __init__(self, background: BackgroundThread, home: Path | None) -> None:
        """Run experiments in `background`; keep what is done in the folder `home`, if anywhere."""
        super().__init__(background)
        self._home = home
        self._done = Marks(home, "lessons-done.json")
        self._lessons: list[Lesson] = []
        self._spoken = ""
        self._at = 0
        self.lesson_progress: LessonProgress | None = None
        self._heading = FixedText(classes="lessons--heading", markup=False)
        self._words = FixedText(classes="lessons--words")
        self._graph = Graph()
        self._keys = LiveText(classes="lessons--keys", markup=False)
        self._tried: Attempt | None = None
        self._hides = False
        self._wanted = ""

    def contents(self) -> ComposeResult:
        """Yield the parts."""
        yield self._heading
        yield self._graph
        yield self._words
        yield self._keys

    def on_resize(self) -> None:
        """Draw anew: lists and curves depend on the room."""
        self._redraw()

    def draw(self) -> None:
        """Follow the run that is shown, in an exercise."""
        if self._spoken != language():
            self._spoken = language()
            self._lessons = [read_lesson(name, language()) for name in lesson_names()]
            for path in user_lessons(self._home):
                try:
                    self._lessons.append(read_lesson(str(path), language()))
                except EngineError as error:
                    self.notify(translate(error), severity="warning", timeout=10, markup=False)
            self._redraw()
        if self._wanted:
            wanted, self._wanted = self._wanted, ""
            self._at = next(at for at, lesson in enumerate(self._lessons) if lesson.name == wanted)
            self.lesson_progress = None
            self.action_go_on()
        lesson_progress = self.lesson_progress
        if (
            lesson_progress is not None
            and lesson_progress.step is Step.END
            and lesson_progress.lesson.target is not None
        ):
            events_so_far = [self.state.started, *self.state.epochs] if self.state.started else []
            tried = attempt(
                lesson_progress.lesson,
                lesson_progress.lesson.target,
                [e for e in events_so_far if e is not None],
            )
            if tried != self._tried:
                self._tried = tried
                self._redraw()

    def open_lesson(self, name: str) -> None:
        """Open this lesson when the page is shown the next time."""
        self._wanted = name

    @property
    def _chosen(self) -> str:
        """The name of the lesson that is done, or pointed at."""
        if self.lesson_progress is not None:
            return self.lesson_progress.lesson.name
        return self._lessons[self._at].name if self._lessons else ""

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what there is to do."""
        lesson_progress = self.lesson_progress
        match action:
            case "choose":
                return lesson_progress is None or lesson_progress.choices > 0
            case "workshop":
                return self._chosen in STEPS_OF
            case "go_back" | "leave_lesson":
                return lesson_progress is not None
            case "fill_form":
                return (
                    lesson_progress is not None
                    and lesson_progress.step is Step.END
                    and lesson_progress.lesson.target is not None
                )
        return True

    def on_key(self, event: events.Key) -> None:
        """Take the characters of a number, while one is wanted."""
        lesson_progress = self.lesson_progress
        if lesson_progress is None or not lesson_progress.wants_number:
            return
        if event.character and event.character in "0123456789.-+e":
            lesson_progress.type(event.character)
        elif event.key == "backspace" and lesson_progress.typed:
            lesson_progress.typed = lesson_progress.typed[:-1]
        else:
            return
        event.stop()
        event.prevent_default()
        self._redraw()

    def on_click(self, event: events.Click) -> None:
        """Point at the line that was clicked; go on if it was pointed at, or if the hint was clicked."""
        at = self._at if self.lesson_progress is None else self.lesson_progress.choice
        line = event.style.meta.get("line")
        if line is not None and line != at:
            self.action_choose(line - at)
        elif line is not None or self._keys.region.contains(*event.screen_offset):
            self.action_go_on()

    def action_choose(self, by: int) -> None:
        """Point at another line."""
        if self.lesson_progress is None:
            self._at = (self._at + by) % max(1, len(self._lessons))
        elif self.lesson_progress.choices:
            self.lesson_progress.choice = (self.lesson_progress.choice + by) % self.lesson_progress.choices
        self._redraw()

    def action_go_on(self) -> None:
        """Open the lesson that is pointed at; in one, go on or answer."""
        lesson_progress = self.lesson_progress
        if lesson_progress is None:
            if self._lessons:
                self.lesson_progress, self._tried = LessonProgress(self._lessons[self._at]), None
        elif lesson_progress.step is Step.END:
            self.action_leave_lesson()
            self._at = min(self._at + 1, len(self._lessons) - 1)
        elif lesson_progress.go_on():
            if lesson_progress.step is Step.EXPERIMENT and not lesson_progress.is_measured:
                self._measure(lesson_progress)
            if lesson_progress.given is not None and lesson_progress.given.passed:
                self._done.add(lesson_progress.lesson.name)
        self.draw()
        self._redraw()

    def action_go_back(self) -> None:
        """Go back a step; from the first, to the list."""
        if self.lesson_progress is not None and not self.lesson_progress.go_back():
            self.lesson_progress = None
        self._redraw()

    def action_leave_lesson(self) -> None:
        """Go back to the list."""
        self.lesson_progress = None
        if self._hides:
            self._hides = False
            self.post_message(AllFieldsWanted())
        self._redraw()

    def action_workshop(self) -> None:
        """Go to the steps of the workshop that the lesson prepares."""
        self.post_message(StepWanted(self._chosen))

    def action_fill_form(self) -> None:
        """Put the lesson's settings into the form, for the exercise."""
        if self.lesson_progress is not None:
            self.post_message(
                FormWanted(self.lesson_progress.lesson.base, self.lesson_progress.lesson.hidden)
            )
            self._hides = bool(self.lesson_progress.lesson.hidden)

    @work(exclusive=True)
    async def _measure(self, lesson_progress: LessonProgress) -> None:
        """Run the experiments one after the other, each piece by piece."""
        dataset: Dataset | None = await self.dataset()
        if dataset is None:
            return
        try:
            for experiment in lesson_progress.lesson.experiments:
                if experiment.name in lesson_progress.figures:
                    continue
                lesson_progress.epochs.pop(experiment.name, None)
                async for progress in self.background.parts(
                    lambda one=experiment: run(one, dataset, lesson_progress.lesson.images)  # type: ignore[misc]
                ):
                    if progress is not None:
                        lesson_progress.process(progress)
                        self._redraw()
        except EngineError as error:
            self.notify(translate(error), severity="error", markup=False)
        except MemoryError:
            self.notify(translate(NO_MEMORY), severity="error", markup=False)

    # Drawing

    def _redraw(self) -> None:
        """Draw the list, or the step of the lesson."""
        lesson_progress = self.lesson_progress
        curves = (
            lesson_progress is not None
            and lesson_progress.step is Step.EXPERIMENT
            and bool(lesson_progress.epochs)
        )
        self.set_class(curves and (self.size.height >= ROOM_FOR_GRAPH or not self._is_told), "-curves")
        if lesson_progress is None:
            done = sum(lesson.name in self._done.names for lesson in self._lessons)
            heading = _("Lessons: {done} of {count} done").format(done=done, count=len(self._lessons))
            self._heading.set_text(heading)
            self._words.set_text(
                phrases.listed(
                    self._lessons,
                    self._done.names,
                    self._at,
                    max(1, self.size.width - 2),
                    self.size.height - 4,
                )
            )
            self._keys.set_text(
                _("enter opens a lesson; those in {folder} are listed too").format(
                    folder=self._home / "lessons" if self._home is not None else "lessons"
                )
            )
        else:
            step = _("step {step} of {steps}").format(step=lesson_progress.step + 1, steps=len(Step))
            self._heading.set_text(f"{lesson_progress.lesson.title}  ({step})")
            self._words.set_text(phrases.of_step(lesson_progress, self._tried))
            self._keys.set_text(self._hint(lesson_progress))
            if curves:
                self._graph.show(_curves(lesson_progress))
        self.refresh_bindings()

    @property
    def _is_told(self) -> bool:
        """Whether the experiments are done, and there is a text about them."""
        return self.lesson_progress is not None and self.lesson_progress.is_measured

    def _hint(self, lesson_progress: LessonProgress) -> str:
        """Return what to do next."""
        match lesson_progress.step:
            case Step.READ if lesson_progress.lesson.prediction is not None:
                return _("Choose with the arrows; enter runs the experiments.")
            case Step.READ:
                return _("enter runs the experiments.")
            case Step.EXPERIMENT:
                return (
                    _("enter asks the question.")
                    if lesson_progress.is_measured
                    else _("The experiments are running.")
                )
            case Step.QUESTION if lesson_progress.given is None:
                return _("enter answers.")
            case _:
                return _("enter goes on; escape goes back to the list.")


def _curves(lesson_progress: LessonProgress) -> Figure:
    """Return the validation accuracy of each experiment that trains, over its epochs."""
    shown = [one for one in lesson_progress.shown if one.name in lesson_progress.epochs]
    curves = tuple(
        Curve(
            experiment.title,
            tuple((float(e.epoch), e.validation_accuracy) for e in lesson_progress.epochs[experiment.name]),
            number % 6,
        )
        for number, experiment in enumerate(shown)
    )
    longest = max((len(lesson_progress.epochs[one.name]) for one in shown), default=1)
    limit = max((one.hyperparameters.epochs for one in shown if one.hyperparameters), default=longest)
    ticks = tuple((float(tick), str(tick)) for tick in epoch_ticks(1, max(2, limit), 8))
    return Figure(
        curves,
        title=_("Validation accuracy"),
        x_title=_("epoch"),
        x_range=(1.0, float(max(2, limit))),
        x_ticks=ticks,
        percent=True,
    )
