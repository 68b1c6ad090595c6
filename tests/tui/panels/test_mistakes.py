import dataclasses

import numpy as np
import pytest
from textual.app import App, ComposeResult

from engine.events import Predictions, RunFailed
from engine.training.metrics import confusion_matrix
from engine.wording import Sentence
from tests.tui.looking import (
    SIZES,
    epoch_ended,
    explanation,
    lines,
    matrix_of,
    mnist,
    predictions,
    ready,
    run_ended,
    running,
    seen,
    started,
)
from tui.ascii_art import ascii_art
from tui.glyphs import use_ascii
from tui.messages import ExplanationWanted, PredictionsWanted
from tui.panels.mistakes import MistakesPanel
from tui.run_state import RunState
from tui.sentences import percent
from tui.widgets.choices import Choices
from tui.widgets.digit import Digit
from tui.widgets.thumbnails import Thumbnails

# Test images 4, 6 and 19 are fours, 2 is a one, 9 is a nine.
MISREAD = {4: (9, 0.6), 6: (9, 0.99), 19: (9, 0.8), 2: (7, 0.95), 9: (4, 0.7)}
SUREST_FIRST = [6, 2, 19, 9, 4]


class Host(App[None]):
    """Asks nobody: a test answers for the worker."""

    def __init__(self, state: RunState) -> None:
        super().__init__()
        self.state = state
        self.wanted = 0
        self.questions: list[tuple[str, int, int]] = []

    def compose(self) -> ComposeResult:
        yield MistakesPanel()

    def on_mount(self) -> None:
        self.panel.focus()
        self.panel.show(self.state)

    def on_predictions_wanted(self, _message: PredictionsWanted) -> None:
        self.wanted += 1

    def on_explanation_wanted(self, message: ExplanationWanted) -> None:
        self.questions.append((message.split, message.index, message.other))

    @property
    def panel(self) -> MistakesPanel:
        return self.query_one(MistakesPanel)

    @property
    def keys(self) -> set[str]:
        """The keys of the panel that the footer offers."""
        active = self.screen.active_bindings.values()
        return {b.binding.key for b in active if b.node is self.panel and b.enabled}


def validation(epoch: int, misread: dict[int, tuple[int, float]] | None = None) -> Predictions:
    return predictions(MISREAD if misread is None else misread, split="validation", epoch=epoch)


def in_epoch(epoch: int) -> RunState:
    """Return a run whose newest matrix is that of `epoch`, with no predictions yet."""
    state = running()
    state.fold(epoch_ended(epoch, matrix_of(validation(epoch))))
    return state


def after_the_run(misread: dict[int, tuple[int, float]] = MISREAD) -> RunState:
    """Return a run that has ended, with the predictions of the test set."""
    state = in_epoch(9)
    made = predictions(misread)
    state.fold(run_ended(matrix_of(made)))
    state.fold(made)
    return state


def assert_digit(app: Host, position: int) -> None:
    """The digit on the screen is the image at `position`, as large as there is room for."""
    digit = app.panel.query_one(Digit)
    art = ascii_art(mnist()[0][position], *digit.size)
    drawn = [line[: digit.region.right].strip() for line in lines(app)[digit.region.y :]]
    assert [line for line in drawn if line] == [line.strip() for line in art if line.strip()]


@pytest.mark.parametrize("size", SIZES)
async def test_before_a_run_it_says_what_comes_and_which_key_starts_it(
    size: tuple[int, int],
) -> None:
    app = Host(ready())
    async with app.run_test(size=size):
        assert "Here you look at the images that the network misreads." in seen(app)
        assert "ctrl+r starts a run." in seen(app)
        assert app.wanted == 0
        assert app.keys == set()


@pytest.mark.parametrize("size", SIZES)
async def test_the_mistake_it_was_surest_of_comes_first_with_all_that_is_known(
    size: tuple[int, int],
) -> None:
    app = Host(after_the_run())
    async with app.run_test(size=size):
        words = seen(app)
        assert "All mistakes test set, weights of epoch 9" in words
        assert "A 4, read as 9, 99.00% sure" in words
        assert "1 of 5 · test image 1,006" in words
        assert_digit(app, 6)
        bars = [line[app.panel.query_one(Digit).region.right :].split() for line in lines(app)]
        assert any(bar[:2] == ["✗", "9"] and bar[-1] == percent(0.99) for bar in bars)
        assert any(bar[:2] == ["✓", "4"] and bar[-1] == percent(0.01 / 9) for bar in bars)
        assert any(bar[:1] == ["0"] and bar[-1] == percent(0.01 / 9) for bar in bars)
        assert app.wanted == 0


