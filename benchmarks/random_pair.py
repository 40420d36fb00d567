"""The field's usual pair at its full size, with random weights, in the files that its makers publish.

Speed and memory do not depend on the weights; gradients and pictures do.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import open_clip
import torch
import yaml
from open_clip.model import CLIP
from safetensors.torch import save_file
from taming.modules.diffusionmodules.model import Decoder, Encoder
from torch import nn

from vqclip.models import catalogue
from vqclip.runtime.devices import find_dtype

CLIP_NETWORK = "ViT-B-32-quickgelu"


@dataclass(frozen=True)
class Pair:
    """The files of a VQGAN and a CLIP.

    checkpoint: a Lightning .ckpt, without the losses that nothing here reads. config: its YAML. clip: the weights as
    open_clip publishes them. archive: the same ones as OpenAI does, a TorchScript archive in float16. network:
    open_clip's name for that CLIP.
    """

    checkpoint: Path
    config: Path
    clip: Path
    archive: Path
    network: str

    @staticmethod
    def within(folder: Path, network: str = CLIP_NETWORK) -> Pair:
        """Where the files are in a folder."""
        return Pair(
            folder / "vqgan.ckpt", folder / "vqgan.yaml", folder / "clip.safetensors", folder / "clip.pt", network
        )


def write(folder: Path, model: Mapping[str, Any] | None = None, network: str = CLIP_NETWORK) -> Pair:
    """Write a pair into a folder, unless it is there.

    model: of a VQModel, as under `model` in a taming YAML; None is taming's f16 with 16384 codes.
    """
    pair = Pair.within(folder, network)
    if all(path.is_file() for path in (pair.checkpoint, pair.config, pair.clip, pair.archive)):
        return pair
    config: dict[str, Any] = copy.deepcopy(dict(model or catalogue.vqgan_entry("imagenet").model or {}))
    torch.manual_seed(0)
    torch.save({"state_dict": _vqgan_weights(config["params"])}, pair.checkpoint)
    # taming builds a loss for training whenever it builds a VQModel; this one needs no download.
    config["params"]["lossconfig"] = {"target": "torch.nn.Identity"}
    pair.config.write_text(yaml.safe_dump({"model": config}), encoding="utf-8")
    weights = CLIP(**open_clip.get_model_config(network)).state_dict()
    save_file(weights, pair.clip)
    halved = _tree({name: weight.half() for name, weight in weights.items()})
    with warnings.catch_warnings():
        # torch advises against its own archives, but they are what OpenAI published.
        warnings.simplefilter("ignore", FutureWarning)
        torch.jit.save(torch.jit.script(halved), pair.archive)
    return pair


def _tree(weights: Mapping[str, torch.Tensor]) -> nn.Module:
    """Modules without a forward that hold these weights under these names."""
    root = nn.Module()
    for name, weight in weights.items():
        owner = root
        *path, leaf = name.split(".")
        for part in path:
            if part not in dict(owner.named_children()):
                owner.add_module(part, nn.Module())
            owner = owner.get_submodule(part)
        owner.register_buffer(leaf, weight)
    return root


def _vqgan_weights(parameters: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    shape, width, codes = parameters["ddconfig"], parameters["embed_dim"], parameters["n_embed"]
    # taming prints while it builds.
    with contextlib.redirect_stdout(io.StringIO()):
        parts: dict[str, nn.Module] = {"encoder": Encoder(**shape), "decoder": Decoder(**shape)}
    parts["quant_conv"] = nn.Conv2d(shape["z_channels"], width, 1)
    parts["post_quant_conv"] = nn.Conv2d(width, shape["z_channels"], 1)
    parts["quantize.embedding"] = nn.Embedding(codes, width)
    return {f"{name}.{key}": weight for name, part in parts.items() for key, weight in part.state_dict().items()}


def main() -> None:
    """Write the pair into the folder that the argument names; print the network and the precisions worth a run."""
    pair = write(Path(sys.argv[1]))
    dtypes = dict.fromkeys(("float32", str(find_dtype("auto", torch.device("cpu"))).removeprefix("torch.")))
    print(json.dumps({"network": pair.network, "dtypes": list(dtypes)}))


if __name__ == "__main__":
    main()
