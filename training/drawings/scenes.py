"""Scenes that fill the picture: landscapes, the sea, cities, weather and rooms, at several times of day and year."""

import math

from drawings import Drawing, circle, ellipse, group, line, mixed, path, polygon, rect, thing

SKIES = {
    "day": [("#3f9fe6", "#bfe6fb"), ("#5bb8f0", "#d5f0fc"), ("#4fb0ea", "#a8ddf8")],
    "night": [("#0a1238", "#27387c"), ("#10163f", "#3a3f8f"), ("#081a3a", "#1f4a7c")],
    "sunset": [("#5a2d82", "#ff8a3c"), ("#b23a5e", "#ffb347"), ("#e8502f", "#ffd166"), ("#3d2c6e", "#ff6f61")],
    "sunrise": [("#7fb8ea", "#ffd9a0"), ("#f7a8b8", "#ffe7a8"), ("#8fc7f0", "#ffc4a8")],
    "rain": [("#5b6b78", "#a3b3bf"), ("#6d7f8d", "#b8c4cc")],
    "snow": [("#8fbfe4", "#e2f0fa"), ("#a9c8de", "#dfeaf2"), ("#5ba4dc", "#cfe6f6")],
    "autumn": [("#6fb5e2", "#f2ead2"), ("#8cc3e6", "#ffe3b8")],
}
# What a colour is mixed with at each time, and how much.
TONES = {
    "night": ("#121c58", 0.34),
    "sunset": ("#5b2148", 0.34),
    "sunrise": ("#ffb080", 0.14),
    "rain": ("#5a6a78", 0.3),
}
WHEN = {
    "day": [""],
    "night": [" at night", " under the stars", " in the moonlight"],
    "sunset": [" at sunset", " at dusk", " in the evening"],
    "sunrise": [" at sunrise", " at dawn", " in the morning"],
    "rain": [" in the rain", " on a rainy day"],
    "snow": [" in the snow", " in winter"],
    "autumn": [" in autumn", " in fall"],
}
GREENS = ["#6cb33f", "#5c9e3a", "#7cc04b", "#4f9a45", "#8bc34a"]
AUTUMN = ["#e8762c", "#d8432e", "#f2a51f", "#c9581f", "#f4c430"]
PINES = ["#2f6b3c", "#2b7a4b", "#3b7d3a", "#1f5f4a"]
SANDS = ["#f2d58a", "#eec777", "#f5dfa3", "#e6b866"]
SEAS = ["#1e88c8", "#2b9fd8", "#1976b8", "#27a9c9"]
ROCKS = ["#7b8794", "#6d7683", "#8a7f78", "#5f6f86"]
WALLS = ["#f4e3c3", "#e9b872", "#f7f3e8", "#e58a6b", "#9cc8e0", "#f2cf63", "#d9665b"]
ROOFS = ["#c0392b", "#a6432d", "#8d4a2f", "#4f5d75", "#d35438"]
LIT = "#ffd84d"
FLAME = (
    "M64 34C66 52 92 62 88 90C86 106 74 112 64 112C52 112 40 104 40 88"
    "C40 76 48 70 50 58C54 64 56 68 58 70C62 58 60 46 64 34Z"
)
FLAME_INSIDE = (
    "M65 58C68 70 80 76 78 92C77 104 70 110 64 110C56 110 49 102 50 92"
    "C51 84 56 82 57 76C60 80 62 82 62 84C65 76 64 66 65 58Z"
)
# Words before which one says "snowy" or "autumn"; at night and in the rain only of some.
PLACES = {
    *("forest", "trees", "woods", "tree", "village", "town", "street", "neighborhood", "city", "skyline", "castle"),
    *(
        "church",
        "farm",
        "barn",
        "house",
        "cottage",
        "road",
        "river",
        "landscape",
        "mountains",
        "lake",
        "park",
        "bench",
    ),
    *("field", "garden", "vineyard", "beach", "island", "desert", "jungle", "train"),
}
PLACES_AT_NIGHT = {"forest", "street", "city", "beach", "garden", "castle"}
BEFORE = {"snow": ("snowy", "winter"), "autumn": ("autumn",), "night": ("night",), "rain": ("rainy",)}


def gradient(paint, top, bottom):
    """A fill from top to bottom, whatever the drawing is shaded like."""
    name = f"g{len(paint.definitions)}"
    paint.definitions.append(
        f'<linearGradient id="{name}" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{top}"/>'
        f'<stop offset="1" stop-color="{bottom}"/></linearGradient>'
    )
    return f"url(#{name})"


class Scene:
    """One scene at one time: its sky, colours as they look at that time, and its names."""

    def __init__(self, rng, paint, *times):
        self.rng, self.paint = rng, paint
        self.time = rng.choice(times or ("day", "day", "night", "sunset"))
        self.dark = self.time == "night" or (self.time == "sunset" and rng.random() < 0.6)
        self.top, self.bottom = rng.choice(SKIES[self.time])
        self.sunny = self.time == "day" and rng.random() < 0.6
        self.crescent = rng.random() < 0.5
        self.light_x = rng.choice([rng.uniform(16, 38), rng.uniform(90, 112)])

    def tone(self, colour):
        other, share = TONES.get(self.time, ("#ffffff", 0))
        return mixed(colour, other, share)

    def fill(self, colours, direction="down"):
        """A fill of one of the colours (or of the only one) as it looks at this time."""
        colour = colours if isinstance(colours, str) else self.rng.choice(colours)
        return self.paint.fill(self.tone(colour), direction)

    def grass(self):
        return self.fill({"snow": ["#f2f8fc", "#e4eff7"], "autumn": ["#c8ad4e", "#b3a24a"]}.get(self.time, GREENS))

    def leaves(self):
        return self.fill({"snow": ["#e6f0f6"], "autumn": AUTUMN}.get(self.time, GREENS[1:4] + PINES[:2]))

    def window(self, colour="#8fc7e8"):
        return LIT if self.dark else self.tone(colour)

    def lamp(self, horizon):
        """The sun or the moon with stars."""
        rng, x = self.rng, self.light_x
        if self.time == "night":
            return stars(rng, horizon) + moon(x, rng.uniform(18, 30), rng.uniform(10, 14), self.crescent)
        if self.time == "sunset":
            return sun(
                x, horizon - rng.uniform(2, 12), rng.uniform(17, 22), "#ffdf6b" if rng.random() < 0.6 else "#ff5a36"
            )
        if self.time == "sunrise":
            return sun(x, horizon - rng.uniform(-2, 6), rng.uniform(15, 19), "#ffc93c", rays=True)
        return sun(x, rng.uniform(18, 26), rng.uniform(11, 15), "#ffd43b", rng.random() < 0.4) if self.sunny else ""

    def sky(self, horizon=80, lamp=True, clouds=True):
        fill = gradient(self.paint, self.top, self.bottom)
        if not self.paint.shaded and self.time in ("day", "night", "rain", "snow") and self.rng.random() < 0.5:
            fill = mixed(self.top, self.bottom, 0.4 if self.time != "night" else 0.3)
        parts = [rect(0, 0, 128, 128, fill)]
        if lamp:
            parts.append(self.lamp(horizon))
        if clouds and self.time != "night" and (self.time == "rain" or self.rng.random() < 0.5):
            colour = {"rain": "#7e8c98", "sunset": "#f7a08a", "sunrise": "#ffe9d6"}.get(self.time, "#ffffff")
            for _ in range(3 if self.time == "rain" else self.rng.randint(1, 2)):
                x = (
                    self.rng.uniform(10, 118)
                    if self.time == "rain"
                    else 128 - self.light_x + self.rng.uniform(-14, 14)
                )
                parts.append(cloud(x, self.rng.uniform(14, 32), self.rng.uniform(0.7, 1.1), colour))
        return "".join(parts)

    def over(self):
        """What falls in front of everything: rain, snow or leaves."""
        rng = self.rng
        if self.time == "rain":
            return rain(rng, "#cfe6f5")
        if self.time == "snow" and rng.random() < 0.7:
            spots = [(rng.uniform(4, 124), rng.uniform(4, 100)) for _ in range(rng.randint(14, 26))]
            return "".join(circle(x, y, rng.uniform(1.6, 2.8), "#ffffff") for x, y in spots)
        return ""

    def done(self, parts, names, **special):
        """special: names for one time only, as night=[...]."""
        if isinstance(parts, list):
            parts = "".join(parts)
        when = WHEN[self.time]
        phrases = [name + when[0] for name in names]
        phrases[1:1] = special.get(self.time, [])
        phrases += [name + other for other in when[1:] for name in names[:2]]
        for name in names:
            words, seasonal = name.split(), self.time in ("snow", "autumn")
            if (
                len(words) <= 1 + seasonal
                and words[-1] in (PLACES if seasonal else PLACES_AT_NIGHT)
                and "snow" not in name
            ):
                phrases += [f"{word} {name}" for word in BEFORE.get(self.time, ())]
        if self.time == "night":
            phrases.append(names[0] + (" under a crescent moon" if self.crescent else " under a full moon"))
        if self.sunny and self.time == "day":
            phrases.append(names[0] + " on a sunny day")
        phrases = [phrase.replace("snow in the snow", "snow in winter") for phrase in phrases]
        phrases = [phrase for phrase in phrases if not phrase.startswith("snowy") or "in the snow" not in phrase]
        return Drawing(parts + self.over(), list(dict.fromkeys(phrases)), [])


def sun(x, y, radius, colour="#ffd43b", rays=False):
    beams = ""
    if rays:
        for turn in range(12):
            a = turn * math.pi / 6
            beams += line(
                x + math.cos(a) * radius * 1.25,
                y + math.sin(a) * radius * 1.25,
                x + math.cos(a) * radius * 1.65,
                y + math.sin(a) * radius * 1.65,
                colour,
                3,
            )
    return beams + circle(x, y, radius, colour)


def glow(paint, x, y, radius, colour):
    """Light around a fire or lamp, weaker outwards."""
    name = f"g{len(paint.definitions)}"
    paint.definitions.append(
        f'<radialGradient id="{name}"><stop offset="0" stop-color="{colour}" stop-opacity="0.7"/>'
        f'<stop offset="1" stop-color="{colour}" stop-opacity="0"/></radialGradient>'
    )
    return circle(x, y, radius, f"url(#{name})")


def moon(x, y, r, crescent=False, colour="#fdf0b8"):
    if crescent:
        return path(f"M{x} {y - r}A{r} {r} 0 1 0 {x + r} {y}A{r * 0.78} {r * 0.78} 0 1 1 {x} {y - r}Z", colour)
    craters = circle(x - r * 0.3, y - r * 0.25, r * 0.24, "#e2d08c") + circle(
        x + r * 0.35, y + r * 0.3, r * 0.18, "#e2d08c"
    )
    return circle(x, y, r, colour) + craters


def star(x, y, r, colour="#fff6c8"):
    points = []
    for k in range(10):
        a, size = math.pi * (k / 5 - 0.5), r if k % 2 == 0 else r * 0.45
        points.append((x + size * math.cos(a), y + size * math.sin(a)))
    return polygon(points, colour)


def stars(rng, low, count=None):
    parts = []
    for _ in range(count or rng.randint(9, 16)):
        x, y = rng.uniform(4, 124), rng.uniform(4, low)
        parts.append(
            star(x, y, rng.uniform(3, 4.6)) if rng.random() < 0.4 else circle(x, y, rng.uniform(1.2, 2), "#ffffff")
        )
    return "".join(parts)


def cloud(x, y, size=1.0, colour="#ffffff"):
    bumps = [(-15, 2, 8), (-4, -4, 11), (9, -1, 9), (17, 3, 6)]
    return "".join(circle(x + a * size, y + b * size, r * size, colour) for a, b, r in bumps) + rect(
        x - 20 * size, y + 2 * size, 42 * size, 8 * size, colour, 4 * size
    )


def rain(rng, colour, top=0, low=128):
    parts = []
    for _ in range(rng.randint(15, 22)):
        x, y, size = rng.uniform(0, 128), rng.uniform(top, low - 10), rng.uniform(7, 11)
        parts.append(line(x, y, x - size * 0.4, y + size, colour, 2.4))
    return "".join(parts)


def land(rng, y, fill, swing=6):
    """Ground from y down, with a wavy edge."""
    a, b = rng.uniform(-swing, swing), rng.uniform(-swing, swing)
    return path(f"M0 {y + a:.1f}C40 {y - a - swing:.1f} 80 {y + swing - b:.1f} 128 {y + b:.1f}V128H0Z", fill)


def hills(s, y, count=2):
    """Rounded hills, the far ones lighter."""
    parts = []
    for k in range(count):
        x = s.rng.uniform(10, 40) if (k % 2) else s.rng.uniform(85, 120)
        parts.append(ellipse(x, y + 26, s.rng.uniform(60, 85), s.rng.uniform(30, 40) - 6 * k, s.grass()))
    return "".join(parts)


def sea(s, y, colour=None):
    """The sea from y down with a few waves, and the light of the sun or moon on it."""
    colour = s.tone(colour or s.rng.choice(SEAS))
    if s.time == "sunset" and s.rng.random() < 0.7:
        colour = s.rng.choice(["#7a3f86", "#a8477c", "#d0605a", "#4a4f9a", "#2f6f9f"])
    parts = [rect(0, y, 128, 128 - y, gradient(s.paint, s.paint.light(colour, 0.18), s.paint.dark(colour, 0.15)))]
    if s.time in ("sunset", "night", "sunrise"):
        glow = "#ffe28a" if s.time != "night" else "#c9d6ff"
        width = 15
        for k in range(4):
            parts.append(rect(s.light_x - width + k * 2, y + 3 + k * 8, 2 * (width - k * 2), 3.4, glow, 1.7))
    for _ in range(s.rng.randint(3, 6)):
        x, low = s.rng.uniform(4, 100), s.rng.uniform(y + 8, 122)
        parts.append(wave(x, low, s.paint.light(colour, 0.4)))
    return "".join(parts)


def wave(x, y, colour, size=1.0):
    return path(
        f"M{x:.1f} {y:.1f}q{5 * size:.1f} {-5 * size:.1f} {10 * size:.1f} 0t{10 * size:.1f} 0",
        "none",
        f' stroke="{colour}" stroke-width="3" stroke-linecap="round"',
    )


def pine(s, x, y, height, snow=None):
    """A pine with its foot at x, y."""
    width, green = height * s.rng.uniform(0.26, 0.32), s.fill(PINES)
    snow = s.time == "snow" if snow is None else snow
    parts = [rect(x - height * 0.05, y - height * 0.2, height * 0.1, height * 0.2, s.fill("#6b4423"))]
    for low, high, part in ((0.14, 0.58, 1.0), (0.38, 0.8, 0.8), (0.62, 1.0, 0.58)):
        half, bottom, top = width * part, y - height * low, y - height * high
        parts.append(polygon([(x - half, bottom), (x + half, bottom), (x, top)], green))
        if snow:
            tip = top + (bottom - top) * 0.5
            parts.append(
                polygon(
                    [
                        (x - half * 0.5, tip),
                        (x - half * 0.15, tip - 2),
                        (x + half * 0.1, tip + 3),
                        (x + half * 0.5, tip),
                        (x, top),
                    ],
                    s.tone("#ffffff"),
                )
            )
    return "".join(parts)


def tree(s, x, y, height, fill=None):
    """A leafy tree with its foot at x, y."""
    r, fill = height * s.rng.uniform(0.22, 0.27), fill or s.leaves()
    trunk = rect(x - height * 0.06, y - height * 0.5, height * 0.12, height * 0.5, s.fill("#7a4a26", "right"), 1)
    top = y - height * 0.68
    if s.rng.random() < 0.4:
        return trunk + ellipse(x, top + 1, r * 1.35, r * 1.5, fill)
    crown = [(-0.75, 0.35, 0.85), (0.75, 0.35, 0.85), (0, -0.4, 1.05), (0, 0.4, 0.9)]
    return trunk + "".join(circle(x + a * r, top + b * r, c * r, fill) for a, b, c in crown)


def palm(s, x, y, height, lean):
    """A palm tree with its foot at x, y, leaning by `lean`."""
    tx, ty = x + lean, y - height
    trunk = path(
        f"M{x - 5:.1f} {y:.1f}Q{x - 4:.1f} {y - height * 0.6:.1f} {tx - 3:.1f} {ty:.1f}h6"
        f"Q{x + 7:.1f} {y - height * 0.5:.1f} {x + 6:.1f} {y:.1f}Z",
        s.fill("#9a6232", "right"),
    )
    greens = [s.fill("#2e8b3d"), s.fill("#4cae4f")]
    leaves, size = [], height * s.rng.uniform(0.48, 0.56)
    for k, (dx, dy) in enumerate([(-1, 0.45), (1, 0.45), (-1.05, -0.05), (1.05, -0.05), (-0.6, -0.5), (0.6, -0.5)]):
        ex, ey = tx + dx * size, ty + dy * size
        mx, my = tx + dx * size * 0.5, ty + dy * size * 0.3 - size * 0.42
        leaves.append(
            path(
                f"M{tx:.1f} {ty:.1f}Q{mx:.1f} {my:.1f} {ex:.1f} {ey:.1f}"
                f"Q{mx:.1f} {my + size * 0.46:.1f} {tx:.1f} {ty + 3:.1f}Z",
                greens[k % 2],
            )
        )
    nuts = circle(tx - 4, ty + 5, 4, s.tone("#6b3f1d")) + circle(tx + 4, ty + 5, 4, s.tone("#7d4b24"))
    return trunk + "".join(leaves) + (nuts if s.rng.random() < 0.6 else "")


