"""Buildings, landscape features, boats, vehicles, monuments and carts."""

from drawings import Drawing, circle, edged, ellipse, group, line, path, polygon, rect, thing
from drawings.everyday import BROWNS, GREENS, INK, NONE, around, free, leaf, ring, shade, stroke, whole, windows

GLASS = ("#8fcdf0", "#6db5e0", "#5b9fd0")
WATER = ("#3b9ae0", "#4fb0ea", "#2f8fd6")
STONE = ("#b3babf", "#a9a298", "#c2b59b", "#98a3aa")
HOTEL = "v14m9-14v14m-9-7h9m12-7h9v14h-9zm20 0h10m-5 0v14m25-14h-9v14h9m-9-7h7m14-7v14h9"


def wagon_wheel(x, y, radius, colour):
    """A wheel with thick spokes."""
    bars = [line(x, y, a, b, colour, 4) for a, b, _ in around(x, y, radius - 2, 6, 30)]
    return "".join([*bars, ring(x, y, radius - 3, colour, 6), circle(x, y, radius * 0.22, colour, NONE)])


@thing(1.5)
def hospital(rng, paint):
    """A hospital: two wings, and a tower or a roof sign with a red cross."""
    wall, glass = rng.choice(["#e6ebef", "#d5e3ee", "#f1e6d0", "#c9d6df"]), rng.choice(GLASS)
    red, roof, top = "#e02b38", rng.choice(["#7f93a1", "#4f8fc0", "#5f6d78", "#3fa08f"]), rng.uniform(48, 58)
    parts = [rect(3, top, 122, 120 - top, paint.fill(paint.dark(wall, 0.1))), rect(3, top, 122, 8, roof)]
    parts += windows([(x, y) for x in (9, 103) for y in (top + 15, top + 37)], 16, 13, glass)
    if rng.random() < 0.6:
        parts += [rect(32, 10, 64, 110, paint.fill(wall)), rect(28, 5, 72, 9, roof)]
        parts += [rect(56, 20, 16, 44, red, 0, NONE), rect(42, 34, 44, 16, red, 0, NONE)]
        parts += windows(((38, 70), (74, 70)), 16, 11, glass)
    else:
        parts += [circle(64, 38, 33, red), path("M57 16h14v15h15v14h-15v15h-14v-15h-15v-14h15z", "#fff", NONE)]
        parts += windows(((36, top + 15), (76, top + 15)), 16, 13, glass)
    parts += [rect(46, 88, 36, 32, glass), line(64, 90, 64, 118, "#fff", 4), rect(40, 83, 48, 7, roof)]
    return Drawing(whole(rng, paint, parts), ["hospital", "hospital building", "hospital with a cross", "clinic"])


@thing(1.5)
def school(rng, paint):
    """A school: long, with a gable in the middle that has a clock, and a flag."""
    wall, glass = rng.choice(["#c8553d", "#d9824b", "#e8b04a", "#f0d39a", "#b5523b"]), "#b5dff6"
    roof, flag = rng.choice(["#6b3a2e", "#4a5b6a", "#7d4a35"]), rng.choice(["#e53935", "#1e88e5", "#43a047"])
    parts = [line(64, 4, 64, 40, "#6b757c", 4), path("M66 3h26l-6 8l6 8h-26z", flag)]
    parts += [rect(4, 66, 120, 54, paint.fill(wall)), polygon([(1, 68), (8, 52), (120, 52), (127, 68)], roof)]
    parts += windows([(x, y) for x in (9, 24, 92, 107) for y in (76, 99)], 11, 16, glass)
    parts += [rect(40, 52, 48, 68, paint.light(wall, 0.15)), polygon([(34, 56), (64, 27), (94, 56)], roof)]
    parts += [circle(64, 64, 13, "#fff", edged("#2b2f33", 3)), stroke("M64 56V64H70", INK, 4)]
    parts += [rect(50, 86, 28, 34, rng.choice(["#7a4a21", "#2e6da4"])), line(64, 88, 64, 119, "#f2e3c6", 4)]
    return Drawing(whole(rng, paint, parts, 0, False), ["school", "school building", "schoolhouse"])


@thing(1.4)
def hotel(rng, paint):
    """A hotel: many lit windows, an awning over the door, and its name in big letters."""
    wall = rng.choice(["#c98f5f", "#e8b98f", "#6f8fae", "#b5654a", "#8a7fb0", "#e2c07a"])
    sign, light = rng.choice(["#b71c1c", "#1f3f77", "#2b2f33", "#5d2f7a"]), rng.choice(["#fff1b8", "#ffe082"])
    parts = [rect(14, 28, 100, 92, paint.fill(wall)), rect(6, 3, 116, 27, sign, 4)]
    parts += [stroke(f"M18 9.5{HOTEL}", "#ffe082", 4)]
    parts += windows([(x, y) for y in (37, 60) for x in (22, 45, 68, 91)], 15, 16, light)
    parts += windows(((22, 86), (91, 86)), 15, 20, light)
    parts += [rect(46, 92, 36, 28, "#5a3a22"), line(64, 94, 64, 119, light, 4), path("M38 94Q64 70 90 94Z", sign)]
    return Drawing(whole(rng, paint, parts, 0, False), ["hotel", "hotel building", "hotel with a sign"])


