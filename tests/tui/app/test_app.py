import asyncio
import gettext
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import tui.text.language
from engine.commands import (
    ChangeHyperparameter,
    EstimateDuration,
    ExplainPrediction,
    FetchPredictions,
    StartRun,
)
from engine.events import (
    ChangeRejected,
    ConfusionMatrix,
    DataLoaded,
    Diverged,
    DurationEstimated,
    HyperparameterChanged,
    Paused,
    Resumed,
    RunEnded,
    RunFailed,
)
from engine.hyperparameters import Hyperparameters
from engine.sentences import Sentence
from tests.digits import mnist
from tests.tui.conftest import Open, ScriptedWorker, Stage
from tests.tui.phases import FAILED, MADE, STARTED, TEST, bring_to
from tests.tui.screen_text import (
    MNIST,
    SIZES,
    epoch_ended,
    explanation,
    lines,
    matrix_of,
    run_ended,
    seen,
)
from tests.tui.session.test_run_state import batch
from tui.app.app import MlpApp
from tui.session.run_state import Phase
from tui.widgets.chart import Chart
from tui.widgets.confusion_grid import CellOpened
from tui.widgets.field_list import ValueInput
from tui.widgets.hyperparameter_form import FieldChanged
from tui.widgets.option_line import OptionLine
from tui.widgets.tab_bar import TabBar

PROJECT = Path(__file__).parents[3]


# The first moments


def test_importing_the_app_loads_neither_numpy_nor_plotext() -> None:
    heavy = "numpy plotext textual_plotext engine.worker"
    code = f"import sys, tui.app.app; print(*set({heavy.split()!r}) & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("\n", "")


async def test_the_first_paint_comes_before_the_worker_and_the_form() -> None:
    app = MlpApp(worker_factory=ScriptedWorker)
    async with app.run_test(size=(120, 40)):
        text = seen(app)
        assert "1Train 2Confusion 3Mistakes" in text
        assert "Reading the data" in text


@pytest.mark.parametrize("size", SIZES)
async def test_everything_is_on_the_screen_that_fits(opened: Open, size: tuple[int, int]) -> None:
    async with opened(size) as stage:
        assert "○ Ready" in lines(stage.app)[0]
        assert ("learning_rate" in stage.screen) is (size[0] >= 110)
        footer = lines(stage.app)[-1].split()
        assert footer[:8] == ["^r", "Run", "f1", "Help", "f2", "Form", "^q", "Quit"]


# The form


