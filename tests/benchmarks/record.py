"""The presets `record` and `quick`: what they reach, how fast they learn, and the search that led to them.

    python -m tests.benchmarks.record                  # both presets, three and five seeds, on the test set
    python -m tests.benchmarks.record --search         # one idea after the other, on validation images
    python -m tests.benchmarks record                  # throughput, against PyTorch doing the same work

The test set is evaluated once for each seed, at the end of a run; the search never looks at it.
"""

import statistics
import time
from collections.abc import Iterator

import click

from engine.data.dataset import Dataset, load_dataset
from engine.events import EpochEnded, Event, RunEnded, Stop
from engine.hyperparameters import Hyperparameters, available_cores
from engine.training.threads import limit_threads
from engine.training.trainer import Trainer
from tests.benchmarks.measuring import Row, compare
from tests.benchmarks.peers import Ours, PyTorch
from tui.presets import read_preset

SEEDS = {"quick": 5, "record": 3}
ON_VALIDATION = {"validation_size": 0.1, "monitor": "validation_accuracy"}
"""A tenth is held out while there is something to choose."""

IDEAS: dict[str, dict[str, object]] = {
    "the preset": {},
    "no distortions": {"rotation": 0, "scaling": 0, "shear": 0, "shift": 0, "elastic": 0},
    "affine alone": {"elastic": 0},
    "elastic alone": {"rotation": 0, "scaling": 0, "shear": 0, "shift": 0},
    "half the elastic": {"elastic": 0.4},
    "1.5 times the elastic": {"elastic": 1.2},
    "noise 0.1": {"noise": 0.1},
    "not deskewed": {"deskew": False},
    "no batch norm": {"batch_norm": False},
    "no label smoothing": {"label_smoothing": 0},
    "no weight averaging": {"weight_average": 0},
    "dropout 0.1": {"dropout": 0.1},
    "GELU": {"activation": "gelu"},
    "cosine": {"schedule": "cosine", "warmup_epochs": 1},
    "Adam": {"optimizer": "adam"},
    "Muon": {"optimizer": "muon"},
    "Muon, batch 1024": {"optimizer": "muon", "batch_size": 1024},
    "batch 128": {"batch_size": 128},
    "batch 512": {"batch_size": 512},
    "half the learning rate": {"learning_rate": 0.002},
    "one hidden layer of 1024": {"hidden": [1024]},
    "three hidden layers of 512": {"hidden": [512, 512, 512]},
    "768, 768": {"hidden": [768, 768]},
}
"""What was tried, each as a change of the preset `quick`."""


def preset(name: str, **changes: object) -> Hyperparameters:
    """Return a preset with some changes."""
    return Hyperparameters.from_mapping(read_preset(name) | changes)


def measure(rounds: int, only: str = "") -> Iterator[Row]:
    """Yield an epoch of `record` against PyTorch's: network, distortions and averaging alike."""
    dataset, threads = load_dataset(None), available_cores()
    hyperparameters = preset("record")
    case = f"an epoch of the preset record, {threads} threads"
    if only in case:
        with limit_threads(threads):
            ours = Ours(hyperparameters, dataset, threads)
            theirs = PyTorch(hyperparameters, dataset, threads)
            yield compare(case, {"ours": ours.epoch, "PyTorch": theirs.epoch}, rounds, 1.0)


def validated(hyperparameters: Hyperparameters, dataset: Dataset) -> tuple[float, float, float]:
    """Return validation accuracy and loss of the last epoch and the seconds of training; without a test."""
    last: EpochEnded | None = None
    trainer = Trainer(hyperparameters, dataset)
    for event in trainer:
        if isinstance(event, EpochEnded):
            last = event
            if event.epoch == hyperparameters.epochs:
                trainer.commands.put(Stop(interrupted=True))  # so that nothing is tested
    assert last is not None
    return last.validation_accuracy, last.validation_loss or float("nan"), trainer.seconds


def search(seeds: int, ideas: tuple[str, ...]) -> None:
    """Print what each idea does to validation accuracy and time."""
    dataset = load_dataset(None)
    first: float | None = None
    for name in ideas or IDEAS:
        found = [
            validated(preset("quick", **(ON_VALIDATION | IDEAS[name] | {"seed": seed})), dataset)
            for seed in range(seeds)
        ]
        accuracy, loss, seconds = (statistics.mean(column) for column in zip(*found, strict=True))
        first = accuracy if first is None else first
        click.echo(
            f"{name:28} validation accuracy {accuracy:.3%} ({100 * (accuracy - first):+.3f})  "
            f"loss {loss:.4f}  {seconds:5.1f} s of training"
        )


def final(name: str, seeds: int) -> None:
    """Print what a preset reaches on the test set, seed by seed, and how long it takes from start to end."""
    dataset = load_dataset(None)
    accuracies, times = [], []
    for seed in range(seeds):
        started = time.perf_counter()
        events: list[Event] = list(Trainer(preset(name, seed=seed), dataset))
        ended = events[-1]
        assert isinstance(ended, RunEnded) and ended.test_accuracy is not None
        accuracies.append(ended.test_accuracy)
        times.append(time.perf_counter() - started)
        click.echo(
            f"{name}, seed {seed}: test accuracy {ended.test_accuracy:.2%} with the weights of epoch "
            f"{ended.best_epoch}, {times[-1]:.0f} s"
        )
    click.echo(
        f"{name}: median {statistics.median(accuracies):.2%} of {seeds} seeds, at most {max(times):.0f} s\n"
    )


@click.command(help=__doc__)
@click.option("--search", "is_search", is_flag=True, help="Try the ideas on validation images.")
@click.option(
    "--idea", "ideas", multiple=True, type=click.Choice(list(IDEAS)), help="Only this idea; may be repeated."
)
@click.option("--preset", "presets", multiple=True, type=click.Choice(list(SEEDS)), help="Only this preset.")
@click.option("--seeds", type=int, default=None, help="How many seeds.")
def main(is_search: bool, ideas: tuple[str, ...], presets: tuple[str, ...], seeds: int | None) -> None:
    if is_search:
        search(seeds or 2, ideas)
        return
    for name in presets or SEEDS:
        final(name, seeds or SEEDS[name])


if __name__ == "__main__":
    main()
