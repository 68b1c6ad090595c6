"""Compares two stored runs: their settings, their figures, and the test images each predicts correctly."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.hyperparameters import OWN_NETWORK
from engine.sentences import N_, Sentence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.analysis.comparison import Difference, ImageComparison
    from engine.data.dataset import Dataset
    from engine.storage.run_record import RunRecord
    from engine.storage.runs import RunStore


@dataclass(frozen=True, eq=False)
class Comparison:
    """The comparison of two runs.

    images: image by image, if that could be done; else `missing` says why
    pictures: the test images, `(images, height, width)`; looks: for how many networks they were evaluated
    plain_test_losses: of both runs, without label smoothing, where they are known
    """

    first: "RunRecord"
    second: "RunRecord"
    differences: "tuple[Difference, ...]"
    images: "ImageComparison | None" = None
    missing: Sentence | None = None
    pictures: "NDArray[np.uint8] | None" = None
    looks: int | None = None
    plain_test_losses: tuple[float | None, float | None] = (None, None)


def compare(
    store: "RunStore", first: "RunRecord", second: "RunRecord", dataset: "Dataset | None"
) -> Comparison:
    """Compare two runs; image by image too, where both models and their data set are there."""
    from engine.analysis.comparison import compare_images, differences

    is_own = first.started.network is not None or second.started.network is not None
    differing = tuple(
        difference
        for difference in differences(first.hyperparameters, second.hyperparameters)
        if difference.name in OWN_NETWORK or not is_own  # what the others are, a person's code decides
    )
    plain = _plain_test_loss(store, first), _plain_test_loss(store, second)
    try:
        labels, (one, other), networks = _predicted_by_both(store, first, second, dataset)
        images = compare_images(labels, one, other)
        assert dataset is not None
        looks = store.count_test_evaluation(dataset, *networks)
    except EngineError as error:
        return Comparison(first, second, differing, missing=error.sentence, plain_test_losses=plain)
    return Comparison(first, second, differing, images, None, dataset.test_images, looks, plain)


def _plain_test_loss(store: "RunStore", record: "RunRecord") -> float | None:
    """Return the test loss of a run without label smoothing; None where it is not known."""
    if not record.started.hyperparameters.label_smoothing:
        return record.test_loss
    ended = store.ended(record.id)
    return ended.plain_test_loss if ended else None


def _predicted_by_both(
    store: "RunStore", first: "RunRecord", second: "RunRecord", dataset: "Dataset | None"
) -> "tuple[NDArray[np.int64], list[NDArray[np.int64]], list[str]]":
    """Return the labels of the test images, what each of two runs predicted, and the networks' fingerprints.

    Raises:
        EngineError: when that cannot be found out.
    """
    from engine.storage.model_lookup import best_model, no_weights
    from engine.training.threads import limit_threads

    if first.started.data.fingerprint != second.started.data.fingerprint:
        raise EngineError(
            N_("The two runs are of different data sets: only on one and the same can they be compared.")
        )
    if dataset is None:
        raise EngineError(N_("Their data set was not found, so their test images cannot be compared."))
    if dataset.fingerprint != first.started.data.fingerprint:
        raise EngineError(N_("This is not the data set that the two runs were trained on."))
    for record in (first, second):
        if record.best_epoch is None:
            raise no_weights(record)
    with limit_threads(1):
        models = [best_model(store, record) for record in (first, second)]
        predicted = [model.test_evaluation(dataset).predicted for model in models]
    return dataset.test_labels, predicted, [model.fingerprint for model in models]
