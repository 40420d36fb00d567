"""The world around the process: homes, names, streams, encodings, limits and bugs end in one line and a code."""

from __future__ import annotations

import ctypes
import errno
import importlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from attacks import forks, guard, process
from PIL import Image

from vqclip import errors, files
from vqclip.cli import failures
from vqclip.cli.signals import StopSignals
from vqclip.runtime import limits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and descriptors of Linux")

TINY = ["--size", "32x32", "--init", "tokens", "-n", "2", "--stages", "1", "--cutouts", "4", "--threads", "1",
        "--dtype", "float32", "--no-video", "--seed", "1"]  # fmt: skip
GENERATE = ["generate", "a red apple", *TINY, "-o", "run"]
PROCESSOR_SECONDS = 10
PEAK_BYTES = 10**9


@dataclass
class Ended:
    """What a process left behind."""

    code: int
    out: str
    err: str


def run(
    *arguments: str | bytes,
    setup: Callable[[], None] | None = None,
    flags: tuple[str, ...] = (),
    environment: Mapping[str, str | None] | None = None,
    cwd: Path | None = None,
    **streams: Any,
) -> Ended:
    """Run the command in a process of its own; fails for a traceback, and for too much time or memory."""
    known = {"OMP_NUM_THREADS": "1", **(environment or {})}
    variables = {name: value for name, value in {**os.environ, **known}.items() if value is not None}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(
            [sys.executable, *flags, "-m", "vqclip", *arguments],
            env=variables,
            cwd=cwd,
            preexec_fn=setup,  # noqa: PLW1509 - no test starts threads
            **{"stdin": subprocess.DEVNULL, "stdout": out, "stderr": err, **streams},
        )
        code, peak, seconds = guard.wait(child, time.monotonic() + 200)
        return checked(forks.Ended(code, seconds, peak), out, err)


def draw(*flags: str, stdout: int | None = None, stderr: int | None = None, closed: tuple[int, ...] = ()) -> Ended:
    """Draw in a process that is forked from one with torch; fails as `run` does. closed: Descriptors of streams."""
    with Path(os.devnull).open("rb") as nothing, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        streams = [
            nothing.fileno(),
            out.fileno() if stdout is None else stdout,
            err.fileno() if stderr is None else stderr,
        ]
        return checked(forks.run("vqclip", [*GENERATE, *flags], streams, closed=closed, timeout=200), out, err)


def checked(ended: forks.Ended, out: Any, err: Any) -> Ended:
    """What the process wrote; fails for a traceback, and for too much time or memory."""
    texts = []
    for file in (out, err):
        file.seek(0)
        texts.append(file.read().decode("utf-8", "backslashreplace"))
    assert "Traceback" not in texts[1], texts[1]
    assert "Exception ignored" not in texts[1], texts[1]
    # The processor's seconds, since other tests run beside this one.
    assert ended.seconds < PROCESSOR_SECONDS
    assert ended.peak < PEAK_BYTES
    return Ended(ended.code, *texts)


def without_override() -> None:
    """Let the permissions of files hold for root as well; they hold for everybody else."""
    drop_from_bounding_set, dac_override, dac_read_search = 24, 1, 2
    library = ctypes.CDLL(None)
    for capability in (dac_override, dac_read_search):
        library.prctl(drop_from_bounding_set, capability, 0, 0, 0)


def limited(kind: int, most: int) -> Callable[[], None]:
    """A setup that limits a resource."""
    return lambda: resource.setrlimit(kind, (most, most))


def closing(*descriptors: int) -> Callable[[], None]:
    """A setup that closes descriptors, as `>&-` does."""

    def close() -> None:
        for descriptor in descriptors:
            os.close(descriptor)

    return close


def said(ended: Ended, code: int, *words: str) -> None:
    """Check the exit code, and that standard error is one line, and a hint, with these words."""
    assert ended.code == code, ended
    lines = ended.err.strip().splitlines()
    assert 1 <= len(lines) <= 2, ended.err
    for word in words:
        assert word in lines[0], ended.err


@pytest.fixture
def picture(isolated: Path) -> Path:
    Image.new("RGB", (8, 8), "red").save(isolated / "picture.png")
    return isolated / "picture.png"


