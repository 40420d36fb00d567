"""Write the hostile files into a folder, all of them or some kinds: `python tests/attacks DIR [KIND ...]`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from attacks import checkpoints, clip_folders, settings, special_files, token_grids


def _named(folder: Path, name: str, suffix: str) -> Path:
    return folder / f"{name.replace(' ', '-').replace('/', '-')}{suffix}"


def special(folder: Path) -> Iterator[Path]:
    """Pipes, devices, folders, links to themselves and a sparse terabyte."""
    for name, make in special_files.KINDS.items():
        yield make(folder / name)


def pickles(folder: Path) -> Iterator[Path]:
    """Checkpoints whose index asks for memory, time or depth."""
    for name, make in checkpoints.PICKLES.items():
        yield checkpoints.write(_named(folder, name, ".pt"), make())


def malformed(folder: Path) -> Iterator[Path]:
    """Checkpoints whose index is no pickle."""
    for name, index in checkpoints.MALFORMED.items():
        yield checkpoints.write(_named(folder, name, ".pt"), index)


def headers(folder: Path) -> Iterator[Path]:
    """Safetensors files with odd headers."""
    for name, text in checkpoints.odd_headers().items():
        yield checkpoints.header(_named(folder, name, ".safetensors"), text)


def texts(folder: Path) -> Iterator[Path]:
    """YAML files: of settings, and beside a checkpoint."""
    for kind, contents in (("settings", settings.YAML), ("checkpoint", checkpoints.yaml_texts())):
        for name, content in contents.items():
            path = _named(folder, f"{kind} {name}", ".yaml")
            path.write_text(content, encoding="utf-8", errors="surrogatepass")
            yield path


def grids(folder: Path) -> Iterator[Path]:
    """Token files that claim too much."""
    for name, make in token_grids.FILES.items():
        yield make(_named(folder, name, ".npz"))


def clips(folder: Path) -> Iterator[Path]:
    """CLIP folders that name code, networks and sizes."""
    canary = folder / "canary"
    yield clip_folders.remote_code(folder / "remote-code", canary)
    yield clip_folders.remote_code(folder / "remote-code-of-a-tower", canary, tower=True)
    yield clip_folders.obeyed_settings(folder / "obeyed-settings", canary)
    yield clip_folders.changed(folder / "many-layers", vision={"layers": 65_536})
    yield clip_folders.changed(folder / "long-context", text={"context_length": 60_000})
    yield clip_folders.changed(folder / "a-repository", vision={"timm_model_name": "hf-hub:a/b"})
    yield clip_folders.changed(folder / "no-text", text=None)
    yield clip_folders.gzip_bomb(folder / "gzip-bomb")
    yield clip_folders.slow_search(folder / "slow-search")


KINDS: dict[str, Callable[[Path], Iterator[Path]]] = {
    made.__name__: made for made in (special, pickles, malformed, headers, texts, grids, clips)
}


def main(target: Path, kinds: list[str]) -> None:
    """Write a folder for each kind, and print the path of each file."""
    for kind in kinds:
        (target / kind).mkdir(parents=True)
        for path in KINDS[kind](target / kind):
            print(path)


if __name__ == "__main__":
    if len(sys.argv) < 2 or Path(sys.argv[1]).exists() or not set(sys.argv[2:]) <= set(KINDS):
        sys.exit(
            f"usage: python tests/attacks DIR [KIND ...], where DIR does not exist yet; kinds: {', '.join(KINDS)}"
        )
    main(Path(sys.argv[1]), sys.argv[2:] or list(KINDS))
