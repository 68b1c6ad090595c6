"""Same hyperparameters, seed and machine: the same bits, whatever else happens to the run."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.commands import ExplainPrediction, FetchPredictions, Pause, Resume, Step
from engine.data.dataset import Dataset
from engine.events import BatchEnded, Event, Explanation, Paused, Predictions
from engine.hyperparameters import Hyperparameters
from engine.training.trainer import Trainer
from tests.runs import digest, follow, quick

EVERYTHING = quick(
    hidden=(24, 12),
    dropout=0.2,
    batch_norm=True,
    optimizer="adamw",
    label_smoothing=0.1,
    weight_average=0.9,
    clip_norm=1.0,
    l2=0.01,
    rotation=10,
    elastic=1,
    noise=0.1,
    emphasis=0.5,
    adversarial=0.3,
    distortion_fade=0.6,
    receptive_field=5,
)
"""With every kind of chance in it: weights, split, order, dropout, distortions."""

SCRIPT = """
import sys
from pathlib import Path
from engine import Trainer, load_dataset
from tests.engine.training.test_same_bits import EVERYTHING
from tests.runs import digest, follow

trainer = Trainer(EVERYTHING, load_dataset(Path(sys.argv[1])))
print(digest(trainer, follow(trainer)))
"""


@pytest.fixture(scope="module")
def undisturbed(small_dataset: Dataset) -> str:
    trainer = Trainer(EVERYTHING, small_dataset)
    return digest(trainer, follow(trainer))


def pausing(trainer: Trainer, event: Event) -> None:
    if isinstance(event, BatchEnded):
        trainer.commands.put(Pause())
    if isinstance(event, Paused):
        trainer.commands.put(Resume())


def stepping(trainer: Trainer, event: Event) -> None:
    trainer.commands.put(Step())


def inspecting(trainer: Trainer, event: Event) -> None:
    if not isinstance(event, Predictions):
        trainer.commands.put(FetchPredictions())


def explaining(trainer: Trainer, event: Event) -> None:
    if not isinstance(event, Explanation):
        trainer.commands.put(ExplainPrediction("test", 0, 3))


def test_twice_in_a_process(small_dataset: Dataset, undisturbed: str) -> None:
    trainer = Trainer(EVERYTHING, small_dataset)
    assert digest(trainer, follow(trainer)) == undisturbed


def test_in_another_process(small_npz: Path, undisturbed: str) -> None:
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", SCRIPT, str(small_npz)]
    other = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == undisturbed


@pytest.mark.parametrize("disturb", [pausing, stepping, inspecting, explaining])
def test_however_it_is_disturbed(
    small_dataset: Dataset, undisturbed: str, disturb: Callable[[Trainer, Event], None]
) -> None:
    trainer = Trainer(EVERYTHING, small_dataset)
    assert digest(trainer, follow(trainer, lambda event: disturb(trainer, event))) == undisturbed


def test_beside_another_run(small_dataset: Dataset, undisturbed: str) -> None:
    """Two trainers taking turns share nothing."""
    ours, other = Trainer(EVERYTHING, small_dataset), Trainer(quick(seed=1), small_dataset)
    others = iter(other)

    def give_way(event: Event) -> None:
        next(others, None)

    assert digest(ours, follow(ours, give_way)) == undisturbed


def test_another_seed_gives_other_bits(small_dataset: Dataset, undisturbed: str) -> None:
    trainer = Trainer(EVERYTHING.changed("seed", 1), small_dataset)
    assert digest(trainer, follow(trainer)) != undisturbed


def test_each_kind_of_chance_has_a_generator_of_its_own(small_dataset: Dataset) -> None:
    """Dropout, or another network, changes neither the split nor the order of the images."""

    def chances(hyperparameters: Hyperparameters) -> tuple[list[int], list[int]]:
        trainer = Trainer(hyperparameters, small_dataset)
        follow(trainer)
        return trainer.learner.split.validation.tolist(), trainer.learner.order.tolist()

    plain = chances(quick())
    assert chances(quick(dropout=0.3)) == plain
    assert chances(quick(hidden=(8, 8))) == plain
    assert chances(quick(seed=1)) != plain


def test_the_same_seed_draws_the_same_first_weights_with_any_optimizer(small_dataset: Dataset) -> None:
    sgd, adam = Trainer(quick(), small_dataset), Trainer(quick(optimizer="adam"), small_dataset)
    np.testing.assert_array_equal(sgd.learner.network.parameters, adam.learner.network.parameters)
