"""How numbers are written in the window."""

from __future__ import annotations

import math


def number(value: float, decimals: int = 0) -> str:
    """``value`` with a true minus sign and never a minus zero."""
    text = f"{value:.{decimals}f}"
    if float(text) == 0.0:
        text = f"{0.0:.{decimals}f}"
    return text.replace("-", "−")


def plain(value: float) -> str:
    """``value`` with a decimal only where it has one."""
    return number(value, 0 if float(value).is_integer() else 1)


def lasting(seconds: float) -> str:
    """A duration in words with a number or two: ``4 s``, ``2 min``, ``1 h 5 min``, ``27 days``."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, hours = whole // 60, whole // 3600
    if minutes < 60:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60} min" if hours < 48 else f"{hours // 24} days"


def half_width(value: float) -> str:
    """``±`` and a half-width with the digits that mean something: two below ten, whole newtons above;
    ∞ where there is no upper bound."""
    return "±∞" if math.isinf(value) else f"±{number(value, 1 if value < 9.95 else 0)}"


def force(newtons: float, half_n: float, decimals: int = 1) -> str:
    """A force with its band, in N; without one where it is not known."""
    band = "" if math.isnan(half_n) else f" {half_width(half_n)}"
    return f"{number(newtons, decimals)}{band} N"


def countdown(seconds: float) -> str:
    """Time left as ``m:ss``, a second that has begun counted whole."""
    whole = max(0, math.ceil(seconds - 1e-6))
    return f"{whole // 60}:{whole % 60:02d}"
