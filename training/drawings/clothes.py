"""Clothes, shoes, bags and what else is worn, each alone and seen from its most typical side."""

from drawings import Drawing, circle, ellipse, group, line, mirrored, path, polygon, rect, thing
from drawings.everyday import INK, NONE, free, shade, shine, star_points, stroke, whole

HEART = "M64 96Q38 76 40 60Q46 46 64 60Q82 46 88 60Q90 76 64 96Z"
GOLD = "#f2c230"


def second(rng, paint, *words):
    """A colour that stands out from colours of these words."""
    return paint.colour(*[w for w in ("white", "yellow", "red", "blue", "white") if w not in words])[1]


@thing(1.2)
def one_shoe(rng, paint):
    """A leather shoe with laces from the side."""
    word, colour = paint.colour("brown", "brown", "black", "black", "red", "blue", "green", "gray")
    dark, top = shade(paint, colour, 0.3), rng.uniform(30, 36)
    data = f"M8 96Q6 62 12 {top:.0f}Q34 46 58 {top:.0f}Q70 54 94 62Q122 70 123 96Z"
    parts = [path("M7 92H124V104H50L48 114H8Z", shade(paint, colour, 0.55)), path(data, paint.fill(colour))]
    parts.append(path("M96 62.5Q122 70 123 96H98Q90 80 96 62.5Z", dark, NONE))
    laces = paint.light(colour, 0.65) if rng.random() < 0.5 else shade(paint, colour, 0.5)
    parts.append(path("M44 96Q40 60 58 40L84 64Q74 80 76 96Z", paint.light(colour, 0.18), NONE))
    parts += [line(x, y, x - 11, y + 9, laces, 5.5) for x, y in ((62, 43), (72, 51), (83, 58))]
    return Drawing(whole(rng, paint, [group(*parts, move=(0, -8))]), ["shoe", "lace-up shoe", "leather shoe"], [word])


@thing(1.4)
def one_sneaker(rng, paint):
    """A sports shoe with a white sole, low or high."""
    word, colour = free(paint, "white")
    mark, white = second(rng, paint, word), "#f5f6f7"
    sole = path("M6 92H122Q126 110 112 111H14Q4 110 6 92Z", white, ' stroke="#9aa7b0" stroke-width="3"')
    toe = path("M95 94Q93 74 104 63Q118 72 121 94Z", white, NONE)
    if rng.random() < 0.4:
        parts = [path("M10 94Q16 60 12 16Q34 20 58 12Q62 44 82 58Q118 62 121 94Z", paint.fill(colour))]
        parts += [circle(32, 44, 12, white, NONE), polygon(star_points(32, 44, 10, 4.5, 5), colour, NONE)]
        steps, names, low = ((59, 22), (61, 36), (67, 49), (77, 60)), ["high-top sneaker", "canvas shoe"], 2
    else:
        parts = [path("M8 94Q8 60 14 34Q30 50 54 34Q62 52 86 58Q118 64 121 94Z", paint.fill(colour))]
        parts.append(path("M10 84Q34 96 66 62L76 66Q58 100 9 93Z", mark, NONE))
        steps, names, low = ((58, 44), (68, 52), (80, 58)), ["running shoe", "sports shoe", "trainer"], -8
    parts += [line(x, y, x - 13, y + 7, white, 5.5) for x, y in steps]
    return Drawing(whole(rng, paint, [group(*parts, toe, sole, move=(0, low))]), ["sneaker", *names], [word])


