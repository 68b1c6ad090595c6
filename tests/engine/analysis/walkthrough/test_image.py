"""Every number of a walk is the engine's own, and what is written beside it comes to just that."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import engine
from engine.analysis.walkthrough import Places, Walker
from engine.network.losses import SoftmaxCrossEntropy, softmax
from engine.training.trained_network import Subject
from tests.engine.analysis.walkthrough.working import found, value_of

SOURCES = Path(engine.__file__).parent
AT = 3


def layer_names(subject: Subject) -> list[str]:
    hidden = len(subject.network.dense) - 1
    return [f"Hidden {number + 1}" for number in range(hidden)] + ["Output"]


def image_of(subject: Subject, split: str, at: int) -> NDArray[np.floating]:
    """Return one image as the network gets it: `(1, pixels)`."""
    learner = subject.learner
    if split == "test":
        return learner.test.gather(np.array([at]))[0].copy()
    return learner.training.gather(learner.split.validation[at : at + 1])[0].copy()


@pytest.mark.parametrize("split", ["test", "validation"])
def test_forward_is_that_of_the_network_bit_for_bit(subject: Subject, split: str) -> None:
    walk = Walker(subject).walk(split, AT)
    X = image_of(subject, split, AT)
    network = subject.clone()
    logits = network.forward(X)
    stations = walk.stations()
    assert np.array_equal(found(stations, "Image", "Standardised").values.ravel(), X[0])
    assert np.array_equal(found(stations, "Output", "Logits").values, logits[0])
    assert np.array_equal(found(stations, "Softmax", "Probabilities").values, softmax(logits)[0])
    for name, dense in zip(layer_names(subject)[:-1], network.dense, strict=False):
        assert np.array_equal(found(stations, name, "Plus bias").values, dense.Y[0])
    label = walk.label
    smoothing = subject.hyperparameters.label_smoothing
    loss = SoftmaxCrossEntropy(subject.dataset.classes, smoothing)
    assert walk.loss == loss.forward(logits, np.array([label]))
    assert found(stations, "Loss", "Cross-entropy").values.sum() == pytest.approx(walk.loss, rel=1e-5)


def test_backward_is_that_of_the_network_bit_for_bit(subject: Subject) -> None:
    walk = Walker(subject).walk("test", AT)
    network = subject.clone()
    loss = SoftmaxCrossEntropy(subject.dataset.classes, subject.hyperparameters.label_smoothing)
    loss.forward(network.forward(image_of(subject, "test", AT)), np.array([walk.label]))
    by_image = network.input_gradient(loss.backward())
    stations = walk.stations()
    for name, dense in zip(layer_names(subject), network.dense, strict=True):
        assert np.array_equal(found(stations, name, "dW").values, dense.dW)
        assert np.array_equal(found(stations, name, "db").values, dense.db)
    first = layer_names(subject)[0]
    assert np.array_equal(found(stations, first, "dX").values.ravel(), by_image[0])


def test_gradients_are_those_of_difference_quotients(subject: Subject) -> None:
    """In float64, by the loss of the image that is walked with."""
    walk = Walker(subject).walk("test", AT)
    network = subject.clone(np.float64)
    X = image_of(subject, "test", AT).astype(np.float64)
    smoothing = subject.hyperparameters.label_smoothing
    loss = SoftmaxCrossEntropy(subject.dataset.classes, smoothing, np.float64)
    rng = np.random.default_rng(0)

    def check(analytic: NDArray[Any], values: NDArray[Any]) -> None:
        """Compare twenty of the values, the largest gradient among them."""
        flat, ours = values.reshape(-1), analytic.reshape(-1)
        assert np.shares_memory(flat, values)
        for at in {int(abs(ours).argmax()), *rng.integers(ours.size, size=20).tolist()}:
            start, losses = flat[at], []
            for moved in (start + 1e-6, start - 1e-6):
                flat[at] = moved
                losses.append(loss.forward(network.forward(X), np.array([walk.label])))
            flat[at] = start
            quotient = (losses[0] - losses[1]) / 2e-6
            assert ours[at] == pytest.approx(quotient, rel=2e-4, abs=2e-5 * abs(ours).max() + 1e-8)

    stations = walk.stations()
    for name, dense in zip(layer_names(subject), network.dense, strict=True):
        check(found(stations, name, "dW").values, dense.W)
        check(found(stations, name, "db").values, dense.b)
    check(found(stations, layer_names(subject)[0], "dX").values, X)


@pytest.mark.parametrize("temperature", [1.0, 0.25, 8.0])
def test_softmax_has_a_temperature_and_the_loss_has_not(trained: Subject, temperature: float) -> None:
    walk = Walker(trained).walk("test", AT)
    stations, plain = walk.stations(temperature), walk.stations()
    probabilities = found(stations, "Softmax", "Probabilities").values
    assert np.array_equal(probabilities, softmax(walk.logits[None, :], temperature)[0])
    at_one = found(plain, "Loss", "Cross-entropy").values
    assert np.array_equal(found(stations, "Loss", "Cross-entropy").values, at_one)


def test_what_is_written_beside_a_number_comes_to_that_number(subject: Subject) -> None:
    rng = np.random.default_rng(1)
    for station in Walker(subject).walk("test", AT).stations(2.0):
        every = list(itertools.product(*map(range, station.values.shape)))
        largest = max(1e-6, float(abs(station.values.astype(np.float64)).max()))
        for at in (every[i] for i in rng.integers(len(every), size=12)):
            working = station.work(*at)
            assert working.result == station.values[at]
            if working.expression or working.terms:
                assert value_of(working) == pytest.approx(working.result, abs=2e-5 * largest), station.title


def test_each_station_shows_lines_that_stand_in_the_engine(subject: Subject) -> None:
    folders = (SOURCES / "network", SOURCES / "data")
    code = "\n".join(path.read_text() for folder in folders for path in folder.glob("*.py"))
    for station in Walker(subject).walk("test", AT).stations():
        for line in station.code.splitlines():
            assert line in code, line


def test_largest_products_come_first_and_say_where_they_are_from(trained: Subject) -> None:
    station = found(Walker(trained).walk("test", AT).stations(), "Hidden 1", "Weighted sum")
    working = station.work(5)
    x, W = image_of(trained, "test", AT)[0], trained.network.dense[0].W
    products = x * W[:, 5]
    assert working.over is Places.PIXELS
    assert station.image_shape == (28, 28)
    assert [term.place for term in working.terms] == np.argsort(-abs(products))[: len(working.terms)].tolist()
    assert working.others == 784 - len(working.terms)


def test_the_next_misread_image_is_the_next_misread_image(trained: Subject) -> None:
    walker = Walker(trained)
    indices = np.arange(len(trained.dataset.test_labels))
    made = trained.learner.evaluate(trained.learner.test, indices)
    wrong = np.flatnonzero(made.predicted != trained.dataset.test_labels)
    assert len(wrong) > 2
    for after, expected in ((-1, wrong[0]), (wrong[0], wrong[1]), (wrong[-1], wrong[0])):
        assert list(walker.next_misread("test", int(after)))[-1] == expected
    walk = walker.walk("test", int(wrong[0]))
    assert walk.predicted != walk.label


def test_walking_alters_nothing_of_the_subject(trained: Subject) -> None:
    network = trained.network
    before = network.parameters.copy(), network.statistics.copy()
    Walker(trained).walk("validation", 0)
    assert np.array_equal(network.parameters, before[0])
    assert np.array_equal(network.statistics, before[1])


def test_weights_that_are_not_finite_are_walked_through_all_the_same(diverged: Subject) -> None:
    walk = Walker(diverged).walk("test", 0)
    for station in walk.stations():
        station.work(*(0 for _ in station.values.shape))
    assert not np.isfinite(walk.logits).all()
