"""Sets of models that go together: what they take, and copies of them for machines without a network.

A folder for such a machine is laid out like the caches: `vqgan/NAME.ckpt`, the hub's files below `hub`, and a
SHA256SUMS of all of them, which `sha256sum -c` reads too.
"""

from __future__ import annotations

import functools
import hashlib
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from vqclip.errors import ModelError, OutputError, UsageError, did_you_mean
from vqclip.files import atomic, data_path, existing_parent, is_file, prepare_folder_of, printable, write_text
from vqclip.models import catalogue, hub
from vqclip.models.catalogue import VqganEntry
from vqclip.models.checkpoints import read_sums, sha256
from vqclip.models.download import Note, Progress, Transfer
from vqclip.reading import MAX_TEXT_BYTES, open_regular, parse_yaml, read_bytes

_BLOCK = 2**22
_OF_VQGAN = re.compile(r"vqgan/(\w[\w.-]*)\.ckpt")
_OF_HUB = re.compile(r"hub/models--(\w[\w.-]*)/snapshots/([0-9a-f]{40})/(\w[\w.-]*)")


@dataclass(frozen=True)
class ModelSet:
    """Models that go together. use: Options of `vqclip generate`."""

    name: str
    about: str
    models: tuple[str, ...]
    use: str

    @property
    def command(self) -> str:
        """The command that draws with them."""
        return f'vqclip generate "a lighthouse at dusk" {self.use}'


@dataclass(frozen=True)
class Step:
    """One model of a set, and what it takes to get it.

    Attributes:
        bytes: Its size; a rough one where no exact one is published.
        terms: Page with its licence.
        hosts: Where it comes from.
        path: Where it goes, a folder for a CLIP.
        here: Whether it is there.
    """

    name: str
    kind: str
    about: str
    bytes: int | None
    licence: str
    terms: str | None
    hosts: tuple[str, ...]
    path: Path
    here: bool


@functools.cache
def sets() -> Mapping[str, ModelSet]:
    """Every set by its name."""
    document = parse_yaml(read_bytes(data_path("configs", "sets.yaml"), MAX_TEXT_BYTES))
    return {
        name: ModelSet(name, fields["about"], tuple(fields["models"]), fields["use"])
        for name, fields in document.items()
    }


def models_of(names: Iterable[str]) -> list[str]:
    """The models that names of sets and of models stand for. Raises UsageError for any other name."""
    found: dict[str, None] = {}
    for name in names:
        if name in sets():
            found |= dict.fromkeys(sets()[name].models)
            continue
        try:
            hub.source_of(name)
        except UsageError as error:
            hint = did_you_mean(name, sets(), error.hint)
            raise UsageError(f"the set {name!r} is unknown.", f"{hint} Sets: {', '.join(sets())}.") from None
        found[name] = None
    return list(found)


def plan(models: Sequence[str], folder: Path | None = None) -> list[Step]:
    """What it takes to get these models into the caches, or into a folder."""
    return [_step(name, hub.source_of(name), folder) for name in models]


def _step(name: str, source: VqganEntry | str, folder: Path | None) -> Step:
    if isinstance(source, VqganEntry):
        path = source.path_in(folder) if folder and not source.file else source.path
        hosts = tuple(dict.fromkeys(str(urlsplit(origin).hostname) for origin in source.origins))
        here = is_file(path) and source.bytes in (None, path.stat().st_size)
        return Step(
            name,
            "vqgan",
            source.note,
            source.bytes or source.about_bytes,
            source.licence,
            source.page,
            hosts,
            path,
            here,
        )
    entry = catalogue.clip_entry(name)
    files = hub.files_of(name)
    here = all(file.optional or file.cached(folder) for file in files)
    found = files[-1].cached(folder)
    size = found.stat().st_size if found else entry.about_bytes if entry else None
    page = f"{catalogue.hub_endpoint()}/{files[-1].repo}"
    about, licence, terms = (entry.note, entry.licence, entry.terms or page) if entry else ("", "see its page", page)
    host = str(urlsplit(catalogue.hub_endpoint()).hostname)
    return Step(name, "clip", about, size, licence, terms, (host,), hub.cache_folder(folder), here)


def missing_bytes(steps: Iterable[Step]) -> int:
    """Bytes to download for the models that are not here, as far as they are known."""
    return sum(step.bytes or 0 for step in steps if not step.here)


def require_space(steps: Iterable[Step]) -> None:
    """Raise OutputError when a disk has less space than what is missing there."""
    needed: dict[int, tuple[Path, int]] = {}
    for step in steps:
        if not step.here:
            place = existing_parent(step.path)
            before = needed.get(place.stat().st_dev, (place, 0))[1]
            needed[place.stat().st_dev] = (place, before + (step.bytes or 0))
    for place, size in needed.values():
        free = shutil.disk_usage(place).free
        if size > free:
            raise OutputError(
                f"{printable(place)} has {free / 1e9:.1f} GB free; the models need {size / 1e9:.1f} GB.",
                "Free some space, or name other folders in VQCLIP_CACHE_DIR and HF_HOME.",
            )


