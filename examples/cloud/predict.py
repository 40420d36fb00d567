"""The predictor of cog.yaml: a prompt in, a picture out. The models stay loaded between requests."""

from __future__ import annotations

import tempfile

from cog import BasePredictor, Input, Path

import vqclip

FOLDER = f"{tempfile.gettempdir()}/vqclip"


class Predictor(BasePredictor):
    """vqclip with its built-in models."""

    def setup(self) -> None:
        """Load the models by drawing a picture of one step."""
        self.predict("a red apple", "64x64", 1, 1)

    def predict(
        self,
        prompt: str = Input(description="What to draw"),
        size: str = Input(description="Width and height in pixels", default="256x256"),
        iterations: int = Input(description="Optimisation steps", default=60),
        seed: int = Input(description="The same seed and settings draw the same picture", default=1),
    ) -> Path:
        """Draw a prompt."""
        settings = {"size": size, "iterations": iterations, "seed": seed, "save_every": 0, "video": False}
        return Path(vqclip.draw(prompt, output=FOLDER, overwrite=True, progress=False, **settings).path)
