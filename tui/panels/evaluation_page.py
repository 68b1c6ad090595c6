"""The base of pages that evaluate a network: on which images, and counting those of the test set."""

from typing import TYPE_CHECKING, ClassVar

from engine.errors import StoreError
from tui.panels.page import Page, weights_text
from tui.session.background import BackgroundThread
from tui.session.run_state import RunState
from tui.session.stored_runs import StoredRuns
from tui.text.language import _, plural
from tui.text.phrases import evaluation_count_text, recall_text
from tui.widgets.live_text import LiveText

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.analysis.evaluation_sample import EvaluationSample
    from engine.training.trained_network import TrainedNetwork


class EvaluationCounter:
    """Counts for how many networks a test set was evaluated: once for each that is examined."""

    def __init__(self, stored_runs: StoredRuns) -> None:
        self._stored_runs = stored_runs
        self._counted: tuple[str, int] | None = None
        self.evaluations: int | None = None

    async def count(self, trained: "TrainedNetwork") -> None:
        """Count an evaluation, unless this network's was counted."""
        from engine.network.mlp import weights_fingerprint

        network = trained.run, trained.epoch
        if network != self._counted:
            self._counted = network
            try:
                fingerprint = weights_fingerprint(trained.network.parameters, trained.network.statistics)
                self.evaluations = await self._stored_runs.ask(
                    lambda store: store.count_test_evaluation(trained.dataset, fingerprint)
                )
            except StoreError:
                self.evaluations = None


def split_of(state: RunState) -> str:
    """Return the images to examine a network on: those of the test set only once the run has been tested."""
    ended = state.ended
    return "test" if ended is not None and ended.test_accuracy is not None else "validation"


def split_for(state: RunState, trained: "TrainedNetwork") -> str:
    """Return the images to examine this network on: when a run has ended, an older one may still be shown."""
    is_tested = state.ended is not None and (trained.epoch, trained.batch) == (state.ended.best_epoch, None)
    return split_of(state) if is_tested else "validation"


class EvaluationPage(Page):
    """A page that tries the network on the images that were held out of training, or on the test set."""

    SCORES: ClassVar[bool] = True
    """Whether the page says how well the network does, so that it is an evaluation of the test set."""
    DEFAULT_CSS = """
    EvaluationPage {
        & > .examination--heading { height: auto; max-height: 3; }
        & > .examination--words { height: auto; max-height: 5; }
    }
    """

    def __init__(self, background: BackgroundThread, counter: EvaluationCounter) -> None:
        super().__init__(background)
        self.counter = counter
        self.heading = LiveText(classes="examination--heading", markup=False)

    def on_mount(self) -> None:
        """Say what is going on until there are figures."""
        self.heading.set_text(_("The network is being tried on images."))

    def compute(self) -> None:
        """Examine the newest network, as soon as another is done with."""
        self.compute_in_turn()

    async def examine(self, trained: "TrainedNetwork") -> None:
        """Say on which images, and count it where that is an evaluation of the test set."""
        split = split_for(self.state, trained)
        if split == "test" and self.SCORES:
            await self.counter.count(trained)
        await self.examine_on(trained, split)

    # For pages to say

    async def examine_on(self, trained: "TrainedNetwork", split: str) -> None:
        """Try the network on images of this split, and show what comes of it.

        Raises:
            EngineError: when it cannot be tried.
        """

    # For pages to use

    async def logits(self, trained: "TrainedNetwork", sample: "EvaluationSample") -> "NDArray[np.floating]":
        """Return what the network puts out for a sample: `(images, classes)`; in pieces."""
        import numpy as np

        from engine.analysis.evaluation_sample import logits_in_parts

        parts = self.background.parts(lambda: logits_in_parts(trained, sample.images))
        return np.concatenate([part async for part in parts])

    def what(self, trained: "TrainedNetwork", sample: "EvaluationSample") -> str:
        """Return which images and which weights figures are of."""
        images, whole, is_test = len(sample), sample.split_size, sample.split == "test"
        if images < whole:
            text = (
                _("{count:,} of {whole:,} test images")
                if is_test
                else _("{count:,} of {whole:,} validation images")
            ).format(count=images, whole=whole)
        elif is_test:
            text = plural("{count:,} test image", "{count:,} test images", images)
        else:
            text = plural("{count:,} validation image", "{count:,} validation images", images)
        text = _("{images}, {weights}").format(images=text, weights=weights_text(trained))
        if is_test and self.counter.evaluations is not None:
            count = evaluation_count_text(self.counter.evaluations)
            text = _("{images}. {evaluations}").format(images=text, evaluations=count)
        shown = self.state.confusion
        if shown is not None and shown[1:] == (sample.split, trained.epoch) and trained.batch is None:
            text += " " + recall_text(shown[0]) if recall_text(shown[0]) else ""
        return text
