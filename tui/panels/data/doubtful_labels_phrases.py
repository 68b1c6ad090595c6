"""What is said of labels in doubt, and how far it is to be believed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from tui.panels.data.phrases import MUTED, muted
from tui.panels.page import weights_text
from tui.text.glyphs import glyph
from tui.text.language import _, plural
from tui.text.phrases import percent

if TYPE_CHECKING:
    from engine.analysis.label_errors import LabelIssues
    from engine.training.trained_network import TrainedNetwork


def validation_sign() -> str:
    """Return the sign of a validation image."""
    return glyph("◆", "v")


def progress(trained: "TrainedNetwork", share: float) -> str:
    """Return how far the network has read."""
    text = _("reading the training images with the {weights}: {share:.0%}")
    return text.format(weights=weights_text(trained), share=share)


def heading(trained: "TrainedNetwork", doubts: "LabelIssues") -> Content:
    """Return how many labels are in doubt, for which network, and which doubts are the fair ones."""
    count = plural("{count:,} label in doubt:", "{count:,} labels in doubt:", len(doubts.indices))
    fair = int(doubts.is_validation.sum())
    found = _("{fair:,} of {validation:,} validation images {sign}, {other:,} of {training:,} learned from")
    found = found.format(
        fair=fair,
        validation=doubts.validation.images,
        sign=validation_sign(),
        other=len(doubts.indices) - fair,
        training=doubts.training.images,
    )
    trust = _(
        "Validation images are the fair ones: the others were learned with their labels, wrong ones too, "
        "so that a wrong label hides among them."
    )
    unreadable = doubts.training.not_finite + doubts.validation.not_finite
    beyond = plural(
        "For {count:,} image the network gives no numbers any more.",
        "For {count:,} images the network gives no numbers any more.",
        unreadable,
    )
    return Content.assemble(
        (f"{count} ", "bold"),
        found,
        (f"  {weights_text(trained)}\n", MUTED),
        (trust, MUTED),
        (f" {beyond}" if unreadable else "", "$text-warning"),
    )


def which(which: str) -> str:
    """Return which part is shown."""
    return {
        "all": _("training and validation"),
        "validation": _("validation alone"),
        "training": _("training alone"),
    }[which]


def doubt(doubts: "LabelIssues", number: int, names: Sequence[str]) -> Content:
    """Return why this label is in doubt."""
    label, read = names[int(doubts.labels[number])], names[int(doubts.predicted[number])]
    held_out = bool(doubts.is_validation[number])
    where = _("training image {index:,}").format(index=int(doubts.indices[number]))
    what = _("Labelled {label}, predicted {read}").format(label=label, read=read)
    figures = _("{read}: {read_share}, {label}: {label_share}").format(
        read=read,
        read_share=percent(float(doubts.predicted_probabilities[number])),
        label=label,
        label_share=percent(float(doubts.label_probabilities[number])),
    )
    usual = _("usual for label {read}: {share}").format(read=read, share=percent(doubts.threshold(number)))
    how = (
        _("{sign} validation: not learned from").format(sign=validation_sign())
        if held_out
        else _("learned from, with this label")
    )
    return Content.assemble(
        (f"{what}\n", "bold"),
        f"{figures}\n",
        (f"{usual}\n", MUTED),
        (f"{how}\n", "" if held_out else MUTED),
        (where, MUTED),
    )


def none(which: str) -> Content:
    """Say that nothing is in doubt."""
    text = (
        _("No label is in doubt: no image is confidently predicted as another class.")
        if which == "all"
        else _("No label of these images is in doubt.")
    )
    return muted(text)
