"""Downloads CLIPs from the Hugging Face hub into its cache, where open_clip and other tools find them too.

huggingface_hub says what the hub has. It discards partial files and compares only sizes, so `download` transfers the
bytes, resumes, and checks the hash that the hub gives.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vqclip.errors import ModelError, UsageError
from vqclip.files import ensure_writable, output_error, printable, write_text
from vqclip.models import registry
from vqclip.models.catalogue import (
    CLIP_WEIGHTS,
    VqganEntry,
    clip_entries,
    clip_entry,
    hub_endpoint,
    vqgan_entries,
)
from vqclip.models.checkpoints import verify_sha256
from vqclip.models.download import Note, Progress, Source, download_vqgan, refuse_offline
from vqclip.models.download import download as fetch
from vqclip.reading import read_bytes, reason

if TYPE_CHECKING:
    from huggingface_hub import HfFileMetadata

MAX_SMALL_BYTES = 2**27
"""Most bytes of a file that the hub keeps in git; larger ones have a SHA-256."""
LARGE = (".safetensors", ".bin")
"""Suffixes of weights."""
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

# The files of a tokenizer of Hugging Face; a repository has some or none of them.
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "bpe.txt.gz")


@dataclass(frozen=True)
class _File:
    """A file to download: the first of the names that the repository holds. optional: It may hold none of them."""

    repo: str
    names: tuple[str, ...]
    optional: bool = False

    def cached(self, folder: Path | None = None) -> Path | None:
        """Where it is in the hub's cache, or in a folder like it, if it is there."""
        return registry.cached_file(self.repo, *self.names, cache=folder / "hub" if folder else None)


def source_of(name: str) -> VqganEntry | str:
    """Find what `download` takes for a name: the entry of a VQGAN, or the name of a CLIP. Raises UsageError."""
    for entry in vqgan_entries():
        if name == entry.name or name in entry.aliases:
            return entry
    if clip_entry(name) is None and "/" not in name:
        raise registry.unknown(name)
    files_of(name)
    return name


def download(source: VqganEntry | str, progress: Progress, note: Note, folder: Path | None = None) -> Path:
    """Download what `source_of` found; see `download_clip` and `download.download_vqgan`."""
    if isinstance(source, VqganEntry):
        return download_vqgan(source, progress, note, folder=folder)
    return download_clip(source, progress, note, folder)


def download_clip(name: str, progress: Progress, note: Note, folder: Path | None = None) -> Path:
    """Download a CLIP and return the path of its weights. Files in the cache are kept without any request.

    Args:
        name: A registered name, `hf-hub:OWNER/REPO`, or open_clip's `NETWORK/TAG`.
        progress: Called for every few bytes.
        note: Called for waits and further tries.
        folder: Where the files go, below `hub`; None for the hub's cache.

    Raises:
        UsageError: The name is none of these.
        ModelError: The hub does not have the files, sends others, or the network is forbidden.
        OutputError: The disk is full or cannot be written.
        Interrupted: A signal came.
    """
    *others, weights = files_of(name)
    found = weights.cached(folder)
    if found is not None and not _is_sound(found):
        note(f"{name}: {printable(found)} is damaged, and is fetched again")
        found.unlink()
        found = None
    # The weights come last: once they are in the cache, everything else is.
    if found is None or not all(file.cached(folder) or file.optional for file in others):
        for file in others:
            _ = file.cached(folder) or _fetch(name, file, progress, note, folder)
        found = found or _fetch(name, weights, progress, note, folder)
    assert found is not None, "weights are not optional"
    return found


def files_of(name: str) -> list[_File]:
    """The files of a CLIP, the weights last. Raises UsageError for a name that is none."""
    name = registry.with_own_config(name)
    if name.startswith(registry.HUB_PREFIX):
        repo = registry.hub_repo(name)
        optional = [_File(repo, (each,), optional=True) for each in _TOKENIZER]
        return [_File(repo, ("open_clip_config.json",)), *optional, _File(repo, CLIP_WEIGHTS)]
    entry = clip_entry(name)
    if entry is not None and entry.repo is not None:
        text = [_File(entry.text.repo, (file,)) for file in entry.text.files] if entry.text else []
        return [*text, _File(entry.repo, CLIP_WEIGHTS)]
    network, slash, tag = name.partition("/")
    if entry is not None or not (slash and network and tag):
        what = "is built in" if entry is not None else "is not known"
        raise UsageError(f"the CLIP {name!r} {what}.", "See `vqclip models list`; or hf-hub:OWNER/REPO.")
    weights = _of_open_clip(network, tag)
    return [*_texts_of_open_clip(network), weights]


def _of_open_clip(network: str, tag: str) -> _File:
    """The file that open_clip itself would download for weights of its list."""
    repo, names, url = registry.open_clip_source(network, tag, UsageError)
    if not repo:
        raise ModelError(f"{network}/{tag} is not on the hub.", f"Fetch {url} and name the file.")
    return _File(repo, names)


def _texts_of_open_clip(network: str) -> list[_File]:
    """The files of the text encoder of transformers in a network of open_clip."""
    from open_clip import get_model_config

    texts = (get_model_config(network) or {}).get("text_cfg", {})
    encoder, tokenizer = texts.get("hf_model_name"), texts.get("hf_tokenizer_name")
    files = [_File(encoder, ("config.json",))] if encoder else []
    if name := encoder or tokenizer:
        files.append(_File(name, ("tokenizer.json", "vocab.txt", "sentencepiece.bpe.model", "spiece.model")))
        settings = ("tokenizer_config.json", "special_tokens_map.json")
        files += [_File(name, (each,), optional=True) for each in settings]
    return files


