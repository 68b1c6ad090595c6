import json
from pathlib import Path

import pytest

from engine.workshop.texts import solution
from tests.tui.cli.conftest import Call


def test_init_never_writes_over_a_file(mlp_tui: Call, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    assert mlp_tui("workshop", "init", folder).status == 0
    assert "class MLP:" in (folder / "my_mlp.py").read_text("utf-8")
    (folder / "challenges.py").write_text("mine")
    done = mlp_tui("workshop", "init", folder, "--lang", "zh")
    assert done.status == 0
    assert (folder / "challenges.py").read_text() == "mine"
    (folder / "my_mlp.py").unlink()
    mlp_tui("workshop", "init", folder, "--lang", "zh")
    assert "隐藏单元" in (folder / "my_mlp.py").read_text("utf-8")


def test_a_step_is_graded_with_exit_status_and_json(mlp_tui: Call, tmp_path: Path) -> None:
    (tmp_path / "my_mlp.py").write_text(solution(1).replace("np.maximum(x, 0)", "np.abs(x)"), "utf-8")
    done = mlp_tui("workshop", "check", tmp_path, "--step", "relu", "--json")
    step, end = done.json()
    assert done.status == 1
    assert step.pop("seconds") >= 0
    assert step == {
        "event": "step_checked",
        "step": "relu",
        "passed": False,
        "diagnosis": "relu_absolute",
        "message": "relu(x) returns the absolute value: negative numbers have to become 0.",
    }
    assert end == {"event": "workshop_checked", "passed": False, "steps": 1}
    passing = mlp_tui("workshop", "check", tmp_path, "--step", "softmax", "--json")
    assert passing.status == 0
    assert [line["passed"] for line in passing.json()] == [True, True]
    assert passing.json()[0]["diagnosis"] is None


def test_text_shows_what_came_and_what_was_wanted(mlp_tui: Call, tmp_path: Path) -> None:
    (tmp_path / "my_mlp.py").write_text(solution(1).replace("np.maximum(x, 0)", "np.abs(x)"), "utf-8")
    done = mlp_tui("workshop", "check", tmp_path, "--part", "1")
    assert done.status == 1
    assert "came: relu(x) (5,)" in done.out
    assert "3*" in done.out
    assert "not checked" in done.out
    assert "steps pass of 12." in done.out


def test_several_folders_end_in_a_table(mlp_tui: Call, tmp_path: Path) -> None:
    for name, text in (("ann", solution(1)), ("bob", "def broken(:\n"), ("eve", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "my_mlp.py").write_text(text, "utf-8")
    (tmp_path / "notes.txt").write_text("no folder")
    folders = [tmp_path / name for name in ("ann", "bob", "eve", "notes.txt")]
    done = mlp_tui("workshop", "check", *folders, "--step", "softmax")
    assert done.status == 1
    table = done.out[done.out.index("\nfolder ") + 1 :].splitlines()
    assert [line.split() for line in table[1:5]] == [
        ["ann", "+", "1/1"],
        ["bob", "x", "0/1"],
        ["eve", "x", "0/1"],
        ["notes.txt", "0/0"],
    ]
    lines = mlp_tui("workshop", "check", *folders, "--step", "softmax", "--json").json()
    ends = [line for line in lines if line["event"] == "workshop_checked"]
    assert all("folder" in line for line in lines)
    assert [(Path(line["folder"]).name, line["passed"], line["steps"]) for line in ends] == [
        ("ann", True, 1),
        ("bob", False, 1),
        ("eve", False, 1),
        ("notes.txt", False, 0),
    ]


def test_hints_climb_a_ladder(mlp_tui: Call, tmp_path: Path) -> None:
    mlp_tui("workshop", "init", tmp_path)
    first = mlp_tui("workshop", "hint", tmp_path)
    assert first.out.startswith("parameters: Weights and biases")
    assert "--level 2" in first.out
    last = mlp_tui("workshop", "hint", tmp_path, "--step", "relu", "--level", "3", "--lang", "zh")
    assert "np.maximum(0, x)" in last.out
    assert "导数" in last.out


def test_reset_keeps_what_was_there(mlp_tui: Call, tmp_path: Path) -> None:
    mlp_tui("workshop", "init", tmp_path)
    path = tmp_path / "my_mlp.py"
    written = path.read_text("utf-8").replace(
        'x. (step: relu)"""\n        pass', 'x."""\n        return x + 1'
    )
    written = written.replace("new random order", "random order")
    path.write_text(written, "utf-8")
    done = mlp_tui("workshop", "reset", tmp_path, "--step", "relu")
    assert done.status == 0
    assert "return x + 1" not in path.read_text("utf-8")
    assert "in a random order" in path.read_text("utf-8")
    assert (tmp_path / "my_mlp.old-1.py").read_text("utf-8") == written
    mlp_tui("workshop", "reset", tmp_path, "--part", "1")
    assert "in a new random order" in path.read_text("utf-8")
    assert (tmp_path / "my_mlp.old-2.py").exists()
    path.write_text("def broken(:\n")
    assert "not valid Python" in mlp_tui("workshop", "reset", tmp_path, "--step", "relu").complaint(1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check"], "FOLDER"),
        (["check", "nowhere-at-all"], "is not a folder"),
        (["check", ".", "--step", "cooking"], "no step “cooking”"),
        (["check", ".", "--part", "3"], "3"),
        (["check", ".", "--part", "1", "--step", "adam"], "part 2"),
        (["reset", "."], "--step"),
        (["open", "nowhere-at-all"], "is not a folder"),
        (["hint", ".", "--level", "4"], "4"),
    ],
)
def test_wrong_usage(mlp_tui: Call, arguments: list[str], says: str) -> None:
    assert says in mlp_tui("workshop", *arguments).complaint(2)


def test_json_is_not_translated(mlp_tui: Call, tmp_path: Path) -> None:
    (tmp_path / "my_mlp.py").write_text("")
    done = mlp_tui("workshop", "check", tmp_path, "--step", "relu", "--json", "--lang", "zh")
    assert "has no" in json.loads(done.out.splitlines()[0])["message"]
