"""The page on watching: its lines of Python can be watched."""

import json
import re

import numpy as np
import pytest

from assets import FOLDER
from engine.events import EpochFigures
from engine.watching.records import Reader

PYTORCH, NUMPY = re.findall(
    r"```python\n(.*?)```", (FOLDER / "docs" / "watch.md").read_text("utf-8"), re.DOTALL
)


def test_there_are_six_lines_each() -> None:
    assert PYTORCH.count("\n") == NUMPY.count("\n") == 6
    compile(PYTORCH, "watch.md", "exec")


def test_the_lines_of_numpy_learn_and_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    def softmax(Z: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> object:
        powers = np.exp(Z - Z.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    np.random.seed(0)  # noqa: NPY002
    X = np.random.default_rng(0).normal(size=(300, 4))
    y = X[:, :3].argmax(axis=1)
    given = {"np": np, "json": json, "softmax": softmax, "W": np.zeros((4, 3)), "b": np.zeros(3)}
    exec(NUMPY, given | {"X": X[:200], "Y": np.eye(3)[y[:200]], "X_val": X[200:], "y_val": y[200:]})
    reader = Reader()
    events = [event for line in capsys.readouterr().out.splitlines() for event in reader.read(line)]
    accuracies = [event.validation_accuracy for event in events if isinstance(event, EpochFigures)]
    assert len(accuracies) == 20
    assert (accuracies[-1] or 0) > 0.8