def house(s, x, y, width, height, wall=None, roof=None):
    """A house, middle of its foot at x, y; height without the roof."""
    rng, left = s.rng, x - width / 2
    wall, roof = wall or rng.choice(WALLS), roof or rng.choice(ROOFS)
    peak, over = height * rng.uniform(0.6, 0.85), width * 0.1
    parts = []
    if rng.random() < 0.6:
        parts.append(rect(x + width * 0.2, y - height - peak * 0.85, width * 0.13, peak * 0.8, s.fill("#9a5a40")))
    parts.append(rect(left, y - height, width, height, s.fill(wall)))
    triangle = [(left - over, y - height), (left + width + over, y - height), (x, y - height - peak)]
    parts.append(polygon(triangle, s.fill(roof)))
    if s.time == "snow":
        parts.append(
            polygon(
                [
                    (left - over, y - height),
                    (left - over * 0.2, y - height - 1),
                    (x, y - height - peak * 0.72),
                    (left + width + over * 0.2, y - height - 1),
                    (left + width + over, y - height),
                    (x, y - height - peak - 3),
                ],
                "#ffffff",
            )
        )
    door = width * 0.24
    parts.append(
        rect(x - door / 2, y - height * 0.58, door, height * 0.58, s.fill(["#7a4a26", "#8d3b2f", "#2f5d7c"]))
    )
    for place in (0.19, 0.81):
        size = width * 0.2
        parts.append(rect(left + width * place - size / 2, y - height * 0.75, size, size * 1.1, s.window(), 1))
    return "".join(parts)


def mountain(s, x, y, half, height, colour, snow=True):
    """A mountain with its foot at y."""
    top, fill = y - height, s.fill(colour)
    parts = [
        polygon([(x - half, y), (x, top), (x + half, y)], fill),
        polygon([(x, top), (x + half, y), (x + half * 0.25, y)], s.tone(s.paint.dark(colour, 0.18))),
    ]
    if snow:
        a, b = half * 0.36, height * 0.36
        parts.append(
            polygon(
                [
                    (x, top),
                    (x + a, top + b),
                    (x + a * 0.5, top + b * 0.78),
                    (x + a * 0.15, top + b * 1.2),
                    (x - a * 0.3, top + b * 0.8),
                    (x - a, top + b),
                ],
                s.tone("#ffffff"),
            )
        )
    return "".join(parts)


def sailboat(s, x, y, size, hull=None, sail=None):
    """A sailing boat, 100 units high at size 1, its hull in the water at y."""
    hull = s.fill(hull or s.rng.choice(["#c0392b", "#8a4b20", "#f5f6f7", "#1f4e79"]))
    sail = s.fill(sail or s.rng.choice(["#ffffff", "#ffffff", "#f4d35e", "#ee6352"]))
    u = size
    return "".join(
        [
            rect(x - 2.5 * u, y - 92 * u, 5 * u, 80 * u, s.tone("#6b4423")),
            polygon([(x + 5 * u, y - 90 * u), (x + 5 * u, y - 24 * u), (x + 42 * u, y - 24 * u)], sail),
            polygon([(x - 5 * u, y - 80 * u), (x - 5 * u, y - 24 * u), (x - 32 * u, y - 24 * u)], sail),
            path(
                f"M{x - 46 * u:.1f} {y - 18 * u:.1f}H{x + 50 * u:.1f}L{x + 34 * u:.1f} {y + 6 * u:.1f}"
                f"H{x - 32 * u:.1f}Z",
                hull,
            ),
        ]
    )


def tower(s, x, y, width, height, colour, lit=0.6):
    """A block with rows of windows, its left foot at x, y."""
    parts = [rect(x, y - height, width, height, s.fill(colour, "right"))]
    columns = max(2, int(width / 9))
    gap = width / columns
    for row in range(int((height - 6) / 10)):
        for column in range(columns):
            on = s.rng.random() < lit
            glass = (LIT if on else s.tone("#3c4a63")) if s.dark else s.tone("#bfe3f5" if on else "#6fa3c4")
            parts.append(rect(x + gap * (column + 0.5) - 2.4, y - height + 5 + row * 10, 4.8, 6, glass))
    return "".join(parts)


@thing()
def beach(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "night")
    horizon, side = rng.uniform(62, 76), rng.choice([-1, 1])
    s.light_x = 64 + side * rng.uniform(20, 42)
    x = 64 - side * rng.uniform(18, 34)
    curve = rng.uniform(4, 12)
    parts = [
        s.sky(horizon),
        sea(s, horizon),
        path(
            f"M0 {100 - side * curve:.1f}Q64 {88 + rng.uniform(0, 8):.1f} 128 {100 + side * curve:.1f}V128H0Z",
            s.fill(SANDS),
        ),
    ]
    parts.append(palm(s, x, 114, rng.uniform(70, 84), side * rng.uniform(6, 20)))
    if rng.random() < 0.4:
        parts.append(palm(s, x + side * 46, 116, rng.uniform(48, 58), side * rng.uniform(4, 12)))
        names = ["beach with palm trees", "palm beach", "palm trees on the beach", "tropical beach", "beach"]
    else:
        names = ["beach with a palm tree", "palm beach", "palm tree on the beach", "beach", "tropical beach"]
    return s.done(parts, names)


@thing(0.6)
def beach_umbrella(rng, paint):
    s = Scene(rng, paint, "day")
    word, colour = paint.colour("red", "orange", "blue", "yellow", "pink", "green")
    x, y = rng.uniform(50, 78), rng.uniform(96, 104)
    parts = [s.sky(50), sea(s, 54), land(rng, 86, s.fill(SANDS), 4), rect(x - 2.5, y - 62, 5, 74, "#e8e8e8")]
    parts.append(path(f"M{x - 44} {y - 34}A44 42 0 0 1 {x + 44} {y - 34}Z", paint.fill(colour)))
    parts.append(
        path(f"M{x - 16} {y - 34}Q{x - 14} {y - 68} {x} {y - 76}Q{x + 14} {y - 68} {x + 16} {y - 34}Z", "#ffffff")
    )
    names = [
        "beach with an umbrella",
        "beach umbrella by the sea",
        f"{word} umbrella on the beach",
        "beach",
        "sandy beach",
    ]
    return s.done(parts, names)


@thing()
def island(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "night")
    horizon = rng.uniform(66, 76)
    parts = [s.sky(horizon), sea(s, horizon)]
    width = rng.uniform(42, 52)
    parts.append(path(f"M{64 - width:.1f} 104Q64 {70 + rng.uniform(-4, 6):.1f} {64 + width:.1f} 104Z", s.fill(SANDS)))
    lean = rng.uniform(8, 20) * rng.choice([-1, 1])
    parts.append(palm(s, 64 - lean * 0.4, 92, rng.uniform(62, 74), lean))
    if rng.random() < 0.5:
        parts.append(palm(s, 64 + lean, 95, rng.uniform(40, 50), -lean * 0.5 + lean * 1.2))
    parts.append(wave(20, 112, s.tone("#bfe6f7")) + wave(84, 114, s.tone("#bfe6f7")))
    return s.done(
        parts, ["island", "desert island", "island with a palm tree", "tropical island", "island in the sea"]
    )


@thing()
def sea_sailboat(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "night", "sunrise", "rain")
    horizon = rng.uniform(74, 86)
    size = rng.uniform(0.85, 1.05)
    boat = sailboat(s, rng.uniform(54, 74), rng.uniform(104, 110), size)
    parts = [
        s.sky(horizon),
        sea(s, horizon),
        boat,
        wave(26, 114, s.tone("#d6effa")),
        wave(76, 116, s.tone("#d6effa")),
    ]
    return s.done(
        parts, ["sailboat on the sea", "sailing boat on the sea", "sea with a sailboat", "sailboat", "boat at sea"]
    )


@thing()
def sea_ship(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "night", "rain")
    horizon = rng.uniform(70, 80)
    hull, stack = s.fill(["#1f3f66", "#b3342b", "#2b2f33", "#2f6b4f"]), s.fill(["#e5532d", "#f2b632", "#c0392b"])
    parts = [s.sky(horizon), sea(s, horizon)]
    ship = [
        rect(38, 26, 13, 30, stack),
        rect(66, 26, 13, 30, stack),
        rect(38, 26, 13, 7, s.tone("#2b2f33")),
        rect(66, 26, 13, 7, s.tone("#2b2f33")),
        rect(28, 48, 70, 16, s.fill("#f5f6f7")),
        rect(20, 60, 88, 18, s.fill("#f5f6f7")),
        path("M6 76H124L106 106H20Z", hull),
    ]
    ship += [circle(34 + 15 * k, 68, 4.2, s.window("#4a90c2")) for k in range(5)]
    turned = group(*ship, move=(0, rng.uniform(-2, 4)), scale=rng.uniform(0.86, 1), mirror=rng.random() < 0.5)
    front = path("M0 104q8 -8 16 0t16 0t16 0t16 0t16 0t16 0t16 0t16 0V128H0Z", s.fill(SEAS))
    names = ["ship on the sea", "ship at sea", "ship", "steamship on the ocean", "cruise ship on the sea"]
    return s.done([*parts, turned, front], names)


@thing(1.6)
def lighthouse(rng, paint):
    s = Scene(rng, paint, "sunset", "sunset", "night", "day", "day")
    side = rng.choice([-1, 1])
    s.light_x = 64 + side * rng.uniform(24, 44)
    horizon = rng.uniform(84, 94)
    x, foot, top = 64 - side * rng.uniform(8, 22), rng.uniform(94, 100), rng.uniform(34, 40)
    sky, low, high = s.sky(horizon, clouds=False), rng.uniform(15, 18), rng.uniform(9.5, 11.5)
    tones, s.tone = s.tone, lambda colour: mixed(colour, "#2a1f4a", 0.14 if s.time != "day" else 0)
    red, white = s.fill(["#d62f2f", "#c62828", "#e53935"], "right"), s.fill("#ffffff", "right")
    s.tone = tones
    edge = 64 - side * 64
    cliff = path(
        f"M{edge} {foot - 4:.1f}L{x + side * 20:.1f} {foot - 3:.1f}L{x + side * 34:.1f} {foot + 8:.1f}"
        f"L{x + side * 44:.1f} 128H{edge}Z",
        s.fill(["#6b5a4e", "#5e6670", "#7a6a55", "#5c8a45"]),
    )
    parts = [sky, sea(s, horizon), cliff]
    if s.dark:
        far = 64 + side * 64
        parts.append(polygon([(x, top - 8), (far, top - 30), (far, top + 6)], "#fff3a8", ' opacity="0.55"'))
    bands = 5
    for k in range(bands):
        a, b = k / bands, (k + 1) / bands
        ya, yb = top + (foot - top) * a, top + (foot - top) * b + 0.4
        wa, wb = high + (low - high) * a, high + (low - high) * b
        fill = red if k % 2 == 0 else white
        parts.append(polygon([(x - wa, ya), (x + wa, ya), (x + wb, yb), (x - wb, yb)], fill))
    parts += [
        rect(x - high + 1, top - 17, 2 * high - 2, 16, "#ffe066"),
        rect(x - high - 4, top - 3, 2 * high + 8, 6, s.tone("#3a3f47"), 1),
        path(f"M{x - high - 2:.1f} {top - 16:.1f}Q{x:.1f} {top - 38:.1f} {x + high + 2:.1f} {top - 16:.1f}Z", red),
    ]
    names = ["lighthouse by the sea", "lighthouse", "red and white lighthouse", "lighthouse on a cliff"]
    if s.time == "sunset":
        names = ["lighthouse", "lighthouse by the sea", "lighthouse on a cliff", "red and white lighthouse"]
    return s.done(parts, names, sunset=["lighthouse at dusk"])


@thing(1.2)
def sea_sunset(rng, paint):
    s = Scene(rng, paint, "sunset", "sunset", "sunrise")
    s.light_x, horizon, r = rng.uniform(44, 84), rng.uniform(70, 84), rng.uniform(26, 34)
    low = s.time == "sunset"
    parts = [
        s.sky(horizon, lamp=False),
        sun(s.light_x, horizon - rng.uniform(0, 10), r, rng.choice(["#ffe066", "#ff7b3a", "#ffd23f"]), not low),
        sea(s, horizon),
    ]
    if rng.random() < 0.5:
        y = rng.uniform(24, 40)
        for k in range(3):
            x = 24 + 26 * k
            parts.append(
                path(f"M{x} {y + 4 * (k % 2)}q5 -6 9 0q4 -6 9 0", "none", ' stroke="#3a2340" stroke-width="3"')
            )
    word = "sunset" if low else "sunrise"
    names = [
        f"{word} over the sea",
        f"{word} at the beach",
        f"sea at {word}",
        f"{word}",
        f"ocean at {word}",
        f"{'setting' if low else 'rising'} sun over the sea",
    ]
    return Drawing("".join(parts), names, [])


@thing(1.8)
def city(rng, paint):
    s = Scene(rng, paint, "night", "night", "night", "day", "day", "sunset", "rain")
    s.dark = s.time != "day"
    if s.time == "rain":
        s.top, s.bottom = "#7d8fa0", "#b9c7d2"
        s.tone = lambda colour: mixed(colour, "#2f4258", 0.3)
    parts = [s.sky(70)]
    colours = (
        ["#4b5d8a", "#6b7aa5", "#7d6b9c", "#5a7d99", "#8a7a8f", "#3f6f8f"]
        if s.dark
        else ["#8fa6b8", "#d9a066", "#b3806a", "#6f93b5", "#c7b299", "#7c8ea6"]
    )
    x = -6
    while x < 128:
        width = rng.uniform(18, 24)
        parts.append(rect(x, 128 - rng.uniform(50, 84), width, 90, s.tone(mixed(rng.choice(colours), s.bottom, 0.5))))
        x += width
    x = rng.uniform(-8, 0)
    while x < 126:
        width, height = rng.choice([18, 27, 27, 36]), rng.uniform(44, 106)
        parts.append(tower(s, x, 128, width, height, rng.choice(colours), rng.uniform(0.55, 0.85)))
        if height > 80 and rng.random() < 0.6:
            parts.append(rect(x + width / 2 - 2, 128 - height - 14, 4, 15, s.tone("#55606e")))
        x += width + rng.choice([0, 2])
    names = ["city skyline", "city", "skyline with skyscrapers", "skyscrapers", "big city"]
    if s.time == "night":
        names = ["city", "city skyline", "skyscrapers", "big city"]
    return s.done(
        parts,
        names,
        night=["night city", "city lights at night", "city with lit windows at night", "night skyline"],
        rain=["rainy city"],
        sunset=["cityscape at dusk"],
    )


@thing()
def street(rng, paint):
    s = Scene(rng, paint, "day", "day", "night", "snow", "rain", "autumn", "sunset")
    parts = [s.sky(60), rect(0, 98, 128, 30, s.fill("#6b737c")), rect(0, 96, 128, 7, s.tone("#b9bfc4"))]
    count = rng.choice([2, 3, 3])
    width = 128 / count
    for k in range(count):
        parts.append(house(s, width * (k + 0.5), 97, width - rng.choice([4, 8]), rng.uniform(40, 54)))
    parts += [rect(4 + 32 * k, 113, 18, 4.5, s.tone("#ffffff")) for k in range(4)]
    return s.done(
        parts,
        ["street with houses", "street", "row of houses", "houses on a street", "town street", "neighborhood"],
        snow=["snowy street"],
        rain=["rainy street"],
    )


@thing()
def village(rng, paint):
    s = Scene(rng, paint, "day", "day", "night", "snow", "snow", "sunset", "autumn")
    parts = [s.sky(66), hills(s, 84, 2)]
    parts.append(house(s, rng.uniform(22, 36), 92, 30, 22) + house(s, rng.uniform(92, 104), 94, 30, 24))
    if rng.random() < 0.6:
        x = rng.uniform(58, 70)
        parts += [
            rect(x - 9, 48, 18, 46, s.fill("#f4ead6")),
            polygon([(x - 12, 48), (x + 12, 48), (x, 16)], s.fill(ROOFS)),
            rect(x - 3.5, 56, 7, 11, s.window(), 3),
        ]
    parts.append(land(rng, 94, s.grass(), 3))
    parts.append(house(s, rng.uniform(30, 44), 118, 36, 26) + house(s, rng.uniform(84, 96), 116, 34, 26))
    tall = s.fill(PINES) if s.time == "snow" else None
    parts.append(tree(s, 64, 118, 34, tall) if s.time != "snow" else pine(s, 64, 118, 36))
    return s.done(parts, ["village", "small village", "village with houses", "houses on a hill", "little town"])


@thing(1.2)
def house_field(rng, paint):
    s = Scene(rng, paint, "day", "day", "day", "night", "sunset", "rain", "autumn")
    x = rng.uniform(50, 78)
    parts = [s.sky(70), hills(s, 84, 2), land(rng, 90, s.grass(), 4)]
    parts.append(
        tree(s, x + rng.choice([-1, 1]) * rng.uniform(46, 52), 108, rng.uniform(48, 62)) if rng.random() < 0.7 else ""
    )
    parts.append(house(s, x, rng.uniform(106, 112), rng.uniform(56, 68), rng.uniform(38, 46)))
    names = ["house in a green field", "house in a field", "house on a meadow", "house in the countryside", "cottage"]
    if s.time == "autumn":
        names = names[1:]
    return s.done(parts, names)


@thing(1.2)
def house_snow(rng, paint):
    s = Scene(rng, paint, "snow", "snow", "night")
    night, x = s.time == "night", rng.uniform(52, 76)
    sky = s.sky(64)
    s.time, s.dark = "snow", night or s.dark
    parts = [sky, hills(s, 84, 2), land(rng, 92, s.fill("#f4f9fd"), 3)]
    wall = rng.choice(["#8a5a34", "#a0522d", "#c0503f", "#d9a066"])
    parts += [
        pine(s, x - 48, 104, rng.uniform(50, 64)),
        pine(s, x + 48, 106, rng.uniform(44, 62)),
        house(s, x, 112, rng.uniform(54, 64), rng.uniform(36, 42), wall),
        ellipse(x, 116, 60, 7, "#ffffff"),
    ]
    names = [
        "house in the snow",
        "snowy house",
        "house in winter",
        "cabin in the snow",
        "winter cabin",
        "cottage in the snow",
    ]
    if night:
        names = [
            "house in the snow at night",
            "snowy house at night",
            "cabin in the snow at night",
            "winter night house",
        ]
    return Drawing("".join(parts) + s.over(), names, [])


