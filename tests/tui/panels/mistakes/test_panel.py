import dataclasses

import pytest

from engine.events import RunFailed
from engine.sentences import Sentence
from tests.tui.panels.mistakes.hosting import (
    SUREST_FIRST,
    Host,
    after_the_run,
    assert_digit,
    in_epoch,
    validation,
)
from tests.tui.screen_text import (
    SIZES,
    epoch_ended,
    lines,
    matrix_of,
    predictions,
    ready,
    run_ended,
    seen,
    started,
)
from tui.text.phrases import percent
from tui.widgets.digit import Digit


@pytest.mark.parametrize("size", SIZES)
async def test_before_a_run_it_says_what_comes_and_which_key_starts_it(
    size: tuple[int, int],
) -> None:
    app = Host(ready())
    async with app.run_test(size=size):
        assert "The images that the network misclassifies, one by one." in seen(app)
        assert "ctrl+r starts a run." in seen(app)
        assert app.wanted == 0
        assert app.keys == set()


@pytest.mark.parametrize("size", SIZES)
async def test_the_mistake_it_was_surest_of_comes_first_with_all_that_is_known(
    size: tuple[int, int],
) -> None:
    app = Host(after_the_run())
    async with app.run_test(size=size):
        text = seen(app)
        assert "All mistakes test set, weights of epoch 9" in text
        assert "4, predicted 9, 99.00% confident" in text
        assert "1 of 5 · test image 1,006" in text
        assert_digit(app, 6)
        bars = [line[app.panel.query_one(Digit).region.right :].split() for line in lines(app)]
        assert any(bar[:2] == ["✗", "9"] and bar[-1] == percent(0.99) for bar in bars)
        assert any(bar[:2] == ["✓", "4"] and bar[-1] == percent(0.01 / 9) for bar in bars)
        assert any(bar[:1] == ["0"] and bar[-1] == percent(0.01 / 9) for bar in bars)
        assert app.wanted == 0


async def test_of_a_run_that_deskews_it_says_that_images_are_shown_so() -> None:
    state = after_the_run()
    assert state.hyperparameters is not None
    state.hyperparameters = dataclasses.replace(state.hyperparameters, deskew=True)
    app = Host(state)
    async with app.run_test(size=(120, 40)):
        assert "test set, weights of epoch 9, images deskewed" in seen(app)


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


async def test_a_cell_shows_exactly_its_images() -> None:
    state = after_the_run()
    confusion = state.confusion
    assert confusion is not None
    app = Host(state)
    async with app.run_test(size=(80, 24)) as pilot:
        for true, predicted, count in confusion[0].cells:
            app.panel.show_cell(true, predicted)
            await pilot.pause()
            how = "predicted correctly" if true == predicted else f"predicted {predicted}"
            assert f"{true} {how} test set, weights of epoch 9" in seen(app)
            assert f"1 of {count} ·" in seen(app)
            assert f"{true}, {how}" in seen(app)
        app.panel.show_cell(4, 9)
        await pilot.pause()
        for position in (6, 19, 4):
            assert_digit(app, position)
            await pilot.press("right")
        app.panel.show_cell(3, 5)
        await pilot.pause()
        assert "No image of 3 was predicted as 5." in seen(app)


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
        assert "No mistakes: all 500 images were predicted correctly." in seen(app)


async def test_it_asks_once_for_what_is_not_there_and_says_so() -> None:
    app = Host(in_epoch(3))
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(5):
            app.panel.show(app.state)
        await pilot.pause()
        assert app.wanted == 1
        assert "Fetching the images …" in seen(app)
        await app.happen(pilot, validation(3))
        assert "All mistakes validation set, epoch 3" in seen(app)
        assert "1 of 5 · training image 1,006" in seen(app)


async def test_an_answer_counts_though_another_epoch_has_ended_meanwhile() -> None:
    app = Host(in_epoch(3))
    async with app.run_test(size=(80, 24)) as pilot:
        await app.happen(pilot, validation(3), epoch_ended(4, matrix_of(validation(4))))
        assert "All mistakes validation set, epoch 3" in seen(app)
        assert app.wanted == 1


async def test_it_asks_again_at_the_next_epoch_if_no_answer_came() -> None:
    app = Host(in_epoch(3))
    async with app.run_test(size=(80, 24)) as pilot:
        await app.happen(pilot, epoch_ended(4, matrix_of(validation(4))))
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
        another_asked = validation(4, {4: (9, 0.6)})
        await app.happen(pilot, epoch_ended(4, matrix_of(validation(4, {}))), another_asked)
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
        await app.happen(pilot, validation(4, {4: (9, 0.6)}))
        assert "validation set, epoch 4" in seen(app)


