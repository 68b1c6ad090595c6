"""Training and inference against the peers."""

import contextlib
import time
from collections.abc import Iterator

from engine.data.dataset import Dataset, load_dataset
from engine.events import EpochEnded, to_json
from engine.hyperparameters import Hyperparameters, available_cores
from engine.training.threads import default_threads, limit_threads
from engine.training.trainer import Trainer
from tests.benchmarks.compiled import Jax
from tests.benchmarks.measuring import Row, compare
from tests.benchmarks.peers import Floor, Ours, PyTorch, ScikitLearn, Textbook

SMALL = Hyperparameters()
SMALL_ADAM = Hyperparameters(optimizer="adam")
LARGE = Hyperparameters(
    hidden=(1024, 1024, 1024), batch_norm=True, dropout=0.2, batch_size=256, optimizer="adamw"
)

AGAINST_PYTORCH = {
    "784-128-10, batch 64, SGD": (SMALL, 2.0),
    "784-128-10, batch 64, Adam": (SMALL_ADAM, 1.7),
    "784-128-10, batch 256, SGD": (Hyperparameters(batch_size=256), 1.4),
    "784-128-10, batch 256, Adam": (Hyperparameters(batch_size=256, optimizer="adam"), 1.4),
    "784-1024-1024-1024-10, batch norm, dropout, batch 256, AdamW": (LARGE, 1.0),
}
AGAINST_FUSED = {"784-128-10, batch 64, SGD": SMALL, "784-128-10, batch 64, Adam": SMALL_ADAM}
AGAINST_JAX = {"784-128-10, batch 64, SGD": (SMALL, 1.05), "784-128-10, batch 64, Adam": (SMALL_ADAM, 1.2)}
"""How many times as long as JAX an epoch may take on two cores."""
AGAINST_SCIKIT_LEARN = {"SGD": SMALL, "Adam": SMALL_ADAM}


def measure(rounds: int, only: str = "") -> Iterator[Row]:
    """Yield one row a case: an epoch of ours against an epoch of theirs, with the same number of threads."""
    dataset = load_dataset(None)
    for name, (hyperparameters, goal) in AGAINST_PYTORCH.items():
        for threads in range(1, available_cores() + 1):
            case = f"{name}, {_plural(threads)}"
            if only in case:
                with limit_threads(threads):
                    ours = Ours(hyperparameters, dataset, threads)
                    theirs = PyTorch(hyperparameters, dataset, threads)
                    yield compare(case, {"ours": ours.epoch, "PyTorch": theirs.epoch}, rounds, goal)
    for name, hyperparameters in AGAINST_FUSED.items():
        for threads in range(1, available_cores() + 1):
            if only in (case := f"{name}, {_plural(threads)}, fused"):
                with limit_threads(threads):
                    ours = Ours(hyperparameters, dataset, threads)
                    theirs = PyTorch(hyperparameters, dataset, threads, fused=True)
                    yield compare(case, {"ours": ours.epoch, "PyTorch, fused": theirs.epoch}, rounds, 1.0)
    for name, (hyperparameters, goal) in AGAINST_JAX.items():
        for threads in range(1, available_cores() + 1):
            if only in (case := f"{name}, {_plural(threads)}, compiled"):
                with (
                    limit_threads(threads),
                    contextlib.closing(Jax(hyperparameters, dataset, threads)) as jax,
                ):
                    ours = Ours(hyperparameters, dataset, threads)
                    yield compare(case, {"ours": ours.epoch, "JAX": jax.epoch}, rounds, goal, at_most=True)
    with limit_threads(1):
        for name, hyperparameters in AGAINST_SCIKIT_LEARN.items():
            if only in (case := f"784-128-10, batch 64, {name}, 1 thread"):
                ours = Ours(hyperparameters, dataset)
                peer = ScikitLearn(hyperparameters, dataset)
                yield compare(case, {"ours": ours.epoch, "scikit-learn": peer.epoch}, rounds, 2.5)
        if only in (case := "784-128-10, batch 64, SGD, 1 thread, textbook"):
            ours, textbook = Ours(SMALL, dataset), Textbook(SMALL, dataset)
            yield compare(case, {"ours": ours.epoch, "textbook": textbook.epoch}, rounds, 5.0)
        ours = Ours(SMALL, dataset)
        floor = Floor(SMALL, len(ours.learner.split.training), dataset.pixels, dataset.classes)
        if only in (case := "784-128-10, batch 64, SGD, 1 thread, floor"):
            contenders = {"ours": ours.epoch, "matrix products": floor.epoch}
            yield compare(case, contenders, rounds, 1.5, at_most=True)
        if only in (
            case := "784-128-10, batch 64, SGD, 1 thread, the textbook's floor"
        ):  # how far one can get
            contenders = {"matrix products": floor.epoch, "textbook": Textbook(SMALL, dataset).epoch}
            yield compare(case, contenders, rounds, 5.0)
        if only in (case := "inference of the test images, 1 thread"):
            ours, theirs = Ours(SMALL, dataset), PyTorch(SMALL, dataset, 1)
            yield compare(case, {"ours": ours.infer, "PyTorch": theirs.infer}, 4 * rounds, 1.0)
    if only in (case := "784-128-10, batch 64, SGD, an observer of every event"):
        yield compare(
            case,
            {"with": lambda: _observed(dataset), "without": lambda: _unobserved(dataset)},
            2 * rounds,
            1.02,
            at_most=True,
        )


def _observed(dataset: Dataset) -> float:
    """Return the seconds of training of two epochs whose every event is made into JSON."""
    seconds = 0.0
    for event in Trainer(Hyperparameters(epochs=2), dataset):
        to_json(event)
        if isinstance(event, EpochEnded):
            seconds += event.seconds
    return seconds


def _unobserved(dataset: Dataset) -> float:
    """Return the seconds of training of two epochs without a trainer, events or commands."""
    hyperparameters = Hyperparameters(epochs=2)
    ours = Ours(hyperparameters, dataset)
    threads = default_threads(ours.learner.network.sizes, hyperparameters.batch_size, available_cores())
    with limit_threads(threads):
        started = time.perf_counter()
        for _ in range(hyperparameters.epochs):
            ours.epoch()
        return time.perf_counter() - started


def _plural(threads: int) -> str:
    return "1 thread" if threads == 1 else f"{threads} threads"
