"""Single everyday things: food, plants, nature, vehicles, buildings and objects."""

import math

from drawings import Drawing, circle, ellipse, group, line, path, polygon, rect, thing

NONE = ' stroke="none"'
GREENS = ("#5c913b", "#43a047", "#3e8e41", "#2e7d32", "#6aa84f")
BROWNS = ("#7a4a21", "#6d4c41", "#8a5a2b")
INK = "#2b2f33"
SKINS = ("#ffcc4d", "#f7c99b", "#c68642")


def free(paint, *without):
    """A random colour that can be seen on white."""
    return paint.colour() if paint.outline() and not without else paint.colour(without=("white", *without))


def shade(paint, colour, share=0.25):
    """A darker tone of the colour, or a lighter one of black."""
    return (
        paint.light(colour, share) if int(colour[1:3], 16) + int(colour[3:5], 16) < 110 else paint.dark(colour, share)
    )


def whole(rng, paint, parts, turn=0.0, mirror=True):
    """All parts in one group with the outline of the drawing, slightly resized, often mirrored."""
    body = f"<g{paint.outline()}>{''.join(parts)}</g>"
    turned = rng.uniform(-turn, turn) if turn else 0
    return group(body, turn=turned, scale=rng.uniform(0.94, 1.02), mirror=mirror and rng.random() < 0.5)


def stroke(data, colour, width):
    """An open curved line."""
    more = f' stroke="{colour}" stroke-width="{width:.1f}" stroke-linecap="round" stroke-linejoin="round"'
    return path(data, "none", more)


def shine(x, y, rx, ry, turn=0, opacity=0.4):
    """A light spot."""
    return ellipse(
        x, y, rx, ry, "#fff", f' fill-opacity="{opacity}" stroke="none" transform="rotate({turn} {x} {y})"'
    )


def ring(x, y, radius, colour, width):
    """A circle without fill."""
    return circle(x, y, radius, "none", f' stroke="{colour}" stroke-width="{width}"')


def leaf(x, y, length, turn, colour, wide=0.3):
    """A pointed leaf from x, y to the right, turned by degrees."""
    half = length * wide
    data = f"M{x} {y}q{length * 0.45:.1f} {-2 * half:.1f} {length} 0q{-length * 0.55:.1f} {2 * half:.1f} {-length} 0z"
    return path(data, colour, f' transform="rotate({turn} {x} {y})"')


def star_points(x, y, outer, inner, count, turn=-90.0):
    """The points of a star."""
    points = []
    for i in range(2 * count):
        radius, angle = (inner if i % 2 else outer), math.radians(turn + 180 * i / count)
        points.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
    return points


def around(x, y, radius, count, turn=0.0):
    """Points on a circle, with their angle in degrees."""
    for i in range(count):
        angle = turn + 360 * i / count
        yield x + radius * math.cos(math.radians(angle)), y + radius * math.sin(math.radians(angle)), angle


# Food


@thing(2.0)
def one_apple(rng, paint):
    """An apple with dimple, stalk and leaf."""
    word, colour = paint.colour("red", "red", "green", "yellow") if rng.random() < 0.9 else ("red", "#b71c1c")
    wide, green = rng.uniform(0, 5), rng.choice(GREENS)
    data = (
        f"M64 40Q48 27 30 33Q{9 - wide} 42 {11 - wide} 74Q16 112 42 120Q54 124 64 118Q74 124 86 120"
        f"Q112 112 {117 + wide} 74Q{119 + wide} 42 98 33Q80 27 64 40Z"
    )
    parts = [path(data, paint.fill(colour, "round")), ellipse(64, 41, 17, 6, shade(paint, colour, 0.3), NONE)]
    parts += [stroke(f"M64 44Q63 26 {rng.uniform(52, 60):.0f} 10", rng.choice(BROWNS), 7), shine(32, 62, 8, 16, 15)]
    if rng.random() < 0.85:
        parts.append(leaf(64, 30, rng.uniform(42, 50), rng.uniform(-28, -12), green))
    return Drawing(whole(rng, paint, parts, 5), ["apple", "apple with a leaf", "ripe apple", "fruit"], [word])


@thing(0.6)
def one_bitten_apple(rng, paint):
    """An apple cut in half, with its core."""
    word, colour = paint.colour("red", "green")
    data = "M64 34Q48 22 30 28Q8 38 10 72Q14 112 42 120Q54 123 64 118Q74 123 86 120Q114 112 118 72Q120 38 98 28Q80 22 64 34Z"
    parts = [
        path(data, colour),
        path(data, "#fff3cf", NONE + ' transform="translate(64 76) scale(.86) translate(-64 -76)"'),
    ]
    parts += [ellipse(64, 76, 20, 26, "#f2dc9b", NONE), stroke("M64 38Q64 22 70 10", "#7a4a21", 7)]
    parts += [ellipse(x, 78, 5, 10, "#5d3a1a", NONE) for x in (56, 73)]
    return Drawing(whole(rng, paint, parts, 6), ["half an apple", "apple half", "cut apple", f"half a {word} apple"])


@thing(1.5)
def one_banana(rng, paint):
    """One banana, or a bunch."""
    yellow, tip = rng.choice(["#ffd83b", "#fdd835", "#ffcc4d"]), "#5d4a1f"
    count = rng.choice([1, 1, 2, 3])
    parts = []
    for i in range(count):
        turn = (i - (count - 1) / 2) * 22 + (0 if count > 1 else rng.uniform(-12, 12))
        tone = paint.dark(yellow, 0.1 * (count - 1 - i))
        one = path(
            "M100 8L110 12Q112 26 116 44Q118 84 84 106Q52 126 16 112L12 102Q50 102 72 78Q94 52 98 26Z",
            paint.fill(tone),
        )
        one += path("M116 44Q118 84 84 106Q52 126 16 112Q58 116 86 86Q106 64 106 20Z", paint.dark(tone, 0.12), NONE)
        one += path("M99 4L111 6L111 20L98 20Z", tip) + path("M12 101L20 101L22 113L14 113Z", tip)
        parts.append(f'<g transform="rotate({turn:.1f} 104 12)">{one}</g>')
    move = 0 if count == 1 else -2
    body = whole(rng, paint, [group(*parts, move=(move, 0), scale=1 if count == 1 else 0.88)])
    return Drawing(
        body, ["banana", "yellow banana", "ripe banana"] if count == 1 else ["bananas", "bunch of bananas"]
    )


@thing(1.3)
def one_orange(rng, paint):
    """An orange, whole with a leaf or as a slice."""
    orange = rng.choice(["#f4900c", "#fb8c00", "#ff9800"])
    if rng.random() < 0.4:
        parts = [circle(64, 64, 58, orange), circle(64, 64, 50, "#fff0c8", NONE)]
        for _, _, angle in around(64, 64, 1, 8, rng.uniform(0, 40)):
            parts.append(path("M64 60L50 24Q64 14 78 24Z", orange, NONE + f' transform="rotate({angle:.0f} 64 64)"'))
        return Drawing(whole(rng, paint, parts), ["orange slice", "slice of orange", "half an orange"])
    parts = [circle(64, 70, 53, paint.fill(orange, "round")), shine(38, 50, 9, 15, 30)]
    parts += [
        circle(x, y, 2.5, paint.dark(orange, 0.15), NONE)
        for x, y in ((84, 76), (70, 98), (50, 88), (94, 60), (90, 98))
    ]
    parts += [leaf(64, 20, 46, rng.uniform(-25, 5), rng.choice(GREENS)), circle(64, 21, 6, "#4a7a2c", NONE)]
    return Drawing(whole(rng, paint, parts, 8), ["orange", "orange fruit", "tangerine"])


@thing(1.2)
def one_lemon(rng, paint):
    """A lemon, or a lime."""
    lime = rng.random() < 0.25
    colour = rng.choice(["#7cb342", "#8bc34a"]) if lime else rng.choice(["#fdd835", "#ffe14d"])
    body = path(
        "M6 66Q10 58 20 56Q34 26 66 26Q96 26 108 56Q120 58 122 66Q120 74 108 76Q96 106 66 106Q34 106 20 76Q10 74 6 66Z",
        paint.fill(colour),
    )
    parts = [f'<g transform="rotate({rng.uniform(-35, -15):.0f} 64 66)">{body}{shine(48, 48, 18, 7, -15, 0.55)}</g>']
    if rng.random() < 0.6:
        parts.append(leaf(104, 34, 36, -120, rng.choice(GREENS)))
    return Drawing(whole(rng, paint, parts), ["lime", "green lime"] if lime else ["lemon", "yellow lemon"])


@thing(1.2)
def one_pear(rng, paint):
    """A pear."""
    word, colour = rng.choice([("green", "#a4c639"), ("yellow", "#e6d13a"), ("green", "#8bb83f")])
    data = "M64 22Q84 22 86 46Q88 60 100 72Q114 90 104 106Q92 122 64 122Q36 122 24 106Q14 90 28 72Q40 60 42 46Q44 22 64 22Z"
    parts = [
        path(data, paint.fill(colour, "round")),
        stroke("M64 24Q64 12 72 5", "#7a4a21", 7),
        shine(44, 82, 8, 16, 25),
    ]
    if rng.random() < 0.8:
        parts.append(leaf(66, 18, 42, -5, rng.choice(GREENS)))
    return Drawing(whole(rng, paint, parts, 10), ["pear", "ripe pear"], [word])


@thing(1.2)
def one_cherry(rng, paint):
    """Two cherries on their stalks."""
    red, green = rng.choice(["#d32f2f", "#b71c1c", "#e53935"]), rng.choice(GREENS)
    parts = [stroke("M36 84Q44 40 84 10", green, 6), stroke("M90 88Q92 40 84 10", green, 6)]
    parts += [circle(34, 92, 29, paint.fill(red, "round")), circle(92, 96, 27, paint.fill(red, "round"))]
    parts += [
        shine(24, 82, 6, 9, 30, 0.55),
        shine(83, 86, 6, 9, 30, 0.55),
        leaf(84, 12, 44, rng.uniform(10, 30), green),
    ]
    return Drawing(whole(rng, paint, parts), ["cherries", "cherry", "two cherries", "red cherries"])


@thing(1.2)
def one_strawberry(rng, paint):
    """A strawberry with seeds."""
    red = rng.choice(["#e53935", "#dd2e44", "#d32f2f"])
    data = "M64 28Q96 14 112 38Q120 66 92 100Q76 122 64 123Q52 122 36 100Q8 66 16 38Q32 14 64 28Z"
    parts = [path(data, paint.fill(red, "round"))]
    for x, y in ((40, 56), (64, 58), (88, 56), (50, 76), (78, 76), (64, 94), (28, 62), (100, 62)):
        parts.append(ellipse(x, y, 3, 5, "#ffe082", NONE))
    parts += [polygon(star_points(64, 30, 44, 14, 6, 0), "#43a047", ' transform="translate(0 12) scale(1 .6)"')]
    parts.append(stroke("M64 28Q64 14 70 6", "#2e7d32", 7))
    return Drawing(whole(rng, paint, parts, 12), ["strawberry", "red strawberry"])


@thing(1.2)
def one_grapes(rng, paint):
    """A bunch of grapes."""
    word, colour = rng.choice(
        [("purple", "#8e44ad"), ("purple", "#6a3d9a"), ("green", "#9ccc4f"), ("red", "#a1264f")]
    )
    parts = [stroke("M64 34Q62 18 72 6", "#7a4a21", 7)]
    for row, (count, y) in enumerate(((4, 46), (4, 63), (3, 80), (2, 96), (1, 111))):
        for i in range(count):
            x = 64 + (i - (count - 1) / 2) * 24 + (row == 1) * 5 - (row == 0) * 3
            tone = paint.dark(colour, 0.12 * ((i + row) % 3))
            parts += [circle(x, y, 15, tone), shine(x - 4, y - 5, 3.5, 4.5, 0, 0.5)]
    parts.append(leaf(60, 26, 44, rng.choice([150, 195, 210]), "#43a047", 0.38))
    return Drawing(whole(rng, paint, parts), ["grapes", "bunch of grapes", "grape"], [word])


@thing(1.2)
def one_watermelon(rng, paint):
    """A slice of a watermelon."""
    red = rng.choice(["#ef5350", "#e53950", "#f05a6e"])
    if rng.random() < 0.5:
        parts = [
            path("M4 40H124Q120 108 64 108Q8 108 4 40Z", "#2e8b3d"),
            path("M12 40H116Q110 98 64 98Q18 98 12 40Z", "#d9f2c4", NONE),
        ]
        parts += [path("M18 40H110Q104 90 64 90Q24 90 18 40Z", paint.fill(red), NONE)]
        seeds = ((40, 54), (64, 56), (88, 54), (52, 72), (76, 72))
        parts = [f'<g transform="translate(0 -8) rotate({rng.uniform(-14, 14):.0f} 64 64)">', *parts]
        parts += [ellipse(x, y, 3.5, 6, "#2b1b17", NONE) for x, y in seeds] + ["</g>"]
    else:
        parts = [path("M64 6L122 96Q64 134 6 96Z", "#2e8b3d"), path("M64 6L116 88Q64 122 12 88Z", "#d9f2c4", NONE)]
        parts += [path("M64 6L111 80Q64 111 17 80Z", paint.fill(red), NONE)]
        parts += [
            ellipse(x, y, 3.5, 6, "#2b1b17", NONE)
            for x, y in ((64, 40), (52, 62), (76, 62), (40, 80), (64, 84), (88, 80))
        ]
    return Drawing(whole(rng, paint, parts), ["watermelon", "watermelon slice", "slice of watermelon"])


@thing(1.2)
def one_pineapple(rng, paint):
    """A pineapple."""
    colour = rng.choice(["#f4b41a", "#e8a317", "#f0b429"])
    parts = [
        leaf(64, 50, length, turn, tone)
        for length, turn, tone in (
            (40, -150, "#2e7d32"),
            (40, -30, "#2e7d32"),
            (46, -120, "#43a047"),
            (46, -60, "#43a047"),
            (46, -90, "#66bb4a"),
        )
    ]
    parts.append(ellipse(64, 84, 33, 40, paint.fill(colour, "right")))
    parts += [
        stroke(f"M{x} {y}l{dx} {dy}", "#b5761a", 3)
        for x, y, dx, dy in (
            (40, 60, 46, 52),
            (58, 46, 36, 42),
            (34, 82, 34, 38),
            (88, 60, -46, 52),
            (70, 46, -36, 42),
            (94, 82, -34, 38),
        )
    ]
    return Drawing(whole(rng, paint, parts, 10), ["pineapple", "ripe pineapple"])


@thing(0.8)
def one_peach(rng, paint):
    """A peach."""
    colour = rng.choice(["#ffab76", "#ff9a76", "#fba76a"])
    parts = [
        path(
            "M64 30Q96 16 112 44Q124 82 94 110Q78 122 64 122Q50 122 34 110Q4 82 16 44Q32 16 64 30Z",
            paint.fill(colour, "round"),
        )
    ]
    parts += [path("M72 34Q112 40 104 84Q98 108 76 118Q104 78 72 34Z", "#f0626a", NONE + ' fill-opacity=".6"')]
    parts += [
        stroke("M64 30Q52 70 66 118", "#d9603f", 4),
        leaf(64, 28, 50, -32, "#5c913b"),
        leaf(64, 28, 44, -155, "#43a047"),
    ]
    return Drawing(whole(rng, paint, parts), ["peach", "ripe peach"])


@thing(0.7)
def one_coconut(rng, paint):
    """A coconut half, with a whole one or without."""
    brown = rng.choice(["#6d4627", "#7b4f2c", "#5d3a1f"])
    parts = [circle(80, 44, 38, paint.dark(brown, 0.15))] if rng.random() < 0.5 else []
    parts += [
        path("M8 70Q8 122 62 122Q116 122 116 70Z", brown),
        ellipse(62, 70, 54, 24, brown),
        ellipse(62, 70, 47, 19, "#fffdf5", NONE),
    ]
    parts += [ellipse(62, 72, 32, 11, "#dfe6e0", NONE)]
    return Drawing(
        whole(rng, paint, [group(*parts, move=(2, 0 if len(parts) > 4 else -20))]), ["coconut", "half a coconut"]
    )


@thing(0.8)
def one_kiwi(rng, paint):
    """A kiwi cut in half."""
    parts = [ellipse(64, 64, 58, 54, "#7a5a33"), ellipse(64, 64, 51, 47, paint.fill("#8bc34a", "round"), NONE)]
    parts += [
        ellipse(x, 64 + (y - 64) * 0.9, 3, 5, "#22300f", NONE + f' transform="rotate({a + 90:.0f} {x} {y})"')
        for x, y, a in around(64, 64, 27, 12, rng.uniform(0, 20))
    ]
    parts.append(ellipse(64, 64, 14, 11, "#eef5cf", NONE))
    return Drawing(whole(rng, paint, parts, 20), ["kiwi", "kiwi fruit", "half a kiwi", "kiwi slice"])


@thing(1.2)
def one_carrot(rng, paint):
    """A carrot with its green."""
    orange, green = rng.choice(["#f4811f", "#fb8c00", "#ef7b1a"]), rng.choice(GREENS)
    parts = [leaf(64, 44, length, turn, green) for length, turn in ((44, -125), (44, -55), (46, -90))]
    parts += [
        path("M64 36Q88 34 88 50Q84 92 66 122Q64 126 62 122Q44 92 40 50Q40 34 64 36Z", paint.fill(orange, "right"))
    ]
    parts += [stroke(d, paint.dark(orange, 0.25), 4) for d in ("M43 58h16", "M86 70h-14", "M50 86h14", "M76 98h-9")]
    body = f'<g transform="rotate({rng.choice([35, 45, 20, 0])} 64 64)">{"".join(parts)}</g>'
    return Drawing(whole(rng, paint, [body]), ["carrot", "orange carrot"])


@thing(1.2)
def one_tomato(rng, paint):
    """A tomato."""
    red = rng.choice(["#e53935", "#dd2e44", "#e74c3c"])
    parts = [ellipse(64, 74, 57, rng.uniform(46, 50), paint.fill(red, "round")), shine(32, 62, 8, 13, 25)]
    parts += [
        polygon(
            star_points(64, 66, 42, 12, 6, -90 + rng.uniform(-15, 15)),
            "#3e8e41",
            ' transform="translate(0 6) scale(1 .5)"',
        )
    ]
    parts.append(stroke("M64 38Q62 24 70 14", "#2e7d32", 8))
    return Drawing(whole(rng, paint, parts), ["tomato", "red tomato", "ripe tomato"])


@thing(1.0)
def one_corn(rng, paint):
    """An ear of corn with its leaves."""
    parts = [path("M64 6Q92 26 88 82Q82 112 64 114Q46 112 40 82Q36 26 64 6Z", paint.fill("#fbc93a", "right"))]
    parts += [circle(x, y, 4.5, "#e39a17", NONE) for y in range(26, 90, 13) for x in (52, 64, 76)]
    parts += [
        path("M64 122Q20 108 26 42Q46 66 58 104Z", "#5c913b"),
        path("M64 122Q108 108 102 42Q82 66 70 104Z", "#43a047"),
    ]
    parts.append(path("M64 124Q46 108 48 84Q62 98 64 108Q66 98 80 84Q82 108 64 124Z", "#6fae3f"))
    return Drawing(
        whole(rng, paint, [f'<g transform="rotate({rng.choice([0, 25, 40])} 64 64)">{"".join(parts)}</g>']),
        ["corn", "ear of corn", "corn on the cob", "maize"],
    )


@thing(1.0)
def one_broccoli(rng, paint):
    """A piece of broccoli."""
    green = rng.choice(["#3e8e41", "#4c9a2a", "#2e7d32"])
    parts = [path("M50 66L54 116Q64 124 74 116L78 66L104 62L96 50L32 50L24 62Z", "#a5cf6b")]
    for x, y, r in ((30, 52, 24), (98, 52, 24), (48, 32, 25), (80, 32, 25), (64, 54, 26)):
        parts.append(circle(x + rng.uniform(-3, 3), y, r, paint.fill(green, "round")))
    parts += [
        circle(x, y, 4.5, paint.light(green, 0.3), NONE)
        for x, y in ((40, 26), (74, 22), (60, 46), (90, 44), (26, 46))
    ]
    return Drawing(whole(rng, paint, parts, 12), ["broccoli", "green broccoli"])


@thing(0.8)
def one_potato(rng, paint):
    """A potato."""
    brown = rng.choice(["#c69c6d", "#b98a56", "#d1a873"])
    parts = [path("M14 62Q18 26 62 24Q112 22 118 62Q120 104 72 108Q18 112 14 62Z", paint.fill(brown, "round"))]
    parts += [
        ellipse(x, y, 5, 3, paint.dark(brown, 0.35), NONE)
        for x, y in ((42, 52), (78, 44), (92, 74), (56, 82), (70, 64))
    ]
    return Drawing(whole(rng, paint, parts, 20), ["potato", "brown potato"])


@thing(0.8)
def one_onion(rng, paint):
    """An onion."""
    word, colour = rng.choice([("brown", "#c9822f"), ("red", "#9c2f5b"), ("brown", "#d39a4a")])
    parts = [
        path(
            "M64 6Q70 30 96 46Q124 64 112 94Q98 118 64 118Q30 118 16 94Q4 64 32 46Q58 30 64 6Z",
            paint.fill(colour, "round"),
        )
    ]
    parts += [
        stroke(d, paint.dark(colour, 0.25), 4) for d in ("M62 34Q28 66 48 112", "M66 34Q100 66 80 112", "M64 34V112")
    ]
    parts += [stroke("M54 118l-5 6M64 118v7M74 118l5 6", "#a08055", 4)]
    return Drawing(whole(rng, paint, parts, 6), ["onion", f"{word} onion"])


@thing(1.0)
def one_pepper(rng, paint):
    """A bell pepper or a chili."""
    word, colour = paint.colour("red", "green", "yellow", "orange")
    if rng.random() < 0.5:
        parts = [
            path(
                "M64 36Q80 24 100 34Q120 48 110 84Q102 118 84 118Q72 114 64 118Q56 114 44 118Q26 118 18 84Q8 48 28 34Q48 24 64 36Z",
                paint.fill(colour, "right"),
            )
        ]
        parts += [
            stroke("M50 42Q40 76 50 112M78 42Q88 76 78 112", paint.dark(colour, 0.2), 4),
            shine(28, 66, 5, 16, 0),
        ]
        parts += [path("M46 36Q64 22 82 36Q64 46 46 36Z", "#3e8e41", NONE), stroke("M64 34Q62 18 74 8", "#3e8e41", 9)]
        return Drawing(whole(rng, paint, parts), ["bell pepper", "pepper", "paprika"], [word])
    word, colour = rng.choice([("red", "#d32f2f"), ("green", "#43a047")])
    parts = [
        path("M88 26Q110 28 108 52Q96 104 12 116Q66 84 70 44Q72 28 88 26Z", paint.fill(colour)),
        stroke("M82 56Q78 80 56 96", "#ffffff66", 5),
    ]
    parts += [
        path("M70 38Q74 18 92 22Q112 26 110 46Q90 32 70 38Z", "#2e7d32", NONE),
        stroke("M94 24Q96 12 108 8", "#2e7d32", 8),
    ]
    return Drawing(whole(rng, paint, parts, 8), ["chili pepper", "hot pepper", "chili", "pepper"], [word])


@thing(1.5)
def one_mushroom(rng, paint):
    """A mushroom, red with white spots or brown."""
    spotted = rng.random() < 0.7
    cap = rng.choice(["#e53935", "#d32f2f"]) if spotted else rng.choice(["#a9744f", "#8d5b3a"])
    stem = rng.uniform(15, 20)
    parts = [
        path(
            f"M{64 - stem} 66Q{62 - stem} 100 {58 - stem} 116Q64 126 {70 + stem} 116Q{66 + stem} 100 {64 + stem} 66Z",
            "#f3e6cf",
        )
    ]
    parts += [path("M6 70Q8 8 64 8Q120 8 122 70Q64 86 6 70Z", paint.fill(cap, "round"))]
    names = ["mushroom", "brown mushroom", "champignon"]
    if spotted:
        parts += [
            ellipse(x, y, rx, ry, "#fff", NONE)
            for x, y, rx, ry in (
                (62, 28, 12, 9),
                (32, 50, 10, 11),
                (92, 50, 11, 11),
                (62, 62, 10, 7),
                (14, 66, 5, 5),
                (113, 66, 5, 5),
            )
        ]
        names = ["mushroom", "red mushroom", "toadstool", "red mushroom with white spots", "fly agaric"]
    return Drawing(whole(rng, paint, parts, 6), names)


