"""Classification metrics, all computed from the confusion matrix."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.events import ConfusionMatrix

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNBALANCED = 2
"""How many times the smallest class the largest is, where accuracy alone is not enough."""


@dataclass(frozen=True)
class ClassMetrics:
    """The metrics of one class. A figure whose denominator is zero is None.

    precision: of the images predicted as this class, the share that are (None: none was predicted so)
    recall: of the images of this class, the share that were predicted so (None: there is none)
    f1: their harmonic mean, 2 * correct / (predicted so + support)
    support: images of this class
    """

    label: int
    precision: float | None
    recall: float | None
    f1: float | None
    support: int


def confusion_matrix(
    labels: "NDArray[np.int64]", predicted: "NDArray[np.int64]", classes: int
) -> ConfusionMatrix:
    """Count how often each true class was predicted as each class.

    labels, predicted: `(images,)`, each from 0 to `classes` - 1
    """
    import numpy as np

    cells, counts = np.unique(labels * classes + predicted, return_counts=True)
    rows, columns = np.divmod(cells, classes)
    return ConfusionMatrix(classes, tuple(zip(rows.tolist(), columns.tolist(), counts.tolist(), strict=True)))


def accuracy(matrix: ConfusionMatrix) -> float | None:
    """Return the share of images on the diagonal, or None where there is no image."""
    images = sum(count for _, _, count in matrix.cells)
    correct = sum(count for true, predicted, count in matrix.cells if true == predicted)
    return correct / images if images else None


def mean_recall(matrix: ConfusionMatrix) -> float | None:
    """Return the mean of the recalls of the classes that have images: each class counts alike."""
    recalls = [figures.recall for figures in class_metrics(matrix) if figures.recall is not None]
    return sum(recalls) / len(recalls) if recalls else None


def is_unbalanced(matrix: ConfusionMatrix) -> bool:
    """Return whether the largest class has at least `UNBALANCED` times the images of the smallest."""
    supports = [figures.support for figures in class_metrics(matrix) if figures.support]
    return bool(supports) and max(supports) >= UNBALANCED * min(supports)


def class_metrics(matrix: ConfusionMatrix) -> tuple[ClassMetrics, ...]:
    """Return precision, recall, F1 and support of every class, in the order of the classes."""
    correct, support, predicted_so = ([0] * matrix.classes for _ in range(3))
    for true, predicted, count in matrix.cells:
        support[true] += count
        predicted_so[predicted] += count
        if true == predicted:
            correct[true] = count
    return tuple(
        ClassMetrics(
            label=label,
            precision=_ratio(correct[label], predicted_so[label]),
            recall=_ratio(correct[label], support[label]),
            f1=_ratio(2 * correct[label], predicted_so[label] + support[label]),
            support=support[label],
        )
        for label in range(matrix.classes)
    )


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
