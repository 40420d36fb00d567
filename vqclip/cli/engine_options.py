"""The options that choose an engine and its workers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from vqclip.cli.shared import option
from vqclip.errors import UsageError

if TYPE_CHECKING:
    from vqclip.jobs.engines import Cluster


def complete_engine(incomplete: str) -> list[str]:
    """Complete the name of an engine in the shell."""
    from vqclip.jobs import engines

    return [name for name in engines.names() if name.startswith(incomplete)]


EngineOption = Annotated[
    str,
    option("--engine", help="Draw with this engine: local or ray.", default="local: processes of this machine",
           metavar="NAME", autocompletion=complete_engine),
]  # fmt: skip
AddressOption = Annotated[
    str | None,
    option("--address", help="Draw on this Ray cluster: auto or HOST:PORT.",
           default="the cluster of this machine, else its own", metavar="HOST:PORT"),
]  # fmt: skip
GpusOption = Annotated[
    float | None,
    option("--gpus-per-run", help="Reserve this many GPUs for a run; 0.5 is half of one.",
           default="1 if there are any, 0 with --device cpu", metavar="N", min=0, max=64),
]  # fmt: skip
CpusOption = Annotated[
    int | None,
    option("--cpus-per-run", help="Reserve this many CPUs for a run.", default="as many as its threads", metavar="N",
           min=1, max=1024),
]  # fmt: skip
WorkersOption = Annotated[
    int | None,
    option("--workers", help="Draw this many runs at once on the cluster.", default="as many as fit",
           metavar="N", min=1, max=10_000),
]  # fmt: skip
_ADDRESS = re.compile(r"auto|local|(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}")


def cluster(
    engine: str, jobs: int | None, address: str | None, gpus: float | None, cpus: int | None, workers: int | None
) -> Cluster:
    """Return the cluster that options of a command describe. Raises UsageError for one without effect."""
    from vqclip.files import printable
    from vqclip.jobs.engines import Cluster

    given = {"--address": address, "--gpus-per-run": gpus, "--cpus-per-run": cpus, "--workers": workers}
    if engine == "local":
        for flag in (flag for flag, value in given.items() if value is not None):
            hint = "Use --jobs." if flag == "--workers" else "Add --engine ray."
            raise UsageError(f"{flag} has no effect with --engine local.", hint)
    elif jobs is not None:
        raise UsageError(f"--jobs has no effect with --engine {engine}.", "Use --workers.")
    if address is not None and not _ADDRESS.fullmatch(address):
        hint = "Give auto or HOST:PORT, such as 10.0.0.1:6379."
        if address.startswith("ray://"):
            hint = "Ray's client cannot draw: give HOST:6379 on a node of the cluster, or use `ray job submit`."
        raise UsageError(f"--address {printable(address)[:200]} is not valid.", hint)
    if gpus is not None and not (0 <= gpus <= 1 or gpus.is_integer()):
        raise UsageError(f"--gpus-per-run {gpus:g} is not valid.", "Valid: 0 to 1, or a whole number.")
    return Cluster(address, cpus, gpus, workers or 0)
