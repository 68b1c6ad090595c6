"""The steps of a walk through a network, and of the one that is looked at formula, code and numbers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content

from engine.sentences import N_
from tui.panels.inside import number_details
from tui.text.language import _, translate
from tui.widgets.live_text import FixedWords
from tui.widgets.number_grid import Cells
from tui.widgets.number_layouts import Place
from tui.widgets.step_list import Entry, Outline

if TYPE_CHECKING:
    from engine.analysis.walkthrough import Station

LOW = 28
"""Lines below which what stands beside the numbers goes to their right, not under them."""


class WalkView(Container):
    """The list of steps; beside it formula, code, the numbers, and how one of them comes about.

    Enter goes from the list into the numbers, escape back.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "look_into", N_("Into the numbers"), tooltip=N_("Move the cursor among the numbers")
        ),
        Binding("escape", "back", N_("Back to the steps"), tooltip=N_("Walk from step to step again")),
    ]
    DEFAULT_CSS = """
    WalkView {
        layout: horizontal;
        height: 1fr;
        & > Vertical { padding-left: 1; width: 1fr; height: 1fr; }
        & .walk--head { height: 1; margin-bottom: 1; }
        & .walk--body { height: 1fr; layout: vertical; }
        & .walk--working { height: 10; margin-top: 1; text-wrap: wrap; }
        &.-low .walk--body { layout: horizontal; }
        &.-low .walk--head { margin-bottom: 0; }
        &.-low .walk--working { width: 50%; max-width: 44; height: 1fr; margin: 0 0 0 1; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._stations: Sequence[Station] = ()
        self._cursors: dict[tuple[str, str], Place] = {}
        self._outline = Outline()
        self._head = FixedWords(classes="walk--head", markup=False)
        self._head_height = 0
        self._cells = Cells()
        self._working = FixedWords(classes="walk--working", markup=False)

    def compose(self) -> ComposeResult:
        """Yield the parts."""
        yield self._outline
        with Vertical():
            yield self._head
            with Container(classes="walk--body"):
                yield self._cells
                yield self._working

    def show(self, stations: "Sequence[Station]") -> None:
        """Show these steps; the one that is looked at stays, and so do the cursors."""
        self._stations = stations
        self._outline.show(
            Entry(_(station.part), translate(station.group), number_details.formula(_(station.title)))
            for station in stations
        )
        self._draw()

    @property
    def station(self) -> "Station | None":
        """The step that is looked at."""
        return self._stations[self._outline.at] if self._stations else None

    def on_resize(self) -> None:
        """Put things where there is room for them."""
        self.set_class(self.size.height < LOW, "-low")
        self._head_height = 0
        self.call_after_refresh(self._draw)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the way that there is."""
        if action == "look_into":
            return self._outline.has_focus and bool(self._stations)
        if action == "back":
            return self._cells.has_focus
        return True

    def action_look_into(self) -> None:
        """Give the keys to the numbers."""
        self._cells.focus()

    def action_back(self) -> None:
        """Give the keys to the list of steps."""
        self._outline.focus()

    def on_descendant_focus(self) -> None:
        """Offer other keys."""
        self.refresh_bindings()

    def on_outline_walked(self, message: Outline.Walked) -> None:
        """Look at another step."""
        message.stop()
        with self.app.batch_update():
            self._draw()

    def on_cells_moved(self, message: Cells.Moved) -> None:
        """Say how another number comes about."""
        message.stop()
        if self.station is not None:
            self._cursors[_key(self.station)] = message.place
        self._draw_working()

    def _draw(self) -> None:
        """Draw the step that is looked at."""
        station = self.station
        if station is None:
            return
        self._draw_head(number_details.head(station))
        self._cells.show(number_details.sheet(station), self._cursors.get(_key(station)))
        self._draw_working()

    def _draw_head(self, head: Content) -> None:
        """Say what the step is. The place for it only grows: each other height lays out the whole screen."""
        width = self._head.content_size.width
        if width:
            lines = head.get_height(self._head.styles, width)  # type: ignore[arg-type]
            if lines > self._head_height:
                self._head_height = lines
                self._head.styles.height = lines
        self._head.say(head)

    def _draw_working(self) -> None:
        """Say how the number under the cursor comes about."""
        station, size = self.station, self._working.content_size
        if station is not None and size.width and station.values.size:
            self._working.say(number_details.working(station, self._cells.cursor, *size))


def _key(station: "Station") -> tuple[str, str]:
    """Return what steps have in common that are about the same unit, weight, class, pixel or image."""
    from engine.analysis.walkthrough import Places

    of_layer = station.places in (Places.UNITS, Places.WEIGHTS)
    return station.places.value, str(station.group) if of_layer else ""
