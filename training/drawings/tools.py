"""Tools and small things: for bath, garden, workshop, desk and laboratory; bones and a feather."""

from drawings import Drawing, circle, ellipse, group, line, path, polygon, rect, thing
from drawings.everyday import INK, NONE, around, free, ring, shade, shine, stroke, whole

STEELS = ("#9aa7b0", "#8a98a3", "#b0bcc4", "#7d8a94")
BONES = ("#efe6d0", "#e8dcc0", "#ece7da", "#e6dfcc")
BUBBLE = ' stroke="#7cc0e8" stroke-width="3"'


def slanted(rng, paint, parts, move=0.0, turns=(40, 45, 50), scale=0.9):
    """Turn an upright object, from y -10 to 138, and scale it; `move` brings its centre to x 64."""
    return whole(rng, paint, [group(group(*parts, move=(move, 0)), turn=rng.choice(turns), scale=scale)])


@thing(1.2)
def toothbrush(rng, paint):
    """A toothbrush, with toothpaste or without."""
    word, colour = free(paint, "gray", "black")
    bristle, band = "#dcecf5", rng.choice(["#55acee", "#4db6ac", "#9fc5e8"])
    parts = [rect(68, y, 30, 12, tone, 2) for y, tone in ((-6, bristle), (6, band), (18, bristle), (30, bristle))]
    data = "M52 -2Q52 -10 60 -10H66Q72 -10 72 -2V44L67 60L74 84V126Q74 138 63 138Q52 138 52 126V84L58 60L52 44Z"
    parts += [path(data, paint.fill(colour)), rect(59, 88, 8, 38, paint.light(colour, 0.45), 4, NONE)]
    names = ["toothbrush", f"{word} toothbrush"]
    if rng.random() < 0.35:
        parts += [stroke("M106 -2Q112 8 104 16Q112 24 104 36", "#7fd3e6", 17)]
        names.append("toothbrush with toothpaste")
    return Drawing(slanted(rng, paint, parts, -14, scale=0.86), names, [word])


@thing(1.0)
def soap(rng, paint):
    """A bar of soap with bubbles, or a bottle of liquid soap."""
    word, colour = paint.colour("pink", "green", "blue", "purple", "yellow", "orange")
    soft, dark = paint.light(colour, 0.35), paint.dark(colour, 0.15)
    if rng.random() < 0.3:
        parts = [stroke("M64 40V16H34V24", "#5d6a73", 10), rect(50, 34, 28, 14, "#5d6a73", 3)]
        data = "M46 46H82Q100 50 100 68V112Q100 124 88 124H40Q28 124 28 112V68Q28 50 46 46Z"
        parts += [path(data, paint.fill(soft)), rect(38, 74, 52, 34, "#fff", 5), circle(64, 91, 11, colour)]
        return Drawing(whole(rng, paint, parts), ["soap dispenser", "liquid soap", "bottle of soap"], [word])
    parts = [rect(6, 62, 116, 56, dark, 26), rect(6, 50, 116, 56, paint.fill(soft), 26)]
    parts += [rect(22, 60, 84, 36, "none", 17, f' stroke="{colour}" stroke-width="5"')]
    for x, y, r in ((36, 34, 17), (64, 22, 12), (92, 36, 15), (112, 56, 10), (16, 58, 10)):
        parts += [circle(x + rng.uniform(-4, 4), y, r, "#c9e9fa", BUBBLE)]
    return Drawing(whole(rng, paint, parts), ["soap", "bar of soap", "soap with bubbles"], [word])


@thing(1.0)
def sponge(rng, paint):
    """A kitchen sponge with a scouring side, at times with bubbles."""
    yellow, hole = rng.choice([("#fdd54a", "#d9a21b"), ("#ffcc4d", "#d8962a"), ("#f9dc5c", "#cfa52a")])
    pad, names = rng.choice(["#3e8e41", "#2e7d32", "#4c9a2a"]), ["sponge", "kitchen sponge", "cleaning sponge"]
    parts = [path("M6 62L30 30H122L100 62Z", paint.light(pad, 0.12)), path("M100 62L122 30V76L100 110Z", hole)]
    parts += [path("M100 62L122 30V44L100 78Z", paint.dark(pad, 0.3)), rect(6, 62, 94, 48, paint.fill(yellow), 5)]
    parts += [rect(6, 62, 94, 15, pad, 3)]
    for x, y, r in ((20, 90, 6), (38, 100, 4), (46, 86, 5), (64, 98, 7), (84, 88, 6), (88, 102, 3), (26, 103, 3)):
        parts.append(ellipse(x + rng.uniform(-3, 3), y, r, r * 0.8, hole, NONE))
    if rng.random() < 0.4:
        parts += [circle(x, y, r, "#d4eefb", BUBBLE) for x, y, r in ((22, 42, 12), (42, 26, 15), (66, 34, 11))]
        names.append("sponge with soap bubbles")
    return Drawing(whole(rng, paint, parts), names, ["yellow"])


