"""Presets, stars, steps, undo, and TOML files: what the form does beyond taking values."""

from pathlib import Path

from textual import events
from textual.pilot import Pilot

from engine.hyperparameters import Hyperparameters
from engine.storage.presets import PRESETS, combine, read_config, read_preset, write_config
from tests.tui.screen_text import MNIST, seen
from tests.tui.widgets.test_hyperparameter_form import Host, row
from tui.widgets.hyperparameter_form import HyperparameterForm

DEFAULTS = Hyperparameters()


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def paste_path(pilot: Pilot[None], path: Path) -> None:
    """Put this path in place of what stands in the line that has the focus."""
    await pilot.press("ctrl+u")
    assert pilot.app.focused is not None
    pilot.app.focused.post_message(events.Paste(str(path)))
    await pilot.pause()


def preset(name: str) -> Hyperparameters:
    return combine(read_preset(name))


async def test_up_and_down_step_a_number_which_counts_with_enter() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        for name, keys, value in (
            ("learning_rate", ("up", "up"), 0.5),
            ("learning_rate", ("down",), 0.05),
            ("batch_size", ("up",), 128),
            ("dropout", ("up", "up"), 0.1),
            ("epochs", ("down",), 9),
            ("seed", ("down",), 0),
            ("threads", ("up",), 1),
        ):
            app.changed.clear()
            app.go_to(name)
            await press(pilot, *keys)
            assert app.changed == []
            pending = value != getattr(DEFAULTS, name)
            assert ("enter" in app.screen.active_bindings) == pending, name  # the footer offers it
            await press(pilot, "enter")
            assert "enter" not in app.screen.active_bindings
            assert app.changed == ([(name, value)] if pending else [])
            assert app.form.field(name).value == value
            await press(pilot, "ctrl+d")  # the next starts from the defaults


async def test_the_network_follows_what_is_typed() -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "pixels-128-classes" in seen(app)
        app.form.show_data(MNIST)
        app.go_to("hidden")
        await press(pilot, *"64,32")
        assert "784-64-32-10, 52,650 parameters" in seen(app)
        await press(pilot, ",")  # not a value: the last that was committed stays
        assert "784-128-10, 101,770 parameters" in seen(app)
        await press(pilot, "backspace", "tab", "tab", "tab", "space")
        assert "784-64-32-10, 52,842 parameters" in seen(app)


async def test_a_preset_fills_the_form_and_undo_brings_back_what_was_there() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.go_to("seed")
        await press(pilot, "7", "enter")
        app.go_to("preset")
        await press(pilot, "t")
        assert "tiny 16 hidden units, three epochs: done in seconds." in seen(app)
        assert app.form.hyperparameters() == preset("tiny")
        assert "*" not in seen(app)
        assert dict(app.changed)["hidden"] == (16,)
        await press(pilot, "ctrl+z")
        assert app.form.hyperparameters() == DEFAULTS.changed("seed", 7)
        assert row(app, "preset") == "preset textbook"
        await press(pilot, "ctrl+z")
        assert app.form.hyperparameters() == DEFAULTS
        await press(pilot, "ctrl+z")
        assert app.form.hyperparameters() == DEFAULTS


async def test_every_preset_can_be_chosen() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.go_to("preset")
        for name in [*PRESETS][1:]:
            await press(pilot, "right")
            assert row(app, "preset") == f"preset {name}"
            assert app.form.hyperparameters() == preset(name)


