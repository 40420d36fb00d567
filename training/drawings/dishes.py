"""Food and drink: baked things, fruit, vegetables, meat, cups and jars."""

import math

from drawings import Drawing, circle, edged, ellipse, group, line, path, polygon, rect, thing
from drawings.everyday import GREENS, NONE, around, free, leaf, ring, shade, shine, star_points, stroke, whole


def lattice(x, y, rx, ry, colour, width, spaces, turn=45):
    """Crossed bars inside an ellipse."""
    ends = [(100 * space, 100 * math.sqrt(1 - space * space), width * 100 / rx) for space in spaces]
    bars = "".join(line(a, -b, a, b, colour, w) + line(-b, a, b, a, colour, w) for a, b, w in ends)
    return f'<g transform="translate({x} {y}) scale({rx / 100} {ry / 100}) rotate({turn:.0f})">{bars}</g>'


def smaller(data, colour, share, y=64):
    """The same shape without outline, scaled by `share` around (64, y)."""
    return path(data, colour, f'{NONE} transform="translate(64 {y}) scale({share}) translate(-64 {-y})"')


def strokes(colour, width, *curves):
    """Several curved lines of one kind."""
    return [stroke(data, colour, width) for data in curves]


def dots(points, rx, ry, colour):
    """An ellipse at each point."""
    return [ellipse(x, y, rx, ry, colour, NONE) for x, y in points]


def bowl_front(paint, colour, stripe):
    """The front of a bowl from y=62 to its foot."""
    foot = rect(42, 108, 44, 13, shade(paint, colour, 0.3), 4)
    front = path("M6 62H122Q120 106 84 114H44Q8 106 6 62Z", paint.fill(colour))
    return [foot, front, path("M6 62H122Q121 70 119 76H9Q7 70 6 62Z", stripe, NONE)]


@thing(1.2)
def pie(rng, paint):
    """A whole pie with a lattice, or a slice."""
    crust, dark, tin = rng.choice([("#e0a550", "#b8742a", "#9fb0bb"), ("#d99a4a", "#a8662a", "#5f8fb5")])
    fruit, filling = rng.choice([("cherry", "#b71c3c"), ("blueberry", "#41398c"), ("apple", "#f2c14e")])
    if rng.random() < 0.35:
        parts = [polygon([(6, 64), (120, 68), (116, 104), (12, 88)], filling), stroke("M10 89L116 106", dark, 8)]
        parts += [path("M4 64L96 26Q122 40 122 74Z", paint.fill(crust)), stroke("M7 64L118 74", dark, 7)]
        parts += [stroke("M98 27Q121 42 117 104", crust, 13), *strokes(dark, 5, "M46 54L60 57", "M68 44L86 52")]
        return Drawing(whole(rng, paint, parts), ["slice of pie", "piece of pie", "pie", f"slice of {fruit} pie"])
    parts = [polygon([(10, 60), (118, 60), (98, 108), (30, 108)], paint.fill(tin))]
    parts += [line(x, 80, 64 + (x - 64) * 0.82, 102, shade(paint, tin), 4) for x in range(24, 110, 16)]
    parts += dots([(x, 54 + (y - 64) * 0.6) for x, y, _ in around(64, 64, 53, 22)], 8, 8, dark)
    parts += [ellipse(64, 53, 54, 33, crust), ellipse(64, 53, 46, 26, filling, NONE)]
    parts.append(lattice(64, 53, 47, 27, crust, 8, (-0.62, 0, 0.62), rng.choice([45, 30, 60])))
    return Drawing(whole(rng, paint, parts), ["pie", f"{fruit} pie", "whole pie"])


@thing(1.2)
def pancakes(rng, paint):
    """A stack of pancakes with butter and syrup."""
    edge, top = rng.choice([("#f0c277", "#c47a32"), ("#f3cb86", "#b96f2b")])
    count, parts = rng.choice([3, 4, 5]), [ellipse(64, 110, 61, 13, rng.choice(["#a9bccb", "#8fb4d6"]))]
    for i in range(count):
        x, y, high = 14 + rng.uniform(-3, 3), 106 - (i + 1) * 64 / count, 64 / count
        parts += [rect(x, y, 100, high + 2, edge, 8), rect(x + 2, y - 1, 96, high * 0.4, top, 5, NONE)]
    syrup = "M24 42Q30 30 64 30Q98 30 104 42V68Q98 76 92 68V58H78V86Q71 94 64 86V58H44V72Q37 80 30 72V50Z"
    parts += [ellipse(64, 42, 51, 17, top), path(syrup, "#7a3b0e", NONE)]
    parts += [path("M44 38L62 48L84 37V45L62 56L44 46Z", "#ffd84d"), path("M44 38L66 28L84 37L62 48Z", "#fff0a0")]
    return Drawing(whole(rng, paint, parts), ["pancakes", "stack of pancakes", "pancakes with syrup"])


