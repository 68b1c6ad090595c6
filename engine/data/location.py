"""Where a data set is, and what its reader is told besides: the size of its images, and of its test part."""

import re
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DataError
from engine.sentences import N_
from engine.specification import quoted

MAX_SIDE = 512
"""Rows and columns that `--shape` may ask for."""

NO_SHAPE = N_("{given} is not allowed; a height and a width of 1 to {limit}, such as 28x28, is.")
NO_SHARE = N_("{given} is not allowed; a number between 0 and 1, such as 0.2, is.")
_OPTION = re.compile(r"(.*)\s--(shape|test-size)[\s=]+(\S+)", re.DOTALL)


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


def absolute(place: Location | None) -> Location | None:
    """Return the same place, from whichever folder it is asked for."""
    if place is None:
        return None
    path, options = parts(place)
    return location(path.absolute(), options)


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


def parse_location(text: str) -> Location:
    """Return what a line says: a path, and behind it perhaps `--shape 28x28` and `--test-size 0.2`.

    Raises:
        DataError: when an option has no such value.
    """
    given: dict[str, str] = {}
    path = text.strip()
    while option := _OPTION.fullmatch(path):
        given.setdefault(option[2], option[3])
        path = option[1].strip()
    try:
        shape = parse_shape(given["shape"]) if "shape" in given else None
    except ValueError:
        raise DataError(NO_SHAPE, given=quoted(given["shape"]), limit=MAX_SIDE) from None
    try:
        test_size = parse_test_size(given["test-size"]) if "test-size" in given else None
    except ValueError:
        raise DataError(NO_SHARE, given=quoted(given["test-size"])) from None
    return location(Path(path), ReadingOptions(shape, test_size))


def location_words(place: Location) -> list[str]:
    """Return the path, and the options behind it, as `parse_location` and a command take them."""
    path, options = parts(place)
    words = [str(path)]
    if options.shape is not None:
        words += ["--shape", "{}x{}".format(*options.shape)]
    if options.test_size is not None:
        words += ["--test-size", f"{options.test_size:g}"]
    return words
