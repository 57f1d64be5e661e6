"""What stands beside a force: what its calibration is worth, and a nominal pressure where an area is declared."""

from __future__ import annotations

from nmt_sense.app.widgets.hand import PRESSED_N
from nmt_sense.moment.numbers import half_width
from nmt_sense.sensing.pressure import nominal_pressure
from nmt_sense.state import LiveState


def worth(state: LiveState) -> str:
    """Short words for a calibration that is not to be trusted as it stands; empty for one that is."""
    if state.calibration_trusted:
        return ""
    return "; ".join(part.partition(":")[0].strip() for part in state.calibration.split(";"))


def holds_title(state: LiveState) -> str:
    """Over a table of forces."""
    gaps = "* data missing" if any(row.missing_s > 0 for row in state.holds) or state.progress.missing_s > 0 else ""
    return " – ".join(filter(None, ("Holds", worth(state), gaps)))


def pressure(state: LiveState) -> str:
    """The contact force as a nominal pressure, with its area and where that is from; empty without a declared one."""
    if state.situation is not None and state.situation.blinded:
        return ""
    found = nominal_pressure(state.contact_n, state.contact_area)
    return found.words if found is not None and state.newest_ns else ""


def sensors_title(newtons: tuple[float, ...], halves: tuple[float, ...]) -> str:
    """Under the drawn hand: what its numbers are, and a band that holds for all of them.

    ``newtons`` (C), N; ``halves`` (C), half-widths of their 95 % bands, N.
    """
    shown = [half for force, half in zip(newtons, halves, strict=False) if force >= PRESSED_N]
    return f"N on each sensor, {half_width(max(shown))} at most" if shown else "N on each sensor"
