"""Deskews images: shears slanted digits upright, by the moments of their ink."""

import numpy as np
from numpy.typing import NDArray

from engine.data.resampling import sampled

AT_ONCE = 500
MAX_SLANT = 2.0
"""Pixels to the side for each pixel up; a stroke that lies flat has no slant to speak of."""


def deskewed(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return images `(images, height, width)` sheared sideways so that ink is not slanted.

    LeCun, Bottou, Bengio and Haffner 1998, section III.C: the principal axis is made vertical. With the ink's
    second moments about its centre of mass the slant is cov(x, y) / var(y); each row is moved by it times its
    distance from the centre, which stays where it is.
    """
    upright = np.empty_like(images)
    for start in range(0, len(images), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        upright[part] = _deskewed(images[part])
    return upright


def slants(images: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how much each image's ink is slanted, in pixels to the side a pixel up, and its middle row."""
    ink = images.astype(np.float64)
    height, width = images.shape[1:]
    y, x = np.arange(height), np.arange(width)
    total = np.maximum(ink.sum(axis=(1, 2)), 1.0)
    rows, columns = ink.sum(axis=2) / total[:, None], ink.sum(axis=1) / total[:, None]
    middle_y, middle_x = rows @ y, columns @ x
    var_y = rows @ y**2 - middle_y**2
    covariance = np.einsum("ijk,j,k->i", ink, y, x, optimize=True) / total - middle_y * middle_x
    slant = np.where(var_y > 1e-6, covariance / np.maximum(var_y, 1e-6), 0.0)
    return np.clip(slant, -MAX_SLANT, MAX_SLANT), middle_y


def _deskewed(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    slant, middle = slants(images)
    height, width = images.shape[1:]
    y, x = np.mgrid[:height, :width].reshape(2, 1, -1).astype(np.float32)
    columns = x + (slant[:, None] * (y - middle[:, None])).astype(np.float32)
    return sampled(images, np.broadcast_to(y, columns.shape), columns)
