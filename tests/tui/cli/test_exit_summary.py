from engine.events import BatchEnded, Event, RunEnded, RunFailed
from engine.sentences import Sentence
from tests.tui.screen_text import epoch_ended, matrix_of, predictions, ready, run_ended, started
from tests.tui.session.test_run_state import batch
from tui.cli.exit_summary import exit_summary

TEST = matrix_of(predictions({0: (3, 0.8)}))
NETWORK = "784-128-10, 101,770 parameters, on MNIST"


def after(*events: Event) -> list[str]:
    state = ready()
    for event in events:
        state.fold(event)
    return exit_summary(state).splitlines()


def test_nothing_is_said_without_a_run() -> None:
    assert after() == []


def test_a_run_that_ended_says_why_and_how_good_it_was() -> None:
    assert after(started(), epoch_ended(1, TEST), run_ended(TEST)) == [
        NETWORK,
        "Completed after 10 epochs, 10.0 s of training",
        "Best epoch 1: validation accuracy 96.00%",
        "Test accuracy 97.00%",
    ]


def test_a_run_that_was_left_says_that_it_was_not_tested() -> None:
    assert after(started(), epoch_ended(1, TEST), batch(5, 2)) == [
        NETWORK,
        "Left in epoch 2 of 10; the test set was not evaluated",
        "Best epoch 1: validation accuracy 96.00%",
        "`mlp-tui resume r1` goes on from here",
    ]


def test_a_run_without_a_whole_epoch_has_no_accuracy() -> None:
    assert isinstance(batch(5, 1), BatchEnded)
    assert after(started(), batch(5, 1))[1:] == [
        "Left in epoch 1 of 10; the test set was not evaluated",
        "No epoch was complete, so there is no accuracy",
        "`mlp-tui resume r1` goes on from here",
    ]
    diverged = RunEnded("diverged", 0, None, None, None, None, None, None, 0.1)
    assert after(started(), diverged)[1] == "Diverged after 0 epochs, 0.1 s of training"


def test_a_run_that_failed_says_why() -> None:
    assert after(started(), epoch_ended(1, TEST), RunFailed(Sentence("It died."))) == [
        NETWORK,
        "Failed: It died.",
        "Best epoch 1: validation accuracy 96.00%",
    ]
