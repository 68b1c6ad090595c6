"""Digits found in a photograph of paper, and made into images as the network knows them.

Light falls off to one side, and shadows have hard edges. Paper's brightness is estimated by a grey
closing with a square that no stroke can hold (black top-hat: Soille 2003, section 4.4): all that is
broader than the square, and so a shadow, keeps its edge exactly as it is, and is divided out with it. How
wide strokes are is not known, so the picture is looked at in ever smaller scales with one size of square
(a granulometry: Matheron 1975), and the scale is taken in which there are most, and darkest, strokes that
fit. A stroke is found with a smaller square too; the tip of a shadow's corner, of which each square fills
as much as it can, is not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.digit_groups import Box, Group, grouped, reading_order
from engine.data.morphology import (
    Components,
    Grey,
    Mask,
    closed,
    components,
    grown,
    reduced,
    smoothed,
    stroke_width,
)
from engine.data.picture_files import read_turned
from engine.data.preprocessing import PreparedImage, centred_ink, edge_of, fitted_ink, ink_of, prepare
from engine.data.ruled_paper import without_rules
from engine.errors import DataError
from engine.sentences import N_

Contrast = NDArray[np.float32]

TURNED, LIGHT_EVENED, THRESHOLDED = "turned", "light_evened", "thresholded"
RULES_REMOVED, SPECKS_REMOVED = "rules_removed", "specks_removed"
STROKES_WIDENED, STROKES_NARROWED = "strokes_widened", "strokes_narrowed"

LARGEST_SIDE, SMALLEST_SIDE = 2048, 100
"""Longer side of the picture, in pixels, in the finest and in the coarsest scale."""
DRAWING_SIDE = 64
"""Longer side of a picture that is a drawing, however grainy: it is as small as the images themselves."""
FLAT = 4
"""Grey levels by which the edge of a drawing, nine tenths of it, differs from its median at the most."""
WIDE, NARROW = 25, 17
"""Sides of the two squares, in pixels of a scale."""
FAINTEST, NOISES = 0.06, 4.0
"""Contrast of ink at the least, as a share of the paper's brightness, and in standard deviations of noise."""
PALEST = 0.12
"""Contrast of a digit at the least."""
WEAK = 0.6
"""Contrast that hangs together with ink and is ink too, as a share of Otsu's threshold."""
FITTING = 0.85
"""Share of a stroke's contrast that the smaller square finds, at the least; of a triangle it is a half."""
LOWEST = 14
"""Height of a digit, in pixels of a scale, at the least."""
LONG = 12.0
"""Length of a stroke, in its widths beyond the shortest, from which it counts no more: long lines are no
digits."""
ALIKE = 0.75
"""Contrast of a digit that is found in a coarser scale alone, as a share of the others', at the least."""
BEST = 0.6
"""The finest scale is taken that has this share of the best score."""
DARK, SURELY = 80, 3.0
"""Grey level of the picture's median, at the most, and how many times the score of dark ink that of light
ink must be, for it to be light on dark: what lies between two shadows is like a stroke, too."""
SHORTEST = (6.0, 4.4)
"""Length of strokes in their widths, at the least: a digit whose loop is filled has 5, as a triangle; if
there is none longer, such are looked for."""
FINE = 100
"""Pixels of a digit's longer side while the width of its strokes is changed."""
STROKE = 2.5 / 20
"""Width of MNIST's strokes as a share of a digit's longer side: the median of 1,500 training images is
2.45 of 20 pixels, and half of them have 2.1 to 2.9."""
STROKES_LEFT_ALONE = (2.1 / 20, 2.9 / 20)


@dataclass(frozen=True, eq=False)
class FoundDigit:
    """A digit of a picture.

    box: left, top, width and height in pixels of the picture; cleaning: what was done, as short names
    """

    prepared: PreparedImage
    box: tuple[int, int, int, int]
    cleaning: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class FoundDigits:
    """What was found, in the order of reading, and the cleaned picture.

    ink: `(rows, columns)`, uint8, 0 is paper; cut to the digits, and perhaps smaller than the picture
    """

    digits: tuple[FoundDigit, ...]
    ink: Grey


