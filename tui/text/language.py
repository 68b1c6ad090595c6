"""The language that people are spoken to in: gettext's catalogue, English where there is none."""

import gettext
import os
from collections.abc import Mapping, Sequence
from itertools import pairwise

from assets import FOLDER
from engine.errors import EngineError
from engine.sentences import Sentence

LANGUAGES = {"en": "English", "zh": "中文"}
"""What there is to choose from: each language's code, and what it calls itself."""
DOMAIN = "mlp_tui"
CATALOGUES = str(FOLDER / "locale")

_language = "en"
_catalogue: gettext.NullTranslations = gettext.NullTranslations()


def use_language(code: str | None = None) -> None:
    """Speak the language of this code from now on, or that of the locale for None.

    What was drawn before stays as it is; the app draws itself anew (`MlpApp.rebuild`).
    """
    global _language, _catalogue
    _language = code or language_of_locale(os.environ)
    _catalogue = gettext.translation(DOMAIN, CATALOGUES, [_language], fallback=True)
    # Click asks gettext's own functions, which know neither our catalogue nor the language but by these.
    gettext.bindtextdomain(DOMAIN, CATALOGUES)
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = _language


def language() -> str:
    """Return the code of the language in use."""
    return _language


def language_of_locale(environment: Mapping[str, str]) -> str:
    """Return the first language that the locale asks for and that there is; else English.

    Any Chinese (`zh_CN`, `zh_SG`, `zh_TW`, `zh`) is the one there is.
    """
    names = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # as gettext has it
    wanted = next((environment[name] for name in names if environment.get(name)), "")
    codes = (locale.replace("-", "_").split("_")[0].split(".")[0].lower() for locale in wanted.split(":"))
    return next((code for code in codes if code in LANGUAGES), "en")


def language_of_arguments(arguments: Sequence[str]) -> str | None:
    """Return what `--lang` says on a command line, wherever it stands; None where it says nothing.

    Asked before anything is parsed, since the parser may have to say what is wrong with the rest, or to
    print the help that is asked for before it.
    """
    found = None
    for argument, following in pairwise([*arguments, ""]):
        if argument == "--":
            break
        name, equals, value = argument.partition("=")
        if name == "--lang":
            found = value if equals else following
    return found if found in LANGUAGES else None


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
