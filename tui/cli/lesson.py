"""`mlp-tui lesson`: runs a lesson's experiments and grades an answer, or a run, without a screen."""

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from engine.data.location import Location
from engine.errors import HyperparameterError
from engine.events import finite
from engine.sentences import N_
from tui.cli.help import Command, option
from tui.cli.options import data_option, json_option, language_option
from tui.session.paths import home
from tui.text.language import _, language
from tui.text.lesson_phrases import answer_text, experiment_text, letter

if TYPE_CHECKING:
    from engine.lessons.experiments import Experiment
    from engine.lessons.lesson import Lesson, Question


@click.command(
    cls=Command,
    help=N_(
        "Do a lesson without a screen: run its experiments, and grade an answer.\n\n"
        "LESSON is a number, a name, or a file that a teacher wrote; without it the lessons are "
        "listed. With --run, a stored run is compared with the lesson's target."
    ),
)
@click.argument("lesson", metavar=N_("LESSON"), required=False)
@option("--answer", metavar=N_("TEXT"), text=lambda: _("The answer: the letter of a choice, or a number."))
@option("--run", metavar="RUN", text=lambda: _("Grade this stored run against the lesson's target."))
@data_option
@json_option
@language_option
def lesson(
    lesson: str | None, answer: str | None, run: str | None, data: Location | None, as_json: bool
) -> int:
    """Do a lesson."""
    if lesson is None:
        list_lessons(as_json=as_json)
    else:
        do_lesson(lesson, answer=answer, run_id=run, data=data, as_json=as_json)
    return 0


def list_lessons(*, as_json: bool) -> None:
    """Print the lessons that ship with the program."""
    from engine.lessons.catalogue import lesson_names, read_lesson

    names = lesson_names()
    width = max(map(len, names), default=0)
    for name in names:
        lesson = read_lesson(name, language())
        if as_json:
            click.echo(json.dumps({"lesson": name, "title": lesson.title, "goal": lesson.goal}))
        else:
            click.echo(f"{name:<{width}}  {lesson.title}")


def do_lesson(
    text: str, *, answer: str | None, run_id: str | None, data: Location | None, as_json: bool
) -> None:
    """Run the experiments of a lesson and grade `answer`, or grade the run `run_id` against its target.

    Raises:
        EngineError: when the lesson, the data or the run cannot be used.
    """
    from engine.data.dataset import load_dataset
    from engine.lessons.catalogue import read_lesson
    from engine.lessons.conditions import filled
    from engine.lessons.experiments import run
    from engine.lessons.grading import grade, right_answer
    from engine.training.threads import limit_threads

    lesson = read_lesson(text, language())
    if run_id is not None:
        _grade_run(lesson, run_id, as_json=as_json)
        return
    given = None if answer is None else _read_answer(lesson, answer)
    dataset = load_dataset(data)
    if not as_json:
        click.echo(f"{lesson.title}\n\n{lesson.goal}\n\n{lesson.text}\n")
    figures: dict[str, dict[str, float]] = {}
    with limit_threads(1):
        for experiment in lesson.experiments:
            for progress in run(experiment, dataset, lesson.images):
                if progress is not None and progress.figures is not None:
                    figures[experiment.name] = progress.figures
                    _print_experiment(experiment, progress.figures, as_json=as_json, told=given is not None)
    question = lesson.question
    if not as_json and lesson.happened:
        click.echo("\n" + filled(lesson.happened, figures))
    if question is None:
        if as_json:
            _print_grade(lesson, None, None, None)
        return
    if given is None:
        if as_json:
            _print_grade(lesson, None, None, right_answer(question, figures))
        else:
            click.echo("\n" + _asked(question))
        return
    result = grade(question, given, figures)
    if as_json:
        _print_grade(lesson, result.passed, given, result.right)
        return
    click.echo(
        "\n" + (_("Right.") if result.passed else _("Wrong.")) + " " + answer_text(question, result.right)
    )
    if question.why:
        click.echo(filled(question.why, figures))


