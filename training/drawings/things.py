"""Things that emoji sets lack or show badly: furniture, household, buildings, instruments, solids."""

import math

from drawings import Drawing, circle, edged, ellipse, group, line, path, polygon, rect, thing

PALE, EDGE = "#e2eaf0", "#7f93a1"
METALS = ("#9aa7b0", "#7d8890", "#4a5258", "#33383d")


def free(paint):
    """A random colour that can be seen on white."""
    return paint.colour() if paint.outline() else paint.colour(without=("white",))


def shade(paint, colour, share=0.25):
    """A darker tone of the colour, or a lighter one of black."""
    return (
        paint.light(colour, share) if int(colour[1:3], 16) + int(colour[3:5], 16) < 110 else paint.dark(colour, share)
    )


def stuff(rng, paint, wooden=0.65):
    """-> (colour, colour words, names prefixed for wood) of wooden or painted furniture."""
    if rng.random() < wooden:
        return paint.wood(), [], ["wooden "]
    word, colour = free(paint)
    return colour, [word], []


def called(prefixes, *names):
    """The names, and the first of them with each prefix."""
    return [*names, *(prefix + names[0] for prefix in prefixes)]


def article(word):
    """The word with a or an before it."""
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def whole(rng, paint, parts, turn=0.0, mirror=True):
    """All parts in one group with the outline of the drawing, slightly resized, often mirrored."""
    body = f"<g{paint.outline()}>{''.join(parts)}</g>"
    turned = rng.uniform(-turn, turn) if turn else 0
    return group(body, turn=turned, scale=rng.uniform(0.94, 1.03), mirror=mirror and rng.random() < 0.5)


def stroke(data, colour, width):
    """An open curved line."""
    return path(data, "none", f' stroke="{colour}" stroke-width="{width:.1f}" stroke-linecap="round"')


def block(paint, x, y, w, h, dx, dy, colour):
    """A box seen from the upper right: front face at x, y, with its top and right side."""
    top = polygon([(x, y), (x + dx, y - dy), (x + w + dx, y - dy), (x + w, y)], paint.light(colour, 0.25))
    side = polygon([(x + w, y), (x + w + dx, y - dy), (x + w + dx, y + h - dy), (x + w, y + h)], shade(paint, colour))
    return top + side + rect(x, y, w, h, paint.fill(colour))


def knob(rng, paint, x, y, colour, size=3.5):
    """A handle of a drawer or door."""
    return circle(x, y, size, colour)


def four_legged(rng, paint, colour, top, foot, width=112):
    """A table seen from above the front: four legs and a top. -> parts"""
    left, deep, skew = 64 - width / 2, rng.uniform(14, 24), rng.uniform(8, 18)
    leg, thick = rng.uniform(8, 11), rng.uniform(7, 10)
    dark, right = shade(paint, colour, 0.35), 64 + width / 2
    taper = rng.choice([0, 0, 3])
    parts = []
    for x, y, tone in ((left + skew + 2, foot - deep * 0.7, dark), (right - skew - leg - 2, foot - deep * 0.7, dark)):
        parts.append(rect(x, top, leg, y - top, tone))
    apron = shade(paint, colour, 0.2)
    parts.append(rect(left + 5, top + 4, width - 10, thick + rng.uniform(6, 12), apron))
    for x in (left + 3, right - 3 - leg):
        points = [(x, top + 4), (x + leg, top + 4), (x + leg - taper, foot), (x + taper, foot)]
        parts.append(polygon(points, shade(paint, colour, 0.12)))
    parts.append(
        polygon(
            [(left, top), (left + skew, top - deep), (right - skew, top - deep), (right, top)],
            paint.fill(paint.light(colour, 0.2)),
        )
    )
    parts.append(rect(left, top, width, thick, colour))
    return parts


def on_table(rng, paint, y):
    """A vase, a bowl or a cup that stands at height y. -> (part, its name)"""
    _, colour = paint.colour("red", "blue", "yellow", "green", "purple")
    x = rng.uniform(48, 80)
    kind = rng.choice(["vase", "bowl", "cup"])
    if kind == "vase":
        stems = "".join(
            circle(x + dx, y - 26 + abs(dx) / 3, 6, c) for dx, c in ((-7, "#ec6a9c"), (7, "#fdd835"), (0, "#e53935"))
        )
        return rect(x - 2.5, y - 26, 5, 14, "#43a047") + stems + path(
            f"M{x - 6} {y - 16}h12l4 8q0 8-10 8t-10-8z", colour
        ), kind
    if kind == "bowl":
        fruit = "".join(circle(x + dx, y - 13, 6, c) for dx, c in ((-8, "#e53935"), (8, "#fb8c00"), (0, "#7cb342")))
        return fruit + path(f"M{x - 18} {y - 13}h36q-2 13-18 13t-18-13z", colour), kind
    return circle(x + 8, y - 8, 5, "none", f' stroke="{colour}" stroke-width="4"') + rect(
        x - 7, y - 15, 15, 15, colour, 3
    ), kind


@thing(1.5)
def table(rng, paint):
    """A dining table, from the front or from above the front."""
    colour, colours, prefixes = stuff(rng, paint)
    names = called(prefixes, "table", "dining table", "kitchen table")
    if rng.random() < 0.65:
        top = rng.uniform(46, 54)
        parts = four_legged(rng, paint, colour, top, rng.uniform(112, 119))
        height = top - 6
    else:
        leg, top, height = rng.uniform(9, 13), 36, 36
        parts = [
            rect(14, top, leg, 82, shade(paint, colour, 0.15)),
            rect(114 - leg, top, leg, 82, shade(paint, colour, 0.15)),
            rect(16, top + 6, 96, rng.uniform(12, 18), shade(paint, colour, 0.3)),
            rect(5, top, 118, 11, paint.fill(colour), 3),
        ]
    if rng.random() < 0.25:
        part, name = on_table(rng, paint, height)
        parts.append(part)
        names = [*names, f"table with a {name} on it", *([] if colours else [f"{name} on a table"])]
    return Drawing(whole(rng, paint, parts), names, colours)


@thing(0.6)
def table_with_cloth(rng, paint):
    """A table with a tablecloth that hangs down in front."""
    word, cloth = paint.colour("red", "blue", "green", "yellow", "pink", "purple")
    legs, drop = paint.wood(), rng.uniform(78, 90)
    parts = [rect(x, 60, 9, 57, legs) for x in (18, 101)]
    parts += [
        polygon([(8, 52), (24, 32), (104, 32), (120, 52)], paint.light(cloth, 0.25)),
        rect(8, 52, 112, drop - 52, paint.fill(cloth)),
    ]
    pattern, lines = rng.choice(["plain", "checks", "border"]), ' fill-opacity=".5" stroke="none"'
    if pattern == "checks":
        parts += [rect(x, 52, 9, drop - 52, "#fff", 0, lines) for x in range(16, 116, 18)]
        parts += [rect(8, y, 112, 8, "#fff", 0, lines) for y in range(60, round(drop) - 6, 16)]
    if pattern == "border":
        parts.append(rect(8, drop - 12, 112, 6, "#fff", 0, lines))
    parts.append(path(f"M8 {drop:.1f}h14v10zM120 {drop:.1f}h-14v10z", cloth, ' stroke="none"'))
    names = ["table with a tablecloth", "table", f"table with {article(word)} tablecloth", "dining table"]
    return Drawing(whole(rng, paint, parts), names)


@thing(1.2)
def round_table(rng, paint):
    """A round table on one foot or three legs."""
    colour, colours, prefixes = stuff(rng, paint)
    dark, deep = shade(paint, colour, 0.25), rng.uniform(14, 20)
    top = rng.uniform(38, 48)
    if rng.random() < 0.6:
        parts = [
            ellipse(64, 112, rng.uniform(28, 36), 9, shade(paint, colour, 0.35)),
            polygon([(54, 108), (59, 70), (59, top), (69, top), (69, 70), (74, 108)], dark),
        ]
    else:
        parts = [
            polygon([(x, top), (x + 9, top), (x + 7 + d, foot), (x + 1 + d, foot)], dark)
            for x, d, foot in ((60, 0, 104), (26, -8, 118), (93, 8, 118))
        ]
    parts += [ellipse(64, top + 7, 58, deep, dark), ellipse(64, top, 58, deep, paint.fill(paint.light(colour, 0.12)))]
    names = called(prefixes, "round table", "table", "dining table")
    if rng.random() < 0.25:
        part, name = on_table(rng, paint, top + 2)
        parts.append(part)
        names.append(f"round table with a {name} on it")
    return Drawing(whole(rng, paint, parts), names, colours)


@thing(1.2)
def coffee_table(rng, paint):
    """A low and wide table, with or without a lower shelf."""
    colour, colours, prefixes = stuff(rng, paint)
    parts = four_legged(rng, paint, colour, rng.uniform(58, 64), rng.uniform(94, 101), 118)
    names = called(prefixes, "coffee table", "low table", "table")
    if rng.random() < 0.4:
        parts.insert(2, rect(10, 84, 108, 6, shade(paint, colour, 0.3)))
    return Drawing(whole(rng, paint, parts), names, colours)


@thing(1.5)
def desk(rng, paint):
    """A desk with drawers on one side, at times with a lamp or a computer."""
    colour, colours, prefixes = stuff(rng, paint)
    names = called(prefixes, "desk", "writing desk", "office desk")
    dark, light, top = shade(paint, colour, 0.3), paint.light(colour, 0.15), 50
    parts = [
        rect(10, top, 10, 68, dark),
        rect(20, top + 6, 54, rng.uniform(12, 20), shade(paint, colour, 0.4)),
        rect(72, top, 46, 68, paint.fill(colour)),
    ]
    rows = rng.choice([2, 3])
    for row in range(rows):
        height = 56 / rows
        y = top + 11 + row * height
        parts += [rect(76, y, 38, height - 4, light, 2), rect(89, y + height / 2 - 4, 12, 5, dark, 2)]
    parts += [polygon([(4, top), (16, top - 12), (112, top - 12), (124, top)], light), rect(4, top, 120, 9, colour)]
    extra = rng.random()
    if extra < 0.3:
        parts += [
            rect(40, 36, 8, 10, "#555e66"),
            rect(32, 43, 24, 4, "#555e66"),
            rect(20, 4, 48, 33, "#2f363c", 3),
            rect(24, 8, 40, 25, "#55acee"),
        ]
        names += ["desk with a computer", "desk with a screen"]
    elif extra < 0.55:
        _, lamp = paint.colour("red", "green", "yellow", "blue")
        parts += [
            rect(88, 41, 24, 5, lamp),
            stroke("M100 42L112 22L92 10", lamp, 5),
            polygon([(80, 4), (98, 6), (94, 24), (74, 22)], lamp),
        ]
        names += ["desk with a lamp"]
    return Drawing(whole(rng, paint, parts), names, colours)


@thing(1.5)
def chair(rng, paint):
    """A chair with four legs and a back of slats, bars or one panel."""
    colour, colours, prefixes = stuff(rng, paint)
    dark, leg = shade(paint, colour, 0.3), rng.uniform(7, 9)
    seat, names = rng.uniform(66, 72), called(prefixes, "chair", "dining chair", "kitchen chair")
    parts = [rect(35, seat - 6, leg, 44, dark), rect(93 - leg, seat - 6, leg, 44, dark)]
    back = rng.choice(["slats", "bars", "panel"])
    if back == "panel":
        parts.append(rect(32, 6, 64, rng.uniform(34, 48), paint.fill(colour), 8))
        parts += [rect(36, 40, leg, 26, dark), rect(92 - leg, 40, leg, 26, dark)]
    else:
        parts += [rect(32, 5, leg, seat - 5, colour, 3), rect(96 - leg, 5, leg, seat - 5, colour, 3)]
        if back == "slats":
            parts += [rect(34, y, 60, 9, paint.fill(colour), 2) for y in (10, 26, 42)]
        else:
            parts += [rect(34, 7, 60, 11, paint.fill(colour), 3)] + [
                rect(x - 3, 17, 6, seat - 18, colour) for x in (48, 64, 80)
            ]
    cushion = paint.light(colour, 0.15)
    if not colours and rng.random() < 0.4:
        word, cushion = paint.colour("red", "blue", "green", "yellow")
        names.append(f"chair with {article(word)} cushion")
    parts.append(polygon([(32, seat - 8), (96, seat - 8), (104, seat + 8), (24, seat + 8)], paint.fill(cushion)))
    parts.append(rect(24, seat + 7, 80, 8, colour))
    parts += [rect(26, seat + 14, leg, 108 - seat, colour), rect(102 - leg, seat + 14, leg, 108 - seat, colour)]
    return Drawing(whole(rng, paint, parts), names, colours)


@thing(1.2)
def chair_from_side(rng, paint):
    """A chair seen from the side or at three quarters."""
    colour, colours, prefixes = stuff(rng, paint)
    dark, lean = shade(paint, colour, 0.3), rng.uniform(2, 10)
    parts = [rect(48, 66, 8, 46, dark), rect(88, 70, 8, 40, dark)]
    parts.append(polygon([(24 - lean + 4, 6), (50 - lean, 14), (50, 74), (24, 66)], paint.fill(colour)))
    if rng.random() < 0.6:
        parts += [
            polygon(
                [(30 - lean * k, y), (44 - lean * k, y + 4), (44 - lean * k, y + 16), (30 - lean * k, y + 12)],
                "#fff",
                ' stroke="none"',
            )
            for y, k in ((16, 0.8), (38, 0.4))
        ]
    parts.append(polygon([(24, 66), (50, 58), (106, 66), (84, 78)], paint.fill(paint.light(colour, 0.2))))
    parts.append(
        polygon([(24, 66), (84, 78), (84, 86), (24, 74)], colour)
        + polygon([(84, 78), (106, 66), (106, 74), (84, 86)], dark)
    )
    parts += [rect(24, 70, 9, 46, colour), rect(76, 84, 9, 38, colour), rect(98, 72, 8, 40, dark)]
    return Drawing(whole(rng, paint, parts[1:]), called(prefixes, "chair", "seat"), colours)


@thing(0.8)
def office_chair(rng, paint):
    """A swivel chair on wheels."""
    word, colour = free(paint)
    grey = rng.choice(METALS)
    parts = [rect(60, 76, 9, 30, grey), stroke("M64 104L30 114M64 104L98 114M64 104V116", grey, 7)]
    parts += [circle(x, y, 6, "#2b2f33") for x, y in ((28, 117), (64, 119), (100, 117))]
    parts += [
        rect(58, 54, 12, 16, grey),
        rect(34, 6, 60, 52, paint.fill(colour), 14),
        rect(28, 66, 72, 15, shade(paint, colour, 0.15), 7),
    ]
    if rng.random() < 0.7:
        parts += [stroke("M22 48h12M26 48v22h8", "#33383d", 7), stroke("M106 48h-12M102 48v22h-8", "#33383d", 7)]
    return Drawing(whole(rng, paint, parts), ["office chair", "desk chair", "swivel chair", "chair"], [word])


def seat_cushions(rng, paint, colour, left, right, count, top):
    """Cushions of the seat in a row, below them the front of the frame."""
    width = (right - left) / count
    parts = [rect(left, top + 16, right - left, 22, shade(paint, colour, 0.25))]
    return parts + [
        rect(left + i * width + 1, top, width - 2, 20, paint.fill(paint.light(colour, 0.18)), 6) for i in range(count)
    ]


def upholstered(rng, paint, colour, left, right, count, top):
    """An armchair or sofa from the front."""
    arm, round_, foot = rng.uniform(18, 23), rng.choice([6, 11, 16]), rng.choice([paint.wood(), "#33383d"])
    width = (right - left - 24) / count
    parts = [rect(x, 104, 9, 14, foot) for x in (left + 8, right - 17)]
    parts.append(rect(left + 9, top, right - left - 18, 80, colour, round_))
    parts += [
        rect(left + 12 + i * width, top + 4, width - 2 * (count > 1), 50, paint.fill(shade(paint, colour, 0.08)), 8)
        for i in range(count)
    ]
    parts += seat_cushions(rng, paint, colour, left + arm - 2, right - arm + 2, count, 72)
    parts += [
        rect(x, rng.choice([56, 60]), arm, 50, paint.fill(shade(paint, colour, 0.15), "right"), min(round_, 10))
        for x in (left, right - arm)
    ]
    return parts


@thing(1.5)
def armchair(rng, paint):
    """An armchair from the front, at times with a pillow."""
    word, colour = free(paint)
    names = ["armchair", "easy chair", "upholstered chair", "comfortable chair"]
    parts = upholstered(rng, paint, colour, 10, 118, 1, rng.uniform(8, 22))
    if rng.random() < 0.25:
        second, pillow = paint.colour(without=(word,))
        parts.append(rect(48, 44, 32, 32, paint.fill(pillow), 7))
        names.append(f"armchair with {article(second)} pillow")
    return Drawing(whole(rng, paint, parts), names, [word])


@thing(1.5)
def sofa(rng, paint):
    """A sofa of two or three seats."""
    word, colour = free(paint)
    names = ["sofa", "couch", "settee"]
    parts = upholstered(rng, paint, colour, 3, 125, rng.choice([2, 2, 3]), rng.uniform(28, 38))
    if rng.random() < 0.3:
        second, pillow = paint.colour(without=(word,))
        parts += [rect(x, 52, 22, 22, paint.fill(pillow), 5) for x in (26, 80)]
        names += [f"sofa with {second} pillows", "couch with pillows"]
    return Drawing(whole(rng, paint, [group(*parts, move=(0, -6))]), names, [word])


@thing(1.2)
def stool(rng, paint):
    """A low stool or a high bar stool."""
    colour, colours, prefixes = stuff(rng, paint)
    high, dark = rng.random() < 0.4, shade(paint, colour, 0.25)
    seat, width = (20, 30) if high else (44, 44)
    spread = rng.uniform(4, 12)
    parts = [
        polygon(
            [
                (64 + s * (width - 18), seat),
                (64 + s * (width - 10), seat),
                (64 + s * (width - 12), 112),
                (64 + s * (width - 19), 112),
            ],
            shade(paint, colour, 0.4),
        )
        for s in (-0.5, 0.5)
    ]
    bar = 88
    parts.append(rect(64 - width + 4, bar, 2 * width - 8, 7, dark))
    for side in (-1, 1):
        x = 64 + side * (width - 10)
        parts.append(
            polygon(
                [(x - 5, seat), (x + 5, seat), (x + 5 + side * spread, 120), (x - 4 + side * spread, 120)],
                paint.fill(colour),
            )
        )
    if rng.random() < 0.6:
        parts += [ellipse(64, seat + 7, width, 12, dark), ellipse(64, seat, width, 12, paint.light(colour, 0.2))]
    else:
        parts.append(rect(64 - width, seat - 6, 2 * width, 14, paint.fill(paint.light(colour, 0.15)), 5))
    names = ["bar stool", "high stool", "stool"] if high else ["stool", "small stool", "footstool"]
    return Drawing(whole(rng, paint, parts), called(prefixes, *names), colours)


@thing(1.2)
def rocking_chair(rng, paint):
    """A rocking chair from the side, on a curved runner."""
    colour, colours, prefixes = stuff(rng, paint, 0.75)
    dark = shade(paint, colour, 0.3)
    parts = [
        stroke(f"M8 104Q64 {rng.uniform(126, 134):.0f} 122 100", dark, 8),
        stroke("M40 76L34 112M88 76L94 112", colour, 8),
    ]
    parts += [stroke("M36 94H92", dark, 5), stroke(f"M40 76L{rng.uniform(18, 26):.0f} 10", colour, 11)]
    parts += [stroke("M32 50H88Q92 50 91 56L88 76", colour, 7), rect(34, 70, 62, 11, paint.light(colour, 0.15), 4)]
    if rng.random() < 0.4:
        _, cushion = paint.colour("red", "blue", "green", "yellow")
        parts.append(rect(38, 61, 54, 11, cushion, 5))
    return Drawing(whole(rng, paint, parts), called(prefixes, "rocking chair", "rocker", "chair"), colours)


@thing(1.8)
def bench(rng, paint):
    """A park bench with a back of slats, from the front or from the side of the front."""
    colour, colours, prefixes = stuff(rng, paint, 0.7)
    iron, light = rng.choice(METALS[2:]), paint.light(colour, 0.15)
    skew, slats = rng.choice([0, 0, 10]), rng.choice([2, 3])
    parts = [rect(x, 34, 7, 60, iron) for x in (20, 101)]
    high = 36 / slats
    parts += [rect(5, 32 + i * high, 118, high - 3, paint.fill(colour), 3) for i in range(slats)]
    parts += [polygon([(12, 74), (116, 74), (125 - skew, 88), (3 - skew / 2, 88)], paint.fill(light))]
    parts.append(
        line(10, 81, 118 - skew, 81, shade(paint, colour, 0.3), 2.5)
        + rect(3 - skew / 2, 88, 122 - skew / 2, 7, colour, 2)
    )
    parts += [rect(x, 94, 9, 20, iron) for x in (13, 104)] + [
        rect(x, 94, 7, 12, shade(paint, iron, 0.2)) for x in (26, 94)
    ]
    if rng.random() < 0.5:
        parts += [stroke(f"M{x} 62h{d}v26", iron, 6) for x, d in ((12, -4), (116, 4))]
    return Drawing(whole(rng, paint, parts), called(prefixes, "bench", "park bench", "garden bench"), colours)


