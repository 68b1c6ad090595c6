"""The two pages of the Learn tab, and the ways between them."""

from pathlib import Path

from tui.panels.learn.lessons import LessonsPage
from tui.panels.learn.links import STEPS_OF, LessonWanted, StepWanted
from tui.panels.learn.workshop import WorkshopPage
from tui.panels.paged_panel import PagedPanel
from tui.session.background import BackgroundThread
from tui.session.workshop import StepState, Workshop


class LearnPanel(PagedPanel):
    """Lessons, and the workshop whose steps they prepare."""

    def __init__(
        self, background: BackgroundThread, home: Path | None, workshop: Workshop, page: str | None
    ) -> None:
        """Open on `page`, or on the first."""
        self._lessons = LessonsPage(background, home)
        self._workshop = workshop
        pages = {"lessons": self._lessons, "workshop": WorkshopPage(background, workshop)}
        super().__init__(pages, page, id="learn")

    def on_lesson_wanted(self, message: LessonWanted) -> None:
        """Open a lesson."""
        message.stop()
        self._lessons.open_lesson(message.lesson)
        self.open("lessons")

    def on_step_wanted(self, message: StepWanted) -> None:
        """Look at the first step that a lesson prepares and that does not pass yet."""
        message.stop()
        steps, statuses = STEPS_OF[message.lesson], self._workshop.statuses()
        left = [step for step in steps if statuses[step].state is not StepState.PASSES]
        self._workshop.look_at((left or steps)[0])
        self.open("workshop")