async def test_at_80_columns_the_form_is_a_drawer(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        assert "hidden" not in stage.screen
        await stage.press("f2")
        assert "hidden" in stage.screen
        assert isinstance(stage.app.focused, ValueInput)
        await stage.press("f2")
        assert "hidden" not in stage.screen
        assert isinstance(stage.app.focused, Chart)
        await stage.press("f2", "escape")
        assert "hidden" not in stage.screen


async def test_at_120_columns_f2_goes_to_the_form_then_closes_it(opened: Open) -> None:
    async with opened() as stage:
        await stage.press("f2")
        assert isinstance(stage.app.focused, ValueInput)
        assert "learning_rate" in stage.screen
        await stage.press("f2")
        assert "learning_rate" not in stage.screen
        assert isinstance(stage.app.focused, Chart)
        await stage.press("f2")
        assert "learning_rate" in stage.screen
        await stage.press("escape")
        assert "learning_rate" in stage.screen
        assert isinstance(stage.app.focused, Chart)


async def test_a_run_uncovers_the_tabs(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await stage.press("f2", "ctrl+r")
        await stage.happen(STARTED)
        assert "hidden" not in stage.screen
        assert isinstance(stage.app.focused, Chart)


async def test_a_field_that_is_not_valid_keeps_the_run_from_starting(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await stage.press("f2", *"x")
        await stage.press("ctrl+r")
        assert stage.sent == []
        assert "The run does not start: a field of the form is not valid." in stage.told
        assert "hidden is “128x”" in stage.screen or "hidden is “x”" in stage.screen


async def test_a_run_that_fails_by_a_field_says_so_there(opened: Open) -> None:
    async with opened() as stage:
        await stage.press("ctrl+r")
        message = Sentence("batch_size is 64; there are 10 training images.")
        await stage.happen(RunFailed(message, "batch_size"))
        assert str(message) in stage.told
        await stage.see("✗ batch_size is 64;")
        assert "✗ Failed" in lines(stage.app)[0]


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.READY])
async def test_a_live_field_changes_the_run_and_no_other(opened: Open, phase: Phase) -> None:
    async with opened(loaded=False) as stage:
        await bring_to(stage, phase)
        stage.app.main_screen.drawer.post_message(FieldChanged("learning_rate", 0.05))
        stage.app.main_screen.drawer.post_message(FieldChanged("hidden", (64,)))
        await stage.pilot.pause()
        assert stage.sent == ([ChangeHyperparameter("learning_rate", 0.05)] if phase is Phase.RUNNING else [])


async def test_a_change_is_told_with_its_batch(opened: Open) -> None:
    async with opened() as stage:
        await stage.press("3")
        await stage.happen(STARTED, HyperparameterChanged(3, 412, 2_100, "learning_rate", 0.1, 0.05))
        assert stage.told == ["learning_rate 0.1 → 0.05 after epoch 3, batch 412."]


async def test_what_stands_on_the_open_tab_is_not_told_over_it(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        change = HyperparameterChanged(3, 412, 2_100, "learning_rate", 0.1, 0.05)
        await stage.happen(STARTED, change, epoch_ended(1, matrix_of(MADE)), run_ended(matrix_of(TEST)))
        assert stage.told == []
        assert "Completed: test accuracy" in stage.screen
        assert "learning_rate 0.1 → 0.05" in stage.screen


async def test_a_form_that_covers_what_happened_does_not_keep_it_from_being_told(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await stage.happen(STARTED)
        await stage.press("f2")
        await stage.happen(HyperparameterChanged(3, 412, 2_100, "learning_rate", 0.1, 0.05))
        assert stage.told == ["learning_rate 0.1 → 0.05 after epoch 3, batch 412."]


async def test_a_change_that_is_refused_is_told_by_its_field(opened: Open) -> None:
    async with opened() as stage:
        await stage.happen(STARTED, ChangeRejected(3, 1, 1, "epochs", Sentence("epochs is 2; too late.")))
        assert stage.told == ["epochs keeps its value: epochs is 2; too late."]
        await stage.see("✗ epochs is 2; too late.")


# What the worker says


async def test_a_run_that_diverges_is_told_and_survived(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await stage.press("2")
        await stage.happen(STARTED, Diverged(1, 7, 7, "loss", None))
        text = "Diverged at epoch 1, batch 7: the loss is no longer finite; try a lower learning rate."
        assert text in stage.told
        await stage.happen(RunEnded("diverged", 0, None, None, None, None, None, None, 0.1))
        assert "■ Diverged" in lines(stage.app)[0]
        await stage.press("ctrl+r")
        assert stage.sent == [StartRun(Hyperparameters())]


async def test_a_gradient_that_explodes_is_told_with_its_norm(opened: Open) -> None:
    async with opened() as stage:
        await stage.happen(STARTED, Diverged(1, 7, 7, "gradient_norm", 3.2e7))
        assert "the gradient norm is 3.2e+07" in stage.screen


async def test_the_end_is_told_with_the_test_accuracy(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await stage.press("2")
        await stage.happen(STARTED, epoch_ended(1, matrix_of(MADE)), run_ended(matrix_of(TEST)))
        assert stage.told == ["Completed: test accuracy 97.00% with the weights of epoch 9."]
        assert "■ Completed test accuracy 97.00% best epoch 9" in " ".join(lines(stage.app)[0].split())


async def test_a_dead_process_is_told_and_replaced_at_the_next_run(opened: Open) -> None:
    async with opened() as stage:
        await stage.happen(STARTED)
        stage.worker.is_alive = False
        await stage.happen(FAILED)
        assert stage.told == ["The training process died."]
        await stage.press("ctrl+r")
        assert stage.worker.starts == 2
        assert stage.sent == []
        await stage.happen(DataLoaded(MNIST))
        assert stage.sent == [StartRun(Hyperparameters())]


async def test_a_process_that_cannot_start_is_told() -> None:
    class Unable(ScriptedWorker):
        def start(self) -> None:
            raise OSError(12, "Cannot allocate memory")

    app = MlpApp(worker_factory=Unable)
    async with app.run_test(size=(120, 40)) as pilot:
        stage = Stage(app, pilot)
        await stage.until(lambda: bool(stage.told))
        assert stage.told == ["The training process cannot be started: Cannot allocate memory."]
        assert "✗ Failed" in lines(app)[0]


@pytest.mark.parametrize("size", SIZES)
async def test_status_line_while_running(opened: Open, size: tuple[int, int]) -> None:
    async with opened(size) as stage:
        await stage.happen(STARTED, batch(412, 3), Paused(3, 412, 2_100), Resumed(3, 412, 2_100))
        line = " ".join(lines(stage.app)[0].split())
        without_bars = " ".join(word for word in line.split() if not set(word) & set("━─%"))
        assert without_bars == "● Running epoch 3/10 batch 412/844 54,000 images/s ≤ 0:08 left"
        assert re.search(r"epoch 3/10 ━+─+.* batch 412/844 ━+─+", line)


# Cells and predictions


async def test_a_cell_opens_its_digits(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await stage.happen(STARTED, epoch_ended(1, matrix_of(MADE)))
        await stage.press("2")
        true = int(mnist()[1][0])
        stage.app.main_screen.tabs.panels["confusion"].post_message(CellOpened(true, 3))
        await stage.until(lambda: stage.sent == [FetchPredictions(1, "validation")])
        assert stage.app.query_one(TabBar).active == "mistakes"
        await stage.happen(MADE)
        await stage.see(f"{true} predicted 3")
        assert stage.sent == [FetchPredictions(1, "validation")]


async def test_a_click_on_an_offered_key_never_goes_to_the_form(opened: Open) -> None:
    async with opened() as stage:
        await stage.happen(STARTED, epoch_ended(1, matrix_of(MADE)), run_ended(matrix_of(TEST)))
        await stage.press("2", "f2")
        panel = stage.app.main_screen.tabs.panels["confusion"]
        await stage.pilot.click(panel.query_one(OptionLine), offset=(1, 0))
        await stage.see("p per cent")
        assert panel.has_focus_within
        form = stage.app.main_screen.drawer.hyperparameters()
        assert form is not None
        assert form.hidden == (128,)


@pytest.mark.parametrize("size", SIZES)
async def test_the_matrix_of_the_whole_test_set_fits(opened: Open, size: tuple[int, int]) -> None:
    """Ten classes of a thousand images, beside the form and the table."""
    counts = tuple((label, label, 1100 + label) for label in range(10))
    async with opened(size) as stage:
        await stage.happen(STARTED, epoch_ended(1, matrix_of(MADE)), run_ended(ConfusionMatrix(10, counts)))
        await stage.press("2")
        for label in range(10):
            await stage.see(f" {1100 + label}")
        await stage.see("100.0 1,109")


async def test_predictions_are_asked_for_once_for_each_matrix(opened: Open) -> None:
    async with opened() as stage:
        await stage.happen(STARTED, epoch_ended(1, matrix_of(MADE)))
        await stage.press("3", "1", "3")
        await stage.until(lambda: stage.sent == [FetchPredictions(1, "validation")])
        await stage.happen(MADE, epoch_ended(2, matrix_of(MADE)), run_ended(matrix_of(TEST)))
        await stage.until(
            lambda: stage.sent == [FetchPredictions(1, "validation"), FetchPredictions(9, "test")]
        )
        await stage.happen(TEST)
        assert stage.sent == [FetchPredictions(1, "validation"), FetchPredictions(9, "test")]


async def test_why_is_asked_of_the_process_and_answered(opened: Open) -> None:
    async with opened() as stage:
        await stage.happen(STARTED, epoch_ended(1, matrix_of(MADE)), run_ended(matrix_of(TEST)), TEST)
        stage.app.clear_notifications()
        await stage.press("3", "w")
        await stage.until(lambda: ExplainPrediction("test", 1000, 3) in stage.sent)
        await stage.happen(explanation(1000, 3))
        await stage.see("more ink here speaks for 3")


# Help and language


async def test_help_lists_the_keys_and_explains_the_field_in_focus(opened: Open) -> None:
    async with opened() as stage:
        await stage.press("question_mark")
        for text in (
            "^r Start a run",
            "f3, space Pause or resume",
            "f5, n Learn one mini-batch",
        ):
            assert text in stage.screen
        await stage.press("f2")
        help_text = "\n".join(line[60:] for line in lines(stage.app))
        assert "hidden" in help_text
        assert "softmax regression" in " ".join(help_text.replace("│", " ").split())
        await stage.press("f1")
        assert "Start a run with" not in stage.screen


async def test_another_language_is_spoken_in_footer_and_palette(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Upside(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return {"Run": "运行", "Help": "帮助"}.get(message, message)

    async with opened() as stage:
        monkeypatch.setattr(tui.text.language, "_catalogue", Upside())
        stage.app.refresh_bindings()
        await stage.until(lambda: "^r 运行" in lines(stage.app)[-1])
        assert "运行" in {command.title for command in stage.app.get_system_commands(stage.app.screen)}


# Leaving


async def test_ctrl_q_leaves_at_once_and_closes_the_worker(opened: Open) -> None:
    async with opened() as stage:
        await bring_to(stage, Phase.RUNNING)
        worker = stage.worker
        await stage.press("f2", "ctrl+q")
        await stage.pilot.pause()
    assert not worker.is_alive


async def test_ctrl_c_says_how_to_leave(opened: Open) -> None:
    async with opened() as stage:
        await stage.press("ctrl+c")
        assert stage.told == ["ctrl+q leaves."]


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no such signals here")
async def test_sigterm_ends_it_cleanly() -> None:
    app = MlpApp(worker_factory=ScriptedWorker)
    async with app.run_test() as pilot:
        await pilot.pause()
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.1)
    assert app.return_code == 143


async def test_a_redraw_that_comes_when_all_is_taken_away_does_nothing(opened: Open) -> None:
    async with opened() as stage:
        await stage.app.main_screen.query("*").exclude(".-textual-system").remove()
        stage.app.is_outdated = True
        stage.app.redraw()
        assert stage.app.is_outdated


async def test_after_a_change_of_the_form_it_is_said_how_long_a_run_would_take(opened: Open) -> None:
    async with opened((120, 40)) as stage:
        stage.app.main_screen.drawer.change({"epochs": 20})
        await stage.until(lambda: bool(stage.worker.commands))
        (asked,) = stage.worker.commands
        assert asked == EstimateDuration(Hyperparameters(epochs=20))
        await stage.happen(DurationEstimated(Hyperparameters(epochs=20), 600))
        await stage.see("20 epochs: about 10:00")
        await stage.happen(STARTED)
        stage.app.main_screen.drawer.change({"epochs": 30})
        stage.app._estimate()
        assert stage.worker.commands == [asked]
