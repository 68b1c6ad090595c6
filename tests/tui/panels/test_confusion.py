from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual.app import ComposeResult

from engine.events import ConfusionMatrix, DataFailed
from engine.sentences import Sentence
from tests.tui.panels.hosting import PanelHost
from tests.tui.screen_text import (
    SIZES,
    epoch_ended,
    lines,
    matrix_of,
    predictions,
    ready,
    run_ended,
    running,
    seen,
    started,
)
from tui.panels.confusion import ConfusionPanel
from tui.session.run_state import RunState
from tui.widgets.confusion_grid import CellOpened
from tui.widgets.worst_confusions import worst

FOURS_AS_NINES = {4: (9, 0.8), 6: (9, 0.7), 19: (9, 0.6), 2: (7, 0.9)}  # image 2 is a 1


class Host(PanelHost):
    def __init__(self, state: RunState) -> None:
        super().__init__(state)
        self.opened: list[tuple[int, int]] = []
        self.epochs_opened: list[int | None] = []

    def compose(self) -> ComposeResult:
        yield ConfusionPanel()

    def on_mount(self) -> None:
        self.panel.show(self.state)
        self.panel.grid.focus()

    def on_cell_opened(self, message: CellOpened) -> None:
        self.opened.append((message.true, message.predicted))
        self.epochs_opened.append(message.epoch)

    @property
    def panel(self) -> ConfusionPanel:
        return self.query_one(ConfusionPanel)


def in_epoch_3() -> RunState:
    state = running()
    state.fold(epoch_ended(3, matrix_of(predictions(FOURS_AS_NINES, split="validation"))))
    return state


def after_the_run() -> RunState:
    state = in_epoch_3()
    state.fold(run_ended(matrix_of(predictions({4: (9, 0.8)}))))
    return state


@pytest.mark.parametrize("size", SIZES)
async def test_before_a_run_it_says_what_comes_and_which_key_starts_it(
    size: tuple[int, int],
) -> None:
    app = Host(ready())
    async with app.run_test(size=size):
        assert "Here comes the confusion matrix: a row for each true class" in seen(app)
        assert "ctrl+r starts a run." in seen(app)
        assert "F1" not in seen(app)


async def test_what_is_missing_is_said_in_every_phase() -> None:
    app = Host(RunState())
    async with app.run_test(size=(80, 24)) as pilot:
        assert "ctrl+r starts a run as soon as it is there." in seen(app)
        await app.happen(pilot, DataFailed(Sentence("x.gz cannot be read.")))
        assert "No run can start without data. x.gz cannot be read." in seen(app)
        state = running()
        app.panel.show(state)
        await pilot.pause()
        assert "The first figures come when the first epoch ends." in seen(app)
        state.fold(run_ended(None, best_epoch=None))
        app.panel.show(state)
        await pilot.pause()
        assert "The run ended before its first epoch was complete. ctrl+r starts another." in seen(app)


async def test_during_a_run_it_is_the_validation_set_and_says_so() -> None:
    app = Host(in_epoch_3())
    async with app.run_test(size=(80, 24)) as pilot:
        assert "Validation set, epoch 3 500 images, 99.20% predicted correctly" in seen(app)
        newer = epoch_ended(4, matrix_of(predictions({}, split="validation")))
        await app.happen(pilot, newer)
        assert "Validation set, epoch 4 500 images, 100.00% predicted correctly" in seen(app)


async def test_after_it_it_is_the_test_set_and_says_so() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)):
        assert "Test set, weights of epoch 9 500 images, 99.80% predicted correctly" in seen(app)


async def test_a_new_run_starts_empty() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        await app.happen(pilot, started("r2"))
        assert "Test set" not in seen(app)
        assert "The first figures come" in seen(app)


async def test_the_cell_under_the_cursor_is_said_in_words() -> None:
    app = Host(in_epoch_3())
    async with app.run_test(size=(80, 24)) as pilot:
        assert "42 of 42 images of 0 were predicted correctly." in seen(app)
        await pilot.press(*["down"] * 4, "end")
        assert "3 images of 4 were predicted as 9." in seen(app)
        await pilot.press("up")
        assert "No image of 3 was predicted as 9." in seen(app)
        await pilot.press("up", "up", "left", "left")
        assert "1 image of 1 was predicted as 7." in seen(app)
        await app.happen(pilot, epoch_ended(4, matrix_of(predictions({}, split="validation"))))
        assert "No image of 1 was predicted as 7." in seen(app)


@pytest.mark.parametrize("size", SIZES)
async def test_each_class_has_its_figures_in_its_own_line(size: tuple[int, int]) -> None:
    app = Host(in_epoch_3())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        heading = next(line for line in lines(app) if "F1" in line)
        text = " ".join(heading.split())
        assert text.endswith("precision recall F1 support" if size[0] > 100 else "prec. rec. F1 supp.")
        four = next(line for line in lines(app) if line.split()[:1] == ["4"])
        # 55 fours, 3 of them read as 9: recall 52/55; nothing else was read as 4
        assert four.split()[-4:] == ["100.0", "94.5", "97.2", "55"]
        nine = next(line for line in lines(app) if line.split()[:1] == ["9"])
        # 54 nines, all found, and the 3 fours: precision 54/57
        assert nine.split()[-4:] == ["94.7", "100.0", "97.3", "54"]


