"""What was done to a photograph, in words."""

from collections.abc import Sequence

from engine.sentences import N_
from tui.text.language import _

STEPS = {
    "turned": N_("turned upright"),
    "light_evened": N_("uneven light divided out"),
    "thresholded": N_("ink told from paper"),
    "rules_removed": N_("printed lines taken off"),
    "specks_removed": N_("specks taken off"),
    "strokes_widened": N_("strokes made wider"),
    "strokes_narrowed": N_("strokes made narrower"),
}
"""By the short names of `engine.data.photographs`."""


def cleaning_text(cleaning: Sequence[str]) -> str:
    """Return what was done, in order."""
    return _("Cleaned: {steps}.").format(steps=_(", ").join(_(STEPS[name]) for name in cleaning))
