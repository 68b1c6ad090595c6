"""Labels that were changed on purpose are found again by a network that learned with them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from engine.analysis import label_errors
from engine.analysis.label_errors import LabelIssues, find_label_issues
from engine.data.dataset import Dataset, load_dataset
from engine.network.losses import softmax
from engine.training.trained_network import TrainedNetwork
from tests.runs import TrainedRun

IMAGES, FLIPPED = 6_000, 60


def doubts_of(trained: TrainedNetwork) -> LabelIssues:
    *shares, doubts = find_label_issues(trained)
    assert shares[-1] == 1.0
    assert isinstance(doubts, LabelIssues)
    return doubts


@pytest.fixture(scope="module")
def flipped() -> tuple[TrainedNetwork, set[int]]:
    """A network that learned 6,000 digits of which 60 are labelled as the class after theirs."""
    mnist = load_dataset()
    labels = mnist.train_labels[:IMAGES].copy()
    wrong = np.random.default_rng(1).choice(IMAGES, FLIPPED, replace=False)
    labels[wrong] = (labels[wrong] + 1) % 10
    dataset = Dataset(
        "d", "d", mnist.train_images[:IMAGES], labels, mnist.test_images[:200], mnist.test_labels[:200]
    )
    run = TrainedRun.of(dataset, hidden=(32,), epochs=3, validation_size=0.3)
    return TrainedNetwork.of(run.weights, dataset), set(wrong.tolist())


def share_of(wrong: set[int], found: Sequence[int]) -> float:
    return sum(index in wrong for index in found) / len(found)


def test_most_of_the_first_have_a_wrong_label(flipped: tuple[TrainedNetwork, set[int]]) -> None:
    trained, wrong = flipped
    doubts = doubts_of(trained)
    assert share_of(wrong, doubts.indices[:20].tolist()) >= 0.7  # 1% of all labels are wrong
    assert len(wrong.intersection(doubts.indices[:80].tolist())) >= 0.6 * FLIPPED


def test_validation_images_are_marked_and_their_wrong_labels_found(
    flipped: tuple[TrainedNetwork, set[int]],
) -> None:
    trained, wrong = flipped
    doubts = doubts_of(trained)
    held_out = set(trained.learner.split.validation.tolist())
    assert doubts.is_validation.tolist() == [index in held_out for index in doubts.indices.tolist()]
    found = set(doubts.indices[doubts.is_validation].tolist())
    assert len(found & wrong) > 0.4 * len(held_out & wrong)
    assert len(found) < 0.1 * len(held_out)  # and not by doubting everything
    assert (doubts.training.images, doubts.validation.images) == (4200, 1800)


def test_what_it_says_of_an_image_is_what_the_network_reads(flipped: tuple[TrainedNetwork, set[int]]) -> None:
    trained, _wrong = flipped
    doubts = doubts_of(trained)
    labels, learner = trained.dataset.train_labels, trained.learner
    probabilities = softmax(learner.evaluate(learner.training, np.arange(IMAGES)).logits)
    at = doubts.indices
    assert doubts.labels.tolist() == labels[at].tolist()
    assert doubts.predicted.tolist() == probabilities[at].argmax(axis=1).tolist()
    assert not (doubts.predicted == doubts.labels).any()
    np.testing.assert_allclose(doubts.label_probabilities, probabilities[at, doubts.labels], rtol=1e-4)
    np.testing.assert_allclose(doubts.predicted_probabilities, probabilities[at, doubts.predicted], rtol=1e-4)
    assert (np.diff(doubts.label_probabilities) >= -1e-7).all()  # the least confident label comes first
    for places, part in (
        (learner.split.training, doubts.training),
        (learner.split.validation, doubts.validation),
    ):
        assert part.agreed == np.count_nonzero(probabilities[places].argmax(axis=1) == labels[places])
        of_seven = places[labels[places] == 7]
        assert part.thresholds[7] == pytest.approx(float(probabilities[of_seven, 7].mean()), rel=1e-5)
    for number in range(len(at)):
        assert doubts.predicted_probabilities[number] >= doubts.threshold(number) - 1e-6


def test_it_comes_in_pieces_that_suit_the_network(
    trained: TrainedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = doubts_of(trained)
    monkeypatch.setattr(label_errors, "MULTIPLICATIONS_AT_ONCE", 50 * len(trained.network.parameters))
    *shares, doubts = find_label_issues(trained)
    assert len(shares) == 2 + 11  # 60 and 540 images, 50 at a time
    assert isinstance(doubts, LabelIssues)
    assert doubts.indices.tolist() == whole.indices.tolist()


def test_a_network_beyond_all_numbers_doubts_nothing_and_says_so(trained_run: TrainedRun) -> None:
    broken = replace(trained_run.weights, parameters=np.full_like(trained_run.weights.parameters, np.inf))
    doubts = doubts_of(TrainedNetwork.of(broken, trained_run.dataset))
    assert len(doubts.indices) == 0
    assert doubts.validation.not_finite == 60
    assert doubts.training.not_finite == 540
    assert doubts.training.agreed == 0


def test_a_class_that_nothing_is_labelled_as_is_no_reason_for_doubt(small_dataset: Dataset) -> None:
    """Class 11 has test images alone: no threshold. A network that reads it everywhere is not believed."""
    labels = small_dataset.test_labels.copy()
    labels[0] = 11
    dataset = replace(small_dataset, test_labels=labels)
    run = TrainedRun.of(dataset, epochs=1)
    parameters = run.weights.parameters.copy()
    parameters[-1] = 1e3  # the bias of class 11
    doubts = doubts_of(TrainedNetwork.of(replace(run.weights, parameters=parameters), dataset))
    assert doubts.training.agreed == doubts.validation.agreed == 0
    assert len(doubts.indices) == 0
    assert np.isinf(doubts.training.thresholds[11])
