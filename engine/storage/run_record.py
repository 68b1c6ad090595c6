"""The record of a stored run: its row in the table of runs."""

import re
from dataclasses import dataclass

from engine.data.location import Location
from engine.errors import StoreError
from engine.events import RunStarted
from engine.hyperparameters import Hyperparameters
from engine.sentences import N_, Sentence

STATE_NAMES = {
    "running": N_("running"),
    "completed": N_("completed"),
    "stopped_early": N_("stopped early"),
    "stopped": N_("stopped"),
    "diverged": N_("diverged"),
    "interrupted": N_("interrupted"),
    "failed": N_("failed"),
}
STATES = tuple(STATE_NAMES)
MAX_NAME_LENGTH = 200
ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")
"""What an id looks like, which is also the name of a folder."""


@dataclass(frozen=True)
class RunRecord:
    """The record of a stored run.

    state: one of `STATES`; created: seconds since 1970; epochs: how many are done
    data: where its data set is, as `load_dataset` takes it; None if in the program itself
    started: as it was told when the run began; hyperparameters: as they are now, live changes included
    seconds: of training; failure: why a run failed, for people; deleted: when, None if it was not
    The figures are of the best epoch, None where there is none.
    """

    id: str
    name: str
    note: str
    state: str
    created: float
    deleted: float | None
    version: str
    data: Location | None
    started: RunStarted
    hyperparameters: Hyperparameters
    epochs: int
    best_epoch: int | None
    best_validation_accuracy: float | None
    best_validation_loss: float | None
    test_accuracy: float | None
    test_loss: float | None
    seconds: float
    failure: str | None

    @property
    def network(self) -> str:
        """The sizes of its layers, such as 784-128-10."""
        return "-".join(map(str, self.started.layer_sizes))

    @property
    def state_name(self) -> Sentence:
        """What its state is called, for people."""
        return Sentence(STATE_NAMES[self.state])


def checked_id(run: str) -> str:
    """Return the id of a run, if it can be the name of a folder in the store's own.

    Raises:
        StoreError: when it cannot.
    """
    if not ID.fullmatch(run):
        raise StoreError(N_("“{run}” cannot be the id of a run."), run=run)
    return run


def damaged_rows_sentence(rows: int) -> Sentence:
    """Return what there is to say where rows of a run were left out."""
    return Sentence(
        N_("What is kept of this run is damaged in part; rows that are left out: {rows:,}."), {"rows": rows}
    )


def storable(text: str, limit: int) -> str:
    """Return a text as valid UTF-8, no longer than `limit`; a shell may pass bytes that are not text."""
    return text[:limit].encode(errors="replace").decode()