def pumpkin_parts(rng, paint):
    """An orange pumpkin with ribs and a stalk."""
    orange = rng.choice(["#f4811f", "#f57c00", "#ef8b1f"])
    dark = paint.dark(orange, 0.15)
    parts = [stroke("M64 34Q62 18 74 8", "#5a7a2c", 11), ellipse(34, 76, 30, 42, dark), ellipse(94, 76, 30, 42, dark)]
    return [
        *parts,
        ellipse(49, 76, 28, 45, paint.fill(orange)),
        ellipse(79, 76, 28, 45, paint.fill(orange)),
        ellipse(64, 76, 20, 46, paint.light(orange, 0.1), NONE),
    ]


@thing(1.0)
def one_pumpkin(rng, paint):
    """A pumpkin."""
    parts = pumpkin_parts(rng, paint)
    if rng.random() < 0.4:
        parts.append(leaf(66, 28, 40, 10, "#43a047", 0.4))
    return Drawing(whole(rng, paint, parts), ["pumpkin", "orange pumpkin"])


@thing(1.2)
def one_lantern_pumpkin(rng, paint):
    """A pumpkin lantern with a face."""
    glow = rng.choice(["#ffe14d", "#3b1d0a", "#ffd54f"])
    parts = pumpkin_parts(rng, paint)
    parts += [
        polygon([(30, 68), (42, 48), (56, 68)], glow, NONE),
        polygon([(72, 68), (86, 48), (98, 68)], glow, NONE),
    ]
    parts += [polygon([(58, 78), (64, 68), (70, 78)], glow, NONE)]
    parts.append(
        path("M26 82L40 88L48 84L56 92L64 88L72 92L80 84L88 88L102 82Q92 112 64 112Q36 112 26 82Z", glow, NONE)
    )
    return Drawing(
        whole(rng, paint, parts), ["jack-o'-lantern", "pumpkin lantern", "halloween pumpkin", "pumpkin with a face"]
    )


@thing(0.9)
def one_eggplant(rng, paint):
    """An eggplant."""
    colour = rng.choice(["#5e2a84", "#4a1f6b", "#6a3093"])
    parts = [
        path("M88 26Q106 40 98 66Q90 116 44 120Q8 118 12 84Q18 60 48 52Q66 44 72 32Z", paint.fill(colour, "round"))
    ]
    parts += [
        shine(34, 84, 7, 16, 40, 0.35),
        path("M64 42Q68 18 88 16Q112 24 108 48L94 40L88 52L80 38Z", "#43a047"),
        stroke("M92 22L104 8", "#2e7d32", 9),
    ]
    return Drawing(whole(rng, paint, parts), ["eggplant", "aubergine", "purple eggplant"])


@thing(1.2)
def one_bread(rng, paint):
    """A loaf of bread, a slice, or a baguette."""
    crust = rng.choice(["#c47f3a", "#b5722f", "#d08b45"])
    kind = rng.choice(["loaf", "slice", "baguette"])
    if kind == "slice":
        data = "M20 30Q20 10 64 10Q108 10 116 30Q120 50 104 56V112Q104 118 98 118H30Q24 118 24 112V56Q8 50 20 30Z"
        parts = [
            path(data, crust),
            path(data, "#f7dcae", NONE + ' transform="translate(64 64) scale(.84) translate(-64 -64)"'),
        ]
        return Drawing(whole(rng, paint, parts), ["slice of bread", "toast", "bread", "bread slice"])
    if kind == "loaf":
        parts = [path("M6 70Q4 34 40 32H92Q124 34 122 70Q122 98 112 100H16Q6 98 6 70Z", paint.fill(crust))]
        parts += [stroke(f"M{x} 44l14 18", "#f3cf95", 8) for x in (28, 56, 84)]
        return Drawing(whole(rng, paint, parts), ["bread", "loaf of bread", "bread loaf"])
    parts = [rect(0, 48, 128, 34, paint.fill(crust), 17)] + [
        stroke(f"M{x} 56l10 14", "#f3cf95", 7) for x in (18, 44, 70, 96)
    ]
    body = f'<g transform="rotate({rng.uniform(-42, -30):.0f} 64 64)">{"".join(parts)}</g>'
    return Drawing(whole(rng, paint, [body]), ["baguette", "french bread", "bread"])


@thing(0.9)
def one_croissant(rng, paint):
    """A croissant."""
    crust = rng.choice(["#d08b45", "#c98034", "#dd9a4c"])
    parts = [
        path("M4 88Q6 30 64 26Q122 30 124 88Q116 104 104 90Q96 70 64 70Q32 70 24 90Q12 104 4 88Z", paint.fill(crust))
    ]
    parts += [
        stroke(d, paint.dark(crust, 0.3), 5)
        for d in ("M46 30L50 70", "M82 30L78 70", "M22 48L34 74", "M106 48L94 74")
    ]
    return Drawing(whole(rng, paint, parts, 14), ["croissant", "french croissant"])


@thing(1.0)
def one_cheese(rng, paint):
    """A wedge of cheese with holes."""
    yellow = rng.choice(["#ffcc33", "#fdc62f", "#ffd54f"])
    parts = [
        polygon([(6, 62), (92, 20), (122, 58)], paint.light(yellow, 0.4)),
        rect(6, 60, 116, 48, paint.fill(yellow)),
    ]
    parts += [
        ellipse(x, y, r, r, paint.dark(yellow, 0.25), NONE)
        for x, y, r in ((32, 86, 11), (70, 76, 8), (96, 92, 11), (58, 100, 6))
    ]
    parts.append(ellipse(84, 46, 10, 5, paint.dark(yellow, 0.12), NONE))
    return Drawing(whole(rng, paint, parts), ["cheese", "piece of cheese", "swiss cheese", "cheese with holes"])


@thing(1.0)
def one_egg(rng, paint):
    """An egg."""
    colour = rng.choice(["#f1d3b3", "#e8c19b", "#e7ecef", "#f3dcc0"])
    parts = [
        path(
            "M64 8Q96 22 106 76Q106 120 64 120Q22 120 22 76Q32 22 64 8Z",
            paint.fill(paint.dark(colour, 0.04), "round"),
        ),
        shine(46, 50, 8, 16, 20, 0.7),
    ]
    return Drawing(whole(rng, paint, parts, 12), ["egg", "chicken egg"])


@thing(0.9)
def one_fried_egg(rng, paint):
    """A fried egg, often in a pan."""
    white = path("M30 34Q50 14 72 28Q104 22 108 54Q118 84 92 96Q70 112 48 98Q14 98 20 68Q16 48 30 34Z", "#fbfcfc")
    yolk = circle(rng.uniform(58, 68), 62, 20, paint.fill("#fbb11c", "round")) + shine(56, 54, 5, 6)
    if rng.random() < 0.6:
        pan = circle(50, 78, 47, INK) + circle(50, 78, 40, "#4a5258", NONE) + stroke("M86 44L116 14", INK, 13)
        inner = f'<g transform="translate(50 78) scale(.74) translate(-64 -62)">{white}{yolk}</g>'
        return Drawing(
            whole(rng, paint, [pan + inner]), ["fried egg in a pan", "frying pan with an egg", "fried egg", "cooking"]
        )
    white = white.replace("/>", ' stroke="#b9c4cb" stroke-width="4"/>')
    return Drawing(whole(rng, paint, [white, yolk], 180), ["fried egg", "sunny side up egg", "egg"])


@thing(1.5)
def one_pizza(rng, paint):
    """A slice of pizza or a whole one."""
    cheese, crust = rng.choice(["#ffcc4d", "#fbc02d", "#f7bd45"]), rng.choice(["#c47f3a", "#b96f2c"])
    red = rng.choice(["#d32f2f", "#c0392b"])
    if rng.random() < 0.55:
        parts = [
            path("M10 26L64 124L118 26Z", paint.fill(cheese)),
            path("M4 26Q4 10 16 10Q64 -2 112 10Q124 10 124 26Q118 34 112 30Q64 18 16 30Q10 34 4 26Z", crust),
        ]
        parts += [circle(x, y, r, red, NONE) for x, y, r in ((42, 48, 12), (82, 46, 12), (63, 80, 11))]
        if rng.random() < 0.6:
            parts += [ellipse(x, y, 5, 3.5, "#43a047", NONE) for x, y in ((62, 36), (60, 60), (74, 66), (62, 102))]
        body = f'<g transform="rotate({rng.choice([0, 20, -25, 40])} 64 64)">{"".join(parts)}</g>'
        return Drawing(whole(rng, paint, [body]), ["slice of pizza", "pizza slice", "pizza", "pepperoni pizza slice"])
    parts = [circle(64, 64, 60, crust), circle(64, 64, 51, paint.fill(cheese, "round"), NONE)]
    parts += [circle(x, y, 10, red, NONE) for x, y, _ in around(64, 64, 32, 6, rng.uniform(0, 60))] + [
        circle(64, 64, 10, red, NONE)
    ]
    if rng.random() < 0.6:
        parts += [ellipse(x, y, 5, 3.5, "#43a047", NONE) for x, y, _ in around(64, 64, 19, 5, 20)]
    if rng.random() < 0.4:
        parts += [line(64 - x, 64 - y, 64 + x, 64 + y, "#a8702a", 3) for x, y in ((54, 0), (27, 46), (-27, 46))]
    return Drawing(whole(rng, paint, parts), ["pizza", "whole pizza", "pepperoni pizza", "salami pizza"])


@thing(1.5)
def one_hamburger(rng, paint):
    """A hamburger."""
    bun = rng.choice(["#d9923b", "#e0a04a", "#c9822f"])
    parts = [
        path("M10 92H118V100Q118 116 100 116H28Q10 116 10 100Z", paint.fill(bun)),
        rect(6, 74, 116, 20, "#6b3a1e", 9),
    ]
    if rng.random() < 0.8:
        parts.append(polygon([(10, 70), (118, 70), (100, 78), (84, 88), (66, 78)], "#ffc72e", NONE))
    if rng.random() < 0.7:
        parts.append(rect(10, 62, 108, 10, "#e53935", 5, NONE))
    parts.append(path("M6 58Q18 72 30 62Q42 74 54 62Q64 74 76 62Q88 74 98 62Q112 72 122 58L116 52H12Z", "#6fbf3a"))
    parts.append(path("M10 56Q10 12 64 12Q118 12 118 56Z", paint.fill(bun)))
    parts += [
        ellipse(x, y, 4.5, 3, "#fff0c8", NONE)
        for x, y in ((44, 28), (66, 22), (86, 30), (56, 40), (78, 42), (34, 42))
    ]
    return Drawing(whole(rng, paint, parts), ["hamburger", "burger", "cheeseburger"])


@thing(1.0)
def one_hot_dog(rng, paint):
    """A hot dog with mustard."""
    bun = rng.choice(["#d9923b", "#e0a04a"])
    parts = [
        rect(8, 34, 112, 36, bun, 18),
        rect(0, 46, 128, 30, paint.fill("#b5412b"), 15),
        rect(8, 66, 112, 32, paint.fill(bun), 16),
    ]
    sauce = rng.choice(["#ffd83b", "#ffd83b", "#d32f2f"])
    parts.append(stroke("M16 60Q24 46 32 58T48 58T64 58T80 58T96 58T112 56", sauce, 7))
    return Drawing(
        whole(rng, paint, [f'<g transform="rotate({rng.choice([0, -25, -15])} 64 64)">{"".join(parts)}</g>']),
        ["hot dog", "hotdog", "sausage in a bun"],
    )


@thing(1.0)
def one_fries(rng, paint):
    """French fries in a box."""
    _, box = paint.colour("red", "red", "blue", "orange")
    parts = [
        rect(x, y + rng.uniform(-6, 6), 11, 76, tone, 1)
        for x, y, tone in (
            (28, 20, "#f5b82e"),
            (40, 10, "#ffd54f"),
            (52, 16, "#f5b82e"),
            (64, 8, "#ffd54f"),
            (76, 14, "#f5b82e"),
            (88, 22, "#ffd54f"),
        )
    ]
    parts += [path("M18 50Q64 76 110 50L100 120H28Z", paint.fill(box))]
    if rng.random() < 0.5:
        parts.append(circle(64, 92, 14, "#ffd54f", NONE))
    return Drawing(whole(rng, paint, parts), ["french fries", "fries", "box of fries", "chips"])


@thing(1.0)
def one_sandwich(rng, paint):
    """A triangular sandwich."""
    bread = rng.choice(["#e8b978", "#dba65c", "#f0c98d"])
    parts = [polygon([(4, 98), (64, 24), (124, 98)], paint.fill(paint.light(bread, 0.35)))]
    parts += [
        rect(4, 98, 120, 13, bread, 4),
        path("M4 92Q16 102 28 94Q40 104 52 94Q64 104 76 94Q88 104 100 94Q112 102 124 92V84H4Z", "#6fbf3a"),
    ]
    parts += [
        rect(6, 82, 116, 8, "#e53935", 2, NONE),
        rect(6, 75, 116, 8, "#ffc72e", 2, NONE),
        rect(4, 64, 120, 13, bread, 4),
    ]
    parts[0] = polygon([(4, 66), (64, 18), (124, 66)], paint.fill(paint.light(bread, 0.4)))
    return Drawing(whole(rng, paint, parts), ["sandwich", "cheese sandwich", "sandwich with lettuce"])


@thing(0.9)
def one_taco(rng, paint):
    """A taco."""
    shell = rng.choice(["#f4b942", "#eaa935"])
    parts = [
        circle(x, y, 14, tone)
        for x, y, tone in (
            (24, 62, "#6fbf3a"),
            (40, 40, "#e53935"),
            (62, 30, "#6fbf3a"),
            (84, 34, "#7a4a21"),
            (102, 52, "#6fbf3a"),
            (114, 70, "#e53935"),
        )
    ]
    parts += [path("M4 100Q4 40 64 40Q124 40 124 100Q124 106 116 106H12Q4 106 4 100Z", paint.fill(shell))]
    parts += [
        circle(x, y, 3.5, paint.dark(shell, 0.2), NONE)
        for x, y in ((40, 70), (64, 60), (84, 82), (58, 90), (100, 74), (28, 90))
    ]
    return Drawing(whole(rng, paint, parts), ["taco", "mexican taco"])


@thing(1.0)
def one_sushi(rng, paint):
    """Sushi: a roll, or rice with fish."""
    if rng.random() < 0.5:
        fish = rng.choice(["#ff8a65", "#e2574c", "#ffab73"])
        parts = [
            rect(12, 64, 104, 42, "#e9edf0", 20),
            path("M4 70Q4 36 34 34H94Q124 36 124 70Q110 80 94 70H34Q18 80 4 70Z", paint.fill(fish)),
        ]
        parts += [stroke(f"M{x} 42l-12 22", "#ffffffaa", 5) for x in (42, 66, 90)]
        if rng.random() < 0.4:
            parts.append(rect(54, 34, 20, 72, "#1f3d2b"))
        return Drawing(whole(rng, paint, parts, 10), ["sushi", "salmon sushi", "nigiri", "nigiri sushi"])
    core = rng.choice(["#ff8a65", "#7cb342", "#e2574c", "#ffcc4d"])
    parts = [
        path("M12 48V90Q12 116 64 116Q116 116 116 90V48Z", "#1f3d2b"),
        ellipse(64, 48, 52, 32, "#1f3d2b"),
        ellipse(64, 48, 44, 25, "#f3f5f6", NONE),
        ellipse(64, 48, 19, 11, core, NONE),
    ]
    return Drawing(whole(rng, paint, parts), ["sushi", "sushi roll", "maki"])


@thing(1.2)
def one_soup(rng, paint):
    """A bowl of soup, noodles, rice or salad."""
    word, colour = free(paint)
    kind = rng.choice(["soup", "noodles", "rice", "salad"])
    parts = [path("M6 58H122Q120 112 84 116H44Q8 112 6 58Z", paint.fill(colour))]
    if kind == "soup":
        top = rng.choice(["#f4811f", "#e2574c", "#d9a441", "#8bb83f"])
        parts = [*parts, ellipse(64, 58, 58, 15, shade(paint, colour, 0.15)), ellipse(64, 59, 50, 11, top, NONE)]
        parts += [stroke(f"M{x} 36q-8 -8 0 -15t0 -14", "#a9b4bb", 6) for x in (44, 64, 84)]
        names = ["bowl of soup", "soup", "hot soup", "soup bowl"]
    elif kind == "noodles":
        parts += [
            line(70, 50, 118, 4, "#a0632d", 5),
            line(82, 50, 124, 14, "#a0632d", 5),
            path("M12 58Q20 30 64 30Q108 30 116 58Z", "#ffd97a"),
        ]
        parts += [stroke(f"M{x} 56Q{x + 4} 40 {x + 14} 38", "#e0a83a", 4) for x in (22, 40, 58, 76)]
        names = ["bowl of noodles", "noodles", "ramen", "noodle soup"]
    elif kind == "rice":
        parts = [path("M14 58Q18 18 64 16Q110 18 114 58Z", "#eef1f3", ' stroke="#b9c4cb" stroke-width="3"'), *parts]
        names = ["bowl of rice", "rice", "cooked rice"]
    else:
        parts = [
            circle(x, y, 18, tone)
            for x, y, tone in ((26, 48, "#43a047"), (48, 36, "#7cb342"), (74, 34, "#43a047"), (100, 46, "#7cb342"))
        ]
        parts += [circle(56, 48, 12, "#e53935"), circle(86, 50, 11, "#e53935"), circle(70, 46, 8, "#ffcc4d")]
        parts.append(path("M6 58H122Q120 112 84 116H44Q8 112 6 58Z", paint.fill(colour)))
        names = ["salad", "bowl of salad", "green salad"]
    return Drawing(
        whole(rng, paint, parts),
        [*names, f"{names[0] if 'bowl' in names[0] else names[1]} in a {word} bowl".replace("bowl of ", "")],
    )


@thing(1.0)
def one_spaghetti(rng, paint):
    """A plate of spaghetti with sauce."""
    parts = [
        ellipse(64, 88, 60, 26, "#cfd8dd"),
        ellipse(64, 86, 48, 18, "#eef2f4", NONE),
        path("M18 86Q20 40 64 36Q108 40 110 86Q64 106 18 86Z", "#ffd36b"),
    ]
    parts += [
        stroke(f"M{x} 84Q{x + d} 56 {x + 2 * d} 88", "#d99a2b", 4) for x, d in ((26, 8), (44, 8), (64, 9), (84, 8))
    ]
    parts += [path("M38 54Q44 30 64 30Q88 30 92 54Q84 64 76 56Q66 70 56 58Q46 64 38 54Z", "#d3352b")]
    if rng.random() < 0.5:
        parts += [circle(x, y, 9, "#7a3b1e") for x, y in ((54, 38), (74, 38), (64, 28))]
    else:
        parts.append(leaf(60, 34, 24, -30, "#43a047", 0.4))
    return Drawing(
        whole(rng, paint, [group(*parts, move=(0, -4))]),
        ["spaghetti", "plate of spaghetti", "pasta", "spaghetti with tomato sauce"],
    )


@thing(1.2)
def one_cake(rng, paint):
    """A slice of cake with a cherry or strawberry."""
    cream = rng.choice(["#f8bbd0", "#fff0d0", "#6d4027", "#f48fb1"])
    sponge = rng.choice(["#f2cf86", "#e9b96e", "#8a5a34"])
    names = ["slice of cake", "piece of cake", "cake slice", "cake"]
    parts = [
        polygon([(4, 56), (92, 30), (124, 56)], paint.light(cream, 0.2)),
        rect(4, 54, 120, 60, paint.fill(sponge)),
    ]
    parts += [rect(4, 54, 120, 15, cream), rect(4, 84, 120, 9, cream, 0, NONE)]
    parts += [circle(x, 69, 6, cream, NONE) for x in (18, 46, 74, 102)]
    parts += [circle(88, 30, 13, "#e53935"), stroke("M88 20Q90 8 98 6", "#2e7d32", 5)]
    if cream == "#6d4027":
        names.append("chocolate cake")
    return Drawing(whole(rng, paint, parts), names)


@thing(1.2)
def one_birthday_cake(rng, paint):
    """A birthday cake with candles."""
    _, colour = paint.colour("pink", "blue", "brown", "yellow", "purple", "red")
    cream = rng.choice(["#fff6e5", "#fdf0f5", "#fff"])
    count, layers = rng.choice([1, 2, 3, 4, 5]), rng.choice([1, 2])
    top = 58 if layers == 1 else 46
    parts = [ellipse(64, 112, 60, 10, "#b9c4cb")]
    if layers == 2:
        parts += [
            rect(10, 76, 108, 36, paint.fill(colour), 6),
            rect(24, top, 80, 32, paint.fill(shade(paint, colour, 0.12)), 6),
            rect(10, 76, 108, 9, cream, 4, NONE),
        ]
    else:
        parts += [rect(10, top, 108, 54, paint.fill(colour), 8), rect(10, 88, 108, 8, cream, 0, NONE)]
    left, width = (24, 80) if layers == 2 else (10, 108)
    parts += [rect(left, top, width, 12, cream, 5)] + [
        circle(left + width * (i + 0.5) / 6, top + 12, width / 13, cream, NONE) for i in range(6)
    ]
    for i in range(count):
        x = 64 + (i - (count - 1) / 2) * (width - 24) / max(count - 1, 2)
        tone = rng.choice(["#e53935", "#1e88e5", "#43a047", "#fbc02d", "#ec6a9c"])
        parts += [
            rect(x - 4, top - 26, 8, 28, tone),
            path(
                f"M{x} {top - 46}Q{x + 10} {top - 28} {x} {top - 25}Q{x - 10} {top - 28} {x} {top - 46}Z",
                "#ff9800",
                NONE,
            ),
        ]
    numbers = {1: "one candle", 2: "two candles", 3: "three candles", 4: "four candles", 5: "five candles"}
    return Drawing(
        whole(rng, paint, parts),
        ["birthday cake", "cake with candles", "cake", f"birthday cake with {numbers[count]}"],
    )


@thing(1.0)
def one_cupcake(rng, paint):
    """A cupcake or muffin."""
    word, cream = paint.colour("pink", "blue", "brown", "yellow", "purple", "white")
    _, paper = paint.colour(without=("white", word))
    parts = [polygon([(22, 70), (106, 70), (94, 120), (34, 120)], paint.fill(paper))]
    parts += [line(x, 76, 64 + (x - 64) * 0.75, 116, paint.dark(paper, 0.25), 4) for x in (38, 55, 73, 90)]
    edge = ' stroke="#aab4ba" stroke-width="3"' if word == "white" else ""
    parts += [
        ellipse(64, 66, 52, 17, cream, edge),
        ellipse(64, 48, 40, 17, paint.light(cream, 0.12), edge),
        ellipse(64, 32, 26, 14, paint.light(cream, 0.25), edge),
    ]
    parts += (
        [circle(64, 15, 11, "#e53935")]
        if rng.random() < 0.6
        else [
            rect(x, y, 9, 5, c, 2, NONE)
            for x, y, c in (
                (40, 46, "#fdd835"),
                (60, 30, "#1e88e5"),
                (74, 52, "#e53935"),
                (54, 62, "#43a047"),
                (86, 66, "#fdd835"),
            )
        ]
    )
    return Drawing(whole(rng, paint, parts), ["cupcake", "muffin", f"cupcake with {word} frosting"])


@thing(1.2)
def one_donut(rng, paint):
    """A donut with icing and sprinkles."""
    word, icing = paint.colour("pink", "brown", "blue", "white", "purple", "pink")
    parts = [ring(64, 66, 37, "#d9a05b", 40), ring(64, 63, 35, paint.fill(icing, "round"), 32)]
    names = ["donut", "doughnut", f"donut with {'chocolate' if word == 'brown' else word} icing"]
    if rng.random() < 0.75:
        for x, y, angle in around(64, 62, 36, 11, rng.uniform(0, 30)):
            tone = rng.choice(["#fdd835", "#1e88e5", "#43a047", "#ffffff", "#e53935"])
            x, y = x + rng.uniform(-6, 6), y + rng.uniform(-6, 6)
            parts.append(
                rect(
                    x - 6, y - 2.5, 12, 5, tone, 2.5, NONE + f' transform="rotate({angle * 2.3:.0f} {x:.0f} {y:.0f})"'
                )
            )
        names.append("donut with sprinkles")
    return Drawing(whole(rng, paint, parts), names)


