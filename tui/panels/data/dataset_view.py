"""What the pages of the Data tab show: images, their split, and their figures."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.hyperparameters import Hyperparameters
from tui.session.background import BackgroundThread
from tui.session.run_state import RunState
from tui.text.language import _

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.analysis.pixel_statistics import PixelStatistics, SplitCounts
    from engine.data.batches import Split
    from engine.data.dataset import Dataset

PARTS = ("training", "validation", "test")


@dataclass(frozen=True)
class SplitChoice:
    """What decides which training images are held out: values of the run that is shown, or the defaults."""

    seed: int
    validation_size: float
    run: str | None
    fingerprint: str | None
    """Of the data that the run learned from."""

    @classmethod
    def of(cls, state: RunState) -> "SplitChoice":
        """Return that of the run that is shown; of the defaults, where there is none."""
        chosen = state.hyperparameters or Hyperparameters()
        run, learned_from = (state.started.run, state.started.data) if state.started else (None, None)
        fingerprint = learned_from.fingerprint if learned_from else None
        return cls(chosen.seed, chosen.validation_size, run, fingerprint)

    @property
    def text(self) -> str:
        """Whose split it is."""
        text = (
            _("split by default: seed {seed}, {share:.3g}% held out for validation")
            if self.run is None
            else _("split of the run shown: seed {seed}, {share:.3g}% held out for validation")
        )
        return text.format(seed=self.seed, share=100 * self.validation_size)


@dataclass(eq=False)
class DatasetContents:
    """Images and how they are split; `figures` come when a page needs them.

    is_another: whether the run that is shown learned from other images
    """

    dataset: "Dataset"
    choice: SplitChoice
    split: "Split"
    counts: "SplitCounts"
    is_another: bool
    figures: "PixelStatistics | None" = None

    def places(self, part: str) -> "NDArray[np.int64]":
        """Return where the images of a part stand in their file: `(images,)`, in order."""
        import numpy as np

        if part == "test":
            return np.arange(len(self.dataset.test_labels))
        return self.split.training if part == "training" else self.split.validation


class DatasetView:
    """Keeps the newest material, so that pages work it out once."""

    def __init__(self, background: BackgroundThread) -> None:
        self.background = background
        self._newest: DatasetContents | None = None

    async def material(self, dataset: "Dataset", choice: SplitChoice) -> DatasetContents:
        """Return the images as `choice` splits them.

        Raises:
            HyperparameterError: when they cannot be split so.
        """
        known = self._newest
        if known is not None and known.dataset is dataset and known.choice == choice:
            return known
        made = await self.background.run(lambda: _split(dataset, choice))
        same = known is not None and known.dataset is dataset and _same_split(known.choice, choice)
        if known is not None and same:
            made.figures = known.figures
        self._newest = made
        return made

    async def survey(self, material: DatasetContents) -> AsyncIterator[float]:
        """Work out the figures of `material`, and yield which share of it is done."""
        if material.figures is not None:
            return
        async for piece in self.background.parts(lambda: _survey(material)):
            if isinstance(piece, float):
                yield piece
            else:
                material.figures = piece


def _same_split(one: SplitChoice, other: SplitChoice) -> bool:
    return (one.seed, one.validation_size) == (other.seed, other.validation_size)


def _split(dataset: "Dataset", choice: SplitChoice) -> DatasetContents:
    from engine.analysis.pixel_statistics import SplitCounts
    from engine.training.learner import split_dataset

    split = split_dataset(Hyperparameters(seed=choice.seed, validation_size=choice.validation_size), dataset)
    is_another = choice.fingerprint not in (None, dataset.fingerprint)
    return DatasetContents(dataset, choice, split, SplitCounts.of(dataset, split), is_another)


def _survey(material: DatasetContents) -> "Iterator[float | PixelStatistics]":
    from engine.analysis.pixel_statistics import measure_pixels

    return measure_pixels(material.dataset, material.split)
