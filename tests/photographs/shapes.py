"""Digits as pen strokes, in three hands, and real ones from MNIST.

A stroke is a list of points `(x, y)` in a box of height 1, y downwards; a smooth curve goes through them,
with a corner where a point stands twice.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Points = list[tuple[float, float]]
Alpha = NDArray[np.float32]
OVERSAMPLED = 4


def ring(x: float, y: float, width: float, height: float, start: float, turn: float = 360.0) -> Points:
    """Return points around an ellipse from the angle `start` on, in degrees clockwise from the right."""
    angles = np.radians(start + np.linspace(0.0, turn, max(4, round(abs(turn) / 30))))
    return [(x + width / 2 * float(np.cos(a)), y + height / 2 * float(np.sin(a))) for a in angles]


UPRIGHT_HAND: dict[int, list[Points]] = {
    0: [ring(0.32, 0.5, 0.62, 1.0, -80)],
    1: [[(0.36, 0.0), (0.3, 0.5), (0.26, 1.0)]],
    2: [[(0.06, 0.25), (0.18, 0.04), (0.46, 0.03), (0.58, 0.26), (0.36, 0.62), (0.02, 0.98), (0.02, 0.98),
         (0.3, 0.97), (0.64, 0.98)]],
    3: [[(0.08, 0.1), (0.3, 0.0), (0.54, 0.14), (0.5, 0.38), (0.26, 0.47), (0.26, 0.47), (0.54, 0.58),
         (0.58, 0.82), (0.34, 1.0), (0.04, 0.9)]],
    4: [[(0.2, 0.0), (0.04, 0.58), (0.04, 0.58), (0.64, 0.56)], [(0.5, 0.3), (0.44, 1.0)]],
    5: [[(0.58, 0.02), (0.16, 0.03), (0.16, 0.03), (0.1, 0.44), (0.1, 0.44), (0.36, 0.38), (0.58, 0.58),
         (0.5, 0.88), (0.24, 1.0), (0.02, 0.9)]],
    6: [[(0.5, 0.02), (0.2, 0.25), (0.05, 0.62), (0.16, 0.94), (0.42, 0.97), (0.54, 0.76), (0.42, 0.56),
         (0.2, 0.6), (0.08, 0.76)]],
    7: [[(0.02, 0.04), (0.6, 0.02), (0.6, 0.02), (0.36, 0.5), (0.2, 1.0)]],
    8: [[(0.5, 0.12), (0.3, 0.0), (0.1, 0.16), (0.22, 0.4), (0.44, 0.56), (0.54, 0.8), (0.3, 1.0),
         (0.06, 0.82),
         (0.18, 0.56), (0.42, 0.4), (0.54, 0.2), (0.46, 0.06)]],
    9: [[(0.52, 0.2), (0.32, 0.02), (0.08, 0.18), (0.14, 0.42), (0.38, 0.42), (0.54, 0.16), (0.54, 0.16),
         (0.5, 0.6), (0.42, 1.0)]],
}  # fmt: skip
FLAGGED_HAND: dict[int, list[Points]] = {
    0: [ring(0.28, 0.5, 0.5, 1.0, -50, 385)],
    1: [[(0.12, 0.2), (0.34, 0.0), (0.34, 0.0), (0.33, 0.5), (0.34, 1.0)]],
    2: [[(0.04, 0.18), (0.3, 0.0), (0.54, 0.18), (0.44, 0.5), (0.2, 0.8), (0.06, 0.92), (0.1, 0.8),
         (0.26, 0.84),
         (0.42, 0.98), (0.62, 0.92)]],
    3: [[(0.04, 0.03), (0.54, 0.02), (0.54, 0.02), (0.26, 0.4), (0.26, 0.4), (0.5, 0.46), (0.58, 0.72),
         (0.42, 0.97), (0.16, 0.99), (0.0, 0.86)]],
    4: [[(0.48, 1.0), (0.5, 0.0), (0.5, 0.0), (0.24, 0.36), (0.0, 0.68), (0.0, 0.68), (0.66, 0.66)]],
    5: [[(0.14, 0.04), (0.1, 0.42), (0.1, 0.42), (0.34, 0.36), (0.54, 0.52), (0.52, 0.8), (0.32, 0.98),
         (0.04, 0.96)], [(0.12, 0.04), (0.6, 0.0)]],
    6: [[(0.36, 0.0), (0.12, 0.36), (0.04, 0.7), (0.2, 0.98), (0.46, 0.9), (0.5, 0.66), (0.3, 0.54),
         (0.08, 0.7)]],
    7: [[(0.0, 0.1), (0.06, 0.03), (0.56, 0.05), (0.56, 0.05), (0.32, 0.48), (0.26, 1.0)],
        [(0.16, 0.52), (0.5, 0.48)]],
    8: [ring(0.3, 0.23, 0.4, 0.46, 60), ring(0.29, 0.73, 0.52, 0.54, -70)],
    9: [[(0.5, 0.24), (0.4, 0.02), (0.12, 0.08), (0.06, 0.32), (0.26, 0.46), (0.5, 0.3), (0.52, 0.14),
         (0.52, 0.14),
         (0.54, 0.62), (0.4, 0.94), (0.1, 0.96)]],
}  # fmt: skip
QUICK_HAND: dict[int, list[Points]] = {
    0: [ring(0.3, 0.48, 0.54, 0.92, -100, 340)],
    1: [[(0.2, 0.1), (0.3, 0.0), (0.3, 0.0), (0.26, 0.52), (0.24, 1.0)]],
    2: [[(0.02, 0.12), (0.24, 0.0), (0.5, 0.1), (0.5, 0.34), (0.26, 0.7), (0.02, 0.94), (0.02, 0.94),
         (0.58, 0.92)]],
    3: [[(0.02, 0.16), (0.2, 0.0), (0.5, 0.06), (0.48, 0.32), (0.2, 0.46), (0.48, 0.56), (0.56, 0.8),
         (0.36, 0.98),
         (0.0, 0.88)]],
    4: [[(0.06, 0.06), (0.06, 0.48), (0.2, 0.56), (0.56, 0.48)], [(0.54, 0.0), (0.5, 0.5), (0.5, 1.0)]],
    5: [[(0.54, 0.0), (0.12, 0.06), (0.12, 0.06), (0.14, 0.42), (0.4, 0.44), (0.54, 0.68), (0.38, 0.94),
         (0.02, 0.98)]],
    6: [[(0.42, 0.0), (0.16, 0.3), (0.06, 0.72), (0.24, 0.98), (0.5, 0.82), (0.44, 0.56), (0.22, 0.52),
         (0.08, 0.66)]],
    7: [[(0.0, 0.0), (0.3, 0.05), (0.58, 0.0), (0.58, 0.0), (0.4, 0.36), (0.22, 0.98)]],
    8: [[(0.46, 0.06), (0.2, 0.02), (0.12, 0.24), (0.34, 0.46), (0.5, 0.72), (0.36, 0.96), (0.1, 0.9),
         (0.08, 0.66),
         (0.34, 0.42), (0.52, 0.18), (0.48, 0.04)]],
    9: [[(0.48, 0.12), (0.26, 0.0), (0.06, 0.2), (0.16, 0.44), (0.42, 0.36), (0.5, 0.1), (0.46, 0.5),
         (0.34, 1.0)]],
}  # fmt: skip
HANDS = (UPRIGHT_HAND, FLAGGED_HAND, QUICK_HAND)


def smoothed(points: NDArray[np.float64], steps: int = 12) -> NDArray[np.float64]:
    """Return a Catmull-Rom curve through the points, `(places, 2)`."""
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
    parts = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    return np.concatenate([*parts, points[-1:]])


@dataclass(frozen=True)
class Pen:
    """width: of a stroke, as a share of a digit's height; colour: of the ink, 0 to 1; opacity: of the ink"""

    width: float
    colour: tuple[float, float, float]
    opacity: float


