import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Input

from engine.events import DurationEstimated
from engine.hyperparameters import GROUPS, SPECIFICATIONS, Hyperparameters
from tests.tui.screen_text import SIZES, lines, seen
from tui.widgets.field_list import LABEL_WIDTH, FieldList, ValueInput
from tui.widgets.hyperparameter_form import FieldChanged, HyperparameterForm


class Host(App[None]):
    CSS = """
    HyperparameterForm { width: 40; height: 1fr; }
    #elsewhere { dock: bottom; width: 10; }
    """
    AUTO_FOCUS = None

    def __init__(self, initial: Hyperparameters | None = None) -> None:
        super().__init__()
        self.initial = initial or Hyperparameters()
        self.changed: list[tuple[str, object]] = []

    def compose(self) -> ComposeResult:
        yield HyperparameterForm(self.initial)
        yield Input(id="elsewhere", compact=True)

    def on_field_changed(self, message: FieldChanged) -> None:
        self.changed.append((message.name, message.value))

    @property
    def form(self) -> HyperparameterForm:
        return self.query_one(HyperparameterForm)

    def go_to(self, name: str) -> None:
        self.form.go_to(name)

    @property
    def focused_field(self) -> str | None:
        fields = self.query_one(FieldList)
        return fields.current.name if fields.has_keys else None


def row(app: App[None], name: str) -> str:
    """Return the row of a field as it is drawn, without the mark before it."""
    rows = [line[:40] for line in lines(app)]
    value_text = next(line[3:].strip() for line in rows if line[3:].split(" ")[0].rstrip("*") == name)
    return " ".join(value_text.translate(dict.fromkeys(map(ord, "*‹›▄▆█▇▅▃▂▁"))).split())


@pytest.mark.parametrize("size", SIZES)
async def test_every_hyperparameter_has_a_row_of_one_line_under_its_group(
    size: tuple[int, int],
) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        heads = set()
        for name, specification in SPECIFICATIONS.items():
            app.go_to(name)
            await pilot.pause()
            assert row(app, name)
            screen = seen(app)
            heads |= {group for group in GROUPS if group in screen}
            assert specification.group in GROUPS
        assert heads == set(GROUPS)


@pytest.mark.parametrize("size", SIZES)
async def test_no_value_is_cut_off(size: tuple[int, int]) -> None:
    longest = Hyperparameters(initializer="xavier_uniform", seed=2**32 - 1, hidden=(512, 256, 128, 64))
    app = Host(longest)
    async with app.run_test(size=size) as pilot:
        for name in ("initializer", "seed", "hidden", "monitor"):
            app.go_to(name)
            await pilot.pause()
            value_text = SPECIFICATIONS[name].format(getattr(longest, name))
            assert row(app, name).split()[1] == value_text


async def test_the_field_in_focus_is_explained() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        for name in ("dropout", "optimizer", "batch_norm"):
            app.go_to(name)
            await pilot.pause()
            specification = SPECIFICATIONS[name]
            top = app.form.query_one(".form--help").region.y
            help_area = " ".join(" ".join(line[:39] for line in lines(app)[top:]).split())
            assert specification.help in help_area
            assert f"Allowed: {specification.kind.allowed()}." in help_area
            assert specification.explanation in help_area


async def test_a_long_explanation_is_scrolled_by_the_page_keys() -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.go_to("learning_rate")
        await pilot.pause()
        ending = "multiplies the rest of the schedule."
        assert ending not in seen(app)
        await pilot.press("pagedown", "pagedown", "pagedown")
        assert ending in seen(app)
        await pilot.press("pageup", "pageup", "pageup")
        assert SPECIFICATIONS["learning_rate"].help.split(";")[0] in seen(app)


async def test_what_is_wrong_is_said_as_it_is_typed_and_goes_when_it_is_right() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.go_to("dropout")
        await pilot.press("1")
        await pilot.pause()
        wrong = "✗ dropout is “1”; allowed: a number, 0 or more and below 1."
        assert wrong in " ".join(" ".join(line[:39] for line in lines(app)).split())
        await pilot.press("backspace", *"0.5")
        await pilot.pause()
        assert "✗" not in seen(app)
        assert app.changed == []


