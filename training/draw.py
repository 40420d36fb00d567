"""Draw the pictures of the package `drawings`: furniture, clothes, instruments, people, scenes, animals and more.

    python training/draw.py --work DIR --count 34000    # writes DIR/drawings.jsonl, which render.mjs renders
    python training/draw.py --work DIR --sheet OUT.png --module things --count 48    # a sheet to look at

The same seed gives the same drawings.
"""

import argparse
import importlib
import json
import random
import re
import subprocess
from pathlib import Path

from PIL import Image, ImageDraw

from drawings import MODULES, THINGS, Paint

COLUMNS = 8
RENDER = """
const fs = require('fs'), { Resvg } = require('@resvg/resvg-js'), [file, size] = process.argv.slice(1);
fs.readFileSync(file, 'utf8').trim().split('\\n').forEach((line, i) => {
  const image = new Resvg(JSON.parse(line).svg, { fitTo: { mode: 'width', value: +size } }).render();
  fs.writeFileSync(`${file}.${i}.png`, image.asPng());
});
"""


def drawn(rng, function):
    """-> a record with the whole SVG, its names and colours, and whether it is shaded."""
    paint = Paint(rng, rng.random() < 0.5)
    drawing = function(rng, paint)
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128">'
        f"<defs>{''.join(paint.definitions)}</defs>{drawing.body}</svg>"
    )
    names = [re.sub(r"\ba orange\b", "an orange", name) for name in drawing.names]
    return {"svg": svg, "names": names, "colours": drawing.colours, "shaded": paint.shaded}


def load(modules=MODULES):
    """Import modules of drawings, which fills THINGS."""
    for module in modules:
        importlib.import_module(f"drawings.{module}")


def records(count, seed=0):
    """About `count` drawings of all kinds by their weights, always the same for one seed."""
    kinds = sorted(THINGS.items())
    total = sum(weight for _, (_, weight) in kinds)
    for name, (function, weight) in kinds:
        for index in range(round(count * weight / total)):
            yield {"kind": name, **drawn(random.Random(f"{seed} {name} {index}"), function)}


def sheet(out, module, count, size, work, seed):
    """Render a contact sheet of the drawings of a module in turn, each with its colour and first name."""
    rng = random.Random(seed)
    functions = [THINGS[name][0] for name in sorted(THINGS) if name.startswith(f"{module}.")]
    rows = [drawn(random.Random(rng.random()), functions[i % len(functions)]) for i in range(count)]
    source = out.with_suffix(".jsonl").resolve()
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    subprocess.run(["node", "-e", RENDER, str(source), str(size)], check=True, cwd=work)
    cell = max(size, 96)
    page = Image.new("RGB", (COLUMNS * (cell + 8), -(-count // COLUMNS) * (cell + 22)), "white")
    pen = ImageDraw.Draw(page)
    for i, row in enumerate(rows):
        file = Path(f"{source}.{i}.png")
        picture = Image.open(file).convert("RGBA").resize((cell, cell), Image.BICUBIC)
        file.unlink()
        x, y = i % COLUMNS * (cell + 8) + 4, i // COLUMNS * (cell + 22) + 2
        page.paste(picture, (x, y), picture)
        pen.text((x, y + cell + 2), " ".join([*row["colours"][:1], row["names"][0]])[:17], "black")
    source.unlink()
    page.save(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "work")
    parser.add_argument("--count", type=int, default=34000)
    parser.add_argument("--sheet", type=Path, help="write a contact sheet there instead")
    parser.add_argument("--module", choices=MODULES, default=MODULES[0], help="of the contact sheet")
    parser.add_argument("--size", type=int, default=64, help="of a picture on the contact sheet, in pixels")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if args.sheet:
        load([args.module])
        sheet(args.sheet, args.module, args.count, args.size, args.work, args.seed)
        return
    load()
    with (args.work / "drawings.jsonl").open("w") as file:
        for record in records(args.count, args.seed):
            file.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
