"""The guide: the pages of `assets/docs`, in the language in use where there is such a page."""

import contextlib
from pathlib import Path, PurePath
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.screen import ModalScreen
from textual.widgets import Markdown, MarkdownViewer

from assets import FOLDER
from engine.sentences import N_
from tui.text.language import _, language

PAGES = FOLDER / "docs"
NAMES = (
    "tour.md",
    "command_line.md",
    "data.md",
    "stored_runs.md",
    "experiments.md",
    "lessons.md",
    "workshop.md",
    "watch.md",
    "figures.md",
)
"""The pages, in the order in which `,` and `.` turn them."""


class PageViewer(MarkdownViewer):
    """Follows links to pages of the guide, and no others.

    Textual's (8.2.8) also opens each link in a browser, ends the app at a link to a picture, and shows a
    page from where the one before it was left.
    """

    def __init__(self) -> None:
        super().__init__(show_table_of_contents=False, open_links=False)

    @property
    def name_of_page(self) -> str:
        """The name of the page that is shown."""
        return self.navigator.location.name

    async def go(self, location: str | PurePath) -> None:
        """Show the page of this name from its beginning; nothing, if the guide has no such page."""
        path, _anchor = self.document.sanitize_location(str(location))
        if path.name in NAMES:
            await super().go(page(path.name))
            self.scroll_home(animate=False)

    def on_mount(self, event: events.Mount) -> None:
        """Do nothing in a guide that is closed at once, where Textual's own looks for what is gone."""
        if not self.query(Markdown):
            event.prevent_default()

    def on_markdown_table_of_contents_updated(self, message: Markdown.TableOfContentsUpdated) -> None:
        """Fill no table of contents: none is shown, and half of it is gone when the guide is closed."""
        message.stop()
        message.prevent_default()


class Guide(ModalScreen[None]):
    """Shows the first page over everything else; links and keys open the others; a run goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", N_("Close"), tooltip=N_("Close the guide")),
        Binding("left", "back", N_("Back"), tooltip=N_("Go back to the page before")),
        Binding("right", "forward", N_("Forward"), tooltip=N_("Go on to the page that you came back from")),
        Binding("full_stop", "turn(1)", N_("Next page"), tooltip=N_("The next page")),
        Binding("comma", "turn(-1)", N_("Page before"), tooltip=N_("The page before")),
    ]
    DEFAULT_CSS = """
    Guide {
        align: center middle;
        & > PageViewer {
            width: 100%;
            max-width: 124;
            height: 100%;
            border: round $primary;
            border-title-style: bold; border-title-color: $foreground;
            background: $surface;
        }
    }
    """

    def compose(self) -> ComposeResult:
        """Yield the viewer."""
        viewer = PageViewer()
        viewer.border_title = _("Guide")
        viewer.border_subtitle = _("escape closes it · , . turn pages · ← goes back")
        yield viewer

    async def on_mount(self) -> None:
        """Open the first page."""
        with contextlib.suppress(NoMatches):  # it may be closed meanwhile
            await self._viewer.go(NAMES[0])
            self._viewer.document.focus()

    @property
    def _viewer(self) -> PageViewer:
        return self.query_one(PageViewer)

    async def action_back(self) -> None:
        """Go back to the page before."""
        await self._viewer.back()

    async def action_forward(self) -> None:
        """Go on to the page that one came back from."""
        await self._viewer.forward()

    async def action_turn(self, by: int) -> None:
        """Show the next page, or the one before it; the first follows the last."""
        viewer = self._viewer
        await viewer.go(NAMES[(NAMES.index(viewer.name_of_page) + by) % len(NAMES)])


def page(name: str) -> Path:
    """Return the file of a page, in the language in use where there is one."""
    own = PAGES / language() / name
    return own if own.exists() else PAGES / name
