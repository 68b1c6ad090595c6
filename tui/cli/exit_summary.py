"""What the plain terminal says of the last run when the app has gone: no Textual in it."""

from engine.events import RunEnded, RunStarted
from tui.session.run_state import RunState
from tui.text.language import _, plural, translate
from tui.text.phrases import ending, evaluation_count_text, percent


def exit_summary(state: RunState) -> str:
    """Return two to five lines on the run, or nothing where there was none.

    A run that was left in its middle was not tested, and says so.
    """
    if state.started is None or state.stored is not None or state.watched is not None:
        return ""
    lines = [_network(state.started)]
    if state.ended is not None:
        lines.append(_end(state.ended))
    elif state.failure is not None and not state.active:
        lines.append(_("Failed: {reason}").format(reason=translate(state.failure)))
    else:
        lines.append(_left(state))
    lines += _best(state)
    can_go_on = state.not_kept is None and state.started.network is None
    if state.ended is None and state.failure is None and can_go_on:
        lines.append(_("`mlp-tui resume {run}` goes on from here").format(run=state.started.run))
    return "\n".join(lines)


def _network(started: RunStarted) -> str:
    return _("{network}, {parameters:,} parameters, on {data}").format(
        network="-".join(map(str, started.layer_sizes)),
        parameters=started.parameters,
        data=started.data.name,
    )


def _end(ended: RunEnded) -> str:
    epochs = plural("{count} epoch", "{count} epochs", ended.epochs)
    return _("{reason} after {epochs}, {seconds:.1f} s of training").format(
        reason=ending(ended.reason), epochs=epochs, seconds=ended.seconds
    )


def _left(state: RunState) -> str:
    """Return where a run was left that had not ended."""
    epoch = state.batch.epoch if state.batch else state.epochs_done or 1
    epochs = state.hyperparameters.epochs if state.hyperparameters else epoch
    text = _("Left in epoch {epoch} of {epochs}; the test set was not evaluated")
    return text.format(epoch=epoch, epochs=epochs)


def _best(state: RunState) -> list[str]:
    """Return how well the best epoch did in validation, and in the test where there was one."""
    best, ended = state.best, state.ended
    if best is None:
        return [_("No epoch was complete, so there is no accuracy")]
    lines = [
        _("Best epoch {epoch}: validation accuracy {accuracy}").format(
            epoch=best.epoch, accuracy=percent(best.validation_accuracy or 0.0)
        )
    ]
    if ended is not None and ended.test_accuracy is not None:
        test = _("Test accuracy {accuracy}").format(accuracy=percent(ended.test_accuracy))
        lines.append(
            test if ended.test_looks is None else f"{test}  {evaluation_count_text(ended.test_looks)}"
        )
    return lines