async def test_a_class_that_is_missing_has_no_figures() -> None:
    state = running()
    state.fold(epoch_ended(1, ConfusionMatrix(3, ((0, 0, 5), (1, 0, 1)))))
    app = Host(state)
    async with app.run_test(size=(80, 24)):
        two = next(line for line in lines(app) if line.split()[:1] == ["2"])
        assert two.split()[-4:] == ["–", "–", "–", "0"]


@pytest.mark.parametrize("size", [(76, 24), (78, 24), (80, 24), (120, 40)])
async def test_nothing_is_cut_off_with_ten_classes(size: tuple[int, int]) -> None:
    cells = [(label, label, 1100) for label in range(10)] + [(4, 9, 35)]
    state = running()
    state.fold(run_ended(ConfusionMatrix(10, tuple(sorted(cells)))))
    app = Host(state)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        if size[0] >= 78:
            assert app.panel.grid.max_scroll_x == 0
        assert app.panel.grid.max_scroll_y == 0
        four = next(line for line in lines(app) if line.split()[:1] == ["4"])
        assert four.rstrip().endswith(" 1,135")
        assert "1100" in four


async def test_many_classes_scroll_together_with_their_figures() -> None:
    cells = tuple((label, label, label + 1) for label in range(200))
    state = running()
    state.fold(epoch_ended(1, ConfusionMatrix(200, cells)))
    app = Host(state)
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.grid.cursor = (150, 150)
        await pilot.pause()
        line = next(line for line in lines(app) if "‹" in line)
        assert line.split()[0] == "150"
        assert line.split()[-1] == "151"
        assert "151 of 151 images of 150 were predicted correctly." in seen(app)


async def test_enter_opens_the_cell() -> None:
    app = Host(in_epoch_3())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*["down"] * 4, "end", "enter")
        await pilot.pause()
        assert app.opened == [(4, 9)]


async def test_nothing_is_drawn_again_when_nothing_has_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = Host(in_epoch_3())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        drawn: list[object] = []
        monkeypatch.setattr(app.panel.grid, "refresh", lambda *a, **k: drawn.append(a))
        for _ in range(10):
            app.panel.show(app.state)
        await pilot.pause()
        assert drawn == []
        app.state.fold(epoch_ended(4, matrix_of(predictions({}, split="validation"))))
        app.panel.show(app.state)
        assert drawn


# The worst confusions, per cent, earlier epochs


def after_four_epochs() -> RunState:
    state = running()
    for epoch, wrong in ((1, FOURS_AS_NINES), (2, {4: (9, 0.8)}), (3, {}), (4, {2: (7, 0.9)})):
        state.fold(epoch_ended(epoch, matrix_of(predictions(wrong, split="validation"))))
    return state


def test_the_worst_confusions_come_first_and_of_equals_the_first_classes() -> None:
    cells = tuple((true, (true + 1) % 12, 5 + (true == 7)) for true in range(12))
    matrix = ConfusionMatrix(12, tuple(sorted((*cells, (3, 3, 900)))))
    found = worst(matrix)
    assert found[:3] == ((7, 8, 6), (0, 1, 5), (1, 2, 5))
    assert len(found) == 10


async def test_the_list_of_the_worst_leads_to_the_cell_and_its_images() -> None:
    app = Host(in_epoch_3())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("w")
        await pilot.pause()
        assert "3 images of 4 predicted as 9" in seen(app)
        assert "1 image of 1 predicted as 7" in seen(app)
        await pilot.press("down", "down")
        await pilot.pause()
        assert app.panel.grid.cursor == (1, 7)
        await pilot.press("enter")
        await pilot.pause()
        assert app.opened == [(1, 7)]
        await pilot.press("w")
        await pilot.pause()
        assert app.focused is app.panel.grid
        assert "predicted →" in seen(app)


async def test_a_confusion_is_opened_that_was_chosen_even_if_another_matrix_came_first() -> None:
    app = Host(in_epoch_3())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("w", "end")
        await pilot.pause()
        app.panel._worst.action_select()
        await app.happen(pilot, epoch_ended(4, matrix_of(predictions({}, split="validation"))))
        assert app.opened == [(1, 7)]


async def test_without_a_confusion_the_list_says_so() -> None:
    state = running()
    state.fold(epoch_ended(1, matrix_of(predictions({}, split="validation"))))
    app = Host(state)
    async with app.run_test(size=(120, 40)) as pilot:
        assert "Every image was predicted correctly." in seen(app)
        await pilot.press("w", "enter")
        await pilot.pause()
        assert app.opened == []