@pytest.fixture
def unlocked(isolated: Path) -> Iterator[Path]:
    """The test's folder; what was locked in it is opened again, so that it can be removed."""
    yield isolated
    for path in isolated.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)


AWAY = {"XDG_CONFIG_HOME": None, "XDG_CACHE_HOME": None}


@pytest.mark.parametrize(
    "command", [["config", "show"], ["config", "list"], ["models", "list"], ["models", "show", "tiny"]]
)
@pytest.mark.parametrize("make", [process.locked_home, process.file_as_home, None])
@pytest.mark.slow
def test_a_home_that_cannot_be_searched_holds_no_settings(unlocked: Path, make: Any, command: list[str]) -> None:
    home = make(unlocked) if make else "/there/is/no/home"
    ended = run(*command, environment={**AWAY, "HOME": str(home)}, setup=without_override)
    assert ended.code == 0, ended.err


@pytest.mark.slow
def test_a_run_with_the_built_in_models_needs_no_home(unlocked: Path) -> None:
    home = process.locked_home(unlocked)
    ended = run(*GENERATE, environment={**AWAY, "HOME": str(home)}, setup=without_override)
    assert ended.code == 0, ended.err
    assert (unlocked / "run" / "image.png").is_file()


def test_settings_that_may_not_be_read_are_named(unlocked: Path) -> None:
    home = process.locked_settings(unlocked)
    ended = run("config", "show", environment={**AWAY, "HOME": str(home)}, setup=without_override)
    said(ended, 2, "config.yaml", "permission denied")


def test_a_cache_folder_of_nobody_is_an_empty_one() -> None:
    ended = run("models", "list", environment={"VQCLIP_CACHE_DIR": "~there-is-no-such-user/cache"})
    assert ended.code == 0, ended.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["generate", "a", "--init-image", "{}"], 4),
        (["generate", "a", "--config", "{}"], 2),
        (["generate", "a", "--preset", "{}.yaml"], 2),
        (["generate", "a", "--style", "{}"], 2),
        (["generate", "a", "--vqgan", "{}.ckpt"], 3),
        (["generate", "a", "--clip", "local-dir:{}"], 3),
        (["generate", "a", "--vqgan-config", "{}"], 3),
        (["generate", "--prompt-file", "{}"], 4),
        (["batch", "{}"], 4),
        (["resume", "{}"], 4),
        (["continue", "{}"], 4),
        (["info", "{}"], 4),
        (["index", "{}"], 4),
        (["interpolate", "{}", "{}"], 4),
        (["upscale", "{}"], 4),
    ],
)
@pytest.mark.parametrize("kind", ["long", "loop", "locked"])
def test_a_name_that_no_file_can_have_is_one_line(
    unlocked: Path, call: Any, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, kind: str
) -> None:
    name = process.LONG
    with monkeypatch.context() as patched:
        if kind == "loop":
            name = str(process.link_loop(unlocked))
        elif kind == "locked":
            folder = process.locked_folder(unlocked)
            name = str(folder / "file")
            refuse_below(patched, folder)
        answer = call(*(part.format(name) for part in arguments))
    assert answer.code == code, answer.err
    assert len(answer.err.strip().splitlines()) <= 2


