"""Every action and its key, in one place."""

from __future__ import annotations

import enum

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeyEvent

from nmt_sense.app.settings import Pedal


class Action(enum.Enum):
    """What a key does; the values are shown in the list of keys."""

    RECORD = "start or stop recording"
    MARK = "set a marker"
    PAIN = "the client's pain, 0 to 10 (ten: X or +)"
    CLIENT_STOP = "the client's stop: ends the hold at once"
    THRESHOLD = "the client says: it has just become pain"
    TOLERANCE = "the client's limit: can bear no more"
    EASED = "the client says: it has eased enough"
    GAVE_WAY = "you felt it give way"
    NO_GAIN = "without gain: another round won nothing"
    NEXT = "next: end this, or go on to what comes next"
    UNDO = "undo the last mark; a stop is never taken back"
    GUIDE = "request guidance in this hold"
    FACTS = "checks before a recording, its numbers while it runs"
    DISTANCE = "distance view: large enough for three metres"
    SOUND = "sound off or on"
    VOICE = "spoken words off or on"
    THEME = "appearance: dark or light"
    PARTICIPANT = "participant code"
    PORT = "port"
    TECHNIQUE = "technique"
    BAND = "target band"
    HOLD = "time to hold"
    CALIBRATE = "calibrate a sensor, or check it against known loads"
    SESSION = "limits, the client's numbers, feedback, pedal, voice"
    AFTER = "after a session: follow the expert, words for pressure, your own hands"
    FULL_SCREEN = "full screen"
    LEAVE = "leave a field, a list or the distance view"
    KEYS = "this list"
    QUIT = "quit; a running recording is saved first"


NUMBERS = tuple(Qt.Key(Qt.Key.Key_0 + digit) for digit in range(10))
TEN = (Qt.Key.Key_X, Qt.Key.Key_Plus)

KEYS: dict[Action, tuple[tuple[int, ...], str]] = {
    Action.RECORD: ((Qt.Key.Key_Space,), "Space"),
    Action.MARK: ((Qt.Key.Key_M,), "M"),
    Action.PAIN: ((*NUMBERS, *TEN), "0 … 9, X"),
    Action.CLIENT_STOP: ((Qt.Key.Key_Return, Qt.Key.Key_Enter), "Enter"),
    Action.THRESHOLD: ((Qt.Key.Key_T,), "T"),
    Action.TOLERANCE: ((Qt.Key.Key_L,), "L"),
    Action.EASED: ((Qt.Key.Key_E,), "E"),
    Action.GAVE_WAY: ((Qt.Key.Key_G,), "G"),
    Action.NO_GAIN: ((Qt.Key.Key_W,), "W"),
    Action.NEXT: ((Qt.Key.Key_N,), "N"),
    Action.UNDO: ((Qt.Key.Key_U, Qt.Key.Key_Backspace), "U, Backspace"),
    Action.GUIDE: ((Qt.Key.Key_R,), "R"),
    Action.FACTS: ((Qt.Key.Key_I,), "I"),
    Action.DISTANCE: ((Qt.Key.Key_D,), "D"),
    Action.SOUND: ((Qt.Key.Key_S,), "S"),
    Action.VOICE: ((Qt.Key.Key_V,), "V"),
    Action.THEME: ((Qt.Key.Key_A,), "A"),
    Action.PARTICIPANT: ((Qt.Key.Key_P,), "P"),
    Action.PORT: ((Qt.Key.Key_O,), "O"),
    Action.TECHNIQUE: ((Qt.Key.Key_C,), "C"),
    Action.BAND: ((Qt.Key.Key_B,), "B"),
    Action.HOLD: ((Qt.Key.Key_H,), "H"),
    Action.CALIBRATE: ((Qt.Key.Key_K,), "K"),
    Action.SESSION: ((Qt.Key.Key_F2,), "F2"),
    Action.AFTER: ((Qt.Key.Key_F3,), "F3"),
    Action.FULL_SCREEN: ((Qt.Key.Key_F11, Qt.Key.Key_F), "F11, F"),
    Action.LEAVE: ((Qt.Key.Key_Escape,), "Esc"),
    Action.KEYS: ((Qt.Key.Key_F1, Qt.Key.Key_Question), "F1, ?"),
    Action.QUIT: ((), "Ctrl+Q"),
}
PEDAL_DOES = (
    Action.MARK,
    Action.CLIENT_STOP,
    Action.THRESHOLD,
    Action.EASED,
    Action.GAVE_WAY,
    Action.NEXT,
    Action.GUIDE,
)
"""What the pedal may stand for."""
NEVER_A_PEDAL = (Action.RECORD, Action.PAIN, Action.CLIENT_STOP, Action.UNDO, Action.LEAVE, Action.KEYS)
"""Their keys must stay what they are."""


def action_for(event: QKeyEvent, pedal: Pedal | None = None) -> Action | None:
    """The action of a key press; None for other keys and for a key held down, as pedals and tired feet do."""
    if event.isAutoRepeat():
        return None
    if pedal is not None and pedal.pressed(event):
        return pedal_action(pedal)
    control = bool(
        event.modifiers()
        & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier | Qt.KeyboardModifier.AltModifier)
    )
    if control:
        return Action.QUIT if event.key() == Qt.Key.Key_Q else None
    return action_of(event.key())


def pedal_action(pedal: Pedal) -> Action:
    """What the pedal stands for."""
    return Action.__members__.get(pedal.does, Action.MARK)


def action_of(code: int) -> Action | None:
    """The action that a key stands for when no pedal has taken it."""
    return next((action for action, (codes, _) in KEYS.items() if code in codes), None)


def pain_of(code: int) -> int | None:
    """The pain that a key stands for; None for other keys."""
    if code in TEN:
        return 10
    return NUMBERS.index(code) if code in NUMBERS else None


def shown_key(action: Action) -> str:
    """The first key of an action, as buttons show it."""
    return KEYS[action][1].split(",")[0]
