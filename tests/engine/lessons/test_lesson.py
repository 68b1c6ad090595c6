"""Lesson files: what is written in one is what is done, and a teacher's mistake is one sentence."""

import re
from pathlib import Path

import pytest

from assets import FOLDER
from engine.data.dataset import Dataset
from engine.errors import EngineError
from engine.lessons.conditions import ConditionError, check, check_text, filled, holds, value_of
from engine.lessons.experiments import run
from engine.lessons.grading import attempt, grade, right_answer
from engine.lessons.lesson import Lesson, LessonError, parse
from engine.storage.presets import read_preset
from tests.runs import TrainedRun

NAMES = sorted(path.stem for path in (FOLDER / "lessons" / "en").glob("*.toml"))
FIGURES = {"small": {"loss": 2.0, "accuracy": 0.25}, "large": {"loss": 0.5, "accuracy": 0.9}}
KNOWN = {name: frozenset(figures) for name, figures in FIGURES.items()}

WHOLE = """
title = "A lesson"
goal = "To learn something."
text = "What to know."
images = 400
hidden = ["dropout"]
hyperparameters = { hidden = [16], epochs = 2, batch_size = 50 }
[predict]
text = "What do you think?"
choices = ["this", "that"]
[[experiments]]
name = "slow"
title = "a short step"
learning_rate = 0.0001
[[experiments]]
name = "fast"
title = "a good step"
learning_rate = 0.1
[[experiments]]
name = "one_unit"
title = "one unit"
kind = "unit"
secret = true
inputs = [1.0, 2.0]
weights = [0.5, 0.25]
[happened]
text = "It reached {fast.validation_accuracy:.1%}."
[question]
text = "Which learned more?"
why = "{slow.train_loss:.2f}"
[[question.choices]]
text = "slow"
when = "slow.train_loss < fast.train_loss"
[[question.choices]]
text = "fast"
when = "fast.train_loss < slow.train_loss and fast.diverged = 0"
[target]
text = "Reach it."
figure = "validation_accuracy"
at_least = 0.5
"""


def read(text: str) -> Lesson:
    return parse(text.encode(), "mine.toml", read_preset)


def measured(lesson: Lesson, dataset: Dataset) -> dict[str, dict[str, float]]:
    figures = {}
    for experiment in lesson.experiments:
        for progress in run(experiment, dataset, lesson.images):
            if progress is not None and progress.figures is not None:
                figures[experiment.name] = progress.figures
    return figures


# Those that ship with the program


@pytest.mark.parametrize("name", NAMES)
def test_each_lesson_is_there_in_both_languages_and_differs_in_words_alone(name: str) -> None:
    english, chinese = (
        parse((FOLDER / "lessons" / code / f"{name}.toml").read_bytes(), name, read_preset)
        for code in ("en", "zh")
    )
    assert (english.base, english.images, english.hidden) == (chinese.base, chinese.images, chinese.hidden)
    for ours, theirs in zip(english.experiments, chinese.experiments, strict=True):
        assert (ours.name, ours.kind, ours.values, ours.secret) == (
            theirs.name,
            theirs.kind,
            theirs.values,
            theirs.secret,
        )
    places = [set(re.findall(r"\{(\w+\.\w+)", lesson.happened)) for lesson in (english, chinese)]
    assert places[0] == places[1]
    assert english.question is not None and chinese.question is not None
    assert (english.question.number, english.question.tolerance) == (
        chinese.question.number,
        chinese.question.tolerance,
    )
    conditions = [[choice.when for choice in q.choices] for q in (english.question, chinese.question)]
    assert conditions[0] == conditions[1]
    assert english.prediction is not None and chinese.prediction is not None
    assert len(english.prediction.choices) == len(chinese.prediction.choices)
    assert (english.target is None) == (chinese.target is None)
    assert english.title != chinese.title


def test_their_order_is_in_their_names() -> None:
    assert [name[:2] for name in NAMES] == [f"{number:02}" for number in range(1, 12)]


