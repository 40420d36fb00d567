"""A run directory: its layout, its lock and its manifest.

run.json  image.png  video.mp4  frames/00000.png ...  metrics.jsonl  state/step-000200.safetensors  report.html
starts/  starts.json  starts.png: of a run with --best-of
interpolation.json: of an interpolation, in the place of run.json
batch.json: of a batch or sweep, whose runs are in folders of their own
"""

from __future__ import annotations

import datetime
import errno
import os
import platform
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any

from filelock import FileLock, Timeout

from vqclip import files, names, reading
from vqclip.errors import InputError, InUse, ModelError, OutputError, UsageError
from vqclip.events import Warned
from vqclip.media import given_pictures
from vqclip.media.video_encoders import format_of, formats
from vqclip.object_store import address_of
from vqclip.runtime.devices import DeviceConfig
from vqclip.settings import scenes
from vqclip.settings.schema import Settings, from_dict

SCHEMA = 2
MAX_MANIFEST_BYTES = 4_000_000
REPORT = "report.html"
STARTS, STARTS_RECORD, STARTS_SHEET = "starts", "starts.json", "starts.png"
INTERPOLATION, BATCH = "interpolation.json", "batch.json"
_FOLDERS = ("frames", "state", STARTS)


@dataclass(frozen=True)
class Manifest:
    """The contents of run.json.

    Attributes:
        models: SHA-256 by the name of the model as given.
        versions: Of vqclip and the libraries that shape the picture.
        device: That the run began with. A resumed run keeps device, dtype and threads, because another number of
            threads sums floats in another order.
        best_score: Of the best step so far.
        inputs: SHA-256 of the picture files that the run reads, by path.
        seconds: Of optimisation, including resumed time, without loading the models.
        stopped_by: The option that ended a finished run before its last step.
        restyle: The options of a restyled video, or empty.
    """

    settings: Settings
    status: str = "running"
    step: int = 0
    preset: str | None = None
    models: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    device: str = ""
    dtype: str = ""
    threads: int = 0
    score: float | None = None
    best_score: float | None = None
    best_step: int | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    stopped_by: str = ""
    restyle: Mapping[str, Any] = field(default_factory=dict)
    read_as: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as written to run.json."""
        return {"schema": SCHEMA, "digest": self.settings.digest()} | {
            name: value.to_dict() if isinstance(value, Settings) else value for name, value in vars(self).items()
        }

    def started(
        self, models: Mapping[str, str], inputs: Mapping[str, str], device: DeviceConfig, **changes: Any
    ) -> Manifest:
        """Return the manifest of a run that starts or resumes with these files, by SHA-256, on this device.

        Raises:
            ModelError: A model has changed since the run began.
            InputError: A picture has changed since the run began.
        """
        hint = "Put the old file back, or start a new run."
        for name, digest in models.items():
            if self.models and self.models.get(name) != digest:
                raise ModelError(f"the model {name} has changed since this run started.", hint)
        for path, digest in inputs.items():
            if self.inputs.get(path, digest) != digest:
                raise InputError(f"{files.printable(path)} has changed since this run started.", hint)
        dtype = str(device.dtype).removeprefix("torch.")
        changes |= {"device": str(device.device), "dtype": dtype, "threads": device.threads}
        return replace(self, status="running", models=models, inputs=inputs, **changes)


def environment_changes(manifest: Manifest, device: str, versions: Mapping[str, str]) -> Iterator[str]:
    """Describe each change of device and versions since the run began that may change its picture."""
    kinds = [name.partition(":")[0] for name in (manifest.device, device)]
    if manifest.device and kinds[0] != kinds[1]:
        yield f"the run began on {kinds[0]} and continues on {kinds[1]}: its pictures may differ from here."
    changed = [f"{name} {old}" for name, old in manifest.versions.items() if versions.get(name, old) != old]
    if changed:
        yield f"the run began with {', '.join(changed)}: its pictures may differ from here."


def deadline(limit: float | None, spent: float = 0.0) -> Callable[[], bool]:
    """Make a function that says whether `limit` seconds are over since its first call, less the `spent` ones."""
    began: list[float] = []

    def is_up() -> bool:
        now = monotonic()
        began[:] = began or [now]
        return limit is not None and spent + now - began[0] >= limit

    return is_up


class Run:
    """One run directory that this process holds the lock of, if its file system has locks."""

    def __init__(self, directory: Path, lock: FileLock) -> None:
        self.directory = directory
        self._lock = lock
        self.frames = directory / "frames"
        self.state = directory / "state"
        self.image = directory / "image.png"
        self.metrics = directory / "metrics.jsonl"

    def warnings(self) -> list[Warned]:
        """What to know about the folder."""
        if self._lock.is_locked:
            return []
        return [Warned("the file system of the output has no locks: do not start two runs in one folder.")]

    def frame(self, index: int) -> Path:
        """Path of the frame with that number, from 0."""
        return self.frames / f"{index:05d}.png"

    def video_path(self, name: str) -> Path:
        """Path of the video in the format of that name."""
        return self.directory / f"video{format_of(name).suffix}"

    def write(self, manifest: Manifest) -> None:
        """Write run.json."""
        files.write_json(self.directory / "run.json", manifest.to_dict())

    def close(self) -> None:
        """Release the lock."""
        release(self.directory, self._lock)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_manifest(directory: Path) -> Manifest:
    """Read and check run.json, which may have been edited.

    Raises:
        InputError: There is no such folder.
        UsageError: The folder holds no run, or its run.json is damaged.
    """
    from vqclip.records import ManifestRecord, checked

    path = directory / "run.json"
    shown = files.printable(path)
    again = "Give the folder of a run, as printed by `vqclip generate`."
    if not files.is_folder(directory):
        raise InputError(f"{files.printable(directory)} {files.no_folder(directory)}.", again)
    if not os.path.lexists(path):
        held, hint = _held_instead(directory)
        raise UsageError(f"{files.printable(directory)} holds {held}.", hint or again)
    damaged = "Give another folder, or draw the run again with --overwrite."
    values = reading.read_json(path, MAX_MANIFEST_BYTES, UsageError, damaged)
    if not isinstance(values, dict) or not isinstance(values.get("settings"), dict):
        raise UsageError(f"{shown} is not a vqclip manifest.", again)
    schema = values.pop("schema", None)
    if type(schema) is not int or schema > SCHEMA:
        found = files.excerpt(files.printable(str(schema)), 60)
        raise UsageError(f"{shown} has schema {found}; this vqclip reads schema {SCHEMA}.", "Update vqclip.")
    if schema < SCHEMA:
        raise UsageError(
            f"{shown} has schema {schema}; this vqclip reads schema {SCHEMA}.",
            "Start the run again, or use the older vqclip that made it.",
        )
    digest = values.pop("digest", None)
    given = values.pop("settings")
    with reading.refusing(f"{shown} is not a vqclip manifest", again, UsageError):
        settings = _checked_settings(given, shown)
        if digest != settings.digest():
            raise UsageError(f"{shown} was edited: its settings no longer match its digest.", "Start a new run.")
        return Manifest(settings, **dict(checked(ManifestRecord, values)))


def _held_instead(directory: Path) -> tuple[str, str]:
    """What a folder without run.json holds, in words, and what to do; no hint for a folder of unknown files."""
    if files.is_file(directory / BATCH):
        return "a batch or sweep, not a single run", "Give the folder of one of its runs; its table.csv lists them."
    if files.is_file(directory / INTERPOLATION):
        return "an interpolation, not a run", "To continue it, give the same `vqclip interpolate` command again."
    return "no run: there is no run.json", ""


def find_moved(path: str, directory: Path, manifest: Manifest, hash_of: Callable[[Path], str] | None = None) -> str:
    """Return the place of a picture of a run, which may have been moved together with the run.

    A missing one is looked for in and around the folder of the run, with the end of its earlier path. It has to be
    the same by SHA-256; otherwise the path stays as it is. hash_of: for what is no ordinary file.
    """
    from vqclip.models.checkpoints import sha256

    if address_of(path) or files.exists(Path(path)):
        return path
    here, parts = directory.absolute(), Path(path).parts[1:]
    for folder in (here, *list(here.parents)[:3]):
        for start in range(1, min(4, len(parts)) + 1):
            place = folder.joinpath(*parts[-start:])
            if files.exists(place) and (hash_of or sha256)(place) in manifest.inputs.values():
                return str(place)
    return path


def _checked_settings(values: Mapping[str, Any], shown: str) -> Settings:
    try:
        return from_dict(values)
    except UsageError as error:
        raise UsageError(f"{shown} holds settings that are not valid: {error.message}", error.hint) from None


def new_directory(settings: Settings, parent: Path) -> Path:
    """A fresh name for a run: parent/DATE-WORDS-SEED, with a number when that is taken.

    The folder is made at once, so that two runs of one prompt never share it.
    """
    return fresh_folder(parent, new_name(settings))


def new_name(settings: Settings) -> str:
    """The name of a new run folder: the date, words of the prompt and the seed."""
    return f"{datetime.date.today().isoformat()}-{words_of(settings)}-{settings.seed}"


def words_of(settings: Settings) -> str:
    """A few words of the first prompt, for the name of a folder."""
    first = scenes.read(settings).prompts[0]
    return names.slug(Path(first.text).stem if first.kind == "image" else first.text, 40)


def fresh_folder(parent: Path, name: str) -> Path:
    """Make parent/name, with a number behind it when that is taken. Raises OutputError.

    A name that the file system refuses for its letters is transliterated.
    """
    parent = files.ensure_writable(parent)
    for number in range(1, 10_000):
        directory = parent / (name if number == 1 else f"{name}-{number}")
        try:
            directory.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            if not name.isascii() and error.errno in (errno.EILSEQ, errno.EINVAL):
                return fresh_folder(parent, names.transliterated(name))
            raise files.output_error(directory, error) from error
        return directory
    raise OutputError(f"{files.printable(parent)} holds 10000 runs named {name}.", "Choose another --output.")


def take_lock(directory: Path) -> FileLock:
    """The lock of a folder that can be written; it is not locked where the file system has no locks.

    Raises OutputError, naming the process that holds it.
    """
    lock = FileLock(directory / ".lock", timeout=0)
    owner = directory / ".lock-owner"
    try:
        lock.acquire()
    except Timeout:
        who = _owner(owner)
        raise InUse(
            f"{files.printable(directory)} is in use by {who}.", "Wait for it, or choose another --output."
        ) from None
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in files.WITHOUT_LOCKS:
            raise files.output_error(directory / ".lock", error) from error
    try:
        files.write_text(owner, f"process {os.getpid()} on {platform.node()}")
    except OutputError:
        lock.release()
        raise
    return lock


def _owner(path: Path) -> str:
    """Who holds a lock, in words."""
    try:
        return files.printable(reading.read_text(path, 1000))
    except InputError:
        return "another process"


def release(directory: Path, lock: FileLock) -> None:
    """Release the lock of a folder."""
    (directory / ".lock-owner").unlink(missing_ok=True)
    lock.release()


def open_run(directory: Path, *, state: bool = True) -> Run:
    """Make the directory, acquire its lock and remove the temporary files of a killed process.

    state: whether the run has snapshots. Raises OutputError for a folder that cannot be written, that another process
    uses, or that holds a batch or sweep.
    """
    if files.is_file(directory / BATCH):
        raise batch_in_the_way(files.printable(directory))
    directory = files.ensure_writable(directory)
    lock = take_lock(directory)
    run = Run(directory, lock)
    folders = (run.frames, run.state) if state else (run.frames,)
    try:
        for folder in folders:
            if folder.is_symlink() or (files.exists(folder) and not files.is_folder(folder)):
                raise OutputError(f"{files.printable(folder)} is not a folder.", "Move it away.")
            folder.mkdir(exist_ok=True)
        for folder in (directory, *folders):
            files.sweep(folder)
    except OSError as error:
        run.close()
        raise files.output_error(directory, error) from error
    except OutputError:
        run.close()
        raise
    return run


def batch_in_the_way(shown: str) -> OutputError:
    """The error for a run whose folder holds a batch or sweep. shown: The folder."""
    return OutputError(f"{shown} holds a batch or sweep.", "Choose another --output.")


def holds_run(directory: Path) -> bool:
    """Whether the directory holds a run or parts of one; empty folders do not count."""
    if any(files.exists(directory / name) for name in _files()):
        return True
    folders = [directory / name for name in _FOLDERS]
    return any(any(folder.iterdir()) if files.is_folder(folder) else files.exists(folder) for folder in folders)


def is_part(name: str) -> bool:
    """Whether a file of that name, with slashes, belongs to a run."""
    folder, slash, _ = name.partition("/")
    return folder in (*_FOLDERS, given_pictures.FOLDER) if slash else name in _files()


def clear(run: Run, inputs: Iterable[str] = ()) -> None:
    """Remove every file of an earlier run; its inputs and other files of the folder stay. Raises OutputError.

    inputs: The paths of the pictures that the next run reads.
    """
    kept = {Path(path) for path in inputs}
    try:
        for name in _files():
            (run.directory / name).unlink(missing_ok=True)
        for folder in (run.directory / name for name in _FOLDERS):
            if folder.is_symlink():
                folder.unlink()
            elif files.is_folder(folder):
                shutil.rmtree(folder)
                if folder in (run.frames, run.state):
                    folder.mkdir()
        for given in files.matching(run.directory / given_pictures.FOLDER, given_pictures.FILES):
            if given.absolute() not in kept:
                given.unlink()
    except OSError as error:
        raise files.output_error(run.directory, error) from error


def refuse_inputs(directory: Path, inputs: Iterable[Path]) -> None:
    """Raise OutputError when replacing the run in a directory would remove one of its inputs."""
    here = directory.resolve()
    for path in inputs:
        real = path.resolve()
        inside = real.relative_to(here).parts if real.is_relative_to(here) else None
        if inside is not None and (not inside or inside[0] in (*_files(), *_FOLDERS)):
            whole = files.printable(directory)
            raise OutputError(
                f"{files.printable(path)} would be deleted: it is in {whole}, which this run replaces.",
                "Choose another --output.",
            )


def refuse_output(output: Path, *inputs: Path | None, product: str = "") -> None:
    """Raise OutputError when writing a file would replace an input of the command or a part of a run.

    product: The name of the part that this command writes anew.
    """
    if not files.exists(output):
        return
    if any(path is not None and files.exists(path) and output.samefile(path) for path in inputs):
        raise OutputError(f"{files.printable(output)} is an input of this command.", "Choose another --output.")
    real = output.resolve()
    for folder in real.parents[:2]:
        part = str(real.relative_to(folder)).replace(os.sep, "/")
        if part != product and is_part(part) and files.is_file(folder / "run.json"):
            raise OutputError(f"{files.printable(output)} is a part of a run.", "Choose another --output.")


def _files() -> tuple[str, ...]:
    """The names of all files that a run may have."""
    videos = (f"video{suffix}" for suffix in formats())
    return ("run.json", "image.png", "metrics.jsonl", REPORT, STARTS_RECORD, STARTS_SHEET, INTERPOLATION, *videos)


def seed_for(settings: Settings, directory: Path | None) -> int:
    """The seed of a run: the given one, that of the run in its folder, or a random one.

    With the seed of the run in its folder, the same command resumes that run.
    """
    if settings.seed is not None:
        return settings.seed
    kept = read_manifest(directory).settings.seed if directory and files.is_file(directory / "run.json") else None
    return secrets.randbelow(2**32) if kept is None else kept


def failed_at_once(directory: Path) -> bool:
    """Whether the run in the directory ended before it wrote a picture, so that replacing it loses nothing."""
    made = [directory / "image.png", *(path for name in _FOLDERS for path in files.matching(directory / name, "*"))]
    if not files.is_file(directory / "run.json") or any(files.exists(path) for path in made):
        return False
    return read_manifest(directory).status in ("failed", "interrupted")
