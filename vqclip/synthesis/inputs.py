"""What a run is given to look at and to begin with beside its prompts: pictures, masks and colours, as arrays."""

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
    """The pictures of a run; None, or nothing, where its settings name none.

    picture: the start, (H, W, 3) uint8; a fourth channel is its opacity over what settings.init draws.
    mask: (H, W) float32, 1 where the picture may change and 0 where it is kept to the bit. regions: masks like it,
    by file, for prompts that name one. latent: (1, D, h, w) float32, the start in the place of a picture, a candidate
    or settings.init. target: the picture to grow towards, like picture. overlay: laid over the drawing after
    settings.overlay_steps. palette: for the loss of that name.
    """

    picture: np.ndarray | None = None
    mask: np.ndarray | None = None
    regions: Mapping[str, np.ndarray] = field(default_factory=dict)
    latent: Tensor | None = None
    target: np.ndarray | None = None
    overlay: Layer | None = None
    palette: Sequence[RGB] = ()
