"""What is watched: how much waits, what becomes of a state, and what the Train tab says of it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from engine.events import BatchEnded, DataLoaded, Event, RunEnded, SourceRead, WatchedRunBegan
from engine.watching.records import Reader
from tests.runs import eventually
from tests.tui.screen_text import MNIST, started
from tui.panels.status import phase_word
from tui.panels.train.phrases import early_stopping_words, happened, nothing_drawn
from tui.session import watching
from tui.session.available_actions import refusal
from tui.session.run_state import Phase, RunState
from tui.session.watching import Watching
from tui.text.language import translate

READ = SourceRead("train.log", 0, 0, None, 0, False)


@dataclass
class Feed:
    """A source that gives what it is told to, and counts how often it is read."""

    give: Callable[[int], list[Event]]
    is_over: bool = False
    reads: int = 0
    closed: threading.Event = field(default_factory=threading.Event)

    def read(self) -> list[Event]:
        self.reads += 1
        return self.give(self.reads)

    def close(self) -> None:
        self.closed.set()


def told(*lines: str) -> list[Event]:
    reader = Reader()
    return [event for line in lines for event in reader.read(line)]


def epoch(number: int, figures: str) -> str:
    return f'{{"event": "epoch_ended", "epoch": {number}, {figures}}}'


def watched(*lines: str) -> RunState:
    state = RunState()
    for event in (READ, *told(*lines)):
        state.fold(event)
    return state


def batch(number: int) -> BatchEnded:
    return BatchEnded(1, number, 10, number, 0.5, 0.5, 0.5, 0.1, None, 1.0, 100.0)


def test_a_source_is_read_no_faster_than_the_screen_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MAX_WAITING", 30)
    monkeypatch.setattr(watching, "MAX_AT_ONCE", 20)
    monkeypatch.setattr(watching, "BUSY", 0.0)
    monkeypatch.setattr(watching, "IDLE", 0.0)
    feed = Feed(lambda number: told(epoch(1, '"loss": 0.5')) * 10)
    looking, state = Watching(feed), RunState()
    looking.start()
    eventually(lambda: len(looking._waiting) >= 30, "three readings wait")
    assert looking.take_into(state)
    assert len(state.epochs) == 1
    looking.close()
    eventually(feed.closed.is_set, "the source is closed")
    assert len(looking._waiting) <= 30


def test_of_mini_batches_in_a_row_the_newest_is_kept() -> None:
    looking = Watching(Feed(lambda number: []))
    looking._keep([batch(1), batch(2), READ, batch(3)])
    looking._keep([batch(4)])
    assert list(looking._waiting) == [batch(2), READ, batch(4)]


def test_a_source_that_is_over_is_read_no_more() -> None:
    feed = Feed(lambda number: [replace(READ, is_over=True)], is_over=True)
    looking, state = Watching(feed), RunState()
    looking.start()
    eventually(feed.closed.is_set, "the source is closed")
    assert feed.reads == 1
    state.fold(READ)
    assert looking.take_into(state)
    assert not looking.take_into(state)
    assert state.phase is Phase.ENDED


def test_a_run_that_is_watched_is_no_run_of_ours() -> None:
    state = watched(epoch(1, '"val_acc": 0.9'))
    assert state.phase is Phase.RUNNING
    assert not state.active
    assert phase_word(state) == "Watching train.log"
    assert refusal("run", state) is None
    assert "Another program trains this run" in (refusal("stop", state) or "")
    state.fold(DataLoaded(MNIST))
    assert state.phase is Phase.RUNNING
    assert state.why_no_weights is not None
    assert "nothing of its weights" in translate(state.why_no_weights)


def test_an_epoch_that_is_told_in_parts_is_one() -> None:
    state = watched(epoch(1, '"loss": 0.5'), epoch(1, '"val_acc": 0.9'), epoch(2, '"val_acc": 0.8'))
    assert [(one.train_loss, one.validation_accuracy) for one in state.epochs] == [(0.5, 0.9), (None, 0.8)]
    assert state.best is state.epochs[0]
    assert state.would_have_stopped is None


def test_another_run_of_the_source_begins_from_nothing() -> None:
    state = watched(epoch(1, '"loss": 0.5'), epoch(2, '"loss": 0.4'))
    state.fold(WatchedRunBegan())
    assert (state.epochs, state.best, state.watched) == ([], None, READ)
    state.fold(started())
    assert state.watched == READ
    assert state.started is not None


def test_what_is_not_told_is_said_to_be_so() -> None:
    state = watched(epoch(1, '"loss": 0.5'))
    assert early_stopping_words(state) == [
        "No validation figure has been told, so no epoch is best.",
        "train.log tells nothing of early stopping.",
    ]
    assert nothing_drawn(state, "Here.") == "Here.\ntrain.log has told none of it so far."
    for event in told(epoch(2, '"val_loss": 0.5'), epoch(3, '"val_loss": 0.6')):
        state.fold(event)
    assert early_stopping_words(state)[:2] == [
        "★ Best epoch: 2, 0.5000",
        "1 epoch since without a better one",
    ]


def test_how_the_source_stands_is_told() -> None:
    state = watched()
    assert happened(state) == ["Watching train.log; ctrl+q leaves it as it is."]
    state.fold(replace(READ, lines=9, broken=2, first_broken=3, beyond=1, is_over=True))
    assert happened(state) == [
        "2 lines could not be read; the first is line 3.",
        "1 accuracy is no fraction from 0 to 1, and is left out.",
        "train.log is at its end: nothing more will come.",
    ]
    (ended,) = told('{"event": "run_ended", "test_accuracy": 0.9}')
    assert isinstance(ended, RunEnded)
    state.fold(ended)
    assert state.phase is Phase.ENDED
