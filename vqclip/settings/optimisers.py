"""The optimisers by name, each a class of a library. A new one is a row here.

They keep the defaults of their libraries except for what a row says. A library is imported when a run needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Kind:
    """One optimiser. library: the module that its class is in, or none for our own. known: its settings."""

    library: str
    name: str
    known: Mapping[str, float] = field(default_factory=dict)


_TORCH, _EXTRA = "torch.optim", "pytorch_optimizer"
OPTIMISERS: Mapping[str, Kind] = {
    "adam": Kind("", "Adam"),
    "adamw": Kind("", "Adam", {"decay": 0.01}),
    "adamax": Kind(_TORCH, "Adamax"),
    "adagrad": Kind(_TORCH, "Adagrad"),
    "radam": Kind(_TORCH, "RAdam"),
    "nadam": Kind(_TORCH, "NAdam"),
    "rmsprop": Kind(_TORCH, "RMSprop"),
    "sgd": Kind(_TORCH, "SGD", {"momentum": 0.9}),
    "diffgrad": Kind(_EXTRA, "DiffGrad"),
    "adamp": Kind(_EXTRA, "AdamP"),
}
"""Every optimiser by its name."""
