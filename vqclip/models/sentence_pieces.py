"""Reads the pieces of a SentencePiece model (Kudo and Richardson 2018): three messages of a protocol buffer."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.reading import read_bytes, refusing

MAX_BYTES = 32_000_000
MAX_PIECES = 2**20
UNIGRAM = 1
"""The model_type of a trainer_spec for which `tokenizers` gives the same result as SentencePiece."""


@dataclass(frozen=True)
class SentencePieces:
    """A SentencePiece model. pieces: Texts and their log probabilities, by id. charsmap: Its normalisation."""

    pieces: list[tuple[str, float]]
    charsmap: bytes
    unknown: int
    model_type: int


def read_sentence_pieces(path: Path) -> SentencePieces:
    """Read a .model file of SentencePiece.

    Raises:
        ModelError: The file cannot be read or is not such a model.
    """
    data = read_bytes(path, MAX_BYTES, ModelError)
    with refusing(f"{printable(path)} is not a model of SentencePiece", "Fetch it again.", ModelError):
        return _parse(memoryview(data))


def _parse(data: memoryview) -> SentencePieces:
    pieces: list[tuple[str, float]] = []
    charsmap, unknown, kind = b"", 0, UNIGRAM
    for field, value in _fields(data):
        if field == 1 and isinstance(value, memoryview):
            if len(pieces) >= MAX_PIECES:
                raise ValueError(f"it has more than {MAX_PIECES} pieces")
            pieces.append(_piece(value))
        elif field == 2 and isinstance(value, memoryview):
            for number, setting in _fields(value):
                if number == 3 and isinstance(setting, int):
                    kind = setting
                elif number == 40 and isinstance(setting, int):
                    unknown = setting
        elif field == 3 and isinstance(value, memoryview):
            for number, setting in _fields(value):
                if number == 2 and isinstance(setting, memoryview):
                    charsmap = bytes(setting)
    if not 0 <= unknown < len(pieces):
        raise ValueError("it has no piece for what is unknown")
    return SentencePieces(pieces, charsmap, unknown, kind)


def _piece(data: memoryview) -> tuple[str, float]:
    text, score = "", 0.0
    for field, value in _fields(data):
        if field == 1 and isinstance(value, memoryview):
            text = str(value, "utf-8")
        elif field == 2 and isinstance(value, float):
            score = value
    return text, score


def _fields(data: memoryview) -> Iterator[tuple[int, int | float | memoryview]]:
    """Yield the fields of a message in order: integers, floats, and the bytes of strings and messages."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        field, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield field, value
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            (real,) = struct.unpack("<d" if wire == 1 else "<f", data[at : at + size])
            at += size
            yield field, float(real)
        elif wire == 2:
            size, at = _varint(data, at)
            if size > len(data) - at:
                raise ValueError("it is cut off")
            yield field, data[at : at + size]
            at += size
        else:
            raise ValueError(f"it has a field of the unknown type {wire}")


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("it holds a number of too many bytes")
