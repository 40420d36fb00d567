"""Animals drawn by program: whole bodies from the side, facing left or right, and some faces from the front."""

import math
import re

from drawings import Drawing, circle, ellipse, mirrored, path, polygon, rect, thing

INK = "#2b2320"
PINK = "#f2a0ae"
COATS = (("brown", "#8a5a33"), ("brown", "#a0673a"), ("black", "#33363a"), ("white", "#f2f0ea"), ("gray", "#8f979d"))


def bright(colour):
    """The sum of the three parts of a colour, 0 to 765."""
    return sum(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def shade(paint, colour, share=0.25):
    """A darker tone of the colour, or a lighter one of black."""
    return paint.light(colour, share) if bright(colour) < 190 else paint.dark(colour, share)


def coat(paint, colour):
    """A fill that several parts share without seams: the colour, or one gradient over the whole picture."""
    if not paint.shaded:
        return colour
    name = f"g{len(paint.definitions)}"
    paint.definitions.append(
        f'<linearGradient id="{name}" gradientUnits="userSpaceOnUse" x1="0" y1="8" x2="0" y2="120">'
        f'<stop offset="0" stop-color="{paint.light(colour, 0.2)}"/>'
        f'<stop offset="1" stop-color="{paint.dark(colour, 0.15)}"/></linearGradient>'
    )
    return f"url(#{name})"


def tones(paint, colour):
    """-> fill of the coat, and a tone for the far legs."""
    return coat(paint, colour), shade(paint, colour, 0.28)


def free(rng, paint, natural):
    """-> (colour, its words): a natural colour, or any colour half of the time."""
    word, colour = paint.colour() if rng.random() < 0.5 else rng.choice(natural)
    return colour, [word]


def limb(data, colour, width):
    """A thick line with round ends."""
    more = f' stroke="{colour}" stroke-width="{width:.1f}" stroke-linecap="round" stroke-linejoin="round"'
    return path(data, "none", more)


def eye(x, y, colour="#ffffff", size=4.0):
    """An eye; on dark coats with a white ring."""
    ring = circle(x, y, size + 2, "#ffffff") if bright(colour) < 270 else ""
    return ring + circle(x, y, size, INK) + circle(x - size * 0.3, y - size * 0.35, size * 0.35, "#ffffff")


def legs(xs, top, foot, width, colour, hoof=None):
    """Straight legs at these places, at times with hooves or paws of another colour."""
    parts = [rect(x - width / 2, top, width, foot - top, colour, 3) for x in xs]
    if hoof:
        parts += [rect(x - width / 2, foot - 7, width, 7, hoof, 2) for x in xs]
    return "".join(parts)


def tilt(rng, x, y, parts, most=7):
    """Parts turned a little around one point."""
    return f'<g transform="rotate({rng.uniform(-most, most):.1f} {x} {y})">{"".join(parts)}</g>'


def clipped(paint, shape, *parts):
    """Parts cut to one shape."""
    name = f"c{len(paint.definitions)}"
    paint.definitions.append(f'<clipPath id="{name}">{shape}</clipPath>')
    return f'<g clip-path="url(#{name})">{"".join(parts)}</g>'


def rim(body, colour, width):
    """The same body in one colour and wider by `width`, to lie under it as its outline."""

    def change(match):
        tag = match[0]
        had = re.search(r'stroke-width="([\d.]+)"', tag)
        tag = re.sub(r' (stroke|stroke-width|stroke-linejoin|fill-opacity)="[^"]*"', "", tag)
        tag = re.sub(r'fill="(?!none)[^"]*"', f'fill="{colour}"', tag)
        wide = width + (float(had[1]) if had else 0)
        return tag[:-2] + f' stroke="{colour}" stroke-width="{wide:.1f}" stroke-linejoin="round"/>'

    return re.sub(r"<(?:path|rect|ellipse|polygon|line)[^>]*/>", change, body)


def done(rng, paint, parts, main, names, colours=(), turn=3.0, mirror=True):
    """The drawing: stretched and turned a little, mirrored half of the time, pale animals with an outline."""
    body = "".join(parts)
    if bright(main) > 640:
        body = rim(body, rng.choice(["#8795a3", "#6d7b88", "#5a5550"]), 5) + body
    elif paint.outline() and bright(main) > 240:
        body = rim(body, INK, 5) + body
    wide, high = rng.uniform(0.92, 1.02), rng.uniform(0.92, 1.02)
    wide = -wide if mirror and rng.random() < 0.45 else wide
    change = (
        f"translate(64 64) rotate({rng.uniform(-turn, turn):.1f}) scale({wide:.3f} {high:.3f}) translate(-64 -64)"
    )
    return Drawing(f'<g transform="{change}">{body}</g>', list(names), list(colours))


def from_side(name, *more):
    """The usual phrases for an animal seen from the side."""
    return [name, f"{name} in profile", f"{name} from the side", f"{name} standing", *more]


def equine(rng, paint, colour, mane, ear=12, run=False, marks=()):
    """A horse or its like, facing left. `marks` lie on the body."""
    c, far = tones(paint, colour)
    hoof = shade(paint, colour, 0.6)
    tail = limb(f"M98 58Q{rng.uniform(112, 120):.0f} 62 {rng.uniform(108, 120):.0f} {70 if run else 96}", mane, 11)
    if run:
        back = limb("M92 72L104 88L120 96", far, 9) + limb("M46 76L26 84L16 98", far, 9)
        front = limb("M90 74L98 94L112 112", c, 11) + limb("M50 76L38 92L20 114", c, 11)
    else:
        back = legs((54, 84), 70, 120, 9, far, hoof)
        front = legs((43, 95), 70, 122, 11, c, hoof)
    body = rect(37, 50, 64, 35, c, 17)
    head = [
        path("M70 56L50 16L32 22L36 74Z", c),
        polygon([(40, 18), (44, 16 - ear), (51, 18)], far),
        path("M50 16Q38 10 30 18L8 42Q4 52 13 55Q22 56 27 48L44 38Z", c),
        limb("M50 13L70 50" if ear < 16 else "M54 22L70 50", mane, 9),
        eye(30, 28, colour, 3.6),
        circle(13, 46, 2.5, hoof),
    ]
    return [tail, back, body, front, *marks, tilt(rng, 54, 62, head, 6)]


@thing(2.0)
def horse(rng, paint):
    """A horse from the side, standing or running."""
    colour, words = free(rng, paint, COATS)
    run = rng.random() < 0.35
    mane = rng.choice([shade(paint, colour, 0.5), "#3a2b22", "#f0d9a0"])
    parts = equine(rng, paint, colour, mane, 12, run)
    names = ["running horse", "horse running", "galloping horse", "horse"] if run else from_side("horse", "pony")
    return done(rng, paint, parts, colour, names, words)


@thing(0.8)
def donkey(rng, paint):
    """A donkey: grey, with long ears and a pale muzzle."""
    colour = rng.choice(["#8f979d", "#7d756f", "#9a8b7c"])
    parts = equine(rng, paint, colour, "#4a4340", 18)
    parts[-1] = parts[-1].replace("</g>", ellipse(14, 47, 9, 8, "#eee6da") + circle(11, 45, 2.5, INK) + "</g>")
    return done(rng, paint, parts, colour, from_side("donkey", "burro", "mule"))


@thing(1.2)
def zebra(rng, paint):
    """A zebra: white with black stripes and a short mane."""
    marks = [limb(f"M{x} 54Q{x + 5} 66 {x} 80", INK, 5) for x in range(48, 100, 10)]
    marks += [limb(f"M{x - 3} {y}h6", INK, 4) for x in (43, 95) for y in (92, 103)]
    parts = equine(rng, paint, "#f6f4ef", "#2b2320", 12, False, marks)
    neck = "".join(limb(f"M{36 + i} {32 + i * 9}L{55 + i * 4} {28 + i * 8}", INK, 4.5) for i in range(4))
    parts[-1] = parts[-1].replace("</g>", neck + ellipse(12, 49, 8, 6, "#4a4340") + "</g>")
    return done(rng, paint, parts, "#ffffff", from_side("zebra", "striped zebra"))


@thing(1.2)
def unicorn(rng, paint):
    """A white unicorn with a horn and a coloured mane."""
    word, mane = paint.colour("pink", "purple", "blue", "yellow")
    run = rng.random() < 0.4
    parts = equine(rng, paint, rng.choice(["#f6f4fa", "#fdf3f8"]), mane, 10, run)
    horn = polygon([(30, 18), (16, -2), (40, 13)], "#f4b93a")
    parts.append(horn)
    names = ["unicorn", f"unicorn with a {word} mane", "white unicorn", "unicorn in profile", "horse with a horn"]
    return done(rng, paint, [f'<g transform="translate(0 5)">{"".join(parts)}</g>'], "#ffffff", names)


@thing(1.5)
def cow(rng, paint):
    """A cow with spots, or of one colour; bulls have long horns."""
    bull = rng.random() < 0.25
    base = rng.choice(["#5a3a28", "#3a3230"]) if bull else rng.choice(["#f5f3ee", "#f5f3ee", "#a9683a", "#d3a373"])
    spot = rng.choice(["#2f2b2a", "#8a4b20"]) if bright(base) > 600 else shade(paint, base, 0.25)
    c, far = tones(paint, base)
    hoof = "#4a4340"
    body = rect(30, 38, 84, 46, c, 16)
    spots = [ellipse(rng.uniform(50, 60), 48, 13, 11, spot), ellipse(rng.uniform(84, 96), 60, 15, 13, spot)]
    spots.append(ellipse(70, rng.uniform(74, 82), 10, 8, spot))
    parts = [
        limb("M112 48Q122 56 118 82", far, 5),
        ellipse(118, 86, 5, 8, spot),
        legs((50, 90), 74, 118, 11, far, hoof),
    ]
    parts += [] if bull else [ellipse(82, 85, 13, 9, PINK)]
    parts += [body, clipped(paint, body, *spots) if not bull else "", legs((38, 104), 74, 120, 12, c, hoof)]
    horn = "M14 26Q4 18 10 8M34 24Q44 18 38 8" if bull else "M16 28Q10 22 13 15M33 26Q40 22 37 15"
    head = [limb(horn, "#e8dcc0", 6), ellipse(44, 36, 10, 6, spot), ellipse(7, 38, 7, 5, spot)]
    head += [
        path("M10 28Q24 20 40 28L36 62Q24 70 12 62Z", c),
        ellipse(22, 62, 15, 11, PINK if not bull else "#a08a7a"),
    ]
    head += [circle(17, 62, 2.6, INK), circle(27, 62, 2.6, INK), eye(17, 42, base, 3.5), eye(32, 42, base, 3.5)]
    names = from_side("bull", "ox") if bull else from_side("cow", "dairy cow")
    if bright(base) > 600:
        names += ["spotted cow", "black and white cow" if spot == "#2f2b2a" else "brown and white cow"]
    return done(rng, paint, [*parts, tilt(rng, 30, 44, head, 6)], base, names)


@thing(1.2)
def pig(rng, paint):
    """A pig with a curly tail."""
    colour = rng.choice(["#f2a0ae", "#f5b5bd", "#e98a9c"])
    c, far = tones(paint, colour)
    dark = shade(paint, colour, 0.3)
    parts = [limb("M110 62q10-12 11 0q-4 8-9 0", dark, 4.5), legs((44, 86), 84, 112, 13, far)]
    parts += [ellipse(70, 68, 44, 32, c), legs((54, 98), 84, 116, 14, c, dark)]
    head = [circle(36, 56, 27, c), polygon([(32, 36), (24, 18), (48, 28)], dark), ellipse(13, 62, 9, 12, dark)]
    head += [circle(11, 59, 2.5, INK), circle(11, 66, 2.5, INK), eye(28, 52, colour)]
    return done(rng, paint, [*parts, tilt(rng, 42, 60, head)], colour, from_side("pig", "pink pig", "piglet"))


@thing(1.2)
def sheep(rng, paint):
    """A woolly sheep with a dark or pale head, or a ram."""
    wool, face = rng.choice(["#f5f2ea", "#ece6d8", "#fbfaf6"]), rng.choice(["#3d3733", "#4a4340", "#e8c9a8"])
    c, ram = coat(paint, wool), rng.random() < 0.2
    parts = [legs((48, 60, 86, 98), 86, 120, 9, face), ellipse(72, 64, 40, 28, c)]
    for i in range(11):
        angle = i * 2 * math.pi / 11
        parts.append(circle(72 + 36 * math.cos(angle), 64 + 24 * math.sin(angle), rng.uniform(13, 16), c))
    head = [ellipse(40, 42, 12, 6, face), ellipse(24, 52, 16, 21, face), circle(30, 32, 12, c), circle(20, 34, 10, c)]
    head.append(eye(20, 50, face, 3.4))
    if ram:
        head.append(limb("M34 30Q54 28 52 46Q48 58 40 50", "#b08a55", 9))
    names = ["ram", "ram with horns", "sheep"] if ram else from_side("sheep", "lamb", "woolly sheep")
    return done(rng, paint, [*parts, tilt(rng, 36, 50, head)], wool, names)


@thing(1.0)
def goat(rng, paint):
    """A goat with horns and a beard."""
    colour = rng.choice(["#f2efe8", "#b9a48c", "#8a6a4c", "#8f979d"])
    c, far = tones(paint, colour)
    parts = [limb("M104 52L114 40", c, 9), legs((54, 90), 74, 118, 8, far, "#4a4340")]
    parts += [
        rect(38, 48, 68, 34, c, 16),
        legs((46, 98), 74, 120, 9, c, "#4a4340"),
        path("M66 54L46 28L28 36L40 72Z", c),
    ]
    head = [limb("M34 26Q40 10 56 12M40 28Q48 16 60 20", "#6b5a48", 6.5), limb("M46 34L58 38", far, 8)]
    head += [
        limb("M38 32L18 46", c, 19),
        path("M18 52L30 52L20 72Z", far),
        eye(30, 34, colour, 3.4),
        circle(11, 46, 2.4, INK),
    ]
    return done(
        rng, paint, [*parts, tilt(rng, 44, 40, head)], colour, from_side("goat", "goat with horns", "billy goat")
    )


def canine(rng, paint, colour, run=False, body=(40, 98), high=88, snout=1.0, ears="flop", tail="up", belly=None):
    """A dog, wolf or fox facing left; `high` is where the legs begin, 118 the ground."""
    c, far = tones(paint, colour)
    left, right = body
    tails = {
        "up": limb(f"M{right - 4} 62Q{right + 16} 58 {right + 14} 38", c, 9),
        "bushy": path(
            f"M{right - 8} 60Q{right + 10} 56 {right + 22} 70Q{right + 26} 92 {right + 12} 104Q{right + 4} 84 {right - 8} 76Z",
            c,
        ),
        "down": limb(f"M{right - 4} 62Q{right + 14} 66 {right + 14} 92", c, 11),
    }
    if run:
        back = limb(f"M{right - 10} 76L{right + 4} 92L{right + 16} 96", far, 10) + limb(
            f"M{left + 8} 78L{left - 14} 92L{left - 26} 92", far, 10
        )
        front = limb(f"M{right - 14} 78L{right - 4} 98L{right + 12} 110", c, 12) + limb(
            f"M{left + 12} 80L{left - 6} 100L{left - 20} 106", c, 12
        )
    else:
        back, front = (
            legs((left + 17, right - 18), high - 10, 116, 10, far),
            legs((left + 7, right - 7), high - 10, 119, 12, c),
        )
    trunk = path(
        f"M{left} 58Q{left + 4} 50 {left + 16} 50H{right - 14}Q{right} 50 {right} 64V{high - 6}"
        f"Q{right - 10} {high} {right - 22} {high - 8}H{left + 28}Q{left + 20} {high + 4} {left + 4} {high - 4}Z",
        c,
    )
    if belly:
        trunk += path(f"M{left} 60Q{left + 16} 62 {left + 16} {high - 2}L{left + 4} {high - 3}Z", belly)
    x = left - 4
    reach = 22 * snout
    head = [path(f"M{x + 32} 56L{x + 18} 26L{x - 8} 40L{x + 4} 78Z", c), circle(x + 4, 36, 19, c)]
    head.append(
        path(f"M{x - 2} 27L{x - 12 - reach} 38Q{x - 16 - reach} 50 {x - 6 - reach} 52L{x + 6} 53Z", belly or c)
    )
    head.append(ellipse(x - 12 - reach, 40, 5.5, 5, INK) + eye(x - 5, 32, colour, 4))
    dark = shade(paint, colour, 0.3)
    if ears == "flop":
        head.append(path(f"M{x + 6} 20Q{x + 24} 18 {x + 25} 36Q{x + 24} 54 {x + 15} 52Q{x + 7} 44 {x + 6} 20Z", dark))
    else:
        head.insert(0, polygon([(x + 6, 24), (x + 14, -1), (x + 24, 30)], dark))
        head.append(polygon([(x - 6, 22), (x + 3, 1), (x + 13, 24)], c))
    return [tilt(rng, right - 4, 62, [tails[tail]], 10), back, trunk, front, tilt(rng, left + 8, 58, head, 6)]


DOGS = (
    ("brown", "#a0673a"),
    ("brown", "#c08a52"),
    ("black", "#3a3d42"),
    ("white", "#f2efe8"),
    ("yellow", "#e8bf6e"),
    ("gray", "#8f979d"),
)


@thing(1.6)
def dog(rng, paint):
    """A dog from the side, standing or running, with hanging or upright ears."""
    colour, words = free(rng, paint, DOGS)
    run = rng.random() < 0.4
    ears = rng.choice(["flop", "flop", "point"])
    parts = canine(rng, paint, colour, run, (44, 100), 88, rng.uniform(0.4, 0.65), ears, "up")
    if rng.random() < 0.4:
        parts.append(limb("M34 60L58 46", rng.choice(["#e53935", "#1e88e5", "#fdd835"]), 6))
    names = ["running dog", "dog running", "dog"] if run else from_side("dog", "puppy")
    return done(rng, paint, parts, colour, names, words)


@thing(1.2)
def dog_breed(rng, paint):
    """Dachshund, dalmatian, shepherd, husky or beagle."""
    breed = rng.choice(["dachshund", "dalmatian", "german shepherd", "husky", "beagle"])
    if breed == "dachshund":
        colour = rng.choice(["#8a4b20", "#5a3a28", "#a0572a"])
        parts = canine(rng, paint, colour, False, (44, 110), 96, 0.7, "flop", "up")
        return done(
            rng,
            paint,
            [f'<g transform="translate(0 -6)">{"".join(parts)}</g>'],
            colour,
            ["dachshund", "sausage dog", "dog with short legs", "dog"],
        )
    if breed == "dalmatian":
        parts = canine(rng, paint, "#f6f5f1", False, (42, 98), 88, 0.7, "flop", "up")
        spots = ((56, 60), (72, 56), (66, 72), (84, 66), (92, 58), (50, 74), (92, 82), (38, 24), (47, 98), (79, 80))
        parts += [circle(x + rng.uniform(-2, 2), y + rng.uniform(-2, 2), rng.uniform(3.5, 5), INK) for x, y in spots]
        return done(rng, paint, parts, "#ffffff", ["dalmatian", "spotted dog", "dog with spots", "dog"])
    if breed == "beagle":
        parts = canine(rng, paint, "#b5713a", False, (42, 98), 88, 0.65, "flop", "up", "#f5f1e8")
        parts.insert(3, path("M62 50H86Q98 50 96 66Q76 76 62 64Z", "#3a302c"))
        return done(rng, paint, parts, "#b5713a", ["beagle", "dog", "hound", "hunting dog"])
    colour, top, belly = (
        ("#b98245", "#3a302c", None) if breed == "german shepherd" else ("#6f7a85", "#4d565f", "#f2f2f0")
    )
    parts = canine(rng, paint, colour, False, (46, 98), 88, 0.65, "point", "bushy", belly)
    parts.insert(3, path("M58 50H86Q98 50 97 64Q76 74 58 62Z", top))
    return done(rng, paint, parts, colour, [breed, "dog with pointed ears", "dog"])


@thing(0.6)
def poodle(rng, paint):
    """A poodle with balls of fur."""
    word, colour = paint.colour("white", "pink", "black", "gray")
    c, far = tones(paint, colour)
    parts = [
        limb("M96 62L106 40", far, 6),
        circle(108, 32, 11, c),
        legs((50, 84), 70, 116, 7, far),
        legs((42, 94), 70, 118, 8, c),
    ]
    parts += [circle(x, 104, 9, c) for x in (42, 52, 84, 94)] + [ellipse(84, 66, 16, 13, far), circle(52, 66, 25, c)]
    parts += [
        limb("M36 36L14 42", far, 13),
        circle(38, 36, 16, far),
        circle(40, 18, 15, c),
        ellipse(48, 40, 9, 16, c),
    ]
    parts += [eye(28, 33, colour, 3.5), circle(8, 39, 5, INK)]
    return done(rng, paint, parts, colour, ["poodle", "dog", "fancy dog", "poodle from the side"], [word])


@thing(1.2)
def sitting_dog(rng, paint):
    """A dog that sits, from the side."""
    colour, words = free(rng, paint, DOGS)
    c, far = tones(paint, colour)
    parts = [limb("M96 108Q118 104 116 82", c, 10), rect(46, 74, 12, 44, far, 4)]
    parts += [
        path("M46 52Q68 46 84 76Q106 92 100 120H58Q44 96 44 70Z", c),
        ellipse(82, 100, 21, 20, c),
        rect(56, 74, 13, 46, c, 5),
    ]
    parts += [ellipse(54, 117, 12, 6, c), ellipse(78, 117, 15, 6, far)]
    head = [path("M44 70L36 36L66 34L72 70Z", c), circle(50, 34, 23, c), path("M44 26L18 36Q12 48 22 52L50 54Z", c)]
    head += [ellipse(18, 39, 6.5, 6, INK), eye(39, 28, colour, 4.3), limb("M24 48Q32 50 38 46", INK, 2.5)]
    if rng.random() < 0.65:
        head.append(path("M54 16Q76 14 76 36Q74 58 64 56Q54 46 54 16Z", far))
    else:
        head.append(polygon([(44, 18), (56, -2), (68, 22)], far))
    if rng.random() < 0.5:
        head.append(limb("M40 60Q56 68 72 56", rng.choice(["#e53935", "#1e88e5", "#43a047"]), 6))
    head = f'<g transform="translate(0 4)">{"".join(head)}</g>'
    return done(
        rng, paint, [*parts, tilt(rng, 56, 56, [head])], colour, ["sitting dog", "dog sitting", "dog", "puppy"], words
    )


@thing(1.2)
def wolf(rng, paint):
    """A grey wolf, at times howling."""
    colour = rng.choice(["#7d8790", "#69737c", "#8a8580"])
    belly = "#dfe3e6"
    if rng.random() < 0.35:
        c, far = tones(paint, colour)
        parts = [
            path("M90 102Q120 112 122 88Q108 94 92 84Z", far),
            path("M46 62Q70 48 84 76Q106 92 98 120H56Q42 96 44 70Z", c),
        ]
        parts += [ellipse(80, 100, 20, 20, c), rect(48, 76, 14, 44, belly, 5), rect(58, 80, 13, 40, c, 5)]
        parts += [path("M44 84L40 46L66 42L76 76Z", c), path("M70 50Q66 30 50 26L28 6L22 14L34 36L40 56Z", c)]
        parts += [
            polygon([(56, 32), (76, 24), (68, 46)], far),
            circle(25, 9, 5, INK),
            path("M28 26L18 32L38 50Z", belly),
            eye(47, 36, colour, 3.4),
        ]
        return done(rng, paint, parts, colour, ["howling wolf", "wolf howling", "wolf"])
    run = rng.random() < 0.3
    parts = canine(rng, paint, colour, run, (47, 97), 88, 0.7, "point", "bushy", belly)
    return done(
        rng, paint, parts, colour, ["running wolf", "wolf running", "wolf"] if run else from_side("wolf", "gray wolf")
    )


@thing(1.2)
def fox(rng, paint):
    """A red fox with a white-tipped tail."""
    colour = rng.choice(["#e8701a", "#e27a2c", "#d9621a"])
    parts = canine(rng, paint, colour, False, (49, 97), 90, 0.8, "point", "bushy", "#fdf3e6")
    parts.insert(1, path("M121 84Q122 99 109 105Q104 95 105 90Z", "#fdf3e6"))
    parts.insert(4, legs((56, 90), 104, 120, 12.5, "#4a2f26"))
    return done(rng, paint, parts, colour, from_side("fox", "red fox"))


CATS = (("orange", "#f0953a"), ("gray", "#8f979d"), ("black", "#33363a"), ("white", "#f5f2ec"), ("brown", "#9a6a42"))


def cat_head(rng, paint, colour, x, y, size=22.0, ears="point"):
    """The face of a cat, nearly from the front."""
    c, dark = coat(paint, colour), shade(paint, colour, 0.3)
    k = size / 22
    parts = []
    for side in (-1, 1):
        if ears == "point":
            parts.append(
                polygon([(x + side * 20 * k, y), (x + side * 19 * k, y - 29 * k), (x + side * 3 * k, y - 17 * k)], c)
            )
            parts.append(
                polygon(
                    [(x + side * 16 * k, y - 9 * k), (x + side * 16 * k, y - 22 * k), (x + side * 7 * k, y - 16 * k)],
                    PINK,
                )
            )
        else:
            parts += [
                circle(x + side * 16 * k, y - 16 * k, 8 * k, c),
                circle(x + side * 16 * k, y - 16 * k, 4.5 * k, dark),
            ]
    parts.append(ellipse(x, y, 24 * k, 20 * k, c))
    for side in (-1, 1):
        parts.append(eye(x + side * 10 * k, y - 3 * k, colour, 4 * k))
    parts.append(polygon([(x - 4 * k, y + 4 * k), (x + 4 * k, y + 4 * k), (x, y + 9 * k)], "#e2788a"))
    return "".join(parts)


def feline(rng, paint, colour, marks=(), ears="round", size=22.0):
    """A walking cat or big cat facing left. -> (back parts, marks over the body, head)"""
    c, far = tones(paint, colour)
    tail = limb(f"M104 60Q{rng.uniform(120, 124):.0f} 62 118 {rng.uniform(24, 40):.0f}", c, 9)
    body = path("M34 56Q40 48 54 50H96Q108 50 110 66L108 84Q92 88 80 84H56Q44 90 36 84Z", c)
    parts = [tail, limb("M54 80L60 116M90 80L84 116", far, 12), body, limb("M42 78L38 116M102 76L104 116", c, 13)]
    return [*parts, clipped(paint, body, *marks), cat_head(rng, paint, colour, 30, 44, size, ears)]


@thing(1.6)
def walking_cat(rng, paint):
    """A cat that walks, its tail up, plain or striped."""
    colour, words = free(rng, paint, CATS)
    names = ["cat", "walking cat", "cat walking", "cat from the side", "cat in profile", "kitten"]
    dark, marks = shade(paint, colour, 0.35), []
    if rng.random() < 0.4:
        marks = [limb(f"M{x} 46V66", dark, 6) for x in (62, 76, 90)]
        names += ["striped cat", "tabby cat"]
    return done(rng, paint, feline(rng, paint, colour, marks, "point", rng.uniform(21, 25)), colour, names, words)


@thing(1.6)
def sitting_cat(rng, paint):
    """A cat that sits, from the front or from the side."""
    colour, words = free(rng, paint, CATS)
    c, far = tones(paint, colour)
    parts = [
        limb("M86 110Q120 112 112 78Q110 66 116 60", c, 10),
        path("M48 56Q78 52 86 84Q98 100 92 120H38Q36 80 48 56Z", c),
    ]
    parts += [
        ellipse(80, 104, 17, 16, far),
        rect(40, 76, 12, 44, c, 5),
        rect(56, 78, 12, 42, c, 5),
        ellipse(46, 116, 10, 6, c),
        ellipse(62, 117, 10, 6, c),
    ]
    parts.append(limb("M54 88V114", far, 3))
    if rng.random() < 0.4:
        parts.append(path("M46 60Q56 66 64 60Q66 84 54 88Q44 80 46 60Z", "#fbf8f2"))
    parts.append(tilt(rng, 56, 50, [cat_head(rng, paint, colour, 54, 42, 29, "point")], 6))
    return done(rng, paint, parts, colour, ["sitting cat", "cat sitting", "cat", "kitten"], words)


@thing(1.5)
def lion(rng, paint):
    """A lion with a mane."""
    colour, mane = (
        rng.choice(["#e5a84a", "#ddA04a".lower(), "#f0b95c"]),
        rng.choice(["#9a5a20", "#8a4b20", "#b3641c"]),
    )
    c, _far = tones(paint, colour)
    parts = feline(rng, paint, colour)
    parts[0] += ellipse(118, 30, 8, 10, mane)
    fur = [circle(34, 48, 31, mane)]
    fur += [circle(34 + 27 * math.cos(i * 0.63), 48 + 27 * math.sin(i * 0.63), 9, mane) for i in range(10)]
    head = [circle(20, 30, 7, c), circle(46, 30, 7, c), ellipse(32, 48, 21, 20, c), ellipse(32, 57, 12, 9, "#fbe9c8")]
    head += [polygon([(27, 50), (37, 50), (32, 56)], INK), eye(23, 43), eye(41, 43)]
    names = from_side("lion", "male lion", "lion with a mane", "lion walking")
    return done(rng, paint, [*parts[:-1], *fur, tilt(rng, 34, 48, head)], colour, names)


@thing(1.3)
def tiger(rng, paint):
    """A tiger: orange with black stripes."""
    colour = rng.choice(["#f28c28", "#ee8322", "#f59a3c"])
    marks = [polygon([(x - 4, 48), (x + 4, 48), (x + 1, 70)], INK) for x in (58, 70, 82, 94, 104)]
    marks += [polygon([(x - 3, 88), (x + 3, 88), (x, 76)], INK) for x in (64, 76, 88)] + [
        path("M40 90Q70 80 100 90V84H40Z", "#fdf3e2")
    ]
    parts = feline(rng, paint, colour, marks)
    parts += [
        ellipse(30, 54, 13, 9, "#fdf3e2"),
        polygon([(26, 48), (34, 48), (30, 53)], INK),
        limb("M30 26V33M22 28L24 33M38 28L36 33", INK, 4),
    ]
    parts += [
        limb("M7 44H13M8 51H14M53 44H47M52 51H46", INK, 4),
        limb("M35 92H44M33 102H42M98 92H106M99 102H107", INK, 4),
    ]
    return done(rng, paint, parts, colour, from_side("tiger", "striped tiger", "tiger walking"))


@thing(1.2)
def leopard(rng, paint):
    """A leopard, cheetah or black panther."""
    panther = rng.random() < 0.25
    colour = "#2f3238" if panther else rng.choice(["#e8b050", "#e5a53c", "#f0bd62"])
    spots = [
        circle(x + rng.uniform(-2, 2), y + rng.uniform(-2, 2), 3.6, INK)
        for y in (55, 66, 77)
        for x in range(60 + y % 2 * 5, 108, 11)
    ]
    parts = feline(rng, paint, colour, [] if panther else spots)
    parts += (
        []
        if panther
        else [
            circle(x, y, 2.8, INK)
            for x, y in ((22, 31), (30, 28), (38, 31), (38, 92), (40, 102), (103, 92), (104, 103))
        ]
    )
    parts += [] if panther else [ellipse(30, 55, 11, 7, "#fdf3e2"), polygon([(26, 48), (34, 48), (30, 54)], INK)]
    names = (
        from_side("panther", "black panther")
        if panther
        else from_side("leopard", "cheetah", "spotted big cat", "jaguar")
    )
    return done(rng, paint, parts, colour, names)


def bear_like(rng, paint, colour, muzzle, limbs=None, names=()):
    """A bear on four feet, facing left."""
    c, far = tones(paint, colour)
    limbs = limbs or c
    dark = shade(paint, colour, 0.25)
    parts = [limb("M56 82V110M90 82V110", shade(paint, limbs, 0.25) if limbs[0] == "#" else far, 17)]
    parts += [
        path("M24 62Q34 36 66 36Q112 30 116 66Q120 86 110 94H46Q28 92 24 62Z", c),
        limb("M44 82V110M104 80V110", limbs, 19),
    ]
    head = [
        circle(22, 32, 8, limbs if limbs[0] == "#" else dark),
        circle(44, 28, 8, limbs if limbs[0] == "#" else dark),
    ]
    head += [circle(32, 50, 23, c), ellipse(17, 58, 12, 10, muzzle), ellipse(9, 54, 5.5, 4.5, INK)]
    eyes = [ellipse(27, 46, 7, 8, INK)] if limbs[0] == "#" else []
    head += [*eyes, eye(26, 46, INK if eyes else colour, 3.6)]
    return done(rng, paint, [*parts, tilt(rng, 40, 56, head)], colour, names)


@thing(1.2)
def bear(rng, paint):
    """A brown or black bear."""
    word, colour = rng.choice([("brown", "#7a4a2a"), ("brown", "#8f5a33"), ("black", "#35322f")])
    return bear_like(
        rng, paint, colour, paint.light(colour, 0.45), None, from_side("bear", f"{word} bear", "grizzly bear")
    )


@thing(1.0)
def polar_bear(rng, paint):
    """A polar bear."""
    colour = rng.choice(["#f2f4f5", "#f7f3e8"])
    return bear_like(rng, paint, colour, "#dfe4e8", None, from_side("polar bear", "white bear", "bear"))


@thing(1.2)
def panda(rng, paint):
    """A panda, sitting or on four feet."""
    black = "#2d2d30"
    names = ["panda", "panda bear", "giant panda", "black and white bear"]
    if rng.random() < 0.4:
        return bear_like(rng, paint, "#f7f7f5", "#ffffff", black, [*names, "panda from the side"])
    c = coat(paint, "#f7f7f5")
    parts = [
        ellipse(64, 88, 38, 34, c),
        mirrored(limb("M38 74Q26 88 44 92", black, 17), ellipse(36, 112, 17, 13, black), circle(36, 16, 12, black)),
    ]
    parts += [
        ellipse(64, 42, 38, 33, c),
        mirrored(ellipse(47, 42, 10, 12, black), circle(49, 41, 4, "#ffffff")),
        ellipse(64, 53, 8, 5.5, black),
    ]
    if rng.random() < 0.5:
        parts.append(limb("M40 100L92 64", "#6aa84f", 7) + limb("M84 68L98 72M84 68L86 56", "#6aa84f", 6))
        names += ["panda eating bamboo", "panda with bamboo"]
    return done(rng, paint, parts, "#ffffff", [*names, "sitting panda"])


@thing(1.0)
def koala(rng, paint):
    """A koala, often on a trunk."""
    colour = rng.choice(["#8f9aa5", "#9aa0a8", "#7f8a96"])
    c, far = tones(paint, colour)
    names = ["koala", "koala bear", "sitting koala"]
    parts = [ellipse(66, 90, 34, 32, c), ellipse(62, 94, 20, 22, "#e8e6e4")]
    if rng.random() < 0.55:
        parts.insert(0, rect(18, 4, 18, 120, "#8a5a33", 4))
        parts += [limb("M60 82L28 76M66 110L30 106", far, 15)]
        names += ["koala on a tree", "koala climbing a tree"]
    else:
        parts += [
            ellipse(44, 114, 15, 10, far),
            ellipse(86, 114, 15, 10, far),
            limb("M40 80L46 94M92 80L86 94", far, 13),
        ]
    for x in (30, 98):
        parts += [circle(x, 32, 20, c), circle(x, 33, 12, "#f0d5d8")]
    parts += [
        ellipse(64, 44, 35, 30, c),
        ellipse(64, 50, 9, 13, INK),
        eye(48, 40, colour, 4.5),
        eye(80, 40, colour, 4.5),
    ]
    return done(rng, paint, parts, colour, names)


@thing(1.5)
def elephant(rng, paint):
    """An elephant from the side."""
    colour = rng.choice(["#8d99a3", "#7f8b96", "#9a9ba3", "#8a8f9c"])
    c, far = tones(paint, colour)
    dark = shade(paint, colour, 0.2)
    parts = [limb("M118 56Q124 70 120 84", dark, 5), limb("M64 84V110M98 84V110", far, 17)]
    parts += [
        path("M40 44Q60 22 90 30Q122 36 120 80Q116 96 92 94H62Q46 92 40 76Z", c),
        limb("M54 84V110M110 80V110", c, 19),
    ]
    parts += [rect(x - 9.5, 115, 19, 5, "#e8e2d5", 2) for x in (54, 110)]
    up = rng.random() < 0.3
    trunk = limb("M22 56Q4 58 6 34Q6 20 16 14", c, 14) if up else limb("M26 52Q12 62 15 88Q16 104 10 110", c, 14)
    head = [trunk, circle(38, 48, 25, c), limb("M28 70Q22 80 14 76", "#fbf7ea", 6)]
    head += [path("M46 30Q76 20 76 54Q72 84 58 80Q44 70 44 46Z", dark), eye(27, 44, colour, 3.8)]
    names = from_side("elephant", "gray elephant", "elephant walking")
    return done(rng, paint, [*parts, tilt(rng, 48, 50, head, 4)], colour, names + ["elephant with raised trunk"] * up)


@thing(1.5)
def giraffe(rng, paint):
    """A giraffe: long neck and brown patches."""
    colour, spot = rng.choice(["#f2c35a", "#eebb4d", "#f5cd78"]), rng.choice(["#a9622a", "#8a4b20"])
    c, far = tones(paint, colour)
    parts = [
        limb("M104 74Q114 82 110 100", far, 4.5),
        legs((64, 92), 86, 121, 8, far, spot),
        rect(48, 66, 58, 28, c, 13),
    ]
    parts += [
        legs((54, 100), 86, 123, 9, c, spot),
        polygon([(48, 80), (30, 20), (43, 14), (74, 70)], c),
        limb("M44 16L70 64", spot, 5),
    ]
    parts += [
        ellipse(x, y, 5.5, 5, spot)
        for x, y in (
            (58, 78),
            (71, 74),
            (84, 76),
            (96, 74),
            (78, 87),
            (92, 87),
            (38, 34),
            (45, 46),
            (46, 60),
            (56, 64),
        )
    ]
    head = [
        limb("M36 14L33 5M43 13L43 4", spot, 5),
        limb("M38 20L18 28", c, 15),
        limb("M48 18L56 15", far, 6),
        eye(32, 20, colour, 3.2),
        circle(13, 29, 2.4, INK),
    ]
    return done(
        rng,
        paint,
        [*parts, tilt(rng, 38, 20, head, 6)],
        colour,
        from_side("giraffe", "giraffe with a long neck", "tall giraffe"),
        turn=2,
    )


@thing(1.0)
def rhino(rng, paint):
    """A rhinoceros with its horn."""
    colour = rng.choice(["#8a939b", "#7a828a", "#8f8a86"])
    c, far = tones(paint, colour)
    parts = [
        limb("M118 62V80", far, 5),
        limb("M60 84V108M92 84V108", far, 16),
        path("M34 60Q48 30 84 36Q120 36 120 72Q118 94 96 94H54Q38 90 34 60Z", c),
    ]
    parts += [limb("M50 84V108M108 80V108", c, 18)]
    head = [polygon([(8, 66), (2, 30), (24, 54)], "#f0e8d5"), polygon([(24, 54), (26, 40), (36, 50)], "#f0e8d5")]
    head += [
        path("M54 44Q34 44 22 56L8 64Q2 80 14 86Q30 90 44 82L62 78Z", c),
        polygon([(46, 48), (46, 30), (58, 46)], far),
        eye(32, 62, colour, 3.6),
        circle(12, 74, 2.5, INK),
    ]
    return done(
        rng,
        paint,
        [*parts, tilt(rng, 50, 62, head, 5)],
        colour,
        from_side("rhino", "rhinoceros", "rhino with a horn"),
    )


@thing(1.0)
def hippo(rng, paint):
    """A hippopotamus."""
    colour = rng.choice(["#8b7f93", "#86818f", "#9a8a94"])
    c, far = tones(paint, colour)
    parts = [
        limb("M60 92V110M94 92V110", far, 17),
        ellipse(78, 70, 42, 33, c),
        limb("M58 92V112M106 88V112", c, 18),
        limb("M118 66L123 74", far, 5),
    ]
    head = [circle(30, 30, 7, far), circle(48, 28, 7, far), ellipse(40, 50, 24, 24, c), ellipse(24, 68, 22, 20, c)]
    head += [
        ellipse(22, 74, 17, 11, "#d7a7ae"),
        circle(14, 60, 3, INK),
        circle(26, 58, 3, INK),
        eye(34, 42, colour),
        rect(14, 80, 6, 8, "#ffffff"),
        rect(26, 80, 6, 8, "#ffffff"),
    ]
    return done(rng, paint, [*parts, tilt(rng, 48, 56, head, 5)], colour, from_side("hippo", "hippopotamus"))


@thing(1.2)
def rabbit(rng, paint):
    """A rabbit that sits, with long ears and a round tail."""
    word, colour = rng.choice([("white", "#f4f1ec"), ("gray", "#979ca3"), ("brown", "#a5764c"), ("brown", "#c49a6c")])
    c, far = tones(paint, colour)
    parts = [
        circle(112, 94, 11, "#fbf8f2"),
        ellipse(76, 86, 38, 31, c),
        ellipse(88, 98, 24, 20, far),
        ellipse(80, 114, 26, 7, c),
        ellipse(40, 114, 13, 7, c),
    ]
    head = [
        limb("M48 42L60 12", far, 13),
        limb("M38 40L40 10", c, 14),
        limb("M38 36L40 14", PINK, 6),
        ellipse(36, 58, 27, 23, c),
    ]
    head += [eye(28, 54, colour, 4.6), ellipse(11, 59, 4.5, 3.5, "#e2788a"), circle(30, 67, 5, PINK)]
    names = [
        "rabbit",
        "bunny",
        "hare",
        "rabbit in profile",
        "rabbit from the side",
        f"{word} rabbit",
        "sitting rabbit",
    ]
    return done(rng, paint, [*parts, tilt(rng, 46, 66, head)], colour, names)


def rodent(rng, paint, colour, tail, ear=14, nose="#e2788a", belly=None):
    """A small round animal facing left, with round ears. `tail` lies under the body."""
    c, far = tones(paint, colour)
    parts = [tail, path("M8 84Q34 46 74 48Q114 54 114 92Q112 108 94 110H40Q22 108 8 90Z", c)]
    parts += [ellipse(62, 102, 34, 9, belly)] if belly else []
    parts += [
        ellipse(44, 112, 11, 6, nose),
        ellipse(90, 112, 14, 6, nose),
        circle(64, 50, ear, far),
        circle(48, 48, ear, c),
        circle(48, 49, ear * 0.62, PINK),
    ]
    return [*parts, eye(32, 72, colour, 4.6), circle(8, 86, 6, nose)]


@thing(1.0)
def mouse(rng, paint):
    """A mouse or rat with a long tail."""
    colour = rng.choice(["#a4abb2", "#8f979d", "#f2efea", "#b09078"])
    parts = rodent(
        rng,
        paint,
        colour,
        limb(f"M106 98Q126 100 118 78Q108 58 122 {rng.uniform(40, 52):.0f}", PINK, 5.5),
        rng.uniform(15, 18),
    )
    return done(rng, paint, parts, colour, from_side("mouse", "rat", "little mouse"))


@thing(0.9)
def hamster(rng, paint):
    """A hamster or guinea pig from the front, sitting."""
    colour = rng.choice(["#e8a659", "#d9954a", "#c98a52", "#f0b978"])
    c = coat(paint, colour)
    parts = [
        mirrored(circle(32, 26, 14, c), circle(32, 27, 8, PINK)),
        path("M64 14Q104 14 108 56Q124 118 64 119Q4 118 20 56Q24 14 64 14Z", c),
    ]
    parts += [
        ellipse(64, 88, 28, 27, "#fdf3e2"),
        mirrored(
            ellipse(42, 58, 17, 14, "#fdf3e2"),
            eye(45, 44, colour, 5.5),
            ellipse(48, 80, 8, 7, PINK),
            ellipse(42, 117, 12, 6, PINK),
        ),
    ]
    parts += [ellipse(64, 53, 6, 4.5, "#e2788a"), limb("M64 57V63M64 63Q58 68 54 64M64 63Q70 68 74 64", INK, 2.5)]
    if rng.random() < 0.3:
        parts.append(path("M64 70L74 86Q64 94 54 86Z", "#8a5a33"))
    return done(
        rng,
        paint,
        parts,
        colour,
        ["hamster", "guinea pig", "sitting hamster", "hamster from the front"],
        mirror=False,
    )


@thing(1.1)
def squirrel(rng, paint):
    """A squirrel with its large tail, often with an acorn."""
    word, colour = rng.choice([("red", "#b5562a"), ("brown", "#8a5a33"), ("gray", "#8a9198"), ("red", "#c8682e")])
    c, far = tones(paint, colour)
    parts = [
        path("M78 112Q126 112 122 58Q120 10 88 8Q70 10 74 26Q92 30 88 54Q80 74 76 94Z", far),
        limb("M86 100Q110 92 106 56Q104 34 94 22", shade(paint, colour, 0.1), 9),
    ]
    parts += [
        path("M44 56Q76 50 84 84Q92 112 76 120H40Q34 84 44 56Z", c),
        path("M44 66Q56 74 54 104L42 110Q36 86 44 66Z", "#fbeedd"),
        ellipse(72, 104, 17, 15, far),
    ]
    parts += [
        polygon([(44, 30), (52, 8), (60, 32)], c),
        ellipse(42, 46, 25, 20, c),
        eye(36, 42, colour, 4.5),
        circle(18, 48, 4.5, INK),
        limb("M56 74L34 80", c, 9),
        ellipse(50, 117, 17, 6, c),
    ]
    names = ["squirrel", "squirrel from the side", f"{word} squirrel", "chipmunk"]
    if rng.random() < 0.55:
        parts += [ellipse(26, 84, 8, 10, "#c98a3c"), path("M16 80Q26 68 36 80Z", "#6b4226")]
        names += ["squirrel with an acorn", "squirrel eating a nut"]
    return done(rng, paint, parts, colour, names)


@thing(1.0)
def hedgehog(rng, paint):
    """A hedgehog with spines."""
    spines, face = rng.choice(["#6b4a36", "#5a4236", "#7a5a40"]), rng.choice(["#e8c9a0", "#d9b48a"])
    points = []
    for i in range(23):
        angle = math.pi * (0.99 + i * 0.046)
        size = 1.0 if i % 2 else 0.8
        points.append((70 + 54 * size * math.cos(angle), 96 + 80 * size * math.sin(angle)))
    parts = [
        legs((48, 92), 96, 116, 12, "#8a6a4c"),
        polygon([*points, (112, 106), (40, 106)], spines),
        path("M46 64Q24 70 4 90Q6 104 30 108H60Q60 76 46 64Z", face),
    ]
    parts += [
        limb(f"M{x} {y}l-3 -10", paint.light(spines, 0.3), 4)
        for x, y in ((66, 58), (84, 60), (100, 76), (70, 80), (88, 88))
    ]
    parts += [circle(44, 74, 7, paint.dark(face, 0.25)), eye(28, 86, "#ffffff", 4.5), circle(7, 90, 6.5, INK)]
    return done(rng, paint, parts, spines, from_side("hedgehog", "porcupine", "spiny animal"))


@thing(1.0)
def kangaroo(rng, paint):
    """A kangaroo, often with a young one in the pouch."""
    colour = rng.choice(["#b5763f", "#c1834a", "#a0724c"])
    c, far = tones(paint, colour)
    joey = rng.random() < 0.4
    parts = [limb("M78 92Q100 116 122 108", c, 12), limb("M74 96L88 106L66 117", far, 11)]
    parts += [
        path("M40 42Q56 36 64 56Q96 72 92 100Q80 116 60 108Q44 100 44 76Q38 58 40 42Z", c),
        path("M46 62Q40 84 56 104Q66 90 58 70Z", "#ecd2ae"),
    ]
    if joey:
        parts += [
            polygon([(44, 72), (46, 60), (53, 70)], far),
            circle(48, 79, 10, far),
            circle(43, 78, 2.8, INK),
            limb("M40 88Q50 94 60 88", "#8a5a33", 5),
        ]
    parts += [limb("M48 58L34 74", c, 8), ellipse(80, 94, 17, 17, c), limb("M80 100L90 114L54 119", c, 10)]
    head = [
        limb("M50 24L56 6", far, 9),
        limb("M44 24L43 5", c, 10),
        limb("M48 34L24 42", c, 21),
        limb("M50 36L54 52", c, 18),
        eye(38, 32, colour),
        circle(14, 40, 4.5, INK),
    ]
    names = from_side("kangaroo", "wallaby", "jumping kangaroo")
    return done(rng, paint, [*parts, tilt(rng, 50, 46, head)], colour, names + ["kangaroo with a joey"] * joey)


@thing(1.1)
def camel(rng, paint):
    """A camel with one or two humps."""
    colour = rng.choice(["#d9a45a", "#c8944f", "#e0b070"])
    c, far = tones(paint, colour)
    two = rng.random() < 0.5
    hump = "M44 60Q48 24 62 28Q70 34 72 50Q78 26 90 28Q104 36 108 62Z" if two else "M46 62Q58 24 76 24Q94 24 108 62Z"
    parts = [
        limb("M108 60Q118 66 114 86", far, 5),
        legs((56, 92), 76, 118, 9, far),
        path(hump, far if two else c),
        rect(42, 52, 68, 32, c, 15),
        legs((48, 101), 76, 121, 10, c),
    ]
    parts.append(limb("M50 68Q26 78 26 50Q26 40 30 30", c, 15))
    head = [
        limb("M38 22L42 14", far, 7),
        limb("M32 26L13 32", c, 16),
        eye(28, 23, colour, 3.4),
        circle(8, 31, 2.5, INK),
    ]
    names = from_side(
        "camel", "camel with two humps" if two else "camel with one hump", "bactrian camel" if two else "dromedary"
    )
    return done(rng, paint, [*parts, tilt(rng, 32, 34, head)], colour, names)


@thing(1.2)
def deer(rng, paint):
    """A stag with antlers, a doe, a fawn with spots, or a reindeer."""
    kind = rng.choice(["stag", "stag", "doe", "fawn", "reindeer"])
    colour = {"reindeer": "#8a6248"}.get(kind) or rng.choice(["#b5713a", "#a8693a", "#c07f48"])
    c, far = tones(paint, colour)
    parts = [
        ellipse(103, 66, 7, 9, "#f7ecd9"),
        legs((56, 86), 78, 119, 7, far, "#4a3a30"),
        rect(42, 58, 60, 28, c, 13),
        legs((48, 94), 78, 121, 8, c, "#4a3a30"),
    ]
    parts += [path("M66 64L50 30L36 36L43 78Z", c)] + (
        [circle(x, y, 3.4, "#fbf0dc") for x, y in ((62, 66), (74, 64), (86, 66), (68, 74), (80, 74), (92, 74))]
        if kind == "fawn"
        else []
    )
    horns = limb(
        "M46 30Q58 26 60 6M53 25L70 16M38 28Q30 18 36 4M34 18L22 12", rng.choice(["#8a6a48", "#d9bf92"]), 5.5
    )
    head = [horns] if kind in ("stag", "reindeer") else []
    head += [
        limb("M50 36L64 30", far, 8),
        limb("M42 38L22 48", c, 18),
        eye(36, 36, colour, 3.6),
        circle(14, 49, 5.5, "#e53935" if kind == "reindeer" else INK),
    ]
    names = {
        "stag": from_side("deer", "stag", "deer with antlers"),
        "doe": from_side("deer", "doe"),
        "fawn": ["fawn", "deer", "spotted deer", "young deer"],
        "reindeer": ["reindeer", "deer with a red nose", "reindeer from the side", "caribou"],
    }[kind]
    return done(rng, paint, [*parts, tilt(rng, 48, 50, head)], colour, names)


@thing(1.0)
def moose(rng, paint):
    """A moose with flat antlers."""
    colour = rng.choice(["#6b4630", "#5a3f30", "#7a5238"])
    c, far = tones(paint, colour)
    parts = [
        legs((58, 92), 80, 119, 9, paint.light(far, 0.15)),
        path("M42 54Q60 38 76 48H100Q114 52 112 74Q108 86 92 84H56Q42 80 42 54Z", c),
        legs((50, 102), 76, 121, 10, c),
    ]
    horn = path("M40 30Q50 24 52 8L60 18L68 4L74 16L84 8Q86 30 62 36L44 38Z", "#d3b07a") + path(
        "M32 30Q22 26 22 10L14 20L8 10Q2 26 18 34Z", "#b8935f"
    )
    head = [
        horn,
        limb("M52 60L42 42", c, 22),
        limb("M38 42L20 62", c, 21),
        ellipse(18, 64, 13, 11, c),
        limb("M34 62L34 76", far, 7),
        eye(34, 42, colour, 3.4),
        circle(11, 62, 3, INK),
        limb("M48 40L60 42", far, 7),
    ]
    return done(
        rng, paint, [*parts, tilt(rng, 46, 54, head, 4)], colour, from_side("moose", "elk", "moose with antlers")
    )


@thing(1.1)
def monkey(rng, paint):
    """A monkey that sits, with a curled tail."""
    colour, skin = rng.choice(["#8a5230", "#7a4a2e", "#a0653a"]), rng.choice(["#f0c89a", "#e8b98a"])
    c, far = tones(paint, colour)
    parts = [
        limb("M84 106Q120 112 116 82Q110 62 100 76", far, 7),
        ellipse(62, 92, 28, 28, c),
        ellipse(58, 96, 16, 19, skin),
        limb("M42 80Q24 94 36 108", c, 10),
    ]
    parts += [limb("M82 80Q94 92 84 104", c, 10), ellipse(40, 116, 15, 7, skin), ellipse(82, 116, 15, 7, skin)]
    for x in (26, 98):
        parts += [circle(x, 42, 14, c), circle(x, 42, 8, skin)]
    parts += [
        circle(62, 38, 32, c),
        ellipse(51, 36, 14, 14, skin),
        ellipse(73, 36, 14, 14, skin),
        ellipse(62, 53, 21, 15, skin),
        eye(51, 36),
        eye(73, 36),
    ]
    parts += [circle(58, 47, 2, INK), circle(66, 47, 2, INK), limb("M52 55Q62 63 72 55", INK, 3)]
    names = ["monkey", "sitting monkey", "ape", "chimpanzee"]
    if rng.random() < 0.3:
        parts.append(limb("M30 112Q16 96 26 76", "#fdd835", 11))
        names.append("monkey with a banana")
    return done(rng, paint, parts, colour, names)


@thing(1.0)
def gorilla(rng, paint):
    """A gorilla on its knuckles, from the side."""
    colour, skin = rng.choice(["#3b3e44", "#45403e", "#4d5259"]), "#8a8078"
    c, far = tones(paint, colour)
    parts = [
        limb("M88 88L94 112", far, 18),
        path("M30 44Q56 18 88 50Q112 70 106 96Q90 106 70 92Q40 84 30 44Z", c),
        limb("M56 56Q66 80 58 112", far, 17),
    ]
    parts += [
        limb("M98 88L102 113", c, 19),
        limb("M44 56Q30 84 34 112", c, 20),
        ellipse(30, 115, 14, 6, skin),
        ellipse(98, 117, 16, 5, skin),
    ]
    head = [
        path("M12 44Q14 8 38 10Q58 14 56 44Q50 62 32 62Q14 60 12 44Z", c),
        ellipse(28, 46, 19, 16, skin),
        ellipse(28, 32, 16, 8, skin),
    ]
    head += [
        circle(22, 33, 3.5, INK),
        circle(36, 33, 3.5, INK),
        ellipse(27, 44, 7, 4, INK),
        limb("M18 54Q28 58 38 53", INK, 3),
    ]
    return done(rng, paint, [*parts, tilt(rng, 40, 50, head)], colour, from_side("gorilla", "ape", "big ape"))


@thing(0.9)
def sloth(rng, paint):
    """A sloth that hangs under a branch."""
    colour = rng.choice(["#a08a70", "#94806a", "#b09a7c"])
    c, far = tones(paint, colour)
    parts = [
        limb("M4 22H124", "#7a4a28", 11),
        limb("M108 22L118 8", "#7a4a28", 6),
        ellipse(120, 10, 7, 10, "#5fa044"),
        limb("M44 66L42 22M86 76L92 22", far, 13),
    ]
    parts += [
        ellipse(72, 80, 42, 27, c),
        limb("M56 66L58 22M102 72L106 22", c, 14),
        circle(36, 70, 25, c),
        ellipse(34, 72, 19, 16, "#f0e2c8"),
    ]
    parts += [
        ellipse(24, 70, 8, 5, "#6b4f38"),
        ellipse(44, 70, 8, 5, "#6b4f38"),
        circle(25, 70, 3, INK),
        circle(43, 70, 3, INK),
        ellipse(34, 77, 5.5, 4, INK),
        limb("M27 84Q34 88 41 84", INK, 2.5),
    ]
    return done(
        rng, paint, parts, colour, ["sloth", "sloth hanging from a branch", "sloth on a branch", "hanging sloth"]
    )


@thing(1.0)
def bat(rng, paint):
    """A bat with spread wings."""
    colour = rng.choice(["#4a4552", "#5a4a6a", "#33343c", "#6b5548"])
    c, far = tones(paint, colour)
    y = rng.uniform(20, 40)
    wing = path(f"M58 60Q40 {y:.0f} 6 {y:.0f}Q10 62 4 88Q16 74 26 90Q34 76 44 96Q50 84 60 90Z", far)
    parts = [
        mirrored(wing, polygon([(46, 52), (46, 22), (62, 42)], c)),
        ellipse(64, 76, 17, 24, c),
        circle(64, 54, 19, c),
    ]
    parts += [
        mirrored(
            circle(57, 52, 5, "#ffffff"), circle(58, 53, 3, INK), polygon([(57, 62), (63, 62), (60, 69)], "#ffffff")
        )
    ]
    return done(rng, paint, parts, colour, ["bat", "flying bat", "bat with spread wings", "vampire bat"], turn=8)


@thing(0.9)
def beaver(rng, paint):
    """A beaver: flat tail and two large teeth."""
    colour = rng.choice(["#8a5a38", "#7a4a2e", "#96643c"])
    c, far = tones(paint, colour)
    tail = ellipse(104, 100, 22, 13, "#4a3a34", ' transform="rotate(-14 104 100)"') + limb(
        "M92 94L116 104M94 106L112 96", "#6b564c", 3
    )
    parts = [
        tail,
        path("M40 52Q76 44 88 84Q96 112 76 118H36Q30 80 40 52Z", c),
        ellipse(54, 94, 17, 20, paint.light(colour, 0.3)),
        ellipse(44, 117, 17, 6, "#4a3a34"),
        ellipse(74, 117, 15, 6, "#4a3a34"),
    ]
    parts += [
        circle(62, 22, 9, far),
        circle(28, 20, 9, far),
        ellipse(44, 40, 32, 27, c),
        ellipse(34, 52, 20, 14, paint.light(colour, 0.35)),
        rect(27, 60, 7, 13, "#ffffff", 1),
        rect(34.5, 60, 7, 13, "#ffffff", 1),
    ]
    parts += [ellipse(33, 45, 8, 6, INK), eye(26, 33, colour), eye(52, 33, colour), limb("M66 72L48 82", far, 10)]
    return done(
        rng, paint, parts, colour, ["beaver", "sitting beaver", "beaver from the side", "beaver with big teeth"]
    )


@thing(0.9)
def otter(rng, paint):
    """An otter, standing or lying in water on its back."""
    colour = rng.choice(["#7a5238", "#8a6044", "#6b4a36"])
    c, pale = coat(paint, colour), "#e8d2b5"
    parts = [
        limb("M78 106Q104 116 120 104", c, 12),
        path("M40 60Q64 50 80 74Q92 112 78 120H44Q34 90 40 60Z", c),
        path("M46 62Q62 66 62 92Q58 108 48 110Q38 86 46 62Z", pale),
    ]
    parts += [
        limb("M50 78L38 88M66 78L52 88", shade(paint, colour, 0.25), 10),
        ellipse(46, 117, 14, 6, c),
        ellipse(78, 117, 14, 6, c),
        circle(28, 22, 8, c),
        circle(68, 22, 8, c),
    ]
    parts += [
        ellipse(48, 40, 30, 25, c),
        ellipse(46, 51, 21, 14, pale),
        ellipse(45, 44, 8, 6, INK),
        eye(34, 34, colour),
        eye(60, 34, colour),
        limb("M45 50V55M37 58Q45 62 53 58", INK, 2.5),
    ]
    return done(rng, paint, parts, colour, ["otter", "sea otter", "standing otter", "weasel"])


@thing(0.9)
def skunk(rng, paint):
    """A skunk: black with a white stripe and a raised tail."""
    c, black = coat(paint, "#303238"), "#303238"
    parts = [
        path("M84 88Q72 52 86 20Q106 2 122 26Q126 60 104 92Z", c),
        path("M92 82Q88 48 100 22Q112 24 112 38Q108 64 100 86Z", "#f5f5f2"),
        legs((44, 88), 96, 116, 11, "#1c1f22"),
    ]
    parts += [
        path("M22 80Q40 58 70 66Q106 66 106 92Q104 108 84 106H44Q26 104 22 80Z", c),
        path("M32 66Q62 56 84 66Q102 72 104 84Q70 76 36 78Z", "#f5f5f2"),
        legs((36, 98), 96, 118, 12, black),
    ]
    parts += [
        circle(38, 56, 8, c),
        path("M46 60Q26 56 16 74L5 88Q10 98 26 96Q46 96 50 80Z", c),
        limb("M38 62L16 82", "#f5f5f2", 6),
        eye(28, 82, black, 3.6),
        circle(7, 90, 5, PINK),
    ]
    return done(rng, paint, parts, black, from_side("skunk", "black and white skunk"))


@thing(1.0)
def raccoon(rng, paint):
    """A raccoon with a mask and a ringed tail."""
    colour = rng.choice(["#8d949c", "#7f868e", "#9a9288"])
    c, far = tones(paint, colour)
    parts = [limb("M88 104Q124 110 114 60", colour, 18), limb("M107 102L111 106M110 86L123 88M106 72L122 70", INK, 7)]
    parts += [
        path("M40 60Q74 54 86 86Q94 116 76 120H40Q30 86 40 60Z", c),
        ellipse(52, 94, 15, 20, "#dfe2e4"),
        limb("M44 82V112M66 82V112", "#3a3d42", 11),
        ellipse(82, 114, 14, 7, "#3a3d42"),
    ]
    parts += [
        polygon([(20, 36), (22, 6), (42, 20)], far),
        polygon([(84, 36), (82, 6), (62, 20)], far),
        ellipse(52, 42, 36, 27, c),
        ellipse(52, 55, 22, 13, "#f2f2f0"),
    ]
    parts += [
        path("M18 46Q28 30 48 38L46 52Q30 58 18 46Z", "#2f3238"),
        path("M86 46Q76 30 56 38L58 52Q74 58 86 46Z", "#2f3238"),
        circle(37, 45, 4.5, "#ffffff"),
        circle(67, 45, 4.5, "#ffffff"),
    ]
    parts += [circle(38, 45, 2.5, INK), circle(66, 45, 2.5, INK), ellipse(52, 55, 7, 5, INK)]
    return done(rng, paint, parts, colour, ["raccoon", "sitting raccoon", "raccoon with a striped tail", "racoon"])


@thing(1.0)
def llama(rng, paint):
    """A llama or alpaca: woolly, with a long neck."""
    colour = rng.choice(["#f3ede0", "#d9b78a", "#b58a5c", "#efe0c5"])
    c, far = tones(paint, colour)
    word, cloth = paint.colour("red", "blue", "purple", "pink")
    body = rect(38, 56, 68, 36, c, 17)
    parts = [
        circle(106, 62, 9, c),
        legs((54, 88), 84, 119, 9, far),
        body,
        legs((46, 98), 84, 121, 11, c),
        limb("M50 70L42 26", c, 21),
        limb("M36 22V8M46 22L48 8", c, 8),
    ]
    parts += [
        limb("M42 28L24 34", c, 17),
        circle(41, 20, 9, c),
        eye(35, 27, colour, 3.6),
        circle(17, 33, 4, INK),
        limb("M20 40Q24 42 28 40", INK, 2.5),
    ]
    names = from_side("llama", "alpaca")
    if rng.random() < 0.5:
        parts += [
            clipped(
                paint,
                body,
                rect(58, 50, 30, 34, cloth),
                rect(58, 62, 30, 5, "#fdd835"),
                rect(58, 74, 30, 5, "#fdd835"),
            )
        ]
        names.append(f"llama with a {word} blanket")
    return done(rng, paint, parts, colour, names)


def face(rng, paint, colour, ear, muzzle=None, inner=None, nose=INK):
    """A face from the front. ear: point, round, flop, long or wide. -> parts"""
    c, far = tones(paint, colour)
    inner = inner or PINK
    shapes = {
        "point": polygon([(16, 62), (16, 8), (58, 32)], c) + polygon([(24, 46), (24, 22), (44, 34)], inner),
        "round": circle(28, 30, 19, c) + circle(28, 31, 11, inner),
        "flop": path("M40 28Q8 22 8 58Q10 84 22 84Q34 70 42 40Z", far),
        "long": limb("M46 44L40 18", c, 21) + limb("M45 42L40 20", inner, 9),
        "wide": ellipse(18, 44, 16, 9, c) + ellipse(17, 44, 10, 5, inner),
        "big": circle(24, 36, 22, c) + circle(24, 36, 14, inner),
    }
    ears = mirrored(shapes[ear])
    size = rng.uniform(46, 51)
    head = ellipse(64, 72, size, rng.uniform(42, 46), c)
    eyes = mirrored(eye(rng.uniform(43, 46), rng.uniform(60, 66), colour, rng.uniform(6, 7.5)))
    mouth = [ellipse(64, 90, 26, 19, muzzle)] if muzzle else []
    mouth += [
        limb(
            "M64 84V94M64 94Q56 102 48 96M64 94Q72 102 80 96",
            INK if bright(colour) > 270 or muzzle else "#ffffff",
            3.2,
        ),
        ellipse(64, 82, 8.5, 6, nose),
    ]
    return [ears, head, eyes, *mouth] if ear != "flop" else [head, ears, eyes, *mouth]


def front(rng, paint, parts, colour, name, words=(), more=()):
    """The drawing of a face, with its names."""
    return done(rng, paint, parts, colour, [f"{name} face", f"{name} head", name, f"face of a {name}", *more], words)


@thing(1.0)
def cat_face(rng, paint):
    """The face of a cat with whiskers."""
    colour, words = free(rng, paint, CATS)
    parts = face(rng, paint, colour, "point", None, None, "#e2788a")
    parts.append(mirrored(limb("M34 82L6 78M34 88L8 94", "#6b6460", 3)))
    if rng.random() < 0.4:
        parts.append(limb("M64 34V48M52 36L54 46M76 36L74 46", shade(paint, colour, 0.35), 5))
    return front(rng, paint, parts, colour, "cat", words, ["kitten face"])


@thing(1.0)
def dog_face(rng, paint):
    """The face of a dog with hanging ears, at times with its tongue out."""
    colour, words = free(rng, paint, DOGS)
    parts = face(rng, paint, colour, "flop", paint.light(colour, 0.55))
    if rng.random() < 0.5:
        parts.insert(-1, rect(57, 96, 14, 20, "#ec6a7c", 7))
    return front(rng, paint, parts, colour, "dog", words, ["puppy face"])


FACES = {
    "bear": ("round", ("#8a5a33", "#7a4a2a"), "#e8cba5", "#e8cba5"),
    "fox": ("point", ("#e8701a", "#e27a2c"), "#fdf3e6", "#4a2f26"),
    "wolf": ("point", ("#7d8790", "#69737c"), "#e6e9eb", "#4a525a"),
    "rabbit": ("long", ("#f2eee8", "#a9aeb4", "#c49a6c"), None, None),
    "mouse": ("big", ("#a4abb2", "#c0b0a0"), "#f2efea", None),
    "polar bear": ("round", ("#f2f4f5",), "#dfe4e8", "#c9d2d8"),
    "lion": ("round", ("#eeb352",), "#fbe9c8", None),
    "tiger": ("round", ("#f28c28",), "#fdf3e2", None),
    "panda": ("round", ("#f7f7f5",), None, "#2d2d30"),
    "monkey": ("big", ("#8a5230", "#7a4a2e"), "#f0c89a", "#f0c89a"),
    "hamster": ("round", ("#e8a659",), "#fdf3e2", None),
}


@thing(3.5)
def animal_face(rng, paint):
    """The face of one of many animals."""
    name = rng.choice(list(FACES))
    ear, colours, muzzle, inner = FACES[name]
    colour = rng.choice(colours)
    parts = face(rng, paint, colour, ear, muzzle, inner, "#e2788a" if name in ("rabbit", "mouse", "hamster") else INK)
    if name == "lion":
        mane = rng.choice(["#9a5a20", "#8a4b20"])
        ring = "".join(
            circle(64 + 44 * math.cos(i * 0.449), 68 + 42 * math.sin(i * 0.449), 14, mane) for i in range(14)
        )
        parts = [
            ring + ellipse(64, 68, 48, 46, mane),
            f'<g transform="translate(18 22) scale(.72)">{"".join(parts)}</g>',
        ]
    if name == "tiger":
        parts.append(
            limb("M64 30V46M50 32L54 44M78 32L74 44", INK, 6) + mirrored(limb("M16 68H32M18 82L32 80", INK, 6))
        )
    if name == "panda":
        parts[0] = mirrored(circle(26, 32, 18, "#2d2d30"))
        parts.insert(2, mirrored(ellipse(43, 64, 14, 16, "#2d2d30"), circle(45, 63, 8.5, "#ffffff")))
    if name == "fox":
        parts.insert(2, mirrored(path("M16 82Q40 74 60 92Q50 116 34 106Z", muzzle)))
    if name == "rabbit":
        parts.append(rect(59, 97, 10, 12, "#ffffff", 2, f' stroke="{INK}" stroke-width="2"'))
    if name == "monkey":
        parts.insert(2, mirrored(ellipse(47, 64, 18, 20, muzzle)) + ellipse(64, 90, 32, 24, muzzle))
    return front(rng, paint, parts, colour, name)


@thing(1.5)
def farm_face(rng, paint):
    """The face of a pig, cow, frog, koala or sheep."""
    name = rng.choice(["pig", "cow", "frog", "koala", "chicken", "owl"])
    if name == "pig":
        colour = rng.choice(["#f2a0ae", "#f5b5bd"])
        parts = [
            mirrored(polygon([(20, 50), (16, 14), (54, 30)], "#d97f90")),
            ellipse(64, 70, 52, 48, coat(paint, colour)),
            mirrored(eye(40, 56, colour, 6)),
        ]
        parts += [ellipse(64, 82, 25, 19, "#e07f92"), mirrored(ellipse(55, 82, 5, 8, "#8a3f50"))]
    elif name == "cow":
        colour = rng.choice(["#f5f3ee", "#a9683a"])
        parts = [
            mirrored(limb("M38 32Q22 26 24 10", "#e8dcc0", 9), ellipse(18, 50, 17, 10, "#4a3a34")),
            path("M28 36Q64 10 100 36L92 92Q64 120 36 92Z", coat(paint, colour)),
        ]
        parts += [
            ellipse(44, 46, 16, 20, "#3a322e" if bright(colour) > 600 else "#8a5230"),
            mirrored(eye(44, 54, INK, 5.5)),
            ellipse(64, 96, 38, 23, PINK),
            mirrored(ellipse(50, 94, 5, 7, "#8a4a58")),
        ]
    elif name == "frog":
        colour = rng.choice(["#6fb53f", "#5ba84a"])
        c = coat(paint, colour)
        parts = [
            mirrored(circle(34, 34, 21, c)),
            ellipse(64, 74, 56, 43, c),
            mirrored(circle(34, 34, 14, "#ffffff"), circle(36, 35, 8, INK), circle(22, 82, 8, "#f0a0a0")),
            limb("M24 82Q64 116 104 82", "#2f5f2a", 5),
        ]
    elif name == "koala":
        colour = "#8f9aa5"
        c = coat(paint, colour)
        parts = [
            mirrored(circle(24, 44, 23, c), circle(24, 45, 13, "#f0d5d8")),
            ellipse(64, 70, 44, 43, c),
            ellipse(64, 78, 12, 18, INK),
            mirrored(eye(42, 62, colour, 6)),
            limb("M54 102Q64 108 74 102", INK, 3),
        ]
    elif name == "owl":
        colour = rng.choice(["#8a5a33", "#7a6a58"])
        parts = [
            path("M12 10Q36 24 64 24Q92 24 116 10Q122 116 64 118Q6 116 12 10Z", coat(paint, colour)),
            mirrored(circle(40, 58, 25, "#f2dfb8"), circle(42, 58, 15, "#fdbb2d"), circle(43, 58, 9, INK)),
        ]
        parts.append(polygon([(54, 70), (74, 70), (64, 92)], "#f4900c"))
    else:
        colour = "#f7f4ec"
        parts = [
            path("M46 26Q40 8 54 12Q58 -2 66 8Q78 0 80 12Q90 12 82 28Z", "#dd2e44"),
            ellipse(64, 70, 46, 48, coat(paint, colour)),
            mirrored(eye(42, 60, colour, 6.5)),
        ]
        parts += [ellipse(64, 98, 10, 15, "#dd2e44"), polygon([(46, 76), (82, 76), (64, 94)], "#f4900c")]
    return front(rng, paint, parts, colour, name)


BIRDS = (
    ("blue", "#3f8fd0"),
    ("red", "#d8412f"),
    ("yellow", "#fbc52f"),
    ("brown", "#8f6240"),
    ("green", "#5aa53f"),
    ("gray", "#87919b"),
)


def songbird(rng, paint, colour, belly, beak="#f4900c"):
    """A small bird facing left, on its feet."""
    c, far = tones(paint, colour)
    body = path("M18 44Q18 14 46 14Q70 14 78 42L122 72Q124 82 108 84L98 84Q86 108 56 104Q22 98 18 44Z", c)
    parts = [
        limb("M52 100V119H42M68 100V119H58", "#c9772b", 5),
        polygon([(22, 34), (-1 + 4, 46), (24, 50)], beak),
        body,
    ]
    parts.append(clipped(paint, body, ellipse(30, 78, 28, 32, belly)) if belly else "")
    wing = path(f"M50 54Q82 44 112 {rng.uniform(72, 84):.0f}Q84 100 58 84Q46 72 50 54Z", far)
    return [*parts, wing, eye(36, 36, colour, 4.8)]


@thing(1.8)
def bird(rng, paint):
    """A small bird from the side, of any colour."""
    colour, words = free(rng, paint, BIRDS)
    belly = rng.choice([None, paint.light(colour, 0.6), "#fbf3e2"])
    names = ["bird", "little bird", "songbird", "bird from the side", "bird in profile", "bird standing"]
    return done(rng, paint, songbird(rng, paint, colour, belly), colour, names, words)


@thing(1.3)
def flying_bird(rng, paint):
    """A bird that flies, wings up."""
    colour, words = free(rng, paint, BIRDS)
    c, far = tones(paint, colour)
    parts = [
        path("M60 62Q70 30 112 6Q116 40 88 68Z", far),
        path("M80 70L124 74L120 88L100 92Z", far),
        ellipse(62, 74, 42, 19, c),
        circle(28, 62, 18, c),
        polygon([(14, 56), (-2 + 4, 66), (16, 70)], "#f4900c"),
    ]
    parts += [
        path(f"M48 70Q40 {rng.uniform(28, 36):.0f} 62 6Q88 28 84 72Z", c),
        limb("M56 66Q54 38 62 22", far, 5),
        limb("M68 68Q72 46 68 30", far, 5),
        eye(24, 58, colour, 4),
    ]
    return done(rng, paint, parts, colour, ["flying bird", "bird flying", "bird in flight", "bird"], words, turn=10)


@thing(0.9)
def robin(rng, paint):
    """A robin with its red breast."""
    colour = rng.choice(["#8a6a4c", "#7a6350", "#94704a"])
    parts = songbird(rng, paint, colour, None, "#4a4340")
    parts.insert(
        3,
        path("M18 44Q20 32 30 30Q46 50 50 88Q24 86 18 44Z", rng.choice(["#e8552a", "#dd3f2e"]))
        + path("M26 76Q50 104 70 103Q50 92 48 84Z", "#f5ecdc"),
    )
    return done(
        rng,
        paint,
        parts,
        colour,
        ["robin", "robin redbreast", "bird with a red breast", "small bird", "robin from the side"],
    )


@thing(0.8)
def crow(rng, paint):
    """A crow or raven."""
    colour = rng.choice(["#2f3238", "#363b46"])
    return done(
        rng,
        paint,
        songbird(rng, paint, colour, None, "#6b7178"),
        colour,
        ["crow", "raven", "black bird", "blackbird", "crow from the side"],
    )


@thing(1.1)
def parrot(rng, paint):
    """A parrot on a branch, with a hooked beak."""
    word, colour = paint.colour("red", "green", "blue", "yellow")
    _, wing = paint.colour("blue", "green", "yellow", without=(word,))
    _, tip = paint.colour("red", "yellow", "blue", without=(word,))
    c = coat(paint, colour)
    parts = [
        limb("M6 92H122", "#7a4a28", 9),
        path("M70 70L108 122L86 124L56 90Z", wing),
        path("M66 84L82 124L70 124L52 92Z", tip),
    ]
    parts += [
        path("M24 36Q24 6 52 6Q80 8 82 44Q88 82 66 98Q36 100 30 66Z", c),
        path("M54 42Q84 44 94 96Q70 94 58 76Q48 60 54 42Z", wing),
        limb("M64 70Q74 80 84 90", tip, 6),
    ]
    parts += [
        ellipse(38, 32, 13, 14, "#fbf8f2"),
        path("M28 24Q6 26 10 50Q16 60 20 48L32 46Z", "#3a3f45"),
        eye(41, 29, "#ffffff", 4.5),
        limb("M46 92V98M58 94V98", "#6b7178", 7),
    ]
    return done(rng, paint, parts, colour, ["parrot", "macaw", "tropical bird", "parrot on a branch"], [word])


@thing(1.1)
def toucan(rng, paint):
    """A toucan with its large beak."""
    c = coat(paint, "#2f3238")
    beak = rng.choice(["#f4900c", "#fbb829"])
    parts = [
        limb("M20 104H124", "#7a4a28", 9),
        path("M92 80L120 122L98 124L78 96Z", "#1c1f22"),
        path("M56 30Q64 8 84 12Q104 20 104 52Q106 92 86 104Q58 104 54 70Z", c),
    ]
    parts += [
        path("M56 30Q58 24 66 24Q82 40 74 72Q58 76 54 60Z", "#fdf6e0"),
        path("M64 22Q30 6 8 26Q-2 44 8 62Q20 48 58 46Z", beak),
        path("M22 17Q2 24 6 60Q18 46 20 40Z", "#2b2320"),
        limb("M22 44Q40 38 56 38", "#c9622a", 3),
    ]
    parts += [circle(74, 30, 8, "#3b88c3"), eye(74, 30, "#ffffff", 4.5), limb("M70 100V108M82 100V108", "#3b6f9c", 7)]
    return done(
        rng, paint, parts, "#303238", ["toucan", "bird with a big beak", "tropical bird", "toucan on a branch"]
    )


@thing(1.2)
def owl(rng, paint):
    """An owl from the front, often on a branch."""
    word, colour = rng.choice([("brown", "#8a5a33"), ("gray", "#85888d"), ("white", "#f2efe8"), ("brown", "#a0724c")])
    c, far = tones(paint, colour)
    names = ["owl", f"{word} owl", "sitting owl", "owl from the front"]
    belly = paint.light(colour, 0.5) if word != "white" else "#e3dccf"
    parts = [
        path("M26 6Q44 16 64 16Q84 16 102 6Q106 30 104 60Q106 116 64 118Q22 116 24 60Q22 30 26 6Z", c),
        ellipse(64, 88, 26, 28, belly),
    ]
    parts += [limb(f"M{x} {y}l4 5l4 -5", far, 4) for x, y in ((50, 80), (66, 80), (58, 93), (74, 93), (44, 93))]
    parts += [
        mirrored(
            path("M24 56Q18 92 38 112Q44 84 36 60Z", far),
            circle(46, 44, 19, "#fbf3de"),
            circle(47, 44, 12, "#fdbb2d"),
            circle(48, 44, 7, INK),
        ),
        polygon([(56, 54), (72, 54), (64, 70)], "#f4900c"),
    ]
    if rng.random() < 0.5:
        parts += [limb("M8 116H120", "#6b4226", 10), mirrored(limb("M48 110V116M56 110V116", "#f4900c", 6))]
        names.append("owl on a branch")
    return done(rng, paint, parts, colour, names)


@thing(1.2)
def eagle(rng, paint):
    """A bald eagle, on its feet or flying."""
    colour = rng.choice(["#5a3d2a", "#6b4a33"])
    c, far = tones(paint, colour)
    if rng.random() < 0.5:
        wing = path("M58 58Q44 26 4 22Q8 40 14 46L8 50Q14 62 22 64L18 70Q34 84 58 78Z", c)
        parts = [
            mirrored(wing),
            path("M54 84L44 118H84L74 84Z", "#f7f4ec"),
            ellipse(64, 70, 15, 28, far),
            circle(64, 42, 15, "#f7f4ec"),
            path("M58 44H70L66 60Q60 58 58 44Z", "#fbb829"),
        ]
        parts += [circle(58, 40, 3, INK), circle(70, 40, 3, INK), mirrored(limb("M54 96L50 106", "#fbb829", 6))]
        return done(
            rng,
            paint,
            parts,
            colour,
            ["flying eagle", "eagle flying", "eagle", "eagle with spread wings", "hawk", "falcon"],
        )
    parts = [
        path("M88 92L108 122H78L66 96Z", "#f7f4ec"),
        path("M36 40Q70 34 90 66Q104 92 100 108Q70 116 48 98Q34 76 36 40Z", c),
        path("M62 54Q92 58 106 116Q76 104 64 84Z", far),
        limb("M54 100V118H42M70 104V118H58", "#fbb829", 7),
    ]
    parts += [
        path("M22 34Q26 8 50 10Q74 14 74 50Q62 58 56 54L48 62Q40 52 34 58Q30 46 22 34Z", "#f7f4ec"),
        path("M28 24Q4 24 8 46Q12 52 16 42L30 40Z", "#fbb829"),
        limb("M32 22L44 24", far, 4),
        eye(40, 29, "#ffffff", 3.8),
    ]
    return done(rng, paint, parts, colour, ["eagle", "bald eagle", "hawk", "bird of prey", "eagle from the side"])


@thing(1.4)
def penguin(rng, paint):
    """A penguin from the front or from the side."""
    colour = rng.choice(["#2f3540", "#37414f"])
    c = coat(paint, colour)
    names = ["penguin", "standing penguin", "emperor penguin"]
    if rng.random() < 0.55:
        parts = [
            mirrored(path("M34 52Q10 66 12 96Q22 98 38 80Z", c), ellipse(48, 117, 16, 7, "#f4900c")),
            path("M64 6Q94 8 94 42Q104 72 98 96Q90 118 64 118Q38 118 30 96Q24 72 34 42Q34 8 64 6Z", c),
        ]
        parts += [
            path("M64 32Q84 22 86 42Q82 54 88 66Q92 110 64 112Q36 110 40 66Q46 54 42 42Q44 22 64 32Z", "#ffffff"),
            mirrored(eye(52, 40, "#ffffff", 4.5)),
            polygon([(54, 48), (74, 48), (64, 60)], "#f4900c"),
        ]
        return done(rng, paint, parts, colour, [*names, "penguin from the front"])
    parts = [
        limb("M52 112L38 118M72 112L60 119", "#f4900c", 9),
        polygon([(84, 100), (108, 120), (78, 116)], c),
        path("M30 26Q36 4 58 6Q80 10 80 40Q98 70 92 100Q84 118 62 116Q44 116 40 96Q34 70 44 50Q32 44 30 26Z", c),
    ]
    parts += [
        path("M50 46Q36 66 40 94Q44 114 60 112Q76 104 68 74Q64 56 62 44Z", "#ffffff"),
        ellipse(60, 42, 11, 8, "#fbc52f"),
        polygon([(34, 20), (10, 32), (34, 36)], "#f4900c"),
        eye(45, 24, colour, 3.8),
        limb("M76 56Q92 74 88 92", shade(paint, colour, 0.4), 12),
    ]
    return done(rng, paint, parts, colour, [*names, "penguin in profile", "penguin from the side"])


@thing(1.3)
def duck(rng, paint):
    """A duck, swimming or standing: yellow, white, or a green-headed mallard."""
    kind = rng.choice(["yellow", "white", "mallard"])
    colour, top = {
        "yellow": ("#fbc52f", "#fbc52f"),
        "white": ("#f5f4ef", "#f5f4ef"),
        "mallard": ("#9a8672", "#2f7a4a"),
    }[kind]
    c, far = tones(paint, colour)
    swims = rng.random() < 0.4
    parts = [] if swims else [limb("M58 100V117H46M76 100V117H64", "#f4900c", 6)]
    parts += [
        path("M28 66Q40 78 70 66Q96 60 120 52Q124 84 104 98Q82 110 52 104Q28 96 28 66Z", c),
        path("M58 76Q80 64 104 74Q92 96 66 92Z", far),
        path("M26 82Q34 62 28 46H62Q60 64 70 72Z", coat(paint, top)),
        circle(44, 34, 24, coat(paint, top)),
    ]
    parts += [
        limb("M30 62Q42 70 62 62", "#ffffff", 6) if kind == "mallard" else "",
        path("M24 32Q6 36 4 46Q14 54 30 46Z", "#f4900c"),
        eye(38, 29, top, 4.5),
    ]
    names = from_side("duck", {"yellow": "yellow duck", "white": "white duck", "mallard": "mallard"}[kind])
    if swims:
        parts.append(path("M2 100Q14 92 26 100T50 100T74 100T98 100T126 100V118H2Z", "#55acee"))
        names = ["duck swimming", "duck on the water", "duck"]
    return done(rng, paint, parts, colour, names)


@thing(1.1)
def swan(rng, paint):
    """A white or black swan on water."""
    black = rng.random() < 0.15
    colour = "#34373d" if black else rng.choice(["#f7f7f5", "#fdfdfb"])
    c, _far = tones(paint, colour)
    parts = [
        limb("M42 92Q16 84 32 56Q46 36 38 24", c, 14),
        circle(33, 20, 12, c),
        path("M28 84Q40 92 62 66Q90 36 120 56Q108 62 124 66Q114 74 122 80Q116 106 74 108Q34 108 28 84Z", c),
    ]
    parts += [
        path("M56 84Q80 56 110 66Q104 72 112 78Q88 98 56 84Z", shade(paint, colour, 0.12)),
        polygon([(26, 14), (4, 32), (26, 28)], "#e8552a" if black else "#f4900c"),
        polygon([(22, 14), (30, 14), (26, 24)], INK),
        eye(33, 18, colour, 3.2),
    ]
    if rng.random() < 0.6:
        parts.append(path("M2 104Q14 96 26 104T50 104T74 104T98 104T126 104V120H2Z", "#55acee"))
    names = [
        "swan",
        "swan swimming",
        "black swan" if black else "white swan",
        "swan on the water",
        "swan from the side",
    ]
    return done(rng, paint, parts, colour, names)


@thing(0.9)
def goose(rng, paint):
    """A white, grey or Canada goose with its long neck."""
    canada = rng.random() < 0.35
    colour, neck = ("#8f7d68", "#2f2d2b") if canada else rng.choice([("#f5f4ef", "#f5f4ef"), ("#a39c92", "#a39c92")])
    c, far = tones(paint, colour)
    parts = [
        limb("M62 98V118H50M80 98V118H68", "#f4900c", 7),
        path("M34 74Q60 50 90 60L122 58Q120 84 104 94Q80 110 54 100Q36 92 34 74Z", c),
        path("M58 74Q84 62 112 72Q92 96 66 88Z", far),
    ]
    parts += [
        limb("M46 82Q32 60 36 28", coat(paint, neck), 16),
        ellipse(32, 22, 15, 12, coat(paint, neck)),
        ellipse(36, 30, 7, 5, "#ffffff") if canada else "",
        polygon([(20, 16), (2, 28), (22, 32)], "#2b2320" if canada else "#f4900c"),
        eye(30, 19, neck, 3.4),
    ]
    return done(rng, paint, parts, colour, from_side("goose", "canada goose" if canada else "farm goose"))


@thing(1.2)
def hen(rng, paint):
    """A chicken with a red comb."""
    word, colour = rng.choice(
        [("white", "#f7f4ec"), ("brown", "#b5652f"), ("brown", "#9a5a30"), ("black", "#3a3a40")]
    )
    c, far = tones(paint, colour)
    parts = [
        limb("M58 100V118H46M76 100V118H64", "#f4900c", 6),
        path("M38 18Q36 4 46 10Q50 0 56 8Q66 6 62 22Z", "#dd2e44"),
    ]
    parts += [
        path("M30 34Q34 14 50 16Q68 18 70 50Q92 56 104 28Q124 40 116 72Q108 106 68 106Q34 104 30 70Z", c),
        path("M56 66Q80 58 98 70Q90 92 70 90Q56 84 56 66Z", far),
    ]
    parts += [
        polygon([(32, 30), (12, 40), (32, 44)], "#fbb829"),
        ellipse(33, 52, 6, 9, "#dd2e44"),
        eye(43, 32, colour, 4.2),
    ]
    return done(rng, paint, parts, colour, from_side("chicken", "hen", f"{word} chicken"))


@thing(1.2)
def rooster(rng, paint):
    """A rooster with a large tail."""
    body, tail = rng.choice(
        [("#b5452a", "#2f5a4a"), ("#c9622a", "#2b3f5a"), ("#f5f1e6", "#c9622a"), ("#d98a2e", "#2f5a4a")]
    )
    c, _far = tones(paint, body)
    parts = [
        limb("M58 98V118H46M74 98V118H62", "#f4900c", 6),
        limb("M88 74Q96 26 122 32M88 78Q112 42 122 62M90 84Q112 62 118 86", tail, 11),
    ]
    parts += [
        path("M34 26Q34 4 44 10Q48 -2 56 8Q66 2 64 14Q74 14 64 28Z", "#dd2e44"),
        path("M32 38Q36 16 52 18Q68 22 74 52L98 70Q96 102 64 104Q36 100 34 70Z", c),
        path("M34 40Q38 20 52 20Q66 24 72 58L62 52L56 64L48 54L40 64Q34 52 34 40Z", "#f2b23a"),
    ]
    parts += [
        path("M58 72Q78 64 96 76Q84 94 70 90Z", tail),
        polygon([(34, 30), (12, 40), (34, 44)], "#fbd24a"),
        ellipse(34, 54, 7, 11, "#dd2e44"),
        eye(45, 34, "#ffffff", 4),
    ]
    return done(rng, paint, parts, body, from_side("rooster", "cock", "chicken"))


@thing(1.0)
def chick(rng, paint):
    """A yellow chick, at times in an egg."""
    colour = rng.choice(["#fdd13a", "#fbc52f", "#fddb5e"])
    c, far = tones(paint, colour)
    names = ["chick", "baby chicken", "yellow chick", "baby bird"]
    if rng.random() < 0.35:
        parts = [
            circle(64, 56, 40, c),
            mirrored(eye(48, 48, colour, 5.5)),
            polygon([(54, 56), (74, 56), (64, 68)], "#f4900c"),
            mirrored(ellipse(24, 72, 10, 14, far)),
        ]
        parts.append(path("M16 80L32 70L48 82L64 70L80 82L96 70L112 80Q112 120 64 121Q16 120 16 80Z", "#f3ead8"))
        return done(
            rng, paint, parts, colour, ["hatching chick", "chick in an egg", "chick hatching from an egg", "chick"]
        )
    parts = [
        limb("M54 100V118H42M74 100V118H62", "#f4900c", 6),
        path("M96 64L118 56L108 84Z", c),
        circle(66, 72, 38, c),
        circle(48, 40, 30, c),
        path("M66 66Q88 60 102 74Q88 96 72 90Z", far),
        polygon([(22, 36), (4, 46), (24, 50)], "#f4900c"),
        eye(40, 36, colour, 5),
    ]
    return done(rng, paint, parts, colour, names)


@thing(1.1)
def peacock(rng, paint):
    """A peacock with its tail spread, from the front."""
    fan, body = rng.choice(["#2f9a6a", "#3aa05a", "#2a8a7a"]), rng.choice(["#1f6fc2", "#2a5fb5", "#1c7f9f"])
    parts = [path("M64 100L8 84Q-2 30 40 12Q64 2 88 12Q130 30 120 84Z", coat(paint, fan))]
    for radius, count in ((56, 9), (36, 6)):
        for i in range(count):
            angle = math.pi * (1.04 + 0.92 * i / (count - 1))
            x, y = 64 + radius * 0.92 * math.cos(angle), 72 + radius * math.sin(angle)
            parts += [circle(x, y, 7.5, "#f2c230"), circle(x, y, 4.5, "#1f4fa8")]
    parts += [
        limb("M56 106V121M72 106V121", "#b58a3a", 6),
        path("M64 30Q80 32 76 56Q90 84 82 104Q64 116 46 104Q38 84 52 56Q48 32 64 30Z", coat(paint, body)),
        limb("M64 30L58 14M64 30V12M64 30L70 14", body, 3.5),
    ]
    parts += [
        mirrored(circle(57, 44, 4.2, "#ffffff"), circle(57.5, 44, 2.5, INK)),
        polygon([(58, 50), (70, 50), (64, 60)], "#fbb829"),
    ]
    return done(
        rng,
        paint,
        parts,
        body,
        ["peacock", "peacock with spread tail", "peacock displaying its feathers", "peacock from the front"],
    )


@thing(1.1)
def flamingo(rng, paint):
    """A flamingo, on one leg or on two."""
    colour = rng.choice(["#f4799f", "#f78fb0", "#f26d8a"])
    c, far = tones(paint, colour)
    one = rng.random() < 0.5
    parts = [
        limb("M68 78V120H58" if not one else "M76 78L58 92L80 96", "#e2577f", 5.5),
        limb("M78 78V120H68", "#e2577f", 6),
        path("M44 60Q60 40 92 48L120 66Q108 84 80 86Q46 86 44 60Z", c),
        path("M64 60Q90 54 116 68Q90 84 68 76Z", far),
    ]
    parts += [
        limb("M52 66Q26 62 42 40Q54 26 42 16", c, 9),
        circle(38, 17, 11, c),
        path("M30 12Q12 16 16 38Q24 36 34 26Z", "#fdf0e0"),
        path("M18 26Q14 34 16 40Q24 36 26 30Z", INK),
        eye(38, 14, colour, 3),
    ]
    return done(
        rng, paint, parts, colour, from_side("flamingo", "pink flamingo", "pink bird") + ["flamingo on one leg"] * one
    )


@thing(0.9)
def ostrich(rng, paint):
    """An ostrich or emu."""
    skin = rng.choice(["#e8b9a0", "#d9b48a"])
    c = coat(paint, "#3a3538")
    parts = [
        limb("M62 84L56 104L62 121H50M78 84L74 104L82 121H70", skin, 7),
        ellipse(108, 58, 15, 13, "#f5f2ec"),
        ellipse(72, 66, 36, 26, c),
        ellipse(82, 74, 22, 12, "#f5f2ec"),
        limb("M46 62Q28 50 34 22", skin, 9),
    ]
    parts += [
        ellipse(32, 17, 12, 10, skin),
        polygon([(24, 12), (6, 22), (24, 26)], "#f4900c"),
        eye(32, 14, "#ffffff", 3.6),
        limb("M44 62L40 56", "#f5f2ec", 8),
    ]
    return done(rng, paint, parts, "#404040", from_side("ostrich", "emu", "bird with long legs"))


@thing(0.9)
def turkey(rng, paint):
    """A turkey with its tail spread, from the front."""
    tail = [rng.choice(["#8a4b20", "#a0572a"]), rng.choice(["#e08a2e", "#d9702a"])]
    parts = []
    for i in range(9):
        angle = math.pi * (1.0 + i / 8)
        x, y = 64 + 46 * math.cos(angle), 70 + 50 * math.sin(angle)
        parts += [limb(f"M64 76L{x:.0f} {y:.0f}", tail[i % 2], 22), circle(x, y, 6, "#fbe3b0")]
    parts += [
        limb("M54 104V120H44M74 104V120H84", "#f4900c", 6),
        ellipse(64, 82, 30, 29, coat(paint, "#6b3f24")),
        mirrored(ellipse(38, 84, 9, 18, "#4f2d1a")),
        ellipse(64, 46, 15, 20, "#c98a7a"),
        mirrored(eye(58, 42, "#ffffff", 3.5)),
    ]
    parts += [polygon([(56, 50), (72, 50), (64, 62)], "#fbb829"), ellipse(70, 64, 5, 11, "#dd2e44")]
    return done(
        rng,
        paint,
        parts,
        "#6b3f24",
        ["turkey", "turkey with spread tail", "thanksgiving turkey", "turkey from the front"],
    )


@thing(1.1)
def pigeon(rng, paint):
    """A pigeon, or a white dove, at times with a twig."""
    if rng.random() < 0.5:
        c, far = tones(paint, "#f7f7f7")
        parts = [
            path("M60 64Q74 28 116 14Q112 54 88 72Z", far),
            path("M84 72L124 76L112 98L88 92Z", far),
            path("M16 58Q22 38 42 42Q62 48 70 58Q98 66 96 86Q78 104 50 98Q22 90 16 58Z", c),
        ]
        parts += [
            path("M46 70Q40 26 66 6Q90 36 84 76Z", c),
            polygon([(18, 50), (4, 60), (20, 62)], "#f4900c"),
            eye(30, 54, "#ffffff", 3.6),
        ]
        twig = rng.random() < 0.5
        if twig:
            parts.append(
                limb("M10 62Q14 82 8 92", "#4a8f3a", 4)
                + ellipse(16, 76, 7, 4, "#5fa044")
                + ellipse(5, 82, 5, 4, "#5fa044")
            )
        return done(
            rng,
            paint,
            parts,
            "#ffffff",
            ["dove", "white dove", "flying dove", "peace dove"] + ["dove with an olive branch"] * twig,
        )
    colour = rng.choice(["#8a97a5", "#97a0ad"])
    parts = songbird(rng, paint, colour, paint.light(colour, 0.3), "#4a4f55")
    parts.insert(
        4,
        path("M26 54Q44 62 64 48L72 62Q50 80 24 68Z", rng.choice(["#5a9a7a", "#7a6aa8"]))
        + limb("M84 72L96 84M72 76L82 90", "#4a5562", 5),
    )
    return done(rng, paint, parts, colour, from_side("pigeon", "gray pigeon", "city bird"))


FISH = (
    ("orange", "#f4811f"),
    ("blue", "#3b88d3"),
    ("yellow", "#fbc52f"),
    ("red", "#e0452f"),
    ("gray", "#8a9aa8"),
    ("green", "#4fa05a"),
)


@thing(2.0)
def fish(rng, paint):
    """A fish of several forms and any colour, at times striped."""
    colour, words = free(rng, paint, FISH)
    c, far = tones(paint, colour)
    high = rng.choice([20, 28, 36, 42])
    body = path(
        f"M6 66Q30 {66 - high} 62 {66 - high}Q88 {66 - high * 0.8:.0f} 102 66Q88 {66 + high * 0.8:.0f} 62 {66 + high}Q30 {66 + high} 6 66Z",
        c,
    )
    spread = rng.uniform(22, 32)
    tail = path(f"M92 66L122 {66 - spread:.0f}Q{rng.choice([108, 114, 124])} 66 122 {66 + spread:.0f}Z", far)
    fin = path(f"M44 {70 - high}Q60 {46 - high} 84 {58 - high}L88 {74 - high * 0.8:.0f}Z", far) + path(
        f"M56 {62 + high}L80 {76 + high}L80 {62 + high * 0.8:.0f}Z", far
    )
    stripe, marks = rng.choice(["#ffffff", shade(paint, colour, 0.35), paint.light(colour, 0.5)]), []
    style = rng.random()
    names = ["fish", "fish swimming", "fish from the side", "tropical fish"]
    if style < 0.35:
        marks = [limb(f"M{x} 20Q{x - 8} 66 {x} 112", stripe, 8) for x in (50, 74, 92)]
        names.append("striped fish")
    elif style < 0.65:
        marks = [limb(f"M{x} {y - 6}q8 6 0 12", far, 4) for x in (54, 70, 86) for y in (54, 70, 86)]
    else:
        marks = [ellipse(56, 66 + high, 56, high * 0.8, paint.light(colour, 0.4))]
    parts = [
        tail,
        fin,
        body,
        clipped(paint, body, *marks),
        path("M50 72Q68 68 72 82Q58 88 50 72Z", far),
        eye(26, 60, "#333333" if bright(colour) < 300 else colour, 5),
        limb("M8 72Q14 76 20 74", shade(paint, colour, 0.5), 3),
    ]
    return done(rng, paint, parts, colour, names, words, turn=6)


@thing(0.8)
def special_fish(rng, paint):
    """A goldfish, clownfish or pufferfish."""
    kind = rng.choice(["goldfish", "clownfish", "pufferfish"])
    if kind == "pufferfish":
        colour = rng.choice(["#f2c94a", "#d9b24a"])
        points = [
            (
                60 + (54 if i % 2 else 43) * math.cos(i * math.pi / 12),
                66 + (54 if i % 2 else 43) * math.sin(i * math.pi / 12),
            )
            for i in range(24)
        ]
        parts = [
            path("M98 66L124 46V86Z", "#d98a2e"),
            polygon(points, shade(paint, colour, 0.2)),
            circle(60, 66, 44, coat(paint, colour)),
            path("M20 78Q60 96 100 78Q90 110 60 110Q30 110 20 78Z", "#fdf6e0"),
            eye(38, 54, colour, 6.5),
            ellipse(20, 72, 6, 7, "#c9622a"),
            path("M64 70Q82 64 86 80Q72 90 64 70Z", "#d98a2e"),
        ]
        return done(rng, paint, parts, colour, ["pufferfish", "blowfish", "spiny fish", "fish with spikes"])
    colour = "#f47a1f"
    c, far = tones(paint, colour)
    if kind == "goldfish":
        parts = [
            path("M78 62Q104 20 122 34Q112 54 120 66Q114 78 122 98Q104 110 78 70Z", far),
            path("M40 40Q60 14 82 36L78 56Z", far),
            ellipse(50, 66, 42, 30, c),
            path("M48 76Q66 72 70 92Q54 94 48 76Z", far),
            eye(26, 60, colour, 5.5),
            limb("M10 74Q16 78 22 76", "#a84a12", 3),
        ]
        return done(rng, paint, parts, colour, ["goldfish", "orange fish", "pet fish", "fish"])
    body = ellipse(56, 66, 50, 31, c)
    parts = [
        ellipse(108, 66, 14, 19, INK),
        ellipse(106, 66, 12, 16, c),
        path("M36 40Q60 18 88 44Z", INK),
        body,
        clipped(
            paint,
            body,
            *(
                limb(f"M{x} 20Q{x - 9} 66 {x} 112", colour_, width)
                for x, colour_, width in ((46, INK, 18), (46, "#ffffff", 11), (80, INK, 16), (80, "#ffffff", 9))
            ),
        ),
        path("M58 72Q76 66 78 84Q64 90 58 72Z", far),
        eye(22, 60, colour, 5),
    ]
    return done(rng, paint, parts, colour, ["clownfish", "orange and white fish", "striped fish", "tropical fish"])


@thing(1.2)
def shark(rng, paint):
    """A shark with its fin and teeth."""
    colour = rng.choice(["#6f8596", "#7a8f9f", "#5f7488"])
    c, far = tones(paint, colour)
    parts = [
        path("M94 58Q110 44 120 24Q126 40 118 62Q126 84 120 92Q108 84 94 72Z", far),
        path("M54 42L78 10Q78 32 86 48Z", far),
        path("M4 58Q34 34 66 40Q92 46 106 62Q92 82 60 86Q24 88 18 78Q6 68 4 58Z", c),
    ]
    parts += [
        path("M20 76Q60 78 102 64Q88 82 60 86Q28 88 20 76Z", "#f2f5f7"),
        path("M8 66L40 68Q36 80 22 80Z", "#8a2f3a"),
        polygon([(12, 67), (16, 73), (20, 67), (25, 73), (29, 68), (33, 74), (37, 68)], "#ffffff"),
        path("M52 74L66 110L80 78Z", far),
        eye(30, 56, "#333333", 3.6),
        limb("M48 56V66M56 56V66", far, 3),
    ]
    return done(
        rng,
        paint,
        parts,
        colour,
        ["shark", "shark from the side", "great white shark", "shark swimming", "gray shark"],
    )


@thing(1.3)
def whale(rng, paint):
    """A blue whale with a jet of water, or an orca."""
    if rng.random() < 0.3:
        c = coat(paint, "#2b2f36")
        parts = [
            path("M92 66Q104 40 124 38Q118 54 124 70Q110 80 96 76Z", c),
            path("M56 40L66 8Q76 26 78 46Z", c),
            path("M6 68Q12 40 56 38Q92 42 110 60Q96 86 60 92Q14 94 6 68Z", c),
            path("M10 78Q36 78 60 82Q84 80 92 78Q60 98 30 88Z", "#f7f7f7"),
            ellipse(36, 58, 12, 7, "#f7f7f7"),
            eye(24, 64, "#333333", 3),
            path("M40 80L54 112L66 84Z", "#1c1f22"),
        ]
        return done(rng, paint, parts, "#303030", ["orca", "killer whale", "black and white whale", "whale"])
    colour = rng.choice(["#3b88c3", "#4f86b5", "#4a9ad4", "#6a87a5"])
    c, far = tones(paint, colour)
    parts = [
        limb("M44 42V22Q36 8 26 18M44 24Q52 8 62 18", "#7cc4f0", 6) if rng.random() < 0.7 else "",
        path("M92 70Q106 62 104 48Q92 46 88 32Q104 28 110 38Q118 26 126 34Q124 50 114 54Q116 78 102 92Z", c),
    ]
    parts += [
        path("M6 80Q8 44 48 42Q78 42 92 68L106 74Q100 112 56 114Q8 114 6 80Z", c),
        path("M8 92Q40 96 66 88Q80 92 84 106Q72 114 54 114Q14 112 8 92Z", "#eaf2f8"),
        limb("M22 98L26 110M38 99L41 112M54 97L58 112", "#b5cbdb", 3),
        eye(28, 76, "#333333", 4),
        path("M60 86Q84 88 80 106Q66 104 60 86Z", far),
    ]
    return done(rng, paint, parts, colour, ["whale", "blue whale", "whale spouting water", "whale from the side"])


@thing(1.1)
def dolphin(rng, paint):
    """A dolphin that jumps."""
    colour = rng.choice(["#5a94c2", "#6f93ad", "#4f9fd0", "#8a9cad"])
    c, far = tones(paint, colour)
    parts = [
        path("M60 32Q76 8 96 14Q84 26 86 44Z", far),
        path("M98 88Q124 82 124 104Q112 102 108 106Q108 118 96 122Q90 104 98 88Z", far),
        path("M2 74Q4 66 16 62Q22 34 54 28Q96 30 108 96Q100 100 96 96Q78 70 52 78Q34 84 22 80Q8 82 2 74Z", c),
    ]
    parts += [
        path("M4 76Q24 74 44 64Q66 60 84 76Q66 68 48 79Q34 84 22 80Q8 82 4 76Z", "#eef4f8"),
        path("M46 70Q58 86 50 102Q36 90 36 74Z", far),
        eye(30, 58, "#333333", 3.6),
    ]
    names = ["dolphin", "jumping dolphin", "dolphin jumping", "dolphin from the side"]
    if rng.random() < 0.4:
        parts.append(path("M2 112Q14 104 26 112T50 112T74 112T98 112T126 112V124H2Z", "#7cc4f0"))
        names.append("dolphin jumping out of the water")
    return done(rng, paint, parts, colour, names, turn=6)


@thing(1.0)
def seal(rng, paint):
    """A seal that lies, or a sea lion with a ball on its nose, or a walrus."""
    kind = rng.choice(["seal", "seal", "ball", "walrus"])
    colour = {"walrus": "#9a6a4c"}.get(kind) or rng.choice(["#7f8a95", "#6b7682", "#a9b3bc"])
    c, far = tones(paint, colour)
    parts = [
        path("M96 94Q112 78 124 86Q120 94 124 104Q110 112 94 104Z", far),
        path("M22 40Q26 14 48 18Q68 24 72 50Q92 78 106 96Q100 112 70 112H38Q24 100 28 76Q20 58 22 40Z", c),
        path("M44 84Q58 92 54 116H28Q34 98 44 84Z", far),
    ]
    parts += [
        ellipse(26, 48, 16, 12, paint.light(colour, 0.35)),
        ellipse(17, 42, 6, 5, INK),
        eye(40, 36, colour, 5),
        limb("M30 50L44 54M28 54L40 60", INK, 2.5),
    ]
    names = {
        "seal": ["seal", "sea lion", "seal from the side"],
        "ball": ["seal with a ball", "sea lion with a ball", "circus seal", "seal"],
        "walrus": ["walrus", "walrus with tusks"],
    }[kind]
    if kind == "walrus":
        parts.append(
            polygon([(18, 56), (26, 56), (20, 86)], "#fbf6e8") + polygon([(30, 56), (38, 56), (34, 84)], "#fbf6e8")
        )
    if kind == "ball":
        parts = [
            f'<g transform="translate(0 6)">{"".join(parts)}</g>',
            circle(16, 26, 16, paint.colour("red", "yellow", "blue")[1]),
            limb("M4 28Q16 20 28 28", "#ffffff", 5),
        ]
    return done(rng, paint, parts, colour, names)


@thing(1.1)
def octopus(rng, paint):
    """An octopus with curled arms."""
    word, colour = paint.colour("red", "orange", "purple", "pink", "blue")
    c, far = tones(paint, colour)
    back = mirrored(limb("M52 76Q40 100 44 118", far, 11))
    front_ = mirrored(limb("M46 76Q22 84 12 72Q6 62 14 58M48 80Q26 98 14 100Q4 100 6 92M58 82Q54 104 60 118", c, 11))
    parts = [
        back,
        front_,
        path("M64 6Q104 8 100 50Q92 66 90 84H38Q36 66 28 50Q24 8 64 6Z", c),
        mirrored(circle(50, 52, 9.5, "#ffffff"), circle(51, 53, 5.5, INK)),
        limb("M54 70Q64 78 74 70", INK, 3.2),
    ]
    parts += [circle(48, 24, 4, far), circle(78, 20, 5, far), circle(64, 30, 4, far)]
    return done(rng, paint, parts, colour, ["octopus", "kraken", "octopus with eight arms", "sea animal"], [word])


@thing(0.9)
def squid(rng, paint):
    """A squid."""
    word, colour = paint.colour("red", "pink", "orange", "purple", "white")
    c, far = tones(paint, colour)
    parts = [
        mirrored(
            limb("M48 80Q36 100 42 118M58 82Q52 104 58 120", c, 8),
            limb("M42 78Q18 94 24 116", far, 6),
            ellipse(24, 112, 6, 10, far),
            polygon([(46, 20), (14, 50), (46, 52)], far),
        )
    ]
    parts += [
        path("M64 3Q88 22 88 66Q88 86 64 88Q40 86 40 66Q40 22 64 3Z", c),
        mirrored(circle(52, 70, 8.5, "#ffffff"), circle(53, 71, 5, INK)),
        circle(58, 30, 4, far),
        circle(70, 44, 4.5, far),
    ]
    return done(
        rng, paint, parts, colour, ["squid", "squid with tentacles", "calamari", "sea animal"], [word], turn=14
    )


@thing(1.1)
def crab(rng, paint):
    """A crab with raised claws."""
    word, colour = paint.colour("red", "orange", "blue")
    c, far = tones(paint, colour)
    claw = limb("M32 70Q10 66 16 44", c, 10) + path("M18 50Q-4 40 8 14Q14 28 20 30Q24 18 32 16Q40 44 18 50Z", c)
    parts = [
        mirrored(
            limb("M36 86L14 80L6 92M40 94L20 94L10 108M46 100L32 106L26 119", far, 7),
            claw,
            limb("M52 60V44", far, 7),
            circle(52, 40, 11, c),
            circle(52, 40, 8, "#ffffff"),
            circle(53, 40, 5, INK),
        )
    ]
    parts += [
        path("M24 80Q26 54 64 54Q102 54 104 80Q96 108 64 108Q32 108 24 80Z", c),
        limb("M50 88Q64 98 78 88", INK, 3.5),
        circle(40, 70, 4, far),
        circle(88, 70, 4, far),
        circle(64, 66, 4, far),
    ]
    return done(rng, paint, parts, colour, ["crab", "crab with claws", "sea crab", "crab from the front"], [word])


@thing(1.0)
def lobster(rng, paint):
    """A lobster from above, with large claws."""
    colour = rng.choice(["#d8352a", "#c62828", "#e2552c"])
    c, far = tones(paint, colour)
    claw = limb("M52 54Q34 54 28 38", far, 9) + path("M30 44Q4 36 14 6Q24 10 24 26Q32 14 38 14Q46 36 30 44Z", c)
    parts = [
        mirrored(limb("M58 34Q52 16 58 2", far, 4), claw, limb("M50 62L28 62M50 72L28 78M52 80L32 92", far, 6)),
        mirrored(ellipse(52, 116, 12, 7, far, ' transform="rotate(24 52 116)"')),
        ellipse(64, 117, 8, 8, c),
    ]
    parts += [ellipse(64, 104 - i * 10, 14 + i * 2, 8.5, c if i % 2 else far) for i in range(4)] + [
        path("M64 24Q84 34 82 62Q78 78 64 80Q50 78 46 62Q44 34 64 24Z", c),
        mirrored(circle(57, 36, 4, INK)),
        limb("M64 48V72", far, 3),
    ]
    return done(rng, paint, parts, colour, ["lobster", "red lobster", "crayfish", "lobster with claws"], turn=20)


@thing(1.0)
def shrimp(rng, paint):
    """A shrimp or prawn, curved."""
    colour = rng.choice(["#f47a5a", "#f58a6a", "#ee6f55"])
    c, far = tones(paint, colour)
    parts = [
        limb("M22 34Q60 4 116 22M24 42Q54 20 98 40", far, 4),
        limb("M40 62L24 80M52 70L38 92M64 76L54 100", far, 6),
        polygon([(60, 106), (34, 104), (42, 116)], far),
        polygon([(60, 108), (36, 120), (56, 124)], far),
    ]
    parts += [path("M8 40Q30 22 62 28Q118 36 118 80Q110 118 58 118L56 102Q84 100 88 80Q80 66 52 64Q26 58 8 40Z", c)]
    parts += [
        limb(f"M{x1} {y1}L{x2} {y2}", far, 4)
        for x1, y1, x2, y2 in (
            (62, 30, 58, 62),
            (88, 40, 74, 66),
            (108, 58, 88, 76),
            (114, 88, 90, 86),
            (92, 112, 80, 96),
        )
    ] + [eye(32, 40, colour, 4.5)]
    return done(rng, paint, parts, colour, ["shrimp", "prawn", "cooked shrimp", "shrimp from the side"])


@thing(1.0)
def jellyfish(rng, paint):
    """A jellyfish."""
    word, colour = paint.colour("pink", "purple", "blue", "orange")
    c, far = tones(paint, colour)
    arms = [
        limb(f"M{x} 60q{d} 14 0 26t0 {rng.uniform(22, 32):.0f}", tone, 7)
        for x, d, tone in ((28, -10, far), (46, 10, c), (64, -10, far), (82, 10, c), (100, -10, far))
    ]
    parts = [
        *arms,
        path(
            "M10 64Q10 8 64 8Q118 8 118 64Q110 76 100 66Q92 76 82 66Q74 76 64 66Q54 76 46 66Q36 76 28 66Q18 76 10 64Z",
            c,
        ),
        ellipse(44, 30, 18, 10, paint.light(colour, 0.5), ' transform="rotate(-24 44 30)"'),
    ]
    if rng.random() < 0.5:
        parts += [mirrored(circle(48, 48, 4.5, INK)), limb("M58 54Q64 60 70 54", INK, 3)]
    return done(
        rng, paint, parts, colour, ["jellyfish", "jellyfish swimming", "medusa", "sea animal"], [word], turn=8
    )


@thing(0.9)
def seahorse(rng, paint):
    """A seahorse with its curled tail."""
    word, colour = paint.colour("orange", "yellow", "pink", "purple", "blue")
    c, far = tones(paint, colour)
    parts = [
        path("M82 54Q112 50 108 82Q94 88 80 80Z", far),
        limb("M62 30Q88 48 74 84Q62 112 76 116Q90 114 82 102", c, 13),
        path("M50 30Q92 34 88 66Q84 92 66 98Q50 84 54 66Q56 52 46 44Z", c),
    ]
    parts += [
        polygon([(52, 14), (58, 0), (66, 10), (78, 6), (78, 20), (90, 26), (78, 34)], far),
        circle(60, 26, 18, c),
        limb("M50 32L22 40", c, 10),
        eye(54, 24, colour, 4.5),
        limb("M60 58L82 56M60 70L82 72M62 84L76 86", far, 4),
    ]
    return done(
        rng, paint, parts, colour, ["seahorse", "sea horse", "seahorse in profile", "seahorse from the side"], [word]
    )


@thing(1.0)
def starfish(rng, paint):
    """A starfish with five thick arms."""
    word, colour = paint.colour("orange", "red", "pink", "purple", "yellow")
    _c, _far = tones(paint, colour)
    tips = [(-math.pi / 2 + i * 2 * math.pi / 5) for i in range(5)]
    arms = "".join(limb(f"M64 66L{64 + 46 * math.cos(a):.1f} {66 + 46 * math.sin(a):.1f}", colour, 22) for a in tips)
    core = "".join(limb(f"M64 66L{64 + 22 * math.cos(a):.1f} {66 + 22 * math.sin(a):.1f}", colour, 36) for a in tips)
    dots = [
        circle(64 + r * math.cos(a), 66 + r * math.sin(a), 3.8, paint.light(colour, 0.5))
        for a in tips
        for r in (22, 35, 47)
    ]
    parts = [arms, core, *dots]
    if rng.random() < 0.35:
        parts += [circle(57, 62, 4, INK), circle(71, 62, 4, INK), limb("M58 71Q64 77 70 71", INK, 3)]
    return done(rng, paint, parts, colour, ["starfish", "sea star", "starfish from above"], [word], turn=20)


@thing(1.3)
def turtle(rng, paint):
    """A turtle or tortoise, or a sea turtle."""
    skin, shell = rng.choice(
        [("#7cb342", "#5c7a2e"), ("#8bbf5a", "#8a5a33"), ("#a9b85a", "#7a5a38"), ("#6fb07a", "#3f7a55")]
    )
    c, far = tones(paint, skin)
    dome = path("M24 86Q26 34 70 34Q114 36 118 86Z", coat(paint, shell))
    if rng.random() < 0.3:
        parts = [
            path("M48 50Q36 20 14 22Q20 48 44 66Z", c),
            path("M80 50Q84 24 104 20Q106 44 88 64Z", far),
            path("M44 82Q24 92 26 110Q46 108 56 92Z", c),
            path("M88 88Q108 92 112 106Q96 108 82 96Z", far),
            ellipse(16, 70, 16, 12, c),
        ]
        parts += [
            ellipse(72, 70, 44, 30, coat(paint, shell)),
            *(
                polygon(
                    [(x - 10, y), (x - 5, y - 9), (x + 5, y - 9), (x + 10, y), (x + 5, y + 9), (x - 5, y + 9)],
                    shade(paint, shell),
                )
                for x, y in ((72, 58), (50, 72), (94, 72), (72, 82))
            ),
            eye(12, 68, skin, 3.6),
        ]
        return done(rng, paint, parts, skin, ["sea turtle", "turtle swimming", "turtle"], turn=8)
    parts = [
        legs((56, 92), 80, 108, 14, far),
        legs((42, 104), 80, 110, 16, c),
        limb("M114 86L124 92", c, 7),
        limb("M34 82Q18 78 16 58", c, 17),
        circle(18, 50, 15, c),
    ]
    parts += [
        dome,
        clipped(paint, dome, limb("M46 88L56 56L88 56L98 88M56 56L48 34M88 56L96 34", shade(paint, shell, 0.35), 5)),
        rect(20, 81, 102, 10, shade(paint, shell, 0.3), 5),
        eye(13, 47, skin, 4),
        limb("M6 56Q10 60 18 58", INK, 2.5),
    ]
    return done(rng, paint, parts, skin, from_side("turtle", "tortoise", "green turtle"))


@thing(1.2)
def frog(rng, paint):
    """A frog that sits, from the side or from the front."""
    word, colour = paint.colour("green", "green", "red", "blue", "brown")
    c, far = tones(paint, colour)
    if rng.random() < 0.5:
        parts = [
            path("M16 54Q24 38 44 40Q84 46 110 98Q112 110 96 112H46Q24 92 16 70Z", c),
            circle(38, 36, 15, c),
            ellipse(84, 92, 29, 19, far),
            limb("M100 106L70 114L52 114", far, 9),
            limb("M42 80L36 112L22 114", c, 10),
            path("M18 70Q36 80 44 106Q26 94 18 70Z", "#f0edc5"),
            circle(36, 35, 9, "#fdf6d0"),
            circle(34, 35, 5, INK),
            limb("M14 62Q30 70 46 62", shade(paint, colour, 0.5), 3.5),
        ]
        return done(
            rng,
            paint,
            parts,
            colour,
            ["frog", "toad", "frog from the side", "frog sitting", "frog in profile"],
            [word],
        )
    parts = [
        mirrored(ellipse(24, 90, 19, 24, far), limb("M26 110L10 116M28 110L28 118", far, 8), circle(42, 30, 17, c)),
        ellipse(64, 78, 40, 40, c),
        ellipse(64, 92, 25, 24, "#f0edc5"),
        ellipse(64, 52, 42, 27, c),
    ]
    parts += [
        mirrored(
            circle(42, 29, 11, "#ffffff"),
            circle(43, 29, 6.5, INK),
            limb("M48 86V114M48 114L38 119M48 114L54 119", c, 9),
        ),
        limb("M34 58Q64 78 94 58", shade(paint, colour, 0.5), 4),
    ]
    return done(rng, paint, parts, colour, ["frog", "sitting frog", "frog from the front", "toad"], [word])


@thing(1.2)
def snake(rng, paint):
    """A snake: winding, or coiled with its head up."""
    word, colour = paint.colour("green", "green", "brown", "red", "yellow", "black")
    c, far = tones(paint, colour)
    tongue = limb("M12 34L2 38M12 34L4 28", "#e53935", 3.5)
    names = ["snake", "serpent", "snake from the side"]
    if rng.random() < 0.5:
        way = "M26 30Q66 14 70 40Q70 62 44 70Q18 80 24 98Q36 118 62 104Q86 88 116 104"
        parts = [
            limb(way, colour, 19),
            limb("M56 27L58 27M68 44L67 48M46 69L44 70M25 92L25 95M48 110L50 110M80 97L82 97", far, 9),
            tongue,
            ellipse(26, 30, 18, 13, c),
            eye(24, 26, colour, 4),
        ]
        return done(rng, paint, parts, colour, [*names, "crawling snake", "winding snake"], [word])
    parts = [
        limb("M104 106L124 96", colour, 9),
        ellipse(68, 106, 48, 15, far),
        ellipse(66, 90, 40, 15, c),
        ellipse(64, 75, 30, 13, far),
        limb("M66 74Q82 50 58 44Q40 38 34 32", colour, 18),
        limb("M62 70Q72 54 56 48", paint.light(colour, 0.45), 5),
    ]
    parts += [
        tongue,
        ellipse(30, 30, 20, 14, c),
        eye(28, 26, colour, 4.2),
        limb("M40 92L48 94M62 95L70 95M84 92L92 90M40 110L50 112M78 112L88 110", paint.light(colour, 0.35), 5),
    ]
    return done(rng, paint, parts, colour, [*names, "coiled snake", "snake with its tongue out"], [word])


@thing(1.1)
def lizard(rng, paint):
    """A lizard from above, or a chameleon on a branch."""
    word, colour = paint.colour("green", "green", "blue", "orange", "brown")
    c, far = tones(paint, colour)
    if rng.random() < 0.5:
        parts = [
            limb("M6 104H122", "#7a4a28", 10),
            limb("M94 78Q122 74 120 96Q114 118 98 112Q88 104 98 98", c, 9),
            limb("M52 80L44 102M82 80L88 102", far, 9),
            path("M30 62Q44 36 76 42Q104 54 104 80Q80 92 48 86Q36 80 30 62Z", c),
        ]
        parts += [
            polygon([(28, 36), (50, 20), (56, 52)], far),
            path("M6 58Q16 36 40 36Q56 44 52 66Q36 78 14 70Q4 66 6 58Z", c),
            circle(30, 52, 10, paint.light(colour, 0.5)),
            circle(29, 52, 5, INK),
            limb("M8 64Q18 68 28 66", shade(paint, colour, 0.5), 3),
            *(limb(f"M{x} 50V74", paint.light(colour, 0.4), 6) for x in (64, 78, 91)),
        ]
        return done(
            rng,
            paint,
            parts,
            colour,
            ["chameleon", "lizard", "chameleon on a branch", "lizard from the side"],
            [word],
        )
    parts = [
        limb("M84 82Q112 90 108 106Q98 120 78 112", c, 9),
        limb("M50 52L70 34L68 22M44 62L24 60L14 70M80 78L98 66L110 70M70 90L60 106L46 108", far, 9),
        path("M14 30Q16 14 32 14Q46 18 50 36Q72 48 90 74Q94 90 84 92Q58 86 40 54Q16 46 14 30Z", c),
    ]
    parts += [
        eye(24, 26, colour, 4),
        eye(36, 20, colour, 4),
        limb("M46 44L50 48M60 58L64 62M74 72L77 75", paint.light(colour, 0.45), 7),
    ]
    return done(rng, paint, parts, colour, ["lizard", "gecko", "lizard from above", "salamander"], [word])


@thing(1.2)
def crocodile(rng, paint):
    """A crocodile from the side, its mouth closed or open."""
    colour = rng.choice(["#5f9440", "#4f8a45", "#6b8a45"])
    c, far = tones(paint, colour)
    parts = [
        legs((62, 92), 86, 106, 11, far),
        polygon([(x + d, y) for x in range(44, 112, 11) for d, y in ((0, 66), (5.5, 55))] + [(112, 66)], far),
        path("M40 64H92Q112 66 126 46Q126 92 96 96H48Q36 92 40 64Z", c),
        path("M44 90Q70 100 98 94Q80 86 44 90Z", "#e8e2b0"),
        legs((54, 84), 86, 109, 13, c),
    ]
    teeth = "".join(polygon([(x, 74), (x + 7, 74), (x + 3.5, 83)], "#ffffff") for x in (6, 16, 26))
    if rng.random() < 0.5:
        head = [
            path("M56 66V96Q30 98 4 86Q4 78 14 78Z", c),
            path("M58 72Q36 60 4 40Q2 30 16 30L46 50Q62 54 62 74Z", c),
            "".join(
                polygon([(x, y), (x + 7, y + 3), (x + 2, y + 11)], "#ffffff")
                for x, y in ((10, 42), (21, 48), (32, 54))
            ),
            "".join(polygon([(x, 80), (x + 7, 80), (x + 3.5, 71)], "#ffffff") for x in (14, 25, 36)),
        ]
        head += [circle(50, 48, 9, c), eye(49, 46, "#ffffff", 4)]
    else:
        head = [
            path("M56 60Q40 52 30 60L4 64Q0 78 8 86L50 94Z", c),
            limb("M4 75H48", shade(paint, colour, 0.5), 3),
            teeth,
            circle(40, 56, 9, c),
            eye(39, 54, "#ffffff", 4),
            circle(7, 65, 4, far),
        ]
    return done(
        rng,
        paint,
        [f'<g transform="translate(0 -6)">{"".join([*parts, *head])}</g>'],
        colour,
        from_side("crocodile", "alligator", "green crocodile"),
    )


@thing(1.3)
def dinosaur(rng, paint):
    """A dinosaur: sauropod, T-rex, stegosaurus or triceratops."""
    kind = rng.choice(["sauropod", "sauropod", "t-rex", "t-rex", "stegosaurus", "triceratops"])
    word, colour = paint.colour("green", "green", "blue", "purple", "orange", "brown")
    c, far = tones(paint, colour)
    names = {
        "sauropod": ["dinosaur", "long neck dinosaur", "brontosaurus", "sauropod"],
        "t-rex": ["t-rex", "tyrannosaurus", "dinosaur", "tyrannosaurus rex"],
        "stegosaurus": ["stegosaurus", "dinosaur", "dinosaur with plates"],
        "triceratops": ["triceratops", "dinosaur", "dinosaur with horns"],
    }[kind]
    if kind == "sauropod":
        parts = [
            legs((56, 88), 86, 114, 12, far),
            path(
                "M18 12Q40 8 42 34Q42 52 52 58Q84 46 100 76Q112 92 126 92Q112 110 92 98Q70 104 44 98Q30 84 30 58Q30 38 24 36Q6 40 4 28Q4 16 18 12Z",
                c,
            ),
            legs((46, 98), 84, 118, 14, c),
            eye(20, 23, colour, 3.8),
            ellipse(64, 70, 6, 5, far),
            ellipse(80, 76, 6, 5, far),
            ellipse(68, 86, 5, 4, far),
            limb("M6 33Q12 36 18 33", INK, 2.5),
        ]
    elif kind == "t-rex":
        parts = [
            limb("M80 86L86 104L74 118H66", far, 14),
            path(
                "M8 20Q14 6 38 6Q62 8 62 36Q92 50 98 78Q108 92 126 84Q120 112 92 108Q52 110 46 84Q42 66 46 52Q24 56 10 50Q4 44 6 40L34 36L8 32Z",
                c,
            ),
            path("M50 56Q46 82 62 100Q48 98 46 80Z", paint.light(colour, 0.5)),
            limb("M70 90L72 106L60 118H48", c, 15),
            limb("M54 66L38 66L34 74", far, 7),
        ]
        parts += [
            "".join(polygon([(x, 32.5), (x + 6, 33), (x + 3, 40)], "#ffffff") for x in (9, 17, 25)),
            eye(36, 18, colour, 4.2),
            *(polygon([(x - 6, y), (x + 4, y - 10), (x + 7, y + 6)], far) for x, y in ((64, 36), (80, 48), (94, 66))),
        ]
    elif kind == "stegosaurus":
        plates = [
            polygon([(x - 10, y + 14), (x, y - 14), (x + 10, y + 14)], rng.choice(["#f4900c", "#e8552a"]))
            for x, y in ((38, 54), (55, 38), (74, 34), (92, 46), (106, 64))
        ]
        parts = [
            *plates,
            legs((52, 86), 90, 114, 12, far),
            path("M4 92Q6 80 22 80Q36 44 72 44Q100 48 126 88Q112 96 100 94Q72 108 38 96Q10 102 4 92Z", c),
            legs((42, 96), 88, 117, 14, c),
            eye(16, 87, colour, 3.6),
        ]
    else:
        parts = [
            legs((66, 96), 88, 114, 12, far),
            path("M44 60Q80 40 106 66Q116 84 126 86Q114 100 100 98Q70 106 46 98Z", c),
            legs((56, 102), 88, 117, 14, c),
            path("M50 92Q74 76 62 34Q40 24 30 48Z", far),
            limb("M32 58L10 36M40 52L30 26", "#f5eedc", 6.5),
            path("M48 52Q26 48 16 70Q4 76 4 90Q20 100 48 94Q60 74 48 52Z", c),
            polygon([(14, 72), (6, 56), (22, 66)], "#f5eedc"),
            eye(32, 68, colour, 4),
        ]
    return done(rng, paint, parts, colour, [*names, f"{kind} from the side"], [word])


@thing(1.5)
def dragon(rng, paint):
    """A dragon with wings, at times breathing fire."""
    word, colour = paint.colour(without=("white",))
    c, far = tones(paint, colour)
    belly, fire = rng.choice(["#f7e0a0", "#f5c87a"]), rng.random() < 0.4
    parts = [
        path("M62 62Q66 22 112 6Q106 20 122 30Q112 36 118 52Q104 50 102 64Q84 58 70 74Z", far),
        limb("M86 70L112 10M86 70L114 50", shade(paint, colour, 0.45), 4),
        limb("M88 98Q112 104 116 84", c, 12),
        polygon([(108, 88), (117, 68), (126, 86)], far),
    ]
    parts += [
        path("M40 46Q60 40 68 60Q96 74 96 104Q76 114 50 110Q40 84 44 66Z", c),
        path("M44 54Q56 72 54 108Q44 108 42 90Q38 70 44 54Z", belly),
        limb("M80 98L84 114H70", far, 14),
        limb("M54 92L48 115H38", c, 13),
    ]
    parts += [
        limb("M52 22Q62 16 64 6M44 20Q48 14 48 4", "#f5e6c0", 6),
        path("M40 18Q64 16 64 42Q60 58 44 56L14 52Q6 48 8 38L24 34Q30 20 40 18Z", c),
        eye(42, 32, "#ffffff", 4.2),
        circle(14, 41, 2.6, INK),
        limb("M12 49H32", shade(paint, colour, 0.5), 3),
    ]
    names = ["dragon", "dragon with wings", "dragon in profile", "dragon from the side", "winged dragon"]
    if fire:
        parts = [
            f'<g transform="translate(18 6) scale(.9)">{"".join(parts)}</g>',
            path("M26 46Q12 42 4 52Q6 58 0 64Q6 68 4 78Q16 76 26 56Z", "#f4811f"),
            path("M25 49Q14 50 9 60Q16 64 25 54Z", "#fdd13a"),
        ]
        names = ["dragon breathing fire", "fire breathing dragon", *names]
    return done(rng, paint, parts, colour, names, [word])


@thing(1.1)
def snail(rng, paint):
    """A snail with a spiral shell."""
    word, shell = paint.colour("brown", "orange", "red", "blue", "purple", "pink")
    body = rng.choice(["#e8c48a", "#d9c07a", "#c8b08a"])
    parts = [
        limb("M22 66L14 34M34 64L38 34", body, 6),
        circle(14, 32, 6, body),
        circle(38, 32, 6, body),
        path("M12 72Q16 56 32 60Q44 66 46 88L124 104Q126 112 112 112H34Q8 108 12 72Z", coat(paint, body)),
        circle(78, 66, 39, coat(paint, shell)),
    ]
    parts += [
        limb(
            "M78 70Q70 72 70 64Q72 54 84 56Q98 62 92 78Q80 92 62 82Q48 64 62 46Q80 34 98 46",
            shade(paint, shell, 0.4),
            6.5,
        ),
        circle(14, 31, 3.2, INK),
        circle(38, 31, 3.2, INK),
        limb("M16 82Q20 86 26 84", INK, 2.8),
    ]
    return done(
        rng, paint, parts, shell, ["snail", "snail with a shell", "snail from the side", f"snail with a {word} shell"]
    )


@thing(1.8)
def butterfly(rng, paint):
    """A butterfly from above, of any colour."""
    word, colour = paint.colour()
    other = rng.choice([shade(paint, colour, 0.35), paint.light(colour, 0.35), paint.colour(without=(word,))[1]])
    c, dots = coat(paint, colour), rng.choice(["#ffffff", "#fdd835", paint.light(colour, 0.6), INK])
    top, low = rng.uniform(4, 16), rng.uniform(108, 120)
    upper, lower = (
        path(f"M62 58Q44 {top:.0f} 10 {top + 4:.0f}Q-2 {top + 20:.0f} 12 58Q26 76 62 66Z", c),
        path(f"M62 62Q24 66 20 88Q22 {low:.0f} 40 {low:.0f}Q58 104 63 74Z", other),
    )
    marks = (
        [circle(26, top + 24, 8, dots), circle(40, 88, 7, dots)]
        if rng.random() < 0.6
        else [limb(f"M58 60L22 {top + 18:.0f}M58 62L24 54M58 72L38 100", shade(paint, colour, 0.5), 4)]
    )
    body = rng.choice([INK, "#5a3a28"])
    parts = [
        mirrored(lower, upper, *marks, limb("M62 38Q58 20 48 14", body, 3.5), circle(47, 13, 3.5, body)),
        ellipse(64, 72, 6, 30, body),
        circle(64, 40, 7.5, body),
    ]
    parts = [f'<g transform="translate(4.5 4) scale(.93)">{"".join(parts)}</g>']
    if rng.random() < 0.35:
        parts.insert(0, rim(f'<g transform="translate(4.5 4) scale(.93)">{mirrored(lower, upper)}</g>', INK, 6))
    return done(
        rng,
        paint,
        parts,
        colour,
        [
            "butterfly",
            "butterfly from above",
            "butterfly with spread wings",
            "moth" if word in ("brown", "gray") else "colorful butterfly",
        ],
        [word],
        turn=20,
    )


@thing(1.3)
def bee(rng, paint):
    """A bee or bumblebee from the side, or a wasp."""
    colour = rng.choice(["#fbc52f", "#fdd13a", "#f7b52a"])
    high = rng.uniform(26, 33)
    body = ellipse(72, 76, 46, high, coat(paint, colour))
    parts = [
        polygon([(112, 70), (127, 76), (112, 84)], INK),
        ellipse(62, 34, 15, 29, "#cfe6f5", ' transform="rotate(-18 62 34)"'),
        ellipse(88, 34, 14, 26, "#b5d7ec", ' transform="rotate(22 88 34)"'),
        body,
    ]
    parts += [
        clipped(paint, body, *(rect(x, 30, 13, 96, INK) for x in (56, 80, 104))),
        circle(32, 70, 22, coat(paint, colour)),
        limb("M26 52Q20 36 12 34M36 50Q36 36 30 28", INK, 4),
        circle(11, 34, 4, INK),
        circle(29, 27, 4, INK),
        eye(25, 67, colour, 5),
        limb("M18 80Q24 86 32 82", INK, 3),
    ]
    if rng.random() < 0.5:
        parts.append(limb("M56 104L52 114M72 106V117M88 104L92 114", INK, 4.5))
    return done(
        rng,
        paint,
        parts,
        colour,
        ["bee", "honeybee", "bumblebee", "flying bee", "bee from the side", "wasp"],
        turn=10,
    )


@thing(1.2)
def ladybug(rng, paint):
    """A ladybug from above or from the side."""
    colour = rng.choice(["#dd2e2e", "#e53935", "#d8401f"])
    c = coat(paint, colour)
    names = ["ladybug", "ladybird", "red beetle with black dots"]
    if rng.random() < 0.5:
        parts = [
            mirrored(limb("M34 52L12 42M28 74H6M34 96L14 108", INK, 6), limb("M56 22Q50 10 40 6", INK, 4.5)),
            circle(64, 32, 21, INK),
            ellipse(64, 74, 43, 44, c),
            limb("M64 32V118", INK, 5),
            mirrored(
                circle(45, 54, 8, INK),
                circle(38, 78, 8.5, INK),
                circle(50, 100, 7, INK),
                circle(55, 24, 5, "#ffffff"),
            ),
        ]
        return done(rng, paint, parts, colour, [*names, "ladybug from above"], turn=30)
    parts = [
        limb("M46 94L40 110M68 96V112M92 94L98 110", INK, 7),
        limb("M22 60Q14 46 6 44M30 56Q28 42 22 36", INK, 4.5),
        circle(30, 76, 22, INK),
        path("M26 96Q26 36 74 36Q122 40 122 96Z", c),
        circle(56, 66, 8, INK),
        circle(80, 54, 8, INK),
        circle(102, 74, 8, INK),
        circle(76, 82, 8, INK),
        circle(22, 70, 6, "#ffffff"),
        circle(21, 71, 3, INK),
    ]
    return done(rng, paint, parts, colour, [*names, "ladybug from the side"])


@thing(1.1)
def ant(rng, paint):
    """An ant from the side."""
    word, colour = rng.choice([("black", "#2f3035"), ("red", "#a8392a"), ("brown", "#6b3f28")])
    c, _far = tones(paint, colour)
    parts = [
        limb("M56 72L40 90L30 112M64 74L62 94L54 114M72 72L86 92L92 114", colour, 6),
        limb("M22 52Q18 34 6 30M32 50Q36 34 28 24", colour, 4.5),
        ellipse(98, 66, 26, 21, c),
        ellipse(62, 68, 18, 13, c),
        circle(30, 64, 19, c),
        limb("M14 74L8 82", colour, 5),
        eye(25, 60, colour, 4.2),
        ellipse(94, 58, 12, 5, paint.light(colour, 0.3)),
    ]
    return done(rng, paint, parts, colour, ["ant", f"{word} ant", "ant from the side", "insect"])


@thing(1.2)
def spider(rng, paint):
    """A spider from above, at times on a thread."""
    word, colour = rng.choice(
        [("black", "#2f3038"), ("brown", "#6b4530"), ("gray", "#5a6068"), ("purple", "#5a3a78")]
    )
    c, _far = tones(paint, colour)
    parts = [
        mirrored(limb("M50 56Q32 36 26 12M48 62Q24 50 6 32M48 68Q24 68 6 88M50 74Q32 88 28 118", colour, 6)),
        ellipse(64, 84, 26, 29, c),
        circle(64, 50, 19, c),
        mirrored(circle(56, 46, 6, "#ffffff"), circle(57, 46, 3.2, INK)),
    ]
    names = ["spider", f"{word} spider", "tarantula", "spider with eight legs"]
    if rng.random() < 0.35:
        parts.append(polygon([(55, 76), (73, 76), (64, 86), (73, 97), (55, 97), (64, 86)], "#e53935"))
        names.append("black widow" if word == "black" else "poisonous spider")
    elif rng.random() < 0.4:
        parts = [limb("M64 0V40", "#9aa3aa", 4), *parts]
        names.append("spider hanging on a thread")
    return done(rng, paint, parts, colour, names)


@thing(1.1)
def caterpillar(rng, paint):
    """A caterpillar of round segments."""
    word, colour = paint.colour("green", "green", "yellow", "orange", "blue")
    c, far = tones(paint, colour)
    count, wave = 5, rng.uniform(4, 14)
    parts = []
    for i in reversed(range(count)):
        x, y = 44 + i * 17, 80 - wave * math.sin(i * 1.3)
        parts += [
            limb(f"M{x:.0f} {y + 10:.0f}V108", shade(paint, colour, 0.5), 6),
            circle(x, y, 18 - i * 0.6, c if i % 2 else far),
        ]
    parts += [
        limb("M20 46Q16 30 8 26M38 44Q42 30 50 26", INK, 4.5),
        circle(8, 25, 4.5, INK),
        circle(50, 25, 4.5, INK),
        circle(29, 66, 25, rng.choice([c, "#e8552a"])),
        eye(20, 62, "#ffffff", 5),
        eye(37, 62, "#ffffff", 5),
        limb("M20 76Q28 84 37 76", INK, 3.2),
    ]
    return done(
        rng,
        paint,
        parts,
        colour,
        ["caterpillar", "caterpillar crawling", "caterpillar from the side", "larva"],
        [word],
    )


@thing(1.0)
def dragonfly(rng, paint):
    """A dragonfly from above."""
    word, colour = paint.colour("blue", "green", "red", "purple", "orange")
    wing = paint.light(colour, 0.6)
    parts = [
        mirrored(
            ellipse(32, 40, 30, 9.5, wing, ' transform="rotate(12 32 40)"'),
            ellipse(34, 62, 28, 9, paint.dark(wing, 0.1), ' transform="rotate(-14 34 62)"'),
        ),
        rect(59, 50, 10, 72, coat(paint, colour), 5),
        *(rect(59, y, 10, 4, shade(paint, colour, 0.4)) for y in (76, 90, 104)),
        ellipse(64, 46, 11, 16, coat(paint, colour)),
        circle(64, 26, 11, shade(paint, colour, 0.2)),
        circle(55, 22, 7, INK),
        circle(73, 22, 7, INK),
    ]
    return done(
        rng,
        paint,
        parts,
        colour,
        ["dragonfly", "dragonfly from above", "insect with four wings", "flying insect"],
        [word],
        turn=35,
    )


@thing(1.0)
def beetle(rng, paint):
    """A beetle from above, some with antlers or a horn."""
    word, colour = paint.colour("green", "blue", "black", "brown", "purple")
    c, far = tones(paint, colour)
    kind = rng.choice(["plain", "stag", "horn"])
    parts = [mirrored(limb("M40 54L18 44L12 32M36 74L14 76L6 86M40 94L22 104L20 118", INK, 6))]
    parts += {
        "plain": [mirrored(limb("M56 24Q50 10 38 6", INK, 4.5))],
        "stag": [mirrored(limb("M56 22Q36 14 48 2M46 13L54 11", INK, 6))],
        "horn": [limb("M64 24V6M64 8L54 2M64 8L74 2", INK, 6.5)],
    }[kind]
    parts += [
        ellipse(64, 28, 15, 12, far),
        ellipse(64, 44, 27, 15, far),
        ellipse(64, 82, 33, 38, c),
        limb("M64 48V119", shade(paint, colour, 0.5), 4.5),
        ellipse(50, 70, 6, 15, paint.light(colour, 0.4)),
        mirrored(circle(55, 24, 3.5, "#ffffff")),
    ]
    names = {
        "plain": ["beetle"],
        "stag": ["stag beetle", "beetle"],
        "horn": ["rhinoceros beetle", "beetle with a horn", "beetle"],
    }[kind]
    return done(rng, paint, parts, colour, [*names, "beetle from above", "bug", "scarab"], [word], turn=20)


@thing(0.8)
def worm(rng, paint):
    """An earthworm, winding, at times in the soil."""
    colour = rng.choice(["#e8909a", "#d98078", "#c9776c"])
    soil = rng.random() < 0.3
    parts = [
        limb("M24 40Q50 26 60 52Q66 84 88 78Q104 70 112 92", colour, 22),
        limb("M52 41L40 50M70 64L50 70M92 68V88M108 84L98 92", shade(paint, colour, 0.25), 4),
        eye(20, 36, colour, 4),
        limb("M18 47Q24 50 29 46", INK, 2.8),
    ]
    if soil:
        parts = [
            limb("M64 112Q78 70 58 56Q44 46 40 26", colour, 24),
            eye(36, 22, colour, 4.5),
            limb("M36 34Q42 38 48 34", INK, 2.8),
            limb("M50 66L70 58M56 84L78 80", shade(paint, colour, 0.25), 4),
            path("M4 122Q20 92 64 94Q108 92 124 122Z", "#6b4630"),
        ]
    return done(
        rng, paint, parts, colour, ["worm", "earthworm", "crawling worm"] + ["worm coming out of the ground"] * soil
    )


@thing(1.0)
def scorpion(rng, paint):
    """A scorpion with raised tail and claws."""
    word, colour = rng.choice([("brown", "#8a4f2a"), ("black", "#34353c"), ("red", "#b5402a"), ("yellow", "#c8923a")])
    c, far = tones(paint, colour)
    parts = [
        limb("M92 82Q120 80 114 48Q108 22 84 24", colour, 12),
        polygon([(88, 14), (90, 34), (68, 36)], far),
        *(
            limb(f"M{x} 88L{x + d} 100L{x + 1.5 * d} 116", far, 6)
            for x, d in ((48, -10), (60, -4), (74, 5), (86, 10))
        ),
    ]
    parts += [
        limb("M42 80Q24 82 24 64M44 74Q34 60 46 48", c, 8),
        path("M26 70Q4 62 8 36Q16 44 20 48Q26 40 32 40Q36 62 26 70Z", c),
        path("M44 54Q30 44 38 24Q46 30 48 34Q56 28 58 32Q60 48 44 54Z", far),
        ellipse(68, 84, 34, 16, c),
        limb("M62 72V96M76 71V96M88 74V94", shade(paint, colour, 0.35), 4),
        eye(42, 80, colour, 3.5),
    ]
    return done(
        rng,
        paint,
        parts,
        colour,
        ["scorpion", f"{word} scorpion", "scorpion with raised tail", "scorpion from the side"],
    )


@thing(1.2)
def sleeping_pet(rng, paint):
    """A cat or dog that sleeps, curled up or flat."""
    cat = rng.random() < 0.6
    colour, words = free(rng, paint, CATS if cat else DOGS)
    c, far = tones(paint, colour)
    parts = [ellipse(70, 82, 52, 34, c), limb("M112 90Q104 114 66 110Q48 108 40 104", far, 12)]
    if cat:
        parts += [
            polygon([(10, 66), (10, 34), (34, 52)], c),
            polygon([(66, 62), (62, 32), (42, 50)], c),
            polygon([(15, 58), (15, 44), (27, 54)], PINK),
        ]
    parts += [ellipse(38, 76, 31, 25, c)]
    parts += (
        []
        if cat
        else [
            limb("M26 108H58", far, 13),
            ellipse(24, 86, 20, 14, paint.light(colour, 0.4)),
            path("M44 50Q78 48 74 92Q58 100 50 80Z", shade(paint, colour, 0.4)),
        ]
    )
    line_colour = INK if bright(colour) > 270 else "#ffffff"
    parts += [
        limb("M20 74Q27 81 33 75M43 75Q49 81 56 74" if cat else "M28 68Q35 74 42 68", line_colour, 3.5),
        ellipse(38 if cat else 10, 84, 5, 4, "#e2788a" if cat else INK),
    ]
    if rng.random() < 0.35:
        parts.append(limb("M78 22H94L78 38H94M100 6H110L100 16H110", "#3b88c3", 4.5))
    name = "cat" if cat else "dog"
    return done(
        rng, paint, parts, colour, [f"sleeping {name}", f"{name} sleeping", f"{name} lying down", name], words
    )


@thing(1.0)
def running_cat(rng, paint):
    """A cat, cheetah or tiger that runs or jumps."""
    kind = rng.choice(["cat", "cat", "cheetah", "tiger"])
    colour, words = (
        free(rng, paint, CATS) if kind == "cat" else ({"cheetah": "#eab84f", "tiger": "#f28c28"}[kind], [])
    )
    c, far = tones(paint, colour)
    body = path("M30 52Q58 40 96 52Q112 58 108 78Q92 88 66 78Q44 82 34 76Z", c)
    marks = []
    if kind == "cheetah":
        marks = [circle(x, y, 3.3, INK) for y in (54, 65, 76) for x in range(46 + y % 2 * 5, 108, 10)]
    if kind == "tiger":
        marks = [polygon([(x - 4, 44), (x + 4, 44), (x, 68)], INK) for x in (54, 66, 78, 90, 101)]
    parts = [
        limb("M104 60Q118 56 122 36", c, 9),
        limb("M40 70L22 84L6 86M98 72L112 88L122 92", far, 10),
        body,
        clipped(paint, body, *marks),
    ]
    parts += [
        limb("M46 74L30 94L14 100M96 74L100 92L116 106", c, 11),
        cat_head(rng, paint, colour, 30, 48, 21, "point" if kind == "cat" else "round"),
    ]
    if kind == "tiger":
        parts.append(limb("M30 30V37M22 32L24 37M38 32L36 37", INK, 4))
    return done(rng, paint, parts, colour, [f"running {kind}", f"{kind} running", f"jumping {kind}", kind], words)


@thing(0.9)
def flat_nosed_dog(rng, paint):
    """A bulldog or pug, standing."""
    pug = rng.random() < 0.5
    colour = rng.choice(["#e3c08a", "#d9b37a"]) if pug else rng.choice(["#a9907a", "#c99a6a", "#8a8f96"])
    c, far = tones(paint, colour)
    mask = "#3a3230" if pug else paint.light(colour, 0.5)
    parts = [
        limb("M108 58q10 -8 10 2q-2 6 -8 4", far, 6),
        legs((58, 88), 80, 112, 13, far),
        rect(34, 52, 76, 40, c, 19),
        legs((46, 100), 80, 116, 15, c),
        circle(40, 50, 31, c),
    ]
    ears = [
        path("M14 24Q2 32 8 48L24 34Z", mask if pug else far),
        path("M58 22Q76 26 70 46L54 34Z", mask if pug else far),
    ]
    parts += [
        *ears,
        ellipse(32, 62, 23, 16, mask),
        ellipse(32, 54, 7, 5, INK),
        circle(22, 43, 6, "#ffffff"),
        circle(46, 43, 6, "#ffffff"),
        circle(22, 44, 4, INK),
        circle(46, 44, 4, INK),
    ]
    parts += [
        limb("M32 58V64Q24 72 16 68M32 64Q40 72 48 68", "#8a7a70" if pug else INK, 3.2),
        rect(28, 68, 8, 10, "#ec6a7c", 4) if pug else "",
        limb("M18 82Q38 92 62 78", rng.choice(["#e53935", "#1e88e5"]), 6.5),
    ]
    return done(
        rng,
        paint,
        parts,
        colour,
        ["pug", "dog with a flat face", "dog"] if pug else ["bulldog", "english bulldog", "dog"],
    )


@thing(1.0)
def horse_head(rng, paint):
    """The head and neck of a horse, unicorn or zebra from the side."""
    kind = rng.choice(["horse", "horse", "unicorn", "zebra"])
    colour, words = free(rng, paint, COATS) if kind == "horse" else ("#f6f4fa", [])
    c, far = tones(paint, colour)
    mane = {"unicorn": paint.colour("pink", "purple", "blue")[1], "zebra": INK}.get(kind, shade(paint, colour, 0.5))
    neck = path("M44 122Q56 92 48 78L34 84Q24 98 12 90Q2 84 8 70L34 30Q44 14 66 14Q104 20 114 122Z", c)
    parts = [
        limb("M66 14Q108 20 116 118", mane, 17),
        polygon(
            [
                (54, 24),
                (
                    58,
                    -2 + 4,
                ),
                (72, 22),
            ],
            far,
        ),
        neck,
    ]
    if kind == "zebra":
        parts.append(
            clipped(
                paint,
                neck,
                limb(
                    "M70 30L118 20M62 50L120 44M58 72L120 68M56 92L120 92M52 112L120 116M40 20L50 40M26 36L42 54",
                    INK,
                    6.5,
                ),
                circle(12, 84, 15, INK),
            )
        )
    parts += [
        limb("M64 18Q60 32 54 34M72 20Q72 36 66 42", mane, 8),
        eye(42, 46, colour, 5),
        circle(16, 80, 3.5, "#ffffff" if kind == "zebra" else shade(paint, colour, 0.6)),
    ]
    if kind == "unicorn":
        parts.append(polygon([(40, 26), (22, 0), (54, 18)], "#f4b93a"))
    return done(
        rng,
        paint,
        parts,
        colour,
        [f"{kind} head", f"{kind} face", f"head of a {kind}", f"{kind} head in profile", kind],
        words,
    )


@thing(1.0)
def big_face(rng, paint):
    """The face of an elephant, giraffe, hippo, raccoon or sloth from the front."""
    name = rng.choice(["elephant", "giraffe", "raccoon", "sloth", "gorilla"])
    colour = {
        "elephant": "#8d99a3",
        "giraffe": "#f2c35a",
        "raccoon": "#8d949c",
        "sloth": "#a08a70",
        "gorilla": "#3b3e44",
    }[name]
    c, far = tones(paint, colour)
    if name == "elephant":
        parts = [
            mirrored(path("M44 24Q-2 8 6 56Q12 92 42 82Z", far), ellipse(24, 54, 11, 20, "#e0b5bd")),
            path("M34 46Q34 12 64 12Q94 12 94 46Q94 76 76 82V112Q64 124 52 112V82Q34 76 34 46Z", c),
            mirrored(eye(48, 52, colour, 5.5), limb("M44 84Q42 100 32 104", "#fbf7ea", 8)),
            limb("M57 92H71M57 104H71", far, 4),
        ]
    elif name == "giraffe":
        parts = [
            mirrored(
                limb("M50 30L46 10", c, 8),
                circle(45, 9, 7, "#8a4b20"),
                ellipse(22, 40, 18, 9, far),
                ellipse(44, 54, 8, 12, "#a9622a"),
            ),
            path("M34 36Q64 20 94 36Q96 64 86 84Q94 118 64 120Q34 118 42 84Q32 64 34 36Z", c),
            circle(64, 36, 9, "#a9622a"),
            ellipse(64, 100, 27, 20, "#fbe6b8"),
            mirrored(eye(44, 58, colour, 6), ellipse(54, 94, 4, 5, "#8a5a33")),
        ]
    elif name == "raccoon":
        parts = [*face(rng, paint, colour, "point", "#f2f2f0", "#4a5058")]
        parts.insert(
            2, mirrored(path("M12 74Q34 44 60 58L56 82Q30 92 12 74Z", "#2f3238"), circle(44, 63, 9.5, "#ffffff"))
        )
    elif name == "sloth":
        parts = [
            ellipse(64, 66, 54, 50, c),
            ellipse(64, 72, 42, 36, "#f0e2c8"),
            mirrored(
                ellipse(38, 68, 17, 9, "#6b4f38", ' transform="rotate(-18 38 68)"'), eye(44, 65, "#333333", 4.5)
            ),
            ellipse(64, 78, 11, 8, INK),
            limb("M46 92Q64 102 82 92", INK, 3.5),
        ]
    else:
        parts = [
            mirrored(circle(16, 66, 12, "#6b625c")),
            path("M64 6Q108 10 110 70Q104 120 64 120Q24 120 18 70Q20 10 64 6Z", c),
            mirrored(ellipse(46, 56, 20, 17, "#8a8078"), circle(46, 58, 6, INK)),
            ellipse(64, 92, 36, 24, "#8a8078"),
            mirrored(ellipse(57, 80, 5, 4, INK)),
            limb("M46 100Q64 108 82 100", INK, 4),
            limb("M30 42Q64 34 98 42", INK, 6),
        ]
    return front(rng, paint, parts, colour, name)


@thing(0.8)
def wild_cattle(rng, paint):
    """A bison or a water buffalo."""
    colour = rng.choice(["#7a4a2e", "#6b4230"])
    c, far = tones(paint, colour)
    fur = shade(paint, colour, 0.4)
    parts = [
        limb("M116 58Q124 66 120 88", far, 5.5),
        legs((62, 96), 80, 114, 10, far),
        path("M28 70Q30 22 60 22Q84 24 98 44Q120 46 118 74Q112 86 96 84H44Z", c),
        legs((52, 106), 78, 117, 12, c),
        path("M24 74Q30 24 60 24Q76 32 72 62Q66 96 46 96Q30 94 24 74Z", fur),
    ]
    head = [
        limb("M14 50Q4 42 10 30M38 46Q50 42 46 28", "#e8dcc0", 7),
        path("M10 50Q26 38 42 50Q46 78 32 92Q28 108 24 92Q8 82 10 50Z", shade(paint, colour, 0.55)),
        ellipse(24, 82, 11, 9, "#4a3a34"),
        eye(17, 60, "#333333", 3.4),
        eye(33, 60, "#333333", 3.4),
    ]
    return done(
        rng, paint, [*parts, tilt(rng, 36, 60, head, 5)], colour, from_side("bison", "buffalo", "american bison")
    )


@thing(0.8)
def boar(rng, paint):
    """A wild boar with tusks."""
    colour = rng.choice(["#6b5040", "#5a4638", "#7a5c48"])
    c, far = tones(paint, colour)
    parts = [
        limb("M114 62L122 78", far, 5),
        legs((60, 92), 84, 110, 10, far),
        path("M30 70Q38 36 70 38Q114 42 114 74Q110 96 90 94H50Q34 92 30 70Z", c),
        limb("M40 46L50 36M54 40L62 30M68 38L78 30M82 40L92 34", far, 7),
        legs((52, 102), 84, 114, 12, c),
    ]
    parts += [
        polygon([(40, 46), (48, 24), (60, 46)], far),
        path("M54 48Q34 44 24 62L6 74Q4 90 14 92Q36 94 52 88Z", c),
        ellipse(9, 82, 7, 10, PINK),
        path("M18 84Q12 72 20 66Q22 76 28 82Z", "#ffffff"),
        eye(32, 64, colour, 3.8),
    ]
    return done(rng, paint, parts, colour, from_side("boar", "wild boar", "wild pig", "warthog"))


@thing(0.8)
def badger(rng, paint):
    """A badger: grey with a striped head."""
    c, _far = tones(paint, "#7f868e")
    parts = [
        limb("M110 84L124 92", "#9aa1a8", 11),
        legs((56, 92), 92, 112, 14, INK),
        path("M20 84Q36 48 76 52Q116 58 114 88Q112 104 94 104H44Q24 102 20 84Z", c),
        legs((42, 102), 94, 116, 15, INK),
    ]
    parts += [
        circle(46, 56, 8, INK),
        path("M52 54Q30 46 20 66L4 84Q6 96 22 96Q46 96 54 84Z", "#f5f5f2"),
        path("M54 58Q36 56 28 68L12 84L22 88Q44 84 54 78Z", INK),
        circle(33, 72, 4, "#ffffff"),
        circle(33, 72, 2.3, INK),
        circle(7, 87, 6, INK),
    ]
    return done(rng, paint, parts, "#7f868e", from_side("badger", "badger with a striped head"))


@thing(0.8)
def anteater(rng, paint):
    """An anteater or an armadillo."""
    if rng.random() < 0.5:
        colour = rng.choice(["#a8907a", "#9a8a84"])
        c, far = tones(paint, colour)
        shell = path("M24 92Q26 38 72 38Q114 42 116 92Z", c)
        parts = [
            limb("M112 86L125 104", far, 9),
            legs((46, 94), 86, 112, 13, far),
            limb("M30 76L8 92", paint.light(colour, 0.2), 16),
            polygon([(26, 68), (28, 46), (42, 66)], far),
            shell,
            clipped(paint, shell, *(limb(f"M{x} 30Q{x - 6} 66 {x} 96", far, 4.5) for x in (48, 60, 72, 84, 96))),
            eye(20, 78, colour, 3.4),
            circle(5, 94, 4, INK),
        ]
        return done(rng, paint, parts, colour, from_side("armadillo", "armadillo with armor"))
    colour = rng.choice(["#7a6a5c", "#6f6a68"])
    c, far = tones(paint, colour)
    parts = [
        path("M86 60Q124 44 126 104Q108 112 86 84Z", far),
        legs((52, 84), 84, 112, 12, far),
        path("M4 92Q22 66 40 58Q70 44 94 62Q102 80 94 92H42Q36 80 30 80Q16 86 6 96Z", c),
        path("M34 66L64 54L60 90Q48 84 34 66Z", INK),
        legs((42, 92), 84, 116, 13, c),
        ellipse(38, 60, 6, 5, far),
        eye(26, 76, colour, 3),
        limb("M5 94L2 108", "#e8707a", 3.5),
    ]
    return done(rng, paint, parts, colour, from_side("anteater", "giant anteater"))


@thing(0.8)
def mole(rng, paint):
    """A mole that comes out of its hill, or a meerkat that stands."""
    if rng.random() < 0.5:
        c, far = tones(paint, "#54504f")
        parts = [
            path("M30 108Q26 34 64 34Q102 34 98 108Z", c),
            mirrored(ellipse(30, 84, 14, 10, PINK), limb("M22 78L16 72M20 86H12M24 92L17 98", PINK, 5)),
            ellipse(64, 62, 14, 11, PINK),
            mirrored(circle(48, 52, 4.5, "#ffffff"), circle(48, 52, 2.8, INK)),
            rect(58, 76, 12, 12, "#ffffff", 2),
            limb("M52 76Q64 82 76 76", INK, 3),
            path("M4 122Q24 94 44 98Q64 88 84 98Q106 94 124 122Z", "#7a4a2e"),
        ]
        return done(
            rng,
            paint,
            parts,
            "#54504f",
            ["mole", "mole coming out of its hole", "mole in the ground", "mole digging"],
        )
    colour = rng.choice(["#c9a070", "#b89468"])
    c, far = tones(paint, colour)
    parts = [
        limb("M74 108Q96 116 112 108", far, 8),
        path("M44 48Q66 42 78 76Q88 104 76 120H46Q40 84 44 48Z", c),
        path("M46 56Q60 70 56 108Q46 108 44 90Z", "#f0e2c8"),
        limb("M58 68L42 84", far, 9),
        circle(60, 26, 7, INK),
        ellipse(48, 30, 23, 20, c),
        path("M38 26L14 36Q16 46 40 44Z", paint.light(colour, 0.3)),
        ellipse(42, 27, 8, 7, INK),
        circle(42, 27, 3.5, "#ffffff"),
        circle(15, 38, 5, INK),
        ellipse(48, 118, 12, 5, far),
        ellipse(70, 119, 12, 5, far),
    ]
    return done(rng, paint, parts, colour, ["meerkat", "standing meerkat", "prairie dog", "meerkat from the side"])


@thing(0.9)
def wading_bird(rng, paint):
    """A stork with its red beak, a heron or a pelican."""
    kind = rng.choice(["stork", "heron", "pelican"])
    colour = "#94a5b8" if kind == "heron" else "#f7f6f2"
    c, far = tones(paint, colour)
    beak = {"stork": "#e8452a", "heron": "#f4b02a", "pelican": "#f4a02a"}[kind]
    if kind == "pelican":
        parts = [
            limb("M66 100V118H54M82 100V118H70", "#f4900c", 7),
            path("M38 78Q60 54 92 64L124 70Q116 104 76 106Q40 104 38 78Z", c),
            path("M66 80Q94 66 120 78Q98 100 74 94Z", far),
            limb("M52 84Q34 66 50 44Q54 34 48 28", c, 14),
            circle(46, 24, 14, c),
            path("M44 18L2 44Q14 70 38 56Q50 46 44 26Z", beak),
            eye(44, 18, "#ffffff", 3.6),
        ]
        return done(
            rng, paint, parts, colour, ["pelican", "pelican from the side", "bird with a big beak", "sea bird"]
        )
    leg = beak if kind == "stork" else "#8a7a55"
    parts = [
        limb("M62 84V120H52M76 84V120H66", leg, 5.5),
        path("M40 62Q60 44 86 54L124 78Q104 94 72 92Q44 90 40 62Z", c),
        path("M64 64Q90 56 124 80Q96 94 76 84Z", "#2f3238" if kind == "stork" else far),
        limb("M52 66Q36 48 44 26", c, 11),
        circle(42, 21, 12, c),
        polygon([(36, 12), (36, 28), (2, 34)], beak),
        eye(40, 18, "#ffffff", 3.4),
    ]
    parts += [limb("M46 14Q58 14 66 22", INK, 4.5)] if kind == "heron" else []
    return done(
        rng,
        paint,
        parts,
        colour,
        from_side(kind, "bird with long legs", "crane" if kind == "heron" else "white stork"),
    )


@thing(0.9)
def seagull(rng, paint):
    """A seagull, standing or flying."""
    c, _far = tones(paint, "#f7f7f7")
    wing = "#97a5b3"
    if rng.random() < 0.5:
        parts = [
            path("M58 66Q40 40 4 34Q22 62 52 78Z", wing),
            path("M74 64Q92 30 124 26Q110 60 84 78Z", wing),
            polygon([(4, 34), (26, 40), (22, 52)], INK),
            polygon([(124, 26), (104, 36), (112, 46)], INK),
            ellipse(66, 74, 28, 15, c),
            circle(40, 70, 13, c),
            polygon([(30, 66), (14, 74), (30, 76)], "#f4a02a"),
            polygon([(86, 72), (110, 84), (86, 84)], c),
            eye(37, 67, "#ffffff", 3.2),
        ]
        return done(
            rng, paint, parts, "#ffffff", ["flying seagull", "seagull flying", "seagull", "gull", "white bird flying"]
        )
    parts = songbird(rng, paint, "#f7f7f7", None, "#f4a02a")
    parts[-2] = path("M50 56Q82 48 122 78Q86 98 60 84Q46 72 50 56Z", wing) + polygon(
        [(104, 68), (124, 78), (102, 86)], INK
    )
    return done(rng, paint, parts, "#ffffff", from_side("seagull", "gull", "sea bird"))


@thing(0.9)
def hummingbird(rng, paint):
    """A hummingbird or kingfisher, or a woodpecker on a trunk."""
    kind = rng.choice(["hummingbird", "woodpecker", "kingfisher"])
    if kind == "woodpecker":
        c = coat(paint, "#2f3238")
        parts = [
            rect(4, 2, 26, 124, "#8a5a33", 4),
            path("M54 36Q88 44 86 84L98 122L72 106Q48 90 48 60Z", c),
            path("M50 54Q46 80 64 100Q58 76 62 52Z", "#f5f1e6"),
            limb("M72 66L84 90M64 76L76 98", "#f5f1e6", 4.5),
            limb("M54 78L32 84M58 92L34 100", "#8a8078", 6),
            circle(62, 34, 19, c),
            path("M46 26Q54 2 88 14Q82 30 66 26Z", "#e0322a"),
            polygon([(46, 28), (22, 36), (46, 42)], "#6b7178"),
            limb("M52 42L72 48", "#f5f1e6", 6),
            eye(56, 33, "#333333", 3.4),
        ]
        return done(
            rng,
            paint,
            parts,
            "#333333",
            ["woodpecker", "woodpecker on a tree", "bird with a red head", "bird on a trunk"],
        )
    if kind == "kingfisher":
        parts = songbird(rng, paint, "#1f8fd0", "#f2872e", "#3a3f45")
        parts[1] = polygon([(24, 30), (-8 + 8, 46), (24, 48)], "#3a3f45")
        return done(rng, paint, parts, "#1f8fd0", ["kingfisher", "blue and orange bird", "bird with a long beak"])
    colour = rng.choice(["#2fa87a", "#3aa05a", "#1f9aa8"])
    c, far = tones(paint, colour)
    parts = [
        limb("M34 46L2 34", INK, 4.5),
        path("M66 52Q72 14 122 4Q116 46 84 66Z", far),
        path("M84 78L120 118L100 122L72 94Z", far),
        path("M26 48Q28 30 48 32Q64 36 72 54Q98 74 90 94Q62 98 46 74Q38 62 26 48Z", c),
        path("M30 52Q46 52 52 64Q50 72 48 76Q36 66 30 52Z", rng.choice(["#e0457a", "#d8352a", "#9a45c0"])),
        path("M56 58Q44 24 66 2Q92 32 80 68Z", paint.light(colour, 0.25)),
        eye(40, 42, colour, 4),
    ]
    return done(
        rng,
        paint,
        parts,
        colour,
        ["hummingbird", "hummingbird flying", "bird with a long beak", "small green bird"],
        turn=8,
    )


@thing(0.9)
def ray_or_eel(rng, paint):
    """A manta ray from above, or an eel, or a swordfish."""
    kind = rng.choice(["ray", "swordfish"])
    colour = rng.choice(["#4f7fa8", "#6f8596", "#3f6f9a"])
    c, far = tones(paint, colour)
    if kind == "ray":
        parts = [
            limb("M64 90Q74 108 64 124", far, 5.5),
            mirrored(limb("M54 26Q46 14 52 8", c, 8)),
            path("M64 22Q84 22 96 44Q116 52 124 76Q94 76 64 100Q34 76 4 76Q12 52 32 44Q44 22 64 22Z", c),
            mirrored(
                eye(52, 36, "#333333", 3.6),
                circle(40, 62, 4.5, paint.light(colour, 0.5)),
                circle(54, 74, 4, paint.light(colour, 0.5)),
            ),
        ]
        return done(rng, paint, parts, colour, ["stingray", "manta ray", "ray", "ray from above"], turn=14)
    parts = [
        path("M98 62L124 34Q116 64 124 94Z", far),
        path("M48 44Q56 20 76 14Q72 34 92 48Z", far),
        polygon([(2, 62), (44, 54), (44, 70)], far),
        path("M32 62Q50 38 74 44L108 62Q84 88 58 84Q40 80 32 62Z", c),
        path("M38 70Q70 78 104 66Q84 88 58 84Q44 80 38 70Z", "#eef3f6"),
        path("M58 72L66 100L76 78Z", far),
        eye(46, 60, "#333333", 4),
    ]
    return done(rng, paint, parts, colour, ["swordfish", "marlin", "fish with a long nose", "fish"])


@thing(0.9)
def fly(rng, paint):
    """A fly or mosquito."""
    if rng.random() < 0.5:
        c = coat(paint, "#4a4f58")
        wing = path("M56 56Q20 60 10 104Q36 112 58 72Z", "#b9d3e3")
        parts = [
            mirrored(limb("M54 56L30 46L22 34M52 64L18 66M54 80L36 104L38 120", INK, 5)),
            ellipse(64, 86, 22, 30, c),
            mirrored(wing),
            circle(64, 54, 18, c),
            mirrored(circle(50, 32, 13, "#c9352a")),
            circle(64, 34, 11, INK),
        ]
        return done(rng, paint, parts, "#4a4f58", ["fly", "housefly", "fly from above", "insect"], turn=20)
    parts = [
        limb("M50 62L30 86L24 116M58 66L54 92L60 120M66 66L82 88L84 116", INK, 4.5),
        limb("M32 52L6 88", INK, 4),
        ellipse(72, 30, 12, 28, "#b9d3e3", ' transform="rotate(28 72 30)"'),
        ellipse(92, 42, 11, 26, "#cfe3f0", ' transform="rotate(58 92 42)"'),
        limb("M62 62L112 86", "#6b6f78", 15),
        limb("M80 64L76 76M94 71L90 83", INK, 5),
        circle(56, 56, 17, "#565a64"),
        circle(36, 48, 13, "#454852"),
        circle(31, 46, 6, "#e0402f"),
        limb("M30 38L16 24", INK, 4),
    ]
    return done(rng, paint, parts, "#565a64", ["mosquito", "mosquito from the side", "insect", "gnat"])


@thing(0.9)
def grasshopper(rng, paint):
    """A grasshopper, cricket or praying mantis."""
    colour = rng.choice(["#6fa83a", "#7cb342", "#8a9a3a", "#5c913b"])
    c, far = tones(paint, colour)
    if rng.random() < 0.35:
        parts = [
            limb("M66 74L56 100L46 118M78 82L80 104L72 120M90 88L104 104L112 120", far, 5.5),
            path("M56 50Q70 50 122 96Q120 106 104 102Q70 90 56 66Z", c),
            limb("M58 64Q44 48 38 34", c, 11),
            limb("M46 52L22 66L18 40M50 58L32 80L26 56", far, 7),
            polygon([(16, 18), (52, 12), (38, 38)], c),
            circle(18, 18, 6.5, INK),
            circle(50, 14, 6.5, INK),
            limb("M30 14L22 0M38 12L44 0", far, 3.5),
        ]
        return done(rng, paint, parts, colour, ["praying mantis", "mantis", "green insect"])
    parts = [
        limb("M18 46Q10 26 24 12M26 44Q28 24 44 16", far, 4),
        limb("M42 82L34 108M56 84L52 110", far, 6),
        path("M14 62Q26 48 50 56L122 76Q112 92 76 90Q40 92 22 82Z", c),
        path("M46 56Q80 52 124 74Q84 82 52 74Z", far),
        limb("M72 84L98 36L114 112", c, 9),
        ellipse(24, 60, 17, 17, c),
        eye(19, 56, colour, 4.5),
        limb("M12 70Q18 74 24 70", INK, 2.8),
    ]
    return done(rng, paint, parts, colour, ["grasshopper", "cricket", "locust", "grasshopper from the side"])


@thing(0.9)
def shellfish(rng, paint):
    """A clam with a pearl, a scallop shell or a spiral shell: sea shells."""
    word, colour = paint.colour("pink", "orange", "purple", "white", "brown")
    c, far = tones(paint, colour)
    if rng.random() < 0.5:
        fan = path(
            "M64 116Q50 112 46 104Q2 84 8 46Q18 38 26 40Q30 18 46 22Q54 8 64 12Q74 8 82 22Q98 18 102 40Q110 38 120 46Q126 84 82 104Q78 112 64 116Z",
            c,
        )
        parts = [fan, limb("M64 100V24M56 98L38 36M72 98L90 36M50 94L20 56M78 94L108 56", far, 5.5)]
        return done(rng, paint, parts, colour, ["sea shell", "scallop", "seashell", "shell"], [word], turn=12)
    parts = [
        path("M8 70Q12 12 64 10Q116 12 120 70Q92 58 64 66Q36 58 8 70Z", c),
        limb("M64 56V20M42 54L30 28M86 54L98 28", far, 5),
        ellipse(64, 80, 54, 22, "#f4c9d0"),
        path("M8 78Q36 96 64 88Q92 96 120 78Q116 116 64 118Q12 116 8 78Z", far),
    ]
    parts.append(circle(64, 78, 13, "#fdfdfb", ' stroke="#b5bcc5" stroke-width="3"'))
    return done(
        rng,
        paint,
        parts,
        colour,
        ["clam", "oyster with a pearl", "clam with a pearl", "open shell", "mussel"],
        [word],
    )
