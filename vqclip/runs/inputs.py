"""The inputs of a run: everything that can be checked before a model is loaded.

Nothing here imports torch before it is needed, so that a wrong setting is refused at once.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vqclip import files
from vqclip.errors import InputError, UsageError
from vqclip.media import images
from vqclip.models import registry
from vqclip.models.architecture import read_architecture, read_net2net_shape, read_prior_shape
from vqclip.models.inspection import inspect
from vqclip.models.phrases import laid_out
from vqclip.object_copies import local_file
from vqclip.runs import latents, progress_video
from vqclip.runs.capabilities import check_capabilities
from vqclip.runtime import devices
from vqclip.settings import checks, colours
from vqclip.settings.optimisers import OPTIMISERS
from vqclip.settings.option import parse_clip
from vqclip.settings.prompts import doubts
from vqclip.settings.schema import Settings, default_of, options
from vqclip.settings.start_schema import NOISES
from vqclip.synthesis.inputs import InitInputs
from vqclip.synthesis.stages import stages_of

if TYPE_CHECKING:
    import numpy as np

    from vqclip.synthesis.state import Layout

LARGE_BYTES = 2**32


@dataclass(frozen=True)
class Inputs:
    """Checked settings with the files that they name; no model is loaded yet.

    Attributes:
        init_inputs: The pictures of the run. The latent of `ended` is loaded with the models.
        prompt_pictures: Those of image prompts, by file name.
        ended: The finished run that this run starts from.
        warnings: About the pictures and the texts.
    """

    settings: Settings
    vqgan: registry.VqganFiles
    clips: tuple[tuple[registry.ClipFiles, float], ...]
    prior: registry.PriorFiles | None
    upsampler: registry.UpsamplerFiles | None
    init_inputs: InitInputs
    prompt_pictures: Mapping[str, np.ndarray] = field(default_factory=dict)
    ended: latents.Ended | None = None
    warnings: tuple[str, ...] = ()

    @staticmethod
    def check(settings: Settings, *, recorded: bool = False, frame_steps: int = 0) -> Inputs:
        """Check all that can be wrong before a model is loaded. The other arguments are those of `Settings.validate`.

        Raises VqclipError.
        """
        if not settings.prompts:
            raise UsageError("the prompt is empty.", 'Say what to draw, as in: vqclip generate "a red apple"')
        settings.check_values()
        with checks.files_first(settings, options()):
            settings.validate(recorded=recorded, frame_steps=frame_steps)
        devices.check_device_name(settings.device)
        _check_optimiser(settings.optimiser)
        # Pictures come before models, so that a dry run checks them without the models.
        warnings = doubts(settings.texts, settings.prompt)
        if all(prompt.weight < 0 for prompt in settings.prompts):
            warnings.append("every prompt is negative, so no prompt names what to draw.")
        init_inputs = _open_pictures(settings, warnings)
        ended = latents.find(Path(settings.init_run), settings.pick) if settings.init_run else None
        looks = [prompt.text for prompt in settings.prompts if prompt.kind == "image"]
        prompt_pictures = {name: images.open_image(Path(name)) for name in looks}
        if settings.video and settings.save_every:
            progress_video.check(settings)
        vqgan = registry.find_vqgan(settings.vqgan, settings.vqgan_config)
        check_capabilities(settings, vqgan)
        named = [parse_clip(clip) for clip in settings.clip]
        clips = tuple((registry.find_clip(name), weight) for name, weight in named)
        if not recorded:
            _check_patience(settings, vqgan)
            _check_tile_size(settings, vqgan)
        prior = _find_prior(settings, vqgan) if settings.uses_prior else None
        upsampler = (
            registry.find_upsampler(settings.vqgan) if settings.uses_prior and settings.upsample_candidates else None
        )
        return Inputs(
            laid_out(settings),
            vqgan,
            clips,
            prior,
            upsampler,
            init_inputs,
            prompt_pictures,
            ended=ended,
            warnings=tuple(warnings),
        )

    @property
    def encodes_pictures(self) -> bool:
        """Whether the run needs the encoder of the VQGAN."""
        settings, init = self.settings, self.init_inputs
        pictures = (init.picture, init.target, init.overlay, self.ended)
        return bool(
            any(one is not None for one in pictures)
            or settings.init != "tokens"
            or settings.stages != 1
            or settings.pixel_steps > 0
            or settings.motion_schedules
        )

    def layout(self, settings: Settings) -> Layout:
        """What the snapshots of a run with the models of this one and these settings can hold."""
        from vqclip.synthesis.state import Layout

        return Layout.of(settings, read_architecture(self.vqgan.config))

    def hashes(self) -> dict[str, str]:
        """SHA-256 of each model's weights, by the name that the user gave. Raises ModelError."""
        from vqclip.models.checkpoints import sha256

        weights = {self.settings.vqgan: self.vqgan.checkpoint}
        if self.prior is not None:
            weights[f"prior {self.prior.name}"] = self.prior.weights
        if self.upsampler is not None:
            weights[f"upsampler {self.upsampler.name}"] = self.upsampler.weights
        known = {f"clip {clip.name}": clip.weights for clip, _ in self.clips}
        weights |= {name: path for name, path in known.items() if path is not None}
        for path in weights.values():
            if files.is_file(path) and path.stat().st_size > LARGE_BYTES:
                # Hashing takes minutes, and a file of zeros may be a terabyte long.
                inspect(path)
        unread = {f"clip {clip.name}": clip.name for clip, _ in self.clips}
        return unread | {name: sha256(path) for name, path in weights.items()}

    def pictures(self) -> list[str]:
        """The path of each picture file that the run looks at, and of the snapshot that it begins with."""
        paths = [path for _, path in self.settings.named_files(pictures_only=True)]
        return [*paths, str(self.ended.snapshot)] if self.ended else paths

    def picture_hashes(self) -> dict[str, str]:
        """SHA-256 of each of the `pictures`, by its path."""
        from vqclip.models.checkpoints import sha256

        return {path: sha256(local_file(Path(path))) for path in self.pictures()}


