"""Write the trained models as the files that vqclip ships: fp16 safetensors, their configurations, checksums.

    python training/export.py --work DIR --out checkpoints [--only vqgan|clip|words|prior|upsampler]

Can run at any time during training: it takes the running averages of the last checkpoints. `--share 0.5` writes the
mean of the trained CLIP or prior and the one in `--out` (model soups, arXiv 2203.05482). Training must have started
from that one; a prior may have more layers than it. Run it once: a second call would average with the mean.
"""

import argparse
import hashlib
import json
import shutil
from dataclasses import asdict
from pathlib import Path

import torch
from open_clip.factory import create_model
from safetensors.torch import load_file, save_file

import clip as clip_training
import prior as prior_training
import upsampler as upsampler_training
import vqgan as vqgan_training
import words as words_training
from data import Pictures
from trainer import load
from vqclip.models.architecture import read_prior_shape

VQGAN_CONFIG = """model:
  target: taming.models.vqgan.VQModel
  params:
    embed_dim: {embed}
    n_embed: {codes}
    # the one field taming does not know: 2x2 pixels are folded into channels before the encoder,
    # and unfolded after the decoder
    pixel_unshuffle: {fold}
    ddconfig:
{ddconfig}
"""
CHECKED = [
    "tiny_vqgan.yaml",
    "tiny_vqgan.safetensors",
    "tiny_clip/open_clip_config.json",
    "tiny_clip/open_clip_model.safetensors",
    "tiny_clip/bpe.txt.gz",
    "tiny_clip/words.txt",
    "tiny_clip/meanings.xz",
    "tiny_prior.safetensors",
    "tiny_prior.json",
    "tiny_upsampler.safetensors",
    "tiny_upsampler.json",
]


def half(state):
    return {k: v.to(torch.float16).contiguous() for k, v in state.items() if v.dtype.is_floating_point}


def mean_of(weights, others, share):
    """The mean of two sets of weights, the first with that share; integers are those of the first."""
    return {
        name: value.float().lerp(others[name].float(), 1 - share) if value.is_floating_point() else value
        for name, value in weights.items()
    }


def write(weights, path):
    save_file(weights, path)
    path.chmod(0o644)


def export_vqgan(work, out, source):
    # decoder.py starts from vqgan.py's weights
    state = load(work / "decoder.pt") or load(work / "vqgan.pt")
    weights = half(state[source])
    assert all(v.isfinite().all() for v in weights.values())
    write(weights, out / "tiny_vqgan.safetensors")
    lines = [f"      {k}: {str(v).lower() if isinstance(v, bool) else v}" for k, v in vqgan_training.DDCONFIG.items()]
    text = VQGAN_CONFIG.format(
        embed=vqgan_training.EMBED_DIM,
        codes=vqgan_training.CODES,
        fold=vqgan_training.FOLD,
        ddconfig="\n".join(lines),
    )
    (out / "tiny_vqgan.yaml").write_text(text)
    print("vqgan at step", state["step"])


