"""Learn, Workshop: a person's own network, step by step, checked whenever its file is saved."""

import os
import subprocess
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import OptionList

from engine.errors import EngineError, system_reason
from engine.lessons.catalogue import read_lesson
from engine.sentences import N_
from engine.specification import printable
from engine.workshop.steps import BY_NAME, NETWORK_FILE, STEPS
from tui.panels.learn.links import LESSON_OF, LessonWanted
from tui.panels.learn.workshop import phrases
from tui.panels.messages import OwnNetworkWanted, WorkshopOpened
from tui.panels.page import Page
from tui.session.background import BackgroundThread
from tui.session.workshop import StepState, Workshop, default_folder
from tui.session.workshop.editor import editor_command
from tui.text.language import _, language, translate
from tui.widgets.file_prompt import FilePrompt
from tui.widgets.live_text import FixedText, LiveText
from tui.widgets.step_list import StepList

SECONDS_TO_LOOK = 0.2
"""How often the files are looked at: what is saved is read once it was left alone for as long."""


class WorkshopSteps(StepList):
    """The steps; the page keys belong to the text beside them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,right,j", "walk(1)", N_("Next step"), show=False, tooltip=N_("One step on")),
        Binding("pagedown", "scroll(1)", N_("Scroll"), show=False, tooltip=N_("Scroll the text down")),
        Binding("pageup", "scroll(-1)", N_("Scroll"), show=False, tooltip=N_("Scroll the text up")),
    ]
    DEFAULT_CSS = "WorkshopSteps { width: 26; }"

    def __init__(self, text: Widget) -> None:
        """Stand beside this text."""
        super().__init__()
        self._text = text

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer no way from part to part: there are two."""
        return action != "part"

    def action_scroll(self, by: int) -> None:
        """Scroll the text by a page."""
        if by > 0:
            self._text.scroll_page_down(animate=False)
        else:
            self._text.scroll_page_up(animate=False)


