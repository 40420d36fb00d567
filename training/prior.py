"""Train the token prior: caption -> the 8x8 codes of a 64 px picture, for starting points.

    python training/prior.py --work DIR --steps 3600
    python training/prior.py --work DIR --samples sheet.png      look at what it gives
    python training/prior.py --work DIR --export checkpoints

A causal transformer over [style, caption tokens, codes in reading order]. The style (which picture set) and
the caption are dropped now and then, for classifier-free guidance and for sampling without a style.
Needs the finished DIR/vqgan.pt: its codes are what is learned.
"""

import argparse
import hashlib
import json
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from captions import GROUP_WEIGHT, caption, phrase
from clip import Tokens
from data import Pictures, over, tensor
from muon import Muon
from resumable import Average, Log, load, mixed, save, set_rate, trapezoid
from vqgan import CODES, EMBED_DIM, VQGAN

STYLES = ["fluent-emoji-flat", "fluent-emoji", "noto", "twemoji"]
SIDE, WORDS = 8, 12
PLACES = SIDE * SIDE


class Block(nn.Module):
    """Pre-norm attention and MLP, causal; `cache` holds keys and values of earlier positions."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, cache=None):
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if cache is not None:
            if cache:
                k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
            cache[:] = [k, v]
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=length > 1)
        x = x + self.out(seen.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Prior(nn.Module):
    """Logits of the 64 codes. Codes are embedded and scored through the VQGAN codebook, too."""

    def __init__(self, vocabulary, styles, codebook=None, width=192, layers=6, heads=6):
        super().__init__()
        self.style = nn.Embedding(styles + 1, width)  # the last one: no style
        self.word = nn.Embedding(vocabulary + 1, width)  # the last one: no caption
        self.code = nn.Embedding(CODES + 1, width)  # the last one: start
        self.word_place = nn.Parameter(torch.randn(WORDS, width) * 0.02)
        self.row, self.column = nn.Embedding(SIDE, width), nn.Embedding(SIDE, width)
        self.blocks = nn.ModuleList([Block(width, heads) for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, CODES)
        for table in (self.style, self.word, self.code, self.row, self.column):
            nn.init.normal_(table.weight, std=0.02)
        nn.init.zeros_(self.head.weight)
        self.register_buffer("codebook", codebook, persistent=codebook is not None)
        if codebook is not None:
            self.lift = nn.Linear(EMBED_DIM, width, bias=False)
            self.drop = nn.Linear(width, EMBED_DIM, bias=False)
            nn.init.zeros_(self.drop.weight)  # every code equally likely at first

    def _code(self, codes):
        x = self.code(codes)
        if self.codebook is not None:
            known = F.pad(self.codebook, (0, 0, 0, 1))
            x = x + self.lift(known[codes])
        return x

    def _places(self):
        return (self.row.weight[:, None] + self.column.weight[None]).view(PLACES, -1)

    def _logits(self, x):
        x = self.norm(x)
        logits = self.head(x)
        if self.codebook is not None:
            logits = logits + self.drop(x) @ self.codebook.t()
        return logits

    def _prefix(self, words, style):
        return torch.cat([self.style(style)[:, None], self.word(words) + self.word_place], 1)

    def forward(self, words, style, codes):
        """words int [B, WORDS], style int [B], codes int [B, 64] -> logits [B, 64, CODES]"""
        start = torch.full((len(codes), 1), CODES)
        shown = self._code(torch.cat([start, codes[:, :-1]], 1)) + self._places()
        x = torch.cat([self._prefix(words, style), shown], 1)
        for block in self.blocks:
            x = block(x)
        return self._logits(x[:, 1 + WORDS :])

    @torch.no_grad()
    def sample(self, words, style, guidance=3.0, temperature=0.9, top=128):
        """words int [B, WORDS], style int [B] -> codes int [B, 64], one place after the other."""
        count = len(words)
        nothing = torch.full_like(words, self.word.num_embeddings - 1)
        x = self._prefix(torch.cat([words, nothing]), torch.cat([style, style]))
        x = torch.cat([x, (self._code(torch.full((2 * count, 1), CODES)) + self._places()[:1])], 1)
        caches = [[] for _ in self.blocks]
        chosen = []
        for place in range(PLACES):
            for block, cache in zip(self.blocks, caches, strict=True):
                x = block(x, cache)
            logits = self._logits(x[:, -1]).float()
            logits = (logits[count:] + guidance * (logits[:count] - logits[count:])) / temperature
            lowest = logits.topk(top, dim=1).values[:, -1:]
            codes = torch.multinomial(logits.masked_fill(logits < lowest, -torch.inf).softmax(1), 1)
            chosen.append(codes)
            if place + 1 < PLACES:
                x = self._code(codes.repeat(2, 1)) + self._places()[place + 1]
        return torch.cat(chosen, 1)


def words_of(tokens, texts, vocabulary):
    """Captions -> int [n, WORDS] without start and end marks; padded with the 'no caption' id."""
    ids = torch.full((len(texts), WORDS), vocabulary)
    for i, text in enumerate(texts):
        row = tokens.tokenizer.encode(text)[:WORDS]
        ids[i, : len(row)] = torch.tensor(row, dtype=torch.long)
    return ids


@torch.no_grad()
def encode_pictures(work, pictures):
    """Codes of every picture of STYLES and of its mirror image, on white: int16 [2, n, 64], and rows."""
    path = work / "codes.npz"
    if path.exists():
        stored = np.load(path)
        return stored["codes"], stored["rows"]
    vqgan = VQGAN().eval()
    vqgan.load_state_dict(load(work / "vqgan.pt")["average"])
    rows = np.array([r for r in pictures.train if pictures.rows[r]["set"] in STYLES and pictures.rows[r]["hexcode"]])
    result = np.zeros((2, len(rows), PLACES), np.int16)
    for start in range(0, len(rows), 128):
        images = over(tensor(pictures.x64[rows[start : start + 128]]), torch.ones(1)) * 2 - 1
        for side, shown in enumerate((images, images.flip(3))):
            with mixed():
                codes = vqgan.quantize.indices(vqgan.encode(shown))
            result[side, start : start + 128] = codes.flatten(1).numpy()
    np.savez(path, codes=result, rows=rows)
    return result, rows


def train(args, pictures, tokens, vocabulary):
    codes, rows = encode_pictures(args.work, pictures)
    codebook = load(args.work / "vqgan.pt")["average"]["quantize.embedding.weight"]
    torch.manual_seed(0)
    model = Prior(vocabulary, len(STYLES), codebook).train()
    average = Average(model, 0.998)
    # Muon (Jordan 2024) for the matrices of the blocks: it needs about half of AdamW's steps for the same loss.
    inner = [p for name, p in model.named_parameters() if name.startswith("blocks.") and p.ndim == 2]
    outer = [p for name, p in model.named_parameters() if not (name.startswith("blocks.") and p.ndim == 2)]
    optimizers = [
        Muon(inner, lr=args.rate),
        torch.optim.AdamW(outer, lr=args.rate, betas=(0.9, 0.98), weight_decay=0.03),
    ]
    step, path, log, recent = 0, args.work / "prior.pt", Log(args.work / "prior.jsonl"), []
    if state := load(path):
        model.load_state_dict(state["model"])
        for optimizer, kept in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        average.state, average.count, step = state["average"], state["step"], state["step"]
    records = [pictures.rows[r] for r in rows]
    weight = np.array([(0.4 if r["copy"] else 1.0) * GROUP_WEIGHT.get(r["group"], 1.0) for r in records])
    kept_back = np.random.RandomState(1).choice(len(rows), 256, False)
    weight[kept_back] = 0
    weight /= weight.sum()
    style = torch.tensor([STYLES.index(r["set"]) for r in records])
    random.seed(step)
    np.random.seed(step)
    torch.manual_seed(step)
    print(len(rows), "pictures", sum(p.numel() for p in model.parameters()), "parameters", flush=True)

    def loss_of(chosen, texts, side, drop):
        words = words_of(tokens, texts, vocabulary)
        words[torch.rand(len(words)) < 0.12 * drop] = vocabulary
        which = style[chosen].clone()
        which[torch.rand(len(which)) < 0.15 * drop] = len(STYLES)
        target = torch.from_numpy(codes[side, chosen].astype(np.int64))
        with mixed():
            logits = model(words, which, target)
        return F.cross_entropy(logits.float().flatten(0, 1), target.flatten())

    while step < args.steps:
        for optimizer in optimizers:
            set_rate(optimizer, trapezoid(step, args.steps, args.rate))
        chosen = np.random.choice(len(rows), args.batch, p=weight)
        texts = [phrase(records[c], tags=False) if random.random() < 0.7 else caption(records[c]) for c in chosen]
        loss = loss_of(chosen, texts, np.random.randint(0, 2, args.batch), 1)
        model.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        average.update(model)
        recent.append(loss.item())
        if step % 100 == 0 or step == args.steps:
            with torch.no_grad():
                held = loss_of(kept_back, [phrase(records[c], tags=False) for c in kept_back], 0, 0).item()
            log.write(step=step, loss=float(np.mean(recent)), kept_back=held)
            recent = []
            save(
                path,
                model=model.state_dict(),
                optimizers=[optimizer.state_dict() for optimizer in optimizers],
                average=average.state,
                step=step,
            )


def trained(work, vocabulary, source="average"):
    state = load(work / "prior.pt")
    model = Prior(vocabulary, len(STYLES), state[source]["codebook"]).eval().requires_grad_(False)
    model.load_state_dict(state[source])
    return model


def export(work, out, vocabulary):
    """Fold the codebook maps into the plain tables, so that the file holds a plain transformer."""
    model = trained(work, vocabulary)
    state = {k: v for k, v in model.state_dict().items() if k not in ("codebook", "lift.weight", "drop.weight")}
    state["code.weight"] = model._code(torch.arange(CODES + 1))
    state["head.weight"] = model.head.weight + model.codebook @ model.drop.weight
    plain = Prior(vocabulary, len(STYLES)).eval()
    plain.load_state_dict(state)
    words, style = torch.randint(0, vocabulary, (2, WORDS)), torch.zeros(2, dtype=torch.long)
    codes = torch.randint(0, CODES, (2, PLACES))
    with torch.no_grad():
        assert torch.allclose(plain(words, style, codes), model(words, style, codes), atol=1e-3)
    save_file({k: v.to(torch.float16).contiguous() for k, v in state.items()}, out / "tiny_prior.safetensors")
    (out / "tiny_prior.safetensors").chmod(0o644)
    block = model.blocks[0]
    config = {
        "width": block.out.in_features, "layers": len(model.blocks), "heads": block.heads, "words": WORDS,
        "vocabulary": vocabulary, "side": SIDE, "codes": CODES, "styles": STYLES,
        "vqgan_sha256": hashlib.sha256((out / "tiny_vqgan.safetensors").read_bytes()).hexdigest(),
    }  # fmt: skip
    (out / "tiny_prior.json").write_text(json.dumps(config, indent=2) + "\n")


def samples(args, tokens, vocabulary):
    from sheets import PROMPTS, sheet

    model, vqgan = trained(args.work, vocabulary), VQGAN().eval()
    vqgan.load_state_dict(load(args.work / "vqgan.pt")["average"])
    torch.manual_seed(0)
    rows = []
    for prompt in args.prompts or PROMPTS:
        words = words_of(tokens, [prompt], vocabulary).expand(8, -1)
        codes = model.sample(words, torch.arange(8) % len(STYLES), args.guidance, args.temperature)
        with torch.no_grad():
            pictures = (vqgan.decode(vqgan.quantize.vectors(codes.view(-1, SIDE, SIDE))) + 1) / 2
        rows.append(list(pictures))
    sheet(rows, args.samples, labels=args.prompts or PROMPTS)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "work")
    parser.add_argument("--steps", type=int, default=3600)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--samples", type=Path, help="write a sheet of samples and stop")
    parser.add_argument("--export", type=Path, help="write tiny_prior.* into this folder and stop")
    parser.add_argument("--prompts", nargs="*")
    parser.add_argument("--guidance", type=float, default=3.0)
    parser.add_argument("--temperature", type=float, default=0.9)
    args = parser.parse_args()
    torch.set_num_threads(1)
    tokens = Tokens(args.work / "bpe.txt.gz")
    vocabulary = tokens.tokenizer.vocab_size
    if args.samples:
        samples(args, tokens, vocabulary)
    elif args.export:
        export(args.work, args.export, vocabulary)
    else:
        train(args, Pictures(args.work), tokens, vocabulary)


if __name__ == "__main__":
    main()
