"""Progress of a stage: a loss that stops falling lowers the learning rate; it or a high score may end the run."""

from __future__ import annotations

from collections.abc import Mapping

from vqclip.settings.schema import Settings


class Progress:
    """The losses of one stage in blocks of `patience` steps; the mean of each block is compared with the one before.

    Nothing else decides whether `auto_stop` or `until_score` ends a run, so a resumed run ends at the same step.

    Attributes:
        factor: On the learning rate; lowered after every block that gained too little.
    """

    def __init__(self, settings: Settings, numbers: Mapping[str, float] | None = None) -> None:
        """numbers: Of a snapshot, to continue from it."""
        self._settings = settings
        given = numbers or {}
        self.factor = given.get("factor", 1.0)
        self._before = given.get("before")
        self._sum, self._count = given.get("sum", 0.0), given.get("count", 0)
        self._score = given.get("score")
        self._stalled = bool(given.get("stalled", 0))

    @property
    def numbers(self) -> dict[str, float]:
        """Everything, as finite numbers, for a snapshot."""
        known = {"before": self._before, "score": self._score}
        before = {name: value for name, value in known.items() if value is not None}
        return before | {
            "factor": self.factor,
            "sum": self._sum,
            "count": self._count,
            "stalled": int(self._stalled),
        }

    def add(self, loss: float, score: float | None) -> None:
        """Add the loss of a step, and its score if it has one."""
        self._score = score
        self._sum, self._count = self._sum + loss, self._count + 1
        if self._count < self._settings.patience:
            return
        mean = self._sum / self._count
        if self._before is not None and self._before - mean < self._settings.min_gain * abs(self._before):
            self._stalled = True
            self.factor *= self._settings.learning_rate_plateau
        self._before, self._sum, self._count = mean, 0.0, 0

    @property
    def stopped_by(self) -> str:
        """The setting that ends the run here, or an empty string."""
        wanted = self._settings.until_score
        if wanted is not None and self._score is not None and self._score >= wanted:
            return "until_score"
        return "auto_stop" if self._settings.auto_stop and self._stalled else ""
