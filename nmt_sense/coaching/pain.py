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
    asked_n: float = 0.0
    """The force that was asked for then, where that changes from one held force to the next."""


class Pain:
    """The pain reports of one press."""

    def __init__(self, within_n: float = 0.0) -> None:
        """``within_n``: what was asked for may have been lower by this much before a rise and still be the same."""
        self._reports: list[Report] = []
        self._within_n = within_n

    def add(self, event: Event, holding: bool, asked_n: float = 0.0) -> None:
        """Take a report."""
        self._reports.append(Report(event.time_s, event.value, holding, asked_n))

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
        """The newest report is of a held force, and above an earlier one of it, or of a higher one."""
        newest = self._reports[-1] if self._reports else None
        return newest is not None and newest.holding and any(self._below(before, newest) for before in self._reports)

    def _below(self, before: Report, newest: Report) -> bool:
        as_much = before.asked_n >= newest.asked_n - self._within_n
        return before.holding and as_much and before.value < newest.value

    @property
    def fields(self) -> dict[str, float]:
        """What a row keeps of it."""
        return {"pain_first": self.first, "pain_last": self.last}
