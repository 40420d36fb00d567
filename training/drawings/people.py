"""Drawings of people: portraits with random attributes, professions and actions."""

import math
from dataclasses import dataclass

from drawings import Drawing, circle, ellipse, group, line, path, polygon, rect, thing

SKINS = [
    ("yellow", "#ffcc4d"), ("yellow", "#fdc62f"), ("yellow", "#ffcf57"), ("light", "#f9d9b8"), ("light", "#fadcbc"),
    ("light", "#f2c9a3"), ("medium", "#dba97a"), ("medium", "#bf8f68"), ("dark", "#9b643d"), ("dark", "#7a4a2b"),
]  # fmt: skip
HAIRS = {
    "black": ["#26221f", "#1d1b1e"],
    "brown": ["#6b3e1f", "#7d4a24", "#5d3417"],
    "blond": ["#f6dc7a", "#f2cf5b", "#e9c25a"],
    "red": ["#d2491b", "#c5400f", "#e2571f"],
    "gray": ["#98a2a9", "#8b959b"],
    "white": ["#eceff1", "#e3e8eb"],
    "blue": ["#2f7fd6", "#3f94e8"],
    "pink": ["#f06fae", "#f58bc0"],
    "green": ["#4caf50", "#3a9a4a"],
    "purple": ["#8e44ad", "#7d52c4"],
}
NOUNS = {
    "man": ["man", "man", "guy"],
    "woman": ["woman", "woman", "lady"],
    "boy": ["boy", "boy", "kid"],
    "girl": ["girl", "girl", "kid"],
    "child": ["child", "kid"],
    "baby": ["baby", "infant"],
    "old man": ["old man", "grandfather", "elderly man", "grandpa"],
    "old woman": ["old woman", "grandmother", "elderly woman", "grandma"],
}
MALE, FEMALE = ("man", "boy", "old man"), ("woman", "girl", "old woman")
INK, GOLD, METAL, WOOD = "#2b2520", "#f5b81f", "#a9b7c0", "#8a5a2b"


@dataclass
class Person:
    """What one person looks like; `hat` and so on are empty when there is none."""

    kind: str
    tone: str
    skin: str
    hair_word: str
    hair: str
    form: str
    style: str = "shirt"
    cloth: str = "#3b88c3"
    cloth_word: str = "blue"
    beard: str = ""
    beard_word: str = ""
    beard_hex: str = ""
    glasses: str = ""
    rim: str = INK
    hat: str = ""
    hat_word: str = ""
    hat_hex: str = ""
    scarf: tuple = ()
    bow_tie: tuple = ()
    mood: str = "neutral"
    fringe: int = 0
    width: float = 30.0


def edge(paint, colour):
    """The drawing's outline; else a thin gray one around parts that are nearly white."""
    if paint.outline():
        return paint.outline()
    bright = sum(int(colour[i : i + 2], 16) for i in (1, 3, 5)) > 660
    return ' stroke="#aab4bc" stroke-width="2.5" stroke-linejoin="round"' if bright else ""


def stroke(data, colour, width):
    more = f' stroke="{colour}" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round"'
    return path(data, "none", more)


