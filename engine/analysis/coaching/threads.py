"""A rule about speed: BLAS threads that wait for a core."""

from engine.analysis.coaching.run_history import Hint, RunHistory
from engine.sentences import N_, Sentence

MAX_CORE_WAIT = 0.3
"""The share of an epoch's training that its threads may wait for cores.

784-512-512-10, batch 256, AdamW, two threads on two cores of an AMD EPYC (family 25): 0.03 to 0.05 on a
quiet machine, 0.66 to 0.73 beside one busy process, where an epoch takes 2.4 times as long.
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
