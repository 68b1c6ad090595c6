"""The engine: a multilayer perceptron in plain NumPy, its training, and the analysis of both.

This is the public interface: a front end, a notebook or a student imports from here:

    from engine import Hyperparameters, Trainer, load_dataset

    for event in Trainer(Hyperparameters(epochs=3), load_dataset()):
        print(event)

Names are looked up when they are first used, so that what needs no NumPy (the events, the
hyperparameters, the worker's own side) does not load it.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "20")
# Before NumPy is imported: OpenBLAS's second thread then sleeps half a millisecond after a product. If not,
# it spins for 30 ms and keeps the core from all else: an AdamW step shared by two threads takes 7.1 ms beside
# it, and 4.2 ms without (784-1024-1024-1024-10, 2 cores). No bit of a run depends on it.

if TYPE_CHECKING:
    from engine.data.dataset import Dataset, load_dataset
    from engine.errors import EngineError
    from engine.hyperparameters import Hyperparameters
    from engine.network.mlp import MLP
    from engine.training.trainer import Trainer
    from engine.worker import TrainingWorker

_HOMES = {
    "Dataset": "engine.data.dataset",
    "EngineError": "engine.errors",
    "Hyperparameters": "engine.hyperparameters",
    "MLP": "engine.network.mlp",
    "Trainer": "engine.training.trainer",
    "TrainingWorker": "engine.worker",
    "load_dataset": "engine.data.dataset",
}

__all__ = [
    "MLP",
    "Dataset",
    "EngineError",
    "Hyperparameters",
    "Trainer",
    "TrainingWorker",
    "load_dataset",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