def find_digits(picture: Grey, height: int, width: int, *, centred: bool = True) -> FoundDigits:
    """Find the digits of an upright grey picture `(rows, columns)`, each as an image of `height` x `width`.

    A small picture, or one on flat paper, is a drawing: a single digit on it is prepared as it is. Any
    other is a photograph. Where digits are not to be `centred` the whole picture is one image.

    Raises:
        DataError: when nothing is drawn on it, or nothing like a digit.
    """
    if max(picture.shape) <= DRAWING_SIDE or _is_flat(picture):
        return _on_drawing(picture, height, width, centred=centred)
    return _on_photograph(picture, height, width, centred=centred)


def digits_of_file(path: Path, height: int, width: int, *, centred: bool = True) -> FoundDigits:
    """Find the digits of a picture file; that it was turned upright stands first in what was done.

    Raises:
        DataError: when it cannot be read, or as `find_digits` does.
    """
    picture, turned = read_turned(path)
    found = find_digits(picture, height, width, centred=centred)
    if not turned:
        return found
    return replace(
        found, digits=tuple(replace(one, cleaning=(TURNED, *one.cleaning)) for one in found.digits)
    )


def _is_flat(picture: Grey) -> bool:
    edge = edge_of(picture).astype(np.int16)
    return bool(np.percentile(np.abs(edge - np.median(edge)), 90) <= FLAT)


