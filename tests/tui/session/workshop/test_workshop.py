"""How steps stand follows from the texts: what is checked, when, and what is not checked again."""

import os
import time
from pathlib import Path

import pytest

from engine.sentences import Sentence
from engine.workshop.sandbox import StepResult
from engine.workshop.steps import STEPS, steps_of
from engine.workshop.texts import solution, stub
from tests.tui.session.workshop.checkers import FakeChecker, settle, states
from tui.session.workshop import StepState, Workshop, default_folder
from tui.session.workshop.editor import editor_command

RELU = "return np.maximum(x, 0)"
PART_1 = [step.name for step in steps_of(1)]
PASSES, FAILS, WAITS, UNKNOWN = StepState.PASSES, StepState.FAILS, StepState.WAITS, StepState.UNKNOWN


def write(folder: Path, text: str, name: str = "my_mlp.py") -> None:
    """Save a file, at another time than the one before."""
    path = folder / name
    path.write_text(text, "utf-8")
    now = time.time_ns()
    os.utime(path, ns=(now, now))


@pytest.fixture
def checker() -> FakeChecker:
    return FakeChecker()


@pytest.fixture
def workshop(tmp_path: Path, checker: FakeChecker) -> Workshop:
    """A workshop in which part 1 is written and nothing else, all of it checked."""
    write(tmp_path, solution(1))
    write(tmp_path, stub(2, "en"), "challenges.py")
    made = Workshop(None, tmp_path, checker)
    settle(made)
    checker.calls.clear()
    return made


def test_steps_from_the_empty_stub_to_the_textbooks_network(tmp_path: Path) -> None:
    workshop = Workshop(None, tmp_path)  # with the real child
    workshop.make_files()
    settle(workshop)
    assert states(workshop, "parameters", "forward", "train") == [StepState.NOT_BEGUN, WAITS, WAITS]
    assert workshop.status("accuracy").waits_for == "parameters"
    assert set(states(workshop)) == {StepState.NOT_BEGUN, WAITS}
    write(tmp_path, solution(1).replace(RELU, "return np.abs(x)"))
    settle(workshop)
    relu = workshop.status("relu")
    assert relu.state is FAILS and relu.result is not None and relu.result.difference is not None
    assert relu.result.diagnosis == "relu_absolute"
    write(tmp_path, solution(1))
    settle(workshop)
    assert workshop.passes(1) and not workshop.passes(2)
    own = workshop.status("train").result
    assert own is not None and workshop.textbook is not None
    assert own.message.values == workshop.textbook.message.values


def test_the_first_step_that_does_not_pass_is_looked_at_unless_one_was_chosen(
    tmp_path: Path, checker: FakeChecker
) -> None:
    write(tmp_path, solution(1).replace("return -np.mean", "wrong()\n        return -np.mean"))
    workshop = Workshop(None, tmp_path, checker)
    settle(workshop)
    assert workshop.step == "loss"
    workshop.open(tmp_path)
    workshop.look_at("softmax")
    settle(workshop)
    assert workshop.step == "softmax"


def test_after_a_save_the_step_that_is_looked_at_comes_first_then_what_it_touches(
    tmp_path: Path, workshop: Workshop, checker: FakeChecker
) -> None:
    workshop.look_at("forward")
    write(tmp_path, solution(1).replace(RELU, "return np.maximum(0, x)"))
    settle(workshop)
    touched = ["backward_output", "backward_hidden", "epoch", "accuracy", "train"]
    assert checker.calls == [["relu", "forward"], touched]
    write(tmp_path, solution(1))
    settle(workshop)
    assert len(checker.calls) == 2  # it was checked before
    assert states(workshop, *PART_1) == [PASSES] * 12


