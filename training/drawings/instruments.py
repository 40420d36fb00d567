"""Musical instruments, microphones, headphones, loudspeakers and record players."""

from drawings import Drawing, circle, ellipse, group, line, path, polygon, rect, thing
from drawings.everyday import INK, NONE, around, free, ring, shade, shine, stroke, whole

BRASS = ("#f7b924", "#eba91c", "#ffc83d", "#e0a030")
SILVER = ("#b4c0c8", "#a3b0b9", "#c3ccd2")
AMBERS = ("#e8a04c", "#d98a3a", "#c8762f", "#f0b162", "#b5622a", "#a34a24")
NECKS = ("#5a3620", "#4a2c1a", "#6b4226")
BRIGHT = ("#e53935", "#fb8c00", "#fdd835", "#43a047", "#1e88e5", "#8e24aa", "#ec6a9c")


def slanted(rng, parts, middle, scale, least=36, most=46):
    """Turn an upright object, whose centre is at y=`middle`, to the right and scale it."""
    return group(group(*parts, move=(0, 64 - middle)), turn=rng.uniform(least, most), scale=scale)


def turned(part, angle, x=64, y=64):
    """The part turned by degrees around a point."""
    return f'<g transform="rotate({angle:.1f} {x:.1f} {y:.1f})">{part}</g>'


def tube(paint, data, colour, width):
    """A bent pipe: a line with dark edges."""
    edge = INK if paint.outline() else paint.dark(colour, 0.4)
    return stroke(data, edge, width) + stroke(data, colour, width - 4.5)


def ring_at(x, y, wide, tall, colour):
    """An ellipse without fill."""
    return ellipse(x, y, wide, tall, "none", f' stroke="{colour}" stroke-width="3"')


def pegs(top, rows, colour):
    """Tuning pegs on both sides of a head."""
    return "".join(circle(x, top + 8 * row, 4.2, colour, NONE) for row in range(rows) for x in (51, 77))


def frets(x, wide, colour, *heights):
    """Light bars across a neck."""
    return "".join(rect(x, y, wide, 3, colour, 0, NONE) for y in heights)


def mallet(x1, y1, x2, y2, stick, head, size=9):
    """A stick with a round head at its second end."""
    return line(x1, y1, x2, y2, stick, 6) + circle(x2, y2, size, head)


@thing(1.5)
def acoustic_guitar(rng, paint):
    """A guitar with a hollow body and a round hole, slanted."""
    colour, colours, names = rng.choice(AMBERS), [], ["acoustic guitar", "guitar", "wooden guitar"]
    if rng.random() < 0.25:
        word, colour = paint.colour("red", "blue", "black", "white")
        names, colours = ["acoustic guitar", "guitar"], [word]
    low, high, waist = rng.uniform(33, 37), rng.uniform(25, 28), rng.uniform(18, 21)
    edge, neck = shade(paint, colour, 0.45), rng.choice(NECKS)
    data = (
        f"M64 54C{64 + high * 1.2:.0f} 52 {66 + high:.0f} 74 {64 + waist:.0f} 87"
        f"C{64 + low:.0f} 94 {70 + low:.0f} 140 64 140C{58 - low:.0f} 140 {64 - low:.0f} 94 {64 - waist:.0f} 87"
        f"C{62 - high:.0f} 74 {64 - high * 1.2:.0f} 52 64 54Z"
    )
    parts = [path(data, paint.fill(colour), f' stroke="{edge}" stroke-width="5"')]
    parts += [path("M70 84Q92 92 86 112Q76 106 70 100Z", "#4a1f14", NONE)] if rng.random() < 0.4 else []
    parts += [circle(64, 86, 14, "#2b1a12", f' stroke="{paint.dark(colour, 0.2)}" stroke-width="4"')]
    parts += [rect(58, -2, 12, 80, neck), rect(61.5, 78, 5, 40, "#f0e2c0", 0, NONE)]
    parts += [rect(48, 114, 32, 8, "#4a2c1a", 3), pegs(-15, 3, "#d9dfe3")]
    parts += [path("M53 -22Q64 -17 75 -22L72 6H56Z", neck), frets(58, 12, "#e0c9a0", 12, 26, 39, 51)]
    return Drawing(whole(rng, paint, [slanted(rng, parts, 61, 0.87)]), names, colours)