@thing(1.0)
def waffle(rng, paint):
    """A square or round waffle, plain or with butter and syrup."""
    gold, dark = rng.choice([("#eeb04f", "#b86f22"), ("#f0bb62", "#c27c2c"), ("#e3a046", "#a9611c")])
    parts, n, names = [rect(8, 8, 112, 112, paint.fill(gold), 14)], rng.choice([3, 4]), ["waffle", "golden waffle"]
    spots = [(16 + 102 / n * i, 16 + 102 / n * j) for i in range(n) for j in range(n)]
    parts += [rect(x, y, 102 / n - 7, 102 / n - 7, dark, 3, NONE) for x, y in spots]
    if rng.random() < 0.5:
        parts = [circle(64, 64, 58, gold), circle(64, 64, 50, dark, NONE), ring(64, 64, 53, gold, 8)]
        parts.append(lattice(64, 64, 51, 51, gold, 9, (-0.7, -0.24, 0.24, 0.7), 0))
    if rng.random() < 0.5:
        parts.append(path("M36 58Q40 38 62 40Q92 36 92 62Q98 88 76 88V104Q70 112 64 104V88Q34 86 36 58Z", "#7a3b0e"))
        parts, names = [*parts, rect(50, 48, 30, 28, "#ffe066", 4, NONE)], [*names, "waffle with butter"]
    return Drawing(whole(rng, paint, parts, 12), names)


@thing(1.2)
def pretzel(rng, paint):
    """A pretzel with salt."""
    brown, width, parts = rng.choice(["#b5691f", "#a3561a", "#c07a2c"]), rng.uniform(15, 18), []
    loop = "M64 64Q50 30 34 24Q12 20 15 52Q20 97 64 104Q108 97 113 52Q116 20 94 24Q78 30 64 64"
    for data in (loop, "M64 62Q54 84 36 99", "M50 36Q62 52 66 66Q76 86 92 99"):
        parts += [stroke(data, paint.dark(brown, 0.4), width + 6), stroke(data, brown, width)]
    parts.append(stroke("M94 24Q78 30 64 62", brown, width))
    salt = [(64 + s * x, y) for s in (-1, 1) for x, y in ((0, 103), (47, 52), (36, 78), (20, 97), (31, 26))]
    parts += [rect(x - 3, y - 3, 6, 6, "#fff6e0", 1.5, f'{NONE} transform="rotate({x} {x} {y})"') for x, y in salt]
    return Drawing(whole(rng, paint, parts, 6), ["pretzel", "salted pretzel", "soft pretzel"])


@thing(1.2)
def popcorn(rng, paint):
    """Popcorn in a striped box."""
    (word, colour), low, parts = paint.colour("red", "red", "red", "blue"), rng.uniform(30, 36), []
    for count, y in ((1, 18), (2, 28), (4, 42), (3, 53)):
        for i in range(count):
            x = 64 + (i - (count - 1) / 2) * 25 * (1.8 if count == 2 else 1) + rng.uniform(-2, 2)
            parts += [circle(x, y, 14, "#fff2bd", edged("#e3b64a", 3)), circle(x + 2, y + 3, 4, "#f4ca5c", NONE)]
    parts.append(polygon([(18, 54), (110, 54), (128 - low, 123), (low, 123)], "#fdfdfd", edged("#d9d2c8", 3)))
    for i in range(0, 7, 2):
        (a, b), (c, d) = ([left + (128 - 2 * left) / 7 * k for k in (i, i + 1)] for left in (18, low))
        parts.append(polygon([(a, 54), (b, 54), (d, 123), (c, 123)], paint.fill(colour), NONE))
    return Drawing(whole(rng, paint, parts), ["popcorn", "box of popcorn", f"popcorn in a {word} striped box"])


