"""Loading the models of a run and encoding its prompts, with a cache for several runs in one process."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from vqclip import files
from vqclip.errors import VqclipError
from vqclip.events import Event, PromptLaidOut, PromptRead, Warned
from vqclip.models import languages, registry
from vqclip.models.meanings import nearest
from vqclip.runs import directory as run_folder
from vqclip.runs import latents, progress_video
from vqclip.runs.inputs import Inputs
from vqclip.runtime.devices import DeviceConfig
from vqclip.settings import scenes
from vqclip.settings.layout import LaidOutSettings
from vqclip.settings.presets import read_style
from vqclip.settings.schema import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from vqclip.models.image_model import ImageModel
    from vqclip.models.net2net import Net2Net
    from vqclip.models.perceptor import ClipTarget, Perceptor
    from vqclip.models.prior import PriorSampler
    from vqclip.synthesis.loop import Synthesizer

Network = TypeVar("Network")
UNLIKE = 0.3
"""The score by the built-in CLIP up to which a picture usually shows something else."""


@dataclass(frozen=True)
class Models:
    """The models of a run, in memory.

    Attributes:
        vqgan: With its encoder only where the run encodes pictures.
        clip_targets: One for each CLIP. Without a cache, the text encoders are dropped.
        sampler: The prior, for runs that start from one of its candidates.
        warnings: About the run's pictures, and about texts that a CLIP reads only in part.
        latent: Of the finished run that this run starts from, on the CPU.
        read_as: The prompt in the English that the built-in models read; None where they read it as it is.
        laid_out: The things of the prompt with their places; None where it is drawn as a whole.
    """

    vqgan: ImageModel
    clip_targets: list[ClipTarget]
    sampler: PriorSampler | Net2Net | None
    warnings: list[str]
    latent: Tensor | None = None
    read_as: str | None = None
    laid_out: str | None = None

    def remarks(self) -> Iterator[Event]:
        """What to know before the run starts."""
        yield from map(Warned, self.warnings)
        if self.read_as is not None:
            yield PromptRead(self.read_as)
        if self.laid_out is not None:
            yield PromptLaidOut(self.laid_out)

    def doubt(self, score: float, settings: Settings) -> str | None:
        """A warning about the best candidate of a prompt whose score says that it shows something else.

        Only scores of the built-in CLIP for texts alone are known well enough.
        """
        built_in = all(target.perceptor.vocabulary for target in self.clip_targets)
        if score >= UNLIKE or not built_in or any(prompt.kind != "text" for prompt in settings.prompts):
            return None
        return (
            f"the best candidate hardly shows the prompt: its score is {score:.2f}, and 0.4 to 0.6 is usual. "
            "Try plainer words, another --seed or more --candidates."
        )

    def synthesizer(self, inputs: Inputs, settings: Settings, spent: float | None = 0.0) -> Synthesizer:
        """The optimisation loop of a run with these models.

        Args:
            inputs: Of the run.
            settings: Those of the inputs, with another seed if need be.
            spent: Seconds of `max_seconds` that are spent already; None for no limit of time.
        """
        from vqclip.synthesis.loop import Synthesizer

        return Synthesizer(
            self.vqgan,
            self.clip_targets,
            settings,
            replace(inputs.init_inputs, latent=self.latent, latent_size=inputs.ended.size if inputs.ended else None),
            sampler=self.sampler,
            scored_steps=None if settings.until_score is not None else _scored_steps(settings),
            time_is_up=run_folder.deadline(None if spent is None else settings.max_seconds, spent or 0.0),
        )


def _scored_steps(settings: Settings) -> frozenset[int]:
    """The steps with a frame, whose picture is decoded anyway, or each tenth of the run without frames."""
    frames, steps = progress_video.frame_steps(settings), settings.iterations
    return frozenset(frames or (steps * tenth // 10 for tenth in range(1, 11))) | {steps}


class ModelCache:
    """Networks that stay loaded from one run to the next, for several runs in one process.

    A run finds the networks of the run before it. What that run did not use is dropped, so memory holds the networks
    of two runs at most. Nobody may change them.
    """

    def __init__(self) -> None:
        self._before: dict[object, Any] = {}
        self._now: dict[object, Any] = {}

    def start_run(self) -> None:
        """Drop what the last run did not use."""
        self._before, self._now = self._now, {}

    def get(self, key: object, load: Callable[[], Network]) -> Network:
        """The network of that key, loaded if it is not cached."""
        self._now[key] = self._before[key] if key in self._before else load()
        found: Network = self._now[key]
        return found


def load(inputs: Inputs, on: DeviceConfig, *, resumed: bool = False, cache: ModelCache | None = None) -> Models:
    """Load the models and encode the prompts.

    Args:
        inputs: Of the run.
        on: Where the models run.
        resumed: The run starts from a snapshot, so it needs neither a first candidate nor the latent of another run.
        cache: Keeps the models loaded, text and picture encoders included.

    Raises:
        ModelError: A model cannot be loaded.
    """
    from vqclip.models.checkpoints import sha256
    from vqclip.models.perceptor import ClipTarget

    keep_loaded = cache is not None
    cache = cache or ModelCache()
    cache.start_run()
    compiled = inputs.settings.compile

    def key(*parts: object) -> tuple[str, ...]:
        return (*map(repr, parts), str(on.device), str(on.dtype))

    vqgan = cache.get(key(inputs.vqgan, compiled), lambda: _load_vqgan(inputs, on, encoder=keep_loaded))
    sampler: PriorSampler | Net2Net | None = None
    # A resumed run may come to scenes that start from a candidate, or keep the ground around its things.
    later = (
        inputs.settings.resample
        or len(inputs.settings.story.scenes) > 1
        or isinstance(inputs.settings, LaidOutSettings)
    )
    if inputs.prior is not None and (later or not resumed):
        prior_key = key(inputs.prior, inputs.upsampler, inputs.vqgan)
        sampler = cache.get(prior_key, lambda: _load_sampler(inputs, vqgan, on))
    warnings = list(inputs.warnings)
    clip_targets = []
    # One by one: the text encoder of a CLIP is dropped before the next CLIP is loaded.
    for clip, weight in inputs.clips:
        read_clip = functools.partial(_load_perceptor, clip, inputs.settings, on)
        perceptor = cache.get(key(clip, compiled), read_clip)
        warnings += _text_warnings(clip.name, perceptor, inputs.settings)
        clip_targets.append(ClipTarget(perceptor, weight, _encode_prompts(inputs, perceptor)))
        if not keep_loaded:
            perceptor.drop_text_encoder()
    if inputs.settings.long_prompts == "mean" and not any(
        target.perceptor.cut_text(text)
        for target in clip_targets
        for text in _texts(inputs.settings, target.perceptor)
    ):
        warnings.append("--long-prompts mean has no effect: every text is read whole.")
    latent = None
    if inputs.ended is not None and (inputs.settings.resample or not resumed):
        latent = latents.read(inputs.ended, sha256(inputs.vqgan.checkpoint), vqgan)
    read_as = _read_as(inputs.settings, clip_targets, sampler)
    layout = str(inputs.settings) if isinstance(inputs.settings, LaidOutSettings) else None
    return Models(vqgan, clip_targets, sampler, warnings, latent, read_as, layout)


def _read_as(
    settings: Settings, clip_targets: Iterable[ClipTarget], sampler: PriorSampler | Net2Net | None
) -> str | None:
    from vqclip.models.prior import PriorSampler

    spell_out = isinstance(sampler, PriorSampler) or any(target.perceptor.vocabulary for target in clip_targets)
    return languages.read_story([scene.prompts for scene in scenes.read(settings).scenes]) if spell_out else None


def _load_vqgan(inputs: Inputs, on: DeviceConfig, *, encoder: bool) -> ImageModel:
    """The VQGAN, with its encoder if asked for or needed."""
    from vqclip.models.vqgan import load_vqgan

    vqgan = load_vqgan(inputs.vqgan, on.device, on.dtype, encoder=encoder or inputs.encodes_pictures)
    if inputs.settings.compile:
        vqgan.compile_decoder()
    return vqgan


def _load_sampler(inputs: Inputs, vqgan: ImageModel, on: DeviceConfig) -> PriorSampler | Net2Net:
    from vqclip.models.net2net import load_net2net
    from vqclip.models.prior import load_sampler

    prior = inputs.prior
    assert prior is not None
    if prior.tokenizer is None:
        return load_net2net(prior, vqgan.n_embed, on.device)
    return load_sampler(prior, vqgan.codebook, inputs.upsampler)


def _load_perceptor(clip: registry.ClipFiles, settings: Settings, on: DeviceConfig) -> Perceptor:
    from vqclip.models.perceptor import load_perceptor

    perceptor = load_perceptor(clip, on.device, on.dtype)
    if settings.compile:
        perceptor.compile_image_encoder()
    return perceptor


def _encode_prompts(inputs: Inputs, perceptor: Perceptor) -> Tensor:
    from vqclip.synthesis.targets import encode_prompts

    in_parts = inputs.settings.long_prompts == "mean"
    return encode_prompts(perceptor, inputs.settings.prompts, inputs.prompt_pictures, in_parts=in_parts)


def _texts(settings: Settings, perceptor: Perceptor) -> list[str]:
    return list(dict.fromkeys(map(perceptor.read, settings.texts)))


def _text_warnings(name: str, perceptor: Perceptor, settings: Settings) -> Iterator[str]:
    texts, in_parts = _texts(settings, perceptor), settings.long_prompts == "mean"
    cut = [] if in_parts else list(_cut_off(name, perceptor, texts))
    yield from cut
    if cut:
        yield "--long-prompts mean reads all of a long text, in parts."
    own = _without_style(settings)
    for text in texts if own is settings else _texts(own, perceptor):
        yield from _unknown(name, perceptor, text)
    shown = settings.sketch != "none" or settings.palette or settings.pixel_grid
    if settings.style_words and not perceptor.knows_styles and not shown:
        yield f"{name} knows no styles: what --style-words says has no effect. Choose another style or --clip."


def _without_style(settings: Settings) -> Settings:
    """The settings without the words that a style added to the prompts."""
    if settings.style in (None, "none"):
        return settings
    try:
        style = read_style(settings.style)
    except VqclipError:
        # The file of a style may be gone; the record of the run holds all of its settings.
        return settings
    added = ("prompt_prefix", "prompt_suffix", "prompt_also")
    theirs = {name: "" for name in added if name in style and getattr(settings, name) == style[name].value}
    return settings.replace(**theirs)


def unread(name: str, perceptor: Perceptor, texts: Iterable[str]) -> Iterator[str]:
    """Warnings about what a CLIP does not read of texts, and about words that it does not know.

    Args:
        name: Of the CLIP.
        texts: As it reads them.
    """
    for text in texts:
        yield from _cut_off(name, perceptor, [text])
        yield from _unknown(name, perceptor, text)


def _cut_off(name: str, perceptor: Perceptor, texts: Iterable[str]) -> Iterator[str]:
    for lost in filter(None, map(perceptor.cut_text, texts)):
        yield f"{name} reads {perceptor.context_length} tokens; this part is not seen: {files.excerpt(lost)!r}"


def _unknown(name: str, perceptor: Perceptor, text: str) -> Iterator[str]:
    words = perceptor.check_words(text)
    unknown = words.unknown
    meant = ", ".join(f"'{right}' for '{word}'" for word, right in unknown.items() if right)
    meant = f" Did you mean {meant}?" if meant else ""
    near = {word: nearest(word) for word, right in unknown.items() if not right}
    meant += "".join(f" Near in meaning to '{word}': {', '.join(things)}." for word, things in near.items() if things)
    if words.nothing_known:
        yield f"{name} knows none of the words of {files.excerpt(text)!r}: use other words or another --clip.{meant}"
    elif unknown:
        listed = files.excerpt(", ".join(f"'{word}'" for word in unknown))
        yield f"{name} does not know the word{'s' if len(unknown) > 1 else ''} {listed}.{meant}"
    for word, met_with in words.rare.items():
        seen = ", ".join(met_with)
        yield f"{name} hardly knows the word {files.excerpt(word)!r}; in training it came with: {seen}."
