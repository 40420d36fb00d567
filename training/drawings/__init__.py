"""Drawings made by program: what the functions in the modules of this package share. `draw.py` calls them.

The picture sets show hardly any furniture, few attributes of people and few scenes. Each function with `@thing` draws
one kind of picture with random proportions, parts and colours, as SVG inside a viewBox of 128x128.
"""

from dataclasses import dataclass, field

MODULES = (
    "animals",
    "buildings",
    "clothes",
    "dishes",
    "everyday",
    "instruments",
    "people",
    "scenes",
    "things",
    "tools",
)
COLOURS = {
    "red": ["#dd2e44", "#e53935", "#c62828"],
    "orange": ["#f4900c", "#fb8c00", "#f57c00"],
    "yellow": ["#ffcc4d", "#fdd835", "#fbc02d"],
    "green": ["#5c913b", "#43a047", "#7cb342", "#2e7d32"],
    "blue": ["#3b88c3", "#1e88e5", "#55acee", "#1565c0"],
    "purple": ["#8e24aa", "#9266cc", "#744eaa"],
    "pink": ["#f48fb1", "#ec6a9c", "#ff8fc0"],
    "brown": ["#8a4b20", "#795548", "#a0632d"],
    "black": ["#2b2f33", "#1c1f22"],
    "white": ["#f5f6f7", "#e6eaee"],
    "gray": ["#99aab5", "#8a949b", "#6b757c"],
}
WOODS = ["#a0632d", "#8a4b20", "#c1834a", "#b5753a", "#d39b5c", "#795548"]


@dataclass
class Drawing:
    """One picture: the SVG in a viewBox of 128x128, what it is called, and words of its main colours."""

    body: str
    names: list
    colours: list = field(default_factory=list)


THINGS = {}


def thing(weight=1.0):
    """Register a function that draws; `weight` says how often it is drawn compared with others."""

    def register(function):
        THINGS[f"{function.__module__.rpartition('.')[2]}.{function.__name__}"] = (function, weight)
        return function

    return register


def mixed(colour, other, share):
    pairs = [(int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


class Paint:
    """Colours and fills of one drawing. `shaded` drawings have gradients, the others flat colours."""

    def __init__(self, rng, shaded):
        self.rng, self.shaded, self.definitions = rng, shaded, []
        self._outline = rng.random() < 0.2

    def colour(self, *words, without=()):
        """-> (word, hex) of a random colour, of these words if any are given."""
        word = self.rng.choice([w for w in (words or COLOURS) if w not in without])
        return word, self.rng.choice(COLOURS[word])

    def wood(self):
        return self.rng.choice(WOODS)

    def dark(self, colour, share=0.25):
        return mixed(colour, "#101018", share)

    def light(self, colour, share=0.25):
        return mixed(colour, "#ffffff", share)

    def fill(self, colour, direction="down"):
        """A fill: the colour itself, or a gradient around it. direction: down, right or round."""
        if not self.shaded:
            return colour
        name = f"g{len(self.definitions)}"
        stops = (
            f'<stop offset="0" stop-color="{self.light(colour, 0.22)}"/>'
            f'<stop offset="1" stop-color="{self.dark(colour, 0.16)}"/>'
        )
        if direction == "round":
            self.definitions.append(f'<radialGradient id="{name}" cx=".4" cy=".35" r=".75">{stops}</radialGradient>')
        else:
            end = 'x2="0" y2="1"' if direction == "down" else 'x2="1" y2="0"'
            self.definitions.append(f'<linearGradient id="{name}" x1="0" y1="0" {end}>{stops}</linearGradient>')
        return f"url(#{name})"

    def outline(self):
        """Stroke attributes of drawings with outlines, or nothing."""
        return ' stroke="#2b2520" stroke-width="3" stroke-linejoin="round"' if self._outline else ""


def rect(x, y, width, height, fill, radius=0, more=""):
    corner = f' rx="{radius:.1f}"' if radius else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"{corner} fill="{fill}"{more}/>'


def ellipse(x, y, rx, ry, fill, more=""):
    return f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{fill}"{more}/>'


def circle(x, y, radius, fill, more=""):
    return ellipse(x, y, radius, radius, fill, more)


def polygon(points, fill, more=""):
    return f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="{fill}"{more}/>'


def path(data, fill="none", more=""):
    return f'<path d="{data}" fill="{fill}"{more}/>'


def line(x1, y1, x2, y2, colour, width):
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width:.1f}" stroke-linecap="round"/>'
    )


def group(*parts, move=(0, 0), turn=0.0, scale=1.0, mirror=False):
    """Parts moved, turned (degrees, around the middle), scaled and mirrored together."""
    change = f"translate({64 + move[0]:.1f} {64 + move[1]:.1f}) rotate({turn:.1f})"
    change += f" scale({-scale if mirror else scale:.3f} {scale:.3f}) translate(-64 -64)"
    return f'<g transform="{change}">{"".join(parts)}</g>'


def mirrored(*parts):
    """Parts of one half, and their mirror image in the other."""
    body = "".join(parts)
    return body + f'<g transform="translate(128 0) scale(-1 1)">{body}</g>'


def edged(colour, width=4):
    """Stroke attributes of a shape with an edge of its own."""
    return f' stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"'
