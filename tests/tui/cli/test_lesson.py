from pathlib import Path

import pytest

from tests.engine.lessons.test_lesson import WHOLE
from tests.tui.cli.conftest import QUICK, Call


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(WHOLE)
    return path


def test_a_teachers_file_is_run_and_graded(mlp_tui: Call, small_npz: Path, mine: Path) -> None:
    *experiments, graded = mlp_tui("lesson", mine, "--data", small_npz, "--answer", "b", "--json").json()
    assert [line["experiment"] for line in experiments] == ["slow", "fast", "one_unit"]
    assert experiments[1]["figures"]["epochs"] == 2
    assert graded == {
        "event": "lesson_graded",
        "lesson": "mine.toml",
        "passed": True,
        "answer": "b",
        "right_answer": "b",
    }
    wrong = mlp_tui("lesson", mine, "--data", small_npz, "--answer", "a")
    assert wrong.status == 0
    assert "Wrong. The answer is b) fast." in wrong.out
    unanswered = mlp_tui("lesson", mine, "--data", small_npz)
    assert "Answer with --answer a." in unanswered.out
    assert "one unit:" not in unanswered.out  # it is secret until there is an answer
    assert "one unit:" in wrong.out


def test_a_number_is_graded_with_its_tolerance(mlp_tui: Call, small_npz: Path) -> None:
    right = mlp_tui("lesson", "2", "--data", small_npz, "--answer", "2.3", "--json").json()[-1]
    assert right["passed"] is True
    assert right["right_answer"] == pytest.approx(2.302585)
    assert (
        mlp_tui("lesson", "loss", "--data", small_npz, "--answer", "1", "--json").json()[-1]["passed"]
        is False
    )


def test_a_number_that_is_infinite_is_null_in_json(mlp_tui: Call, small_npz: Path, mine: Path) -> None:
    asked = WHOLE.replace("learning_rate = 0.1", "learning_rate = 1e30").partition("[[question.choices]]")[0]
    mine.write_text(asked + 'number = "fast.train_loss"\n')
    *_experiments, graded = mlp_tui("lesson", mine, "--data", small_npz, "--answer", "1", "--json").json()
    assert graded["passed"] is False
    assert graded["right_answer"] is None


def test_a_stored_run_is_held_against_the_target(
    mlp_tui: Call, small_npz: Path, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLP_TUI_HOME", str(tmp_path / "home"))
    assert mlp_tui("train", "--data", small_npz, *QUICK, "--json").status == 0
    (graded,) = mlp_tui("lesson", mine, "--run", "latest", "--json").json()
    assert graded["event"] == "lesson_graded"
    assert graded["passed"] == (graded["target"]["value"] >= 0.5)
    assert mlp_tui("train", "--data", small_npz, *QUICK, "--dropout", "0.1", "--json").status == 0
    (graded,) = mlp_tui("lesson", mine, "--run", "latest", "--json").json()
    assert graded["passed"] is False
    assert graded["target"]["changed"] == ["dropout"]
    assert "has no target" in mlp_tui("lesson", "1", "--run", "latest").complaint(1)
    figure = f"validation_accuracy is {graded['target']['value']:.4g}."
    reached = mlp_tui("lesson", mine, "--run", "latest").out
    assert f"Reached: {figure}" in reached
    assert "But the lesson does not let these change: dropout." in reached
    mine.write_text(WHOLE.replace("at_least = 0.5", "at_least = 1.0"))
    assert f"Not reached: {figure}" in mlp_tui("lesson", mine, "--run", "latest").out


def test_a_lesson_may_ask_nothing(mlp_tui: Call, small_npz: Path, mine: Path) -> None:
    begin, end = WHOLE.index("[question]"), WHOLE.index("[target]")
    mine.write_text(WHOLE[:begin] + WHOLE[end:])
    assert "It reached " in mlp_tui("lesson", mine, "--data", small_npz).out
    *_experiments, graded = mlp_tui("lesson", mine, "--data", small_npz, "--json").json()
    assert (graded["passed"], graded["answer"], graded["right_answer"]) == (None, None, None)
    assert "asks no question" in mlp_tui("lesson", mine, "--answer", "a").complaint(1)


def test_the_lessons_are_listed_in_the_language_in_use(mlp_tui: Call) -> None:
    listed = mlp_tui("lesson").out.splitlines()
    assert len(listed) == 11
    assert "The learning rate" in listed[4]
    assert "学习率" in mlp_tui("lesson", "--lang", "zh").out
    assert [line["lesson"][:2] for line in mlp_tui("lesson", "--json").json()][-1] == "11"


def test_what_cannot_be_done_is_told(mlp_tui: Call, mine: Path, tmp_path: Path) -> None:
    assert "There is no lesson “cooking”" in mlp_tui("lesson", "cooking").complaint(1)
    assert "cannot be read" in mlp_tui("lesson", tmp_path / "none.toml").complaint(1)
    assert "the choices are: a, b" in mlp_tui("lesson", mine, "--answer", "c").complaint(2)
    for answer in ("nan", "much"):
        assert "asks for a number" in mlp_tui("lesson", "2", "--answer", answer).complaint(2)
