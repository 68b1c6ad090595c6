"""What a panel says as long as it has nothing to show."""

from tui.session.run_state import Phase, RunState
from tui.text.language import _, translate


def what_is_missing(state: RunState) -> str:
    """Say why there is no figure yet, and which key brings one."""
    if state.watched is not None:
        return _("{name} has told no confusion matrix so far.").format(name=state.watched.name)
    match state.phase:
        case Phase.LOADING:
            return _("The data is being read. ctrl+r starts a run as soon as it is there.")
        case Phase.NO_DATA:
            return _("No run can start without data.") + _failure(state)
        case Phase.READY:
            return _("ctrl+r starts a run.")
        case Phase.RUNNING:
            return _("The first figures come when the first epoch ends.")
        case Phase.PAUSED:
            return _("The first figures come when the first epoch ends. f3 resumes the run.")
        case Phase.ENDED:
            return _("The run ended before its first epoch was complete. ctrl+r starts another.")
        case Phase.FAILED:
            return _("The run failed. ctrl+r starts another.") + _failure(state)


def _failure(state: RunState) -> str:
    return "\n" + translate(state.failure) if state.failure else ""
