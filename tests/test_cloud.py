"""The recipes of examples/cloud: each is read by its own tool, and their commands draw with the built-in models.

No cluster, no GPU and no container runs here. CLEAN_INSTALL=1 also runs what takes minutes and gigabytes: the install
line of the Dockerfile in an environment of its own, and SkyPilot's parser.
"""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import option_markers
import pytest
import yaml
from attacks import forks
from documents import QUICK, ROOT

import vqclip
from vqclip.errors import InputError, Interrupted, ModelError, UsageError
from vqclip.media import images

CLOUD = ROOT / "examples/cloud"
BIN = Path(sys.executable).parent
DOCKERFILE = (CLOUD / "Dockerfile").read_text(encoding="utf-8")
SETTINGS, FLAGS = option_markers.wanted()
clean_install = pytest.mark.skipif("CLEAN_INSTALL" not in os.environ, reason="takes minutes; set CLEAN_INSTALL=1")


def tool(name: str, *arguments: str | Path) -> None:
    """Run a tool of the extra `dev`, which must find nothing."""
    found = shutil.which(name, path=f"{BIN}:{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is not installed")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((CLOUD / name).read_text(encoding="utf-8"))
    return loaded


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    tool("hadolint", "--no-color", "--failure-threshold", "info", CLOUD / "Dockerfile")


def test_the_image_is_small_and_runs_vqclip_itself_without_root() -> None:
    last = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    assert "\nFROM python:3.13-slim\n" in last
    assert re.search(r"^USER [1-9]\d*$", last, re.MULTILINE)
    assert json.loads(re.findall(r"^ENTRYPOINT (.+)$", last, re.MULTILINE)[-1]) == ["vqclip"]
    assert re.findall(r"^VOLUME (.+)$", last, re.MULTILINE) == ["/models"]
    assert "VQCLIP_CACHE_DIR=/models " in last


