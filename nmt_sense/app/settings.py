"""What the user has set up for good: pedal, voice, volume, who practises; kept where the system keeps such."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt5.QtCore import QSettings, Qt
from PyQt5.QtGui import QKeyEvent, QKeySequence

QUIETEST = 0.1


@dataclass(frozen=True, slots=True)
class Pedal:
    """The key that a pedal sends: by its native code, since Qt has no name for some, and by Qt's."""

    key: int = int(Qt.Key.Key_PageDown)
    native: int = 0
    """Scan code, or virtual key where there is none; 0: only Qt's key counts."""
    name: str = "Page Down"
    does: str = "MARK"
    """Name of the action."""

    def pressed(self, event: QKeyEvent) -> bool:
        """True when a key press is the pedal's."""
        return event.key() == self.key and (not self.native or native_code(event) == self.native)


def native_code(event: QKeyEvent) -> int:
    """What the keyboard, or the pedal, itself sent; 0 where the system does not tell."""
    return int(event.nativeScanCode()) or int(event.nativeVirtualKey())


def key_name(event: QKeyEvent) -> str:
    """A key's name as it is shown; those that Qt has no name for by their code."""
    named = QKeySequence(event.key()).toString(QKeySequence.SequenceFormat.NativeText) if event.key() else ""
    printable = named.isprintable() and bool(named.strip())
    return named if printable else f"key {native_code(event)}"


class Settings:
    """Read when asked, written at once."""

    def __init__(self) -> None:
        self._kept = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "NMT Sense", "NMT Sense")

    @property
    def pedal(self) -> Pedal:
        """The pedal; Page Down, which pedals send, until another was learned."""
        usual = Pedal()
        return Pedal(
            self._whole("pedal/key", usual.key),
            self._whole("pedal/native", usual.native),
            self._kept.value("pedal/name", usual.name, str),
            self._kept.value("pedal/does", usual.does, str),
        )

    @pedal.setter
    def pedal(self, pedal: Pedal) -> None:
        for name in ("key", "native", "name", "does"):
            self._kept.setValue(f"pedal/{name}", getattr(pedal, name))

    @property
    def voice(self) -> bool:
        """Words are spoken."""
        return bool(self._kept.value("sound/voice", True, bool))

    @voice.setter
    def voice(self, on: bool) -> None:
        self._kept.setValue("sound/voice", on)

    @property
    def volume(self) -> float:
        """Loudness of everything, as a part of the ceiling, 0.1..1."""
        try:
            return min(1.0, max(QUIETEST, float(self._kept.value("sound/volume", 1.0))))
        except (TypeError, ValueError):
            return 1.0

    @volume.setter
    def volume(self, part: float) -> None:
        self._kept.setValue("sound/volume", part)

    @property
    def practitioner(self) -> str:
        """Code of who practises; their words for pressure are shown, and recordings name them."""
        return str(self._kept.value("practitioner", "", str))

    @practitioner.setter
    def practitioner(self, code: str) -> None:
        self._kept.setValue("practitioner", code)

    def _whole(self, name: str, usual: int) -> int:
        try:
            return int(self._kept.value(name, usual))
        except (TypeError, ValueError):
            return usual