@thing(1.2)
def castle(rng, paint):
    s = Scene(rng, paint, "day", "day", "night", "sunset", "rain", "snow")
    wall, roof = (
        rng.choice(["#b5bcc4", "#c9b79c", "#9aa4b2", "#d8cfc0"]),
        rng.choice(["#c0392b", "#3a6ea5", "#7b4fa0", "#4f5d75"]),
    )
    parts = [s.sky(84), ellipse(64, 132, 86, 40, s.grass())]
    castle_parts = [rect(32, 56, 64, 46, s.fill(wall))]
    castle_parts += [rect(32 + 14 * k, 48, 8, 10, s.fill(wall)) for k in range(5)]
    for x, top, width in ((22, 42, 20), (86, 42, 20), (54, 26, 20)):
        castle_parts += [
            rect(x, top, width, 102 - top, s.fill(paint.light(wall, 0.15), "right")),
            polygon([(x - 4, top + 1), (x + width + 4, top + 1), (x + width / 2, top - 25)], s.fill(roof)),
            rect(x + width / 2 - 3.5, top + 10, 7, 12, s.window("#3f4a57"), 3),
        ]
    castle_parts.append(path("M54 102V84A10 10 0 0 1 74 84V102Z", s.tone("#5a3a22")))
    parts.append(group(*castle_parts, move=(rng.uniform(-6, 6), rng.uniform(-1, 4)), scale=rng.uniform(0.9, 1.05)))
    parts.append(ellipse(rng.uniform(50, 78), 136, 90, 32, s.grass()))
    return s.done(
        parts, ["castle on a hill", "castle", "castle with towers", "medieval castle"], night=["night castle"]
    )


@thing()
def farm(rng, paint):
    s = Scene(rng, paint, "day", "day", "day", "sunset", "night", "snow", "autumn")
    parts = [s.sky(76), hills(s, 86, 1), land(rng, 92, s.grass(), 3)]
    red = s.fill(["#c0392b", "#b8322a", "#a6432d"])
    white = s.tone("#fdf6ec")
    barn = [
        polygon([(24, 108), (24, 66), (34, 44), (62, 26), (90, 44), (100, 66), (100, 108)], red),
        path("M20 68L32 43L62 24L92 43L104 68", "none", f' stroke="{s.tone("#5d4037")}" stroke-width="7"'),
        rect(44, 72, 36, 36, white),
        rect(48, 76, 28, 32, red),
        line(49, 77, 75, 107, white, 4),
        line(75, 77, 49, 107, white, 4),
        rect(54, 48, 16, 13, s.window("#fdf6ec")),
    ]
    if s.time == "snow":
        barn.append(
            path(
                "M18 66L30 41L62 21L94 41L106 66",
                "none",
                ' stroke="#ffffff" stroke-width="6" stroke-linejoin="round"',
            )
        )
    if rng.random() < 0.6:
        barn += [
            rect(102, 46, 20, 62, s.fill("#b9c2c9", "right")),
            path("M102 47A10 11 0 0 1 122 47Z", s.fill("#8d99a3")),
        ]
    parts.append(
        group(
            *barn, move=(rng.uniform(-8, 2), rng.uniform(0, 6)), scale=rng.uniform(0.88, 1), mirror=rng.random() < 0.5
        )
    )
    return s.done(parts, ["farm with a barn", "farm", "red barn in a field", "barn", "barn on a farm"])


@thing()
def windmill(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "night", "autumn")
    x, top = rng.uniform(50, 78), rng.uniform(44, 50)
    parts = [s.sky(80), hills(s, 90, 1), land(rng, 96, s.grass(), 4)]
    if rng.random() < 0.5 and s.time == "day":
        tulips = rng.choice(["#e53935", "#fdd835", "#ec6a9c"])
        parts += [circle(6 + 13 * k, 108 + 12 * (k % 2), 4.5, tulips) for k in range(10)]
    parts += [
        polygon(
            [(x - 12, top), (x + 12, top), (x + 21, 112), (x - 21, 112)],
            s.fill(["#f2e6d0", "#d98f5c", "#e8e3da"], "right"),
        ),
        path(f"M{x - 15} {top + 1}Q{x} {top - 26} {x + 15} {top + 1}Z", s.fill(ROOFS)),
        rect(x - 6, 92, 12, 20, s.tone("#6b4423"), 2),
        rect(x - 4, 66, 8, 10, s.window(), 1),
    ]
    turn = rng.uniform(10, 80)
    sail, pole = s.tone("#fffaf0"), s.tone("#7a4a26")
    for k in range(4):
        blade = rect(62, 22, 4, 42, pole) + rect(66, 20, 12, 34, sail) + line(66, 37, 78, 37, pole, 2)
        parts.append(
            f'<g transform="translate({x - 64:.1f} {top - 68:.1f}) rotate({turn + 90 * k:.1f} 64 64)">{blade}</g>'
        )
    parts.append(circle(x, top - 4, 4.5, pole))
    return s.done(parts, ["windmill in a field", "windmill", "windmill on a hill", "dutch windmill"])


@thing(1.2)
def mountains(rng, paint):
    s = Scene(rng, paint, "sunset", "sunset", "day", "sunrise", "night", "snow")
    snow = rng.random() < 0.6 or s.time == "snow"
    if s.time in ("sunset", "sunrise"):
        s.light_x = rng.uniform(56, 72)
    parts = [s.sky(58)]
    colours = rng.choice([ROCKS, ["#6b5b95", "#544a7d", "#7a6aa0"], ["#4f7a8c", "#3f6478", "#5f8fa0"]])
    parts += [
        mountain(s, rng.uniform(16, 30), 112, 58, rng.uniform(66, 78), rng.choice(colours), snow),
        mountain(s, rng.uniform(98, 114), 112, 60, rng.uniform(60, 80), rng.choice(colours), snow),
    ]
    if s.time not in ("sunset", "sunrise") or rng.random() < 0.3:
        parts.append(mountain(s, rng.uniform(56, 72), 114, 56, rng.uniform(84, 94), rng.choice(colours), snow))
    parts.append(land(rng, 104, s.grass() if s.time != "sunset" else s.fill("#3f5d46"), 4))
    names = (
        ["snowy mountains", "mountains", "mountain landscape", "mountains with snow"]
        if snow
        else ["mountains", "mountain landscape", "mountain range"]
    )
    return s.done(
        parts,
        names,
        sunset=["mountains at sunset", "sunset over the mountains"],
        sunrise=["sunrise over the mountains"],
    )


@thing(1.2)
def mountain_lake(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "night", "autumn")
    parts = [
        s.sky(60),
        mountain(s, rng.uniform(20, 36), 84, 50, rng.uniform(48, 60), rng.choice(ROCKS)),
        mountain(s, rng.uniform(78, 96), 84, 60, rng.uniform(62, 72), rng.choice(ROCKS)),
        rect(0, 82, 128, 6, s.grass()),
    ]
    parts += [pine(s, x + rng.uniform(-3, 3), 87, rng.uniform(22, 30)) for x in (8, 22, 106, 120)]
    water = rng.choice(["#2fa6c9", "#3b88c3", "#38b6b0"])
    parts += [
        rect(0, 86, 128, 42, s.fill(water)),
        polygon([(52, 87), (120, 87), (86, 118)], s.tone(mixed(water, "#e8f4fa", 0.35))),
    ]
    parts += [rect(rng.uniform(6, 80), y, 30, 3.2, s.tone("#c9ebf5"), 1.6) for y in (98, 110, 120)]
    return s.done(parts, ["mountain lake", "lake in the mountains", "lake with mountains", "mountains and a lake"])


@thing(1.2)
def volcano(rng, paint):
    s = Scene(rng, paint, "day", "night", "sunset")
    x, top, rim = rng.uniform(56, 72), rng.uniform(50, 58), rng.uniform(12, 16)
    parts = [s.sky(90, lamp=s.time == "night", clouds=False)]
    smoke = s.tone(rng.choice(["#8a8f98", "#6b6f78", "#b5b0b0"]))
    parts += [circle(x + a, b, r, smoke) for a, b, r in ((-18, 16, 15), (4, 10, 17), (22, 18, 14), (0, 26, 14))]
    for a in (-26, -12, 0, 12, 26):
        parts.append(
            path(
                f"M{x + a * 0.2:.1f} {top + 4:.1f}Q{x + a * 0.5:.1f} {top - 34:.1f} "
                f"{x + a * 1.3:.1f} {top - 18 + abs(a) * 0.5:.1f}",
                "none",
                f' stroke="{"#ff5722" if a % 4 else "#ffb300"}" stroke-width="6.5" stroke-linecap="round"',
            )
        )
    parts.append(
        polygon(
            [(x - rim, top), (x + rim, top), (x + 62, 122), (x - 62, 122)], s.fill(["#5d4a44", "#6b5048", "#4a4550"])
        )
    )
    parts.append(
        path(
            f"M{x - rim} {top}H{x + rim}L{x + rim + 6} {top + 20}Q{x + 12} {top + 10} {x + 8} {top + 40}"
            f"Q{x + 2} {top + 54} {x - 2} {top + 34}"
            f"Q{x - 6} {top + 12} {x - 12} {top + 28}Q{x - 18} {top + 34} {x - rim - 3} {top + 10}Z",
            "#ff6a1f",
        )
    )
    parts.append(land(rng, 114, s.grass(), 3))
    return s.done(
        parts, ["volcano erupting", "erupting volcano", "volcano", "volcano with lava", "volcanic eruption"]
    )


@thing(1.2)
def forest(rng, paint):
    s = Scene(rng, paint, "day", "day", "autumn", "autumn", "night", "sunset", "rain")
    parts = [s.sky(60), land(rng, 92, s.grass(), 3)]
    parts += [tree(s, x + rng.uniform(-4, 4), 98, rng.uniform(56, 72)) for x in (8, 36, 64, 92, 120)]
    parts.append(land(rng, 104, s.grass(), 3))
    parts += [tree(s, x + rng.uniform(-4, 4), rng.uniform(114, 120), rng.uniform(68, 84)) for x in (20, 64, 108)]
    return s.done(
        parts,
        ["forest", "trees", "forest landscape", "woods", "trees in the forest"],
        autumn=["autumn trees", "colorful forest"],
    )


@thing(1.2)
def pine_forest(rng, paint):
    s = Scene(rng, paint, "snow", "snow", "day", "day", "night", "sunset", "rain")
    parts = [s.sky(70), land(rng, 92, s.grass(), 4)]
    if s.time != "snow" or rng.random() < 0.6:
        parts += [pine(s, x + rng.uniform(-4, 4), 98, rng.uniform(50, 66)) for x in (6, 32, 64, 96, 122)]
    parts.append(land(rng, 102, s.grass(), 3))
    parts += [pine(s, x + rng.uniform(-5, 5), rng.uniform(112, 120), rng.uniform(76, 96)) for x in (24, 66, 106)]
    names = ["pine forest", "pine trees", "forest with pine trees", "evergreen forest", "fir trees"]
    if s.time == "snow":
        names = ["forest", "pine trees", "pine forest", "trees"]
    return s.done(parts, names, snow=["snowy forest", "winter forest"])


@thing(1.4)
def tree_hill(rng, paint):
    s = Scene(rng, paint, "day", "day", "autumn", "autumn", "autumn", "night", "sunset", "rain", "snow")
    x = rng.uniform(48, 80)
    parts = [s.sky(92), ellipse(x, 146, rng.uniform(80, 100), rng.uniform(44, 50), s.grass())]
    if s.time == "snow":
        trunk = s.tone("#5a3d2b")
        for dx, dy in ((-26, -28), (26, -30), (-14, -44), (14, -46), (0, -40)):
            parts.append(
                line(x, 66, x + dx, 60 + dy, trunk, 6)
                + line(x + dx * 0.6, 62 + dy * 0.6, x + dx * 1.3, 56 + dy * 0.5, trunk, 4.5)
            )
        parts += [
            rect(x - 6, 56, 12, 50, trunk),
            *(circle(x + dx, 58 + dy, 5, "#ffffff") for dx, dy in ((-26, -28), (26, -30), (-14, -44), (14, -46))),
        ]
        return s.done(parts, ["bare tree", "tree on a hill", "lonely tree"], snow=["winter tree", "leafless tree"])
    parts.append(tree(s, x, 106, rng.uniform(92, 106)))
    if s.time == "autumn":
        parts += [ellipse(rng.uniform(10, 118), rng.uniform(106, 122), 4, 2.6, rng.choice(AUTUMN)) for _ in range(10)]
    return s.done(
        parts,
        ["tree on a hill", "tree", "lonely tree", "big tree on a meadow"],
        autumn=["autumn tree", "tree with orange leaves"],
    )


@thing(1.2)
def road(rng, paint):
    desert = rng.random() < 0.5
    s = Scene(rng, paint, "day", "day", "sunset", "night", *([] if desert else ["autumn", "rain", "snow"]))
    horizon, x = rng.uniform(58, 68), rng.uniform(54, 74)
    parts = [s.sky(horizon)]
    if desert:
        rock = s.fill(["#c4643a", "#b5573a", "#cf7b4a"])
        parts += [
            rect(rng.uniform(4, 16), horizon - 22, 28, 26, rock, 2),
            rect(rng.uniform(84, 96), horizon - 30, 24, 34, rock, 2),
            rect(0, horizon, 128, 70, s.fill(["#e3a857", "#e8b86a", "#d98f4e"])),
        ]
    else:
        parts += [hills(s, horizon + 8, 2), rect(0, horizon + 2, 128, 70, s.grass())]
        if rng.random() < 0.6:
            parts.append(tree(s, 18, horizon + 26, 48) + tree(s, 110, horizon + 26, 48))
    parts.append(polygon([(x - 5, horizon + 1), (x + 5, horizon + 1), (112, 128), (16, 128)], s.fill("#59616b")))
    for a, b in ((0.1, 0.24), (0.36, 0.56), (0.7, 0.95)):
        ya, yb, xa, xb = horizon + 66 * a, horizon + 66 * b, x + (64 - x) * a, x + (64 - x) * b
        parts.append(
            polygon(
                [(xa - 4 * a - 0.8, ya), (xa + 4 * a + 0.8, ya), (xb + 4 * b + 0.8, yb), (xb - 4 * b - 0.8, yb)],
                s.tone("#ffe16b"),
            )
        )
    if desert:
        return s.done(
            parts, ["road through the desert", "desert road", "road in the desert", "highway through the desert"]
        )
    return s.done(
        parts, ["road through fields", "country road", "road", "road through the countryside", "straight road"]
    )


@thing(1.2)
def cactus_desert(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "night")
    horizon, x, green = rng.uniform(78, 88), rng.uniform(50, 78), s.fill(["#3f8f4a", "#4e9a3f", "#2f7f56"], "right")
    stroke = f' stroke="{s.tone(rng.choice(["#3f8f4a", "#4a9a45"]))}" stroke-width="12" stroke-linecap="round"'
    parts = [s.sky(horizon), land(rng, horizon, s.fill(SANDS), 6), land(rng, horizon + 16, s.fill(SANDS), 6)]
    parts.append(path(f"M{x} 82H{x - 24}V{rng.uniform(50, 60):.1f}", "none", stroke + ' stroke-linejoin="round"'))
    parts.append(path(f"M{x} 70H{x + 24}V{rng.uniform(38, 50):.1f}", "none", stroke + ' stroke-linejoin="round"'))
    parts.append(rect(x - 9, rng.uniform(20, 28), 18, 92, green, 9))
    return s.done(parts, ["desert with a cactus", "cactus in the desert", "desert", "cactus"])


@thing()
def camel_dunes(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "night")
    parts = [s.sky(66), ellipse(20, 112, 90, 44, s.fill(SANDS)), land(rng, 92, s.fill(SANDS), 8)]
    fur, dark = s.fill(["#b5793a", "#a86b32", "#c08a4a"]), s.tone("#8a5526")
    camel = [
        rect(34, 70, 8, 42, dark, 3),
        rect(82, 70, 8, 42, dark, 3),
        rect(44, 70, 9, 44, fur, 3),
        rect(72, 70, 9, 44, fur, 3),
        ellipse(62, 68, 32, 17, fur),
        ellipse(50, 52, 13, 17, fur),
        ellipse(75, 52, 13, 17, fur),
        path("M88 68Q108 74 106 38", "none", f' stroke="{dark}" stroke-width="12" stroke-linecap="round"'),
        ellipse(111, 36, 13, 8, fur),
        circle(103, 28, 3.5, dark),
        circle(112, 34, 2, "#1c1f22"),
        line(32, 62, 26, 80, dark, 4),
    ]
    parts.append(
        group(
            *camel,
            move=(rng.uniform(-6, 2), rng.uniform(-4, 4)),
            scale=rng.uniform(0.85, 0.98),
            mirror=rng.random() < 0.5,
        )
    )
    return s.done(parts, ["camel in the desert", "dunes with a camel", "camel on a sand dune", "desert with a camel"])


@thing()
def pyramids(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "night")
    colour = rng.choice(["#d9a441", "#cf9a4e", "#e0b060"])
    light, dark = s.fill(colour), s.tone(paint.dark(colour, 0.3))
    parts = [s.sky(80)]
    shapes = [
        (rng.uniform(98, 108), 40, 46),
        (rng.uniform(16, 26), 40, 44),
        (rng.uniform(56, 70), 56, rng.uniform(66, 78)),
    ]
    for x, half, height in shapes[rng.choice([0, 1]) :]:
        parts += [
            polygon([(x - half, 104), (x, 104 - height), (x + half, 104)], light),
            polygon([(x, 104 - height), (x + half, 104), (x + half * 0.3, 104)], dark),
        ]
    parts.append(land(rng, 102, s.fill(SANDS), 4))
    return s.done(parts, ["pyramids", "pyramids in the desert", "egyptian pyramids", "pyramids of egypt"])


