"""The names and shapes of the tensors in published checkpoints, written out from what their makers serve.

Those of taming-transformers, latent-diffusion and IBQ are not here: `faults.makers.Reference` builds taming's own
networks, whose names these share.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

Shapes = dict[str, tuple[int, ...]]
TRANSFORMERS = {"small": (512, 8), "base": (768, 12), "large": (1024, 24)}
"""Width and layers of a transformer of TiTok, by its name."""


def random_weights(shapes: Mapping[str, tuple[int, ...]], codes: float = 2.0) -> dict[str, Tensor]:
    """Weights that keep activations near one. codes: Spread of the codes, so that latents find several of them."""
    generator = torch.Generator().manual_seed(0)
    state = {}
    for name, shape in shapes.items():
        value = torch.randn(shape, generator=generator)
        if name == "quantize.embedding.weight":
            value *= codes
        elif name.endswith("bias"):
            value *= 0.1
        elif len(shape) == 1:
            value = 1 + 0.2 * value
        elif name.endswith("weight") and "embedding" not in name:
            value *= math.prod(shape[1:]) ** -0.5
        else:
            value *= 0.3
        state[name] = value
    return state


def _layer(shapes: Shapes, name: str, out: int, *into: int, bias: bool = True) -> None:
    shapes[f"{name}.weight"] = (out, *into)
    if bias:
        shapes[f"{name}.bias"] = (out,)


def _norm(shapes: Shapes, name: str, width: int) -> None:
    shapes[f"{name}.weight"] = shapes[f"{name}.bias"] = (width,)


def llamagen(params: Mapping[str, Any]) -> Shapes:
    """LlamaGen's tokenizer (arXiv 2406.06525) from its ModelArgs, and the constants of its networks."""
    z, dim, mult = params["z_channels"], params["codebook_embed_dim"], params["encoder_ch_mult"]
    ch, blocks = params.get("ch", 128), params.get("num_res_blocks", 2)
    shapes: Shapes = {}

    def residual(name: str, into: int, out: int) -> None:
        _norm(shapes, f"{name}.norm1", into)
        _layer(shapes, f"{name}.conv1", out, into, 3, 3)
        _norm(shapes, f"{name}.norm2", out)
        _layer(shapes, f"{name}.conv2", out, out, 3, 3)
        if into != out:
            _layer(shapes, f"{name}.nin_shortcut", out, into, 1, 1)

    def attention(name: str, width: int) -> None:
        _norm(shapes, f"{name}.norm", width)
        for part in ("q", "k", "v", "proj_out"):
            _layer(shapes, f"{name}.{part}", width, width, 1, 1)

    def network(name: str, widths: list[int], into: int, out: int, blocks: int, between: str) -> None:
        smallest = 0 if name == "decoder" else len(widths) - 1
        width = widths[0] if name == "decoder" else ch
        _layer(shapes, f"{name}.conv_in", width, into, 3, 3)
        for level, wide in enumerate(widths):
            for block in range(blocks):
                residual(f"{name}.conv_blocks.{level}.res.{block}", width, wide)
                width = wide
                if level == smallest:
                    attention(f"{name}.conv_blocks.{level}.attn.{block}", width)
            if level < len(widths) - 1:
                _layer(shapes, f"{name}.conv_blocks.{level}.{between}.conv", width, width, 3, 3)
        for number in (0, 2):
            residual(f"{name}.mid.{number}", widths[smallest], widths[smallest])
        attention(f"{name}.mid.1", widths[smallest])
        _norm(shapes, f"{name}.norm_out", width)
        _layer(shapes, f"{name}.conv_out", out, width, 3, 3)

    widths = [ch * factor for factor in mult]
    network("encoder", widths, 3, z, blocks, "downsample")
    network("decoder", widths[::-1], z, 3, blocks + 1, "upsample")
    _layer(shapes, "quant_conv", dim, z, 1, 1)
    _layer(shapes, "post_quant_conv", z, dim, 1, 1)
    shapes["quantize.embedding.weight"] = (params["codebook_size"], dim)
    return shapes