def export_clip(work, out, source, share=1.0):
    state = load(work / "clip.pt")
    weights = state[source]
    folder = out / "tiny_clip"
    folder.mkdir(parents=True, exist_ok=True)
    tokens = clip_training.Tokens(work / "bpe.txt.gz")
    config = {
        "model_cfg": clip_training.model_config(tokens.tokenizer.vocab_size),
        "preprocess_cfg": {
            "mean": list(clip_training.MEAN),
            "std": list(clip_training.STD),
            "interpolation": "bicubic",
            "resize_mode": "squash",
        },
    }
    if share < 1:
        weights = mean_of(weights, load_file(folder / "open_clip_model.safetensors"), share)
    # num_batches_tracked are integers that inference ignores, but strict loading wants them
    counts = {k: v for k, v in weights.items() if not v.is_floating_point()}
    assert all(v.isfinite().all() for v in weights.values())
    write(half(weights) | counts, folder / "open_clip_model.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=2) + "\n")
    shutil.copyfile(work / "bpe.txt.gz", folder / "bpe.txt.gz")
    model = create_model(f"local-dir:{folder}").eval()
    ours = clip_training.build(tokens.tokenizer.vocab_size).eval()
    ours.load_state_dict(weights)
    picture, text = (
        torch.rand(2, 3, 64, 64),
        tokens.tokenizer(["a red apple", "two blue cars on a green field"]),
    )
    with torch.no_grad():
        theirs = model.encode_image(picture * 2 - 1, normalize=True)
        agreement = (theirs * clip_training.encode_image(ours, picture)).sum(1)
        words = (model.encode_text(text, normalize=True) * ours.encode_text(text, normalize=True)).sum(1)
    print(
        "clip at step",
        state["step"],
        "open_clip loads it; cosine to the trained one",
        agreement.tolist(),
        words.tolist(),
    )


def export_words(work, out, source):
    known = words_training.measured(work, Pictures(work))
    lines = [f"{word}: {', '.join(names)}" if names else word for word, names in sorted(known.items())]
    (out / "tiny_clip" / "words.txt").write_text("\n".join(lines) + "\n")
    print(sum(not names for names in known.values()), "of", len(known), "words are known")


def prior_in(folder):
    """The weights of the prior in a folder, extended to LAYERS layers."""
    layers = read_prior_shape(folder / "tiny_prior.json").layers
    return prior_training.deepened(load_file(folder / "tiny_prior.safetensors"), layers, prior_training.LAYERS)


def export_prior(work, out, source, share=1.0):
    step = load(work / "prior.pt")["step"]
    model = prior_training.trained(work, source)
    plain = model.plain()
    words, style = torch.randint(0, model.shape.vocabulary, (2, model.shape.words)), torch.zeros(2, dtype=torch.long)
    codes = torch.randint(0, model.shape.codes, (2, model.shape.side**2))
    with torch.no_grad():
        assert torch.allclose(plain(words, style, codes), model(words, style, codes), atol=1e-3)
    weights = plain.state_dict() if share == 1 else mean_of(plain.state_dict(), prior_in(out), share)
    write(half(weights), out / "tiny_prior.safetensors")
    (out / "tiny_prior.json").write_text(json.dumps(asdict(model.shape), indent=2) + "\n")
    print("prior at step", step)


def export_upsampler(work, out, source):
    step = load(work / "upsampler.pt")["step"]
    model = upsampler_training.trained(work, source)
    shape, plain = model.shape, model.plain()
    words, style = torch.randint(0, shape.vocabulary, (2, shape.words)), torch.zeros(2, dtype=torch.long)
    small, large = torch.randint(0, shape.codes, (2, 8, 8)), torch.randint(0, shape.codes, (2, 16, 16))
    shown = model.codebook, words, style, small, large, torch.rand(2, 16, 16) < 0.5
    with torch.no_grad():
        assert torch.allclose(plain(*shown), model(*shown), atol=1e-3)
    write(half(plain.state_dict()), out / "tiny_upsampler.safetensors")
    (out / "tiny_upsampler.json").write_text(json.dumps(asdict(shape), indent=2) + "\n")
    print("upsampler at step", step)


EXPORTS = {
    "vqgan": export_vqgan,
    "clip": export_clip,
    "words": export_words,
    "prior": export_prior,
    "upsampler": export_upsampler,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "work")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "checkpoints")
    parser.add_argument("--only", choices=list(EXPORTS))
    parser.add_argument(
        "--source", choices=["average", "model"], default="average", help="running average or live weights"
    )
    parser.add_argument(
        "--share", type=float, default=1.0, help="weight of the trained CLIP or prior in a mean with the one in --out"
    )
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    for name, export in EXPORTS.items():
        if args.only in (None, name):
            more = {"share": args.share} if name in ("prior", "clip") else {}
            export(args.work, args.out, args.source, **more)
    present = [name for name in CHECKED if (args.out / name).exists()]
    sums = [f"{hashlib.sha256((args.out / name).read_bytes()).hexdigest()}  {name}\n" for name in present]
    checked = args.out / "SHA256SUMS"
    before = checked.read_text().splitlines(keepends=True) if checked.exists() else []
    checked.write_text("".join(sums + [line for line in before if "  lexicon/" in line]))


if __name__ == "__main__":
    main()
