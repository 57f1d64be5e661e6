"""Whether another program has the keyboard during a recording, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable

from nmt_sense.app.far_pedal import FarPedal
from nmt_sense.app.settings import Pedal

ALL_AWAY = "Keys and pedal go to another program now; a click here brings them back"
PEDAL_STAYS = "Keys go to another program now, the pedal still comes here; a click brings them back"
BACK = "Recording. Space stops"


class KeysAway:
    """Told what the window knows; hears the pedal meanwhile, where the system allows."""

    def __init__(self, pedal_heard: Callable[[], None]) -> None:
        self._pedal = FarPedal(pedal_heard)
        self.words = ""
        """What to show meanwhile; empty while the keys are here."""

    def follow(self, away: bool, pedal: Pedal) -> str:
        """The keys have gone or come back, during a recording: a sentence when that is news, else nothing."""
        if away == bool(self.words):
            return ""
        if not away:
            self.over()
            return BACK
        self.words = PEDAL_STAYS if self._pedal.listen(pedal) else ALL_AWAY
        return self.words

    def over(self) -> None:
        """The keys are here, or nothing is recorded any more."""
        self._pedal.leave()
        self.words = ""
