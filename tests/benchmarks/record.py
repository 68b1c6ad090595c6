"""The presets `record` and `quick`: what they reach, how fast they learn, and the search that led to them.

    python -m tests.benchmarks.record                  # both presets, three and five seeds, on the test set
    python -m tests.benchmarks.record --search         # one idea after the other, on validation images
    python -m tests.benchmarks.record --chance         # by how much what the search finds differs by chance
    python -m tests.benchmarks.record --threads 1      # any of these beside other work
    python -m tests.benchmarks record                  # throughput, against PyTorch doing the same work

The test set is evaluated once for each seed, at the end of a run; the search never looks at it. It learns
from the first 50,000 training images and is judged by the last 10,000, most of them by other writers: an
image's nearest neighbour stands within 100 places of it 16 times as often as chance would have it.
"""

import dataclasses
import math
import statistics
import time
from collections.abc import Iterator

import click
import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import Dataset, load_dataset
from engine.events import Event, RunEnded
from engine.hyperparameters import Hyperparameters, available_cores
from engine.storage.presets import read_preset
from engine.training.threads import limit_threads
from engine.training.trainer import Trainer
from tests.benchmarks.measuring import Row, compare
from tests.benchmarks.peers import Ours, PyTorch

SEEDS = {"quick": 5, "record": 3}
LEARNED_FROM = 50_000
"""Training images that the search learns from; the others judge."""

SEARCHED: dict[str, dict[str, object]] = {"quick": {}, "record": {"epochs": 50, "warmup_epochs": 2.5}}
"""How the search changes a preset before it tries anything."""
IDEAS: dict[str, dict[str, dict[str, object]]] = {
    "quick": {
        "the preset": {},
        "no receptive fields": {"receptive_field": 0},
        "receptive fields of 6": {"receptive_field": 6},
        "no emphasis": {"emphasis": 0},
        "emphasis 0.5": {"emphasis": 0.5},
        "distortions do not fade": {"distortion_fade": 0},
        "moved images, 9 epochs": {"adversarial": 0.45, "epochs": 9},
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
        "half the learning rate": {"learning_rate": 0.005},
        "one hidden layer of 1024": {"hidden": [1024]},
        "three hidden layers of 512": {"hidden": [512, 512, 512]},
        "768, 768": {"hidden": [768, 768]},
    },
    "record": {
        "the preset": {},
        "no receptive fields": {"receptive_field": 0},
        "no emphasis": {"emphasis": 0},
        "images left where they are": {"adversarial": 0},
        "fading distortions": {"distortion_fade": 0.2},
        "one cycle": {"schedule": "one_cycle", "warmup_epochs": 0, "learning_rate": 0.005},
        "twice the learning rate": {"learning_rate": 0.016},
        "deskewed": {"deskew": True, "rotation": 8, "scaling": 0.1, "shear": 0.08, "shift": 1},
        "half the elastic": {"elastic": 0.5},
        "1.5 times the elastic": {"elastic": 1.5},
        "shift 2": {"shift": 2},
        "no label smoothing": {"label_smoothing": 0},
        "no weight averaging": {"weight_average": 0},
        "dropout 0.1": {"dropout": 0.1},
        "batch 256": {"batch_size": 256, "learning_rate": 0.003, "weight_average": 0.999},
        "three layers, 30 epochs": {"hidden": [1024, 1024, 1024], "epochs": 30},
        "1536, 1024, 36 epochs": {"hidden": [1536, 1024], "epochs": 36},
        "one layer of 2048, 60 epochs": {"hidden": [2048], "epochs": 60},
    },
}
"""What was tried, each as a change of the preset."""


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


def for_searching(dataset: Dataset) -> Dataset:
    """Return training images alone: the first to learn from, the others in the place of the test set."""
    images, labels = dataset.train_images, dataset.train_labels
    return dataclasses.replace(
        dataset,
        train_images=images[:LEARNED_FROM],
        train_labels=labels[:LEARNED_FROM],
        test_images=images[LEARNED_FROM:],
        test_labels=labels[LEARNED_FROM:],
    )


def run(hyperparameters: Hyperparameters, dataset: Dataset) -> tuple[RunEnded, float]:
    """Return how a run ended, and its seconds from start to end."""
    started = time.perf_counter()
    events: list[Event] = list(Trainer(hyperparameters, dataset))
    ended = events[-1]
    assert isinstance(ended, RunEnded)
    return ended, time.perf_counter() - started


