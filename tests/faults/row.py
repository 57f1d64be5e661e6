"""One row of the fault table, and how much is to be tried."""

from __future__ import annotations

import enum
import math
from collections import Counter
from dataclasses import dataclass, field


class Form(enum.Enum):
    """How often each fault is tried."""

    SHORT = "short"
    """A few seconds each, for every run of the tests."""
    FULL = "full"
    """The numbers that the documents quote."""


@dataclass(slots=True)
class Row:
    """One kind of fault and what came of it."""

    fault: str
    """What was done, in a few words."""
    lost_unit: str = "s"
    allowed: float | None = None
    """The most that may be lost; None where nothing is to be promised (bytes that never arrived are lost)."""
    tried: int = 0
    lost: float = 0.0
    """The worst loss seen, in ``lost_unit``."""
    wrong: int = 0
    """Values accepted as good that were never measured so. Must be 0."""
    verdicts: Counter[str] = field(default_factory=Counter)
    """What the program said of each outcome: ``intact``, ``gaps``, ``recovered``, ``damaged``, ``refused`` ..."""
    failures: list[str] = field(default_factory=list)
    """A sentence for everything else that was not as promised: a traceback, a file not found again, a hang."""

    def lose(self, amount: float) -> None:
        """Take one outcome's loss into account. NaN is the worst of all, and stays."""
        if not (amount <= self.lost or math.isnan(self.lost)):
            self.lost = amount

    @property
    def good(self) -> bool:
        """True when the promise was kept."""
        within = self.lost <= (math.inf if self.allowed is None else self.allowed)
        return self.tried > 0 and not self.wrong and not self.failures and within