@thing(1.0)
def one_cookie(rng, paint):
    """A cookie with chocolate chips."""
    dough = rng.choice(["#d29a56", "#c68a45", "#dba766"])
    parts = [circle(64, 64, 58, paint.fill(dough, "round"))]
    for x, y, _ in [*around(64, 64, 38, 6, rng.uniform(0, 60)), (62, 60, 0)]:
        parts.append(circle(x + rng.uniform(-5, 5), y + rng.uniform(-5, 5), rng.uniform(7, 10), "#4e2f1a", NONE))
    return Drawing(whole(rng, paint, parts), ["cookie", "chocolate chip cookie", "biscuit"])


@thing(1.5)
def one_ice_cream(rng, paint):
    """An ice cream cone with one to three scoops, or soft ice."""
    flavours = {
        "strawberry": "#f48fb1",
        "vanilla": "#ffe9a8",
        "chocolate": "#6d4027",
        "mint": "#9be0c0",
        "blueberry": "#8c7ae6",
    }
    picked = rng.sample(sorted(flavours), 3)
    count = rng.choice([1, 1, 2, 3])
    places = {1: ((64, 40, 34),), 2: ((44, 46, 25), (84, 46, 25)), 3: ((40, 50, 24), (88, 50, 24), (64, 28, 25))}[
        count
    ]
    parts = [polygon([(32, 58), (96, 58), (64, 125)], paint.fill("#d99a4e"))]
    parts += [stroke(d, "#a9692a", 3) for d in ("M44 62L74 104", "M66 62L82 86", "M84 62L54 104", "M62 62L46 86")]
    parts += [circle(x, y, r, paint.fill(flavours[f], "round")) for (x, y, r), f in zip(places, picked, strict=False)]
    parts.append(rect(28, 54, 72, 12, paint.dark("#d99a4e", 0.12), 5))
    names = ["ice cream cone", "ice cream"]
    names += (
        [f"{picked[0]} ice cream"] if count == 1 else [f"ice cream with {'two' if count == 2 else 'three'} scoops"]
    )
    if rng.random() < 0.3:
        parts.append(circle(64, 9 if count != 2 else 24, 8, "#e53935"))
    return Drawing(whole(rng, paint, parts), names)


@thing(0.6)
def one_popsicle(rng, paint):
    """An ice lolly on a stick."""
    word, colour = free(paint, "black", "gray")
    parts = [rect(56, 88, 16, 36, "#d9b27c", 6), rect(30, 6, 68, 88, paint.fill(colour), 32)]
    parts += [rect(x, 30, 9, 46, paint.dark(colour, 0.18), 4, NONE) for x in (46, 73)]
    return Drawing(whole(rng, paint, parts, 25), ["popsicle", "ice lolly", "ice pop", "ice cream on a stick"], [word])


@thing(0.9)
def one_candy(rng, paint):
    """A wrapped candy."""
    word, colour = free(paint)
    parts = [
        polygon([(44, 64), (6, 36), (14, 64), (6, 92)], shade(paint, colour, 0.15)),
        polygon([(84, 64), (122, 36), (114, 64), (122, 92)], shade(paint, colour, 0.15)),
    ]
    parts += [
        circle(64, 64, 33, paint.fill(colour, "round")),
        stroke("M50 40Q62 64 50 88M74 38Q88 64 74 90", "#ffffffcc", 7),
    ]
    return Drawing(
        whole(rng, paint, [f'<g transform="rotate({rng.choice([-35, -20, 0])} 64 64)">{"".join(parts)}</g>']),
        ["candy", "wrapped candy", "sweet", "bonbon"],
        [word],
    )


@thing(0.9)
def one_lollipop(rng, paint):
    """A lollipop with a spiral."""
    word, colour = free(paint, "black", "gray")
    parts = [line(64, 70, 64, 122, "#aeb8bf", 7), circle(64, 46, 43, paint.fill(colour, "round"))]
    parts.append(stroke("M64 46Q72 38 78 48Q80 64 62 64Q42 62 44 42Q50 22 72 24Q94 30 94 52", "#ffffffdd", 7))
    return Drawing(whole(rng, paint, parts, 30), ["lollipop", "lolly", "candy on a stick"], [word])


@thing(0.9)
def one_chocolate(rng, paint):
    """A bar of chocolate, half in its wrapper."""
    word, wrap = free(paint, "brown")
    brown = rng.choice(["#6d4027", "#5a3320", "#7b4a2c"])
    parts = [rect(28, 6, 72, 70, brown, 4)]
    parts += [rect(x, y, 30, 26, paint.light(brown, 0.15), 3, NONE) for x in (33, 66) for y in (11, 41)]
    parts += [
        polygon(
            [(24, 62), (36, 70), (50, 60), (64, 70), (78, 60), (92, 70), (104, 62), (104, 122), (24, 122)],
            paint.fill(wrap),
        ),
        rect(24, 82, 80, 26, paint.light(wrap, 0.35), 0, NONE),
    ]
    return Drawing(
        whole(rng, paint, parts, 25),
        ["chocolate bar", "chocolate", "bar of chocolate", f"chocolate bar in a {word} wrapper"],
    )


@thing(1.5)
def one_coffee(rng, paint):
    """A cup of coffee or tea with saucer and steam, or a mug."""
    word, colour = paint.colour()
    edge = ' stroke="#8fa0ab" stroke-width="3"' if word == "white" else ""
    tea = rng.random() < 0.35
    drink = "#c9761f" if tea else "#5a3320"
    if rng.random() < 0.5:
        parts = [
            ellipse(58, 112, 54, 10, shade(paint, colour, 0.2)),
            ring(100, 72, 17, shade(paint, colour, 0.15), 9),
        ]
        parts += [
            path("M14 50H102Q102 108 58 108Q14 108 14 50Z", paint.fill(colour), edge),
            ellipse(58, 50, 44, 12, paint.light(colour, 0.3), edge),
            ellipse(58, 51, 37, 8, drink, NONE),
        ]
        names = (
            ["cup of tea", "teacup", "tea", "hot tea"]
            if tea
            else ["cup of coffee", "coffee", "coffee cup", "cup", "hot coffee"]
        )
    else:
        parts = [ring(96, 78, 19, shade(paint, colour, 0.15), 11), rect(14, 44, 78, 76, paint.fill(colour), 10, edge)]
        parts += [ellipse(53, 45, 39, 10, paint.light(colour, 0.3), edge), ellipse(53, 46, 32, 6.5, drink, NONE)]
        names = ["mug of tea", "mug", "tea mug"] if tea else ["mug", "coffee mug", "mug of coffee", "cup"]
    if rng.random() < 0.75:
        parts += [stroke(f"M{x} 32q-7 -7 0 -13t0 -13", "#a9b4bb", 6) for x in (38, 58, 78)]
    return Drawing(whole(rng, paint, parts), names, [word])


@thing(0.7)
def one_takeaway_coffee(rng, paint):
    """A paper cup with a lid, or a soft drink with a straw."""
    word, colour = free(paint)
    if rng.random() < 0.5:
        parts = [
            polygon([(26, 30), (102, 30), (92, 122), (36, 122)], "#f0e6d6" if rng.random() < 0.5 else "#d8c3a0"),
            polygon([(29, 56), (99, 56), (94, 96), (34, 96)], paint.fill(colour)),
        ]
        parts += [rect(20, 18, 88, 15, INK, 5), rect(30, 6, 68, 14, INK, 5)]
        return Drawing(
            whole(rng, paint, parts), ["paper cup of coffee", "coffee to go", "takeaway coffee", "coffee cup"]
        )
    parts = [
        line(68, 30, 84, 6, "#e53935", 7),
        polygon([(24, 34), (104, 34), (92, 122), (36, 122)], paint.fill(colour)),
        rect(18, 26, 92, 12, "#c9d4da", 5),
    ]
    parts.append(polygon([(31, 62), (97, 62), (94, 84), (34, 84)], "#ffffff", NONE))
    return Drawing(whole(rng, paint, parts), ["soft drink", "cup with a straw", "soda", "drink with a straw"], [word])


def glass(paint, data, colour="#cfe3ee"):
    """An outlined glass."""
    return path(data, colour, ' fill-opacity=".75" stroke="#7f93a1" stroke-width="4" stroke-linejoin="round"')


@thing(1.0)
def one_glass(rng, paint):
    """A glass of milk, water or juice."""
    kind, colour = rng.choice(
        [
            ("milk", "#ffffff"),
            ("milk", "#f7fafc"),
            ("water", "#7cc6f2"),
            ("orange juice", "#fb9a1e"),
            ("juice", "#e2574c"),
        ]
    )
    level = rng.uniform(28, 48)
    side = (level - 8) * 0.09
    parts = [
        glass(paint, "M26 8H102L92 122H36Z"),
        path(f"M{29 + side} {level}H{99 - side}L89 118H39Z", colour, NONE),
        shine(46, 76, 4, 26, -4, 0.6),
    ]
    parts.append(path("M26 8H102L92 122H36Z", "none", ' stroke="#7f93a1" stroke-width="5" stroke-linejoin="round"'))
    if kind != "milk" and rng.random() < 0.4:
        parts.insert(0, line(66, 90, 96, 2, "#e53935", 7))
    names = [f"glass of {kind}", kind, f"{kind} in a glass", "glass"]
    return Drawing(whole(rng, paint, parts), names)


@thing(1.0)
def one_wine(rng, paint):
    """A glass of wine."""
    kind, colour = rng.choice([("red wine", "#8e1b3a"), ("red wine", "#a0183c"), ("white wine", "#f3dc7a")])
    parts = [
        rect(60, 76, 8, 40, "#8fa0ab"),
        ellipse(64, 118, 30, 6, "#8fa0ab"),
        glass(paint, "M36 6H92Q104 78 64 80Q24 78 36 6Z", "#e3eef4"),
        path("M33 34H95Q96 75 64 76Q32 75 33 34Z", paint.fill(colour), NONE),
    ]
    return Drawing(whole(rng, paint, parts), ["wine glass", "glass of wine", f"glass of {kind}", kind, "wine"])


@thing(0.7)
def one_wine_bottle(rng, paint):
    """A bottle of wine."""
    colour = rng.choice(["#1f5c34", "#274e2f", "#5a1530"])
    parts = [
        path(
            "M52 6H76V40Q92 50 92 66V116Q92 122 86 122H42Q36 122 36 116V66Q36 50 52 40Z", paint.fill(colour, "right")
        ),
        rect(51, 4, 26, 22, "#c62828", 3),
        rect(37, 70, 54, 34, "#f6ead0", 0, NONE),
        circle(64, 87, 9, "#8e1b3a", NONE),
    ]
    return Drawing(whole(rng, paint, parts, 15), ["wine bottle", "bottle of wine", "bottle"])


@thing(1.0)
def one_beer(rng, paint):
    """A mug of beer with foam."""
    amber = rng.choice(["#f5a623", "#f7b733", "#e08e1a"])
    parts = [
        rect(76, 48, 42, 54, "none", 18, ' stroke="#9fb2bf" stroke-width="11"'),
        rect(14, 34, 76, 88, paint.fill(amber), 8),
    ]
    parts += [rect(x, 56, 8, 54, paint.dark(amber, 0.15), 4, NONE) for x in (30, 48, 66)]
    edge = ' stroke="#c3ccd2" stroke-width="3"'
    parts += [
        circle(x, y, r, "#fffdf5", edge) for x, y, r in ((22, 30, 15), (46, 22, 18), (72, 26, 17), (88, 36, 11))
    ]
    parts.append(rect(12, 28, 80, 16, "#fffdf5", 8, NONE))
    return Drawing(whole(rng, paint, parts), ["beer", "mug of beer", "glass of beer", "beer mug"])


@thing(1.0)
def one_cocktail(rng, paint):
    """A cocktail in a triangular glass, or a tropical one with an umbrella."""
    word, colour = paint.colour("red", "orange", "green", "blue", "pink", "yellow")
    parts = [
        rect(60, 70, 8, 46, "#8fa0ab"),
        ellipse(64, 118, 30, 6, "#8fa0ab"),
        glass(paint, "M8 18H120L64 80Z", "#e3eef4"),
        polygon([(22, 30), (106, 30), (64, 76)], paint.fill(colour), NONE),
    ]
    if rng.random() < 0.5:
        parts += [
            line(70, 50, 96, 6, "#a0632d", 5),
            circle(74, 40, 9, "#7cb342", NONE),
            circle(72, 40, 3, "#e53935", NONE),
        ]
    else:
        parts += [circle(104, 20, 18, "#fdd835"), circle(104, 20, 12, "#fff3b0", NONE)]
    return Drawing(whole(rng, paint, parts), ["cocktail", "cocktail glass", "martini", "drink"], [word])


# Plants


def crown(rng, paint, green):
    """The round crown of a tree."""
    kind = rng.choice(["cloud", "oval", "round"])
    if kind == "cloud":
        spots = ((34, 56, 27), (94, 56, 27), (46, 32, 26), (82, 32, 26), (64, 58, 30))
        parts = [circle(x, y, r, green) for x, y, r in spots] + [circle(64, 42, 32, green, NONE)]
        return parts + [
            circle(x, y, 9, paint.light(green, 0.2), NONE) for x, y in ((44, 34), (72, 24), (60, 54), (92, 54))
        ]
    shape = (
        ellipse(64, 46, 42, 43, paint.fill(green))
        if kind == "oval"
        else circle(64, 46, 44, paint.fill(green, "round"))
    )
    return [shape, *(shine(x, y, 11, 8, 0, 0.2) for x, y in ((46, 34), (76, 52), (52, 62)))]


@thing(1.8)
def one_tree(rng, paint):
    """A leafy tree, green or in autumn colours, at times with fruit or blossom."""
    season = rng.choice(["green", "green", "green", "apple", "autumn", "blossom", "bare"])
    brown, wide = rng.choice(BROWNS), rng.uniform(8, 12)
    trunk = path(
        f"M{64 - wide} 60Q{64 - wide} 106 {56 - wide} 122H{72 + wide}Q{64 + wide} 106 {64 + wide} 60Z", brown
    )
    if season == "bare":
        branches = [
            stroke(d, brown, w)
            for d, w in (
                ("M64 76L30 40L14 38M30 40L26 16", 8),
                ("M64 70L98 34L114 36M98 34L100 12", 8),
                ("M64 70L62 10M63 40L78 20M63 46L48 22", 8),
            )
        ]
        return Drawing(
            whole(rng, paint, [trunk, *branches]), ["bare tree", "tree without leaves", "dead tree", "tree in winter"]
        )
    tone = {"autumn": rng.choice(["#e67e22", "#d9591a", "#f0a020"]), "blossom": rng.choice(["#f8a5c2", "#f48fb1"])}
    parts = [trunk, *crown(rng, paint, tone.get(season, rng.choice(GREENS)))]
    names = {
        "green": ["tree", "green tree", "deciduous tree"],
        "apple": ["apple tree", "tree with red apples", "fruit tree", "tree"],
        "autumn": ["autumn tree", "tree with orange leaves", "tree in autumn", "orange tree"],
        "blossom": ["cherry tree", "cherry blossom tree", "pink tree", "tree with pink blossoms"],
    }[season]
    if season == "apple":
        parts += [
            circle(x, y, 7.5, "#e53935") for x, y in ((40, 34), (66, 22), (88, 40), (36, 62), (64, 50), (90, 66))
        ]
    return Drawing(whole(rng, paint, parts), names)


@thing(1.5)
def one_pine(rng, paint):
    """A pine tree, at times with snow or as a Christmas tree."""
    green, kind = rng.choice(["#2e7d32", "#1f6b3a", "#3e8e41"]), rng.choice(["plain", "plain", "snow", "christmas"])
    parts = [rect(55, 100, 18, 24, rng.choice(BROWNS))]
    for i, (top, foot, half) in enumerate(((52, 106, 52), (28, 78, 42), (4, 48, 30))):
        parts.append(
            polygon([(64, top), (64 + half, foot), (64 - half, foot)], paint.fill(paint.light(green, 0.07 * i)))
        )
        if kind == "snow":
            for side in (-1, 1):
                near, y = 64 + side * half * 0.3, top + (foot - top) * 0.3
                parts.append(polygon([(64 + side * half, foot), (near, y), (near, y + 15)], "#e3eff6", NONE))
    names = ["pine tree", "fir tree", "evergreen tree", "conifer"]
    if kind == "snow":
        names = ["snowy pine tree", "pine tree with snow", "fir tree in winter"]
    if kind == "christmas":
        tones = rng.sample(["#e53935", "#fdd835", "#1e88e5", "#ec6a9c", "#ffffff"], 3)
        parts += [
            circle(x, y, 6, tones[i % 3], NONE)
            for i, (x, y) in enumerate(
                ((52, 38), (74, 42), (44, 70), (66, 62), (86, 70), (34, 98), (60, 92), (90, 98))
            )
        ]
        parts.append(polygon(star_points(64, 10, 14, 6, 5), "#ffd43b"))
        names = ["christmas tree", "decorated christmas tree", "fir tree with a star"]
    return Drawing(whole(rng, paint, parts), names)


@thing(1.3)
def one_palm(rng, paint):
    """A palm tree."""
    brown, green = rng.choice(["#a9744f", "#8d6239", "#b5803f"]), rng.choice(["#43a047", "#2e8b3d", "#5c913b"])
    bend = rng.uniform(-6, 14)
    parts = [
        path(
            f"M44 122Q{50 + bend:.0f} 84 {60 + bend / 2:.0f} 40H{70 + bend / 2:.0f}Q{66 + bend:.0f} 84 64 122Z",
            paint.fill(brown, "right"),
        )
    ]
    x = 65 + bend / 2
    for dx, dy, top in ((-56, 26, -16), (56, 26, -16), (-50, -6, -34), (50, -6, -34), (-26, 50, 0), (28, 50, 0)):
        parts.append(
            path(
                f"M{x:.0f} 40Q{x + dx * 0.5:.0f} {36 + top} {x + dx:.0f} {44 + dy}Q{x + dx * 0.45:.0f} {56 + top} {x:.0f} 46Z",
                green if dx * dy > 0 else paint.light(green, 0.14),
            )
        )
    if rng.random() < 0.5:
        parts += [circle(x + d, 48, 7, "#6d4627") for d in (-8, 8)]
    if rng.random() < 0.4:
        parts.append(ellipse(58, 120, 44, 7, "#f0d28a"))
    return Drawing(whole(rng, paint, parts), ["palm tree", "palm", "coconut palm", "tropical tree"])


@thing(1.2)
def one_cactus(rng, paint):
    """A cactus, in the ground or in a pot."""
    green = rng.choice(["#43a047", "#2e7d32", "#5c913b"])
    pot = rng.random() < 0.5
    parts = [
        stroke("M64 84H30Q24 84 24 76V50", green, 18),
        stroke("M64 72H98Q104 72 104 62V40", green, 18),
        rect(48, 6, 32, 112, paint.fill(green, "right"), 16),
    ]
    parts += [
        line(x, y, x, y + 9, "#dff0c8", 3)
        for x, y in ((58, 26), (70, 40), (58, 56), (70, 70), (58, 84), (24, 60), (104, 50))
    ]
    names = ["cactus", "green cactus", "saguaro cactus"]
    if pot:
        parts = [
            group(*parts, move=(0, -12), scale=0.82),
            polygon([(36, 88), (92, 88), (84, 122), (44, 122)], paint.fill("#c8643c")),
            rect(30, 82, 68, 13, "#d9764d", 3),
        ]
        names = ["cactus in a pot", "potted cactus", "cactus"]
    if rng.random() < 0.35:
        parts.append(circle(64, 10, 9, "#ec6a9c"))
        names.append("cactus with a flower")
    return Drawing(whole(rng, paint, parts), names)


def stem(rng, green, top=50):
    """A stem with two leaves."""
    return [
        line(64, top, 64, 122, green, 7),
        leaf(64, 108, 40, rng.uniform(-45, -25), green),
        leaf(64, 98, 40, rng.uniform(-155, -135), green),
    ]


@thing(1.3)
def one_rose(rng, paint):
    """A rose on its stem."""
    word, colour = paint.colour("red", "red", "pink", "yellow", "white", "purple")
    if word == "white":
        colour = "#dfe5ea"
    dark = paint.dark(colour, 0.18)
    parts = [
        *stem(rng, rng.choice(GREENS), 66),
        path("M26 30Q22 76 64 80Q106 76 102 30Q84 30 64 46Q44 30 26 30Z", dark),
    ]
    parts += [path("M34 22Q34 66 64 70Q94 66 94 22Q78 4 64 6Q50 4 34 22Z", paint.fill(colour, "round"))]
    parts.append(stroke("M64 34Q74 24 82 34Q84 52 64 54Q42 52 44 30Q52 14 70 16", dark, 5))
    return Drawing(whole(rng, paint, parts, 12), ["rose", "rose flower", "flower"], [word])


@thing(1.3)
def one_tulip(rng, paint):
    """A tulip."""
    word, colour = paint.colour("red", "pink", "yellow", "purple", "orange")
    green = rng.choice(GREENS)
    parts = [
        line(64, 60, 64, 122, green, 7),
        path("M64 120Q24 110 18 58Q50 72 64 120Z", green),
        path("M64 120Q104 110 110 66Q78 76 64 120Z", paint.dark(green, 0.12)),
    ]
    parts += [
        path("M32 10Q50 16 64 34Q78 16 96 10Q104 70 64 72Q24 70 32 10Z", paint.fill(colour)),
        path("M64 6Q84 26 82 50Q78 70 64 72Q50 70 46 50Q44 26 64 6Z", paint.light(colour, 0.18)),
    ]
    return Drawing(whole(rng, paint, parts, 10), ["tulip", "tulip flower", "flower"], [word])


@thing(1.3)
def one_sunflower(rng, paint):
    """A sunflower, the head or with its stem."""
    yellow, count = rng.choice(["#ffc928", "#fdb813", "#fdd835"]), rng.choice([12, 14, 16])
    head = rng.random() < 0.4
    y, size = (64, 1.0) if head else (44, 0.72)
    parts = [] if head else stem(rng, rng.choice(GREENS), 60)
    for px, py, angle in around(64, y, 40 * size, count):
        parts.append(
            ellipse(
                px,
                py,
                21 * size,
                9 * size,
                yellow if int(angle) % 2 else paint.dark(yellow, 0.08),
                f' transform="rotate({angle:.0f} {px:.1f} {py:.1f})"',
            )
        )
    parts += [circle(64, y, 30 * size, "#6d4020"), circle(64, y, 19 * size, "#4b2a14", NONE)]
    return Drawing(
        whole(rng, paint, parts),
        ["sunflower", "yellow sunflower", "sunflower head" if head else "sunflower with a stem"],
    )


@thing(1.5)
def one_flower(rng, paint):
    """A daisy or another simple flower."""
    word, colour = paint.colour(without=("black", "brown", "gray", "green"))
    count, head = rng.choice([5, 6, 8, 11]), rng.random() < 0.45
    y, size = (64, 1.0) if head else (40, 0.62)
    parts = [] if head else stem(rng, rng.choice(GREENS), 50)
    edge = ' stroke="#9fb0bb" stroke-width="2.5"' if word == "white" else ""
    wide = {5: 23, 6: 20, 8: 15, 11: 11}[count]
    for px, py, angle in around(64, y, 36 * size, count, -90):
        parts.append(
            ellipse(
                px, py, 24 * size, wide * size, colour, f' transform="rotate({angle:.0f} {px:.1f} {py:.1f})"' + edge
            )
        )
    parts.append(circle(64, y, rng.uniform(16, 20) * size, "#f4900c" if word == "yellow" else "#ffcc33"))
    names = ["daisy", "daisy flower", "flower"] if count > 6 else ["flower", "blossom", "bloom"]
    return Drawing(whole(rng, paint, parts), names, [word])


