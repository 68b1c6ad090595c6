"""What the Draw tab says."""

from collections.abc import Sequence

from textual.content import Content

from engine.analysis.picture_prediction import PicturePrediction
from engine.specification import printable
from tui.panels.draw.open_picture import OpenPicture
from tui.text.class_names import class_name
from tui.text.cleaning import cleaning_text
from tui.text.glyphs import glyph
from tui.text.language import _, plural
from tui.text.phrases import percent

SHADES = " ░▒▓█"
PLAIN_SHADES = " .+*#"


def verdict(prediction: PicturePrediction, names: Sequence[str] = ()) -> Content:
    """Return what is read, and how surely."""
    sure = float(prediction.probabilities[prediction.predicted])
    return Content.assemble(
        (_("predicted {label}").format(label=class_name(names, prediction.predicted)), "bold $text-primary"),
        f"  {percent(sure)}",
    )


def hidden_units(prediction: PicturePrediction, width: int, lines: int) -> Content:
    """Return the activations of the hidden layers as shades, each in as many lines as there are for it."""
    if not prediction.activations:
        return Content(_("The network has no hidden layer."))
    each = max(1, lines // len(prediction.activations) - 1)
    parts: list[Content] = []
    for number, activations in enumerate(prediction.activations, 1):
        if len(parts) + 2 > lines:
            break
        strongest = float(abs(activations).max()) or 1.0
        active = int((abs(activations) > 0.05 * strongest).sum())
        head = _("hidden {number}: {active} of {units} units are active")
        parts.append(
            Content.styled(
                head.format(number=number, active=active, units=len(activations)), "$foreground-muted"
            )
        )
        shades = glyph(SHADES, PLAIN_SHADES)
        levels = (abs(activations) / strongest * (len(shades) - 1)).round().astype(int)
        text = "".join(shades[level] for level in levels[: each * width])
        if len(activations) > each * width:
            text = text[: each * width - 1] + glyph("…", ">")
        parts += [Content(text[start : start + width]) for start in range(0, len(text), width)]
    return Content("\n").join(parts[:lines])


def digit_of_picture(picture: OpenPicture) -> str:
    """Return which digit of a picture file is shown, and what was done to it."""
    if len(picture) > 1:
        text = _("{file}: drawing {number} of {count}; pagedown shows the next.").format(
            file=printable(picture.name), number=picture.place + 1, count=len(picture)
        )
    else:
        text = _("{file}: one drawing.").format(file=printable(picture.name))
    return f"{text} {cleaning_text(picture.cleaning)}" if picture.cleaning else text


def kept(count: int) -> str:
    """Return how many drawings are kept."""
    if not count:
        return _("a keeps a drawing with its label, in a test set of your own.")
    return plural(
        "{count} drawing of yours is kept; v tries the network on it.",
        "{count} drawings of yours are kept; v tries the network on them.",
        count,
    )


def tried(right: int, count: int, *, centred: bool) -> str:
    """Return how many of the kept drawings are read correctly."""
    text = plural(
        "{{right}} of {count} of your drawings is predicted correctly",
        "{{right}} of {count} of your drawings are predicted correctly",
        count,
    ).format(right=right)
    how = _("scaled and centred") if centred else _("as they were drawn")
    return f"{text}, {how}."
