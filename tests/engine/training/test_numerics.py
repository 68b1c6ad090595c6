"""What an earlier version computed otherwise is named where a run has it, and nowhere else."""

import dataclasses
from typing import Any

import pytest

from engine.data.dataset import Dataset
from engine.events import NumericsChanged
from engine.training.numerics import NUMERICS, changed_since
from engine.training.trainer import Trainer
from tests.runs import follow, of_kind, quick

IMAGES = 540
CHANGED: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({}, ()),
    ({"batch_norm": True}, ("batch_norm",)),  # 540 in mini-batches of 50
    ({"batch_norm": True, "batch_size": 54}, ()),
    ({"batch_norm": True, "hidden": ()}, ()),
    ({"batch_norm": True, "batch_size": 1}, ("batch_norm",)),
    ({"schedule": "one_cycle"}, ("schedule",)),
    ({"scaling": 0.1}, ("scaling",)),
    ({"rotation": 5.0, "distortion_fade": 0.5}, ()),
    ({"rotation": 5.0, "distortion_fade": 0.5, "warmup_epochs": 1.0}, ("distortion_fade",)),
    ({"distortion_fade": 0.5, "warmup_epochs": 1.0}, ()),
    ({"adversarial": 0.5}, ()),
    ({"adversarial": 0.5, "dropout": 0.2}, ("adversarial",)),
    ({"adversarial": 0.5, "batch_norm": True, "batch_size": 54}, ("adversarial",)),
    ({"l2": 0.1, "clip_norm": 1.0, "optimizer": "adam", "dropout": 0.3, "rotation": 5.0}, ()),
]


@pytest.mark.parametrize(("changes", "names"), CHANGED, ids=[str(changes) for changes, _ in CHANGED])
def test_settings_that_are_computed_otherwise_are_named(
    small_dataset: Dataset, changes: dict[str, Any], names: tuple[str, ...]
) -> None:
    snapshot = Trainer(quick(**changes), small_dataset).snapshot()
    assert snapshot.numerics == NUMERICS
    assert changed_since(snapshot, IMAGES) == ()
    assert changed_since(dataclasses.replace(snapshot, numerics=1), IMAGES) == names


def test_epochs_that_were_changed_had_distortions_fade_otherwise(small_dataset: Dataset) -> None:
    snapshot = Trainer(quick(rotation=5.0, distortion_fade=0.5), small_dataset).snapshot()
    stretched = dataclasses.replace(snapshot, numerics=1, schedule=snapshot.schedule.stretched(1, 40))
    assert changed_since(stretched, IMAGES) == ("distortion_fade",)


def test_a_trainer_says_so_of_a_run_of_an_earlier_version_alone(small_dataset: Dataset) -> None:
    trainer = Trainer(quick(schedule="one_cycle", epochs=2), small_dataset)
    assert not of_kind(follow(trainer), NumericsChanged)
    ours = trainer.snapshot()
    for numerics, said in ((1, [("schedule",)]), (NUMERICS, [])):
        snapshot = dataclasses.replace(ours, numerics=numerics)
        events = follow(Trainer.from_snapshot(snapshot, small_dataset, epochs=3))
        assert [event.names for event in of_kind(events, NumericsChanged)] == said
