"""A finished run as Python and notebooks show it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vqclip import files
from vqclip.media import images
from vqclip.media.video_encoders import format_of
from vqclip.runs import directory as run_folder
from vqclip.settings.schema import Settings

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, eq=False)
class Result:
    """A finished picture and its files. A notebook shows the picture.

    Attributes:
        image: The picture.
        path: Of its file, image.png, whose metadata `vqclip.rerun` reads.
        score: As `vqclip score` gives it for the picture and the prompt.
        seed: Of the run; the same seed and settings draw the same picture.
        settings: Of the run.
        video: The video of its frames, or None.
        directory: The run folder; in an object store, this and the other paths are those of universal-pathlib.
        warnings: What the run warned about.
    """

    image: Image
    path: Path
    score: float | None
    seed: int
    settings: Settings
    video: Path | None
    directory: Path
    warnings: tuple[str, ...] = ()

    @staticmethod
    def read(directory: Path, place: Path) -> Result:
        """Read the folder of a finished run. Raises VqclipError.

        place: The same folder, or its address in an object store as a path of universal-pathlib.
        """
        from PIL.Image import fromarray

        manifest = run_folder.read_manifest(directory)
        settings, picture = manifest.settings, "image.png"
        video = f"video{format_of(settings.video_format).suffix}"
        return Result(
            fromarray(images.open_image(directory / picture)),
            place / picture,
            manifest.score,
            settings.seed or 0,
            settings,
            place / video if settings.video and files.is_file(directory / video) else None,
            place,
        )

    def _repr_png_(self) -> bytes:
        """The picture for notebooks."""
        buffer = io.BytesIO()
        self.image.save(buffer, "PNG")
        return buffer.getvalue()

    def __repr__(self) -> str:
        score = "" if self.score is None else f", score={self.score:.3f}"
        size = f"{self.image.width}x{self.image.height}"
        return f"<Result {size} {files.printable(self.path)}, seed={self.seed}{score}>"
