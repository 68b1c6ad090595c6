"""What the Mistakes tab says: which images these are, what one of them is, and why."""

import math
from collections.abc import Sequence

from textual.content import Content

from engine.analysis.image_selection import ImageFilter, ImageSelection, Order
from engine.events import Explanation
from tui.panels.mistakes.requests import ShownSelection, source_of
from tui.panels.mistakes.thumbnails import distance
from tui.panels.placeholder import what_is_missing
from tui.session.run_state import Phase, RunState
from tui.text.class_names import class_name, name_or_none
from tui.text.glyphs import glyph
from tui.text.language import _, plural, translate
from tui.text.phrases import loss_figure, percent
from tui.widgets.digit import Rendering
from tui.widgets.option_line import Option
from tui.widgets.probability_bars import MISREAD_STYLE, TRUE_STYLE


def title(choice: ImageFilter, names: Sequence[str] = ()) -> str:
    """Return which images are chosen, in a few words."""
    true, predicted = choice.true, choice.predicted
    if true is not None and true == predicted:
        text = _("{true} predicted correctly")
    elif true is not None and predicted is not None:
        text = _("{true} predicted {predicted}")
    elif true is not None:
        text = _("All images of {true}") if choice.correct else _("Mistakes of {true}")
    elif predicted is not None:
        text = _("All predicted {predicted}") if choice.correct else _("Misclassified as {predicted}")
    else:
        text = _("All images") if choice.correct else _("All mistakes")
    return text.format(true=name_or_none(names, true), predicted=name_or_none(names, predicted))


def heading(shown: ShownSelection) -> Content:
    """Return what is shown: which images, whose predictions, and whether there are newer ones."""
    if shown.selection is None:
        text = title(shown.choice, shown.state.class_names) if shown.state.confusion else _("Mistakes")
        return Content.styled(text, "bold")
    split, epoch = source_of(shown.selection.predictions)
    where = (
        _("test set, weights of epoch {epoch}") if split == "test" else _("validation set, epoch {epoch}")
    ).format(epoch=epoch)
    hyperparameters = shown.state.hyperparameters
    if hyperparameters is not None and hyperparameters.deskew:
        where = _("{where}, images deskewed").format(where=where)
    return Content.assemble(
        (title(shown.choice, shown.state.class_names), "bold"),
        (f"  {where}", "$foreground-muted"),
        _remark(shown, epoch),
    )


def _remark(shown: ShownSelection, epoch: int) -> tuple[str, str]:
    """Return what should be known about the set that is browsed, as text and style."""
    text, newer = "", shown.newer
    if shown.cell_epoch not in (None, epoch) and shown.state.stored is not None:
        text = _("Of a stored run the best weights are asked, of epoch {best}: these are their predictions.")
    elif shown.cell_epoch not in (None, epoch):
        text = (
            _("The cell was opened at epoch {opened}; since then the network has learned on.")
            if shown.earlier_epoch is None
            else _("The images of epoch {opened} are no longer kept: these are of a newer one.")
        )
    elif newer is not None and newer[0] == "test":
        text = _("These are validation images: u shows the mistakes of the test set.")
    elif newer is not None:
        text = _("Epoch {newer} has ended: u shows its mistakes.")
    elif shown.ended_meanwhile:
        text = _("The run has ended: these are images of the test set now.")
    text = text.format(opened=shown.cell_epoch, newer=newer[1] if newer else None, best=epoch)
    return (f"\n{text}" if text else "", "$text-warning")


def missing(shown: ShownSelection) -> str:
    """Say why there is no image to show; empty if there is one."""
    selection, choice = shown.selection, shown.choice
    if selection is None and shown.state.why_no_images is not None:
        about = _("The images that the network misclassifies, one by one.")
        return f"{about}\n\n{translate(shown.state.why_no_images)}"
    if shown.state.confusion is None:
        about = _("The images that the network misclassifies, one by one.")
        return f"{about}\n\n{what_is_missing(shown.state)}"
    if selection is None and shown.state.phase is Phase.FAILED:
        return _("The images were lost with the run. ctrl+r starts another.")
    stored = shown.state.stored
    if selection is None and stored is not None and stored.missing is not None:
        about = _("The mistakes of this run are computed from its weights and its data, and that fails:")
        return f"{about}\n\n{translate(stored.missing)}"
    if selection is None:
        return _("Fetching the images …")
    if len(selection):
        return ""
    if choice.true is not None and choice.predicted is not None:
        text = _("No image of {true} was predicted as {predicted}.")
    elif choice.true is not None:
        text = _("No image of {true} was misclassified.")
    elif choice.predicted is not None:
        text = _("No image was misclassified as {predicted}.")
    else:
        return plural(
            "No mistakes: {count:,} image, all predicted correctly.",
            "No mistakes: all {count:,} images were predicted correctly.",
            len(selection.predictions.labels),
        )
    names = shown.state.class_names
    return text.format(true=name_or_none(names, choice.true), predicted=name_or_none(names, choice.predicted))


def order_words(choice: ImageFilter) -> str:
    """Return which images come first."""
    first, reverse = {
        Order.CONFIDENCE: (_("confident first"), _("least confident first")),
        Order.LOSS: (_("largest loss first"), _("smallest loss first")),
        Order.MARGIN: (_("closest call first"), _("clearest first")),
        Order.INDEX: (_("in order"), _("last in order first")),
    }[choice.order]
    return reverse if choice.reverse else first


