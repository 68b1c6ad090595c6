"""Resident memory at its peak, and how the time of an epoch grows with the data."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine.data.dataset import load_dataset
from tests.benchmarks.measuring import Row

MEGABYTE = 1e6
REPEATS = 10
STARTER = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""Runs a command and prints its peak: to a process, Linux counts the memory of the one that started it."""


def measure(rounds: int, only: str = "") -> Iterator[Row]:
    """Train without a screen, once with MNIST and once with ten times as much of it."""
    if only and only not in "memory, time of an epoch":
        return
    peak, _ = _train("--epochs", "2")
    yield Row(
        "memory, default run",
        f"{peak:.0f} MB",
        "goal 220 MB",
        peak,
        220.0,
        at_most=True,
        unit="MB",
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "repeated.npz"
        size = _repeat(path) / MEGABYTE
        small, large = [], []
        for _ in range(max(rounds // 2, 1)):
            small.append(_train("--epochs", "2")[1])
            peak, seconds = _train("--epochs", "2", "--data", str(path))
            large.append(seconds)
    yield Row(
        f"memory beyond the data, {REPEATS} x the images",
        f"{peak - size:.0f} MB",
        f"data {size:.0f} MB",
        peak - size,
        200.0,
        at_most=True,
        unit="MB",
    )
    yield Row(
        f"time of an epoch, {REPEATS} x the images",
        f"{min(large):.2f} s",
        f"{REPEATS} x {min(small):.3f} s",
        min(large) / min(small) / REPEATS,
        1.15,
        at_most=True,
    )


def _train(*options: str) -> tuple[float, float]:
    """Run `mlp-tui train`; return its peak resident memory in MB and the seconds of its quickest epoch."""
    command = [sys.executable, "-c", STARTER, sys.executable, "-m", "tui.cli", "train", "--json", *options]
    *lines, peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    events = [json.loads(line) for line in lines]
    peak_bytes = int(peak) * (1 if sys.platform == "darwin" else 1024)
    return peak_bytes / MEGABYTE, min(e["seconds"] for e in events if e["event"] == "epoch_ended")


def _repeat(path: Path) -> int:
    """Write the repeated data set; return the bytes of its images."""
    data = load_dataset(None)
    images = np.tile(data.train_images, (REPEATS, 1, 1))
    np.savez(
        path,
        x_train=images,
        y_train=np.tile(data.train_labels, REPEATS),
        x_test=data.test_images,
        y_test=data.test_labels,
    )
    return images.nbytes + data.test_images.nbytes
