"""The form and where it stands: beside the tabs, or over them where the screen is narrow."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from textual.app import SystemCommand
from textual.containers import Container

from engine.hyperparameters import Hyperparameters
from engine.sentences import Sentence
from engine.storage.presets import DEFAULT_PRESET
from tui.panels.local_keys import local_keys
from tui.session.run_state import RunState
from tui.text.language import _, plural, translate
from tui.widgets.hyperparameter_form import Draft, HyperparameterForm


class FormDrawer(Container):
    """Shows and hides the form, which is mounted after the first paint.

    It is no modal screen: every key goes on working while it is open.
    """

    DEFAULT_CSS = """
    FormDrawer {
        width: 44;
        border: round $foreground 25%;
        border-title-style: bold;
        border-title-color: $foreground;
        &:focus-within { border: round $primary; }
        &.-closed { display: none; }
    }
    """

    def __init__(
        self, initial: Hyperparameters, preset: str = DEFAULT_PRESET, *, drafts: Sequence[Draft] = ()
    ) -> None:
        """Hold a form that opens on `initial`, or on what `drafts` of a drawer before say."""
        super().__init__(id="drawer")
        self.border_title = _("Hyperparameters")
        self._initial = initial
        self._preset = preset
        self._drafts = drafts
        self._form: HyperparameterForm | None = None

    async def mount_rest(self, state: RunState) -> None:
        """Mount the form."""
        form = HyperparameterForm(self._initial, self._preset, drafts=self._drafts)
        await self.mount(form)
        self._form = form
        self.show(state)

    def show(self, state: RunState) -> None:
        """Draw the network for the data, and mark what can change in a run that is active."""
        if self._form is not None:
            self._form.show_data(state.data)
            self._form.show_duration(state.estimate)
            in_run = state.hyperparameters
            self._form.mark(
                state.phase.active and state.watched is None,
                in_run.optimizer if in_run else None,
                own_network=state.started is not None and state.started.network is not None,
            )

    def hyperparameters(self) -> Hyperparameters | None:
        """Return what stands in the form, or None after going to the first value that is not allowed."""
        if self._form is None:
            return self._initial
        hyperparameters = self._form.hyperparameters()
        if hyperparameters is None:
            self.open()
        return hyperparameters

    @property
    def committed(self) -> Hyperparameters:
        """What the fields hold, without what is being typed."""
        return self._initial if self._form is None else self._form.committed

    def put(self, hyperparameters: Hyperparameters) -> None:
        """Put other values into the form."""
        if self._form is None:
            self._initial = hyperparameters
        else:
            self._form.replace(hyperparameters)

    def hide(self, names: Sequence[str]) -> None:
        """Leave these fields out of the form, and say how many; none: show all again."""
        if self._form is not None:
            self._form.hide(names)
            text = plural("{count} field is hidden", "{count} fields are hidden", len(names))
            self.border_subtitle = text if names else ""

    def change(self, values: Mapping[str, object]) -> None:
        """Put other values into some fields."""
        if self._form is None:
            for name, value in values.items():
                self._initial = self._initial.changed(name, value)
        else:
            self._form.change(values)

    def recreate(self) -> "FormDrawer":
        """Return a drawer that goes on with what stands in this one."""
        drafts = self._drafts if self._form is None else self._form.drafts()
        drawer = FormDrawer(self._initial, self._preset, drafts=drafts)
        return drawer.set_class(self.has_class("-open"), "-open").set_class(
            self.has_class("-closed"), "-closed"
        )

    def commands(self) -> Iterator[SystemCommand]:
        """Yield what the form can do, for the command palette."""
        if self._form is not None:
            for key in local_keys([self._form]):
                if key.binding.show:
                    title = _("Form: {action}").format(action=_(key.binding.description))
                    yield SystemCommand(title, _(key.binding.tooltip), partial(key.press, self.app))

    def show_error(self, name: str, message: Sentence) -> None:
        """Open the form at the field that is to blame."""
        self.open()
        if self._form is not None:
            self._form.show_error(name, translate(message))

    @property
    def contains_focus(self) -> bool:
        """Whether a field has the focus, so that letters and digits are its own."""
        focused = self.screen.focused if self.is_attached else None  # it is not while the screen is made anew
        return focused is not None and self in focused.ancestors

    @property
    def _is_over_tabs(self) -> bool:
        wide = self.is_attached and (self.screen.has_class("-wide") or self.screen.has_class("-roomy"))
        return not wide

    @property
    def covers_tabs(self) -> bool:
        """Whether the form is open, and in front of the tabs."""
        return self.display and self._is_over_tabs

    def toggle(self) -> None:
        """Go to the form; from there, or where it covers the tabs, close it."""
        if self.display and (self.contains_focus or self._is_over_tabs):
            self.close()
        else:
            self.open()

    def open(self) -> None:
        """Show the form and go to its first field, unless one has the focus already."""
        self.add_class("-open").remove_class("-closed")
        self.call_after_refresh(self._go_to_first_field)

    def close(self) -> None:
        """Hide the form."""
        self.remove_class("-open").set_class(not self._is_over_tabs, "-closed")
        if self.contains_focus:
            self.screen.set_focus(None)

    def uncover(self) -> None:
        """Close the form where it covers the tabs."""
        if self._is_over_tabs:
            self.close()

    def leave(self) -> None:
        """Give the keys back to the tabs."""
        self.uncover()
        if self.contains_focus:
            self.screen.set_focus(None)

    def _go_to_first_field(self) -> None:
        if self.is_attached and self.display and not self.contains_focus:
            fields = (widget for widget in self.query("*") if widget.focusable)
            self.screen.set_focus(next(fields, None))