async def test_what_is_not_the_presets_value_has_a_star_until_it_is_reset() -> None:
    app = Host(preset("tiny"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "hidden*" in seen(app)  # against the textbook
        assert "activation*" not in seen(app)
        app.go_to("hidden")
        await press(pilot, "ctrl+d")
        assert "hidden*" not in seen(app)
        assert app.form.hyperparameters() == preset("tiny").changed("hidden", (128,))
        await press(pilot, "ctrl+l")
        assert "*" not in seen(app)
        assert app.form.hyperparameters() == DEFAULTS
        await press(pilot, "ctrl+z", "ctrl+z")
        assert app.form.hyperparameters() == preset("tiny")
        assert app.changed[0] == ("hidden", (128,))


async def test_a_reset_can_give_back_even_what_was_wrong() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.go_to("epochs")
        await press(pilot, *"many", "ctrl+d")
        assert app.form.values()["epochs"] == "10"
        assert "✗" not in seen(app)
        await press(pilot, "ctrl+z")
        assert app.form.values()["epochs"] == "many"
        assert "✗" in seen(app)
        assert app.changed == []


async def test_during_a_run_there_are_no_presets_and_nothing_is_loaded() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.form.mark(True, "sgd")
        app.go_to("hidden")
        await press(pilot, "shift+tab")
        assert app.focused_field != "preset"
        assert row(app, "preset") == "preset after this run"
        app.go_to("hidden")
        await press(pilot, "ctrl+o")
        assert "Load from TOML" not in seen(app)


async def test_values_are_saved_and_loaded(tmp_path: Path) -> None:
    app = Host(preset("deep"))
    path = tmp_path / "a.toml"
    async with app.run_test(size=(80, 24)) as pilot:
        app.go_to("hidden")
        await press(pilot, "ctrl+s")
        assert "Save as TOML" in seen(app)
        await paste_path(pilot, path)
        await press(pilot, "enter")
        assert combine(read_config(path)) == preset("deep")
        assert "Save as TOML" not in seen(app)
        assert app.focused_field == "hidden"
        await press(pilot, "ctrl+l")
        assert app.form.hyperparameters() == DEFAULTS
        await press(pilot, "ctrl+o", "enter")  # the path is still there
        assert app.form.hyperparameters() == preset("deep")
        await press(pilot, "ctrl+z")
        assert app.form.hyperparameters() == DEFAULTS


async def test_a_file_is_overwritten_only_when_it_was_said_twice(tmp_path: Path) -> None:
    path = tmp_path / "b.toml"
    path.write_text("epochs = 3\n")
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.go_to("hidden")
        await press(pilot, "ctrl+s")
        await paste_path(pilot, path)
        await press(pilot, "enter")
        assert "enter once more overwrites it." in seen(app)
        assert path.read_text() == "epochs = 3\n"
        await press(pilot, "escape")
        assert "Save as TOML" not in seen(app)
        await press(pilot, "ctrl+s")
        await paste_path(pilot, path)
        await press(pilot, "enter", "enter")
        assert combine(read_config(path)) == DEFAULTS


async def test_what_is_wrong_with_a_file_stands_beside_its_path(tmp_path: Path) -> None:
    app, path = Host(), tmp_path / "c.toml"
    async with app.run_test(size=(120, 40)) as pilot:
        app.go_to("hidden")
        await press(pilot, "ctrl+o")
        await paste_path(pilot, path)
        for content, says in (
            (None, "cannot be read: No such file or directory."),
            ("epochs = ", "is not TOML"),
            ("epochs = 0", "epochs is 0; allowed:"),
            ("speed = 1", "There is no hyperparameter “speed”"),
        ):
            if content is not None:
                path.write_text(content)
            await press(pilot, "enter")
            assert "".join(says.split()) in "".join(seen(app).split())
            assert app.form.hyperparameters() == DEFAULTS


async def test_where_nothing_can_be_saved_it_says_so(tmp_path: Path) -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.go_to("hidden")
        for path in (tmp_path / "none" / "d.toml", tmp_path, "x" * 300):
            await press(pilot, "ctrl+s", "ctrl+u")
            app.focused.value = str(path)  # type: ignore[union-attr]
            await press(pilot, "enter")
            assert "✗" in seen(app)
            await press(pilot, "escape")
        assert list(tmp_path.iterdir()) == []


async def test_another_form_goes_on_where_one_was() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.go_to("preset")
        await press(pilot, "t", "tab", "9", "enter")
        drafts = app.form.drafts()
        await app.form.remove()
        await app.mount(HyperparameterForm(DEFAULTS, drafts=drafts))
        await pilot.pause()
        assert app.form.hyperparameters() == preset("tiny").changed("hidden", (9,))
        app.go_to("hidden")
        await press(pilot, "ctrl+z", "ctrl+z")
        assert app.form.hyperparameters() == DEFAULTS


def test_a_saved_file_is_written_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "e.toml"
    for name in PRESETS:
        write_config(path, preset(name))
        assert combine(read_config(path)) == preset(name)
    assert [file.name for file in tmp_path.iterdir()] == ["e.toml"]
    assert path.read_text().startswith("# Architecture\nhidden = [32, 32")
