"""The tabs: which of them is open, and the panels that they show."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import MountError, Widget
from textual.widgets import ContentSwitcher

from tui.archive import Archive
from tui.keys import tab_titles
from tui.messages import CellOpened
from tui.panels.train import TrainPanel
from tui.run_state import RunState
from tui.widgets.tab_bar import TabBar

if TYPE_CHECKING:
    from tui.panels.confusion import ConfusionPanel
    from tui.panels.mistakes import MistakesPanel
    from tui.panels.runs import RunsPanel


class Tabs(Vertical):
    """A line of tabs, and below it the panel of the open one. `Train` is there at the first paint."""

    DEFAULT_CSS = """
    Tabs {
        width: 1fr;
        height: 1fr;
        & ContentSwitcher { height: 1fr; }
    }
    """

    def __init__(self, archive: Archive, active: str = "train") -> None:
        """Open on `active`, whose panel may come later; the stored runs are in `archive`."""
        super().__init__(id="tabs")
        self._archive = archive
        self.panels: dict[str, TrainPanel | ConfusionPanel | MistakesPanel | RunsPanel] = {}
        self._bar = TabBar(tab_titles(), active)

    def compose(self) -> ComposeResult:
        """Yield the line of tabs and the first panel."""
        yield self._bar
        with ContentSwitcher(initial="train" if self.active == "train" else None):
            self.panels["train"] = TrainPanel(id="train")
            yield self.panels["train"]

    async def furnish(self) -> None:
        """Mount the other panels."""
        from tui.panels.confusion import ConfusionPanel
        from tui.panels.mistakes import MistakesPanel
        from tui.panels.runs import RunsPanel

        for tab, panel in (
            ("confusion", ConfusionPanel(id="confusion")),
            ("mistakes", MistakesPanel(id="mistakes")),
            ("runs", RunsPanel(self._archive, id="runs")),
        ):
            panel.display = False
            with contextlib.suppress(MountError):  # these tabs may be taken away meanwhile
                await self._switcher.mount(panel)
            if panel.is_attached:
                self.panels[tab] = panel
        open_panel = self.panels.get(self.active)
        if self.is_attached and open_panel is not None and open_panel.is_attached:
            self._switcher.current = self.active
            if self.screen.focused is None:
                self.take_keys()

    @property
    def active(self) -> str:
        """The open tab."""
        return self._bar.active

    def show(self, state: RunState) -> None:
        """Show the state in the open tab."""
        if panel := self.panels.get(self.active):
            panel.show(state)

    def open(self, tab: str, state: RunState) -> None:
        """Show a tab as things stand, and give it the keys."""
        self._bar.active = tab
        self._switcher.current = tab if tab in self.panels else None
        self.show(state)
        self.take_keys()

    def open_cell(self, cell: CellOpened, state: RunState) -> None:
        """Show the images of a cell of the confusion matrix."""
        if mistakes := cast("MistakesPanel | None", self.panels.get("mistakes")):
            mistakes.show(state)
            mistakes.show_cell(cell.true, cell.predicted, cell.epoch)
        self.open("mistakes", state)

    def take_keys(self) -> None:
        """Give the keys to the first on the open tab that takes them, unless the tabs are taken away."""
        if self.is_attached:
            seen = (widget for widget in self.inside() if widget.focusable and widget.display)
            self.screen.set_focus(next(seen, None))

    def inside(self) -> Iterator[Widget]:
        """Yield what the open tab consists of."""
        if panel := self.panels.get(self.active):
            yield from panel.walk_children(Widget, with_self=True)

    @property
    def _switcher(self) -> ContentSwitcher:
        return self.query_one(ContentSwitcher)