@thing(1.0)
def comb(rng, paint):
    """A hair comb, with teeth along the whole side or with a handle."""
    word, colour = free(paint)
    step = rng.choice([11, 12, 13])
    if rng.random() < 0.5:
        parts = [rect(x, 48, 6, 50, colour, 3) for x in range(16, 108, step)]
        parts += [rect(4, 48, 10, 52, colour, 4), rect(114, 48, 10, 52, colour, 4)]
        parts.append(path("M4 56Q4 30 30 28H98Q124 30 124 56Z", paint.fill(colour)))
    else:
        parts = [rect(x, 50, 6, 48, colour, 3) for x in range(50, 118, step)]
        data = "M2 46Q2 36 14 36H44Q48 30 58 30H112Q126 30 126 44V58H48L42 54H14Q2 54 2 46Z"
        parts.append(path(data, paint.fill(colour)))
    return Drawing(whole(rng, paint, [group(*parts, scale=0.95)], 20), ["comb", "hair comb", f"{word} comb"], [word])


@thing(1.2)
def paintbrush(rng, paint):
    """An artist's brush with paint on its tip, or a wide brush for walls."""
    ink_word, ink = paint.colour("red", "blue", "green", "yellow", "purple", "pink", "orange")
    handle, steel = rng.choice([paint.wood(), "#e53935", "#1e88e5"]), rng.choice(STEELS)
    if rng.random() < 0.5:
        parts = [path("M50 42Q44 20 56 4Q62 -4 64 -14Q68 -4 74 4Q84 20 78 42Z", "#5b4030")]
        parts += [path("M47 24Q48 14 56 4Q62 -4 64 -14Q68 -4 74 4Q81 14 81 24Q72 32 64 24Q56 32 47 24Z", ink, NONE)]
        parts += [path("M53 66L59 134Q64 144 69 134L75 66Z", paint.fill(handle, "right"))]
        parts += [rect(49, 38, 30, 34, steel, 3), rect(49, 48, 30, 5, paint.dark(steel), 0, NONE)]
        return Drawing(slanted(rng, paint, parts), ["paintbrush", "brush", f"paintbrush with {ink_word} paint"])
    parts = [path("M54 84H74L76 116Q76 126 64 126Q52 126 52 116Z", paint.fill(handle)), circle(64, 115, 4, "#fff")]
    parts += [path("M28 68Q28 84 54 90H74Q100 84 100 68Z", handle), rect(24, 6, 80, 46, "#d9b26a", 3)]
    parts += [path("M24 6H104V24Q98 38 90 26Q82 20 76 32Q68 42 60 28Q52 20 46 30Q36 40 24 26Z", ink)]
    parts += [rect(22, 46, 84, 24, steel, 3)]
    names = ["paintbrush", "wide paintbrush", f"paintbrush with {ink_word} paint"]
    return Drawing(whole(rng, paint, [group(*parts, turn=rng.choice([0, 180, 30, -150]), scale=0.93)]), names)


@thing(1.0)
def shovel(rng, paint):
    """A shovel with a long handle, or a toy shovel of plastic."""
    steel, wood = rng.choice(STEELS), paint.wood()
    blade = "M40 84Q40 80 44 80H84Q88 80 88 84V108Q86 128 64 140Q42 128 40 108Z"
    grip = "M46 -6H82V4Q80 18 64 24Q48 18 46 4Z"
    if rng.random() < 0.3:
        word, colour = paint.colour("red", "yellow", "blue", "green", "pink", "orange")
        parts = [rect(56, 16, 16, 72, colour), path(grip, "none", f' stroke="{colour}" stroke-width="11"')]
        parts += [path(blade, paint.fill(colour)), rect(60, 90, 8, 30, paint.dark(colour), 4, NONE)]
        return Drawing(slanted(rng, paint, parts), ["shovel", "toy shovel", f"{word} plastic shovel"], [word])
    parts = [path(grip, "none", f' stroke="{rng.choice([wood, INK, "#c62828"])}" stroke-width="10"')]
    parts += [rect(58, 18, 12, 66, paint.fill(wood, "right")), path(blade, paint.fill(steel))]
    parts += [path("M56 66H72V84L68 112H60L56 84Z", paint.dark(steel, 0.3))]
    return Drawing(slanted(rng, paint, parts, 0, (40, 45, 220, 225)), ["shovel", "spade", "garden shovel"])