@thing(1.6)
def shop(rng, paint):
    """A shop with a striped awning, a shop window and a door."""
    word, colour = paint.colour("red", "blue", "green", "orange", "pink", "purple")
    wall, wood = rng.choice(["#f2e3c6", "#e3c59b", "#dfe5e9", "#c98f5f", "#f3cfae"]), rng.choice(BROWNS)
    parts = [rect(10, 14, 108, 106, paint.fill(wall)), rect(6, 6, 116, 14, wood, 2), rect(10, 110, 108, 10, wood)]
    door, pane = rng.choice([(18, 56), (82, 14)]), rng.choice(["#a8dcf5", "#bfe6f7", "#8fcdf0"])
    parts += [rect(door[0], 62, 28, 58, wood), rect(door[0] + 5, 68, 18, 26, pane, 0, NONE)]
    parts += [rect(door[1], 66, 58, 38, pane, 0, edged(wood, 5))]
    goods = rng.sample(["#e53935", "#fdd835", "#43a047", "#fb8c00", "#8e24aa"], 3)
    if rng.random() < 0.7:
        parts += [circle(door[1] + 13 + 16 * i, 95, 7.5, goods[i], NONE) for i in range(3)]
    for i in range(6):
        data = f"M{2 + i * 20.67:.1f} 52L{12 + i * 17.33:.1f} 18h17.4L{22.7 + i * 20.67:.1f} 52a10.3 11 0 0 1-20.7 0z"
        parts += [path(data, "#ffffff" if i % 2 else colour)]
    parts += [stroke("M12 18H116L126 52H2Z", shade(paint, colour), 3)]
    return Drawing(whole(rng, paint, parts), ["shop", "store", "shop with an awning", f"shop with a {word} awning"])


@thing(1.4)
def mosque(rng, paint):
    """A mosque: a dome with a crescent between two minarets."""
    wall = rng.choice(["#f2e3c6", "#e9ecef", "#e8d5b0", "#dfe7ea"])
    dome = rng.choice(["#2aa198", "#e0aa3e", "#3b88c3", "#4a9a5b", "#d9a441", "#1f7a8c"])
    bulge, dark, parts = rng.uniform(0, 6), paint.dark(wall, 0.12), []
    for x in (14, 114):
        parts += [rect(x - 9, 34, 18, 86, paint.fill(dark, "right")), rect(x - 13, 50, 26, 8, dome)]
        parts += [path(f"M{x - 11} 36Q{x - 11} 22 {x} 6Q{x + 11} 22 {x + 11} 36Z", dome)]
    parts += [path(f"M30 70Q{24 - bulge} 42 64 22Q{104 + bulge} 42 98 70Z", paint.fill(dome, "right"))]
    parts += [path("M69 1A10 10 0 1 0 69 19A12 12 0 0 1 69 1Z", "#e5a823", NONE)]
    parts += [rect(27, 66, 74, 54, paint.fill(wall)), rect(27, 66, 74, 7, dome)]
    parts += [path("M50 120V100Q50 86 64 80Q78 86 78 100V120Z", paint.dark(dome, 0.5))]
    parts += [path(f"M{x} 108V94q0-7 5-10q5 3 5 10v14z", paint.dark(dome, 0.5), NONE) for x in (34, 84)]
    return Drawing(whole(rng, paint, parts, 0, False), ["mosque", "mosque with a dome", "mosque with minarets"])


