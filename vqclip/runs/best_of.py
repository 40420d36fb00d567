"""Short starts from several seeds, of which CLIP's best goes on (the idea is FuseDream's, arXiv 2112.01573).

starts/1/ ...  starts.json  starts.png

Each start is the run of its seed, stopped early. The best one's files become those of the run, which then goes on
as that seed's run: its picture is the one that this seed gives by itself. Any other start can be gone on with too.
"""

from __future__ import annotations

import math
import os
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqclip import files, reading
from vqclip.errors import Interrupted, UsageError, VqclipError
from vqclip.events import CandidateScored, Chosen, Event, Finished, Started, Stepped, Warned
from vqclip.media import images
from vqclip.runs import directory as run_folder
from vqclip.runs import recorder
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
_PAUSE = 0

Choice = tuple[Settings, "State"]


def climb(
    models: Models, inputs: Inputs, settings: Settings, state: State | None, seconds: float | None = 0.0
) -> Iterator[Event]:
    """The loop over loaded models, from its start or from `state`. settings: those of the inputs, with another seed
    if need be. seconds: already spent of its `max_seconds`; None, and time does not end it."""
    from vqclip.synthesis.loop import synthesise

    return synthesise(
        models.vqgan,
        models.clip_targets,
        settings,
        replace(inputs.init_inputs, latent=models.latent),
        state=state,
        sampler=models.sampler,
        time_is_up=run_folder.deadline(None if seconds is None else settings.max_seconds, seconds or 0.0),
    )


def steps_of(settings: Settings) -> int:
    """The steps of each start: `best_of_share` of all, rounded up."""
    return min(settings.iterations, math.ceil(settings.best_of_share * settings.iterations))


def candidates(settings: Settings) -> list[Settings]:
    """The settings of the run that each start is the beginning of: seeds from the given one upwards."""
    plain = {name: default_of(name) for name in ("best_of", "best_of_share")}
    first = settings.seed or 0
    seeds = [(first + number) % (MAX_SEED + 1) for number in range(settings.best_of)]
    return [settings.replace(seed=seed, **plain) for seed in seeds]


def asked(directory: Path) -> str | None:
    """The digest of the settings that the run in a folder was begun with, before it chose; None if it did not."""
    record = _read(directory / run_folder.STARTS_RECORD)
    return str(record["digest"]) if record else None


def first_seed(directory: Path) -> int | None:
    """The seed of the first start of a run in a folder; None if it did not choose."""
    record = _read(directory / run_folder.STARTS_RECORD)
    seed = record.get("first_seed") if record else None
    return seed if isinstance(seed, int) else None


def choose(models: Models, inputs: Inputs) -> Generator[Event, None, Choice]:
    """Run every start without files; return the settings and the state of the best."""
    found: list[tuple[float, Settings, State]] = []
    limit = steps_of(inputs.settings)
    for number, candidate in enumerate(candidates(inputs.settings), 1):
        last = None
        for event in climb(models, inputs, candidate, None, None):
            if isinstance(event, Warned):
                yield event
            if isinstance(event, (Started, Stepped, Finished)):
                last = event
                if event.step >= limit:
                    break
        assert last is not None
        loss = judge(last.image(), models, candidate)
        if not found or loss < found[0][0]:
            found[:] = [(loss, candidate, last.state())]
        # It holds on to the whole climb, which the next one needs the memory of.
        del event, last
        yield CandidateScored(number, inputs.settings.best_of, candidate.seed or 0, loss)
    loss, chosen, state = found[0]
    yield _chosen(inputs.settings, chosen, loss)
    return chosen, state


def choose_recorded(
    models: Models, inputs: Inputs, run: run_folder.Run, manifest: run_folder.Manifest, stop: recorder.Stop
) -> Generator[Event, None, Choice]:
    """The same with a folder for each start; those that are there already are not run again.

    Raises Interrupted when `stop` gives a signal, and what the loop raises; run.json then says so.
    """
    run.write(manifest)
    try:
        chosen, state = yield from _choose_recorded(models, inputs, run, manifest, stop)
    except Interrupted as error:
        run.write(replace(manifest, status="interrupted"))
        raise Interrupted(error.message, recorder.go_on(run.directory), error.signal_number) from None
    except BaseException:
        run.write(replace(manifest, status="failed"))
        raise
    return chosen, state