async def test_when_the_run_ends_it_turns_to_the_test_set_and_says_so() -> None:
    app = Host(in_epoch(3))
    async with app.run_test(size=(80, 24)) as pilot:
        app.state.fold(validation(3))
        app.panel.show(app.state)
        app.panel.show_cell(4, 9)
        made = predictions({4: (9, 0.6), 2: (7, 0.9)})
        await app.happen(pilot, run_ended(matrix_of(made)))
        assert "Fetching" in seen(app)
        assert app.wanted == 2
        await app.happen(pilot, made)
        assert "4 predicted 9 test set, weights of epoch 9" in seen(app)
        assert "1 of 1" in seen(app)
        assert "The run has ended: these are images of the test set now." in seen(app)


async def test_a_cell_that_was_opened_before_the_panel_was_ever_shown() -> None:
    app = Host(ready())
    async with app.run_test(size=(80, 24)) as pilot:
        state = after_the_run()
        app.panel.show_cell(2, 7)
        app.panel.show(state)
        await pilot.pause()
        assert "No image of 2 was predicted as 7." in seen(app)
        app.panel.show_cell(1, 7)
        await pilot.pause()
        assert "1, predicted 7" in seen(app)


async def test_a_cell_of_a_newer_matrix_is_not_shown_with_older_predictions() -> None:
    app = Host(in_epoch(3))
    async with app.run_test(size=(80, 24)) as pilot:
        app.state.fold(validation(3))
        app.panel.show(app.state)
        app.state.fold(epoch_ended(4, matrix_of(validation(4, {4: (9, 0.6)}))))
        app.panel.show_cell(4, 9)
        await pilot.pause()
        assert "Fetching" in seen(app)
        await app.happen(pilot, validation(4, {4: (9, 0.6)}))
        assert "4 predicted 9 validation set, epoch 4" in seen(app)
        assert "1 of 1" in seen(app)
        assert "The cell was opened" not in seen(app)


async def test_it_says_so_when_the_network_has_learned_on_since_a_cell_was_opened() -> None:
    app = Host(in_epoch(3))
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.show_cell(4, 9)
        await app.happen(pilot, epoch_ended(4, matrix_of(validation(4))), validation(4))
        assert "validation set, epoch 4" in seen(app)
        assert "The cell was opened at epoch 3; since then the network has learned on." in seen(app)


async def test_a_cell_of_an_earlier_epoch_shows_the_images_of_that_epoch() -> None:
    """During the run, and when it has ended, until something newer is asked for."""
    app = Host(in_epoch(3))
    async with app.run_test(size=(80, 24)) as pilot:
        await app.happen(pilot, validation(3), epoch_ended(4, matrix_of(validation(4, {4: (9, 0.6)}))))
        app.panel.show_cell(2, 7, 2)
        await pilot.pause()
        assert app.source == ("validation", 2)
        assert "Fetching" in seen(app)
        await app.happen(pilot, validation(2, {2: (7, 0.6)}))
        assert "validation set, epoch 2" in seen(app)
        assert "Epoch 4 has ended: u shows its mistakes." in seen(app)
        made = predictions({4: (9, 0.6)})
        await app.happen(pilot, run_ended(matrix_of(made)))
        assert "validation set, epoch 2" in seen(app)
        assert "u shows the mistakes of the test set" in seen(app)
        await pilot.press("u")
        await app.happen(pilot, made)
        assert app.source == ("test", 9)
        assert "test set, weights of epoch 9" in seen(app)


async def test_a_cell_of_an_earlier_epoch_can_be_opened_when_the_run_has_ended() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.show_cell(2, 7, 1)
        await pilot.pause()
        assert app.source == ("validation", 1)
        await app.happen(pilot, validation(1, {2: (7, 0.6)}))
        assert "2 predicted 7 validation set, epoch 1" in seen(app)


async def test_it_says_so_when_the_images_of_an_earlier_epoch_are_no_longer_kept() -> None:
    app = Host(in_epoch(3))
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.show_cell(4, 9, 1)
        await pilot.pause()
        await app.happen(pilot, validation(3))
        assert "The images of epoch 1 are no longer kept: these are of a newer one." in seen(app)
        app.panel.show_cell(4, 9, 1)  # nor does it wait for ever the second time
        await app.happen(pilot, validation(3))
        assert "no longer kept" in seen(app)
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.show_cell(4, 9, 1)
        await pilot.pause()
        await app.happen(pilot, predictions({4: (9, 0.6)}))
        assert "test set, weights of epoch 9" in seen(app)


async def test_a_new_run_starts_empty_and_with_all_mistakes() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.show_cell(4, 9)
        await app.happen(pilot, started("r2"))
        assert "The first figures come when the first epoch ends." in seen(app)
        assert "sure" not in seen(app)
        await app.happen(pilot, epoch_ended(1, matrix_of(validation(1))), validation(1))
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
