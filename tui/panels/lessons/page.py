"""The Lessons tab: a goal, a prediction, a real experiment, and one question about it."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from engine.errors import EngineError
from engine.lessons.catalogue import DoneLessons, lesson_names, own_lessons, read_lesson
from engine.lessons.experiments import run
from engine.lessons.grading import Attempt, attempt
from engine.lessons.lesson import Lesson
from engine.sentences import N_
from tui.panels.lessons import phrases
from tui.panels.lessons.progress import Course, Step
from tui.panels.messages import AllFieldsWanted, FormWanted
from tui.panels.page import Page
from tui.session.background import BackgroundThread
from tui.text.language import _, language, translate
from tui.text.phrases import NO_MEMORY
from tui.widgets.chart_axes import epoch_ticks
from tui.widgets.graph import Graph
from tui.widgets.graph_figure import Curve, Figure
from tui.widgets.live_text import FixedWords, Words

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
        super().__init__(background, id="lessons")
        self._home = home
        self._done = DoneLessons(home)
        self._lessons: list[Lesson] = []
        self._spoken = ""
        self._at = 0
        self.course: Course | None = None
        self._heading = FixedWords(classes="lessons--heading", markup=False)
        self._words = FixedWords(classes="lessons--words")
        self._graph = Graph()
        self._keys = Words(classes="lessons--keys", markup=False)
        self._tried: Attempt | None = None
        self._hides = False

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
            for path in own_lessons(self._home):
                try:
                    self._lessons.append(read_lesson(str(path), language()))
                except EngineError as error:
                    self.notify(translate(error), severity="warning", timeout=10, markup=False)
            self._redraw()
        course = self.course
        if course is not None and course.step is Step.END and course.lesson.target is not None:
            events_so_far = [self.state.started, *self.state.epochs] if self.state.started else []
            tried = attempt(course.lesson, course.lesson.target, [e for e in events_so_far if e is not None])
            if tried != self._tried:
                self._tried = tried
                self._redraw()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what there is to do."""
        course = self.course
        match action:
            case "choose":
                return course is None or course.choices > 0
            case "go_back" | "leave_lesson":
                return course is not None
            case "fill_form":
                return course is not None and course.step is Step.END and course.lesson.target is not None
        return True

    def on_key(self, event: events.Key) -> None:
        """Take the characters of a number, while one is wanted."""
        course = self.course
        if course is None or not course.wants_number:
            return
        if event.character and event.character in "0123456789.-+e":
            course.type(event.character)
        elif event.key == "backspace" and course.typed:
            course.typed = course.typed[:-1]
        else:
            return
        event.stop()
        event.prevent_default()
        self._redraw()

    def on_click(self, event: events.Click) -> None:
        """Point at the line that was clicked; go on if it was pointed at, or if the hint was clicked."""
        at = self._at if self.course is None else self.course.choice
        line = event.style.meta.get("line")
        if line is not None and line != at:
            self.action_choose(line - at)
        elif line is not None or self._keys.region.contains(*event.screen_offset):
            self.action_go_on()

    def action_choose(self, by: int) -> None:
        """Point at another line."""
        if self.course is None:
            self._at = (self._at + by) % max(1, len(self._lessons))
        elif self.course.choices:
            self.course.choice = (self.course.choice + by) % self.course.choices
        self._redraw()

    def action_go_on(self) -> None:
        """Open the lesson that is pointed at; in one, go on or answer."""
        course = self.course
        if course is None:
            if self._lessons:
                self.course, self._tried = Course(self._lessons[self._at]), None
        elif course.step is Step.END:
            self.action_leave_lesson()
            self._at = min(self._at + 1, len(self._lessons) - 1)
        elif course.go_on():
            if course.step is Step.EXPERIMENT and not course.is_measured:
                self._measure(course)
            if course.given is not None and course.given.passed:
                self._done.add(course.lesson.name)
        self.draw()
        self._redraw()

    def action_go_back(self) -> None:
        """Go back a step; from the first, to the list."""
        if self.course is not None and not self.course.go_back():
            self.course = None
        self._redraw()

    def action_leave_lesson(self) -> None:
        """Go back to the list."""
        self.course = None
        if self._hides:
            self._hides = False
            self.post_message(AllFieldsWanted())
        self._redraw()

    def action_fill_form(self) -> None:
        """Put the lesson's settings into the form, for the exercise."""
        if self.course is not None:
            self.post_message(FormWanted(self.course.lesson.base, self.course.lesson.hidden))
            self._hides = bool(self.course.lesson.hidden)

    @work(exclusive=True)
    async def _measure(self, course: Course) -> None:
        """Run the experiments one after the other, each piece by piece."""
        dataset: Dataset | None = await self.dataset()
        if dataset is None:
            return
        try:
            for experiment in course.lesson.experiments:
                if experiment.name in course.figures:
                    continue
                course.epochs.pop(experiment.name, None)
                async for progress in self.background.parts(
                    lambda one=experiment: run(one, dataset, course.lesson.images)  # type: ignore[misc]
                ):
                    if progress is not None:
                        course.hear(progress)
                        self._redraw()
        except EngineError as error:
            self.notify(translate(error), severity="error", markup=False)
        except MemoryError:
            self.notify(translate(NO_MEMORY), severity="error", markup=False)

    # Drawing

    def _redraw(self) -> None:
        """Draw the list, or the step of the lesson."""
        course = self.course
        curves = course is not None and course.step is Step.EXPERIMENT and bool(course.epochs)
        self.set_class(curves and (self.size.height >= ROOM_FOR_GRAPH or not self._is_told), "-curves")
        if course is None:
            done = sum(lesson.name in self._done.names for lesson in self._lessons)
            heading = _("Lessons: {done} of {count} done").format(done=done, count=len(self._lessons))
            self._heading.say(heading)
            self._words.say(phrases.listed(self._lessons, self._done.names, self._at, self.size.height - 4))
            self._keys.say(
                _("enter opens a lesson; those in {folder} are listed too").format(
                    folder=self._home / "lessons" if self._home is not None else "lessons"
                )
            )
        else:
            step = _("step {step} of {steps}").format(step=course.step + 1, steps=len(Step))
            self._heading.say(f"{course.lesson.title}  ({step})")
            self._words.say(phrases.of_step(course, self._tried))
            self._keys.say(self._hint(course))
            if curves:
                self._graph.show(_curves(course))
        self.refresh_bindings()

    @property
    def _is_told(self) -> bool:
        """Whether the experiments are done, and there is a text about them."""
        return self.course is not None and self.course.is_measured

    def _hint(self, course: Course) -> str:
        """Return what to do next."""
        match course.step:
            case Step.READ if course.lesson.prediction is not None:
                return _("Choose with the arrows; enter runs the experiments.")
            case Step.READ:
                return _("enter runs the experiments.")
            case Step.EXPERIMENT:
                return (
                    _("enter asks the question.") if course.is_measured else _("The experiments are running.")
                )
            case Step.QUESTION if course.given is None:
                return _("enter answers.")
            case _:
                return _("enter goes on; escape goes back to the list.")


def _curves(course: Course) -> Figure:
    """Return the validation accuracy of each experiment that trains, over its epochs."""
    shown = [one for one in course.shown if one.name in course.epochs]
    curves = tuple(
        Curve(
            experiment.title,
            tuple((float(e.epoch), e.validation_accuracy) for e in course.epochs[experiment.name]),
            number % 6,
        )
        for number, experiment in enumerate(shown)
    )
    longest = max((len(course.epochs[one.name]) for one in shown), default=1)
    most = max((one.hyperparameters.epochs for one in shown if one.hyperparameters), default=longest)
    ticks = tuple((float(tick), str(tick)) for tick in epoch_ticks(1, max(2, most), 8))
    return Figure(
        curves,
        title=_("Validation accuracy"),
        x_title=_("epoch"),
        x_range=(1.0, float(max(2, most))),
        x_ticks=ticks,
        percent=True,
    )