class WorkshopPage(Page, can_focus=False):
    """The steps on the left; task, result and hints of the one that is looked at on the right."""

    TITLE = N_("Workshop")
    NEEDS_WEIGHTS = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "make_files", N_("Make the files"), tooltip=N_("Write the files that are not there")),
        Binding("h", "hint", N_("Hint"), tooltip=N_("The next hint; after the third, the solution")),
        Binding("e", "edit", N_("Editor"), tooltip=N_("Open the step in your editor ($EDITOR)")),
        Binding("t", "train", N_("Train"), tooltip=N_("Train your network on all images")),
        Binding("c", "check", N_("Check"), tooltip=N_("Check the step again")),
        Binding(
            "r", "put_back", N_("Stub"), tooltip=N_("Put the stub back; your text is kept beside the file")
        ),
        Binding("l", "lesson", N_("Lesson"), tooltip=N_("Open the lesson that prepares the step")),
        Binding("o", "open", N_("Folder"), tooltip=N_("Open another folder")),
    ]
    DEFAULT_CSS = """
    WorkshopPage {
        & > .workshop--heading { height: 1; text-style: bold; text-wrap: nowrap; text-overflow: ellipsis; }
        & > Horizontal { height: 1fr; margin-top: 1; }
        & VerticalScroll { width: 1fr; height: 1fr; padding-left: 1; scrollbar-size-vertical: 1; }
        & VerticalScroll > LiveText { height: auto; }
        & > .workshop--line { height: auto; max-height: 3; color: $text-muted;
            &.-said { color: $text-warning; }
        }
    }
    """

    def __init__(self, background: BackgroundThread, workshop: Workshop) -> None:
        """Show a workshop."""
        super().__init__(background)
        self.workshop = workshop
        self._heading = FixedText(classes="workshop--heading", markup=False)
        self._text = LiveText(markup=False)
        self._beside = VerticalScroll(self._text, can_focus=False)
        self._steps = WorkshopSteps(self._beside)
        self._line = LiveText(classes="workshop--line", markup=False)
        self._asked = ""
        self._titles: dict[str, str] = {}

    def contents(self) -> ComposeResult:
        """Yield the parts."""
        yield self._heading
        with Horizontal():
            yield self._steps
            yield self._beside
        yield self._line

    def on_mount(self) -> None:
        """Look at the files from time to time."""
        self._redraw()
        self.set_interval(SECONDS_TO_LOOK, self._look)

    def on_resize(self) -> None:
        """Show as much of the numbers as there is room for."""
        self.call_after_refresh(self._redraw)

    def _look(self) -> None:
        """See what has changed, while the page is."""
        around = (node for node in self.ancestors_with_self if isinstance(node, Widget))
        before = self.workshop.step
        if all(widget.display for widget in around) and self.workshop.poll():
            if self.workshop.step != before:
                self._beside.scroll_home(animate=False)
            self._redraw()

    def _redraw(self) -> None:
        if not self._text.is_attached:
            return
        workshop = self.workshop
        with self.app.batch_update():
            self._heading.set_text(phrases.heading(workshop))
            self._steps.show(phrases.entries(workshop))
            with self._steps.prevent(OptionList.OptionHighlighted):
                self._steps.at = STEPS.index(BY_NAME[workshop.step])
            if workshop.is_there:
                size = self._beside.content_size
                text = phrases.step_text(workshop, self._lesson_title(), size.width, size.height)
            else:
                text = phrases.introduction(workshop)
            self._text.set_text(text)
            if not self._line.has_class("-said"):
                self._say()
        self.refresh_bindings()

    def _lesson_title(self) -> str | None:
        """Return what the lesson is called that prepares the step."""
        lesson = LESSON_OF.get(self.workshop.step)
        if lesson is not None and lesson not in self._titles:
            self._titles[lesson] = read_lesson(lesson, language()).title
        return self._titles.get(lesson or "")

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what there is to do."""
        step = BY_NAME[self.workshop.step]
        match action:
            case "make_files":
                return self.workshop.lacks_files
            case "hint" | "check":
                return self.workshop.is_there
            case "edit":
                return step.file in self.workshop.texts
            case "put_back":
                is_begun = self.workshop.status(step.name).state is not StepState.NOT_BEGUN
                return step.file in self.workshop.texts and bool(step.functions) and is_begun
            case "train":
                return NETWORK_FILE in self.workshop.texts
            case "lesson":
                return step.name in LESSON_OF
        return True

    def on_step_list_walked(self, message: StepList.Walked) -> None:
        """Look at another step."""
        message.stop()
        self.workshop.look_at(STEPS[message.at].name)
        self._say()
        self._beside.scroll_home(animate=False)
        self._redraw()

    def _say(self, text: str = "") -> None:
        """Say something below all else, until something else is done; otherwise the keys."""
        self._asked = ""
        self._line.set_class(bool(text), "-said")
        self._line.set_text(text or phrases.keys(self.workshop))

    def _is_confirmed(self, question: str) -> bool:
        """Ask a question, which the same key answers; return whether that was the answer."""
        if self._asked == question:
            self._say()
            return True
        self._say(question)
        self._asked = question
        return False

    def action_hint(self) -> None:
        """Show the next hint; after the last the solution, when it is asked for again."""
        if self.workshop.next_hint():
            self._say()
        elif not BY_NAME[self.workshop.step].functions:
            self._say(_("There are no more hints, and nothing is written in this step."))
        elif self.workshop.step in self.workshop.shown:
            self._say()
        elif self._is_confirmed(_("The hints are used up. h again shows the solution, and leaves a mark.")):
            self.workshop.show_solution()
        self._redraw()
        self.call_after_refresh(self._beside.scroll_end, animate=False)

    def action_check(self) -> None:
        """Check the step again."""
        self._say()
        self.workshop.check_again()
        self._redraw()

    def action_lesson(self) -> None:
        """Go to the lesson that prepares the step."""
        self._say()
        self.post_message(LessonWanted(LESSON_OF[self.workshop.step]))

    def action_train(self) -> None:
        """Have the person's network trained."""
        self._say()
        path = self.workshop.path_of("train")
        if path is not None:
            self.post_message(OwnNetworkWanted(str(path)))

    def action_put_back(self) -> None:
        """Put the stub back, when it is asked for again."""
        question = _("r again puts the stub of {step} back; what is there now is kept beside the file.")
        if not self._is_confirmed(question.format(step=self.workshop.step)):
            return
        try:
            kept = self.workshop.put_back()
        except EngineError as error:
            self._say(translate(error))
            return
        if kept is not None:
            text = _("The stub is back; what was there is in {file}.")
            self._say(text.format(file=printable(kept.name, limit=200)))

    def action_make_files(self) -> None:
        """Write the files that are not there."""
        try:
            written = self.workshop.make_files()
        except EngineError as error:
            self._say(translate(error))
            return
        names = ", ".join(name for name, is_new in written.items() if is_new)
        self._remember()
        if names:
            self._say(_("Written: {files}. e opens the editor.").format(files=names))
        else:
            self._say(_("Both files are there already; nothing is written."))

    def action_edit(self) -> None:
        """Open the step in the person's editor, which has the terminal until it is left."""
        self._say()
        path = self.workshop.path_of(self.workshop.step)
        assert path is not None
        command = editor_command(path, self.workshop.line_of(self.workshop.step))
        if command is None:
            text = _("There is no editor here: set EDITOR. The file is {file}.")
            self._say(text.format(file=printable(str(path), limit=4096)))
            return
        reason = None
        try:
            # Suspending while something is drawn can deadlock, and what is raised within leaves the terminal
            # suspended (Textual 8.2.8)
            with self.app.batch_update(), self.app.suspend():
                try:
                    subprocess.run(command, check=False)
                except (OSError, ValueError) as error:
                    reason = system_reason(error) if isinstance(error, OSError) else str(error)
        except SuspendNotSupported:
            reason = _("there is no terminal to hand over")
        if reason is not None:
            text = _("{editor} cannot be started: {reason}.")
            self._say(text.format(editor=printable(command[0]), reason=reason))

    # The folder

    def action_open(self) -> None:
        """Ask for a folder."""
        if not self.query(FilePrompt):
            folder = str(self.workshop.folder or default_folder(self.workshop.home))
            self.mount(FilePrompt(False, folder, title=_("Folder of the workshop"), example="mine"))

    def on_file_prompt_chosen(self, message: FilePrompt.Chosen) -> None:
        """Open a folder; one that is not there is made with the two files, by the key for it."""
        message.stop()
        self.on_file_prompt_given_up()
        self.open_folder(message.path)

    def on_file_prompt_given_up(self) -> None:
        """Ask no more."""
        self.query(FilePrompt).remove()
        self._steps.focus()

    def open_folder(self, folder: Path) -> None:
        """Work in another folder."""
        self.workshop.open(Path(os.path.abspath(folder)))  # noqa: PTH100 (a link stays what it is)
        self._remember()

    def _remember(self) -> None:
        if self.workshop.folder is not None:
            self.post_message(WorkshopOpened(self.workshop.folder))
        self._redraw()
