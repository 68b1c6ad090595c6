import subprocess
import sys

import pytest
from textual.app import App, ComposeResult

from engine.hyperparameters import Hyperparameters
from engine.sentences import Sentence
from tests.tui.screen_text import SIZES, lines, matrix_of, predictions, ready, run_ended, running, seen
from tui.panels.form_drawer import FormDrawer
from tui.session.run_state import RunState

INITIAL = Hyperparameters(hidden=(64, 32), optimizer="adam", epochs=3)


class Host(App[None]):
    CSS = "FormDrawer { width: 40; border: none; &:focus-within { border: none; } }"

    def compose(self) -> ComposeResult:
        yield FormDrawer(INITIAL)

    async def on_mount(self) -> None:
        await self.panel.mount_rest(RunState())

    @property
    def panel(self) -> FormDrawer:
        return self.query_one(FormDrawer)


@pytest.mark.parametrize("size", SIZES)
async def test_it_opens_on_the_values_it_was_given(size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        app.panel.show(RunState())
        await pilot.pause()
        assert "hidden* 64,32" in seen(app)
        assert app.panel.hyperparameters() == INITIAL
        assert "next run" not in seen(app)


async def test_it_says_when_a_field_takes_effect_as_long_as_a_run_is_active() -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        state = running()
        app.panel.show(state)
        await pilot.pause()
        assert "● at once ○ next run" in seen(app)
        assert any(line[1] == "○" and line[3:9] == "hidden" for line in lines(app))
        assert any(line[1] == "●" and "learning_rate" in line for line in lines(app))
        state.fold(run_ended(matrix_of(predictions({}))))
        app.panel.show(state)
        await pilot.pause()
        assert "next run" not in seen(app)


async def test_an_error_of_the_engine_stands_by_the_field_that_is_to_blame() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.panel.show(ready())
        sentence = Sentence("{name} is {given}; there are {images:,} images.")
        values = {"name": "batch_size", "given": 70000, "images": 54000}
        app.panel.show_error("batch_size", Sentence(sentence.template, values))
        await pilot.pause()
        shown = [" ".join(line.split()) for line in lines(app)]
        at = next(i for i, line in enumerate(shown) if line.startswith("batch_size"))
        assert " ".join(shown[at + 1 : at + 3]).startswith("✗ batch_size is 70000; there are 54,000 images.")


def test_the_form_is_drawn_before_numpy_is_loaded() -> None:
    code = (
        "import sys, tui.panels.form_drawer, tui.widgets.hyperparameter_form; print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