@thing(1.5)
def electric_guitar(rng, paint):
    """An electric guitar with two horns, or in the form of a V."""
    word, colour = free(paint)
    plate, ink = ("#f5f2ea", INK) if word == "black" or rng.random() < 0.7 else (INK, "#f5f2ea")
    plate, ink = (INK, "#f5f2ea") if word == "white" else (plate, ink)
    neck, names = rng.choice(["#e2b877", "#5a3620"]), ["electric guitar", "guitar", f"{word} electric guitar"]
    parts = [path("M58 10L56 -8Q54 -22 66 -22Q74 -20 72 -6L70 10Z", neck)]
    parts += [circle(53, y, 4, "#8d979e", NONE) for y in (-16, -7, 2)]
    if rng.random() < 0.25:
        parts += [path("M55 58H73L100 116Q100 130 86 130L64 112L42 130Q28 130 28 116Z", paint.fill(colour))]
        parts += [path("M74 76L92 120L72 106Z", plate, NONE)]
        names.append("flying V guitar")
    else:
        data = "M50 78Q46 50 38 50Q26 56 30 76Q34 88 26 104Q22 138 62 140T102 106Q96 92 98 78L92 58L78 78Z"
        inner = "M52 82L38 62Q36 76 42 90L44 122Q70 136 92 122Q80 110 86 94Q90 80 88 72L78 84Z"
        parts += [path(data, paint.fill(colour)), path(inner, plate, NONE), circle(84, 112, 4.5, ink, NONE)]
    parts += [rect(58, 0, 12, 82, neck), frets(58, 12, "#8d7a5a", 14, 28, 41, 53)]
    parts += [*(rect(53, y, 22, 7, ink, 2, NONE) for y in (86, 99)), rect(51, 113, 26, 7, "#d5dce1", 2, NONE)]
    return Drawing(whole(rng, paint, [slanted(rng, parts, 61, 0.86)]), names, [word])


@thing(1.2)
def banjo(rng, paint):
    """A banjo: a round white skin in a ring, and a long neck."""
    rim, neck = rng.choice([*SILVER, *AMBERS, "#8a4b20"]), rng.choice([*NECKS, "#8a4b20"])
    big, metal = rng.uniform(37, 40), rng.choice([*SILVER, *BRASS[:2]])
    parts = [circle(x, y, 5, metal, NONE) for x, y, _ in around(64, 102, big, 12, 15)]
    parts += [circle(64, 102, big, paint.fill(rim)), circle(64, 102, big - 8, "#fbf7ea"), rect(58, -6, 12, 76, neck)]
    parts += [frets(58, 12, "#e8d5ac", 10, 24, 37, 49), rect(61.5, 70, 5, 46, "#b9ab90", 0, NONE)]
    parts += [rect(48, 112, 32, 8, "#6d4223", 2, NONE), pegs(-18, 2, "#e9e3d0")]
    parts += [path("M54 -24Q64 -30 74 -24L71 0H57Z", neck), mallet(58, 32, 50, 32, neck, "#e9e3d0", 5)]
    return Drawing(whole(rng, paint, [slanted(rng, parts, 61, 0.88)]), ["banjo", "five-string banjo"])


@thing(1.2)
def ukulele(rng, paint):
    """A ukulele: a small guitar with a short neck and four strings."""
    colour, colours, names = rng.choice(AMBERS), [], ["ukulele", "small ukulele", "wooden ukulele"]
    if rng.random() < 0.5:
        word, colour = paint.colour("red", "blue", "green", "yellow", "pink", "purple", "orange")
        names, colours = ["ukulele", "small ukulele", f"{word} ukulele"], [word]
    low, high, neck = rng.uniform(41, 45), rng.uniform(33, 36), rng.choice(NECKS)
    data = (
        f"M64 44C{64 + high * 1.3:.0f} 40 {66 + high:.0f} 70 {60 + high:.0f} 82"
        f"C{64 + low:.0f} 90 {76 + low:.0f} 136 64 136C{52 - low:.0f} 136 {64 - low:.0f} 90 {68 - high:.0f} 82"
        f"C{62 - high:.0f} 70 {64 - high * 1.3:.0f} 40 64 44Z"
    )
    parts = [path(data, paint.fill(colour), f' stroke="{shade(paint, colour, 0.35)}" stroke-width="5"')]
    parts += [circle(64, 80, 15, "#2b1a12", f' stroke="{paint.light(colour, 0.6)}" stroke-width="5"')]
    parts += [rect(56, 0, 16, 68, neck), frets(56, 16, "#e8d5ac", 16, 30, 43)]
    parts += [rect(59, 68, 4, 44, "#fdf8ea", 0, NONE), rect(66, 68, 4, 44, "#fdf8ea", 0, NONE)]
    parts += [rect(44, 108, 40, 10, "#4a2c1a", 3), *(circle(x, y, 6, "#fbf6e6") for x in (47, 81) for y in (-12, 3))]
    parts += [path("M50 -20Q64 -14 78 -20L74 10H54Z", paint.fill(colour))]
    return Drawing(whole(rng, paint, [slanted(rng, parts, 65, 0.85, 32, 42)]), names, colours)


