"""A lesson in the app: read, predicted, run for real, answered, marked as done, and an exercise."""

from pathlib import Path

import pytest

from engine.lessons.lesson import parse
from engine.storage.presets import read_preset
from tests.engine.lessons.test_lesson import WHOLE
from tests.runs import TrainedRun
from tests.tui.conftest import Open, Stage
from tests.tui.screen_text import SIZES
from tui.panels.learn.lessons import LessonsPage
from tui.panels.learn.lessons.progress import LessonProgress, Step
from tui.panels.paged_panel import PagedPanel
from tui.panels.tab_titles import TABS

TAB = str(list(TABS).index("learn") + 1)


def page_of(stage: Stage) -> LessonsPage:
    panel = stage.app.main_screen.tabs.panels["learn"]
    assert isinstance(panel, PagedPanel)
    page = panel.page
    assert isinstance(page, LessonsPage)
    return page


@pytest.mark.parametrize("size", SIZES)
async def test_a_lesson_from_its_goal_to_its_mark(
    opened: Open, small_npz: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with opened(size, data=small_npz, home=tmp_path) as stage:
        await stage.press(TAB)
        await stage.see("Lessons: 0 of 11 done")
        assert "10 Batch normalisation" in stage.screen
        assert "11 Learning rate and batch size" in stage.screen  # all are in view
        await stage.press("down", "enter")
        await stage.see("The loss (step 1 of 4)")
        assert "▸ a) nothing" in stage.screen
        await stage.press("down", "enter")
        await stage.see("You thought: about twice as much.")
        assert "2.408" in stage.screen
        assert "ten equal logits" not in stage.screen  # its outcome is what is asked for
        await stage.press("enter", "9", "backspace", "2", "full_stop", "3")
        await stage.see("Type a number: 2.3_")
        assert stage.app.main_screen.tabs.active == "learn"
        await stage.press("enter")
        await stage.see("Right.")
        await stage.press("enter", "enter")
        await stage.see("Lessons: 1 of 11 done")
    async with opened(size, data=small_npz, home=tmp_path) as stage:
        await stage.press(TAB)
        await stage.see("Lessons: 1 of 11 done")  # kept


async def test_a_teachers_lessons_are_listed_and_a_mistake_in_one_is_told(
    opened: Open, small_npz: Path, tmp_path: Path
) -> None:
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "a_mine.toml").write_text(WHOLE)
    (tmp_path / "lessons" / "b_broken.toml").write_text(WHOLE.replace("goal = ", "gaol = "))
    async with opened(data=small_npz, home=tmp_path) as stage:
        await stage.press(TAB)
        await stage.see("12 A lesson")
        assert "of 12 done" in stage.screen
        await stage.until(
            lambda: any("b_broken.toml, gaol: there is no such key" in text for text in stage.told)
        )


async def test_networks_are_trained_and_their_curves_drawn(
    opened: Open, small_npz: Path, trained_run: TrainedRun
) -> None:
    async with opened(data=small_npz) as stage:
        await stage.press(TAB)
        page = page_of(stage)
        page.lesson_progress = LessonProgress(parse(WHOLE.encode(), "mine", read_preset))
        page._redraw()
        await stage.press("enter")
        await stage.see("It reached")
        assert "Validation accuracy" in stage.screen and "a good step" in stage.screen
        await stage.press("enter", "enter")
        await stage.see("Not quite. The answer is b) fast.")
        await stage.press("enter")
        await stage.see("To be left alone: dropout.")
        await stage.trained(trained_run)
        await stage.see("The run that is shown: validation_accuracy is")
        await stage.press("r")
        await stage.pilot.pause()
        hyperparameters = stage.app.main_screen.drawer.hyperparameters()
        assert hyperparameters is not None and hyperparameters.hidden == (16,)
        assert "1 field is hidden" in stage.screen
        assert stage.app.main_screen.drawer._form is not None
        form = stage.app.main_screen.drawer._form
        drawn = [row.field.name for row in form._list._rows if row.field is not None]
        assert "l2" in drawn and "dropout" not in drawn
        page.action_leave_lesson()
        await stage.until(lambda: "1 field is hidden" not in stage.screen)
        assert not any(field.hidden for field in form._fields.values())


def test_a_course_goes_on_and_back() -> None:
    lesson_progress = LessonProgress(parse(WHOLE.encode(), "mine", read_preset))
    assert not lesson_progress.go_back()
    steps = [lesson_progress.step]
    assert lesson_progress.go_on()
    steps.append(lesson_progress.step)
    assert not lesson_progress.go_on()  # nothing is measured yet
    assert lesson_progress.go_back()
    assert [*steps, lesson_progress.step] == [Step.READ, Step.EXPERIMENT, Step.READ]
    assert lesson_progress.choices == 2


async def test_lessons_and_answers_can_be_clicked(opened: Open, small_npz: Path) -> None:
    async with opened((80, 24), data=small_npz) as stage:
        await stage.press(TAB)
        await stage.see("2 The loss")
        await click_on(stage, "The loss")
        assert page_of(stage).lesson_progress is None  # it is pointed at
        await click_on(stage, "The loss")
        await stage.see("(step 1 of 4)")
        lesson_progress = page_of(stage).lesson_progress
        assert lesson_progress is not None and lesson_progress.choice == 0
        await click_on(stage, "b) ")
        assert lesson_progress.choice == 1
        await click_on(stage, "enter runs the experiments.")
        await stage.see("(step 2 of 4)")


async def click_on(stage: Stage, text: str) -> None:
    """Click where these words stand on the screen."""
    lines = [strip.text for strip in stage.app.screen._compositor.render_strips()]
    y = next(at for at, line in enumerate(lines) if text in line)
    await stage.pilot.click(offset=(lines[y].index(text), y))
    await stage.pilot.pause()