@thing(1.6)
def temple(rng, paint):
    """A Greek temple with columns, or a pagoda with several roofs."""
    if rng.random() < 0.5:
        stone = rng.choice(["#e8dcc0", "#dcd6ca", "#d5dade", "#ead2a8"])
        dark, count = paint.dark(stone, 0.22), rng.choice([4, 4, 5])
        parts = [rect(14, 48, 100, 58, "#6b655c"), polygon([(4, 38), (64, 4), (124, 38)], paint.fill(stone))]
        parts += [polygon([(32, 34), (64, 15), (96, 34)], dark, NONE), rect(6, 38, 116, 12, dark)]
        for i in range(count):
            x = 14 + i * 86 / (count - 1)
            parts += [rect(x, 50, 14, 54, paint.fill(stone, "right")), rect(x - 3, 49, 20, 6, stone)]
        parts += [rect(7, 102, 114, 9, stone), rect(1, 111, 126, 10, dark)]
        return Drawing(whole(rng, paint, parts), ["temple", "greek temple", "ancient temple", "temple with columns"])
    roof, wall = rng.choice(["#c62828", "#3d6b57", "#4a5b6a"]), rng.choice(["#f2e3c6", "#d9a05b", "#f0d9b0"])
    parts = [rect(61, 2, 6, 22, "#e0aa3e"), rect(10, 112, 108, 9, "#9aa3aa")]
    for y, half in ((88, 44), (54, 34), (20, 24)):
        parts += [rect(64 - half + 8, y + 12, 2 * half - 16, 24, wall)]
        parts += [rect(64 + x, y + 16, 6, 20, shade(paint, roof), 0, NONE) for x in (11 - half, half - 17)]
    parts += [rect(54, 100, 20, 12, "#5a2e1e")]
    for y, half in ((80, 60), (46, 50), (12, 40)):
        data = f"M{64 - half} {y + 14}Q{64 - half * 0.6:.0f} {y + 12} {64 - half * 0.4:.0f} {y}H{64 + half * 0.4:.0f}"
        data += f"Q{64 + half * 0.6:.0f} {y + 12} {64 + half} {y + 14}L{62 + half} {y + 23}H{66 - half}Z"
        parts += [path(data, paint.fill(roof))]
    return Drawing(whole(rng, paint, parts), ["pagoda", "temple", "japanese temple", "chinese temple"])


@thing(1.2)
def stadium(rng, paint):
    """A stadium seen obliquely from above: stands around a green field."""
    _, seats = paint.colour("red", "blue", "orange", "yellow", "purple")
    outer, tall = rng.choice(["#dfe5e9", "#c3ccd3", "#e8dcc0"]), rng.uniform(26, 34)
    parts = [path(f"M2 58V{58 + tall:.0f}A62 36 0 0 0 126 {58 + tall:.0f}V58Z", paint.fill(paint.dark(outer, 0.15)))]
    for x, low in ((12, -5), (30, 5), (48, 11), (66, 12), (84, 8), (102, 0)):
        parts += [rect(x, 84 + low - 2, 11, tall - 10, paint.dark(outer, 0.5), 4, NONE)]
    parts += [ellipse(64, 54, 62, 39, outer), ellipse(64, 54, 56, 33, paint.fill(seats))]
    parts += [ellipse(64, 56, 47, 26, "none", edged(paint.light(seats, 0.5), 4)), rect(27, 41, 74, 30, "#43a047", 6)]
    parts += [stroke("M32 45h64v22h-64zM64 45v22M55 56a9 6 0 1 0 18 0a9 6 0 1 0-18 0", "#fff", 3)]
    parts = [group(*parts, move=(0, 4))]
    if rng.random() < 0.5:
        parts = [line(x, 14, x, 44, "#6b757c", 5) + rect(x - 11, 6, 22, 14, "#ffe082", 2) for x in (14, 114)] + parts
    return Drawing(whole(rng, paint, parts, 0, False), ["stadium", "football stadium", "sports stadium", "arena"])


@thing(1.3)
def cave(rng, paint):
    """A cave: a hill of rock with a dark opening, some with stalactites."""
    rock, peak = rng.choice(["#8a8f94", "#8d7b68", "#9a8570", "#75797e"]), rng.uniform(8, 16)
    dark, wide = paint.dark(rock, 0.25), rng.uniform(0, 5)
    outer = f"M2 120L8 78L22 64L28 36L50 24L62 {peak:.0f}L86 18L100 42L116 60L120 88L126 120Z"
    parts = [path(outer, paint.fill(rock)), path("M86 18L100 42L116 60L120 88L126 120H98L104 86L92 52Z", dark, NONE)]
    parts += [path("M28 36L50 24L62 14L58 34L40 44Z", paint.light(rock, 0.25), NONE)]
    parts += [path(f"M{30 - wide} 120Q{28 - wide} 84 44 66Q62 50 80 64Q{98 + wide} 82 {96 + wide} 120Z", "#1b1714")]
    if rng.random() < 0.5:
        parts += [path("M44 64h12l-6 22zM57 56h13l-6 28zM73 62h12l-6 20z", dark, NONE)]
    if rng.random() < 0.5:
        parts += [path(f"M{x} 121q2-14 6-18q2 6 4 6q2-6 6-10q4 8 6 22z", rng.choice(GREENS), NONE) for x in (4, 102)]
    parts += [ellipse(18, 116, 15, 8, dark), ellipse(108, 117, 13, 7, paint.light(rock, 0.15))][: rng.choice([0, 2])]
    return Drawing(whole(rng, paint, parts), ["cave", "cave entrance", "rocky cave", "cavern"])


