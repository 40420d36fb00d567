"""How a picture was made, from its run folder or from the picture alone, so that it can be made again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vqclip import files
from vqclip.errors import InputError, UsageError, did_you_mean
from vqclip.media import metadata
from vqclip.runs import directory
from vqclip.settings import sources
from vqclip.settings.presets import ALL_SETTINGS
from vqclip.settings.schema import Settings, options

STARTS = (
    "init",
    "init_image_alpha",
    "candidates",
    "upsample_candidates",
    "prior_style",
    "guidance",
    "temperature",
    "best_of",
    "best_of_share",
)
"""Settings that say where a run begins: one that begins with another run has no use for them."""
SCENES = ("prompt_at", "scene_steps", "cross_fade")


@dataclass(frozen=True)
class Recipe:
    """What is recorded of one run.

    source: the run folder or picture. settings: by name; a picture records those that shaped it. models: sha256 by
    name. versions: of vqclip and its libraries. dtype, threads: what the networks ran in, empty and 0 when that is
    not recorded. whole_paths: whether files are named with their folders, as only run.json does.
    """

    source: Path
    settings: Mapping[str, Any]
    models: Mapping[str, str]
    versions: Mapping[str, str]
    dtype: str = ""
    threads: int = 0
    whole_paths: bool = True

    def resolve(self, changes: Mapping[str, Any], forget: Collection[str] = ()) -> sources.Resolved:
        """The recorded settings with changes, as from flags: by setting name, None for "not given".

        forget: names whose record is left out, so that they are found as for a new run. Raises UsageError for a
        name that is not recorded or is changed as well, and for settings that cannot be meant together.
        """
        shown = files.printable(self.source)
        given = {name for name, value in changes.items() if value is not None}
        names = [name.replace("-", "_") for name in forget]
        for name in names:
            if name not in options():
                raise UsageError(
                    f"--forget {name}: unknown setting {name!r}.", did_you_mean(name, options(), ALL_SETTINGS)
                )
            if name not in self.settings:
                raise UsageError(f"--forget {name} has no effect: {shown} records no {name}.", "Leave it out.")
            if name in given:
                raise UsageError(f"--forget {name} has no effect: {name} is given.", "Leave one of the two out.")
        kept = {name: value for name, value in self.settings.items() if name not in names}
        place = f"recorded in {shown}"
        try:
            return sources.resolve(changes, recorded=sources.Record(kept, place))
        except UsageError as error:
            if not error.message.startswith(place):
                raise
            name = error.message.removeprefix(place).lstrip(": ").split(" ", 1)[0]
            drop = f" Or leave the record of it out: --forget {name.replace('_', '-')}" if name in kept else ""
            raise UsageError(error.message, f"{error.hint}{drop}") from None

    def go_on(self, changes: Mapping[str, Any]) -> sources.Resolved:
        """The settings of a run that begins where the recorded one, a run folder, ended; changes as for `resolve`.

        Settings of its start are left out, and its pixel steps and coarse stages: the latent has its full size.
        With a new prompt, its scenes go too. Raises UsageError as `resolve` does.
        """
        given = {name: value for name, value in changes.items() if value is not None}
        changes = {"stages": 1, "pixel_steps": 0.0, **given}
        left = [*STARTS, *(SCENES if "prompt" in changes else ())]
        if str(changes["stages"]) == "1":
            left.append("stage_upsampling")
        if str(changes["pixel_steps"]) in ("0", "0.0"):
            left.append("pixel_learning_rate")
        anchored = ("mask", "init_weight", "init_weight_pixels")
        if not any(changes.get(name, self.settings.get(name)) for name in anchored):
            left.append("init_image")
        forget = [name for name in left if name in self.settings and name not in changes]
        return self.resolve({**changes, "init_run": str(self.source)}, forget)

    def differences(
        self, models: Mapping[str, str], versions: Mapping[str, str], dtype: str, threads: int
    ) -> Iterator[str]:
        """A sentence for each thing, beside the settings, that is not as it was, and may change the picture."""
        shown = files.printable(self.source)
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
            yield f"{shown} was made within {limit:g} seconds, which may be another number of steps today."
        if self.dtype and (self.dtype, self.threads) != (dtype, threads):
            yield (
                f"{shown} was made in {self.dtype} on {self.threads} threads (here {dtype} on {threads}): "
                "the picture may differ."
            )


def read(source: Path) -> Recipe:
    """What a run folder, its run.json or a picture records.

    A picture that lies in the folder of its run is read together with it: a picture alone names files without
    their folders. Raises UsageError for a folder without a run, InputError for a picture that says nothing of
    its making or was made by another program.
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
        raise InputError(f"{shown} {made}.", "Give a picture of vqclip with full metadata, or the folder of its run.")
    unknown = [name for name in own["settings"] if name not in options()]
    if unknown:
        raise InputError(
            f"{shown} was made with a setting that this vqclip does not know: {files.printable(unknown[0])[:60]}.",
            "Use the version that made it, as `vqclip info` tells.",
        )
    for name, value in own["settings"].items():
        if not _is_plain(value):
            raise InputError(f"{shown} records a {name} that is no setting.", "Use the original file.")
    beside = _manifest_beside(source)
    # A picture made before a setting was added says nothing of it.
    recorded = metadata.shaping(Settings()) | own["settings"]
    if beside is not None and metadata.shaping(beside.settings) == recorded:
        return _of_run(source.parent, beside)
    return Recipe(source, own["settings"], own["models"], own["versions"], whole_paths=False)


def _of_run(folder: Path, manifest: directory.Manifest) -> Recipe:
    return Recipe(
        folder,
        manifest.settings.to_dict(),
        manifest.models,
        manifest.versions,
        manifest.dtype,
        manifest.threads,
    )


def _manifest_beside(picture: Path) -> directory.Manifest | None:
    """The manifest of the folder that a picture lies in; None for a folder without a valid one."""
    try:
        return directory.read_manifest(picture.parent)
    except UsageError:
        return None


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return value is None or isinstance(value, (str, int, float))
