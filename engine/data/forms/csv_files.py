"""Reads a data set from CSV files: an image a row, its label in a column, a pixel in each of the others.

NumPy's own reader was measured before anything was written: MNIST's 60,000 rows of 784 (110 MB) take it 1.3 s
of processor time, and 91 MiB beside what NumPy takes itself.
"""

import contextlib
import csv
import gzip
import io
import re
import warnings
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import numpy as np
from numpy.typing import NDArray

from engine.data.forms.emnist import made_upright
from engine.data.forms.labels import MAX_CLASSES, MAX_NAME_LENGTH, NUMBER, numbers_if_all_are
from engine.data.forms.loaded import Images, LoadedData, Source
from engine.data.forms.pixels import ROUNDED, SCALED, check_shape, not_alike, square_side, too_large
from engine.data.idx import GZIP_MAGIC
from engine.data.location import MAX_SIDE
from engine.data.npz import MAX_BYTES
from engine.errors import DataError, cannot_read
from engine.sentences import N_, Sentence
from engine.specification import printable, quoted

AT_ONCE = 1 << 20
"""Characters that are read before they are turned into numbers."""
MAX_LINE = 8 << 20
"""Characters of a row: 512 x 512 pixels of thirty each."""
LABEL = "label"
DELIMITERS = ",;\t"
LABEL_BYTES = 8
MISSING = ("", "nan")
_FILE = re.compile(r"(?:[^.].*[-_. ])?(train|test)\.csv(?:\.gz)?")


def load_csv(train: Path, test: Path | None, source: Source) -> LoadedData:
    """Read one file, or one for training and one for the test.

    Raises:
        DataError: when a file cannot be read, or the first row that is wrong, and what is wrong with it.
    """
    words: dict[str, int] = {}
    learned = _Table(train, words, source)
    learned.read()
    decisions = list(learned.decisions)
    scale = learned.scale()
    images = learned.images(scale)
    tested: _Table | None = None
    test_images: Images | None = None
    if test is not None:
        tested = _Table(test, words, source)
        if tested.has_no_labels(learned.pixels):
            text = N_("{file} has no labels, as for a competition: it is not used.")
            decisions.append(Sentence(text, {"file": tested.file}))
            tested = None
        else:
            tested.read()
            decisions.extend(tested.decisions)
            if scale == 1 and learned.high > 1 and tested.has_fractions:
                raise not_alike(tested.file, learned.high)
            test_images = tested.images(scale)
    if learned.has_floats:
        text = SCALED if scale == 255 else ROUNDED
        decisions.append(Sentence(text, {"high": learned.high}))
    vocabulary = numbers_if_all_are(np.array(list(words)), learned.file)
    loaded = LoadedData(
        images,
        vocabulary[learned.codes()],
        test_images,
        None if tested is None else vocabulary[tested.codes()],
        decisions=tuple(decisions),
    )
    return made_upright(loaded, learned.file)


def is_csv(name: str) -> bool:
    """Whether a file of this name is read as CSV."""
    return name.lower().removesuffix(".gz").endswith((".csv", ".tsv"))


def csv_of_folder(entries: Sequence[Path], folder: str) -> tuple[Path | None, Path | None]:
    """Return `train.csv` and `test.csv` among the files of a folder, gzipped or not, where they are.

    Anything may stand before the two words, as in `fashion-mnist_train.csv`.

    Raises:
        DataError: when there are several.
    """
    found: dict[str, dict[str, Path]] = {"train": {}, "test": {}}
    for path in entries:
        if name := _FILE.fullmatch(path.name.lower()):
            known = found[name[1]].get(path.name.lower().removesuffix(".gz"))
            if known is None or len(path.name) < len(known.name):
                found[name[1]][path.name.lower().removesuffix(".gz")] = path
    for part, paths in found.items():
        if len(paths) > 1:
            raise DataError(
                N_("There are several files {wanted} in {folder}; keep one data set in a folder."),
                wanted=f"{part}.csv[.gz]",
                folder=folder,
            )
    train, test = (next(iter(paths.values()), None) for paths in found.values())
    return train, test