@pytest.mark.parametrize("name", [name for name in NAMES if name[:2] in ("01", "02", "03", "04", "06", "08")])
def test_what_a_lesson_claims_is_what_happens(name: str, small_dataset: Dataset) -> None:
    """The others need more images than a test has time for; all are run by `mlp-tui lesson`."""
    lesson = parse((FOLDER / "lessons" / "en" / f"{name}.toml").read_bytes(), name, read_preset)
    figures = measured(lesson, small_dataset)
    assert "{" not in filled(lesson.happened, figures)
    question = lesson.question
    assert question is not None
    right = right_answer(question, figures)
    if isinstance(right, tuple):
        assert len(right) == 1
        assert grade(question, right[0], figures).passed
        assert not grade(question, (right[0] + 1) % len(question.choices), figures).passed
    else:
        assert grade(question, right + question.tolerance / 2, figures).passed
        assert not grade(question, right + 2 * question.tolerance + 0.5, figures).passed


# A lesson of one's own


def test_experiments_are_really_run_and_the_answer_is_checked_against_them(small_dataset: Dataset) -> None:
    lesson = read(WHOLE)
    figures = measured(lesson, small_dataset)
    assert figures["fast"]["train_loss"] < figures["slow"]["train_loss"]
    assert figures["fast"]["epochs"] == 2
    assert figures["fast"]["parameters"] == 784 * 16 + 16 + 16 * 10 + 10
    assert figures["one_unit"]["sum"] == 1.0
    assert lesson.question is not None
    assert right_answer(lesson.question, figures) == (1,)
    assert filled(lesson.happened, figures) == f"It reached {figures['fast']['validation_accuracy']:.1%}."
    assert lesson.experiments[0].hyperparameters != lesson.experiments[1].hyperparameters


def test_figures_of_a_unit_and_of_a_loss_by_hand(small_dataset: Dataset) -> None:
    text = WHOLE.replace(
        "weights = [0.5, 0.25]", 'weights = [0.5, 0.25]\nactivation = "tanh"\nupstream = 2.0'
    )
    unit = measured(read(text), small_dataset)["one_unit"]
    assert unit["output"] == pytest.approx(0.76159, abs=1e-5)
    assert unit["slope"] == pytest.approx(1 - 0.76159**2, abs=1e-5)
    assert unit["dW2"] == pytest.approx(2 * 2 * (1 - 0.76159**2), abs=1e-4)
    assert unit["dX1"] == pytest.approx(0.5 * 2 * (1 - 0.76159**2), abs=1e-4)


def test_a_run_is_held_against_the_target(trained_run: TrainedRun) -> None:
    lesson = read(WHOLE)
    assert lesson.target is not None
    tried = attempt(lesson, lesson.target, trained_run.events)
    assert tried is not None
    epochs = [event for event in trained_run.events if type(event).__name__ == "EpochEnded"]
    assert tried.value == epochs[-1].validation_accuracy  # type: ignore[attr-defined]
    assert tried.changed == ()
    assert tried.reached == (tried.value >= 0.5)
    strict = read(WHOLE.replace('["dropout"]', '["dropout", "optimizer"]'))
    assert strict.target is not None
    changed = attempt(strict, strict.target, trained_run.events)
    assert changed is not None and changed.changed == ("optimizer",) and not changed.passed
    assert attempt(lesson, lesson.target, trained_run.events[:1]) is None