@thing(0.5)
def plain_bench(rng, paint):
    """A bench without a back."""
    colour, colours, prefixes = stuff(rng, paint, 0.8)
    dark = shade(paint, colour, 0.3)
    parts = [
        rect(22, 66, 9, 26, dark),
        rect(97, 66, 9, 26, dark),
        polygon([(2, 62), (8, 52), (120, 52), (126, 62)], paint.light(colour, 0.2)),
    ]
    parts += [line(5, 57, 123, 57, dark, 2.5), rect(2, 62, 124, 10, paint.fill(colour))]
    parts += [rect(x, 71, 12, 30, colour) for x in (10, 106)] + [rect(18, 84, 92, 6, dark)]
    return Drawing(whole(rng, paint, parts), called(prefixes, "bench", "bench without a back"), colours)


@thing(1.5)
def bed(rng, paint):
    """A bed from the side: headboard, pillow, blanket, footboard."""
    frame, (word, cover) = paint.wood(), free(paint)
    head = rng.uniform(28, 40)
    parts = [
        rect(4, head, 12, 108 - head, paint.fill(frame), 4),
        rect(112, rng.uniform(58, 66), 12, 46, paint.fill(frame), 4),
    ]
    parts += [rect(14, 82, 100, 14, shade(paint, frame, 0.2)), rect(15, 66, 98, 18, PALE, 5)]
    parts += [
        rect(17, 54, 32, 17, "#cfdbe6", 8),
        path("M46 64Q50 56 60 57H108Q114 57 114 64V90H46Z", paint.fill(cover)),
    ]
    parts.append(rect(44, 60, 14, 30, paint.light(cover, 0.5), 4))
    names = ["bed", "single bed", f"bed with {article(word)} blanket"]
    return Drawing(whole(rng, paint, [group(*parts, move=(0, -6))]), names)


@thing(1.5)
def double_bed(rng, paint):
    """A bed from the foot end, with two pillows."""
    frame, (word, cover) = paint.wood(), free(paint)
    head, curve = rng.uniform(14, 24), rng.choice([0, 12])
    parts = [path(f"M10 {head}Q64 {head - curve} 118 {head}V80H10Z", paint.fill(frame))]
    parts += [polygon([(14, 54), (114, 54), (122, 92), (6, 92)], PALE)]
    parts += [rect(x, 42, 44, 20, "#f7fafc", 9, f' stroke="{EDGE}" stroke-width="2.5"') for x in (17, 67)]
    parts += [
        polygon([(14, 64), (114, 64), (123, 98), (5, 98)], paint.fill(cover)),
        polygon([(14, 64), (114, 64), (116, 72), (12, 72)], paint.light(cover, 0.5)),
    ]
    parts += [
        rect(4, 96, 120, 14, shade(paint, cover, 0.2), 3),
        rect(8, 110, 10, 10, frame),
        rect(110, 110, 10, 10, frame),
    ]
    return Drawing(
        whole(rng, paint, parts), ["bed", "double bed", f"bed with {article(word)} blanket", "bed with two pillows"]
    )


@thing(1.2)
def bunk_bed(rng, paint):
    """A bunk bed with a ladder."""
    frame, (word, cover) = stuff(rng, paint)[0], free(paint)
    parts = []
    for y in (44, 94):
        parts += [
            rect(12, y - 8, 104, 12, PALE),
            rect(16, y - 17, 26, 13, "#cfdbe6", 6),
            rect(42, y - 12, 72, 15, paint.fill(cover), 4),
        ]
        parts.append(rect(10, y + 2, 108, 10, paint.fill(frame)))
    parts += [
        rect(4, 10, 10, 112, shade(paint, frame, 0.15), 3),
        rect(114, 10, 10, 112, shade(paint, frame, 0.15), 3),
    ]
    x = rng.choice([84, 60])
    parts += [rect(x, 34, 6, 86, shade(paint, frame, 0.3)), rect(x + 20, 34, 6, 86, shade(paint, frame, 0.3))]
    parts += [rect(x, y, 26, 6, shade(paint, frame, 0.3)) for y in (46, 64, 82, 100)]
    return Drawing(whole(rng, paint, parts), ["bunk bed", "bunk bed with a ladder", f"bunk bed with {word} blankets"])


@thing(1.2)
def crib(rng, paint):
    """A baby's crib with bars."""
    colour, colours, prefixes = stuff(rng, paint)
    _, cover = paint.colour("pink", "blue", "yellow", "green")
    head = rng.uniform(14, 26)
    parts = [rect(10, 70, 108, 26, paint.fill(cover), 4), rect(14, 60, 34, 16, "#cfdbe6", 8)]
    parts += [rect(x, 38, 6, 60, paint.light(colour, 0.15)) for x in range(20, 108, 14)]
    parts += [rect(8, 34, 112, 9, paint.fill(colour), 3), rect(8, 94, 112, 11, paint.fill(colour), 3)]
    parts += [rect(x, head, 11, 106 - head, shade(paint, colour, 0.2), 5) for x in (4, 113)]
    parts += [circle(x, 113, 7, "#4a5258") for x in (10, 118)]
    return Drawing(whole(rng, paint, parts), called(prefixes, "crib", "baby bed", "cot", "baby crib"), colours)


@thing(1.5)
def wardrobe(rng, paint):
    """A wardrobe with two doors."""
    colour, colours, prefixes = stuff(rng, paint)
    dark, light = shade(paint, colour, 0.35), paint.light(colour, 0.12)
    bottom = rng.choice([0, 24])
    left, width, end = rng.uniform(20, 26), 0, 106 - bottom
    width = 128 - 2 * left
    parts = [
        rect(left + 4, 110, 12, 12, dark),
        rect(left + width - 16, 110, 12, 12, dark),
        rect(left, 8, width, 106, paint.fill(colour), 2),
    ]
    parts.append(rect(left - 5, 4, width + 10, 9, dark, 2))
    half = width / 2 - 7
    parts += [rect(x, 18, half, end - 18, light, 2, f' stroke="{dark}" stroke-width="3"') for x in (left + 5, 66)]
    parts += [rect(x, 52, 5, 16, dark, 2) for x in (55, 68)]
    if bottom:
        parts += [
            rect(left + 5, end + 4, width - 10, 19, light, 2, f' stroke="{dark}" stroke-width="3"'),
            rect(56, end + 10, 16, 6, dark, 2),
        ]
    return Drawing(whole(rng, paint, parts), called(prefixes, "wardrobe", "closet", "armoire"), colours)


@thing(1.5)
def chest_of_drawers(rng, paint):
    """A chest with three or four rows of drawers."""
    colour, colours, prefixes = stuff(rng, paint)
    dark, light, rows, pairs = (
        shade(paint, colour, 0.35),
        paint.light(colour, 0.18),
        rng.choice([3, 3, 4]),
        rng.random() < 0.4,
    )
    top = rng.uniform(14, 26)
    parts = [
        rect(16, 106, 12, 14, dark),
        rect(100, 106, 12, 14, dark),
        rect(12, top, 104, 96 - top + 14, paint.fill(colour), 2),
    ]
    parts.append(rect(6, top - 4, 116, 9, dark, 2))
    height = (98 - top) / rows
    for row in range(rows):
        y = top + 9 + row * height
        boxes = ((18, 44), (66, 44)) if pairs and row == 0 else ((18, 92),)
        for x, width in boxes:
            parts.append(rect(x, y, width, height - 5, light, 2, f' stroke="{dark}" stroke-width="2.5"'))
            spots = (x + width / 2,) if width < 50 else (40, 88)
            parts += [circle(spot, y + height / 2 - 2, 4, dark) for spot in spots]
    return Drawing(whole(rng, paint, parts), called(prefixes, "chest of drawers", "dresser", "drawers"), colours)


@thing(1.2)
def cupboard(rng, paint):
    """A cupboard: glass doors above or shelves, two doors below."""
    colour, colours, prefixes = stuff(rng, paint)
    dark, light = shade(paint, colour, 0.35), paint.light(colour, 0.15)
    edge = f' stroke="{dark}" stroke-width="3"'
    parts = [
        rect(22, 112, 84, 10, dark),
        rect(18, 6, 92, 108, paint.fill(colour), 2),
        rect(13, 4, 102, 9, dark, 2),
        rect(12, 66, 104, 9, dark, 2),
    ]
    for x in (24, 66):
        parts += [rect(x, 18, 38, 44, rng.choice(["#cfe6f2", "#b5d7ea"]), 1, edge), line(x, 41, x + 38, 41, dark, 4)]
        parts += [
            rect(x + 5, 28, 11, 11, "#e53935"),
            circle(x + 27, 33, 6, "#fdd835"),
            rect(x + 8, 49, 20, 11, "#3b88c3", 3),
        ]
        parts.append(rect(x, 79, 38, 30, light, 2, edge))
    parts += [circle(x, 94, 3.5, dark) for x in (57, 71)]
    return Drawing(
        whole(rng, paint, parts), called(prefixes, "cupboard", "china cabinet", "kitchen cupboard"), colours
    )


@thing(1.2)
def cabinet(rng, paint):
    """A low cabinet with two doors and perhaps drawers."""
    colour, colours, prefixes = stuff(rng, paint)
    dark, light = shade(paint, colour, 0.35), paint.light(colour, 0.15)
    edge = f' stroke="{dark}" stroke-width="3"'
    parts = [
        rect(14, 96, 10, 16, dark),
        rect(104, 96, 10, 16, dark),
        rect(8, 28, 112, 72, paint.fill(colour), 2),
        rect(3, 22, 122, 10, dark, 2),
    ]
    top = 38
    if rng.random() < 0.5:
        parts += [rect(x, 37, 48, 17, light, 2, edge) + rect(x + 18, 43, 12, 5, dark) for x in (14, 66)]
        top = 59
    parts += [rect(x, top, 48, 94 - top, light, 2, edge) for x in (14, 66)]
    parts += [rect(x, top + (94 - top) / 2 - 6, 5, 12, dark, 2) for x in (54, 69)]
    return Drawing(whole(rng, paint, parts), called(prefixes, "cabinet", "cupboard", "sideboard"), colours)


def books(rng, paint, left, right, floor, height):
    """A row of upright books on a shelf, the last ones at times leaning or missing."""
    parts, x = [], left
    while x < right - 6:
        width, tall = rng.uniform(6, 10), height * rng.uniform(0.7, 1)
        if x + width > right:
            break
        _, colour = paint.colour("red", "orange", "yellow", "green", "blue", "purple", "pink", "white")
        if rng.random() < 0.06:
            x += width
            continue
        parts.append(rect(x, floor - tall, width, tall, colour, 1, ' stroke="none"'))
        parts.append(rect(x, floor - tall * 0.75, width, 2.5, paint.dark(colour, 0.35), 0, ' stroke="none"'))
        x += width + 0.6
    return "".join(parts)


@thing(1.8)
def bookshelf(rng, paint):
    """A bookcase full of books."""
    colour, colours, prefixes = stuff(rng, paint, 0.8)
    dark, rows = shade(paint, colour, 0.55), rng.choice([3, 3, 4])
    left = rng.choice([6, 14, 22])
    right, height = 128 - left, 108 / rows
    parts = [rect(left, 5, right - left, 118, paint.fill(colour), 3)]
    for row in range(rows):
        y = 12 + row * height
        parts.append(rect(left + 7, y, right - left - 14, height - 6, dark))
        parts.append(books(rng, paint, left + 8, right - 8, y + height - 6, height - 9))
    names = called(prefixes, "bookshelf", "bookcase", "shelf full of books", "shelf with books")
    return Drawing(whole(rng, paint, parts), names, colours)


@thing(1.0)
def shelf(rng, paint):
    """A board on the wall with things on it, or an open rack of boards."""
    colour, colours, prefixes = stuff(rng, paint)
    dark = shade(paint, colour, 0.3)
    if rng.random() < 0.5:
        parts = [path(f"M{x} 80h8v28q-8-6-8-28z", dark) for x in (24, 96)] + [
            rect(4, 72, 120, 11, paint.fill(colour), 2)
        ]
        parts.append(books(rng, paint, 12, rng.uniform(60, 70), 72, 44))
        part, name = on_table(rng, paint, 72)
        parts.append(group(part, move=(30, 0)))
        return Drawing(
            whole(rng, paint, parts),
            called(prefixes, "shelf", "wall shelf", f"shelf with books and a {name}"),
            colours,
        )
    parts = [rect(12, 6, 9, 116, dark), rect(107, 6, 9, 116, dark)]
    for y in (36, 74, 112):
        parts.append(rect(8, y, 112, 8, paint.fill(colour)))
        for x in (32, 64, 90):
            _, box = paint.colour("red", "yellow", "blue", "green", "orange")
            parts.append(
                rng.choice(
                    [
                        rect(x - 8, y - 20, 18, 20, box, 2),
                        circle(x, y - 9, 9, box),
                        rect(x - 5, y - 24, 12, 24, box, 5),
                    ]
                )
            )
    return Drawing(whole(rng, paint, parts), called(prefixes, "shelf", "storage rack", "shelves", "rack"), colours)


@thing(1.5)
def floor_lamp(rng, paint):
    """A tall lamp on a foot."""
    word, colour = free(paint)
    grey = rng.choice(METALS[1:])
    glow, wide = rng.random() < 0.6, rng.uniform(14, 24)
    parts = [circle(64, 34, 44, "#ffe9a0", ' fill-opacity=".6" stroke="none"')] if glow else []
    parts += [rect(60.5, 40, 7, 78, grey), path("M36 122q0-10 28-10t28 10z", shade(paint, grey, 0.2))]
    parts.append(polygon([(64 - wide, 4), (64 + wide, 4), (98, 48), (30, 48)], paint.fill(colour)))
    if glow:
        parts.append(ellipse(64, 49, 26, 5, "#fff3b0"))
    return Drawing(whole(rng, paint, parts), ["floor lamp", "standing lamp", "lamp"], [word])


@thing(1.2)
def table_lamp(rng, paint):
    """A lamp with a shade and a round base."""
    word, colour = free(paint)
    _, base = paint.colour("brown", "blue", "gray", "green", "red", "orange", without=(word,))
    wide = rng.uniform(20, 30)
    parts = [
        rect(59, 54, 10, 24, "#c9a24b"),
        rng.choice(
            [
                ellipse(64, 92, 20, 20, paint.fill(base)),
                path("M56 68h16q4 16 16 42h-48q12-26 16-42z", paint.fill(base)),
            ]
        ),
    ]
    parts += [
        rect(36, 108, 56, 13, shade(paint, base, 0.25), 5),
        polygon([(64 - wide, 6), (64 + wide, 6), (114, 64), (14, 64)], paint.fill(colour)),
    ]
    if rng.random() < 0.6:
        parts.append(polygon([(16, 58), (112, 58), (114, 65), (14, 65)], "#ffe98a"))
    return Drawing(whole(rng, paint, parts), ["lamp", "table lamp", "bedside lamp"], [word])


@thing(1.0)
def desk_lamp(rng, paint):
    """A lamp with a bent arm."""
    word, colour = free(paint)
    dark, bend = shade(paint, colour, 0.2), rng.uniform(54, 64)
    parts = (
        [polygon([(84, 50), (122, 50), (126, 104), (62, 104)], "#ffe98a", ' fill-opacity=".75" stroke="none"')]
        if rng.random() < 0.5
        else []
    )
    parts += [
        rect(10, 110, 56, 12, paint.fill(colour), 6),
        stroke(f"M38 112L16 {bend:.0f}L70 22", dark, 8),
        circle(16, bend, 7, colour),
    ]
    parts.append(
        group(
            path("M44 74q0-28 20-28t20 28z", paint.fill(colour))
            + ellipse(64, 75, 14, 6, "#fff3b0")
            + rect(58, 38, 12, 12, dark, 3),
            move=(25, -29),
            turn=-25,
            scale=1.25,
        )
    )
    return Drawing(whole(rng, paint, parts), ["desk lamp", "reading lamp", "table lamp", "lamp"], [word])


@thing(1.0)
def ceiling_lamp(rng, paint):
    """A lamp that hangs from a cord."""
    word, colour = free(paint)
    parts = [rect(61, 0, 6, 50, "#33383d"), rect(46, 2, 36, 9, "#33383d", 3)]
    parts.append(circle(64, 88, rng.uniform(16, 19), "#ffe066", ' stroke="#f2b705" stroke-width="3"'))
    if rng.random() < 0.5:
        parts.append(path("M10 88q0-46 54-46t54 46z", paint.fill(colour)))
    else:
        parts.append(polygon([(52, 40), (76, 40), (116, 88), (12, 88)], paint.fill(colour)))
    return Drawing(whole(rng, paint, parts), ["ceiling lamp", "hanging lamp", "pendant lamp", "lamp"], [word])


def pale_edge(width=3):
    """Stroke attributes of white things, which have to be seen on white."""
    return edged(EDGE, width)


@thing(1.2)
def bathtub(rng, paint):
    """A bathtub on feet, at times with foam or a duck."""
    word, colour = ("white", PALE) if rng.random() < 0.6 else free(paint)
    more = pale_edge() if word == "white" else ""
    grey = rng.choice(METALS[:2])
    parts = [stroke("M104 58V34Q104 24 92 26V36", grey, 7)]
    parts += [circle(x, 112, 8, "#c9a24b") for x in (28, 96)]
    names = ["bathtub", "bath", "tub"]
    if rng.random() < 0.5:
        parts += [
            circle(x, 54 + x % 5, 12, "#f3fafe", ' stroke="#9fc6dc" stroke-width="2.5"') for x in (24, 42, 61, 79)
        ]
        names.append("bathtub with foam")
    if rng.random() < 0.25:
        parts += [
            circle(50, 34, 9, "#fdd835"),
            ellipse(46, 48, 16, 10, "#fdd835"),
            polygon([(57, 33), (67, 36), (57, 40)], "#fb8c00"),
            circle(52, 32, 2, "#222"),
        ]
        names.append("bathtub with a rubber duck")
    parts += [
        path("M8 62H120Q118 108 92 110H36Q10 108 8 62Z", paint.fill(colour), more),
        rect(3, 56, 122, 11, paint.light(colour, 0.3), 5, more),
    ]
    return Drawing(whole(rng, paint, parts), names, [word])


@thing(1.0)
def sink(rng, paint):
    """A washbasin on a pedestal or on a cabinet, with a tap."""
    grey, names = rng.choice(METALS[:2]), ["sink", "bathroom sink", "washbasin"]
    tap = (
        stroke("M64 44V24Q64 12 78 14Q86 16 85 28", grey, 8)
        + rect(40, 34, 12, 12, grey, 4)
        + rect(78, 38, 10, 8, grey, 3)
    )
    basin = path("M12 50H116Q114 80 84 82H44Q14 80 12 50Z", paint.fill(PALE), pale_edge()) + rect(
        6, 43, 116, 11, "#f3f7fa", 5, pale_edge()
    )
    if rng.random() < 0.5:
        colour = stuff(rng, paint)[0]
        below = (
            rect(18, 72, 92, 50, paint.fill(colour))
            + rect(62, 76, 4, 46, shade(paint, colour, 0.4))
            + "".join(rect(x, 92, 5, 12, shade(paint, colour, 0.5)) for x in (54, 69))
        )
    else:
        below = path("M50 78H78L84 122H44Z", "#d3dee6", pale_edge())
    water = rect(81, 30, 8, 14, "#55acee", 3) if rng.random() < 0.3 else ""
    return Drawing(whole(rng, paint, [tap, water, below, basin]), names)


