"""How numbers stand in the room there is: as bars, as a table of cells, or as a picture. No colours here."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.geometry import Region

from tui.text.ascii_art import SHADES, fitted_size
from tui.text.cell_widths import cut, left, right
from tui.text.glyphs import glyph, is_ascii

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEVELS = 8
FAINT = 0.25
"""The share of the largest number from which a pixel has a sign."""
EIGHTHS = "▁▂▃▄▅▆▇█"
PARTS = " ▏▎▍▌▋▊▉"
CELL_WIDTH = 2
ROUND_ROW = 10
"""Cells of a vector stand in rows of a multiple of this, so that one can count."""
WIDEST_LABEL, WIDEST_ROW_LABEL = 18, 8
LONGEST_BAR = 50
MOST_BARS = 12
"""Numbers that are drawn as bars even where not all of them are in view."""

Place = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Sheet:
    """Numbers to be shown.

    values: `(n,)` or `(rows, columns)`; picture: whether these are the pixels of an image
    ink: whether they have no sign; label: what each of a few stands for, which are then drawn as bars
    """

    values: "NDArray[np.generic]"
    picture: bool = False
    ink: bool = False
    label: Callable[[int], str] | None = None


@dataclass(frozen=True)
class Cell:
    """A piece of a line. share: of the largest value, from -1 to 1, None for what is no value."""

    text: str
    share: float | None = None
    here: bool = False
    is_bar: bool = False


class NumberLayout(ABC):
    """The places of a sheet on a surface of `width` by `height`, of which `fixed` columns never scroll."""

    width = height = 0
    fixed = 0

    def __init__(self, sheet: Sheet) -> None:
        import numpy as np

        self.sheet = sheet
        self.values: NDArray[np.floating] = np.asarray(sheet.values)
        with np.errstate(invalid="ignore"):
            largest = float(np.abs(self.values).max(initial=0.0))
            if not np.isfinite(largest):
                largest = float(np.abs(self.values[np.isfinite(self.values)]).max(initial=0.0))
        self.largest = largest or 1.0

    @property
    def shape(self) -> Place:
        """As many numbers as a place has."""
        return self.values.shape

    @property
    def start(self) -> Place:
        """The place of the largest number, where looking begins."""
        import numpy as np

        if not self.values.size:
            return tuple(0 for _ in self.shape)
        at = np.nan_to_num(np.abs(self.values)).argmax()
        return tuple(int(i) for i in np.unravel_index(at, self.shape))

    def share(self, value: float) -> float:
        """Return a value as a share of the largest; what is not finite counts as that."""
        share = value / self.largest
        return max(-1.0, min(1.0, share)) if share == share else 1.0

    def within(self, place: Place) -> Place:
        """Return the nearest place that there is."""
        return tuple(max(0, min(at, size - 1)) for at, size in zip(place, self.shape, strict=True))

    @abstractmethod
    def region(self, place: Place) -> Region:
        """Return where a place is on the surface."""

    @abstractmethod
    def place_at(self, x: int, y: int) -> Place | None:
        """Return the place there."""

    @abstractmethod
    def moved(self, place: Place, down: int, right: int) -> Place:
        """Return the place so many cells on; it may lie outside."""

    @abstractmethod
    def line(self, y: int, first: int, width: int, here: Place) -> Iterator[Cell]:
        """Yield the cells of line `y` that stand in `width` columns from `first` on, labels included."""


class Bars(NumberLayout):
    """A line for each number: what it stands for, the number, and a bar."""

    def __init__(self, sheet: Sheet, width: int) -> None:
        super().__init__(sheet)
        label = sheet.label or str
        self._labels = [label(at) for at in range(len(self.values))]
        self._label_width = min(WIDEST_LABEL, max((cell_len(text) for text in self._labels), default=1))
        self._numbers = [value_text(value) for value in self.values.tolist()]
        self._number_width = max((len(number) for number in self._numbers), default=1)
        self._bar_width = max(0, min(LONGEST_BAR, width - self._label_width - self._number_width - 4))
        self.width, self.height = width, len(self.values)

    def region(self, place: Place) -> Region:
        """Return the line."""
        return Region(0, place[0], self.width, 1)

    def place_at(self, x: int, y: int) -> Place | None:
        """Return the number of the line."""
        return (y,) if y < self.height else None

    def moved(self, place: Place, down: int, right: int) -> Place:
        """Go down; there is nothing to the right but what is further down."""
        return (place[0] + down + right,)

    def line(self, y: int, first: int, width: int, here: Place) -> Iterator[Cell]:
        """Yield label, number and bar."""
        share, is_here = self.share(float(self.values[y])), here == (y,)
        mark = glyph("›", ">") if is_here else " "
        label = left(cut(self._labels[y], self._label_width), self._label_width)
        yield Cell(f"{mark}{label} {self._numbers[y]:>{self._number_width}}", None, is_here)
        yield Cell(" ")
        yield Cell(self._bar(share), share, is_bar=True)

    def _bar(self, share: float) -> str:
        """Return a bar, exact to an eighth of a character; that of a negative number is of another kind."""
        length = abs(share) * self._bar_width
        if is_ascii():
            return ("#" if share > 0 else "-") * round(length)
        if share < 0:
            return "▒" * max(1, round(length))
        whole, part = divmod(round(length * 8), 8)
        return "█" * whole + PARTS[part].strip()


class Table(NumberLayout):
    """Two characters for each number: its sign, and how large it is. A vector is broken into rows."""

    def __init__(self, sheet: Sheet, width: int) -> None:
        super().__init__(sheet)
        self._label = sheet.label or str
        label_width = len(str(max(len(self.values) - 1, 0)))
        if self.values.ndim == 1:
            label_width = max((cell_len(self._label(at)) for at in range(len(self.values))), default=1)
        self.fixed = min(label_width, WIDEST_ROW_LABEL) + 1
        if self.values.ndim == 2:
            self._rows, self._columns = self.values.shape
        else:
            room = max(1, (width - self.fixed) // CELL_WIDTH)
            room -= room % ROUND_ROW if room > ROUND_ROW else 0
            self._columns = min(room, max(1, len(self.values)))
            self._rows = -(-len(self.values) // self._columns)
        self.width, self.height = self.fixed + CELL_WIDTH * self._columns, self._rows

    def region(self, place: Place) -> Region:
        """Return the cell."""
        row, column = place if len(place) == 2 else divmod(place[0], self._columns)
        return Region(self.fixed + CELL_WIDTH * column, row, CELL_WIDTH, 1)

    def place_at(self, x: int, y: int) -> Place | None:
        """Return the place of the cell there."""
        column = (x - self.fixed) // CELL_WIDTH
        if x < self.fixed or column >= self._columns or y >= self._rows:
            return None
        if self.values.ndim == 2:
            return y, column
        at = y * self._columns + column
        return (at,) if at < len(self.values) else None

    def moved(self, place: Place, down: int, right: int) -> Place:
        """Go to another row or column."""
        if len(place) == 2:
            return place[0] + down, place[1] + right
        at = place[0] + down * self._columns + right
        return (at,) if 0 <= at < len(self.values) or not down else place

    def line(self, y: int, first: int, width: int, here: Place) -> Iterator[Cell]:
        """Yield the label of the row, and its cells; one that is not wholly in view is left out."""
        label = str(y) if self.values.ndim == 2 else self._label(y * self._columns)
        yield Cell(right(cut(label, self.fixed - 1), self.fixed - 1) + " ")
        hidden = -first % CELL_WIDTH
        yield Cell(" " * hidden)
        start = (first + hidden) // CELL_WIDTH
        stop = min(self._columns, start + (width - self.fixed - hidden) // CELL_WIDTH)
        if self.values.ndim == 2:
            for column in range(start, stop):
                yield self._cell(float(self.values[y, column]), here == (y, column))
            return
        for at in range(y * self._columns + start, min(y * self._columns + stop, len(self.values))):
            yield self._cell(float(self.values[at]), here == (at,))

    def _cell(self, value: float, here: bool) -> Cell:
        share = self.share(value)
        if value != value:
            return Cell("??", None, here)
        if value == 0:
            return Cell(glyph("· ", ". "), 0.0, here)
        level = max(1, round(abs(share) * LEVELS))
        size = str(level) if is_ascii() else EIGHTHS[level - 1]
        return Cell(("-" if value < 0 else "+") + size, share, here)


class Picture(NumberLayout):
    """An image, as large as there is room for; a pixel may be several characters, or a part of one."""

    def __init__(self, sheet: Sheet, width: int, height: int) -> None:
        super().__init__(sheet)
        rows, columns = self.values.shape
        self._shown_rows, self._shown_columns = fitted_size(rows, columns, width, height)
        if self._shown_rows and self._shown_columns:
            import numpy as np

            from engine.data.resampling import averaged

            shown = averaged(np.nan_to_num(self.values), self._shown_rows, self._shown_columns)
            top = float(np.abs(shown).max())
            self._shares = (shown / top if top > 0 else shown).tolist()
        self.width, self.height = self._shown_columns, self._shown_rows

    def region(self, place: Place) -> Region:
        """Return the characters that show a part of the pixel."""
        row, column = place
        rows, columns = self.values.shape
        top, left = row * self.height // rows, column * self.width // columns
        bottom = max(top + 1, (row + 1) * self.height // rows)
        right = max(left + 1, (column + 1) * self.width // columns)
        return Region(left, top, right - left, bottom - top)

    def place_at(self, x: int, y: int) -> Place | None:
        """Return the pixel in the middle of the character there."""
        if not (0 <= x < self.width and 0 <= y < self.height):
            return None
        rows, columns = self.values.shape
        return int((y + 0.5) * rows / self.height), int((x + 0.5) * columns / self.width)

    def moved(self, place: Place, down: int, right: int) -> Place:
        """Go to another pixel."""
        return place[0] + down, place[1] + right

    def line(self, y: int, first: int, width: int, here: Place) -> Iterator[Cell]:
        """Yield the characters of a line."""
        marked = self.region(here)
        for x, share in enumerate(self._shares[y]):
            yield Cell(self._character(share), share, marked.contains(x, y))

    def _character(self, share: float) -> str:
        if self.sheet.ink:
            return SHADES[min(len(SHADES) - 1, int(share * len(SHADES)))]
        if abs(share) < FAINT:
            return " "
        return "-" if share < 0 else "+"


def value_text(value: float) -> str:
    """Return a number as it stands beside a bar: four digits of it."""
    return f"{value:.4g}"


def arranged(sheet: Sheet, width: int, height: int) -> NumberLayout:
    """Return the arrangement that suits a sheet and the room."""
    if sheet.picture:
        return Picture(sheet, width, height)
    values = sheet.values
    if values.ndim == 1 and (sheet.label is not None) and len(values) <= max(height, MOST_BARS):
        return Bars(sheet, width)
    return Table(sheet, width)
