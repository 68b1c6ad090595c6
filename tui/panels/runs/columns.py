"""The columns of the table of runs: their cells, their order, and which give way where room is short."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from engine.sentences import N_
from engine.specification import printable
from engine.storage.run_record import RunRecord
from tui.text.language import _, translate
from tui.text.phrases import duration, percent, short_run_label
from tui.text.run_summary import optimizer_cell, when

LONGEST = 60
"""Characters of a name or a note that are ever drawn in the table."""
LEAST = 12
"""Cells that a column that stretches has at the least."""
ROOMY = 110
"""Cells from which two stand between columns."""


@dataclass(frozen=True)
class Column:
    """A column. `worth`: where not all fit, those of the least worth give way.

    falling: whether the largest come first, unless it is turned round
    stretches: whether it takes the cells that are left over, or is cut where there are few
    """

    name: str
    title: str
    cell: Callable[[RunRecord], str]
    key: Callable[[RunRecord], float | str | None]
    worth: int
    falling: bool = False
    at_right: bool = False
    stretches: bool = False


COLUMNS = (
    Column(
        "name",
        N_("name"),
        lambda record: short_run_label(record, LONGEST),
        lambda record: short_run_label(record, LONGEST).casefold(),
        worth=11,
        stretches=True,
    ),
    Column(
        "when",
        N_("when"),
        lambda record: moment(record.created),
        lambda record: record.created,
        worth=7,
        falling=True,
    ),
    Column(
        "network",
        N_("network"),
        lambda record: printable(record.network, 24),
        lambda record: record.started.parameters,
        worth=4,
    ),
    Column(
        "optimizer",
        N_("optimizer"),
        optimizer_cell,
        optimizer_cell,
        worth=5,
    ),
    Column(
        "validation",
        N_("valid."),
        lambda record: _share(record.best_validation_accuracy),
        lambda record: record.best_validation_accuracy,
        worth=9,
        falling=True,
        at_right=True,
    ),
    Column(
        "test",
        N_("test"),
        lambda record: _share(record.test_accuracy),
        lambda record: record.test_accuracy,
        worth=10,
        falling=True,
        at_right=True,
    ),
    Column(
        "epochs",
        N_("epochs"),
        lambda record: f"{record.epochs}/{record.hyperparameters.epochs}",
        lambda record: record.epochs,
        worth=6,
        falling=True,
        at_right=True,
    ),
    Column(
        "time",
        N_("time"),
        lambda record: duration(record.seconds),
        lambda record: record.seconds,
        worth=3,
        falling=True,
        at_right=True,
    ),
    Column(
        "state",
        N_("state"),
        lambda record: translate(record.state_name),
        lambda record: translate(record.state_name),
        worth=8,
    ),
    Column(
        "note",
        N_("note"),
        lambda record: printable(record.note, LONGEST),
        lambda record: printable(record.note, LONGEST).casefold() or None,
        worth=2,
        stretches=True,
    ),
)


@dataclass(frozen=True)
class Row:
    """A run as it stands in the table: a cell for each column, and all that a filter may find."""

    record: RunRecord
    cells: tuple[str, ...]
    widths: tuple[int, ...]
    text: str

    @classmethod
    def of(cls, record: RunRecord) -> "Row":
        """Write a run down."""
        cells = tuple(column.cell(record) for column in COLUMNS)
        more = record.id, record.name, record.note, record.started.data.name
        text = "\n".join((*cells, record.hyperparameters.activation, *more))
        return cls(record, cells, tuple(map(cell_len, cells)), text.casefold())

    def fits(self, text: Sequence[str]) -> bool:
        """Whether every one of these words, in small letters, is found."""
        return all(word in self.text for word in text)


def in_order(rows: Collection[Row], column: Column, *, turned: bool) -> list[Row]:
    """Return the rows sorted by a column; those with nothing in it come last, whatever the order."""
    keys = [(column.key(row.record), row) for row in rows]
    there = [(key, row) for key, row in keys if key is not None]
    there.sort(key=lambda pair: pair[0], reverse=column.falling is not turned)
    return [row for _key, row in there] + [row for key, row in keys if key is None]


def fitting(rows: Collection[Row], room: int, sorted_by: int) -> list[tuple[int, int]]:
    """Return the columns that fit into so many cells, each as its number and its width, in their order.

    sorted_by: the column whose title has a sign beside it
    """
    gap = gap_of(room)
    wide = [
        max([cell_len(_(column.title)) + 2 * (number == sorted_by), *(row.widths[number] for row in rows)])
        for number, column in enumerate(COLUMNS)
    ]
    least = [
        min(width, LEAST) if column.stretches else width for column, width in zip(COLUMNS, wide, strict=True)
    ]
    chosen: list[int] = []
    left = room
    for number in sorted(range(len(COLUMNS)), key=lambda number: -COLUMNS[number].worth):
        if left - least[number] >= 0:
            chosen.append(number)
            left -= least[number] + gap
    left += gap
    widths = {number: least[number] for number in sorted(chosen)}
    for number in widths:
        more = min(max(0, left), wide[number] - widths[number])
        widths[number] += more
        left -= more
    return list(widths.items())


def gap_of(room: int) -> int:
    """Return how many cells stand between two columns."""
    return 2 if room >= ROOMY else 1


def moment(seconds: float) -> str:
    """Return when a run began: the year only where it is another."""
    this_year = when(seconds, "%Y") == when(time.time(), "%Y")
    return when(seconds, "%m-%d %H:%M" if this_year else "%Y-%m-%d")


def _share(share: float | None) -> str:
    return "–" if share is None else percent(share)