@thing(1.0)
def rake(rng, paint):
    """A garden rake with short teeth, or a leaf rake like a fan."""
    _, colour = paint.colour("red", "green", "blue", "orange", "gray")
    parts = [rect(58, 30, 12, 106, paint.fill(paint.wood(), "right"), 5)]
    if rng.random() < 0.5:
        parts += [rect(x, 2, 8, 28, colour, 3) for x in (20, 36, 52, 68, 84, 100)]
        parts += [rect(20, -4, 88, 13, paint.fill(colour), 4), rect(55, 6, 18, 36, shade(paint, colour), 3)]
        return Drawing(slanted(rng, paint, parts, 0, (35, 40, 220), 0.84), ["rake", "garden rake", "garden tool"])
    for x in (14, 31, 48, 64, 80, 97, 114):
        parts.append(stroke(f"M64 58L{x} {abs(x - 64) * 0.17 - 6:.0f}l{(64 - x) * 0.05:.0f} -8", colour, 6.5))
    parts += [stroke("M36 28Q64 16 92 28", shade(paint, colour), 7), rect(54, 46, 20, 24, shade(paint, colour), 4)]
    return Drawing(slanted(rng, paint, parts, 0, (35, 40, 215), 0.84), ["rake", "leaf rake", "garden rake"])


@thing(1.0)
def pliers(rng, paint):
    """Pliers with two coloured handles, open or nearly closed."""
    word, colour = paint.colour("red", "blue", "yellow", "orange", "green")
    steel, opened = rng.choice(STEELS), rng.uniform(4, 11)
    jaw = "M64 62L46 50Q42 26 54 2H63V34L72 52Z"
    half = path(jaw, paint.fill(steel, "right")) + stroke("M58 54Q78 62 88 82Q96 102 92 124", steel, 14)
    half += stroke("M82 72Q96 96 92 120", paint.dark(colour, 0.25), 19) + stroke("M82 72Q96 96 92 120", colour, 14)
    parts = [f'<g transform="rotate({-opened:.1f} 64 54)">{half}</g>']
    parts += [f'<g transform="translate(128 0) scale(-1 1) rotate({-opened:.1f} 64 54)">{half}</g>']
    parts += [circle(64, 52, 15, paint.dark(steel, 0.15)), circle(64, 52, 6, "#4a545b", NONE)]
    names = ["pliers", "pair of pliers", f"pliers with {word} handles", "tool"]
    return Drawing(whole(rng, paint, [group(*parts, turn=rng.choice([0, 30, 40]), scale=0.9)]), names)


@thing(1.0)
def screwdriver(rng, paint):
    """A screwdriver with a flat or crossed tip."""
    word, colour = paint.colour("red", "yellow", "blue", "green", "orange")
    steel, wide = rng.choice(STEELS), rng.uniform(38, 44)
    flat = rng.random() < 0.6
    tip = "M57 20L52 -2V-12H76V-2L71 20Z" if flat else "M57 14L60 -4L64 -14L68 -4L71 14Z"
    parts = [rect(57, 10, 14, 64, steel), path(tip, paint.dark(steel, 0.1))]
    parts += [rect(50, 58, 28, 18, shade(paint, colour), 4)]
    parts += [rect(64 - wide / 2, 70, wide, 70, paint.fill(colour, "right"), 15)]
    parts += [rect(x, 84, 6, 42, shade(paint, colour, 0.3), 3, NONE) for x in (51, 61, 71)]
    names = ["screwdriver", f"screwdriver with a {word} handle", *(["flathead screwdriver"] if flat else [])]
    return Drawing(slanted(rng, paint, parts, 0, (40, 45, 220, 230)), names)


