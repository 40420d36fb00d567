"""Draw numbers over the steps of a run as an SVG line chart, which needs no script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 640, 200
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 10, 26
MOST_POINTS = 800
"""Longer runs are averaged into this many points; a screen shows no more."""

Point = tuple[int, float]


def line_chart(title: str, points: Sequence[Point], last: int, marks: Sequence[int] = ()) -> str:
    """Return an `<svg>` of a value over the steps, or a sentence when there is no value.

    The element of class `cursor` is a vertical line for a script to move: x is LEFT at step 0 and WIDTH - RIGHT at
    step `last`.

    Args:
        title: What the values are.
        points: (step, value); values that are not finite are left out.
        last: The step at the right edge.
        marks: Steps with a vertical line, as where a stage starts.
    """
    shown = _averaged([(step, value) for step, value in points if math.isfinite(value)])
    if not shown:
        return f"<p>No {escape(title)} was recorded.</p>"
    values = [value for _, value in shown]
    low, high = min(values), max(values)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    ticks = _ticks(low, high)
    low, high = min(low, ticks[0]), max(high, ticks[-1])

    def x(step: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * step / max(1, last)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)} over the steps"'
        f' data-left="{LEFT}" data-right="{WIDTH - RIGHT}" data-last="{last}">'
    ]
    for tick in ticks:
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for step in _steps(last):
        anchor = "end" if step == last else "middle"
        parts.append(f'<text class="tick" x="{x(step):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{step}</text>')
    for step in marks:
        parts.append(f'<line class="mark" x1="{x(step):.1f}" x2="{x(step):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
    path = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in shown)
    if len(shown) == 1:
        parts.append(f'<circle class="line" cx="{x(shown[0][0]):.1f}" cy="{y(values[0]):.1f}" r="3"/>')
    else:
        parts.append(f'<polyline class="line" points="{path}"/>')
    parts.append(f'<line class="cursor" x1="{LEFT}" x2="{LEFT}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/></svg>')
    return "\n".join(parts)


def _averaged(points: Sequence[Point]) -> list[Point]:
    each = math.ceil(len(points) / MOST_POINTS)
    if each <= 1:
        return list(points)
    groups = [points[at : at + each] for at in range(0, len(points), each)]
    return [(group[len(group) // 2][0], sum(value for _, value in group) / len(group)) for group in groups]


def _ticks(low: float, high: float) -> list[float]:
    """Return three to six round numbers that span the range."""
    raw = (high - low) / 4
    power = 10.0 ** -math.ceil(-math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first, final = -math.ceil(-low / step), math.ceil(high / step)
    return [round(number * step, 12) for number in range(first, final + 1)]


def _steps(last: int) -> list[int]:
    return sorted({round(last * share / 4) for share in range(5)})