async def test_a_value_counts_when_it_is_committed_and_is_another_one() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.go_to("learning_rate")
        await pilot.press(*"0.50")
        assert app.changed == []
        await pilot.press("enter")
        await pilot.pause()
        assert app.changed == [("learning_rate", 0.5)]
        assert row(app, "learning_rate").split()[1] == "0.5"
        await pilot.press("enter", "tab")
        await pilot.pause()
        assert app.changed == [("learning_rate", 0.5)]
        app.go_to("patience")
        await pilot.press("7", "tab")
        await pilot.pause()
        assert app.changed[1:] == [("patience", 7)]
        app.go_to("learning_rate")
        await pilot.press("backspace", "tab")
        await pilot.pause()
        assert app.changed[2:] == [("learning_rate", None)]


async def test_a_wrong_value_is_never_told_of() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.go_to("epochs")
        await pilot.press(*"0", "enter", "tab")
        await pilot.pause()
        assert app.changed == []
        assert app.form.values()["epochs"] == "0"


async def test_lists_and_toggles_count_at_once() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.go_to("batch_norm")
        await pilot.press("space")
        await pilot.pause()
        assert app.changed == [("batch_norm", True)]
        assert row(app, "batch_norm").split()[1:] == ["[x]", "on"]
        await pilot.press("enter")
        await pilot.pause()
        assert app.changed[1:] == [("batch_norm", False)]
        app.go_to("activation")
        await pilot.press("down", "right", "enter", "space", "up", "left")
        await pilot.pause()
        names = [value for _name, value in app.changed[2:]]
        assert names == ["leaky_relu", "gelu", "tanh", "sigmoid", "tanh", "gelu"]
        await pilot.press("s", "left", "left", "left", "left", "left")
        await pilot.pause()
        assert row(app, "activation").split() == ["activation", "sigmoid"]
        assert app.focused_field == "activation"


def place(app: App[None], name: str, cell: int = 0) -> tuple[int, int]:
    """Return where a cell of the value of a field is on the screen."""
    rows = (y for y, line in enumerate(lines(app)) if line[3:].split(" ")[0].rstrip("*") == name)
    return (LABEL_WIDTH + cell, next(rows))


async def test_the_mouse_toggles_chooses_and_places_the_cursor() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.click(offset=place(app, "batch_norm"))
        await pilot.click(offset=place(app, "activation", 5))
        await pilot.click(offset=place(app, "initializer"))
        await pilot.click(offset=place(app, "schedule", -10))  # its name: nothing is chosen
        await pilot.pause()
        assert app.changed == [("batch_norm", True), ("activation", "leaky_relu"), ("initializer", "large")]
        assert app.focused_field == "schedule"
        await pilot.click(offset=place(app, "epochs"))
        await pilot.click(offset=place(app, "epochs", 1))
        await pilot.press("5", "enter")
        await pilot.pause()
        assert app.changed[3:] == [("epochs", 150)]


