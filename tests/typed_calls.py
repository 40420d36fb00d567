"""Calls of the Python interface for mypy: a line that it has to refuse ends in its error code."""

from pathlib import Path
from typing import assert_type

import numpy as np
from PIL import Image

import vqclip

array = np.zeros((8, 8, 3), dtype=np.uint8)
result = vqclip.draw("a red apple", seed=7, iterations=10, size="64x64", cut_method="smart", video=False)
assert_type(result, vqclip.Result)
assert_type(result.score, float | None)
assert_type(result.path, Path)
vqclip.draw("a", seed="rainbow", learning_rate=1, zoom=1.02, clip=["tiny"], loss="tv:0.1", threads=None)
vqclip.draw("a", init_image=array, mask=Image.new("L", (8, 8)), palette=Path("p.png"), overlay_image="o.png")
vqclip.draw("a", image_prompt=[array, "look.png:0.5", (Image.new("L", (8, 8)), 0.5)], progress=False)
for event in vqclip.generate("a", output="run", style=Path("mine.yaml"), stages=0):
    print(event)
vqclip.rerun("run", output=Path("again"), seed=8)
vqclip.continue_run("samples", "a tree", pick=8)

vqclip.draw("a", iteratons=10)  # call-arg
vqclip.draw("a", iterations="10")  # arg-type
vqclip.draw("a", cut_method="clever")  # arg-type
vqclip.draw("a", video="yes")  # arg-type
vqclip.draw("a", init_image=7)  # arg-type
vqclip.draw("a", clip=7)  # arg-type
vqclip.generate("a", prompt="b")  # misc
vqclip.generate("a", sizes="64x64")  # call-arg
vqclip.rerun("run", image_prompt=[3])  # list-item
vqclip.continue_run("samples", pick="best")  # arg-type
vqclip.draw()  # call-arg
print(result.picture)  # attr-defined