def test_while_the_step_in_view_passes_another_that_fails_after_a_save_takes_its_place(
    tmp_path: Path, workshop: Workshop
) -> None:
    workshop.look_at("parameters")
    write(tmp_path, solution(1).replace("return -np.mean", "wrong()\n        return -np.mean"))
    settle(workshop)
    assert workshop.step == "loss"
    broken = solution(1).replace("return -np.mean", "wrong(2)\n        return -np.mean")
    write(tmp_path, broken.replace(RELU, f"wrong()\n        {RELU}"))
    settle(workshop)
    assert workshop.step == "loss"  # which fails itself
    workshop.look_at("parameters")
    assert not workshop.poll() and workshop.step == "parameters"
    opened = Workshop(None, tmp_path, FakeChecker())
    opened.look_at("parameters")
    settle(opened)  # nothing was saved since
    assert opened.step == "parameters"


def test_what_builds_on_a_step_that_fails_waits_and_is_not_checked(
    tmp_path: Path, workshop: Workshop, checker: FakeChecker
) -> None:
    workshop.look_at("relu")
    write(tmp_path, solution(1).replace(RELU, f"wrong()\n        {RELU}"))
    settle(workshop)
    assert checker.calls == [["relu"]]
    assert states(workshop, "relu", "softmax", "forward", "epoch") == [FAILS, PASSES, WAITS, WAITS]
    assert workshop.status("epoch").waits_for == "relu"


def test_a_file_is_read_when_it_was_left_alone_for_a_while(
    tmp_path: Path, workshop: Workshop, checker: FakeChecker
) -> None:
    write(tmp_path, "half")
    assert not workshop.poll()
    write(tmp_path, "half a file")
    assert not workshop.poll()
    assert states(workshop, "relu") == [PASSES]
    assert workshop.poll()
    assert states(workshop, "relu") != [PASSES]


def test_a_newer_save_takes_the_place_of_an_older_check(
    tmp_path: Path, workshop: Workshop, checker: FakeChecker
) -> None:
    workshop.look_at("relu")
    write(tmp_path, solution(1).replace(RELU, "return endless(x)"))
    while not checker.calls:
        workshop.poll()
    stop = checker.stops[-1]
    assert states(workshop, "relu", "forward") == [StepState.CHECKING, UNKNOWN]
    checker.holds.add("train")  # the newer check is under way while we look
    write(tmp_path, solution(1).replace(RELU, "return np.maximum(0, x)"))
    while states(workshop, "relu") != [PASSES]:
        workshop.poll()
    assert stop.is_set
    write(tmp_path, "", "challenges.py")
    before = checker.stops[-1]
    for _ in range(5):
        workshop.poll()
    assert not before.is_set  # it is of the other file, which is as it was
    workshop.close()
    assert checker.stops[-1].is_set


def test_a_result_that_tells_a_line_holds_for_that_text_alone(
    tmp_path: Path, workshop: Workshop, checker: FakeChecker
) -> None:
    told = Sentence("{file}, line {line}", {"file": "my_mlp.py", "line": 31})
    checker.results["loss"] = StepResult("loss", False, "exception", told)
    workshop.look_at("loss")
    workshop.check_again()
    settle(workshop)
    assert checker.calls == [["loss"]]
    assert workshop.line_of("loss") == 31
    write(tmp_path, solution(1).replace(RELU, f"# a line more\n        {RELU}"))
    settle(workshop)
    assert checker.calls[1] == ["loss"]
    assert len(checker.calls) == 2


def test_of_a_file_that_cannot_be_run_each_step_fails_and_it_is_checked_once(
    tmp_path: Path, workshop: Workshop, checker: FakeChecker
) -> None:
    told = Sentence("The file is broken.")
    checker.results["relu"] = StepResult("relu", False, "exception", told, of_file=True)
    workshop.look_at("relu")
    write(tmp_path, "broken = " + solution(1))
    settle(workshop)
    assert checker.calls == [["relu"]]
    assert states(workshop, *PART_1) == [FAILS] * 12
    assert workshop.status("train").result == checker.results["relu"]
    write(tmp_path, solution(1))
    settle(workshop)
    assert checker.calls == [["relu"]]
    assert states(workshop, *PART_1) == [PASSES] * 12


def test_what_a_file_imports_beside_it_counts(
    tmp_path: Path, workshop: Workshop, checker: FakeChecker
) -> None:
    write(tmp_path, "import helper\n" + solution(1))
    settle(workshop)
    assert states(workshop, *PART_1) == [PASSES] * 12
    checker.calls.clear()
    write(tmp_path, "x = 1\n", "helper.py")
    settle(workshop)
    assert {name for call in checker.calls for name in call} == set(PART_1)


