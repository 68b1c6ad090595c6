"""A run of deskewed images is the run of images that were deskewed beforehand, wherever images come in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.analysis.evaluation_sample import EvaluationSample, logits_of
from engine.analysis.picture_prediction import predict_picture
from engine.analysis.walkthrough.image import ImageTracer
from engine.commands import ExplainPrediction, FetchPredictions, FetchWeights
from engine.data.dataset import Dataset
from engine.data.deskewing import deskewed
from engine.data.preprocessing import prepare
from engine.events import Explanation, Predictions, RunEnded, Weights
from engine.storage import checkpoint
from engine.storage.checkpoint import Checkpoint
from engine.storage.stored_model import StoredModel
from engine.training.trained_network import TrainedNetwork
from engine.training.trainer import Trainer
from tests.runs import follow, only, quick

DESKEWED = quick(hidden=(12,), deskew=True)


@pytest.fixture(scope="module")
def upright(small_dataset: Dataset) -> Dataset:
    return replace(
        small_dataset,
        train_images=deskewed(small_dataset.train_images),
        test_images=deskewed(small_dataset.test_images),
    )


@pytest.fixture(scope="module")
def trained(small_dataset: Dataset) -> tuple[Trainer, RunEnded]:
    trainer = Trainer(DESKEWED, small_dataset)
    return trainer, only(follow(trainer), RunEnded)


def test_it_learns_and_is_tested_as_if_they_had_been_deskewed_before(
    trained: tuple[Trainer, RunEnded], upright: Dataset
) -> None:
    plain = Trainer(replace(DESKEWED, deskew=False), upright)
    ended = only(follow(plain), RunEnded)
    trainer, ours = trained
    np.testing.assert_array_equal(trainer.learner.network.parameters, plain.learner.network.parameters)
    assert (ours.test_accuracy, ours.test_loss) == (ended.test_accuracy, ended.test_loss)


def test_what_is_kept_says_so(
    trained: tuple[Trainer, RunEnded], small_dataset: Dataset, tmp_path: Path
) -> None:
    trainer, ended = trained
    assert trainer.snapshot().data_fingerprint == small_dataset.fingerprint
    checkpoint.save(tmp_path / "model.npz", Checkpoint.of(trainer, 3))
    kept = checkpoint.load(tmp_path / "model.npz")
    assert kept.standardization.deskew
    evaluation = kept.test_evaluation(small_dataset)
    assert np.mean(evaluation.predicted == small_dataset.test_labels) == ended.test_accuracy


def test_mistakes_and_what_explains_them_are_of_upright_images(
    trained: tuple[Trainer, RunEnded], small_dataset: Dataset, upright: Dataset
) -> None:
    trainer, _ended = trained
    predictions = trainer.answer(FetchPredictions(0, "test"))
    assert isinstance(predictions, Predictions)
    np.testing.assert_array_equal(predictions.images, upright.test_images)
    true = int(small_dataset.test_labels[4])
    explanation = trainer.answer(ExplainPrediction("test", 4, (true + 1) % 10))
    assert isinstance(explanation, Explanation)
    for neighbours in explanation.neighbours:
        np.testing.assert_array_equal(neighbours.images, upright.train_images[neighbours.indices])
    weights = Checkpoint.of(trainer, 3)
    answer = StoredModel(weights, small_dataset, "a run").answer(FetchPredictions(3, "test"))
    assert isinstance(answer, Predictions)
    np.testing.assert_array_equal(answer.images, upright.test_images)


def test_the_walk_begins_with_the_upright_image(
    trained: tuple[Trainer, RunEnded], small_dataset: Dataset, upright: Dataset
) -> None:
    weights = trained[0].answer(FetchWeights())
    assert isinstance(weights, Weights)
    walk = ImageTracer(TrainedNetwork.of(weights, small_dataset)).trace("test", 4)
    pixels, standardised = walk.before[:2]
    np.testing.assert_array_equal(pixels.values, upright.test_images[4])
    scale = trained[0].learner.standardization
    expected = (upright.test_images[4] / 255 - scale.mean) / scale.deviation
    np.testing.assert_allclose(standardised.values, expected, atol=1e-5)


def test_experiments_and_drawings_are_set_upright_too(
    trained: tuple[Trainer, RunEnded], small_dataset: Dataset
) -> None:
    trainer, _ended = trained
    weights = trainer.answer(FetchWeights())
    assert isinstance(weights, Weights)
    network = TrainedNetwork.of(weights, small_dataset)
    sample = EvaluationSample.of(network, "test")
    evaluation = trainer.learner.evaluate(trainer.learner.test, sample.indices)
    np.testing.assert_allclose(logits_of(network, sample.images), evaluation.logits, atol=1e-4)

    picture = small_dataset.test_images[0]
    image = prepare(picture, 28, 28).image
    X = trainer.learner.standardization.exactly(image[None]).astype(np.float32)
    by_hand = (deskewed(image[None]).reshape(1, -1) / 255.0 - trainer.learner.standardization.mean) / (
        trainer.learner.standardization.deviation
    )
    np.testing.assert_allclose(X, by_hand, rtol=1e-5)
    logits = trainer.learner.network.forward(X)[0]
    prediction = predict_picture(network, picture)
    np.testing.assert_allclose(prediction.probabilities, np.exp(logits) / np.exp(logits).sum(), rtol=1e-3)
    np.testing.assert_array_equal(prediction.image, deskewed(image[None])[0])