@pytest.mark.parametrize(("forth", "back"), [("right", "left"), ("j", "k")])
async def test_the_keys_go_through_all_of_them_and_stop_at_the_ends(forth: str, back: str) -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        for number, position in enumerate(SUREST_FIRST, start=1):
            assert f"{number} of 5 · test image {1000 + position:,}" in seen(app)
            assert_digit(app, position)
            await pilot.press(forth)
        assert "5 of 5" in seen(app)
        assert not {"right", "j"} & app.keys
        await pilot.press(back)
        assert "4 of 5" in seen(app)
        await pilot.press("home")
        assert "1 of 5" in seen(app)
        assert not {"left", "k"} & app.keys
        await pilot.press("end")
        assert "5 of 5" in seen(app)


@pytest.mark.parametrize("size", SIZES)
async def test_a_cell_shows_exactly_its_images(size: tuple[int, int]) -> None:
    state = after_the_run()
    confusion = state.confusion
    assert confusion is not None
    app = Host(state)
    async with app.run_test(size=size) as pilot:
        for true, predicted, count in confusion[0].cells:
            app.panel.show_cell(true, predicted)
            await pilot.pause()
            how = "read correctly" if true == predicted else f"read as {predicted}"
            assert f"{true} {how} test set, weights of epoch 9" in seen(app)
            assert f"1 of {count} ·" in seen(app)
            assert f"A {true}, {how}" in seen(app)
        app.panel.show_cell(4, 9)
        await pilot.pause()
        for position in (6, 19, 4):
            assert_digit(app, position)
            await pilot.press("right")
        app.panel.show_cell(3, 5)
        await pilot.pause()
        assert "No image of 3 was read as 5." in seen(app)


@pytest.mark.parametrize("key", ["a", "escape"])
async def test_a_key_goes_back_to_all_mistakes(key: str) -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        assert not {"a", "escape"} & app.keys
        app.panel.show_cell(4, 9)
        await pilot.pause()
        assert "1 of 3" in seen(app)
        assert {"a", "escape"} <= app.keys
        await pilot.press(key)
        assert "All mistakes" in seen(app)
        assert "1 of 5" in seen(app)


async def test_without_mistakes_it_says_so() -> None:
    app = Host(after_the_run({}))
    async with app.run_test(size=(80, 24)):
        assert "No mistakes: all 500 images were read correctly." in seen(app)


@pytest.mark.parametrize("size", SIZES)
async def test_it_asks_once_for_what_is_not_there_and_says_so(size: tuple[int, int]) -> None:
    app = Host(in_epoch(3))
    async with app.run_test(size=size) as pilot:
        for _ in range(5):
            app.panel.show(app.state)
        await pilot.pause()
        assert app.wanted == 1
        assert "Fetching the images …" in seen(app)
        app.state.fold(validation(3))
        app.panel.show(app.state)
        await pilot.pause()
        assert "All mistakes validation set, epoch 3" in seen(app)
        assert "1 of 5 · training image 1,006" in seen(app)


async def test_an_answer_counts_though_another_epoch_has_ended_meanwhile() -> None:
    app = Host(in_epoch(3))
    async with app.run_test(size=(80, 24)) as pilot:
        app.state.fold(validation(3))
        app.state.fold(epoch_ended(4, matrix_of(validation(4))))
        app.panel.show(app.state)
        await pilot.pause()
        assert "All mistakes validation set, epoch 3" in seen(app)
        assert app.wanted == 1


async def test_it_asks_again_at_the_next_epoch_if_no_answer_came() -> None:
    app = Host(in_epoch(3))
    async with app.run_test(size=(80, 24)) as pilot:
        app.state.fold(epoch_ended(4, matrix_of(validation(4))))
        app.panel.show(app.state)
        await pilot.pause()
        assert app.wanted == 2