@thing(1.3)
def iceberg(rng, paint):
    """An iceberg: its peak on the sea, or with its large part under water."""
    sea, ice = rng.choice(WATER), rng.choice(["#d3effc", "#c4e7f8", "#dbeefa"])
    edge, left = edged("#7fb8d8", 3), rng.randint(46, 66)
    if rng.random() < 0.55:
        parts = [rect(2, 50, 124, 74, paint.fill(sea), 8)]
        parts += [path("M16 50H112L118 70L100 96L80 104L66 121L44 104L22 84Z", "#a3d8f2", NONE)]
        parts += [path("M62 50H112L118 70L100 96L80 104L66 121Z", "#82c3e8", NONE)]
        parts += [path(f"M24 50L36 30L46 28L{left} 5L82 18L90 34L104 50Z", ice, edge)]
        parts += [path(f"M24 50L36 30L46 28L{left} 5V30L54 50Z", "#fff", NONE), line(4, 51, 124, 51, "#e9f7fe", 4)]
        return Drawing(whole(rng, paint, parts), ["iceberg", "iceberg under water", "floating iceberg"])
    parts = [path(f"M10 104L22 66L38 54L{left} 8L80 26L92 56L108 64L120 104Z", paint.fill(ice), edge)]
    parts += [path(f"M10 104L22 66L38 54L{left} 8L66 50L50 72L46 104Z", "#fff", NONE)]
    parts += [path("M80 26L92 56L108 64L120 104H92L84 70Z", "#8fcbea", NONE)]
    parts += [path("M0 100Q16 90 32 100T64 100T96 100T128 100V122H0Z", sea, NONE)]
    parts += [stroke("M14 112h26M70 114h34", paint.light(sea, 0.5), 4)]
    return Drawing(whole(rng, paint, parts), ["iceberg", "iceberg in the sea", "floating iceberg"])


@thing(1.2)
def pond(rng, paint):
    """A pond with lily pads, reeds and stones around it."""
    water, stone, grass = rng.choice(WATER), rng.choice(STONE), rng.choice(["#6fae3f", "#8bb84a"])
    parts = [path("M3 80Q2 48 40 46Q76 36 104 50Q130 62 124 88Q116 118 66 118Q8 118 3 80Z", grass)]
    parts += [path("M14 80Q14 56 44 56Q76 46 100 58Q118 68 113 86Q104 108 66 108Q18 108 14 80Z", paint.fill(water))]
    parts += [stroke("M36 68h22M56 98h24", paint.light(water, 0.5), 4)]
    for x, y in rng.sample([(40, 86), (70, 78), (92, 90), (86, 66)], rng.choice([2, 3])):
        parts += [path(f"M{x} {y}L{x + 14} {y - 4}A15 8 0 1 1 {x + 8} {y - 7}Z", "#2e8b3d", NONE)]
        if rng.random() < 0.5:
            parts += [path(f"M{x - 8} {y - 12}l8 7l8-7l-3 12h-10z", "#f48fb1", NONE)]
            parts += [polygon([(x - 5, y), (x, y - 15), (x + 5, y)], "#fbc1d6", NONE)]
    for x, top in ((14, 22), (26, 8), (38, 26)):
        parts += [line(x + 3, 64, x, top, "#4a7a2c", 4.5), rect(x - 5, top - 2, 10, 24, "#7a4a21", 5)]
    parts += [leaf(26, 66, 38, turn, "#5c913b", 0.2) for turn in (-118, -50)]
    stones = ((104, 104), (84, 113), (22, 104))[: rng.choice([0, 2, 3])]
    parts += [ellipse(x, y, 12, 8, paint.fill(stone)) for x, y in stones]
    return Drawing(whole(rng, paint, parts), ["pond", "pond with reeds", "pond with water lilies", "small lake"])


@thing(1.5)
def fountain(rng, paint):
    """A stone fountain with one or two bowls and jets of water."""
    stone, water = rng.choice(STONE), rng.choice(["#4fb0ea", "#5cc0f0", "#3b9ae0"])
    dark = paint.dark(stone, 0.2)
    jets = ["M64 40Q60 4 42 14Q28 24 26 60", "M64 40Q68 4 86 14Q100 24 102 60", "M64 44V8"]
    parts = [ellipse(64, 96, 60, 13, dark), ellipse(64, 95, 52, 9, water, NONE)]
    parts += [rect(56, 44, 16, 54, paint.fill(dark, "right"))]
    if rng.random() < 0.6:
        jets = ["M64 30Q60 4 50 8Q40 14 38 50", "M64 30Q68 4 78 8Q88 14 90 50", "M64 34V6"]
        jets += ["M38 58Q20 58 18 92", "M90 58Q108 58 110 92"]
        parts += [path("M30 50H98Q94 68 64 68Q34 68 30 50Z", paint.fill(stone)), ellipse(64, 50, 34, 7, water)]
        parts += [rect(59, 32, 10, 18, dark)]
    else:
        parts += [rect(50, 40, 28, 8, stone, 3)]
        jets += ["M26 60Q24 78 24 90", "M102 60Q104 78 104 90"]
    parts += [stroke(data, water, 6) for data in jets]
    parts += [path("M4 96Q64 122 124 96L118 121H10Z", paint.fill(stone)), rect(3, 115, 122, 8, dark, 3)]
    return Drawing(whole(rng, paint, parts, 0, False), ["fountain", "water fountain", "stone fountain"])


