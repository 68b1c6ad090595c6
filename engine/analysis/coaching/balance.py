"""The rule about classes of very different sizes."""

from engine.analysis.coaching.run_history import Hint, RunHistory
from engine.sentences import N_, Sentence
from engine.training.metrics import class_metrics, mean_recall

MOST = 0.5
"""The share of the images from which one class is most of the data."""
BEHIND = 0.02
"""How far the mean of the recalls is behind accuracy where accuracy hides something."""


def one_class_is_most(history: RunHistory) -> Hint | None:
    """One class is most of the data, and the others are recognised worse than accuracy says.

    Measured with 3 classes of 100, 10 and 1,000 noisy images, and of 200, 100 and 2,000, over 4 seeds: best
    weights chosen by loss have a mean recall that is 1.5 to 2.5 points higher than those chosen by accuracy.
    """
    last = history.last
    matrix = last.validation_confusion_matrix
    if matrix is None:
        return None
    figures, recall = class_metrics(matrix), mean_recall(matrix)
    largest = max(figures, key=lambda one: one.support)
    share = largest.support / (sum(one.support for one in figures) or 1)
    if recall is None or share <= MOST or recall > last.validation_accuracy - BEHIND:
        return None
    evidence = Sentence(
        N_(
            "{name} is {share:.1%} of the validation images; accuracy is {accuracy:.1%}, the mean of the "
            "classes' recalls {recall:.1%}."
        ),
        {
            "name": history.started.data.class_names[largest.label],
            "share": share,
            "accuracy": last.validation_accuracy,
            "recall": recall,
        },
    )
    return history.hint(
        N_("One class is most of the data"),
        evidence,
        N_("Accuracy is mostly that of this class; the loss counts what is wrong in the others more."),
        "monitor",
        "validation_loss",
    )