@thing()
def waterfall(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "night", "autumn")
    rock, x, half = rng.choice(ROCKS), rng.uniform(54, 74), rng.uniform(16, 24)
    top = rng.uniform(36, 46)
    water = s.fill(["#4fb6e3", "#6cc7ec", "#5aaede"])
    parts = [
        s.sky(40),
        path(f"M0 {top - 4}Q30 {top - 14} 64 {top - 2}T128 {top - 4}V128H0Z", s.fill(rock)),
        rect(0, top + 4, 26, 90, s.tone(paint.dark(rock, 0.15)), 10),
        rect(102, top + 8, 30, 90, s.tone(paint.dark(rock, 0.15)), 10),
    ]
    parts += [
        path(f"M0 {top - 6}Q30 {top - 18} {x - half} {top - 3}V{top + 8}Q30 {top} 0 {top + 10}Z", s.grass()),
        path(f"M128 {top - 6}Q100 {top - 18} {x + half} {top - 3}V{top + 8}Q100 {top} 128 {top + 10}Z", s.grass()),
    ]
    parts += [
        path(f"M{x - half} {top - 4}Q{x} {top - 8} {x + half} {top - 4}L{x + half + 6} 106H{x - half - 6}Z", water)
    ]
    parts += [
        line(x + dx, top + 4 + rng.uniform(0, 10), x + dx * 1.15, 98, s.tone("#eaf7fd"), 4)
        for dx in (-half * 0.6, 0, half * 0.6)
    ]
    parts += [rect(0, 102, 128, 26, s.fill("#2f95c9"))]
    parts += [circle(x + dx, 103, 9, s.tone("#f2fafe")) for dx in (-24, -10, 4, 18, 28)]
    for k in (0, 1):
        parts.append(pine(s, 12 + 104 * k, top + 4, rng.uniform(30, 38)))
    return s.done(
        parts, ["waterfall", "waterfall in the mountains", "waterfall between rocks", "waterfall in nature"]
    )


@thing()
def river(rng, paint):
    s = Scene(rng, paint, "day", "day", "autumn", "sunset", "night", "snow")
    horizon, water = rng.uniform(54, 64), s.fill(["#3fa3dc", "#2f95c9", "#4fb6d8"])
    bend = rng.choice([-1, 1])
    parts = [s.sky(horizon)]
    if rng.random() < 0.5:
        parts += [
            mountain(s, rng.uniform(24, 44), horizon + 6, 44, 38, rng.choice(ROCKS)),
            mountain(s, rng.uniform(84, 104), horizon + 6, 46, 42, rng.choice(ROCKS)),
        ]
    parts += [hills(s, horizon + 6, 1), rect(0, horizon + 3, 128, 70, s.grass())]
    y, m = horizon + 3, 64
    bed = (
        f"M{m - 5} {y}C{m + bend * 44 - 8} {y + 14} {m - bend * 60 - 18} {y + 26} "
        f"{m - 40 + bend * 14} 128H{m + 40 + bend * 14}"
        f"C{m - bend * 26 + 26} {y + 30} {m + bend * 60 + 10} {y + 16} {m + 5} {y}Z"
    )
    parts += [
        path(bed, water),
        wave(m - 10 + bend * 10, 118, s.tone("#c9ecfa")),
        wave(m - 14, 106, s.tone("#c9ecfa")),
    ]
    for x in (14, 112):
        foot = rng.uniform(88, 104)
        parts.append(pine(s, x, foot, 46) if s.time == "snow" or rng.random() < 0.4 else tree(s, x, foot, 50))
    return s.done(
        parts, ["river", "river landscape", "river through a meadow", "river in the valley", "winding river"]
    )


@thing()
def bridge(rng, paint):
    s = Scene(rng, paint, "day", "day", "night", "sunset", "autumn", "rain")
    stone, y = s.fill(["#b3a08a", "#9aa4ad", "#a8644a", "#c7b08e"]), rng.uniform(56, 62)
    parts = [s.sky(60), hills(s, 72, 2), rect(0, 84, 128, 44, s.fill(SEAS))]
    if rng.random() < 0.6:
        deck = f"M-4 {y + 14}Q64 {y - 22} 132 {y + 14}V104H118"
        arches = "A22 26 0 0 0 74 104H54A22 26 0 0 0 10 104H-4Z"
        parts += [
            path(deck + arches, stone),
            path(f"M-4 {y + 14}Q64 {y - 22} 132 {y + 14}", "none", f' stroke="{s.tone("#6b5f52")}" stroke-width="6"'),
        ]
        names = ["bridge over a river", "stone bridge over a river", "stone bridge", "bridge over water", "bridge"]
    else:
        red = s.tone(rng.choice(["#c0392b", "#d9532f", "#5d6d7e"]))
        parts += [rect(26, 16, 8, 92, red), rect(94, 16, 8, 92, red)]
        cable = f' stroke="{red}" stroke-width="4.5"'
        parts += [path("M-10 66Q10 60 30 18Q64 110 98 18Q118 60 138 66", "none", cable), rect(0, 78, 128, 8, red)]
        parts += [line(x, 78, x, 64 - 40 * ((x - 64) / 34) ** 2 + 4, red, 3) for x in (44, 54, 64, 74, 84)]
        names = [
            "bridge over a river",
            "suspension bridge",
            "bridge",
            "bridge over water",
            "red bridge" if red != s.tone("#5d6d7e") else "big bridge",
        ]
    parts += [wave(rng.uniform(8, 90), w, s.tone("#bfe6f7")) for w in (110, 116, 122)]
    return s.done(parts, names)


@thing()
def campfire(rng, paint):
    s = Scene(rng, paint, "night", "night", "sunset")
    x = rng.uniform(52, 76)
    parts = [
        s.sky(70),
        pine(s, rng.uniform(8, 20), 96, rng.uniform(60, 74)),
        pine(s, rng.uniform(106, 120), 96, rng.uniform(56, 74)),
        land(rng, 92, s.fill(["#4d7a3c", "#5a6b3a"]), 3),
        glow(paint, x, 84, 54, "#ffb347"),
        ellipse(x, 114, 46, 9, "#e89a3c", ' opacity="0.35"'),
    ]
    fire = [
        path(
            FLAME,
            "#f4511e",
        ),
        path(
            FLAME_INSIDE,
            "#ffa726",
        ),
        path("M65 82C67 88 72 92 71 100C70 106 67 110 64 110C60 110 57 106 57 101C57 94 63 90 65 82Z", "#fff176"),
        line(38, 116, 90, 104, "#6b4020", 10),
        line(90, 116, 38, 104, "#7d4c28", 10),
    ]
    parts.append(
        group(*fire, move=(x - 64, rng.uniform(-4, 4)), scale=rng.uniform(0.9, 1.05), mirror=rng.random() < 0.5)
    )
    return s.done(
        parts,
        ["campfire", "campfire in the forest", "camp fire", "bonfire", "fire in the woods"],
        night=["campfire under the stars"],
    )


@thing()
def tent(rng, paint):
    s = Scene(rng, paint, "night", "night", "night", "day", "sunset", "autumn")
    word, colour = paint.colour("red", "orange", "yellow", "green", "blue")
    x = rng.uniform(54, 74)
    parts = [
        s.sky(76),
        hills(s, 86, 1),
        pine(s, 10, 96, rng.uniform(50, 66)),
        pine(s, 118, 96, rng.uniform(50, 66)),
        land(rng, 92, s.grass(), 3),
    ]
    inside = "#ffd873" if s.time == "night" else s.tone("#5a3a22")
    parts += [
        polygon([(x - 50, 114), (x, 46), (x + 50, 114)], s.fill(colour)),
        polygon([(x - 20, 114), (x, 60), (x + 20, 114)], inside),
        polygon([(x - 20, 114), (x, 60), (x - 3, 84), (x - 10, 114)], s.tone(paint.light(colour, 0.35))),
        line(x - 4, 40, x + 1, 48, s.tone("#5a3a22"), 4),
        line(x + 4, 40, x - 1, 48, s.tone("#5a3a22"), 4),
    ]
    if rng.random() < 0.3:
        parts.append(
            path("M104 122C94 116 98 106 104 96C110 106 114 116 104 122Z", "#ff8a2a")
            + line(94, 122, 114, 122, "#6b4020", 5)
        )
    return s.done(
        parts,
        ["tent", f"{word} tent", "camping tent", "camping", "tent in nature"],
        night=["tent under the stars", "camping under the stars"],
    )


@thing()
def rainbow(rng, paint):
    s = Scene(rng, paint, "day", "day", "rain")
    x, y, r = rng.uniform(52, 76), rng.uniform(92, 102), rng.uniform(58, 70)
    parts = [s.sky(60, lamp=False)]
    for k, colour in enumerate(["#e53935", "#fb8c00", "#fdd835", "#43a047", "#1e88e5", "#8e24aa"]):
        q = r - 6 * k
        parts.append(
            path(
                f"M{x - q:.1f} {y:.1f}A{q:.1f} {q:.1f} 0 0 1 {x + q:.1f} {y:.1f}",
                "none",
                f' stroke="{colour}" stroke-width="6.6"',
            )
        )
    parts.append(ellipse(rng.uniform(40, 88), 132, rng.uniform(90, 110), rng.uniform(40, 48), s.grass()))
    names = ["rainbow over a hill", "rainbow", "rainbow in the sky", "rainbow over a green field"]
    if rng.random() < 0.4:
        parts.append(house(s, rng.uniform(50, 78), 112, 34, 24))
        names = ["rainbow over a house", "rainbow", "house under a rainbow", "rainbow in the sky"]
    if s.time == "rain":
        return Drawing("".join(parts) + s.over(), [*names, "rainbow in the rain", "rainbow and rain"], [])
    return s.done(parts, names)


@thing()
def rain_field(rng, paint):
    s = Scene(rng, paint, "rain")
    s.time = "rain"
    gray = rng.choice(["#4c5966", "#5a6774", "#7d8a96"])
    s.top, s.bottom = rng.choice([("#8fa6b8", "#c3d2dc"), ("#7fa3c0", "#c9dbe6"), ("#93a5b1", "#ccd6dc")])
    s.tone = lambda colour: mixed(colour, "#5a6a78", 0.12)
    parts = [s.sky(60, clouds=False), land(rng, 90, s.grass(), 5), land(rng, 104, s.grass(), 4)]
    if rng.random() < 0.5:
        parts.append(tree(s, rng.uniform(26, 102), 108, rng.uniform(40, 52)))
    drops = rain(rng, rng.choice(["#2f86d6", "#3f9be6", "#e3f3fd"]), 44, 124)
    parts += [
        drops,
        cloud(rng.uniform(28, 38), 26, 1.7, gray),
        cloud(rng.uniform(88, 98), 30, 1.8, paint.light(gray, 0.15)),
    ]
    names = ["rain over a field", "rain", "rainy day", "rainy weather", "rain clouds", "rainy landscape"]
    return Drawing("".join(parts), names, [])


@thing()
def storm(rng, paint):
    s = Scene(rng, paint, "rain")
    s.top, s.bottom = rng.choice([("#1f2740", "#4a5674"), ("#2a2440", "#5f5478"), ("#39454f", "#6f7f8a")])
    ground, x = rng.random() < 0.6, rng.uniform(54, 74)
    parts = [s.sky(60, lamp=False, clouds=False)]
    parts.append(land(rng, 106, s.fill("#3f6b3f"), 4) if ground else sea(s, 98))
    bolt = polygon(
        [(66, 40), (44, 84), (60, 84), (48, 122), (88, 72), (70, 72), (84, 40)],
        rng.choice(["#ffe14d", "#ffd43b", "#fff3a0"]),
    )
    gray = rng.choice(["#7d8796", "#69707f", "#8f97a6"])
    parts.append(
        group(bolt, move=(x - 64, rng.uniform(-6, 2)), scale=rng.uniform(0.95, 1.1), mirror=rng.random() < 0.5)
    )
    if rng.random() < 0.6:
        parts.append(rain(rng, "#9fc3e0", 40, 110))
    parts += [
        cloud(30, 24, 1.8, gray),
        cloud(96, 26, 1.8, paint.dark(gray, 0.1)),
        cloud(x, 26, 1.5, paint.light(gray, 0.12)),
    ]
    names = ["storm with lightning", "thunderstorm", "lightning", "storm", "lightning in the dark sky"]
    names.append("lightning over a field" if ground else "storm at sea")
    return Drawing("".join(parts), names, [])


@thing()
def moon_mountain(rng, paint):
    s = Scene(rng, paint, "night")
    s.crescent = False
    parts = [
        s.sky(60, lamp=False),
        stars(rng, 60),
        moon(rng.uniform(44, 84), rng.uniform(34, 42), rng.uniform(24, 30)),
    ]
    rock, snow = rng.choice(["#5f6f9a", "#4d5a85", "#6a6f9f"]), rng.random() < 0.6
    parts += [
        mountain(s, rng.uniform(18, 34), 124, 60, rng.uniform(52, 66), rock, snow),
        mountain(s, rng.uniform(88, 108), 124, 64, rng.uniform(50, 68), rock, snow),
    ]
    parts.append(land(rng, 114, s.fill(PINES), 4))
    return Drawing(
        "".join(parts),
        [
            "full moon over a mountain",
            "full moon over the mountains",
            "mountains at night",
            "moon over mountains",
            "full moon",
            "night landscape with a full moon",
        ],
        [],
    )


@thing()
def night_sky(rng, paint):
    s = Scene(rng, paint, "night")
    s.crescent = rng.random() < 0.7
    parts = [s.sky(60, lamp=False), stars(rng, 100, rng.randint(16, 26))]
    parts += [
        star(rng.uniform(8, 120), rng.uniform(8, 92), rng.uniform(6, 9), "#ffe680") for _ in range(rng.randint(2, 5))
    ]
    has_moon = rng.random() < 0.65
    if has_moon:
        parts.append(moon(rng.uniform(40, 88), rng.uniform(36, 52), rng.uniform(20, 26), s.crescent))
    if rng.random() < 0.6:
        parts.append(land(rng, rng.uniform(102, 114), s.fill(["#2c5a3c", "#31456b"]), 6))
    kind = "crescent moon" if s.crescent else "full moon"
    names = [
        "night sky",
        f"night sky with {kind}",
        "moon and stars",
        f"{kind} and stars",
        "moon in the night sky",
        "starry night",
    ]
    return Drawing(
        "".join(parts),
        names
        if has_moon
        else ["starry sky", "night sky", "stars in the sky", "starry night", "night sky full of stars"],
        [],
    )


@thing()
def northern_lights(rng, paint):
    s = Scene(rng, paint, "night")
    parts = [s.sky(60, lamp=False), stars(rng, 60)]
    for k, colour in enumerate(rng.sample(["#3dffa0", "#2fe6b0", "#7dff7a", "#b06bff", "#46e0e6"], 3)):
        y, a = 62 - 14 * k + rng.uniform(-4, 4), rng.uniform(14, 24) * rng.choice([-1, 1])
        h = rng.uniform(26, 38)
        parts.append(
            path(
                f"M-4 {y:.1f}C30 {y - a:.1f} 50 {y + a:.1f} 76 {y:.1f}S110 {y - a:.1f} 132 {y:.1f}V{y - h:.1f}"
                f"C110 {y - a - h:.1f} 90 {y + a - h:.1f} 70 {y - h:.1f}S20 {y - h - a:.1f} -4 {y - h:.1f}Z",
                colour,
                ' opacity="0.6"',
            )
        )
    snow = rng.random() < 0.6
    parts += [
        mountain(s, 26, 112, 52, 34, "#5a6a94"),
        mountain(s, 100, 112, 56, 42, "#5a6a94"),
        land(rng, 104, s.fill("#eef5fb" if snow else "#3b6b4a"), 3),
    ]
    parts += [pine(s, x, 116, rng.uniform(34, 48), snow) for x in (14, 36, 110)]
    return Drawing(
        "".join(parts),
        [
            "northern lights",
            "aurora borealis",
            "northern lights over mountains",
            "aurora in the night sky",
            "polar lights at night",
        ],
        [],
    )


def flower(x, y, r, colour, middle="#ffd43b", petals=6):
    parts = [
        circle(
            x + math.cos(k * 2 * math.pi / petals) * r * 0.62,
            y + math.sin(k * 2 * math.pi / petals) * r * 0.62,
            r * 0.42,
            colour,
        )
        for k in range(petals)
    ]
    return "".join(parts) + circle(x, y, r * 0.4, middle)


@thing(1.2)
def flower_field(rng, paint):
    s = Scene(rng, paint, "day", "day", "day", "sunset", "night")
    horizon, tulips = rng.uniform(48, 62), rng.random() < 0.35
    palette = rng.sample(
        ["#e53935", "#ec6a9c", "#ffffff", "#8e5bd0", "#fb8c00", "#fdd835", "#4f7be0"], rng.choice([1, 2, 3])
    )
    parts = [s.sky(horizon), hills(s, horizon + 6, 1), rect(0, horizon + 4, 128, 80, s.grass())]
    for row, (y, r) in enumerate(((horizon + 14, 6), (horizon + 30, 9), (horizon + 50, 12))):
        step = r * 2.5
        for k in range(int(128 / step) + 2):
            x, colour = k * step + (row % 2) * step / 2 + rng.uniform(-2, 2), s.tone(rng.choice(palette))
            parts.append(line(x, y, x, y + r * 1.7, s.tone("#3f7f35"), 3))
            if tulips:
                parts.append(
                    path(
                        f"M{x - r * 0.7:.1f} {y - r:.1f}L{x - r * 0.3:.1f} {y - r * 0.3:.1f}"
                        f"L{x:.1f} {y - r * 1.1:.1f}L{x + r * 0.3:.1f} {y - r * 0.3:.1f}"
                        f"L{x + r * 0.7:.1f} {y - r:.1f}V{y:.1f}"
                        f"A{r * 0.7:.1f} {r * 0.8:.1f} 0 0 1 {x - r * 0.7:.1f} {y:.1f}Z",
                        colour,
                    )
                )
            else:
                middle = "#ffd43b" if colour != s.tone("#fdd835") else "#ff8f3a"
                parts.append(flower(x, y + rng.uniform(-2, 2), r, colour, s.tone(middle)))
    names = (
        ["field of tulips", "tulip field", "tulips", "tulips in a field"]
        if tulips
        else ["field of flowers", "flower field", "flower meadow", "meadow with flowers"]
    )
    return s.done(parts, names)