@dataclass(frozen=True)
class _Layout:
    """How the rows of a file are laid out.

    columns: in all; label: which of them is the label's; None: there is none
    """

    delimiter: str
    columns: int
    label: int | None
    has_header: bool


class _Table:
    """The rows of one file, read piece by piece into bytes.

    Whether floats go from 0 to 1 is known at the end only: until a pixel is more than 1, the rows are kept
    both ways, as they are and times 255.
    """

    def __init__(self, path: Path, words: dict[str, int], source: Source) -> None:
        self.path, self.file, self._asked = path, printable(path.name), source.options.shape
        self.decisions: list[Sentence] = []
        self.has_floats = False
        self.high = 0.0
        self.pixels = 0
        self._words = words
        self._plain: list[Images] = []
        self._scaled: list[Images] | None = []
        self._codes: list[NDArray[np.int64]] = []
        self._shape = (0, 0)

    def has_no_labels(self, pixels: int) -> bool:
        """Whether the file has a header without a label, and as many columns as there are pixels."""
        with _opened(self.path, self.file) as text:
            layout, _first = self._read_layout(_lines(text, self.file))
        return layout.label is None and layout.columns == pixels

    def read(self) -> None:
        """Read the whole file."""
        with _opened(self.path, self.file) as text:
            lines = _lines(text, self.file)
            layout, first = self._read_layout(lines)
            if layout.label is None:
                raise DataError(
                    N_("{file} has a header without a column named label; name the column of the labels so."),
                    file=self.file,
                )
            self._check_pixels(layout.columns - 1)
            rows = _Rows(self.file, layout, layout.label, self._words)
            if layout.has_header:
                text_of = N_("{file} has a header; the labels are in column {column:,}.")
            else:
                text_of = N_("{file} has no header; the labels are in column {column:,}.")
                rows.add(*first)
            self.decisions.append(Sentence(text_of, {"file": self.file, "column": layout.label + 1}))
            count = 0
            for number, line in lines:
                if rows.characters >= AT_ONCE:
                    count += self._keep(rows)
                    if count * (self.pixels + LABEL_BYTES) > MAX_BYTES:
                        raise too_large(self.file)
                rows.add(number, line)
            self._keep(rows)
        if not self._plain:
            raise DataError(N_("{file} has no row of an image."), file=self.file)

    def _read_layout(self, lines: Iterator[tuple[int, str]]) -> tuple[_Layout, tuple[int, str]]:
        """Tell from the first row what separates its columns, and which of them is the label's."""
        number, line = next(lines, (0, ""))
        if not line:
            raise DataError(N_("{file} is empty."), file=self.file)
        delimiter = max(DELIMITERS, key=lambda one: len(_cells(line, one, self.file, number)))
        cells = [cell.strip() for cell in _cells(line, delimiter, self.file, number)]
        labels = [place for place, cell in enumerate(cells) if cell.casefold() == LABEL]
        if len(labels) > 1:
            raise DataError(
                N_("{file} has {count:,} columns named label; it may have one."),
                file=self.file,
                count=len(labels),
            )
        numbers = sum(bool(NUMBER.fullmatch(cell)) for cell in cells[1:])
        if labels:
            layout = _Layout(delimiter, len(cells), labels[0], has_header=True)
        elif len(cells) > 2 and 2 * numbers < len(cells) - 1:
            layout = _Layout(delimiter, len(cells), None, has_header=True)
        else:
            layout = _Layout(delimiter, len(cells), 0, has_header=False)
        return layout, (number, line)

    def _check_pixels(self, pixels: int) -> None:
        """Decide the shape of the images."""
        self.pixels, side = pixels, square_side(pixels)
        if not 0 < pixels <= MAX_SIDE**2:
            raise DataError(
                N_("{file} has {pixels:,} columns beside the label; there may be 1 to {limit:,} pixels."),
                file=self.file,
                pixels=pixels,
                limit=MAX_SIDE**2,
            )
        if self._asked is not None:
            check_shape(self._asked, pixels, self.file)
            self._shape = self._asked
        elif side is not None:
            self._shape = side, side
        else:
            raise DataError(
                N_(
                    "{file} has {pixels:,} columns beside the label, which are not a square; "
                    "say --shape HEIGHTxWIDTH."
                ),
                file=self.file,
                pixels=pixels,
            )

    def _keep(self, rows: "_Rows") -> int:
        """Keep rows as bytes, and return how many there were."""
        if not rows.lines:
            return 0
        pixels, codes = rows.numbers()
        is_float = pixels.dtype != np.uint8
        self.has_floats |= is_float
        high = float(pixels.max())
        self.high = max(self.high, high)
        if high > 1:
            self._scaled = None
        if self._scaled is not None:
            self._scaled.append(np.rint(pixels * 255.0).astype(np.uint8))
        self._plain.append(np.rint(pixels).astype(np.uint8) if is_float else pixels)
        self._codes.append(codes)
        return len(codes)

    @property
    def has_fractions(self) -> bool:
        """Whether the pixels are floats from 0 to 1, not all of them whole."""
        parts = self._scaled if self.has_floats else None
        return any(bool(((part > 0) & (part < 255)).any()) for part in parts or ())

    def scale(self) -> int:
        """Return what the pixels of the data set are to be multiplied by."""
        return 255 if self.has_floats and self._scaled is not None else 1

    def images(self, scale: int) -> Images:
        """Return the images; what they were made from is forgotten."""
        kept = self._plain if scale == 1 else self._scaled
        if kept is None:
            raise DataError(
                N_("{file} has a pixel of {high:g}; the training images are floats from 0 to 1."),
                file=self.file,
                high=self.high,
            )
        self._plain, self._scaled = [], []
        return np.concatenate(kept).reshape(-1, *self._shape)

    def codes(self) -> NDArray[np.int64]:
        """Return the place of each label among the words."""
        return np.concatenate(self._codes)