def titok(model: Mapping[str, Any], side: int = 256) -> Shapes:
    """TiTok (arXiv 2406.07550) from the `vq_model` of its config.json."""
    tokens, dim, legacy = model["num_latent_tokens"], model["token_size"], model.get("is_legacy", True)
    shapes: Shapes = {}
    widths = {}
    for part, key in (("encoder", "vit_enc"), ("decoder", "vit_dec")):
        usual = TRANSFORMERS[model[f"{key}_model_size"]]
        width, layers = model.get(f"{key}_width", usual[0]), model.get(f"{key}_layers", usual[1])
        widths[part] = width
        shapes[f"{part}.class_embedding"] = (1, width)
        shapes[f"{part}.positional_embedding"] = ((side // model[f"{key}_patch_size"]) ** 2 + 1, width)
        shapes[f"{part}.latent_token_positional_embedding"] = (tokens, width)
        for norm in ("ln_pre", "ln_post"):
            _norm(shapes, f"{part}.{norm}", width)
        for block in (f"{part}.transformer.{layer}" for layer in range(layers)):
            _norm(shapes, f"{block}.ln_1", width)
            _norm(shapes, f"{block}.ln_2", width)
            shapes[f"{block}.attn.in_proj_weight"] = (3 * width, width)
            shapes[f"{block}.attn.in_proj_bias"] = (3 * width,)
            _layer(shapes, f"{block}.attn.out_proj", width, width)
            _layer(shapes, f"{block}.mlp.c_fc", 4 * width, width)
            _layer(shapes, f"{block}.mlp.c_proj", width, 4 * width)
    shapes["latent_tokens"] = (tokens, widths["encoder"])
    patch = model["vit_enc_patch_size"]
    _layer(shapes, "encoder.patch_embed", widths["encoder"], 3, patch, patch)
    _layer(shapes, "encoder.conv_out", dim, widths["encoder"], 1, 1)
    _layer(shapes, "decoder.decoder_embed", widths["decoder"], dim)
    shapes["decoder.mask_token"] = (1, 1, widths["decoder"])
    shapes["quantize.embedding.weight"] = (model["codebook_size"], dim)
    if legacy:
        _layer(shapes, "decoder.ffn.0", 2 * widths["decoder"], widths["decoder"], 1, 1)
        _layer(shapes, "decoder.ffn.2", 1024, 2 * widths["decoder"], 1, 1)
        return shapes | _maskgit(model.get("pixel_channels", 128))
    _layer(shapes, "decoder.ffn.0", 3 * model["vit_dec_patch_size"] ** 2, widths["decoder"], 1, 1)
    _layer(shapes, "decoder.conv_out", 3, 3, 3, 3)
    return shapes


def _maskgit(channels: int) -> Shapes:
    """The codebook and the decoder of MaskGIT's VQGAN in a legacy TiTok."""
    shapes: Shapes = {"pixel_quantize.embedding.weight": (1024, 256)}
    widths = [channels * factor for factor in (1, 1, 2, 2, 4)]

    def residual(name: str, before: int, after: int) -> None:
        name = f"pixel_decoder.{name}"
        _norm(shapes, f"{name}.norm1", before)
        _norm(shapes, f"{name}.norm2", after)
        _layer(shapes, f"{name}.conv1", after, before, 3, 3, bias=False)
        _layer(shapes, f"{name}.conv2", after, after, 3, 3, bias=False)
        if before != after:
            _layer(shapes, f"{name}.nin_shortcut", after, after, 1, 1, bias=False)

    _layer(shapes, "pixel_decoder.conv_in", widths[4], 256, 3, 3)
    for number in range(2):
        residual(f"mid.{number}", widths[4], widths[4])
    for level, width in enumerate(widths):
        residual(f"up.{level}.block.0", widths[min(level + 1, 4)], width)
        residual(f"up.{level}.block.1", width, width)
        if level:
            _layer(shapes, f"pixel_decoder.up.{level}.upsample_conv", width, width, 3, 3)
    _norm(shapes, "pixel_decoder.norm_out", widths[0])
    _layer(shapes, "pixel_decoder.conv_out", 3, widths[0], 3, 3)
    return shapes


def mingpt(params: Mapping[str, Any]) -> Shapes:
    """The transformer in taming's Net2NetTransformer, from the params of its `transformer_config`."""
    width, places = params["n_embd"], params["block_size"]
    shapes: Shapes = {"tok_emb.weight": (params["vocab_size"], width), "pos_emb": (1, places, width)}
    for block in (f"blocks.{layer}" for layer in range(params["n_layer"])):
        for norm in ("ln1", "ln2"):
            _norm(shapes, f"{block}.{norm}", width)
        for part in ("key", "query", "value", "proj"):
            _layer(shapes, f"{block}.attn.{part}", width, width)
        shapes[f"{block}.attn.mask"] = (1, 1, places, places)
        _layer(shapes, f"{block}.mlp.0", 4 * width, width)
        _layer(shapes, f"{block}.mlp.2", width, 4 * width)
    _norm(shapes, "ln_f", width)
    _layer(shapes, "head", params["vocab_size"], width, bias=False)
    return shapes