@thing(1.2)
def xylophone(rng, paint):
    """A xylophone with bars in the colours of the rainbow, and its mallets."""
    frame, count = paint.wood(), rng.choice([6, 7, 7])
    step, tall, drop = 118 / count, rng.uniform(48, 52), rng.uniform(18, 24)
    parts = [line(7, 37, 121, 43, frame, 9), line(7, 101, 121, 94, frame, 9)]
    rainbow = rng.random() < 0.8
    bars = BRIGHT[:count] if rainbow else [rng.choice(["#c9803f", "#b56b30"])] * count
    for i, colour in enumerate(bars):
        half, x, wide = tall - drop * i / (count - 1), 5 + i * step, step - 4
        parts += [rect(x, 68 - half, wide, 2 * half, paint.fill(colour), 4)]
        parts += [circle(x + wide / 2, 68 + side * (half - 10), 3, "#fff", NONE) for side in (-1, 1)]
    if rng.random() < 0.75:
        stick, ball = rng.choice(["#e2b877", "#6b4226"]), rng.choice([INK, "#f5f2ea"])
        parts += [mallet(120, 112, 46, 62, stick, ball), mallet(122, 20, 68, 84, stick, ball)]
    names = ["xylophone", *(["toy xylophone", "colorful xylophone"] if rainbow else ["wooden xylophone", "marimba"])]
    return Drawing(whole(rng, paint, [group(*parts, scale=0.93)], 6), names)


@thing(1.2)
def tambourine(rng, paint):
    """A tambourine with gold or silver jingles, seen slanted or from the front."""
    word, colour = free(paint) if rng.random() < 0.5 else ("wooden", rng.choice(AMBERS))
    metal, count, start = rng.choice([*BRASS, *SILVER[:1]]), rng.choice([5, 6]), rng.uniform(0, 60)
    edge, dark = ' stroke="#6b4510" stroke-width="2.5"', shade(paint, colour, 0.6)
    if rng.random() < 0.6:
        parts = [path("M5 44V80a59 36 0 0 0 118 0V44Z", paint.fill(colour, "right"))]
        for x, y, turn in ((22, 88, 40), (64, 100, 0), (106, 88, -40)):
            discs = "".join(ellipse(x, y + d, 15, 5.5, metal, edge) for d in (-10, 0))
            parts += [turned(rect(x - 14, y - 15, 28, 20, dark, 4, NONE) + discs, turn, x, y)]
        parts += [ellipse(64, 46, 59, 37, shade(paint, colour, 0.25)), ellipse(64, 44, 53, 31, "#fbf3df", NONE)]
    else:
        parts = [circle(64, 64, 54, paint.fill(colour)), circle(64, 64, 34, "#fbf3df")]
        for x, y, angle in around(64, 64, 45, count, start):
            pair = "".join(ellipse(x, y + d, 13, 5.5, metal, edge) for d in (-6, 6))
            parts += [turned(rect(x - 8, y - 14, 16, 28, dark, 3, NONE) + pair, angle, x, y)]
    names = ["tambourine", "tambourine with jingles", f"{word} tambourine"]
    return Drawing(whole(rng, paint, parts, 8), names, [] if word == "wooden" else [word])


