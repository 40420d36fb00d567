"""What the loop remembers of its losses and scores: whether it still gets anywhere, and whether it is there."""

from __future__ import annotations

from collections.abc import Mapping

from vqclip.settings.schema import Settings

SCORES = 5
"""The score that counts is a running mean over about so many steps: that of one step depends on its cutouts."""


class Progress:
    """Losses of one stage in blocks of `patience` steps, each block's mean compared with that of the one before.

    factor: on the learning rate, lowered after every block that gained too little. Where it is asked for, both
    kinds of end are seen here and nowhere else, so that a resumed run ends at the same step.
    """

    def __init__(self, settings: Settings, numbers: Mapping[str, float] | None = None) -> None:
        """numbers: what `numbers` gave, to go on from there."""
        self._settings = settings
        given = numbers or {}
        self.factor = given.get("factor", 1.0)
        self._before = given.get("before")
        self._sum, self._count = given.get("sum", 0.0), given.get("count", 0)
        self._score, self._scores = given.get("score", 0.0), given.get("scores", 0)
        self._stalled = bool(given.get("stalled", 0))

    @property
    def numbers(self) -> dict[str, float]:
        """All of it, as finite numbers."""
        before = {} if self._before is None else {"before": self._before}
        return before | {
            "factor": self.factor,
            "sum": self._sum,
            "count": self._count,
            "score": self._score,
            "scores": self._scores,
            "stalled": int(self._stalled),
        }

    def take(self, loss: float, score: float) -> None:
        """Take the loss and score of one more step in."""
        self._scores = min(self._scores + 1, SCORES)
        self._score += (score - self._score) / self._scores
        self._sum, self._count = self._sum + loss, self._count + 1
        if self._count < self._settings.patience:
            return
        mean = self._sum / self._count
        if self._before is not None and self._before - mean < self._settings.min_gain * abs(self._before):
            self._stalled = True
            self.factor *= self._settings.learning_rate_plateau
        self._before, self._sum, self._count = mean, 0.0, 0

    @property
    def reached(self) -> str:
        """The setting that ends the run here, or an empty word."""
        wanted = self._settings.until_score
        if wanted is not None and self._scores == SCORES and self._score >= wanted:
            return "until_score"
        return "auto_stop" if self._settings.auto_stop and self._stalled else ""
