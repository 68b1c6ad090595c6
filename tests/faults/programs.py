"""The program in a process of its own, on a slice of the real MNIST, and what it leaves in its store."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.data.dataset import load_dataset
from engine.storage import checkpoint, snapshots
from engine.storage.recorder import BEST, LAST
from engine.storage.runs import RunStore

ROOT = Path(__file__).parents[2]
TIMEOUT = 60.0
"""Seconds after which a program that says nothing counts as hanging."""


def write_data(path: Path, training: int = 2000, test: int = 1000) -> Path:
    """Write the first images of MNIST as an `.npz` file."""
    mnist = load_dataset()
    np.savez(
        path,
        x_train=mnist.train_images[:training],
        y_train=mnist.train_labels[:training],
        x_test=mnist.test_images[:test],
        y_test=mnist.test_labels[:test],
    )
    return path


class Program:
    """`mlp-tui` with some arguments, whose JSON lines are predicted they come."""

    def __init__(self, home: Path, *arguments: object) -> None:
        """Start it; `home` is the folder of its store."""
        home.mkdir(parents=True, exist_ok=True)
        self._out, self._err = home.with_name("out"), home.with_name("err")
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tui.cli", *map(str, arguments), "--json"],
                cwd=ROOT,
                env=os.environ | {"MLP_TUI_HOME": str(home), "LANGUAGE": "en"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Return what it said so far of one kind; a line that is cut off does not count."""
        whole = self._out.read_bytes().rpartition(b"\n")[0].splitlines()
        return [event for event in map(json.loads, whole) if event["event"] == kind]

    def wait_for(self, kind: str) -> bool:
        """Wait until it says something of a kind; return whether it did before it ended."""
        until = time.monotonic() + TIMEOUT
        while time.monotonic() < until:
            over = self.process.poll() is not None
            if self.events(kind):
                return True
            if over:
                return False
            time.sleep(0.005)
        self.process.kill()
        raise TimeoutError(f"{kind} was not said in {TIMEOUT} s")

    def wait(self) -> int:
        """Wait for its end; return the exit status."""
        try:
            return self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    @property
    def complaint(self) -> str:
        """The last line on its stderr."""
        return (self._err.read_text().strip().splitlines() or [""])[-1]


def integrity(home: Path) -> str:
    """Return what SQLite says of the database: `ok`."""
    connection = sqlite3.connect(home / "runs.db")
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        connection.close()


WEIGHTS = ("last.npz", "random generators", "position", "best.npz")
"""What of a picture is not in the database."""


def picture(store: RunStore, run: str) -> dict[str, object]:
    """Return all that a run has come to, without times: two runs with the same bits have equal pictures."""
    ended = store.ended(run)
    return {
        "epochs": [replace(epoch, seconds=0.0, samples_per_second=0.0) for epoch in store.epochs(run)],
        "happenings": store.other_events(run),
        "end": replace(ended, seconds=0.0, test_looks=None) if ended else None,
        "state": store.record(run).state,
        **dict.fromkeys(WEIGHTS),
        **_weights(store.checkpoints(run)),
    }


def _weights(folder: Path) -> dict[str, object]:
    """Return what the checkpoints that there are hold."""
    found: dict[str, object] = {}
    if (folder / LAST).exists():
        last = snapshots.load(folder / LAST)
        learner = last.learner
        found["last.npz"] = {name: vector.tobytes() for name, vector in learner.vectors.items()}
        found["random generators"] = learner.order_rng, learner.dropout_rng
        found["position"] = last.epoch, last.step, learner.position, last.schedule, last.early_stopping
    if (folder / BEST).exists():
        best = checkpoint.load(folder / BEST)
        found["best.npz"] = best.epoch, best.parameters.tobytes(), best.statistics.tobytes()
    return found


def differences(ours: dict[str, object], theirs: dict[str, object]) -> list[str]:
    """Return the names of what differs between two pictures."""
    return [name for name in theirs if ours[name] != theirs[name]]
