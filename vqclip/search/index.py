"""The search index of a folder: CLIP features of every picture below it, kept in one file.

It is a safetensors file: features, sizes, times and content hashes as tensors, names as JSON in its header. A damaged
one is made again from the pictures.
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
from vqclip.models.inspection import inspect, utf8_name

Features = npt.NDArray[np.float32]
Notify = Callable[[str], None]
Encode = Callable[[Iterator[images.Pixels]], Features]

NAME = ".vqclip-index.safetensors"
SCHEMA = 1
CHUNK = 256
SAVE_SECONDS = 60.0
NOTIFY_SECONDS = 10.0
MAX_HEADER_BYTES = 100_000_000
"""Enough for the names of a million pictures; safetensors reads no larger header."""


@dataclass(frozen=True)
class PictureIndex:
    """The CLIP features of the pictures of a folder. features: (N, E) unit float32, one row per entry."""

    clip: str
    entries: tuple[Entry, ...]
    features: Features


@dataclass(frozen=True)
class Updated:
    """An index that is up to date, and what changed.

    encoded: number of pictures that CLIP had to encode. known: of those that were in the old index. dropped: of names
    in the old index that are gone.
    """

    index: PictureIndex
    encoded: int
    known: int
    dropped: int
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]


def index_path(folder: Path, named: Path | None) -> Path:
    """Return the file of the index. Raises InputError without that folder, UsageError for a wrong file name."""
    if not files.is_folder(folder):
        absence = files.absence(folder)
        what = "there is no such folder" if absence == "does not exist" else f"it {absence}"
        what = "it is not a folder" if files.exists(folder) else what
        raise InputError(f"Cannot read {files.printable(folder)}: {what}.", "Give a folder with pictures.")
    if named is None:
        return folder / NAME
    if named.suffix.lower() != ".safetensors":
        raise UsageError(f"index {files.printable(named)} does not end in .safetensors.", "Choose a name that does.")
    return named


def update(folder: Path, path: Path, clip: str, encode: Encode, notify: Notify, *, must_keep: bool) -> Updated:
    """Bring the index of a folder up to date: encode new and changed pictures, drop missing ones, save the file.

    A picture is known by its path, size and time of change, or else by its content.

    Args:
        folder: With the pictures.
        path: Of the index.
        clip: Identifies the CLIP; an index of another one is not used.
        encode: Turns pictures into features.
        notify: Called with messages about the progress.
        must_keep: Raise when the index cannot be saved, instead of a warning.

    Raises:
        InputError: No picture can be read.
        UsageError: The file holds something else.
        OutputError: The index cannot be saved, and `must_keep`.
    """
    found, closed = scan(folder)
    old, problem = load(path, clip)
    warnings = [problem] if problem else []
    work = _Update(folder, old, found, closed)
    keeps = True
    if work.outdated:
        try:
            files.prepare_folder_of(path)
        except OutputError as error:
            refused = OutputError(error.message, "Keep the index elsewhere with --index FILE.")
            if must_keep:
                raise refused from error
            warnings.append(f"the index is not kept: {refused}")
            keeps = False
    saved = notified = time.monotonic()
    try:
        while work.encode_some(encode):
            now = time.monotonic()
            if now - notified >= NOTIFY_SECONDS and work.done < work.todo:
                notify(f"{work.done} of {work.todo} new pictures")
                notified = now
            if keeps and now - saved >= SAVE_SECONDS:
                save(path, work.index(clip))
                saved = now
    finally:
        # After an interrupt too: encoding the pictures again would take longer.
        if keeps and work.changed and work.entries:
            save(path, work.index(clip))
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
    """Write an index atomically. Raises OutputError."""
    from safetensors.numpy import save as to_bytes

    names = {"schema": SCHEMA, "clip": index.clip, "paths": [entry.path for entry in index.entries]}
    tensors = {
        "features": np.ascontiguousarray(index.features, dtype=np.float32),
        "sizes": np.array([entry.size for entry in index.entries], dtype=np.int64),
        "modified": np.array([entry.modified for entry in index.entries], dtype=np.int64),
        "digests": np.frombuffer(b"".join(e.digest for e in index.entries), np.uint8).reshape(-1, 32),
    }
    # ASCII, because a path may contain bytes that are no text, and a header may not.
    files.write_bytes(path, to_bytes(tensors, {"vqclip_index": json.dumps(names, ensure_ascii=True)}))


def load(path: Path, clip: str) -> tuple[PictureIndex | None, str | None]:
    """Read the index of that CLIP from a file.

    Returns:
        The index, or None without a file; for a damaged index and for one of another CLIP None and a warning.

    Raises:
        UsageError: The file is complete but no index.
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
    """Raise InputError when the features of an index have another length than its CLIP gives."""
    if index is not None and index.features.shape[1] != width:
        raise InputError(
            f"the index says it is of this CLIP, but holds {index.features.shape[1]} numbers a picture, not {width}.",
            "Remove the index file; the next search makes it again.",
        )


class _DamagedError(Exception):
    """The file is not a complete index."""


class _Update:
    """An index that is being brought up to date."""

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
        """Whether the index differs from the old one. New files that cannot be read do not change it."""
        return self._old is None or self._lost or len(self.entries) > self._kept

    def encode_some(self, encode: Encode) -> bool:
        """Encode the next new files; return False when there are none left."""
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
        self.entries += [fresh[row] for row in read]
        self.skipped += [Skipped(Path(s.path).relative_to(self.folder).as_posix(), s.why) for s in unreadable]
        self.encoded += len(read)
        self.done += len(chunk)
        return True

    def index(self, clip: str) -> PictureIndex:
        """Return the index so far, sorted by path, so that it does not depend on the order of updates."""
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
        with utf8_name(path) as source, safe_open(source, framework="numpy") as archive:
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
                raise _DamagedError("its fields are not those of an index")
            features = archive.get_tensor("features")
            sizes, modified, digests = (archive.get_tensor(key) for key in ("sizes", "modified", "digests"))
            if not all(isinstance(name, str) for name in (*paths, names["clip"])):
                raise _DamagedError("its names are not texts")
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