@thing(1.0)
def one_bouquet(rng, paint):
    """A bouquet of flowers."""
    tones = rng.sample(["#e53935", "#ec6a9c", "#fdd835", "#8e24aa", "#fb8c00", "#1e88e5"], rng.choice([1, 2, 3]))
    _word, wrap = paint.colour("pink", "blue", "purple", "yellow", "brown")
    parts = [leaf(64, 70, 58, turn, "#43a047") for turn in (-160, -20, -130, -50, -90)]
    parts += [polygon([(24, 62), (104, 62), (74, 122), (54, 122)], paint.fill(paint.light(wrap, 0.3)))]
    for i, (x, y) in enumerate(((34, 50), (94, 50), (48, 26), (80, 26), (64, 52))):
        parts += [circle(px, py, 8.5, tones[i % len(tones)], NONE) for px, py, _ in around(x, y, 9, 5)] + [
            circle(x, y, 6, "#fff3b0", NONE)
        ]
    parts += [rect(48, 94, 32, 10, wrap, 3)]
    return Drawing(whole(rng, paint, parts), ["bouquet", "bouquet of flowers", "bunch of flowers", "flowers"])


@thing(1.0)
def one_flower_pot(rng, paint):
    """A plant in a flower pot."""
    word, colour = paint.colour("brown", "orange", "red", "blue", "white", "yellow", "gray")
    edge = ' stroke="#8fa0ab" stroke-width="3"' if word == "white" else ""
    green = rng.choice(GREENS)
    names = ["potted plant", "plant in a pot", "houseplant", "flower pot"]
    if rng.random() < 0.5:
        parts = [
            leaf(64, 80, rng.uniform(58, 66), turn, tone)
            for turn, tone in (
                (-155, green),
                (-25, green),
                (-125, paint.light(green, 0.15)),
                (-55, paint.light(green, 0.15)),
                (-90, paint.dark(green, 0.1)),
            )
        ]
    else:
        flower, tone = paint.colour("red", "pink", "yellow", "purple")
        parts = [line(64, 40, 64, 80, green, 7), leaf(64, 78, 36, -30, green), leaf(64, 78, 36, -150, green)]
        parts += [circle(x, y, 12, tone) for x, y, _ in around(64, 26, 14, 6)] + [circle(64, 26, 9, "#fff3b0", NONE)]
        names = ["flower in a pot", "potted flower", "flower pot", f"{flower} flower in a pot"]
    parts += [
        polygon([(32, 84), (96, 84), (86, 122), (42, 122)], paint.fill(colour), edge),
        rect(26, 76, 76, 14, paint.light(colour, 0.12), 3, edge),
    ]
    return Drawing(whole(rng, paint, parts), names)


@thing(1.0)
def one_leaf(rng, paint):
    """A leaf with its veins."""
    green = rng.random() < 0.75
    colour = rng.choice(GREENS) if green else rng.choice(["#d9591a", "#e67e22", "#c62828"])
    vein = paint.light(colour, 0.35)
    parts = [
        path("M64 4Q116 40 102 82Q92 104 64 108Q36 104 26 82Q12 40 64 4Z", paint.fill(colour, "right")),
        line(64, 30, 64, 124, vein if green else paint.dark(colour, 0.3), 6),
    ]
    parts += [line(64, y, 64 + d, y - 18, vein, 4) for y in (58, 78, 96) for d in (-22, 22)]
    return Drawing(
        whole(rng, paint, [f'<g transform="rotate({rng.choice([0, 35, 45])} 64 64)">{"".join(parts)}</g>']),
        ["leaf", "green leaf"] if green else ["autumn leaf", "leaf", "fallen leaf"],
    )


@thing(0.9)
def one_maple_leaf(rng, paint):
    """A maple leaf."""
    colour = rng.choice(["#d9461a", "#e67e22", "#c62828", "#f0a020"])
    half = [
        (64, 4),
        (76, 28),
        (92, 20),
        (88, 52),
        (106, 40),
        (108, 52),
        (124, 52),
        (114, 68),
        (120, 76),
        (86, 98),
        (66, 94),
    ]
    points = half + [(128 - x, y) for x, y in reversed(half)]
    parts = [line(64, 80, 64, 122, paint.dark(colour, 0.3), 6), polygon(points, paint.fill(colour))]
    parts += [line(64, 92, x, y, paint.dark(colour, 0.22), 3) for x, y in ((64, 28), (98, 58), (30, 58))]
    return Drawing(
        whole(rng, paint, parts, 25),
        ["maple leaf", "autumn leaf", "red leaf" if colour in ("#c62828", "#d9461a") else "orange leaf"],
    )


@thing(0.9)
def one_clover(rng, paint):
    """A clover with three or four leaves."""
    green, count = rng.choice(["#43a047", "#2e8b3d", "#4caf50"]), rng.choice([4, 4, 3])
    parts = [stroke("M64 60Q66 96 84 122", paint.dark(green, 0.25), 7)]
    for _, _, angle in around(64, 56, 1, count, 45 if count == 4 else 0):
        parts.append(
            path(
                "M64 53Q40 40 42 20Q49 4 64 17Q79 4 86 20Q88 40 64 53Z",
                paint.fill(green),
                f' transform="rotate({angle:.0f} 64 56)"',
            )
        )
    names = (
        ["four-leaf clover", "lucky clover", "clover"] if count == 4 else ["shamrock", "three-leaf clover", "clover"]
    )
    return Drawing(whole(rng, paint, parts, 15), names)


@thing(0.8)
def one_grass(rng, paint):
    """A tuft of grass or a seedling."""
    green = rng.choice(["#43a047", "#5c913b", "#7cb342"])
    if rng.random() < 0.35:
        parts = [
            path("M10 118Q64 80 118 118Z", "#7a4a21"),
            stroke("M64 100Q62 70 64 46", green, 9),
            leaf(64, 50, 58, -25, green, 0.4),
            leaf(64, 50, 58, -155, paint.light(green, 0.15), 0.4),
        ]
        return Drawing(whole(rng, paint, parts), ["seedling", "sprout", "small plant", "young plant"])
    parts = []
    for i in range(9):
        x, lean = 12 + i * 13, (i - 4) * rng.uniform(3, 7)
        top = rng.uniform(16, 60)
        parts.append(
            path(
                f"M{x - 8} 118Q{x:.0f} 80 {x + lean:.0f} {top:.0f}Q{x + 10:.0f} 84 {x + 9} 118Z",
                paint.light(green, 0.2) if i % 2 else green,
            )
        )
    return Drawing(whole(rng, paint, parts), ["grass", "tuft of grass", "green grass"])


@thing(0.7)
def one_mushroom_house(rng, paint):
    """A small house in a mushroom."""
    word, cap = paint.colour("red", "red", "blue", "purple", "orange")
    door = paint.wood()
    parts = [
        path("M30 62Q26 104 22 120H106Q102 104 98 62Z", "#f3e6cf"),
        path("M2 68Q6 6 64 6Q122 6 126 68Q64 84 2 68Z", paint.fill(cap)),
    ]
    parts += [
        ellipse(x, y, r, r, "#fff", NONE) for x, y, r in ((62, 28, 11), (30, 48, 10), (96, 48, 11), (62, 62, 7))
    ]
    parts += [
        path("M44 120V94Q56 78 68 94V120Z", door),
        circle(62, 106, 3, "#ffd54f", NONE),
        circle(86, 94, 11, "#ffe082", f' stroke="{door}" stroke-width="4"'),
    ]
    return Drawing(whole(rng, paint, parts), ["mushroom house", "fairy house", f"{word} mushroom house"])


# Nature


@thing(1.5)
def one_sun(rng, paint):
    """The sun, with rays or a face."""
    yellow, kind, count = (
        rng.choice(["#ffc928", "#fdb813", "#ffd43b", "#fb9a1e"]),
        rng.choice(["spikes", "lines", "lines"]),
        rng.choice([8, 10, 12]),
    )
    if kind == "spikes":
        parts = [polygon(star_points(64, 64, 61, 38, count), paint.dark(yellow, 0.08))]
    else:
        parts = [
            line(64 + (x - 64) * 0.74, 64 + (y - 64) * 0.74, x, y, yellow, 9) for x, y, _ in around(64, 64, 57, count)
        ]
    parts.append(circle(64, 64, 33, paint.fill(yellow, "round")))
    names = ["sun", "yellow sun", "shining sun", "sunshine"]
    if rng.random() < 0.3:
        parts += [ellipse(x, 58, 4, 6, "#6b4a10", NONE) for x in (53, 75)] + [
            stroke("M48 70Q64 88 80 70", "#6b4a10", 5)
        ]
        names = ["sun with a face", "smiling sun", "sun"]
    return Drawing(whole(rng, paint, parts), names)


@thing(1.5)
def one_moon(rng, paint):
    """A crescent moon."""
    yellow = rng.choice(["#ffd54f", "#ffcc4d", "#f7d774"])
    bend = rng.uniform(18, 30)
    parts = [path(f"M84 6A60 60 0 1 0 122 90A{38 + bend:.0f} {38 + bend:.0f} 0 0 1 84 6Z", paint.fill(yellow))]
    parts += (
        [circle(x, y, r, paint.dark(yellow, 0.1), NONE) for x, y, r in ((30, 60, 7), (46, 92, 9), (40, 36, 5))]
        if rng.random() < 0.4
        else []
    )
    names = ["crescent moon", "moon", "half moon", "yellow moon"]
    if rng.random() < 0.4:
        parts.append(polygon(star_points(98, 46, 18, 8, 5), "#ffd54f"))
        names = ["moon and star", "crescent moon with a star", "moon"]
    return Drawing(whole(rng, paint, parts, 12), names)


@thing(1.0)
def one_full_moon(rng, paint):
    """The full moon with craters."""
    colour = rng.choice(["#ffd76a", "#d5dbdf", "#c4ccd2", "#f5dd8f"])
    parts = [circle(64, 64, 58, paint.fill(colour, "round"))]
    for x, y, r in ((42, 42, 14), (84, 38, 9), (82, 80, 16), (44, 88, 10), (62, 62, 6), (28, 68, 6), (104, 60, 6)):
        parts.append(circle(x + rng.uniform(-4, 4), y + rng.uniform(-4, 4), r, paint.dark(colour, 0.14), NONE))
    return Drawing(
        whole(rng, paint, [f'<g transform="rotate({rng.randrange(360)} 64 64)">{"".join(parts)}</g>']),
        ["full moon", "moon", "moon with craters"],
    )


@thing(1.5)
def one_star(rng, paint):
    """A star with five points, mostly yellow."""
    word, colour = ("yellow", rng.choice(["#ffc928", "#ffd43b"])) if rng.random() < 0.6 else free(paint)
    inner = rng.uniform(26, 32)
    more = paint.outline() or f' stroke="{colour}" stroke-width="{rng.choice([0, 8, 8])}" stroke-linejoin="round"'
    parts = [
        polygon(
            star_points(64, 68, 56, inner, 5, -90 + rng.uniform(-8, 8)),
            paint.fill(colour) if paint.outline() else colour,
            more,
        )
    ]
    return Drawing(whole(rng, paint, parts), ["star", "five-pointed star"], [word])


def cloud_shape(x, y, size, colour, edge):
    """A cloud with a flat foot around x, y, about 116 wide at size 1."""
    data = "M-40 32Q-60 30 -58 8Q-54 -12 -34 -10Q-28 -38 2 -36Q28 -34 32 -12Q58 -14 58 10Q58 32 40 32Z"
    return path(data, colour, f' transform="translate({x} {y}) scale({size})"' + edge)


@thing(1.5)
def one_cloud(rng, paint):
    """A cloud, alone, with rain, snow, lightning or the sun behind."""
    kind = rng.choice(["plain", "plain", "rain", "rain", "storm", "snow", "sun", "sunrain"])
    tone = (
        rng.choice(["#8795a1", "#9aa7b2", "#75838f"])
        if kind in ("rain", "storm", "snow")
        else rng.choice(["#c9dcea", "#b9d3e8", "#cfd9e0", "#a9cdee"])
    )
    y = 66 if kind == "plain" else 46
    parts = [
        cloud_shape(
            64,
            y,
            1.02 if kind == "plain" else 0.95,
            paint.fill(tone),
            paint.outline() or ' stroke="#93a9ba" stroke-width="2.5"',
        )
    ]
    names = {
        "plain": ["cloud", "white cloud"],
        "rain": ["rain cloud", "cloud with rain", "rain", "rainy weather"],
        "storm": ["thunderstorm", "storm cloud", "cloud with lightning", "thundercloud"],
        "snow": ["snow cloud", "cloud with snow", "snowy weather"],
        "sun": ["sun behind a cloud", "partly cloudy", "sun and cloud", "cloudy weather"],
        "sunrain": ["sun and rain", "sun behind a rain cloud", "rain and sun"],
    }[kind]
    if kind in ("sun", "sunrain"):
        ground = [
            line(88 + (x - 88) * 0.72, 34 + (v - 34) * 0.72, x, v, "#ffc928", 6) for x, v, _ in around(88, 34, 34, 10)
        ]
        parts = (
            [group(*ground, circle(88, 34, 20, "#ffc928"), *parts, move=(0, 6) if kind == "sunrain" else (0, 14))]
            if kind == "sun"
            else [*ground, circle(88, 34, 20, "#ffc928"), *[group(*parts, move=(-4, 8), scale=0.95)]]
        )
    if kind in ("rain", "sunrain"):
        parts += [line(x, 90, x - 7, 90 + rng.uniform(20, 28), "#2f8fe0", 7) for x in (28, 52, 76, 100)]
    if kind == "storm":
        parts.append(polygon([(66, 66), (44, 100), (60, 100), (48, 126), (88, 90), (70, 90), (84, 66)], "#ffc928"))
    if kind == "snow":
        parts += [circle(x, v, 6.5, "#a9d4f5", NONE) for x, v in ((30, 92), (64, 92), (98, 92), (46, 112), (82, 112))]
    return Drawing(whole(rng, paint, parts), names)


@thing(1.0)
def one_lightning(rng, paint):
    """A flash of lightning."""
    colour = rng.choice(["#ffc928", "#fdb813", "#ffd43b"])
    parts = [polygon([(72, 4), (24, 72), (58, 72), (44, 124), (106, 50), (70, 50), (98, 4)], paint.fill(colour))]
    return Drawing(whole(rng, paint, parts, 10), ["lightning", "lightning bolt", "flash", "bolt"])


@thing(1.0)
def one_snowflake(rng, paint):
    """A snowflake."""
    colour, at = rng.choice(["#55acee", "#3b9ae0", "#7cc3f0"]), rng.uniform(28, 36)
    parts = []
    for _, _, angle in around(64, 64, 1, 6):
        arm = line(64, 64, 64, 8, colour, 7) + stroke(
            f"M46 {64 - at - 18:.0f}L64 {64 - at:.0f}L82 {64 - at - 18:.0f}", colour, 6
        )
        parts.append(f'<g transform="rotate({angle:.0f} 64 64)">{arm}</g>')
    return Drawing(whole(rng, paint, parts, 15), ["snowflake", "blue snowflake", "ice crystal"])


@thing(1.2)
def one_rainbow(rng, paint):
    """A rainbow, often between clouds."""
    parts = []
    for i, colour in enumerate(("#e53935", "#fb8c00", "#fdd835", "#43a047", "#1e88e5", "#8e24aa")):
        radius = 56 - i * 7.5
        parts.append(
            path(
                f"M{64 - radius} 96A{radius} {radius} 0 0 1 {64 + radius} 96",
                "none",
                f' stroke="{colour}" stroke-width="8.5"',
            )
        )
    names = ["rainbow", "colorful rainbow"]
    if rng.random() < 0.6:
        parts += [cloud_shape(x, 98, 0.4, "#dbe7f0", ' stroke="#93a9ba" stroke-width="5"') for x in (24, 104)]
        names += ["rainbow with clouds", "rainbow and clouds"]
    return Drawing(whole(rng, paint, parts), names)


@thing(1.2)
def one_mountain(rng, paint):
    """A mountain, bare or with a snowy peak."""
    rock, snowy = rng.choice(["#7d8890", "#8a7a6a", "#6f7f92", "#5f8a5a"]), rng.random() < 0.65
    peak = rng.uniform(54, 70)
    parts = [
        polygon([(60, 118), (100, 48), (126, 118)], paint.dark(rock, 0.2)),
        polygon([(2, 118), (peak, 12), (112, 118)], paint.fill(rock)),
    ]
    parts.append(polygon([(peak, 12), (112, 118), (peak + 6, 118), (peak - 4, 60)], paint.dark(rock, 0.15), NONE))
    if snowy:
        parts.append(
            polygon(
                [(peak, 12), (peak + 21, 53), (peak + 8, 46), (peak, 58), (peak - 10, 46), (peak - 24, 53)],
                "#f4f8fb",
                NONE,
            )
        )
    if rng.random() < 0.4:
        parts.append(rect(2, 110, 124, 10, "#5c913b", 4))
    return Drawing(
        whole(rng, paint, parts),
        ["snowy mountain", "mountain with snow", "snow-capped mountain", "mountain"]
        if snowy
        else ["mountain", "mountain peak", "rocky mountain"],
    )


@thing(1.0)
def one_volcano(rng, paint):
    """A volcano that erupts."""
    rock, lava = rng.choice(["#6d4c41", "#5f5650", "#7a5a48"]), rng.choice(["#ff5722", "#f4511e", "#ff7a1a"])
    parts = (
        [circle(x, y, r, "#9aa3a9") for x, y, r in ((50, 20, 14), (74, 18, 16), (92, 28, 11))]
        if rng.random() < 0.5
        else []
    )
    parts += [stroke(d, lava, 7) for d in ("M58 46Q50 26 36 24", "M70 46Q78 26 92 26", "M64 46V14")]
    parts += [
        polygon([(4, 120), (46, 46), (82, 46), (124, 120)], paint.fill(rock)),
        path("M46 46H82L90 62Q86 84 80 66Q74 60 72 88Q66 96 62 72Q56 62 52 78Q46 80 40 58Z", lava),
    ]
    return Drawing(whole(rng, paint, parts), ["volcano", "erupting volcano", "volcano with lava"])


@thing(1.0)
def one_wave(rng, paint):
    """A breaking wave."""
    blue = rng.choice(["#1e88e5", "#3b88c3", "#2196c9"])
    parts = [path("M4 118V84Q14 20 72 16Q116 18 116 58Q106 40 86 44Q66 54 76 76Q88 92 124 86V118Z", paint.fill(blue))]
    parts += [
        path("M72 16Q116 18 118 60Q104 38 84 44Q92 30 66 32Q40 36 26 62Q34 22 72 16Z", "#e6f4fd", NONE),
        stroke("M20 106Q30 70 54 52M46 108Q44 88 58 76", paint.light(blue, 0.45), 5),
    ]
    return Drawing(whole(rng, paint, parts), ["wave", "ocean wave", "sea wave", "big wave"])


@thing(1.3)
def one_fire(rng, paint):
    """A flame, or a campfire."""
    camp = rng.random() < 0.35
    flame = path(
        "M66 4Q104 40 106 78Q106 122 64 122Q22 122 22 80Q24 58 38 44Q40 62 50 64Q46 30 66 4Z",
        paint.fill(rng.choice(["#f4511e", "#f4600c", "#e53935"])),
    )
    flame += path(
        "M66 50Q88 76 86 94Q84 118 64 118Q42 118 42 94Q44 80 54 74Q56 84 62 84Q60 66 66 50Z", "#ffc928", NONE
    )
    if not camp:
        return Drawing(whole(rng, paint, [flame]), ["fire", "flame", "burning fire"])
    logs = line(20, 116, 106, 98, "#7a4a21", 14) + line(22, 98, 108, 116, "#8a5a2b", 14)
    return Drawing(
        whole(rng, paint, [group(flame, move=(0, -12), scale=0.8), logs]),
        ["campfire", "bonfire", "fire", "wood fire"],
    )


@thing(1.0)
def one_drop(rng, paint):
    """A drop of water."""
    blue = rng.choice(["#3b9ae0", "#55acee", "#1e88e5"])
    parts = [
        path("M64 4Q104 54 104 82Q102 122 64 122Q26 122 24 82Q24 54 64 4Z", paint.fill(blue, "round")),
        stroke("M42 84Q44 102 60 106", "#ffffffbb", 7),
    ]
    return Drawing(whole(rng, paint, parts, 8), ["water drop", "drop of water", "droplet", "raindrop"])


@thing(1.0)
def one_planet(rng, paint):
    """A planet, mostly Saturn with its ring."""
    colour = rng.choice(["#e8b45a", "#d99a4e", "#e5c07b", "#b98ad9"])
    band = paint.dark(colour, 0.14)
    ringed = rng.random() < 0.7
    size = 38 if ringed else 57
    ball = circle(64, 64, size, paint.fill(colour, "round")) + "".join(
        rect(64 - w * size, 64 + d * size, 2 * w * size, size * 0.17, band, 4, NONE)
        for w, d in ((0.88, -0.45), (0.97, 0.0), (0.82, 0.45))
    )
    if not ringed:
        return Drawing(
            whole(rng, paint, [ball + ellipse(84, 82, 14, 9, "#c8643c", NONE)], 20),
            ["planet", "jupiter", "planet jupiter"],
        )
    tone = paint.light(colour, 0.3)
    back = path("M8 72A58 17 0 0 1 120 56", "none", f' stroke="{paint.dark(tone, 0.25)}" stroke-width="8"')
    front = path(
        "M14 64A52 15 0 1 0 114 64",
        "none",
        f' stroke="{paint.dark(colour, 0.3)}" stroke-width="8" stroke-linecap="round"',
    )
    back = path("M14 64A52 15 0 0 1 114 64", "none", f' stroke="{paint.dark(colour, 0.3)}" stroke-width="8"')
    return Drawing(
        whole(
            rng,
            paint,
            [
                f'<g transform="rotate({rng.uniform(-28, -12):.0f} 64 64) translate(64 64) scale(1.06) translate(-64 -64)">{back}{ball}{front}</g>'
            ],
        ),
        ["saturn", "planet with a ring", "planet", "planet saturn", "ringed planet"],
    )


@thing(1.2)
def one_globe(rng, paint):
    """The earth, or a globe on a stand."""
    blue, green = rng.choice(["#2f86d6", "#3b9ae0", "#1e78c8"]), rng.choice(["#5fb14a", "#43a047", "#7cb342"])
    land = path(
        "M26 32Q40 18 58 20Q66 30 54 38Q56 50 42 52Q40 62 50 68Q62 74 58 88Q50 104 46 112Q36 98 38 82Q24 70 22 56Q18 42 26 32Z",
        green,
        NONE,
    )
    land += path(
        "M78 28Q98 24 110 44Q118 56 114 66Q106 62 104 72Q102 92 90 96Q82 88 84 74Q72 68 72 56Q80 48 88 46Q76 38 78 28Z",
        green,
        NONE,
    )
    earth = circle(64, 64, 57, paint.fill(blue, "round")) + land
    if rng.random() < 0.65:
        return Drawing(whole(rng, paint, [earth], 15, False), ["earth", "planet earth", "globe", "world"])
    stand = (
        stroke("M104 14Q128 60 90 94Q60 108 34 96", "#a0632d", 7)
        + rect(56, 100, 12, 14, "#a0632d")
        + rect(32, 112, 60, 11, "#8a4b20", 5)
    )
    return Drawing(
        whole(rng, paint, [stand, group(earth, move=(-2, -13), scale=0.76)]),
        ["globe", "globe on a stand", "world globe", "school globe"],
    )


@thing(0.9)
def one_comet(rng, paint):
    """A comet or shooting star."""
    star = rng.random() < 0.5
    tail = path("M6 20Q60 50 70 66L100 60L62 100Q40 60 6 20Z", "#7cc3f0" if not star else "#ffe082", NONE)
    tail += path("M40 8Q84 40 104 62L84 84Z", "#b5dcf7" if not star else "#ffecb3", NONE)
    body = (
        polygon(star_points(88, 88, 36, 16, 5, -70), "#ffc928")
        if star
        else circle(88, 88, 30, paint.fill("#8a949b", "round"))
        + circle(80, 80, 6, "#6b757c", NONE)
        + circle(98, 94, 7, "#6b757c", NONE)
    )
    return Drawing(
        whole(rng, paint, [tail, body]),
        ["shooting star", "falling star"] if star else ["comet", "meteor", "asteroid"],
    )