@thing()
def sunflower_field(rng, paint):
    s = Scene(rng, paint, "day", "day", "day", "sunset")
    horizon = rng.uniform(44, 56)
    parts = [s.sky(horizon), rect(0, horizon + 4, 128, 90, s.grass())]
    gold, seed = s.tone(rng.choice(["#ffc928", "#fdb813", "#ffd43b"])), s.tone("#6b3f1a")
    for row, (y, r) in enumerate(((horizon + 8, 7), (horizon + 24, 11), (horizon + 48, 18))):
        step = r * 2.3
        for k in range(int(128 / step) + 2):
            x = k * step + (row % 2) * step / 2 + rng.uniform(-2, 2)
            parts.append(line(x, y, x, y + r * 2.4, s.tone("#3f7f35"), r * 0.3))
            parts.append(flower(x, y, r, gold, seed, 10) + circle(x, y, r * 0.52, seed))
    return s.done(parts, ["sunflower field", "field of sunflowers", "sunflowers", "sunflowers in a field"])


@thing()
def garden(rng, paint):
    s = Scene(rng, paint, "day", "day", "day", "sunset", "rain")
    parts = [s.sky(56), tree(s, rng.choice([20, 106]), 88, rng.uniform(62, 74)), rect(0, 80, 128, 48, s.grass())]
    wood = s.fill(["#ffffff", "#f5f0e6", "#c1834a"])
    parts += [rect(0, 64, 128, 5, wood), rect(0, 78, 128, 5, wood)]
    for k in range(9):
        x = 1 + 15 * k
        parts.append(polygon([(x, 90), (x, 58), (x + 4.5, 52), (x + 9, 58), (x + 9, 90)], wood))
    parts.append(polygon([(56, 90), (72, 90), (96, 128), (32, 128)], s.fill("#d9c29a")) if rng.random() < 0.5 else "")
    colours = rng.sample(["#e53935", "#ec6a9c", "#fdd835", "#8e5bd0", "#fb8c00", "#ffffff"], 3)
    for x, y in ((12, 96), (32, 102), (14, 116), (96, 102), (116, 96), (112, 116)):
        parts.append(
            line(x, y, x, y + 12, s.tone("#2f7f3a"), 4)
            + flower(x, y, rng.uniform(9, 11), s.tone(rng.choice(colours)), s.tone("#ffca28"))
        )
    return s.done(parts, ["garden", "flower garden", "garden with a fence", "garden with flowers"])


def fish(x, y, size, colour, stripe, mirror=False):
    parts = [
        polygon([(92, 64), (122, 42), (118, 64), (122, 86)], stripe),
        path("M46 44Q64 22 84 44Z", stripe),
        ellipse(60, 64, 40, 26, colour),
        path("M64 39Q56 64 64 89L74 87Q66 64 74 41Z", stripe),
        circle(36, 58, 6.5, "#ffffff"),
        circle(35, 58, 3.6, "#16202a"),
    ]
    return group(*parts, move=(x - 64, y - 64), scale=size, mirror=mirror)


def seabed(s):
    """Water, sand and bubbles."""
    water = gradient(s.paint, *s.rng.choice([("#4fc3f0", "#1565b0"), ("#5ad1e0", "#0f7aa8"), ("#3fa9e8", "#123f8a")]))
    bubbles = [
        circle(s.rng.uniform(8, 120), s.rng.uniform(8, 80), s.rng.uniform(2, 4), "#d4f1fc", ' opacity="0.8"')
        for _ in range(6)
    ]
    return rect(0, 0, 128, 128, water) + land(s.rng, 110, s.fill(SANDS), 5) + "".join(bubbles)


def weed(s, x, height):
    colour = s.rng.choice(["#2fa35a", "#3dbb5f", "#1f8a5a"])
    half, data = height / 4, f"M{x:.1f} 116"
    for k in range(4):
        side = 9 if k % 2 else -9
        data += f"q{side} {-half / 2:.1f} 0 {-half:.1f}"
    return path(data, "none", f' stroke="{colour}" stroke-width="6.5" stroke-linecap="round"')


@thing()
def fish_sea(rng, paint):
    s = Scene(rng, paint, "day")
    word, colour = paint.colour("orange", "yellow", "red", "blue", "purple", "pink")
    stripe = rng.choice(["#ffffff", paint.dark(colour, 0.3), "#ffe082"])
    parts = [seabed(s), *(weed(s, x + rng.uniform(-4, 4), rng.uniform(30, 54)) for x in (12, 26, 114))]
    mirror = rng.random() < 0.5
    big = rng.uniform(0.72, 0.95)
    parts.append(fish(rng.uniform(58, 70), rng.uniform(46, 62), big, paint.fill(colour), stripe, mirror))
    names = [
        "fish under water",
        f"{word} fish under water",
        "fish in the sea",
        "underwater scene with a fish",
        "fish in the ocean",
    ]
    if rng.random() < 0.5:
        parts.append(
            fish(
                rng.uniform(30, 98),
                100,
                0.32,
                paint.fill(rng.choice(["#fdd835", "#ff7043", "#ec6a9c"])),
                "#ffffff",
                not mirror,
            )
        )
        names[2:4] = ["fishes under water", "underwater scene with fish"]
    return Drawing("".join(parts), names, [])


@thing()
def coral_reef(rng, paint):
    s = Scene(rng, paint, "day")
    parts = [seabed(s)]
    for x in (rng.uniform(14, 26), rng.uniform(58, 72), rng.uniform(102, 114)):
        colour, h = (
            rng.choice(["#ff6f61", "#ff8a3d", "#ec5a9c", "#b35de0", "#ff5470", "#ffc93c"]),
            rng.uniform(40, 58),
        )
        stroke = f' stroke="{colour}" stroke-width="8" stroke-linecap="round" stroke-linejoin="round"'
        parts.append(
            path(
                f"M{x} 118V{118 - h}M{x} 100L{x - 16} {96 - h * 0.3}V{86 - h * 0.4}"
                f"M{x} 94L{x + 16} {90 - h * 0.3}V{80 - h * 0.4}",
                "none",
                stroke,
            )
        )
    parts += [weed(s, x, rng.uniform(26, 40)) for x in (42, 90)]
    parts += [
        ellipse(rng.uniform(34, 46), 120, 18, 12, rng.choice(["#ff9eb5", "#f9a03f"])),
        ellipse(rng.uniform(84, 96), 121, 16, 11, rng.choice(["#9b5de5", "#ef476f"])),
    ]
    for x, y in ((rng.uniform(28, 46), rng.uniform(26, 38)), (rng.uniform(80, 98), rng.uniform(24, 44))):
        parts.append(
            fish(
                x,
                y,
                rng.uniform(0.34, 0.44),
                rng.choice(["#ffb300", "#ff7043", "#fff176", "#4dd0e1"]),
                "#ffffff",
                rng.random() < 0.5,
            )
        )
    return Drawing(
        "".join(parts),
        [
            "coral reef",
            "coral reef with fish",
            "underwater coral reef",
            "corals under water",
            "coral reef in the sea",
        ],
        [],
    )


@thing(1.2)
def snowman(rng, paint):
    s = Scene(rng, paint, "snow", "snow", "night")
    night, x = s.time == "night", rng.uniform(54, 74)
    sky, s.time = s.sky(80), "snow"
    hat, scarf = rng.choice(["#2b2f33", "#8a4b20", "#1f4e79"]), paint.colour("red", "green", "blue", "orange")
    parts = [
        sky,
        pine(s, x - 50, 104, rng.uniform(46, 60)),
        pine(s, x + 50, 104, rng.uniform(40, 60)),
        land(rng, 98, s.fill("#e3eef6"), 4),
    ]
    white = paint.fill("#ffffff", "round") if paint.shaded else "#ffffff"
    edge = ' stroke="#b9cfe0" stroke-width="2"'
    parts += [
        line(x - 20, 70, x - 44, 56, "#6b4423", 4.5),
        line(x + 20, 70, x + 44, 56, "#6b4423", 4.5),
        circle(x, 94, 29, white, edge),
        circle(x, 50, 20, white, edge),
        rect(x - 17, 64, 34, 8, scarf[1], 4),
        rect(x + 6, 66, 9, 22, scarf[1], 3),
        rect(x - 22, 32, 44, 6, hat, 2),
        rect(x - 14, 10, 28, 24, hat, 2),
        rect(x - 14, 26, 28, 5, scarf[1]),
    ]
    parts += [circle(x + d, 46, 3, "#1c1f22") for d in (-7, 7)] + [circle(x, y, 3, "#1c1f22") for y in (84, 96, 108)]
    parts.append(polygon([(x, 50), (x + rng.choice([-20, 20]), 55), (x, 56)], "#fb8c00"))
    names = [
        "snowman in the snow",
        "snowman",
        "snowman in winter",
        f"snowman with a {scarf[0]} scarf",
        "snowman with a hat",
    ]
    if night:
        names = [names[0] + " at night", "snowman at night", *names[2:4]]
    return Drawing("".join(parts) + s.over(), names, [])


def space(s):
    """Black or dark blue space with stars."""
    top, bottom = s.rng.choice([("#05060f", "#141a3c"), ("#0c0a2a", "#2b1a56"), ("#0a1030", "#10204f")])
    return rect(0, 0, 128, 128, gradient(s.paint, top, bottom)) + stars(s.rng, 124, s.rng.randint(14, 24))


def planet_ball(s, x, y, r, colour):
    """A planet with bands or craters."""
    name = f"clip{len(s.paint.definitions)}"
    s.paint.definitions.append(f'<clipPath id="{name}">{circle(x, y, r, "#fff")}</clipPath>')
    parts, other = [circle(x, y, r, s.paint.fill(colour, "round"))], s.paint.dark(colour, 0.2)
    if s.rng.random() < 0.5:
        parts += [
            rect(x - r, y + r * a, 2 * r, r * 0.22, other if k % 2 else s.paint.light(colour, 0.3))
            for k, a in enumerate((-0.6, -0.15, 0.35))
        ]
    else:
        parts += [
            circle(x + r * a, y + r * b, r * c, other)
            for a, b, c in ((-0.4, -0.3, 0.22), (0.35, 0.25, 0.28), (0.2, -0.6, 0.15), (-0.3, 0.5, 0.16))
        ]
    return f'<g clip-path="url(#{name})">{"".join(parts)}</g>'


@thing()
def rocket_space(rng, paint):
    s = Scene(rng, paint, "day")
    colour = paint.colour("red", "blue", "orange", "purple", "green")[1]
    body = paint.fill(rng.choice(["#f4f6f8", "#dfe5ea", "#ffffff"]), "right")
    parts = [space(s)]
    if rng.random() < 0.6:
        parts.append(
            planet_ball(
                s,
                rng.choice([16, 112]),
                rng.choice([18, 110]),
                rng.uniform(12, 20),
                rng.choice(["#e07a3f", "#4f9be0", "#b06bd0", "#c9b79c"]),
            )
        )
    rocket = [
        path("M52 98Q64 138 76 98Z", "#ff8f1f"),
        path("M57 98Q64 120 71 98Z", "#ffe14d"),
        path("M46 66L26 92V106L50 94Z", colour),
        path("M82 66L102 92V106L78 94Z", colour),
        path("M64 4C86 24 88 66 80 98H48C40 66 42 24 64 4Z", body),
        path("M64 4C74 13 79 24 81.5 36H46.5C49 24 54 13 64 4Z", colour),
        circle(64, 56, 11, paint.dark(colour, 0.3)),
        circle(64, 56, 7.5, "#8fd3f5"),
    ]
    parts.append(group(*rocket, turn=rng.uniform(-12, 50) * rng.choice([-1, 1]), scale=rng.uniform(0.84, 0.96)))
    return Drawing(
        "".join(parts),
        ["rocket in space", "rocket", "space rocket", "rocket flying in space", "spaceship in space"],
        [],
    )


@thing()
def planet_space(rng, paint):
    s = Scene(rng, paint, "day")
    x, y, r = rng.uniform(56, 72), rng.uniform(58, 70), rng.uniform(32, 42)
    parts, kind = [space(s)], rng.choice(["ring", "ring", "plain", "earth"])
    if kind == "earth":
        name = f"clip{len(paint.definitions)}"
        paint.definitions.append(f'<clipPath id="{name}">{circle(x, y, r, "#fff")}</clipPath>')
        green, turn = paint.fill("#4caf50"), rng.uniform(-20, 20)
        lands = group(
            path("M28 44Q40 26 58 34Q66 44 54 54Q48 60 52 72Q46 80 38 66Q28 58 28 44Z", green),
            path("M76 50Q92 40 104 54Q100 76 88 92Q76 86 80 72Q70 62 76 50Z", green),
            ellipse(62, 98, 16, 8, green),
            move=(x - 64, y - 64),
            turn=turn,
        )
        parts.append(f'<g clip-path="url(#{name})">{circle(x, y, r, paint.fill("#2f86d6", "round"))}{lands}</g>')
        return Drawing(
            "".join(parts),
            ["earth in space", "planet earth", "earth from space", "planet earth in space", "planet in space"],
            [],
        )
    colour = rng.choice(["#e07a3f", "#d9a05b", "#4f9be0", "#b06bd0", "#e0605a", "#55b08a"])
    if kind == "plain":
        parts.append(planet_ball(s, x, y, r, colour))
        if rng.random() < 0.5:
            parts.append(circle(rng.choice([14, 114]), rng.uniform(16, 34), 9, "#cfd4da"))
        return Drawing("".join(parts), ["planet in space", "planet", "planet and stars", "planet in outer space"], [])
    r *= 0.8
    ring = f' stroke="{paint.light(colour, 0.45)}" stroke-width="7"'
    a, b = r * 1.65, r * 0.42
    turned = [
        path(f"M{64 - a:.1f} 64A{a:.1f} {b:.1f} 0 0 1 {64 + a:.1f} 64", "none", ring),
        planet_ball(s, 64, 64, r, colour),
        path(f"M{64 - a:.1f} 64A{a:.1f} {b:.1f} 0 0 0 {64 + a:.1f} 64", "none", ring),
    ]
    parts.append(group(*turned, move=(x - 64, y - 64), turn=rng.uniform(-30, 30)))
    return Drawing(
        "".join(parts),
        ["planet in space", "planet with a ring", "saturn", "ringed planet in space", "planet with rings", "planet"],
        [],
    )


@thing()
def balloon(rng, paint):
    s = Scene(rng, paint, "day", "day", "day", "sunset", "sunrise")
    colours = [paint.colour(without=("black", "white", "gray", "brown", "green")) for _ in range(2)]
    other = rng.choice(["#ffffff", "#ffe082", colours[1][1]])
    parts = [s.sky(88), hills(s, 100, 2), land(rng, 112, s.grass(), 4)]
    balloon_parts = [
        path("M26 48A38 40 0 0 1 102 48C102 70 84 82 78 98H50C44 82 26 70 26 48Z", s.fill(colours[0][1], "right")),
        path("M50 10C40 26 40 66 56 98H50C44 82 26 70 26 48A38 40 0 0 1 50 10Z", s.tone(other)),
        path("M78 10C88 26 88 66 72 98H78C84 82 102 70 102 48A38 40 0 0 0 78 10Z", s.tone(other)),
        line(52, 98, 55, 108, s.tone("#6b4423"), 3),
        line(76, 98, 73, 108, s.tone("#6b4423"), 3),
        rect(52, 106, 24, 17, s.fill("#a0632d"), 4),
    ]
    parts.append(
        group(*balloon_parts, move=(rng.uniform(-16, 16), rng.uniform(-12, -6)), scale=rng.uniform(0.74, 0.88))
    )
    return s.done(
        parts,
        [
            "hot air balloon over hills",
            "hot air balloon",
            "hot air balloon in the sky",
            f"{colours[0][0]} hot air balloon",
        ],
    )


@thing()
def train(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "night", "snow", "autumn")
    word, colour = paint.colour("red", "blue", "green", "yellow", "black")
    steam = rng.random() < 0.5
    parts = [s.sky(72), hills(s, 82, 2), rect(0, 92, 128, 36, s.grass()), rect(0, 106, 128, 10, s.fill("#9a8f84"))]
    parts += [rect(k * 12 + 2, 105, 7, 8, s.tone("#6b4423")) for k in range(11)] + [
        rect(0, 103, 128, 4, s.tone("#5f6870"))
    ]
    wheel, dark, body = s.tone("#2b2f33"), s.tone(paint.dark(colour, 0.3)), s.fill(colour)
    if steam:
        smoke = s.tone("#eef1f4")
        engine = [
            circle(98, 16, 11, smoke),
            circle(80, 10, 12, smoke),
            circle(110, 26, 8, smoke),
            rect(104, 34, 13, 26, wheel),
            rect(100, 32, 21, 7, wheel),
            rect(54, 56, 72, 32, body, 8),
            rect(36, 36, 36, 52, dark),
            rect(30, 30, 48, 8, wheel, 2),
            rect(44, 44, 19, 18, s.window(), 2),
            rect(-30, 44, 58, 44, body, 3),
            rect(-22, 52, 16, 16, s.window(), 2),
            rect(2, 52, 16, 16, s.window(), 2),
            rect(24, 80, 16, 6, wheel),
        ]
        engine += [
            circle(x, y, r, wheel) + circle(x, y, r * 0.45, s.tone("#c9ced3"))
            for x, y, r in ((52, 90, 13), (82, 93, 10), (106, 93, 10), (-16, 93, 10), (14, 93, 10))
        ]
        names = [
            "train on rails",
            "steam train",
            "steam locomotive in a landscape",
            "train in the countryside",
            "train",
        ]
    else:
        engine = [
            path("M-30 44H92Q118 48 126 84Q127 94 116 94H-30Z", body),
            rect(-30, 78, 154, 6, s.tone("#ffffff")),
            path("M94 52Q108 56 115 70H94Z", s.window()),
        ]
        engine += [rect(x, 54, 18, 16, s.window(), 3) for x in (-22, 4, 30, 56)] + [
            circle(x, 97, 8, wheel) for x in (-8, 16, 74, 98)
        ]
        names = [
            "train on rails",
            "train",
            f"{word} train",
            "train in a landscape",
            "passenger train in the countryside",
        ]
    parts.append(group(*engine, move=(rng.uniform(-6, 0), 2 if steam else -1), scale=1, mirror=rng.random() < 0.5))
    return s.done(parts, names)


