from pathlib import Path

import pytest

from engine.analysis.learning_rate_finder import LearningRateFinder
from tests.tui.cli.conftest import Call

FIND = ("find-learning-rate", "--hidden", "16", "--batch-size", "50")


def test_each_step_is_a_line_of_json_and_the_last_has_the_suggestion(mlp_tui: Call, small_npz: Path) -> None:
    done = mlp_tui(*FIND, "--data", small_npz, "--json")
    assert (done.status, done.err) == (0, "")
    *tried, found = done.json()
    for step, line in enumerate(tried, 1):
        assert set(line) == {"event", "step", "learning_rate", "loss", "smoothed_loss"}
        assert (line["event"], line["step"]) == ("learning_rate_tried", step)
    lowest = min(tried[20:], key=lambda line: line["smoothed_loss"])
    assert found["event"] == "learning_rate_found"
    assert found["steps"] == len(tried)
    assert (found["lowest_loss"], found["lowest_loss_at"]) == (
        lowest["smoothed_loss"],
        lowest["learning_rate"],
    )
    assert lowest["learning_rate"] / 8 < found["suggestion"] < tried[-1]["learning_rate"] / 3
    assert found["reason"].startswith("The smoothed loss was lowest at ")


def test_a_person_reads_a_curve_a_sentence_and_how_to_go_on(mlp_tui: Call, small_npz: Path) -> None:
    done = mlp_tui(*FIND, "--data", small_npz)
    assert (done.status, done.err) == (0, "")
    head, titles, *rows, blank, sentence, command = done.out.splitlines()
    assert head == "784-16-10, sgd, mini-batches of 50: the learning rate rises with each."
    assert titles.split() == ["learning", "rate", "loss", "smoothed"]
    assert 10 <= len(rows) <= 25
    bars = [row.count("#") for row in rows]
    assert min(bars) < bars[0] / 2  # it has fallen,
    assert bars[-1] > min(bars) + 3  # and shot up
    assert blank == ""
    suggestion = mlp_tui(*FIND, "--data", small_npz, "--json").json()[-1]["suggestion"]
    assert sentence.startswith(f"Suggested learning rate: {suggestion:g}. The smoothed loss was lowest")
    assert command.startswith("mlp-tui train --hidden 16 ")
    assert f"--learning-rate {suggestion:g} " in command
    assert command.endswith(f"--data {small_npz}")
    assert max(map(len, (head, titles, *rows))) <= 80


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--initializer", "zeros", "--hidden", "16,16"), "the same answer for every image gives 2.2"),
        (("--initializer", "large", "--hidden", ",".join(["64"] * 12)), "diverges in the first mini-batches"),
    ],
)
def test_a_network_that_cannot_learn_is_told(
    mlp_tui: Call, small_npz: Path, options: tuple[str, ...], says: str
) -> None:
    found = mlp_tui(*FIND, "--data", small_npz, *options, "--json").json()[-1]
    assert found["suggestion"] is None
    assert says in found["reason"]
    done = mlp_tui(*FIND, "--data", small_npz, *options)
    assert done.status == 0
    assert done.out.splitlines()[-1] == f"No learning rate is suggested. {found['reason']}"


def test_values_come_from_presets_and_files_and_options(
    mlp_tui: Call, small_npz: Path, tmp_path: Path
) -> None:
    config = tmp_path / "mine.toml"
    config.write_text("batch_size = 40\n")
    options = ("--preset", "deep", "--config", config, "--hidden", "12,8", "--data", small_npz)
    out = mlp_tui("find-learning-rate", *options).out
    assert out.startswith("784-12-8-10, adamw, mini-batches of 40: ")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--hidden", "0"], "hidden"),
        (["--batch-size", "5000"], "batch_size"),
        (["--learning-rate", "nan"], "learning_rate"),
        (["--steps", "5"], "--steps"),
    ],
)
def test_bad_values_are_told_before_anything_is_tried(
    mlp_tui: Call, small_npz: Path, options: list[str], says: str
) -> None:
    assert says in mlp_tui("find-learning-rate", "--data", small_npz, *options).complaint(2)


def test_ctrl_c_is_exit_status_130(mlp_tui: Call, small_npz: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_anything: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LearningRateFinder, "_learn", interrupted)
    assert mlp_tui(*FIND, "--data", small_npz).status == 130


def test_json_is_the_same_in_every_language(mlp_tui: Call, small_npz: Path) -> None:
    said = mlp_tui(*FIND, "--data", small_npz, "--json")
    assert mlp_tui(*FIND, "--data", small_npz, "--json", "--lang", "zh") == said