def search(name: str, seeds: int, ideas: list[str], threads: int | None) -> None:
    """Print what each idea does to the accuracy on the images that judge, to their loss, and to the time."""
    dataset = for_searching(load_dataset(None))
    first: float | None = None
    for idea in ideas:
        changes = SEARCHED[name] | {"threads": threads} | IDEAS[name][idea]
        runs = [run(preset(name, **(changes | {"seed": seed})), dataset) for seed in range(seeds)]
        accuracy = statistics.mean(ended.test_accuracy or 0.0 for ended, _seconds in runs)
        loss = statistics.mean(ended.test_loss or float("nan") for ended, _seconds in runs)
        seconds = statistics.mean(seconds for _ended, seconds in runs)
        first = accuracy if first is None else first
        difference = f"({100 * (accuracy - first):+.3f})"
        click.echo(f"{name}: {idea:30} {accuracy:.3%} {difference}  loss {loss:.4f}  {seconds:4.0f} s")


def chance(name: str, seeds: int, threads: int | None) -> None:
    """Print by how much means over `seeds` seeds of one and the same setting differ, image by image.

    Two standard errors of such a difference, of seeds and of images, are what a search may find by chance.
    """
    dataset = for_searching(load_dataset(None))
    hyperparameters = preset(name, **(SEARCHED[name] | {"threads": threads}))
    right = []
    for seed in range(2 * seeds):
        trainer = Trainer(dataclasses.replace(hyperparameters, seed=seed), dataset)
        for _event in trainer:
            pass
        predictions = trainer.predictions(split="test")
        assert predictions is not None
        right.append(predictions.predicted == predictions.labels)
    accuracies = ", ".join(f"{np.mean(each):.3%}" for each in right)
    click.echo(
        f"{name}: {accuracies}; two standard errors of a difference of means over {seeds} seeds: "
        f"{200 * standard_error(right):.3f} points"
    )


def standard_error(right: list[NDArray[np.bool_]]) -> float:
    """Return the standard error of a difference of mean accuracies: half of the seeds against the others.

    right: for each seed, whether each image was predicted rightly, `(images,)`
    """
    seeds = len(right) // 2
    differences = np.mean(right[:seeds], axis=0) - np.mean(right[seeds:], axis=0)
    return float(np.std(differences) / math.sqrt(len(differences)))


def final(name: str, seeds: range, threads: int | None) -> None:
    """Print what a preset reaches on the test set, seed by seed, and how long it takes from start to end."""
    dataset = load_dataset(None)
    runs = []
    for seed in seeds:
        ended, seconds = run(preset(name, seed=seed, threads=threads), dataset)
        assert ended.test_accuracy is not None
        runs.append((ended.test_accuracy, seconds))
        click.echo(
            f"{name}, seed {seed}: test accuracy {ended.test_accuracy:.2%} with the weights of epoch "
            f"{ended.best_epoch}, {seconds:.0f} s"
        )
    accuracies, times = zip(*runs, strict=True)
    click.echo(
        f"{name}: median {statistics.median(accuracies):.2%} of {len(seeds)} seeds, "
        f"at most {max(times):.0f} s\n"
    )


@click.command(help=__doc__)
@click.option("--search", "is_search", is_flag=True, help="Try the ideas on validation images.")
@click.option(
    "--idea",
    "ideas",
    multiple=True,
    type=click.Choice(list(dict.fromkeys(idea for ideas in IDEAS.values() for idea in ideas))),
    help="Only this idea, of the presets that have it; may be repeated.",
)
@click.option(
    "--chance", "is_chance", is_flag=True, help="By how much the search's figures differ by chance."
)
@click.option("--preset", "presets", multiple=True, type=click.Choice(list(SEEDS)), help="Only this preset.")
@click.option("--seeds", type=int, default=None, help="How many seeds.")
@click.option("--first", default=0, help="The first seed on the test set.")
@click.option("--threads", type=int, default=None, help="BLAS threads; left out, as many as suit the preset.")
def main(
    is_search: bool,
    is_chance: bool,
    ideas: tuple[str, ...],
    presets: tuple[str, ...],
    seeds: int | None,
    first: int,
    threads: int | None,
) -> None:
    for name in presets or SEEDS:
        if is_chance:
            chance(name, seeds or 1, threads)
        elif is_search:
            known = [idea for idea in ideas or IDEAS[name] if idea in IDEAS[name]]
            search(name, seeds or 1, known, threads)
        else:
            final(name, range(first, first + (seeds or SEEDS[name])), threads)


if __name__ == "__main__":
    main()
