"""The pictures, masks and colours that a run starts from or uses beside its prompts, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vqclip.settings.colours import RGB

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from vqclip.synthesis.overlays import Layer


@dataclass(frozen=True)
class InitInputs:
    """The pictures of a run; None or empty where its settings name none.

    Attributes:
        picture: The init picture, (H, W, 3) uint8. A fourth channel is its opacity over what `settings.init` draws.
        mask: (H, W) float32, 1 where the picture may change and 0 where it is kept to the bit.
        regions: Masks like it, by file, for prompts that name one.
        latent: (1, D, h, w) float32, to start from instead of a picture, a candidate or `settings.init`.
        latent_size: Width and height of its picture, where they are no whole tokens.
        target: The picture of the target losses, like `picture`.
        overlay: Drawn over the picture after the steps in `settings.overlay_steps`.
        palette: For the loss of that name.
    """

    picture: np.ndarray | None = None
    mask: np.ndarray | None = None
    regions: Mapping[str, np.ndarray] = field(default_factory=dict)
    latent: Tensor | None = None
    latent_size: tuple[int, int] | None = None
    target: np.ndarray | None = None
    overlay: Layer | None = None
    palette: Sequence[RGB] = ()