@thing(1.0)
def bagel(rng, paint):
    """A bagel with sesame or poppy seeds."""
    brown = rng.choice(["#c98535", "#b8722b", "#d39444"])
    kind, seed = rng.choice([("sesame", "#fff0c2"), ("poppy seed", "#2b2320")])
    tones = ((64, paint.dark(brown, 0.3), 44), (63, brown, 36), (60, paint.light(brown, 0.2), 18))
    parts = [ring(64, y, 38, tone, width) for y, tone, width in tones]
    for radius, count in ((28, 7), (40, 11), (50, 9)):
        for x, y, turn in around(64, 63, radius, count, rng.uniform(0, 40)):
            more = f'{NONE} transform="rotate({turn * 2.3:.0f} {x:.1f} {y:.1f})"'
            parts.append(ellipse(x, y, 4.5, 2.6, seed, more))
    return Drawing(whole(rng, paint, parts), ["bagel", f"{kind} bagel", "round bagel"])


@thing(1.0)
def cucumber(rng, paint):
    """A cut cucumber with one or two slices."""
    green, pale = rng.choice(["#3f8f3a", "#2f7d32", "#4a9440"]), "#e4f3b8"
    parts = [rect(-2, 30, 110, 44, paint.fill(green), 22), rect(84, 30, 20, 44, green, 0, NONE)]
    parts += strokes(paint.light(green, 0.3), 4, "M14 40H80", "M8 52H46M60 52H80", "M18 64H80")
    parts += [ellipse(104, 52, 14, 22, green), *dots([(105, 52)], 10, 17, pale), *dots([(105, 52)], 4, 8, "#a9cf6b")]
    parts = [f'<g transform="rotate(-28 64 64)">{"".join(parts)}</g>']
    for x, y, r in ((54, 99, 24), (92, 94, 27))[rng.choice([0, 1]) :]:
        parts += [circle(x, y, r, green), circle(x, y, r - 5, pale, NONE)]
        parts += dots([(a, b) for a, b, _ in around(x, y, r * 0.42, 6)], 3.5, 3.5, "#a9cf6b")
    return Drawing(whole(rng, paint, parts), ["cucumber", "sliced cucumber", "cut cucumber"])


@thing(1.0)
def garlic(rng, paint):
    """A bulb of garlic."""
    white, edge = rng.choice([("#f4eee6", "#a99a88"), ("#f1e6ee", "#a583a0")])
    data = "M58 6L72 6Q70 30 92 44Q124 60 118 92Q110 120 64 120Q18 120 10 92Q4 60 36 44Q60 30 58 6Z"
    parts = [path(data, paint.fill(white, "round"), edged(edge)), stroke("M54 121h20", "#8d7a5f", 6)]
    parts += strokes(edge, 4, "M62 32Q30 62 44 116M66 32Q98 62 84 116", "M60 34Q34 46 26 66M68 34Q94 46 102 66")
    return Drawing(whole(rng, paint, parts, 10), ["garlic", "garlic bulb", "head of garlic"])


@thing(1.0)
def pea_pod(rng, paint):
    """An open pea pod with its peas."""
    green, pea = rng.choice([("#4f9a35", "#9bd34f"), ("#43893a", "#8fcb45"), ("#5ba83c", "#a8dd5b")])
    parts, count = [path("M4 62Q64 -6 126 62Q64 130 4 62Z", green)], rng.choice([4, 5])
    parts.append(path("M14 62Q64 14 116 62Q64 110 14 62Z", paint.dark(green, 0.45), NONE))
    for x in (64 + (i - (count - 1) / 2) * 90 / count for i in range(count)):
        radius = (15 if count == 4 else 13) - abs(x - 64) / 12
        parts += [circle(x, 60, radius, paint.fill(pea, "round"), NONE), shine(x - 3, 56, 3.5, 3.5, 0, 0.6)]
    parts += [path("M4 62Q64 130 126 62Q64 90 4 62Z", paint.light(green, 0.15)), stroke("M6 62L-2 55", green, 7)]
    parts += [leaf(5, 62, 22, turn, "#2e7d32", 0.4) for turn in (-40, 30)]
    return Drawing(whole(rng, paint, [group(*parts, turn=-rng.uniform(28, 42))]), ["pea pod", "peas", "green peas"])


