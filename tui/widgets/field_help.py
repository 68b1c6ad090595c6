"""What stands below the fields: what a hyperparameter means, and what the presets are good for."""

from textual.content import Content

from engine.sentences import N_
from engine.specification import Choice, Specification
from engine.storage.presets import DEFAULT_PRESET, PRESETS
from tui.text.language import _, translate

PRESET = Specification(
    name="preset",
    kind=Choice(tuple(PRESETS)),
    default=DEFAULT_PRESET,
    group="",
    help=N_("Values to start from; ctrl+z brings back those there were."),
    explanation="",
)


def explanation(specification: Specification) -> Content:
    """Return what a hyperparameter means, what is allowed, and what it does."""
    unit = f" ({_(specification.unit)})" if specification.unit else ""
    allowed = _("Allowed: {allowed}.").format(allowed=translate(specification.kind.allowed()))
    return Content.assemble(
        (specification.name, "bold $text-primary"),
        (unit, "$foreground-muted"),
        f"\n{_(specification.help)}\n",
        (f"{allowed}\n", "$foreground-muted"),
        _(specification.explanation),
    )


def about_presets(chosen: str) -> Content:
    """Return what the chosen preset is good for, then all others."""
    others = [((f"\n{name}: ", "bold"), _(text)) for name, text in PRESETS.items() if name != chosen]
    return Content.assemble(
        (chosen, "bold $text-primary"),
        f"\n{_(PRESETS[chosen])}\n",
        (_(PRESET.help), "$foreground-muted"),
        *(part for other in others for part in other),
    )
