"""One grey image, as large as there is room for."""

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from tui.ascii_art import ascii_art

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Digit(Widget):
    """An image of any size as ASCII art, in the middle of its area. Shows nothing until given one."""

    DEFAULT_CSS = """
    Digit {
        width: 1fr;
        height: 1fr;
        content-align: center middle;
        text-wrap: nowrap;
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._image: NDArray[np.uint8] | None = None

    @property
    def image(self) -> "NDArray[np.uint8] | None":
        """The image that is shown: `(rows, columns)`, uint8."""
        return self._image

    @image.setter
    def image(self, image: "NDArray[np.uint8] | None") -> None:
        if image is not self._image:
            self._image = image
            self.refresh()

    def render(self) -> Content:
        """Draw the image to fit the area as it is now."""
        if self._image is None:
            return Content("")
        return Content("\n".join(ascii_art(self._image, *self.size)))
