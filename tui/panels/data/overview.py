"""Data, Overview: what the data set is, how it is split, and how often each class comes."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from engine.sentences import N_
from tui.panels.data import phrases
from tui.panels.data.dataset_view import PARTS, DatasetContents, DatasetView
from tui.panels.data.page import DataPage
from tui.widgets.class_bars import ClassBars, Part
from tui.widgets.live_text import LiveText

ROOM_FOR_GAPS = 24
"""Lines from which a blank one stands between the parts."""


class OverviewPage(DataPage):
    """The facts in a few lines, and below them a line for each class."""

    TITLE: ClassVar[str] = N_("Overview")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_bars('up')", N_("Line up"), show=False),
        Binding("down,j", "scroll_bars('down')", N_("Line down"), show=False),
        Binding("pageup", "scroll_bars('page_up')", N_("Page up"), show=False),
        Binding("pagedown", "scroll_bars('page_down')", N_("Page down"), show=False),
        Binding("home", "scroll_bars('home')", N_("First"), show=False),
        Binding("end", "scroll_bars('end')", N_("Last"), show=False),
    ]
    DEFAULT_CSS = """
    OverviewPage {
        & > LiveText { height: auto; }
        & > .data--sizes { margin: 1 0; }
        & > ClassBars { margin-top: 1; }
        &.-low > * { margin: 0; }
    }
    """

    def __init__(self, library: DatasetView) -> None:
        super().__init__(library)
        self._facts = LiveText()
        self._sizes = LiveText(classes="data--sizes")
        self._balance = LiveText()
        self._bars = ClassBars()

    def contents(self) -> ComposeResult:
        """Yield the words and the bars."""
        yield self._facts
        yield self._sizes
        yield self._balance
        yield self._bars

    def action_scroll_bars(self, to: str) -> None:
        """Show other classes."""
        getattr(self._bars, f"scroll_{to}")(animate=False)

    def on_resize(self) -> None:
        """Leave no line blank where there are few, and draw bars as long as there is room."""
        self.set_class(self.size.height < ROOM_FOR_GAPS, "-low")
        if self.material is not None:
            self._sizes.set_text(phrases.sizes(self.material, self.size.width - 2))

    def present(self, material: DatasetContents) -> None:
        """Show the data set."""
        self._facts.set_text(phrases.facts(material))
        self._sizes.set_text(phrases.sizes(material, self.size.width - 2))
        self._balance.set_text(phrases.balance(material))
        counts = material.counts
        columns = counts.training, counts.validation, counts.test
        self._bars.show(
            [
                Part(phrases.part_name(part), found.tolist())
                for part, found in zip(PARTS, columns, strict=True)
            ],
            material.dataset.class_names,
        )
