"""Image corruptions of increasing strength (noise, rotation, shift, ...), to measure robustness with."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.resampling import sampled
from engine.sentences import N_

Images = NDArray[np.uint8]
"""`(images, height, width)`, uint8."""


@dataclass(frozen=True)
class Corruption:
    """A kind of corruption; `strengths` in rising order, in units of `unit`; 0 is none.

    share_of_side: what part of an image's shorter side a strength in pixels may be, if there is such a limit
    `apply` returns corrupted images; its generator makes all random choices.
    """

    name: str
    title: str
    unit: str
    strengths: tuple[float, ...]
    apply: Callable[[Images, float, np.random.Generator], Images]
    share_of_side: float | None = None

    def strengths_on(self, height: int, width: int) -> tuple[float, ...]:
        """Return the strengths at which images of this size can still be recognised."""
        if self.share_of_side is None:
            return self.strengths
        limit = max(1.0, self.share_of_side * min(height, width))
        return tuple(strength for strength in self.strengths if abs(strength) <= limit)


def noisy(images: Images, strength: float, rng: np.random.Generator) -> Images:
    """Add Gaussian noise to each pixel; `strength` is its standard deviation as a share of full ink."""
    noise = rng.standard_normal(images.shape, np.float32) * np.float32(255 * strength)
    noise += images
    corrupted: Images = np.rint(np.clip(noise, 0, 255)).astype(np.uint8)
    return corrupted


def rotated(images: Images, strength: float, rng: np.random.Generator) -> Images:
    """Turn each image about its middle by `strength` degrees, one way or the other."""
    angles = np.float32(np.deg2rad(strength)) * rng.choice(np.array([-1.0, 1.0], np.float32), len(images))
    height, width = images.shape[1:]
    y, x = np.mgrid[:height, :width].reshape(2, -1).astype(np.float32)
    middle_y, middle_x = np.float32((height - 1) / 2), np.float32((width - 1) / 2)
    y, x = y - middle_y, x - middle_x
    cosine, sine = np.cos(angles)[:, None], np.sin(angles)[:, None]
    return sampled(images, cosine * y - sine * x + middle_y, sine * y + cosine * x + middle_x)


def shifted(images: Images, strength: float, rng: np.random.Generator) -> Images:
    """Move each image by `strength` pixels in some direction."""
    angles = rng.uniform(0, 2 * np.pi, len(images)).astype(np.float32)[:, None]
    y, x = np.mgrid[: images.shape[1], : images.shape[2]].reshape(2, -1).astype(np.float32)
    return sampled(images, y - strength * np.sin(angles), x - strength * np.cos(angles))


def thickened(images: Images, strength: float, rng: np.random.Generator) -> Images:
    """Make strokes thicker, or thinner where `strength` is below 0, by a pixel for each 1 on either side.

    Grey dilation and erosion by a cross of five pixels.
    """
    choose = np.maximum if strength > 0 else np.minimum
    for _time in range(abs(round(strength))):
        wide = np.pad(images, ((0, 0), (1, 1), (1, 1)))
        sides = (wide[:, :-2, 1:-1], wide[:, 2:, 1:-1], wide[:, 1:-1, :-2], wide[:, 1:-1, 2:])
        images = images.copy()
        for side in sides:
            choose(images, side, out=images)
    return images


def occluded(images: Images, strength: float, rng: np.random.Generator) -> Images:
    """Cover a square of `strength` of the area with paper, at some place within each image."""
    height, width = images.shape[1:]
    tall, wide = (min(side, round(side * strength**0.5)) for side in (height, width))
    top = rng.integers(0, height - tall + 1, len(images))[:, None, None]
    left = rng.integers(0, width - wide + 1, len(images))[:, None, None]
    y, x = np.arange(height)[:, None], np.arange(width)[None, :]
    covered = (y >= top) & (y < top + tall) & (x >= left) & (x < left + wide)
    return np.where(covered, 0, images).astype(np.uint8)


CORRUPTIONS = (
    Corruption("noise", N_("Noise"), N_("of full ink"), (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7), noisy),
    Corruption("rotation", N_("Rotation"), N_("degrees"), (0.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0), rotated),
    Corruption("shift", N_("Shift"), N_("pixels"), (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0), shifted, 2 / 7),
    Corruption(
        "stroke", N_("Stroke"), N_("pixels thicker"), (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0), thickened, 1 / 8
    ),
    Corruption(
        "occlusion", N_("Occlusion"), N_("of the area"), (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5), occluded
    ),
)