@thing(1.0)
def mango(rng, paint):
    """A mango, whole or with a cut half."""
    yellow, red = rng.choice(["#ffb62e", "#fba92b"]), rng.choice(["#e8503a", "#d9433f", "#7cae3c"])
    top = "M34 30Q66 8 98 32Q"
    parts = [path(f"{top}126 60 115 92Q102 122 66 119Q18 113 10 78Q8 46 34 30Z", paint.fill(yellow, "round"))]
    parts.append(path(f"{top}121 54 117 82Q96 52 62 48Q30 46 12 82Q6 48 34 30Z", red, f'{NONE} fill-opacity=".7"'))
    parts += [stroke("M58 22Q60 14 56 9", "#6b4a22", 7), leaf(58, 20, 50, rng.uniform(0, 14), rng.choice(GREENS))]
    if rng.random() < 0.6:
        return Drawing(whole(rng, paint, parts, 10), ["mango", "ripe mango", "whole mango"])
    parts = [group(*parts, move=(0, -10), scale=0.8), ellipse(64, 92, 60, 32, paint.dark(yellow, 0.15))]
    cuts = lattice(64, 90, 52, 25, "#e8941a", 4, (-0.6, -0.2, 0.2, 0.6), 20)
    return Drawing(whole(rng, paint, [*parts, *dots([(64, 90)], 53, 26, "#ffd23f"), cuts]), ["mango", "cut mango"])


@thing(1.0)
def melon(rng, paint):
    """A melon with its net, or a slice."""
    if rng.random() < 0.4:
        rind, flesh, kind = rng.choice([("#c2a35a", "#ffa94d", "cantaloupe"), ("#7fb24a", "#d9eda0", "honeydew")])
        parts = [path("M2 30Q10 110 64 110Q118 110 126 30Q64 58 2 30Z", rind)]
        parts.append(path("M8 34Q20 98 64 98Q108 98 120 34Q64 60 8 34Z", flesh, NONE))
        parts.append(path("M24 44Q64 60 104 44Q94 66 64 66Q34 66 24 44Z", paint.dark(flesh, 0.16), NONE))
        parts += dots(((44, 54), (58, 57), (72, 57), (86, 54)), 3, 5.5, "#fff3cf")
        return Drawing(whole(rng, paint, parts, 14), ["melon", "slice of melon", "melon slice", f"{kind} slice"])
    green, net = rng.choice([("#a9cf6f", "#e6f2c4"), ("#9cc765", "#dcedb4"), ("#c9b970", "#f1e8bf")])
    bars = lattice(64, 70, 53, 53, net, 4, (-0.75, -0.4, 0, 0.4, 0.75), rng.uniform(30, 60))
    parts = [circle(64, 70, 54, paint.fill(green, "round")), bars, stroke("M64 24V9M48 9Q64 5 80 9", "#4f8a34", 8)]
    return Drawing(whole(rng, paint, parts, 8), ["melon", "whole melon", "netted melon"])


@thing(1.2)
def avocado(rng, paint):
    """Half an avocado with its stone, alone or before a whole one."""
    skin, stone = rng.choice(["#3f6b2a", "#2f5a2b", "#4a5d23"]), rng.choice(["#7a4a21", "#8a5a2b", "#6d3f1c"])
    data = "M64 4Q84 4 90 30Q94 46 106 64Q118 92 98 112Q84 124 64 124T30 112Q10 92 22 64Q34 46 38 30Q44 4 64 4Z"
    parts = [path(data, skin), smaller(data, "#a9cc4e", 0.9, 68), smaller(data, "#dbe685", 0.8, 70)]
    parts += [circle(64, 84, rng.uniform(22, 25), paint.fill(stone, "round"), NONE), shine(56, 76, 5, 7, 30, 0.5)]
    if rng.random() < 0.65:
        return Drawing(whole(rng, paint, parts, 8), ["avocado", "half an avocado", "avocado half", "cut avocado"])
    back = path(data, paint.fill(paint.dark(skin, 0.2), "round"))
    parts = [group(back, move=(22, -4), turn=16, scale=0.84), group(*parts, move=(-18, 4), turn=-10, scale=0.9)]
    return Drawing(whole(rng, paint, parts, 5), ["avocado", "avocados", "cut avocado"])


@thing(1.0)
def blueberries(rng, paint):
    """Three blueberries with leaves."""
    blue, green = rng.choice(["#4657a8", "#3f51b5", "#4a63b8"]), rng.choice(GREENS)
    parts = [leaf(64, 40, 52, turn, green, 0.36) for turn in (-20 + rng.uniform(-10, 0), -150)]
    for x, y in ((34, 84), (94, 84), (64, 50)):
        parts += [circle(x, y, 32, paint.dark(blue, 0.3)), circle(x, y, 28, paint.fill(blue, "round"), NONE)]
        parts.append(polygon(star_points(x, y - 6, 16, 8, 5, rng.uniform(0, 72)), "#1c2350", NONE))
        parts += [circle(x, y - 6, 5, paint.light(blue, 0.3), NONE), shine(x - 18, y + 4, 4, 8, 10, 0.5)]
    return Drawing(whole(rng, paint, parts), ["blueberries", "blueberry", "three blueberries"])


