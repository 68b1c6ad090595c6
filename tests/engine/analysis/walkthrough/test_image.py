"""Every number of a walkthrough is the engine's own, and its calculation gives just that number."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import engine
from engine.analysis.walkthrough import ImageTracer, Places
from engine.network.losses import SoftmaxCrossEntropy, softmax
from engine.training.trained_network import TrainedNetwork
from tests.engine.analysis.walkthrough.calculation import found, value_of

SOURCES = Path(engine.__file__).parent
AT = 3


def layer_names(each_network: TrainedNetwork) -> list[str]:
    hidden = len(each_network.network.dense) - 1
    return [f"Hidden {number + 1}" for number in range(hidden)] + ["Output"]


def image_of(each_network: TrainedNetwork, split: str, at: int) -> NDArray[np.floating]:
    """Return one image as the network gets it: `(1, pixels)`."""
    learner = each_network.learner
    if split == "test":
        return learner.test.gather(np.array([at]))[0].copy()
    return learner.training.gather(learner.split.validation[at : at + 1])[0].copy()


@pytest.mark.parametrize("split", ["test", "validation"])
def test_forward_is_that_of_the_network_bit_for_bit(each_network: TrainedNetwork, split: str) -> None:
    walk = ImageTracer(each_network).trace(split, AT)
    X = image_of(each_network, split, AT)
    network = each_network.clone()
    logits = network.forward(X)
    stages = walk.stages()
    assert np.array_equal(found(stages, "Image", "Standardised").values.ravel(), X[0])
    assert np.array_equal(found(stages, "Output", "Logits").values, logits[0])
    assert np.array_equal(found(stages, "Softmax", "Probabilities").values, softmax(logits)[0])
    for name, dense in zip(layer_names(each_network)[:-1], network.dense, strict=False):
        assert np.array_equal(found(stages, name, "Plus bias").values, dense.Y[0])
    label = walk.label
    smoothing = each_network.hyperparameters.label_smoothing
    loss = SoftmaxCrossEntropy(each_network.dataset.classes, smoothing)
    assert walk.loss == loss.forward(logits, np.array([label]))
    assert found(stages, "Loss", "Cross-entropy").values.sum() == pytest.approx(walk.loss, rel=1e-5)


def test_backward_is_that_of_the_network_bit_for_bit(each_network: TrainedNetwork) -> None:
    walk = ImageTracer(each_network).trace("test", AT)
    network = each_network.clone()
    loss = SoftmaxCrossEntropy(each_network.dataset.classes, each_network.hyperparameters.label_smoothing)
    loss.forward(network.forward(image_of(each_network, "test", AT)), np.array([walk.label]))
    by_image = network.input_gradient(loss.backward())
    stages = walk.stages()
    for name, dense in zip(layer_names(each_network), network.dense, strict=True):
        assert np.array_equal(found(stages, name, "dW").values, dense.dW)
        assert np.array_equal(found(stages, name, "db").values, dense.db)
    first = layer_names(each_network)[0]
    assert np.array_equal(found(stages, first, "dX").values.ravel(), by_image[0])


def test_gradients_are_those_of_difference_quotients(each_network: TrainedNetwork) -> None:
    """In float64, by the loss of the image that is walked with."""
    walk = ImageTracer(each_network).trace("test", AT)
    network = each_network.clone(np.float64)
    X = image_of(each_network, "test", AT).astype(np.float64)
    smoothing = each_network.hyperparameters.label_smoothing
    loss = SoftmaxCrossEntropy(each_network.dataset.classes, smoothing, np.float64)
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

    stages = walk.stages()
    for name, dense in zip(layer_names(each_network), network.dense, strict=True):
        check(found(stages, name, "dW").values, dense.W)
        check(found(stages, name, "db").values, dense.b)
    check(found(stages, layer_names(each_network)[0], "dX").values, X)


@pytest.mark.parametrize("temperature", [1.0, 0.25, 8.0])
def test_softmax_has_a_temperature_and_the_loss_has_not(trained: TrainedNetwork, temperature: float) -> None:
    walk = ImageTracer(trained).trace("test", AT)
    stages, plain = walk.stages(temperature), walk.stages()
    probabilities = found(stages, "Softmax", "Probabilities").values
    assert np.array_equal(probabilities, softmax(walk.logits[None, :], temperature)[0])
    at_one = found(plain, "Loss", "Cross-entropy").values
    assert np.array_equal(found(stages, "Loss", "Cross-entropy").values, at_one)


def test_what_is_written_beside_a_number_comes_to_that_number(each_network: TrainedNetwork) -> None:
    rng = np.random.default_rng(1)
    for stage in ImageTracer(each_network).trace("test", AT).stages(2.0):
        every = list(itertools.product(*map(range, stage.values.shape)))
        largest = max(1e-6, float(abs(stage.values.astype(np.float64)).max()))
        for at in (every[i] for i in rng.integers(len(every), size=12)):
            calculation = stage.work(*at)
            assert calculation.result == stage.values[at]
            if calculation.expression or calculation.terms:
                assert value_of(calculation) == pytest.approx(calculation.result, abs=2e-5 * largest), (
                    stage.title
                )


def test_each_station_shows_lines_that_stand_in_the_engine(each_network: TrainedNetwork) -> None:
    folders = (SOURCES / "network", SOURCES / "data")
    code = "\n".join(path.read_text() for folder in folders for path in folder.glob("*.py"))
    for stage in ImageTracer(each_network).trace("test", AT).stages():
        for line in stage.code.splitlines():
            assert line in code, line


def test_largest_products_come_first_and_say_where_they_are_from(trained: TrainedNetwork) -> None:
    stage = found(ImageTracer(trained).trace("test", AT).stages(), "Hidden 1", "Weighted sum")
    calculation = stage.work(5)
    x, W = image_of(trained, "test", AT)[0], trained.network.dense[0].W
    products = x * W[:, 5]
    assert calculation.over is Places.PIXELS
    assert stage.image_shape == (28, 28)
    assert [term.place for term in calculation.terms] == np.argsort(-abs(products))[
        : len(calculation.terms)
    ].tolist()
    assert calculation.others == 784 - len(calculation.terms)


def test_the_next_misclassified_image_is_found(trained: TrainedNetwork) -> None:
    walker = ImageTracer(trained)
    indices = np.arange(len(trained.dataset.test_labels))
    made = trained.learner.evaluate(trained.learner.test, indices)
    wrong = np.flatnonzero(made.predicted != trained.dataset.test_labels)
    assert len(wrong) > 2
    for after, expected in ((-1, wrong[0]), (wrong[0], wrong[1]), (wrong[-1], wrong[0])):
        assert list(walker.next_misclassified("test", int(after)))[-1] == expected
    walk = walker.trace("test", int(wrong[0]))
    assert walk.predicted != walk.label


def test_walking_alters_nothing_of_the_subject(trained: TrainedNetwork) -> None:
    network = trained.network
    before = network.parameters.copy(), network.statistics.copy()
    ImageTracer(trained).trace("validation", 0)
    assert np.array_equal(network.parameters, before[0])
    assert np.array_equal(network.statistics, before[1])


def test_weights_that_are_not_finite_are_walked_through_all_the_same(diverged: TrainedNetwork) -> None:
    walk = ImageTracer(diverged).trace("test", 0)
    for stage in walk.stages():
        stage.work(*(0 for _ in stage.values.shape))
    assert not np.isfinite(walk.logits).all()
