"""The candidates that `vqclip sample` keeps beside its sheet, for a run to start from one of them.

`candidates.png` is the sheet and `candidates.safetensors` the tokens, with the settings as JSON in its header.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqclip import files, reading
from vqclip.errors import InputError, ModelError, UsageError
from vqclip.settings.schema import from_dict

if TYPE_CHECKING:
    from torch import Tensor

    from vqclip.synthesis.candidates import Candidates

SHEET = "candidates.png"
"""Of samples in a folder of their own."""
SCHEMA, MAX_TOKENS = 1, 2**24
_HINT = "Give the folder, the sheet or the .safetensors file that `vqclip sample` wrote."


@dataclass(frozen=True)
class Samples:
    """What is kept of candidates.

    Attributes:
        path: Of the file.
        settings: By name, as in run.json.
        models, versions: As in run.json.
        codes: (N, h, w) int64, best first.
        numbers: In the order of sampling, 1 for the first, as the sheet shows them.
        size: Width and height of a candidate in pixels.
    """

    path: Path
    settings: Mapping[str, Any]
    models: Mapping[str, str]
    versions: Mapping[str, str]
    codes: Tensor
    numbers: tuple[int, ...]
    size: tuple[int, int]

    def codes_of(self, pick: int | None) -> Tensor:
        """The codes of one candidate: (1, h, w). Raises UsageError for a number that is not there."""
        shown = files.printable(self.path)
        if pick is None:
            raise UsageError(f"{shown} holds {len(self.numbers)} candidates.", "Choose one by its number: --pick 1.")
        if pick not in self.numbers:
            valid = _listed(sorted(self.numbers))
            raise UsageError(f"pick is {pick}: {shown} has no candidate of that number.", f"Valid: {valid}.")
        place = self.numbers.index(pick)
        return self.codes[place : place + 1]


def record_beside(sheet: Path) -> Path:
    """The path of the tokens of a sheet."""
    return sheet.with_suffix(".safetensors")


def save(
    path: Path, found: Candidates, settings: Mapping[str, Any], models: Mapping[str, str], versions: Mapping[str, str]
) -> None:
    """Write candidates. Raises OutputError."""
    import torch
    from safetensors.torch import save as to_bytes

    height, width = found.images.shape[-2:]
    record = {"schema": SCHEMA, "settings": dict(settings), "models": dict(models), "versions": dict(versions)}
    record["size"] = [width, height]
    tensors = {"codes": found.codes.cpu().to(torch.int32), "numbers": found.numbers.to(torch.int32) + 1}
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    files.write_bytes(path, to_bytes(contiguous, {"vqclip-samples": json.dumps(record)}))


def find(source: Path) -> Path | None:
    """The file of samples that a folder, a sheet or the file itself names; None for anything else, such as a run.

    Raises InputError for a folder with several.
    """
    if not files.is_folder(source):
        found = [record_beside(source)] if source.suffix.lower() in (".png", ".safetensors") else []
        return next(filter(files.is_file, found), None)
    if files.exists(source / "run.json"):
        return None
    found = files.matching(source, "*.safetensors")
    if len(found) > 1:
        names = ", ".join(files.printable(path.name) for path in found[:4])
        raise InputError(f"{files.printable(source)} holds several samples: {names}.", "Give one of these files.")
    return found[0] if found else None


def read(path: Path) -> Samples:
    """Read samples, which may come from another person. Raises InputError."""
    from vqclip.records import SamplesRecord, checked
    from vqclip.synthesis.state import read_tensors

    shown = files.printable(path)
    try:
        with reading.refusing(f"{shown} holds no samples", _HINT):
            values, tensors = read_tensors(path, "vqclip-samples")
            record = checked(SamplesRecord, values)
            codes, numbers = tensors["codes"], tensors["numbers"]
            whole = not (codes.is_floating_point() or numbers.is_floating_point())
            fit = codes.ndim == 3 and 0 < codes.numel() <= MAX_TOKENS and numbers.shape == codes.shape[:1]
            if not (whole and fit):
                raise ValueError("its tokens have another shape")
            settings = from_dict(record.settings).to_dict()
    except (ModelError, UsageError) as error:
        raise InputError(f"{shown} holds no samples: {error.message}", _HINT) from None
    width, height = record.size
    order = tuple(int(number) for number in numbers)
    return Samples(path, settings, record.models, record.versions, codes.long(), order, (width, height))


def _listed(numbers: list[int]) -> str:
    """Numbers in words: a range where none is missing."""
    if numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return f"{numbers[0]} to {numbers[-1]}"
    return files.excerpt(", ".join(map(str, numbers)))
