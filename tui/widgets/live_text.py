"""Text that changes many times a second, without a layout of the screen each time."""

from textual.visual import VisualType, visualize
from textual.widgets import Static


class LiveText(Static):
    """A `Static` that does nothing when it is told the same, and little when it is told something as high.

    `Static.update` lays out the whole screen each time, which takes far longer than drawing a line.
    """

    _said: "VisualType | None" = None

    def set_text(self, content: VisualType) -> None:
        """Show `content` in place of what is shown."""
        if content == self._said:
            return
        self._said = content
        self.update(content, layout=not self._fits(content))

    def _fits(self, content: VisualType) -> bool:
        """Whether `content` is as high as what is laid out."""
        width, height = self.content_size
        if not width:
            return False
        visual = visualize(self, content, markup=False)
        return visual.get_height(self.styles, width) == height  # type: ignore[arg-type]


class FixedText(LiveText):
    """Words in a place whose size the style sheet gives: whatever they are, nothing has to move."""

    def _fits(self, content: VisualType) -> bool:
        return bool(self.content_size.width)
