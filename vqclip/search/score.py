"""CLIP without a VQGAN: classify pictures, score one, index a folder, search it.

Whatever can be wrong is looked at before torch is imported; the model is loaded for the first picture that
can be read, and not at all when an index is up to date.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vqclip import files
from vqclip.errors import InputError, UsageError
from vqclip.media import image_folder, images
from vqclip.media.image_folder import Skipped
from vqclip.models import registry
from vqclip.runs.loading import unread
from vqclip.runtime import devices
from vqclip.runtime.devices import DeviceConfig
from vqclip.search import index as picture_index
from vqclip.search.labels import merge
from vqclip.settings.prompts import Prompt, parse
from vqclip.settings.ranges import parse_clip
from vqclip.settings.schema import Settings

if TYPE_CHECKING:
    from vqclip.models.perceptor import Perceptor

# Without the full stops of the CLIP paper's: the built-in CLIP was taught none, and one costs it a third of its hits.
TEMPLATES = ("{}", "a picture of a {}", "a photo of a {}", "a drawing of a {}", "a painting of a {}")
EXAMPLES = 5
SHEET_SIDE = 192
SHEET_COLUMNS = 5

Tell = Callable[[str], None]


class _Clip:
    """The one CLIP of a command: found at once, loaded when it is needed."""

    def __init__(self, settings: Settings) -> None:
        devices.check_device_name(settings.device)
        if len(settings.clip) > 1:
            raise UsageError(f"clip names {len(settings.clip)} models; this command takes one.", "Give one --clip.")
        self._settings = settings
        name, weight = parse_clip(settings.clip[0])
        if weight != 1:
            raise UsageError(f"the weight {weight:g} of the CLIP {name!r} has no effect here.", "Leave it out.")
        self.files = registry.find_clip(name)

    @functools.cached_property
    def perceptor(self) -> Perceptor:
        """The network, with both towers."""
        from vqclip.models.perceptor import load_perceptor

        device_config = DeviceConfig.find(self._settings)
        return load_perceptor(self.files, device_config.device, device_config.dtype)

    @property
    def identity(self) -> str:
        """SHA-256 over what a feature depends on: the weights, and the configuration beside them."""
        from vqclip.models.checkpoints import sha256

        weights, folder = registry.clip_weights(self.files), self.files.folder
        parts = [
            sha256(weights) if weights else self.files.name,
            sha256(folder / "open_clip_config.json") if folder else f"{self.files.model}/{self.files.pretrained}",
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def encode(self, pictures: Iterator[images.Pixels]) -> picture_index.Features:
        """Features of pictures, (N, E); the model is loaded once the first of them is there."""
        first = next(pictures, None)
        if first is None:
            return np.empty((0, 0), dtype=np.float32)
        from vqclip.synthesis import retrieval

        found: picture_index.Features = retrieval.encode_pictures(self.perceptor, chain([first], pictures)).numpy()
        return found


def classify(
    settings: Settings,
    pictures: Sequence[Path],
    labels: Sequence[str],
    *,
    templates: Sequence[str] = TEMPLATES,
    top: int = 5,
) -> dict[str, Any]:
    """Zero-shot classification of pictures, and of those below folders among them.

    labels: as `labels.read` gives them. templates: each with `{}` in the place of the label. Returns for each
    picture its `top` labels with their probabilities among all labels, what was skipped, and warnings. Raises
    VqclipError.
    """
    for template in templates:
        if "{}" not in template:
            raise UsageError(
                f"template {template!r} has no {{}} for the label.", "Write one, as in 'a photo of a {}'."
            )
    distinct, warnings = merge(labels)
    clip = _Clip(settings)
    read: list[int] = []
    skipped: list[Skipped] = []
    paths: list[Path] = []
    for path in pictures:
        if files.is_folder(path):
            entries, closed = image_folder.scan(path)
            paths += [path / entry.path for entry in entries]
            skipped += closed
        else:
            paths.append(path)
    features = clip.encode(image_folder.readable(paths, read, skipped))
    if not read:
        if len(skipped) == 1:
            raise InputError(skipped[0].why, "Give a PNG, JPEG or WebP.")
        raise InputError(
            f"none of {len(skipped)} pictures can be read, for one: {skipped[0].why}", "Check the files."
        )
    import torch

    from vqclip.synthesis import retrieval

    longest = max(templates, key=len)
    # Of ten thousand labels a few examples will do; spelling costs time.
    filled = (retrieval.fill(longest, label) for label in distinct)
    warnings += dict.fromkeys(islice(unread(clip.files.name, clip.perceptor, filled), EXAMPLES))
    classes = retrieval.zero_shot(clip.perceptor, list(map(clip.perceptor.legible, distinct)), templates)
    shares = retrieval.probabilities(clip.perceptor, torch.from_numpy(features), classes)
    found = [
        {
            "image": str(paths[place]),
            "labels": [
                {"label": distinct[at], "probability": round(share, 6)} for at, share in retrieval.best(row, top)
            ],
        }
        for place, row in zip(read, shares, strict=True)
    ]
    if skipped:
        warnings.append(image_folder.format_skipped(skipped))
    return {"clip": clip.files.name, "images": found} | _ending(skipped, warnings)


def score(settings: Settings, picture: Path, text: str) -> dict[str, Any]:
    """Cosine similarity in [-1, 1] and spherical distance (0 to pi^2/2) of a picture and a text, as it stands.

    Raises VqclipError.
    """
    if not text.strip():
        raise UsageError("the text is empty.", 'Write what to look for, as in "a red apple".')
    clip = _Clip(settings)
    features = clip.encode(iter([images.open_image(picture)]))
    import torch

    from vqclip.synthesis import retrieval

    texts = retrieval.encode_texts(clip.perceptor, [clip.perceptor.legible(text)])
    similarity, distance = retrieval.compare(torch.from_numpy(features), texts)
    return {
        "clip": clip.files.name,
        "image": str(picture),
        "text": text,
        "similarity": round(float(similarity), 6),
        "distance": round(float(distance), 6),
        "warnings": list(unread(clip.files.name, clip.perceptor, [text])),
    }


def index(settings: Settings, folder: Path, place: Path | None, tell: Tell) -> dict[str, Any]:
    """Bring the index of a folder up to date, and say what that took.

    place: file of the index, None for its own place in the folder. tell: is told the progress. Raises VqclipError.
    """
    clip = _Clip(settings)
    place = picture_index.place_for(folder, place)
    return {"clip": clip.files.name, "index": str(place)} | _counts(
        picture_index.update(folder, place, clip.identity, clip.encode, tell, must_keep=True)
    )


def search(
    settings: Settings,
    folder: Path,
    query: str | Path,
    *,
    place: Path | None = None,
    top: int = 10,
    sheet: Path | None = None,
    tell: Tell,
) -> dict[str, Any]:
    """The pictures below a folder that are nearest to a text (in the prompt grammar) or to a picture.

    The index is brought up to date first; one that cannot be saved is used all the same. Returns the `top`
    pictures with their cosine similarity, its weighted mean for several prompts. sheet: PNG file for a contact
    sheet of them. Raises VqclipError.
    """
    prompts = _prompts(query) if isinstance(query, str) else (Prompt(str(query)),)
    if sheet is not None and sheet.suffix.lower() != ".png":
        raise UsageError(f"sheet {files.printable(sheet)} is not a PNG file.", "Let its name end in .png.")
    clip = _Clip(settings)
    place = picture_index.place_for(folder, place)
    wanted = images.open_image(query) if isinstance(query, Path) else None
    if sheet is not None:
        files.ensure_writable(sheet.parent)
    updated = picture_index.update(folder, place, clip.identity, clip.encode, tell, must_keep=False)
    import torch

    from vqclip.synthesis import retrieval

    texts = [prompt.text for prompt in prompts] if wanted is None else []
    if wanted is None:
        queries = retrieval.encode_texts(clip.perceptor, list(map(clip.perceptor.legible, texts)))
    else:
        queries = torch.from_numpy(clip.encode(iter([wanted])))
    picture_index.check_width(queries.shape[1], updated.index)
    weights = torch.tensor([prompt.weight for prompt in prompts])
    ranked = retrieval.rank(torch.from_numpy(updated.index.features), queries, weights, top)
    results = [
        {"image": str(folder / updated.index.entries[row].path), "similarity": round(similarity, 6)}
        for row, similarity in ranked
    ]
    warnings = list(unread(clip.files.name, clip.perceptor, texts))
    if sheet is not None:
        warnings += _draw(sheet, results)
    report = {
        "clip": clip.files.name,
        "query": str(query),
        "index": str(place),
        "results": results,
        "sheet": str(sheet) if sheet else None,
    } | _counts(updated)
    return report | {"warnings": [*report["warnings"], *warnings]}


def _prompts(text: str) -> tuple[Prompt, ...]:
    prompts = parse(text)
    for prompt in prompts:
        if prompt.stop != -math.inf:
            raise UsageError("a stop has no effect on a search.", "Write text:weight.")
        if prompt.schedule is not None:
            raise UsageError("a weight that changes over the steps has no effect on a search.", "Write text:weight.")
        if prompt.region:
            raise UsageError("a part of the picture has no effect on a search.", "Write text:weight.")
        if prompt.kind != "text":
            raise UsageError(f"a search takes the picture {prompt.text!r} by itself.", "Give it with --image.")
    return prompts


def _draw(sheet: Path, results: Sequence[dict[str, Any]]) -> list[str]:
    """Write the contact sheet of results, and return a warning if some are gone."""
    read: list[int] = []
    skipped: list[Skipped] = []
    paths = [Path(row["image"]) for row in results]
    pictures = [_small(pixels) for pixels in image_folder.readable(paths, read, skipped)]
    labels = [f"{place + 1}: {results[place]['similarity']:.3f} {paths[place].name}" for place in read]
    if pictures:
        columns = max(min(SHEET_COLUMNS, len(pictures)), math.isqrt(len(pictures)))
        images.save_png(sheet, images.contact_sheet(pictures, labels, columns), {})
    return [image_folder.format_skipped(skipped)] if skipped else []


def _small(pixels: images.Pixels) -> images.Pixels:
    """The picture scaled to the cell of a sheet; small ones stay as they are."""
    height, width = pixels.shape[:2]
    scale = min(1.0, SHEET_SIDE / max(height, width))
    return images.resize(pixels, max(1, round(width * scale)), max(1, round(height * scale)))


def _counts(updated: picture_index.Updated) -> dict[str, Any]:
    return {
        "pictures": len(updated.index.entries),
        "encoded": updated.encoded,
        "known": updated.known,
        "dropped": updated.dropped,
    } | _ending(updated.skipped, updated.warnings)


def _ending(skipped: Sequence[Skipped], warnings: Sequence[str]) -> dict[str, Any]:
    return {"skipped": [vars(one) for one in skipped], "warnings": list(warnings)}
