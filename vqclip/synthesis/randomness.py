"""A generator of random numbers for each purpose and step, derived from the seed of the run.

No step depends on the random numbers of another. So a resumed run draws the same ones as an unbroken run, and saving
or showing pictures changes nothing.
"""

from __future__ import annotations

import numpy as np
import torch

START_STREAM, STEP_STREAM, ROLL_STREAM, TILE_STREAM, SCENE_STREAM, NOISE_STREAM = 0, 1, 3, 4, 5, 6
"""The purposes: initial latent; cutouts and their noise; shift of a seamless picture; tile; candidates of later
scenes; noise of the latent. 2 is not used any more. The numbers stay as they are: others would change the picture of
every seed."""


def step_seed(seed: int, stream: int, stage: int, step: int) -> int:
    """The seed of the random numbers of one purpose in one step."""
    words = np.random.SeedSequence([seed, stream, stage, step]).generate_state(2, np.uint32)
    return int(words[0]) << 31 | int(words[1]) >> 1


def make_generator(
    seed: int, stream: int, stage: int = 0, step: int = 0, device: torch.device | None = None
) -> torch.Generator:
    """The generator of one purpose in one step.

    Args:
        seed: Of the run.
        stream: The purpose, one of the streams above.
        stage, step: The index of the stage, of a later scene its number, and the steps done.
        device: The CPU without one.
    """
    return torch.Generator(device or "cpu").manual_seed(step_seed(seed, stream, stage, step))
