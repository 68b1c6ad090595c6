from pathlib import Path

import pytest

from tests.cli.conftest import Call

NETWORK = ("--hidden", "16", "--batch-size", "50")


def test_each_step_is_a_line_of_json_and_the_last_has_the_suggestion(mlp_tui: Call, small_npz: Path) -> None:
    done = mlp_tui("find-learning-rate", "--data", small_npz, *NETWORK, "--json")
    assert done.status == 0
    *tried, found = done.json()
    assert {line["event"] for line in tried} == {"learning_rate_tried"}
    assert [line["step"] for line in tried] == list(range(1, len(tried) + 1))
    lowest = min(tried, key=lambda line: line["smoothed_loss"])
    assert found["event"] == "learning_rate_found"
    assert found["steps"] == len(tried)
    assert (found["lowest_loss"], found["lowest_loss_at"]) == (
        lowest["smoothed_loss"],
        lowest["learning_rate"],
    )
    assert found["suggestion"] == pytest.approx(lowest["learning_rate"] / 2, rel=0.4)


def test_a_person_reads_a_table_and_a_sentence(mlp_tui: Call, small_npz: Path) -> None:
    *table, sentence = mlp_tui("find-learning-rate", "--data", small_npz, *NETWORK).out.splitlines()
    assert table[0].startswith("learning rate")
    assert 10 <= len(table) <= 21
    suggestion = mlp_tui("find-learning-rate", "--data", small_npz, *NETWORK, "--json").json()[-1][
        "suggestion"
    ]
    assert sentence.endswith(f"Begin with about half of it: {suggestion:g}.")


def test_a_network_that_cannot_learn_is_told(mlp_tui: Call, small_npz: Path) -> None:
    options = ("find-learning-rate", "--data", small_npz, "--hidden", "16,16", "--initializer", "zeros")
    assert mlp_tui(*options, "--json").json()[-1]["suggestion"] is None
    assert "does not fall at any learning rate" in mlp_tui(*options).out


def test_bad_values_are_told_before_anything_is_tried(mlp_tui: Call, small_npz: Path) -> None:
    assert "hidden" in mlp_tui("find-learning-rate", "--hidden", "0").complaint(2)
    words = mlp_tui("find-learning-rate", "--data", small_npz, "--batch-size", "5000").complaint(2)
    assert "batch_size" in words