@thing(1.2)
def trombone(rng, paint):
    """A trombone with its long slide."""
    colour, end = rng.choice(BRASS), rng.uniform(108, 115)
    edge = paint.dark(colour, 0.4)
    parts = [tube(paint, f"M80 34H14a18 18 0 0 0 0 36H{end:.0f}a13 13 0 0 1 0 26H40", colour, 10)]
    parts += [tube(paint, f"M{x:.0f} 70V96", colour, 9) for x in (54, end - 26)]
    parts += [path("M60 29Q96 30 112 4Q120 34 112 64Q96 38 60 39Z", paint.fill(colour))]
    parts += [ellipse(112, 34, 8, 31, edge), ellipse(113, 34, 4, 24, paint.dark(colour, 0.6), NONE)]
    parts += [path("M46 89L28 84V108L46 103Z", "#c3ccd2"), line(26, 34, 26, 70, edge, 5)]
    body = whole(rng, paint, [group(*parts, turn=rng.uniform(-38, -26), move=(1, 2), scale=0.83)])
    return Drawing(body, ["trombone", "brass trombone", "golden trombone"])


@thing(1.2)
def french_horn(rng, paint):
    """A French horn: round coils, a wide bell and three keys."""
    colour, wide = rng.choice(BRASS), rng.uniform(14, 18)
    parts = [tube(paint, "M8 30Q40 6 66 10", colour, 10)]
    parts += [tube(paint, "M38 56a24 24 0 1 1 48 0a24 24 0 1 1-48 0", colour, 10)]
    parts += [tube(paint, "M22 52a42 42 0 1 1 84 0a42 42 0 1 1-84 0", colour, 13), line(4, 32, 10, 28, "#c3ccd2", 11)]
    parts += [tube(paint, f"M{x} 40V72", colour, 12) + circle(x, 38, 6.5, "#e3e9ed") for x in (50, 63, 76)]
    parts += [path("M22 50Q18 92 62 100Q60 116 66 126L122 82Q108 76 90 84Q56 92 35 50Z", paint.fill(colour))]
    hole = ellipse(95, 105, 28, wide - 6, paint.dark(colour, 0.5), NONE)
    parts += [turned(ellipse(94, 104, 36, wide, paint.dark(colour, 0.12)) + hole, -38, 94, 104)]
    body = whole(rng, paint, [group(*parts, scale=0.95)], 8)
    return Drawing(body, ["French horn", "brass French horn", "golden French horn"])


@thing(1.2)
def clarinet(rng, paint):
    """A black or wooden clarinet slanted, with silver or golden keys."""
    word, colour = rng.choice([*(("black", c) for c in ("#2b2f33", "#1c1f22", "#33302e")), ("wooden", "#5a3222")])
    metal, half = rng.choice(["#cfd8de", "#dfe5e9", "#e8c15a"]), rng.uniform(11, 12.5)
    parts = [polygon([(60, -26), (68, -26), (72, 4), (56, 4)], colour), rect(55, -8, 18, 6, metal, 0, NONE)]
    parts += [rect(64 - half, 2, 2 * half, 116, paint.fill(colour, "right"), 3)]
    parts += [path(f"M{64 - half} 112H{64 + half}Q78 138 88 148Q64 158 40 148Q50 138 {64 - half} 112Z", colour)]
    parts += [ellipse(64, 149, 24, 6, metal)]
    parts += [rect(62.5 - half, y, 2 * half + 3, 7, metal, 2, NONE) for y in (4, 58, 112)]
    parts += [circle(64, y, 5, metal, NONE) for y in (22, 35, 48, 74, 87, 100)]
    parts += [stroke(f"M{64 + half} {y}h7v{length}", metal, 5) for y, length in ((20, 22), (76, 26))]
    parts += [stroke(f"M{64 - half} {y}h-6v{length}", metal, 5) for y, length in ((42, 14), (92, 14))]
    body = whole(rng, paint, [slanted(rng, parts, 69, 0.85, 40, 48)])
    return Drawing(body, ["clarinet", f"{word} clarinet", "clarinet with keys"])


def maraca(paint, colour, band, handle, pattern):
    """One upright maraca."""
    parts = [rect(58, 66, 12, 62, handle, 6), ellipse(64, 36, 29, 35, paint.fill(colour, "round"))]
    if pattern == "bands":
        parts += [path("M36 27Q64 36 92 27L93 38Q64 47 35 38ZM40 55Q64 64 88 55L83 63Q64 70 45 63Z", band, NONE)]
    elif pattern == "zigzag":
        parts += [stroke("M38 44L47 30L56 44L64 30L72 44L81 30L90 44", band, 6)]
    else:
        dots = ((50, 24), (74, 18), (62, 40), (82, 40), (48, 52), (72, 58))
        parts += [circle(x, y, 5.5, band, NONE) for x, y in dots]
    return "".join([*parts, rect(54, 66, 20, 8, band, 3)])


