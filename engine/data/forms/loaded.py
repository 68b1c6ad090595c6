"""What every form of a data set is read into, before its labels are numbered."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.location import ReadingOptions
from engine.errors import DataError
from engine.sentences import N_, Sentence

TRAINING, TEST = Sentence(N_("training")), Sentence(N_("test"))
Images = NDArray[np.uint8]
RawLabels = NDArray[np.int64] | NDArray[np.str_]
"""`(images,)`: whole numbers, or words."""


@dataclass(frozen=True, eq=False)
class LoadedData:
    """Images and labels as a form holds them.

    train_images, test_images: `(images, height, width)`, uint8; a set without a test part has None
    train_labels, test_labels: `(images,)`, numbers or words
    class_names: in the order of their numbers, where the form says them; else empty
    known_names: as many as there are classes, where nobody says more; else empty
    decisions: what was decided in reading, a sentence each
    """

    train_images: Images
    train_labels: RawLabels
    test_images: Images | None = None
    test_labels: RawLabels | None = None
    class_names: tuple[str, ...] = ()
    known_names: tuple[str, ...] = ()
    decisions: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class Source:
    """What a form is read from. file: its name, as it may safely be shown."""

    path: Path
    file: str
    options: ReadingOptions


def check_counts(split: Sentence, images: NDArray[np.uint8], labels: NDArray[Any]) -> None:
    """Check that a split has images, and as many labels.

    Raises:
        DataError: when it has not.
    """
    if len(images) != len(labels):
        raise DataError(
            N_(
                "There are {images:,} {split} images and {labels:,} {split} labels; each image needs one "
                "label."
            ),
            split=split,
            images=len(images),
            labels=len(labels),
        )
    if not images.size:
        raise DataError(N_("There are no {split} images."), split=split)