@thing(1.2)
def toilet(rng, paint):
    """A toilet from the side or from the front."""
    names, seat = (
        ["toilet", "toilet bowl", "lavatory"],
        rng.choice([PALE, "#8a4b20", "#33383d", "#55acee", "#f3f7fa"]),
    )
    if rng.random() < 0.5:
        parts = [
            path("M46 74H112Q110 100 86 104L90 122H44Z", paint.fill(PALE), pale_edge()),
            rect(14, 16, 34, 66, "#f3f7fa", 4, pale_edge()),
        ]
        parts += [
            rect(10, 10, 42, 11, PALE, 4, pale_edge()),
            rect(42, 68, 76, 10, seat, 5, pale_edge()),
            rect(20, 28, 14, 5, EDGE, 2),
        ]
        return Drawing(whole(rng, paint, parts), names)
    parts = [
        rect(30, 6, 68, 42, paint.fill(PALE), 5, pale_edge()),
        rect(26, 4, 76, 10, "#f3f7fa", 4, pale_edge()),
        circle(64, 26, 5, EDGE),
    ]
    parts += [
        path("M44 84H84L90 122H38Z", "#d3dee6", pale_edge()),
        ellipse(64, 74, 40, 33, paint.fill(PALE), pale_edge()),
        ellipse(64, 70, 34, 25, seat, pale_edge()),
    ]
    parts.append(ellipse(64, 70, 22, 14, "#7fb8dc"))
    return Drawing(whole(rng, paint, parts), names)


@thing(1.0)
def shower(rng, paint):
    """A shower cabin or a shower head with water."""
    grey = rng.choice(METALS[:2])
    drops = [
        line(x + (y - 50) * (x - 76) / 150, y, x + (y - 38) * (x - 76) / 150, y + 11, "#3b9fe0", 6)
        for y in (52, 74, 96)
        for x in (50, 67, 85, 102)
    ]
    head = path("M42 46Q44 28 76 28Q108 28 110 46Z", grey)
    if rng.random() < 0.5:
        parts = [stroke("M16 120V22Q16 8 34 8H66Q76 8 76 30", grey, 8), head, *drops]
        return Drawing(whole(rng, paint, parts), ["shower", "shower head", "shower with running water"])
    _, floor = paint.colour("blue", "green", "gray")
    parts = [
        rect(16, 8, 96, 106, "#d7edf7", 3, f' stroke="{grey}" stroke-width="5"'),
        rect(10, 110, 108, 12, floor, 3),
    ]
    parts += [
        stroke("M30 100V28Q30 18 44 18H62Q70 18 70 30", grey, 6),
        group(head, *drops, move=(-4, -2), scale=0.72),
    ]
    return Drawing(whole(rng, paint, parts), ["shower", "shower cabin", "shower cubicle"])


@thing(1.0)
def mirror(rng, paint):
    """A mirror in a frame: oval, round or upright on feet."""
    colour, colours, prefixes = stuff(rng, paint, 0.5)
    glass, kind = rng.choice(["#bfe0f0", "#cbe7f3", "#aed4e8"]), rng.choice(["oval", "hand", "square"])
    shine = line(50, 62, 72, 34, "#ffffff", 7) + line(60, 74, 76, 54, "#ffffff", 5)
    names = called(["wood-framed "] if prefixes else [], "mirror", "wall mirror")
    if kind == "oval":
        parts = [ellipse(64, 64, 44, 60, paint.fill(colour)), ellipse(64, 64, 34, 50, glass), shine]
        names.append("oval mirror")
    elif kind == "hand":
        parts = [
            rect(56, 78, 16, 46, shade(paint, colour, 0.2), 8),
            circle(64, 46, 43, paint.fill(colour)),
            circle(64, 46, 33, glass),
            group(shine, move=(0, -8)),
        ]
        names = ["hand mirror", "mirror"]
    else:
        parts = [
            rect(22, 4, 84, 116, paint.fill(colour), 4),
            rect(32, 14, 64, 96, glass),
            shine,
            polygon([(26, 116), (40, 116), (34, 126), (20, 126)], shade(paint, colour)),
            polygon([(88, 116), (102, 116), (108, 126), (94, 126)], shade(paint, colour)),
        ]
        names = ["mirror", "standing mirror", "full length mirror"]
    return Drawing(whole(rng, paint, parts), names, colours)


@thing(1.2)
def fridge(rng, paint):
    """A refrigerator with two doors, closed or open."""
    word, colour = ("white", PALE) if rng.random() < 0.4 else paint.colour(without=("white", "brown", "purple"))
    more, dark = pale_edge() if word == "white" else "", shade(paint, colour, 0.45)
    names = ["fridge", "refrigerator"]
    if rng.random() < 0.25:
        parts = [
            rect(14, 6, 62, 112, paint.fill(colour), 4, more),
            rect(22, 14, 46, 96, "#d9eef8"),
            polygon([(76, 6), (114, 16), (114, 126), (76, 118)], shade(paint, colour, 0.15), more),
        ]
        for y in (42, 72, 104):
            parts.append(rect(22, y, 46, 4, "#7f93a1"))
            for x in (28, 42, 56):
                parts.append(rect(x, y - 16, 9, 16, paint.colour("red", "green", "yellow", "orange")[1], 3))
        return Drawing(
            whole(rng, paint, parts),
            [*["open fridge", "fridge", "refrigerator"], "open refrigerator full of food"],
            [word],
        )
    split = rng.choice([40, 46, 80])
    parts = [rect(x, 116, 12, 8, "#33383d") for x in (32, 84)] + [
        rect(24, 4, 80, 114, paint.fill(colour, "right"), 7, more)
    ]
    parts += [
        rect(24, split, 80, 4, dark),
        rect(34, split - 24, 7, 18, dark, 3),
        rect(34, split + 10, 7, 20, dark, 3),
    ]
    return Drawing(whole(rng, paint, parts), names, [word])


@thing(1.2)
def oven(rng, paint):
    """A stove with an oven window, knobs and perhaps a pot on it."""
    word, colour = ("white", PALE) if rng.random() < 0.4 else paint.colour("gray", "red", "black", "green", "blue")
    more, dark = pale_edge() if word == "white" else "", shade(paint, colour, 0.5)
    names, hot = ["oven", "stove", "kitchen stove", "cooker"], rng.random() < 0.4
    parts = [rect(16, 30, 96, 92, paint.fill(colour), 4, more), rect(12, 26, 104, 8, "#33383d", 2)]
    parts += [circle(x, 45, 6, dark) for x in (28, 46, 82, 100)] + [rect(26, 60, 76, 6, dark, 3)]
    parts += [rect(26, 72, 76, 42, "#2b2f33", 4), rect(33, 79, 62, 28, "#f08a24" if hot else "#566069", 3)]
    if rng.random() < 0.5:
        _, pot = paint.colour("red", "blue", "gray", "orange")
        parts += [rect(38, 8, 40, 19, pot, 3), rect(30, 11, 56, 5, shade(paint, pot, 0.3), 2)]
        names.append("stove with a pot")
    else:
        parts += [rect(x, 19, 30, 7, "#4a5258", 2) for x in (24, 74)]
    return Drawing(whole(rng, paint, parts, mirror=False), names, [word])


@thing(1.2)
def washing_machine(rng, paint):
    """A washing machine with a round window."""
    word, colour = ("white", PALE) if rng.random() < 0.6 else paint.colour("gray", "black", "blue", "red")
    more = pale_edge() if word == "white" else ""
    parts = [rect(14, 6, 100, 116, paint.fill(colour), 6, more), rect(14, 30, 100, 3.5, shade(paint, colour, 0.4))]
    parts += [
        rect(22, 13, 34, 11, shade(paint, colour, 0.25), 2),
        circle(86, 19, 7, "#55606a"),
        circle(102, 19, 4, "#e53935"),
    ]
    parts += [
        circle(64, 76, 36, "#7f8d97"),
        circle(64, 76, 28, "#cfe6f2"),
        path("M36 78q14-12 28 0t28 0a28 28 0 0 1-56 0z", "#3b9fe0"),
    ]
    if rng.random() < 0.5:
        parts += [
            path("M44 80q10-10 22 2t20-2q-4 18-22 18t-20-18z", paint.colour("red", "yellow", "pink", "green")[1])
        ]
    return Drawing(whole(rng, paint, parts, mirror=False), ["washing machine", "washer", "laundry machine"], [word])


@thing(0.8)
def dishwasher(rng, paint):
    """An open dishwasher with plates in a rack."""
    word, colour = ("white", PALE) if rng.random() < 0.4 else paint.colour("gray", "black", "red", "blue")
    more = pale_edge() if word == "white" else ""
    parts = [
        rect(20, 4, 88, 104, paint.fill(colour), 4, more),
        rect(26, 10, 76, 10, shade(paint, colour, 0.3), 2),
        circle(90, 15, 3.5, "#7cd66b"),
    ]
    parts += [rect(28, 26, 72, 76, "#4c565f")]
    for y, kind in ((58, "cup"), (92, "plate")):
        for x in (36, 50, 64, 78, 90):
            parts.append(
                ellipse(x, y - 12, 6, 16, "#f3f7fa", pale_edge(2))
                if kind == "plate"
                else rect(x - 5, y - 17, 10, 15, paint.colour("red", "blue", "yellow")[1], 2)
            )
        parts.append(rect(28, y, 72, 5, "#b6c3cc"))
    parts.append(polygon([(20, 106), (108, 106), (122, 122), (6, 122)], shade(paint, colour, 0.15), more))
    return Drawing(whole(rng, paint, parts, mirror=False), ["dishwasher", "open dishwasher with plates"], [word])


@thing(1.0)
def rug(rng, paint):
    """A carpet with fringes and a pattern, or a round rug."""
    word, colour = free(paint)
    _, second = paint.colour(without=(word,))
    if rng.random() < 0.35:
        parts = [
            ellipse(64, 66, 60, 42, paint.fill(colour)),
            ellipse(64, 66, 46, 31, second),
            ellipse(64, 66, 32, 21, colour),
            ellipse(64, 66, 16, 10, second),
        ]
        return Drawing(whole(rng, paint, parts), ["rug", "round rug", "round carpet", "mat"], [word])
    fringe = [line(x, 26, x, 102, "#d9b77a", 4) for x in ()]
    fringe += [line(3, y, 12, y, "#c9a45e", 4) + line(116, y, 125, y, "#c9a45e", 4) for y in range(33, 100, 9)]
    parts = [
        *fringe,
        rect(12, 28, 104, 74, paint.fill(colour), 2),
        rect(20, 36, 88, 58, "none", 0, f' stroke="{second}" stroke-width="5"'),
    ]
    if rng.random() < 0.5:
        parts += [
            polygon([(64, 44), (94, 65), (64, 86), (34, 65)], second),
            polygon([(64, 54), (79, 65), (64, 76), (49, 65)], colour),
        ]
    else:
        parts += [rect(x, 44, 8, 42, second) for x in range(32, 92, 18)]
    return Drawing(whole(rng, paint, parts), ["carpet", "rug", "carpet with fringes", "mat"], [word])


def window_pane(rng, paint, x, y, w, h, frame):
    """A window with a cross, that shows the sky."""
    sky = rng.choice(["#8fd0f5", "#a8dcf7", "#6fc0ee"])
    parts = [rect(x, y, w, h, frame, 2), rect(x + 7, y + 7, w - 14, h - 14, sky)]
    parts += [rect(x + w / 2 - 3, y, 6, h, frame), rect(x, y + h / 2 - 3, w, 6, frame)]
    return "".join(parts)


@thing(1.2)
def window(rng, paint):
    """A window with or without curtains."""
    colour, colours, prefixes = stuff(rng, paint)
    if rng.random() < 0.45:
        parts = [
            window_pane(rng, paint, 14, 8, 100, 102, colour),
            rect(6, 108, 116, 11, paint.fill(shade(paint, colour, 0.2)), 2),
        ]
        return Drawing(whole(rng, paint, parts), called(prefixes, "window", "window frame"), colours)
    word, cloth = free(paint)
    parts = [window_pane(rng, paint, 22, 18, 84, 92, paint.wood())]
    for points in ("M10 12H62Q56 60 26 76L40 120H10Z", "M118 12H66Q72 60 102 76L88 120H118Z"):
        parts.append(path(points, paint.fill(cloth, "right")))
    fold = shade(paint, cloth, 0.3)
    parts += [stroke(f"M{64 - s * 38} 16Q{64 - s * 36} 50 {64 - s * 46} 72", fold, 3) for s in (1, -1)] + [
        rect(64 + s * 46 - 9, 71, 18, 7, "#d9a83a", 3) for s in (1, -1)
    ]
    parts.append(rect(3, 6, 122, 8, "#7a5230", 4))
    return Drawing(
        whole(rng, paint, parts), ["window with curtains", "curtains", "curtain", f"window with {word} curtains"], []
    )


@thing(0.6)
def curtain(rng, paint):
    """Two closed curtains on a rod."""
    word, cloth = free(paint)
    parts = []
    for i in range(8):
        tone = cloth if i % 2 else shade(paint, cloth, 0.2)
        parts.append(path(f"M{10 + i * 13.5:.0f} 12h13.5v108q-7 5-13.5 0z", paint.fill(tone, "right")))
    parts += [rect(3, 6, 122, 9, "#7a5230", 4), circle(5, 10, 5, "#c9a24b"), circle(123, 10, 5, "#c9a24b")]
    return Drawing(whole(rng, paint, parts), ["curtain", "curtains", "closed curtains"], [word])


@thing(1.0)
def door(rng, paint):
    """A door with panels, a round top or open."""
    colour, colours, prefixes = stuff(rng, paint, 0.5)
    dark, light = shade(paint, colour, 0.35), paint.light(colour, 0.15)
    kind, names = rng.choice(["panels", "arch", "open"]), called(prefixes, "door", "front door", "closed door")
    if kind == "arch":
        parts = [
            path("M18 122V62Q20 6 64 4Q108 6 110 62V122Z", "#8a949b"),
            path("M30 122V62Q32 18 64 16Q96 18 98 62V122Z", paint.fill(colour)),
        ]
        parts += (
            [line(x, 24 if x == 64 else 32, x, 120, dark, 3.5) for x in (47, 64, 81)]
            + [rect(30, y, 26, 6, "#33383d") for y in (52, 96)]
            + [circle(88, 78, 5, "#f2c230")]
        )
    elif kind == "open":
        parts = [
            rect(22, 4, 84, 118, dark),
            rect(32, 14, 64, 108, "#2a2622"),
            polygon([(32, 14), (76, 4), (76, 126), (32, 122)], paint.fill(colour)),
            circle(68, 68, 5, "#f2c230"),
        ]
        names = ["open door", "door"]
    else:
        parts = [rect(24, 4, 80, 120, dark, 2), rect(32, 12, 64, 112, paint.fill(colour))]
        parts += [
            rect(x, y, 22, h, light, 1, f' stroke="{dark}" stroke-width="2.5"')
            for x in (39, 67)
            for y, h in ((20, 38), (76, 38))
        ] + [circle(88, 68, 5, "#f2c230")]
    return Drawing(whole(rng, paint, parts), names, colours)


@thing(1.0)
def ladder(rng, paint):
    """A ladder, leaning or a stepladder."""
    colour, colours, prefixes = stuff(rng, paint, 0.6)
    dark, names = shade(paint, colour, 0.25), called(prefixes, "ladder")
    if rng.random() < 0.35:
        parts = [line(70, 10, 106, 118, dark, 8), line(86, 70, 42, 70, dark, 4)]
        parts += (
            [line(56, 10, 20, 120, colour, 9)]
            + [rect(64 - 28 * k - 4, 12 + 100 * k, 28 + 26 * k, 8, colour, 3) for k in (0.2, 0.45, 0.7)]
            + [line(72, 10, 84, 120, colour, 9), rect(50, 4, 32, 10, dark, 3)]
        )
        return Drawing(whole(rng, paint, parts), ["stepladder", "ladder", "step ladder"], colours)
    parts = [rect(34, y, 60, 8, dark) for y in range(14, 112, 20)] + [
        rect(x, 3, 10, 122, paint.fill(colour), 4) for x in (30, 88)
    ]
    return Drawing(whole(rng, paint, parts, turn=22), names, colours)


@thing(1.0)
def fence(rng, paint):
    """A fence of pales or boards."""
    colour, colours, prefixes = ("#eef2f5", ["white"], []) if rng.random() < 0.25 else stuff(rng, paint, 0.7)
    more = pale_edge() if colours == ["white"] else ""
    dark, top, count = shade(paint, colour, 0.2), rng.uniform(24, 36), rng.choice([5, 6])
    parts, step = [rect(2, y, 124, 9, dark, 2, more) for y in (54, 90)], 124 / count
    pointed = rng.random() < 0.75
    for i in range(count):
        x, wide = 2 + i * step + 2, step - 6
        tip = top if pointed else top + 10
        parts.append(
            polygon(
                [(x, top + 12), (x + wide / 2, tip), (x + wide, top + 12), (x + wide, 114), (x, 114)],
                paint.fill(colour),
                more,
            )
        )
    return Drawing(whole(rng, paint, parts), called(prefixes, "fence", "picket fence", "garden fence"), colours)


@thing(0.8)
def gate(rng, paint):
    """A gate between two posts, of wood or iron."""
    if rng.random() < 0.5:
        iron, stone = rng.choice(METALS[2:]), rng.choice(["#a8a39b", "#b5654a", "#8a949b"])
        parts = [path("M24 56Q64 6 104 56", "none", f' stroke="{iron}" stroke-width="7"')]
        parts += [
            rect(x, 54 - 24 * math.sin(math.pi * (x - 20) / 88), 6, 68 + 24 * math.sin(math.pi * (x - 20) / 88), iron)
            for x in range(28, 104, 12)
        ]
        parts += [rect(24, y, 80, 7, iron) for y in (66, 110)]
        parts += [
            rect(x, 32, 22, 92, paint.fill(stone)) + rect(x - 3, 24, 28, 11, shade(paint, stone, 0.2), 2)
            for x in (4, 102)
        ]
        return Drawing(whole(rng, paint, parts), ["gate", "iron gate", "garden gate", "closed gate"])
    colour, colours, prefixes = stuff(rng, paint, 0.7)
    dark = shade(paint, colour, 0.25)
    parts = [line(20, 104, 108, 48, dark, 9)] + [rect(14, y, 100, 11, paint.fill(colour), 2) for y in (42, 66, 98)]
    parts += [rect(x, 36, 10, 78, colour, 2) for x in (18, 100)] + [rect(x, 22, 14, 100, dark, 3) for x in (2, 112)]
    return Drawing(whole(rng, paint, parts), called(prefixes, "gate", "farm gate", "garden gate"), colours)


@thing(1.0)
def bridge(rng, paint):
    """A stone or wooden bridge with arches over water, or a suspension bridge."""
    kind, water = rng.choice(["stone", "arch", "suspension"]), rng.choice(["#3b9fe0", "#55acee", "#2e86c9"])
    sea = path("M2 104q10-8 20 0t20 0t20 0t20 0t20 0t22 0v18H2z", water)
    if kind == "suspension":
        _, colour = paint.colour("red", "orange", "gray", "blue")
        cables = stroke("M2 64Q22 50 34 16Q64 84 94 16Q106 50 126 64", colour, 4.5)
        ropes = [
            rect(x - 1.5, y, 3, 78 - y, colour)
            for x, y in ((20, 50), (46, 40), (55, 48), (64, 50), (73, 48), (82, 40), (108, 50))
        ]
        parts = [
            cables,
            *ropes,
            *(rect(x, 8, 9, 100, paint.fill(colour)) for x in (29.5, 89.5)),
            sea,
            rect(1, 76, 126, 9, shade(paint, colour, 0.25)),
        ]
        return Drawing(whole(rng, paint, parts), ["suspension bridge", "bridge", "bridge over water"])
    if kind == "stone":
        stone = rng.choice(["#a8a39b", "#b39b7d", "#8a949b"])
        body = "M2 46H126V112H104V90Q104 70 88 70Q72 70 72 90V112H56V90Q56 70 40 70Q24 70 24 90V112H2Z"
        parts = [path(body, paint.fill(stone)), rect(0, 40, 128, 10, shade(paint, stone, 0.25), 2), sea]
        parts += [rect(x, 55, 12, 5, shade(paint, stone, 0.15)) for x in (8, 34, 58, 82, 108)]
        return Drawing(whole(rng, paint, parts), ["stone bridge", "bridge", "bridge over a river"])
    word, colour = rng.choice([("wooden", paint.wood()), paint.colour("red")])
    parts = [
        rect(x, y, 7, 28, shade(paint, colour, 0.2)) for x, y in ((8, 62), (34, 44), (60, 37), (87, 44), (113, 62))
    ]
    parts += [
        stroke("M4 92Q64 46 124 92", shade(paint, colour, 0.3), 14),
        stroke("M6 64Q64 14 122 64", colour, 8),
        sea,
    ]
    return Drawing(whole(rng, paint, parts), [f"{word} bridge", "bridge", "footbridge", "bridge over water"])


