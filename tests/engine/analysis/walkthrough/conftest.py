"""Networks of several kinds, each trained for a moment, to trace."""

from typing import Any

import pytest

from engine.data.dataset import Dataset
from engine.training.trained_network import TrainedNetwork
from tests.runs import TrainedRun

KINDS: dict[str, dict[str, Any]] = {
    "relu": {},
    "tanh with batch norm and smoothing": {
        "activation": "tanh",
        "batch_norm": True,
        "label_smoothing": 0.1,
        "dropout": 0.2,
    },
    "sigmoid": {"activation": "sigmoid", "hidden": (9,)},
    "gelu": {"activation": "gelu", "optimizer": "adam"},
    "leaky relu with batch norm": {"activation": "leaky_relu", "batch_norm": True},
    "no hidden layer": {"hidden": (), "label_smoothing": 0.2},
}


@pytest.fixture(scope="session")
def small_images(small_dataset: Dataset) -> Dataset:
    """The small data set in 8 x 8 pixels."""
    small = small_dataset
    return Dataset(
        "8 x 8",
        "a test",
        small.train_images[:, 2:26:3, 2:26:3].copy(),
        small.train_labels,
        small.test_images[:, 2:26:3, 2:26:3].copy(),
        small.test_labels,
    )


@pytest.fixture(scope="session", params=KINDS)
def each_network(
    request: pytest.FixtureRequest, trained: TrainedNetwork, small_images: Dataset
) -> TrainedNetwork:
    """A trained network of each kind; the first on images of 28 x 28 pixels, the others of 8 x 8."""
    if request.param == "relu":
        return trained
    run = TrainedRun.of(small_images, epochs=2, **KINDS[request.param])
    return TrainedNetwork.of(run.weights, run.dataset)


@pytest.fixture
def diverged(small_images: Dataset) -> TrainedNetwork:
    """A network that has diverged."""
    run = TrainedRun.of(small_images, epochs=1)
    run.weights.parameters[:50] = float("inf")
    run.weights.parameters[-3:] = float("nan")
    return TrainedNetwork.of(run.weights, run.dataset)