def refuse_below(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let os.stat and os.open refuse what is below a folder, for a test that root runs."""

    def refusing(function: Any) -> Any:
        def call(path: Any, *arguments: Any, **known: Any) -> Any:
            if isinstance(path, (str, Path)) and folder in Path(path).parents:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return function(path, *arguments, **known)

        return call

    for name in ("stat", "open"):
        monkeypatch.setattr(os, name, refusing(getattr(os, name)))


def test_an_output_with_a_long_name_is_one_line(call: Any) -> None:
    answer = call("generate", "a", *TINY, "-o", process.LONG)
    assert answer.code in (4, 5), answer.err
    assert answer.err.startswith("error: Cannot ")


def test_questions_about_a_path_raise_nothing(unlocked: Path) -> None:
    loop = process.link_loop(unlocked)
    for path in (Path(process.LONG), loop, loop / "x", Path("a\0b")):
        assert not files.is_file(path)
        assert not files.is_folder(path)
        assert not files.exists(path)
        assert files.absence(path).startswith("cannot be read: ")
    assert files.absence(Path("nothing")) == "does not exist"
    with pytest.raises(errors.OutputError):
        files.ensure_writable(loop)
    assert files.user_path("~there-is-no-such-user/x") == Path("~there-is-no-such-user/x")


FULL = "/dev/full"


@pytest.mark.parametrize(
    "command", [["--help"], ["--version"], ["generate", "--help"], ["config", "show"], ["models", "list", "--json"]]
)
def test_a_full_standard_output_is_an_output_error(command: list[str]) -> None:
    with Path(FULL).open("wb") as full:
        said(run(*command, stdout=full), 5, "Cannot write standard output: the disk is full")


@pytest.mark.parametrize("command", [["--help"], ["--version"], ["config", "show"], ["models", "list", "--json"]])
def test_a_closed_standard_output_is_an_output_error(command: list[str]) -> None:
    said(run(*command, stdout=None, setup=closing(1)), 5, "Cannot write standard output: it is closed")


@pytest.mark.slow
def test_a_command_that_fails_has_its_own_code_on_a_closed_standard_output() -> None:
    for flags in ([], ["--json"]):
        said(run("info", "none.png", *flags, stdout=None, setup=closing(1)), 4, "none.png")


@pytest.mark.slow
@pytest.mark.parametrize("where", ["full", "closed"])
@pytest.mark.parametrize("flags", [[], ["--json"], ["-q"]])
def test_a_run_is_whole_whatever_becomes_of_standard_output(isolated: Path, where: str, flags: list[str]) -> None:
    with Path(FULL).open("wb") as full:
        ended = draw(*flags, stdout=full.fileno(), closed=() if where == "full" else (1,))
    assert ended.code == 5
    assert "standard output" in ended.err
    assert (isolated / "run" / "image.png").is_file()
    assert json.loads((isolated / "run" / "run.json").read_text())["status"] == "finished"


@pytest.mark.slow
@pytest.mark.parametrize("where", ["full", "closed", "gone"])
def test_a_run_is_whole_whatever_becomes_of_standard_error(isolated: Path, where: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with Path(FULL).open("wb") as full:
        ended = draw(stderr=writing if where == "gone" else full.fileno(), closed=(2,) if where == "closed" else ())
    os.close(writing)
    assert ended.code == 0
    # No progress in the answer, and no picture with progress in it.
    assert ended.out == f"{isolated / 'run' / 'image.png'}\n"
    assert Image.open(isolated / "run" / "image.png").size == (32, 32)


@pytest.mark.slow
def test_an_error_keeps_its_code_without_standard_error() -> None:
    with Path(FULL).open("wb") as full:
        assert run("info", "none.png", stderr=full).code == 4
        assert run("generate", "--there-is-no-such-option", stderr=full).code == 2
        assert run("--version", stdout=full, stderr=full).code == 5
    assert run("info", "none.png", stdin=None, stdout=None, stderr=None, setup=closing(0, 1, 2)).code == 4


@pytest.mark.parametrize("command", [["--help"], ["--version"], ["generate", "--help"], ["config", "show", "--json"]])
def test_a_reader_that_is_gone_is_code_141_in_silence(command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = run(*command, stdout=writing)
    os.close(writing)
    assert (ended.code, ended.err) == (141, "")


@pytest.mark.slow
def test_a_slow_reader_of_a_pipe_that_does_not_block_gets_all() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    reader = subprocess.Popen(["sh", "-c", "sleep 1; cat"], stdin=reading, stdout=subprocess.PIPE)
    os.close(reading)
    # More than a pipe holds.
    long = [
        "config",
        "show",
        "--prompt-also",
        "a" * 30_000,
        "--prompt-also",
        "b" * 30_000,
        "--prompt-also",
        "c" * 30_000,
    ]
    ended = run(*long, "--json", stdout=writing)
    os.close(writing)
    out, _ = reader.communicate(timeout=60)
    assert ended.code == 0, ended.err
    assert "c" * 30_000 in json.loads(out)["settings"]["prompt_also"]


@pytest.mark.parametrize("command", ["generate", "batch"])
@pytest.mark.slow
def test_a_prompt_from_a_closed_standard_input_is_refused(command: str) -> None:
    said(run(command, "-", stdin=None, setup=closing(0)), 4, "standard input: it is closed")
    with Path("written").open("wb") as written:
        said(run(command, "-", stdin=written), 4, "standard input: it is closed")


ENCODINGS = [
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "ascii:strict", "PYTHONUTF8": "0"},
    {"PYTHONIOENCODING": "latin-1"},
    {"PYTHONIOENCODING": "latin-1:there-is-no-such-handler"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LANG": "tr_TR.ISO-8859-9", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
]


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda e: "-".join(e.values()))
@pytest.mark.parametrize("flags", [[], ["--json"]])
@pytest.mark.slow
def test_any_text_is_printed_in_any_encoding(isolated: Path, encoding: dict[str, str], flags: list[str]) -> None:
    text = "a 🍎, سیب, 苹果, é"
    (isolated / "mine.yaml").write_text(f"video_title: {text}\nprompt: {text}\n", encoding="utf-8")
    ended = run("config", "show", "--config", "mine.yaml", *flags, environment=encoding)
    assert ended.code == 0, ended.err
    assert "\\U0001f34e" in ended.out or "\\ud83c\\udf4e" in ended.out
    if flags:
        ended.out.encode("ascii")
        assert json.loads(ended.out)["settings"]["prompt"] == text


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda e: "-".join(e.values()))
@pytest.mark.slow
def test_a_name_that_is_not_text_is_the_right_file_or_one_line(isolated: Path, encoding: dict[str, str]) -> None:
    process.latin_1_name(isolated)
    said(run("info", b"caf\xe9.png", environment=encoding), 4, "caf", "png")
    said(run("info", b"tea\xe9.png", environment=encoding), 4, "there is no such file")
    said(run(b"caf\xe9", environment=encoding), 2, "there is no command")


@pytest.mark.parametrize("most", [60, 100, 200, 500])
def test_little_address_space_is_enough_for_help(most: int) -> None:
    for command in ("--help", "--version"):
        ended = run(command, setup=limited(resource.RLIMIT_AS, most * 10**6))
        assert ended.code == 0, ended.err


@pytest.mark.slow
@pytest.mark.parametrize("most", [0.06, 0.2, 0.5, 1, 2, 3, 3.1, 3.3])
def test_too_little_address_space_is_out_of_memory(most: float) -> None:
    ended = run(*GENERATE, "-q", setup=limited(resource.RLIMIT_AS, int(most * 2**30)))
    if ended.code:  # a torch without CUDA needs less
        said(ended, 7, "memory")
    assert ended.code or most >= 0.5


def test_the_least_address_space_that_is_refused_is_named() -> None:
    ended = run("info", "picture.png", setup=limited(resource.RLIMIT_AS, 60 * 10**6))
    said(ended, 7, "0.0559 GiB (ulimit -v)", "numpy")
    assert re.search(r"ulimit -v \d{7}", ended.err)


def test_without_a_limit_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(limits, "address_space", lambda: None)
    monkeypatch.setattr(subprocess, "run", refuse)
    limits._try_import("torch")


def test_numpy_starts_no_threads_where_the_user_may_start_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(limits, "cores", lambda: 4)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    monkeypatch.setattr(limits, "_most_processes", lambda: 1)
    limits._check_threads()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "4"
    monkeypatch.setattr(threading.Thread, "start", refuse)
    limits._check_threads()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"


@pytest.mark.parametrize("most", [5, 6, 12])
@pytest.mark.slow
def test_few_descriptors_are_enough_or_one_line(picture: Path, most: int) -> None:
    ended = run("info", picture.name, setup=limited(resource.RLIMIT_NOFILE, most))
    assert ended.code in (0, 1, 4), ended.err
    assert len(ended.err.strip().splitlines()) <= 2


@pytest.mark.slow
def test_a_limit_on_the_size_of_files_is_an_output_error() -> None:
    ended = run(*GENERATE, "-q", setup=limited(resource.RLIMIT_FSIZE, 1000))
    said(ended, 5)


def raised(problem: BaseException, cause: BaseException | None = None) -> BaseException:
    problem.__cause__ = cause
    return problem


@pytest.mark.parametrize(
    ("problem", "code", "words"),
    [
        (MemoryError(), 7, "memory"),
        (RuntimeError("std::bad_alloc"), 7, "memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), 7, "memory"),
        (ImportError("libtorch_cpu.so: failed to map segment from shared object"), 7, "memory"),
        (raised(SystemError("returned NULL"), MemoryError()), 7, "memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), 7, "memory"),
        (RuntimeError("could not create a primitive"), 7, "memory"),
        (RuntimeError("can't start new thread"), 7, "threads"),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), 7, "threads"),
        (OSError(errno.ENOSPC, "No space left on device", "/some/file"), 5, "/some/file: the disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), 5, "quota"),
        (OSError(errno.EFBIG, "File too large"), 5, "largest file"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "n" * 300), 4, "file name too long"),
        (PermissionError(errno.EACCES, "Permission denied", "/root/x"), 4, "Cannot use /root/x: permission denied"),
        (RuntimeError("Symlink loop from '/a/b'"), 4, "too many levels of symbolic links"),
        (OSError(errno.EMFILE, "Too many open files", "x"), 1, "too many files are open"),
        (RecursionError("maximum recursion depth exceeded"), 1, "unexpected error: RecursionError"),
        (KeyError("a bug"), 1, "unexpected error: KeyError: 'a bug'"),
        (AssertionError(), 1, "unexpected error: AssertionError"),
    ],
)
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_whatever_ends_a_command_is_one_line_with_a_code(
    call: Any, monkeypatch: pytest.MonkeyPatch, problem: BaseException, code: int, words: str, flags: list[str]
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise problem

    monkeypatch.setattr("vqclip.media.metadata.read_metadata", fail)
    answer = call("info", "x.png", *flags)
    assert answer.code == code
    if flags:
        assert words in answer.record["message"]
        assert answer.err == ""
        return
    assert words in answer.err
    assert len(answer.err.strip().splitlines()) <= 2


def test_a_bug_asks_to_be_reported_and_shows_its_traceback_on_request(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise KeyError("a bug")

    monkeypatch.setattr("vqclip.media.metadata.read_metadata", fail)
    answer = call("info", "x.png")
    assert answer.err.splitlines()[1] == "Please report it; set VQCLIP_DEBUG=1 for details."
    monkeypatch.setenv("VQCLIP_DEBUG", "1")
    assert "in fail" in call("info", "x.png").err


def test_the_reason_of_an_exception_is_looked_for_in_what_it_came_from() -> None:
    deep: BaseException = MemoryError()
    for _ in range(3):
        deep = raised(ImportError("another library"), deep)
    assert failures.classify(deep).exit_code == 7
    assert failures.classify(KeyboardInterrupt()).exit_code == 130


@pytest.mark.slow
@pytest.mark.parametrize("after", [0.15, 0.4, 0.8, 1.2, 1.6, 2.0])
def test_a_signal_during_imports_is_one_line(after: float) -> None:
    command = [sys.executable, "-m", "vqclip", "sample", "a red apple", "--candidates", "64", "-o", "sheet.png"]

    def usual() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)

    pipe = subprocess.PIPE
    child = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, preexec_fn=usual)  # noqa: PLW1509 - as above
    wait_for_the_program(child, after)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=100)
    assert child.returncode == 130, err
    assert err in ("", "stopped at once.\n")


@pytest.fixture
def heeded() -> Iterator[None]:
    """SIGINT as a terminal starts a command, even where these tests run behind `&` of a script."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeded")
