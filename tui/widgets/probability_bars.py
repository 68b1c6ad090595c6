"""What a network makes of one image: a bar for the probability of each class."""

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from tui.text.cell_widths import cut, right, width
from tui.text.class_names import class_name
from tui.text.glyphs import glyph, is_ascii
from tui.text.language import _, plural
from tui.text.phrases import percent

EIGHTHS = " ▏▎▍▌▋▊▉"
"""Parts of a character's width, from none to seven eighths."""
LONGEST_BAR = 60
TRUE_STYLE, MISREAD_STYLE = "$text-success", "$text-error"


class ProbabilityBars(Widget):
    """Classes with their probabilities as bars and figures; signs mark the true one and the one read.

    All classes stand in their order where there is room for them; otherwise the likeliest, and the true one.
    """

    DEFAULT_CSS = """
    ProbabilityBars {
        width: 1fr;
        height: 1fr;
        text-wrap: nowrap;
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._probabilities: tuple[float, ...] = ()
        self._true: int | None = None
        self._names: Sequence[str] = ()

    def show(self, probabilities: Sequence[float], true: int | None, names: Sequence[str] = ()) -> None:
        """Draw the bars of one image whose class is `true`; None where nobody said what it is.

        names: of the classes, cut where they are too long for the bars beside them
        """
        self._probabilities, self._true, self._names = tuple(probabilities), true, names
        self.refresh()

    def clear(self) -> None:
        """Draw nothing."""
        self.show((), None)

    def render(self) -> Content:
        """Draw as many classes as there is room for."""
        if not self._probabilities or not self.size.height:
            return Content("")
        predicted = max(range(len(self._probabilities)), key=self._probabilities.__getitem__)
        shown = self._shown_classes(self.size.height)
        lines = [self._line(label, predicted) for label in shown]
        others = len(self._probabilities) - len(shown)
        if others:
            rest = max(0.0, 1 - sum(self._probabilities[label] for label in shown))
            text = plural("… and {count} other: {{share}}", "… and {count} others: {{share}}", others)
            lines.append(Content.styled(text.format(share=percent(rest)), "$foreground-muted"))
        if self._true is not None and len(lines) + 2 <= self.size.height:
            lines += [Content(""), self._legend(predicted)]
        return Content("\n").join(lines)

    def _shown_classes(self, height: int) -> list[int]:
        """Return all classes in order, or those that matter most where there are too many."""
        count = len(self._probabilities)
        if count <= height:
            return list(range(count))
        room = max(1, height - 1)
        likeliest = sorted(range(count), key=lambda label: -self._probabilities[label])[:room]
        if self._true is not None and self._true not in likeliest:
            likeliest[-1:] = [self._true]
        return likeliest

    def _line(self, label: int, predicted: int) -> Content:
        """Return one class: sign, label, bar, figure."""
        sign, style = " ", "$foreground-muted"
        if label == self._true:
            sign, style = _true_sign(), f"bold {TRUE_STYLE}"
        elif label == predicted and self._true is None:
            sign, style = glyph("›", ">"), "bold $text-primary"
        elif label == predicted:
            sign, style = _misread_sign(), f"bold {MISREAD_STYLE}"
        longest = max(width(class_name(self._names, one)) for one in range(len(self._probabilities)))
        label_width = min(longest, max(3, self.size.width // 3))
        name = cut(class_name(self._names, label), label_width)
        percent_width = len(percent(1.0)) + 1
        bar_width = self.size.width - label_width - 3 - percent_width
        probability = self._probabilities[label]
        return Content.assemble(
            (f"{sign} {right(name, label_width)} ", style),
            (bar(probability, max(1, min(bar_width, LONGEST_BAR))), style),
            (f"{percent(probability):>{percent_width}}", style),
        )

    def _legend(self, predicted: int) -> Content:
        """Return what the signs mean."""
        parts = [Content.styled(f"{_true_sign()} {_('true class')}", TRUE_STYLE)]
        if predicted != self._true:
            parts.append(Content.styled(f"{_misread_sign()} {_('predicted')}", MISREAD_STYLE))
        return Content("   ").join(parts)


def _true_sign() -> str:
    return glyph("✓", "*")


def _misread_sign() -> str:
    return glyph("✗", "x")


def bar(share: float, width: int) -> str:
    """Return a bar of `share` of the width, exact to an eighth of a character, padded to the width.

    In ASCII it is exact to a character.
    """
    if is_ascii():
        return ("#" * round(share * width)).ljust(width)
    eighths = round(share * width * 8)
    whole, part = divmod(eighths, 8)
    return ("█" * whole + EIGHTHS[part].strip()).ljust(width)
