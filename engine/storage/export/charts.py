"""Draws curves over epochs as SVG, for the HTML report."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 34, 40
MAX_POINTS = 600
"""Of a longer curve every so many epochs are drawn."""

Points = Sequence[tuple[int, float | None]]


@dataclass(frozen=True)
class Curve:
    """A name and its values by epoch; None leaves a gap. `dashed` tells it apart where colours do not."""

    name: str
    points: Points
    dashed: bool = False


def chart(title: str, curves: Sequence[Curve], best_epoch: int | None, unit: str = "") -> str:
    """Return a chart; `unit` follows each value, and `%` makes fractions percentages."""
    scale = 100.0 if unit == "%" else 1.0
    drawn = [
        (curve, [(x, None if y is None else y * scale) for x, y in thinned(curve.points)]) for curve in curves
    ]
    values = [y for _, points in drawn for _, y in points if y is not None]
    epochs = [x for _, points in drawn for x, y in points if y is not None]
    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
    head += f'<text class="title" x="{LEFT}" y="18">{escape(title)}</text>'
    if not values:
        return f'{head}<text x="{LEFT}" y="{HEIGHT // 2}">There are no figures to draw.</text></svg>'
    rows = ticks(min(values), max(values))
    low, high = min(rows[0], min(values)), max(rows[-1], max(values))
    first, last = min(epochs), max(epochs)

    def place_x(epoch: float) -> float:
        share = (epoch - first) / (last - first) if last > first else 0.5
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def place_y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    parts = [head]
    for value in rows:
        y = place_y(value)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(
            f'<text class="tick" x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{value:g}{unit}</text>'
        )
    whole = sorted({round(tick) for tick in ticks(first, last) if first <= round(tick) <= last})
    parts += [
        f'<text class="tick" x="{place_x(epoch)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">'
        f"{epoch}</text>"
        for epoch in whole
    ]
    parts.append(f'<text class="tick" x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end">epoch</text>')
    if best_epoch is not None and first <= best_epoch <= last:
        x = place_x(best_epoch)
        parts.append(f'<line class="best" x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
    for number, (curve, points) in enumerate(drawn):
        look = f'class="curve c{number}"' + (' stroke-dasharray="6 4"' if curve.dashed else "")
        for piece in _pieces(points):
            places = [(place_x(x), place_y(y)) for x, y in piece]
            if len(places) == 1:
                parts.append(f'<circle class="dot c{number}" cx="{places[0][0]}" cy="{places[0][1]}" r="3"/>')
            else:
                line = " ".join(f"{x},{y}" for x, y in places)
                parts.append(f'<polyline {look} points="{line}"/>')
        x = WIDTH - RIGHT - 150 * (len(drawn) - number)
        parts.append(f'<line {look} x1="{x}" x2="{x + 26}" y1="14" y2="14"/>')
        parts.append(f'<text class="tick" x="{x + 32}" y="18">{escape(curve.name)}</text>')
    return "".join(parts) + "</svg>"


def thinned(points: Points) -> Points:
    """Return no more than `MAX_POINTS` points and the last, evenly chosen."""
    stride = math.ceil(len(points) / MAX_POINTS)
    return points if stride <= 1 else [*points[:-1:stride], points[-1]]


def ticks(low: float, high: float) -> list[float]:
    """Return round numbers from `low` or below to `high` or above, four to eight of them."""
    if not high - low > 1e-12 * max(abs(low), abs(high)):
        margin = abs(high) / 10 or 1.0
        low, high = low - margin, high + margin
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * round_ for round_ in (1, 2, 5, 10) if power * round_ >= rough * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [float(f"{number * step:.10g}") for number in range(first, last + 1)]


def _pieces(points: Points) -> list[list[tuple[int, float]]]:
    """Cut a curve where it has no value."""
    pieces: list[list[tuple[int, float]]] = [[]]
    for x, y in points:
        if y is None:
            pieces.append([])
        else:
            pieces[-1].append((x, y))
    return [piece for piece in pieces if piece]
