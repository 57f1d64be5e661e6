"""What has just changed and is worth a sentence, told once."""

from __future__ import annotations

from dataclasses import dataclass

from nmt_sense.moment.picture import frozen, lasting
from nmt_sense.state import LiveState

TOLD_AFTER_S = 1.0
"""A shorter silence is seen, as everything old is, but not told: a busy computer must not chatter."""
BACK_SHOWN_S = 4.0
"""So long the return of the data is told where the advice stands."""


@dataclass(frozen=True, slots=True)
class News:
    """One sentence for the status line."""

    sentence: str
    bad: bool = False


class FreezeWatch:
    """Notices when the hold timer stops and when it goes on."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._for_s, self._back_ns = 0.0, 0

    def follow(self, state: LiveState, now_ns: int) -> News | None:
        """The news of this moment, if there is any; each reason is told once until data are back."""
        if why := frozen(state):
            self._for_s = state.frozen_s
            if why in self._told or state.frozen_s < TOLD_AFTER_S:
                return None
            self._told.add(why)
            return News(_stopped(why, state.recording), bad=True)
        if not self._told:
            return None
        self._told.clear()
        self._back_ns = now_ns
        marked = " The gap is marked in the recording." if state.recording else ""
        return News(f"Data are back after {lasting(self._for_s)}; the hold timer goes on.{marked}")

    def back(self, now_ns: int) -> str:
        """What to say under the advice just after data came back; empty at other times."""
        if not self._back_ns or now_ns - self._back_ns > BACK_SHOWN_S * 1e9:
            return ""
        return f"data are back after {lasting(self._for_s)}"


def _stopped(why: str, recording: bool) -> str:
    goes_on = " The recording goes on by itself." if recording else ""
    return f"{why[:1].upper()}{why[1:]}: the hold timer stands still until data are back.{goes_on}"