@thing(1.4)
def canoe(rng, paint):
    """A canoe: both ends curve up; with a paddle."""
    word, colour = ("brown", paint.wood()) if rng.random() < 0.4 else free(paint, "gray")
    dark, high, wood = shade(paint, colour, 0.35), rng.uniform(34, 42), rng.choice(["#c1834a", "#8a4b20", "#e0aa3e"])
    parts = [line(86, 14, 60, 76, wood, 6), ellipse(88, 16, 10, 17, wood, ' transform="rotate(23 88 16)"')]
    side = f"M3 {high:.0f}q9-4 17 14Q64 78 108 {high + 14:.0f}q8-18 17-14Q126 100 92 102H36Q2 100 3 {high:.0f}Z"
    parts += [path(side, paint.fill(colour)), stroke(f"M16 {high + 8:.0f}Q30 72 64 72T112 {high + 8:.0f}", dark, 5)]
    parts += [stroke("M18 86Q64 94 110 86", rng.choice([dark, "#f5e6c8", paint.light(colour, 0.5)]), 5)]
    if rng.random() < 0.6:
        parts += [path("M0 102Q16 94 32 102T64 102T96 102T128 102V112H0Z", rng.choice(WATER), NONE)]
    return Drawing(whole(rng, paint, [group(*parts, move=(0, 4))]), ["canoe", "canoe with a paddle"], [word])


@thing(1.4)
def yacht(rng, paint):
    """A motor yacht with long windows, or a yacht under sail."""
    edge, sea = edged("#8fa0ab", 3), rng.choice(WATER)
    _, stripe = paint.colour("blue", "red", "black", "green")
    wave = path("M0 106Q16 98 32 106T64 106T96 106T128 106V121H0Z", sea, NONE)
    if rng.random() < 0.6:
        parts = [line(50, 10, 58, 36, "#6b757c", 5), path("M34 36H72L82 52H30Z", "#fff", edge)]
        parts += [path("M16 52H84L104 74H14Z", "#fff", edge)]
        parts += [path("M40 40H69L74 49H38ZM22 57H80L91 70H22Z", "#35506b", NONE)]
        parts += [path("M6 72H127Q116 104 100 114H16Q6 100 6 72Z", "#f4f7f9", edge)]
        parts += [path("M8 88H119L113 98H10Z", stripe, NONE), wave]
        return Drawing(whole(rng, paint, parts), ["yacht", "motor yacht", "luxury yacht"], ["white"])
    parts = [line(60, 4, 60, 96, "#6b757c", 5), path("M65 6Q104 44 112 84H65Z", paint.fill("#f5f6f7"), edge)]
    parts += [path("M55 12Q34 52 10 84H55Z", stripe, edge), path("M38 88L46 80H90L96 88Z", "#dfe6ea", edge)]
    parts += [path("M2 88H126Q116 114 98 116H26Q12 112 2 88Z", "#f7f9fa", edge), wave]
    return Drawing(whole(rng, paint, parts), ["yacht", "sailing yacht", "sailboat"])


@thing(1.3)
def bus_stop(rng, paint):
    """A shelter with a bench and a sign, or only the sign with a bus on it."""
    sign, pole = rng.choice(["#1e6fc0", "#1e6fc0", "#2e7d32", "#c62828", "#e0a100"]), "#6b757c"
    bus = rect(0, 0, 40, 26, "#fff", 5, NONE) + "".join(rect(x, 5, 9, 9, sign, 1, NONE) for x in (4, 16, 28))
    bus += circle(10, 27, 5.5, "#fff", edged(sign, 2.5)) + circle(30, 27, 5.5, "#fff", edged(sign, 2.5))
    if rng.random() < 0.4:
        parts = [rect(59, 60, 10, 62, pole), rect(44, 116, 40, 8, pole, 3), rect(22, 4, 84, 68, paint.fill(sign), 9)]
        parts += [rect(27, 9, 74, 58, "none", 6, edged("#fff", 4))]
        parts += [f'<g transform="translate(34 18) scale(1.5)">{bus}</g>']
        parts += [rect(42, 78, 44, 18, "#f1f3f5", 2, edged("#6b757c", 3))]
        return Drawing(whole(rng, paint, parts, 0, False), ["bus stop sign", "bus stop", "bus sign"])
    seat, roof = rng.choice(BROWNS), rng.choice(["#4a5258", sign, "#6b757c"])
    parts = [rect(44, 34, 76, 70, "#cfe8f5"), *[rect(x, 30, 7, 90, pole) for x in (42, 79, 116)]]
    parts += [rect(34, 20, 94, 14, roof, 3), rect(52, 84, 60, 9, seat, 2), rect(58, 92, 7, 28, seat)]
    parts += [rect(99, 92, 7, 28, seat), rect(52, 64, 60, 9, seat, 2), rect(14, 40, 8, 80, pole)]
    parts += [rect(1, 6, 38, 40, paint.fill(sign), 6), f'<g transform="translate(4 14) scale(.8)">{bus}</g>']
    parts += [rect(0, 117, 128, 7, "#9aa3aa", 2)]
    return Drawing(whole(rng, paint, parts, 0, False), ["bus stop", "bus shelter", "bus stop with a bench"])