@thing(1.0)
def well(rng, paint):
    """A water well with a roof and a bucket."""
    wood, stone, (_, roof) = (
        paint.wood(),
        rng.choice(["#a8a39b", "#8a949b", "#b39b7d"]),
        paint.colour("red", "brown", "blue", "green"),
    )
    parts = [rect(x, 34, 9, 54, wood) for x in (24, 95)] + [
        rect(20, 48, 88, 6, shade(paint, wood, 0.3)),
        rect(62, 52, 4, 18, "#d9b77a"),
    ]
    parts += [
        path("M52 66h24l-4 20h-16z", "#7d8890"),
        rect(18, 84, 92, 38, paint.fill(stone), 3),
        rect(12, 78, 104, 11, shade(paint, stone, 0.15), 4),
    ]
    for row, y in enumerate((96, 109)):
        parts += [rect(x + row * 10, y, 16, 8, shade(paint, stone, 0.2), 2) for x in (24, 48, 72)]
    parts.append(polygon([(64, 3), (120, 40), (8, 40)], paint.fill(roof)))
    return Drawing(whole(rng, paint, parts), ["well", "water well", "wishing well", "stone well with a bucket"])


@thing(1.2)
def windmill(rng, paint):
    """A windmill with four sails."""
    body, (_, cap) = (
        rng.choice(["#e8d8b8", "#b5654a", "#a8a39b", "#f0ebe0", "#8a4b20"]),
        paint.colour("red", "brown", "blue", "gray", "orange"),
    )
    parts = [
        polygon([(46, 48), (82, 48), (96, 124), (32, 124)], paint.fill(body), pale_edge(2)),
        path("M42 50Q46 24 64 24Q82 24 86 50Z", cap),
    ]
    parts += [path("M54 124V106Q54 98 64 98Q74 98 74 106V124Z", "#5d3a1c"), rect(57, 74, 14, 14, "#55acee", 2)]
    sail, angle = rng.choice(["#f7f3e8", "#ffffff", "#e6d3a8"]), rng.uniform(0, 90)
    for turn in range(4):
        blade = (
            rect(61.5, 4, 5, 60, "#5d3a1c")
            + rect(66, 6, 15, 44, sail, 0, ' stroke="#5d3a1c" stroke-width="3"')
            + line(66, 28, 80, 28, "#5d3a1c", 2.5)
        )
        parts.append(group(blade, move=(0, -18), turn=angle + 90 * turn, scale=0.74))
    parts.append(circle(64, 46, 6, "#33383d"))
    return Drawing(whole(rng, paint, parts), ["windmill", "old windmill", "mill"])


@thing(1.8)
def lighthouse(rng, paint):
    """A lighthouse with red and white bands and a lamp, at times with rays, rocks and sea."""
    word, colour = (
        ("red", rng.choice(["#dd2e44", "#e53935", "#c62828"]))
        if rng.random() < 0.8
        else paint.colour("blue", "black")
    )
    bands, spread, foot = rng.choice([5, 5, 7]), rng.uniform(7, 12), rng.choice([112, 122])
    top, parts = 42, []
    if rng.random() < 0.6:
        parts += [
            polygon([(64, 26), (2, 8), (2, 38)], "#ffe066", ' fill-opacity=".85" stroke="none"'),
            polygon([(64, 26), (126, 8), (126, 38)], "#ffe066", ' fill-opacity=".85" stroke="none"'),
        ]
    half = lambda y: 16 + spread * (y - top) / (foot - top)  # noqa: E731
    high = (foot - top) / bands
    for i in range(bands):
        y = top + i * high
        tone = colour if i % 2 == 0 else "#ffffff"
        parts.append(
            polygon(
                [
                    (64 - half(y), y),
                    (64 + half(y), y),
                    (64 + half(y + high), y + high),
                    (64 - half(y + high), y + high),
                ],
                paint.fill(tone, "right"),
                ' stroke="#8d97a0" stroke-width="1.5"',
            )
        )
    parts += [
        rect(57, foot - 20, 14, 20, "#5d3a1c", 6),
        rect(52, 18, 24, 20, "#ffe066", 0, ' stroke="#33383d" stroke-width="4"'),
        circle(64, 28, 6, "#fff8d0"),
    ]
    parts += [rect(42, 36, 44, 8, "#33383d", 2), path("M47 20Q50 5 64 3Q78 5 81 20Z", colour)]
    names = ["lighthouse", f"{word} and white lighthouse", "lighthouse with a lamp"]
    if foot == 112:
        parts.append(
            path("M8 122Q14 104 40 108Q64 100 92 108Q116 106 122 122Z", rng.choice(["#6b6258", "#7d8890", "#5c913b"]))
        )
    if foot == 112 and rng.random() < 0.6:
        parts.append(path("M0 118q8-6 16 0t16 0t16 0t16 0t16 0t16 0t16 0t16 0v9H0z", "#3b9fe0"))
        names.append("lighthouse by the sea")
    return Drawing(whole(rng, paint, parts), names)


@thing(1.0)
def tent(rng, paint):
    """A camping tent with an open entrance."""
    word, colour = free(paint)
    dark = shade(paint, colour, 0.3)
    if rng.random() < 0.5:
        parts = [
            polygon([(64, 18), (124, 112), (4, 112)], paint.fill(colour)),
            polygon([(64, 34), (90, 112), (38, 112)], "#3a2f2a"),
        ]
        parts += [
            polygon([(64, 34), (46, 112), (34, 112)], paint.light(colour, 0.3)),
            polygon([(64, 34), (94, 112), (82, 112)], paint.light(colour, 0.3)),
            line(64, 18, 58, 8, "#7a5230", 5),
            line(64, 18, 70, 8, "#7a5230", 5),
        ]
    else:
        parts = [
            polygon([(40, 24), (96, 24), (125, 104), (74, 112)], dark),
            polygon([(40, 24), (76, 112), (3, 112)], paint.fill(colour)),
            polygon([(40, 46), (56, 112), (24, 112)], "#3a2f2a"),
        ]
    if rng.random() < 0.4:
        parts.insert(0, ellipse(64, 112, 62, 9, "#7cb342", ' stroke="none"'))
    return Drawing(whole(rng, paint, parts), ["tent", "camping tent"], [word])


@thing(1.0)
def barn(rng, paint):
    """A barn with a big door, at times with a silo."""
    (word, colour), roof = (
        rng.choice([("red", "#b3302a"), ("red", "#c62828"), ("brown", "#8a4b20"), ("green", "#5c913b")]),
        rng.choice(["#6b757c", "#5d3a1c", "#4a5258"]),
    )
    parts, names = [], ["barn", "farm barn", f"{word} barn"]
    if rng.random() < 0.35:
        parts += [rect(98, 34, 27, 88, paint.fill("#b6c0c7")), path("M98 36q0-16 13-16t14 16z", "#8a949b")]
        names.append("barn with a silo")
    right = 96 if parts else 120
    mid, half = (right + 8) / 2, (right - 8) / 2
    parts.append(
        polygon(
            [
                (8, 122),
                (8, 58),
                (mid - half * 0.65, 28),
                (mid, 12),
                (mid + half * 0.65, 28),
                (right, 58),
                (right, 122),
            ],
            paint.fill(colour),
        )
    )
    outline = f"M3 62L{mid - half * 0.68:.1f} 27L{mid} 9L{mid + half * 0.68:.1f} 27L{right + 5} 62"
    parts.append(path(outline, "none", f' stroke="{roof}" stroke-width="8" stroke-linejoin="round"'))
    white, wide = ' stroke="#ffffff" stroke-width="4"', half * 0.55
    parts += [
        rect(mid - wide, 74, 2 * wide, 48, shade(paint, colour, 0.25), 0, white),
        line(mid - wide, 76, mid + wide, 120, "#fff", 4),
        line(mid + wide, 76, mid - wide, 120, "#fff", 4),
    ]
    parts.append(rect(mid - 9, 38, 18, 18, "#3a2a22", 0, white))
    return Drawing(whole(rng, paint, parts), names)


@thing(1.0)
def swing(rng, paint):
    """A swing on a frame."""
    (word, frame), (_, seat) = free(paint), paint.colour("red", "yellow", "brown", "blue", "green")
    rope, tilt = rng.choice(["#d9b77a", "#6b757c"]), rng.uniform(-16, 16)
    two = rng.random() < 0.4
    parts = [
        line(18, 14, 5, 120, frame, 8),
        line(18, 14, 34, 120, frame, 8),
        line(110, 14, 94, 120, frame, 8),
        line(110, 14, 123, 120, frame, 8),
        line(14, 12, 114, 12, shade(paint, frame, 0.2), 9),
    ]
    for left, right in ((38, 58), (70, 90)) if two else ((46, 82),):
        parts += [
            line(left, 14, left + tilt, 90, rope, 4),
            line(right, 14, right + tilt, 90, rope, 4),
            rect(left + tilt - 5, 88, right - left + 10, 9, seat, 3),
        ]
    return Drawing(whole(rng, paint, parts), ["swing set" if two else "swing", "swing", "playground swing"], [word])


@thing(1.0)
def slide(rng, paint):
    """A playground slide with a ladder."""
    (word, chute), (_, frame) = free(paint), paint.colour("red", "blue", "yellow", "green", "gray")
    parts = [line(14, 122, 30, 30, frame, 7), line(40, 122, 44, 34, frame, 7)]
    parts += [
        line(16 + k * 3.2, 108 - k * 17, 40 + k * 0.8, 108 - k * 17, shade(paint, frame, 0.15), 6) for k in range(5)
    ]
    parts += [
        stroke("M26 30Q28 8 42 8Q50 10 50 30", frame, 6),
        path("M26 30H52Q66 34 78 64Q94 102 124 104V120Q84 120 66 76Q56 52 46 46H26Z", paint.fill(chute)),
    ]
    parts.append(stroke("M50 30Q66 32 80 62Q96 100 124 104", shade(paint, chute, 0.3), 5))
    if rng.random() < 0.5:
        parts.insert(0, line(84, 90, 84, 122, frame, 7))
    return Drawing(whole(rng, paint, parts), ["slide", "playground slide"], [word])


@thing(1.0)
def staircase(rng, paint):
    """Steps seen from the side, with or without a handrail."""
    colour, colours, prefixes = stuff(rng, paint, 0.5)
    if colours and rng.random() < 0.6:
        colour, colours, prefixes = rng.choice(["#a8a39b", "#8a949b", "#b39b7d"]), [], ["stone "]
    count = rng.choice([4, 5, 6])
    rail, run = rng.random() < 0.5, 116 / count
    rise, parts = (78 if rail else 104) / count, []
    for i in range(count):
        x, y = 6 + i * run, 122 - (i + 1) * rise
        parts.append(rect(x, y, 122 - x, 122 - y, paint.fill(colour) if i == 0 else colour))
        parts.append(rect(x - 2, y, run + 4, 6, shade(paint, colour, 0.35)))
        parts.append(rect(x + run - 3, y + 6, 122 - x - run, 122 - y - 6, shade(paint, colour, 0.05)))
    names = called(prefixes, "stairs", "staircase", "steps")
    if rail:
        bar = paint.wood() if colours else "#4a5258"
        parts += [rect(4 + (i + 0.5) * run, 122 - (i + 1) * rise - 30, 4, 31, bar) for i in range(count)]
        parts.append(line(6 + run / 2, 92 - rise, 6 + (count - 0.5) * run, 92 - count * rise, bar, 7))
        names.append("staircase with a handrail")
    return Drawing(whole(rng, paint, parts), names, colours)


@thing(1.0)
def fireplace(rng, paint):
    """A fireplace of bricks or stone with a fire."""
    stone, mantel = rng.choice(["#b5533c", "#a8463a", "#a8a39b", "#b39b7d", "#e2d8c8"]), paint.wood()
    dark = shade(paint, stone, 0.25)
    parts = [rect(10, 30, 108, 92, paint.fill(stone))]
    for row, y in enumerate(range(36, 120, 14)):
        parts += [rect(x, y, 17, 9, dark, 1, ' stroke="none"') for x in range(14 + row % 2 * 11, 100, 22)]
    parts += [rect(3, 18, 122, 14, mantel, 2), path("M32 122V74Q34 50 64 50Q94 50 96 74V122Z", "#2a211d")]
    parts += [
        path(
            "M64 60Q66 74 80 84Q90 94 84 106Q78 116 64 116Q50 116 44 106Q40 94 50 86Q52 94 57 94Q54 76 64 60Z",
            "#f4721e",
        ),
        path("M65 84Q76 94 74 104Q72 114 64 114Q55 114 54 104Q54 98 60 94Q62 98 64 97Q62 90 65 84Z", "#ffd23f"),
    ]
    parts += [line(44, 117, 84, 110, "#8a5a2b", 8), line(44, 110, 84, 117, "#6e4520", 8)]
    if rng.random() < 0.4:
        parts += [
            rect(20, 4, 12, 14, paint.colour("blue", "green", "red")[1], 3),
            rect(92, 4, 16, 14, "#d9a83a"),
            rect(95, 7, 10, 8, "#a8dcf7"),
        ]
    return Drawing(whole(rng, paint, parts), ["fireplace", "fireplace with a burning fire", "open fire", "hearth"])


@thing(1.2)
def vase_with_flowers(rng, paint):
    """A vase with three to five flowers, or a tulip vase."""
    (vase_word, colour), (word, petals) = (
        free(paint),
        paint.colour("red", "pink", "yellow", "orange", "purple", "blue", "white"),
    )
    tulip, shape = (
        rng.random() < 0.5,
        rng.choice(
            [
                "M42 74H86L80 90Q96 122 76 122H52Q32 122 48 90Z",
                "M42 74H86L78 122H50Z",
                "M46 74H82Q106 122 78 122H50Q22 122 46 74Z",
            ]
        ),
    )
    parts, core = [], "#7a4a1e" if word == "yellow" else "#ffd23f"
    more = pale_edge(2) if word == "white" else ""
    for x, y in rng.choice([((64, 20), (34, 34), (94, 34)), ((64, 18), (34, 28), (94, 28), (48, 50), (82, 50))]):
        parts.append(stroke(f"M64 84Q{(x + 64) / 2:.0f} 66 {x} {y}", "#3f8f3a", 5))
        if tulip:
            parts.append(path(f"M{x - 13} {y - 14}l7 8l6-10l6 10l7-8v16q-2 14-13 14t-13-14z", petals, more))
        else:
            parts += [
                circle(x + 10 * math.cos(a * 1.257), y + 10 * math.sin(a * 1.257), 8, petals, more) for a in range(5)
            ] + [circle(x, y, 7, core, ' stroke="none"')]
    parts += [path(f"M64 80Q{64 + 34 * s} 74 {64 + 40 * s} 56Q{64 + 14 * s} 54 64 80Z", "#4caf50") for s in (1, -1)]
    parts.append(path(shape, paint.fill(colour)))
    kind = "tulips" if tulip else "flowers"
    return Drawing(
        whole(rng, paint, parts),
        ["vase with flowers", f"vase with {word} {kind}", "flowers in a vase", f"{vase_word} vase with flowers"],
    )


@thing(0.8)
def vase(rng, paint):
    """An empty vase."""
    word, colour = free(paint)
    shape = rng.choice(
        [
            "M48 8H80Q76 24 76 34Q108 60 96 92Q90 122 76 122H52Q38 122 32 92Q20 60 52 34Q52 24 48 8Z",
            "M44 6H84L78 30Q104 48 92 84L84 122H44L36 84Q24 48 50 30Z",
        ]
    )
    parts = [path(shape, paint.fill(colour, "right")), rect(42, 4, 44, 9, shade(paint, colour, 0.2), 4)]
    if rng.random() < 0.6:
        parts += [rect(33, 66, 62, 8, paint.light(colour, 0.5)), rect(33, 82, 62, 5, paint.light(colour, 0.5))]
    return Drawing(whole(rng, paint, parts), ["vase", "empty vase", "flower vase"], [word])


@thing(1.2)
def potted_plant(rng, paint):
    """A plant in a pot: big leaves, a cactus, a bush or a little tree."""
    (word, pot), leaf = (
        rng.choice([("orange", "#c9652f"), ("orange", "#d2743c"), free(paint)]),
        rng.choice(["#43a047", "#2e7d32", "#5c913b", "#66a843"]),
    )
    kind, dark = rng.choice(["leaves", "leaves", "cactus", "bush"]), shade(paint, leaf, 0.25)
    names = ["plant in a pot", "potted plant", "houseplant"]
    if kind == "leaves":
        blade = path("M64 84Q40 54 64 4Q88 54 64 84Z", leaf) + line(64, 78, 64, 22, dark, 3)
        parts = [
            group(blade, turn=turn, move=(turn * 0.34, abs(turn) * 0.1), scale=rng.uniform(0.82, 0.98))
            for turn in (-62, 62, -32, 32, 0)
        ]
    elif kind == "cactus":
        parts = [
            stroke("M64 86V54H40V34", leaf, 15),
            stroke("M64 66H88V46", leaf, 15),
            rect(53, 10, 22, 80, paint.fill(leaf), 11),
        ] + [line(64, y, 64, y + 5, paint.light(leaf, 0.5), 3) for y in (24, 42, 60)]
        names = ["cactus in a pot", "potted cactus", "plant in a pot"]
    else:
        parts = [
            rect(60, 56, 8, 32, "#7a5230"),
            circle(64, 38, 34, paint.fill(leaf)),
            *(
                circle(64 + x, 38 + y, 6, dark, ' stroke="none"')
                for x, y in ((-14, -8), (12, -14), (4, 10), (-18, 12), (20, 8))
            ),
        ]
        names = ["little tree in a pot", "potted tree", "plant in a pot"]
    parts += [path("M36 90H92L84 124H44Z", paint.fill(pot)), rect(30, 80, 68, 14, shade(paint, pot, 0.12), 3)]
    return Drawing(whole(rng, paint, parts), [*names, f"plant in {article(word)} pot"])


@thing(1.0)
def kettle(rng, paint):
    """A kettle with a spout and a handle, at times with steam."""
    word, colour = free(paint)
    dark, parts = shade(paint, colour, 0.35), []
    if rng.random() < 0.3:
        parts += [stroke("M14 40q-8-8 0-16t0-16", "#b7c4cc", 6)]
    parts += [stroke("M38 58Q40 16 66 16Q92 16 94 58", "#33383d", 9), path("M34 76L10 50L24 44L48 62Z", dark)]
    parts += [
        path(
            "M38 54Q66 36 94 54Q112 88 110 112Q108 120 98 120H34Q24 120 22 112Q20 88 38 54Z",
            paint.fill(colour, "round"),
        ),
        circle(66, 42, 7, "#33383d"),
    ]
    parts += [stroke("M42 64Q32 82 34 100", paint.light(colour, 0.55), 6), rect(24, 112, 84, 9, dark, 4)]
    return Drawing(whole(rng, paint, parts), ["kettle", "tea kettle", "water kettle"], [word])


@thing(1.0)
def teapot(rng, paint):
    """A round teapot."""
    word, colour = free(paint)
    dark = shade(paint, colour, 0.25)
    parts = [
        stroke("M92 60Q124 52 120 78Q116 100 90 98", dark, 9),
        path("M40 100Q20 96 18 66Q16 54 4 50L10 42Q28 46 32 66L46 72Z", dark),
    ]
    parts += [
        ellipse(66, 80, 42, 36, paint.fill(colour, "round")),
        ellipse(66, 48, 24, 8, dark),
        path("M46 46Q66 28 86 46Z", paint.fill(colour)),
        circle(66, 32, 7, dark),
        rect(44, 112, 44, 7, dark, 3),
    ]
    if rng.random() < 0.5:
        _, dots = paint.colour(without=(word,))
        parts += [circle(x, y, 5, dots, ' stroke="none"') for x, y in ((46, 76), (66, 90), (86, 76), (66, 68))]
    return Drawing(whole(rng, paint, parts), ["teapot", "tea pot"], [word])


@thing(1.0)
def pan(rng, paint):
    """A frying pan from above, at times with an egg."""
    word, colour = rng.choice([("black", "#2b2f33"), ("black", "#33383d"), ("gray", "#6b757c"), free(paint)])
    handle = rng.choice(["#2b2f33", "#8a4b20", "#6b757c"])
    parts = [
        line(82, 82, 118, 118, handle, 15),
        circle(117, 117, 3, "#e2eaf0", ' stroke="none"'),
        circle(50, 50, 46, paint.fill(colour)),
        circle(50, 50, 37, shade(paint, colour, 0.25)),
        circle(50, 50, 26, shade(paint, colour, 0.36)),
    ]
    names = ["frying pan", "pan", "skillet"]
    if rng.random() < 0.35:
        parts += [
            path("M34 28Q52 16 68 30Q84 42 72 60Q66 80 46 74Q22 76 24 56Q18 36 34 28Z", "#ffffff"),
            circle(50, 48, 12, "#ffc629"),
        ]
        return Drawing(whole(rng, paint, parts), ["fried egg in a pan", "frying pan with an egg", "frying pan"])
    return Drawing(whole(rng, paint, parts), names, [word])


