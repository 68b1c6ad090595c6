"""A rule about speed: BLAS threads that wait for a core."""

from engine.analysis.coaching.run_history import Hint, RunHistory
from engine.sentences import N_, Sentence

MAX_CORE_WAIT = 0.3
"""The share of an epoch's training that its threads may wait for cores.

784-512-512-10, batch 256, AdamW, two threads on two cores: QUIET on a quiet machine, BUSY beside one
busy process, where the epoch takes SLOWER times as long.
"""


def threads_without_cores(history: RunHistory) -> Hint | None:
    """Threads wait for cores that something else uses, and so each product waits for its slowest thread."""
    share, threads = history.last.core_wait, history.hyperparameters.threads
    if share is None or share < MAX_CORE_WAIT or threads is None:
        return None
    return history.hint(
        N_("Threads without cores"),
        Sentence(
            N_("each of {threads} threads waited for a core in {share:.0%} of the time: other programs run."),
            {"threads": threads, "share": share / threads},
        ),
        N_("Each product waits for its slowest thread: with one thread it may well be quicker."),
        "threads",
        1,
    )