async def test_predictions_of_an_older_epoch_that_nobody_asked_for_are_not_shown() -> None:
    state = in_epoch(3)
    state.fold(validation(3))
    state.fold(epoch_ended(4, matrix_of(validation(4))))
    app = Host(state)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.wanted == 1
        assert "Fetching" in seen(app)


async def test_what_is_browsed_stays_until_newer_is_asked_for() -> None:
    app = Host(in_epoch(3))
    async with app.run_test(size=(80, 24)) as pilot:
        app.state.fold(validation(3))
        app.panel.show(app.state)
        await pilot.press("right")
        assert "2 of 5" in seen(app)
        assert "u" not in app.keys
        app.state.fold(epoch_ended(4, matrix_of(validation(4, {}))))
        app.state.fold(validation(4, {4: (9, 0.6)}))  # another panel has asked
        app.panel.show(app.state)
        await pilot.pause()
        assert "validation set, epoch 3" in seen(app)
        assert "2 of 5" in seen(app)
        assert "Epoch 4 has ended: u shows its mistakes." in seen(app)
        assert "u" in app.keys
        await pilot.press("u")
        await pilot.pause()
        assert "validation set, epoch 4" in seen(app)
        assert "1 of 1" in seen(app)
        assert "u" not in app.keys
        assert app.wanted == 1


async def test_newer_ones_are_fetched_when_they_are_asked_for() -> None:
    app = Host(in_epoch(3))
    async with app.run_test(size=(80, 24)) as pilot:
        app.state.fold(validation(3))
        app.panel.show(app.state)
        app.state.fold(epoch_ended(4, matrix_of(validation(4))))
        app.panel.show(app.state)
        await pilot.press("u")
        await pilot.pause()
        assert app.wanted == 2
        assert "Fetching" in seen(app)
        app.state.fold(validation(4, {4: (9, 0.6)}))
        app.panel.show(app.state)
        await pilot.pause()
        assert "validation set, epoch 4" in seen(app)


async def test_when_the_run_ends_it_turns_to_the_test_set_and_says_so() -> None:
    app = Host(in_epoch(3))
    async with app.run_test(size=(80, 24)) as pilot:
        app.state.fold(validation(3))
        app.panel.show(app.state)
        app.panel.show_cell(4, 9)
        made = predictions({4: (9, 0.6), 2: (7, 0.9)})
        app.state.fold(run_ended(matrix_of(made)))
        app.panel.show(app.state)
        await pilot.pause()
        assert "Fetching" in seen(app)
        assert app.wanted == 2
        app.state.fold(made)
        app.panel.show(app.state)
        await pilot.pause()
        assert "4 read as 9 test set, weights of epoch 9" in seen(app)
        assert "1 of 1" in seen(app)
        assert "The run has ended: these are images of the test set now." in seen(app)


async def test_a_cell_that_was_opened_before_the_panel_was_ever_shown() -> None:
    app = Host(ready())
    async with app.run_test(size=(80, 24)) as pilot:
        state = after_the_run()
        app.panel.show_cell(2, 7)
        app.panel.show(state)
        await pilot.pause()
        assert "No image of 2 was read as 7." in seen(app)
        app.panel.show_cell(1, 7)
        await pilot.pause()
        assert "A 1, read as 7" in seen(app)


async def test_a_cell_of_a_newer_matrix_is_not_shown_with_older_predictions() -> None:
    app = Host(in_epoch(3))
    async with app.run_test(size=(80, 24)) as pilot:
        app.state.fold(validation(3))
        app.panel.show(app.state)
        app.state.fold(epoch_ended(4, matrix_of(validation(4, {4: (9, 0.6)}))))
        app.panel.show_cell(4, 9)
        await pilot.pause()
        assert "Fetching" in seen(app)
        app.state.fold(validation(4, {4: (9, 0.6)}))
        app.panel.show(app.state)
        await pilot.pause()
        assert "4 read as 9 validation set, epoch 4" in seen(app)
        assert "1 of 1" in seen(app)
        assert "The cell was opened" not in seen(app)


async def test_it_says_so_when_the_network_has_learned_on_since_a_cell_was_opened() -> None:
    app = Host(in_epoch(3))
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.show_cell(4, 9)
        app.state.fold(epoch_ended(4, matrix_of(validation(4))))
        app.state.fold(validation(4))
        app.panel.show(app.state)
        await pilot.pause()
        assert "validation set, epoch 4" in seen(app)
        assert "The cell was opened at epoch 3; since then the network has learned on." in seen(app)


