"""Messages that are translated only where they are shown.

The engine's messages are in English. `N_` marks a string for translation (gettext's manual, "Deferred
translations"); a `Sentence` keeps a template and its values apart, so that whoever shows it can translate the
template first and fill in the values afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


def N_(text: str) -> str:
    """Return `text` unchanged: the mark that it is to be translated where it is shown."""
    return text


@dataclass(frozen=True)
class Sentence:
    """A template in English and the values for its `{names}`; a value may be a `Sentence` itself."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.values)
