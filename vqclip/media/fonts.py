"""Find the font of a character: Pillow's own, a Noto package, the system's fonts."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import emoji
from fontTools import unicodedata as scripts
from fontTools.ttLib import TTFont
from PIL import ImageFont, features

from vqclip import files, reading

PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
"""Packages of the extra `fonts`: folders of Noto fonts, which are never imported."""
# In this order, after fonts whose name holds the name of a script and before any others.
FAMILIES = (
    "notocoloremoji", "applecoloremoji", "seguiemj", "notoemoji", "notosanscjk", "notosanssc", "notosansjp",
    "notosanskr", "notosans", "pingfang", "hiraginosans", "applesdgothicneo", "yugoth", "msyh", "malgun", "meiryo",
    "nirmala", "mangal", "kohinoor", "leelaw", "tahoma", "segoeui", "arialunicode", "arial", "geezapro", "dejavusans",
    "liberationsans", "freesans", "droidsansfallback", "wqy", "ipag", "unifont", "lohit",
)  # fmt: skip
OTHER_STYLES = re.compile(r"bold|italic|oblique|light|thin|black|medium|condensed|mono|semi|extra|lastresort", re.I)
MOST_FILES = 3000
MOST_OPENED = 60
"""Fonts that are opened for one script in search of a character."""
EMOJI_SIZES = (109, 160, 136, 128, 96)
"""The sizes that fonts of coloured bitmaps come in."""
UNSHAPED = frozenset(("Latn", "Grek", "Cyrl", "Hebr", "Hani", "Hira", "Kana", "Hang", "Armn", "Geor", "Zyyy", "Zinh"))
"""Scripts that can be read without Raqm, the library that joins and places letters."""
INVISIBLE = frozenset("\u200c\u200d\ufe0e\ufe0f")


@dataclass(frozen=True, eq=False)
class Face:
    """A font at one size.

    Attributes:
        font: Of Pillow.
        letters: The characters that it has, by number.
        scale: Of a font of bitmaps: what its pictures are multiplied by.
        coloured: It has coloured pictures.
    """

    font: ImageFont.FreeTypeFont
    letters: frozenset[int] = field(repr=False)
    scale: float = 1.0
    coloured: bool = False

    def covers(self, cluster: str) -> bool:
        """Whether the font has every character of a cluster."""
        return all(ord(letter) in self.letters or letter in INVISIBLE for letter in cluster)


class Faces:
    """The fonts of one size."""

    def __init__(self, size: int) -> None:
        self.size = size
        font = ImageFont.load_default(size)
        assert isinstance(font, ImageFont.FreeTypeFont)
        self.default = Face(font, _letters_of_default())
        self._opened: dict[Path, Face | None] = {}
        self._found: dict[str, Face | None] = {}

    def find(self, cluster: str) -> Face | None:
        """The first font that has a cluster, or None if it would be a box."""
        if cluster not in self._found:
            self._found[cluster] = self._search(cluster)
        return self._found[cluster]

    def _search(self, cluster: str) -> Face | None:
        if self.default.covers(cluster):
            return self.default
        script = next((name for name in map(scripts.script, cluster) if name not in ("Zyyy", "Zinh")), "Zyyy")
        if script not in UNSHAPED and not features.check("raqm"):
            return None
        wanted = "emoji" if emoji.is_emoji(cluster) else scripts.script_name(script).lower()
        fonts = (self._open(path) for path in _candidates(wanted))
        return next((face for face in fonts if face is not None and face.covers(cluster)), None)

    def _open(self, path: Path) -> Face | None:
        if path not in self._opened:
            self._opened[path] = self._read(path)
        return self._opened[path]

    def _read(self, path: Path) -> Face | None:
        letters, coloured = _inspect(path)
        for size in (self.size, *EMOJI_SIZES) if letters else ():
            # A font of bitmaps refuses all sizes but its own.
            with contextlib.suppress(OSError):
                font = ImageFont.truetype(str(path), size)
                _set_regular(font)
                return Face(font, letters, self.size / size, coloured)
        return None


def _set_regular(font: ImageFont.FreeTypeFont) -> None:
    """Set a variable font to its regular weight: that of Noto Sans CJK starts out thin."""
    with contextlib.suppress(OSError, NotImplementedError):
        axes = font.get_variation_axes()
        font.set_variation_by_axes([400 if axis["name"] == b"Weight" else axis["default"] or 0 for axis in axes])


@functools.cache
def _letters_of_default() -> frozenset[int]:
    font = ImageFont.load_default(16)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return frozenset(TTFont(io.BytesIO(font.font_bytes), lazy=True).getBestCmap())


@functools.cache
def _inspect(path: Path) -> tuple[frozenset[int], bool]:
    """The characters of a font, none if it cannot be used, and whether it is coloured."""
    # fontTools raises a dozen types for damaged fonts, and one font less is no reason to stop.
    with contextlib.suppress(Exception), reading.open_regular(path) as handle:
        tables = TTFont(handle, fontNumber=0, lazy=True)
        bitmaps = "CBDT" in tables or "sbix" in tables
        layers = "COLR" in tables and tables["COLR"].version == 0
        if ("COLR" in tables or "SVG " in tables) and not (bitmaps or layers):
            return frozenset(), True
        return frozenset(tables.getBestCmap() or ()), bitmaps or layers
    return frozenset(), False


@functools.cache
def _candidates(script: str) -> Sequence[Path]:
    """The fonts to try for a script, the likeliest first."""
    wanted = "cjk" if script in ("han", "hiragana", "katakana", "hangul", "bopomofo") else script.replace("_", "")

    def rank(path: Path) -> tuple[int, int]:
        name = re.sub(r"[^a-z]|regular|wght|wdth", "", path.stem.lower())
        family = next((at for at, known in enumerate(FAMILIES) if name.startswith(known)), len(FAMILIES))
        if wanted in name:
            return (0 if name == f"notosans{wanted}" else 1), family
        return (2 if name in FAMILIES else 3), family

    return sorted(_files(), key=rank)[:MOST_OPENED]


@functools.cache
def _files() -> Sequence[Path]:
    """All fonts of the Noto packages and the system in their regular weight, those of the packages first."""
    return [path for folder in _folders() for path in _fonts_in(folder)][:MOST_FILES]


def _folders() -> Iterator[Path]:
    for package in PACKAGES:
        found = importlib.util.find_spec(package)
        yield from map(Path, (found.submodule_search_locations or ()) if found else ())
    home = files.user_path("~")
    if sys.platform == "win32":
        yield Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts"
        yield home / "AppData/Local/Microsoft/Windows/Fonts"
    elif sys.platform == "darwin":
        yield from (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts")
    else:
        data = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
        yield from (home / ".fonts", home / ".local/share/fonts")
        yield from (Path(folder) / "fonts" for folder in data.split(":"))


def _fonts_in(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        paths = (Path(parent, name) for name in sorted(names))
        fonts = (path for path in paths if path.suffix.lower() in (".ttf", ".otf", ".ttc", ".otc"))
        yield from (path for path in fonts if not OTHER_STYLES.search(path.stem))