# Vehicles from the side

PANE = ("#bfe3f7", "#a9d8f2", "#d3ecf8")


def wheel(x, y, radius, hub="#c3ccd2"):
    """A wheel with a hub."""
    return circle(x, y, radius, "#2b2f33") + circle(x, y, radius * 0.48, hub, NONE)


def car_parts(rng, paint, colour, taxi=False):
    """A car from the side that looks to the left: body, panes, lights and wheels."""
    pane, kind = rng.choice(PANE), rng.choice(["round", "edged", "small"])
    if taxi:
        kind = "edged"
    if kind == "round":
        parts = [
            path("M26 64Q40 30 66 30Q98 30 110 64Z", paint.fill(colour)),
            path("M36 62Q46 38 62 38V62ZM69 38Q92 38 100 62H69Z", pane, NONE),
        ]
        parts.append(path("M4 90V78Q6 62 28 60H108Q124 62 124 80V90Q124 96 118 96H10Q4 96 4 90Z", paint.fill(colour)))
    elif kind == "edged":
        parts = [
            polygon([(28, 62), (44, 32), (92, 32), (108, 62)], paint.fill(colour)),
            polygon([(38, 61), (49, 39), (64, 39), (64, 61)], pane, NONE),
        ]
        parts += [
            polygon([(71, 61), (71, 39), (88, 39), (98, 61)], pane, NONE),
            path("M2 92V72Q4 62 16 60H112Q126 62 126 74V92Q126 97 120 97H8Q2 97 2 92Z", paint.fill(colour)),
        ]
    else:
        parts = [
            path("M20 92V60Q26 26 58 26H92Q116 28 118 66V92Z", paint.fill(colour)),
            path("M32 60Q36 36 58 36H64V60Z", pane, NONE),
            path("M71 36H90Q106 38 107 60H71Z", pane, NONE),
        ]
        parts.append(path("M6 96V78Q8 66 26 64H118Q122 66 122 78V96Z", paint.fill(colour)))
    parts += [
        ellipse(9, 76, 5, 7, "#ffe27a", NONE),
        rect(117, 70, 7, 12, "#e53935", 2, NONE),
        line(70, 72, 80, 72, shade(paint, colour, 0.4), 4),
    ]
    parts.append(rect(4, 90, 120, 8, shade(paint, colour, 0.3), 4, NONE))
    return [*parts, wheel(34, 96, 18), wheel(94, 96, 18)]


@thing(2.5)
def one_car(rng, paint):
    """A car in any colour."""
    word, colour = paint.colour()
    if word == "white":
        colour = "#d8dee3"
    parts = car_parts(rng, paint, colour)
    return Drawing(
        whole(rng, paint, [group(*parts, move=(0, -4))]),
        ["car", "automobile", "small car", "car from the side"],
        [word],
    )


@thing(0.8)
def one_sports_car(rng, paint):
    """A low sports car or a convertible."""
    word, colour = free(paint)
    openly = rng.random() < 0.4
    roof = (
        [stroke("M40 60L54 38", "#4a5258", 6), rect(66, 48, 22, 16, INK, 6)]
        if openly
        else [
            path("M34 64Q54 36 76 36Q98 38 110 64Z", paint.fill(colour)),
            path("M46 62Q58 43 70 43V62ZM76 43Q92 45 98 62H76Z", rng.choice(PANE), NONE),
        ]
    )
    parts = [
        *roof,
        path("M2 90Q2 68 34 62H104Q126 60 126 76V92H2Z", paint.fill(colour)),
        polygon([(104, 56), (126, 46), (126, 54), (116, 62)], shade(paint, colour, 0.2)),
    ]
    parts += [ellipse(12, 76, 8, 5, "#ffe27a", NONE), wheel(30, 94, 17), wheel(98, 94, 17)]
    names = (
        ["convertible", "open car", "cabriolet", "car"] if openly else ["sports car", "race car", "fast car", "car"]
    )
    return Drawing(whole(rng, paint, [group(*parts, move=(0, -6))]), names, [word])


@thing(1.0)
def one_front_car(rng, paint):
    """A car or taxi from the front."""
    word, colour = free(paint)
    taxi = rng.random() < 0.3
    if taxi:
        word, colour = "yellow", "#ffc928"
    parts = [
        rect(14, 92, 22, 28, INK, 5),
        rect(92, 92, 22, 28, INK, 5),
        path("M24 58L36 24Q38 18 46 18H82Q90 18 92 24L104 58Z", paint.fill(colour)),
    ]
    parts += [
        polygon([(34, 56), (43, 27), (85, 27), (94, 56)], rng.choice(PANE), NONE),
        path("M8 102V70Q10 54 28 54H100Q118 54 120 70V102Z", paint.fill(colour)),
    ]
    parts += [
        circle(26, 74, 10, "#fff3b0"),
        circle(102, 74, 10, "#fff3b0"),
        rect(42, 70, 44, 10, INK, 4, NONE),
        rect(6, 90, 116, 12, "#aab4ba", 4),
    ]
    if taxi:
        parts.insert(0, rect(46, 5, 36, 16, INK, 3))
        return Drawing(whole(rng, paint, parts), ["taxi from the front", "taxi", "cab", "yellow taxi"])
    return Drawing(whole(rng, paint, parts), ["car from the front", "car", "front of a car"], [word])


@thing(1.2)
def one_taxi(rng, paint):
    """A yellow taxi."""
    parts = car_parts(rng, paint, rng.choice(["#ffc928", "#fdd835"]), True)
    parts += [rect(52, 20, 30, 13, INK, 3)]
    parts += [rect(x, 76 + 6 * (i % 2), 7, 6, INK, 0, NONE) for i, x in enumerate(range(44, 84, 7))]
    return Drawing(whole(rng, paint, [group(*parts, move=(0, -4))]), ["taxi", "yellow taxi", "cab", "taxi cab"])


@thing(1.2)
def one_police_car(rng, paint):
    """A police car."""
    blue = rng.random() < 0.6
    colour = rng.choice(["#1e66c0", "#2f86d6"]) if blue else INK
    parts = car_parts(rng, paint, colour, True)
    parts.insert(-2, rect(44, 64, 36, 26, "#f3f6f8", 2, NONE))
    parts += [
        polygon(star_points(62, 77, 11, 5, 5), "#ffc928", NONE),
        rect(52, 22, 14, 11, "#e53935", 3),
        rect(66, 22, 14, 11, "#2f86f6", 3),
    ]
    return Drawing(
        whole(rng, paint, [group(*parts, move=(0, -4))]), ["police car", "police", "cop car", "patrol car"]
    )


@thing(1.2)
def one_fire_truck(rng, paint):
    """A fire truck with a ladder."""
    red = rng.choice(["#e53935", "#d32f2f", "#dd2e44"])
    parts = [
        path("M4 98V58Q8 40 22 40H46V98Z", paint.fill(red)),
        rect(48, 52, 76, 46, paint.fill(red), 3),
        path("M12 64Q14 48 24 48H38V64Z", rng.choice(PANE), NONE),
    ]
    parts += [
        rect(4, 80, 120, 8, "#fff3d6", 0, NONE),
        rect(60, 60, 24, 16, "#8e1f22", 2, NONE),
        rect(92, 60, 24, 16, "#8e1f22", 2, NONE),
        rect(18, 31, 16, 10, "#2f86f6", 4),
    ]
    ladder = [line(38, 44, 122, 24, "#aab4ba", 5), line(38, 32, 122, 12, "#aab4ba", 5)] + [
        line(x, 44 - (x - 38) * 0.24, x, 32 - (x - 38) * 0.24, "#aab4ba", 4) for x in range(48, 122, 14)
    ]
    parts += [*ladder, wheel(28, 98, 16), wheel(100, 98, 16), rect(2, 88, 6, 8, "#ffe27a", 2, NONE)]
    return Drawing(
        whole(rng, paint, parts), ["fire truck", "fire engine", "red fire truck", "fire truck with a ladder"]
    )


@thing(1.2)
def one_ambulance(rng, paint):
    """An ambulance."""
    white = rng.choice(["#e9eef2", "#f0f3f5"])
    edge = ' stroke="#8fa0ab" stroke-width="3"'
    parts = [
        path("M4 98V72L20 46H52V98Z", paint.fill(white), edge),
        rect(42, 26, 82, 72, paint.fill(white), 5, edge),
        path("M14 70L25 53H38V70Z", rng.choice(PANE), NONE),
    ]
    parts += [
        rect(4, 78, 120, 8, "#e53935", 0, NONE),
        rect(78, 36, 11, 36, "#e53935", 1, NONE),
        rect(65.5, 48.5, 36, 11, "#e53935", 1, NONE),
    ]
    parts += [
        rect(50, 16, 18, 11, "#e53935" if rng.random() < 0.5 else "#2f86f6", 4),
        wheel(28, 98, 16),
        wheel(98, 98, 16),
    ]
    return Drawing(whole(rng, paint, parts), ["ambulance", "ambulance car", "emergency ambulance"])


@thing(1.3)
def one_bus(rng, paint):
    """A bus from the side or the front."""
    word, colour = free(paint)
    if rng.random() < 0.3:
        word, colour = "yellow", "#fbb11c"
    school = colour == "#fbb11c"
    pane = rng.choice(PANE)
    double = rng.random() < 0.2
    names = ["bus", "city bus", "coach"]
    if rng.random() < 0.3:
        parts = [
            rect(20, 104, 22, 18, INK, 4),
            rect(86, 104, 22, 18, INK, 4),
            rect(12, 8, 104, 102, paint.fill(colour), 12),
            rect(20, 30, 88, 42, pane, 5, NONE),
            rect(36, 14, 56, 11, INK, 3, NONE),
            circle(28, 90, 8, "#fff3b0"),
            circle(100, 90, 8, "#fff3b0"),
        ]
        parts += [
            rect(42, 86, 44, 9, shade(paint, colour, 0.35), 3, NONE),
            line(64, 30, 64, 72, shade(paint, colour, 0.2), 4),
        ]
        return Drawing(whole(rng, paint, parts), ["bus from the front", "bus", "city bus"], [word])
    top = 8 if double else 26
    parts = [rect(2, top, 124, 100 - top, paint.fill(colour), 9)]
    for y in (16, 54) if double else (38,):
        parts += [rect(x, y, 19, 22, pane, 3, NONE) for x in (24, 48, 72)] + [rect(6, y, 13, 22, pane, 3, NONE)]
    parts += [
        rect(98, 40 if not double else 54, 18, 50 if not double else 40, pane, 2, NONE),
        line(107, 46, 107, 92, colour, 3),
        rect(2, 82, 94, 6, INK if school else paint.light(colour, 0.5), 0, NONE),
    ]
    parts += [wheel(30, 100, 15), wheel(86, 100, 15), rect(2, 84, 6, 8, "#fff3b0", 2, NONE)]
    names = (
        ["double-decker bus", "double decker", "bus"]
        if double
        else ["school bus", "bus", "yellow bus"]
        if school
        else names
    )
    return Drawing(whole(rng, paint, parts), names, [word])


@thing(1.2)
def one_truck(rng, paint):
    """A lorry with a box, or a dump truck."""
    word, colour = free(paint)
    pane = rng.choice(PANE)
    cab = [
        path("M4 98V66Q6 46 20 44H42V98Z", paint.fill(colour)),
        path("M12 68Q14 52 22 52H35V68Z", pane, NONE),
        rect(2, 84, 7, 9, "#ffe27a", 2, NONE),
    ]
    if rng.random() < 0.6:
        box = rng.choice(["#d9dfe4", paint.light(colour, 0.25), "#c3ccd2"])
        parts = [rect(46, 20, 78, 74, paint.fill(box), 3), rect(40, 92, 84, 7, "#4a5258"), *cab]
        names = ["truck", "lorry", "delivery truck", "box truck"]
    else:
        load = ellipse(84, 46, 34, 18, "#9c6b3f") if rng.random() < 0.7 else ""
        parts = [
            load,
            polygon([(46, 44), (126, 40), (118, 86), (54, 86)], paint.fill(colour)),
            *(line(x, 54, x, 78, paint.dark(colour, 0.2), 4) for x in (66, 84, 102)),
            rect(40, 86, 80, 9, "#4a5258"),
            *cab,
        ]
        names = ["dump truck", "truck", "tipper truck"]
    return Drawing(
        whole(rng, paint, [group(*parts, wheel(26, 98, 16), wheel(74, 98, 16), wheel(106, 98, 16), move=(0, -2))]),
        names,
        [word],
    )


@thing(1.0)
def one_van(rng, paint):
    """A van or a minibus, or a pickup truck."""
    word, colour = free(paint)
    pane = rng.choice(PANE)
    if rng.random() < 0.35:
        parts = [
            path("M2 96V74Q6 66 28 64L40 38H74V64H126V96Z", paint.fill(colour)),
            polygon([(38, 64), (47, 46), (66, 46), (66, 64)], pane, NONE),
            line(76, 66, 122, 66, shade(paint, colour, 0.3), 5),
        ]
        names = ["pickup truck", "pickup", "truck"]
    elif rng.random() < 0.5:
        parts = [
            path("M4 98V62L20 34Q22 28 32 28H114Q124 28 124 38V98Z", paint.fill(colour)),
            polygon([(14, 62), (26, 38), (44, 38), (44, 62)], pane, NONE),
            line(52, 40, 52, 90, shade(paint, colour, 0.2), 3),
            rect(56, 60, 10, 4, shade(paint, colour, 0.35), 0, NONE),
        ]
        names = ["van", "delivery van", "transporter"]
    else:
        parts = [
            path("M4 98V50Q6 26 26 26H114Q124 26 124 40V98Z", paint.fill(colour)),
            path(
                "M4 66Q40 66 60 98H4Z" if rng.random() < 0.3 else "M4 66H124V26H26Q6 26 4 50Z",
                paint.light(colour, 0.6),
                NONE,
            ),
        ]
        parts += [rect(x, 36, 22, 22, pane, 4, NONE) for x in (14, 42, 70, 98)]
        names = ["minibus", "camper van", "van"]
    parts += [rect(3, 76, 7, 10, "#ffe27a", 2, NONE), wheel(32, 98, 16), wheel(98, 98, 16)]
    return Drawing(whole(rng, paint, [group(*parts, move=(0, -4))]), names, [word])


@thing(1.1)
def one_tractor(rng, paint):
    """A tractor with a big rear wheel."""
    word, colour = paint.colour("red", "green", "blue", "orange")
    pane = rng.choice(PANE)
    parts = [
        rect(24, 28, 8, 30, "#4a5258"),
        rect(58, 8, 58, 10, shade(paint, colour, 0.15), 3),
        polygon([(64, 18), (110, 18), (112, 60), (58, 60)], pane),
        line(64, 16, 60, 60, colour, 6),
        line(109, 16, 111, 60, colour, 6),
    ]
    parts += [path("M8 96V60Q10 54 20 54H112V92H8Z", paint.fill(colour)), rect(8, 62, 8, 22, "#ffe27a", 2, NONE)]
    parts += [wheel(86, 88, 34, "#ffd54f"), wheel(26, 102, 20, "#ffd54f")]
    return Drawing(whole(rng, paint, parts), ["tractor", "farm tractor"], [word])


@thing(1.3)
def one_train(rng, paint):
    """A steam locomotive."""
    word, colour = paint.colour("black", "red", "green", "blue")
    second = paint.colour("red", "yellow", without=(word,))[1]
    parts = (
        [circle(x, y, r, "#c3ccd2", NONE) for x, y, r in ((40, 14, 10), (54, 10, 12), (70, 12, 8))]
        if rng.random() < 0.7
        else []
    )
    parts += [
        polygon([(22, 26), (42, 26), (38, 50), (26, 50)], shade(paint, colour, 0.2)),
        rect(12, 46, 74, 40, paint.fill(colour), 8),
        rect(78, 26, 44, 62, paint.fill(colour)),
        rect(74, 18, 52, 10, second, 3),
    ]
    parts += [
        rect(86, 36, 28, 24, "#ffe9a8", 2, NONE),
        rect(54, 38, 14, 12, "#ffc928", 4),
        rect(30, 48, 6, 36, second, 0, NONE),
        rect(8, 84, 116, 10, second),
    ]
    parts += [polygon([(8, 84), (8, 112), (0, 112)], "#4a5258"), circle(12, 58, 6, "#ffe27a")]
    parts += [
        wheel(28, 104, 14, second),
        wheel(60, 104, 14, second),
        wheel(100, 98, 21, second),
        line(28, 104, 100, 102, "#aab4ba", 6),
    ]
    return Drawing(whole(rng, paint, parts), ["steam locomotive", "steam train", "locomotive", "train"], [word])


@thing(1.1)
def one_modern_train(rng, paint):
    """A fast train from the side, or a train or tram from the front."""
    word, colour = free(paint)
    pane = rng.choice(PANE)
    kind = rng.choice(["fast", "front", "tram"])
    if kind == "fast":
        parts = [
            path("M2 94Q4 70 40 50Q54 42 70 42H128V96H8Q2 96 2 94Z", paint.fill(colour)),
            path("M28 64Q42 50 56 50V64Z", INK, NONE),
            rect(2, 80, 126, 7, paint.light(colour, 0.6), 0, NONE),
            rect(0, 98, 128, 7, "#6b757c", 0),
        ]
        parts += [rect(x, 52, 18, 16, pane, 3, NONE) for x in (66, 90, 112)]
        return Drawing(whole(rng, paint, parts), ["high-speed train", "bullet train", "fast train", "train"], [word])
    if kind == "front":
        parts = [
            polygon([(40, 100), (88, 100), (118, 124), (10, 124)], "#8a6b4f"),
            line(44, 102, 24, 124, "#6b757c", 6),
            line(84, 102, 104, 124, "#6b757c", 6),
            rect(22, 6, 84, 98, paint.fill(colour), 16),
            rect(32, 24, 64, 36, pane, 6, NONE),
        ]
        parts += [
            circle(40, 82, 8, "#fff3b0"),
            circle(88, 82, 8, "#fff3b0"),
            rect(52, 12, 24, 7, "#ffe27a", 2, NONE),
            rect(22, 66, 84, 6, paint.light(colour, 0.6), 0, NONE),
        ]
        return Drawing(whole(rng, paint, parts), ["train from the front", "train", "railway train", "metro"], [word])
    parts = [
        stroke("M44 26L64 6L84 26", "#4a5258", 5),
        rect(4, 24, 120, 74, paint.fill(colour), 9),
        rect(4, 68, 120, 7, paint.light(colour, 0.6), 0, NONE),
        rect(0, 108, 128, 7, "#6b757c"),
    ]
    parts += (
        [rect(x, 34, 20, 28, pane, 3, NONE) for x in (10, 34, 74, 98)]
        + [rect(57, 34, 14, 60, pane, 2, NONE)]
        + [wheel(x, 100, 10) for x in (26, 42, 88, 104)]
    )
    return Drawing(whole(rng, paint, parts), ["tram", "streetcar", "trolley"], [word])


@thing(1.4)
def one_bicycle(rng, paint):
    """A bicycle."""
    word, colour = free(paint)
    parts = []
    for x in (30, 98):
        parts += (
            [ring(x, 86, 25, INK, 6)]
            + [line(x, 86, px, py, "#b5bfc6", 2.5) for px, py, _ in around(x, 86, 22, 6)]
            + [circle(x, 86, 4, INK)]
        )
    parts += [
        stroke("M30 86L46 46H84L64 86H30L46 46L64 86L84 46L98 86", colour, 7),
        stroke("M86 50L80 28H94Q102 30 100 38", INK, 6),
        stroke("M46 46L42 34", INK, 6),
        rect(30, 28, 26, 9, rng.choice([INK, "#7a4a21"]), 5),
        circle(64, 86, 8, "#4a5258"),
        stroke("M64 86L70 102H78", "#4a5258", 5),
    ]
    names = ["bicycle", "bike", "cycle"]
    if rng.random() < 0.25:
        parts.append(polygon([(92, 44), (122, 44), (118, 62), (96, 62)], "#c1834a"))
        names.append("bicycle with a basket")
    return Drawing(whole(rng, paint, [group(*parts, move=(0, -4))]), names, [word])


@thing(1.1)
def one_motorcycle(rng, paint):
    """A motorcycle."""
    word, colour = free(paint)
    parts = [
        stroke("M100 92L82 36H94", "#8a949b", 7),
        stroke("M78 36L68 26", INK, 6),
        rect(44, 66, 34, 28, "#6b757c", 6),
        stroke("M28 92H66", "#8a949b", 7),
        stroke("M64 94H20", "#aab4ba", 8),
    ]
    parts += [
        path("M8 66Q16 56 36 58L58 58Q64 44 84 44Q92 48 86 64Q72 72 50 68Z", paint.fill(colour)),
        path("M14 58Q20 50 38 52H58V62Q36 60 18 66Z", INK, NONE),
        path("M80 64Q98 54 118 74L112 78Q100 68 84 74Z", colour),
    ]
    parts += [circle(94, 44, 8, "#ffe27a"), wheel(28, 94, 22), wheel(102, 94, 22)]
    return Drawing(
        whole(rng, paint, [group(*parts, move=(0, -4))]), ["motorcycle", "motorbike", "motor bike"], [word]
    )


@thing(0.9)
def one_scooter(rng, paint):
    """A motor scooter or a kick scooter."""
    word, colour = free(paint)
    if rng.random() < 0.4:
        parts = [
            stroke("M100 102L84 16M72 22L96 12", "#6b757c", 7),
            stroke("M26 102H84Q92 102 94 92", colour, 11),
            line(70, 23, 76, 20, INK, 10),
            line(92, 13, 97, 11, INK, 10),
            wheel(24, 108, 13),
            wheel(102, 108, 13),
        ]
        return Drawing(whole(rng, paint, parts), ["kick scooter", "scooter", "push scooter"], [word])
    parts = [
        stroke("M98 98L88 22M76 28L98 18", "#6b757c", 6),
        path(
            "M6 80Q8 60 30 58H58Q60 84 76 86Q82 60 86 38L98 40Q104 70 96 90Q88 98 76 98H24Q8 96 6 80Z",
            paint.fill(colour),
        ),
        rect(16, 46, 44, 13, INK, 6),
        circle(96, 30, 8, "#ffe27a"),
        path("M84 92Q94 74 116 88L112 94Z", colour),
        wheel(30, 98, 17),
        wheel(102, 100, 16),
    ]
    return Drawing(whole(rng, paint, parts), ["motor scooter", "scooter", "moped", "vespa"], [word])


@thing(1.3)
def one_sailboat(rng, paint):
    """A sailing boat."""
    (word, hull), (sail_word, sail) = (
        paint.colour("red", "blue", "brown", "white", "green", "black"),
        paint.colour("white", "white", "red", "yellow", "orange", "blue"),
    )
    edge = ' stroke="#93a3ad" stroke-width="3"'
    parts = [
        line(66, 6, 66, 94, "#7a4a21", 6),
        path("M72 8Q112 46 116 84H72Z", paint.fill(sail), edge),
        path("M60 18Q26 50 14 84H60Z", paint.fill(paint.dark(sail, 0.08)), edge),
        path("M4 92H124Q116 118 96 118H32Q12 116 4 92Z", paint.fill(hull), edge if word == "white" else ""),
    ]
    if rng.random() < 0.4:
        parts.append(path("M0 112Q16 104 32 112T64 112T96 112T128 112V126H0Z", "#3b9ae0", NONE))
    return Drawing(whole(rng, paint, parts), ["sailboat", "sailing boat", "boat", f"sailboat with {sail_word} sails"])


