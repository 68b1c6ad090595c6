"""What the best weights of a stored run answer is what the run itself answered when it ended."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.commands import ExplainPrediction, FetchPredictions
from engine.data.dataset import Dataset
from engine.errors import CheckpointError
from engine.events import Explanation, Predictions
from engine.storage import checkpoint
from engine.storage.recorder import BEST, record_run
from engine.storage.stored_model import StoredModel
from engine.training.trainer import Trainer
from tests.runs import quick


@pytest.fixture(scope="module")
def kept(small_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Trainer, Path]:
    folder = tmp_path_factory.mktemp("home")
    trainer = Trainer(quick(batch_norm=True, dropout=0.2), small_dataset)
    list(record_run(trainer, folder))
    return trainer, folder / "checkpoints" / trainer.run / BEST


def test_predictions_and_reasons_are_those_of_the_run(
    kept: tuple[Trainer, Path], small_dataset: Dataset
) -> None:
    trainer, path = kept
    stored_model = StoredModel(checkpoint.load(path), small_dataset, trainer.run)
    ours, theirs = stored_model.answer(FetchPredictions(split="test")), trainer.predictions(split="test")
    assert isinstance(ours, Predictions)
    assert theirs is not None
    assert (ours.split, ours.epoch) == (theirs.split, theirs.epoch)
    np.testing.assert_array_equal(ours.probabilities, theirs.probabilities)
    np.testing.assert_array_equal(ours.predicted, theirs.predicted)
    question = ExplainPrediction("test", 3, int(ours.labels[3] + 1) % 10)
    answer, expected = stored_model.answer(question), trainer.answer(question)
    assert isinstance(answer, Explanation)
    assert isinstance(expected, Explanation)
    assert answer.margin == expected.margin
    np.testing.assert_array_equal(answer.gradient, expected.gradient)


def test_validation_images_are_those_that_were_held_out(
    kept: tuple[Trainer, Path], small_dataset: Dataset
) -> None:
    trainer, path = kept
    made = StoredModel(checkpoint.load(path), small_dataset, trainer.run).answer(
        FetchPredictions(2, "validation")
    )
    assert isinstance(made, Predictions)
    assert made.split == "validation"
    np.testing.assert_array_equal(made.indices, trainer.learner.split.validation)


def test_other_data_are_refused(kept: tuple[Trainer, Path], small_dataset: Dataset) -> None:
    others = replace(small_dataset, test_labels=small_dataset.test_labels[::-1].copy())
    with pytest.raises(CheckpointError, match="not the data set"):
        StoredModel(checkpoint.load(kept[1]), others, kept[0].run)