def context(folder: Path) -> Path:
    """Copy what the build of the image is given, by Dockerfile.dockerignore."""
    lines = (CLOUD / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    assert lines[0] == "*"
    for name in lines[1:]:
        source, copy = ROOT / name.removeprefix("!"), folder / name.removeprefix("!")
        if source.is_dir():
            shutil.copytree(source, copy, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    return folder


@pytest.mark.slow
@clean_install
@pytest.mark.timeout(1800)
def test_the_install_line_of_the_dockerfile_works_in_a_clean_environment(tmp_path: Path) -> None:
    source, environment = context(tmp_path), tmp_path / "venv"
    (line,) = re.findall(r"^RUN (?:--mount=\S+\s+|\\\s+)*(python -m venv .+)$", DOCKERFILE, re.MULTILINE)
    line = line.replace("/source", str(source)).replace("/venv", str(environment))
    subprocess.run(["sh", "-ec", line.replace("python ", f"{sys.executable} ", 1)], check=True)
    vqclip = environment / "bin/vqclip"
    subprocess.run(
        [vqclip, "generate", "a red apple", "-o", "apple"], check=True, cwd=tmp_path, env={**os.environ, **QUICK}
    )
    assert (tmp_path / "apple/image.png").stat().st_size > 0


def test_shellcheck_finds_nothing_in_the_scripts() -> None:
    scripts = sorted((ROOT / "examples").rglob("*.sh"))
    assert CLOUD / "slurm.sh" in scripts
    for script in scripts:
        subprocess.run(["bash", "-n", script], check=True)
    tool("shellcheck", *scripts)


@pytest.fixture
def slurm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The variables of a task of a Slurm array, `srun`, and a `scontrol` that ends the step as Slurm does."""
    programs = Path("slurm").absolute()
    programs.mkdir()
    fakes = {
        "srun": 'test "$1" = --cpus-per-task=1; shift; echo $$ > srun.pid; exec "$@"',
        "scontrol": 'echo "$@" >> scontrol.log; kill -TERM "$(cat srun.pid)"',
    }
    for name, script in fakes.items():
        (programs / name).write_text(f"#!/bin/bash\nset -e\n{script}\n")
        (programs / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{programs}:{forks.program().parent}:{BIN}:{os.environ['PATH']}")
    variables = {"JOB_ID": 4711, "CPUS_PER_TASK": 1, "ARRAY_TASK_ID": 1, "ARRAY_TASK_MIN": 0, "ARRAY_TASK_COUNT": 2}
    for name, value in variables.items():
        monkeypatch.setenv(f"SLURM_{name}", str(value))
    return programs


@pytest.mark.parametrize("code", [0, 9])
def test_the_slurm_script_ends_with_the_exit_code_of_vqclip(slurm: Path, code: int) -> None:
    (slurm / "srun").write_text(f"#!/bin/bash\nexit {code}\n")
    assert subprocess.run(["bash", CLOUD / "slurm.sh", "prompts.txt", "out"], check=False).returncode == code


def prompts_drawn(folder: str) -> list[str]:
    """The prompts of the finished runs below a folder."""
    manifests = [json.loads(path.read_text()) for path in Path(folder).rglob("run.json")]
    return sorted(found["settings"]["prompt"] for found in manifests if found["status"] == "finished")


@pytest.mark.long
@pytest.mark.usefixtures("slurm")
def test_the_slurm_script_queues_its_shard_again_before_the_time_limit_and_then_finishes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("prompts.txt").write_text("a red apple\na blue car\na green tree\n")
    for name, value in {**QUICK, "VQCLIP_ITERATIONS": "60", "VQCLIP_SAVE_EVERY": "0"}.items():
        monkeypatch.setenv(name, value)
    command = ["bash", str(CLOUD / "slurm.sh"), "prompts.txt", "out"]
    with subprocess.Popen(command) as first:
        while not any(path.stat().st_size for path in Path("out").rglob("metrics.jsonl")):
            assert first.poll() is None
            time.sleep(0.02)
        first.send_signal(signal.SIGUSR1)
    assert first.returncode == Interrupted("", "", signal.SIGTERM).exit_code
    assert Path("scontrol.log").read_text() == "requeue 4711\n"
    assert prompts_drawn("out") == []
    assert list(Path("out").rglob("state/*.safetensors"))
    assert subprocess.run(command, check=False).returncode == 0
    assert prompts_drawn("out") == ["a blue car"]


def pods(name: str) -> Iterator[dict[str, Any]]:
    """The pod templates in a manifest."""
    found = [load(name)]
    while found:
        value = found.pop()
        if isinstance(value, dict):
            yield from [value["template"]] if "template" in value else []
        found += value.values() if isinstance(value, dict) else value if isinstance(value, list) else []


@pytest.mark.slow
def test_kubernetes_knows_every_field_of_the_manifests() -> None:
    validate = pytest.importorskip("kubernetes_validate")
    newest = validate.latest_version()
    for version in ("1.33", newest):
        validate.validate(load("kubernetes.yaml"), version, strict=True)
    found = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, **pod} for pod in pods("rayjob.yaml")]
    assert len(found) == 2
    for pod in found:
        # The images run as this user, who writes into the volumes.
        assert pod["spec"]["securityContext"] == {"runAsNonRoot": True, "fsGroup": 1000}
        validate.validate(pod, newest, strict=True)
        pod["spec"]["gpus"] = 1
        with pytest.raises(validate.ValidationError):
            validate.validate(pod, newest, strict=True)


def test_rayjob_has_the_fields_that_kuberay_knows() -> None:
    spec = load("rayjob.yaml")["spec"]
    assert set(spec) <= {"entrypoint", "backoffLimit", "shutdownAfterJobFinishes", "rayClusterSpec"}
    cluster = spec["rayClusterSpec"]
    assert set(cluster) == {"rayVersion", "headGroupSpec", "workerGroupSpecs"}
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        assert set(group) <= {"groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template"}
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
    assert f"ray:{cluster['rayVersion']}-" in DOCKERFILE, "the version of the image"


def test_kubernetes_gives_up_what_fails_again_and_repeats_what_was_lost() -> None:
    spec = load("kubernetes.yaml")["spec"]
    ignore, fail = spec["podFailurePolicy"]["rules"]
    assert ignore["action"] == "Ignore"
    assert ignore["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]
    assert fail["action"] == "FailIndex"
    assert fail["onExitCodes"]["values"] == [kind.exit_code for kind in (UsageError, ModelError, InputError)]
    pod = spec["template"]["spec"]
    assert fail["onExitCodes"]["containerName"] == pod["containers"][0]["name"]
    assert pod["restartPolicy"] == "Never", "a pod failure policy asks for it"
    assert f"auto/{spec['completions']}" in pod["containers"][0]["args"]
    paths = {mount["name"]: mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
    assert paths["models"] in re.findall(r"^VOLUME (.+)$", DOCKERFILE, re.MULTILINE)
    (shared,) = [volume["emptyDir"] for volume in pod["volumes"] if volume["name"] == "shm"]
    assert (paths["shm"], shared["medium"]) == ("/dev/shm", "Memory")


def job_of_kubernetes() -> list[str]:
    arguments: list[str] = load("kubernetes.yaml")["spec"]["template"]["spec"]["containers"][0]["args"]
    return arguments


def job_of_skypilot() -> list[str]:
    return shlex.split(load("skypilot.yaml")["run"])[1:]


def job_of_ray() -> list[str]:
    return shlex.split(load("rayjob.yaml")["spec"]["entrypoint"])[1:]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("job", "variables"),
    [
        (job_of_kubernetes, {"JOB_COMPLETION_INDEX": "1"}),
        (job_of_skypilot, {"SKYPILOT_JOB_RANK": "1", "SKYPILOT_NUM_JOBS": "16"}),
    ],
)
def test_a_task_draws_its_shard_and_no_other(
    job: Any, variables: dict[str, str], call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("batch").mkdir()
    Path("batch/prompts.txt").write_text("a red apple\na blue car\na green tree\n")
    for name, value in {**QUICK, **variables}.items():
        monkeypatch.setenv(name, value)
    command, *arguments = job()
    answer = call(
        command, *(re.sub(r"^(/batch/|/out/)?(prompts\.txt|out|batch)$", r"batch/\2", word) for word in arguments)
    )
    assert answer.code == 0, answer.err
    assert prompts_drawn("batch") == ["a blue car"]


def test_the_command_of_the_ray_cluster_has_options_that_exist() -> None:
    given = {word for word in job_of_ray() if word.startswith("--")}
    assert given == {f"--{name}" for name in ("engine", "address", "seed")}
    assert "seed" in SETTINGS
    assert {"batch --engine", "batch --address"} <= FLAGS


def test_skypilot_restarts_a_job_that_a_signal_stopped() -> None:
    task = load("skypilot.yaml")
    assert set(task) <= {"name", "resources", "workdir", "file_mounts", "setup", "run"}
    assert set(task["resources"]) <= {"accelerators", "use_spot", "job_recovery"}
    assert set(task["file_mounts"]["/out"]) == {"name", "mode"}
    recovery = task["resources"]["job_recovery"]
    assert recovery == {"max_restarts_on_errors": 3, "recover_on_exit_codes": [Interrupted("", "", 15).exit_code]}


@pytest.mark.slow
@clean_install
@pytest.mark.timeout(900)
def test_skypilot_reads_its_task(tmp_path: Path) -> None:
    python = tmp_path / "venv/bin/python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "skypilot"], check=True)
    script = (
        f"import sky; task = sky.Task.from_yaml({str(CLOUD / 'skypilot.yaml')!r}); print(list(task.resources)[0])"
    )
    done = subprocess.run([python, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT)
    assert "[Spot]" in done.stdout


def test_cog_installs_the_wheel_of_this_version() -> None:
    build = load("cog.yaml")["build"]
    assert set(load("cog.yaml")) == {"build", "predict"}
    assert set(build) == {"gpu", "python_version", "python_requirements"}
    wheel = (CLOUD / build["python_requirements"]).read_text().strip()
    assert wheel == f"./vqclip-{vqclip.__version__}-py3-none-any.whl"


@pytest.fixture
def cog_server() -> Iterator[str]:
    """The address of cog's own server with the predictor of the recipe."""
    if importlib.util.find_spec("cog") is None:
        pytest.skip("cog is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {
        "COG_PREDICT_TYPE_STUB": str(load("cog.yaml")["predict"]),
        "PORT": str(port),
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "TMPDIR": str(Path.cwd()),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "cog.server.http", "--host", "127.0.0.1"]
    with subprocess.Popen(command, cwd=CLOUD, env={**os.environ, **QUICK, **variables}) as server:
        yield f"http://127.0.0.1:{port}"
        server.terminate()


def ask(address: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """GET an address, or POST a body, and return the answer, an error's too."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        found = json.load(error)
    return found


def wait_until_ready(address: str) -> None:
    health: dict[str, Any] = {}
    while health.get("status") != "READY":
        assert "FAILED" not in health.get("status", ""), health
        time.sleep(0.1)
        with contextlib.suppress(urllib.error.URLError):
            health = ask(f"{address}/health-check")


@pytest.mark.long
def test_cog_serves_pictures_and_says_what_is_wrong_with_a_prompt(cog_server: str) -> None:
    wait_until_ready(cog_server)
    answer = ask(f"{cog_server}/predictions", {"input": {"prompt": "a red apple", "size": "64x32", "iterations": 2}})
    Path("answer.png").write_bytes(base64.b64decode(answer["output"].removeprefix("data:image/png;base64,")))
    assert images.open_image(Path("answer.png")).shape == (32, 64, 3)
    # cog answers before it is free for the next request.
    wait_until_ready(cog_server)
    assert "the prompt is empty" in ask(f"{cog_server}/predictions", {"input": {"prompt": ""}})["error"]
    assert len(list(Path().glob("vqclip*"))) == 1, "no folder remains for each request"
