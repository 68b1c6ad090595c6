"""The guide: the pages of `assets/docs`, in the language in use where there is such a page."""

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import MarkdownViewer

from assets import FOLDER
from engine.sentences import N_
from tui.text.language import _, language

PAGES = FOLDER / "docs"
FIRST = "tour.md"


class Guide(ModalScreen[None]):
    """Shows the first page over everything else; links open the others, and a run goes on meanwhile."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", N_("Close"), tooltip=N_("Close the guide")),
        Binding("left", "back", N_("Back"), tooltip=N_("Go back to the page before")),
        Binding("right", "forward", N_("Forward"), tooltip=N_("Go on to the page that you came back from")),
    ]
    DEFAULT_CSS = """
    Guide {
        align: center middle;
        & > MarkdownViewer {
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
        viewer = MarkdownViewer(show_table_of_contents=False)
        viewer.border_title = _("Guide")
        viewer.border_subtitle = _("escape closes it, ← goes back")
        yield viewer

    async def on_mount(self) -> None:
        """Open the first page."""
        viewer = self._viewer
        await viewer.go(first_page())
        viewer.document.focus()

    @property
    def _viewer(self) -> MarkdownViewer:
        return self.query_one(MarkdownViewer)

    async def action_back(self) -> None:
        """Go back to the page before."""
        await self._viewer.back()

    async def action_forward(self) -> None:
        """Go on to the page that one came back from."""
        await self._viewer.forward()


def first_page() -> Path:
    """Return the page that the guide opens with."""
    own = PAGES / language() / FIRST
    return own if own.exists() else PAGES / FIRST