@thing(1.0)
def drill(rng, paint):
    """A power drill from the side."""
    word, colour = paint.colour("red", "yellow", "blue", "green", "orange")
    grey = rng.choice(["#3a4147", "#2b2f33", "#4a5258"])
    parts = [polygon([(100, 33), (122, 33), (127, 38), (122, 43), (100, 43)], "#9aa7b0")]
    parts += [path("M80 24L102 28V48L80 52Z", grey), path("M18 50H52L44 106H12Z", paint.fill(colour))]
    parts += [path("M8 22Q8 14 18 14H74Q84 14 84 24V52Q84 60 76 60H18Q8 60 8 50Z", paint.fill(colour))]
    parts += [path("M50 60H62Q60 76 48 76Z", grey), rect(2, 98, 58, 24, grey, 5), rect(16, 28, 44, 8, grey, 4, NONE)]
    parts += [rect(76, 20, 10, 36, shade(paint, colour, 0.3), 3)]
    return Drawing(whole(rng, paint, parts, 6), ["drill", "power drill", "electric drill", "cordless drill"], [word])


@thing(1.0)
def flashlight(rng, paint):
    """A flashlight, mostly with its beam."""
    word, colour = free(paint, "white", "yellow")
    lit, dark = rng.random() < 0.7, shade(paint, colour, 0.3)
    lamp = [rect(45, 52, 38, 84, paint.fill(colour, "right"), 8)]
    lamp += [rect(45, 118, 38, 9, dark), rect(57, 66, 14, 24, dark, 6)]
    lamp += [path("M30 22H98V34L83 58H45L30 34Z", dark), ellipse(64, 20, 36, 11, "#fff3b0" if lit else "#cfe3ee")]
    names = ["flashlight", "torch", f"{word} flashlight"]
    if not lit:
        return Drawing(slanted(rng, paint, lamp, 0, scale=0.92), names, [word])
    beam = path("M32 20L8 -36H120L96 20Z", "#ffe566", NONE) + path("M46 20L38 -36H90L82 20Z", "#fff3ae", NONE)
    parts, turn = [group(beam, *lamp, move=(0, 14))], rng.choice([45, 60, 90])
    return Drawing(slanted(rng, paint, parts, 0, [turn], 0.7), [*names, "flashlight with a beam of light"], [word])


@thing(1.0)
def magnet(rng, paint):
    """A horseshoe magnet: red with pale tips, or half red and half blue."""
    red, blue = rng.choice(["#e53935", "#dd2e44", "#c62828"]), rng.choice(["#1e88e5", "#1565c0"])
    two, wide = rng.random() < 0.35, rng.uniform(30, 35)
    left = f"M8 40V66Q8 122 64 122H65V{122 - wide:.0f}H64Q{8 + wide:.0f} {122 - wide:.0f} {8 + wide:.0f} 66V40Z"
    right = f'<g transform="translate(128 0) scale(-1 1)">{path(left, blue if two else red)}</g>'
    parts = [path(left, red), right, *(rect(x, 12, wide, 30, "#c3ced6") for x in (8, 120 - wide))]
    parts.append(stroke("M17 52V66Q19 88 32 100", "#fff", 5).replace("/>", ' stroke-opacity=".45"/>'))
    if rng.random() < 0.35:
        bolt = "M{0} -24L{1} -10H{2}L{1} 6"
        parts += [stroke(bolt.format(x, x - 8, x + 4), "#f5b400", 7) for x in (26, 64, 102)]
        parts = [group(*parts, move=(0, 11), scale=0.82)]
    names = ["magnet", "horseshoe magnet", "red and blue magnet" if two else "red magnet"]
    turn = rng.choice([0, 0, 180, 35, 135])
    body = whole(rng, paint, [group(*parts, turn=turn, scale=0.84 if turn in (35, 135) else 1)])
    return Drawing(body, names, [] if two else ["red"])


@thing(1.2)
def magnifying_glass(rng, paint):
    """A magnifying glass."""
    rim = rng.choice(["#4a5258", "#2b2f33", "#7d8a94", "#c9962b"])
    handle, glass = rng.choice([paint.wood(), INK, "#c62828", "#1565c0"]), rng.choice(["#cdeaf8", "#bfe3f5"])
    radius = rng.uniform(36, 40)
    parts = [line(78, 78, 88, 88, rim, 13), line(92, 92, 114, 114, handle, 19), circle(50, 50, radius, glass)]
    parts += [ring(50, 50, radius, rim, rng.choice([10, 12])), stroke("M28 48Q30 32 46 28", "#fff", 7)]
    return Drawing(whole(rng, paint, [group(*parts, scale=1.02)]), ["magnifying glass", "magnifier", "loupe"])