async def test_a_new_run_starts_empty_and_with_all_mistakes() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.show_cell(4, 9)
        app.state.fold(started("r2"))
        app.panel.show(app.state)
        await pilot.pause()
        assert "The first figures come when the first epoch ends." in seen(app)
        assert "sure" not in seen(app)
        app.state.fold(epoch_ended(1, matrix_of(validation(1))))
        app.state.fold(validation(1))
        app.panel.show(app.state)
        await pilot.pause()
        assert "All mistakes validation set, epoch 1" in seen(app)


async def test_when_the_process_is_lost_it_does_not_wait_for_ever() -> None:
    state = in_epoch(3)
    state.fold(RunFailed(Sentence("The training process was killed.")))
    app = Host(state)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.wanted == 0
        assert "ctrl+r starts another." in seen(app)


async def test_the_digit_is_larger_where_there_is_room() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(120, 40)) as pilot:
        assert_digit(app, 6)
        large = app.panel.query_one(Digit).size
        await pilot.resize_terminal(80, 24)
        assert_digit(app, 6)
        small = app.panel.query_one(Digit).size
        assert large.height >= 28 and large.width >= 56
        assert small.height >= 18 and small.width >= 36


# Which images, and in which order


@pytest.mark.parametrize("size", SIZES)
async def test_keys_filter_by_class_and_say_so_in_words(size: tuple[int, int]) -> None:
    app = Host(after_the_run())
    async with app.run_test(size=size) as pilot:
        assert "t true any p read as any c mistakes o surest first r ⇅ v shades" in seen(app)
        for title, count in (("Mistakes of 1", 1), ("Mistakes of 4", 3), ("Mistakes of 9", 1)):
            await pilot.press("t")
            assert f"{title} test set" in seen(app)
            assert f"1 of {count} ·" in seen(app)
        assert "t true 9" in seen(app)
        await pilot.press("t")
        assert "All mistakes" in seen(app)
        await pilot.press("T")
        assert "Mistakes of 9" in seen(app)
        await pilot.press("a", "p", "p")
        assert "Misread as 7" in seen(app)
        assert "p read as 7" in seen(app)
        await pilot.press("P")
        assert "Misread as 4" in seen(app)
        await pilot.press("t")
        assert "9 read as 4" in seen(app)
        await pilot.press("escape", "home", "f")
        assert "4 read as 9" in seen(app)
        assert "1 of 3" in seen(app)


async def test_correct_ones_too() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        assert "All images" in seen(app)
        assert "1 of 500" in seen(app)
        assert "c all images" in seen(app)
        await pilot.press("t")
        assert "All images of 0" in seen(app)
        assert "A 0, read correctly" in seen(app)
        await pilot.press("c")
        assert "No image of 0 was misread." in seen(app)
        await pilot.press("a")
        assert "1 of 5" in seen(app)


async def test_orders_and_their_figures() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        assert "loss 6.8024 · margin 98.89%" in seen(app)
        for words, position in (
            ("largest loss first", 6),
            ("closest call first", 4),
            ("in order", 2),
            ("surest first", 6),
        ):
            await pilot.press("o")
            assert f"o {words}" in seen(app)
            assert_digit(app, position)
            assert "1 of 5" in seen(app)
        await pilot.press("r")
        assert "o least sure first" in seen(app)
        assert_digit(app, 4)


async def test_a_click_on_the_words_does_what_the_key_does() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        line = app.panel.query_one(Choices)
        where = lines(app)[line.region.y].index("true any") - line.region.x
        await pilot.click(Choices, offset=(where, 0))
        await pilot.pause()
        assert "Mistakes of 1" in seen(app)


async def test_a_new_run_keeps_the_order_and_forgets_the_classes() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("o", "t")
        app.state.fold(started("r2"))
        app.state.fold(epoch_ended(1, matrix_of(validation(1))))
        app.state.fold(validation(1))
        app.panel.show(app.state)
        await pilot.pause()
        assert "t true any" in seen(app)
        assert "o largest loss first" in seen(app)


# How they are drawn