def test_a_library_that_drops_the_exception_of_a_signal_does_not_drop_the_signal(
    isolated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped = "import os, signal\ntry:\n    os.kill(os.getpid(), signal.SIGINT)\nexcept Exception:\n    pass\n"
    (isolated / "drops_it.py").write_text(f"{dropped}import the_next_one\n")
    (isolated / "the_next_one.py").write_text("")
    monkeypatch.syspath_prepend(str(isolated))
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(errors.Interrupted, match=r"stopped at once\.$"), StopSignals():
        importlib.import_module("drops_it")
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.usefixtures("heeded")
def test_a_signal_during_an_import_stops_once_the_import_is_done(
    isolated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (isolated / "takes_long.py").write_text(
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(0.2)\ndone = True\n"
    )
    monkeypatch.syspath_prepend(str(isolated))

    def use_it() -> None:
        assert importlib.import_module("takes_long").done
        time.sleep(5)

    with pytest.raises(errors.Interrupted, match=r"stopped at once\.$"), StopSignals():
        use_it()


def signalled_then(problem: Exception, *, optimising: bool) -> None:
    """Get a signal, and raise an exception in the place of the one that it raises."""
    with StopSignals() as stop:
        stop.optimising = optimising
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except errors.Interrupted:
            raise problem from None
        raise problem


@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize("problem", [ImportError("x"), errors.InputError("x"), errors.Interrupted("x\n  full_key:")])
def test_an_exception_in_the_place_of_a_signals_is_the_signal(problem: Exception) -> None:
    with pytest.raises(errors.Interrupted, match=r"^stopped at once\.$"):
        signalled_then(problem, optimising=False)


@pytest.mark.usefixtures("heeded")
def test_an_error_of_keeping_a_run_after_a_signal_is_shown() -> None:
    with pytest.raises(errors.OutputError):
        signalled_then(errors.OutputError("the disk is full."), optimising=True)


def wait_for_the_program(child: subprocess.Popen[str], seconds: float) -> None:
    """Wait until a child handles SIGINT itself, then as long as is asked for."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status = Path(f"/proc/{child.pid}/status").read_text()
        caught = int(re.search(r"SigCgt:\s*([0-9a-f]+)", status)[1], 16)  # type: ignore[index]
        # Python itself catches SIGINT from its start; vqclip also SIGHUP.
        if caught & 1 << (signal.SIGHUP - 1):
            break
        time.sleep(0.005)
    time.sleep(seconds)


@pytest.mark.parametrize("command", [["--version"], ["--help"], ["config", "show"], ["info", "picture.png"]])
@pytest.mark.slow
def test_python_may_be_started_in_any_way(picture: Path, command: list[str]) -> None:
    assert picture.is_file()
    for flags in (("-O",), ("-OO",), ("-B",), ("-bb",), ("-W", "error"), ("-u",)):
        assert run(*command, flags=flags).code == 0, flags
    odd = {"TERM": None, "COLUMNS": "1", "TMPDIR": "/there/is/no/folder", "PYTHONWARNINGS": "error", "PATH": ""}
    assert run(*command, environment=odd).code == 0


@pytest.mark.long
def test_a_run_needs_no_temporary_folder_and_no_terminal(isolated: Path) -> None:
    odd = {"TERM": "dumb", "COLUMNS": "1", "TMPDIR": "/there/is/no/folder", "PYTHONWARNINGS": "error"}
    assert run(*GENERATE, environment=odd, flags=("-O",)).code == 0
    assert (isolated / "run" / "image.png").is_file()


@pytest.mark.slow
def test_a_working_folder_that_is_gone_is_one_line(isolated: Path, picture: Path) -> None:
    place = process.working_folder_that_goes(isolated)

    def go() -> None:
        place.rmdir()

    for arguments, code in (
        (["--version"], 0),
        (["config", "show"], 0),
        (["score", str(picture), "red"], 2),
        (["generate", "a", *TINY, "-o", str(isolated / "run")], 2),
        (["generate", "a", *TINY], 5),
        (["info", "x.png"], 4),
    ):
        place.mkdir(exist_ok=True)
        ended = run(*arguments, "-q" if code else "--json", cwd=place, setup=go) if arguments[0] in (
            "score", "generate") else run(*arguments, cwd=place, setup=go)  # fmt: skip
        assert ended.code == code, (arguments, ended.err)
        assert len(ended.err.strip().splitlines()) <= 2
