"""What a person's code can do to the check: nothing but fail its own step, in one sentence."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from engine.errors import HyperparameterError
from engine.workshop.checking import check, check_texts
from engine.workshop.sandbox import Limits, StepResult, Stop
from engine.workshop.steps import steps_of
from engine.workshop.texts import solution, stub

RELU = "        return np.maximum(x, 0)\n"
IMPORT = "import numpy as np\n"
SHORT = Limits(seconds=1.0, train_seconds=60.0)


def results(
    folder: Path, old: str, new: str, *, limits: Limits | None = None, part: int = 1
) -> list[StepResult]:
    text = solution(1)
    assert old in text
    (folder / "my_mlp.py").write_text(text.replace(old, new, 1), "utf-8")
    return list(check(folder, part, None, limits))


@pytest.mark.parametrize(
    ("body", "diagnosis", "says"),
    [
        ("        import sys\n        sys.exit(0)\n", "exit", "line 15: `sys.exit(0)` ends the program"),
        ("        import os\n        os._exit(0)\n", "exit", "ended the process (exit status 0)"),
        ("        import os\n        os.abort()\n", "died", "SIGABRT) at my_mlp.py, line 15"),
        (
            "        np.ones(10 * 1024**4, np.uint8)\n",
            "out_of_memory",
            "line 14: `np.ones(10 * 1024**4, np.uint8)`",
        ),
        ("        return self.relu(x)\n", "endless_recursion", "calls itself without end"),
        ("        return input('x')\n", "waits_for_input", "nobody types"),
        ("        return x @ np.ones((3, 2))\n", "exception", "The arrays: x (5,)."),
        ("        return np.maximun(x, 0)\n", "exception", "has no attribute 'maximun'"),
    ],
)
def test_a_step_that_breaks_is_told_and_the_others_go_on(
    tmp_path: Path, body: str, diagnosis: str, says: str
) -> None:
    found = {result.step: result for result in results(tmp_path, RELU, body)}
    assert len(found) == 12
    assert found["relu"].diagnosis == diagnosis
    assert says in str(found["relu"].message)
    assert found["softmax"].passed
    assert not found["forward"].checked
    assert "builds on “relu”" in str(found["train"].message)


def test_an_endless_loop_is_told_with_its_line(tmp_path: Path) -> None:
    loop = (
        "        print('here')\n        while True:\n            try:\n                n = "
        "1\n            except BaseException:\n                pass\n"
    )
    found = {result.step: result for result in results(tmp_path, RELU, loop, limits=SHORT)}
    assert found["relu"].diagnosis == "endless_loop"
    assert "did not end within 1 seconds; it was at my_mlp.py, line 1" in str(found["relu"].message)
    assert found["relu"].output == "here\n"
    assert found["numerical_gradient"].passed


@pytest.mark.parametrize(
    ("line", "diagnosis", "says"),
    [
        ("import numpy as np\nimport tensorflo\n", "missing_module", "no module “tensorflo”"),
        ("import numpy as np\nwhile True:\n    pass\n", "endless_loop", "my_mlp.py, line"),
        ("import numpy as np\nexit()\n", "exit", "`exit()` ends the program"),
        ("import numpy as np\ndef f(:\n", "syntax_error", "line 4 is not valid Python"),
        ("import numpy as np\nint('x')\n", "exception", "line 4: `int('x')` raises ValueError"),
    ],
)
def test_a_file_that_cannot_be_run_fails_each_step(
    tmp_path: Path, line: str, diagnosis: str, says: str
) -> None:
    text = solution(1).replace('"""One way to write the network."""\n\n', "\n\n")
    (tmp_path / "my_mlp.py").write_text(text.replace(IMPORT, line, 1), "utf-8")
    found = list(check(tmp_path, 1, None, SHORT))
    assert len(found) == 12
    assert {result.diagnosis for result in found} == {diagnosis}
    assert all(says in str(result.message) for result in found)
    assert not any(result.passed for result in found)
    assert all(result.of_file for result in found)


def test_what_is_printed_is_kept_apart_up_to_a_limit(tmp_path: Path) -> None:
    found = {result.step: result for result in results(tmp_path, RELU, "        print('x' * 1000)\n" + RELU)}
    assert all(result.passed for result in found.values())
    assert found["relu"].output.startswith("x" * 1000)
    assert len(found["train"].output) <= 8000


def test_part_2_is_checked_when_something_of_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "my_mlp.py").write_text(stub(1, "en"), "utf-8")
    assert len(list(check(tmp_path))) == 12
    (tmp_path / "challenges.py").write_text(stub(2, "zh"), "utf-8")
    assert len(list(check(tmp_path))) == 12
    (tmp_path / "challenges.py").write_text(solution(2), "utf-8")
    found = list(check(tmp_path))
    assert len(found) == 23
    assert [result.passed for result in found] == [False] * 12 + [True] * 11


def test_one_step_is_told_alone_with_what_it_builds_on(tmp_path: Path) -> None:
    (forward,) = list(check_of(tmp_path, "softmax", "forward"))
    assert not forward.passed
    assert "builds on “softmax”" in str(forward.message)
    (loss,) = list(check_of(tmp_path, "softmax", "loss"))
    assert loss.passed
    with pytest.raises(HyperparameterError, match="no step"):
        check(tmp_path, None, "cooking")
    with pytest.raises(HyperparameterError, match="part 2"):
        check(tmp_path, 1, "adam")


def check_of(folder: Path, broken: str, step: str) -> list[StepResult]:
    text = solution(1).replace("axis=-1, keepdims=True)\n", "axis=0)\n")
    (folder / "my_mlp.py").write_text(text, "utf-8")
    return list(check(folder, None, step))


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00x", b"x" * 2_000_000, b"\x00", b"", b"(" * 100_000],
    ids=["utf-16", "large", "null", "empty", "nested"],
)
def test_a_file_that_is_no_program_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "my_mlp.py").write_bytes(content)
    found = list(check(tmp_path, 1))
    assert len(found) == 12
    assert not any(result.passed for result in found)
    assert all(str(result.message) for result in found)


def endless(folder: Path) -> str:
    """Return a text whose relu notes down its process, and never returns."""
    note = f"        import os\n        open({str(folder / 'pid')!r}, 'w').write(str(os.getpid()))\n"
    return solution(1).replace(RELU, f"{note}        while True:\n            pass\n")


def noted(folder: Path) -> int:
    """Wait for the process that was noted down."""
    for _ in range(3000):
        if (folder / "pid").exists() and (text := (folder / "pid").read_text()):
            return int(text)
        time.sleep(0.01)
    raise AssertionError("the check never came to relu")


def is_running(process: int) -> bool:
    try:
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())  # nothing, of one not waited for
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_texts_are_checked_whatever_stands_in_the_folder_until_it_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "my_mlp.py").write_text("broken(", "utf-8")
    stop = Stop()
    found = check_texts(tmp_path, {"my_mlp.py": endless(tmp_path)}, steps_of(1), stop)
    assert next(found).passed

    def stop_in_relu() -> None:
        noted(tmp_path)
        stop.set()

    stopping = threading.Thread(target=stop_in_relu)
    stopping.start()
    assert list(found) == []
    stopping.join()
    assert not is_running(noted(tmp_path))
    assert list(check_texts(tmp_path, {}, steps_of(1), stop)) == []


def test_the_child_is_gone_when_the_program_is_killed(tmp_path: Path) -> None:
    (tmp_path / "my_mlp.py").write_text(endless(tmp_path), "utf-8")
    program = "import sys; from pathlib import Path; from engine.workshop.checking import check\n"
    program += "list(check(Path(sys.argv[1]), 1))"
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) as parent:
        child = noted(tmp_path)
        parent.kill()
    for _ in range(3000):
        if not is_running(child):
            return
        time.sleep(0.01)
    raise AssertionError("the child goes on")
