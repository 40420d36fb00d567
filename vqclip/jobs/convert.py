"""Converts the checkpoint of a VQGAN to safetensors: smaller, fast to open, and unable to run code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqclip._version import __version__
from vqclip.errors import ModelError, OutputError, UsageError
from vqclip.files import atomic, excerpt, exists, prepare_folder_of, printable, write_bytes
from vqclip.models import registry
from vqclip.models.architecture import NET2NET, first_stage_of, read_architecture
from vqclip.models.config_fields import MAX_CONFIG_BYTES, read_config
from vqclip.reading import parse_json, read_bytes, reason

if TYPE_CHECKING:
    import torch
    from torch import Tensor

DTYPES = ("float32", "float16", "bfloat16")
_FIRST_STAGE = "first_stage_model."


def convert(
    source: str, output: Path, *, config: str | None = None, dtype: str | None = None, only_vqgan: bool = False
) -> dict[str, Any]:
    """Write the weights of a VQGAN as .safetensors, with its configuration beside them.

    Losses, optimiser states and running averages are left out; an IBQ's averages replace its weights.

    Args:
        source: A name or a checkpoint file.
        output: The file to write.
        config: The YAML file of the source, when it is not beside it.
        dtype: One of DTYPES; None keeps the numbers as they are.
        only_vqgan: Leave out the transformer of a Net2NetTransformer.

    Returns:
        file, config, source, source_bytes, bytes, and tensors (their number).

    Raises:
        UsageError: An option is not valid or has no effect.
        ModelError: `VQGAN.from_files` refuses the source, or the dtype cannot hold its numbers.
        OutputError: The output cannot be written.
    """
    _check_output(output, dtype)
    found = registry.find_vqgan(source, config)
    if exists(output) and output.samefile(found.checkpoint):
        raise UsageError(f"{printable(output)} is the checkpoint itself.", "Choose another name for the copy.")
    read_architecture(found.config)
    content = read_config(found.config)
    stage = content.get("model", content)
    transformer = stage.get("target") == NET2NET
    if only_vqgan and not transformer:
        raise UsageError(f"only-vqgan has no effect on {source!r}: it holds nothing else.", "Leave it out.")
    state = _weights(found, with_transformer=transformer and not only_vqgan)
    inner = first_stage_of(stage)
    text = _config_text(
        found.config, inner if inner is not stage and (only_vqgan or not transformer) else None, stage
    )
    beside = output.with_suffix(".yaml")
    prepare_folder_of(output)
    if exists(beside) and read_bytes(beside, MAX_CONFIG_BYTES, OutputError, empty=True) != text:
        raise OutputError(
            f"{printable(beside)} exists already, with other content.", "Choose another name for the copy."
        )
    _write(output, state, dtype, found.checkpoint)
    if not exists(beside):
        write_bytes(beside, text)
    return {
        "file": str(output),
        "config": str(beside),
        "source": str(found.checkpoint),
        "source_bytes": found.checkpoint.stat().st_size,
        "bytes": output.stat().st_size,
        "tensors": len(state),
    }


def _check_output(output: Path, dtype: str | None) -> None:
    if output.suffix != ".safetensors":
        raise UsageError(f"{printable(output)} does not end in .safetensors.", "Choose a name that does.")
    if dtype is not None and dtype not in DTYPES:
        raise UsageError(f"dtype is {dtype!r}.", f"Valid: {', '.join(DTYPES)}.")


def _weights(found: registry.VqganFiles, *, with_transformer: bool) -> dict[str, Tensor]:
    """The checked weights of the VQGAN under taming's names; with its transformer, under those of both."""
    from vqclip.models.checkpoints import read_state_dict, verify_sha256
    from vqclip.models.vqgan import sound_weights

    verify_sha256(found.checkpoint, found.sha256)
    own = sound_weights(found.checkpoint, read_architecture(found.config), found.bytes)
    if not with_transformer:
        return own
    state = read_state_dict(found.checkpoint, found.bytes)
    plain = {name.removeprefix("module."): tensor for name, tensor in state.items()}
    others = {name: tensor for name, tensor in plain.items() if not name.startswith(_FIRST_STAGE)}
    return {f"{_FIRST_STAGE}{name}": tensor for name, tensor in own.items()} | others


def _write(output: Path, state: Mapping[str, Tensor], dtype: str | None, source: Path) -> None:
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    from vqclip.models.checkpoints import sha256

    wanted: torch.dtype | None = getattr(torch, dtype) if dtype else None
    ready = {}
    for name, tensor in state.items():
        cast = tensor.to(wanted) if wanted is not None and tensor.is_floating_point() else tensor
        if cast is not tensor and not bool(torch.isfinite(cast).all()):
            shown = excerpt(printable(name))
            raise ModelError(f"the tensor {shown} holds numbers too large for {dtype}.", "Use --dtype bfloat16.")
        # A copy, because safetensors refuses tensors that share memory.
        ready[name] = cast.contiguous().clone()
    metadata = {"format": "pt", "made_by": f"vqclip {__version__}", "source_sha256": sha256(source)}
    with atomic(output) as temp:
        mode = temp.stat().st_mode
        try:
            save_file(ready, temp, metadata)
        except (SafetensorError, RuntimeError, ValueError) as problem:
            raise OutputError(f"Cannot write {printable(output)}: {reason(problem)}.", "Check the disk.") from None
        _sort_metadata(temp, metadata)
        # safetensors creates a new file that only its owner may read.
        temp.chmod(mode)


def _sort_metadata(path: Path, metadata: Mapping[str, str]) -> None:
    """Sort the metadata of a safetensors file, which the library writes in a random order."""
    with path.open("r+b") as handle:
        length = int.from_bytes(handle.read(8), "little")
        header = parse_json(handle.read(length))
        header = {"__metadata__": dict(sorted(metadata.items()))} | {
            name: field for name, field in header.items() if name != "__metadata__"
        }
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        # The tensors follow a header of this length, which is padded with spaces.
        if len(text) > length:
            raise OutputError(f"Cannot write {printable(path)}: its header has grown.", "Report this as a fault.")
        handle.seek(8)
        handle.write(text.ljust(length))


def _config_text(
    config: Path | Mapping[str, Any], inner: Mapping[str, Any] | None, stage: Mapping[str, Any]
) -> bytes:
    """The YAML file as it is, or the part of it that belongs to the written weights."""
    import yaml

    if inner is None and isinstance(config, Path):
        return read_bytes(config, MAX_CONFIG_BYTES, ModelError)
    return yaml.safe_dump({"model": dict(inner or stage)}, sort_keys=False, allow_unicode=True).encode()
