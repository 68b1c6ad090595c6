"""The fields of the form: lines drawn by one widget, and an `Input` over the value that is typed into."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from engine.hyperparameters import SPECIFICATIONS
from engine.sentences import N_
from engine.specification import Choice, Flag, Specification
from tui.text.glyphs import glyph
from tui.text.language import _
from tui.widgets.hyperparameter_field import HyperparameterField

LABEL_WIDTH = 19
"""Cells before the value: the mark, the name, and the star of a value that is not the one to go back to."""

VARY = "v"
"""The key that varies a field; no value that is typed has it, and arrows choose those that do."""
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


class ValueInput(Input):
    """Edits the value of the current field, with all the keys that a line of text has in Textual."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", N_("Accept"), tooltip=N_("Let what was typed count")),
        Binding("ctrl+d", "nothing", show=False),  # deletes a character in Textual; here the form resets
    ]

    def __init__(self) -> None:
        super().__init__(compact=True)
        self.cursor_blink = False
        self.is_pending = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to accept what was typed or stepped and does not count yet."""
        return self.is_pending if action == "submit" else action != "nothing"

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Take what is printable, but for a letter that is in no value, and stands for something else."""
        return key != VARY and super().check_consume_key(key, character)

    def on_click(self, event: events.Click) -> None:
        """Select everything with a second click; the first one has placed the cursor."""
        event.stop()
        if event.chain > 1:
            self.select_all()

    def action_copy(self) -> None:
        """Copy what is selected, and say so: ctrl+c leaves many another program."""
        super().action_copy()
        text = _("Copied: {command}").format(command=self.selected_text)
        self.notify(f"{text}\n" + _("ctrl+q leaves."), markup=False)


class FieldLines(Widget):
    """Draws the lines of a `FieldList`."""

    DEFAULT_CSS = "FieldLines { width: 1fr; }"

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        assert isinstance(self.parent, FieldList)
        return self.parent.drawn_line(y, self.size.width)


