"""The Draw tab: a person draws a digit, and the network says at once what it predicts."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from engine.errors import EngineError
from engine.sentences import N_
from tui.panels.draw import phrases
from tui.panels.draw.canvas import Canvas
from tui.panels.draw.drawing import Drawing
from tui.panels.draw.open_picture import OpenPicture, digits_of
from tui.panels.draw.saved_drawings import SavedDrawings
from tui.panels.page import Page, weights_text
from tui.session.background import BackgroundThread
from tui.session.run_state import RunState
from tui.text.class_names import class_name, short_name
from tui.text.glyphs import glyph
from tui.text.language import _, translate
from tui.widgets.digit import Digit, Rendering
from tui.widgets.file_prompt import FilePrompt
from tui.widgets.live_text import FixedText
from tui.widgets.option_line import Option, OptionLine
from tui.widgets.probability_bars import ProbabilityBars
from tui.widgets.thumbnails import Thumbnails

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.analysis.picture_prediction import PicturePrediction
    from engine.training.trained_network import TrainedNetwork

ROOM_TO_ENLARGE = (96, 33)
"""Columns and lines from which a pixel is drawn twice as large."""


@dataclass(frozen=True, eq=False)
class Tried:
    """The kept drawings as thumbnails: which class they are, and which the network reads."""

    images: "NDArray[np.uint8]"
    labels: "NDArray[np.int64]"
    read_as: tuple[int | None, ...]
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def picture(self, at: int) -> "NDArray[np.uint8]":
        """Return a drawing."""
        image: NDArray[np.uint8] = self.images[at]
        return image

    def caption(self, at: int) -> str:
        """Return its class, and what is read where that is another."""
        label, read_as = int(self.labels[at]), self.read_as[at]
        name = short_name(self.names, label)
        return (
            name
            if read_as is None or read_as == label
            else f"{name}{glyph('→', '>')}{short_name(self.names, read_as)}"
        )


class DrawPage(Page, can_focus=False):
    """The canvas, the image as the network gets it, what it reads, and its hidden units.

    One can draw before there is a network; the reading follows the weights of a run epoch by epoch.
    """

    TITLE = N_("Draw")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "p", "centre", N_("Centre"), tooltip=N_("Scale and centre it as MNIST's digits were, or not")
        ),
        Binding("t", "test_image", N_("Test image"), tooltip=N_("Begin with an image of the data set")),
        Binding("o", "open", N_("Open a picture"), tooltip=N_("Read a picture file, such as a photograph")),
        Binding("pagedown", "step(1)", N_("Next drawing"), tooltip=N_("Go to the picture's next drawing")),
        Binding("pageup", "step(-1)", N_("Drawing before"), tooltip=N_("Go to the picture's drawing before")),
        Binding("a", "keep", N_("Keep"), tooltip=N_("Keep the drawing with its label, to test networks on")),
        Binding("v", "try_kept", N_("Try mine"), tooltip=N_("Try the network on the drawings that are kept")),
        Binding("backspace,delete", "remove", N_("Remove"), tooltip=N_("Take the marked drawing out again")),
        Binding("u", "put_back", N_("Put back"), tooltip=N_("Put back what was removed last")),
    ]
    DEFAULT_CSS = """
    DrawPage {
        & > .draw--heading { height: 1; }
        & > Horizontal { height: auto; }
        & .draw--prepared {
            width: auto; height: auto; border: round $foreground 40%; border-title-color: $foreground;
        }
        & .draw--beside { width: 1fr; height: 100%; padding-left: 1; }
        & .draw--verdict { height: 1; }
        & > .draw--hidden { height: 1fr; min-height: 1; }
        & .draw--kept { height: 1; color: $text-muted; }
        & > .draw--picture { height: auto; max-height: 3; color: $text-muted; display: none; }
        & > .draw--picture.-open { display: block; }
        & Thumbnails { display: none; }
        &.-trying Thumbnails { display: block; height: 1fr; }
        &.-trying > Horizontal, &.-trying > .draw--hidden { display: none; }
    }
    """

    def __init__(self, background: BackgroundThread, folder: Path | None) -> None:
        """Compute in `background`; drawings are kept in `folder`, if anywhere."""
        super().__init__(background, id="draw")
        self._saved = SavedDrawings(folder)
        self._trained: TrainedNetwork | None = None
        self._prediction: PicturePrediction | None = None
        self._missing = ""
        self._trouble = ""
        self._centred = True
        self._labelling: str | None = None
        self._next_test_image = 0
        self._at = 0
        self._tried: Tried | None = None
        self.canvas = Canvas(Drawing(28, 28))
        self._heading = FixedText(classes="draw--heading", markup=False)
        self._choices = OptionLine()
        self._prepared = Digit(classes="draw--prepared")
        self._verdict = FixedText(classes="draw--verdict")
        self._bars = ProbabilityBars()
        self._hidden = FixedText(classes="draw--hidden")
        self._kept = FixedText(classes="draw--kept", markup=False)
        self._grid = Thumbnails(wanted=12)
        self._picture = OpenPicture()
        self._picture_line = FixedText(classes="draw--picture", markup=False)
        self._path = ""

    def contents(self) -> ComposeResult:
        """Yield the parts."""
        yield self._heading
        yield self._choices
        with Horizontal():
            yield self.canvas
            yield self._prepared
            with Vertical(classes="draw--beside"):
                yield self._verdict
                yield self._bars
        yield self._picture_line
        yield self._hidden
        yield self._grid
        yield self._kept

    def on_mount(self) -> None:
        """Name the two pictures."""
        self.canvas.border_title = _("Drawn")
        self._prepared.border_title = _("As the network gets it")
        self._saved.use(self.canvas.drawing)

    def on_resize(self) -> None:
        """Draw larger where there is room."""
        large = self.size.width >= ROOM_TO_ENLARGE[0] and self.size.height >= ROOM_TO_ENLARGE[1]
        self.canvas.enlarge(2 if large and self.canvas.drawing.columns <= 32 else 1)
        drawing = self.canvas.drawing
        self._prepared.styles.width = drawing.columns + 2
        self._prepared.styles.height = -(-drawing.rows // 2) + 2
        self._redraw()

    # What is known

    def without_weights(self, text: str) -> None:
        """Let one draw all the same; the words stand where the prediction will."""
        self._trained = self._prediction = None
        self._missing = text
        self._fit_to(self.state)
        self._redraw()

    @work(exclusive=True, group="compute")
    async def compute(self) -> None:
        """Take the network that is to read."""
        self._trained = await self.trained_network()
        self._fit_to(self.state)
        self._read()
        if self.has_class("-trying"):
            self._try()

    def _fit_to(self, state: RunState) -> None:
        """Begin a canvas of another shape, where the images have another."""
        data = state.started.data if state.started is not None else state.data
        drawing = self.canvas.drawing
        if data is not None:
            fresh = Drawing(data.height, data.width)
            if (fresh.rows, fresh.columns) != (drawing.rows, drawing.columns):
                self.canvas.use(fresh)
                self._saved.use(fresh)
                self._picture = OpenPicture()
                self.on_resize()

    def on_canvas_drawn(self) -> None:
        """Read what has been drawn."""
        self._read()

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        trained, pixels, centred = self._trained, self.canvas.drawing.pixels.copy(), self._centred
        if trained is None or not pixels.any():
            self._prediction, self._trouble = None, ""
        else:
            from engine.analysis.picture_prediction import predict_picture

            try:
                self._prediction = await self.background.run(
                    lambda: predict_picture(trained, pixels, centred=centred)
                )
                self._trouble = ""
            except EngineError as error:
                self._prediction, self._trouble = None, translate(error)
        self._redraw()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what would do something."""
        trying = self.has_class("-trying")
        match action:
            case "keep":
                return not trying and not self.canvas.drawing.is_empty
            case "try_kept":
                return trying or bool(len(self._saved.drawings))
            case "remove":
                return trying and bool(len(self._saved.drawings))
            case "put_back":
                return trying and self._saved.can_put_back
            case "centre":
                return True
            case "test_image" | "open":
                return not trying
            case "step":
                return not trying and len(self._picture) > 1
        return True

    def action_centre(self) -> None:
        """Let the network get the picture as MNIST's were made, or as it was drawn."""
        self._centred = not self._centred
        self._read()
        if self.has_class("-trying"):
            self._try()

    @work(exclusive=True, group="image")
    async def action_test_image(self) -> None:
        """Put the next image of the data set on the canvas, to be altered."""
        dataset = await self.dataset()
        if dataset is None:
            return
        from engine.data.preprocessing import prepare

        drawing, number = self.canvas.drawing, self._next_test_image % len(dataset.test_images)
        self._next_test_image = number + 1
        image = dataset.test_images[number]
        if image.shape != drawing.pixels.shape:
            image = prepare(image, drawing.rows, drawing.columns, centred=False).image
        drawing.put(image)
        self.canvas.refresh()
        self._read()

    # Picture files

    def action_open(self) -> None:
        """Ask for a picture file."""
        if not self.query(FilePrompt):
            prompt = FilePrompt(False, self._path, title=_("Open a picture"), example="photo.jpg")
            self.mount(prompt, after=self._choices)  # the lower end of a small screen is beyond the page

    def on_file_prompt_chosen(self, message: FilePrompt.Chosen) -> None:
        """Find the digits of the picture, and draw the first."""
        message.stop()
        self._find(message.path)

    @work(exclusive=True, group="picture")
    async def _find(self, path: Path) -> None:
        drawing = self.canvas.drawing
        try:
            picture = await self.background.run(lambda: digits_of(path, drawing.rows, drawing.columns))
        except EngineError as error:
            for prompt in self.query(FilePrompt):
                prompt.complain(translate(error))
            return
        if drawing is self.canvas.drawing:
            self._path, self._picture = str(path), picture
            self.on_file_prompt_given_up()
            self.action_step(0)

    def on_file_prompt_given_up(self) -> None:
        """Ask no more, and draw again."""
        self.query(FilePrompt).remove()
        self.canvas.focus()

    def action_step(self, by: int) -> None:
        """Draw another digit of the picture."""
        self._picture = self._picture.at(by)
        self.canvas.drawing.put(self._picture.pixels)
        self.canvas.refresh()
        self._read()

    def action_keep(self) -> None:
        """Ask for the label."""
        self._labelling = ""
        self.canvas.focus()
        self._redraw()

    def on_key(self, event: events.Key) -> None:
        """While a label is wanted, take digits; any other key but enter and backspace ends that."""
        if self._labelling is None:
            return
        limit = len(str(self._class_count - 1))
        if event.character is not None and event.character.isdigit() and event.character.isascii():
            self._labelling += event.character
            if len(self._labelling) == limit:
                self._keep()
        elif event.key == "backspace":
            self._labelling = self._labelling[:-1]
        elif event.key == "enter" and self._labelling:
            self._keep()
        else:
            self._labelling = None
        event.stop()
        event.prevent_default()
        self._redraw()

    @property
    def _class_count(self) -> int:
        data = self.state.started.data if self.state.started is not None else self.state.data
        return data.classes if data is not None else 10

    def _keep(self) -> None:
        """Keep the drawing under the label that was typed."""
        label, self._labelling = int(self._labelling or 0), None
        if label >= self._class_count:
            allowed = _("{label} is no class; the classes are 0 to {last}.")
            self.notify(
                allowed.format(label=label, last=self._class_count - 1), severity="warning", markup=False
            )
        elif self._done(lambda: self._saved.keep(self.canvas.drawing.pixels, label)):
            self.notify(
                _("Kept as {label}.").format(label=class_name(self.state.class_names, label)), markup=False
            )

    def action_try_kept(self) -> None:
        """Show the kept drawings and what the network makes of them; or draw again."""
        trying = not self.has_class("-trying")
        self.set_class(trying, "-trying")
        self._at = max(0, len(self._saved.drawings) - 1)
        if trying:
            self._try()
        self.canvas.focus()
        self._redraw()

    def action_remove(self) -> None:
        """Take the marked drawing out."""
        if self._done(lambda: self._saved.remove(self._at)):
            self._at = max(0, min(self._at, len(self._saved.drawings) - 1))
            self._try()

    def action_put_back(self) -> None:
        """Put back what was removed last."""
        if self._done(self._saved.put_back):
            self._at = len(self._saved.drawings) - 1
            self._try()

    def on_thumbnails_picked(self, message: Thumbnails.Picked) -> None:
        """Mark a drawing; at the second click, put it on the canvas."""
        message.stop()
        self._at = message.at
        if message.twice:
            self.canvas.drawing.put(self._saved.drawings.images[message.at])
            self.action_try_kept()
            self._read()
        self._redraw()

    def _done(self, change: Callable[[], None]) -> bool:
        """Make a change that is written to a file; say why where that cannot be done."""
        try:
            change()
        except EngineError as error:
            self.notify(translate(error), severity="error", markup=False)
            return False
        self._redraw()
        return True

    @work(exclusive=True, group="try")
    async def _try(self) -> None:
        """Have the network read all drawings that are kept."""
        drawings, trained, centred = self._saved.drawings, self._trained, self._centred
        read_as: tuple[int | None, ...] = (None,) * len(drawings)
        if trained is not None:
            from engine.analysis.picture_prediction import predict_picture

            read_as = await self.background.run(
                lambda: tuple(
                    predict_picture(trained, image, centred=centred).predicted for image in drawings.images
                )
            )
        self._tried = Tried(drawings.images, drawings.labels, read_as, self.state.class_names)
        self._redraw()

    # Drawing

    def _redraw(self) -> None:
        """Draw what has changed."""
        prediction, trying = self._prediction, self.has_class("-trying")
        self._heading.set_text(weights_text(self._trained) if self._trained is not None else "")
        self._choices.show(self._options())
        self._prepared.show(prediction.image if prediction is not None else None, Rendering.BLOCKS)
        if prediction is not None:
            self._verdict.set_text(phrases.verdict(prediction, self.state.class_names))
            self._bars.show(prediction.probabilities.tolist(), None, self.state.class_names)
            size = self._hidden.size
            self._hidden.set_text(phrases.hidden_units(prediction, max(10, size.width), max(2, size.height)))
        else:
            self._verdict.set_text("")
            self._bars.clear()
            self._hidden.set_text(self._trouble or self._why_not())
        shown = not trying and self._picture.is_shown(self.canvas.drawing)
        self._picture_line.set_class(shown, "-open")
        if shown:
            self._picture_line.set_text(phrases.digit_of_picture(self._picture))
        self._kept.set_text(self._footing())
        self._grid.show(self._tried if trying else None, self._at)
        self.refresh_bindings()

    def _options(self) -> list[Option]:
        """Return how it is drawn and read, and what else can be done: a narrow footer has no room for it."""
        canvas = self.canvas
        centred = Option("p", _("centred") if self._centred else _("as drawn"), changed=not self._centred)
        if self.has_class("-trying"):
            return [centred, Option("v", _("draw again")), Option("backspace", _("remove")), *self._put_back]
        return [
            Option("d", _("pen down") if canvas.is_down else _("pen up"), changed=canvas.is_down),
            Option("e", _("eraser"), changed=canvas.erases),
            centred,
            Option("t", _("test image")),
            Option("o", _("open")),
            Option("c", _("clear")),
            Option("z", _("undo")),
            Option("a", _("keep")),
            Option("v", _("try mine")),
        ]

    @property
    def _put_back(self) -> list[Option]:
        return [Option("u", _("put back"))] if self._saved.can_put_back else []

    def _why_not(self) -> str:
        """Say why nothing is read."""
        if self._trained is None:
            return self._missing
        return _("Draw with the mouse, or with d and the arrows.")

    def _footing(self) -> str:
        """Return what is said of the drawings that are kept, or asked of the one that is to be."""
        if self._labelling is not None:
            asked = _("Which class is it, 0 to {last}? {typed}_   (any other key: none)")
            text, names = (
                asked.format(last=self._class_count - 1, typed=self._labelling),
                self.state.class_names,
            )
            if all(name == str(label) for label, name in enumerate(names)):
                return text
            found = (label for label in range(len(names)) if str(label).startswith(self._labelling))
            return text + "  " + "  ".join(f"{label} {names[label]}" for label in found)
        if self.has_class("-trying") and self._tried is not None and self._trained is not None:
            labels, read_as = self._tried.labels.tolist(), self._tried.read_as
            right = sum(label == read for label, read in zip(labels, read_as, strict=True))
            return phrases.tried(right, len(self._tried), centred=self._centred)
        return phrases.kept(len(self._saved.drawings))