@thing(1.0)
def raspberry(rng, paint):
    """A raspberry."""
    red, sepals = rng.choice(["#d81b52", "#e0315f", "#c81e4a"]), ' transform="translate(0 12) scale(1 .55)"'
    parts = [path("M20 44Q64 20 108 44Q112 90 64 122Q16 90 20 44Z", paint.dark(red, 0.35))]
    for count, y in ((4, 46), (5, 62), (4, 78), (3, 94), (2, 108)):
        spots = [(64 + (i - (count - 1) / 2) * 21, y) for i in range(count)]
        parts += dots(spots, 12.5, 12.5, paint.dark(red, 0.35)) + dots(spots, 10.5, 10.5, red)
        parts += [shine(x - 3, y - 4, 3.5, 3.5, 0, 0.5) for x, _ in spots]
    parts += [polygon(star_points(64, 26, 48, 14, 6, 0), "#4c9a3a", sepals), stroke("M64 26L68 8", "#2e7d32", 7)]
    return Drawing(whole(rng, paint, parts, 10), ["raspberry", "red raspberry", "ripe raspberry"])


@thing(1.0)
def plum(rng, paint):
    """A plum, at times with a cut half."""
    purple = rng.choice(["#6a2c7a", "#5b2a6e", "#7a2f6b"])
    data = "M64 24Q98 14 112 46Q122 86 92 112Q78 122 62 122Q44 122 32 110Q6 84 16 48Q28 16 64 24Z"
    parts = [path(data, paint.fill(purple, "round")), stroke("M66 26Q88 66 68 118", paint.dark(purple, 0.45), 5)]
    parts += [shine(34, 58, 8, 18, 15), stroke("M65 26Q64 14 70 8", "#7a4a21", 7), leaf(66, 24, 46, -12, "#5c913b")]
    if rng.random() < 0.35:
        parts = [group(*parts, move=(-12, -10), scale=0.82), circle(92, 91, 32, purple)]
        parts += dots([(92, 91)], 26, 26, "#f2b544") + dots([(92, 91)], 10, 14, "#8a4b20")
        return Drawing(whole(rng, paint, parts), ["plum", "plums", "cut plum"])
    return Drawing(whole(rng, paint, parts, 6), ["plum", "purple plum", "ripe plum"])


@thing(1.0)
def lime(rng, paint):
    """A cut lime from the front."""
    rind, flesh = rng.choice([("#5fa02f", "#b6da58"), ("#4f9433", "#a9d24c"), ("#6aac34", "#c0e069")])
    parts = [circle(64, 64, 58, rind), circle(64, 64, 50, "#f3f8d8", NONE)]
    for _, _, angle in around(64, 64, 1, rng.choice([8, 8, 9]), rng.uniform(0, 45)):
        parts.append(path("M64 60L50 26Q64 13 78 26Z", flesh, f'{NONE} transform="rotate({angle:.0f} 64 64)"'))
    return Drawing(whole(rng, paint, parts), ["lime", "lime slice", "slice of lime", "half a lime"])


@thing(1.2)
def bowl_of_salad(rng, paint):
    """A bowl of salad with tomatoes and cucumber."""
    word, colour = free(paint, "green")
    parts = dots(((28, 50), (100, 50)), 22, 22, "#4c9a33") + dots(((46, 32), (82, 32)), 23, 23, "#69b33f")
    parts += [circle(64, 44, 30, "#8ccf55", NONE), stroke("M18 52Q28 44 32 36M110 52Q100 44 96 36", "#3f8a2c", 4)]
    spots = rng.sample([(36, 52), (64, 50), (92, 52), (50, 28), (80, 28)], 4)
    parts += [circle(x, y, 14, "#e53935") + shine(x - 4, y - 5, 4, 4) for x, y in spots[:2]]
    parts += [circle(x, y, 13, "#3f8f3a") + circle(x, y, 9.5, "#e4f3b8", NONE) for x, y in spots[2:]]
    parts += bowl_front(paint, colour, shade(paint, colour, 0.15))
    return Drawing(whole(rng, paint, parts), ["bowl of salad", "salad", "salad bowl"], [word])


