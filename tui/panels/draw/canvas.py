"""The canvas of the Draw tab: drawn on with the mouse, or with the arrow keys while the pen is down."""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from engine.sentences import N_
from tui.panels.draw.drawing import Drawing
from tui.text.glyphs import glyph, is_ascii
from tui.widgets.pixel_colors import FULL, PixelColors

PEN_DOWN, PEN_UP = "●○", "xo"


class Canvas(Widget, can_focus=True):
    """Shows a `Drawing`, a pixel as a half block, or twice as wide and high where there is room."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1, 0)", N_("Move the pen"), key_display="←↑↓→", tooltip=N_("Move the pen")),
        Binding("down", "move(1, 0)", N_("Move the pen"), show=False, tooltip=N_("Move the pen")),
        Binding("left", "move(0, -1)", N_("Move the pen"), show=False, tooltip=N_("Move the pen")),
        Binding("right", "move(0, 1)", N_("Move the pen"), show=False, tooltip=N_("Move the pen")),
        Binding("d", "pen", N_("Pen"), tooltip=N_("Put the pen on the paper, or lift it")),
        Binding("e", "eraser", N_("Eraser"), tooltip=N_("Wipe instead of drawing, or draw again")),
        Binding("z,ctrl+z", "undo", N_("Undo"), tooltip=N_("Take back the last stroke")),
        Binding("y,ctrl+y", "redo", N_("Redo"), show=False, tooltip=N_("Do it again after all")),
        Binding("c", "clear", N_("Clear"), tooltip=N_("Begin an empty drawing; z brings the old one back")),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"canvas--pen"}
    DEFAULT_CSS = """
    Canvas {
        width: auto;
        height: auto;
        border: round $foreground 40%;
        border-title-color: $foreground;
        & > .canvas--pen { color: $text-error; text-style: bold; }
        &:focus { border: round $primary; }
    }
    """

    class Drawn(Message):
        """The picture is another."""

    def __init__(self, drawing: Drawing) -> None:
        super().__init__()
        self.drawing = drawing
        self.pen = (drawing.rows // 2, drawing.columns // 2)
        self.is_down = False
        self.erases = False
        self.scale = 1
        self._dragging: bool | None = None  # whether it wipes
        self._ink: PixelColors | None = None

    def use(self, drawing: Drawing) -> None:
        """Draw on another picture, perhaps of another size."""
        self.drawing = drawing
        self.pen = (drawing.rows // 2, drawing.columns // 2)
        self.refresh(layout=True)

    def enlarge(self, scale: int) -> None:
        """Show a pixel `scale` times as wide and high."""
        if scale != self.scale:
            self.scale = scale
            self.refresh(layout=True)

    def get_content_width(self, *_sizes: object) -> int:
        """Return the columns of the picture."""
        return self.drawing.columns * self.scale

    def get_content_height(self, *_sizes: object) -> int:
        """Return the lines of the picture."""
        return -(-self.drawing.rows * self.scale // 2)

    # The pen

    def action_move(self, down: int, right: int) -> None:
        """Move the pen, and draw if it is on the paper."""
        row = min(max(0, self.pen[0] + down), self.drawing.rows - 1)
        column = min(max(0, self.pen[1] + right), self.drawing.columns - 1)
        before, self.pen = self.pen, (row, column)
        if self.is_down:
            self._draw(before, self.pen, erase=self.erases)
        self.refresh()

    def action_pen(self) -> None:
        """Put the pen on the paper, or lift it."""
        self.is_down = not self.is_down
        if self.is_down:
            self.drawing.begin()
            self._draw(self.pen, self.pen, erase=self.erases)
        self.refresh()

    def action_eraser(self) -> None:
        """Wipe instead of drawing, or draw again."""
        self.erases = not self.erases
        self.refresh()

    def action_undo(self) -> None:
        """Go back."""
        self.is_down = False
        if self.drawing.undo():
            self._changed()

    def action_redo(self) -> None:
        """Go forward again."""
        if self.drawing.redo():
            self._changed()

    def action_clear(self) -> None:
        """Begin anew."""
        self.is_down = False
        self.drawing.clear()
        self._changed()

    def _draw(self, start: tuple[float, float], end: tuple[float, float], *, erase: bool) -> None:
        self.drawing.stroke(start, end, erase=erase)
        self._changed()

    def _changed(self) -> None:
        self.refresh()
        self.post_message(self.Drawn())

    # The mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin a stroke; with the right button, or with shift, one that wipes."""
        place = self._place(event)
        if place is not None:
            self.focus()
            self.capture_mouse()
            self._dragging = event.button == 3 or event.shift or self.erases
            self.drawing.begin()
            self.pen = place
            self._draw(place, place, erase=self._dragging)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Go on with it."""
        place = self._place(event)
        if self._dragging is not None and place is not None and place != self.pen:
            before, self.pen = self.pen, place
            self._draw(before, place, erase=self._dragging)

    def on_mouse_up(self) -> None:
        """End it."""
        self._dragging = None
        self.release_mouse()

    def _place(self, event: events.MouseEvent) -> tuple[int, int] | None:
        """Return the pixel under the pointer: `(row, column)`; outside, the nearest."""
        offset = event.get_content_offset(self)
        if offset is None and self._dragging is None:
            return None
        if offset is None:
            offset = event.screen_offset - self.content_region.offset
        row, column = 2 * offset.y // self.scale, offset.x // self.scale
        return min(max(0, row), self.drawing.rows - 1), min(max(0, column), self.drawing.columns - 1)

    # Drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        """Look up the colours of this moment once for all lines."""
        _base, _base_color, background, color = self.colors
        self._ink = PixelColors(background, color, self.rich_style, {})
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line of cells: two half pixels each, and the pen."""
        drawing, scale = self.drawing, self.scale
        upper, lower = 2 * y // scale, (2 * y + 1) // scale
        if upper >= drawing.rows or self._ink is None:
            return Strip.blank(self.size.width, self.rich_style)
        above = (drawing.pixels[upper].astype(int) * FULL // 255).tolist()
        below = (
            (drawing.pixels[lower].astype(int) * FULL // 255).tolist()
            if lower < drawing.rows
            else [0] * drawing.columns
        )
        segments = []
        for column, greys in enumerate(zip(above, below, strict=True)):
            if is_ascii():
                text, style = " .:-=+*#%@"[max(greys) * 9 // FULL], self.rich_style
            else:
                text, style = self._ink.block(*greys)
            text *= scale
            if self.has_focus and column == self.pen[1] and self.pen[0] in (upper, lower):
                sign = glyph(PEN_DOWN[not self.is_down], PEN_UP[not self.is_down])
                pen = self.get_component_rich_style("canvas--pen", partial=True)
                segments.append(Segment(sign, style + Style(color=pen.color, bold=True)))
                text = text[1:]
            segments.append(Segment(text, style))
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def watch_has_focus(self, has_focus: bool) -> None:
        """Show the pen where the keys go."""
        super().watch_has_focus(has_focus)
        self.refresh()
