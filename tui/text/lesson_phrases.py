"""What came of a lesson's experiments and question, in words."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tui.text.language import _

if TYPE_CHECKING:
    from engine.lessons.experiments import Experiment
    from engine.lessons.lesson import Question


def experiment_text(experiment: "Experiment", figures: Mapping[str, float]) -> str:
    """Return what came of an experiment in one line."""
    match experiment.kind:
        case "train":
            if figures["diverged"]:
                return _("it diverged in epoch {epoch:.0f}").format(epoch=figures["epochs"] + 1)
            return _(
                "validation accuracy {accuracy:.2%}, training loss {loss:.3f}, after {epochs:.0f} epochs"
            ).format(
                accuracy=figures["validation_accuracy"], loss=figures["train_loss"], epochs=figures["epochs"]
            )
        case "unit":
            gradients = sorted(name for name in figures if name.startswith("dW"))
            value_text = ", ".join(f"{figures[name]:.4g}" for name in gradients)
            return _("weighted sum {sum:.4g}, output {output:.4g}, dW = [{gradients}], db = {db:.4g}").format(
                sum=figures["sum"], output=figures["output"], gradients=value_text, db=figures["db"]
            )
        case "loss":
            names = sorted((name for name in figures if name[0] == "p"), key=lambda name: int(name[1:]))
            value_text = ", ".join(f"{figures[name]:.3f}" for name in names)
            return _("probabilities [{probabilities}], loss {loss:.4f}").format(
                probabilities=value_text, loss=figures["loss"]
            )
        case _:
            return _(
                "{wrong:.0f} of {arrays:.0f} arrays are wrong, the largest relative error is {error:.1e}"
            ).format(wrong=figures["wrong_arrays"], arrays=figures["arrays"], error=figures["largest_error"])


def answer_text(question: "Question", right: tuple[int, ...] | float) -> str:
    """Return what the right answer is."""
    if isinstance(right, float):
        return _("It is {number:.4g}.").format(number=right)
    texts = [f"{letter(at)} {question.choices[at].text}" for at in right]
    return (
        _("The answer is {answers}.").format(answers="; ".join(texts))
        if texts
        else _("None of them is right.")
    )


def letter(at: int) -> str:
    """Return the letter of a choice."""
    return f"{chr(ord('a') + at)})"
