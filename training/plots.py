"""Plot what the trainings logged: one panel for each DIR/*.jsonl of training figures, over the steps.

    python training/plots.py --work DIR --out losses.png

A log of several sittings is drawn as it was written; figures on test pictures are dashed.
"""

import argparse
import json
from pathlib import Path

import matplotlib.figure

WIDTH = 2


def series_of(path):
    """The figures of a log by name: a list of steps and one of values each; what is no plain number is left out."""
    series = {}
    for line in path.read_text().splitlines():
        record = json.loads(line)
        for name, value in record.items():
            if name not in ("step", "seconds") and isinstance(value, int | float):
                steps, values = series.setdefault(name, ([], []))
                steps.append(record["step"])
                values.append(value)
    return series


def draw(axes, title, series):
    axes.set_title(title)
    axes.set_xlabel("step")
    axes.set_yscale("log")
    often = max(len(steps) for steps, _ in series.values())
    for name, (steps, values) in series.items():
        axes.plot(steps, values, "-" if len(steps) == often else "o--", label=f"{name}: {values[-1]:.3g}")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "work")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    logs = {path.stem: series_of(path) for path in sorted(args.work.glob("*.jsonl")) if "pictures" not in path.stem}
    logs = {name: series for name, series in logs.items() if series}
    if not logs:
        parser.error(f"no log of a training in {args.work}")
    height = -(-len(logs) // WIDTH)
    figure = matplotlib.figure.Figure(figsize=(7 * WIDTH, 4.5 * height), layout="constrained")
    panels = list(figure.subplots(height, WIDTH, squeeze=False).flat)
    for axes, (name, series) in zip(panels, logs.items(), strict=False):
        draw(axes, name, series)
    for axes in panels[len(logs) :]:
        axes.remove()
    figure.savefig(args.out)


if __name__ == "__main__":
    main()