@thing()
def car_road(rng, paint):
    s = Scene(rng, paint, "day", "day", "night", "sunset", "rain", "snow", "autumn")
    word, colour = paint.colour(without=("brown", "purple"))
    parts = [s.sky(70), hills(s, 78, 2), rect(0, 86, 128, 10, s.grass()), rect(0, 94, 128, 34, s.fill("#5f6770"))]
    parts += [rect(2 + 34 * k, 116, 20, 5, s.tone("#ffffff")) for k in range(4)]
    body, glass = s.fill(colour), s.window("#bfe3f5") if s.time != "night" else "#8fb2d9"
    car = [
        path("M30 66L44 38Q46 34 52 34H80Q86 34 90 39L104 66Z", body),
        path("M40 64L50 42H63V64Z", glass),
        path("M68 64V42H80L94 64Z", glass),
        rect(8, 62, 112, 34, body, 12),
        rect(108, 70, 12, 9, "#ffe66b", 3),
        rect(8, 70, 8, 9, s.tone("#e53935"), 3),
    ]
    if s.dark:
        car.insert(0, polygon([(116, 74), (150, 62), (150, 96)], "#fff3a8", ' opacity="0.6"'))
    car += [circle(x, 96, 14, "#22262a") + circle(x, 96, 6, s.tone("#d5dadf")) for x in (36, 92)]
    parts.append(
        group(
            *car,
            move=(rng.uniform(-4, 4), rng.uniform(-2, 3)),
            scale=rng.uniform(0.82, 0.96),
            mirror=rng.random() < 0.5,
        )
    )
    return s.done(
        parts,
        [
            "car on a road",
            f"{word} car on a road",
            "car on the street",
            "car driving on a road",
            "car in a landscape",
        ],
    )


@thing()
def boat_lake(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "night", "autumn", "sunrise")
    horizon = rng.uniform(62, 70)
    parts = [s.sky(horizon - 8), hills(s, horizon, 2)]
    parts += [pine(s, x + rng.uniform(-4, 4), horizon + 3, rng.uniform(20, 30)) for x in (8, 24, 104, 120)]
    parts.append(sea(s, horizon, rng.choice(["#3aa0c9", "#4ba6b8", "#3b88c3"])))
    wood, dark = s.fill(["#a0632d", "#c0392b", "#8a4b20", "#e8b04a", "#f2f2ee"]), s.tone("#5d3a1c")
    boat = [
        path("M8 62Q64 78 120 62Q112 96 90 100H38Q16 96 8 62Z", wood),
        path("M8 62Q64 78 120 62Q110 68 64 82Q18 68 8 62Z", dark),
        line(40, 58, 14, 104, s.tone("#d9b27a"), 5),
        ellipse(12, 107, 6, 9, s.tone("#d9b27a")),
    ]
    parts.append(
        group(
            *boat,
            move=(rng.uniform(-8, 10), rng.uniform(12, 18)),
            scale=rng.uniform(0.78, 0.92),
            mirror=rng.random() < 0.5,
        )
    )
    return s.done(
        parts, ["boat on a lake", "rowing boat on a lake", "rowboat on the water", "boat", "lake with a boat"]
    )


@thing()
def playground(rng, paint):
    s = Scene(rng, paint, "day", "day", "day", "autumn", "sunset")
    frame = s.tone(paint.colour("red", "blue", "orange", "purple", "brown")[1])
    parts = [
        s.sky(76),
        tree(s, rng.choice([10, 118]), 98, rng.uniform(60, 74)),
        land(rng, 92, s.grass(), 3),
        ellipse(64, 116, 56, 8, s.fill(SANDS)),
    ]
    if rng.random() < 0.6:
        swing = [
            line(24, 26, 104, 26, frame, 8),
            line(24, 26, 10, 114, frame, 7),
            line(26, 26, 38, 114, frame, 7),
            line(104, 26, 90, 114, frame, 7),
            line(104, 26, 118, 114, frame, 7),
        ]
        a = rng.uniform(-8, 8)
        for x, d in ((50, a), (72, -a)):
            swing += [
                line(x - 5, 28, x - 5 + d, 84, s.tone("#4a4f55"), 3),
                line(x + 9, 28, x + 9 + d, 84, s.tone("#4a4f55"), 3),
                rect(x - 8 + d, 82, 20, 7, s.tone("#ffca28"), 2),
            ]
        names = ["playground with a swing", "swing set", "swing", "swings on a playground", "playground"]
    else:
        slide = s.fill(paint.colour("yellow", "red", "blue", "green")[1])
        swing = [
            line(28, 44, 28, 114, frame, 7),
            line(52, 44, 52, 114, frame, 7),
            *(line(28, y, 52, y, frame, 5) for y in (64, 80, 96)),
            polygon([(20, 34), (60, 34), (40, 12)], s.tone("#e53935")),
            rect(24, 32, 6, 20, frame),
            rect(50, 32, 6, 20, frame),
            path("M54 50C76 56 82 104 114 108V116C74 114 72 72 50 62Z", slide),
            rect(22, 48, 34, 8, frame, 2),
        ]
        names = ["playground with a slide", "slide on a playground", "playground slide", "playground"]
    parts.append(group(*swing, move=(0, rng.uniform(-4, 2)), scale=rng.uniform(0.88, 1), mirror=rng.random() < 0.5))
    return s.done(parts, names)


@thing(1.2)
def park_bench(rng, paint):
    s = Scene(rng, paint, "day", "day", "autumn", "autumn", "night", "rain", "snow", "sunset")
    if s.time == "snow":
        s.leaves = lambda: s.fill("#f2f8fc")
    side = rng.choice([-1, 1])
    parts = [
        s.sky(80),
        hills(s, 86, 1),
        land(rng, 90, s.grass(), 3),
        tree(s, 64 - side * rng.uniform(26, 34), 108, rng.uniform(96, 106)),
    ]
    wood, iron = s.fill(["#b5753a", "#a0632d", "#8a4b20", "#c1834a", "#4f7a4a"]), s.tone("#33383d")
    bench = [rect(26, 60, 7, 60, iron, 2), rect(95, 60, 7, 60, iron, 2)]
    bench += [rect(14, y, 100, 9, wood, 2) for y in (58, 71)] + [rect(10, 88, 108, 12, wood, 3)]
    if s.time == "snow":
        bench += [rect(12, 83, 104, 7, "#ffffff", 3), rect(14, 54, 100, 6, "#ffffff", 3)]
    parts.append(group(*bench, move=(side * rng.uniform(8, 16), rng.uniform(6, 12)), scale=rng.uniform(0.68, 0.8)))
    if s.time == "autumn":
        parts += [ellipse(rng.uniform(8, 120), rng.uniform(110, 124), 4, 2.6, rng.choice(AUTUMN)) for _ in range(9)]
    return s.done(
        parts,
        ["park bench under a tree", "bench under a tree", "park bench", "bench in the park", "park with a bench"],
    )


def room(rng, paint, floor=96):
    """Wall, floor and skirting of a room."""
    wall = rng.choice(["#f6d9a8", "#bfe0ea", "#cfe3c0", "#f3c6c0", "#d9cdea", "#f2e6d0", "#a9c7dd", "#e8b98a"])
    boards = rng.choice(["#b5753a", "#c99560", "#9a6232", "#8a5a3a"])
    parts = [
        rect(0, 0, 128, 128, paint.fill(wall)),
        rect(0, floor, 128, 128 - floor, paint.fill(boards)),
        rect(0, floor - 4, 128, 5, paint.light(wall, 0.5)),
    ]
    if rng.random() < 0.3:
        parts[1:1] = [rect(16 * k, 0, 8, floor, paint.light(wall, 0.25)) for k in range(8)]
    return parts


def view(rng, x, y, width, height, night=False):
    """A window in a wall with curtains or without."""
    glass = "#1b2a5e" if night else rng.choice(["#8fd0f2", "#a8dcf5"])
    parts = [rect(x - 4, y - 4, width + 8, height + 8, "#ffffff", 1), rect(x, y, width, height, glass)]
    if night:
        parts.append(
            moon(x + width * 0.3, y + height * 0.3, 4.5)
            + star(x + width * 0.75, y + height * 0.3, 3.5)
            + star(x + width * 0.7, y + height * 0.75, 3)
        )
    else:
        parts.append(ellipse(x + width / 2, y + height, width * 0.5, height * 0.28, "#6cb33f"))
    parts += [rect(x + width / 2 - 1.5, y, 3, height, "#ffffff"), rect(x, y + height / 2 - 1.5, width, 3, "#ffffff")]
    if rng.random() < 0.5:
        curtain = rng.choice(["#d9534f", "#5b8fc9", "#e8b04a", "#8a6bb5", "#5fa87a"])
        parts += [
            rect(x - 12, y - 6, 13, height + 16, curtain, 2),
            rect(x + width - 1, y - 6, 13, height + 16, curtain, 2),
            rect(x - 16, y - 9, width + 32, 5, "#7a4a26", 2),
        ]
    return "".join(parts)


def lamp(x, y, height, shade):
    """A standing lamp with its foot at x, y."""
    return (
        rect(x - 2.5, y - height, 5, height, "#5a4636")
        + ellipse(x, y, 10, 3.5, "#5a4636")
        + circle(x, y - height + 4, 24, "#fff3b0", ' opacity="0.45"')
        + polygon(
            [(x - 8, y - height - 8), (x + 8, y - height - 8), (x + 15, y - height + 13), (x - 15, y - height + 13)],
            shade,
        )
    )


@thing(1.2)
def bedroom(rng, paint):
    parts = room(rng, paint, 94)
    night = rng.random() < 0.25
    word, colour = paint.colour(without=("black", "brown", "white"))
    wood, cover = paint.fill(paint.wood()), paint.fill(colour)
    parts.append(view(rng, rng.uniform(70, 84), 16, 30, 30, night))
    if rng.random() < 0.5:
        bed = [
            rect(6, 48, 9, 68, wood, 3),
            rect(106, 74, 9, 42, wood, 3),
            rect(10, 92, 100, 16, wood),
            rect(12, 78, 96, 17, "#fbfbf8", 4),
            rect(15, 66, 30, 17, "#ffffff", 7, ' stroke="#c5ccd3" stroke-width="2"'),
            path("M42 76H108V102H36Q44 90 42 76Z", cover),
            path("M42 76H54Q54 92 48 102H36Q44 90 42 76Z", paint.light(colour, 0.4)),
        ]
    else:
        bed = [
            rect(22, 42, 84, 44, wood, 8),
            rect(26, 70, 76, 42, "#fbfbf8", 4),
            rect(30, 62, 32, 17, "#ffffff", 6, ' stroke="#c5ccd3" stroke-width="2"'),
            rect(66, 62, 32, 17, "#ffffff", 6, ' stroke="#c5ccd3" stroke-width="2"'),
            path("M24 84H104L110 114H18Z", cover),
            path("M24 84H104L106 92H22Z", paint.light(colour, 0.45)),
            rect(18, 113, 92, 6, wood, 2),
        ]
    parts.append(group(*bed, move=(rng.uniform(-4, 2), rng.uniform(0, 5)), mirror=rng.random() < 0.3))
    if rng.random() < 0.4:
        parts.append(
            rect(14, 18, 24, 20, "#7a4a26", 1) + rect(17, 21, 18, 14, rng.choice(["#8fd0f2", "#f2c14e", "#9bd08a"]))
        )
    names = ["room with a bed", "bedroom", "bed in a room", f"bedroom with a {word} blanket", "bedroom with a window"]
    if night:
        names = ["bedroom at night", "room with a bed at night", *names[:3]]
    return Drawing("".join(parts), names, [])


@thing(1.2)
def living_room(rng, paint):
    parts = room(rng, paint, 96)
    word, colour = paint.colour(without=("white",))
    side = rng.choice([-1, 1])
    x = 64 - side * rng.uniform(4, 8)
    if rng.random() < 0.6:
        frame = rng.uniform(30, 40)
        parts += [
            rect(x - frame / 2, 14, frame, 26, "#7a4a26", 1),
            rect(x - frame / 2 + 4, 18, frame - 8, 18, "#9bd6f2"),
            polygon([(x - 12, 36), (x - 2, 23), (x + 10, 36)], "#5c9e5a"),
        ]
    else:
        parts.append(view(rng, x - 16, 12, 32, 28))
    parts.append(ellipse(64, 116, 58, 9, rng.choice(["#d9a0a0", "#e8d5b0", "#9fb8d0", "#c9b0d9"])))
    parts.append(
        lamp(64 + side * 52, 112, rng.uniform(70, 78), rng.choice(["#ffd75e", "#f7c948", "#ffb74d", "#ffe9a8"]))
    )
    dark, body = paint.dark(colour, 0.2), paint.fill(colour)
    sofa = [
        rect(22, 54, 84, 44, body, 10),
        rect(24, 80, 80, 24, paint.fill(paint.light(colour, 0.12)), 4),
        rect(62, 80, 4, 20, dark),
        rect(12, 70, 18, 38, dark, 8),
        rect(98, 70, 18, 38, dark, 8),
        rect(22, 106, 8, 9, "#4a3322"),
        rect(98, 106, 8, 9, "#4a3322"),
    ]
    if rng.random() < 0.6:
        sofa.append(
            group(
                rect(36, 64, 20, 18, rng.choice(["#ffd54f", "#ffffff", "#ef6c57", "#64b5f6"]), 4),
                turn=rng.uniform(-6, 6),
            )
        )
    parts.append(group(*sofa, move=(x - 64, 2), scale=rng.uniform(0.84, 0.94)))
    return Drawing(
        "".join(parts),
        [
            "living room with a sofa and a lamp",
            "living room",
            "living room with a sofa",
            f"{word} sofa in a living room",
            "room with a sofa and a lamp",
            "sofa and lamp",
        ],
        [],
    )


@thing()
def fruit_table(rng, paint):
    parts = room(rng, paint, 104)
    parts.append(view(rng, rng.choice([14, 52, 84]), 12, 30, 26))
    wood, bowl = paint.wood(), paint.colour("blue", "white", "red", "green", "orange")[1]
    parts += [
        rect(14, 88, 9, 40, paint.fill(paint.dark(wood, 0.2))),
        rect(105, 88, 9, 40, paint.fill(paint.dark(wood, 0.2))),
        rect(4, 82, 120, 11, paint.fill(wood), 3),
    ]
    x = rng.uniform(54, 74)
    fruits = [
        circle(x - 20, 52, 12, paint.fill("#e53935", "round")),
        circle(x + 20, 52, 12, paint.fill("#fb8c00", "round")),
        circle(x - 1, 44, 13, paint.fill(rng.choice(["#7cb342", "#e53935", "#fdd835"]), "round")),
        line(x - 1, 33, x + 2, 27, "#5d3a1c", 3),
        ellipse(x + 7, 29, 6, 3, "#43a047"),
    ]
    if rng.random() < 0.6:
        fruits.append(
            path(
                f"M{x - 36} 44Q{x - 16} 62 {x + 22} 52Q{x + 4} 74 {x - 24} 62Q{x - 36} 54 {x - 36} 44Z",
                "#fdd835",
                ' stroke="#c79a1e" stroke-width="1.5"',
            )
        )
    fruits.append(
        path(f"M{x - 38} 56H{x + 38}Q{x + 34} 82 {x + 14} 84H{x - 14}Q{x - 34} 82 {x - 38} 56Z", paint.fill(bowl))
    )
    parts.append("".join(fruits))
    return Drawing(
        "".join(parts),
        [
            "kitchen table with fruit",
            "fruit bowl on a table",
            "table with fruit",
            "bowl of fruit on a table",
            "kitchen table with a fruit bowl",
        ],
        [],
    )


@thing()
def fireplace(rng, paint):
    parts = room(rng, paint, 106)
    stone, x = rng.choice(["#b5573a", "#a8644a", "#9aa0a6", "#8d8378", "#c9b79c"]), rng.uniform(56, 72)
    parts += [
        rect(x - 26, 0, 52, 40, paint.fill(paint.light(stone, 0.12))),
        rect(x - 50, 40, 100, 72, paint.fill(stone)),
    ]
    mortar = paint.light(stone, 0.3)
    for row in range(5):
        y = 48 + 13 * row
        parts += [rect(x - 48 + 84 * k + (4 if row % 2 else 0), y, 9, 8, mortar, 1) for k in (0, 1)]
    parts += [
        rect(x - 56, 36, 112, 10, paint.fill(paint.wood()), 2),
        path(f"M{x - 33} 112V74Q{x - 33} 54 {x} 54Q{x + 33} 54 {x + 33} 74V112Z", "#2a1a16"),
        ellipse(x, 104, 30, 12, "#7a2a12"),
    ]
    fire = [
        path(
            FLAME,
            "#f4511e",
        ),
        path(
            FLAME_INSIDE,
            "#ffb02e",
        ),
        line(36, 114, 92, 104, "#7d4c28", 11),
        line(92, 114, 36, 104, "#8d5a34", 11),
    ]
    parts.append(group(*fire, move=(x - 64, 22), scale=0.62, mirror=rng.random() < 0.5))
    names = [
        "fireplace",
        "room with a fireplace",
        "fireplace in a living room",
        "cozy fireplace",
        "burning fireplace",
    ]
    if rng.random() < 0.35:
        for k, colour in enumerate(rng.sample(["#e53935", "#2e9e4f", "#e53935", "#3b88c3"], 3)):
            a = x - 42 + 36 * k
            parts.append(
                rect(a, 48, 9, 18, colour) + rect(a, 60, 16, 9, colour, 4) + rect(a - 1, 46, 11, 6, "#ffffff", 2)
            )
        names = ["fireplace with christmas stockings", "christmas fireplace", *names]
    return Drawing("".join(parts), names, [])


@thing()
def airplane(rng, paint):
    s = Scene(rng, paint, "day", "day", "day", "sunset", "night")
    colour = paint.colour("red", "blue", "orange", "green", "yellow")[1]
    parts = [
        s.sky(118),
        cloud(rng.uniform(20, 40), 108, 1.4, s.tone("#ffffff")),
        cloud(rng.uniform(84, 112), 114, 1.3, s.tone("#ffffff")),
    ]
    trim, body = s.fill(colour), s.fill("#f7f9fb")
    plane = [
        polygon([(56, 58), (82, 58), (58, 26), (46, 26)], s.tone("#b9c4ce")),
        polygon([(6, 60), (24, 60), (16, 28), (4, 28)], trim),
        path("M4 56H96Q122 58 124 70Q122 82 96 82H26Q8 76 4 56Z", body),
        path("M100 59Q114 61 119 67H102Z", s.window("#3f6f9a")),
        polygon([(50, 73), (80, 73), (48, 112), (34, 112)], trim),
    ]
    plane += [circle(x, 66, 3.6, s.window("#3f6f9a")) for x in (32, 44, 56, 68, 80)]
    left = rng.random() < 0.5
    turn = rng.uniform(4, 18) * (1 if left else -1)
    parts.append(
        group(
            *plane,
            move=(rng.uniform(-4, 4), rng.uniform(-14, -6)),
            turn=turn,
            scale=rng.uniform(0.86, 0.96),
            mirror=left,
        )
    )
    return s.done(
        parts, ["airplane in the sky", "airplane", "plane in the sky", "airplane above the clouds", "flying airplane"]
    )