def test_a_check_that_cannot_be_started_is_told_and_not_tried_for_ever(
    tmp_path: Path, workshop: Workshop, checker: FakeChecker
) -> None:
    checker.error = OSError(11, "Resource temporarily unavailable")
    workshop.look_at("relu")
    workshop.check_again()
    settle(workshop)
    assert len(checker.calls) == 1
    assert "temporarily unavailable" in str(workshop.complaint)
    checker.error = None
    write(tmp_path, solution(1) + "\n# saved again\n")
    settle(workshop)
    assert workshop.complaint is None
    assert states(workshop, "relu") == [PASSES]


def test_files_are_made_never_over_others_and_what_is_missing_is_told(
    tmp_path: Path, checker: FakeChecker
) -> None:
    folder = tmp_path / "mine"
    workshop = Workshop(None, folder, checker)
    assert not workshop.poll() and not workshop.is_there and workshop.lacks_files
    folder.mkdir()
    (folder / "challenges.py").write_text("mine")
    settle(workshop)
    assert states(workshop, "relu") == [StepState.NOT_BEGUN]
    result = workshop.status("relu").result
    assert result is not None and "There is no my_mlp.py" in str(result.message)
    assert workshop.make_files() == {"my_mlp.py": True, "challenges.py": False}
    settle(workshop)
    assert not workshop.lacks_files
    assert (folder / "challenges.py").read_text() == "mine"
    folder.rename(tmp_path / "away")
    assert workshop.poll() and not workshop.poll()
    assert not workshop.is_there


def test_a_stub_is_put_back_and_the_old_text_kept(tmp_path: Path, workshop: Workshop) -> None:
    workshop.look_at("relu")
    kept = workshop.put_back()
    assert kept is not None and kept.read_text("utf-8") == solution(1)
    settle(workshop)
    assert states(workshop, "relu", "softmax") == [StepState.NOT_BEGUN, PASSES]


def test_hints_are_a_ladder_and_a_solution_leaves_a_mark(tmp_path: Path, checker: FakeChecker) -> None:
    workshop = Workshop(tmp_path / "home", tmp_path, checker)
    assert [workshop.next_hint() for _ in range(4)] == [True, True, True, False]
    workshop.show_solution()
    assert "def __init__" in workshop.solution_of("parameters")
    later = Workshop(tmp_path / "home", tmp_path, checker)
    assert later.solutions.names == {"parameters"}
    assert not later.shown


def test_a_folder_is_proposed_where_it_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_folder(Path("/home")) == tmp_path / "mlp-workshop"
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert default_folder(Path("/home")) == Path("/home/mlp-workshop")


@pytest.mark.parametrize(
    ("environment", "command"),
    [
        ({"EDITOR": "vim"}, ["vim", "+7", "f.py"]),
        ({"EDITOR": "vim", "VISUAL": "/usr/bin/nano -w"}, ["/usr/bin/nano", "-w", "+7", "f.py"]),
        ({"EDITOR": "code --wait"}, ["code", "--wait", "--goto", "f.py:7"]),
        ({"EDITOR": "hx"}, ["hx", "f.py:7"]),
        ({"EDITOR": "my 'own"}, ["my", "'own", "f.py"]),
        ({"EDITOR": "ed"}, ["ed", "f.py"]),
    ],
)
def test_an_editor_is_told_the_line_where_it_takes_one(
    environment: dict[str, str], command: list[str]
) -> None:
    assert editor_command(Path("f.py"), 7, environment) == command


def test_without_a_named_editor_a_common_one_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: name if name == "vi" else None)
    assert editor_command(Path("f.py"), 7, {}) == ["vi", "+7", "f.py"]
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert editor_command(Path("f.py"), 7, {}) is None


def test_every_step_has_a_state(workshop: Workshop) -> None:
    assert list(workshop.statuses()) == [step.name for step in STEPS]
