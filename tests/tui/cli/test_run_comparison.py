"""Two stored runs side by side, as text and as JSON."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.data.dataset import Dataset
from engine.storage.recorder import BEST, record_run
from engine.storage.run_record import RunRecord
from engine.storage.runs import RunStore
from engine.training.trainer import Trainer
from tests.runs import quick
from tui.cli.run_comparison import print_comparison
from tui.text.language import use_language
from tui.text.run_comparison import chance

Two = tuple[RunStore, RunRecord, RunRecord]


@pytest.fixture(scope="module")
def two(small_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """A run that learned, and one that hardly could."""
    folder = tmp_path_factory.mktemp("home")
    good, poor = quick(learning_rate=0.1, epochs=4), quick(learning_rate=0.001, epochs=4, seed=1)
    for hyperparameters, name in ((good, "good"), (poor, "poor")):
        list(record_run(Trainer(hyperparameters, small_dataset, name=name), folder))
    with contextlib.closing(RunStore(folder)) as store:
        yield store, store.find("good"), store.find("poor")


def test_the_text_says_what_differs_and_whether_it_is_luck(
    two: Two, small_dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    print_comparison(*two, dataset=small_dataset, as_json=False)
    said = capsys.readouterr().out
    lines = [line.split() for line in said.splitlines()]
    assert lines[0] == ["good", "poor"]
    assert ["learning_rate", "0.1", "0.001"] in lines
    assert ["seed", "0", "1"] in lines
    assert not any(line[:1] == ["hidden"] for line in lines)
    assert "Significant: good is better on these test images." in said
    assert "validation images are not the same" in said
    assert "Test images that good alone predicts correctly:" in said


def test_the_json_is_one_object_that_holds_together(
    two: Two, small_dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    store, good, poor = two
    print_comparison(store, good, poor, dataset=small_dataset, as_json=True)
    fields = json.loads(capsys.readouterr().out)
    assert fields["runs"] == [good.id, poor.id]
    assert fields["hyperparameters"] == {"learning_rate": [0.1, 0.001], "seed": [0, 1]}
    test = fields["mcnemar"]
    assert len(fields["first_only"]) == test["first_only"]
    assert len(fields["second_only"]) == test["second_only"]
    images = test["first_only"] + test["second_only"] + fields["both_right"] + fields["both_wrong"]
    assert images == len(small_dataset.test_labels)
    assert (fields["both_right"] + test["first_only"]) / images == pytest.approx(good.test_accuracy)
    assert (fields["both_right"] + test["second_only"]) / images == pytest.approx(poor.test_accuracy)
    assert fields["test_looks"] == store.test_evaluation_count(small_dataset)


def test_a_run_is_no_better_than_itself(
    two: Two, small_dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    store, good, _poor = two
    print_comparison(store, good, good, dataset=small_dataset, as_json=False)
    said = capsys.readouterr().out
    assert "All hyperparameters are the same." in said
    assert "No difference: both predict" in said
    assert "p = 1;" in said
    assert said.split()[:2] == [good.id, good.id]


@pytest.mark.parametrize("as_json", [False, True])
def test_what_is_missing_is_said_and_the_rest_is_there(
    two: Two, small_dataset: Dataset, capsys: pytest.CaptureFixture[str], as_json: bool, tmp_path: Path
) -> None:
    store, good, poor = two
    other = replace(small_dataset, test_labels=small_dataset.test_labels[::-1].copy())
    elsewhere = replace(poor, started=replace(poor.started, data=other.summary()))
    nothing_learned = replace(poor, best_epoch=None)
    for second, dataset, text in (
        (poor, None, "Their data set was not found"),
        (poor, other, "not the data set that the two runs"),
        (elsewhere, small_dataset, "are of different data sets"),
        (nothing_learned, small_dataset, "has no weights"),
    ):
        print_comparison(store, good, second, dataset=dataset, as_json=as_json)
        said = capsys.readouterr().out
        assert text in said
        assert "learning_rate" in said
    best = store.checkpoints(poor.id) / BEST
    kept = best.read_bytes()
    try:
        best.write_bytes(b"damaged")
        print_comparison(store, good, poor, dataset=small_dataset, as_json=as_json)
        assert "damaged" in capsys.readouterr().out
    finally:
        best.write_bytes(kept)


def test_hostile_names_are_harmless(
    two: Two, small_dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    store, good, poor = two
    hostile = replace(good, name="\x1b[31mred\x07\n" + "x" * 100_000)
    print_comparison(store, hostile, poor, dataset=small_dataset, as_json=False)
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\x07" not in said
    assert max(map(len, said.splitlines())) < 200


def test_columns_stand_under_each_other_in_chinese(
    two: Two, small_dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    use_language("zh")
    try:
        print_comparison(*two, dataset=small_dataset, as_json=False)
    finally:
        use_language("en")
    assert "McNemar" in capsys.readouterr().out


def test_a_chance_has_two_digits() -> None:
    assert [chance(p) for p in (1.0, 0.0312, 0.00042, 5.4e-06)] == ["1", "0.031", "0.00042", "5e-06"]
