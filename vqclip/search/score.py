"""Use CLIP without a VQGAN: classify pictures, score one, index a folder, search it.

Arguments are checked before torch is imported. The model is loaded for the first picture that can be read, and not at
all when an index is up to date.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vqclip import files
from vqclip.errors import InputError, UsageError
from vqclip.media import image_folder, images
from vqclip.media.image_folder import Skipped
from vqclip.models import registry
from vqclip.runs.directory import refuse_output
from vqclip.runs.loading import unread
from vqclip.runtime import devices
from vqclip.runtime.devices import DeviceConfig
from vqclip.search.index import Features, Notify, Updated, check_width, index_path, update
from vqclip.search.labels import merge
from vqclip.settings.option import parse_clip
from vqclip.settings.prompts import Prompt, parse
from vqclip.settings.schema import Settings

if TYPE_CHECKING:
    from vqclip.models.perceptor import Perceptor

# Without the full stops of the CLIP paper: the built-in CLIP has not learned them, and they cost a third of its hits.
TEMPLATES = ("{}", "a picture of a {}", "a photo of a {}", "a drawing of a {}", "a painting of a {}")
EXAMPLES = 5
SHEET_SIDE = 192
SHEET_COLUMNS = 5


class _Clip:
    """The CLIP of a command, which is loaded when it is first needed."""

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
        """The network with both encoders."""
        from vqclip.models.perceptor import load_perceptor

        device_config = DeviceConfig.find(self._settings)
        return load_perceptor(self.files, device_config.device, device_config.dtype)

    @property
    def identity(self) -> str:
        """SHA-256 of what features depend on: the weights, and the configuration beside them."""
        from vqclip.models.checkpoints import sha256

        weights, folder = self.files.weights, self.files.folder
        parts = [
            sha256(weights) if weights else self.files.name,
            sha256(folder / "open_clip_config.json") if folder else f"{self.files.model}/{self.files.pretrained}",
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def encode(self, pictures: Iterator[images.Pixels]) -> Features:
        """Return the features of pictures, (N, E); the model is loaded when the first picture is read."""
        first = next(pictures, None)
        if first is None:
            return np.empty((0, 0), dtype=np.float32)
        from vqclip.synthesis import retrieval

        found: Features = retrieval.encode_pictures(self.perceptor, chain([first], pictures)).numpy()
        return found


def classify(
    settings: Settings,
    pictures: Sequence[Path],
    labels: Sequence[str],
    *,
    templates: Sequence[str] = TEMPLATES,
    top: int = 5,
) -> dict[str, Any]:
    """Classify pictures zero-shot, those below folders among them.

    Args:
        settings: Of the CLIP and the device.
        pictures: Files and folders.
        labels: As `labels.read` returns them.
        templates: Texts around a label, with `{}` in its place.
        top: How many labels to return for each picture.

    Returns:
        clip, images (each with its `top` labels and their probabilities, by `retrieval.probabilities`), skipped and
        warnings. Raises VqclipError.
    """
    for template in templates:
        if "{}" not in template:
            raise UsageError(
                f"template {template!r} has no {{}} for the label.", "Write one, as in 'a photo of a {}'."
            )
    distinct, warnings = merge(labels)
    clip = _Clip(settings)
    paths, skipped = _expand(pictures)
    read: list[int] = []
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
    # Of ten thousand labels a few warnings are enough; finding similar words takes time.
    labels = [clip.perceptor.legible(label, settings.language) for label in distinct]
    filled = (retrieval.fill(longest, label) for label in labels)
    warnings += dict.fromkeys(islice(unread(clip.files.name, clip.perceptor, filled), EXAMPLES))
    classes = retrieval.zero_shot(clip.perceptor, labels, templates)
    shares = retrieval.probabilities(clip.perceptor, torch.from_numpy(features), classes)
    found = [
        {
            "image": str(paths[index]),
            "labels": [
                {"label": distinct[at], "probability": round(share, 6)} for at, share in retrieval.best(row, top)
            ],
        }
        for index, row in zip(read, shares, strict=True)
    ]
    if skipped:
        warnings.append(image_folder.format_skipped(skipped))
    return {"clip": clip.files.name, "images": found} | _ending(skipped, warnings)


def _expand(pictures: Sequence[Path]) -> tuple[list[Path], list[Skipped]]:
    """Replace folders by the pictures below them; return also the folders that cannot be read."""
    paths: list[Path] = []
    skipped: list[Skipped] = []
    for path in pictures:
        if files.is_folder(path):
            entries, closed = image_folder.scan(path)
            paths += [path / entry.path for entry in entries]
            skipped += closed
        else:
            paths.append(path)
    return paths, skipped


def score(settings: Settings, picture: Path, text: str) -> dict[str, Any]:
    """Compare a picture with a text, which is not parsed as a prompt.

    Returns clip, image, text, warnings, the cosine similarity in [-1, 1] and the spherical distance, 0 to pi^2 / 2.
    Raises VqclipError.
    """
    if not text.strip():
        raise UsageError("the text is empty.", 'Write what to look for, as in "a red apple".')
    clip = _Clip(settings)
    features = clip.encode(iter([images.open_image(picture)]))
    import torch

    from vqclip.synthesis import retrieval

    read = clip.perceptor.legible(text, settings.language)
    texts = retrieval.encode_texts(clip.perceptor, [read])
    similarity, distance = retrieval.compare(torch.from_numpy(features), texts)
    return {
        "clip": clip.files.name,
        "image": str(picture),
        "text": text,
        "similarity": round(float(similarity), 6),
        "distance": round(float(distance), 6),
        "read_as": clip.perceptor.read_as([text], settings.language),
        "warnings": list(unread(clip.files.name, clip.perceptor, [read])),
    }


def index(settings: Settings, folder: Path, path: Path | None, notify: Notify) -> dict[str, Any]:
    """Bring the index of a folder up to date.

    Args:
        settings: Of the CLIP and the device.
        folder: With the pictures.
        path: Of the index; None is a file in the folder.
        notify: Called with messages about the progress.

    Returns:
        clip, index (the file), pictures, encoded, known, dropped, skipped and warnings.

    Raises:
        VqclipError: No picture can be read, or the index cannot be written.
    """
    clip = _Clip(settings)
    path = index_path(folder, path)
    return {"clip": clip.files.name, "index": str(path)} | _counts(
        update(folder, path, clip.identity, clip.encode, notify, must_keep=True)
    )


def _check_sheet(sheet: Path | None, query: str | Path) -> None:
    """Raise UsageError or OutputError for a sheet that cannot be written, or that is the picture to look for."""
    if sheet is not None:
        images.check_png_name(sheet, "sheet")
        refuse_output(sheet, query if isinstance(query, Path) else None)


def search(
    settings: Settings,
    folder: Path,
    query: str | Path,
    *,
    path: Path | None = None,
    top: int = 10,
    sheet: Path | None = None,
    notify: Notify,
) -> dict[str, Any]:
    """Find the pictures below a folder that are nearest to a text or a picture.

    The index is brought up to date first. One that cannot be saved is used anyway.

    Args:
        settings: Of the CLIP and the device.
        folder: With the pictures.
        query: A text in the prompt grammar, or the path of a picture.
        path: Of the index; None is a file in the folder.
        top: How many pictures to return.
        sheet: A PNG to write a contact sheet of them to.
        notify: Called with messages about the progress.

    Returns:
        What `index` returns, query, sheet, and results: the pictures with their cosine similarity, its weighted mean
        for several prompts. Raises VqclipError.
    """
    prompts = _prompts(query) if isinstance(query, str) else (Prompt(str(query)),)
    _check_sheet(sheet, query)
    clip = _Clip(settings)
    path = index_path(folder, path)
    wanted = images.open_image(query) if isinstance(query, Path) else None
    if sheet is not None:
        files.prepare_folder_of(sheet)
    updated = update(folder, path, clip.identity, clip.encode, notify, must_keep=False)
    import torch

    from vqclip.synthesis import retrieval

    texts = []
    if wanted is None:
        texts = [clip.perceptor.legible(prompt.text, settings.language) for prompt in prompts]
        queries = retrieval.encode_texts(clip.perceptor, texts)
    else:
        queries = torch.from_numpy(clip.encode(iter([wanted])))
    check_width(queries.shape[1], updated.index)
    weights = torch.tensor([prompt.weight for prompt in prompts])
    ranked = retrieval.rank(torch.from_numpy(updated.index.features), queries, weights, top)
    results = [
        {"image": str(folder / updated.index.entries[row].path), "similarity": round(similarity, 6)}
        for row, similarity in ranked
    ]
    warnings = list(unread(clip.files.name, clip.perceptor, texts))
    if sheet is not None:
        warnings += _draw_sheet(sheet, results)
    read_as = None if wanted is not None else clip.perceptor.read_as((p.text for p in prompts), settings.language)
    report: dict[str, Any] = {"clip": clip.files.name, "query": str(query), "read_as": read_as, "index": str(path)}
    report |= {"results": results, "sheet": str(sheet) if sheet else None} | _counts(updated)
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
            raise UsageError(f"the picture {prompt.text!r} cannot be a part of the text.", "Give it with --image.")
    return prompts


def _draw_sheet(sheet: Path, results: Sequence[dict[str, Any]]) -> list[str]:
    """Write the contact sheet of results, and return a warning if some cannot be read."""
    read: list[int] = []
    skipped: list[Skipped] = []
    paths = [Path(row["image"]) for row in results]
    pictures = [images.shrink(pixels, SHEET_SIDE) for pixels in image_folder.readable(paths, read, skipped)]
    labels = [f"{row + 1}: {results[row]['similarity']:.3f} {paths[row].name}" for row in read]
    if pictures:
        columns = max(min(SHEET_COLUMNS, len(pictures)), math.isqrt(len(pictures)))
        images.save_png(sheet, images.contact_sheet(pictures, labels, columns), {})
    return [image_folder.format_skipped(skipped)] if skipped else []


def _counts(updated: Updated) -> dict[str, Any]:
    return {
        "pictures": len(updated.index.entries),
        "encoded": updated.encoded,
        "known": updated.known,
        "dropped": updated.dropped,
    } | _ending(updated.skipped, updated.warnings)


def _ending(skipped: Sequence[Skipped], warnings: Sequence[str]) -> dict[str, Any]:
    return {"skipped": [vars(one) for one in skipped], "warnings": list(warnings)}