@thing(1.4)
def shopping_cart(rng, paint):
    """A shopping cart from the side, empty or full of goods."""
    word, colour = paint.colour("gray", "gray", "red", "blue", "green", "black", "orange")
    grip, parts = rng.choice(["#e53935", "#1e88e5", colour]), []
    names = ["shopping cart", "shopping trolley", "supermarket cart"]
    if rng.random() < 0.4:
        parts = [rect(48, 6, 22, 40, "#d39b5c", 2), circle(86, 28, 14, "#e53935"), circle(106, 32, 12, "#7cb342")]
        names.append("full shopping cart")
    parts += [path("M32 34H124L110 80H44Z", paint.light(colour, 0.75), edged(colour, 6))]
    parts += [stroke("M37 50H120M41 65H115M54 36L60 78M77 36L78 78M101 36L95 78", colour, 4)]
    parts += [stroke("M6 20H26L50 100H108", colour, 7), line(4, 20, 22, 20, grip, 9)]
    parts += [circle(x, 112, 10, INK) + circle(x, 112, 4, "#c3ccd3", NONE) for x in (54, 102)]
    return Drawing(whole(rng, paint, parts), names, [word])


@thing(1.4)
def cart(rng, paint):
    """A pulled rickshaw, a tuk-tuk, or a wooden cart with a horse."""
    kind = rng.choice(["rickshaw", "tuk-tuk", "horse"])
    word, colour = paint.colour("red", "green", "blue", "yellow")
    dark = shade(paint, colour, 0.35)
    if kind == "rickshaw":
        parts = [stroke("M60 88L4 74M62 90L48 100H34", "#7a4a21", 7)]
        parts += [path("M44 44Q50 6 92 8Q122 14 118 60H96Q96 36 44 44Z", paint.fill(colour))]
        parts += [stroke("M104 9Q100 30 104 58M76 9Q72 24 76 40", dark, 4), path("M96 54H118V92H62V76H96Z", dark)]
        parts += [rect(60, 68, 40, 10, "#f5e6c8", 4), wagon_wheel(88, 94, 29, INK)]
        return Drawing(whole(rng, paint, parts), ["rickshaw", "pulled rickshaw", "old rickshaw"], [word])
    if kind == "tuk-tuk":
        parts = [path("M12 60Q14 18 38 14H106Q118 14 118 30V62Z", "#cfe8f5")]
        parts += [path("M16 34Q22 10 40 8H108Q122 10 122 34Z", INK), rect(60, 32, 8, 50, dark)]
        parts += [rect(112, 32, 9, 50, dark), stroke("M16 34L10 64", dark, 7), rect(76, 52, 34, 34, "#7a4a21", 4)]
        parts += [path("M8 62H30L38 84H62V68H122V104H10Q0 84 8 62Z", paint.fill(colour)), circle(10, 76, 6, "#fff")]
        parts += [circle(x, 106, 15, INK) + circle(x, 106, 6, "#c3ccd3", NONE) for x in (26, 100)]
        return Drawing(whole(rng, paint, parts), ["tuk-tuk", "auto rickshaw", "rickshaw"], [word])
    coat, wood = rng.choice(["#8a5530", "#a0652f", "#6b3e1f", "#98a2a9"]), paint.wood()
    mane = paint.dark(coat, 0.5)
    parts = [stroke("M24 84L20 118M50 84L54 118", mane, 7), stroke("M30 84V119M56 84V119", coat, 8)]
    parts += [stroke("M58 68Q66 76 62 94", mane, 7), rect(20, 62, 44, 28, coat, 13)]
    parts += [path("M36 68L30 30L22 24L16 30L2 48Q2 56 10 56L20 50L20 78Z", coat), stroke("M28 28L38 62", mane, 7)]
    parts += [circle(17, 38, 2.5, INK, NONE), line(34, 80, 84, 86, "#5a3a22", 6)]
    parts += [path("M66 52H126L120 88H72Z", paint.fill(wood)), stroke("M70 67H122", shade(paint, wood), 4)]
    parts += [wagon_wheel(96, 97, 25, "#4a2e1a")]
    if rng.random() < 0.5:
        parts.insert(0, path("M70 56Q78 28 96 30Q116 28 122 56Z", "#e3b94a"))
    return Drawing(whole(rng, paint, parts), ["horse cart", "horse and cart", "cart with a horse"])