@thing(1.0)
def telescope(rng, paint):
    """A telescope on a tripod, or a spyglass of brass."""
    word, colour = free(paint)
    if rng.random() < 0.3:
        brown, gold = rng.choice(["#8a4b20", "#6d4c41"]), rng.choice(["#e0a92e", "#d39b2a"])
        tubes = ((40, -10, 48, 60, brown), (45, 50, 38, 46, gold), (50, 96, 28, 40, brown), (36, -12, 56, 14, gold))
        parts = [rect(x, y, w, h, paint.fill(tone, "right"), 3) for x, y, w, h, tone in tubes]
        parts += [rect(x, y, w, 9, paint.dark(gold), 2) for x, y, w in ((38, 44, 52), (43, 90, 42), (46, 130, 36))]
        return Drawing(slanted(rng, paint, parts), ["telescope", "spyglass", "brass telescope"], ["brown"])
    metal, dark = rng.choice(["#4a5258", "#6b757c", paint.wood()]), shade(paint, colour, 0.3)
    parts = [line(64, 66, x, 122, metal, 9) for x in (28, 64, 100)] + [circle(64, 66, 11, paint.dark(metal))]
    tube = [rect(28, 36, 64, 30, paint.fill(colour), 3), rect(86, 31, 34, 40, dark, 4), rect(10, 42, 22, 18, dark, 3)]
    tube += [rect(0, 38, 13, 26, INK, 4), rect(114, 31, 10, 40, "#bfe3f5", 3)]
    parts.append(f'<g transform="rotate({rng.uniform(-34, -24):.0f} 64 52)">{"".join(tube)}</g>')
    return Drawing(whole(rng, paint, parts), ["telescope", "telescope on a tripod", "astronomical telescope"], [word])


@thing(1.0)
def microscope(rng, paint):
    """A microscope from the side."""
    word, colour = paint.colour("blue", "gray", "black", "white", "green", "red")
    colour = "#c9d3da" if word == "white" else colour
    dark = "#39424a" if word != "black" else "#7d8a94"
    parts = [rect(20, 108, 88, 15, dark, 6), stroke("M62 36Q104 42 102 76Q100 98 78 106", colour, 16)]
    parts += [rect(20, 84, 60, 9, dark, 3), rect(38, 78, 22, 6, "#7cc0e8", 2), rect(66, 90, 16, 22, colour)]
    tube = [rect(38, 14, 28, 46, paint.fill(colour, "right"), 4), rect(42, -6, 20, 22, dark, 4)]
    tube += [rect(43, 60, 18, 14, dark, 3)]
    parts.append(f'<g transform="translate(0 4) rotate({rng.choice([-18, -12])} 52 74)">{"".join(tube)}</g>')
    parts.append(circle(92, 76, 9, dark))
    return Drawing(whole(rng, paint, parts), ["microscope", "laboratory microscope", f"{word} microscope"], [word])


@thing(1.0)
def thermometer(rng, paint):
    """A thermometer with red liquid, upright or slanted."""
    red, glass = rng.choice(["#e53935", "#dd2e44"]), rng.choice(["#dcebf3", "#d3e6f0", "#e6eef2"])
    edge, level = ' stroke="#7f93a1" stroke-width="5"', rng.uniform(26, 62)
    data = "M40 24Q40 4 64 4Q88 4 88 24V74Q98 84 98 96Q98 124 64 124Q30 124 30 96Q30 84 40 74Z"
    parts = [path(data, glass, edge), circle(64, 96, 20, red, NONE), rect(49, level, 15, 96 - level, red, 7, NONE)]
    parts += [line(73, y, 82, y, "#5d6a73", 5) for y in (22, 35, 48, 61)] + [shine(56, 92, 4, 6, 20, 0.7)]
    body = whole(rng, paint, [group(*parts, turn=rng.choice([0, 0, 30]))])
    return Drawing(body, ["thermometer", "glass thermometer", "thermometer with red liquid"])


@thing(1.0)
def compass(rng, paint):
    """A compass whose needle has one red end."""
    case = rng.choice(["#d9a62e", "#c98f2b", "#8a98a3", "#a0632d", "#5d6a73"])
    face, turn = rng.choice(["#fbf6e6", "#ffffff", "#e8f2f7"]), rng.choice([25, 40, 50, -35, 15])
    parts = [ring(64, 12, 8, paint.dark(case), 6), rect(56, 14, 16, 12, paint.dark(case), 3)]
    parts += [circle(64, 74, 52, paint.fill(case, "round")), circle(64, 74, 41, face)]
    parts += [line(64 + (x - 64) * 0.84, 74 + (y - 74) * 0.84, x, y, INK, 5) for x, y, _ in around(64, 74, 36, 4)]
    needle = polygon([(64, 38), (75, 74), (53, 74)], "#e53935", NONE)
    needle += polygon([(64, 110), (75, 74), (53, 74)], rng.choice(["#3b6ea5", "#8a98a3", INK]), NONE)
    parts.append(f'<g transform="rotate({turn} 64 74)">{needle}</g>' + circle(64, 74, 5, "#f5f6f7", NONE))
    return Drawing(whole(rng, paint, parts), ["compass", "magnetic compass", "compass with a red needle"])


