"""Read how a picture was made from its run folder or from the picture alone, to make it again."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vqclip import files
from vqclip.errors import InputError, UsageError, did_you_mean
from vqclip.media import metadata
from vqclip.runs import directory, progress_video, samples
from vqclip.runs.capabilities import only_size
from vqclip.settings import sources
from vqclip.settings.option import parse_size
from vqclip.settings.presets import ALL_SETTINGS
from vqclip.settings.schema import Settings, options


@dataclass(frozen=True)
class Recipe:
    """The record of one run.

    Attributes:
        source: The run folder or picture.
        settings: By name; a picture records those that shaped it.
        models: SHA-256 by name.
        versions: Of vqclip and its libraries.
        dtype: Of the networks; empty when it is not recorded.
        threads: Of the processor; 0 when they are not recorded.
        whole_paths: Whether files are recorded with their folders, as only run.json does.
        sample_side: The shorter side of the candidates in pixels, of samples.
        changed_by: What was done to the picture after its run, such as "vqclip edit".
    """

    source: Path
    settings: Mapping[str, Any]
    models: Mapping[str, str]
    versions: Mapping[str, str]
    dtype: str = ""
    threads: int = 0
    whole_paths: bool = True
    sample_side: int = 0
    changed_by: str = ""

    def resolve(
        self,
        changes: Mapping[str, Any],
        forget: Collection[str] = (),
        pictures: Mapping[str, bytes] = sources.NO_PICTURES,
    ) -> sources.Resolved:
        """Resolve the recorded settings with changes.

        Args:
            changes: Values by setting, as from flags; None is not given.
            forget: Settings whose record is left out, so that they are resolved as for a new run.
            pictures: As in `sources.resolve`.

        Raises:
            UsageError: A forgotten setting is not recorded or is changed as well, or the settings cannot be meant.
        """
        shown = files.printable(self.source)
        names = [name.replace("-", "_") for name in forget]
        for name in names:
            if name not in options():
                hint = did_you_mean(name, options(), ALL_SETTINGS)
                raise UsageError(f"--forget {name}: unknown setting {name!r}.", hint)
            if name not in self.settings:
                raise UsageError(f"--forget {name} has no effect: {shown} records no {name}.", "Leave it out.")
            if changes.get(name) is not None:
                raise UsageError(f"--forget {name} has no effect: {name} is given.", "Leave one of the two out.")
        record = self._record(names)
        try:
            return sources.resolve(changes, recorded=record, pictures=pictures, only_size=only_size)
        except UsageError as error:
            if not error.message.startswith(record.origin):
                raise
            name = error.message.removeprefix(record.origin).lstrip(": ").split(" ", 1)[0]
            flag = f"--forget {name.replace('_', '-')}"
            drop = f" Or leave the record of it out: {flag}" if name in record.settings else ""
            raise UsageError(error.message, f"{error.hint}{drop}") from None

    def resolve_continuation(self, changes: Mapping[str, Any]) -> sources.Resolved:
        """Resolve the settings of a run that starts from the latent of this finished one, or from a candidate.

        Recorded settings of the start have no effect and are left out, as are pixel steps and coarse stages: the
        latent has its full size. A candidate grows to the recorded size in stages. A new prompt replaces the recorded
        scenes, and resamples a run that started from its prior. Raises UsageError as `resolve` does.
        """
        given = {name: value for name, value in changes.items() if value is not None}
        stages, old = 1, self.settings
        if self.sample_side:
            size = parse_size(str(given.get("size", old["size"])))
            stages = max(1, (min(size) // self.sample_side).bit_length())
        elif given.get("prompt", old.get("prompt")) != old.get("prompt"):
            given = {"resample": old.get("init") == "prior" and not old.get("init_image"), **given}
        given = {"stages": stages, "pixel_steps": 0.0, **given}
        if old.get("refine") == "auto":
            # What drew the start is left out below, so this says whether it was a drawing or has a photo in it.
            drawing = old.get("stage_upsampling") == "edges" and not old.get("init_image")
            given = {"refine": "on" if drawing else "off", **given}
        forget = ("pick", "best_of", "resample", *(("prompt_at",) if "prompt" in given else ()))
        record = self._record([*forget, *given], explicit=False)
        return sources.resolve({**given, "init_run": str(self.source)}, recorded=record)

    def _record(self, left_out: Collection[str], *, explicit: bool = True) -> sources.Record:
        kept = {name: value for name, value in self.settings.items() if name not in left_out}
        return sources.Record(kept, f"recorded in {files.printable(self.source)}", explicit)

    def differences(
        self, models: Mapping[str, str], versions: Mapping[str, str], dtype: str, threads: int
    ) -> Iterator[str]:
        """Describe each difference of models, versions and machine that may change the picture."""
        shown = files.printable(self.source)
        if self.changed_by:
            yield f"{shown} was changed by {self.changed_by} after its run: only the run is repeated."
        then = {metadata.last_part(name): digest for name, digest in self.models.items()}
        for name, digest in models.items():
            name = metadata.last_part(name)
            if then.get(name, digest) != digest:
                yield f"the model {name} is not the one that {shown} was made with."
        others = [
            f"{name} {version} (here {versions[name]})"
            for name, version in self.versions.items()
            if versions.get(name, version) != version
        ]
        if others:
            yield f"{shown} was made with {', '.join(others)}: the picture may differ."
        limit = self.settings.get("max_seconds")
        if limit is not None:
            # A record that somebody wrote by hand may hold the number as text.
            length = f"{limit:g}" if isinstance(limit, (int, float)) else files.printable(str(limit))
            yield f"{shown} was made within {length} seconds, which may be another number of steps today."
        if self.dtype and (self.dtype, self.threads) != (dtype, threads):
            yield (
                f"{shown} was made in {self.dtype} on {self.threads} threads (here {dtype} on {threads}): "
                "the picture may differ."
            )


def read_start(source: Path) -> Recipe:
    """Read what `vqclip continue` starts from: the folder of a run, or samples. Raises InputError."""
    record = samples.find(source)
    if record is not None:
        found = samples.read(record)
        return Recipe(record, found.settings, found.models, found.versions, sample_side=min(found.size))
    if not files.exists(source):
        raise InputError(f"There is no {files.printable(source)}.", "Give the folder of a run or of samples.")
    if not files.is_folder(source):
        raise InputError(
            f"{files.printable(source)} is neither the folder of a run nor of samples.", "Give one of these."
        )
    return read(source)


def read(source: Path) -> Recipe:
    """Read the record of a run folder, a run.json or a picture.

    A picture in the folder of its run is read together with run.json, because a picture records files without their
    folders.

    Raises:
        UsageError: The folder holds no run, or a restyled video.
        InputError: The picture has no metadata of a run.
    """
    if source.name == "run.json":
        source = source.parent
    if files.is_folder(source):
        return _of_run(source, directory.read_manifest(source))
    found = metadata.read_metadata(source)
    shown = files.printable(source)
    own = found.get("vqclip")
    if own is None or own.get("left_out"):
        made = "was made by another program" if found["source"] == "a1111" else "does not say how it was made"
        if found["source"] == "none" and (commands := _changed_by(found)):
            raise InputError(
                f"{shown} was made by {commands} from another picture, not by a run.",
                f"Give that command again; `vqclip info {shlex.quote(str(source))}` shows its seed and options.",
            )
        raise InputError(f"{shown} {made}.", "Give a picture of vqclip with full metadata, or the folder of its run.")
    unknown = [name for name in own["settings"] if name not in options()]
    if unknown:
        raise InputError(
            f"{shown} was made with a setting that this vqclip does not know: {files.printable(unknown[0])[:60]}.",
            "Use the version that made it; `vqclip info` shows it.",
        )
    for name, value in own["settings"].items():
        if not _is_plain(value):
            raise InputError(f"{shown} records a {name} that is not valid.", "Use the original file.")
    beside = _manifest_beside(source)
    # A picture lacks the settings that were added after it was made.
    recorded = metadata.shaping(Settings()) | own["settings"]
    if beside is not None and metadata.shaping(beside.settings) == recorded:
        return _of_run(source.parent, beside)
    return Recipe(
        source, own["settings"], own["models"], own["versions"], whole_paths=False, changed_by=_changed_by(found)
    )


def _changed_by(found: Mapping[str, Any]) -> str:
    """The commands that drew a picture from another one or upscaled it, from its metadata; empty without any."""
    names = []
    record = found.get("edited")
    while isinstance(record, dict):
        names.append(files.printable(str(record.get("command", "edit")))[:20])
        record = record.get("after")
    upscaled = ["upscale"] if "upscaled" in found else []
    return " and ".join(dict.fromkeys(f"vqclip {name}" for name in (*reversed(names), *upscaled)))


def _of_run(folder: Path, manifest: directory.Manifest) -> Recipe:
    if manifest.restyle:
        frames = progress_video.frames_of(folder)
        arguments = shlex.join([str(manifest.restyle.get("source")), manifest.settings.prompt])
        frame = f", or start from a frame: --init-image {shlex.quote(str(frames[-1]))}" if frames else ""
        raise UsageError(
            f"{files.printable(folder)} is a restyled video, not a run of one picture.",
            f"Restyle the source again: vqclip restyle {arguments}{frame}",
        )
    return Recipe(
        folder,
        manifest.settings.to_dict(),
        manifest.models,
        manifest.versions,
        manifest.dtype,
        manifest.threads,
    )


def _manifest_beside(picture: Path) -> directory.Manifest | None:
    """The manifest of a picture's folder; None for a folder without a valid one."""
    try:
        return directory.read_manifest(picture.parent)
    except UsageError:
        return None


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return value is None or isinstance(value, (str, int, float))