def _on_drawing(picture: Grey, height: int, width: int, *, centred: bool) -> FoundDigits:
    prepared = prepare(picture, height, width, centred=centred)
    factor = max(1, -(-max(picture.shape) // LARGEST_SIDE))
    small = reduced(picture, factor)
    contrast = ink_of(small)[0].astype(np.float32)
    parts = components(contrast > 0.25)
    inks = []
    if centred and max(picture.shape) > DRAWING_SIDE and len(parts):
        heights = (parts.boxes[:, 3] - parts.boxes[:, 1]).astype(np.float64)
        usual = _middle(heights, parts.areas)
        inks = [_Ink(group, contrast, factor) for group in grouped(parts, heights > 0, usual, split=False)]
    if len(inks) < 2:
        rows, columns = (np.flatnonzero(contrast.any(axis=axis)) for axis in (1, 0))
        box = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1).enlarged(factor)
        digit = FoundDigit(prepared, (box.left, box.top, box.width, box.height), ())
        return FoundDigits((digit,), prepared.image)
    return _read(inks, height, width, (), inverted=prepared.inverted)


def _on_photograph(picture: Grey, height: int, width: int, *, centred: bool) -> FoundDigits:
    factor = max(1, -(-max(picture.shape) // LARGEST_SIDE))
    work = smoothed(reduced(picture, factor))
    score, inks, cleaning = _ink_on_paper(work, factor)
    inverted = True
    if not inks or np.median(work) < DARK:  # a blackboard, perhaps
        other_score, others, other_cleaning = _ink_on_paper(255 - work, factor)
        if other_score > SURELY * score:
            inks, cleaning, inverted = others, other_cleaning, False
    if not inks:
        raise DataError(
            N_("Nothing is found on the picture: nothing stands out from the paper as a pen's stroke does.")
        )
    found = _read(inks, height, width, cleaning, inverted=inverted)
    return found if centred else _whole(found, inks, picture.shape, height, width)


# Strokes


@dataclass(frozen=True, eq=False)
class _Ink:
    """The ink of one digit in a scale: contrast: of the whole scale; factor: how much smaller it is."""

    group: Group
    contrast: Contrast
    factor: int

    @property
    def box(self) -> Box:
        """Where it lies in the picture."""
        return self.group.box.enlarged(self.factor)


@dataclass(frozen=True, eq=False)
class _Scale:
    """The picture in one scale, `factor` times smaller than it was.

    wanted, contrasts: `(components,)`, what may be ink of a digit; usual_height, in pixels of the scale;
    score: how many strokes like a digit's there are, and how dark
    """

    factor: int
    contrast: Contrast
    parts: Components
    wanted: NDArray[np.bool_]
    contrasts: NDArray[np.float64]
    usual_height: float
    usual_contrast: float
    score: float


def _ink_on_paper(work: Grey, factor: int) -> tuple[float, list[_Ink], tuple[str, ...]]:
    """Return the score of dark ink, the digits that it forms, and what was done to find them."""
    work, rules = _unruled(work)
    scales: list[_Scale] = []
    for shortest in SHORTEST:
        scales = scales or list(_scales(work, factor, shortest))
    best = max((scale.score for scale in scales), default=0.0)
    while scales and scales[0].score < BEST * best:
        del scales[0]
    inks = _digits(scales)
    cleaning = [LIGHT_EVENED, THRESHOLDED]
    if rules:
        cleaning.append(RULES_REMOVED)
    kept = sum(np.count_nonzero(ink.group.mask) for ink in inks if ink.factor == scales[0].factor)
    if inks and scales[0].parts.areas.sum() > kept:
        cleaning.append(SPECKS_REMOVED)
    return best, inks, tuple(cleaning)


def _unruled(work: Grey) -> tuple[Grey, int]:
    """Return the picture without ruled lines, and how many there were."""
    paper = _Paper.under(work, WIDE)
    unruled, count = without_rules(paper.contrast, paper.is_ink)
    changed = unruled < paper.contrast
    blank = work.copy()
    blank[changed] = (paper.brightness * (1 - unruled))[changed]
    return blank, count


@dataclass(frozen=True, eq=False)
class _Paper:
    """The paper under a picture, `(rows, columns)` each, as far as things are narrower than the square.

    brightness: of the paper, in grey levels; contrast: how much darker the picture is, as a share of that;
    is_ink: where that is more than noise
    """

    brightness: Contrast
    contrast: Contrast
    is_ink: Mask

    @classmethod
    def under(cls, picture: Grey, size: int) -> "_Paper":
        """Estimate it by a closing with a square of `size`.

        Noise lifts a closing: by how much, and how noisy the paper is, is read off the histogram of what the
        closing adds, separately for bright and for dark paper.
        """
        lid = closed(picture, size)
        above = lid - picture
        counts = np.bincount((lid.astype(np.uint16) << 8 | above).ravel(), minlength=65536)
        levels = counts.reshape(16, 16, 256).sum(axis=1).cumsum(axis=1)
        total = levels[:, -1]
        seen = total > 0.002 * picture.size
        middle = np.array([np.searchsorted(level, 0.5 * n) for level, n in zip(levels, total, strict=True)])
        lower = np.array([np.searchsorted(level, 0.16 * n) for level, n in zip(levels, total, strict=True)])
        at = np.arange(8, 256, 16)[seen]
        lift = np.interp(np.arange(256), at, middle[seen]).astype(np.float32)
        noise = np.interp(np.arange(256), at, np.maximum(middle - lower, 0.7)[seen]).astype(np.float32)
        brightness = np.maximum(np.arange(256, dtype=np.float32) - lift, 8)[lid]
        darker = above - lift[lid]
        contrast = np.maximum(darker / brightness, 0)
        return cls(brightness, contrast, (contrast > FAINTEST) & (darker > (NOISES * noise)[lid]))


def _scales(work: Grey, factor: int, shortest: float) -> Iterator[_Scale]:
    """Yield the scales in which there are strokes, finest first."""
    while True:
        scale = _scale(work, factor, shortest)
        if scale is not None:
            yield scale
        if max(work.shape) < SMALLEST_SIDE or min(work.shape) < 4:
            return
        work, factor = reduced(work, 2), 2 * factor


def _scale(work: Grey, factor: int, shortest: float) -> _Scale | None:
    """Find ink in one scale by a threshold with hysteresis (Canny 1986), and what of it is like a stroke."""
    paper = _Paper.under(work, WIDE)
    contrast, is_ink = paper.contrast, paper.is_ink
    if not is_ink.any():
        return None
    threshold = otsu(contrast[is_ink])
    parts = components(is_ink & (contrast > WEAK * threshold))
    ink = parts.sums(contrast)
    fits = parts.sums(_Paper.under(work, NARROW).contrast) > FITTING * ink
    left, top, right, bottom = parts.boxes.T
    width, height = right - left, bottom - top
    inside = (left > 1) & (top > 1) & (right < work.shape[1] - 1) & (bottom < work.shape[0] - 1)
    strong = parts.sums((contrast > threshold).astype(np.float32)) > 3
    wanted = strong & inside & fits & (np.maximum(height, width) >= 5)
    length = parts.areas / parts.widths**2  # of the stroke, in widths; 4 for a square, 5.2 for a triangle
    contrasts = ink / parts.areas
    alike = wanted & (height >= LOWEST) & (height >= 0.6 * width) & (length > shortest) & (contrasts > PALEST)
    alike &= parts.widths < 0.4 * height
    if not alike.any():
        return None
    usual_contrast = _middle(contrasts[alike], ink[alike])
    score = np.clip(length - shortest + 1, 0, LONG) * contrasts**2 * np.sqrt(height * factor)
    return _Scale(
        factor,
        contrast,
        parts,
        wanted & (contrasts > 0.6 * usual_contrast),
        contrasts,
        _middle(height[alike].astype(np.float64), ink[alike]),
        usual_contrast,
        float(score[alike].sum()),
    )


def _digits(scales: Sequence[_Scale]) -> list[_Ink]:
    """Return the digits of the first scale, and those of coarser ones that lie beside them and are alike."""
    inks: list[_Ink] = []
    for scale in scales:
        first, before = scales[0], list(inks)
        wanted, usual = scale.wanted, first.usual_height * first.factor / scale.factor
        if scale is not first:
            heights = scale.parts.boxes[:, 3] - scale.parts.boxes[:, 1]
            wanted = scale.wanted & (scale.contrasts > ALIKE * first.usual_contrast)
            wanted &= (heights > 0.6 * usual) & (heights < 1.7 * usual)
            wanted &= scale.parts.areas > SHORTEST[-1] * scale.parts.widths**2
        for group in grouped(scale.parts, wanted, usual):
            ink = _Ink(group, scale.contrast, scale.factor)
            if all(min(ink.box.overlap(other.box)) <= 0 for other in before):
                inks.append(ink)
    return inks


def otsu(values: NDArray[np.floating]) -> float:
    """Return the threshold, 0 to 1, that divides values into the two classes furthest apart (Otsu 1979)."""
    counts, edges = np.histogram(values, 128, (0.0, 1.0))
    below = counts.cumsum()[:-1].astype(np.float64)
    sums = (counts * (edges[1:] + edges[:-1]) / 2).cumsum()
    total, mean = float(counts.sum()), float(sums[-1])
    both = np.maximum(below * (total - below), 1e-9)
    between = np.where(below * (total - below) > 0, (mean * below / total - sums[:-1]) ** 2 / both, 0.0)
    return float(edges[1 + int(between.argmax())])


def _middle(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the weighted median."""
    order = np.argsort(values)
    total = weights[order].cumsum()
    return float(values[order][np.searchsorted(total, 0.5 * total[-1])])


# Images


def _read(
    inks: Sequence[_Ink], height: int, width: int, cleaning: tuple[str, ...], *, inverted: bool
) -> FoundDigits:
    """Make an image of each digit, in the order of reading."""
    digits = []
    for number in reading_order([ink.box for ink in inks]):
        box = inks[number].box
        image, done = _image(inks[number], height, width)
        place = box.left, box.top, box.width, box.height
        digits.append(FoundDigit(PreparedImage(image, inverted), place, (*cleaning, *done)))
    return FoundDigits(tuple(digits), _overview(inks))


def _image(ink: _Ink, height: int, width: int) -> tuple[Grey, tuple[str, ...]]:
    """Return an image of `height` x `width` with strokes as wide as MNIST's, and what was done to them."""
    box, mask = ink.group.box, np.pad(ink.group.mask, 4)
    contrast = np.zeros(mask.shape, np.float32)
    contrast[4:-4, 4:-4] = ink.contrast[box.top : box.bottom, box.left : box.right]
    full = float(np.percentile(contrast[mask], 70))
    soft = np.where(grown(mask, 1.5), np.minimum(contrast / full, 1.0), 0.0)
    scale = FINE / max(box.width, box.height)
    rows, columns = (max(1, round(side * scale)) for side in soft.shape)
    fine = _interpolating(rows, soft.shape[0]) @ soft @ _interpolating(columns, soft.shape[1]).T > 0.5
    sides = np.count_nonzero(fine[1:] != fine[:-1]) + np.count_nonzero(fine[:, 1:] != fine[:, :-1])
    strokes = float(stroke_width(np.array([fine.sum()]), np.array([sides]))[0])
    done: tuple[str, ...] = ()
    if strokes < STROKES_LEFT_ALONE[0] * FINE:
        fine, done = grown(np.pad(fine, FINE // 10), (STROKE * FINE - strokes) / 2), (STROKES_WIDENED,)
    elif strokes > STROKES_LEFT_ALONE[1] * FINE:
        thinner = grown(fine, 0.8 * (STROKE * FINE - strokes) / 2)
        if thinner.sum() > 0.3 * fine.sum():
            fine, done = thinner, (STROKES_NARROWED,)
    image = centred_ink(fine.astype(np.float64), height, width)
    return np.rint(255 * image / image.max()).astype(np.uint8), done


def _interpolating(cells: int, pixels: int) -> NDArray[np.float64]:
    """Return the `(cells, pixels)` matrix that interpolates a line of pixels, or averages it."""
    reach = max(1.0, pixels / cells)
    at = (np.arange(cells) + 0.5) * pixels / cells - 0.5
    weights = np.maximum(1 - np.abs(at[:, None] - np.arange(pixels)) / reach, 0.0)
    matrix: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return matrix


def _overview(inks: Sequence[_Ink], whole: Box | None = None) -> Grey:
    """Return the ink of all digits, in the finest scale that was used, cut to them or to `whole`."""
    factor = min(ink.factor for ink in inks)
    shown = inks[0].box if whole is None else whole
    for ink in inks:
        shown = shown.around(ink.box)
    picture = np.zeros((-(-shown.height // factor), -(-shown.width // factor)), np.uint8)
    for ink in inks:
        times = ink.factor // factor
        mask = ink.group.mask.repeat(times, axis=0).repeat(times, axis=1)
        top, left = (ink.box.top - shown.top) // factor, (ink.box.left - shown.left) // factor
        part = picture[top : top + mask.shape[0], left : left + mask.shape[1]]
        part[mask[: part.shape[0], : part.shape[1]]] = 255
    return picture


def _whole(
    found: FoundDigits, inks: Sequence[_Ink], shape: tuple[int, ...], height: int, width: int
) -> FoundDigits:
    """Return the whole picture as one image."""
    ink = _overview(inks, Box(0, 0, shape[1], shape[0]))
    fitted = fitted_ink(ink.astype(np.float64), height, width)
    image = np.rint(255 * fitted / fitted.max()).astype(np.uint8)
    boxes = [one.box for one in inks]
    box = boxes[0]
    for other in boxes:
        box = box.around(other)
    done = tuple(name for name in found.digits[0].cleaning if name not in (STROKES_WIDENED, STROKES_NARROWED))
    prepared = replace(found.digits[0].prepared, image=image)
    return FoundDigits((FoundDigit(prepared, (box.left, box.top, box.width, box.height), done),), ink)
