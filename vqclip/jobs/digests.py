"""A set of many digests in little memory."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

_MOST_NEW = 50_000


class DigestSet:
    """A set of digests, 8 bytes for each: their first 16 hexadecimal digits.

    Of a million digests, two are taken for the same with a probability of 3 in 100 million.
    """

    def __init__(self, digests: Iterable[str] = ()) -> None:
        self._sorted = np.empty(0, dtype=np.uint64)
        self._new: set[int] = set()
        for digest in digests:
            self.add(digest)

    def __contains__(self, digest: object) -> bool:
        return isinstance(digest, str) and self._has(_number(digest))

    def __len__(self) -> int:
        return len(self._sorted) + len(self._new)

    def add(self, digest: str) -> bool:
        """Add a digest; False if it was there already."""
        number = _number(digest)
        if self._has(number):
            return False
        self._new.add(number)
        if len(self._new) >= _MOST_NEW:
            self._sorted = np.union1d(self._sorted, np.fromiter(self._new, np.uint64, len(self._new)))
            self._new.clear()
        return True

    def _has(self, number: int) -> bool:
        if number in self._new:
            return True
        at = int(np.searchsorted(self._sorted, np.uint64(number)))
        return at < len(self._sorted) and int(self._sorted[at]) == number


def _number(digest: str) -> int:
    return int(digest[:16], 16)
