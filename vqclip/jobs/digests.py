"""A set of many digests in little memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_FEWEST_NEW = 50_000
_NONE = np.empty(0, dtype=np.uint64)


class DigestSet:
    """A set of digests, 8 bytes for each: their first 16 hexadecimal digits.

    Of a million digests, two are taken for the same with a probability of 3 in 100 million.

    Args:
        numbers: The `number` of each digest to start with, in ascending order.
    """

    def __init__(self, numbers: npt.NDArray[np.uint64] = _NONE) -> None:
        self._sorted = numbers
        self._new: set[int] = set()

    def __contains__(self, digest: object) -> bool:
        return isinstance(digest, str) and self._has(number(digest))

    def __len__(self) -> int:
        return len(self._sorted) + len(self._new)

    def add(self, digest: str) -> bool:
        """Add a digest; False if it was there already."""
        found = number(digest)
        if self._has(found):
            return False
        self._new.add(found)
        # A share of all, so that the time for each digest does not grow with their number.
        if len(self._new) >= max(_FEWEST_NEW, len(self._sorted) // 8):
            self._sorted = np.union1d(self._sorted, np.fromiter(self._new, np.uint64, len(self._new)))
            self._new.clear()
        return True

    def _has(self, found: int) -> bool:
        if found in self._new:
            return True
        at = int(self._sorted.searchsorted(np.uint64(found)))
        return at < len(self._sorted) and int(self._sorted[at]) == found


def number(digest: str) -> int:
    """The first 16 of the hexadecimal digits of a digest."""
    return int(digest[:16], 16)