@thing(1.0)
def folded_map(rng, paint):
    """A folded map with land, water and a road, at times with a pin, or an old treasure map."""
    treasure = rng.random() < 0.3
    land, water = ("#e9cf94", "#d2ab62") if treasure else (rng.choice(["#b7d98b", "#a5d08a", "#f1e4b3"]), "#7cc4ee")
    folds = [("M6 28L44 14V104L6 118Z", 0), ("M44 14L84 28V118L44 104Z", 0.14), ("M84 28L122 14V104L84 118Z", 0)]
    parts = [path(d, paint.dark(land, share)) for d, share in folds]
    if treasure:
        parts += [stroke("M20 96Q30 70 48 82Q68 96 74 68", "#7a4a21", 5).replace("/>", ' stroke-dasharray="8 10"/>')]
        parts += [line(84, 36, 104, 56, "#c62828", 8), line(104, 36, 84, 56, "#c62828", 8)]
        return Drawing(whole(rng, paint, parts), ["treasure map", "map", "old map", "pirate map"])
    parts += [path("M6 74Q26 66 44 82L84 96V118L44 104L6 118Z", water, NONE)]
    parts += [path("M84 28L122 14V40Q104 52 84 44Z", water, NONE)]
    parts.append(stroke("M16 52Q30 34 46 50Q62 66 84 62Q104 60 114 82", rng.choice(["#ffffff", "#f4900c"]), 6))
    parts += [line(44, 16, 44, 102, paint.dark(land, 0.3), 3), line(84, 30, 84, 116, paint.dark(land, 0.3), 3)]
    if rng.random() < 0.65:
        x, y = rng.uniform(52, 80), rng.uniform(60, 72)
        parts += [path(f"M{x:.0f} {y:.0f}l-17 -30a20 20 0 1 1 34 0z", "#e53935"), circle(x, y - 40, 8, "#fff", NONE)]
        return Drawing(whole(rng, paint, parts), ["map", "map with a pin", "folded map", "map with a red marker"])
    return Drawing(whole(rng, paint, parts), ["map", "folded map", "paper map"])


@thing(1.0)
def feather(rng, paint):
    """A feather with its long bare shaft and cuts in the vane."""
    word, colour = paint.colour("blue", "gray", "brown", "red", "purple", "white", "black")
    colour = "#dfe6ea" if word == "white" else colour
    left = "M74 -14Q46 -6 38 24Q32 46 34 58L50 66L36 72Q40 92 60 100"
    right = "M74 -14Q98 12 94 46Q93 54 91 60L77 64L88 70Q80 92 60 100"
    sides = ((left, paint.fill(colour)), (right, shade(paint, colour, 0.18)))
    shaft = paint.dark(colour, 0.45) if word == "white" else shade(paint, colour, 0.45)
    parts = [path(side + "Q68 40 74 -14Z", tone) for side, tone in sides]
    tip = rng.choice([colour, colour, "#c9d3da", "#2b2f33"])
    if tip != colour and word not in ("white", "black"):
        parts.append(path("M74 -14Q46 -6 38 24Q54 10 68 16Q82 10 93 26Q90 4 74 -14Z", tip, NONE))
    parts.append(stroke(f"M70 8Q68 60 60 96L{rng.uniform(50, 58):.0f} 138", shaft, 6))
    names = ["feather", f"{word} feather", "bird feather"]
    return Drawing(slanted(rng, paint, parts, 0, (25, 32, 40), 0.88), names, [word])


