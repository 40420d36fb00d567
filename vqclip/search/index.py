"""The index of a folder: what a CLIP made of each picture below it, kept in one file.

The file is a safetensors file: features, sizes, times and content hashes as tensors, the names as JSON in its
header. It is a cache: whatever is wrong with it, it can be made again from the pictures.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vqclip import files, reading
from vqclip.errors import InputError, ModelError, OutputError, UsageError
from vqclip.media import images
from vqclip.media.image_folder import Entry, Skipped, format_skipped, readable, scan
from vqclip.models import inspection
from vqclip.models.inspection import inspect

Features = npt.NDArray[np.float32]
Encode = Callable[[Iterator[images.Pixels]], Features]

NAME = ".vqclip-index.safetensors"
SCHEMA = 1
CHUNK = 256
SAVE_SECONDS = 60.0
TELL_SECONDS = 10.0
MAX_HEADER_BYTES = 100_000_000
"""With the names of a million pictures; safetensors reads no larger header."""


@dataclass(frozen=True)
class PictureIndex:
    """What a CLIP made of the pictures of a folder. features: (N, E) unit float32, one row per entry."""

    clip: str
    entries: tuple[Entry, ...]
    features: Features


@dataclass(frozen=True)
class Updated:
    """An index that is up to date, and what that took.

    encoded: pictures that CLIP had to look at. known: those that it did not. dropped: names in the old index
    that are gone.
    """

    index: PictureIndex
    encoded: int
    known: int
    dropped: int
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]


def place_for(folder: Path, named: Path | None) -> Path:
    """Where the index of a folder is kept. Raises InputError without that folder, UsageError for a wrong name."""
    if not files.is_folder(folder):
        absence = files.absence(folder)
        what = "there is no such folder" if absence == "does not exist" else f"it {absence}"
        what = "it is not a folder" if files.exists(folder) else what
        raise InputError(f"Cannot read {files.printable(folder)}: {what}.", "Give a folder with pictures.")
    if named is None:
        return folder / NAME
    if named.suffix.lower() != ".safetensors":
        raise UsageError(
            f"index {files.printable(named)} is no safetensors file.", "Let its name end in .safetensors."
        )
    return named


def update(
    folder: Path, place: Path, clip: str, encode: Encode, tell: Callable[[str], None], *, must_keep: bool
) -> Updated:
    """Bring the index of a folder up to date: encode what is new or changed, drop what is gone, save it.

    A file is known by its path, size and time of change, or else by its content. place: of the index file.
    clip: identifies the CLIP; features of another one are not used. encode: from pictures to features. tell:
    is told how far it is. must_keep: an index that cannot be saved is an error rather than a warning. Raises
    InputError when no picture can be read, UsageError for a file that holds something else.
    """
    found, closed = scan(folder)
    old, problem = load(place, clip)
    warnings = [problem] if problem else []
    work = _Work(folder, old, found, closed)
    keeps = True
    if work.outdated:
        try:
            files.sweep(files.ensure_writable(place.parent))
        except OutputError as error:
            refused = OutputError(error.message, "Keep the index elsewhere with --index FILE.")
            if must_keep:
                raise refused from error
            warnings.append(f"the index is not kept: {refused}")
            keeps = False
    saved = said = time.monotonic()
    try:
        while work.encode_some(encode):
            now = time.monotonic()
            if now - said >= TELL_SECONDS and work.done < work.todo:
                tell(f"{work.done} of {work.todo} new pictures")
                said = now
            if keeps and now - saved >= SAVE_SECONDS:
                save(place, work.index(clip))
                saved = now
    finally:
        # What an interrupt leaves undone is less than what it would cost to begin again.
        if keeps and work.changed and work.entries:
            save(place, work.index(clip))
    if not work.entries:
        first = work.skipped[-1].why
        raise InputError(
            f"no picture below {files.printable(folder)} can be read, for one: {first}", "Check the files."
        )
    if work.skipped:
        warnings.append(format_skipped(work.skipped))
    index = work.index(clip)
    return Updated(
        index, work.encoded, len(index.entries) - work.encoded, work.dropped, tuple(work.skipped), tuple(warnings)
    )


def save(path: Path, index: PictureIndex) -> None:
    """Write an index, whole or not at all. Raises OutputError."""
    from safetensors.numpy import save as to_bytes

    names = {"schema": SCHEMA, "clip": index.clip, "paths": [entry.path for entry in index.entries]}
    tensors = {
        "features": np.ascontiguousarray(index.features, dtype=np.float32),
        "sizes": np.array([entry.size for entry in index.entries], dtype=np.int64),
        "modified": np.array([entry.modified for entry in index.entries], dtype=np.int64),
        "digests": np.frombuffer(b"".join(e.digest for e in index.entries), np.uint8).reshape(-1, 32),
    }
    # ASCII, because a path may hold bytes that are not text, and a header may not.
    files.write_bytes(path, to_bytes(tensors, {"vqclip_index": json.dumps(names, ensure_ascii=True)}))


def load(path: Path, clip: str) -> tuple[PictureIndex | None, str | None]:
    """The index in a file, if it is one and of that CLIP; otherwise a warning that says why it is made again.

    Neither for a file that is not there. Raises UsageError for a whole file that is no index.
    """
    if not os.path.lexists(path):
        return None, None
    name = files.printable(path)
    try:
        index = _read(path)
    except _DamagedError as error:
        return None, f"the index {name} is damaged ({error}); it is made again."
    if index.clip != clip:
        return None, f"the index {name} is of another CLIP; it is made again."
    return index, None


def check_width(width: int, index: PictureIndex | None) -> None:
    """Raise InputError for an index whose features are not of the length that its CLIP gives."""
    if index is not None and index.features.shape[1] != width:
        raise InputError(
            f"the index says it is of this CLIP, but holds {index.features.shape[1]} numbers a picture, not {width}.",
            "Remove it, and it is made again.",
        )


class _DamagedError(Exception):
    """The file is not a whole index."""


class _Work:
    """An index on its way from old to new."""

    def __init__(
        self, folder: Path, old: PictureIndex | None, found: Sequence[Entry], closed: Sequence[Skipped]
    ) -> None:
        self.folder = folder
        self.entries: list[Entry] = []
        self.skipped = list(closed)
        self.encoded = self.done = 0
        rows = {entry: row for row, entry in enumerate(old.entries)} if old else {}
        kept = sorted(rows[entry] for entry in found if entry in rows)
        self._old = old
        self._by_content = {entry.digest: row for entry, row in rows.items()}
        self._new = [entry for entry in found if entry not in rows]
        self._features: list[Features] = []
        if old is not None:
            self.entries += [old.entries[row] for row in kept]
            self._features.append(old.features[kept] if len(kept) < len(rows) else old.features)
        self.todo = len(self._new)
        here = {entry.path for entry in found}
        self.dropped = sum(entry.path not in here for entry in rows)
        self._kept = len(kept)
        self._lost = len(kept) < len(rows)
        self.outdated = old is None or self._lost or bool(self._new)

    @property
    def changed(self) -> bool:
        """Whether the index differs from the old one: new files that cannot be read change nothing."""
        return self._old is None or self._lost or len(self.entries) > self._kept

    def encode_some(self, encode: Encode) -> bool:
        """Take in the next new files; False when there were none left."""
        chunk = self._new[self.done : self.done + CHUNK]
        if not chunk:
            return False
        fresh: list[Entry] = []
        for entry in chunk:
            try:
                digest = _digest(self.folder / entry.path)
            except InputError as error:
                self.skipped.append(Skipped(entry.path, error.message))
                continue
            entry = Entry(entry.path, entry.size, entry.modified, digest)
            row = self._by_content.get(digest)
            if row is None or self._old is None:
                fresh.append(entry)
            else:
                self.entries.append(entry)
                self._features.append(self._old.features[row : row + 1])
        read: list[int] = []
        unreadable: list[Skipped] = []
        features = encode(readable([self.folder / entry.path for entry in fresh], read, unreadable))
        if read:
            check_width(features.shape[1], self._old)
            self._features.append(features)
        self.entries += [fresh[place] for place in read]
        self.skipped += [Skipped(Path(s.path).relative_to(self.folder).as_posix(), s.why) for s in unreadable]
        self.encoded += len(read)
        self.done += len(chunk)
        return True

    def index(self, clip: str) -> PictureIndex:
        """What is done so far, by path: an index does not depend on how it came about."""
        if self._old is not None and not self.changed:
            return self._old
        order = sorted(range(len(self.entries)), key=lambda row: self.entries[row].path)
        return PictureIndex(clip, tuple(self.entries[row] for row in order), np.concatenate(self._features)[order])


def _read(path: Path) -> PictureIndex:
    """Read an index file; sizes and types are checked before anything is loaded."""
    from safetensors import safe_open

    shown = files.printable(path)
    if not files.is_file(path):
        raise OutputError(f"Cannot keep an index in {shown}: it is not a file.", "Choose another name.")
    try:
        if inspect(path, header_bytes=MAX_HEADER_BYTES).kind != "safetensors":
            raise _DamagedError("it is not a safetensors file")
        with safe_open(path, framework="numpy") as archive:
            header = (archive.metadata() or {}).get("vqclip_index")
            if header is None:
                raise UsageError(f"{shown} is not an index of pictures.", "Choose another name.")
            reading.check_structure(header.encode(), inspection.MAX_HEADER_BYTES)
            names = reading.parse_json(header)
            kinds = {key: (str(s.get_dtype()), s.get_shape()) for key in archive.keys()  # noqa: SIM118
                     for s in [archive.get_slice(key)]}  # fmt: skip
            paths = names["paths"]
            count, width = len(paths), kinds["features"][1][-1]
            if (
                names["schema"] != SCHEMA
                or len(set(paths)) != count
                or kinds
                != {
                    "features": ("F32", [count, width]),
                    "sizes": ("I64", [count]),
                    "modified": ("I64", [count]),
                    "digests": ("U8", [count, 32]),
                }
            ):
                raise _DamagedError("it is of another make")
            features = archive.get_tensor("features")
            sizes, modified, digests = (archive.get_tensor(key) for key in ("sizes", "modified", "digests"))
            if not all(isinstance(name, str) for name in (*paths, names["clip"])):
                raise _DamagedError("its names are no texts")
    except ModelError as error:
        raise _DamagedError(error.message.rstrip(".")) from None
    except _DamagedError:
        raise
    except reading.MALFORMED as error:
        raise _DamagedError(reading.reason(error)) from None
    lengths = np.linalg.norm(features, axis=1)
    if not count or not np.all(np.abs(lengths - 1) < 1e-2):
        raise _DamagedError("its features are not of unit length")
    rows = zip(paths, sizes.tolist(), modified.tolist(), digests, strict=True)
    return PictureIndex(
        str(names["clip"]), tuple(Entry(str(p), s, m, digest.tobytes()) for p, s, m, digest in rows), features
    )


def _digest(path: Path) -> bytes:
    digest = hashlib.sha256()
    with reading.open_regular(path) as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.digest()
