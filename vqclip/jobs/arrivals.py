"""Read the runs of standard input in a thread, so that an engine never waits for a line while runs end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

_T = TypeVar("_T")
_WAIT_SECONDS = 0.1
_END = object()


def arriving(found: Iterator[_T]) -> Iterator[_T | None]:
    """Yield what an iterator yields, and None whenever there is nothing for a moment.

    The iterator runs in a thread, at most two items ahead. Its errors are raised here.
    """
    items: queue.Queue[object] = queue.Queue(1)
    closed = threading.Event()

    def put(item: object) -> bool:
        while not closed.is_set():
            try:
                items.put(item, timeout=_WAIT_SECONDS)
            except queue.Full:
                continue
            return True
        return False

    def read() -> None:
        try:
            if all(map(put, found)):
                put(_END)
        except BaseException as error:
            put(error)

    # A daemon: the end of the process does not wait for a line.
    threading.Thread(target=read, daemon=True).start()
    try:
        while True:
            try:
                item = items.get(timeout=_WAIT_SECONDS)
            except queue.Empty:
                yield None
                continue
            if item is _END:
                return
            if isinstance(item, BaseException):
                raise item
            yield item  # type: ignore[misc]
    finally:
        closed.set()