@thing(1.0)
def pot(rng, paint):
    """A cooking pot with two handles, with or without lid."""
    word, colour = free(paint)
    dark, parts = shade(paint, colour, 0.3), [rect(2, 60, 22, 11, "#33383d", 5), rect(104, 60, 22, 11, "#33383d", 5)]
    names = ["pot", "cooking pot", "saucepan"]
    if rng.random() < 0.6:
        parts += [
            path("M14 48Q20 24 64 24Q108 24 114 48Z", paint.light(colour, 0.2)),
            rect(54, 12, 20, 13, "#33383d", 5),
        ]
        names.append("pot with a lid")
    else:
        parts += [
            ellipse(
                64,
                46,
                50,
                12,
                paint.fill(paint.colour("red", "orange", "green")[1]),
                f' stroke="{dark}" stroke-width="4"',
            )
        ]
        parts += [stroke(f"M{x} 30q-7-7 0-13t0-13", "#b7c4cc", 5) for x in (46, 64, 82)]
        names += ["pot of soup"]
    parts += [
        path("M14 48H114V100Q114 116 98 116H30Q14 116 14 100Z", paint.fill(colour)),
        rect(10, 44, 108, 9, dark, 4),
    ]
    return Drawing(whole(rng, paint, parts), names, [word])


@thing(1.0)
def jug(rng, paint):
    """A jug with a handle and a lip."""
    glass = rng.random() < 0.35
    word, colour = ("blue", "#cfe6f2") if glass else free(paint)
    more = pale_edge(3) if glass else ""
    parts = [stroke("M88 36Q122 32 118 66Q114 92 88 92", EDGE if glass else shade(paint, colour, 0.3), 9)]
    parts.append(
        path(
            "M20 8L38 20H92V34Q104 64 98 104Q96 122 82 122H44Q30 122 28 104Q24 64 36 36Z",
            paint.fill(colour, "right"),
            more,
        )
    )
    if not glass:
        return Drawing(
            whole(rng, paint, [*parts, rect(31, 70, 67, 8, paint.light(colour, 0.45))]), ["jug", "pitcher"], [word]
        )
    name, drink = rng.choice(
        [("water", "#55acee"), ("orange juice", "#fb8c00"), ("milk", "#ffffff"), ("lemonade", "#ffe066")]
    )
    parts.append(path("M32 58H97Q100 84 94 104Q92 116 80 116H46Q36 116 34 104Z", drink))
    return Drawing(whole(rng, paint, parts), [f"jug of {name}", "jug", "pitcher", "glass jug"])


@thing(1.0)
def plate(rng, paint):
    """A plate from above, empty or with fork and knife."""
    word, colour = ("white", PALE) if rng.random() < 0.5 else free(paint)
    more, rim = pale_edge(), rng.choice(["#ffffff", "#3b88c3", "#dd2e44", "#f2c230"])
    cutlery = rng.random() < 0.4
    size = 38 if cutlery else 59
    parts = [
        circle(64, 64, size, paint.fill(colour), more),
        circle(64, 64, size * 0.84, "none", f' stroke="{rim}" stroke-width="4"' if word == "white" else ""),
        circle(64, 64, size * 0.62, paint.light(colour, 0.4), pale_edge(2)),
    ]
    if not cutlery:
        return Drawing(whole(rng, paint, parts), ["plate", "empty plate", "dish"], [word])
    parts += [
        rect(9, 20, 6, 90, "#6b757c", 3),
        path("M2 18h5v20h3v-20h4v20h3v-20h5v24q0 10-10 10t-10-10z", "#6b757c"),
        path("M110 112V18Q124 26 122 66H117V112Z", "#6b757c"),
    ]
    return Drawing(
        whole(rng, paint, parts, mirror=False),
        ["plate with fork and knife", "plate with cutlery", "plate", "place setting"],
        [word],
    )


@thing(1.0)
def bowl(rng, paint):
    """A bowl: empty, with soup, fruit or salad."""
    word, colour = free(paint)
    kind, parts = rng.choice(["empty", "soup", "fruit", "rice"]), []
    if kind == "fruit":
        parts += [
            circle(x, y, 19, c)
            for x, y, c in ((64, 34, "#7cb342"), (38, 46, "#e53935"), (90, 46, "#fb8c00"), (64, 52, "#fdd835"))
        ]
    elif kind == "rice":
        parts.append(path("M14 60Q28 16 64 14Q100 16 114 60Z", "#f4f1e6", pale_edge(4)))
        grains = ((34, 46), (46, 30), (58, 44), (70, 26), (82, 42), (94, 50), (64, 54))
        parts += [line(x, y, x + 5, y + rng.choice([-3, 3]), "#b9b39d", 4) for x, y in grains]
    parts += [
        rect(42, 108, 44, 11, shade(paint, colour, 0.3), 4),
        path("M5 58H123Q120 110 80 112H48Q8 110 5 58Z", paint.fill(colour)),
    ]
    if kind in ("empty", "soup"):
        parts += [
            ellipse(64, 58, 59, 15, shade(paint, colour, 0.3) if kind == "empty" else paint.light(colour, 0.3)),
            ellipse(
                64,
                60,
                50,
                10,
                rng.choice(["#e8622c", "#f2b134", "#8fae3a"]) if kind == "soup" else shade(paint, colour, 0.15),
            ),
        ]
    names = {
        "empty": ["bowl", "empty bowl"],
        "soup": ["bowl of soup", "soup bowl", "bowl"],
        "fruit": ["bowl of fruit", "fruit bowl", "bowl"],
        "rice": ["bowl of rice", "bowl"],
    }[kind]
    return Drawing(whole(rng, paint, parts), names, [word])


@thing(1.0)
def bottle(rng, paint):
    """A bottle with a label and a cork or cap."""
    word, colour = paint.colour("green", "brown", "blue", "red", "black", "gray")
    shape = rng.choice(
        [
            "M54 22H74V44Q92 54 92 72V114Q92 122 84 122H44Q36 122 36 114V72Q36 54 54 44Z",
            "M55 22H73V52Q88 60 88 78V114Q88 122 80 122H48Q40 122 40 114V78Q40 60 55 52Z",
        ]
    )
    cap = rng.choice(["#c9a26b", "#dd2e44", "#f2c230", "#33383d"])
    parts = [
        rect(54, 4, 20, 20, cap, 3),
        path(shape, paint.fill(colour, "right")),
        rect(40, 76, 48, 28, "#f6efdc", 2),
        rect(48, 84, 32, 5, rng.choice(["#dd2e44", "#8a4b20", "#2e7d32"])),
        rect(54, 93, 20, 4, "#9a8f78"),
    ]
    return Drawing(whole(rng, paint, parts, 8), ["bottle", "glass bottle", "bottle with a label"], [word])


@thing(1.0)
def glass(rng, paint):
    """A drinking glass with a drink, at times with a straw."""
    (name, drink), wide = (
        rng.choice(
            [
                ("water", "#6fc0ee"),
                ("orange juice", "#fb8c00"),
                ("milk", "#f7f7f2"),
                ("lemonade", "#ffe066"),
                ("juice", "#e5393f"),
                ("cola", "#5d2e14"),
            ]
        ),
        rng.uniform(34, 40),
    )
    parts = [line(78, 60, 98, 2, rng.choice(["#e53935", "#43a047", "#ec6a9c"]), 6)] if rng.random() < 0.4 else []
    outer = [(64 - wide, 14), (64 + wide, 14), (64 + wide - 10, 122), (64 - wide + 10, 122)]
    inner = [(64 - wide + 6, 40), (64 + wide - 6, 40), (64 + wide - 14, 114), (64 - wide + 14, 114)]
    parts += [
        polygon(outer, "#dff0f8", pale_edge(4) + ' fill-opacity=".75"'),
        polygon(inner, paint.fill(drink)),
        line(64 - wide + 13, 48, 64 - wide + 18, 100, "#ffffff", 5),
    ]
    return Drawing(whole(rng, paint, parts), [f"glass of {name}", f"glass with {name}", "glass", "drinking glass"])


@thing(1.0)
def mug(rng, paint):
    """A mug or a cup with a saucer, at times steaming."""
    word, colour = free(paint)
    steam = [stroke(f"M{x} 30q-7-6 0-13t0-13", "#b7c4cc", 5) for x in (40, 58, 76)] if rng.random() < 0.5 else []
    if rng.random() < 0.5:
        top = 34 if steam else 14
        parts = [
            stroke(
                f"M90 {top + 20}H108Q118 {top + 20} 116 {top + 40}Q112 {top + 60} 90 {top + 60}",
                shade(paint, colour, 0.2),
                10,
            ),
            path(f"M14 {top}H94V108Q94 120 82 120H26Q14 120 14 108Z", paint.fill(colour, "right")),
            ellipse(54, top, 40, 8, shade(paint, colour, 0.35)),
        ]
        if rng.random() < 0.4:
            parts.append(
                path(
                    f"M54 {top + 62}l-18-18q-6-14 8-14q8 0 10 8q2-8 10-8q14 0 8 14z",
                    "#ffffff" if word != "white" else "#e53935",
                )
            )
        return Drawing(whole(rng, paint, steam + parts), ["mug", "coffee mug", "cup"], [word])
    parts = [
        circle(96, 66, 15, "none", f' stroke="{shade(paint, colour, 0.2)}" stroke-width="8"'),
        ellipse(60, 110, 56, 11, paint.light(colour, 0.4), pale_edge(2)),
        path("M16 40H100Q98 106 58 106Q18 106 16 40Z", paint.fill(colour)),
        ellipse(58, 42, 42, 10, paint.light(colour, 0.5)),
        ellipse(58, 43, 35, 7, "#6b3d1c"),
    ]
    return Drawing(whole(rng, paint, steam + parts), ["cup", "cup of coffee", "cup with a saucer", "teacup"], [word])


def cutlery_tone(rng, paint):
    """-> (colour, names' prefixes) of a spoon, fork or knife."""
    return (
        (paint.wood(), ["wooden "])
        if rng.random() < 0.3
        else (rng.choice(["#8a97a1", "#7d8890", "#9aa7b0"]), ["silver "])
    )


@thing(0.7)
def spoon(rng, paint):
    """A spoon."""
    colour, prefixes = cutlery_tone(rng, paint)
    parts = [
        rect(58, 48, 12, 76, colour, 6),
        ellipse(64, 30, 21, 28, paint.fill(colour)),
        ellipse(64, 31, 13, 19, shade(paint, colour, 0.15)),
    ]
    return Drawing(
        group(whole(rng, paint, parts, 10), turn=rng.choice([0, 40, -40])), called(prefixes, "spoon", "tablespoon")
    )


@thing(0.7)
def fork(rng, paint):
    """A fork."""
    colour, prefixes = cutlery_tone(rng, paint)
    parts = [
        rect(58, 56, 12, 68, colour, 6),
        path("M40 6h9v32h5v-32h8v32h5v-32h8v32h5v-32h9v42q0 18-24 18t-25-18z", paint.fill(colour)),
    ]
    return Drawing(group(whole(rng, paint, parts, 10), turn=rng.choice([0, 40, -40])), called(prefixes, "fork"))


@thing(0.7)
def knife(rng, paint):
    """A table or kitchen knife."""
    handle, broad = rng.choice([paint.wood(), "#2b2f33", "#c62828"]), rng.uniform(84, 92)
    parts = [
        path(f"M54 76V4Q{broad} 24 {broad - 4} 76Z", paint.fill("#b3c0c9", "right"), pale_edge(2)),
        rect(53, 74, 17, 50, handle, 5),
        circle(61, 88, 2.5, "#e2eaf0"),
        circle(61, 108, 2.5, "#e2eaf0"),
    ]
    return Drawing(
        group(whole(rng, paint, parts, 10), turn=rng.choice([0, 40, -40])), ["knife", "kitchen knife", "sharp knife"]
    )


@thing(1.0)
def basket(rng, paint):
    """A woven basket with a handle, at times with fruit."""
    colour, parts = rng.choice(["#c1834a", "#b5753a", "#d39b5c", "#a0632d"]), []
    dark, names = shade(paint, colour, 0.3), ["basket", "wicker basket", "picnic basket"]
    parts.append(stroke("M22 66Q24 10 64 10Q104 10 106 66", dark, 8))
    extra = rng.random()
    if extra < 0.5:
        fruit, kind = (("#e53935", "apples"), ("#fb8c00", "oranges"), ("#f3ead8", "eggs"))[int(extra * 6)]
        parts += [circle(x, y, 15, fruit, pale_edge(2)) for x, y in ((64, 42), (36, 52), (92, 52), (64, 56))]
        names += [f"basket of {kind}", f"basket with {kind}"]
    parts.append(path("M10 62H118L104 120H24Z", paint.fill(colour)))
    for row, y in enumerate((74, 88, 102)):
        parts += [rect(x + row % 2 * 9, y, 11, 9, dark, 2, ' stroke="none"') for x in range(26, 92, 18)]
    parts.append(rect(5, 56, 118, 12, dark, 5))
    return Drawing(whole(rng, paint, parts), names)


@thing(1.0)
def bucket(rng, paint):
    """A bucket with a handle, at times full of water."""
    word, colour = free(paint)
    dark, full = shade(paint, colour, 0.3), rng.random() < 0.4
    parts = [
        stroke("M16 46Q20 6 64 6Q108 6 112 46", "#6b757c", 6),
        path("M14 46H114L100 116Q98 123 64 123Q30 123 28 116Z", paint.fill(colour, "right")),
    ]
    parts += [
        ellipse(64, 46, 50, 14, dark),
        ellipse(64, 48, 43, 9, "#55acee" if full else shade(paint, colour, 0.5)),
        stroke("M24 84Q64 98 104 84", dark, 5),
    ]
    return Drawing(whole(rng, paint, parts), ["bucket of water" if full else "bucket", "bucket", "pail"], [word])


@thing(0.8)
def broom(rng, paint):
    """A broom with a long handle."""
    handle, (_, band) = paint.wood(), paint.colour("red", "blue", "green", "brown")
    straw = rng.choice(["#e0b04a", "#d9a441", "#e8c16a"])
    parts = [
        rect(59, 2, 10, 72, handle, 4),
        path("M52 76H76L96 120Q64 128 32 120Z", paint.fill(straw)),
        rect(50, 68, 28, 13, band, 3),
    ]
    parts += [line(64 + d * 0.35, 86, 64 + d, 118, shade(paint, straw, 0.3), 3) for d in (-20, -7, 7, 20)]
    return Drawing(
        group(whole(rng, paint, parts, 6), turn=rng.choice([0, 35, -35])), ["broom", "broomstick", "sweeping broom"]
    )


@thing(0.8)
def wall_clock(rng, paint):
    """A round clock on a wall, or one with a pendulum."""
    (word, colour), tall = rng.choice([free(paint), ("brown", paint.wood())]), rng.random() < 0.35
    y, size = (40, 36) if tall else (64, 60)
    parts = []
    if tall:
        parts += [
            rect(34, 40, 60, 84, paint.fill(colour), 4),
            rect(44, 74, 40, 44, shade(paint, colour, 0.5), 3),
            rect(62, 74, 4, 26, "#e3b94a"),
            circle(64, 102, 10, "#f2c84b"),
        ]
    parts += [circle(64, y, size, paint.fill(colour)), circle(64, y, size * 0.82, "#fbfbf7", ' stroke="none"')]
    for hour in range(12):
        angle, big = hour * math.pi / 6, hour % 3 == 0
        parts.append(
            circle(
                64 + size * 0.68 * math.sin(angle),
                y - size * 0.68 * math.cos(angle),
                size * (0.07 if big else 0.04),
                "#33383d",
                ' stroke="none"',
            )
        )
    for long, width in ((0.4, 0.11), (0.6, 0.08)):
        angle = rng.uniform(0, 2 * math.pi)
        parts.append(
            line(
                64, y, 64 + size * long * math.sin(angle), y - size * long * math.cos(angle), "#22262a", size * width
            )
        )
    parts.append(circle(64, y, size * 0.08, "#dd2e44", ' stroke="none"'))
    names = (
        ["pendulum clock", "clock", "wall clock"]
        if tall
        else ["clock", "wall clock", "round clock", "clock on the wall"]
    )
    return Drawing(whole(rng, paint, parts, mirror=False), names, [word])


@thing(0.9)
def picture_frame(rng, paint):
    """A framed picture of a landscape, a flower or a face."""
    frame, wide = rng.choice([paint.wood(), "#d9a83a", "#2b2f33", "#8a949b"]), rng.random() < 0.6
    x, y, w, h = (4, 16, 120, 96) if wide else (18, 4, 92, 120)
    parts, cut = (
        [rect(x, y, w, h, paint.fill(frame), 2), rect(x + 9, y + 9, w - 18, h - 18, "#f7f3e8")],
        rng.choice(["landscape", "flower", "sea"]),
    )
    bottom = y + h - 15
    parts.append(rect(x + 15, y + 15, w - 30, h - 30, "#8fd0f5", 0, ' stroke="none"'))
    if cut == "landscape":
        parts += [
            circle(x + w - 32, y + 30, 9, "#ffd23f"),
            polygon([(x + 15, bottom), (64, y + h * 0.38), (x + w - 15, bottom)], "#6b8f71"),
            rect(x + 15, bottom - 16, w - 30, 16, "#5c913b"),
        ]
    elif cut == "flower":
        parts += (
            [rect(61, 64, 6, bottom - 64, "#2e7d32")]
            + [circle(64 + 13 * math.cos(a * 1.257), 58 + 13 * math.sin(a * 1.257), 10, "#e53935") for a in range(5)]
            + [circle(64, 58, 8, "#ffd23f")]
        )
    else:
        parts += [
            rect(x + 15, bottom - 24, w - 30, 24, "#2e86c9"),
            polygon([(66, 44), (66, bottom - 22), (86, bottom - 22)], "#ffffff"),
            path(f"M46 {bottom - 20}h42l-8 12h-26z", "#c62828"),
        ]
    return Drawing(whole(rng, paint, parts), ["picture frame", "framed picture", "painting", "picture on the wall"])


@thing(1.0)
def pillow(rng, paint):
    """A soft pillow, at times with a pattern."""
    word, colour = paint.colour()
    more = pale_edge() if word == "white" else ""
    dark, parts = (
        shade(paint, colour, 0.25),
        [
            path(
                "M8 22Q20 12 36 20Q64 26 92 20Q108 12 120 22Q114 44 116 64Q114 84 120 106"
                "Q108 116 92 108Q64 102 36 108Q20 116 8 106Q14 84 12 64Q14 44 8 22Z",
                paint.fill(colour),
                more,
            )
        ],
    )
    kind = rng.choice(["plain", "stripes", "dots", "button"])
    _, second = paint.colour(without=(word,))
    if kind == "stripes":
        parts += [rect(x, 26, 9, 76, second, 0, ' stroke="none"') for x in (34, 60, 86)]
    elif kind == "dots":
        parts += [
            circle(x, y, 7, second, ' stroke="none"') for x, y in ((38, 44), (64, 64), (90, 44), (38, 84), (90, 84))
        ]
    elif kind == "button":
        parts += [circle(64, 64, 6, dark, ' stroke="none"')] + [
            line(64 + 13 * s, 64 + 10 * t, 64 + 26 * s, 64 + 20 * t, dark, 3.5) for s in (1, -1) for t in (1, -1)
        ]
    else:
        parts += [
            stroke(f"M{64 + 50 * s} {64 + 36 * t}Q{64 + 36 * s} {64 + 30 * t} {64 + 30 * s} {64 + 20 * t}", dark, 3.5)
            for s in (1, -1)
            for t in (1, -1)
        ]
    body = whole(rng, paint, parts, 14)
    flat = f'<g transform="translate(0 {rng.choice([0, 14])}) scale(1 {rng.choice([1, 0.8])})">{body}</g>'
    return Drawing(flat, ["pillow", "cushion", "soft pillow"], [word])


@thing(0.5)
def blanket(rng, paint):
    """A checked or striped blanket spread on the ground."""
    word, colour = free(paint)
    fold, (_, second) = shade(paint, colour, 0.3), paint.colour("white", "yellow", "blue", without=(word,))
    parts = [polygon([(26, 30), (126, 30), (102, 104), (2, 104)], paint.fill(colour))]
    bars, checks = ' fill-opacity=".55" stroke="none"', rng.random() < 0.5
    for k in (0.1, 0.34, 0.58, 0.82) if checks else ():
        corners = [(26 + 100 * k, 30), (36 + 100 * k, 30), (12 + 100 * k, 104), (2 + 100 * k, 104)]
        parts.append(polygon(corners, second, bars))
    for k in (0.12, 0.42, 0.72):
        x, y = 26 - 24 * k, 30 + 74 * k
        parts.append(polygon([(x, y), (x + 100, y), (x + 97, y + 10), (x - 3, y + 10)], second, bars))
    parts += [line(x, 106, x - 3, 114, fold, 4) for x in range(7, 102, 10)]
    names = ["picnic blanket", "checked blanket", "blanket"] if checks else ["blanket", "striped blanket"]
    return Drawing(whole(rng, paint, parts), names, [word])


