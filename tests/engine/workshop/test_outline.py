"""Which of a person's text decides what comes of a step."""

import pytest

from engine.workshop.outline import deciding_code, functions_of, line_of, parsed
from engine.workshop.steps import BY_NAME, STEPS, Step, steps_of
from engine.workshop.texts import solution

TEXT = solution(1)
RELU = "return np.maximum(x, 0)"
PART_1 = {step.name for step in steps_of(1)}


def touched(old: str, new: str, text: str = TEXT) -> set[str]:
    """Return the steps of part 1 whose deciding text a change alters."""
    assert old in text
    before, after = deciding_code(text), deciding_code(text.replace(old, new, 1))
    return {name for name in PART_1 if before[name] != after[name]}


@pytest.mark.parametrize(
    ("old", "new", "steps"),
    [
        (
            RELU,
            "return np.abs(x)",
            {"relu", "forward", "backward_output", "backward_hidden", "epoch", "accuracy", "train"},
        ),
        ("return np.mean(self.predict(X) == y)", "return 1.0", {"accuracy", "train"}),
        ("self.b1 = np.zeros(hidden_size)", "self.b1 = None", PART_1),
        ("import numpy as np", "import numpy as np\nimport math", PART_1),
        ("def accuracy(self, X, y)", "def accuracy(self, X, y=broken)", PART_1),
        ("def accuracy", "@broken\n    def accuracy", PART_1),
    ],
)
def test_a_change_touches_the_steps_that_run_it(old: str, new: str, steps: set[str]) -> None:
    assert touched(old, new) == steps


def test_a_function_that_is_named_counts_through_others_too() -> None:
    text = TEXT.replace("return -np.mean(", "return helper(").replace(
        "def train_epoch",
        "def helper(x):\n    return -other(x)\n\n\ndef other(x):\n    return np.mean(x)\n\n\ndef train_epoch",
    )
    assert touched("return np.mean(x)\n\n\n", "return 1\n\n\n", text) == {"loss", "epoch", "train"}
    hidden = TEXT.replace(RELU, 'return getattr(self, "soft" + "max")(x)')
    assert touched("keepdims=True)\n", "keepdims=False)\n", hidden) == PART_1


def test_comments_and_spaces_touch_nothing() -> None:
    assert touched(RELU, f"# the larger one\n        {RELU}  # as in the book\n\n") == set()


def test_what_a_check_never_runs_touches_nothing() -> None:
    text = TEXT + '\n\ndef plot(x):\n    print(x)\n\n\nif __name__ == "__main__":\n    plot(MLP(2, 3, 4))\n'
    assert touched("print(x)", "print(x, x)", text) == set()
    assert touched("plot(MLP(2, 3, 4))", "MLP(1, 1, 1).relu(3)", text) == set()


@pytest.mark.parametrize("text", ["def f(:", "\x00", "-" * 60_000 + "1", "x = 1\n" * 20_000])
def test_of_what_cannot_be_read_all_counts(text: str) -> None:
    assert parsed(text) is None
    (everything,) = set(deciding_code(text).values())
    assert {everything} != set(deciding_code(text + " ").values())


def test_lines_are_counted_as_python_does() -> None:
    text = TEXT.replace('"""One way to write the network."""', '"""One\x0cway\u2028to write it."""')
    assert functions_of(BY_NAME["relu"], text) == functions_of(BY_NAME["relu"], TEXT)
    assert functions_of(BY_NAME["relu"], TEXT).splitlines()[0] == "    def relu(self, x):"
    assert functions_of(BY_NAME["train"], TEXT) == ""


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_the_line_of_a_step_is_found_also_where_the_text_is_no_program(step: Step) -> None:
    text = solution(step.part)
    line = text.splitlines()[line_of(step, text) - 1]
    if step.functions:
        assert f"def {step.functions[0].rpartition('.')[2]}(" in line
        assert line_of(step, text + "\n(((") == line_of(step, text)
    else:
        assert line_of(step, text) == 1