def _asked(question: "Question") -> str:
    """Return the question, its choices, and how to answer."""
    lines = [question.text]
    lines += [f"  {letter(at)} {choice.text}" for at, choice in enumerate(question.choices)]
    example = "a" if question.choices else "0.5"
    return "\n".join([*lines, _("Answer with --answer {example}.").format(example=example)])


def _read_answer(lesson: "Lesson", answer: str) -> float:
    """Return an answer as a number: of a choice, from 0, or what was computed."""
    from engine.lessons.lesson import LessonError

    question = lesson.question
    if question is None:
        raise LessonError(N_("The lesson {lesson} asks no question."), lesson=lesson.name)
    word = answer.strip().rstrip(")").lower()
    if question.choices:
        letters = [letter(at).rstrip(")") for at in range(len(question.choices))]
        if word not in letters:
            raise HyperparameterError(
                N_("--answer is “{given}”; the choices are: {letters}."),
                name="answer",
                given=answer,
                letters=", ".join(letters),
            )
        return float(letters.index(word))
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise HyperparameterError(
            N_("--answer is “{given}”; the question asks for a number."), name="answer", given=answer
        )
    return number


def _print_experiment(
    experiment: "Experiment", figures: Mapping[str, float], *, as_json: bool, told: bool
) -> None:
    if as_json:
        sayable = {name: finite(value) for name, value in figures.items()}
        fields = {"event": "experiment_ended", "experiment": experiment.name, "kind": experiment.kind}
        click.echo(json.dumps({**fields, "figures": sayable}, allow_nan=False))
    elif told or not experiment.secret:
        click.echo(f"{experiment.title}: {experiment_text(experiment, figures)}")


def _grade_run(lesson: "Lesson", run_id: str, *, as_json: bool) -> None:
    """Hold a stored run against the target."""
    from engine.lessons.grading import attempt
    from engine.lessons.lesson import LessonError
    from engine.storage.model_lookup import open_store

    if lesson.target is None:
        raise LessonError(N_("The lesson {lesson} has no target that a run could reach."), lesson=lesson.name)
    with open_store(home()) as store:
        record = store.find(run_id)
        tried = attempt(lesson, lesson.target, list(store.history(record.id)))
    if tried is None:
        raise LessonError(N_("The run {run} has no epoch that ended."), run=record.id)
    if as_json:
        target = {
            "figure": lesson.target.figure,
            "value": finite(tried.value),
            "changed": list(tried.changed),
        }
        fields = {"event": "lesson_graded", "lesson": lesson.name, "passed": tried.passed}
        click.echo(json.dumps({**fields, "run": record.id, "target": target}, allow_nan=False))
        return
    click.echo(lesson.target.text)
    text = (
        _("Reached: {figure} is {value:.4g}.")
        if tried.reached
        else _("Not reached: {figure} is {value:.4g}.")
    )
    click.echo(text.format(figure=lesson.target.figure, value=tried.value))
    if tried.changed:
        click.echo(
            _("But the lesson does not let these change: {names}.").format(names=", ".join(tried.changed))
        )


def _print_grade(
    lesson: "Lesson", passed: bool | None, answer: float | None, right: tuple[int, ...] | float | None
) -> None:
    """Print the last line of JSON."""
    question = lesson.question
    choices = question is not None and bool(question.choices)
    fields: dict[str, object] = {"event": "lesson_graded", "lesson": lesson.name, "passed": passed}
    if choices and answer is not None:
        fields["answer"] = letter(int(answer)).rstrip(")")
    else:
        fields["answer"] = answer
    if isinstance(right, tuple):
        letters = [letter(at).rstrip(")") for at in right]
        fields["right_answer"] = letters[0] if len(letters) == 1 else letters
    else:
        fields["right_answer"] = None if right is None else finite(right)
    click.echo(json.dumps(fields, allow_nan=False))
