"""Best-of-N: run several seeds for a few steps, and continue from the start that CLIP ranks best.

The idea is FuseDream's (arXiv 2112.01573). In a run folder the starts are in starts/1/ ..., with starts.json and
starts.png. Each start is the run of its seed, stopped early. The files of the best become those of the run, so the
result equals a normal run with that seed. Any other start can be resumed too.
"""

from __future__ import annotations

import math
import os
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqclip import files, reading
from vqclip.errors import Interrupted, UsageError, VqclipError
from vqclip.events import CandidateScored, Chosen, Event, Finished, Started, Stepped, Stop, Warned
from vqclip.media import images
from vqclip.runs import directory as run_folder
from vqclip.runs import progress_video, recorder
from vqclip.runs.directory import Manifest, Run
from vqclip.runs.inputs import Inputs
from vqclip.runs.loading import Models
from vqclip.settings.schema import MAX_SEED, Settings, default_of

if TYPE_CHECKING:
    import numpy as np

    from vqclip.synthesis.state import Layout, State

SHEET_SIDE = 192
SHEET_COLUMNS = 8
MAX_RECORD_BYTES = 10_000_000
MAX_FILE_BYTES = 2_000_000_000
"""Of a frame or a snapshot of a start."""
_ENOUGH_STEPS = 0
"""In the place of a signal: the start has all its steps."""


def steps_of(settings: Settings) -> int:
    """The steps of each start: `best_of_share` of all, rounded up."""
    return min(settings.iterations, math.ceil(settings.best_of_share * settings.iterations))


def starts_of(settings: Settings) -> list[Settings]:
    """The settings of each start: those of a plain run, with seeds that count up from that of the run."""
    plain = {name: default_of(name) for name in ("best_of", "best_of_share")}
    first = settings.seed or 0
    seeds = [(first + number) % (MAX_SEED + 1) for number in range(settings.best_of)]
    return [settings.replace(seed=seed, **plain) for seed in seeds]


def asked(directory: Path) -> str | None:
    """The digest of the settings that the run in a folder had before it chose a start; None without starts."""
    record = _read(directory / run_folder.STARTS_RECORD)
    return str(record["digest"]) if record else None


def first_seed(directory: Path) -> int | None:
    """The seed of the first start of the run in a folder; None without starts."""
    record = _read(directory / run_folder.STARTS_RECORD)
    seed = record.get("first_seed") if record else None
    return seed if isinstance(seed, int) else None


def choose(models: Models, inputs: Inputs) -> Generator[Event, None, tuple[Settings, State]]:
    """Run every start without files; return the settings and the state of the best."""
    found: list[tuple[float, float, Settings, State]] = []
    limit = steps_of(inputs.settings)
    for number, start in enumerate(starts_of(inputs.settings), 1):
        last = None
        for event in models.synthesizer(inputs, start, spent=None).run():
            if isinstance(event, Warned):
                yield event
            if isinstance(event, (Started, Stepped, Finished)):
                last = event
                if event.step >= limit:
                    break
        assert last is not None
        picture = last.image()
        loss, score = rank_loss(picture, models, start), score_of(picture, models, start)
        if not found or loss < found[0][0]:
            found[:] = [(loss, score, start, last.state())]
        # The events refer to the loop, and the next one needs its memory.
        del event, last
        yield CandidateScored(number, inputs.settings.best_of, start.seed or 0, loss, score)
    loss, score, chosen, state = found[0]
    yield _chosen(inputs.settings, chosen, loss, score)
    return chosen, state


def choose_recorded(
    models: Models, inputs: Inputs, run: Run, manifest: Manifest, stop: Stop
) -> Generator[Event, None, tuple[Settings, State]]:
    """Run every start in a folder of its own, unless it is there already; return the settings and state of the best.

    Raises:
        Interrupted: `stop` returned a signal.
    """
    settings, path = inputs.settings, run.directory / run_folder.STARTS_RECORD
    known = _read(path) if asked(run.directory) == settings.digest() else None
    losses: dict[str, float] = dict(known["losses"]) if known else {}
    scores: dict[str, float] = dict(known["scores"]) if known else {}
    facts = {"digest": settings.digest(), "steps": steps_of(settings), "first_seed": settings.seed}
    starts = starts_of(settings)
    for number, start in enumerate(starts, 1):
        if str(number) not in scores:
            try:
                image = yield from _run_start(models, inputs, start, _folder(run, number), manifest, stop)
            except Interrupted as error:
                # Not with the folder of the start.
                hint = recorder.resume_hint(run.directory)
                raise Interrupted(error.message, hint, error.signal_number) from None
            losses[str(number)] = rank_loss(image, models, start)
            scores[str(number)] = score_of(image, models, start)
            files.write_json(path, facts | {"losses": losses, "scores": scores})
        yield CandidateScored(number, len(starts), start.seed or 0, losses[str(number)], scores[str(number)])
    best = min(range(1, len(starts) + 1), key=lambda number: (losses[str(number)], number))
    files.write_json(path, facts | {"losses": losses, "scores": scores, "chosen": best})
    _write_sheet(run, starts, scores)
    state = yield from _copy_files(_folder(run, best), run, inputs.layout(starts[best - 1]))
    yield _chosen(settings, starts[best - 1], losses[str(best)], scores[str(best)])
    return starts[best - 1], state


