"""Takes a test part from a data set that has none."""

import numpy as np
from numpy.typing import NDArray

from engine.data.batches import chosen, shares
from engine.errors import DataError
from engine.sentences import N_, Sentence

TEST_SIZE = 1 / 7
"""The share of the images that becomes the test part, as of MNIST's 70,000."""
SEED = 0


def test_part(
    labels: NDArray[np.int64], class_names: tuple[str, ...], size: float | None
) -> tuple[NDArray[np.bool_], Sentence]:
    """Return which of the images are the test part, `(images,)`, and the sentence that says so.

    Of every class the share `size` (None: a seventh) is taken, chosen by the seed 0: one image at the least,
    and all but one at the most.

    Raises:
        DataError: when a class has a single image.
    """
    found, counts = np.unique(labels, return_counts=True)
    if (single := np.flatnonzero(counts == 1)).size:
        raise DataError(
            N_(
                "The class {name} has a single image, which cannot be in both training and test; add images "
                "of it, take the class away, or bring a test part."
            ),
            name=class_names[int(found[single[0]])],
        )
    held = np.clip(shares(counts, TEST_SIZE if size is None else size), 1, counts - 1)
    is_test = chosen(labels, held, np.random.default_rng(SEED))
    decided = Sentence(
        N_("There is no test part: {count:,} images were taken for it, class by class, by the seed {seed}."),
        {"count": int(is_test.sum()), "seed": SEED},
    )
    return is_test, decided
