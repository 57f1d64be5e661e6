"""The largest force of a press, and how sure it is."""

from __future__ import annotations

import math
from typing import Any

from nmt_sense.coaching.runs import Run


class Peak:
    """Keeps the first scan with the largest force, however the runs come in."""

    def __init__(self) -> None:
        self._largest_n, self._half_n = -math.inf, math.nan

    def add(self, run: Run) -> None:
        """Take the next run."""
        at = int(run.force_n.argmax())
        if run.force_n[at] > self._largest_n:
            self._largest_n, self._half_n = float(run.force_n[at]), float(run.uncertainty_n[at])

    @property
    def newtons(self) -> float:
        """The largest force so far, N; 0 without any."""
        return max(0.0, self._largest_n)

    def fields(self, width: float) -> dict[str, Any]:
        """What the finished row knows of it. ``width``: the sum of all half-widths in contact, infinite where one is.

        Then another scan may have been the larger one, and the peak has no upper bound, however sure its own scan is.
        """
        half_n = math.inf if math.isinf(width) else self._half_n
        return {"peak_n": self.newtons, "peak_uncertainty_n": half_n}
