"""What was set for this client and this session: it goes with every technique that is chosen after it."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

from nmt_sense.app.source import LiveSource
from nmt_sense.coaching.feedback import FeedbackPlan
from nmt_sense.state import LiveState


@dataclass(frozen=True, slots=True)
class Wishes:
    """None is what the technique itself says, or not known."""

    pain_ceiling: float | None = None
    force_ceiling_n: float | None = None
    """0: none, also where the technique has one."""
    threshold_n: float | None = None
    """0: not known, also where it was; so with the others."""
    tolerance_n: float | None = None
    maximum_n: float | None = None
    feedback: FeedbackPlan | None = None

    @property
    def asks(self) -> bool:
        """Something is wished for."""
        return self != Wishes()

    def within(self, own: Wishes) -> Wishes:
        """The same without what would raise a technique's ``own`` ceilings: set for another, it may only lower them."""
        return replace(
            self,
            pain_ceiling=_lower(self.pain_ceiling, own.pain_ceiling),
            force_ceiling_n=_lower(self.force_ceiling_n, own.force_ceiling_n),
        )

    def changed_from(self, before: Wishes) -> Wishes:
        """What is wished otherwise than before; all else is left to the technique that runs."""
        return Wishes(**{name: now for name, now in _fields(self) if now != getattr(before, name)})

    def then(self, later: Wishes) -> Wishes:
        """These, and what was wished for later in their place."""
        return replace(self, **{name: now for name, now in _fields(later) if now is not None})

    @property
    def without_client(self) -> Wishes:
        """The same for another client."""
        return replace(self, threshold_n=None, tolerance_n=None, maximum_n=None)

    @property
    def knows_client(self) -> bool:
        """Something in it was measured on a client."""
        return any((self.threshold_n, self.tolerance_n, self.maximum_n))

    def ask(self, live: LiveSource) -> None:
        """Have the technique that runs know all this. Raises ``NmtError``."""
        if self.pain_ceiling is not None or self.force_ceiling_n is not None:
            live.set_safety(self.pain_ceiling, self.force_ceiling_n)
        known = {"threshold_n": self.threshold_n, "tolerance_n": self.tolerance_n, "maximum_n": self.maximum_n}
        if any(value is not None for value in known.values()):
            live.set_references(**known)
        if self.feedback is not None:
            live.set_feedback(self.feedback)


def _lower(wished: float | None, own: float | None) -> float | None:
    """A wish for a ceiling, unless it is above the technique's own or would take that away; 0 is no ceiling."""
    return None if wished is not None and own and not 0 < wished < own else wished


def _fields(wishes: Wishes) -> list[tuple[str, Any]]:
    return [(field.name, getattr(wishes, field.name)) for field in fields(wishes)]


def in_use(state: LiveState) -> Wishes:
    """What the technique that runs says and has learned."""
    plan, situation = state.plan, state.situation
    if plan is None or situation is None:
        return Wishes()
    known = (situation.threshold_n, situation.tolerance_n, situation.maximum_n)
    threshold_n, tolerance_n, maximum_n = (0.0 if math.isnan(newtons) else newtons for newtons in known)
    return Wishes(plan.pain_limit, plan.force_ceiling_n or 0.0, threshold_n, tolerance_n, maximum_n, plan.feedback)
