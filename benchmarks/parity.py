"""Compare the gradients of a step: stock modules in float32 against our forward passes, on identical cutouts.

    python -m benchmarks.parity --json parity.json

Stock are taming's Decoder and open_clip's image encoder, each with its own forward. Both sides start from the same
codes and take the same cutouts with the same noise. The gradients at the latent are compared as a whole and cell by
cell. `tiny` is the built-in pair with its trained weights, `full` taming's f16 with 16384 codes and ViT-B/32 with
random ones.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import open_clip
import torch
import torch.nn.functional as F
from taming.modules.diffusionmodules.model import Decoder
from torch import Tensor

from benchmarks import random_pair
from benchmarks.records import Measure, Record, Result, machine
from vqclip.cutouts import plan as cutouts
from vqclip.cutouts.context import CutoutContext
from vqclip.cutouts.resample import cut_out, levels_for, pyramid
from vqclip.models import registry
from vqclip.models.perceptor import Perceptor, load_perceptor
from vqclip.models.vqgan import VQGAN, load_vqgan
from vqclip.settings.schema import Settings
from vqclip.synthesis.clip_loss import spherical_distance

CPU = torch.device("cpu")
Pass = Callable[[Tensor], Tensor]


def files_of(pair: str, models: Path) -> tuple[registry.VqganFiles, registry.ClipFiles]:
    """The files of a pair. models: folder for those of the full one, written when they are not there."""
    if pair == "tiny":
        return registry.find_vqgan("tiny"), registry.find_clip("tiny")
    full = random_pair.write(models)
    return registry.find_vqgan(str(full.checkpoint)), registry.find_clip(f"{full.network}/{full.clip}")


def stock_decoder(vqgan: VQGAN) -> Pass:
    """taming's Decoder with the weights of `vqgan`: (1, D, h, w) codes to a picture in [0, 1]."""
    with contextlib.redirect_stdout(io.StringIO()):
        decoder = Decoder(**vqgan.architecture.ddconfig())
    decoder.load_state_dict(vqgan.decoder.state_dict())
    decoder.requires_grad_(False).eval()

    def decode(z: Tensor) -> Tensor:
        shown = F.pixel_shuffle(decoder(vqgan.post_quant_conv(z)), vqgan.architecture.pixel_unshuffle)
        return (shown + 1) / 2

    return decode


def stock_encoder(files: registry.ClipFiles, perceptor: Perceptor) -> Pass:
    """open_clip's image encoder from the same files: (N, 3, side, side) in [0, 1] to (N, E) unit features."""
    with warnings.catch_warnings():
        # The built-in CLIP's vocabulary and activation are its own, and open_clip remarks on them.
        warnings.simplefilter("ignore")
        if files.folder is not None:
            model: Any = open_clip.create_model(f"local-dir:{files.folder}")
        else:
            network = files.name.partition("/")[0]
            model = open_clip.create_model(network, pretrained=str(files.weights), load_weights=True)
    model.requires_grad_(False).eval()

    def see(pixels: Tensor) -> Tensor:
        return F.normalize(model.visual((pixels - perceptor.mean) / perceptor.std), dim=-1)

    return see


def gradient(
    z: Tensor, decode: Pass, see: Pass, side: int, target: Tensor, settings: Settings
) -> tuple[float, Tensor]:
    """The loss of a step, and its gradient at the latent: cutouts and noise are the same at every call."""
    z = z.detach().clone().requires_grad_()
    generator = torch.Generator().manual_seed(1)
    image = decode(z)
    context = CutoutContext(image.shape[-1], image.shape[-2], side, 0, settings.iterations)
    plan = cutouts.plan_cutouts(settings.cutouts, context, settings, generator)
    chain = pyramid(cutouts.source_of(image.clamp(0, 1), side, settings), levels_for(plan))
    loss = spherical_distance(see(cut_out(chain, plan, side, generator)), target).mean()
    loss.backward()
    assert z.grad is not None
    return loss.item(), z.grad


def compare(stock: tuple[float, Tensor], ours: tuple[float, Tensor]) -> dict[str, Measure]:
    """How alike two losses and gradients (1, D, h, w) are."""
    (their_loss, theirs), (our_loss, own) = ((loss, g.double()) for loss, g in (stock, ours))
    places = F.cosine_similarity(theirs, own, dim=1).flatten()
    return {
        "cosine": Measure((F.cosine_similarity(theirs.flatten(), own.flatten(), dim=0).item(),), "", "higher"),
        "cosine_by_place": Measure(tuple(places.tolist()), "", "higher"),
        "norm_ratio": Measure(((own.norm() / theirs.norm()).item(),)),
        "same_sign": Measure(((theirs.sign() == own.sign()).double().mean().item(),), "", "higher"),
        "loss_difference": Measure((abs(our_loss / their_loss - 1),), "", "lower"),
    }


def measure(pair: str, dtypes: list[torch.dtype], settings: Settings, models: Path) -> list[Result]:
    """One result for each precision of our side."""
    vqgan_files, clip_files = files_of(pair, models)
    plain, perceptor = load_vqgan(vqgan_files, CPU, encoder=False), load_perceptor(clip_files, CPU)
    side = perceptor.cut_size
    target = perceptor.encode_text([settings.prompt])
    width, height = (int(pixels) // plain.factor for pixels in settings.size.split("x"))
    codes = torch.randint(plain.n_embed, (1, height, width), generator=torch.Generator().manual_seed(2))
    z = plain.lookup(codes)
    see = stock_encoder(clip_files, perceptor)
    reference = gradient(z, stock_decoder(plain), see, side, target, settings)
    results = []
    for dtype in dtypes:
        vqgan = load_vqgan(vqgan_files, CPU, dtype, encoder=False)
        clip = load_perceptor(clip_files, CPU, dtype)
        found = gradient(z, vqgan.decode, clip.encode_image, side, target, settings)
        case = {"pair": pair, "size": settings.size, "cutouts": settings.cutouts}
        name = str(dtype).removeprefix("torch.")
        results.append(Result({**case, "dtype": name}, compare(reference, found)))
    return results


def main() -> None:
    """Print a line per pair and precision."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="+", choices=("tiny", "full"), default=["tiny", "full"])
    parser.add_argument("--size", default="256x256")
    parser.add_argument("--cutouts", type=int, default=32)
    parser.add_argument("--models", type=Path, metavar="DIR", help="keep the random weights of the full pair there")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    settings = Settings(
        prompt="a lighthouse at dusk", size=arguments.size, cutouts=arguments.cutouts, cut_method="pooled"
    )
    # bfloat16 where it is emulated is as exact, only slow.
    dtypes = [torch.float32, torch.bfloat16]
    about, results = machine(), []
    print("pair  dtype     cosine    by place: median, least  norm    same sign  loss apart")
    with tempfile.TemporaryDirectory(prefix="vqclip-parity-") as scratch:
        models = arguments.models or Path(scratch)
        for pair in arguments.pairs:
            for result in measure(pair, dtypes, settings, models):
                m = result.measures
                places = m["cosine_by_place"]
                print(
                    f"{pair}  {result.case['dtype']:8}  {m['cosine'].median:.6f}  {places.median:.6f}, "
                    f"{places.spread[0]:.6f}       {m['norm_ratio'].median:.4f}  {m['same_sign'].median:9.4f}  "
                    f"{m['loss_difference'].median:.1e}",
                    flush=True,
                )
                results.append(result)
    if arguments.json:
        Record("parity", results, about).write(arguments.json)


if __name__ == "__main__":
    main()