@thing(1.2)
def bowl_of_rice(rng, paint):
    """A bowl of rice, at times with chopsticks."""
    (word, colour), parts = paint.colour("red", "blue", "black", "brown", "green"), []
    names = ["bowl of rice", "rice", "rice bowl"]
    if rng.random() < 0.5:
        stick = rng.choice(["#8a4b20", "#b5753a", "#a3262a"])
        parts += [line(74, 56, 102, 7, stick, 6), line(88, 56, 118, 13, stick, 6)]
        names.append("bowl of rice with chopsticks")
    parts.append(path("M14 64Q14 44 32 38Q42 20 64 20Q86 20 96 38Q114 44 114 64Z", "#fdfdfa", edged("#b5bcc0")))
    for x, y in ((36, 50), (52, 38), (64, 52), (78, 38), (92, 50), (64, 30), (48, 56), (80, 56), (26, 57), (103, 57)):
        parts.append(ellipse(x, y, 5, 2.4, "#c9cec9", f'{NONE} transform="rotate({x * 7} {x} {y})"'))
    parts += bowl_front(paint, colour, rng.choice(["#f5f6f7", "#ffd54f", paint.light(colour, 0.35)]))
    return Drawing(whole(rng, paint, parts), names, [word])


@thing(1.2)
def roast_chicken(rng, paint):
    """A roast chicken on a plate."""
    brown, plate = rng.choice(["#c4732a", "#b5651f", "#cf8334"]), rng.choice(["#a9bccb", "#c3ccd3", "#8fb4d6"])
    parts, dark = [ellipse(64, 108, 62, 14, plate)], paint.dark(brown, 0.3)
    parts += dots(((14, 102), (114, 102)), 12, 10, "#5fa83a") + dots(((26, 103), (102, 103)), 11, 9, "#7cc24a")
    parts.append(path("M10 84Q6 40 50 32Q86 26 106 58Q118 82 104 98Q92 108 60 108Q14 108 10 84Z", paint.fill(brown)))
    for width, bone in ((12, "#d9bd92"), (7, "#fbf3e2")):
        parts += strokes(bone, width, "M98 46L112 28", "M108 23L109 23.1M117 29L117 29.1")
    thigh = "M104 40Q112 62 96 84Q78 102 60 90Q48 76 64 62Q80 50 92 36Z"
    parts += [path(thigh, paint.light(brown, 0.12), edged(dark)), stroke("M22 66Q30 88 50 84Q40 78 40 62", dark, 5)]
    return Drawing(whole(rng, paint, parts), ["roast chicken", "chicken", "roasted chicken", "chicken on a plate"])


@thing(1.0)
def steak(rng, paint):
    """A raw or grilled steak, often with a bone."""
    data = "M20 36Q44 6 84 16Q124 28 122 66Q120 86 100 92Q86 98 78 110Q64 126 42 114Q6 98 6 66Q8 48 20 36Z"
    parts, names = [path(data, "#5d2c17"), smaller(data, paint.fill("#8a4526"), 0.85)], ["steak", "grilled steak"]
    parts += strokes("#3b1a0d", 7, "M30 40L24 78", "M54 28L42 102", "M78 26L64 106", "M102 36L92 84")
    if rng.random() < 0.5:
        meat, names = rng.choice(["#d0413f", "#c23b3b", "#d94f4a"]), ["steak", "raw steak", "raw meat"]
        parts = [path(data, "#f2cfae"), smaller(data, paint.fill(meat), 0.85)]
        parts += strokes("#f3b9a8", 5, "M22 70Q34 74 40 92M96 40Q108 52 106 68", "M72 84Q64 92 62 104")
    if rng.random() < 0.85:
        parts.append(stroke("M38 34L70 44L94 30M70 44L62 76", "#f2cfae", 15))
        parts.append(stroke("M40 35L70 45L92 32M70 45L63 74", "#fffaf0", 8))
    return Drawing(whole(rng, paint, parts, 10), names)


@thing(1.0)
def sausage(rng, paint):
    """One cooked sausage, or two."""
    brown, data, two = rng.choice(["#b5502a", "#a8452a", "#c0602f"]), "M22 40Q40 96 106 84", rng.random() < 0.4
    parts = [stroke(f"M22 40L14 22{data}L122 79", paint.dark(brown, 0.35), 9)]
    parts += [stroke(data, paint.dark(brown, 0.35), 34 if two else 42), stroke(data, brown, 29 if two else 37)]
    parts.append(stroke("M30 42Q46 76 92 76", paint.light(brown, 0.35), 5))
    if two or rng.random() < 0.6:
        parts.append(stroke("M36 72L46 60M56 88L66 74M82 94L88 80", "#5d2414", 5))
    if two:
        parts = [group(*parts, move=move, scale=0.9) for move in ((8, -20), (-3, 18))]
        return Drawing(whole(rng, paint, parts, 8), ["sausages", "two sausages", "grilled sausages"])
    return Drawing(whole(rng, paint, parts, 12), ["sausage", "cooked sausage", "bratwurst"])