def rank_loss(image: np.ndarray, models: Models, settings: Settings) -> float:
    """The prompt loss of a picture, (H, W, 3) uint8, and its mirror image, over all CLIPs: lower is better."""
    from vqclip.synthesis import candidates, init

    pixels = init.to_pixels(image, models.vqgan.codebook.device)
    return float(candidates.rank(pixels, models.clip_targets, settings)[0])


def score_of(image: np.ndarray, models: Models, settings: Settings) -> float:
    """The score of a picture, (H, W, 3) uint8, for the prompts of the first scene: see `Scorer`."""
    from vqclip.synthesis.scoring import Scorer

    return Scorer(models.clip_targets, settings.prompts)(image, settings.story.weights_alone())


def _run_start(
    models: Models, inputs: Inputs, settings: Settings, directory: Path, manifest: Manifest, stop: Stop
) -> Generator[Event, None, np.ndarray]:
    """Run one start to its last step, from its newest snapshot if it has one; return its picture."""
    from vqclip.synthesis import state as snapshots

    limit = steps_of(inputs.settings)
    # A start has neither a video nor a report; resumed by itself, it gets both.
    recorded = replace(manifest, settings=settings.replace(video=False, report=False), status="running")
    with run_folder.open_run(directory) as run:
        state, problems = snapshots.newest(run.state, inputs.layout(settings))
        yield from map(Warned, problems)
        loop = models.synthesizer(inputs, settings, spent=None)
        if state is not None and state.step >= limit:
            started = next(event for event in loop.run(state) if isinstance(event, Started))
            return started.image()
        step = 0

        def stop_after_start() -> int | None:
            signal = stop()
            return signal if signal is not None else _ENOUGH_STEPS if step >= limit else None

        image = None
        try:
            for event in recorder.record(loop.run(state), run, recorded, stop_after_start):
                if isinstance(event, (Started, Stepped, Finished)):
                    image, step = event.image(), event.step
                elif isinstance(event, Warned):
                    yield event
        except Interrupted as error:
            if error.signal_number != _ENOUGH_STEPS:
                raise
    assert image is not None
    return image


def _copy_files(directory: Path, run: Run, layout: Layout) -> Generator[Event, None, State]:
    """Copy the files of a start to the run, and return its state. It may be repeated."""
    from vqclip.synthesis import state as snapshots

    kept = [path for name in ("frames", "state") for path in sorted((directory / name).iterdir())]
    for path in (*kept, *directory.glob("metrics.jsonl")):
        files.write_bytes(run.directory / path.relative_to(directory), reading.read_bytes(path, MAX_FILE_BYTES))
    state, problems = snapshots.newest(run.state, layout)
    yield from map(Warned, problems)
    if state is None:
        raise VqclipError(f"{files.printable(directory)} has lost its snapshot.", "Start again with --overwrite.")
    return state


def _write_sheet(run: Run, starts: list[Settings], scores: Mapping[str, float]) -> None:
    """Write starts.png: the last frames of the starts."""
    pictures, labels = [], []
    for number, start in enumerate(starts, 1):
        frames = progress_video.frames_of(_folder(run, number))
        if frames:
            pixels = images.open_image(frames[-1])
            pictures.append(images.shrink(pixels, SHEET_SIDE))
            labels.append(f"{number}: seed {start.seed}, score {scores[str(number)]:.3f}")
    if pictures:
        sheet = images.contact_sheet(pictures, labels, SHEET_COLUMNS)
        images.save_png(run.directory / run_folder.STARTS_SHEET, sheet, {})


def _folder(run: Run, number: int) -> Path:
    return run.directory / run_folder.STARTS / str(number)


def _chosen(settings: Settings, chosen: Settings, loss: float, score: float) -> Chosen:
    number = starts_of(settings).index(chosen) + 1
    return Chosen(number, settings.best_of, chosen.seed or 0, loss, score)


def _read(path: Path) -> dict[str, Any] | None:
    """The content of starts.json; None without one. Raises UsageError for a damaged one."""
    from vqclip.records import StartsRecord, checked

    if not os.path.lexists(path):
        return None
    hint = "Start the run again with --overwrite."
    values = reading.read_json(path, MAX_RECORD_BYTES, UsageError)
    with reading.refusing(f"{files.printable(path)} cannot be read", hint, UsageError):
        return dict(checked(StartsRecord, values))