@dataclass
class _Rows:
    """Rows that were read and not yet turned into numbers."""

    file: str
    layout: _Layout
    label: int
    words: dict[str, int]
    lines: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    characters: int = 0

    def add(self, number: int, line: str) -> None:
        """Add a row, which is the line of this number in its file."""
        self.places.append(number)
        self.lines.append(line)
        self.characters += len(line)

    def numbers(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Return the pixels, as bytes or floats from 0 to 255, and the labels; no row is left.

        Raises:
            DataError: for the first row that is wrong.
        """
        for kind in (np.uint8, np.float64):
            with contextlib.suppress(ValueError), warnings.catch_warnings(action="error"):
                found = self._parsed(np.dtype(kind))
                if len(found) == len(self.lines) and _are_pixels(found):
                    break
        else:
            found = self._parsed_by_hand()
        parts = [found[name] for name in ("before", "after") if name in (found.dtype.names or ())]
        pixels = np.concatenate(parts, axis=1) if len(parts) > 1 else np.ascontiguousarray(parts[0])
        codes = found["label"].copy()
        self.lines, self.places, self.characters = [], [], 0
        return pixels, codes

    def _kind(self, pixel: np.dtype[Any]) -> np.dtype[Any]:
        """Return a row as NumPy knows it."""
        after = self.layout.columns - self.label - 1
        return np.dtype(
            [
                *([("before", pixel, (self.label,))] if self.label else []),
                ("label", np.int64),
                *([("after", pixel, (after,))] if after else []),
            ]
        )

    def _parsed(self, pixel: np.dtype[Any]) -> NDArray[Any]:
        """Return all rows at once; raises ValueError when anything is unusual."""
        return np.loadtxt(
            self.lines,
            dtype=self._kind(pixel),
            delimiter=self.layout.delimiter,
            quotechar='"',
            comments=None,
            converters={self.label: self._code},
            ndmin=1,
        )

    def _code(self, cell: str) -> int:
        """Return the place of a label among the words."""
        word = cell.strip()
        if (known := self.words.get(word)) is not None:
            return known
        if word.casefold() in MISSING or len(word) > MAX_NAME_LENGTH or len(self.words) > 2 * MAX_CLASSES:
            raise ValueError
        return self.words.setdefault(word, len(self.words))

    def _parsed_by_hand(self) -> NDArray[Any]:
        """Return the rows one after the other, or say what is wrong with the first that is."""
        found = np.zeros(len(self.lines), self._kind(np.dtype(np.float64)))
        for place, (number, line) in enumerate(zip(self.places, self.lines, strict=True)):
            cells = [cell.strip() for cell in _cells(line, self.layout.delimiter, self.file, number)]
            if len(cells) != self.layout.columns:
                raise DataError(
                    N_("{file}, row {row:,}: {found:,} columns, and the first row has {wanted:,}."),
                    file=self.file,
                    row=number,
                    found=len(cells),
                    wanted=self.layout.columns,
                )
            pixels = [self._pixel(cell, column, number) for column, cell in enumerate(cells)]
            try:
                found["label"][place] = self._code(cells[self.label])
            except ValueError:
                raise self._wrong_label(cells[self.label], number) from None
            if self.label:
                found["before"][place] = pixels[: self.label]
            if self.label + 1 < len(cells):
                found["after"][place] = pixels[self.label + 1 :]
        return found

    def _pixel(self, cell: str, column: int, row: int) -> float:
        """Return a pixel; 0 in the label's column."""
        if column == self.label:
            return 0.0
        value = float(cell) if NUMBER.fullmatch(cell) else None
        if value is None or not 0 <= value <= 255:
            text = N_(
                "{file}, row {row:,}, column {column:,}: {value} is not a pixel; pixels go from 0 to 255."
            )
            if not cell:
                text = N_(
                    "{file}, row {row:,}, column {column:,}: the cell is empty; pixels go from 0 to 255."
                )
            raise DataError(text, file=self.file, row=row, column=column + 1, value=quoted(cell))
        return value

    def _wrong_label(self, cell: str, row: int) -> DataError:
        """Return the error for a label that is missing or too long, or one too many."""
        if cell.casefold() in MISSING:
            return DataError(N_("{file}, row {row:,}: the label is missing."), file=self.file, row=row)
        if len(cell) > MAX_NAME_LENGTH:
            return DataError(
                N_("{file}, row {row:,}: the label has more than {limit} characters."),
                file=self.file,
                row=row,
                limit=MAX_NAME_LENGTH,
            )
        return DataError(
            N_("{file}, row {row:,}: there are more than {limit:,} different labels by now; is it a label?"),
            file=self.file,
            row=row,
            limit=MAX_CLASSES,
        )


def _are_pixels(rows: NDArray[Any]) -> bool:
    """Whether all numbers beside the label are from 0 to 255; NaN is not."""
    parts = [rows[name] for name in ("before", "after") if name in (rows.dtype.names or ())]
    return all(part.dtype == np.uint8 or bool(((part >= 0) & (part <= 255)).all()) for part in parts)


def _cells(line: str, delimiter: str, file: str, row: int) -> list[str]:
    """Return the cells of a row."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        raise DataError(N_("{file}, row {row:,} is not a row of a CSV file."), file=file, row=row) from None


def _lines(text: TextIO, file: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers from 1."""
    number = 0
    while line := text.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise DataError(
                N_("{file}, row {row:,} has more than {limit:,} characters."),
                file=file,
                row=number,
                limit=MAX_LINE,
            )
        if not line.isspace():
            yield number, line


@contextlib.contextmanager
def _opened(path: Path, file: str) -> Iterator[TextIO]:
    """Open a file, gzipped or not, as text without a byte-order mark.

    Raises:
        DataError: when it cannot be read, is damaged, or is no text.
    """
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            content = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if zipped else raw
            with io.TextIOWrapper(content, encoding="utf-8-sig", newline=None) as text:
                yield text
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise DataError(
            N_("{file} is damaged: its gzip data end early or are corrupt. Download it again."), file=file
        ) from None
    except UnicodeDecodeError:
        raise DataError(N_("{file} is not UTF-8 text; save it as UTF-8."), file=file) from None
    except OSError as error:
        raise cannot_read(DataError, file, error) from None
