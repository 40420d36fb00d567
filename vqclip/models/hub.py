"""Downloads CLIPs from the Hugging Face hub into its cache, where open_clip and other tools find them too.

huggingface_hub transfers the bytes. It compares only their size, so vqclip checks their hash.
"""

from __future__ import annotations

import io
import re
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vqclip.errors import Interrupted, ModelError, UsageError
from vqclip.files import output_error
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
from vqclip.models.download import Note, Progress, Transfer, download_vqgan, refuse_offline
from vqclip.reading import reason

# The files of a tokenizer of Hugging Face; a repository has some or none of them.
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "bpe.txt.gz")


@dataclass(frozen=True)
class _File:
    """A file to download: the first of the names that the repository holds. optional: It may hold none of them."""

    repo: str
    names: tuple[str, ...]
    optional: bool = False

    def cached(self) -> Path | None:
        """Where it is in the hub's cache, if it is there."""
        return registry.cached_file(self.repo, *self.names)


def source_of(name: str) -> VqganEntry | str:
    """Find what `download` takes for a name: the entry of a VQGAN, or the name of a CLIP. Raises UsageError."""
    for entry in vqgan_entries():
        if name == entry.name or name in entry.aliases:
            return entry
    if clip_entry(name) is None and "/" not in name:
        raise registry.unknown(name)
    _files_of(name)
    return name


def download(source: VqganEntry | str, progress: Progress, note: Note) -> Path:
    """Download what `source_of` found; see `download_clip` and `download.download_vqgan`."""
    if isinstance(source, VqganEntry):
        return download_vqgan(source, progress, note)
    return download_clip(source, progress)


def download_clip(name: str, progress: Progress) -> Path:
    """Download a CLIP and return the path of its weights. Files in the cache are kept without any request.

    Args:
        name: A registered name, `hf-hub:OWNER/REPO`, or open_clip's `NETWORK/TAG`.
        progress: Called for every few bytes.

    Raises:
        UsageError: The name is none of these.
        ModelError: The hub does not have the files, sends others, or the network is forbidden.
        OutputError: The disk is full or cannot be written.
        Interrupted: A signal came.
    """
    *others, weights = _files_of(name)
    found = weights.cached()
    # The weights come last: once they are in the cache, everything else is.
    if found is None or not all(file.cached() or file.optional for file in others):
        for file in others:
            _ = file.cached() or _fetch(name, file, progress)
        found = found or _fetch(name, weights, progress)
    assert found is not None, "weights are not optional"
    return found


def _files_of(name: str) -> list[_File]:
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


def _fetch(clip: str, file: _File, progress: Progress) -> Path | None:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, LocalEntryNotFoundError

    refuse_offline(repr(clip))
    endpoint = hub_endpoint()
    for name in file.names:
        try:
            bar = _bar(f"{clip} {name}", progress)
            path = Path(hf_hub_download(file.repo, name, endpoint=endpoint, tqdm_class=bar))
        except LocalEntryNotFoundError as error:
            cause = error.__cause__ or error
            raise _failed(clip, file.repo, f"{endpoint} cannot be reached ({reason(cause)})") from None
        except EntryNotFoundError:
            continue
        except KeyboardInterrupt:
            raise Interrupted(
                f"the download of {clip!r} stopped.", "Run the same command again to resume it."
            ) from None
        except OSError as error:
            if error.errno is not None and not isinstance(error, (HfHubHTTPError, ConnectionError, TimeoutError)):
                raise output_error(Path(file.repo), error) from error
            raise _failed(clip, file.repo, reason(error)) from None
        except (ValueError, RuntimeError) as error:
            raise _failed(clip, file.repo, reason(error)) from None
        try:
            _verify(path)
        except ModelError:
            blob = path.resolve()
            path.unlink()
            blob.unlink(missing_ok=True)
            raise _failed(clip, file.repo, "what came is not what the hub says that it has") from None
        return path
    if file.optional:
        return None
    raise _failed(clip, file.repo, f"it has no {' or '.join(file.names)}")


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


def _bar(label: str, progress: Progress) -> Any:
    """Make a progress bar for huggingface_hub that prints nothing and calls `progress`."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **known: Any) -> None:
            super().__init__(*arguments, **(known | {"disable": False, "file": io.StringIO()}))

        def update(self, n: float | None = 1) -> bool | None:
            shown: bool | None = super().update(n)
            progress(Transfer(label, int(self.n), None if self.total is None else int(self.total)))
            return shown

    return Bar


def _failed(clip: str, repo: str, why: str) -> ModelError:
    return ModelError(
        f"{clip!r} could not be fetched from {repo}: {why}.", "Run the same command again; what came is kept."
    )