@thing(1.2)
def maracas(rng, paint):
    """A pair of maracas, apart or side by side, or one alone."""
    word, colour = paint.colour("red", "orange", "green", "blue", "yellow", "brown", "purple")
    pattern, band = rng.choice(["bands", "zigzag", "dots"]), rng.choice(["#fff3c4", "#fdd835", "#ffffff"])
    band = "#c62828" if word == "yellow" else band
    one = maraca(paint, colour, band, paint.wood(), pattern)
    if rng.random() < 0.15:
        return Drawing(whole(rng, paint, [turned(one, rng.uniform(25, 42))]), ["maraca", "one maraca"], [word])
    lean, (left, right) = rng.uniform(20, 26), rng.choice([(-1, 1), (0.6, 0.9)])
    pair = [group(one, move=(x, 0), turn=lean * side, scale=0.85) for x, side in ((-28, left), (28, right))]
    return Drawing(whole(rng, paint, pair), ["maracas", "pair of maracas", "two maracas"], [word])


@thing(1.0)
def musical_triangle(rng, paint):
    """A metal triangle, open at one corner, on a string, with its beater."""
    metal, wide = rng.choice([*SILVER, "#8f9ca5"]), rng.uniform(50, 55)
    _, string = paint.colour("red", "blue", "black", "green")
    data = f"M{64 - wide * 0.55:.0f} 112H{64 + wide:.0f}L64 24L{64 - wide:.0f} 106"
    parts = [tube(paint, data, metal, 13), stroke("M64 26Q52 6 64 5Q76 6 64 26", string, 5)]
    if rng.random() < 0.85:
        parts += [tube(paint, f"M{rng.uniform(70, 78):.0f} 90L122 28", paint.dark(metal, 0.2), 10)]
        parts += [line(112, 40, 122, 28, string, 12)] if rng.random() < 0.6 else []
    return Drawing(whole(rng, paint, parts, 6), ["triangle instrument", "musical triangle", "metal triangle"])


@thing(1.4)
def drum_kit(rng, paint):
    """A drum kit from the front: bass drum, toms and cymbals."""
    word, colour = free(paint)
    gold, dark, head = rng.choice(BRASS), "#5d6870", "#f7f4ea"
    big, side = rng.uniform(31, 34), shade(paint, colour, 0.3)
    parts = [*(line(x, 32, x + d, 120, dark, 5) for x, d in ((20, 2), (108, -2))), line(64, 50, 64, 74, dark, 8)]
    for x, turn in ((24, 12), (104, -12)):
        parts += [turned(ellipse(x, 26, 24, 6.5, gold) + circle(x, 24, 4, dark, NONE), turn, x, 26)]
    for x, y, wide, tall in ((18, 74, 33, 24), (110, 72, 31, 40)):
        parts += [rect(x - wide / 2, y, wide, tall, paint.fill(colour), 4), ellipse(x, y, wide / 2, 6, head)]
        parts += [line(x - 9, y + tall + 2, x - 12, 121, dark, 5), line(x + 9, y + tall + 2, x + 12, 121, dark, 5)]
    for x, turn in ((44, -8), (84, 8)):
        tom = rect(x - 17, 34, 34, 26, paint.fill(colour), 4) + ellipse(x, 35, 17, 6, head)
        parts += [turned(tom, turn, x, 44)]
    parts += [line(42, 108, 32, 122, dark, 6), line(86, 108, 96, 122, dark, 6), circle(64, 89, big, side)]
    parts += [circle(64, 89, big - 3, paint.fill(colour)), circle(64, 89, big - 9, head)]
    parts += [circle(64, 89, 10, rng.choice([colour, INK, gold]), NONE)] if rng.random() < 0.5 else []
    body = whole(rng, paint, [group(*parts, scale=0.94)])
    return Drawing(body, ["drum kit", "drum set", "drums", f"{word} drum kit"], [word])


