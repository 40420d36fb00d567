"""bfloat16 where this processor computes in it; elsewhere it would be emulated, several times slower."""

import contextlib
import functools

import torch


@functools.cache
def has_bfloat16():
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def mixed():
    """bfloat16 inside, where the processor computes in it."""
    return torch.autocast("cpu", torch.bfloat16) if has_bfloat16() else contextlib.nullcontext()
