"""The form for all hyperparameters, made from their specifications. It knows nothing of runs."""

from typing import Any, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.hyperparameters import (
    DEFAULT_LEARNING_RATES,
    GROUPS,
    SPECIFICATIONS,
    Hyperparameters,
)
from engine.specification import Specification
from engine.wording import N_
from tui.language import _, translate
from tui.messages import FieldChanged
from tui.widgets.hyperparameter_field import LIVE, NEXT_RUN, HyperparameterField


class Fields(VerticalScroll, inherit_bindings=False):
    """The fields, one below the other; it scrolls with the focus and the mouse and takes no keys."""


class HyperparameterForm(Vertical):
    """A field for each hyperparameter, by group, and below them what the field in focus means."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "explanation(1)", N_("More of the explanation"), show=False),
        Binding("pageup", "explanation(-1)", N_("Back in the explanation"), show=False),
    ]
    DEFAULT_CSS = """
    HyperparameterForm {
        & > .form--legend { display: none; height: auto; padding: 0 1; color: $text-muted; }
        & > .form--fields { height: 1fr; scrollbar-size-vertical: 1; }
        & .form--group { padding: 0 1; margin-top: 1; text-style: bold; color: $text-primary; }
        & .form--group.-first { margin-top: 0; }
        & > .form--help {
            height: 42%;
            max-height: 16;
            padding: 0 1;
            border-top: solid $foreground 20%;
            scrollbar-size-vertical: 1;
        }
    }
    """

    def __init__(
        self,
        initial: Hyperparameters,
        *,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._fields = {
            name: HyperparameterField(specification, getattr(initial, name))
            for name, specification in SPECIFICATIONS.items()
        }
        self._optimizer_in_run: str | None = None
        self._live = False
        self._legend = Static(classes="form--legend")
        self._help = Static(classes="form--explanation")

    def compose(self) -> ComposeResult:
        """Yield the groups, their fields, and the explanation."""
        yield self._legend
        with Fields(classes="form--fields", can_focus=False):
            for number, group in enumerate(GROUPS):
                yield Static(_(group), classes="form--group" + ("" if number else " -first"))
                for field in self._fields.values():
                    if field.specification.group == group:
                        yield field
        with VerticalScroll(classes="form--help", can_focus=False):
            yield self._help

    def on_mount(self) -> None:
        """Explain the first field, and say what an empty one means."""
        self._fields["hidden"].placeholder = _("none")
        self._fields["threads"].placeholder = _("by rule")
        self._follow_optimizer()
        self._explain(next(iter(self._fields.values())))

    # Values

    def values(self) -> dict[str, object]:
        """Return what stands in the fields, valid or not."""
        return {name: field.given for name, field in self._fields.items()}

    def hyperparameters(self) -> Hyperparameters | None:
        """Return what stands in the fields, or None after pointing out the first value that is not allowed.

        Counts as committing every field, without a message for each.
        """
        bad = [field for field in self._fields.values() if not field.check()]
        if bad:
            bad[0].focus_control()
            return None
        for field in self._fields.values():
            field.settle()
        values = {name: field.value for name, field in self._fields.items()}
        return Hyperparameters(**cast(dict[str, Any], values))

    def set_hyperparameters(self, hyperparameters: Hyperparameters) -> None:
        """Put other values into the fields, without a message."""
        for name, field in self._fields.items():
            field.set_value(getattr(hyperparameters, name))
        self._follow_optimizer()

    def show_error(self, name: str, text: str) -> None:
        """Show a message by a field until its value is changed, and go there."""
        self._fields[name].show_error(text)
        self._fields[name].focus_control()

    # What the fields say

    def mark(self, live: bool, optimizer: str | None = None) -> None:
        """Say of each field whether it takes effect at once or with the next run.

        live: whether a run is active; optimizer: the one that it uses, whose fields stay open to changes
        """
        optimizer = optimizer if live else None
        if (live, optimizer) == (self._live, self._optimizer_in_run):
            return
        self._live, self._optimizer_in_run = live, optimizer
        words = _("Takes effect: {live} at once  {next} next run")
        self._legend.update(words.format(live=LIVE, next=NEXT_RUN))
        self._legend.display = live
        for field in self._fields.values():
            field.mark(live)
        self._follow_optimizer()

    def _follow_optimizer(self) -> None:
        """Close the fields that the optimizer does not use, and show its default learning rate."""
        optimizer = str(self._fields["optimizer"].value)
        for field in self._fields.values():
            uses = field.specification.optimizers
            used = not uses or optimizer in uses or self._optimizer_in_run in uses
            field.close("" if used else _("not used by {optimizer}").format(optimizer=optimizer))
        self._fields["learning_rate"].placeholder = f"{DEFAULT_LEARNING_RATES[optimizer]:g}"

    @on(HyperparameterField.Changed)
    def _changed(self, message: HyperparameterField.Changed) -> None:
        message.stop()
        self._follow_optimizer()
        self.post_message(FieldChanged(message.field.specification.name, message.field.value))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Explain the field that has the focus."""
        for node in event.widget.ancestors_with_self:
            if isinstance(node, HyperparameterField):
                self._explain(node)
                return

    def _explain(self, field: HyperparameterField) -> None:
        specification = field.specification
        self._help.update(explanation(specification))
        self.query_one(".form--help").scroll_home(animate=False)

    def action_explanation(self, pages: int) -> None:
        """Scroll the explanation where it is longer than its room."""
        area = self.query_one(".form--help")
        area.scroll_relative(y=pages * max(1, area.size.height - 1), animate=False)


def explanation(specification: Specification) -> Content:
    """Return what a hyperparameter means, what is allowed, and what it does."""
    unit = f" ({_(specification.unit)})" if specification.unit else ""
    allowed = _("Allowed: {allowed}.").format(allowed=translate(specification.kind.allowed()))
    return Content.assemble(
        (specification.name, "bold $text-primary"),
        (unit, "$foreground-muted"),
        f"\n{_(specification.help)}\n",
        (f"{allowed}\n", "$foreground-muted"),
        _(specification.explanation),
    )