def rendering_words(rendering: Rendering) -> str:
    """Return how the image is drawn."""
    return {
        Rendering.SHADES: _("shades"),
        Rendering.BLOCKS: _("half blocks"),
        Rendering.BRAILLE: _("braille"),
        Rendering.NUMBERS: _("numbers"),
    }[rendering]


def options(choice: ImageFilter, rendering: Rendering, names: Sequence[str] = ()) -> list[Option]:
    """Return what can be chosen, each with its key."""
    true = _("any") if choice.true is None else class_name(names, choice.true)
    predicted = _("any") if choice.predicted is None else class_name(names, choice.predicted)
    plain = ImageFilter()
    return [
        Option("t", _("true {label}").format(label=true), _("The next true class"), choice.true is not None),
        Option(
            "p",
            _("predicted {label}").format(label=predicted),
            _("The next predicted class"),
            choice.predicted is not None,
        ),
        Option(
            "c",
            _("all images") if choice.correct else _("mistakes"),
            _("With or without the correct ones"),
            choice.correct,
        ),
        Option(
            "o",
            order_words(choice),
            _("By confidence, loss, margin, or place in the file"),
            choice.order is not plain.order,
        ),
        Option("r", glyph("⇅", "<>"), _("The other way round"), choice.reverse),
        Option(
            "v", rendering_words(rendering), _("Draw the image in another way"), rendering != Rendering.SHADES
        ),
    ]


def verdict(selection: ImageSelection, names: Sequence[str] = ()) -> Content:
    """Return which image this is, what it is, what it was read as, and how surely."""
    place = (
        _("test image {index:,}") if selection.predictions.split == "test" else _("training image {index:,}")
    )
    what = (
        _("{true}, predicted correctly")
        if selection.true == selection.predicted
        else _("{true}, predicted {predicted}")
    )
    sure = _(", {share} confident").format(share=percent(selection.probabilities[selection.predicted]))
    where = _("{position:,} of {count:,}").format(position=selection.at + 1, count=len(selection))
    loss = loss_figure(selection.loss) if math.isfinite(selection.loss) else _("over 100")
    loss = _("loss {loss}").format(loss=loss)
    margin = _("margin {margin}").format(margin=percent(selection.margin))
    dot = f"  {glyph('·', '|')}  "
    return Content.assemble(
        (
            what.format(
                true=class_name(names, selection.true), predicted=class_name(names, selection.predicted)
            ),
            "bold",
        ),
        f"{sure}\n",
        (f"{where}{dot}{place.format(index=selection.index)}\n{loss}{dot}{margin}", "$foreground-muted"),
    )


# Why?


def why(
    selection: ImageSelection, answer: Explanation | None, state: RunState, names: Sequence[str] = ()
) -> Content:
    """Return what is to be seen in the signs and the neighbours, and with which weights."""
    if selection.rival is None:
        return Content(_("There is one class alone: nothing to take it for."))
    if answer is None and state.phase is Phase.FAILED:
        return Content(_("The weights were lost with the run, so no explanation can be computed."))
    if answer is None and state.why_no_weights is not None:
        return Content(translate(state.why_no_weights))
    if answer is None:
        return Content(_("Asking the network why …"))
    classes = {"other": class_name(names, answer.other), "true": class_name(names, answer.true)}
    signs: list[tuple[str, str]] = []
    if answer.gradient is None:
        signs.append((_("The gradient is beyond all numbers.") + " ", ""))
    elif not answer.gradient.any():
        signs.append((_("No pixel makes a difference here: the gradient is zero.") + " ", ""))
    else:
        signs += [
            ("+ ", f"bold {MISREAD_STYLE}"),
            (_("more ink here speaks for {other}").format(**classes) + "  ", ""),
            ("- ", f"bold {TRUE_STYLE}"),
            (_("for {true}").format(**classes) + ".  ", ""),
        ]
    return Content.assemble(
        *signs, _nearest(answer, names) + " ", (_weights(answer, selection, names), "$foreground-muted")
    )


def _nearest(answer: Explanation, names: Sequence[str]) -> str:
    """Return which class has the training image that is most like it."""
    other, true = answer.neighbours
    if not len(other.distances) or not len(true.distances):
        return _("Not both classes have training images.")
    nearer, farther = sorted((true, other), key=lambda found: int(found.distances[0]))
    return _(
        "The nearest training image is {nearer} ({near:.1f}); the nearest {farther} is at {far:.1f}."
    ).format(
        nearer=class_name(names, nearer.label),
        near=distance(nearer, 0),
        farther=class_name(names, farther.label),
        far=distance(farther, 0),
    )


def _weights(answer: Explanation, selection: ImageSelection, names: Sequence[str]) -> str:
    """Return which weights say so, and what they read, if that is something else by now."""
    if answer.batch is None:
        text = _("Weights of epoch {epoch}.").format(epoch=answer.epoch)
    else:
        text = _("Weights of epoch {epoch}, batch {batch}.").format(epoch=answer.epoch, batch=answer.batch)
    if answer.predicted != selection.predicted:
        text += " " + _("They predict {predicted}.").format(predicted=class_name(names, answer.predicted))
    return text
