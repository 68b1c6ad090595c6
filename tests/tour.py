"""Makes the pictures of the README and the guide from the app itself: `python -m tests.tour`.

A real run of the default network on MNIST, from `ctrl+r` to a misclassified digit. Each cell of the terminal
is drawn where it stands, in DejaVu Sans Mono, which must be installed.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from rich.color_triplet import ColorTriplet
from rich.style import Style
from textual.pilot import Pilot

from engine.workshop.folder import make_files
from tests.tui.screen_text import seen
from tui.app.app import MlpApp
from tui.panels.tab_titles import TABS
from tui.session.run_state import Phase
from tui.text.ascii_art import DOTS

FOLDER = Path(__file__).parents[1] / "assets" / "screenshots"
PICTURE = FOLDER / "tour.gif"
STILLS = {
    "one_image": ("escape", "4", "full_stop", "full_stop"),
    "map": ("5", "full_stop", "full_stop", "full_stop"),
    "draw": ("6", "t"),
}
"""Pictures of the guide that are taken after the film, and the keys that lead to each."""
TEXTBOOK = Path(__file__).parent / "engine" / "workshop" / "textbooks" / "attributes.txt"
MISTAKE = "self.X.T.dot(self.delta1) / batch / batch"
SIZE = (120, 40)
CELL = (8, 16)
COLOURS = 48
FOREGROUND, BACKGROUND = ColorTriplet(224, 224, 224), ColorTriplet(16, 20, 32)
Frames = list[tuple[Image.Image, int]]


def frame(app: MlpApp) -> Image.Image:
    """Return what is on the screen as a picture, cell by cell."""
    fonts = {
        bold: ImageFont.truetype(f"DejaVuSansMono{'-Bold' if bold else ''}.ttf", 13) for bold in (False, True)
    }
    picture = Image.new("RGB", (SIZE[0] * CELL[0], SIZE[1] * CELL[1]), tuple(BACKGROUND))
    draw = ImageDraw.Draw(picture)
    for row, strip in enumerate(app.screen._compositor.render_strips()):
        column = 0
        for text, style, _control in strip:
            foreground, background = colours(style or Style())
            for character in text:
                left, top = column * CELL[0], row * CELL[1]
                draw.rectangle((left, top, left + CELL[0] - 1, top + CELL[1] - 1), tuple(background))
                if 0x2800 <= ord(character) < 0x2900:
                    draw.point(list(dots(left, top, ord(character) - 0x2800)), tuple(foreground))
                else:
                    draw.text((left, top), character, tuple(foreground), fonts[bool(style and style.bold)])
                column += 1
    return picture


def dots(left: int, top: int, bits: int) -> Iterator[tuple[int, int]]:
    """Yield the pixels of a braille character, which the font lacks: a dot is two by two pixels."""
    for row, pair in enumerate(DOTS):
        for column, bit in enumerate(pair):
            if bits & bit:
                x, y = left + 1 + 4 * column, top + 1 + 4 * row
                yield from ((x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1))


def colours(style: Style) -> tuple[ColorTriplet, ColorTriplet]:
    """Return the colours of a cell and of what is behind it."""
    foreground = style.color.get_truecolor() if style.color else FOREGROUND
    background = style.bgcolor.get_truecolor() if style.bgcolor else BACKGROUND
    return (background, foreground) if style.reverse else (foreground, background)


async def filmed() -> Frames:
    """Return the pictures of a run, each with the milliseconds that it stays."""
    app, frames = MlpApp(), Frames()
    async with app.run_test(size=SIZE) as pilot:
        while len(app.main_screen.tabs.panels) < len(TABS) or app.state.phase is not Phase.READY:
            await pilot.pause(0.05)
        await pilot.pause(0.5)
        frames.append((frame(app), 1500))
        await pilot.press("ctrl+r")
        while app.state.ended is None:
            await pilot.pause(0.25)
            frames.append((frame(app), 350))
        await look(pilot, app, frames, 1500)
        await pilot.press("2")
        await look(pilot, app, frames, 2000)
        frames[-1][0].save(FOLDER / "confusion.png", optimize=True)
        for keys, milliseconds in ((("w", "down"), 1500), (("enter",), 2500), (("w",), 3000)):
            await pilot.press(*keys)
            await look(pilot, app, frames, milliseconds)
        frames[-1][0].save(FOLDER / "mistakes.png", optimize=True)
        for name, leading in STILLS.items():
            await pilot.press(*leading)
            await pilot.pause(4)
            frame(app).save(FOLDER / f"{name}.png", optimize=True)
    return frames


async def photograph_workshop() -> None:
    """Take the page Workshop, at a file whose averaging is done twice in dW1."""
    text = TEXTBOOK.read_text("utf-8").replace("self.X.T.dot(self.delta1) / batch", MISTAKE)
    with tempfile.TemporaryDirectory() as elsewhere, contextlib.chdir(elsewhere):
        folder = Path("my-network")
        folder.mkdir()
        (folder / "my_mlp.py").write_text(text, "utf-8")
        make_files(folder, "en")
        app = MlpApp(workshop=folder)
        async with app.run_test(size=SIZE) as pilot:
            while "wanted: dW1" not in seen(app):
                await pilot.pause(0.5)
            await look(pilot, app, Frames(), 0)
            frame(app).save(FOLDER / "workshop.png", optimize=True)


async def look(pilot: Pilot[None], app: MlpApp, frames: Frames, milliseconds: int) -> None:
    """Add what is on the screen when it has been drawn."""
    await pilot.pause(0.8)
    app.clear_notifications()
    await pilot.pause(0.3)
    frames.append((frame(app), milliseconds))


def main() -> None:
    """Film, and write the picture."""
    asyncio.run(photograph_workshop())
    frames = asyncio.run(filmed())
    pictures = [picture.quantize(COLOURS, dither=Image.Dither.NONE) for picture, _ in frames]
    pictures[0].save(
        PICTURE,
        save_all=True,
        append_images=pictures[1:],
        duration=[milliseconds for _, milliseconds in frames],
        loop=0,
        optimize=True,
    )
    print(f"{PICTURE}: {len(frames)} pictures, {PICTURE.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