class FieldList(VerticalScroll, can_focus=True, inherit_bindings=False):
    """Fields one below the other, one of them the current one, which has the keys.

    An `Input` for each was measured against this (Textual 8.2.8, `python -m tests.benchmarks.widgets`): it
    takes 12 times as long to mount, 6.5 times the memory, and twice as long to go to the next field. So the
    lines are drawn, and one `Input` lies over the value that is typed into. It has the focus then; where the
    value is chosen or switched, the list has it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "go(1)", N_("Next field"), show=False),
        Binding("shift+tab", "go(-1)", N_("Field before"), show=False),
        Binding("up", "step(True)", N_("Step"), tooltip=N_("The next value up or down"), show=False),
        Binding("down", "step(False)", N_("Step"), tooltip=N_("The next value up or down"), show=False),
        Binding("left", "choose(False)", N_("Left"), show=False),
        Binding("right,enter", "choose(True)", N_("Right"), show=False),
        # before the input or a list of names takes the letter
        Binding(VARY, "vary", N_("Vary"), tooltip=N_("Vary this in an experiment"), priority=True),
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
        "fields--error",
    }
    DEFAULT_CSS = """
    FieldList {
        height: 1fr;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        & > .fields--group { color: $text-primary; text-style: bold; }
        & > .fields--changed { color: $text-accent; }
        & > .fields--current { text-style: bold; }
        & > .fields--closed { color: $foreground-muted; }
        & > .fields--value { background: $foreground 6%; }
        & > .fields--value-current { background: $foreground 15%; }
        & > .fields--placeholder { color: $foreground-muted; }
        & > .fields--error { color: $text-error; }
        & > ValueInput {
            layer: above;
            width: 1fr;
            margin: 0 0 0 LABEL_WIDTH;
            background: $foreground 6%;
            background-tint: transparent;
            &:focus { background: $foreground 15%; }
        }
    }
    """.replace("LABEL_WIDTH", str(LABEL_WIDTH))

    @dataclass
    class Entered(Message):
        """Another field is the current one."""

        field: HyperparameterField

    @dataclass
    class Varied(Message):
        """The current field is to vary in an experiment."""

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
        self._drawn_from: list[tuple[object, ...]] = []
        self._live = self._was_entered = False
        self._lines = FieldLines()
        self._input = ValueInput()

    def compose(self) -> ComposeResult:
        """Yield the lines, and the input that lies over one of them."""
        yield self._lines
        yield self._input

    def on_mount(self) -> None:
        """Follow what is typed, at once: what stands in a field may be asked for in the next moment."""
        self.watch(self._input, "value", self._typed, init=False)
        self.redraw()

    # What is current

    @property
    def current(self) -> HyperparameterField:
        """The field that has the keys while the list has the focus."""
        return self._current

    @property
    def specification(self) -> Specification:
        """What the current field is about."""
        return self._current.specification

    @property
    def has_keys(self) -> bool:
        """Whether the current field has the focus."""
        return self.is_attached and self.screen.focused in (self, self._input)

    @property
    def _is_edited(self) -> bool:
        """Whether the input lies over the current field."""
        return self._current.is_typed and self._current.is_open

    def take_keys(self) -> None:
        """Give the focus to the current field."""
        self.screen.set_focus(self._input if self._is_edited else self)

    def go_to(self, field: HyperparameterField) -> None:
        """Make a field the current one; what was typed in the one before counts, if it is allowed."""
        if field is not self._current:
            self.commit()
            self._current = field
            self.post_message(self.Entered(field))
        self.redraw()
        self._input.select_all()
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
        self._enter()

    def on_descendant_focus(self) -> None:
        """Take the keys."""
        self._enter()

    def _enter(self) -> None:
        if self._was_entered:
            return  # the focus went from the list to its input, or back
        self._was_entered = True
        if not self._current.is_open:
            self.go_to(next(field for field in self._fields if field.is_open))
        self.post_message(self.Entered(self._current))
        self.redraw()
        self._scroll_to_current()

    def on_blur(self) -> None:
        """What was typed counts, if it is allowed."""
        self._leave()

    def on_descendant_blur(self) -> None:
        """What was typed counts, if it is allowed."""
        self._leave()

    def _leave(self) -> None:
        if not self.has_keys:
            self._was_entered = False
            self.commit()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.commit()

    def commit(self) -> None:
        """Let what stands in the current field count if it is allowed, and tell of it."""
        field = self._current
        before = field.specification.format(field.value)
        if field.commit():
            self.post_message(self.Committed(field, before))
        self.redraw()

    # Keys

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()  # it was followed at once

    def _typed(self, text: str) -> None:
        if self._is_edited and text != self._current.text:
            self._current.text = text
            self._edited()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Letters and digits are the field's own."""
        return key != VARY and character is not None and character.isprintable()

    def on_key(self, event: events.Key) -> None:
        """Take a character in a field that is chosen or switched."""
        if event.character is None or not event.is_printable or not self.check_action("choose", ()):
            return
        event.stop()
        event.prevent_default()
        if event.character == " ":
            self.action_choose(True)
        elif isinstance(self._current.specification.kind, Choice):
            self._current.jump(event.character)
            self._edited()

    def action_step(self, up: bool) -> None:
        """Step a number up or down; in a list of names go up or down."""
        chosen = isinstance(self._current.specification.kind, Choice)
        self._current.step(not up if chosen else up)
        self._edited()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave a closed field as it is, and the keys of choices to the input where the value is typed."""
        if action == "vary":
            return self._current.is_open and self._current.name in SPECIFICATIONS
        return action == "go" or (self._current.is_open and (action == "step" or not self._current.is_typed))

    def action_choose(self, up: bool) -> None:
        """Choose the next or the one before, or switch."""
        self._current.step(up)
        self._edited()

    def action_vary(self) -> None:
        """Ask for an experiment over this field."""
        self.commit()
        self.post_message(self.Varied(self._current))

    def _edited(self) -> None:
        """Check what stands in the current field; what is chosen or switched counts at once."""
        self._current.check()
        if not self._current.is_typed:
            self.commit()
        self.post_message(self.Edited(self._current))
        self.redraw()
        self._scroll_to_current()

    # Mouse

    def _field_at(self, event: events.MouseEvent) -> HyperparameterField | None:
        """Return the field drawn where the pointer is."""
        line = event.screen_y - self._lines.region.y
        return self._rows[line].field if 0 <= line < len(self._rows) else None

    def on_click(self, event: events.Click) -> None:
        """Go to the field under the pointer; on its value switch, choose, or place the cursor."""
        field = self._field_at(event)
        if field is None or field.closed:
            return
        self.go_to(field)
        self.take_keys()
        cell = event.screen_x - self._lines.region.x - LABEL_WIDTH
        if cell < 0:
            return
        if field.is_typed:
            self._input.cursor_position = cell
        else:
            self.action_choose(not (isinstance(field.specification.kind, Choice) and cell < 2))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Say what the field under the pointer is about."""
        field = self._field_at(event)
        self._lines.tooltip = self._input.tooltip = _(field.specification.help) if field else None

    # Drawing

    def show_live(self, live: bool) -> None:
        """Mark, during a run, what takes effect at once and what with the next run."""
        self._live = live
        self.redraw()

    def redraw(self) -> None:
        """Draw everything as it is now: the lines that are not as before."""
        self._rows = list(self._made_rows())
        self._lines.styles.height = len(self._rows)
        before, self._drawn_from = self._drawn_from, list(map(self._what_is_drawn, self._rows))
        pairs = enumerate(zip_longest(self._drawn_from, before))
        if changed := [Region(0, y, LABEL_WIDTH + self._width, 1) for y, (now, then) in pairs if now != then]:
            self._lines.refresh(*changed)
        self._place_input()

    def _what_is_drawn(self, row: Row) -> tuple[object, ...]:
        """Return all that a line is drawn from."""
        field = row.field
        if field is None or row.text:
            return (row.text,)
        here = field is self._current and self.has_keys
        return (field.name, field.text, field.placeholder, field.changed, field.closed, here, self._live)

    def _place_input(self) -> None:
        """Have the input over the value of the current field, if that is typed; move the focus with it."""
        field, had_keys, is_edited = self._current, self.has_keys, self._is_edited
        self.can_focus = not is_edited
        if is_edited != self._input.display:
            self._input.display = is_edited or had_keys  # what is hidden takes no focus, and loses it
            if had_keys:
                self.take_keys()
            self._input.display = is_edited
        if is_edited:
            row = next((line for line, row in enumerate(self._rows) if row.field is field), 0)
            self._input.styles.offset = (0, row)
            self._input.placeholder = field.placeholder
            if self._input.value != field.text:
                self._input.value = field.text
                self._input.select_all()
            if self._input.is_pending != field.is_pending:
                self._input.is_pending = field.is_pending
                self.refresh_bindings()

    def on_resize(self) -> None:
        """Wrap what is wrong to the new width."""
        self.redraw()
        if self.has_keys:
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
            self.virtual_size = Size(self.virtual_size.width, len(self._rows))  # known before the next layout
            first = lines[0] - (1 if lines[0] and self._rows[lines[0] - 1].text else 0)
            region = Region(0, first, max(1, self._width), lines[-1] + 1 - first)
            self.scroll_to_region(region, animate=False, immediate=True, force=True, x_axis=False)

    def drawn_line(self, line: int, width: int) -> Strip:
        """Draw one line."""
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
        here = field is self._current and self.has_keys
        mark = (live_mark() if field.specification.live else next_run_mark()) if self._live else " "
        name = set_cell_size(f"{field.name}{'*' if field.changed else ''}", LABEL_WIDTH - 3)
        room = max(0, width - LABEL_WIDTH)
        if field.closed:
            text = f"   {set_cell_size(field.name, LABEL_WIDTH - 3)}{field.closed}"
            return Text.assemble((text, self._style("closed")))
        label = self._style("changed" if field.changed else "name")
        if here:
            label += self._style("current")
        value = self._value(field, room)
        value.truncate(room)
        value.pad_right(max(0, room - value.cell_len))
        value.style = self._style("value-current" if here else "value")
        return Text.assemble((f" {mark} {name}", label), value, end="")

    def _value(self, field: HyperparameterField, room: int) -> Text:
        match field.specification.kind:
            case Choice():
                fits = cell_len(field.text) + 4 <= room
                return Text(f"{glyph('‹', '<')} {field.text} {glyph('›', '>')}" if fits else field.text)
            case Flag():
                return Text("[x] " + _("on") if field.text == "on" else "[ ] " + _("off"))
        if not field.text:
            return Text.assemble((field.placeholder, self._style("placeholder")))
        return Text(field.text)

    def _style(self, name: str) -> Style:
        style = self.get_component_rich_style(f"fields--{name}")
        if name in _WITH_BACKGROUND:
            return style
        return Style(color=style.color, bold=style.bold or None, reverse=style.reverse or None)


_WITH_BACKGROUND = ("value", "value-current")
"""Styles that bring a background; the others are laid over one."""
