"""A hyperparameter in the form: what stands in its field, what counts, what is wrong. No Textual in it."""

from engine.errors import HyperparameterError
from engine.specification import Choice, Flag, Specification
from tui.text.language import translate


class HyperparameterField:
    """A hyperparameter that can be read and set.

    What stands in the field is text, whatever the kind of value. A value counts when it is allowed and
    committed: at once where it is chosen or switched, with Enter or by leaving the field where it is typed
    or stepped. What is wrong is known as it is typed.

    `text` is what stands in the field, allowed or not.
    `error` is what is wrong, `closed` why it cannot be set now, `hidden` whether it is left out,
    `placeholder` what an empty field means and `rule` the value that this stands for, where it is known.
    `changed` says that the value is another than the one that the form would go back to.
    """

    def __init__(self, specification: Specification, value: object) -> None:
        self.specification = specification
        self.value = value
        self.text = specification.format(value)
        self.error = ""
        self.closed = ""
        self.hidden = False
        self.placeholder = ""
        self.rule: object = None
        self.changed = False
        self._refused: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can be set now."""
        return not self.closed and not self.hidden

    @property
    def name(self) -> str:
        """The name of the hyperparameter."""
        return self.specification.name

    @property
    def is_typed(self) -> bool:
        """Whether its value is typed, not chosen or switched."""
        return not isinstance(self.specification.kind, Choice | Flag)

    @property
    def is_pending(self) -> bool:
        """Whether something stands in the field that does not count yet."""
        return self.text != self.specification.format(self.value)

    def set_value(self, value: object) -> None:
        """Put a value into the field; it counts."""
        self.value = value
        self.text = self.specification.format(value)
        self._say("")

    def set_text(self, text: str) -> bool:
        """Put text into the field; it counts if it is allowed. Return whether another value counts now."""
        self.text = text
        return self.commit()

    def read(self) -> object:
        """Return the value that stands in the field; empty means the default where that is a rule.

        Raises:
            HyperparameterError: when it is not allowed.
        """
        by_rule = not self.text.strip() and self.specification.default is None
        return self.specification.parse(None if by_rule else self.text)

    def check(self) -> bool:
        """Return whether what stands in the field is allowed, and know what is wrong."""
        try:
            self.read()
        except HyperparameterError as error:
            self._say(translate(error))
            return False
        if self.text != self._refused:
            self._say("")
        return True

    def settle(self) -> bool:
        """Let what stands in the field count, which is allowed; return whether it is another value."""
        value = self.read()
        changed = value != self.value
        self.set_value(value)
        return changed

    def commit(self) -> bool:
        """Let what stands in the field count if it is allowed; return whether another value counts now."""
        return self.check() and self.read() != self.value and self.settle()

    def step(self, up: bool) -> None:
        """Put the next sensible value into the field, up or down from the one there."""
        value = self.read() if self.check() else self.value
        if value is None:
            value = self.rule
        self.text = self.specification.format(self.specification.next_value(value, up))
        self.check()

    def jump(self, letter: str) -> None:
        """Put the next choice that begins with a letter into the field."""
        kind = self.specification.kind
        assert isinstance(kind, Choice)
        at = kind.names.index(self.text)
        following = kind.names[at + 1 :] + kind.names[: at + 1]
        self.text = next((name for name in following if name.startswith(letter.lower())), self.text)

    def refuse(self, why: str) -> None:
        """Show what someone else finds wrong, until something else stands here."""
        self._refused = self.text
        self.error = why

    def close(self, why: str) -> None:
        """Close the field, saying why, or open it for an empty word.

        One with something wrong in it stays open, so that it can be put right.
        """
        self.closed = "" if self.error else why

    def _say(self, error: str) -> None:
        self._refused = None
        self.error = error