def test_a_lesson_never_looks_at_the_test_set(
    small_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.training.trainer import Trainer

    def refuse(*_arguments: object) -> None:
        raise AssertionError("the test set was looked at")

    monkeypatch.setattr(Trainer, "_test_and_end", refuse)
    assert measured(read(WHOLE), small_dataset)["fast"]["epochs"] == 2


# A teacher's mistakes


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("title = ", "titel = ", "titel: there is no such key"),
        ('goal = "To learn something."', "", "goal: it is missing"),
        ("images = 400", "images = 3", "at least 20 images"),
        ('["dropout"]', '["drop"]', "there is no hyperparameter “drop”"),
        ("epochs = 2", "epochs = 0", r"hyperparameters\.epochs"),
        ("learning_rate = 0.1", "learning_rate = -1", r"experiments\[2\]\.learning_rate"),
        ("learning_rate = 0.1", "lerning_rate = 1", r"experiments\[2\]\.lerning_rate"),
        ('name = "fast"', 'name = "slow"', "“slow” is used twice"),
        ('name = "fast"', 'name = "Fast one"', "is not a name"),
        ('kind = "unit"', 'kind = "units"', "“units” is none of"),
        ('kind = "unit"', "kind = []", r"experiments\[3\]\.kind"),
        ('["this", "that"]', "[]", r"predict\.choices: it needs at least two choices"),
        ("weights = [0.5, 0.25]", "weights = [0.5]", "not as many as inputs"),
        ("inputs = [1.0, 2.0]", f"inputs = [1{'0' * 400}, 2]", "is not a number"),
        ("inputs = [1.0, 2.0]", 'inputs = ["a"]', "is not a number"),
        ("inputs = [1.0, 2.0]\n", "", r"experiments\[3\]\.inputs: it is missing"),
        ("{fast.validation_accuracy", "{quick.validation_accuracy", "there is no experiment “quick”"),
        ("{fast.validation_accuracy", "{fast.accuracy", "has no figure “accuracy”"),
        ("{fast.validation_accuracy:.1%}", "{fast}", "a brace that holds no figure"),
        ("slow.train_loss < fast.train_loss", "slow.train_loss", "is not a comparison"),
        ("slow.train_loss < fast.train_loss", "__import__('os') < 1", "neither a number nor a figure"),
        ('figure = "validation_accuracy"', 'figure = "beauty"', "“beauty” is none of"),
        ("at_least = 0.5", "", "at_least or at_most"),
        ("[question]", "[question", "is not TOML"),
        ('preset = "x"', "", ""),
    ],
)
def test_a_mistake_is_told_with_its_file_and_its_key(old: str, new: str, says: str) -> None:
    if old not in WHOLE:
        text, says = 'preset = "none"\n' + WHOLE, "preset: .*none"
    else:
        text = WHOLE.replace(old, new, 1)
    with pytest.raises(LessonError, match=says) as told:
        read(text)
    assert str(told.value).startswith("mine.toml")
    assert str(told.value).count("\n") == 0
    assert isinstance(told.value, EngineError)


# Conditions


def test_conditions_compare_figures_and_nothing_else() -> None:
    assert holds("small.loss > 2 * large.loss and large.accuracy >= 0.9", FIGURES)
    assert not holds("small.loss > 2 * large.loss and large.accuracy > 0.9", FIGURES)
    assert holds("small.loss = 2", FIGURES)
    assert value_of("1e1 * large.loss", FIGURES) == 5.0
    for wrong in ("small.loss >", "small.loss + 1 > 2", "1 < 2 < 3", "", "small.losses > 1", "open('x') > 1"):
        with pytest.raises(ConditionError):
            check(wrong, KNOWN)
    with pytest.raises(ConditionError):
        check_text("{small.loss:>9999999999}", KNOWN)
    assert filled("{small.loss:.2f} and {large.accuracy:.0%}", FIGURES) == "2.00 and 90%"


def test_choices_that_are_no_list_are_refused() -> None:
    asked = WHOLE.partition("[[question.choices]]")[0]
    for given in ("5", "true", '"a"'):
        with pytest.raises(LessonError, match=r"question: it needs a number, or at least two choices"):
            read(asked + f"choices = {given}\n")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="is not TOML"):
        parse(b"\xff\xfe\x00", "mine.toml", read_preset)
    with pytest.raises(LessonError, match="at least one experiment"):
        read('title = "a"\ngoal = "b"\ntext = "c"')
