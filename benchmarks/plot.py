"""Small line charts on one sheet, as an SVG or PNG file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANEL = (4.2, 2.9)
"""Inches of one panel: width, height."""
#: Letters stay letters in an SVG, and the same charts give the same file.
_STYLE = {"svg.fonttype": "none", "svg.hashsalt": "vqclip", "font.size": 9}


@dataclass(frozen=True)
class Chart:
    """One panel, its horizontal axis logarithmic.

    x, y: names of the axes with their units. lines: points (x, y), x above 0, by the name of their line; a chart of
    one line needs no name, "". even: the vertical axis is even and begins at 0; logarithmic otherwise.
    """

    title: str
    x: str
    y: str
    lines: Mapping[str, Sequence[tuple[float, float]]]
    even: bool = False


def save(charts: Sequence[Chart], path: Path, columns: int = 2) -> None:
    """Write all charts, `columns` side by side; the ending of the path says whether as SVG or PNG."""
    # Imported late: processes whose memory is measured import this module too.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = math.ceil(len(charts) / columns)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(columns * _PANEL[0], rows * _PANEL[1]), layout="constrained")
        for number, chart in enumerate(charts):
            _panel(figure.add_subplot(rows, columns, number + 1), chart)
        figure.savefig(path, dpi=120, metadata={"Date": None} if path.suffix == ".svg" else None)


def _panel(axes: Axes, chart: Chart) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator

    for name, points in chart.lines.items():
        axes.plot(*zip(*points, strict=True), marker="o", markersize=3.5, label=name or None)
    xs, ys = (sorted({point[axis] for points in chart.lines.values() for point in points}) for axis in (0, 1))
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(xs if len(xs) <= 6 else _ticks(xs)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")
    if chart.even:
        axes.set_ylim(bottom=0)
    else:
        ticks = _ticks(ys)
        axes.set_yscale("log")
        axes.set_ylim(ticks[0], ticks[-1])
        axes.yaxis.set_major_locator(FixedLocator(ticks))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(axis="y", color="#ddd")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(title=chart.title, xlabel=chart.x, ylabel=chart.y)
    if len(chart.lines) > 1:
        axes.legend(frameon=False, fontsize=8)


def _ticks(values: Sequence[float]) -> list[float]:
    """Powers of two around the values, five or six of them at most."""
    low, high = int(math.log2(min(values)) // 1), math.ceil(math.log2(max(values)))
    high = max(high, low + 1)
    apart = math.ceil((high - low) / 4)
    return [2.0**power for power in range(low, high + apart, apart)]
