"""What is said and shown on the glove when something happens that coaching and glove must agree on."""

from __future__ import annotations

from nmt_sense.coaching.state import CueKind
from nmt_sense.glove.wire import CuePattern

GLOVE_LOST, GLOVE_BACK = "Glove lost.", "Glove back."
PATTERNS = {
    CueKind.TOO_LITTLE: CuePattern.TOO_LITTLE,
    CueKind.TOO_MUCH: CuePattern.TOO_MUCH,
    CueKind.CEILING: CuePattern.TOO_MUCH,
    CueKind.DONE: CuePattern.DONE,
    CueKind.DATA_LOST: CuePattern.DATA_LOST,
}
"""What LED and buzzer on the glove do for a cue."""
