"""Draw different pictures of the subject and in the style of a picture."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vqclip import files
from vqclip.errors import OutputError, UsageError
from vqclip.events import Event, Warned
from vqclip.jobs import patches
from vqclip.jobs.patches import Picture, Request
from vqclip.media import images, metadata
from vqclip.media.images import Pixels
from vqclip.runs.directory import refuse_output
from vqclip.runs.loading import ModelCache
from vqclip.settings import prompts
from vqclip.settings.prompts import Prompt
from vqclip.settings.schema import MAX_SEED

if TYPE_CHECKING:
    from torch import Tensor

    from vqclip.models.perceptor import ClipTarget
    from vqclip.runs.loading import Models

MOST, SHEET = 64, "sheet.png"
COLUMNS, SHEET_SIDE = 5, 192
LEAST_APART = 0.08
"""The least distance of two variations and of each from the picture, at the default strength: see `distance`."""
_SAMPLES_APART = 1.5 * LEAST_APART
"""That of the candidates. Optimisation draws them all to the same CLIP vector."""
_SAMPLES = 6
"""Candidates for each variation, of which one is chosen."""
_SETTLE = 0.1
"""The init strength of the optimisation: enough to join what is blended, and few steps."""
_COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "grey", "white")


@dataclass(frozen=True)
class Variations:
    """What to draw.

    Attributes:
        prompt: What the pictures show beside the subject of the picture; may be empty.
        count: How many.
        strength: From 0, near the picture, to 1, of which only the subject stays.
        overwrite: Replace pictures of the same names in the folder.
    """

    prompt: str = ""
    count: int = 8
    strength: float = 0.6
    overwrite: bool = False

    def check(self, picture: Path, output: Path) -> None:
        """Raise UsageError or OutputError for what cannot be drawn or written."""
        if not 1 <= self.count <= MOST:
            raise UsageError(f"count is {self.count}.", f"Valid: 1 to {MOST} variations.")
        if not 0 <= self.strength <= 1:
            raise UsageError(f"strength is {self.strength:g}.", "Valid: 0 to 1.")
        patches.refuse_regions(self.prompt, "Leave it out.")
        files.sweep(files.ensure_writable(output))
        taken = [output / name for name in self.names if files.exists(output / name)]
        if taken and not self.overwrite:
            raise OutputError(
                f"{files.printable(output)} holds {taken[0].name} already.",
                "Choose another --output, or replace it with --overwrite.",
            )
        for path in taken:
            refuse_output(path, picture)

    @property
    def names(self) -> list[str]:
        """Of the files."""
        return [*(f"{number}.png" for number in range(1, self.count + 1)), SHEET]


def variations(
    picture: Path, wanted: Variations, output: Path, request: Request
) -> Generator[Event, None, dict[str, Any]]:
    """Draw variations of a picture, and write them with a sheet of all as PNG.

    Args:
        picture: The picture file.
        wanted: What to draw.
        output: The folder for 1.png and so on, and sheet.png.
        request: The settings of the command line.

    Returns:
        sheet, images, seed, the words that CLIP found for the picture, and the least `distance` of two pictures.

    Raises:
        VqclipError: An argument is invalid, or a file cannot be read or written.
    """
    found = Picture.load(picture)
    request = request.seeded()
    plain = request.plain
    wanted.check(picture, output)
    yield from map(Warned, found.warnings)
    height, width = found.shown.shape[:2]
    size = patches.working_size(width, height, plain.width * plain.height)
    said: dict[str, Any] = {"command": "variations", "strength": wanted.strength, "seed": plain.seed, "words": []}
    made: list[Pixels] = []
    with tempfile.TemporaryDirectory(prefix="vqclip-") as folder:
        cache, path = ModelCache(), Path(folder, "picture.png")
        images.save_png(path, found.shown, level=1)
        look = prompts.format([Prompt(str(path), kind="image")], "image")
        own: dict[str, Any] = {"prompt": wanted.prompt, "image_prompt": [look], "size": size}
        ways: Sequence[dict[str, Any]]
        if plain.uses_prior:
            ways, said["words"] = _from_candidates(found.shown, wanted, request, own, cache, Path(folder))
        else:
            # Noise shows through the picture.
            over = {"init": "perlin", "init_image_alpha": 1 - max(0.1, wanted.strength)}
            ways = [{"init_image": str(path), "init_strength": wanted.strength, **over}] * wanted.count
        for number, way in enumerate(ways):
            seed = (int(plain.seed or 0) + number) % (MAX_SEED + 1)
            made.append((yield from _drawn(request, own | way | {"seed": seed}, cache)))
    return _write(found, made, wanted, output, said, plain.metadata)


def _drawn(request: Request, own: Mapping[str, Any], cache: ModelCache) -> Generator[Event, None, Pixels]:
    from vqclip.runs import launch

    given = {name: value for name, value in request.given.items() if name not in own}
    settings = Request(given, request.preset, request.config_files).settings(**own)
    return (yield from patches.finished(launch.start(settings, cache=cache), {}))


def _write(
    picture: Picture, made: Sequence[Pixels], wanted: Variations, output: Path, said: dict[str, Any], level: str
) -> dict[str, Any]:
    """Write the pictures and the sheet, and return the report."""
    shown = images.resize(picture.shown, made[0].shape[1], made[0].shape[0])
    apart = [distance(one, other) for at, one in enumerate(made) for other in made[:at]]
    said["distance"] = round(min(apart), 4) if apart else None
    said["distance_from_picture"] = round(min(distance(one, shown) for one in made), 4)
    paths = [output / name for name in wanted.names]
    for number, (path, pixels) in enumerate(zip(paths, made, strict=False), 1):
        record = {**said, "prompt": wanted.prompt, "number": number}
        images.save_png(path, pixels, metadata.edited({}, record, level=level, kind=metadata.SOURCE_TYPE))
    cells = [images.shrink(pixels, SHEET_SIDE) for pixels in (shown, *made)]
    labels = ["the picture", *(str(number) for number in range(1, len(made) + 1))]
    images.save_png(paths[-1], images.contact_sheet(cells, labels, COLUMNS), {})
    return {"sheet": str(paths[-1]), "images": [str(path) for path in paths[:-1]], **said}


def distance(one: Pixels, other: Pixels) -> float:
    """How far apart the forms and colours of two pictures are: the RMS difference at 32x32, 0 to 1."""
    small = [images.resize(pixels, 32, 32).astype(np.float32) / 255 for pixels in (one, other)]
    return float(np.sqrt(np.mean((small[0] - small[1]) ** 2)))


def _from_candidates(
    shown: Pixels, wanted: Variations, request: Request, own: Mapping[str, Any], cache: ModelCache, folder: Path
) -> tuple[list[dict[str, Any]], list[str]]:
    """Start pictures from candidates of the prior: the settings of each run, and the words that were sampled."""
    import torch

    from vqclip.runs.inputs import Inputs
    from vqclip.runs.loading import load
    from vqclip.runtime.devices import DeviceConfig
    from vqclip.synthesis import candidates
    from vqclip.synthesis.init import fit, to_pixels

    settings = request.settings(**own, layout="none")
    models = load(Inputs.check(settings), DeviceConfig.find(settings), cache=cache)
    place = next(at for at, prompt in enumerate(settings.prompts) if prompt.kind == "image")
    clips = [replace(clip, targets=clip.targets[place : place + 1]) for clip in models.clip_targets]
    size = settings.width, settings.height
    picture = to_pixels(images.resize(shown, *size), models.vqgan.codebook.device)
    words = words_for(clips, nearest_colours(picture))
    with torch.no_grad():
        found, likely = _sampled(models, settings, words, max(settings.candidates, _SAMPLES * wanted.count))
        side = found.shape[-1]
        ranking = candidates.rank(found, models.clip_targets, settings) - candidates.LIKELY * likely
        small = fit(picture, side, side)
        picked = choose(found.cpu(), ranking.cpu(), small.cpu(), wanted.count, wanted.strength)
        ways = []
        for number, at in enumerate(picked):
            start = candidates.fill(found[at : at + 1], size, edges=settings.keeps_edges)
            start = blended(start, picture, wanted.strength)
            path = folder / f"start-{number}.png"
            images.save_png(path, images.to_uint8(start[0]), level=1)
            ways.append({"init_image": str(path), "init_strength": _SETTLE, **_NO_PRIOR})
    return ways, words


_NO_PRIOR = dict.fromkeys(("candidates", "prior_style", "guidance", "temperature"))
"""Options of the candidates, which the runs from them do not take."""


def _sampled(models: Models, settings: Any, words: Sequence[str], count: int) -> tuple[Tensor, Tensor]:
    """Candidates of all words, as many of each: (N, 3, side, side) in [0, 1], and their log-probabilities, (N,).

    Drawings of some words are likelier than those of others. So the mean of each word is subtracted.
    """
    import torch

    from vqclip.synthesis import candidates
    from vqclip.synthesis.randomness import START_STREAM, make_generator

    assert models.sampler is not None
    generator = make_generator(settings.seed or 0, START_STREAM)
    asked = [prompt for prompt in settings.prompts if prompt.kind == "text"]
    how = {"style": settings.prior_style, "guidance": settings.guidance, "temperature": settings.temperature}
    each = -(-count // len(words))
    texts = [[Prompt(word, language="en"), *asked] for word in words]
    codes = [models.sampler.sample(text, each, generator, **how) for text in texts]
    likely = [
        candidates.log_probabilities(models.sampler, text, of_text, settings.prior_style)
        for text, of_text in zip(texts, codes, strict=True)
    ]
    likely = [of_text - of_text.mean() for of_text in likely]
    parts = torch.split(torch.cat(codes), settings.cut_chunk)
    found = torch.cat([models.vqgan.decode(models.vqgan.lookup(part)).clamp(0, 1) for part in parts])
    return found, torch.cat(likely)


def nearest_colours(picture: Tensor) -> list[str]:
    """The three names of colours that are nearest to the mean colour of what lies on the ground, (1, 3, H, W)."""
    import torch

    from vqclip.settings.colours import parse_colour
    from vqclip.synthesis.finish import oklab

    mean = mean_colour(picture)
    known = torch.tensor([parse_colour(name) for name in _COLOURS], device=picture.device) / 255
    order = (oklab(known.T[None, :, :, None]) - oklab(mean)).square().sum(1)[0, :, 0].argsort()
    return [_COLOURS[int(at)] for at in order[:3]]


def mean_colour(picture: Tensor) -> Tensor:
    """The mean colour of what lies on the ground, or of all if nothing does: (1, 3, H, W) to (1, 3, 1, 1)."""
    from vqclip.synthesis.composition import opacity

    cover = opacity(picture)
    cover = cover if bool(cover.any()) else cover + 1
    return (picture * cover).sum((2, 3), keepdim=True) / cover.sum((2, 3), keepdim=True)


def words_for(clip_targets: Sequence[ClipTarget], colours: Sequence[str]) -> list[str]:
    """The concepts that are nearest to a picture, the target of the CLIPs: one to three, best first.

    colours: Of the picture. Each concept gets the one that fits, if one does.
    """
    names = concepts(clip_targets[0].perceptor.vocabulary)
    scores = _scores(clip_targets, names)
    best = [names[at] for at in scores.argsort(descending=True)[:3] if scores[at] > 0.9 * scores.max()]
    coloured = {
        name: [name, *(f"{colour} {name}" for colour in colours if not set(_COLOURS) & set(name.split()))]
        for name in best
    }
    fitting = {name: _scores(clip_targets, texts) for name, texts in coloured.items()}
    return [texts[int(fitting[name].argmax())] for name, texts in coloured.items()]


def concepts(vocabulary: Collection[str]) -> list[str]:
    """The names of emoji in up to three words, which are what the built-in models were taught, without flags.

    vocabulary: Leaves out names with any other word; empty for a CLIP whose words nobody lists.
    """
    import emoji

    listed = (
        known["en"] for known in emoji.EMOJI_DATA.values() if known["status"] == emoji.STATUS["fully_qualified"]
    )
    names = {name.strip(":").replace("_", " ").lower() for name in listed if "skin_tone" not in name}
    words = {name: name.replace("-", " ").split() for name in names}
    return sorted(
        name
        for name in names
        if len(words[name]) <= 3
        and "flag" not in words[name]
        and (not vocabulary or set(words[name]) <= set(vocabulary))
    )


def _scores(clip_targets: Sequence[ClipTarget], texts: Sequence[str]) -> Tensor:
    """The mean similarity of texts to the target of each CLIP: (T,) on the CPU."""
    import torch

    from vqclip.synthesis.retrieval import encode_texts

    each = [clip.weight * encode_texts(clip.perceptor, texts) @ clip.targets[0].cpu() for clip in clip_targets]
    return torch.stack(each).mean(0)


def choose(found: Tensor, ranking: Tensor, picture: Tensor, count: int, strength: float) -> list[int]:
    """Choose candidates that rank high and differ from each other.

    The best comes first. Then each is the best of those that are far enough from the picture and from all before it;
    where none is, the one that is farthest from them.

    Args:
        found: (N, 3, side, side) in [0, 1].
        ranking: (N,), lower is better.
        picture: (1, 3, side, side).
        count: At most N.
        strength: Below 1, the form counts as well.
    """
    import torch
    import torch.nn.functional as F

    small, one = (F.interpolate(each, size=(32, 32), mode="area").flatten(1) for each in (found, picture))
    ranking = ranking + (1 - strength) * (small - one).square().mean(1).sqrt()
    nearest = (small - one).square().mean(1).sqrt()
    chosen: list[int] = []
    for _ in range(count):
        free = torch.ones(len(found), dtype=torch.bool)
        free[chosen] = False
        far = free & (nearest >= _SAMPLES_APART)
        at = int((ranking + (~far) * 1e3).argmin()) if bool(far.any()) else int((nearest - (~free) * 1e3).argmax())
        chosen.append(at)
        nearest = torch.minimum(nearest, (small - small[at]).square().mean(1).sqrt())
    return chosen


def blended(start: Tensor, picture: Tensor, strength: float) -> Tensor:
    """A candidate that takes colours of the picture, and below half strength its form: (1, 3, H, W) in [0, 1]."""
    from vqclip.synthesis.composition import opacity

    shift = (1 - strength) * (mean_colour(picture) - mean_colour(start))
    start = (start + shift * opacity(start)).clamp(0, 1)
    return picture.lerp(start, min(1.0, 0.25 + 1.5 * strength))
