"""Refuses what an image model cannot do, by the capabilities that its architecture declares."""

from __future__ import annotations

from vqclip.errors import ModelError, UsageError
from vqclip.models import registry
from vqclip.models.architecture import read_architecture
from vqclip.models.catalogue import vqgan_entry
from vqclip.settings.option import names_checkpoint
from vqclip.settings.schema import Settings, options


def check_capabilities(settings: Settings, vqgan: registry.VqganFiles) -> None:
    """Raise UsageError for the first option, or for a size, that the image model cannot draw."""
    architecture = read_architecture(vqgan.config)
    for name, option in options().items():
        # 0 stands for off, or for automatic.
        if option.on_grid and not architecture.grid and settings.changes(name) and getattr(settings, name) != 0:
            raise UsageError(
                f"{name} cannot be used with {vqgan.name}: its tokens have no places in the picture.",
                "Leave it out, or choose another --vqgan.",
            )
    size = architecture.only_size
    if size is not None and size != (settings.width, settings.height):
        only = "x".join(map(str, size))
        raise UsageError(
            f"size is {settings.size}: {vqgan.name} draws only pictures of {only}.",
            f"Use --size {only}; `vqclip upscale` enlarges its pictures.",
        )


def only_size(settings: Settings) -> tuple[int, int] | None:
    """Width and height of the only pictures that the image model draws; None for any size, or an unknown model."""
    try:
        if settings.vqgan_config or names_checkpoint(settings.vqgan):
            config = registry.find_vqgan(settings.vqgan, settings.vqgan_config).config
        else:
            config = vqgan_entry(settings.vqgan).model or {}
        return read_architecture(config).only_size
    except (ModelError, UsageError):
        return None
