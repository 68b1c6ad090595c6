"""A list of steps under headings, with a cursor that walks from one step to the next."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine.sentences import N_
from tui.text.glyphs import glyph


@dataclass(frozen=True)
class Entry:
    """One step: the part it is in, the group within that, and its own title."""

    part: str
    group: str
    title: str


class StepList(ScrollView, can_focus=True):
    """Steps in order. Parts and groups are written once, above their first step."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,right,j", "walk(1)", N_("Next step"), key_display="↓", tooltip=N_("One step on")),
        Binding("up,left,k", "walk(-1)", N_("Step back"), show=False, tooltip=N_("One step back")),
        Binding("pagedown", "part(1)", N_("Next part"), show=False, tooltip=N_("To the next layer")),
        Binding("pageup", "part(-1)", N_("Part before"), show=False, tooltip=N_("To the layer before")),
        Binding("home", "go(0)", N_("First"), show=False, tooltip=N_("To the first step")),
        Binding("end", "go(-1)", N_("Last"), show=False, tooltip=N_("To the last step")),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "outline--part",
        "outline--group",
        "outline--title",
        "outline--here",
        "outline--here-unfocused",
    }
    DEFAULT_CSS = """
    StepList {
        width: 22;
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .outline--part { color: $text-accent; text-style: bold; }
        & > .outline--group { color: $foreground; text-style: bold; }
        & > .outline--title { color: $foreground 80%; }
        & > .outline--here { color: $foreground; text-style: bold reverse; }
        & > .outline--here-unfocused { color: $foreground; text-style: bold underline; }
    }
    """

    at: var[int] = var(0, init=False)
    """The step under the cursor."""

    @dataclass
    class Walked(Message):
        """The cursor stands on another step."""

        at: int

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._entries: tuple[Entry, ...] = ()
        self._lines: list[tuple[str, str, int | None]] = []
        self._line_of: list[int] = []
        self._base = Style()
        self._styles: dict[str, Style] = {}

    def show(self, entries: Iterable[Entry], at: int | None = None) -> None:
        """Show these steps, and stand on step `at`; on the one as before for None."""
        entries = tuple(entries)
        if entries != self._entries:
            self._entries = entries
            self._lay_out()
        with self.prevent(self.Walked):
            self.at = self.at if at is None else at

    def _lay_out(self) -> None:
        """Put every step and heading on a line of its own."""
        self._lines, self._line_of = [], []
        before = Entry("", "", "")
        for at, entry in enumerate(self._entries):
            if entry.part != before.part:
                self._lines.append(("part", entry.part, None))
            if (entry.part, entry.group) != (before.part, before.group) and entry.group != entry.part:
                self._lines.append(("group", f" {entry.group}", None))
            self._line_of.append(len(self._lines))
            self._lines.append(("title", f"  {entry.title}", at))
            before = entry
        self.virtual_size = Size(0, len(self._lines))
        self.refresh()

    def validate_at(self, at: int) -> int:
        """Keep the cursor on a step."""
        return max(0, min(at, len(self._entries) - 1))

    def watch_at(self, at: int) -> None:
        """Bring the step into view, with what stands above it, and tell of it."""
        self._show_cursor()
        self.refresh()
        self.post_message(self.Walked(at))

    def on_resize(self) -> None:
        """Keep the step in view."""
        self._show_cursor()

    def _show_cursor(self) -> None:
        if self._line_of:
            line = self._line_of[self.at]
            above = line
            while above and self._lines[above - 1][2] is None:
                above -= 1
            self.scroll_to_region(Region(0, above, 1, line - above + 1), animate=False, force=True)

    def action_walk(self, by: int) -> None:
        """Go so many steps on."""
        self.at += by

    def action_go(self, at: int) -> None:
        """Go to a step; -1 is the last."""
        self.at = len(self._entries) - 1 if at == -1 else at

    def action_part(self, by: int) -> None:
        """Go to the first step of the next group, or of this one or the one before."""
        firsts = [
            at
            for at, entry in enumerate(self._entries)
            if not at
            or (entry.part, entry.group) != (self._entries[at - 1].part, self._entries[at - 1].group)
        ]
        others = [at for at in firsts if (at > self.at if by > 0 else at < self.at)]
        if others:
            self.at = others[0 if by > 0 else -1]

    def on_click(self, event: events.Click) -> None:
        """Go to the step that was clicked."""
        offset = event.get_content_offset(self)
        line = offset.y + self.scroll_offset.y if offset is not None else -1
        if 0 <= line < len(self._lines) and (at := self._lines[line][2]) is not None:
            self.at = at

    def render_lines(self, crop: Region) -> list[Strip]:
        """Look up the styles of this moment once for all lines."""
        self._base = self.rich_style
        self._styles = {
            name.removeprefix("outline--"): self.get_component_rich_style(name)
            for name in self.COMPONENT_CLASSES
        }
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width, base = self.scrollable_content_region.width, self._base
        y += self.scroll_offset.y
        if y >= len(self._lines):
            return Strip.blank(self.size.width, base)
        kind, text, at = self._lines[y]
        if at is not None and at == self.at:
            kind = "here" if self.has_focus else "here-unfocused"
            text = glyph("›", ">") + text[1:]
        line = Segment(set_cell_size(text, width), self._styles[kind])
        return Strip([line]).adjust_cell_length(self.size.width, base)