def _choose_recorded(
    models: Models, inputs: Inputs, run: run_folder.Run, manifest: run_folder.Manifest, stop: recorder.Stop
) -> Generator[Event, None, Choice]:
    settings, path = inputs.settings, run.directory / run_folder.STARTS_RECORD
    known = _read(path) if asked(run.directory) == settings.digest() else None
    losses: dict[str, float] = dict(known["losses"]) if known else {}
    facts = {"digest": settings.digest(), "steps": steps_of(settings), "first_seed": settings.seed}
    everyone = candidates(settings)
    for number, candidate in enumerate(everyone, 1):
        if str(number) not in losses:
            image = yield from _start(models, inputs, candidate, _folder(run, number), manifest, stop)
            losses[str(number)] = judge(image, models, candidate)
            files.write_json(path, facts | {"losses": losses})
        yield CandidateScored(number, len(everyone), candidate.seed or 0, losses[str(number)])
    best = min(range(1, len(everyone) + 1), key=lambda number: (losses[str(number)], number))
    files.write_json(path, facts | {"losses": losses, "chosen": best})
    _sheet(run, everyone, losses)
    state = yield from _adopt(_folder(run, best), run, inputs.layout(everyone[best - 1]))
    yield _chosen(settings, everyone[best - 1], losses[str(best)])
    return everyone[best - 1], state


def judge(image: np.ndarray, models: Models, settings: Settings) -> float:
    """The prompts' loss of a picture, (H, W, 3) uint8, seen whole and mirrored by every CLIP: lower is better."""
    from vqclip.synthesis import candidates, init

    pixels = init.to_pixels(image, models.vqgan.codebook.device)
    return float(candidates.rank(pixels, models.clip_targets, settings)[0])


def _start(
    models: Models,
    inputs: Inputs,
    settings: Settings,
    directory: Path,
    manifest: run_folder.Manifest,
    stop: recorder.Stop,
) -> Generator[Event, None, np.ndarray]:
    """Run one start to its last step, from its newest snapshot if it has one; return its picture."""
    from vqclip.synthesis import state as snapshots

    limit = steps_of(inputs.settings)
    # Of a start there is neither a video nor a page; whoever goes on with it gets the frames.
    kept = settings.replace(video=False, report=False)
    with run_folder.open_run(directory) as run:
        state, problems = snapshots.newest(run.state, inputs.layout(settings))
        yield from map(Warned, problems)
        step = 0
        if state is not None and state.step >= limit:
            begun = next(e for e in climb(models, inputs, settings, state, None) if isinstance(e, Started))
            return begun.image()

        def pause() -> int | None:
            signal = stop()
            return signal if signal is not None else _PAUSE if step >= limit else None

        last = None
        begun_with = replace(manifest, settings=kept, status="running")
        try:
            for event in recorder.record(climb(models, inputs, settings, state, None), run, begun_with, pause):
                if isinstance(event, (Started, Stepped, Finished)):
                    last, step = event.image(), event.step
                elif isinstance(event, Warned):
                    yield event
        except Interrupted as error:
            if error.signal_number != _PAUSE:
                raise
    assert last is not None
    return last


def _adopt(directory: Path, run: run_folder.Run, layout: Layout) -> Generator[Event, None, State]:
    """Make the files of a start those of the run, and return its state. Done twice it is the same as once."""
    from vqclip.synthesis import state as snapshots

    kept = [path for name in ("frames", "state") for path in sorted((directory / name).iterdir())]
    for path in (*kept, *directory.glob("metrics.jsonl")):
        files.write_bytes(run.directory / path.relative_to(directory), reading.read_bytes(path, MAX_FILE_BYTES))
    state, problems = snapshots.newest(run.state, layout)
    yield from map(Warned, problems)
    if state is None:
        raise VqclipError(f"{files.printable(directory)} has lost its snapshot.", "Start again with --overwrite.")
    return state


def _sheet(run: run_folder.Run, everyone: list[Settings], losses: Mapping[str, float]) -> None:
    """Write starts.png, the starts in their order."""
    pictures, labels = [], []
    for number, candidate in enumerate(everyone, 1):
        frames = sorted((_folder(run, number) / "frames").glob("*.png"))
        if frames:
            pixels = images.open_image(frames[-1])
            scale = min(1.0, SHEET_SIDE / max(pixels.shape[:2]))
            height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
            pictures.append(images.resize(pixels, width, height))
            labels.append(f"{number}: seed {candidate.seed}, {losses[str(number)]:.3f}")
    if pictures:
        sheet = images.contact_sheet(pictures, labels, SHEET_COLUMNS)
        images.save_png(run.directory / run_folder.STARTS_SHEET, sheet, {})


def _folder(run: run_folder.Run, number: int) -> Path:
    return run.directory / run_folder.STARTS / str(number)


def _chosen(settings: Settings, chosen: Settings, loss: float) -> Chosen:
    number = candidates(settings).index(chosen) + 1
    return Chosen(number, settings.best_of, chosen.seed or 0, loss)


def _read(path: Path) -> dict[str, Any] | None:
    """What starts.json says; None when there is none. Raises UsageError for a damaged one."""
    from vqclip.records import StartsRecord, checked

    if not os.path.lexists(path):
        return None
    hint = "Start the run again with --overwrite."
    values = reading.read_json(path, MAX_RECORD_BYTES, UsageError)
    with reading.refusing(f"{files.printable(path)} cannot be read", hint, UsageError):
        return dict(checked(StartsRecord, values))
