"""The two pages of the Inside tab that walk through a network."""

from tests.runs import TrainedRun
from tests.tui.conftest import Stage
from tui.panels.inside.walkthrough_view import WalkthroughView
from tui.panels.paged_panel import PagedPanel


async def walking(
    stage: Stage, run: TrainedRun, page: str = "one-image", *, ended: bool = True
) -> WalkthroughView:
    """Open a page once the run was trained, and wait until there is something to walk through."""
    await stage.until(lambda: "inside" in stage.app.main_screen.tabs.panels)
    await stage.app.action_show_tab("inside")
    panel = stage.app.main_screen.tabs.panels["inside"]
    assert isinstance(panel, PagedPanel)
    panel.open(page)
    await stage.trained(run, ended=ended)
    stage.app.clear_notifications()
    await stage.until(lambda: bool(panel.page.query(WalkthroughView)) and view_of(panel).stage is not None)
    await stage.pilot.pause()
    return view_of(panel)


def view_of(panel: PagedPanel) -> WalkthroughView:
    return panel.page.query_one(WalkthroughView)


async def walk_to(stage: Stage, view: WalkthroughView, title: str, group: str = "") -> None:
    """Go to the first step of this title, of that group if one is named."""
    at = next(at for at, s in enumerate(view._stages) if s.title == title and group in ("", str(s.group)))
    view._outline.at = at
    await stage.pilot.pause()
