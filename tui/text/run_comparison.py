"""Two stored runs compared, in words: for the Runs tab and for `mlp-tui runs compare`."""

from typing import TYPE_CHECKING

from engine.hyperparameters import SPECIFICATIONS
from engine.specification import printable
from engine.storage.run_comparison import Comparison
from tui.text.language import _, translate
from tui.text.phrases import duration, evaluation_count_text, loss_figure, percent, run_label

if TYPE_CHECKING:
    from engine.storage.run_record import RunRecord


Row = tuple[str, str, str]
"""What is compared, and how it is with the first run and with the second."""


def comparison_names(comparison: Comparison) -> tuple[str, str]:
    """Return what the two runs are called, each told from the other."""
    names = run_label(comparison.first), run_label(comparison.second)
    return names if names[0] != names[1] else (comparison.first.id, comparison.second.id)


def setting_rows(comparison: Comparison) -> list[Row]:
    """Return the hyperparameters that differ, after the networks where one is a person's own."""
    networks = [run.started.network for run in (comparison.first, comparison.second)]
    own = [printable(network.file, limit=40) if network else "–" for network in networks]
    return [
        *([(_("own network"), own[0], own[1])] if any(networks) else []),
        *(
            (
                difference.name,
                SPECIFICATIONS[difference.name].format(difference.first) or _("by rule"),
                SPECIFICATIONS[difference.name].format(difference.second) or _("by rule"),
            )
            for difference in comparison.differences
        ),
    ]


def figure_rows(comparison: Comparison) -> list[Row]:
    """Return the figures of both runs, side by side."""
    runs = comparison.first, comparison.second
    smoothed = any(run.hyperparameters.label_smoothing for run in runs)
    return [
        (name, one, other)
        for (name, one), (_name, other) in zip(
            _figures(comparison.first, comparison.plain_test_losses[0], smoothed=smoothed),
            _figures(comparison.second, comparison.plain_test_losses[1], smoothed=smoothed),
            strict=True,
        )
    ]


def _figures(record: "RunRecord", plain_test_loss: float | None, *, smoothed: bool) -> list[tuple[str, str]]:
    def share(value: float | None) -> str:
        return "–" if value is None else percent(value)

    def loss(value: float | None) -> str:
        return "–" if value is None else loss_figure(value)

    return [
        (_("test accuracy"), share(record.test_accuracy)),
        (_("test loss"), loss(record.test_loss)),
        *([(_("plain test loss"), loss(plain_test_loss))] if smoothed else []),
        (_("validation accuracy"), share(record.best_validation_accuracy)),
        (_("validation loss"), loss(record.best_validation_loss)),
        (_("best epoch"), str(record.best_epoch or "–")),
        (_("epochs"), f"{record.epochs}/{record.hyperparameters.epochs}"),
        (_("training time"), duration(record.seconds)),
        (_("parameters"), f"{record.started.parameters:,}"),
        (_("state"), translate(record.state_name)),
    ]


def remarks(comparison: Comparison) -> list[str]:
    """Return what must be known to read the figures rightly."""
    first, second = comparison.first.started.hyperparameters, comparison.second.started.hyperparameters
    said = []
    if (first.seed, first.validation_size) != (second.seed, second.validation_size):
        said.append(_("Their validation images are not the same: seed or validation_size differ."))
    if first.label_smoothing != second.label_smoothing:
        said.append(_("Of their losses only the plain ones are comparable: label_smoothing differs."))
    return said


def verdict(comparison: Comparison) -> list[str]:
    """Say whether the difference of the test accuracies is more than luck, and how that is known."""
    images, names = comparison.images, comparison_names(comparison)
    if images is None:
        return [translate(comparison.missing)] if comparison.missing else []
    test = images.test
    b, c = test.first_only, test.second_only
    better = names[0] if b > c else names[1]
    if b == c:
        text = _("No difference: both predict {right:,} of {images:,} test images correctly.").format(
            right=images.both_right + b, images=len(images.labels)
        )
    elif test.is_significant:
        text = _("Significant: {better} is better on these test images.").format(better=better)
    else:
        text = _("Not significant: {better} is ahead, but chance alone could explain that.").format(
            better=better
        )
    return [
        text,
        _(
            "McNemar's exact test: p = {p}; {first} alone predicts {b:,} correctly, {second} alone {c:,}."
        ).format(p=chance(test.p_value), first=names[0], second=names[1], b=b, c=c),
        _(
            "Both predict {right:,} of {images:,} test images correctly, and both misclassify {wrong:,}."
        ).format(right=images.both_right, images=len(images.labels), wrong=images.both_wrong),
        _("This is about these two networks; another seed may turn out otherwise."),
        *_looks(comparison),
    ]


def _looks(comparison: Comparison) -> list[str]:
    return [] if comparison.looks is None else [evaluation_count_text(comparison.looks)]


def chance(p: float) -> str:
    """Return a probability with two digits that say something."""
    return f"{p:.2g}" if p >= 1e-4 else f"{p:.0e}"
