"""One row of the form: a mark, the name of a hyperparameter, its control, and below it what is wrong."""

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Select, Static

from engine.errors import HyperparameterError
from engine.specification import Choice, Flag, Specification
from engine.wording import N_
from tui.language import _, translate

LIVE, NEXT_RUN = "●", "○"
"""Marks of a field during a run: it takes effect at once, or with the next run."""


class Toggle(Widget, can_focus=True):
    """On or off, in one line and in words."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "switch", N_("On or off"), tooltip=N_("Turn it on or off"))
    ]
    DEFAULT_CSS = """
    Toggle {
        height: 1;
        width: 1fr;
        background: $foreground 6%;
        pointer: pointer;
        &:focus { background: $foreground 15%; text-style: bold; }
    }
    """

    value: reactive[bool] = reactive(False, init=False)
    """Whether it is on."""

    @dataclass
    class Changed(Message):
        """It was turned on or off."""

        value: bool

    def __init__(self, value: bool) -> None:
        super().__init__()
        self.set_reactive(Toggle.value, value)

    def render(self) -> Content:
        """Draw a box with or without a cross, and the word."""
        return Content("[x] " + _("on") if self.value else "[ ] " + _("off"))

    def watch_value(self, value: bool) -> None:
        """Tell of it."""
        self.post_message(self.Changed(value))

    def action_switch(self) -> None:
        """Turn it on if it is off, and off if it is on."""
        self.value = not self.value

    def on_click(self) -> None:
        """Toggle by mouse."""
        self.action_switch()


class HyperparameterField(Widget):
    """A hyperparameter that can be read and set. A control by its kind: a list, a toggle or a line of text.

    A value counts, and is told of, when it is allowed and committed: at once for lists and toggles, with
    Enter or by leaving the field for text. What is wrong is shown as it is typed.
    """

    DEFAULT_CSS = """
    HyperparameterField {
        layout: grid;
        grid-size: 2;
        grid-columns: 18 1fr;
        grid-rows: auto;
        height: auto;
        padding: 0 0 0 1;
        &:focus-within > .field--label { text-style: bold; }
        & > .field--error { display: none; column-span: 2; padding: 0 1 0 2; color: $text-error; }
        &.-wrong > .field--error { display: block; }
        &.-closed > .field--label { column-span: 2; color: $text-disabled; text-wrap: nowrap; }
        &.-closed > .field--control { display: none; }
        & > Input.-textual-compact {
            background: $foreground 6%;
            &:focus { background: $foreground 15%; background-tint: transparent; }
        }
        & > Select.-textual-compact {
            height: 1;
            & > SelectCurrent { background: $foreground 6%; padding: 0; }
            &:focus > SelectCurrent { background: $foreground 15%; background-tint: transparent; }
            & > SelectCurrent .arrow { padding: 0; }
            & > SelectCurrent Static#label { text-wrap: nowrap; text-overflow: ellipsis; }
            & > SelectOverlay { width: 25; constrain: inside inside; }
        }
    }
    """

    @dataclass
    class Changed(Message):
        """Another allowed value was committed."""

        field: "HyperparameterField"

    def __init__(self, specification: Specification, value: object) -> None:
        super().__init__()
        self.specification = specification
        self._value = value
        self._refused: object = None
        self._mark = " "
        self._why_closed = ""
        self._error: Static | None = None
        self._label = Static(self._label_text(), classes="field--label", markup=False)
        self._control = self._make_control(value)
        self._control.add_class("field--control")

    def _make_control(self, value: object) -> "Input | Select[str] | Toggle":
        kind = self.specification.kind
        tooltip = _(self.specification.help)
        match kind:
            case Choice(names):
                return Select(
                    [(name, name) for name in names],
                    allow_blank=False,
                    value=str(value),
                    compact=True,
                    tooltip=tooltip,
                )
            case Flag():
                toggle = Toggle(bool(value))
                toggle.tooltip = tooltip
                return toggle
            case _:
                return Input(self.specification.write(value), compact=True, tooltip=tooltip)

    def compose(self) -> ComposeResult:
        """Yield the parts."""
        yield self._label
        yield self._control

    # Values

    @property
    def given(self) -> object:
        """What stands in the control, allowed or not."""
        return self._control.value

    @property
    def value(self) -> object:
        """The value that was committed last."""
        return self._value

    def set_value(self, value: object) -> None:
        """Put another value into the control, without a message."""
        self._value = value
        text = self.specification.write(value)
        match self._control:
            case Input() as line:
                line.value = text
            case Toggle() as toggle:
                toggle.value = bool(value)
            case choice:
                choice.value = text
        self._show("")

    def check(self) -> bool:
        """Return whether what stands in the control is allowed, and say beside it why not."""
        try:
            self._read()
        except HyperparameterError as error:
            self._show(translate(error))
            return False
        if self.given != self._refused:
            self._show("")
        return True

    def settle(self) -> bool:
        """Commit what stands in the control, without a message; return whether it is another value."""
        value = self._read()
        changed = value != self._value
        self.set_value(value)
        return changed

    def commit(self) -> None:
        """Commit what stands in the control if it is allowed, and tell of it if it is another value."""
        if self.check() and self._read() != self._value:
            self.settle()
            self.post_message(self.Changed(self))

    def _read(self) -> object:
        """Return the value that stands in the control; empty means the default where that is a rule.

        Raises:
            HyperparameterError: when it is not allowed.
        """
        given = self.given
        if isinstance(given, str) and not given.strip() and self.specification.default is None:
            given = None
        return self.specification.read(given)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.check()

    @on(Input.Submitted)
    @on(Input.Blurred)
    @on(Select.Changed)
    @on(Toggle.Changed)
    def _committed(self, event: Message) -> None:
        event.stop()
        self.commit()

    # What it says

    def show_error(self, text: str) -> None:
        """Show a message until the value is changed."""
        self._refused = self.given
        self._show(text)

    def _show(self, error: str) -> None:
        if not error:
            self._refused = None
        self.set_class(bool(error), "-wrong")
        if self._error is not None:
            self._error.update(f"✗ {error}")
        elif error:
            self._error = Static(f"✗ {error}", classes="field--error", markup=False)
            self.mount(self._error)

    def mark(self, live: bool) -> None:
        """Mark, during a run, whether a change takes effect at once or with the next run."""
        self._mark = (LIVE if self.specification.live else NEXT_RUN) if live else " "
        self._label.update(self._label_text(), layout=False)

    def close(self, why: str) -> None:
        """Put a word in the place of the control, or open it again for an empty word.

        A field with something wrong in it stays open, so that it can be put right.
        """
        if self.has_class("-wrong"):
            why = ""
        if why != self._why_closed:
            self._why_closed = why
            self.set_class(bool(why), "-closed")
            self._label.update(self._label_text(), layout=False)

    def _label_text(self) -> str:
        name = self.specification.name
        return f"  {name:<16}{self._why_closed}" if self._why_closed else f"{self._mark} {name}"

    @property
    def placeholder(self) -> str:
        """What stands in an empty line of text."""
        return self._control.placeholder if isinstance(self._control, Input) else ""

    @placeholder.setter
    def placeholder(self, text: str) -> None:
        if isinstance(self._control, Input):
            self._control.placeholder = text

    def focus_control(self) -> None:
        """Give the focus to the control."""
        self._control.focus()
