"""The fields of the form, drawn as lines by one widget: a widget for each would cost a layout each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine.sentences import N_
from engine.specification import Choice, Flag, Specification
from tui.text.glyphs import glyph
from tui.text.language import _
from tui.widgets.hyperparameter_field import HyperparameterField

LABEL_WIDTH = 19
"""Cells before the value: the mark, the name, and the star of a value that is not the one to go back to."""

_CONSOLE = Console(width=80)
"""Wraps text; it never prints."""


def live_mark() -> str:
    """Return the mark of a field that takes effect at once."""
    return glyph("●", "+")


def next_run_mark() -> str:
    """Return the mark of a field that takes effect with the next run."""
    return glyph("○", "-")


@dataclass(frozen=True)
class Row:
    """One line: a heading, a field, or what is wrong with the field above."""

    field: HyperparameterField | None
    text: str = ""


class FieldList(ScrollView, inherit_bindings=False):
    """Fields one below the other, one of them the current one, which has the keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "go(1)", N_("Next field"), show=False),
        Binding("shift+tab", "go(-1)", N_("Field before"), show=False),
        Binding("up", "step(True)", N_("Step"), tooltip=N_("The next value up or down"), show=False),
        Binding("down", "step(False)", N_("Step"), tooltip=N_("The next value up or down"), show=False),
        Binding("enter", "accept", N_("Accept"), tooltip=N_("Let what was typed count")),
        Binding("left", "left", N_("Left"), show=False),
        Binding("right", "right", N_("Right"), show=False),
        Binding("home,ctrl+a", "place(0)", N_("To the start"), show=False),
        Binding("end,ctrl+e", "place(9999)", N_("To the end"), show=False),
        Binding("backspace", "delete(-1)", N_("Delete"), show=False),
        Binding("delete", "delete(1)", N_("Delete"), show=False),
        Binding("ctrl+u", "delete(-9999)", N_("Delete to the start"), show=False),
        Binding("ctrl+k", "delete(9999)", N_("Delete to the end"), show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "fields--group",
        "fields--name",
        "fields--changed",
        "fields--current",
        "fields--closed",
        "fields--value",
        "fields--value-current",
        "fields--placeholder",
        "fields--selected",
        "fields--cursor",
        "fields--error",
    }
    DEFAULT_CSS = """
    FieldList {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        & > .fields--group { color: $text-primary; text-style: bold; }
        & > .fields--changed { color: $text-accent; }
        & > .fields--current { text-style: bold; }
        & > .fields--closed { color: $foreground-muted; }
        & > .fields--value { background: $foreground 6%; }
        & > .fields--value-current { background: $foreground 15%; }
        & > .fields--placeholder { color: $foreground-muted; }
        & > .fields--selected { background: $primary 50%; }
        & > .fields--cursor { text-style: reverse; }
        & > .fields--error { color: $text-error; }
    }
    """

    @dataclass
    class Entered(Message):
        """Another field is the current one."""

        field: HyperparameterField

    @dataclass
    class Edited(Message):
        """Something else stands in a field."""

        field: HyperparameterField

    @dataclass
    class Committed(Message):
        """Another value counts; `before` is the text of the one that did."""

        field: HyperparameterField
        before: str

    def __init__(
        self, groups: Sequence[tuple[str, Sequence[HyperparameterField]]], current: HyperparameterField
    ) -> None:
        """Show fields under headings, of which an empty one is left out; begin at `current`."""
        super().__init__()
        self._groups = groups
        self._fields = [field for _heading, fields in groups for field in fields]
        self._current = current
        self._rows: list[Row] = []
        self._first_cell = 0
        self._live = False

    # What is current

    @property
    def current(self) -> HyperparameterField:
        """The field that has the keys while the list has the focus."""
        return self._current

    @property
    def specification(self) -> Specification:
        """What the current field is about."""
        return self._current.specification

    def go_to(self, field: HyperparameterField) -> None:
        """Make a field the current one; what was typed in the one before counts, if it is allowed."""
        if field is not self._current:
            self.commit()
            self._current = field
            field.line.select_all()
            self.post_message(self.Entered(field))
        self.show_anew()
        self._scroll_to_current()

    def action_go(self, by: int) -> None:
        """Go to the next open field or the one before, past the ends to what is next on the screen."""
        at = self._fields.index(self._current) + by
        while 0 <= at < len(self._fields) and not self._fields[at].is_open:
            at += by
        if 0 <= at < len(self._fields):
            self.go_to(self._fields[at])
        elif by > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def on_focus(self) -> None:
        """Take the keys."""
        if not self._current.is_open:
            self.go_to(next(field for field in self._fields if field.is_open))
        self._current.line.select_all()
        self.post_message(self.Entered(self._current))
        self._scroll_to_current()

    def on_blur(self) -> None:
        """What was typed counts, if it is allowed."""
        self.commit()

    def commit(self) -> None:
        """Let what stands in the current field count if it is allowed, and tell of it."""
        field = self._current
        before = field.specification.format(field.value)
        if field.commit():
            self.post_message(self.Committed(field, before))
        self.show_anew()

    # Keys

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Letters and digits are the field's own."""
        return character is not None and character.isprintable()

    def on_key(self, event: events.Key) -> None:
        """Take a character; enter switches or chooses where nothing is typed."""
        if event.key == "enter" and not self._current.is_typed:
            event.stop()
            event.prevent_default()
            self._choose(up=True)
        if event.character is None or not event.is_printable:
            return
        event.stop()
        event.prevent_default()
        match self._current.specification.kind:
            case Choice():
                if event.character == " ":
                    self._choose(up=True)
                else:
                    self._current.jump(event.character)
                    self._edited()
            case Flag():
                if event.character == " ":
                    self._choose(up=True)
            case _:
                self._current.line.type(event.character)
                self._edited()

    def on_paste(self, event: events.Paste) -> None:
        """Take the first line of what is pasted."""
        lines = event.text.splitlines()
        if self._current.is_typed and lines:
            self._current.line.type("".join(c for c in lines[0] if c.isprintable()))
            self._edited()
        event.stop()

    def action_step(self, up: bool) -> None:
        """Step a number up or down; in a list of names go up or down."""
        chosen = isinstance(self._current.specification.kind, Choice)
        self._current.step(not up if chosen else up)
        self._edited()

    def action_accept(self) -> None:
        """Let what was typed count."""
        self.commit()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to accept what was typed or stepped and does not count yet."""
        return action != "accept" or self._current.is_pending

    def _choose(self, up: bool) -> None:
        self._current.step(up)
        self._edited()

    def action_left(self) -> None:
        """Move the cursor, or choose the one before."""
        self._sideways(-1)

    def action_right(self) -> None:
        """Move the cursor, or choose the next."""
        self._sideways(1)

    def _sideways(self, by: int) -> None:
        if self._current.is_typed:
            self._current.line.move(by)
            self.show_anew()
        else:
            self._choose(up=by > 0)

    def action_place(self, cursor: int) -> None:
        """Put the cursor somewhere in the line."""
        if self._current.is_typed:
            self._current.line.place(cursor)
            self.show_anew()

    def action_delete(self, to: int) -> None:
        """Delete what is selected, or from the cursor on."""
        if self._current.is_typed:
            self._current.line.delete(to)
            self._edited()

    def _edited(self) -> None:
        """Check what stands in the current field; what is chosen or switched counts at once."""
        self._current.check()
        if not self._current.is_typed:
            self.commit()
        self.post_message(self.Edited(self._current))
        self.show_anew()
        self._scroll_to_current()

    # Mouse

    def field_at(self, y: int) -> HyperparameterField | None:
        """Return the field drawn at a line of the widget."""
        line = y + self.scroll_offset.y
        return self._rows[line].field if 0 <= line < len(self._rows) else None

    def on_click(self, event: events.Click) -> None:
        """Go to the field under the pointer; on its value switch, choose, or place the cursor."""
        field = self.field_at(event.y)
        if field is None or field.closed:
            return
        here = field is self._current and self.has_focus
        self.focus()
        self.go_to(field)
        cell = event.x - LABEL_WIDTH
        if cell < 0:
            return
        if not field.is_typed:
            field.step(up=not (isinstance(field.specification.kind, Choice) and cell < 2))
            self._edited()
        elif here:
            field.line.place(self._first_cell + cell)
            self.show_anew()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Say what the field under the pointer is about."""
        field = self.field_at(event.y)
        self.tooltip = _(field.specification.help) if field else None

    # Drawing

    def show_live(self, live: bool) -> None:
        """Mark, during a run, what takes effect at once and what with the next run."""
        self._live = live
        self.show_anew()

    def show_anew(self) -> None:
        """Draw everything as it is now."""
        rows = list(self._made_rows())
        if len(rows) != len(self._rows) or self.virtual_size.width != self._width:
            self.virtual_size = Size(self._width, len(rows))
        self._rows = rows
        self.refresh()

    def on_resize(self) -> None:
        """Wrap what is wrong to the new width."""
        self.show_anew()
        if self.has_focus:
            self._scroll_to_current()

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def _made_rows(self) -> Iterable[Row]:
        for number, (heading, all_fields) in enumerate(self._groups):
            fields = [field for field in all_fields if not field.hidden]
            if heading and fields:
                if number:
                    yield Row(None)
                yield Row(None, heading)
            for field in fields:
                yield Row(field)
                if field.error:
                    text = Text(f"{glyph('✗', 'x')} {field.error}")
                    for line in text.wrap(_CONSOLE, max(1, self._width - 3)):
                        yield Row(field, line.plain)

    def _scroll_to_current(self) -> None:
        """Bring the current field into view, with its heading where it is the first of a group."""
        lines = [line for line, row in enumerate(self._rows) if row.field is self._current]
        if lines:
            first = lines[0] - (1 if lines[0] and self._rows[lines[0] - 1].text else 0)
            region = Region(0, first, max(1, self._width), lines[-1] + 1 - first)
            self.scroll_to_region(region, animate=False, immediate=True, force=True)

    def render_line(self, y: int) -> Strip:
        """Draw one line of what is in view."""
        line, width = y + self.scroll_offset.y, self._width
        if line >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        row = self._rows[line]
        if row.field is None:
            text = Text.assemble((f" {row.text}", self._style("group")))
        elif row.text:
            text = Text.assemble((f"   {row.text}", self._style("error")))
        else:
            text = self._drawn(row.field, width)
        strip = Strip(text.render(_CONSOLE)).adjust_cell_length(width, self.rich_style)
        return strip.apply_style(self.rich_style)

    def _drawn(self, field: HyperparameterField, width: int) -> Text:
        """Return the line of a field."""
        here = field is self._current and self.has_focus
        mark = (live_mark() if field.specification.live else next_run_mark()) if self._live else " "
        name = set_cell_size(f"{field.name}{'*' if field.changed else ''}", LABEL_WIDTH - 3)
        room = max(0, width - LABEL_WIDTH)
        if field.closed:
            text = f"   {set_cell_size(field.name, LABEL_WIDTH - 3)}{field.closed}"
            return Text.assemble((text, self._style("closed")))
        label = self._style("changed" if field.changed else "name")
        if here:
            label += self._style("current")
        value = self._value(field, room, here)
        value.truncate(room)
        value.pad_right(max(0, room - value.cell_len))
        value.style = self._style("value-current" if here else "value")
        return Text.assemble((f" {mark} {name}", label), value, end="")

    def _value(self, field: HyperparameterField, room: int, here: bool) -> Text:
        match field.specification.kind:
            case Choice():
                fits = cell_len(field.text) + 4 <= room
                return Text(f"{glyph('‹', '<')} {field.text} {glyph('›', '>')}" if fits else field.text)
            case Flag():
                return Text("[x] " + _("on") if field.text == "on" else "[ ] " + _("off"))
        line = field.line
        if not line.text and not here:
            return Text.assemble((field.placeholder, self._style("placeholder")))
        if not here:
            return Text(line.text)
        first = self._first_cell = max(0, line.cursor - room + 1)
        text = Text(line.text[first:] + " " if line.text else field.placeholder.ljust(1))
        if not line.text:
            text.stylize(self._style("placeholder"))
        if line.selected:
            text.stylize(self._style("selected"), 0, len(text) - 1)
        text.stylize(self._style("cursor"), line.cursor - first, line.cursor - first + 1)
        return text

    def _style(self, name: str) -> Style:
        style = self.get_component_rich_style(f"fields--{name}")
        if name in _WITH_BACKGROUND:
            return style
        return Style(color=style.color, bold=style.bold or None, reverse=style.reverse or None)


_WITH_BACKGROUND = ("value", "value-current", "selected")
"""Styles that bring a background; the others are laid over one."""
