"""The figures of a run that another program trains: what they are called, and which can be shown."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.events import ConfusionMatrix, EpochFigures, Event, WatchedRunBegan

MAX_EPOCH = 10**9
LARGEST = 1e30
"""A figure beyond this is none to draw."""
MAX_CLASSES = 1_000

_NAMES = {
    "train_loss": r"((train|training|tr)_)?loss",
    "train_accuracy": r"((train|training|tr)_)?((sparse_)?(categorical_|binary_)?accuracy|acc)",
    "validation_loss": r"(val|valid|validation|dev)_loss",
    "validation_accuracy": r"(val|valid|validation|dev)_((sparse_)?(categorical_|binary_)?accuracy|acc)",
    "learning_rate": r"lr|learning_rate|lr_\w+",
    "seconds": r"seconds|epoch_time|duration",
    "samples_per_second": r"samples_per_second",
}
"""What a figure is called: here, by Keras, by Lightning, and by people."""
_PATTERNS = {name: re.compile(pattern) for name, pattern in _NAMES.items()}
FIGURES = tuple(_NAMES)
ACCURACIES = ("train_accuracy", "validation_accuracy")


def figure_named(given: str) -> str | None:
    """Return which figure of `EpochFigures` a name stands for; None for another one."""
    name = re.sub(r"[^a-z0-9]+", "_", given.lower()).strip("_").removesuffix("_epoch")
    return next((figure for figure, pattern in _PATTERNS.items() if pattern.fullmatch(name)), None)


def number(given: object) -> float | None:
    """Return a number that can be shown, None for one that is not finite or beyond all use.

    Raises:
        ValueError: when it is no number.
    """
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError
    try:
        value = float(given)
    except OverflowError:
        return None
    return value if math.isfinite(value) and abs(value) <= LARGEST else None


def whole(given: object) -> int:
    """Return a whole number, also one that is written as a float.

    Raises:
        ValueError: when it is none.
    """
    if isinstance(given, bool) or not isinstance(given, int | float) or given != given or given % 1:
        raise ValueError
    if not -MAX_EPOCH <= given <= MAX_EPOCH:
        raise ValueError
    return int(given)


def matrix_of(given: object) -> ConfusionMatrix | None:
    """Return a confusion matrix that is written as rows, or as cells above zero; None where it is none."""
    try:
        if isinstance(given, Mapping):
            classes = whole(given["classes"])
            cells = [(whole(t), whole(p), whole(n)) for t, p, n in given["cells"]]
        elif isinstance(given, list):
            classes = len(given)
            if any(not isinstance(row, list) or len(row) != classes for row in given):
                return None
            cells = [
                (true, predicted, whole(count))
                for true, row in enumerate(given)
                for predicted, count in enumerate(row)
                if count
            ]
        else:
            return None
    except (ValueError, TypeError, KeyError):
        return None
    if not 0 < classes <= MAX_CLASSES:
        return None
    if any(not (0 <= t < classes and 0 <= p < classes and n > 0) for t, p, n in cells):
        return None
    return ConfusionMatrix(classes, tuple(sorted(cells)))


@dataclass
class EpochsTold:
    """Puts the figures of one epoch together, which may come in several lines, and finds the best epoch.

    The best is that with the highest validation accuracy, or the lowest validation loss where no accuracy is
    told. Epochs are counted from 1, also where the program counts from 0.

    beyond: accuracies that were left out
    """

    beyond: int = 0
    _newest: EpochFigures | None = None
    _first: int = 1
    _best: dict[str, tuple[float, int]] = field(default_factory=dict)

    def begin(self) -> None:
        """Begin another run."""
        self._newest, self._first = None, 1
        self._best.clear()

    def take(
        self, epoch: int, given: Mapping[str, float | None], matrix: ConfusionMatrix | None = None
    ) -> list[Event]:
        """Take the figures of an epoch; return its event, after that of a new run where it is of one.

        Raises:
            ValueError: when the epoch comes out of order.
        """
        events: list[Event] = []
        if epoch == 0 and self._first == 1:
            self._first = 0
            if self._newest is not None:
                self.begin()
                self._first = 0
                events.append(WatchedRunBegan())
        epoch += 1 - self._first
        if not 1 <= epoch <= MAX_EPOCH:
            raise ValueError
        newest = self._newest
        if newest is not None and epoch < newest.epoch:
            if epoch > 1:
                raise ValueError
            first = self._first
            self.begin()
            self._first, newest = first, None
            events.append(WatchedRunBegan())
        if newest is None or newest.epoch != epoch:
            newest = EpochFigures(epoch, *[None] * 9, False, None, (), None)  # type: ignore[arg-type, call-arg]
        figures = {name: value for name, value in given.items() if value is not None}
        for name in ACCURACIES:
            if name in figures and not 0.0 <= figures[name] <= 1.0:
                del figures[name]
                self.beyond += 1
        for name in ("learning_rate", "seconds", "samples_per_second"):
            if name in figures and figures[name] < 0.0:
                del figures[name]
        newest = replace(newest, **figures)  # type: ignore[arg-type]
        if matrix is not None:
            newest = replace(newest, validation_confusion_matrix=matrix)
        self._newest = newest = replace(newest, is_best=self._is_best(newest))
        return [*events, newest]

    @property
    def best_epoch(self) -> int | None:
        """The best epoch so far, the newest where nothing says which is best; None before the first."""
        known = self._best.get("validation_accuracy") or self._best.get("validation_loss")
        if known is not None:
            return known[1]
        return self._newest.epoch if self._newest is not None else None

    def _is_best(self, epoch: EpochFigures) -> bool:
        """Whether an epoch is the best so far, by accuracy as soon as there is one."""
        is_best = {}
        for name, sign in (("validation_accuracy", 1.0), ("validation_loss", -1.0)):
            value = getattr(epoch, name)
            if value is None:
                continue
            known = self._best.get(name)
            is_best[name] = known is None or known[1] == epoch.epoch or sign * (value - known[0]) > 0.0
            if is_best[name]:
                self._best[name] = value, epoch.epoch
        if "validation_accuracy" in self._best:
            return is_best.get("validation_accuracy", False)
        return is_best.get("validation_loss", False)
