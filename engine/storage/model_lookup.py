"""Finds a stored run or a model by id, beginning of an id, name, `latest`, or file."""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.data.location import Location, parts
from engine.errors import DataError, StoreError
from engine.sentences import N_
from engine.specification import printable
from engine.storage.run_record import RunRecord
from engine.storage.runs import RunStore

if TYPE_CHECKING:
    from engine.data.dataset import Dataset
    from engine.storage.checkpoint import Checkpoint

GONE = N_(
    "The run {run} learned from {path}, which does not exist any more; on the command line --data says where "
    "it is now."
)
UNREADABLE = N_("The run {run} learned from {path}, which cannot be read any more. {reason}")
CHANGED = N_(
    "The run {run} learned from {path}, which has changed since: its images or labels are others now."
)
NOT_INSIDE = N_(
    "The run {run} learned from {path}, of which no place is kept; on the command line --data says where it "
    "is."
)
MODEL_ENDINGS = (".npz", ".safetensors")


@contextlib.contextmanager
def open_store(folder: Path) -> Iterator[RunStore]:
    """Yield the store in `folder`, with runs whose process died marked as interrupted.

    Raises:
        StoreError: when it cannot be opened.
    """
    with contextlib.closing(RunStore(folder)) as store:
        store.recover()
        yield store


@dataclass(frozen=True)
class FoundModel:
    """A model that was found. record: its run; None if it was read from a file."""

    checkpoint: "Checkpoint"
    record: RunRecord | None


def find_model(name: str, folder: Path) -> FoundModel:
    """Return the best weights of a run in the store at `folder`, or those in a file.

    Raises:
        StoreError: when there is no such run, or none of its epochs ended.
        CheckpointError: when the file cannot be read.
    """
    from engine.storage.export import load_model

    path = Path(name)
    if path.suffix.lower() in MODEL_ENDINGS or path.is_file():
        return FoundModel(load_model(path), None)
    with open_store(folder) as store:
        record = store.find(name)
    return FoundModel(best_model(store, record), record)


def best_model(store: RunStore, record: RunRecord) -> "Checkpoint":
    """Return the best weights of a run.

    Raises:
        StoreError: when none of its epochs ended.
        CheckpointError: when the file cannot be read.
    """
    from engine.storage import checkpoint
    from engine.storage.recorder import BEST

    best = store.checkpoints(record.id) / BEST
    if record.started.network is not None and not best.exists() and record.best_epoch is not None:
        raise StoreError(record.started.network.why_not.template, **record.started.network.why_not.values)
    if record.best_epoch is None and not best.exists():
        raise no_weights(record)
    return checkpoint.load(best)


def no_weights(record: RunRecord) -> StoreError:
    """Return the error for a run without weights."""
    return StoreError(N_("The run {run} has no weights: none of its epochs ended."), run=record.id)


def data_of(record: RunRecord | None, given: Location | None) -> Location | None:
    """Return where a run's data are, None for the built-in data; what the command line says wins."""
    return record.data if given is None and record is not None else given


def load_data(record: RunRecord | None, given: Location | None) -> "Dataset":
    """Return the data of a run, or those that the command line names in their place.

    Raises:
        DataError: when those of the run are gone, or have changed, or no data can be read.
    """
    from engine.data.dataset import load_dataset

    if given is not None or record is None:
        return load_dataset(given)
    return data_of_run(record, load_dataset)


def data_of_run(
    record: RunRecord, load: "Callable[[Location | None], Dataset]", *, changed: bool = False
) -> "Dataset":
    """Return the data that a run learned from.

    load: reads them; changed: whether they may have changed since

    Raises:
        DataError: when they are gone, cannot be read any more, or have changed.
    """
    path = None if record.data is None else parts(record.data)[0]
    where = {
        "run": record.id,
        "path": record.started.data.name if path is None else printable(str(path), 4096),
    }
    try:
        dataset = load(record.data)
    except DataError as error:
        if path is None:
            raise
        if not os.path.exists(path):  # noqa: PTH110 (no error for a folder that may not be entered)
            raise DataError(GONE, **where) from None
        raise DataError(UNREADABLE, **where, reason=error.sentence) from None
    if not changed and dataset.fingerprint != record.started.data.fingerprint:
        raise DataError(NOT_INSIDE if path is None else CHANGED, **where)
    return dataset


def count_test_evaluation(dataset: "Dataset", model: "Checkpoint", folder: Path) -> int | None:
    """Keep that a model was evaluated on a test set; return how many were, None where nothing is kept."""
    try:
        with open_store(folder) as store:
            return store.count_test_evaluation(dataset, model.fingerprint)
    except StoreError:
        return None
