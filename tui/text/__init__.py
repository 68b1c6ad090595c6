"""Text for people: language, phrases, cell widths, glyphs, ASCII art."""
