"""The connection to a Ray cluster, its nodes, and what Ray reserves there for a run."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vqclip import files
from vqclip.errors import UsageError, VqclipError
from vqclip.jobs.engines import Cluster, Job, Pool
from vqclip.runtime import devices, limits

# Workers have the Python of their node, also when `uv run` started this process. Ray reads both when it is imported.
os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
# Ray starts its workers at nice 15, where every other process of the machine takes their cores.
os.environ.setdefault("RAY_worker_niceness", "0")
try:
    import ray
    from ray._private import services
    from ray.exceptions import ActorUnavailableError, RayActorError, RayError
except ImportError:
    raise UsageError("--engine ray needs Ray.", 'Install it with: pip install "vqclip[ray]"') from None

__all__ = [
    "ActorUnavailableError", "Needs", "RayActorError", "RayError", "check_address", "connected", "hosts_of_nodes",
    "last_line",
    "nodes", "place_of", "ray",
]  # fmt: skip
_STORE_BYTES = 80 * 2**20  # only settings and events go through Ray
_CONNECT_SECONDS = 10.0
_HTTP2_SETTINGS = b"\x04"
_HTTP2_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + _HTTP2_SETTINGS + bytes(5)


@contextlib.contextmanager
def connected(cluster: Cluster) -> Iterator[bool]:
    """Connect to the cluster, or start Ray on this machine; unless the caller of this process has done so.

    Yields whether this machine is all there is.
    """
    if ray.is_initialized():
        yield False
        return
    before = signal.getsignal(signal.SIGTERM)
    # Ray prints messages of its nodes to standard output, which is for answers.
    ray._private.worker._worker_logs_enabled = False
    try:
        alone = _connect(cluster.address)
        with contextlib.suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGTERM, before)
        yield alone
    finally:
        ray.shutdown()
        with contextlib.suppress(ValueError):
            signal.signal(signal.SIGTERM, before)


def check_address(address: str | None) -> str | None:
    """Find the cluster at an address, or one of this machine; None where there is none.

    Raises UsageError where one is named and does not answer.
    """
    given = address or os.environ.get("RAY_ADDRESS")
    try:
        found = services.canonicalize_bootstrap_address(given)
    except (OSError, ValueError):
        found = None
    # Ray itself tries an address that does not answer for ten minutes.
    if found is not None and _answers(found):
        return str(found)
    if given not in (None, "local"):
        raise _nobody(address)
    return None


def _nobody(address: str | None) -> UsageError:
    given = os.environ.get("RAY_ADDRESS", "")
    where = f"--address {files.printable(address)}" if address else f"RAY_ADDRESS {files.printable(given)}"
    return UsageError(
        f"no Ray cluster answers at {where[:200]}.",
        "Give what `ray start --head` printed, such as HOST:6379, or no address to start Ray on this machine.",
    )


def _connect(address: str | None) -> bool:
    """Connect to the cluster at an address, or to that of this machine if there is one, or start Ray here.

    Returns whether Ray started here.
    """
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    found = check_address(address)
    there = found is not None
    here = {"num_cpus": limits.cores(), "object_store_memory": _STORE_BYTES, "include_dashboard": False}
    try:
        ray.init(address=found, **quiet) if there else ray.init("local", **here, **quiet)
    except (OSError, RuntimeError, ValueError, RayError) as error:
        if there and isinstance(error, ConnectionError):
            raise _nobody(address) from None
        if there and "ersion mismatch" in str(error):
            said, hint = " ".join(str(error).split()), "Install the same versions of Python and Ray everywhere."
        else:
            said, hint = last_line(error), "See the logs in /tmp/ray."
        what = f"the Ray cluster at {found} does not take this process" if there else "Ray does not start here"
        raise VqclipError(f"{what}: {said}", hint) from None
    return not there


def _answers(address: str) -> bool:
    """Whether a process at HOST:PORT speaks HTTP/2, as the head of a cluster does, unlike the dashboard of Ray."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS) as connection:
            connection.sendall(_HTTP2_HELLO)
            return connection.recv(9)[3:4] == _HTTP2_SETTINGS
    except (OSError, ValueError, OverflowError):
        return False


@dataclass(frozen=True)
class Needs:
    """What Ray reserves for a worker, and the threads of a run without --threads."""

    cpus: int
    gpus: float
    threads: int

    @staticmethod
    def of(job: Job, pool: Pool) -> Needs:
        """Find what the user left open. CPUs that no node has are not asked for unless the user does."""
        cluster, there = pool.cluster, nodes().values()
        most = max((int(node.get("CPU", 0)) for node in there), default=0)
        threads = devices.own_threads()
        wanted = min(job.settings.threads or threads, most or 1)
        if pool.size:
            wanted = min(wanted, int(sum(node.get("CPU", 0) for node in there)) // pool.size)
        gpus = cluster.gpus
        if gpus is None:
            device = job.settings.device
            any_gpu = any(node.get("GPU", 0) for node in there)
            gpus = 1.0 if device.startswith("cuda") or (device == "auto" and any_gpu) else 0.0
        return Needs(cluster.cpus or max(1, wanted), gpus, threads)

    def slots(self) -> dict[str, int]:
        """Return how many workers each node holds, for those that are there now and hold one."""
        found = {}
        for name, node in nodes().items():
            fit = node.get("CPU", 0) // self.cpus
            if count := int(min(fit, node.get("GPU", 0) // self.gpus) if self.gpus else fit):
                found[name] = count
        return found

    def __str__(self) -> str:
        shown = f"{self.cpus} CPU{'s' if self.cpus > 1 else ''}"
        return f"{shown} and {self.gpus:g} GPU" if self.gpus else shown


def nodes() -> dict[str, dict[str, float]]:
    """The resources of all living nodes, by id."""
    return {node["NodeID"]: node["Resources"] for node in ray.nodes() if node["Alive"]}


def place_of(actor: Any) -> tuple[str, str]:
    """Return the id and the name of the node of an actor, which may have ended; empty if it has had none."""
    known = ray._private.state.actors(actor._ray_actor_id.hex())
    found, hosts = (known.get("Address") or {}).get("NodeID", ""), hosts_of_nodes()
    return (found, hosts[found]) if found in hosts else ("", "")


def hosts_of_nodes() -> dict[str, str]:
    """Return the names of the machines of all nodes, by id."""
    return {node["NodeID"]: node["NodeManagerHostname"] for node in ray.nodes()}


def last_line(error: Exception) -> str:
    """Return what an error of Ray, which has many lines, says in the end."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
