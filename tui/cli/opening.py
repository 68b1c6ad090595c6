"""Opens the app, for the commands that do."""

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.data.location import Location
from engine.hyperparameters import Hyperparameters
from tui.text.language import LANGUAGES, _, language_of_arguments, use_language

if TYPE_CHECKING:
    from engine.watching.sources import Source


def open_app(
    hyperparameters: Hyperparameters,
    *,
    preset: str | None = None,
    data: Location | None = None,
    plain: bool = False,
    workshop: Path | None = None,
    source: "Source | None" = None,
) -> int:
    """Open the app, on a `source` that is watched if there is one, and return its exit status.

    Raises:
        click.UsageError: when there is no terminal.
    """
    has_terminal = sys.stdin.isatty() and sys.stderr.isatty()  # Textual draws on stderr
    if not has_terminal and "web_driver" not in os.environ.get("TEXTUAL_DRIVER", ""):  # `textual serve`
        raise click.UsageError(
            _("The app needs a terminal; `mlp-tui train` works without one (see mlp-tui --help).")
        )
    from engine.storage.presets import DEFAULT_PRESET
    from tui.app.app import MlpApp
    from tui.cli.exit_summary import exit_summary
    from tui.session.paths import home, settings_file, worker_log
    from tui.session.settings import read_settings
    from tui.text.glyphs import use_ascii

    settings = read_settings(settings_file())
    if settings.language in LANGUAGES and language_of_arguments(sys.argv[1:]) is None:
        use_language(settings.language)
    use_ascii(plain)
    app = MlpApp(
        hyperparameters,
        preset=preset or DEFAULT_PRESET,
        data=data,
        log=worker_log(),
        home=home(),
        settings=settings,
        workshop=workshop,
        source=source,
    )
    gc.freeze()  # what is imported stays: a collection that goes through it takes 0.1 s, while a key waits
    gc.set_threshold(50_000, 20, 20)
    app.run()
    if text := exit_summary(app.state):
        click.echo(text)
    return app.return_code or 0