@thing(1.2)
def one_boot(rng, paint):
    """A leather boot with laces, a rubber boot, or a winter boot with fur."""
    kind, right = rng.choice(["leather", "rubber", "winter"]), rng.randint(65, 72)
    more = {"leather": "lace-up boot", "rubber": "rain boot", "winter": "snow boot"}[kind]
    word, colour = paint.colour("brown", "brown", "black")
    if kind != "leather":
        word, colour = paint.colour("yellow", "red", "green", "blue", "pink", "purple")
    dark, shape = shade(paint, colour, 0.45), f"M18 8H{right}V62Q{right + 4} 72 98 76Q118 82 119 106H14Q22 60 18 8Z"
    parts = [path(shape, paint.fill(colour)), rect(14, 6, right - 10, 13, shade(paint, colour), 4)]
    if kind == "leather":
        parts.append(path("M94 75Q118 82 119 106H92Q84 88 94 75Z", shade(paint, colour), NONE))
        parts += [line(right - 3, y, right - 19, y + 5, "#f2d59a", 5.5) for y in (28, 41, 54, 67)]
        parts.append(path("M12 104H121V114H54V122H12Z", dark))
    elif kind == "rubber":
        parts += [path("M12 102H121V112H54V120H12Z", dark), shine(32, 48, 5, 20)]
    else:
        parts += [circle(x, y, 9.5, "#f3e6d0", NONE) for y in (13, 24) for x in range(16, right + 6, 13)]
        parts.append(stroke(f"M24 62L{right} 54M24 84L{right + 2} 72", paint.light(colour, 0.6), 6))
        parts.append(path("M10 100H120Q124 119 112 119H18Q8 118 10 100Z", INK))
    return Drawing(whole(rng, paint, parts), ["boot", f"{kind} boot", more], [word])


@thing(1.1)
def one_high_heel(rng, paint):
    """A shoe with a high thin heel, with or without a strap."""
    word, colour = paint.colour("red", "red", "black", "pink", "purple", "blue", "yellow", "green")
    heel = f"M7 36L36 72Q30 92 {rng.randint(24, 30)} 118H17Q18 84 7 36Z"
    data = "M6 38Q8 24 18 28Q30 58 58 72Q76 82 90 82Q116 88 125 106Q128 116 116 117"
    data += "H92Q76 116 62 98Q48 80 26 78Q10 66 6 38Z"
    parts = [path(heel, shade(paint, colour, 0.35)), path(data, paint.fill(colour))]
    parts.append(stroke("M30 80Q48 82 62 100Q76 116 92 117H116", shade(paint, colour, 0.4), 5))
    parts.append(shine(100, 94, 12, 4, 28))
    if rng.random() < 0.35:
        parts += [stroke("M12 34Q34 6 52 26Q60 40 44 64", colour, 7), circle(50, 26, 5, GOLD, NONE)]
    return Drawing(whole(rng, paint, [group(*parts, move=(-2, -8))]), ["high heel", "high-heeled shoe"], [word])


@thing(1.0)
def one_sandal(rng, paint):
    """A sandal with straps from the side, or two flip-flops from above."""
    word, colour = free(paint, "white")
    if rng.random() < 0.5:
        foot = "M8 36Q6 6 32 6Q56 6 56 40Q54 60 52 84Q52 122 32 122Q12 122 13 84Q12 60 8 36Z"
        smaller, dark = ' transform="translate(32 64) scale(.8 .88) translate(-32 -64)"', shade(paint, colour, 0.4)
        one = path(foot, paint.fill(colour)) + path(foot, paint.light(colour, 0.45), NONE + smaller)
        one += stroke("M31 26Q32 44 14 66M31 26Q34 44 50 66", dark, 8) + circle(31, 26, 6, dark, NONE)
        return Drawing(whole(rng, paint, [mirrored(one)]), ["flip-flops", "sandals", "pair of flip-flops"], [word])
    buckle, high = rng.choice([GOLD, "#d5dde2"]), rng.randint(34, 42)
    parts = [stroke(f"M14 92Q8 66 12 {high + 6}Q30 {high + 12} 50 {high + 4}", shade(paint, colour, 0.2), 11)]
    parts.append(path(f"M38 96L38 {high}Q54 {high - 10} 64 {high + 6}L70 96Z", paint.fill(colour)))
    parts.append(path("M86 96L78 62Q104 54 118 78L120 96Z", paint.fill(colour)))
    parts += [rect(44, high + 12, 17, 17, buckle, 3), rect(49, high + 17, 7, 7, shade(paint, colour, 0.4), 0, NONE)]
    parts += [path("M6 88H122Q126 110 112 110H14Q4 108 6 88Z", "#b87c42"), rect(8, 101, 112, 11, "#5d3a1f", 5)]
    return Drawing(whole(rng, paint, [group(*parts, move=(0, -8))]), ["sandal", "summer shoe"], [word])