@thing(1.2)
def one_ship(rng, paint):
    """A passenger ship or a container ship, from the side."""
    word, colour = paint.colour("red", "blue", "black", "green", "orange")
    water = path("M0 110Q16 102 32 110T64 110T96 110T128 110V126H0Z", "#3b9ae0", NONE) if rng.random() < 0.6 else ""
    hull = path("M2 74H126Q118 116 104 118H24Q8 110 2 74Z", paint.fill(colour))
    if rng.random() < 0.6:
        funnel = rng.choice(["#e53935", "#fb8c00", INK])
        parts = [rect(x, 14, 15, 30, funnel) + rect(x, 20, 15, 6, "#fff", 0, NONE) for x in (46, 74)] + [
            rect(36, 38, 66, 20, "#eef2f4", 2, ' stroke="#93a3ad" stroke-width="2.5"'),
            rect(18, 54, 96, 22, "#eef2f4", 2, ' stroke="#93a3ad" stroke-width="2.5"'),
        ]
        parts += (
            [circle(x, 65, 4, "#3b88c3", NONE) for x in (32, 50, 68, 86, 102)]
            + [hull]
            + [circle(x, 88, 4.5, "#dff0fa", NONE) for x in (28, 50, 72, 94)]
        )
        names = ["ship", "passenger ship", "cruise ship", "steamship"]
    else:
        tones = ["#e53935", "#fdd835", "#1e88e5", "#43a047", "#fb8c00"]
        parts = [rect(x, y, 23, 17, rng.choice(tones)) for x in (8, 32, 56) for y in (38, 56)] + [
            rect(86, 24, 28, 50, "#eef2f4", 2, ' stroke="#93a3ad" stroke-width="2.5"'),
            rect(90, 32, 20, 9, "#3b88c3", 0, NONE),
            hull,
        ]
        names = ["container ship", "cargo ship", "freighter", "ship"]
    return Drawing(whole(rng, paint, [*parts, water]), names, [word])


@thing(0.9)
def one_rowing_boat(rng, paint):
    """A rowing boat or a canoe."""
    colour = paint.wood()
    word, colours = None, []
    if rng.random() < 0.5:
        word, colour = free(paint)
        colours = [word]
    parts = [
        path("M4 52Q64 74 124 52Q118 98 92 100H36Q10 98 4 52Z", paint.fill(colour)),
        path("M4 52Q64 74 124 52Q126 60 122 66Q64 86 6 66Z", shade(paint, colour, 0.25), NONE),
    ]
    parts += [
        line(78, 40, 30, 108, "#d39b5c", 6),
        f'<g transform="rotate(35 28 110)">{ellipse(28, 110, 8, 15, "#d39b5c")}</g>',
    ]
    if rng.random() < 0.5:
        parts.insert(2, path("M0 96Q16 88 32 96T64 96T96 96T128 96V112H0Z", "#3b9ae0", NONE))
    return Drawing(whole(rng, paint, parts), ["rowing boat", "rowboat", "boat", "small boat"], colours)


@thing(1.0)
def one_submarine(rng, paint):
    """A submarine."""
    word, colour = paint.colour("yellow", "yellow", "gray", "red", "blue", "green")
    parts = [
        stroke("M58 40V16H72", "#4a5258", 7),
        path("M44 56L50 32H84L90 56Z", shade(paint, colour, 0.15)),
        polygon([(110, 74), (126, 50), (126, 98)], shade(paint, colour, 0.25)),
        ellipse(60, 76, 58, 32, paint.fill(colour)),
    ]
    parts += [
        circle(x, 76, 9, "#dff0fa", f' stroke="{shade(paint, colour, 0.4)}" stroke-width="4"') for x in (30, 58, 86)
    ]
    return Drawing(whole(rng, paint, parts), ["submarine", "u-boat"], [word])


@thing(1.4)
def one_airplane(rng, paint):
    """An airliner from the side or from above, or a small propeller plane."""
    word, colour = free(paint)
    kind = rng.choice(["side", "above", "propeller"])
    body = rng.choice(["#dbe3e9", "#c9d4dc"])
    if kind == "above":
        parts = [
            polygon([(56, 52), (4, 84), (4, 96), (58, 80)], paint.fill(body)),
            polygon([(72, 52), (124, 84), (124, 96), (70, 80)], paint.fill(body)),
            polygon([(58, 98), (36, 114), (36, 122), (64, 116), (92, 122), (92, 114), (70, 98)], colour),
        ]
        parts += [
            path("M64 4Q76 14 75 40L70 112Q64 122 58 112L53 40Q52 14 64 4Z", paint.fill(paint.dark(body, 0.06))),
            path("M57 22Q64 14 71 22Q64 26 57 22Z", "#3b88c3", NONE),
        ]
        body = f'<g transform="rotate({rng.choice([0, 45, 45, 90])} 64 64)">{"".join(parts)}</g>'
        return Drawing(whole(rng, paint, [body]), ["airplane", "plane", "aeroplane", "airliner"])
    if kind == "side":
        parts = [
            polygon([(100, 60), (112, 22), (126, 22), (122, 62)], paint.fill(colour)),
            path("M2 74Q8 56 36 56H112Q126 58 124 70Q110 88 70 90H26Q4 88 2 74Z", paint.fill(body)),
            path("M10 70Q16 60 28 60V68Z", "#3b88c3", NONE),
        ]
        parts += [rect(x, 63, 7, 7, "#3b88c3", 2, NONE) for x in (38, 50, 62, 74, 86, 98)] + [
            polygon([(50, 76), (78, 76), (112, 114), (98, 114)], colour),
            rect(30, 92, 24, 11, "#6b757c", 5),
        ]
        return Drawing(
            whole(rng, paint, [f'<g transform="rotate({rng.choice([0, 12, 18])} 64 64)">{"".join(parts)}</g>']),
            ["airplane", "plane", "passenger plane", f"airplane with a {word} tail"],
        )
    parts = [
        polygon([(104, 58), (112, 34), (126, 34), (124, 66)], shade(paint, colour, 0.2)),
        path("M14 58Q16 46 34 46H62L120 60V70L70 88H30Q14 86 14 58Z", paint.fill(colour)),
        path("M44 46Q48 30 64 32Q76 34 78 50Z", rng.choice(PANE)),
        polygon([(34, 62), (88, 62), (94, 72), (30, 72)], shade(paint, colour, 0.25)),
    ]
    parts += [
        ellipse(9, 66, 5, 32, "#4a5258"),
        circle(14, 66, 6, "#ffc928"),
        line(44, 86, 40, 102, "#4a5258", 5),
        wheel(40, 104, 10),
    ]
    return Drawing(whole(rng, paint, parts), ["propeller plane", "small airplane", "airplane", "plane"], [word])


@thing(1.1)
def one_helicopter(rng, paint):
    """A helicopter."""
    word, colour = free(paint)
    parts = [
        rect(6, 14, 104, 8, "#4a5258", 4),
        rect(54, 20, 8, 18, "#4a5258"),
        polygon([(80, 52), (122, 40), (122, 54), (84, 74)], paint.fill(colour)),
        line(120, 30, 120, 62, "#4a5258", 7),
    ]
    parts += [
        path("M8 76Q12 36 58 36Q92 38 94 66Q92 94 60 96H30Q8 94 8 76Z", paint.fill(colour)),
        path("M16 70Q20 46 48 45V70Z", rng.choice(PANE), NONE),
        rect(56, 48, 22, 22, rng.choice(PANE), 4, NONE),
    ]
    parts += [stroke("M36 96V112M70 96V112M18 112H90", "#4a5258", 6)]
    return Drawing(whole(rng, paint, parts), ["helicopter", "chopper"], [word])


@thing(1.3)
def one_rocket(rng, paint):
    """A rocket with fins and flame."""
    word, colour = paint.colour("red", "blue", "orange", "purple", "green")
    body = rng.choice(["#dbe3e9", "#e7ecef", "#c9d4dc"])
    parts = (
        [
            path("M50 100Q48 116 64 126Q80 116 78 100Z", "#ff7a1a"),
            path("M56 100Q56 110 64 116Q72 110 72 100Z", "#ffd43b", NONE),
        ]
        if rng.random() < 0.75
        else []
    )
    parts += [
        path("M40 66Q18 78 18 106L46 94Z", paint.fill(colour)),
        path("M88 66Q110 78 110 106L82 94Z", paint.fill(colour)),
        path("M64 2Q98 34 90 76L82 100H46L38 76Q30 34 64 2Z", paint.fill(body, "right")),
        path("M64 2Q82 18 88 38H40Q46 18 64 2Z", colour),
    ]
    parts += [circle(64, 58, 13, "#3b9ae0", f' stroke="{shade(paint, colour, 0.2)}" stroke-width="5"')]
    body = f'<g transform="rotate({rng.choice([0, 0, 40, 45])} 64 64)">{"".join(parts)}</g>'
    return Drawing(whole(rng, paint, [body]), ["rocket", "space rocket", "spaceship", f"rocket with {word} fins"])


@thing(1.2)
def one_hot_air_balloon(rng, paint):
    """A hot air balloon, plain or striped."""
    word, colour = free(paint)
    second = paint.colour("yellow", "white", "red", "orange", "blue", without=(word,))
    shape = "M64 4Q116 6 116 50Q112 76 78 98H50Q16 76 12 50Q12 6 64 4Z"
    parts = [
        line(54, 96, 56, 108, "#6d4020", 3),
        line(74, 96, 72, 108, "#6d4020", 3),
        path(shape, paint.fill(colour, "round")),
    ]
    names = ["hot air balloon", "balloon", "air balloon"]
    if rng.random() < 0.75:
        parts += [
            path("M64 4Q36 14 34 52Q40 80 56 98H50Q16 76 12 50Q12 6 64 4Z", second[1], NONE),
            path("M64 4Q92 14 94 52Q88 80 72 98H78Q112 76 116 50Q116 6 64 4Z", second[1], NONE),
        ]
        names.append(f"{word} and {second[0]} hot air balloon")
    parts.append(rect(50, 106, 28, 19, "#a0632d", 3))
    return Drawing(whole(rng, paint, parts), names, [word] if len(names) == 3 else [])


@thing(1.0)
def one_ufo(rng, paint):
    """A flying saucer, at times with a beam."""
    _word, colour = paint.colour("gray", "gray", "purple", "blue", "green", "red")
    beam = rng.random() < 0.35
    parts = (
        [polygon([(44, 70), (84, 70), (116, 124), (12, 124)], "#fff176", NONE + ' fill-opacity=".75"')]
        if beam
        else []
    )
    y = 0 if beam else 10
    parts += [
        path(f"M34 {56 + y}Q34 {18 + y} 64 {18 + y}Q94 {18 + y} 94 {56 + y}Z", "#a9e0f2"),
        ellipse(64, 64 + y, 60, 20, paint.fill(colour)),
        ellipse(64, 56 + y, 38, 10, paint.light(colour, 0.3), NONE),
    ]
    if rng.random() < 0.4:
        parts.insert(
            -2,
            ellipse(64, 42 + y, 12, 15, "#7cb342")
            + ellipse(59, 42 + y, 3, 5, INK, NONE)
            + ellipse(69, 42 + y, 3, 5, INK, NONE),
        )
    parts += [
        circle(x, v + y, 5.5, tone, NONE)
        for x, v, tone in (
            (20, 66, "#ffd43b"),
            (42, 74, "#e53935"),
            (64, 77, "#ffd43b"),
            (86, 74, "#e53935"),
            (108, 66, "#ffd43b"),
        )
    ]
    return Drawing(whole(rng, paint, parts, 8), ["ufo", "flying saucer", "alien spaceship", "spaceship"])


@thing(0.8)
def one_skateboard(rng, paint):
    """A skateboard."""
    word, colour = free(paint)
    parts = [
        stroke("M8 48Q16 64 30 64H98Q112 64 120 48", colour, 13),
        rect(28, 70, 14, 10, "#8a949b"),
        rect(86, 70, 14, 10, "#8a949b"),
        wheel(34, 86, 13, "#ffd54f"),
        wheel(94, 86, 13, "#ffd54f"),
    ]
    return Drawing(whole(rng, paint, [group(*parts, move=(0, -6))], 20), ["skateboard", "skate board"], [word])


# Buildings


def windows(places, width, height, colour):
    """Windows of one size."""
    return [rect(x, y, width, height, colour, 1.5, NONE) for x, y in places]


@thing(2.0)
def one_house(rng, paint):
    """A house with a coloured roof, at times with a garden or a chimney."""
    word, roof = paint.colour(without=("white", "pink", "yellow"))
    wall = rng.choice(["#f6e7c8", "#f1d9b5", "#e9edf0", "#f7d9c4", "#fff1c9", "#cfe3ee", "#e8b98f"])
    door, pane = (
        rng.choice(["#7a4a21", "#a0632d", "#c62828", "#2e6da4"]),
        rng.choice(["#7fc4ea", "#ffe082", "#a9d8f2"]),
    )
    wide, top = rng.uniform(44, 50), rng.uniform(54, 62)
    names = ["house", "home", "family house", f"house with a {word} roof"]
    parts = [rect(84, 20, 14, 34, rng.choice(["#b5563f", "#8a5a44"]))] if rng.random() < 0.6 else []
    parts += [
        rect(64 - wide, top - 4, 2 * wide, 122 - top, paint.fill(wall)),
        polygon([(2, top + 4), (64, 8), (126, top + 4)], paint.fill(roof)),
    ]
    if rng.random() < 0.5:
        parts += [
            rect(52, 84, 24, 34, door),
            circle(71, 102, 2.5, "#ffd54f", NONE),
            *windows(((24, 74), (86, 74)), 20, 20, pane),
        ]
        parts += [circle(64, top - 16, 8, pane, NONE)]
    else:
        parts += [
            rect(26, 80, 24, 38, door),
            circle(45, 100, 2.5, "#ffd54f", NONE),
            *windows(((64, 76),), 36, 24, pane),
            line(82, 76, 82, 100, "#fff", 4),
        ]
    if rng.random() < 0.3:
        parts += [circle(8, 104, 16, "#43a047"), circle(120, 106, 14, "#43a047")]
        names.append("house with a garden")
    return Drawing(whole(rng, paint, parts), names)


@thing(0.8)
def one_town_house(rng, paint):
    """A house of two floors, or an apartment building."""
    word, wall = paint.colour("red", "yellow", "blue", "pink", "brown", "green", "orange", "gray")
    wall, pane = paint.light(wall, 0.15), rng.choice(["#cfeaf8", "#ffe9a8"])
    flat = rng.random() < 0.5
    if flat:
        parts = [
            rect(18, 8, 92, 112, paint.fill(wall)),
            rect(12, 4, 104, 9, shade(paint, wall, 0.3)),
            *windows([(x, y) for x in (28, 55, 82) for y in (22, 46, 70)], 18, 16, pane),
            rect(52, 94, 24, 26, "#5d4037"),
        ]
        return Drawing(
            whole(rng, paint, parts),
            ["apartment building", "apartment house", "building", "residential building"],
            [word],
        )
    parts = [
        rect(24, 46, 80, 74, paint.fill(wall)),
        polygon([(14, 50), (40, 12), (88, 12), (114, 50)], paint.fill(rng.choice(["#a84432", "#5f6b73", "#7a4a21"]))),
        *windows(((32, 58), (55, 58), (78, 58), (32, 88), (78, 88)), 18, 20, pane),
        rect(55, 88, 18, 32, "#5d4037"),
    ]
    return Drawing(
        whole(rng, paint, parts), ["town house", "house", "two-story house", "house with two floors"], [word]
    )


@thing(1.2)
def one_castle(rng, paint):
    """A castle with towers."""
    word, stone = paint.colour("gray", "gray", "gray", "brown", "pink", "white")
    stone = "#cdd4d9" if word == "white" else paint.light(stone, 0.25)
    pointed, (roof_word, roof) = rng.random() < 0.6, paint.colour("red", "blue", "purple", "green")
    dark = paint.dark(stone, 0.14)
    parts = [rect(24, 62, 80, 58, paint.fill(stone))] + [
        rect(x, 52, 12, 14, stone, 0, NONE) for x in (32, 50, 68, 86)
    ]
    for x in (6, 98):
        parts.append(rect(x, 44, 24, 76, dark))
        parts += (
            [polygon([(x - 4, 46), (x + 12, 10), (x + 28, 46)], roof)]
            if pointed
            else [rect(x - 3 + i * 11, 32, 8, 14, dark, 0, NONE) for i in range(3)] + [rect(x - 3, 42, 30, 10, dark)]
        )
    parts += [
        rect(50, 34, 28, 40, paint.dark(stone, 0.06)),
        polygon([(45, 36), (64, 4), (83, 36)], roof) if pointed else rect(46, 26, 36, 11, dark),
    ]
    parts += [
        path("M50 120V96Q52 82 64 82Q76 82 78 96V120Z", "#5d4037"),
        *windows(((13, 62), (105, 62), (60, 46)), 9, 14, "#4a5258"),
    ]
    names = ["castle", "fortress", "palace"]
    return Drawing(
        whole(rng, paint, parts), [*names, f"castle with {roof_word} roofs"] if pointed else [*names, "stone castle"]
    )


@thing(1.0)
def one_church(rng, paint):
    """A church with a steeple and a cross."""
    wall, (word, roof) = (
        rng.choice(["#f0e4cd", "#e3e8ec", "#f6ead0", "#d9c3a5"]),
        paint.colour("red", "brown", "gray", "blue", "green"),
    )
    cross = rng.choice(["#ffc928", "#5d4037", INK])
    parts = [rect(61, 2, 6, 24, cross), rect(54, 8, 20, 6, cross)]
    if rng.random() < 0.5:
        parts += [
            rect(46, 50, 36, 70, paint.fill(wall)),
            polygon([(40, 54), (64, 18), (88, 54)], roof),
            polygon([(4, 92), (46, 70), (46, 92)], roof),
            polygon([(124, 92), (82, 70), (82, 92)], roof),
            rect(10, 90, 36, 30, paint.dark(wall, 0.08)),
            rect(82, 90, 36, 30, paint.dark(wall, 0.08)),
        ]
        parts += [
            path("M54 120V100Q56 90 64 90Q72 90 74 100V120Z", "#7a4a21"),
            circle(64, 66, 8, "#3b88c3", NONE),
            *windows(((22, 98), (96, 98)), 10, 14, "#3b88c3"),
        ]
    else:
        parts = [
            group(*parts, move=(-34, 0)),
            rect(12, 54, 36, 66, paint.fill(wall)),
            polygon([(6, 58), (30, 22), (54, 58)], roof),
            polygon([(46, 82), (58, 54), (112, 54), (124, 82)], roof),
            rect(48, 80, 72, 40, paint.dark(wall, 0.06)),
        ]
        parts += [
            path("M20 120V100Q22 88 30 88Q38 88 40 100V120Z", "#7a4a21"),
            circle(30, 70, 7, "#3b88c3", NONE),
            *(path(f"M{x} 110V98Q{x + 6} 86 {x + 12} 98V110Z", "#3b88c3", NONE) for x in (58, 78, 98)),
        ]
    return Drawing(whole(rng, paint, parts), ["church", "chapel", f"church with a {word} roof"])


@thing(1.0)
def one_skyscraper(rng, paint):
    """A skyscraper."""
    _word, colour = paint.colour("blue", "blue", "gray", "black", "brown")
    pane, left = rng.choice(["#cfeaf8", "#ffe9a8", "#a9d8f2"]), rng.choice([34, 30])
    width = 128 - 2 * left
    parts = [
        line(64, 20, 64, 3, "#6b757c", 5),
        rect(left + 14, 12, width - 28, 16, shade(paint, colour, 0.2)),
        rect(left, 22, width, 100, paint.fill(colour)),
    ]
    columns = rng.choice([3, 4])
    step = (width - 8) / columns
    parts += windows(
        [(left + 6 + i * step, y) for i in range(columns) for y in range(30, 104, 15)], step - 5, 9, pane
    )
    parts.append(rect(56, 106, 16, 16, INK))
    return Drawing(whole(rng, paint, parts), ["skyscraper", "high-rise building", "office building", "tall building"])


@thing(1.0)
def one_barn(rng, paint):
    """A red barn."""
    red = rng.choice(["#c62828", "#d1392f", "#a93226"])
    parts = [
        path("M12 120V58L30 28L64 10L98 28L116 58V120Z", paint.fill(red)),
        stroke("M8 60L28 28L64 9L100 28L120 60", "#5d4037", 9),
    ]
    parts += [
        rect(38, 74, 52, 46, paint.dark(red, 0.2)),
        stroke("M38 120V74H90V120M38 74L90 120M90 74L38 120", "#fff", 5),
        rect(52, 36, 24, 22, "#5d4037", 0, ' stroke="#fff" stroke-width="4"'),
    ]
    return Drawing(whole(rng, paint, parts), ["barn", "red barn", "farm building", "farm barn"])


@thing(0.9)
def one_igloo(rng, paint):
    """An igloo."""
    ice, edge = rng.choice(["#cfe8f7", "#d9edf8", "#bfe0f2"]), "#7fb2d0"
    parts = [path("M4 108Q8 26 70 26Q120 30 124 108Z", paint.fill(ice), f' stroke="{edge}" stroke-width="4"')]
    parts += [
        stroke(d, edge, 3.5) for d in ("M10 80H122M22 54H114", "M64 28V54M88 54V80M44 54V80M110 80V106M96 36L100 54")
    ]
    parts += [
        path("M14 110V92Q16 66 38 66Q60 66 62 92V110Z", paint.light(ice, 0.4), f' stroke="{edge}" stroke-width="4"'),
        path("M24 110V94Q26 78 38 78Q50 78 52 94V110Z", "#37596e", NONE),
        rect(2, 106, 124, 9, "#e6f2f8", 4, f' stroke="{edge}" stroke-width="2"'),
    ]
    return Drawing(whole(rng, paint, parts), ["igloo", "ice house", "snow house"])


@thing(0.9)
def one_hut(rng, paint):
    """A straw hut or a log cabin."""
    if rng.random() < 0.5:
        straw = rng.choice(["#d9b04a", "#c99a3b", "#e0bd62"])
        parts = [
            rect(24, 62, 80, 58, paint.fill("#b5803f")),
            path("M4 70L64 8L124 70L112 78L100 70L88 78L76 70L64 78L52 70L40 78L28 70L16 78Z", paint.fill(straw)),
            *(line(64 + d * 0.3, 22, 64 + d, 64, paint.dark(straw, 0.25), 3) for d in (-40, -20, 0, 20, 40)),
            path("M48 120V94Q64 76 80 94V120Z", "#4b2a14"),
        ]
        return Drawing(whole(rng, paint, parts), ["hut", "straw hut", "hut with a straw roof", "tropical hut"])
    wood = rng.choice(["#a0632d", "#8a5a2b", "#b5753a"])
    parts = [
        rect(16, y, 96, 14, paint.fill(wood), 6, f' stroke="{paint.dark(wood, 0.35)}" stroke-width="2.5"')
        for y in (60, 74, 88, 102)
    ]
    parts += [
        polygon([(4, 66), (64, 16), (124, 66)], rng.choice(["#5d4037", "#3e6b3a", "#7d3b2b"])),
        rect(30, 80, 22, 37, "#4b2a14"),
        rect(70, 78, 26, 20, "#ffe082", 0, ' stroke="#4b2a14" stroke-width="4"'),
    ]
    return Drawing(whole(rng, paint, parts), ["log cabin", "cabin", "wooden hut", "hut"])


@thing(0.9)
def one_tower(rng, paint):
    """A stone tower, a clock tower or an iron lattice tower."""
    kind = rng.choice(["stone", "clock", "iron"])
    if kind == "iron":
        tone = rng.choice(["#8a6b4f", "#7d8890", "#a9744f"])
        parts = [
            path("M61 4H67Q70 70 106 122H84Q76 96 64 96Q52 96 44 122H22Q58 70 61 4Z", paint.fill(tone)),
            rect(44, 76, 40, 8, paint.dark(tone, 0.2)),
            rect(52, 46, 24, 7, paint.dark(tone, 0.2)),
            polygon([(57, 74), (64, 58), (71, 74)], "#fff", NONE),
        ]
        return Drawing(whole(rng, paint, parts), ["eiffel tower", "iron tower", "tower", "paris"])
    _word, roof = paint.colour("red", "blue", "green", "brown")
    stone = rng.choice(["#b9c2c8", "#c9b08a", "#a9b3ba"])
    parts = [
        polygon([(38, 44), (90, 44), (96, 122), (32, 122)], paint.fill(stone)),
        rect(30, 34, 68, 18, paint.dark(stone, 0.1)),
    ]
    if kind == "clock":
        parts += [
            rect(34, 24, 60, 44, paint.dark(stone, 0.08)),
            polygon([(28, 28), (64, 2), (100, 28)], roof),
            circle(64, 48, 15, "#fff", f' stroke="{INK}" stroke-width="3"'),
            stroke("M64 38V48L72 52", INK, 4),
            rect(56, 98, 16, 24, "#5d4037"),
        ]
        return Drawing(whole(rng, paint, parts), ["clock tower", "tower with a clock", "tower"])
    parts += (
        [rect(x, 24, 12, 14, paint.dark(stone, 0.1)) for x in (30, 49, 67, 86)]
        if rng.random() < 0.5
        else [polygon([(24, 38), (64, 4), (104, 38)], roof)]
    )
    parts += [path("M54 122V104Q64 90 74 104V122Z", "#5d4037"), rect(59, 62, 10, 18, "#4a5258", 4, NONE)]
    return Drawing(whole(rng, paint, parts), ["tower", "stone tower", "castle tower"])