def drawn(
    strokes: list[Points], height: int, pen: Pen, angle: float, generator: np.random.Generator
) -> Alpha:
    """Return the ink of a digit `height` pixels high, written unsteadily and turned by `angle` radians."""
    slant, wide = generator.uniform(-0.18, 0.22), generator.uniform(0.85, 1.2)
    cosine, sine = np.cos(angle), np.sin(angle)
    curves = []
    for stroke in strokes:
        points = np.array(stroke)
        unsteady = generator.normal(0.0, 0.014, points.shape)
        same = np.all(points[1:] == points[:-1], axis=1)
        unsteady[1:][same] = unsteady[:-1][same]
        points = points + unsteady
        x, y = wide * (points[:, 0] + slant * (0.5 - points[:, 1])), points[:, 1]
        curves.append(smoothed(np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=1)))
    scale, thick = height * OVERSAMPLED, max(1.0, pen.width * height) * OVERSAMPLED
    low = np.min([curve.min(axis=0) for curve in curves], axis=0)
    high = np.max([curve.max(axis=0) for curve in curves], axis=0)
    size = [int(np.ceil(side * scale + thick)) + 2 * OVERSAMPLED for side in high - low]
    canvas = Image.new("L", (size[0], size[1]))
    draw = ImageDraw.Draw(canvas)
    for curve in curves:
        places = (curve - low) * scale + thick / 2 + OVERSAMPLED
        draw.line([(float(x), float(y)) for x, y in places], 255, round(thick))
        for x, y in places:
            draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), 255)
    small = canvas.resize((-(-size[0] // OVERSAMPLED), -(-size[1] // OVERSAMPLED)), Image.Resampling.BOX)
    alpha: Alpha = (np.asarray(small) / 255).astype(np.float32)
    return alpha


def enlarged(image: NDArray[np.uint8], height: int, angle: float, generator: np.random.Generator) -> Alpha:
    """Return a digit of MNIST, its ink `height` pixels high and as sharp as a pen's."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    cut = np.pad(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 3)
    scale = height / (len(rows))
    size = round(cut.shape[1] * scale), round(cut.shape[0] * scale)
    large = Image.fromarray(cut).resize(size, Image.Resampling.BICUBIC)
    large = large.rotate(-np.degrees(angle), Image.Resampling.BICUBIC, expand=True)
    sharpness = max(1.5, scale / 3)
    ink = np.asarray(large, np.float32) / 255
    alpha: Alpha = np.clip((ink - generator.uniform(0.35, 0.55)) * sharpness + 0.5, 0, 1).astype(np.float32)
    return alpha
