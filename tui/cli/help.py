"""Click's commands and options, whose help is in the language in use and in columns of cells.

What click is given when this is imported stays English; it is translated when it is shown.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from engine.sentences import N_
from engine.specification import Integer, quoted
from tui.text.cell_widths import left, width, wrapped
from tui.text.language import _, translate

Decorated = TypeVar("Decorated", bound=Callable[..., Any] | click.Command)


def NN_(singular: str, several: str) -> tuple[str, str]:
    """Return both forms unchanged: the mark that they are to be translated where they are shown."""
    return singular, several


CLICK_SAYS = (
    N_("[OPTIONS]"),
    N_("[COMMAND] [ARGS]..."),
    N_("COMMAND [ARGS]..."),
    N_("Usage:"),
    N_("Options"),
    N_("Commands"),
    N_("Show this message and exit."),
    N_("Missing command."),
    N_("Missing argument"),
    N_("Missing option"),
    N_("No such command {name!r}."),
    N_("No such option {name!r}."),
    N_("No such option: {name}"),
    NN_("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    N_("Invalid value: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    NN_("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    N_("Option {name!r} does not take a value."),
    NN_("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    NN_("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
)
"""What click itself says about our options and commands: it looks these up in our catalogue."""


class Formatter(click.HelpFormatter):
    """Counts cells, where click's own counts characters."""

    def write_text(self, text: str) -> None:
        """Write paragraphs, wrapped."""
        indent = " " * self.current_indent
        paragraphs = (" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
        parts = (wrapped(paragraph, self.width - self.current_indent) for paragraph in paragraphs)
        self.write("\n\n".join("\n".join(indent + line for line in lines) for lines in parts) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write terms on the left and what they mean on the right."""
        rows = list(rows)
        column = min(max((width(term) for term, _meaning in rows), default=0), col_max) + col_spacing
        indent = " " * self.current_indent
        for term, meaning in rows:
            lines = wrapped(meaning, max(self.width - column - 2, 10))
            if width(term) > column - col_spacing:
                self.write(f"{indent}{term}\n")
                term = ""
            for line in lines:
                self.write(f"{indent}{left(term, column)}{line}".rstrip() + "\n")
                term = ""


class Context(click.Context):
    """A context whose help is laid out by cells."""

    formatter_class = Formatter


class Command(click.Command):
    """A command whose help is translated when it is shown; `help` is English, marked with `N_`."""

    context_class = Context

    def format_help_text(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does."""
        if self.help:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(_(self.help))

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first paragraph, for the list of commands."""
        assert self.help
        return _(self.help).partition("\n\n")[0].rstrip(".。")

    def collect_usage_pieces(self, context: click.Context) -> list[str]:
        """Return what stands behind the name of the command."""
        return [_(piece) for piece in super().collect_usage_pieces(context)]

    def get_help_option(self, context: click.Context) -> click.Option | None:
        """Return `--help`, which click makes but once."""
        option = super().get_help_option(context)
        if option is not None:
            option.help = _("Show this message and exit.")
        return option


class Group(Command, click.Group):
    """Commands under a common name, such as those of `mlp-tui runs`."""

    command_class = Command
    context_class = Context


class Option(click.Option):
    """An option that is told what to say of itself by `text`, when it is asked for."""

    def __init__(self, *arguments: Any, text: Callable[[], str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.text = text

    def get_help_record(self, context: click.Context) -> tuple[str, str] | None:
        """Return the option as it is written, and what it does."""
        self.help = self.text()
        return super().get_help_record(context)

    def make_metavar(self, *context: Any, **named: Any) -> str:
        """Return the word for its value."""
        return _(super().make_metavar(*context, **named))


class WholeNumber(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    """A whole number from `low` on, to `high` if there is one."""

    name = "N"

    def __init__(self, low: int, high: int | None = None) -> None:
        self._kind = Integer(low, high)

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> int:
        """Return the number."""
        try:
            return self._kind.parse(value)
        except (ValueError, TypeError):
            allowed = translate(self._kind.allowed())
            self.fail(
                _("{given} is not allowed; {allowed}.").format(given=quoted(value), allowed=allowed),
                param,
                context,
            )


def option(*names: str, text: Callable[[], str], **options: Any) -> Callable[[Decorated], Decorated]:
    """Add an option to a command, as `click.option` does; `text` returns what it is for."""
    return click.option(*names, cls=Option, text=text, **options)
