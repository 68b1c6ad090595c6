"""Which actions can do something now, and why not: decides which keys the footer shows."""

from tui.session.run_state import Phase, RunState
from tui.text.language import _, translate


def refusal(action: str, state: RunState) -> str | None:
    """Return why `action` can do nothing now, or None where it can."""
    phase = state.phase
    if action in ("pause_or_resume", "stop", "step") and state.watched is not None and phase.active:
        return _("Another program trains this run; here it is watched. ctrl+r starts one of your own.")
    if action == "run" and state.active:
        return _("A run is active; f4 stops it.")
    if action == "run" and phase is Phase.NO_DATA:
        return translate(state.failure) if state.failure else _("There is no data.")
    if action == "open_run" and state.active:
        return _("A stored run can be shown when the run that is active has ended; f4 stops it.")
    if action == "open_data" and state.active:
        return _("Another data set can be opened when the run that is active has ended; f4 stops it.")
    if action == "load" and state.active:
        return _("Values can be loaded when the run has ended.")
    if action in ("pause_or_resume", "stop", "step") and not state.active:
        if phase is Phase.LOADING:
            return _("The data is still being loaded; ctrl+r starts a run as soon as it is there.")
        return _("No run is active; ctrl+r starts one.")
    return None


def question(action: str, state: RunState) -> str | None:
    """Return what `action` would throw away that is not kept, or None where nothing is lost."""
    if action not in ("run", "open_data") or state.active or state.not_kept is None or not state.epochs:
        return None
    if action == "run":
        text = _("A new run takes the place of this one, which is not kept. {reason}")
        again = _("ctrl+r again starts it all the same.")
    else:
        text = _("The run that is shown makes way for other data, and is not kept. {reason}")
        again = _("enter again opens them all the same.")
    return text.format(reason=translate(state.not_kept)) + " " + again


def label(action: str, description: str, state: RunState) -> str:
    """Return the words for an action as things stand now."""
    if action == "pause_or_resume":
        return _("Resume") if state.phase is Phase.PAUSED else _("Pause")
    if action == "step":
        return _("Step")
    return _(description)
