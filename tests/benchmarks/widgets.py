"""Measures the widgets of our own against Textual's that they stand in for, side by side in one process.

    python -m tests.benchmarks.widgets [PAIR ...]

For each pair: the time from an empty screen to all of it on it, the time from a key to its being drawn (both
of the processor, so that other programs disturb them little), and the memory. What counts is the ratio within
one run. The docstrings of the widgets quote it.
"""

import asyncio
import gc
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import DataTable, Footer, Input, Label, Tab, Tabs

from engine.hyperparameters import SPECIFICATIONS
from engine.storage.run_record import RunRecord
from tests.tui.screen_text import started
from tui.app.keys import BINDINGS
from tui.panels.runs.columns import COLUMNS, Row
from tui.panels.runs.table import RunTable
from tui.panels.tab_titles import tab_titles
from tui.widgets.field_list import FieldList
from tui.widgets.footer import KeyFooter
from tui.widgets.hyperparameter_field import HyperparameterField
from tui.widgets.tab_bar import TabBar

ROUNDS = 5
KEYS = 15
RUNS = 1_000


class Host(App[None]):
    """Holds what is measured, and mounts it only when it is told to."""

    BINDINGS = BINDINGS

    async def mounted(self, make: Callable[[], Widget]) -> float:
        """Mount a widget and wait until all of it is drawn; return the seconds."""
        begun = time.process_time()
        await self.mount(make())
        await _drawn(self)
        return time.process_time() - begun


@dataclass(frozen=True)
class Subject:
    """A widget to measure: how it is made, what happens after it is there, and the keys that it is sent."""

    make: Callable[[], Widget]
    keys: tuple[str, ...] = ()
    then: Callable[[App[None]], object] = lambda app: None


async def _drawn(app: App[None]) -> None:
    """Wait until nothing is left to be done or drawn."""
    done = asyncio.Event()
    app.screen.call_after_refresh(done.set)
    await done.wait()


async def measured(subject: Subject) -> tuple[float, float, float]:
    """Return milliseconds to mount it and to answer a key, and kilobytes."""
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.animation_level = "none"
        gc.collect()
        tracemalloc.start()
        await app.mount(subject.make())
        await pilot.pause()
        kilobytes = tracemalloc.get_traced_memory()[0] / 1024
        tracemalloc.stop()
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.animation_level = "none"
        mount = await app.mounted(subject.make)
        await pilot.pause()
        subject.then(app)
        await pilot.pause()
        times = []
        for _round in range(KEYS):
            for key in subject.keys:
                begun = time.process_time()
                app.simulate_key(key)
                await _drawn(app)
                await _drawn(app)
                times.append(time.process_time() - begun)
    return 1000 * mount, 1000 * statistics.median(times) if times else 0.0, kilobytes


# The pairs


def inputs() -> Widget:
    """Return a row with a label and an `Input` for each hyperparameter."""
    rows = (
        Horizontal(Label(name), Input(specification.format(specification.default), compact=True))
        for name, specification in SPECIFICATIONS.items()
    )
    return VerticalScroll(*rows)


def _first_input(app: App[None]) -> None:
    app.query(Input).first().focus()


def run_rows() -> list[Row]:
    """Return so many runs."""
    event = started()
    figures = (9, 0.97, 0.1, 0.96, 0.1, 12.0)
    return [
        Row.of(
            RunRecord(
                f"run-{number}", f"name {number}", "", "completed", 1e9 + number, None, "1", None, event,
                event.hyperparameters, 10, *figures, None,
            )
        )
        for number in range(RUNS)
    ]  # fmt: skip


class Table(DataTable[str]):
    """Textual's table with the same cells."""

    def on_mount(self) -> None:
        """Fill it."""
        self.cursor_type = "row"
        self.add_columns(*(column.title for column in COLUMNS))
        self.add_rows(row.cells for row in run_rows())
        self.focus()


class OwnTable(RunTable):
    """Our table with its runs."""

    def on_mount(self) -> None:
        """Fill it."""
        self.show(run_rows(), 1, falling=True)
        self.focus()


class Footed(Vertical):
    """Two fields that the focus goes between, with a footer below."""

    def __init__(self, footer: Callable[[], Widget]) -> None:
        super().__init__()
        self._footer = footer

    def compose(self) -> ComposeResult:
        """Yield them."""
        yield Input(compact=True)
        yield Input(compact=True)
        yield self._footer()


def textual_tabs() -> Widget:
    """Return Textual's tabs."""
    return Tabs(*(Tab(title(), id=tab) for tab, title in tab_titles().items()))


def own_tabs() -> Widget:
    """Return our tabs."""
    return TabBar(tab_titles(), "train")


def _focus_tabs(app: App[None]) -> None:
    app.query_one(Tabs).focus()


def own_fields() -> Widget:
    """Return our list of the same fields."""
    fields = [
        HyperparameterField(specification, specification.default) for specification in SPECIFICATIONS.values()
    ]
    return FieldList([("", fields)], fields[0])


def _own_field(app: App[None]) -> None:
    app.query_one(FieldList).take_keys()


PAIRS: dict[str, dict[str, Subject]] = {
    "fields": {
        "Inputs": Subject(inputs, ("tab",), _first_input),
        "ours": Subject(own_fields, ("tab",), _own_field),
    },
    "typing": {
        "Inputs": Subject(inputs, ("1", "backspace"), _first_input),
        "ours": Subject(own_fields, ("1", "backspace"), _own_field),
    },
    "runs": {
        "DataTable": Subject(Table, ("down",)),
        "ours": Subject(OwnTable, ("down",)),
    },
    "footer": {
        "Footer": Subject(partial(Footed, Footer), ("tab",)),
        "ours": Subject(partial(Footed, lambda: KeyFooter(lambda _action, text: text)), ("tab",)),
    },
    "tabs": {
        "Tabs": Subject(textual_tabs, ("right",), _focus_tabs),
        "ours": Subject(own_tabs),
    },
}


def main() -> None:
    """Print a line for each widget: medians over some rounds, taken in turn."""
    print(f"{'':16}{'':12}{'mount ms':>10}{'key ms':>10}{'KB':>10}")
    for pair in sys.argv[1:] or PAIRS:
        subjects = PAIRS[pair]
        rounds: dict[str, list[tuple[float, float, float]]] = {name: [] for name in subjects}
        for _round in range(ROUNDS):
            for name, subject in subjects.items():
                rounds[name].append(asyncio.run(measured(subject)))
        for name, figures in rounds.items():
            mount, key, kilobytes = (statistics.median(column) for column in zip(*figures, strict=True))
            print(f"{pair:16}{name:12}{mount:10.1f}{key:10.2f}{kilobytes:10.0f}", flush=True)


if __name__ == "__main__":
    main()