def _open_pictures(settings: Settings, warnings: list[str]) -> InitInputs:
    """The pictures that the options of the start and the palette name. warnings: About them, added to."""
    picture, mask = _open_init_image(settings), None
    if settings.mask and picture is not None:
        mask = images.open_mask(Path(settings.mask), settings.width, settings.height, warn=warnings.append)
        if picture.shape[:2] != mask.shape:
            height, width = picture.shape[:2]
            warnings.append(
                f"the init picture is resized to {settings.size}, and what the mask keeps with it; "
                f"--size {width}x{height} leaves it as it is."
            )
    return InitInputs(
        picture,
        mask,
        _open_regions(settings),
        target=images.open_image(Path(settings.target_image)) if settings.target_image else None,
        overlay=images.open_layer(Path(settings.overlay_image)) if settings.overlay_image else None,
        palette=_find_palette(settings),
    )


def _open_regions(settings: Settings) -> dict[str, np.ndarray]:
    """The masks that prompts name, by file."""
    found = {}
    for prompt in settings.prompts:
        if prompt.mask:
            mask = images.open_mask(Path(prompt.mask), settings.width, settings.height)
            if prompt.region.startswith("[-") and mask.min() == 1:
                raise InputError(
                    f"The mask {files.printable(prompt.mask)} is white everywhere, so it has no black part.",
                    "Leave the minus out, or paint the part black.",
                )
            found[prompt.mask] = mask
    return found


def _check_tile_size(settings: Settings, vqgan: registry.VqganFiles) -> None:
    factor = read_architecture(vqgan.config).factor
    if settings.tile_size and settings.tile_size < factor:
        raise UsageError(
            f"tile_size is {settings.tile_size}: a token of this VQGAN has {factor} pixels.",
            f"Valid: {factor} and more, better 128 and more; 0 decodes everything.",
        )


