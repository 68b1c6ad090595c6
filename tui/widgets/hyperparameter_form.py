"""The form for all hyperparameters, made from their specifications. It knows nothing of runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Static

from engine.errors import EngineError, HyperparameterError
from engine.events import DataSummary, DurationEstimated
from engine.hyperparameters import (
    DEFAULT_LEARNING_RATES,
    GROUPS,
    OWN_NETWORK,
    SPECIFICATIONS,
    Hyperparameters,
)
from engine.sentences import N_
from engine.specification import Specification
from engine.storage.presets import DEFAULT_PRESET, combine, read_config, read_preset, write_config
from tui.text.language import _, plural, translate
from tui.text.phrases import duration
from tui.widgets.field_help import PRESET, about_presets, explanation
from tui.widgets.field_list import FieldList, live_mark, next_run_mark
from tui.widgets.file_prompt import FilePrompt
from tui.widgets.hyperparameter_field import HyperparameterField
from tui.widgets.live_text import LiveText
from tui.widgets.network_summary import network_line


@dataclass
class FieldChanged(Message):
    """A field of the form has a new, valid value."""

    name: str
    value: object


@dataclass
class FieldVaried(Message):
    """A field is to vary in an experiment; `value` is the one that it has."""

    name: str
    value: object


class FieldEntered(Message):
    """Another field of the form has the keys."""


@dataclass(frozen=True)
class Draft:
    """What stood in the form at a moment: the preset, and the text of every field."""

    preset: str
    texts: Mapping[str, str]


class HyperparameterForm(Vertical):
    """A field for each hyperparameter, by group; above them the network they make, below what they mean.

    A value that is not the preset's is marked with a star. Nothing is lost by going back to the preset's
    values, choosing another preset or loading a file: `ctrl+z` undoes it, step by step.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z", "undo", N_("Undo"), tooltip=N_("Undo the last change of the form")),
        Binding("ctrl+d", "reset", N_("Reset"), tooltip=N_("Put the preset's value into this field")),
        Binding(
            "ctrl+l", "reset_all", N_("Reset all"), tooltip=N_("Put the preset's values into all fields")
        ),
        Binding("ctrl+s", "save", N_("Save"), tooltip=N_("Save the values as a TOML file")),
        Binding("ctrl+o", "load", N_("Load"), tooltip=N_("Load values from a TOML file")),
        Binding("pagedown", "explanation(1)", N_("More of the explanation"), show=False),
        Binding("pageup", "explanation(-1)", N_("Back in the explanation"), show=False),
    ]
    DEFAULT_CSS = """
    HyperparameterForm {
        & > .form--network { height: 1; padding: 0 1; color: $text-primary; text-style: bold; }
        & > .form--legend { display: none; height: auto; padding: 0 1; color: $foreground-muted; }
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
        preset: str = DEFAULT_PRESET,
        *,
        drafts: Sequence[Draft] = (),
    ) -> None:
        """Open on `initial`, marked against `preset`; or on the last of the `drafts` of a form before."""
        super().__init__()
        self._fields = {
            name: HyperparameterField(specification, getattr(initial, name))
            for name, specification in SPECIFICATIONS.items()
        }
        self._preset = HyperparameterField(PRESET, preset)
        self._past = list(drafts[:-1])
        for name, text in drafts[-1].texts.items() if drafts else ():
            self._fields[name].set_text(text)
        if drafts:
            self._preset.set_value(drafts[-1].preset)
        self._data: DataSummary | None = None
        self._estimate: DurationEstimated | None = None
        self._optimizer_in_run: str | None = None
        self._is_own_network = False
        self._live = False
        self._path = "hyperparameters.toml"
        self._network = LiveText(classes="form--network", markup=False)
        self._legend = LiveText(classes="form--legend", markup=False)
        self._help = Static(classes="form--explanation", markup=False)
        groups = [("", [self._preset])]
        for group in GROUPS:
            fields = [field for field in self._fields.values() if field.specification.group == group]
            groups.append((_(group), fields))
        self._list = FieldList(groups, current=self._fields["hidden"])

    def compose(self) -> ComposeResult:
        """Yield the network, the fields, and the explanation."""
        yield self._network
        yield self._legend
        yield self._list
        with VerticalScroll(classes="form--help", can_focus=False):
            yield self._help

    def on_mount(self) -> None:
        """Explain the first field, and say what an empty one means."""
        self._fields["hidden"].placeholder = _("none")
        self._fields["threads"].placeholder = _("by rule")
        self._follow()
        self._explain(self._list.specification)

    def on_resize(self) -> None:
        """Draw the network as wide as there is room."""
        self._draw_network()

    # Values

    def values(self) -> dict[str, object]:
        """Return what stands in the fields, valid or not."""
        return {name: field.text for name, field in self._fields.items()}

    def drafts(self) -> list[Draft]:
        """Return what stands in the form, and before it what can be undone: enough to make it anew."""
        return [*self._past, self._draft()]

    def field(self, name: str) -> HyperparameterField:
        """Return the field of a hyperparameter, or of `preset`."""
        return self._preset if name == PRESET.name else self._fields[name]

    def hyperparameters(self) -> Hyperparameters | None:
        """Return what stands in the fields, or None after pointing out the first value that is not allowed.

        Counts as committing every field, without a message for each.
        """
        bad = [field for field in self._fields.values() if not field.check()]
        if bad:
            self.go_to(bad[0].name)
            return None
        before = {name: field.specification.format(field.value) for name, field in self._fields.items()}
        for field in self._fields.values():
            if field.settle():
                self._keep(Draft(self._preset.text, before))
                before[field.name] = field.text
        self._follow()
        return self.committed

    @property
    def committed(self) -> Hyperparameters:
        """What the fields hold, without what is being typed."""
        values = {name: field.value for name, field in self._fields.items()}
        return Hyperparameters(**cast(dict[str, Any], values))

    def set_hyperparameters(self, hyperparameters: Hyperparameters) -> None:
        """Put other values into the fields, without a message."""
        for name, field in self._fields.items():
            field.set_value(getattr(hyperparameters, name))
        self._follow()

    def replace(self, hyperparameters: Hyperparameters) -> None:
        """Put other values into the fields, without a message; undo has those back that stood there."""
        self._keep(self._draft())
        self.set_hyperparameters(hyperparameters)

    def change(self, values: Mapping[str, object]) -> None:
        """Put other values into some fields, as if they had been typed: undo has the old ones back."""
        self._reset({name: SPECIFICATIONS[name].format(value) for name, value in values.items()})

    def hide(self, names: Iterable[str]) -> None:
        """Leave these fields out, as a lesson wants it; none: show all."""
        left_out = set(names)
        for name, field in self._fields.items():
            field.hidden = name in left_out
        current = self._list.current
        if not current.is_open:
            self._list.go_to(next(field for field in self._fields.values() if field.is_open))
        self._list.redraw()

    def show_error(self, name: str, text: str) -> None:
        """Show a message by a field until its value is changed, and go there."""
        self._fields[name].hidden = False
        self._fields[name].refuse(text)
        self.go_to(name)

    def go_to(self, name: str) -> None:
        """Give the keys to a field."""
        self._follow()
        self._list.go_to(self.field(name))
        self._list.take_keys()

    def _draft(self) -> Draft:
        return Draft(self._preset.text, {name: field.text for name, field in self._fields.items()})

    # What the fields say

    def mark(self, live: bool, optimizer: str | None = None, *, own_network: bool = False) -> None:
        """Say of each field whether it takes effect at once or with the next run.

        live: whether a run is active; optimizer: the one that it uses, whose fields stay open to changes
        own_network: whether it trains a person's own network, whose code decides most of them
        """
        optimizer, own_network = optimizer if live else None, own_network and live
        marks = live, optimizer, own_network
        if marks == (self._live, self._optimizer_in_run, self._is_own_network):
            return
        self._live, self._optimizer_in_run, self._is_own_network = marks
        self._list.show_live(live)
        self._follow()

    def show_duration(self, estimate: DurationEstimated | None) -> None:
        """Say how long such a run would take, as long as the fields hold what was estimated."""
        if estimate != self._estimate:
            self._estimate = estimate
            self._draw_legend()

    def _draw_legend(self) -> None:
        text = ""
        if self._live:
            text = _("Takes effect: {live} at once  {next} next run")
            text = text.format(live=live_mark(), next=next_run_mark())
        elif self._estimate is not None and self._estimate.hyperparameters == self.committed:
            epochs = plural("{count} epoch", "{count} epochs", self.committed.epochs)
            text = _("{epochs}: about {time}").format(epochs=epochs, time=duration(self._estimate.seconds))
        self._legend.set_text(text)
        self._legend.display = bool(text)

    def show_data(self, data: DataSummary | None) -> None:
        """Draw the network for these images and classes."""
        if data != self._data:
            self._data = data
            self._draw_network()

    def _follow(self) -> None:
        """Draw what follows from the values: closed fields, the default learning rate, stars, the network."""
        optimizer = str(self._fields["optimizer"].value)
        baseline = self._baseline()
        for field in self._fields.values():
            uses = field.specification.optimizers
            used = not uses or optimizer in uses or self._optimizer_in_run in uses
            closed = "" if used else _("not used by {optimizer}").format(optimizer=optimizer)
            if self._is_own_network and field.name not in OWN_NETWORK:
                closed = _("set by your code")
            field.close(closed)
            field.changed = field.value != getattr(baseline, field.name)
        self._preset.close(_("after this run") if self._live else "")
        rate = self._fields["learning_rate"]
        rate.rule = DEFAULT_LEARNING_RATES[optimizer]
        rate.placeholder = f"{rate.rule:g}"
        self._list.redraw()
        self._draw_network()
        self._draw_legend()
        self.refresh_bindings()

    def _baseline(self) -> Hyperparameters:
        return _of_preset(str(self._preset.value))

    def _draw_network(self) -> None:
        """Draw the network of what stands in the fields, as far as that is allowed."""
        hidden, batch_norm = self._fields["hidden"], self._fields["batch_norm"]
        try:
            sizes = cast(tuple[int, ...], hidden.read())
        except HyperparameterError:
            sizes = cast(tuple[int, ...], hidden.value)
        width = self._network.content_size.width or self.size.width - 2
        self._network.set_text(network_line(sizes, bool(batch_norm.value), self._data, width))

    @on(FieldList.Edited)
    def _edited(self, message: FieldList.Edited) -> None:
        message.stop()
        if message.field.name == "hidden":
            self._draw_network()
        elif message.field is self._preset:
            self._explain(PRESET)
        self.refresh_bindings()

    @on(FieldList.Entered)
    def _entered(self, message: FieldList.Entered) -> None:
        message.stop()
        self._explain(message.field.specification)
        self.refresh_bindings()
        self.post_message(FieldEntered())

    @on(FieldList.Varied)
    def _varied(self, message: FieldList.Varied) -> None:
        message.stop()
        self.post_message(FieldVaried(message.field.name, message.field.value))

    @on(FieldList.Committed)
    def _committed(self, message: FieldList.Committed) -> None:
        message.stop()
        field, draft = message.field, self._draft()
        if field is self._preset:
            self._keep(Draft(message.before, draft.texts))
            self._put(self._baseline())
        else:
            self._keep(Draft(draft.preset, {**draft.texts, field.name: message.before}))
            self.post_message(FieldChanged(field.name, field.value))
        self._follow()

    # Back and forth

    def _keep(self, draft: Draft) -> None:
        """Remember what stood here, to come back to."""
        self._past.append(draft)
        del self._past[:-_MOST_KEPT]

    def _put(self, hyperparameters: Hyperparameters) -> None:
        """Put values into all fields, and tell of those that are others than before."""
        self._put_texts(_texts(hyperparameters))

    def _put_texts(self, texts: Mapping[str, str]) -> None:
        for name, text in texts.items():
            if self._fields[name].set_text(text):
                self.post_message(FieldChanged(name, self._fields[name].value))
        self._follow()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to undo or reset only where there is something to undo or reset."""
        match action:
            case "undo":
                return bool(self._past)
            case "reset":
                current = self._list.current
                return any(
                    map(self._differs, self._fields.values() if current is self._preset else [current])
                )
            case "reset_all":
                return any(map(self._differs, self._fields.values()))
        return True

    def _differs(self, field: HyperparameterField) -> bool:
        """Whether something else stands in a field than the preset's value."""
        return field.changed or field.is_pending

    def on_key(self, event: events.Key) -> None:
        """Say that nothing is left to undo, where the key would otherwise suspend the app."""
        if event.key == "ctrl+z" and not self._past:
            event.stop()
            self.notify(_("There is nothing to undo in the form."), severity="warning", markup=False)

    def action_undo(self) -> None:
        """Put back what stood here before the last change."""
        draft = self._past.pop()
        self._preset.set_value(draft.preset)
        self._put_texts(draft.texts)

    def action_reset(self) -> None:
        """Put the preset's value into the current field."""
        name = self._list.current.name
        if name == PRESET.name:
            self.action_reset_all()
        else:
            self._reset({name: _texts(self._baseline())[name]})

    def action_reset_all(self) -> None:
        """Put the preset's values into all fields."""
        self._reset(_texts(self._baseline()))

    def _reset(self, texts: Mapping[str, str]) -> None:
        draft = self._draft()
        if any(draft.texts[name] != text for name, text in texts.items()):
            self._keep(draft)
        self._put_texts(texts)

    # Files

    def action_save(self) -> None:
        """Ask where to save the values, which must be allowed."""
        if self.hyperparameters() is not None:
            self._ask_for_path(saving=True)

    def action_load(self) -> None:
        """Ask where to load values from."""
        if self._live:
            self.notify(_("Values can be loaded when the run has ended."), severity="warning", markup=False)
        else:
            self._ask_for_path(saving=False)

    def _ask_for_path(self, saving: bool) -> None:
        self._close_file_line()
        self.query_one(".form--help").display = False
        self.mount(FilePrompt(saving, self._path))

    @on(FilePrompt.Chosen)
    def _path_chosen(self, message: FilePrompt.Chosen) -> None:
        message.stop()
        path = message.path
        try:
            if message.saving:
                hyperparameters = self.hyperparameters()
                if hyperparameters is None:
                    return
                write_config(path, hyperparameters)
            else:
                self._load(combine(read_config(path)))
        except EngineError as error:
            for line in self.query(FilePrompt):
                line.complain(translate(error))
            return
        self._path = str(path)
        text = _("Saved to {path}.") if message.saving else _("Loaded from {path}.")
        self.notify(text.format(path=path), markup=False)
        self._give_up()

    def _load(self, hyperparameters: Hyperparameters) -> None:
        """Put other values into all fields; undo has those back that stood there."""
        self._keep(self._draft())
        self._preset.set_value(DEFAULT_PRESET)
        self._put(hyperparameters)

    @on(FilePrompt.GivenUp)
    def _give_up(self) -> None:
        self._close_file_line()
        self._list.take_keys()

    def _close_file_line(self) -> None:
        self.query(FilePrompt).remove()
        self.query_one(".form--help").display = True

    # The explanation

    def _explain(self, specification: Specification) -> None:
        about = about_presets(self._preset.text) if specification is PRESET else explanation(specification)
        self._help.update(about)
        self.query_one(".form--help").scroll_home(animate=False)

    def action_explanation(self, pages: int) -> None:
        """Scroll the explanation where it is longer than its room."""
        area = self.query_one(".form--help")
        area.scroll_relative(y=pages * max(1, area.size.height - 1), animate=False)


def _texts(hyperparameters: Hyperparameters) -> dict[str, str]:
    """Return what stands in each field for these values."""
    return {name: s.format(getattr(hyperparameters, name)) for name, s in SPECIFICATIONS.items()}


@cache
def _of_preset(name: str) -> Hyperparameters:
    """Return the values of a preset; its file is read once, not at every change of the form."""
    return combine(read_preset(name))


_MOST_KEPT = 200
"""Changes that can be undone."""
