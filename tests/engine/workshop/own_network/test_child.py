"""What is asked of a person's network, in this process: what it learns, and what is said where it fails."""

import faulthandler
import json
import sys
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import pytest

from engine.data.dataset import Dataset
from engine.training.learner import Learner
from engine.workshop.child import Channel
from engine.workshop.own_network import child
from engine.workshop.own_network.child import OwnTraining
from engine.workshop.texts import solution, stub
from tests.runs import quick

RATE = 0.1


@pytest.fixture(autouse=True)
def the_memory_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "limit_memory", lambda beyond: None)
    monkeypatch.setattr(faulthandler, "dump_traceback_later", lambda *given, **more: None)
    monkeypatch.setattr(sys, "stdin", StringIO())


def changed(*pairs: tuple[str, str]) -> str:
    """Return the solution with some of its text replaced."""
    text = solution(1)
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


class Answers(Channel):
    """Keeps the messages to the parent."""

    def __init__(self) -> None:
        super().__init__(-1)
        self.messages: list[dict[str, Any]] = []

    def write(self, message: bytes) -> None:
        self.messages.append(json.loads(message.partition(b"\n")[0]))


class Child:
    """A person's network beside the engine's, on the small data set."""

    def __init__(self, dataset: Dataset, text: str, class_name: str = "MLP") -> None:
        self.learner = Learner(quick().resolved(), dataset)
        batchers = {"train": self.learner.training, "test": self.learner.test}
        request = {
            "file": "network.py",
            "text": text,
            "class_name": class_name,
            "sizes": self.learner.network.sizes,
            "seed": 3,
            "shape": (28, 28),
            "mean": self.learner.standardization.mean,
            "deviation": self.learner.standardization.deviation,
            "counts": {name: len(batcher.labels) for name, batcher in batchers.items()},
            "validation": self.learner.split.validation.tolist(),
            "seconds": 1.0,
            "memory": 0,
        }
        arrays = [a for b in batchers.values() for a in (b.images, b.labels)]
        self.answers = Answers()
        stream = BytesIO(b"".join(array.tobytes() for array in arrays))
        self.training = OwnTraining(request, stream, self.answers)

    def ask(self, *questions: dict[str, Any]) -> dict[str, Any]:
        """Ask as the parent does, and return the last message."""
        before = sys.stdout, sys.stderr
        try:
            self.training.answer_all(BytesIO(b"\n".join(json.dumps(q).encode() for q in questions)))
        finally:
            sys.stdout, sys.stderr = before
        return self.answers.messages[-1]

    def told(self, *questions: dict[str, Any]) -> str:
        """Return what is said of a network that fails."""
        message = self.ask({"ask": "begin"}, *questions)
        assert message["kind"] == "failed", message
        return str(message["message"]["template"].format(**message["message"]["values"]))


STEP = {"ask": "step", "indices": list(range(50)), "rate": RATE, "is_last": True}
KEEP, TEST = {"ask": "keep"}, {"ask": "evaluate", "split": "test", "best": True}


def test_it_learns_what_the_engines_network_learns(small_dataset: Dataset) -> None:
    own = Child(small_dataset, solution(1))
    begun = own.ask({"ask": "begin"})
    network, learner = own.learner.network, own.learner
    assert (begun["differs"], begun["parameters"]) == ("", network.parameters.size)
    model = own.training._model
    for name, number in (("W1", 0), ("W2", 1)):
        getattr(model, name)[:] = network.dense[number].W
    model.b1[:] = model.b2[:] = 0.0
    for _step in range(3):
        chosen = learner.order[learner.position :][:50].tolist()
        came = own.ask(STEP | {"indices": chosen})
        learner.step(RATE)
        assert came["loss"] == pytest.approx(learner.last_loss, rel=1e-4)
        assert came["norm"] == pytest.approx(learner.last_gradient_norm, rel=1e-4)
    _fields, content = own.training.weights()
    np.testing.assert_allclose(np.frombuffer(content, np.float32), network.parameters, atol=1e-5)
    _fields, content = own.training.evaluate("validation", best=False)
    ours = learner.evaluate(*learner.held_out("validation"))
    assert (np.frombuffer(content).reshape(-1, 10).argmax(axis=1) == ours.predicted).all()


def test_the_same_seed_makes_the_same_network(small_dataset: Dataset) -> None:
    weights = []
    for _again in range(2):
        own = Child(small_dataset, solution(1))
        own.ask({"ask": "begin"}, STEP)
        weights.append(own.training.weights()[1])
    assert weights[0] == weights[1]


def test_the_best_network_is_another_than_that_which_learns_on(small_dataset: Dataset) -> None:
    own = Child(small_dataset, solution(1))
    own.ask({"ask": "begin"}, KEEP)
    before = own.training.evaluate("test", best=True)[1]
    own.ask(STEP)
    assert own.training.evaluate("test", best=True)[1] == before
    assert own.training.evaluate("test", best=False)[1] != before