@thing(1.1)
def cymbals(rng, paint):
    """A pair of cymbals with straps, or one on a stand."""
    gold = rng.choice(BRASS)
    edge, strap = paint.dark(gold, 0.3), rng.choice([INK, "#8a4b20", "#c62828"])
    if rng.random() < 0.4:
        top = ellipse(64, 34, 58, 15, edge) + ellipse(64, 31, 58, 14, paint.fill(gold, "right"))
        top += ellipse(64, 26, 19, 8, paint.light(gold, 0.25)) + ring_at(64, 31, 38, 9, edge)
        parts = [line(64, 30, 64, 92, "#5d6870", 7), *(line(64, 90, x, 120, "#5d6870", 7) for x in (34, 64, 94))]
        parts += [turned(top + rect(60, 12, 8, 14, INK, 3), rng.uniform(6, 16), 64, 32)]
        return Drawing(whole(rng, paint, parts), ["cymbal", "cymbal on a stand", "crash cymbal"])
    wide, parts = rng.uniform(32, 36), []
    for x, y, turn in ((42, 66, -18), (86, 60, 18)):
        disc = ellipse(x - 2, y + 2, wide, 54, edge) + ellipse(x, y, wide, 54, paint.fill(gold, "round"))
        disc += "".join(ring_at(x, y, wide * share, 54 * share, edge) for share in (0.78, 0.56))
        disc += ellipse(x, y, wide * 0.36, 18, paint.light(gold, 0.4))
        disc += stroke(f"M{x} {y - 15}q17 15 0 30", strap, 8)
        parts += [turned(disc, turn, x, y)]
    return Drawing(whole(rng, paint, parts), ["cymbals", "pair of cymbals", "brass cymbals", "two cymbals"])


@thing(1.1)
def harmonica(rng, paint):
    """A harmonica with its row of holes."""
    comb = rng.choice(["#8a4b20", "#6d3a1c", "#c62828", "#1565c0", "#2b2f33"])
    metal, count, tall = rng.choice([*SILVER, "#d8dfe4"]), rng.choice([7, 8]), rng.randint(22, 26)
    parts = [rect(2, 46, 124, 36, comb, 6), path(f"M6 50q0-{tall} 18-{tall}H104q18 0 18 {tall}Z", paint.fill(metal))]
    parts += [path(f"M6 78q0 {tall} 18 {tall}H104q18 0 18-{tall}Z", paint.dark(metal, 0.15))]
    parts += [rect(10, 54, 108, 20, shade(paint, comb, 0.25), 2, NONE)]
    step, hole = 106 / count, "#15171a" if comb != "#2b2f33" else "#f0f3f5"
    parts += [rect(13 + i * step, 55, step - 5, 18, hole, 2, NONE) for i in range(count)]
    parts += [rect(30, 46 - tall * 0.65, 68, 6, paint.dark(metal, 0.3), 3, NONE)]
    parts += [circle(x, y, 3.5, paint.dark(metal, 0.5), NONE) for x in (16, 112) for y in (44, 84)]
    parts = [turned("".join(parts), rng.choice([0, -14, -24]))]
    return Drawing(whole(rng, paint, parts), ["harmonica", "mouth organ", "blues harp"])


@thing(1.4)
def bell(rng, paint):
    """A golden bell with a clapper, or a handbell with a handle."""
    gold = rng.choice(BRASS)
    edge, metal = paint.dark(gold, 0.3), paint.fill(gold, "right")
    parts = [circle(64, 110, 13, paint.dark(gold, 0.55))]
    if rng.random() < 0.4:
        names = ["hand bell", "bell", "bell with a handle", "handbell"]
        parts += [rect(55, 2, 18, 44, paint.wood() if rng.random() < 0.7 else INK, 9), rect(51, 40, 26, 8, edge, 3)]
        parts += [path("M64 44Q90 46 92 72Q96 94 112 104Q64 118 16 104Q32 94 36 72Q38 46 64 44Z", metal)]
        parts += [path("M14 100Q64 112 114 100V108Q64 122 14 108Z", edge), shine(50, 70, 5, 15, 8, 0.5)]
    else:
        names = ["bell", "golden bell", "church bell"]
        data = "M64 18Q98 20 100 58Q102 88 118 100Q64 114 10 100Q26 88 28 58Q30 20 64 18Z"
        parts += [ring(64, 14, 9, edge, 6), path(data, metal)]
        parts += [path("M8 96Q64 110 120 96V106Q64 120 8 106Z", edge), shine(44, 52, 6, 18, 10, 0.5)]
        if rng.random() < 0.35:
            _, bow = paint.colour("red", "green", "blue")
            knot = circle(64, 20, 9, shade(paint, bow))
            parts += [path("M64 20L34 4Q26 20 34 36ZM64 20L94 4Q102 20 94 36Z", bow) + knot]
            names = ["bell with a bow", "bell", "Christmas bell", "golden bell"]
    parts += [stroke("M34 80Q64 88 94 80", edge, 4)] if rng.random() < 0.4 else []
    return Drawing(whole(rng, paint, parts, 12), names)