async def test_per_cent_of_the_row_stand_in_place_of_counts() -> None:
    state = running()
    state.fold(epoch_ended(1, ConfusionMatrix(3, ((0, 0, 3), (0, 2, 1), (1, 1, 2999), (1, 2, 1), (2, 2, 7)))))
    app = Host(state)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("p")
        await pilot.pause()
        assert "(per cent of the row)" in seen(app)
        rows = [line.replace("‹", " ").split()[:4] for line in lines(app)]
        assert ["0", "75.0", "·", "25.0"] in rows
        assert ["1", "·", "100", "<.1"] in rows
        assert ["2", "·", "·", "100"] in rows
        await pilot.press("p")
        await pilot.pause()
        assert "2999" in seen(app)


async def test_errors_below_one_per_cent_are_told_apart_at_80_columns() -> None:
    cells = [(label, label, 1000) for label in range(10)] + [(4, 9, 3), (4, 7, 6)]
    state = running()
    state.fold(epoch_ended(1, ConfusionMatrix(10, tuple(sorted(cells)))))
    app = Host(state)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("p")
        await pilot.pause()
        four = next(line for line in lines(app) if line.split()[:1] == ["4"])
        assert four.split()[1:11] == ["·"] * 4 + ["99.1", "·", "·", "0.6", "·", "0.3"]


async def test_the_matrix_of_every_epoch_can_be_looked_at() -> None:
    app = Host(after_four_epochs())
    async with app.run_test(size=(80, 24)) as pilot:
        assert "Validation set, epoch 4" in seen(app)
        await pilot.press("left_square_bracket")
        await pilot.pause()
        assert "Validation set, epoch 3" in seen(app)
        assert "epoch 3 of 4" in seen(app)
        assert "[ earlier epoch ] later epoch } newest" in seen(app)
        await pilot.press("left_curly_bracket")
        await pilot.pause()
        assert "Validation set, epoch 1" in seen(app)
        assert "99.20% predicted correctly" in seen(app)
        await app.happen(pilot, epoch_ended(5, matrix_of(predictions({}, split="validation"))))
        assert "Validation set, epoch 1 of 5" in seen(app)  # it stays where a person has put it
        await pilot.press("enter")
        await pilot.pause()
        assert app.epochs_opened == [1]
        await pilot.press("right_curly_bracket", "enter")
        await pilot.pause()
        assert "Validation set, epoch 5" in seen(app)
        assert app.epochs_opened == [1, None]


async def test_only_epochs_that_there_are_can_be_turned_to() -> None:
    app = Host(ready())
    async with app.run_test(size=(80, 24)) as pilot:
        assert not app.keys & {"w", "left_square_bracket", "right_square_bracket"}
        await app.happen(pilot, started(), epoch_ended(1, matrix_of(predictions({}, split="validation"))))
        assert app.keys >= {"w"}
        assert "p counts w worst" in seen(app)
        assert "earlier epoch" not in seen(app)
        assert not app.keys & {"left_square_bracket", "right_square_bracket"}
        await app.happen(pilot, epoch_ended(2, matrix_of(predictions({}, split="validation"))))
        await pilot.press("left_square_bracket")
        assert "right_square_bracket" in app.keys
        assert "left_square_bracket" not in app.keys


async def test_the_matrix_comes_back_with_the_keys_when_room_for_both_is_lost() -> None:
    app = Host(in_epoch_3())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("w")
        app.panel.grid.focus()
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert app.panel.grid.has_focus
        assert app.panel.grid.region.height > 0


async def test_after_the_run_the_test_matrix_comes_after_the_last_epoch() -> None:
    state = after_four_epochs()
    state.fold(run_ended(matrix_of(predictions({4: (9, 0.8)}))))
    app = Host(state)
    async with app.run_test(size=(120, 40)) as pilot:
        assert "Test set" in seen(app)
        await pilot.press("left_square_bracket")
        await pilot.pause()
        assert "Validation set, epoch 4" in seen(app)
        await pilot.press("right_square_bracket")
        await pilot.pause()
        assert "Test set" in seen(app)
        app.state.fold(started("r2"))
        app.panel.show(app.state)
        await pilot.press("left_square_bracket")
        assert "The first figures come" in seen(app)


@pytest.mark.parametrize("size", SIZES)
async def test_long_names_stand_whole_below_and_recalls_beside_accuracy(size: tuple[int, int]) -> None:
    state = running()
    assert state.started is not None
    names = ("马", "a name that is too long for a row", *"cdefghij")
    state.started = replace(state.started, data=replace(state.started.data, class_names=names))
    cells = ((0, 0, 90), (0, 1, 10), *((label, label, 10) for label in range(1, 9)), (9, 0, 10))
    state.fold(epoch_ended(3, ConfusionMatrix(10, cells)))
    app = Host(state)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = " ".join(seen(app).split())
        assert "190 images, 89.47% predicted correctly, mean of the classes' recalls 89.00%" in text
        assert "90 of 100 images of 马 were predicted correctly." in text
        assert "a name that… = a name that is too long for a row" in text
        rows = [line.rstrip() for line in lines(app) if "·" in line]
        assert len(rows) == 10
        assert len(set(map(cell_len, rows))) == 1  # wide letters or not, all end in one column
