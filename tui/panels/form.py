"""The form beside the tabs: what the next run is made with, and what this one still lets you change."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical

from engine.hyperparameters import Hyperparameters
from engine.sentences import Sentence
from engine.storage.presets import DEFAULT_PRESET
from tui.session.run_state import RunState
from tui.text.language import translate
from tui.widgets.hyperparameter_form import Draft, HyperparameterForm


class FormPanel(Vertical):
    """The form, told of the data and whether a run is active."""

    def __init__(
        self,
        initial: Hyperparameters,
        preset: str = DEFAULT_PRESET,
        *,
        drafts: Sequence[Draft] = (),
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.form = HyperparameterForm(initial, preset, drafts=drafts)

    def compose(self) -> ComposeResult:
        """Yield the form."""
        yield self.form

    def show(self, state: RunState) -> None:
        """Draw the network for the data, and mark what takes effect at once as long as a run is active."""
        self.form.show_data(state.data)
        in_run = state.hyperparameters
        self.form.mark(state.phase.active, in_run.optimizer if in_run else None)

    def hyperparameters(self) -> Hyperparameters | None:
        """Return what stands in the form, or None after pointing out the first value that is not allowed."""
        return self.form.hyperparameters()

    def show_error(self, name: str, sentence: Sentence) -> None:
        """Show what is wrong by the field that is to blame."""
        self.form.show_error(name, translate(sentence))
