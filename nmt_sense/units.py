"""Units and the few constants that turn one into another.

Inside the program force is in newtons, conductance in microsiemens, time in seconds and voltage in millivolts.
"""

from __future__ import annotations

STANDARD_GRAVITY = 9.80665
"""m/s², exact by definition (3rd CGPM, 1901): newtons per kilogram-force."""

SECONDS_PER_NS = 1e-9
NS_PER_SECOND = 1_000_000_000


def kilograms_force(newtons: float) -> float:
    """Force in kilogram-force for a force in newtons."""
    return newtons / STANDARD_GRAVITY


def minutes_seconds(seconds: float) -> str:
    """A duration as ``m:ss``, whole seconds rounded down, as a stopwatch shows it."""
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02d}"