@pytest.mark.parametrize(
    ("pairs", "differs"),
    [
        ([("self.W1", "self.V1")], "W1"),
        ([("self.b2 = np.zeros(output_size)", "self.b2 = 0.0")], "b2"),
        ([("self.relu(self.z1)", "np.tanh(self.z1)")], "forward"),
        ([("X @ self.W1", "(X + np.random.randn(*X.shape)) @ self.W1")], "forward"),
    ],
    ids=["array", "number", "activation", "noise"],
)
def test_what_is_not_the_textbooks_is_told_from_it(
    small_dataset: Dataset, pairs: list[tuple[str, str]], differs: str
) -> None:
    own = Child(small_dataset, changed(*pairs))
    assert own.ask({"ask": "begin"})["differs"] == differs


def test_a_network_that_learns_more_than_its_arrays_differs(small_dataset: Dataset) -> None:
    text = changed(
        (
            "        self.b2 = np.zeros(output_size)\n",
            "        self.b2 = np.zeros(output_size)\n        self.s = 1.0\n",
        ),
        ("self.relu(self.z1)", "self.relu(self.z1) * self.s"),
        (
            '        self.b2 -= learning_rate * grads["b2"]',
            '        self.b2 -= learning_rate * grads["b2"]\n        self.s += 0.1',
        ),
    )
    assert Child(small_dataset, text).ask({"ask": "begin"})["differs"] == "forward"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "        return self.y_pred",
            "        return self.z2",
            "forward(X) gives no probabilities: a row adds",
        ),
        (
            "        return self.y_pred",
            "        self.y_pred",
            "forward(X) returns nothing; probabilities of the",
        ),
        ("        return self.y_pred", "        return [[1], [1, 2]]", "forward(X) returns a list"),
        ("        return self.y_pred", "        return self.y_pred.T", "array of the shape (10, 1)"),
        ("self.a1 @ self.W2", "self.a1 @ self.W3", "network.py, line 27: `self.z2 = self.a1 @ self.W3"),
        ("self.X = X", "import sys; sys.exit()", "ends the program; training needs it to go on."),
        ("self.X = X", "input()", "nobody types while it trains"),
        ("self.X = X", "np.zeros((10**7, 10**7))", "asks for more memory than there is"),
        ("self.X = X", "self.forward(X)", "calls itself without end"),
        ("def backward(self, y_true)", "def backwards(self, y_true)", "network.py has no backward."),
        ("def forward(self, X)", "def forward(self)", "Its parameters do not fit"),
        ("class MLP:", "class Mlp:", "network.py has no MLP."),
        ("import numpy as np", "import numpi as np", "there is no module “numpi” here"),
        ("class MLP:", "class MLP", "network.py, line 6 is not valid Python"),
    ],
)
def test_a_network_that_cannot_begin_is_told_in_one_sentence(
    small_dataset: Dataset, old: str, new: str, says: str
) -> None:
    assert says in Child(small_dataset, changed((old, new))).told()


def test_what_is_not_written_yet_is_told(small_dataset: Dataset) -> None:
    assert Child(small_dataset, stub(1, "en")).told() == "MLP.__init__ is not written yet."


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "return -np.mean(",
            "return -(",
            "compute_loss(y_pred, y_true) returns a ndarray of the shape (50,)",
        ),
        ("return -np.mean(", "y_pred[99, 0] + (", "network.py, line 32"),
        ("self.W1 -= learning_rate", "self.lock.W1 -= learning_rate", "has no attribute 'lock'"),
    ],
)
def test_a_network_that_fails_in_a_step_is_told_with_its_line(
    small_dataset: Dataset, monkeypatch: pytest.MonkeyPatch, old: str, new: str, says: str
) -> None:
    monkeypatch.setattr(OwnTraining, "_differs", lambda self, tried: "forward")
    assert says in Child(small_dataset, changed((old, new))).told(STEP)


def test_a_network_that_cannot_be_copied_is_told(small_dataset: Dataset) -> None:
    text = changed(
        (
            "        self.X = X\n",
            "        import threading\n        self.X, self.lock = X, threading.Lock()\n",
        )
    )
    assert "copy.deepcopy raises TypeError" in Child(small_dataset, text).told(STEP, KEEP)


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("+ 1e-12))", "* np.nan))", "loss"),
        ("dz2 /= batch", "dz2 *= 1e9", "gradient_norm"),
        ("dz2 /= batch", "dz2 *= np.inf", "gradient_norm"),
    ],
)
def test_a_network_that_diverges_takes_no_step(
    small_dataset: Dataset, old: str, new: str, cause: str
) -> None:
    own = Child(small_dataset, changed((old, new)))
    with np.errstate(all="ignore"):
        assert own.ask({"ask": "begin"})["kind"] == "answer"
    before = own.training.weights()[1]
    with np.errstate(all="ignore"):
        assert own.ask(STEP)["diverged"] == cause
    assert own.training.weights()[1] == before


def test_what_it_prints_is_sent_apart_and_limited(small_dataset: Dataset) -> None:
    own = Child(
        small_dataset, changed(("        self.X = X\n", '        self.X = X\n        print("x" * 999)\n'))
    )
    own.ask({"ask": "begin"}, *[STEP] * 20)
    printed = "".join(message["text"] for message in own.answers.messages if message["kind"] == "output")
    assert printed.startswith("x" * 999)
    assert 8000 <= len(printed) < 9001
    before = len(own.answers.messages)
    own.ask({"ask": "evaluate", "split": "validation", "best": False})
    assert own.answers.messages[before]["kind"] == "output"
