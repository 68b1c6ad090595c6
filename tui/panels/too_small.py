"""What stands between status line and footer where the terminal is too small for anything else."""

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from tui.text.language import _

SMALLEST = (80, 24)
"""Columns and rows from which everything has room."""


def is_too_small(size: Size) -> bool:
    """Whether a terminal of this size has no room for the whole."""
    return size.width < SMALLEST[0] or size.height < SMALLEST[1]


class TooSmall(Widget):
    """Says which size is needed. Keys go on working, and so does a run."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    TooSmall { display: none; height: 1fr; content-align: center middle; text-align: center; }
    """

    def render(self) -> Content:
        """Return both sizes, and what goes on all the same; the first alone where there is no room."""
        width, height = self.app.size
        sizes = _("{width}x{height} is too small; {columns}x{rows} is needed.").format(
            width=width, height=height, columns=SMALLEST[0], rows=SMALLEST[1]
        )
        rest = _("Enlarge the window. A run goes on, and the keys below work; ctrl+q leaves.")
        needed = sum(-(-cell_len(text) // max(1, width - 2)) + 1 for text in (sizes, rest))
        return Content(sizes if needed > self.size.height else f"{sizes}\n\n{rest}")