@thing(1.0)
def bacon(rng, paint):
    """Two or three wavy strips of bacon."""
    red, fat = rng.choice([("#b23a2e", "#f7d9b5"), ("#a83232", "#f5cfae"), ("#c04a3a", "#fae0c0")])
    count, dark, parts = rng.choice([2, 2, 3]), paint.dark(red, 0.25), []
    for i in range(count):
        for shift, tone, wide in ((0, dark, 1), (0, red, 0.84), (-0.16, fat, 0.24), (0.24, fat, 0.14)):
            y = 64 + (i - (count - 1) / 2) * 100 / count + shift * 80 / count
            parts.append(path(f"M8 {y:.1f}q14 -20 28 0t28 0t28 0t28 0", "none", edged(tone, wide * 80 / count)))
    body = whole(rng, paint, [group(*parts, turn=rng.choice([-20, -10, 0, 80, 90]), scale=0.96)])
    return Drawing(body, ["bacon", "strips of bacon", "bacon strips", "fried bacon"])


@thing(1.2)
def milk(rng, paint):
    """A bottle or a carton of milk."""
    colour = paint.colour("blue", "blue", "red", "green")[1]
    if rng.random() < 0.5:
        data = "M46 14H82V34Q82 44 92 54T100 76V108Q100 123 86 123H42Q28 123 28 108V76Q28 62 36 54Q46 44 46 34Z"
        parts = [path(data, "#cfe4f0", edged("#7ea3bd", 5)), smaller(data, "#ffffff", 0.86, 116)]
        parts += [rect(42, 5, 44, 20, paint.fill(colour), 5), rect(33, 76, 62, 26, colour, 0, NONE)]
        parts.append(path("M64 78Q74 90 64 99Q54 90 64 78Z", "#ffffff", NONE))
        return Drawing(whole(rng, paint, parts), ["milk bottle", "bottle of milk", "milk"])
    parts = [rect(20, 46, 60, 77, "#f7fafc"), polygon([(80, 46), (108, 40), (108, 114), (80, 123)], "#cbd6de")]
    parts += [path("M20 46H80L90 22H36Z", paint.fill(colour)), path("M80 46L108 40L90 22Z", shade(paint, colour))]
    parts += [rect(35, 6, 56, 17, shade(paint, colour)), path("M20 92Q36 76 50 90T80 88V123H20Z", colour, NONE)]
    parts.append(polygon([(80, 88), (108, 80), (108, 114), (80, 123)], shade(paint, colour, 0.3), NONE))
    parts += [stroke("M20 46V123H80L108 114V40", "#8fa3b0", 4), path("M50 52Q64 68 50 78Q36 68 50 52Z", colour, NONE)]
    return Drawing(whole(rng, paint, parts), ["milk carton", "carton of milk", "milk"])


@thing(1.2)
def cup_of_tea(rng, paint):
    """A cup of tea on a saucer, with steam, at times with the tag of a tea bag."""
    (word, colour), names = free(paint, "brown"), ["cup of tea", "tea", "teacup"]
    parts = [ellipse(60, 108, 57, 14, shade(paint, colour)), ellipse(60, 105, 40, 8, shade(paint, colour, 0.4), NONE)]
    parts += [ring(98, 70, 17, colour, 9), path("M12 50H104Q104 92 78 106H38Q12 92 12 50Z", paint.fill(colour))]
    tea = ellipse(58, 51, 39, 10.5, rng.choice(["#b5621c", "#9c4a14", "#c8792a"]), NONE)
    parts += [ellipse(58, 50, 46, 15, paint.light(colour, 0.45)), tea]
    if rng.random() < 0.5:
        tag = rect(25, 74, 18, 20, rng.choice(["#fdd835", "#7cb342", "#fdfdfd"]), 2, edged("#6b5a44", 3))
        parts += [stroke("M36 54Q30 64 34 76", "#fff6dc", 4), tag]
        names.append("cup of tea with a tea bag")
    parts += strokes("#b4c0c9", 5, *(f"M{x} 34Q{x - 10} 27 {x} 20T{x} 6" for x in (36, 58, 80)))
    return Drawing(whole(rng, paint, parts), names, [word])