@thing(1.1)
def one_sock(rng, paint):
    """A sock with cuff, heel and toe of another colour, or two of them."""
    word, colour = free(paint, "white")
    mark = second(rng, paint, word, "white") if rng.random() < 0.5 else paint.light(colour, 0.62)
    data = "M34 8H84V62Q86 72 96 77L108 84Q124 96 116 111Q106 124 90 120L52 106Q34 98 34 80Z"
    parts = [path(data, paint.fill(colour, "right")), path("M34 68Q56 70 60 109L52 106Q34 98 34 80Z", mark, NONE)]
    parts.append(path("M100 79L108 84Q124 96 116 111Q106 124 90 120Q84 98 100 79Z", mark, NONE))
    pattern = rng.choice(["striped", "dotted", "plain"])
    if pattern == "striped":
        parts += [rect(34, y, 50, 9, mark, 0, NONE) for y in (32, 50)]
    elif pattern == "dotted":
        parts += [circle(x, y, 5.5, mark, NONE) for x, y in ((46, 38), (70, 38), (58, 54), (74, 68), (80, 92))]
    one = "".join([*parts, rect(31, 6, 56, 17, mark, 5)])
    if rng.random() < 0.3:
        pair = [group(one, move=(14, -5), scale=0.84), group(one, move=(-12, 5), scale=0.84)]
        return Drawing(whole(rng, paint, pair), ["socks", "pair of socks", "two socks"], [word])
    return Drawing(whole(rng, paint, [group(one, move=(-10, 0))]), ["sock", f"{pattern} sock"], [word])


@thing(1.3)
def one_glove(rng, paint):
    """A glove with fingers, or a mitten."""
    word, colour = free(paint)
    cuff = second(rng, paint, word, "white") if rng.random() < 0.4 else shade(paint, colour, 0.25)
    if rng.random() < 0.5:
        data = "M15 100V46q0-8 8-8t8 8V64h5V24q0-8 8-8t8 8V60h5V18q0-8 8-8t8 8V60h5V28q0-8 8-8t8 8V74"
        parts = [path(data + "L103 58Q113 48 120 55Q126 62 118 74L90 106H20Z", paint.fill(colour))]
        parts += [line(x, 76, x, 87, shade(paint, colour, 0.35), 5) for x in (40, 56, 72)]
        parts.append(rect(16, 98, 78, 24, cuff, 6))
        return Drawing(whole(rng, paint, parts), ["glove", "glove with fingers", "winter glove"], [word])
    mark = paint.light(colour, 0.7) if word != "white" else "#3b88c3"
    data = "M16 104V50Q16 8 52 8Q88 8 88 50V66L100 54Q112 44 120 54Q126 62 116 74L88 104Z"
    heart = path(HEART, mark, NONE + ' transform="translate(-12 -16)"')
    stripes = rect(17, 48, 70, 9, mark, 0, NONE) + rect(17, 66, 70, 9, mark, 0, NONE)
    print_on = rng.choice(["", heart, stripes, stroke("M52 36V76M34 46L70 66M34 66L70 46", mark, 6)])
    parts = [path(data, paint.fill(colour)), print_on, rect(12, 96, 80, 26, cuff, 8)]
    parts += [line(x, 103, x, 115, shade(paint, cuff, 0.25), 5) for x in (26, 42, 58, 74)]
    return Drawing(whole(rng, paint, parts), ["mitten", "winter mitten", "woolen mitten"], [word])


def sleeved(paint, colour, hem, hand, wide=34):
    """A garment with long sleeves: body down to `hem`, sleeves down to `hand`. -> parts"""
    sleeve = f"M44 11Q26 16 21 32L4 {hand - 4}L24 {hand + 3}L44 58Z"
    body = f"M46 10H82L100 18Q94 44 {62 + wide} 60L{64 + wide} {hem}H{64 - wide}L{66 - wide} 60Q34 44 28 18Z"
    return [mirrored(path(sleeve, paint.fill(shade(paint, colour, 0.14)))), path(body, paint.fill(colour))]


