"""Two stored runs held against each other, for the tab Runs and for `mlp-tui runs compare`."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.hyperparameters import SPECIFICATIONS
from engine.sentences import N_, Sentence
from tui.text.cell_widths import left, width
from tui.text.language import _, translate
from tui.text.phrases import called, duration, looks_in_words, loss_figure, percent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.analysis.comparison import Difference, ImageComparison
    from engine.data.dataset import Dataset
    from engine.storage.run_record import RunRecord
    from engine.storage.runs import RunStore

LISTED = 20
"""How many images of each kind the command names."""

Row = tuple[str, str, str]
"""What is compared, and how it is with the first run and with the second."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """What there is to say of two runs.

    images: image by image, if that could be done; else `missing` says why
    pictures: the test images, `(images, height, width)`; looks: how often their score was looked at
    """

    first: "RunRecord"
    second: "RunRecord"
    differences: "tuple[Difference, ...]"
    images: "ImageComparison | None" = None
    missing: Sentence | None = None
    pictures: "NDArray[np.uint8] | None" = None
    looks: int | None = None

    @property
    def names(self) -> tuple[str, str]:
        """What the two are called, each told from the other."""
        names = called(self.first), called(self.second)
        return names if names[0] != names[1] else (self.first.id, self.second.id)


def compare(
    store: "RunStore", first: "RunRecord", second: "RunRecord", dataset: "Dataset | None"
) -> Comparison:
    """Compare two runs; image by image too, where both models and their data set are there."""
    from engine.analysis.comparison import compare_images, differences

    differing = differences(first.hyperparameters, second.hyperparameters)
    try:
        labels, (one, other) = _read_by_both(store, first, second, dataset)
        images = compare_images(labels, one, other)
        assert dataset is not None
        looks = store.count_look(dataset.fingerprint)
    except EngineError as error:
        return Comparison(first, second, differing, missing=error.sentence)
    return Comparison(first, second, differing, images, None, dataset.test_images, looks)


def _read_by_both(
    store: "RunStore", first: "RunRecord", second: "RunRecord", dataset: "Dataset | None"
) -> "tuple[NDArray[np.int64], list[NDArray[np.int64]]]":
    """Return the labels of the test images, and what each of two runs read them as.

    Raises:
        EngineError: when that cannot be found out.
    """
    from engine.storage import checkpoint
    from engine.storage.recorder import BEST
    from engine.training.threads import limit_threads

    if first.started.data.fingerprint != second.started.data.fingerprint:
        raise EngineError(
            N_("The two runs learned from different data, and were tested on different images.")
        )
    if dataset is None:
        raise EngineError(N_("Their data set is not there, so their test images cannot be compared."))
    if dataset.fingerprint != first.started.data.fingerprint:
        raise EngineError(N_("The data set is another than the one that the two runs learned from."))
    read = []
    with limit_threads(1):
        for record in (first, second):
            if record.best_epoch is None:
                raise EngineError(
                    N_("The run {run} has no weights: none of its epochs ended."), run=record.id
                )
            model = checkpoint.load(store.checkpoints(record.id) / BEST)
            read.append(model.test_evaluation(dataset).predicted)
    return dataset.test_labels, read


# In words


def setting_rows(comparison: Comparison) -> list[Row]:
    """Return the hyperparameters that differ."""
    return [
        (
            difference.name,
            SPECIFICATIONS[difference.name].write(difference.first) or _("by rule"),
            SPECIFICATIONS[difference.name].write(difference.second) or _("by rule"),
        )
        for difference in comparison.differences
    ]


def figure_rows(comparison: Comparison) -> list[Row]:
    """Return the figures of both runs, side by side."""
    return [
        (name, one, other)
        for (name, one), (_name, other) in zip(
            _figures(comparison.first), _figures(comparison.second), strict=True
        )
    ]


def _figures(record: "RunRecord") -> list[tuple[str, str]]:
    def share(value: float | None) -> str:
        return "–" if value is None else percent(value)

    def loss(value: float | None) -> str:
        return "–" if value is None else loss_figure(value)

    return [
        (_("test accuracy"), share(record.test_accuracy)),
        (_("test loss"), loss(record.test_loss)),
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
        said.append(_("Their losses are not comparable: label_smoothing differs."))
    return said


def verdict(comparison: Comparison) -> list[str]:
    """Say whether the difference of the test accuracies is more than luck, and how that is known."""
    images, names = comparison.images, comparison.names
    if images is None:
        return [translate(comparison.missing)] if comparison.missing else []
    test = images.test
    b, c = test.first_only, test.second_only
    better = names[0] if b > c else names[1]
    if b == c:
        words = _("No difference: both read {right:,} of {images:,} test images correctly.").format(
            right=images.both_right + b, images=len(images.labels)
        )
    elif test.is_more_than_luck:
        words = _("More than luck: {better} is better on these test images.").format(better=better)
    else:
        words = _("May be luck: {better} is ahead, but chance alone could do that.").format(better=better)
    how = _("exact") if test.is_exact else _("chi squared")
    return [
        words,
        _(
            "McNemar's test ({how}): p = {p}; {first} alone reads {b:,} correctly, {second} alone {c:,}."
        ).format(how=how, p=chance(test.p_value), first=names[0], second=names[1], b=b, c=c),
        _("Both read {right:,} of {images:,} test images correctly, and both misread {wrong:,}.").format(
            right=images.both_right, images=len(images.labels), wrong=images.both_wrong
        ),
        _("This is about these two networks; another seed may turn out otherwise."),
        *_looks(comparison),
    ]


def _looks(comparison: Comparison) -> list[str]:
    return [] if comparison.looks is None else [looks_in_words(comparison.looks)]


def chance(p: float) -> str:
    """Return a probability with two digits that say something."""
    return f"{p:.2g}" if p >= 1e-4 else f"{p:.0e}"


# For the command line


def print_comparison(
    store: "RunStore", first: "RunRecord", second: "RunRecord", *, dataset: "Dataset | None", as_json: bool
) -> None:
    """Print what differs between two runs, their figures, and whether the difference is more than luck.

    dataset: what both were tested on, None if it is not to be had
    """
    import click

    comparison = compare(store, first, second, dataset)
    if as_json:
        click.echo(json.dumps(_fields(comparison), allow_nan=False, ensure_ascii=False))
        return
    settings, figures = setting_rows(comparison), figure_rows(comparison)
    heads = [("", *comparison.names)]
    rows = [*heads, *settings, *figures]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for part in (heads, settings, figures):
        if part is settings and not settings:
            click.echo(_("All hyperparameters are the same."))
        for row in part:
            click.echo("  ".join(map(left, row, widths)).rstrip())
        if part is not heads:
            click.echo()
    for line in [*remarks(comparison), *verdict(comparison)]:
        click.echo(line)
    if comparison.images is not None:
        for name, places in zip(
            comparison.names, (comparison.images.first_only, comparison.images.second_only), strict=True
        ):
            if len(places):
                click.echo(_("Test images that {name} alone reads correctly:").format(name=name))
                more = ", …" if len(places) > LISTED else ""
                click.echo("  " + ", ".join(map(str, places[:LISTED].tolist())) + more)


def _fields(comparison: Comparison) -> dict[str, object]:
    """Return a comparison as JSON knows it."""
    images = comparison.images
    fields: dict[str, object] = {
        "runs": [comparison.first.id, comparison.second.id],
        "names": [comparison.first.name, comparison.second.name],
        "hyperparameters": {d.name: [_plain(d.first), _plain(d.second)] for d in comparison.differences},
    }
    for name in (
        *("test_accuracy", "test_loss", "best_validation_accuracy", "best_validation_loss"),
        *("best_epoch", "epochs", "seconds", "state"),
    ):
        fields[name] = [getattr(comparison.first, name), getattr(comparison.second, name)]
    fields["mcnemar"] = None
    if images is None:
        return fields | {"missing": str(comparison.missing)}
    test = images.test
    return fields | {
        "mcnemar": {
            "first_only": test.first_only,
            "second_only": test.second_only,
            "p_value": test.p_value,
            "exact": test.is_exact,
            "more_than_luck": test.is_more_than_luck,
        },
        "both_right": images.both_right,
        "both_wrong": images.both_wrong,
        "first_only": images.first_only.tolist(),
        "second_only": images.second_only.tolist(),
        "test_looks": comparison.looks,
    }


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
