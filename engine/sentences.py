"""Messages that are translated only where they are shown.

The engine speaks English and imports no catalogue. It marks what a person will read with `N_`, as
gettext's manual advises for strings that are written long before they are shown ("Deferred
translations"), and keeps the values apart from the sentence, so that whoever shows it can translate first
and fill in afterwards.
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