@thing(1.2)
def one_coat(rng, paint):
    """A long coat: with a belt, with a fur collar, or with a lapel and buttons."""
    word, colour = free(paint, "white")
    dark, name = shade(paint, colour, 0.38), rng.choice(["long coat", "trench coat", "winter coat"])
    parts = [*sleeved(paint, colour, 123, 78, rng.choice([38, 42])), line(64, 40, 64, 120, dark, 4)]
    knobs, columns = GOLD if rng.random() < 0.4 else shade(paint, colour, 0.65), rng.choice([(52, 76), (75,)])
    if name == "winter coat":
        spots = ((40, 20), (50, 15), (64, 15), (78, 15), (88, 20), (48, 31), (80, 31), (57, 40), (71, 40))
        parts += [ellipse(x, y, 12, 10, "#f0dfc4", NONE) for x, y in spots]
    else:
        parts += [path("M50 9H78L64 42Z", paint.dark(colour, 0.6)), mirrored(path("M46 7L64 48L40 38L36 18Z", dark))]
    parts += [circle(x, y, 5, knobs, NONE) for x in columns for y in (58, 96 if name == "trench coat" else 76)]
    if name == "trench coat":
        parts += [rect(26, 70, 76, 11, dark, 2), rect(54, 67, 20, 17, GOLD, 3), rect(60, 72, 8, 7, dark, 0, NONE)]
    parts.append(mirrored(line(36, 92, 46, 96, dark, 5)))
    slim = f'<g transform="translate(10.2 0) scale(.84 1)">{"".join(parts)}</g>'
    return Drawing(whole(rng, paint, [slim], 0, False), ["coat", name], [word])


@thing(1.3)
def one_jacket(rng, paint):
    """A jacket with a zip, a leather jacket, or a suit jacket."""
    kind, metal = rng.choice(["zip", "leather", "suit"]), "#dfe5e9"
    more = {"zip": "jacket with a zipper", "leather": "biker jacket", "suit": "blazer"}[kind]
    if kind == "zip":
        word, colour = free(paint, "white", "gray")
        trim = second(rng, paint, word, "white") if rng.random() < 0.5 else shade(paint, colour, 0.35)
        parts = [*sleeved(paint, colour, 112, 96, 37), rect(25, 102, 78, 14, trim, 3)]
        parts += [mirrored(path("M3 89L24 97L20 107L0 98Z", trim)), path("M44 7H84L78 26H50Z", trim)]
        parts += [
            line(64, 22, 64, 114, metal, 5),
            rect(60, 28, 8, 13, GOLD, 2),
            mirrored(line(38, 92, 49, 78, trim, 5)),
        ]
    elif kind == "leather":
        word, colour = paint.colour("black", "black", "brown", "red")
        dark = shade(paint, colour, 0.35)
        parts = [*sleeved(paint, colour, 112, 98, 36), rect(27, 102, 74, 12, dark, 2)]
        parts += [polygon([(50, 9), (78, 9), (64, 48)], "#f5f6f7"), mirrored(path("M46 6L66 54L38 44L34 18Z", dark))]
        parts += [stroke("M64 52L54 110M78 72L92 64M36 80L48 86", metal, 4.5), rect(70, 101, 14, 14, metal, 2)]
    else:
        word, colour = paint.colour("black", "blue", "gray", "brown", "green")
        dark, tie = shade(paint, colour, 0.32), paint.colour("red", "yellow", "purple")[1]
        parts = [*sleeved(paint, colour, 118, 100, 35), polygon([(46, 9), (82, 9), (64, 72)], "#f5f6f7")]
        parts += [polygon([(57, 12), (71, 12), (67, 22), (72, 50), (64, 68), (56, 50), (61, 22)], tie, NONE)]
        parts += [mirrored(path("M46 7L64 74L34 48L42 36L32 32L36 14Z", dark)), line(64, 74, 64, 116, dark, 4)]
        parts += [*[circle(72, y, 4.5, GOLD, NONE) for y in (84, 99)], mirrored(line(38, 94, 50, 94, dark, 5))]
    return Drawing(whole(rng, paint, parts, 0, False), ["jacket", f"{kind} jacket", more], [word])


def printed(rng, name, mark, kinds):
    """-> a print on the chest, and what the piece of clothing is called with it."""
    kind = rng.choice(kinds)
    if kind == "star":
        return polygon(star_points(64, 66, 25, 11, 5), mark, NONE), f"{name} with a star"
    if kind == "heart":
        return path(HEART, mark, NONE), f"{name} with a heart"
    if kind == "striped":
        return "".join(rect(30, y, 68, 10, mark, 0, NONE) for y in (48, 67, 86)), f"striped {name}"
    return "", f"plain {name}"