@pytest.mark.parametrize("size", SIZES)
async def test_all_options_of_a_list_can_be_read(size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        for name in ("initializer", "monitor"):
            app.go_to(name)
            await pilot.pause()
            for option in SPECIFICATIONS[name].kind.names:  # type: ignore[attr-defined]
                assert option in seen(app)


async def test_the_default_learning_rate_follows_the_optimizer() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        assert row(app, "learning_rate").split()[1] == "0.1"
        app.form.set_hyperparameters(Hyperparameters(optimizer="adam"))
        await pilot.pause()
        assert row(app, "learning_rate").split()[1] == "0.001"
        assert app.form.values()["learning_rate"] == ""
        app.go_to("seed")
        await pilot.press("tab", "shift+tab")
        assert "by rule" in row(app, "threads")


async def test_what_an_optimizer_does_not_use_is_closed_and_says_so() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        assert row(app, "momentum").endswith("not used by sgd")
        app.go_to("optimizer")
        await pilot.press("down")
        await pilot.pause()
        assert row(app, "momentum").split() == ["momentum", "0.9"]
        app.go_to("label_smoothing")
        await pilot.pause()
        assert row(app, "weight_decay").endswith("not used by momentum")


async def test_a_field_that_the_active_run_uses_stays_open() -> None:
    app = Host(Hyperparameters(optimizer="momentum"))
    async with app.run_test(size=(120, 40)) as pilot:
        app.form.mark(True, "momentum")
        app.form.set_hyperparameters(Hyperparameters(optimizer="sgd"))
        await pilot.pause()
        assert row(app, "momentum").split() == ["momentum", "0.9"]
        app.form.mark(False)
        await pilot.pause()
        assert row(app, "momentum").endswith("not used by sgd")


async def test_while_a_network_of_ones_own_is_trained_only_what_applies_to_it_is_open() -> None:
    app = Host()
    async with app.run_test(size=(120, 60)) as pilot:
        app.form.mark(True, "sgd", own_network=True)
        await pilot.pause()
        for name in ("dropout", "l2", "clip_norm", "momentum"):
            assert row(app, name).endswith("set by your code")
        assert row(app, "learning_rate").split()[-2:] == ["learning_rate", "0.1"]
        app.form.mark(False, own_network=True)
        await pilot.pause()
        assert row(app, "dropout").split() == ["dropout", "0"]


async def test_a_wrong_value_in_a_field_that_is_not_used_can_be_put_right() -> None:
    app = Host(Hyperparameters(optimizer="momentum"))
    async with app.run_test(size=(120, 40)) as pilot:
        app.go_to("momentum")
        await pilot.press("2")
        app.go_to("optimizer")
        await pilot.press("up")
        await pilot.pause()
        assert app.form.hyperparameters() is None
        await pilot.pause()
        assert app.focused_field == "momentum"
        await pilot.press("backspace", *"0.5", "enter")
        await pilot.pause()
        made = app.form.hyperparameters()
        assert made is not None
        assert (made.optimizer, made.momentum) == ("sgd", 0.5)
        assert row(app, "momentum").endswith("not used by sgd")


async def test_it_gives_what_it_was_given_and_what_was_typed_without_committing() -> None:
    initial = Hyperparameters(hidden=(), optimizer="adamw", threads=1, early_stopping=False, l2=1e-5)
    app = Host(initial)
    async with app.run_test(size=(120, 40)) as pilot:
        assert app.form.hyperparameters() == initial
        app.go_to("hidden")
        await pilot.press(*"32, 16")
        assert app.form.hyperparameters() == initial.changed("hidden", (32, 16))
        await pilot.press("tab")
        await pilot.pause()
        assert app.changed == []  # the run that was started with it knows it already


async def test_the_first_wrong_field_gets_the_focus_and_its_message() -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        for name, text in (("min_delta", "-1"), ("epochs", "many")):
            app.go_to(name)
            await pilot.press(*text)
        app.query_one("#elsewhere").focus()
        await pilot.pause()
        assert app.form.hyperparameters() is None
        await pilot.pause()
        assert app.focused_field == "epochs"
        assert "epochs is “many”; allowed: a whole number" in " ".join(
            " ".join(line[:39] for line in lines(app)).split()
        )


async def test_a_message_from_outside_stays_until_the_value_is_changed() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.form.show_error("batch_size", "Larger than the data.")
        await pilot.pause()
        assert "✗ Larger than the data." in seen(app)
        assert app.focused_field == "batch_size"
        await pilot.press("tab", "shift+tab")
        assert "✗ Larger than the data." in seen(app)
        await pilot.press("3", "2")
        await pilot.pause()
        assert "✗" not in seen(app)


async def test_setting_values_tells_of_nothing() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        other = Hyperparameters(
            hidden=(64,), activation="gelu", batch_norm=True, learning_rate=0.3, monitor="validation_loss"
        )
        app.form.set_hyperparameters(other)
        await pilot.pause()
        assert app.form.hyperparameters() == other
        assert app.changed == []
        assert row(app, "learning_rate").split()[1] == "0.3"


async def test_during_a_run_each_field_says_when_it_takes_effect() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        assert "Takes effect" not in seen(app)
        app.form.mark(True, "sgd")
        await pilot.pause()
        assert "Takes effect: ● at once ○ next run" in seen(app)
        marks = {line[3:].split(" ")[0]: line[1] for line in lines(app)}
        assert marks["learning_rate"] == "●"
        assert marks["hidden"] == "○"
        app.form.mark(False)
        await pilot.pause()
        assert "Takes effect" not in seen(app)
        assert "○" not in seen(app)


# The habits of a line of text


async def test_text_is_pasted_selected_copied_and_cut_as_everywhere_in_textual() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.go_to("hidden")
        await pilot.pause()
        value = app.query_one(ValueInput)
        assert value.selected_text == "128"  # typing replaces it
        assert app.focused is not None
        app.focused.post_message(events.Paste("64, 32\nand another line"))
        await pilot.pause()
        assert app.form.values()["hidden"] == "64, 32"
        await pilot.press("shift+left", "shift+left")
        assert value.selected_text == "32"
        await pilot.press("ctrl+c")
        assert app.clipboard == "32"
        await pilot.press("shift+home", "ctrl+x", "1", "6", "comma", "ctrl+v")
        assert app.form.values()["hidden"] == "16,64, 32"
        await pilot.press("ctrl+shift+a", "delete")
        assert app.form.values()["hidden"] == ""
        assert app.changed == []
        await pilot.press("8", "enter")
        await pilot.pause()
        assert app.changed == [("hidden", (8,))]


async def test_words_and_ends_are_keys_away_and_ctrl_d_still_resets() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.go_to("hidden")
        await pilot.press(*"64, 32, 16", "ctrl+left", "ctrl+left", "1", "ctrl+right", "ctrl+w")
        assert app.form.values()["hidden"] == "64, 16"
        await pilot.press("home", "right", "ctrl+k", "ctrl+e", "1", "ctrl+u", "9")
        assert app.form.values()["hidden"] == "9"
        await pilot.press("ctrl+d")
        assert app.form.values()["hidden"] == "128"


async def test_the_mouse_drags_a_selection_and_two_clicks_select_all() -> None:
    app = Host(Hyperparameters(hidden=(64, 32, 16)))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.click(offset=place(app, "hidden", 2))  # the form was somewhere else
        await pilot.press("5")
        assert app.form.values()["hidden"] == "645,32,16"
        await pilot.mouse_down(offset=place(app, "hidden", 0))
        await pilot.hover(offset=place(app, "hidden", 3))
        await pilot.mouse_up(offset=place(app, "hidden", 3))
        value = app.query_one(ValueInput)
        assert value.selected_text == "645"
        await pilot.click(offset=place(app, "hidden", 1), times=2)
        assert value.selected_text == "645,32,16"


async def test_the_wheel_takes_the_value_along_with_its_line() -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.go_to("hidden")
        await pilot.press(*"77")
        fields = app.query_one(FieldList)
        before = place(app, "hidden")
        fields.scroll_to(y=fields.scroll_offset.y + 2, animate=False)
        await pilot.pause()
        assert place(app, "hidden") == (before[0], before[1] - 2)
        assert row(app, "hidden") == "hidden 77"


async def test_how_long_a_run_would_take_stands_there_while_it_is_of_these_values() -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.form.show_duration(DurationEstimated(Hyperparameters(), 75.2))
        await pilot.pause()
        assert "10 epochs: about 1:16" in seen(app)
        app.go_to("epochs")
        await pilot.press("up", "enter")
        await pilot.pause()
        assert "about" not in seen(app)
        app.form.show_duration(DurationEstimated(Hyperparameters(epochs=11), 90.0))
        await pilot.pause()
        assert "11 epochs: about 1:30" in seen(app)
        app.form.mark(True, "sgd")
        await pilot.pause()
        assert "about" not in seen(app)  # the run says how much is left