@thing(0.9)
def one_factory(rng, paint):
    """A factory with chimneys."""
    wall = rng.choice(["#b5563f", "#8a949b", "#a9744f", "#9aa7b0"])
    parts = (
        [circle(x, y, r, "#b9c2c8", NONE) for x, y, r in ((98, 14, 11), (110, 10, 12), (84, 14, 9))]
        if rng.random() < 0.8
        else []
    )
    parts += [
        polygon([(80, 24), (94, 24), (98, 80), (76, 80)], paint.dark(wall, 0.2)),
        polygon([(104, 24), (118, 24), (122, 80), (100, 80)], paint.dark(wall, 0.2)),
        rect(80, 28, 14, 8, "#e53935", 0, NONE),
        rect(104, 28, 14, 8, "#e53935", 0, NONE),
    ]
    parts += [
        polygon(
            [(4, 120), (4, 46), (28, 66), (28, 46), (52, 66), (52, 46), (76, 66), (124, 66), (124, 120)],
            paint.fill(wall),
        ),
        *windows(((14, 78), (40, 78), (66, 78), (92, 78)), 18, 14, "#ffe082"),
        rect(52, 100, 24, 20, "#4a3a30"),
    ]
    return Drawing(whole(rng, paint, parts), ["factory", "factory with chimneys", "industrial plant"])


# Objects

METAL = ("#9aa7b0", "#8a949b", "#b0bbc3")


@thing(2.0)
def one_camera(rng, paint):
    """A photo camera with a big lens."""
    word, colour = paint.colour("black", "black", "gray", "red", "blue", "brown", "pink")
    metal = rng.choice(["#c3ccd2", "#4a5258", shade(paint, colour, 0.3)])
    parts = [
        rect(18, 22, 22, 14, "#e53935" if rng.random() < 0.3 else metal, 3),
        path("M44 36L52 16H84L92 36Z", shade(paint, colour, 0.15)),
        rect(4, 30, 120, 82, paint.fill(colour), 11),
    ]
    if rng.random() < 0.6:
        parts += [rect(4, 30, 120, 17, metal, 8)]
    parts += [
        circle(64, 74, 34, "#dfe5e9"),
        circle(64, 74, 28, INK, NONE),
        circle(64, 74, 20, rng.choice(["#2f6fae", "#3b88c3", "#40567a"]), NONE),
        circle(64, 74, 10, "#16202b", NONE),
        circle(56, 65, 6, "#fff", NONE),
    ]
    parts += [rect(94, 36, 22, 12, "#fff6cf", 3, f' stroke="{INK}" stroke-width="2.5"')]
    return Drawing(
        whole(rng, paint, parts, 8), ["camera", "photo camera", "camera with a lens", "digital camera"], [word]
    )


@thing(0.8)
def one_video_camera(rng, paint):
    """A video or film camera, from the side."""
    word, colour = paint.colour("black", "gray", "blue", "red")
    if rng.random() < 0.5:
        parts = [
            circle(36, 26, 24, shade(paint, colour, 0.15)),
            circle(80, 28, 20, shade(paint, colour, 0.15)),
            circle(36, 26, 8, "#dfe5e9", NONE),
            circle(80, 28, 7, "#dfe5e9", NONE),
        ]
        parts += [
            rect(12, 48, 84, 66, paint.fill(colour), 8),
            polygon([(96, 74), (124, 54), (124, 108), (96, 90)], "#4a5258"),
        ]
        return Drawing(whole(rng, paint, parts), ["film camera", "movie camera", "cinema camera"], [word])
    parts = [
        rect(4, 34, 80, 64, paint.fill(colour), 11),
        polygon([(88, 58), (122, 36), (122, 96), (88, 76)], shade(paint, colour, 0.2)),
        circle(26, 54, 9, "#e53935"),
        rect(46, 48, 28, 9, "#dfe5e9", 3, NONE),
    ]
    return Drawing(whole(rng, paint, parts), ["video camera", "camcorder", "video"], [word])


@thing(1.5)
def one_book(rng, paint):
    """A closed book, standing a little turned."""
    word, colour = free(paint)
    dark = shade(paint, colour, 0.3)
    parts = [
        path("M24 18Q24 6 36 6H108V122H36Q24 122 24 110Z", dark),
        rect(34, 96, 70, 20, "#f3ead6", 2),
        path("M22 104V20Q22 6 38 6H106V98H38Q24 98 22 108Z", paint.fill(colour)),
        rect(34, 6, 6, 92, dark, 0, NONE),
    ]
    kind = rng.choice(["plate", "lines", "star", "band"])
    label = "#ffe9a8" if word != "yellow" else "#8a4b20"
    if kind == "plate":
        parts.append(rect(52, 26, 42, 24, label, 3, NONE))
    elif kind == "lines":
        parts += [rect(52, 28, 42, 7, label, 3, NONE), rect(52, 42, 30, 7, label, 3, NONE)]
    elif kind == "star":
        parts.append(polygon(star_points(74, 50, 20, 9, 5), label, NONE))
    else:
        parts += [
            polygon(
                [(84, 6), (98, 6), (98, 46), (91, 38), (84, 46)], "#ffc928" if word != "yellow" else "#e53935", NONE
            )
        ]
    return Drawing(whole(rng, paint, parts, 15), ["book", "closed book"], [word])


@thing(1.2)
def one_open_book(rng, paint):
    """An open book."""
    _word, colour = free(paint)
    ink = "#9aa7b0"
    parts = [
        path("M4 30Q34 18 64 32Q94 18 124 30V112Q94 102 64 114Q34 102 4 112Z", paint.fill(colour)),
        path("M12 22Q40 12 64 28V104Q40 90 12 98Z", "#fff8ea", f' stroke="{ink}" stroke-width="2"'),
        path("M116 22Q88 12 64 28V104Q88 90 116 98Z", "#f3ead6", f' stroke="{ink}" stroke-width="2"'),
    ]
    for y in (38, 54, 70):
        parts += [stroke(f"M22 {y}Q40 {y - 4} 54 {y + 6}", ink, 4), stroke(f"M106 {y}Q88 {y - 4} 74 {y + 6}", ink, 4)]
    if rng.random() < 0.3:
        parts.append(polygon([(84, 18), (94, 20), (94, 60), (89, 54), (84, 60)], "#e53935", NONE))
    return Drawing(whole(rng, paint, parts), ["open book", "book", "reading"], [])


@thing(0.8)
def one_books(rng, paint):
    """A stack of books."""
    parts, y = [], 116
    count = rng.choice([3, 3, 4])
    high = 96 / count
    words = rng.sample(["red", "blue", "green", "yellow", "purple", "orange", "brown"], count)
    for i in range(count):
        colour, x = paint.colour(words[i])[1], 8 + rng.uniform(-4, 8)
        y -= high
        parts += [
            rect(x, y, 108, high - 1, paint.fill(colour), 5),
            rect(x + 16, y + 5, 92, high - 11, "#fff3dc", 0, NONE),
        ]
        parts.append(rect(x, y, 22, high - 1, colour, 5, NONE))
    return Drawing(whole(rng, paint, [group(*parts, move=(0, -2))]), ["stack of books", "books", "pile of books"])


def tilted(parts, turn):
    """Parts turned around the middle."""
    return f'<g transform="rotate({turn:.0f} 64 64)">{"".join(parts)}</g>'


@thing(1.3)
def one_pencil(rng, paint):
    """A pencil, a crayon or a pen."""
    word, colour = free(paint)
    kind = rng.choice(["pencil", "pencil", "crayon", "pen"])
    if kind == "pencil":
        parts = [
            rect(52, -2, 24, 14, "#f48fb1", 5),
            rect(52, 10, 24, 9, "#b0bbc3"),
            rect(52, 18, 24, 78, colour),
            rect(60, 18, 8, 78, paint.light(colour, 0.3), 0, NONE),
            polygon([(52, 95), (76, 95), (64, 128)], "#f1d3a8"),
            polygon([(59, 114), (69, 114), (64, 128)], INK if rng.random() < 0.6 else colour),
        ]
        names = ["pencil", "colored pencil", "writing pencil"]
    elif kind == "crayon":
        parts = [
            rect(48, 22, 32, 102, paint.fill(colour, "right"), 3),
            polygon([(52, 23), (59, 2), (69, 2), (76, 23)], shade(paint, colour, 0.1)),
            rect(48, 38, 32, 8, INK, 0, NONE),
            rect(48, 100, 32, 8, INK, 0, NONE),
        ]
        names = ["crayon", "wax crayon"]
    else:
        parts = [
            rect(52, 0, 24, 88, paint.fill(colour, "right"), 6),
            rect(70, 8, 7, 46, "#b0bbc3", 3),
            rect(52, 84, 24, 7, "#ffc928"),
            polygon([(54, 91), (74, 91), (66, 126), (62, 126)], "#6b757c"),
        ]
        names = ["pen", "ballpoint pen", "writing pen"]
    return Drawing(whole(rng, paint, [tilted(parts, rng.choice([35, 45, 50]))]), names, [word])


@thing(1.2)
def one_scissors(rng, paint):
    """A pair of scissors, open a little."""
    word, colour = free(paint)
    spread = rng.uniform(12, 20)
    half = [
        polygon([(60, 84), (70, 82), (66, 4), (60, 20)], rng.choice(METAL)),
        circle(58, 102, 14, "none", f' stroke="{colour}" stroke-width="9"'),
    ]
    other = f'<g transform="translate(128 0) scale(-1 1) rotate({spread} 64 70)">{"".join(half)}</g>'
    parts = [f'<g transform="rotate({spread} 64 70)">{"".join(half)}</g>', other, circle(64, 70, 5, "#4a5258")]
    return Drawing(
        whole(rng, paint, [tilted(parts, rng.choice([0, 40, 90, -40]))]), ["scissors", "pair of scissors"], [word]
    )


@thing(1.2)
def one_key(rng, paint):
    """A key."""
    colour = rng.choice(["#ffc928", "#e0a52e", "#9aa7b0", "#b8863b"])
    bow = rng.choice(["ring", "ring", "clover"])
    parts = [
        rect(46, 58, 76, 12, paint.fill(colour), 3),
        rect(98, 66, 11, 20, colour),
        rect(114, 66, 9, 15, colour),
        rect(80, 66, 8, 12, colour) if rng.random() < 0.5 else "",
    ]
    parts += (
        [ring(30, 64, 19, colour, 13)]
        if bow == "ring"
        else [circle(x, y, 14, colour) + circle(x, y, 6, "#fff", NONE) for x, y in ((18, 64), (38, 46), (38, 82))]
    )
    name = "silver key" if colour == "#9aa7b0" else "golden key"
    return Drawing(whole(rng, paint, [tilted(parts, rng.choice([0, -45, 45, 90]))]), ["key", name, "door key"])


@thing(1.1)
def one_lock(rng, paint):
    """A padlock, shut or open."""
    colour, openly = rng.choice(["#ffc928", "#e8a72e", "#8a949b", "#3b88c3", "#e53935"]), rng.random() < 0.3
    bow = "M38 60V42Q38 12 64 12Q90 12 90 42V60" if not openly else "M90 60V38Q90 8 64 8Q40 8 38 34"
    parts = [
        stroke(bow, "#8fa0ab", 13),
        rect(20, 56, 88, 64, paint.fill(colour), 10),
        circle(64, 82, 10, INK, NONE),
        polygon([(60, 84), (68, 84), (71, 106), (57, 106)], INK, NONE),
    ]
    return Drawing(
        whole(rng, paint, parts),
        ["open padlock", "open lock", "unlocked padlock"] if openly else ["lock", "padlock", "closed padlock"],
    )


@thing(1.2)
def one_hammer(rng, paint):
    """A hammer."""
    steel, handle = rng.choice(["#6b757c", "#8a949b", "#4a5258"]), rng.choice([paint.wood(), paint.wood(), "#e53935"])
    parts = [
        rect(56, 30, 17, 96, paint.fill(handle, "right"), 6),
        path("M28 12H84Q104 12 116 36Q98 34 88 44H28Z", paint.fill(steel)),
        rect(14, 8, 20, 40, shade(paint, steel, 0.2), 4),
    ]
    return Drawing(whole(rng, paint, [tilted(parts, rng.choice([0, 40, 45, 35]))]), ["hammer", "claw hammer", "tool"])


@thing(1.0)
def one_wrench(rng, paint):
    """A wrench or a screwdriver."""
    steel = rng.choice(METAL)
    if rng.random() < 0.6:
        head = "M54 50Q36 40 38 20Q42 8 50 2V24L64 32L78 24V2Q86 8 90 20Q92 40 74 50V112Q74 124 64 124Q54 124 54 112Z"
        parts = [path(head, paint.fill(steel, "right")), circle(64, 112, 5, "#fff", NONE)]
        return Drawing(whole(rng, paint, [tilted(parts, rng.choice([40, 45, 0]))]), ["wrench", "spanner", "tool"])
    word, colour = paint.colour("red", "yellow", "blue", "green", "orange")
    parts = [
        rect(59, 4, 10, 70, steel),
        polygon([(56, 2), (72, 2), (69, 16), (59, 16)], steel),
        rect(48, 66, 32, 60, paint.fill(colour, "right"), 11),
        *(rect(x, 76, 4, 42, shade(paint, colour, 0.25), 2, NONE) for x in (56, 68)),
    ]
    return Drawing(
        whole(rng, paint, [tilted(parts, rng.choice([40, 45, 0]))]),
        ["screwdriver", f"screwdriver with a {word} handle", "tool"],
    )


@thing(1.0)
def one_saw(rng, paint):
    """A hand saw."""
    teeth = "".join(f"L{x - 4.5:.1f} 90L{x - 9:.1f} 82" for x in range(88, 6, -9))
    parts = [
        path(f"M4 74L88 48V82{teeth}Z", paint.fill(rng.choice(METAL))),
        path("M84 42Q104 34 120 46Q126 66 118 86Q102 96 84 88Z", paint.fill(paint.wood())),
        path("M96 56Q108 50 112 60Q114 74 108 80Q98 82 96 76Z", "#fff", NONE),
    ]
    return Drawing(whole(rng, paint, parts, 20), ["saw", "hand saw", "handsaw"])


@thing(1.0)
def one_axe(rng, paint):
    """An axe."""
    wood, steel = paint.wood(), rng.choice(["#8a949b", "#9aa7b0", "#c62828"])
    parts = [
        path("M58 4H72V112Q76 120 70 126H58Q54 118 58 112Z", paint.fill(wood, "right")),
        path("M50 16H78V52Q62 46 46 56Q22 72 14 70Q6 42 14 4Q30 16 50 16Z", paint.fill(steel)),
        path("M14 70Q6 42 14 4Q20 8 24 10Q18 40 24 67Z", "#dfe5e9", NONE),
    ]
    return Drawing(whole(rng, paint, [tilted(parts, rng.choice([0, 40, 30]))]), ["axe", "ax", "hatchet"])


@thing(1.2)
def one_sword(rng, paint):
    """A sword, or two crossed swords."""
    steel, gold, (_word, grip) = (
        rng.choice(["#b0bbc3", "#9fb2bf", "#c3ccd2"]),
        rng.choice(["#e8a72e", "#ffc928", "#8a6b2f"]),
        paint.colour("brown", "red", "blue", "black"),
    )
    one = polygon([(55, 88), (55, 16), (64, -4), (73, 16), (73, 88)], steel) + polygon(
        [(64, 88), (64, -4), (73, 16), (73, 88)], paint.dark(steel, 0.15), NONE
    )
    one += rect(36, 86, 56, 10, gold, 4) + rect(57, 96, 14, 24, grip) + circle(64, 122, 8, gold)
    if rng.random() < 0.3:
        return Drawing(
            whole(rng, paint, [tilted([one], 42), tilted([one], -42)]), ["crossed swords", "two swords", "swords"]
        )
    return Drawing(
        whole(rng, paint, [tilted([one], rng.choice([0, 45, 45, 135]))]), ["sword", "knight's sword", "blade"]
    )


@thing(1.1)
def one_shield(rng, paint):
    """A shield in two colours."""
    word, colour = paint.colour("red", "blue", "green", "purple", "orange", "brown")
    second, other = paint.colour("white", "yellow", "black", without=(word,))
    rim = rng.choice(["#aab4ba", "#e8a72e", "#6b757c"])
    data = "M64 4Q88 18 116 18Q120 92 64 124Q8 92 12 18Q40 18 64 4Z"
    inner = ' transform="translate(64 62) scale(.84) translate(-64 -62)"'
    pattern = rng.choice(["quarter", "cross", "star", "plain"])
    parts = [path(data, rim), path(data, paint.fill(colour), NONE + inner)]
    if pattern == "quarter":
        parts += [
            path("M64 14Q84 26 108 26Q108 44 106 62H64Z", other, NONE),
            path("M64 62V114Q28 92 22 62Z", other, NONE),
        ]
    elif pattern == "cross":
        parts += [
            path("M57 17Q62 16 64 14Q66 16 71 17V108L64 113L57 108Z", other, NONE),
            rect(20, 48, 88, 14, other, 0, NONE),
        ]
    elif pattern == "star":
        parts.append(polygon(star_points(64, 60, 28, 12, 5), other, NONE))
    else:
        parts.append(path("M64 14Q84 26 108 26Q106 88 64 114Z", paint.dark(colour, 0.2), NONE))
    return Drawing(
        whole(rng, paint, parts, 0),
        ["shield", "knight's shield", f"{word} and {second} shield" if pattern != "plain" else f"{word} shield"],
    )


@thing(0.9)
def one_bow(rng, paint):
    """A bow with an arrow."""
    wood = paint.wood()
    parts = [
        line(36, 6, 36, 122, "#8a949b", 3),
        path("M36 4Q100 20 100 64Q100 108 36 124Q84 100 84 64Q84 28 36 4Z", wood),
    ]
    parts += [
        line(14, 64, 112, 64, "#5d4037", 6),
        polygon([(106, 50), (127, 64), (106, 78)], "#6b757c"),
        polygon([(4, 52), (20, 52), (30, 64), (20, 76), (4, 76), (14, 64)], "#e53935"),
    ]
    return Drawing(
        whole(rng, paint, [tilted(parts, rng.choice([0, -45, -30]))]),
        ["bow and arrow", "bow", "archery bow", "bow with an arrow"],
    )


@thing(1.5)
def one_umbrella(rng, paint):
    """An open umbrella in one or two colours."""
    word, colour = free(paint)
    second = paint.colour("white", "yellow", "red", "blue", without=(word,))
    striped = rng.random() < 0.35
    tone = second[1] if striped else shade(paint, colour, 0.14)
    parts = [
        stroke("M64 60V104Q64 120 78 120Q90 120 90 106", rng.choice([INK, "#7a4a21"]), 7),
        line(64, 14, 64, 5, INK, 6),
    ]
    parts += [
        path("M4 70Q8 12 64 12Q120 12 124 70Q108 54 94 68Q80 54 64 68Q48 54 34 68Q20 54 4 70Z", paint.fill(colour)),
        path("M64 12Q34 24 34 68Q48 54 64 68Q80 54 94 68Q94 24 64 12Z", tone, NONE),
        path("M64 12Q54 28 50 61Q58 61 64 68Q70 61 78 61Q74 28 64 12Z", colour, NONE),
    ]
    names = ["umbrella", "open umbrella"]
    return Drawing(
        whole(rng, paint, parts, 18),
        [*names, f"{word} and {second[0]} umbrella"] if striped else names,
        [] if striped else [word],
    )


def dial(rng, x, y, radius, ink="#2b2f33"):
    """Marks and hands of a clock."""
    parts = [
        line(x + (px - x) * 0.86, y + (py - y) * 0.86, px, py, ink, 3.5)
        for px, py, _ in around(x, y, radius, rng.choice([4, 12]))
    ]
    hour, minute = rng.randrange(12) * 30, rng.choice([0, 90, 180, 270, 60, 300])
    for angle, length, width in ((hour, 0.5, 6), (minute, 0.76, 5)):
        a = math.radians(angle - 90)
        parts.append(line(x, y, x + math.cos(a) * radius * length, y + math.sin(a) * radius * length, ink, width))
    return [*parts, circle(x, y, 4.5, "#e53935", NONE)]


@thing(1.4)
def one_clock(rng, paint):
    """A wall clock."""
    word, colour = free(paint)
    square = rng.random() < 0.2
    parts = (
        [rect(6, 6, 116, 116, paint.fill(colour), 16), rect(18, 18, 92, 92, "#fbfaf5", 10, NONE)]
        if square
        else [circle(64, 64, 60, paint.fill(colour)), circle(64, 64, 48, "#fbfaf5", NONE)]
    )
    return Drawing(
        whole(rng, paint, [*parts, *dial(rng, 64, 64, 42)], 0, False),
        ["clock", "wall clock", "round clock" if not square else "square clock"],
        [word],
    )


@thing(1.0)
def one_alarm_clock(rng, paint):
    """An alarm clock with two bells."""
    word, colour = free(paint)
    bell = rng.choice(["#ffc928", "#b0bbc3", shade(paint, colour, 0.2)])
    parts = [line(34, 104, 22, 120, "#4a5258", 9), line(94, 104, 106, 120, "#4a5258", 9)]
    parts += [
        f'<g transform="rotate({a} {x} 24)"><path d="M{x - 22} 30Q{x - 20} 6 {x} 6Q{x + 20} 6 {x + 22} 30Z" fill="{bell}"/></g>'
        for x, a in ((32, -38), (96, 38))
    ]
    parts += [
        line(64, 8, 64, 22, "#4a5258", 6),
        circle(64, 70, 47, paint.fill(colour)),
        circle(64, 70, 36, "#fbfaf5", NONE),
        *dial(rng, 64, 70, 31),
    ]
    return Drawing(whole(rng, paint, parts, 0, False), ["alarm clock", "ringing alarm clock", "clock"], [word])


@thing(1.1)
def one_watch(rng, paint):
    """A wrist watch, with hands or digital."""
    word, strap = paint.colour("brown", "black", "blue", "red", "pink", "gray")
    case = rng.choice(["#c3ccd2", "#e8b93e", "#4a5258"])
    parts = [
        polygon([(46, 2), (82, 2), (88, 44), (40, 44)], paint.fill(strap)),
        polygon([(40, 84), (88, 84), (82, 126), (46, 126)], paint.fill(strap)),
        rect(98, 58, 10, 12, case, 3),
    ]
    if rng.random() < 0.3:
        parts += [
            rect(28, 30, 72, 68, case, 14),
            rect(36, 38, 56, 52, INK, 8, NONE),
            rect(44, 48, 40, 12, "#7cdb8a", 3, NONE),
            rect(44, 68, 26, 10, "#ffc928", 3, NONE),
        ]
        return Drawing(whole(rng, paint, parts), ["smartwatch", "watch", "digital watch"])
    parts += [circle(64, 64, 39, case), circle(64, 64, 31, "#fbfaf5", NONE), *dial(rng, 64, 64, 27)]
    return Drawing(whole(rng, paint, parts), ["watch", "wristwatch", f"watch with a {word} strap"])


