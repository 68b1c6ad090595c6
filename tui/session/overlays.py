"""Stored runs whose curves are overlaid on those of the run that is shown. No Textual in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.analysis.thinning import Point, thinned
from tui.text.phrases import short_run_label

if TYPE_CHECKING:
    from engine.storage.run_record import RunRecord
    from engine.storage.runs import RunStore

MAX_POINTS = 4_000
"""A longer curve is thinned before it is kept: no chart has room for more."""
LONGEST_LABEL = 14
MOST_OVERLAYS = 6
"""As many as the chart has colours and symbols for."""


@dataclass(frozen=True)
class Overlay:
    """Validation curves of a stored run; `number`, from 0, decides colour and marker, and stays with it."""

    run: str
    label: str
    number: int
    losses: tuple[Point, ...]
    accuracies: tuple[Point, ...]
    epochs: int


def overlay_of(store: "RunStore", record: "RunRecord", number: int = 0) -> Overlay:
    """Read the curves of a run.

    Raises:
        StoreError: when they cannot be read.
    """
    figures = store.epoch_metrics(record.id)
    return Overlay(
        run=record.id,
        label=short_run_label(record, LONGEST_LABEL),
        number=number,
        losses=_points([(f.epoch, f.validation_loss) for f in figures if f.validation_loss is not None]),
        accuracies=_points([(f.epoch, f.validation_accuracy) for f in figures]),
        epochs=figures[-1].epoch if figures else 0,
    )


def free_number(overlays: Sequence[Overlay]) -> int | None:
    """Return the first number that no run has; None where there are as many as there can be."""
    taken = {overlay.number for overlay in overlays}
    return next((number for number in range(MOST_OVERLAYS) if number not in taken), None)


def _points(points: Sequence[Point]) -> tuple[Point, ...]:
    return tuple(points if len(points) <= MAX_POINTS else thinned(points, MAX_POINTS // 2))