@thing(1.5)
def wheelchair(rng, paint):
    """A wheelchair from the side."""
    word, colour = paint.colour("blue", "black", "red", "gray", "green")
    frame, big = "#7d8890" if word != "gray" else "#4a5258", rng.uniform(32, 36)
    parts = [stroke("M18 18H36L46 72M42 48H76V72M84 72L98 106H114", frame, 7), line(84, 78, 84, 100, frame, 6)]
    parts += [rect(38, 64, 50, 12, paint.fill(colour), 5), path("M28 22L42 20L52 68L40 70Z", colour)]
    parts += [rect(44, 42, 36, 9, INK, 4), line(10, 19, 28, 19, INK, 9), rect(92, 101, 28, 8, INK, 3)]
    parts += [circle(84, 109, 10, "#fff", edged(INK, 6)), ring(46, 120 - big, big - 3, INK, 7)]
    parts += [line(46, 120 - big, x, y, "#8a949b", 4) for x, y, _ in around(46, 120 - big, big - 7, 6, 20)]
    return Drawing(whole(rng, paint, parts), ["wheelchair", "wheel chair", "wheelchair from the side"], [word])


@thing(1.4)
def parachute(rng, paint):
    """A parachute with stripes that carries a person or a box."""
    _, colour = paint.colour("red", "blue", "orange", "green", "purple", "pink")
    other, names = rng.choice(["#fff6e0", "#fdd835", paint.light(colour, 0.5)]), ["parachute", "open parachute"]
    parts = [line(x, 52, 64, 98, "#55606a", 4) for x in (8, 45, 83, 120)]
    hem = "Q114 46 104 54Q94 46 84 56Q74 46 64 56Q54 46 44 56Q34 46 24 54Q14 46 4 56Z"
    parts += [path(f"M4 56Q4 4 64 4Q124 4 124 56{hem}", paint.fill(colour))]
    parts += [path("M44 56Q42 20 64 4Q86 20 84 56Q74 46 64 56Q54 46 44 56Z", other)]
    parts += [path("M4 56Q6 14 50 6Q24 24 24 54Q14 46 4 56ZM124 56Q122 14 78 6Q104 24 104 54Q114 46 124 56Z", other)]
    if rng.random() < 0.5:
        parts += [rect(48, 94, 32, 28, "#c1834a", 2), rect(60, 94, 8, 28, "#e8c48f", 0, NONE)]
        names += ["parachute with a box", "supply drop"]
    else:
        cloth = rng.choice(["#1e6fc0", "#c62828", "#3d6b45", INK])
        parts += [stroke("M58 108L54 122M70 108L74 122", INK, 8), stroke("M54 96L48 82M74 96L80 82", cloth, 6)]
        parts += [rect(53, 90, 22, 22, cloth, 6), circle(64, 82, 10, rng.choice(["#f7c99b", "#c68642"]))]
        names += ["parachutist", "person with a parachute"]
    return Drawing(whole(rng, paint, parts, 5), names)


@thing(1.4)
def anchor(rng, paint):
    """An anchor of a ship, some with a rope."""
    word, colour = paint.colour("blue", "black", "gray", "gray")
    names, thick = ["anchor", "ship anchor", "boat anchor"], rng.uniform(11, 14)
    parts = [ring(64, 18, 11, colour, 8), rect(64 - thick / 2, 28, thick, 84, colour, 2)]
    arms = "M2 84L14 62L34 80H25Q34 104 64 108Q94 104 103 80H94L114 62L126 84L116 82Q104 120 64 124Q24 120 12 82Z"
    parts += [rect(36, 38, 56, 12, colour, 5), path(arms, colour)]
    if rng.random() < 0.35:
        parts += [stroke("M64 10Q104 6 96 30Q90 48 66 54T48 80Q56 96 80 92", "#d9b06a", 7)]
        names.append("anchor with a rope")
    return Drawing(whole(rng, paint, parts, 8), names, [word])


@thing(1.4)
def tree_house(rng, paint):
    """A wooden house in a tree, with a ladder."""
    green, bark, wood = rng.choice(GREENS), rng.choice(BROWNS), rng.choice(["#d39b5c", "#c1834a", "#e0b070"])
    roof = rng.choice(["#e53935", "#3b88c3", "#f57c00", "#7a3b2e"])
    parts = [path("M46 122Q54 96 50 60H78Q74 96 84 122Z", paint.fill(bark, "right"))]
    crown = ((26, 46, 0.15), (102, 46, 0.15), (42, 26, 0), (86, 26, 0.08), (64, 22, 0))
    parts += [circle(x + rng.uniform(-2, 2), y, 24, paint.dark(green, k)) for x, y, k in crown]
    parts += [rect(30, 46, 68, 38, paint.fill(wood)), polygon([(22, 50), (64, 18), (106, 50)], roof)]
    parts += [rect(38, 54, 18, 17, "#bfe6f7", 1, edged("#6b3e1f", 3)), rect(66, 54, 20, 30, "#6b3e1f")]
    parts += [rect(14, 82, 100, 9, "#7a4a21", 2)]
    parts += [stroke("M86 90L92 121M106 90L112 121M88 99H108M90 109H110", "#e0b070", 5)]
    parts += [circle(x, 82, 12, green, NONE) for x in (10, 118)][: rng.choice([0, 2])]
    return Drawing(whole(rng, paint, parts), ["tree house", "treehouse", "wooden tree house", "house in a tree"])


