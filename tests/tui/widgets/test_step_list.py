"""A list of steps under headings is walked by keys and clicks."""

from textual.app import App, ComposeResult

from tests.tui.screen_text import lines
from tui.widgets.step_list import Entry, StepList

STEPS = [Entry("Forward", f"Layer {layer}", title) for layer in (1, 2) for title in ("sum", "bias", "ReLU")]
STEPS += [Entry("Loss", "Loss", "entropy")]


class Host(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.walked: list[int] = []

    def compose(self) -> ComposeResult:
        yield StepList()

    def on_mount(self) -> None:
        self.outline.show(STEPS)
        self.outline.focus()

    def on_step_list_walked(self, message: StepList.Walked) -> None:
        self.walked.append(message.at)

    @property
    def outline(self) -> StepList:
        return self.query_one(StepList)


async def test_headings_stand_once_above_their_steps() -> None:
    app = Host()
    async with app.run_test(size=(30, 14)) as pilot:
        await pilot.pause()
        assert [line.strip() for line in lines(app)] == [
            *("Forward", "Layer 1", "sum", "bias", "ReLU"),
            *("Layer 2", "sum", "bias", "ReLU"),
            *("Loss", "entropy", "", "", ""),
        ]


async def test_keys_walk_by_steps_and_groups_and_a_click_goes_there() -> None:
    app = Host()
    async with app.run_test(size=(30, 5)) as pilot:
        await pilot.press("down", "down", "up", "up", "up")
        assert app.walked == [1, 2, 1, 0]  # and no further
        await pilot.press("pagedown")
        assert app.outline.at == 3
        assert any("Layer 2" in line for line in lines(app))  # with its heading
        await pilot.press("pagedown", "pageup", "end", "home")
        assert app.walked[-4:] == [6, 3, 6, 0]
        await pilot.click(StepList, offset=(5, 4))
        assert app.outline.at == 2
        await pilot.click(StepList, offset=(5, 0))  # a heading is no step
        assert app.outline.at == 2
        await pilot.hover(StepList, offset=(5, 3))
        assert app.outline._mouse_hovering_over is not None


async def test_other_steps_keep_the_place_as_far_as_there_is_one() -> None:
    app = Host()
    async with app.run_test(size=(30, 5)) as pilot:
        await pilot.press("end")
        app.outline.show(list(STEPS))
        assert app.outline.at == 6
        app.outline.show(STEPS[:2])
        await pilot.pause()
        assert app.outline.at == 1
        assert app.walked == [6]