@thing(1.0)
def box(rng, paint):
    """A cardboard box or crate, open or closed."""
    colour, kind = rng.choice(["#c99a5b", "#b98a4e", "#d3a870"]), rng.choice(["closed", "open", "crate"])
    dark = paint.dark(colour, 0.25)
    if kind == "crate":
        colour = paint.wood()
        dark = shade(paint, colour, 0.35)
        parts = [rect(10, 20, 108, 98, dark)] + [rect(12, y, 104, 22, paint.fill(colour)) for y in (22, 46, 70, 94)]
        parts += [rect(x, 20, 13, 98, paint.light(colour, 0.12)) for x in (10, 105)]
        return Drawing(whole(rng, paint, parts), ["wooden box", "crate", "wooden crate", "box"])
    if kind == "open":
        parts = [
            polygon([(18, 50), (64, 36), (110, 50), (64, 66)], paint.dark(colour, 0.5)),
            polygon([(18, 50), (64, 36), (50, 18), (4, 34)], paint.light(colour, 0.15)),
            polygon([(110, 50), (64, 36), (78, 18), (124, 34)], paint.light(colour, 0.15)),
        ]
        parts += [
            polygon([(18, 50), (64, 66), (64, 122), (18, 104)], paint.fill(colour)),
            polygon([(110, 50), (64, 66), (64, 122), (110, 104)], dark),
            polygon([(18, 50), (64, 66), (52, 82), (2, 64)], paint.light(colour, 0.25)),
            polygon([(110, 50), (64, 66), (76, 82), (126, 64)], paint.light(colour, 0.1)),
        ]
        return Drawing(whole(rng, paint, parts), ["open box", "box", "cardboard box", "open cardboard box"])
    parts = [
        polygon([(64, 6), (118, 30), (64, 56), (10, 30)], paint.light(colour, 0.25)),
        polygon([(10, 30), (64, 56), (64, 122), (10, 96)], paint.fill(colour)),
        polygon([(118, 30), (64, 56), (64, 122), (118, 96)], dark),
    ]
    parts += [polygon([(31, 20), (43, 15), (97, 40), (97, 58), (86, 64), (86, 45)], "#ead7b0", ' stroke="none"')]
    return Drawing(whole(rng, paint, parts), ["box", "cardboard box", "closed box", "package"])


@thing(1.0)
def treasure_chest(rng, paint):
    """A wooden chest with metal bands, closed or open with gold."""
    wood, metal, parts = paint.wood(), rng.choice(["#e3b94a", "#d9a83a", "#7d8890"]), []
    dark, gold = shade(paint, wood, 0.3), rng.random() < 0.4
    names = ["chest", "wooden chest", "treasure chest", "closed chest"]
    if gold:
        names = ["treasure chest", "chest full of gold", "open treasure chest", "chest"]
        parts += [
            path("M8 58Q6 14 24 8H104Q122 14 120 58Z", dark),
            path("M20 56Q18 26 30 20H98Q110 26 108 56Z", shade(paint, wood, 0.55)),
        ]
        parts += [
            circle(x, y, 10, "#ffd23f", ' stroke="#c9951f" stroke-width="2.5"')
            for x, y in ((30, 56), (48, 48), (66, 44), (84, 48), (100, 56), (58, 56), (76, 58))
        ]
    else:
        parts += [path("M8 60V44Q10 16 34 16H94Q118 16 120 44V60Z", paint.fill(wood))] + [
            rect(x, 16, 10, 46, metal) for x in (24, 94)
        ]
    parts += [rect(8, 60, 112, 56, paint.fill(wood)), line(10, 88, 118, 88, dark, 3)] + [
        rect(x, 60, 10, 56, metal) for x in (24, 94)
    ]
    parts += [rect(5, 56, 118, 9, metal, 2), rect(53, 54, 22, 26, metal, 4), circle(64, 66, 4, "#33281c")]
    return Drawing(whole(rng, paint, parts), names)


@thing(1.0)
def suitcase(rng, paint):
    """A suitcase with a handle, lying or upright on wheels."""
    word, colour = free(paint)
    dark = shade(paint, colour, 0.3)
    if rng.random() < 0.5:
        parts = [
            stroke("M46 32V18Q46 10 54 10H74Q82 10 82 18V32", "#4a3524", 8),
            rect(4, 30, 120, 84, paint.fill(colour), 10),
        ]
        parts += [rect(x, 30, 11, 84, dark) for x in (24, 93)] + [rect(x, 42, 15, 11, "#f2c84b", 2) for x in (22, 91)]
    else:
        parts = [
            stroke("M50 34V8H78V34", "#7d8890", 6),
            *(rect(x, 112, 14, 12, "#2b2f33", 5) for x in (34, 80)),
            rect(26, 28, 76, 88, paint.fill(colour, "right"), 10),
        ]
        parts += [rect(x, 38, 6, 68, dark, 3) for x in (40, 55, 70, 85)]
    return Drawing(whole(rng, paint, parts), ["suitcase", "luggage", "travel suitcase"], [word])


@thing(1.0)
def wheel(rng, paint):
    """A wooden cart wheel or a car wheel."""
    turn, parts = rng.uniform(0, 60), []
    if rng.random() < 0.5:
        wood, count = paint.wood(), rng.choice([6, 8, 10])
        dark = shade(paint, wood, 0.3)
        for i in range(count):
            angle = math.radians(turn + 360 * i / count)
            parts.append(line(64, 64, 64 + 52 * math.cos(angle), 64 + 52 * math.sin(angle), wood, 7))
        parts += [
            circle(64, 64, 53, "none", f' stroke="{wood}" stroke-width="12"'),
            circle(64, 64, 59, "none", f' stroke="{dark}" stroke-width="4"'),
            circle(64, 64, 14, dark),
            circle(64, 64, 6, "#8a949b"),
        ]
        return Drawing(whole(rng, paint, parts), ["wooden wheel", "wheel", "cart wheel", "wagon wheel"])
    count = rng.choice([5, 6])
    parts = [circle(64, 64, 60, "#2b2f33"), circle(64, 64, 40, paint.fill("#b6c0c7")), circle(64, 64, 34, "#4a5258")]
    for i in range(count):
        angle = math.radians(turn + 360 * i / count)
        parts.append(line(64, 64, 64 + 34 * math.cos(angle), 64 + 34 * math.sin(angle), "#c5ced4", 10))
    parts.append(circle(64, 64, 11, "#8a949b"))
    return Drawing(whole(rng, paint, parts), ["wheel", "car wheel", "tire"])


@thing(1.5)
def cube(rng, paint):
    """A cube, seen over an edge or at an angle."""
    word, colour = paint.colour()
    light, dark = (
        (paint.light(colour, 0.35), shade(paint, colour, 0.3)) if word != "white" else ("#ffffff", "#c3cdd4")
    )
    more = pale_edge(2.5) if word == "white" else ""
    if rng.random() < 0.55:
        mid, top = rng.uniform(52, 76), rng.uniform(4, 8)
        low = rng.uniform(46, 56)
        parts = [
            polygon([(128 - mid, top), (120, 30), (mid, low), (8, 30)], light, more),
            polygon([(8, 30), (mid, low), (mid, 124), (8, 96)], paint.fill(colour), more),
            polygon([(120, 30), (mid, low), (mid, 124), (120, 96)], dark, more),
        ]
    else:
        depth = rng.uniform(24, 36)
        side = 118 - depth
        front = [(5, 5 + depth), (5 + side, 5 + depth), (5 + side, 123), (5, 123)]
        parts = [
            polygon([(5, 5 + depth), (5 + depth, 5), (123, 5), (5 + side, 5 + depth)], light, more),
            polygon([(5 + side, 5 + depth), (123, 5), (123, 123 - depth), (5 + side, 123)], dark, more),
            polygon(front, paint.fill(colour), more),
        ]
    return Drawing(whole(rng, paint, parts), ["cube", "block", "3d cube"], [word])


@thing(0.6)
def blocks(rng, paint):
    """Three toy blocks in a pile."""
    tones = rng.sample([paint.colour(w)[1] for w in ("red", "blue", "yellow", "green", "orange", "purple")], 3)
    parts = [
        block(paint, x, y, 42, 42, 14, 12, tone)
        for (x, y), tone in zip(((6, 78), (62, 78), (34, 24)), tones, strict=True)
    ]
    return Drawing(whole(rng, paint, parts), ["building blocks", "toy blocks", "blocks", "stack of blocks"])


