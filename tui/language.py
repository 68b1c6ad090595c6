"""The language that people are spoken to in: gettext's catalogue, English where there is none."""

import gettext

from assets import FOLDER
from engine.errors import EngineError
from engine.wording import Sentence

_catalogue: gettext.NullTranslations = gettext.NullTranslations()


def use_language(language: str | None) -> None:
    """Speak `language` from now on (`en`, `zh`), or that of the locale for None."""
    global _catalogue
    _catalogue = gettext.translation(
        "mlp_tui",
        localedir=str(FOLDER / "locale"),
        languages=[language] if language else None,
        fallback=True,
    )


def _(text: str) -> str:
    """Return `text` in the language in use."""
    return _catalogue.gettext(text) if text else ""


def plural(singular: str, several: str, count: int) -> str:
    """Return the form that `count` asks for, with `{count}` filled in."""
    return _catalogue.ngettext(singular, several, count).format(count=count)


def translate(sentence: Sentence | EngineError) -> str:
    """Return a sentence of the engine in the language in use, its values filled in."""
    if isinstance(sentence, EngineError):
        sentence = sentence.sentence
    values = {
        name: translate(value) if isinstance(value, Sentence | EngineError) else value
        for name, value in sentence.values.items()
    }
    return _(sentence.template).format(**values)