@thing(1.3)
def one_t_shirt(rng, paint):
    """A T-shirt, plain or with a print."""
    word, colour = free(paint)
    hem, tone = rng.randint(110, 119), shade(paint, colour, 0.3)
    data = f"M44 10Q64 26 84 10L100 14L125 44L105 62L98 54V{hem}H30V54L23 62L3 44L28 14Z"
    mark, name = printed(rng, "t-shirt", second(rng, paint, word), ("plain", "striped", "star", "heart"))
    parts = [path(data, paint.fill(colour)), mark, stroke("M44 11Q64 34 84 11M31 56V68M97 56V68", tone, 5)]
    return Drawing(whole(rng, paint, parts, 4, False), ["t-shirt", name, "shirt"], [word])


@thing(1.2)
def one_sweater(rng, paint):
    """A knitted sweater with ribbed hem and cuffs, and a pattern."""
    word, colour = free(paint)
    trim = second(rng, paint, word, "white") if rng.random() < 0.3 else shade(paint, colour, 0.25)
    parts = [*sleeved(paint, colour, 112, 98), path("M48 9H80Q80 31 64 31Q48 31 48 9Z", paint.dark(colour, 0.5))]
    mark, kind = second(rng, paint, word), rng.choice(["zigzag", "knit", "print"])
    pattern, name = printed(rng, "sweater", mark, ["striped", "heart"])
    if kind == "print":
        parts.append(pattern)
    elif kind == "zigzag":
        name, zigzag = "sweater with a zigzag pattern", "l10 -14l10 14" * 3
        parts.append(stroke(f"M34 66{zigzag}M34 88{zigzag}", mark, 7))
    else:
        name, spots = "knitted sweater", [(x, y) for x in (41, 59, 77) for y in range(42, 96, 14)]
        parts += [stroke(f"M{x} {y}l5 8l5 -8", shade(paint, colour, 0.2), 5) for x, y in spots]
    parts += [rect(28, 102, 72, 18, trim, 4), mirrored(path("M4 87L25 95L20 110L-1 101Z", trim))]
    parts += [line(x, 107, x, 115, shade(paint, trim, 0.3), 4) for x in range(36, 96, 11)]
    parts.append(stroke("M46 11Q48 32 64 33Q80 32 82 11", trim, 8))
    return Drawing(whole(rng, paint, parts, 0, False), ["sweater", name, "pullover", "jumper"], [word])


@thing(1.3)
def one_trousers(rng, paint):
    """Jeans with seams and pockets, or plain trousers."""
    jeans, out, gap = rng.random() < 0.5, rng.randint(0, 8), rng.randint(44, 52)
    word, colour = ("blue", rng.choice(["#3f6fa8", "#2f5d94", "#4f86bf"])) if jeans else free(paint, "white")
    dark, seam = shade(paint, colour, 0.3), "#f0b84a" if jeans else shade(paint, colour, 0.35)
    data = f"M28 8H100L{112 + out} 121H{76 + out / 2}L64 {gap}L{52 - out / 2} 121H{16 - out}Z"
    parts = [path(data, paint.fill(colour)), path("M29 6H99L101 22H27Z", dark), circle(64, 14, 5, GOLD, NONE)]
    parts += [line(64, 24, 64, gap - 2, dark, 4), mirrored(stroke("M48 25Q46 40 26 42", seam, 4.5))]
    turn_up = path(f"M{13 - out} 110H{54 - out / 2}V123H{12 - out}Z", paint.light(colour, 0.3))
    parts.append(mirrored(turn_up if jeans else line(38, 52, 34 - out / 2, 112, dark, 4)))
    names = ["jeans", "blue jeans", "pair of jeans"] if jeans else ["trousers", "pants", "pair of trousers"]
    return Drawing(whole(rng, paint, parts, 0, False), names, [word])