def _fetch(clip: str, file: _File, progress: Progress, note: Note, folder: Path | None) -> Path | None:
    """Download a file; None for an optional one that the repository does not have."""
    refuse_offline(repr(clip))
    for name in file.names:
        found = _look_up(clip, file.repo, name)
        if found is not None:
            return _transfer(clip, file.repo, name, found, progress, note, folder)
    if file.optional:
        return None
    raise _failed(clip, file.repo, f"it has no {' or '.join(file.names)}")


def _look_up(clip: str, repo: str, name: str) -> HfFileMetadata | None:
    """Ask the hub for size, hash and revision of a file; None when it has none of that name."""
    import httpx2
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

    endpoint = hub_endpoint()
    try:
        found = get_hf_file_metadata(
            hf_hub_url(repo, name, endpoint=endpoint), endpoint=endpoint, retry_on_errors=True
        )
    except EntryNotFoundError:
        return None
    except HfHubHTTPError as error:
        raise _failed(clip, repo, reason(error)) from None
    except (httpx2.HTTPError, OSError, ValueError, RuntimeError) as error:
        raise _failed(clip, repo, f"{endpoint} cannot be reached ({reason(error)})") from None
    if not (re.fullmatch(r"[0-9a-f]{40}", found.commit_hash or "") and _HASH.fullmatch(found.etag or "")):
        raise _failed(clip, repo, f"what answers at {endpoint} is no Hugging Face hub")
    return found


def _transfer(
    clip: str, repo: str, name: str, found: HfFileMetadata, progress: Progress, note: Note, folder: Path | None
) -> Path:
    """Download one file of a repository into the layout of the hub's cache."""
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    etag, commit = str(found.etag), str(found.commit_hash)
    place = Place(cache_folder(folder), repo.replace("/", "--"), commit, name, linked=folder is None)
    path = place.path(etag)
    is_sha256 = len(etag) == 64
    known = build_hf_headers().get("authorization")
    source = Source(
        f"{clip} {name}",
        path,
        (f"{hub_endpoint()}/{repo}/resolve/{commit}/{name}",),
        found.size,
        etag if is_sha256 else None,
        headers={"authorization": known} if known else {},
        own=False,
    )
    fetch(source, progress, note)
    if not is_sha256 and git_hash(path) != etag:
        path.unlink()
        raise _failed(clip, repo, f"the {name} that came is not what the hub says that it has")
    return place.publish(path)


def cache_folder(folder: Path | None = None) -> Path:
    """The cache of the hub, or its like in a folder of models."""
    from huggingface_hub import constants

    return folder / "hub" if folder else Path(constants.HF_HUB_CACHE)


@dataclass(frozen=True)
class Place:
    """The place of a file in the hub's cache.

    linked: Whether the file is a blob under its hash, and a link leads to it; otherwise it lies in the place of the
    link, as it does on file systems without links.
    """

    cache: Path
    repo: str
    commit: str
    name: str
    linked: bool = True

    @property
    def _folder(self) -> Path:
        return self.cache / f"models--{self.repo}"

    @property
    def _pointer(self) -> Path:
        return self._folder / "snapshots" / self.commit / self.name

    @staticmethod
    def of(found: Path, folder: Path) -> Place:
        """The place, in a folder of models, of a file that is in the hub's cache."""
        commit = found.parent
        repo = commit.parent.parent.name.removeprefix("models--")
        return Place(cache_folder(folder), repo, commit.name, found.name, linked=False)

    def path(self, etag: str) -> Path:
        """Where the file goes. Raises OutputError when the folders cannot be written."""
        from huggingface_hub.file_download import are_symlinks_supported

        ensure_writable(self._pointer.parent)
        linked = self.linked and are_symlinks_supported(self.cache)
        return self._folder / "blobs" / etag if linked else self._pointer

    def publish(self, path: Path) -> Path:
        """Make the file visible, and return where it is. Raises OutputError."""
        pointer = self._pointer
        if path != pointer:
            try:
                pointer.unlink(missing_ok=True)
                pointer.symlink_to(os.path.relpath(path, pointer.parent))
            except OSError as error:
                raise output_error(pointer, error) from error
        ensure_writable(self._folder / "refs")
        write_text(self._folder / "refs" / "main", self.commit)
        return pointer


def git_hash(path: Path) -> str:
    """The hash by which git, and so the hub, names a small file."""
    data = read_bytes(path, MAX_SMALL_BYTES, ModelError, empty=True)
    return hashlib.sha1(b"blob %d\0%b" % (len(data), data), usedforsecurity=False).hexdigest()


def verify_clips(names: Container[str] | None = None) -> dict[str, bool]:
    """Check the known CLIPs in the hub's cache against their hashes.

    Args:
        names: CLIPs to check; None for all.

    Returns:
        For each name whether a hash of it is known.

    Raises:
        ModelError: A file is not the one on the hub.
    """
    checked = {}
    for entry in clip_entries():
        if names is not None and entry.name not in names:
            continue
        found = registry.cached_file(entry.repo, *CLIP_WEIGHTS) if entry.repo else None
        if found is not None:
            checked[entry.name] = _verify(found)
    return checked


def _verify(path: Path) -> bool:
    """Check a file whose name in the hub's cache is its SHA-256, as for all large files; False for other names."""
    blob = path.resolve()
    known = re.fullmatch(r"[0-9a-f]{64}", blob.name) is not None
    verify_sha256(blob, blob.name if known else None)
    return known


def _is_sound(path: Path) -> bool:
    try:
        _verify(path)
    except ModelError:
        return False
    return True


def _failed(clip: str, repo: str, why: str) -> ModelError:
    return ModelError(
        f"{clip!r} could not be fetched from {repo}: {why}.",
        "Run the same command again; what was downloaded is kept.",
    )
