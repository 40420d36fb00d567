"""The valid JSON in a run folder: a type and a range for every value.

A run folder may come from another person, so nothing in it is used before it was checked here. pydantic takes a tenth
of a second to import, so this module is imported only where such a file is read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, Strict, ValidationError
from pydantic_core import PydanticCustomError

MAX_STEPS, MAX_STAGES = 1_000_000, 9
"""Limits of a run: those of the settings, plus one stage of pixels."""


def _text(most: float = math.inf) -> PlainValidator:
    """Any text of at most `most` characters.

    pydantic's own type refuses lone surrogates, which Python keeps for the bytes of file names that are not UTF-8.
    """

    def check(value: object) -> str:
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "Input should be a valid string")
        if len(value) > most:
            raise PydanticCustomError("string_too_long", f"String should have at most {most} characters")
        return value

    return PlainValidator(check)


Text = Annotated[str, _text()]
Name = Annotated[str, _text(4096)]
Number = Annotated[float, Field(ge=-1e15, le=1e15)]
Step = Annotated[int, Field(ge=0, le=MAX_STEPS)]
Digests = Annotated[dict[Name, Name], Field(max_length=1000)]


class _Record(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class ManifestRecord(_Record):
    """run.json without its schema number, digest and settings; see `runs.directory.Manifest`."""

    status: Literal["running", "interrupted", "failed", "finished"] = "running"
    step: Step = 0
    preset: Name | None = None
    models: Digests = {}
    versions: Digests = {}
    device: Name = ""
    dtype: Name = ""
    threads: Annotated[int, Field(ge=0, le=65536)] = 0
    score: Number | None = None
    best_score: Number | None = None
    best_step: Step | None = None
    inputs: Digests = {}
    seconds: Annotated[float, Field(ge=0, le=1e12)] = 0.0
    stopped_by: Name = ""
    restyle: dict[Name, Text | int | Number | bool | None] = {}
    read_as: Text | None = None


class SamplesRecord(_Record):
    """The header of the file of samples; see `runs.samples.Samples`."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    settings: dict[Name, Any]
    models: Annotated[Digests, Field(min_length=1)]
    versions: Digests
    size: Annotated[list[Annotated[int, Field(ge=1, le=65536)]], Field(min_length=2, max_length=2)]


_ByStart = Annotated[dict[Annotated[str, Field(pattern=r"^[1-9][0-9]{0,5}$")], Number], Field(max_length=100_000)]


class StartsRecord(_Record):
    """starts.json: the starts of a best-of run."""

    digest: Name
    losses: _ByStart
    scores: _ByStart = Field(default_factory=dict)
    steps: Step = 0
    first_seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    chosen: Annotated[int, Field(ge=1)] | None = None


class InterpolationRecord(_Record):
    """interpolation.json: what an interpolation is drawn from, and on what; see `jobs.interpolate`."""

    digest: Name
    dtype: Name
    threads: Annotated[int, Field(ge=1, le=100_000)]
    finished: bool
    video: Name = ""


class SnapshotRecord(_Record):
    """The numbers of a snapshot without its schema number and digest; see `synthesis.state.State`."""

    step: Step
    stage: Annotated[int, Field(ge=0, lt=MAX_STAGES)]
    # It approaches 1, and rounding may exceed that.
    ema_weight: Annotated[float, Field(ge=0, le=1.001)]
    score: Number | None = None
    progress: Annotated[dict[Name, Number], Field(max_length=100)] = {}


class BatchRecord(_Record):
    """batch.json without its schema number; see `jobs.command.Command`."""

    kind: Literal["batch", "sweep"]
    source: Name | None
    flags: dict[Name, Text | list[Text]]
    axes: list[Annotated[tuple[Name, list[Text]], Strict(False)]]
    preset: Name | None
    config_files: list[Name]
    folder: Name
    flat: bool
    jobs: Annotated[int, Field(ge=1, le=64)]


class CollectedRecord(_Record):
    """What `jobs.collect` keeps for its next call."""

    ledger: Text
    sheets: dict[Name, Name]
    saved: list[Annotated[tuple[Name, Name], Strict(False)]]


class GalleryRun(_Record):
    """What the gallery knows of a run; see `jobs.gallery`."""

    mark: Annotated[str, Field(max_length=200)]
    prompt: Text
    seed: int | None
    score: Number | None
    steps: Step
    width: int
    height: int
    status: Name
    seconds: Number
    settings: dict[Name, Text]
    small: Annotated[str, Field(pattern=r"^([0-9a-f]{20}\.jpg)?$")]
    date: int


class PictureRecord(_Record):
    """The `vqclip` text chunk of a picture; see `metadata.describe`."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)
    settings: dict[str, Any]
    prompts: list[Annotated[tuple[Text, float], Strict(False)]]
    seed: Annotated[int, Field(ge=-(2**63), lt=2**64)]
    steps: Annotated[int, Field(ge=0, lt=2**64)]
    size: Annotated[list[Annotated[int, Field(ge=1, lt=2**64)]], Field(min_length=2, max_length=2)]
    models: dict[Text, Text]
    versions: dict[Text, Text]
    score: Number | None = None


AnyRecord = TypeVar("AnyRecord", bound=_Record)


def checked(kind: type[AnyRecord], values: Mapping[str, Any]) -> AnyRecord:
    """Check values. Raises ValueError that names the first invalid value and the reason."""
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:100] or "it"
        raise ValueError(f"{place} is not valid: {first['msg'][:1].lower()}{first['msg'][1:]}") from None