@thing()
def birds(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "sunrise")
    parts = [s.sky(96), cloud(rng.uniform(24, 100), rng.uniform(84, 96), 1.2, s.tone("#ffffff"))]
    if rng.random() < 0.5:
        parts.append(land(rng, 114, s.grass(), 5))
    white = s.time == "day" and rng.random() < 0.5
    colour = "#ffffff" if white else rng.choice(["#2b2f3a", "#3a2c3f", "#24364f"])
    spots = [
        (rng.uniform(34, 48), rng.uniform(58, 68), 1.15),
        (rng.uniform(82, 96), rng.uniform(40, 50), 1.0),
        (rng.uniform(36, 54), rng.uniform(22, 30), 0.8),
    ]
    for x, y, size in spots:
        bird = (
            path("M64 66Q52 44 24 46Q46 52 58 74Q64 82 70 74Q82 52 104 46Q76 44 64 66Z", colour)
            + ellipse(64, 71, 6, 9, colour)
            + polygon([(62, 60), (66, 60), (64, 52)], "#f2a03d" if white else colour)
        )
        parts.append(
            group(bird, move=(x - 64, y - 64), turn=rng.uniform(-14, 14), scale=size * rng.uniform(0.5, 0.6))
        )
    names = ["birds in the sky", "birds", "flying birds", "flock of birds", "birds flying in the sky"]
    return s.done(parts, names)


@thing(1.2)
def cherry_tree(rng, paint):
    s = Scene(rng, paint, "day", "day", "day", "sunset", "night")
    x, pinks = (
        rng.uniform(54, 74),
        rng.choice(
            [["#f8a5c2", "#f78fb3", "#fbc4d8"], ["#f7b7cd", "#f48fb1", "#fddbe7"], ["#ff9ec4", "#f77fae", "#ffc2d9"]]
        ),
    )
    parts = [s.sky(92), ellipse(x, 140, 100, 38, s.grass())]
    trunk = s.tone("#6b4230")
    parts += [
        path(f"M{x - 8} 112Q{x - 2} 90 {x - 5} 66H{x + 6}Q{x + 3} 92 {x + 10} 112Z", trunk),
        line(x, 80, x - 22, 58, trunk, 6),
        line(x, 76, x + 22, 56, trunk, 6),
    ]
    for a, b, r in ((-28, 54, 19), (28, 54, 19), (-16, 34, 21), (16, 34, 21), (0, 24, 18), (0, 50, 22)):
        parts.append(circle(x + a * rng.uniform(0.9, 1.1), b, r, s.fill(pinks[0] if r > 18 else pinks[1], "round")))
    parts += [
        circle(x + rng.uniform(-38, 38), rng.uniform(18, 66), rng.uniform(3, 4.5), s.tone(rng.choice(pinks[1:])))
        for _ in range(14)
    ]
    parts += [ellipse(rng.uniform(14, 114), rng.uniform(96, 124), 3, 2.2, s.tone(pinks[2])) for _ in range(10)]
    return s.done(
        parts,
        [
            "cherry tree in bloom",
            "cherry blossom tree",
            "blooming cherry tree",
            "cherry blossoms",
            "sakura tree",
            "pink blossom tree",
        ],
    )


@thing()
def vineyard(rng, paint):
    s = Scene(rng, paint, "day", "day", "autumn", "sunset")
    horizon, x = rng.uniform(48, 60), rng.uniform(50, 78)
    parts = [
        s.sky(horizon),
        hills(s, horizon + 6, 2),
        rect(0, horizon + 4, 128, 80, s.fill(["#b08a5a", "#c29a66", "#a9b35a"])),
    ]
    leaf, grape = s.leaves(), s.tone(rng.choice(["#6a2c91", "#5b2a86", "#7b3fa0"]))
    for k in (-2.6, -1.5, -0.5, 0.5, 1.5, 2.6):
        far, near = x + k * 9, 64 + k * 52
        parts.append(
            polygon([(far - 3, horizon + 4), (far + 3, horizon + 4), (near + 17, 128), (near - 17, 128)], leaf)
        )
        for t in (0.3, 0.55, 0.85):
            a, y, r = far + (near - far) * t, horizon + 4 + (124 - horizon) * t, 2 + 11 * t
            parts.append(circle(a - r * 0.6, y, r, leaf) + circle(a + r * 0.6, y, r, leaf))
            if t > 0.5:
                parts += [
                    circle(a + dx * r, y + dy * r, r * 0.27, grape)
                    for dx, dy in ((-0.3, 0), (0.3, 0), (0, 0.4), (0, -0.1))
                ]
    if rng.random() < 0.5:
        parts.append(house(s, rng.uniform(22, 104), horizon + 6, 28, 16))
    return s.done(parts, ["vineyard", "vineyard on a hill", "vineyard landscape", "rows of grapevines"])


@thing()
def wheat_field(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "sunrise")
    horizon = rng.uniform(54, 68)
    gold = rng.choice(["#e8b33a", "#f0c24b", "#dba52f"])
    parts = [s.sky(horizon)]
    parts.append(hills(s, horizon + 4, 1))
    if rng.random() < 0.5:
        parts.append(tree(s, rng.choice([20, 108]), horizon + 10, 44))
    parts.append(land(rng, horizon + 6, s.fill(gold), 4))
    for y, size, step in ((horizon + 22, 0.8, 13), (horizon + 40, 1.2, 17)):
        for k in range(int(128 / step) + 2):
            x = k * step + rng.uniform(-3, 3)
            ear, dark = s.tone(paint.light(gold, 0.2)), s.tone(paint.dark(gold, 0.25))
            parts.append(line(x, y, x - 2, 128, dark, 2.6 * size))
            for j in range(3):
                parts.append(
                    ellipse(x - 3.4 * size, y + j * 6 * size, 2.6 * size, 4.4 * size, ear)
                    + ellipse(x + 3.4 * size, y + j * 6 * size, 2.6 * size, 4.4 * size, dark)
                )
            parts.append(ellipse(x, y - 5 * size, 2.8 * size, 5 * size, ear))
    return s.done(parts, ["wheat field", "field of wheat", "golden wheat field", "grain field"])


@thing()
def fireworks(rng, paint):
    s = Scene(rng, paint, "night")
    s.dark = True
    parts = [s.sky(70, lamp=False)]
    for x, y, r in (
        (rng.uniform(30, 44), rng.uniform(40, 50), 27),
        (rng.uniform(84, 98), rng.uniform(30, 42), 30),
        (rng.uniform(60, 70), rng.uniform(60, 68), 18),
    ):
        colour = rng.choice(["#ff4d6d", "#ffd43b", "#4dd2ff", "#7dff7a", "#c77dff", "#ff922b"])
        for k in range(12):
            a = k * math.pi / 6
            ex, ey = x + math.cos(a) * r, y + math.sin(a) * r
            parts.append(
                line(x + math.cos(a) * r * 0.3, y + math.sin(a) * r * 0.3, ex, ey, colour, 3)
                + circle(ex, ey, 2.6, paint.light(colour, 0.5))
            )
    town = rng.random() < 0.6
    if town:
        x = -4
        while x < 126:
            width = rng.choice([18, 27])
            parts.append(tower(s, x, 128, width, rng.uniform(22, 46), rng.choice(["#3f4f7a", "#55608a", "#4a456f"])))
            x += width
    else:
        parts.append(land(rng, 110, s.fill(PINES), 4))
    names = ["fireworks in the night sky", "fireworks", "fireworks at night", "new year fireworks"]
    return Drawing(
        "".join(parts), ["fireworks over a city", "fireworks over the city at night", *names] if town else names, []
    )


@thing()
def haunted_house(rng, paint):
    s = Scene(rng, paint, "night")
    s.top, s.bottom = rng.choice([("#1a1033", "#5a3a7c"), ("#101533", "#3f3a7a"), ("#2a0f3a", "#b5542f")])
    wall, roof = rng.choice(["#3a3150", "#2f2b45", "#463a55"]), rng.choice(["#1c1730", "#241c38"])
    parts = [
        s.sky(60, lamp=False),
        stars(rng, 50, 6),
        moon(rng.choice([30, 98]), rng.uniform(30, 38), rng.uniform(20, 25), False, "#ffe9a0"),
        ellipse(64, 134, 86, 30, "#1f2a2a"),
    ]
    home = [
        rect(40, 52, 48, 62, wall),
        polygon([(32, 54), (96, 54), (64, 18)], roof),
        rect(20, 72, 26, 42, wall),
        polygon([(14, 74), (50, 74), (33, 46)], roof),
        rect(84, 78, 22, 36, wall),
        polygon([(80, 80), (112, 80), (95, 54)], roof),
        rect(56, 88, 16, 26, "#120d1f", 7),
    ]
    home += [
        rect(x, y, w, h, LIT, 4)
        for x, y, w, h in ((47, 62, 11, 16), (70, 62, 11, 16), (28, 84, 10, 14), (90, 88, 10, 13), (59, 36, 10, 12))
    ]
    parts.append(group(*home, move=(rng.uniform(-5, 5), 0), mirror=rng.random() < 0.5))
    for x, y in ((rng.uniform(14, 30), rng.uniform(16, 30)), (rng.uniform(94, 110), rng.uniform(12, 36))):
        parts.append(
            path(f"M{x} {y}q-4 -6 -14 -4q4 3 3 9q5 -3 7 1l4 4l4 -4q2 -4 7 -1q-1 -6 3 -9q-10 -2 -14 4Z", "#0d0a18")
        )
    if rng.random() < 0.5:
        parts += [
            ellipse(x, 118, 10, 8, "#f57c00")
            + rect(x - 1.5, 107, 3, 5, "#4e7a2a")
            + polygon([(x - 6, 117), (x - 2, 117), (x - 4, 113)], LIT)
            + polygon([(x + 2, 117), (x + 6, 117), (x + 4, 113)], LIT)
            for x in (22, 106)
        ]
    return Drawing(
        "".join(parts),
        [
            "haunted house at night",
            "haunted house",
            "haunted house under a full moon",
            "halloween night",
            "spooky house",
        ],
        [],
    )


@thing()
def ferris_wheel(rng, paint):
    s = Scene(rng, paint, "night", "day", "day", "sunset")
    x, y, r, turn = rng.uniform(58, 70), rng.uniform(52, 56), rng.uniform(38, 42), rng.uniform(0, 0.7)
    frame = (
        s.tone(paint.colour("red", "white", "blue", "purple")[1])
        if s.time != "night"
        else rng.choice(["#ff6b9d", "#7cc7ff", "#e8e8ff"])
    )
    parts = [
        s.sky(96),
        land(rng, 112, s.grass(), 3),
        polygon(
            [(x - 4, y), (x + 4, y), (x + 30, 118), (x + 20, 118), (x, y + 14), (x - 20, 118), (x - 30, 118)],
            s.tone("#8794a3"),
        ),
    ]
    parts.append(circle(x, y, r, "none", f' stroke="{frame}" stroke-width="5"'))
    colours = ["#e53935", "#fdd835", "#43a047", "#1e88e5", "#fb8c00", "#ab47bc", "#ec6a9c", "#26c6da"]
    for k in range(8):
        a = turn + k * math.pi / 4
        ex, ey = x + math.cos(a) * r, y + math.sin(a) * r
        parts.append(line(x, y, ex, ey, frame, 2.6))
    for k in range(8):
        a = turn + k * math.pi / 4
        ex, ey = x + math.cos(a) * r, y + math.sin(a) * r
        parts.append(
            path(
                f"M{ex - 8:.1f} {ey + 1:.1f}H{ex + 8:.1f}V{ey + 5:.1f}A8 7 0 0 1 {ex - 8:.1f} {ey + 5:.1f}Z"
                f"M{ex - 8:.1f} {ey - 1:.1f}A8 8 0 0 1 {ex + 8:.1f} {ey - 1:.1f}Z",
                colours[k],
            )
        )
    parts.append(circle(x, y, 6, "#ffd43b"))
    return s.done(
        parts, ["ferris wheel", "ferris wheel in a park", "amusement park with a ferris wheel", "fairground"]
    )


@thing()
def church(rng, paint):
    s = Scene(rng, paint, "day", "day", "night", "sunset", "snow", "autumn")
    wall, roof = s.fill(["#fbf7ec", "#e8dcc4", "#c9b79c", "#d98f6c"]), s.fill(ROOFS)
    parts = [s.sky(90), ellipse(rng.uniform(50, 78), 140, 90, 38, s.grass())]
    building = [
        rect(50, 66, 58, 46, wall),
        polygon([(46, 68), (60, 44), (100, 44), (112, 68)], roof),
        rect(22, 44, 32, 68, wall),
        polygon([(17, 46), (59, 46), (38, 8)], roof),
        rect(36, -4, 4, 16, s.tone("#e0b030")),
        rect(32, 0, 12, 4, s.tone("#e0b030")),
        rect(30, 90, 16, 22, s.tone("#6b4423"), 8),
        circle(38, 60, 7, s.window()),
    ]
    building += [rect(x, 78, 9, 20, s.window(), 4.5) for x in (60, 76, 92)]
    if s.time == "snow":
        building.append(
            path(
                "M44 68L59 42H101L114 68M17 46L38 8L59 46",
                "none",
                ' stroke="#ffffff" stroke-width="5" stroke-linejoin="round"',
            )
        )
    parts.append(
        group(*building, move=(0, rng.uniform(4, 8)), scale=rng.uniform(0.84, 0.94), mirror=rng.random() < 0.5)
    )
    return s.done(parts, ["church on a hill", "church", "village church", "small church"])


@thing()
def igloo(rng, paint):
    s = Scene(rng, paint, "snow", "day", "night")
    x, y, snow = rng.uniform(50, 66), rng.uniform(104, 112), s.fill(["#f3f9fd", "#e8f3fb"])
    ice, edge = s.fill(["#e3f1fa", "#d3e8f5"]), s.tone("#9cc0d8")
    parts = [s.sky(74), mountain(s, rng.uniform(90, 110), 92, 44, 36, "#9fb8cc"), land(rng, 88, snow, 3)]
    parts.append(
        path(
            f"M{x - 46} {y}A46 {rng.uniform(48, 54):.1f} 0 0 1 {x + 46} {y}Z",
            ice,
            f' stroke="{edge}" stroke-width="3"',
        )
    )
    parts += [
        path(f"M{x - a} {y - h}Q{x} {y - h - 8} {x + a} {y - h}", "none", f' stroke="{edge}" stroke-width="2.6"')
        for a, h in ((44, 15), (36, 31))
    ]
    parts += [
        line(x + dx, y - h, x + dx * 0.95, y - h - 13, edge, 2.6)
        for dx, h in ((-28, 2), (-16, 18), (-32, 18), (2, 18), (-8, 35), (12, 35))
    ]
    parts += [
        path(
            f"M{x + 8} {y + 3}V{y - 16}A19 20 0 0 1 {x + 46} {y - 16}V{y + 3}Z",
            ice,
            f' stroke="{edge}" stroke-width="3"',
        ),
        path(
            f"M{x + 16} {y + 3}V{y - 12}A11 13 0 0 1 {x + 38} {y - 12}V{y + 3}Z",
            "#ffc85a" if s.time == "night" else s.tone("#2f4a66"),
        ),
    ]
    names = ["igloo in the snow", "igloo", "igloo in the arctic", "snow house", "ice house"]
    if s.time == "night":
        names = ["igloo at night", "igloo in the snow at night", "igloo under the stars"]
    return Drawing("".join(parts) + s.over(), names, [])


def meadow(rng, paint):
    """-> (scene, parts) of a meadow with hills, perhaps with a fence."""
    s = Scene(rng, paint, "day", "day", "day", "sunset", "autumn")
    parts = [s.sky(70), hills(s, 80, 2), land(rng, 88, s.grass(), 4)]
    if rng.random() < 0.5:
        parts.append(
            rect(0, 74, 128, 4, s.tone("#8a5a34"))
            + rect(0, 84, 128, 4, s.tone("#8a5a34"))
            + "".join(rect(8 + 26 * k, 68, 6, 26, s.tone("#7a4a26"), 1) for k in range(5))
        )
    return s, parts


@thing(0.7)
def cow_meadow(rng, paint):
    s, parts = meadow(rng, paint)
    fur, spot = rng.choice(
        [("#ffffff", "#2b2f33"), ("#ffffff", "#8a4b20"), ("#a0632d", "#f5ead8"), ("#f5ead8", "#7a4a26")]
    )
    fur, spot, pink = s.fill(fur), s.tone(spot), s.tone("#f5b5b0")
    animal = [rect(x, 76, 9, 38, fur, 3) + rect(x, 108, 9, 7, s.tone("#3a2f2a"), 1) for x in (28, 42, 74, 88)]
    animal += [
        rect(20, 42, 82, 44, fur, 16),
        ellipse(46, 56, 14, 11, spot),
        ellipse(78, 68, 13, 12, spot),
        ellipse(66, 87, 9, 7, pink),
        line(20, 52, 12, 84, spot, 4.5),
        polygon([(92, 26), (86, 14), (100, 22)], s.tone("#e8dcc0")),
        polygon([(114, 26), (121, 14), (107, 22)], s.tone("#e8dcc0")),
        ellipse(85, 32, 9, 5, spot),
        ellipse(121, 32, 9, 5, spot),
        rect(90, 20, 26, 36, fur, 11),
        ellipse(103, 54, 16, 11, pink),
        circle(97, 36, 3, "#16181a"),
        circle(109, 36, 3, "#16181a"),
        circle(98, 54, 2.4, "#8a5a55"),
        circle(108, 54, 2.4, "#8a5a55"),
    ]
    names = ["cow in a meadow", "cow in a field", "cow on the grass", "cow on a farm"]
    parts.append(
        group(
            *animal,
            move=(rng.uniform(-6, 2), rng.uniform(2, 8)),
            scale=rng.uniform(0.8, 0.95),
            mirror=rng.random() < 0.5,
        )
    )
    return s.done(parts, names)