@thing(1.1)
def gong(rng, paint):
    """A gong that hangs in a frame, with its mallet."""
    gold, wood = rng.choice([*BRASS, "#c98a2b"]), rng.choice(["#8e2a1e", "#6d3a1c", "#a0632d", "#2b2f33"])
    edge, big = paint.dark(gold, 0.35), rng.uniform(38, 41)
    parts = [rect(x, 12, 9, 106, wood, 2) + rect(x - 8, 114, 25, 9, wood, 3) for x in (10, 109)]
    top = "M2 14Q6 8 4 2Q64 14 124 2Q122 8 126 14V20H2Z" if rng.random() < 0.5 else "M2 8H126V20H2Z"
    parts += [path(top, wood), line(44, 20, 44, 36, "#e8d5ac", 5), line(84, 20, 84, 36, "#e8d5ac", 5)]
    parts += [circle(64, 70, big, edge), circle(64, 70, big - 5, paint.fill(gold, "round"))]
    parts += [ring(64, 70, big - 15, edge, 4), circle(64, 70, 12, paint.light(gold, 0.35))]
    if rng.random() < 0.6:
        parts += [mallet(106, 122, 84, 84, "#6b4226", rng.choice(["#f5f2ea", "#c62828"]), 11)]
    return Drawing(whole(rng, paint, parts), ["gong", "gong in a frame", "golden gong"])


@thing(1.4)
def microphone(rng, paint):
    """A microphone to hold in the hand, or a studio microphone on a stand."""
    grid, stand = rng.choice(["#9aa7b0", "#6b757c", "#b4c0c8"]), rng.choice([INK, "#4a5258"])
    dark = paint.dark(grid, 0.35)
    if rng.random() < 0.6:
        word, colour = paint.colour("black", "black", "gray", "red", "blue", "pink", "purple")
        mesh = "M44 4L78 38M84 4L50 38M37 20L56 40M91 20L72 40M62 -8L92 20M66 -8L36 20"
        parts = [polygon([(48, 50), (80, 50), (73, 142), (55, 142)], paint.fill(colour, "right"))]
        parts += [rect(58, 72, 12, 18, shade(paint, colour, 0.4), 4, NONE)]
        parts += [circle(64, 18, 31, paint.fill(grid, "round"))]
        parts += [stroke(mesh, dark, 4), rect(40, 40, 48, 13, paint.dark(grid, 0.55), 5)]
        body = whole(rng, paint, [slanted(rng, parts, 62, 0.95)])
        return Drawing(body, ["microphone", "mic", "handheld microphone", "singer's microphone"], [word])
    parts = [stroke("M26 52V58Q26 96 64 96Q102 96 102 58V52", stand, 8), line(64, 96, 64, 116, stand, 8)]
    parts += [line(38, 119, 90, 119, stand, 10), rect(40, 4, 48, 80, paint.fill(grid, "right"), 24)]
    parts += [*(line(47, y, 81, y, dark, 4) for y in (20, 31, 42)), rect(40, 50, 48, 8, stand, 0, NONE)]
    return Drawing(whole(rng, paint, parts), ["microphone", "studio microphone", "mic", "microphone on a stand"])


