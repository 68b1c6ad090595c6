"""Makes the trainer that resumes a stored run."""

import contextlib
from pathlib import Path
from queue import SimpleQueue

from engine.commands import Command
from engine.data.dataset import Dataset
from engine.errors import StoreError
from engine.sentences import N_
from engine.storage import snapshots
from engine.storage.recorder import LAST
from engine.storage.run_record import RunRecord
from engine.storage.runs import RunStore
from engine.training.trainer import Trainer


def trainer_for_id(
    home: Path | None,
    run: str,
    dataset: Dataset,
    commands: "SimpleQueue[Command]",
    *,
    epochs: int | None = None,
) -> Trainer:
    """Return the trainer that resumes a run of the store at `home`, as `trainer_for` does.

    Raises:
        EngineError: when that cannot be done.
    """
    if home is None:
        raise StoreError(N_("There is no run {run}."), run=run)
    with contextlib.closing(RunStore(home)) as store:
        return trainer_for(store, store.record(run), dataset, commands, epochs=epochs)


def trainer_for(
    store: RunStore,
    record: RunRecord,
    dataset: Dataset,
    commands: "SimpleQueue[Command] | None" = None,
    *,
    epochs: int | None = None,
) -> Trainer:
    """Return the trainer that resumes a run, with the same bits as if it had never been interrupted.

    A run without a checkpoint starts over, with its seed. `Trainer.from_snapshot` says what another number of
    `epochs` means.

    Raises:
        RunIsBusyError: when it is under way.
        StoreError: when it diverged, since it would again.
        CheckpointError: when its checkpoint is damaged, or the data are others.
        HyperparameterError: when there is nothing left to learn.
    """
    store.lock_run(record.id).release()
    if record.started.network is not None:
        raise StoreError(
            N_(
                "The run {run} is of a network of one's own, which cannot be resumed: what its class needs "
                "to go on is not known. `mlp-tui train --network {file}` starts another."
            ),
            run=record.id,
            file=record.started.network.file,
        )
    if record.state == "diverged":
        raise StoreError(
            N_(
                "The run {run} diverged, and would again; start another with a lower learning rate "
                "(`mlp-tui runs show {run}` prints its command)."
            ),
            run=record.id,
        )
    last = store.checkpoints(record.id) / LAST
    if last.exists():
        trainer = Trainer.from_snapshot(snapshots.load(last), dataset, commands, epochs=epochs)
        trainer.name = record.name
        return trainer
    hyperparameters = record.started.hyperparameters
    if epochs is not None:
        hyperparameters = hyperparameters.changed("epochs", epochs)
    return Trainer(hyperparameters, dataset, commands, name=record.name, run=record.id)
