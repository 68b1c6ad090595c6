"""What the pages about the data say."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content

from engine.specification import printable
from tui.panels.data.dataset_view import PARTS, DatasetContents
from tui.text.cell_widths import left
from tui.text.glyphs import glyph
from tui.text.language import _, plural, translate
from tui.text.phrases import percent
from tui.widgets.probability_bars import bar

if TYPE_CHECKING:
    from engine.analysis.pixel_statistics import PixelStatistics

LONGEST_BAR = 60
MUTED = "$foreground-muted"


def dot() -> str:
    """Return what stands between two things that are said in one line."""
    return f" {glyph('·', '|')} "


def muted(text: str) -> Content:
    """Return words that stand back."""
    return Content.styled(text, MUTED)


def part_name(part: str) -> str:
    """Return what a part of the data is called."""
    return {"training": _("training"), "validation": _("validation"), "test": _("test")}[part]


def images_of_part(part: str) -> str:
    """Return what its images are called."""
    return {
        "training": _("training images"),
        "validation": _("validation images"),
        "test": _("test images"),
    }[part]


# Overview


def facts(material: DatasetContents) -> Content:
    """Return what the data set is, and whose split this is."""
    dataset = material.dataset
    from_where = _("from {source}").format(source=_(dataset.source))
    size = _("{height} x {width} pixels").format(height=dataset.height, width=dataset.width)
    classes = plural("{count:,} class", "{count:,} classes", dataset.classes)
    parts: list[tuple[str, str]] = [
        (printable(dataset.name, 60), "bold"),
        (f"  {from_where}{dot()}{_(dataset.form)}{dot()}{size}{dot()}{classes}\n", ""),
        (material.choice.text, MUTED),
    ]
    if dataset.decisions:
        parts.append(("\n" + " ".join(map(translate, dataset.decisions)), ""))
    if material.is_another:
        parts.append(
            ("\n" + _("The run that is shown learned from other images than these."), "$text-warning")
        )
    return Content.assemble(*parts)


def sizes(material: DatasetContents, width: int) -> Content:
    """Return the parts of the data set as bars: how many images each has."""
    counts = [len(material.places(part)) for part in PARTS]
    names = [part_name(part) for part in PARTS]
    name_width, digits = max(map(cell_len, names)), max(len(f"{count:,}") for count in counts)
    room = max(1, min(LONGEST_BAR, width - name_width - digits - 12))
    lines = [
        Content.assemble(
            (left(name, name_width + 2), MUTED),
            (bar(count / max(counts), room), "$primary"),
            f" {count:>{digits},} {percent(count / sum(counts)):>8}",
        )
        for name, count in zip(names, counts, strict=True)
    ]
    return Content("\n").join(lines)


def balance(material: DatasetContents) -> Content:
    """Return how unlike the classes are in size, and what that means for an accuracy."""
    counts = material.counts.training
    most, least = int(counts.argmax()), int(counts.argmin())
    names = material.dataset.class_names
    text = _("Training images: most of class {most} ({share_of_most}), fewest of {least} ({share_of_least}).")
    guess = _("Whoever always says {most} is right for {share} of the test images.")
    return Content.assemble(
        text.format(
            most=names[most],
            share_of_most=percent(counts[most] / counts.sum()),
            least=names[least],
            share_of_least=percent(counts[least] / counts.sum()),
        ),
        " ",
        (guess.format(most=names[most], share=percent(material.counts.majority_class_accuracy)), MUTED),
    )


# Samples


def class_words(material: DatasetContents, label: int | None) -> str:
    """Return which class is meant, or that all are."""
    if label is None:
        return _("all classes")
    return _("class {label}").format(label=material.dataset.class_names[label])


def samples_heading(material: DatasetContents, part: str, label: int | None, count: int) -> Content:
    """Return which images these are."""
    which = class_words(material, label)
    about = {
        "training": _("a run learns from them"),
        "validation": _("held out of the training images, to choose by"),
        "test": _("evaluated when a run has ended"),
    }[part]
    text = _("{images}, {which}: {count:,}").format(images=images_of_part(part), which=which, count=count)
    return Content.assemble((text, "bold"), (f"  {about}", MUTED))


def sample(part: str, place: int, label: str, at: int, count: int) -> Content:
    """Return which image is looked at."""
    where = _("test image {index:,}") if part == "test" else _("training image {index:,}")
    labelled = _("labelled {label}").format(label=label)
    nth = _("{position:,} of {count:,}").format(position=at + 1, count=count)
    lines = [Content.styled(labelled, "bold"), Content.styled(f"{where.format(index=place)}\n{nth}", MUTED)]
    return Content("\n").join(lines)


# Averages


def averages_heading(figures: "PixelStatistics", names: Sequence[str]) -> Content:
    """Return what was averaged, and which classes are alike."""
    text = _("Averages of {count:,} training images").format(count=int(figures.counts.sum()))
    dash = glyph("–", "-")
    pairs = [
        f"{names[a]}{dash}{names[b]} ({figures.distances[a, b]:.1f})" for a, b in figures.closest_pairs(3)
    ]
    closest = _("most alike: {pairs} apart").format(pairs=", ".join(pairs)) if pairs else ""
    return Content.assemble((text, "bold"), (f"  {closest}", MUTED))


def average(figures: "PixelStatistics", names: Sequence[str], label: int | None) -> Content:
    """Return what there is to say of one class, or of all, whose mean and deviation are drawn."""
    lines = _all_classes(figures, names) if label is None else _one_class(figures, names, label)
    drawn = _("left the mean, right the standard deviation (full ink: 0.5)")
    return Content("\n").join([*lines, muted(drawn)])


def _all_classes(figures: "PixelStatistics", names: Sequence[str]) -> list[Content]:
    inked = [int(label) for label in figures.ink.argsort() if figures.counts[label]]
    text = _("Most ink has {most} ({share_of_most}), least {least} ({share_of_least}).").format(
        most=names[inked[-1]],
        share_of_most=percent(float(figures.ink[inked[-1]])),
        least=names[inked[0]],
        share_of_least=percent(float(figures.ink[inked[0]])),
    )
    head = Content.assemble((_("All classes"), "bold"), f"{dot()}{_ink(float(figures.mean_image.mean()))}")
    return [head, Content(text)]


def _one_class(figures: "PixelStatistics", names: Sequence[str], label: int) -> list[Content]:
    count, nearest = int(figures.counts[label]), figures.nearest(label)
    head = (_("Class {label}").format(label=names[label]), "bold")
    images = plural("{count:,} image", "{count:,} images", count)
    if not count:
        return [Content.assemble(head, f"{dot()}{images}")]
    lines = [Content.assemble(head, f"{dot()}{images}{dot()}{_ink(float(figures.ink[label]))}")]
    if nearest:
        text = _("Most like {near} ({near_distance:.1f} apart), least like {far} ({far_distance:.1f}).")
        text = text.format(
            near=names[nearest[0]],
            near_distance=figures.distances[label, nearest[0]],
            far=names[nearest[-1]],
            far_distance=figures.distances[label, nearest[-1]],
        )
        lines.append(Content(text))
    return lines


def _ink(share: float) -> str:
    return _("{share} ink").format(share=percent(share))


# Pixels


def pixels(material: DatasetContents, figures: "PixelStatistics") -> Content:
    """Return what the values of the pixels are, and what standardisation makes of them."""
    deviation = figures.deviation or 1.0
    count = plural("{count:,} pixel", "{count:,} pixels", figures.pixels)
    images = _("of {count:,} training images").format(count=int(figures.counts.sum()))
    blank = _("{blank} are blank (0), {full} are full ink (255).").format(
        blank=percent(figures.blank), full=percent(int(figures.histogram[255]) / figures.pixels)
    )
    never = plural(
        "{count:,} of {{places:,}} places is blank in every one of these images.",
        "{count:,} of {{places:,}} places are blank in every one of these images.",
        figures.always_zero,
    ).format(places=material.dataset.pixels)
    measures = _("Mean {mean:.4f}, standard deviation {deviation:.4f} (0 blank, 1 full ink).")
    standardised = _(
        "A network sees (pixel - mean) / deviation: blank becomes {blank:.2f}, full ink {full:.2f}."
    )
    return Content.assemble(
        (f"{count} {images}", "bold"),
        f"  {blank}\n{never}\n",
        measures.format(mean=figures.mean, deviation=figures.deviation),
        "  ",
        (
            standardised.format(blank=-figures.mean / deviation, full=(1 - figures.mean) / deviation),
            MUTED,
        ),
        (f"\n{material.choice.text}", MUTED),
    )
