"""What the client says of pain in one press, oldest first, so that a report can be taken back."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nmt_sense.events import Event


@dataclass(frozen=True, slots=True)
class Report:
    """One report of pain."""

    time_s: float
    value: float
    """0-10."""
    holding: bool = False
    """Made while one and the same force was held."""


class Pain:
    """The pain reports of one press."""

    def __init__(self) -> None:
        self._reports: list[Report] = []

    def add(self, event: Event, holding: bool) -> None:
        """Take a report."""
        self._reports.append(Report(event.time_s, event.value, holding))

    def take_back(self, time_s: float) -> bool:
        """The report made at that time was a mistake: as if it had never been; False when it is none of these."""
        for at in reversed(range(len(self._reports))):
            if self._reports[at].time_s == time_s:
                del self._reports[at]
                return True
        return False

    @property
    def first(self) -> float:
        """NaN without reports."""
        return self._reports[0].value if self._reports else math.nan

    @property
    def last(self) -> float:
        """The newest; NaN without reports."""
        return self._reports[-1].value if self._reports else math.nan

    @property
    def held(self) -> list[float]:
        """Those made while the force was held."""
        return [report.value for report in self._reports if report.holding]

    @property
    def rose(self) -> bool:
        """The newest report is of a held force, and above an earlier one of it."""
        held = self.held
        return len(held) > 1 and self._reports[-1].holding and held[-1] > min(held[:-1])

    @property
    def fields(self) -> dict[str, float]:
        """What a row keeps of it."""
        return {"pain_first": self.first, "pain_last": self.last}