@thing(1.0)
def one_shorts(rng, paint):
    """Sports shorts with a cord, or shorts with pockets."""
    word, colour = free(paint, "white")
    mark, dark, out = second(rng, paint, word, "white"), shade(paint, colour, 0.3), rng.randint(0, 4)
    data = f"M24 24H104L{120 + out} 102L72 108L64 66L56 108L{8 - out} 102Z"
    parts = [path(data, paint.fill(colour)), rect(21, 20, 86, 16, dark, 4), stroke("M64 38V68", dark, 4)]
    names = ["shorts", "short pants", "pair of shorts"]
    if rng.random() < 0.5:
        parts.append(mirrored(polygon([(22, 37), (32, 37), (20 - out, 103), (9 - out, 102)], mark, NONE)))
        parts.append(stroke("M62 30Q48 40 52 54M66 30Q80 40 76 54", "#f5f6f7", 5))
        names[1] = "sports shorts"
    else:
        parts += [mirrored(stroke(f"M46 38Q44 54 20 56M{12 - out} 93L53 98", dark, 5)), circle(64, 28, 5, GOLD, NONE)]
    return Drawing(whole(rng, paint, parts, 0, False), names, [word])


@thing(1.1)
def one_skirt(rng, paint):
    """A skirt with pleats, with flounces, or flared with dots."""
    word, colour = free(paint, "white")
    mark, dark, fill = second(rng, paint, word), shade(paint, colour, 0.25), paint.fill(colour)
    names = rng.choice([["pleated skirt"], ["ruffled skirt", "tiered skirt"], ["skirt with dots", "flared skirt"]])
    if names[0] == "pleated skirt":
        parts = [path("M38 18H90L124 100L107 108L93 101L79 110L64 102L49 110L35 101L21 108L4 100Z", fill)]
        folds = "M46 28L21 108L35 101ZM60 28L49 110L64 102ZM74 28L79 110L93 101ZM84 28L107 108L124 100Z"
        parts.append(path(folds, dark, NONE))
    elif names[0] == "ruffled skirt":
        parts = []
        for y, half, tone in ((112, 58, dark), (84, 45, fill), (56, 34, paint.light(colour, 0.25))):
            waves = f"q{-half / 6:.2f} 11 {-half / 3:.2f} 0" * 6
            parts.append(path(f"M{78 - half} {y - 42}H{50 + half}L{64 + half} {y - 4}{waves}Z", tone))
    else:
        data = "M38 18Q40 60 4 98Q14 114 30 106Q46 118 64 109Q82 118 98 106Q114 114 124 98Q88 60 90 18Z"
        spots = ((52, 46), (76, 46), (40, 66), (64, 68), (88, 66), (28, 90), (52, 92), (76, 92), (100, 90))
        parts = [path(data, fill), *[circle(x, y, 5.5, mark, NONE) for x, y in spots]]
    belt = second(rng, paint, word, "white") if rng.random() < 0.3 else shade(paint, colour, 0.4)
    return Drawing(whole(rng, paint, [*parts, rect(36, 10, 56, 15, belt, 4)], 0, False), ["skirt", *names], [word])


@thing(1.1)
def one_scarf(rng, paint):
    """A knitted scarf that is laid once around, with two fringed ends."""
    word, colour = free(paint, "white")
    mark, dark, parts = second(rng, paint, word, "white"), shade(paint, colour, 0.22), []
    for x, y, turn, tone in ((70, 112, -14, dark), (44, 118, 8, colour)):
        end = [line(x + dx, y - 2, x + dx, y + 8, tone, 5) for dx in (3, 12, 21, 29)]
        end += [rect(x, 50, 32, y - 50, paint.fill(tone)), rect(x, y - 16, 32, 9, mark), rect(x, y - 34, 32, 9, mark)]
        parts.append(f'<g transform="rotate({turn} 64 50)">{"".join(end)}</g>')
    parts.append(path("M14 32Q64 -12 114 32Q118 46 106 50H22Q10 46 14 32Z", shade(paint, colour, 0.4)))
    parts += [path("M12 30Q64 62 116 30Q124 48 112 60Q64 88 16 60Q4 48 12 30Z", paint.fill(colour))]
    parts += [mirrored(path("M24 37L36 41L32 67L20 62Z", mark, NONE)), rect(58, 46, 12, 29, mark, 0, NONE)]
    return Drawing(whole(rng, paint, parts), ["scarf", "striped scarf", "winter scarf"], [word])