@thing(1.0)
def megaphone(rng, paint):
    """A megaphone, at times with lines of sound."""
    word, colour = paint.colour("red", "blue", "orange", "yellow", "white", "green")
    colour = "#dde4e9" if word == "white" else colour
    trim = rng.choice(["#e53935", "#4a5258"]) if word == "white" else rng.choice(["#f1f4f6", "#4a5258"])
    parts = [path("M34 76H56L62 112Q62 120 54 120H46Q40 120 39 112Z", paint.dark(colour, 0.35))]
    parts += [path("M22 48L92 14V110L22 78Z", paint.fill(colour)), rect(4, 44, 24, 38, shade(paint, colour, 0.3), 8)]
    parts += [ellipse(92, 62, 15, 50, trim), ellipse(94, 62, 8, 36, paint.dark(trim, 0.35), NONE)]
    names = ["megaphone", "loudspeaker", f"{word} megaphone", "bullhorn"]
    if rng.random() < 0.45:
        parts = [group(*parts, move=(-8, 0), scale=0.86)]
        parts += [line(108, y, 121, 62 + (y - 62) * 1.4, "#f5a700", 7) for y in (34, 62, 90)]
    return Drawing(whole(rng, paint, [group(*parts, turn=rng.choice([0, -12, -18]))]), names, [word])


@thing(1.0)
def syringe(rng, paint):
    """A syringe with liquid and needle."""
    word, liquid = rng.choice([("blue", "#4fb3ea"), ("green", "#66bb6a"), ("red", "#e5484d"), ("yellow", "#f7c843")])
    level, grey = rng.uniform(40, 64), rng.choice(["#6b7f8c", "#7f93a1", "#5d7280"])
    edge = f' stroke="{grey}" stroke-width="5"'
    parts = [rect(61, -14, 6, 32, grey, 2), path("M55 24L59 10H69L73 24Z", grey), rect(59, 84, 10, 46, grey)]
    parts += [rect(46, 24, 36, 74, "#e6f2f8", 5, edge), rect(49, level, 30, 8, "#4a5258", 2, NONE)]
    parts.append(rect(49, 27, 30, level - 27, liquid, 3, NONE))
    parts += [line(70, y, 79, y, "#5d7280", 4) for y in (38, 52, 66, 80)]
    parts += [rect(34, 96, 60, 10, grey, 4), rect(44, 130, 40, 10, grey, 4)]
    names = ["syringe", "medical syringe", "injection", f"syringe with {word} liquid"]
    return Drawing(slanted(rng, paint, parts, 0, (40, 45, 220, 225)), names)


@thing(1.0)
def bone(rng, paint):
    """A bone with two knobs at each end."""
    colour, thick = rng.choice(BONES), rng.uniform(24, 30)
    edge = f' stroke="{paint.dark(colour, 0.35)}" stroke-width="4" stroke-linejoin="round"'
    a, b = 64 - thick / 2, 64 + thick / 2
    data = f"M{a:.0f} 28V100C{a - 26:.0f} 96 {a - 20:.0f} 138 50 132Q60 130 64 124Q68 130 78 132"
    data += f"C{b + 20:.0f} 138 {b + 26:.0f} 96 {b:.0f} 100V28C{b + 26:.0f} 32 {b + 20:.0f} -10 78 -4Q68 -2 64 4"
    data += f"Q60 -2 50 -4C{a - 20:.0f} -10 {a - 26:.0f} 32 {a:.0f} 28Z"
    turn = rng.choice([35, 40, 45, 50, 90])
    parts = [group(path(data, paint.fill(colour, "right"), edge), turn=turn, scale=0.82 if turn == 90 else 0.92)]
    return Drawing(whole(rng, paint, parts), ["bone", "dog bone", "white bone"])


@thing(1.0)
def tooth(rng, paint):
    """A tooth with two roots."""
    colour, wide = rng.choice(["#f4f7f9", "#f7f5ec", "#eef4f8"]), rng.uniform(0, 5)
    edge = f' stroke="{rng.choice(["#9db4c4", "#8fa6b6", "#b3b7a8"])}" stroke-width="5" stroke-linejoin="round"'
    a, b = 8 - wide, 120 + wide
    data = f"M64 22Q46 4 28 10Q{a:.0f} 18 {a + 4:.0f} 48Q16 68 24 80Q28 92 32 108Q36 124 46 120"
    data += "Q52 116 54 96Q58 80 64 80Q70 80 74 96Q76 116 82 120Q92 124 96 108"
    data += f"Q100 92 104 80Q112 68 {b - 4:.0f} 48Q{b:.0f} 18 100 10Q82 4 64 22Z"
    parts = [path(data, paint.fill(colour, "right") if paint.shaded else colour, edge)]
    parts += [stroke("M46 22Q62 36 78 24", "#b9cad6", 5), stroke("M24 46Q24 28 36 24", "#fff", 6)]
    if rng.random() < 0.25:
        parts += [ellipse(x, 50, 6, 8, INK, NONE) for x in (44, 84)] + [stroke("M50 64Q64 76 78 64", INK, 5)]
        return Drawing(whole(rng, paint, parts, 8), ["smiling tooth", "tooth with a face", "happy tooth"], ["white"])
    return Drawing(whole(rng, paint, parts, 10), ["tooth", "white tooth", "molar"], ["white"])


