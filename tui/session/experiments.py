"""The experiments of the app: what is planned, and the one that is computed beside everything else."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from engine.data.location import Location
from engine.errors import EngineError, StoreError
from engine.events import Event
from engine.experiments.events import (
    ExperimentEnded,
    ExperimentFailed,
    ExperimentLeft,
    ExperimentStarted,
    RungEnded,
    TrialEnded,
)
from engine.hyperparameters import Hyperparameters, available_cores
from engine.sentences import N_, Sentence

if TYPE_CHECKING:
    from engine.experiments.driver import Driver
    from engine.experiments.plan import Plan
    from engine.experiments.pools import Pool

SECONDS_TO_END = 3.0
"""How long the thread is waited for when the app is closed; its processes are gone at once."""

PoolFactory = Callable[[], "Pool"]


class Draft:
    """What the next experiment is to try. varied: the text of the values by the name of what varies."""

    def __init__(self) -> None:
        self.varied: dict[str, str] = {}
        self.seeds = 3
        self.halving = False

    def plan(self, base: Hyperparameters) -> "Plan":
        """Return the plan, the rest as in `base`.

        Raises:
            HyperparameterError: when a value is not allowed, or there are too many settings.
        """
        from engine.experiments.plan import Plan
        from engine.experiments.space import parse_space

        space = parse_space([f"{name}={values}" for name, values in self.varied.items()])
        return Plan.of(base, space, seeds=self.seeds, halving=self.halving)


class Experiments:
    """Computes one experiment at a time in processes of its own, driven by a thread that mostly waits.

    It stops while a run that was started by hand is active (`is_held`), unless they are to share the cores,
    and goes on after it: whatever is done is stored. Its events come through `report`, from that thread;
    whoever gets them gives them to `fold`.

    form: returns what stands in the form
    wanted: the experiment that is to be computed, whatever is in its way
    running: the one that is computed, None if none is; share, seconds_left: how far it is
    changes: how many events there were
    """

    def __init__(
        self, home: Path | None, report: Callable[[Event], None], make_pool: PoolFactory | None = None
    ) -> None:
        """Use the store at `home`; without one no experiment can be computed."""
        self._home = home
        self._report = report
        self._make_pool = make_pool
        self._thread: threading.Thread | None = None
        self._driver: Driver | None = None
        self._pool: Pool | None = None
        self._is_to_stop = False
        self.draft = Draft()
        self.form: Callable[[], Hyperparameters] = Hyperparameters
        self.wanted: str | None = None
        self.running: str | None = None
        self.is_held = self.shares_cores = self._is_given_up = False
        self.share = 0.0
        self.seconds_left: float | None = None
        self.changes = 0

    @property
    def is_busy(self) -> bool:
        """Whether there is a thread at work."""
        return self._thread is not None

    def begin(self, plan: "Plan", data: Location | None) -> None:
        """Store an experiment and compute it, unless one is computed already."""
        if not self.is_busy:
            self._is_given_up = False
            self._start(plan, data)

    def go_on(self, experiment: str) -> None:
        """Go on with a stored experiment, in place of another."""
        self.wanted, self._is_given_up = experiment, False
        self.settle()

    def stop(self) -> None:
        """Stop; what is done is stored."""
        self.wanted, self._is_given_up = None, True
        if self.is_busy:
            self._interrupt()

    def hold(self, is_held: bool) -> None:
        """Make way for a run, or go on after it."""
        if is_held != self.is_held:
            self.is_held = is_held
            self.changes += 1
            self.settle()

    def share_cores(self, shares: bool) -> None:
        """Go on beside a run, or make way for it."""
        self.shares_cores = shares
        self.settle()

    def settle(self) -> None:
        """Have what is wanted computed, and nothing else."""
        is_open = not self.is_held or self.shares_cores
        if self.is_busy:
            if not is_open or (self.running is not None and self.running != self.wanted):
                self._interrupt()
        elif self.wanted is not None and is_open:
            self._start(self.wanted, None)

    def fold(self, event: Event) -> None:
        """Take in an event."""
        self.changes += 1
        match event:
            case ExperimentStarted(experiment):
                self.running = experiment
                self.wanted = None if self._is_given_up else experiment
                self.share, self.seconds_left = 0.0, None
            case RungEnded() | TrialEnded():
                self.share, self.seconds_left = event.share, event.seconds_left
            case ExperimentEnded() | ExperimentFailed():
                self.wanted = None
            case ExperimentLeft():
                self.running = self._thread = None
                self.settle()

    def close(self) -> None:
        """Leave no process behind; what is computed is interrupted, and goes on the next time."""
        thread = self._thread
        self._interrupt()
        if self._pool is not None:
            self._pool.close()
        if thread is not None:
            thread.join(SECONDS_TO_END)

    def _interrupt(self) -> None:
        self._is_to_stop = True
        if self._driver is not None:
            self._driver.stop()

    def _start(self, wanted: "str | Plan", data: Location | None) -> None:
        self._is_to_stop = False
        self._thread = threading.Thread(
            target=self._compute, args=(wanted, data), name="experiment", daemon=True
        )
        self._thread.start()

    def _compute(self, wanted: "str | Plan", data: Location | None) -> None:
        """Compute an experiment to its end, or until it is interrupted."""
        try:
            self._drive(wanted, data)
        except EngineError as error:
            if not self._is_to_stop:
                self._report(ExperimentFailed(error.sentence))
        except Exception as error:  # a thread that ends without a word would leave a person waiting
            text = N_("The experiment failed because of an error in the program: {error}.")
            self._report(ExperimentFailed(Sentence(text, {"error": f"{type(error).__name__}: {error}"})))
        finally:
            self._driver = self._pool = None
            self._report(ExperimentLeft())

    def _drive(self, wanted: "str | Plan", data: Location | None) -> None:
        from engine.data.dataset import load_dataset
        from engine.experiments.driver import Driver
        from engine.experiments.pools import LocalPool
        from engine.experiments.stored_experiment import new_experiment
        from engine.storage.experiments import ExperimentStore
        from engine.storage.runs import RunStore

        if self._home is None:
            raise StoreError(N_("No experiment can be kept here: the app was opened without a folder."))
        with contextlib.closing(RunStore(self._home)) as runs:
            store = ExperimentStore(runs)
            place = store.record(wanted).data if isinstance(wanted, str) else data
            dataset = load_dataset(place)
            if not isinstance(wanted, str):
                wanted = new_experiment(store, wanted, dataset, data=place)
            self._pool = self._make_pool() if self._make_pool else LocalPool(available_cores())
            self._driver = Driver(store, wanted, dataset, self._pool, data=place)
            if self._is_to_stop:
                self._driver.stop()
            for event in self._driver:
                self._report(event)