@thing(1.2)
def one_cap(rng, paint):
    """A baseball cap from the side."""
    word, colour = free(paint)
    brim = second(rng, paint, word, "white") if rng.random() < 0.4 else shade(paint, colour, 0.3)
    high, seam = rng.randint(20, 28), shade(paint, colour, 0.25)
    data = f"M6 92Q2 {high} 52 {high}Q94 {high} 98 84Q50 78 6 92Z"
    seams = stroke(f"M52 {high + 3}Q26 46 28 82M52 {high + 3}Q66 46 68 78", seam, 4)
    parts = [circle(52, high - 1, 7, brim), path(data, paint.fill(colour)), seams]
    parts += [path("M44 84Q92 66 122 86Q130 98 118 104Q88 90 8 94Q4 88 8 86Z", brim)]
    if rng.random() < 0.5:
        parts.append(polygon(star_points(80, 58, 13, 6, 5), "#f5f6f7" if word != "white" else "#dd2e44", NONE))
    return Drawing(whole(rng, paint, parts, 4), ["cap", "baseball cap", "hat"], [word])


@thing(1.0)
def one_top_hat(rng, paint):
    """A top hat with a band."""
    word, colour = paint.colour("black", "black", "black", "gray", "purple")
    band, waist = paint.colour("red", "red", "white", "blue", "yellow")[1], rng.randint(0, 5)
    parts = [path("M4 94Q6 84 22 90H106Q122 84 124 94Q122 118 64 118Q6 118 4 94Z", shade(paint, colour, 0.12))]
    parts.append(path(f"M22 14L{28 + waist} 94Q64 108 {100 - waist} 94L106 14Z", paint.fill(colour, "right")))
    left, right = 26.5 + waist * 0.75, 101.5 - waist * 0.75
    parts.append(path(f"M{left} 72Q64 88 {right} 72L{100 - waist} 95Q64 109 {28 + waist} 95Z", band))
    parts.append(ellipse(64, 15, 42, 10, paint.light(colour, 0.18)))
    return Drawing(whole(rng, paint, parts, 6), ["top hat", "hat", "magician's hat"], [word])


@thing(1.0)
def one_straw_hat(rng, paint):
    """A straw hat with a wide brim and a ribbon."""
    straw, high = rng.choice(["#f2cf6b", "#e8c26a", "#f5d98a"]), rng.randint(20, 28)
    dark, (word, band) = paint.dark(straw, 0.2), paint.colour("red", "blue", "green", "pink", "black", "purple")
    brim = stroke("M12 90Q64 122 116 90M22 98L26 104M44 104L46 111M84 104L82 111M106 98L102 104", dark, 4)
    parts = [ellipse(64, 86, 61, 25, paint.fill(straw)), brim]
    parts.append(path(f"M28 82Q26 {high} 64 {high}Q102 {high} 100 82Q64 100 28 82Z", paint.fill(straw)))
    parts.append(stroke("M40 46Q64 56 88 46M48 34Q64 40 80 34", dark, 4))
    parts.append(path("M29 64Q64 82 99 64L100 82Q64 101 28 82Z", band))
    return Drawing(whole(rng, paint, parts, 5), ["straw hat", "sun hat", "hat", f"straw hat with a {word} ribbon"])


@thing(1.2)
def one_necktie(rng, paint):
    """A necktie, plain, striped or dotted, or a bow tie."""
    word, colour = free(paint, "white")
    mark, dark, half = second(rng, paint, word), shade(paint, colour, 0.25), rng.uniform(25, 31)
    if rng.random() < 0.3:
        parts = [mirrored(path("M64 56Q30 24 8 30Q2 64 8 98Q30 104 64 72Z", paint.fill(colour)))]
        parts += [mirrored(stroke("M52 60L40 54M52 68L40 74", dark, 5)), rect(52, 48, 24, 32, dark, 7)]
        return Drawing(whole(rng, paint, parts, 5), ["bow tie", "bowtie"], [word])
    parts = [polygon([(54, 30), (74, 30), (64 + half, 94), (64, 124), (64 - half, 94)], paint.fill(colour))]
    kind = rng.choice(["striped", "dotted", "plain"])
    if kind == "striped":
        for y in (40, 56, 72):
            x, step = 9 + (half - 10) * (y - 30) / 64, (half - 10) / 64
            left = [(64 - x - 21 * step, y + 21), (64 - x - 12 * step, y + 12)]
            parts.append(polygon([*left, (64 + x, y), (64 + x + 9 * step, y + 9)], mark, NONE))
    elif kind == "dotted":
        spots = ((64, 48), (54, 64), (74, 64), (64, 80), (48, 90), (80, 90), (64, 106))
        parts += [circle(x, y, 5, mark, NONE) for x, y in spots]
    parts.append(path("M42 6Q64 2 86 6L76 34Q64 38 52 34Z", dark))
    return Drawing(whole(rng, paint, parts, 10), ["necktie", "tie", f"{kind} tie"], [word])