async def test_a_key_draws_it_in_another_way() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        pictures = {seen(app)}
        for words in ("half blocks", "braille", "numbers"):
            await pilot.press("v")
            assert f"v {words}" in seen(app)
            pictures.add("".join(lines(app)))
        assert len(pictures) == 4
        await pilot.press("v")
        assert "v shades" in seen(app)
        assert_digit(app, 6)


async def test_with_ascii_alone_nothing_else_is_drawn() -> None:
    app = Host(after_the_run())
    use_ascii(True)
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            assert "v shades" in seen(app)
            await pilot.press("v")
            assert "v numbers" in seen(app)
            await pilot.press("v", "w")
            app.state.fold(explanation(1006, 9))
            app.panel.show(app.state)
            await pilot.pause()
            assert "more ink here speaks for 9" in seen(app)
            assert "".join(lines(app)).isascii()
    finally:
        use_ascii(False)


# The grid


def grid(app: Host) -> Thumbnails:
    return app.panel.query_one(".mistakes--grid", Thumbnails)


async def test_in_a_small_panel_the_grid_takes_the_place_of_the_image() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        assert not grid(app).display
        assert not {"up", "down", "enter"} & app.keys
        await pilot.press("g")
        await pilot.pause()
        assert not app.panel.query_one(Digit).display
        assert "› 4→9 ‹" in seen(app)
        assert "1→7" in seen(app)
        assert "A 4, read as 9, 99.00% sure" in seen(app)
        await pilot.press("right")
        assert "› 1→7 ‹" in seen(app)
        assert "A 1, read as 7" in seen(app)
        await pilot.press("enter")
        await pilot.pause()
        assert not grid(app).display
        assert_digit(app, 2)


@pytest.mark.parametrize("size", [(120, 40), (76, 36)])
async def test_where_there_is_room_it_stands_beside_or_below(size: tuple[int, int]) -> None:
    app = Host(after_the_run())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert "› 4→9 ‹" in seen(app)
        assert app.panel.query_one(Digit).display
        await pilot.press("c", "home")
        columns = grid(app).columns
        await pilot.press("down")
        assert f"{columns + 1} of 500" in seen(app)
        await pilot.press("pagedown", "up")
        assert f"{columns * grid(app).rows_in_view + 1} of 500" in seen(app)
        await pilot.press("g")
        await pilot.pause()
        assert not grid(app).display


async def test_a_click_chooses_and_a_second_one_shows_it_large() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("g")
        await pilot.pause()
        await pilot.click(grid(app), offset=(16, 2))
        await pilot.pause()
        assert "2 of 5" in seen(app)
        await pilot.click(grid(app), offset=(2, 2), times=2)
        await pilot.pause()
        assert "1 of 5" in seen(app)
        assert_digit(app, 6)


# Why?


@pytest.mark.parametrize("size", SIZES)
async def test_why_draws_the_gradient_and_the_neighbours_and_says_what_is_seen(size: tuple[int, int]) -> None:
    app = Host(after_the_run())
    async with app.run_test(size=size) as pilot:
        await pilot.press("w")
        await pilot.pause()
        assert "Asking the network why …" in seen(app)
        assert app.questions == [("test", 1006, 9)]
        app.panel.show(app.state)
        app.state.fold(explanation(1007, 9))  # of another image
        app.panel.show(app.state)
        await pilot.pause()
        assert "Asking the network why …" in seen(app)
        app.state.fold(explanation(1006, 9))
        app.panel.show(app.state)
        await pilot.pause()
        assert "+ more ink here speaks for 9 - for 4." in seen(app)
        assert "The nearest training image is a 9 (1.0); the nearest 4 is at 4.0." in seen(app)
        assert "Weights of epoch 9." in seen(app)
        for caption in ("9 1.0", "9 2.0", "9 3.0", "4 4.0", "4 8.0", "4 12.0"):
            assert caption in seen(app)
        digit = app.panel.query_one(Digit).region
        drawn = [line[digit.x : digit.right].strip() for line in lines(app)[digit.y : digit.bottom]]
        drawn = [line for line in drawn if line]
        assert drawn[0].strip("+") == ""
        assert drawn[-1].strip("-") == ""
        assert app.questions == [("test", 1006, 9)]
        await pilot.press("w")
        await pilot.pause()
        assert_digit(app, 6)
        assert "more ink" not in seen(app)


