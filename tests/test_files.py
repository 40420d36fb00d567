"""Atomic writes, torn lines, folders and names."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vqclip import files, reading
from vqclip.errors import OutputError
from vqclip.media import images


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    return child.pid


def test_data_path_finds_the_shipped_folders() -> None:
    assert files.data_path("configs", "__init__.py").is_file()
    assert files.data_path("checkpoints").is_dir()


def test_a_checkout_goes_with_its_own_files_whichever_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    checkout = Path(files.__file__).parent.parent
    assert files.data_path("configs", "presets").samefile(checkout / "configs" / "presets")
    assert files.data_path("checkpoints").samefile(checkout / "checkpoints")
    installed = tmp_path / "site-packages" / "vqclip" / "files.py"
    monkeypatch.setattr(files, "__file__", str(installed))
    assert files.data_path("configs", "presets") == installed.parent / "configs" / "presets"


def test_json_is_canonical_and_ends_with_a_newline(isolated: Path) -> None:
    path = isolated / "run.json"
    files.write_json(path, {"b": (1, 2), "a": "日本 🐱", "loss": float("nan"), "file": Path("x/y")})
    text = path.read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert "日本 🐱" in text
    assert json.loads(text) == {"a": "日本 🐱", "b": [1, 2], "loss": None, "file": "x/y"}
    assert list(json.loads(text)) == sorted(json.loads(text))
    assert names(isolated) == ["run.json"]


def test_text_with_a_lone_surrogate_is_still_json(isolated: Path) -> None:
    files.write_json(isolated / "a.json", {"name": "\udc80"})
    assert json.loads((isolated / "a.json").read_bytes()) == {"name": "\udc80"}


def test_a_folder_that_can_be_written_but_not_read_is_written(
    isolated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = os.open

    def refused(path: Any, flags: int, *more: Any) -> int:
        # what the system says of a folder with the mode 0300, to all but root
        if Path(path) == isolated and flags == os.O_RDONLY:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return plain(path, flags, *more)

    monkeypatch.setattr(os, "open", refused)
    files.write_bytes(isolated / "image.png", b"new")
    assert (isolated / "image.png").read_bytes() == b"new"


def test_fault_38_a_failed_write_leaves_the_old_file_and_no_temp(isolated: Path) -> None:
    path = isolated / "image.png"
    files.write_bytes(path, b"old")

    def interrupted() -> None:
        with files.atomic(path) as temp:
            temp.write_bytes(b"half")
            assert temp.parent == isolated
            assert temp.suffix == ".png"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert names(isolated) == ["image.png"]


def test_fault_35_a_planted_link_is_replaced_and_not_followed(isolated: Path) -> None:
    outside = isolated / "outside"
    outside.write_bytes(b"precious")
    run = isolated / "run"
    run.mkdir()
    (run / "image.png").symlink_to(outside)
    files.write_bytes(run / "image.png", b"picture")
    assert outside.read_bytes() == b"precious"
    assert not (run / "image.png").is_symlink()
    assert (run / "image.png").read_bytes() == b"picture"
    (run / "metrics.jsonl").symlink_to(outside)
    with pytest.raises(OutputError, match=r"metrics\.jsonl: it is a symbolic link"):
        files.append_line(run / "metrics.jsonl", {"step": 1})
    assert outside.read_bytes() == b"precious"


def test_fault_37_a_full_disk_keeps_the_old_file(isolated: Path) -> None:
    code = (
        "import resource, sys, pathlib\n"
        "from vqclip import files\nfrom vqclip.errors import OutputError\n"
        "p = pathlib.Path('frame.png'); files.write_bytes(p, b'old')\n"
        "j = pathlib.Path('m.jsonl'); files.append_line(j, {'step': 1})\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))\n"
        "for write in (lambda: files.write_bytes(p, bytes(5000)),\n"
        "              lambda: files.append_line(j, {'step': 2, 'text': 'x' * 5000})):\n"
        "    try: write()\n"
        "    except OutputError as error: print(error)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)\n"
        "files.append_line(j, {'step': 3})\n"
    )
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    done = subprocess.run([sys.executable, "-c", code], cwd=isolated, capture_output=True, text=True, check=True)
    assert done.stdout.count("largest file allowed") == 2
    assert (isolated / "frame.png").read_bytes() == b"old"
    assert list(reading.json_lines(isolated / "m.jsonl", 10**6)) == [{"step": 1}, {"step": 3}]
    assert names(isolated) == ["frame.png", "m.jsonl"]


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "no permission")],
)
def test_fault_36_and_37_a_refusing_system_is_an_output_error(
    isolated: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(OutputError, match=words) as caught:
        files.write_text(isolated / "run.json", "x")
    assert caught.value.exit_code == 5
    assert "run.json" in caught.value.message
    assert caught.value.hint
    assert names(isolated) == []


def test_fault_36_out_dir_is_a_file_or_below_one(isolated: Path) -> None:
    (isolated / "taken").write_text("x")
    with pytest.raises(OutputError, match="taken: there is a file of that name"):
        files.ensure_writable(isolated / "taken")
    with pytest.raises(OutputError, match="a part of its path is a file"):
        files.ensure_writable(isolated / "taken" / "deep" / "er")
    with pytest.raises(OutputError, match="null"):
        files.ensure_writable(Path("a\0b"))


def test_ensure_writable_creates_parents_and_follows_a_link_once(isolated: Path) -> None:
    real = files.ensure_writable(isolated / "a" / "b c")
    assert real.is_dir()
    assert names(real) == []
    (isolated / "link").symlink_to(real)
    assert files.ensure_writable(isolated / "link") == real


def test_a_folder_in_the_way_of_a_file_is_named(isolated: Path) -> None:
    (isolated / "image.png").mkdir()
    with pytest.raises(OutputError, match=r"image\.png: there is a folder"):
        files.write_bytes(isolated / "image.png", b"x")
    assert names(isolated) == ["image.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells by a file")
def test_a_killed_process_whose_parent_has_not_noticed_is_not_alive() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert files.is_alive(process.pid)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    os.kill(process.pid, 0)  # its entry is still there
    assert not files.is_alive(process.pid)
    process.communicate()
    assert not files.is_alive(process.pid)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("upscale", "{}", "-o", "out/large.png"),
        ("cutouts", "{}", "-o", "out/sheet.png"),
        ("reconstruct", "{}", "-o", "out/again.png"),
        ("variations", "{}", "-n", "1", "-o", "out", "--size", "64x64", "--iterations", "2", "--candidates", "4"),
    ],
    ids=lambda command: command[0],
)
def test_a_command_removes_what_a_killed_one_left(command: tuple[str, ...], call: Any, isolated: Path) -> None:
    picture = isolated / "picture.png"
    images.save_png(picture, np.full((64, 64, 3), 200, np.uint8))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = isolated / "out" / f"{files.PART_PREFIX}{files._host()}-{ended.pid}-00ff00ff-large.png"
    left.parent.mkdir()
    left.write_bytes(b"half")
    answer = call(*(part.format(picture) for part in command))
    assert answer.code == 0, answer.err
    assert not left.exists()


def test_fault_38_sweep_removes_what_a_killed_process_left(isolated: Path) -> None:
    def part(pid: int, host: str = files._host()) -> Path:
        path = isolated / f"{files.PART_PREFIX}{host}-{pid}-00ff00ff-image.png"
        path.write_bytes(b"half")
        return path

    dead, living, elsewhere = part(dead_pid()), part(os.getppid()), part(1, "abcdef")
    own = files.part_path(isolated / "video.mp4")
    (isolated / "image.png").write_bytes(b"whole")
    assert files.sweep(isolated) == [dead]
    assert set(names(isolated)) == {"image.png", living.name, elsewhere.name, own.name}
    os.utime(elsewhere, (0, 0))
    assert files.sweep(isolated) == [elsewhere]
    files.discard(own)
    assert files.sweep(isolated / "nowhere") == []


def test_fault_38_a_torn_last_line_is_left_out_and_then_repaired(isolated: Path) -> None:
    path = isolated / "metrics.jsonl"
    assert list(reading.json_lines(path, 10**6)) == []
    files.append_line(path, {"step": 1, "loss": 0.5})
    files.append_line(path, {"step": 2, "loss": float("inf")})
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"step": 3, "lo' + b"x" * 9000)
    assert list(reading.json_lines(path, 10**6)) == [{"loss": 0.5, "step": 1}, {"loss": None, "step": 2}]
    files.append_line(path, {"step": 3})
    assert path.read_bytes() == whole + b'{"step":3}\n'
    path.write_bytes(b"\0" * 10 + b'\n[1]\n{"step":4}\n')
    assert list(reading.json_lines(path, 10**6)) == [{"step": 4}]


def test_an_error_message_cannot_steer_the_terminal() -> None:
    message = files.output_error(Path("a\x1b[31m\udc80b\u202e"), OSError(errno.ENOSPC, "x")).message
    assert message == "Cannot write a\\x1b[31m\\udc80b\\u202e: the disk is full."


def test_a_folder_that_cannot_be_written_is_named_itself() -> None:
    with pytest.raises(OutputError, match=r"Cannot write /proc: "):
        files.ensure_writable(Path("/proc"))


def test_an_excerpt_has_the_beginning_and_the_end() -> None:
    assert files.excerpt("a red apple") == "a red apple"
    long = files.excerpt("first " + "x" * 5000 + " last")
    assert (len(long) <= 200, long[:6], long[-5:], " ... " in long) == (True, "first ", " last", True)
