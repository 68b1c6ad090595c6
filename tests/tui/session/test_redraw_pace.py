"""When the screen of a run is drawn again."""

import pytest

from tui.session.redraw_pace import LONGEST, QUIET, SHARE, SHORTEST, RedrawPace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize("cost", [0.001, 0.03, 0.06, 0.5])
def test_drawing_takes_no_more_than_its_share(clock: Clock, cost: float) -> None:
    pace, busy, drawings = RedrawPace(clock), 0.0, 0
    while clock.now < 20.0:
        if pace.is_due:
            pace.begin()
            busy, drawings = busy + cost, drawings + 1
            clock.now += cost
            pace.end(cost)
        clock.now += 0.01
    assert busy / clock.now <= SHARE * 1.05
    assert drawings == pytest.approx(clock.now / max(SHORTEST, cost / SHARE), rel=0.15)


def test_no_drawing_begins_just_after_a_key(clock: Clock) -> None:
    pace = RedrawPace(clock)
    pace.begin()
    pace.end(0.01)
    clock.now = 0.5
    pace.press()
    clock.now += QUIET / 2
    assert not pace.is_due
    clock.now += QUIET
    assert pace.is_due


def test_a_key_that_is_held_down_does_not_stop_the_picture(clock: Clock) -> None:
    pace, began = RedrawPace(clock), []
    while clock.now < 10.0:
        pace.press()
        if pace.is_due:
            pace.begin()
            pace.end(0.01)
            began.append(clock.now)
        clock.now += QUIET / 2
    assert len(began) == pytest.approx(10.0 / LONGEST, abs=1)
