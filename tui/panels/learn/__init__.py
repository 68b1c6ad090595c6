"""The Learn tab: lessons, and the workshop in which a person writes the network."""

from pathlib import Path

from tui.panels.learn.lessons import LessonsPage
from tui.panels.paged_panel import PagedPanel
from tui.session.background import BackgroundThread


def learn_panel(background: BackgroundThread, home: Path | None, page: str | None) -> PagedPanel:
    """Return the tab, open on `page`, or on the first."""
    return PagedPanel({"lessons": LessonsPage(background, home)}, page, id="learn")


__all__ = ["learn_panel"]