@thing(1.3)
def one_phone(rng, paint):
    """A smartphone or an old telephone."""
    if rng.random() < 0.6:
        word, colour = paint.colour("black", "gray", "blue", "pink", "red")
        screen = rng.choice(["#55acee", "#7cc3f0", "#3b5b8c", "#b39ddb"])
        parts = [
            rect(32, 4, 64, 120, paint.fill(colour), 11),
            rect(38, 16, 52, 92, paint.fill(screen), 3, NONE),
            circle(64, 116, 4, "#dfe5e9", NONE),
        ]
        if rng.random() < 0.7:
            tones = ["#e53935", "#fdd835", "#43a047", "#ffffff", "#fb8c00", "#8e24aa"]
            parts += [rect(x, y, 12, 12, rng.choice(tones), 3, NONE) for x in (42, 58, 74) for y in (26, 46, 66)]
        return Drawing(whole(rng, paint, parts, 12), ["smartphone", "mobile phone", "cell phone", "phone"], [word])
    word, colour = free(paint)
    parts = [
        path("M22 118Q18 84 42 60H86Q110 84 106 118Z", paint.fill(colour)),
        path(
            "M4 54Q4 18 64 18Q124 18 124 54Q124 62 114 62H98Q92 62 92 52Q92 44 64 44Q36 44 36 52Q36 62 30 62H14Q4 62 4 54Z",
            paint.fill(shade(paint, colour, 0.12)),
        ),
    ]
    parts += [
        circle(64, 88, 22, "#f3f5f6"),
        *(circle(x, y, 4, INK, NONE) for x, y, _ in around(64, 88, 14, 8)),
        circle(64, 88, 6, colour, NONE),
    ]
    return Drawing(whole(rng, paint, parts), ["telephone", "old telephone", "rotary phone", "phone"], [word])


@thing(1.3)
def one_laptop(rng, paint):
    """A laptop or a desktop computer."""
    case, screen = (
        rng.choice(["#9aa7b0", "#4a5258", "#c3ccd2", INK]),
        rng.choice(["#55acee", "#3b88c3", "#7cc3f0", "#243447"]),
    )
    lines = (
        [rect(x, y, w, 5, "#fff", 2, NONE) for x, y, w in ((32, 34, 30), (32, 46, 44), (32, 58, 24))]
        if rng.random() < 0.5
        else []
    )
    if rng.random() < 0.6:
        parts = [
            rect(18, 16, 92, 74, case, 7),
            rect(25, 23, 78, 58, paint.fill(screen), 2, NONE),
            *lines,
            polygon([(14, 90), (114, 90), (126, 110), (2, 110)], paint.light(case, 0.25)),
            polygon([(24, 93), (104, 93), (108, 101), (20, 101)], "#4a5258" if case != "#4a5258" else INK, NONE),
        ]
        return Drawing(
            whole(rng, paint, parts, 0, False), ["laptop", "laptop computer", "notebook computer", "computer"]
        )
    parts = [
        rect(4, 8, 120, 82, case, 7),
        rect(12, 16, 104, 64, paint.fill(screen), 2, NONE),
        *lines,
        polygon([(54, 90), (74, 90), (78, 110), (50, 110)], shade(paint, case, 0.2)),
        rect(32, 108, 64, 10, case, 4),
    ]
    return Drawing(
        whole(rng, paint, parts, 0, False), ["computer", "desktop computer", "computer monitor", "computer screen"]
    )


@thing(1.2)
def one_television(rng, paint):
    """A television, old with antenna or flat."""
    screen = rng.choice(["#7cc3f0", "#55acee", "#9fd8e8", "#3f4f5f"])
    if rng.random() < 0.65:
        word, colour = paint.colour("brown", "brown", "red", "gray", "orange", "blue")
        parts = [
            stroke("M40 4L64 32L92 6", "#4a5258", 6),
            rect(22, 108, 12, 14, "#4a5258"),
            rect(94, 108, 12, 14, "#4a5258"),
            rect(4, 30, 120, 82, paint.fill(colour), 11),
            rect(14, 40, 76, 62, "#dfe5e9", 12),
            rect(19, 45, 66, 52, paint.fill(screen), 10, NONE),
            stroke("M28 62L44 52", "#ffffffaa", 6),
        ]
        parts += [
            circle(107, 54, 8, "#ffe9a8"),
            circle(107, 76, 8, "#ffe9a8"),
            *(line(101, y, 113, y, INK, 3.5) for y in (91, 100)),
        ]
        return Drawing(whole(rng, paint, parts), ["television", "old television", "tv", "tv set"], [word])
    parts = [
        rect(2, 16, 124, 82, INK, 5),
        rect(9, 23, 110, 68, paint.fill(screen), 2, NONE),
        polygon([(12, 90), (60, 24), (90, 24), (42, 90)], "#fff", NONE + ' fill-opacity=".25"'),
        rect(30, 106, 68, 8, "#4a5258", 3),
        rect(58, 96, 12, 12, "#4a5258"),
    ]
    return Drawing(whole(rng, paint, parts), ["flat screen tv", "television", "tv"])


@thing(1.0)
def one_radio(rng, paint):
    """A radio with antenna, loudspeaker and dial."""
    word, colour = free(paint)
    parts = [line(98, 40, 122, 6, "#8a949b", 5), rect(4, 38, 120, 78, paint.fill(colour), 10)]
    parts += [
        circle(38, 78, 27, "#dfe5e9"),
        circle(38, 78, 20, "#4a5258", NONE),
        circle(38, 78, 8, "#8a949b", NONE),
        rect(74, 50, 42, 20, "#fff3c4", 3),
        line(90, 52, 90, 68, "#e53935", 4),
        circle(84, 94, 9, "#dfe5e9"),
        circle(106, 94, 9, "#dfe5e9"),
    ]
    if rng.random() < 0.4:
        parts.insert(0, stroke("M24 40V24H84V40", shade(paint, colour, 0.25), 7))
    return Drawing(whole(rng, paint, parts), ["radio", "portable radio", "old radio"], [word])


@thing(1.2)
def one_light_bulb(rng, paint):
    """A light bulb that shines or not."""
    lit = rng.random() < 0.7
    glow = rng.choice(["#ffd43b", "#ffe066"]) if lit else "#d5e3ec"
    parts = [
        path(
            "M64 6Q106 8 106 48Q106 68 88 82Q84 88 84 96H44Q44 88 40 82Q22 68 22 48Q22 8 64 6Z",
            paint.fill(glow, "round"),
            "" if lit else ' stroke="#8fa0ab" stroke-width="3"',
        )
    ]
    parts += [
        stroke("M54 94V66L48 54M74 94V66L80 54M54 68L64 60L74 68", "#e08a1e" if lit else "#7f93a1", 4),
        rect(44, 94, 40, 22, "#8a949b", 4),
        line(46, 105, 82, 105, "#5f6b73", 4),
        path("M54 116H74Q72 125 64 125Q56 125 54 116Z", INK),
    ]
    return Drawing(
        whole(rng, paint, parts), ["light bulb", "bulb", "glowing light bulb" if lit else "electric bulb", "idea"]
    )


@thing(1.1)
def one_candle(rng, paint):
    """A burning candle, often in a holder."""
    word, colour = paint.colour("white", "red", "yellow", "purple", "blue", "pink", "green")
    edge = ' stroke="#b9b09a" stroke-width="3"' if word == "white" else ""
    colour = "#f7efdc" if word == "white" else colour
    parts = [
        line(64, 34, 64, 48, INK, 4),
        path("M64 2Q82 26 64 38Q46 26 64 2Z", "#ff9800"),
        path("M64 16Q72 28 64 36Q56 28 64 16Z", "#ffe066", NONE),
    ]
    if rng.random() < 0.6:
        parts += [
            rect(48, 46, 32, 60, paint.fill(colour, "right"), 4, edge),
            path("M20 98H108Q104 120 80 120H48Q24 120 20 98Z", "#c98a2b"),
            ring(112, 102, 9, "#c98a2b", 6),
        ]
    else:
        parts += [
            rect(40, 46, 48, 76, paint.fill(colour, "right"), 5, edge),
            path("M40 50H88V60Q82 74 76 60Q70 56 64 70Q56 78 52 60Q46 54 40 62Z", paint.light(colour, 0.35), NONE),
        ]
    return Drawing(whole(rng, paint, parts), ["candle", "burning candle", "candle with a flame"], [word])


@thing(1.3)
def one_gift(rng, paint):
    """A gift with a ribbon and a bow."""
    word, colour = free(paint)
    ribbon_word, ribbon = paint.colour("red", "yellow", "white", "blue", "green", "pink", without=(word,))
    parts = [
        rect(12, 56, 104, 66, paint.fill(colour), 3),
        rect(54, 40, 20, 82, ribbon, 0, NONE),
        rect(4, 38, 120, 22, shade(paint, colour, 0.1), 3),
        rect(54, 38, 20, 22, ribbon, 0, NONE),
    ]
    edge = ' stroke="#93a3ad" stroke-width="2.5"' if ribbon_word == "white" else ""
    parts += [
        path("M64 38Q20 40 26 16Q40 2 64 38Z", ribbon, edge),
        path("M64 38Q108 40 102 16Q88 2 64 38Z", ribbon, edge),
        circle(64, 36, 8, paint.dark(ribbon, 0.15)),
    ]
    return Drawing(
        whole(rng, paint, parts),
        ["gift", "present", "wrapped gift", f"gift with a {ribbon_word} ribbon", "gift box"],
        [word],
    )


@thing(1.4)
def one_balloon(rng, paint):
    """A balloon on a string, or three balloons."""
    word, colour = free(paint)
    if rng.random() < 0.3:
        words = rng.sample(["red", "blue", "yellow", "green", "orange", "purple", "pink"], 3)
        parts = [line(x, y, 64, 124, "#8a949b", 3) for x, y in ((32, 60), (96, 60), (64, 80))]
        parts += [
            ellipse(x, y, 24, 29, paint.fill(paint.colour(w)[1], "round")) + shine(x - 8, y - 11, 5, 8, 20, 0.5)
            for (x, y), w in zip(((32, 38), (96, 38), (64, 48)), words, strict=True)
        ]
        return Drawing(whole(rng, paint, parts), ["balloons", "three balloons", "colorful balloons"])
    parts = [
        stroke("M64 96Q54 108 66 114T62 128", "#8a949b", 4),
        ellipse(64, 48, 41, 46, paint.fill(colour, "round")),
        polygon([(64, 90), (74, 102), (54, 102)], shade(paint, colour, 0.15)),
        shine(48, 32, 8, 14, 25, 0.5),
    ]
    return Drawing(whole(rng, paint, parts, 8), ["balloon", "party balloon"], [word])


@thing(1.0)
def one_kite(rng, paint):
    """A kite with a tail."""
    word, colour = free(paint)
    second, other = paint.colour("yellow", "red", "blue", "green", "white", "orange", without=(word,))
    parts = [
        stroke("M64 92Q40 100 58 112T40 126", "#6b757c", 4),
        polygon([(64, 2), (110, 42), (64, 94), (18, 42)], paint.fill(colour)),
        polygon([(64, 2), (110, 42), (64, 42)], other, NONE),
        polygon([(18, 42), (64, 42), (64, 94)], other, NONE),
        line(64, 2, 64, 94, INK, 3),
        line(18, 42, 110, 42, INK, 3),
    ]
    parts += [
        polygon([(x - 9, y - 6), (x + 9, y + 6), (x + 9, y - 6), (x - 9, y + 6)], colour)
        for x, y in ((54, 106), (46, 121))
    ]
    return Drawing(
        whole(rng, paint, [tilted(parts, rng.choice([0, 25, 35]))]),
        ["kite", "flying kite", f"{word} and {second} kite"],
    )


@thing(1.6)
def one_ball(rng, paint):
    """A ball: plain, beach ball, football, basketball, tennis ball, volleyball."""
    kind = rng.choice(["plain", "beach", "soccer", "soccer", "basket", "tennis", "american"])
    if kind == "plain":
        word, colour = free(paint)
        parts = [circle(64, 64, 58, paint.fill(colour, "round")), shine(42, 38, 11, 16, 40, 0.5)]
        if rng.random() < 0.4:
            parts.append(path("M8 52Q64 84 120 52V76Q64 108 8 76Z", paint.light(colour, 0.65), NONE))
        return Drawing(whole(rng, paint, parts), ["ball", "rubber ball", "toy ball", "round ball"], [word])
    if kind == "beach":
        tones = rng.sample(["#e53935", "#fdd835", "#1e88e5", "#43a047", "#fb8c00"], 3)
        parts = [circle(64, 64, 58, "#f3f5f6", ' stroke="#93a3ad" stroke-width="3"')]
        parts += [
            path("M64 60Q44 30 40 11Q64 0 88 11Q84 30 64 60Z", tone, NONE + f' transform="rotate({a} 64 64)"')
            for tone, a in zip(tones, (0, 120, 240), strict=True)
        ] + [circle(64, 64, 8, "#fff", ' stroke="#93a3ad" stroke-width="2"')]
        return Drawing(whole(rng, paint, parts, 60), ["beach ball", "ball", "colorful ball"])
    if kind == "soccer":
        penta = polygon(star_points(64, 64, 21, 17, 5), INK)
        parts = [circle(64, 64, 57, paint.fill("#eef1f3", "round"), f' stroke="{INK}" stroke-width="4"'), penta]
        parts += [
            line(64 + (x - 64) * 0.5, 64 + (y - 64) * 0.5, x, y, INK, 4) for x, y, _ in around(64, 64, 40, 5, -90)
        ]
        parts += [
            path("M48 9Q64 5 80 9L74 24L64 29L54 24Z", INK, NONE + f' transform="rotate({a:.0f} 64 64)"')
            for _, _, a in around(64, 64, 1, 5)
        ]
        return Drawing(whole(rng, paint, parts, 30), ["soccer ball", "football", "ball"])
    if kind == "basket":
        parts = [
            circle(64, 64, 58, paint.fill(rng.choice(["#f4811f", "#e67a22"]), "round")),
            *(
                stroke(d, INK, 4.5)
                for d in ("M64 6V122", "M6 64H122", "M24 22Q52 64 24 106", "M104 22Q76 64 104 106")
            ),
        ]
        return Drawing(whole(rng, paint, parts, 40), ["basketball", "basket ball", "orange ball"])
    if kind == "tennis":
        parts = [
            circle(64, 64, 57, paint.fill("#c6dc3a", "round")),
            stroke("M22 26Q60 60 22 102M106 26Q68 60 106 102", "#fff", 7),
        ]
        return Drawing(whole(rng, paint, parts, 60), ["tennis ball", "green ball", "ball"])
    parts = [
        path("M4 64Q30 18 64 18Q98 18 124 64Q98 110 64 110Q30 110 4 64Z", paint.fill("#8a4b20")),
        stroke("M24 38Q32 64 24 90M104 38Q96 64 104 90", "#fff", 6),
        line(44, 58, 84, 58, "#fff", 5),
        *(line(x, 50, x, 66, "#fff", 5) for x in (50, 64, 78)),
    ]
    return Drawing(
        whole(rng, paint, [tilted(parts, rng.choice([0, -40]))]), ["american football", "football", "rugby ball"]
    )


@thing(1.3)
def one_teddy(rng, paint):
    """A teddy bear."""
    brown = rng.choice(["#a9744f", "#c1834a", "#8d5b3a", "#d9a66b"])
    light = paint.light(brown, 0.45)
    parts = [circle(x, 16, 13, brown) + circle(x, 16, 7, light, NONE) for x in (38, 90)]
    parts += [
        ellipse(22, 80, 12, 20, brown, ' transform="rotate(30 22 80)"'),
        ellipse(106, 80, 12, 20, brown, ' transform="rotate(-30 106 80)"'),
        ellipse(64, 90, 36, 34, paint.fill(brown)),
        ellipse(64, 94, 22, 22, light, NONE),
        ellipse(36, 116, 19, 12, brown),
        ellipse(92, 116, 19, 12, brown),
        ellipse(32, 116, 9, 7, light, NONE),
        ellipse(96, 116, 9, 7, light, NONE),
    ]
    parts += [
        circle(64, 38, 34, paint.fill(brown)),
        ellipse(64, 49, 16, 12, light, NONE),
        ellipse(64, 44, 6, 4.5, INK, NONE),
        circle(51, 34, 4.5, INK, NONE),
        circle(77, 34, 4.5, INK, NONE),
        stroke("M58 54Q64 60 70 54", INK, 3.5),
    ]
    names = ["teddy bear", "teddy", "stuffed bear"]
    if rng.random() < 0.4:
        word, bow = paint.colour("red", "blue", "pink", "green")
        parts.append(
            polygon([(64, 76), (44, 66), (44, 88)], bow)
            + polygon([(64, 76), (84, 66), (84, 88)], bow)
            + circle(64, 77, 6, paint.dark(bow, 0.2))
        )
        names.append(f"teddy bear with a {word} bow")
    return Drawing(whole(rng, paint, parts), names)


@thing(0.9)
def one_doll(rng, paint):
    """A doll in a dress, or a nesting doll."""
    (word, dress), skin = (
        paint.colour("red", "pink", "blue", "purple", "yellow", "green"),
        rng.choice(["#f9d0a8", "#e8b68a", "#c68642"]),
    )
    hair_word, hair = rng.choice([("brown", "#6d4020"), ("blond", "#f2c84b"), ("black", INK), ("red", "#c8501e")])
    if rng.random() < 0.35:
        parts = [
            path(
                "M64 4Q98 6 96 42Q118 62 112 100Q104 122 64 122Q24 122 16 100Q10 62 32 42Q30 6 64 4Z",
                paint.fill(dress),
            ),
            circle(64, 38, 25, skin),
            path("M39 36Q44 12 64 12Q84 12 89 36Q78 26 64 24Q50 26 39 36Z", hair, NONE),
            ellipse(64, 90, 28, 27, "#ffe9a8", NONE),
            *(circle(x, y, 8, "#e53935", NONE) for x, y, _ in around(64, 90, 12, 5)),
            circle(64, 90, 7, "#fdd835", NONE),
        ]
        face = 40
        names = ["nesting doll", "matryoshka", "russian doll", "wooden doll"]
    else:
        parts = [
            circle(28, 38, 15, hair),
            circle(100, 38, 15, hair),
            line(46, 74, 22, 92, skin, 11),
            line(82, 74, 106, 92, skin, 11),
            line(54, 100, 54, 118, skin, 10),
            line(74, 100, 74, 118, skin, 10),
            polygon([(50, 60), (78, 60), (100, 108), (28, 108)], paint.fill(dress)),
            circle(64, 36, 31, hair),
            circle(64, 42, 26, skin, NONE),
            path("M38 40Q40 16 64 14Q88 16 90 40Q72 32 64 22Q56 32 38 40Z", hair, NONE),
        ]
        face = 44
        names = ["doll", "doll in a dress", f"doll with a {word} dress", f"doll with {hair_word} hair"]
    parts += [
        circle(54, face, 3.8, INK, NONE),
        circle(74, face, 3.8, INK, NONE),
        circle(47, face + 8, 4, "#f48f8f", NONE),
        circle(81, face + 8, 4, "#f48f8f", NONE),
        stroke(f"M58 {face + 10}Q64 {face + 16} 70 {face + 10}", "#c62828", 3.5),
    ]
    return Drawing(whole(rng, paint, parts), names)


@thing(1.3)
def one_robot(rng, paint):
    """A toy robot, whole or its head."""
    word, colour = paint.colour("gray", "gray", "blue", "red", "green", "orange", "yellow", "purple")
    eye, dark = rng.choice(["#ffe066", "#7cdbf0", "#e53935"]), shade(paint, colour, 0.25)
    if rng.random() < 0.4:
        parts = [
            line(64, 24, 64, 10, dark, 6),
            circle(64, 9, 8, "#e53935"),
            rect(2, 54, 16, 34, dark, 5),
            rect(110, 54, 16, 34, dark, 5),
            rect(14, 24, 100, 94, paint.fill(colour), 14),
            circle(42, 60, 15, "#fff"),
            circle(86, 60, 15, "#fff"),
            circle(42, 60, 8, "#2f6fae", NONE),
            circle(86, 60, 8, "#2f6fae", NONE),
            rect(36, 88, 56, 16, "#3a4147", 3),
        ]
        parts += [rect(x, 88, 4, 16, "#dfe5e9", 0, NONE) for x in (48, 62, 76)]
        return Drawing(whole(rng, paint, parts), ["robot head", "robot face", "robot"], [word])
    parts = [
        line(64, 14, 64, 5, dark, 5),
        circle(64, 6, 5, "#e53935"),
        rect(36, 12, 56, 40, paint.fill(colour), 8),
        circle(51, 29, 8, eye),
        circle(77, 29, 8, eye),
        circle(51, 29, 3.5, INK, NONE),
        circle(77, 29, 3.5, INK, NONE),
        rect(50, 42, 28, 5, "#3a4147", 2, NONE),
    ]
    parts += [
        rect(42, 94, 15, 22, dark, 3),
        rect(71, 94, 15, 22, dark, 3),
        rect(36, 114, 23, 10, "#4a5258", 4),
        rect(69, 114, 23, 10, "#4a5258", 4),
        rect(14, 58, 16, 36, dark, 6),
        rect(98, 58, 16, 36, dark, 6),
        circle(22, 97, 9, "#4a5258"),
        circle(106, 97, 9, "#4a5258"),
        rect(30, 55, 68, 42, paint.fill(colour), 6),
        rect(42, 64, 44, 22, "#dfe5e9", 3, NONE),
        circle(53, 75, 6, "#e53935", NONE),
        circle(75, 75, 6, "#43a047", NONE),
    ]
    return Drawing(whole(rng, paint, parts), ["robot", "toy robot", "friendly robot"], [word])


@thing(1.3)
def one_crown(rng, paint):
    """A golden crown with gems."""
    gold = rng.choice(["#ffc928", "#f5b82e", "#ffd43b"])
    gem_word, gem = paint.colour("red", "blue", "green", "purple")
    parts = [
        polygon([(10, 98), (4, 36), (36, 66), (64, 18), (92, 66), (124, 36), (118, 98)], paint.fill(gold)),
        rect(10, 92, 108, 20, paint.dark(gold, 0.12), 4),
        *(circle(x, y, 8, gem) for x, y in ((7, 34), (64, 18), (121, 34))),
        *(circle(x, 102, 6, gem, NONE) for x in (36, 64, 92)),
    ]
    if rng.random() < 0.5:
        parts.append(polygon([(64, 56), (75, 72), (64, 88), (53, 72)], gem, NONE))
    return Drawing(
        whole(rng, paint, parts),
        ["crown", "golden crown", "king's crown", "gold crown", f"crown with {gem_word} gems"],
    )


@thing(1.1)
def one_ring(rng, paint):
    """A ring with a gem."""
    _word, gem = paint.colour("blue", "blue", "red", "green", "purple")
    gold = rng.choice(["#ffc928", "#e8b02e", "#b0bbc3"])
    gem = paint.light(gem, 0.35)
    parts = [
        ring(64, 84, 34, gold, 11),
        polygon([(36, 18), (48, 4), (80, 4), (92, 18), (64, 52)], paint.fill(gem)),
        polygon([(52, 18), (76, 18), (64, 52)], paint.light(gem, 0.4), NONE),
        line(36, 18, 92, 18, paint.dark(gem, 0.3), 3),
    ]
    return Drawing(
        whole(rng, paint, parts, 10),
        ["ring", "diamond ring", "ring with a gem", "gold ring" if gold != "#b0bbc3" else "silver ring"],
    )


@thing(1.1)
def one_gem(rng, paint):
    """A cut gem."""
    word, colour = paint.colour("blue", "blue", "red", "green", "purple", "pink", "yellow")
    parts = [
        polygon([(28, 18), (100, 18), (126, 52), (64, 118), (2, 52)], paint.fill(colour)),
        polygon([(28, 18), (44, 52), (2, 52)], paint.light(colour, 0.35), NONE),
        polygon([(44, 52), (64, 18), (84, 52)], paint.light(colour, 0.5), NONE),
        polygon([(100, 18), (126, 52), (84, 52)], paint.light(colour, 0.2), NONE),
        polygon([(44, 52), (84, 52), (64, 118)], paint.light(colour, 0.25), NONE),
        polygon([(84, 52), (126, 52), (64, 118)], paint.dark(colour, 0.15), NONE),
    ]
    return Drawing(
        whole(rng, paint, parts),
        ["gem", "gemstone", "jewel", {"blue": "diamond", "red": "ruby", "green": "emerald"}.get(word, "crystal")],
        [word],
    )
