"""Write and read the text chunks of a finished PNG.

The `vqclip` chunk is the source of truth. `parameters` is the text that AUTOMATIC1111's web UI writes and most
viewers show. An XMP block marks the picture as machine-made, as IPTC defines it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from PIL import ExifTags
from PIL.PngImagePlugin import PngImageFile

from vqclip._version import __version__
from vqclip.errors import InputError
from vqclip.files import canonical, printable
from vqclip.media.images import XMP_KEY
from vqclip.picture_files import opened
from vqclip.reading import parse_json, reason
from vqclip.settings.option import change_paths
from vqclip.settings.schema import Settings, options

SCHEMA = 2
MAX_CHUNK = 256 * 1024
MAX_CHUNKS = 64
UPSCALE_KEY, EDIT_KEY = "vqclip-upscale", "vqclip-edit"
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
COMPOSITE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"

_XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
   Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
# A1111's own pattern, with the key's length bounded: unbounded it takes quadratic time on a hostile line.
_FIELD = re.compile(r'(\w[\w \-/]{0,60}):\s{0,9}("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
_ABSOLUTE = re.compile(r"[/\\~]|[A-Za-z]:[/\\]|[a-z]\w*:/|file:|\.\.[/\\]|.*[/\\]\.\.[/\\]", re.DOTALL)


def describe(
    settings: Mapping[str, Any],
    prompts: Sequence[tuple[str, float]],
    seed: int,
    steps: int,
    size: tuple[int, int],
    models: Mapping[str, str],
    versions: Mapping[str, str],
    score: float | None = None,
    *,
    level: str = "full",
) -> dict[str, str]:
    """Return the text chunks of a finished picture, for `images.save_png`.

    Equal runs give equal chunks. They name no time, host, user or folder: paths are cut to their last part.

    Args:
        settings: By name.
        prompts: (text, weight) in the order given.
        seed: Of the run.
        steps: How many were done.
        size: (width, height) in pixels.
        models: SHA-256 by the model's name.
        versions: Of vqclip and its libraries, by name.
        score: Of the finished picture.
        level: full, minimal (only the program and the mark of a machine-made picture) or none.
    """
    if level == "none":
        return {}
    chunks = {"Software": f"vqclip {versions.get('vqclip', __version__)}", XMP_KEY: _XMP}
    if level == "minimal":
        return chunks
    named = {last_part(name): digest for name, digest in models.items()}
    own: dict[str, object] = {
        "schema": SCHEMA,
        "settings": _without_folders(settings),
        "prompts": [[text, float(weight)] for text, weight in prompts],
        "seed": seed,
        "steps": steps,
        "size": list(size),
        "models": named,
        "versions": dict(versions),
        "score": score,
    }
    text = _utf8(canonical(own))
    if len(text.encode()) > MAX_CHUNK:
        # Readers would refuse a longer chunk.
        text = _utf8(canonical({**own, "settings": {}, "prompts": [], "left_out": ["settings", "prompts"]}))
    chunks["vqclip"] = text
    chunks["parameters"] = _utf8(_parameters(settings, prompts, seed, steps, size, named, versions, score))
    return chunks


def shaping(settings: Settings) -> dict[str, Any]:
    """Return the settings that shape a picture, as its `vqclip` chunk holds them: files without their folders."""
    named = {name: value for name, value in settings.to_dict().items() if options()[name].scope == "picture"}
    found: dict[str, Any] = parse_json(canonical(_without_folders(named)))
    return found


def read_metadata(path: Path) -> dict[str, Any]:
    """Read the metadata of a picture. The file is not trusted.

    Returns:
        Always: format, size ([width, height]) and source (`vqclip`, `a1111` or `none`). Where known: software,
        digital_source_type, vqclip (the validated `vqclip` chunk), parameters ({text, prompt, negative_prompt,
        fields}), upscaled and edited.

    Raises:
        InputError: The picture or its metadata cannot be read.
    """
    with opened(path) as image:
        # Text chunks behind the pixels are only found by decoding them.
        image.load()
        name, width, height = str(image.format), *image.size
        texts = {k: v for k, v in image.info.items() if isinstance(k, str) and isinstance(v, (str, bytes))}
        comment = image.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment)
    if isinstance(comment, bytes) and "parameters" not in texts:
        # JPEG and WebP have no text chunks: AUTOMATIC1111 writes its text into EXIF.
        texts["parameters"] = user_comment(comment)
    found: dict[str, Any] = {"format": name, "size": [width, height], "source": "none"}
    software = _text(path, texts, "Software")
    if software:
        found["software"] = software[:200]
    marks = _text(path, texts, XMP_KEY) or _text(path, texts, "xmp") or ""
    mark = re.search(r"DigitalSourceType\s{0,9}[=>]\s{0,9}[\"']?(http[^\"'<\s]{0,200})", marks)
    if mark:
        found["digital_source_type"] = mark[1]
    parameters = _text(path, texts, "parameters")
    if parameters:
        found |= {"parameters": parse_parameters(parameters), "source": "a1111"}
    for key, name in ((UPSCALE_KEY, "upscaled"), (EDIT_KEY, "edited")):
        _ = _text(path, texts, key)
        if record := record_of(texts, key):
            found[name] = record
    own = _text(path, texts, "vqclip")
    if own is not None:
        found |= {"vqclip": _parse_own(path, own), "source": "vqclip"}
    return found


def user_comment(comment: bytes) -> str:
    """The text of EXIF's UserComment, whose first eight bytes name the encoding.

    UNICODE is UTF-16 of either byte order: where ASCII characters are, every first or every second byte is 0.
    """
    code, text = comment[:8], comment[8 : 8 + 2 * MAX_CHUNK + 4]
    if not code.startswith(b"UNICODE"):
        return text.decode("utf-8", "replace").strip("\0")
    big = text.startswith(b"\xfe\xff") or text[::2].count(0) > text[1::2].count(0)
    big = big and not text.startswith(b"\xff\xfe")
    return text.decode("utf-16-be" if big else "utf-16-le", "replace").strip("\0\ufeff")


def texts_of(path: Path, warn: Callable[[str], None]) -> dict[str, str]:
    """Return the text chunks of a PNG, to copy them into another one; none for other formats.

    Texts beyond MAX_CHUNKS and those longer than MAX_CHUNK are left out. warn: Called when there are any.
    """
    with opened(path) as image:
        image.load()
        texts = dict(image.text) if isinstance(image, PngImageFile) else {}
    kept = {key: str(text) for key, text in list(texts.items())[:MAX_CHUNKS] if len(text) <= MAX_CHUNK}
    if lost := len(texts) - len(kept):
        limits = f"those after the first {MAX_CHUNKS} and those longer than {MAX_CHUNK // 1024} KiB"
        warn(f"the result does not keep {lost} of the texts in {printable(path)}: {limits}.")
    return kept


def edited(
    texts: Mapping[str, str], record: Mapping[str, Any], *, level: str, kind: str = COMPOSITE_TYPE
) -> dict[str, str]:
    """Return the text chunks of a picture that was drawn from another one.

    Args:
        texts: Of the picture before.
        record: What was done. Paths are cut to their last part, and an earlier record is kept within it.
        level: As for `describe`.
        kind: What IPTC calls such a picture.
    """
    if level == "none":
        return {}
    earlier = record_of(texts, EDIT_KEY)
    done = {**_without_folders(record), **({"after": earlier} if earlier else {})}
    chunks = {"Software": f"vqclip {__version__}", XMP_KEY: _XMP.replace(SOURCE_TYPE, kind)}
    return {**texts, **chunks, EDIT_KEY: _utf8(canonical(done))} if level == "full" else chunks


def record_of(texts: Mapping[str, str | bytes], key: str = UPSCALE_KEY) -> dict[str, Any] | None:
    """Return what `vqclip upscale`, or another command with a chunk of its own, recorded, or None."""
    try:
        found = parse_json(texts.get(key, "null"))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def parse_parameters(text: str) -> dict[str, Any]:
    """Split a text of AUTOMATIC1111 into {text, prompt, negative_prompt, fields}; fields maps str to str."""
    lines = text.strip().split("\n")
    pairs = _FIELD.findall(lines[-1])
    fields: dict[str, str] = {}
    if len(pairs) >= 3:
        lines.pop()
        fields = {key: _unquote(value.strip()) for key, value in pairs}
    parts: tuple[list[str], list[str]] = ([], [])
    negative = False
    for line in lines:
        if line.startswith("Negative prompt:"):
            negative = True
            line = line.removeprefix("Negative prompt:").strip()
        parts[negative].append(line)
    prompt, negative_prompt = ("\n".join(part).strip() for part in parts)
    return {"text": text, "prompt": prompt, "negative_prompt": negative_prompt, "fields": fields}


def _parameters(
    settings: Mapping[str, Any],
    prompts: Sequence[tuple[str, float]],
    seed: int,
    steps: int,
    size: tuple[int, int],
    models: Mapping[str, str],
    versions: Mapping[str, str],
    score: float | None,
) -> str:
    lines = [_weighted(text, weight) for text, weight in prompts if weight >= 0]
    negative = [_weighted(text, -weight) for text, weight in prompts if weight < 0]
    if negative:
        lines.append("Negative prompt: " + ", ".join(negative))
    fields: dict[str, object] = {
        "Steps": steps,
        "Sampler": str(settings.get("optimiser") or "Adam").capitalize(),
        "Seed": seed,
        "Size": f"{size[0]}x{size[1]}",
    }
    if models:
        fields["Model"] = " + ".join(models)
        fields["Model hash"] = next(iter(models.values()))[:10]
    if score is not None and math.isfinite(score):
        fields["Score"] = f"{score:.4f}"
    fields["Version"] = f"vqclip {versions.get('vqclip', __version__)}"
    if len(models) > 1:
        fields["Hashes"] = canonical({name: digest[:10] for name, digest in models.items()})
    last = ", ".join(f"{key}: {_quote(str(value))}" for key, value in fields.items())
    head = "\n".join(lines)
    while len(head.encode("utf-8", "backslashreplace")) + len(last.encode()) > MAX_CHUNK - 100:
        head = head[: len(head) // 2] + "..."
    return f"{head}\n{last}"


def _weighted(text: str, weight: float) -> str:
    # Here a prompt is one line, and a NUL would end the chunk. The vqclip chunk keeps the exact text.
    line = " ".join(text.replace("\0", " ").split())
    return line if weight == 1 else f"({line}:{weight:g})"


def _quote(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if re.search(r"[,:\n\"]", value) else value


def _unquote(value: str) -> str:
    try:
        return str(parse_json(value)) if value.startswith('"') else value
    except ValueError:
        return value


def _without_folders(value: Any, name: str = "") -> Any:
    """The value of an option, or of each option in a mapping, with every path cut to its last part."""
    if isinstance(value, Mapping):
        return {str(key): _without_folders(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_folders(item, name) for item in value]
    if isinstance(value, Path):
        return value.name
    option = options().get(name)
    if option is not None and (option.kind == "text" or "prompt" in option.kind):
        # A prompt may begin with a slash: only the files that it names are cut.
        return change_paths(option, value, last_part)
    return last_part(value) if isinstance(value, str) else value


def last_part(text: str) -> str:
    """Return the last part of what looks like an absolute path or an address, and any other text unchanged."""
    prefix, marked, path = text.partition("local-dir:")
    if marked:
        return prefix + marked + last_part(path)
    return re.split(r"[/\\]", text.rstrip("/\\"))[-1] if _ABSOLUTE.match(text) else text


def _utf8(text: str) -> str:
    """Write unpaired surrogates, which no PNG can hold, as their JSON escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _text(path: Path, texts: Mapping[str, str | bytes], key: str) -> str | None:
    value = texts.get(key)
    if value is None:
        return None
    if len(value) > MAX_CHUNK:
        _refuse(path, f"its {key} text is longer than {MAX_CHUNK // 1024} KiB")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _parse_own(path: Path, text: str) -> dict[str, Any]:
    from vqclip.records import PictureRecord, checked

    try:
        own = parse_json(text)
    except ValueError as error:
        _refuse(path, f"its vqclip text is not JSON ({reason(error)})")
    if not isinstance(own, dict):
        _refuse(path, "its vqclip text is not a JSON object")
    schema = own.get("schema")
    if type(schema) is not int or schema < 1:
        _refuse(path, "its vqclip text has no schema number")
    if schema != SCHEMA:
        raise InputError(
            f"Cannot read the metadata of {printable(path)}: it has schema {printable(str(schema))[:20]}, "
            f"and this version reads {SCHEMA}.",
            "Install a newer vqclip."
            if schema > SCHEMA
            else "Make the picture again, or use the older vqclip that made it.",
        )
    try:
        checked(PictureRecord, own)
    except ValueError as error:
        _refuse(path, f"in its vqclip text {error}")
    return own


def _refuse(path: Path, why: str) -> NoReturn:
    raise InputError(
        f"Cannot read the metadata of {printable(path)}: {why}.",
        "The file was changed by another program or is not vqclip's; use the original file.",
    )
