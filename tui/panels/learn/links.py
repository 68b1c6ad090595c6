"""Which steps of the workshop a lesson prepares, and the way from one page to the other."""

from dataclasses import dataclass

from textual.message import Message

STEPS_OF = {
    "01_forward_pass": ("relu", "softmax", "forward", "accuracy"),
    "02_loss": ("loss",),
    "03_backpropagation": ("backward_output", "backward_hidden"),
    "04_gradient_checking": ("numerical_gradient",),
    "05_learning_rate": ("update", "train", "cosine"),
    "06_activation_and_initialization": ("parameters", "xavier", "he"),
    "07_depth": ("deep",),
    "08_optimizers": ("momentum", "rmsprop", "adam"),
    "09_overfitting": ("l2", "dropout", "early_stopping"),
    "10_batch_norm": ("batch_norm",),
    "11_learning_rate_and_batch_size": ("epoch",),
}
LESSON_OF = {step: lesson for lesson, steps in STEPS_OF.items() for step in steps}


@dataclass
class StepWanted(Message):
    """Show the steps that a lesson prepares."""

    lesson: str


@dataclass
class LessonWanted(Message):
    """Show the lesson of this name."""

    lesson: str
