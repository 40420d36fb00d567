"""Draw a contact sheet of candidates from the prior, without a run, and keep their tokens for one."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from vqclip import files
from vqclip.errors import InputError, OutputError
from vqclip.media import images
from vqclip.runs import samples
from vqclip.runs.directory import refuse_output
from vqclip.runs.inputs import Inputs
from vqclip.runs.loading import load
from vqclip.runs.session import library_versions
from vqclip.runtime.devices import DeviceConfig
from vqclip.settings.option import absolute
from vqclip.settings.schema import Settings, default_of, options_of

COLUMNS = 8


def sample(settings: Settings, output: Path) -> dict[str, Any]:
    """Sample candidates as a run would, rank them with CLIP, and write them best first as one PNG.

    Args:
        settings: Of a run that would start from the best.
        output: A PNG file, or a folder for candidates.png. The tokens are kept beside it, see `runs.samples`.

    Returns:
        image, samples, seed, read_as (as in `dry_run.plan`), warnings, and for each candidate its number in the order
        of sampling, its ranking (see `candidates.Candidates`; lower is better), CLIP's loss, its log-probability, and
        its score, as `vqclip score` gives it.

    Raises:
        VqclipError: The settings or the output are wrong.
    """
    if not output.suffix or (files.is_folder(output) and output.suffix.lower() != ".png"):
        output = output / samples.SHEET
    images.check_png_name(output)
    refuse_output(output)
    record = samples.record_beside(output)
    _refuse_other_files(record)
    if settings.seed is None:
        settings = settings.replace(seed=secrets.randbelow(2**32))
    no_video = {"video": False, **{name: default_of(name) for name in options_of("video")}}
    inputs = Inputs.check(settings.replace(init="prior", layout="none", init_image=None, **no_video))
    files.prepare_folder_of(output)

    from vqclip.synthesis import candidates
    from vqclip.synthesis.randomness import START_STREAM, make_generator
    from vqclip.synthesis.scoring import Scorer

    models = load(inputs, DeviceConfig.find(settings))
    if models.sampler is None:
        raise ValueError("Inputs.check finds a prior for these settings")
    generator = make_generator(settings.seed or 0, START_STREAM)
    drawn = candidates.draw(models.vqgan, models.sampler, models.clip_targets, inputs.settings, generator)
    pictures = [images.to_uint8(picture.cpu().numpy()) for picture in drawn.images]
    samples.save(record, drawn, inputs.settings.with_paths(absolute).to_dict(), inputs.hashes(), library_versions())
    scorer, weights = Scorer(models.clip_targets, inputs.settings.prompts), inputs.settings.story.weights_alone()
    rows = zip(drawn.numbers, drawn.ranking, drawn.losses, drawn.log_probabilities, pictures, strict=True)
    found = [
        {
            "number": int(number) + 1,
            "ranking": round(float(ranking), 5),
            "loss": round(float(loss), 5),
            "log_probability": round(float(likely), 5),
            "score": round(scorer(picture, weights), 5),
        }
        for number, ranking, loss, likely, picture in rows
    ]
    labels = [f"{row['number']}: score {row['score']:.3f}" for row in found]
    images.save_png(output, images.contact_sheet(pictures, labels, min(COLUMNS, len(pictures))), {})
    doubt = models.doubt(float(str(found[0]["score"])), inputs.settings)
    report = {"image": str(output), "samples": str(record), "seed": settings.seed, "candidates": found}
    return report | {"read_as": models.read_as, "warnings": [*models.warnings, *filter(None, [doubt])]}


def _refuse_other_files(record: Path) -> None:
    """Raise OutputError where the tokens would replace anything but samples, such as the weights of a model."""
    if not files.exists(record):
        return
    try:
        samples.read(record)
    except InputError:
        shown = files.printable(record)
        raise OutputError(f"{shown} is in the way: it holds no samples.", "Choose another --output.") from None
