"""What the page Lessons says."""

from collections.abc import Sequence

from textual.content import Content
from textual.style import Style

from engine.lessons.conditions import filled
from engine.lessons.grading import Attempt
from engine.lessons.lesson import Lesson
from tui.panels.learn.lessons.progress import LessonProgress, Step
from tui.panels.learn.links import STEPS_OF
from tui.text.glyphs import glyph
from tui.text.language import _
from tui.text.lesson_phrases import answer_text, experiment_text, letter

NOT_YET = "$foreground-muted"


def listed(lessons: Sequence[Lesson], done: frozenset[str], at: int, width: int, height: int) -> Content:
    """Return the list of lessons, the goal of the one that is pointed at below it."""
    below = [Content(""), Content(lessons[at].goal if lessons else "")]
    if lessons:
        below += prepared(lessons[at])
    room = max(3, height - Content("\n").join(below).get_height({}, width))
    first = max(0, min(at - room // 2, len(lessons) - room))
    lines = []
    for number, lesson in list(enumerate(lessons))[first : first + room]:
        sign = glyph("✓", "x") if lesson.name in done else " "
        pointer = glyph("▸", ">") if number == at else " "
        style = "bold $text-primary" if number == at else ""
        lines.append(
            Content.assemble(
                (f"{pointer} ", style),
                (f"{sign} ", "$text-success"),
                (f"{number + 1:>2}  {lesson.title}", style),
            ).stylize(_line(number))
        )
    return Content("\n").join([*lines, *below])


def prepared(lesson: Lesson) -> list[Content]:
    """Return which steps of the workshop a lesson prepares, if any."""
    if lesson.name not in STEPS_OF:
        return []
    text = _("w goes on in the workshop: {steps}").format(steps=", ".join(STEPS_OF[lesson.name]))
    return [Content.styled(text, NOT_YET)]


def reading(lesson_progress: LessonProgress) -> Content:
    """Return the goal, what there is to know, and what is to be predicted."""
    lesson = lesson_progress.lesson
    parts = [Content.styled(lesson.goal, "bold"), Content(""), Content(_flowing(lesson.text))]
    if lesson.prediction is not None:
        parts += [
            Content(""),
            Content.styled(_("What do you think?") + " " + lesson.prediction.text, "$text-primary"),
            *_choices(lesson.prediction.choices, lesson_progress.choice),
        ]
    return Content("\n").join(parts)


def measured(lesson_progress: LessonProgress) -> Content:
    """Return what came of each experiment, or where it stands; then what that shows."""
    lesson = lesson_progress.lesson
    parts = []
    for experiment in lesson_progress.shown:
        figures, epochs = (
            lesson_progress.figures.get(experiment.name),
            lesson_progress.epochs.get(experiment.name),
        )
        if figures is not None:
            text = experiment_text(experiment, figures)
        elif epochs:
            last = epochs[-1]
            text = _("epoch {epoch} of {epochs}: validation accuracy {accuracy:.1%}").format(
                epoch=last.epoch, epochs=last.epochs, accuracy=last.validation_accuracy
            )
        else:
            text = _("it waits for its turn")
        parts.append(
            Content.assemble(
                (experiment.title, "bold"), (f": {text}", "" if figures is not None else NOT_YET)
            )
        )
    if lesson_progress.is_measured:
        if lesson.prediction is not None and lesson_progress.predicted is not None:
            said = lesson.prediction.choices[lesson_progress.predicted]
            parts += [Content(""), Content.styled(_("You thought: {choice}.").format(choice=said), NOT_YET)]
        if lesson.happened:
            parts += [Content(""), Content(_flowing(filled(lesson.happened, lesson_progress.figures)))]
    return Content("\n").join(parts)


def asked(lesson_progress: LessonProgress) -> Content:
    """Return the question, and after the answer whether it was right."""
    question = lesson_progress.lesson.question
    assert question is not None
    parts = [Content.styled(_flowing(question.text), "bold"), Content("")]
    if lesson_progress.given is None:
        if question.number:
            parts.append(Content(_("Type a number: {typed}_").format(typed=lesson_progress.typed)))
        else:
            parts += _choices([choice.text for choice in question.choices], lesson_progress.choice)
        return Content("\n").join(parts)
    verdict = _("Right.") if lesson_progress.given.passed else _("Not quite.")
    style = "bold $text-success" if lesson_progress.given.passed else "bold $text-error"
    parts.append(Content.assemble((verdict, style), " " + answer_text(question, lesson_progress.given.right)))
    if question.why:
        parts += [Content(""), Content(_flowing(filled(question.why, lesson_progress.figures)))]
    return Content("\n").join(parts)


def ended(lesson_progress: LessonProgress, tried: Attempt | None) -> Content:
    """Return the exercise, if there is one, and how the run that is shown does in it."""
    target = lesson_progress.lesson.target
    if target is None:
        goes_on = prepared(lesson_progress.lesson)
        return Content("\n").join([Content(_("That was the lesson. enter goes back to the list.")), *goes_on])
    parts = [Content.styled(_flowing(target.text), "bold"), Content("")]
    parts.append(
        Content(_("r puts the lesson's settings into the form; change them there, and ctrl+r runs."))
    )
    if lesson_progress.lesson.hidden:
        names = ", ".join(lesson_progress.lesson.hidden)
        parts.append(Content.styled(_("To be left alone: {names}.").format(names=names), NOT_YET))
    if tried is not None:
        text = _("The run that is shown: {figure} is {value:.4g}.").format(
            figure=target.figure, value=tried.value
        )
        style = "bold $text-success" if tried.passed else "bold $text-error"
        verdict = _("Reached.") if tried.passed else _("Not reached.")
        parts += [Content(""), Content.assemble(text + " ", (verdict, style))]
        if tried.changed:
            changed = _("It changed what was to be left alone: {names}.")
            parts.append(Content(changed.format(names=", ".join(tried.changed))))
    parts += prepared(lesson_progress.lesson)
    return Content("\n").join(parts)


def of_step(lesson_progress: LessonProgress, tried: Attempt | None) -> Content:
    """Return the words of the step that a course is at."""
    match lesson_progress.step:
        case Step.READ:
            return reading(lesson_progress)
        case Step.EXPERIMENT:
            return measured(lesson_progress)
        case Step.QUESTION:
            return asked(lesson_progress)
        case Step.END:
            return ended(lesson_progress, tried)


def _choices(texts: Sequence[str], at: int) -> list[Content]:
    lines = []
    for number, text in enumerate(texts):
        here = number == at
        pointer = glyph("▸", ">") if here else " "
        style = "bold $text-primary" if here else ""
        lines.append(Content.styled(f"{pointer} {letter(number)} {text}", style).stylize(_line(number)))
    return lines


def _line(number: int) -> Style:
    """Return what a click on a line needs to know."""
    return Style.from_meta({"line": number})


def _flowing(text: str) -> str:
    """Return a text as one paragraph, however its lines were broken in the file.

    Between Chinese characters no space is put.
    """
    result = ""
    for line in text.split("\n"):
        line = line.strip()
        wide = bool(result) and bool(line) and ord(result[-1]) > 0x2E7F and ord(line[0]) > 0x2E7F
        result += ("" if not result or wide else " ") + line
    return result
