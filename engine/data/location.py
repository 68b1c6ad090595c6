"""Where a data set is, and what its reader is told besides: the size of its images, and of its test part."""

from dataclasses import dataclass
from pathlib import Path

MAX_SIDE = 512
"""Rows and columns that `--shape` may ask for."""


@dataclass(frozen=True)
class ReadingOptions:
    """What a data set does not say of itself.

    shape: height and width of an image; None: as the data set has it, or a square
    test_size: the share of a data set without a test part that becomes one; None: a seventh
    """

    shape: tuple[int, int] | None = None
    test_size: float | None = None


@dataclass(frozen=True)
class DataLocation:
    """The path of a data set that is read with options."""

    path: Path
    options: ReadingOptions


Location = Path | DataLocation
"""What `load_dataset` takes: a path alone, or one with options."""


def location(path: Path, options: ReadingOptions) -> Location:
    """Return a path with options, or the path alone where none is given."""
    return path if options == ReadingOptions() else DataLocation(path, options)


def parts(place: Location) -> tuple[Path, ReadingOptions]:
    """Return the path and the options of a location."""
    return (place.path, place.options) if isinstance(place, DataLocation) else (place, ReadingOptions())


def parse_shape(text: str) -> tuple[int, int]:
    """Return the height and width that a text such as `28x28` gives; raises ValueError."""
    height, width = (int(side) for side in text.strip().lower().replace("×", "x").split("x"))
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE):
        raise ValueError
    return height, width


def parse_test_size(text: str) -> float:
    """Return the share that a text such as `0.2` gives; raises ValueError."""
    share = float(text)
    if not 0.0 < share < 1.0:
        raise ValueError
    return share
