"""The steps of the workshop in their order, what a person writes in each, and which steps it builds on."""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import HyperparameterError
from engine.sentences import N_

NETWORK_FILE, CHALLENGES_FILE = "my_mlp.py", "challenges.py"
FILES = {1: NETWORK_FILE, 2: CHALLENGES_FILE}
"""The file of each part."""
WORKSHOP_FILES = tuple(FILES.values())


@dataclass(frozen=True)
class Step:
    """One step.

    functions: what is written in it: `relu` of a module, `MLP.relu` of a class
    depends: the steps whose code its check has to run
    """

    name: str
    part: int
    functions: tuple[str, ...]
    depends: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The name of the file that it is written in."""
        return FILES[self.part]


STEPS = (
    Step("parameters", 1, ("MLP.__init__",)),
    Step("relu", 1, ("MLP.relu", "MLP.relu_derivative")),
    Step("softmax", 1, ("MLP.softmax",)),
    Step("forward", 1, ("MLP.forward",), ("parameters", "relu", "softmax")),
    Step("loss", 1, ("MLP.compute_loss",)),
    Step("backward_output", 1, ("MLP.backward",), ("forward",)),
    Step("backward_hidden", 1, ("MLP.backward",), ("backward_output",)),
    Step("update", 1, ("MLP.update_params",), ("parameters",)),
    Step("numerical_gradient", 1, ("numerical_gradient",)),
    Step("epoch", 1, ("train_epoch",), ("loss", "backward_hidden", "update")),
    Step("accuracy", 1, ("MLP.predict", "MLP.accuracy"), ("forward",)),
    Step("train", 1, (), ("epoch", "accuracy")),
    Step("momentum", 2, ("momentum",)),
    Step("rmsprop", 2, ("rmsprop",)),
    Step("adam", 2, ("adam",)),
    Step("l2", 2, ("l2",)),
    Step("dropout", 2, ("dropout",)),
    Step("xavier", 2, ("xavier",)),
    Step("he", 2, ("he",)),
    Step("batch_norm", 2, ("batch_norm", "batch_norm_backward")),
    Step("cosine", 2, ("cosine",)),
    Step("early_stopping", 2, ("early_stopping",)),
    Step("deep", 2, ("DeepMLP.__init__", "DeepMLP.forward", "DeepMLP.backward")),
)
BY_NAME = {step.name: step for step in STEPS}


def steps_of(part: int) -> tuple[Step, ...]:
    """Return the steps of a part, in their order."""
    return tuple(step for step in STEPS if step.part == part)


def step_named(name: str) -> Step:
    """Return a step.

    Raises:
        HyperparameterError: when there is none of this name.
    """
    if name not in BY_NAME:
        raise HyperparameterError(
            N_("There is no step “{given}”; there are: {names}."),
            name="step",
            given=name,
            names=", ".join(BY_NAME),
        )
    return BY_NAME[name]


def with_dependencies(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the steps and all that they build on, in the order of the workshop."""
    wanted: set[str] = set()
    waiting = [step.name for step in steps]
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting.extend(BY_NAME[name].depends)
    return tuple(step for step in STEPS if step.name in wanted)