@thing(1.0)
def skull(rng, paint):
    """A human skull from the front, at times with crossed bones behind it."""
    colour, dark = rng.choice([*BONES, "#e4e9ec"]), rng.choice(["#2b2f33", "#3a2f2a", "#1c1f22"])
    rim, wide = paint.dark(colour, 0.4), rng.uniform(0, 4)
    edge, a, b = f' stroke="{rim}" stroke-width="4" stroke-linejoin="round"', 114 + wide, 14 - wide
    data = f"M64 6Q{a:.0f} 8 {a:.0f} 56Q114 78 96 86V108Q96 122 84 122H44"
    data += f"Q32 122 32 108V86Q14 78 {b:.0f} 56Q{b:.0f} 8 64 6Z"
    parts = [path(data, paint.fill(colour), edge)]
    parts += [ellipse(x, 58, 17, 17 + wide, dark, NONE) for x in (41, 87)]
    parts += [path("M64 74L73 92H55Z", dark, NONE), *(line(x, 104, x, 120, dark, 5) for x in (48, 64, 80))]
    if rng.random() < 0.75:
        return Drawing(whole(rng, paint, parts, 5), ["skull", "human skull"])
    bones = [circle(x, y, 11, colour, edge) for x in (13, 115) for y in (62, 78, 98, 114)]
    for tone, width in ((rim, 20), (colour, 13)):
        bones += [line(17, y, 111, 176 - y, tone, width) for y in (70, 106)]
    body = whole(rng, paint, [*bones, group(*parts, move=(0, -12), scale=0.78)], 5)
    return Drawing(body, ["skull and crossbones", "skull", "pirate skull"])


@thing(1.0)
def printer(rng, paint):
    """An office printer with paper above and a printed sheet in front."""
    word, colour = paint.colour("gray", "black", "white", "gray", "blue")
    colour = "#dde3e8" if word == "white" else colour
    dark, edge = shade(paint, colour, 0.35), ' stroke="#9db0bd" stroke-width="4"'
    parts = [rect(32, 6, 64, 44, "#fbfcfd", 2, edge), rect(4, 40, 120, 58, paint.fill(colour), 9)]
    parts += [rect(4, 40, 120, 15, dark, 7), rect(20, 74, 88, 13, INK if word != "black" else "#59636b", 4)]
    parts += [rect(30, 80, 68, 42, "#fbfcfd", 2, edge), circle(110, 64, 5, rng.choice(["#4cd964", "#55acee"]), NONE)]
    if rng.random() < 0.4:
        parts += [path("M36 116L54 94L66 108L74 100L92 116Z", "#43a047", NONE), circle(82, 92, 5, "#fbc02d", NONE)]
    else:
        parts += [rect(40, y, w, 5, "#5d6a73", 2, NONE) for y, w in ((90, 48), (100, 48), (110, 30))]
    return Drawing(whole(rng, paint, parts), ["printer", "office printer", f"{word} printer"], [word])


@thing(1.0)
def keyboard(rng, paint):
    """A computer keyboard from above, or a little from the front."""
    word, colour = paint.colour("gray", "black", "white", "black", "pink", "blue")
    colour = "#cfd8de" if word == "white" else colour
    key = "#ffffff" if word in ("white", "gray") else paint.light(colour, rng.choice([0.35, 0.75]))
    parts = [rect(2, 32, 124, 66, shade(paint, colour, 0.3), 9), rect(2, 28, 124, 64, paint.fill(colour), 9)]
    for y in (36, 50):
        parts += [rect(10 + i * 13.8, y, 10, 10, key, 2, NONE) for i in range(8)]
    parts += [rect(10, 64, 17, 10, key, 2, NONE), rect(99, 64, 18, 10, key, 2, NONE)]
    parts += [rect(31 + i * 13.6, 64, 10, 10, key, 2, NONE) for i in range(5)]
    parts += [rect(10, 78, 18, 9, key, 2, NONE), rect(32, 78, 62, 9, key, 2, NONE), rect(98, 78, 19, 9, key, 2, NONE)]
    names = ["keyboard", "computer keyboard", f"{word} keyboard"]
    return Drawing(whole(rng, paint, [group(*parts, turn=rng.choice([0, 0, -20]))], mirror=False), names, [word])