def limb(points, colour, width=11):
    return stroke("M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points), colour, width)


def shape(paint, data, colour, direction="down"):
    return path(data, paint.fill(colour, direction), edge(paint, colour))


# --- hair ---


def ring(x, y, rx, ry, radius, count, colour, more="", start=0.0, end=360.0):
    """Circles along an ellipse: curls."""
    angles = [math.radians(start + (end - start) * i / (count - 1)) for i in range(count)]
    return "".join(circle(x + rx * math.cos(a), y + ry * math.sin(a), radius, colour, more) for a in angles)


def hair_back(paint, p):
    """The part of the hair behind the face."""
    colour, more = paint.dark(p.hair, 0.12), edge(paint, p.hair)
    if p.form == "long":
        data = "M28 56 C24 10 104 10 100 56 L107 110 C100 121 86 117 84 100 L44 100 C42 117 28 121 21 110Z"
        return path(data, colour, more)
    if p.form == "bob":
        data = "M27 54 C24 10 104 10 101 54 L105 88 C98 97 86 95 84 86 L44 86 C42 95 30 97 23 88Z"
        return path(data, colour, more)
    if p.form == "curly":
        return ring(64, 52, 34, 31, 13, 9, colour, more, 150, 390) + ellipse(64, 48, 36, 32, colour)
    if p.form == "long curly":
        curls = "".join(circle(x, y, 13, colour, more) for y in (58, 76, 94) for x in (28 - y * 0.04, 100 + y * 0.04))
        return curls + ring(64, 48, 34, 27, 14, 8, colour, more, 175, 365) + ellipse(64, 50, 38, 34, colour)
    if p.form == "afro":
        return ring(64, 44, 38, 34, 11, 13, colour, more, 140, 400) + ellipse(64, 44, 42, 38, colour)
    if p.form == "ponytail":
        tail = "M88 30 C122 14 126 60 112 100 C106 92 104 84 104 74 C100 60 96 50 86 44Z"
        return path(tail, colour, more) + ellipse(91, 34, 7, 9, "#e0457b")
    if p.form == "pigtails":
        return "".join(
            path(f"M{64 + s * 28} 44 C{64 + s * 64} 26 {64 + s * 66} 78 {64 + s * 48} 96 "
                 f"C{64 + s * 38} 84 {64 + s * 36} 66 {64 + s * 28} 52Z", colour, more)
            + circle(64 + s * 34, 46, 7, "#e0457b") for s in (-1, 1)
        )  # fmt: skip
    if p.form == "bun":
        return circle(64, 15, 15, paint.fill(p.hair, "round"), more) + rect(54, 24, 20, 6, "#e0457b", 3)
    return ""


def braids(paint, p):
    if p.form != "braids":
        return ""
    more, parts = ' stroke="' + paint.dark(p.hair, 0.35) + '" stroke-width="2.5"', ""
    for s in (-1, 1):
        for i in range(4):
            parts += ellipse(64 + s * (33 + 1.5 * i), 66 + 13 * i, 9.5 - i * 0.6, 8.5, p.hair, more)
        parts += circle(64 + s * 38.5, 115, 5.5, "#e0457b")
        parts += ellipse(64 + s * 39, 122, 6, 6, p.hair)
    return parts


TOP = "M31 64 C24 8 104 8 97 64 "
FRINGES = [
    TOP + "C94 52 92 48 84 42 C70 46 56 44 44 40 C38 46 34 52 31 64Z",
    TOP + "C95 52 90 46 78 36 C70 46 44 48 38 46 C34 52 33 56 31 64Z",
    TOP + "C96 54 94 50 90 46 L38 46 C34 50 33 54 31 64Z",
    TOP + "C94 50 84 44 64 30 C44 44 34 50 31 64Z",
]
SPIKES = "M31 62 L25 40 L35 38 L32 20 L46 25 L50 9 L62 20 L74 8 L80 22 L95 18 L93 36 L103 40 L97 62 L91 46 L38 46Z"


def hair_front(paint, p):
    """The part of the hair over the forehead."""
    more = edge(paint, p.hair)
    if p.form == "bald":
        return ellipse(52, 36, 8, 4, paint.light(p.skin, 0.5), ' transform="rotate(-25 52 36)"')
    if p.form == "half bald":
        return "".join(
            path(f"M{64 + s * 29} 70 C{64 + s * 42} 66 {64 + s * 42} 40 {64 + s * 27} 40 "
                 f"C{64 + s * 29} 50 {64 + s * 27} 60 {64 + s * 29} 70Z", p.hair, more) for s in (-1, 1)
        )  # fmt: skip
    if p.form == "baby":
        return stroke("M64 30 C54 18 66 8 74 16 C78 22 70 26 68 22", p.hair, 5)
    if p.form == "spiky":
        return shape(paint, SPIKES, p.hair)
    if p.form == "mohawk":
        return shape(paint, "M54 42 C48 24 50 4 64 0 C78 4 80 24 74 42 C68 46 60 46 54 42Z", p.hair)
    if p.form in ("curly", "afro", "long curly"):
        curls = ring(64, 48, 27, 17, 9.5, 7, p.hair, more, 190, 350)
        return curls + ring(64, 46, 22, 18, 10, 6, p.hair, "", 190, 350)
    return shape(paint, FRINGES[p.fringe % 4], p.hair)


# --- hats; the brim lies at about y=44 of a head whose face is an ellipse around (64, 60) ---


def hat_cap(paint, c):
    visor = path("M46 43 C60 32 114 34 124 49 C112 55 76 52 46 47Z", paint.dark(c, 0.35), paint.outline())
    return shape(paint, "M30 46 C28 4 100 4 98 46Z", c) + visor + circle(64, 14, 4.5, paint.dark(c, 0.35))


def hat_top(paint, c):
    band = "#d32f2f" if c < "#4" else "#2b2f33"
    return (
        shape(paint, "M38 -8 L90 -8 L86 36 L42 36Z", c, "right") + rect(41, 22, 46, 11, band)
        + ellipse(64, 38, 47, 8.5, paint.fill(c), edge(paint, c))
    )  # fmt: skip


def hat_cowboy(paint, c):
    brim = "M6 24 C22 44 40 36 64 36 C88 36 106 44 122 24 C122 48 96 52 64 52 C32 52 6 48 6 24Z"
    crown = "M36 44 L42 6 C48 -2 58 8 64 8 C70 8 80 -2 86 6 L92 44Z"
    return shape(paint, crown, c) + rect(37, 31, 54, 8, paint.dark(c, 0.55)) + shape(paint, brim, c)


def hat_straw(paint, c):
    ribbon = rect(36, 27, 56, 10, c)
    lines = "".join(stroke(f"M{x} 14 C{x} 20 {x} 22 {x} 26", "#d19a2e", 3) for x in (50, 64, 78))
    return (
        shape(paint, "M36 40 C34 0 94 0 92 40Z", "#f0c552") + lines + ribbon
        + ellipse(64, 42, 56, 10, paint.fill("#eab93f"), paint.outline())
        + path("M36 40 C50 45 78 45 92 40 L92 34 L36 34Z", c)
    )  # fmt: skip


def hat_winter(paint, c):
    ribs = "".join(line(x, 36, x, 44, paint.dark(c, 0.3), 3) for x in range(36, 96, 8))
    trim = paint.light(c, 0.55)
    return (
        circle(64, 4, 12, trim, edge(paint, trim)) + shape(paint, "M31 38 C30 4 98 4 97 38Z", c)
        + rect(27, 32, 74, 16, trim, 8, edge(paint, trim)) + ribs
    )  # fmt: skip


def hat_crown(paint, c):
    jewels = circle(64, 33, 5, "#e53935") + circle(45, 33, 4, "#1e88e5") + circle(83, 33, 4, "#43a047")
    balls = "".join(circle(x, y, 5, "#ffe082") for x, y in ((30, 6), (64, -2), (98, 6)))
    return shape(paint, "M33 42 L30 6 L48 22 L64 -2 L80 22 L98 6 L95 42 C76 46 52 46 33 42Z", c) + balls + jewels


def hat_helmet(paint, c):
    ridge = shape(paint, "M57 10 C58 4 70 4 71 10 L72 40 L56 40Z", paint.light(c, 0.3))
    return shape(paint, "M29 46 C28 0 100 0 99 46Z", c, "round") + ridge + rect(23, 39, 82, 10, paint.dark(c, 0.2), 5)


def hat_turban(paint, c):
    folds = "".join(
        stroke(f"M{30 + 8 * i} {44 - 6 * i} C{54 + 6 * i} {38 - 9 * i} {70 + 6 * i} {20 - 4 * i} {88 - i} {10 + 2 * i}",
               paint.dark(c, 0.28), 3.5) for i in range(3)
    )  # fmt: skip
    return shape(paint, "M27 48 C14 -8 114 -8 101 48 C90 38 76 30 64 26 C52 30 38 38 27 48Z", c, "round") + folds


def hat_beret(paint, c):
    return (
        line(60, 8, 62, 2, paint.dark(c, 0.3), 6) + ellipse(60, 27, 46, 20, paint.fill(c), edge(paint, c)
        + ' transform="rotate(-8 60 27)"') + path("M34 42 C50 32 80 32 94 40 L94 46 C80 40 50 40 34 48Z", paint.dark(c))
    )  # fmt: skip


def hat_party(paint, c):
    dots = "".join(circle(x, y, 4.5, "#ffeb3b") for x, y in ((54, 32), (74, 30), (64, 14)))
    return polygon([(38, 40), (64, -14), (90, 40)], paint.fill(c), paint.outline()) + dots + circle(64, -12, 8, GOLD)


def hat_brim(paint, c):
    """A hat with a round crown, a band and a medium brim."""
    return (
        shape(paint, "M38 40 L42 10 C50 2 58 8 64 9 C70 8 78 2 86 10 L90 40Z", c)
        + rect(38, 27, 52, 10, paint.dark(c, 0.6))
        + ellipse(64, 41, 48, 8, paint.fill(c), edge(paint, c))
    )


def hat_bow(paint, c):
    sides = "".join(
        path(
            f"M64 22 L{64 + s * 28} 6 C{64 + s * 34} 16 {64 + s * 34} 28 {64 + s * 28} 40Z",
            paint.fill(c),
            edge(paint, c),
        )
        for s in (-1, 1)
    )
    return sides + circle(64, 23, 8, paint.dark(c, 0.25))


def hat_headphones(paint, c):
    cups = "".join(rect(64 + s * 36 - 8, 48, 16, 28, paint.fill(c), 7, edge(paint, c)) for s in (-1, 1))
    return stroke("M28 56 C24 4 104 4 100 56", paint.dark(c, 0.35), 8) + cups


def hat_chef(paint, c):
    more = ' stroke="#b4bfc6" stroke-width="3"'
    puffs = "".join(circle(x, y, r, "#fafbfc", more) for x, y, r in ((38, 8, 18), (90, 8, 18), (64, -2, 21)))
    folds = "".join(line(x, 18, x, 26, "#cfd8dc", 3) for x in (52, 64, 76))
    return puffs + rect(36, 4, 56, 26, "#fafbfc") + folds + rect(34, 26, 60, 18, "#f2f4f5", 3, more)


def hat_peaked(paint, c):
    """A peaked cap: of police officers, pilots, mail carriers."""
    top = shape(paint, "M38 34 L20 18 C30 -4 98 -4 108 18 L90 34Z", c)
    visor = path("M32 43 C48 36 80 36 96 43 C90 56 38 56 32 43Z", "#16181b")
    return top + rect(35, 30, 58, 14, paint.dark(c, 0.4)) + visor


def hat_police(paint, c):
    star = polygon(
        [
            (
                64 + (11 if i % 2 == 0 else 5) * math.sin(i * math.pi / 5),
                20 - (11 if i % 2 == 0 else 5) * math.cos(i * math.pi / 5),
            )
            for i in range(10)
        ],
        "#ffd54f",
    )
    return hat_peaked(paint, c) + star


def hat_pilot(paint, c):
    wings = path("M64 16 L42 12 C44 22 54 26 64 26 C74 26 84 22 86 12Z", "#ffd54f")
    return hat_peaked(paint, c) + wings + rect(35, 31, 58, 5, "#ffd54f")


def hat_fire(paint, c):
    shield = path("M52 12 L64 6 L76 12 L75 28 C72 34 68 36 64 38 C60 36 56 34 53 28Z", "#ffd54f", paint.outline())
    return (
        shape(paint, "M30 44 C28 -4 100 -4 98 44Z", c) + ellipse(64, 44, 52, 8, paint.dark(c, 0.2), paint.outline())
        + shield + circle(64, 22, 5, c)
    )  # fmt: skip


def hat_nurse(paint, c):
    more = ' stroke="#9fb0ba" stroke-width="3"'
    cap = path("M34 40 L28 10 C48 2 80 2 100 10 L94 40 C76 34 52 34 34 40Z", "#fdfdfd", more)
    return cap + rect(60, 10, 8, 24, "#e53935") + rect(52, 18, 24, 8, "#e53935")


def hat_wizard(paint, c):
    stars = "".join(circle(x, y, r, "#ffe082") for x, y, r in ((56, 24, 5), (76, 18, 4), (66, 2, 4)))
    return (
        shape(paint, "M36 42 C52 20 56 -4 78 -28 C74 -6 84 22 92 42Z", c) + stars
        + ellipse(64, 42, 54, 9, paint.fill(c), paint.outline())
    )  # fmt: skip


def hat_witch(paint, c):
    cone = shape(paint, "M34 42 C50 20 58 0 56 -14 C64 -24 84 -22 92 -12 C82 -14 78 -8 78 0 C80 16 86 30 94 42Z", c)
    band = path("M38 36 C52 40 76 40 90 36 L86 25 C74 29 56 29 46 25Z", "#8e44ad")
    return cone + band + ellipse(64, 42, 58, 9, paint.fill(c), paint.outline()) + rect(57, 26, 14, 12, GOLD, 2)


def hat_pirate(paint, c):
    bones = limb([(48, 32), (80, 18)], "#f5f5f5", 5) + limb([(48, 18), (80, 32)], "#f5f5f5", 5)
    skull = circle(64, 20, 10, "#f5f5f5") + rect(59, 26, 10, 8, "#f5f5f5", 2)
    eyes = circle(60, 20, 2.8, INK) + circle(68, 20, 2.8, INK)
    return shape(paint, "M10 44 C20 6 46 -4 64 -4 C82 -4 108 6 118 44 C94 34 34 34 10 44Z", c) + bones + skull + eyes


def hat_santa(paint, c):
    return (
        shape(paint, "M32 40 C34 0 80 -14 104 14 L110 42 L98 40 C96 34 94 30 90 28 L94 42Z", c)
        + rect(26, 32, 76, 16, "#f7f9fa", 8, ' stroke="#b8c3ca" stroke-width="2.5"')
        + circle(106, 46, 11, "#f7f9fa", ' stroke="#b8c3ca" stroke-width="2.5"')
    )  # fmt: skip


def hat_sailor(paint, c):
    more = ' stroke="#9fb0ba" stroke-width="3"'
    return (
        path("M40 30 C40 8 88 8 88 30Z", "#fdfdfd", more)
        + path("M28 24 C48 30 80 30 100 24 L96 44 C76 48 52 48 32 44Z", "#fdfdfd", more)
        + stroke("M33 37 C52 42 76 42 95 37", c, 5)
    )


def hat_bandana(paint, c):
    dots = "".join(circle(x, y, 3.5, "#ffffff") for x, y in ((48, 32), (64, 26), (80, 32), (56, 19), (73, 18)))
    knot = path("M95 40 L116 36 L112 48 L120 58 L104 54Z", paint.dark(c, 0.2))
    return knot + shape(paint, "M30 48 C26 4 102 4 98 48 C80 38 48 38 30 48Z", c) + dots


def hat_mortar(paint, c):
    cap = path("M38 24 L90 24 L90 44 C74 38 54 38 38 44Z", paint.dark(c, 0.2))
    tassel = limb([(64, 18), (106, 26), (106, 46)], GOLD, 4) + rect(101, 44, 10, 14, GOLD, 3)
    return cap + polygon([(64, 2), (116, 20), (64, 38), (12, 20)], c, edge(paint, c)) + tassel


def hat_earflap(paint, c):
    flaps = "".join(
        path(f"M{64 + s * 22} 42 L{64 + s * 36} 36 L{64 + s * 38} 74 L{64 + s * 27} 70Z", paint.dark(c, 0.2))
        for s in (-1, 1)
    )
    return flaps + shape(paint, "M28 44 C26 2 102 2 100 44Z", c) + rect(26, 34, 76, 14, "#e8dcc8", 7)


HATS = {name[4:]: value for name, value in list(globals().items()) if name.startswith("hat_")}
HIGH = {
    "top": 13,
    "chef": 24,
    "wizard": 30,
    "witch": 26,
    "party": 22,
    "winter": 10,
    "pirate": 6,
    "crown": 9,
    "santa": 4,
}


# --- face and bust ---


def mouth(p):
    lip = "#c2334d" if p.kind in ("woman", "old woman") else "#6b2b1f"
    if p.mood == "smile" and p.kind == "baby":
        return path("M52 75 C56 78 72 78 76 75 C76 90 52 90 52 75Z", "#8c2f2f")
    if p.mood == "smile":
        return path("M48 74 C54 78 74 78 80 74 C80 92 48 92 48 74Z", "#6b2020") + rect(52, 75, 24, 5, "#ffffff", 2)
    if p.mood == "sad":
        tear = path("M46 68 C40 78 40 84 46 84 C52 84 52 78 46 68Z", "#4fb3f6")
        return stroke("M50 85 C56 75 72 75 78 85", lip, 5) + tear
    if p.mood == "angry":
        return stroke("M51 84 C57 77 71 77 77 84", lip, 5.5)
    if p.mood == "surprised":
        return ellipse(64, 81, 8, 9.5, "#5b1f1a")
    return stroke("M52 77 C58 85 70 85 76 77", lip, 5)


def eyes(p):
    big = p.kind in ("boy", "girl", "child", "baby")
    ry = 6.5 if big or p.mood == "surprised" else 5.2
    parts = "".join(ellipse(x, 61, 4.6, ry, INK) for x in (51, 77))
    if p.kind in FEMALE:
        parts += "".join(line(64 + s * 14, 60, 64 + s * 20, 58, INK, 3) for s in (-1, 1))
    brow = "#4b3524" if p.form == "bald" or p.hair_word == "blond" else p.hair
    if p.hair_word == "white":
        brow = "#b9c2c9"
    tilt = {"angry": (-4, 6), "sad": (4, -4), "surprised": (-4, -4)}.get(p.mood, (0, -2))
    width = 5 if p.mood == "angry" else 4
    if p.mood in ("smile", "neutral"):
        arcs = (f"M{64 + s * 20} 51 C{64 + s * 16} 46 {64 + s * 11} 46 {64 + s * 8} 49" for s in (-1, 1))
        return parts + "".join(stroke(data, brow, width) for data in arcs)
    for s in (-1, 1):
        parts += line(64 + s * 19, 50 + tilt[0], 64 + s * 8, 49 + tilt[1], brow if p.mood != "angry" else INK, width)
    return parts


def face(paint, p):
    """Ears, head, eyes, nose, mouth."""
    shade, more = paint.dark(p.skin, 0.22), edge(paint, p.skin)
    parts = circle(33, 63, 8, shade, more) + circle(95, 63, 8, shade, more)
    height = 31 if p.kind in ("baby", "child", "boy", "girl") else 34
    parts += ellipse(64, 60, p.width, height, paint.fill(p.skin, "round"), more) + eyes(p)
    if p.kind in ("girl", "baby", "child", "boy") or (p.kind == "woman" and p.fringe % 2):
        parts += ellipse(44, 73, 6, 4.5, "#f4766f", ' opacity=".55"') + ellipse(
            84, 73, 6, 4.5, "#f4766f", ' opacity=".55"'
        )
    if p.kind.startswith("old"):
        parts += "".join(stroke(f"M{64 + s * 20} 69 C{64 + s * 16} 73 {64 + s * 12} 73 {64 + s * 9} 71", shade, 3)
                         for s in (-1, 1))  # fmt: skip
    return parts + ellipse(64, 69, 4, 3, shade) + mouth(p)


def beard(paint, p):
    if not p.beard:
        return ""
    c, more = p.beard_hex, edge(paint, p.beard_hex)
    low = {"long beard": 132, "beard": 109}.get(p.beard, 0)
    parts = ""
    if low:
        data = f"M32 60 C30 92 42 {low} 64 {low} C86 {low} 98 92 96 60 C92 74 84 73 64 72 C44 73 36 74 32 60Z"
        parts = path(data, paint.fill(c), more) + ellipse(64, 84, 9, 4.5, "#7c2d23")
    if p.beard == "goatee":
        parts = path("M52 86 C56 90 72 90 76 86 C76 100 70 108 64 108 C58 108 52 100 52 86Z", c, more)
    if p.beard != "goatee":
        tone = paint.dark(c, 0.15) if low else c
        data = "M64 73 C56 66 46 70 38 83 C50 87 60 84 64 79 C68 84 78 87 90 83 C82 70 72 66 64 73Z"
        parts += path(data, tone, edge(paint, tone))
    return parts


def glasses(p):
    if not p.glasses:
        return ""
    if p.glasses == "patch":
        return line(34, 42, 96, 66, INK, 4) + path("M66 50 L90 50 C92 70 84 74 78 74 C70 74 64 68 66 50Z", INK)
    if p.glasses == "sunglasses":
        lens = "".join(
            path(f"M{64 + s * 4} 52 L{64 + s * 29} 52 C{64 + s * 30} 78 {64 + s * 6} 78 {64 + s * 4} 52Z", p.rim)
            for s in (-1, 1)
        )
        shine = "".join(line(x, 62, x + 6, 56, "#ffffff", 2.5) for x in (44, 73))
        return lens + rect(32, 50, 64, 6, p.rim, 2) + shine
    more = f' fill-opacity=".35" stroke="{p.rim}" stroke-width="5.5"'
    if p.fringe % 2:
        lens = rect(37, 50, 24, 22, "#e3f6ff", 6, more) + rect(67, 50, 24, 22, "#e3f6ff", 6, more)
    else:
        lens = circle(49, 61, 12.5, "#e3f6ff", more) + circle(79, 61, 12.5, "#e3f6ff", more)
    lens += "".join(ellipse(x, 61, 4.6, 5.4, INK) for x in (50, 78))
    return lens + line(61, 59, 67, 59, p.rim, 5) + line(36, 58, 31, 57, p.rim, 5) + line(92, 58, 97, 57, p.rim, 5)


SHOULDERS = "M6 160 L8 128 C8 106 32 101 50 96 L78 96 C96 101 120 106 120 128 L122 160Z"


def clothes(paint, p):
    """Shoulders and chest."""
    c = p.cloth
    parts = shape(paint, SHOULDERS, c)
    if p.style == "suit":
        tie = paint.dark("#d32f2f", 0.1) if p.cloth_word != "red" else "#26324f"
        parts += polygon([(46, 96), (82, 96), (64, 140)], "#ffffff")
        parts += polygon([(59, 102), (69, 102), (73, 134), (55, 134)], tie) if not p.bow_tie else ""
        parts += polygon([(48, 96), (38, 110), (60, 140)], paint.dark(c)) + polygon(
            [(80, 96), (90, 110), (68, 140)], paint.dark(c)
        )
    elif p.style == "stripes":
        other = "#ffffff" if p.cloth_word != "white" else "#26476e"
        parts += path("M8 124 C30 113 98 113 120 124 L120 132 C98 121 30 121 8 132Z", other)
        parts += path("M24 107 C44 101 84 101 104 107 L110 112 C90 107 38 107 18 112Z", other)
    elif p.style == "collar":
        light = paint.light(c, 0.5)
        parts += polygon([(48, 95), (64, 112), (44, 116)], light) + polygon([(80, 95), (64, 112), (84, 116)], light)
        parts += circle(64, 121, 3.5, light)
    elif p.style == "dress":
        parts += path("M44 96 C46 122 82 122 84 96Z", p.skin) + rect(54, 84, 20, 16, p.skin)
    return parts


def neckwear(paint, p):
    parts = ""
    if p.scarf:
        c = p.scarf[1]
        parts += rect(72, 100, 18, 40, paint.dark(c, 0.2), 4, edge(paint, c))
        parts += shape(
            paint, "M34 86 C44 100 84 100 94 86 C102 96 98 108 92 110 C76 117 52 117 36 110 C30 108 26 96 34 86Z", c
        )
        parts += stroke("M40 102 C54 109 74 109 88 102", paint.dark(c, 0.3), 3)
    if p.bow_tie:
        c = p.bow_tie[1]
        for s in (-1, 1):
            parts += path(f"M64 106 L{64 + s * 25} 94 C{64 + s * 29} 102 {64 + s * 29} 112 {64 + s * 25} 120Z",
                          paint.fill(c), edge(paint, c))  # fmt: skip
        parts += circle(64, 107, 6.5, paint.dark(c, 0.3))
    return parts


def hijab(paint, p):
    c = p.hat_hex
    return (
        shape(paint, "M22 62 C18 4 110 4 106 62 C106 86 112 104 118 118 C90 132 38 132 10 118 C16 104 22 86 22 62Z", c)
        + stroke("M34 84 C42 104 70 112 100 112", paint.dark(c, 0.25), 4)
    )  # fmt: skip


def head(paint, p, body=True, over=""):
    """All of a person down to the chest, or the head alone. `over` is drawn on the clothes, below the head."""
    parts = clothes(paint, p) + over if body else ""
    if body and p.kind in ("boy", "girl", "child", "baby"):
        parts = f'<g transform="translate(13 4) scale(.8 1)">{parts}</g>'
    if p.hat == "hijab":
        small = group(face(paint, p), scale=0.92, move=(0, 2))
        return parts + hijab(paint, p) + small + group(glasses(p), scale=0.92, move=(0, 2))
    covered = p.hat and p.hat not in ("bow", "headphones", "crown")
    if not (covered and p.form in ("bun", "afro")):
        parts += hair_back(paint, p)
    if body:
        parts += rect(53, 82, 22, 20, paint.dark(p.skin, 0.18), 8)
    parts += neckwear(paint, p) + face(paint, p) + beard(paint, p)
    if p.hat != "turban" and not (
        covered and p.form in ("spiky", "mohawk", "baby", "bald", "afro", "curly", "long curly")
    ):
        parts += hair_front(paint, p)
    parts += braids(paint, p) + glasses(p)
    return parts + (HATS[p.hat](paint, p.hat_hex) if p.hat else "")


def head_at(paint, p, x, y, scale):
    """The head alone with the middle of its face at x, y."""
    return group(head(paint, p, body=False), move=(x - 64, y - 64 + 4 * scale), scale=scale)


# --- random persons ---

FORMS = {
    "man": ["short", "short", "short", "curly", "bald", "half bald", "spiky", "long", "afro", "mohawk"],
    "woman": ["long", "long", "bob", "curly", "long curly", "ponytail", "bun", "afro", "braids"],
    "boy": ["short", "short", "curly", "spiky"],
    "girl": ["long", "bob", "ponytail", "braids", "pigtails", "bun", "curly"],
    "child": ["short", "bob", "curly"],
    "baby": ["baby", "baby", "bald"],
    "old man": ["half bald", "half bald", "bald", "short"],
    "old woman": ["bun", "bun", "curly", "bob"],
}


def plain(rng, paint, kind=None, **changes):
    """A person without hat, glasses or beard; `changes` are set last."""
    kind = kind or rng.choice(("man", "woman"))
    tone, skin = rng.choice(SKINS)
    words = ["black", "brown", "brown", "blond", "red"]
    if kind.startswith("old"):
        words = ["gray", "white", "white"]
    word = rng.choice(words)
    if word == "blond" and tone in ("yellow", "dark"):
        tone, skin = "light", rng.choice(("#f9d9b8", "#f2c9a3"))
    cloth_word, cloth = paint.colour(without=("yellow",) if tone == "yellow" else ())
    p = Person(
        kind, tone, skin, word, rng.choice(HAIRS[word]), rng.choice(FORMS[kind]), cloth=cloth, cloth_word=cloth_word
    )
    p.fringe, p.width = rng.randrange(8), rng.uniform(29, 32)
    p.mood = rng.choice(("neutral", "smile"))
    if p.form in ("mohawk", "spiky"):
        p.form = "short"
    for name, value in changes.items():
        setattr(p, name, value)
    return p


def recolour_hair(rng, p, word):
    p.hair_word, p.hair = word, rng.choice(HAIRS[word])
    if word == "blond" and p.tone in ("yellow", "dark"):
        p.tone, p.skin = "light", rng.choice(("#f9d9b8", "#f2c9a3"))


def add_beard(rng, p):
    p.beard = rng.choice(("beard", "beard", "beard", "long beard", "moustache", "moustache", "goatee"))
    word = p.hair_word
    if p.form == "bald" and p.kind == "man":
        word = rng.choice(("black", "brown", "red", "blond"))
    if word == "blond" and p.tone == "yellow":
        word = "brown"
    p.beard_word = word
    p.beard_hex = p.hair if word == p.hair_word and p.form != "bald" else rng.choice(HAIRS[word])


def add_hat(rng, paint, p):
    kinds = [
        *["cap"] * 3,
        *["winter", "brim"] * 2,
        "cowboy",
        "straw",
        "helmet",
        "crown",
        "beret",
        "party",
        "headphones",
    ]
    kinds += {
        "man": ["top", "top", "turban"],
        "old man": ["top", "turban"],
        "woman": ["hijab"] * 4,
        "girl": ["hijab", "bow", "bow"],
    }.get(p.kind, [])
    if p.kind == "baby":
        kinds = ["winter", "winter", "bow", "party"]
    p.hat = rng.choice(kinds)
    p.hat_word, p.hat_hex = paint.colour(without=("gray",) if p.hat not in ("top", "brim") else ())
    if p.hat == "top":
        p.hat_word, p.hat_hex = paint.colour("black", "black", "black", "red", "blue", "green", "purple")
    if p.hat == "cowboy":
        p.hat_word, p.hat_hex = paint.colour("brown", "brown", "brown", "black", "white", "red", "pink")
    if p.hat == "crown":
        p.hat_word, p.hat_hex = "golden", GOLD
    if p.hat == "helmet":
        p.hat_word, p.hat_hex = paint.colour("red", "yellow", "blue", "white", "orange", "green", "black")
    if p.hat == "hijab":
        p.hat_word, p.hat_hex = paint.colour("blue", "green", "purple", "pink", "red", "white", "gray")
    if p.tone == "yellow" and p.hat_word == "yellow" and p.hat != "straw":
        p.hat_word, p.hat_hex = paint.colour("red", "blue", "green")
    if p.form in ("bun", "afro", "spiky", "mohawk") and p.hat not in ("bow", "crown"):
        p.form = "short" if p.kind in (*MALE, "child") else "long"


# --- captions ---


def a(words):
    return ("an " if words[0] in "aeiou" else "a ") + words


SHADES = {"blond": ["blond", "blonde"], "red": ["red", "ginger"], "gray": ["gray", "grey"]}
HAT_NAMES = {
    "cap": ["cap", "hat", "baseball cap"], "top": ["top hat", "hat"], "cowboy": ["cowboy hat", "hat"],
    "straw": ["straw hat"], "winter": ["winter hat", "hat", "knit cap", "woolly hat"], "crown": ["crown"],
    "helmet": ["helmet"], "hijab": ["headscarf", "hijab"], "turban": ["turban"], "beret": ["beret", "hat"],
    "party": ["party hat"], "brim": ["hat"], "bow": ["bow", "hair bow"],
}  # fmt: skip


def hair_words(p):
    """-> (phrases after "with", adjectives before the noun) of the hair."""
    if p.hat in ("hijab", "turban") or p.form == "baby":
        return [], []
    if p.form == "bald":
        return ([], []) if p.hat else (["a bald head", "no hair"], ["bald"])
    if (
        p.hat
        and p.hat not in ("bow", "headphones", "crown")
        and p.form in ("short", "curly", "afro", "bun", "half bald")
    ):
        return [], []
    shades = SHADES.get(p.hair_word, [p.hair_word])
    phrases, adjectives = [f"{s} hair" for s in shades], [f"{s}-haired" for s in shades]
    if p.hair_word in ("blond", "red"):
        adjectives.append({"blond": "blonde", "red": "ginger"}[p.hair_word])
    named = {
        "long": ["long {} hair", "long hair"],
        "bob": ["{} hair"],
        "short": ["short {} hair"],
        "spiky": ["spiky {} hair"],
        "curly": ["curly {} hair", "curly hair"],
        "long curly": ["long curly {} hair", "curly hair"],
        "afro": [a(shades[0]) + " afro", "curly {} hair", "afro hair"],
        "mohawk": [a(shades[0]) + " mohawk", "a mohawk"],
        "ponytail": [a(shades[0]) + " ponytail", "a ponytail"],
        "braids": ["{} braids", "braids", "braided hair"],
        "pigtails": ["{} pigtails", "pigtails"],
        "bun": ["{} hair in a bun", "a hair bun"],
        "half bald": ["{} hair"],
    }[p.form]
    if p.form == "half bald":
        adjectives = ["bald", *adjectives]
    if p.form in ("curly", "long curly", "afro"):
        adjectives.append("curly-haired")
    if p.form in ("long", "long curly") and p.kind == "man":
        adjectives.append("long-haired")
    named = [n.format(shades[0]) for n in named]
    rare = p.hair_word in ("blue", "pink", "green", "purple", "red", "blond") and p.form in (
        "long",
        "bob",
        "curly",
        "short",
        "long curly",
    )
    return (phrases + named if rare else named + phrases), adjectives


def attribute_words(p):
    """-> lists of phrases after "with", one list for each attribute, and whether it is worn; and adjectives."""
    found, adjectives = [], []
    phrases, more = hair_words(p)
    adjectives += more
    if phrases and not (p.form == "half bald" and p.beard):
        found.append((phrases, False))
    if p.beard:
        word = {"long beard": "beard"}.get(p.beard, p.beard)
        shade = SHADES.get(p.beard_word, [p.beard_word])[0]
        phrases = [a(f"{shade} {word}"), a(word)]
        if p.beard == "long beard":
            phrases.insert(0, f"a long {shade} beard")
        if word == "moustache":
            phrases += [f"a {shade} mustache", "a mustache"]
        found.append((phrases, False))
        adjectives += ["bearded"] if word == "beard" else []
    if p.hat == "headphones":
        found.append((["headphones"], True))
    elif p.hat:
        named = HAT_NAMES[p.hat]
        coloured = [a(f"{p.hat_word} {n}") for n in named]
        free = [a(n) for n in named]
        found.append((free + coloured if p.hat in ("straw", "crown") else coloured + free, True))
        if p.hat == "straw":
            found[-1] = (free, True)
    if p.glasses:
        found.append(([p.glasses], True))
    if p.scarf:
        found.append(([a(f"{p.scarf[0]} scarf"), "a scarf"], True))
    if p.bow_tie:
        found.append(([a(f"{p.bow_tie[0]} bow tie"), "a bow tie"], True))
    if p.hair_word == "red" and p.kind == "woman" and p.form != "bald" and not p.hat:
        adjectives.append("redhead")
    adjectives += {
        "smile": ["smiling", "happy"],
        "sad": ["sad", "crying"],
        "angry": ["angry"],
        "surprised": ["surprised"],
    }.get(p.mood, [])
    return found, adjectives


def person_names(rng, p):
    """All phrases for a person, those with the most visible attributes first."""
    nouns, (found, adjectives) = NOUNS[p.kind], attribute_words(p)
    noun, names = nouns[0], []
    firsts = [phrases[0] for phrases, _ in found]
    mood = {"smile": "smiling ", "sad": "sad ", "angry": "angry ", "surprised": "surprised "}.get(p.mood, "")
    if p.mood in ("sad", "angry", "surprised"):
        names.append(mood + noun)
    if firsts:
        whole = firsts[0] if len(firsts) == 1 else ", ".join(firsts[:-1]) + " and " + firsts[-1]
        names += [f"{noun} with {whole}", f"{mood}{noun} with {whole}", f"{rng.choice(nouns)} with {whole}"]
    for phrases, worn in found:
        names += [f"{noun} with {phrase}" for phrase in phrases]
        if worn:
            names += [f"{noun} wearing {phrase}" for phrase in phrases[:2]]
            names += [f"{noun} in {phrases[0]}"] if phrases[0][:2] in ("a ", "an") else []
    names += [f"{adjective} {noun}" for adjective in adjectives]
    if adjectives and found and found[-1][1]:
        names.append(f"{adjectives[0]} {noun} with {found[-1][0][0]}")
    if p.tone == "dark" and p.hat != "hijab":
        names += [f"{noun} with dark skin", f"dark-skinned {noun}"]
    return list(dict.fromkeys(names + nouns))


def portrait(paint, p, turn=0.0, mirror=False, tool="", over=""):
    """The bust of a person; high hats push it down."""
    high = HIGH.get(p.hat, 4 if p.hat else -10)
    if p.form in ("mohawk", "bun", "afro") and p.hat in ("", "bow", "headphones"):
        high = 4
    scale = 0.86 if high > 22 else 0.95 if high > 9 else 1.04
    low = (high + 64) * scale - 62
    return group(head(paint, p, over=over), move=(0, low), turn=turn, scale=scale, mirror=mirror) + tool


def only_head(paint, p, turn=0.0, mirror=False):
    """A head without shoulders that fills the canvas."""
    top = {
        "": 18,
        "bow": 4,
        "headphones": 12,
        "cap": 12,
        "winter": -8,
        "top": -8,
        "crown": -7,
        "party": -20,
        "hijab": 16,
    }.get(p.hat, 0)
    top = -2 if p.form in ("bun", "mohawk", "afro") and not p.hat else top
    top = min(top, 7) if p.form in ("curly", "long curly", "spiky") else top
    low = (
        132
        if p.beard == "long beard"
        else 128
        if p.form == "braids"
        else 120
        if p.form == "long"
        else 111
        if p.beard
        else 97
    )
    low = max(low, 112 if p.form in ("long curly", "ponytail") else 0, 126 if p.hat == "hijab" else 0)
    side = {"cowboy": 59, "straw": 57, "cap": 60, "brim": 49, "top": 48, "hijab": 55}.get(p.hat, 0)
    side = max(side, 54 if p.form in ("ponytail", "pigtails", "afro", "curly", "long curly") else 42)
    scale = min(122 / (low - top), 61 / side, 1.5)
    return group(
        head(paint, p, body=False), move=(0, -scale * ((top + low) / 2 - 64)), turn=turn, scale=scale, mirror=mirror
    )


DYED = ("gray", "white", "blue", "pink", "green", "purple")
KINDS = [*["man", "woman"] * 3, *["boy", "girl", "old man"] * 2, "child", "baby", "old woman"]


def base(rng, paint, kind):
    """A person with random hair and clothes, and nothing else."""
    style = rng.choice(("shirt", "collar", "stripes", "suit" if kind in MALE else "dress"))
    p = plain(rng, paint, kind, style=style, mood="neutral")
    p.form = rng.choice(FORMS[kind])
    if kind in ("man", "woman", "boy", "girl", "child"):
        dyed = kind in ("man", "woman", "girl") and rng.random() < 0.3
        recolour_hair(rng, p, rng.choice(DYED if dyed else ("black", "brown", "blond", "blond", "red", "red")))
    return p


def add_glasses(rng, p):
    p.glasses = rng.choice(("glasses", "glasses", "glasses", "sunglasses"))
    p.rim = (
        rng.choice((INK, INK, "#1c1f22", "#b71c1c", "#0d47a1", "#5d3417")) if p.glasses == "glasses" else "#17191c"
    )


def add_neckwear(rng, paint, p):
    if rng.random() < 0.5 or p.kind in FEMALE or p.kind == "baby":
        p.scarf = paint.colour(without=("white", p.cloth_word))
    else:
        p.bow_tie, p.style = paint.colour("red", "black", "blue", "green", "purple", "pink"), "suit"


@thing(weight=12)
def person(rng, paint):
    """A portrait with one to three visible attributes."""
    p = base(rng, paint, rng.choice(KINDS))
    p.mood = rng.choice((*["neutral", "smile"] * 4, "sad", "angry", "surprised"))
    if p.kind in ("man", "old man") and rng.random() < (0.45 if p.kind == "man" else 0.65):
        add_beard(rng, p)
        p.mood = "neutral" if p.beard.endswith("beard") and p.mood != "angry" else p.mood
    if rng.random() < 0.4:
        add_hat(rng, paint, p)
    if rng.random() < (0.3 if p.hat else 0.4) and p.kind != "baby" and p.mood != "angry":
        add_glasses(rng, p)
    whole = rng.random() < 0.6 or p.hat == "hijab"
    if whole and rng.random() < 0.25 and p.hat != "hijab" and p.beard not in ("beard", "long beard"):
        add_neckwear(rng, paint, p)
    turn, mirror = rng.uniform(-5, 5), rng.random() < 0.5
    body = portrait(paint, p, turn * 0.4, mirror) if whole else only_head(paint, p, turn, mirror)
    return Drawing(body, person_names(rng, p))


@thing(weight=10)
def person_with(rng, paint):
    """A portrait with a single attribute: hair, a beard, glasses, a hat, a scarf or bow tie, or a mood."""
    what = rng.choice(("hair", "hair", "hair", "beard", "glasses", "hat", "hat", "neck", "mood"))
    kind = rng.choice(("man", "man", "old man")) if what == "beard" else rng.choice(KINDS[:-2])
    p = base(rng, paint, kind)
    if what != "hair":
        recolour_hair(rng, p, rng.choice(("black", "brown")) if not kind.startswith("old") else "gray")
        p.form = {"woman": "bob", "girl": "bob", "old woman": "bun"}.get(kind, "short")
    {
        "hair": lambda: None, "beard": lambda: add_beard(rng, p), "glasses": lambda: add_glasses(rng, p),
        "hat": lambda: add_hat(rng, paint, p), "neck": lambda: add_neckwear(rng, paint, p),
        "mood": lambda: setattr(p, "mood", rng.choice(("smile", "sad", "angry", "surprised"))),
    }[what]()  # fmt: skip
    whole = what == "neck" or p.hat == "hijab" or rng.random() < 0.6
    names = person_names(rng, p)
    if what in ("beard", "glasses", "hat", "neck"):
        first = attribute_words(p)[0][-1]
        lead = [f"{kind} with {phrase}" for phrase in first[0]]
        if first[1]:
            lead += [f"{kind} wearing {phrase}" for phrase in first[0]]
        names = list(dict.fromkeys([*lead, *names]))
    turn, mirror = rng.uniform(-5, 5), rng.random() < 0.5
    body = portrait(paint, p, turn * 0.4, mirror) if whole else only_head(paint, p, turn, mirror)
    return Drawing(body, names)


# --- professions and roles ---


def role(rng, p, paint, names, man=(), woman=(), tool="", over="", behind=""):
    """A portrait with a tool in front, and the names of the role for this person."""
    own = {"man": man, "woman": woman, "boy": man, "girl": woman}.get(p.kind, ())
    sex = "female" if p.kind in FEMALE else "male"
    body = group(behind + portrait(paint, p, tool=tool, over=over), mirror=rng.random() < 0.5)
    known = [names[0], *own, *names, f"{sex} {names[0]}"]
    if p.kind == "woman":
        known.append(f"woman {names[0]}")
    if p.glasses in ("glasses", "sunglasses"):
        known.append(f"{names[0]} with {p.glasses}")
    if p.beard and names[0] != "Santa Claus":
        known.append(f"{names[0]} with a {p.beard.removeprefix('long ')}")
    gendered = any(
        word in names[0]
        for word in ("king", "queen", "prince", "Santa", "girl", "boy", "waiter", "waitress", "man", "woman")
    )
    return Drawing(
        body,
        list(dict.fromkeys(n for n in known if not (gendered and n.startswith((sex, "woman ")) and n not in names))),
    )


def hand(p, x, y, radius=9.5):
    return circle(x, y, radius, p.skin, ' stroke="#6b3d1e" stroke-width="2"')


def badge(x, y, radius, colour=GOLD):
    points = [
        (
            x + (radius if i % 2 == 0 else radius * 0.45) * math.sin(i * math.pi / 5),
            y - (radius if i % 2 == 0 else radius * 0.45) * math.cos(i * math.pi / 5),
        )
        for i in range(10)
    ]
    return polygon(points, colour)


def cross(x, y, size, colour="#e53935"):
    third = size / 3
    return rect(x - third / 2, y - size / 2, third, size, colour) + rect(
        x - size / 2, y - third / 2, size, third, colour
    )


def overalls(colour):
    straps = limb([(40, 100), (46, 130)], colour, 9) + limb([(88, 100), (82, 130)], colour, 9)
    return straps + rect(38, 116, 52, 40, colour, 4) + circle(45, 120, 3.5, GOLD) + circle(83, 120, 3.5, GOLD)


@thing()
def cook(rng, paint):
    scarf = paint.colour("red", "blue", "green")
    p = plain(rng, paint, hat="chef", hat_hex="#ffffff", cloth="#f3f5f6", scarf=scarf)
    p.form = "short" if p.kind == "man" else "bob"
    p.beard, p.beard_hex = (rng.choice(("", "moustache", "moustache")) if p.kind == "man" else ""), p.hair
    spoon = line(110, 64, 110, 120, WOOD, 7) + ellipse(110, 56, 10, 14, WOOD)
    pan = line(108, 84, 108, 122, "#3a2a1e", 8) + circle(108, 68, 18, "#2f3439") + circle(108, 68, 13, "#555d64")
    pan += ellipse(108, 68, 9, 8, "#ffffff") + circle(108, 68, 4, "#ffb300")
    tool = rng.choice((spoon, pan, "")) or ""
    return role(
        rng, p, paint, ["cook", "chef", "cook with a white hat"], tool=tool + (hand(p, 109, 112) if tool else "")
    )


@thing()
def police_officer(rng, paint):
    blue = rng.choice(("#1f4e8c", "#2458a6", "#1b3f73"))
    p = plain(rng, paint, hat="police", hat_hex=blue, cloth=blue, style="collar")
    p.form = "short" if p.kind == "man" else rng.choice(("bob", "bun", "long"))
    p.glasses = rng.choice(("", "", "sunglasses"))
    over = badge(92, 116, 11) + limb([(64, 104), (64, 128)], "#14233f", 8)
    return role(rng, p, paint, ["police officer", "police", "cop"], ["policeman"], ["policewoman"], over=over)


@thing()
def firefighter(rng, paint):
    red = rng.choice(("#d32f2f", "#c62828", "#e53935"))
    p = plain(rng, paint, hat="fire", hat_hex=red, cloth=rng.choice(("#3b4048", "#b5651d", red)))
    stripe = stroke("M10 121 C34 112 94 112 118 121", "#fdd835", 8)
    axe = line(108, 54, 108, 124, WOOD, 7) + path(
        "M104 48 L104 72 C92 76 88 72 84 78 L84 42 C90 48 94 46 104 48Z", METAL
    )
    axe += polygon([(111, 52), (124, 60), (111, 68)], "#d32f2f")
    tool = axe + hand(p, 108, 108) if rng.random() < 0.5 else ""
    return role(rng, p, paint, ["firefighter"], ["fireman"], ["firewoman"], tool=tool, over=stripe)


def fork(x):
    prongs = "".join(line(x + d, 40, x + d, 62, METAL, 4.5) for d in (-10, 0, 10))
    return prongs + line(x - 10, 62, x + 10, 62, METAL, 5) + line(x, 62, x, 126, WOOD, 6)


def wheat(x):
    grains = "".join(ellipse(x + s * 6, y, 4, 7, "#e0a526", f' transform="rotate({s * 25} {x + s * 6} {y})"')
                     for s in (-1, 1) for y in (54, 66, 78))  # fmt: skip
    return line(x, 60, x, 122, "#b8861b", 4) + grains + ellipse(x, 44, 4, 8, "#e0a526")


@thing()
def farmer(rng, paint):
    band = paint.colour("red", "blue", "brown", "green")
    p = plain(rng, paint, hat="straw", hat_hex=band[1])
    p.cloth = paint.colour("red", "green", "orange", "white")[1]
    p.beard, p.beard_hex = (rng.choice(("", "beard", "moustache")) if p.kind == "man" else ""), p.hair
    tool = rng.choice((fork, wheat))(112) + hand(p, 112, 108)
    names = ["farmer", "farmer with a straw hat"]
    return role(rng, p, paint, names, tool=tool, over=overalls(rng.choice(("#2f5fa8", "#1f4a80"))))


@thing()
def doctor(rng, paint):
    p = plain(rng, paint, cloth="#f4f6f8", style="suit", cloth_word="white")
    p.glasses = rng.choice(("", "glasses"))
    tube = stroke("M42 98 C40 124 58 122 60 132 M86 98 C90 108 90 112 88 116", "#30363c", 5)
    scope = tube + circle(88, 120, 8, METAL, ' stroke="#30363c" stroke-width="3"')
    return role(rng, p, paint, ["doctor", "physician", "doctor with a stethoscope", "medical doctor"], over=scope)


@thing()
def nurse(rng, paint):
    colour = rng.choice(("#ffffff", "#bfe3f5", "#7cc4e8", "#f7c6d6"))
    p = plain(
        rng,
        paint,
        rng.choice(("woman", "woman", "woman", "man")),
        hat="nurse",
        hat_hex="#ffffff",
        cloth=colour,
        style="collar",
    )
    p.form = "short" if p.kind == "man" else rng.choice(("bob", "long"))
    return role(rng, p, paint, ["nurse", "hospital nurse"], over=cross(94, 118, 18))


@thing()
def teacher(rng, paint):
    p = plain(rng, paint, glasses=rng.choice(("", "glasses", "glasses")), style=rng.choice(("collar", "suit")))
    board = rect(3, 4, 122, 92, "#8a5a2b", 4) + rect(9, 10, 110, 80, rng.choice(("#2f6b4a", "#2c5c45", "#37474f")))
    chalk = rng.choice(
        (
            limb([(84, 26), (108, 26)], "#ffffff", 4)
            + limb([(84, 40), (112, 40)], "#ffffff", 4)
            + limb([(84, 54), (102, 54)], "#ffffff", 4),
            stroke("M86 50 L98 24 L110 50Z", "#ffffff", 4)
            + circle(98, 68, 8, "none", ' stroke="#ffffff" stroke-width="4"'),
        )
    )
    body = board + chalk + group(head(paint, p), move=(-18, 22), scale=0.78)
    body += limb([(80, 122), (100, 104)], p.cloth, 11) + line(100, 102, 114, 62, "#e8c07a", 4) + hand(p, 101, 102, 7)
    extra = ["male teacher"] if p.kind == "man" else ["female teacher"]
    return Drawing(body, ["teacher", "school teacher", "teacher at the blackboard", "professor", *extra])


@thing()
def astronaut(rng, paint):
    p = plain(rng, paint, mood="smile")
    more = ' stroke="#9fb0ba" stroke-width="3"'
    accent = paint.colour("orange", "blue", "red")[1]
    body = path("M4 140 C4 106 22 96 40 92 L88 92 C106 96 124 106 124 140Z", "#eef1f3", more)
    body += rect(40, 106, 48, 30, "#cfd8dc", 5) + circle(52, 116, 5, "#e53935") + circle(66, 116, 5, "#1e88e5")
    body += rect(8, 112, 20, 8, accent) + rect(100, 112, 20, 8, accent)
    body += circle(64, 52, 49, "#f7f9fa", more) + rect(8, 42, 14, 24, accent, 5) + rect(106, 42, 14, 24, accent, 5)
    if rng.random() < 0.5:
        visor = ellipse(64, 54, 38, 34, "#1c3350", f' stroke="{METAL}" stroke-width="5"')
        visor += path("M36 44 C42 30 54 26 66 26 C54 34 46 42 42 56Z", "#6fb1e8")
    else:
        visor = ellipse(64, 54, 40, 36, "#27405f", f' stroke="{METAL}" stroke-width="5"')
        p.form = "short" if p.kind == "man" else "bob"
        visor += group(head(paint, p, body=False), move=(0, -8), scale=0.74)
    return Drawing(
        body + visor,
        ["astronaut", "spaceman" if p.kind == "man" else "space woman", "cosmonaut", "astronaut in a white suit"],
    )


def ermine(colour):
    more = ' stroke="#b9c2c9" stroke-width="2"'
    fur = path("M30 100 C44 116 84 116 98 100 L110 112 C92 134 36 134 18 112Z", "#fafafa", more)
    return fur + "".join(
        ellipse(x, y, 2.5, 4, INK) for x, y in ((34, 112), (50, 119), (64, 121), (78, 119), (94, 112))
    )


@thing()
def king(rng, paint):
    p = plain(rng, paint, rng.choice(("man", "old man")), hat="crown", hat_hex=GOLD, mood="neutral")
    p.form, p.cloth = rng.choice(("short", "long")), paint.colour("red", "red", "purple", "blue")[1]
    p.beard, p.beard_hex = rng.choice(("beard", "beard", "moustache")), p.hair
    return role(rng, p, paint, ["king", "king with a crown", "king with a golden crown", "monarch"], over=ermine(""))


@thing()
def queen(rng, paint):
    p = plain(rng, paint, rng.choice(("woman", "woman", "old woman")), hat="crown", hat_hex=GOLD, style="shirt")
    p.form, p.cloth = rng.choice(("long", "bob", "long curly")), paint.colour("red", "purple", "blue")[1]
    return role(rng, p, paint, ["queen", "queen with a crown", "queen with a golden crown"], over=ermine(""))


@thing()
def princess(rng, paint):
    p = plain(rng, paint, rng.choice(("girl", "woman")), hat="crown", hat_hex=GOLD, style="dress", mood="smile")
    p.form, p.cloth = rng.choice(("long", "long", "long curly")), paint.colour("pink", "pink", "purple", "blue")[1]
    return role(rng, p, paint, ["princess", "princess with a crown", "girl with a crown"])


@thing(weight=0.5)
def prince(rng, paint):
    p = plain(rng, paint, rng.choice(("boy", "man")), hat="crown", hat_hex=GOLD, form="short", mood="smile")
    over = limb([(36, 102), (92, 140)], GOLD, 9) + badge(88, 118, 9)
    return role(rng, p, paint, ["prince", "prince with a crown", "boy with a crown"], over=over)


@thing()
def knight(rng, paint):
    steel, plume = rng.choice(("#aab4bc", "#98a5ae", "#b8c2c8")), paint.colour("red", "blue", "purple", "green")[1]
    more = ' stroke="#4a545b" stroke-width="3" stroke-linejoin="round"'
    body = path("M8 140 C8 104 34 98 50 94 L78 94 C94 98 120 104 120 140Z", paint.fill(steel), more)
    body += path("M62 22 C54 -4 96 -6 104 34 C98 24 84 18 70 22Z", plume)
    body += path("M28 56 C28 4 100 4 100 56 L96 92 C84 104 44 104 32 92Z", paint.fill(steel, "right"), more)
    body += path("M26 52 L102 52 L98 66 L64 74 L30 66Z", "#1f2428") + rect(60, 14, 8, 90, paint.dark(steel, 0.2))
    body += "".join(circle(64 + s * d, 84, 3, "#1f2428") for s in (-1, 1) for d in (13, 23))
    sword = polygon([(104, 84), (104, 18), (110, 6), (116, 18), (116, 84)], "#dfe6ea", more) + rect(
        94, 84, 32, 8, GOLD, 3
    )
    sword += rect(105, 92, 10, 26, WOOD, 3) + circle(110, 104, 9, steel, more)
    shield = path("M2 74 L50 74 L50 96 C48 114 36 122 26 127 C16 122 4 114 2 96Z", plume, more)
    shield += rect(22, 76, 8, 46, "#f5f5f5") + rect(4, 88, 44, 8, "#f5f5f5")
    tool = rng.choice((sword, shield, sword + shield))
    return Drawing(
        group(body + tool, mirror=rng.random() < 0.5),
        ["knight", "knight in armor", "knight with a helmet", "armored knight"],
    )


@thing()
def pirate(rng, paint):
    hat = rng.choice(("pirate", "pirate", "bandana"))
    p = plain(
        rng,
        paint,
        rng.choice(("man", "man", "woman")),
        hat=hat,
        hat_hex="#24262a" if hat == "pirate" else "#d32f2f",
        style="stripes",
    )
    p.cloth, p.cloth_word, p.form = (
        *rng.choice((("#d32f2f", "red"), ("#26323f", "black"))),
        "long" if p.kind == "woman" else "short",
    )
    if p.kind == "man":
        p.beard, p.beard_hex = (
            rng.choice(("beard", "moustache", "goatee")),
            p.hair if p.hair_word != "blond" else "#5d3417",
        )
    p.glasses = "patch"
    return role(rng, p, paint, ["pirate", "pirate with an eye patch", "pirate captain"])


@thing()
def wizard(rng, paint):
    robe = paint.colour("blue", "purple", "purple", "red", "green")[1]
    p = plain(rng, paint, "old man", hat="wizard", hat_hex=robe, cloth=robe, form="long")
    p.beard, p.beard_hex, p.hair = "long beard", rng.choice(HAIRS["white"]), rng.choice(HAIRS["white"])
    staff = line(114, 46, 112, 126, WOOD, 7) + circle(114, 38, 11, "#4fc3f7", ' stroke="#e1f5fe" stroke-width="3"')
    wand = line(98, 112, 112, 74, "#4e342e", 6) + badge(114, 62, 15, "#ffd54f")
    tool = rng.choice((staff, wand)) + hand(p, 108, 110)
    return role(rng, p, paint, ["wizard", "magician", "old wizard with a white beard", "sorcerer"], tool=tool)


@thing()
def witch(rng, paint):
    p = plain(rng, paint, "woman", hat="witch", hat_hex=rng.choice(("#2b2433", "#3a2356", "#232629")), form="long")
    p.cloth = rng.choice(("#4a2b6b", "#2b2b33"))
    if rng.random() < 0.4:
        p.skin = "#8bc34a"
    recolour = rng.choice(("black", "red", "purple", "green" if p.skin != "#8bc34a" else "purple", "gray"))
    p.hair = rng.choice(HAIRS[recolour])
    broom = (
        line(112, 40, 112, 90, WOOD, 6)
        + path("M106 86 L118 86 L126 126 L98 126Z", "#e0b04a")
        + rect(104, 86, 16, 6, "#a33")
    )
    tool = broom if rng.random() < 0.5 else ""
    return role(rng, p, paint, ["witch", "witch with a pointed hat", "Halloween witch"], tool=tool)


@thing()
def clown(rng, paint):
    word, hair = paint.colour("red", "orange", "blue", "green", "purple", "pink")
    skin = rng.choice(("#fbf3ea", "#fdf6ef", "#fadcbc"))
    p = plain(
        rng,
        paint,
        "child",
        skin=skin,
        hair=hair,
        hair_word=word,
        form="bald",
        mood="none",
        hat=rng.choice(("", "", "party")),
    )
    p.hat_hex, ruff = paint.colour("blue", "green", "purple", "red")[1], paint.colour("yellow", "red", "blue")[1]
    tufts = "".join(circle(64 + s * x, y, 15, hair) for s in (-1, 1) for x, y in ((34, 36), (44, 52), (38, 70)))
    back = tufts + group(head(paint, p), move=(0, 0)) + ring(64, 104, 34, 6, 10, 8, ruff, edge(paint, ruff))
    paintwork = path("M38 72 C50 82 78 82 90 72 C92 98 36 98 38 72Z", "#e53935") + path(
        "M45 78 C54 84 74 84 83 78 C78 92 50 92 45 78Z", "#ffffff"
    )
    paintwork += "".join(
        ellipse(x, 57, 8, 12, paint.light("#3b88c3", 0.4)) + ellipse(x, 60, 4.5, 6, INK) for x in (50, 78)
    )
    face_paint = paintwork + circle(64, 69, 10, paint.fill("#e53935", "round"))
    return Drawing(group(back + face_paint, move=(0, 14 if p.hat else -4), scale=0.92 if p.hat else 1.0),
                   ["clown", f"clown with {word} hair", "circus clown", "clown with a red nose"])  # fmt: skip


@thing()
def soldier(rng, paint):
    green = rng.choice(("#5b6b3a", "#4f5d34", "#6b7340"))
    p = plain(rng, paint, rng.choice(("man", "man", "woman")), cloth=green, form="short")
    spots = "".join(
        ellipse(x, y, 10, 5, c)
        for x, y, c in ((28, 116, "#39432a"), (94, 112, "#8a7b4f"), (106, 126, "#39432a"), (46, 124, "#8a7b4f"))
    )
    helmet = path("M27 48 C22 0 106 0 101 48 L101 52 L27 52Z", paint.fill(green)) + rect(
        24, 44, 80, 9, paint.dark(green, 0.3), 4
    )
    helmet += (
        ellipse(48, 24, 10, 6, paint.dark(green, 0.35))
        + ellipse(80, 30, 11, 6, "#8a7b4f")
        + ellipse(70, 14, 7, 4, paint.dark(green, 0.35))
    )
    strap = stroke("M34 52 C36 84 46 96 64 97 C82 96 92 84 94 52", paint.dark(green, 0.5), 4)
    body = group(head(paint, p, over=spots) + strap + helmet, scale=1.05)
    return Drawing(body, ["soldier", "army soldier", "soldier with a green helmet", "trooper"])


def hammer():
    return line(110, 70, 110, 122, "#c98a3f", 8) + path(
        "M92 54 L122 54 L122 72 L98 72 C94 66 92 62 86 58Z", "#6b757c"
    )


@thing()
def builder(rng, paint):
    p = plain(
        rng,
        paint,
        hat="helmet",
        hat_hex=rng.choice(("#fdd01e", "#ffc107", "#fbc02d")),
        cloth=paint.colour("blue", "gray", "white")[1],
    )
    p.form = "short" if p.kind == "man" else rng.choice(("bob", "long"))
    vest = path("M30 102 L46 98 L60 150 L10 150 L20 108Z", "#f57c00") + path(
        "M98 102 L82 98 L68 150 L118 150 L108 108Z", "#f57c00"
    )
    vest += limb([(20, 122), (52, 122)], "#fff176", 6) + limb([(76, 122), (108, 122)], "#fff176", 6)
    tool = hammer() + hand(p, 110, 108) if rng.random() < 0.6 else ""
    names = ["builder", "construction worker", "worker with a yellow helmet", "worker"]
    return role(rng, p, paint, names, tool=tool, over=vest)


@thing()
def painter(rng, paint):
    word, colour = paint.colour("red", "black", "blue", "purple")
    p = plain(rng, paint, hat="beret", hat_hex=colour, style="stripes")
    p.form = "short" if p.kind == "man" else "bob"
    p.beard, p.beard_hex = (rng.choice(("", "moustache", "goatee")) if p.kind == "man" else ""), p.hair
    palette = path(
        "M70 104 C66 84 108 74 122 92 C130 108 116 128 96 126 C88 126 90 118 84 118 C78 118 72 114 70 104Z",
        "#d9a25f",
        ' stroke="#7a4f22" stroke-width="2.5"',
    )
    blobs = (
        ("#e53935", 84, 98),
        ("#fdd835", 97, 91),
        ("#1e88e5", 111, 95),
        ("#43a047", 115, 109),
        ("#8e24aa", 101, 116),
    )
    palette += "".join(circle(x, y, 5.5, c) for c, x, y in blobs)
    brush = (
        line(16, 122, 16, 80, WOOD, 6)
        + rect(12, 66, 8, 12, METAL)
        + path("M11 66 C10 56 14 52 16 46 C18 52 22 56 21 66Z", "#e53935")
    )
    tool = palette + brush + hand(p, 16, 112)
    return role(
        rng,
        p,
        paint,
        [
            "painter",
            "artist",
            "artist with a palette",
            "painter with a brush and palette",
            f"artist with a {word} beret",
        ],
        tool=tool,
    )


@thing()
def fisherman(rng, paint):
    p = plain(
        rng,
        paint,
        rng.choice(("man", "old man")),
        hat="brim",
        hat_hex=rng.choice(("#fdd835", "#6b7340", "#c9b27c", "#3b6ea5")),
    )
    p.cloth, p.beard, p.beard_hex = (
        rng.choice(("#fdd835", "#3b6ea5", "#4f6b3a")),
        rng.choice(("beard", "beard", "")),
        p.hair,
    )
    rod = stroke("M112 122 L104 40 C102 20 112 8 122 4", "#7a4a1c", 5) + stroke("M122 4 L122 60", "#90a4ae", 2.5)
    fish = ellipse(114, 78, 10, 17, "#42a5f5", ' stroke="#1565c0" stroke-width="2"') + polygon(
        [(114, 92), (104, 106), (124, 106)], "#1e88e5"
    )
    rod = (
        stroke("M100 126 L96 40 C96 20 104 8 114 6", "#7a4a1c", 5)
        + stroke("M114 6 L114 62", "#78909c", 3)
        + fish
        + circle(113, 70, 2.5, INK)
    )
    return role(
        rng, p, paint, ["fisherman", "fisher", "angler", "fisherman with a fish"], tool=rod + hand(p, 99, 116)
    )


@thing()
def sailor(rng, paint):
    p = plain(
        rng,
        paint,
        rng.choice(("man", "man", "woman", "boy")),
        hat="sailor",
        hat_hex="#2456a4",
        cloth="#fafafa",
        form="short",
    )
    if p.kind == "woman":
        p.form = "bob"
    p.beard, p.beard_hex = (rng.choice(("", "beard")) if p.kind == "man" else ""), p.hair
    flap = path("M40 100 L64 130 L88 100 L110 108 L104 128 L24 128 L18 108Z", "#2456a4") + stroke(
        "M26 122 L56 122 M72 122 L102 122", "#ffffff", 3
    )
    knot = polygon([(64, 118), (54, 132), (74, 132)], "#d32f2f")
    return role(rng, p, paint, ["sailor", "navy sailor", "seaman"], over=flap + knot)


@thing()
def pilot(rng, paint):
    p = plain(rng, paint, hat="pilot", hat_hex="#1f2d4d", cloth="#1f2d4d", style="suit", cloth_word="blue")
    p.form, p.glasses = "short" if p.kind == "man" else "bob", rng.choice(("", "sunglasses"))
    over = "".join(
        limb([(x, 112), (x + 14 * s, 110 + 4)], GOLD, 5) + limb([(x, 122), (x + 16 * s, 124)], GOLD, 5)
        for x, s in ((14, 1), (114, -1))
    )
    return role(rng, p, paint, ["pilot", "airline pilot", "airplane pilot", "captain"], over=over)


@thing()
def judge(rng, paint):
    p = plain(rng, paint, hair="#e3e8eb", hair_word="white", form="long curly", cloth="#23262b", mood="neutral")
    over = polygon([(54, 96), (74, 96), (80, 130), (48, 130)], "#ffffff")
    gavel = group(rect(40, 52, 48, 26, "#8a5a2b", 4) + rect(46, 50, 6, 30, "#c98a3f") + rect(76, 50, 6, 30, "#c98a3f")
                  + rect(60, 76, 8, 44, "#a0632d", 3), turn=-25, move=(34, 30), scale=0.75)  # fmt: skip
    return role(
        rng, p, paint, ["judge", "judge with a wig", "judge with a gavel"], over=over, tool=gavel + hand(p, 112, 118)
    )


@thing()
def detective(rng, paint):
    coat = rng.choice(("#a77b4d", "#8d6a45", "#6f7378"))
    p = plain(rng, paint, hat="brim", hat_hex=coat, cloth=coat, style="suit", cloth_word="brown")
    p.form = "short" if p.kind == "man" else "bob"
    glass = line(104, 92, 94, 122, "#4e342e", 9) + circle(
        108, 72, 19, "#d6f0ff", ' fill-opacity=".75" stroke="#37474f" stroke-width="6"'
    )
    return role(
        rng,
        p,
        paint,
        ["detective", "spy", "detective with a magnifying glass", "investigator"],
        tool=glass + hand(p, 97, 114),
    )


@thing()
def mail_carrier(rng, paint):
    blue = rng.choice(("#2f6fb5", "#3b88c3", "#25569a"))
    p = plain(rng, paint, hat="peaked", hat_hex=blue, cloth=blue, style="collar")
    p.form = "short" if p.kind == "man" else rng.choice(("bob", "long"))
    more = ' stroke="#7d8a92" stroke-width="3"'
    letter = (
        rect(70, 88, 54, 36, "#fdfdfd", 3, more)
        + stroke("M71 90 L97 110 L123 90", "#7d8a92", 3)
        + circle(97, 110, 5, "#e53935")
    )
    tool = letter + hand(p, 76, 120)
    return role(
        rng,
        p,
        paint,
        ["mail carrier", "postal worker", "letter carrier"],
        ["mailman", "postman"],
        ["mailwoman", "postwoman"],
        tool=tool,
    )


@thing()
def gardener(rng, paint):
    p = plain(rng, paint, hat="straw", hat_hex="#43a047", cloth=paint.colour("white", "pink", "red", "blue")[1])
    can = paint.colour("blue", "green", "gray", "red")[1]
    pot = polygon([(84, 100), (122, 100), (117, 127), (89, 127)], "#c1622d") + rect(81, 94, 44, 9, "#a44f22", 2)
    pot += (
        line(103, 94, 103, 70, "#388e3c", 5) + ring(103, 60, 10, 10, 7, 6, "#ec407a") + circle(103, 60, 7, "#fdd835")
    )
    water = (
        rect(86, 92, 34, 34, can, 5)
        + stroke("M88 108 L74 92", can, 7)
        + stroke("M90 92 C92 74 116 74 118 92", can, 6)
        + line(69, 97, 79, 88, can, 7)
    )
    tool = rng.choice((pot, water)) + hand(p, 119, 112, 8)
    return role(
        rng,
        p,
        paint,
        ["gardener", "person gardening", "gardener with a straw hat"],
        tool=tool,
        over=overalls("#388e3c"),
    )


@thing()
def cowboy(rng, paint):
    hat = rng.choice(("#8a4b20", "#a0632d", "#5d3a1f", "#c9a063"))
    p = plain(
        rng,
        paint,
        rng.choice(("man", "man", "woman", "boy")),
        hat="cowboy",
        hat_hex=hat,
        cloth=paint.colour("blue", "brown", "red")[1],
    )
    p.beard, p.beard_hex = (rng.choice(("", "moustache", "moustache")) if p.kind == "man" else ""), p.hair
    p.form = "short" if p.kind != "woman" else rng.choice(("long", "braids"))
    scarf = (
        polygon([(38, 96), (90, 96), (64, 132)], "#d32f2f")
        + circle(64, 106, 3, "#fff")
        + circle(52, 102, 3, "#fff")
        + circle(76, 102, 3, "#fff")
    )
    names = ["cowboy", "cowboy with a hat", f"{p.kind} with a cowboy hat", f"{p.kind} wearing a cowboy hat"]
    if p.kind == "woman":
        names[:2] = ["cowgirl", "cowgirl with a hat"]
    return role(rng, p, paint, names, over=scarf)


@thing()
def ninja(rng, paint):
    black, p = rng.choice(("#25282d", "#2b2f3a", "#1f2733")), plain(rng, paint)
    band = paint.colour("red", "red", "blue", "gray")[1]
    body = path("M6 140 C6 106 34 100 50 94 L78 94 C94 100 122 106 122 140Z", paint.light(black, 0.08))
    body += polygon([(96, 26), (124, 14), (120, 28), (128, 40), (98, 40)], paint.dark(band, 0.2))
    body += path("M24 60 C20 0 108 0 104 60 C104 90 88 106 64 106 C40 106 24 90 24 60Z", paint.fill(black))
    body += path("M30 50 C46 46 82 46 98 50 C100 62 98 70 94 74 C78 70 50 70 34 74 C30 70 28 62 30 50Z", p.skin)
    body += "".join(
        ellipse(x, 61, 5, 5.5, INK) + line(x - s * 10, 50, x + s * 8, 54, INK, 5) for x, s in ((50, 1), (78, -1))
    )
    body += path("M25 44 C44 36 84 36 103 44 L102 32 C84 24 44 24 26 32Z", band) + stroke(
        "M44 104 L64 128 L84 104", paint.light(black, 0.3), 4
    )
    sword = line(6, 20, 26, 70, METAL, 7) + line(20, 74, 34, 66, GOLD, 6)
    return Drawing(
        group(sword * (rng.random() < 0.5) + body, mirror=rng.random() < 0.5),
        ["ninja", "ninja warrior", "ninja in black"],
    )


@thing()
def bride(rng, paint):
    p = plain(rng, paint, "woman", cloth="#fbfbfb", style="dress", mood="smile")
    p.form = rng.choice(("long", "bob", "bun", "long curly"))
    veil = path("M22 30 C34 -6 94 -6 106 30 L122 128 L6 128Z", "#e6eef3", ' stroke="#b4c2ca" stroke-width="3"')
    blooms = "".join(
        circle(64 + x, 112 + y, 7.5, c)
        for x, y, c in (
            (-14, 4, "#ec407a"),
            (0, -6, "#f8bbd0"),
            (14, 4, "#ec407a"),
            (-7, 10, "#f48fb1"),
            (8, 11, "#e53935"),
            (0, 3, "#ffffff"),
        )
    )
    tiara = "".join(circle(x, y, 6, "#f8bbd0") for x, y in ((40, 22), (52, 14), (64, 11), (76, 14), (88, 22)))
    body = veil + group(head(paint, p) + tiara, move=(0, -2)) + circle(64, 114, 20, "#43a047") + blooms
    return Drawing(body, ["bride", "bride with a veil", "woman in a wedding dress", "woman with a veil"])


@thing()
def santa(rng, paint):
    p = plain(rng, paint, "old man", hat="santa", hat_hex="#d32f2f", cloth="#d32f2f", hair="#eceff1", form="short")
    p.skin = rng.choice(SKINS[:7])[1]
    p.beard, p.beard_hex = rng.choice(("long beard", "beard")), "#f3f5f6"
    p.glasses = rng.choice(("", "", "glasses"))
    fur = rect(54, 100, 20, 50, "#fafafa")
    return role(
        rng, p, paint, ["Santa Claus", "Santa", "Father Christmas", "Christmas man with a white beard"], over=fur
    )


# --- whole figures ---

PLAIN_FORMS = {
    "man": "short",
    "boy": "short",
    "woman": "bob",
    "girl": "ponytail",
    "old man": "half bald",
    "old woman": "bun",
}
TROUSERS = ["#2f4a7a", "#3a4147", "#5d4a3a", "#26547c", "#6b757c"]


def walker(rng, paint, kinds=("man", "woman", "boy", "girl"), **changes):
    """A person whose hair suits a small head, with clothes that stand out from the skin."""
    p = plain(rng, paint, rng.choice(kinds), **changes)
    if "form" not in changes:
        p.form = "long" if p.kind == "woman" and rng.random() < 0.5 else PLAIN_FORMS.get(p.kind, "short")
    if "cloth" not in changes:
        p.cloth_word, p.cloth = paint.colour("red", "blue", "green", "orange", "purple", "pink")
    return p


def figure(
    paint,
    p,
    arms,
    legs,
    trousers="#2f4a7a",
    x=64,
    top=50,
    head_scale=0.56,
    skirt="",
    shoe="#33302e",
    bare=False,
    sleeve="",
):
    """A whole person: arms and legs are lists of points after the shoulder and the hip."""
    leg = p.skin if skirt or bare else trousers
    parts = "".join(limb([(x + s * 8, top + 36), *points], leg, 12) for s, points in zip((-1, 1), legs, strict=True))
    parts += "".join(
        ellipse(points[-1][0] + 3 * s, points[-1][1] + 2, 9, 6, shoe)
        for s, points in zip((-1, 1), legs, strict=True)
        if points
    )
    body = shape(
        paint,
        f"M{x - 17} {top + 8} C{x - 17} {top} {x + 17} {top} {x + 17} "
        f"{top + 8} L{x + 15} {top + 40} L{x - 15} {top + 40}Z",
        p.cloth,
    )
    if skirt:
        body += shape(
            paint,
            f"M{x - 14} {top + 26} L{x + 14} {top + 26} L{x + 27} {top + 54} "
            f"C{x + 10} {top + 60} {x - 10} {top + 60} {x - 27} {top + 54}Z",
            skirt,
        )
    for s, points in zip((-1, 1), arms, strict=True):
        if points:
            body += limb([(x + s * 14, top + 9), *points], sleeve or paint.dark(p.cloth, 0.12), 10) + circle(
                *points[-1], 6.5, p.skin
            )
    return parts + body + head_at(paint, p, x, top - 15, head_scale)


def sexed(p, names, noun_names):
    """Names for the action, first with this person's noun: `noun_names` have {} for it."""
    found = [n.format(p.kind) for n in noun_names] + [n.format("person") for n in noun_names[:1]]
    return list(dict.fromkeys(found + list(names)))


@thing()
def ballerina(rng, paint):
    word, colour = paint.colour("pink", "pink", "pink", "white", "purple", "blue")
    p = plain(rng, paint, rng.choice(("woman", "girl")), form="bun", cloth=colour)
    up = (
        [[(40, 40), (56, 10)], [(88, 40), (72, 10)]]
        if rng.random() < 0.5
        else [[(34, 46), (14, 40)], [(94, 46), (114, 40)]]
    )
    pose = [[(60, 122)], [(86, 100), (64, 104)]] if rng.random() < 0.6 else [[(58, 122)], [(112, 96)]]
    tutu = path(
        "M20 92 C30 74 98 74 108 92 C96 102 84 98 64 100 C44 98 32 102 20 92Z",
        paint.light(colour, 0.3),
        ' stroke="' + paint.dark(colour, 0.2) + '" stroke-width="3"',
    )
    body = figure(paint, p, up, pose, bare=True, shoe=colour, top=48, head_scale=0.54, sleeve=p.skin) + tutu
    return Drawing(
        group(body, mirror=rng.random() < 0.5),
        ["ballerina", "ballet dancer", f"ballerina in a {word} tutu", "ballerina dancing"],
    )


@thing()
def superhero(rng, paint):
    p = walker(rng, paint, ("man", "woman"), mood="smile")
    p.cloth = paint.colour("blue", "red", "green", "purple")[1]
    cape = rng.choice([c for c in ("#d32f2f", "#fdd835", "#5e35b1") if c != p.cloth])
    back = path("M46 52 L82 52 L112 116 C90 108 40 108 16 116Z", cape)
    arms = rng.choice(([[(30, 74), (48, 84)], [(98, 74), (80, 84)]], [[(30, 74), (48, 84)], [(92, 40), (104, 12)]]))
    body = figure(paint, p, arms, [[(52, 118)], [(76, 118)]], trousers=p.cloth, shoe=cape, top=48)
    body += rect(48, 82, 32, 7, "#fdd835", 2) + badge(64, 68, 11, "#fdd835")
    mask = group(
        path("M36 52 C50 48 78 48 92 52 C92 72 74 72 64 66 C54 72 36 72 36 52Z", cape)
        + circle(51, 60, 6, "#fff")
        + circle(77, 60, 6, "#fff")
        + circle(51, 60, 3.5, INK)
        + circle(77, 60, 3.5, INK),
        move=(0, 33 - 64 + 4 * 0.56),
        scale=0.56,
    )
    return Drawing(
        back + body + mask,
        [
            "superhero",
            "superhero with a cape",
            "super hero" if p.kind == "man" else "superheroine",
            "hero with a mask",
        ],
    )


@thing()
def fairy(rng, paint):
    p = plain(rng, paint, rng.choice(("girl", "woman")), mood="smile")
    p.form, p.cloth = rng.choice(("long", "bun", "pigtails")), paint.colour("pink", "purple", "green", "blue")[1]
    wing = rng.choice(("#b3e5fc", "#f8bbd0", "#d1c4e9", "#c8f0c0"))
    more = ' stroke="' + paint.dark(wing, 0.25) + '" stroke-width="3"'
    wings = "".join(
        path(
            f"M64 66 C{64 + s * 20} 10 {64 + s * 66} 16 {64 + s * 58} 46 C{64 + s * 54} 62 {64 + s * 30} 70 64 70 "
            f"C{64 + s * 40} 72 {64 + s * 56} 100 {64 + s * 40} 104 C{64 + s * 24} 106 64 84 64 66Z",
            wing,
            more,
        )
        for s in (-1, 1)
    )
    body = figure(
        paint,
        p,
        [[(36, 74), (30, 84)], [(94, 62), (104, 48)]],
        [[(56, 120)], [(72, 120)]],
        skirt=p.cloth,
        shoe=p.cloth,
        top=52,
        sleeve=p.skin,
    )
    wand = line(104, 48, 112, 28, "#8d6e63", 4) + badge(114, 20, 14)
    return Drawing(
        group(wings + body + wand, mirror=rng.random() < 0.5),
        ["fairy", "fairy with wings", "fairy with a magic wand", "pixie"],
    )


@thing()
def mermaid(rng, paint):
    p = plain(rng, paint, rng.choice(("woman", "girl")), form="long", mood="smile")
    word = rng.choice(("red", "red", "brown", "black", "blond", "pink", "blue", "purple"))
    recolour_hair(rng, p, word)
    tail = paint.colour("green", "green", "blue", "purple")[1]
    shell = paint.colour("purple", "pink", "orange")[1]
    fin = path(
        "M84 112 C92 96 110 90 126 92 C118 100 118 104 122 118 C108 122 92 122 84 112Z", paint.dark(tail, 0.12)
    )
    data = "M44 72 L80 72 C86 92 80 100 92 108 C96 112 92 120 84 118 C56 116 42 96 44 72Z"
    scales = "".join(stroke(f"M{x} {y} C{x + 2} {y + 6} {x + 8} {y + 6} {x + 10} {y}", paint.dark(tail, 0.25), 3)
                     for x, y in ((50, 82), (63, 82), (56, 94), (68, 96)))  # fmt: skip
    body = fin + path("M48 50 L80 50 L80 76 L46 76Z", p.skin) + shape(paint, data, tail) + scales
    body += (
        circle(55, 58, 8, shell)
        + circle(73, 58, 8, shell)
        + limb([(47, 54), (30, 74)], p.skin, 9)
        + limb([(81, 54), (98, 72)], p.skin, 9)
    )
    body += head_at(paint, p, 64, 30, 0.56)
    names = ["mermaid", f"mermaid with {word} hair", "mermaid with a fish tail", "merperson"]
    return Drawing(group(body, mirror=rng.random() < 0.5, scale=1.04), names)


@thing()
def child_on_swing(rng, paint):
    p = walker(rng, paint, ("girl", "boy", "child"), mood="smile")
    frame = paint.colour("red", "blue", "brown", "green")[1]
    posts = (
        limb([(6, 124), (20, 6), (108, 6), (122, 124)], frame, 8)
        + limb([(20, 6), (30, 124)], frame, 7)
        + limb([(108, 6), (98, 124)], frame, 7)
    )
    skirt = p.cloth if p.kind == "girl" and rng.random() < 0.6 else ""
    seat = rect(38, 100, 52, 8, WOOD, 3)
    body = figure(
        paint,
        p,
        [[(40, 66)], [(88, 66)]],
        [[(52, 106), (46, 118)], [(76, 106), (82, 118)]],
        rng.choice(TROUSERS),
        top=64,
        skirt="",
        head_scale=0.52,
    )
    ropes = line(40, 8, 40, 102, "#6d4c2f", 4) + line(88, 8, 88, 102, "#6d4c2f", 4)
    body = posts + group(
        ropes + seat + body + (rect(46, 92, 36, 12, skirt, 5) if skirt else ""), turn=rng.uniform(-7, 7)
    )
    names = [f"{p.kind} on a swing", "child on a swing", f"{p.kind} swinging", "kid on a swing", "playground swing"]
    return Drawing(body, list(dict.fromkeys(names)))


def bicycle(paint, colour):
    wheels = "".join(
        circle(x, 98, 23, "none", ' stroke="#2b2f33" stroke-width="6"') + circle(x, 98, 4, "#78909c")
        for x in (28, 100)
    )
    frame = limb([(28, 98), (48, 68), (86, 68), (60, 98), (28, 98)], colour, 6) + limb(
        [(48, 68), (60, 98)], colour, 6
    )
    return wheels + frame + limb([(100, 98), (84, 58), (94, 54)], colour, 6) + line(40, 62, 56, 62, INK, 7)


@thing()
def cyclist(rng, paint):
    p = walker(rng, paint, ("man", "woman", "boy", "girl"))
    if rng.random() < 0.4:
        p.hat, p.hat_hex = "helmet", paint.colour("red", "blue", "yellow")[1]
    trousers = rng.choice(TROUSERS)
    body = limb([(48, 60), (72, 78), (58, 104)], paint.dark(trousers, 0.2), 11) + bicycle(
        paint, paint.colour("red", "blue", "green", "orange", without=(p.cloth_word,))[1]
    )
    body += (
        limb([(48, 58), (60, 36)], p.cloth, 20)
        + limb([(48, 60), (76, 74), (66, 100)], trousers, 11)
        + ellipse(69, 105, 9, 5, INK)
    )
    body += limb([(62, 38), (78, 52), (92, 54)], paint.dark(p.cloth, 0.15), 9) + circle(92, 53, 6, p.skin)
    body += head_at(paint, p, 68, 22, 0.42)
    names = sexed(
        p,
        ["cyclist", "biking", "bicycle rider", f"{p.kind} on a bike"],
        ["{} riding a bicycle", "{} riding a bike", "{} biking", "{} on a bicycle"],
    )
    return Drawing(group(body, mirror=rng.random() < 0.5), names)


@thing()
def horse_rider(rng, paint):
    p = walker(rng, paint, ("man", "woman", "boy", "girl"))
    word, coat = rng.choice(
        (("brown", "#8a5530"), ("brown", "#a0652f"), ("white", "#e9ecee"), ("black", "#34302e"), ("gray", "#98a2a9"))
    )
    if rng.random() < 0.3:
        p.hat, p.hat_hex = rng.choice((("cowboy", "#6b3e1f"), ("helmet", "#26292d")))
    mane, more = paint.dark(coat, 0.45), edge(paint, coat)
    horse = "".join(
        limb([(x, 88), (x + d, 120)], paint.dark(coat, k), 10)
        for x, d, k in ((40, -6, 0.2), (84, 6, 0.2), (32, 2, 0), (76, 0, 0))
    )
    horse += stroke("M22 74 C8 80 8 96 10 108", mane, 9) + ellipse(56, 80, 38, 18, paint.fill(coat), more)
    horse += path("M76 76 L96 40 L104 30 L108 40 L124 58 C124 66 118 70 112 66 L102 62 L92 92Z", coat, more)
    horse += stroke("M96 40 C84 52 80 62 78 70", mane, 9) + circle(107, 48, 3, INK)
    rider = (
        limb([(56, 62), (66, 84), (62, 98)], rng.choice(TROUSERS), 11)
        + ellipse(66, 101, 9, 5, INK)
        + rect(42, 62, 28, 8, "#5d2f1a", 4)
    )
    rider += (
        limb([(56, 60), (56, 42)], p.cloth, 20)
        + limb([(60, 44), (76, 56), (90, 56)], paint.dark(p.cloth, 0.15), 9)
        + circle(90, 56, 5.5, p.skin)
    )
    body = horse + rider + head_at(paint, p, 57, 24, 0.42)
    names = sexed(
        p,
        ["horse riding", "horse rider", f"{p.kind} on a {word} horse", "rider on a horse"],
        ["{} riding a horse", "{} on a horse", "{} on horseback"],
    )
    return Drawing(group(body, mirror=rng.random() < 0.5), names)


@thing()
def runner(rng, paint):
    p = walker(rng, paint, ("man", "woman", "boy", "girl"), mood="neutral")
    shoe, trousers = paint.colour("red", "blue", "green", "orange")[1], rng.choice(TROUSERS)
    body = limb([(58, 82), (40, 96), (14, 98)], p.skin, 12) + ellipse(10, 94, 6, 10, shoe)
    body += limb([(58, 82), (48, 90)], trousers, 15) + limb(
        [(70, 48), (44, 56), (34, 72)], paint.dark(p.skin, 0.1), 10
    )
    body += (
        limb([(60, 82), (86, 92), (80, 116)], p.skin, 12)
        + limb([(60, 82), (78, 89)], trousers, 15)
        + ellipse(86, 120, 11, 6, shoe)
    )
    body += (
        limb([(60, 80), (70, 52)], p.cloth, 22)
        + limb([(74, 52), (88, 70), (108, 60)], p.skin, 10)
        + circle(109, 59, 6, p.skin)
    )
    body += head_at(paint, p, 78, 28, 0.5)
    names = sexed(p, ["runner", "jogger", "running", "athlete running"], ["{} running", "running {}", "{} jogging"])
    return Drawing(group(body, mirror=rng.random() < 0.5), names)


@thing()
def swimmer(rng, paint):
    p = walker(rng, paint, ("man", "woman", "boy", "girl"))
    if p.kind == "man" and rng.random() < 0.25:
        p.form = "bald"
    water = rng.choice(("#29a3e0", "#3fb1ec", "#1e88e5"))
    body = (
        limb([(30, 92), (46, 84)], p.skin, 20)
        + limb([(84, 84), (100, 48), (122, 62)], p.skin, 13)
        + circle(122, 63, 8, p.skin)
    )
    body += head_at(paint, p, 68, 58, 0.82)
    wave = "M0 92 C10 82 22 82 32 92 C42 102 54 102 64 92 C74 82 86 82 96 92 C106 102 118 102 128 92 L128 126 L0 126Z"
    body += path(wave, paint.fill(water)) + stroke(
        "M8 110 C18 102 28 102 38 110 C48 118 58 118 66 110 M78 114 C88 106 98 106 110 114", "#cdeeff", 5
    )
    names = sexed(p, ["swimmer", "swimming"], ["{} swimming", "swimming {}", "{} in the water"])
    return Drawing(group(body, mirror=rng.random() < 0.5), names)


@thing()
def sleeper(rng, paint):
    p = walker(rng, paint, ("man", "woman", "boy", "girl", "child"))
    cover, wood = paint.colour("blue", "red", "green", "purple", "pink", "orange")[1], paint.wood()
    bed = rect(4, 34, 10, 90, wood, 4) + rect(114, 70, 10, 54, wood, 4) + rect(8, 94, 112, 18, paint.dark(wood, 0.15))
    bed += rect(12, 80, 104, 18, "#f3f5f7", 5, ' stroke="#b7c1c8" stroke-width="2.5"') + rect(
        14, 60, 42, 24, "#fafbfc", 10, ' stroke="#b7c1c8" stroke-width="2.5"'
    )
    p.form, p.mood = "short" if p.kind in MALE else "curly", "asleep"
    face_marks = "".join(stroke(f"M{x - 9} 60 C{x - 5} 67 {x + 5} 67 {x + 9} 60", INK, 5) for x in (50, 78)) + stroke(
        "M56 78 C60 82 68 82 72 78", "#6b2b1f", 5
    )
    plain_face = (
        hair_back(paint, p)
        + ellipse(64, 60, p.width, 33, p.skin, edge(paint, p.skin))
        + face_marks
        + hair_front(paint, p)
    )
    body = bed + group(plain_face, move=(-28, -2), scale=0.56, turn=-14)
    body += shape(paint, "M44 84 C54 60 76 58 94 62 C112 64 118 74 118 98 L44 98Z", cover) + stroke(
        "M48 84 C58 66 76 66 92 70", paint.light(cover, 0.5), 5
    )
    zeds = stroke("M72 30 L86 30 L72 46 L86 46", "#3b6ea5", 4.5) + stroke("M94 8 L112 8 L94 28 L112 28", "#3b6ea5", 5)
    names = sexed(
        p,
        ["person in bed", "sleeping in bed", "sleeping"],
        ["{} sleeping in bed", "sleeping {}", "{} in bed", "{} sleeping"],
    )
    return Drawing(group(body + zeds * (not (mirror := rng.random() < 0.4)), mirror=mirror), names)


@thing()
def reader(rng, paint):
    p = walker(rng, paint, ("man", "woman", "boy", "girl", "child", "old man", "old woman"), mood="neutral")
    p.glasses = rng.choice(("", "glasses"))
    word, cover = paint.colour("red", "blue", "green", "brown", "purple", without=(p.cloth_word,))
    p.form = "curly" if p.form == "bun" else p.form
    book = path(
        "M64 92 C50 82 28 82 14 88 L14 126 C28 120 50 120 64 128 C78 120 100 120 114 126 L114 88 C100 82 78 82 64 92Z",
        cover,
        ' stroke="' + paint.dark(cover, 0.4) + '" stroke-width="3" stroke-linejoin="round"',
    )
    book += line(64, 93, 64, 126, paint.dark(cover, 0.4), 4)
    pages = path(
        "M64 90 C50 78 30 78 18 84 L18 90 C30 84 50 86 64 94 C78 86 98 84 110 90 L110 84 C98 78 78 78 64 90Z",
        "#fdfbf3",
        ' stroke="#b9b1a0" stroke-width="2"',
    )
    body = (
        group(head(paint, p), move=(0, -18), scale=0.92) + book + pages + hand(p, 18, 108, 9) + hand(p, 110, 108, 9)
    )
    names = sexed(
        p,
        ["reader", "reading", f"{p.kind} with a {word} book"],
        ["{} reading a book", "{} reading", "{} with a book"],
    )
    return Drawing(body, names)


@thing()
def guitarist(rng, paint):
    p = walker(rng, paint, ("man", "woman", "boy", "girl"))
    p.glasses = rng.choice(("", "", "sunglasses"))
    tone = paint.colour("red", "brown", "brown", "orange", without=(p.cloth_word,))[1]
    guitar = line(74, 84, 122, 54, "#5d3417", 8) + line(112, 60, 124, 53, "#3a2213", 12)
    guitar += ellipse(62, 92, 17, 15, tone, ' stroke="#3a2213" stroke-width="2.5"') + ellipse(
        42, 102, 23, 20, tone, ' stroke="#3a2213" stroke-width="2.5"'
    )
    guitar += ellipse(60, 92, 13, 11, tone) + circle(54, 96, 8, "#2b1a10") + line(38, 106, 112, 60, "#f3e6c8", 2.5)
    body = group(head(paint, p), move=(0, -16), scale=0.9)
    arms = (
        limb([(16, 102), (28, 118), (50, 106)], paint.dark(p.cloth, 0.15), 12)
        + hand(p, 52, 104)
        + limb([(110, 104), (104, 80)], paint.dark(p.cloth, 0.15), 11)
        + hand(p, 100, 70)
    )
    names = sexed(
        p,
        ["guitarist", "guitar player", "musician", "musician with a guitar"],
        ["{} playing guitar", "{} playing the guitar", "{} with a guitar"],
    )
    return Drawing(group(body + guitar + arms, mirror=rng.random() < 0.5), names)


@thing()
def dancer(rng, paint):
    p = walker(rng, paint, ("woman", "woman", "man"), mood="smile")
    if p.kind == "woman":
        word, p.cloth = paint.colour("red", "red", "purple", "pink", "blue")
        skirt = path(
            "M46 76 L82 76 C96 90 120 92 124 112 C106 108 96 118 82 112 C70 120 50 118 34 112 C38 98 42 90 46 76Z",
            paint.fill(p.cloth),
            paint.outline(),
        )
        body = (
            figure(
                paint,
                p,
                [[(32, 46), (40, 18)], [(96, 62), (114, 50)]],
                [[(52, 120)], [(80, 120)]],
                top=48,
                bare=True,
                shoe=p.cloth,
                sleeve=p.skin,
            )
            + skirt
        )
        names = [
            "woman dancing",
            "dancer",
            "dancing woman",
            f"woman dancing in a {word} dress",
            "flamenco dancer",
            f"woman in a {word} dress",
            "person dancing",
        ]
    else:
        body = figure(
            paint,
            p,
            [[(34, 74), (46, 84)], [(96, 40), (112, 12)]],
            [[(40, 96), (36, 118)], [(90, 98), (92, 118)]],
            rng.choice(TROUSERS),
            top=48,
        )
        names = ["man dancing", "dancer", "dancing man", "person dancing", "disco dancer"]
    return Drawing(group(body, mirror=rng.random() < 0.5, turn=rng.uniform(-6, 6)), names)


def standing(rng, paint, p, x, hands, tall=1.0, dress=False):
    """A standing person with the feet at y=122; `hands` are the points of both hands in the canvas."""
    skirt = p.cloth if dress else ""
    parts = figure(
        paint, p, [[], []], [[(56, 116)], [(72, 116)]], rng.choice(TROUSERS), skirt=skirt, top=50, head_scale=0.58
    )
    body = group(parts, move=(x - 64, 58 * (1 - tall)), scale=tall)
    shoulder = 122 - (122 - 59) * tall
    for s, (hx, hy) in zip((-1, 1), hands, strict=True):
        body += limb([(x + s * 13 * tall, shoulder), (hx, hy)], paint.dark(p.cloth, 0.12), 9 * tall) + circle(
            hx, hy, 6 * tall, p.skin
        )
    return body


@thing()
def couple(rng, paint):
    first, second = rng.choice(
        (
            ("woman", "man"),
            ("man", "woman"),
            ("woman", "man"),
            ("man", "man"),
            ("woman", "woman"),
            ("old man", "old woman"),
            ("boy", "girl"),
        )
    )
    a_person, b_person = walker(rng, paint, (first,), mood="smile"), walker(rng, paint, (second,), mood="smile")
    female = ("woman", "girl", "old woman")
    body = standing(rng, paint, a_person, 34, ((14, 86), (64, 88)), dress=first in female and rng.random() < 0.6)
    body += standing(rng, paint, b_person, 94, ((64, 88), (114, 86)), dress=second in female and rng.random() < 0.6)
    heart = path("M64 34 C52 24 52 12 59 11 C62 11 64 14 64 16 C64 14 66 11 69 11 C76 12 76 24 64 34Z", "#e53935")
    pair = "two " + {"man": "men", "woman": "women"}[first] if first == second else f"{first} and {second}"
    love = rng.random() < 0.4
    names = [
        "couple holding hands",
        f"{pair} holding hands",
        "couple",
        pair,
        "two people holding hands",
        "friends holding hands" if not love else "couple in love",
    ]
    return Drawing(body + heart * love, names)


@thing(weight=1.5)
def family(rng, paint):
    mother, father = walker(rng, paint, ("woman",), mood="smile"), walker(rng, paint, ("man",), mood="smile")
    kids = [walker(rng, paint, (rng.choice(("boy", "girl")),), mood="smile") for _ in range(rng.choice((1, 1, 2)))]
    for kid in kids:
        kid.tone, kid.skin = father.tone, father.skin
    mother.tone, mother.skin = father.tone, father.skin
    if rng.random() < 0.3:
        father.beard, father.beard_hex = "beard", father.hair
    if len(kids) == 1:
        places = [(father, 26, 1.0), (mother, 102, 1.0), (kids[0], 64, 0.66)]
    else:
        places = [(father, 38, 1.0), (mother, 90, 1.0), (kids[0], 18, 0.58), (kids[1], 110, 0.58)]
    body = ""
    for p, x, tall in places:
        body += standing(
            rng,
            paint,
            p,
            x,
            ((x - 20 * tall, 90 if tall == 1 else 98), (x + 20 * tall, 90 if tall == 1 else 98)),
            tall,
            p is mother,
        )
    names = [
        "family",
        "family with a child" if len(kids) == 1 else "family with two children",
        "parents with child" if len(kids) == 1 else "parents and children",
    ]
    if len(kids) == 1:
        names += [f"family with a {kids[0].kind}", f"man, woman and {kids[0].kind}"]
    return Drawing(body, [*names, "mother and father with a child" if len(kids) == 1 else "family of four"])


# --- people with things ---


def balloon(x, y, colour):
    return (
        line(x, y, x - 4, 40, "#6b757c", 3)
        + ellipse(x - 4, 22, 16, 19, colour)
        + ellipse(x - 10, 15, 4, 6, "#ffffff", ' opacity=".6"')
    )


def umbrella(x, y, colour):
    top = path(
        f"M{x - 48} 34 C{x - 44} -8 {x + 14} -8 {x + 18} 34 C{x + 8} 28 {x + 2} 28 {x - 4} "
        f"34 C{x - 10} 28 {x - 20} 28 {x - 26} 34 C{x - 32} 28 {x - 42} 28 {x - 48} 34Z",
        colour,
    )
    return line(x - 15, 30, x, y + 8, "#4e342e", 5) + top


def flower(x, y, colour):
    return (
        line(x, y + 6, x, y - 20, "#388e3c", 5)
        + ring(x, y - 28, 8, 8, 6, 7, colour)
        + circle(x, y - 28, 6, "#fdd835")
    )


def ball(x, y, colour):
    return circle(x + 4, y - 8, 15, "#fafafa", ' stroke="#6b757c" stroke-width="2.5"') + polygon(
        [(x + 4 + 7 * math.sin(i * 1.2566), y - 8 - 7 * math.cos(i * 1.2566)) for i in range(5)], colour)  # fmt: skip


def ice_cream(x, y, colour):
    return polygon([(x - 9, y - 14), (x + 9, y - 14), (x, y + 10)], "#d9963e") + circle(x, y - 20, 12, colour)


def gift(x, y, colour):
    bow = circle(x - 3, y - 28, 6, "#fdd835") + circle(x + 9, y - 28, 6, "#fdd835")
    return (
        bow
        + rect(x - 13, y - 24, 32, 30, colour, 3)
        + rect(x, y - 24, 7, 30, "#fdd835")
        + rect(x - 13, y - 13, 32, 6, "#fdd835")
    )


def bag(x, y, colour):
    return stroke(f"M{x - 8} {y + 4} C{x - 8} {y - 10} {x + 8} {y - 10} {x + 8} {y + 4}", colour, 5) + rect(
        x - 15, y + 4, 30, 24, colour, 4
    )


def teddy(x, y, colour):
    tone = "#a0632d"
    ears = circle(x - 6, y - 26, 6, tone) + circle(x + 12, y - 26, 6, tone)
    face_parts = (
        circle(x - 1, y - 19, 2, INK) + circle(x + 7, y - 19, 2, INK) + ellipse(x + 3, y - 13, 5, 4, "#e3bd8a")
    )
    return ellipse(x + 3, y + 2, 12, 14, tone) + ears + circle(x + 3, y - 18, 12, tone) + face_parts


HELD = {
    "balloon": (balloon, (104, 76)),
    "umbrella": (umbrella, (98, 72)),
    "flower": (flower, (100, 76)),
    "ball": (ball, (98, 82)),
    "ice cream": (ice_cream, (98, 70)),
    "gift": (gift, (94, 82)),
    "bag": (bag, (100, 86)),
    "teddy bear": (teddy, (94, 78)),
}


@thing(weight=2.5)
def holding(rng, paint):
    """A standing person with a thing in the hand."""
    p = walker(
        rng, paint, ("man", "woman", "boy", "boy", "girl", "girl", "child", "old man", "old woman"), mood="smile"
    )
    item = rng.choice(
        [
            i
            for i in HELD
            if not (i in ("teddy bear", "balloon", "ball") and p.kind in ("man", "old man", "old woman"))
        ]
    )
    draw, (x, y) = HELD[item]
    word, colour = paint.colour("red", "blue", "green", "yellow", "pink", "purple", "orange", without=(p.cloth_word,))
    dress = p.kind in FEMALE and rng.random() < 0.6
    skirt = p.cloth if dress else ""
    size = 0.68 if p.kind in ("boy", "girl", "child") else 0.58
    arms = [[(42, 80)], [(x - 4, y)]]
    body = (
        figure(paint, p, arms, [[(56, 118)], [(72, 118)]], rng.choice(TROUSERS), skirt=skirt, top=54, head_scale=size)
        if item != "umbrella"
        else (
            figure(
                paint, p, arms, [[(56, 118)], [(72, 118)]], rng.choice(TROUSERS), skirt=skirt, top=62, head_scale=0.5
            )
        )
    )
    body = body + draw(x, y, colour) + circle(x - 3, y, 6.5, p.skin)
    thing_name = a(item) if item in ("ball", "teddy bear") else a(f"{word} {item}")
    wear = a(f"{p.cloth_word} {'dress' if dress else 'shirt'}")
    names = [
        f"{p.kind} with {thing_name}",
        f"{p.kind} with {a(item)}",
        f"{p.kind} holding {a(item)}",
        f"{p.kind} holding {thing_name}",
        f"{p.kind} in {wear}",
        f"{p.kind} in {wear} with {a(item)}",
    ]
    return Drawing(
        group(body, move=(-10 if item != "umbrella" else -2, 0), mirror=rng.random() < 0.5),
        list(dict.fromkeys(names)),
    )


@thing(weight=2)
def standing_person(rng, paint):
    """A whole person in coloured clothes, with a hat or glasses at times."""
    p = walker(rng, paint, ("man", "man", "woman", "woman", "boy", "girl", "old man", "old woman"))
    if p.kind in ("man", "old man") and rng.random() < 0.4:
        add_beard(rng, p)
        p.mood = "neutral"
    if rng.random() < 0.4:
        add_hat(rng, paint, p)
        p.hat = "cap" if p.hat in ("hijab", "headphones") else p.hat
        p.form = "half bald" if p.kind == "old man" else p.form
    p.glasses = "glasses" if rng.random() < 0.25 else ""
    word, trousers = paint.colour("blue", "black", "brown", "gray", "green", "red", without=(p.cloth_word,))
    dress = p.kind in FEMALE and rng.random() < 0.6
    arms = rng.choice(
        ([[(40, 84)], [(88, 84)]], [[(34, 78)], [(92, 34)]], [[(32, 72), (48, 84)], [(96, 72), (80, 84)]])
    )
    body = figure(
        paint, p, arms, [[(54, 116)], [(74, 116)]], trousers, skirt=p.cloth if dress else "", top=58, head_scale=0.7
    )
    wear = a(f"{p.cloth_word} dress") if dress else a(f"{p.cloth_word} shirt")
    found = attribute_words(p)[0]
    first = [f"{p.kind} in {wear}", f"{p.kind} wearing {wear}"]
    if found:
        first.append(f"{p.kind} in {wear} with {found[-1][0][0]}")
    if not dress:
        first.append(f"{p.kind} with {word} pants")
    if arms[1] == [(92, 34)]:
        first.append(f"{p.kind} waving")
    return Drawing(body, list(dict.fromkeys([*first, f"standing {p.kind}", *person_names(rng, p)[:8], p.kind])))


@thing()
def scientist(rng, paint):
    p = plain(rng, paint, cloth="#f4f6f8", style="collar", glasses=rng.choice(("glasses", "glasses", "")))
    liquid = paint.colour("green", "blue", "pink", "orange")[1]
    flask = path(
        "M100 56 L116 56 L116 82 L126 114 C126 122 122 124 118 124 L98 124 C94 124 90 122 90 114 L100 82Z",
        "#e8f4fa",
        ' stroke="#607d8b" stroke-width="4"',
    )
    flask += (
        path("M97 96 L119 96 L124 114 C124 119 122 121 118 121 L98 121 C94 121 92 119 92 114Z", liquid)
        + circle(104, 84, 4, liquid)
        + circle(111, 74, 3, liquid)
    )
    return role(rng, p, paint, ["scientist", "chemist", "scientist with a flask"], tool=flask + hand(p, 92, 116, 8))


@thing()
def student(rng, paint):
    p = plain(
        rng,
        paint,
        rng.choice(("man", "woman", "boy", "girl")),
        hat="mortar",
        hat_hex="#2b2f36",
        cloth=rng.choice(("#2b2f36", "#26356b")),
        mood="smile",
    )
    p.form = "short" if p.kind in MALE else rng.choice(("long", "bob"))
    over = polygon([(46, 96), (82, 96), (64, 134)], "#ffffff")
    scroll = rect(80, 106, 44, 15, "#fbf6e6", 6, ' stroke="#b5a77f" stroke-width="2.5"') + rect(
        98, 105, 8, 17, "#e53935"
    )
    return role(
        rng,
        p,
        paint,
        ["graduate", "student", "student with a graduation cap"],
        tool=scroll * (rng.random() < 0.5),
        over=over,
    )


@thing()
def singer(rng, paint):
    p = plain(rng, paint, mood="surprised", style=rng.choice(("dress", "shirt")))
    p.glasses = rng.choice(("", "sunglasses"))
    p.style = "shirt" if p.kind == "man" else p.style
    recolour_hair(rng, p, rng.choice(("pink", "blue", "purple", "black", "blond", "red")))
    mic = (
        line(104, 122, 94, 96, "#23272b", 10)
        + circle(91, 88, 13, "#6b757c")
        + stroke("M82 92 L100 84 M84 82 L98 96", "#aebac2", 2.5)
    )
    note = circle(14, 50, 7, "#5e35b1") + stroke("M20 50 L20 24 L32 30", "#5e35b1", 5)
    return role(
        rng,
        p,
        paint,
        ["singer", "singer with a microphone", "pop star", "karaoke singer"],
        tool=mic + note + hand(p, 103, 114),
    )


@thing()
def waiter(rng, paint):
    p = plain(
        rng, paint, cloth="#2b2f33", cloth_word="black", style="suit", bow_tie=("black", "#111315"), mood="smile"
    )
    p.form = "short" if p.kind == "man" else "bun"
    tray = (
        ellipse(102, 74, 24, 6, "#b8c4cb", ' stroke="#6f7c84" stroke-width="2.5"')
        + path("M94 70 L90 44 L106 44 L102 70Z", "#c62839")
        + limb([(112, 120), (104, 84)], "#2b2f33", 11)
    )
    return role(
        rng,
        p,
        paint,
        ["waiter" if p.kind == "man" else "waitress", "server with a tray"],
        tool=tray + hand(p, 103, 82, 8),
    )


@thing()
def mechanic(rng, paint):
    blue = rng.choice(("#3b6ea5", "#2f5fa8", "#5a6b78"))
    p = plain(rng, paint, hat="cap", hat_hex=blue, cloth=paint.colour("gray", "white", "red")[1])
    p.form = "short" if p.kind == "man" else "ponytail"
    wrench = line(108, 76, 108, 122, METAL, 9) + path(
        "M96 46 C88 66 98 78 108 78 C118 78 128 66 120 46 L114 48 L114 60 L102 60 L102 48Z", METAL
    )
    return role(
        rng,
        p,
        paint,
        ["mechanic", "mechanic with a wrench", "repairman" if p.kind == "man" else "plumber"],
        tool=wrench + hand(p, 108, 110),
        over=overalls(blue),
    )


@thing()
def office_worker(rng, paint):
    p = plain(rng, paint, style="suit", glasses=rng.choice(("", "glasses")))
    p.cloth_word, p.cloth = paint.colour("black", "blue", "gray", "brown")
    if rng.random() < 0.5:
        names = ["businessman", "man in a suit"] if p.kind == "man" else ["businesswoman", "woman in a suit"]
        return role(
            rng,
            p,
            paint,
            [*names, f"{p.kind} in {a(p.cloth_word)} suit", f"{p.kind} with a tie", "office worker", "boss"],
        )
    laptop = (
        path("M26 84 L102 84 L108 122 L20 122Z", "#b8c4cb", ' stroke="#6f7c84" stroke-width="3"')
        + rect(10, 120, 108, 7, "#8b99a1", 3)
        + circle(64, 102, 7, "#ffffff")
    )
    body = group(head(paint, p), move=(0, -14), scale=0.88) + laptop
    return Drawing(
        body,
        [
            f"{p.kind} with a laptop",
            "programmer",
            f"{p.kind} working at a laptop",
            f"{p.kind} with a computer",
            "office worker",
            "person at a computer",
        ],
    )


def being(paint, p, names, over="", behind=""):
    return Drawing(behind + group(head(paint, p) + over, move=(0, 8)), names)


def anyone(rng, paint, **changes):
    return plain(rng, paint, rng.choice(("man", "woman", "boy", "girl")), **changes)


@thing(weight=0.5)
def angel(rng, paint):
    p = anyone(rng, paint, cloth="#fafafa", mood="smile")
    wings = ""
    for s in (-1, 1):
        data = (
            f"M{64 + s * 20} 104 C{64 + s * 40} 40 {64 + s * 66} 50 {64 + s * 60} 84 "
            f"C{64 + s * 62} 100 {64 + s * 50} 116 {64 + s * 30} 118Z"
        )
        wings += path(data, "#e6f0f7", ' stroke="#93a9b8" stroke-width="3"')
    halo = ellipse(64, 8, 26, 6, "none", ' stroke="#fbc02d" stroke-width="6"')
    p.form = "short" if p.form in ("bun", "afro", "mohawk") else p.form
    return being(paint, p, ["angel", "angel with a halo", "angel with wings"], halo, wings)


@thing(weight=0.5)
def devil(rng, paint):
    skin = rng.choice(("#d94a3d", "#c93a32", "#e0533f"))
    p = anyone(rng, paint, skin=skin, cloth="#5c1a1f", form="bald", mood=rng.choice(("angry", "smile")))
    horns = ""
    for s in (-1, 1):
        data = (
            f"C{64 + s * 34} 34 {64 + s * 40} 18 {64 + s * 34} 4 C{64 + s * 26} 14 {64 + s * 20} 22 {64 + s * 12} 24Z"
        )
        horns += path(f"M{64 + s * 14} 36 {data}", "#6e1512")
    return being(paint, p, ["devil", "demon", "devil with horns"], horns)


@thing(weight=0.5)
def vampire(rng, paint):
    p = plain(rng, paint, mood="smile", fringe=3, cloth="#26222b", style="suit")
    recolour_hair(rng, p, "black")
    p.skin, p.form = rng.choice(("#e4e6ee", "#dde3e6")), "short" if p.kind in MALE else "long"
    fangs = polygon([(53, 75), (59, 75), (56, 88)], "#fff") + polygon([(69, 75), (75, 75), (72, 88)], "#fff")
    cape = path("M20 128 L8 74 L44 104 L84 104 L120 74 L108 128Z", "#c62828")
    return being(paint, p, ["vampire", "Dracula", "vampire with fangs"], fangs, cape)


@thing(weight=0.5)
def zombie(rng, paint):
    p = anyone(rng, paint, skin=rng.choice(("#8fae5d", "#7fa468", "#9bb87a")), mood="surprised", cloth="#6b5f52")
    marks = (
        circle(50, 61, 9, "#f3f3e0") + circle(50, 61, 4, INK) + stroke("M72 36 L84 42 M76 44 L82 36", "#5b2a2a", 4)
    )
    return being(paint, p, ["zombie", "undead", "green zombie"], marks)


@thing(weight=0.5)
def elf(rng, paint):
    p = anyone(rng, paint, cloth="#2e7d32", form="short", mood="smile")
    more, ears = ' stroke="#8a5a30" stroke-width="2"', ""
    for s in (-1, 1):
        ears += path(f"M{64 + s * 28} 54 L{64 + s * 58} 42 L{64 + s * 30} 74Z", p.skin, more)
    hat = shape(paint, "M30 44 C40 20 60 8 72 -4 C78 14 92 24 98 44 C78 36 50 36 30 44Z", "#388e3c")
    names = ["elf", "elf with pointed ears", "Christmas elf"]
    return being(paint, p, names, ears + hat + circle(72, -2, 7, "#fdd835"))


@thing()
def skier(rng, paint):
    """A person on skis."""
    p = walker(rng, paint, mood="smile")
    p.hat, (p.hat_word, p.hat_hex) = "winter", paint.colour("red", "blue", "green", "orange", without=(p.cloth_word,))
    ski = limb([(14, 98), (112, 122), (120, 118)], paint.colour("red", "blue", "orange")[1], 6)
    legs = [[(72, 94), (58, 106)], [(84, 98), (74, 110)]]
    body = ski + figure(paint, p, [[(38, 70), (30, 82)], [(92, 66), (102, 72)]], legs, rng.choice(TROUSERS), top=50)
    body += line(26, 72, 8, 122, "#546e7a", 4) + line(102, 66, 116, 106, "#546e7a", 4)
    return Drawing(
        group(body, mirror=rng.random() < 0.5),
        sexed(p, ["skier", "skiing"], ["{} skiing", "skiing {}", "{} on skis"]),
    )


@thing()
def footballer(rng, paint):
    p = walker(rng, paint, ("man", "woman", "boy", "girl"))
    legs = [[(54, 104), (50, 118)], [(90, 92), (100, 104)]]
    body = figure(
        paint, p, [[(36, 70), (26, 60)], [(92, 72), (104, 62)]], legs, bare=True, top=48, shoe="#24272b"
    ) + rect(48, 80, 32, 16, "#f5f5f5" if p.cloth_word != "white" else "#26476e", 4)
    body += ball(106, 118, INK)
    names = sexed(
        p,
        ["soccer player", "football player", "footballer"],
        ["{} playing soccer", "{} playing football", "{} kicking a ball"],
    )
    return Drawing(group(body, mirror=rng.random() < 0.5), names)


def dog(x, y, colour):
    """A dog to the right of a person, its feet at y."""
    dark = "#3a2a20"
    body = "".join(line(x + d, y - 16, x + d, y - 2, colour, 7) for d in (-12, -4, 10, 17))
    body += stroke(f"M{x - 14} {y - 24} C{x - 22} {y - 30} {x - 22} {y - 36} {x - 20} {y - 40}", colour, 6)
    body += (
        rect(x - 17, y - 30, 38, 17, colour, 8)
        + circle(x + 20, y - 36, 12, colour)
        + ellipse(x + 29, y - 33, 8, 6, colour)
    )
    return (
        body
        + ellipse(x + 13, y - 36, 5, 10, dark)
        + circle(x + 35, y - 35, 3.5, dark)
        + circle(x + 23, y - 39, 2.5, INK)
    )


@thing()
def dog_walker(rng, paint):
    p = walker(rng, paint, ("man", "woman", "boy", "girl", "old man", "old woman"), mood="smile")
    coat = rng.choice(("#b5743a", "#8a5530", "#d9b27c", "#6b6f73"))
    leash = line(58, 84, 96, 98, "#d32f2f", 4)
    body = figure(paint, p, [[(20, 84)], [(58, 82)]], [[(30, 116)], [(50, 116)]], rng.choice(TROUSERS), x=38, top=54)
    body += leash + dog(88, 124, coat) + circle(58, 83, 6.5, p.skin)
    names = sexed(p, ["dog walker"], ["{} walking a dog", "{} with a dog", "{} and dog", "{} with a dog on a leash"])
    return Drawing(group(body, mirror=rng.random() < 0.5), names)


@thing()
def wedding(rng, paint):
    bride_person = walker(rng, paint, ("woman",), mood="smile", cloth="#fafbfc")
    groom = walker(rng, paint, ("man",), mood="smile", cloth="#2b2f36")
    veil = path("M14 34 C18 -2 54 -2 58 34 L66 96 L6 96Z", "#e6eef3", ' stroke="#b4c2ca" stroke-width="2.5"')
    dress = path("M24 70 L46 70 L60 120 L8 120Z", "#fafbfc", ' stroke="#b4c2ca" stroke-width="2.5"')
    body = veil + standing(rng, paint, bride_person, 36, ((18, 84), (64, 88)), dress=True) + dress
    body += ring(30, 84, 7, 5, 5.5, 6, "#ec407a") + circle(30, 84, 6, "#f8bbd0")
    body += standing(rng, paint, groom, 94, ((64, 88), (112, 86))) + polygon(
        [(86, 52), (102, 52), (94, 74)], "#ffffff"
    )
    body += polygon([(94, 57), (86, 52), (86, 62)], "#111") + polygon([(94, 57), (102, 52), (102, 62)], "#111")
    return Drawing(body, ["bride and groom", "wedding couple", "wedding", "newlyweds", "married couple"])


@thing()
def mother(rng, paint):
    kind = rng.choice(("woman", "woman", "man"))
    p = plain(rng, paint, kind, mood="smile")
    p.form = "short" if kind == "man" else rng.choice(("long", "bob", "ponytail"))
    baby = plain(rng, paint, "baby", form="baby", mood="smile", tone=p.tone, skin=p.skin)
    blanket = paint.colour("blue", "pink", "yellow", "green", "white", without=(p.cloth_word,))[1]
    wrap = ellipse(72, 108, 44, 22, paint.fill(blanket), edge(paint, blanket)) + circle(
        42, 98, 23, blanket, edge(paint, blanket)
    )
    arm = limb([(14, 112), (30, 124), (84, 122)], paint.dark(p.cloth, 0.2), 13) + hand(p, 90, 121, 8)
    body = group(head(paint, p), move=(8, -16), scale=0.88) + wrap + head_at(paint, baby, 42, 98, 0.5) + arm
    names = ["mother with a baby", "mother holding a baby", "mother and child", "woman with a baby"]
    if kind == "man":
        names = ["father with a baby", "father holding a baby", "dad with a baby", "man with a baby"]
    return Drawing(group(body, mirror=rng.random() < 0.5), [*names, "parent with a baby", f"{kind} holding a baby"])


@thing()
def photographer(rng, paint):
    p = plain(rng, paint, mood="smile")
    if rng.random() < 0.5:
        camera = (
            rect(30, 88, 68, 38, "#2f3439", 6) + rect(50, 80, 28, 12, "#2f3439", 4) + circle(64, 107, 16, "#90a4ae")
        )
        camera += circle(64, 107, 11, "#1b2a3a") + circle(60, 103, 4, "#8fd0ff") + circle(90, 96, 4, "#e53935")
        body = group(head(paint, p), move=(0, -18), scale=0.88) + camera + hand(p, 28, 110) + hand(p, 100, 110)
        names = sexed(p, ["photographer", "photographer with a camera"], ["{} with a camera", "{} taking a photo"])
    else:
        phone = rect(96, 56, 26, 46, "#23272b", 5) + rect(99, 61, 20, 34, "#64b5f6", 2)
        body = portrait(paint, p) + phone + hand(p, 108, 106) + limb([(108, 116), (104, 126)], p.cloth, 12)
        names = sexed(
            p, ["person with a smartphone"], ["{} with a phone", "{} using a phone", "{} with a smartphone"]
        )
    return Drawing(group(body, mirror=rng.random() < 0.5), names)


@thing(weight=1.5)
def sitting(rng, paint):
    """A person on a chair, or with crossed legs on the ground."""
    p = walker(rng, paint, ("man", "woman", "boy", "girl", "old man"), mood="smile")
    trousers = rng.choice(TROUSERS)
    if rng.random() < 0.6:
        wood = paint.wood()
        chair = line(32, 36, 30, 122, wood, 9) + line(88, 88, 90, 122, wood, 9) + rect(26, 84, 68, 10, wood, 4)
        body = chair + limb([(52, 76), (52, 58)], p.cloth, 30) + limb([(52, 80), (92, 80), (94, 112)], trousers, 15)
        body += ellipse(99, 118, 12, 6, INK) + limb([(52, 56), (62, 72), (82, 70)], paint.dark(p.cloth, 0.2), 11)
        body += circle(83, 70, 7, p.skin) + head_at(paint, p, 54, 32, 0.6)
        body = group(body, mirror=rng.random() < 0.5)
        names = sexed(
            p, ["sitting person"], ["{} sitting on a chair", "{} sitting", "{} on a chair", "{} in a chair"]
        )
    else:
        legs = limb([(58, 96), (22, 106), (58, 116)], trousers, 14) + limb(
            [(70, 96), (106, 106), (68, 116)], trousers, 14
        )
        body = ellipse(64, 118, 58, 8, paint.colour("purple", "blue", "green", "pink")[1])
        body += figure(paint, p, [[], []], [[], []], trousers, top=58, head_scale=0.6) + legs
        for s in (-1, 1):
            body += limb([(64 + s * 14, 67), (64 + s * 34, 84), (64 + s * 44, 98)], paint.dark(p.cloth, 0.12), 10)
            body += circle(64 + s * 44, 99, 6.5, p.skin)
        names = sexed(
            p, ["yoga", "meditation"], ["{} sitting cross-legged", "{} meditating", "{} doing yoga", "{} sitting"]
        )
    return Drawing(body, names)


@thing()
def sportsman(rng, paint):
    """Weight lifters, skateboarders and surfers."""
    p = walker(rng, paint, ("man", "woman", "boy", "girl"))
    what = rng.choice(("weight", "board", "surf"))
    if what == "weight":
        bar = line(8, 14, 120, 14, "#78909c", 5)
        bar += "".join(
            rect(x, -4 if w > 8 else 2, w, 36 if w > 8 else 24, "#2f3439", 3)
            for x, w in ((4, 7), (12, 11), (105, 11), (117, 7))
        )
        body = figure(
            paint,
            p,
            [[(34, 46), (36, 16)], [(94, 46), (92, 16)]],
            [[(44, 100), (46, 118)], [(84, 100), (82, 118)]],
            INK,
            top=60,
            head_scale=0.5,
        )
        names = sexed(
            p,
            ["weightlifter", "weight lifting", "strong man" if p.kind == "man" else "strong woman"],
            ["{} lifting weights", "{} with a barbell"],
        )
        return Drawing(group(body + bar, move=(0, 4)), names)
    legs = [[(44, 98), (40, 108)], [(86, 98), (88, 108)]]
    colour = paint.colour("red", "orange", "yellow", "green", "purple", without=(p.cloth_word,))[1]
    body = figure(
        paint, p, [[(34, 58), (18, 66)], [(94, 58), (110, 50)]], legs, rng.choice(TROUSERS), top=46, head_scale=0.52
    )
    if what == "board":
        board = (
            stroke("M12 110 L20 115 L108 115 L116 110", colour, 7) + circle(32, 122, 6, INK) + circle(96, 122, 6, INK)
        )
        names = sexed(p, ["skateboarder", "skateboarding", "skater"], ["{} on a skateboard", "{} skateboarding"])
    else:
        board = ellipse(64, 114, 56, 7, colour, ' transform="rotate(-6 64 114)"')
        board += path(
            "M0 112 C16 106 24 122 40 116 C60 110 70 124 90 118 C104 112 116 116 128 110 L128 128 L0 128Z", "#29a3e0"
        )
        names = sexed(p, ["surfer", "surfing"], ["{} surfing", "{} on a surfboard"])
    return Drawing(group(body + board, mirror=rng.random() < 0.5), names)