async def test_every_image_is_asked_about_when_it_is_looked_at() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("w")
        app.state.fold(explanation(1006, 9))
        app.panel.show(app.state)
        await pilot.press("right")
        await pilot.pause()
        assert "Asking the network why …" in seen(app)
        assert app.questions == [("test", 1006, 9), ("test", 1002, 7)]
        await pilot.press("left", "w", "w")
        await pilot.pause()
        assert app.questions[2:] == [("test", 1006, 9), ("test", 1006, 9)]
        assert "Asking the network why …" in seen(app)  # the old answer may be of older weights


async def test_it_says_which_weights_and_that_they_read_something_else_by_now() -> None:
    app = Host(in_epoch(3))
    async with app.run_test(size=(80, 24)) as pilot:
        app.state.fold(validation(3))
        app.panel.show(app.state)
        await pilot.press("w")
        app.state.fold(explanation(1006, 9, split="validation", batch=12, predicted=4))
        app.panel.show(app.state)
        await pilot.pause()
        assert "Weights of epoch 9, batch 12. They read it as 4." in seen(app)


async def test_why_is_asked_of_a_correct_one_against_the_next_likeliest() -> None:
    made = predictions({})
    made.probabilities[0, 3] = 0.05
    state = in_epoch(9)
    state.fold(run_ended(matrix_of(made)))
    state.fold(made)
    app = Host(state)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c", "o", "o", "o", "w")
        await pilot.pause()
        assert app.questions == [("test", 1000, 3)]


async def test_a_gradient_of_zero_or_beyond_numbers_and_a_class_without_images_are_told() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("w")
        why = explanation(1006, 9)
        assert why.gradient is not None
        nine, four = why.neighbours
        nobody = dataclasses.replace(
            nine, indices=nine.indices[:0], distances=nine.distances[:0], images=nine.images[:0]
        )
        app.state.fold(dataclasses.replace(why, gradient=None, neighbours=(nobody, four)))
        app.panel.show(app.state)
        await pilot.pause()
        assert "The gradient is beyond all numbers." in seen(app)
        assert "Not both classes have training images." in seen(app)
        await pilot.press("w", "w")
        app.state.fold(dataclasses.replace(why, gradient=0 * why.gradient))
        app.panel.show(app.state)
        await pilot.pause()
        assert "No pixel makes a difference here: the gradient is zero." in seen(app)


async def test_when_the_process_is_lost_nobody_is_asked_why() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        app.state.fold(RunFailed(Sentence("The training process was killed.")))
        app.panel.show(app.state)
        await pilot.press("w")
        await pilot.pause()
        assert app.questions == []
        assert "The weights were lost with the run" in seen(app)


@pytest.mark.parametrize("size", [(20, 6), (1, 1), (60, 12), (250, 70)])
async def test_it_lives_in_any_room(size: tuple[int, int]) -> None:
    app = Host(after_the_run())
    async with app.run_test(size=size) as pilot:
        await pilot.press("v", "w")
        app.state.fold(explanation(1006, 9))
        app.panel.show(app.state)
        await pilot.press("g", "down", "pagedown", "v", "g", "t", "o", "c")
        await pilot.resize_terminal(80, 24)
        assert "read correctly" in seen(app) or "read as" in seen(app)


@pytest.mark.parametrize(("side", "classes"), [(8, 2), (32, 26), (100, 1000)])
async def test_other_sizes_and_numbers_of_classes(side: int, classes: int) -> None:
    rng = np.random.default_rng(0)
    labels, read_as = rng.integers(0, classes, 40), rng.integers(0, classes, 40)
    labels[0], read_as[0] = 0, classes - 1
    probabilities = np.full((40, classes), 0.1 / classes, np.float32)
    probabilities[np.arange(40), read_as] = 0.9
    images = rng.integers(0, 256, (40, side, side), np.uint8)
    made = Predictions("test", 9, images, labels, np.arange(40), read_as, probabilities)
    state = in_epoch(9)
    state.fold(run_ended(confusion_matrix(labels, read_as, classes)))
    state.fold(made)
    app = Host(state)
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.show_cell(0, classes - 1)
        for key in ("v", "v", "v", "v", "g", "w"):
            await pilot.press(key)
            await pilot.pause()
            assert f"A 0, read as {classes - 1}" in seen(app)
