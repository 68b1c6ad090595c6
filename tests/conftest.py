"""Data that many tests share: a slice of the real MNIST, small enough to be learned in a moment."""

import gc
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest

from engine.data.dataset import Dataset, load_dataset
from engine.training.trained_network import TrainedNetwork
from tests.runs import TrainedRun

TRAINING_IMAGES, TEST_IMAGES = 600, 200


def pytest_configure() -> None:
    """Keep runs that tests make apart from a person's own, before anything reads the environment."""
    os.environ["MLP_TUI_HOME"] = tempfile.mkdtemp(prefix="mlp-tui-tests-")
    gc.freeze()  # an app is some 10,000 objects: what was imported need not be searched with each of them
    gc.set_threshold(50_000, 20, 20)


def pytest_unconfigure() -> None:
    """Leave nothing behind, and search what is left once: pytest would five times, for seconds each."""
    gc.collect()
    gc.freeze()
    shutil.rmtree(os.environ["MLP_TUI_HOME"], ignore_errors=True)


@pytest.fixture(scope="session")
def small_npz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 600 training and 200 test images of MNIST, as an `.npz` file."""
    mnist = load_dataset()
    path = tmp_path_factory.mktemp("data") / "small.npz"
    np.savez(
        path,
        x_train=mnist.train_images[:TRAINING_IMAGES],
        y_train=mnist.train_labels[:TRAINING_IMAGES],
        x_test=mnist.test_images[:TEST_IMAGES],
        y_test=mnist.test_labels[:TEST_IMAGES],
    )
    return path


@pytest.fixture(scope="session")
def small_dataset(small_npz: Path) -> Dataset:
    """The same images as a `Dataset`."""
    return load_dataset(small_npz)


@pytest.fixture(scope="session")
def trained_run(small_dataset: Dataset) -> TrainedRun:
    """A whole run of a small network with two hidden layers, which learned most of the small data set."""
    return TrainedRun.of(small_dataset)


@pytest.fixture(scope="session")
def trained(trained_run: TrainedRun) -> TrainedNetwork:
    """The network of that run, with its best weights. To be read, not to be altered: tests share it."""
    return TrainedNetwork.of(trained_run.weights, trained_run.dataset)