@thing(2.4)
def one_glasses(rng, paint):
    """Eyeglasses or sunglasses from the front, with round, square or drop-shaped lenses."""
    word, colour = paint.colour("black", "black", "brown", "red", "blue", "purple", "green", "pink", "orange")
    shape, clear, thick = rng.choice(["round", "square", "aviator"]), rng.random() < 0.5, rng.uniform(7, 9.5)
    data = "M14 42Q36 36 54 44Q60 50 56 68Q48 94 30 92Q8 90 7 58Q7 46 14 42Z"
    if shape != "aviator":
        square = "M12 42H52Q59 42 58 52L55 80Q53 90 43 90H22Q11 90 9 80L6 50Q6 42 12 42Z"
        data = square if shape == "square" else "M34 38A27 27 0 1 0 34.1 38Z"
    edge = f' stroke="{colour}" stroke-width="{thick:.1f}" stroke-linejoin="round"'
    parts = [stroke("M56 58Q64 48 72 58", colour, thick), mirrored(stroke("M12 50L4 44", colour, thick))]
    parts.append(mirrored(path(data, "#dcecf5" if clear else "#262b2f", edge)))
    parts += [line(x, 74, x + 14, 54, "#ffffff" if clear else "#9db0bd", 5.5) for x in (22, 86)]
    names = ["eyeglasses", "glasses", "spectacles"] if clear else ["sunglasses", "dark glasses"]
    names.append(f"{shape} {'glasses' if clear else 'sunglasses'}")
    return Drawing(whole(rng, paint, [group(*parts, scale=0.97)], 5, False), names, [word])


@thing(1.2)
def one_backpack(rng, paint):
    """A backpack with a front pocket, seen from the front."""
    word, colour = free(paint)
    dark, pocket = shade(paint, colour, 0.35), rng.choice([shade(paint, colour, 0.18), second(rng, paint, word)])
    parts = [stroke("M48 22Q48 5 64 5Q80 5 80 22", dark, 8), mirrored(rect(8, 68, 20, 44, shade(paint, colour), 8))]
    parts += [path("M20 56Q20 16 64 16Q108 16 108 56V112Q108 122 98 122H30Q20 122 20 112Z", paint.fill(colour))]
    parts += [stroke("M32 56Q34 32 64 32Q94 32 96 56", dark, 4.5), rect(31, 72, 66, 42, pocket, 9)]
    if rng.random() < 0.5:
        parts += [line(40, 84, 88, 84, dark, 4.5), rect(77, 84, 9, 14, GOLD, 2)]
    else:
        parts += [mirrored(rect(42, 48, 9, 46, dark, 2)), mirrored(rect(40, 78, 13, 13, GOLD, 3))]
    return Drawing(whole(rng, paint, parts, 0, False), ["backpack", "rucksack", "school bag"], [word])


@thing(1.2)
def one_handbag(rng, paint):
    """A handbag with one handle: with a flap, or with a band along the top."""
    word, colour = free(paint, "white")
    dark, out, names = shade(paint, colour, 0.3), rng.randint(0, 3), ["handbag", "purse", "bag"]
    handle = rng.choice(["M36 58Q36 8 64 8Q92 8 92 58", "M38 58V30Q38 10 64 10Q90 10 90 30V58"])
    data = f"M{20 - out} 52H{108 + out}L{118 + out} 112Q118 120 108 120H20Q10 120 {10 - out} 112Z"
    parts = [stroke(handle, dark, 9), path(data, paint.fill(colour))]
    if rng.random() < 0.6:
        flap = f"M{20 - out} 50H{108 + out}Q110 88 64 90Q18 88 {20 - out} 50Z"
        parts += [path(flap, shade(paint, colour, 0.18)), rect(55, 78, 18, 20, GOLD, 5)]
    else:
        parts += [rect(16, 48, 96, 13, dark, 4), rect(56, 58, 16, 18, GOLD, 4), line(24, 106, 104, 106, dark, 5)]
    return Drawing(whole(rng, paint, parts, 0, False), names, [word])
