"""The tabs, and what they are called."""

from collections.abc import Callable
from functools import partial

from engine.sentences import N_
from tui.text.language import _

TABS = {
    "train": N_("Train"),
    "confusion": N_("Confusion"),
    "mistakes": N_("Mistakes"),
    "inside": N_("Inside"),
    "evaluate": N_("Evaluate"),
    "draw": N_("Draw"),
    "data": N_("Data"),
    "runs": N_("Runs"),
    "learn": N_("Learn"),
}


def tab_titles() -> dict[str, Callable[[], str]]:
    """Return what stands on each tab, in the order of the digits that show them."""
    return {tab: partial(_, title) for tab, title in TABS.items()}
