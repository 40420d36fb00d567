"""Small line charts as SVG, written by hand: a benchmark needs no library for a handful of points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 300, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 14, 34, 40


@dataclass(frozen=True)
class Chart:
    """One panel, both axes logarithmic. points: (x, y), both above 0. x, y: names of the axes with their units."""

    title: str
    x: str
    y: str
    points: Sequence[tuple[float, float]]


def draw(charts: Sequence[Chart], columns: int = 2) -> str:
    """All charts on one sheet, `columns` side by side."""
    rows = math.ceil(len(charts) / columns)
    width, height = columns * _WIDTH, rows * _HEIGHT
    panels = "\n".join(
        f'<g transform="translate({number % columns * _WIDTH},{number // columns * _HEIGHT})">{_panel(chart)}</g>'
        for number, chart in enumerate(charts)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' font-family="sans-serif" font-size="11" fill="#222">\n<rect width="100%" height="100%" fill="#fff"/>\n'
        f"{panels}\n</svg>\n"
    )


def _panel(chart: Chart) -> str:
    xs, ys = ([point[axis] for point in chart.points] for axis in (0, 1))
    place_x = _Axis(xs, _LEFT, _WIDTH - _RIGHT)
    place_y = _Axis(ys, _HEIGHT - _BOTTOM, _TOP)
    parts = [f'<text x="{_LEFT}" y="18" font-weight="bold">{escape(chart.title)}</text>']
    for value in _ticks(ys):
        y = place_y(value)
        parts.append(f'<path d="M{_LEFT},{y:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in dict.fromkeys(xs):
        x = place_x(value)
        parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">{value:g}</text>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(chart.x)}</text>')
    down = (_TOP + _HEIGHT - _BOTTOM) / 2
    parts.append(f'<text transform="translate(12,{down}) rotate(-90)" text-anchor="middle">{escape(chart.y)}</text>')
    line = " ".join(f"{place_x(x):.1f},{place_y(y):.1f}" for x, y in chart.points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#2a6fb0" stroke-width="2"/>')
    parts += [f'<circle cx="{place_x(x):.1f}" cy="{place_y(y):.1f}" r="3" fill="#2a6fb0"/>' for x, y in chart.points]
    return "".join(parts)


class _Axis:
    """A logarithmic axis from values to coordinates."""

    def __init__(self, values: Sequence[float], first: float, last: float) -> None:
        ticks = _ticks(values)
        self.low, self.high = math.log(min(*values, *ticks)), math.log(max(*values, *ticks))
        self.first, self.last = first, last

    def __call__(self, value: float) -> float:
        share = (math.log(value) - self.low) / max(1e-9, self.high - self.low)
        return self.first + share * (self.last - self.first)


def _ticks(values: Sequence[float]) -> list[float]:
    """Powers of two around the values, four at most between the ends."""
    low, high = math.floor(math.log2(min(values))), math.ceil(math.log2(max(values)))
    high = max(high, low + 1)
    return [2.0**power for power in range(low, high + 1, max(1, math.ceil((high - low) / 4)))]