@thing(1.2)
def jar_of_honey(rng, paint):
    """A jar of honey with a bee on it, or of jam."""
    data = "M26 36Q12 46 12 62V104Q12 123 32 123H96Q116 123 116 104V62Q116 46 102 36Z"
    lid = paint.colour("red", "blue", "green", "brown", "yellow")[1]
    if rng.random() < 0.5:
        parts = [path(data, paint.fill(rng.choice(["#f5a61d", "#f0981a", "#f7b32e"]))), rect(22, 12, 84, 24, lid, 7)]
        parts += [circle(68, 82, 31, "#fff4d0", NONE), *dots(((58, 67), (78, 67)), 11, 12, "#a9d4ec")]
        parts += [circle(68, 86, 17, "#fbc02d", NONE), *(rect(x, 74, 7, 24, "#2b2f33", 0, NONE) for x in (59, 72))]
        return Drawing(whole(rng, paint, [*parts, shine(26, 80, 5, 26)]), ["jar of honey", "honey", "honey jar"])
    fruit, colour = rng.choice([("strawberry", "#c81e3a"), ("blueberry", "#473a8f"), ("apricot", "#f08a24")])
    parts = [path(data, paint.fill(colour)), rect(26, 60, 76, 46, "#fff4d8", 5, NONE), shine(20, 82, 4, 26)]
    berry = "M64 100Q44 88 50 72Q64 66 78 72Q84 88 64 100Z" if fruit == "strawberry" else "M64 66a17 17 0 1 1 -.1 0Z"
    parts += [path(berry, colour, NONE), *(leaf(64, 72, 20, turn, "#43a047", 0.4) for turn in (-35, -145))]
    parts.append(path("M24 10Q64 2 104 10L116 38Q106 50 96 40Q86 52 75 42Q64 54 53 42Q42 52 32 40Q22 50 12 38Z", lid))
    parts.append(rect(20, 26, 88, 7, "#fff4d8", 3, NONE))
    return Drawing(whole(rng, paint, parts), ["jar of jam", "jam", "jam jar", f"{fruit} jam"])


@thing(1.0)
def peanut(rng, paint):
    """A peanut in its shell, closed or open with two nuts."""
    shell, names = rng.choice(["#d9a95f", "#cf9b50", "#e0b36d"]), ["peanut", "peanut in its shell"]
    data = "M64 3Q98 5 98 38Q97 52 90 60Q85 66 92 74Q103 84 101 98Q95 125 64 125"
    data += "Q33 125 27 98Q25 84 36 74Q43 66 38 60Q31 52 30 38Q30 5 64 3Z"
    parts = [path(data, paint.fill(shell, "right"))]
    if rng.random() < 0.35:
        parts, names = [*parts, smaller(data, "#f6e2b5", 0.84)], [*names, "open peanut"]
        for y in (38, 93):
            parts += [ellipse(64, y, 21, 23, paint.fill("#b5532d", "round"), NONE), shine(57, y - 8, 4, 7, 20, 0.45)]
    else:
        lines = ("M48 14Q36 36 50 62Q52 70 46 78Q36 98 50 116M40 28H88M42 46H86", "M64 12V116M50 66H78M40 86H88")
        parts += strokes(paint.dark(shell, 0.35), 4, *lines, "M80 14Q92 36 78 62Q76 70 82 78Q92 98 78 116M40 104H88")
    return Drawing(whole(rng, paint, [group(*parts, turn=rng.uniform(25, 50))]), names)


@thing(1.2)
def chili(rng, paint):
    """A chili pepper."""
    word, colour = rng.choice([("red", "#d92c26"), ("red", "#e53935"), ("green", "#5fa02f"), ("yellow", "#f9c22e")])
    data = "M74 34Q92 18 110 34Q124 60 100 88Q72 120 10 120Q2 118 8 112Q48 102 58 72Q64 46 74 34Z"
    parts = [path(data, paint.fill(colour)), stroke("M74 58Q70 86 46 104", paint.light(colour, 0.5), 6)]
    parts.append(path("M68 42Q72 20 90 18Q112 20 116 44Q104 36 98 44Q90 34 84 44Q78 36 68 42Z", "#3e8e41"))
    parts.append(stroke("M92 22Q92 10 106 8", "#3e8e41", 9))
    return Drawing(whole(rng, paint, parts, 10), ["chili", "chili pepper", "hot pepper"], [word])
