"""What has just changed and is worth a sentence, told once."""

from __future__ import annotations

from dataclasses import dataclass

from nmt_sense.app.picture import lasting
from nmt_sense.state import LiveState

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
        self._why, self._for_s, self._back_ns = "", 0.0, 0

    def follow(self, state: LiveState, now_ns: int) -> News | None:
        """The news of this moment, if there is any; each is told once."""
        why, was = state.frozen, self._why
        self._why = why
        if why:
            self._for_s = state.frozen_s
            return None if why == was else News(_stopped(state), bad=True)
        if not was:
            return None
        self._back_ns = now_ns
        marked = " The gap is marked in the recording." if state.recording else ""
        return News(f"Data are back after {lasting(self._for_s)}; the hold timer goes on.{marked}")

    def back(self, now_ns: int) -> str:
        """What to say under the advice just after data came back; empty at other times."""
        if not self._back_ns or now_ns - self._back_ns > BACK_SHOWN_S * 1e9:
            return ""
        return f"data are back after {lasting(self._for_s)}"


def _stopped(state: LiveState) -> str:
    why = state.frozen[:1].upper() + state.frozen[1:]
    goes_on = " The recording goes on by itself." if state.recording else ""
    return f"{why}: the hold timer stands still until data are back.{goes_on}"