@thing(1.0)
def ball(rng, paint):
    """A ball: plain, striped or a beach ball."""
    word, colour = free(paint)
    kind, colours = rng.choice(["plain", "stripe", "beach"]), [word]
    parts, names = [circle(64, 64, 59, paint.fill(colour, "round"))], ["ball"]
    _, second = paint.colour("white", "yellow", "blue", "red", without=(word,))
    if kind == "plain":
        parts += [
            path("M14 92A59 59 0 0 0 122 74A62 62 0 0 1 14 92Z", shade(paint, colour, 0.2), ' stroke="none"'),
            ellipse(44, 40, 17, 11, "#ffffff", ' fill-opacity=".65" stroke="none" transform="rotate(-35 44 40)"'),
        ]
        names += ["sphere", "round ball", "rubber ball"]
    elif kind == "stripe":
        parts += [path("M7 48Q64 72 121 48V80Q64 104 7 80Z", second, ' stroke="none"'), circle(64, 64, 59, "none")]
        names += ["striped ball", "toy ball"]
    else:
        tones = rng.sample(["#e53935", "#fdd835", "#1e88e5", "#43a047", "#fb8c00"], 3)
        for i in range(6):
            a, b = ((64 + 59 * math.cos(k), 64 + 59 * math.sin(k)) for k in (i * math.pi / 3, (i + 1) * math.pi / 3))
            parts.append(
                path(
                    f"M52 46L{a[0]:.1f} {a[1]:.1f}A59 59 0 0 1 {b[0]:.1f} {b[1]:.1f}Z",
                    "#f7f7f2" if i % 2 else tones[i // 2],
                    pale_edge(2),
                )
            )
        parts.append(circle(52, 46, 9, "#f7f7f2", pale_edge(2)))
        names, colours = ["beach ball", "ball", "colorful ball"], []
    return Drawing(whole(rng, paint, parts, 30), names, colours)


@thing(1.0)
def cone(rng, paint):
    """A cone, the solid."""
    word, colour = free(paint)
    half, foot = rng.uniform(40, 54), rng.uniform(102, 108)
    deep = rng.uniform(12, 17)
    parts = [
        path(
            f"M64 4L{64 + half:.0f} {foot:.0f}A{half:.0f} {deep:.0f} 0 0 1 {64 - half:.0f} {foot:.0f}Z",
            paint.fill(colour, "right"),
        )
    ]
    parts.append(
        path(
            f"M64 4L{64 + half:.0f} {foot:.0f}A{half:.0f} {deep:.0f} 0 0 1 {64 + half * 0.25:.0f} {foot + deep:.0f}Z",
            shade(paint, colour, 0.22),
            ' stroke="none"',
        )
    )
    return Drawing(whole(rng, paint, parts), ["cone", "3d cone", "pointed cone"], [word])


@thing(1.0)
def pyramid(rng, paint):
    """A pyramid, the solid, or of stone in the desert."""
    mid, foot = rng.uniform(68, 88), rng.uniform(92, 100)
    if rng.random() < 0.4:
        sand, names, colours = (
            rng.choice(["#e3b564", "#d9a650", "#ecc67c"]),
            ["pyramid", "egyptian pyramid", "stone pyramid"],
            [],
        )
    else:
        (word, sand), names = free(paint), ["pyramid", "3d pyramid"]
        colours = [word]
    parts = [
        polygon([(64, 8), (mid, 118), (3, foot)], paint.fill(sand)),
        polygon([(64, 8), (125, foot), (mid, 118)], shade(paint, sand, 0.3)),
    ]
    if not colours:
        for k in (0.3, 0.48, 0.66, 0.84):
            a, b = (64 - 61 * k, 8 + (foot - 8) * k), (64 + (mid - 64) * k, 8 + 110 * k)
            parts += [
                line(*a, *b, paint.dark(sand, 0.25), 3),
                line(*b, 64 + 61 * k, 8 + (foot - 8) * k, paint.dark(sand, 0.45), 3),
            ]
    return Drawing(whole(rng, paint, parts), names, colours)


@thing(1.0)
def cylinder(rng, paint):
    """A cylinder, upright or lying."""
    word, colour = free(paint)
    half, deep = rng.uniform(34, 48), rng.uniform(12, 16)
    parts = [
        path(
            f"M{64 - half:.0f} 20V108A{half:.0f} {deep:.0f} 0 0 0 {64 + half:.0f} 108V20Z",
            paint.fill(colour, "right"),
        ),
        rect(64 + half * 0.45, 20, half * 0.55, 90, shade(paint, colour, 0.2), 0, ' stroke="none"'),
    ]
    parts.append(ellipse(64, 20, half, deep, paint.light(colour, 0.35)))
    return Drawing(
        group(whole(rng, paint, parts), turn=rng.choice([0, 0, 90, 25])), ["cylinder", "3d cylinder", "tube"], [word]
    )


@thing(1.5)
def branch(rng, paint):
    """A branch with leaves, at times with blossoms, berries or a bird."""
    bark, leaf = (
        rng.choice(["#7a5230", "#8a4b20", "#5d3a1c"]),
        rng.choice(["#43a047", "#5c913b", "#7cb342", "#2e7d32"]),
    )
    names, season = ["branch with leaves", "branch", "twig with leaves", "tree branch"], rng.random()
    if season < 0.2:
        leaf = rng.choice(["#e8772e", "#d9482b", "#e0a526"])
        names = ["branch with autumn leaves", "autumn branch", "branch"]
    parts, blade = (
        [
            stroke("M6 110Q50 92 78 62T118 14", bark, 8),
            stroke("M44 92Q70 92 92 96", bark, 6),
            stroke("M66 74Q54 52 52 34", bark, 6),
        ],
        [],
    )
    spots = (
        (24, 88, -40),
        (44, 108, 150),
        (42, 72, -60),
        (74, 104, 130),
        (88, 80, 40),
        (106, 100, 105),
        (36, 46, -70),
        (50, 24, -10),
        (72, 42, 20),
        (98, 62, 120),
        (88, 28, -50),
        (114, 38, 120),
        (110, 16, 10),
    )
    for x, y, turn in spots:
        size = rng.uniform(0.85, 1.1)
        blade.append(
            group(
                path("M64 84Q40 64 64 38Q88 64 64 84Z", paint.fill(leaf))
                + line(64, 80, 64, 54, shade(paint, leaf, 0.25), 2.5),
                move=(x - 64, y - 64),
                turn=turn + rng.uniform(-12, 12),
                scale=size * 0.8,
            )
        )
    parts += [p for p in blade if season < 0.6 or rng.random() < 0.75]
    if 0.6 < season < 0.8:
        names = ["branch with red berries", "branch with berries", "branch with leaves"]
        parts += [circle(x, y, 7.5, "#dd2e44") for x, y in ((56, 60), (74, 92), (92, 50), (30, 100))]
    elif season >= 0.8:
        word, petals = rng.choice([("pink", "#f48fb1"), ("white", "#fdf6f0")])
        names = [f"branch with {word} blossoms", "branch with flowers", "blossoming branch"]
        for x, y in ((52, 30), (84, 40), (36, 84), (92, 90), (112, 18)):
            parts += [
                circle(x + 8 * math.cos(a * 1.257), y + 8 * math.sin(a * 1.257), 6.5, petals, pale_edge(1.5))
                for a in range(5)
            ] + [circle(x, y, 5, "#f2b134")]
    return Drawing(whole(rng, paint, parts), names)


def fiddle(rng, paint, wood):
    """The body, neck and strings of a violin or cello, upright. -> parts"""
    dark = "#2f2018"
    body = (
        "M64 44Q90 42 90 60Q90 70 82 76Q82 84 94 92Q98 122 64 122Q30 122 34 92Q46 84 46 76Q38 70 38 60Q38 42 64 44Z"
    )
    parts = [
        rect(58, 6, 12, 50, dark, 3),
        circle(64, 8, 7, wood),
        *(line(x, y, x + d, y, dark, 5) for x, y, d in ((58, 14, -8), (70, 18, 8), (58, 24, -8), (70, 28, 8))),
    ]
    parts += [
        path(body, paint.fill(wood, "right"), f' stroke="{shade(paint, wood, 0.4)}" stroke-width="3"'),
        rect(58, 44, 12, 36, dark, 2),
        rect(52, 92, 24, 5, "#e8c58a", 1),
        polygon([(57, 102), (71, 102), (67, 118), (61, 118)], dark),
    ]
    parts += [stroke(f"M{64 + 15 * s} 82Q{64 + 11 * s} 90 {64 + 17 * s} 98", dark, 3.5) for s in (1, -1)]
    return [*parts, *(rect(x, 14, 1.6, 90, "#f3e6c8", 0, ' stroke="none"') for x in (61, 65))]


@thing(1.5)
def violin(rng, paint):
    """A violin, often with its bow."""
    wood, names = (
        rng.choice(["#b5532a", "#a0431f", "#c1692d", "#8a3f1c", "#c97a35"]),
        ["violin", "fiddle", "wooden violin"],
    )
    tilt, parts = rng.choice([0, 38, 45]), []
    big = 1.12 if tilt else 1
    instrument = group(*fiddle(rng, paint, wood), turn=tilt, scale=big)
    if rng.random() < 0.6:
        bow = (
            line(64, 6, 64, 122, "#6e4520", 6)
            + line(71, 12, 71, 114, "#c9b690", 3)
            + rect(62, 108, 13, 9, "#2f2018", 2)
        )
        parts.append(
            group(bow, turn=-tilt, move=(-8, 8))
            if tilt and rng.random() < 0.6
            else group(bow, turn=tilt, move=(-42, 0) if not tilt else (-32, -22))
        )
        names.append("violin with a bow")
    return Drawing(whole(rng, paint, [instrument, *parts]), names)


@thing(0.8)
def cello(rng, paint):
    """A cello on its spike, with or without a bow."""
    wood, names = rng.choice(["#b5532a", "#a0431f", "#c1692d", "#8a3f1c"]), ["cello", "violoncello", "double bass"]
    instrument = (
        f'<g transform="translate(64 0) scale(1.12 .93) translate(-64 0)">{"".join(fiddle(rng, paint, wood))}</g>'
    )
    parts = [rect(61.5, 110, 5, 17, "#4a5258"), instrument]
    if rng.random() < 0.5:
        parts.append(
            group(
                line(60, 6, 60, 120, "#6e4520", 5) + line(66, 12, 66, 116, "#e9dcc0", 3),
                turn=rng.uniform(66, 80),
                move=(0, 26),
            )
        )
        names.append("cello with a bow")
    return Drawing(whole(rng, paint, parts), names)


@thing(1.5)
def harp(rng, paint):
    """A harp with strings."""
    gold = rng.choice(["#e0a92e", "#d9a83a", "#c98f2b", paint.wood()])
    dark, count = shade(paint, gold, 0.3), rng.choice([6, 7, 8])
    parts, ends = [], []
    for i in range(count):
        k = (i + 0.6) / count
        x = 30 + 66 * k
        ends.append((x, 22 + 18 * math.sin(k * 3) + 4, 110 - 62 * k))
    parts += [rect(x - 1.5, a, 3, b - a, rng.choice(["#8a97a1", "#6b757c"]), 0, ' stroke="none"') for x, a, b in ends]
    parts += [
        stroke("M24 18Q44 48 66 40Q92 30 108 44", gold, 11),
        rect(15, 14, 12, 100, paint.fill(gold), 5),
        path("M26 106L104 38L116 46L44 120H26Z", paint.fill(gold)),
    ]
    parts += [circle(22, 14, 10, dark), rect(8, 112, 46, 12, dark, 4), circle(109, 43, 9, dark)]
    return Drawing(
        whole(rng, paint, parts),
        ["harp", "golden harp" if gold.startswith(("#e", "#d9a8", "#c98")) else "wooden harp", "concert harp"],
    )


@thing(0.8)
def trumpet(rng, paint):
    """A trumpet."""
    brass = rng.choice(["#f2b92e", "#e0a526", "#ffc83d", "#d9982b"])
    dark = paint.dark(brass, 0.3)
    parts = [
        rect(38, 42, 62, 40, "none", 18, f' stroke="{dark}" stroke-width="8"'),
        line(8, 44, 96, 44, brass, 9),
        rect(2, 36, 9, 16, dark, 3),
    ]
    parts += [path("M84 38Q106 40 122 14Q128 44 122 74Q106 48 84 50Z", paint.fill(brass))]
    parts += [
        rect(x, 34, 11, 56, paint.fill(brass, "right"), 3)
        + rect(x + 3, 24, 5, 12, dark)
        + rect(x, 20, 11, 6, "#f7f3e8", 2)
        for x in (46, 62, 78)
    ]
    return Drawing(
        whole(rng, paint, [group(*parts, move=(0, 10))], 20), ["trumpet", "golden trumpet", "brass trumpet"]
    )


@thing(0.8)
def saxophone(rng, paint):
    """A saxophone."""
    brass = rng.choice(["#f2b92e", "#e0a526", "#ffc83d", "#d9982b"])
    dark = paint.dark(brass, 0.35)
    parts = [stroke("M14 26Q14 14 28 12Q46 8 50 24", brass, 8), rect(6, 22, 13, 17, "#2b2f33", 3)]
    parts += [
        path(
            "M44 22H56L66 86Q68 104 80 102Q90 98 88 78L76 54Q100 56 124 42L110 80Q108 122 80 123Q54 122 50 92Z",
            paint.fill(brass),
        ),
        ellipse(100, 49, 25, 6, dark, ' transform="rotate(-13 100 49)"'),
    ]
    parts += [circle(x, y, 5.5, dark) for x, y in ((54, 42), (57, 58), (60, 74), (64, 91), (74, 109))] + [
        line(46, 50, 40, 54, dark, 4),
        line(49, 70, 42, 74, dark, 4),
    ]
    return Drawing(whole(rng, paint, parts, 8), ["saxophone", "sax", "golden saxophone"])


@thing(0.8)
def drum(rng, paint):
    """A drum with sticks."""
    word, colour = free(paint)
    rim = rng.choice(["#f2c230", "#b6c0c7", "#8a4b20"])
    parts = [rect(14, 46, 100, 60, paint.fill(colour, "right")), ellipse(64, 106, 50, 16, colour)]
    zigzag = "M16 54L31 112L47 62L64 116L81 62L97 112L112 54"
    parts += (
        [stroke(zigzag, "#f7f3e8", 4), ellipse(64, 108, 50, 15, "none", f' stroke="{rim}" stroke-width="6"')]
        if rng.random() < 0.6
        else []
    )
    parts += [ellipse(64, 44, 52, 17, rim), ellipse(64, 42, 45, 12, "#f7f1e2")]
    parts += [
        line(34, 40, 8, 8, "#b5753a", 6),
        line(90, 40, 116, 6, "#b5753a", 6),
        circle(36, 42, 6, "#8a4b20"),
        circle(88, 42, 6, "#8a4b20"),
    ]
    return Drawing(whole(rng, paint, parts, mirror=False), ["drum", "drum with drumsticks", "snare drum"], [word])


def keys(x, y, width, height, count):
    """White keys with black ones between them."""
    step, black = width / count, []
    white = [
        rect(x + i * step, y, step, height, "#fbfbf7", 0, ' stroke="#6b757c" stroke-width="1.5"')
        for i in range(count)
    ]
    black = [
        rect(x + i * step - step * 0.3, y, step * 0.6, height * 0.58, "#1c1f22", 0, ' stroke="none"')
        for i in range(1, count)
        if i % 7 not in (3, 0)
    ]
    return "".join(white + black)


@thing(1.5)
def piano(rng, paint):
    """An upright piano from the front."""
    colour, colours, prefixes = rng.choice(
        [("#2b2f33", ["black"], []), (paint.wood(), [], ["wooden "]), stuff(rng, paint, 0.3)]
    )
    dark = shade(paint, colour, 0.35)
    parts = [
        rect(10, 8, 108, 112, paint.fill(colour), 3),
        rect(6, 5, 116, 9, dark, 3),
        rect(18, 22, 92, 28, paint.light(colour, 0.12), 2),
    ]
    if rng.random() < 0.4:
        parts.append(
            rect(48, 24, 32, 24, "#fbf6e6", 1) + "".join(line(53, y, 75, y, "#4a5258", 2) for y in (31, 37, 43))
        )
    parts += [
        rect(3, 58, 122, 32, dark, 2),
        keys(9, 58, 110, 24, 10),
        rect(18, 94, 92, 22, paint.light(colour, 0.1), 2),
    ]
    parts += [rect(x, 88, 9, 34, dark) for x in (6, 113)] + [rect(x, 112, 7, 8, "#f2c84b", 2) for x in (54, 66)]
    return Drawing(whole(rng, paint, parts, mirror=False), called(prefixes, "piano", "upright piano"), colours)


@thing(1.5)
def grand_piano(rng, paint):
    """A grand piano with its lid open."""
    colour, colours, _ = rng.choice(
        [
            ("#2b2f33", ["black"], []),
            ("#2b2f33", ["black"], []),
            (paint.wood(), ["brown"], []),
            (*reversed(free(paint)), []),
        ]
    )
    colours = [colours] if isinstance(colours, str) else colours
    dark, light = shade(paint, colour, 0.3), paint.light(colour, 0.2)
    parts = [rect(16, 90, 11, 32, dark), rect(100, 90, 11, 32, dark), rect(58, 90, 9, 28, dark)]
    parts += [path("M16 60L30 8Q64 2 90 18Q112 34 122 60Z", paint.fill(light)), line(104, 66, 88, 26, "#d9a83a", 4)]
    parts += [path("M6 60H122Q126 78 118 94H6Z", paint.fill(colour)), rect(14, 58, 106, 8, "#d9a83a")]
    parts += [rect(3, 74, 76, 22, dark, 2), keys(7, 74, 68, 16, 8)]
    return Drawing(whole(rng, paint, parts), ["grand piano", "piano", "concert piano"], colours)


@thing(0.8)
def accordion(rng, paint):
    """An accordion with keys and bellows."""
    word, colour = paint.colour("red", "blue", "green", "black", "purple", "orange")
    dark, parts = shade(paint, colour, 0.3), []
    for i in range(6):
        x = 42 + i * 7.5
        parts.append(
            polygon(
                [(x, 22 + i % 2 * 4), (x + 7.5, 26 - i % 2 * 4), (x + 7.5, 104 + i % 2 * 4), (x, 108 - i % 2 * 4)],
                "#f0e6d2" if i % 2 else "#4a3a34",
            )
        )
    parts += [rect(4, 14, 38, 102, paint.fill(colour), 7), rect(87, 14, 37, 102, paint.fill(colour), 7)]
    parts += [
        rect(8, y, 20, 11, "#fbfbf7", 1, ' stroke="#6b757c" stroke-width="1.5"') for y in range(22, 104, 12)
    ] + [rect(8, y, 12, 6, "#1c1f22", 0, ' stroke="none"') for y in (31, 43, 67, 79, 91)]
    parts += [circle(x, y, 4.2, "#fbf6e6", ' stroke="none"') for x in (98, 112) for y in range(26, 110, 13)] + [
        rect(34, 22, 4, 86, dark)
    ]
    return Drawing(whole(rng, paint, parts, 10), ["accordion", "squeezebox"], [word])


@thing(0.8)
def flute(rng, paint):
    """A flute or a recorder, lying slantwise."""
    if rng.random() < 0.5:
        metal = rng.choice(["#a9b6bf", "#8a97a1", "#d9b45a"])
        dark = paint.dark(metal, 0.4)
        parts = [
            rect(0, 57, 128, 14, paint.fill(metal), 6),
            ellipse(22, 61, 8, 5, dark),
            rect(36, 54, 6, 20, dark, 2),
            rect(100, 54, 6, 20, dark, 2),
        ]
        parts += [
            circle(x, 60, 6.5, paint.light(metal, 0.4), f' stroke="{dark}" stroke-width="2.5"')
            for x in (52, 66, 80, 92, 114)
        ]
        return Drawing(
            whole(rng, paint, [group(*parts, turn=rng.choice([-42, -30, 42]), scale=1.1)]),
            ["flute", "silver flute" if metal != "#d9b45a" else "golden flute", "transverse flute"],
        )
    wood = paint.wood()
    dark = shade(paint, wood, 0.5)
    parts = [
        polygon([(0, 58), (16, 52), (112, 52), (126, 48), (126, 80), (112, 76), (16, 76), (0, 70)], paint.fill(wood)),
        rect(22, 60, 10, 8, dark),
        rect(38, 50, 6, 28, "#f0e6d2"),
        rect(108, 50, 6, 28, "#f0e6d2"),
    ]
    parts += [circle(x, 64, 4.5, dark, ' stroke="none"') for x in (54, 67, 80, 93)]
    return Drawing(
        whole(rng, paint, [group(*parts, turn=rng.choice([-42, -30, 42]), scale=1.08)]),
        ["flute", "wooden flute", "recorder"],
    )


@thing(1.5)
def banana(rng, paint):
    """One curved banana, at times half peeled, or a bunch."""
    yellow, kind = rng.choice(["#ffcc33", "#fdd835", "#ffd83b", "#f7c52d"]), rng.random()
    dark, end = paint.dark(yellow, 0.18), "#6b4a1e"
    one = path("M22 14Q30 84 112 92Q124 96 116 106Q70 126 36 100Q4 72 10 18Z", paint.fill(yellow)) + path(
        "M16 40Q26 100 112 98Q118 100 114 106Q70 126 36 100Q10 78 10 36Z", dark, ' stroke="none"'
    )
    one += path("M8 20L10 4H22L23 20Z", end) + ellipse(117, 99, 6, 7, end)
    if kind < 0.7:
        return Drawing(whole(rng, paint, [one], 25), ["banana", "yellow banana", "ripe banana"])
    if kind < 0.85:
        parts = [group(one, turn=turn, move=(m, m * 0.2), scale=0.92) for turn, m in ((-16, 9), (0, 2), (16, -6))]
        return Drawing(whole(rng, paint, parts), ["bunch of bananas", "bananas", "three bananas"])
    parts = [
        path("M52 60Q50 8 66 4Q84 8 78 60Z", "#fff3cf", ' stroke="#e0c37a" stroke-width="2.5"'),
        path("M46 52L84 52Q88 96 72 124H58Q42 96 46 52Z", paint.fill(yellow)),
    ]
    parts += [
        path("M48 50Q24 50 10 88Q34 88 50 70Z", yellow),
        path("M82 50Q106 50 120 88Q96 88 80 70Z", yellow),
        path("M54 50Q64 90 74 50Z", dark),
        rect(58, 116, 14, 8, end),
    ]
    return Drawing(whole(rng, paint, parts, 15), ["peeled banana", "banana", "half peeled banana"])


@thing(1.0)
def fried_egg(rng, paint):
    """A fried egg with one or two yolks."""
    points, count = [], 9
    for i in range(count):
        angle, radius = 2 * math.pi * i / count, rng.uniform(48, 60)
        points.append((64 + radius * math.cos(angle), 64 + radius * 0.9 * math.sin(angle)))
    mids = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in zip(points, points[1:] + points[:1], strict=True)]
    data = f"M{mids[-1][0]:.1f} {mids[-1][1]:.1f}"
    for p, m in zip(points, mids, strict=True):
        data += f"Q{p[0]:.1f} {p[1]:.1f} {m[0]:.1f} {m[1]:.1f}"
    parts = [path(data, "#fdfdfb", f' stroke="{rng.choice(["#d8b27a", "#c9d2d9", "#b9a48a"])}" stroke-width="4"')]
    two = rng.random() < 0.2
    for x in (42, 84) if two else (rng.uniform(56, 72),):
        size = 17 if two else rng.uniform(22, 27)
        parts += [
            circle(x, 62, size, paint.fill(rng.choice(["#ffb81f", "#ffc629", "#fb9d1a"]), "round")),
            ellipse(
                x - size * 0.3,
                62 - size * 0.35,
                size * 0.26,
                size * 0.18,
                "#ffffff",
                ' fill-opacity=".8" stroke="none"',
            ),
        ]
    return Drawing(
        whole(rng, paint, parts), ["two fried eggs" if two else "fried egg", "fried egg", "egg sunny side up"]
    )


@thing(1.0)
def snowy_mountain(rng, paint):
    """A mountain with snow on its top."""
    rock = rng.choice(["#5f7a94", "#6b757c", "#7a6a5e", "#4f6d8a", "#8a949b"])
    peak, dark, parts = rng.uniform(52, 76), paint.dark(rock, 0.25), []
    if rng.random() < 0.6:
        x = rng.choice([98, 32])
        parts += [
            polygon([(x, 40), (x + 28, 118), (x - 34, 118)], paint.light(rock, 0.15)),
            polygon([(x, 40), (x + 9, 65), (x + 1, 60), (x - 5, 68), (x - 10, 62)], "#ffffff", pale_edge(2)),
        ]
    parts += [
        polygon([(peak, 8), (124, 118), (4, 118)], paint.fill(rock)),
        polygon([(peak, 8), (124, 118), (peak + 4, 118), (peak + 14, 72), (peak - 4, 52)], dark, ' stroke="none"'),
    ]
    left, right = (peak - 4) / 110, (124 - peak) / 110
    snow = [
        (peak, 8),
        (peak + right * 46, 54),
        (peak + 16, 46),
        (peak + 8, 60),
        (peak - 4, 46),
        (peak - 14, 58),
        (peak - left * 42, 50),
    ]
    parts.append(polygon(snow, "#ffffff", pale_edge(2.5)))
    if rng.random() < 0.3:
        parts += [polygon([(x, 92), (x + 9, 120), (x - 9, 120)], "#2e7d32") for x in (16, 34, 96, 112)]
    return Drawing(
        whole(rng, paint, parts), ["snowy mountain", "mountain", "mountain with snow on top", "snow capped mountain"]
    )


@thing(1.0)
def volcano(rng, paint):
    """A volcano with lava, smoke or an eruption."""
    rock = rng.choice(["#6e4b3a", "#5f5550", "#7a5a44", "#54494a"])
    parts, kind = [], rng.choice(["smoke", "fire"])
    if kind == "smoke":
        parts += [
            circle(x, y, r, c)
            for x, y, r, c in (
                (64, 36, 14, "#8a949b"),
                (80, 22, 17, "#9aa5ad"),
                (56, 18, 15, "#7d8890"),
                (100, 16, 12, "#a9b3ba"),
            )
        ]
    else:
        parts += [
            path("M50 50Q44 22 34 12Q52 16 56 26Q58 8 66 2Q70 14 74 26Q80 14 96 12Q84 26 78 50Z", "#f4721e"),
            path("M56 50Q54 32 62 20Q72 34 72 50Z", "#ffd23f"),
        ]
        parts += [circle(x, y, 5, "#e5422b") for x, y in ((22, 30), (108, 28), (98, 44), (30, 46))]
    parts += [
        path("M44 46Q64 54 84 46Q96 90 124 120H4Q32 90 44 46Z", paint.fill(rock)),
        path("M86 52Q98 92 124 120H76Q88 90 80 50Z", paint.dark(rock, 0.25), ' stroke="none"'),
    ]
    parts += [
        path(
            "M44 46Q64 38 84 46Q88 58 82 62Q80 84 76 84Q72 84 72 68Q66 62 64 74V100"
            "Q60 108 56 100V70Q50 62 48 76Q42 78 44 60Q40 54 44 46Z",
            "#f0471f",
        ),
        ellipse(64, 46, 18, 4.5, "#ffc53a", ' stroke="none"'),
    ]
    return Drawing(whole(rng, paint, parts), ["volcano", "erupting volcano", "volcano with lava"])


@thing(1.2)
def nightstand(rng, paint):
    """A small bedside table with one or two drawers, at times with a lamp."""
    colour, colours, prefixes = stuff(rng, paint)
    dark, light, lamp = shade(paint, colour, 0.35), paint.light(colour, 0.18), rng.random() < 0.5
    top, names = 56 if lamp else 26, called(prefixes, "nightstand", "bedside table", "small table with drawers")
    left, right = (28, 100) if lamp else (16, 112)
    parts = [rect(x, 96, 9, 26, dark) for x in (left + 3, right - 12)]
    if rng.random() < 0.5:
        parts += [rect(left, top, right - left, 106 - top, paint.fill(colour))]
        boxes = ((top + 10, (92 - top) / 2 - 1), (top + 12 + (92 - top) / 2, (92 - top) / 2 - 1))
    else:
        parts += [
            rect(left + 9, top + 20, right - left - 18, 76 - (top + 20) + 26, shade(paint, colour, 0.5)),
            rect(left, top, 9, 66, dark),
            rect(right - 9, top, 9, 66, dark),
        ]
        parts += [rect(left, 98, right - left, 9, colour), rect(left, top, right - left, 36, paint.fill(colour))]
        boxes = ((top + 11, 20),)
    for y, high in boxes:
        parts += [
            rect(left + 7, y, right - left - 14, high, light, 2, f' stroke="{dark}" stroke-width="2.5"'),
            circle(64, y + high / 2, 4, dark),
        ]
    parts.append(rect(left - 6, top - 3, right - left + 12, 10, dark, 2))
    if lamp:
        _, hood = paint.colour("yellow", "white", "red", "blue", "green", "pink")
        parts += [
            rect(60, 30, 8, 24, "#c9a24b"),
            rect(50, 47, 28, 7, "#a8803a", 3),
            polygon([(52, 4), (76, 4), (88, 34), (40, 34)], hood, pale_edge(2)),
        ]
        names.append("nightstand with a lamp")
    return Drawing(whole(rng, paint, parts), names, colours)


def small_chair(paint, colour, x):
    """A chair from the side that faces right."""
    dark = shade(paint, colour, 0.25)
    parts = [
        rect(x, 44, 7, 76, colour, 2),
        rect(x + 2, 46, 6, 20, dark),
        rect(x, 82, 30, 8, paint.light(colour, 0.12), 2),
    ]
    return "".join([*parts, rect(x + 23, 88, 7, 32, colour)])


@thing(1.2)
def table_with_chairs(rng, paint):
    """A table between two chairs, seen from the side."""
    colour, _, prefixes = stuff(rng, paint)
    seat = rng.choice([colour, free(paint)[1]])
    names = called(prefixes, "table with two chairs", "table and chairs", "dining table with chairs")
    left = small_chair(paint, seat, 2)
    parts = [left, group(left, mirror=True)]
    if rng.random() < 0.5:
        parts += [
            rect(60, 66, 9, 48, shade(paint, colour, 0.25)),
            rect(46, 112, 36, 8, shade(paint, colour, 0.25), 3),
        ]
    else:
        parts += [rect(x, 66, 8, 54, shade(paint, colour, 0.2)) for x in (34, 86)]
    parts.append(rect(20, 60, 88, 10, paint.fill(colour), 3))
    if rng.random() < 0.35:
        part, name = on_table(rng, paint, 60)
        parts.append(part)
        names.append(f"table with two chairs and a {name}")
    return Drawing(whole(rng, paint, parts), names)


@thing(0.8)
def street_lamp(rng, paint):
    """A street lamp with a lantern or an arm."""
    iron, lit = rng.choice(METALS[1:]), rng.random() < 0.7
    glass = "#ffe066" if lit else "#cfe6f2"
    parts = [circle(64, 32, 40, "#ffe9a0", ' fill-opacity=".55" stroke="none"')] if lit else []
    parts += [
        rect(60, 50, 8, 66, iron),
        rect(48, 112, 32, 11, iron, 3),
        rect(54, 96, 20, 18, iron, 3),
        rect(52, 48, 24, 7, iron, 2),
    ]
    parts += [
        polygon([(46, 20), (82, 20), (76, 50), (52, 50)], glass, f' stroke="{iron}" stroke-width="4"'),
        polygon([(64, 3), (88, 21), (40, 21)], iron),
        line(64, 20, 64, 48, iron, 3),
    ]
    return Drawing(whole(rng, paint, parts), ["street lamp", "lamp post", "street light", "lantern post"])


@thing(0.8)
def watering_can(rng, paint):
    """A watering can, at times with water."""
    word, colour = free(paint)
    dark = shade(paint, colour, 0.25)
    parts = (
        [line(x, 60 + (x - 4) / 2, x - 5, 74 + (x - 4) / 2, "#3b9fe0", 5) for x in (8, 18, 28)]
        if rng.random() < 0.4
        else []
    )
    parts += [
        stroke("M58 46Q64 12 90 14Q124 22 112 92", dark, 8),
        polygon([(52, 104), (52, 82), (26, 42), (18, 47)], dark),
        polygon([(4, 50), (30, 26), (36, 34), (12, 58)], colour),
    ]
    parts += [
        rect(48, 46, 60, 74, paint.fill(colour, "right"), 6),
        rect(44, 42, 68, 10, dark, 4),
        rect(48, 76, 60, 7, paint.light(colour, 0.3)),
    ]
    return Drawing(whole(rng, paint, parts), ["watering can", "garden watering can"], [word])