@thing(1.4)
def headphones(rng, paint):
    """Headphones from the front."""
    word, colour = free(paint)
    tall, pad = rng.uniform(26, 31), rng.choice([INK, "#4a5258"]) if word != "black" else "#6b757c"
    band = colour if rng.random() < 0.6 else pad
    bow = "M18 84V64Q18 14 64 14Q110 14 110 64V84"
    parts = [stroke(bow, shade(paint, band, 0.3), 15), stroke(bow, band, 10)]
    parts += [stroke("M40 20Q64 8 88 20", pad if band == colour else colour, 16)] if rng.random() < 0.5 else []
    for side in (-1, 1):
        parts += [rect(56 + side * 35, 88 - tall, 16, 2 * tall, pad, 7)]
        parts += [rect(52 + side * 50, 90 - tall, 24, 2 * tall - 4, paint.fill(colour), 11)]
        parts += [rect(60 + side * 52, 88 - tall / 2, 7, tall, shade(paint, colour, 0.3), 3, NONE)]
    return Drawing(whole(rng, paint, parts), ["headphones", "pair of headphones", f"{word} headphones"], [word])


@thing(1.3)
def loudspeaker(rng, paint):
    """A loudspeaker box with two round cones."""
    word, colour = paint.colour("black", "black", "brown", "gray", "red", "blue")
    wide, rim = rng.uniform(74, 86), rng.choice(["#c3ccd2", "#99a5ad", "#e0a030"])
    left, big = 64 - wide / 2, wide / 2 - rng.uniform(8, 11)
    parts = [rect(left, 4, wide, 120, paint.fill(colour), rng.choice([4, 10]))]
    parts += [rect(left + 5, 9, wide - 10, 110, shade(paint, colour, 0.2), 5, NONE)]
    for y, size in ((84, big), (31, rng.uniform(16, 19))):
        parts += [circle(64, y, size, rim), circle(64, y, size - 4, "#3a4046")]
        parts += [ring(64, y, size * 0.6, "#1c1f22", 4), circle(64, y, size * 0.34, rim, NONE)]
    parts += [circle(x, 15.5, 3, rim, NONE) for x in (left + 11, 117 - left)]
    return Drawing(whole(rng, paint, parts), ["loudspeaker", "speaker", "speaker box", f"{word} speaker"], [word])


@thing(1.4)
def record_player(rng, paint):
    """A record player from above, or an old gramophone with a horn."""
    if rng.random() < 0.3:
        gold, wood = rng.choice(BRASS), rng.choice(["#8a4b20", "#6d3a1c", "#a0632d"])
        edge = paint.dark(gold, 0.45)
        parts = [rect(10, 92, 84, 26, paint.fill(wood), 3), rect(4, 114, 96, 9, paint.dark(wood, 0.3), 3)]
        parts += [ellipse(48, 90, 40, 9, INK), ellipse(48, 89, 13, 4, "#e53935", NONE)]
        parts += [stroke("M84 92Q112 90 104 62", edge, 9), stroke("M90 90L62 82V88", edge, 6)]
        parts += [path("M108 70Q100 62 98 54Q84 60 30 66Q14 40 40 8Q88 20 112 50Z", paint.fill(gold))]
        mouth = ellipse(36, 37, 17, 33, edge) + ellipse(37, 38, 11, 26, paint.dark(gold, 0.2), NONE)
        parts += [turned(mouth, 22, 36, 37)]
        return Drawing(whole(rng, paint, parts), ["gramophone", "old record player", "phonograph"])
    word, colour, names = "", rng.choice(["#a0632d", "#c1834a", "#b5753a"]), ["record player", "turntable"]
    if rng.random() < 0.6:
        word, colour = paint.colour("red", "blue", "green", "yellow", "pink", "gray", "orange")
        names.append(f"{word} record player")
    label, top = rng.choice(["#e53935", "#fdd835", "#fb8c00", "#1e88e5", "#f5f2ea"]), rng.uniform(16, 22)
    parts = [rect(4, top, 120, 128 - 2 * top, paint.fill(colour), rng.choice([4, 10])), circle(52, 64, 41, "#1c1f22")]
    parts += [ring(52, 64, 33, "#4a5057", 2.5), ring(52, 64, 25, "#4a5057", 2.5), circle(52, 64, 15, label, NONE)]
    parts += [circle(52, 64, 4, "#1c1f22", NONE), circle(108, top + 16, 10, "#dfe5e9")]
    parts += [stroke(f"M108 {top + 16:.0f}V80L82 96", "#dfe5e9", 6), line(86, 93, 78, 98, "#8d979e", 9)]
    parts += [circle(110, 112 - top, 6, shade(paint, colour, 0.45), NONE)]
    return Drawing(whole(rng, paint, parts, mirror=False), [*names, "vinyl record player"], [word] if word else [])
