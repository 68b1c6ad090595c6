"""The keys of the Mistakes tab."""

from textual.binding import Binding, BindingType

from engine.sentences import N_

KEYS: list[BindingType] = [
    Binding("left,k", "browse(-1)", N_("Previous"), tooltip=N_("The image before this one")),
    Binding("right,j", "browse(1)", N_("Next"), tooltip=N_("The image after this one")),
    Binding("w", "why", N_("Why?"), tooltip=N_("Which pixels, and which training images, speak for it")),
    Binding("g", "grid", N_("Grid"), tooltip=N_("Many small images to choose from, or one alone")),
    Binding("u", "newest", N_("Newest epoch"), tooltip=N_("What the newest weights misclassify")),
    Binding("a,escape", "show_all", N_("All classes"), tooltip=N_("Not one cell or class alone")),
    Binding("f", "only_these", N_("Only such"), tooltip=N_("Only this class that was predicted as that one")),
    Binding(
        "t",
        "next_class('true', 1)",
        N_("True class"),
        show=False,
        tooltip=N_("Only images of the next class"),
    ),
    Binding(
        "p",
        "next_class('predicted', 1)",
        N_("Predicted"),
        show=False,
        tooltip=N_("Only what was predicted as the next class"),
    ),
    Binding("c", "correct", N_("Correct ones"), show=False, tooltip=N_("With or without the correct ones")),
    Binding(
        "o", "order", N_("Order"), show=False, tooltip=N_("By confidence, loss, margin, or place in the file")
    ),
    Binding("r", "reverse", N_("Reverse"), show=False, tooltip=N_("The other way round")),
    Binding(
        "v", "rendering", N_("Drawing"), show=False, tooltip=N_("As shades, half blocks, braille or numbers")
    ),
    Binding(
        "T",
        "next_class('true', -1)",
        N_("Class before"),
        show=False,
        tooltip=N_("Only images of the class before"),
    ),
    Binding(
        "P",
        "next_class('predicted', -1)",
        N_("Predicted: the class before"),
        show=False,
        tooltip=N_("Only what was predicted as the class before"),
    ),
    Binding("up", "row(-1)", N_("Row up"), show=False, tooltip=N_("One row of the grid up")),
    Binding("down", "row(1)", N_("Row down"), show=False, tooltip=N_("One row of the grid down")),
    Binding("pageup", "page(-1)", N_("Page up"), show=False, tooltip=N_("One page of the grid up")),
    Binding("pagedown", "page(1)", N_("Page down"), show=False, tooltip=N_("One page of the grid down")),
    Binding("home", "turn_to(0)", N_("First"), show=False, tooltip=N_("The first one")),
    Binding("end", "turn_to(-1)", N_("Last"), show=False, tooltip=N_("The last one")),
    Binding("enter", "open", N_("Large"), show=False, tooltip=N_("Show this image large")),
]
"""Those that the footer does not show stand in the line of choices, or do what such keys do anywhere."""