@thing(0.8)
def wheelbarrow(rng, paint):
    """A wheelbarrow, at times full of earth."""
    (word, colour), wood = free(paint), paint.wood()
    parts = [ellipse(72, 44, 40, 18, "#6b4a2e")] if rng.random() < 0.5 else []
    parts += [
        line(4, 50, 102, 98, wood, 8),
        line(46, 74, 40, 114, "#4a5258", 8),
        path("M24 42H122L100 84H48Z", paint.fill(colour)),
        rect(20, 37, 106, 9, shade(paint, colour, 0.25), 4),
    ]
    parts += [
        circle(98, 100, 22, "#2b2f33"),
        circle(98, 100, 12, "#b6c0c7"),
        circle(98, 100, 4, "#33383d"),
        line(2, 50, 18, 56, "#33383d", 9),
    ]
    return Drawing(whole(rng, paint, parts), ["wheelbarrow", "garden wheelbarrow"], [word])


@thing(0.8)
def hammock(rng, paint):
    """A hammock between two trees or on a stand."""
    word, colour = free(paint)
    _, second = paint.colour("white", "yellow", "blue", "orange", without=(word,))
    bark, leaf = rng.choice(["#8a4b20", "#7a5230"]), rng.choice(["#43a047", "#5c913b"])
    parts = [rect(x, 20, 12, 100, bark) + circle(x + 6, 24, 22, leaf) for x in (6, 110)]
    parts += [
        line(14, 58, 32, 70, "#c9a26b", 4),
        line(114, 58, 96, 70, "#c9a26b", 4),
        path("M26 64Q64 84 102 64Q98 108 64 108Q30 108 26 64Z", paint.fill(colour)),
    ]
    parts += [stroke(f"M{64 - w} {y}Q64 {y + 16} {64 + w} {y}", second, 5) for w, y in ((32, 78), (26, 88))]
    return Drawing(whole(rng, paint, parts), ["hammock", "hammock between two trees"], [word])


@thing(0.8)
def candlestick(rng, paint):
    """A candle in a holder."""
    (word, wax), metal = (
        rng.choice([("white", "#f3ead6"), paint.colour("red", "yellow", "pink", "blue", "green")]),
        rng.choice(["#d9a83a", "#8a97a1", "#4a5258"]),
    )
    parts = [
        path("M64 2Q80 20 64 36Q48 20 64 2Z", "#fb9d1a"),
        path("M64 14Q71 24 64 34Q57 24 64 14Z", "#ffe066"),
        rect(62, 32, 4, 10, "#33383d"),
    ]
    parts += [
        rect(50, 40, 28, 48, paint.fill(wax), 3, pale_edge(2)),
        path("M50 44h10v16q-5 6-10 0z", paint.light(wax, 0.4)),
    ]
    if rng.random() < 0.5:
        parts += [
            circle(108, 98, 12, "none", f' stroke="{metal}" stroke-width="6"'),
            path("M18 92H110Q106 118 84 118H44Q22 118 18 92Z", paint.fill(metal)),
        ]
    else:
        parts += [rect(40, 84, 48, 9, metal, 4), rect(59, 90, 10, 24, metal), ellipse(64, 116, 34, 8, metal)]
    return Drawing(
        whole(rng, paint, parts), ["candlestick", "candle in a holder", "burning candle", f"{word} candle"]
    )


@thing(0.8)
def jar(rng, paint):
    """A jar with a lid, full of honey, jam, cookies or sweets."""
    name, tone = rng.choice(
        [
            ("honey", "#f2a81d"),
            ("jam", "#c22a3f"),
            ("cookies", "#c98a4b"),
            ("candy", "#f48fb1"),
            ("pickles", "#7c9a3a"),
        ]
    )
    _, lid = paint.colour("red", "blue", "yellow", "gray", "green", "brown")
    parts = [rect(22, 26, 84, 96, "#dff0f8", 16, pale_edge(4)), rect(28, 46, 72, 70, paint.fill(tone), 11)]
    if name in ("cookies", "candy", "pickles"):
        for x, y in ((42, 58), (64, 56), (86, 60), (44, 82), (68, 80), (86, 86), (48, 104), (72, 104)):
            ball_tone = (
                paint.colour("red", "yellow", "blue", "green", "orange")[1]
                if name == "candy"
                else paint.dark(tone, 0.18)
            )
            parts.append(
                circle(x, y, 10, ball_tone) + circle(x - 3, y - 3, 3, paint.light(ball_tone, 0.5), ' stroke="none"')
            )
    else:
        parts += [rect(34, 66, 60, 34, "#fbf3df", 4), circle(64, 83, 10, tone)]
    parts.append(rect(26, 8, 76, 20, lid, 5))
    return Drawing(whole(rng, paint, parts), [f"jar of {name}", "jar", f"jar with {name}", "glass jar"])


@thing(0.8)
def wine_glass(rng, paint):
    """A glass with a stem and wine."""
    name, tone = rng.choice([("red wine", "#a61e35"), ("white wine", "#f2d774"), ("water", "#6fc0ee")])
    parts = [
        rect(60, 72, 8, 46, "#c3d3dd", 0, pale_edge(2)),
        ellipse(64, 118, 32, 6, "#c3d3dd", pale_edge(2)),
        path("M32 6H96Q102 78 64 80Q26 78 32 6Z", "#e6f3fa", pale_edge(4)),
    ]
    parts += [
        path("M35 36H93Q92 74 64 75Q36 74 35 36Z", paint.fill(tone)),
        stroke("M42 16Q40 34 43 46", "#ffffff", 4),
    ]
    return Drawing(whole(rng, paint, parts), [f"glass of {name}", "wine glass", "goblet"])


@thing(0.8)
def birdhouse(rng, paint):
    """A house for birds on a pole."""
    (word, colour), (_, roof) = (
        rng.choice([("brown", paint.wood()), free(paint)]),
        paint.colour("red", "blue", "green", "brown", "black"),
    )
    parts = [
        rect(58, 96, 12, 30, "#7a5230"),
        polygon([(26, 48), (64, 16), (102, 48), (102, 100), (26, 100)], paint.fill(colour)),
        circle(64, 60, 14, "#2a211d"),
        rect(60, 80, 8, 7, "#5d3a1c", 3),
    ]
    parts += [
        path(
            "M12 58L64 12L116 58",
            "none",
            f' stroke="{roof}" stroke-width="12" stroke-linejoin="miter" stroke-linecap="round"',
        ),
        rect(20, 97, 88, 8, shade(paint, colour, 0.3), 2),
    ]
    return Drawing(whole(rng, paint, parts), ["birdhouse", "bird house", "nesting box"], [word])


@thing(0.8)
def doghouse(rng, paint):
    """A house for a dog."""
    (word, colour), (_, roof) = (
        rng.choice([("brown", paint.wood()), free(paint)]),
        paint.colour("red", "blue", "green", "brown", "black"),
    )
    parts = [
        polygon([(18, 60), (64, 18), (110, 60), (110, 118), (18, 118)], paint.fill(colour)),
        path("M42 118V88Q44 66 64 66Q84 66 86 88V118Z", "#2a211d"),
    ]
    parts += [
        line(20, y, 40, y, shade(paint, colour, 0.3), 3) + line(88, y, 108, y, shade(paint, colour, 0.3), 3)
        for y in (76, 96)
    ]
    parts += [path("M8 66L64 14L120 66", "none", f' stroke="{roof}" stroke-width="13" stroke-linecap="round"')]
    if rng.random() < 0.6:
        parts.append(
            rect(52, 42, 24, 8, "#f2ead8", 4)
            + "".join(circle(x, y, 5, "#f2ead8") for x in (52, 76) for y in (43, 49))
        )
    return Drawing(whole(rng, paint, parts), ["doghouse", "dog house", "kennel"], [word])


def spot(x, y, z):
    """Where a point in space lies in a view from above a corner; x goes right and y left towards the viewer."""
    return (x - y) * 0.84, (x + y) * 0.42 - z


def solid(paint, colour, x, y, z, w, d, h):
    """A box in space. -> its three visible faces, as (points, fill)"""
    right = [spot(x + w, y, z), spot(x + w, y + d, z), spot(x + w, y + d, z + h), spot(x + w, y, z + h)]
    top = [spot(x, y, z + h), spot(x + w, y, z + h), spot(x + w, y + d, z + h), spot(x, y + d, z + h)]
    return [front(colour, x, y + d, z, w, h), (right, shade(paint, colour, 0.3)), (top, paint.light(colour, 0.25))]


def front(colour, x, y, z, w, h):
    """An upright rectangle that faces the viewer's left, as (points, fill)."""
    return [spot(x, y, z), spot(x + w, y, z), spot(x + w, y, z + h), spot(x, y, z + h)], colour


def in_space(rng, paint, faces):
    """All faces in their order, as large as the canvas allows."""
    xs, ys = [p[0] for points, _ in faces for p in points], [p[1] for points, _ in faces for p in points]
    size = 114 / max(max(xs) - min(xs), max(ys) - min(ys))
    left, top = 64 - size * (max(xs) + min(xs)) / 2, 64 - size * (max(ys) + min(ys)) / 2
    parts = []
    for points, fill in faces:
        edge = ' stroke-width="1.8"' if paint.outline() else f' stroke="{fill}" stroke-width=".7"'
        parts.append(polygon([(left + size * x, top + size * y) for x, y in points], fill, edge))
    return whole(rng, paint, parts)


def legs(paint, colour, w, d, h, thick):
    """Four legs at the corners of a w x d rectangle, the farthest first."""
    places = ((0, 0), (w - thick, 0), (0, d - thick), (w - thick, d - thick))
    return [face for x, y in places for face in solid(paint, colour, x, y, 0, thick, thick, h)]


@thing(1.5)
def table_in_space(rng, paint):
    """A dining, square or coffee table from above a corner."""
    colour, colours, prefixes = stuff(rng, paint)
    kind, w, d, h = rng.choice(
        [("dining table", 110, 64, 58), ("square table", 84, 84, 50), ("coffee table", 110, 62, 32)]
    )
    thick = rng.uniform(8, 11)
    faces = legs(paint, shade(paint, colour, 0.1), w, d, h, thick)
    if kind == "coffee table" and rng.random() < 0.5:
        shelf_faces = solid(paint, colour, 3, 3, 9, w - 6, d - 6, 4)
        faces = [*faces[:9], *shelf_faces, *faces[9:]]
    over = rng.choice([0, 4])
    faces += solid(paint, colour, -over, -over, h, w + 2 * over, d + 2 * over, rng.uniform(7, 10))
    names = [kind, "table"] if kind == "coffee table" else ["table", kind]
    return Drawing(in_space(rng, paint, faces), called(prefixes, *names), colours)


@thing(1.5)
def chair_in_space(rng, paint):
    """A chair from above a corner."""
    colour, colours, prefixes = stuff(rng, paint)
    w, h, high, thick = rng.uniform(46, 54), rng.uniform(44, 52), rng.uniform(48, 60), 7
    faces, names = legs(paint, shade(paint, colour, 0.1), w, w, h, thick), called(prefixes, "chair", "dining chair")
    faces += solid(paint, colour, 0, 0, h, w, w, 7)
    if not colours and rng.random() < 0.5:
        word, cushion = paint.colour("red", "blue", "green", "yellow", "orange")
        faces += solid(paint, cushion, 3, 8, h + 7, w - 6, w - 11, 5)
        names.append(f"chair with {article(word)} cushion")
    if rng.random() < 0.5:
        faces += solid(paint, colour, 0, 0, h + 7, w, 6, high)
    else:
        count = rng.choice([2, 3])
        faces += solid(paint, colour, 0, 0, h + 7, thick, 6, high)
        for i in range(count):
            faces += solid(
                paint, colour, thick, 0, h + 7 + high - (i + 0.7) * high / count, w - 2 * thick, 5, high / count * 0.6
            )
        faces += solid(paint, colour, w - thick, 0, h + 7, thick, 6, high)
    return Drawing(in_space(rng, paint, faces), names, colours)


@thing(1.5)
def sofa_in_space(rng, paint):
    """A sofa or an armchair from above a corner."""
    word, colour = free(paint)
    seats = rng.choice([1, 2, 2, 3])
    arm, seat, d, high = rng.uniform(11, 15), rng.uniform(34, 40) if seats > 1 else 46, 54, rng.uniform(30, 40)
    w = 2 * arm + seats * seat
    faces = legs(paint, "#4a3524", w, d, 7, 7) + solid(paint, shade(paint, colour, 0.1), 0, 0, 6, w, d, 18)
    faces += solid(paint, colour, 0, 0, 24, w, 14, high) + solid(paint, colour, 0, 0, 24, arm, d, 16)
    for i in range(seats):
        faces += solid(paint, paint.light(colour, 0.12), arm + i * seat + 0.7, 14, 24, seat - 1.4, d - 13, 8)
    names = ["armchair", "easy chair"] if seats == 1 else ["sofa", "couch"]
    if rng.random() < 0.3:
        second, pillow = paint.colour(without=(word,))
        faces += solid(paint, pillow, arm + 3, 14, 32, 22, 7, 18)
        names.append(f"{names[0]} with {article(second)} pillow")
    faces += solid(paint, colour, w - arm, 0, 24, arm, d, 16)
    return Drawing(in_space(rng, paint, faces), names, [word])


@thing(1.5)
def bed_in_space(rng, paint):
    """A bed from above a corner."""
    wood, (word, cover), double = paint.wood(), free(paint), rng.random() < 0.6
    d, high = (84, 40) if double else (52, 36)
    faces = solid(paint, wood, 0, 0, 0, 7, d, high + 8) + solid(paint, wood, 7, 2, 6, 108, d - 4, 14)
    faces += solid(paint, "#eef3f7", 7, 3, 20, 107, d - 6, 9)
    pillows = ((8, d / 2 - 11), (d / 2 + 3, d / 2 - 11)) if double else ((9, d - 18),)
    for y, wide in pillows:
        faces += solid(paint, "#cfdbe6", 11, y, 29, 20, wide, 6)
    faces += solid(paint, paint.light(cover, 0.45), 38, 2, 16, 12, d - 4, 15) + solid(
        paint, cover, 48, 2, 16, 67, d - 4, 15
    )
    faces += solid(paint, wood, 115, 0, 0, 6, d, rng.choice([24, 32]))
    names = ["bed", "double bed" if double else "single bed", f"bed with {article(word)} blanket"]
    return Drawing(in_space(rng, paint, faces), names)


@thing(1.2)
def bench_in_space(rng, paint):
    """A bench with a back, from above a corner."""
    colour, colours, prefixes = stuff(rng, paint, 0.75)
    iron = rng.choice([*METALS[2:], shade(paint, colour, 0.3)])
    w, d, h = rng.uniform(104, 120), 38, 30
    faces = [face for x in (4, w - 12) for y in (2, d - 8) for face in solid(paint, iron, x, y, 0, 7, 6, h)]
    for y in (0, 13, 26):
        faces += solid(paint, colour, 0, y, h, w, 11.5, 6)
    if rng.random() < 0.85:
        faces += [face for x in (8, w - 15) for face in solid(paint, iron, x, -2, h + 4, 7, 3, 34)]
        faces += [face for z in (44, 59) for face in solid(paint, colour, 0, 0, z, w, 4, 11)]
        return Drawing(in_space(rng, paint, faces), called(prefixes, "bench", "park bench", "garden bench"), colours)
    return Drawing(in_space(rng, paint, faces), called(prefixes, "bench", "bench without a back"), colours)


@thing(1.5)
def bookshelf_in_space(rng, paint):
    """A bookcase from above a corner."""
    colour, colours, prefixes = stuff(rng, paint, 0.8)
    w, h = rng.choice([(60, 118), (72, 104), (96, 64)])
    rows = 2 if h < 80 else rng.choice([3, 4])
    faces, d, step = solid(paint, colour, 0, 0, 0, w, 26, h), 26, (h - 4) / rows
    for row in range(rows):
        z, x = 5 + row * step, 6
        faces.append(front(shade(paint, colour, 0.55), 4, d, z, w - 8, step - 5))
        while x < w - 12:
            wide, tall = rng.uniform(5, 8), (step - 7) * rng.uniform(0.7, 1)
            if rng.random() > 0.08:
                faces.append(
                    front(
                        paint.colour("red", "orange", "yellow", "green", "blue", "purple", "white")[1],
                        x,
                        d,
                        z,
                        wide,
                        tall,
                    )
                )
            x += wide + 0.5
    names = ["bookcase", "bookshelf"] if h > 80 else ["bookshelf", "low bookshelf", "bookcase"]
    return Drawing(in_space(rng, paint, faces), called(prefixes, *names, "shelf with books"), colours)


def fronts(paint, colour, w, d, z, h, rows, columns):
    """Drawers or doors with handles on the front of a box, as faces."""
    faces, wide, high = [], (w - 4) / columns, h / rows
    for row in range(rows):
        for column in range(columns):
            x, low = 2 + column * wide, z + row * high
            faces.append(front(shade(paint, colour, 0.35), x + 1, d, low + 1, wide - 2, high - 2))
            faces.append(front(paint.light(colour, 0.15), x + 2.5, d, low + 2.5, wide - 5, high - 5))
            knob_x = x + wide / 2 - 4 if rows > 1 else (x + wide - 8 if column == 0 else x + 5)
            size = (8, 3.5) if rows > 1 else (3, 12)
            faces.append(front(shade(paint, colour, 0.6), knob_x, d, low + high / 2 - size[1] / 2, *size))
    return faces


@thing(1.5)
def cabinet_in_space(rng, paint):
    """A chest of drawers, a wardrobe or a cabinet from above a corner."""
    colour, colours, prefixes = stuff(rng, paint)
    names, w, h, d, rows, columns = rng.choice(
        [
            (("chest of drawers", "dresser"), 84, 72, 40, 3, 1),
            (("chest of drawers", "dresser", "drawers"), 60, 88, 40, 4, 1),
            (("wardrobe", "closet"), 66, 118, 38, 1, 2),
            (("cabinet", "cupboard", "sideboard"), 96, 54, 36, 1, 2),
            (("nightstand", "bedside table"), 50, 54, 42, 2, 1),
        ]
    )
    faces = legs(paint, shade(paint, colour, 0.3), w, d, 8, 8) + solid(paint, colour, 0, 0, 7, w, d, h)
    faces += fronts(paint, colour, w, d, 9, h - 3, rows, columns) + solid(
        paint, colour, -2, -2, 7 + h, w + 4, d + 4, 5
    )
    return Drawing(in_space(rng, paint, faces), called(prefixes, *names), colours)


@thing(1.2)
def desk_in_space(rng, paint):
    """A desk with drawers from above a corner, at times with a screen."""
    colour, colours, prefixes = stuff(rng, paint)
    w, d, h = 112, 52, 56
    faces = solid(paint, shade(paint, colour, 0.15), 0, 0, 0, 7, d, h) + solid(
        paint, shade(paint, colour, 0.25), 7, 0, 16, w - 40, 5, h - 16
    )
    box = solid(paint, colour, w - 38, 0, 0, 38, d, h)
    drawers = [
        ([(x + (w - 38) * 0.84, y + (w - 38) * 0.42) for x, y in points], fill)
        for points, fill in fronts(paint, colour, 38, d, 2, h - 3, 3, 1)
    ]
    faces += box + drawers + solid(paint, colour, -3, -3, h, w + 6, d + 6, 7)
    names = called(prefixes, "desk", "writing desk", "office desk")
    if rng.random() < 0.4:
        faces += solid(paint, "#4a5258", 44, 14, h + 7, 24, 12, 3) + solid(paint, "#4a5258", 53, 18, h + 10, 6, 4, 9)
        faces += solid(paint, "#2f363c", 30, 18, h + 17, 52, 4, 34)
        faces.append(front("#55acee", 33, 22, h + 20, 46, 28))
        names += ["desk with a computer", "desk with a screen"]
    return Drawing(in_space(rng, paint, faces), names, colours)


@thing(0.6)
def cube_in_space(rng, paint):
    """A cube or a cuboid from above a corner."""
    word, colour = free(paint)
    w, d, h = rng.choice([(60, 60, 60), (60, 60, 60), (100, 50, 40), (44, 44, 90)])
    names = ["cube", "block", "3d cube"] if w == h else ["cuboid", "block"]
    return Drawing(in_space(rng, paint, solid(paint, colour, 0, 0, 0, w, d, h)), names, [word])
