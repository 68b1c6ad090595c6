"""Pictures of any kind become images that a network, trained on none of them, reads."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.analysis.picture_prediction import predict_picture
from engine.data.preprocessing import BOX, prepare
from engine.data.resampling import averaged
from engine.errors import DataError
from engine.training.trained_network import TrainedNetwork


def on_paper(image: NDArray[np.uint8], *, top: int = 60, left: int = 10, scale: int = 3) -> NDArray[np.uint8]:
    """Return an image drawn large and dark, off the centre of a sheet of greyish paper."""
    ink = np.kron(image, np.ones((scale, scale)))
    paper = np.full((200, 150), 235.0)
    paper[top : top + len(ink), left : left + ink.shape[1]] -= 0.8 * ink
    grain = np.random.default_rng(0).normal(0, 3, paper.shape)
    return np.clip(paper + grain, 0, 255).astype(np.uint8)


def test_images_of_mnist_hardly_change(trained: TrainedNetwork) -> None:
    images = trained.dataset.test_images
    change = [float(np.abs(prepare(i, 28, 28).image.astype(float) - i).mean()) for i in images]
    assert float(np.median(change)) == 0.0
    assert float(np.mean(change)) < 6.0


def accuracy(trained: TrainedNetwork, pictures: list[NDArray[np.uint8]], *, centred: bool) -> float:
    labels = trained.dataset.test_labels.tolist()
    right = [
        predict_picture(trained, p, centred=centred).predicted == label
        for p, label in zip(pictures, labels, strict=True)
    ]
    return float(np.mean(right))


def test_a_network_reads_what_is_drawn_on_paper_once_it_is_prepared(trained: TrainedNetwork) -> None:
    images = trained.dataset.test_images
    pictures = [on_paper(image) for image in images]
    plain = accuracy(trained, list(images), centred=False)
    assert plain == pytest.approx(accuracy_of_evaluation(trained))
    assert accuracy(trained, pictures, centred=True) > plain - 0.05
    assert accuracy(trained, pictures, centred=False) < plain - 0.3
    assert predict_picture(trained, pictures[0]).prepared.inverted


def accuracy_of_evaluation(trained: TrainedNetwork) -> float:
    places = np.arange(len(trained.dataset.test_labels))
    predicted = trained.learner.evaluate(trained.learner.test, places).predicted
    return float(np.mean(predicted == trained.dataset.test_labels))


def test_activations_are_those_of_the_hidden_layers(trained: TrainedNetwork) -> None:
    prediction = predict_picture(trained, trained.dataset.test_images[0], centred=False)
    assert [len(layer) for layer in prediction.activations] == [16, 12]
    assert prediction.probabilities.sum() == pytest.approx(1.0)
    X, _ = trained.learner.test.gather(np.array([0]))
    W, b = trained.network.dense[0].W, trained.network.dense[0].b
    np.testing.assert_allclose(prediction.activations[0], np.maximum(X[0] @ W + b, 0), atol=1e-4)


@pytest.mark.parametrize(("height", "width"), [(28, 28), (8, 8), (40, 20), (33, 64)])
def test_the_ink_fills_the_box_and_its_centre_of_mass_is_the_middle(height: int, width: int) -> None:
    picture = np.zeros((90, 70), np.uint8)
    picture[10:40, 5:15] = 200
    picture[30:40, 15:25] = 100
    image = prepare(picture, height, width).image
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    tall, wide = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    assert tall == round(BOX * height) or wide == round(BOX * width)
    assert tall / wide == pytest.approx(30 / 20, rel=0.35)
    y, x = np.mgrid[:height, :width]
    assert abs((image * y).sum() / image.sum() - height / 2) <= 0.75
    assert abs((image * x).sum() / image.sum() - width / 2) <= 0.75


def test_light_on_dark_is_left_and_dark_on_light_inverted() -> None:
    light = np.zeros((28, 28), np.uint8)
    light[8:20, 12:16] = 255
    assert not prepare(light, 28, 28).inverted
    dark = prepare(255 - light, 28, 28)
    assert dark.inverted
    np.testing.assert_array_equal(dark.image, prepare(light, 28, 28).image)


@pytest.mark.parametrize("grey", [0, 90, 255])
def test_an_empty_sheet_is_refused(grey: int) -> None:
    with pytest.raises(DataError, match="Nothing is drawn"):
        prepare(np.full((50, 50), grey, np.uint8), 28, 28)


@pytest.mark.parametrize("shape", [(1, 1), (1, 60), (300, 2)])
def test_pictures_of_any_shape_become_images(shape: tuple[int, int]) -> None:
    picture = np.zeros((shape[0] + 2, shape[1] + 2), np.uint8)
    picture[1:-1, 1:-1] = 255
    for centred in (True, False):
        image = prepare(picture, 28, 28, centred=centred).image
        assert image.shape == (28, 28)
        assert image.max() == 255


def test_resampling_keeps_the_mean() -> None:
    image = np.random.default_rng(1).random((28, 20))
    for size in ((7, 10), (56, 40), (9, 31)):
        assert averaged(image, *size).mean() == pytest.approx(image.mean())
