"""What is taken elsewhere of an experiment: its trials, everything, a page."""

import csv
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from engine.errors import ExportError
from engine.experiments.export import export_experiment, to_csv, to_document, to_html
from engine.experiments.outcomes import outcomes_over
from engine.experiments.plan import Plan
from engine.experiments.space import parse_space
from engine.experiments.stored_experiment import StoredExperiment
from engine.storage.experiments import ExperimentRecord
from tests.runs import quick


@pytest.fixture
def experiment() -> StoredExperiment:
    """Four settings with two seeds each; the last was dropped after an epoch, the third diverged at once."""
    plan = Plan.of(quick(), parse_space(["learning_rate=0.01,1", "hidden=;8,4"]), seeds=2, halving=True)
    result = {"setting": 1, "test_accuracy": [0.9, 0.8], "test_looks": 5}
    record = ExperimentRecord(
        "id", "<b>name", "completed", 0.0, None, "1", plan.to_mapping(), "f", None, result, None
    )
    made = StoredExperiment(record, plan, [], [])
    for setting in plan.known_settings():
        made.add_setting(setting)
    accuracies = [[0.5, 0.6, 0.7], [0.5, 0.5, 0.5], [0.7, 0.8, 0.9], [0.6, 0.7, 0.8], [], [], [0.1], [0.2]]
    for trial, known in zip(made.trials, accuracies, strict=True):
        trial.accuracies, trial.epochs = list(known), len(known)
        trial.state = "pruned" if len(known) == 1 else "ended"
    return made


def test_a_row_for_each_trial(experiment: StoredExperiment) -> None:
    rows = list(csv.DictReader(to_csv(experiment).splitlines()))
    assert len(rows) == 8
    assert rows[2] == {
        "trial": "3",
        "learning_rate": "0.01",
        "hidden": "8,4",
        "seed": "0",
        "run": "id-3",
        "epochs": "3",
        "best_validation_accuracy": "0.9",
        "pruned": "0",
    }
    assert [row["pruned"] for row in rows] == [*"000000", "1", "1"]
    assert rows[4]["best_validation_accuracy"] == ""


def test_everything_in_one_object(experiment: StoredExperiment) -> None:
    document = json.loads(to_document(experiment))
    assert document["best"]["values"] == {"learning_rate": 0.01, "hidden": [8, 4]}
    assert document["best"]["mean"] == pytest.approx(0.85)
    assert [setting["dropped_after"] for setting in document["settings"]] == [None, None, None, 1]
    assert document["settings"][2]["mean"] is None
    assert document["settings"][0]["p_value"] == pytest.approx(0.125666, rel=1e-4)  # t = 5, one degree


def test_outcomes_leave_out_what_was_dropped_or_has_no_figure(experiment: StoredExperiment) -> None:
    rate, hidden = (outcomes_over(dimension, experiment.trials) for dimension in experiment.plan.space)
    assert (rate.is_numeric, rate.is_logarithmic) == (True, True)
    assert [(o.text, o.place, o.accuracies) for o in rate.outcomes] == [("0.01", 0.01, (0.7, 0.5, 0.9, 0.8))]
    assert (hidden.is_numeric, hidden.is_logarithmic) == (False, False)
    assert [(o.text, o.place, o.accuracies) for o in hidden.outcomes] == [
        ("none", 0.0, (0.7, 0.5)),
        ("8,4", 1.0, (0.9, 0.8)),
    ]
    assert hidden.outcomes[1].mean == pytest.approx(0.85)


def test_the_page_has_a_chart_for_each_hyperparameter_and_says_what_the_best_is_worth(
    experiment: StoredExperiment,
) -> None:
    html = to_html(experiment)
    charts = re.findall(r"<svg.*?</svg>", html)
    assert [len(ElementTree.fromstring(chart).findall(".//circle")) for chart in charts] == [4, 4]
    assert "<b>name" not in html
    for words in (
        "85.00% (deviation 7.07%); too good, as the best of many is",
        "90.00%, 80.00%",
        "dropped after epoch 1",
        "paired t test over the seeds, corrected by Holm",
    ):
        assert words in html


def test_a_file_of_no_kind_is_refused(experiment: StoredExperiment, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"its ending must be one of \.csv \.json \.html"):
        export_experiment(experiment, tmp_path / "e.onnx")
    export_experiment(experiment, tmp_path / "e.JSON")
    assert (tmp_path / "e.JSON").read_text() == to_document(experiment)