@thing(1.2)
def statue(rng, paint):
    """A statue on a pedestal: a standing person of stone or bronze, or a bust."""
    material, colour = rng.choice([("stone", "#a8afb4"), ("bronze", "#9a7038"), ("marble", "#d9dde0")])
    base, dark = paint.dark(rng.choice(STONE), 0.2), paint.dark(colour, 0.3)
    if rng.random() < 0.35:
        parts = [rect(40, 98, 48, 12, base), rect(28, 110, 72, 13, paint.dark(base, 0.15))]
        parts += [path("M52 54H76V66Q106 68 106 84Q84 88 76 102H52Q44 88 22 84Q22 68 52 66Z", paint.fill(colour))]
        parts += [ellipse(64, 36, 24, 29, paint.fill(colour, "right"))]
        parts += [path("M38 34Q36 4 64 4Q92 4 90 34Q84 20 64 20Q44 20 38 34Z", dark)]
        parts += [stroke("M64 34L60 46H67M58 55H70M50 72L64 88L78 72M51 33H55M73 33H77", dark, 4)]
        return Drawing(whole(rng, paint, parts), ["bust", f"{material} bust", "statue of a head", "statue"])
    parts = [rect(36, 102, 56, 14, paint.fill(base)), rect(26, 113, 76, 11, base), rect(30, 94, 68, 9, base)]
    parts += [path("M50 54H63L61 94H50ZM65 54H78L78 94H67Z", paint.dark(colour, 0.15))]
    parts += [stroke(rng.choice(["M76 34L94 22L100 4", "M76 34L96 38L112 26"]), colour, 10)]
    parts += [stroke("M52 34L40 48L46 62", colour, 10), path("M46 28H82L78 66H50Z", paint.fill(colour, "right"))]
    parts += [circle(64, 16, 12, colour), path("M51 15Q52 2 64 2Q76 2 77 15Q64 8 51 15Z", dark, NONE)]
    return Drawing(whole(rng, paint, parts), ["statue", f"{material} statue", "statue on a pedestal", "monument"])


@thing(1.5)
def cottage(rng, paint):
    """A cottage with a deep roof of straw or tiles, a chimney and flowers."""
    straw, wall = rng.random() < 0.6, rng.choice(["#f7efdd", "#f2e3c6", "#c2b59b", "#f3d9c4"])
    roof = rng.choice(["#c9a24d", "#b58a3f", "#d1ad60"] if straw else ["#a8493a", "#7d4a35", "#5d6d7a"])
    door = rng.choice(["#2e7d52", "#2e6da4", "#a0632d", "#c62828"])
    parts = [rect(88, 8, 18, 40, rng.choice(["#9aa3aa", "#a8583f"])), rect(16, 60, 96, 60, paint.fill(wall))]
    lines = "M36 34L26 62M56 34L54 62M74 34L76 62M92 34L102 62" if straw else "M32 34H96M24 52H104"
    data = "M2 74Q16 60 30 24Q34 16 44 16H84Q94 16 98 24Q112 60 126 74Q122 80 110 76H18Q6 80 2 74Z"
    parts += [path(data, paint.fill(roof)), stroke(lines, shade(paint, roof, 0.2), 4)]
    parts += [path("M50 120V94Q50 82 64 82Q78 82 78 94V120Z", door), circle(72, 104, 3, "#ffd54f", NONE)]
    for x in (22, 86):
        parts += [rect(x, 84, 20, 18, "#ffe9a8", 2, edged("#7a4a21", 4)), line(x + 10, 85, x + 10, 101, "#7a4a21", 4)]
    if rng.random() < 0.7:
        parts += [ellipse(x, 114, 15, 8, rng.choice(GREENS), NONE) for x in (26, 102)]
        flowers = rng.sample(["#ec6a9c", "#e53935", "#fdd835", "#ffffff"], 3)
        parts += [circle(x + 9 * i, 111 + 3 * (i % 2), 4, flowers[i], NONE) for x in (17, 93) for i in range(3)]
    names = ["cottage", "thatched cottage" if straw else "country cottage", "small house"]
    return Drawing(whole(rng, paint, parts), names)
