"""Which settings give other bits than they did in the version that began a run."""

from typing import TYPE_CHECKING

from engine.data.augmentation import Distortion

if TYPE_CHECKING:
    from engine.training.snapshot import Snapshot

NUMERICS = 2
"""Goes up by one where the same settings come to give other bits. A snapshot without a number has 1."""


def changed_since(snapshot: "Snapshot", training_images: int) -> tuple[str, ...]:
    """Return the hyperparameters of a run that its snapshot's version computed otherwise.

    Since 1: a smaller mini-batch moves batch normalisation's figures less; one-cycle has PyTorch's peak, end
    and momentum; images grow and shrink by the same share; distortions fade over the run, of which a warm-up
    is a part; images are moved against the units that learn them, and move running figures once.
    """
    if snapshot.numerics >= NUMERICS:
        return ()
    given, schedule = snapshot.hyperparameters, snapshot.schedule
    is_uneven = training_images % given.batch_size != 0 or given.batch_size == 1
    is_shifted = schedule.warmup_steps > 0 or schedule.origin is not None
    fades = given.distortion_fade > 0.0 and not Distortion.of(given).is_none
    passes = given.batch_norm or given.dropout > 0.0
    changed = {
        "batch_norm": bool(given.hidden) and given.batch_norm and is_uneven,
        "schedule": given.schedule == "one_cycle",
        "scaling": given.scaling > 0.0,
        "distortion_fade": fades and is_shifted,
        "adversarial": bool(given.hidden) and given.adversarial > 0.0 and passes,
    }
    return tuple(name for name, is_changed in changed.items() if is_changed)
