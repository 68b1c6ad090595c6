"""The tabs: which of them is open, and the panels that they show."""

import contextlib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Union, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import MountError, Widget
from textual.widgets import ContentSwitcher

from tui.panels.page import Page
from tui.panels.paged_panel import PagedPanel
from tui.panels.tab_titles import tab_titles
from tui.panels.train.panel import TrainPanel
from tui.session.background import BackgroundThread
from tui.session.run_state import RunState
from tui.session.settings import Settings
from tui.session.stored_runs import StoredRuns
from tui.session.workshop import Workshop
from tui.text.language import _
from tui.widgets.confusion_grid import CellOpened
from tui.widgets.tab_bar import TabBar

if TYPE_CHECKING:
    from tui.panels.confusion import ConfusionPanel
    from tui.panels.data.panel import DataPanel
    from tui.panels.experiments import ExperimentsPage
    from tui.panels.mistakes import MistakesPanel
    from tui.session.experiments import Experiments

Panel = Union[TrainPanel, "ConfusionPanel", "MistakesPanel", Page, PagedPanel]


class Tabs(Vertical):
    """A line of tabs, and below it the panel of the open one. `Train` is there at the first paint."""

    DEFAULT_CSS = """
    Tabs {
        width: 1fr;
        height: 1fr;
        layers: base above;
        & ContentSwitcher { height: 1fr; }
    }
    """

    def __init__(
        self,
        stored_runs: StoredRuns,
        background: BackgroundThread,
        settings: Settings,
        workshop: Workshop,
        experiments: "Experiments",
        active: str = "train",
        pages: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Open on `active`, whose panel may come later, and each panel of pages on the one in `pages`.

        The stored runs are in `stored_runs`; panels compute in `background`; `settings` hold what a person
        has chosen for good; the network of one's own is in `workshop`.
        """
        super().__init__(id="tabs")
        self._stored_runs = stored_runs
        self._background = background
        self._settings = settings
        self._workshop = workshop
        self._experiments = experiments
        self._pages = pages
        self.panels: dict[str, Panel] = {}
        self._bar = TabBar(tab_titles(), active)
        self.above: Widget | None = None
        """What lies over the open tab."""

    def compose(self) -> ComposeResult:
        """Yield the line of tabs and the first panel."""
        yield self._bar
        with ContentSwitcher(initial="train" if self.active == "train" else None):
            self.panels["train"] = TrainPanel(id="train")
            yield self.panels["train"]

    async def mount_rest(self) -> None:
        """Make the other panels; each is mounted when it is first opened."""
        for tab, panel in self._later():
            panel.display = False
            self.panels[tab] = panel
        if self.is_attached and await self._mount(self.active):
            self._switcher.current = self.active
            if self.screen.focused is None:
                self.take_focus()

    async def _mount(self, tab: str) -> bool:
        """Mount the panel of a tab, unless it is there; return whether it is there now."""
        panel = self.panels.get(tab)
        if panel is not None and not panel.is_attached:
            with contextlib.suppress(MountError):  # these tabs may be taken away meanwhile
                await self._switcher.mount(panel)
        return panel is not None and panel.is_attached

    def _later(self) -> Iterator[tuple[str, Panel]]:
        """Yield the panels that are not there at the first paint."""
        from tui.panels.confusion import ConfusionPanel
        from tui.panels.data import data_panel
        from tui.panels.draw import DrawPage
        from tui.panels.evaluate import evaluate_panel
        from tui.panels.evaluation_page import EvaluationCounter
        from tui.panels.experiments import ExperimentsPage
        from tui.panels.inside import inside_panel
        from tui.panels.learn import LearnPanel
        from tui.panels.mistakes import MistakesPanel
        from tui.panels.runs import RunsPanel

        counter = EvaluationCounter(self._stored_runs)
        yield "confusion", ConfusionPanel(id="confusion")
        yield "mistakes", MistakesPanel(id="mistakes")
        yield "inside", inside_panel(self._background, counter, self._pages.get("inside"))
        yield "evaluate", evaluate_panel(self._background, counter, self._pages.get("evaluate"))
        yield "draw", DrawPage(self._background, self._stored_runs.home)
        yield "data", data_panel(self._background, self._settings, self._pages.get("data"))
        runs = {
            "stored": RunsPanel(self._background, self._stored_runs),
            "experiments": ExperimentsPage(self._background, self._stored_runs, self._experiments),
        }
        yield "runs", PagedPanel(runs, self._pages.get("runs"), id="runs")
        yield (
            "learn",
            LearnPanel(self._background, self._stored_runs.home, self._workshop, self._pages.get("learn")),
        )

    def recreate(self) -> "Tabs":
        """Return tabs that are open where these are."""
        paged = {tab: panel for tab, panel in self.panels.items() if isinstance(panel, PagedPanel)}
        pages = {tab: panel.active for tab, panel in paged.items()}
        return Tabs(
            *(self._stored_runs, self._background, self._settings, self._workshop, self._experiments),
            self.active,
            pages,
        )

    @property
    def active(self) -> str:
        """The open tab."""
        return self._bar.active

    def show(self, state: RunState) -> None:
        """Show the state in the open tab, as soon as that is there."""
        self.screen.query_children("ToastRack").set_class(self.active == "runs", "-above-the-table")
        panel = self.panels.get(self.active)
        if panel is not None and panel.is_mounted:
            panel.show(state)

    async def open(self, tab: str, state: RunState) -> None:
        """Show a tab as things stand, and give it the keys."""
        self.uncover()
        self._bar.active = tab
        is_there = await self._mount(tab)
        if self.active == tab:  # no other was opened meanwhile
            self._switcher.current = tab if is_there else None
            self.show(state)
            self.take_focus()

    async def cover(self, panel: Widget) -> None:
        """Show a panel over the open tab, and give it the keys; whatever shows a tab removes it."""
        self.above = panel
        await self.mount(panel)
        self.take_focus()

    def uncover(self) -> None:
        """Take off what lies over the open tab, and give the keys back to that."""
        if self.above is not None:
            panel, self.above = self.above, None
            self.take_focus()
            panel.remove()

    def pages(self) -> Iterator[tuple[str, str, str]]:
        """Yield every page: its tab, its name, and what both are called."""
        titles = tab_titles()
        for tab, panel in self.panels.items():
            if isinstance(panel, PagedPanel):
                for name, page in panel.pages.items():
                    yield tab, name, f"{titles[tab]()}: {_(page.TITLE)}"

    async def open_page(self, tab: str, page: str, state: RunState) -> None:
        """Show a page of a tab, and give it the keys."""
        await self.open(tab, state)
        panel = self.panels.get(tab)
        if isinstance(panel, PagedPanel):
            panel.open(page)

    async def ask_for_data(self, state: RunState) -> None:
        """Show the Data tab, and ask there for another data set."""
        await self.open("data", state)
        if data := cast("DataPanel | None", self.panels.get("data")):
            data.show(state)
            data.action_open_data()

    async def vary(self, name: str, value: object, state: RunState) -> None:
        """Show the experiments, and ask over which values a hyperparameter is to vary."""
        await self.open_page("runs", "experiments", state)
        if isinstance(runs := self.panels.get("runs"), PagedPanel):
            page = cast("ExperimentsPage", runs.pages["experiments"])
            self.call_after_refresh(page.vary, name, value)

    async def open_cell(self, cell: CellOpened, state: RunState) -> None:
        """Show the images of a cell of the confusion matrix."""
        await self.open("mistakes", state)
        if mistakes := cast("MistakesPanel | None", self.panels.get("mistakes")):
            mistakes.show_cell(cell.true, cell.predicted, cell.epoch)

    def take_focus(self) -> None:
        """Give the keys to the first in view that takes them, unless the tabs are taken away."""
        if self.is_attached:
            seen = (widget for widget in self.inside() if widget.focusable and widget.display)
            self.screen.set_focus(next(seen, None))

    def inside(self) -> Iterator[Widget]:
        """Yield what the open tab consists of, of its pages the open one alone, or what lies over it."""
        panel = self.above or self.panels.get(self.active)
        if isinstance(panel, PagedPanel):
            yield panel
            panel = panel.page
        if panel is not None:
            yield from panel.walk_children(Widget, with_self=True)

    @property
    def _switcher(self) -> ContentSwitcher:
        return self.query_one(ContentSwitcher)