@thing(0.7)
def sheep_meadow(rng, paint):
    s, parts = meadow(rng, paint)
    wool, face = s.fill(["#ffffff", "#f7f3ea"]), s.tone(rng.choice(["#3a3533", "#e8c9a8"]))
    animal = [rect(x, 84, 9, 32, face, 3) for x in (34, 46, 70, 82)]
    animal += [
        circle(x, y, 18, wool)
        for x, y in ((28, 66), (40, 52), (60, 48), (80, 52), (90, 66), (78, 80), (58, 84), (38, 80))
    ] + [ellipse(60, 66, 34, 24, wool)]
    animal += [
        ellipse(86, 50, 9, 5, face),
        ellipse(116, 50, 9, 5, face),
        ellipse(101, 58, 14, 19, face),
        circle(101, 42, 11, wool),
        circle(96, 56, 3, "#ffffff"),
        circle(106, 56, 3, "#ffffff"),
        circle(96, 56, 1.6, "#111"),
        circle(106, 56, 1.6, "#111"),
    ]
    names = ["sheep in a meadow", "sheep in a field", "sheep on the grass", "sheep on a farm"]
    parts.append(
        group(
            *animal,
            move=(rng.uniform(-6, 2), rng.uniform(2, 8)),
            scale=rng.uniform(0.8, 0.95),
            mirror=rng.random() < 0.5,
        )
    )
    return s.done(parts, names)


@thing()
def duck_pond(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "autumn")
    kind = rng.choice(["duck", "swan"])
    parts = [
        s.sky(60),
        hills(s, 66, 1),
        tree(s, rng.choice([14, 114]), 78, 46),
        rect(0, 72, 128, 56, s.grass()),
        ellipse(64, 104, 66, 30, s.fill(["#4ba6d9", "#3b9fcf", "#56b4dd"])),
    ]
    reed = s.tone("#3f7f35")
    parts += (
        [
            line(x, 96, x + d, 62, reed, 3.5) + rect(x + d - 3, 54, 6, 16, s.tone("#7a4a26"), 3)
            for x, d in ((112, 3), (120, -2))
        ]
        if rng.random() < 0.6
        else []
    )
    if kind == "swan":
        white = s.fill("#ffffff")
        bird = [
            path("M30 74Q34 96 62 96H84Q108 94 112 62Q98 74 82 64Q60 56 46 74Z", white),
            path(
                "M42 80C26 66 52 48 40 30Q32 22 24 34",
                "none",
                f' stroke="{s.tone("#ffffff")}" stroke-width="10" stroke-linecap="round"',
            ),
            polygon([(20, 30), (8, 40), (24, 42)], s.tone("#f4900c")),
            circle(29, 32, 2.2, "#16181a"),
        ]
        names = ["swan on a lake", "swan on a pond", "swan on the water", "white swan"]
    else:
        word, colour = rng.choice([("yellow", "#fdd835"), ("white", "#fbfbf8"), ("brown", "#a0703d")])
        body, head = s.fill(colour), s.fill("#2f8a4a" if word == "brown" else colour)
        bird = [
            path("M26 66Q24 96 60 96H80Q104 94 110 60Q96 70 82 66Q62 62 50 66Z", body),
            circle(38, 48, 18, head),
            ellipse(18, 52, 11, 6, s.tone("#f57c00")),
            circle(33, 44, 3, "#16181a"),
            path("M58 74Q76 66 96 76Q84 92 66 88Z", s.tone(paint.dark(colour, 0.15))),
        ]
        names = [
            "duck on a pond",
            "duck on a lake",
            "duck on the water",
            f"{word} duck on a pond",
            "pond with a duck",
        ]
    parts.append(
        group(
            *bird,
            move=(rng.uniform(-6, 6), rng.uniform(4, 10)),
            scale=rng.uniform(0.74, 0.9),
            mirror=rng.random() < 0.5,
        )
    )
    parts += [wave(x, y, s.tone("#d3eefa")) for x, y in ((22, 112), (58, 122), (84, 114))]
    return s.done(parts, names)


@thing()
def sky_only(rng, paint):
    s = Scene(rng, paint, "day")
    s.sunny = False
    sunny, x, y = rng.random() < 0.6, rng.uniform(48, 80), rng.uniform(46, 58)
    parts = [s.sky(80, clouds=False)]
    if sunny:
        parts.append(sun(x, y, rng.uniform(22, 28), "#ffd43b", rng.random() < 0.6))
        names = [
            "sun and clouds",
            "sun in the sky",
            "sunny sky",
            "sun behind clouds",
            "blue sky with the sun",
            "sunny day",
        ]
    else:
        parts.append(cloud(x, y, rng.uniform(1.8, 2.3)))
        names = ["clouds in the sky", "clouds", "blue sky with clouds", "white clouds", "cloudy sky"]
    parts += [
        cloud(rng.uniform(28, 42), rng.uniform(76, 90), rng.uniform(1.2, 1.5)),
        cloud(rng.uniform(84, 100), rng.uniform(82, 100), rng.uniform(1.1, 1.5)),
    ]
    if rng.random() < 0.4:
        parts.append(land(rng, 114, s.grass(), 4))
    return Drawing("".join(parts), names, [])


@thing()
def christmas_tree(rng, paint):
    s = Scene(rng, paint, "snow", "night", "night")
    night, x = s.time == "night", rng.uniform(58, 70)
    sky, s.time = s.sky(80), "snow"
    parts = [sky, land(rng, 100, s.fill("#eef5fb"), 4)]
    if rng.random() < 0.6:
        parts.append(house(s, rng.choice([16, 112]), 104, 34, 24))
    parts.append(pine(s, x, 118, 104, rng.random() < 0.4))
    for row, (y, half) in enumerate(((40, 8), (60, 15), (78, 20), (96, 24))):
        for k in range(2 + (row > 0)):
            parts.append(
                circle(
                    x - half + 2 * half * k / (1 + (row > 0)),
                    y + rng.uniform(-3, 3),
                    4,
                    rng.choice(["#ff4d4d", "#ffd43b", "#4dc3ff", "#ff8ad1"]),
                )
            )
    parts.append(star(x, 14, 11, "#ffd43b"))
    for k, colour in enumerate(rng.sample(["#e53935", "#1e88e5", "#8e24aa", "#fb8c00"], 2)):
        a = x + (-40 if k == 0 else 22)
        parts += [rect(a, 104, 20, 17, colour, 1), rect(a + 8, 104, 4, 17, "#ffe082")]
    names = ["christmas tree in the snow", "christmas tree", "decorated christmas tree", "christmas tree with gifts"]
    if night:
        names = ["christmas tree at night", "christmas tree in the snow at night", "christmas night", *names[2:]]
    return Drawing("".join(parts) + s.over(), names, [])


@thing()
def torii(rng, paint):
    s = Scene(rng, paint, "day", "sunset", "day", "night")
    s.light_x = rng.choice([20, 108])
    red, dark = s.fill(["#d9352b", "#e04a2f"]), s.tone("#2f2a2a")
    parts = [
        s.sky(84),
        mountain(s, 64 + rng.uniform(-14, 14), 100, 70, rng.uniform(58, 70), "#6f86b5"),
        sea(s, 94) if rng.random() < 0.6 else land(rng, 94, s.grass(), 3),
    ]
    gate = [
        rect(30, 40, 11, 80, red),
        rect(87, 40, 11, 80, red),
        rect(18, 52, 92, 9, red),
        path("M8 24Q64 34 120 24L116 40Q64 48 12 40Z", red),
        path("M6 18Q64 30 122 18L120 27Q64 36 8 27Z", dark),
        rect(58, 38, 12, 16, dark),
        rect(27, 112, 17, 9, dark),
        rect(84, 112, 17, 9, dark),
    ]
    parts.append(group(*gate, move=(rng.uniform(-6, 6), rng.uniform(-2, 4)), scale=rng.uniform(0.82, 0.96)))
    return s.done(
        parts, ["torii gate with a mountain", "torii gate", "japanese gate", "red gate in japan", "shinto shrine"]
    )


@thing()
def jungle(rng, paint):
    s = Scene(rng, paint, "day", "day", "rain", "night")
    greens = ["#1f7a3d", "#2e9a4a", "#45b058", "#166534", "#5cbf5a"]
    parts = [s.sky(60), land(rng, 60, s.fill("#2f8f4f"), 8), land(rng, 96, s.fill("#1f6b3a"), 4)]
    parts += [
        palm(s, x, 112, rng.uniform(74, 92), rng.uniform(-10, 10))
        for x in (rng.uniform(20, 32), rng.uniform(94, 108))
    ]
    parts.append(palm(s, rng.uniform(56, 72), 116, rng.uniform(56, 70), rng.uniform(-8, 8)))
    for k in range(9):
        x, h, lean = 6 + 15 * k, rng.uniform(28, 46), rng.uniform(-12, 12)
        parts.append(
            path(
                f"M{x:.1f} 130Q{x - 12 + lean:.1f} {128 - h * 0.6:.1f} {x + lean:.1f} {128 - h:.1f}"
                f"Q{x + 14 + lean:.1f} {128 - h * 0.5:.1f} {x:.1f} 130Z",
                s.fill(greens),
            )
        )
    return s.done(parts, ["jungle", "tropical jungle", "rainforest", "jungle with palm trees", "tropical forest"])


@thing()
def whale(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "night")
    horizon, skin = rng.uniform(60, 70), s.fill(["#3f6fa8", "#4a86c5", "#56708a", "#2f5d8c"])
    parts = [s.sky(horizon), sea(s, horizon)]
    spray = s.tone("#d9f1fd")
    body = [
        path(
            "M46 40Q46 22 32 20M46 40Q46 22 60 20M46 40V18",
            "none",
            f' stroke="{spray}" stroke-width="5" stroke-linecap="round"',
        ),
        path(
            "M6 78Q6 44 46 44Q78 44 94 66Q104 62 104 46Q92 44 88 32Q104 30 108 40"
            "Q112 30 127 30Q126 44 114 48Q118 96 78 100H36Q8 100 6 78Z",
            skin,
        ),
        path("M6 80Q34 92 66 84Q60 100 44 100H34Q10 98 6 80Z", s.tone("#e6eef4")),
        circle(28, 70, 3.6, "#14181c"),
    ]
    parts.append(
        group(
            *body,
            move=(rng.uniform(-3, 3), rng.uniform(4, 10)),
            scale=rng.uniform(0.88, 0.98),
            mirror=rng.random() < 0.5,
        )
    )
    parts.append(path("M0 112q8 -8 16 0t16 0t16 0t16 0t16 0t16 0t16 0t16 0V128H0Z", s.fill(SEAS)))
    return s.done(parts, ["whale in the sea", "whale", "blue whale in the ocean", "whale in the ocean"])


@thing()
def kitchen(rng, paint):
    parts = room(rng, paint, 108)
    word, colour = paint.colour("white", "blue", "green", "red", "yellow", "gray")
    front, dark, top = (
        paint.fill(colour),
        paint.dark(colour, 0.25),
        paint.fill(rng.choice(["#8a5a34", "#4f565e", "#c9a06a"])),
    )
    parts.append(view(rng, 50, 14, 30, 28))
    parts += [
        rect(4, 10, 34, 34, front, 2),
        rect(20, 12, 2, 30, dark),
        rect(92, 10, 34, 34, front, 2),
        rect(108, 12, 2, 30, dark),
    ]
    parts += [
        rect(0, 72, 128, 40, front),
        rect(0, 66, 128, 8, top),
        rect(48, 74, 40, 38, "#e3e7ea"),
        rect(53, 86, 30, 20, "#3a4048", 3),
        rect(53, 80, 30, 4, "#8a929a", 2),
    ]
    parts += [
        rect(22, 76, 2.5, 34, dark),
        rect(106, 76, 2.5, 34, dark),
        circle(17, 90, 2.4, dark),
        circle(30, 90, 2.4, dark),
        circle(101, 90, 2.4, dark),
        circle(114, 90, 2.4, dark),
    ]
    pot = rng.choice(["#e53935", "#9aa4ad", "#3b88c3", "#f57c00"])
    parts += [
        rect(54, 50, 28, 16, paint.fill(pot), 3),
        rect(50, 54, 36, 5, paint.dark(pot, 0.2), 2),
        rect(53, 46, 30, 5, paint.dark(pot, 0.2), 2),
    ]
    parts += [rect(12, 48, 10, 18, "#f2c14e", 3), circle(104, 58, 8, "#e53935"), circle(114, 59, 7, "#7cb342")]
    return Drawing(
        "".join(parts),
        ["kitchen", "kitchen with a stove", "kitchen room", f"{word} kitchen", "pot on a stove in a kitchen"],
        [],
    )


@thing()
def bathroom(rng, paint):
    tile = rng.choice(["#a8d8e8", "#bfe3d4", "#f3c9d0", "#c9d6ea", "#f2e2b8"])
    parts = [
        rect(0, 0, 128, 128, paint.fill(tile)),
        *(rect(0, 22 * k + 20, 128, 2, paint.light(tile, 0.5)) for k in range(4)),
        *(rect(24 * k + 15, 0, 2, 98, paint.light(tile, 0.5)) for k in range(5)),
        rect(0, 98, 128, 30, paint.fill(rng.choice(["#8a9aa8", "#c9b79c", "#6f8796"]))),
    ]
    tub = [
        rect(18, 106, 12, 10, "#c9a24a", 3),
        rect(98, 106, 12, 10, "#c9a24a", 3),
        path(
            "M8 64H120Q120 110 92 110H36Q8 110 8 64Z",
            paint.fill(rng.choice(["#ffffff", "#fafcfd", "#f5f0e8"])),
            ' stroke="#b5c0c9" stroke-width="2"',
        ),
        rect(2, 60, 124, 10, "#ffffff", 5, ' stroke="#b5c0c9" stroke-width="2"'),
        path(
            "M104 60V34Q104 26 96 26Q88 26 88 36", "none", ' stroke="#8d99a5" stroke-width="6" stroke-linecap="round"'
        ),
    ]
    tub += [
        circle(
            18 + 13 * k,
            57 + rng.uniform(-4, 2),
            rng.uniform(8, 11),
            "#ffffff",
            ' stroke="#cfe3ee" stroke-width="1.5"',
        )
        for k in range(5)
    ]
    duck = rng.random() < 0.5
    if duck:
        tub += [
            ellipse(46, 48, 14, 9, "#fdd835"),
            circle(38, 36, 9, "#fdd835"),
            ellipse(28, 38, 5, 3, "#f57c00"),
            circle(36, 34, 1.8, "#16181a"),
        ]
    parts.append(group(*tub, move=(0, rng.uniform(-2, 4)), scale=rng.uniform(0.86, 0.96), mirror=rng.random() < 0.5))
    return Drawing(
        "".join(parts),
        [
            "bathroom with a bathtub",
            "bathroom",
            "bathtub in a bathroom",
            "bubble bath",
            *(["bathtub with a rubber duck"] if duck else []),
        ],
        [],
    )


@thing()
def office(rng, paint):
    parts = room(rng, paint, 100)
    wood = paint.wood()
    parts.append(view(rng, rng.choice([16, 82]), 10, 28, 26))
    parts += [
        rect(12, 84, 9, 44, paint.fill(paint.dark(wood, 0.2))),
        rect(84, 84, 34, 40, paint.fill(paint.dark(wood, 0.1)), 2),
        rect(94, 94, 14, 4, "#e8d5b0", 2),
        rect(94, 110, 14, 4, "#e8d5b0", 2),
        rect(2, 78, 124, 9, paint.fill(wood), 2),
    ]
    screen = rng.choice(["#4fa3e0", "#3b4a63", "#6fc7b5", "#7b6fd0"])
    parts += [
        rect(58, 66, 10, 10, "#6b757c"),
        rect(48, 74, 30, 5, "#6b757c", 2),
        rect(36, 34, 54, 36, "#2b2f33", 3),
        rect(40, 38, 46, 28, screen),
        rect(45, 44, 22, 4, paint.light(screen, 0.6), 2),
        rect(45, 53, 32, 4, paint.light(screen, 0.6), 2),
    ]
    if rng.random() < 0.6:
        parts += [
            line(16, 76, 12, 56, "#4a5056", 4),
            line(12, 56, 22, 42, "#4a5056", 4),
            polygon([(14, 46), (26, 36), (34, 50), (22, 54)], "#e5532d"),
            rect(8, 74, 18, 5, "#4a5056", 2),
        ]
    else:
        parts += [
            rect(8, 66, 22, 6, "#e53935", 1),
            rect(10, 60, 20, 6, "#3b88c3", 1),
            rect(8, 72, 24, 6, "#43a047", 1),
        ]
    parts.append(rect(102, 64, 13, 15, paint.colour("red", "white", "yellow", "green")[1], 2))
    return Drawing(
        "".join(parts),
        [
            "desk with a computer",
            "office",
            "office desk with a computer",
            "home office",
            "computer on a desk",
            "workplace with a computer",
        ],
        [],
    )


@thing()
def harbor(rng, paint):
    s = Scene(rng, paint, "day", "day", "sunset", "night")
    horizon = 66
    parts = [s.sky(50), hills(s, 58, 1)]
    parts += [house(s, 16 + 32 * k, horizon + 2, 26, rng.uniform(18, 24)) for k in range(4)]
    parts += [rect(0, horizon, 128, 7, s.fill("#a89a88")), sea(s, horizon + 6)]
    parts.append(
        sailboat(s, rng.uniform(30, 40), 104, rng.uniform(0.66, 0.74))
        + sailboat(s, rng.uniform(88, 98), 116, rng.uniform(0.7, 0.8))
    )
    return s.done(
        parts, ["harbor with boats", "harbor", "harbour with sailboats", "sailboats in a harbor", "fishing village"]
    )
