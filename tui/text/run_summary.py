"""A stored run at a glance: as JSON, as the cells of a list, as lines for a person."""

import dataclasses
import time

from engine.events import RunEnded
from engine.specification import printable
from engine.storage.run_record import RunRecord
from tui.text.command_line import command_line
from tui.text.language import _, plural, translate
from tui.text.phrases import tested_loss


def run_fields(record: RunRecord) -> dict[str, object]:
    """Return a run at a glance, for JSON."""
    return {
        "run": record.id,
        "name": record.name,
        "note": record.note,
        "state": record.state,
        "created": when(record.created, "%Y-%m-%dT%H:%M:%S%z"),
        "network": record.network,
        "parameters": record.started.parameters,
        "own_network": record.started.network.path if record.started.network else None,
        "optimizer": None if record.started.network else record.hyperparameters.optimizer,
        "epochs": record.epochs,
        "best_epoch": record.best_epoch,
        "best_validation_accuracy": record.best_validation_accuracy,
        "best_validation_loss": record.best_validation_loss,
        "test_accuracy": record.test_accuracy,
        "test_loss": record.test_loss,
        "seconds": record.seconds,
        "seed": record.hyperparameters.seed,
        "version": record.version,
        "data": dataclasses.asdict(record.started.data),
        "failure": record.failure,
    }


def run_cells(record: RunRecord) -> tuple[str, ...]:
    """Return the cells of a run in the list."""
    return (
        record.id,
        when(record.created, "%Y-%m-%d %H:%M"),
        record.network,
        optimizer_cell(record),
        _accuracy(record.best_validation_accuracy),
        _accuracy(record.test_accuracy),
        f"{record.epochs}/{record.hyperparameters.epochs}",
        f"{record.seconds:.1f}",
        translate(record.state_name),
        printable(record.name, limit=40),
    )


def run_description(record: RunRecord, ended: RunEnded | None) -> list[tuple[str, str]]:
    """Return what there is to say of a run, line by line."""
    data, environment = record.started.data, record.started.environment
    lines = [
        (_("run"), record.id),
        (_("name"), printable(record.name, limit=200)),
        (_("note"), printable(record.note, limit=1000)),
        (_("state"), translate(record.state_name)),
        (_("failure"), printable(record.failure or "", limit=200)),
        (_("when"), when(record.created, "%Y-%m-%d %H:%M:%S")),
        (
            _("network"),
            _("{network}, {parameters:,} parameters").format(
                network=record.network, parameters=record.started.parameters
            ),
        ),
        (_("own network"), _own_network(record)),
        (_("data"), f"{printable(data.name)} ({data.fingerprint})"),
        (
            _("machine"),
            f"{environment.machine}, NumPy {environment.numpy}, {environment.blas}, "
            + plural("{count} thread", "{count} threads", environment.threads),
        ),
        (_("program"), f"mlp-tui {record.version}"),
        (_("command"), command_line(record.hyperparameters, record.data, record.started.network)),
    ]
    if record.best_epoch is not None:
        lines.append(
            (
                _("best"),
                _("epoch {epoch}: validation accuracy {accuracy}, loss {loss}").format(
                    epoch=record.best_epoch,
                    accuracy=_accuracy(record.best_validation_accuracy),
                    loss=loss_cell(record.best_validation_loss),
                ),
            )
        )
    if record.test_accuracy is not None:
        text = _("accuracy {accuracy}, loss {loss}").format(
            accuracy=_accuracy(record.test_accuracy),
            loss=tested_loss(
                record.test_loss,
                ended.plain_test_loss if ended else None,
                record.hyperparameters.label_smoothing,
            ),
        )
        evaluations = ended.test_looks if ended else None
        if evaluations is not None:
            text += "  " + plural(
                "(network {count} on this test set)", "(network {count} on this test set)", evaluations
            )
        lines.append((_("test"), text))
    return [(name, value) for name, value in lines if value]


def optimizer_cell(record: RunRecord) -> str:
    """Return the optimizer of a run; a person's own network is one's own."""
    return _("own") if record.started.network else record.hyperparameters.optimizer


def when(seconds: float, form: str) -> str:
    """Return a moment, given in seconds since 1970, in local time."""
    try:
        return time.strftime(form, time.localtime(seconds))
    except (ValueError, OverflowError, OSError):  # a year that no calendar has
        return "–"


def _own_network(record: RunRecord) -> str:
    """Return where a person's own network stood, and whether its weights are kept."""
    network = record.started.network
    if network is None:
        return ""
    text = printable(network.source, limit=500)
    return f"{text}  {translate(network.why_not)}" if network.differs else text


def _accuracy(share: float | None) -> str:
    return "–" if share is None else f"{share:.2%}"


def loss_cell(value: float | None) -> str:
    """Return a loss with four decimals, or a dash where there is none."""
    return "–" if value is None else f"{value:.4f}"
