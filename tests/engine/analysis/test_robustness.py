"""The curve over damage begins at the accuracy of the run, and goes down."""

import numpy as np
import pytest

from engine.analysis.robustness import Point, rising, robustness
from engine.analysis.sample import NotFiniteError, Sample, SplitName
from engine.data.damage import DAMAGES, Damage
from engine.events import RunEnded
from engine.training.subject import Subject
from tests.runs import TrainedRun, only


def whole(sample: Sample, damage: Damage, seed: int = 0) -> list[Point]:
    return [point for point in robustness(sample, damage, seed) if point.is_whole]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_undamaged_accuracy_is_that_of_the_run(
    trained: Subject, trained_run: TrainedRun, damage: Damage
) -> None:
    points = whole(Sample.take(trained, "test"), damage)
    assert points[0].strength == 0
    assert points[0].accuracy == only(trained_run.events, RunEnded).test_accuracy
    assert sorted(point.strength for point in points) == list(damage.strengths(28, 28))
    assert min(point.accuracy for point in points) < points[0].accuracy - 0.15
    assert points == whole(Sample.take(trained, "test"), damage)


def test_validation_images_are_those_held_out(trained: Subject) -> None:
    sample = Sample.take(trained, "validation")
    held_out = trained.learner.split.validation
    assert len(sample) == len(held_out) == 60
    (first, *_rest) = whole(sample, DAMAGES[0])
    made = trained.learner.evaluate(trained.learner.training, held_out)
    assert first.right == np.count_nonzero(made.predicted == trained.dataset.train_labels[held_out])


@pytest.mark.parametrize("split", ["test", "validation"])
def test_a_sample_can_be_smaller(trained: Subject, split: SplitName) -> None:
    sample = Sample.take(trained, split, 25)
    everything = Sample.take(trained, split)
    assert (len(sample), sample.of) == (25, len(everything))
    np.testing.assert_array_equal(sample.labels, everything.labels[:25])
    np.testing.assert_array_equal(sample.images(), everything.images(slice(0, 25)))


def test_another_seed_makes_other_damage(trained: Subject) -> None:
    sample = Sample.take(trained, "test")
    assert whole(sample, DAMAGES[0], 1) != whole(sample, DAMAGES[0], 2)


def test_one_image_under_rising_strength(trained: Subject) -> None:
    sample = Sample.take(trained, "test")
    damaged = rising(sample, DAMAGES[0], 3)
    assert damaged.strengths == DAMAGES[0].strengths(28, 28)
    assert damaged.label == trained.dataset.test_labels[3]
    np.testing.assert_array_equal(damaged.images[0], trained.dataset.test_images[3])
    distance = np.abs(damaged.images.astype(float) - damaged.images[0]).mean(axis=(1, 2)).tolist()
    assert distance == sorted(set(distance))
    assert len(damaged.read_as) == len(damaged.strengths)


def test_a_network_that_is_beyond_use_says_so(trained_run: TrainedRun) -> None:
    spoiled = Subject.of(trained_run.weights, trained_run.dataset)
    spoiled.network.parameters[:] = np.nan
    with pytest.raises(NotFiniteError, match="no longer finite"):
        next(robustness(Sample.take(spoiled, "test"), DAMAGES[0]))