def fetch(steps: Sequence[Step], progress: Progress, note: Note, folder: Path | None = None) -> dict[str, str]:
    """Download what is missing, check what is here, and return the paths by name.

    Args:
        steps: From `plan`.
        progress: Called with the bytes of all of them together.
        note: Called for waits and further tries.
        folder: Where they go, with their hashes in SHA256SUMS; None for the caches.

    Raises:
        ModelError, OutputError, Interrupted: As `hub.download`.
    """
    counts: dict[str, int] = {}
    whole = missing_bytes(steps)
    paths = {}
    for step in steps:

        def show(transfer: Transfer, step: Step = step) -> None:
            counts[transfer.name] = transfer.done
            progress(Transfer(step.name, min(sum(counts.values()), whole - 1), whole))

        source = hub.source_of(step.name)
        if folder and not step.here:
            _bring(step.name, source, folder)
        paths[step.name] = str(hub.download(source, show, note, folder))
    if counts:
        progress(Transfer(steps[-1].name, whole, whole))
    if folder:
        _write_sums(folder)
    return paths


def _bring(name: str, source: VqganEntry | str, folder: Path) -> None:
    """Copy into a folder what the caches hold of a model, instead of downloading it."""
    if isinstance(source, VqganEntry):
        if is_file(source.path) and not source.file:
            _copy(source.path, source.path_in(folder), source.sha256 or sha256(source.path))
        return
    for file in hub.files_of(name):
        if (found := file.cached()) and not file.cached(folder):
            place = hub.Place.of(found, folder)
            path = place.path("")
            _copy(found, path, sha256(found))
            place.publish(path)


def _write_sums(folder: Path) -> None:
    found = [path for path in sorted(folder.rglob("*")) if _known(path.relative_to(folder).as_posix())]
    write_text(folder / "SHA256SUMS", "".join(f"{sha256(p)}  {p.relative_to(folder).as_posix()}\n" for p in found))


def _known(name: str) -> re.Match[str] | None:
    return _OF_VQGAN.fullmatch(name) or _OF_HUB.fullmatch(name)


def install(folder: Path, names: Iterable[str], progress: Progress) -> list[str]:
    """Copy the models of a folder that `fetch` has filled into the caches, without a network.

    Each file is hashed while it is copied; a wrong one is not installed.

    Args:
        folder: With a SHA256SUMS.
        names: Sets or models that have to be in it.
        progress: Called with the bytes of all files together.

    Returns:
        The names of the models that are here now.

    Raises:
        ModelError: A file is missing or not the listed one, or a named model is not in the folder.
        OutputError: A disk is full or cannot be written.
    """
    sums = read_sums(folder, "Fill it with: vqclip setup NAME --to FOLDER")
    for name in sums:
        if not (folder / name).is_file():
            raise ModelError(f"{printable(folder / name)} is missing.", "Copy the whole folder again.")
    held = [step.name for step in plan(_in_registry(), folder) if step.here]
    wanted = models_of(names)
    if lacking := [name for name in wanted if name not in held and not _held(name, folder)]:
        raise ModelError(
            f"the folder {printable(folder)} does not hold {', '.join(lacking)}.",
            f"Fetch it there: vqclip setup {' '.join(lacking)} --to FOLDER",
        )
    require_space(plan(held))
    done, whole = 0, sum((folder / name).stat().st_size for name in sums)
    for name, digest in sums.items():
        _install_file(folder, name, digest)
        done += (folder / name).stat().st_size
        progress(Transfer(Path(name).name, done, whole))
    return list(dict.fromkeys([*wanted, *held]))


def _in_registry() -> list[str]:
    clips = [entry.name for entry in catalogue.clip_entries() if entry.repo]
    return [*(entry.name for entry in catalogue.vqgan_entries() if not entry.file), *clips]


def _held(name: str, folder: Path) -> bool:
    return plan([name], folder)[0].here


def _install_file(folder: Path, name: str, digest: str) -> None:
    if found := _OF_VQGAN.fullmatch(name):
        entry = catalogue.vqgan_entry(found[1])
        if entry.sha256 not in (None, digest):
            raise ModelError(
                f"{printable(folder / name)} is not the published file: its SHA-256 is {digest}, not {entry.sha256}.",
                f"Fetch it again: vqclip setup {found[1]} --to FOLDER",
            )
        _copy(folder / name, entry.path, digest)
    elif found := _OF_HUB.fullmatch(name):
        # The hub names large files by their SHA-256, and small ones as git does.
        large = name.endswith(hub.LARGE)
        place = hub.Place(hub.cache_folder(), found[1], found[2], found[3])
        path = place.path(digest if large else hub.git_hash(folder / name))
        _copy(folder / name, path, digest)
        place.publish(path)
    else:
        raise ModelError(
            f"{printable(folder)}: SHA256SUMS lists {name}, which is not a model.", "Fill another folder."
        )


def _copy(source: Path, target: Path, digest: str) -> None:
    """Copy a file unless it is there. Raises ModelError when its SHA-256 is another."""
    if is_file(target) and sha256(target) == digest:
        return
    prepare_folder_of(target)
    found = hashlib.sha256()
    with open_regular(source, ModelError, empty=True) as handle, atomic(target) as temp, temp.open("wb") as copy:
        while block := handle.read(_BLOCK):
            copy.write(block)
            found.update(block)
        copy.flush()
        if found.hexdigest() != digest:
            raise ModelError(
                f"{printable(source)} is damaged: its SHA-256 is {found.hexdigest()}, not {digest}.",
                "Copy the folder again; nothing was installed from this file.",
            )
