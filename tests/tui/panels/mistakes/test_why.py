import dataclasses

from engine.events import RunFailed
from engine.sentences import Sentence
from tests.tui.panels.mistakes.hosting import (
    Host,
    after_the_run,
    assert_digit,
    in_epoch,
    validation,
)
from tests.tui.screen_text import (
    explanation,
    lines,
    matrix_of,
    predictions,
    run_ended,
    seen,
)
from tui.widgets.digit import Digit


async def test_why_draws_the_gradient_and_the_neighbours_and_says_what_is_seen() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("w")
        await pilot.pause()
        assert "Asking the network why …" in seen(app)
        assert app.questions == [("test", 1006, 9)]
        app.panel.show(app.state)
        await app.happen(pilot, explanation(1007, 9))  # of another image
        assert "Asking the network why …" in seen(app)
        await app.happen(pilot, explanation(1006, 9))
        assert "+ more ink here speaks for 9 - for 4." in seen(app)
        assert "The nearest training image is 9 (1.0); the nearest 4 is at 4.0." in seen(app)
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
        await app.happen(pilot, explanation(1006, 9, split="validation", batch=12, predicted=4))
        assert "Weights of epoch 9, batch 12. They predict 4." in seen(app)


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
        await app.happen(pilot, dataclasses.replace(why, gradient=None, neighbours=(nobody, four)))
        assert "The gradient is beyond all numbers." in seen(app)
        assert "Not both classes have training images." in seen(app)
        await pilot.press("w", "w")
        await app.happen(pilot, dataclasses.replace(why, gradient=0 * why.gradient))
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
