"""`kill -9` at random moments of a run: what was kept is whole, and going on ends in the same bits."""

import random
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from engine.errors import EngineError
from engine.storage import snapshots
from engine.storage.recorder import LAST
from engine.storage.runs import RunStore
from tests.faults.crash_points import crash_points
from tests.faults.programs import Program, differences, integrity, picture, write_data
from tests.faults.reporting import Trial

NETWORK = [
    *("--hidden", "24,12", "--batch-norm", "--dropout", "0.2", "--label-smoothing", "0.1"),
    *("--clip-norm", "1", "--l2", "0.001", "--batch-size", "50", "--threads", "1"),
]
ALL_OF_THEM = ["--epochs", "25", "--no-early-stopping"]
UNTIL_IT_STOPS = ["--epochs", "200", "--patience", "4", "--min-delta", "0.005"]
RUNS = {
    "sgd, cosine": ["--optimizer", "sgd", *ALL_OF_THEM],
    "adam, stopped early": ["--optimizer", "adam", *UNTIL_IT_STOPS],
    "momentum, one cycle": ["--optimizer", "momentum", "--schedule", "one_cycle", *ALL_OF_THEM],
    "nesterov, step": ["--optimizer", "nesterov", "--schedule", "step", *ALL_OF_THEM],
    "rmsprop, exponential": ["--optimizer", "rmsprop", "--schedule", "exponential", *ALL_OF_THEM],
    "adamw, warm-up": ["--optimizer", "adamw", "--warmup-epochs", "2", *ALL_OF_THEM],
}


def kill(kills: int, seed: int) -> Iterator[Trial]:
    """Kill short runs at each write, then longer ones at random moments, `kills` times in all."""
    yield from crash_points()
    left = kills
    with tempfile.TemporaryDirectory() as folder:
        data = write_data(Path(folder) / "data.npz")
        for number, (name, options) in enumerate(RUNS.items()):
            share = -(-left // (len(RUNS) - number))
            left -= share
            place = Path(folder) / f"{number}"
            yield kill_one(name, [*NETWORK, *options, "--data", str(data)], place, share, seed + number)


def kill_one(name: str, options: list[str], place: Path, kills: int, seed: int) -> Trial:
    """Kill one run again and again, go on with it each time; begin anew when it got to its end."""
    trial = Trial(f"kill -9, {name}")
    rng = random.Random(seed)
    undisturbed = place / "undisturbed" / "home"
    seconds, wanted = _undisturbed(undisturbed, options)
    done, attempt, lost = 0, 0, 0
    while done < kills:
        home = place / f"{attempt}" / "home"
        attempt += 1
        run, ended = "", False
        while not ended:
            program = Program(home, *(["resume", run] if run else ["train", *options]))
            if done < kills and rng.random() < 0.9:  # one in ten anywhere, before the run starts too
                program.wait_for("run_started")
            if done < kills:
                time.sleep(rng.uniform(0.0, 0.5 * seconds))
                program.process.kill()
            ended = (status := program.wait()) == 0
            if not ended and status != -signal.SIGKILL:
                trial.failures.append(f"exit status {status}: {program.complaint}")
                return trial
            if not ended:
                done += 1
                run, epochs_lost, ended = _look(trial, program, home)
                lost += epochs_lost
        with closing(RunStore(home)) as store:
            (record,) = store.records()
            for what in differences(picture(store, record.id), wanted):
                trial.failures.append(f"run {attempt}: {what} differs from the undisturbed run")
    trial.told = f"{attempt} runs gone on with to their ends in the same bits, {lost} whole epochs lost"
    return trial


def _undisturbed(home: Path, options: list[str]) -> tuple[float, dict[str, object]]:
    """Return how long a run takes, and what it comes to."""
    program = Program(home, "train", *options)
    program.wait_for("run_started")
    before = time.monotonic()
    assert program.wait() == 0, program.complaint
    with closing(RunStore(home)) as store:
        (record,) = store.records()
        return time.monotonic() - before, picture(store, record.id)


def _look(trial: Trial, program: Program, home: Path) -> tuple[str, int, bool]:
    """Look at what a killed program left.

    Return its run, or nothing, how many whole epochs it lost, and whether the run had ended all the same.
    """
    said = max((event["epoch"] for event in program.events("epoch_ended")), default=0)
    failures = len(trial.failures)
    try:
        if not (home / "runs.db").exists():
            trial.outcomes["before there was a store"] += 1
            return "", 0, False
        with closing(RunStore(home)) as store:
            store.recover()
            trial.check((text := integrity(home)) == "ok", f"integrity check: {text}")
            records = store.records()
            if not records:
                trial.check(said == 0, "the run is not there")
                trial.outcomes["before the run was entered"] += 1
                return "", 0, False
            (record,) = records
            last = store.checkpoints(record.id) / LAST
            kept = snapshots.load(last).epoch if last.exists() else 0
            said = max(said, record.started.epochs_before)
            ended = store.ended(record.id) is not None
            as_it_is = ("completed", "stopped_early") if ended else ("interrupted",)
            trial.check(record.state in as_it_is, f"the run shows as {record.state}")
            numbers = [epoch.epoch for epoch in store.epochs(record.id)]
            trial.check(numbers == list(range(1, record.epochs + 1)), "an epoch is missing")
            trial.check(record.epochs >= kept >= said, f"{record.epochs} {kept} {said} epochs kept")
            trial.check((record.best_epoch or 0) <= record.epochs, "the best epoch is not there")
            left = [path.name for path in last.parent.glob(".*")]
            trial.check(not left, f"left behind: {left}")
            if len(trial.failures) == failures:
                trial.outcomes["after its end" if ended else "interrupted, whole"] += 1
            return record.id, max(0, said - kept), ended
    except EngineError as error:
        trial.failures.append(str(error))
        return "", 0, False
