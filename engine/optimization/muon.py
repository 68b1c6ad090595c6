"""Muon: the update of a matrix is its momentum, orthogonalised."""

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

from engine.aligned_arrays import aligned_empty
from engine.optimization.optimizers import AdamW, ParameterRange, Vector, cycled

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the polynomial that drives singular values towards 1: fast, and then to anywhere from 0.7 to 1.2."""
ITERATIONS = 5
RMS = 0.2
"""Root mean square of AdamW's steps in practice; ours are made as long (Liu et al. 2025, section 2.2)."""


class Muon(AdamW):
    """M ← μ M + G; W ← W - η λ W - η 0.2 √max(n, m) O(G + μ M); Jordan 2024, with Nesterov's momentum.

    O(U) is the orthogonal matrix next to U, `(n, m)`, by five Newton-Schulz iterations: no direction of a
    step is lost beside a stronger one. Its entries have a root mean square of 1 / √max(n, m), which the
    factor makes up for, so that η and λ mean what they mean to AdamW (Liu et al. 2025).

    That is for matrices between two hidden layers. The first and the last matrix, biases and batch-norm
    scales take AdamW's steps. M stands where AdamW's moments of these weights would.
    """

    def parameter_ranges(
        self, first: int, last: int, count: int, shapes: Sequence[tuple[int, int]]
    ) -> list[ParameterRange]:
        """Return what AdamW has, but for the matrices between the first and the last."""
        edges = list(accumulate((rows * columns for rows, columns in shapes), initial=first))
        hidden = list(zip(shapes, pairwise(edges), strict=True))[1:-1]
        vectors = *self._vectors[:2], self.state["moments"]
        self._matrices: list[tuple[Vector, ...]] = [
            tuple(vector[begin:end].reshape(shape) for vector in vectors) for shape, (begin, end) in hidden
        ]
        squares = max((min(shape) ** 2 for shape, _place in hidden), default=0)
        sizes = max((rows * columns for (rows, columns), _place in hidden), default=0)
        dtype = vectors[0].dtype.type
        self._products = [aligned_empty((size,), dtype) for size in (squares, squares, sizes, sizes)]
        weights, *others = super().parameter_ranges(first, last, count, shapes)
        return [(True, first, edges[1]), (True, edges[-2], last), *others] if hidden else [weights, *others]

    def step(self, learning_rate: float, gradient_scale: float = 1.0) -> None:
        """Change the parameters by one step. The gradients are worth nothing afterwards."""
        super().step(learning_rate, gradient_scale)
        momentum = cycled(self.momentum, self.swing)
        for W, G, M in self._matrices:
            M *= momentum
            M += G
            scratch = self._products[-1][: G.size].reshape(G.shape)
            G += np.multiply(M, momentum, out=scratch)
            W *= self.shrink
            step = self._orthogonal(G)
            step *= learning_rate * RMS * math.sqrt(max(G.shape))
            W -= step

    def _orthogonal(self, U: Vector) -> Vector:
        """Return the orthogonal matrix next to U, roughly; `U` is used up."""
        a, b, c = COEFFICIENTS
        X = U.T if len(U) > U.shape[1] else U  # so that X Xᵀ is the smaller product
        n, m = X.shape
        X /= np.linalg.norm(X) + 1e-7
        A, B = (product[: n * n].reshape(n, n) for product in self._products[:2])
        C, Y = (product[: n * m].reshape(n, m) for product in self._products[2:])
        for _iteration in range(ITERATIONS):  # X ← a X + (b A + c A²) X, with A = X Xᵀ
            np.dot(X, X.T, out=A)
            np.dot(A, A, out=B)
            B *= c
            A *= b
            B += A
            np.dot(B, X, out=C)
            np.multiply(X, a, out=Y)
            np.add(Y, C, out=X)
        return X.T if len(U) > U.shape[1] else X
