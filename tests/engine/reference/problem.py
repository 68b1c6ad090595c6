"""The runs that are compared with PyTorch: same network, same weights, same batches of real digits.

Neither PyTorch nor the engine is needed here, so that both sides read the same definition.
"""

import gzip
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

STEPS = 50
BATCH = 32
TOTAL_STEPS = 60
"""Where a schedule ends; divisible by three, since `StepLR` knows whole steps only."""

WARMUP_STEPS = 5


@dataclass(frozen=True)
class Case:
    """One run of `STEPS` steps."""

    name: str
    hidden: tuple[int, ...] = (16,)
    activation: str = "tanh"
    optimizer: str = "sgd"
    learning_rate: float = 0.1
    schedule: str = "constant"
    warmup_steps: int = 0
    batch_norm: bool = False
    dropout: float = 0.0
    l2: float = 0.0
    label_smoothing: float = 0.0
    weight_decay: float = 0.0
    clip_norm: float = 0.0

    @property
    def sizes(self) -> tuple[int, ...]:
        """From pixels to classes."""
        return (784, *self.hidden, 10)


CASES = (
    Case("sgd low", learning_rate=0.01),
    Case("sgd high", learning_rate=0.2),
    Case("momentum low", optimizer="momentum", learning_rate=0.001),
    Case("momentum high", optimizer="momentum", learning_rate=0.03),
    Case("nesterov low", optimizer="nesterov", learning_rate=0.001),
    Case("nesterov high", optimizer="nesterov", learning_rate=0.03),
    Case("rmsprop low", optimizer="rmsprop", learning_rate=0.0001),
    Case("rmsprop high", optimizer="rmsprop", learning_rate=0.001),
    Case("adam low", optimizer="adam", learning_rate=0.0001),
    Case("adam high", optimizer="adam", learning_rate=0.01),
    Case("adamw low", optimizer="adamw", learning_rate=0.0001, weight_decay=0.01),
    Case("adamw high", optimizer="adamw", learning_rate=0.01, weight_decay=0.5),
    Case("adamw without decay", optimizer="adamw", learning_rate=0.01),
    Case("relu", hidden=(16, 12), activation="relu"),
    Case("leaky_relu", hidden=(16, 12), activation="leaky_relu"),
    Case("gelu", hidden=(16, 12), activation="gelu"),
    Case("tanh", hidden=(16, 12), activation="tanh"),
    Case("sigmoid", hidden=(16, 12), activation="sigmoid"),
    Case("softmax regression", hidden=()),
    Case("batch norm", hidden=(16, 12), batch_norm=True),
    Case("dropout", hidden=(16, 12), dropout=0.3),
    Case("l2", l2=0.05),
    Case("label smoothing", label_smoothing=0.2),
    Case("clipping", clip_norm=0.5),
    Case("step", schedule="step"),
    Case("exponential", schedule="exponential"),
    Case("cosine", schedule="cosine"),
    Case("one_cycle", schedule="one_cycle"),
    Case("one_cycle momentum", optimizer="momentum", learning_rate=0.03, schedule="one_cycle"),
    Case("one_cycle nesterov", optimizer="nesterov", learning_rate=0.03, schedule="one_cycle"),
    Case("one_cycle adam", optimizer="adam", learning_rate=0.01, schedule="one_cycle"),
    Case("one_cycle adamw", optimizer="adamw", learning_rate=0.01, schedule="one_cycle", weight_decay=0.1),
    Case("warm-up", schedule="cosine", warmup_steps=WARMUP_STEPS),
    Case(
        "everything",
        hidden=(16, 12),
        activation="gelu",
        optimizer="adamw",
        learning_rate=0.0005,
        schedule="cosine",
        batch_norm=True,
        dropout=0.2,
        label_smoothing=0.1,
        weight_decay=0.1,
        clip_norm=1.0,
    ),
)
"""High rates are as high as a comparison allows: where a run is thrown about, the two differ in the last
bit at first and by more with every step (5e-5 after 50 steps of SGD with 0.5, 0.03 of RMSprop with 0.01)."""


def digits(count: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the first training digits of MNIST, `(count, 784)`, standardised, and their labels."""
    folder = files("assets") / "mnist"
    with (folder / "train-images-idx3-ubyte.gz").open("rb") as packed, gzip.open(packed) as file:
        pixels = np.frombuffer(file.read(16 + 784 * count), np.uint8, offset=16)
    with (folder / "train-labels-idx1-ubyte.gz").open("rb") as packed, gzip.open(packed) as file:
        labels = np.frombuffer(file.read(8 + count), np.uint8, offset=8)
    return (pixels.reshape(count, 784) / 255.0 - 0.1307) / 0.3081, labels.astype(np.int64)


@cache
def batches() -> list[tuple[NDArray[np.float64], NDArray[np.int64]]]:
    """Return the mini-batches of a run, in order."""
    X, labels = digits(STEPS * BATCH)
    places = [slice(start, start + BATCH) for start in range(0, STEPS * BATCH, BATCH)]
    return [(X[place], labels[place]) for place in places]


def initial_parameters(case: Case) -> list[NDArray[np.float64]]:
    """Return the parameters at the start in the engine's order: every W, every b, each norm's gamma and beta.

    Biases and shifts are not zero here, so that a mistake with them shows.
    """
    rng = np.random.default_rng(7)
    W = [
        rng.normal(0.0, (1.0 / inputs) ** 0.5, (inputs, outputs)) for inputs, outputs in pairwise(case.sizes)
    ]
    b = [rng.normal(0.0, 0.1, outputs) for outputs in case.sizes[1:]]
    norms = []
    for units in case.hidden if case.batch_norm else ():
        norms += [rng.normal(1.0, 0.1, units), rng.normal(0.0, 0.1, units)]
    return [*W, *b, *norms]


def dropout_masks(case: Case) -> list[list[NDArray[np.float64]]]:
    """Return the masks of every hidden layer, for every step."""
    rng = np.random.default_rng(11)
    return [
        [(rng.random((BATCH, units)) >= case.dropout) / (1.0 - case.dropout) for units in case.hidden]
        for _ in range(STEPS)
    ]


def summary(parameters: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return what is kept of a run's final parameters: their sum, their norm and every 97th of them."""
    wide = parameters.astype(np.float64)
    return np.concatenate([[wide.sum(), np.linalg.norm(wide)], wide[::97]])


def activation_inputs() -> NDArray[np.float64]:
    """Return where activations are compared: about 0, at 0, and far out."""
    return np.concatenate([np.linspace(-6.0, 6.0, 41), [-30.0, -1e-9, 0.0, 1e-9, 30.0]])


def logits_and_labels() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return where the loss is compared: ordinary rows, a row of equals, and a row of extremes."""
    logits = np.random.default_rng(3).normal(0.0, 2.0, (5, 4))
    logits[3] = 1.5
    logits[4] = [1e4, -1e4, 0.0, 30.0]
    return logits, np.array([0, 3, 1, 2, 3])


CYCLES = (1, 2, 3, 4, 10, 30, 101)
"""Steps of the one-cycle schedules that are compared from their first step to their last."""
SMOOTHINGS = (0.0, 0.1, 0.6)
CLIP_LIMITS = (0.5, 3.0, 100.0)


def long_gradient() -> NDArray[np.float64]:
    """Return the gradient that is clipped."""
    return np.random.default_rng(5).normal(0.0, 1.0, 20)