def _check_patience(settings: Settings, vqgan: registry.VqganFiles) -> None:
    """Raise UsageError where no stage is long enough for two losses to be compared, and one step to come of it."""
    if not settings.auto_stop and settings.learning_rate_plateau >= 1:
        return
    plan = stages_of(settings, read_architecture(vqgan.config).factor)
    lengths = [stage.last - stage.first for stage in plan]
    for name, asked, length, where in (
        ("auto_stop", settings.auto_stop, lengths[-1], "the last stage"),
        ("learning_rate_plateau", settings.learning_rate_plateau < 1, max(lengths), "the longest stage"),
    ):
        if asked and length <= 2 * settings.patience:
            part = where if len(lengths) > 1 else "the run"
            twice = 2 * settings.patience
            raise UsageError(
                f"{name} has no effect: {part} has {length} steps, and twice the patience is {twice}.",
                "Use a lower --patience or more --iterations.",
            )


def _check_optimiser(name: str) -> None:
    # The package alone: to look for a module inside of torch would import torch.
    package = OPTIMISERS[name].library.partition(".")[0]
    if package and importlib.util.find_spec(package) is None:
        known = package.replace("_", "-")
        raise UsageError(
            f"the optimiser {name} needs the package {known}, which is not installed.",
            f"Install it with: pip install {known}",
        )


def _find_palette(settings: Settings) -> tuple[colours.RGB, ...]:
    if settings.palette is None:
        return ()
    if not colours.names_picture(settings.palette):
        return colours.parse_palette(settings.palette)
    return colours.colours_of(images.open_image(Path(settings.palette)), settings.palette_size)


def _open_init_image(settings: Settings) -> np.ndarray | None:
    """The init picture over white, with its opacity as a fourth channel where something may show through."""
    if not settings.init_image:
        return None
    path = Path(settings.init_image)
    picture = images.open_image(path)
    if settings.init not in NOISES:
        return picture
    import numpy as np

    _, opacity = images.open_layer(path)
    if settings.init_image_alpha < 1 or not opacity.all():
        return np.dstack([picture, np.rint(opacity * 255).astype(np.uint8)])
    raise UsageError(
        f"init {settings.init} has no effect: nothing of it shows beneath {files.printable(path)}.",
        "Lower --init-image-alpha, give a picture with transparent parts, or leave one of the two out.",
    )


def _find_prior(settings: Settings, vqgan: registry.VqganFiles) -> registry.PriorFiles:
    """The prior of the VQGAN: the transformer in its own checkpoint, or one of ours, with its settings checked."""
    shape = read_net2net_shape(vqgan.config)
    if shape is None:
        prior = registry.find_prior(settings.vqgan)
        if settings.prior_style is not None and isinstance(prior.config, Path):
            styles = read_prior_shape(prior.config).styles
            if settings.prior_style not in styles:
                raise UsageError(f"prior_style is {settings.prior_style!r}.", f"Valid: {', '.join(styles)}.")
        return prior
    if settings.guidance != default_of("guidance"):
        raise UsageError(
            f"guidance has no effect on the transformer of {vqgan.name!r}: it reads no text.", "Leave it out."
        )
    if settings.prior_style is not None and shape.condition != "class":
        raise UsageError(
            f"prior_style has no effect on the transformer of {vqgan.name!r}: it knows none.", "Leave it out."
        )
    numbers = range(shape.classes)
    if settings.prior_style is not None and not (
        settings.prior_style.isdecimal() and int(settings.prior_style) in numbers
    ):
        raise UsageError(
            f"prior_style is {settings.prior_style!r}.", f"Valid: the number of a class, 0 to {shape.classes - 1}."
        )
    return registry.PriorFiles(vqgan.name, vqgan.checkpoint, vqgan.config, None)
