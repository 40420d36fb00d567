"""A picture in the terminal, and in a viewer: right to the pixel at a terminal, and nothing at all when piped."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attacks import forks
from conftest import SMALL

import vqclip
from vqclip.cli import preview
from vqclip.media import images

PIXELS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [9, 8, 7]], [[1, 2, 3], [4, 5, 6]]], dtype=np.uint8)
COLOURS = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": "80", "LINES": "40"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("preview") / "run"
    list(vqclip.generate("a red apple", output=folder, seed=5, report=True, **{**SMALL, "iterations": 1}))
    return folder


def at_a_terminal(*arguments: str, **variables: str) -> tuple[int, str]:
    """Exit code and output of a command whose three streams are a terminal; NO_COLOR of the tests is taken away."""
    environment = {**os.environ, **COLOURS, **variables}
    environment.pop("NO_COLOR", None)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [forks.program(), *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        told = b""
        try:
            while part := os.read(ours, 65536):
                told += part
        except OSError:
            # Linux's word for the end of a terminal.
            pass
        code = process.wait(timeout=60)
    os.close(ours)
    return code, told.decode()


def drawn(text: str) -> list[list[tuple[int, ...]]]:
    """The colours of every half block, upper then lower, line by line."""
    lines = []
    for line in text.splitlines():
        cells = re.findall(r"\x1b\[38;2;(\d+);(\d+);(\d+)(?:;48;2;(\d+);(\d+);(\d+))?m(▀+)", line)
        if cells:
            lines.append([tuple(map(int, filter(None, cell[:6]))) for cell in cells for _ in cell[6]])
    return lines


def test_half_blocks_show_each_pixel_in_its_colour() -> None:
    from rich.console import Console

    screen = Console(force_terminal=True, color_system="truecolor", width=80, no_color=False)
    with screen.capture() as capture:
        screen.print(preview.half_blocks(PIXELS))
    assert drawn(capture.get()) == [
        [(255, 0, 0, 0, 0, 255), (0, 255, 0, 9, 8, 7)],
        [(1, 2, 3), (4, 5, 6)],
    ]


def test_a_picture_keeps_its_shape_and_fits() -> None:
    assert preview.fitted(256, 256, 80, 72) == (64, 64)
    assert preview.fitted(256, 256, 80, 40) == (40, 40)
    assert preview.fitted(512, 128, 30, 72) == (30, 8)
    assert preview.fitted(16, 16, 80, 72) == (16, 16)
    assert preview.fitted(5000, 3, 80, 72) == (64, 1)


@pytest.mark.slow
@pytest.mark.option("--preview", "--open")
def test_at_a_terminal_the_picture_is_shown_and_opened(finished: Path) -> None:
    Path("bin").mkdir()
    Path("bin/xdg-open").write_text('#!/bin/sh\necho "$1" > opened\n')
    Path("bin/xdg-open").chmod(0o755)
    path = f"{Path('bin').absolute()}:{os.environ['PATH']}"
    code, told = at_a_terminal("resume", str(finished), "--preview", "--open", PATH=path)
    assert code == 0, told
    wanted = images.open_image(finished / "image.png")
    shown = drawn(told)
    assert len(shown) == 16
    assert shown[3][5] == (*wanted[6, 5], *wanted[7, 5])
    assert shown[15][31] == (*wanted[30, 31], *wanted[31, 31])
    for _ in range(100):
        if Path("opened").is_file() and Path("opened").read_text():
            break
        subprocess.run(["sleep", "0.05"], check=True)
    assert Path("opened").read_text() == f"{finished / 'image.png'}\n"


@pytest.mark.slow
def test_the_picture_grows_above_the_bar_and_is_replaced_in_place() -> None:
    flags = [part for name, value in SMALL.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    command = ["generate", "a red apple", "--preview", "-o", "run", "--seed", "5", *flags]
    code, told = at_a_terminal(*command)
    assert code == 0, told
    shown = drawn(told)
    for lines, path in ((shown[:16], sorted(Path("run/frames").iterdir())[0]), (shown[-16:], Path("run/image.png"))):
        pixels = images.open_image(path)
        assert lines == [
            [(*upper, *lower) for upper, lower in zip(pixels[row], pixels[row + 1], strict=True)]
            for row in range(0, 32, 2)
        ]
    # The cursor goes up over each picture before the next one.
    assert told.count("\x1b[1A\x1b[2K") >= 16


@pytest.mark.slow
def test_without_a_viewer_it_says_so(finished: Path) -> None:
    code, told = at_a_terminal("report", str(finished), "--open", PATH=str(Path.cwd()))
    assert code == 0
    assert "nothing here opens" in told.replace("\r\n", " ")


def test_piped_neither_happens(call: Any, finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> int:
        raise AssertionError("opened")

    monkeypatch.setattr("typer.launch", never)
    plain = call("resume", str(finished))
    for flags in (["--preview", "--open"], ["--preview", "--open", "--json"]):
        answer = call("resume", str(finished), *flags)
        assert answer.code == 0
        assert "▀" not in answer.out + answer.err
    assert call("resume", str(finished), "--preview", "--open").err == plain.err
    monkeypatch.setenv("VQCLIP_PREVIEW", "1")
    assert call("resume", str(finished)).err == plain.err


def test_a_terminal_without_colours_is_spared(monkeypatch: pytest.MonkeyPatch, capsys: Any, finished: Path) -> None:
    monkeypatch.setattr(preview, "watched", lambda: True)
    preview.show(finished / "image.png")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("fine", [True, False, None])
def test_the_extra_draws_where_the_terminal_can(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, finished: Path, fine: bool | None
) -> None:
    class Sixels:
        def __init__(self, image: str, width: int, height: str) -> None:
            self.told = f"sixels of {Path(image).name} at {width} {height}"

        def __rich__(self) -> str:
            if fine is None:
                raise ZeroDivisionError("a terminal of no columns")
            return self.told

    class Half(Sixels):
        pass

    room = types.ModuleType("textual_image.renderable")
    vars(room).update(SixelImage=Sixels, TGPImage=None, Image=Half if fine is False else Sixels)
    package = types.ModuleType("textual_image")
    vars(package).update(renderable=room)
    monkeypatch.setitem(sys.modules, "textual_image", package)
    monkeypatch.setitem(sys.modules, "textual_image.renderable", room)
    monkeypatch.setattr(preview, "watched", lambda: True)
    preview.show(finished / "image.png")
    assert capsys.readouterr().err == ("sixels of image.png at 32 auto\n" if fine else "")
