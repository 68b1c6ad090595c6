"""The files of a workshop folder: which texts stand in them, and what of those decides each step."""

import re
from pathlib import Path

from engine.sentences import Sentence
from engine.workshop.steps import FILES, steps_of

Key = tuple[str, str]
"""What a result holds for: the code that decides it, and all of the text, for one that tells a line of it."""
Stamp = tuple[int, ...] | None
"""Tells one state of a file from the next; None, where there is none."""

IMPORTED = re.compile(r"^\s*(?:from|import)\s+(\w+)", re.MULTILINE)


class WorkshopFiles:
    """Reads the files whenever they were saved.

    texts: by the names of the files; refused: of a part whose file cannot be read, why, and its short name
    keys: for each step that can be checked, what its result holds for
    """

    def __init__(self, folder: Path) -> None:
        """Look at the files of this folder."""
        self.folder = folder
        self.texts: dict[str, str] = {}
        self.refused: dict[int, tuple[Sentence, str | None]] = {}
        self.keys: dict[str, Key] = {}
        self._stamps: dict[Path, Stamp] = {}
        self._is_read = False

    def poll(self) -> bool:
        """Read what was saved; return whether that says something else.

        A file that was just changed is read the next time, if it is left alone until then.
        """
        stamps = {path: _stamp(path) for path in self._stamps or self._watched()}
        if stamps != self._stamps:
            is_first = not self._stamps
            self._stamps, self._is_read = stamps, False
            if not is_first:
                return False
        if self._is_read:
            return False
        self._is_read = True
        before = self.keys, self.refused
        self._read()
        return before != (self.keys, self.refused)

    def _watched(self) -> list[Path]:
        """Return the files that decide what comes of the steps: the two, and what they import beside them."""
        names = {name for text in self.texts.values() for name in IMPORTED.findall(text)}
        paths = [self.folder / name for name in FILES.values()]
        return list(dict.fromkeys([*paths, *(self.folder / f"{name}.py" for name in names)]))

    def _read(self) -> None:
        from engine.workshop.code import source_of
        from engine.workshop.findings import MistakeError
        from engine.workshop.outline import deciding_code

        self.texts, self.refused, self.keys = {}, {}, {}
        for part, name in FILES.items():
            try:
                self.texts[name] = source_of(self.folder / name)
            except MistakeError as error:
                self.refused[part] = error.finding.message, error.finding.diagnosis
        stamps = self._stamps  # from before the files were read: what is saved meanwhile is read as well
        self._stamps = {path: stamps[path] if path in stamps else _stamp(path) for path in self._watched()}
        for part, name in FILES.items():
            if (text := self.texts.get(name)) is None:
                continue
            beside = sorted({self.folder / f"{one}.py" for one in IMPORTED.findall(text)})
            used = "".join(self.texts.get(path.name) or str(self._stamps[path] or "") for path in beside)
            deciding = deciding_code(text)
            self.keys |= {step.name: (used + deciding[step.name], used + text) for step in steps_of(part)}


def _stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
