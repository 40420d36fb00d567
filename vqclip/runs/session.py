"""One run, from checked inputs to its last event: load the models, optimise, and record what happens in a folder."""

from __future__ import annotations

import contextlib
import importlib.metadata
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from vqclip._version import __version__
from vqclip.events import Event, Opened, PriorSampleChosen, Stop, Warned, never
from vqclip.runs import best_of, recorder
from vqclip.runs import directory as run_folder
from vqclip.runs.directory import Manifest, Run
from vqclip.runs.inputs import Inputs
from vqclip.runs.loading import ModelCache, Models, load
from vqclip.runs.recipe import Recipe
from vqclip.runs.time_left import TimeLeft, Work
from vqclip.runtime.devices import DeviceConfig
from vqclip.settings.schema import Settings

if TYPE_CHECKING:
    from vqclip.synthesis.state import State

VERSIONED = ("torch", "open_clip_torch", "taming-transformers-rom1504", "numpy", "pillow", "av")


@dataclass(frozen=True)
class Session:
    """What one run is made from.

    Attributes:
        inputs: Settings and files, checked.
        stop: Asked after every step, see `vqclip.events.Stop`.
        recipe: The record that the run repeats; the run warns about what differs here.
        cache: Keeps the models loaded for the next run.
    """

    inputs: Inputs
    stop: Stop = never
    recipe: Recipe | None = None
    cache: ModelCache | None = None

    def run(self) -> Iterator[Event]:
        """Optimise without writing files."""
        device_config = DeviceConfig.find(self.inputs.settings)
        yield from map(Warned, self._differences(device_config))
        models = load(self.inputs, device_config, cache=self.cache)
        yield from models.remarks()
        settings, seconds = self.inputs.settings, 0.0
        state: State | None = None
        if settings.best_of > 1:
            started = time.monotonic()
            settings, state = yield from self._starts().noting(best_of.choose(models, self.inputs))
            seconds = time.monotonic() - started
        loop = models.synthesizer(self.inputs, settings, spent=seconds)
        events = map(self._rest(settings, seconds).note, loop.run(state))
        yield from chain.from_iterable(map(self._doubting(models), events))

    def record(
        self,
        run: Run,
        manifest: Manifest,
        *,
        resumed: bool = False,
        overwrite: bool = False,
        warnings: Sequence[Warned] = (),
    ) -> Iterator[Event]:
        """Optimise, and write everything into a run folder.

        Args:
            run: The open folder.
            manifest: What run.json says about it so far.
            resumed: Continue from the newest snapshot.
            overwrite: Remove an earlier run from the folder, once the models are loaded.
            warnings: To yield first.
        """
        with run:
            yield from [*run.warnings(), *warnings]
            state, problems = self._newest_snapshot(run, manifest) if resumed else (None, [])
            yield from map(Warned, problems)
            yield Opened(run.directory, self.inputs.settings.seed or 0, state.step if state else 0)
            device_config = DeviceConfig.find(self.inputs.settings, manifest.threads, manifest.dtype)
            hashes, pictures, versions = self.inputs.hashes(), self.inputs.picture_hashes(), library_versions()
            updated = manifest.started(hashes, pictures, device_config, versions=versions)
            yield from map(Warned, run_folder.environment_changes(manifest, str(device_config.device), versions))
            manifest = updated
            settings, seconds = self.inputs.settings, manifest.seconds if state else 0.0
            replaces = overwrite and run_folder.holds_run(run.directory)
            if not replaces:
                run.write(manifest)
            # An earlier run stays as it was until this one has its models.
            with contextlib.nullcontext() if replaces else recorder.noting_failure(run, manifest):
                yield from map(Warned, self._differences(device_config))
                models = load(self.inputs, device_config, resumed=state is not None, cache=self.cache)
            if replaces:
                run_folder.clear(run, pictures)
            manifest = replace(manifest, read_as=models.read_as)
            run.write(manifest)
            with recorder.noting_failure(run, manifest):
                yield from models.remarks()
                if settings.best_of > 1:
                    started = time.monotonic()
                    choice = best_of.choose_recorded(models, self.inputs, run, manifest, self.stop)
                    settings, state = yield from self._starts().noting(choice)
                    # From here on it is the run of that seed, and nothing else.
                    seconds = manifest.seconds + time.monotonic() - started
                    manifest = replace(manifest, settings=settings, seconds=seconds)
                    run.write(manifest)
            events = models.synthesizer(self.inputs, settings, spent=seconds).run(state)
            events = map(self._rest(settings, seconds).note, events)
            events = chain.from_iterable(map(self._doubting(models), events))
            yield from recorder.record(events, run, manifest, self.stop)

    def _doubting(self, models: Models) -> Callable[[Event], tuple[Event, ...]]:
        """A function that adds a warning to the first event of a candidate that hardly shows the prompt."""
        warned: list[Warned] = []

        def with_doubt(event: Event) -> tuple[Event, ...]:
            if warned or not isinstance(event, PriorSampleChosen):
                return (event,)
            doubt = models.doubt(event.score, self.inputs.settings)
            warned.extend([Warned(doubt)] if doubt else [])
            return (event, *warned)

        return with_doubt

    def _starts(self) -> TimeLeft:
        """The time that is left while the starts of best-of are drawn."""
        settings = self.inputs.settings
        return TimeLeft(Work.of(settings).of_best(settings.best_of, best_of.steps_of(settings)))

    def _rest(self, settings: Settings, spent: float) -> TimeLeft:
        """The time that is left of a run. spent: Seconds of `max_seconds`."""
        limit = None if settings.max_seconds is None else settings.max_seconds - spent
        return TimeLeft(Work.of(settings), limit)

    def _newest_snapshot(self, run: Run, manifest: Manifest) -> tuple[State | None, list[str]]:
        """The state to continue from, and warnings about damaged snapshots."""
        from vqclip.synthesis import state as snapshots

        if manifest.settings.best_of > 1:
            # It has not chosen yet. Stopped while it copied the files of the best start, it may have some of them.
            return None, []
        return snapshots.newest(run.state, self.inputs.layout(manifest.settings))

    def _differences(self, device_config: DeviceConfig) -> Iterator[str]:
        """Warnings about what is not here as the recipe says."""
        if self.recipe is not None:
            known = self.inputs.hashes(), library_versions(), device_config.dtype_name, device_config.threads
            yield from self.recipe.differences(*known)


def library_versions() -> dict[str, str]:
    """The versions of vqclip and of the libraries that shape a picture."""
    return {"vqclip": __version__} | {name: importlib.metadata.version(name) for name in VERSIONED}
