"""Makes a photograph of digits on paper from a seed: pen, paper, rules, light, shadows, noise, JPEG, EXIF."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.photographs.shapes import HANDS, Alpha, Pen, drawn, enlarged

Plane = NDArray[np.floating]
Colour = tuple[float, float, float]
Box = tuple[int, int, int, int]
NOISE = 7.0
"""Standard deviation, in grey levels."""
TURNED = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
"""How the upright picture is stored, by EXIF orientation."""


@dataclass(frozen=True)
class Style:
    """What photographs of a kind have in common: colours of pens, papers and rules, 0 to 1, and shadows."""

    pens: tuple[Colour, ...]
    papers: tuple[Colour, ...]
    rules: tuple[Colour, ...]
    shadows: tuple[str, ...]


STYLES = (
    Style(
        pens=((0.08, 0.08, 0.1), (0.1, 0.16, 0.5), (0.6, 0.1, 0.12), (0.3, 0.3, 0.3)),
        papers=((0.95, 0.95, 0.94), (0.85, 0.83, 0.78), (0.75, 0.76, 0.78)),
        rules=((0.62, 0.78, 0.92),),
        shadows=("half", "half", "corner"),
    ),
    Style(
        pens=((0.12, 0.1, 0.08), (0.05, 0.28, 0.55), (0.08, 0.35, 0.18), (0.36, 0.36, 0.4), (0.5, 0.1, 0.35)),
        papers=((0.92, 0.94, 0.97), (0.96, 0.92, 0.7), (0.78, 0.68, 0.54), (0.68, 0.7, 0.68)),
        rules=((0.7, 0.85, 0.95), (0.72, 0.72, 0.72), (0.65, 0.85, 0.7)),
        shadows=("round", "band", "wavy"),
    ),
    Style(
        pens=((0.15, 0.15, 0.2), (0.2, 0.1, 0.4), (0.1, 0.3, 0.4), (0.42, 0.4, 0.38), (0.55, 0.2, 0.08)),
        papers=((0.98, 0.97, 0.95), (0.9, 0.86, 0.8), (0.8, 0.84, 0.88), (0.86, 0.8, 0.66)),
        rules=((0.75, 0.7, 0.9), (0.8, 0.8, 0.76), (0.9, 0.72, 0.62)),
        shadows=("phone", "fingers", "fold", "half"),
    ),
)
"""Two to tune on; the last is held out."""
HELD_OUT = len(STYLES) - 1


@dataclass(frozen=True, eq=False)
class Photograph:
    """data: the JPEG; labels: line by line, left to right; boxes: left, top, width, height when upright."""

    data: bytes
    labels: tuple[int, ...]
    boxes: tuple[Box, ...]
    description: str


class Maker:
    """Makes photographs of a style: half of them with digits of that style's hand, half with MNIST's.

    images, labels: MNIST's test set, of which each style has every third image
    """

    def __init__(self, images: NDArray[np.uint8], labels: NDArray[np.integer], number: int) -> None:
        self._number, self._style = number, STYLES[number]
        self._images, self._labels = images[number :: len(STYLES)], labels[number :: len(STYLES)]

    def make(self, seed: int, *, longest: int | None = None) -> Photograph:
        """Make the photograph of a seed, its longer side as given, or 1,200 to 4,000 pixels."""
        chance = np.random.default_rng([seed, self._number])
        side = longest or int(chance.choice([1200, 1600, 2000, 3000, 4000], p=[0.4, 0.25, 0.2, 0.1, 0.05]))
        size = (side, round(side * chance.choice([0.75, 0.5625, 1.0])))
        columns, rows = size if chance.random() < 0.5 else size[::-1]
        angle = float(np.radians(chance.uniform(-5, 5)))
        page = _Page(rows, columns, angle)
        pen, height, said = self._write(page, chance)
        paper = np.array(_one_of(chance, self._style.papers), np.float32)
        rules, ruled = self._rules(page, height, chance)
        light, lit = self._light(rows, columns, chance)
        grain = 1 + 0.01 * _cloudy(rows, columns, side / 300, chance)
        noise = NOISE * chance.standard_normal((rows, columns), np.float32)
        picture = np.empty((rows, columns, 3), np.uint8)
        for channel in range(3):
            plane = paper[channel] * grain
            for strength, colour in rules:
                plane *= 1 - strength * (1 - colour[channel])
            ink = pen.opacity * page.ink
            plane = plane * (1 - ink) + pen.colour[channel] * ink
            picture[:, :, channel] = np.clip(np.rint(_blurred(255 * plane * light) + noise), 0, 255)
        orientation = int(chance.choice([1, 1, 3, 6, 8]))
        data = _jpeg(picture, orientation, int(chance.integers(70, 96)))
        description = f"seed {seed}: {columns}x{rows}, {said}; {ruled}; {lit}; orientation {orientation}"
        return Photograph(data, tuple(page.labels), tuple(page.boxes), description)

    def _write(self, page: "_Page", chance: np.random.Generator) -> tuple[Pen, int, str]:
        """Write one digit, or one to three lines of up to six."""
        rows, columns = page.ink.shape
        lines = int(chance.choice([1, 2, 3], p=[0.8, 0.12, 0.08]))
        most = 1 if lines == 1 and chance.random() < 0.55 else int(chance.integers(2, 7))
        largest = min(0.7 * rows / (1.8 * lines), 0.85 * columns / (1.3 * most))
        smallest = max(30.0, 0.025 * max(rows, columns))
        height = int(np.exp(chance.uniform(np.log(smallest), np.log(max(largest, smallest + 1)))))
        width = float(np.exp(chance.uniform(np.log(0.035), np.log(0.16))))
        pen = Pen(width, _one_of(chance, self._style.pens), float(chance.uniform(0.75, 1.0)))
        pitch, spacing = height * chance.uniform(1.2, 1.6), 1.7 * height
        x0 = chance.uniform(0.06 * columns, max(0.061 * columns, 0.94 * columns - most * pitch))
        y0 = chance.uniform(0.08 * rows, max(0.081 * rows, 0.92 * rows - lines * spacing))
        real = chance.random() < 0.5
        for line in range(lines):
            for place in range(most if line == 0 else int(chance.integers(1, most + 1))):
                label, alpha = self._digit(
                    round(height * chance.uniform(0.9, 1.1)), pen, page.angle, real, chance
                )
                x, y = place * pitch, line * spacing + chance.uniform(-0.06, 0.06) * height
                page.put(label, alpha, x0, y0, x, y)
        hand = "MNIST's" if real else "drawn"
        return pen, height, f"{hand} digits {height} high, pen {width:.3f}, opacity {pen.opacity:.2f}"

    def _digit(
        self, height: int, pen: Pen, angle: float, real: bool, chance: np.random.Generator
    ) -> tuple[int, Alpha]:
        if real:
            number = int(chance.integers(len(self._images)))
            return int(self._labels[number]), enlarged(self._images[number], height, angle, chance)
        label = int(chance.integers(10))
        return label, drawn(HANDS[self._number][label], height, pen, angle, chance)

    def _rules(
        self, page: "_Page", height: int, chance: np.random.Generator
    ) -> tuple[list[tuple[Plane, Colour]], str]:
        """Return printed lines, `(rows, columns)` from 0 to 1, each with the colour that they give paper."""
        kind = str(chance.choice(["blank", "ruled", "grid"], p=[0.35, 0.4, 0.25]))
        if kind == "blank":
            return [], kind
        down, across = page.coordinates()
        longest = max(page.ink.shape)
        colour = _one_of(chance, self._style.rules)
        thick = max(1.2, longest / chance.uniform(500, 900))
        spacing = max(12 * thick, height * chance.uniform(0.7, 2.2) if kind == "ruled" else longest / 45)
        strength = np.float32(chance.uniform(0.5, 1.0))
        layers = [(_lines(down, spacing, thick, chance) * strength, colour)]
        if kind == "grid":
            layers.append((_lines(across, spacing, thick, chance) * strength, colour))
        elif chance.random() < 0.4:  # the margin
            margin = np.clip(thick / 2 + 0.5 - np.abs(across - 0.05 * page.ink.shape[1]), 0, 1)
            layers.append((margin, (0.92, 0.55, 0.55)))
        return layers, f"{kind} every {spacing:.0f}, {thick:.1f} thick, strength {strength:.2f}"

    def _light(self, rows: int, columns: int, chance: np.random.Generator) -> tuple[Plane, str]:
        """Return how bright each place is, 0 to 1: it falls off to one side, and there may be shadows."""
        x, y = np.meshgrid(_from_middle(columns), _from_middle(rows))
        direction = chance.uniform(0, 2 * np.pi)
        brightest, fall = chance.uniform(0.8, 1.0), chance.uniform(0.2, 0.6)
        if self._number == 0:
            toward = x * np.float32(np.cos(direction)) + y * np.float32(np.sin(direction))
            light = brightest * (1 - fall * (1 + toward / 1.42) / 2)
        else:  # a lamp beside the paper
            distance = (x - 1.2 * np.cos(direction)) ** 2 + (y - 1.2 * np.sin(direction)) ** 2
            light = brightest / (1 + fall * distance / 2.5)
        said = [f"falls off by {fall:.2f}"]
        for _number in range(int(chance.choice([0, 1, 2], p=[0.25, 0.55, 0.2]))):
            name = str(chance.choice(self._style.shadows))
            darkness, soft = chance.uniform(0.3, 0.6), chance.choice([0.6, 1.5, 4.0, 12.0])
            if name == "fold":
                darkness /= 3
            depth = _shadow(name, x, y, chance) * max(rows, columns) / 2
            light = light * (1 - darkness * np.clip(depth / soft + 0.5, 0, 1))
            said.append(f"{name} shadow of {darkness:.2f}, edge of {soft}")
        return light.astype(np.float32), ", ".join(said)


class _Page:
    """A sheet, turned by `angle` radians, and what is written on it."""

    def __init__(self, rows: int, columns: int, angle: float) -> None:
        self.angle = angle
        self.ink: Alpha = np.zeros((rows, columns), np.float32)
        self.labels: list[int] = []
        self.boxes: list[Box] = []

    def coordinates(self) -> tuple[Plane, Plane]:
        """Return how far down and across the sheet each pixel is."""
        rows, columns = self.ink.shape
        x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
        cosine, sine = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        return y * cosine - x * sine, x * cosine + y * sine

    def put(self, label: int, alpha: Alpha, x0: float, y0: float, x: float, y: float) -> None:
        """Write a digit `x` along and `y` below a line's beginning; what has no room is left out."""
        left = max(8, round(x0 + np.cos(self.angle) * x - np.sin(self.angle) * y))
        top = max(8, round(y0 + np.sin(self.angle) * x + np.cos(self.angle) * y))
        part = self.ink[top : top + alpha.shape[0] + 8, left : left + alpha.shape[1] + 8]
        if part.shape != (alpha.shape[0] + 8, alpha.shape[1] + 8):
            return
        part = part[:-8, :-8]
        np.maximum(part, alpha, out=part)
        rows, columns = (np.flatnonzero(alpha.max(axis=axis) > 0.5) for axis in (1, 0))
        self.labels.append(label)
        self.boxes.append(
            (left + int(columns[0]), top + int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
        )


def _shadow(name: str, x: Plane, y: Plane, chance: np.random.Generator) -> Any:
    """Return how far inside a shadow each place is, in halves of the picture; outside it is negative."""
    direction = chance.uniform(0, 2 * np.pi)
    cosine, sine = np.float32(np.cos(direction)), np.float32(np.sin(direction))
    along, aside = x * cosine + y * sine, y * cosine - x * sine
    match name:
        case "half":
            return along - chance.uniform(-0.1, 0.8)
        case "corner":
            inside = aside * chance.uniform(0.3, 1.0) + chance.uniform(0, 0.5)
            return np.minimum(along - chance.uniform(-0.2, 0.4), inside)
        case "round":
            return chance.uniform(0.5, 1.0) - np.hypot(x - chance.uniform(0.6, 1.1) * cosine, y - sine)
        case "band":
            return chance.uniform(0.12, 0.4) - np.abs(along - chance.uniform(-0.3, 0.3))
        case "wavy":
            return along - 0.15 * np.sin(4 * aside + chance.uniform(0, 6)) - chance.uniform(0.0, 0.6)
        case "phone":
            return np.minimum(along - chance.uniform(-0.2, 0.5), chance.uniform(0.25, 0.5) - np.abs(aside))
        case "fingers":
            tips = [chance.uniform(-0.2, 0.4) for _finger in range(4)]
            each = [
                0.09 - np.hypot(np.minimum(along - tip, 0), aside - 0.2 * (number - 1.5))
                for number, tip in enumerate(tips)
            ]
            return np.maximum.reduce([*each, along - 0.8])
        case _:  # a fold
            return along - chance.uniform(-0.4, 0.4)


def _lines(across: Plane, spacing: float, thick: float, chance: np.random.Generator) -> Any:
    away = np.abs((across + chance.uniform(0, spacing)) % spacing - spacing / 2)
    return np.clip(thick / 2 + 0.5 - away, 0, 1).astype(np.float32)


def _one_of(chance: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    return colours[int(chance.integers(len(colours)))]


def _from_middle(count: int) -> Plane:
    return np.linspace(-1, 1, count, dtype=np.float32)


def _blurred(plane: Plane) -> Plane:
    """Blur a little, as a lens does: by the weights 1 3 1 along each axis."""
    for axis in (0, 1):
        plane = 0.6 * plane + 0.2 * (np.roll(plane, 1, axis) + np.roll(plane, -1, axis))
    return plane


def _cloudy(rows: int, columns: int, grain: float, chance: np.random.Generator) -> Plane:
    small = chance.standard_normal((max(2, round(rows / grain)), max(2, round(columns / grain))), np.float32)
    return np.asarray(Image.fromarray(small).resize((columns, rows), Image.Resampling.BILINEAR), np.float32)


def _jpeg(picture: NDArray[np.uint8], orientation: int, quality: int) -> bytes:
    image, exif, file = Image.fromarray(picture), Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    if orientation in TURNED:
        image = image.transpose(TURNED[orientation])
    image.save(file, "JPEG", quality=quality, exif=exif)
    return file.getvalue()
