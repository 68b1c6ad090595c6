"""t-SNE, through openTSNE, an extra: embeds points in the plane so that near ones stay near."""

from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.sentences import N_

PERPLEXITY = 30.0
"""How many neighbours count, roughly; van der Maaten and Hinton 2008 name 5 to 50."""
EARLY, STEPS = 250, 750
"""Steps, of which so many with attraction exaggerated, so that groups find together first."""
EXAGGERATION = 12.0
AT_ONCE = 10
"""Steps in one piece: 0.09 s for 2,000 images."""
START = 1e-4
"""Spread of the start along its first axis (Kobak and Berens 2019)."""


class MissingExtraError(EngineError):
    """A package that is wanted for this is not installed."""


def check_installed() -> None:
    """Look for openTSNE, without the second that importing it takes.

    Raises:
        MissingExtraError: when it is not there.
    """
    if find_spec("openTSNE") is None:
        raise MissingExtraError(
            N_("t-SNE needs openTSNE, which is not installed: pip install 'mlp-tui[tsne]'.")
        )


def embed_tsne(
    values: NDArray[np.float64], start: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.float64], float]]:
    """Yield `(images, 2)` as it forms, and the share of the work that is done (van der Maaten 2014).

    values: `(images, units)`; start: where the images begin, `(images, 2)`, such as their principal
    components: the same values then give the same map, and its large structure is theirs (Kobak and Berens
    2019).

    Raises:
        MissingExtraError: when openTSNE is not installed.
    """
    check_installed()
    from openTSNE import TSNEEmbedding, affinity

    spread = float(start[:, 0].std())
    if len(values) < 4 or not spread:  # too few, or all alike: there is nothing to lay out
        yield start, 1.0
        return
    perplexity = min(PERPLEXITY, (len(values) - 1) / 3)
    neighbours = affinity.PerplexityBasedNN(values, perplexity, method="exact", n_jobs=1, random_state=0)
    embedding = TSNEEmbedding(start * (START / spread), neighbours, negative_gradient_method="bh", n_jobs=1)
    for done in range(AT_ONCE, STEPS + 1, AT_ONCE):
        is_early = done <= EARLY
        embedding.optimize(
            AT_ONCE,
            exaggeration=EXAGGERATION if is_early else None,
            momentum=0.5 if is_early else 0.8,
            inplace=True,
        )
        yield np.array(embedding), done / STEPS
